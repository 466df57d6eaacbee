//! The example of the scenario reference parses into what it says.

use crate::scenario::{parse, render};

pub const EXAMPLE: &str = include_str!("files/example.toml");

#[test]
fn the_published_example_is_right() {
    let parsed = parse("example", EXAMPLE);
    let told: Vec<String> =
        parsed.diagnostics.iter().map(|d| render(d, EXAMPLE, "example.toml", false)).collect();
    assert!(told.is_empty(), "{}", told.join("\n\n"));
    let scenario = parsed.scenario.expect("no mistakes");
    insta::assert_debug_snapshot!(scenario);
}
