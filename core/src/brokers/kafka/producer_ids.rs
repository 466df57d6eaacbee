//! The producer ids a broker gives out (`ProducerIdManager`; KIP-730).

use crate::fact::NodeId;

/// Ids of one block that a broker asks the controller for (`ProducerIdsBlock`).
const BLOCK: u64 = 1000;

/// The ids of one broker. Blocks go to the brokers in turn, so no two ever give out the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProducerIds {
    given_out: u64,
    node: u64,
    brokers: u64,
}

impl ProducerIds {
    /// The ids of this broker, one of so many.
    pub fn new(node: NodeId, brokers: u64) -> Self {
        ProducerIds { given_out: 0, node: u64::from(node.0), brokers }
    }

    /// Gives out an id.
    pub fn fresh(&mut self) -> u64 {
        let nth = self.given_out;
        self.given_out += 1;
        let block = nth / BLOCK * self.brokers + self.node;
        block * BLOCK + nth % BLOCK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_producer_id_is_given_out_twice() {
        let of = |node| {
            let mut ids = ProducerIds::new(NodeId(node), 3);
            (0..2_500).map(move |_| ids.fresh())
        };
        let mut all: Vec<u64> = (0..3).flat_map(of).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 7_500);
    }
}
