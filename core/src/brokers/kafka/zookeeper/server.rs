//! A ZooKeeper server: sessions, their expiry, watches (`ZooKeeperServer`, `SessionTrackerImpl`,
//! `WatchManager`).
//!
//! Simplified: one server, whose outage is that of an ensemble without a majority; what it has
//! applied survives every outage of it; all clients are brokers of one cluster.

use super::TICK;
use super::tree::{Change, Tree};
use super::wire::{Data, Op, Path, SessionId, Transaction, WatchKind, ZkRequest, ZkResponse, Zxid};
use crate::brokers::kafka::Fx;
use crate::brokers::kafka::image::MetadataImage;
use crate::brokers::kafka::plan::ClusterPlan;
use crate::brokers::kafka::timer::KafkaTimer;
use crate::brokers::kafka::wire::{KafkaPacket, MetadataRecord, Request, Response};
use crate::fact::{Fact, LaneId, NodeId, Outage};
use crate::kernel::{Span, Time};
use crate::substrate::{ConnId, FileId, Input};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The transaction log on the server's disk.
pub const TRANSACTION_LOG: FileId = FileId(0);

/// The request number of what answers no request (`NOTIFICATION_XID`, -1).
const NOTIFICATION: u32 = u32::MAX;

/// A session as the server keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServerSession {
    /// Whose it is.
    pub client: NodeId,
    timeout: Span,
    /// It ends with the first tick from here on.
    pub expires: Time,
    /// The connection it has now; its watches are those of this connection.
    pub conn: Option<ConnId>,
    watches: BTreeSet<(WatchKind, Path)>,
}

/// A ZooKeeper server.
#[derive(Clone, Debug)]
pub struct Server {
    plan: Arc<ClusterPlan>,
    tree: Tree,
    sessions: BTreeMap<SessionId, ServerSession>,
    next_session: u64,
    /// Transactions written to the log.
    written: u64,
    /// What the znodes say of brokers and partitions.
    image: MetadataImage,
    changed: bool,
}

/// The session of a broker in a cluster that is found formed.
pub fn founding_session(broker: NodeId) -> SessionId {
    SessionId(u64::from(broker.0) + 1)
}

/// The broker that is the controller when the scenario begins, and its epoch.
pub const FOUNDING_CONTROLLER: (NodeId, u32) = (NodeId(0), 1);

/// The number of the last change before the scenario begins.
pub fn founding_zxid(plan: &ClusterPlan) -> Zxid {
    u64::from(plan.brokers)
}

impl Server {
    /// The ZooKeeper of a cluster that has been running for a while: every broker has a session and
    /// is registered, the first is the controller, every topic is there.
    pub fn new(plan: Arc<ClusterPlan>) -> Self {
        let mut image = MetadataImage::new(&plan);
        for record in plan.initial_records() {
            image.apply(&record);
        }
        let last = founding_zxid(&plan);
        let mut tree = Tree::at(last);
        let mut sessions = BTreeMap::new();
        tree.found(Path::Brokers, Data::Empty, None, 0);
        tree.found(Path::IsrChanges, Data::Empty, None, 0);
        for node in (0..plan.brokers).map(NodeId) {
            let session = founding_session(node);
            let epoch = image.broker(node).epoch;
            tree.found(Path::Broker(node), Data::Empty, Some(session), epoch);
            let session_of = ServerSession {
                client: node,
                timeout: super::session_timeout(&plan.broker),
                expires: Time::ZERO + super::session_timeout(&plan.broker),
                conn: None,
                watches: BTreeSet::new(),
            };
            sessions.insert(session, session_of);
        }
        let (controller, epoch) = FOUNDING_CONTROLLER;
        let owner = founding_session(controller);
        tree.found(Path::Controller, Data::Node(controller), Some(owner), last);
        tree.found(Path::ControllerEpoch, Data::Epoch(epoch), None, last);
        for state in image.partitions() {
            let path = Path::Partition(state.lane);
            tree.found(path, Data::Partition(state.clone(), epoch), None, last);
        }
        let next_session = u64::from(plan.brokers) + 1;
        Server { plan, tree, sessions, next_session, written: 0, image, changed: true }
    }

    /// Takes a plan that knows more topic settings; everything else in it is the same.
    pub fn replan(&mut self, plan: Arc<ClusterPlan>) {
        self.plan = plan;
    }

    // ── what screens and probes may see ──────────────────────────────────────────────────────

    /// Brokers and partitions as the znodes have them.
    pub fn image(&self) -> &MetadataImage {
        &self.image
    }

    /// The znodes.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The broker in `/controller`.
    pub fn controller(&self) -> Option<NodeId> {
        match self.tree.get(Path::Controller)?.data {
            Data::Node(node) => Some(node),
            _ => None,
        }
    }

    /// The number in `/controller_epoch`.
    pub fn controller_epoch(&self) -> u32 {
        match self.tree.get(Path::ControllerEpoch).map(|n| &n.data) {
            Some(Data::Epoch(epoch)) => *epoch,
            _ => 0,
        }
    }

    /// The sessions that have not ended.
    pub fn sessions(&self) -> impl Iterator<Item = (SessionId, &ServerSession)> {
        self.sessions.iter().map(|(id, session)| (*id, session))
    }

    /// Whether a znode may have changed since this was last asked.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    // ── inputs ───────────────────────────────────────────────────────────────────────────────

    /// Receives one input.
    pub fn on(&mut self, input: Input<KafkaPacket, KafkaTimer>, fx: &mut Fx<'_>) {
        match input {
            Input::Boot { boots } => self.boot(boots, fx),
            Input::Packet {
                conn, packet: KafkaPacket::Request { correlation, request }, ..
            } => match request {
                Request::ZooKeeper(request) => self.request(conn, correlation, *request, fx),
                // Nobody sends anything else here.
                _ => fx.close(conn),
            },
            Input::Timer(KafkaTimer::ZooKeeperTick) => {
                self.expire(fx);
                fx.timer(TICK, KafkaTimer::ZooKeeperTick);
            }
            Input::Disconnected { conn, .. } => self.forget(conn),
            _ => {}
        }
    }

    /// A server that starts again gives every session its full time: it does not know when it last
    /// heard of it.
    fn boot(&mut self, boots: u16, fx: &mut Fx<'_>) {
        if boots == 1 {
            // What brought the cluster to where it is found.
            for state in self.image.partitions() {
                if !self.plan.lane(state.lane).internal {
                    fx.state(Fact::Elected {
                        lane: state.lane,
                        leader: state.leader,
                        epoch: state.leader_epoch,
                        kind: crate::fact::ElectionKind::First,
                    });
                }
            }
        }
        for session in self.sessions.values_mut() {
            session.conn = None;
            session.watches.clear();
            session.expires = fx.now() + session.timeout;
        }
        fx.timer(TICK, KafkaTimer::ZooKeeperTick);
    }

    /// An orderly stop.
    pub fn shut_down(&mut self, fx: &mut Fx<'_>) {
        fx.exit(Outage::Shutdown);
    }

    fn forget(&mut self, conn: ConnId) {
        for session in self.sessions.values_mut().filter(|s| s.conn == Some(conn)) {
            session.conn = None;
            session.watches.clear();
        }
    }

    fn request(&mut self, conn: ConnId, correlation: u32, request: ZkRequest, fx: &mut Fx<'_>) {
        if let ZkRequest::Connect { client, session, timeout } = request {
            let session = self.connect(conn, client, session, timeout, fx);
            return respond(conn, correlation, ZkResponse::Connected { session }, fx);
        }
        let now = fx.now();
        let of_conn = self.sessions.iter_mut().find(|(_, s)| s.conn == Some(conn));
        let Some((&id, session)) = of_conn else { return fx.close(conn) };
        session.expires = now + session.timeout;
        let response = match request {
            ZkRequest::Ping | ZkRequest::Connect { .. } => ZkResponse::Pong,
            ZkRequest::SetWatches { zxid, watches } => {
                self.set_watches(id, zxid, &watches, fx);
                ZkResponse::WatchesSet
            }
            ZkRequest::CloseSession => {
                self.sessions.remove(&id);
                let changes = self.tree.end_session(id);
                self.log(1, fx);
                self.follow(&changes, fx);
                return fx.close(conn);
            }
            ZkRequest::Transactions(transactions) => {
                let answers = self.transactions(id, &transactions, fx);
                ZkResponse::Transactions { zxid: self.tree.zxid(), answers }
            }
        };
        respond(conn, correlation, response, fx);
    }

    fn connect(
        &mut self,
        conn: ConnId,
        client: NodeId,
        session: Option<SessionId>,
        timeout: Span,
        fx: &mut Fx<'_>,
    ) -> Option<SessionId> {
        let id = match session {
            Some(id) => id,
            None => {
                self.next_session += 1;
                SessionId(self.next_session)
            }
        };
        let expires = fx.now() + timeout;
        if session.is_none() {
            let watches = BTreeSet::new();
            let new = ServerSession { client, timeout, expires, conn: Some(conn), watches };
            self.sessions.insert(id, new);
            self.log(1, fx);
            return Some(id);
        }
        let known = self.sessions.get_mut(&id)?;
        if let Some(old) = known.conn.replace(conn).filter(|old| *old != conn) {
            fx.close(old);
        }
        known.watches.clear();
        known.expires = expires;
        Some(id)
    }

    // ── sessions that end ────────────────────────────────────────────────────────────────────

    /// Ends the sessions nothing was heard of in time. Looked at once a tick, so a session lasts up
    /// to a tick longer than it was promised (`ExpiryQueue`).
    fn expire(&mut self, fx: &mut Fx<'_>) {
        let now = fx.now();
        let over = self.sessions.iter().filter(|(_, s)| s.expires <= now).map(|(id, _)| *id);
        let over: Vec<SessionId> = over.collect();
        for id in over {
            let Some(session) = self.sessions.remove(&id) else { continue };
            fx.state(Fact::SessionExpired { node: session.client });
            let changes = self.tree.end_session(id);
            self.log(1, fx);
            self.follow(&changes, fx);
            if let Some(conn) = session.conn {
                fx.close(conn);
            }
        }
    }

    // ── transactions ─────────────────────────────────────────────────────────────────────────

    fn transactions(
        &mut self,
        id: SessionId,
        transactions: &[Transaction],
        fx: &mut Fx<'_>,
    ) -> Vec<super::wire::Answered> {
        let before = self.tree.zxid();
        let mut changes = Vec::new();
        let mut answers = Vec::with_capacity(transactions.len());
        for transaction in transactions {
            let (answer, changed) = self.tree.apply(transaction, id);
            if answer.is_ok() {
                transaction.means.iter().for_each(|&fact| fx.state(fact));
                self.watch(id, &transaction.ops);
            }
            changes.extend(changed);
            answers.push(answer);
        }
        self.log(self.tree.zxid() - before, fx);
        self.follow(&changes, fx);
        answers
    }

    fn watch(&mut self, id: SessionId, ops: &[Op]) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        for op in ops {
            match *op {
                Op::Exists { path, watch: true } => {
                    session.watches.insert((WatchKind::Exists, path));
                }
                Op::GetChildren { path, watch: true } => {
                    session.watches.insert((WatchKind::Children, path));
                }
                _ => {}
            }
        }
    }

    /// Everything sent from here on leaves when so many transactions are on disk.
    fn log(&mut self, count: u64, fx: &mut Fx<'_>) {
        if count == 0 {
            return;
        }
        self.written += count;
        match fx.append(TRANSACTION_LOG, self.written) {
            Ok(()) => fx.sync_and_wait(TRANSACTION_LOG),
            Err(_) => fx.exit(Outage::Crash),
        }
    }

    /// Draws the conclusions of changes: the image, and watches, each of which fires once.
    fn follow(&mut self, changes: &[Change], fx: &mut Fx<'_>) {
        self.changed |= !changes.is_empty();
        for &change in changes {
            self.note(change);
            let path = change.path();
            self.fire(WatchKind::Exists, path, fx);
            if let (Some(parent), false) = (path.parent(), matches!(change, Change::Set(_))) {
                self.fire(WatchKind::Children, parent, fx);
            }
        }
    }

    fn fire(&mut self, kind: WatchKind, path: Path, fx: &mut Fx<'_>) {
        let zxid = self.tree.zxid();
        for session in self.sessions.values_mut() {
            if session.watches.remove(&(kind, path))
                && let Some(conn) = session.conn
            {
                respond(conn, NOTIFICATION, ZkResponse::Event { zxid, kind, path }, fx);
            }
        }
    }

    /// A client that was away sets its watches again: one that has missed something fires at once.
    fn set_watches(
        &mut self,
        id: SessionId,
        since: Zxid,
        watches: &[(WatchKind, Path)],
        fx: &mut Fx<'_>,
    ) {
        for &(kind, path) in watches {
            let node = self.tree.get(path);
            let missed = match kind {
                WatchKind::Exists => node.is_none_or(|n| n.mzxid > since),
                WatchKind::Children => node.is_none_or(|n| n.pzxid > since),
            };
            let Some(session) = self.sessions.get_mut(&id) else { return };
            session.watches.insert((kind, path));
            if missed {
                self.fire(kind, path, fx);
            }
        }
    }

    fn note(&mut self, change: Change) {
        let node = match change.path() {
            Path::Broker(node) => node,
            Path::Partition(lane) => return self.note_partition(lane),
            _ => return,
        };
        if let Change::Created(path) = change {
            let broker_epoch = self.tree.get(path).map_or(0, |n| n.czxid);
            let incarnation = self.image.broker(node).incarnation + 1;
            let record = MetadataRecord::RegisterBroker { node, broker_epoch, incarnation };
            self.image.apply(&record);
        }
        self.image.apply(&MetadataRecord::BrokerRegistrationChange {
            node,
            fenced: matches!(change, Change::Deleted(_)),
            in_controlled_shutdown: false,
        });
    }

    fn note_partition(&mut self, lane: LaneId) {
        if let Some(Data::Partition(state, _)) =
            self.tree.get(Path::Partition(lane)).map(|n| &n.data)
        {
            self.image.apply(&MetadataRecord::Partition(state.clone()));
        }
    }
}

fn respond(conn: ConnId, correlation: u32, response: ZkResponse, fx: &mut Fx<'_>) {
    let response = Response::ZooKeeper(Box::new(response));
    fx.send(conn, KafkaPacket::Response { correlation, response });
}
