//! Spec and files to the engine's columns: each distinct value is normalised once, equal results share a code.

use crate::{Error, Input, spec};
use arrow_array::builder::StringBuilder;
use arrow_array::{Int32Array, StringArray, UInt32Array};
use arrow_buffer::ScalarBuffer;
use hashbrown::{DefaultHashBuilder, HashTable};
use rayon::prelude::*;
use rejoin_ingest::columns::{NONE, Texts};
use rejoin_linkage::engine::block::{self, Atom, Take};
use rejoin_linkage::engine::data::{Data, Reading};
use rejoin_linkage::engine::{Column, Comparison, Kind, Spec};
use rejoin_normalize::moment::{self, DateOrder};
use rejoin_normalize::text::{fold, is_missing};
use rejoin_normalize::{name, nickname, phone, phonetic};
use std::borrow::Cow;
use std::hash::BuildHasher;

/// The engine's kind of a column of the spec.
pub fn kind(name: &str) -> Option<Kind> {
    match name {
        "full-name-given" => Some(Kind::Given),
        "full-name-surname" => Some(Kind::Surname),
        "age" => Some(Kind::Date),
        name => Kind::ALL.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind),
    }
}

/// One value understood.
#[derive(Default, PartialEq, Eq, Hash, Clone)]
struct Understood<'a> {
    /// Borrowed: the value as it was written.
    words: Cow<'a, str>,
    day: Option<(i32, i32)>,
}

/// How the values of one column in one file are read.
struct How<'a> {
    kind: &'a str,
    month_first: bool,
    as_of: Option<i32>,
}

const PARTICLES: &[&str] = &[
    "de", "del", "la", "las", "los", "da", "das", "dos", "di", "van", "von", "der", "den", "of", "the", "y",
];

/// Days before and after an age's birthdays that are allowed for: whoever estimates an age is not exact.
const AGE_SLACK: i32 = 183;

fn understand<'a>(how: &How<'_>, said: &'a str) -> Understood<'a> {
    if is_missing(said) {
        return Understood::default();
    }
    let words = match how.kind {
        "date" => return Understood { words: Cow::default(), day: date(said, how.month_first) },
        "age" => {
            let age = said.trim().parse::<f64>().ok().filter(|age| (0.0..130.0).contains(age));
            // Without its day an age is compared with ages only, so the origin does not matter.
            let today = how.as_of.unwrap_or(0);
            let day = age.map(|age| {
                let latest = today - (age * 365.25) as i32 + AGE_SLACK;
                (latest - 365 - 2 * AGE_SLACK, 366 + 2 * AGE_SLACK)
            });
            return Understood { words: Cow::default(), day };
        }
        "given" => folded(said),
        "surname" => {
            let folded = folded(said);
            let particle = |word: &str| PARTICLES.contains(&word);
            if !folded.contains(' ') || folded.split(' ').all(particle) || !folded.split(' ').any(particle) {
                folded
            } else {
                let kept: Vec<&str> = folded.split(' ').filter(|word| !particle(word)).collect();
                Cow::Owned(kept.join(" "))
            }
        }
        "full-name-given" => {
            Cow::Owned(name::full(said).map(|name| name.given.join(" ")).unwrap_or_default())
        }
        "full-name-surname" => {
            Cow::Owned(name::full(said).map(|name| name.surnames.join(" ")).unwrap_or_default())
        }
        "phone" => {
            let digits = phone::digits(said);
            // Country and trunk prefixes are written or not; the last nine digits tell subscribers apart.
            Cow::Owned(digits[digits.len().saturating_sub(9)..].to_owned())
        }
        "code" => match folded(said) {
            folded if folded.contains(' ') => Cow::Owned(folded.replace(' ', "")),
            folded => folded,
        },
        "email" => Cow::Owned(match said.to_ascii_lowercase().split_once('@') {
            Some((user, host)) => format!("{} {}", fold(user).replace(' ', ""), fold(host).replace(' ', "")),
            None => fold(said),
        }),
        // A word a unit: towns of several words stay together.
        "place" => {
            let units: Vec<String> =
                said.split([',', ';', '/']).map(place).filter(|unit| !unit.is_empty()).collect();
            Cow::Owned(units.join(" "))
        }
        _ => folded(said),
    };
    Understood { words, day: None }
}

/// [`fold`], without a copy of what is folded already.
fn folded(said: &str) -> Cow<'_, str> {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let mut gap = true;
    let plain = said.bytes().all(|byte| {
        let before = std::mem::replace(&mut gap, byte == b' ');
        letter(byte) || (gap && !before)
    });
    if plain && !gap { Cow::Borrowed(said) } else { Cow::Owned(fold(said)) }
}

/// A unit of a place as one word: what is often left out or shortened does not count.
fn place(unit: &str) -> String {
    const LEFT_OUT: &[&str] = &[
        "de",
        "del",
        "la",
        "las",
        "los",
        "el",
        "the",
        "of",
        "city",
        "ciudad",
        "municipio",
        "departamento",
        "depto",
        "dept",
        "department",
        "province",
        "provincia",
        "county",
        "state",
        "estado",
        "aldea",
        "canton",
    ];
    let short = |word: &str| {
        match word {
            "st" | "sta" | "sto" | "saint" => "san",
            "santo" => "santo",
            "mt" | "mte" => "monte",
            "gral" => "general",
            "cd" => "",
            _ => return word.to_owned(),
        }
        .to_owned()
    };
    let folded = fold(unit);
    let kept: Vec<String> = folded.split(' ').filter(|word| !LEFT_OUT.contains(word)).map(short).collect();
    if kept.iter().all(String::is_empty) { folded.replace(' ', "") } else { kept.concat() }
}

/// A date of any year from 1000 to 2200: numbers in the order year, month, day or the reverse; else what
/// [`moment::read`] understands.
fn date(said: &str, month_first: bool) -> Option<(i32, i32)> {
    // A time of day says nothing of the day.
    let said = match said.split_once(['T', ' ']) {
        Some((day, time)) if time.contains(':') && !day.contains(char::is_alphabetic) => day,
        _ => said,
    };
    let parts: Vec<&str> =
        said.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let letters = said.chars().any(char::is_alphabetic);
    let number = |text: &str| text.parse::<i32>().ok();
    let built = match parts.as_slice() {
        _ if letters => None,
        [one] if one.len() == 8 => {
            let year = number(&one[..4])?;
            match (1000..=2200).contains(&year) && number(&one[4..6])? <= 12 {
                true => Some((year, number(&one[4..6])?, number(&one[6..])?)),
                false => {
                    Some(order(number(&one[..2])?, number(&one[2..4])?, number(&one[4..])?, month_first))
                }
            }
        }
        [year] if year.len() == 4 => {
            let year = number(year)?;
            return days(year, 1, 1).zip(days(year, 12, 31)).map(|(first, last)| (first, last + 1 - first));
        }
        [year, month] if year.len() == 4 => {
            let (year, month) = (number(year)?, number(month)?);
            let next = days(year, month + 1, 1).or_else(|| days(year + 1, 1, 1));
            return days(year, month, 1).zip(next).map(|(first, next)| (first, next - first));
        }
        [year, month, day] if year.len() == 4 => Some((number(year)?, number(month)?, number(day)?)),
        [one, two, year] if year.len() == 4 => {
            Some(order(number(one)?, number(two)?, number(year)?, month_first))
        }
        _ => None,
    };
    if let Some((year, month, day)) = built {
        // A month above twelve is a day in the month's place.
        return days(year, month, day).or_else(|| days(year, day, month)).map(|day| (day, 1));
    }
    let order = if month_first { DateOrder::MonthDayYear } else { DateOrder::DayMonthYear };
    let moment = moment::read(said, order).value?;
    Some((moment.day_number(), 1 + ((moment.latest() - moment.earliest()) / 1_440) as i32))
}

fn order(one: i32, two: i32, year: i32, month_first: bool) -> (i32, i32, i32) {
    if month_first { (year, one, two) } else { (year, two, one) }
}

/// Day number of a civil date (Howard Hinnant's `days_from_civil`); none for a date that does not exist.
fn days(year: i32, month: i32, day: i32) -> Option<i32> {
    let longest = match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if !(1000..=2200).contains(&year) || !(1..=12).contains(&month) || !(1..=longest).contains(&day) {
        return None;
    }
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// Whether dates with slashes are written month first: no first number above twelve, but some second.
fn month_first(values: &Texts) -> bool {
    let (mut first, mut second) = (0, 0);
    for value in values.iter().take(20_000) {
        let mut parts = value.split(['/', '-', '.']).map(|part| part.trim().parse::<u32>().unwrap_or(0));
        if let (Some(one), Some(two)) = (parts.next(), parts.next()) {
            first += usize::from((13..=31).contains(&one));
            second += usize::from((13..=31).contains(&two));
        }
    }
    second > first
}

/// Whether most of the values are dates.
pub(crate) fn are_dates(values: &[&str]) -> bool {
    let dates = values.iter().filter(|value| value.len() >= 6 && date(value, false).is_some()).count();
    !values.is_empty() && dates * 10 >= values.len() * 7
}

/// The distinct values of a column over all files, and where each stands.
#[derive(Default)]
struct Gathered<'a> {
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
    values: Vec<Understood<'a>>,
    /// Value → the values it is made of.
    lists: Vec<Vec<u32>>,
}

impl<'a> Gathered<'a> {
    fn code(&mut self, value: Understood<'a>) -> Option<u32> {
        if value == Understood::default() {
            return None;
        }
        let (values, hasher) = (&self.values, &self.hasher);
        let next = values.len() as u32;
        let found = self.index.entry(
            hasher.hash_one(&value),
            |code| values[*code as usize] == value,
            |code| hasher.hash_one(&values[*code as usize]),
        );
        let code = *found.or_insert(next).get();
        if code == next {
            self.values.push(value);
            self.lists.push(vec![next]);
        }
        Some(code)
    }

    /// The code of a cell with several values: what it is blocked on is its first.
    fn list(&mut self, values: Vec<Understood<'a>>) -> Option<u32> {
        let codes: Vec<u32> = values.into_iter().filter_map(|value| self.code(value)).collect();
        match codes.as_slice() {
            [] => None,
            [one] => Some(*one),
            [first, ..] => {
                self.values.push(self.values[*first as usize].clone());
                self.lists.push(codes);
                Some(self.values.len() as u32 - 1)
            }
        }
    }
}

/// Words as an array; counted first, as to grow is to copy.
fn words<'a>(words: &(impl ExactSizeIterator<Item = &'a str> + Clone)) -> StringArray {
    let bytes = words.clone().map(str::len).sum();
    let mut array = StringBuilder::with_capacity(words.len(), bytes);
    words.clone().for_each(|words| array.append_value(words));
    array.finish()
}

fn column(name: &str, spec: &spec::Column, inputs: &[Input]) -> Result<Column, Error> {
    if spec.from.len() != 1 && spec.from.len() != inputs.len() {
        let (said, files) = (spec.from.len(), inputs.len());
        return Err(Error::Spec(format!(
            "column {name}: `from` has {said} names for {files} files; give one, or one for each"
        )));
    }
    if !spec.kinds.is_empty() && spec.kinds.len() != inputs.len() {
        return Err(Error::Spec(format!("column {name}: `kinds` must give a kind for each file")));
    }
    let as_of = match &spec.as_of {
        None => None,
        Some(said) => match date(said, false) {
            Some((day, 1)) => Some(day),
            _ => return Err(Error::Spec(format!("column {name}: `as_of` is a day, as 2018-06-26"))),
        },
    };
    let named = kind(&spec.kind)
        .ok_or_else(|| Error::Spec(format!("column {name}: there is no kind {:?}", spec.kind)))?;
    if let Some(odd) = spec.kinds.iter().find(|own| kind(own) != Some(named)) {
        return Err(Error::Spec(format!(
            "column {name}: {odd:?} cannot be compared with {:?}; only dates and ages mix",
            spec.kind
        )));
    }
    let has = |kind: &str| spec.kinds.iter().any(|own| own == kind);
    if has("age") && has("date") && as_of.is_none() {
        return Err(Error::Spec(format!(
            "column {name}: ages beside dates need `as_of`, the day on which the ages were true"
        )));
    }
    let mut gathered = Gathered::default();
    let rows: usize = inputs.iter().map(Input::rows).sum();
    let mut codes: Vec<u32> = Vec::new();
    // Those of the only file, if they are good as they are.
    let mut same: Option<ScalarBuffer<u32>> = None;
    for (at, input) in inputs.iter().enumerate() {
        let from = spec
            .from
            .get(at)
            .or(spec.from.first().filter(|_| spec.from.len() == 1))
            .map_or("", String::as_str);
        if from.is_empty() {
            codes.reserve_exact(rows - codes.len());
            codes.extend(std::iter::repeat_n(NONE, input.rows()));
            continue;
        }
        let source = input.column(from).ok_or_else(|| input.lacks(from))?;
        let kind = spec.kinds.get(at).unwrap_or(&spec.kind);
        let how = How { kind, month_first: month_first(&source.values), as_of };
        let own: Vec<u32> = match spec.separator.as_deref().filter(|separator| !separator.is_empty()) {
            Some(separator) => source
                .values
                .iter()
                .map(|said| {
                    let parts = said.split(separator).map(|part| understand(&how, part.trim()));
                    gathered.list(parts.collect()).unwrap_or(NONE)
                })
                .collect(),
            None => {
                let values = || (0..source.values.len()).into_par_iter();
                let understood = |at: usize| understand(&how, source.values.get(at));
                // One file whose values are normalised already: they are as distinct as they were.
                let plain =
                    |at: usize| matches!(understood(at).words, Cow::Borrowed(words) if !words.is_empty());
                if inputs.len() == 1 && values().all(plain) {
                    return Ok(Column {
                        name: name.to_owned(),
                        kind: named,
                        codes: UInt32Array::new(source.codes.clone(), None),
                        words: words(&source.values.iter()),
                        day: Int32Array::new_null(source.values.len()),
                        span: Int32Array::new_null(source.values.len()),
                        lists: Vec::new(),
                    });
                }
                let understood: Vec<Understood> = values().map(understood).collect();
                understood.into_iter().map(|value| gathered.code(value).unwrap_or(NONE)).collect()
            }
        };
        let plain = own.iter().zip(0..).all(|(code, same)| *code == same);
        if plain && inputs.len() == 1 {
            same = Some(source.codes.clone());
        } else {
            codes.reserve_exact(rows - codes.len());
            codes.extend(source.codes.iter().map(|code| own.get(*code as usize).copied().unwrap_or(NONE)));
        }
    }
    let values = gathered.values;
    Ok(Column {
        name: name.to_owned(),
        kind: named,
        codes: UInt32Array::new(same.unwrap_or_else(|| codes.into()), None),
        words: words(&values.iter().map(|value| &*value.words)),
        day: Int32Array::from_iter(values.iter().map(|value| value.day.map(|(day, _)| day))),
        span: Int32Array::from_iter(values.iter().map(|value| value.day.map(|(_, span)| span))),
        lists: if spec.separator.is_some() { gathered.lists } else { Vec::new() },
    })
}

/// Resolves a spec against files: the engine's spec and data.
///
/// # Errors
/// When the spec names what is not there.
pub fn resolve(file: &spec::File, inputs: &[Input]) -> Result<(Spec, Data), Error> {
    let names: Vec<&String> = file.columns.keys().collect();
    let columns: Vec<Column> =
        file.columns.par_iter().map(|(name, spec)| column(name, spec, inputs)).collect::<Result<_, _>>()?;
    let at = |name: &str| {
        names
            .iter()
            .position(|known| *known == name)
            .ok_or_else(|| Error::Spec(format!("there is no column {name:?} in [columns]")))
    };
    let mut comparisons = Vec::new();
    for comparison in &file.comparison {
        let indices = comparison.columns.iter().map(|name| at(name)).collect::<Result<Vec<_>, _>>()?;
        let first = *indices.first().ok_or_else(|| Error::Spec("a comparison without columns".into()))?;
        let names = |at: &usize| matches!(columns[*at].kind, Kind::Given | Kind::Surname);
        if indices.len() > 1 && !indices.iter().all(names) {
            return Err(Error::Spec(format!(
                "{:?}: only names are compared over several columns",
                comparison.columns
            )));
        }
        comparisons.push(Comparison {
            name: columns[first].name.clone(),
            kind: columns[first].kind,
            columns: indices,
        });
    }
    if comparisons.is_empty() {
        return Err(Error::NothingToCompare);
    }
    if comparisons.len() > rejoin_linkage::engine::MOST_COMPARISONS {
        return Err(Error::Spec(format!("{} comparisons; the most is 16", comparisons.len())));
    }
    for (name, value) in [("link_at", file.link_at), ("keep_at", file.keep_at)] {
        if value.is_some_and(|value| !(value > 0.0 && value < 1.0)) {
            return Err(Error::Spec(format!("{name} is a probability, between 0 and 1")));
        }
    }
    if file.block.iter().any(|block| block.on.is_empty()) {
        return Err(Error::Spec("a blocking rule on nothing".into()));
    }
    let kinds: Vec<Kind> = columns.iter().map(|column| column.kind).collect();
    let atom = |text: &str| -> Result<Atom, Error> {
        let wrong = || Error::Spec(format!("{text:?} is not of the form sound(column)"));
        let (take, rest) = text.split_once('(').unwrap_or(("exact", text));
        let take = Take::ALL.iter().find(|(_, name)| *name == take.trim()).ok_or_else(wrong)?.0;
        let mut columns = rest.trim_end_matches(')').split(',').map(|name| at(name.trim()));
        let column = columns.next().ok_or_else(wrong)??;
        let atom = Atom { take, column, other: columns.next().transpose()? };
        let kind = |column: usize| kinds[column];
        let named = |column: usize| matches!(kind(column), Kind::Given | Kind::Surname);
        let fits = match (take, atom.other) {
            (Take::Crossed, Some(other)) => named(column) && named(other),
            (Take::Crossed, None) | (_, Some(_)) => false,
            (take, None) => take == Take::Exact || block::offers(kind(column)).contains(&take),
        };
        if !fits {
            return Err(Error::Spec(format!("{text:?}: a column of that kind cannot be blocked on so")));
        }
        Ok(atom)
    };
    let rules = file
        .block
        .iter()
        .map(|block| block.on.iter().map(|text| atom(text)).collect::<Result<Vec<_>, _>>())
        .collect::<Result<Vec<_>, _>>()?;
    let defaults = Spec::default();
    let spec = Spec {
        comparisons,
        rules,
        budget: file.budget.unwrap_or(0),
        largest_block: file.largest_block.unwrap_or(defaults.largest_block),
        link_at: file.link_at.unwrap_or(defaults.link_at),
        keep_at: file.keep_at.unwrap_or(defaults.keep_at),
        memory: file.memory_mib.map_or(defaults.memory, |mib| mib.saturating_mul(1 << 20)),
        ..defaults
    };
    let source = match &file.source {
        None if inputs.len() == 1 => vec![0; inputs[0].rows()],
        None => inputs
            .iter()
            .enumerate()
            .flat_map(|(at, input)| std::iter::repeat_n(at as u32, input.rows()))
            .collect(),
        Some(name) => sources(name, inputs)?,
    };
    Ok((spec, Data::new(&columns, source, &read)))
}

/// What the engine asks of a word.
fn read(word: &str) -> Reading {
    Reading { sounds: [phonetic::key(word), phonetic::english(word)], names: nickname::lines(word) }
}

/// Row → its source, by a column that names it; rows that name none are a source of their own together.
fn sources(name: &str, inputs: &[Input]) -> Result<Vec<u32>, Error> {
    let mut known: hashbrown::HashMap<&str, u32> = hashbrown::HashMap::new();
    let mut sources = Vec::new();
    for input in inputs {
        let column = input.column(name).ok_or_else(|| input.lacks(name))?;
        for row in 0..input.rows() {
            let next = known.len() as u32;
            sources.push(*known.entry(column.said(row).unwrap_or_default()).or_insert(next));
        }
    }
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_as_people_write_them() {
        for (said, american, expect) in [
            ("19081209", false, Some((days(1908, 12, 9).unwrap(), 1))),
            ("1630-08-01", false, Some((days(1630, 8, 1).unwrap(), 1))),
            ("05/04/2010", true, Some((days(2010, 5, 4).unwrap(), 1))),
            ("05/04/2010", false, Some((days(2010, 4, 5).unwrap(), 1))),
            ("05/24/2010", false, Some((days(2010, 5, 24).unwrap(), 1))),
            ("2010-05-24T00:00:00", false, Some((days(2010, 5, 24).unwrap(), 1))),
            ("15-OCT-1980", false, Some((days(1980, 10, 15).unwrap(), 1))),
            ("March 12, 1971", false, Some((days(1971, 3, 12).unwrap(), 1))),
            ("1971 03 12", false, Some((days(1971, 3, 12).unwrap(), 1))),
            ("1972", false, Some((days(1972, 1, 1).unwrap(), 366))),
            ("1971-02", false, Some((days(1971, 2, 1).unwrap(), 28))),
            ("1971-02-29", false, None),
            ("1971-13-45", false, None),
            ("green", false, None),
        ] {
            assert_eq!(date(said, american), expect, "{said}");
        }
        assert_eq!(days(1970, 1, 1), Some(0));
        assert_eq!(days(2010, 3, 4), Some(14_672));
    }

    /// One file whose values are normalised already is taken as it is; that gives what understanding each value gives.
    #[test]
    fn the_short_way_is_the_long_way() {
        let file = |name: &str, extra: &str| {
            let text = format!("id,name\n1,ana maria\n2,rosa\n3,\n4,ana maria\n{extra}");
            let columns = rejoin_ingest::columns::read(text.into_bytes(), Some("id")).unwrap();
            Input { name: name.into(), columns }
        };
        let spec = spec::Column { kind: "given".into(), from: vec!["name".into()], ..Default::default() };
        let short = column("name", &spec, &[file("a", "")]).unwrap();
        // A capital letter in the last row has every value understood.
        let long = column("name", &spec, &[file("a", "5,Rosa\n")]).unwrap();
        assert_eq!(short.words, long.words);
        assert_eq!(short.codes.values()[..], long.codes.values()[..4]);
        assert_eq!(long.codes.value(4), long.codes.value(1));
    }
}
