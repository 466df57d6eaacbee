//! What explain, compare and export say in the program's own voice.

use super::Say;
use mqlab::explore::{Progress, Report};
use mqlab::story::Lang;

phrases! {
    /// A heading.
    life: "Its life", "它的一生";
    /// A heading.
    cures: "What would have prevented it", "怎样才能避免";
    /// The run as it was, in a table of others.
    as_it_is: "as it is", "原样";
    /// Column heading.
    change: "change", "改变";
    /// Column heading.
    unavailable: "longest outage", "最长中断";
    /// Column heading.
    elsewhere: "other messages", "其他消息";
    /// Column heading.
    fresh_seeds: "fresh seeds", "新种子";
    /// Before what changes nothing.
    no_difference: "No difference", "没有差别";
    /// Before what the real system refuses.
    refused_changes: "Refused by the real system", "真实系统拒绝";
    /// Before changes nobody tried.
    not_tried: "Not tried", "未尝试";
    /// Why they were not.
    stopped_trying: "You stopped the search; what was not tried may help as well.",
        "搜索被你中止；未尝试的改变也可能有用。";
    /// Nothing went wrong with the message.
    nothing_to_prevent: "Nothing went wrong with this message, so there is nothing to prevent.",
        "这条消息没有出任何问题，无须避免什么。";
    /// Nothing went wrong in the run.
    nothing_wrong: "Nothing went wrong in this run. Here is its first message.",
        "这次运行没有出任何问题。下面是它的第一条消息。";
    /// Where the runs are the same.
    no_parting: "states the same facts", "陈述的事实完全相同";
    /// Column heading.
    run_word: "run", "运行";
    /// Column heading.
    acknowledged_word: "acknowledged", "已确认";
    /// Column heading.
    out_of_order: "out of order", "乱序";
    /// Column heading.
    elections_word: "elections", "选举";
    /// What to do where there is nothing to compare with.
    compare_needs_set: "Say what to change: --set producer.checkout.acks=all",
        "请说明要改变什么：--set producer.checkout.acks=all";
    /// A heading.
    side_by_side: "Side by side", "并排比较";
    /// A heading.
    fates_that_differ: "Fates that differ", "不同的结局";
    /// A heading.
    where_they_part: "Where the runs part", "从哪里分道扬镳";
    /// Every fate is the same.
    same_fates: "Every message met the same fate in all runs.", "所有运行中，每条消息的结局都相同。";
}

impl Say {
    /// How far a run is.
    pub fn playing(self, events: u64) -> String {
        let events = grouped(events);
        match self.lang {
            Lang::En => format!("playing the run: {events} events"),
            Lang::Zh => format!("正在运行：{events} 个事件"),
        }
    }

    /// How far the search for cures is.
    pub fn trying(self, progress: Progress) -> String {
        let Progress { tried, of, events } = progress;
        let events = grouped(events);
        match self.lang {
            Lang::En => format!("looking for cures: {tried} of {of} tried, {events} events"),
            Lang::Zh => format!("正在寻找避免的办法：已试 {tried}/{of}，{events} 个事件"),
        }
    }

    /// Why not every change was tried, and what tries them all.
    pub fn too_long_to_try(self, report: &Report, run: u64, most: u64) -> String {
        let all = report.events_for_all(run);
        let (run, most) = (grouped(run), grouped(most));
        match self.lang {
            Lang::En => format!(
                "Each trial plays the whole run again, {run} events, and all together may play \
                 {most}. With --cure-events {all} everything is tried."
            ),
            Lang::Zh => format!(
                "每次尝试都要把整个运行（{run} 个事件）重跑一遍，而总共最多只跑 {most} 个事件。\
                 加上 --cure-events {all} 就会全部尝试。"
            ),
        }
    }

    /// A message that the scenario does not send.
    pub fn unknown_message(self, name: &str) -> String {
        match self.lang {
            Lang::En => format!("this scenario sends no message `{name}`"),
            Lang::Zh => format!("该场景不发送名为 `{name}` 的消息"),
        }
    }

    /// What a step is called in a table of changes.
    pub fn without_line(self, line: u32, label: Option<&str>) -> String {
        let label = label.map(|l| self.lang.pick(" (", "（").to_string() + l).unwrap_or_default();
        let end = if label.is_empty() { "" } else { self.lang.pick(")", "）") };
        match self.lang {
            Lang::En => format!("without the step in line {line}{label}{end}"),
            Lang::Zh => format!("去掉第 {line} 行的步骤{label}{end}"),
        }
    }

    /// What happened to other messages.
    pub fn others_to_choose(self, messages: &str) -> String {
        match self.lang {
            Lang::En => format!("Also to be explained: {messages}"),
            Lang::Zh => format!("还可以解释：{messages}"),
        }
    }

    /// Marks a fact that only one run has.
    pub fn only_in(self, run: &str) -> String {
        match self.lang {
            Lang::En => format!("(only in: {run})"),
            Lang::Zh => format!("（仅见于：{run}）"),
        }
    }

    /// More of the same.
    pub fn and_more(self, more: usize) -> String {
        match self.lang {
            Lang::En => format!("and {more} more"),
            Lang::Zh => format!("另有 {more} 项"),
        }
    }

    /// A heading over a chain of causes.
    pub fn causes_of(self, fact: &str) -> String {
        match self.lang {
            Lang::En => format!("How it came to this: {fact}"),
            Lang::Zh => format!("因果链：{fact}"),
        }
    }
}

/// A number with its thousands apart.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}
