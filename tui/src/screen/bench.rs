//! An open scenario: the lab, what is selected in it, and what is going on.

use super::work::Move;
use crate::text::Say;
use mqlab::fact::MessageId;
use mqlab::kernel::Time;
use mqlab::lab::command::Situation;
use mqlab::lab::{
    BranchId, Change, Feedback, Lab, Lesson, LessonProgress, Selection, SettingOffer,
};
use mqlab::scenario::Scenario;
use mqlab::scenario::model::Text;
use mqlab::view::picture::Role;
use mqlab::view::{Options, View};
use std::collections::{BTreeMap, VecDeque};

/// The tabs of the side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tab {
    Lesson,
    Facts,
    Ledger,
    Message,
    Settings,
}

impl Tab {
    /// All of them, in order.
    pub const ALL: [Tab; 5] = [Tab::Lesson, Tab::Facts, Tab::Ledger, Tab::Message, Tab::Settings];
}

/// The region that has the keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Region {
    Cluster,
    Side,
}

/// Facts a second.
pub const SPEEDS: [u32; 12] = [1, 2, 4, 8, 16, 32, 64, 128, 512, 2048, 8192, 32768];
/// The speed at first.
const COMFORTABLE: usize = 2;
/// Ticks a second while playing.
pub const TICKS: u32 = 25;

/// A move that is being done.
#[derive(Clone, Debug)]
pub struct Moving {
    pub id: u64,
    /// It has told how far it is, so it takes long enough to be noticed.
    pub long: bool,
    /// How far, in thousandths.
    pub far: Option<u32>,
}

/// Something being found out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Looking {
    pub id: u64,
    pub what: super::work::Look,
}

/// An open scenario.
pub struct Bench {
    /// How it was asked for: the catalogue name or the path.
    pub name: String,
    /// The file on the disk, if it is one.
    pub path: Option<String>,
    /// The text of the file as it was opened, before settings were changed.
    pub file: String,
    /// Settings changed on the command line.
    pub set: Vec<(String, String)>,
    /// The what-if asked for on the command line.
    pub what_if: Option<String>,
    pub lab: Lab,
    pub view: View,
    pub selected: Selection,
    pub message: Option<MessageId>,
    pub packet: Option<usize>,
    pub region: Region,
    pub tab: Tab,
    /// The cursors of the tabs; `usize::MAX` is the end.
    pub cursors: [usize; 5],
    pub internal: bool,
    /// Playing, with thousandths of a fact saved up.
    pub playing: Option<u32>,
    pub speed: usize,
    pub moving: Option<Moving>,
    pub queue: VecDeque<Move>,
    pub looking: Option<Looking>,
    pub search: Option<String>,
    pub lesson: Lesson,
    /// What was said to answers, by the number of the question, and on which branch the run said
    /// so.
    pub feedback: BTreeMap<usize, (BranchId, Feedback)>,
    /// The feedback was shown at the end of the run.
    pub concluded: bool,
    /// The text on the disk, if it is another one.
    pub changed: Option<String>,
    /// How many cells of a lane fit on the screen.
    pub cells: u64,
    /// Where the session is to be written.
    pub writing: Option<String>,
    /// Whether there is something to save.
    pub touched: bool,
}

impl Bench {
    /// A bench with this lab on it.
    pub fn new(
        name: &str,
        path: Option<String>,
        file: String,
        mut lab: Lab,
        progress: LessonProgress,
    ) -> Bench {
        let lesson = Lesson::begin(&mut lab, progress);
        let view = lab.view(&Options::default());
        let mut bench = Bench {
            name: name.into(),
            path,
            file,
            set: Vec::new(),
            what_if: None,
            lab,
            view,
            selected: Selection::Nothing,
            message: None,
            packet: None,
            region: Region::Cluster,
            tab: Tab::Lesson,
            cursors: [0, usize::MAX, 0, 0, 0],
            internal: false,
            playing: None,
            speed: COMFORTABLE,
            moving: None,
            queue: VecDeque::new(),
            looking: None,
            search: None,
            lesson,
            feedback: BTreeMap::new(),
            concluded: false,
            changed: None,
            cells: 64,
            writing: None,
            touched: false,
        };
        bench.refresh();
        bench
    }

    /// Looks at the lab again.
    pub fn refresh(&mut self) {
        let options = Options {
            cells: self.cells,
            packets: 32,
            timers: 8,
            facts: 0,
            internal: self.internal,
            ..Options::default()
        };
        self.view = self.lab.view(&options);
    }

    /// Puts another state of the lab on the bench.
    pub fn adopt(&mut self, lab: Lab) {
        let before = (self.lab.current(), self.lab.position().event);
        self.lab = lab;
        self.packet = None;
        if (self.lab.current(), self.lab.position().event) != before {
            self.cursors[Tab::Facts as usize] = usize::MAX;
            if self.tab != Tab::Lesson || self.region == Region::Cluster {
                self.cursors[Tab::Lesson as usize] = usize::MAX;
            }
        }
        self.refresh();
    }

    /// Whether anything is going on that needs ticks.
    pub fn wants_ticks(&self) -> bool {
        self.playing.is_some()
    }

    /// The scenario that is played.
    pub fn scenario(&self) -> &Scenario {
        self.lab.state().model.scenario()
    }

    /// The settings of what is selected, or of everything.
    pub fn settings(&self) -> Vec<SettingOffer> {
        let own = self.lab.offers(self.target()).settings;
        if self.target() != Selection::Nothing && !own.is_empty() {
            return own;
        }
        let mut all: Vec<SettingOffer> = Vec::new();
        let of = |role: Role| {
            let nodes = self.view.nodes.iter().filter(move |n| n.role == role);
            nodes.map(|n| Selection::Node(n.node))
        };
        let lanes = self.view.lanes.iter().map(|l| Selection::Lane(l.lane));
        let clients = of(Role::Producer).chain(lanes).chain(of(Role::Consumer));
        // The settings of one broker are those of all.
        for selection in clients.chain(of(Role::Broker).take(1)) {
            for setting in self.lab.offers(selection).settings {
                if all.iter().all(|known| known.address != setting.address) {
                    all.push(setting);
                }
            }
        }
        all.extend(own);
        all
    }

    /// What decides which commands apply.
    pub fn situation(&self) -> Situation {
        let branch = self.lab.branch(self.lab.current());
        let questions = self.lesson.questions(&self.lab);
        let notes = &self.scenario().notes;
        Situation {
            over: self.lab.ended().is_some(),
            at_start: self.lab.position().event == 0,
            message: self.message.is_some(),
            undo: branch.is_some_and(|b| b.interventions().len() > b.inherited()),
            redo: branch.is_some_and(|b| b.redoable() > 0),
            branches: self.lab.branches().len(),
            bookmarks: self.lab.bookmarks().len(),
            asked: self.lesson.waiting(&self.lab).is_some(),
            questions: questions.iter().any(|q| q.answer.is_none()),
            notes: *notes != Text::default(),
            searched: self.search.is_some(),
            changed_on_disk: self.changed.is_some(),
            working: self.moving.as_ref().is_some_and(|m| m.long) || self.looking.is_some(),
        }
    }

    /// What faults and settings are offered for.
    pub fn target(&self) -> Selection {
        match (self.selected, self.message) {
            (Selection::Nothing, Some(message)) => Selection::Message(message),
            (selected, _) => selected,
        }
    }

    /// The messages that have been sent so far, as a range of ids.
    pub fn messages(&self) -> u32 {
        self.lab.directory().message_count()
    }

    /// Selects a message and shows where it is.
    pub fn select_message(&mut self, message: MessageId) {
        if message.0 < self.messages() {
            self.message = Some(message);
            self.cursors[Tab::Message as usize] = 0;
            self.cursors[Tab::Ledger as usize] = message.0 as usize;
        }
    }

    /// The command that reproduces this moment.
    pub fn command(&self) -> String {
        use crate::variant::{Variant, command_of};
        let branch = self.lab.branch(self.lab.current());
        let changed = branch.map(|b| self.changes_of(b.parent, self.lab.current()));
        let (mut set, mut what_if) = changed.unwrap_or_default();
        set.splice(0..0, self.set.iter().cloned());
        what_if = what_if.or_else(|| self.what_if.clone());
        let variant = what_if.map_or(Variant::Base, Variant::WhatIf);
        let mut text = command_of("open", &self.name, self.lab.seed(), &set, &variant);
        text.push_str(&format!(" --at '#{}'", self.lab.position().event));
        text
    }

    /// The settings and the what-if by which a branch differs from the file.
    fn changes_of(
        &self,
        parent: Option<BranchId>,
        id: BranchId,
    ) -> (Vec<(String, String)>, Option<String>) {
        let (mut set, mut what_if) = match parent.and_then(|p| self.lab.branch(p)) {
            Some(branch) => self.changes_of(branch.parent, parent.unwrap_or(BranchId(0))),
            None => (Vec::new(), None),
        };
        match self.lab.branch(id).map(|b| &b.change) {
            Some(Change::Settings(changes)) => set.extend(changes.iter().cloned()),
            Some(Change::WhatIf(name)) => what_if = Some(name.clone()),
            _ => {}
        }
        (set, what_if)
    }

    /// Another text of the file with what was changed on the command line, or its first mistake.
    pub fn variant_of(&self, text: &str) -> Result<String, String> {
        crate::screen::open::variant(&self.name, text, &self.set, self.what_if.as_deref())
    }

    /// Whether something was done by hand on the branch that is open.
    pub fn by_hand(&self) -> bool {
        let branch = self.lab.branch(self.lab.current());
        branch.is_some_and(|b| !b.interventions().is_empty())
    }

    /// A place that was typed: a time, an event, a message.
    pub fn place(&self, typed: &str) -> Option<Place> {
        use mqlab::scenario::span_from_text;
        let typed = typed.trim();
        if let Some(event) = typed.strip_prefix('#') {
            return event.parse().ok().map(Place::Event);
        }
        if let Some(message) = self.lab.directory().find_message(typed) {
            return Some(Place::Message(message));
        }
        if let Some(node) = self.lab.directory().find_node(typed) {
            return Some(Place::Node(node));
        }
        match typed {
            "end" => return Some(Place::End),
            "start" => return Some(Place::Event(0)),
            _ => {}
        }
        if let Some(number) = typed.strip_prefix('\'') {
            let number: usize = number.parse().ok()?;
            return Some(Place::Bookmark(number.checked_sub(1)?));
        }
        span_from_text(typed).ok().map(|span| Place::Time(Time(span.0)))
    }
}

/// A place a person can name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    Event(u64),
    Time(Time),
    Message(MessageId),
    Node(mqlab::fact::NodeId),
    Bookmark(usize),
    End,
}

/// What a branch is called.
pub fn branch_name(lab: &Lab, id: BranchId, say: Say) -> String {
    let Some(branch) = lab.branch(id) else { return String::new() };
    let what = match &branch.change {
        Change::Nothing if branch.parent.is_none() => say.as_it_is().to_string(),
        Change::Nothing | Change::Action => {
            let own = branch.interventions().get(branch.inherited());
            match own {
                Some(input) => say.action(&input.action, lab.directory()),
                None => say.same_run().to_string(),
            }
        }
        Change::Settings(changes) => {
            let texts: Vec<String> = changes.iter().map(|(k, v)| format!("{k}={v}")).collect();
            texts.join("; ")
        }
        Change::WhatIf(name) => format!("what-if {name}"),
        Change::Seed(seed) => say.seed(*seed),
    };
    format!("{} {what}", id.0)
}
