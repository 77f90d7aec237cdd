//! Dates: the day, a slip in writing it, nearness, and partial dates that agree or do not.

use super::{Comparator, Frequency, both};
use crate::engine::data::{Data, Kind};

/// A date.
pub(super) const DATE: Comparator = Comparator {
    kind: Kind::Date,
    levels: &[
        "not on both",
        "different",
        "within ten years",
        "within a year",
        "the same year",
        "a partial date that agrees",
        "two of day, month and year the same",
        "a slip: one digit, or day and month swapped",
        "the same day",
    ],
    start: &[0.04, 0.03, 0.02, 0.02, 0.04, 0.03, 0.12, 0.7],
    chance: &[0.72, 0.24, 0.02, 0.012, 0.004, 0.003, 0.0006, 0.0004],
    exact: &[(8, Frequency::Value)],
    level,
};

fn level(data: &Data, columns: &[usize], left: &[u32], right: &[u32]) -> u8 {
    let Some((one, other)) = both(columns[0], left, right) else { return 0 };
    let days = &data.columns[columns[0]].days;
    let (one, other) = (&days[one as usize], &days[other as usize]);
    if one.span > 1 || other.span > 1 {
        let agrees = one.first < other.first.saturating_add(other.span)
            && other.first < one.first.saturating_add(one.span);
        if agrees {
            return if one.span == other.span && one.first == other.first && one.span <= 31 { 8 } else { 5 };
        }
        let apart = (one.first - other.first).abs() - one.span.max(other.span);
        return if apart <= 366 { 3 } else { 1 + u8::from(apart <= 3_653) };
    }
    if one.first == other.first {
        return 8;
    }
    let (a, b) = (one.civil, other.civil);
    if a.0 == b.0 && a.1 == b.2 && a.2 == b.1 {
        return 7;
    }
    let parts = [a.0 == b.0, a.1 == b.1, a.2 == b.2].iter().filter(|same| **same).count();
    if parts == 2 {
        let (x, y) = if a.0 != b.0 {
            (a.0, b.0)
        } else if a.1 != b.1 {
            (a.1, b.1)
        } else {
            (a.2, b.2)
        };
        return 6 + u8::from(one_digit(x, y));
    }
    if a.0 == b.0 {
        return 4;
    }
    let apart = (one.first - other.first).abs();
    if apart <= 366 { 3 } else { 1 + u8::from(apart <= 3_653) }
}

/// One decimal digit differs, or two neighbours are swapped.
fn one_digit(x: i32, y: i32) -> bool {
    let (mut a, mut b, mut wrong, mut sum) = (x, y, 0, 0);
    let mut last = 0;
    let mut neighbours = true;
    let mut at = 0;
    while a > 0 || b > 0 {
        if a % 10 != b % 10 {
            neighbours &= wrong == 0 || at - last == 1;
            wrong += 1;
            last = at;
            sum += a % 10 - b % 10;
        }
        (a, b, at) = (a / 10, b / 10, at + 1);
    }
    wrong == 1 || (wrong == 2 && neighbours && sum == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits() {
        assert!(one_digit(1971, 1977) && one_digit(12, 21) && one_digit(3, 13));
        assert!(!one_digit(1971, 1986) && !one_digit(12, 23));
    }
}
