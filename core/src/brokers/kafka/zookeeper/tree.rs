//! The tree of znodes and the transactions on it (`DataTree`, `PrepRequestProcessor`).

use super::wire::{Answer, Answered, Data, Op, Path, SessionId, Transaction, ZkError, Zxid};
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// A znode.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Znode {
    /// What stands in it.
    pub data: Data,
    /// How often it has been set.
    pub version: u32,
    /// The change that created it.
    pub czxid: Zxid,
    /// The change that last set it.
    pub mzxid: Zxid,
    /// The change that last created or deleted a child of it.
    pub pzxid: Zxid,
    /// The session it ends with, if it is ephemeral.
    pub owner: Option<SessionId>,
}

/// What a transaction did to a znode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// It came to be.
    Created(Path),
    /// It was set.
    Set(Path),
    /// It is gone.
    Deleted(Path),
}

impl Change {
    /// Which znode.
    pub fn path(self) -> Path {
        match self {
            Change::Created(path) | Change::Set(path) | Change::Deleted(path) => path,
        }
    }
}

/// All znodes.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    nodes: BTreeMap<Path, Znode>,
    /// The number of the last change.
    zxid: Zxid,
    /// Sequential znodes created so far.
    sequence: u64,
}

impl Tree {
    /// The tree of a cluster that is found formed begins with this number.
    pub fn at(zxid: Zxid) -> Self {
        Tree { zxid, ..Tree::default() }
    }

    /// The number of the last change.
    pub fn zxid(&self) -> Zxid {
        self.zxid
    }

    /// A znode.
    pub fn get(&self, path: Path) -> Option<&Znode> {
        self.nodes.get(&path)
    }

    /// Puts a znode where the tree is made, before anything has happened.
    pub fn found(&mut self, path: Path, data: Data, owner: Option<SessionId>, czxid: Zxid) {
        let node = Znode { data, version: 0, czxid, mzxid: czxid, pzxid: czxid, owner };
        self.nodes.insert(path, node);
    }

    /// The children of a znode, in order.
    pub fn children(&self, of: Path) -> impl Iterator<Item = Path> + '_ {
        self.nodes.keys().copied().filter(move |p| p.parent() == Some(of))
    }

    /// The ephemeral znodes of a session.
    pub fn ephemerals(&self, session: SessionId) -> Vec<Path> {
        let owned = self.nodes.iter().filter(|(_, n)| n.owner == Some(session));
        owned.map(|(path, _)| *path).collect()
    }

    /// Whether an operation can be done now.
    fn allows(&self, op: &Op) -> Result<(), ZkError> {
        let node = |path: &Path| self.nodes.get(path).ok_or(ZkError::NoNode);
        match op {
            Op::Create { path, .. } if self.nodes.contains_key(path) => Err(ZkError::NodeExists),
            Op::Create { .. } | Op::CreateSequential { .. } | Op::Exists { .. } => Ok(()),
            Op::SetData { path, version, .. } | Op::Check { path, version } => {
                if node(path)?.version == *version { Ok(()) } else { Err(ZkError::BadVersion) }
            }
            Op::Delete { path } | Op::GetData { path } | Op::GetChildren { path, .. } => {
                node(path).map(|_| ())
            }
        }
    }

    /// Does all of a transaction or nothing. No transaction of Kafka's touches a znode twice, so
    /// each operation can be judged on its own.
    pub fn apply(
        &mut self,
        transaction: &Transaction,
        session: SessionId,
    ) -> (Answered, SmallVec<[Change; 2]>) {
        let mut changes = SmallVec::new();
        for (n, op) in transaction.ops.iter().enumerate() {
            if let Err(error) = self.allows(op) {
                return (Err((n, error)), changes);
            }
        }
        let writes = |op: &Op| {
            matches!(
                op,
                Op::Create { .. }
                    | Op::CreateSequential { .. }
                    | Op::SetData { .. }
                    | Op::Delete { .. }
            )
        };
        if transaction.ops.iter().any(writes) {
            self.zxid += 1;
        }
        let answers = transaction.ops.iter().map(|op| self.do_one(op, session, &mut changes));
        (Ok(answers.collect()), changes)
    }

    fn do_one(
        &mut self,
        op: &Op,
        session: SessionId,
        changes: &mut SmallVec<[Change; 2]>,
    ) -> Answer {
        match op {
            Op::Create { path, data, ephemeral } => {
                self.create(*path, data.clone(), ephemeral.then_some(session), changes)
            }
            Op::CreateSequential { parent, data } => {
                self.sequence += 1;
                let path = match parent {
                    Path::IsrChanges => Path::IsrChange(self.sequence),
                    other => *other,
                };
                self.create(path, data.clone(), None, changes)
            }
            Op::SetData { path, data, .. } => {
                let zxid = self.zxid;
                let Some(node) = self.nodes.get_mut(path) else { return Answer::Missing };
                node.version += 1;
                node.mzxid = zxid;
                node.data = data.clone();
                if let Data::Partition(state, _) = &mut node.data {
                    state.partition_epoch = node.version;
                }
                changes.push(Change::Set(*path));
                Answer::Done { version: node.version, czxid: node.czxid }
            }
            Op::Delete { path } => {
                self.delete(*path, changes);
                Answer::Done { version: 0, czxid: 0 }
            }
            Op::Check { path, .. } | Op::Exists { path, .. } => match self.nodes.get(path) {
                Some(node) => Answer::Done { version: node.version, czxid: node.czxid },
                None => Answer::Missing,
            },
            Op::GetData { path } => match self.nodes.get(path) {
                Some(node) => Answer::Data {
                    data: node.data.clone(),
                    version: node.version,
                    czxid: node.czxid,
                    owner: node.owner,
                },
                None => Answer::Missing,
            },
            Op::GetChildren { path, .. } => Answer::Children(self.children(*path).collect()),
        }
    }

    fn create(
        &mut self,
        path: Path,
        data: Data,
        owner: Option<SessionId>,
        changes: &mut SmallVec<[Change; 2]>,
    ) -> Answer {
        let czxid = self.zxid;
        self.found(path, data, owner, czxid);
        self.touch_parent(path);
        changes.push(Change::Created(path));
        Answer::Done { version: 0, czxid }
    }

    fn delete(&mut self, path: Path, changes: &mut SmallVec<[Change; 2]>) {
        if self.nodes.remove(&path).is_some() {
            self.touch_parent(path);
            changes.push(Change::Deleted(path));
        }
    }

    fn touch_parent(&mut self, path: Path) {
        let zxid = self.zxid;
        if let Some(parent) = path.parent().and_then(|p| self.nodes.get_mut(&p)) {
            parent.pzxid = zxid;
        }
    }

    /// A session ends: its ephemeral znodes go with it, all in one change.
    pub fn end_session(&mut self, session: SessionId) -> SmallVec<[Change; 2]> {
        let mut changes = SmallVec::new();
        self.zxid += 1;
        for path in self.ephemerals(session) {
            self.delete(path, &mut changes);
        }
        changes
    }
}
