//! What pages say: an explanation, a comparison, many seeds.

use super::Say;
use mqlab::fact::Directory;
use mqlab::scenario::model::Action;
use mqlab::story::Lang;

impl Say {
    /// The title of a sweep.
    pub fn swept_title(self, branch: &str) -> String {
        match self.lang {
            Lang::En => format!("Many seeds · branch {branch}"),
            Lang::Zh => format!("多个种子 · 分支 {branch}"),
        }
    }

    /// How far a sweep is.
    pub fn sweep_progress(self, swept: &mqlab::lab::Swept) -> String {
        let (done, of) = (swept.done, swept.of);
        match (self.lang, done == of) {
            (Lang::En, true) => format!("{of} seeds played, from 1 to {of}."),
            (Lang::Zh, true) => format!("已运行 {of} 个种子（1 到 {of}）。"),
            (Lang::En, false) => format!("{done} of {of} seeds played; Esc stops."),
            (Lang::Zh, false) => format!("已运行 {done}/{of} 个种子；按 Esc 停止。"),
        }
    }

    /// How many of the seeds, and how large a part that is.
    pub fn share(self, count: u64, of: u64) -> String {
        let tenths = (count * 1000).checked_div(of).unwrap_or(0);
        format!("{count:>6} {:>3}.{} %", tenths / 10, tenths % 10)
    }

    /// The first seed of an outcome.
    pub fn first_seed(self, seed: u64) -> String {
        match self.lang {
            Lang::En => format!("(seed {seed})"),
            Lang::Zh => format!("（种子 {seed}）"),
        }
    }

    /// Seeds with which something done by hand made no sense.
    pub fn seeds_refused(self, seeds: u64) -> String {
        match self.lang {
            Lang::En => format!(
                "With {seeds} more seeds something that was done by hand had no effect, so they \
                 do not count."
            ),
            Lang::Zh => format!("另有 {seeds} 个种子使某次手动操作不起作用，因此未计入。"),
        }
    }

    /// The search for cures ended before everything was tried.
    pub fn not_all_tried(self, events: u64) -> String {
        let events = super::inquiry::grouped(events);
        match self.lang {
            Lang::En => format!(
                "The search ended after {events} events; what was not tried may help as well. \
                 `mqlab explain --cure-events N` looks further."
            ),
            Lang::Zh => format!(
                "重跑了 {events} 个事件后停止搜索；未尝试的改变也可能有用。\
                 用 `mqlab explain --cure-events N` 可以继续找。"
            ),
        }
    }

    /// The title of an explanation: it knows what has happened up to a moment.
    pub fn explained_title(self, message: &str, time: mqlab::kernel::Time) -> String {
        match self.lang {
            Lang::En => format!("{message} explained, as of {time}"),
            Lang::Zh => format!("{message} 的解释（截至 {time}）"),
        }
    }

    /// The title of a comparison.
    pub fn compared_title(self, left: usize, right: usize) -> String {
        match self.lang {
            Lang::En => format!("Branch {left} and branch {right}, to their ends"),
            Lang::Zh => format!("分支 {left} 与分支 {right}（各自到终点）"),
        }
    }

    /// What a run cost.
    pub fn price(self, [p99, outage]: &[String; 2]) -> String {
        match self.lang {
            Lang::En => format!("(p99 {p99}, longest outage {outage})"),
            Lang::Zh => format!("（p99 {p99}，最长中断 {outage}）"),
        }
    }

    /// Other messages that fare differently.
    pub fn others_differ(self, count: usize) -> String {
        match self.lang {
            Lang::En if count == 1 => "1 other message differs".into(),
            Lang::En => format!("{count} other messages differ"),
            Lang::Zh => format!("另有 {count} 条消息结局不同"),
        }
    }

    /// A change: without what a step or a hand did.
    pub fn without_step(self, action: &Action, directory: &Directory) -> String {
        let action = self.action(action, directory);
        match self.lang {
            Lang::En => format!("without {action}"),
            Lang::Zh => format!("去掉 {action}"),
        }
    }

    /// How many facts only one side has.
    pub fn only_facts(self, left: u64, right: u64) -> String {
        match self.lang {
            Lang::En => format!("{left} facts only on the left, {right} only on the right"),
            Lang::Zh => format!("仅左边有 {left} 个事实，仅右边有 {right} 个"),
        }
    }
}
