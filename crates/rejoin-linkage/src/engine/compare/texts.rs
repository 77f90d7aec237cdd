//! Anything in words: towns, streets, occupations.

use super::{Comparator, Frequency, both};
use crate::engine::data::{Data, Kind, Words};
use crate::kernel::Threshold;

/// Likeness of two short texts that are written differently.
static ALIKE: Threshold = Threshold::new(0.94);

/// Words in any order.
pub(super) const TEXT: Comparator = Comparator {
    kind: Kind::Text,
    levels: &[
        "not on both",
        "different",
        "a word in common",
        "half of the words or more",
        "alike",
        "the same",
    ],
    start: &[0.16, 0.05, 0.05, 0.14, 0.6],
    chance: &[0.93, 0.035, 0.01, 0.005, 0.02],
    exact: &[(5, Frequency::Value)],
    level,
};

fn level(data: &Data, columns: &[usize], left: &[u32], right: &[u32]) -> u8 {
    let Some((one, other)) = both(columns[0], left, right) else { return 0 };
    if one == other {
        return 5;
    }
    let column = &data.columns[columns[0]];
    let (text, second) = (&column.texts[one as usize], &column.texts[other as usize]);
    let (one, other) = (&column.words[one as usize], &column.words[other as usize]);
    if one.count == 1 && other.count == 1 {
        return match data.likeness(one.first(), other.first()) {
            0 => 1,
            1 => 3,
            _ => 4,
        };
    }
    let short = text.len().max(second.len()) < 16;
    if short && text.jaro_winkler_at_least(second, &ALIKE) {
        return 4;
    }
    // Counted both ways: a repeated word must not make a pair weigh more than the same pair turned round.
    let found = |few: &Words, many: &Words| {
        let meets = |word: &&u32| many.ids().iter().any(|second| data.likeness(**word, *second) >= 3);
        few.ids().iter().filter(meets).count()
    };
    let common = found(one, other).min(found(other, one));
    let (few, many) = if one.count <= other.count { (one, other) } else { (other, one) };
    if common == 0 {
        1
    } else if few.count == many.count && common == few.count as usize {
        4
    } else {
        2 + u8::from(common * 2 >= few.count as usize)
    }
}
