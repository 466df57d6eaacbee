//! The two languages of the lab.

use crate::scenario::model::Text;

/// A language a story can be told in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Simplified Chinese.
    Zh,
}

impl Lang {
    /// The text in this language, or in the other one where the author wrote only that.
    pub fn of(self, text: &Text) -> &str {
        let (first, second) = match self {
            Lang::En => (&text.en, &text.zh),
            Lang::Zh => (&text.zh, &text.en),
        };
        if first.is_empty() { second } else { first }
    }

    /// `en` in English, `zh` in Chinese.
    pub fn pick<'a>(self, en: &'a str, zh: &'a str) -> &'a str {
        match self {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }

    /// Names in a row as a sentence lists them: `a`, `a and b`, `a, b and c`; `a、b 和 c`.
    pub fn list(self, names: &[String]) -> String {
        let (comma, and) = match self {
            Lang::En => (", ", " and "),
            Lang::Zh => ("、", " 和 "),
        };
        match names {
            [] => self.pick("nobody", "无").to_string(),
            [one] => one.clone(),
            [head @ .., last] => format!("{}{and}{last}", head.join(comma)),
        }
    }

    /// Names in a row, the middle ones left out where there are more than `most`.
    pub fn list_at_most(self, names: &[String], most: usize) -> String {
        if names.len() <= most {
            return self.list(names);
        }
        let shown = names[..most.max(1)].join(self.pick(", ", "、"));
        let more = names.len() - most.max(1);
        match self {
            Lang::En => format!("{shown} and {more} more"),
            Lang::Zh => format!("{shown} 及另外 {more} 个"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_like_sentences() {
        let names: Vec<String> = ["a", "b", "c"].map(String::from).into();
        assert_eq!(Lang::En.list(&names), "a, b and c");
        assert_eq!(Lang::Zh.list(&names), "a、b 和 c");
        assert_eq!(Lang::En.list(&names[..1]), "a");
        assert_eq!(Lang::En.list_at_most(&names, 1), "a and 2 more");
    }

    #[test]
    fn a_missing_translation_falls_back_to_the_other_language() {
        let text = Text { en: "only English".into(), zh: String::new() };
        assert_eq!(Lang::Zh.of(&text), "only English");
    }
}
