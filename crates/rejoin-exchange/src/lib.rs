//! What goes over to others and what comes from them: bytes in, values out, and the other way round.
//!
//! [`pfif`] reads the People Finder Interchange Format 1.1 to 1.4 and writes 1.4; [`table`] writes tables that no
//! spreadsheet evaluates, each with its [`Provenance`]; [`lists`] makes the lists that a court asks for. This room
//! knows no case, opens no path, and asks no clock: the hour is a parameter.

pub mod lists;
pub mod pfif;
pub mod table;

pub use table::{Cell, Kind, Provenance, Table, TableError};

/// The language of words that a person reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Spanish.
    Spanish,
}

impl Language {
    /// The one of two wordings.
    pub(crate) fn of<T>(self, english: T, spanish: T) -> T {
        match self {
            Language::English => english,
            Language::Spanish => spanish,
        }
    }
}
