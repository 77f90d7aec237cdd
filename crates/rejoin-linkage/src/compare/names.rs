//! Names in the Spanish custom: two given names of which one may be left out, two surnames of which the second is
//! often dropped, sometimes swapped, and the first sometimes taken for a middle name by English forms.

use super::{Comparison, Prepared};
use crate::columns::NONE;

/// Given names.
pub(super) const GIVEN: Comparison = Comparison {
    name: "given names",
    levels: &[
        "not on both records",
        "different",
        "one of two given names alike",
        "first given name alike",
        "first given name the same",
        "all given names the same",
    ],
    start: &[0.04, 0.05, 0.16, 0.40, 0.35],
    chance: &[0.970, 0.015, 0.004, 0.0105, 0.0005],
    frequent: Some(4),
    level: given,
    frequency: |prepared, row| frequency(&prepared.given[0], &prepared.given_words, row),
};

fn frequency(codes: &[u32], words: &super::Dictionary, row: usize) -> f64 {
    if codes[row] == NONE { 1.0 } else { words.frequency(codes[row]) }
}

fn given(prepared: &Prepared, left: usize, right: usize) -> u8 {
    let (first, second) = (&prepared.given[0], &prepared.given[1]);
    let words = &prepared.given_words;
    let (a, b) = ((first[left], second[left]), (first[right], second[right]));
    if a.0 == NONE || b.0 == NONE {
        return 0;
    }
    if a.0 == b.0 {
        return if a.1 == b.1 && a.1 != NONE { 5 } else { 4 };
    }
    if words.alike(a.0, b.0) {
        return 3;
    }
    let alike = |one: u32, other: u32| one != NONE && other != NONE && words.alike(one, other);
    u8::from(alike(a.0, b.1) || alike(a.1, b.0) || alike(a.1, b.1)) + 1
}

/// Surnames.
pub(super) const SURNAMES: Comparison = Comparison {
    name: "surnames",
    levels: &[
        "not on both records",
        "different",
        "one of two surnames alike",
        "one surname alike, the other not written",
        "both alike, in the other order",
        "both alike",
        "first the same, the other not written",
        "both the same",
    ],
    start: &[0.02, 0.03, 0.08, 0.03, 0.14, 0.25, 0.45],
    chance: &[0.9540, 0.0370, 0.0040, 0.0005, 0.0005, 0.0035, 0.0005],
    frequent: Some(6),
    level: surnames,
    frequency: |prepared, row| frequency(&prepared.surname[0], &prepared.surname_words, row),
};

fn surnames(prepared: &Prepared, left: usize, right: usize) -> u8 {
    let (first, second) = (&prepared.surname[0], &prepared.surname[1]);
    let words = &prepared.surname_words;
    let (a, b) = ((first[left], second[left]), (first[right], second[right]));
    if a.0 == NONE || b.0 == NONE {
        return 0;
    }
    let alike = |one: u32, other: u32| one != NONE && other != NONE && words.alike(one, other);
    match (a.1 != NONE, b.1 != NONE) {
        (true, true) => {
            if a == b {
                7
            } else if alike(a.0, b.0) && alike(a.1, b.1) {
                5
            } else if alike(a.0, b.1) && alike(a.1, b.0) {
                4
            } else {
                1 + u8::from(alike(a.0, b.0) || alike(a.1, b.1) || alike(a.0, b.1) || alike(a.1, b.0))
            }
        }
        // The one that is written may be either of the other's two.
        _ if a.0 == b.0 => 6,
        _ => 1 + 2 * u8::from(alike(a.0, b.0) || alike(a.0, b.1) || alike(a.1, b.0)),
    }
}

#[cfg(test)]
mod tests {
    use crate::compare::tests::check;

    #[test]
    fn given_names() {
        check("given names", "juan carlos|", "juan carlos|", "all given names the same");
        check("given names", "juan carlos|", "juan|", "first given name the same");
        check("given names", "juan|", "jaun|", "first given name alike");
        check("given names", "juan carlos|", "carlos|", "one of two given names alike");
        check("given names", "juan|", "pedro|", "different");
        check("given names", "|", "pedro|", "not on both records");
    }

    #[test]
    fn surnames_dropped_swapped_and_respelled() {
        check("surnames", "|lopez garcia", "|lopez garcia", "both the same");
        check("surnames", "|lopez garcia", "|lopes garcia", "both alike");
        check("surnames", "|lopez garcia", "|garcia lopez", "both alike, in the other order");
        check("surnames", "|lopez garcia", "|lopez", "first the same, the other not written");
        check("surnames", "|lopez garcia", "|garcia", "one surname alike, the other not written");
        check("surnames", "|lopez garcia", "|lopez perez", "one of two surnames alike");
        check("surnames", "|lopez garcia", "|mejia perez", "different");
    }
}
