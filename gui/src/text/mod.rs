//! Every word of the desktop lab that is not the core's, in both languages.
//!
//! Commands, settings, facts and fates are named by the core; here is what only a window has.

mod phrases;
mod sentences;

pub use phrases::Phrase;
pub use sentences::Say;
