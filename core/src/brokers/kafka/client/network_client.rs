//! Connections to peers with requests in flight, time-outs and reconnect back-off
//! (`org.apache.kafka.clients.NetworkClient`).
//!
//! Clients use it, and so do brokers for replication and for talking to the controller.
//! Simplified: requests are written as soon as they are sent; there is no selector.

use crate::brokers::kafka::Fx;
use crate::brokers::kafka::timer::{KafkaTimer, NetworkTimer};
use crate::brokers::kafka::wire::{KafkaPacket, Request, Response};
use crate::fact::NodeId;
use crate::kernel::{Span, Ticket, Time};
use crate::sites;
use crate::substrate::{Channel, ConnId};
use std::collections::VecDeque;

/// How connections are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConnectionConfig {
    /// `reconnect.backoff.ms`
    pub reconnect_backoff: Span,
    /// `reconnect.backoff.max.ms`
    pub reconnect_backoff_max: Span,
    /// `socket.connection.setup.timeout.ms`, 10 s by default.
    pub setup_timeout: Span,
    /// `request.timeout.ms` (for a replica fetcher `replica.socket.timeout.ms`).
    pub request_timeout: Span,
}

/// What became of a connection or a request.
#[derive(Clone, Debug)]
pub enum NetworkEvent {
    /// Nothing its owner needs to know.
    Nothing,
    /// The connection is ready for requests.
    Ready {
        /// To whom.
        peer: NodeId,
        /// Which of the connections to it.
        channel: Channel,
    },
    /// A response came.
    Response {
        /// From whom.
        peer: NodeId,
        /// On which of the connections to it.
        channel: Channel,
        /// The request's number.
        correlation: u32,
        /// The answer.
        response: Response,
    },
    /// The connection broke (or could not be made) and took these requests with it, oldest first.
    Broken {
        /// To whom.
        peer: NodeId,
        /// Which of the connections to it.
        channel: Channel,
        /// Numbers of the requests that will get no answer.
        lost: Vec<u32>,
        /// `connection reset`, `request timed out`, …
        why: &'static str,
    },
    /// A back-off is over: the owner may try to connect again.
    MayConnect {
        /// To whom.
        peer: NodeId,
        /// Which of the connections to it.
        channel: Channel,
    },
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Disconnected,
    Connecting(ConnId, Ticket),
    Ready(ConnId),
    BackingOff(Ticket),
}

#[derive(Clone, Debug)]
struct Peer {
    node: NodeId,
    channel: Channel,
    state: State,
    in_flight: VecDeque<(u32, Time)>,
    /// Whether a request time-out is armed. It is set for the oldest request and, to spare
    /// cancelling it with every response, checked against the then oldest when it fires.
    timed: bool,
    /// Failed connection attempts in a row.
    failures: u32,
    /// Back-offs so far: the ordinal of the next jitter.
    backoffs: u64,
    /// How long a request may stay unanswered.
    request_timeout: Span,
}

/// The connections of one process.
#[derive(Clone, Debug)]
pub struct NetworkClient {
    config: ConnectionConfig,
    /// Stable hash of the owner's name, for jitter.
    subject: u64,
    peers: Vec<Peer>,
    /// Which of them was dealt with last: mostly it is asked for again.
    recent: usize,
    /// Request time-outs of channels that have their own.
    timeouts: Vec<(Channel, Span)>,
    next_correlation: u32,
    /// What is added to channels on the wire, so that two clients of one process are told apart.
    first_channel: u16,
}

impl Peer {
    /// Whether this is its connection.
    #[inline]
    fn is_on(&self, conn: ConnId) -> bool {
        match self.state {
            State::Connecting(c, _) | State::Ready(c) => c == conn,
            _ => false,
        }
    }
}

impl NetworkClient {
    /// No connections yet.
    pub fn new(config: ConnectionConfig, subject: u64) -> Self {
        NetworkClient {
            config,
            subject,
            peers: Vec::new(),
            recent: 0,
            timeouts: Vec::new(),
            next_correlation: 0,
            first_channel: 0,
        }
    }

    /// The same with a request time-out of its own for one channel.
    pub fn with_request_timeout(mut self, channel: Channel, timeout: Span) -> Self {
        self.timeouts.push((channel, timeout));
        self
    }

    /// The same on channels from `first` on: for the second client of a process.
    pub fn from_channel(mut self, first: u16) -> Self {
        self.first_channel = first;
        self
    }

    /// Whether a timer is one of these connections'.
    pub fn has_timer(&self, timer: &NetworkTimer) -> bool {
        match *timer {
            NetworkTimer::ConnectTimeout { conn } | NetworkTimer::RequestTimeout { conn, .. } => {
                self.has(conn)
            }
            NetworkTimer::ReconnectBackoff { channel, .. } => channel >= self.first_channel,
        }
    }

    /// Forgets everything, as a process that starts does.
    pub fn reset(&mut self) {
        self.peers.clear();
    }

    #[inline]
    fn position(&self, node: NodeId, channel: Channel) -> Option<usize> {
        let is_it = |p: &Peer| p.node == node && p.channel == channel;
        match self.peers.get(self.recent) {
            Some(recent) if is_it(recent) => Some(self.recent),
            _ => self.peers.iter().position(is_it),
        }
    }

    #[inline]
    fn by_conn(&mut self, conn: ConnId) -> Option<usize> {
        self.recent = match self.peers.get(self.recent) {
            Some(recent) if recent.is_on(conn) => self.recent,
            _ => self.peers.iter().position(|peer| peer.is_on(conn))?,
        };
        Some(self.recent)
    }

    /// Whether the connection is one of these.
    pub fn has(&self, conn: ConnId) -> bool {
        self.peers.iter().any(|peer| peer.is_on(conn))
    }

    /// Whether a request can be sent now. If not, a connection is being made, or will be as soon
    /// as the back-off is over and the owner asks again.
    pub fn ready(&mut self, node: NodeId, channel: Channel, fx: &mut Fx<'_>) -> bool {
        let index = match self.position(node, channel) {
            Some(index) => index,
            None => {
                let own = self.timeouts.iter().find(|(c, _)| *c == channel);
                self.peers.push(Peer {
                    request_timeout: own.map_or(self.config.request_timeout, |(_, t)| *t),
                    node,
                    channel,
                    state: State::Disconnected,
                    in_flight: VecDeque::new(),
                    timed: false,
                    failures: 0,
                    backoffs: 0,
                });
                self.peers.len() - 1
            }
        };
        self.recent = index;
        let peer = &mut self.peers[index];
        match peer.state {
            State::Ready(_) => true,
            State::Disconnected => {
                let conn = fx.connect(node, Channel(channel.0 + self.first_channel));
                let timeout = KafkaTimer::Network(NetworkTimer::ConnectTimeout { conn });
                peer.state = State::Connecting(conn, fx.timer(self.config.setup_timeout, timeout));
                false
            }
            State::Connecting(..) | State::BackingOff(_) => false,
        }
    }

    /// Whether the connection is ready, without making one.
    pub fn is_ready(&self, node: NodeId, channel: Channel) -> bool {
        self.position(node, channel).is_some_and(|i| matches!(self.peers[i].state, State::Ready(_)))
    }

    /// Whether a connection is being made.
    pub fn is_connecting(&self, node: NodeId, channel: Channel) -> bool {
        self.position(node, channel)
            .is_some_and(|i| matches!(self.peers[i].state, State::Connecting(..)))
    }

    /// Whether a connection could be made now: there is none and no back-off is running.
    pub fn can_connect(&self, node: NodeId, channel: Channel) -> bool {
        self.position(node, channel)
            .is_none_or(|i| matches!(self.peers[i].state, State::Disconnected))
    }

    /// How many requests are unanswered.
    pub fn in_flight(&self, node: NodeId, channel: Channel) -> usize {
        self.position(node, channel).map_or(0, |i| self.peers[i].in_flight.len())
    }

    /// Sends a request on a ready connection and returns its number; `None` if it is not ready. A
    /// request that gets no answer (`acks=0`) is not in flight after this.
    pub fn send(
        &mut self,
        node: NodeId,
        channel: Channel,
        request: Request,
        answered: bool,
        fx: &mut Fx<'_>,
    ) -> Option<u32> {
        let index = self.position(node, channel)?;
        let peer = &mut self.peers[index];
        let State::Ready(conn) = peer.state else { return None };
        let correlation = self.next_correlation;
        self.next_correlation = self.next_correlation.wrapping_add(1);
        if answered {
            peer.in_flight.push_back((correlation, fx.now()));
            if !peer.timed {
                peer.timed = true;
                let timer = NetworkTimer::RequestTimeout { conn, correlation };
                fx.timer(peer.request_timeout, KafkaTimer::Network(timer));
            }
        }
        fx.send(conn, KafkaPacket::Request { correlation, request });
        Some(correlation)
    }

    /// Sends a request that may take `longer` than others before it counts as unanswered.
    pub fn send_patiently(
        &mut self,
        node: NodeId,
        channel: Channel,
        request: Request,
        longer: Span,
        fx: &mut Fx<'_>,
    ) -> Option<u32> {
        let correlation = self.send(node, channel, request, true, fx)?;
        let index = self.position(node, channel)?;
        if let Some((_, sent)) = self.peers[index].in_flight.back_mut() {
            // Its time begins to run later.
            *sent += longer;
        }
        Some(correlation)
    }

    /// A connection is ready.
    pub fn connected(&mut self, conn: ConnId, fx: &mut Fx<'_>) -> NetworkEvent {
        let Some(index) = self.by_conn(conn) else {
            fx.close(conn);
            return NetworkEvent::Nothing;
        };
        let peer = &mut self.peers[index];
        if let State::Connecting(_, timeout) = peer.state {
            fx.cancel(timeout);
        }
        peer.state = State::Ready(conn);
        peer.failures = 0;
        peer.timed = false;
        NetworkEvent::Ready { peer: peer.node, channel: peer.channel }
    }

    /// A connection broke.
    pub fn disconnected(
        &mut self,
        conn: ConnId,
        why: &'static str,
        fx: &mut Fx<'_>,
    ) -> NetworkEvent {
        match self.by_conn(conn) {
            Some(index) => self.broken(index, why, fx),
            None => NetworkEvent::Nothing,
        }
    }

    /// The connection to a peer broke. For processes that only open connections: they have one for
    /// each peer and channel, so they need not know it by its number, which a reset changes.
    pub fn disconnected_from(
        &mut self,
        node: NodeId,
        channel: Channel,
        why: &'static str,
        fx: &mut Fx<'_>,
    ) -> NetworkEvent {
        let channel = Channel(channel.0.wrapping_sub(self.first_channel));
        let connected = |p: &Peer| matches!(p.state, State::Connecting(..) | State::Ready(_));
        match self.position(node, channel).filter(|&i| connected(&self.peers[i])) {
            Some(index) => self.broken(index, why, fx),
            None => NetworkEvent::Nothing,
        }
    }

    /// A response came. Responses on a connection answer requests in order.
    #[inline]
    pub fn received(&mut self, conn: ConnId, correlation: u32, response: Response) -> NetworkEvent {
        let Some(index) = self.by_conn(conn) else { return NetworkEvent::Nothing };
        let peer = &mut self.peers[index];
        // Answers come in the order of their requests, unless some of those were given up.
        if peer.in_flight.front().is_some_and(|&(c, _)| c == correlation) {
            peer.in_flight.pop_front();
        } else if let Some(at) = peer.in_flight.iter().position(|&(c, _)| c == correlation) {
            peer.in_flight.remove(at);
        }
        NetworkEvent::Response { peer: peer.node, channel: peer.channel, correlation, response }
    }

    /// One of this layer's timers fired.
    pub fn timer(&mut self, timer: NetworkTimer, fx: &mut Fx<'_>) -> NetworkEvent {
        match timer {
            NetworkTimer::ConnectTimeout { conn } => match self.by_conn(conn) {
                Some(index) if matches!(self.peers[index].state, State::Connecting(..)) => {
                    fx.close(conn);
                    self.broken(index, "connection setup timed out", fx)
                }
                _ => NetworkEvent::Nothing,
            },
            NetworkTimer::RequestTimeout { conn, .. } => {
                let Some(index) = self.by_conn(conn) else { return NetworkEvent::Nothing };
                let peer = &mut self.peers[index];
                let Some(&(correlation, sent)) = peer.in_flight.front() else {
                    peer.timed = false;
                    return NetworkEvent::Nothing;
                };
                let waited = fx.now().since(sent);
                if waited < peer.request_timeout {
                    let timer = NetworkTimer::RequestTimeout { conn, correlation };
                    let later = sent.since(fx.now());
                    let left = peer.request_timeout - waited + later;
                    fx.timer(left, KafkaTimer::Network(timer));
                    return NetworkEvent::Nothing;
                }
                fx.close(conn);
                self.broken(index, "request timed out", fx)
            }
            NetworkTimer::ReconnectBackoff { peer, channel } => {
                let channel = Channel(channel.wrapping_sub(self.first_channel));
                match self.position(peer, channel) {
                    Some(i) if matches!(self.peers[i].state, State::BackingOff(_)) => {
                        self.peers[i].state = State::Disconnected;
                        NetworkEvent::MayConnect { peer, channel }
                    }
                    _ => NetworkEvent::Nothing,
                }
            }
        }
    }

    /// Closes a connection; its requests in flight are lost without an event.
    pub fn close(&mut self, node: NodeId, channel: Channel, fx: &mut Fx<'_>) {
        let Some(index) = self.position(node, channel) else { return };
        let peer = self.peers.swap_remove(index);
        match peer.state {
            State::Connecting(conn, timeout) => {
                fx.cancel(timeout);
                fx.close(conn);
            }
            State::Ready(conn) => fx.close(conn),
            State::BackingOff(timer) => fx.cancel(timer),
            State::Disconnected => {}
        }
    }

    /// Closes every connection.
    pub fn close_all(&mut self, fx: &mut Fx<'_>) {
        while let Some(peer) = self.peers.last() {
            let (node, channel) = (peer.node, peer.channel);
            self.close(node, channel, fx);
        }
    }

    /// Drops what is in flight and backs off: `reconnect.backoff.ms` doubling up to its maximum,
    /// with 20 % jitter.
    fn broken(&mut self, index: usize, why: &'static str, fx: &mut Fx<'_>) -> NetworkEvent {
        let peer = &mut self.peers[index];
        if let State::Connecting(_, timeout) = peer.state {
            fx.cancel(timeout);
        }
        let doubled = self.config.reconnect_backoff.times(1 << peer.failures.min(20));
        let span = doubled.min(self.config.reconnect_backoff_max);
        let subject = self.subject ^ u64::from(peer.node.0) << 16 ^ u64::from(peer.channel.0);
        let percent = fx.between(sites::RECONNECT_JITTER, subject, peer.backoffs, 80, 120);
        peer.backoffs += 1;
        peer.failures += 1;
        let channel = peer.channel.0 + self.first_channel;
        let timer = NetworkTimer::ReconnectBackoff { peer: peer.node, channel };
        let span = Span(span.0 / 100 * percent);
        peer.state = State::BackingOff(fx.timer(span, KafkaTimer::Network(timer)));
        peer.timed = false;
        let lost = peer.in_flight.drain(..).map(|(correlation, _)| correlation).collect();
        NetworkEvent::Broken { peer: peer.node, channel: peer.channel, lost, why }
    }
}
