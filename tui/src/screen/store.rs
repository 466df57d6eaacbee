//! What is kept on the disk: progress in lessons, and sessions as they happen.

use mqlab::lab::{Progress, Saved};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The folder of this program among the user's data.
#[derive(Clone, Debug)]
pub struct Store {
    folder: Option<PathBuf>,
}

impl Store {
    /// The user's own: `$XDG_DATA_HOME/mqlab`, or where the system keeps such data.
    pub fn of_user() -> Store {
        use etcetera::BaseStrategy;
        let folder = etcetera::choose_base_strategy().ok().map(|b| b.data_dir().join("mqlab"));
        Store { folder }
    }

    /// A folder.
    #[cfg(test)]
    pub fn at(folder: &Path) -> Store {
        Store { folder: Some(folder.into()) }
    }

    /// The progress that was kept. What cannot be read is set aside and told.
    pub fn progress(&self) -> (Progress, Option<String>) {
        let Some(path) = self.path("progress.json") else { return Default::default() };
        let Ok(text) = fs::read_to_string(&path) else { return Default::default() };
        match Progress::from_json(&text) {
            Ok(progress) => (progress, None),
            Err(why) => {
                let aside = path.with_extension("json.unreadable");
                let _ = fs::rename(&path, &aside);
                (Progress::default(), Some(format!("{why} → {}", aside.display())))
            }
        }
    }

    /// Keeps progress.
    pub fn keep_progress(&self, progress: &Progress) -> io::Result<()> {
        self.write("progress.json", &progress.to_json())
    }

    /// The session that was kept of a scenario, if something was done in it.
    pub fn session(&self, name: &str) -> Option<Saved> {
        let text = fs::read_to_string(self.path(&session_file(name))?).ok()?;
        let saved: Saved = serde_json::from_str(&text).ok()?;
        let done = saved.branches.iter().any(|b| !b.interventions.is_empty());
        let more = saved.branches.len() > 1 || !saved.bookmarks.is_empty();
        (saved.scenario == name && (done || more)).then_some(saved)
    }

    /// Keeps a session.
    pub fn keep(&self, saved: &Saved) -> io::Result<()> {
        let text = serde_json::to_string_pretty(saved).map_err(io::Error::other)?;
        self.write(&session_file(&saved.scenario), &text)
    }

    /// Forgets a session.
    pub fn forget(&self, name: &str) {
        if let Some(path) = self.path(&session_file(name)) {
            let _ = fs::remove_file(path);
        }
    }

    fn path(&self, file: &str) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(file))
    }

    /// Writes a file so that there is always a whole one, whenever the program is killed.
    fn write(&self, file: &str, text: &str) -> io::Result<()> {
        let Some(path) = self.path(file) else { return Ok(()) };
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let fresh = path.with_extension(format!("json.{}", std::process::id()));
        fs::write(&fresh, text)?;
        fs::rename(&fresh, &path)
    }
}

/// The file of a session: readable, and different for different names.
fn session_file(name: &str) -> String {
    let mut digest: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in name.bytes() {
        digest = (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let readable: String =
        name.chars().rev().take(60).collect::<Vec<_>>().into_iter().rev().map(plain).collect();
    format!("sessions/{readable}-{digest:016x}.json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use mqlab::lab::{Bookmark, BranchId};

    fn saved(name: &str, text: &str) -> Saved {
        Saved {
            scenario: name.into(),
            text: 1,
            seed: 2,
            branches: Vec::new(),
            current: 0,
            bookmarks: vec![Bookmark { branch: BranchId(0), event: 3, text: text.into() }],
        }
    }

    #[test]
    fn a_session_comes_back_and_can_be_forgotten() {
        let folder = std::env::temp_dir().join(format!("mqlab-store-{}", std::process::id()));
        let store = Store::at(&folder);
        assert_eq!(store.session("kafka/a"), None);
        store.keep(&saved("kafka/a", "one")).expect("it is written");
        store.keep(&saved("kafka/b", "two")).expect("it is written");
        assert_eq!(store.session("kafka/a"), Some(saved("kafka/a", "one")));
        store.forget("kafka/a");
        assert_eq!(store.session("kafka/a"), None);
        assert!(store.session("kafka/b").is_some());
        let _ = fs::remove_dir_all(folder);
    }

    #[test]
    fn damaged_progress_is_set_aside() {
        let folder = std::env::temp_dir().join(format!("mqlab-progress-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("the folder is made");
        fs::write(folder.join("progress.json"), "{ nonsense").expect("it is written");
        let store = Store::at(&folder);
        let (progress, told) = store.progress();
        assert_eq!(progress, Progress::default());
        assert!(told.is_some() && folder.join("progress.json.unreadable").exists());
        let _ = fs::remove_dir_all(folder);
    }
}
