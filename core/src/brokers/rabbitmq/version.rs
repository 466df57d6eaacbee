//! Releases whose rules differ.

/// The release whose rules hold. Order is age: `version >= V3_13` asks for a rule and its
/// successors.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum RabbitVersion {
    /// 3.10.8.
    V3_10,
    /// 3.13: the new message containers.
    V3_13,
    /// 4.0 and later: no mirrored queues, delivery limit 20.
    #[default]
    V4,
}

impl RabbitVersion {
    /// All of them, oldest first.
    pub const ALL: [RabbitVersion; 3] =
        [RabbitVersion::V3_10, RabbitVersion::V3_13, RabbitVersion::V4];

    /// The word of scenario files.
    pub fn word(self) -> &'static str {
        match self {
            RabbitVersion::V3_10 => "3.10",
            RabbitVersion::V3_13 => "3.13",
            RabbitVersion::V4 => "4",
        }
    }

    /// The release a word of scenario files means.
    pub fn from_word(word: &str) -> Option<RabbitVersion> {
        RabbitVersion::ALL.into_iter().find(|v| v.word() == word)
    }
}
