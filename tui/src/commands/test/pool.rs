//! Work done in parallel, results handed over in order.

use super::plan::{Done, Finding, Plan, Work};
use crate::failure::Failure;
use crate::text::Say;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;

/// Does all the work and hands each result to `handle`, in the order of `works`, on the calling
/// thread. Once `stop` is set, what has not begun is left out, and what is under way is given up.
pub fn run(
    plans: &[Plan],
    works: Vec<Work>,
    jobs: Option<NonZeroUsize>,
    stop: &AtomicBool,
    say: Say,
    mut handle: impl FnMut(Done) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let threads = jobs.map_or(0, NonZeroUsize::get);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|e| Failure::new(e.to_string()))?;
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // Units are taken in order, one at a time: runs differ in length by orders of
            // magnitude, and results are wanted from the beginning.
            let next = AtomicUsize::new(0);
            pool.broadcast(|_| {
                loop {
                    let place = next.fetch_add(1, Ordering::SeqCst);
                    let Some(work) = works.get(place) else { return };
                    let wanted = || !stop.load(Ordering::SeqCst);
                    let done = wanted().then(|| carry_out(plans, work, wanted, say)).flatten();
                    if sender.send((place, done)).is_err() {
                        // Printing failed; nobody wants the rest.
                        return;
                    }
                }
            });
            drop(sender);
        });
        let result = hand_over(receiver, &mut handle);
        if result.is_err() {
            stop.store(true, Ordering::SeqCst);
        }
        result
    })
}

/// Handles results in order, keeping early ones until their turn.
fn hand_over(
    receiver: mpsc::Receiver<(usize, Option<Done>)>,
    handle: &mut impl FnMut(Done) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut early: BTreeMap<usize, Option<Done>> = BTreeMap::new();
    let mut next = 0;
    for (place, done) in receiver {
        early.insert(place, done);
        while let Some(done) = early.remove(&next) {
            if let Some(done) = done {
                handle(done)?;
            }
            next += 1;
        }
    }
    Ok(())
}

/// One unit of work. A panic of the simulator is a finding, not the end of all other work.
fn carry_out(plans: &[Plan], work: &Work, wanted: impl Fn() -> bool, say: Say) -> Option<Done> {
    let finding = match plans.get(work.plan) {
        None => Finding::Nothing,
        Some(plan) => catch_unwind(AssertUnwindSafe(|| plan.carry_out(work, wanted)))
            .unwrap_or_else(|_| Some(plan.broken(work, say.simulator_stopped().to_string())))?,
    };
    Some(Done { plan: work.plan, finding })
}
