//! How values are shown.

use crate::words::Lang;
use rejoin_model::{Bound, Field, Moment, Relation, Sex, Subject, Value};
use rejoin_normalize::{DateOrder, moment};
use rejoin_registry::PersonLine;

/// A moment of the ledger, to the minute, UTC.
pub fn at(micros: i64) -> String {
    let at = jiff::Timestamp::from_microsecond(micros).map(|at| at.to_string()).unwrap_or_default();
    at.replace('T', " ").chars().take(16).collect()
}

/// The day of a moment, UTC.
pub fn day(micros: i64) -> String {
    at(micros).chars().take(10).collect()
}

/// A date as people type it: a day, a month or a year.
pub fn date(said: &str) -> Option<Moment> {
    moment::read(said, DateOrder::YearMonthDay).value
}

/// The moment that a form's field says, as browsers write it (`2018-06-26T14:30`, or a day): microseconds, UTC.
pub fn typed_moment(said: &str) -> Option<i64> {
    let at = said.parse::<jiff::civil::DateTime>();
    let at = at.or_else(|_| said.parse::<jiff::civil::Date>().map(|day| day.at(0, 0, 0, 0))).ok()?;
    Some(format!("{at}Z").parse::<jiff::Timestamp>().ok()?.as_microsecond())
}

/// The same of now, for a field to begin with.
pub fn field_moment(micros: i64) -> String {
    at(micros).replace(' ', "T")
}

/// A value as understood.
pub fn value(value: &Value, lang: Lang) -> String {
    match value {
        Value::Name(name) => name.said.clone(),
        Value::Moment(moment) => moment.to_string(),
        Value::Sex(known) => sex(*known, lang),
        Value::Age(age) => age.to_string(),
        Value::Country(country) => country.to_string(),
        Value::Identifier(identifier) => identifier.0.clone(),
        Value::Phone(text) | Value::Place(text) | Value::Text(text) => text.clone(),
        Value::Code(code) => coded("code", code.word(), lang),
    }
}

/// A stable word in the reader's language: the catalogue's, or the word with its hyphens as blanks.
pub fn coded(family: &str, word: &str, lang: Lang) -> String {
    let key = format!("{family}-{word}");
    let said = lang.of(&key);
    if said == key { word.replace('-', " ") } else { said }
}

/// A sex.
pub fn sex(sex: Sex, lang: Lang) -> String {
    coded("sex", sex.letter(), lang)
}

/// What a column means.
pub fn field(field: Field, lang: Lang) -> String {
    coded("field", field.word(), lang)
}

/// What somebody is to a child.
pub fn relation(relation: Relation, lang: Lang) -> String {
    coded("relation", relation.word(), lang)
}

/// Child, adult, or not known.
pub fn subject(subject: Subject, lang: Lang) -> String {
    coded("subject", subject.word(), lang)
}

/// One end of a stay.
pub fn bound(bound: Bound, lang: Lang) -> String {
    match bound {
        Bound::At(moment) => moment.to_string(),
        Bound::Unknown => lang.of("bound-unknown"),
        Bound::Open => lang.of("bound-open"),
    }
}

/// An age in years, or a band of them.
fn years(age: &str, lang: Lang) -> String {
    match age.parse::<u32>() {
        Ok(age) => lang.with("age-years", "age", age),
        Err(_) => lang.with("age-years", "age", age),
    }
}

/// A person in one line of a list.
pub struct Line {
    /// The address of the page.
    pub href: String,
    /// The name, or a word for "not shown".
    pub name: String,
    /// Age, sex, country.
    pub about: String,
    /// Where, as far as shown.
    pub place: String,
    /// The number, or its end.
    pub number: String,
    /// Under five.
    pub tender: bool,
}

impl Line {
    /// Of what the desk gives.
    pub fn of(line: &PersonLine, lang: Lang) -> Self {
        let mut about: Vec<String> = Vec::new();
        about.extend(line.age.as_ref().map(|age| years(age, lang)));
        about.extend(line.sex.map(|known| sex(known, lang)));
        about.extend(line.country.map(|country| country.to_string()));
        let place = [line.custodian.map(|word| coded("custodian", word, lang)), line.place.clone()];
        Self {
            href: format!("/person/{}", line.person),
            name: line.name.clone().unwrap_or_else(|| lang.of("name-not-shown")),
            about: about.join(" · "),
            place: place.into_iter().flatten().collect::<Vec<_>>().join(" · "),
            number: line.number.clone().unwrap_or_default(),
            tender: line.tender == Some(true),
        }
    }
}

/// The pages of a list: this one, and where the ones before and after begin.
pub struct Pages {
    /// From which row, counted from 1.
    pub from: usize,
    /// To which.
    pub to: usize,
    /// Of how many.
    pub total: u64,
    /// The address of the page before.
    pub before: Option<String>,
    /// The address of the page after.
    pub after: Option<String>,
}

impl Pages {
    /// Of a list of which `shown` rows from `first` are shown; `address` ends where the number is to follow.
    pub fn new(first: usize, shown: usize, rows: usize, total: u64, address: &str) -> Self {
        let next = first + shown;
        Self {
            from: if shown == 0 { 0 } else { first + 1 },
            to: next,
            total,
            before: (first > 0).then(|| format!("{address}{}", first.saturating_sub(rows))),
            after: ((next as u64) < total && shown > 0).then(|| format!("{address}{next}")),
        }
    }
}
