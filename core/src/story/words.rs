//! The words for outcomes and verdicts in both languages.

use crate::ledger::verdict::Verdict;
use crate::ledger::{Fate, ProducerOutcome};
use crate::story::Lang;

/// The word for what a producer was told, in a language.
pub fn told(outcome: ProducerOutcome, lang: Lang) -> &'static str {
    let zh = match outcome {
        ProducerOutcome::Unsent => "未发送",
        ProducerOutcome::Outstanding => "未答复",
        ProducerOutcome::Acknowledged => "已确认",
        ProducerOutcome::Refused => "失败",
        ProducerOutcome::Unknown => "未知",
    };
    lang.pick(outcome.name(), zh)
}

/// The word for a fate in a language.
pub fn fate(fate: Fate, lang: Lang) -> &'static str {
    let zh = match fate {
        Fate::Once => "恰好一次",
        Fate::Duplicate => "重复",
        Fate::Redelivered => "重新投递",
        Fate::Lost => "丢失",
        Fate::LostUnacknowledged => "未确认而丢失",
        Fate::Phantom => "失败却被处理",
        Fate::DeadLettered => "死信",
        Fate::Expired => "过期",
        Fate::Dropped => "被丢弃",
        Fate::Unroutable => "不可路由",
        Fate::Stranded => "滞留",
        Fate::Pending => "待处理",
    };
    lang.pick(fate.name(), zh)
}

/// The word for a verdict in a language.
pub fn verdict(verdict: Verdict, lang: Lang) -> &'static str {
    let zh = match verdict {
        Verdict::Passed => "通过",
        Verdict::Failed => "不符",
        Verdict::Vacuous => "落空",
        Verdict::Inconclusive => "未有定论",
        Verdict::Error => "出错",
    };
    lang.pick(verdict.name(), zh)
}
