//! What a case is answerable with: checkpoints, proofs, exports and receipts, and that who rewrites the ledger without
//! the signing key is found out by each of them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use rejoin_access::Purpose;
use rejoin_ingest::presets;
use rejoin_ledger::merkle::{empty_root, event_leaf, node_hash, verify_consistency, verify_inclusion};
use rejoin_ledger::note::{TreeHead, VerifyingKey};
use rejoin_ledger::receipt::Receipt;
use rejoin_ledger::{Envelope, Hash, export};
use rejoin_model::{PersonId, RecordId};
use rejoin_registry::{
    Case, Contact, Error, Extent, ImportRequest, Known, ReceiptRequest, Seat, Stamp, Standing,
};
use rusqlite::Connection;

const HEADER: &str = "Civ ID,Family Unit Group#,First Name,Last Name,APP AGE,Apprehension Date,Station\n";

fn stamp() -> Stamp {
    Stamp { at_micros: 1_530_000_000_000_000, actor: "clerk".into() }
}

fn quiet(_: &str, _: u64, _: u64) {}

/// A case with rows of these: a child and its mother, and others alone.
fn case(others: usize) -> (tempfile::TempDir, Case) {
    let directory = tempfile::tempdir().unwrap();
    let mut case = Case::init(&directory.path().join("case"), &stamp()).unwrap();
    let mut list = HEADER.to_owned();
    list.push_str("1,FMU1,EVA,PAZ LOPEZ,7,6/1/2018,McAllen\n2,FMU1,ANA,LOPEZ CRUZ,31,6/1/2018,McAllen\n");
    for at in 0..others {
        list.push_str(&format!("{},,LUIS,SOTO{at},40,6/2/2018,Yuma\n", at + 3));
    }
    import(&mut case, &list);
    (directory, case)
}

fn import(case: &mut Case, list: &str) {
    let mapping = presets::named("border-apprehensions");
    let request = ImportRequest { name: "border.csv", bytes: list.as_bytes(), mapping, extent: Extent::Part };
    case.import(&request, &stamp(), &quiet).unwrap();
}

fn file(directory: &tempfile::TempDir) -> Connection {
    Connection::open(directory.path().join("case/rejoin.sqlite")).unwrap()
}

fn reopened(directory: &tempfile::TempDir) -> Case {
    Case::open(&directory.path().join("case")).unwrap()
}

fn key(case: &Case) -> VerifyingKey {
    case.vkey().unwrap().parse().unwrap()
}

/// The tree as RFC 6962 defines it, in its own words.
fn naive(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let split = leaves.len().next_power_of_two() / 2;
            node_hash(naive(&leaves[..split]), naive(&leaves[split..]))
        }
    }
}

fn leaves(directory: &tempfile::TempDir) -> Vec<Hash> {
    let connection = file(directory);
    let mut statement = connection.prepare("SELECT hash FROM event ORDER BY sequence").unwrap();
    let hashes = statement.query_map([], |row| row.get::<_, [u8; 32]>(0)).unwrap();
    hashes.map(|hash| event_leaf(Hash(hash.unwrap()))).collect()
}

/// Writes the whole ledger anew with one event changed: every hash is right, as of an attacker who knows the format. Only
/// the signing key is not theirs.
fn rewrite(directory: &tempfile::TempDir, change: &dyn Fn(u64, &mut String)) {
    let connection = file(directory);
    connection
        .execute_batch("DROP TRIGGER event_is_not_changed; DROP TRIGGER event_is_not_deleted;")
        .unwrap();
    let mut statement = connection
        .prepare("SELECT sequence, at_micros, actor, kind, version, payload FROM event ORDER BY sequence")
        .unwrap();
    type Row = (u64, i64, String, String, u16, Vec<u8>);
    let rows: Vec<Row> = statement
        .query_map([], |row| {
            Ok((
                row.get::<_, i64>(0)? as u64,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
            ))
        })
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let mut head = Hash::default();
    connection.execute_batch("BEGIN").unwrap();
    for (sequence, at_micros, mut actor, kind, version, payload) in rows {
        change(sequence, &mut actor);
        let envelope =
            Envelope { sequence, at_micros, actor: &actor, kind: &kind, version, payload: &payload };
        head = envelope.chain(head);
        connection
            .execute(
                "UPDATE event SET actor = ?1, hash = ?2 WHERE sequence = ?3",
                rusqlite::params![actor, head.0.as_slice(), sequence as i64],
            )
            .unwrap();
    }
    connection.execute_batch("COMMIT").unwrap();
    for guard in [
        "CREATE TRIGGER event_is_not_changed BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
        "CREATE TRIGGER event_is_not_deleted BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
    ] {
        connection.execute_batch(guard).unwrap();
    }
    // The kept nodes are only derived: who rewrites would put them right, or have them derived again.
    let case = reopened(directory);
    let _ = case.rebuild(&stamp(), &quiet);
}

fn request(id: &str) -> ReceiptRequest {
    let contact = Contact {
        organisation: Some("Family line".into()),
        phone: Some("+1 956 555 0100".into()),
        email: None,
    };
    ReceiptRequest { id: id.into(), contact, initials: false }
}

/// The ids of the child and the mother.
fn family(case: &Case) -> (String, String) {
    let seat = Seat { actor: case.operator("clerk").unwrap(), purpose: Purpose::DataQuality, at_micros: 1 };
    let records = case.desk(seat).unwrap().view(None).unwrap().records;
    let named = |name: &str| {
        let of = |record: &&rejoin_access::Reduced<rejoin_model::Record>| {
            record.values.iter().any(|(_, value)| format!("{value:?}").contains(name))
        };
        records.iter().find(of).unwrap().id.to_string()
    };
    (named("EVA"), named("ANA"))
}

#[test]
fn a_checkpoint_signs_the_tree_of_every_size() {
    let (directory, case) = case(596);
    let leaves = leaves(&directory);
    assert_eq!(leaves.len(), 600);
    let whole = case.tree_head(600).unwrap();
    for size in 0..=600u64 {
        let head = case.tree_head(size).unwrap();
        assert_eq!(head.root, naive(&leaves[..size as usize]), "size {size}");
        let proof = case.consistency(size, 600).unwrap();
        assert!(verify_consistency(size, 600, head.root, whole.root, &proof), "size {size}");
        if size > 0 {
            let proof = case.inclusion(size, 600).unwrap();
            assert!(verify_inclusion(leaves[size as usize - 1], size - 1, 600, &proof, whole.root));
            let proof = case.inclusion(size.div_ceil(2), size).unwrap();
            let at = size.div_ceil(2) - 1;
            assert!(verify_inclusion(leaves[at as usize], at, size, &proof, head.root), "size {size}");
        }
    }
    assert!(case.tree_head(601).is_err() && case.inclusion(0, 5).is_err() && case.inclusion(6, 5).is_err());
    assert!(case.consistency(5, 4).is_err());
    let note = case.sign_checkpoint().unwrap();
    assert_eq!(TreeHead::open(&note, &[key(&case)]).unwrap(), whole);
    assert_eq!(case.sign_checkpoint().unwrap(), note);
    assert_eq!(case.notes().unwrap(), std::slice::from_ref(&note));
    // Another case has another name and another key.
    let other = Case::init(&directory.path().join("other"), &stamp()).unwrap();
    assert!(TreeHead::open(&note, &[key(&other)]).is_err());
    assert_ne!(key(&other).name(), key(&case).name());
}

#[test]
fn an_export_is_checked_offline_and_a_flipped_bit_is_found() {
    let (directory, case) = case(20);
    case.sign_checkpoint().unwrap();
    let (child, _) = family(&case);
    case.issue_receipt(&request(&child), &stamp()).unwrap();
    let mut bytes = Vec::new();
    let size = case.export_ledger(&mut bytes, &stamp()).unwrap();
    let keys = [key(&case)];
    let summary = export::verify(bytes.as_slice(), &keys, &mut |_, _| ()).unwrap();
    assert_eq!((summary.events, summary.checkpoints.len()), (size, 3));
    assert_eq!(summary.head, case.checkpoint().unwrap().head);
    // Names are not in it, neither as they are nor in base64.
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(!text.contains("EVA") && text.contains("data-exported"));
    for at in (0..bytes.len()).step_by(37) {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        assert!(export::verify(changed.as_slice(), &keys, &mut |_, _| ()).is_err(), "byte {at}");
    }
    // An event that is changed in the database comes out changed, and is named.
    let connection = file(&directory);
    connection
        .execute_batch("DROP TRIGGER event_is_not_changed; UPDATE event SET actor = 'x' WHERE sequence = 5")
        .unwrap();
    let mut bytes = Vec::new();
    case.export_ledger(&mut bytes, &stamp()).unwrap();
    let broken = export::verify(bytes.as_slice(), &keys, &mut |_, _| ()).unwrap_err().to_string();
    assert!(broken.contains("event 5"), "{broken}");
}

#[test]
fn a_ledger_that_was_written_anew_is_caught_by_what_was_signed() {
    let (directory, mut case) = case(300);
    let note = case.sign_checkpoint().unwrap();
    import(
        &mut case,
        &format!(
            "{HEADER}1,FMU1,EVA,PAZ LOPEZ,8,6/1/2018,McAllen\n2,FMU1,ANA,LOPEZ CRUZ,31,6/1/2018,McAllen\n"
        ),
    );
    let later = case.checkpoint().unwrap();
    let kept = Known::Note(note.clone());
    case.verify_known(Some(&kept), &quiet).unwrap();
    case.verify_known(Some(&Known::Checkpoint(later)), &quiet).unwrap();
    let leaves_before = leaves(&directory);
    rewrite(&directory, &|sequence, actor| {
        if sequence == 4 {
            *actor = "somebody else".into();
        }
    });
    let changed = leaves(&directory);
    assert_eq!(changed[..3], leaves_before[..3]);
    assert!(changed[3..].iter().zip(&leaves_before[3..]).all(|(now, then)| now != then));
    // The kept note tells.
    let case = reopened(&directory);
    assert!(
        matches!(case.verify(None, &quiet), Err(Error::Note { size: 304, .. })),
        "{:?}",
        case.verify(None, &quiet)
    );
    // Nothing is signed that does not continue what was signed.
    assert!(matches!(case.sign_checkpoint(), Err(Error::Note { size: 304, .. })));
    assert_eq!(case.notes().unwrap().len(), 1);
    // Without it the case cannot know; the note that somebody kept tells.
    file(&directory).execute_batch("DELETE FROM note").unwrap();
    let case = reopened(&directory);
    case.rebuild(&stamp(), &quiet).unwrap();
    case.verify(None, &quiet).unwrap();
    assert!(matches!(case.verify_known(Some(&kept), &quiet), Err(Error::CheckpointDiffers)));
    // So does a short checkpoint, and one behind the end of a ledger cut short.
    assert!(matches!(case.verify(Some(later), &quiet), Err(Error::CheckpointDiffers)));
    // A note by somebody else's key is not believed.
    let other = Case::init(&directory.path().join("other"), &stamp()).unwrap();
    drop(other);
    let forged = note.replace("rejoin/", "rejoin/x");
    assert!(matches!(case.verify_known(Some(&Known::Note(forged)), &quiet), Err(Error::UnknownNote(_))));
}

#[test]
fn notes_that_do_not_hold_are_named() {
    for (sql, size) in [
        ("UPDATE note SET text = replace(text, 'head ', 'head  ')", 22),
        ("UPDATE note SET size = 7", 7),
        ("UPDATE note SET size = 99, text = text", 99),
    ] {
        let (directory, case) = case(18);
        case.sign_checkpoint().unwrap();
        file(&directory).execute_batch(sql).unwrap();
        let found = reopened(&directory).verify(None, &quiet);
        assert!(matches!(&found, Err(Error::Note { size: found, .. }) if *found == size), "{sql}: {found:?}");
    }
    // A ledger cut short behind a note.
    let (directory, case) = case(18);
    let note = case.sign_checkpoint().unwrap();
    file(&directory)
        .execute_batch(
            "DROP TRIGGER event_is_not_deleted; DELETE FROM event WHERE sequence = 22;
             CREATE TRIGGER event_is_not_deleted BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
        )
        .unwrap();
    let case = reopened(&directory);
    assert!(matches!(case.verify(None, &quiet), Err(Error::Note { size: 22, .. })));
    file(&directory).execute_batch("DELETE FROM note").unwrap();
    assert!(matches!(case.verify_known(Some(&Known::Note(note)), &quiet), Err(Error::CheckpointDiffers)));
    // The key's seed is another than the one whose public half the ledger names.
    let seed = directory.path().join("case.keys/signing.seed");
    std::fs::write(seed, "07".repeat(32)).unwrap();
    assert!(matches!(reopened(&directory).verify(None, &quiet), Err(Error::OtherKey)));
}

#[test]
fn a_receipt_leads_to_the_record_and_proves_it_whatever_the_database_says() {
    let (directory, case) = case(40);
    let (child, mother) = family(&case);
    let together =
        case.family_of(PersonId::from_bytes(*child.parse::<RecordId>().unwrap().as_bytes())).unwrap();
    assert_eq!(together.len(), 2);
    let requests: Vec<ReceiptRequest> = together.iter().map(|person| request(&person.to_string())).collect();
    let issued = case.issue_receipts(&requests, &stamp()).unwrap();
    assert_eq!(issued.len(), 2);
    let of_child = issued.iter().find(|issued| issued.record.to_string() == child).unwrap();
    assert!(issued.iter().any(|issued| issued.record.to_string() == mother));
    assert_eq!(
        of_child.statement,
        "Recorded / Registrado: 2018-06-01\nWhere / Dónde: border station / puesto fronterizo\n\
         Who / Quién: child / niña o niño\nFamily together / Familia junta: 2\n\
         Ask for / Pregunte por: Family line\nCall / Llame: +1 956 555 0100"
    );
    // With the card alone: the text, the public key, no case.
    let vkey = key(&case);
    let offline = |text: &str, statement: &str| {
        let receipt = Receipt::decode(text).unwrap();
        assert!(receipt.states(statement) && !receipt.states(&statement.replace("child", "adult")));
        receipt.prove(std::slice::from_ref(&vkey)).unwrap()
    };
    let proven = offline(&of_child.text, &of_child.statement);
    assert_eq!((proven.sequence, proven.actor.as_str()), (of_child.sequence, "clerk"));
    // With the case: the record is found, in whatever way the code is typed.
    let typed = of_child.code.to_lowercase().replace('-', " ");
    let found = case.find_receipt(&typed).unwrap().unwrap();
    assert_eq!((found.record, found.sequence), (of_child.record, of_child.sequence));
    assert_eq!(found.statement, of_child.statement);
    assert!(matches!(case.find_receipt(&format!("{}X", &of_child.code)), Err(Error::Code(_))));
    let shown = case.prove_receipt(&of_child.text).unwrap();
    assert_eq!((shown.standing, shown.found), (Standing::Stands, Some(found)));
    case.verify(None, &quiet).unwrap();
    case.rebuild(&stamp(), &quiet).unwrap();
    case.verify(None, &quiet).unwrap();
    // Nothing in the database tells the code or the person.
    let bytes = std::fs::read(directory.path().join("case/rejoin.sqlite")).unwrap();
    let wal = std::fs::read(directory.path().join("case/rejoin.sqlite-wal")).unwrap_or_default();
    for bytes in [&bytes, &wal] {
        let code = of_child.code.as_bytes();
        assert!(!bytes.windows(code.len()).any(|part| part == code));
    }
    // The tables are emptied: it is still proven, and where it led is derived again.
    drop(case);
    file(&directory).execute_batch("DELETE FROM receipt; DELETE FROM tree;").unwrap();
    let case = reopened(&directory);
    let shown = case.prove_receipt(&of_child.text).unwrap();
    assert_eq!((shown.standing, shown.found), (Standing::Stands, None));
    assert!(matches!(case.verify(None, &quiet), Err(Error::DerivedDiffers)));
    case.rebuild(&stamp(), &quiet).unwrap();
    assert!(case.find_receipt(&of_child.code).unwrap().is_some());
    // The ledger is cut short, then written anew: the card says so.
    let size = Receipt::decode(&of_child.text).unwrap().sequence;
    drop(case);
    let whole = std::fs::read(directory.path().join("case/rejoin.sqlite")).unwrap();
    file(&directory)
        .execute_batch(&format!(
            "DROP TRIGGER event_is_not_deleted; DELETE FROM event WHERE sequence > {size}"
        ))
        .unwrap();
    assert_eq!(reopened(&directory).prove_receipt(&of_child.text).unwrap().standing, Standing::CutShort);
    std::fs::write(directory.path().join("case/rejoin.sqlite"), whole).unwrap();
    let _ = std::fs::remove_file(directory.path().join("case/rejoin.sqlite-wal"));
    rewrite(&directory, &|sequence, actor| {
        if sequence == 4 {
            *actor = "nobody".into();
        }
    });
    let shown = reopened(&directory).prove_receipt(&of_child.text).unwrap();
    assert_eq!((shown.standing, shown.proven), (Standing::Rewritten, proven));
    // The database is another one altogether, only the key is left.
    std::fs::remove_dir_all(directory.path().join("case")).unwrap();
    Case::init(&directory.path().join("other"), &stamp()).unwrap();
    std::fs::rename(directory.path().join("other"), directory.path().join("case")).unwrap();
    offline(&of_child.text, &of_child.statement);
    assert_eq!(reopened(&directory).prove_receipt(&of_child.text).unwrap().standing, Standing::CutShort);
}

#[test]
fn a_derived_way_that_does_not_follow_from_the_ledger_is_found() {
    for sql in [
        "DELETE FROM receipt WHERE token = (SELECT MIN(token) FROM receipt)",
        "UPDATE receipt SET event = event + 1",
        "UPDATE receipt SET token = 'another' WHERE token = (SELECT MIN(token) FROM receipt)",
        "UPDATE receipt SET sealed = (SELECT sealed FROM receipt ORDER BY token DESC LIMIT 1)",
    ] {
        let (directory, case) = case(3);
        let (child, mother) = family(&case);
        case.issue_receipts(&[request(&child), request(&mother)], &stamp()).unwrap();
        file(&directory).execute_batch(sql).unwrap();
        let case = reopened(&directory);
        assert!(matches!(case.verify(None, &quiet), Err(Error::DerivedDiffers)), "{sql}");
        case.rebuild(&stamp(), &quiet).unwrap();
        case.verify(None, &quiet).unwrap();
    }
}

#[test]
fn a_card_says_whom_to_call_and_initials_only_when_the_family_chose() {
    let (directory, case) = case(1);
    let (child, _) = family(&case);
    let nobody = ReceiptRequest { contact: Contact::default(), ..request(&child) };
    let before = case.checkpoint().unwrap();
    assert!(matches!(case.issue_receipt(&nobody, &stamp()), Err(Error::Contact(_))));
    let long = Contact { phone: Some("7".repeat(60)), ..Contact::default() };
    assert!(matches!(
        case.issue_receipt(&ReceiptRequest { contact: long, ..request(&child) }, &stamp()),
        Err(Error::Contact(_))
    ));
    let stranger = request("r-0000000000000000");
    assert_eq!(case.checkpoint().unwrap(), before, "nothing was written");
    assert!(matches!(case.issue_receipts(&[request(&child), stranger], &stamp()), Err(Error::Denied(_))));
    assert_eq!(
        case.checkpoint().unwrap().size,
        before.size + 1,
        "all of it or nothing; the refusal is on record"
    );
    let path = directory.path().join("case/receipt.toml");
    assert_eq!(case.receipt_contact().unwrap(), Contact::default());
    std::fs::write(&path, "phone = \"+52 55 5555 0100\"\nemail = \"a@example.org\"\n").unwrap();
    let contact = case.receipt_contact().unwrap();
    std::fs::write(&path, "telephone = \"1\"\n").unwrap();
    assert!(matches!(case.receipt_contact(), Err(Error::Contact(_))));
    let mine = Contact { phone: Some("+1 1".into()), ..Contact::default() };
    let request = ReceiptRequest { contact: mine.or(contact), initials: true, id: child };
    let issued = case.issue_receipt(&request, &stamp()).unwrap();
    assert!(issued.statement.contains("\nInitials / Iniciales: E. P. L.\n"), "{}", issued.statement);
    assert!(issued.statement.ends_with("Call / Llame: +1 1\nWrite / Escriba: a@example.org"));
    assert!(!issued.statement.contains("PAZ") && !issued.text.contains("PAZ"));
}
