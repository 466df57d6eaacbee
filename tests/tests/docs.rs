//! The documentation is held to what it says: paths exist, links resolve, printed commands print
//! what the pages show, the vocabulary is complete, the picture is a picture of this program.
//!
//! What is made from the program (the picture of the README, the list of simplifications) is
//! written anew by `MQLAB_UPDATE_DOCS=1 cargo test -p mqlab-tests --test docs`.

#[path = "docs/console.rs"]
mod console;
#[path = "docs/glossary.rs"]
mod glossary;
#[path = "docs/keys.rs"]
mod keys;
#[path = "docs/links.rs"]
mod links;
#[path = "docs/not_modelled.rs"]
mod not_modelled;
#[path = "docs/pages.rs"]
mod pages;
#[path = "docs/picture.rs"]
mod picture;
#[path = "docs/program.rs"]
mod program;
