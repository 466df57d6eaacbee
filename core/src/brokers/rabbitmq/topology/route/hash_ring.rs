//! The ring of `x-consistent-hash` and the hashes of both hashing exchanges.
//!
//! Each destination has as many consecutive buckets as its first binding's key says. A message
//! goes to one bucket. The broker seeds a random number generator with Erlang's `phash2` of the key
//! and jumps along it; here the key is hashed by FNV-1a with SplitMix64's finalizer and the jumps
//! are those of Lamping and Veach ("A Fast, Minimal Memory, Consistent Hash Algorithm", 2014) in
//! whole numbers. So which bucket a key falls into differs from the broker's; that keys are spread
//! by weight, and that few move when buckets are appended, does not.
//!
//! Source: `rabbit_exchange_type_consistent_hash.erl`,
//! `rabbit_sharding_exchange_type_modulus_hash.erl`.

use crate::brokers::rabbitmq::error::AmqpError;
use crate::brokers::rabbitmq::topology::binding::{Binding, key_term};
use crate::brokers::rabbitmq::topology::check::precondition_failed;
use crate::brokers::rabbitmq::topology::ids::Destination;
use crate::brokers::rabbitmq::value::Value;
use std::sync::Arc;

/// Buckets in a row that belong to one destination.
#[derive(Clone, Copy, Debug)]
struct Run {
    destination: Destination,
    /// One past its last bucket.
    end: u64,
}

/// The buckets of an exchange.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Ring {
    runs: Arc<Vec<Run>>,
}

/// How many buckets a binding key asks for (`validate_binding/2`).
///
/// Errors: 406 if it is no whole number or less than 1.
pub(in super::super) fn weight(key: &str) -> Result<u64, AmqpError> {
    match key.parse::<i128>() {
        Ok(weight) if weight < 1 => {
            Err(precondition_failed("The binding key must be greater than 0"))
        }
        Ok(weight) => Ok(u64::try_from(weight).unwrap_or(u64::MAX)),
        Err(_) => Err(precondition_failed(format!(
            "The binding key must be an integer: {}",
            key_term(key)
        ))),
    }
}

impl Ring {
    /// A destination that already has buckets gets no more.
    pub(super) fn insert(&mut self, binding: &Binding) {
        let Ok(weight) = weight(&binding.key) else { return };
        if self.runs.iter().any(|run| run.destination == binding.destination) {
            return;
        }
        let end = self.buckets().saturating_add(weight);
        Arc::make_mut(&mut self.runs).push(Run { destination: binding.destination, end });
    }

    /// All buckets of the destination go, even if it has another binding, and those behind move
    /// down.
    pub(super) fn remove(&mut self, binding: &Binding) {
        let mut start = 0;
        let mut gone = 0;
        let runs = Arc::make_mut(&mut self.runs);
        runs.retain_mut(|run| {
            let buckets = run.end - start;
            start = run.end;
            if run.destination == binding.destination {
                gone = buckets;
                return false;
            }
            run.end -= gone;
            true
        });
    }

    fn buckets(&self) -> u64 {
        self.runs.last().map_or(0, |run| run.end)
    }

    pub(super) fn choose(&self, hash: u64) -> Option<Destination> {
        let buckets = self.buckets();
        if buckets == 0 {
            return None;
        }
        let bucket = jump(hash, buckets);
        let at = self.runs.partition_point(|run| run.end <= bucket);
        Some(self.runs[at].destination)
    }
}

/// Jump consistent hash: the bucket, below `buckets`, of a hash.
pub(super) fn jump(mut hash: u64, buckets: u64) -> u64 {
    let mut bucket = 0;
    let mut next: u128 = 0;
    while next < u128::from(buckets) {
        bucket = next;
        hash = hash.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(1);
        next = ((bucket + 1) << 31) / u128::from((hash >> 33) + 1);
    }
    bucket as u64
}

/// FNV-1a over bytes, in parts.
#[derive(Clone, Copy)]
pub(super) struct KeyHash(u64);

impl KeyHash {
    pub(super) fn new() -> KeyHash {
        KeyHash(0xcbf2_9ce4_8422_2325)
    }

    pub(super) fn bytes(self, bytes: &[u8]) -> KeyHash {
        let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        KeyHash(bytes.iter().fold(self.0, step))
    }

    /// A value with its type, so that `"1"` and `1` differ.
    pub(super) fn value(self, value: &Value) -> KeyHash {
        match value {
            Value::Void => self.bytes(b"V"),
            Value::Boolean(flag) => self.bytes(&[b't', u8::from(*flag)]),
            Value::Integer(n) => self.bytes(b"l").bytes(&n.to_be_bytes()),
            Value::Timestamp(n) => self.bytes(b"T").bytes(&n.to_be_bytes()),
            Value::Decimal { unscaled, scale } => {
                self.bytes(&[b'd', *scale]).bytes(&unscaled.to_be_bytes())
            }
            Value::Text(text) => self.bytes(b"S").bytes(text.as_bytes()),
            Value::Array(items) => items.iter().fold(self.bytes(b"A"), |h, v| h.value(v)),
            Value::Table(fields) => fields
                .iter()
                .fold(self.bytes(b"F"), |h, (name, v)| h.bytes(name.as_bytes()).value(v)),
        }
    }

    /// SplitMix64's finalizer.
    pub(super) fn finish(self) -> u64 {
        let mut hash = self.0;
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        hash ^ (hash >> 31)
    }
}
