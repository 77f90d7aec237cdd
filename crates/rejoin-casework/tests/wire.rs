//! What a ledger keeps is read for ever: the kinds, their fields and the texts of values. `tests/facts.txt` is added
//! to, never changed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use rejoin_casework::{Event, Fact, KINDS, Refusal, StreamId, TracingId};
use support::record;
use support::samples::sample;

/// Every kind with all its fields, as a ledger would keep a sample.
fn written() -> String {
    let mut text = String::new();
    for (kind, _) in KINDS {
        let tracing = kind.starts_with("tracing-");
        let stream = if tracing {
            StreamId::Tracing(TracingId::from_bytes([9; 10]))
        } else {
            StreamId::Child(record(1))
        };
        let variant = match *kind {
            "tracing-closed" => ":duplicate",
            "match-proposed" => ":new-evidence",
            "verification-started" => ":again",
            "gate-cleared" | "closure-approved" => ":despite",
            _ => "",
        };
        let (kind, fields) =
            Event { stream, fact: sample(&format!("{kind}{variant}"), 1_530_000_000_000_000) }.parts();
        text.push_str(kind);
        text.push('\n');
        for (field, value) in fields {
            text.push_str(&format!("  {field} = {value:?}\n"));
        }
    }
    text
}

#[test]
fn kinds_fields_and_texts_never_change() {
    let golden = include_str!("facts.txt");
    for (number, (now, then)) in written().lines().zip(golden.lines()).enumerate() {
        assert_eq!(now, then, "line {}", number + 1);
    }
    assert_eq!(written().lines().count(), golden.lines().count(), "what is missing:\n{}", written());
    // Every field of every kind is in a sample, so that the golden text holds them all.
    for (kind, fields) in KINDS {
        let of_kind = golden.split_once(&format!("{kind}\n  stream")).unwrap().1;
        for field in *fields {
            assert!(of_kind.contains(&format!("\n  {field} = ")), "{kind} {field}");
        }
        assert!(kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{kind}");
    }
}

#[test]
fn what_is_written_is_read_and_nothing_else_is() {
    for (kind, _) in KINDS {
        let fact = sample(kind, 5);
        let (kind, fields) = fact.parts();
        let field =
            |name: &str| fields.iter().find(|(field, _)| *field == name).map(|(_, text)| text.clone());
        assert_eq!(Fact::from_parts(kind, &field), Some(fact.clone()));
        for (left_out, text) in &fields {
            let without = |name: &str| if name == *left_out { None } else { field(name) };
            if let Some(read) = Fact::from_parts(kind, &without) {
                assert_ne!(read, fact, "{kind} {left_out}: {text}");
            }
        }
    }
    assert_eq!(Fact::from_parts("match-guessed", &|_| Some(String::new())), None);
    let nonsense =
        |name: &str| Some(if name == "relation" { "cousin" } else { "r-0000000000000000" }.to_owned());
    assert_eq!(Fact::from_parts("match-accepted", &nonsense), None);
    let broken = |name: &str| match name {
        "sought_words" => Some("a broken \\escape".to_owned()),
        other => sample("tracing-received", 0)
            .parts()
            .1
            .into_iter()
            .find(|(field, _)| *field == other)
            .map(|(_, text)| text),
    };
    assert_eq!(Fact::from_parts("tracing-received", &broken), None);
}

#[test]
fn streams_are_read_back_and_kept_apart() {
    for stream in [StreamId::Child(record(200)), StreamId::Tracing(TracingId::from_bytes([200; 10]))] {
        assert_eq!(stream.to_string().parse(), Ok(stream));
        assert_eq!(stream.to_string().to_uppercase().parse(), Ok(stream));
    }
    let child = StreamId::Child(record(4)).to_string();
    assert!(child.parse::<TracingId>().is_err());
    for text in ["", "c", "é", "c-", "x-0000000000000000", "r-0000000000000000", "c-000000000000000é"] {
        assert!(text.parse::<StreamId>().is_err(), "{text}");
    }
}

#[test]
fn refusals_have_one_code_each_and_words_in_both_languages() {
    let mut codes = Refusal::CODES.to_vec();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), Refusal::CODES.len());
    let refusal = Refusal::StaleVersion { expected: 3, actual: 5 };
    assert!(refusal.english().contains('5') && refusal.spanish().contains("versión 5"));
}
