//! A receipt proves its event, and nothing else that looks like one does.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod ledger;

use ledger::{CODE, Ledger, STATEMENT};
use rejoin_ledger::note::{NoteError, SigningKey, TreeHead};
use rejoin_ledger::receipt::{Proven, Receipt, ReceiptError};
use rejoin_ledger::{Hash, receipt};

#[test]
fn a_receipt_proves_its_event_under_every_later_checkpoint() {
    let ledger = Ledger::small();
    for size in 5..=7 {
        let receipt = ledger.receipt(size);
        let text = receipt.encode();
        assert_eq!(Receipt::decode(&text), Ok(receipt.clone()));
        let proven = Proven {
            origin: "rejoin.example/border".into(),
            size: size as u64,
            sequence: 5,
            at_micros: ledger.events[4].at_micros,
            actor: ledger.events[4].actor.clone(),
            chain: ledger.chain[4],
        };
        assert_eq!(receipt.prove(&ledger.keys()), Ok(proven));
        assert!(receipt.states(STATEMENT));
        assert!(!receipt.states(STATEMENT.trim_end()));
        assert!(text.bytes().all(|byte| b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:".contains(&byte)));
    }
    // The event alone says nothing of code or text.
    let payload = String::from_utf8(ledger.events[4].payload.clone()).unwrap();
    assert_eq!(payload.len(), "{\"commitment\":\"\"}".len() + 64);
    assert!(!payload.contains(CODE));
}

#[test]
fn whatever_is_changed_proves_nothing() {
    let ledger = Ledger::small();
    let keys = ledger.keys();
    let good = ledger.receipt(7);
    let changes: [fn(&mut Receipt); 12] = [
        |receipt| receipt.code.push('X'),
        |receipt| receipt.nonce[3] ^= 1,
        |receipt| receipt.statement = receipt::statement("another text"),
        |receipt| receipt.sequence = 4,
        |receipt| receipt.sequence = 6,
        |receipt| receipt.at_micros += 1,
        |receipt| receipt.actor.push('x'),
        |receipt| receipt.previous.0[0] ^= 1,
        |receipt| receipt.path[0].0[0] ^= 1,
        |receipt| receipt.path.truncate(2),
        |receipt| receipt.path.push(Hash::default()),
        |receipt| receipt.note = Ledger::small().note(6),
    ];
    for (at, change) in changes.into_iter().enumerate() {
        let mut bad = good.clone();
        change(&mut bad);
        assert_eq!(bad.prove(&keys), Err(ReceiptError::NotIncluded), "change {at}");
        assert_eq!(Receipt::decode(&bad.encode()), Ok(bad), "change {at} is still a receipt's text");
    }
    for sequence in [0, 8, u64::MAX] {
        let bad = Receipt { sequence, ..good.clone() };
        assert_eq!(bad.prove(&keys), Err(ReceiptError::NotCovered { sequence, size: 7 }));
    }
    let forger = SigningKey::from_seed("rejoin.example/border", &[1; 32]).unwrap();
    let bad = Receipt { note: ledger.head(7).sign(&forger).unwrap(), ..good.clone() };
    assert_eq!(bad.prove(&keys), Err(ReceiptError::Note(NoteError::NoKnownKey)));
    assert_eq!(good.prove(&[]), Err(ReceiptError::Note(NoteError::NoKnownKey)));
    // A checkpoint over the receipt's event as the last, whose two heads are of different ledgers.
    let torn = TreeHead { head: Hash([3; 32]), ..ledger.head(5) };
    let bad = Receipt { note: torn.sign(&ledger.signer).unwrap(), ..ledger.receipt(5) };
    assert_eq!(bad.prove(&keys), Err(ReceiptError::NotIncluded));
    // Another kind of event with the same payload is no receipt.
    let mut other = Ledger::small();
    other.events[4].kind = "note-taken".into();
    other.rechain();
    assert_eq!(other.receipt(7).prove(&keys), Err(ReceiptError::NotIncluded));
}

#[test]
fn a_note_of_another_form_is_kept_as_it_is() {
    let ledger = Ledger::small();
    let witness = SigningKey::from_seed("witness.example/w1", &[9; 32]).unwrap();
    let good = ledger.receipt(7);
    let notes = [
        witness.sign_also(&good.note).unwrap(),
        ledger.signer.sign("another text\n").unwrap(),
        "no note at all".into(),
        String::new(),
    ];
    for note in notes {
        let receipt = Receipt { note, ..good.clone() };
        assert_eq!(Receipt::decode(&receipt.encode()), Ok(receipt.clone()));
    }
    let witnessed = Receipt { note: witness.sign_also(&good.note).unwrap(), ..good.clone() };
    assert!(witnessed.prove(&ledger.keys()).is_ok());
    assert!(matches!(
        witnessed.prove(&[witness.verifying_key()]),
        Err(ReceiptError::Note(NoteError::Origin(_)))
    ));
}

#[test]
fn every_bit_of_a_receipt_matters() {
    let ledger = Ledger::small();
    let text = ledger.receipt(7).encode();
    for bit in 0..text.len() * 8 {
        let mut bytes = text.clone().into_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let Ok(changed) = String::from_utf8(bytes) else { continue };
        let proven = Receipt::decode(&changed).and_then(|receipt| receipt.prove(&ledger.keys()));
        assert!(proven.is_err(), "bit {bit}: {changed}");
    }
    for cut in 0..text.len() {
        assert!(Receipt::decode(&text[..cut]).is_err());
    }
    for more in ["0", "00", "000", " ", "\n", "   "] {
        assert!(Receipt::decode(&format!("{text}{more}")).is_err(), "{more:?}");
    }
    assert!(Receipt::decode(&text.to_lowercase()).is_err());
}

/// What a card must hold for a ledger of ten million events: 24 hashes, and it still fits a QR code that a telephone
/// reads (version 27 with medium error correction holds 1,637 such characters).
#[test]
fn a_receipt_of_ten_million_events_fits_a_card() {
    let mut receipt = Ledger::small().receipt(7);
    receipt.path = vec![Hash([0xff; 32]); 24];
    receipt.sequence = 9_999_999;
    let length = receipt.encode().len();
    assert!(length <= 1637, "{length} characters");
}

proptest::proptest! {
    #[test]
    fn no_text_panics_or_proves(text in "RJ1:[0-9A-Z $%*+./:-]{0,400}|\\PC*") {
        let proven = Receipt::decode(&text).and_then(|receipt| receipt.prove(&Ledger::small().keys()));
        proptest::prop_assert!(proven.is_err());
    }

    #[test]
    fn spliced_texts_never_prove(
        at in 0usize..2000, length in 0usize..40, replacement in "[0-9A-Z $%*+./:-]{0,40}",
    ) {
        let ledger = Ledger::small();
        let text = ledger.receipt(7).encode();
        let at = at % text.len();
        let end = (at + length).min(text.len());
        let spliced = [&text[..at], &replacement, &text[end..]].concat();
        let proven = Receipt::decode(&spliced).and_then(|receipt| receipt.prove(&ledger.keys()));
        proptest::prop_assert!(spliced == text || proven.is_err());
    }
}
