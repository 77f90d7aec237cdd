//! Why: random bytes as texts that people type and scanners recognise: base62 with a checksum for tokens, and groups of
//! letters that cannot be confused for codes.

use crate::secret::{Random, ShownOnce, random_bytes};

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Crockford's: without I, L, O and U.
const BASE32: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Digits that 32 bytes need: 62⁴³ is just over 2²⁵⁶.
pub(crate) const DIGITS_OF_32_BYTES: usize = 43;
/// Digits that a CRC-32 needs.
pub(crate) const DIGITS_OF_CHECKSUM: usize = 6;

/// 32 bytes, big-endian, as 43 digits.
pub(crate) fn base62(bytes: &[u8; 32]) -> String {
    let mut rest = *bytes;
    let mut digits = [0; DIGITS_OF_32_BYTES];
    for place in digits.iter_mut().rev() {
        let mut remainder = 0_u32;
        for byte in &mut rest {
            let value = (remainder << 8) | u32::from(*byte);
            *byte = u8::try_from(value / 62).unwrap_or(u8::MAX);
            remainder = value % 62;
        }
        *place = BASE62[remainder as usize];
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}

/// The 32 bytes of 43 digits; none when a character is no digit or the number is too large.
pub(crate) fn from_base62(text: &str) -> Option<[u8; 32]> {
    if text.len() != DIGITS_OF_32_BYTES {
        return None;
    }
    let mut bytes = [0_u8; 32];
    for character in text.bytes() {
        let mut carry = u32::try_from(BASE62.iter().position(|digit| *digit == character)?).ok()?;
        for byte in bytes.iter_mut().rev() {
            let value = u32::from(*byte) * 62 + carry;
            *byte = u8::try_from(value & 0xff).ok()?;
            carry = value >> 8;
        }
        if carry != 0 {
            return None;
        }
    }
    Some(bytes)
}

/// The CRC-32 of a text as six digits; tells a mistyped or made-up token from one that was issued, without any storage.
pub(crate) fn checksum(text: &str) -> String {
    let mut number = crc32(text.as_bytes());
    let mut digits = [0; DIGITS_OF_CHECKSUM];
    for place in digits.iter_mut().rev() {
        *place = BASE62[(number % 62) as usize];
        number /= 62;
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(crc & 1)))
    })
}

/// A code of `groups` groups of four characters (20 bits each), with hyphens.
pub(crate) fn readable(groups: usize, random: Random<'_>) -> ShownOnce {
    let mut text = String::with_capacity(groups * 5);
    for group in 0..groups {
        if group > 0 {
            text.push('-');
        }
        for byte in random_bytes::<4>(random).iter() {
            text.push(char::from(BASE32[usize::from(byte & 31)]));
        }
    }
    ShownOnce::new(text)
}

/// What a person typed, as it was meant: without spaces and hyphens, in capitals, O for zero, I and L for one.
pub(crate) fn as_meant(typed: &str) -> String {
    typed
        .chars()
        .filter(|character| !character.is_whitespace() && !matches!(character, '-' | '‐' | '–' | '—'))
        .take(64)
        .map(|character| match character.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_checksum_is_the_crc_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b""), 0);
    }

    #[test]
    fn the_largest_number_fits_and_the_next_does_not() {
        let largest = base62(&[0xff; 32]);
        assert_eq!(from_base62(&largest), Some([0xff; 32]));
        let mut next = largest.into_bytes();
        let last = next.last_mut().unwrap();
        let place = BASE62.iter().position(|digit| digit == last).unwrap();
        assert!(place < 61, "the last digit can be raised without a carry");
        *last = BASE62[place + 1];
        assert_eq!(from_base62(&String::from_utf8(next).unwrap()), None);
        assert_eq!(from_base62(&"z".repeat(43)), None);
        assert_eq!(base62(&[0; 32]), "0".repeat(43));
    }

    #[test]
    fn a_code_is_read_as_it_was_meant() {
        let mut counter = 0_u8;
        let code = readable(4, &mut |bytes| {
            bytes.iter_mut().for_each(|byte| {
                *byte = counter;
                counter = counter.wrapping_add(7);
            });
        });
        assert_eq!(code.reveal().len(), 19);
        let sloppy = code.reveal().to_lowercase().replace('-', " ").replace('1', "l").replace('0', "o");
        assert_eq!(as_meant(&sloppy), code.reveal().replace('-', ""));
    }

    proptest! {
        #[test]
        fn base62_goes_there_and_back(bytes in any::<[u8; 32]>()) {
            let text = base62(&bytes);
            prop_assert_eq!(text.len(), DIGITS_OF_32_BYTES);
            prop_assert_eq!(from_base62(&text), Some(bytes));
        }

        #[test]
        fn base62_keeps_the_order(left in any::<[u8; 32]>(), right in any::<[u8; 32]>()) {
            prop_assert_eq!(base62(&left).cmp(&base62(&right)), left.cmp(&right));
        }

        #[test]
        fn one_wrong_character_changes_the_checksum(
            bytes in any::<[u8; 32]>(), place in 0..DIGITS_OF_32_BYTES, shift in 1..62_usize,
        ) {
            let text = base62(&bytes);
            let mut wrong = text.clone().into_bytes();
            let digit = BASE62.iter().position(|digit| *digit == wrong[place]).unwrap();
            wrong[place] = BASE62[(digit + shift) % 62];
            prop_assert_ne!(checksum(&text), checksum(&String::from_utf8(wrong).unwrap()));
        }
    }
}
