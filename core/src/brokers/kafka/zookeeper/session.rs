//! A broker's session with ZooKeeper: what is asked in which order, across connections that break
//! (`ZooKeeperClient`, `KafkaZkClient.retryRequestsUntilConnected`, ZooKeeper's `ClientCnxn`).
//!
//! Simplified: what was under way when a connection broke is sent again when there is one; a client
//! pings every third of its session whether it sends anything else or not.

use super::wire::{
    Answered, Op, Path, SessionId, Transaction, WatchKind, ZkRequest, ZkResponse, Zxid,
};
use crate::fact::NodeId;
use crate::kernel::Span;
use std::collections::{BTreeSet, VecDeque};

/// Transactions of one purpose `P`, to be answered together.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Asked<P> {
    purpose: P,
    transactions: Vec<Transaction>,
    /// It was sent before, on a connection that broke: it may have taken effect.
    again: bool,
}

/// Where a session is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Without a connection, or one that is being made.
    Away,
    /// The server has not said yet whether the session goes on.
    Connecting,
    /// It goes on.
    Connected,
}

/// What came of something the server sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Came<P> {
    /// Nothing to do.
    Nothing,
    /// A new session.
    Opened,
    /// The session goes on.
    Resumed,
    /// The session has expired; everything asked in it is void.
    Expired,
    /// Answers; `again`: what was asked had been sent before on a connection that broke.
    Answers {
        /// To what.
        purpose: P,
        /// One a transaction.
        answers: Vec<Answered>,
        /// It may have taken effect before.
        again: bool,
    },
    /// A watch fired.
    Event(WatchKind, Path),
}

/// A broker's side of a session.
#[derive(Clone, Debug)]
pub struct Session<P> {
    me: NodeId,
    timeout: Span,
    id: Option<SessionId>,
    state: State,
    queued: VecDeque<Asked<P>>,
    in_flight: VecDeque<Asked<P>>,
    watches: BTreeSet<(WatchKind, Path)>,
    last_zxid: Zxid,
}

impl<P: Clone> Session<P> {
    /// No session yet, or one that is found open at a certain change with these watches.
    pub fn new(me: NodeId, timeout: Span, found: Option<(SessionId, Zxid)>) -> Self {
        Session {
            me,
            timeout,
            id: found.map(|f| f.0),
            state: State::Away,
            queued: VecDeque::new(),
            in_flight: VecDeque::new(),
            watches: BTreeSet::new(),
            last_zxid: found.map_or(0, |f| f.1),
        }
    }

    /// Its number, if it has one.
    pub fn id(&self) -> Option<SessionId> {
        self.id
    }

    /// Whether the server can be asked now.
    pub fn is_connected(&self) -> bool {
        self.state == State::Connected
    }

    /// Pings are sent so often.
    pub fn ping_interval(&self) -> Span {
        Span(self.timeout.0 / 3)
    }

    /// A watch that is set already in a cluster that is found formed.
    pub fn found_watch(&mut self, kind: WatchKind, path: Path) {
        self.watches.insert((kind, path));
    }

    /// Asks something, when it can.
    pub fn ask(&mut self, purpose: P, transactions: Vec<Transaction>) {
        self.queued.push_back(Asked { purpose, transactions, again: false });
    }

    /// There is a connection: the first request on it.
    pub fn connected(&mut self) -> ZkRequest {
        self.state = State::Connecting;
        ZkRequest::Connect { client: self.me, session: self.id, timeout: self.timeout }
    }

    /// The connection broke.
    pub fn disconnected(&mut self) {
        self.state = State::Away;
        while let Some(asked) = self.in_flight.pop_back() {
            self.queued.push_front(Asked { again: true, ..asked });
        }
    }

    /// The next request, if one can be sent.
    pub fn next_request(&mut self) -> Option<ZkRequest> {
        if self.state != State::Connected {
            return None;
        }
        let asked = self.queued.pop_front()?;
        let request = ZkRequest::Transactions(asked.transactions.clone());
        self.in_flight.push_back(asked);
        Some(request)
    }

    /// The watches to set again once a session goes on.
    pub fn watches_again(&self) -> Option<ZkRequest> {
        let watches: Vec<_> = self.watches.iter().copied().collect();
        let any = !watches.is_empty();
        any.then_some(ZkRequest::SetWatches { zxid: self.last_zxid, watches })
    }

    /// The server has sent something.
    pub fn received(&mut self, response: ZkResponse) -> Came<P> {
        match response {
            ZkResponse::Pong | ZkResponse::WatchesSet => Came::Nothing,
            ZkResponse::Connected { session: None } => {
                self.id = None;
                self.queued.clear();
                self.in_flight.clear();
                self.watches.clear();
                Came::Expired
            }
            ZkResponse::Connected { session } => {
                let resumed = self.id.is_some();
                self.id = session;
                self.state = State::Connected;
                if resumed { Came::Resumed } else { Came::Opened }
            }
            ZkResponse::Event { zxid, kind, path } => {
                self.last_zxid = self.last_zxid.max(zxid);
                self.watches.remove(&(kind, path));
                Came::Event(kind, path)
            }
            ZkResponse::Transactions { zxid, answers } => {
                self.last_zxid = self.last_zxid.max(zxid);
                let Some(asked) = self.in_flight.pop_front() else { return Came::Nothing };
                for op in asked.transactions.iter().flat_map(|t| &t.ops) {
                    match *op {
                        Op::Exists { path, watch: true } => {
                            self.watches.insert((WatchKind::Exists, path));
                        }
                        Op::GetChildren { path, watch: true } => {
                            self.watches.insert((WatchKind::Children, path));
                        }
                        _ => {}
                    }
                }
                Came::Answers { purpose: asked.purpose, answers, again: asked.again }
            }
        }
    }
}
