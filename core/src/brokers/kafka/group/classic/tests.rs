//! Driven by hand: a coordinator without a broker.

use super::*;
use crate::brokers::kafka::group::GroupIdentity;
use crate::brokers::kafka::wire::{JoinGroup, JoinedGroup, SyncGroup};
use proptest::prelude::*;
use std::num::NonZeroU16;

const GROUP: SubscriptionId = SubscriptionId(0);
const A: NodeId = NodeId(0);
const B: NodeId = NodeId(1);
const C: NodeId = NodeId(2);

/// A group, its timers, and what was answered to whom.
struct Bench {
    group: Group,
    rules: GroupRules,
    now: Time,
    timers: Vec<(Time, GroupTimer)>,
    answers: Vec<(u32, Response)>,
    stores: Vec<u32>,
    facts: Vec<Fact>,
    next: u32,
}

impl Bench {
    fn new() -> Bench {
        let rules = GroupRules {
            initial_rebalance_delay: Span::secs(3),
            min_session_timeout: Span::secs(6),
            max_session_timeout: Span::secs(1800),
            max_size: u32::MAX,
            clients: ["a", "b", "c"].map(Arc::from).to_vec(),
            instances: ["one", "two"].map(Arc::from).to_vec(),
        };
        Bench {
            group: Group::new(GROUP, 0),
            rules,
            now: Time::ZERO,
            timers: Vec::new(),
            answers: Vec::new(),
            stores: Vec::new(),
            facts: Vec::new(),
            next: 0,
        }
    }

    fn act<R>(&mut self, act: impl FnOnce(&mut Group, &mut Context<'_>) -> R) -> R {
        let mut effects = Vec::new();
        let mut cx = Context { now: self.now, rules: &self.rules, effects: &mut effects };
        let result = act(&mut self.group, &mut cx);
        for effect in effects {
            match effect {
                GroupEffect::Respond(waiter, answer) => {
                    self.answers.push((waiter.correlation, answer));
                }
                GroupEffect::Timer(after, timer) => self.timers.push((self.now + after, timer)),
                GroupEffect::Store(number) => self.stores.push(number),
                GroupEffect::State(fact) => self.facts.push(fact),
            }
        }
        result
    }

    fn waiter(&mut self) -> Waiter {
        self.next += 1;
        Waiter { slot: 0, correlation: self.next }
    }

    /// Lets time pass; timers fire in order.
    fn wait(&mut self, seconds: u64) {
        let until = self.now + Span::secs(seconds);
        loop {
            let due = self.timers.iter().enumerate().min_by_key(|(_, (at, _))| *at);
            let Some((n, &(at, timer))) = due.filter(|(_, (at, _))| *at <= until) else { break };
            self.timers.remove(n);
            self.now = at;
            self.act(|group, cx| group.timer(timer, cx));
        }
        self.now = until;
    }

    fn join(&mut self, request: &JoinGroup) -> u32 {
        let waiter = self.waiter();
        self.act(|group, cx| group.join(request, waiter, cx));
        waiter.correlation
    }

    /// Joins as a new client does: asks for an id, comes back with it.
    fn enter(&mut self, client: NodeId) -> u32 {
        let first = self.join(&request(client));
        let joined = self.joined(first);
        assert_eq!(joined.error, Error::MemberIdRequired);
        self.join(&JoinGroup { member: joined.member, ..request(client) })
    }

    fn answer(&self, correlation: u32) -> Option<&Response> {
        let mut answers = self.answers.iter().filter(|(c, _)| *c == correlation);
        let answer = answers.next();
        assert!(answers.next().is_none(), "answered twice");
        answer.map(|(_, response)| response)
    }

    fn joined(&self, correlation: u32) -> JoinedGroup {
        match self.answer(correlation) {
            Some(Response::JoinGroup(joined)) => (**joined).clone(),
            other => panic!("no answer to JoinGroup: {other:?}"),
        }
    }

    fn sync(&mut self, joined: &JoinedGroup, lanes: &[(MemberId, &[u16])]) -> u32 {
        let waiter = self.waiter();
        let list = |lanes: &[u16]| lanes.iter().map(|&l| LaneId(l)).collect::<Vec<_>>().into();
        let request = SyncGroup {
            group: GROUP,
            member: identity(joined),
            protocol: joined.protocol.unwrap_or_default(),
            assignments: lanes.iter().map(|(m, l)| (*m, list(l))).collect(),
        };
        self.act(|group, cx| group.sync(&request, waiter, cx));
        waiter.correlation
    }

    fn synced(&self, correlation: u32) -> (Error, Vec<u16>) {
        match self.answer(correlation) {
            Some(Response::SyncGroup { error, assignment }) => {
                (*error, assignment.iter().map(|l| l.0).collect())
            }
            other => panic!("no answer to SyncGroup: {other:?}"),
        }
    }

    fn store(&mut self, error: Error) {
        for number in std::mem::take(&mut self.stores) {
            self.act(|group, cx| group.stored(number, error, cx));
        }
    }

    fn beat(&mut self, member: &JoinedGroup) -> Error {
        let identity = identity(member);
        self.act(|group, cx| group.heartbeat(&identity, cx))
    }

    fn commit(&mut self, identity: Option<&GroupIdentity>) -> Error {
        self.act(|group, cx| group.may_commit(identity, cx))
    }

    /// A stable group of A and B; A leads.
    fn stable() -> (Bench, JoinedGroup, JoinedGroup) {
        let mut bench = Bench::new();
        let (a, b) = (bench.enter(A), bench.enter(B));
        bench.wait(6);
        let (a, b) = (bench.joined(a), bench.joined(b));
        let lanes: &[(MemberId, &[u16])] = &[(id(&a), &[0, 1]), (id(&b), &[2])];
        bench.sync(&a, lanes);
        bench.sync(&b, &[]);
        bench.store(Error::None);
        assert_eq!(bench.group.state(), GroupState::Stable);
        (bench, a, b)
    }
}

fn id(joined: &JoinedGroup) -> MemberId {
    joined.member.unwrap_or(MemberId::first(A))
}

fn identity(joined: &JoinedGroup) -> GroupIdentity {
    let MemberId { client, number } = id(joined);
    GroupIdentity { generation: joined.generation, number, client, instance: None }
}

fn one() -> InstanceId {
    InstanceId(NonZeroU16::MIN)
}

fn request(client: NodeId) -> JoinGroup {
    let said = Subscription { topics: [0].into(), owned: [].into(), generation: None };
    JoinGroup {
        group: GROUP,
        session_timeout: Span::secs(45),
        rebalance_timeout: Span::secs(300),
        client,
        member: None,
        instance: None,
        protocols: vec![(Assignor::Range, said.clone()), (Assignor::CooperativeSticky, said)],
    }
}

/// The request of a member that is in the group already.
fn again(joined: &JoinedGroup) -> JoinGroup {
    JoinGroup { member: joined.member, ..request(id(joined).client) }
}

// ── first start ──────────────────────────────────────────────────────────────────────────────

/// Golden trace T5: the first member waits for the initial delay, a second one extends it.
#[test]
fn the_first_members_wait_for_each_other() {
    let mut bench = Bench::new();
    let a = bench.enter(A);
    bench.wait(2);
    let b = bench.enter(B);
    bench.wait(3);
    assert!(bench.answer(a).is_none(), "extended by B");
    bench.wait(1);
    let (a, b) = (bench.joined(a), bench.joined(b));
    assert_eq!((a.generation, b.generation), (1, 1));
    assert_eq!(a.leader, a.member);
    assert_eq!(b.leader, a.member);
    assert_eq!(a.members.len(), 2);
    assert!(b.members.is_empty(), "only the leader is told who is in");
    assert_eq!(a.protocol, Some(Assignor::Range));
}

#[test]
fn the_initial_delay_ends_with_the_rebalance_timeout() {
    let mut bench = Bench::new();
    let join = |bench: &mut Bench, client| {
        let short = JoinGroup { rebalance_timeout: Span::secs(4), ..request(client) };
        let first = bench.join(&short);
        let member = bench.joined(first).member;
        bench.join(&JoinGroup { member, ..short })
    };
    let a = join(&mut bench, A);
    bench.wait(2);
    join(&mut bench, B);
    bench.wait(2);
    assert_eq!(bench.joined(a).generation, 1, "3 s, extended to 4 s and no further");
}

#[test]
fn an_id_that_nobody_comes_back_with_is_forgotten() {
    let (mut bench, a, b) = Bench::stable();
    let c = bench.join(&request(C));
    let lost = bench.joined(c).member;
    assert!(lost.is_some());
    let a2 = bench.join(&again(&a));
    bench.beat(&b);
    let b2 = bench.join(&again(&b));
    bench.wait(44);
    assert!(bench.answer(a2).is_none(), "the pending member is waited for");
    bench.wait(2);
    assert_eq!(bench.joined(a2).generation, 2);
    assert_eq!(bench.joined(b2).generation, 2);
    let late = bench.join(&JoinGroup { member: lost, ..request(C) });
    assert_eq!(bench.joined(late).error, Error::UnknownMemberId);
}

// ── refusals ─────────────────────────────────────────────────────────────────────────────────

#[test]
fn what_is_refused_at_the_door() {
    let (mut bench, a, _) = Bench::stable();
    let refused = |bench: &mut Bench, request: &JoinGroup| {
        let c = bench.join(request);
        bench.joined(c).error
    };
    let short = JoinGroup { session_timeout: Span::secs(5), ..request(C) };
    assert_eq!(refused(&mut bench, &short), Error::InvalidSessionTimeout);
    let mut alien = request(C);
    alien.protocols.truncate(1);
    alien.protocols[0].0 = Assignor::RoundRobin;
    assert_eq!(refused(&mut bench, &alien), Error::InconsistentGroupProtocol);
    bench.rules.max_size = 2;
    assert_eq!(refused(&mut bench, &request(C)), Error::GroupMaxSizeReached);
    let mut stranger = again(&a);
    stranger.member = Some(MemberId::first(C));
    bench.rules.max_size = 9;
    assert_eq!(refused(&mut bench, &stranger), Error::UnknownMemberId);
}

#[test]
fn the_assignor_everybody_knows_and_most_prefer() {
    let mut bench = Bench::new();
    let mut sticky = request(A);
    sticky.protocols.reverse();
    let first = bench.join(&sticky);
    let member = bench.joined(first).member;
    let a = bench.join(&JoinGroup { member, ..sticky.clone() });
    let mut also = request(B);
    also.protocols.reverse();
    let first = bench.join(&also);
    let member = bench.joined(first).member;
    bench.join(&JoinGroup { member, ..also });
    bench.enter(C);
    bench.wait(9);
    assert_eq!(bench.joined(a).protocol, Some(Assignor::CooperativeSticky), "two of three");
}

// ── sync ─────────────────────────────────────────────────────────────────────────────────────

#[test]
fn everybody_gets_his_part_once_it_is_stored() {
    let mut bench = Bench::new();
    let (a, b) = (bench.enter(A), bench.enter(B));
    bench.wait(6);
    let (a, b) = (bench.joined(a), bench.joined(b));
    let b_sync = bench.sync(&b, &[]);
    let a_sync = bench.sync(&a, &[(id(&a), &[0]), (id(&b), &[1])]);
    assert!(bench.answer(a_sync).is_none(), "not stored yet");
    bench.store(Error::None);
    assert_eq!(bench.synced(a_sync), (Error::None, vec![0]));
    assert_eq!(bench.synced(b_sync), (Error::None, vec![1]));
    assert!(matches!(bench.facts.last(), Some(Fact::Rebalanced { generation: 1, members: 2, .. })));
}

#[test]
fn an_assignment_that_cannot_be_stored_is_worked_out_again() {
    let mut bench = Bench::new();
    let a = bench.enter(A);
    bench.wait(3);
    let a = bench.joined(a);
    let sync = bench.sync(&a, &[(id(&a), &[0])]);
    bench.store(Error::CoordinatorNotAvailable);
    assert_eq!(bench.synced(sync).0, Error::CoordinatorNotAvailable);
    assert_eq!(bench.group.state(), GroupState::PreparingRebalance);
}

#[test]
fn who_does_not_sync_in_time_is_out() {
    let mut bench = Bench::new();
    let (a, b) = (bench.enter(A), bench.enter(B));
    bench.wait(6);
    let (a, b) = (bench.joined(a), bench.joined(b));
    let sync = bench.sync(&a, &[(id(&a), &[0]), (id(&b), &[1])]);
    bench.store(Error::None);
    assert_eq!(bench.synced(sync).0, Error::None);
    for _ in 0..10 {
        bench.wait(30);
        bench.beat(&a);
        bench.beat(&b);
    }
    assert_eq!(bench.group.state(), GroupState::PreparingRebalance);
    assert!(bench.facts.iter().any(|f| matches!(f, Fact::MemberLeft { consumer: B, .. })));
}

// ── heartbeats and sessions ──────────────────────────────────────────────────────────────────

#[test]
fn heartbeats_tell_of_a_rebalance_and_of_the_wrong_generation() {
    let (mut bench, a, b) = Bench::stable();
    assert_eq!(bench.beat(&b), Error::None);
    assert_eq!(bench.beat(&JoinedGroup { generation: 7, ..b.clone() }), Error::IllegalGeneration);
    let stranger = JoinedGroup { member: Some(MemberId::first(C)), ..b.clone() };
    assert_eq!(bench.beat(&stranger), Error::UnknownMemberId);
    bench.join(&again(&a));
    assert_eq!(bench.beat(&b), Error::RebalanceInProgress);
}

/// Golden trace T6: a member that is silent for its session is out; the others share.
#[test]
fn a_silent_member_is_out_after_its_session() {
    let (mut bench, a, _) = Bench::stable();
    for _ in 0..14 {
        bench.wait(3);
        assert_eq!(bench.beat(&a), Error::None);
    }
    bench.wait(4);
    assert_eq!(bench.beat(&a), Error::RebalanceInProgress, "45 s of silence");
    let a2 = bench.join(&again(&a));
    assert_eq!(bench.joined(a2).generation, 2);
    assert_eq!(bench.joined(a2).members.len(), 1);
}

#[test]
fn a_member_that_waits_for_the_others_does_not_expire() {
    let (mut bench, a, b) = Bench::stable();
    let a2 = bench.join(&again(&a));
    for _ in 0..9 {
        bench.wait(30);
        assert_eq!(bench.beat(&b), Error::RebalanceInProgress);
    }
    assert!(bench.answer(a2).is_none(), "270 s parked, and still a member");
    bench.join(&again(&b));
    assert_eq!(bench.joined(a2).members.len(), 2);
}

#[test]
fn a_rebalance_waits_no_longer_than_max_poll_interval() {
    let (mut bench, a, b) = Bench::stable();
    let a2 = bench.join(&again(&a));
    for _ in 0..10 {
        bench.wait(30);
        bench.beat(&b);
    }
    let joined = bench.joined(a2);
    assert_eq!((joined.generation, joined.members.len()), (2, 1));
    assert_eq!(bench.beat(&b), Error::UnknownMemberId);
}

#[test]
fn only_the_leader_or_news_make_a_stable_group_rebalance() {
    let (mut bench, a, b) = Bench::stable();
    let same = bench.join(&again(&b));
    assert_eq!((bench.joined(same).generation, bench.group.state()), (1, GroupState::Stable));
    let mut news = again(&b);
    news.protocols[0].1.topics = [0, 1].into();
    bench.join(&news);
    assert_eq!(bench.group.state(), GroupState::PreparingRebalance);
    let (mut bench, ..) = (Bench::stable().0, b);
    bench.join(&again(&a));
    assert_eq!(bench.group.state(), GroupState::PreparingRebalance);
}

#[test]
fn a_rebalance_during_the_sync_sends_everybody_back() {
    let mut bench = Bench::new();
    let (a, b) = (bench.enter(A), bench.enter(B));
    bench.wait(6);
    let (_, b) = (bench.joined(a), bench.joined(b));
    let sync = bench.sync(&b, &[]);
    bench.enter(C);
    assert_eq!(bench.synced(sync).0, Error::RebalanceInProgress);
}

#[test]
fn who_leaves_is_not_waited_for() {
    let (mut bench, a, b) = Bench::stable();
    let (leaver, stranger) = (id(&b), MemberId::first(C));
    assert_eq!(bench.act(|g, cx| g.leave(stranger, "it closed", cx)), Error::UnknownMemberId);
    assert_eq!(bench.act(|g, cx| g.leave(leaver, "it closed", cx)), Error::None);
    assert_eq!(bench.beat(&a), Error::RebalanceInProgress);
    let last = id(&a);
    bench.act(|g, cx| g.leave(last, "it closed", cx));
    assert_eq!((bench.group.state(), bench.group.generation()), (GroupState::Empty, 2));
}

// ── commits ──────────────────────────────────────────────────────────────────────────────────

#[test]
fn who_may_commit() {
    let mut bench = Bench::new();
    assert_eq!(bench.commit(None), Error::None, "an empty group is anybody's");
    let (mut bench, a, b) = Bench::stable();
    assert_eq!(bench.commit(None), Error::UnknownMemberId);
    let member = identity(&b);
    assert_eq!(bench.commit(Some(&member)), Error::None);
    let old = GroupIdentity { generation: 0, ..member };
    assert_eq!(bench.commit(Some(&old)), Error::IllegalGeneration);
    let stranger = GroupIdentity { client: C, ..member };
    assert_eq!(bench.commit(Some(&stranger)), Error::UnknownMemberId);
    let a2 = bench.join(&again(&a));
    assert_eq!(bench.commit(Some(&member)), Error::None, "the last chance, in onPartitionsRevoked");
    bench.join(&again(&b));
    let b2 = GroupIdentity { generation: bench.joined(a2).generation, ..member };
    assert_eq!(bench.commit(Some(&b2)), Error::RebalanceInProgress);
    assert_eq!(bench.commit(Some(&member)), Error::IllegalGeneration);
}

// ── static members ───────────────────────────────────────────────────────────────────────────

/// A stable group of the static member `one` on A and the dynamic member B.
fn with_static() -> (Bench, JoinedGroup, JoinedGroup) {
    let mut bench = Bench::new();
    let a = bench.join(&JoinGroup { instance: Some(one()), ..request(A) });
    let b = bench.enter(B);
    bench.wait(6);
    let (a, b) = (bench.joined(a), bench.joined(b));
    let sync = SyncGroup {
        group: GROUP,
        member: GroupIdentity { instance: Some(one()), ..identity(&a) },
        protocol: Assignor::Range,
        assignments: vec![(id(&a), [LaneId(0)].into()), (id(&b), [LaneId(1)].into())],
    };
    let waiter = bench.waiter();
    bench.act(|group, cx| group.sync(&sync, waiter, cx));
    bench.sync(&b, &[]);
    bench.store(Error::None);
    (bench, a, b)
}

#[test]
fn a_static_member_that_comes_back_keeps_its_partitions() {
    let (mut bench, a, b) = with_static();
    bench.wait(20);
    bench.beat(&b);
    let back = bench.join(&JoinGroup { instance: Some(one()), ..request(C) });
    bench.store(Error::None);
    let joined = bench.joined(back);
    assert_eq!((joined.error, joined.generation), (Error::None, 1));
    assert!(joined.skip_assignment, "it leads, and is to leave everything as it is");
    assert_eq!(bench.group.state(), GroupState::Stable);
    let member = GroupIdentity { instance: Some(one()), ..identity(&joined) };
    let sync =
        SyncGroup { group: GROUP, member, protocol: Assignor::Range, assignments: Vec::new() };
    let waiter = bench.waiter();
    bench.act(|group, cx| group.sync(&sync, waiter, cx));
    assert_eq!(bench.synced(waiter.correlation), (Error::None, vec![0]));
    // The process it replaced is fenced, whatever it asks.
    let old = GroupIdentity { instance: Some(one()), ..identity(&a) };
    assert_eq!(bench.act(|g, cx| g.heartbeat(&old, cx)), Error::FencedInstanceId);
    assert_eq!(bench.commit(Some(&old)), Error::FencedInstanceId);
}

#[test]
fn a_static_member_that_is_away_too_long_is_out() {
    let (mut bench, _, b) = with_static();
    for _ in 0..15 {
        bench.wait(3);
        bench.beat(&b);
    }
    assert_eq!(bench.group.state(), GroupState::PreparingRebalance);
}

#[test]
fn a_rebalance_without_a_static_member_leaves_it_its_part() {
    let (mut bench, a, b) = with_static();
    let old = GroupIdentity { instance: Some(one()), ..identity(&a) };
    let mut news = again(&b);
    news.protocols[0].1.topics = [0, 1].into();
    let b2 = bench.join(&news);
    for _ in 0..10 {
        bench.act(|g, cx| g.heartbeat(&old, cx));
        bench.wait(30);
    }
    let joined = bench.joined(b2);
    assert_eq!(joined.leader, joined.member, "the leader did not join: another leads");
    assert_eq!(joined.members.len(), 2, "the static member is counted all the same");
}

// ── the log ──────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_group_is_read_back_as_it_was_written() {
    let (bench, a, b) = with_static();
    let mut loader = Loader::new(0);
    for record in bench.group.records() {
        loader.read(&record, Time::ZERO);
    }
    let groups = loader.finish();
    let group = &groups[&GROUP];
    assert_eq!((group.state(), group.generation()), (GroupState::Stable, 1));
    assert_eq!(group.leader(), a.member);
    assert_eq!(group.protocol(), Some(Assignor::Range));
    let lanes = |joined| group.members[&id(joined)].assignment.to_vec();
    assert_eq!((lanes(&a), lanes(&b)), (vec![LaneId(0)], vec![LaneId(1)]));
    assert_eq!(group.statics.get(&one()), a.member.as_ref());
    // Written again it is the same, so that a failover loses nothing.
    assert_eq!(group.records(), bench.group.records());
}

#[test]
fn a_loaded_group_gives_everybody_a_full_session() {
    let (bench, a, _) = Bench::stable();
    let mut loader = Loader::new(0);
    bench.group.records().iter().for_each(|record| loader.read(record, Time::ZERO));
    let mut bench =
        Bench { group: loader.finish()[&GROUP].clone(), now: bench.now, ..Bench::new() };
    bench.act(|group, cx| group.loaded(cx));
    bench.wait(44);
    assert_eq!(bench.beat(&a), Error::None);
    bench.wait(2);
    assert_eq!(bench.beat(&a), Error::RebalanceInProgress, "B was not heard of");
}

// ── whatever happens ─────────────────────────────────────────────────────────────────────────

proptest! {
    /// No request is answered twice, generations only grow, and in a stable group everybody has
    /// been answered.
    #[test]
    fn whatever_members_do(steps in proptest::collection::vec((0u8..8, 0u16..3, 1u64..40), 1..80)) {
        let mut bench = Bench::new();
        let mut known: [Option<JoinedGroup>; 3] = [None, None, None];
        let mut open: Vec<(u16, u32)> = Vec::new();
        let mut generation = 0;
        for (what, who, seconds) in steps {
            let client = NodeId(who);
            let member = known[who as usize].clone();
            match (what, &member) {
                (0 | 1, Some(member)) => {
                    let request = JoinGroup { member: member.member, ..request(client) };
                    open.push((who, bench.join(&request)));
                }
                (0 | 1, None) => open.push((who, bench.join(&request(client)))),
                (2, Some(member)) => {
                    bench.beat(member);
                }
                (3 | 4, Some(member)) if member.generation > 0 => {
                    let all: Vec<_> = member.members.iter().map(|m| (m.id, &[0u16][..])).collect();
                    bench.sync(member, &all[..all.len().min(1)]);
                }
                (5, Some(member)) => {
                    let id = id(member);
                    bench.act(|g, cx| g.leave(id, "it closed", cx));
                    known[who as usize] = None;
                }
                (6, _) => bench.store(Error::None),
                _ => bench.wait(seconds),
            }
            open.retain(|(who, correlation)| match bench.answer(*correlation) {
                Some(Response::JoinGroup(joined)) => {
                    known[*who as usize] = match joined.error {
                        Error::None | Error::MemberIdRequired => Some((**joined).clone()),
                        _ => None,
                    };
                    false
                }
                _ => true,
            });
            prop_assert!(bench.group.generation() >= generation);
            generation = bench.group.generation();
            let parked = bench.group.members().filter(|(_, m)| m.joining.is_some()).count();
            match bench.group.state() {
                GroupState::Empty => prop_assert_eq!(bench.group.members().count(), 0),
                GroupState::Stable => prop_assert_eq!(parked, 0),
                _ => {}
            }
            if let Some(leader) = bench.group.leader() {
                prop_assert!(bench.group.members.contains_key(&leader));
            }
        }
    }
}
