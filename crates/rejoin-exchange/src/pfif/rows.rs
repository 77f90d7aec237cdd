//! The persons of a feed as a table for the import pipeline: the preset `pfif` names these columns.

use super::{Feed, Note, Person};
use std::collections::BTreeMap;

/// The columns of [`to_rows`], named as the fields of the format where there is one.
pub const COLUMNS: [&str; 26] = [
    "person_record_id",
    "full_name",
    "given_name",
    "family_name",
    "alternate_names",
    "sex",
    "date_of_birth",
    "age",
    "age_range",
    "home_place",
    "home_country",
    "home_street",
    "description",
    "note_status",
    "note_status_date",
    "last_known_location",
    "pfif_notes",
    "linked_person_record_id",
    "author_name",
    "author_contact",
    "source_date",
    "entry_date",
    "expiry_date",
    "source_name",
    "source_url",
    "pfif_extra",
];

/// A table of text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rows {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// A row a person; as many cells as there are columns.
    pub rows: Vec<Vec<String>>,
}

/// One row a person who has not expired (as of `now`, microseconds since 1970), with what the notes say of them; a
/// note whose person is not in the feed makes a row of its own, so that none is lost. A date is given to the day.
pub fn to_rows(feed: &Feed, now: i64) -> Rows {
    let mut apart: BTreeMap<&str, Vec<&Note>> = BTreeMap::new();
    for note in &feed.notes {
        apart.entry(&note.person_record_id).or_default().push(note);
    }
    let mut rows = Vec::new();
    for person in &feed.persons {
        let others = apart.remove(person.person_record_id.as_str()).unwrap_or_default();
        if !person.expired(now) {
            let notes: Vec<&Note> = person.notes.iter().chain(others).collect();
            rows.push(row(person, notes));
        }
    }
    for tombstone in &feed.tombstones {
        apart.remove(tombstone.person_record_id.as_str());
    }
    for (id, notes) in apart {
        rows.push(row(&Person { person_record_id: id.to_owned(), ..Person::default() }, notes));
    }
    Rows { columns: COLUMNS.iter().map(|name| (*name).to_owned()).collect(), rows }
}

/// Parts that say something, joined.
fn joined<'t>(parts: impl IntoIterator<Item = &'t str>, between: &str) -> String {
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(between)
}

/// The day of a date of the format; other text as it stands.
fn day(date: &str) -> String {
    let is_moment = super::instant(date).is_some();
    date.get(..10).filter(|_| is_moment).unwrap_or(date).to_owned()
}

fn told(note: &Note) -> String {
    let contact = match note.author_made_contact.trim() {
        "true" => "in contact",
        _ => "",
    };
    let head = joined([&day(&note.source_date), note.author_name.as_str(), &note.status, contact], ", ");
    joined([head.as_str(), &note.text], ": ")
}

fn row(person: &Person, mut notes: Vec<&Note>) -> Vec<String> {
    // By their dates: the last one that has something to say of the state is the one that counts.
    notes.sort_by(|one, other| one.source_date.cmp(&other.source_date));
    let last = |field: &str| {
        let mut said =
            notes.iter().rev().filter(|note| note.get(field).is_some_and(|text| !text.trim().is_empty()));
        said.next().copied()
    };
    let status = last("status");
    let place = last("last_known_location");
    let mut names = person.full_name.lines();
    let first = names.next().unwrap_or_default().trim().to_owned();
    let further = names.chain(person.alternate_names.lines());
    let single = person.age_range().is_some_and(|(low, high)| low == high) || person.age_range().is_none();
    let age = person.age.trim().to_owned();
    let extra = person.extra.iter().chain(notes.iter().flat_map(|note| &note.extra));
    let extra: Vec<String> = extra.map(|one| joined([one.name.as_str(), &one.value], ": ")).collect();
    let told: Vec<String> = notes.iter().map(|note| told(note)).collect();
    let cells: [String; COLUMNS.len()] = [
        person.person_record_id.clone(),
        first,
        person.given_name.clone(),
        person.family_name.clone(),
        joined(further, "; "),
        person.sex.clone(),
        person.date_of_birth.clone(),
        if single { age.clone() } else { String::new() },
        if single { String::new() } else { age },
        joined([person.home_city.as_str(), &person.home_state], ", "),
        person.home_country.clone(),
        joined([person.home_street.as_str(), &person.home_neighborhood, &person.home_postal_code], ", "),
        person.description.clone(),
        status.map(|note| note.status.clone()).unwrap_or_default(),
        status.map(|note| day(&note.source_date)).unwrap_or_default(),
        place.map(|note| note.last_known_location.clone()).unwrap_or_default(),
        joined(told.iter().map(String::as_str), " | "),
        joined(notes.iter().map(|note| note.linked_person_record_id.as_str()), "; "),
        person.author_name.clone(),
        joined([person.author_phone.as_str(), &person.author_email], ", "),
        day(&person.source_date),
        day(&person.entry_date),
        day(&person.expiry_date),
        person.source_name.clone(),
        person.source_url.clone(),
        joined(extra.iter().map(String::as_str), " | "),
    ];
    cells.into()
}
