//! A list to choose from, with a line to narrow it: menus and the command palette.

use super::pen::Pieces;
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher};

/// An entry.
#[derive(Clone, Debug)]
pub struct Item<D> {
    /// What it is called.
    pub label: String,
    /// What it does, or why it would do nothing.
    pub detail: String,
    /// What stands at the right edge: a key, a value.
    pub aside: Pieces,
    /// Whether it would do something.
    pub live: bool,
    /// What choosing it does.
    pub does: D,
}

/// A list to choose from.
#[derive(Clone, Debug)]
pub struct Picker<D> {
    pub title: String,
    pub items: Vec<Item<D>>,
    /// What was typed to narrow the list; `None` while keys move instead of typing.
    pub typed: Option<String>,
    pub cursor: usize,
    /// Always typing: the palette.
    pub palette: bool,
}

impl<D> Picker<D> {
    /// A menu.
    pub fn menu(title: String, items: Vec<Item<D>>) -> Picker<D> {
        let cursor = items.iter().position(|i| i.live).unwrap_or(0);
        Picker { title, items, typed: None, cursor, palette: false }
    }

    /// A palette.
    pub fn palette(title: String, items: Vec<Item<D>>) -> Picker<D> {
        Picker { title, items, typed: Some(String::new()), cursor: 0, palette: true }
    }

    /// The entries that are left, the best first.
    pub fn shown(&self) -> Vec<&Item<D>> {
        let typed = self.typed.as_deref().unwrap_or_default().trim();
        if typed.is_empty() {
            return self.items.iter().collect();
        }
        let mut matcher = Matcher::new(Config::DEFAULT);
        let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
        let mut buffer = Vec::new();
        let mut found: Vec<(u32, usize)> = Vec::new();
        for (at, item) in self.items.iter().enumerate() {
            let aside: String = item.aside.iter().map(|piece| piece.text.as_str()).collect();
            let text = format!("{} {aside} {}", item.label, item.detail);
            let text = nucleo_matcher::Utf32Str::new(&text, &mut buffer);
            if let Some(score) = pattern.score(text, &mut matcher) {
                found.push((score, at));
            }
        }
        found.sort_by_key(|(score, at)| (std::cmp::Reverse(*score), *at));
        found.into_iter().filter_map(|(_, at)| self.items.get(at)).collect()
    }

    /// The entry under the cursor.
    pub fn chosen(&self) -> Option<&Item<D>> {
        let shown = self.shown();
        shown.get(self.cursor.min(shown.len().saturating_sub(1))).copied()
    }

    /// Moves the cursor.
    pub fn scroll(&mut self, by: isize) {
        let last = self.shown().len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picker() -> Picker<u8> {
        let item = |label: &str, does| Item {
            label: label.into(),
            detail: String::new(),
            aside: Vec::new(),
            live: true,
            does,
        };
        let items = vec![item("step back", 0), item("next anomaly", 1), item("下一异常", 2)];
        Picker::palette("commands".into(), items)
    }

    #[test]
    fn a_few_letters_find_an_entry() {
        let mut picker = picker();
        picker.typed = Some("nxan".into());
        assert_eq!(picker.chosen().map(|i| i.does), Some(1));
        picker.typed = Some("异常".into());
        assert_eq!(picker.chosen().map(|i| i.does), Some(2));
        picker.typed = Some("zzz".into());
        assert!(picker.chosen().is_none());
    }
}
