//! Records and people to the columns that linkage works on.

use arrow_array::{Int32Array, Int64Array, StringArray, UInt32Array};
use rejoin_custody::Person;
use rejoin_linkage::columns::{Contacts, Stays};
use rejoin_linkage::{Named, Names, People, Records, Words};
use rejoin_model::family::LARGEST_UNIT;
use rejoin_model::{
    Custodian, Field, Interval, ListKind, Moment, PersonName, Precision, Record, RecordId, Sex, Subject,
    Value,
};
use rejoin_normalize::phonetic;
use rejoin_normalize::text::fold;
use std::collections::{BTreeMap, BTreeSet, HashMap};

fn words(parts: Vec<Option<&str>>) -> Words {
    let sound: StringArray =
        parts.iter().map(|part| part.map(phonetic::key).filter(|key| !key.is_empty())).collect();
    Words { text: StringArray::from(parts), sound }
}

fn names(of: &[Option<&PersonName>]) -> Names {
    let part = |surname: bool, at: usize| {
        words(
            of.iter()
                .map(|name| {
                    let name = (*name)?;
                    let parts = if surname { &name.surnames } else { &name.given };
                    parts.get(at).map(String::as_str)
                })
                .collect(),
        )
    };
    Names {
        given_1: part(false, 0),
        given_2: part(false, 1),
        surname_1: part(true, 0),
        surname_2: part(true, 1),
    }
}

fn sex(sex: Option<Sex>) -> Option<u32> {
    sex.map(|sex| u32::from(sex == Sex::Male))
}

/// First day of the span in which a record's person was born, and the days in the span.
fn birth(record: &Record) -> Option<(i32, i32)> {
    if let Some(birth) = record.moment(Field::BirthDate) {
        let days = match birth.precision() {
            Precision::Minute | Precision::Day => 1,
            Precision::Month => 31,
            Precision::Year => 366,
        };
        return Some((birth.day_number(), days));
    }
    // An age on a day: born in the year before, give or take half a year for ages that were guessed.
    let (age, day) = (record.age_of(Field::Age)?, record.happened()?);
    Some((day.day_number() - (i32::from(age) + 1) * 365 - 183, 730))
}

/// Columns of records, in their order.
pub(crate) fn of_records(records: &[Record]) -> Records {
    let mut lists: BTreeMap<&str, u32> = BTreeMap::new();
    for record in records {
        let next = lists.len() as u32;
        lists.entry(&record.list).or_insert(next);
    }
    let text =
        |read: &dyn Fn(&Record) -> Option<String>| -> StringArray { records.iter().map(read).collect() };
    let births: Vec<Option<(i32, i32)>> = records.iter().map(birth).collect();
    Records {
        list: UInt32Array::from_iter_values(records.iter().map(|record| lists[record.list.as_str()])),
        names: names(&records.iter().map(|record| record.name_of(Field::FullName)).collect::<Vec<_>>()),
        sex: records.iter().map(|record| sex(record.sex())).collect(),
        birth: Int32Array::from_iter(births.iter().map(|birth| birth.map(|(day, _)| day))),
        birth_span: Int32Array::from_iter(births.iter().map(|birth| birth.map(|(_, days)| days))),
        country: text(&|record| record.country().map(|country| country.to_string())),
        town: text(&|record| record.place(Field::Birthplace).map(fold)),
        number: text(&|record| record.identifier(Field::AlienNumber).map(str::to_owned)),
        own_number: text(&|record| record.identifier(Field::AgencyPersonNumber).map(str::to_owned)),
        phone: text(&|record| record.phone(Field::Phone).map(str::to_owned)),
    }
}

/// The fullest name of a person: the one with most parts, the first of equals.
pub(crate) fn best_name<'a>(person: &Person<'a>) -> Option<&'a PersonName> {
    let mut best: Option<&PersonName> = None;
    for name in person.records.iter().filter_map(|record| record.name_of(Field::FullName)) {
        let parts = |name: &PersonName| (name.surnames.len().min(2), name.given.len().min(2));
        if best.is_none_or(|best| parts(name) > parts(best)) {
            best = Some(name);
        }
    }
    best
}

/// Columns of people, in their order, and the relatives they name. `units` are all family-unit numbers ever on record:
/// a number that a later delivery wiped or re-keyed still says who was together.
pub(crate) fn of_people(people: &[Person<'_>], units: &[(RecordId, String, String)]) -> (People, Named) {
    let of_record: HashMap<RecordId, usize> = people
        .iter()
        .enumerate()
        .flat_map(|(at, person)| person.records.iter().map(move |record| (record.id, at)))
        .collect();
    // People, not records: a row that changed often is still one person.
    let mut members: HashMap<(&str, &str), BTreeSet<usize>> = HashMap::new();
    for (record, list, unit) in units {
        members.entry((list, unit)).or_default().extend(of_record.get(record));
    }
    let mut given: HashMap<RecordId, Vec<(&str, &str)>> = HashMap::new();
    for (record, list, unit) in
        units.iter().filter(|(_, list, unit)| members[&(&**list, &**unit)].len() <= LARGEST_UNIT)
    {
        given.entry(*record).or_default().push((list, unit));
    }
    // Of several numbers the one that joins most people: a re-keyed one stands alone.
    let unit_of = |person: &Person<'_>| -> Option<String> {
        let all = person.records.iter().filter_map(|record| given.get(&record.id)).flatten();
        all.max_by_key(|unit| members[*unit].len()).map(|(list, unit)| format!("{list} {unit}"))
    };
    let border = |person: &Person<'_>, read: &dyn Fn(&Record) -> Option<String>| {
        person
            .records
            .iter()
            .filter(|record| record.kind == ListKind::Apprehension)
            .find_map(|record| read(record))
    };
    let text = |read: &dyn Fn(&Record) -> Option<String>| -> StringArray {
        people.iter().map(|person| border(person, read)).collect()
    };
    let apprehended: Vec<Option<Moment>> = people
        .iter()
        .map(|person| {
            let border = person.records.iter().filter(|record| record.kind == ListKind::Apprehension);
            let at =
                border.filter_map(|record| record.moment(Field::Apprehended)).max_by_key(|at| at.precision());
            at.or_else(|| person.apprehended())
        })
        .collect();
    let births: Vec<Option<(i32, i32)>> = people
        .iter()
        .map(|person| {
            let spans = person.records.iter().filter_map(|record| birth(record));
            spans.min_by_key(|(_, days)| *days).map(|(day, days)| (day + days / 2, days))
        })
        .collect();
    let columns = People {
        grown: people
            .iter()
            .map(|person| match person.subject {
                Subject::Child => Some(0),
                Subject::Adult => Some(1),
                Subject::Unknown => None,
            })
            .collect(),
        names: names(&people.iter().map(best_name).collect::<Vec<_>>()),
        sex: people.iter().map(|person| sex(person.first(|record| record.sex()))).collect(),
        birth: Int32Array::from_iter(births.iter().map(|birth| birth.map(|(day, _)| day))),
        birth_span: Int32Array::from_iter(births.iter().map(|birth| birth.map(|(_, days)| days))),
        country: people
            .iter()
            .map(|person| person.first(|record| record.country()).map(|country| country.to_string()))
            .collect(),
        town: people
            .iter()
            .map(|person| person.first(|record| record.place(Field::Birthplace)).map(fold))
            .collect(),
        number: Int64Array::from_iter(people.iter().map(|person| {
            person
                .first(|record| record.identifier(Field::AlienNumber))
                .and_then(|number| number.parse().ok())
        })),
        unit: people.iter().map(unit_of).collect(),
        station: text(&|record| {
            record.place(Field::Station).or_else(|| record.place(Field::Sector)).map(fold)
        }),
        day: Int32Array::from_iter(apprehended.iter().map(|at| at.map(Moment::day_number))),
        minute: Int64Array::from_iter(
            apprehended
                .iter()
                .map(|at| at.filter(|at| at.precision() == Precision::Minute).map(Moment::earliest)),
        ),
        language: people
            .iter()
            .map(|person| person.first(|record| record.text(Field::Language)).map(fold))
            .collect(),
        contacts: contacts(people),
        stays: stays(people),
    };
    let mut by = Vec::new();
    let mut whom = Vec::new();
    let mut relations: Vec<Option<u32>> = Vec::new();
    let mut relatives: Vec<&PersonName> = Vec::new();
    for (row, person) in people.iter().enumerate() {
        for (code, field) in [Field::MotherName, Field::FatherName, Field::ChildName].into_iter().enumerate()
        {
            let mut seen: Vec<&str> = Vec::new();
            let values =
                person.records.iter().flat_map(|record| record.all(field).map(move |value| (record, value)));
            for (record, value) in values {
                if let Value::Name(name) = value
                    && !seen.contains(&name.said.as_str())
                {
                    relations.push(record.text(Field::Relation).and_then(relation));
                    seen.push(&name.said);
                    by.push(row as u32);
                    whom.push(code as u32);
                    relatives.push(name);
                }
            }
        }
    }
    let named = Named {
        by: UInt32Array::from(by),
        whom: UInt32Array::from(whom),
        names: names(&relatives.into_iter().map(Some).collect::<Vec<_>>()),
        relation: UInt32Array::from(relations),
    };
    (columns, named)
}

/// What an adult says to be to a child: 0 a parent, 1 a grandparent, 2 another carer.
fn relation(said: &str) -> Option<u32> {
    const WORDS: [(u32, &[&str]); 3] = [
        (1, &["grandmother", "grandfather", "grandparent", "abuela", "abuelo", "abuelita", "abuelito"]),
        (
            2,
            &[
                "aunt",
                "uncle",
                "tia",
                "tio",
                "guardian",
                "sponsor",
                "tutor",
                "tutora",
                "cousin",
                "prima",
                "primo",
                "stepmother",
                "stepfather",
                "madrastra",
                "padrastro",
                "madrina",
                "padrino",
            ],
        ),
        (0, &["mother", "father", "parent", "mom", "dad", "madre", "padre", "mama", "papa", "mami", "papi"]),
    ];
    let folded = fold(said);
    let has = |words: &[&str]| folded.split(' ').any(|word| words.contains(&word));
    WORDS.iter().find(|(_, words)| has(words)).map(|(relation, _)| *relation)
}

fn contacts(people: &[Person<'_>]) -> Contacts {
    let (mut by, mut value) = (Vec::new(), Vec::new());
    for (row, person) in (0u32..).zip(people) {
        let mut own: BTreeSet<String> = BTreeSet::new();
        for record in &person.records {
            for said in record.all(Field::Phone).chain(record.all(Field::Address)) {
                match said {
                    Value::Phone(phone) => own.insert(phone.clone()),
                    // An address of one word is a town.
                    Value::Text(address) if fold(address).contains(' ') => {
                        own.insert(format!("@{}", fold(address)))
                    }
                    _ => false,
                };
            }
        }
        for contact in own {
            by.push(row);
            value.push(contact);
        }
    }
    Contacts { by: UInt32Array::from(by), value: StringArray::from(value) }
}

/// Stays with a place and both days, after the border: who was apprehended together was held together there, and that is
/// counted already. An end that no record gives is none: what is not known proves nothing.
fn stays(people: &[Person<'_>]) -> Stays {
    let (mut by, mut place, mut from, mut to) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (row, person) in (0u32..).zip(people) {
        let later = |interval: &&Interval| !interval.end_inferred && interval.custodian != Custodian::Border;
        for interval in person.chain.intervals.iter().filter(later) {
            if let (Some(at), Some(first), Some(last)) =
                (&interval.place, interval.from.moment(), interval.to.moment())
            {
                by.push(row);
                place.push(fold(at));
                from.push(first.day_number());
                to.push(last.day_number());
            }
        }
    }
    Stays {
        by: UInt32Array::from(by),
        place: StringArray::from(place),
        from: Int32Array::from(from),
        to: Int32Array::from(to),
    }
}
