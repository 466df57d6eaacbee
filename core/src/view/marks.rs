//! Marks: the moments of a run that a person wants to jump to.

use crate::fact::{ElectionKind, Fact, MessageId, Stated};
use crate::kernel::Time;
use crate::ledger::AnomalyKind;
use crate::story::Lang;

/// Why a moment is marked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum MarkKind {
    /// Something broke: a process stopped or stands still, a link was cut, a disk went bad.
    Fault,
    /// Something works again.
    Repair,
    /// Another leader was decided on, or that there is none.
    Election,
    /// The set of in-sync replicas changed.
    Isr,
    /// A consumer group began to rebalance.
    Rebalance,
    /// A log lost its end.
    Truncation,
    /// A step of the scenario, by its number.
    Step(usize),
    /// Something an application would rather not have seen.
    Anomaly(AnomalyKind),
}

impl MarkKind {
    /// The word for it in English.
    pub fn name(self) -> &'static str {
        match self {
            MarkKind::Fault => "fault",
            MarkKind::Repair => "repair",
            MarkKind::Election => "election",
            MarkKind::Isr => "isr",
            MarkKind::Rebalance => "rebalance",
            MarkKind::Truncation => "truncation",
            MarkKind::Step(_) => "step",
            MarkKind::Anomaly(kind) => kind.name(),
        }
    }

    /// The word for it in a language.
    pub fn word(self, lang: Lang) -> &'static str {
        let zh = match self {
            MarkKind::Fault => "故障",
            MarkKind::Repair => "恢复",
            MarkKind::Election => "选举",
            MarkKind::Isr => "ISR 变化",
            MarkKind::Rebalance => "再均衡",
            MarkKind::Truncation => "日志截断",
            MarkKind::Step(_) => "步骤",
            MarkKind::Anomaly(kind) => match kind {
                AnomalyKind::Lost => "丢失",
                AnomalyKind::LostUnacknowledged => "未确认而丢失",
                AnomalyKind::Duplicate => "重复",
                AnomalyKind::Redelivered => "重新投递",
                AnomalyKind::Phantom => "失败却被处理",
                AnomalyKind::DeadLettered => "死信",
                AnomalyKind::Expired => "过期",
                AnomalyKind::Dropped => "被丢弃",
                AnomalyKind::Unroutable => "不可路由",
                AnomalyKind::Stranded => "滞留",
                AnomalyKind::Inversion => "乱序",
                AnomalyKind::Regression => "回放",
                AnomalyKind::LogInversion => "日志内乱序",
            },
        };
        let en = match self {
            MarkKind::Fault => "a fault",
            MarkKind::Repair => "mended",
            MarkKind::Election => "an election",
            MarkKind::Isr => "the in-sync replicas changed",
            MarkKind::Truncation => "a log was cut",
            other => other.name(),
        };
        lang.pick(en, zh)
    }

    /// The mark a fact is, if it is one.
    pub(crate) fn of(fact: &Fact) -> Option<MarkKind> {
        Some(match fact {
            Fact::Stopped { .. }
            | Fact::Paused { .. }
            | Fact::Cut { .. }
            | Fact::Disconnected { .. }
            | Fact::SessionExpired { .. }
            | Fact::RegistrationRefused { .. }
            | Fact::StorageFailed { .. } => MarkKind::Fault,
            Fact::DiskState { state, .. } if *state != "healthy" => MarkKind::Fault,
            Fact::DiskState { .. } | Fact::Resumed { .. } | Fact::Healed { .. } => MarkKind::Repair,
            Fact::Started { boots, .. } if *boots > 1 => MarkKind::Repair,
            Fact::Elected { kind, .. } if *kind != ElectionKind::First => MarkKind::Election,
            Fact::ControllerElected { .. } | Fact::ControllerResigned { .. } => MarkKind::Election,
            Fact::IsrShrunk { .. } | Fact::IsrExpanded { .. } => MarkKind::Isr,
            Fact::Rebalancing { .. } => MarkKind::Rebalance,
            Fact::Truncated { .. }
            | Fact::RolledBack { .. }
            | Fact::Wiped { .. }
            | Fact::MetadataTruncated { .. } => MarkKind::Truncation,
            _ => return None,
        })
    }
}

/// A marked moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// The event at which it came to be.
    pub event: u64,
    /// When.
    pub time: Time,
    /// Why it is marked.
    pub kind: MarkKind,
    /// The fact that made it so, if it is one fact.
    pub stated: Option<Stated>,
    /// The first message concerned, for anomalies.
    pub message: Option<MessageId>,
    /// How many messages are concerned, for anomalies.
    pub count: u32,
}
