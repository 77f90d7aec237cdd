//! Codes and categories: what is the same or not, save for a slip of the pen.

use super::{Comparator, Frequency, both};
use crate::engine::data::{Data, Kind};
use crate::kernel::Threshold;

/// One of a few values.
pub(super) const CATEGORY: Comparator = Comparator {
    kind: Kind::Category,
    levels: &["not on both", "different", "the same"],
    start: &[0.04, 0.96],
    chance: &[0.5, 0.5],
    exact: &[(2, Frequency::Value)],
    level: |_, columns, left, right| match both(columns[0], left, right) {
        None => 0,
        Some(_) => 1 + u8::from(left[columns[0]] == right[columns[0]]),
    },
};

/// A number or code that somebody issued.
pub(super) const CODE: Comparator = Comparator {
    kind: Kind::Code,
    levels: &["not on both", "different", "the same beginning", "one slip apart", "the same"],
    start: &[0.06, 0.05, 0.09, 0.8],
    chance: &[0.988, 0.01, 0.001, 0.001],
    exact: &[(4, Frequency::Value)],
    level: code,
};

fn code(data: &Data, columns: &[usize], left: &[u32], right: &[u32]) -> u8 {
    let Some((one, other)) = both(columns[0], left, right) else { return 0 };
    if left[columns[0]] == right[columns[0]] {
        return 4;
    }
    let texts = &data.columns[columns[0]].texts;
    let (one, other) = (&texts[one as usize], &texts[other as usize]);
    if one.one_slip(other) {
        return 3;
    }
    let shorter = one.len().min(other.len());
    1 + u8::from(shorter >= 4 && one.common_prefix(other) * 2 >= shorter)
}

/// An e-mail address.
pub(super) const EMAIL: Comparator = Comparator {
    kind: Kind::Email,
    levels: &[
        "not on both",
        "different",
        "a similar user name",
        "the same user name or one slip",
        "the same",
    ],
    start: &[0.1, 0.05, 0.15, 0.7],
    chance: &[0.9975, 0.002, 0.0003, 0.0002],
    exact: &[(4, Frequency::Value)],
    level: email,
};

/// Likeness of two addresses written differently.
static ALIKE: Threshold = Threshold::new(0.9);

fn email(data: &Data, columns: &[usize], left: &[u32], right: &[u32]) -> u8 {
    let Some((one, other)) = both(columns[0], left, right) else { return 0 };
    if left[columns[0]] == right[columns[0]] {
        return 4;
    }
    let words = &data.columns[columns[0]].words;
    let (one, other) = (words[one as usize].first(), words[other as usize].first());
    let (a, b) = (&data.words[one as usize].packed, &data.words[other as usize].packed);
    if one == other || a.one_slip(b) {
        return 3;
    }
    1 + u8::from(a.jaro_winkler_at_least(b, &ALIKE))
}
