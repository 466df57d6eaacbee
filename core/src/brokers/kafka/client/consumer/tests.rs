//! The consumer against fake brokers. Each test says what the brokers do and looks at what was
//! asked and what the application was handed.

use super::*;
use crate::brokers::kafka::client::testing::*;
use crate::brokers::kafka::settings::AutoOffsetReset;

const LANE: LaneId = LaneId(0);

fn plan(commit: CommitPolicy) -> ConsumerPlan {
    ConsumerPlan {
        name: "billing".into(),
        node: CLIENT,
        bootstrap: vec![BROKER_1, BROKER_2],
        subscription: SubscriptionId(0),
        lanes: [LANE].into(),
        config: ConsumerConfig {
            auto_offset_reset: AutoOffsetReset::Earliest,
            ..ConsumerConfig::default()
        },
        takes: Span::millis(10),
        commit,
        asynchronous: false,
    }
}

fn lab(plan: ConsumerPlan) -> Lab {
    let lanes = plan.lanes.clone();
    let mut lab = Lab::new(Member::Consumer(Consumer::new(plan)), &lanes, 5);
    lab.boot(CLIENT);
    lab
}

fn offsets(lab: &Lab, name: &str) -> Vec<(u64, u32)> {
    let of_name = lab.facts().filter(|(_, f)| f.name() == name);
    of_name.filter_map(|(t, f)| Some((t, f.message()?.0))).collect()
}

fn messages(lab: &Lab, name: &str) -> Vec<u32> {
    offsets(lab, name).into_iter().map(|(_, m)| m).collect()
}

#[test]
fn records_are_handed_over_handled_and_committed() {
    let mut lab = lab(plan(CommitPolicy::After));
    lab.append(BROKER_1, LANE, &[0, 1, 2]);
    lab.run_to(1000);
    assert_eq!(messages(&lab, "delivered"), [0, 1, 2]);
    assert_eq!(messages(&lab, "handled"), [0, 1, 2]);
    assert_eq!(lab.broker(BROKER_1).committed(LANE), Some(3));
}

#[test]
fn a_committed_offset_with_an_epoch_is_validated_and_then_read() {
    let mut lab = lab(plan(CommitPolicy::After));
    lab.append(BROKER_1, LANE, &[0, 1, 2]);
    lab.broker(BROKER_1).commit(LANE, 1, Some(0));
    lab.run_to(1000);
    assert_eq!(messages(&lab, "handled"), [1, 2]);
    assert_eq!(lab.broker(BROKER_1).committed(LANE), Some(3));
}
