//! The scenarios at hand: those that come with the program, found by name, and files, found by
//! path. A path that exists wins over a name.

use crate::failure::Failure;
use crate::text::Say;
use mqlab::scenario::LARGEST_FILE;
use mqlab_catalogue::Embedded;
use std::fs;
use std::path::{Path, PathBuf};

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

impl From<Embedded> for Source {
    fn from(Embedded { name, text }: Embedded) -> Source {
        let path = format!("scenarios/{name}.toml");
        Source { name, path, text: Ok(text.to_string()) }
    }
}

/// All scenarios that come with the program, by name.
pub fn embedded() -> Vec<Source> {
    mqlab_catalogue::all().into_iter().map(Source::from).collect()
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

fn by_name(asked: &str) -> Vec<Source> {
    mqlab_catalogue::named(asked).into_iter().map(Source::from).collect()
}

fn unknown(asked: &str, say: Say) -> Failure {
    let near = mqlab_catalogue::nearest(asked);
    let failure = Failure::new(say.unknown_scenario(asked));
    if near.is_empty() {
        failure.help(say.see_list())
    } else {
        failure.help(say.did_you_mean(&near))
    }
}
