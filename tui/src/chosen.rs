//! The run that the arguments of a command mean: file, settings, what-if, seed.

use crate::catalogue::{self, Source};
use crate::cli::Which;
use crate::failure::Failure;
use crate::print::Page;
use crate::reading;
use crate::variant::{Variant, command_of};
use mqlab::cluster::run::{Options, Outcome, run};
use mqlab::explore::{Inquiry, Target, worst};
use mqlab::fact::MessageId;
use mqlab::lab::Lab;
use mqlab::scenario::Scenario;
use std::sync::Arc;

/// The file and the variant that were asked for.
pub struct Chosen {
    /// Where the text comes from.
    pub source: Source,
    /// What to run.
    pub scenario: Scenario,
    /// Which variant of the file it is.
    pub variant: Variant,
}

/// Reads what is asked for; a mistake is told with what may have been meant.
pub fn choose(which: &Which, page: &Page) -> Result<Chosen, Failure> {
    let source = catalogue::find(&which.scenario, page.say)?;
    let whole = reading::must_read(&source, &which.set, page)?;
    let (scenario, variant) = match &which.what_if {
        None => (whole, Variant::Base),
        Some(name) => (what_if(&whole, name, page)?, Variant::WhatIf(name.clone())),
    };
    Ok(Chosen { source, scenario, variant })
}

/// The scenario of a what-if.
pub fn what_if(whole: &Scenario, name: &str, page: &Page) -> Result<Scenario, Failure> {
    if let Some(found) = whole.what_ifs.iter().find(|w| w.name == name) {
        return Ok((*found.scenario).clone());
    }
    let names: Vec<String> = whole.what_ifs.iter().map(|w| w.name.clone()).collect();
    let help = match names.is_empty() {
        true => page.say.no_what_ifs().to_string(),
        false => page.say.there_are(&names),
    };
    Err(Failure::new(page.say.unknown_what_if(name)).help(help))
}

impl Chosen {
    /// Plays it, with its history kept.
    pub fn play(&self, which: &Which) -> Outcome {
        run(&self.scenario, Options { seed: which.seed, keep_history: true, ..Options::default() })
    }

    /// A session over it, at its start.
    pub fn lab(&self, which: &Which) -> Lab {
        let text = self.source.text.as_deref().unwrap_or_default();
        let lab = Lab::of(&self.source.name, Arc::new(self.scenario.clone()), text);
        match which.seed {
            Some(seed) => lab.with_seed(seed),
            None => lab,
        }
    }

    /// The command that does this again, but for what it is asked for.
    pub fn command(&self, verb: &str, which: &Which, outcome: &Outcome) -> String {
        command_of(verb, &self.source.name, outcome.seed, &which.set, &self.variant)
    }

    /// The question for the runs that are tried.
    pub fn inquiry<'a>(&'a self, which: &'a Which, seeds: u64, events: u64) -> Inquiry<'a> {
        Inquiry {
            name: &self.source.name,
            text: self.source.text.as_deref().unwrap_or_default(),
            what_if: which.what_if.as_deref(),
            set: &which.set,
            seeds,
            events,
        }
    }

    /// The message of that name and what went wrong with it; without a name, the one that fared
    /// worst, or the first one.
    pub fn message(
        &self,
        asked: Option<&str>,
        outcome: &Outcome,
        page: &Page,
    ) -> Result<(MessageId, Option<Target>), Failure> {
        let targets = worst(&outcome.judgement);
        let Some(name) = asked else {
            let first = targets.first().copied();
            return Ok((first.map_or(MessageId(0), |t| t.message), first));
        };
        match self.scenario.directory.find_message(name) {
            Some(message) => Ok((message, targets.into_iter().find(|t| t.message == message))),
            None => {
                let directory = &self.scenario.directory;
                let names: Vec<String> = directory
                    .messages
                    .iter()
                    .map(|b| format!("{}1 – {}{}", b.prefix, b.prefix, b.count))
                    .collect();
                Err(Failure::new(page.say.unknown_message(name)).help(page.say.there_are(&names)))
            }
        }
    }
}
