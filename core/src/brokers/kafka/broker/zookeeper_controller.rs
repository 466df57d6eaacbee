//! A broker as the controller in ZooKeeper mode: how it comes to be it and ceases to be it, one
//! event after the other, its requests to the others (`KafkaController`, `ControllerEventManager`,
//! `ControllerChannelManager` of 2.5; reference §4.3).

use super::zookeeper::{Found, Purpose, data};
use super::{Broker, Fx};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::timer::{BrokerTimer, KafkaTimer, ZooKeeperTimer};
use crate::brokers::kafka::wire::{CONTROL_CHANNEL, Request, Response};
use crate::brokers::kafka::zookeeper::active::{Active, Change, Event, Outbox, Strategy};
use crate::brokers::kafka::zookeeper::wire::{
    Answer, Answered, Control, ControlRequest, ControlledShutdownAnswer, Data, Op, Path,
    Transaction,
};
use crate::fact::{Fact, LaneId, NodeId};
use crate::kernel::Span;
use smallvec::SmallVec;
use std::sync::Arc;

/// The first look for leaderships to give back, after a controller has taken office.
const FIRST_BALANCE: Span = Span::secs(5);

/// What the controller waits for from ZooKeeper.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// Which brokers and notifications there are, and all partitions: it has just been elected.
    Load,
    /// Their registrations.
    LoadBrokers(Vec<NodeId>),
    /// Which brokers there are now.
    Brokers,
    /// Their registrations.
    BrokerEpochs(Vec<NodeId>),
    /// Partitions that may get a new leader.
    ReadForElection(Vec<LaneId>, Strategy),
    /// The writes of their new states.
    WriteElection(Vec<Change>, Strategy),
    /// Which notifications there are.
    IsrChanges,
    /// What they say.
    IsrChangeData(Vec<Path>),
    /// The partitions they speak of.
    ChangedPartitions(Vec<LaneId>),
}

fn read(paths: impl IntoIterator<Item = Path>) -> Vec<Transaction> {
    paths.into_iter().map(|path| Op::GetData { path }.into()).collect()
}

fn children(answered: &Answered) -> Vec<Path> {
    match answered.as_ref().ok().and_then(|a| a.first()) {
        Some(Answer::Children(paths)) => paths.clone(),
        _ => Vec::new(),
    }
}

impl Broker {
    fn active(&mut self) -> Option<&mut Active> {
        self.zk()?.active.as_mut()
    }

    // ── the election ─────────────────────────────────────────────────────────────────────────

    pub(super) fn ask_who_is_controller(&mut self, fx: &mut Fx<'_>) {
        let path = Path::Controller;
        let watch = Op::Exists { path, watch: true }.into();
        self.ask(Purpose::WhoIsController, [watch, Op::GetData { path }.into()], fx);
    }

    /// Somebody is the controller, or nobody: then this broker stands for election.
    pub(super) fn controller_is(&mut self, answers: &[Answered], fx: &mut Fx<'_>) {
        let own = self.zk().and_then(|zk| zk.session.id());
        match answers.get(1).and_then(data) {
            Some((Data::Node(_), _, owner)) => {
                if owner != own {
                    self.resign(fx);
                }
            }
            _ => {
                self.resign(fx);
                let reads = read([Path::ControllerEpoch]);
                self.ask(Purpose::ControllerEpoch, reads, fx);
            }
        }
    }

    /// Whoever creates `/controller` first is the controller, in one transaction with the next
    /// epoch.
    pub(super) fn claim(&mut self, answers: &[Answered], fx: &mut Fx<'_>) {
        let Some(Ok(found)) = answers.first() else { return };
        let Some(Answer::Data { data: Data::Epoch(last), version, .. }) = found.first() else {
            return;
        };
        let (node, epoch, version) = (self.node, last + 1, *version);
        let create = Op::Create { path: Path::Controller, data: Data::Node(node), ephemeral: true };
        let set = Op::SetData { path: Path::ControllerEpoch, data: Data::Epoch(epoch), version };
        let win = Transaction {
            ops: SmallVec::from_vec(vec![create, set]),
            means: vec![Fact::ControllerActive { node, epoch }],
        };
        let reads = read([Path::Controller]);
        let transactions = std::iter::once(win).chain(reads);
        self.ask(Purpose::Claim { epoch, version }, transactions, fx);
    }

    pub(super) fn claimed(
        &mut self,
        epoch: u32,
        version: u32,
        answers: &[Answered],
        fx: &mut Fx<'_>,
    ) {
        let own = self.zk().and_then(|zk| zk.session.id());
        let owner = answers.get(1).and_then(data).and_then(|found| found.2);
        if owner.is_none() || owner != own {
            return self.ask_who_is_controller(fx);
        }
        let plan = self.plan.clone();
        let node = self.node;
        let Some(zk) = self.zk() else { return };
        zk.active = Some(Active::new(&plan, epoch, version + 1));
        zk.controller_epoch = zk.controller_epoch.max(epoch);
        zk.controller = Some(node);
        let watch = |path| Op::GetChildren { path, watch: true }.into();
        let partitions = (0..plan.lanes.len()).map(|n| Path::Partition(LaneId(n as u16)));
        let all = [watch(Path::Brokers), watch(Path::IsrChanges)].into_iter();
        self.ask_as_controller(Step::Load, all.chain(read(partitions)), fx);
    }

    /// This broker is not the controller any more.
    pub(super) fn resign(&mut self, fx: &mut Fx<'_>) {
        let node = self.node;
        let Some(active) = self.zk().and_then(|zk| zk.active.take()) else { return };
        fx.state(Fact::ControllerResigned { node, epoch: active.epoch });
        for other in (0..self.plan.brokers).map(NodeId) {
            self.network.close(other, CONTROL_CHANNEL, fx);
        }
        let waiting = active.events.into_iter().filter_map(|event| match event {
            Event::ControlledShutdown(_, whom) => whom,
            _ => None,
        });
        let under_way = active.shutdown.and_then(|(_, whom)| whom);
        for (slot, correlation) in waiting.chain(under_way).collect::<Vec<_>>() {
            let answer = refused_shutdown();
            self.respond(slot, correlation, answer, fx);
        }
    }

    fn ask_as_controller(
        &mut self,
        step: Step,
        transactions: impl IntoIterator<Item = Transaction>,
        fx: &mut Fx<'_>,
    ) {
        let Some(active) = self.active() else { return };
        active.busy = true;
        let purpose = Purpose::Controller(active.epoch, step);
        self.ask(purpose, transactions, fx);
    }

    // ── one event after the other ────────────────────────────────────────────────────────────

    /// The controller has something to deal with.
    pub(super) fn post(&mut self, event: Event, fx: &mut Fx<'_>) {
        if let Some(active) = self.active() {
            active.post(event);
            self.next_event(fx);
        }
    }

    fn next_event(&mut self, fx: &mut Fx<'_>) {
        loop {
            self.send_control(fx);
            let Some(active) = self.active().filter(|a| a.ready && !a.busy) else { return };
            let Some(event) = active.events.pop_front() else { return };
            let watch = |path| [Transaction::from(Op::GetChildren { path, watch: true })];
            match event {
                Event::Brokers => {
                    self.ask_as_controller(Step::Brokers, watch(Path::Brokers), fx);
                }
                Event::IsrChanges => {
                    self.ask_as_controller(Step::IsrChanges, watch(Path::IsrChanges), fx);
                }
                Event::Joined(brokers) => welcome(active, &brokers),
                Event::ControlledShutdown(node, whom) => {
                    active.shutting_down = active.shutting_down.with(node);
                    active.shutdown = Some((node, whom));
                    let lanes = active.shared_by(node);
                    let led = active.still_led_by(node);
                    let followed = lanes.iter().copied().filter(|lane| !led.contains(lane));
                    active.tell(node, Control::StopReplica(followed.collect()));
                    self.elect(lanes, Strategy::ControlledShutdown(node), fx);
                }
                Event::Elect(lanes, strategy) => self.elect(lanes, strategy, fx),
            }
        }
    }

    /// The event is dealt with.
    fn event_done(&mut self, fx: &mut Fx<'_>) {
        let Some(active) = self.active() else { return };
        active.busy = false;
        if let Some((node, whom)) = active.shutdown.take() {
            let remaining = active.still_led_by(node);
            match whom {
                Some((slot, correlation)) => {
                    let answer = ControlledShutdownAnswer { error: Error::None, remaining };
                    let answer = Response::ControlledShutdown(Box::new(answer));
                    self.respond(slot, correlation, answer, fx);
                }
                None => {
                    // What it has told the others must reach them before it is gone.
                    self.send_control(fx);
                    self.shutdown_answer(Error::None, &remaining, fx);
                }
            }
        }
    }

    fn elect(&mut self, lanes: Vec<LaneId>, strategy: Strategy, fx: &mut Fx<'_>) {
        if lanes.is_empty() {
            return self.event_done(fx);
        }
        let reads = read(lanes.iter().map(|&lane| Path::Partition(lane)));
        self.ask_as_controller(Step::ReadForElection(lanes, strategy), reads, fx);
    }

    /// ZooKeeper has answered the controller of an epoch.
    pub(super) fn step_answered(
        &mut self,
        epoch: u32,
        step: Step,
        answers: Vec<Answered>,
        fx: &mut Fx<'_>,
    ) {
        if self.active().is_none_or(|a| a.epoch != epoch) {
            return;
        }
        match step {
            Step::Load => self.loaded(&answers, fx),
            Step::LoadBrokers(nodes) => self.take_office(&nodes, &answers, fx),
            Step::Brokers => {
                let nodes = broker_nodes(answers.first().map(children).unwrap_or_default());
                let reads = read(nodes.iter().map(|&n| Path::Broker(n)));
                self.ask_as_controller(Step::BrokerEpochs(nodes), reads, fx);
            }
            Step::BrokerEpochs(nodes) => {
                self.brokers_changed(&registrations(&nodes, &answers), fx);
                self.event_done(fx);
            }
            Step::ReadForElection(lanes, strategy) => self.decide(&lanes, strategy, &answers, fx),
            Step::WriteElection(changes, strategy) => {
                self.decided(changes, strategy, &answers, fx);
            }
            Step::IsrChanges => {
                let paths = answers.first().map(children).unwrap_or_default();
                if paths.is_empty() {
                    self.event_done(fx);
                } else {
                    let reads = read(paths.iter().copied());
                    self.ask_as_controller(Step::IsrChangeData(paths), reads, fx);
                }
            }
            Step::IsrChangeData(paths) => self.read_changed_partitions(&paths, &answers, fx),
            Step::ChangedPartitions(lanes) => {
                let found = answers.iter().filter_map(data);
                let states: Vec<_> = found.filter_map(partition_of).collect();
                if let Some(active) = self.active() {
                    states.into_iter().for_each(|state| active.learn(state));
                    active.update_metadata(&lanes);
                }
                self.event_done(fx);
            }
        }
        self.next_event(fx);
    }

    fn loaded(&mut self, answers: &[Answered], fx: &mut Fx<'_>) {
        let nodes = broker_nodes(answers.first().map(children).unwrap_or_default());
        let notified = answers.get(1).map(children).is_some_and(|c| !c.is_empty());
        let states: Vec<_> =
            answers.iter().skip(2).filter_map(data).filter_map(partition_of).collect();
        let Some(active) = self.active() else { return };
        states.into_iter().for_each(|state| active.learn(state));
        if notified {
            active.post(Event::IsrChanges);
        }
        let reads = read(nodes.iter().map(|&n| Path::Broker(n)));
        self.ask_as_controller(Step::LoadBrokers(nodes), reads, fx);
    }

    /// Everything is read: the controller tells everybody what it found, and looks for leaders
    /// where there is none alive (`onControllerFailover`).
    fn take_office(&mut self, nodes: &[NodeId], answers: &[Answered], fx: &mut Fx<'_>) {
        let registered = registrations(nodes, answers);
        let Some(active) = self.active() else { return };
        active.live = registered.into_iter().collect();
        (active.ready, active.busy) = (true, false);
        let lanes = active.lanes();
        active.update_metadata(&lanes);
        active.announce(&lanes, None);
        let disturbed = active.disturbed();
        active.events.push_front(Event::Elect(disturbed, Strategy::Offline));
        let epoch = active.epoch;
        fx.timer(FIRST_BALANCE, balance_timer(epoch));
    }

    /// Brokers have come or gone, or have come back so fast that only their epoch tells.
    fn brokers_changed(&mut self, now: &[(NodeId, u64)], fx: &mut Fx<'_>) {
        let Some(active) = self.active() else { return };
        let gone =
            |(node, epoch): (&NodeId, &u64)| (!now.contains(&(*node, *epoch))).then_some(*node);
        let gone: Vec<NodeId> = active.live.iter().filter_map(gone).collect();
        let came = now.iter().filter(|(node, epoch)| active.live.get(node) != Some(epoch));
        let came: Vec<(NodeId, u64)> = came.copied().collect();
        if !came.is_empty() {
            active.events.push_front(Event::Joined(came));
        }
        for &node in &gone {
            active.live.remove(&node);
            active.shutting_down = active.shutting_down.without(node);
            active.outboxes[node.0 as usize] = Outbox::default();
        }
        if !gone.is_empty() {
            let disturbed = active.disturbed();
            active.update_metadata(&[]);
            active.events.push_front(Event::Elect(disturbed, Strategy::Offline));
        }
        for node in gone {
            self.network.close(node, CONTROL_CHANNEL, fx);
        }
    }

    fn decide(
        &mut self,
        lanes: &[LaneId],
        strategy: Strategy,
        answers: &[Answered],
        fx: &mut Fx<'_>,
    ) {
        let (plan, image) = (self.plan.clone(), &self.image);
        let Some(zk) = self.zookeeper.as_deref_mut() else { return };
        let Some(active) = zk.active.as_mut() else { return };
        let mut changes = Vec::new();
        let mut writes = Vec::new();
        let mut unsaid = Vec::new();
        for (&lane, answered) in lanes.iter().zip(answers) {
            let Some(state) = data(answered).and_then(partition_of) else { continue };
            let known = active.partition(lane).map_or(0, |p| p.leader_epoch);
            // A decision of this controller whose answer was lost.
            let newer = state.leader_epoch > known;
            active.learn(state.clone());
            let unclean = Active::allows_unclean(&plan, image, lane);
            match active.decide(&state, strategy, unclean) {
                Some(change) => {
                    writes.push(active.write(&plan, image, &change));
                    changes.push(change);
                }
                None if newer => unsaid.push(lane),
                None => {}
            }
        }
        if !unsaid.is_empty() {
            active.announce(&unsaid, None);
        }
        if changes.is_empty() {
            return self.event_done(fx);
        }
        self.ask_as_controller(Step::WriteElection(changes, strategy), writes, fx);
    }

    fn decided(
        &mut self,
        changes: Vec<Change>,
        strategy: Strategy,
        answers: &[Answered],
        fx: &mut Fx<'_>,
    ) {
        let Some(active) = self.active() else { return };
        let (mut done, mut kept) = (Vec::new(), Vec::new());
        let (mut again, mut moved) = (Vec::new(), false);
        for ((mut state, kind), answered) in changes.into_iter().zip(answers) {
            match answered {
                Ok(answers) => {
                    if let Some(Answer::Done { version, .. }) = answers.get(1) {
                        state.partition_epoch = *version;
                    }
                    if kind.is_some() { &mut done } else { &mut kept }.push(state.lane);
                    active.learn(state);
                }
                // The controller epoch has moved on.
                Err((0, _)) => moved = true,
                // The leader has changed the ISR in the meantime.
                Err(_) => again.push(state.lane),
            }
        }
        if moved {
            self.ask_who_is_controller(fx);
            return self.resign(fx);
        }
        if !done.is_empty() {
            active.announce(&done, None);
        }
        if !kept.is_empty() {
            // A broker that stops has been told to stop following these.
            let stopping = match strategy {
                Strategy::ControlledShutdown(node) => Some(node),
                _ => None,
            };
            active.announce(&kept, stopping);
        }
        if again.is_empty() {
            self.event_done(fx);
        } else {
            self.elect(again, strategy, fx);
        }
    }

    fn read_changed_partitions(&mut self, paths: &[Path], answers: &[Answered], fx: &mut Fx<'_>) {
        let mut lanes: Vec<LaneId> = Vec::new();
        for found in answers.iter().filter_map(data) {
            if let (Data::Lanes(changed), ..) = found {
                lanes.extend(changed);
            }
        }
        lanes.sort_unstable();
        lanes.dedup();
        let deletes = paths.iter().map(|&path| Transaction::from(Op::Delete { path }));
        let reads = read(lanes.iter().map(|&lane| Path::Partition(lane)));
        self.ask_as_controller(
            Step::ChangedPartitions(lanes),
            reads.into_iter().chain(deletes),
            fx,
        );
    }

    // ── administration ───────────────────────────────────────────────────────────────────────

    pub(super) fn set_balance_timer(&mut self, epoch: u32, fx: &mut Fx<'_>) {
        let every = self.plan.broker.leader_imbalance_check_interval_seconds;
        fx.timer(every, balance_timer(epoch));
    }

    /// Gives leaderships back to preferred replicas (`auto.leader.rebalance.enable`).
    pub(super) fn balance(&mut self, epoch: u32, fx: &mut Fx<'_>) {
        let wanted = self.plan.broker.auto_leader_rebalance_enable;
        let Some(active) = self.active().filter(|a| a.epoch == epoch) else { return };
        let lanes = active.imbalanced();
        if wanted && !lanes.is_empty() {
            self.post(Event::Elect(lanes, Strategy::Preferred), fx);
        }
        self.set_balance_timer(epoch, fx);
    }

    /// A broker wants to stop and has asked this one, which may not be the controller.
    pub(super) fn controlled_shutdown_asked(
        &mut self,
        slot: u32,
        correlation: u32,
        node: NodeId,
        fx: &mut Fx<'_>,
    ) {
        if self.active().is_none() {
            return self.respond(slot, correlation, refused_shutdown(), fx);
        }
        self.post(Event::ControlledShutdown(node, Some((slot, correlation))), fx);
    }

    /// An election a person asks for (`kafka-leader-election`). `Err` says why it would change
    /// nothing.
    pub fn elect_on_demand(
        &mut self,
        lane: LaneId,
        unclean: bool,
        fx: &mut Fx<'_>,
    ) -> Result<(), Error> {
        self.would_elect(lane, unclean)?;
        let strategy = if unclean { Strategy::Unclean } else { Strategy::Preferred };
        self.post(Event::Elect(vec![lane], strategy), fx);
        Ok(())
    }

    /// What an election asked for now would answer.
    pub fn would_elect(&self, lane: LaneId, unclean: bool) -> Result<(), Error> {
        let active = self.zookeeper().and_then(|zk| zk.active()).ok_or(Error::NotController)?;
        let current = active.partition(lane).ok_or(Error::UnknownTopicOrPartition)?;
        let live = |n: &NodeId| active.live.contains_key(n);
        if unclean {
            if current.leader.is_some_and(|l| live(&l)) {
                return Err(Error::ElectionNotNeeded);
            }
            let any = current.replicas.iter().any(live);
            return if any { Ok(()) } else { Err(Error::EligibleLeadersNotAvailable) };
        }
        match current.replicas.first() {
            preferred if preferred == current.leader.as_ref() => Err(Error::ElectionNotNeeded),
            Some(preferred) if live(preferred) && current.isr.contains(*preferred) => Ok(()),
            _ => Err(Error::PreferredLeaderNotAvailable),
        }
    }

    // ── requests to brokers ──────────────────────────────────────────────────────────────────

    /// Sends each broker the oldest request it has not answered; this one itself is told at once.
    pub(super) fn send_control(&mut self, fx: &mut Fx<'_>) {
        let node = self.node;
        loop {
            let Some(active) = self.active() else { return };
            let Some(body) = active.outboxes[node.0 as usize].queue.pop_front() else { break };
            let request = control_request(active, node, node, body);
            self.control(&request, fx);
        }
        for to in (0..self.plan.brokers).map(NodeId).filter(|&to| to != node) {
            let Some(active) = self.active() else { return };
            let outbox = &active.outboxes[to.0 as usize];
            let Some(body) = outbox.queue.front().filter(|_| !outbox.in_flight).cloned() else {
                continue;
            };
            let request = control_request(active, node, to, body);
            if !self.network.ready(to, CONTROL_CHANNEL, fx) {
                continue;
            }
            self.network.send(to, CONTROL_CHANNEL, Request::Control(Arc::new(request)), true, fx);
            if let Some(active) = self.active() {
                active.outboxes[to.0 as usize].in_flight = true;
            }
        }
    }

    /// A broker has answered, whatever it said: the next request goes out.
    pub(super) fn control_answered(&mut self, from: NodeId, fx: &mut Fx<'_>) {
        if let Some(active) = self.active() {
            let outbox = &mut active.outboxes[from.0 as usize];
            outbox.in_flight = false;
            outbox.queue.pop_front();
            self.send_control(fx);
        }
    }

    /// The connection to a broker broke: the request is sent again until the broker is gone from
    /// `/brokers/ids`.
    pub(super) fn control_broken(&mut self, to: NodeId) {
        if let Some(active) = self.active() {
            active.outboxes[to.0 as usize].in_flight = false;
        }
    }
}

fn control_request(active: &Active, from: NodeId, to: NodeId, body: Control) -> ControlRequest {
    ControlRequest {
        controller: from,
        controller_epoch: active.epoch,
        broker_epoch: active.live.get(&to).copied().unwrap_or(0),
        body,
    }
}

/// Brokers that have come are told everything, and the others that they have
/// (`onBrokerStartup`).
fn welcome(active: &mut Active, brokers: &[(NodeId, u64)]) {
    for &(node, epoch) in brokers {
        active.live.insert(node, epoch);
        active.outboxes[node.0 as usize] = Outbox::default();
    }
    let live: Vec<(NodeId, u64)> = active.live.iter().map(|(n, e)| (*n, *e)).collect();
    let all: Vec<_> = active.partitions.iter().flatten().cloned().collect();
    for &(node, _) in &live {
        let new = brokers.iter().any(|(n, _)| *n == node);
        let partitions = if new { all.clone() } else { Vec::new() };
        active.tell(node, Control::UpdateMetadata { live: live.clone(), partitions });
        if new {
            let own = all.iter().filter(|p| p.replicas.contains(&node)).cloned().collect();
            active.tell(node, Control::LeaderAndIsr(own));
        }
    }
    let leaderless = active.disturbed();
    active.events.push_front(Event::Elect(leaderless, Strategy::Offline));
}

fn registrations(nodes: &[NodeId], answers: &[Answered]) -> Vec<(NodeId, u64)> {
    let read = nodes.iter().zip(answers);
    read.filter_map(|(&node, answered)| Some((node, data(answered)?.1))).collect()
}

fn broker_nodes(paths: Vec<Path>) -> Vec<NodeId> {
    let node = |path| match path {
        Path::Broker(node) => Some(node),
        _ => None,
    };
    paths.into_iter().filter_map(node).collect()
}

fn partition_of(found: Found) -> Option<crate::brokers::kafka::wire::PartitionState> {
    match found.0 {
        Data::Partition(state, _) => Some(state),
        _ => None,
    }
}

fn balance_timer(epoch: u32) -> KafkaTimer {
    KafkaTimer::Broker(BrokerTimer::ZooKeeper(ZooKeeperTimer::Balance { epoch }))
}

fn refused_shutdown() -> Response {
    let error = Error::StaleControllerEpoch;
    Response::ControlledShutdown(Box::new(ControlledShutdownAnswer {
        error,
        remaining: Vec::new(),
    }))
}
