//! A run as one HTML page that can be sent to somebody: both languages, no script, nothing loaded.

use crate::cluster::run::Outcome;
use crate::fact::MessageId;
use crate::ledger::verdict::Verdict;
use crate::scenario::{Scenario, in_chinese};
use crate::story::explain::Clause;
use crate::story::explain::life::{Life, life};
use crate::story::sequence::{Sequence, svg, svg::escaped};
use crate::story::{Explanation, Lang, Story, Tone, words};
use std::fmt::Write;

/// At most this many rows of a table or lines of the story are written.
const MOST_ROWS: usize = 500;

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1c2733;--paper:#fff;--faint:#5b6b7b;--line:#d5dde5;--bad:#b3261e;\
--good:#1b6e3c;--odd:#8a5a00;--change:#1769aa}@media(prefers-color-scheme:dark){:root{--ink:#dde6ee;\
--paper:#10161c;--faint:#93a3b3;--line:#2c3844;--bad:#ff8a80;--good:#7ddba0;--odd:#ffc766;\
--change:#6cb8f0}}body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);\
max-width:76rem;margin:0 auto;padding:1.5rem}h1{font-size:1.5rem;margin:.5rem 0}h2{font-size:1.1rem;\
margin:2rem 0 .5rem}table{border-collapse:collapse}td,th{text-align:left;vertical-align:top;\
padding:.15rem .8rem .15rem 0;border-bottom:1px solid var(--line)}.m{color:var(--faint);\
font-variant-numeric:tabular-nums;white-space:nowrap}.bad{color:var(--bad)}.good{color:var(--good)}\
.odd{color:var(--odd)}.change{color:var(--change)}.step{font-weight:600}.wide{overflow-x:auto}\
code{font-size:.9em}.tab{position:absolute;opacity:0}label{display:inline-block;padding:.2rem .8rem;\
border:1px solid var(--line);cursor:pointer}.tab:focus-visible+label{outline:2px solid var(--change)}\
.tab:checked+label{font-weight:600;border-color:var(--change)}main{display:none}\
#en:checked~main[lang=en],#zh:checked~main[lang=zh]{display:block}@media print{main{display:block}}";

/// The page. `command` is what repeats the run; `message` is the one whose diagram is drawn.
pub fn html(scenario: &Scenario, outcome: &Outcome, message: MessageId, command: &str) -> String {
    let mut page =
        String::from("<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">");
    page.push_str("<meta name=\"viewport\" content=\"width=device-width\">");
    let title = escaped(Lang::En.of(&scenario.title));
    let _ = writeln!(page, "<title>{title}</title><style>{STYLE}</style></head>\n<body>");
    page.push_str(
        "<input class=\"tab\" type=\"radio\" name=\"lang\" id=\"en\" checked><label for=\"en\">English\
         </label> <input class=\"tab\" type=\"radio\" name=\"lang\" id=\"zh\"><label for=\"zh\">中文\
         </label>\n",
    );
    for (lang, code) in [(Lang::En, "en"), (Lang::Zh, "zh")] {
        let _ = writeln!(page, "<main lang=\"{code}\">");
        let teller = Teller { scenario, outcome, lang };
        teller.whole(&mut page, message, command);
        page.push_str("</main>\n");
    }
    page.push_str("</body>\n</html>\n");
    page
}

struct Teller<'a> {
    scenario: &'a Scenario,
    outcome: &'a Outcome,
    lang: Lang,
}

impl Teller<'_> {
    fn whole(&self, page: &mut String, message: MessageId, command: &str) {
        let (scenario, outcome, lang) = (self.scenario, self.outcome, self.lang);
        let story = Story::of(scenario, outcome, lang);
        let _ = writeln!(page, "<h1>{}</h1>", escaped(lang.of(&scenario.title)));
        let _ = writeln!(page, "<p class=\"m\">{}</p>", escaped(&scenario.name));
        paragraph(page, lang.of(&scenario.ask));
        self.heading(page, "What became of the messages", "消息的结局");
        self.table(page, &story);
        if !story.explanations.is_empty() {
            self.heading(page, "Why", "为什么");
            story.explanations.iter().for_each(|e| explanation(page, e));
        }
        let name = scenario.directory.message(message);
        let en = format!("The decisive moments of {name}");
        self.heading(page, &en, &format!("{name} 的关键时刻"));
        let picture = svg::picture(&Sequence::of(scenario, outcome, message, lang));
        let _ = writeln!(page, "<div class=\"wide\">{picture}</div>");
        self.heading(page, &format!("The life of {name}"), &format!("{name} 的一生"));
        moments(page, &life(scenario, outcome, message, lang));
        self.heading(page, "What happened", "经过");
        self.lines(page, &story);
        self.expectations(page);
        if !lang.of(&scenario.answer).is_empty() {
            self.heading(page, "Moral", "结论");
            paragraph(page, lang.of(&scenario.answer));
        }
        self.heading(page, "Again", "重现");
        let _ = writeln!(page, "<p><code>{}</code></p>", escaped(command));
        let _ = writeln!(
            page,
            "<p class=\"m\">{} {} · {} {} · {} {:016x}</p>",
            lang.pick("seed", "种子"),
            outcome.seed,
            outcome.events,
            lang.pick("events", "个事件"),
            lang.pick("digest", "摘要"),
            outcome.digest
        );
    }

    fn heading(&self, page: &mut String, en: &str, zh: &str) {
        let _ = writeln!(page, "<h2>{}</h2>", escaped(self.lang.pick(en, zh)));
    }

    fn table(&self, page: &mut String, story: &Story) {
        page.push_str("<div class=\"wide\"><table><tr>");
        for head in &story.table.head {
            let _ = write!(page, "<th>{}</th>", escaped(head));
        }
        page.push_str("</tr>\n");
        for row in story.table.rows.iter().take(MOST_ROWS) {
            page.push_str("<tr>");
            for cell in &row.cells {
                let _ = write!(page, "<td>{}</td>", escaped(cell));
            }
            page.push_str("</tr>\n");
        }
        page.push_str("</table></div>\n");
    }

    fn lines(&self, page: &mut String, story: &Story) {
        page.push_str("<table>\n");
        for line in story.lines.iter().take(MOST_ROWS) {
            let class = match line.tone {
                Tone::Step => "step",
                Tone::Routine => "",
                Tone::Fault | Tone::Damage => "bad",
                Tone::Recovery => "good",
                Tone::Change => "change",
                Tone::Trouble => "odd",
            };
            moment(page, &line.time.to_string(), line.event, class, &line.text);
        }
        page.push_str("</table>\n");
    }

    fn expectations(&self, page: &mut String) {
        if self.outcome.verdicts.is_empty() {
            return;
        }
        self.heading(page, "Expectations", "期望");
        page.push_str("<table>\n");
        for judged in &self.outcome.verdicts {
            let class = if judged.verdict == Verdict::Passed { "good" } else { "bad" };
            let _ = writeln!(
                page,
                "<tr><td class=\"{class}\">{}</td><td><code>{}</code></td><td class=\"m\">{}</td></tr>",
                words::verdict(judged.verdict, self.lang),
                escaped(&told(&judged.expectation, self.lang)),
                escaped(&told(&judged.actual, self.lang))
            );
        }
        page.push_str("</table>\n");
    }
}

/// What a run came to, in the language of the page.
fn told(text: &str, lang: Lang) -> String {
    let chinese = if lang == Lang::Zh { in_chinese(text) } else { None };
    chinese.unwrap_or_else(|| text.to_string())
}

fn paragraph(page: &mut String, text: &str) {
    if !text.is_empty() {
        let _ = writeln!(page, "<p>{}</p>", escaped(text));
    }
}

fn explanation(page: &mut String, explanation: &Explanation) {
    let _ = writeln!(page, "<p class=\"bad\">{}</p>\n<table>", escaped(&explanation.title));
    for Clause { time, event, text } in &explanation.clauses {
        moment(page, &time.to_string(), *event, "", text);
    }
    for Clause { event, text, .. } in &explanation.allowed_by {
        moment(page, "", *event, "odd", text);
    }
    page.push_str("</table>\n");
}

fn moments(page: &mut String, life: &Life) {
    page.push_str("<table>\n");
    for m in &life.moments {
        moment(page, &m.time.to_string(), m.event, if m.own { "" } else { "change" }, &m.text);
    }
    page.push_str("</table>\n");
}

fn moment(page: &mut String, time: &str, event: u64, class: &str, text: &str) {
    let text = escaped(text);
    let _ = writeln!(
        page,
        "<tr><td class=\"m\">{time}</td><td class=\"m\">#{event}</td><td class=\"{class}\">{text}\
         </td></tr>"
    );
}
