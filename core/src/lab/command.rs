//! Everything a person can do in a lab: one list, from which frontends make menus, palette, key
//! help and documentation.
//!
//! A command is a name, a line of help, keys, the screen it belongs to and the condition under which
//! it applies. What it does is the frontend's business; that both frontends know the same commands
//! is this file's.

mod key;
mod words;

pub use key::{Key, KeyCode};

use crate::story::Lang;

macro_rules! commands {
    ($($name:ident),* $(,)?) => {
        /// Something a person can do.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[allow(missing_docs)] // `Command::help` says what each does
        pub enum Command { $($name),* }

        impl Command {
            /// All of them, in the order in which help lists them.
            pub const ALL: &[Command] = &[$(Command::$name),*];
        }
    };
}

commands! {
    Play, StepForward, StepBack, TenForward, TenBack, NextMark, LastMark, NextAnomaly, LastAnomaly,
    NextEvent, LastEvent, ToQuestion, ToStart, ToEnd, GoTo, Faster, Slower,
    Faults, Applications, Settings, Undo, Redo,
    Branch, Branches, Compare, Sweep, Bookmark, Bookmarks,
    Up, Down, PageUp, PageDown, LastMessage, NextMessage, Follow, Explain, Search, NextHit, LastHit,
    NextPanel, LastPanel, TabLesson, TabFacts, TabLedger, TabMessage, TabSettings,
    Answer, Notes, Judge, Aloud, Internal,
    Copy, Write, Reload, Palette, Help, Language, Theme, Back, Suspend, Stop, Leave,
    Open, Filter, BySystem, ByTopic, ByLevel, ByProgress,
}

/// The screens a command can belong to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Screen {
    /// A scenario is open.
    Lab,
    /// The list of lessons.
    Lessons,
    /// Both.
    Both,
}

impl Screen {
    /// Whether something of this screen is at hand on `other`.
    pub fn shares(self, other: Screen) -> bool {
        self == other || self == Screen::Both || other == Screen::Both
    }
}

/// What a command is about; help lists commands under these headings.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs)]
pub enum Topic {
    Going,
    Breaking,
    Branching,
    Looking,
    Lesson,
    Session,
    Lessons,
}

impl Topic {
    /// All of them, in the order of help.
    pub const ALL: [Topic; 7] = [
        Topic::Going,
        Topic::Breaking,
        Topic::Branching,
        Topic::Looking,
        Topic::Lesson,
        Topic::Session,
        Topic::Lessons,
    ];

    /// The heading.
    pub fn title(self, lang: Lang) -> &'static str {
        match self {
            Topic::Going => lang.pick("Going through the run", "在运行中移动"),
            Topic::Breaking => lang.pick("Breaking and changing", "制造故障与改变"),
            Topic::Branching => lang.pick("Branches and bookmarks", "分支与书签"),
            Topic::Looking => lang.pick("Looking closer", "细看"),
            Topic::Lesson => lang.pick("The lesson", "课程"),
            Topic::Session => lang.pick("The session", "会话"),
            Topic::Lessons => lang.pick("The list of lessons", "课程列表"),
        }
    }
}

/// What decides which commands apply.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Situation {
    /// The run is over here.
    pub over: bool,
    /// Nothing has happened yet.
    pub at_start: bool,
    /// A message is selected.
    pub message: bool,
    /// Something done by hand on this branch can be taken back.
    pub undo: bool,
    /// Something taken back can be done again.
    pub redo: bool,
    /// How many branches there are.
    pub branches: usize,
    /// How many bookmarks there are.
    pub bookmarks: usize,
    /// A question of the lesson waits for an answer here.
    pub asked: bool,
    /// The lesson has questions that were not asked yet.
    pub questions: bool,
    /// The lesson has notes for the teacher.
    pub notes: bool,
    /// Something was searched for.
    pub searched: bool,
    /// The file on the disk is another one than the one that is open.
    pub changed_on_disk: bool,
    /// Work is going on in the background.
    pub working: bool,
}

impl Command {
    /// The name by which the palette finds it; never changed.
    pub fn name(self) -> &'static str {
        words::of(self).name
    }

    /// What it does, in a few words.
    pub fn title(self, lang: Lang) -> &'static str {
        let words = words::of(self);
        lang.pick(words.en, words.zh)
    }

    /// What it does, in one line.
    pub fn help(self, lang: Lang) -> &'static str {
        let words = words::of(self);
        lang.pick(words.help_en, words.help_zh)
    }

    /// The keys that do it, the one to show first.
    pub fn keys(self) -> &'static [Key] {
        key::of(self)
    }

    /// Where it is at hand.
    pub fn screen(self) -> Screen {
        use Command::*;
        match self {
            Open | Filter | BySystem | ByTopic | ByLevel | ByProgress => Screen::Lessons,
            Up | Down | PageUp | PageDown | Help | Language | Theme | Back | Suspend | Stop
            | Leave | ToStart | ToEnd | Palette => Screen::Both,
            _ => Screen::Lab,
        }
    }

    /// What it is about.
    pub fn topic(self) -> Topic {
        use Command::*;
        match self {
            Play | StepForward | StepBack | TenForward | TenBack | NextMark | LastMark
            | NextAnomaly | LastAnomaly | NextEvent | LastEvent | ToStart | ToEnd | GoTo
            | Faster | Slower => Topic::Going,
            Faults | Applications | Settings | Undo | Redo => Topic::Breaking,
            Branch | Branches | Compare | Sweep | Bookmark | Bookmarks => Topic::Branching,
            Up | Down | PageUp | PageDown | LastMessage | NextMessage | Follow | Explain
            | Search | NextHit | LastHit | NextPanel | LastPanel | TabLesson | TabFacts
            | TabLedger | TabMessage | TabSettings | Aloud | Internal => Topic::Looking,
            ToQuestion | Answer | Notes | Judge => Topic::Lesson,
            Copy | Write | Reload | Palette | Help | Language | Theme | Back | Suspend | Stop
            | Leave => Topic::Session,
            Open | Filter | BySystem | ByTopic | ByLevel | ByProgress => Topic::Lessons,
        }
    }

    /// Whether it applies; if not, why, in a sentence for the person who tried.
    pub fn applies(self, situation: &Situation, lang: Lang) -> Result<(), &'static str> {
        use Command::*;
        let s = situation;
        let over = lang.pick("the run is over here", "运行到此已经结束");
        let (holds, why) = match self {
            Play | StepForward | TenForward | NextMark | NextAnomaly | NextEvent | ToEnd => {
                (!s.over, over)
            }
            StepBack | TenBack | LastMark | LastAnomaly | LastEvent | ToStart => {
                (!s.at_start, lang.pick("this is the beginning", "已经在起点"))
            }
            Faults | Applications => (!s.over, over),
            Judge => (
                s.over,
                lang.pick("what the file expects is judged at the end", "运行到终点才能判定期望"),
            ),
            Undo => (
                s.undo,
                lang.pick("nothing was done by hand on this branch", "这个分支上没有手动操作"),
            ),
            Redo => (s.redo, lang.pick("nothing was taken back", "没有可以重做的操作")),
            Compare => (
                s.branches > 1,
                lang.pick("there is one branch only; b makes another", "只有一个分支；按 b 新建"),
            ),
            Bookmarks => (
                s.bookmarks > 0,
                lang.pick("there are no bookmarks; m makes one", "没有书签；按 m 添加"),
            ),
            NextHit | LastHit => (
                s.searched,
                lang.pick("nothing was searched for; / searches", "还没有搜索过；按 / 搜索"),
            ),
            Answer => (s.asked, lang.pick("no question is open here", "此处没有待答的问题")),
            ToQuestion => {
                (s.questions && !s.over, lang.pick("no question is left", "没有剩下的问题"))
            }
            Notes => {
                (s.notes, lang.pick("this scenario has no teacher's notes", "该场景没有教师备注"))
            }
            Reload => (
                s.changed_on_disk,
                lang.pick("the file on the disk is the one that is open", "磁盘上的文件没有变化"),
            ),
            Stop => (s.working, lang.pick("nothing is running", "没有正在进行的任务")),
            _ => (true, ""),
        };
        if holds { Ok(()) } else { Err(why) }
    }

    /// The command that a key means on a screen.
    pub fn by_key(key: Key, screen: Screen) -> Option<Command> {
        let mut here = Command::ALL.iter().filter(|c| c.screen().shares(screen));
        here.find(|c| c.keys().contains(&key)).copied()
    }

    /// The command of that name.
    pub fn by_name(name: &str) -> Option<Command> {
        Command::ALL.iter().find(|c| c.name() == name).copied()
    }
}

/// The key table of the documentation, in Markdown.
pub fn table(lang: Lang) -> String {
    let mut text = String::new();
    for topic in Topic::ALL {
        let (keys, what) = (lang.pick("keys", "按键"), lang.pick("what they do", "作用"));
        text.push_str(&format!("### {}\n\n| {keys} | {what} |\n|---|---|\n", topic.title(lang)));
        for command in Command::ALL.iter().filter(|c| c.topic() == topic) {
            let keys: Vec<String> =
                command.keys().iter().map(|key| format!("`{}`", key.text())).collect();
            let keys = keys.join(" ").replace('|', "\\|");
            text.push_str(&format!("| {keys} | {} |\n", command.help(lang)));
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_key_means_two_things_on_one_screen() {
        for screen in [Screen::Lab, Screen::Lessons] {
            let mut taken: Vec<(Key, Command)> = Vec::new();
            for command in Command::ALL.iter().filter(|c| c.screen().shares(screen)) {
                for key in command.keys() {
                    let other = taken.iter().find(|(k, _)| k == key);
                    assert!(other.is_none(), "{} is {command:?} and {other:?}", key.text());
                    taken.push((*key, *command));
                }
            }
        }
    }

    #[test]
    fn every_command_has_a_key_that_leads_to_it_on_each_of_its_screens() {
        for command in Command::ALL {
            assert!(!command.keys().is_empty(), "{command:?} has no key");
            for screen in [Screen::Lab, Screen::Lessons] {
                if command.screen().shares(screen) {
                    for key in command.keys() {
                        assert_eq!(Command::by_key(*key, screen), Some(*command));
                    }
                }
            }
        }
    }

    #[test]
    fn names_are_unique_and_words_exist_in_both_languages() {
        let names: BTreeSet<&str> = Command::ALL.iter().map(|c| c.name()).collect();
        assert_eq!(names.len(), Command::ALL.len());
        for command in Command::ALL {
            assert_eq!(Command::by_name(command.name()), Some(*command));
            let (en, zh) = (command.help(Lang::En), command.help(Lang::Zh));
            assert!(en.is_ascii() && !en.is_empty(), "{command:?}");
            assert!(!zh.is_ascii(), "{command:?}");
            assert!(!command.title(Lang::Zh).is_ascii() && !command.title(Lang::En).is_empty());
        }
    }

    #[test]
    fn keys_are_written_in_a_way_that_can_be_read_back() {
        for command in Command::ALL {
            for key in command.keys() {
                assert_eq!(Key::read(&key.text()), Some(*key), "{}", key.text());
            }
        }
    }
}
