//! The reference page of scenario files, printed from the tables the reader uses.

use super::grammar::{
    ACTIONS, FACTS, FIELDS, FactForm, Key, PACKETS, ROOT, Shape, TableForm, WORDS, Word, WordKind,
};
use crate::brokers::kafka::settings::{self, KafkaVersion, Kind, Scope, Setting};
use std::fmt::Write;

const INTRODUCTION: &str = include_str!("reference/introduction.md");
const SENTENCES: &str = include_str!("reference/sentences.md");
const VARIANTS: &str = include_str!("reference/variants.md");

/// The reference page as Markdown.
pub fn reference_markdown() -> String {
    let mut page = INTRODUCTION.to_owned();
    page.push_str("\n## Tables and keys\n");
    let mut told: Vec<&str> = Vec::new();
    tables(&ROOT, "", &mut told, &mut page);
    actions(&mut page);
    facts(&mut page);
    page.push('\n');
    page.push_str(SENTENCES);
    words(&mut page);
    page.push('\n');
    page.push_str(VARIANTS);
    settings_tables(&mut page);
    page
}

/// Ends a line. Writing to a `String` cannot fail.
fn line(page: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = page.write_fmt(text);
    page.push('\n');
}

/// A text that can stand in a cell of a Markdown table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "\\<")
}

fn tables(form: &'static TableForm, path: &str, told: &mut Vec<&str>, page: &mut String) {
    if told.contains(&form.name) {
        return;
    }
    told.push(form.name);
    let title = if path.is_empty() { "The file".to_owned() } else { format!("`{path}`") };
    line(page, format_args!("\n### {title}\n\n{} {}\n", form.en, form.zh));
    line(page, format_args!("| key | takes | if absent | what it says | 说明 |"));
    line(page, format_args!("|---|---|---|---|---|"));
    for key in form.keys {
        key_row(key, page);
    }
    for key in form.keys {
        let inner = match (path.is_empty(), key.shape) {
            (true, Shape::Table(form)) => Some((form, format!("[{}]", key.name))),
            (true, Shape::Tables(form)) => Some((form, format!("[[{}]]", key.name))),
            (false, Shape::Table(form) | Shape::Tables(form)) => {
                let outer = path.trim_matches(['[', ']']);
                Some((form, format!("{outer}.{}", key.name)))
            }
            _ => None,
        };
        if let Some((form, path)) = inner {
            tables(form, &path, told, page);
        }
    }
}

fn key_row(key: &Key, page: &mut String) {
    let default = key.default.unwrap_or("**must be given**");
    line(
        page,
        format_args!(
            "| `{}` | {} | {} | {} | {} |",
            key.name,
            takes(key.shape),
            cell(default),
            cell(key.en),
            cell(key.zh)
        ),
    );
}

fn takes(shape: Shape) -> String {
    match shape {
        Shape::Text => "text".into(),
        Shape::Bilingual => "text, `.en` and `.zh`".into(),
        Shape::Whole(low, i64::MAX) => format!("whole number from {low}"),
        Shape::Whole(low, high) => format!("whole number, {low} to {high}"),
        Shape::Flag => "`true` or `false`".into(),
        Shape::Time => "time".into(),
        Shape::SignedTime => "time, possibly negative".into(),
        Shape::TimeRange => "time, or two bounds".into(),
        Shape::Rate => "rate".into(),
        Shape::Bandwidth => "bandwidth".into(),
        Shape::Size => "size".into(),
        Shape::OneOf(words) if words.len() > 8 => "packet".into(),
        Shape::OneOf(words) => {
            let words: Vec<String> = words.iter().map(|w| format!("`{w}`")).collect();
            words.join(", ")
        }
        Shape::Texts => "list of texts".into(),
        Shape::Settings(scope) => format!("[{0} settings](#{0}-settings)", scope.word()),
        Shape::Table(_) => "table".into(),
        Shape::Tables(_) => "tables".into(),
        Shape::Sentences => "[sentences](#sentences)".into(),
        Shape::Sentence => "[sentence](#sentences)".into(),
        Shape::Role => "[node](#nodes-and-roles)".into(),
        Shape::Link => "two [nodes](#nodes-and-roles)".into(),
        Shape::Anchor => "[fact](#facts)".into(),
        Shape::Moment => "time or [fact](#facts)".into(),
        Shape::Heal => "time of the run, or `never`".into(),
        Shape::Keys => "text with `{n}`, or list".into(),
        Shape::Assignment => "lists of brokers".into(),
        Shape::Changes => "table".into(),
        Shape::Values => "list".into(),
    }
}

fn actions(page: &mut String) {
    line(page, format_args!("\n## Actions\n"));
    line(page, format_args!("The word after `do`, and the fields of the step it takes.\n"));
    line(page, format_args!("| `do` | needs | may have | what it does | 说明 |"));
    line(page, format_args!("|---|---|---|---|---|"));
    for action in ACTIONS {
        let needs = code_list(action.needs);
        let mut may = code_list(action.takes);
        if action.lasts {
            may.push_str(" (one of `heal`, `for` must be there)");
        }
        let (en, zh) = (cell(action.en), cell(action.zh));
        line(page, format_args!("| `{}` | {needs} | {may} | {en} | {zh} |", action.name));
    }
    line(page, format_args!("\n### Fields of actions\n"));
    line(page, format_args!("| field | takes | if absent | what it says | 说明 |"));
    line(page, format_args!("|---|---|---|---|---|"));
    for field in FIELDS {
        key_row(field, page);
    }
    line(page, format_args!("\nPackets that can be lost: {}.", PACKETS.join(", ")));
}

fn code_list(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
    names.join(", ")
}

fn facts(page: &mut String) {
    line(page, format_args!("\n## Facts\n"));
    line(
        page,
        format_args!(
            "A step waits for a fact: its name, then what it is narrowed down to, in any order: \
             `committed m3`, `appended m3 on leader(orders/0)`, `isr-shrunk orders/0 to 1`, \
             `offset-committed billing #2` (the second one).\n"
        ),
    );
    line(page, format_args!("| fact | narrowed down by | what it states | 说明 |"));
    line(page, format_args!("|---|---|---|---|"));
    for fact in FACTS {
        let about = about(fact);
        let later = if fact.not_yet { " (not modelled yet)" } else { "" };
        line(
            page,
            format_args!("| `{}` | {about} | {}{later} | {} |", fact.name, fact.en, fact.zh),
        );
    }
}

fn about(fact: &FactForm) -> String {
    let parts = [
        (fact.message, "message"),
        (fact.lane, "partition"),
        (fact.node, "node"),
        (fact.subscription, "group"),
        (fact.name.starts_with("isr-"), "`to` size"),
    ];
    let names: Vec<&str> = parts.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
    names.join(", ")
}

fn words(page: &mut String) {
    line(page, format_args!("\n### Words\n"));
    line(page, format_args!("| word | what it counts or measures | 说明 |"));
    line(page, format_args!("|---|---|---|"));
    for word in WORDS {
        let Word { name, kind, en, zh } = word;
        let fate = if matches!(kind, WordKind::Fate(_)) { " (a fate)" } else { "" };
        let later = if *kind == WordKind::NotYet { " (not modelled yet)" } else { "" };
        line(page, format_args!("| `{name}` | {}{fate}{later} | {} |", cell(en), cell(zh)));
    }
}

fn settings_tables(page: &mut String) {
    line(page, format_args!("\n## Settings\n"));
    line(
        page,
        format_args!(
            "Settings have their real names and defaults. Times may be written with a unit or, as \
             in Kafka, as a plain number of milliseconds; sizes with a unit or as bytes. The \
             defaults are those of 3.9; `version` selects {}.",
            KafkaVersion::ALL.iter().map(|v| v.word()).collect::<Vec<_>>().join(", ")
        ),
    );
    for scope in Scope::ALL {
        line(page, format_args!("\n### {} settings\n", capital(scope.word())));
        line(page, format_args!("| setting | takes | default | what it does | 说明 |"));
        line(page, format_args!("|---|---|---|---|---|"));
        for setting in settings::table(scope) {
            setting_row(setting, page);
        }
        let unmodelled = settings::UNMODELLED.iter().filter(|u| u.scope == scope);
        let names: Vec<String> = unmodelled.map(|u| format!("`{}`", u.name)).collect();
        line(page, format_args!("\nReal, but not modelled yet: {}.", names.join(", ")));
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |c| c.to_uppercase().chain(letters).collect())
}

fn setting_row(setting: &Setting, page: &mut String) {
    let takes = match setting.kind {
        Kind::Milliseconds => "time (ms)".to_owned(),
        Kind::Seconds => "time (s)".to_owned(),
        Kind::Bytes => "size (bytes)".to_owned(),
        Kind::Count => "number".to_owned(),
        Kind::Ratio => "fraction".to_owned(),
        Kind::Flag => "`true` or `false`".to_owned(),
        Kind::Choice(words) => code_list(words),
        Kind::List(words) => format!("list of {}", code_list(words)),
        Kind::Name => "name".to_owned(),
    };
    let mut default = format!("`{}`", setting.shown(setting.default));
    for other in settings::VERSION_DEFAULTS {
        if other.scope == setting.scope && other.name == setting.name {
            let shown = setting.shown(other.default);
            let (since, until) = (other.since, other.until);
            let when = if since == KafkaVersion::V0_10 {
                format!("up to {}", until.word())
            } else {
                format!("since {}", since.word())
            };
            let _ = write!(default, ", `{shown}` {when}");
        }
    }
    let (en, zh) = (cell(setting.en), cell(setting.zh));
    line(page, format_args!("| `{}` | {takes} | {default} | {en} | {zh} |", setting.name));
}
