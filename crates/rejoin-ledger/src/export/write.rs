//! Writes an export as the events come from storage. It writes what is stored, right or wrong: to find what is wrong is
//! the reader's work, and an export of a ledger that was tampered with must show it.

use crate::note::{NoteError, Parts, TreeHead, VerifyingKey};
use crate::{Envelope, Hash};
use base64::{Engine, prelude::BASE64_STANDARD};
use std::fmt;
use std::io::{self, Write};

/// What no reader takes: a line of more bytes, its end included.
const MAX_LINE: usize = 1 << 28;

/// Why an export cannot be written.
#[derive(Debug)]
pub enum WriteError {
    /// The output failed.
    Io(io::Error),
    /// A checkpoint is not believed under the keys given.
    Note(NoteError),
    /// The format cannot hold it; what.
    Refused(&'static str),
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WriteError::Io(error) => error.fmt(f),
            WriteError::Note(error) => error.fmt(f),
            WriteError::Refused(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for WriteError {}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        WriteError::Io(error)
    }
}

/// An export being written: [`Writer::begin`], every event from the first, [`Writer::finish`].
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    line: String,
    written: u64,
    vouched: u64,
}

impl<W: Write> Writer<W> {
    /// Writes the header: the keys, and the signed checkpoints in the order of their sizes, the last over everything
    /// that will be written.
    ///
    /// # Errors
    /// When a checkpoint is not signed by these keys alone, or the checkpoints are not in order.
    pub fn begin(mut out: W, keys: &[VerifyingKey], checkpoints: &[&str]) -> Result<Self, WriteError> {
        if keys.is_empty() || checkpoints.is_empty() {
            return Err(WriteError::Refused("an export has at least one key and one checkpoint"));
        }
        if (1..keys.len()).any(|at| keys[..at].contains(&keys[at])) {
            return Err(WriteError::Refused("a key is given twice"));
        }
        let mut heads: Vec<TreeHead> = Vec::new();
        for note in checkpoints {
            let head = TreeHead::open(note, keys).map_err(WriteError::Note)?;
            let signatures = Parts::of(note).map_err(WriteError::Note)?.signatures;
            if signatures.iter().any(|signature| !keys.iter().any(|key| signature.claims(key))) {
                return Err(WriteError::Refused("a checkpoint has a signature by a key that is not given"));
            }
            let by =
                |key: &&VerifyingKey| signatures.iter().filter(|signature| signature.claims(key)).count();
            if keys.iter().any(|key| by(&key) > 1) {
                return Err(WriteError::Refused("a key signs a checkpoint twice"));
            }
            if heads.last().is_some_and(|last| last.size >= head.size || last.origin != head.origin) {
                return Err(WriteError::Refused("the checkpoints are not of one ledger and of growing size"));
            }
            heads.push(head);
        }
        out.write_all(b"rejoin ledger export 1\n")?;
        for key in keys {
            writeln!(out, "key {key}")?;
        }
        for note in checkpoints {
            write!(out, "checkpoint\n{note}")?;
        }
        let vouched = heads.last().map_or(0, |head| head.size);
        Ok(Self { out, line: String::new(), written: 0, vouched })
    }

    /// Writes the next event and the chain's hash stored with it.
    ///
    /// # Errors
    /// When it is not the next, when no checkpoint vouches for it, when its kind is not of visible ASCII.
    pub fn event(&mut self, envelope: &Envelope<'_>, chain: Hash) -> Result<(), WriteError> {
        if envelope.sequence != self.written + 1 {
            return Err(WriteError::Refused("the events are not in their sequence"));
        }
        if envelope.sequence > self.vouched {
            return Err(WriteError::Refused("an event comes after the last checkpoint"));
        }
        if envelope.kind.is_empty() || !envelope.kind.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(WriteError::Refused("a kind of event is empty or not of visible ASCII"));
        }
        self.line.clear();
        {
            use fmt::Write as _;
            let Envelope { sequence, at_micros, version, .. } = envelope;
            // Into a String nothing can fail.
            let _ = write!(self.line, "event {sequence} {at_micros} {version} ");
            BASE64_STANDARD.encode_string(envelope.actor, &mut self.line);
            let _ = write!(self.line, " {} ", envelope.kind);
            BASE64_STANDARD.encode_string(envelope.payload, &mut self.line);
            let _ = writeln!(self.line, " {chain}");
        }
        if self.line.len() > MAX_LINE {
            return Err(WriteError::Refused("an event is longer than an export's line may be"));
        }
        self.out.write_all(self.line.as_bytes())?;
        self.written = envelope.sequence;
        Ok(())
    }

    /// Writes the last line and gives the output back, flushed.
    ///
    /// # Errors
    /// When events that the last checkpoint vouches for were not written.
    pub fn finish(mut self) -> Result<W, WriteError> {
        if self.written != self.vouched {
            return Err(WriteError::Refused("fewer events than the last checkpoint vouches for"));
        }
        writeln!(self.out, "end {}", self.written)?;
        self.out.flush()?;
        Ok(self.out)
    }
}
