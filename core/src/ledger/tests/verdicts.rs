//! Sentences against evidence: each verdict, and what keeps it from being another.

use super::*;
use crate::ledger::tally::{Observation, SeedTally};
use crate::ledger::verdict::{
    Eventuality, Evidence, Judged, NoProbe, Probe, Verdict, check, judge_expectation,
};
use crate::scenario::expression::{
    Claim, Comparison, Condition, Expectation, OrderCount, ProducerCount, Quantity, Scope,
};

fn compare(left: Quantity, comparison: Comparison, right: i64) -> Condition {
    Condition::Compare { left, comparison, right: Quantity::Number(right) }
}

fn count(fate: Fate) -> Quantity {
    Quantity::Fate { fate, of: Scope::All }
}

fn fate_is(m: u32, fate: Fate) -> Condition {
    Condition::Fate { message: MessageId(m), subscription: None, fate, equal: true }
}

fn sentence(claim: Claim) -> Expectation {
    Expectation { source: "sentence".into(), at: 0..0, claim }
}

struct World(i64);

impl Probe for World {
    fn number(&self, quantity: &Quantity) -> Option<i64> {
        matches!(quantity, Quantity::Isr { .. }).then_some(self.0)
    }
}

/// What differs from a plain finished run.
#[derive(Default)]
struct Extra<'a> {
    inconclusive: bool,
    blind: bool,
    eventually: Option<&'a Eventuality>,
    what_ifs: &'a [(String, &'a Judgement)],
}

fn judge_with(tale: &Tale, claim: Claim, extra: Extra<'_>) -> Judged {
    let (judgement, directory) = (tale.judged(), directory());
    let probe: &dyn Probe = if extra.blind { &NoProbe } else { &World(2) };
    let mut evidence = Evidence::of_run(&judgement, probe, &directory, extra.inconclusive);
    evidence.eventually = extra.eventually;
    evidence.what_ifs = extra.what_ifs;
    judge_expectation(&sentence(claim), &evidence)
}

fn judge(tale: &Tale, claim: Claim) -> (Verdict, String) {
    let judged = judge_with(tale, claim, Extra::default());
    (judged.verdict, judged.actual)
}

/// m1 handled, m2 lost.
fn one_lost() -> Tale {
    let mut tale = Tale::begun();
    tale.stored(0, 0).read(0, 4, 0).on_leader(1, 1);
    tale.stopped(0, Outage::PowerOff).elected(Some(1), 1);
    tale
}

#[test]
fn passed_and_failed_state_the_numbers() {
    let tale = one_lost();
    let lost = |n| Claim::Holds(compare(count(Fate::Lost), Comparison::Equal, n));
    assert_eq!(judge(&tale, lost(1)), (Verdict::Passed, "lost = 1 (m2)".into()));
    assert_eq!(judge(&tale, lost(0)), (Verdict::Failed, "lost = 1 (m2)".into()));
    let within =
        |low, high| Claim::Holds(Condition::Within { quantity: count(Fate::Lost), low, high });
    assert_eq!(judge(&tale, within(1, 3)).0, Verdict::Passed);
    assert_eq!(judge(&tale, within(2, 3)).0, Verdict::Failed);
    let fate = |fate| Claim::Holds(fate_is(1, fate));
    assert_eq!(judge(&tale, fate(Fate::Lost)), (Verdict::Passed, "fate(m2) = lost".into()));
    assert_eq!(judge(&tale, fate(Fate::Once)).0, Verdict::Failed);
}

#[test]
fn never_is_the_opposite_and_keeps_vacuity() {
    let never = |fate| Claim::Never(compare(count(fate), Comparison::Greater, 0));
    assert_eq!(judge(&one_lost(), never(Fate::Lost)).0, Verdict::Failed);
    assert_eq!(judge(&one_lost(), never(Fate::Duplicate)).0, Verdict::Passed);
    let unhandled = Tale::begun().but(|t| {
        t.stored(0, 0);
    });
    assert_eq!(judge(&unhandled, never(Fate::Duplicate)).0, Verdict::Vacuous);
    assert_eq!(judge(&unhandled, never(Fate::Lost)).0, Verdict::Passed);
}

#[test]
fn vacuous_when_the_subject_never_occurred() {
    let empty = Tale::begun();
    let unacknowledged = Tale::begun().but(|t| {
        t.sent(0).unknown(0);
    });
    let none = |q| Claim::Holds(compare(q, Comparison::Equal, 0));
    assert_eq!(judge(&unacknowledged, none(count(Fate::Lost))).0, Verdict::Vacuous);
    assert_eq!(judge(&unacknowledged, none(count(Fate::Stranded))).0, Verdict::Vacuous);
    assert_eq!(judge(&unacknowledged, none(count(Fate::Pending))).0, Verdict::Passed);
    assert_eq!(judge(&unacknowledged, none(count(Fate::DeadLettered))).0, Verdict::Vacuous);
    assert_eq!(judge(&empty, none(count(Fate::Pending))).0, Verdict::Vacuous);
    let (verdict, actual) = judge(&empty, Claim::Holds(fate_is(3, Fate::Lost)));
    assert_eq!((verdict, actual.as_str()), (Verdict::Vacuous, "m4 was never sent"));
    let producer = |outcome| none(Quantity::Producer { outcome, of: Scope::All });
    assert_eq!(judge(&empty, producer(ProducerCount::Refused)).0, Verdict::Vacuous);
    assert_eq!(judge(&unacknowledged, producer(ProducerCount::Refused)).0, Verdict::Passed);
    assert_eq!(judge(&empty, producer(ProducerCount::Sent)).0, Verdict::Passed);
    let latency = Quantity::Latency { permille: 990, of: Scope::All };
    assert_eq!(judge(&unacknowledged, none(latency)).0, Verdict::Vacuous);
    let unavailable = Quantity::Unavailable { of: Scope::All };
    assert_eq!(judge(&empty, none(unavailable)).0, Verdict::Vacuous);
    let lag = Quantity::Lag { largest: true, of: Scope::All };
    assert_eq!(judge(&unacknowledged, none(lag)).0, Verdict::Vacuous);
}

#[test]
fn order_needs_two_messages_of_a_key() {
    let none = Claim::Holds(compare(
        Quantity::Order { kind: OrderCount::Inversions, of: Scope::All },
        Comparison::Equal,
        0,
    ));
    let mut tale = Tale::begun();
    tale.stored(0, 0).read(0, 4, 0).stored(1, 1).read(1, 4, 1);
    assert_eq!(judge(&tale, none.clone()).0, Verdict::Vacuous, "two keys, one message each");
    tale.stored(2, 2).read(2, 4, 2);
    assert_eq!(judge(&tale, none.clone()).0, Verdict::Passed);
    tale.stored(4, 3).stored(6, 4).read(6, 4, 4).read(4, 4, 3);
    assert_eq!(judge(&tale, none).0, Verdict::Failed);
}

#[test]
fn inconclusive_when_a_budget_ran_out_and_error_when_it_has_no_value() {
    let tale = one_lost();
    let lost = Claim::Holds(compare(count(Fate::Lost), Comparison::Equal, 1));
    let judged = judge_with(&tale, lost, Extra { inconclusive: true, ..Extra::default() });
    assert_eq!((judged.verdict, judged.actual.as_str()), (Verdict::Inconclusive, "lost = 1 (m2)"));
    let isr = compare(Quantity::Isr { lane: LANE }, Comparison::Equal, 2);
    assert_eq!(
        judge(&tale, Claim::Holds(isr.clone())),
        (Verdict::Passed, "isr(orders/0) = 2".into())
    );
    let blind = judge_with(&tale, Claim::Holds(isr), Extra { blind: true, ..Extra::default() });
    assert_eq!(blind.verdict, Verdict::Error);
    let misspelt = Quantity::Facts { name: "exploded".into(), of: Scope::All };
    let misspelt = Claim::Holds(compare(misspelt, Comparison::Equal, 0));
    let judged = judge_with(&tale, misspelt, Extra { inconclusive: true, ..Extra::default() });
    assert_eq!(judged.verdict, Verdict::Error, "an error stays one");
    let share = Claim::Share {
        condition: fate_is(0, Fate::Once),
        comparison: Comparison::GreaterOrEqual,
        share: 95_000,
    };
    assert_eq!(judge(&tale, share).0, Verdict::Error, "a share of one run is none");
}

#[test]
fn joined_conditions_are_decided_by_the_part_that_settles_them() {
    let tale = one_lost();
    let (holds, fails) = (fate_is(0, Fate::Once), fate_is(0, Fate::Lost));
    let vacuous = fate_is(9, Fate::Lost);
    let unknown = compare(Quantity::LeaderEpoch { lane: LANE }, Comparison::Equal, 1);
    let all = |parts: &[&Condition]| {
        judge(&tale, Claim::Holds(Condition::All(parts.iter().map(|c| (*c).clone()).collect()))).0
    };
    let any = |parts: &[&Condition]| {
        judge(&tale, Claim::Holds(Condition::Any(parts.iter().map(|c| (*c).clone()).collect()))).0
    };
    assert_eq!(all(&[&holds, &vacuous]), Verdict::Vacuous);
    assert_eq!(all(&[&fails, &vacuous, &unknown]), Verdict::Failed);
    assert_eq!(all(&[&holds, &unknown, &vacuous]), Verdict::Error);
    assert_eq!(any(&[&holds, &vacuous, &unknown]), Verdict::Passed);
    assert_eq!(any(&[&fails, &vacuous]), Verdict::Vacuous);
    assert_eq!(any(&[&fails, &unknown]), Verdict::Error);
    assert_eq!(any(&[&fails, &fails]), Verdict::Failed);
}

#[test]
fn the_same_fates_or_the_first_that_differs() {
    let lost = one_lost();
    let kept = Tale::begun().but(|t| {
        t.stored(0, 0).read(0, 4, 0).stored(1, 1);
    });
    let claim = || Claim::SameFates { what_if: "acks-all".into() };
    let (same, other, unlike) = (one_lost().judged(), one_lost().judged(), kept.judged());
    assert!(same.same_fates(&other));
    let equal = [("acks-all".to_string(), &same)];
    assert_eq!(
        judge_with(&lost, claim(), Extra { what_ifs: &equal, ..Extra::default() }).verdict,
        Verdict::Passed
    );
    let differs = [("acks-all".to_string(), &unlike)];
    let judged = judge_with(&lost, claim(), Extra { what_ifs: &differs, ..Extra::default() });
    assert_eq!(judged.verdict, Verdict::Failed);
    assert_eq!(judged.actual, "m2 for billing: lost here, pending there");
    assert_eq!(judge(&lost, claim()).0, Verdict::Error, "not run");
    let nothing = Tale::begun().judged();
    let empty = [("acks-all".to_string(), &nothing)];
    let judged =
        judge_with(&Tale::begun(), claim(), Extra { what_ifs: &empty, ..Extra::default() });
    assert_eq!(judged.verdict, Verdict::Vacuous);
}

#[test]
fn eventually_counts_from_the_last_healing() {
    let tale = one_lost();
    let end = tale.judged().at;
    let isr = compare(Quantity::Isr { lane: LANE }, Comparison::Equal, 3);
    let claim = |within| Claim::Eventually { condition: isr.clone(), within: Span::millis(within) };
    let verdict = |watched: &Eventuality, within| {
        judge_with(&tale, claim(within), Extra { eventually: Some(watched), ..Extra::default() })
            .verdict
    };
    let mut watched = Eventuality::default();
    watched.observed(true, Time(1));
    assert_eq!(verdict(&watched, 1), Verdict::Vacuous, "nothing was owed before the healing");
    watched.healed(Time(0));
    watched.observed(false, Time(1_000_000));
    assert!(watched.watches());
    assert_eq!(verdict(&watched, 1), Verdict::Failed);
    assert_eq!(verdict(&watched, end.as_millis() + 1), Verdict::Inconclusive, "ended too early");
    watched.observed(true, Time(2_000_000));
    assert_eq!(verdict(&watched, 2), Verdict::Passed);
    assert_eq!(verdict(&watched, 1), Verdict::Failed, "true, but late");
    watched.disturbed();
    assert_eq!(verdict(&watched, 2), Verdict::Vacuous);
    assert_eq!(judge(&tale, claim(1)).0, Verdict::Error, "nobody watched");
}

#[test]
fn check_asks_the_probe_alone() {
    let isr = |n| compare(Quantity::Isr { lane: LANE }, Comparison::GreaterOrEqual, n);
    let epoch = compare(Quantity::LeaderEpoch { lane: LANE }, Comparison::Equal, 1);
    assert_eq!(check(&isr(2), &World(2)), Some(true));
    assert_eq!(check(&isr(3), &World(2)), Some(false));
    assert_eq!(check(&epoch, &World(2)), None);
    assert_eq!(check(&Condition::All(vec![epoch.clone(), isr(3)]), &World(2)), Some(false));
    assert_eq!(check(&Condition::Any(vec![epoch.clone(), isr(2)]), &World(2)), Some(true));
    assert_eq!(check(&Condition::All(vec![epoch, isr(2)]), &World(2)), None);
}

fn tally(held: u64, not: u64) -> SeedTally {
    let mut tally = SeedTally::new();
    for seed in 0..held {
        tally.absorb(1000 + seed, Observation::Held);
    }
    for seed in 0..not {
        tally.absorb(5000 + seed, Observation::DidNotHold);
    }
    tally
}

#[test]
fn many_seeds_come_to_each_verdict() {
    let condition = || fate_is(0, Fate::Lost);
    let judged = |tally: &SeedTally, claim| tally.judged(&sentence(claim));
    let verdict = |tally: &SeedTally, claim| judged(tally, claim).verdict;
    let (never, sometimes, always) = (
        || Claim::Never(condition()),
        || Claim::Sometimes(condition()),
        || Claim::Always(condition()),
    );
    let mixed = tally(2, 8);
    let failed = judged(&mixed, never());
    assert_eq!(failed.verdict, Verdict::Failed);
    assert_eq!(failed.actual, "held in 2 of 10 seeds; first with seed 1000");
    assert_eq!(mixed.seed_to_reproduce(&always()), Some(5000));
    assert_eq!(verdict(&mixed, sometimes()), Verdict::Passed);
    assert_eq!(verdict(&mixed, always()), Verdict::Failed);
    assert_eq!(verdict(&tally(0, 9), never()), Verdict::Passed);
    assert_eq!(verdict(&tally(0, 9), sometimes()), Verdict::Failed);
    assert_eq!(verdict(&tally(9, 0), always()), Verdict::Passed);
    let mut cut = tally(0, 9);
    cut.absorb(7, Observation::Inconclusive);
    assert_eq!(verdict(&cut, never()), Verdict::Inconclusive);
    assert_eq!(verdict(&cut, always()), Verdict::Failed, "a counterexample is one");
    cut.absorb(8, Observation::Error);
    assert_eq!(verdict(&cut, never()), Verdict::Error);
    let mut vacuous = SeedTally::new();
    assert_eq!(verdict(&vacuous, never()), Verdict::Vacuous, "no run at all");
    vacuous.absorb(1, Observation::Vacuous);
    assert_eq!(verdict(&vacuous, always()), Verdict::Vacuous);
    vacuous.absorb(2, Observation::DidNotHold);
    assert_eq!(verdict(&vacuous, never()), Verdict::Passed);
    assert_eq!(vacuous.judged(&sentence(never())).actual, "held in 0 of 1 seed, 1 vacuous");
}

#[test]
fn shares_are_compared_exactly_and_carry_their_interval() {
    let share =
        |comparison, share| Claim::Share { condition: fate_is(0, Fate::Lost), comparison, share };
    let judged = tally(95, 5).judged(&sentence(share(Comparison::GreaterOrEqual, 95_000)));
    assert_eq!(judged.verdict, Verdict::Passed);
    assert_eq!(judged.actual, "held in 95 of 100 seeds (95.000%, 95% interval 88.824% to 97.846%)");
    let third = tally(1, 2);
    let verdict = |claim| third.judged(&sentence(claim)).verdict;
    assert_eq!(verdict(share(Comparison::Greater, 33_333)), Verdict::Passed, "a third is more");
    assert_eq!(verdict(share(Comparison::Equal, 33_333)), Verdict::Failed);
    assert_eq!(tally(0, 10).wilson().0, 0);
    assert_eq!(tally(10, 0).wilson(), (72_246, 100_000));
    assert_eq!(SeedTally::new().wilson(), (0, 100_000));
}

#[test]
fn tallies_of_parts_merge_to_the_tally_of_the_whole() {
    let mut whole = tally(3, 4);
    let mut part = SeedTally::new();
    part.absorb(2, Observation::Held);
    part.absorb(9000, Observation::Vacuous);
    whole.merge(&part);
    assert_eq!(whole.count(Observation::Held), 4);
    assert_eq!(whole.runs(), 9);
    assert_eq!(whole.seed_to_reproduce(&Claim::Never(fate_is(0, Fate::Lost))), Some(2));
}

#[test]
fn every_verdict_has_its_own_exit_status() {
    let mut statuses: Vec<u8> = Verdict::ALL.iter().map(|v| v.exit_status()).collect();
    statuses.sort_unstable();
    statuses.dedup();
    assert_eq!(statuses.len(), Verdict::ALL.len());
    assert_eq!(Verdict::Passed.exit_status(), 0);
    assert_eq!(Verdict::worst([]), Verdict::Vacuous);
    assert_eq!(Verdict::worst([Verdict::Passed, Verdict::Vacuous]), Verdict::Vacuous);
    assert_eq!(Verdict::worst([Verdict::Inconclusive, Verdict::Failed]), Verdict::Failed);
}

#[test]
fn anomalies_tell_their_story_in_order_and_as_json() {
    let judged = one_lost().judged();
    let anomalies = judged.anomalies();
    assert_eq!(anomalies.len(), 1);
    let lost = &anomalies[0];
    assert_eq!((lost.kind, lost.message), (AnomalyKind::Lost, MessageId(1)));
    let related: Vec<_> = lost.related.iter().map(|s| s.fact.name()).collect();
    assert_eq!(related, ["sent", "appended", "acknowledged", "elected"]);
    let named = judged.named(&directory());
    assert_eq!(named["anomalies"][0]["message"], "m2");
    assert_eq!(named["totals"]["lost"], 1);
    let plain = serde_json::to_value(&judged).expect("serialises");
    assert_eq!(plain["anomalies"][0]["message"], 1);
}

#[test]
fn legality_follows_the_configuration() {
    let safe = Guarantees::default();
    for kind in AnomalyKind::ALL {
        let legality = legal_under(kind, &safe);
        assert_eq!(legality.legal, legality.because != Reason::Nothing);
    }
    let because = |kind, change: fn(&mut Guarantees)| {
        let mut settings = Guarantees::default();
        change(&mut settings);
        legal_under(kind, &settings).because
    };
    use AnomalyKind::{Duplicate, Expired, Inversion, LogInversion, Lost, Phantom, Regression};
    assert_eq!(because(Lost, |_| {}), Reason::Nothing);
    assert_eq!(because(Lost, |g| g.acks = Acks::Leader), Reason::AcksLeader);
    assert_eq!(because(Lost, |g| g.acks = Acks::None), Reason::AcksNone);
    assert_eq!(because(Lost, |g| g.min_isr = 1), Reason::MinIsrOne);
    assert_eq!(because(Lost, |g| g.unclean_election = true), Reason::UncleanElection);
    assert_eq!(because(Lost, |g| g.simultaneous_power_losses = 1), Reason::Nothing);
    assert_eq!(because(Lost, |g| g.simultaneous_power_losses = 2), Reason::UnsyncedPowerLoss);
    let flushed = |g: &mut Guarantees| {
        g.simultaneous_power_losses = 3;
        g.flush_each_message = true;
    };
    assert_eq!(because(Lost, flushed), Reason::Nothing);
    let before = |g: &mut Guarantees| {
        g.progress = StoresProgress::Before;
        g.readers_fail = true;
    };
    assert_eq!(because(Lost, before), Reason::AtMostOnce);
    assert_eq!(because(Duplicate, before), Reason::Nothing);
    assert_eq!(because(Duplicate, |_| {}), Reason::Nothing);
    assert_eq!(because(Duplicate, |g| g.readers_fail = true), Reason::AtLeastOnce);
    assert_eq!(because(Regression, |g| g.readers_fail = true), Reason::AtLeastOnce);
    assert_eq!(because(Duplicate, |g| g.idempotent = false), Reason::NotIdempotent);
    assert_eq!(because(Inversion, |_| {}), Reason::Nothing);
    assert_eq!(because(Inversion, |g| g.idempotent = false), Reason::RetriesOvertake);
    let one_by_one = |g: &mut Guarantees| {
        g.idempotent = false;
        g.in_flight = 1;
    };
    assert_eq!(because(LogInversion, one_by_one), Reason::Nothing);
    assert_eq!(because(Expired, |_| {}), Reason::Nothing);
    assert_eq!(because(Expired, |g| g.retention = true), Reason::Retention);
    assert_eq!(because(Phantom, |g| g.acks = Acks::None), Reason::Nothing);
}
