//! Telephone numbers: the same line, the same line with or without its prefixes, a slip.

use super::{Comparator, Frequency, both};
use crate::engine::data::{Data, Kind};

/// A telephone number.
pub(super) const PHONE: Comparator = Comparator {
    kind: Kind::Phone,
    levels: &["not on both", "different", "one slip apart", "the same last seven digits", "the same"],
    start: &[0.25, 0.05, 0.05, 0.65],
    chance: &[0.9979, 0.001, 0.0006, 0.0005],
    exact: &[(4, Frequency::Value)],
    level,
};

fn level(data: &Data, columns: &[usize], left: &[u32], right: &[u32]) -> u8 {
    let Some((one, other)) = both(columns[0], left, right) else { return 0 };
    if one == other {
        return 4;
    }
    let texts = &data.columns[columns[0]].texts;
    let (one, other) = (&texts[one as usize], &texts[other as usize]);
    // Country and trunk prefixes are written or not; the last seven digits are the subscriber's in every plan concerned.
    let last = |number: &crate::kernel::Packed| {
        (number.len() >= 7)
            .then(|| (number.len() - 7..number.len()).map(|at| number.byte(at)).collect::<Vec<u8>>())
    };
    if last(one).is_some_and(|digits| Some(digits) == last(other)) {
        return 3;
    }
    1 + u8::from(one.one_slip(other))
}
