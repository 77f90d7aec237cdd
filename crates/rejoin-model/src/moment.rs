//! Partial dates. An agency writes a minute, a day, a month, a year, or nothing; none of these may be rounded
//! into another without saying so, because a clock of 72 hours is decided by it.
//!
//! Moments are civil local times: agencies' lists carry no time zone, and none is invented.

use jiff::civil::{Date, DateTime};
use std::fmt;

/// How exactly a moment is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Precision {
    /// Only the year.
    Year,
    /// Year and month.
    Month,
    /// A calendar day.
    Day,
    /// A minute of a day.
    Minute,
}

/// A point in civil time known to a stated precision: the span from its first to its last possible minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    /// Minutes from 1970-01-01 00:00 to the first minute of the span.
    first: i32,
    precision: Precision,
}

/// Bounds of a duration between two moments, in minutes, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Elapsed {
    /// The shortest duration that the two moments allow.
    pub least: i64,
    /// The longest.
    pub most: i64,
}

const MINUTES_PER_DAY: i32 = 24 * 60;

fn epoch() -> Date {
    jiff::civil::date(1970, 1, 1)
}

fn day_number(date: Date) -> i32 {
    epoch().until(date).map(|span| span.get_days()).unwrap_or(0)
}

impl Moment {
    /// A calendar day. `None` when there is no such day, or the year is outside 1800..=2200.
    pub fn day(year: i16, month: i8, day: i8) -> Option<Self> {
        Self::of_date(Date::new(year, month, day).ok()?, Precision::Day)
    }

    /// A month.
    pub fn month(year: i16, month: i8) -> Option<Self> {
        Self::of_date(Date::new(year, month, 1).ok()?, Precision::Month)
    }

    /// A year.
    pub fn year(year: i16) -> Option<Self> {
        Self::of_date(Date::new(year, 1, 1).ok()?, Precision::Year)
    }

    /// A minute of a day.
    pub fn minute(year: i16, month: i8, day: i8, hour: i8, minute: i8) -> Option<Self> {
        Self::day(year, month, day)?.at(hour, minute)
    }

    /// The day that begins `number` days after 1970-01-01.
    pub fn of_day_number(number: i32) -> Option<Self> {
        let date = epoch().checked_add(jiff::Span::new().try_days(i64::from(number)).ok()?).ok()?;
        Self::of_date(date, Precision::Day)
    }

    fn of_date(date: Date, precision: Precision) -> Option<Self> {
        if !(1800..=2200).contains(&date.year()) {
            return None;
        }
        Some(Self { first: day_number(date) * MINUTES_PER_DAY, precision })
    }

    /// The same day at a time of day; `None` when there is no such time or the day is not known.
    pub fn at(self, hour: i8, minute: i8) -> Option<Self> {
        let known = self.precision >= Precision::Day;
        if !known || !(0..24).contains(&hour) || !(0..60).contains(&minute) {
            return None;
        }
        let midnight = self.first - self.first.rem_euclid(MINUTES_PER_DAY);
        Some(Self {
            first: midnight + i32::from(hour) * 60 + i32::from(minute),
            precision: Precision::Minute,
        })
    }

    /// How exactly it is known.
    pub fn precision(self) -> Precision {
        self.precision
    }

    /// Its first possible minute, counted from 1970-01-01 00:00.
    pub fn earliest(self) -> i64 {
        i64::from(self.first)
    }

    /// Its last possible minute.
    pub fn latest(self) -> i64 {
        let minutes = match self.precision {
            Precision::Minute => 1,
            Precision::Day => MINUTES_PER_DAY,
            Precision::Month => i32::from(self.date().days_in_month()) * MINUTES_PER_DAY,
            Precision::Year => i32::from(self.date().days_in_year()) * MINUTES_PER_DAY,
        };
        i64::from(self.first) + i64::from(minutes) - 1
    }

    /// The first day of its span.
    pub fn date(self) -> Date {
        let days = self.first.div_euclid(MINUTES_PER_DAY);
        epoch().checked_add(jiff::Span::new().days(days)).unwrap_or_else(|_| epoch())
    }

    /// Days from 1970-01-01 to the first day of its span.
    pub fn day_number(self) -> i32 {
        self.first.div_euclid(MINUTES_PER_DAY)
    }

    /// The day it fell on, whatever the time; months and years stay what they are.
    pub fn to_day(self) -> Self {
        match self.precision {
            Precision::Minute => {
                Self { first: self.first - self.first.rem_euclid(MINUTES_PER_DAY), precision: Precision::Day }
            }
            _ => self,
        }
    }

    /// Whether it was over before `other` began, whatever the missing precision hides.
    pub fn surely_before(self, other: Moment) -> bool {
        self.latest() < other.earliest()
    }

    /// Whether both could be the same minute.
    pub fn may_coincide(self, other: Moment) -> bool {
        self.earliest() <= other.latest() && other.earliest() <= self.latest()
    }

    /// The shortest and longest time from `self` to `later`. Negative when `later` came first.
    pub fn elapsed_until(self, later: Moment) -> Elapsed {
        Elapsed { least: later.earliest() - self.latest(), most: later.latest() - self.earliest() }
    }

    /// Whole calendar days from the day of `self` to the day of `later`; `None` unless both days are known.
    pub fn days_until(self, later: Moment) -> Option<i32> {
        (self.precision >= Precision::Day && later.precision >= Precision::Day)
            .then(|| later.day_number() - self.day_number())
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.date();
        let text = match self.precision {
            Precision::Year => format!("{:04}", date.year()),
            Precision::Month => format!("{:04}-{:02}", date.year(), date.month()),
            Precision::Day => date.to_string(),
            Precision::Minute => {
                let minute = self.first.rem_euclid(MINUTES_PER_DAY);
                let at: DateTime = date.at((minute / 60) as i8, (minute % 60) as i8, 0, 0);
                at.strftime("%Y-%m-%d %H:%M").to_string()
            }
        };
        f.pad(&text)
    }
}

impl Elapsed {
    /// `Some(true)` when the duration is at most `minutes` whatever the precision hides, `Some(false)` when it
    /// is certainly longer, `None` when the records cannot tell.
    pub fn within(self, minutes: i64) -> Option<bool> {
        match (self.most <= minutes, self.least > minutes) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_hold_what_precision_hides() {
        let day = Moment::day(2018, 6, 26).unwrap();
        let minute = day.at(13, 5).unwrap();
        assert_eq!(minute.to_string(), "2018-06-26 13:05");
        assert!(day.may_coincide(minute));
        assert!(!day.surely_before(minute));
        assert!(Moment::month(2018, 5).unwrap().surely_before(day));
        assert_eq!(Moment::month(2018, 2).unwrap().latest() + 1, Moment::day(2018, 3, 1).unwrap().earliest());
        assert_eq!(Moment::year(2020).unwrap().latest() + 1, Moment::day(2021, 1, 1).unwrap().earliest());
    }

    #[test]
    fn a_clock_of_72_hours_is_not_decided_by_rounding() {
        let from = Moment::day(2018, 6, 3).unwrap();
        let hours = |count: i64| count * 60;
        let within = |day| from.elapsed_until(Moment::day(2018, 6, day).unwrap()).within(hours(72));
        assert_eq!(within(5), Some(true));
        assert_eq!(within(6), None, "between 48 and 96 hours");
        assert_eq!(within(7), Some(false));
    }

    #[test]
    fn impossible_days_are_refused_and_days_count_from_the_epoch() {
        assert_eq!(Moment::day(2018, 2, 30), None);
        assert_eq!(Moment::day(9999, 2, 3), None);
        assert_eq!(Moment::day(2018, 1, 1).unwrap().at(24, 0), None);
        assert_eq!(Moment::day(1969, 12, 31).unwrap().day_number(), -1);
        assert_eq!(Moment::of_day_number(17_708), Moment::day(2018, 6, 26));
    }
}
