//! A broker in ZooKeeper mode: its session and registration, ISR changes it writes itself, what the
//! controller tells it, its controlled shutdown (`KafkaServer`, `ReplicaManager`, `Partition`,
//! `ReplicationUtils` of 2.5; reference §3.6, §4.2-§4.4). Its part as the controller is in
//! [`super::zookeeper_controller`].
//!
//! Simplified: a partition goes on while its leader waits for ZooKeeper to take a new ISR; a broker
//! that starts answers clients from the first UpdateMetadata on.

use super::zookeeper_controller::Step;
use super::{Broker, Fx, Lifecycle, PendingIsr, Role};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::plan::{ClusterPlan, Mutant};
use crate::brokers::kafka::timer::{BrokerTimer, KafkaTimer, ZooKeeperTimer};
use crate::brokers::kafka::wire::{
    PartitionState, Request, Response, TO_CONTROLLER_CHANNEL, ZOOKEEPER_CHANNEL,
};
use crate::brokers::kafka::zookeeper::active::{Active, Event, meaning};
use crate::brokers::kafka::zookeeper::server::{
    FOUNDING_CONTROLLER, founding_session, founding_zxid,
};
use crate::brokers::kafka::zookeeper::session::Came;
use crate::brokers::kafka::zookeeper::wire::{
    Answer, Answered, Control, ControlRequest, Data, Op, Path, Transaction, WatchKind, ZkRequest,
};
use crate::brokers::kafka::zookeeper::{Session, session_timeout};
use crate::fact::{Fact, LaneId, NodeId, NodeSet, Outage};
use crate::kernel::{Span, Time};

/// How often a leader looks whether it has ISR changes to announce (`ReplicaManager`).
const PROPAGATION_INTERVAL: Span = Span::millis(2_500);
/// They are announced when there was no other for so long, …
const PROPAGATION_LINGER: Span = Span::secs(5);
/// … or none was announced for so long.
const PROPAGATION_DELAY: Span = Span::secs(60);
/// `controlled.shutdown.max.retries`
const SHUTDOWN_ATTEMPTS: u32 = 3;
/// `controlled.shutdown.retry.backoff.ms`
const SHUTDOWN_BACKOFF: Span = Span::secs(5);

/// What ZooKeeper is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// To register this broker.
    Register,
    /// Who the controller is.
    WhoIsController,
    /// The controller epoch, to stand for election.
    ControllerEpoch,
    /// To be the controller of this epoch.
    Claim { epoch: u32, version: u32 },
    /// To record a partition's new ISR.
    WriteIsr(PartitionState),
    /// Whether a write of an ISR whose answer was lost has taken effect.
    CompareIsr(PartitionState),
    /// To tell the controller of new ISRs.
    Notify,
    /// Something the controller of this epoch needs.
    Controller(u32, Step),
}

/// What a broker keeps in ZooKeeper mode; forgotten at boot.
#[derive(Clone, Debug)]
pub struct ZooKeeperSide {
    pub(super) session: Session<Purpose>,
    /// The newest controller epoch it has heard of, and who that controller is.
    pub(super) controller_epoch: u32,
    pub(super) controller: Option<NodeId>,
    /// What it keeps as the controller.
    pub(super) active: Option<Active>,
    /// Partitions whose new ISR the controller has not been told of.
    unannounced: Vec<LaneId>,
    last_isr_change: Time,
    last_announcement: Time,
    shutdown_attempts: u32,
}

impl ZooKeeperSide {
    pub(super) fn new(node: NodeId, plan: &ClusterPlan) -> Self {
        ZooKeeperSide {
            session: Session::new(node, session_timeout(&plan.broker), None),
            controller_epoch: 0,
            controller: None,
            active: None,
            unannounced: Vec::new(),
            last_isr_change: Time::ZERO,
            last_announcement: Time::ZERO,
            shutdown_attempts: 0,
        }
    }

    /// What it keeps as the controller, if it believes to be it.
    pub fn active(&self) -> Option<&Active> {
        self.active.as_ref()
    }

    /// The newest controller epoch it has heard of.
    pub fn controller_epoch(&self) -> u32 {
        self.controller_epoch
    }

    /// Whether ZooKeeper answers it.
    pub fn is_connected(&self) -> bool {
        self.session.is_connected()
    }
}

fn timer(timer: ZooKeeperTimer) -> KafkaTimer {
    KafkaTimer::Broker(BrokerTimer::ZooKeeper(timer))
}

impl Broker {
    /// What it keeps in ZooKeeper mode.
    pub fn zookeeper(&self) -> Option<&ZooKeeperSide> {
        self.zookeeper.as_deref()
    }

    pub(super) fn zk(&mut self) -> Option<&mut ZooKeeperSide> {
        self.zookeeper.as_deref_mut()
    }

    /// The process starts. The first time it finds itself registered, and the first broker finds
    /// itself the controller.
    pub(super) fn boot_with_zookeeper(&mut self, boots: u16, fx: &mut Fx<'_>) {
        let plan = self.plan.clone();
        let mut zk = ZooKeeperSide::new(self.node, &plan);
        let (controller, epoch) = FOUNDING_CONTROLLER;
        if boots == 1 {
            let found = (founding_session(self.node), founding_zxid(&plan));
            zk.session = Session::new(self.node, session_timeout(&plan.broker), Some(found));
            zk.session.found_watch(WatchKind::Exists, Path::Controller);
            (zk.controller, zk.controller_epoch) = (Some(controller), epoch);
            self.lifecycle = Lifecycle::Running;
            self.take_up_roles(fx);
            self.broker_epoch = self.image.broker(self.node).epoch;
            self.processes_requests = true;
            if controller == self.node {
                zk.session.found_watch(WatchKind::Children, Path::Brokers);
                zk.session.found_watch(WatchKind::Children, Path::IsrChanges);
                zk.active = Some(Active::found(&plan, epoch, &self.image));
                self.set_balance_timer(epoch, fx);
            }
        } else {
            self.lifecycle = Lifecycle::Registering { since: fx.now() };
            let limit = plan.broker.zookeeper_connection_timeout_ms;
            fx.timer(limit, timer(ZooKeeperTimer::ConnectLimit));
        }
        self.zookeeper = Some(Box::new(zk));
        fx.timer(PROPAGATION_INTERVAL, timer(ZooKeeperTimer::Propagation));
        self.connect_to_zookeeper(fx);
    }

    pub(super) fn connect_to_zookeeper(&mut self, fx: &mut Fx<'_>) {
        if let Some(server) = self.plan.zookeeper.filter(|_| self.lifecycle != Lifecycle::Off) {
            self.network.ready(server, ZOOKEEPER_CHANNEL, fx);
        }
    }

    fn send_to_zookeeper(&mut self, request: ZkRequest, fx: &mut Fx<'_>) {
        if let Some(server) = self.plan.zookeeper {
            let request = Request::ZooKeeper(Box::new(request));
            self.network.send(server, ZOOKEEPER_CHANNEL, request, true, fx);
        }
    }

    /// Asks ZooKeeper for something, now or when it can be asked.
    pub(super) fn ask(
        &mut self,
        purpose: Purpose,
        transactions: impl IntoIterator<Item = Transaction>,
        fx: &mut Fx<'_>,
    ) {
        let Some(zk) = self.zk() else { return };
        zk.session.ask(purpose, transactions.into_iter().collect());
        self.go_on_asking(fx);
    }

    fn go_on_asking(&mut self, fx: &mut Fx<'_>) {
        while let Some(request) = self.zk().and_then(|zk| zk.session.next_request()) {
            self.send_to_zookeeper(request, fx);
        }
    }

    // ── the session ──────────────────────────────────────────────────────────────────────────

    pub(super) fn zookeeper_ready(&mut self, fx: &mut Fx<'_>) {
        let Some(zk) = self.zk() else { return };
        let request = zk.session.connected();
        self.send_to_zookeeper(request, fx);
    }

    pub(super) fn zookeeper_disconnected(&mut self) {
        if let Some(zk) = self.zk() {
            zk.session.disconnected();
        }
    }

    pub(super) fn zookeeper_answer(&mut self, response: Response, fx: &mut Fx<'_>) {
        let Response::ZooKeeper(response) = response else { return };
        let Some(zk) = self.zk() else { return };
        match zk.session.received(*response) {
            Came::Nothing => {}
            Came::Opened => {
                self.set_ping_timer(fx);
                let path = Path::Broker(self.node);
                let create = Op::Create { path, data: Data::Empty, ephemeral: true };
                self.ask(Purpose::Register, [create.into(), Op::GetData { path }.into()], fx);
            }
            Came::Resumed => {
                self.set_ping_timer(fx);
                if let Some(again) = self.zk().and_then(|zk| zk.session.watches_again()) {
                    self.send_to_zookeeper(again, fx);
                }
                self.go_on_asking(fx);
            }
            Came::Expired => self.session_expired(fx),
            Came::Answers { purpose, answers, again } => self.answered(purpose, answers, again, fx),
            Came::Event(WatchKind::Exists, _) => self.ask_who_is_controller(fx),
            Came::Event(WatchKind::Children, path) => {
                let event = if path == Path::Brokers { Event::Brokers } else { Event::IsrChanges };
                self.post(event, fx);
            }
        }
    }

    /// ZooKeeper has given this broker up for dead. It goes on as it is, with a new session; as the
    /// controller it resigns.
    fn session_expired(&mut self, fx: &mut Fx<'_>) {
        self.resign(fx);
        for partition in self.partitions.iter_mut().flatten() {
            let waits = |l: &super::Leadership| l.pending != PendingIsr::None;
            if partition.leadership().is_some_and(waits)
                && let Role::Leader(leadership) = &mut partition.role
            {
                leadership.pending = PendingIsr::None;
            }
        }
        self.zookeeper_ready(fx);
    }

    fn set_ping_timer(&mut self, fx: &mut Fx<'_>) {
        let Some(interval) = self.zk().map(|zk| zk.session.ping_interval()) else { return };
        let ping = fx.timer(interval, timer(ZooKeeperTimer::Ping));
        if let Some(old) = self.next_heartbeat.replace(ping) {
            fx.cancel(old);
        }
    }

    pub(super) fn zookeeper_timer(&mut self, which: ZooKeeperTimer, fx: &mut Fx<'_>) {
        if self.lifecycle == Lifecycle::Off {
            return;
        }
        match which {
            ZooKeeperTimer::Ping => {
                if self.zk().is_some_and(|zk| zk.session.is_connected()) {
                    self.send_to_zookeeper(ZkRequest::Ping, fx);
                    self.set_ping_timer(fx);
                }
            }
            ZooKeeperTimer::Propagation => {
                self.announce_isr_changes(fx);
                fx.timer(PROPAGATION_INTERVAL, timer(ZooKeeperTimer::Propagation));
            }
            ZooKeeperTimer::Balance { epoch } => self.balance(epoch, fx),
            ZooKeeperTimer::ShutdownRetry => self.ask_to_shut_down(fx),
            // "Timed out waiting for connection while in state: CONNECTING"
            ZooKeeperTimer::ConnectLimit => {
                if self.zk().is_some_and(|zk| zk.session.id().is_none()) {
                    self.lifecycle = Lifecycle::Off;
                    fx.exit(Outage::Crash);
                }
            }
        }
    }

    // ── answers ──────────────────────────────────────────────────────────────────────────────

    fn answered(&mut self, purpose: Purpose, answers: Vec<Answered>, again: bool, fx: &mut Fx<'_>) {
        match purpose {
            Purpose::Register => self.registered(&answers, fx),
            Purpose::WhoIsController => self.controller_is(&answers, fx),
            Purpose::ControllerEpoch => self.claim(&answers, fx),
            Purpose::Claim { epoch, version } => self.claimed(epoch, version, &answers, fx),
            Purpose::WriteIsr(state) => self.isr_written(state, &answers, again, fx),
            Purpose::CompareIsr(state) => self.isr_compared(state, &answers, fx),
            Purpose::Notify => {}
            Purpose::Controller(epoch, step) => self.step_answered(epoch, step, answers, fx),
        }
    }

    /// The broker is in `/brokers/ids`, unless an earlier session of the same broker still is: then
    /// it cannot start ("this probably indicates that you have … restarted it faster than the
    /// zookeeper timeout").
    fn registered(&mut self, answers: &[Answered], fx: &mut Fx<'_>) {
        let own = self.zk().and_then(|zk| zk.session.id());
        let Some((_, czxid, owner)) = answers.get(1).and_then(data) else { return };
        if owner != own {
            fx.state(Fact::RegistrationRefused { node: self.node });
            self.lifecycle = Lifecycle::Off;
            fx.exit(Outage::Crash);
            return;
        }
        self.broker_epoch = czxid;
        self.clean_shutdown = None;
        if matches!(self.lifecycle, Lifecycle::Registering { .. }) {
            self.lifecycle = Lifecycle::Running;
        }
        fx.state(Fact::Registered { node: self.node, epoch: czxid });
        self.ask_who_is_controller(fx);
    }

    // ── what the controller says ─────────────────────────────────────────────────────────────

    /// A request of the controller, or of one that is it no longer.
    pub(super) fn control(&mut self, request: &ControlRequest, fx: &mut Fx<'_>) -> Error {
        let ignores_epoch = self.plan.is(Mutant::IgnoresControllerEpoch);
        let (node, broker_epoch) = (self.node, self.broker_epoch);
        let Some(zk) = self.zk() else { return Error::InvalidRequest };
        let (controller, epoch) = (request.controller, request.controller_epoch);
        if request.broker_epoch < broker_epoch {
            return Error::StaleBrokerEpoch;
        }
        if epoch < zk.controller_epoch && !ignores_epoch {
            fx.state(Fact::ControllerRefused { node, controller, epoch });
            return Error::StaleControllerEpoch;
        }
        zk.controller_epoch = epoch;
        zk.controller = Some(controller);
        self.changed = true;
        match &request.body {
            Control::LeaderAndIsr(states) => self.take_roles(states, fx),
            Control::UpdateMetadata { live, partitions } => {
                self.image.update(live, partitions);
                self.for_clients = self.image.for_clients(&self.plan);
                if !self.processes_requests {
                    self.processes_requests = true;
                    self.connections.run_all();
                }
            }
            Control::StopReplica(lanes) => {
                for &lane in lanes {
                    if self.partition(lane).is_some_and(|p| !p.leads()) {
                        self.unfollow(lane, None);
                    }
                }
            }
        }
        Error::None
    }

    /// Leads and follows as it is told, as far as the epochs are new to it.
    fn take_roles(&mut self, states: &[PartitionState], fx: &mut Fx<'_>) {
        let is_news = |broker: &Broker, state: &PartitionState| {
            broker.partition(state.lane).is_none_or(|p| {
                let fresh = p.state.leader_epoch == 0 && p.state.leader.is_none();
                fresh || state.leader_epoch > p.state.leader_epoch
            })
        };
        for leading in [true, false] {
            for state in states {
                let leads = state.leader == Some(self.node);
                if leads != leading || !is_news(self, state) {
                    continue;
                }
                match leading {
                    true => self.make_leader(state.clone(), fx),
                    false => self.make_follower(state.clone(), fx),
                }
            }
        }
    }

    // ── the in-sync replica set ──────────────────────────────────────────────────────────────

    /// Writes queued ISR changes to the partitions' znodes: only over the version this leader knows.
    pub(super) fn write_isr_changes(&mut self, fx: &mut Fx<'_>) {
        for lane in self.isr_changes.take_queued() {
            let Some(Some(partition)) = self.partitions.get(lane.0 as usize) else { continue };
            let Some(leadership) = partition.leadership() else { continue };
            let old = partition.state.isr;
            let isr = match leadership.pending {
                PendingIsr::None => continue,
                PendingIsr::Expand(node) => old.with(node),
                PendingIsr::Shrink(out) => out.iter().fold(old, NodeSet::without),
            };
            let state = PartitionState { isr, ..partition.state.clone() };
            let epoch = self.zookeeper.as_ref().map_or(0, |zk| zk.controller_epoch);
            let set = Op::SetData {
                path: Path::Partition(lane),
                data: Data::Partition(state.clone(), epoch),
                version: state.partition_epoch,
            };
            let means = meaning(&self.plan, &self.image, old, &state, None);
            let write = Transaction { means, ..set.into() };
            self.ask(Purpose::WriteIsr(state), [write], fx);
        }
    }

    fn isr_written(
        &mut self,
        state: PartitionState,
        answers: &[Answered],
        again: bool,
        fx: &mut Fx<'_>,
    ) {
        match answers.first() {
            Some(Ok(done)) => {
                let Some(Answer::Done { version, .. }) = done.first() else { return };
                self.isr_stands(PartitionState { partition_epoch: *version, ..state }, fx);
            }
            Some(Err(_)) if again => {
                let path = Path::Partition(state.lane);
                self.ask(Purpose::CompareIsr(state), [Op::GetData { path }.into()], fx);
            }
            _ => self.isr_refused(state.lane),
        }
    }

    /// The znode may hold what an earlier attempt wrote (`checkLeaderAndIsrZkData`).
    fn isr_compared(&mut self, state: PartitionState, answers: &[Answered], fx: &mut Fx<'_>) {
        match answers.first().and_then(data) {
            Some((Data::Partition(found, _), ..))
                if (found.leader, found.leader_epoch, found.isr)
                    == (state.leader, state.leader_epoch, state.isr) =>
            {
                self.isr_stands(found, fx);
            }
            _ => self.isr_refused(state.lane),
        }
    }

    fn isr_stands(&mut self, state: PartitionState, fx: &mut Fx<'_>) {
        let lane = state.lane;
        let now = fx.now();
        if let Some(zk) = self.zk() {
            if !zk.unannounced.contains(&lane) {
                zk.unannounced.push(lane);
            }
            zk.last_isr_change = now;
        }
        self.isr_changed(lane, Error::None, Some(state), fx);
    }

    /// The version this leader knows is not the znode's: "Cached zkVersion not equal to that in
    /// zookeeper, skip updating ISR". It keeps its ISR and tries again at the next occasion; only a
    /// new LeaderAndIsr brings it up to date.
    fn isr_refused(&mut self, lane: LaneId) {
        let Some(Some(partition)) = self.partitions.get_mut(lane.0 as usize) else { return };
        if let Role::Leader(leadership) = &mut partition.role {
            leadership.pending = PendingIsr::None;
        }
    }

    fn announce_isr_changes(&mut self, fx: &mut Fx<'_>) {
        let now = fx.now();
        let Some(zk) = self.zk() else { return };
        let calm = now.since(zk.last_isr_change) > PROPAGATION_LINGER;
        let late = now.since(zk.last_announcement) > PROPAGATION_DELAY;
        if zk.unannounced.is_empty() || !(calm || late) {
            return;
        }
        zk.last_announcement = now;
        let data = Data::Lanes(std::mem::take(&mut zk.unannounced));
        let create = Op::CreateSequential { parent: Path::IsrChanges, data };
        self.ask(Purpose::Notify, [create.into()], fx);
    }

    // ── stopping ─────────────────────────────────────────────────────────────────────────────

    /// Asks the controller to move what this broker leads; `controlled.shutdown.max.retries` times
    /// in vain, then it stops all the same.
    pub(super) fn ask_to_shut_down(&mut self, fx: &mut Fx<'_>) {
        let node = self.node;
        let Some(zk) = self.zk() else { return };
        if zk.shutdown_attempts == SHUTDOWN_ATTEMPTS {
            return self.leave_zookeeper(fx);
        }
        zk.shutdown_attempts += 1;
        fx.timer(SHUTDOWN_BACKOFF, timer(ZooKeeperTimer::ShutdownRetry));
        let controller = zk.controller;
        match controller {
            Some(controller) if controller == node => {
                self.post(Event::ControlledShutdown(node, None), fx);
            }
            Some(controller) if self.network.ready(controller, TO_CONTROLLER_CHANNEL, fx) => {
                self.send_shutdown_request(controller, fx);
            }
            _ => {}
        }
    }

    /// The connection to the controller is there.
    pub(super) fn send_shutdown_request(&mut self, controller: NodeId, fx: &mut Fx<'_>) {
        if self.lifecycle == Lifecycle::PendingControlledShutdown
            && self.network.in_flight(controller, TO_CONTROLLER_CHANNEL) == 0
        {
            let request = Request::ControlledShutdown { node: self.node };
            self.network.send(controller, TO_CONTROLLER_CHANNEL, request, true, fx);
        }
    }

    pub(super) fn shutdown_answer(&mut self, error: Error, remaining: &[LaneId], fx: &mut Fx<'_>) {
        let waits = self.lifecycle == Lifecycle::PendingControlledShutdown;
        if waits && error == Error::None && remaining.is_empty() {
            self.leave_zookeeper(fx);
        }
    }

    /// Ends the session, and with it the registration, and stops.
    pub(super) fn leave_zookeeper(&mut self, fx: &mut Fx<'_>) {
        if self.lifecycle != Lifecycle::Off {
            self.send_to_zookeeper(ZkRequest::CloseSession, fx);
            self.stop_orderly(fx);
        }
    }
}

/// The data that a read found, with the change that created the znode and the session it ends with.
pub(super) type Found = (Data, u64, Option<crate::brokers::kafka::zookeeper::wire::SessionId>);

pub(super) fn data(answered: &Answered) -> Option<Found> {
    match answered.as_ref().ok()?.first()? {
        Answer::Data { data, czxid, owner, .. } => Some((data.clone(), *czxid, *owner)),
        _ => None,
    }
}
