//! A record: one row that one agency sent, understood value by value, each tied to where it was read.

use crate::field::Field;
use crate::id::RecordId;
use crate::moment::Moment;
use crate::person::{Country, Identifier, PersonName, Sex};

/// What a row of a list stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ListKind {
    /// A person apprehended at the border.
    Apprehension,
    /// An adult referred for criminal prosecution.
    ProsecutionReferral,
    /// One stay of an adult in immigration detention.
    DetentionStint,
    /// One stay of a child in a shelter.
    ShelterStay,
    /// Somebody looks for a child (or a child for somebody).
    TracingRequest,
}

impl ListKind {
    /// Every kind.
    pub const ALL: [ListKind; 5] = [
        ListKind::Apprehension,
        ListKind::ProsecutionReferral,
        ListKind::DetentionStint,
        ListKind::ShelterStay,
        ListKind::TracingRequest,
    ];

    /// The stable word used in mappings.
    pub fn word(self) -> &'static str {
        match self {
            ListKind::Apprehension => "apprehension",
            ListKind::ProsecutionReferral => "prosecution-referral",
            ListKind::DetentionStint => "detention-stint",
            ListKind::ShelterStay => "shelter-stay",
            ListKind::TracingRequest => "tracing-request",
        }
    }

    /// The kind of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// Whom a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// Under eighteen, or listed among children.
    Child,
    /// Eighteen or over, or listed among adults.
    Adult,
    /// The row does not say.
    Unknown,
}

impl Subject {
    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Subject::Child => "child",
            Subject::Adult => "adult",
            Subject::Unknown => "unknown",
        }
    }
}

/// A coded value, understood into the few meanings measures depend on. The words as written stay in the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// Handed to the parent it was separated from.
    ReunitedWithParent,
    /// Left care in another way (to a sponsor, by age, by removal …).
    LeftOtherwise,
    /// Still in care.
    StillInCare,
    /// Apprehended as part of a family unit.
    FamilyUnit,
    /// Recorded as an unaccompanied child.
    Unaccompanied,
    /// Recorded as a single adult.
    SingleAdult,
    /// Removed from the country.
    Removed,
    /// Released.
    Released,
    /// Transferred to another place or custodian.
    Transferred,
    /// The prosecutor took the case.
    Accepted,
    /// The prosecutor declined it.
    Declined,
    /// Written, but none of the above.
    Other,
}

impl Code {
    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Code::ReunitedWithParent => "reunited-with-parent",
            Code::LeftOtherwise => "left-otherwise",
            Code::StillInCare => "still-in-care",
            Code::FamilyUnit => "family-unit",
            Code::Unaccompanied => "unaccompanied",
            Code::SingleAdult => "single-adult",
            Code::Removed => "removed",
            Code::Released => "released",
            Code::Transferred => "transferred",
            Code::Accepted => "accepted",
            Code::Declined => "declined",
            Code::Other => "other",
        }
    }
}

/// A cell, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A person's name, or part of one.
    Name(PersonName),
    /// A date or time.
    Moment(Moment),
    /// A sex.
    Sex(Sex),
    /// An age in whole years.
    Age(u8),
    /// A country.
    Country(Country),
    /// A number given by an agency.
    Identifier(Identifier),
    /// A telephone number: E.164 where the country could be told, else its digits.
    Phone(String),
    /// A place, folded: spellings of one place give one text.
    Place(String),
    /// A coded value.
    Code(Code),
    /// Words, white space collapsed.
    Text(String),
}

/// Where a row was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// SHA-256 of the file as received.
    pub file: [u8; 32],
    /// Row in the file, from 1, as a spreadsheet numbers it (for text files: the line the row began on).
    pub row: u32,
}

/// One row that one agency sent, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its id.
    pub id: RecordId,
    /// The name of the list it belongs to.
    pub list: String,
    /// What its list's rows stand for.
    pub kind: ListKind,
    /// Whom it is about.
    pub subject: Subject,
    /// Where it was read.
    pub origin: Origin,
    /// Its values, in the order of [`Field`]; a field may occur more than once.
    pub values: Vec<(Field, Value)>,
    /// Its list is a list of separated children: each row records a separation.
    pub records_separation: bool,
    /// The newest delivery of its list does not have it. It still speaks for who belongs with whom, never for where
    /// somebody is or how many there are.
    pub withdrawn: bool,
}

macro_rules! accessor {
    ($name:ident, $variant:ident, $type:ty, $inner:ident => $out:expr, $doc:literal) => {
        #[doc = $doc]
        pub fn $name(&self, field: Field) -> Option<$type> {
            self.all(field).find_map(|value| match value {
                Value::$variant($inner) => Some($out),
                _ => None,
            })
        }
    };
}

impl Record {
    /// Every value of a field.
    pub fn all(&self, field: Field) -> impl Iterator<Item = &Value> {
        self.values.iter().filter(move |(of, _)| *of == field).map(|(_, value)| value)
    }

    accessor!(moment, Moment, Moment, inner => *inner, "The first date of a field.");
    accessor!(code, Code, Code, inner => *inner, "The first coded value of a field.");
    accessor!(age_of, Age, u8, inner => *inner, "The first age of a field, in whole years.");
    accessor!(name_of, Name, &PersonName, inner => inner, "The first name of a field.");
    accessor!(place, Place, &str, inner => inner.as_str(), "The first place of a field.");
    accessor!(text, Text, &str, inner => inner.as_str(), "The first text of a field.");
    accessor!(phone, Phone, &str, inner => inner.as_str(), "The first telephone number of a field.");
    accessor!(identifier, Identifier, &str, inner => inner.0.as_str(), "The first number of a field.");
    accessor!(sex_of, Sex, Sex, inner => *inner, "The first sex of a field.");
    accessor!(country_of, Country, Country, inner => *inner, "The first country of a field.");

    /// Recorded sex.
    pub fn sex(&self) -> Option<Sex> {
        self.sex_of(Field::Sex)
    }

    /// Country of origin.
    pub fn country(&self) -> Option<Country> {
        self.country_of(Field::Country)
    }

    /// The date to which the row belongs: the first that its kind dates an event by.
    pub fn happened(&self) -> Option<Moment> {
        [Field::Apprehended, Field::Placed, Field::BookIn, Field::Referred, Field::RequestReceived]
            .into_iter()
            .find_map(|field| self.moment(field))
            .or_else(|| self.moment(Field::ReferredForProsecution))
    }

    /// Age in whole years on a day: from the birth date if there is one, else as stated (a stated age is not
    /// carried forward: lists seldom say on which day it was asked).
    pub fn age_on(&self, day: Moment) -> Option<u8> {
        match self.moment(Field::BirthDate) {
            Some(birth) => {
                let (born, on) = (birth.date(), day.date());
                let before_birthday = (on.month(), on.day()) < (born.month(), born.day());
                u8::try_from(on.year() - born.year() - i16::from(before_birthday)).ok()
            }
            None => self.age_of(Field::Age),
        }
    }

    /// Age when the row's event happened.
    pub fn age(&self) -> Option<u8> {
        self.age_of(Field::Age).or_else(|| self.happened().and_then(|day| self.age_on(day)))
    }
}
