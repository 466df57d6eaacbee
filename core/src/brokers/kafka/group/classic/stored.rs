//! What `__consumer_offsets` keeps of a group, and the group that is read from it
//! (`GroupMetadataManager.storeGroup`, `loadGroup`; reference §6.1).
//!
//! Durable: members with their topics and partitions, generation, assignor, leader. A rebalance
//! under way is forgotten; sessions restart at full length.
//!
//! Simplified: one record of Kafka's, a group's metadata, is spread over several here, all in one
//! batch. What a member claims to own is taken to be what it was assigned.

use super::{Context, Group, GroupState, Member};
use crate::brokers::kafka::group::{Assignor, MemberId, Subscription};
use crate::brokers::kafka::record::Payload;
use crate::fact::{LaneId, SubscriptionId};
use crate::kernel::{Span, Time};
use std::collections::BTreeMap;

impl Group {
    /// The records that keep the group.
    pub fn records(&self) -> Vec<Payload> {
        let group = self.id;
        let (generation, protocol, leader) = (self.generation, self.protocol, self.leader);
        let mut records = vec![Payload::GroupMetadata { group, generation, protocol, leader }];
        for (id, member) in &self.members {
            let millis = |span: Span| u32::try_from(span.as_millis()).unwrap_or(u32::MAX);
            records.push(Payload::GroupMember {
                group,
                member: *id,
                instance: member.instance,
                session_timeout_ms: millis(member.session_timeout),
                rebalance_timeout_ms: millis(member.rebalance_timeout),
            });
            let subscription = protocol.and_then(|p| member.subscription(p));
            let topics = subscription.iter().flat_map(|s| s.topics.iter());
            records.extend(topics.map(|&topic| Payload::GroupMemberTopic { group, topic }));
            let lanes = member.assignment.iter();
            records.extend(lanes.map(|&lane| Payload::GroupMemberLane { group, lane }));
        }
        records
    }

    /// Starts the sessions of a group that was just read.
    pub fn loaded(&mut self, cx: &mut Context<'_>) {
        let ids: Vec<MemberId> = self.members.keys().copied().collect();
        for id in ids {
            self.heard_of(id, cx);
        }
    }
}

/// Reads groups from the records of a partition of `__consumer_offsets`, oldest first.
#[derive(Debug, Default)]
pub struct Loader {
    groups: BTreeMap<SubscriptionId, Group>,
    /// The member whose topics and lanes follow.
    open: Option<(SubscriptionId, MemberId, Vec<u16>, Vec<LaneId>)>,
    /// Above the tickets of all timers set so far.
    ticket: u32,
}

impl Loader {
    /// A loader whose groups use timer tickets above `ticket`.
    pub fn new(ticket: u32) -> Loader {
        Loader { ticket, ..Loader::default() }
    }

    /// Takes in the next record, which was written at `written`.
    pub fn read(&mut self, record: &Payload, written: Time) {
        match *record {
            Payload::GroupMetadata { group, generation, protocol, leader } => {
                self.close();
                let mut loaded = Group::new(group, self.ticket);
                (loaded.generation, loaded.protocol, loaded.leader) =
                    (generation, protocol, leader);
                loaded.empty_since = written;
                self.groups.insert(group, loaded);
            }
            Payload::GroupMember {
                group,
                member,
                instance,
                session_timeout_ms,
                rebalance_timeout_ms,
            } => {
                self.close();
                let Some(loaded) = self.groups.get_mut(&group) else { return };
                loaded.state = GroupState::Stable;
                if let Some(instance) = instance {
                    loaded.statics.insert(instance, member);
                }
                loaded.members.insert(
                    member,
                    Member {
                        instance,
                        session_timeout: Span::millis(session_timeout_ms.into()),
                        rebalance_timeout: Span::millis(rebalance_timeout_ms.into()),
                        protocols: Vec::new(),
                        assignment: [].into(),
                        joining: None,
                        syncing: None,
                        is_new: false,
                        expires: Time::ZERO,
                        ticket: 0,
                    },
                );
                self.open = Some((group, member, Vec::new(), Vec::new()));
            }
            Payload::GroupMemberTopic { topic, .. } => {
                if let Some((_, _, topics, _)) = &mut self.open {
                    topics.push(topic);
                }
            }
            Payload::GroupMemberLane { lane, .. } => {
                if let Some((_, _, _, lanes)) = &mut self.open {
                    lanes.push(lane);
                }
            }
            Payload::Message(_)
            | Payload::Forwarded { .. }
            | Payload::Hole
            | Payload::OffsetCommit { .. }
            | Payload::OffsetDeletion { .. } => {}
        }
    }

    fn close(&mut self) {
        let Some((group, id, topics, lanes)) = self.open.take() else { return };
        let Some(group) = self.groups.get_mut(&group) else { return };
        let protocol = group.protocol.unwrap_or(Assignor::Range);
        let generation = Some(group.generation);
        let Some(member) = group.members.get_mut(&id) else { return };
        member.assignment = lanes.as_slice().into();
        let subscription = Subscription { topics: topics.into(), owned: lanes.into(), generation };
        member.protocols = vec![(protocol, subscription)];
    }

    /// The groups.
    pub fn finish(mut self) -> BTreeMap<SubscriptionId, Group> {
        self.close();
        self.groups
    }
}

/// A member of a group that is found already formed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Founder {
    /// Its id.
    pub id: MemberId,
    /// The member, with its partitions.
    pub member: Member,
}

impl Founder {
    /// A member that has been in the group since before the run.
    pub fn new(
        id: MemberId,
        request: &crate::brokers::kafka::wire::JoinGroup,
        assignment: &[LaneId],
    ) -> Founder {
        let member = Member {
            instance: request.instance,
            session_timeout: request.session_timeout,
            rebalance_timeout: request.rebalance_timeout,
            protocols: request.protocols.clone(),
            assignment: assignment.into(),
            joining: None,
            syncing: None,
            is_new: false,
            expires: Time::ZERO,
            ticket: 0,
        };
        Founder { id, member }
    }
}

impl Group {
    /// The assignor these members would choose; `None` if they have none in common.
    pub fn chosen_by(founders: Vec<Founder>) -> Option<Assignor> {
        Group::founded(SubscriptionId(0), Assignor::Range, founders).select_protocol()
    }

    /// A stable group in its first generation; the first founder leads.
    pub fn founded(id: SubscriptionId, protocol: Assignor, founders: Vec<Founder>) -> Group {
        let mut group = Group::new(id, 0);
        (group.state, group.generation, group.protocol) = (GroupState::Stable, 1, Some(protocol));
        group.leader = founders.first().map(|f| f.id);
        group.members = founders.into_iter().map(|f| (f.id, f.member)).collect();
        group
    }
}
