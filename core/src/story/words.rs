//! The words for outcomes and verdicts in both languages.

use crate::ledger::Fate;
use crate::ledger::verdict::Verdict;
use crate::story::Lang;

/// What a producer was told about a message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Told {
    /// Stored.
    Acknowledged,
    /// A definite error.
    Refused,
    /// An error that leaves it open.
    Unknown,
    /// Nothing yet: the run ended while it was on its way.
    Waiting,
    /// The application never handed it over.
    Unsent,
}

impl Told {
    /// The word for it in scenario files.
    pub fn word(self) -> &'static str {
        match self {
            Told::Acknowledged => "acknowledged",
            Told::Refused => "refused",
            Told::Unknown => "unknown",
            Told::Waiting => "waiting",
            Told::Unsent => "unsent",
        }
    }

    /// The word in a language.
    pub fn text(self, lang: Lang) -> &'static str {
        let zh = match self {
            Told::Acknowledged => "已确认",
            Told::Refused => "失败",
            Told::Unknown => "未知",
            Told::Waiting => "未答复",
            Told::Unsent => "未发送",
        };
        lang.pick(self.word(), zh)
    }
}

/// The word for a fate in scenario files.
pub fn fate_word(fate: Fate) -> &'static str {
    match fate {
        Fate::Once => "once",
        Fate::Duplicate => "duplicate",
        Fate::Redelivered => "redelivered",
        Fate::Lost => "lost",
        Fate::LostUnacknowledged => "lost-unacknowledged",
        Fate::Phantom => "phantom",
        Fate::DeadLettered => "dead-lettered",
        Fate::Expired => "expired",
        Fate::Dropped => "dropped",
        Fate::Unroutable => "unroutable",
        Fate::Stranded => "stranded",
        Fate::Pending => "pending",
    }
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
    lang.pick(fate_word(fate), zh)
}

/// The word for a verdict in reports.
pub fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
        Verdict::Vacuous => "vacuous",
        Verdict::Inconclusive => "inconclusive",
        Verdict::Error => "error",
    }
}

/// The word for a verdict in a language.
pub fn verdict(verdict: Verdict, lang: Lang) -> &'static str {
    let zh = match verdict {
        Verdict::Passed => "通过",
        Verdict::Failed => "不符",
        Verdict::Vacuous => "空谈",
        Verdict::Inconclusive => "未有定论",
        Verdict::Error => "出错",
    };
    lang.pick(verdict_word(verdict), zh)
}
