//! What-ifs and seeds of the scenario: the same story told another way, each on a branch.

use crate::lab::session::Lab;
use crate::scenario::model::Text;

/// Another way to play the scenario.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Variant {
    /// One of its what-ifs, by name.
    WhatIf(String),
    /// Another seed: other delays and other choices, the same story.
    Seed(u64),
}

/// A variant on offer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VariantOffer {
    /// What it is called: its title, or its seed.
    pub label: Text,
    /// What it does, in one line.
    pub does: Text,
    /// For [`Lab::fork_with`].
    pub variant: Variant,
}

/// How many other seeds are offered.
const SEEDS: u64 = 3;

pub(super) fn variants(lab: &Lab) -> Vec<VariantOffer> {
    let Some(root) = lab.branches().first() else { return Vec::new() };
    let what_ifs = root.scenario().what_ifs.iter().map(|what_if| {
        let set = what_if.set.iter().map(|(address, value)| format!("{address}={value}"));
        let left_out = what_if.without.iter().map(|label| format!("− {label}"));
        let changes = set.chain(left_out).collect::<Vec<_>>().join(", ");
        let title = match what_if.title == Text::default() {
            true => Text::new(what_if.name.as_str(), what_if.name.as_str()),
            false => what_if.title.clone(),
        };
        VariantOffer {
            label: title,
            does: Text::new(
                format!("A branch from the start with {changes}"),
                format!("从头开一个分支：{changes}"),
            ),
            variant: Variant::WhatIf(what_if.name.clone()),
        }
    });
    let seeds = (1..=SEEDS).map(|n| {
        let seed = lab.seed().wrapping_add(n);
        VariantOffer {
            label: Text::new(format!("Seed {seed}"), format!("种子 {seed}")),
            does: Text::new(
                "A branch from the start with other delays and choices: is it luck?",
                "从头开一个分支，换一组时延和随机选择：看看是不是巧合",
            ),
            variant: Variant::Seed(seed),
        }
    });
    what_ifs.chain(seeds).collect()
}
