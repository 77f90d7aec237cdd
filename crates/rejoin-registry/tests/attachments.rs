//! Documents attached to files: sealed, found by who may see the file, gone with whom they are about.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use rejoin_access::{Actor, Organisation, Purpose};
use rejoin_casework::Fact;
use rejoin_registry::{Case, Desk, Error, Given, LARGEST_ATTACHMENT, NewAttachment, Seat};
use std::collections::BTreeSet;
use support::{import, stamp};

const LIST: &str = "uac_program_id,A Number,first_name,last_name,gender,dob,COO,Date Apprehended,Admission Date,program_name\n\
    S1,214550001,EVA,PAZ,Female,3/4/2011,Honduras,5/9/2018,6/1/2018,Casa\n\
    S2,214550002,LUIS,SOTO,Male,3/5/2011,Honduras,5/9/2018,6/1/2018,Casa\n";
const DEED: &[u8] = b"%PDF-1.7 ACTA DE NACIMIENTO: EVA PAZ, HIJA DE ROSA PAZ";

struct Place {
    directory: tempfile::TempDir,
    case: Case,
    children: Vec<String>,
}

fn place() -> Place {
    let directory = tempfile::tempdir().unwrap();
    let mut case = Case::init(&directory.path().join("case"), &stamp(0)).unwrap();
    import(&mut case, "shelter-portal", "shelters.csv", LIST, 1).unwrap();
    case.link(&stamp(2), &|_, _, _| {}).unwrap();
    let mut place = Place { directory, case, children: Vec::new() };
    let view = place.desk("custodian", Purpose::DataQuality).view(None).unwrap();
    let of = |number: &str| {
        let said = |record: &rejoin_model::Record| format!("{:?}", record.values).contains(number);
        view.person_of[&view.records.iter().find(|record| said(record)).unwrap().id].to_string()
    };
    place.children = vec![of("214550001"), of("214550002")];
    place
}

impl Place {
    fn desk(&self, role: &str, purpose: Purpose) -> Desk<'_> {
        let actor = Actor {
            account: format!("a-{role}"),
            organisation: Organisation::new(["registry"]).unwrap(),
            teams: BTreeSet::new(),
            roles: vec![self.case.roles().unwrap().named(role).unwrap()],
            subject_of: None,
        };
        self.case.desk(Seat { actor, purpose, at_micros: stamp(9).at_micros }).unwrap()
    }

    fn supervisor(&self) -> Desk<'_> {
        self.desk("supervisor", Purpose::ChildCare)
    }

    /// The hash of the newest document of a child's file.
    fn hash(&self, child: &str) -> String {
        let file = self.supervisor().person(child).unwrap().unwrap().casework.unwrap();
        let entry = file.entries.iter().rev().find(|entry| entry.kind == "attached").unwrap();
        entry.fields.iter().find(|(name, _)| name == "hash").unwrap().1.clone()
    }
}

#[test]
fn a_document_comes_back_as_it_was_and_is_nowhere_in_the_clear() {
    let place = place();
    let (eva, luis) = (&place.children[0], &place.children[1]);
    let supervisor = place.supervisor();
    let given = Given { expected: None, key: Some("once".into()) };
    let new = NewAttachment::named("acta de nacimiento.PDF", DEED.to_vec());
    let first = supervisor.attach(eva, new.clone(), &given).unwrap();
    let again = supervisor.attach(eva, new.clone(), &given).unwrap();
    assert!(!first.before && again.before && again.first == first.first, "attached once");
    let hash = place.hash(eva);
    let found = supervisor.attachment(eva, &hash).unwrap().unwrap();
    assert_eq!(
        (found.name.as_str(), found.media_type.as_str()),
        ("acta de nacimiento.PDF", "application/pdf")
    );
    assert_eq!(found.bytes, DEED);
    // The same bytes in another file are another document, and no file is reached by the hash of another.
    assert_eq!(supervisor.attachment(luis, &hash).unwrap(), None);
    supervisor.attach(luis, NewAttachment::named("copy.pdf", DEED.to_vec()), &Given::default()).unwrap();
    assert_eq!(supervisor.attachment(luis, &hash).unwrap().unwrap().name, "copy.pdf");
    // That it was read is on record.
    let readings = supervisor.readers(eva).unwrap();
    assert!(readings.iter().any(|reading| reading.what == "document"), "{readings:?}");
    place.case.verify(None, &|_, _, _| {}).unwrap();
    for entry in std::fs::read_dir(place.directory.path().join("case")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let has = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
            assert!(
                !has(b"ACTA DE NACIMIENTO") && !has(hash.as_bytes()) && !has(b"acta de"),
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn whom_was_erased_has_no_documents_and_the_ledger_stands() {
    let place = place();
    let (eva, luis) = (&place.children[0], &place.children[1]);
    let supervisor = place.supervisor();
    for child in [eva, luis] {
        supervisor.attach(child, NewAttachment::named("deed.pdf", DEED.to_vec()), &Given::default()).unwrap();
    }
    let hash = place.hash(eva);
    place.desk("custodian", Purpose::DataQuality).erase(eva, "asked for", "court order 1").unwrap();
    let gone = place.supervisor().attachment(eva, &hash);
    assert!(matches!(gone, Ok(None) | Err(Error::Denied(_))), "{gone:?}");
    assert_eq!(place.supervisor().attachment(luis, &hash).unwrap().unwrap().bytes, DEED);
    place.case.verify(None, &|_, _, _| {}).unwrap();
}

#[test]
fn a_document_that_is_gone_or_another_is_found() {
    let place = place();
    let eva = &place.children[0];
    place
        .supervisor()
        .attach(eva, NewAttachment::named("deed.pdf", DEED.to_vec()), &Given::default())
        .unwrap();
    let path = place.directory.path().join("case").join("rejoin.sqlite");
    let raw = rusqlite::Connection::open(path).unwrap();
    let sealed: Vec<u8> = raw.query_row("SELECT bytes FROM document", [], |row| row.get(0)).unwrap();
    let mut other = sealed.clone();
    *other.last_mut().unwrap() ^= 1;
    for change in [Some(other), None] {
        match &change {
            Some(bytes) => raw.execute("UPDATE document SET bytes = ?1", [bytes]).unwrap(),
            None => raw.execute("DELETE FROM document", []).unwrap(),
        };
        let found = place.case.verify(None, &|_, _, _| {});
        assert!(matches!(found, Err(Error::Document(_))), "{found:?}");
    }
    raw.execute("INSERT INTO document (hash, bytes) SELECT 'x', ?1", [&sealed]).unwrap();
    assert!(place.case.verify(None, &|_, _, _| {}).is_err(), "under another name it is not that document");
}

#[test]
fn what_may_not_be_attached_is_refused() {
    let place = place();
    let eva = &place.children[0];
    let supervisor = place.supervisor();
    for size in [0, LARGEST_ATTACHMENT + 1] {
        let refused = supervisor.attach(eva, NewAttachment::named("a.pdf", vec![0; size]), &Given::default());
        assert!(matches!(refused, Err(Error::DocumentSize(_))), "{refused:?}");
    }
    // The fact alone, without the bytes, would name what nobody has.
    let fact = Fact::Attached {
        about: None,
        hash: "0".repeat(64),
        name: "a.pdf".into(),
        media_type: "application/pdf".into(),
    };
    assert!(matches!(supervisor.command(eva, &[fact], &Given::default()), Err(Error::DocumentAlone)));
    let journalist = place.desk("journalist", Purpose::Statistics);
    let refused = journalist.attach(eva, NewAttachment::named("a.pdf", DEED.to_vec()), &Given::default());
    assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    assert!(place.case.verify(None, &|_, _, _| {}).is_ok());
}

#[test]
fn whoever_is_not_shown_what_a_document_may_say_does_not_open_it() {
    let place = place();
    let eva = &place.children[0];
    // Staff of the shelter may attach, and have a sign of it only: they see numbers and casework reduced.
    let shelter = place.desk("shelter-staff", Purpose::ChildCare);
    shelter.attach(eva, NewAttachment::named("deed.pdf", DEED.to_vec()), &Given::default()).unwrap();
    let hash = place.hash(eva);
    for (role, purpose) in [
        ("shelter-staff", Purpose::ChildCare),
        ("inspector", Purpose::Oversight),
        ("court-monitor", Purpose::Court),
        ("supervisor", Purpose::FamilyTracing),
        ("supervisor", Purpose::Verification),
    ] {
        let desk = place.desk(role, purpose);
        assert!(!desk.person(eva).unwrap().unwrap().opens_documents, "{role}");
        let refused = desk.attachment(eva, &hash);
        assert!(matches!(refused, Ok(None) | Err(Error::Denied(_))), "{role}: {refused:?}");
    }
    for (role, purpose) in [
        ("supervisor", Purpose::ChildCare),
        ("case-worker", Purpose::ChildCare),
        ("custodian", Purpose::DataQuality),
    ] {
        assert!(place.desk(role, purpose).attachment(eva, &hash).unwrap().is_some(), "{role}");
    }
    // A rule that withholds one field withholds the documents, which may say it.
    let asked = rejoin_registry::Withholding {
        fields: "whereabouts".into(),
        recipient: "role:case-worker".into(),
        reason: "threats".into(),
        until: None,
    };
    place.supervisor().withhold(eva, &asked).unwrap();
    let refused = place.desk("case-worker", Purpose::ChildCare).attachment(eva, &hash);
    assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
}
