//! What is to be run, and what came of it.

use super::sweep::{self, SeedsRun, Sweep};
use crate::catalogue::Source;
use crate::cli::Test;
use crate::judging;
use crate::print::Page;
use crate::reading;
use crate::variant::{self, Case, Variant};
use mqlab::cluster::run::{Options, Outcome};
use mqlab::ledger::verdict::{Judged, Verdict};
use mqlab::scenario::Scenario;

/// How many seeds one unit of work runs: enough to keep handing over cheap, few enough to stop
/// soon after Ctrl-C.
fn seeds_at_a_time(seeds: u64) -> u64 {
    (seeds / 10_000).clamp(16, 256)
}

/// A file and the cases it asks for.
pub struct Plan {
    /// The name to print and to run again.
    pub name: String,
    /// The path for annotations.
    pub path: String,
    /// The scenario, if the file can be read.
    pub scenario: Option<Scenario>,
    /// What is wrong with the file, for people.
    pub mistakes: String,
    /// The first mistake: line and message.
    pub first_mistake: Option<(u32, String)>,
    /// The variants to run.
    pub cases: Vec<Case>,
}

/// Reads all files.
pub fn read(sources: &[Source], asked: &Test, page: &Page) -> Vec<Plan> {
    sources
        .iter()
        .map(|source| {
            let reading = reading::read(source, &[], page.say, page.ink);
            let scenario = reading.scenario.filter(|_| reading.errors == 0);
            let mut cases = scenario.as_ref().map_or_else(Vec::new, variant::cases);
            if asked.base_only {
                cases.truncate(1);
            }
            Plan {
                name: source.name.clone(),
                path: source.path.clone(),
                scenario,
                mistakes: reading.mistakes,
                first_mistake: reading.first,
                cases,
            }
        })
        .collect()
}

/// A unit of work.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Work {
    /// The index of the plan.
    pub plan: usize,
    task: Task,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Task {
    /// The case with this index, with the file's own seed.
    Case(usize),
    /// The base with these seeds.
    Seeds(std::ops::Range<u64>),
}

impl Plan {
    /// The units of work of this plan, which is the `index`-th.
    pub fn works(&self, index: usize, seeds: u64) -> Vec<Work> {
        let mut works: Vec<Work> = (0..self.cases.len())
            .map(|case| Work { plan: index, task: Task::Case(case) })
            .collect();
        let Some(scenario) = self.scenario.as_ref().filter(|_| seeds > 0) else { return works };
        let end = scenario.seed.saturating_add(seeds);
        let mut from = scenario.seed;
        while from < end {
            let to = from.saturating_add(seeds_at_a_time(seeds)).min(end);
            works.push(Work { plan: index, task: Task::Seeds(from..to) });
            from = to;
        }
        works
    }

    /// Does one unit of work; `None` if it was given up because it is not `wanted` any more.
    pub fn carry_out(&self, work: &Work, wanted: impl Fn() -> bool) -> Option<Finding> {
        Some(match &work.task {
            Task::Case(case) => match (self.cases.get(*case), &self.scenario) {
                (Some(Case { scenario: Ok(scenario), .. }), Some(base)) => {
                    let options = Options::default();
                    let outcome = judging::run_while(scenario, base, options, wanted)?;
                    Finding::Case(*case, CaseEnd::judged(&outcome))
                }
                (Some(Case { scenario: Err(why), .. }), _) => {
                    Finding::Case(*case, CaseEnd::Refused(why.clone()))
                }
                _ => Finding::Nothing,
            },
            Task::Seeds(seeds) => match &self.scenario {
                Some(scenario) => Finding::Seeds(sweep::run(scenario, seeds.clone(), wanted)?),
                None => Finding::Nothing,
            },
        })
    }

    /// What is found where the simulator stopped with a panic.
    pub fn broken(&self, work: &Work, why: String) -> Finding {
        match &work.task {
            Task::Case(case) => Finding::Case(*case, CaseEnd::Broken(why)),
            Task::Seeds(seeds) => Finding::SeedsBroken(seeds.start, why),
        }
    }
}

/// What a unit of work found.
pub enum Finding {
    /// How a case ended.
    Case(usize, CaseEnd),
    /// What some seeds showed.
    Seeds(SeedsRun),
    /// The simulator stopped with an internal error somewhere from this seed on.
    SeedsBroken(u64, String),
    /// There was nothing to do.
    Nothing,
}

/// A finding and the plan it belongs to.
pub struct Done {
    /// The index of the plan.
    pub plan: usize,
    /// The finding.
    pub finding: Finding,
}

impl Done {
    /// Whether the finding speaks against the scenario.
    pub fn is_bad(&self) -> bool {
        match &self.finding {
            Finding::Case(_, end) => end.verdict().is_some_and(|v| v != Verdict::Passed),
            Finding::SeedsBroken(..) => true,
            Finding::Seeds(_) | Finding::Nothing => false,
        }
    }
}

/// How a case ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CaseEnd {
    /// It ran and its expectations were judged.
    Judged {
        /// The seed.
        seed: u64,
        /// The digest.
        digest: u64,
        /// The expectations.
        judged: Vec<Judged>,
    },
    /// The real system refuses the combination, and so do we.
    Refused(String),
    /// The simulator stopped with an internal error.
    Broken(String),
}

impl CaseEnd {
    fn judged(outcome: &Outcome) -> CaseEnd {
        let judged = outcome.verdicts.clone();
        CaseEnd::Judged { seed: outcome.seed, digest: outcome.digest, judged }
    }

    /// The verdict on the case; `None` where nothing was expected of it.
    pub fn verdict(&self) -> Option<Verdict> {
        match self {
            CaseEnd::Judged { judged, .. } if judged.is_empty() => None,
            CaseEnd::Judged { judged, .. } => {
                Some(Verdict::worst(judged.iter().map(|j| j.verdict)))
            }
            CaseEnd::Refused(_) => None,
            CaseEnd::Broken(_) => Some(Verdict::Error),
        }
    }
}

/// A plan and what was found so far.
pub struct Tested<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// How each case ended, `None` where it did not run.
    pub ends: Vec<Option<CaseEnd>>,
    /// What the seeds showed, if seeds were asked for.
    pub sweep: Option<Sweep>,
    /// Units of work still to come.
    missing: usize,
}

impl<'a> Tested<'a> {
    /// Nothing found yet of so many units of work.
    pub fn new(plan: &'a Plan, seeds: u64, missing: usize) -> Tested<'a> {
        let sweep = plan.scenario.as_ref().filter(|_| seeds > 0).map(Sweep::new);
        Tested { plan, ends: vec![None; plan.cases.len()], sweep, missing }
    }

    /// Takes in a finding.
    pub fn take(&mut self, done: Done) {
        self.missing = self.missing.saturating_sub(1);
        match done.finding {
            Finding::Case(case, end) => {
                if let Some(slot) = self.ends.get_mut(case) {
                    *slot = Some(end);
                }
            }
            Finding::Seeds(run) => {
                if let Some(sweep) = &mut self.sweep {
                    sweep.add(run);
                }
            }
            Finding::SeedsBroken(seed, why) => {
                if let Some(sweep) = &mut self.sweep {
                    sweep.broken.get_or_insert((seed, why));
                }
            }
            Finding::Nothing => {}
        }
    }

    /// Whether all its work is done.
    pub fn is_complete(&self) -> bool {
        self.missing == 0
    }

    /// The verdict so far.
    pub fn verdict(&self) -> Verdict {
        if self.plan.scenario.is_none() {
            return Verdict::Error;
        }
        if self.ran() == 0 {
            return Verdict::Inconclusive;
        }
        let seeds = self.sweep.as_ref().filter(|_| self.is_complete()).map(Sweep::verdict);
        let missing = (!self.is_complete()).then_some(Verdict::Inconclusive);
        let cases = self.ends.iter().flatten().filter_map(CaseEnd::verdict);
        Verdict::worst(cases.chain(seeds).chain(missing))
    }

    /// How many cases ran.
    pub fn ran(&self) -> usize {
        self.ends.iter().flatten().count()
    }

    /// How many expectations were judged.
    pub fn expectations(&self) -> usize {
        let seeds = self.sweep.as_ref().map_or(0, |s| s.judged().len());
        let cases = self.ends.iter().flatten().map(|end| match end {
            CaseEnd::Judged { judged, .. } => judged.len(),
            CaseEnd::Refused(_) | CaseEnd::Broken(_) => 0,
        });
        cases.sum::<usize>() + seeds
    }

    /// The command that repeats a case.
    pub fn command(&self, case: usize) -> String {
        let seed = self.plan.scenario.as_ref().map_or(0, |s| s.seed);
        let variant = self.plan.cases.get(case).map_or(&Variant::Base, |c| &c.variant);
        variant::command(&self.plan.name, seed, &[], variant)
    }
}
