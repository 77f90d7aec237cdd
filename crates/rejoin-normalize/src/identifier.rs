//! Numbers that agencies give: letters and digits only, upper case; alien numbers in their own form.

use crate::text::is_missing;

/// The comparable form of a number; `None` when nothing usable was written.
pub fn read(said: &str) -> Option<String> {
    if is_missing(said) {
        return None;
    }
    let kept: String = said
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|character| character.to_ascii_uppercase())
        .collect();
    // A spreadsheet that took a number for a quantity wrote 12345.0.
    let kept = match said.trim().strip_suffix(".0") {
        Some(whole) if whole.bytes().all(|byte| byte.is_ascii_digit()) => whole.to_owned(),
        _ => kept,
    };
    (!kept.is_empty() && kept.bytes().any(|byte| byte != b'0')).then_some(kept)
}

/// An alien number: digits only, nine of them (older ones have eight, printed with or without a leading zero).
pub fn alien_number(said: &str) -> Option<String> {
    let kept = read(said)?;
    let digits = kept.strip_prefix('A').unwrap_or(&kept);
    // Anything else, a number that a spreadsheet turned into 2.01E+08 or two numbers in one cell, is no number.
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && (7..=9).contains(&digits.len());
    plain.then(|| format!("{digits:0>9}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_written_four_ways() {
        for said in ["A201-234-567", "a 201234567", "201234567", "201234567.0"] {
            assert_eq!(alien_number(said).as_deref(), Some("201234567"), "{said}");
        }
        assert_eq!(alien_number("A-098765432"), alien_number("98765432"));
        for said in ["000000000", "2.01E+08", "A201234567 / A201234568", "12345"] {
            assert_eq!(alien_number(said), None, "{said}");
        }
        assert_eq!(read("FMUA-2018/0007").as_deref(), Some("FMUA20180007"));
        assert_eq!(read("pending?"), Some("PENDING".into()));
        assert_eq!(read("--"), None);
    }
}
