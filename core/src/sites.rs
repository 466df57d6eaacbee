//! Every site of the program at which something uncertain is decided.
//!
//! A site number is part of every random draw and of every saved tape: numbers are never reused.

use crate::kernel::Site;

/// The delay of a packet on a link; subject: the link, ordinal: the how-manieth packet on it.
pub const LINK_LATENCY: Site = Site(1);
/// A client's retry back-off jitter; subject: the client and partition, ordinal: the retry.
pub const RETRY_JITTER: Site = Site(2);
/// The next sticky partition for records without a key; subject: producer and topic.
pub const STICKY_PARTITION: Site = Site(3);
/// Which broker a client asks for metadata; subject: the client.
pub const BOOTSTRAP_BROKER: Site = Site(4);
/// A reconnect back-off's jitter; subject: the client and broker.
pub const RECONNECT_JITTER: Site = Site(5);
/// How many of the unsynced records of a partition survive a power loss, where a step lets some
/// survive; subject: the disk, the node and the partition, ordinal: the how-manieth start of the
/// node's process it ends. 0: none.
pub const POWER_LOSS: Site = Site(6);
/// Whether a handler fails while a share of its calls does; subject: the consumer, ordinal: the
/// message and how often it was tried.
pub const HANDLER_FAILS: Site = Site(20);
/// What a nemesis does; subject: its number in the file, ordinal: the fault and the question.
pub const NEMESIS: Site = Site(21);
/// How long a controller waits before it stands for election; subject: the controller.
pub const ELECTION_TIMEOUT: Site = Site(30);
/// How long a controller waits after a lost election; subject: the controller.
pub const ELECTION_BACKOFF: Site = Site(31);
/// Which controller a broker asks first when it knows no leader; subject: the broker.
pub const BOOTSTRAP_CONTROLLER: Site = Site(32);
