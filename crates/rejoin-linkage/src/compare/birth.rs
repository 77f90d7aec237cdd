//! Dates of birth: the day, the day with its month swapped or one digit wrong, and partial dates and ages that agree
//! or do not.

use super::{Comparison, Prepared, never};

/// Date of birth.
pub(super) const BIRTH: Comparison = Comparison {
    name: "birth",
    levels: &[
        "not on both records",
        "different",
        "within a year",
        "an age or partial date that agrees",
        "a slip of day, month or year",
        "the same day",
    ],
    start: &[0.03, 0.03, 0.07, 0.07, 0.80],
    chance: &[0.9500, 0.0400, 0.0045, 0.0050, 0.0005],
    frequent: None,
    level,
    frequency: never,
};

fn level(prepared: &Prepared, left: usize, right: usize) -> u8 {
    let (Some((one, one_span)), Some((other, other_span))) = (prepared.birth[left], prepared.birth[right])
    else {
        return 0;
    };
    if one_span > 1 || other_span > 1 {
        let agrees = one < other.saturating_add(other_span) && other < one.saturating_add(one_span);
        return if agrees { 3 } else { 1 + u8::from((one - other).abs() <= 366 + one_span.max(other_span)) };
    }
    if one == other {
        return 5;
    }
    let (a, b) = (civil(one), civil(other));
    let same = [a.0 == b.0, a.1 == b.1, a.2 == b.2].into_iter().filter(|same| *same).count();
    let swapped = a.0 == b.0 && a.1 == b.2 && a.2 == b.1;
    if swapped || same == 2 {
        return 4;
    }
    1 + u8::from((one - other).abs() <= 366)
}

/// Year, month and day of a day number, by Howard Hinnant's `civil_from_days`.
fn civil(day: i32) -> (i32, i32, i32) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day_of_month = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i32::from(month <= 2), month, day_of_month)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::tests::check;

    #[test]
    fn days_slips_and_years() {
        // 2010-03-04, 2010-04-03, 2010-03-05, 2010-09-20, 1999-01-01.
        check("birth", "||14672", "||14672", "the same day");
        check("birth", "||14672", "||14702", "a slip of day, month or year");
        check("birth", "||14672", "||14673", "a slip of day, month or year");
        check("birth", "||14672", "||14872", "within a year");
        check("birth", "||14672", "||10592", "different");
        check("birth", "||", "||10592", "not on both records");
        assert_eq!(civil(14_672), (2010, 3, 4));
        assert_eq!(civil(-1), (1969, 12, 31));
    }
}
