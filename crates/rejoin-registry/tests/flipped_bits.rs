//! Single bits of a case's file, flipped as a failing disk flips them: each is found, or changes nothing that is answered.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use rejoin_model::Verdict;
use rejoin_registry::{Case, DecisionRequest, Error, Evidence};
use std::collections::BTreeMap;
use std::path::Path;
use support::{Dice, answers, assert_same, copy, desk, import, lists, stamp};

fn quiet(_: &str, _: u64, _: u64) {}

/// A case with something in most tables, closed: one file.
fn case() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let lists = lists(9, 5);
    let mut case = Case::init(&directory.path().join("case"), &stamp(0)).unwrap();
    import(&mut case, "border-apprehensions", "border.csv", &lists.border, 1).unwrap();
    import(&mut case, "shelter-portal", "shelter.csv", &lists.shelter, 1).unwrap();
    case.link(&stamp(2), &quiet).unwrap();
    case.families(&stamp(2), &quiet).unwrap();
    let found =
        desk(&case).view(None).unwrap().candidates.into_iter().find(|one| one.relation.is_parent()).unwrap();
    let request = DecisionRequest {
        child: found.child,
        other: found.other,
        relation: None,
        verdict: Verdict::Rejected,
        reason: "she says she is no kin".into(),
    };
    case.decide(&request, &stamp(3)).unwrap();
    let memo = "[[source]]\nid = \"memo\"\nfile = \"memo.txt\"\ntitle = \"A memorandum\"\nby = \"an office\"\nstatus = \"public\"\n";
    let bytes = BTreeMap::from([("memo".to_owned(), vec![b'x'; 9000])]);
    case.record_evidence(Evidence::parse(memo).unwrap(), &bytes, &stamp(4)).unwrap();
    directory
}

/// The columns of an event.
type Event = (i64, i64, String, String, i64, Vec<u8>, Vec<u8>);

/// Every event, as whoever has the file reads it.
fn events(directory: &Path) -> Vec<Event> {
    let connection = rusqlite::Connection::open(directory.join("case/rejoin.sqlite")).unwrap();
    let mut statement = connection.prepare("SELECT * FROM event ORDER BY sequence").unwrap();
    let read = |row: &rusqlite::Row<'_>| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?))
    };
    statement.query_map([], read).unwrap().map(Result::unwrap).collect()
}

/// What comes of a flipped bit: what verification says, and the case if it says nothing.
fn flipped(original: &Path, bytes: &[u8], at: usize, bit: u32) -> (tempfile::TempDir, Result<Case, Error>) {
    let directory = tempfile::tempdir().unwrap();
    copy(original, directory.path());
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1 << bit;
    std::fs::write(directory.path().join("case/rejoin.sqlite"), bytes).unwrap();
    let found =
        Case::open(&directory.path().join("case")).and_then(|case| case.verify(None, &quiet).map(|_| case));
    (directory, found)
}

#[test]
fn a_flipped_bit_anywhere_is_found_or_changes_no_answer() {
    let original = case();
    let original = original.path();
    let file = original.join("case/rejoin.sqlite");
    assert!(!original.join("case/rejoin.sqlite-wal").exists(), "one file");
    let bytes = std::fs::read(&file).unwrap();
    let (told, ledger) = (answers(&Case::open(&original.join("case")).unwrap()), events(original));
    let mut dice = Dice(31);
    let (mut located, mut damaged, mut derived, mut harmless) = (0, 0, 0, 0);
    for _ in 0..240 {
        let at = dice.below(bytes.len() as u64) as usize;
        let bit = dice.below(8) as u32;
        let (directory, found) = flipped(original, &bytes, at, bit);
        match found {
            Err(Error::Tampered(breach)) => {
                assert!(breach.to_string().contains("event "), "{breach}");
                located += 1;
            }
            Err(Error::DerivedDiffers) => derived += 1,
            Err(_) => damaged += 1,
            Ok(case) => {
                assert_same(&told, &answers(&case), &format!("bit {bit} of byte {at}"));
                drop(case);
                assert!(ledger == events(directory.path()), "bit {bit} of byte {at} changed an event");
                harmless += 1;
            }
        }
    }
    println!("located {located}, damaged {damaged}, derived {derived}, harmless {harmless}");
    assert!(
        located > 15 && damaged > 15 && derived > 10 && harmless > 0,
        "{located} {damaged} {derived} {harmless}"
    );
}

#[test]
fn a_flipped_bit_of_an_event_is_located() {
    let original = case();
    let original = original.path();
    let bytes = std::fs::read(original.join("case/rejoin.sqlite")).unwrap();
    let ledger = events(original);
    let mut dice = Dice(32);
    for _ in 0..60 {
        let (sequence, .., payload, hash) = &ledger[dice.below(ledger.len() as u64) as usize];
        // A piece that is in the file once, and lies on one page.
        let piece = if dice.below(3) == 0 || payload.len() < 48 { &hash[..] } else { &payload[..48] };
        let places: Vec<usize> = (0..bytes.len() - piece.len())
            .filter(|at| bytes[*at] == piece[0] && &bytes[*at..*at + piece.len()] == piece)
            .collect();
        let Some(place) = places.first() else { continue };
        let at = place + dice.below(piece.len() as u64) as usize;
        let (_directory, found) = flipped(original, &bytes, at, dice.below(8) as u32);
        match found {
            Err(Error::Tampered(breach)) => {
                assert!(breach.to_string().contains(&format!("event {sequence} ")), "{sequence}: {breach}");
            }
            Err(other) => panic!("event {sequence}: {other}"),
            Ok(_) => panic!("event {sequence}: not found"),
        }
    }
}
