//! The broker families. Each knows neither the kernel's loop, the other families, nor the screen.
//!
//! What travels and what timers mean is one enum each, with one arm a family: a world may hold
//! several families, and the substrate has one agenda. A family sends its own packets and sets its
//! own timers; they become the world's on the way into [`crate::substrate::Effects`].

pub mod kafka;
pub mod rabbitmq;

use crate::substrate::{Input, Machine, Packet, Price, TimerToken, Way};
use kafka::timer::KafkaTimer;
use kafka::wire::KafkaPacket;

/// What travels on a connection of any family.
#[derive(Clone, Debug)]
pub enum FamilyPacket {
    /// Kafka's.
    Kafka(KafkaPacket),
}

/// A timer of an actor of any family.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FamilyTimer {
    /// Kafka's.
    Kafka(KafkaTimer),
}

impl From<KafkaPacket> for FamilyPacket {
    #[inline(always)]
    fn from(packet: KafkaPacket) -> Self {
        FamilyPacket::Kafka(packet)
    }
}

impl From<KafkaTimer> for FamilyTimer {
    #[inline(always)]
    fn from(timer: KafkaTimer) -> Self {
        FamilyTimer::Kafka(timer)
    }
}

impl Packet for FamilyPacket {
    #[inline(always)]
    fn kind(&self) -> &'static str {
        match self {
            FamilyPacket::Kafka(packet) => packet.kind(),
        }
    }

    fn size(&self) -> u32 {
        match self {
            FamilyPacket::Kafka(packet) => packet.size(),
        }
    }

    fn price(&self, way: Way, server: bool, machine: &Machine) -> Price {
        match self {
            FamilyPacket::Kafka(packet) => packet.price(way, server, machine),
        }
    }

    #[inline(always)]
    fn fingerprint(&self) -> u64 {
        match self {
            FamilyPacket::Kafka(packet) => packet.fingerprint(),
        }
    }
}

impl TimerToken for FamilyTimer {
    #[inline(always)]
    fn kind(&self) -> &'static str {
        match self {
            FamilyTimer::Kafka(timer) => timer.kind(),
        }
    }

    #[inline(always)]
    fn fingerprint(&self) -> u64 {
        match self {
            FamilyTimer::Kafka(timer) => timer.fingerprint(),
        }
    }
}

impl Input<FamilyPacket, FamilyTimer> {
    /// The input as an actor of Kafka is told it; nothing of another family reaches one.
    #[inline(always)]
    pub fn kafka(self) -> Option<Input<KafkaPacket, KafkaTimer>> {
        Some(match self {
            Input::Packet { conn, peer, packet: FamilyPacket::Kafka(packet) } => {
                Input::Packet { conn, peer, packet }
            }
            Input::Timer(FamilyTimer::Kafka(timer)) => Input::Timer(timer),
            Input::Boot { boots } => Input::Boot { boots },
            Input::Connected { conn, peer, channel } => Input::Connected { conn, peer, channel },
            Input::Disconnected { conn, peer, channel, why } => {
                Input::Disconnected { conn, peer, channel, why }
            }
            Input::Synced { file, upto } => Input::Synced { file, upto },
        })
    }
}
