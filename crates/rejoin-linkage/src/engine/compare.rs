//! Comparators: how alike two rows are in one respect. One file a family; each is an entry of [`COMPARATORS`]. Level 0 is
//! always "nothing to compare": missing is not different.

mod codes;
mod dates;
mod names;
mod texts;

use crate::columns::NONE;
use crate::engine::data::{Cell, Data, Kind};

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
pub const COMPARATORS: &[Comparator] =
    &[names::GIVEN, names::SURNAME, dates::DATE, codes::CATEGORY, codes::CODE, codes::EMAIL, texts::TEXT];

/// The comparator of a kind.
pub fn of(kind: Kind) -> &'static Comparator {
    COMPARATORS.iter().find(|comparator| comparator.kind == kind).unwrap_or(&texts::TEXT)
}

/// The two cells of a column, if both rows have one.
fn both<'d>(data: &'d Data, column: usize, left: &[u32], right: &[u32]) -> Option<(&'d Cell, &'d Cell)> {
    let (one, other) = (left[column], right[column]);
    (one != NONE && other != NONE)
        .then(|| (&data.columns[column].cells[one as usize], &data.columns[column].cells[other as usize]))
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
