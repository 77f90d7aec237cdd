//! The envelope of an event and the hash chain over envelopes. The wire form is for ever.

use sha2::{Digest, Sha256};
use std::fmt;

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// Reads what `Display` writes: 64 lower-case hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        crate::text::hash(text)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One event as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// Position in the ledger, from 1.
    pub sequence: u64,
    /// When it was accepted: microseconds since 1970-01-01 UTC.
    pub at_micros: i64,
    /// Who wrote it.
    pub actor: &'a str,
    /// What kind of event.
    pub kind: &'a str,
    /// Version of the payload's form.
    pub version: u16,
    /// The payload.
    pub payload: &'a [u8],
}

impl Envelope<'_> {
    /// The chain's hash after this event.
    pub fn chain(&self, previous: Hash) -> Hash {
        let mut hash = Sha256::new();
        hash.update(b"rejoin event 1\0");
        hash.update(previous.0);
        hash.update(self.sequence.to_be_bytes());
        hash.update(self.at_micros.to_be_bytes());
        hash.update(self.version.to_be_bytes());
        for field in [self.actor.as_bytes(), self.kind.as_bytes(), self.payload] {
            hash.update((field.len() as u64).to_be_bytes());
            hash.update(field);
        }
        Hash(hash.finalize().into())
    }
}

/// Where a ledger stands: how many events, and the hash that vouches for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Checkpoint {
    /// Events so far.
    pub size: u64,
    /// The chain's hash after the last.
    pub head: Hash,
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.size, self.head)
    }
}

/// Why a text is not a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotACheckpoint;

impl std::str::FromStr for Checkpoint {
    type Err = NotACheckpoint;

    fn from_str(text: &str) -> Result<Self, NotACheckpoint> {
        let (size, digits) = text.trim().split_once(':').ok_or(NotACheckpoint)?;
        let mut head = Hash::default();
        if digits.len() != 64 || !digits.is_ascii() {
            return Err(NotACheckpoint);
        }
        for (at, byte) in head.0.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&digits[at * 2..at * 2 + 2], 16).map_err(|_| NotACheckpoint)?;
        }
        Ok(Self { size: size.parse().map_err(|_| NotACheckpoint)?, head })
    }
}

/// What verification found wrong first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Breach {
    /// An event is missing or out of place.
    Sequence {
        /// The position expected.
        expected: u64,
        /// The position found.
        found: u64,
    },
    /// An event is not the one that was written, or an earlier one is not.
    Content {
        /// Its position.
        sequence: u64,
    },
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Breach::Sequence { expected, found } => {
                write!(f, "event {expected} is missing: event {found} stands in its place")
            }
            Breach::Content { sequence } => write!(f, "event {sequence} is not what was written"),
        }
    }
}

/// Checks events in order against the hashes stored with them.
#[derive(Debug, Default)]
pub struct Verifier {
    checkpoint: Checkpoint,
}

impl Verifier {
    /// Takes the next event and the hash stored with it.
    ///
    /// # Errors
    /// The first breach found; what follows cannot be vouched for.
    pub fn take(&mut self, envelope: &Envelope<'_>, stored: Hash) -> Result<(), Breach> {
        let expected = self.checkpoint.size + 1;
        if envelope.sequence != expected {
            return Err(Breach::Sequence { expected, found: envelope.sequence });
        }
        let head = envelope.chain(self.checkpoint.head);
        if head != stored {
            return Err(Breach::Content { sequence: expected });
        }
        self.checkpoint = Checkpoint { size: expected, head };
        Ok(())
    }

    /// What has been vouched for.
    pub fn checkpoint(&self) -> Checkpoint {
        self.checkpoint
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Envelope<'static> = Envelope {
        sequence: 1,
        at_micros: 1_530_000_000_000_000,
        actor: "clerk",
        kind: "list-received",
        version: 1,
        payload: b"{}",
    };

    /// The wire form is for ever: this digest was computed by another program and is never regenerated.
    #[test]
    fn golden_hash_of_the_first_event() {
        assert_eq!(
            FIRST.chain(Hash::default()).to_string(),
            "a438f5e693188060ef2c82e62395e51dde435e5ec08dc955a9abc3d1af3f995d"
        );
    }

    #[test]
    fn a_checkpoint_is_read_back_as_written() {
        let checkpoint = Checkpoint { size: 7, head: FIRST.chain(Hash::default()) };
        assert_eq!(checkpoint.to_string().parse(), Ok(checkpoint));
        assert_eq!("7:abc".parse::<Checkpoint>(), Err(NotACheckpoint));
    }

    #[test]
    fn fields_cannot_be_shifted_into_each_other() {
        let moved = Envelope { actor: "clerkl", kind: "ist-received", ..FIRST };
        assert_ne!(moved.chain(Hash::default()), FIRST.chain(Hash::default()));
    }

    proptest::proptest! {
        #[test]
        fn any_flipped_bit_is_found_and_located(
            payloads in proptest::collection::vec(proptest::collection::vec(0u8.., 1..40), 1..12),
            victim in 0usize..12,
            bit in 0usize..320,
        ) {
            let mut head = Hash::default();
            let mut written: Vec<(Vec<u8>, Hash)> = Vec::new();
            for (at, payload) in payloads.iter().enumerate() {
                head = Envelope { sequence: at as u64 + 1, payload, ..FIRST }.chain(head);
                written.push((payload.clone(), head));
            }
            let victim = victim % written.len();
            let bit = bit % (written[victim].0.len() * 8);
            written[victim].0[bit / 8] ^= 1 << (bit % 8);
            let mut verifier = Verifier::default();
            let found = written.iter().enumerate().find_map(|(at, (payload, stored))| {
                verifier.take(&Envelope { sequence: at as u64 + 1, payload, ..FIRST }, *stored).err()
            });
            proptest::prop_assert_eq!(found, Some(Breach::Content { sequence: victim as u64 + 1 }));
        }
    }
}
