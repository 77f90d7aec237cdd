//! The inspector's program as an inspector uses it: what it says, and its exit codes.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod ledger;

use ledger::{Ledger, STATEMENT};
use rejoin_ledger::merkle;
use rejoin_ledger::note::Advance;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A directory with the files an inspector was given.
struct Desk(PathBuf);

impl Desk {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("desk-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        let desk = Self(path);
        let ledger = Ledger::small();
        desk.put("border.vkey", format!("# of the border\n{}\n", ledger.signer.vkey()).as_bytes());
        desk.put("border.export", &ledger.export(&[4, 7]));
        desk.put("card.txt", format!("{}\n", ledger.receipt(6).encode()).as_bytes());
        desk.put("text.txt", STATEMENT.as_bytes());
        desk.put("kept.note", ledger.note(3).as_bytes());
        desk
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.0.join(name), bytes).unwrap();
    }

    /// Exit code and output of a command line, its words parted by spaces.
    fn run(&self, line: &str) -> (i32, String, String) {
        self.run_words(&line.split(' ').collect::<Vec<_>>())
    }

    fn run_words(&self, words: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rejoin-ledger"));
        let output = command.args(words).current_dir(&self.0).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn an_export_is_verified_and_a_changed_one_is_not() {
    let desk = Desk::new("verify");
    let (code, out, err) = desk.run("verify border.export --key border.vkey --checkpoint kept.note");
    assert_eq!((code, err.as_str()), (0, ""));
    let root = Ledger::small().head(7).root;
    for line in [
        "7 events",
        "rejoin.example/border",
        "signed checkpoint over 4 events: agrees",
        "signed checkpoint over 7 events: agrees",
        "kept checkpoint over 3 events: is contained",
        &format!("root {root}"),
        "last 2018-06-26T08:00:06.000006Z",
    ] {
        assert!(out.contains(line), "{line:?} in {out}");
    }
    let key = Ledger::small().signer.vkey();
    assert_eq!(desk.run_words(&["verify", "border.export", "--key", &key]).0, 0);
    let export = String::from_utf8(Ledger::small().export(&[4, 7])).unwrap();
    desk.put("changed.export", export.replace(" e30= ", " W10= ").as_bytes());
    let (code, out, err) = desk.run("verify changed.export --key border.vkey");
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("line 18,") && err.contains("event 2 is not what was written"), "{err}");
    // Another past of the same length, properly signed: only the kept checkpoint tells.
    let mut forged = Ledger::small();
    forged.events[1].payload = b"[]".to_vec();
    forged.rechain();
    desk.put("forged.export", &forged.export(&[7]));
    assert_eq!(desk.run("verify forged.export --key border.vkey").0, 0);
    let (code, _, err) = desk.run("verify forged.export --key=border.vkey --checkpoint=kept.note");
    assert_eq!(code, 1);
    assert!(err.contains("over 3 events, is not of this ledger"), "{err}");
}

#[test]
fn a_card_is_proven_in_both_languages() {
    let desk = Desk::new("receipt");
    let (code, out, _) =
        desk.run("receipt card.txt --key border.vkey --statement text.txt --export border.export");
    assert_eq!(code, 0);
    for line in ["The receipt is true: event 5 of 6", "El recibo es auténtico: evento 5 de 6", "RIO-7K2M-94"]
    {
        assert!(out.contains(line), "{line:?} in {out}");
    }
    assert!(!out.contains("not checked"));
    let (code, out, _) = desk.run("receipt card.txt --key border.vkey");
    assert!(code == 0 && out.contains("The printed text was not checked"), "{out}");
    let text = Ledger::small().receipt(7).encode();
    assert_eq!(desk.run_words(&["receipt", &text, "--key", "border.vkey"]).0, 0);
    // Line ends that an editor changed are no lie; a changed word is.
    desk.put("windows.txt", STATEMENT.trim_end().replace('\n', "\r\n").as_bytes());
    assert_eq!(desk.run("receipt card.txt --key border.vkey --statement windows.txt").0, 0);
    desk.put("other.txt", STATEMENT.replace("06-01", "06-10").as_bytes());
    let (code, _, err) = desk.run("receipt card.txt --key border.vkey --statement other.txt");
    assert!(code == 1 && err.contains("este no es el texto"), "{err}");
    let mut shorter = Ledger::small();
    shorter.events.truncate(4);
    shorter.rechain();
    desk.put("shorter.export", &shorter.export(&[4]));
    assert_eq!(desk.run("receipt card.txt --key border.vkey --export shorter.export").0, 1);
    desk.put("bad.txt", b"RJ1:NOT A RECEIPT");
    assert_eq!(desk.run("receipt bad.txt --key border.vkey").0, 1);
}

#[test]
fn consistency_is_proven_between_two_checkpoints() {
    let desk = Desk::new("consistency");
    let ledger = Ledger::small();
    let proof = merkle::consistency(3, 7, &mut |level, index| ledger.node(level, index)).unwrap();
    let advance = Advance { old: 3, proof, note: ledger.note(7) };
    desk.put("proof.txt", advance.to_text().as_bytes());
    let (code, out, _) = desk.run("consistency kept.note proof.txt --key border.vkey");
    assert!(code == 0 && out.contains("the ledger of 7 events begins with that of 3"), "{out}");
    let mut forged = Ledger::small();
    forged.events[1].payload = b"[]".to_vec();
    forged.rechain();
    desk.put("forged.note", forged.note(3).as_bytes());
    assert_eq!(desk.run("consistency forged.note proof.txt --key border.vkey").0, 1);
}

#[test]
fn events_are_listed_and_steer_no_terminal() {
    let desk = Desk::new("show");
    let (code, out, _) = desk.run("show border.export --key border.vkey --kind list-received --payload");
    assert_eq!(code, 0);
    assert_eq!(out.lines().count(), 3);
    assert!(out.contains("4\t2018-06-26T08:00:03.000003Z\tsystem\tlist-received\t1\t3\t"), "{out}");
    assert!(out.contains("\\0\\n "), "{out:?}");
    let (code, out, err) = desk.run("show border.export");
    assert_eq!((code, out.lines().count()), (0, 7));
    assert!(err.contains("nothing says whose ledger it is"));
    desk.put("cut.export", &Ledger::small().export(&[7])[..900]);
    assert_eq!(desk.run("show cut.export").0, 1);
}

#[test]
fn wrong_usage_has_its_own_exit_code() {
    let desk = Desk::new("usage");
    for line in [
        "verify",
        "verify border.export",
        "verify border.export --key",
        "verify border.export --key nowhere",
        "verify nowhere --key border.vkey",
        "verify border.export more --key border.vkey",
        "verify border.export --key border.vkey --what",
        "receipt card.txt --key border.vkey --export a --export b",
        "invent",
    ] {
        let (code, out, err) = desk.run(line);
        assert_eq!((code, out.as_str()), (2, ""), "{line}: {err}");
        assert!(err.contains("--help"), "{line}: {err}");
    }
    assert_eq!(desk.run_words(&[]).0, 2);
    for line in ["--help", "verify --help", "help"] {
        let (code, out, _) = desk.run(line);
        assert!(code == 0 && out.contains("Examples"), "{line}");
    }
}
