//! The regions of the screen, one file each: pure functions from the open scenario to cells.

pub mod bar;
pub mod cluster;
pub mod lessons;
pub mod popup;
pub mod prompt;
pub mod side;
pub mod timeline;
