//! Kafka's error codes, as far as modelled (`org.apache.kafka.common.protocol.Errors`).

/// An error code of the wire protocol.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[allow(missing_docs)] // the names are the documentation: Errors.java
pub enum Error {
    #[default]
    None,
    OffsetOutOfRange,
    UnknownTopicOrPartition,
    LeaderNotAvailable,
    NotLeaderOrFollower,
    RequestTimedOut,
    MessageTooLarge,
    /// Made up by the client: the connection broke while a request was in flight.
    NetworkException,
    CoordinatorLoadInProgress,
    CoordinatorNotAvailable,
    NotCoordinator,
    RecordListTooLarge,
    IllegalGeneration,
    InconsistentGroupProtocol,
    UnknownMemberId,
    InvalidSessionTimeout,
    RebalanceInProgress,
    MemberIdRequired,
    GroupMaxSizeReached,
    FencedInstanceId,
    NotEnoughReplicas,
    NotEnoughReplicasAfterAppend,
    NotController,
    OutOfOrderSequenceNumber,
    InvalidProducerEpoch,
    KafkaStorageError,
    FencedLeaderEpoch,
    UnknownLeaderEpoch,
    StaleBrokerEpoch,
    OffsetNotAvailable,
    PreferredLeaderNotAvailable,
    ElectionNotNeeded,
    EligibleLeadersNotAvailable,
    InvalidUpdateVersion,
    InvalidRequest,
    InvalidRecord,
    InvalidReplicaAssignment,
    NoReassignmentInProgress,
    IneligibleReplica,
    NewLeaderElected,
    DuplicateBrokerRegistration,
    BrokerIdNotRegistered,
    /// `org.apache.kafka.common.errors.TimeoutException`, raised by the client library itself.
    Timeout,
    /// `RecordTooLargeException`, raised by the client library itself.
    RecordTooLarge,
    /// `CommitFailedException`, raised by the client library itself: it is no longer in the group.
    CommitFailed,
    /// `RebalanceInProgressException`, raised by the client library itself.
    Rebalancing,
    InvalidTxnState,
    ConcurrentTransactions,
    TransactionCoordinatorFenced,
    InvalidProducerIdMapping,
    InvalidTransactionTimeout,
    ProducerFenced,
    UnstableOffsetCommit,
    TransactionAbortable,
    /// `TransactionAbortedException`, raised by the client library itself: the record was in a
    /// transaction that was aborted.
    TransactionAborted,
    StaleControllerEpoch,
}

impl Error {
    /// The name as logs and documentation spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Error::None => "NONE",
            Error::OffsetOutOfRange => "OFFSET_OUT_OF_RANGE",
            Error::UnknownTopicOrPartition => "UNKNOWN_TOPIC_OR_PARTITION",
            Error::LeaderNotAvailable => "LEADER_NOT_AVAILABLE",
            Error::NotLeaderOrFollower => "NOT_LEADER_OR_FOLLOWER",
            Error::RequestTimedOut => "REQUEST_TIMED_OUT",
            Error::MessageTooLarge => "MESSAGE_TOO_LARGE",
            Error::NetworkException => "NETWORK_EXCEPTION",
            Error::CoordinatorLoadInProgress => "COORDINATOR_LOAD_IN_PROGRESS",
            Error::CoordinatorNotAvailable => "COORDINATOR_NOT_AVAILABLE",
            Error::NotCoordinator => "NOT_COORDINATOR",
            Error::RecordListTooLarge => "RECORD_LIST_TOO_LARGE",
            Error::IllegalGeneration => "ILLEGAL_GENERATION",
            Error::InconsistentGroupProtocol => "INCONSISTENT_GROUP_PROTOCOL",
            Error::UnknownMemberId => "UNKNOWN_MEMBER_ID",
            Error::InvalidSessionTimeout => "INVALID_SESSION_TIMEOUT",
            Error::RebalanceInProgress => "REBALANCE_IN_PROGRESS",
            Error::MemberIdRequired => "MEMBER_ID_REQUIRED",
            Error::GroupMaxSizeReached => "GROUP_MAX_SIZE_REACHED",
            Error::FencedInstanceId => "FENCED_INSTANCE_ID",
            Error::NotEnoughReplicas => "NOT_ENOUGH_REPLICAS",
            Error::NotEnoughReplicasAfterAppend => "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
            Error::NotController => "NOT_CONTROLLER",
            Error::OutOfOrderSequenceNumber => "OUT_OF_ORDER_SEQUENCE_NUMBER",
            Error::InvalidProducerEpoch => "INVALID_PRODUCER_EPOCH",
            Error::KafkaStorageError => "KAFKA_STORAGE_ERROR",
            Error::FencedLeaderEpoch => "FENCED_LEADER_EPOCH",
            Error::UnknownLeaderEpoch => "UNKNOWN_LEADER_EPOCH",
            Error::StaleBrokerEpoch => "STALE_BROKER_EPOCH",
            Error::OffsetNotAvailable => "OFFSET_NOT_AVAILABLE",
            Error::PreferredLeaderNotAvailable => "PREFERRED_LEADER_NOT_AVAILABLE",
            Error::ElectionNotNeeded => "ELECTION_NOT_NEEDED",
            Error::EligibleLeadersNotAvailable => "ELIGIBLE_LEADERS_NOT_AVAILABLE",
            Error::InvalidUpdateVersion => "INVALID_UPDATE_VERSION",
            Error::InvalidRequest => "INVALID_REQUEST",
            Error::InvalidRecord => "INVALID_RECORD",
            Error::InvalidReplicaAssignment => "INVALID_REPLICA_ASSIGNMENT",
            Error::NoReassignmentInProgress => "NO_REASSIGNMENT_IN_PROGRESS",
            Error::IneligibleReplica => "INELIGIBLE_REPLICA",
            Error::NewLeaderElected => "NEW_LEADER_ELECTED",
            Error::DuplicateBrokerRegistration => "DUPLICATE_BROKER_REGISTRATION",
            Error::BrokerIdNotRegistered => "BROKER_ID_NOT_REGISTERED",
            Error::Timeout => "TimeoutException",
            Error::RecordTooLarge => "RecordTooLargeException",
            Error::CommitFailed => "CommitFailedException",
            Error::Rebalancing => "RebalanceInProgressException",
            Error::InvalidTxnState => "INVALID_TXN_STATE",
            Error::ConcurrentTransactions => "CONCURRENT_TRANSACTIONS",
            Error::TransactionCoordinatorFenced => "TRANSACTION_COORDINATOR_FENCED",
            Error::InvalidProducerIdMapping => "INVALID_PRODUCER_ID_MAPPING",
            Error::InvalidTransactionTimeout => "INVALID_TRANSACTION_TIMEOUT",
            Error::ProducerFenced => "PRODUCER_FENCED",
            Error::UnstableOffsetCommit => "UNSTABLE_OFFSET_COMMIT",
            Error::TransactionAbortable => "TRANSACTION_ABORTABLE",
            Error::TransactionAborted => "TransactionAbortedException",
            Error::StaleControllerEpoch => "STALE_CONTROLLER_EPOCH",
        }
    }

    /// Whether the client retries by itself (`RetriableException`; reference §2.4 "R").
    pub const fn is_retriable(self) -> bool {
        matches!(
            self,
            Error::UnknownTopicOrPartition
                | Error::LeaderNotAvailable
                | Error::NotLeaderOrFollower
                | Error::RequestTimedOut
                | Error::NetworkException
                | Error::CoordinatorLoadInProgress
                | Error::CoordinatorNotAvailable
                | Error::NotCoordinator
                | Error::NotEnoughReplicas
                | Error::NotEnoughReplicasAfterAppend
                | Error::NotController
                | Error::KafkaStorageError
                | Error::FencedLeaderEpoch
                | Error::UnknownLeaderEpoch
                | Error::OffsetNotAvailable
                | Error::PreferredLeaderNotAvailable
                | Error::EligibleLeadersNotAvailable
                | Error::ConcurrentTransactions
                | Error::UnstableOffsetCommit
        )
    }

    /// Whether the client also asks for fresh metadata (`InvalidMetadataException`; §2.4 "M").
    pub const fn refreshes_metadata(self) -> bool {
        matches!(
            self,
            Error::UnknownTopicOrPartition
                | Error::LeaderNotAvailable
                | Error::NotLeaderOrFollower
                | Error::NetworkException
                | Error::KafkaStorageError
                | Error::FencedLeaderEpoch
        )
    }

    /// Whether a produce attempt that ended so may have left its records in a log (§2.4 "outcome").
    pub const fn may_have_appended(self) -> bool {
        matches!(
            self,
            Error::NotLeaderOrFollower
                | Error::RequestTimedOut
                | Error::NetworkException
                | Error::NotEnoughReplicasAfterAppend
                | Error::KafkaStorageError
        )
    }
}
