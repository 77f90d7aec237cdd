//! Numbers and codes: the alien number, the telephone, the sex.

use super::{Comparison, Prepared, never};
use crate::columns::NONE;

/// The alien number. People apprehended together have neighbouring numbers, so a number that differs by little in
/// value speaks for a companion, while one that differs by a slip of the pen elsewhere may be the same.
pub(super) const NUMBER: Comparison = Comparison {
    name: "alien number",
    levels: &[
        "not on both records",
        "different",
        "a neighbouring number",
        "one slip apart",
        "the same number",
    ],
    start: &[0.02, 0.01, 0.03, 0.94],
    chance: &[0.9940, 0.0040, 0.0015, 0.0005],
    frequent: None,
    level: number,
    frequency: never,
};

/// How near in value two numbers may be given to people of one group.
const NEIGHBOURS: i64 = 60;

fn number(prepared: &Prepared, left: usize, right: usize) -> u8 {
    let (one, other) = (prepared.number.codes[left], prepared.number.codes[right]);
    if one == NONE || other == NONE {
        return 0;
    }
    if one == other {
        return 4;
    }
    if let (Some(a), Some(b)) = (prepared.numeric[one as usize], prepared.numeric[other as usize])
        && (a - b).abs() <= NEIGHBOURS
    {
        return 2;
    }
    let (a, b) = (&prepared.number.values[one as usize], &prepared.number.values[other as usize]);
    1 + 2 * u8::from(one_slip(a.as_bytes(), b.as_bytes()))
}

/// One character changed, or two neighbours swapped.
fn one_slip(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut wrong = (0..a.len()).filter(|at| a[*at] != b[*at]);
    match (wrong.next(), wrong.next(), wrong.next()) {
        (Some(_), None, _) => true,
        (Some(first), Some(second), None) => {
            second == first + 1 && a[first] == b[second] && a[second] == b[first]
        }
        _ => false,
    }
}

/// The telephone number.
pub(super) const PHONE: Comparison = Comparison {
    name: "telephone",
    levels: &["not on both records", "different", "the same number"],
    start: &[0.5, 0.5],
    chance: &[0.9995, 0.0005],
    frequent: None,
    level: |prepared, left, right| same(prepared.phone.codes[left], prepared.phone.codes[right]),
    frequency: never,
};

/// Sex.
pub(super) const SEX: Comparison = Comparison {
    name: "sex",
    levels: &["not on both records", "different", "the same"],
    start: &[0.02, 0.98],
    chance: &[0.45, 0.55],
    frequent: None,
    level: |prepared, left, right| same(prepared.sex[left], prepared.sex[right]),
    frequency: never,
};

/// 0 missing, 1 different, 2 the same.
pub(crate) fn same(one: u32, other: u32) -> u8 {
    if one == NONE || other == NONE { 0 } else { 1 + u8::from(one == other) }
}

#[cfg(test)]
mod tests {
    use crate::compare::tests::check;

    #[test]
    fn alien_numbers() {
        check("alien number", "||||201234567", "||||201234567", "the same number");
        check("alien number", "||||201234567", "||||201234568", "a neighbouring number");
        check("alien number", "||||201234567", "||||207234567", "one slip apart");
        check("alien number", "||||201234567", "||||210234567", "one slip apart");
        check("alien number", "||||201234567", "||||219999999", "different");
        check("sex", "|||F|", "|||M|", "different");
        check("sex", "|||F|", "||||", "not on both records");
    }
}
