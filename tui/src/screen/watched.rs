//! The file of an open scenario, watched for changes.

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::path::Path;
use std::time::SystemTime;

/// A file that somebody else may change.
pub struct Watched {
    pub path: String,
    /// Its state when it was read last.
    state: Option<(SystemTime, u64)>,
    /// Tells of changes; where the system cannot, nobody is told.
    watcher: Option<RecommendedWatcher>,
}

impl Watched {
    /// Watches a file; `touched` is called, on another thread, when something may have happened to
    /// it.
    pub fn new(path: &str, touched: impl Fn() + Send + 'static) -> Watched {
        let state = state_of(path);
        Watched { path: path.into(), state, watcher: watcher(Path::new(path), touched).ok() }
    }

    /// Whether the system tells nothing of changes.
    pub fn is_blind(&self) -> bool {
        self.watcher.is_none()
    }

    /// The text of the file, if it is not in the state in which it was read last.
    pub fn changed(&mut self) -> Option<String> {
        let state = state_of(&self.path);
        if state == self.state {
            return None;
        }
        let text = std::fs::read_to_string(&self.path).ok()?;
        self.state = state;
        Some(text)
    }
}

/// The folder is watched, because editors put a new file in the place of the old one.
fn watcher(path: &Path, touched: impl Fn() + Send + 'static) -> notify::Result<RecommendedWatcher> {
    let path = path.canonicalize()?;
    let name = path.file_name().map(ToOwned::to_owned);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let concerns = |event: notify::Event| {
            !event.kind.is_access()
                && event.paths.iter().any(|path| path.file_name() == name.as_deref())
        };
        // What could not be told may have been about the file.
        if event.map_or(true, concerns) {
            touched();
        }
    })?;
    watcher.watch(path.parent().unwrap_or(Path::new(".")), RecursiveMode::NonRecursive)?;
    Ok(watcher)
}

fn state_of(path: &str) -> Option<(SystemTime, u64)> {
    let known = std::fs::metadata(path).ok()?;
    Some((known.modified().ok()?, known.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    #[test]
    fn a_file_that_is_written_again_or_replaced_is_noticed_and_others_are_not() {
        let folder = std::env::temp_dir().join(format!("mqlab-watched-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        let path = folder.join("one.toml");
        std::fs::write(&path, "a").expect("a file can be written");
        let (tell, hear) = channel();
        let mut watched = Watched::new(&path.display().to_string(), move || {
            let _ = tell.send(());
        });
        assert_eq!(watched.changed(), None);
        std::fs::write(folder.join("other.toml"), "b").expect("a file can be written");
        assert!(hear.recv_timeout(Duration::from_millis(200)).is_err(), "it is another file");
        std::fs::write(&path, "longer").expect("a file can be written");
        hear.recv_timeout(Duration::from_secs(10)).expect("the change is noticed");
        assert_eq!(watched.changed().as_deref(), Some("longer"));
        assert_eq!(watched.changed(), None);
        // As editors do it.
        let new = folder.join("one.toml.new");
        std::fs::write(&new, "the newest").expect("a file can be written");
        std::fs::rename(&new, &path).expect("a file can be replaced");
        hear.recv_timeout(Duration::from_secs(10)).expect("the replacement is noticed");
        assert_eq!(watched.changed().as_deref(), Some("the newest"));
        std::fs::remove_dir_all(&folder).expect("the folder can be removed");
    }
}
