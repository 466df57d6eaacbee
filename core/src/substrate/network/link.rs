//! Links: one direction between two nodes, how long it takes, and what is wrong with it.

use super::super::FaultId;
use crate::kernel::{Chooser, Span, Stream, Time};
use crate::sites;
use std::sync::Arc;

/// A one-way delay, uniform between two bounds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Latency {
    /// The shortest delay.
    pub low: Span,
    /// The longest delay.
    pub high: Span,
}

/// One direction between two nodes: one line of a cache, as every packet needs one.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(super) struct Link {
    /// The delays of its segments, and how many have been drawn.
    delays: Stream,
    sent: u64,
    /// Without faults.
    latency: Latency,
    /// What is wrong with it; most links have nothing.
    faults: Option<Box<Faults>>,
}

#[derive(Clone, Debug, Default)]
struct Faults {
    /// How many cuts hold.
    cuts: u32,
    slow: Vec<(FaultId, Latency)>,
    /// Bytes a second.
    narrow: Vec<(FaultId, u64)>,
    /// When the last byte handed to a link of limited bandwidth has left.
    busy_until: Time,
    /// Packets of these kinds break their connection: how many more of each.
    doomed: Vec<(Arc<str>, u32)>,
}

const _: () = assert!(size_of::<Link>() == 64);

impl Link {
    pub fn new(latency: Latency, subject: u64) -> Self {
        let delays = Stream::new(sites::LINK_LATENCY, subject);
        Link { delays, sent: 0, latency, faults: None }
    }

    /// Makes the delays to come cheaper to draw from this chooser.
    pub fn prepare(&mut self, chooser: &Chooser) {
        chooser.prepare(&mut self.delays);
    }

    /// Whether a segment takes more than the usual delay, or may not arrive at all.
    #[inline]
    pub fn has_faults(&self) -> bool {
        self.faults.is_some()
    }

    /// What slows it down or narrows it is over or has never been.
    pub fn is_ordinary(&self) -> bool {
        self.faults.as_ref().is_none_or(|f| f.slow.is_empty() && f.narrow.is_empty())
    }

    /// Its latency now.
    pub fn latency(&self) -> Latency {
        self.faults.as_ref().and_then(|f| f.slowest()).unwrap_or(self.latency)
    }

    /// Its bandwidth now, in bytes a second; `None`: without limit.
    pub fn bandwidth(&self) -> Option<u64> {
        self.faults.as_ref().and_then(|f| f.narrowest())
    }

    /// The delay of the next segment on a link without faults.
    #[inline]
    pub fn delay(&mut self, chooser: &Chooser) -> Span {
        self.draw(self.latency, chooser)
    }

    #[inline]
    fn draw(&mut self, latency: Latency, chooser: &Chooser) -> Span {
        let ordinal = self.sent;
        self.sent += 1;
        Span(chooser.between_in(&self.delays, ordinal, latency.low.0, latency.high.0))
    }

    /// When the next segment, of so many bytes, comes out if it is put in at `departs`.
    pub fn arrival(&mut self, departs: Time, bytes: u32, chooser: &Chooser) -> Time {
        let mut leaves = departs;
        let mut latency = self.latency;
        if let Some(faults) = &mut self.faults {
            latency = faults.slowest().unwrap_or(latency);
            if let Some(bandwidth) = faults.narrowest() {
                let taken = u128::from(bytes) * 1_000_000_000 / u128::from(bandwidth.max(1));
                let taken = Span(taken.min(u128::from(u64::MAX)) as u64);
                leaves = leaves.max(faults.busy_until) + taken;
                faults.busy_until = leaves;
            }
        }
        leaves + self.draw(latency, chooser)
    }

    /// How many segments it has carried.
    #[inline(always)]
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// How many cuts hold.
    pub fn cuts(&self) -> u32 {
        self.faults.as_ref().map_or(0, |faults| faults.cuts)
    }

    /// Cuts it; `true` if it was whole.
    pub fn cut(&mut self) -> bool {
        let cuts = &mut self.faults.get_or_insert_default().cuts;
        *cuts += 1;
        *cuts == 1
    }

    /// Ends one cut; `true` if it is whole again.
    pub fn heal(&mut self) -> bool {
        let cuts = self.cuts();
        if let Some(faults) = &mut self.faults {
            faults.cuts = cuts.saturating_sub(1);
            self.forget_ended();
        }
        cuts == 1
    }

    /// Whether the next packet of this kind breaks its connection; it is counted.
    pub fn is_doomed(&mut self, kind: &str) -> bool {
        let Some(faults) = &mut self.faults else { return false };
        let Some(at) = faults.doomed.iter().position(|(k, _)| k.eq_ignore_ascii_case(kind)) else {
            return false;
        };
        faults.doomed[at].1 -= 1;
        if faults.doomed[at].1 == 0 {
            faults.doomed.remove(at);
            self.forget_ended();
        }
        true
    }

    pub fn doom(&mut self, kind: &str, count: u32) {
        if count > 0 {
            self.faults.get_or_insert_default().doomed.push((kind.into(), count));
        }
    }

    pub fn slow(&mut self, fault: FaultId, latency: Latency) {
        self.faults.get_or_insert_default().slow.push((fault, latency));
    }

    pub fn narrow(&mut self, fault: FaultId, bytes_per_second: u64) {
        self.faults.get_or_insert_default().narrow.push((fault, bytes_per_second));
    }

    /// Ends one fault, or all that make the link slow or narrow.
    pub fn relieve(&mut self, fault: Option<FaultId>) {
        if let Some(faults) = &mut self.faults {
            let stays = |active: FaultId| fault.is_some_and(|ended| ended != active);
            faults.slow.retain(|(active, _)| stays(*active));
            faults.narrow.retain(|(active, _)| stays(*active));
            self.forget_ended();
        }
    }

    fn forget_ended(&mut self) {
        let over = |f: &mut Box<Faults>| {
            f.cuts == 0 && f.slow.is_empty() && f.narrow.is_empty() && f.doomed.is_empty()
        };
        self.faults.take_if(over);
    }
}

impl Faults {
    /// The latency of the worst of the faults that make the link slow.
    fn slowest(&self) -> Option<Latency> {
        self.slow.iter().map(|(_, latency)| *latency).max_by_key(|l| (l.high, l.low))
    }

    fn narrowest(&self) -> Option<u64> {
        self.narrow.iter().map(|(_, bandwidth)| *bandwidth).min()
    }
}
