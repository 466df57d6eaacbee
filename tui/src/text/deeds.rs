//! What is said of something that was done, or could not be.

use super::{Say, plural};
use mqlab::fact::Directory;
use mqlab::lab::{BranchId, Change, Dropped, Lab};
use mqlab::scenario::model::{Action, Role};
use mqlab::story::Lang;

impl Say {
    /// A file was written.
    pub fn written(self, path: &str) -> String {
        match self.lang {
            Lang::En => format!("Written: {path}. `mqlab test {path}` checks it."),
            Lang::Zh => format!("已写出 {path}。可用 `mqlab test {path}` 检验。"),
        }
    }

    /// A file exists and is not overwritten.
    pub fn exists(self, path: &str) -> String {
        match self.lang {
            Lang::En => format!("{path} exists and was left alone; give another name"),
            Lang::Zh => format!("{path} 已存在，未作改动；请换一个名字"),
        }
    }

    /// A seed.
    pub fn seed(self, seed: u64) -> String {
        match self.lang {
            Lang::En => format!("seed {seed}"),
            Lang::Zh => format!("种子 {seed}"),
        }
    }

    /// An action in a few words: its name and whom it strikes.
    pub fn action(self, action: &Action, directory: &Directory) -> String {
        let role = |role: Role| match role {
            Role::Node(node) => directory.node(node).to_string(),
            Role::Leader(lane) => format!("leader({})", directory.lane(lane)),
            Role::Followers(lane) => format!("followers({})", directory.lane(lane)),
            Role::AnyFollower(lane) => format!("any follower({})", directory.lane(lane)),
            Role::Replica(lane, n) => format!("replica({}, {n})", directory.lane(lane)),
            Role::Coordinator(group) => {
                format!("coordinator({})", directory.subscription(group))
            }
            Role::Owner(lane, group) => {
                format!("owner({}, {})", directory.lane(lane), directory.subscription(group))
            }
            Role::Controller => "controller".into(),
            Role::Brokers => "brokers".into(),
            Role::Controllers => "controllers".into(),
            Role::StandbyControllers => "standby-controllers".into(),
            Role::Clients => "clients".into(),
            Role::Everyone => "everyone".into(),
        };
        let name = action.name();
        match action {
            Action::Cut { from, to, .. }
            | Action::Heal { from, to }
            | Action::Reset { from, to }
            | Action::SlowLink { from, to, .. }
            | Action::Bandwidth { from, to, .. }
            | Action::Lose { from, to, .. } => {
                format!("{name} {} – {}", role(*from), role(*to))
            }
            Action::ElectPreferred { lane } | Action::ElectUnclean { lane } => {
                format!("{name} {}", directory.lane(*lane))
            }
            Action::Reassign { lane, to } => {
                let names: Vec<&str> = to.iter().map(|n| directory.node(*n)).collect();
                format!("{name} {} → {}", directory.lane(*lane), names.join(", "))
            }
            Action::Burst { producer, count } => {
                format!("{name} {} ×{count}", directory.node(*producer))
            }
            other => match other.target() {
                Some(target) => format!("{name} {}", role(target)),
                None => name.to_string(),
            },
        }
    }

    /// Done by hand.
    pub fn done(self, action: &Action, directory: &Directory) -> String {
        let action = self.action(action, directory);
        match self.lang {
            Lang::En => format!("Done: {action}. u takes it back."),
            Lang::Zh => format!("已执行：{action}。按 u 撤销。"),
        }
    }

    /// Done by hand, in the past.
    pub fn done_on_branch(self, action: &Action, directory: &Directory, branch: usize) -> String {
        let action = self.action(action, directory);
        match self.lang {
            Lang::En => {
                format!("Done: {action}. The past has changed, so this is branch {branch}.")
            }
            Lang::Zh => format!("已执行：{action}。过去改变了，因此这是分支 {branch}。"),
        }
    }

    /// Taken back.
    pub fn undone(self, action: &Action, directory: &Directory) -> String {
        let action = self.action(action, directory);
        match self.lang {
            Lang::En => format!("Taken back: {action}. Ctrl+r does it again."),
            Lang::Zh => format!("已撤销：{action}。按 Ctrl+r 重做。"),
        }
    }

    /// A branch began.
    pub fn branched(self, name: &str) -> String {
        match self.lang {
            Lang::En => format!("Branch {name}. B shows all, v compares."),
            Lang::Zh => format!("分支 {name}。按 B 查看全部，按 v 比较。"),
        }
    }

    /// On another branch.
    pub fn on_branch(self, name: &str) -> String {
        match self.lang {
            Lang::En => format!("On branch {name}"),
            Lang::Zh => format!("当前分支：{name}"),
        }
    }

    /// What stands behind a branch in a list.
    pub fn branch_detail(self, lab: &Lab, id: BranchId) -> String {
        let Some(branch) = lab.branch(id) else { return String::new() };
        let by_hand = branch.interventions().len();
        let here = branch.position();
        let from = match (&branch.change, branch.parent) {
            (_, None) => String::new(),
            (Change::Settings(_) | Change::WhatIf(_) | Change::Seed(_), Some(_)) => {
                self.lang.pick("from the start; ", "从头开始；").to_string()
            }
            (_, Some(parent)) => match self.lang {
                Lang::En => format!("from {} at #{}; ", parent.0, branch.at.event),
                Lang::Zh => format!("自分支 {} 的 #{}；", parent.0, branch.at.event),
            },
        };
        match self.lang {
            Lang::En => format!("{from}{by_hand} by hand; you are at {}", here.time),
            Lang::Zh => format!("{from}手动操作 {by_hand} 次；位于 {}", here.time),
        }
    }

    /// What stands behind a bookmark in a list.
    pub fn bookmark_detail(self, branch: usize, event: u64) -> String {
        match self.lang {
            Lang::En => format!("branch {branch}, #{event}"),
            Lang::Zh => format!("分支 {branch}，#{event}"),
        }
    }

    /// A place was remembered.
    pub fn bookmarked(self, text: &str) -> String {
        match self.lang {
            Lang::En => format!("Remembered: {text}. ' shows all bookmarks."),
            Lang::Zh => format!("已记住：{text}。按 ' 查看全部书签。"),
        }
    }

    /// Something went wrong here.
    pub fn at_anomaly(self, message: &str) -> String {
        match self.lang {
            Lang::En => format!("{message} is in trouble here; e explains why"),
            Lang::Zh => format!("{message} 在这里出了问题；按 e 看原因"),
        }
    }

    /// Nothing was found.
    pub fn not_found(self, words: &str) -> String {
        match self.lang {
            Lang::En => format!("No fact further on speaks of “{words}”."),
            Lang::Zh => format!("后面没有提到“{words}”的事实。"),
        }
    }

    /// A place nobody knows.
    pub fn no_such_place(self, typed: &str) -> String {
        match self.lang {
            Lang::En => {
                format!("`{typed}` is no place: a time (60ms), an event (#310), a message (m4)")
            }
            Lang::Zh => format!("`{typed}` 不是位置：请输入时刻（60ms）、事件（#310）或消息（m4）"),
        }
    }

    /// What did not work.
    pub fn failed(self, why: &str) -> String {
        match self.lang {
            Lang::En => format!("It did not work: {why}"),
            Lang::Zh => format!("未能完成：{why}"),
        }
    }

    /// A session that cannot be written truly.
    pub fn not_faithful(self, why: &str) -> String {
        match self.lang {
            Lang::En => format!("Not written: as a file it would not come to the same ({why})"),
            Lang::Zh => format!("未写出：写成文件后结果不一致（{why}）"),
        }
    }

    /// A mistake in this program.
    pub fn broken(self, why: &str) -> String {
        match self.lang {
            Lang::En => format!("mqlab made a mistake here, please report it: {why}"),
            Lang::Zh => format!("mqlab 自身出错了，请反馈：{why}"),
        }
    }

    /// A changed file has mistakes.
    pub fn file_is_wrong(self, first: &str) -> String {
        match self.lang {
            Lang::En => {
                format!("The changed file has a mistake, so it stays as it was: line {first}")
            }
            Lang::Zh => format!("改动后的文件有错误，保持原样：第 {first} 行"),
        }
    }

    /// Something that was kept and could not be done again.
    pub fn dropped(self, dropped: &Dropped) -> String {
        let what = match &dropped.intervention {
            Some(input) => {
                let step = input.step.trim().replace('\n', ", ");
                format!("{} ({})", step, mqlab::kernel::Time(input.time))
            }
            None => self.lang.pick("the branch itself", "分支本身").to_string(),
        };
        match self.lang {
            Lang::En => format!("branch {}: {what}: {}", dropped.branch, dropped.why),
            Lang::Zh => format!("分支 {}：{what}：{}", dropped.branch, dropped.why),
        }
    }

    /// A session was kept.
    pub fn take_up_detail(self, done: usize, branches: usize) -> String {
        match self.lang {
            Lang::En => format!(
                "{done} thing{} done by hand, {branches} branch{}",
                plural(done),
                if branches == 1 { "" } else { "es" }
            ),
            Lang::Zh => format!("{done} 次手动操作，{branches} 个分支"),
        }
    }

    /// The command on the clipboard.
    pub fn copied(self, command: &str) -> String {
        match self.lang {
            Lang::En => format!("Copied: {command}"),
            Lang::Zh => format!("已复制：{command}"),
        }
    }

    /// The command on the clipboard, which lacks what was done by hand.
    pub fn copied_without(self, command: &str) -> String {
        match self.lang {
            Lang::En => format!("Copied, without what you did by hand (w writes that): {command}"),
            Lang::Zh => format!("已复制（不含手动操作，按 w 写出）：{command}"),
        }
    }

    /// An answer was taken.
    pub fn answered(self, predicted: bool) -> String {
        match (predicted, self.lang) {
            (true, Lang::En) => "Noted. Play on: the run decides.".into(),
            (true, Lang::Zh) => "已记下。继续播放，由运行来决定。".into(),
            (false, Lang::En) => "Skipped. Play on and see.".into(),
            (false, Lang::Zh) => "已跳过。继续播放看结果。".into(),
        }
    }

    /// Something could not be kept.
    pub fn not_saved(self, why: &str) -> String {
        match self.lang {
            Lang::En => format!("Not saved: {why}"),
            Lang::Zh => format!("未能保存：{why}"),
        }
    }
}
