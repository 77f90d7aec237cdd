//! What every format does to a text before it is set: nothing, but for characters that would not be seen and could
//! mislead; and the escaping that keeps text from becoming markup.

use std::borrow::Cow;

/// Characters that have no place in print: controls, and the marks that turn the direction of what follows them, with
/// which a sentence can be made to read otherwise than it is stored. Line breaks and tabs become spaces elsewhere.
fn unprintable(letter: char) -> bool {
    let control = letter.is_control() && !matches!(letter, '\n' | '\r' | '\t');
    let turning = matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let none = matches!(letter, '\u{fffe}' | '\u{ffff}' | '\u{feff}');
    control || turning || none
}

/// The text without unprintable characters.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if text.contains(unprintable) {
        Cow::Owned(text.chars().filter(|letter| !unprintable(*letter)).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// The text for HTML and XML, in an element or a quoted attribute.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars().filter(|letter| !unprintable(*letter)) {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(letter),
        }
    }
    out
}

/// The text with white space folded to single spaces.
pub(crate) fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// At most so many characters, the last one an ellipsis if any were cut.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}
