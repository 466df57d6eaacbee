//! Disks: writes reach the page cache, a sync makes them durable, a power loss takes the rest, or
//! all but the beginning of it.

use super::FaultId;
use crate::kernel::{Span, Time};

/// A file of a node, numbered by its actor.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FileId(pub u32);

/// What disk operations cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DiskCost {
    /// One write into the page cache.
    pub append: Span,
    /// One sync.
    pub sync: Span,
}

/// Whether a disk takes writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DiskHealth {
    /// Writes and reads succeed.
    Healthy,
    /// Writes fail for want of space.
    Full,
    /// Writes fail for good.
    Failed,
}

/// How long a file is, in the unit its actor counts in (records, entries, bytes).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FileState {
    /// What a process reads back after a crash.
    pub written: u64,
    /// What is read back after a power loss.
    pub synced: u64,
    /// A blocking sync under way: its length and when it is done.
    syncing: (u64, Time),
}

/// A sync under way: what it will have made durable when it is done.
#[derive(Clone, Copy, Debug)]
struct Sync {
    number: u32,
    file: FileId,
    upto: u64,
}

/// One node's disk.
#[derive(Clone, Debug)]
pub struct Disk {
    files: Vec<FileState>,
    /// Syncs under way that nobody waits for.
    syncs: Vec<Sync>,
    /// How many of them have been started.
    started: u32,
    /// What operations cost without faults, and what they cost now.
    usual: DiskCost,
    cost: DiskCost,
    health: DiskHealth,
    slow: Vec<(FaultId, DiskCost)>,
    full: Vec<FaultId>,
    failed: bool,
}

impl Disk {
    pub(super) fn new(cost: DiskCost) -> Self {
        Disk {
            files: Vec::new(),
            syncs: Vec::new(),
            started: 0,
            usual: cost,
            cost,
            health: DiskHealth::Healthy,
            slow: Vec::new(),
            full: Vec::new(),
            failed: false,
        }
    }

    /// What operations cost now.
    pub fn cost(&self) -> DiskCost {
        self.cost
    }

    /// Whether writes succeed.
    pub fn health(&self) -> DiskHealth {
        self.health
    }

    /// Whether a fault makes operations slow.
    pub fn is_slow(&self) -> bool {
        !self.slow.is_empty()
    }

    // ── faults ───────────────────────────────────────────────────────────────────────────────

    /// Makes operations cost more until this fault is [relieved](Disk::relieve). Of several faults
    /// the one with the longest sync counts.
    pub fn slow(&mut self, fault: FaultId, cost: DiskCost) {
        self.slow.push((fault, cost));
        self.look();
    }

    /// Lets writes fail for want of space until this fault is [relieved](Disk::relieve).
    pub fn fill(&mut self, fault: FaultId) {
        self.full.push(fault);
        self.look();
    }

    /// Lets writes fail for good.
    pub fn fail(&mut self) {
        self.failed = true;
        self.look();
    }

    /// Ends one fault that made the disk slow or full.
    pub fn relieve(&mut self, fault: FaultId) {
        self.slow.retain(|(active, _)| *active != fault);
        self.full.retain(|active| *active != fault);
        self.look();
    }

    /// Notes cost and health after the faults have changed.
    fn look(&mut self) {
        let slow = self.slow.iter().map(|(_, cost)| *cost);
        self.cost = slow.max_by_key(|cost| (cost.sync, cost.append)).unwrap_or(self.usual);
        self.health = match (self.failed, self.full.is_empty()) {
            (true, _) => DiskHealth::Failed,
            (false, false) => DiskHealth::Full,
            (false, true) => DiskHealth::Healthy,
        };
    }

    // ── files ────────────────────────────────────────────────────────────────────────────────

    fn file_mut(&mut self, file: FileId) -> &mut FileState {
        let index = file.0 as usize;
        if index >= self.files.len() {
            self.files.resize(index + 1, FileState::default());
        }
        &mut self.files[index]
    }

    /// How long a file is; one never written has length zero.
    pub fn file(&self, file: FileId) -> FileState {
        self.files.get(file.0 as usize).copied().unwrap_or_default()
    }

    #[inline]
    pub(super) fn append(&mut self, file: FileId, to: u64) -> Result<Span, DiskHealth> {
        if self.health != DiskHealth::Healthy {
            return Err(self.health);
        }
        self.file_mut(file).written = to;
        Ok(self.cost.append)
    }

    pub(super) fn truncate(&mut self, file: FileId, to: u64) {
        // What is written again after a cut is not what a sync under way had begun to write.
        for sync in self.syncs.iter_mut().filter(|sync| sync.file == file) {
            sync.upto = sync.upto.min(to);
        }
        let file = self.file_mut(file);
        file.written = file.written.min(to);
        file.synced = file.synced.min(to);
        file.syncing.0 = file.syncing.0.min(to);
    }

    /// Starts a sync of all that is written; returns its number and the length.
    pub(super) fn start_sync(&mut self, file: FileId) -> (u32, u64) {
        let (number, upto) = (self.started, self.file(file).written);
        self.started = self.started.wrapping_add(1);
        self.syncs.push(Sync { number, file, upto });
        (number, upto)
    }

    /// A sync is done that was to make `upto` durable: returns what it, or another one meanwhile,
    /// did make durable of it.
    pub(super) fn finish_sync(&mut self, number: u32, file: FileId, upto: u64) -> u64 {
        let found = self.syncs.iter().position(|s| s.number == number && s.file == file);
        if let Some(at) = found {
            let upto = self.syncs.remove(at).upto;
            self.synced(file, upto);
        }
        upto.min(self.file(file).synced)
    }

    pub(super) fn synced(&mut self, file: FileId, upto: u64) {
        let file = self.file_mut(file);
        file.synced = file.synced.max(upto.min(file.written));
    }

    pub(super) fn sync_blocking(&mut self, file: FileId, done: Time) {
        let file = self.file_mut(file);
        if file.syncing.1 <= done {
            file.syncing = (file.written, done);
        }
    }

    pub(super) fn settle(&mut self, file: FileId, now: Time) {
        let file = self.file_mut(file);
        if file.syncing.1 <= now {
            file.synced = file.synced.max(file.syncing.0.min(file.written));
        }
    }

    pub(super) fn sync_all(&mut self) {
        for file in &mut self.files {
            file.synced = file.written;
        }
    }

    /// Every file falls back to what was synced, and as much of what came after as `survives` says
    /// of a file with so much more; returns those that lost something.
    pub(super) fn lose_power(
        &mut self,
        now: Time,
        mut survives: impl FnMut(FileId, u64) -> u64,
    ) -> Vec<(FileId, u64, u64)> {
        let mut fell_back = Vec::new();
        for index in 0..self.files.len() {
            let id = FileId(index as u32);
            self.settle(id, now);
            let file = &mut self.files[index];
            let unsynced = file.written.saturating_sub(file.synced);
            if unsynced > 0 {
                // What the system had written back by itself is as durable as what was synced.
                file.synced += survives(id, unsynced).min(unsynced);
            }
            if file.synced < file.written {
                fell_back.push((id, file.written, file.synced));
                file.written = file.synced;
            }
            file.syncing = (0, Time::ZERO);
        }
        self.syncs.clear();
        fell_back
    }

    /// Cuts a file of a stopped node, as a torn or corrupt tail does.
    pub fn tear(&mut self, file: FileId, to: u64) {
        self.truncate(file, to);
    }

    /// An empty disk in place of this one; returns the files that were not empty.
    pub fn wipe(&mut self) -> Vec<(FileId, u64)> {
        let lost = (0..self.files.len())
            .filter(|&i| self.files[i].written > 0)
            .map(|i| (FileId(i as u32), self.files[i].written))
            .collect();
        self.files.clear();
        self.syncs.clear();
        self.full.clear();
        self.failed = false;
        self.look();
        lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: FileId = FileId(3);
    const USUAL: DiskCost = DiskCost { append: Span(1), sync: Span(10) };

    fn with(records: u64) -> Disk {
        let mut disk = Disk::new(USUAL);
        disk.append(LOG, records).expect("a healthy disk");
        disk
    }

    #[test]
    fn a_sync_makes_nothing_durable_that_was_written_after_a_cut() {
        let mut disk = with(5);
        let (sync, upto) = disk.start_sync(LOG);
        assert_eq!(upto, 5);
        disk.truncate(LOG, 2);
        disk.append(LOG, 6).expect("a healthy disk");
        assert_eq!(disk.finish_sync(sync, LOG, upto), 2);
        assert_eq!(disk.file(LOG).synced, 2);
        assert_eq!(disk.lose_power(Time::ZERO, |_, _| 0), [(LOG, 6, 2)]);
    }

    #[test]
    fn a_sync_that_a_power_loss_interrupts_does_nothing_afterwards() {
        let mut disk = with(5);
        let (sync, upto) = disk.start_sync(LOG);
        disk.lose_power(Time::ZERO, |_, _| 0);
        disk.append(LOG, 3).expect("a healthy disk");
        assert_eq!(disk.finish_sync(sync, LOG, upto), 0);
        assert_eq!(disk.file(LOG).synced, 0);
    }

    #[test]
    fn what_had_been_written_back_survives_and_is_durable() {
        let mut disk = with(5);
        disk.synced(LOG, 2);
        assert_eq!(disk.lose_power(Time::ZERO, |_, unsynced| unsynced - 1), [(LOG, 5, 4)]);
        assert_eq!(disk.lose_power(Time::ZERO, |_, _| 0), []);
        assert_eq!((disk.file(LOG).written, disk.file(LOG).synced), (4, 4));
    }

    #[test]
    fn each_fault_of_a_disk_ends_only_itself() {
        let mut disk = with(1);
        let slow = |n| DiskCost { append: Span(n), sync: Span(n) };
        disk.slow(FaultId(1), slow(500));
        disk.slow(FaultId(2), slow(900));
        disk.fill(FaultId(3));
        disk.fill(FaultId(4));
        disk.relieve(FaultId(2));
        disk.relieve(FaultId(3));
        assert_eq!((disk.cost(), disk.health()), (slow(500), DiskHealth::Full));
        disk.relieve(FaultId(1));
        disk.relieve(FaultId(4));
        assert_eq!((disk.cost(), disk.health()), (USUAL, DiskHealth::Healthy));
        disk.fail();
        disk.fill(FaultId(5));
        disk.relieve(FaultId(5));
        assert_eq!(disk.health(), DiskHealth::Failed, "for good");
    }
}
