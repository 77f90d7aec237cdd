//! The head of a ledger as a checkpoint's text: origin, size, root of the tree, and as an extension line the head of
//! the hash chain, so that either way of deriving the ledger can be held against it.

use super::{NoteError, Parts, SigningKey, VerifyingKey};
use crate::{Checkpoint, Hash, text};
use base64::{Engine, prelude::BASE64_STANDARD};

/// A head of a ledger, as signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeHead {
    /// Which ledger; also the name of the key that signs.
    pub origin: String,
    /// How many events.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Hash,
    /// The chain's hash after the last.
    pub head: Hash,
}

impl TreeHead {
    /// The checkpoint's text: four lines.
    pub fn body(&self) -> String {
        let root = BASE64_STANDARD.encode(self.root.0);
        format!("{}\n{}\n{root}\nhead {}\n", self.origin, self.size, self.head)
    }

    /// Reads a checkpoint's text. Nothing is verified: see [`TreeHead::open`].
    ///
    /// # Errors
    /// When it is not exactly what [`TreeHead::body`] writes.
    pub fn from_body(body: &str) -> Result<Self, NoteError> {
        let wrong = NoteError::Checkpoint;
        let mut lines = body.strip_suffix('\n').ok_or(wrong("the last line has no end"))?.split('\n');
        let mut line = || lines.next().ok_or(wrong("it has fewer than four lines"));
        let (origin, size, root, head) = (line()?, line()?, line()?, line()?);
        if lines.next().is_some() {
            return Err(wrong("it has more than four lines"));
        }
        if origin.is_empty() {
            return Err(wrong("the origin is empty"));
        }
        let root = BASE64_STANDARD.decode(root).ok().and_then(|bytes| bytes.try_into().ok());
        Ok(Self {
            origin: origin.to_owned(),
            size: text::decimal(size).ok_or(wrong("the second line is not a size"))?,
            root: Hash(root.ok_or(wrong("the third line is not a root hash"))?),
            head: head
                .strip_prefix("head ")
                .and_then(text::hash)
                .ok_or(wrong("the fourth line is not the head of the chain"))?,
        })
    }

    /// The signed checkpoint.
    ///
    /// # Errors
    /// When the key's name is not the origin.
    pub fn sign(&self, key: &SigningKey) -> Result<String, NoteError> {
        if key.name() != self.origin {
            return Err(NoteError::Origin(self.origin.clone()));
        }
        key.sign(&self.body())
    }

    /// Opens a signed checkpoint. Stricter than [`super::open`]: one of the keys that signed must have the origin's
    /// name, so that a known witness alone, or the key of another ledger, cannot speak for this one.
    ///
    /// # Errors
    /// As [`super::open`], and when the text is no checkpoint or signed by others only.
    pub fn open(note: &str, keys: &[VerifyingKey]) -> Result<Self, NoteError> {
        let parts = Parts::of(note)?;
        let signers = parts.signers(keys)?;
        let head = Self::from_body(parts.body)?;
        if signers.iter().any(|key| key.name() == head.origin) {
            Ok(head)
        } else {
            Err(NoteError::Origin(head.origin))
        }
    }

    /// Size and head of the chain, as `verify --checkpoint` takes them.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint { size: self.size, head: self.head }
    }
}
