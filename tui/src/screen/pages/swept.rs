//! A branch under many seeds: what came out, how often, and a seed of each to open.

use crate::screen::app::App;
use crate::screen::bench::{Bench, branch_name};
use crate::screen::lines::{Line, Link};
use crate::screen::pen::piece;
use crate::screen::theme::Ink;
use mqlab::lab::{Fates, Swept};
use mqlab::ledger::Fate;
use mqlab::story::words;

/// The fates from the worst to the best.
const WORST_FIRST: [Fate; 12] = [
    Fate::Lost,
    Fate::Phantom,
    Fate::Duplicate,
    Fate::Stranded,
    Fate::Dropped,
    Fate::Expired,
    Fate::Unroutable,
    Fate::DeadLettered,
    Fate::LostUnacknowledged,
    Fate::Pending,
    Fate::Redelivered,
    Fate::Once,
];

/// The page.
pub fn page(app: &App, bench: &Bench, swept: &Swept) -> (String, Vec<Line>) {
    let (say, lang, glyphs) = (app.say(), app.look.lang, app.look.glyphs);
    let name = branch_name(&bench.lab, bench.lab.current(), say);
    let mut lines = vec![Line::text(say.sweep_progress(swept), Ink::Faint)];
    let against = swept.against();
    if !against.is_empty() {
        lines.push(Line::empty());
        lines.push(Line::heading(say.does_not_hold()));
        for against in against {
            let lead = vec![piece(glyphs.pick("✗ ", "x "), Ink::Bad)];
            let tail = vec![piece(format!("  {}", say.told(&against.judged.actual)), Ink::Faint)];
            let text = say.told(&against.judged.expectation);
            let line = Line::led(lead, text, Ink::Text).and(tail);
            lines.push(match against.seed {
                Some(seed) => line.to(Link::Seed(seed)),
                None => line,
            });
        }
    }
    lines.push(Line::empty());
    lines.push(Line::heading(say.outcomes_by_seed()));
    let mut outcomes: Vec<(&Fates, u64, u64)> =
        swept.outcomes.iter().map(|(fates, (count, seed))| (fates, *count, *seed)).collect();
    // Equally bad ones stand by how often they came.
    outcomes.sort_by_key(|(fates, count, seed)| (badness(fates), u64::MAX - count, *seed));
    for (fates, count, seed) in outcomes {
        let worst = worst(fates);
        let (glyph, ink) = glyphs.fate(worst);
        let share = say.share(count, swept.done);
        let texts: Vec<String> = fates
            .iter()
            .map(|(fate, count)| format!("{} {count}", words::fate(*fate, lang)))
            .collect();
        let lead = vec![piece(format!("{glyph} "), ink), piece(format!("{share}  "), Ink::Faint)];
        let text = format!("{}  {}", texts.join(" · "), say.first_seed(seed));
        lines.push(Line::led(lead, text, Ink::Text).to(Link::Seed(seed)));
    }
    if swept.refused > 0 {
        lines.push(Line::empty());
        lines.push(Line::text(say.seeds_refused(swept.refused), Ink::Odd));
    }
    (say.swept_title(&name), lines)
}

fn worst(fates: &Fates) -> Option<Fate> {
    WORST_FIRST.into_iter().find(|fate| fates.iter().any(|(f, _)| f == fate))
}

fn badness(fates: &Fates) -> usize {
    let worst = worst(fates);
    WORST_FIRST.iter().position(|fate| Some(*fate) == worst).unwrap_or(WORST_FIRST.len())
}
