//! What a record says of a person, once understood.

use std::fmt;

/// A name split as far as it could be told apart. Tokens are folded (lower case, no accents, particles kept with
/// the surname they belong to: `de leon`); what was written stands in `said`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PersonName {
    /// As written, white space collapsed.
    pub said: String,
    /// Given names in order.
    pub given: Vec<String>,
    /// Surnames in order: in the Spanish custom the father's first, then the mother's first.
    pub surnames: Vec<String>,
}

impl PersonName {
    /// Whether nothing usable was written.
    pub fn is_empty(&self) -> bool {
        self.given.is_empty() && self.surnames.is_empty()
    }

    /// All tokens, given names first.
    pub fn tokens(&self) -> impl Iterator<Item = &str> {
        self.given.iter().chain(&self.surnames).map(String::as_str)
    }
}

/// Sex as recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
}

impl Sex {
    /// The letter most lists use.
    pub fn letter(self) -> &'static str {
        match self {
            Sex::Female => "F",
            Sex::Male => "M",
        }
    }
}

/// A country by its ISO 3166-1 alpha-2 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country(pub [u8; 2]);

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.0).unwrap_or("??"))
    }
}

/// A number that an agency gave a person or a case, reduced to its letters and digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifier(pub String);
