//! The cluster: nodes with the lanes they hold as cells, broken links, and what is on the wire.

use crate::screen::app::App;
use crate::screen::bench::{Bench, Region};
use crate::screen::pen::{Pen, Piece, Pieces, padded, piece, width};
use crate::screen::spot::Spot;
use crate::screen::theme::{Glyphs, Ink};
use crate::text::Say;
use mqlab::fact::{LaneId, NodeId};
use mqlab::lab::Selection;
use mqlab::view::Decision;
use mqlab::view::View;
use mqlab::view::picture::{
    Cell, LaneView, LinkView, NodeView, PacketView, ReplicaView, Role, Standing,
};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// A row of the region.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Row {
    Node(usize),
    /// A lane and one of its replicas, by their places in the view.
    Replica(usize, usize),
    /// A group and one of its positions.
    Position(usize, usize),
    Link(usize),
    Gap,
}

/// The rows in order: brokers with what they hold, controllers, clients, broken links.
pub fn rows(view: &View) -> Vec<Row> {
    let mut rows = Vec::new();
    let roles = [Role::Broker, Role::Controller, Role::Metadata, Role::Producer, Role::Consumer];
    for role in roles {
        for (at, node) in view.nodes.iter().enumerate().filter(|(_, n)| n.role == role) {
            rows.push(Row::Node(at));
            if role == Role::Broker {
                for (lane, seen) in view.lanes.iter().enumerate() {
                    let replicas = seen.replicas.iter().enumerate();
                    let own = replicas.filter(|(_, r)| r.node == node.node);
                    rows.extend(own.map(|(replica, _)| Row::Replica(lane, replica)));
                }
            }
            if role == Role::Consumer {
                for (group, seen) in view.groups.iter().enumerate() {
                    let positions = seen.positions.iter().enumerate();
                    let own = positions.filter(|(_, p)| p.consumer == node.node);
                    rows.extend(own.map(|(position, _)| Row::Position(group, position)));
                }
            }
        }
    }
    let links = view.links.iter().enumerate();
    let broken = links.filter(|(_, l)| l.cut_forth || l.cut_back);
    rows.extend(broken.map(|(at, _)| Row::Link(at)));
    rows
}

/// Where there is room, the brokers stand apart.
fn spread(rows: &mut Vec<Row>, view: &View, height: usize) {
    let apart = |row: &Row| match row {
        Row::Node(at) => view.nodes.get(*at).is_some_and(|n| n.role == Role::Broker),
        _ => false,
    };
    let brokers = rows.iter().filter(|row| apart(row)).count();
    if rows.len() + brokers > height * 2 / 3 {
        return;
    }
    let mut spread = Vec::with_capacity(rows.len() + brokers);
    let mut after_broker = false;
    for row in rows.drain(..) {
        if matches!(row, Row::Node(_)) && after_broker {
            spread.push(Row::Gap);
        }
        if matches!(row, Row::Node(_)) {
            after_broker = apart(&row);
        }
        spread.push(row);
    }
    *rows = spread;
}

/// What selecting a row selects.
fn selection(view: &View, row: Row) -> Option<Selection> {
    Some(match row {
        Row::Node(at) => Selection::Node(view.nodes.get(at)?.node),
        Row::Replica(lane, replica) => {
            let lane = view.lanes.get(lane)?;
            Selection::Replica(lane.lane, lane.replicas.get(replica)?.node)
        }
        Row::Position(..) | Row::Gap => return None,
        Row::Link(at) => {
            let link = view.links.get(at)?;
            Selection::Link(link.a, link.b)
        }
    })
}

/// Moves the selection up or down; packets come after the rows.
pub fn select_by(bench: &mut Bench, by: isize) {
    let rows = rows(&bench.view);
    let mut stops: Vec<(Option<Selection>, Option<usize>)> = Vec::new();
    stops.extend(rows.iter().filter_map(|r| selection(&bench.view, *r)).map(|s| (Some(s), None)));
    stops.extend((0..bench.view.packets.len()).map(|p| (None, Some(p))));
    if stops.is_empty() {
        return;
    }
    let here = match bench.packet {
        Some(packet) => stops.iter().position(|(_, p)| *p == Some(packet)),
        None => stops.iter().position(|(s, _)| *s == Some(bench.selected)),
    };
    let next = match here {
        Some(here) => here.saturating_add_signed(by).min(stops.len() - 1),
        None if by > 0 => 0,
        None => stops.len() - 1,
    };
    let (selected, packet) = stops[next];
    bench.selected = selected.unwrap_or(Selection::Nothing);
    bench.packet = packet;
    bench.message = None;
}

/// Draws the region.
pub fn draw(app: &App, bench: &Bench, area: Rect, pen: &mut Pen<'_, Spot>) {
    pen.spot(area, Spot::Cluster);
    let mut rows = rows(&bench.view);
    spread(&mut rows, &bench.view, area.height as usize);
    let (nodes, wire) = split(area, rows.len());
    let here = rows.iter().position(|row| selection(&bench.view, *row) == Some(bench.selected));
    let first = top(here.unwrap_or(0), rows.len(), nodes.height as usize);
    let lanes = Widths::of(bench, nodes.width);
    for (y, (at, row)) in (nodes.top()..nodes.bottom()).zip(rows.iter().enumerate().skip(first)) {
        let place = Rect { y, height: 1, ..nodes };
        let selected = here == Some(at);
        if let Some(selection) = selection(&bench.view, *row) {
            pen.spot(place, Spot::Select(selection));
        }
        if selected && bench.region == Region::Cluster {
            pen.wash(place, Ink::Selected);
        } else if selected {
            pen.text(place.x, y, 1, pen.look.glyphs.pick("›", ">"), Ink::Here);
        }
        let inner = Rect { x: place.x + 1, width: place.width.saturating_sub(1), ..place };
        draw_row(app, bench, *row, inner, &lanes, pen);
    }
    let below = rows.len().saturating_sub(first + nodes.height as usize);
    if below > 0 && nodes.height > 0 {
        let text = format!(" {}{} ", pen.look.glyphs.pick("▼ ", "v "), app.say().more_below(below));
        let y = nodes.bottom() - 1;
        pen.right(nodes, y, &[piece(text, Ink::Faint)]);
    }
    draw_wire(app, bench, wire, pen);
}

/// The room for nodes, and below it the room for what is on the wire.
fn split(area: Rect, rows: usize) -> (Rect, Rect) {
    let left = (area.height as usize).saturating_sub(rows + 1);
    let least = (area.height as usize / 4).max(2);
    let wire = left.max(least).min(area.height as usize) as u16;
    let nodes = Rect { height: area.height - wire, ..area };
    (nodes, Rect { y: nodes.bottom(), height: wire, ..area })
}

/// The first row in sight so that `cursor` is in sight.
fn top(cursor: usize, count: usize, height: usize) -> usize {
    if count <= height {
        return 0;
    }
    cursor.saturating_sub(height / 2).min(count - height)
}

/// Columns shared by the rows of lanes.
struct Widths {
    lane: usize,
    /// How the cells of each lane of the view are shown.
    cells: Vec<Fit>,
}

/// How the cells of a lane are shown.
#[derive(Clone, Copy, Default)]
struct Fit {
    /// From which offset.
    from: u64,
    /// How wide a cell is.
    wide: usize,
    /// Whether the watermark and the end of the log are told in numbers behind them.
    tail: bool,
    /// Columns of the longest row of cells.
    used: u16,
}

/// What stands behind the cells of a replica: `HW 3 LEO 5`.
const TAIL: usize = 14;

impl Widths {
    fn of(bench: &Bench, columns: u16) -> Widths {
        const LONGEST: usize = 16;
        let directory = bench.lab.directory();
        let names = bench.view.lanes.iter().map(|lane| directory.lane(lane.lane).width());
        let lane = names.max().unwrap_or(0).min(LONGEST);
        let room = (columns as usize).saturating_sub(1 + 2 + 2 + lane + 2);
        let cells = bench.view.lanes.iter().map(|seen| {
            let end = seen.replicas.iter().map(|r| r.end).max().unwrap_or(0);
            let start = seen.replicas.iter().map(|r| r.start).min().unwrap_or(0);
            let names = seen.replicas.iter().flat_map(|r| &r.cells);
            let named = names
                .map(|cell| cell.message.map_or(1, |m| directory.message(m).width() + 1))
                .max()
                .unwrap_or(1)
                + 1;
            let count = (end - start) as usize;
            // Names where they fit, if need be instead of numbers; else one column a record.
            let (wide, tail) = match count * named {
                needed if needed + TAIL < room => (named, true),
                needed if needed < room => (named, false),
                _ => (1, true),
            };
            let cells = if tail { room.saturating_sub(TAIL) } else { room };
            let fit = (cells.saturating_sub(1) / wide).max(1) as u64;
            let from = match bench.message.and_then(|m| place_of(seen, m)) {
                Some(offset) if offset < end.saturating_sub(fit) => offset,
                _ => end.saturating_sub(fit),
            };
            let from = from.max(start);
            let used = ((end - from) as usize * wide + 2).min(cells) as u16;
            Fit { from, wide, tail, used }
        });
        Widths { lane, cells: cells.collect() }
    }
}

fn place_of(lane: &LaneView, message: mqlab::fact::MessageId) -> Option<u64> {
    let cells = lane.replicas.iter().flat_map(|r| &r.cells);
    cells.into_iter().find(|c| c.message == Some(message)).map(|c| c.offset)
}

fn draw_row(
    app: &App,
    bench: &Bench,
    row: Row,
    area: Rect,
    widths: &Widths,
    pen: &mut Pen<'_, Spot>,
) {
    let view = &bench.view;
    match row {
        Row::Node(at) => {
            let Some(node) = view.nodes.get(at) else { return };
            let pieces = node_pieces(app.say(), bench, node, pen.look.glyphs);
            pen.pieces(area.x, area.y, area.width, &pieces);
        }
        Row::Replica(lane, replica) => {
            let fit = widths.cells.get(lane).copied().unwrap_or_default();
            let Some(seen) = view.lanes.get(lane) else { return };
            let Some(replica) = seen.replicas.get(replica) else { return };
            let shown = Shown { lane: seen, replica, fit, name: widths.lane };
            draw_replica(bench, &shown, area, pen);
        }
        Row::Position(group, position) => {
            let Some(seen) = view.groups.get(group) else { return };
            let Some(at) = seen.positions.get(position) else { return };
            let lane = bench.lab.directory().lane(at.lane);
            let arrow = pen.look.glyphs.pick("↳", "\\");
            let mut pieces = vec![piece(format!("  {arrow} {lane} @{}", at.position), Ink::Text)];
            if let Some(committed) = at.committed {
                let word = pen.look.lang.pick("committed", "已提交");
                pieces.push(piece(format!("  {word} {committed}"), Ink::Faint));
            }
            if seen.lag > 0 && position == 0 {
                let word = pen.look.lang.pick("lag", "积压");
                pieces.push(piece(format!("  {word} {}", seen.lag), Ink::Odd));
            }
            pen.pieces(area.x, area.y, area.width, &pieces);
        }
        Row::Link(at) => {
            let Some(link) = view.links.get(at) else { return };
            let pieces = link_pieces(app.say(), bench, link, pen.look.glyphs);
            pen.pieces(area.x, area.y, area.width, &pieces);
        }
        Row::Gap => {}
    }
}

fn node_pieces(say: Say, bench: &Bench, node: &NodeView, glyphs: Glyphs) -> Pieces {
    let directory = bench.lab.directory();
    let (glyph, ink) = match node.boots {
        0 => (glyphs.pick("◌", "_"), Ink::Faint),
        _ => glyphs.power(node.power),
    };
    let mut pieces =
        vec![piece(format!("{glyph} "), ink), piece(directory.node(node.node), Ink::Title)];
    let mut word = |text: &str, ink: Ink| {
        if !text.is_empty() {
            pieces.push(piece(format!("  {text}"), ink));
        }
    };
    let fresh = node.boots == 0;
    word(if fresh { say.not_started() } else { say.power(node.power) }, Ink::Bad);
    word(say.disk(node.disk), Ink::Bad);
    match node.standing {
        _ if fresh => {}
        Standing::Fenced => word(say.fenced(), Ink::Odd),
        Standing::Leaving => word(say.leaving(), Ink::Odd),
        Standing::Active | Standing::Unlisted => {}
    }
    // Of the lanes that are shown; the cluster's own would drown them.
    let lanes = bench.view.lanes.iter().flat_map(|lane| &lane.replicas);
    let leads = lanes.filter(|r| r.node == node.node && r.leads).count();
    let running = node.power == mqlab::substrate::Power::On;
    match node.role {
        Role::Broker if leads > 0 && running => {
            let many = if leads > 1 { format!(" ×{leads}") } else { String::new() };
            word(&format!("{}{many}", say.leads()), Ink::Leader);
        }
        Role::Broker => {}
        Role::Controller => word(say.lang.pick("controller", "控制器"), Ink::Faint),
        Role::Metadata => word(say.lang.pick("metadata", "元数据"), Ink::Faint),
        Role::Producer => word(say.lang.pick("producer", "生产者"), Ink::Faint),
        Role::Consumer => word(say.lang.pick("consumer", "消费者"), Ink::Faint),
    }
    if running {
        word(say.doing(node.doing), Ink::Change);
        if node.holds > 0 {
            let text = match node.role {
                Role::Producer => say.lang.pick("unsettled", "未答复"),
                _ => say.lang.pick("in hand", "手中"),
            };
            word(&format!("{text} {}", node.holds), Ink::Faint);
        }
    }
    pieces
}

fn link_pieces(say: Say, bench: &Bench, link: &LinkView, glyphs: Glyphs) -> Pieces {
    let name = |node: NodeId| bench.lab.directory().node(node).to_string();
    let sign = match (link.cut_forth, link.cut_back) {
        (true, true) => glyphs.pick("─✗─", "-x-"),
        (true, false) => glyphs.pick("─✗▸", "-x>"),
        _ => glyphs.pick("◂✗─", "<x-"),
    };
    let mut pieces = vec![
        piece(name(link.a), Ink::Text),
        piece(format!(" {sign} "), Ink::Bad),
        piece(name(link.b), Ink::Text),
        piece(format!("  {}", say.cut_word()), Ink::Bad),
    ];
    if link.waiting > 0 {
        let word = say.lang.pick("held up", "滞留");
        pieces.push(piece(format!("  {word} {}", link.waiting), Ink::Odd));
    }
    pieces
}

/// A replica and how its cells are shown.
struct Shown<'a> {
    lane: &'a LaneView,
    replica: &'a ReplicaView,
    fit: Fit,
    name: usize,
}

fn draw_replica(bench: &Bench, shown: &Shown<'_>, area: Rect, pen: &mut Pen<'_, Spot>) {
    let Shown { lane, replica, fit: Fit { from, wide, tail, used }, name } = *shown;
    let wide = wide.max(1);
    let glyphs = pen.look.glyphs;
    let directory = bench.lab.directory();
    let leads = lane.leader == Some(replica.node);
    let (glyph, ink) = match (leads, replica.leads, replica.in_sync) {
        (true, _, _) => (glyphs.pick("◆", "L"), Ink::Leader),
        // It believes that it leads, and nobody else does.
        (false, true, _) => (glyphs.pick("◈", "l"), Ink::Odd),
        (false, false, true) => (glyphs.pick("◇", "i"), Ink::Good),
        (false, false, false) => (glyphs.pick("·", "."), Ink::Faint),
    };
    let label = crate::screen::pen::shortened(directory.lane(lane.lane), name, glyphs);
    let label = padded(&label, name);
    let lead: Pieces = vec![
        piece("  ", Ink::Text),
        piece(format!("{glyph} "), ink),
        piece(label, if leads { Ink::Text } else { Ink::Faint }),
        piece(" ", Ink::Text),
    ];
    let mut x = pen.pieces(area.x, area.y, area.width, &lead);
    let end = area.right().saturating_sub(if tail { TAIL as u16 } else { 0 });
    if from > replica.start {
        x = pen.text(x, area.y, 1, glyphs.more(), Ink::Faint);
    } else {
        x = pen.text(x, area.y, 1, " ", Ink::Faint);
    }
    let first = x;
    let mut marked = false;
    for cell in replica.cells.iter().filter(|c| c.offset >= from) {
        let at = first + ((cell.offset - from) as usize * wide) as u16 + u16::from(marked);
        let mut at = at;
        if !marked && cell.offset >= replica.high_watermark {
            pen.text(at, area.y, end.saturating_sub(at), glyphs.watermark(), Ink::Change);
            at += 1;
            marked = true;
        }
        if at + wide as u16 > end {
            break;
        }
        draw_cell(bench, cell, at, area.y, wide, pen);
        x = at + wide as u16;
    }
    if !marked && replica.high_watermark >= from && !replica.cells.is_empty() && x < end {
        pen.text(x, area.y, 1, glyphs.watermark(), Ink::Change);
    }
    if !tail {
        return;
    }
    let mut tail = format!("HW {} LEO {}", replica.high_watermark, replica.end);
    if replica.stable < replica.high_watermark {
        tail = format!("LSO {} HW {}", replica.stable, replica.high_watermark);
    }
    if !replica.in_sync && !leads {
        tail = format!("{} LEO {}", pen.look.lang.pick("not ISR", "非 ISR"), replica.end);
    }
    let ink = if replica.in_sync || leads { Ink::Faint } else { Ink::Odd };
    let x = (first + used).min(area.right().saturating_sub(TAIL as u16));
    pen.text(x, area.y, area.right().saturating_sub(x), &tail, ink);
}

fn draw_cell(bench: &Bench, cell: &Cell, x: u16, y: u16, wide: usize, pen: &mut Pen<'_, Spot>) {
    let (glyph, ink) = match (cell.message, cell.committed) {
        // What is void stays in the log; what is undecided is open.
        (Some(_), _) if cell.transaction == Some(Decision::Aborted) => {
            (pen.look.glyphs.pick("×", "x"), Ink::Faint)
        }
        (Some(_), true) if cell.transaction == Some(Decision::Open) => {
            (pen.look.glyphs.pick("○", "o"), Ink::Odd)
        }
        // What no consumer may read yet is open, whatever will become of it.
        (Some(_), false) if !matches!(cell.fate, Some(f) if is_bad(f)) => {
            (pen.look.glyphs.pick("○", "o"), Ink::Odd)
        }
        _ => pen.look.glyphs.fate(cell.message.and(cell.fate)),
    };
    let place = Rect { x, y, width: wide as u16, height: 1 };
    if wide == 1 {
        pen.sign(x, y, glyph, ink);
        if let Some(message) = cell.message {
            if bench.message == Some(message) {
                pen.wash(place, Ink::Selected);
            }
            pen.spot(place, Spot::Message(message));
        }
        return;
    }
    let mut text = glyph.to_string();
    if let Some(message) = cell.message {
        text.push_str(&bench.lab.directory().message(message));
    }
    let inner = wide - 1;
    let text = padded(&text, inner);
    pen.text(x, y, wide as u16, &text, ink);
    if let Some(message) = cell.message {
        let shown = Rect { width: inner as u16, ..place };
        if bench.message == Some(message) {
            pen.wash(shown, Ink::Selected);
        }
        pen.spot(place, Spot::Message(message));
    }
}

fn is_bad(fate: mqlab::ledger::Fate) -> bool {
    mqlab::ledger::AnomalyKind::of(fate).is_some()
}

fn draw_wire(app: &App, bench: &Bench, area: Rect, pen: &mut Pen<'_, Spot>) {
    if area.is_empty() {
        return;
    }
    let say = app.say();
    let view = &bench.view;
    let count = match view.packets_in_all {
        0 => String::new(),
        n => format!(" {n}"),
    };
    pen.rule(area.x, area.y, area.width, Ink::Frame);
    let title = format!("{}{count} ", say.on_the_wire());
    pen.text(area.x, area.y, area.width, &title, Ink::Title);
    let list = Rect { y: area.y + 1, height: area.height - 1, ..area };
    if view.packets.is_empty() {
        pen.text(list.x + 1, list.y, list.width, say.wire_quiet(), Ink::Faint);
        return;
    }
    let first = top(bench.packet.unwrap_or(0), view.packets.len(), list.height as usize);
    let from_width = name_width(bench, view.packets.iter().map(|p| p.from));
    let to_width = name_width(bench, view.packets.iter().map(|p| p.to));
    let shown = view.packets.iter().enumerate().skip(first);
    for (y, (number, packet)) in (list.top()..list.bottom()).zip(shown) {
        let place = Rect { y, height: 1, ..list };
        pen.spot(place, Spot::Packet(number));
        if bench.packet == Some(number) {
            pen.wash(place, Ink::Selected);
        }
        let names = (from_width, to_width);
        let pieces = packet_pieces(bench, packet, names, list.width, pen.look.glyphs);
        pen.pieces(place.x + 1, y, place.width - 1, &pieces);
    }
}

fn name_width(bench: &Bench, nodes: impl Iterator<Item = NodeId>) -> usize {
    const LONGEST: usize = 14;
    let directory = bench.lab.directory();
    nodes.map(|n| directory.node(n).width()).max().unwrap_or(0).min(LONGEST)
}

fn packet_pieces(
    bench: &Bench,
    packet: &PacketView,
    (from_width, to_width): (usize, usize),
    columns: u16,
    glyphs: Glyphs,
) -> Pieces {
    let directory = bench.lab.directory();
    // How far it has come, drawn on the line between the two.
    let steps = if columns >= 70 { 9 } else { 5 };
    let whole = packet.arrives.0.saturating_sub(packet.departed.0).max(1);
    let gone = bench.view.time.0.saturating_sub(packet.departed.0).min(whole);
    let at = (u128::from(gone) * (steps - 1) / u128::from(whole)) as usize;
    let line: String = (0..steps as usize)
        .map(|i| if i == at { glyphs.pick("▸", ">") } else { glyphs.rule() })
        .collect();
    let short = |node: NodeId, wide: usize| {
        padded(&crate::screen::pen::shortened(directory.node(node), wide, glyphs), wide)
    };
    let mut pieces: Vec<Piece> = vec![
        piece(short(packet.from, from_width), Ink::Text),
        piece(format!(" {line} "), Ink::Wire),
        piece(short(packet.to, to_width), Ink::Text),
        piece(format!(" {}", packet.kind), Ink::Faint),
    ];
    if let Some(message) = packet.message {
        let more = match packet.messages {
            0 | 1 => String::new(),
            n => format!(" +{}", n - 1),
        };
        pieces.push(piece(format!(" {}{more}", directory.message(message)), Ink::Change));
    }
    let left = mqlab::kernel::Span(packet.arrives.0.saturating_sub(bench.view.time.0));
    let due = format!("  +{left}");
    if width(&pieces) + due.width() < columns as usize {
        pieces.push(piece(due, Ink::Faint));
    }
    pieces
}

/// The copies of a lane on a node, for the inspector.
pub fn replica_of(view: &View, lane: LaneId, node: NodeId) -> Option<&ReplicaView> {
    let lane = view.lanes.iter().find(|l| l.lane == lane)?;
    lane.replicas.iter().find(|r| r.node == node)
}
