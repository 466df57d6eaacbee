//! The scenarios that come with the program, inside it, so that an installed binary works in any
//! folder. Both labs and the commands find them here by name.

use include_dir::{Dir, include_dir};

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../scenarios");

/// A scenario inside the program.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Embedded {
    /// Its name: the path below the folder of scenarios with `/`, without the ending.
    pub name: String,
    /// The text of the file.
    pub text: &'static str,
}

/// All of them, in order of their names.
pub fn all() -> Vec<Embedded> {
    let mut found = Vec::new();
    collect(&EMBEDDED, &mut found);
    found.sort();
    found
}

fn collect(dir: &'static Dir<'_>, found: &mut Vec<Embedded>) {
    for file in dir.files().filter(|f| f.path().extension().is_some_and(|e| e == "toml")) {
        // The names are the same on every system, whatever its path separator.
        let path = file.path().with_extension("");
        let parts = path.components().map(|c| c.as_os_str().to_string_lossy().into_owned());
        let name = parts.collect::<Vec<_>>().join("/");
        found.extend(file.contents_utf8().map(|text| Embedded { name, text }));
    }
    dir.dirs().for_each(|dir| collect(dir, found));
}

/// Those that a name means: the one of that name, or all whose last part it is. An ending `.toml`
/// does not matter.
pub fn named(asked: &str) -> Vec<Embedded> {
    let asked = asked.strip_suffix(".toml").unwrap_or(asked);
    let all = all();
    if let Some(exact) = all.iter().find(|embedded| embedded.name == asked) {
        return vec![exact.clone()];
    }
    all.into_iter().filter(|e| e.name.rsplit('/').next() == Some(asked)).collect()
}

/// Up to three names that `asked` may have been meant to be, the likeliest first.
pub fn nearest(asked: &str) -> Vec<String> {
    let all = all();
    nearest_of(asked, all.iter().map(|embedded| embedded.name.as_str()))
}

/// The same among other names.
pub fn nearest_of<'a>(asked: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    const MOST: usize = 3;
    let asked = asked.strip_suffix(".toml").unwrap_or(asked).to_lowercase();
    let mut near: Vec<(usize, &str)> = names
        .filter_map(|name| {
            let short = name.rsplit('/').next().unwrap_or(name);
            let part = asked.len() >= 3 && name.to_lowercase().contains(&asked);
            let distance = strsim::damerau_levenshtein(&asked, name)
                .min(strsim::damerau_levenshtein(&asked, short));
            let likely = part || distance <= asked.chars().count().max(4) / 3;
            likely.then_some((if part { 0 } else { distance }, name))
        })
        .collect();
    near.sort();
    near.truncate(MOST);
    near.into_iter().map(|(_, name)| name.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_slip_of_the_finger_is_recognised() {
        let names = ["kafka/acks-one-leader-power-off", "kafka/consumer-auto-commit"];
        let near = |asked| nearest_of(asked, names.iter().copied());
        assert_eq!(near("kafka/acks-one-leader-poweroff"), [names[0]]);
        assert_eq!(near("acks-one-leader-power-of"), [names[0]]);
        assert_eq!(near("auto-commit"), [names[1]]);
        assert!(near("rabbit").is_empty());
    }

    #[test]
    fn a_scenario_is_found_by_either_name() {
        for name in ["acks-one-leader-power-off", "kafka/acks-one-leader-power-off.toml"] {
            let found = named(name);
            assert_eq!(found.len(), 1, "{name}");
            assert_eq!(found[0].name, "kafka/acks-one-leader-power-off");
            assert!(found[0].text.contains("[scenario]"));
        }
        assert!(named("power-off").is_empty());
    }

    /// The embedding macro is expanded when this crate is compiled; a file added since is missed.
    #[test]
    fn every_file_of_the_repository_is_embedded() {
        fn count(folder: &Path) -> usize {
            let entries = std::fs::read_dir(folder).expect("the folder can be read");
            let paths = entries.map(|entry| entry.expect("it can be read").path());
            paths
                .map(|path| match path.is_dir() {
                    true => count(&path),
                    false => usize::from(path.extension().is_some_and(|e| e == "toml")),
                })
                .sum()
        }
        let files = count(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios"));
        assert_eq!(files, all().len(), "catalogue/build.rs watches the folder");
    }
}
