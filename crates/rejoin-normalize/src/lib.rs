//! Text to typed values. A cell is read into a value of the vocabulary, or into a doubt that becomes a finding;
//! nothing here fails, and nothing is dropped: what was written stays with the record.
//!
//! Pure: no IO, no clock. One file per kind of value; [`cell::understand`] is the one door.

pub mod cell;
pub mod code;
pub mod country;
pub mod gazetteer;
pub mod identifier;
pub mod moment;
pub mod name;
pub mod nickname;
pub mod phone;
pub mod phonetic;
pub mod place;
pub mod text;

pub use cell::{Context, understand};
pub use moment::DateOrder;
pub use place::Folding;

use rejoin_model::FindingCode;

/// A value as far as it could be read, and the doubts met on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading<T> {
    /// The value; `None` when the cell is empty or could not be understood.
    pub value: Option<T>,
    /// What was odd, each with how it was understood.
    pub doubts: Vec<(FindingCode, String)>,
}

impl<T> Reading<T> {
    /// Nothing there.
    pub fn empty() -> Self {
        Self { value: None, doubts: Vec::new() }
    }

    /// Understood.
    pub fn of(value: T) -> Self {
        Self { value: Some(value), doubts: Vec::new() }
    }

    /// Understood, with a doubt.
    pub fn doubted(value: T, code: FindingCode, understood: impl Into<String>) -> Self {
        Self { value: Some(value), doubts: vec![(code, understood.into())] }
    }

    /// Not understood.
    pub fn not_understood(code: FindingCode) -> Self {
        Self { value: None, doubts: vec![(code, "left empty; the words are kept".into())] }
    }

    /// The same reading of another type.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Reading<U> {
        Reading { value: self.value.map(change), doubts: self.doubts }
    }
}
