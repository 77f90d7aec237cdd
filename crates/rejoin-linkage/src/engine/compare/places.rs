//! Places: the smallest unit first, then what it lies in. A town agrees even where one list leaves its province out; the
//! same province alone says little.

use super::{Comparator, Frequency, both};
use crate::engine::data::{Data, Kind};

/// A place.
pub(super) const PLACE: Comparator = Comparator {
    kind: Kind::Place,
    levels: &[
        "not on both",
        "different",
        "only a larger unit in common",
        "the smallest unit alike, the larger ones not",
        "the smallest unit alike",
        "the smallest unit the same",
        "the same throughout",
    ],
    start: &[0.1, 0.08, 0.04, 0.08, 0.1, 0.6],
    chance: &[0.9, 0.07, 0.005, 0.005, 0.01, 0.01],
    exact: &[(5, Frequency::First), (6, Frequency::Value)],
    level,
};

fn level(data: &Data, columns: &[usize], left: &[u32], right: &[u32]) -> u8 {
    let Some((one, other)) = both(columns[0], left, right) else { return 0 };
    if one == other {
        return 6;
    }
    let words = &data.columns[columns[0]].words;
    let (one, other) = (words[one as usize].ids(), words[other as usize].ids());
    let larger = |one: &[u32], other: &[u32]| {
        one.iter().any(|unit| other.iter().any(|second| data.likeness(*unit, *second) >= 3))
    };
    let smallest = data.likeness(one[0], other[0]);
    let (rest, second) = (&one[1..], &other[1..]);
    let contradicts = !rest.is_empty() && !second.is_empty() && !larger(rest, second);
    match smallest {
        3.. if contradicts => 3,
        4 => 5,
        3 => 4,
        _ => 1 + u8::from(larger(one, other)),
    }
}
