//! Tampering: whoever changes the database behind the program's back is found out by `verify`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use rejoin_ingest::presets;
use rejoin_registry::{Case, Error, Extent, ImportRequest, Stamp};

const LIST: &str = "Civ ID,Family Unit Group#,First Name,Last Name,APP AGE,Apprehension Date,Station\n\
    1,FMU1,EVA,PAZ LOPEZ,7,6/1/2018,McAllen\n2,FMU1,ANA,LOPEZ CRUZ,31,6/1/2018,McAllen\n3,,LUIS,SOTO,40,6/41/2018,Yuma\n";

fn stamp() -> Stamp {
    Stamp { at_micros: 1_530_000_000_000_000, actor: "clerk".into() }
}

/// A case with one small list; gives its directory.
fn case() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let case = Case::init(&directory.path().join("case"), &stamp()).unwrap();
    let mapping = presets::named("border-apprehensions");
    let request =
        ImportRequest { name: "border.csv", bytes: LIST.as_bytes(), mapping, extent: Extent::Presumed };
    let report = case.import(&request, &stamp(), &|_, _, _| {}).unwrap();
    assert_eq!(report.added, 3);
    case.link(&stamp(), &|_, _, _| {}).unwrap();
    case.families(&stamp(), &|_, _, _| {}).unwrap();
    directory
}

fn verify(directory: &tempfile::TempDir) -> Result<u64, Error> {
    let case = Case::open(&directory.path().join("case")).unwrap();
    case.verify(None, &|_, _, _| {}).map(|checkpoint| checkpoint.size)
}

/// Runs SQL on the case's file, as somebody with the file could.
fn tamper(directory: &tempfile::TempDir, sql: &str) -> rusqlite::Result<()> {
    rusqlite::Connection::open(directory.path().join("case/rejoin.sqlite")).unwrap().execute_batch(sql)
}

const OPEN: &str = "DROP TRIGGER event_is_not_changed; DROP TRIGGER event_is_not_deleted;";

#[test]
fn the_ledger_refuses_change() {
    let directory = case();
    for sql in ["UPDATE event SET actor = 'nobody'", "DELETE FROM event WHERE sequence = 2"] {
        let refused = tamper(&directory, sql).unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{refused}");
    }
    assert_eq!(verify(&directory).unwrap(), 7);
}

#[test]
fn what_was_changed_all_the_same_is_found_and_located() {
    let check = |sql: &str, says: &str| {
        let directory = case();
        tamper(&directory, &format!("{OPEN} {sql}")).unwrap();
        let error = verify(&directory).unwrap_err();
        assert!(error.to_string().contains(says), "{sql}: {error}");
    };
    check("UPDATE event SET actor = 'nobody' WHERE sequence = 4", "event 4 ");
    check("UPDATE event SET at_micros = at_micros + 1 WHERE sequence = 1", "event 1 ");
    check("UPDATE event SET payload = CAST(payload || x'00' AS BLOB) WHERE sequence = 3", "event 3 ");
    check("DELETE FROM event WHERE sequence = 5", "event 5 is missing");
    check("UPDATE event SET hash = x'00' WHERE sequence = 2", "event 2 ");
    check("UPDATE event SET version = version + 65536 WHERE sequence = 2", "event 2 ");
    check("", "guards");
    check("CREATE TRIGGER event_is_not_changed BEFORE UPDATE ON event BEGIN SELECT 1; END", "guards");
}

#[test]
fn derived_tables_that_do_not_follow_from_the_ledger_are_found_and_mended() {
    for sql in [
        "UPDATE record SET present = 0 WHERE id = (SELECT MIN(id) FROM record)",
        "DELETE FROM record WHERE id = (SELECT MIN(id) FROM record)",
        "DELETE FROM finding",
        "UPDATE person SET person = (SELECT MAX(person) FROM person)",
        "UPDATE delivery SET mapping = replace(mapping, 'mdy', 'dmy')",
        "DELETE FROM family_unit",
        "INSERT INTO link VALUES (99, 'r-1', 'r-2', 7, 1, '[]')",
        "UPDATE candidate SET probability = 0.001",
        "DELETE FROM derived; UPDATE person SET person = (SELECT MAX(person) FROM person)",
        "UPDATE derived SET size = 999",
        "UPDATE record SET list = 'another'",
        "UPDATE family_unit SET token = 'another'",
        "INSERT INTO stream VALUES ('r-1', 1, 2)",
        "INSERT INTO activity VALUES ('r-1', 2)",
        "INSERT INTO erased VALUES ('r-1', 2)",
        "INSERT INTO tree VALUES (8, 0, x'00')",
    ] {
        let directory = case();
        tamper(&directory, sql).unwrap();
        assert!(matches!(verify(&directory), Err(Error::DerivedDiffers)), "{sql}");
        let opened = Case::open(&directory.path().join("case")).unwrap();
        opened.rebuild(&stamp(), &|_, _, _| {}).unwrap();
        verify(&directory).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}
