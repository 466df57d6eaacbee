//! What a person can do with the mouse that is more than a command: panels return these, the
//! program carries them out after the frame.

use crate::layout::Pane;
use mqlab::fact::MessageId;
use mqlab::kernel::Time;
use mqlab::lab::command::Command;
use mqlab::lab::{BranchId, Selection, Variant};
use mqlab::scenario::model::Action;

/// Something to do.
#[derive(Clone, PartialEq, Debug)]
pub enum Act {
    /// One of the commands that both frontends know.
    Do(Command),
    /// Opens a scenario by name or path.
    Open(String),
    /// Goes to a moment.
    ToTime(Time),
    /// Goes right after an event.
    ToEvent(u64),
    /// Sets the speed, by its place in the list of speeds.
    Speed(usize),
    /// Plays a range again and again, or no longer.
    Loop(Option<(Time, Time)>),
    /// Selects something on the screen.
    Select(Selection),
    /// Follows a message in every panel.
    Message(Option<MessageId>),
    /// Does something to the world at this moment.
    Inject(Action),
    /// Branches with settings.
    Set(Vec<(String, String)>),
    /// Branches with a value a person typed, checked first.
    Typed {
        /// The address of the setting.
        address: String,
        /// What was typed.
        value: String,
    },
    /// Branches with a what-if or a seed.
    Vary(Variant),
    /// Goes to a branch.
    Switch(BranchId),
    /// Compares two branches.
    Compare(BranchId, BranchId),
    /// Goes to a bookmark.
    Visit(usize),
    /// Forgets a bookmark.
    Forget(usize),
    /// Answers a question of the lesson, or skips it.
    Answer(usize, Option<usize>),
    /// Asks what would have prevented what happened to a message.
    Cure(MessageId),
    /// Lists the fates although there are many.
    ListFates,
    /// Plays so many seeds in the background.
    Sweep(u64),
    /// Stops the sweep.
    StopSweep,
    /// Shows a panel.
    Show(Pane),
    /// Puts all panels back.
    ResetPanels,
    /// Scrolls lanes: around an offset, or following the end.
    Around(Option<u64>),
    /// Shows or hides the large type.
    Present,
    /// Writes the branch as a scenario file.
    SaveScenario(String),
    /// Writes what the window shows as a picture.
    SavePng(String),
    /// Writes the cluster as a drawing.
    SaveSvg(String),
    /// Puts a text on the clipboard.
    Copy(String),
    /// Closes an error.
    Dismiss(usize),
}
