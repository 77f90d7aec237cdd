//! Golden files, written once; and a verifier in another language, written from the document, that must agree with ours
//! on them, on what is true and on what is broken.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod ledger;

use ledger::{Ledger, STATEMENT};
use rejoin_ledger::export::verify;
use rejoin_ledger::note::SigningKey;
use rejoin_ledger::receipt::Receipt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const EXPORT: &[u8] = include_bytes!("golden/ledger.export");
const RECEIPT: &str = include_str!("golden/receipt.txt");
const KEY: &str = include_str!("golden/ledger.vkey");
const CARD: &str = include_str!("golden/card.txt");

/// The files are never written again: what was exported in the first year must be read in the last.
#[test]
fn golden_files_are_written_and_read_as_ever() {
    let ledger = Ledger::small();
    assert_eq!(format!("{}\n", ledger.signer.vkey()), KEY);
    assert_eq!(CARD, STATEMENT);
    assert_eq!(String::from_utf8_lossy(&ledger.export(&[4, 7])), String::from_utf8_lossy(EXPORT));
    assert_eq!(format!("{}\n", ledger.receipt(7).encode()), RECEIPT);
    let keys = [KEY.trim_end().parse().unwrap()];
    let summary = verify(EXPORT, &keys, &mut |_, _| ()).unwrap();
    assert_eq!((summary.events, summary.bytes), (7, EXPORT.len() as u64));
    let receipt = Receipt::decode(RECEIPT.trim_end_matches('\n')).unwrap();
    assert_eq!(receipt.prove(&keys).unwrap().sequence, 5);
    assert!(receipt.states(CARD));
}

/// A directory of this test's own, removed when it is over.
struct Room(PathBuf);

impl Room {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn python_is_there() -> bool {
    let status =
        Command::new("python3").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let there = status.is_ok_and(|status| status.success());
    if !there {
        eprintln!("skipped: no python3");
    }
    there
}

/// Whether the second verifier accepts, and what it prints.
fn second(command: &str, files: &[&Path]) -> (bool, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/second_verifier.py");
    let output = Command::new("python3").arg(script).arg(command).args(files).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let code = output.status.code();
    assert!(code == Some(0) || code == Some(1), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("Traceback"));
    (code == Some(0), printed)
}

#[test]
fn the_second_verifier_agrees_on_exports() {
    if !python_is_there() {
        return;
    }
    let room = Room::new("exports");
    let witness = SigningKey::from_seed("witness.example/w1", &[9; 32]).unwrap();
    let small = Ledger::small();
    let mut keys = small.keys();
    keys.push(witness.verifying_key());
    let witnessed = small.export_with(&keys, &[witness.sign_also(&small.note(7)).unwrap()]);
    let key_file = room.file("keys", format!("{}\n{}\n", small.signer.vkey(), witness.vkey()).as_bytes());
    let exports = [
        EXPORT.to_vec(),
        witnessed,
        small.export(&[0, 1, 2, 3, 4, 5, 6, 7]),
        Ledger::of(Vec::new()).export(&[0]),
        Ledger::large(300, 40).export(&[255, 256, 257, 300]),
    ];
    for (at, export) in exports.iter().enumerate() {
        let ours = verify(&export[..], &keys, &mut |_, _| ()).unwrap();
        let (accepted, printed) = second("export", &[&room.file("export", export), &key_file]);
        let expected = format!("events {}\nroot {}\nhead {}\n", ours.events, ours.root, ours.head);
        assert_eq!((accepted, printed), (true, expected), "export {at}");
    }
    // Broken ones: both refuse.
    let mut state = 7u64;
    for _ in 0..25 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let bit = (state >> 16) as usize % (EXPORT.len() * 8);
        let mut bytes = EXPORT.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(verify(&bytes[..], &keys, &mut |_, _| ()).is_err(), "bit {bit}");
        let (accepted, printed) = second("export", &[&room.file("export", &bytes), &key_file]);
        assert!(!accepted, "bit {bit}: {printed}");
    }
}

#[test]
fn the_second_verifier_agrees_on_receipts() {
    if !python_is_there() {
        return;
    }
    let room = Room::new("receipts");
    let ledger = Ledger::small();
    let (key, card) = (room.file("key", KEY.as_bytes()), room.file("card", CARD.as_bytes()));
    for size in 5..=7 {
        let receipt = ledger.receipt(size);
        let file = room.file("receipt", receipt.encode().as_bytes());
        let (accepted, printed) = second("receipt", &[&file, &key, &card]);
        assert!(accepted, "{printed}");
        assert_eq!(printed, format!("sequence 5\nsize {size}\nchain {}\n", receipt.chain()));
    }
    let other = room.file("other", b"another text");
    assert!(!second("receipt", &[&room.file("receipt", RECEIPT.as_bytes()), &key, &other]).0);
    let changes: [fn(&mut Receipt); 5] = [
        |receipt| receipt.code.push('X'),
        |receipt| receipt.nonce[0] ^= 1,
        |receipt| receipt.at_micros += 1,
        |receipt| receipt.path[1].0[9] ^= 1,
        |receipt| receipt.note = receipt.note.replace("\n7\n", "\n8\n"),
    ];
    for change in changes {
        let mut bad = ledger.receipt(7);
        change(&mut bad);
        assert!(bad.prove(&ledger.keys()).is_err());
        assert!(!second("receipt", &[&room.file("receipt", bad.encode().as_bytes()), &key]).0);
    }
}
