//! One person in one line: what a list shows of somebody, as far as the reader may see it.

use crate::snapshot::Snapshot;
use rejoin_access::{FieldGroup, Lens, PlaceKind};
use rejoin_model::{Country, Custodian, Field, Moment, PersonId, Record, RecordId, Sex, Subject};

/// Rows that a page has at most.
const MOST: usize = 200;

/// Which rows of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The first, from 0.
    pub first: usize,
    /// How many; at most 200 are given.
    pub rows: usize,
}

impl Default for Page {
    fn default() -> Self {
        Self { first: 0, rows: 50 }
    }
}

impl Page {
    /// Whether one of so many rows that stand behind others is on the page.
    pub(crate) fn overlaps(&self, at: u64, count: u64) -> bool {
        let first = self.first as u64;
        at < first.saturating_add(self.rows.min(MOST) as u64) && first < at + count
    }

    /// Whether a row that stands at a place among those that are seen is on the page.
    pub(crate) fn has(&self, at: u64) -> bool {
        let first = self.first as u64;
        at >= first && at - first < self.rows.min(MOST) as u64
    }
}

/// One person in one line, as far as shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonLine {
    /// The person.
    pub person: PersonId,
    /// The record that a child's file is named after; of somebody without a file, the smallest.
    pub record: RecordId,
    /// Child or adult, by the records.
    pub subject: Subject,
    /// The name, or its initials.
    pub name: Option<String>,
    /// Age in whole years, or a band of years, as of the last day that any record speaks of.
    pub age: Option<String>,
    /// Under five.
    pub tender: Option<bool>,
    /// Birth date, or its year.
    pub birth: Option<Moment>,
    /// Sex.
    pub sex: Option<Sex>,
    /// Country of origin.
    pub country: Option<Country>,
    /// The alien number or another agency's, or its last characters.
    pub number: Option<String>,
    /// Who has the person now: `border`, `marshals`, `adult-detention` or `shelter`.
    pub custodian: Option<&'static str>,
    /// Where, or in what kind of place.
    pub place: Option<String>,
}

/// A person in a snapshot.
pub(crate) struct RawLine<'a> {
    pub snapshot: &'a Snapshot,
    pub at: u32,
}

/// What is shown of a person in one line.
pub(crate) fn cut_line(lens: &Lens<'_>, raw: &RawLine<'_>) -> PersonLine {
    let RawLine { snapshot, at } = *raw;
    let base = &snapshot.base;
    let said = &base.said[at as usize];
    let person = base.people[at as usize];
    let of = |field: Field, number: &str| lens.identifier(field, number);
    let number = first(base.records(at), |record| record.identifier(Field::AlienNumber));
    let other = || first(base.records(at), |record| record.identifier(Field::AgencyPersonNumber));
    let place = said.held.as_ref().and_then(|(custodian, place)| {
        let (field, kind) = match custodian {
            Custodian::Border => (Field::Station, PlaceKind::Border),
            Custodian::Marshals => (Field::District, PlaceKind::Court),
            Custodian::Detention => (Field::Facility, PlaceKind::Detention),
            Custodian::Shelter => (Field::Facility, PlaceKind::Shelter),
        };
        lens.place(field, kind, place.as_deref()?)
    });
    let held = said.held.as_ref().map(|(custodian, _)| custodian.word());
    let name = first(base.records(at), |record| record.name_of(Field::FullName));
    let birth = first(base.records(at), |record| record.moment(Field::BirthDate));
    let sex = first(base.records(at), Record::sex);
    let country = first(base.records(at), Record::country);
    PersonLine {
        person,
        record: snapshot.named_by(at).unwrap_or(RecordId::from_bytes(*person.as_bytes())),
        subject: said.subject,
        name: name.and_then(|name| lens.name_text(Field::FullName, &name.said)),
        age: said.age.and_then(|age| lens.age(Field::Age, age)),
        tender: lens.coded(FieldGroup::BirthAndAge, base.is_tender(at)),
        birth: birth.and_then(|birth| lens.date(Field::BirthDate, birth)),
        sex: sex.and_then(|sex| lens.coded(Field::Sex, sex)),
        country: country.and_then(|country| lens.coded(Field::Country, country)),
        number: match number {
            Some(number) => of(Field::AlienNumber, number),
            None => other().and_then(|number| of(Field::AgencyPersonNumber, number)),
        },
        custodian: held.and_then(|held| lens.coded(FieldGroup::Whereabouts, held)),
        place,
    }
}

/// The first value that a record has; one that its list withdrew speaks only where no other does.
fn first<'a, T>(
    records: impl Iterator<Item = &'a Record> + Clone,
    read: impl Fn(&'a Record) -> Option<T>,
) -> Option<T> {
    let of = |withdrawn| records.clone().filter(move |record| record.withdrawn == withdrawn);
    of(false).chain(of(true)).find_map(read)
}
