//! The specification's rules, each by feeds that keep it and feeds that break it. The counts are those that other
//! validators of the format give for feeds broken in the same way.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use rejoin_exchange::Language;
use rejoin_exchange::pfif::{COLUMNS, Code, PfifFinding, Severity, instant, validate};
use std::collections::HashSet;
use support::feed;

const NOW: &str = "1999-03-01T00:00:00Z";

fn checked(version: &str, inner: &str) -> Vec<PfifFinding> {
    validate(&feed(version, inner), instant(NOW).unwrap())
}

fn count(version: &str, inner: &str, code: Code) -> usize {
    checked(version, inner).iter().filter(|finding| finding.code == code).count()
}

/// Elements of a record, in short: `name=value;name=value`.
fn elements(fields: &str) -> String {
    let one = |field: &str| {
        let (name, value) = field.split_once('=').unwrap_or((field, ""));
        format!("<p:{name}>{value}</p:{name}>\n")
    };
    fields.split(';').filter(|field| !field.is_empty()).map(one).collect()
}

fn person(fields: &str, notes: &str) -> String {
    format!("<p:person>{}{notes}</p:person>", elements(fields))
}

fn note(fields: &str) -> String {
    format!("<p:note>{}</p:note>", elements(fields))
}

const NOTE: &str = "author_name=Ana;source_date=1998-01-01T00:00:00Z;text=seen";

#[test]
fn a_feed_that_keeps_the_rules_has_no_findings() {
    let old = person(
        "person_record_id=example.org/1;first_name=ANA;last_name=LOPEZ;home_city=TELA;home_zip=123;other=tall",
        &note(
            "note_record_id=example.org/n;author_name=Ana;source_date=1998-01-01T00:00:00.5Z;found=true;text=seen",
        ),
    );
    assert_eq!(checked("1.1", &old), []);
    let fields = "person_record_id=example.org/1;source_date=1998-01-01T00:00:00Z;full_name=Ana;age=3-5;sex=female;\
        date_of_birth=1994-02;home_state=HN-CR;home_country=HN;author_email=a@b;author_phone=+1 (2) 3x4;\
        profile_urls=http://a/b\nhttps://c;photo_url=https://d";
    let inside =
        note(&format!("note_record_id=example.org/n;author_made_contact=false;status=believed_alive;{NOTE}"));
    assert_eq!(checked("1.4", &person(fields, &inside)), []);
}

#[test]
fn forms_of_fields() {
    for (version, field, value, code) in [
        ("1.1", "first_name", "Ana", Some(Code::CapitalsForm)),
        ("1.2", "first_name", "Ana", None),
        ("1.1", "home_zip", "A1", Some(Code::NumberForm)),
        ("1.2", "home_postal_code", "A1", Some(Code::NumberForm)),
        ("1.3", "home_postal_code", "A1", None),
        ("1.1", "home_state", "HN-CR", Some(Code::StateForm)),
        ("1.4", "home_state", "1234", Some(Code::StateForm)),
        ("1.4", "person_record_id", "example.org/", Some(Code::IdForm)),
        ("1.4", "person_record_id", "/1", Some(Code::IdForm)),
        ("1.4", "person_record_id", "http://example.org/1", Some(Code::IdForm)),
        ("1.4", "person_record_id", "exam-ple.org./a/b", None),
        ("1.4", "source_date", "1998-01-01T00:00:00", Some(Code::DateForm)),
        ("1.4", "source_date", " 1998-01-01T00:00:00Z", Some(Code::DateForm)),
        ("1.4", "source_date", "1998-01-01T00:00:00+00:00", Some(Code::DateForm)),
        ("1.4", "source_date", "1234-56-78T90:12:34Z", Some(Code::DateImpossible)),
        ("1.4", "author_email", "@b", Some(Code::EmailForm)),
        ("1.4", "author_email", "a@", Some(Code::EmailForm)),
        ("1.4", "author_phone", "123abc", Some(Code::PhoneForm)),
        ("1.4", "source_url", "ftp://a", Some(Code::UrlForm)),
        ("1.4", "source_url", "http:///a", Some(Code::UrlForm)),
        ("1.4", "sex", "F", Some(Code::SexUnknown)),
        ("1.4", "date_of_birth", "02-1994", Some(Code::BirthForm)),
        ("1.4", "age", "3,5", Some(Code::AgeForm)),
        ("1.4", "age", "5-3", Some(Code::AgeReversed)),
        ("1.4", "home_country", "HND", Some(Code::CountryForm)),
        ("1.4", "description", "<![CDATA[<script>x</script>]]>", Some(Code::MarkupInText)),
        ("1.4", "description", "<![CDATA[5 < 6]]>", None),
        ("1.4", "description", "", Some(Code::FieldEmpty)),
        ("1.3", "description", "x", Some(Code::FieldUnknown)),
        ("1.4", "other", "x", Some(Code::FieldUnknown)),
        ("1.2", "expiry_date", "1998-01-01T00:00:00Z", Some(Code::FieldUnknown)),
    ] {
        let found = checked(version, &person(&format!("{field}={value}"), ""));
        let codes: Vec<Code> =
            found.iter().filter(|one| one.code != Code::FieldMissing).map(|one| one.code).collect();
        assert_eq!(codes, code.into_iter().collect::<Vec<_>>(), "{version} {field} {value:?}");
    }
    for (field, value, code) in [
        ("status", "alive", Code::StatusUnknown),
        ("author_made_contact", "yes", Code::BooleanForm),
        ("linked_person_record_id", "/id", Code::IdForm),
        ("phone_of_found_person", "none", Code::PhoneForm),
    ] {
        assert_eq!(count("1.4", &note(&format!("{field}={value}")), code), 1, "{field}");
    }
}

#[test]
fn structure() {
    for (version, inner, code, times) in [
        ("1.2", String::new(), Code::RootEmpty, 1),
        ("1.2", "<p:thing/>".to_owned(), Code::NoRecord, 1),
        ("1.1", note(""), Code::NoRecord, 1),
        ("1.2", note(""), Code::NoRecord, 0),
        ("1.1", person("", "") + &note(""), Code::FieldUnknown, 1),
        ("1.1", person("", ""), Code::FieldMissing, 3),
        ("1.4", person("", ""), Code::FieldMissing, 3),
        ("1.4", person("", &note("")), Code::FieldMissing, 3 + 4),
        ("1.4", note(""), Code::FieldMissing, 5),
        ("1.4", note(""), Code::NoteWithoutPerson, 1),
        ("1.4", person("person_record_id=a/1", &note("person_record_id=a/2")), Code::NoteOfOtherPerson, 1),
        ("1.4", person("person_record_id=a/1", &note("person_record_id=a/1")), Code::NoteOfOtherPerson, 0),
        (
            "1.4",
            person("person_record_id=a/1;sex=male;sex=male", &note("text=a;text=b")),
            Code::FieldRepeated,
            2,
        ),
        ("1.4", person("person_record_id=a/1", "").repeat(3), Code::IdRepeated, 2),
        ("1.4", person("person_record_id=a/1", "") + &note("note_record_id=a/1"), Code::IdRepeated, 0),
        ("1.4", person("", &note("note_record_id=a/1")) + &note("note_record_id=a/1"), Code::IdRepeated, 1),
        ("1.1", person("home_state=A;home_city=B;home_state=C", ""), Code::FieldOrder, 1),
        ("1.1", person("person_record_id=a/1;other=x", &note("text=x;found=true")), Code::FieldOrder, 1),
        ("1.2", person("home_city=B;person_record_id=a/1", ""), Code::FieldOrder, 1),
        ("1.2", person("person_record_id=a/1;other=x;home_city=B", ""), Code::FieldOrder, 0),
        ("1.2", note("note_record_id=a/1;text=x;person_record_id=a/2"), Code::FieldOrder, 1),
        ("1.3", person("home_city=B;person_record_id=a/1", ""), Code::FieldOrder, 0),
        ("1.4", note("person_record_id=a/1;linked_person_record_id=a/2"), Code::LinkOneSided, 1),
        (
            "1.4",
            person("person_record_id=a/2", &note("linked_person_record_id=a/1"))
                + &note("person_record_id=a/1;linked_person_record_id=a/2"),
            Code::LinkOneSided,
            0,
        ),
        (
            "1.4",
            person("source_date=1998-01-02T00:00:00Z;entry_date=1998-01-01T00:00:00Z", ""),
            Code::EntryBeforeSource,
            1,
        ),
    ] {
        assert_eq!(count(version, &inner, code), times, "{version} {} {inner}", code.code());
    }
    // A field of somebody else's namespace is none of the format's.
    let foreign = "<p:person><x:full_name xmlns:x=\"http://example.org/x\">Ana</x:full_name></p:person>";
    assert_eq!(count("1.4", foreign, Code::FieldUnknown), 1);
    for (text, code) in [
        ("<pfif><person/></pfif>", Code::NamespaceMissing),
        ("<p:pfif xmlns:p=\"http://zesty.ca/pfif/9.9\"><p:person/></p:pfif>", Code::NamespaceUnknown),
        ("<p:html xmlns:p=\"http://zesty.ca/pfif/1.2\"><p:person/></p:html>", Code::RootNotPfif),
        ("<p:pfif xmlns:p=\"http://zesty.ca/pfif/1.2\"><p:person>", Code::NotWellFormed),
        ("", Code::RootEmpty),
    ] {
        assert!(validate(text.as_bytes(), 0).iter().any(|finding| finding.code == code), "{text}");
    }
}

#[test]
fn expired_records_hold_four_fields() {
    let dated = |expiry: &str, source: &str, entry: &str| {
        format!(
            "person_record_id=a/1;expiry_date={expiry}T00:00:00Z;source_date={source}T00:00:00Z;entry_date={entry}T00:00:00Z"
        )
    };
    let errors = |inner: &str| -> Vec<&'static str> {
        let found = checked("1.3", inner);
        found.iter().filter(|one| one.code != Code::FieldMissing).map(|one| one.code.code()).collect()
    };
    let clean = dated("1999-02-03", "1999-02-03", "1999-02-03");
    assert_eq!(checked("1.3", &person(&clean, "")), []);
    assert_eq!(errors(&person(&format!("{clean};other=data"), "")), ["expired-with-data"]);
    assert_eq!(errors(&person(&clean, &note("note_record_id=a/n"))), ["expired-with-data"]);
    assert_eq!(errors(&(person(&clean, "") + &note("person_record_id=a/1;text=x"))), ["expired-with-data"]);
    assert_eq!(
        errors(&person(&dated("1999-02-03", "1999-02-02", "1999-02-03"), "")),
        ["expired-dates-differ"]
    );
    assert_eq!(errors(&person(&dated("1999-02-03", "1999-02-05", "1999-02-05"), "")), ["expired-late"]);
    // There is a day's time, and before the day nothing is asked.
    let late = dated("1999-02-28", "1998-01-01", "1998-01-01");
    assert_eq!(errors(&person(&format!("{late};other=data"), "")), Vec::<&str>::new());
    let after = instant("1999-03-01T00:00:01Z").unwrap();
    let found = validate(&feed("1.3", &person(&format!("{late};other=data"), "")), after);
    assert!(found.iter().any(|one| one.code == Code::ExpiredWithData), "{found:?}");
}

#[test]
fn a_finding_says_where() {
    let found = checked(
        "1.4",
        &format!("\n{}", person("person_record_id=a.b/1;sex=F", &note("note_record_id=a.b/2;status=x"))),
    );
    let sex = found.iter().find(|one| one.code == Code::SexUnknown).unwrap();
    assert_eq!(
        (sex.person.as_str(), sex.note.as_str(), sex.field.as_str(), sex.said.as_str()),
        ("a.b/1", "", "sex", "F")
    );
    let status = found.iter().find(|one| one.code == Code::StatusUnknown).unwrap();
    assert_eq!(
        (status.person.as_str(), status.note.as_str(), status.severity()),
        ("a.b/1", "a.b/2", Severity::Error)
    );
    assert!(sex.line > 2 && status.line > sex.line);
}

#[test]
fn codes_are_distinct_and_said_in_two_languages() {
    let codes: HashSet<&str> = Code::ALL.iter().map(|code| code.code()).collect();
    assert_eq!(codes.len(), Code::ALL.len());
    for code in Code::ALL {
        assert_ne!(code.words(Language::English), code.words(Language::Spanish), "{}", code.code());
    }
}

#[test]
fn the_preset_names_columns_that_are_there() {
    let preset = include_str!("../../../presets/pfif.toml");
    let first = |line: &str| {
        line.strip_prefix("names = [\"").and_then(|rest| rest.split('"').next().map(str::to_owned))
    };
    let mapped: Vec<String> = preset.lines().filter_map(first).collect();
    assert_eq!(mapped.len(), 13);
    for name in mapped {
        assert!(COLUMNS.contains(&name.as_str()), "{name}");
    }
}
