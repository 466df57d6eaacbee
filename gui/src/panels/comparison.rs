//! Two branches beside each other, with what differs lit.

use super::{Cx, faint, heading};
use crate::act::Act;
use crate::text::Phrase;
use egui::{Grid, RichText, ScrollArea, Ui};
use mqlab::explore::Measure;
use mqlab::kernel::Span;
use mqlab::lab::{BranchId, Comparison, Parting};
use mqlab::ledger::Fate;
use mqlab::story::{sentence, words};

/// How a comparison is looked at.
#[derive(Default)]
pub struct Look {
    left: usize,
    right: Option<usize>,
}

/// Differing fates shown at most.
const MOST: usize = 500;

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    let count = cx.desk.lab.branches().len();
    if count < 2 {
        ui.add(
            egui::Label::new(RichText::new(cx.the(Phrase::NothingToCompare)).color(cx.t.faint))
                .wrap(),
        );
        return;
    }
    let look = &cx.look.comparison;
    let (mut left, mut right) =
        (look.left.min(count - 1), look.right.unwrap_or(count - 1).min(count - 1));
    ui.horizontal_wrapped(|ui| {
        pick(ui, cx, Phrase::Left, &mut left);
        pick(ui, cx, Phrase::RightSide, &mut right);
        let able = left != right;
        if ui.add_enabled(able, egui::Button::new(cx.the(Phrase::Compare))).clicked() {
            cx.acts.push(Act::Compare(BranchId(left), BranchId(right)));
        }
    });
    cx.look.comparison = Look { left, right: Some(right) };
    let Some(compared) = &cx.desk.compared else { return };
    let (left, right) = (compared.left, compared.right);
    let found = compared.found.clone();
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        parting(ui, cx, &found);
        cx.wants.beside = true;
        if let Some(beside) = &cx.desk.beside {
            super::lanes::beside(ui, cx, &beside.left, &beside.right);
        }
        ui.add_space(6.0);
        numbers(ui, cx, left, right, &found);
        fates(ui, cx, &found);
    });
}

fn pick(ui: &mut Ui, cx: &Cx<'_>, phrase: Phrase, chosen: &mut usize) {
    let name = |number| cx.say.branch(&cx.desk.lab, BranchId(number));
    let combo = egui::ComboBox::from_id_salt(phrase as u32).width(150.0);
    let shown = combo.selected_text(name(*chosen)).truncate().show_ui(ui, |ui| {
        for number in 0..cx.desk.lab.branches().len() {
            ui.selectable_value(chosen, number, name(number));
        }
    });
    shown.response.accessible_name(cx.the(phrase));
}

fn numbers(ui: &mut Ui, cx: &Cx<'_>, left: BranchId, right: BranchId, found: &Comparison) {
    let (a, b) = (Measure::of(&found.left), Measure::of(&found.right));
    let (t, lang) = (cx.t, cx.say.lang);
    Grid::new("numbers").num_columns(3).striped(true).spacing([18.0, 4.0]).show(ui, |ui| {
        ui.label("");
        for id in [left, right] {
            let name = RichText::new(cx.say.branch(&cx.desk.lab, id)).strong().color(t.strong);
            ui.add(egui::Label::new(name).truncate());
        }
        ui.end_row();
        let mut row = |name: &str, colour: egui::Color32, left: String, right: String| {
            ui.label(RichText::new(name).color(colour));
            let lit = if left == right { t.faint } else { t.here };
            for text in [left, right] {
                ui.label(RichText::new(text).color(lit));
            }
            ui.end_row();
        };
        for fate in Fate::ALL {
            let (x, y) = (a.count(fate), b.count(fate));
            if x + y > 0 {
                let (colour, glyph) = t.fate(Some(fate));
                let name = format!("{glyph} {}", words::fate(fate, lang));
                row(&name, colour, x.to_string(), y.to_string());
            }
        }
        let the = |phrase: Phrase| cx.say.the(phrase);
        let span = |span: Option<Span>| span.map_or_else(|| "—".to_string(), |s| s.to_string());
        row(
            the(Phrase::Acknowledged),
            t.text,
            a.acknowledged.to_string(),
            b.acknowledged.to_string(),
        );
        row(the(Phrase::Failed), t.text, a.failed.to_string(), b.failed.to_string());
        row("p50", t.text, span(a.p50), span(b.p50));
        row("p99", t.text, span(a.p99), span(b.p99));
        row(the(Phrase::Unavailable), t.text, span(a.unavailable), span(b.unavailable));
        row(
            cx.say.pick("elections", "选举"),
            t.text,
            a.elections.to_string(),
            b.elections.to_string(),
        );
    });
}

fn parting(ui: &mut Ui, cx: &mut Cx<'_>, found: &Comparison) {
    ui.add_space(4.0);
    let (left, right) = found.only;
    faint(ui, cx.t, cx.say.differing(found.fates.len(), left, right));
    let Some(parting) = &found.parting else {
        faint(ui, cx.t, cx.the(Phrase::NoDifference));
        return;
    };
    heading(ui, cx.t, cx.the(Phrase::PartsHere));
    let stated = *parting.stated();
    let side = match parting {
        Parting::OnlyLeft(_) => Phrase::Left,
        Parting::OnlyRight(_) => Phrase::RightSide,
    };
    let text = sentence(&stated.fact, cx.desk.lab.directory(), cx.say.lang);
    ui.horizontal_wrapped(|ui| {
        if ui.link(stated.time.to_string()).clicked() {
            cx.acts.push(Act::ToTime(stated.time));
        }
        ui.label(RichText::new(format!("{}: {text}", cx.the(side))).color(cx.t.here));
    });
}

fn fates(ui: &mut Ui, cx: &mut Cx<'_>, found: &Comparison) {
    if found.fates.is_empty() {
        return;
    }
    heading(ui, cx.t, cx.the(Phrase::Differences));
    let lang = cx.say.lang;
    Grid::new("differences").num_columns(4).striped(true).spacing([18.0, 4.0]).show(ui, |ui| {
        for change in found.fates.iter().take(MOST) {
            let name = cx.desk.lab.directory().message(change.message);
            let group = cx.desk.lab.directory().subscription(change.subscription).to_string();
            if ui.link(name).clicked() {
                cx.acts.push(Act::Message(Some(change.message)));
            }
            faint(ui, cx.t, group);
            for fate in [change.left, change.right] {
                let (colour, glyph) = cx.t.fate(fate);
                let word = fate.map_or("—", |fate| words::fate(fate, lang));
                ui.label(RichText::new(format!("{glyph} {word}")).color(colour));
            }
            ui.end_row();
        }
    });
}
