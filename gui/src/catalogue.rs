//! The scenarios at hand: those inside the program, by name, and files, by path.

use crate::text::Say;
use mqlab::scenario::model::{Level, Text};
use mqlab::scenario::parse;
use mqlab_catalogue::Embedded;
use std::path::Path;
use std::sync::OnceLock;

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
        let mut entries: Vec<Entry> =
            mqlab_catalogue::all().into_iter().filter_map(entry).collect();
        entries.sort_by(|a, b| (a.system(), a.level, &a.name).cmp(&(b.system(), b.level, &b.name)));
        entries
    })
}

fn entry(Embedded { name, text }: Embedded) -> Option<Entry> {
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
    // Where several have the same last part, the first is as good as any.
    match mqlab_catalogue::named(asked).into_iter().next() {
        Some(Embedded { name, text }) => Ok(Source { name, text: text.into(), file: false }),
        None => Err(say.unknown_scenario(asked, &mqlab_catalogue::nearest(asked))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_scenario_can_be_opened() {
        assert!(entries().len() > 30);
        assert_eq!(entries().len(), mqlab_catalogue::all().len());
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
