//! Identifiers. A record, a person and a family never share a type, so one cannot be passed for another.

use std::fmt;
use std::str::FromStr;

/// Crockford's base 32: no I, L, O, U, so that an id survives being read over a telephone.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAnId;

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an id: expected a letter, a hyphen and 16 characters, as in r-0123456789abcdef")
    }
}

impl std::error::Error for NotAnId {}

fn write(prefix: char, bytes: &[u8; 10], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let value = bytes.iter().fold(0u128, |value, byte| value << 8 | u128::from(*byte));
    let mut text = String::with_capacity(18);
    text.push(prefix);
    text.push('-');
    for shift in (0..16).rev() {
        text.push(ALPHABET[(value >> (shift * 5) & 31) as usize] as char);
    }
    f.pad(&text)
}

fn read(prefix: char, text: &str) -> Result<[u8; 10], NotAnId> {
    let lower = text.trim().to_ascii_lowercase();
    let body = lower.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('-')).ok_or(NotAnId)?;
    if body.len() != 16 {
        return Err(NotAnId);
    }
    let mut value = 0u128;
    for character in body.bytes() {
        let digit = ALPHABET.iter().position(|symbol| *symbol == character).ok_or(NotAnId)?;
        value = value << 5 | digit as u128;
    }
    let mut bytes = [0u8; 10];
    bytes.copy_from_slice(&value.to_be_bytes()[6..]);
    Ok(bytes)
}

macro_rules! id {
    ($name:ident, $prefix:literal, $doc:literal) => {
        #[doc = $doc]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 10]);

        impl $name {
            /// From the first 80 bits of a digest.
            pub fn from_bytes(bytes: [u8; 10]) -> Self {
                Self(bytes)
            }

            /// The 80 bits.
            pub fn as_bytes(&self) -> &[u8; 10] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write($prefix, &self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write($prefix, &self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                read($prefix, text).map(Self)
            }
        }
    };
}

id!(
    RecordId,
    'r',
    "One row that one agency sent, whatever delivery it came in. Derived from the list and the row's key (or its
     content where the list has no key), so that two cases that import the same list give it the same id."
);
id!(
    PersonId,
    'p',
    "A human being to whom records are linked. Named after the smallest of its records, so that linking again
     without new evidence gives the same id."
);

impl PersonId {
    /// The person of a group of records whose smallest id is `record`.
    pub fn of_smallest(record: RecordId) -> Self {
        Self(*record.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back_as_written() {
        let id = RecordId::from_bytes([0, 1, 2, 250, 4, 5, 99, 7, 8, 255]);
        let text = id.to_string();
        assert_eq!(text.len(), 18);
        assert_eq!(text.parse::<RecordId>(), Ok(id));
        assert_eq!(text.to_uppercase().parse::<RecordId>(), Ok(id));
    }

    #[test]
    fn a_record_id_is_not_a_person_id() {
        let id = RecordId::from_bytes([7; 10]);
        assert_eq!(id.to_string().parse::<PersonId>(), Err(NotAnId));
        assert_eq!("r-short".parse::<RecordId>(), Err(NotAnId));
        assert_eq!("".parse::<RecordId>(), Err(NotAnId));
    }
}
