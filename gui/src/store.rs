//! What is kept from one day to the next: progress in lessons, sessions, recent files.
//!
//! Interventions are written as they happen, so a crash eats no work. Without a folder (in tests,
//! for pictures) nothing is read or written.

use mqlab::lab::{Lab, Progress, Saved};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A folder for what is kept, or none.
#[derive(Clone, Debug, Default)]
pub struct Store {
    folder: Option<PathBuf>,
}

impl Store {
    /// Keeps things in a folder, which is made when it is needed.
    pub fn at(folder: PathBuf) -> Store {
        Store { folder: Some(folder) }
    }

    /// Keeps nothing.
    pub fn nowhere() -> Store {
        Store::default()
    }

    /// The progress in all lessons. Progress that cannot be read is set aside, and said so.
    pub fn progress(&self) -> (Progress, Option<String>) {
        let Some(path) = self.path("progress.json") else { return (Progress::default(), None) };
        let Ok(text) = fs::read_to_string(&path) else { return (Progress::default(), None) };
        match Progress::from_json(&text) {
            Ok(progress) => (progress, None),
            Err(why) => {
                let aside = path.with_extension("json.unreadable");
                let _ = fs::rename(&path, aside);
                (Progress::default(), Some(why.to_string()))
            }
        }
    }

    /// Writes the progress.
    pub fn keep_progress(&self, progress: &Progress) -> io::Result<()> {
        self.write("progress.json", &progress.to_json())
    }

    /// The session of a scenario that was open before, if something was done in it.
    pub fn session(&self, name: &str) -> Option<Saved> {
        let text = fs::read_to_string(self.path(&session_file(name))?).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Writes what was done by hand, or forgets it where nothing was.
    pub fn keep_session(&self, lab: &Lab) -> io::Result<()> {
        let saved = lab.interventions();
        let file = session_file(lab.name());
        let touched = saved.branches.len() > 1
            || !saved.bookmarks.is_empty()
            || saved.branches.iter().any(|b| !b.interventions.is_empty());
        if touched {
            return self.write(&file, &serde_json::to_string(&saved).unwrap_or_default());
        }
        match self.path(&file) {
            Some(path) if path.exists() => fs::remove_file(path),
            _ => Ok(()),
        }
    }

    fn path(&self, file: &str) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(file))
    }

    /// Writes beside the old file first, so that it is never half there.
    fn write(&self, file: &str, text: &str) -> io::Result<()> {
        let Some(path) = self.path(file) else { return Ok(()) };
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        let fresh = path.with_extension("new");
        fs::write(&fresh, text)?;
        fs::rename(fresh, path)
    }
}

/// A file name for a scenario's session: its letters, and a number that keeps names apart that have
/// the same letters.
fn session_file(name: &str) -> String {
    let letters = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' });
    let letters: String = letters.collect();
    let sum = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let tail: String =
        letters.chars().rev().take(60).collect::<Vec<_>>().into_iter().rev().collect();
    format!("sessions/{tail}-{sum:016x}.json")
}

/// Writes a file that the person asked for.
pub fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::write(path, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_of_scenarios_with_like_names_are_kept_apart() {
        assert_ne!(session_file("a/b"), session_file("a-b"));
        assert!(session_file("kafka/acks").starts_with("sessions/kafka-acks-"));
    }
}
