//! 中文句子：按中文技术文章的习惯书写，Leader、Follower、ISR、epoch 等术语保留原文。

use super::Words;
use crate::fact::{
    DiskLoss, ElectionKind, ExpiryRule, Fact, Outage, PositionRule, RecoveryLoss, TruncationRule,
};

pub(super) fn tell(fact: &Fact, words: &Words) -> String {
    match fact {
        Fact::Sent { .. }
        | Fact::Attempted { .. }
        | Fact::Retried { .. }
        | Fact::Acknowledged { .. }
        | Fact::Refused { .. }
        | Fact::Unknown { .. }
        | Fact::Blocked { .. }
        | Fact::Unblocked { .. } => producer(fact, words),
        Fact::Appended { .. }
        | Fact::Replicated { .. }
        | Fact::Deduplicated { .. }
        | Fact::Committed { .. }
        | Fact::Rejected { .. }
        | Fact::Truncated { .. }
        | Fact::RolledBack { .. }
        | Fact::Wiped { .. }
        | Fact::Expired { .. }
        | Fact::Compacted { .. }
        | Fact::Dropped { .. }
        | Fact::StorageFailed { .. } => log(fact, words),
        Fact::Elected { .. }
        | Fact::TookOver { .. }
        | Fact::SteppedDown { .. }
        | Fact::IsrShrunk { .. }
        | Fact::IsrExpanded { .. }
        | Fact::Reassigned { .. }
        | Fact::UnderMinIsr { .. } => leadership(fact, words),
        Fact::Delivered { .. }
        | Fact::Handled { .. }
        | Fact::Failed { .. }
        | Fact::Positioned { .. }
        | Fact::OffsetCommitted { .. }
        | Fact::OffsetExpired { .. }
        | Fact::CommitFailed { .. }
        | Fact::Forwarding { .. }
        | Fact::Forwarded { .. }
        | Fact::ForwardFailed { .. }
        | Fact::DeadLettered { .. } => subscription(fact, words),
        Fact::Joined { .. }
        | Fact::MemberLeft { .. }
        | Fact::Rebalancing { .. }
        | Fact::Rebalanced { .. }
        | Fact::Assigned { .. }
        | Fact::Revoked { .. }
        | Fact::PartitionsLost { .. }
        | Fact::MemberFenced { .. } => membership(fact, words),
        Fact::ControllerCandidate { .. }
        | Fact::ControllerElected { .. }
        | Fact::ControllerActive { .. }
        | Fact::ControllerResigned { .. }
        | Fact::MetadataTruncated { .. } => quorum(fact, words),
        Fact::TransactionBegun { .. }
        | Fact::TransactionCommitted { .. }
        | Fact::TransactionAborted { .. }
        | Fact::TransactionCompleted { .. }
        | Fact::MarkerWritten { .. }
        | Fact::Aborted { .. }
        | Fact::Processed { .. }
        | Fact::ProducerFenced { .. } => transaction(fact, words),
        Fact::Unroutable { .. }
        | Fact::Returned { .. }
        | Fact::Settled { .. }
        | Fact::Requeued { .. }
        | Fact::NotRecovered { .. }
        | Fact::Consuming { .. }
        | Fact::ConsumerCancelled { .. }
        | Fact::ChannelClosed { .. }
        | Fact::ConnectionBlocked { .. }
        | Fact::ConnectionUnblocked { .. } => queue(fact, words),
        Fact::SessionExpired { .. }
        | Fact::RegistrationRefused { .. }
        | Fact::ControllerRefused { .. } => zookeeper(fact, words),
        Fact::Registered { .. }
        | Fact::Fenced { .. }
        | Fact::Unfenced { .. }
        | Fact::Stopped { .. }
        | Fact::Started { .. }
        | Fact::Paused { .. }
        | Fact::Resumed { .. }
        | Fact::Cut { .. }
        | Fact::Healed { .. }
        | Fact::Disconnected { .. }
        | Fact::DiskState { .. } => machines(fact, words),
    }
}

fn producer(fact: &Fact, w: &Words) -> String {
    let Words { message, node, lane, offset, .. } = w;
    match fact {
        Fact::Sent { .. } => format!("{node} 发送 {message}"),
        Fact::Attempted { attempt, .. } => {
            format!("{node} 向 {lane} 发出 {message}（第 {attempt} 次尝试）")
        }
        Fact::Retried { error, .. } => format!("{node} 遇到 {error}，将重试 {message}"),
        Fact::Acknowledged { .. } if offset.is_empty() => {
            format!("{node} 视 {message} 为已确认（{lane}，Broker 未返回 offset）")
        }
        Fact::Acknowledged { .. } => {
            format!("{node} 收到 {message} 的确认（{lane}，offset {offset}）")
        }
        Fact::Refused { error, .. } => format!("{node} 得知 {message} 发送失败：{error}"),
        Fact::Unknown { error, .. } => format!("{node} 无法得知 {message} 是否已写入：{error}"),
        Fact::Blocked { .. } => format!("{node} 的发送缓冲区已满，send() 阻塞"),
        Fact::Unblocked { .. } => format!("{node} 的 send() 不再阻塞"),
        _ => String::new(),
    }
}

fn log(fact: &Fact, w: &Words) -> String {
    let Words { message, node, lane, offset, .. } = w;
    match fact {
        Fact::Appended { epoch, .. } => {
            format!("{node} 将 {message} 追加到 {lane}，offset {offset}，Leader epoch {epoch}")
        }
        Fact::Replicated { .. } => format!("{node} 复制了 {lane} 的 {message}，offset {offset}"),
        Fact::Deduplicated { .. } => {
            format!("{node} 识别出 {message} 是 {lane} offset {offset} 处消息的重试，没有再次追加")
        }
        Fact::Committed { .. } => {
            format!("{lane} 在 {node} 上的高水位越过 {message}（offset {offset}）")
        }
        Fact::Rejected { error, .. } => format!("{node} 拒绝将 {message} 写入 {lane}：{error}"),
        Fact::Truncated { from, to, rule, .. } => {
            let why = match rule {
                TruncationRule::HighWatermark => "丢弃自身高水位以上的全部内容",
                TruncationRule::LeaderEpoch => "丢弃 Leader epoch 分叉点之后的全部内容",
                TruncationRule::LeaderLogEnd => "丢弃超出 Leader 日志末端的全部内容",
            };
            format!("{node} 将 {lane} 的日志末端从 {from} 截断到 {to}：{why}")
        }
        Fact::RolledBack { from, to, loss, .. } => {
            let what = match loss {
                DiskLoss::PowerLoss => {
                    format!("断电使 {node} 上 {lane} 丢失了尾部未落盘的记录")
                }
                DiskLoss::TornBatch => {
                    format!("{node} 恢复 {lane} 的日志时，截掉了末尾一个不完整的批次")
                }
                DiskLoss::Corruption => format!("{node} 的磁盘损坏了 {lane} 末尾的记录"),
            };
            format!("{what}：日志末端由 {from} 退回 {to}")
        }
        Fact::Wiped { .. } => format!("{node} 上 {lane} 的这份副本不复存在"),
        Fact::Compacted { .. } => {
            format!("{node} 上的日志压缩移除了 {lane} 中 offset {offset} 的 {message}")
        }
        Fact::Expired { below, rule, .. } => {
            let why = match rule {
                ExpiryRule::Time => "超过 retention.ms",
                ExpiryRule::Size => "超过 retention.bytes",
                ExpiryRule::Leader => "Leader 的日志从那里开始",
            };
            format!("{node} 删除了 {lane} 中 offset {below} 之前的消息：{why}")
        }
        Fact::Dropped { rule, subscription: Some(_), .. } => {
            let why = match *rule {
                "attempts exhausted" => "重试次数用尽",
                "not retryable" => "该异常不可重试",
                other => other,
            };
            format!("{} 记下日志，放弃了 {lane} 的 {message}：{why}", w.subscription)
        }
        Fact::Dropped { rule, .. } => format!("{lane} 按规则 {rule} 丢弃了 {message}"),
        Fact::StorageFailed { .. } => {
            format!("{node} 上 {lane} 所在的日志目录下线（KAFKA_STORAGE_ERROR）")
        }
        _ => String::new(),
    }
}

fn queue(fact: &Fact, w: &Words) -> String {
    let Words { message, node, other, lane, subscription, offset, .. } = w;
    match fact {
        Fact::Unroutable { .. } => format!("{node} 没有找到接收 {message} 的队列"),
        Fact::Returned { .. } => format!("{node} 收到退回的 {message}：没有队列匹配"),
        Fact::Settled { auto: true, .. } => {
            format!("{lane} 把 {message} 投递给 {other} 后即视为确认（auto-ack）")
        }
        Fact::Settled { .. } => format!("{other} 确认了 {message}，{lane} 将其删除"),
        Fact::Requeued { .. } => format!("{message} 回到 {lane} 的位置 {offset}"),
        Fact::NotRecovered { why, .. } => {
            let why = match why {
                RecoveryLoss::Transient => "消息未持久化",
                RecoveryLoss::NotOnDisk => "尚未写入磁盘",
                RecoveryLoss::QueueNotDurable => "队列未持久化",
                RecoveryLoss::Discarded => "节点丢弃了自己的队列副本",
            };
            format!("{node} 重启后 {lane} 中没有 {message}：{why}")
        }
        Fact::Consuming { .. } => format!("{node} 为 {subscription} 开始消费 {lane}"),
        Fact::ConsumerCancelled { why, .. } => {
            let why = match *why {
                "cancelled" => "消费者取消了订阅",
                "queue deleted" => "队列已删除",
                "channel closed" => "信道已关闭",
                "connection lost" => "连接中断",
                "node down" => "队列所在节点停机",
                other => other,
            };
            format!("{node} 不再消费 {lane}：{why}")
        }
        Fact::ChannelClosed { error, .. } => format!("{other} 关闭了 {node} 的信道：{error}"),
        Fact::ConnectionBlocked { why, .. } => {
            let why = match *why {
                "low on memory" => "内存不足",
                "low on disk" => "磁盘空间不足",
                "low on memory & disk" => "内存和磁盘空间不足",
                other => other,
            };
            format!("{other} 停止读取 {node} 发布的内容：{why}")
        }
        Fact::ConnectionUnblocked { .. } => format!("{other} 恢复读取 {node}"),
        _ => String::new(),
    }
}

fn leadership(fact: &Fact, w: &Words) -> String {
    let Words { node, lane, isr, changed, .. } = w;
    match fact {
        Fact::Elected { leader: None, epoch, .. } => {
            format!("{lane} 没有 Leader：没有存活且有资格的副本，Leader epoch {epoch}")
        }
        Fact::Elected { epoch, kind, .. } => {
            let how = match kind {
                ElectionKind::First => "首任 Leader",
                ElectionKind::Clean => "从 ISR 中选出",
                ElectionKind::Eligible => "从 ELR（合格 Leader 副本）中选出",
                ElectionKind::Unclean => "不干净（unclean）选举，可能缺少已确认的消息",
                ElectionKind::Preferred => "首选副本选举",
                ElectionKind::ControlledShutdown => "原 Leader 即将停机",
            };
            format!("{node} 当选 {lane} 的 Leader（{how}），Leader epoch {epoch}")
        }
        Fact::TookOver { epoch, end, .. } => {
            format!("{node} 开始以 Leader 身份服务 {lane}，日志末端 {end}，Leader epoch {epoch}")
        }
        Fact::SteppedDown { epoch, .. } => {
            format!("{node} 得知自己不再是 {lane} 的 Leader，Leader epoch {epoch}")
        }
        Fact::IsrShrunk { .. } if !w.joined.is_empty() => {
            format!("{lane} 的 ISR 换成 {isr}：{changed} 被移出，{} 加入", w.joined)
        }
        Fact::IsrShrunk { .. } => format!("{lane} 的 ISR 收缩为 {isr}，{changed} 被移出"),
        Fact::IsrExpanded { .. } => format!("{lane} 的 ISR 扩展为 {isr}，{changed} 重新加入"),
        Fact::Reassigned { .. } => format!("{lane} 迁移完成，副本位于 {isr}"),
        Fact::UnderMinIsr { .. } => {
            format!("{lane} 的 ISR（{isr}）少于 min.insync.replicas，acks=all 的写入会被拒绝")
        }
        _ => String::new(),
    }
}

fn subscription(fact: &Fact, w: &Words) -> String {
    let Words { message, node, lane, subscription, offset, .. } = w;
    match fact {
        Fact::Delivered { .. } => {
            format!("{subscription} 的 {node} 从 {lane} 收到 {message}（offset {offset}）")
        }
        Fact::Handled { .. } => {
            format!("{subscription} 的 {node} 处理完 {lane} 的 {message}（offset {offset}）")
        }
        Fact::Failed { .. } => {
            format!("{subscription} 的 {node} 处理 {lane} 的 {message} 失败（offset {offset}）")
        }
        Fact::OffsetExpired { .. } => format!(
            "{subscription} 在 {lane} 上已提交的位点过期：消费组没有成员的时间超过 offsets.retention.minutes"
        ),
        Fact::Positioned { rule, .. } => {
            let why = match rule {
                PositionRule::Committed => "依据已提交的位点",
                PositionRule::Reset => "没有可用的已提交位点，由 auto.offset.reset 决定",
                PositionRule::Truncated => "日志已被截断到原位置之前",
                PositionRule::Seek => "由应用指定",
            };
            format!("{subscription} 的 {node} 从位点 {offset} 开始读取 {lane}：{why}")
        }
        Fact::OffsetCommitted { .. } => {
            format!("{subscription} 提交了 {lane} 的位点 {offset}")
        }
        Fact::CommitFailed { error, .. } => {
            format!("{subscription} 的 {node} 提交 {lane} 的位点失败：{error}")
        }
        Fact::DeadLettered { .. } => format!("{subscription} 将 {message} 移入死信"),
        Fact::Forwarding { .. } => {
            format!("{subscription} 的 {node} 处理失败，把 {message} 转发到 {lane}")
        }
        Fact::Forwarded { .. } => {
            format!("{subscription} 的 {node} 得知 {message} 已写入 {lane}")
        }
        Fact::ForwardFailed { error, .. } => {
            format!("{subscription} 的 {node} 向 {lane} 转发 {message} 失败：{error}")
        }
        _ => String::new(),
    }
}

fn membership(fact: &Fact, w: &Words) -> String {
    let Words { node, lane, subscription, .. } = w;
    match fact {
        Fact::Joined { .. } => format!("协调者接纳 {node} 加入 {subscription}"),
        Fact::MemberLeft { why, .. } => {
            format!("{node} 不再是 {subscription} 的成员：{}", reason(why))
        }
        Fact::Rebalancing { generation: 0, why, .. } => {
            format!("{subscription} 开始第一次再均衡：{}", reason(why))
        }
        Fact::Rebalancing { generation, why, .. } => {
            format!("{subscription} 开始再均衡，第 {generation} 代结束：{}", reason(why))
        }
        Fact::Rebalanced { generation, members: 0, .. } => {
            format!("{subscription} 已无成员（第 {generation} 代）")
        }
        Fact::Rebalanced { generation, members, .. } => {
            format!("{subscription} 恢复稳定：{members} 个成员，第 {generation} 代")
        }
        Fact::Assigned { .. } => format!("{subscription} 的 {node} 分到 {lane}"),
        Fact::Revoked { .. } => format!("{subscription} 的 {node} 交出 {lane}"),
        Fact::PartitionsLost { .. } => {
            format!("{subscription} 的 {node} 得知自己已失去 {lane}")
        }
        Fact::MemberFenced { error, .. } => {
            format!("{node} 得知 {subscription} 已不再承认它：{error}")
        }
        _ => String::new(),
    }
}

/// 协调者给出的原因。
fn reason(why: &str) -> &str {
    match why {
        "a member joined" => "有新成员加入",
        "a member joined again" => "有成员重新加入",
        "the leader joined again" => "组长重新加入",
        "a static member came back" => "静态成员回来了",
        "a member left" => "有成员退出",
        "a member's session expired" => "有成员的会话超时",
        "a member did not sync" => "有成员没有来取分配结果",
        "the assignment could not be stored" => "分配结果没能写入",
        "it closed" => "消费者正常关闭",
        "max.poll.interval.ms exceeded" => "太久没有调用 poll()，超过了 max.poll.interval.ms",
        "session expired" => "会话超时",
        "did not join again in time" => "没有按时重新加入",
        "did not ask for its partitions in time" => "没有按时来取分配结果",
        other => other,
    }
}

fn quorum(fact: &Fact, w: &Words) -> String {
    let Words { node, .. } = w;
    match fact {
        Fact::ControllerCandidate { epoch, .. } => {
            format!("{node} 发起控制器选举，epoch {epoch}")
        }
        Fact::ControllerElected { epoch, .. } => {
            format!("{node} 获得多数控制器的选票，成为 epoch {epoch} 的 Leader")
        }
        Fact::ControllerActive { epoch, .. } => {
            format!("{node} 开始担任主控制器（epoch {epoch}）")
        }
        Fact::ControllerResigned { epoch, .. } => {
            format!("{node} 卸任控制器（任期 epoch {epoch}）")
        }
        Fact::MetadataTruncated { from, to, .. } => {
            format!("{node} 将元数据日志从 {from} 截断到 {to}：这些记录从未提交")
        }
        _ => String::new(),
    }
}

fn transaction(fact: &Fact, w: &Words) -> String {
    let Words { message, node, lane, subscription, offset, .. } = w;
    match fact {
        Fact::TransactionBegun { .. } => format!("事务协调者登记了 {node} 的事务"),
        Fact::TransactionCommitted { .. } => {
            format!("{node} 的事务已提交：决定已写入协调者的日志")
        }
        Fact::TransactionAborted { why, .. } => {
            format!("{node} 的事务被中止：{}", abort_reason(why))
        }
        Fact::TransactionCompleted { .. } => {
            format!("{node} 的事务涉及的分区都已写入标记")
        }
        Fact::MarkerWritten { commit, .. } => {
            let which = if *commit { "COMMIT" } else { "ABORT" };
            format!("{node} 在 {lane} 的位点 {offset} 写入 {which} 标记")
        }
        Fact::Aborted { .. } => {
            format!("{lane} 位点 {offset} 上的 {message} 作废：所属事务已中止")
        }
        Fact::Processed { .. } => {
            format!("{subscription} 的 {node} 在事务内处理了 {lane} 位点 {offset} 上的 {message}")
        }
        Fact::ProducerFenced { error, .. } => {
            format!("{node} 得知自己的 transactional.id 已被他人接管：{error}")
        }
        _ => String::new(),
    }
}

/// 事务中止的原因。
fn abort_reason(why: &str) -> &str {
    match why {
        "the application aborted it" => "应用主动中止",
        "a new producer took its transactional.id over" => "新的生产者接管了它的 transactional.id",
        "transaction.timeout.ms was over" => "超过 transaction.timeout.ms",
        "a decision found in the log of the coordinator" => "协调者从日志中读到的决定",
        other => other,
    }
}

fn zookeeper(fact: &Fact, w: &Words) -> String {
    let Words { node, other, .. } = w;
    match fact {
        Fact::SessionExpired { .. } => {
            format!("ZooKeeper 结束了 {node} 的会话，它的临时节点随之消失")
        }
        Fact::RegistrationRefused { .. } => {
            format!("{node} 无法注册：旧会话留下的节点还在，进程退出")
        }
        Fact::ControllerRefused { epoch, .. } => format!(
            "{node} 拒绝了 {other} 的请求：epoch {epoch} 的控制器已被取代（STALE_CONTROLLER_EPOCH）"
        ),
        _ => String::new(),
    }
}

fn machines(fact: &Fact, w: &Words) -> String {
    let Words { node, other, .. } = w;
    match fact {
        Fact::Registered { epoch, .. } => {
            format!("{node} 完成注册，broker epoch {epoch}")
        }
        Fact::Fenced { .. } => format!("控制器隔离（fence）了 {node}，不再将其视为可用"),
        Fact::Unfenced { .. } => format!("控制器重新将 {node} 视为可用"),
        Fact::Stopped { how, .. } => match how {
            Outage::Crash => format!("{node} 进程崩溃，所在机器仍在运行"),
            Outage::PowerOff => format!("{node} 断电，尚未落盘的数据全部丢失"),
            Outage::Shutdown => format!("{node} 正常关闭"),
        },
        Fact::Started { boots: 0 | 1, .. } => format!("{node} 启动"),
        Fact::Started { boots, .. } => format!("{node} 重新启动（第 {boots} 次启动）"),
        Fact::Paused { .. } => format!("{node} 停顿"),
        Fact::Resumed { .. } => format!("{node} 恢复运行"),
        Fact::Cut { .. } if w.both_ways => {
            format!("{node} 与 {other} 之间的数据包不再送达")
        }
        Fact::Healed { .. } if w.both_ways => {
            format!("{node} 与 {other} 之间的数据包恢复送达")
        }
        Fact::Cut { .. } => format!("{node} 发往 {other} 的数据包不再送达"),
        Fact::Healed { .. } => format!("{node} 发往 {other} 的数据包恢复送达"),
        Fact::Disconnected { why, .. } => format!("{node} 到 {other} 的连接断开：{why}"),
        Fact::DiskState { state, .. } => {
            let state = match *state {
                "slow" => "变慢",
                "full" => "已满",
                "failing" => "出现故障",
                "healthy" => "恢复正常",
                other => other,
            };
            format!("{node} 的磁盘{state}")
        }
        _ => String::new(),
    }
}
