//! Rules that a table of one claim cannot show: who competes with whom, blindness across matches, what time does, what
//! must be said.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use rejoin_casework::word::*;
use rejoin_casework::{Claim, DAY, Fact, HOUR, KINDS, State, StreamId};
use rejoin_model::Relation;
use support::samples::sample;
use support::{Desk, record};

fn case(steps: &[(&str, &str)]) -> Desk {
    let mut desk = Desk::new(State::of(StreamId::Child(record(1))));
    for (actor, name) in steps {
        desk.ask(actor, &sample(name, desk.at)).unwrap();
    }
    desk
}

const RUNNING: [(&str, &str); 4] = [
    ("ana", "match-proposed"),
    ("ana", "match-reviewed"),
    ("ana", "match-accepted"),
    ("ana", "verification-started"),
];

/// Rows: what is there; columns: what is proposed of another person. `x`: they compete.
#[test]
fn who_competes_with_whom() {
    let drawn = "
        mother       x . x x x .
        father       . x x x x .
        parent       x x x x x .
        grandparent  x x x x x .
        guardian     x x x x x .
        sibling      . . . . . .
    ";
    for line in drawn.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut cells = line.split_whitespace();
        let there = Relation::from_word(cells.next().unwrap()).unwrap();
        for (relation, cell) in Relation::ALL.into_iter().zip(cells) {
            let mut desk = case(&[]);
            let propose = |adult, relation| Fact::MatchProposed {
                adult: record(adult),
                relation,
                why: "named".into(),
                new_evidence: None,
            };
            desk.ask("ana", &propose(2, there)).unwrap();
            desk.ask("ana", &propose(3, relation)).unwrap();
            let claim = Claim { adult: record(2), relation: there };
            assert_eq!(desk.state.child().unwrap().in_conflict(claim), cell == "x", "{line}: {relation:?}");
        }
    }
}

#[test]
fn what_the_child_said_for_one_match_is_known_for_every_other() {
    let father = |step: Fact| match step {
        Fact::MatchProposed { why, new_evidence, .. } => {
            Fact::MatchProposed { adult: record(3), relation: Relation::Father, why, new_evidence }
        }
        Fact::MatchReviewed { note, .. } => {
            Fact::MatchReviewed { adult: record(3), relation: Relation::Father, note }
        }
        Fact::MatchAccepted { reason, .. } => {
            Fact::MatchAccepted { adult: record(3), relation: Relation::Father, reason }
        }
        Fact::VerificationStarted { again_because, .. } => {
            Fact::VerificationStarted { adult: record(3), relation: Relation::Father, again_because }
        }
        Fact::InterviewRecorded { side, interpreter, language, held, answers, interviewer, .. } => {
            let (adult, relation) = (record(3), Relation::Father);
            Fact::InterviewRecorded {
                adult,
                relation,
                side,
                interviewer,
                interpreter,
                language,
                held,
                answers,
            }
        }
        other => panic!("{}", other.kind()),
    };
    let mut desk = case(&RUNNING);
    for (_, name) in RUNNING {
        desk.ask("ana", &father(sample(name, desk.at))).unwrap();
    }
    desk.ask("dora", &sample("interview-recorded:child", desk.at)).unwrap();
    // Whoever heard the child for the mother's sake does not ask the father, nor does whoever read it.
    desk.refuses("dora", father(sample("interview-recorded:adult", desk.at)), "knows-other-interview");
    desk.ask("emil", &sample("interview-recorded:adult", desk.at)).unwrap();
    desk.ask("fay", &sample("interview-read:child", desk.at)).unwrap();
    desk.refuses("fay", father(sample("interview-recorded:adult", desk.at)), "knows-other-interview");
    // Whoever asked the mother may: nobody's account is compared with hers there.
    desk.ask("emil", &father(sample("interview-recorded:adult", desk.at))).unwrap();
    // But then the child is not asked about the father by the same person.
    desk.refuses("emil", father(sample("interview-recorded:child", desk.at)), "knows-other-interview");
}

#[test]
fn an_overdue_follow_up_holds_a_closure_up() {
    let mut desk = case(&RUNNING);
    let rest = [
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
        ("ben", "hand-over-received"),
        ("ana", "closure-proposed"),
    ];
    for (actor, name) in rest {
        desk.ask(actor, &sample(name, desk.at)).unwrap();
    }
    let mut in_time = Desk { state: desk.state.clone(), at: desk.at + 6 * DAY, log: Vec::new() };
    assert!(in_time.ask("ben", &sample("closure-approved", 0)).is_ok());
    desk.at += 8 * DAY;
    desk.refuses("ben", sample("closure-approved", 0), "obligations-open");
}

#[test]
fn a_later_paper_adds_and_takes_nothing_back() {
    let mut desk = case(&[("ana", "separation-reported"), ("ana", "separation-documented")]);
    desk.takes(
        "ben",
        Fact::SeparationDocumented {
            number: 1,
            ordered_by: None,
            authority: Some("a later order".into()),
            ground: None,
            evidence: vec!["a minute".into()],
            notice: None,
        },
    );
    let separation = &desk.state.child().unwrap().separations()[0];
    assert_eq!(separation.evidence, ["a form", "a minute"]);
    assert_eq!(separation.ordered_by.as_deref(), Some("an officer"));
    assert_eq!(separation.authority.as_deref(), Some("a later order"));
}

#[test]
fn time_is_taken_at_its_word() {
    let mut desk = case(&[]);
    // An assignment begins when it says and ends when it says.
    let (from, until) = (desk.at + DAY, desk.at + 3 * DAY);
    desk.takes("ana", Fact::Assigned { to: "team".into(), from, until: Some(until) });
    let assigned = |at| desk.state.child().unwrap().dossier().assigned_at(at).len();
    assert_eq!([from - 1, from, until - 1, until].map(assigned), [0, 1, 1, 0]);
    desk.refuses("ana", Fact::Assigned { to: "team".into(), from, until: Some(from) }, "period-backwards");
    // What has not happened yet is no fact; an hour is left for clocks that differ.
    let later = sample("contact-tried", desk.at + 2 * HOUR);
    desk.refuses("ana", later, "in-the-future");
    desk.takes("ana", sample("contact-tried", desk.at + HOUR / 2));
    desk.refuses("ana", sample("adult-removed", desk.at + DAY), "in-the-future");
    // A command made against an older version.
    assert_eq!(desk.state.at_version(2), Ok(()));
    assert_eq!(desk.state.at_version(1).unwrap_err().code(), "stale-version");
}

/// Where a reason, a name or an answer is asked for, blanks are none: tried where the whole fact is taken.
#[test]
fn blanks_say_nothing() {
    let steps: &[(&str, &str)] = &[
        ("ana", "separation-reported"),
        ("ana", "separation-documented"),
        ("ana", "separation-disputed"),
        ("ana", "separation-confirmed"),
        ("ana", "match-proposed"),
        ("ana", "match-reviewed"),
        ("ana", "match-needs-evidence"),
        ("ana", "match-reviewed"),
        ("ana", "match-accepted"),
        ("ana", "verification-started"),
        ("dora", "interview-recorded:child"),
        ("emil", "interview-recorded:adult"),
        ("ana", "proof-recorded"),
        ("ana", "dna-taken"),
        ("ana", "dna-destroyed"),
        ("ana", "verification-signed"),
        ("ana", "signature-withdrawn"),
        ("ana", "verification-signed"),
        ("ben", "verification-signed"),
        ("ana", "wish-recorded"),
        ("ana", "choice-recorded"),
        ("ana", "choice-withdrawn"),
        ("ana", "choice-recorded"),
        ("ana", "safety-assessed"),
        ("ana", "gate-cleared"),
        ("ana", "gate-blocked"),
        ("ana", "gate-cleared"),
        ("ana", "reunification-planned"),
        ("ana", "reunification-cancelled"),
        ("ana", "reunification-planned"),
        ("ana", "hand-over-sent"),
        ("ben", "hand-over-received"),
        ("ana", "follow-up-done:7"),
        ("ana", "follow-up-done:30"),
        ("ana", "reunification-stable"),
        ("ana", "assigned"),
        ("ana", "contact-tried"),
        ("ana", "note-added"),
        ("ana", "attached"),
        ("ana", "unassigned"),
        ("ana", "closure-proposed"),
        ("ben", "closure-declined"),
        ("ana", "closure-proposed"),
        ("ben", "closure-approved"),
        ("ana", "case-reopened"),
        ("ana", "reunification-broken-down"),
    ];
    // Texts that may stay empty: nobody may know them.
    let may = [
        "interpreter",
        "attachment",
        "destination",
        "ordered_by",
        "authority",
        "ground",
        "notice",
        "evidence",
    ];
    let mut desk = case(&[]);
    let mut tried = 0;
    for (actor, name) in steps {
        let fact = sample(name, desk.at);
        let (kind, fields) = fact.parts();
        for (blank, _) in fields.iter().filter(|(field, _)| !may.contains(field)) {
            let field = |name: &str| match name {
                name if name == *blank => Some(" ".to_owned()),
                name => fields.iter().find(|(field, _)| *field == name).map(|(_, text)| text.clone()),
            };
            // Numbers, ids and closed words cannot be blank: they are not read at all.
            let Some(without) = Fact::from_parts(kind, &field) else { continue };
            tried += 1;
            let expected = if *blank == "hash" { "not-a-hash" } else { "missing" };
            let refused = desk.ask(actor, &without).err().map(|refusal| refusal.code());
            if *blank == "to" && *name == "unassigned" {
                assert_eq!(refused, Some("not-assigned"));
            } else {
                assert_eq!(refused, Some(expected), "{kind} {blank}");
            }
        }
        desk.ask(actor, &fact).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
    }
    assert!(tried >= 70, "{tried}");
    let done: Vec<&str> = desk.log.iter().map(|(event, _)| event.fact.kind()).collect();
    let machine_only =
        ["conflict-raised", "conflict-resolved", "signatures-voided", "interview-read", "match-rejected"];
    for (kind, _) in
        KINDS.iter().filter(|(kind, _)| !kind.starts_with("tracing-") && !machine_only.contains(kind))
    {
        assert!(done.contains(kind) || *kind == "adult-removed", "{kind} was never tried");
    }
    desk.refuses(" ", sample("note-added", 0), "missing");
}

#[test]
fn a_guardian_is_no_matter_of_dna() {
    let mut desk = case(&[]);
    let (adult, relation) = (record(2), Relation::Guardian);
    let (why, note, reason) = ("named".to_owned(), "looked at".to_owned(), "papers".to_owned());
    desk.takes("ana", Fact::MatchProposed { adult, relation, why, new_evidence: None });
    desk.takes("ana", Fact::MatchReviewed { adult, relation, note });
    desk.takes("ana", Fact::MatchAccepted { adult, relation, reason });
    desk.takes("ana", Fact::VerificationStarted { adult, relation, again_because: None });
    let Fact::DnaTaken { why_last_resort, child_consent, adult_consent, .. } = sample("dna-taken", 0) else {
        panic!("another sample")
    };
    let taken = Fact::DnaTaken { adult, relation, why_last_resort, child_consent, adult_consent };
    desk.refuses("ana", taken, "dna-no-use");
    let itself = Fact::MatchProposed {
        adult: record(1),
        relation: Relation::Sibling,
        why: "same name".into(),
        new_evidence: None,
    };
    desk.refuses("ana", itself, "own-relative");
    assert_eq!(desk.state.child().unwrap().status(), ClosureStatus::Open);
}
