//! The key table of the terminal lab, made from the commands.

use crate::pages::made_part;
use mqlab::lab::command::table;
use mqlab::story::Lang;

#[test]
fn the_page_lists_every_command() {
    made_part("docs/terminal-lab.md", "keys", &format!("\n{}", table(Lang::En).trim_end()));
}
