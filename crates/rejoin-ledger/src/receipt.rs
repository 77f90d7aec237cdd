//! What the QR code of a family's wallet card holds: the proof that what the card says was recorded, when and by whom,
//! whatever any database says later. It can be checked with the card and the ledger's public key alone.
//!
//! The ledger has an event of kind `receipt-issued` with nothing but a commitment: a hash over the case code, a random
//! number that only the card has, and the hash of the text printed on the card. Nobody can link the event to a code
//! or a text without the card; the card shows no personal data beyond its own text.
//!
//! Signatures by keys that are not known are ignored, as in every note: of a note with a witness's signature, that
//! signature is the one part that is not proven to who does not know the witness.

mod base45;

use crate::merkle::{event_leaf, verify_inclusion};
use crate::note::{NoteError, Parts, Signature, TreeHead, VerifyingKey};
use crate::{Envelope, Hash};
use sha2::{Digest, Sha256};
use std::fmt;

/// The kind of the event.
pub const KIND: &str = "receipt-issued";
/// The version of its payload.
pub const VERSION: u16 = 1;
/// What every encoded receipt begins with.
pub const PREFIX: &str = "RJ1:";
/// No more hashes lead to a root: sizes have 64 bits.
const MAX_PATH: usize = 64;

/// What a card's QR code holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The case code printed on the card.
    pub code: String,
    /// The random number that keeps the commitment from being guessed.
    pub nonce: [u8; 16],
    /// SHA-256 of the text printed on the card ([`statement`]).
    pub statement: Hash,
    /// The event's position in the ledger.
    pub sequence: u64,
    /// When it was accepted: microseconds since 1970-01-01 UTC.
    pub at_micros: i64,
    /// Who wrote it.
    pub actor: String,
    /// The chain's hash before it.
    pub previous: Hash,
    /// The inclusion proof.
    pub path: Vec<Hash>,
    /// A signed checkpoint of a tree that includes it.
    pub note: String,
}

/// What a receipt was found to prove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The ledger that signed.
    pub origin: String,
    /// How many events the signed checkpoint vouches for.
    pub size: u64,
    /// The event's position.
    pub sequence: u64,
    /// When it was accepted: microseconds since 1970-01-01 UTC.
    pub at_micros: i64,
    /// Who wrote it.
    pub actor: String,
    /// The chain's hash after it: what any whole export of the ledger must have at this position.
    pub chain: Hash,
}

/// Why a receipt proves nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceiptError {
    /// The text is not that of a receipt; what is wrong.
    Form(&'static str),
    /// Its checkpoint is not believed.
    Note(NoteError),
    /// The checkpoint vouches for fewer events than the receipt's position.
    NotCovered {
        /// The receipt's position.
        sequence: u64,
        /// Events that the checkpoint vouches for.
        size: u64,
    },
    /// The event is not in the tree that was signed, or something on the receipt was changed.
    NotIncluded,
}

impl fmt::Display for ReceiptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReceiptError::Form(what) => write!(f, "not a receipt: {what}"),
            ReceiptError::Note(error) => error.fmt(f),
            ReceiptError::NotCovered { sequence, size } => {
                write!(f, "the receipt is of event {sequence}, its checkpoint vouches for {size}")
            }
            ReceiptError::NotIncluded => {
                f.write_str("what the receipt says is not in the ledger that its checkpoint signs")
            }
        }
    }
}

impl std::error::Error for ReceiptError {}

/// The hash of the text printed on a card: SHA-256 of its UTF-8 bytes, all of them, as they are.
pub fn statement(text: &str) -> Hash {
    Hash(Sha256::digest(text.as_bytes()).into())
}

/// `SHA-256("rejoin receipt 1\0" ‖ nonce ‖ length of the code as 8 bytes big-endian ‖ code ‖ statement)`.
pub fn commitment(code: &str, nonce: &[u8; 16], statement: Hash) -> Hash {
    let mut hash = Sha256::new();
    hash.update(b"rejoin receipt 1\0");
    hash.update(nonce);
    hash.update((code.len() as u64).to_be_bytes());
    hash.update(code.as_bytes());
    hash.update(statement.0);
    Hash(hash.finalize().into())
}

/// The payload of the event: `{"commitment":"<64 hexadecimal digits>"}`.
pub fn payload(commitment: Hash) -> String {
    format!("{{\"commitment\":\"{commitment}\"}}")
}

impl Receipt {
    /// Whether this is the text that was committed to.
    pub fn states(&self, text: &str) -> bool {
        statement(text) == self.statement
    }

    /// The chain's hash after the receipt's event, if the receipt is true.
    pub fn chain(&self) -> Hash {
        let payload = payload(commitment(&self.code, &self.nonce, self.statement));
        let envelope = Envelope {
            sequence: self.sequence,
            at_micros: self.at_micros,
            actor: &self.actor,
            kind: KIND,
            version: VERSION,
            payload: payload.as_bytes(),
        };
        envelope.chain(self.previous)
    }

    /// Proves the receipt: from code, random number and statement to the event, to the leaf, to the root, to the
    /// signature. Whether the printed text is the one committed to, [`Receipt::states`] says.
    ///
    /// # Errors
    /// When any step does not lead to the next.
    pub fn prove(&self, keys: &[VerifyingKey]) -> Result<Proven, ReceiptError> {
        let head = TreeHead::open(&self.note, keys).map_err(ReceiptError::Note)?;
        let uncovered = ReceiptError::NotCovered { sequence: self.sequence, size: head.size };
        let index = self.sequence.checked_sub(1).filter(|index| *index < head.size).ok_or(uncovered)?;
        let chain = self.chain();
        // Of the last event the chain's hash is signed too; the tree alone would do.
        let last = self.sequence != head.size || chain == head.head;
        if !last || !verify_inclusion(event_leaf(chain), index, head.size, &self.path, head.root) {
            return Err(ReceiptError::NotIncluded);
        }
        Ok(Proven {
            origin: head.origin,
            size: head.size,
            sequence: self.sequence,
            at_micros: self.at_micros,
            actor: self.actor.clone(),
            chain,
        })
    }

    /// The text of the QR code: `RJ1:` and the bytes in base45, so only characters that QR codes hold compactly.
    pub fn encode(&self) -> String {
        format!("{PREFIX}{}", base45::encode(&self.to_bytes()))
    }

    /// Reads what [`Receipt::encode`] wrote, and no other spelling of it.
    ///
    /// # Errors
    /// When the text is anything else. Nothing is proven yet.
    pub fn decode(text: &str) -> Result<Self, ReceiptError> {
        let code = text.strip_prefix(PREFIX).ok_or(ReceiptError::Form("it does not begin with RJ1:"))?;
        let bytes = base45::decode(code).ok_or(ReceiptError::Form("it is not base45"))?;
        let receipt = Self::from_bytes(&bytes).ok_or(ReceiptError::Form("it is cut off or damaged"))?;
        // One receipt, one text: a longer spelling of a number or of the note would be another.
        if receipt.to_bytes() != bytes {
            return Err(ReceiptError::Form("it is not in its one spelling"));
        }
        Ok(receipt)
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![1];
        put(&mut out, self.code.as_bytes());
        out.extend_from_slice(&self.nonce);
        out.extend_from_slice(&self.statement.0);
        put_number(&mut out, self.sequence);
        out.extend_from_slice(&self.at_micros.to_be_bytes());
        put(&mut out, self.actor.as_bytes());
        out.extend_from_slice(&self.previous.0);
        put_number(&mut out, self.path.len() as u64);
        self.path.iter().for_each(|hash| out.extend_from_slice(&hash.0));
        match self.note_to_bytes() {
            Some(note) => {
                out.push(1);
                out.extend_from_slice(&note);
            }
            None => {
                out.push(0);
                put(&mut out, self.note.as_bytes());
            }
        }
        out
    }

    /// The note in parts, without what its form makes superfluous; none when it is not exactly a checkpoint's note.
    fn note_to_bytes(&self) -> Option<Vec<u8>> {
        let parts = Parts::of(&self.note).ok()?;
        let head = TreeHead::from_body(parts.body).ok()?;
        let mut out = Vec::new();
        put(&mut out, head.origin.as_bytes());
        put_number(&mut out, head.size);
        out.extend_from_slice(&head.root.0);
        out.extend_from_slice(&head.head.0);
        put_number(&mut out, parts.signatures.len() as u64);
        for signature in &parts.signatures {
            let name = if signature.name == head.origin { "" } else { signature.name };
            put(&mut out, name.as_bytes());
            put(&mut out, &signature.bytes);
        }
        Some(out)
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(bytes);
        if bytes.array::<1>()? != [1] {
            return None;
        }
        let receipt = Self {
            code: bytes.text()?,
            nonce: bytes.array()?,
            statement: Hash(bytes.array()?),
            sequence: bytes.number()?,
            at_micros: i64::from_be_bytes(bytes.array()?),
            actor: bytes.text()?,
            previous: Hash(bytes.array()?),
            path: {
                let count = usize::try_from(bytes.number()?).ok().filter(|count| *count <= MAX_PATH)?;
                (0..count).map(|_| bytes.array().map(Hash)).collect::<Option<_>>()?
            },
            note: match bytes.array()? {
                [0] => bytes.text()?,
                [1] => bytes.note()?,
                _ => return None,
            },
        };
        bytes.0.is_empty().then_some(receipt)
    }
}

/// A number in groups of seven bits, the lowest first; all bytes but the last have their highest bit set (LEB128).
fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// The length as a number, then the bytes.
fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Bytes still to be read.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            let group = u64::from(byte & 0x7f);
            // The tenth byte has room for one bit.
            if shift == 63 && group > 1 {
                return None;
            }
            number |= group << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn slice(&mut self) -> Option<&[u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (first, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(first)
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.slice()?.to_vec()).ok()
    }

    fn note(&mut self) -> Option<String> {
        let head = TreeHead {
            origin: self.text()?,
            size: self.number()?,
            root: Hash(self.array()?),
            head: Hash(self.array()?),
        };
        let mut note = format!("{}\n", head.body());
        for _ in 0..self.number()? {
            let name = self.text()?;
            let name = if name.is_empty() { &head.origin } else { &name };
            note.push_str(&Signature { name, bytes: self.slice()?.to_vec() }.line());
        }
        Some(note)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use super::*;

    fn receipt(path: usize) -> Receipt {
        let head = TreeHead { origin: "o".into(), size: 3, root: Hash([1; 32]), head: Hash([2; 32]) };
        let key = crate::note::SigningKey::from_seed("o", &[3; 32]).unwrap();
        Receipt {
            code: "C".into(),
            nonce: [4; 16],
            statement: Hash([5; 32]),
            sequence: 2,
            at_micros: -1,
            actor: String::new(),
            previous: Hash([6; 32]),
            path: vec![Hash([7; 32]); path],
            note: head.sign(&key).unwrap(),
        }
    }

    #[test]
    fn a_second_spelling_is_refused() {
        let receipt = receipt(2);
        let bytes = receipt.to_bytes();
        let text = |bytes: &[u8]| format!("{PREFIX}{}", base45::encode(bytes));
        assert_eq!(Receipt::decode(&text(&bytes)), Ok(receipt.clone()));
        let refused = Err(ReceiptError::Form("it is not in its one spelling"));
        // The code's length in two bytes instead of one.
        let longer = [&bytes[..1], &[0x81, 0], &bytes[2..]].concat();
        assert_eq!(Receipt::decode(&text(&longer)), refused);
        // The checkpoint's note as text.
        let parts = receipt.note_to_bytes().unwrap();
        let mut raw = bytes[..bytes.len() - parts.len() - 1].to_vec();
        raw.push(0);
        put(&mut raw, receipt.note.as_bytes());
        assert_eq!(Receipt::decode(&text(&raw)), refused);
    }

    #[test]
    fn numbers_and_paths_have_their_limits() {
        for number in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
            let mut bytes = Vec::new();
            put_number(&mut bytes, number);
            assert_eq!(Bytes(&bytes).number(), Some(number));
        }
        assert_eq!(Bytes(&[0xff; 10]).number(), None);
        assert_eq!(Bytes(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]).number(), None);
        assert!(Receipt::decode(&receipt(64).encode()).is_ok());
        assert!(Receipt::decode(&receipt(65).encode()).is_err());
    }
}
