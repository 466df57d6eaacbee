//! The coordinator's rules, driven by hand.

use super::coordinator::{AddedFor, Context, TransactionEffect, TransactionMetadata};
use super::stored::Loader;
use super::wire::{AddPartitionsToTxn, InitProducerId, TransactionResponse};
use super::{ProducerEpoch, TransactionState, TransactionalId};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::group::classic::Waiter;
use crate::brokers::kafka::producer_ids::ProducerIds;
use crate::fact::{Fact, LaneId, NodeId};
use crate::kernel::{Span, Time};
use proptest::prelude::*;

const ID: TransactionalId = TransactionalId(0);
const A: NodeId = NodeId(7);
const B: NodeId = NodeId(8);
const WAITER: Waiter = Waiter { slot: 0, correlation: 0 };
const LANES: [LaneId; 2] = [LaneId(0), LaneId(1)];

/// A coordinator of one id whose log can be held up.
struct Bench {
    metadata: TransactionMetadata,
    now: Time,
    v2: bool,
    ids: ProducerIds,
    answers: Vec<TransactionResponse>,
    facts: Vec<Fact>,
    /// The write under way.
    store: Option<u32>,
}

impl Bench {
    fn new(v2: bool) -> Bench {
        let (mut ids, mut effects) = (ProducerIds::new(NodeId(0), 1), Vec::new());
        let mut cx = Context {
            now: Time::ZERO,
            v2,
            max_timeout: Span::secs(900),
            producer_ids: &mut ids,
            effects: &mut effects,
        };
        let metadata = TransactionMetadata::new(ID, &mut cx);
        let (answers, facts) = (Vec::new(), Vec::new());
        Bench { metadata, now: Time::ZERO, v2, ids, answers, facts, store: None }
    }

    fn act(&mut self, act: impl FnOnce(&mut TransactionMetadata, &mut Context<'_>)) {
        let mut effects = Vec::new();
        let mut cx = Context {
            now: self.now,
            v2: self.v2,
            max_timeout: Span::secs(900),
            producer_ids: &mut self.ids,
            effects: &mut effects,
        };
        act(&mut self.metadata, &mut cx);
        for effect in effects {
            match effect {
                TransactionEffect::Respond(_, response) => self.answers.push(response),
                TransactionEffect::Store(number) => self.store = Some(number),
                TransactionEffect::State(fact) => self.facts.push(fact),
                TransactionEffect::SendMarkers => {}
            }
        }
    }

    /// The write under way ends.
    fn written(&mut self, error: Error) {
        if let Some(number) = self.store.take() {
            self.act(|t, cx| t.stored(number, error, cx));
        }
    }

    /// The last answer's error; whatever is written is written.
    fn settled(&mut self) -> Error {
        while self.store.is_some() {
            self.written(Error::None);
        }
        self.answers.last().map(TransactionResponse::error).unwrap_or_default()
    }

    fn init(&mut self, client: NodeId, expected: Option<ProducerEpoch>) -> Error {
        let request = InitProducerId { id: ID, timeout: Span::secs(60), expected, client };
        self.act(|t, cx| t.init(&request, WAITER, cx));
        self.settled()
    }

    fn add(&mut self, producer: ProducerEpoch, lanes: &[LaneId]) -> Error {
        self.act(|t, cx| t.add(producer, lanes, AddedFor::Partitions, WAITER, cx));
        self.settled()
    }

    fn end(&mut self, producer: ProducerEpoch, commit: bool) -> Error {
        self.act(|t, cx| t.end(producer, commit, WAITER, cx));
        self.settled()
    }

    fn mark_all(&mut self) {
        for lane in LANES {
            self.act(|t, cx| t.marked(lane, cx));
            self.settled();
        }
    }

    fn producer(&self) -> ProducerEpoch {
        self.metadata.producer
    }
}

#[test]
fn a_transaction_goes_from_empty_to_complete() {
    let mut bench = Bench::new(false);
    assert_eq!(bench.init(A, None), Error::None);
    let producer = bench.producer();
    assert_eq!(producer.epoch, 0);
    assert_eq!(bench.add(producer, &LANES), Error::None);
    assert_eq!(bench.metadata.state, TransactionState::Ongoing);
    assert_eq!(bench.end(producer, true), Error::None);
    assert_eq!(bench.metadata.state, TransactionState::PrepareCommit);
    // The client may go on, and must wait with its next partition until the markers are there.
    assert_eq!(bench.add(producer, &LANES), Error::ConcurrentTransactions);
    bench.mark_all();
    assert_eq!(bench.metadata.state, TransactionState::CompleteCommit);
    assert_eq!(bench.end(producer, true), Error::None, "the answer may have been lost");
    assert_eq!(bench.end(producer, false), Error::InvalidTxnState);
    assert_eq!(
        bench.facts,
        [
            Fact::TransactionBegun { producer: A },
            Fact::TransactionCommitted { producer: A },
            Fact::TransactionCompleted { producer: A },
        ]
    );
}

#[test]
fn a_newcomer_fences_and_aborts_what_was_open() {
    let mut bench = Bench::new(false);
    bench.init(A, None);
    let old = bench.producer();
    bench.add(old, &LANES);
    assert_eq!(bench.init(B, None), Error::ConcurrentTransactions);
    assert_eq!(bench.metadata.state, TransactionState::PrepareAbort);
    assert_eq!(bench.init(B, None), Error::ConcurrentTransactions, "markers are still missing");
    bench.mark_all();
    assert_eq!(bench.init(B, None), Error::None);
    assert_eq!(bench.producer().epoch, old.epoch + 2, "the epoch that fences is never given out");
    assert_eq!(bench.end(old, true), Error::ProducerFenced);
    assert_eq!(bench.add(old, &LANES), Error::ProducerFenced);
    let aborted = |f: &Fact| matches!(f, Fact::TransactionAborted { producer: A, .. });
    assert!(bench.facts.iter().any(aborted));
}

#[test]
fn a_request_that_meets_a_write_under_way_is_to_come_again() {
    let mut bench = Bench::new(false);
    bench.init(A, None);
    let producer = bench.producer();
    bench.act(|t, cx| t.add(producer, &LANES, AddedFor::Partitions, WAITER, cx));
    let held = bench.store.take();
    assert_eq!(bench.end(producer, true), Error::ConcurrentTransactions);
    bench.store = held;
    bench.written(Error::CoordinatorNotAvailable);
    assert_eq!(bench.metadata.state, TransactionState::Empty, "what is not written is not true");
    assert_eq!(bench.add(producer, &LANES), Error::None);
}

#[test]
fn the_time_runs_from_the_first_partition() {
    let mut bench = Bench::new(false);
    bench.init(A, None);
    let producer = bench.producer();
    bench.add(producer, &LANES[..1]);
    bench.now = Time::ZERO + Span::secs(40);
    bench.add(producer, &LANES);
    bench.now = Time::ZERO + Span::secs(61);
    bench.act(|t, cx| t.expire(cx));
    bench.settled();
    assert_eq!(bench.metadata.state, TransactionState::PrepareAbort);
    assert_eq!(bench.producer().epoch, producer.epoch + 1);
    assert_eq!(bench.end(producer, true), Error::ProducerFenced);
}

#[test]
fn with_version_2_every_transaction_has_an_epoch_of_its_own() {
    let mut bench = Bench::new(true);
    bench.init(A, None);
    let first = bench.producer();
    bench.add(first, &LANES);
    assert_eq!(bench.end(first, true), Error::None);
    assert_eq!(bench.producer().epoch, first.epoch + 1);
    // The retry of an answer that was lost is recognised by the epoch before.
    assert_eq!(bench.end(first, true), Error::ConcurrentTransactions);
    bench.mark_all();
    assert_eq!(bench.end(first, true), Error::None);
    let question =
        AddPartitionsToTxn { id: ID, producer: first, lanes: LANES.into(), verify_only: true };
    let late = bench.metadata.verify(&question);
    assert_eq!(late.error(), Error::ProducerFenced, "a late batch has an old epoch");
    let second = bench.producer();
    assert_eq!(bench.end(second, false), Error::None, "nothing to abort, and a new epoch");
    assert_eq!(bench.producer().epoch, second.epoch + 1);
}

#[test]
fn a_leader_is_told_what_is_in_the_transaction() {
    let mut bench = Bench::new(false);
    bench.init(A, None);
    let producer = bench.producer();
    let ask = |lane| AddPartitionsToTxn { id: ID, producer, lanes: vec![lane], verify_only: true };
    assert_eq!(bench.metadata.verify(&ask(LANES[0])).error(), Error::TransactionAbortable);
    bench.add(producer, &LANES[..1]);
    assert_eq!(bench.metadata.verify(&ask(LANES[0])).error(), Error::None);
    assert_eq!(bench.metadata.verify(&ask(LANES[1])).error(), Error::TransactionAbortable);
}

#[test]
fn what_is_read_from_the_log_is_what_was_written() {
    let mut bench = Bench::new(false);
    bench.init(A, None);
    bench.add(bench.producer(), &LANES);
    bench.act(|t, cx| t.end(t.producer, true, WAITER, cx));
    let records = bench.store.and_then(|n| bench.metadata.records(n)).expect("a write under way");
    let mut loader = Loader::default();
    records.iter().for_each(|record| loader.read(record));
    let mut loaded = loader.finish();
    let loaded = loaded.get_mut(&ID).expect("the id was written");
    assert_eq!(loaded.state, TransactionState::PrepareCommit);
    assert_eq!((loaded.producer, loaded.client), (bench.producer(), A));
    assert_eq!(loaded.timeout, Span::secs(60));
    assert!(LANES.iter().all(|l| loaded.lanes.contains(l)));
    bench.metadata = loaded.clone();
    bench.facts.clear();
    bench.act(|t, cx| t.resume(false, cx));
    assert_eq!(bench.facts, [Fact::TransactionCommitted { producer: A }]);
    bench.mark_all();
    assert_eq!(bench.metadata.state, TransactionState::CompleteCommit);
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Init(bool),
    Add(bool),
    End { old: bool, commit: bool },
    Mark,
    Expire,
    WriteFails,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        any::<bool>().prop_map(Step::Init),
        any::<bool>().prop_map(Step::Add),
        any::<(bool, bool)>().prop_map(|(old, commit)| Step::End { old, commit }),
        Just(Step::Mark),
        Just(Step::Expire),
        Just(Step::WriteFails),
    ]
}

proptest! {
    /// Whatever clients ask and whichever writes fail: epochs never go back (I05), a decision is
    /// never changed, and a commit that was confirmed was decided as a commit (I33).
    #[test]
    fn decisions_stand_and_epochs_grow(
        v2: bool,
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut bench = Bench::new(v2);
        let mut epochs = Vec::new();
        for step in steps {
            let before = bench.metadata.clone();
            bench.now += Span::secs(20);
            let producer = before.producer;
            let older = ProducerEpoch { epoch: producer.epoch - 1, ..producer };
            let who = |old: bool| if old { older } else { producer };
            match step {
                Step::Init(other) => {
                    bench.init(if other { B } else { A }, None);
                }
                Step::Add(old) => {
                    bench.add(who(old), &LANES);
                }
                Step::End { old, commit } => {
                    let error = bench.end(who(old), commit);
                    if error == Error::None && before.state == TransactionState::Ongoing {
                        let wanted = match commit {
                            true => TransactionState::PrepareCommit,
                            false => TransactionState::PrepareAbort,
                        };
                        prop_assert_eq!(bench.metadata.state, wanted);
                    }
                }
                Step::Mark => bench.mark_all(),
                Step::Expire => {
                    bench.act(|t, cx| t.expire(cx));
                    bench.settled();
                }
                Step::WriteFails => {
                    bench.act(|t, cx| t.end(producer, true, WAITER, cx));
                    bench.written(Error::NotCoordinator);
                    prop_assert_eq!(bench.metadata.state, before.state);
                }
            }
            prop_assert!(!bench.metadata.is_pending());
            let after = &bench.metadata;
            let decided = match before.state {
                TransactionState::PrepareCommit => Some(TransactionState::CompleteCommit),
                TransactionState::PrepareAbort => Some(TransactionState::CompleteAbort),
                _ => None,
            };
            if let Some(complete) = decided {
                prop_assert!(after.state == before.state || after.state == complete);
            }
            epochs.push((after.producer.id, after.producer.epoch));
        }
        prop_assert!(epochs.is_sorted());
    }
}
