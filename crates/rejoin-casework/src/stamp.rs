//! Who and when: the two parameters that every fact comes with.

use crate::refusal::{Refusal, said};

/// Microseconds in an hour.
pub const HOUR: i64 = 3_600_000_000;
/// Microseconds in a day.
pub const DAY: i64 = 24 * HOUR;

/// Who asks, and when. The registry has made sure of both; the machine only compares accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The account.
    pub actor: String,
    /// Microseconds since 1970-01-01 UTC.
    pub at_micros: i64,
}

/// Who recorded something, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The account.
    pub by: String,
    /// Microseconds since 1970-01-01 UTC.
    pub at: i64,
}

impl Context {
    pub(crate) fn stamp(&self) -> Stamp {
        Stamp { by: self.actor.clone(), at: self.at_micros }
    }

    pub(crate) fn checked(&self) -> Result<(), Refusal> {
        said("actor", &self.actor)
    }

    /// Refuses what has not happened yet. Clocks of two offices may differ by an hour.
    pub(crate) fn happened(&self, when: i64) -> Result<(), Refusal> {
        if when > self.at_micros.saturating_add(HOUR) { Err(Refusal::InTheFuture) } else { Ok(()) }
    }
}

/// Whether two names mean one account or person: case and surrounding blanks tell nobody apart.
pub(crate) fn same(one: &str, other: &str) -> bool {
    let folded = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    folded(one) == folded(other)
}
