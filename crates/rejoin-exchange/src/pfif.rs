//! The People Finder Interchange Format: what a feed holds, in the words of version 1.4.
//!
//! Every field is text, as the format has it; an empty text is a field that was not given. What a field means is asked
//! by methods ([`Person::expiry`], [`Person::age_range`], [`Note::status`]), so that nothing is lost where somebody
//! wrote what the format does not allow.

mod finding;
mod form;
mod read;
mod rows;
mod rules;
mod schema;
mod write;
mod xml;

pub use finding::{Code, PfifFinding, Severity};
pub use form::{instant, written};
pub use read::read;
pub use rows::{COLUMNS, Rows, to_rows};
pub use rules::validate;
pub use write::{Consent, WriteOptions, write};

/// A version of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Version {
    /// 1.1, of 2005.
    V1_1,
    /// 1.2, of 2010: sex, age, status, links.
    V1_2,
    /// 1.3, of 2011: expiry.
    V1_3,
    /// 1.4, of 2012: other names for some fields.
    #[default]
    V1_4,
}

impl Version {
    /// As the namespace has it.
    pub fn text(self) -> &'static str {
        match self {
            Version::V1_1 => "1.1",
            Version::V1_2 => "1.2",
            Version::V1_3 => "1.3",
            Version::V1_4 => "1.4",
        }
    }

    pub(crate) fn of_namespace(namespace: &str) -> Option<Version> {
        let number = namespace.strip_prefix(NAMESPACE)?;
        [Version::V1_1, Version::V1_2, Version::V1_3, Version::V1_4]
            .into_iter()
            .find(|one| one.text() == number)
    }
}

/// What every version's namespace begins with.
pub(crate) const NAMESPACE: &str = "http://zesty.ca/pfif/";

/// An element or text that the format does not know, kept as it stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extra {
    /// Its line in the file, from 1.
    pub line: u32,
    /// Its name; of nested ones, with the path to them: `outer/inner`. Empty for text outside any field.
    pub name: String,
    /// Its text.
    pub value: String,
}

/// A declaration of records: the struct, and its fields by name.
macro_rules! record {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $field:ident,)* } plus { $($(#[$more_doc:meta])* $more:ident: $kind:ty,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct $name {
            $($(#[$doc])* pub $field: String,)*
            $($(#[$more_doc])* pub $more: $kind,)*
        }

        impl $name {
            /// The fields of version 1.4, in the order in which they are written.
            pub const FIELDS: &'static [&'static str] = &[$(stringify!($field)),*];

            /// A field by its name in version 1.4.
            pub fn get(&self, field: &str) -> Option<&str> {
                match field {
                    $(stringify!($field) => Some(&self.$field),)*
                    _ => None,
                }
            }

            /// A field to write to, by its name in version 1.4.
            pub fn get_mut(&mut self, field: &str) -> Option<&mut String> {
                match field {
                    $(stringify!($field) => Some(&mut self.$field),)*
                    _ => None,
                }
            }
        }
    };
}

record! {
    /// A person sought or found.
    Person {
        /// Domain of the home repository, a slash, and the record's name there.
        person_record_id,
        /// When the record was stored where the feed comes from.
        entry_date,
        /// From when on nothing of the record may be shown any more.
        expiry_date,
        /// Who entered the record.
        author_name,
        /// The author's e-mail address. Sensitive.
        author_email,
        /// The author's telephone. Sensitive.
        author_phone,
        /// The home repository's name.
        source_name,
        /// When the home repository created the record.
        source_date,
        /// The record's page there.
        source_url,
        /// The whole name, one a line if there are several; joined from the parts where only those were given.
        full_name,
        /// Given names (`first_name` before 1.4).
        given_name,
        /// Family names (`last_name` before 1.4).
        family_name,
        /// Other names, one a line.
        alternate_names,
        /// Description (within `other` before 1.4).
        description,
        /// `female`, `male` or `other`.
        sex,
        /// Year, year and month, or the whole date. Sensitive.
        date_of_birth,
        /// Years at the source date, or a range: `35-45`.
        age,
        /// Street of the home. Sensitive.
        home_street,
        /// Neighbourhood of the home.
        home_neighborhood,
        /// Town of the home.
        home_city,
        /// State or province, by ISO 3166-2.
        home_state,
        /// Postal code (`home_zip` in 1.1).
        home_postal_code,
        /// Country, by ISO 3166-1.
        home_country,
        /// Where a photograph is.
        photo_url,
        /// Pages about the person, one a line.
        profile_urls,
    } plus {
        /// Notes that stood inside the person's record.
        notes: Vec<Note>,
        /// What the format does not know. Never written.
        extra: Vec<Extra>,
    }
}

record! {
    /// What somebody said about a person.
    Note {
        /// Domain of the home repository, a slash, and the note's name there.
        note_record_id,
        /// Whom the note is about.
        person_record_id,
        /// Another record that is held to be of the same person.
        linked_person_record_id,
        /// When the note was stored where the feed comes from.
        entry_date,
        /// Who wrote it.
        author_name,
        /// The author's e-mail address. Sensitive.
        author_email,
        /// The author's telephone. Sensitive.
        author_phone,
        /// When it was written.
        source_date,
        /// `true` or `false`: whether the author has been in contact with the person (`found` before 1.4).
        author_made_contact,
        /// What the author believes: see [`Status`].
        status,
        /// The found person's e-mail address. Sensitive.
        email_of_found_person,
        /// The found person's telephone. Sensitive.
        phone_of_found_person,
        /// Where the person was last. Sensitive if the person is, or may be, a child.
        last_known_location,
        /// What the author says.
        text,
        /// Where a photograph is.
        photo_url,
    } plus {
        /// What the format does not know. Never written.
        extra: Vec<Extra>,
    }
}

/// What remains of a person's record that expired or was deleted: that it was there, and is not any more.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tombstone {
    /// Whose record it was.
    pub person_record_id: String,
    /// When the record was emptied; equal to the entry date.
    pub source_date: String,
    /// The same again, as the format asks.
    pub entry_date: String,
    /// When the record expired.
    pub expiry_date: String,
}

impl Tombstone {
    /// Of a record deleted at a moment (microseconds since 1970).
    pub fn at(person_record_id: impl Into<String>, micros: i64) -> Tombstone {
        let date = written(micros);
        Tombstone {
            person_record_id: person_record_id.into(),
            source_date: date.clone(),
            entry_date: date.clone(),
            expiry_date: date,
        }
    }
}

/// A feed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Feed {
    /// The version it came in; always written as 1.4.
    pub version: Version,
    /// Persons, with the notes that stood inside them.
    pub persons: Vec<Person>,
    /// Notes that stood by themselves.
    pub notes: Vec<Note>,
    /// Records that expired or were deleted.
    pub tombstones: Vec<Tombstone>,
    /// What stood outside any record.
    pub extra: Vec<Extra>,
}

/// What the author of a note believes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Somebody asks.
    InformationSought,
    /// The author is the person.
    IsNoteAuthor,
    /// Believed alive.
    BelievedAlive,
    /// Believed missing.
    BelievedMissing,
    /// Believed dead.
    BelievedDead,
}

impl Status {
    /// Every status and its word.
    pub const WORDS: [(Status, &'static str); 5] = [
        (Status::InformationSought, "information_sought"),
        (Status::IsNoteAuthor, "is_note_author"),
        (Status::BelievedAlive, "believed_alive"),
        (Status::BelievedMissing, "believed_missing"),
        (Status::BelievedDead, "believed_dead"),
    ];

    /// The status of a word.
    pub fn of(word: &str) -> Option<Status> {
        Self::WORDS.iter().find(|(_, known)| *known == word).map(|(status, _)| *status)
    }
}

/// Below this age a person is a child.
const OF_AGE: u32 = 18;

impl Person {
    /// When the record expires, in microseconds since 1970; `None` without a date, `Some(None)` with one that cannot
    /// be read.
    pub fn expiry(&self) -> Option<Option<i64>> {
        let text = self.expiry_date.trim();
        (!text.is_empty()).then(|| form::understood(text))
    }

    /// Whether the record has expired. One whose expiry date cannot be read has: nobody knows until when it may be
    /// shown.
    pub fn expired(&self, now: i64) -> bool {
        self.expiry().is_some_and(|moment| moment.is_none_or(|moment| moment <= now))
    }

    /// The lowest and the highest age given, at the source date.
    pub fn age_range(&self) -> Option<(u32, u32)> {
        form::age(self.age.trim())
    }

    /// Whether the person is a child at a moment, or may be one: a range that begins below 18, or no age at all.
    pub fn may_be_child(&self, now: i64) -> bool {
        let by_birth =
            form::latest_birth(self.date_of_birth.trim()).map(|born| form::years(born, now) < OF_AGE);
        by_birth.or(self.age_range().map(|(lowest, _)| lowest < OF_AGE)).unwrap_or(true)
    }
}

impl Note {
    /// What the author believes, if it is one of the five words.
    pub fn status(&self) -> Option<Status> {
        Status::of(self.status.trim())
    }
}
