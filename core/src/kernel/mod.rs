//! The kernel: virtual time, the agenda, keyed choices, causes, the running digest.
//!
//! It knows no message queue and no network: it is generic over a [`Model`] and is tested with
//! toy models. It may use nothing else of this crate. Start with [`Engine`].

mod agenda;
mod choose;
mod chunked;
mod digest;
mod engine;
mod shared;
mod time;
mod trace;
mod wheel;

pub use agenda::{Agenda, Ticket};
pub use choose::{Chooser, Draws, Key, Site, Stream, Tape, subject};
pub use chunked::Chunked;
pub use digest::Digest;
pub use engine::{Engine, Event, Kernel, Model, TRACE_EVENTS};
pub use shared::Shared;
pub use time::{Span, Time};
pub use trace::{Trace, Traced};
