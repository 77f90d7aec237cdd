//! Whatever is done to an export, the reader finds it and says where.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod ledger;

use ledger::Ledger;
use rejoin_ledger::export::{Broken, Fault, VerifyError, WriteError, Writer, verify, verify_holding};
use rejoin_ledger::note::{NoteError, SigningKey, TreeHead, VerifyingKey};
use rejoin_ledger::{Breach, Hash};

fn broken(bytes: &[u8], keys: &[VerifyingKey]) -> Option<Broken> {
    match verify(bytes, keys, &mut |_, _| ()) {
        Ok(_) => None,
        Err(VerifyError::Broken(broken)) => Some(broken),
        Err(VerifyError::Io(error)) => panic!("{error}"),
    }
}

/// The place of every byte: which line, and for an event which.
fn event_of(export: &[u8], at: usize) -> Option<u64> {
    let start = export[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let line = &export[start..];
    let rest = line.strip_prefix(b"event ")?;
    std::str::from_utf8(rest.split(|byte| *byte == b' ').next()?).ok()?.parse().ok()
}

/// Flips a bit and demands that the byte is inside what the reader names.
fn flipped_is_located(export: &[u8], keys: &[VerifyingKey], bit: usize) {
    let mut bytes = export.to_vec();
    let at = bit / 8;
    bytes[at] ^= 1 << (bit % 8);
    let shown =
        String::from_utf8_lossy(&bytes[at.saturating_sub(20)..(at + 20).min(bytes.len())]).into_owned();
    let found =
        broken(&bytes, keys).unwrap_or_else(|| panic!("bit {bit} of byte {at} is not found: {shown}"));
    assert!(found.bytes.contains(&(at as u64)), "bit {bit} of byte {at} ({shown}) is placed at {found}");
    if let Some(event) = event_of(export, at) {
        assert_eq!(found.event, Some(event), "byte {at}: {found}");
        let line = export[..at].iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
        assert_eq!(found.line, line, "byte {at}: {found}");
    }
}

#[test]
fn every_bit_of_a_small_export_matters_and_is_located() {
    let ledger = Ledger::small();
    let witness = SigningKey::from_seed("witness.example/w1", &[9; 32]).unwrap();
    let mut keys = ledger.keys();
    keys.push(witness.verifying_key());
    let notes = [ledger.note(3), witness.sign_also(&ledger.note(7)).unwrap()];
    let export = ledger.export_with(&keys, &notes);
    assert_eq!(broken(&export, &keys), None);
    for bit in 0..export.len() * 8 {
        flipped_is_located(&export, &keys, bit);
    }
}

#[test]
fn random_bits_of_a_large_export_are_located() {
    let ledger = Ledger::large(3000, 200);
    let (export, keys) = (ledger.export(&[1, 1024, 2999, 3000]), ledger.keys());
    assert_eq!(broken(&export, &keys), None);
    let mut state = 1u64;
    for _ in 0..60 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        flipped_is_located(&export, &keys, (state >> 16) as usize % (export.len() * 8));
    }
}

#[test]
fn what_is_read_is_what_was_written() {
    let ledger = Ledger::small();
    let mut at = 0;
    let summary = verify(&ledger.export(&[0, 4, 7])[..], &ledger.keys(), &mut |envelope, chain| {
        assert_eq!((*envelope, chain), (ledger.envelope(at), ledger.chain[at]));
        at += 1;
    })
    .unwrap();
    assert_eq!(at, 7);
    assert_eq!((summary.events, summary.root, summary.head), (7, ledger.head(7).root, ledger.chain[6]));
    assert_eq!(summary.checkpoints, [ledger.head(0), ledger.head(4), ledger.head(7)]);
    assert_eq!(summary.span, Some((ledger.events[0].at_micros, ledger.events[6].at_micros)));
    let empty = Ledger::of(Vec::new());
    let summary = verify(&empty.export(&[0])[..], &empty.keys(), &mut |_, _| ()).unwrap();
    assert_eq!((summary.events, summary.head, summary.span), (0, Hash::default(), None));
}

#[test]
fn a_file_cut_anywhere_is_found() {
    let ledger = Ledger::small();
    let export = ledger.export(&[7]);
    for length in 0..export.len() {
        let found = broken(&export[..length], &ledger.keys()).unwrap();
        assert!(found.bytes.end <= length as u64);
        let event = event_of(&export, length);
        if event.is_some() {
            assert_eq!(found.event, event, "cut at {length}: {found}");
        }
    }
    for more in ["\n", " ", "x", "end 7\n", "event"] {
        let longer = [&export[..], more.as_bytes()].concat();
        assert_eq!(
            broken(&longer, &ledger.keys()).unwrap().bytes.start,
            export.len() as u64,
            "{more:?} after the end"
        );
    }
}

#[test]
fn lines_dropped_doubled_and_swapped_are_found_at_their_place() {
    let ledger = Ledger::small();
    let export = String::from_utf8(ledger.export(&[2, 7])).unwrap();
    let lines: Vec<&str> = export.split_inclusive('\n').collect();
    for at in 0..lines.len() {
        let mut dropped = lines.clone();
        dropped.remove(at);
        let found = broken(dropped.concat().as_bytes(), &ledger.keys()).unwrap();
        let event = lines[at].strip_prefix("event ").map(|rest| rest[..1].parse::<u64>().unwrap());
        if let Some(event) = event.filter(|event| *event < 7) {
            let fault = Fault::Event(Breach::Sequence { expected: event, found: event + 1 });
            assert_eq!((found.event, found.fault), (Some(event), fault));
        }
        let mut doubled = lines.clone();
        doubled.insert(at, lines[at]);
        let found = broken(doubled.concat().as_bytes(), &ledger.keys()).unwrap();
        if let Some(event) = event {
            let fault = Fault::Event(Breach::Sequence { expected: event + 1, found: event });
            assert_eq!((found.line, found.fault), (at as u64 + 2, fault));
        }
        if at + 1 < lines.len() {
            let mut swapped = lines.clone();
            swapped.swap(at, at + 1);
            let found = broken(swapped.concat().as_bytes(), &ledger.keys());
            assert!(found.is_some(), "lines {} and {} swapped", at + 1, at + 2);
        }
    }
}

/// Every spelling that means the same and is not the one spelling.
#[test]
fn other_spellings_are_refused() {
    let ledger = Ledger::small();
    let export = String::from_utf8(ledger.export(&[7])).unwrap();
    let last = export.lines().rev().nth(1).unwrap();
    let chain = last.rsplit(' ').next().unwrap();
    let edits = [
        ("event 7 ", "event 07 "),
        ("event 7 ", "event +7 "),
        ("event 7 ", "event  7 "),
        ("event 7 ", "event\t7 "),
        ("event 7 ", " event 7 "),
        ("event 7 ", "Event 7 "),
        (chain, &chain.to_uppercase()),
        (" eA== ", " eA "),
        (" eA== ", " eB== "),
        ("end 7\n", "end 7\r\n"),
        ("end 7\n", "end 7 \n"),
        ("end 7\n", "end 07\n"),
        ("end 7\n", "end 7"),
        ("end 7\n", "end 8\n"),
        ("end 7\n", "\nend 7\n"),
        ("checkpoint\n", "checkpoint \n"),
        ("rejoin ledger export 1\n", "\u{feff}rejoin ledger export 1\n"),
        ("rejoin ledger export 1\n", "rejoin ledger export 2\n"),
    ];
    for (from, to) in edits {
        let changed = export.replacen(from, to, 1);
        assert_ne!(changed, export, "{from:?} is there");
        let found = broken(changed.as_bytes(), &ledger.keys());
        assert!(found.is_some(), "{from:?} → {to:?} passes");
    }
}

/// Who can write the file can make the whole chain again; the signed checkpoints and the ones kept elsewhere say no.
#[test]
fn a_past_written_anew_is_found_by_what_was_signed_and_what_was_kept() {
    let honest = Ledger::small();
    let kept = honest.head(4);
    let mut forged = Ledger::small();
    forged.events[2].payload = b"{\"list\":\"A\",\"rows\":2}".to_vec();
    forged.rechain();
    // With the honest signatures: the events are rewritten, the header is not.
    let header = honest.export(&[2, 4, 7]);
    let header = &header[..header.windows(6).position(|window| window == b"event ").unwrap()];
    let events = forged.export(&[7]);
    let events = &events[events.windows(6).position(|window| window == b"event ").unwrap()..];
    let found = broken(&[header, events].concat(), &honest.keys()).unwrap();
    assert_eq!((found.event, found.fault), (Some(4), Fault::Rewritten { after: 2, size: 4 }));
    // With the key: only who kept an earlier checkpoint can tell.
    let resigned = forged.export(&[7]);
    assert_eq!(broken(&resigned, &forged.keys()), None);
    let result = verify_holding(&resigned[..], &forged.keys(), std::slice::from_ref(&kept), &mut |_, _| ());
    let Err(VerifyError::Broken(found)) = result else { panic!("{result:?}") };
    assert_eq!((found.event, found.fault), (Some(4), Fault::Held { size: 4 }));
    let honest_export = honest.export(&[7]);
    for size in 0..=7 {
        let held = [kept.clone(), honest.head(size)];
        assert!(verify_holding(&honest_export[..], &honest.keys(), &held, &mut |_, _| ()).is_ok());
    }
    // A ledger cut back to before what was kept, properly signed.
    let mut short = Ledger::small();
    short.events.truncate(3);
    short.rechain();
    let result = verify_holding(&short.export(&[3])[..], &short.keys(), &[kept], &mut |_, _| ());
    let Err(VerifyError::Broken(found)) = result else { panic!("{result:?}") };
    assert_eq!(found.fault, Fault::Missing { size: 4 });
    // Another ledger's head of the same size.
    let stranger = TreeHead { origin: "other.example".into(), ..honest.head(3) };
    assert!(verify_holding(&honest_export[..], &honest.keys(), &[stranger], &mut |_, _| ()).is_err());
}

/// A checkpoint signs two heads, of the tree and of the chain; one of them right is not enough. Nor are two checkpoints
/// of one size.
#[test]
fn both_heads_of_a_checkpoint_must_agree() {
    let ledger = Ledger::small();
    let export = String::from_utf8(ledger.export(&[3, 7])).unwrap();
    let honest = ledger.head(3);
    for torn in [
        TreeHead { root: Hash([3; 32]), ..honest.clone() },
        TreeHead { head: Hash([3; 32]), ..honest.clone() },
    ] {
        let text = export.replace(&ledger.note(3), &torn.sign(&ledger.signer).unwrap());
        let found = broken(text.as_bytes(), &ledger.keys()).unwrap();
        assert_eq!((found.event, found.fault), (Some(3), Fault::Rewritten { after: 0, size: 3 }));
        let whole = ledger.export(&[7]);
        assert!(verify_holding(&whole[..], &ledger.keys(), &[torn], &mut |_, _| ()).is_err());
    }
    let doubled = format!("checkpoint\n{}", ledger.note(3)).repeat(2);
    let text = export.replace(&format!("checkpoint\n{}", ledger.note(3)), &doubled);
    assert_eq!(broken(text.as_bytes(), &ledger.keys()).unwrap().line, 10);
}

#[test]
fn only_keys_that_the_inspector_holds_count() {
    let ledger = Ledger::small();
    let export = ledger.export(&[7]);
    let forger = SigningKey::from_seed("rejoin.example/border", &[1; 32]).unwrap();
    let found = broken(&export, &[forger.verifying_key()]).unwrap();
    assert_eq!((found.line, found.fault), (2, Fault::UnknownKey(ledger.signer.vkey())));
    assert!(broken(&export, &[]).is_some());
    // The forger's signature under the honest key's name and id.
    let note = forger.sign(&ledger.head(7).body()).unwrap();
    let text = String::from_utf8(export).unwrap().replace(&ledger.note(7), &note);
    let found = broken(text.as_bytes(), &ledger.keys()).unwrap();
    assert_eq!((found.line, found.fault), (3, Fault::Note(NoteError::NoKnownKey)));
    // An unknown signature is no part of an export.
    let both = forger.sign_also(&ledger.note(7)).unwrap();
    let text = text.replace(&note, &both);
    let found = broken(text.as_bytes(), &ledger.keys()).unwrap();
    assert_eq!(found.line, 3, "{found}");
}

#[test]
fn the_writer_refuses_what_cannot_be_read() {
    let ledger = Ledger::small();
    let keys = ledger.keys();
    let (three, seven) = (ledger.note(3), ledger.note(7));
    let begin = |keys: &[VerifyingKey], notes: &[&str]| Writer::begin(Vec::new(), keys, notes);
    assert!(begin(&[], &[&seven]).is_err());
    assert!(begin(&keys, &[]).is_err());
    assert!(begin(&[keys[0].clone(), keys[0].clone()], &[&seven]).is_err());
    assert!(begin(&keys, &[&seven, &three]).is_err());
    assert!(begin(&keys, &[&seven, &seven]).is_err());
    let witness = SigningKey::from_seed("witness.example/w1", &[9; 32]).unwrap();
    assert!(begin(&keys, &[&witness.sign_also(&seven).unwrap()]).is_err());
    assert!(matches!(begin(&[witness.verifying_key()], &[&seven]), Err(WriteError::Note(_))));
    let mut writer = begin(&keys, &[&three]).unwrap();
    assert!(writer.event(&ledger.envelope(1), ledger.chain[1]).is_err());
    let mut spaced = ledger.envelope(0);
    spaced.kind = "a b";
    assert!(writer.event(&spaced, ledger.chain[0]).is_err());
    writer.event(&ledger.envelope(0), ledger.chain[0]).unwrap();
    assert!(writer.finish().is_err());
    let mut writer = begin(&keys, &[&three]).unwrap();
    (0..3).for_each(|at| writer.event(&ledger.envelope(at), ledger.chain[at]).unwrap());
    assert!(writer.event(&ledger.envelope(3), ledger.chain[3]).is_err());
}

fn any_event() -> impl proptest::strategy::Strategy<Value = ledger::Event> {
    use proptest::strategy::Strategy as _;
    let fields = (i64::MIN.., "\\PC{0,6}", "[!-~]{1,9}", 0u16.., proptest::collection::vec(0u8.., 0..30));
    fields.prop_map(|(at_micros, actor, kind, version, payload)| ledger::Event {
        at_micros,
        actor,
        kind,
        version,
        payload,
    })
}

proptest::proptest! {
    #[test]
    fn any_events_are_read_back_and_any_flipped_bit_of_them_is_located(
        events in proptest::collection::vec(any_event(), 1..9), bit in 0usize..,
    ) {
        let ledger = Ledger::of(events);
        let size = ledger.events.len();
        let export = ledger.export(&[size / 2, size]);
        let mut at = 0;
        let summary = verify(&export[..], &ledger.keys(), &mut |envelope, chain| {
            assert_eq!((*envelope, chain), (ledger.envelope(at), ledger.chain[at]));
            at += 1;
        });
        proptest::prop_assert_eq!(summary.unwrap().root, ledger.head(size).root);
        flipped_is_located(&export, &ledger.keys(), bit % (export.len() * 8));
    }

    #[test]
    fn no_bytes_make_the_reader_panic(
        cut in 0usize..2000, junk in proptest::collection::vec(0u8.., 0..60), tail in proptest::bool::ANY,
    ) {
        let ledger = Ledger::small();
        let export = ledger.export(&[7]);
        let cut = cut % export.len();
        let mut bytes = [&export[..cut], &junk].concat();
        if tail {
            bytes.extend_from_slice(&export[cut..]);
        }
        proptest::prop_assert!(bytes == export || broken(&bytes, &ledger.keys()).is_some());
    }
}
