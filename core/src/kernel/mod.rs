//! The kernel: virtual time, the agenda, keyed choices, causes, the running digest.
//!
//! It knows no message queue and no network: it is generic over a [`Model`] and is tested with
//! toy models. It may use nothing else of this crate. Start with [`Engine`].

mod time;

pub use time::{Span, Time};
