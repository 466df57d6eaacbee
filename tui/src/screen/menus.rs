//! Menus, made of what the lab offers at this moment.

use super::app::{App, Does};
use super::bench::{Bench, Place, branch_name};
use super::lessons::{Filter, Stand};
use super::pen::piece;
use super::picker::{Item, Picker};
use super::prompt::{For, Prompt};
use super::theme::Ink;
use super::work::Move;
use mqlab::lab::command::{Command, Screen};
use mqlab::lab::{BranchId, Candidate, Offer, Saved, Selection, SettingOffer, Variant};
use mqlab::scenario::model::Level;

fn item(label: impl Into<String>, detail: impl Into<String>, does: Does) -> Item<Does> {
    Item { label: label.into(), detail: detail.into(), aside: Vec::new(), live: true, does }
}

/// The menu of a command; `None` if nothing is on offer.
pub fn of(app: &App, command: Command) -> Option<Picker<Does>> {
    let bench = app.bench.as_deref()?;
    let lang = app.look.lang;
    let say = app.say();
    let target = bench.target();
    let title = say.menu_title(command.title(lang), &selected_name(bench, target, app));
    let items = match command {
        Command::Faults => offers(app, bench, |o| &o.faults),
        Command::Applications => offers(app, bench, |o| &o.applications),
        Command::Settings => return settings(app, bench),
        Command::Compare => compare(app, bench),
        Command::Branches => branches(app, bench),
        Command::Bookmarks => bookmarks(app, bench),
        _ => Vec::new(),
    };
    (!items.is_empty()).then(|| Picker::menu(title, items))
}

fn selected_name(bench: &Bench, target: Selection, app: &App) -> String {
    let directory = bench.lab.directory();
    match target {
        Selection::Nothing => app.say().whole_cluster().to_string(),
        Selection::Node(node) => directory.node(node).to_string(),
        Selection::Link(a, b) => format!("{} – {}", directory.node(a), directory.node(b)),
        Selection::Lane(lane) => directory.lane(lane).to_string(),
        Selection::Replica(lane, node) => {
            format!("{} @ {}", directory.lane(lane), directory.node(node))
        }
        Selection::Message(message) => directory.message(message),
    }
}

fn offers(
    app: &App,
    bench: &Bench,
    which: impl Fn(&mqlab::lab::Offers) -> &Vec<Offer>,
) -> Vec<Item<Does>> {
    let offers = bench.lab.offers(bench.target());
    which(&offers).iter().map(|offer| offered(app, offer)).collect()
}

fn offered(app: &App, offer: &Offer) -> Item<Does> {
    let lang = app.look.lang;
    let label = lang.of(&offer.label).to_string();
    if let Some(why) = offer.no_effect() {
        let why = lang.of(why).to_string();
        let aside = vec![piece(app.look.glyphs.pick("—", "-"), Ink::Faint)];
        return Item { live: false, aside, ..item(label, why, Does::Nothing) };
    }
    let inject = |choice: &mqlab::lab::Choice| Does::Move(Move::Inject(choice.action.clone()));
    let does = match offer.choices.as_slice() {
        [only] => inject(only),
        choices => {
            let items = choices.iter().map(|choice| {
                let why = choice.no_effect.as_ref().map(|why| lang.of(why).to_string());
                Item {
                    live: why.is_none(),
                    ..item(lang.of(&choice.label), why.unwrap_or_default(), inject(choice))
                }
            });
            Does::Pick(Box::new(Picker::menu(label.clone(), items.collect())))
        }
    };
    let more = match offer.choices.len() {
        0 | 1 => Vec::new(),
        _ => vec![piece(app.look.glyphs.pick("▸", ">"), Ink::Faint)],
    };
    Item { aside: more, ..item(label, lang.of(&offer.does), does) }
}

/// What-ifs and seeds, then the settings of what is selected, or of everything.
fn settings(app: &App, bench: &Bench) -> Option<Picker<Does>> {
    let (lang, say) = (app.look.lang, app.say());
    let whole = bench.lab.offers(Selection::Nothing);
    let variants = whole.variants.iter().map(|offer| {
        let does = Does::Move(Move::Variant(offer.variant.clone()));
        let aside = match &offer.variant {
            Variant::WhatIf(name) => vec![piece(format!("what-if {name}"), Ink::Key)],
            Variant::Seed(_) => Vec::new(),
        };
        Item { aside, ..item(lang.of(&offer.label), lang.of(&offer.does), does) }
    });
    let offered = bench.settings();
    let settings = offered.iter().map(|setting| {
        let changed = setting.current != setting.default;
        let ink = if changed { Ink::Change } else { Ink::Faint };
        let menu = Does::Pick(Box::new(of_setting(app, setting)));
        Item {
            aside: vec![piece(setting.current.clone(), ink)],
            ..item(setting.address.clone(), lang.of(&setting.does), menu)
        }
    });
    let items: Vec<Item<Does>> = variants.chain(settings).collect();
    let title =
        say.menu_title(Command::Settings.title(lang), &selected_name(bench, bench.target(), app));
    (!items.is_empty()).then(|| Picker::menu(title, items))
}

/// The values one can give to a setting, by its address.
pub fn values(app: &App, address: &str) -> Option<Picker<Does>> {
    let bench = app.bench.as_deref()?;
    let setting = bench.settings().into_iter().find(|s| s.address == address)?;
    Some(of_setting(app, &setting))
}

fn of_setting(app: &App, setting: &SettingOffer) -> Picker<Does> {
    let (lang, say) = (app.look.lang, app.say());
    let mut items: Vec<Item<Does>> = Vec::new();
    for candidate in &setting.candidates {
        items.extend(candidate_items(app, setting, candidate));
    }
    let hint = lang.of(&setting.does).to_string();
    let prompt = Prompt::new(setting.address.clone(), hint, For::Setting(setting.address.clone()));
    items.push(item(say.another_value(), lang.of(&setting.takes.text()), Does::Type(prompt)));
    Picker::menu(format!("{} = {}", setting.address, setting.current), items)
}

fn candidate_items(app: &App, setting: &SettingOffer, candidate: &Candidate) -> Vec<Item<Does>> {
    let say = app.say();
    let mut items = Vec::new();
    let same = candidate.value == setting.current;
    let mut notes = Vec::new();
    if same {
        notes.push(say.value_now());
    }
    if candidate.value == setting.default {
        notes.push(say.value_default());
    }
    let note = notes.join(app.look.lang.pick(", ", "，"));
    let set = Does::Move(Move::Set(vec![candidate.set.clone()]));
    let detail = if same { String::new() } else { say.holds_from_the_start().to_string() };
    items.push(Item {
        live: !same,
        aside: vec![piece(note, Ink::Faint)],
        ..item(candidate.value.clone(), if same { say.value_now().into() } else { detail }, set)
    });
    if let (Some(action), false) = (&candidate.now, same) {
        let does = Does::Move(Move::Inject(action.clone()));
        items.push(item(candidate.value.clone(), say.changes_now(), does));
    }
    items
}

fn compare(app: &App, bench: &Bench) -> Vec<Item<Does>> {
    let here = bench.lab.current();
    let ids = (0..bench.lab.branches().len()).map(BranchId).filter(|id| *id != here);
    ids.map(|id| {
        let name = branch_name(&bench.lab, id, app.say());
        item(name, app.say().branch_detail(&bench.lab, id), Does::Compare(id))
    })
    .collect()
}

fn branches(app: &App, bench: &Bench) -> Vec<Item<Does>> {
    let here = bench.lab.current();
    let depth = |mut id: BranchId| {
        const DEEPEST: usize = 12;
        let mut depth = 0;
        while let Some(parent) = bench.lab.branch(id).and_then(|b| b.parent) {
            (id, depth) = (parent, depth + 1);
        }
        depth.min(DEEPEST)
    };
    // Children stand under their parents.
    let mut order: Vec<BranchId> = Vec::new();
    let mut open: Vec<BranchId> = vec![BranchId(0)];
    while let Some(id) = open.pop() {
        order.push(id);
        let all = (0..bench.lab.branches().len()).map(BranchId);
        let children = all.filter(|c| bench.lab.branch(*c).is_some_and(|b| b.parent == Some(id)));
        let mut children: Vec<BranchId> = children.collect();
        children.reverse();
        open.extend(children);
    }
    order
        .into_iter()
        .map(|id| {
            let name = branch_name(&bench.lab, id, app.say());
            let branch = app.look.glyphs.pick("└ ", "` ");
            let lead = match depth(id) {
                0 => String::new(),
                n => format!("{}{branch}", "  ".repeat(n - 1)),
            };
            let mark = app.look.glyphs.pick("◀", "<");
            let aside = if id == here { vec![piece(mark, Ink::Here)] } else { Vec::new() };
            let detail = app.say().branch_detail(&bench.lab, id);
            let does = Does::Move(Move::Switch(id));
            Item { aside, ..item(format!("{lead}{name}"), detail, does) }
        })
        .collect()
}

fn bookmarks(app: &App, bench: &Bench) -> Vec<Item<Does>> {
    let all = bench.lab.bookmarks().iter().enumerate();
    all.map(|(number, bookmark)| {
        let detail = app.say().bookmark_detail(bookmark.branch.0, bookmark.event);
        item(bookmark.text.clone(), detail, Does::Place(Place::Bookmark(number)))
    })
    .collect()
}

/// Every command that applies, for the palette, and those that do not with the reason.
pub fn palette(app: &App) -> Picker<Does> {
    let lang = app.look.lang;
    let screen = app.screen();
    let situation = app.bench.as_ref().map(|b| b.situation()).unwrap_or_default();
    let here = Command::ALL.iter().filter(|c| c.screen().shares(screen));
    let items = here.filter(|c| !matches!(c, Command::Palette | Command::Back)).map(|command| {
        let why = match screen {
            Screen::Lessons => Ok(()),
            _ => command.applies(&situation, lang),
        };
        let keys = command.keys().first().map(|key| key.text()).unwrap_or_default();
        let help = command.help(lang);
        Item {
            live: why.is_ok(),
            aside: vec![piece(keys, Ink::Key)],
            label: command.title(lang).to_string(),
            detail: match why {
                Ok(()) => format!("{help}  {}", command.name()),
                Err(why) => why.to_string(),
            },
            does: Does::Command(*command),
        }
    });
    let mut items: Vec<Item<Does>> = items.collect();
    items.sort_by_key(|item| !item.live);
    Picker::palette(app.say().palette_title().into(), items)
}

/// The filters of the list of lessons.
pub fn filter(app: &App, command: Command) -> Picker<Does> {
    let say = app.say();
    let only =
        |label: String, detail: String, filter: Filter| item(label, detail, Does::Only(filter));
    let all = say.all_of_them();
    let lessons = &app.lessons;
    let items: Vec<Item<Does>> = match command {
        Command::BySystem => {
            let all = only(all.into(), String::new(), Filter::System(None));
            let each = lessons.systems().into_iter();
            let each = each.map(|s| only(s.clone(), String::new(), Filter::System(Some(s))));
            std::iter::once(all).chain(each).collect()
        }
        Command::ByTopic => {
            let all = only(all.into(), String::new(), Filter::Topic(None));
            let each = lessons.topics().into_iter();
            let each = each.map(|(t, n)| only(t.clone(), say.lessons(n), Filter::Topic(Some(t))));
            std::iter::once(all).chain(each).collect()
        }
        Command::ByLevel => {
            let all = only(all.into(), String::new(), Filter::Level(None));
            let levels = [Level::Beginner, Level::Intermediate, Level::Advanced].into_iter();
            let each = levels
                .map(|l| only(say.level_name(l).into(), String::new(), Filter::Level(Some(l))));
            std::iter::once(all).chain(each).collect()
        }
        _ => {
            let all = only(all.into(), String::new(), Filter::Stand(None));
            let stands = [Stand::Fresh, Stand::Begun, Stand::Finished].into_iter();
            let each =
                stands.map(|s| only(say.stand(s).into(), String::new(), Filter::Stand(Some(s))));
            std::iter::once(all).chain(each).collect()
        }
    };
    Picker::menu(command.help(app.look.lang).to_string(), items)
}

/// A session was kept.
pub fn take_up(app: &App, saved: &Saved) -> Picker<Does> {
    let say = app.say();
    let done = saved.branches.iter().map(|b| b.interventions.len()).sum();
    let items = vec![
        item(say.take_up(), say.take_up_detail(done, saved.branches.len()), Does::TakeUp),
        item(say.start_afresh(), say.start_afresh_detail(), Does::StartAfresh),
    ];
    Picker::menu(say.kept_title().into(), items)
}

/// The file has changed.
pub fn reload(app: &App) -> Picker<Does> {
    let say = app.say();
    let items = vec![
        item(say.reload_now(), say.reload_detail(), Does::Reload),
        item(say.not_now(), say.not_now_detail(), Does::Nothing),
    ];
    Picker::menu(say.changed_title().into(), items)
}

/// Where a session is written unless somebody says otherwise.
pub fn path_to_write(name: &str) -> String {
    let short = name.trim_end_matches(".toml").rsplit(['/', '\\']).next().unwrap_or("session");
    format!("{short}-by-hand.toml")
}
