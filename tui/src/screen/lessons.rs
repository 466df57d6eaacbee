//! The list of lessons: what is in it, and what of it is shown.

use mqlab::lab::LessonProgress;
use mqlab::scenario::Scenario;
use mqlab::scenario::model::{Level, Text};

/// A lesson of the list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Entry {
    pub name: String,
    pub title: Text,
    pub ask: Text,
    pub teaches: Vec<String>,
    pub level: Option<Level>,
    pub questions: usize,
    pub what_ifs: usize,
    /// It was read, so the rest of the entry can be relied on.
    pub read: bool,
}

impl Entry {
    /// What is known before the file was read.
    pub fn named(name: &str) -> Entry {
        Entry { name: name.into(), ..Entry::default() }
    }

    /// What the file says.
    pub fn of(scenario: &Scenario) -> Entry {
        Entry {
            name: scenario.name.clone(),
            title: scenario.title.clone(),
            ask: scenario.ask.clone(),
            teaches: scenario.teaches.clone(),
            level: Some(scenario.level),
            questions: scenario.predictions.len(),
            what_ifs: scenario.what_ifs.len(),
            read: true,
        }
    }

    /// The system it is about.
    pub fn system(&self) -> &str {
        self.name.split('/').next().unwrap_or_default()
    }
}

/// How far somebody is in a lesson.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stand {
    Fresh,
    Begun,
    Finished,
}

impl Stand {
    /// How far it is, by what was kept.
    pub fn of(progress: &LessonProgress) -> Stand {
        match (progress.finished, progress.seen) {
            (true, _) => Stand::Finished,
            (false, true) => Stand::Begun,
            (false, false) => Stand::Fresh,
        }
    }
}

/// What narrows the list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Filter {
    System(Option<String>),
    Topic(Option<String>),
    Level(Option<Level>),
    Stand(Option<Stand>),
}

/// The list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Lessons {
    pub entries: Vec<Entry>,
    pub search: String,
    pub system: Option<String>,
    pub topic: Option<String>,
    pub level: Option<Level>,
    pub stand: Option<Stand>,
    pub cursor: usize,
}

impl Lessons {
    /// All of them.
    pub fn new(entries: Vec<Entry>) -> Lessons {
        Lessons { entries, ..Lessons::default() }
    }

    /// More is known of them now: the easier ones come first.
    pub fn fill(&mut self, mut entries: Vec<Entry>) {
        entries.sort_by_key(|entry| entry.level);
        self.entries = entries;
    }

    /// Narrows the list.
    pub fn only(&mut self, filter: Filter) {
        match filter {
            Filter::System(system) => self.system = system,
            Filter::Topic(topic) => self.topic = topic,
            Filter::Level(level) => self.level = level,
            Filter::Stand(stand) => self.stand = stand,
        }
        self.cursor = 0;
    }

    /// Whether the list is narrowed.
    pub fn is_narrowed(&self) -> bool {
        !self.search.is_empty()
            || self.system.is_some()
            || self.topic.is_some()
            || self.level.is_some()
            || self.stand.is_some()
    }

    /// The lessons that are left, given how far the person is in each.
    pub fn shown(&self, stand: impl Fn(&str) -> Stand) -> Vec<&Entry> {
        let words: Vec<String> = self.search.split_whitespace().map(str::to_lowercase).collect();
        self.entries
            .iter()
            .filter(|entry| self.system.as_deref().is_none_or(|s| entry.system() == s))
            .filter(|entry| self.topic.as_ref().is_none_or(|t| entry.teaches.contains(t)))
            .filter(|entry| self.level.is_none_or(|l| entry.level == Some(l)))
            .filter(|entry| self.stand.is_none_or(|s| stand(&entry.name) == s))
            .filter(|entry| {
                let texts =
                    [&entry.name, &entry.title.en, &entry.title.zh, &entry.ask.en, &entry.ask.zh];
                words.iter().all(|word| {
                    let all = texts.into_iter().chain(&entry.teaches);
                    all.into_iter().any(|text| text.to_lowercase().contains(word))
                })
            })
            .collect()
    }

    /// The systems there are.
    pub fn systems(&self) -> Vec<String> {
        let mut all: Vec<String> = self.entries.iter().map(|e| e.system().to_string()).collect();
        all.sort();
        all.dedup();
        all
    }

    /// The topics there are, with how many lessons teach each.
    pub fn topics(&self) -> Vec<(String, usize)> {
        let mut all = std::collections::BTreeMap::new();
        for topic in self.entries.iter().flat_map(|e| &e.teaches) {
            *all.entry(topic.clone()).or_insert(0) += 1;
        }
        all.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lessons() -> Lessons {
        let entry = |name: &str, level, teaches: &[&str]| Entry {
            name: name.into(),
            title: Text::new("Title", "标题"),
            level: Some(level),
            teaches: teaches.iter().map(|t| t.to_string()).collect(),
            read: true,
            ..Entry::default()
        };
        Lessons::new(vec![
            entry("kafka/a", Level::Beginner, &["acks", "isr"]),
            entry("kafka/b", Level::Advanced, &["isr"]),
            entry("redis/c", Level::Beginner, &["streams"]),
        ])
    }

    fn names(lessons: &Lessons) -> Vec<String> {
        let stand = |name: &str| if name.ends_with('a') { Stand::Finished } else { Stand::Fresh };
        lessons.shown(stand).iter().map(|e| e.name.clone()).collect()
    }

    #[test]
    fn filters_add_up() {
        let mut lessons = lessons();
        assert_eq!(names(&lessons).len(), 3);
        lessons.only(Filter::Topic(Some("isr".into())));
        assert_eq!(names(&lessons), ["kafka/a", "kafka/b"]);
        lessons.only(Filter::Level(Some(Level::Advanced)));
        assert_eq!(names(&lessons), ["kafka/b"]);
        lessons.only(Filter::Topic(None));
        lessons.only(Filter::Level(None));
        lessons.only(Filter::Stand(Some(Stand::Finished)));
        assert_eq!(names(&lessons), ["kafka/a"]);
    }

    #[test]
    fn a_search_looks_at_titles_in_both_languages_and_at_topics() {
        let mut lessons = lessons();
        lessons.search = "标题 streams".into();
        assert_eq!(names(&lessons), ["redis/c"]);
        assert_eq!(
            lessons.topics(),
            [("acks".into(), 1), ("isr".into(), 2), ("streams".into(), 1)]
        );
    }
}
