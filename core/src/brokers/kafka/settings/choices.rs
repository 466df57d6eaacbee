//! The settings whose value is one of a few words.

/// An enum with one word a variant, in the order of the words.
macro_rules! choice {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
        pub enum $name { $($(#[$variant_meta])* $variant,)* }

        impl $name {
            /// The words of the variants, in order.
            pub const WORDS: &'static [&'static str] = &[$($word),*];
            /// The variants, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The word as the real system spells it.
            pub fn word(self) -> &'static str {
                match self { $($name::$variant => $word),* }
            }
        }

        impl super::table::Field for $name {
            fn from_raw(raw: i64, _: super::Kind) -> Self {
                let index = usize::try_from(raw).unwrap_or(usize::MAX);
                $name::ALL.get(index).copied().unwrap_or_default()
            }
            fn to_raw(self, _: super::Kind) -> i64 {
                self as i64
            }
        }
    };
}

choice! {
    /// The producer's `acks`: who must have the record before the broker answers.
    Acks {
        /// `0`: do not wait for an answer.
        None = "0",
        /// `1`: the leader's log.
        Leader = "1",
        /// `all` (`-1`): every in-sync replica.
        #[default]
        All = "all",
    }
}

choice! {
    /// A producer's `compression.type`.
    Codec {
        /// No compression.
        #[default]
        None = "none",
        /// Deflate.
        Gzip = "gzip",
        /// Snappy.
        Snappy = "snappy",
        /// LZ4.
        Lz4 = "lz4",
        /// Zstandard (since 2.1).
        Zstd = "zstd",
    }
}

choice! {
    /// A topic's `compression.type`: how the broker stores batches.
    TopicCodec {
        /// As the producer sent them.
        #[default]
        Producer = "producer",
        /// Without compression.
        Uncompressed = "uncompressed",
        /// Deflate.
        Gzip = "gzip",
        /// Snappy.
        Snappy = "snappy",
        /// LZ4.
        Lz4 = "lz4",
        /// Zstandard.
        Zstd = "zstd",
    }
}

impl TopicCodec {
    /// The codec in which a batch is stored that came with `sent`.
    #[inline]
    pub fn stored(self, sent: Codec) -> Codec {
        match self {
            TopicCodec::Producer => sent,
            TopicCodec::Uncompressed => Codec::None,
            TopicCodec::Gzip => Codec::Gzip,
            TopicCodec::Snappy => Codec::Snappy,
            TopicCodec::Lz4 => Codec::Lz4,
            TopicCodec::Zstd => Codec::Zstd,
        }
    }
}

choice! {
    /// Where a consumer starts when its group has no valid committed offset.
    AutoOffsetReset {
        /// At the end: only records that arrive from now on.
        #[default]
        Latest = "latest",
        /// At the start of the log.
        Earliest = "earliest",
        /// Nowhere: the application gets `NoOffsetForPartitionException`.
        None = "none",
    }
}

choice! {
    /// Which records a consumer may see.
    IsolationLevel {
        /// Everything below the high watermark.
        #[default]
        ReadUncommitted = "read_uncommitted",
    }
}

choice! {
    /// How a group's leader hands out partitions (`partition.assignment.strategy`).
    Assignor {
        /// `RangeAssignor`: each topic by itself, contiguous ranges.
        #[default]
        Range = "range",
        /// `RoundRobinAssignor`: all partitions in turn.
        RoundRobin = "roundrobin",
        /// `StickyAssignor`: balanced with few moves; everyone stops during a rebalance.
        Sticky = "sticky",
        /// `CooperativeStickyAssignor`: the same, and only what moves stops.
        CooperativeSticky = "cooperative-sticky",
    }
}

impl Assignor {
    /// The assignors of a `partition.assignment.strategy`, the preferred one first.
    pub fn of(selection: super::Selection) -> Vec<Assignor> {
        selection.indices(Assignor::ALL.len()).into_iter().map(|i| Assignor::ALL[i]).collect()
    }
}

choice! {
    /// Who decides in a consumer group.
    GroupProtocol {
        /// The members: one of them assigns for all (JoinGroup, SyncGroup).
        #[default]
        Classic = "classic",
    }
}

choice! {
    /// `cleanup.policy`: what becomes of old segments. Words may stand in any order.
    CleanupPolicy {
        /// They are deleted by age and size.
        #[default]
        Delete = "delete",
        /// Of each key only the newest record stays.
        Compact = "compact",
        /// Both.
        DeleteCompact = "delete, compact",
        /// Both.
        CompactDelete = "compact, delete",
    }
}

impl CleanupPolicy {
    /// The words a person combines.
    pub const PARTS: &'static [&'static str] = &["delete", "compact"];

    /// Whether old segments are deleted.
    pub fn deletes(self) -> bool {
        self != CleanupPolicy::Compact
    }

    /// Whether the log is compacted.
    pub fn compacts(self) -> bool {
        self != CleanupPolicy::Delete
    }
}
