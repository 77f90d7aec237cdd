//! What counts can be broken down by, and restricted to. One entry a field.

use rejoin_custody::Person;
use rejoin_model::{Ascribed, Field, ListKind, Moment};

/// Something to break a count down by.
pub struct Group {
    /// The word for `--by` and `--where`.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
    of: fn(&Person<'_>) -> Option<String>,
}

/// Every group.
pub const GROUPS: &[Group] = &[
    Group {
        name: "country",
        meaning: "country of origin",
        of: |person| person.first(|record| record.country()).map(|country| country.to_string()),
    },
    Group {
        name: "sex",
        meaning: "sex as recorded",
        of: |person| person.first(|record| record.sex()).map(|sex| sex.letter().into()),
    },
    Group {
        name: "age",
        meaning: "age in years as listed",
        of: |person| age(person).map(|age| format!("{age:02}")),
    },
    Group {
        name: "age-group",
        meaning: "under 5, 5-11, 12-17, 18 and over, as listed",
        of: |person| age(person).map(|age| age_group(age).into()),
    },
    Group {
        name: "facility",
        meaning: "shelter of the first stay",
        of: |person| shelter(person, Field::Facility),
    },
    Group { name: "office", meaning: "referring office", of: |person| shelter(person, Field::Office) },
    Group {
        name: "sector",
        meaning: "border sector",
        of: |person| person.first(|record| record.place(Field::Sector)).map(str::to_owned),
    },
    Group {
        name: "outcome",
        meaning: "how the last stay in a shelter ended",
        of: |person| last_code(person, Field::Outcome),
    },
    Group {
        name: "status",
        meaning: "status in the shelters' list",
        of: |person| last_code(person, Field::Status),
    },
    Group {
        name: "reason",
        meaning: "ground given for the separation",
        of: |person| person.first(|record| record.text(Field::SeparationReason)).map(str::to_owned),
    },
    Group { name: "year", meaning: "year of apprehension", of: |person| apprehended(person, 4) },
    Group { name: "month", meaning: "month of apprehension", of: |person| apprehended(person, 7) },
    Group { name: "week", meaning: "Monday of the week of apprehension", of: week },
    Group {
        name: "basis",
        meaning: "how the separation is known",
        of: |person| person.separation.as_ref().map(|separation| separation.basis.word().into()),
    },
    Group {
        name: "policy",
        meaning: "policy to which the separation is ascribed",
        of: |person| {
            let attribution = person.separation.as_ref()?.attribution.as_ref()?;
            Some(match (&attribution.policy, attribution.ascribed) {
                (Some(policy), Ascribed::NamedNotInForce) => format!("{policy} (named, not in force)"),
                (Some(policy), _) => policy.clone(),
                (None, Ascribed::OtherGround) => "(another ground)".into(),
                (None, _) => "(none on record)".into(),
            })
        },
    },
    Group {
        name: "attribution",
        meaning: "how the separation is ascribed to a policy",
        of: |person| Some(person.separation.as_ref()?.attribution.as_ref()?.ascribed.word().into()),
    },
    Group {
        name: "act",
        meaning: "last directive or decision before the separation",
        of: |person| person.separation.as_ref()?.attribution.as_ref()?.act.clone(),
    },
    Group {
        name: "district",
        meaning: "judicial district",
        of: |person| person.first(|record| record.place(Field::District)).map(str::to_owned),
    },
    Group {
        name: "charge",
        meaning: "charge on record",
        of: |person| person.first(|record| record.text(Field::Charge)).map(str::to_owned),
    },
    Group {
        name: "list",
        meaning: "list that names the child",
        of: |person| {
            person
                .records
                .iter()
                .find(|record| record.kind == ListKind::ShelterStay)
                .map(|record| record.list.clone())
        },
    },
];

/// What stands where the records say nothing.
pub const NOT_RECORDED: &str = "(not recorded)";

impl Group {
    /// A person's value.
    pub fn of(&self, person: &Person<'_>) -> String {
        (self.of)(person).unwrap_or_else(|| NOT_RECORDED.into())
    }
}

/// The group of a word.
pub fn named(name: &str) -> Option<&'static Group> {
    GROUPS.iter().find(|group| group.name == name)
}

fn age(person: &Person<'_>) -> Option<u8> {
    person.first(|record| record.age())
}

/// The age groups of the court's clocks and of the shelters' reports.
pub fn age_group(age: u8) -> &'static str {
    match age {
        0..=4 => "00-04",
        5..=11 => "05-11",
        12..=17 => "12-17",
        _ => "18+",
    }
}

fn shelter(person: &Person<'_>, field: Field) -> Option<String> {
    person
        .first(|record| record.place(field).filter(|_| record.kind == ListKind::ShelterStay))
        .map(str::to_owned)
}

fn last_code(person: &Person<'_>, field: Field) -> Option<String> {
    let mut stays: Vec<_> = person
        .records
        .iter()
        .filter(|record| record.kind == ListKind::ShelterStay && !record.withdrawn)
        .collect();
    stays.sort_by_key(|record| record.moment(Field::Placed).map(Moment::earliest));
    stays.iter().rev().find_map(|record| record.code(field)).map(|code| code.word().into())
}

fn apprehended(person: &Person<'_>, letters: usize) -> Option<String> {
    let text = person.apprehended()?.to_string();
    text.get(..letters).map(str::to_owned)
}

fn week(person: &Person<'_>) -> Option<String> {
    let day = person.apprehended()?.to_day().day_number();
    // 1970-01-01 was a Thursday.
    Moment::of_day_number(day - (day + 3).rem_euclid(7)).map(|monday| monday.to_string())
}
