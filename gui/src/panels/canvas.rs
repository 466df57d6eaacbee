//! The cluster: nodes by role, what connects them, and packets on their way.
//!
//! A packet stands where the simulated time says: between its departure and its arrival, both of
//! which the world knows. Where nodes stand is the only thing that is drawn and not simulated.

use super::{Cx, menu};
use crate::act::Act;
use crate::text::Phrase;
use egui::{
    Align2, Color32, FontId, Pos2, Rect, Sense, Shape, Stroke, StrokeKind, Ui, Vec2, WidgetInfo,
    accesskit, pos2, vec2,
};
use mqlab::fact::NodeId;
use mqlab::lab::{Offer, Selection};
use mqlab::story::Lang;
use mqlab::substrate::Power;
use mqlab::view::View;
use mqlab::view::picture::{LinkView, NodeView, Role, Standing};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How the canvas is looked at.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Look {
    zoom: f32,
    pan: Vec2,
    /// Nodes dragged away from where they stand by themselves, in shares of the canvas.
    moved: BTreeMap<u16, Vec2>,
    /// The faults of the palette for a scenario and a language; asking every frame takes long.
    #[serde(skip)]
    palette: Option<(String, Lang, Faults)>,
}

/// Faults by their names in scenario files, with what they do.
type Faults = Vec<(&'static str, String)>;

impl Default for Look {
    fn default() -> Self {
        Look { zoom: 1.0, pan: Vec2::ZERO, moved: BTreeMap::new(), palette: None }
    }
}

impl Look {
    /// Everything back where it stands by itself.
    pub fn reset(&mut self) {
        *self = Look::default();
    }
}

/// A fault being dragged, by its name in scenario files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dragged(pub &'static str);

/// Where nodes stand by themselves, in shares of the canvas: who sends on the left, who handles on
/// the right, who keeps messages in a ring between them, who decides above.
pub fn places(nodes: &[NodeView]) -> BTreeMap<NodeId, Pos2> {
    let of = |role: Role| -> Vec<NodeId> {
        nodes.iter().filter(|node| node.role == role).map(|node| node.node).collect()
    };
    let mut places = BTreeMap::new();
    let mut column = |ids: Vec<NodeId>, x: f32| {
        let count = ids.len() as f32;
        for (at, id) in ids.into_iter().enumerate() {
            places.insert(id, pos2(x, (at as f32 + 1.0) / (count + 1.0)));
        }
    };
    column(of(Role::Producer), 0.1);
    column(of(Role::Consumer), 0.9);
    let mut controllers = of(Role::Controller);
    controllers.extend(of(Role::Metadata));
    let count = controllers.len() as f32;
    for (at, id) in controllers.into_iter().enumerate() {
        let x = 0.5 + (at as f32 - (count - 1.0) / 2.0) * 0.17;
        places.insert(id, pos2(x, 0.11));
    }
    let brokers = of(Role::Broker);
    let count = brokers.len();
    for (at, id) in brokers.into_iter().enumerate() {
        let place = match count {
            1 => pos2(0.5, 0.58),
            // A row and a half-row keep the links of few brokers apart.
            2..=5 => {
                let x =
                    0.5 + (at as f32 - (count as f32 - 1.0) / 2.0) * (0.5 / count as f32).max(0.15);
                let low = at % 2 == 1;
                pos2(x, if low { 0.82 } else { 0.5 })
            }
            _ => {
                let angle =
                    at as f32 / count as f32 * std::f32::consts::TAU - std::f32::consts::FRAC_PI_2;
                pos2(0.5 + 0.27 * angle.cos(), 0.6 + 0.31 * angle.sin())
            }
        };
        places.insert(id, place);
    }
    places
}

struct Board {
    rect: Rect,
    at: BTreeMap<NodeId, Pos2>,
    node: Vec2,
    scale: f32,
}

impl Board {
    fn of(rect: Rect, view: &View, look: &Look, small: f32) -> Board {
        let inner = rect.shrink2(vec2(12.0, 8.0));
        let at = places(&view.nodes)
            .into_iter()
            .map(|(id, share)| {
                let share = share + look.moved.get(&id.0).copied().unwrap_or_default();
                let plain = inner.min + inner.size() * share.to_vec2();
                let from_middle = plain - inner.center();
                (id, inner.center() + from_middle * look.zoom + look.pan)
            })
            .collect();
        let crowded = if view.nodes.len() > 10 { 0.8 } else { 1.0 };
        let scale = look.zoom * crowded * small / 12.0;
        Board { rect, at, node: vec2(124.0, 46.0) * scale, scale }
    }

    fn get(&self, id: NodeId) -> Option<Pos2> {
        self.at.get(&id).copied()
    }

    fn is_on_a_node(&self, at: Pos2) -> bool {
        self.at.values().any(|middle| Rect::from_center_size(*middle, self.node).contains(at))
    }

    /// The two ends of a link, at the edges of the nodes' boxes.
    fn ends(&self, a: NodeId, b: NodeId) -> Option<(Pos2, Pos2)> {
        let (a, b) = (self.get(a)?, self.get(b)?);
        Some((edge(a, b, self.node), edge(b, a, self.node)))
    }
}

/// Where the line from the middle of a box to `to` leaves the box.
fn edge(from: Pos2, to: Pos2, size: Vec2) -> Pos2 {
    let d = to - from;
    if d.length_sq() < 1.0 {
        return from;
    }
    let x = if d.x == 0.0 { f32::INFINITY } else { size.x / 2.0 / d.x.abs() };
    let y = if d.y == 0.0 { f32::INFINITY } else { size.y / 2.0 / d.y.abs() };
    from + d * x.min(y).min(0.5)
}

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    let bar = ui.max_rect();
    let palette_height = palette(ui, cx);
    let rect = Rect::from_min_max(pos2(bar.min.x, bar.min.y + palette_height), bar.max);
    ui.painter().rect_filled(rect, 0.0, cx.t.ground);
    let ground = ui.interact(rect, ui.scope_id().with("ground"), Sense::click_and_drag());
    ground.widget_info(|| {
        WidgetInfo::labeled(accesskit::Role::Canvas, true, cx.say.the(Phrase::Cluster))
    });
    navigate(ui, cx, &ground);
    let board = Board::of(rect, &cx.desk.view, &cx.look.canvas, cx.sizes.small);
    let old_clip = ui.clip_rect();
    ui.set_clip_rect(old_clip.intersect(rect));
    links(ui, cx, &board);
    packets(ui, cx, &board);
    nodes(ui, cx, &board);
    ui.set_clip_rect(old_clip);
    buttons(ui, cx, rect);
    if ground.clicked() {
        cx.acts.push(Act::Select(Selection::Nothing));
    }
}

fn navigate(ui: &Ui, cx: &mut Cx<'_>, ground: &egui::Response) {
    let look = &mut cx.look.canvas;
    if ground.dragged() {
        look.pan += ground.drag_delta();
    }
    if let Some(pointer) = ground.hover_pos() {
        let (zoom, scroll) = ui.input(|input| (input.zoom_delta(), input.smooth_scroll_delta()));
        let factor = zoom * (1.0 + scroll.y * 0.002);
        if factor != 1.0 {
            let zoom = (look.zoom * factor).clamp(0.4, 4.0);
            let factor = zoom / look.zoom;
            let middle = ground.rect.center();
            look.pan = (look.pan + (middle - pointer)) * factor - (middle - pointer);
            look.zoom = zoom;
        }
    }
}

fn buttons(ui: &mut Ui, cx: &mut Cx<'_>, rect: Rect) {
    let size = vec2(118.0, cx.sizes.row + 6.0);
    let area = Rect::from_min_size(rect.right_top() + vec2(-size.x - 6.0, 4.0), size);
    let mut child = ui.new_child(
        egui::UiBuilder::new().max_rect(area).layout(egui::Layout::right_to_left(egui::Align::Min)),
    );
    let look = &mut cx.look.canvas;
    let say = cx.say;
    if child.button(say.the(Phrase::Fit)).clicked() {
        look.reset();
    }
    let plus = child.button("+").on_hover_text(say.the(Phrase::ZoomIn));
    if plus.accessible_name(say.the(Phrase::ZoomIn)).clicked() {
        look.zoom = (look.zoom * 1.2).min(4.0);
    }
    let minus = child.button("−").on_hover_text(say.the(Phrase::ZoomOut));
    if minus.accessible_name(say.the(Phrase::ZoomOut)).clicked() {
        look.zoom = (look.zoom / 1.2).max(0.4);
    }
}

/// Faults to drag onto the canvas; how high the strip is.
fn palette(ui: &mut Ui, cx: &mut Cx<'_>) -> f32 {
    let top = ui.cursor().top();
    let t = cx.t;
    let broker = cx.desk.view.nodes.iter().find(|node| node.role == Role::Broker);
    let link = cx.desk.view.links.first();
    let kept = cx.look.canvas.palette.take();
    let kept = kept.filter(|(name, lang, _)| *name == cx.desk.name && *lang == cx.say.lang);
    let kept = kept.unwrap_or_else(|| {
        let names = names(cx, broker.map(|n| n.node), link.map(|l| (l.a, l.b)));
        (cx.desk.name.clone(), cx.say.lang, names)
    });
    egui::ScrollArea::horizontal().id_salt("faults").show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.label(egui::RichText::new("⚡").color(t.bad));
            for &(name, ref does) in &kept.2 {
                let id = egui::Id::unique(("fault", name));
                let button = egui::Button::new(egui::RichText::new(name).small())
                    .sense(Sense::click_and_drag());
                let response = ui.push_id(id, |ui| ui.add(button)).inner;
                response.dnd_set_drag_payload(Dragged(name));
                let help = format!("{does}\n{}", cx.say.the(Phrase::FaultPalette));
                let response = response.on_hover_text(help);
                if response.dragged() {
                    ui.ctx().set_cursor_icon(egui::CursorIcon::Grabbing);
                }
            }
        });
    });
    // Before the first packet there is no link to ask about.
    cx.look.canvas.palette = link.is_some().then_some(kept);
    ui.cursor().top() - top
}

/// The faults of nodes and links by name, each once, with what they do.
fn names(cx: &Cx<'_>, node: Option<NodeId>, link: Option<(NodeId, NodeId)>) -> Faults {
    let mut names: Faults = Vec::new();
    let mut take = |offers: Vec<Offer>| {
        for offer in offers {
            if names.iter().all(|(name, _)| *name != offer.name) {
                names.push((offer.name, cx.say.lang.of(&offer.does).to_string()));
            }
        }
    };
    if let Some(node) = node {
        take(cx.desk.lab.offers(Selection::Node(node)).faults);
    }
    if let Some((a, b)) = link {
        take(cx.desk.lab.offers(Selection::Link(a, b)).faults);
    }
    names
}

/// Does what was dropped, if it can be done there.
fn dropped(cx: &mut Cx<'_>, response: &egui::Response, selection: Selection) -> bool {
    let hovers = response.dnd_hover_payload::<Dragged>().is_some();
    if let Some(dragged) = response.dnd_release_payload::<Dragged>() {
        let offers = cx.desk.lab.offers(selection).faults;
        let offer = offers.into_iter().find(|offer| offer.name == dragged.0);
        let choice = offer.and_then(|offer| {
            let able = offer.choices.iter().find(|choice| choice.no_effect.is_none());
            able.or(offer.choices.first()).cloned()
        });
        if let Some(choice) = choice {
            cx.acts.push(Act::Inject(choice.action));
        }
    }
    hovers
}

fn links(ui: &mut Ui, cx: &mut Cx<'_>, board: &Board) {
    let links: Vec<LinkView> = cx.desk.view.links.clone();
    for link in &links {
        let Some((from, to)) = board.ends(link.a, link.b) else { continue };
        let selection = Selection::Link(link.a, link.b);
        let selected = cx.desk.selected == selection;
        let cut = link.cut_forth || link.cut_back;
        let colour = match (cut, link.open > 0) {
            (true, _) => cx.t.bad,
            (false, true) => cx.t.faint.gamma_multiply(0.75),
            (false, false) => cx.t.line,
        };
        let middle = from + (to - from) * 0.5;
        let label = cx.say.link(link, cx.desk.lab.directory());
        // The middle third can be clicked, so that links do not cover each other.
        let grip = Rect::from_two_pos(from.lerp(to, 0.36), from.lerp(to, 0.64)).expand(7.0);
        let response = ui.interact(
            grip.intersect(board.rect),
            ui.scope_id().with(("link", link.a.0, link.b.0)),
            Sense::click(),
        );
        let described = label.clone();
        response
            .widget_info(|| WidgetInfo::labeled(accesskit::Role::Button, true, described.as_str()));
        // A link may pass behind a node.
        let pointer = ui.input(|input| input.pointer.latest_pos());
        let pointer = pointer.filter(|at| board.rect.contains(*at) && !board.is_on_a_node(*at));
        let near = pointer.is_some_and(|at| distance(at, from, to) < 9.0);
        let hovers = near && dropped(cx, &response, selection);
        let width = if selected || near || hovers { 3.0 } else { 1.4 };
        let stroke = Stroke::new(width, if hovers { cx.t.here } else { colour });
        if cut {
            ui.painter().extend(Shape::dashed_line(&[from, to], stroke, 7.0, 5.0));
        } else {
            ui.painter().line_segment([from, to], stroke);
        }
        // Packets held up wait at the sign.
        match (cut, link.waiting) {
            (true, 0) => sign(ui, cx, middle, "✂", cx.t.bad, board.scale),
            (true, n) => sign(ui, cx, middle, &format!("✂ {n}"), cx.t.bad, board.scale),
            (false, 0) => {}
            (false, n) => sign(ui, cx, middle, &format!("… {n}"), cx.t.odd, board.scale),
        }
        if near && response.clicked() {
            cx.acts.push(Act::Select(selection));
        }
        let response = if near { response.on_hover_text(label) } else { response };
        response.context_menu(|ui| menu::offers(ui, cx, selection));
    }
}

/// How far a point is from a line between two others.
fn distance(p: Pos2, a: Pos2, b: Pos2) -> f32 {
    let d = b - a;
    let share = ((p - a).dot(d) / d.length_sq().max(1.0)).clamp(0.0, 1.0);
    p.distance(a + d * share)
}

fn sign(ui: &Ui, cx: &Cx<'_>, at: Pos2, text: &str, colour: Color32, scale: f32) {
    let font = FontId::proportional(13.0 * scale);
    let galley = ui.painter().layout_no_wrap(text.into(), font, colour);
    let rect = Align2::CENTER_CENTER.anchor_size(at, galley.size());
    ui.painter().rect_filled(rect.expand(3.0), 4.0, cx.t.ground);
    ui.painter().galley(rect.min, galley, colour);
}

fn packets(ui: &mut Ui, cx: &mut Cx<'_>, board: &Board) {
    let view = &cx.desk.view;
    let directory = cx.desk.lab.directory();
    let pointer = ui.input(|input| input.pointer.hover_pos()).filter(|p| board.rect.contains(*p));
    let mut hovered = None;
    for (number, packet) in view.packets.iter().enumerate() {
        let Some((from, to)) = board.ends(packet.from, packet.to) else { continue };
        let flight = packet.arrives.since(packet.departed).0.max(1) as f32;
        let flown = view.time.since(packet.departed).0 as f32;
        // The two directions of a link run beside each other.
        let beside = (to - from).normalized().rot90() * 7.0 * board.scale;
        let at = from.lerp(to, (flown / flight).clamp(0.0, 1.0)) + beside;
        let followed = packet.message.is_some() && packet.message == cx.desk.message;
        let (radius, colour) = match packet.message {
            Some(_) => (6.5, if followed { cx.t.here } else { cx.t.wire }),
            None => (3.5, cx.t.faint),
        };
        let radius = radius * board.scale;
        let painter = ui.painter();
        match packet.message {
            Some(message) => {
                let square = Rect::from_center_size(at, Vec2::splat(radius * 2.0));
                painter.rect_filled(square, 3.0, colour);
                let name = match packet.messages {
                    0 | 1 => directory.message(message),
                    n => format!("{} +{}", directory.message(message), n - 1),
                };
                let font = FontId::proportional(11.0 * board.scale);
                let below = at + vec2(0.0, radius + 2.0);
                painter.text(below, Align2::CENTER_TOP, name, font, cx.t.text);
            }
            None => {
                painter.circle_filled(at, radius, colour);
            }
        }
        if pointer.is_some_and(|p| p.distance(at) < radius + 4.0) {
            hovered = Some(number);
        }
    }
    if let Some(packet) = hovered.and_then(|number| view.packets.get(number)) {
        let text = cx.say.packet(packet, directory);
        egui::Tooltip::always_open(
            ui.ctx().clone(),
            ui.layer_id(),
            ui.scope_id().with("packet"),
            egui::PopupAnchor::Pointer,
        )
        .show(|ui| ui.label(text));
        if ui.input(|input| input.pointer.primary_clicked()) && packet.message.is_some() {
            cx.acts.push(Act::Message(packet.message));
        }
    }
    if view.packets_in_all > 0 {
        let text = format!("{}: {}", cx.say.the(Phrase::PacketsInFlight), view.packets_in_all);
        let font = FontId::proportional(cx.sizes.small);
        let at = board.rect.left_bottom() + vec2(10.0, -8.0);
        ui.painter().text(at, Align2::LEFT_BOTTOM, text, font, cx.t.faint);
    }
}

fn nodes(ui: &mut Ui, cx: &mut Cx<'_>, board: &Board) {
    let nodes: Vec<NodeView> = cx.desk.view.nodes.clone();
    for node in &nodes {
        let Some(at) = board.get(node.node) else { continue };
        let rect = Rect::from_center_size(at, board.node);
        if !board.rect.intersects(rect) {
            continue;
        }
        let selection = Selection::Node(node.node);
        let id = ui.scope_id().with(("node", node.node.0));
        let response = ui.interact(rect.intersect(board.rect), id, Sense::click_and_drag());
        let label = cx.say.node(node, cx.desk.lab.directory());
        let described = label.clone();
        response
            .widget_info(|| WidgetInfo::labeled(accesskit::Role::Button, true, described.as_str()));
        if response.dragged() {
            let share = response.drag_delta() / (board.rect.size() * cx.look.canvas.zoom);
            *cx.look.canvas.moved.entry(node.node.0).or_default() += share;
        }
        let hovers = dropped(cx, &response, selection);
        let selected = cx.desk.selected == selection;
        let lit = hovers || response.hovered() || response.has_focus();
        paint_node(ui, cx, node, rect, selected, lit, board.scale);
        if response.clicked() {
            cx.acts.push(Act::Select(selection));
        }
        let response = response.on_hover_text(label);
        response.context_menu(|ui| menu::offers(ui, cx, selection));
    }
}

fn paint_node(
    ui: &Ui,
    cx: &Cx<'_>,
    node: &NodeView,
    rect: Rect,
    selected: bool,
    lit: bool,
    scale: f32,
) {
    let t = cx.t;
    let painter = ui.painter();
    let down = matches!(node.power, Power::Off | Power::Down);
    let (state, glyph) = t.power(node.power);
    let edge = match (selected, lit, node.leads > 0) {
        (true, _, _) => Stroke::new(3.0, t.wire),
        (false, true, _) => Stroke::new(2.0, t.here),
        (false, false, true) => Stroke::new(1.8, t.leader),
        (false, false, false) if node.power != Power::On => Stroke::new(1.6, state),
        _ => Stroke::new(1.0, t.line),
    };
    let fill = if down { t.ground } else { t.raised };
    painter.rect(rect, 7.0, fill, edge, StrokeKind::Middle);
    let name = FontId::proportional(13.5 * scale);
    let small = FontId::proportional(11.0 * scale);
    let left = rect.left() + 9.0 * scale;
    let upper = rect.top() + rect.height() * 0.31;
    let lower = rect.top() + rect.height() * 0.70;
    painter.text(pos2(left, upper), Align2::LEFT_CENTER, glyph, small.clone(), state);
    let title = cx.desk.lab.directory().node(node.node);
    let strong = if down { t.faint } else { t.strong };
    let at = pos2(left + 15.0 * scale, upper);
    painter.text(at, Align2::LEFT_CENTER, title, name, strong);
    let mut second = match node.standing {
        Standing::Fenced => "fenced".to_string(),
        Standing::Leaving => cx.say.pick("leaving", "正在退出").to_string(),
        _ if node.power != Power::On => cx.say.power(node.power).to_string(),
        _ if !node.doing.is_empty() => cx.say.doing(node.doing).to_string(),
        _ => cx.say.role(node.role).to_string(),
    };
    if node.holds > 0 {
        second.push_str(&format!(" · {}", node.holds));
    }
    let colour = if node.standing == Standing::Fenced { t.odd } else { t.faint };
    painter.text(pos2(left, lower), Align2::LEFT_CENTER, second, small.clone(), colour);
    let mut right = rect.right() - 8.0 * scale;
    if node.leads > 0 {
        let text = format!("★{}", node.leads);
        let drawn =
            painter.text(pos2(right, upper), Align2::RIGHT_CENTER, text, small.clone(), t.leader);
        right = drawn.left() - 5.0;
    }
    if let Some((colour, glyph)) = t.disk(node.disk) {
        painter.text(pos2(right, upper), Align2::RIGHT_CENTER, glyph, small, colour);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mqlab::substrate::DiskHealth;

    fn node(id: u16, role: Role) -> NodeView {
        NodeView {
            node: NodeId(id),
            role,
            power: Power::On,
            disk: DiskHealth::Healthy,
            boots: 1,
            standing: Standing::Active,
            leads: 0,
            epoch: None,
            doing: "",
            holds: 0,
        }
    }

    #[test]
    fn every_node_has_a_place_of_its_own_on_the_canvas() {
        for brokers in 1..=20 {
            let mut nodes: Vec<NodeView> = (0..brokers).map(|n| node(n, Role::Broker)).collect();
            nodes.push(node(100, Role::Producer));
            nodes.push(node(101, Role::Controller));
            nodes.push(node(102, Role::Consumer));
            let places = places(&nodes);
            assert_eq!(places.len(), nodes.len());
            for (id, place) in &places {
                assert!((0.0..=1.0).contains(&place.x) && (0.0..=1.0).contains(&place.y));
                let near =
                    |(other, at): (&NodeId, &Pos2)| other != id && at.distance(*place) < 0.05;
                assert!(!places.iter().any(near), "{brokers} brokers: {id:?}");
            }
        }
    }
}
