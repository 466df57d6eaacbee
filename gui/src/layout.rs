//! How panels are docked.

use crate::text::{Phrase, Say};
use egui_tiles::{Container, Linear, LinearDir, Tile, TileId, Tiles, Tree};
use serde::{Deserialize, Serialize};

/// A panel.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[allow(missing_docs)] // `Pane::title` names each
pub enum Pane {
    Cluster,
    Lanes,
    Lesson,
    Facts,
    Fates,
    Story,
    Settings,
    Branches,
    Comparison,
    Plots,
    Sweep,
}

impl Pane {
    /// All of them.
    pub const ALL: [Pane; 11] = [
        Pane::Cluster,
        Pane::Lanes,
        Pane::Lesson,
        Pane::Facts,
        Pane::Fates,
        Pane::Story,
        Pane::Settings,
        Pane::Branches,
        Pane::Comparison,
        Pane::Plots,
        Pane::Sweep,
    ];

    /// What it is called.
    pub fn title(self, say: Say) -> &'static str {
        say.the(match self {
            Pane::Cluster => Phrase::Cluster,
            Pane::Lanes => Phrase::Lanes,
            Pane::Lesson => Phrase::Lesson,
            Pane::Facts => Phrase::Facts,
            Pane::Fates => Phrase::Fates,
            Pane::Story => Phrase::Story,
            Pane::Settings => Phrase::Settings,
            Pane::Branches => Phrase::Branches,
            Pane::Comparison => Phrase::Comparison,
            Pane::Plots => Phrase::Plots,
            Pane::Sweep => Phrase::Sweep,
        })
    }
}

/// The panels as they stand at first: cluster and lanes on the left, the rest in tabs on the right.
pub fn at_first() -> Tree<Pane> {
    let mut tiles = Tiles::default();
    let cluster = tiles.insert_pane(Pane::Cluster);
    let lanes = tiles.insert_pane(Pane::Lanes);
    let above = [Pane::Lesson, Pane::Story, Pane::Settings, Pane::Branches];
    let above: Vec<TileId> = above.into_iter().map(|pane| tiles.insert_pane(pane)).collect();
    let below = [Pane::Fates, Pane::Facts, Pane::Comparison, Pane::Plots, Pane::Sweep];
    let below: Vec<TileId> = below.into_iter().map(|pane| tiles.insert_pane(pane)).collect();
    let tab = |tiles: &mut Tiles<Pane>, id| tiles.insert_tab_tile(vec![id]);
    let (cluster, lanes) = (tab(&mut tiles, cluster), tab(&mut tiles, lanes));
    let (above, below) = (tiles.insert_tab_tile(above), tiles.insert_tab_tile(below));
    let mut split = |dir, first: TileId, second: TileId, share: f32| {
        let linear = Linear::new_binary(dir, [first, second], share);
        tiles.insert_container(Container::Linear(linear))
    };
    let left = split(LinearDir::Vertical, cluster, lanes, 0.56);
    let right = split(LinearDir::Vertical, above, below, 0.58);
    let root = split(LinearDir::Horizontal, left, right, 0.62);
    Tree::new(egui::Id::unique("panels"), root, tiles)
}

/// Brings a panel to the front, or back where it was taken away.
pub fn show(tree: &mut Tree<Pane>, pane: Pane) {
    let found = tree.tiles.find_pane(&pane);
    let id = found.unwrap_or_else(|| {
        let id = tree.tiles.insert_pane(pane);
        if let Some(root) = tree.root() {
            tree.move_tile_to_container(id, root, usize::MAX, false);
        } else {
            tree.root = Some(id);
        }
        id
    });
    tree.tiles.set_visible(id, true);
    tree.make_active(|tile, _| tile == id);
}

/// Whether a panel can be seen: it is the front one of its tabs.
pub fn is_shown(tree: &Tree<Pane>, pane: Pane) -> bool {
    tree.active_tiles().into_iter().any(|id| match tree.tiles.get(id) {
        Some(Tile::Pane(shown)) => *shown == pane,
        _ => false,
    })
}

/// Whether every panel is somewhere in a tree that was kept from another day.
pub fn is_whole(tree: &Tree<Pane>) -> bool {
    tree.root.is_some() && Pane::ALL.iter().all(|pane| tree.tiles.find_pane(pane).is_some())
}
