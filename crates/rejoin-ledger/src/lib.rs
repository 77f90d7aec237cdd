//! The ledger's wire form: envelopes, hash chain, Merkle tree, signed checkpoints, the export that an inspector
//! checks, the receipt that a family keeps. No storage: whoever keeps the bytes, this says whether they are the
//! bytes that were written. Builds alone, with none of our other crates, so that an inspector needs nothing else.
//!
//! What we wrote once we read for ever: an event is an envelope with a kind, a version and a payload; the payload is
//! opaque here. The chain: `hash(n) = SHA-256("rejoin event 1\0" ‖ hash(n-1) ‖ fields of n)`, each field of variable
//! length preceded by its length as 8 bytes big-endian; the hash before the first event is 32 zero bytes. The head
//! of the chain therefore vouches for every event before it. The tree ([`merkle`]) has these hashes as leaves; a
//! checkpoint ([`note`]) signs tree and head together. `docs/formats/ledger.md` says all of it byte by byte.

mod chain;
pub mod export;
pub mod merkle;
pub mod note;
pub mod receipt;
mod text;

pub use chain::{Breach, Checkpoint, Envelope, Hash, NotACheckpoint, Verifier};
