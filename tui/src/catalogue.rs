//! The scenarios at hand: those that come with the program, found by name, and files, found by
//! path. A path that exists wins over a name.

use crate::failure::Failure;
use crate::text::Say;
use include_dir::{Dir, include_dir};
use mqlab::scenario::LARGEST_FILE;
use std::fs;
use std::path::{Path, PathBuf};

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../scenarios");

/// A scenario file's text and how to name it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// The catalogue name, or the path as given.
    pub name: String,
    /// What to show as the file's path in messages.
    pub path: String,
    /// The text, or why it cannot be had.
    pub text: Result<String, String>,
}

/// All scenarios that come with the program, by name.
pub fn embedded() -> Vec<Source> {
    let mut found = Vec::new();
    collect_embedded(&EMBEDDED, &mut found);
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn collect_embedded(dir: &Dir<'_>, found: &mut Vec<Source>) {
    for file in dir.files() {
        if file.path().extension().is_some_and(|e| e == "toml") {
            // The names are the same on every system, whatever its path separator.
            let parts: Vec<String> = file
                .path()
                .with_extension("")
                .components()
                .map(|c| c.as_os_str().to_string_lossy().into_owned())
                .collect();
            let name = parts.join("/");
            let path = format!("scenarios/{name}.toml");
            let text = file.contents_utf8().map(str::to_string);
            found.push(Source { name, path, text: text.ok_or_else(|| "not UTF-8".to_string()) });
        }
    }
    for dir in dir.dirs() {
        collect_embedded(dir, found);
    }
}

/// One scenario by path or by name, for commands that take exactly one.
pub fn find(asked: &str, say: Say) -> Result<Source, Failure> {
    let path = Path::new(asked);
    if path.is_dir() && by_name(asked).is_empty() {
        return Err(Failure::new(say.is_a_folder(asked)).help(say.see_list()));
    }
    if path.is_file() {
        return Ok(read(path, say));
    }
    let mut named = by_name(asked);
    match (named.len(), named.pop()) {
        (1, Some(source)) => Ok(source),
        (0, _) => Err(unknown(asked, say)),
        (_, last) => {
            let mut names: Vec<String> = named.into_iter().map(|s| s.name).collect();
            names.extend(last.map(|s| s.name));
            Err(Failure::new(say.ambiguous(asked)).help(say.there_are(&names)))
        }
    }
}

/// The sources that are meant by arguments: files, folders and names; all embedded ones where none
/// are given. In the order given, folders in the order of their paths.
pub fn gather(asked: &[String], say: Say) -> Result<Vec<Source>, Failure> {
    if asked.is_empty() {
        return Ok(embedded());
    }
    let mut found: Vec<Source> = Vec::new();
    for argument in asked {
        let path = Path::new(argument);
        if path.is_dir() {
            let mut files = Vec::new();
            collect_files(path, &mut files, say)?;
            if files.is_empty() {
                let message = format!("{argument}: {}", say.no_scenarios());
                return Err(Failure::new(message));
            }
            files.sort();
            found.extend(files.iter().map(|f| read(f, say)));
        } else {
            found.push(find(argument, say)?);
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|s| seen.insert(s.name.clone()));
    Ok(found)
}

fn collect_files(dir: &Path, files: &mut Vec<PathBuf>, say: Say) -> Result<(), Failure> {
    let fail = |e: std::io::Error| {
        Failure::new(say.cannot_read(&dir.display().to_string(), &e.to_string()))
    };
    for entry in fs::read_dir(dir).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let kind = entry.file_type().map_err(fail)?;
        let path = entry.path();
        // Links to folders are not followed: they may lead in a circle.
        if kind.is_dir() {
            collect_files(&path, files, say)?;
        } else if path.extension().is_some_and(|e| e == "toml") && path.is_file() {
            files.push(path);
        }
    }
    Ok(())
}

/// Reads a file; what is wrong with it is kept, so that one bad file does not hide the others.
fn read(path: &Path, say: Say) -> Source {
    let shown = path.display().to_string();
    // A file that is far too large is not worth reading, and might not fit into memory.
    let read = fs::metadata(path).and_then(|m| match m.len() {
        length if length > LARGEST_FILE as u64 => Ok(Err(length)),
        _ => fs::read(path).map(Ok),
    });
    let text = match read {
        Err(error) => Err(say.cannot_read(&shown, &error.to_string())),
        Ok(Err(length)) => Err(say.too_large(&shown, length)),
        Ok(Ok(bytes)) => String::from_utf8(bytes).map_err(|e| {
            let good = e.utf8_error().valid_up_to();
            let line = 1 + e.as_bytes()[..good].iter().filter(|b| **b == b'\n').count();
            say.not_utf8(&shown, line, good)
        }),
    };
    Source { name: shown.clone(), path: shown, text }
}

/// The embedded scenarios of that name, with or without the folder.
fn by_name(asked: &str) -> Vec<Source> {
    let asked = asked.strip_suffix(".toml").unwrap_or(asked);
    let all = embedded();
    if let Some(exact) = all.iter().find(|s| s.name == asked) {
        return vec![exact.clone()];
    }
    all.into_iter().filter(|s| s.name.rsplit('/').next() == Some(asked)).collect()
}

fn unknown(asked: &str, say: Say) -> Failure {
    let names: Vec<String> = embedded().into_iter().map(|s| s.name).collect();
    let near = nearest(asked, names.iter().map(String::as_str));
    let failure = Failure::new(say.unknown_scenario(asked));
    if near.is_empty() {
        failure.help(say.see_list())
    } else {
        failure.help(say.did_you_mean(&near))
    }
}

/// Up to three names that `asked` may have been meant to be, the likeliest first.
pub fn nearest<'a>(asked: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
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

    #[test]
    fn a_slip_of_the_finger_is_recognised() {
        let names = ["kafka/acks-one-leader-power-off", "kafka/consumer-auto-commit"];
        let near = |asked| nearest(asked, names.iter().copied());
        assert_eq!(near("kafka/acks-one-leader-poweroff"), [names[0]]);
        assert_eq!(near("acks-one-leader-power-of"), [names[0]]);
        assert_eq!(near("auto-commit"), [names[1]]);
        assert!(near("rabbit").is_empty());
    }

    /// The embedding macro is expanded when this crate is compiled; a file added since is missed.
    #[test]
    fn every_file_of_the_repository_is_embedded() {
        let say = Say { lang: mqlab::story::Lang::En };
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
        let mut files = Vec::new();
        collect_files(&root, &mut files, say).expect("the folder can be read");
        assert_eq!(files.len(), embedded().len(), "tui/build.rs watches the folder");
    }
}
