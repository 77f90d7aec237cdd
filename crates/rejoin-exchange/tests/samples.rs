//! The sample feeds of other people: what is read is written as 1.4 and read again as the same.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use rejoin_exchange::pfif::{
    Code, Consent, Status, Version, WriteOptions, instant, read, to_rows, validate, write,
};

fn everything() -> WriteOptions {
    WriteOptions {
        now: instant("2012-06-01T00:00:00Z").unwrap(),
        otherwise: Consent::ALL,
        ..Default::default()
    }
}

#[test]
fn every_sample_survives_the_way_through_1_4() {
    for (name, bytes) in support::samples() {
        let (first, findings) = read(&bytes);
        assert!(findings.iter().all(|finding| !finding.code.ends_reading()), "{name}: {findings:?}");
        assert!(first.persons.len() + first.notes.len() > 0, "{name}");
        assert!(name.contains(&format!("pfif-{}", first.version.text())), "{name}: {:?}", first.version);
        let written = write(&first, &everything());
        let (second, _) = read(&written);
        assert_eq!(second.persons, first.persons, "{name}");
        assert_eq!(second.notes, first.notes, "{name}");
        assert_eq!(second.version, Version::V1_4);
        assert_eq!(write(&second, &everything()), written, "{name}");
        // Nothing that the format's structure forbids; the forms of values are the sender's.
        let structure = [Code::FieldMissing, Code::FieldUnknown, Code::FieldRepeated, Code::NoRecord];
        for finding in validate(&written, everything().now) {
            assert!(!structure.contains(&finding.code), "{name}: {finding:?}");
        }
    }
}

#[test]
fn the_samples_say_what_they_say() {
    let samples = support::samples();
    let Some((_, bytes)) = samples.iter().find(|(name, _)| name == "test.pfif-1.1.xml") else { return };
    let (feed, _) = read(bytes);
    let person = &feed.persons[0];
    assert_eq!(person.given_name, "_test_first_name");
    assert_eq!(person.full_name, "_test_first_name _test_last_name");
    assert_eq!(person.home_city, "_test_home_city");
    assert_eq!(person.home_postal_code, "_test_home_zip");
    assert_eq!(person.description, "_test_description");
    assert_eq!(person.notes.len(), 2);
    assert_eq!(person.notes[0].author_made_contact, "true");
    assert_eq!(person.notes[1].person_record_id, "test.google.com/person.21009");

    let (_, bytes) = samples.iter().find(|(name, _)| name == "test.pfif-1.4.xml").unwrap();
    let (feed, _) = read(bytes);
    let person = &feed.persons[0];
    assert_eq!(person.age_range(), Some((35, 45)));
    assert_eq!(person.alternate_names.lines().count(), 2);
    assert_eq!(person.notes[0].status(), Some(Status::BelievedMissing));
    assert_eq!(person.notes[0].linked_person_record_id, "test.google.com/person.999");

    let rows = to_rows(&feed, everything().now);
    let cell = |name: &str| {
        let at = rows.columns.iter().position(|column| column == name).unwrap();
        rows.rows[0][at].as_str()
    };
    assert_eq!(rows.rows.len(), 1);
    assert_eq!(cell("full_name"), "_test_full_name1");
    assert_eq!(cell("alternate_names"), "_test_full_name2; _test_alternate_name1; _test_alternate_name2");
    // The last in time that speaks of the state is not the last in the file.
    assert_eq!(cell("note_status"), "is_note_author");
    assert_eq!(cell("note_status_date"), "2000-01-18");
    assert_eq!((cell("age"), cell("age_range")), ("", "35-45"));
    assert_eq!(cell("author_name"), "_test_author_name");
}
