//! The pages, and how those made from the program are compared or written anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// The folder of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Whether made pages are to be written instead of compared.
fn updates() -> bool {
    std::env::var_os("MQLAB_UPDATE_DOCS").is_some_and(|v| !v.is_empty() && v != "0")
}

/// The text of a file of the workspace, with the line ends of every system the same.
pub fn read(path: &str) -> String {
    let text = fs::read_to_string(root().join(path));
    text.unwrap_or_else(|e| panic!("{path}: {e}")).replace("\r\n", "\n")
}

/// Every page, by its path from the root: the two READMEs, the book, the folders' own pages.
pub fn pages() -> Vec<String> {
    let mut pages: Vec<String> = ["README.md", "README.zh.md", "scenarios/README.md"]
        .into_iter()
        .chain(["bench/README.md"])
        .filter(|p| root().join(p).exists())
        .map(str::to_string)
        .collect();
    let book = fs::read_dir(root().join("docs")).expect("docs/ is there");
    let mut book: Vec<String> = book
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".md"))
        .map(|name| format!("docs/{name}"))
        .collect();
    book.sort();
    pages.append(&mut book);
    pages
}

/// Compares a file that is made from the program with what the program makes now, or writes it.
pub fn made(path: &str, now: &str) {
    let file = root().join(path);
    if updates() {
        fs::write(&file, now).unwrap_or_else(|e| panic!("{path}: {e}"));
        return;
    }
    let there = fs::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        there == now,
        "{path} is out of date; write it anew with \
         MQLAB_UPDATE_DOCS=1 cargo test -p mqlab-tests --test docs"
    );
}

/// The lines of a page with their numbers, without those of fenced blocks.
pub fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(n, line)| {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            return None;
        }
        (!fenced).then_some((n + 1, line))
    })
}

/// Compares the part of a page between `<!-- begin: NAME -->` and the next `<!-- end -->` with what
/// the program makes now, or writes it. Parts of one page are written one after the other.
pub fn made_part(path: &str, name: &str, now: &str) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock();
    let page = read(path);
    let begin = format!("<!-- begin: {name} -->\n");
    let from = page.find(&begin).unwrap_or_else(|| panic!("{path} has no {begin}")) + begin.len();
    let to = page[from..].find("<!-- end -->\n").expect("a part that begins ends") + from;
    made(path, &format!("{}\n{now}\n{}", &page[..from], &page[to..]));
}
