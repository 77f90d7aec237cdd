//! The Merkle tree of RFC 6962 and RFC 9162 over SHA-256: a head that vouches for every event, and short proofs that
//! an event is under a head, and that a later head only added to an earlier one.
//!
//! No storage: a [`Frontier`] holds the few hashes that the next leaf needs, and proofs ask a callback for the hashes
//! of full subtrees. `node(level, index)` is the hash of the leaves `index·2^level .. (index+1)·2^level`; level 0 are
//! the leaf hashes themselves. A callback is only asked for subtrees that are full at the size in question.
//!
//! The leaf of event `n` has the index `n - 1`; its data are the 32 bytes of the chain's hash after the event
//! ([`event_leaf`]).

use crate::Hash;
use sha2::{Digest, Sha256};
use std::fmt;

/// The hash of a leaf: `SHA-256(0x00 ‖ data)`.
pub fn leaf_hash(data: &[u8]) -> Hash {
    let mut hash = Sha256::new();
    hash.update([0]);
    hash.update(data);
    Hash(hash.finalize().into())
}

/// The hash of an inner node: `SHA-256(0x01 ‖ left ‖ right)`.
pub fn node_hash(left: Hash, right: Hash) -> Hash {
    let mut hash = Sha256::new();
    hash.update([1]);
    hash.update(left.0);
    hash.update(right.0);
    Hash(hash.finalize().into())
}

/// The leaf hash of the event after which the chain's hash is `chain`.
pub fn event_leaf(chain: Hash) -> Hash {
    leaf_hash(&chain.0)
}

/// The root of the tree without leaves: the SHA-256 of nothing.
pub fn empty_root() -> Hash {
    Hash(Sha256::digest([]).into())
}

/// What of a tree is needed to go on: the roots of its full subtrees, from the largest to the smallest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

/// Why bytes are not a frontier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAFrontier;

impl fmt::Display for NotAFrontier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("these bytes are not the frontier of a tree")
    }
}

impl std::error::Error for NotAFrontier {}

impl Frontier {
    /// The tree without leaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a leaf hash (of an event: [`event_leaf`]).
    pub fn push(&mut self, leaf: Hash) {
        self.push_noting(leaf, |_, _, _| ());
    }

    /// Adds a leaf hash and names every subtree that is full with it, the leaf first: `(level, index, hash)`. These,
    /// kept, are what the callbacks of the proofs ask for.
    pub fn push_noting(&mut self, leaf: Hash, mut full: impl FnMut(u32, u64, Hash)) {
        full(0, self.size, leaf);
        let mut hash = leaf;
        for level in 1..=self.size.trailing_ones() {
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(left, hash);
            full(level, self.size >> level, hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// How many leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return empty_root() };
        peaks.fold(*last, |right, left| node_hash(*left, right))
    }

    /// The size as 8 bytes big-endian, then the full subtrees' roots, the largest subtree first.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.size.to_be_bytes().to_vec();
        self.peaks.iter().for_each(|peak| bytes.extend_from_slice(&peak.0));
        bytes
    }

    /// Reads what [`Frontier::to_bytes`] wrote.
    ///
    /// # Errors
    /// When the length is not what the size asks for. The hashes cannot be checked: compare the root with a head.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotAFrontier> {
        let (size, rest) = bytes.split_first_chunk::<8>().ok_or(NotAFrontier)?;
        let size = u64::from_be_bytes(*size);
        let (peaks, odd) = rest.as_chunks::<32>();
        if !odd.is_empty() || peaks.len() != size.count_ones() as usize {
            return Err(NotAFrontier);
        }
        Ok(Self { size, peaks: peaks.iter().copied().map(Hash).collect() })
    }
}

/// The largest power of two below `span`, which is at least 2.
fn split(span: u64) -> u64 {
    1 << (u64::BITS - 1 - (span - 1).leading_zeros())
}

/// The root over the leaves `low..high`, where `low` is a multiple of the largest full subtree within.
fn span_root<E>(low: u64, high: u64, node: &mut dyn FnMut(u32, u64) -> Result<Hash, E>) -> Result<Hash, E> {
    // The full subtrees from the right: each is as large as the lowest bit left of the span's length.
    let (mut end, mut hash) = (high, None);
    while end > low {
        let level = (end - low).trailing_zeros();
        end -= 1 << level;
        let left = node(level, end >> level)?;
        hash = Some(hash.map_or(left, |right| node_hash(left, right)));
    }
    Ok(hash.unwrap_or_else(empty_root))
}

/// The root of the tree of `size` leaves.
///
/// # Errors
/// The callback's.
pub fn root<E>(size: u64, node: &mut dyn FnMut(u32, u64) -> Result<Hash, E>) -> Result<Hash, E> {
    span_root(0, size, node)
}

/// The proof that the leaf at `index` is in the tree of `size` leaves. Empty, and proving nothing, when it is not.
///
/// # Errors
/// The callback's.
pub fn inclusion<E>(
    index: u64,
    size: u64,
    node: &mut dyn FnMut(u32, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let (mut low, mut high) = (0, size);
    let mut path = Vec::new();
    while index < size && high - low > 1 {
        let middle = low + split(high - low);
        if index < middle {
            path.push(span_root(middle, high, node)?);
            high = middle;
        } else {
            path.push(span_root(low, middle, node)?);
            low = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The proof that the tree of `new` leaves begins with the leaves of the tree of `old`. Empty when `old` is 0 or
/// `new`, where none is needed, and when it is more than `new`, where there is none.
///
/// # Errors
/// The callback's.
pub fn consistency<E>(
    old: u64,
    new: u64,
    node: &mut dyn FnMut(u32, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    if old == 0 || old >= new {
        return Ok(Vec::new());
    }
    let (mut low, mut high) = (0, new);
    let mut path = Vec::new();
    while old < high {
        let middle = low + split(high - low);
        if old <= middle {
            path.push(span_root(middle, high, node)?);
            high = middle;
        } else {
            path.push(span_root(low, middle, node)?);
            low = middle;
        }
    }
    // The old tree as a whole needs no hash: who verifies knows its root.
    if low > 0 {
        path.push(span_root(low, high, node)?);
    }
    path.reverse();
    Ok(path)
}

/// Whether the proof leads from the leaf hash at `index` to the root of the tree of `size` leaves (RFC 9162, 2.1.3.2).
pub fn verify_inclusion(leaf: Hash, index: u64, size: u64, proof: &[Hash], root: Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, leaf);
    for step in proof {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(*step, hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(hash, *step);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == root
}

/// Whether the proof shows that the tree of `new` leaves begins with the tree of `old` (RFC 9162, 2.1.4.2). The empty
/// tree is consistent with every tree, its root being [`empty_root`].
pub fn verify_consistency(old: u64, new: u64, old_root: Hash, new_root: Hash, proof: &[Hash]) -> bool {
    if old > new {
        return false;
    }
    if old == new {
        return proof.is_empty() && old_root == new_root && (new != 0 || new_root == empty_root());
    }
    if old == 0 {
        return proof.is_empty() && old_root == empty_root();
    }
    let mut steps = proof.iter().copied();
    // A tree of a power of two leaves is itself a subtree of the new one: its root is where the way begins.
    let Some(first) = (if old.is_power_of_two() { Some(old_root) } else { steps.next() }) else {
        return false;
    };
    let shift = (old - 1).trailing_ones();
    let (mut at, mut last) = ((old - 1) >> shift, (new - 1) >> shift);
    let (mut old_hash, mut new_hash) = (first, first);
    for step in steps {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            old_hash = node_hash(step, old_hash);
            new_hash = node_hash(step, new_hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(new_hash, step);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == old_root && new_hash == new_root
}

#[cfg(test)]
mod tests;
