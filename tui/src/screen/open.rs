//! Opening a scenario: its text with what was changed on the command line.

use mqlab::scenario::{apply_set, apply_what_if, parse};

/// The text of a file with settings changed and a what-if applied, or its first mistake.
pub fn variant(
    name: &str,
    text: &str,
    set: &[(String, String)],
    what_if: Option<&str>,
) -> Result<String, String> {
    let mut source = text.to_string();
    if !set.is_empty() {
        source = apply_set(&source, set).map_err(first)?;
    }
    let parsed = parse(name, &source);
    let Some(scenario) = parsed.scenario else { return Err(first(parsed.diagnostics)) };
    if let Some(asked) = what_if {
        let Some(found) = scenario.what_ifs.iter().find(|w| w.name == asked) else {
            return Err(asked.to_string());
        };
        source = apply_what_if(&source, found).map_err(first)?;
    }
    Ok(source)
}

fn first(mistakes: Vec<mqlab::scenario::Diagnostic>) -> String {
    let first = mistakes.into_iter().find(|d| d.severity == mqlab::scenario::Severity::Error);
    first.map(|d| format!("{}: {}", d.line, d.message)).unwrap_or_default()
}
