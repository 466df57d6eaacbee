//! What has become of every message: a table to sort and to filter.

use super::{Cx, faint};
use crate::act::Act;
use crate::text::Phrase;
use egui::{RichText, Sense, Ui};
use egui_extras::{Column, TableBuilder};
use mqlab::fact::MessageId;
use mqlab::ledger::{AnomalyKind, Fate};
use mqlab::story::fate_table::Entry;
use mqlab::story::words;

/// What the table is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Sort {
    #[default]
    Message,
    Told,
    Place,
    /// The fate for a subscription, by its number.
    Fate(usize),
    Decided,
}

/// How fates are looked at.
#[derive(Default)]
pub struct Look {
    pub filter: String,
    pub anomalies: bool,
    pub sort: Sort,
    pub falling: bool,
    /// The message the table was scrolled to.
    scrolled: Option<MessageId>,
}

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    cx.wants.telling = true;
    let say = cx.say;
    ui.horizontal(|ui| {
        let edit = egui::TextEdit::singleline(&mut cx.look.fates.filter)
            .hint_text(say.the(Phrase::FilterFates))
            .desired_width(170.0);
        ui.add(edit).accessible_name(say.the(Phrase::FilterFates));
        ui.checkbox(&mut cx.look.fates.anomalies, say.the(Phrase::OnlyAnomalies));
        totals(ui, cx);
    });
    let Some(telling) = &cx.desk.telling else {
        if !cx.desk.is_small() && !cx.desk.list_many {
            faint(ui, cx.t, say.the(Phrase::TooManyFates));
            if ui.button(say.the(Phrase::ListNow)).clicked() {
                cx.acts.push(Act::ListFates);
            }
        }
        return;
    };
    let entries = &telling.value.entries;
    let shown = chosen(cx, entries);
    faint(ui, cx.t, say.rows(shown.len(), entries.len()));
    table(ui, cx, entries, &shown);
}

/// How many messages met each fate, where they are few enough to be counted.
fn totals(ui: &mut Ui, cx: &Cx<'_>) {
    for (fate, count) in cx.desk.view.fates.iter().flatten() {
        let (colour, glyph) = cx.t.fate(Some(*fate));
        let text = format!("{glyph} {count}");
        let label = ui.label(RichText::new(text).color(colour).strong());
        label.on_hover_text(words::fate(*fate, cx.say.lang));
    }
}

fn chosen(cx: &Cx<'_>, entries: &[Entry]) -> Vec<usize> {
    let (lang, directory, look) = (cx.say.lang, cx.desk.lab.directory(), &cx.look.fates);
    let filter = look.filter.to_lowercase();
    let odd =
        |entry: &Entry| entry.fates.iter().flatten().any(|fate| AnomalyKind::of(*fate).is_some());
    let matches = |entry: &Entry| {
        filter.split_whitespace().all(|word| {
            let named = |text: &str| text.to_lowercase().contains(word);
            named(&directory.message(entry.message))
                || named(words::told(entry.told, lang))
                || entry.fates.iter().flatten().any(|f| named(words::fate(*f, lang)))
                || entry.decided.is_some_and(|stated| named(stated.fact.name()))
                || entry.place.is_some_and(|(lane, _)| named(directory.lane(lane)))
        })
    };
    let wanted = entries.iter().enumerate().filter(|(_, e)| !look.anomalies || odd(e));
    let mut shown: Vec<usize> = match filter.is_empty() {
        true => wanted.map(|(at, _)| at).collect(),
        false => wanted.filter(|(_, e)| matches(e)).map(|(at, _)| at).collect(),
    };
    let entry = |at: &usize| &entries[*at];
    match look.sort {
        Sort::Message => {}
        Sort::Told => shown.sort_by_key(|at| words::told(entry(at).told, lang)),
        Sort::Place => shown.sort_by_key(|at| entry(at).place),
        Sort::Fate(n) => shown.sort_by_key(|at| entry(at).fates.get(n).copied().flatten()),
        Sort::Decided => shown.sort_by_key(|at| entry(at).decided.map(|s| s.event)),
    }
    if look.falling {
        shown.reverse();
    }
    shown
}

fn table(ui: &mut Ui, cx: &mut Cx<'_>, entries: &[Entry], shown: &[usize]) {
    let directory = cx.desk.lab.directory();
    let subscriptions = directory.subscriptions.clone();
    let small = cx.sizes.small;
    let followed = cx
        .desk
        .message
        .and_then(|message| shown.iter().position(|at| entries[*at].message == message));
    let mut table = TableBuilder::new(ui)
        .id_salt("fates")
        .striped(false)
        .sense(Sense::click())
        .auto_shrink(false)
        .column(Column::initial(small * 6.4).clip(true).resizable(true))
        .column(Column::initial(small * 7.5).clip(true).resizable(true))
        .column(Column::initial(small * 7.5).clip(true).resizable(true));
    for _ in &subscriptions {
        table = table.column(Column::initial(small * 9.0).clip(true).resizable(true));
    }
    table = table.column(Column::remainder().clip(true));
    // Only a message chosen elsewhere scrolls the table.
    let other = std::mem::replace(&mut cx.look.fates.scrolled, cx.desk.message);
    if let (true, Some(row)) = (other != cx.desk.message, followed) {
        table = table.scroll_to_row(row, None);
    }
    let row_height = cx.sizes.row;
    table
        .header(row_height, |mut header| {
            let say = cx.say;
            let mut title = |text: &str, sort: Sort| {
                header.col(|ui| sorted(ui, cx, text, sort));
            };
            title(say.the(Phrase::MessageColumn), Sort::Message);
            title(say.the(Phrase::ToldColumn), Sort::Told);
            title(say.the(Phrase::PlaceColumn), Sort::Place);
            for (at, name) in subscriptions.iter().enumerate() {
                title(name, Sort::Fate(at));
            }
            title(say.the(Phrase::DecidedColumn), Sort::Decided);
        })
        .body(|body| {
            body.rows(row_height, shown.len(), |mut row| {
                let Some(entry) = shown.get(row.index()).and_then(|at| entries.get(*at)) else {
                    return;
                };
                row.set_selected(cx.desk.message == Some(entry.message));
                let name = directory.message(entry.message);
                row.col(|ui| plain(ui, &name));
                row.col(|ui| plain(ui, words::told(entry.told, cx.say.lang)));
                let place = entry.place;
                row.col(|ui| match place {
                    Some((lane, at)) => plain(ui, &format!("{}@{at}", directory.lane(lane))),
                    None => plain(ui, "—"),
                });
                for fate in &entry.fates {
                    row.col(|ui| one_fate(ui, cx, *fate));
                }
                let decided = entry.decided.map(|stated| {
                    let node = stated.fact.node().map_or("", |node| directory.node(node));
                    format!("{} {node} #{}", stated.fact.name(), stated.event)
                });
                row.col(|ui| plain(ui, decided.as_deref().unwrap_or("—")));
                let response = row.response();
                let described = format!("{name} {}", cx.say.the(Phrase::Fate));
                response.widget_info(|| {
                    egui::WidgetInfo::labeled(egui::accesskit::Role::Row, true, described.as_str())
                });
                if response.clicked() {
                    cx.acts.push(Act::Message(Some(entry.message)));
                }
            });
        });
}

fn plain(ui: &mut Ui, text: &str) {
    ui.add(egui::Label::new(text).truncate());
}

fn one_fate(ui: &mut Ui, cx: &Cx<'_>, fate: Option<Fate>) {
    let (colour, glyph) = cx.t.fate(fate);
    let text = fate.map_or("—", |fate| words::fate(fate, cx.say.lang));
    let text = RichText::new(format!("{glyph} {text}")).color(colour);
    ui.add(egui::Label::new(text).truncate());
}

fn sorted(ui: &mut Ui, cx: &mut Cx<'_>, text: &str, sort: Sort) {
    let look = &mut cx.look.fates;
    let arrow = match (look.sort == sort, look.falling) {
        (false, _) => "",
        (true, false) => " ▲",
        (true, true) => " ▼",
    };
    let text = RichText::new(format!("{text}{arrow}")).strong().color(cx.t.faint);
    if ui.add(egui::Button::new(text).frame(false)).clicked() {
        look.falling = look.sort == sort && !look.falling;
        look.sort = sort;
    }
}
