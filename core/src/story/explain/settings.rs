//! The settings behind a run, looked up by who or what they belong to.

use super::account::Account;
use crate::brokers::kafka::client::consumer::{OnFailure, Recoverer};
use crate::brokers::kafka::settings::{Acks, ProducerConfig, TopicConfig};
use crate::fact::{LaneId, NodeId, SubscriptionId};
use crate::scenario::Scenario;
use crate::scenario::model::{CommitMode, Consumer, Producer, Topic};

/// The producer at a node.
pub(super) fn producer(scenario: &Scenario, node: NodeId) -> Option<&Producer> {
    scenario.producers.iter().find(|p| p.node == node)
}

/// The consumer at a node.
pub(super) fn consumer(scenario: &Scenario, node: NodeId) -> Option<&Consumer> {
    scenario.consumers.iter().find(|c| c.node == node)
}

/// The settings of the producer at a node.
pub(super) fn producer_config(scenario: &Scenario, node: NodeId) -> Option<&ProducerConfig> {
    producer(scenario, node).map(|p| &p.config)
}

/// The `acks` of the producer at a node.
pub(super) fn acks(scenario: &Scenario, node: NodeId) -> Option<Acks> {
    producer_config(scenario, node).map(|c| c.acks)
}

/// The topic a lane belongs to.
pub(super) fn topic(scenario: &Scenario, lane: LaneId) -> Option<&Topic> {
    scenario.topics.iter().find(|t| t.first_lane <= lane && lane.0 - t.first_lane.0 < t.partitions)
}

/// The settings of the topic a lane belongs to, as the file sets them. A step may change them
/// during the run.
pub(super) fn topic_config(scenario: &Scenario, lane: LaneId) -> Option<&TopicConfig> {
    topic(scenario, lane).map(|t| &t.config)
}

/// Whether a step of the scenario changes settings of the lane's topic during the run, so that
/// the file's own value may not have held.
pub(super) fn topic_may_change(scenario: &Scenario, lane: LaneId) -> bool {
    use crate::scenario::model::Action;
    let owner = scenario
        .topics
        .iter()
        .position(|t| t.first_lane <= lane && lane.0 - t.first_lane.0 < t.partitions);
    scenario
        .steps
        .iter()
        .any(|s| matches!(s.action, Action::SetTopic { topic, .. } if Some(topic) == owner))
}

/// Whether both nodes are brokers.
pub(super) fn both_brokers(scenario: &Scenario, a: NodeId, b: NodeId) -> bool {
    a.0 < scenario.kafka.brokers && b.0 < scenario.kafka.brokers
}

/// Names the habit by which a group stored its progress before its work was done.
pub(super) fn committed_early(account: &mut Account<'_>, group: SubscriptionId, place: usize) {
    let scenario = account.scenario;
    let mut modes = scenario
        .consumers
        .iter()
        .filter(|c| c.subscription == group)
        .map(|c| (c.handles.commit, c.handles.asynchronous));
    let Some((mode, asynchronous)) = modes.next() else { return };
    let (kind, en, zh) = match mode {
        CommitMode::Before => (
            "commit before",
            "Allowed by committing before handling: what a consumer had in hand when it stopped \
             counts as done",
            "根源是先提交位点、后处理：消费者停下时手里的消息已被当作处理完",
        ),
        CommitMode::Auto if asynchronous => (
            "auto commit of work in hand",
            "Allowed by enable.auto.commit = true with a handler that works on another thread: \
             poll() commits messages that are still in hand",
            "根源是 enable.auto.commit = true 而处理在另一个线程进行：poll() 会提交仍在处理中的消息",
        ),
        CommitMode::Auto => (
            "auto commit",
            "The offset was committed by the client itself (enable.auto.commit = true)",
            "位点由客户端自动提交（enable.auto.commit = true）",
        ),
        _ if asynchronous => (
            "commit of work in hand",
            "Allowed by handing batches to another thread and committing meanwhile",
            "根源是把批次交给另一个线程处理，同时就提交了位点",
        ),
        _ => return,
    };
    account.allowed(place, kind, en.into(), zh.into());
}

/// Names the habit by which a group stored its progress after its work was done.
pub(super) fn committed_late(account: &mut Account<'_>, node: NodeId, place: usize) {
    let Some(consumer) = consumer(account.scenario, node) else { return };
    let (kind, en, zh) = match consumer.handles.commit {
        CommitMode::After | CommitMode::AfterEach => (
            "commit after",
            "Allowed by committing after handling (at least once): what was handled but not yet \
             committed is read again"
                .to_string(),
            "根源是先处理、后提交位点（至少一次）：已处理但未提交的消息会被再次读取".to_string(),
        ),
        CommitMode::Auto => {
            let every = consumer.config.auto_commit_interval_ms;
            (
                "auto commit interval",
                format!(
                    "Allowed by enable.auto.commit = true with auto.commit.interval.ms = {}: what \
                     was handled since the last automatic commit is read again",
                    every.as_millis()
                ),
                format!(
                    "根源是 enable.auto.commit = true、auto.commit.interval.ms = {}：上次自动提交之后处理的消息会被再次读取",
                    every.as_millis()
                ),
            )
        }
        CommitMode::Never => (
            "never commits",
            "Allowed by never committing offsets: every start reads everything again".to_string(),
            "根源是从不提交位点：每次启动都会从头再读".to_string(),
        ),
        CommitMode::Before => return,
    };
    account.allowed(place, kind, en, zh);
}

/// Names the habit by which an application went past a message on which its handler had failed.
pub(super) fn gave_up(account: &mut Account<'_>, node: NodeId, place: usize) {
    let Some(consumer) = consumer(account.scenario, node) else { return };
    let habit = &consumer.handles.habit;
    let (kind, en, zh) = match habit.on_failure {
        OnFailure::Skip => (
            "skips failures",
            "Allowed by on-failure = skip: the application logs the exception and goes on, and the \
             next commit covers the message"
                .to_string(),
            "根源是 on-failure = skip：应用记下异常就继续，之后提交的位点越过了这条消息".to_string(),
        ),
        OnFailure::Retry | OnFailure::SeekBack if habit.rules.attempts != u32::MAX => (
            "gives up on failures",
            format!(
                "Allowed by attempts = {}: after the last failure the application logs the message \
                 and goes on",
                habit.rules.attempts
            ),
            format!("根源是 attempts = {}：最后一次失败之后，应用记日志并跳过这条消息", habit.rules.attempts),
        ),
        _ => return committed_early(account, consumer.subscription, place),
    };
    account.allowed(place, kind, en, zh);
}

/// Names the rules by which an error handler put a message aside after so many failures.
pub(super) fn set_aside(account: &mut Account<'_>, node: NodeId, failures: usize, place: usize) {
    let Some(consumer) = consumer(account.scenario, node) else { return };
    let habit = &consumer.handles.habit;
    let attempts = habit.rules.attempts;
    let (kind, en, zh) = if failures < attempts as usize {
        (
            "not retryable",
            "Allowed by not-retryable: the error handler takes exceptions of this class for incurable"
                .to_string(),
            "根源是 not-retryable：错误处理器认为这类异常治不好".to_string(),
        )
    } else if habit.recoverer == Recoverer::DeadLetter {
        (
            "gives up on failures",
            format!(
                "Allowed by attempts = {attempts} and recoverer = dead-letter: after the last \
                 failure the application parks the message and goes on"
            ),
            format!(
                "根源是 attempts = {attempts}、recoverer = dead-letter：最后一次失败之后，应用把消息停放到死信 topic，继续往下走"
            ),
        )
    } else {
        return gave_up(account, node, place);
    };
    account.allowed(place, kind, en, zh);
}

/// Names the limit after which a group stopped counting on a member that was still at work.
pub(super) fn left_behind(
    account: &mut Account<'_>,
    node: NodeId,
    why: &str,
    place: usize,
) -> bool {
    let Some(consumer) = consumer(account.scenario, node) else { return false };
    let config = &consumer.config;
    let (kind, en, zh) = match why {
        "max.poll.interval.ms exceeded" => {
            let limit = config.max_poll_interval_ms.as_millis();
            (
                "max.poll.interval.ms",
                format!(
                    "Allowed by max.poll.interval.ms = {limit}: the application did not come back \
                     to poll() in time, so its partitions went to another member while it worked on"
                ),
                format!(
                    "根源是 max.poll.interval.ms = {limit}：应用没有及时回到 poll()，它还在处理，分区已交给别的成员"
                ),
            )
        }
        "session expired" => {
            let limit = config.session_timeout_ms.as_millis();
            (
                "session.timeout.ms",
                format!(
                    "Allowed by session.timeout.ms = {limit}: the coordinator had not heard of the \
                     member for so long; generations protect offsets, not what an application does"
                ),
                format!(
                    "根源是 session.timeout.ms = {limit}：协调者这么久没有该成员的音讯；代数保护的是位点，管不到应用做的事"
                ),
            )
        }
        _ => return false,
    };
    account.allowed(place, kind, en, zh);
    true
}
