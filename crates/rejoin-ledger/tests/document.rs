//! The examples in `docs/formats/ledger.md` are what the program computes: a document that lies is worse than none.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod ledger;

use ledger::{CODE, Ledger, NONCE, STATEMENT};
use rejoin_ledger::merkle::{Frontier, empty_root, event_leaf};
use rejoin_ledger::receipt::{commitment, statement};
use rejoin_ledger::{Envelope, Hash};
use std::path::Path;

#[test]
fn the_documents_examples() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/formats/ledger.md");
    let document = std::fs::read_to_string(path).unwrap();
    let first = Envelope {
        sequence: 1,
        at_micros: 1_530_000_000_000_000,
        actor: "clerk",
        kind: "list-received",
        version: 1,
        payload: b"{}",
    };
    let second = Envelope {
        sequence: 2,
        at_micros: 1_530_000_001_000_000,
        actor: "",
        kind: "decided",
        payload: b"",
        ..first
    };
    let one = first.chain(Hash::default());
    let two = second.chain(one);
    let mut frontier = Frontier::new();
    frontier.push(event_leaf(one));
    frontier.push(event_leaf(two));
    let ledger = Ledger::small();
    let statement = statement(STATEMENT);
    let lines = [
        format!("chain(1) = {one}\n"),
        format!("chain(2) = {two}\n"),
        format!("leaf(0) = {}\n", event_leaf(one)),
        format!("leaf(1) = {}\n", event_leaf(two)),
        format!("root(2) = {}\n", frontier.root()),
        format!("SHA-256 of no bytes = {}\n", empty_root()),
        format!("`{}`", ledger.signer.vkey()),
        ledger.note(7),
        format!("statement  = {statement}\n"),
        format!("commitment = {}\n", commitment(CODE, &NONCE, statement)),
        format!("and {} characters", ledger.receipt(7).encode().len()),
    ];
    for line in lines {
        assert!(document.contains(&line), "the document has not: {line}");
    }
}
