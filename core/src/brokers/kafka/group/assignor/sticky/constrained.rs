//! `AbstractStickyAssignor.ConstrainedAssignmentBuilder`: all members subscribe to the same topics,
//! so any partition may go anywhere, and quotas tell at once who keeps how much.

use super::Previous;

/// Partitions by member, and which partition is taken to which member from one that owned it.
pub(super) fn assign(
    partitions: usize,
    previous: Previous,
) -> (Vec<Vec<usize>>, Vec<(usize, usize)>) {
    let members = previous.owned.len();
    let mut assignment = vec![Vec::new(); members];
    let mut transferred = Vec::new();
    if members == 0 {
        return (assignment, transferred);
    }
    let (min, extra) = (partitions / members, partitions % members);
    let max = min + usize::from(extra > 0);
    // How many members have more than `min` so far; `extra` of them may.
    let mut over_min = 0;
    let mut taken = vec![false; partitions];
    let mut revoked = previous.doubly_claimed;
    // Below `min`, and at `min` with a chance of one more.
    let mut unfilled = Vec::new();
    let mut at_min = Vec::new();
    for (m, owned) in previous.owned.into_iter().enumerate() {
        let keep = if owned.len() < min {
            unfilled.push(m);
            owned.len()
        } else if owned.len() >= max && over_min < extra {
            over_min += 1;
            if over_min == extra {
                at_min.clear();
            }
            max
        } else {
            if over_min < extra {
                at_min.push(m);
            }
            min
        };
        for &p in &owned[keep..] {
            revoked[p] = true;
        }
        for &p in &owned[..keep] {
            taken[p] = true;
        }
        assignment[m].extend_from_slice(&owned[..keep]);
    }
    // The others in turn: first everyone up to `min`, then as many as may have one more.
    let mut at = 0;
    for partition in (0..partitions).filter(|&p| !taken[p]) {
        if at >= unfilled.len() {
            at = 0;
            if unfilled.is_empty() {
                std::mem::swap(&mut unfilled, &mut at_min);
            }
        }
        let Some(&member) = unfilled.get(at) else { break };
        assignment[member].push(partition);
        if revoked[partition] {
            transferred.push((partition, member));
        }
        let has = assignment[member].len();
        if has == min {
            unfilled.remove(at);
            at_min.push(member);
        } else if has == max {
            unfilled.remove(at);
        } else {
            at += 1;
        }
    }
    (assignment, transferred)
}
