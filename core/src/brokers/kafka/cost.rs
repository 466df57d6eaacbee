//! What requests, batches and bytes cost a Kafka broker or client, where a cost model is on
//! (`cost-model` in a scenario's `[kafka]` table; reference §9).
//!
//! Every constant stands here with its source. They are orders of magnitude of one machine, chosen
//! so that the proportions between ways of doing the same thing are right: a seek against a
//! sequential write, a copy against none, one request against a hundred. Whatever throughput,
//! latency or number of system calls a run shows follows from them and from what the simulated
//! processes did.
//!
//! Simplified: a process has one processor, whatever `num.io.threads` and `num.network.threads`
//! say; heartbeats, timers and everything that carries no records cost no more than a request;
//! a cached page is never evicted.

use super::codec::Codec;
use super::record::Batch;
use super::wire::{KafkaPacket, Request, Response};
use crate::kernel::Span;
use crate::substrate::{Machine, Price, Way, transfer};

/// Sequential reads and writes of six 7200 rpm SATA disks in RAID-5, bytes a second (Kafka's
/// documentation, "Don't fear the filesystem": about 600 MB/s; random writes on the same array about
/// 100 kB/s).
pub const DISK_RATE: u64 = 600_000_000;
/// A seek (the same page: about 10 ms, one at a time).
pub const SEEK: Span = Span::millis(10);
/// A 10 Gbit/s network card, bytes a second (reference §9.5).
pub const NETWORK_RATE: u64 = 1_250_000_000;
/// What a request costs whatever is in it: decoding, queues, purgatory (a few context switches and
/// some thousand memory references; J. Dean's numbers: 100 ns a reference, about 3 µs a switch).
const REQUEST: Span = Span::micros(20);
/// What each batch costs: header, checks, index, offsets (reference §9.5: 5 µs an append).
const BATCH: Span = Span::micros(5);
/// A system call with its two mode switches (commonly measured at a few hundred nanoseconds).
const SYSTEM_CALL: Span = Span::nanos(500);
/// Bytes a second the processor copies in memory (J. Dean: 1 MB read sequentially from memory in
/// 250 µs; reading and writing halves that).
const COPY_RATE: u64 = 2_000_000_000;
/// Bytes a second of the checksum over a batch (CRC-32C by processor instruction).
const CHECKSUM_RATE: u64 = 5_000_000_000;

fn system_calls(n: u64) -> Price {
    Price { cpu: SYSTEM_CALL.times(n), system_calls: n, ..Price::default() }
}

fn copies(times: u64, bytes: u64) -> Price {
    let copied = times * bytes;
    Price { cpu: transfer(copied, COPY_RATE), copied, ..Price::default() }
}

fn work(cpu: Span) -> Price {
    Price { cpu, ..Price::default() }
}

/// So many bytes to or from the disk in one go.
fn disk(bytes: u64, machine: &Machine) -> Price {
    let seek = if machine.sequential { Span::ZERO } else { machine.seek };
    Price { disk: seek + transfer(bytes, machine.disk_rate), disk_bytes: bytes, ..Price::default() }
}

/// Bytes of a batch before compression.
fn raw(batch: &Batch) -> u64 {
    u64::from(batch.raw_bytes())
}

/// Processor time of packing a batch.
fn packs(batch: &Batch) -> Price {
    work(batch.codec.pack_time(raw(batch)))
}

/// Processor time of unpacking it.
fn unpacks(batch: &Batch) -> Price {
    work(batch.codec.unpack_time(raw(batch)))
}

/// A broker packs a batch anew with the codec of the topic: it unpacks the old one and packs.
pub fn recompress(batch: &Batch, codec: Codec) -> Price {
    unpacks(batch).and(work(codec.pack_time(raw(batch))))
}

/// A broker writes a batch to its log: the processor copies it into the page cache, and the system
/// writes back later; without the cache the disk is waited for.
pub fn append(batch: &Batch, machine: &Machine) -> Price {
    let bytes = u64::from(batch.bytes);
    let written = work(BATCH + transfer(bytes, CHECKSUM_RATE)).and(system_calls(1));
    let written = written.and(copies(1, bytes));
    match machine.page_cache {
        true => Price { disk_bytes: bytes, ..Price::default() }.and(written),
        false => written.and(disk(bytes, machine)),
    }
}

/// A broker sends what it reads from one partition's log.
fn serve(bytes: u64, machine: &Machine) -> Price {
    // sendfile(): no copy by the processor; read() and write(): into the process and out again.
    let sent = match machine.zero_copy {
        true => system_calls(1),
        false => system_calls(2).and(copies(2, bytes)),
    };
    match machine.page_cache {
        true => sent,
        false => sent.and(disk(bytes, machine)),
    }
}

/// The price of a packet for a broker or controller (`server`) or a client.
pub(super) fn price(packet: &KafkaPacket, way: Way, server: bool, machine: &Machine) -> Price {
    let all = |batches: &mut dyn Iterator<Item = Price>| batches.fold(Price::default(), Price::and);
    match (packet, way) {
        (KafkaPacket::Request { request: Request::Produce { partitions, .. }, .. }, _) => {
            let batches = || partitions.iter().map(|p| &p.batch);
            let bytes: u64 = batches().map(|b| u64::from(b.bytes)).sum();
            // From or to the socket.
            let socket = work(REQUEST).and(system_calls(1)).and(copies(1, bytes));
            match way {
                // What the append costs, the broker says: it may pack the batch anew.
                Way::Received => socket.and(all(&mut batches().map(unpacks))),
                Way::Sent => socket.and(all(&mut batches().map(packs))),
            }
        }
        (KafkaPacket::Response { response: Response::Fetch { partitions }, .. }, Way::Sent) => {
            let full = partitions.iter().filter(|p| !p.batches.is_empty());
            let served =
                full.map(|p| serve(p.batches.iter().map(|b| u64::from(b.bytes)).sum(), machine));
            work(REQUEST).and(system_calls(1)).and(served.fold(Price::default(), Price::and))
        }
        (KafkaPacket::Response { response: Response::Fetch { partitions }, .. }, Way::Received) => {
            let batches = || partitions.iter().flat_map(|p| &p.batches);
            let bytes: u64 = batches().map(|b| u64::from(b.bytes)).sum();
            let socket = work(REQUEST).and(system_calls(1)).and(copies(1, bytes));
            match server {
                true => socket.and(all(&mut batches().map(|b| append(b, machine)))),
                false => socket.and(all(&mut batches().map(unpacks))),
            }
        }
        _ => work(REQUEST).and(system_calls(1)),
    }
}
