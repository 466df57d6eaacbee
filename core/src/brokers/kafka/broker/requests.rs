//! Connections and their requests: one at a time per connection (`SocketServer` mutes a channel
//! from the moment a request is read until its response is sent; reference §2.5.5).

use super::fetch::FetchSession;
use super::partition::Watcher;
use super::{Broker, Fx};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::wire::{KafkaPacket, Request, Response};
use crate::fact::LaneId;
use crate::substrate::ConnId;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::collections::VecDeque;

/// One client's or follower's connection.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    pub conn: ConnId,
    /// The request being handled, if any.
    pub busy: Option<u32>,
    queue: VecDeque<(u32, Request)>,
    pub session: FetchSession,
}

/// All connections, in slots that are used again.
#[derive(Clone, Debug, Default)]
pub(super) struct Connections {
    slots: Vec<Option<Connection>>,
    by_conn: FxHashMap<ConnId, u32>,
    free: Vec<u32>,
    /// Slots whose next request may be handled.
    runnable: VecDeque<u32>,
    /// Slots whose parked fetch may have become answerable.
    woken: VecDeque<u32>,
}

impl Connections {
    pub fn clear(&mut self) {
        *self = Connections::default();
    }

    #[inline]
    pub fn get(&mut self, slot: u32) -> Option<&mut Connection> {
        self.slots.get_mut(slot as usize)?.as_mut()
    }

    #[inline]
    pub fn find(&self, conn: ConnId) -> Option<u32> {
        self.by_conn.get(&conn).copied()
    }

    fn add(&mut self, conn: ConnId) -> u32 {
        let connection = Connection {
            conn,
            busy: None,
            queue: VecDeque::new(),
            session: FetchSession::default(),
        };
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = Some(connection);
                slot
            }
            None => {
                self.slots.push(Some(connection));
                (self.slots.len() - 1) as u32
            }
        };
        self.by_conn.insert(conn, slot);
        slot
    }

    fn remove(&mut self, conn: ConnId) -> Option<(u32, Connection)> {
        let slot = self.by_conn.remove(&conn)?;
        let connection = self.slots[slot as usize].take()?;
        self.free.push(slot);
        Some((slot, connection))
    }

    /// The sessions that ask for a partition.
    pub fn watchers_of(&self, lane: LaneId) -> SmallVec<[Watcher; 4]> {
        let slots = self.slots.iter().enumerate();
        let watcher = |(connection, slot): (usize, &Option<Connection>)| {
            let (slot, follower) = slot.as_ref()?.session.slot_of(lane)?;
            Some(Watcher { connection: connection as u32, slot, follower })
        };
        slots.filter_map(watcher).collect()
    }

    /// Every connection with a request may go on.
    pub fn run_all(&mut self) {
        let waiting = |c: &Option<Connection>| c.as_ref().is_some_and(|c| !c.queue.is_empty());
        let slots = (0..self.slots.len()).filter(|&slot| waiting(&self.slots[slot]));
        self.runnable.extend(slots.map(|slot| slot as u32));
    }

    /// The parked fetch of a connection may be answerable.
    pub fn wake(&mut self, slot: u32) {
        self.woken.push_back(slot);
    }

    /// A watched partition changed: the session looks at it when it next answers, and at once if
    /// its fetch is parked and `wakes`.
    #[inline]
    pub fn mark(&mut self, watcher: &Watcher, wakes: bool) {
        let Some(connection) = self.slots[watcher.connection as usize].as_mut() else { return };
        if connection.session.mark(watcher.slot) && wakes && connection.session.is_parked() {
            self.woken.push_back(watcher.connection);
        }
    }
}

impl Broker {
    /// A request arrives: it is handled now, or waits for the one before it.
    #[inline]
    pub(super) fn receive(
        &mut self,
        conn: ConnId,
        correlation: u32,
        request: Request,
        fx: &mut Fx<'_>,
    ) {
        let slot = match self.connections.find(conn) {
            Some(slot) => slot,
            None => self.connections.add(conn),
        };
        let Some(connection) = self.connections.get(slot) else { return };
        if connection.busy.is_some()
            || !self.processes_requests && !matches!(request, Request::Control(_))
        {
            connection.queue.push_back((correlation, request));
            return;
        }
        connection.busy = Some(correlation);
        self.handle(slot, correlation, request, fx);
    }

    /// Handles requests and parked fetches until nothing more can be done now.
    pub(super) fn settle(&mut self, fx: &mut Fx<'_>) {
        loop {
            if let Some(slot) = self.connections.woken.pop_front() {
                self.try_complete_fetch(slot, fx);
                continue;
            }
            let Some(slot) = self.connections.runnable.pop_front() else { return };
            let Some(connection) = self.connections.get(slot) else { continue };
            if connection.busy.is_some() {
                continue;
            }
            if let Some((correlation, request)) = connection.queue.pop_front() {
                connection.busy = Some(correlation);
                self.handle(slot, correlation, request, fx);
            }
        }
    }

    /// Answers the request a connection is busy with.
    #[inline]
    pub(super) fn respond(
        &mut self,
        slot: u32,
        correlation: u32,
        response: Response,
        fx: &mut Fx<'_>,
    ) {
        let Some(connection) = self.connections.get(slot) else { return };
        if connection.busy != Some(correlation) {
            return;
        }
        connection.busy = None;
        let conn = connection.conn;
        if !connection.queue.is_empty() {
            self.connections.runnable.push_back(slot);
        }
        fx.send(conn, KafkaPacket::Response { correlation, response });
    }

    /// Ends a request that gets no answer (`acks=0`).
    pub(super) fn finish_unanswered(&mut self, slot: u32) {
        if let Some(connection) = self.connections.get(slot) {
            connection.busy = None;
            if !connection.queue.is_empty() {
                self.connections.runnable.push_back(slot);
            }
        }
    }

    /// Closes a connection: the only way to tell an `acks=0` producer of an error.
    pub(super) fn hang_up(&mut self, slot: u32, fx: &mut Fx<'_>) {
        if let Some(connection) = self.connections.get(slot) {
            let conn = connection.conn;
            fx.close(conn);
            self.connection_lost(conn, fx);
        }
    }

    /// A connection is gone: its session and its queued requests go with it. What it had parked in
    /// the produce purgatory stays there and is answered to nobody.
    pub(super) fn connection_lost(&mut self, conn: ConnId, fx: &mut Fx<'_>) {
        let Some((slot, mut connection)) = self.connections.remove(conn) else { return };
        self.purgatory.orphan(slot);
        self.orphan_members(slot);
        self.orphan_transactions(slot);
        if let Some(timer) = connection.session.unpark() {
            fx.cancel(timer);
        }
        for lane in connection.session.lanes() {
            if let Some(watchers) = self.watchers.get_mut(lane.0 as usize) {
                watchers.retain(|w| w.connection != slot);
            }
        }
    }

    fn handle(&mut self, slot: u32, correlation: u32, request: Request, fx: &mut Fx<'_>) {
        let response = match request {
            Request::Produce { acks, timeout, partitions, transaction: None } => {
                return self.append_all(slot, correlation, (acks, timeout), partitions, &[], fx);
            }
            Request::Produce { acks, timeout, partitions, transaction: Some(id) } => {
                let from = (slot, correlation);
                return self.produce_in_transaction(from, id, acks, timeout, partitions, fx);
            }
            Request::Transaction(request) => {
                return self.handle_transaction(slot, correlation, *request, fx);
            }
            Request::Fetch(fetch) => return self.fetch(slot, correlation, &fetch, fx),
            Request::OffsetCommit { group, member, offsets } => {
                return self.offset_commit(slot, correlation, group, member, offsets, fx);
            }
            Request::JoinGroup(join) => return self.join_group(slot, correlation, &join, fx),
            Request::SyncGroup(sync) => return self.sync_group(slot, correlation, &sync, fx),
            Request::Heartbeat { group, member } => self.member_heartbeat(group, &member, fx),
            Request::LeaveGroup { group, member, reason } => {
                self.leave_group(group, member, reason, fx)
            }
            Request::Metadata => Response::Metadata {
                brokers: self.for_clients.0,
                partitions: self.for_clients.1.clone(),
            },
            Request::FindCoordinator { group } => self.find_coordinator(group, fx),
            Request::OffsetFetch { group, lanes, require_stable } => {
                self.offset_fetch(group, &lanes, require_stable)
            }
            Request::ListOffsets { lane, current_leader_epoch, position, read_committed } => {
                self.list_offsets(lane, current_leader_epoch, position, read_committed)
            }
            Request::OffsetsForLeaderEpoch { lane, current_leader_epoch, leader_epoch } => {
                self.offsets_for_leader_epoch(lane, current_leader_epoch, leader_epoch)
            }
            Request::InitProducerId => {
                let producer_id = self.producer_ids.fresh();
                Response::InitProducerId { error: Error::None, producer_id, epoch: 0 }
            }
            Request::Control(request) => {
                let error = self.control(&request, fx);
                Response::Control { error, to: request.body.response_kind() }
            }
            Request::ControlledShutdown { node } => {
                return self.controlled_shutdown_asked(slot, correlation, node, fx);
            }
            // Requests for the controller or ZooKeeper never reach a broker.
            Request::BrokerRegistration { .. }
            | Request::BrokerHeartbeat(_)
            | Request::Raft(_)
            | Request::AlterPartition { .. }
            | Request::ZooKeeper(_)
            | Request::CreateOffsetsTopic => {
                Response::CreateOffsetsTopic { error: Error::NotController }
            }
        };
        self.respond(slot, correlation, response, fx);
    }
}
