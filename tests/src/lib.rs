//! What the product-level tests share: the catalogue of scenario files and all their cases.

use mqlab::scenario::{self, Scenario};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder of scenario files.
pub fn scenarios_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios")
}

fn toml_files(folder: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|e| e.path()) {
        if path.is_dir() {
            toml_files(&path, into);
        } else if path.extension().is_some_and(|e| e == "toml") {
            into.push(path);
        }
    }
}

/// Every scenario file with its catalogue name, in order of names.
pub fn catalogue() -> Vec<(String, String)> {
    let folder = scenarios_folder();
    let mut files = Vec::new();
    toml_files(&folder, &mut files);
    let mut named: Vec<(String, String)> = files
        .into_iter()
        .filter_map(|path| {
            let name = path.strip_prefix(&folder).ok()?.with_extension("");
            let text = std::fs::read_to_string(&path).ok()?;
            Some((name.to_string_lossy().replace('\\', "/"), text))
        })
        .collect();
    named.sort();
    named
}

/// One scenario of the catalogue, checked. Panics with the diagnostics if it is wrong.
pub fn checked(name: &str, text: &str) -> Arc<Scenario> {
    let parsed = scenario::parse(name, text);
    match parsed.scenario {
        Some(scenario) => Arc::new(scenario),
        None => {
            let messages: Vec<_> = parsed.diagnostics.iter().map(|d| d.message.clone()).collect();
            panic!("{name}: {messages:#?}")
        }
    }
}

/// A scenario, its what-ifs and the cells of its matrix, each with a name.
pub fn cases(scenario: &Arc<Scenario>) -> Vec<(String, Arc<Scenario>)> {
    let name = &scenario.name;
    let mut cases = vec![(name.clone(), scenario.clone())];
    for what_if in &scenario.what_ifs {
        let variant = Arc::new((*what_if.scenario).clone());
        cases.push((format!("{name} --what-if {}", what_if.name), variant));
    }
    for cell in scenario.matrix.iter().flat_map(|m| &m.cells) {
        if let Ok(variant) = &cell.scenario {
            let variant = Arc::new((**variant).clone());
            cases.push((format!("{name} [{}]", cell.values.join(", ")), variant));
        }
    }
    cases
}

/// A small generator of its own, so that a schedule is a function of its number.
pub struct Dice(pub u64);

impl Dice {
    /// A number below `n`.
    pub fn roll(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ (x >> 31)) % n
    }

    /// One of the choices.
    pub fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.roll(choices.len() as u64) as usize]
    }
}
