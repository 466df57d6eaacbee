//! Several verdicts summed up as one, for exit statuses and lines of reports.

use mqlab::ledger::verdict::Verdict;

/// The verdict that matters most; a case without expectations has nothing against it.
pub fn worst(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
    verdicts.into_iter().max_by_key(|v| severity(*v)).unwrap_or(Verdict::Passed)
}

fn severity(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Passed => 0,
        Verdict::Vacuous => 1,
        Verdict::Inconclusive => 2,
        Verdict::Error => 3,
        Verdict::Failed => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_never_hidden_by_a_milder_verdict() {
        let all = [Verdict::Vacuous, Verdict::Failed, Verdict::Inconclusive, Verdict::Passed];
        assert_eq!(worst(all), Verdict::Failed);
        assert_eq!(worst([]), Verdict::Passed);
    }
}
