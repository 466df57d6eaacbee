//! Disks: writes reach the page cache, a sync makes them durable, a power loss takes the rest.

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

/// One node's disk.
#[derive(Clone, Debug)]
pub struct Disk {
    files: Vec<FileState>,
    /// What operations cost now.
    pub cost: DiskCost,
    /// Whether writes succeed.
    pub health: DiskHealth,
}

impl Disk {
    pub(super) fn new(cost: DiskCost) -> Self {
        Disk { files: Vec::new(), cost, health: DiskHealth::Healthy }
    }

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
        let file = self.file_mut(file);
        file.written = file.written.min(to);
        file.synced = file.synced.min(to);
        file.syncing.0 = file.syncing.0.min(to);
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

    /// Every file falls back to what was synced; returns those that lost something.
    pub(super) fn lose_power(&mut self, now: Time) -> Vec<(FileId, u64, u64)> {
        let mut fell_back = Vec::new();
        for index in 0..self.files.len() {
            let id = FileId(index as u32);
            self.settle(id, now);
            let file = &mut self.files[index];
            if file.synced < file.written {
                fell_back.push((id, file.written, file.synced));
                file.written = file.synced;
            }
            file.syncing = (0, Time::ZERO);
        }
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
        self.health = DiskHealth::Healthy;
        lost
    }
}
