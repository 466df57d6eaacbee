//! The variants of a scenario that can be run: as it stands, each what-if, each matrix cell.

use mqlab::scenario::Scenario;
use std::fmt::Write;

/// Which variant of a scenario.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Variant {
    /// As the file stands.
    Base,
    /// A what-if, by name.
    WhatIf(String),
    /// A cell of the matrix, by its values.
    Cell(Vec<String>),
}

impl Variant {
    /// What to call the variant beside the scenario's name; empty for the base.
    pub fn label(&self) -> String {
        match self {
            Variant::Base => String::new(),
            Variant::WhatIf(name) => format!("what-if {name}"),
            Variant::Cell(values) => format!("cell {}", values.join(",")),
        }
    }

    /// The arguments of `mqlab run` that select it, with a leading space.
    pub fn arguments(&self) -> String {
        match self {
            Variant::Base => String::new(),
            Variant::WhatIf(name) => format!(" --what-if {}", quoted(name)),
            Variant::Cell(values) => format!(" --cell {}", quoted(&values.join(","))),
        }
    }
}

/// A variant with the scenario to run, or why the real system refuses it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Case {
    /// Which variant.
    pub variant: Variant,
    /// What to run.
    pub scenario: Result<Box<Scenario>, String>,
}

/// All variants of a scenario: the base first, then what-ifs and cells in file order.
pub fn cases(scenario: &Scenario) -> Vec<Case> {
    let mut cases = vec![Case { variant: Variant::Base, scenario: Ok(Box::new(scenario.clone())) }];
    for what_if in &scenario.what_ifs {
        cases.push(Case {
            variant: Variant::WhatIf(what_if.name.clone()),
            scenario: Ok(what_if.scenario.clone()),
        });
    }
    for cell in scenario.matrix.iter().flat_map(|m| &m.cells) {
        cases.push(Case {
            variant: Variant::Cell(cell.values.clone()),
            scenario: cell.scenario.clone(),
        });
    }
    cases
}

/// The command that repeats a run.
pub fn command(name: &str, seed: u64, set: &[(String, String)], variant: &Variant) -> String {
    command_of("run", name, seed, set, variant)
}

/// The same for another subcommand.
pub fn command_of(
    verb: &str,
    name: &str,
    seed: u64,
    set: &[(String, String)],
    variant: &Variant,
) -> String {
    let mut text = format!("mqlab {verb} {} --seed {seed}", quoted(name));
    for (key, value) in set {
        let _ = write!(text, " --set {}", quoted(&format!("{key}={value}")));
    }
    text.push_str(&variant.arguments());
    text
}

/// A word as a POSIX shell takes it.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=,:@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_string()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reproduction_line_can_be_pasted() {
        let set = [("producer.checkout.acks".to_string(), "all".to_string())];
        assert_eq!(
            command("my file.toml", 3, &set, &Variant::WhatIf("acks-all".into())),
            "mqlab run 'my file.toml' --seed 3 --set producer.checkout.acks=all --what-if acks-all"
        );
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
