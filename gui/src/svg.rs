//! The cluster as a drawing that scales: nodes, links and packets of one moment.

use crate::panels::canvas::places;
use crate::text::Say;
use crate::theme::Tokens;
use egui::{Color32, Pos2, pos2};
use mqlab::fact::{Directory, NodeId};
use mqlab::view::View;
use std::fmt::Write;

const WIDTH: f32 = 960.0;
const HEIGHT: f32 = 540.0;
const BOX: egui::Vec2 = egui::vec2(150.0, 52.0);

/// The cluster of a view as SVG.
pub fn cluster(view: &View, directory: &Directory, say: Say, t: &Tokens) -> String {
    let places = places(&view.nodes);
    let at = |id: NodeId| -> Option<Pos2> {
        places.get(&id).map(|share| pos2(share.x * WIDTH, share.y * HEIGHT))
    };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"14\">\n\
         <title>{}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"{}\"/>\n",
        escaped(&say.here(view.time, view.event)),
        hex(t.ground)
    );
    for link in &view.links {
        let (Some(a), Some(b)) = (at(link.a), at(link.b)) else { continue };
        let cut = link.cut_forth || link.cut_back;
        let (colour, dashes) = match cut {
            true => (t.bad, " stroke-dasharray=\"8 6\""),
            false => (t.line, ""),
        };
        let _ = writeln!(
            svg,
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{}\" \
             stroke-width=\"2\"{dashes}/>",
            a.x,
            a.y,
            b.x,
            b.y,
            hex(colour)
        );
    }
    for packet in &view.packets {
        let (Some(a), Some(b)) = (at(packet.from), at(packet.to)) else { continue };
        let flight = packet.arrives.since(packet.departed).0.max(1) as f32;
        let share = (view.time.since(packet.departed).0 as f32 / flight).clamp(0.0, 1.0);
        let beside = (b - a).normalized().rot90() * 8.0;
        let here = a.lerp(b, share) + beside;
        let (radius, colour) = match packet.message {
            Some(_) => (7.0, t.wire),
            None => (4.0, t.faint),
        };
        let _ = writeln!(
            svg,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius}\" fill=\"{}\"><title>{}</title></circle>",
            here.x,
            here.y,
            hex(colour),
            escaped(&say.packet(packet, directory))
        );
    }
    for node in &view.nodes {
        let Some(at) = at(node.node) else { continue };
        let (state, glyph) = t.power(node.power);
        let edge = if node.leads > 0 { t.leader } else { state };
        let corner = at - BOX / 2.0;
        let _ = writeln!(
            svg,
            "<g><title>{}</title><rect x=\"{:.1}\" y=\"{:.1}\" width=\"{}\" height=\"{}\" rx=\"7\" \
             fill=\"{}\" stroke=\"{}\" stroke-width=\"2\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"{}\">{} {}</text></g>",
            escaped(&say.node(node, directory)),
            corner.x,
            corner.y,
            BOX.x,
            BOX.y,
            hex(t.raised),
            hex(edge),
            at.x,
            at.y + 5.0,
            hex(t.strong),
            glyph,
            escaped(directory.node(node.node))
        );
    }
    svg.push_str("</svg>\n");
    svg
}

fn hex(colour: Color32) -> String {
    format!("#{:02x}{:02x}{:02x}", colour.r(), colour.g(), colour.b())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
