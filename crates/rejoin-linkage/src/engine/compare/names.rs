//! Names, in the Spanish and the English custom: several given names of which one may be left out or written as an
//! initial, two surnames of which one is dropped or both swapped, given name and surname in each other's column.

use super::{Comparator, Frequency, both};
use crate::columns::NONE;
use crate::engine::data::{Data, Kind};
use crate::kernel::Threshold;

/// Given names; columns: given names, then surnames if the spec has them.
pub(super) const GIVEN: Comparator = Comparator {
    kind: Kind::Given,
    levels: &[
        "not on both",
        "different",
        "similar",
        "another of the given names alike",
        "an initial that agrees",
        "a short or tender form",
        "alike",
        "in the surname's place",
        "first given name the same",
        "all the same",
    ],
    start: &[0.06, 0.03, 0.03, 0.02, 0.02, 0.11, 0.02, 0.16, 0.55],
    chance: &[0.953, 0.02, 0.006, 0.006, 0.002, 0.003, 0.0005, 0.004, 0.0055],
    exact: &[(8, Frequency::First), (9, Frequency::Value)],
    level: given,
};

/// Surnames; columns: one or two of surnames, then given names if the spec has them.
pub(super) const SURNAME: Comparator = Comparator {
    kind: Kind::Surname,
    levels: &[
        "not on both",
        "different",
        "similar",
        "one of two alike",
        "one alike, the other not written",
        "in the given name's place",
        "both alike, in the other order",
        "alike",
        "first the same, the other not written",
        "the same",
    ],
    start: &[0.05, 0.03, 0.03, 0.03, 0.01, 0.02, 0.13, 0.1, 0.6],
    chance: &[0.952, 0.02, 0.0185, 0.002, 0.0005, 0.0005, 0.0025, 0.002, 0.002],
    exact: &[(8, Frequency::First), (9, Frequency::Value)],
    level: surname,
};

fn initial(data: &Data, one: u32, other: u32) -> bool {
    let (one, other) = (&data.words[one as usize].packed, &data.words[other as usize].packed);
    (one.len() == 1 || other.len() == 1) && one.common_prefix(other) == 1
}

/// Whether the columns `here` and `there` of the two rows hold each other's words.
fn crossed(data: &Data, here: usize, there: usize, left: &[u32], right: &[u32]) -> bool {
    let first = |column: usize, row: &[u32]| -> Option<u32> {
        (row[column] != NONE).then(|| data.columns[column].words[row[column] as usize].first())
    };
    let meets = |one: Option<u32>, other: Option<u32>| {
        one.zip(other).is_some_and(|(one, other)| data.likeness(one, other) >= 3)
    };
    meets(first(here, left), first(there, right)) && meets(first(there, left), first(here, right))
}

fn given(data: &Data, columns: &[usize], left: &[u32], right: &[u32]) -> u8 {
    let Some((one, other)) = both(columns[0], left, right) else { return 0 };
    if one == other {
        return 9;
    }
    let words = &data.columns[columns[0]].words;
    let (names, second) = (&words[one as usize], &words[other as usize]);
    let first = data.likeness(names.first(), second.first());
    if first >= 3 {
        return if first == 4 { 8 } else { 6 };
    }
    if columns.len() > 1 && crossed(data, columns[0], columns[1], left, right) {
        return 7;
    }
    if first == 2 {
        return 5;
    }
    if initial(data, names.first(), second.first()) {
        return 4;
    }
    let more = names.count.max(second.count) > 1;
    if more
        && names.ids().iter().any(|word| second.ids().iter().any(|other| data.likeness(*word, *other) >= 3))
    {
        return 3;
    }
    1 + u8::from(first == 1 || written_apart(data, columns[0], one, other))
}

/// Likeness of two names that differ by more than their spaces.
static ALIKE: Threshold = Threshold::new(0.92);

/// The same letters with the spaces elsewhere, or nearly.
fn written_apart(data: &Data, column: usize, one: u32, other: u32) -> bool {
    let column = &data.columns[column];
    let (one, other) = (one as usize, other as usize);
    column.words[one].count != column.words[other].count
        && column.texts[one].jaro_winkler_at_least(&column.texts[other], &ALIKE)
}

/// Surnames of a row over its surname columns, at most four words.
fn surnames(data: &Data, columns: &[usize], row: &[u32]) -> ([u32; 4], usize) {
    let mut words = [NONE; 4];
    let mut count = 0;
    for column in columns.iter().filter(|column| data.columns[**column].kind == Kind::Surname) {
        if row[*column] != NONE {
            for word in data.columns[*column].words[row[*column] as usize].ids() {
                if count < words.len() {
                    words[count] = *word;
                    count += 1;
                }
            }
        }
    }
    (words, count)
}

fn surname(data: &Data, columns: &[usize], left: &[u32], right: &[u32]) -> u8 {
    // The same codes are the same words, which need not be looked at.
    let mut own = columns.iter().filter(|column| data.columns[**column].kind == Kind::Surname);
    if left[columns[0]] != NONE && own.all(|column| left[*column] == right[*column]) {
        return 9;
    }
    let ((one, ones), (other, others)) = (surnames(data, columns, left), surnames(data, columns, right));
    if ones == 0 || others == 0 {
        return 0;
    }
    if one == other {
        return 9;
    }
    let likeness = |a: usize, b: usize| data.likeness(one[a], other[b]);
    let first = likeness(0, 0);
    if ones == 1 && others == 1 {
        if first >= 3 {
            return 7;
        }
    } else if ones > 1 && others > 1 {
        let second = likeness(1, 1);
        if first >= 3 && second >= 3 {
            return 7;
        }
        let (over, back) = (likeness(0, 1), likeness(1, 0));
        if over >= 3 && back >= 3 {
            return 6;
        }
        if first.max(second).max(over).max(back) >= 3 {
            return 3;
        }
    } else {
        if first == 4 {
            return 8;
        }
        let across = if ones > 1 { likeness(1, 0) } else { likeness(0, 1) };
        if first >= 3 || across >= 3 {
            return 4;
        }
    }
    if let Some(given) = columns.iter().find(|column| data.columns[**column].kind == Kind::Given)
        && crossed(data, columns[0], *given, left, right)
    {
        return 5;
    }
    let apart =
        both(columns[0], left, right).is_some_and(|(one, other)| written_apart(data, columns[0], one, other));
    1 + u8::from(first == 1 || apart)
}
