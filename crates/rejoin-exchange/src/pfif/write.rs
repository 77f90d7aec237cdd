//! A feed as PFIF 1.4: nothing of a record that expired, nothing sensitive without consent.

use super::read::joined_name;
use super::schema::{Of, PLACEHOLDER, mandatory};
use super::{Feed, NAMESPACE, Note, Person, Tombstone, Version, form};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What a person (or who speaks for a child) consents to have told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Consent {
    /// `date_of_birth`.
    pub date_of_birth: bool,
    /// `author_email` and `author_phone`, of the record and of its notes.
    pub author_contact: bool,
    /// `email_of_found_person` and `phone_of_found_person`.
    pub found_person_contact: bool,
    /// `home_street`.
    pub home_street: bool,
    /// `last_known_location`, if the person is a child or may be one.
    pub location_of_child: bool,
}

impl Consent {
    /// Nothing sensitive.
    pub const NONE: Consent = Consent {
        date_of_birth: false,
        author_contact: false,
        found_person_contact: false,
        home_street: false,
        location_of_child: false,
    };
    /// Everything.
    pub const ALL: Consent = Consent {
        date_of_birth: true,
        author_contact: true,
        found_person_contact: true,
        home_street: true,
        location_of_child: true,
    };

    fn allows(self, field: &str, may_be_child: bool) -> bool {
        match field {
            "date_of_birth" => self.date_of_birth,
            "author_email" | "author_phone" => self.author_contact,
            "email_of_found_person" | "phone_of_found_person" => self.found_person_contact,
            "home_street" => self.home_street,
            "last_known_location" => self.location_of_child || !may_be_child,
            _ => true,
        }
    }
}

/// How a feed is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WriteOptions {
    /// The hour, in microseconds since 1970: what has expired is decided by it.
    pub now: i64,
    /// Whose consent is known, by `person_record_id`.
    pub consents: BTreeMap<String, Consent>,
    /// What holds for everybody else; nothing, unless somebody says so.
    pub otherwise: Consent,
}

/// Writes a feed as PFIF 1.4. Equal feeds and options give equal bytes.
///
/// A person past the date of expiry is written as a placeholder with four fields, and no note about that person is
/// written; the placeholder is dated by the expiry itself, as nothing of the record was told after it. So are
/// tombstones, which win over a person with the same id. A person whose expiry date cannot be read counts as expired
/// now. Elements that the format does not know are not written.
pub fn write(feed: &Feed, options: &WriteOptions) -> Vec<u8> {
    let mut writing = Writing { options, out: String::new() };
    let mut gone: HashSet<&str> = feed.tombstones.iter().map(|one| one.person_record_id.as_str()).collect();
    let mut written = gone.clone();
    gone.extend(
        feed.persons
            .iter()
            .filter(|person| person.expired(options.now))
            .map(|one| one.person_record_id.as_str()),
    );
    let known: HashMap<&str, &Person> =
        feed.persons.iter().map(|person| (person.person_record_id.as_str(), person)).collect();
    writing.out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    writing.out.push_str(&format!("<pfif:pfif xmlns:pfif=\"{NAMESPACE}{}\">\n", Version::V1_4.text()));
    for person in &feed.persons {
        let id = person.person_record_id.as_str();
        if !gone.contains(id) {
            writing.person(person, &gone);
        } else if written.insert(id) {
            writing.placeholder(&expired(person, options.now));
        }
    }
    for tombstone in &feed.tombstones {
        writing.placeholder(tombstone);
    }
    for note in feed.notes.iter().filter(|note| !gone.contains(note.person_record_id.as_str())) {
        let person = known.get(note.person_record_id.as_str());
        writing.note(note, person.is_none_or(|person| person.may_be_child(options.now)), "  ");
    }
    writing.out.push_str("</pfif:pfif>\n");
    writing.out.into_bytes()
}

/// What remains of a person whose record has expired.
fn expired(person: &Person, now: i64) -> Tombstone {
    Tombstone::at(person.person_record_id.clone(), person.expiry().flatten().unwrap_or(now))
}

struct Writing<'o> {
    options: &'o WriteOptions,
    out: String,
}

impl Writing<'_> {
    fn consent(&self, person: &str) -> Consent {
        self.options.consents.get(person).copied().unwrap_or(self.options.otherwise)
    }

    fn person(&mut self, person: &Person, gone: &HashSet<&str>) {
        let consent = self.consent(&person.person_record_id);
        let may_be_child = person.may_be_child(self.options.now);
        let joined = joined_name(person);
        self.out.push_str("  <pfif:person>\n");
        for field in Person::FIELDS {
            let value = person.get(field).unwrap_or_default().trim();
            let value = if *field == "full_name" && value.is_empty() { joined.as_str() } else { value };
            if consent.allows(field, may_be_child) {
                self.field(Of::Person, field, value, "    ");
            }
        }
        for note in &person.notes {
            // A note may name another person than the one it stands in: what that one's expiry asks holds too.
            if !gone.contains(note.person_record_id.as_str()) {
                self.note(note, may_be_child, "    ");
            }
        }
        self.out.push_str("  </pfif:person>\n");
    }

    fn note(&mut self, note: &Note, may_be_child: bool, indent: &str) {
        let consent = self.consent(&note.person_record_id);
        self.out.push_str(&format!("{indent}<pfif:note>\n"));
        for field in Note::FIELDS {
            if consent.allows(field, may_be_child) {
                let value = note.get(field).unwrap_or_default().trim();
                self.field(Of::Note, field, value, &format!("{indent}  "));
            }
        }
        self.out.push_str(&format!("{indent}</pfif:note>\n"));
    }

    fn placeholder(&mut self, tombstone: &Tombstone) {
        let values = [
            &tombstone.person_record_id,
            &tombstone.expiry_date,
            &tombstone.source_date,
            &tombstone.entry_date,
        ];
        self.out.push_str("  <pfif:person>\n");
        for (field, value) in PLACEHOLDER.iter().zip(values) {
            self.field(Of::Person, field, value.trim(), "    ");
        }
        self.out.push_str("  </pfif:person>\n");
    }

    /// A field that has a value, or must be there.
    fn field(&mut self, of: Of, field: &str, value: &str, indent: &str) {
        if value.is_empty() && !mandatory(of, Version::V1_4).contains(&field) {
            return;
        }
        let dated = field.ends_with("_date") && form::instant(value).is_none();
        let date = dated.then(|| form::understood(value).map(form::written)).flatten();
        self.out.push_str(&format!("{indent}<pfif:{field}>"));
        escape(date.as_deref().unwrap_or(value), &mut self.out);
        self.out.push_str(&format!("</pfif:{field}>\n"));
    }
}

/// Text as XML can hold it. What it cannot hold becomes the sign for something lost, so that the loss is seen.
fn escape(text: &str, out: &mut String) {
    for sign in text.chars() {
        match sign {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // By number, or a reader takes it for a line's end.
            '\r' => out.push_str("&#13;"),
            '\t' | '\n' => out.push(sign),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            // Line ends of XML 1.1: by number, so that no reader folds them.
            '\u{85}' | '\u{2028}' => out.push_str(&format!("&#{};", u32::from(sign))),
            other => out.push(other),
        }
    }
}
