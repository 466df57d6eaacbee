//! Expectations against what happened.

/// What an expectation came to. None is ever folded into another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Verdict {
    /// It held.
    Passed,
    /// It did not hold.
    Failed,
    /// What it speaks of never happened.
    Vacuous,
    /// The run was stopped by a budget.
    Inconclusive,
    /// It could not be evaluated.
    Error,
}

/// One expectation judged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Judged {
    /// The sentence as written.
    pub expectation: String,
    /// What it came to.
    pub verdict: Verdict,
    /// The numbers behind it: `lost = 1`.
    pub actual: String,
}
