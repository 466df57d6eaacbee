//! The same story under many seeds, played in the background: how often does it end so?

use super::{Cx, faint};
use crate::act::Act;
use crate::text::Phrase;
use crate::work::Ask;
use egui::{ProgressBar, RichText, ScrollArea, Ui};
use mqlab::lab::Variant;
use mqlab::ledger::Fate;
use mqlab::story::words;

/// How the sweep is looked at.
pub struct Look {
    seeds: u64,
}

impl Default for Look {
    fn default() -> Self {
        Look { seeds: 200 }
    }
}

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    let say = cx.say;
    ui.add(egui::Label::new(RichText::new(say.the(Phrase::SweepHelp)).color(cx.t.faint)).wrap());
    let running = cx.desk.finds(|ask| matches!(ask, Ask::Sweep(_)));
    ui.horizontal(|ui| {
        let drag = egui::DragValue::new(&mut cx.look.sweep.seeds).range(1..=100_000);
        ui.add(drag).accessible_name(say.the(Phrase::HowManySeeds));
        if running {
            if ui.button(say.the(Phrase::StopSweep)).clicked() {
                cx.acts.push(Act::StopSweep);
            }
        } else if ui.button(say.the(Phrase::RunSweep)).clicked() {
            cx.acts.push(Act::Sweep(cx.look.sweep.seeds));
        }
        if let Some(swept) = &cx.desk.swept {
            faint(ui, cx.t, say.swept(swept.done, swept.of));
        }
    });
    let Some(swept) = &cx.desk.swept else { return };
    if running {
        ui.add(ProgressBar::new(swept.done as f32 / swept.of.max(1) as f32));
    }
    let mut outcomes: Vec<_> = swept.outcomes.iter().collect();
    outcomes.sort_by_key(|(_, (count, seed))| (std::cmp::Reverse(*count), *seed));
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        for (fates, &(count, seed)) in outcomes {
            let share = count as f32 / swept.done.max(1) as f32;
            ui.horizontal(|ui| {
                let bar = ProgressBar::new(share)
                    .desired_width(150.0)
                    .fill(colour(cx, fates))
                    .text(format!("{:.1} %", share * 100.0));
                ui.add(bar);
                let texts = fates.iter().map(|(fate, count)| {
                    let (_, glyph) = cx.t.fate(Some(*fate));
                    format!("{glyph} {} {count}", words::fate(*fate, say.lang))
                });
                ui.label(texts.collect::<Vec<_>>().join("  "));
                let name = format!("{} {seed}", say.the(Phrase::OpenSeed));
                if ui.small_button(format!("→ {seed}")).accessible_name(name).clicked() {
                    cx.acts.push(Act::Vary(Variant::Seed(seed)));
                }
            });
        }
    });
}

/// The colour of the worst fate of an outcome.
fn colour(cx: &Cx<'_>, fates: &[(Fate, u64)]) -> egui::Color32 {
    let has = |wanted: &[Fate]| fates.iter().any(|(fate, _)| wanted.contains(fate));
    if has(&[Fate::Lost, Fate::Phantom]) {
        cx.t.bad.gamma_multiply(0.6)
    } else if has(&[Fate::Duplicate, Fate::Stranded, Fate::LostUnacknowledged]) {
        cx.t.odd.gamma_multiply(0.6)
    } else {
        cx.t.good.gamma_multiply(0.6)
    }
}
