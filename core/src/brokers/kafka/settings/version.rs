//! Which release's rules and defaults hold (reference §0.2).
//!
//! Simplified: whether the control plane is KRaft or ZooKeeper does not follow from the release,
//! `coordination` says it. A release selects defaults and rules: how followers truncate, whether the
//! high watermark needs the ISR, eligible leader replicas, whether controllers ask before they vote.

use super::table::{INT, Scope, Setting, Values, table};
use super::{Acks, Assignor};

/// Declares the releases in order, each with the word scenario files use.
macro_rules! versions {
    ($($(#[$meta:meta])* $variant:ident = $word:literal,)*) => {
        /// A Kafka release whose rules and defaults can be chosen. Ordered by age.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
        pub enum KafkaVersion { $($(#[$meta])* $variant,)* }

        impl KafkaVersion {
            /// All releases, oldest first.
            pub const ALL: &'static [KafkaVersion] = &[$(KafkaVersion::$variant),*];

            /// The word for it in scenario files, such as `3.9`.
            pub fn word(self) -> &'static str {
                match self { $(KafkaVersion::$variant => $word),* }
            }
        }
    };
}

versions! {
    /// 0.10.2: followers truncate to their high watermark; unclean election is the default.
    V0_10 = "0.10",
    /// 0.11: leader epochs, idempotent producers, clean elections by default.
    V0_11 = "0.11",
    /// 1.1.
    V1_1 = "1.1",
    /// 2.0.
    V2_0 = "2.0",
    /// 2.1: retries without limit inside delivery.timeout.ms.
    V2_1 = "2.1",
    /// 2.4.
    V2_4 = "2.4",
    /// 2.5: 30 s of lag before a follower leaves the in-sync replica set.
    V2_5 = "2.5",
    /// 2.7: truncation is signalled inside the fetch response.
    V2_7 = "2.7",
    /// 2.8: the last release with acks=1 as default.
    V2_8 = "2.8",
    /// 3.0: acks=all and idempotence by default.
    V3_0 = "3.0",
    /// 3.3: KRaft is ready for production.
    V3_3 = "3.3",
    /// 3.6.
    V3_6 = "3.6",
    /// 3.7: the high watermark stands still below min.insync.replicas.
    V3_7 = "3.7",
    /// 3.9: the last line with ZooKeeper.
    #[default]
    V3_9 = "3.9",
    /// 4.0: 5 ms of linger by default; controllers ask before they stand for election.
    V4_0 = "4.0",
    /// 4.1: eligible leader replicas on new clusters.
    V4_1 = "4.1",
}

impl KafkaVersion {
    /// The release of that word; patch levels (`3.9.1`, `0.10.2`) are accepted and ignored.
    pub fn from_word(word: &str) -> Option<KafkaVersion> {
        KafkaVersion::ALL.iter().copied().find(|v| {
            word.strip_prefix(v.word()).is_some_and(|rest| {
                rest.is_empty()
                    || rest.strip_prefix('.').is_some_and(|patch| {
                        !patch.is_empty() && patch.bytes().all(|b| b.is_ascii_digit())
                    })
            })
        })
    }

    /// Whether the high watermark needs `min.insync.replicas` in-sync replicas to advance
    /// (since 3.7, part of KIP-966).
    pub fn high_watermark_needs_min_isr(self) -> bool {
        self >= KafkaVersion::V3_7
    }

    /// Whether a new cluster keeps eligible leader replicas (KIP-966: optional since 3.7, the
    /// default of new clusters since 4.1).
    pub fn keeps_eligible_leader_replicas(self) -> bool {
        self >= KafkaVersion::V4_1
    }

    /// Whether a controller asks whether it would be elected before it stands for election (since
    /// 4.0, KIP-996).
    pub fn quorum_pre_vote(self) -> bool {
        self >= KafkaVersion::V4_0
    }

    /// Whether there is a ZooKeeper mode in which leaders write the ISR to ZooKeeper themselves (up
    /// to 2.6; since 2.7 they ask the controller, KIP-497; since 4.0 there is none at all).
    pub fn leaders_write_isr_to_zookeeper(self) -> bool {
        self <= KafkaVersion::V2_5
    }

    /// Whether followers truncate by leader epoch (since 0.11, KIP-101) and not to their own high
    /// watermark.
    pub fn truncates_by_leader_epoch(self) -> bool {
        self >= KafkaVersion::V0_11
    }
}

/// A default that differs from 3.9 in some releases.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VersionDefault {
    /// The scope of the setting.
    pub scope: Scope,
    /// Its name.
    pub name: &'static str,
    /// The first release with this default.
    pub since: KafkaVersion,
    /// The last release with this default.
    pub until: KafkaVersion,
    /// The raw default there.
    pub default: i64,
}

/// The defaults that differ from 3.9 (reference §0.2).
pub const VERSION_DEFAULTS: &[VersionDefault] = {
    use KafkaVersion::{V0_10, V2_0, V2_4, V2_8, V3_3, V4_0, V4_1};
    const fn until(s: Scope, name: &'static str, until: KafkaVersion, d: i64) -> VersionDefault {
        VersionDefault { scope: s, name, since: V0_10, until, default: d }
    }
    &[
        until(Scope::Producer, "acks", V2_8, Acks::Leader as i64),
        until(Scope::Producer, "enable.idempotence", V2_8, 0),
        until(Scope::Producer, "retries", V2_0, 0),
        until(Scope::Consumer, "session.timeout.ms", V2_8, 10_000),
        until(Scope::Consumer, "partition.assignment.strategy", V2_8, Assignor::Range as i64),
        until(Scope::Broker, "replica.lag.time.max.ms", V2_4, 10_000),
        until(Scope::Broker, "zookeeper.session.timeout.ms", V2_4, 6_000),
        until(Scope::Broker, "zookeeper.connection.timeout.ms", V2_4, 6_000),
        until(Scope::Broker, "unclean.leader.election.enable", V0_10, 1),
        until(Scope::Topic, "unclean.leader.election.enable", V0_10, 1),
        until(Scope::Broker, "transaction.partition.verification.enable", V3_3, 0),
        VersionDefault {
            scope: Scope::Broker,
            name: "transaction.version",
            since: V4_0,
            until: V4_1,
            default: 2,
        },
        VersionDefault {
            scope: Scope::Producer,
            name: "linger.ms",
            since: V4_0,
            until: V4_1,
            default: 5,
        },
    ]
};

/// The raw default of a setting in a release.
pub fn default_in(version: KafkaVersion, setting: &Setting) -> i64 {
    VERSION_DEFAULTS
        .iter()
        .find(|d| {
            d.scope == setting.scope
                && d.name == setting.name
                && (d.since..=d.until).contains(&version)
        })
        .map_or(setting.default, |d| d.default)
}

/// The settings of a scope as they are when nothing is set.
pub(super) fn defaults<C: Values>(version: KafkaVersion, scope: Scope) -> C {
    let mut config = C::default();
    for setting in table(scope) {
        config.set(setting.name, default_in(version, setting));
    }
    config
}

/// Kafka's default for `retries` wherever idempotence is on.
pub(super) const RETRIES_WITH_IDEMPOTENCE: i64 = INT;
