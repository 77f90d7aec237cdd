//! Work-lists, list by list: what puts a row there, and what takes it away.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use rejoin_casework::worklist::{ClockOutcome, CustodyFact, Desk as Work, List, worklist};
use rejoin_casework::{DAY, Fact, HOUR, Item, Settings, State, StreamId, TracingId};
use rejoin_custody::clock::Standing;
use support::samples::sample;
use support::{Desk, record};

fn case(steps: &[(&str, &str)]) -> Desk {
    let mut desk = Desk::new(State::of(StreamId::Child(record(1))));
    for (actor, name) in steps {
        desk.ask(actor, &sample(name, desk.at)).unwrap();
    }
    desk
}

fn rows(desk: &Desk, days: i64) -> Vec<Item> {
    let children: Vec<_> = desk.state.child().into_iter().collect();
    let tracings: Vec<_> = desk.state.tracing().into_iter().collect();
    let work =
        Work { children: &children, tracings: &tracings, custody: &[], clocks: &[], with_candidates: &[] };
    worklist(&work, desk.at + days * DAY, &Settings::default())
}

/// The lists that a case is on, some days after its last fact.
#[track_caller]
fn check(desk: &Desk, days: i64, expected: &[List]) {
    let found: Vec<List> = rows(desk, days).iter().map(|row| row.list).collect();
    assert_eq!(found, expected, "after {days} days");
}

const ACCEPTED: [(&str, &str); 4] =
    [("ana", "assigned"), ("ana", "match-proposed"), ("ana", "match-reviewed"), ("ana", "match-accepted")];

fn onward(from: &[(&'static str, &'static str)], more: &[(&'static str, &'static str)]) -> Desk {
    case(&[from, more].concat())
}

#[test]
fn a_child_without_a_candidate() {
    let desk = case(&[("ana", "note-added")]);
    check(&desk, 13, &[List::Unassigned]);
    check(&desk, 14, &[List::NoCandidate, List::Unassigned]);
    // The engine has one that nobody has looked at: then the list of candidates is where it stands.
    let children = [desk.state.child().unwrap()];
    let work =
        Work { children: &children, tracings: &[], custody: &[], clocks: &[], with_candidates: &[record(1)] };
    assert_eq!(worklist(&work, desk.at + 30 * DAY, &Settings::default()).len(), 1);
    // Rejected: the days count anew.
    let rejected = onward(&ACCEPTED, &[("ana", "match-rejected")]);
    check(&rejected, 13, &[]);
    check(&rejected, 14, &[List::NoCandidate]);
}

#[test]
fn an_adult_whom_nobody_reached() {
    let desk = onward(&ACCEPTED, &[]);
    check(&desk, 13, &[]);
    check(&desk, 14, &[List::NoContact]);
    assert_eq!(rows(&desk, 14)[0].subject, Some(record(2)));
    assert_eq!(rows(&desk, 14)[0].assigned_to, ["team north"]);
    let mut reached = onward(&ACCEPTED, &[]);
    reached.at += 10 * DAY;
    reached.ask("ana", &sample("contact-tried", reached.at)).unwrap();
    check(&reached, 13, &[]);
    // Trying is not reaching.
    let mut tried = onward(&ACCEPTED, &[]);
    tried.at += 10 * DAY;
    let Fact::ContactTried { person, when, channel, outcome, .. } = sample("contact-tried", tried.at) else {
        panic!("another sample")
    };
    tried.ask("ana", &Fact::ContactTried { person, when, channel, outcome, reached: false }).unwrap();
    check(&tried, 4, &[List::NoContact]);
}

#[test]
fn signatures_samples_and_reviews() {
    let interviewed = [
        ("ana", "verification-started"),
        ("dora", "interview-recorded:child"),
        ("emil", "interview-recorded:adult"),
    ];
    check(&onward(&ACCEPTED, &interviewed[..2]), 0, &[]);
    check(&onward(&ACCEPTED, &interviewed), 0, &[List::NeedsSignature]);
    let sampled = [&ACCEPTED[..], &interviewed, &[("ana", "proof-recorded"), ("ana", "dna-taken")]].concat();
    check(&case(&sampled), 0, &[List::DnaNotDestroyed, List::NeedsSignature]);
    check(&onward(&sampled, &[("ana", "dna-destroyed")]), 0, &[List::NeedsSignature]);
    let signed = [&ACCEPTED[..], &interviewed, &[("ana", "verification-signed")]].concat();
    check(&case(&signed), 0, &[List::NeedsSignature]);
    check(&onward(&signed, &[("ben", "verification-signed")]), 0, &[]);

    let mut blocked = onward(&ACCEPTED, &[]);
    let (adult, relation) = (record(2), rejoin_model::Relation::Mother);
    let review = blocked.at + 10 * DAY;
    blocked.ask("ana", &Fact::GateBlocked { adult, relation, reason: "ill".into(), review }).unwrap();
    check(&blocked, 8, &[]);
    check(&blocked, 9, &[List::ReviewDue]);
    assert_eq!(rows(&blocked, 9)[0].due_micros, Some(review));
    assert!(
        !rows(&blocked, 9)[0].is_late(blocked.at + 9 * DAY)
            && rows(&blocked, 11)[0].is_late(blocked.at + 11 * DAY)
    );
}

#[test]
fn an_adult_sent_away() {
    let removed = [&ACCEPTED[..], &[("ana", "adult-removed")]].concat();
    check(&case(&removed), 0, &[List::RemovedWithoutChoice]);
    assert_eq!(rows(&case(&removed), 0)[0].subject, Some(record(2)));
    check(&onward(&removed, &[("ana", "choice-recorded:pressed")]), 0, &[List::RemovedWithoutChoice]);
    // A free no is a documented choice.
    check(&onward(&removed, &[("ana", "choice-recorded:decline")]), 0, &[]);
    check(&onward(&removed, &[("ana", "match-rejected")]), 0, &[]);
    // Whoever was removed before anybody proposed a match is not forgotten.
    check(&case(&[("ana", "assigned"), ("ana", "adult-removed")]), 0, &[List::RemovedWithoutChoice]);
}

#[test]
fn a_hand_over_and_its_follow_ups() {
    let planned = [
        ("ana", "verification-started"),
        ("dora", "interview-recorded:child"),
        ("emil", "interview-recorded:adult"),
        ("ana", "verification-signed"),
        ("ben", "verification-signed"),
        ("ana", "wish-recorded"),
        ("ana", "choice-recorded"),
        ("ana", "safety-assessed"),
        ("ana", "gate-cleared"),
        ("ana", "reunification-planned"),
        ("ana", "hand-over-sent"),
    ];
    let sent = [&ACCEPTED[..], &planned].concat();
    let desk = case(&sent);
    check(&desk, 0, &[List::AwaitingReceipt]);
    let row = &rows(&desk, 0)[0];
    assert_eq!(row.due_micros, row.since_micros.map(|since| since + 24 * HOUR));
    assert!(rows(&desk, 2)[0].is_late(desk.at + 2 * DAY));
    // Custody knows the same: one row, not two.
    let fact = CustodyFact { child: record(1), in_care_since: Some(0), sent_without_receipt: Some(desk.at) };
    let children = [desk.state.child().unwrap()];
    let work =
        Work { children: &children, tracings: &[], custody: &[fact], clocks: &[], with_candidates: &[] };
    assert_eq!(worklist(&work, desk.at, &Settings::default()).len(), 1);

    let handed = [&sent[..], &[("ben", "hand-over-received")]].concat();
    check(&case(&handed), 5, &[]);
    check(&case(&handed), 6, &[List::FollowUpDue]);
    check(&case(&handed), 31, &[List::FollowUpDue, List::FollowUpDue]);
    check(&onward(&handed, &[("ana", "follow-up-done:7")]), 31, &[List::FollowUpDue]);
    let followed = [&handed[..], &[("ana", "follow-up-done:7"), ("ana", "follow-up-done:30")]].concat();
    check(&case(&followed), 400, &[]);
    check(&onward(&followed, &[("ana", "closure-proposed")]), 0, &[List::NeedsApproval]);
    check(&onward(&followed, &[("ana", "closure-proposed"), ("ben", "closure-approved")]), 400, &[]);
}

#[test]
fn a_tracing_request() {
    let tracing = |steps: &[&str]| {
        let mut desk = Desk::new(State::of(StreamId::Tracing(TracingId::from_bytes([9; 10]))));
        for name in steps {
            desk.ask("ana", &sample(name, desk.at)).unwrap();
        }
        desk
    };
    check(&tracing(&["tracing-received"]), 30, &[List::Unassigned]);
    let open = ["tracing-received", "tracing-screened", "assigned", "tracing-opened"];
    check(&tracing(&open), 13, &[]);
    check(&tracing(&open), 14, &[List::NoContact]);
    check(&tracing(&[&open[..], &["unassigned"]].concat()), 0, &[List::Unassigned]);
    check(&tracing(&[&open[..], &["tracing-closed:found", "unassigned"]].concat()), 99, &[]);
}

#[test]
fn clocks() {
    let now = 100 * DAY;
    let clock = |number: u8, standing: Standing, due: Option<i64>| ClockOutcome {
        child: record(number),
        clock: "transfer-72-hours".into(),
        title: ("Transfer".into(), "Traslado".into()),
        standing,
        due_micros: due,
    };
    let all = [
        clock(1, Standing::Running, Some(now + 2 * DAY)),
        clock(2, Standing::Running, Some(now + HOUR)),
        clock(3, Standing::CannotTell, Some(now - HOUR)),
        clock(4, Standing::Missed(Some("parent in hospital".into())), Some(now - DAY)),
        clock(5, Standing::Missed(None), Some(now - DAY)),
        clock(6, Standing::Missed(None), Some(now - 9 * DAY)),
        clock(7, Standing::Met, Some(now - DAY)),
        clock(8, Standing::MetByReunification, None),
        clock(9, Standing::CannotTell, None),
        clock(10, Standing::Running, Some(now - HOUR)),
    ];
    let work = Work { children: &[], tracings: &[], custody: &[], clocks: &all, with_candidates: &[] };
    let rows = worklist(&work, now, &Settings::default());
    let found: Vec<_> = rows.iter().map(|row| (row.list.word(), row.subject.unwrap())).collect();
    assert_eq!(
        found,
        [
            ("missed-no-reason", record(6)),
            ("missed-no-reason", record(5)),
            ("overdue", record(3)),
            ("overdue", record(10)),
            ("due-today", record(2)),
        ]
    );
    assert!(rows[0].words.0.starts_with("Transfer: ") && rows[0].words.1.starts_with("Traslado: "));
    let shuffled: Vec<_> = all.iter().rev().cloned().collect();
    let again = Work { clocks: &shuffled, ..work };
    assert_eq!(worklist(&again, now, &Settings::default()), rows);
}
