//! What would have prevented what is wrong with a message of a session.
//!
//! It is found by running the file again with one thing changed, so what was done by hand must
//! stand in the file. What is wrong is what is wrong at the place where the person is; the runs that
//! are tried go to their ends.

use super::export::{Export, Faithful};
use super::session::{Lab, Refused};
use crate::explore::{Inquiry, Progress, Report, Target, worst};
use crate::fact::MessageId;

/// What a search for cures came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cures {
    /// Nothing is wrong with the message here.
    Nothing,
    /// Something is, but not in the end: as the run goes on, it passes by itself.
    Passes(Target),
    /// Changes were tried.
    Tried(Target, Box<Report>),
}

impl Lab {
    /// What is wrong with a message here; the worst, if there is more than one thing.
    pub fn trouble_of(&self, message: MessageId) -> Option<Target> {
        let state = self.state();
        let judgement = state.model.ledger.judge_some(state.kernel.now(), [message]);
        worst(&judgement).into_iter().find(|target| target.message == message)
    }

    /// What would have prevented what is wrong with a message here. At most `events` events are
    /// played for it, beyond those of the branch itself, and it goes on for as long as `go_on` says
    /// so.
    ///
    /// # Errors
    /// [`Refused::NotFaithful`] if what was done by hand cannot be run again as a file,
    /// [`Refused::Stopped`] if the end of the branch was not reached.
    pub fn cures_while(
        &mut self,
        message: MessageId,
        events: u64,
        go_on: &mut dyn FnMut(Progress) -> bool,
    ) -> Result<Cures, Refused> {
        let Some(target) = self.trouble_of(message) else { return Ok(Cures::Nothing) };
        let (branch, seed) = (self.current, self.seed());
        let mut playing = |events| go_on(Progress { tried: 0, of: 0, events });
        let by_hand = !self.course().inputs.is_empty();
        let text = if by_hand {
            match self.export_while(branch, &mut playing)? {
                Export { text, faithful: Faithful::Yes } => text,
                Export { faithful: Faithful::No(why), .. } => {
                    return Err(Refused::NotFaithful(why));
                }
            }
        } else {
            self.branches[branch.0].source.to_string()
        };
        let inquiry =
            Inquiry { name: self.name(), text: &text, what_if: None, set: &[], seeds: 0, events };
        let whole = if by_hand {
            let again = inquiry.whole_while(seed, go_on).map_err(Refused::Scenario)?;
            again.ok_or(Refused::Stopped)?
        } else {
            self.clone().fates_while(branch, &mut playing)?
        };
        if !target.occurs(&whole.judgement) {
            return Ok(Cures::Passes(target));
        }
        let report = inquiry.report_while(&whole, target, go_on).map_err(Refused::Scenario)?;
        Ok(Cures::Tried(target, Box::new(report)))
    }
}
