//! Paths that are named exist; links lead somewhere.

use crate::pages::{pages, prose, read, root};
use std::path::{Component, Path, PathBuf};

/// What stands at the top of the workspace and may be named by a page.
const TOP: [&str; 8] = ["core", "tui", "gui", "tests", "scenarios", "docs", "bench", ".ci"];

/// The code spans of a line.
fn code_spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// The part of a code span that must exist, if the span is a path of this workspace. What follows
/// a `<placeholder>` or a `*` is anyone's.
fn path_in(span: &str) -> Option<&str> {
    let span = span.split('#').next()?;
    let (first, _) = span.split_once('/')?;
    if !TOP.contains(&first) || span.contains(char::is_whitespace) || span.contains("::") {
        return None;
    }
    let end = span.find(['<', '*']).map_or(span.len(), |at| span[..at].rfind('/').unwrap_or(at));
    Some(&span[..end])
}

#[test]
fn every_path_that_is_named_exists() {
    let mut missing = Vec::new();
    for page in pages() {
        for (line, text) in prose(&read(&page)) {
            for path in code_spans(text).filter_map(path_in) {
                if !root().join(path).exists() {
                    missing.push(format!("{page}:{line}: `{path}`"));
                }
            }
        }
    }
    assert!(missing.is_empty(), "no such file or folder:\n{}", missing.join("\n"));
}

/// The folder that short paths of a page are inside: the one it names, or its own.
fn base<'a>(page: &'a str, text: &'a str) -> &'a str {
    let named = text.split_once("paths below are inside `").and_then(|(_, t)| t.split_once('`'));
    let own = page.rsplit_once('/').map_or("", |(folder, _)| folder);
    named.map_or(own, |(base, _)| base.trim_end_matches('/'))
}

/// The Rust files named in a text, by their paths from the root.
fn rust_files(text: &str, base: &str) -> Vec<String> {
    let spans = code_spans(text).filter(|s| s.ends_with(".rs") && !s.contains(['*', '<', ' ']));
    let full = |span: &str| match path_in(span) {
        Some(path) => path.to_string(),
        None => format!("{base}/{span}").trim_start_matches('/').to_string(),
    };
    spans.map(full).collect()
}

#[test]
fn every_name_of_a_code_map_stands_in_its_files() {
    let mut wrong = Vec::new();
    for page in pages() {
        let text = read(&page);
        let base = base(&page, &text);
        for (line, row) in prose(&text) {
            let files = rust_files(row, base);
            for file in files.iter().filter(|f| !root().join(f).is_file()) {
                wrong.push(format!("{page}:{line}: no file `{file}`"));
            }
            if !row.starts_with('|') || files.is_empty() {
                continue;
            }
            let Some(names) = row.trim_end_matches([' ', '|']).rsplit('|').next() else { continue };
            let sources: String =
                files.iter().filter(|f| root().join(f).is_file()).map(|f| read(f)).collect();
            for name in code_spans(names).filter(|n| !n.contains('/') && !n.ends_with(".rs")) {
                // `Log::append` is `append`; generics and arguments are not part of a name.
                let name = name.rsplit("::").next().unwrap_or(name);
                let word = |c: char| c.is_alphanumeric() || c == '_';
                let plain = name.split(|c| !word(c)).next().unwrap_or(name);
                if !plain.is_empty() && !sources.split(|c| !word(c)).any(|w| w == plain) {
                    wrong.push(format!("{page}:{line}: `{name}` is not in {}", files.join(", ")));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The targets of the inline links and images of a line.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    let outside_code = line.split('`').step_by(2);
    outside_code
        .flat_map(|text| text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next()))
}

/// What a heading is called in a link (GitHub's rule, which mdBook follows for plain headings).
fn anchor(heading: &str) -> String {
    let plain: String = heading
        .trim_start_matches('#')
        .trim()
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .collect();
    plain.replace(' ', "-")
}

fn anchors(text: &str) -> Vec<String> {
    prose(text).filter(|(_, l)| l.starts_with('#')).map(|(_, l)| anchor(l)).collect()
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

#[test]
fn every_relative_link_resolves() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = read(&page);
        let folder = Path::new(&page).parent().unwrap_or(Path::new("")).to_path_buf();
        // The labels of `[label]: target` lines are links too.
        let lines = prose(&text).collect::<Vec<_>>();
        for &(line, content) in &lines {
            let label = content.strip_prefix('[').and_then(|l| l.split_once("]: "));
            for target in targets(content).chain(label.map(|(_, target)| target)) {
                if target.contains("://") || target.starts_with("mailto:") {
                    continue;
                }
                let (file, wanted) = target.split_once('#').unwrap_or((target, ""));
                let to =
                    plain(&if file.is_empty() { page.clone().into() } else { folder.join(file) });
                let fails = if !root().join(&to).exists() {
                    true
                } else if !wanted.is_empty() && to.extension().is_some_and(|e| e == "md") {
                    !anchors(&read(&to.to_string_lossy())).iter().any(|a| a == wanted)
                } else {
                    false
                };
                if fails {
                    broken.push(format!("{page}:{line}: {target}"));
                }
            }
        }
    }
    assert!(broken.is_empty(), "links that lead nowhere:\n{}", broken.join("\n"));
}

#[test]
fn every_page_of_the_book_stands_in_its_table_of_contents() {
    let contents = read("docs/SUMMARY.md");
    let missing: Vec<String> = pages()
        .into_iter()
        .filter_map(|page| page.strip_prefix("docs/").map(str::to_string))
        .filter(|page| page != "SUMMARY.md" && !contents.contains(&format!("({page})")))
        .collect();
    assert!(missing.is_empty(), "not in docs/SUMMARY.md: {missing:?}");
}
