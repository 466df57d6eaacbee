//! W3, the replicated log, as state machines that every engine runs through its own [`Port`].
//!
//! A producer keeps five messages in flight and wants them acknowledged by all replicas. Two
//! followers fetch from the leader with long polls: where there is nothing, the leader parks the
//! request for 500 ms, and the time-out is cancelled when something comes. The high watermark is
//! the shortest of the three logs; what it passes is acknowledged. A consumer fetches behind the
//! watermark in the same way and commits after each batch. That makes 5.17 events a message.

use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// The leader's address.
pub const LEADER: u16 = 0;
/// The followers' addresses.
pub const FOLLOWERS: [u16; 2] = [1, 2];
/// The producer's address.
pub const PRODUCER: u16 = 3;
/// The consumer's address.
pub const CONSUMER: u16 = 4;
/// Addresses are below this.
pub const ACTORS: u16 = 5;
/// Those who fetch, in the order of the leader's list of parked requests.
pub const FETCHERS: [u16; 3] = [FOLLOWERS[0], FOLLOWERS[1], CONSUMER];
/// How long a fetch waits for something to come, in nanoseconds.
pub const FETCH_WAIT: u64 = 500_000_000;
/// Messages the producer keeps in flight.
const IN_FLIGHT: u64 = 5;
/// Most records of one answer.
const BATCH: u64 = 100;

/// One message in a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Record {
    offset: u64,
    key: u64,
    value: u64,
}

/// What the actors say to each other.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[allow(missing_docs)] // the fields say what they are
pub enum Message {
    Produce { sequence: u64, key: u64, value: u64 },
    Acknowledge { sequence: u64 },
    Fetch { offset: u64 },
    Records { high_watermark: u64, records: Box<[Record]> },
    Commit { offset: u64 },
    Committed,
}

impl Message {
    /// Names in the order of the variants.
    const KINDS: [&str; 6] = ["produce", "acknowledge", "fetch", "records", "commit", "committed"];

    /// The place of its variant.
    #[inline]
    fn number(&self) -> usize {
        match self {
            Message::Produce { .. } => 0,
            Message::Acknowledge { .. } => 1,
            Message::Fetch { .. } => 2,
            Message::Records { .. } => 3,
            Message::Commit { .. } => 4,
            Message::Committed => 5,
        }
    }

    /// Its name.
    #[inline]
    pub fn kind(&self) -> &'static str {
        Message::KINDS[self.number()]
    }

    /// A number that differs between different messages.
    #[inline]
    pub fn fingerprint(&self) -> u64 {
        let detail = match self {
            Message::Produce { sequence, .. } | Message::Acknowledge { sequence } => *sequence,
            Message::Fetch { offset } | Message::Commit { offset } => *offset,
            Message::Records { high_watermark, records } => {
                high_watermark << 8 | records.len() as u64
            }
            Message::Committed => 0,
        };
        (self.number() as u64 + 1) << 56 | detail
    }
}

/// What an engine gives to an actor while it handles something.
pub trait Port {
    /// The right to cancel a timer.
    type Timer;

    /// Sends a message on a delay of the engine's.
    fn send(&mut self, to: u16, message: Message);

    /// Sets the time-out of a parked fetch, [`FETCH_WAIT`] ahead.
    fn set_timeout(&mut self, fetcher: usize) -> Self::Timer;

    /// Cancels a time-out that has not fired.
    fn cancel(&mut self, timer: Self::Timer);
}

/// A fetch for which there is nothing yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Parked<T> {
    offset: u64,
    timer: T,
}

/// The leader of the partition.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Leader<T> {
    log: Vec<Record>,
    high_watermark: u64,
    followers: [u64; 2],
    parked: [Option<Parked<T>>; 3],
    unacknowledged: VecDeque<(u64, u64)>,
    committed: u64,
}

impl<T> Default for Leader<T> {
    fn default() -> Self {
        Leader {
            log: Vec::new(),
            high_watermark: 0,
            followers: [0; 2],
            parked: [None, None, None],
            unacknowledged: VecDeque::new(),
            committed: 0,
        }
    }
}

impl<T> Leader<T> {
    /// How far a fetcher may read: followers everything, the consumer what all replicas have.
    #[inline]
    fn readable(&self, fetcher: usize) -> u64 {
        if fetcher == 2 { self.high_watermark } else { self.log.len() as u64 }
    }

    #[inline]
    fn answer(&mut self, fetcher: usize, offset: u64, port: &mut impl Port<Timer = T>) {
        let end = self.readable(fetcher).min(offset + BATCH);
        let records = self.log[offset as usize..end as usize].into();
        let answer = Message::Records { high_watermark: self.high_watermark, records };
        port.send(FETCHERS[fetcher], answer);
    }

    #[inline]
    fn wake(&mut self, fetcher: usize, port: &mut impl Port<Timer = T>) {
        let readable = self.readable(fetcher);
        let Some(parked) = self.parked[fetcher].take_if(|p| p.offset < readable) else { return };
        port.cancel(parked.timer);
        self.answer(fetcher, parked.offset, port);
    }

    fn fetched(&mut self, fetcher: usize, offset: u64, port: &mut impl Port<Timer = T>) {
        if fetcher < 2 {
            self.followers[fetcher] = offset;
            let shortest = self.followers[0].min(self.followers[1]).min(self.log.len() as u64);
            if shortest > self.high_watermark {
                self.high_watermark = shortest;
                while let Some(&(offset, sequence)) = self.unacknowledged.front()
                    && offset < shortest
                {
                    self.unacknowledged.pop_front();
                    port.send(PRODUCER, Message::Acknowledge { sequence });
                }
                self.wake(2, port);
            }
        }
        if offset < self.readable(fetcher) {
            self.answer(fetcher, offset, port);
        } else {
            let timer = port.set_timeout(fetcher);
            self.parked[fetcher] = Some(Parked { offset, timer });
        }
    }

    /// A message arrives.
    #[inline]
    pub fn receive(&mut self, from: u16, message: Message, port: &mut impl Port<Timer = T>) {
        match message {
            Message::Produce { sequence, key, value } => {
                let offset = self.log.len() as u64;
                self.log.push(Record { offset, key, value });
                self.unacknowledged.push_back((offset, sequence));
                self.wake(0, port);
                self.wake(1, port);
            }
            Message::Fetch { offset } => {
                let fetcher = if from == CONSUMER { 2 } else { usize::from(from - 1) };
                self.fetched(fetcher, offset, port);
            }
            Message::Commit { offset } => {
                self.committed = offset;
                port.send(from, Message::Committed);
            }
            _ => unreachable!("nobody sends this to a leader"),
        }
    }

    /// A parked fetch has waited long enough.
    pub fn time_out(&mut self, fetcher: usize, port: &mut impl Port<Timer = T>) {
        self.parked[fetcher] = None;
        let records = Box::default();
        let answer = Message::Records { high_watermark: self.high_watermark, records };
        port.send(FETCHERS[fetcher], answer);
    }
}

/// Those who talk to the leader.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs)] // the fields say what they are
pub enum Client {
    Follower { log: Vec<Record>, high_watermark: u64 },
    Producer { next: u64, total: u64, acknowledged: u64 },
    Consumer { position: u64, received: u64, checksum: u64 },
}

impl Client {
    /// The client at an address, in a run of `total` messages.
    pub fn at(address: u16, total: u64) -> Self {
        match address {
            PRODUCER => Client::Producer { next: 0, total, acknowledged: 0 },
            CONSUMER => Client::Consumer { position: 0, received: 0, checksum: 0 },
            _ => Client::Follower { log: Vec::new(), high_watermark: 0 },
        }
    }

    #[inline]
    fn produce(next: &mut u64, port: &mut impl Port) {
        let sequence = *next;
        *next += 1;
        let value = sequence.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        port.send(LEADER, Message::Produce { sequence, key: sequence % 1000, value });
    }

    /// The client begins.
    pub fn start(&mut self, port: &mut impl Port) {
        match self {
            Client::Producer { next, .. } => {
                (0..IN_FLIGHT).for_each(|_| Client::produce(next, port));
            }
            _ => port.send(LEADER, Message::Fetch { offset: 0 }),
        }
    }

    /// A message arrives.
    #[inline]
    pub fn receive(&mut self, message: Message, port: &mut impl Port) {
        match (self, message) {
            (
                Client::Follower { log, high_watermark },
                Message::Records { high_watermark: heard, records },
            ) => {
                log.extend_from_slice(&records);
                *high_watermark = heard;
                port.send(LEADER, Message::Fetch { offset: log.len() as u64 });
            }
            (Client::Producer { next, total, acknowledged }, Message::Acknowledge { .. }) => {
                *acknowledged += 1;
                if next < total {
                    Client::produce(next, port);
                }
            }
            (
                Client::Consumer { position, received, checksum },
                Message::Records { records, .. },
            ) if !records.is_empty() => {
                for record in &records {
                    *checksum = checksum.wrapping_add(record.value);
                }
                *received += records.len() as u64;
                *position += records.len() as u64;
                port.send(LEADER, Message::Commit { offset: *position });
            }
            (Client::Consumer { position, .. }, _) => {
                port.send(LEADER, Message::Fetch { offset: *position });
            }
            _ => unreachable!("nobody sends this to this client"),
        }
    }

    /// Whether a producer has everything acknowledged, a consumer everything received.
    #[inline]
    pub fn is_done(&self, total: u64) -> bool {
        match self {
            Client::Follower { .. } => true,
            Client::Producer { acknowledged, .. } => *acknowledged == total,
            Client::Consumer { received, .. } => *received == total,
        }
    }

    /// A consumer's sum.
    pub fn checksum(&self) -> u64 {
        match self {
            Client::Consumer { checksum, .. } => *checksum,
            _ => 0,
        }
    }
}
