//! The JUnit report, one suite a scenario and one case a variant. It holds no times: it is the same
//! for every machine.

use super::plan::{CaseEnd, Tested};
use super::report::fault;
use crate::failure::Failure;
use crate::text::Say;
use mqlab::ledger::verdict::{Judged, Verdict};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Creates the file, so that a wrong path is known before the work begins.
pub fn create(path: &Path, say: Say) -> Result<File, Failure> {
    File::create(path).map_err(|e| cannot_write(path, &e.to_string(), say))
}

fn cannot_write(path: &Path, why: &str, say: Say) -> Failure {
    Failure::new(say.cannot_write(&path.display().to_string(), why))
}

/// Writes the report.
pub fn write(file: File, path: &Path, tested: &[Tested], say: Say) -> Result<(), Failure> {
    let mut report = Report::new("mqlab");
    for one in tested {
        report.add_test_suite(suite(one, say));
    }
    let mut file = BufWriter::new(file);
    report.serialize(&mut file).map_err(|e| cannot_write(path, &e.to_string(), say))?;
    file.flush().map_err(|e| cannot_write(path, &e.to_string(), say))
}

fn suite(one: &Tested, say: Say) -> TestSuite {
    let mut suite = TestSuite::new(one.plan.name.as_str());
    if one.plan.scenario.is_none() {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(say.unreadable_file()).set_description(one.plan.mistakes.as_str());
        suite.add_test_case(TestCase::new("read", status));
    }
    for (index, (case, end)) in one.plan.cases.iter().zip(&one.ends).enumerate() {
        let label = case.variant.label();
        let name = if label.is_empty() { "as written" } else { label.as_str() };
        let mut test = TestCase::new(name, status(one, index, end.as_ref(), say));
        test.set_classname(one.plan.name.as_str());
        suite.add_test_case(test);
    }
    if let Some(sweep) = &one.sweep {
        let judged = sweep.judged();
        let mut test = TestCase::new("seeds", of_verdict(&judged, sweep.verdict(), "", say));
        test.set_classname(one.plan.name.as_str());
        suite.add_test_case(test);
    }
    suite
}

fn status(one: &Tested, index: usize, end: Option<&CaseEnd>, say: Say) -> TestCaseStatus {
    match end {
        None => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(say.not_run());
            status
        }
        Some(CaseEnd::Refused(why)) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(format!("{}: {why}", say.refused_combination()));
            status
        }
        Some(CaseEnd::Broken(why)) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(why.as_str());
            status
        }
        Some(end @ CaseEnd::Judged { judged, .. }) => {
            let verdict = end.verdict().unwrap_or(Verdict::Passed);
            of_verdict(judged, verdict, &one.command(index), say)
        }
    }
}

/// A failure for what did not hold, an error for what could not be decided.
fn of_verdict(judged: &[Judged], verdict: Verdict, command: &str, say: Say) -> TestCaseStatus {
    let kind = match verdict {
        Verdict::Passed => return TestCaseStatus::success(),
        Verdict::Failed => NonSuccessKind::Failure,
        Verdict::Vacuous | Verdict::Inconclusive | Verdict::Error => NonSuccessKind::Error,
    };
    let mut status = TestCaseStatus::non_success(kind);
    let bad: Vec<String> =
        judged.iter().filter(|j| j.verdict != Verdict::Passed).map(|j| fault(j, say)).collect();
    let mut text = bad.join("\n");
    if !command.is_empty() {
        text.push_str(&format!("\n{}: {command}", say.reproduce()));
    }
    status.set_message(bad.first().cloned().unwrap_or_default());
    status.set_type(verdict.name()).set_description(text);
    status
}
