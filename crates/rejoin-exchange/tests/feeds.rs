//! Feeds that were made up: whatever a field holds comes back, what expired does not, and no bytes make the reader
//! panic.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use proptest::prelude::*;
use rejoin_exchange::pfif::{
    Code, Consent, Feed, Note, Person, Severity, Tombstone, WriteOptions, instant, read, to_rows, validate,
    write, written,
};
use support::feed;

const NOW: &str = "2018-06-26T12:00:00Z";

fn options(otherwise: Consent) -> WriteOptions {
    WriteOptions { now: instant(NOW).unwrap(), otherwise, ..Default::default() }
}

/// Text with what trips a writer: markup, entities, controls, right-to-left letters, signs outside the first plane.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[ a-zA-Z0-9]{0,8}",
        Just("<b>&amp;]]></b>".to_owned()),
        Just("&lol; \"' <!-- -->".to_owned()),
        Just("\u{202e}مريم بنت \u{5e9}\u{5dc}".to_owned()),
        Just("Peña\u{301} 😀".to_owned()),
        Just("line\r\nnext\rlast\n\tdone".to_owned()),
        any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

/// What remains of a text on the way through XML: blanks around it go, what XML cannot hold is marked.
fn held(text: &str) -> String {
    let lost =
        |sign: char| (sign < ' ' && !"\t\n\r".contains(sign)) || sign == '\u{fffe}' || sign == '\u{ffff}';
    text.trim()
        .chars()
        .map(|sign| if lost(sign) { '\u{fffd}' } else { sign })
        .collect::<String>()
        .trim()
        .to_owned()
}

/// Free text fields; others have forms of their own.
const FREE: [&str; 8] = [
    "author_name",
    "source_name",
    "given_name",
    "family_name",
    "alternate_names",
    "description",
    "home_city",
    "home_postal_code",
];

prop_compose! {
    fn person(number: usize)(
        values in proptest::collection::vec(text(), FREE.len()),
        name in "[a-z]{1,8}",
        notes in proptest::collection::vec((text(), text(), text()), 0..3),
    ) -> Person {
        let mut person = Person {
            person_record_id: format!("example.org/{number}"),
            full_name: name,
            source_date: "2018-05-01T00:00:00Z".into(),
            ..Default::default()
        };
        for (field, value) in FREE.iter().zip(values) {
            *person.get_mut(field).unwrap() = held(&value);
        }
        person.notes = (0..).zip(notes).map(|(at, (author, text, place))| Note {
            note_record_id: format!("example.org/{number}.{at}"),
            person_record_id: person.person_record_id.clone(),
            author_name: held(&author),
            source_date: "2018-05-02T00:00:00Z".into(),
            text: held(&text),
            last_known_location: held(&place),
            ..Default::default()
        }).collect();
        person
    }
}

fn any_feed() -> impl Strategy<Value = Feed> {
    (person(1), person(2), person(3), proptest::bool::ANY).prop_map(|(one, two, three, bury)| Feed {
        notes: vec![Note {
            note_record_id: "example.org/alone".into(),
            person_record_id: "elsewhere.example/9".into(),
            author_name: one.author_name.clone(),
            text: two.description.clone(),
            source_date: "2018-05-02T00:00:00Z".into(),
            ..Default::default()
        }],
        tombstones: if bury {
            vec![Tombstone::at("example.org/gone", 1_500_000_000_000_000)]
        } else {
            Vec::new()
        },
        persons: vec![one, two, three],
        ..Default::default()
    })
}

proptest! {
    #[test]
    fn whatever_a_field_holds_comes_back(feed in any_feed()) {
        let bytes = write(&feed, &options(Consent::ALL));
        let (again, findings) = read(&bytes);
        prop_assert!(findings.is_empty(), "{findings:?}");
        prop_assert_eq!(&again, &feed);
        prop_assert_eq!(write(&again, &options(Consent::ALL)), bytes.clone());
        let findings = validate(&bytes, options(Consent::ALL).now);
        prop_assert!(findings.iter().all(|finding| finding.severity() < Severity::Error), "{findings:?}");
    }

    #[test]
    fn signs_that_xml_cannot_hold_are_marked_as_lost(said in text()) {
        let person = Person { person_record_id: "example.org/1".into(), description: said.clone(), ..Default::default() };
        let bytes = write(&Feed { persons: vec![person], ..Default::default() }, &options(Consent::ALL));
        let (again, _) = read(&bytes);
        prop_assert_eq!(&again.persons[0].description, &held(&said));
    }

    #[test]
    fn no_bytes_make_it_panic(feed in any_feed(), at in any::<prop::sample::Index>(), with in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let mut bytes = write(&feed, &options(Consent::ALL));
        let place = at.index(bytes.len());
        bytes[place] = with;
        for bytes in [&bytes[..], &bytes[..cut.index(bytes.len())], &bytes[place..]] {
            let (feed, _) = read(bytes);
            let again = write(&feed, &options(Consent::NONE));
            prop_assert!(!read(&again).1.iter().any(|finding| finding.code.ends_reading()));
            let _ = (validate(bytes, 0), to_rows(&feed, 0));
        }
    }

    #[test]
    fn any_bytes_at_all(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = (read(&bytes), validate(&bytes, 0));
    }

    #[test]
    fn a_moment_written_is_read_back(seconds in -62_135_596_800_i64..253_402_207_200) {
        let micros = seconds * 1_000_000;
        prop_assert_eq!(instant(&written(micros)), Some(micros));
    }

    #[test]
    fn nothing_of_an_expired_record_is_told(feed in any_feed(), offset in -100_i64..100) {
        let mut feed = feed;
        let now = instant(NOW).unwrap();
        let expiry = now + offset * 3_600_000_000;
        feed.persons[1].expiry_date = written(expiry);
        feed.notes.push(Note { note_record_id: "example.org/late".into(), person_record_id: "example.org/2".into(), text: "told".into(), ..Default::default() });
        let bytes = write(&feed, &options(Consent::ALL));
        let (again, _) = read(&bytes);
        let told = again.persons.iter().any(|one| one.person_record_id == "example.org/2");
        let notes = again.notes.iter().any(|note| note.person_record_id == "example.org/2");
        prop_assert_eq!(told, expiry > now);
        prop_assert_eq!(notes, expiry > now);
        prop_assert_eq!(again.tombstones.iter().any(|one| one.person_record_id == "example.org/2"), expiry <= now);
        // A validator of any later day has nothing to say against it.
        let later = validate(&bytes, now + 1000 * 86_400_000_000);
        let against = |code| later.iter().any(|finding| finding.code == code);
        if expiry <= now {
            prop_assert!(!against(Code::ExpiredWithData) && !against(Code::ExpiredLate) && !against(Code::ExpiredDatesDiffer));
        }
    }
}

fn sensitive() -> Feed {
    let note = Note {
        note_record_id: "example.org/n1".into(),
        person_record_id: "example.org/1".into(),
        author_name: "Ana".into(),
        author_email: "SECRET@example.org".into(),
        author_phone: "555-SECRET".into(),
        email_of_found_person: "SECRET@example.org".into(),
        phone_of_found_person: "555-SECRET".into(),
        last_known_location: "PLACE".into(),
        source_date: "2018-05-01T00:00:00Z".into(),
        text: "seen".into(),
        ..Default::default()
    };
    let person = Person {
        person_record_id: "example.org/1".into(),
        full_name: "Example Name".into(),
        source_date: "2018-05-01T00:00:00Z".into(),
        author_email: "SECRET@example.org".into(),
        author_phone: "555-SECRET".into(),
        date_of_birth: "1980-01-SECRET".into(),
        home_street: "SECRET street".into(),
        age: "38".into(),
        notes: vec![note.clone()],
        ..Default::default()
    };
    Feed { persons: vec![person], notes: vec![note], ..Default::default() }
}

#[test]
fn what_is_sensitive_needs_consent() {
    let told = |feed: &Feed, options: &WriteOptions| String::from_utf8(write(feed, options)).unwrap();
    let mut feed = sensitive();
    let without = told(&feed, &options(Consent::NONE));
    assert!(!without.contains("SECRET"), "{without}");
    assert_eq!(without.matches("PLACE").count(), 2, "an adult's place may be told");
    assert_eq!(told(&feed, &options(Consent::ALL)).matches("SECRET").count(), 12);
    let mut some = options(Consent::NONE);
    some.consents.insert("example.org/1".into(), Consent { home_street: true, ..Consent::NONE });
    assert_eq!(told(&feed, &some).matches("SECRET").count(), 1);
    // A child's place, and the place of one who may be a child, is sensitive.
    for (age, birth, places) in [
        ("9", "", 0),
        ("", "", 0),
        ("15-45", "", 0),
        ("18-45", "", 2),
        ("", "2010", 0),
        ("9", "1980-02", 2),
        ("", "2000-06-27", 0),
        ("", "2000-06-26", 2),
    ] {
        feed.persons[0].age = age.into();
        feed.persons[0].date_of_birth = birth.into();
        let told = told(&feed, &options(Consent::NONE));
        assert_eq!(told.matches("PLACE").count(), places, "{age} {birth}");
    }
}

#[test]
fn an_expiry_that_cannot_be_read_has_passed() {
    let mut feed = sensitive();
    feed.persons[0].expiry_date = "soon".into();
    let bytes = write(&feed, &options(Consent::ALL));
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(!text.contains("Example Name") && !text.contains("seen"), "{text}");
    assert_eq!(read(&bytes).0.tombstones, vec![Tombstone::at("example.org/1", instant(NOW).unwrap())]);
}

#[test]
fn a_tombstone_wins_over_the_person() {
    let mut feed = sensitive();
    feed.tombstones.push(Tombstone::at("example.org/1", 0));
    let (again, _) = read(&write(&feed, &options(Consent::ALL)));
    assert_eq!((again.persons.len(), again.notes.len(), again.tombstones.len()), (0, 0, 1));
    assert!(to_rows(&feed, 0).rows.len() <= 1);
}

#[test]
fn a_document_type_ends_the_reading() {
    let lol = "<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY a \"lol\"><!ENTITY b \"&a;&a;&a;\">]>\
        <p:pfif xmlns:p=\"http://zesty.ca/pfif/1.4\"><p:person><p:full_name>&b;</p:full_name></p:person></p:pfif>";
    let outside = "<!DOCTYPE l SYSTEM \"http://example.org/x.dtd\"><a/>";
    for text in [lol, outside] {
        let (read, findings) = read(text.as_bytes());
        assert!(read.persons.is_empty());
        assert!(findings.iter().any(|finding| finding.code == Code::DoctypeRefused), "{findings:?}");
    }
    // An entity of nobody's stays as it stands.
    let (read_feed, findings) =
        read(&feed("1.4", "<p:person><p:full_name>A &b; &#65;&amp;</p:full_name></p:person>"));
    assert_eq!(read_feed.persons[0].full_name, "A &b; A&");
    assert!(findings.iter().any(|finding| finding.code == Code::EntityUnknown));
    let wide: String = (0..10_000).map(|number| format!(" xmlns:n{number}=\"u\"")).collect();
    let wide = feed("1.4", &format!("<p:person{wide}/>"));
    assert!(read(&wide).1.iter().any(|finding| finding.code.ends_reading()));
    let deep = feed("1.4", &"<p:x>".repeat(100_000));
    assert!(read(&deep).1.iter().any(|finding| finding.code == Code::TooDeep));
}

#[test]
fn nothing_is_lost() {
    let inner = "<p:person>\n<p:person_record_id>example.org/1</p:person_record_id><p:shoe>44</p:shoe>stray\
        <p:first_name>Ana</p:first_name><p:full_name>Ana</p:full_name><p:full_name>Anna</p:full_name>\
        <p:sex>Female</p:sex><p:source_date>2018-05-01 10:00:00+02:00</p:source_date>\
        <p:entry_date>2018-02-30T00:00:00Z</p:entry_date></p:person><p:thing><p:inner>kept</p:inner></p:thing>";
    let (feed, findings) = read(&feed("1.4", inner));
    let person = &feed.persons[0];
    assert_eq!((person.full_name.as_str(), person.given_name.as_str()), ("Ana", "Ana"));
    assert_eq!((person.sex.as_str(), person.source_date.as_str()), ("female", "2018-05-01T08:00:00Z"));
    let extra: Vec<(&str, &str)> =
        person.extra.iter().map(|one| (one.name.as_str(), one.value.as_str())).collect();
    assert_eq!(extra, [("", "stray"), ("shoe", "44"), ("full_name", "Anna")]);
    assert_eq!(feed.extra[0].name, "thing/inner");
    let find = |code| findings.iter().find(|finding| finding.code == code).unwrap();
    assert_eq!(find(Code::DateForm).said, "2018-05-01 10:00:00+02:00");
    assert_eq!(find(Code::DateForm).understood, "2018-05-01T08:00:00Z");
    assert_eq!(find(Code::DateImpossible).field, "entry_date");
    assert_eq!((find(Code::SexUnknown).line, find(Code::SexUnknown).person.as_str()), (3, "example.org/1"));
    assert_eq!(find(Code::FieldOfOtherVersion).understood, "given_name");
    // A feed that breaks off keeps what came before.
    let (half, findings) = read(
        b"<p:pfif xmlns:p=\"http://zesty.ca/pfif/1.4\"><p:person><p:full_name>Ana</p:full_name><p:note>",
    );
    assert_eq!(half.persons[0].full_name, "Ana");
    assert!(findings.iter().any(|finding| finding.code == Code::NotWellFormed));
}
