//! `mqlab open` and `mqlab` on a terminal: the terminal lab.

use crate::cli::{Arguments, Color, Looks, Open, ThemeChoice};
use crate::failure::Failure;
use crate::print::{Page, style};
use crate::reading;
use crate::screen::{self, Glyphs, Look, Start, Theme};
use crate::{catalogue, chosen, variant};
use mqlab::scenario::{apply_set, apply_what_if};
use std::io::IsTerminal;
use std::time::Duration;

/// Whether there is a terminal to take over.
pub fn is_on_a_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// The terminal lab at the list of lessons.
pub fn lessons(arguments: &Arguments, page: &Page) -> Result<u8, Failure> {
    screen::run(Start { look: look(arguments, arguments.looks, page), open: None })
}

/// The terminal lab on one scenario.
pub fn open(asked: &Open, arguments: &Arguments, page: &Page) -> Result<u8, Failure> {
    let which = &asked.which;
    let source = catalogue::find(&which.scenario, page.say)?;
    let whole = reading::must_read(&source, &which.set, page)?;
    if let Some(name) = &which.what_if {
        chosen::what_if(&whole, name, page)?;
    }
    if !is_on_a_terminal() {
        let name = variant::quoted(&source.name);
        let help = page.say.use_run_instead(&name);
        return Err(Failure::new(page.say.not_a_terminal()).help(help));
    }
    // The file was read without mistakes a moment ago, and so is what is made of it.
    let mut text = source.text.clone().unwrap_or_default();
    if !which.set.is_empty() {
        text = apply_set(&text, &which.set).unwrap_or(text);
    }
    if let Some(what_if) =
        whole.what_ifs.iter().find(|w| Some(w.name.as_str()) == which.what_if.as_deref())
    {
        text = apply_what_if(&text, what_if).unwrap_or(text);
    }
    let looks = Looks {
        theme: asked.looks.theme.or(arguments.looks.theme),
        ascii: asked.looks.ascii || arguments.looks.ascii,
    };
    let opening = screen::Opening {
        source,
        text,
        seed: which.seed,
        set: which.set.clone(),
        what_if: which.what_if.clone(),
        at: asked.at.clone(),
    };
    screen::run(Start { look: look(arguments, looks, page), open: Some(opening) })
}

fn look(arguments: &Arguments, looks: Looks, page: &Page) -> Look {
    let light = match looks.theme.unwrap_or(ThemeChoice::Auto) {
        ThemeChoice::Dark => false,
        ThemeChoice::Light => true,
        ThemeChoice::Auto => is_light(),
    };
    let full = if light { Theme::Light } else { Theme::Dark };
    let many = || {
        let set = std::env::var("COLORTERM");
        set.is_ok_and(|value| value == "truecolor" || value == "24bit")
    };
    let theme = match arguments.color {
        Color::Never => Theme::Plain,
        Color::Sixteen => Theme::Sixteen,
        Color::Always => full,
        Color::Auto if !style::wanted_by_environment() => Theme::Plain,
        // Whoever names a ground wants its colours.
        Color::Auto if many() || looks.theme.is_some_and(|t| t != ThemeChoice::Auto) => full,
        Color::Auto => Theme::Sixteen,
    };
    Look { lang: page.say.lang, theme, glyphs: Glyphs { ascii: looks.ascii } }
}

/// Whether the ground of the terminal is light: some say so in `COLORFGBG`, the others are asked.
fn is_light() -> bool {
    let ground = std::env::var("COLORFGBG").ok();
    let ground = ground.as_deref().and_then(|v| v.rsplit(';').next()).and_then(|v| v.parse().ok());
    match ground {
        Some(7u8 | 9..=15) => true,
        Some(_) => false,
        None => says_light(),
    }
}

/// Asks the terminal for the colour of its ground (OSC 11). Over a network it is not asked: an answer
/// that comes too late would be taken for keys.
fn says_light() -> bool {
    use terminal_colorsaurus::{QueryOptions, ThemeMode, theme_mode};
    let far = ["SSH_CONNECTION", "SSH_TTY"].iter().any(|name| std::env::var_os(name).is_some());
    if far {
        return false;
    }
    let mut options = QueryOptions::default();
    options.timeout = Duration::from_millis(250);
    matches!(theme_mode(options), Ok(ThemeMode::Light))
}
