//! Comparators: how alike two rows are in one respect. One file a family; each is an entry of [`COMPARATORS`]. Level 0 is
//! always "nothing to compare": missing is not different.

mod codes;
mod dates;
mod names;
mod phones;
mod places;
mod texts;

use crate::columns::NONE;
use crate::engine::data::{Data, Kind};

/// Which share an exact agreement is adjusted by (term-frequency adjustment).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frequency {
    /// That of the whole value.
    Value,
    /// That of its first word.
    First,
}

/// A comparator and its levels.
pub struct Comparator {
    /// The kind of its first column, which names it in a spec.
    pub kind: Kind,
    /// Level → what it means.
    pub levels: &'static [&'static str],
    /// Starting values of m, by level from 1.
    pub start: &'static [f64],
    /// Argued values of u, by level from 1: what counts where there is little to sample from.
    pub chance: &'static [f64],
    /// Levels that agree exactly, and by which frequency they are adjusted.
    pub exact: &'static [(u8, Frequency)],
    /// Level of a pair of rows.
    pub(crate) level: fn(&Data, &[usize], &[u32], &[u32]) -> u8,
}

/// Every comparator.
pub const COMPARATORS: &[Comparator] = &[
    names::GIVEN,
    names::SURNAME,
    dates::DATE,
    codes::CATEGORY,
    codes::CODE,
    phones::PHONE,
    codes::EMAIL,
    places::PLACE,
    texts::TEXT,
];

/// The comparator of a kind.
pub fn of(kind: Kind) -> &'static Comparator {
    COMPARATORS.iter().find(|comparator| comparator.kind == kind).unwrap_or(&texts::TEXT)
}

/// The two values of a column, if both rows have one.
fn both(column: usize, left: &[u32], right: &[u32]) -> Option<(u32, u32)> {
    let (one, other) = (left[column], right[column]);
    (one != NONE && other != NONE).then_some((one, other))
}

/// The level of two rows that have one value in the first column, where it is the same whatever the value: then nothing
/// needs to be looked at, and where one has none, the level is 0.
pub(crate) fn same(comparator: &Comparator, data: &Data, columns: &[usize]) -> Option<u8> {
    let own = columns.iter().filter(|column| data.columns[**column].kind == comparator.kind).count();
    let exact = comparator.exact.iter().find(|(_, frequency)| *frequency == Frequency::Value);
    // Surnames in two columns are one name; a date that may be any of many days agrees, but is not the same.
    let plain = own == 1 && !data.columns[columns[0]].vague;
    exact.filter(|_| plain).map(|(level, _)| *level)
}

/// The level of a pair; where a cell holds several values, the best of theirs.
pub(crate) fn level(
    comparator: &Comparator,
    data: &Data,
    columns: &[usize],
    left: &[u32],
    right: &[u32],
) -> u8 {
    let column = columns[0];
    let lists = &data.columns[column].lists;
    if lists.is_empty() || left[column] == right[column] || left[column] == NONE || right[column] == NONE {
        return (comparator.level)(data, columns, left, right);
    }
    let (mut here, mut there) = (left.to_vec(), right.to_vec());
    let mut best = 0;
    for value in &lists[left[column] as usize] {
        here[column] = *value;
        for second in &lists[right[column] as usize] {
            there[column] = *second;
            best = best.max((comparator.level)(data, columns, &here, &there));
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_comparator_with_values_for_every_level() {
        for (kind, name) in Kind::ALL {
            let comparator = of(*kind);
            assert_eq!(comparator.kind, *kind, "{name}");
            assert!(comparator.levels.len() <= 16, "{name}: a level is four bits of a pattern");
            for shares in [comparator.start, comparator.chance] {
                assert_eq!(shares.len() + 1, comparator.levels.len(), "{name}");
                assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{name}");
            }
        }
    }
}
