//! What an error meant that a producer was told, and the settings it came from.

use super::settings;
use crate::brokers::kafka::settings::ProducerConfig;
use crate::fact::{Fact, NodeId, Stated};
use crate::scenario::Scenario;
use crate::scenario::model::Text;
use crate::story::Lang;

/// What lies behind the error in a fact about a message, if there is something to say. `attempts`
/// is how often the message had been put on the wire by then.
pub(super) fn meaning(
    stated: &Stated,
    attempts: usize,
    scenario: &Scenario,
    lang: Lang,
) -> Option<String> {
    let text = match stated.fact {
        Fact::Refused { producer, error, .. } => refused(scenario, producer, error, attempts),
        Fact::Unknown { producer, error, .. } => unknown(scenario, producer, error, attempts),
        _ => None,
    };
    text.map(|text| lang.of(&text).to_string())
}

fn config(scenario: &Scenario, producer: NodeId) -> Option<&ProducerConfig> {
    settings::producer_config(scenario, producer)
}

fn refused(scenario: &Scenario, producer: NodeId, error: &str, attempts: usize) -> Option<Text> {
    let config = config(scenario, producer)?;
    let (block, delivery) = (config.max_block_ms, config.delivery_timeout_ms);
    let min_isr = settings::producer(scenario, producer)
        .and_then(|p| scenario.topics.get(p.topic))
        .map_or(1, |t| t.config.min_insync_replicas);
    Some(match error {
        "TimeoutException" if attempts == 0 => Text::new(
            format!(
                "it never left the client: there was no room or no metadata for it within \
                 max.block.ms = {block}, or it waited in its batch longer than \
                 delivery.timeout.ms = {delivery}"
            ),
            format!(
                "它从未离开客户端：在 max.block.ms = {block} 内等不到缓冲空间或元数据，\
                 或在批次里等待超过了 delivery.timeout.ms = {delivery}"
            ),
        ),
        "NOT_ENOUGH_REPLICAS" => Text::new(
            format!(
                "fewer replicas were in sync than min.insync.replicas = {min_isr} demands, and no \
                 further attempt was allowed; nothing was appended"
            ),
            format!(
                "ISR 副本数少于 min.insync.replicas = {min_isr}，且不再允许重试；什么都没有写入"
            ),
        ),
        "MESSAGE_TOO_LARGE" | "RECORD_LIST_TOO_LARGE" => Text::new(
            "its batch is larger than the topic accepts (max.message.bytes); to try again would not help",
            "批次超过了该 topic 的上限（max.message.bytes），重试也没有用",
        ),
        "RecordTooLargeException" => Text::new(
            "it is larger than the client sends at all (max.request.size); no broker has seen it",
            "消息超过了客户端的上限（max.request.size），没有到过任何 Broker",
        ),
        _ => return None,
    })
}

fn unknown(scenario: &Scenario, producer: NodeId, error: &str, attempts: usize) -> Option<Text> {
    let config = config(scenario, producer)?;
    let delivery = config.delivery_timeout_ms;
    Some(match error {
        "TimeoutException" => Text::new(
            format!(
                "delivery.timeout.ms = {delivery} ran out: what had been sent may still be appended, \
                 now or later"
            ),
            format!(
                "delivery.timeout.ms = {delivery} 已到：已经发出的请求仍有可能被写入，甚至稍后才写入"
            ),
        ),
        "NETWORK_EXCEPTION" | "REQUEST_TIMED_OUT" => {
            let last = if config.retries == 0 { 0 } else { attempts };
            match last {
                0 => Text::new(
                    "no answer came, and retries = 0 allows no other attempt: the broker may have \
                     appended it or not",
                    "没有等到应答，而 retries = 0 不允许再试：Broker 可能写入了，也可能没有",
                ),
                _ => Text::new(
                    "no answer came to the last attempt: the broker may have appended it or not",
                    "最后一次尝试没有等到应答：Broker 可能写入了，也可能没有",
                ),
            }
        }
        "NOT_ENOUGH_REPLICAS_AFTER_APPEND" => Text::new(
            "the leader has it, but too few replicas were in sync by then: it may still be committed \
             and read",
            "Leader 已经写入，但此时 ISR 副本数不足：它仍有可能被提交、被读到",
        ),
        _ => return None,
    })
}
