//! Separations: recorded by a list, inferred from a family unit that was then in different custody, or suspected
//! from a proposed match. The three are never added up.

use crate::Person;
use rejoin_model::family::LARGEST_UNIT;
use rejoin_model::{
    Bound, Code, Custodian, Field, Moment, PersonId, Record, Separation, SeparationBasis, Subject,
};
use std::collections::{BTreeMap, HashMap};

/// A family-unit number that the border once gave a record: it counts for ever, whatever a later delivery says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unit {
    /// The list and the number.
    pub number: (String, String),
    /// Whom it was given to.
    pub person: PersonId,
}

/// Finds the separation of every child among `people` and puts it with the child. `units` are all family-unit numbers
/// ever on record, `suspected` proposed parents: (child, adult).
pub fn find(people: &mut [Person<'_>], units: &[Unit], suspected: &[(PersonId, PersonId)]) {
    let together = together(people, units);
    let mut proposed: HashMap<PersonId, Vec<PersonId>> = HashMap::new();
    for (child, adult) in suspected {
        proposed.entry(*child).or_default().push(*adult);
    }
    for person in people.iter_mut().filter(|person| person.subject == Subject::Child) {
        let with = together.get(&person.id).map_or(&[][..], Vec::as_slice);
        let suspects = proposed.get(&person.id).map_or(&[][..], Vec::as_slice);
        person.separation = separation(person, with, suspects);
    }
}

/// Child → adults apprehended in the same family unit, by the border's own numbers.
fn together(people: &[Person<'_>], given: &[Unit]) -> HashMap<PersonId, Vec<PersonId>> {
    let subjects: HashMap<PersonId, Subject> =
        people.iter().map(|person| (person.id, person.subject)).collect();
    let mut units: BTreeMap<&(String, String), Vec<(PersonId, Subject)>> = BTreeMap::new();
    for unit in given {
        if let Some(subject) = subjects.get(&unit.person) {
            units.entry(&unit.number).or_default().push((unit.person, *subject));
        }
    }
    units.retain(|_, members| {
        members.sort_unstable();
        members.dedup();
        members.len() <= LARGEST_UNIT
    });
    let mut together: HashMap<PersonId, Vec<PersonId>> = HashMap::new();
    for members in units.values() {
        let adults: Vec<PersonId> =
            members.iter().filter(|(_, subject)| *subject == Subject::Adult).map(|(id, _)| *id).collect();
        for (child, _) in members.iter().filter(|(_, subject)| *subject == Subject::Child) {
            let entry = together.entry(*child).or_default();
            entry.extend(&adults);
            entry.sort_unstable();
            entry.dedup();
        }
    }
    together
}

/// Whether a record says that the child was separated; one that its list withdrew says nothing.
pub fn says_separated(record: &Record) -> bool {
    !record.withdrawn
        && (record.records_separation
            || record.text(Field::SeparationReason).is_some()
            // Who was handed back to the separated parent was separated.
            || record.code(Field::Outcome) == Some(Code::ReunitedWithParent))
}

fn separation(person: &Person<'_>, with: &[PersonId], suspects: &[PersonId]) -> Option<Separation> {
    let in_shelter = person.chain.intervals.iter().any(|interval| interval.custodian == Custodian::Shelter);
    let recorded: Vec<&Record> =
        person.records.iter().copied().filter(|record| says_separated(record)).collect();
    let (basis, records, adults) = if !recorded.is_empty() {
        (SeparationBasis::Recorded, recorded, if with.is_empty() { suspects } else { with })
    } else if in_shelter && !with.is_empty() {
        (SeparationBasis::Inferred, person.records.clone(), with)
    } else if in_shelter && !suspects.is_empty() {
        (SeparationBasis::Suspected, person.records.clone(), suspects)
    } else {
        return None;
    };
    Some(Separation {
        child: person.id,
        adults: adults.to_vec(),
        basis,
        from: person.apprehended().or_else(|| person.first(|record| record.moment(Field::SeparatedOn))),
        ground: person.first(|record| record.text(Field::SeparationReason)).map(str::to_owned),
        attribution: None,
        reunited: reunited(&person.records),
        records: records.iter().map(|record| record.id).collect(),
    })
}

/// When a list says that the child was handed to the separated parent.
fn reunited(records: &[&Record]) -> Bound {
    let said = |record: &&&Record| {
        !record.withdrawn && record.code(Field::Outcome) == Some(Code::ReunitedWithParent)
    };
    let mut dates: Vec<Option<Moment>> =
        records.iter().filter(said).map(|record| record.moment(Field::Discharged)).collect();
    dates.sort_unstable();
    match dates.pop() {
        None => Bound::Open,
        Some(None) => Bound::Unknown,
        Some(Some(moment)) => Bound::At(moment),
    }
}

/// Days from the separation to the reunification, or to leaving care, or to `until` if neither is on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Apart {
    /// Ended by reunification, after so many days.
    Reunited(i32),
    /// The child left care in another way after so many days; whether it was with its parent then is not recorded.
    LeftCare(i32),
    /// Still in care on the day asked, after so many days.
    StillApart(i32),
    /// Not to be told from the records.
    NotRecorded,
}

/// How long a separated child was apart from its parent, as of a day.
pub fn apart(person: &Person<'_>, as_of: Moment) -> Option<Apart> {
    let separation = person.separation.as_ref()?;
    let Some(from) = separation.from else { return Some(Apart::NotRecorded) };
    let days = |until: Moment| from.days_until(until).filter(|days| *days >= 0);
    if let Bound::At(reunited) = separation.reunited
        && reunited.earliest() <= as_of.latest()
    {
        return Some(days(reunited).map_or(Apart::NotRecorded, Apart::Reunited));
    }
    let last = person.chain.intervals.iter().rfind(|interval| interval.custodian == Custodian::Shelter);
    Some(match last.map(|interval| interval.to) {
        Some(Bound::At(left)) if left.earliest() <= as_of.latest() => {
            days(left).map_or(Apart::NotRecorded, Apart::LeftCare)
        }
        Some(Bound::At(_) | Bound::Open) => days(as_of).map_or(Apart::NotRecorded, Apart::StillApart),
        Some(Bound::Unknown) | None => Apart::NotRecorded,
    })
}
