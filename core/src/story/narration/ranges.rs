//! Runs of messages and offsets as text: `m1 – m97`, `0–96`.

use crate::fact::{Directory, MessageId};
use crate::story::Lang;

/// At most this many stretches are listed; more are counted.
const MOST_STRETCHES: usize = 4;

/// Messages as a sentence lists them: `m1 – m3`, `m1, m3 and m5`, `m1 … m97 (43 messages)`.
pub fn messages(ids: &[MessageId], directory: &Directory, lang: Lang) -> String {
    let mut sorted: Vec<u32> = ids.iter().map(|m| m.0).collect();
    sorted.sort_unstable();
    sorted.dedup();
    let stretches = stretches(&sorted, |n| block_of(MessageId(n), directory));
    let name = |n| directory.message(MessageId(n));
    if stretches.len() > MOST_STRETCHES {
        let (first, last) = (stretches[0].0, stretches[stretches.len() - 1].1);
        let count = sorted.len();
        return match lang {
            Lang::En => format!("{} … {} ({count} messages)", name(first), name(last)),
            Lang::Zh => format!("{} … {}（共 {count} 条）", name(first), name(last)),
        };
    }
    let texts: Vec<String> = stretches
        .into_iter()
        .flat_map(|(low, high)| match high - low {
            0 => vec![name(low)],
            1 => vec![name(low), name(high)],
            _ => vec![format!("{} – {}", name(low), name(high))],
        })
        .collect();
    lang.list(&texts)
}

/// Offsets as text: `3`, `0–5`, `0–2, 7`; the ends alone where there are many stretches.
pub fn offsets(values: &[u64]) -> String {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let stretches = stretches(&sorted, |_| 0);
    if stretches.len() > MOST_STRETCHES {
        return format!("{} … {}", stretches[0].0, stretches[stretches.len() - 1].1);
    }
    let texts: Vec<String> = stretches
        .into_iter()
        .map(|(low, high)| if low == high { low.to_string() } else { format!("{low}–{high}") })
        .collect();
    texts.join(", ")
}

/// Maximal runs of consecutive numbers; a run never crosses from one block into the next.
fn stretches<N>(sorted: &[N], block: impl Fn(N) -> usize) -> Vec<(N, N)>
where
    N: Copy + PartialEq + std::ops::Sub<Output = N> + From<u8>,
{
    let mut found: Vec<(N, N)> = Vec::new();
    for &n in sorted {
        match found.last_mut() {
            Some((low, high)) if n - *high == N::from(1) && block(*low) == block(n) => *high = n,
            _ => found.push((n, n)),
        }
    }
    found
}

fn block_of(id: MessageId, directory: &Directory) -> usize {
    directory.messages.partition_point(|b| b.first <= id)
}
