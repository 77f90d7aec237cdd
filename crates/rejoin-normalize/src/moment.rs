//! Dates as people and machines write them.

use crate::Reading;
use crate::text::{collapse, fold};
use rejoin_model::{FindingCode, Moment, Precision};

/// How `5/6/2018` is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DateOrder {
    /// Month first, as agencies of the United States write.
    #[default]
    MonthDayYear,
    /// Day first, as Latin America writes.
    DayMonthYear,
    /// Year first.
    YearMonthDay,
}

impl DateOrder {
    /// The order of the word used in mappings.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "mdy" => Some(Self::MonthDayYear),
            "dmy" => Some(Self::DayMonthYear),
            "ymd" => Some(Self::YearMonthDay),
            _ => None,
        }
    }
}

const MONTHS: [(&str, &str); 12] = [
    ("jan", "ene"),
    ("feb", "feb"),
    ("mar", "mar"),
    ("apr", "abr"),
    ("may", "may"),
    ("jun", "jun"),
    ("jul", "jul"),
    ("aug", "ago"),
    ("sep", "sep"),
    ("oct", "oct"),
    ("nov", "nov"),
    ("dec", "dic"),
];

fn month_named(word: &str) -> Option<i64> {
    let start = word.get(..3)?;
    if !word.bytes().all(|byte| byte.is_ascii_lowercase()) || word.len() > 10 {
        return None;
    }
    let start = if word.starts_with("set") { "sep" } else { start };
    MONTHS
        .iter()
        .position(|(english, spanish)| start == *english || start == *spanish)
        .map(|at| at as i64 + 1)
}

/// Years of two digits: 0–49 are this century, as far as people in these lists live.
fn full_year(year: i64, digits: usize) -> i64 {
    match digits {
        1 | 2 if year < 50 => year + 2000,
        1 | 2 => year + 1900,
        _ => year,
    }
}

fn build(year: i64, month: Option<i64>, day: Option<i64>) -> Option<Moment> {
    let year = i16::try_from(year).ok()?;
    match (month, day) {
        (None, _) => Moment::year(year),
        (Some(month), None) => Moment::month(year, i8::try_from(month).ok()?),
        (Some(month), Some(day)) => Moment::day(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?),
    }
}

/// `13:05`, `1:05 PM`, `1305h`; hours and minutes.
pub fn time_of_day(said: &str) -> Option<(i8, i8)> {
    let lower = said.trim().to_ascii_lowercase();
    let digits_end =
        lower.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.')).unwrap_or(lower.len());
    let (clock, suffix) = lower.split_at(digits_end);
    let mut parts = clock.split([':', '.']);
    let first = parts.next()?;
    let (hour, minute) = match parts.next() {
        Some(minute) => (first.parse::<i8>().ok()?, minute.parse::<i8>().ok()?),
        None if first.len() == 4 => (first[..2].parse().ok()?, first[2..].parse().ok()?),
        None => return None,
    };
    let hour = match suffix.trim().replace(['.', ' '], "").as_str() {
        "" | "h" | "hrs" | "z" => hour,
        "am" if hour == 12 => 0,
        "am" => hour,
        "pm" if hour == 12 => 12,
        "pm" => hour.checked_add(12)?,
        _ => return None,
    };
    ((0..24).contains(&hour) && (0..60).contains(&minute)).then_some((hour, minute))
}

/// Reads a date, perhaps partial, perhaps with a time of day.
///
/// Doubts: [`FindingCode::DateNotUnderstood`], [`FindingCode::DateOrderContradicted`] (only the other order of day
/// and month gives a date), [`FindingCode::DatePartial`], [`FindingCode::DateImplausible`] (outside 1900–2100).
pub fn read(said: &str, order: DateOrder) -> Reading<Moment> {
    let said = collapse(said);
    let (moment, contradicted) = match parse(&said, order) {
        Some(found) => found,
        None => return Reading::not_understood(FindingCode::DateNotUnderstood),
    };
    let year = moment.date().year();
    if !(1900..=2100).contains(&year) {
        return Reading::doubted(moment, FindingCode::DateImplausible, moment.to_string());
    }
    if contradicted {
        return Reading::doubted(moment, FindingCode::DateOrderContradicted, moment.to_string());
    }
    if moment.precision() < Precision::Day {
        return Reading::doubted(moment, FindingCode::DatePartial, moment.to_string());
    }
    Reading::of(moment)
}

/// The moment, and whether the stated order of day and month had to be given up.
fn parse(said: &str, order: DateOrder) -> Option<(Moment, bool)> {
    if said.len() > 64 || !said.is_ascii() && fold(said).is_empty() {
        return None;
    }
    // A time of day stands last, after white space or a T.
    let (date, time) = split_time(said);
    let (moment, contradicted) = parse_date(date, order)?;
    match time {
        Some((hour, minute)) => Some((moment.at(hour, minute).unwrap_or(moment), contradicted)),
        None => Some((moment, contradicted)),
    }
}

fn split_time(said: &str) -> (&str, Option<(i8, i8)>) {
    let Some(colon) = said.find(':') else { return (said, None) };
    let start = said[..colon].rfind([' ', 'T', 't']);
    match start {
        Some(at) => {
            // Seconds, fractions and offsets carry nothing we keep: cut after the minutes unless am/pm follows.
            let tail = &said[at + 1..];
            let clock_end = tail.find(|c: char| !(c.is_ascii_digit() || c == ':')).unwrap_or(tail.len());
            let suffix =
                tail[clock_end..].trim_start_matches(|c: char| c == '.' || c.is_ascii_digit()).trim();
            let mut clock: String = tail[..clock_end].split(':').take(2).collect::<Vec<_>>().join(":");
            let suffix = suffix.to_ascii_lowercase().replace('.', "");
            if suffix.starts_with("am") || suffix.starts_with("pm") {
                clock.push_str(&suffix[..2]);
            }
            (said[..at].trim_end_matches([',', ' ']), time_of_day(&clock))
        }
        None => (said, None),
    }
}

fn parse_date(date: &str, order: DateOrder) -> Option<(Moment, bool)> {
    let folded = fold(date);
    let words: Vec<&str> =
        folded.split(' ').filter(|word| !matches!(*word, "de" | "del" | "of" | "the")).collect();
    let number = |word: &str| -> Option<(i64, usize)> {
        let digits = word.trim_end_matches(|c: char| c.is_ascii_lowercase());
        let ordinal = &word[digits.len()..];
        if digits.is_empty() || digits.len() > 9 || !matches!(ordinal, "" | "st" | "nd" | "rd" | "th" | "o") {
            return None;
        }
        digits.parse().ok().map(|value| (value, digits.len()))
    };
    if let Some(at) = words.iter().position(|word| month_named(word).is_some()) {
        let month = month_named(words[at]);
        let mut rest = Vec::new();
        for (index, word) in words.iter().enumerate() {
            if index != at {
                rest.push(number(word)?);
            }
        }
        return match rest.as_slice() {
            [(year, digits)] if *digits == 4 => Some((build(*year, month, None)?, false)),
            [(year, 4), (day, _)] => Some((build(*year, month, Some(*day))?, false)),
            [(day, _), (year, digits)] => Some((build(full_year(*year, *digits), month, Some(*day))?, false)),
            _ => None,
        };
    }
    let numbers: Option<Vec<(i64, usize)>> = words.iter().map(|word| number(word)).collect();
    match numbers?.as_slice() {
        [(value, 8)] => {
            let plain = build(value / 10_000, Some(value / 100 % 100), Some(value % 100));
            plain.map(|moment| (moment, false))
        }
        [(value, 4)] => Some((build(*value, None, None)?, false)),
        // A spreadsheet's day number (1900 system), when a date column was saved without its format.
        [(value, 5)] if (10_000..80_000).contains(value) => {
            Moment::of_day_number(i32::try_from(*value).ok()? - 25_569).map(|moment| (moment, false))
        }
        [(month, 1 | 2), (year, 4)] | [(year, 4), (month, 1 | 2)] => {
            Some((build(*year, Some(*month), None)?, false))
        }
        [(year, 4), (month, _), (day, _)] => match build(*year, Some(*month), Some(*day)) {
            Some(moment) => Some((moment, false)),
            None => Some((build(*year, Some(*day), Some(*month))?, true)),
        },
        [(first, one), (second, _), (third, three)] => {
            if order == DateOrder::YearMonthDay && *one <= 2 && *three <= 2 {
                return Some((build(full_year(*first, *one), Some(*second), Some(*third))?, false));
            }
            let year = full_year(*third, *three);
            let month_first = build(year, Some(*first), Some(*second));
            let day_first = build(year, Some(*second), Some(*first));
            let (stated, other) = match order {
                DateOrder::DayMonthYear => (day_first, month_first),
                _ => (month_first, day_first),
            };
            match stated {
                Some(moment) => Some((moment, false)),
                None => Some((other?, true)),
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(said: &str, expect: &str) {
        let reading = read(said, DateOrder::MonthDayYear);
        let mut got = reading.value.map(|moment| moment.to_string()).unwrap_or_default();
        for (code, _) in reading.doubts {
            got.push_str(&format!(" {}", code.word()));
        }
        assert_eq!(got, expect, "{said:?}");
    }

    #[test]
    fn dates_in_the_forms_that_lists_use() {
        check("2/15/2018", "2018-02-15");
        check("02-15-18", "2018-02-15");
        check("2018-06-26", "2018-06-26");
        check("2018-06-26T13:05:59.123Z", "2018-06-26 13:05");
        check("6/26/2018 1:05 PM", "2018-06-26 13:05");
        check("6/26/2018 12:05:00 a.m.", "2018-06-26 00:05");
        check("20180626", "2018-06-26");
        check("43277", "2018-06-26");
        check("June 26, 2018", "2018-06-26");
        check("26 de junio de 2018", "2018-06-26");
        check("26-JUN-18", "2018-06-26");
        check("1st May 2018", "2018-05-01");
        check("setiembre 2018", "2018-09 date-partial");
        check("06/2018", "2018-06 date-partial");
        check("2018", "2018 date-partial");
    }

    #[test]
    fn what_is_odd_is_said() {
        check("26/6/2018", "2018-06-26 date-order-contradicted");
        check("31/31/2018", " date-not-understood");
        check("2/30/2018", " date-not-understood");
        check("soon", " date-not-understood");
        check("6/26/1818", "1818-06-26 date-implausible");
        check("6/26/2018 29:99", "2018-06-26");
        assert_eq!(read("5/6/2018", DateOrder::DayMonthYear).value, Moment::day(2018, 6, 5));
    }

    #[test]
    fn times_of_day() {
        assert_eq!(time_of_day("1:05 PM"), Some((13, 5)));
        assert_eq!(time_of_day("0730"), Some((7, 30)));
        assert_eq!(time_of_day("25:00"), None);
        assert_eq!(time_of_day("é"), None);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_panic(said in "\\PC{0,40}") {
            for order in [DateOrder::MonthDayYear, DateOrder::DayMonthYear, DateOrder::YearMonthDay] {
                let _ = read(&said, order);
            }
            let _ = time_of_day(&said);
        }

        #[test]
        fn a_written_day_is_read_back(number in -20_000i32..40_000) {
            let moment = Moment::of_day_number(number).unwrap();
            proptest::prop_assert_eq!(read(&moment.to_string(), DateOrder::MonthDayYear).value, Some(moment));
        }
    }
}
