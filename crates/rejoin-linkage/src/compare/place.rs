//! Where a person comes from: town within country.

use super::{Comparison, Prepared, never};
use crate::columns::NONE;

/// Origin.
pub(super) const ORIGIN: Comparison = Comparison {
    name: "origin",
    levels: &["not on both records", "another country", "the same country", "another town", "the same town"],
    start: &[0.01, 0.40, 0.04, 0.55],
    chance: &[0.55, 0.30, 0.14, 0.01],
    frequent: None,
    level,
    frequency: never,
};

fn level(prepared: &Prepared, left: usize, right: usize) -> u8 {
    let (one, other) = (prepared.country.codes[left], prepared.country.codes[right]);
    if one != NONE && other != NONE && one != other {
        return 1;
    }
    let (town, other_town) = (prepared.town.codes[left], prepared.town.codes[right]);
    if town != NONE && other_town != NONE {
        return 3 + u8::from(town == other_town);
    }
    if one == NONE || other == NONE { 0 } else { 2 }
}
