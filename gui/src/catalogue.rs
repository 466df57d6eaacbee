//! The scenarios at hand: those inside the program, by name, and files, by path.

use crate::text::Say;
use include_dir::{Dir, include_dir};
use mqlab::scenario::model::{Level, Text};
use mqlab::scenario::parse;
use std::path::Path;
use std::sync::OnceLock;

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../scenarios");

/// A scenario inside the program, as the list of lessons shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The catalogue name, such as `kafka/acks-one-leader-power-off`.
    pub name: String,
    /// The text of the file.
    pub text: &'static str,
    /// What it claims.
    pub title: Text,
    /// What it asks.
    pub ask: Text,
    /// The concepts it shows.
    pub teaches: Vec<String>,
    /// How much one should know.
    pub level: Level,
    /// How many questions it asks.
    pub questions: usize,
}

impl Entry {
    /// The system it is about: the folder it stands in.
    pub fn system(&self) -> &str {
        self.name.split('/').next().unwrap_or_default()
    }
}

/// All scenarios inside the program, in order of their names. Read once.
pub fn entries() -> &'static [Entry] {
    static ENTRIES: OnceLock<Vec<Entry>> = OnceLock::new();
    ENTRIES.get_or_init(|| {
        let mut entries: Vec<Entry> = texts().into_iter().filter_map(entry).collect();
        entries.sort_by(|a, b| (a.system(), a.level, &a.name).cmp(&(b.system(), b.level, &b.name)));
        entries
    })
}

fn entry((name, text): (String, &'static str)) -> Option<Entry> {
    let scenario = parse(&name, text).scenario?;
    Some(Entry {
        title: scenario.title,
        ask: scenario.ask,
        teaches: scenario.teaches,
        level: scenario.level,
        questions: scenario.predictions.len(),
        name,
        text,
    })
}

/// Names and texts of all embedded files.
pub fn texts() -> Vec<(String, &'static str)> {
    let mut found = Vec::new();
    collect(&EMBEDDED, &mut found);
    found.sort();
    found
}

fn collect(dir: &'static Dir<'_>, found: &mut Vec<(String, &'static str)>) {
    for file in dir.files().filter(|f| f.path().extension().is_some_and(|e| e == "toml")) {
        // The names are the same on every system, whatever its path separator.
        let path = file.path().with_extension("");
        let parts = path.components().map(|c| c.as_os_str().to_string_lossy().into_owned());
        let name = parts.collect::<Vec<_>>().join("/");
        found.extend(file.contents_utf8().map(|text| (name, text)));
    }
    dir.dirs().for_each(|dir| collect(dir, found));
}

/// A scenario's name and text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// The catalogue name, or the path as given.
    pub name: String,
    /// The text.
    pub text: String,
    /// Whether it was read from a file.
    pub file: bool,
}

/// A scenario by path or, where there is no such file, by catalogue name with or without its folder.
/// The error is a sentence for the person.
pub fn find(asked: &str, say: Say) -> Result<Source, String> {
    if Path::new(asked).is_file() {
        let text = std::fs::read_to_string(asked)
            .map_err(|error| say.not_read(asked, &error.to_string()))?;
        return Ok(Source { name: asked.into(), text, file: true });
    }
    let wanted = asked.strip_suffix(".toml").unwrap_or(asked);
    let texts = texts();
    let last = |name: &str| name.rsplit('/').next().unwrap_or_default().to_string();
    let found = texts.iter().find(|(name, _)| name == wanted);
    let found = found.or_else(|| texts.iter().find(|(name, _)| last(name) == wanted));
    match found {
        Some((name, text)) => {
            Ok(Source { name: name.clone(), text: (*text).to_string(), file: false })
        }
        None => Err(say.unknown_scenario(asked, &nearest(wanted, &texts))),
    }
}

/// Up to three names that may have been meant.
fn nearest(wanted: &str, texts: &[(String, &'static str)]) -> Vec<String> {
    const MOST: usize = 3;
    let wanted = wanted.to_lowercase();
    let mut near: Vec<(usize, &str)> = texts
        .iter()
        .filter_map(|(name, _)| {
            let short = name.rsplit('/').next().unwrap_or(name);
            let distance = strsim::damerau_levenshtein(&wanted, name)
                .min(strsim::damerau_levenshtein(&wanted, short));
            let part = wanted.len() >= 3 && name.contains(&wanted);
            (part || distance <= wanted.chars().count().max(4) / 3)
                .then_some((if part { 0 } else { distance }, name.as_str()))
        })
        .collect();
    near.sort();
    near.into_iter().take(MOST).map(|(_, name)| name.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_scenario_can_be_opened() {
        assert!(texts().len() > 30);
        assert_eq!(entries().len(), texts().len());
    }

    #[test]
    fn a_scenario_is_found_by_either_name_and_a_slip_is_answered_with_the_right_one() {
        let say = Say::default();
        let found = find("acks-one-leader-power-off", say).expect("embedded");
        assert_eq!(found.name, "kafka/acks-one-leader-power-off");
        let error = find("acks-one-leader-poweroff", say).expect_err("a slip");
        assert!(error.contains("kafka/acks-one-leader-power-off"), "{error}");
    }
}
