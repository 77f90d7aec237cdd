//! Numbers and hashes in the one spelling that our texts allow, so that no character of them is without meaning.

use crate::Hash;
use std::fmt::Display;
use std::str::FromStr;

/// A number in decimal: no sign but a minus that counts, no leading zero.
pub(crate) fn decimal<N: FromStr + Display>(text: &str) -> Option<N> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let canonical = digits.bytes().all(|byte| byte.is_ascii_digit())
        && (text == "0" || !(digits.is_empty() || digits.starts_with('0')));
    if canonical { text.parse().ok() } else { None }
}

/// A hash as 64 lower-case hexadecimal digits.
pub(crate) fn hash(text: &str) -> Option<Hash> {
    let (pairs, odd) = text.as_bytes().as_chunks::<2>();
    let mut hash = Hash::default();
    if !odd.is_empty() || pairs.len() != hash.0.len() {
        return None;
    }
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    for (byte, [high, low]) in hash.0.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_each() {
        assert_eq!(decimal::<u64>("0"), Some(0));
        assert_eq!(decimal::<u64>("18446744073709551615"), Some(u64::MAX));
        assert_eq!(decimal::<i64>("-9223372036854775808"), Some(i64::MIN));
        for text in ["", "-", "-0", "00", "01", "+1", " 1", "1 ", "1_0", "18446744073709551616", "-1", "١"] {
            assert_eq!(decimal::<u64>(text), None, "{text:?}");
        }
        assert_eq!(decimal::<i64>("-01"), None);
        assert_eq!(hash(&"0f".repeat(32)), Some(Hash([15; 32])));
        for text in ["", &"0F".repeat(32), &"0f".repeat(31), &"0f".repeat(33), &"+f".repeat(32)] {
            assert_eq!(hash(text), None, "{text:?}");
        }
    }
}
