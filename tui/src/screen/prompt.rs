//! A line to type into.

/// What the typed text is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum For {
    /// Go to a place.
    Place,
    /// Search facts.
    Search,
    /// A name for a bookmark.
    Bookmark,
    /// The path of a scenario file.
    Path(String),
    /// How many seeds to play.
    Seeds,
    /// A value for a setting.
    Setting(String),
    /// A filter for the list of lessons.
    Lessons,
}

/// A line to type into.
#[derive(Clone, Debug)]
pub struct Prompt {
    pub title: String,
    pub hint: String,
    pub typed: String,
    pub purpose: For,
    /// What is wrong with what was typed.
    pub wrong: Option<String>,
}

impl Prompt {
    /// An empty line.
    pub fn new(title: impl Into<String>, hint: impl Into<String>, purpose: For) -> Prompt {
        Prompt {
            title: title.into(),
            hint: hint.into(),
            typed: String::new(),
            purpose,
            wrong: None,
        }
    }

    /// The same with something typed already.
    pub fn with(self, typed: impl Into<String>) -> Prompt {
        Prompt { typed: typed.into(), ..self }
    }
}
