//! How wide a text will be, roughly: an SVG cannot ask. Estimates are for the widest sans-serif face in common use, so
//! that the book face of the PDF and every system's own face have room.

/// The width of a letter in ems.
fn letter(letter: char) -> f64 {
    match letter {
        'i' | 'j' | 'l' | '\'' | 'í' => 0.28,
        'I' | '.' | ',' | ':' | ';' | '|' | ' ' | '\u{a0}' => 0.33,
        'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '/' | '-' | '!' => 0.41,
        'c' | 's' | 'z' => 0.55,
        'm' | 'M' | 'W' | '@' | '%' => 1.0,
        'w' => 0.82,
        'A'..='Z' | 'Á' | 'É' | 'Í' | 'Ó' | 'Ú' | 'Ñ' => 0.72,
        letter if (letter as u32) < 0x2000 => 0.64,
        '\u{2000}'..='\u{206f}' => 0.6,
        _ => 1.05,
    }
}

/// The width of a text at a size.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(letter).sum::<f64>() * size
}

/// The text if it fits, or as much of it as does with an ellipsis; empty when not even four letters fit.
pub(crate) fn fitted(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = width("…", size);
    for next in text.chars() {
        used += letter(next) * size;
        if used > room {
            break;
        }
        kept.push(next);
    }
    // Cut between words, unless that would leave little.
    let kept = match kept.rfind(' ') {
        Some(space) if space * 2 > kept.len() => &kept[..space],
        _ => &kept,
    };
    let kept = kept.trim_end_matches([' ', ',', ';', ':', '-']);
    if kept.chars().count() < 4 { String::new() } else { format!("{kept}…") }
}

/// The text in lines that fit, at most so many; the last one is cut when more would be needed.
pub(crate) fn wrapped(text: &str, size: f64, room: f64, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let mut line = word.to_owned();
        if lines.len() + 1 == most {
            words.by_ref().for_each(|word| line.extend([" ", word]));
        }
        while let Some(next) = words.peek()
            && width(&format!("{line} {next}"), size) <= room
        {
            line.extend([" ", next]);
            words.next();
        }
        lines.push(fitted(&line, size, room));
    }
    lines
}

/// Round steps of an axis from zero: at most so many, of which the last is not below the largest value.
pub(crate) fn steps(largest: u64, most: u64) -> Vec<u64> {
    let mut step: u64 = 1;
    'found: loop {
        for factor in [1, 2, 5] {
            let candidate = step.saturating_mul(factor);
            if largest.div_ceil(candidate) <= most {
                step = candidate;
                break 'found;
            }
        }
        step = step.saturating_mul(10);
    }
    (0..=largest.div_ceil(step).max(1)).map(|at| at.saturating_mul(step)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_and_wrapped_within_their_room() {
        let text = "Prosecution of every adult who crossed between the ports of entry";
        for room in [20.0, 60.0, 120.0, 1000.0] {
            assert!(width(&fitted(text, 13.0, room), 13.0) <= room, "{room}");
            let lines = wrapped(text, 13.0, room, 3);
            assert!(
                lines.len() <= 3 && lines.iter().all(|line| width(line, 13.0) <= room),
                "{room}: {lines:?}"
            );
        }
        assert_eq!(wrapped(text, 13.0, 2000.0, 2), [text]);
        assert_eq!(wrapped("", 13.0, 100.0, 2), [""; 0]);
    }

    #[test]
    fn steps_reach_the_largest_value() {
        assert_eq!(steps(0, 4), [0, 1]);
        assert_eq!(steps(7, 4), [0, 2, 4, 6, 8]);
        assert_eq!(steps(100, 4), [0, 50, 100]);
        for largest in [1, 3, 19, 457, 99_999, u64::MAX] {
            let steps = steps(largest, 5);
            assert!(steps.len() <= 6 && *steps.last().unwrap() >= largest, "{largest}: {steps:?}");
        }
    }
}
