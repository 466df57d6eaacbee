//! What answers to the mouse.

use super::bench::Tab;
use super::lines::Link;
use mqlab::fact::MessageId;
use mqlab::lab::Selection;
use mqlab::lab::command::Command;

/// What lies under the mouse.
#[derive(Clone, Debug)]
pub enum Spot {
    Cluster,
    Side,
    Select(Selection),
    Message(MessageId),
    Packet(usize),
    Tab(Tab),
    /// A line of the tab that is open, with where it leads.
    Line(usize, Option<Link>),
    /// A place of the timeline, in thousandths.
    Timeline(u32),
    Command(Command),
    /// A popup, where it does nothing.
    Popup,
    /// Outside of the popup.
    Outside,
    /// An entry of the popup.
    Item(usize),
    /// A lesson of the list.
    Lesson(usize),
}
