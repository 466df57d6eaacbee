//! The desktop lab of mqlab: everything but the window.
//!
//! It draws [`mqlab::view::View`] and dispatches [`mqlab::lab::command::Command`]; it knows no broker
//! family and keeps no simulation state of its own. A panel is a function of what is open and how it
//! is looked at; it answers with [`act::Act`]s, which [`app::App`] carries out after the frame.
//! It depends on egui, not on a window system, so every screen can be drawn and clicked without one.
//!
//! | file | about |
//! |---|---|
//! | `app.rs`, `app/` | the program: which screen, what overlays, what to do with acts |
//! | `desk.rs` | an open scenario: the lab, what is selected, how time runs |
//! | `going.rs` | going somewhere in portions, so that a frame never waits |
//! | `work.rs` | what may take long, on a thread of its own |
//! | `act.rs`, `keys.rs` | what a person can do, and the keys for it |
//! | `panels/` | one file a panel |
//! | `layout.rs` | how panels are docked |
//! | `theme.rs`, `text/` | every colour and glyph; every word |
//! | `fonts.rs`, `paint.rs`, `screenshot.rs` | letters, pixels without a graphics card, pictures |
//! | `catalogue.rs`, `store.rs` | embedded scenarios; what is kept from one day to the next |

pub mod act;
pub mod app;
pub mod catalogue;
pub mod desk;
pub mod fonts;
mod going;
mod keys;
pub mod layout;
pub mod paint;
mod panels;
pub mod screenshot;
pub mod store;
mod svg;
pub mod text;
pub mod theme;
mod work;

pub use app::App;
