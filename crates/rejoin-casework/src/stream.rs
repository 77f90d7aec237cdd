//! Names of streams: which case an event belongs to. A child's case is named after the child's record, for people
//! are linked anew and records are not; a tracing request has 80 bits of its own.

use rejoin_model::RecordId;
use rejoin_model::id::NotAnId;
use std::fmt;
use std::str::FromStr;

/// A tracing request's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TracingId([u8; 10]);

impl TracingId {
    /// From 80 bits that the caller drew.
    pub fn from_bytes(bytes: [u8; 10]) -> Self {
        Self(bytes)
    }

    /// The 80 bits.
    pub fn as_bytes(&self) -> &[u8; 10] {
        &self.0
    }
}

/// A case: `c-…` is a child's, `t-…` a tracing request's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamId {
    /// The case of the child of a record.
    Child(RecordId),
    /// A tracing request.
    Tracing(TracingId),
}

/// The sixteen characters of an id, without its letter.
fn body(bytes: [u8; 10]) -> String {
    RecordId::from_bytes(bytes).to_string().split_off(2)
}

impl fmt::Display for TracingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("t-{}", body(self.0)))
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StreamId::Child(record) => f.pad(&format!("c-{}", body(*record.as_bytes()))),
            StreamId::Tracing(id) => id.fmt(f),
        }
    }
}

impl FromStr for StreamId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let lower = text.trim().to_ascii_lowercase();
        let (letter, rest) = lower.split_at_checked(1).ok_or(NotAnId)?;
        let record: RecordId = format!("r{rest}").parse()?;
        match letter {
            "c" => Ok(StreamId::Child(record)),
            "t" => Ok(StreamId::Tracing(TracingId(*record.as_bytes()))),
            _ => Err(NotAnId),
        }
    }
}

impl FromStr for TracingId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        match text.parse()? {
            StreamId::Tracing(id) => Ok(id),
            StreamId::Child(_) => Err(NotAnId),
        }
    }
}
