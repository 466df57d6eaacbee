//! The producer against fake brokers. Each test says what the brokers do and looks at what was
//! sent and what the application was told.

use super::*;
use crate::brokers::kafka::client::testing::*;
use crate::brokers::kafka::settings::Acks;
use crate::fact::Fact;

const LANE: LaneId = LaneId(0);
const PRODUCE: &str = "Produce request";

/// Ten messages, one each millisecond from 100 ms on, one record a batch.
fn plan(count: u32) -> ProducerPlan {
    ProducerPlan {
        name: "checkout".into(),
        node: CLIENT,
        bootstrap: vec![BROKER_1, BROKER_2],
        partitions: vec![LANE],
        config: ProducerConfig { batch_size: 1, ..ProducerConfig::default() },
        first: MessageId(0),
        count,
        every: Span::millis(1),
        start: Span::millis(100),
        keys: Vec::new(),
        partition: None,
        size: 10,
        resend: 0,
    }
}

fn lab(plan: ProducerPlan) -> Lab {
    let lanes = plan.partitions.clone();
    let mut lab = Lab::new(Member::Producer(Producer::new(plan)), &lanes, 5);
    lab.boot(CLIENT);
    lab
}

fn names(lab: &Lab, name: &str) -> Vec<(u64, u32)> {
    let of_name = lab.facts().filter(|(_, f)| f.name() == name);
    of_name.filter_map(|(t, f)| Some((t, f.message()?.0))).collect()
}

fn messages(lab: &Lab, name: &str) -> Vec<u32> {
    names(lab, name).into_iter().map(|(_, m)| m).collect()
}

#[test]
fn messages_are_sent_and_acknowledged_in_order() {
    let mut lab = lab(plan(10));
    lab.run_to(1000);
    assert_eq!(lab.log(BROKER_1, LANE), (0..10).collect::<Vec<_>>());
    assert_eq!(messages(&lab, "acknowledged"), (0..10).collect::<Vec<_>>());
    // The first waits for a connection to the leader, the second only for the answer.
    assert_eq!(names(&lab, "acknowledged")[..2], [(104, 0), (104, 1)]);
    assert!(lab.producer().is_done());
    assert_eq!(lab.producer().buffer_used(), 0);
}
