//! The fields of each version: one table, from which the rules and the reader take names, forms and order.

use super::Version;
use super::Version::{V1_1, V1_2, V1_3, V1_4};
use super::finding::Code;
use super::form;

/// Whose fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    Person,
    Note,
}

/// What a field's text must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Id,
    Date,
    Text,
    Email,
    Phone,
    Url,
    Urls,
    Capitals,
    UsState,
    State,
    Country,
    Integer,
    Boolean,
    Status,
    Sex,
    Birth,
    Age,
}

impl Form {
    /// What is wrong with a text, if anything.
    pub fn fault(self, text: &str) -> Option<Code> {
        let (good, code) = match self {
            Form::Text => return None,
            Form::Id => (form::record_id(text), Code::IdForm),
            Form::Date => (form::date(text), Code::DateForm),
            Form::Email => (form::email(text), Code::EmailForm),
            Form::Phone => (form::phone(text), Code::PhoneForm),
            Form::Url => (form::url(text), Code::UrlForm),
            Form::Urls => (form::urls(text), Code::UrlForm),
            Form::Capitals => (form::capitals(text), Code::CapitalsForm),
            Form::UsState => (form::two_capitals(text), Code::StateForm),
            Form::State => (form::state(text), Code::StateForm),
            Form::Country => (form::two_capitals(text), Code::CountryForm),
            Form::Integer => (form::integer(text), Code::NumberForm),
            Form::Boolean => (form::boolean(text), Code::BooleanForm),
            Form::Status => (super::Status::of(text).is_some(), Code::StatusUnknown),
            Form::Sex => (matches!(text, "male" | "female" | "other"), Code::SexUnknown),
            Form::Birth => (form::birth(text), Code::BirthForm),
            Form::Age => (form::age(text).is_some(), Code::AgeForm),
        };
        (!good).then_some(code)
    }
}

/// A field in a span of versions.
pub(crate) struct Field {
    pub of: Of,
    /// As those versions have it.
    pub name: &'static str,
    /// As 1.4 has it.
    pub now: &'static str,
    pub first: Version,
    pub last: Version,
    pub form: Form,
}

macro_rules! fields {
    ($($of:ident $first:ident $last:ident $form:ident $name:literal $(= $now:literal)?;)*) => {
        &[$(Field {
            of: Of::$of,
            name: $name,
            now: fields!(@now $name $($now)?),
            first: $first,
            last: $last,
            form: Form::$form,
        }),*]
    };
    (@now $name:literal) => { $name };
    (@now $name:literal $now:literal) => { $now };
}

/// Every field; those of 1.1 in the order that 1.1 asks for.
pub(crate) const FIELDS: &[Field] = fields! {
    Person V1_1 V1_4 Id "person_record_id";
    Person V1_1 V1_4 Date "entry_date";
    Person V1_3 V1_4 Date "expiry_date";
    Person V1_1 V1_4 Text "author_name";
    Person V1_1 V1_4 Email "author_email";
    Person V1_1 V1_4 Phone "author_phone";
    Person V1_1 V1_4 Text "source_name";
    Person V1_1 V1_4 Date "source_date";
    Person V1_1 V1_4 Url "source_url";
    Person V1_3 V1_4 Text "full_name";
    Person V1_1 V1_1 Capitals "first_name" = "given_name";
    Person V1_2 V1_3 Text "first_name" = "given_name";
    Person V1_4 V1_4 Text "given_name";
    Person V1_1 V1_1 Capitals "last_name" = "family_name";
    Person V1_2 V1_3 Text "last_name" = "family_name";
    Person V1_4 V1_4 Text "family_name";
    Person V1_4 V1_4 Text "alternate_names";
    Person V1_4 V1_4 Text "description";
    Person V1_2 V1_4 Sex "sex";
    Person V1_2 V1_4 Birth "date_of_birth";
    Person V1_2 V1_4 Age "age";
    Person V1_1 V1_1 Capitals "home_city";
    Person V1_2 V1_4 Text "home_city";
    Person V1_1 V1_1 UsState "home_state";
    Person V1_2 V1_4 State "home_state";
    Person V1_1 V1_1 Capitals "home_neighborhood";
    Person V1_2 V1_4 Text "home_neighborhood";
    Person V1_1 V1_1 Capitals "home_street";
    Person V1_2 V1_4 Text "home_street";
    Person V1_1 V1_1 Integer "home_zip" = "home_postal_code";
    Person V1_2 V1_2 Integer "home_postal_code";
    Person V1_3 V1_4 Text "home_postal_code";
    Person V1_2 V1_4 Country "home_country";
    Person V1_1 V1_4 Url "photo_url";
    Person V1_4 V1_4 Urls "profile_urls";
    Person V1_1 V1_3 Text "other" = "description";
    Note V1_1 V1_4 Id "note_record_id";
    Note V1_2 V1_4 Id "person_record_id";
    Note V1_2 V1_4 Id "linked_person_record_id";
    Note V1_1 V1_4 Date "entry_date";
    Note V1_1 V1_4 Text "author_name";
    Note V1_1 V1_4 Email "author_email";
    Note V1_1 V1_4 Phone "author_phone";
    Note V1_1 V1_4 Date "source_date";
    Note V1_1 V1_3 Boolean "found" = "author_made_contact";
    Note V1_4 V1_4 Boolean "author_made_contact";
    Note V1_2 V1_4 Status "status";
    Note V1_1 V1_4 Email "email_of_found_person";
    Note V1_1 V1_4 Phone "phone_of_found_person";
    Note V1_1 V1_4 Text "last_known_location";
    Note V1_1 V1_4 Text "text";
    Note V1_4 V1_4 Url "photo_url";
};

/// The field of a name in a version, and its place in the order.
pub(crate) fn field(of: Of, version: Version, name: &str) -> Option<(usize, &'static Field)> {
    FIELDS.iter().enumerate().find(|(_, field)| {
        field.of == of && field.name == name && field.first <= version && version <= field.last
    })
}

/// The field of a name in any version.
pub(crate) fn field_of_any(of: Of, name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.of == of && field.name == name)
}

/// The fields that a record must have.
pub(crate) fn mandatory(of: Of, version: Version) -> &'static [&'static str] {
    match (of, version) {
        (Of::Person, V1_1 | V1_2) => &["person_record_id", "first_name", "last_name"],
        (Of::Person, V1_3 | V1_4) => &["person_record_id", "source_date", "full_name"],
        (Of::Note, _) => &["note_record_id", "author_name", "source_date", "text"],
    }
}

/// All that an expired record may hold.
pub(crate) const PLACEHOLDER: [&str; 4] = ["person_record_id", "expiry_date", "source_date", "entry_date"];

/// The place of a field in the order that a version asks for; from 1.3 on there is none.
pub(crate) fn place(of: Of, version: Version, name: &str) -> Option<usize> {
    match (version, of, name) {
        (V1_3 | V1_4, _, _) => None,
        (_, Of::Person, "note") => Some(usize::MAX),
        (V1_1, ..) => field(of, version, name).map(|(place, _)| place),
        (V1_2, Of::Person, "person_record_id") | (V1_2, Of::Note, "note_record_id") => Some(0),
        (V1_2, Of::Note, "person_record_id") => Some(1),
        (V1_2, ..) => field(of, version, name).map(|_| 2),
    }
}
