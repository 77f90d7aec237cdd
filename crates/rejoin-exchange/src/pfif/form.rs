//! The forms of fields: what the specification allows, and what is understood beyond it.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

fn micros(moment: DateTime) -> Option<i64> {
    Some(TimeZone::UTC.to_timestamp(moment).ok()?.as_microsecond())
}

fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Digits and signs: `pattern` has `0` for any digit.
fn shaped(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            other => byte == other,
        })
}

const MOMENT: &str = "0000-00-00T00:00:00";

/// The parts of a date in the format's form, whether or not there is such a day.
pub(crate) fn date(text: &str) -> bool {
    let Some(body) = text.strip_suffix('Z') else { return false };
    let (moment, fraction) = body.split_once('.').map_or((body, None), |(moment, rest)| (moment, Some(rest)));
    shaped(moment, MOMENT) && fraction.is_none_or(|rest| number::<u128>(rest).is_some() || all_digits(rest))
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A date in the format's form (`2000-01-16T02:07:57Z`, also with a fraction) in microseconds since 1970, if there
/// is such a moment.
pub fn instant(text: &str) -> Option<i64> {
    if !date(text) {
        return None;
    }
    parts(text.strip_suffix('Z')?)
}

fn parts(text: &str) -> Option<i64> {
    let day =
        Date::new(number(text.get(0..4)?)?, number(text.get(5..7)?)?, number(text.get(8..10)?)?).ok()?;
    let time = jiff::civil::Time::new(
        number(text.get(11..13)?)?,
        number(text.get(14..16)?)?,
        number(text.get(17..19)?)?,
        0,
    )
    .ok()?;
    let whole = micros(day.to_datetime(time))?;
    let fraction = text.get(20..).unwrap_or_default();
    let six: String = fraction.chars().chain(std::iter::repeat('0')).take(6).collect();
    Some(whole + number::<i64>(&six)?)
}

/// A date as people write it: also an offset, a blank for the `T`, a day without an hour. A moment without a zone is
/// taken for UTC.
pub(crate) fn understood(text: &str) -> Option<i64> {
    if let Some(moment) = instant(text) {
        return Some(moment);
    }
    if !text.is_ascii() {
        return None;
    }
    if shaped(text, "0000-00-00") {
        return parts(&format!("{text}T00:00:00"));
    }
    if text.len() < MOMENT.len() {
        return None;
    }
    let (moment, zone) = text.split_at(MOMENT.len());
    let moment = moment.replace([' ', 't'], "T");
    if !shaped(&moment, MOMENT) {
        return None;
    }
    let zone = match zone.strip_prefix('.') {
        Some(rest) => rest.trim_start_matches(|digit: char| digit.is_ascii_digit()),
        None => zone,
    };
    let offset = match zone.trim() {
        "" | "Z" | "z" | "UTC" => 0,
        zone if shaped(&zone[1..], "00:00") || shaped(&zone[1..], "0000") => {
            let minutes = number::<i64>(&zone[1..3])? * 60 + number::<i64>(&zone[zone.len() - 2..])?;
            match zone.as_bytes()[0] {
                b'+' => minutes,
                b'-' => -minutes,
                _ => return None,
            }
        }
        _ => return None,
    };
    Some(parts(&moment)? - offset * 60_000_000)
}

/// A moment in the format's form, to the second. Moments outside the years 1 to 9999 are written as the nearest
/// inside.
pub fn written(micros: i64) -> String {
    let bounds = (-62_135_596_800_000_000, 253_402_207_200_000_000);
    let micros = micros.clamp(bounds.0, bounds.1);
    let moment = jiff::Timestamp::from_second(micros.div_euclid(1_000_000)).unwrap_or_default();
    let moment = TimeZone::UTC.to_datetime(moment);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        moment.year(),
        moment.month(),
        moment.day(),
        moment.hour(),
        moment.minute(),
        moment.second()
    )
}

/// A domain, a slash, and something.
pub(crate) fn record_id(text: &str) -> bool {
    let Some((domain, local)) = text.split_once('/') else { return false };
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    let label = |label: &str| {
        let bytes = label.as_bytes();
        (1..=63).contains(&bytes.len())
            && bytes[0].is_ascii_alphabetic()
            && bytes[bytes.len() - 1].is_ascii_alphanumeric()
            && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
    };
    domain.len() <= 255 && domain.split('.').all(label) && !local.is_empty() && !local.starts_with('\n')
}

/// Something on both sides of an `@`.
pub(crate) fn email(text: &str) -> bool {
    text.char_indices().any(|(at, sign)| sign == '@' && at > 0 && at + 1 < text.len())
}

/// Digits and what stands between them, perhaps an extension.
pub(crate) fn phone(text: &str) -> bool {
    let (body, extension) =
        text.split_once(['#', 'x']).map_or((text, None), |(body, rest)| (body, Some(rest)));
    body.bytes().any(|byte| byte.is_ascii_digit())
        && body.bytes().all(|byte| byte.is_ascii_digit() || b"-.+() ".contains(&byte))
        && extension.is_none_or(all_digits)
}

/// HTTP or HTTPS, and a host.
pub(crate) fn url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")) && !host.is_empty()
}

/// One URL a line.
pub(crate) fn urls(text: &str) -> bool {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).all(url)
}

/// Capitals without accents, and blanks.
pub(crate) fn capitals(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b' ')
}

/// Two capitals.
pub(crate) fn two_capitals(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// ISO 3166-2, with or without the country.
pub(crate) fn state(text: &str) -> bool {
    let local = match text.split_once('-') {
        Some((country, local)) if two_capitals(country) => local,
        Some(_) => return false,
        None => text,
    };
    (1..=3).contains(&local.len())
        && local.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Digits only.
pub(crate) fn integer(text: &str) -> bool {
    all_digits(text)
}

/// `true` or `false`.
pub(crate) fn boolean(text: &str) -> bool {
    matches!(text, "true" | "false")
}

/// A year, a year and a month, a day.
pub(crate) fn birth(text: &str) -> bool {
    ["0000", "0000-00", "0000-00-00"].iter().any(|shape| shaped(text, shape))
}

/// The last day on which somebody so dated can have been born.
pub(crate) fn latest_birth(text: &str) -> Option<Date> {
    if !birth(text) {
        return None;
    }
    let year = number(text.get(0..4)?)?;
    let month = text.get(5..7).map_or(Some(12), number)?;
    let first = Date::new(year, month, 1).ok()?;
    match text.get(8..10) {
        Some(day) => Date::new(year, month, number(day)?).ok(),
        None => Some(first.last_of_month()),
    }
}

/// Whole years from a birth to a moment.
pub(crate) fn years(born: Date, now: i64) -> u32 {
    let now = jiff::Timestamp::from_microsecond(now).unwrap_or_default();
    let today = TimeZone::UTC.to_datetime(now).date();
    let before = (today.month(), today.day()) < (born.month(), born.day());
    let years = i32::from(today.year()) - i32::from(born.year()) - i32::from(before);
    u32::try_from(years).unwrap_or(0)
}

/// An age or a range of ages, the lower first whichever way they were written.
pub(crate) fn age(text: &str) -> Option<(u32, u32)> {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    let (low, high) = (number::<u32>(low)?, number::<u32>(high)?);
    Some((low.min(high), low.max(high)))
}

/// What looks like a tag of HTML.
pub(crate) fn markup(text: &str) -> bool {
    text.match_indices('<').any(|(at, _)| {
        let rest = text[at + 1..].trim_start_matches('/');
        rest.starts_with(|first: char| first.is_ascii_alphabetic() || first == '!') && rest.contains('>')
    })
}
