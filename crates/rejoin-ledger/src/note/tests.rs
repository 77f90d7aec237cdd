//! Notes against the vectors of the specification and of the reference implementation, and against its refusals.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use super::*;
use crate::{Hash, merkle};

/// The example of C2SP signed-note.
const SPEC_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const SPEC_NOTE: &str = "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

/// The example of golang.org/x/mod/sumdb/note, whose key is published.
const GO_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const GO_SECRET: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const GO_TEXT: &str =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const GO_SIGNATURE: &str = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

fn key(text: &str) -> VerifyingKey {
    text.parse().unwrap()
}

fn go_signer() -> SigningKey {
    let secret = BASE64_STANDARD.decode(GO_SECRET).unwrap();
    SigningKey::from_seed("PeterNeumann", secret[1..].try_into().unwrap()).unwrap()
}

#[test]
fn the_specifications_example() {
    let key = key(SPEC_KEY);
    assert_eq!((key.name(), key.id()), ("example.com/foo", [0x53, 0x0d, 0x90, 0x3a]));
    assert_eq!(key.to_string(), SPEC_KEY);
    assert_eq!(open(SPEC_NOTE, &[key]), Ok("This is an example message.\n"));
}

#[test]
fn the_reference_implementations_example_is_signed_byte_for_byte() {
    let signer = go_signer();
    assert_eq!(signer.vkey(), GO_KEY);
    let note = signer.sign(GO_TEXT).unwrap();
    assert_eq!(note, format!("{GO_TEXT}\n{GO_SIGNATURE}"));
    assert_eq!(open(&note, &[key(GO_KEY)]), Ok(GO_TEXT));
    assert_eq!(format!("{signer:?}"), "SigningKey(PeterNeumann)");
}

/// The refusals in the reference implementation's tests, and a few more.
#[test]
fn what_is_no_note_is_refused() {
    let keys = [key(GO_KEY)];
    let good = format!("{GO_TEXT}\n{GO_SIGNATURE}");
    let bad: Vec<String> = vec![
        String::new(),
        GO_TEXT.into(),
        "\n".into(),
        format!("{GO_TEXT}{GO_SIGNATURE}"),
        format!("{GO_TEXT}\n"),
        format!("{GO_TEXT}\n\n"),
        good.trim_end().into(),
        format!("{good}\n"),
        format!("{good} \n"),
        format!("{good}— a\n"),
        format!("{good}— a b\n"),
        format!("{good}— PeterNeumann x08go\n"),
        format!("{good}—  x08go/ZJ\n"),
        format!("{good}- a x08go/ZJkuBS\n"),
        format!("{good}— a x08go/ZJkuBS \n"),
        format!("{good}— a+b x08go/ZJkuBS\n"),
        format!("{good}— a\u{a0}b x08go/ZJkuBS\n"),
        format!("{good}— a x08go/Z=\n"),
        format!("{good}— a x08go/ZJkuB\n"),
        good.replace("answer", "ans\twer"),
        good.replace("answer", "ans\rwer"),
        good.replace("\n— Peter", "\r\n— Peter"),
        format!("{good}{}", "— a x08go/ZJkuBS\n".repeat(MAX_SIGNATURES)),
    ];
    for note in bad {
        assert!(matches!(open(&note, &keys), Err(NoteError::Form(_))), "{note:?}");
    }
    assert!(open(&format!("{good}{}", "— a x08go/ZJkuBS\n".repeat(MAX_SIGNATURES - 1)), &keys).is_ok());
    for body in ["", "no end", "tab\t\n", "\u{0}\n"] {
        assert!(go_signer().sign(body).is_err(), "{body:?}");
    }
}

#[test]
fn unknown_signatures_are_ignored_and_false_ones_condemn() {
    let other = SigningKey::from_seed("example.org/witness", &[7; 32]).unwrap();
    let note = go_signer().sign(GO_TEXT).unwrap();
    let both = other.sign_also(&note).unwrap();
    let keys = [key(GO_KEY), other.verifying_key()];
    for known in [&keys[..], &keys[..1], &keys[1..]] {
        assert_eq!(open(&both, known), Ok(GO_TEXT));
    }
    assert_eq!(open(&note, &keys[1..]), Err(NoteError::NoKnownKey));
    assert_eq!(open(&note, &[]), Err(NoteError::NoKnownKey));
    // The witness signs another text: known, the note falls; unknown, it is as if it were not there.
    let stray = other.sign("another text\n").unwrap();
    let stray = format!("{note}{}", stray.split_once("\n\n").unwrap().1);
    assert_eq!(open(&stray, &keys), Err(NoteError::Signature("example.org/witness".into())));
    assert_eq!(open(&stray, &keys[..1]), Ok(GO_TEXT));
    // The same name, another key; the same key, another name.
    let namesake = SigningKey::from_seed("PeterNeumann", &[7; 32]).unwrap();
    assert_eq!(open(&namesake.sign(GO_TEXT).unwrap(), &keys), Err(NoteError::NoKnownKey));
    let renamed = note.replace("— PeterNeumann", "— PaulNeumann");
    assert_eq!(open(&renamed, &keys), Err(NoteError::NoKnownKey));
}

#[test]
fn the_text_may_have_empty_lines() {
    let signer = go_signer();
    for body in ["\n", "\n\n", "a\n\nb\n", "a\n\n— b c\n\n", "ed è subito sera.\n"] {
        let note = signer.sign(body).unwrap();
        assert_eq!(open(&note, &[signer.verifying_key()]), Ok(body));
    }
}

#[test]
fn what_is_no_key_is_refused() {
    let bad = [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumanm+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+AhpcQcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n",
        " PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ];
    for text in bad {
        assert!(text.parse::<VerifyingKey>().is_err(), "{text:?}");
    }
    // The neutral point as a public key verifies signatures that nobody made.
    let mut weak = [0u8; 32];
    weak[0] = 1;
    let material = BASE64_STANDARD.encode([&[ED25519][..], &weak].concat());
    let text = format!("w+{:08x}+{material}", u32::from_be_bytes(key_id("w", &weak)));
    assert!(text.parse::<VerifyingKey>().unwrap_err().0.contains("weak"));
    for name in ["", "a b", "a+b", "a\nb", "a\u{2003}b"] {
        assert!(SigningKey::from_seed(name, &[0; 32]).is_err(), "{name:?}");
    }
}

fn head() -> TreeHead {
    TreeHead { origin: "PeterNeumann".into(), size: 7, root: Hash([1; 32]), head: Hash([0xab; 32]) }
}

/// Written once, by hand, never regenerated.
#[test]
fn golden_text_of_a_checkpoint() {
    let body = "PeterNeumann\n7\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\nhead abababababababababababababababababababababababababababababababab\n";
    assert_eq!(head().body(), body);
    assert_eq!(TreeHead::from_body(body), Ok(head()));
    let note = head().sign(&go_signer()).unwrap();
    assert_eq!(TreeHead::open(&note, &[key(GO_KEY)]), Ok(head()));
}

#[test]
fn what_is_no_checkpoint_is_refused() {
    let body = head().body();
    let bad = [
        body.replace("\n7\n", "\n07\n"),
        body.replace("\n7\n", "\n+7\n"),
        body.replace("\n7\n", "\n\n"),
        body.replace("AQE=", "AQF="),
        body.replace("AQE=", "AQE"),
        body.replace("abab", "ABAB"),
        body.replace("head ", "Head "),
        body.replace("PeterNeumann", ""),
        format!("{body}more\n"),
        format!("{body}\n"),
        body.trim_end().to_owned(),
        body.lines().take(3).map(|line| format!("{line}\n")).collect(),
    ];
    for body in bad {
        assert!(matches!(TreeHead::from_body(&body), Err(NoteError::Checkpoint(_))), "{body:?}");
    }
}

#[test]
fn only_a_key_of_the_origins_name_speaks_for_it() {
    let other = SigningKey::from_seed("example.org/witness", &[7; 32]).unwrap();
    let note = other.sign(&head().body()).unwrap();
    let keys = [key(GO_KEY), other.verifying_key()];
    assert_eq!(TreeHead::open(&note, &keys), Err(NoteError::Origin("PeterNeumann".into())));
    assert_eq!(TreeHead::open(&go_signer().sign_also(&note).unwrap(), &keys), Ok(head()));
    assert!(head().sign(&other).is_err());
}

#[test]
fn an_advance_is_proven_and_a_changed_past_is_not() {
    let signer = go_signer();
    let keys = [signer.verifying_key()];
    let leaves: Vec<Hash> = (0..9u8).map(|at| merkle::leaf_hash(&[at])).collect();
    let root = |leaves: &[Hash]| {
        let mut frontier = merkle::Frontier::new();
        leaves.iter().for_each(|leaf| frontier.push(*leaf));
        frontier.root()
    };
    let at =
        |size: usize, leaves: &[Hash]| TreeHead { size: size as u64, root: root(&leaves[..size]), ..head() };
    let mut node = |level: u32, index: u64| {
        Ok::<_, ()>(root(&leaves[(index << level) as usize..((index + 1) << level) as usize]))
    };
    for old in 0..=9usize {
        let note = at(9, &leaves).sign(&signer).unwrap();
        let proof = merkle::consistency(old as u64, 9, &mut node).unwrap();
        let text = Advance { old: old as u64, proof, note }.to_text();
        let advance = Advance::from_text(&text).unwrap();
        assert_eq!(advance.to_text(), text);
        assert_eq!(advance.prove(&at(old, &leaves), &keys), Ok(at(9, &leaves)));
        let mut changed = leaves.clone();
        changed[0].0[0] ^= 1;
        if old > 0 {
            assert_eq!(advance.prove(&at(old, &changed), &keys), Err(AdvanceError::Inconsistent));
        }
        assert_eq!(advance.prove(&at(old, &leaves), &[]), Err(AdvanceError::Note(NoteError::NoKnownKey)));
        let stranger = TreeHead { origin: "other".into(), ..at(old, &leaves) };
        assert!(matches!(advance.prove(&stranger, &keys), Err(AdvanceError::Origin(..))));
        assert!(matches!(advance.prove(&at((old + 1) % 9, &leaves), &keys), Err(AdvanceError::Size(..))));
    }
    let torn = TreeHead { head: Hash([9; 32]), ..at(9, &leaves) };
    let same = Advance { old: 9, proof: Vec::new(), note: at(9, &leaves).sign(&signer).unwrap() };
    assert_eq!(same.prove(&torn, &keys), Err(AdvanceError::Inconsistent));
    for text in ["", "old 1\n", "old 01\n\nx", "old 1\nAAAA\n\nx", "new 1\n\nx"] {
        assert!(matches!(Advance::from_text(text), Err(AdvanceError::Form(_))), "{text:?}");
    }
}

proptest::proptest! {
    #[test]
    fn any_flipped_bit_of_a_note_is_found(bit in 0usize..4000) {
        let note = head().sign(&go_signer()).unwrap();
        let bit = bit % (note.len() * 8);
        let mut bytes = note.into_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(text) = String::from_utf8(bytes) {
            proptest::prop_assert!(TreeHead::open(&text, &[key(GO_KEY)]).is_err(), "{}", text);
        }
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in "\\PC*|([a-z— \\n+=0-9]{0,3}\\n?){0,40}") {
        let _ = open(&text, &[key(GO_KEY)]);
        let _ = text.parse::<VerifyingKey>();
        let _ = TreeHead::from_body(&text);
        let _ = Advance::from_text(&text);
    }
}
