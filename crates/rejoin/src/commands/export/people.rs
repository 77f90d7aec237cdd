//! Who goes out: everybody that the desk shows, under outward ids, with what links children to adults.

use crate::failure::Failure;
use rejoin_custody::Person;
use rejoin_custody::chain::{Whereabouts, whereabouts};
use rejoin_exchange::lists::{self, Basis, Link, People};
use rejoin_model::family::LARGEST_UNIT;
use rejoin_model::{Bound, Field, Moment, PersonId, Precision, RecordId, Relation, Subject, Verdict};
use rejoin_registry::{Case, Desk, View};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Everybody who goes out, and under which id.
pub struct Outgoing {
    /// What the lists are made of.
    pub people: People,
    /// The outward id of everybody whom the reader may see.
    pub ids: HashMap<PersonId, String>,
    /// People whom no record calls a child or an adult: they are in neither list.
    pub neither: usize,
}

/// Gathers them as of a day. Proposals below `least` are left out.
pub fn outgoing(
    case: &Case,
    desk: &Desk<'_>,
    view: &View,
    everybody: &[Person<'_>],
    on: Moment,
    least: f64,
) -> Result<Outgoing, Failure> {
    let mut ids = HashMap::with_capacity(everybody.len());
    for person in everybody {
        ids.insert(person.id, case.outward(person.id)?);
    }
    let of = |subject| {
        let such = everybody.iter().filter(move |person| person.subject == subject);
        such.map(|person| listed(person, &ids[&person.id], on)).collect::<Vec<_>>()
    };
    let (children, adults) = (of(Subject::Child), of(Subject::Adult));
    let mut links = Vec::new();
    let mut link = |child: PersonId, adult: PersonId, relation: String, basis, since| {
        // Who is hidden from the reader has no id here, and no link.
        if let (Some(child), Some(adult)) = (ids.get(&child), ids.get(&adult)) {
            links.push(Link {
                child: child.clone(),
                adult: adult.clone(),
                relation,
                basis,
                since,
                until: None,
            });
        }
    };
    let mut verdicts: HashMap<(PersonId, PersonId), Verdict> = HashMap::new();
    for decision in desk.decisions()?.into_iter().filter(|decision| decision.undone.is_none()) {
        verdicts.insert((decision.child, decision.other), decision.verdict);
    }
    for candidate in view.candidates.iter().filter(|candidate| candidate.relation != Relation::Sibling) {
        let rejected = verdicts.get(&(candidate.child, candidate.other)) == Some(&Verdict::Rejected);
        if candidate.probability >= least && !rejected {
            let basis = Basis::Proposed { probability: candidate.probability };
            link(candidate.child, candidate.other, candidate.relation.word().into(), basis, None);
        }
    }
    for ((child, adult), recorded) in recorded(view, everybody) {
        let join = |texts: BTreeSet<String>| texts.into_iter().collect::<Vec<_>>().join("; ");
        let basis = Basis::Recorded { source: join(recorded.lists) };
        link(child, adult, join(recorded.relations), basis, recorded.since);
    }
    for verified in desk.verified()? {
        let day = i32::try_from(verified.on.div_euclid(86_400_000_000)).unwrap_or(i32::MAX);
        let basis = Basis::Verified { by: verified.by.join("; "), on: day };
        // Verified later than the day is not verified on it; before, it was at most proposed.
        link(verified.child, verified.adult, verified.relation.word().into(), basis, None);
    }
    let neither = everybody.len() - children.len() - adults.len();
    Ok(Outgoing { people: People { children, adults, links }, ids, neither })
}

/// The day of a moment that is known to the day: a month or a year (a date that was reduced is one) is no day.
fn exact(moment: Moment) -> Option<i32> {
    (moment.precision() >= Precision::Day).then(|| moment.day_number())
}

/// The age when the row's event happened: as stated, or by a whole date of birth.
fn age(person: &Person<'_>) -> Option<i64> {
    let stated = person.first(|record| record.age_of(Field::Age));
    let by_birth = || {
        let whole = |record: &rejoin_model::Record| {
            record.moment(Field::BirthDate).is_some_and(|birth| exact(birth).is_some())
        };
        person.first(|record| record.age().filter(|_| whole(record)))
    };
    stated.or_else(by_birth).map(i64::from)
}

fn listed(person: &Person<'_>, id: &str, on: Moment) -> lists::Person {
    let (custodian, place, since) = match whereabouts(&person.chain, on) {
        Whereabouts::Held(interval) => (interval.custodian.word(), interval.place.clone(), interval.from),
        Whereabouts::PerhapsHeld(interval) => ("not recorded", None, interval.from),
        Whereabouts::Left(interval) => ("left", interval.place.clone(), interval.to),
        Whereabouts::NotOnRecord => ("not on record", None, Bound::Unknown),
    };
    let open = person.chain.intervals.iter().any(|interval| interval.to == Bound::Open);
    let ends = person.chain.intervals.iter().filter_map(|interval| interval.to.moment());
    let left = ends.max_by_key(|end| end.latest()).filter(|_| !open);
    let (name, other_names) = names(person);
    lists::Person {
        id: id.to_owned(),
        name,
        other_names: other_names.join("; "),
        sex: person.first(|record| record.sex()).map_or(String::new(), |sex| sex.letter().into()),
        birth: person
            .first(|record| record.moment(Field::BirthDate))
            .map_or(String::new(), |birth| birth.to_string()),
        age: age(person),
        country: person.first(|record| record.country()).map_or(String::new(), |one| one.to_string()),
        birthplace: person.first(|record| record.place(Field::Birthplace)).unwrap_or_default().to_owned(),
        custodian: custodian.to_owned(),
        place: place.unwrap_or_default(),
        there_since: since.moment().and_then(exact),
        apprehended: person.apprehended().and_then(exact),
        separated: person.separation.as_ref().and_then(|separation| separation.from).and_then(exact),
        removed: person.first(|record| record.moment(Field::Removed)).and_then(exact),
        left: left.and_then(exact),
        known_since: None,
    }
}

/// The name by which a person is listed, and every other on record.
pub fn names(person: &Person<'_>) -> (String, Vec<String>) {
    let said = person.first(|record| record.name_of(Field::FullName)).map(|name| name.said.clone());
    let name = said.unwrap_or_default();
    let mut others = BTreeSet::new();
    for record in &person.records {
        for value in record.all(Field::FullName).chain(record.all(Field::AlsoKnownAs)) {
            if let rejoin_model::Value::Name(other) = value
                && other.said != name
            {
                others.insert(other.said.clone());
            }
        }
    }
    (name, others.into_iter().collect())
}

/// That agencies recorded a child and an adult as belonging together.
#[derive(Default)]
pub struct Recorded {
    relations: BTreeSet<String>,
    lists: BTreeSet<String>,
    since: Option<i32>,
}

/// Children by the alien numbers that lists give them.
pub fn numbered<'p>(everybody: &'p [Person<'_>]) -> HashMap<&'p str, PersonId> {
    let mut numbered = HashMap::new();
    for child in everybody.iter().filter(|person| person.subject == Subject::Child) {
        for number in child.records.iter().filter_map(|record| record.identifier(Field::AlienNumber)) {
            numbered.insert(number, child.id);
        }
    }
    numbered
}

/// Pairs that lists themselves record: an adult's row that names the child by its number, or a family unit of both.
fn recorded(view: &View, everybody: &[Person<'_>]) -> BTreeMap<(PersonId, PersonId), Recorded> {
    let mut pairs: BTreeMap<(PersonId, PersonId), Recorded> = BTreeMap::new();
    let numbered = numbered(everybody);
    for adult in everybody.iter().filter(|person| person.subject == Subject::Adult) {
        for record in &adult.records {
            let number = record.identifier(Field::ChildAlienNumber);
            let Some(child) = number.and_then(|number| numbered.get(number)) else { continue };
            let pair = pairs.entry((*child, adult.id)).or_default();
            pair.relations.extend(record.text(Field::Relation).map(str::to_owned));
            pair.lists.insert(record.list.clone());
            let happened = record.happened().and_then(exact);
            pair.since = [pair.since, happened].into_iter().flatten().min();
        }
    }
    let subjects: HashMap<PersonId, Subject> =
        everybody.iter().map(|person| (person.id, person.subject)).collect();
    let records: HashMap<RecordId, &rejoin_model::Record> = everybody
        .iter()
        .flat_map(|person| person.records.iter().map(|record| (record.id, *record)))
        .collect();
    let mut units: BTreeMap<(&str, &str), Vec<RecordId>> = BTreeMap::new();
    for (record, list, unit) in view.units() {
        units.entry((list, unit)).or_default().push(*record);
    }
    for members in units.values() {
        let people: HashSet<PersonId> =
            members.iter().filter_map(|record| view.person_of.get(record).copied()).collect();
        // A number that half a list has is a placeholder.
        if people.len() > LARGEST_UNIT {
            continue;
        }
        let of = |subject: Subject| {
            members.iter().filter_map(move |record| Some((*record, *view.person_of.get(record)?))).filter({
                let subjects = &subjects;
                move |(_, person)| subjects.get(person) == Some(&subject)
            })
        };
        for (row, child) in of(Subject::Child) {
            for (_, adult) in of(Subject::Adult) {
                let pair = pairs.entry((child, adult)).or_default();
                pair.relations.insert("family unit".into());
                let Some(record) = records.get(&row) else { continue };
                pair.lists.insert(record.list.clone());
                let happened = record.happened().and_then(exact);
                pair.since = [pair.since, happened].into_iter().flatten().min();
            }
        }
    }
    pairs
}
