//! What leaves a case to be checked without it: checkpoints, the export, proofs, and the cards of a family.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use rejoin_ledger::export;
use rejoin_ledger::note::{Advance, TreeHead, VerifyingKey};
use rejoin_report::text_of;
use serde_json::Value;
use support::{Case, rejoin};

const LIST: &str = "Civ ID,Family Unit Group#,First Name,Last Name,APP AGE,Apprehension Date,Station\n\
    1,FMU1,EVA,PAZ LOPEZ,7,6/1/2018,McAllen\n2,FMU1,ANA,LOPEZ CRUZ,31,6/1/2018,McAllen\n\
    3,FMU1,JUAN,PAZ LOPEZ,4,6/1/2018,McAllen\n4,,LUIS,SOTO,40,6/2/2018,Yuma\n";

fn case() -> Case {
    let case = Case::new();
    let list = case.write("border.csv", LIST);
    case.ok(&["import", &list, "--as", "border-apprehensions"]);
    case.ok(&["link"]);
    case
}

/// A person's id by the name in its record.
fn person(case: &Case, name: &str) -> String {
    for group in ["children", "adults"] {
        for row in case.json(&["list", group]).as_array().unwrap() {
            let id = row["person"].as_str().unwrap();
            if case.ok(&["person", id]).contains(name) {
                return id.to_owned();
            }
        }
    }
    panic!("nobody is called {name}")
}

fn path(case: &Case, name: &str) -> String {
    case.path().with_file_name(name).to_str().unwrap().to_owned()
}

fn fails(case: &Case, arguments: &[&str], code: i32, says: &str) {
    let output = case.run(arguments);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {words}");
    assert!(words.contains(says), "{arguments:?}: {words}");
}

#[test]
fn checkpoints_and_exports_are_checked_without_the_case() {
    let case = case();
    // Looking somebody up is a reading, and on record.
    let eva = person(&case, "EVA");
    let note = case.ok(&["ledger", "checkpoint"]);
    let kept = case.write("june.note", &note);
    let key: VerifyingKey = case.ok(&["ledger", "key"]).trim().parse().unwrap();
    let head = TreeHead::open(&note, std::slice::from_ref(&key)).unwrap();
    assert_eq!(case.json(&["ledger", "checkpoint"])["size"], head.size);
    // The ledger grows; the proof says that it only grew.
    case.ok(&["receipt", "issue", &eva, "--phone", "+1 956 555 0100", "--out", &path(&case, "one.pdf")]);
    let growth = case.ok(&["ledger", "consistency", &head.size.to_string()]);
    let later = Advance::from_text(&growth).unwrap().prove(&head, std::slice::from_ref(&key)).unwrap();
    assert_eq!(later.size, head.size + 2);
    fails(&case, &["ledger", "consistency", "1", "3"], 6, "no checkpoint was signed over 3 events");
    let proof = case.json(&["ledger", "consistency", "1", "3"]);
    assert_eq!((&proof["note"], proof["proof"].as_array().unwrap().len()), (&Value::Null, 2));
    let proof = case.json(&["ledger", "proof", "2", "--size", "7"]);
    assert_eq!(proof["path"].as_array().unwrap().len(), 3);
    fails(&case, &["ledger", "proof", "2000"], 4, "2000");
    // The inspector's file.
    let file = path(&case, "border.export");
    let made = case.json(&["ledger", "export", &file]);
    let bytes = std::fs::read(&file).unwrap();
    let summary = export::verify(bytes.as_slice(), std::slice::from_ref(&key), &mut |_, _| ()).unwrap();
    assert_eq!((made["events"].as_u64(), summary.checkpoints.len()), (Some(summary.events), 3));
    fails(&case, &["ledger", "export", &file], 3, "border.export");
    case.ok(&["verify", "--checkpoint", &kept]);
    let bare = format!("{}:{}", head.size, head.head);
    case.ok(&["verify", "--checkpoint", &bare]);
    fails(&case, &["verify", "--checkpoint", "june"], 2, "not a checkpoint");
    let other = case.write("other.note", &note.replace("rejoin/", "rejoin/0"));
    fails(&case, &["verify", "--checkpoint", &other], 5, "not this case's");
    let other = support::Case::new();
    let strange = case.write("strange.note", &other.ok(&["ledger", "checkpoint"]));
    fails(&case, &["verify", "--checkpoint", &strange], 5, "not this case's");
}

#[test]
fn every_member_of_a_family_gets_a_card_that_finds_and_proves() {
    let case = case();
    let sheet = path(&case, "cards.pdf");
    let child = person(&case, "EVA");
    fails(&case, &["receipt", "issue", &child, "--out", &sheet], 2, "whom to call");
    fails(&case, &["receipt", "issue", "p-nobody", "--out", &sheet, "--phone", "1"], 6, "nobody");
    let contact = case.path().join("receipt.toml");
    std::fs::write(contact, "organisation = 'Family line'\nphone = '+1 956 555 0100'\n").unwrap();
    let issued = case.json(&["receipt", "issue", &child, "--family", "--out", &sheet]);
    let issued = issued.as_array().unwrap();
    assert_eq!(issued.len(), 3);
    let text = text_of(&std::fs::read(&sheet).unwrap()).unwrap().join("\n");
    for card in issued {
        let [code, statement, qr] = ["code", "statement", "text"].map(|name| card[name].as_str().unwrap());
        assert!(text.contains(code), "{text}");
        statement.lines().for_each(|line| assert!(text.contains(line), "{line} is not in {text}"));
        for name in ["EVA", "ANA", "JUAN", "PAZ", "LOPEZ", "FMU1"] {
            assert!(!text.contains(name) && !statement.contains(name));
        }
        let found = case.json(&["receipt", "find", &code.to_lowercase().replace('-', "")]);
        assert_eq!((&found["person"], &found["event"]), (&card["person"], &card["event"]));
        // By the case; by the key alone, without one.
        let shown = case.json(&["receipt", "verify", qr]);
        assert_eq!((&shown["standing"], &shown["found"]["person"]), (&"stands".into(), &card["person"]));
        let scanned = case.write("scanned.txt", &format!("{qr}\n"));
        let printed = case.write("printed.txt", statement);
        let key = case.write("border.vkey", &case.ok(&["ledger", "key"]));
        let offline = ["receipt", "verify", "--file", &scanned, "--key", &key, "--statement", &printed];
        let output = rejoin(&offline);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let words = String::from_utf8(output.stdout).unwrap();
        assert!(words.contains(code) && words.contains("issued for"), "{words}");
        let spanish = rejoin(&[&["--lang", "es"], &offline[..]].concat());
        assert!(String::from_utf8(spanish.stdout).unwrap().contains("es verdadero"));
        case.write("printed.txt", &statement.replace("2018", "2019"));
        assert_eq!(rejoin(&offline).status.code(), Some(5));
        let other = support::Case::new().ok(&["ledger", "key"]);
        let other = rejoin(&["receipt", "verify", "--file", &scanned, "--key", other.trim()]);
        assert_eq!(other.status.code(), Some(5));
    }
    fails(&case, &["receipt", "find", "346-789C-DFG"], 2, "misread");
    fails(&case, &["receipt", "verify", "RJ1:ABC"], 5, "not true");
    // Nothing is printed over.
    fails(&case, &["receipt", "issue", &child, "--out", &sheet], 3, "cards.pdf");
    case.ok(&["verify"]);
}
