//! Measures: the one place where counting is defined. One file a measure; this file asks them, groups what they count
//! and hashes the list of records.

mod children_listed;
mod clock;
mod custody_problems;
mod data_quality;
mod days_not_apart;
mod in_shelter_care;
mod not_separated;
mod prosecutions;
mod reunited;
mod separated;
mod still_in_care;
mod time_apart;
mod time_to_placement;
mod whereabouts_unknown;

use crate::group::{self, Group};
use rejoin_custody::Person;
use rejoin_custody::clock::Rule;
use rejoin_model::{Finding, ListKind, Moment, Policies, RecordId};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;

/// What measures look at.
pub struct Scene<'a> {
    /// Everybody, with custody and separations.
    pub people: &'a [Person<'a>],
    /// Clocks.
    pub clocks: &'a [Rule],
    /// Policies, directives, decisions.
    pub policies: &'a Policies,
    /// Findings by list.
    pub findings: &'a [(String, Finding)],
    /// The day as of which is asked: by default the last day any record speaks of.
    pub as_of: Moment,
    /// Makes words comparable (grounds of separation, values of `--where`).
    pub fold: fn(&str) -> String,
}

/// What was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters {
    /// A day.
    pub on: Option<Moment>,
    /// First day of a period.
    pub from: Option<Moment>,
    /// Last day of it.
    pub to: Option<Moment>,
    /// Which clock, or which scenario.
    pub id: Option<String>,
    /// Groups to break down by.
    pub by: Vec<String>,
    /// Restrictions: (group, value).
    pub only: Vec<(String, String)>,
}

/// How it is known that somebody is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// A record says so.
    Known,
    /// It follows from records that do not say so themselves.
    Inferred,
    /// A proposed match that nobody has verified says so.
    Suspected,
    /// Nothing excludes it, and nothing says so.
    Undocumented,
}

impl How {
    /// Every way, in the order of columns.
    pub const ALL: [How; 4] = [How::Known, How::Inferred, How::Suspected, How::Undocumented];

    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            How::Known => "known",
            How::Inferred => "inferred",
            How::Suspected => "suspected",
            How::Undocumented => "undocumented",
        }
    }
}

/// One that is counted.
pub struct Counted {
    /// Index of the person, for groups.
    pub person: Option<usize>,
    /// How it is known.
    pub how: How,
    /// The measure's own division, as `met by reunification`.
    pub part: Option<String>,
    /// Days, for measures of time.
    pub days: Option<i32>,
    /// How many it stands for (1 but for findings).
    pub count: u64,
    /// The records it rests on.
    pub records: Vec<RecordId>,
}

/// What a measure's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A count of children (people).
    Children,
    /// A count of findings or problems.
    Findings,
    /// The median number of days.
    MedianDays,
    /// A sum of days.
    Days,
    /// A count of referrals for prosecution.
    Referrals,
}

impl Unit {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Unit::Children => "children",
            Unit::Findings => "findings",
            Unit::MedianDays => "days (median)",
            Unit::Days => "days",
            Unit::Referrals => "referrals",
        }
    }
}

/// A measure.
pub struct Measure {
    /// Its stable name.
    pub name: &'static str,
    /// Version of the definition: it changes when the same records could give another value.
    pub version: u16,
    /// The definition, in English and Spanish.
    pub definition: (&'static str, &'static str),
    /// Which parameters it takes; any other is refused, so that no answer claims what was not asked.
    pub takes: &'static [&'static str],
    /// Which of them it needs: `on`, `id`.
    pub needs: &'static [&'static str],
    /// What the value is.
    pub unit: Unit,
    /// Which columns make up the value.
    pub value: &'static [How],
    /// Counts.
    pub count: fn(&Scene<'_>, &Parameters) -> Result<Vec<Counted>, Refused>,
}

/// Every measure.
pub const MEASURES: &[&Measure] = &[
    &children_listed::MEASURE,
    &in_shelter_care::MEASURE,
    &still_in_care::MEASURE,
    &separated::MEASURE,
    &reunited::MEASURE,
    &time_apart::MEASURE,
    &time_to_placement::MEASURE,
    &prosecutions::MEASURE,
    &not_separated::MEASURE,
    &days_not_apart::MEASURE,
    &clock::MEASURE,
    &whereabouts_unknown::MEASURE,
    &custody_problems::MEASURE,
    &data_quality::MEASURE,
];

/// The measure of a name.
pub fn named(name: &str) -> Option<&'static Measure> {
    MEASURES.iter().copied().find(|measure| measure.name == name)
}

/// Why a measure gives no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// A parameter is missing.
    Needs {
        /// The measure.
        measure: &'static str,
        /// The parameter.
        parameter: &'static str,
        /// What it may be.
        example: String,
    },
    /// A parameter that the measure does not take.
    DoesNotTake {
        /// The measure.
        measure: &'static str,
        /// The parameter.
        parameter: &'static str,
        /// What it takes.
        takes: String,
    },
    /// A group or clock that does not exist.
    Unknown {
        /// What kind of word.
        what: &'static str,
        /// The word.
        word: String,
        /// What there is.
        known: String,
    },
    /// The period ends before it begins.
    Backwards,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Needs { measure, parameter, example } => {
                write!(f, "the measure {measure} needs --{parameter}, as in {example}")
            }
            Refused::DoesNotTake { measure, parameter, takes } => {
                write!(f, "the measure {measure} does not take --{parameter}; it takes: {takes}")
            }
            Refused::Unknown { what, word, known } => {
                write!(f, "there is no {what} {word:?}; there are: {known}")
            }
            Refused::Backwards => f.write_str("the period ends before it begins"),
        }
    }
}

impl std::error::Error for Refused {}

/// Counts in the four columns.
pub type Columns = [u64; 4];

/// What a line of a breakdown is of: group → value.
type Key = Vec<(String, String)>;

/// One line of a breakdown.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Group → value; a measure's own division is called `part`.
    pub key: Vec<(String, String)>,
    /// Counts by how it is known.
    pub columns: Columns,
    /// The measure's value for the line.
    pub value: f64,
    /// How many people, referrals or rows stand behind each column, however many days or findings each counts for.
    pub behind: Columns,
    /// Of those, how many have days.
    pub dated: u64,
}

/// Statistics of days.
#[derive(Debug, Clone, PartialEq)]
pub struct Days {
    /// How many had days.
    pub count: u64,
    /// Median.
    pub median: f64,
    /// Mean.
    pub mean: f64,
    /// Least.
    pub min: i32,
    /// Most.
    pub max: i32,
    /// Counts in spans of days: (first day, last day, count).
    pub histogram: Vec<(i32, i32, u64)>,
}

/// An answer, without the ledger's checkpoint, which the registry adds.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Which measure.
    pub measure: &'static str,
    /// Version of its definition.
    pub version: u16,
    /// Its definition.
    pub definition: (&'static str, &'static str),
    /// Its unit.
    pub unit: &'static str,
    /// What was asked, as (name, value).
    pub parameters: Vec<(String, String)>,
    /// As of which day.
    pub as_of: Moment,
    /// The value.
    pub value: f64,
    /// Counts by how it is known.
    pub columns: Columns,
    /// How many people, referrals or rows stand behind each column, however many days or findings each counts for.
    pub behind: Columns,
    /// Breakdown.
    pub breakdown: Vec<Line>,
    /// Statistics, for measures of days.
    pub days: Option<Days>,
    /// SHA-256 over the sorted ids of the records counted, each with a line feed.
    pub records_hash: [u8; 32],
    /// The records counted, sorted.
    pub records: Vec<RecordId>,
}

/// Asks a measure.
pub fn ask(measure: &'static Measure, scene: &Scene<'_>, parameters: &Parameters) -> Result<Answer, Refused> {
    let given = [
        ("on", parameters.on.is_some()),
        ("from", parameters.from.is_some()),
        ("to", parameters.to.is_some()),
        ("id", parameters.id.is_some()),
        ("by", !parameters.by.is_empty()),
        ("where", !parameters.only.is_empty()),
    ];
    if let Some((parameter, _)) = given.iter().find(|(name, given)| *given && !measure.takes.contains(name)) {
        let takes: Vec<String> = measure.takes.iter().map(|name| format!("--{name}")).collect();
        let takes = if takes.is_empty() { "nothing".into() } else { takes.join(", ") };
        return Err(Refused::DoesNotTake { measure: measure.name, parameter, takes });
    }
    for need in measure.needs {
        let (missing, example) = match *need {
            "on" => (parameters.on.is_none(), "--on 2018-06-26".to_owned()),
            _ if measure.name != "clock" => (parameters.id.is_none(), "--id minimum-age=5".to_owned()),
            _ => (
                parameters.id.is_none(),
                format!("--id {}", scene.clocks.first().map_or("ms-l-5-plus", |rule| &rule.id)),
            ),
        };
        if missing {
            return Err(Refused::Needs { measure: measure.name, parameter: need, example });
        }
    }
    if let (Some(from), Some(to)) = (parameters.from, parameters.to)
        && to.surely_before(from)
    {
        return Err(Refused::Backwards);
    }
    let find = |name: &String| {
        group::named(name).ok_or_else(|| Refused::Unknown {
            what: "group",
            word: name.clone(),
            known: group::GROUPS.iter().map(|group| group.name).collect::<Vec<_>>().join(", "),
        })
    };
    let by: Vec<&Group> = parameters.by.iter().map(find).collect::<Result<_, _>>()?;
    let only: Vec<(&Group, String)> = parameters
        .only
        .iter()
        .map(|(name, value)| Ok((find(name)?, (scene.fold)(value))))
        .collect::<Result<_, Refused>>()?;
    for ((group, value), (_, said)) in only.iter().zip(&parameters.only) {
        let mut known: Vec<String> = scene.people.iter().map(|person| group.of(person)).collect();
        known.sort_unstable();
        known.dedup();
        if !known.iter().any(|known| (scene.fold)(known) == *value) {
            known.truncate(20);
            return Err(Refused::Unknown { what: "value", word: said.clone(), known: known.join(", ") });
        }
    }
    let mut counted = (measure.count)(scene, parameters)?;
    counted.retain(|one| {
        only.iter().all(|(group, value)| {
            one.person.is_some_and(|at| (scene.fold)(&group.of(&scene.people[at])) == *value)
        })
    });
    Ok(answer(measure, scene, parameters, &by, counted))
}

fn answer(
    measure: &'static Measure,
    scene: &Scene<'_>,
    parameters: &Parameters,
    by: &[&Group],
    counted: Vec<Counted>,
) -> Answer {
    let value_of = |columns: &Columns| measure.value.iter().map(|how| columns[*how as usize]).sum::<u64>();
    let (mut columns, mut behind) = (Columns::default(), Columns::default());
    let mut lines: BTreeMap<Key, (Columns, Vec<i32>, Columns)> = BTreeMap::new();
    let mut records: Vec<RecordId> = Vec::new();
    let mut days: Vec<i32> = Vec::new();
    for one in &counted {
        columns[one.how as usize] += one.count;
        behind[one.how as usize] += 1;
        let mut key = Vec::new();
        if let Some(part) = &one.part {
            key.push(("part".to_owned(), part.clone()));
        }
        for group in by {
            let value = one.person.map_or(group::NOT_RECORDED.into(), |at| group.of(&scene.people[at]));
            key.push((group.name.to_owned(), value));
        }
        if !key.is_empty() {
            let line = lines.entry(key).or_default();
            line.0[one.how as usize] += one.count;
            line.1.extend(one.days);
            line.2[one.how as usize] += 1;
        }
        // The list is of those whom the value counts: for medians, those who have days.
        let in_value =
            measure.value.contains(&one.how) && (measure.unit != Unit::MedianDays || one.days.is_some());
        if in_value {
            records.extend(&one.records);
        }
        days.extend(one.days);
    }
    records.sort_unstable();
    records.dedup();
    let days = (measure.unit == Unit::MedianDays).then(|| statistics(days)).flatten();
    let value = match measure.unit {
        Unit::MedianDays => days.as_ref().map_or(f64::NAN, |days| days.median),
        _ => value_of(&columns) as f64,
    };
    Answer {
        measure: measure.name,
        version: measure.version,
        definition: measure.definition,
        unit: measure.unit.word(),
        parameters: described(parameters),
        as_of: scene.as_of,
        value,
        columns,
        behind,
        breakdown: lines
            .into_iter()
            .map(|(key, (columns, days, behind))| {
                let dated = days.len() as u64;
                let value = match measure.unit {
                    Unit::MedianDays => statistics(days).map_or(f64::NAN, |days| days.median),
                    _ => value_of(&columns) as f64,
                };
                Line { key, columns, value, behind, dated }
            })
            .collect(),
        days,
        records_hash: hash(&records),
        records,
    }
}

fn described(parameters: &Parameters) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for (name, moment) in [("on", parameters.on), ("from", parameters.from), ("to", parameters.to)] {
        out.extend(moment.map(|moment| (name.to_owned(), moment.to_string())));
    }
    out.extend(parameters.id.clone().map(|id| ("id".to_owned(), id)));
    if !parameters.by.is_empty() {
        out.push(("by".into(), parameters.by.join(",")));
    }
    out.extend(parameters.only.iter().map(|(group, value)| ("where".to_owned(), format!("{group}={value}"))));
    out
}

fn hash(records: &[RecordId]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for record in records {
        hash.update(record.to_string());
        hash.update(b"\n");
    }
    hash.finalize().into()
}

fn statistics(mut days: Vec<i32>) -> Option<Days> {
    days.sort_unstable();
    let (min, max) = (*days.first()?, *days.last()?);
    let middle = days.len() / 2;
    let median = match days.len() % 2 {
        0 => f64::from(days[middle - 1] + days[middle]) / 2.0,
        _ => f64::from(days[middle]),
    };
    const EDGES: [i32; 12] = [0, 4, 8, 15, 31, 46, 61, 76, 91, 181, 366, i32::MAX];
    // Spans without anybody are kept between those with somebody, so that what is drawn side by side is.
    let histogram = EDGES
        .windows(2)
        .filter(|edge| edge[0] <= max && edge[1] > min)
        .map(|edge| {
            (
                edge[0],
                edge[1].saturating_sub(1),
                days.iter().filter(|day| (edge[0]..edge[1]).contains(day)).count() as u64,
            )
        })
        .collect();
    let mean = days.iter().map(|day| f64::from(*day)).sum::<f64>() / days.len() as f64;
    Some(Days { count: days.len() as u64, median, mean, min, max, histogram })
}

impl Scene<'_> {
    /// The children in shelters' lists, with their index.
    pub(crate) fn listed(&self) -> impl Iterator<Item = (usize, &Person<'_>)> {
        self.people.iter().enumerate().filter(|(_, person)| person.is_listed_child())
    }
}

/// One person counted, resting on its shelter records.
pub(crate) fn counted(at: usize, person: &Person<'_>, how: How) -> Counted {
    let shelter =
        person.records.iter().filter(|record| record.kind == ListKind::ShelterStay && !record.withdrawn);
    let mut records: Vec<RecordId> = shelter.map(|record| record.id).collect();
    if records.is_empty() {
        records = person.records.iter().map(|record| record.id).collect();
    }
    Counted { person: Some(at), how, part: None, days: None, count: 1, records }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_definitions_are_in_both_languages() {
        for (at, measure) in MEASURES.iter().enumerate() {
            assert!(MEASURES[..at].iter().all(|other| other.name != measure.name));
            assert!(measure.definition.0.len() > 40 && measure.definition.1.len() > 40, "{}", measure.name);
        }
    }

    #[test]
    fn medians_and_histograms() {
        let days = statistics(vec![10, 2, 3, 400]).unwrap();
        assert_eq!((days.median, days.mean, days.min, days.max), (6.5, 103.75, 2, 400));
        assert_eq!(days.histogram.iter().map(|(.., count)| count).sum::<u64>(), 4);
        assert_eq!(statistics(vec![]), None);
    }
}
