//! Folding: what two spellings share when accents, case, punctuation and white space are put aside.

use deunicode::deunicode_char;

/// The text without leading, trailing and repeated white space; line breaks count as white space.
pub fn collapse(said: &str) -> String {
    let mut out = String::with_capacity(said.len());
    for word in said.split(|character: char| character.is_whitespace() || character == '\u{feff}') {
        if word.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// Lower-case ASCII words separated by one space: accents removed, other scripts romanised, apostrophes dropped
/// (`K'iche'` gives `kiche`), other punctuation read as a space.
pub fn fold(said: &str) -> String {
    if said.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
        return said.to_owned();
    }
    let mut out = String::with_capacity(said.len());
    let mut gap = false;
    let mut push = |character: char, out: &mut String| {
        if character.is_ascii_alphanumeric() {
            if gap && !out.is_empty() {
                out.push(' ');
            }
            gap = false;
            out.push(character.to_ascii_lowercase());
        } else if !matches!(character, '\'' | '`') {
            gap = true;
        }
    };
    for character in said.chars() {
        if character.is_ascii() {
            push(character, &mut out);
        } else if matches!(character, '\u{2019}' | '\u{2018}' | '\u{02bc}' | '\u{b4}' | '\u{a8}') {
            // Typographic apostrophes, and accents typed as separate marks.
        } else if ('\u{300}'..='\u{36f}').contains(&character) {
            // A combining accent belongs to the letter before it.
        } else {
            match deunicode_char(character) {
                Some(ascii) => ascii.chars().for_each(|replacement| push(replacement, &mut out)),
                None => push(' ', &mut out),
            }
        }
    }
    out
}

/// Whether a cell stands for "nothing recorded".
pub fn is_missing(said: &str) -> bool {
    let said = said.trim();
    if said.is_empty() {
        return true;
    }
    // Every word for "nothing" below begins with one of these; most cells are told apart by their first letter.
    let first = said.as_bytes()[0];
    if said.len() > 24 || (first.is_ascii_alphanumeric() && !matches!(first | 32, b'n' | b'u' | b'd' | b's'))
    {
        return false;
    }
    if said.chars().all(|character| matches!(character, '-' | '?' | '.' | '*' | '_' | '/')) {
        return true;
    }
    matches!(
        fold(said).as_str(),
        "n a"
            | "na"
            | "nan"
            | "null"
            | "none"
            | "unknown"
            | "unk"
            | "not available"
            | "not recorded"
            | "desconocido"
            | "desconocida"
            | "no consta"
            | "sin dato"
            | "sin datos"
            | "ninguno"
            | "s d"
            | "n d"
    )
}

/// Each word with a capital.
pub fn title_case(folded: &str) -> String {
    let mut out = String::with_capacity(folded.len());
    let mut start = true;
    for character in folded.chars() {
        out.push(if start { character.to_ascii_uppercase() } else { character });
        start = character == ' ';
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_keeps_what_spellings_share() {
        assert_eq!(fold("  LÓPEZ\n García "), "lopez garcia");
        assert_eq!(fold("K’iche'"), "kiche");
        assert_eq!(fold("Rite of Passage ‐ Canyon"), fold("Rite of Passage – Canyon"));
        assert_eq!(fold("Nun\u{303}ez"), "nunez");
        assert_eq!(fold("Ñ"), "n");
        assert_eq!(collapse("a\r\n b\t c "), "a b c");
    }

    #[test]
    fn missing_is_not_a_value() {
        for said in ["", " ", "N/A", "--", "Unknown", "Sin dato", "???"] {
            assert!(is_missing(said), "{said:?}");
        }
        for said in ["Nadia", "0", "None Garcia"] {
            assert!(!is_missing(said), "{said:?}");
        }
    }
}
