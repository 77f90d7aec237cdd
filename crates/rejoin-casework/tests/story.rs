//! A whole story in the library's words: a separation, a mother and another claimant, blind interviews, consent, a
//! withdrawal, the hand-over by two statements, follow-ups, closure by somebody else; with what is refused on the way.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use rejoin_casework::word::*;
use rejoin_casework::worklist::{CustodyFact, Desk, List};
use rejoin_casework::{Claim, DAY, Fact, HOUR, Settings, State, StreamId, worklist};
use rejoin_model::{RecordId, Relation};
use support::{Desk as Case, record};

const MOTHER: Relation = Relation::Mother;

fn lists(case: &Case, now: i64) -> Vec<&'static str> {
    let child = [case.state.child().unwrap()];
    let desk = Desk { children: &child, tracings: &[], custody: &[], clocks: &[], with_candidates: &[] };
    worklist(&desk, now, &Settings::default()).iter().map(|item| item.list.word()).collect()
}

fn interview(adult: RecordId, side: Side, interviewer: &str) -> Fact {
    Fact::InterviewRecorded {
        adult,
        relation: MOTHER,
        side,
        interviewer: interviewer.into(),
        interpreter: Some(format!("interpreter of {interviewer}")),
        language: "K'iche'".into(),
        held: 0,
        answers: vec!["the house has a blue door".into(), "a dog\ncalled Luna".into()],
    }
}

#[test]
fn from_separation_to_closure() {
    let (child, adult, stranger) = (record(1), record(2), record(3));
    let mut case = Case::new(State::of(StreamId::Child(child)));
    let claim = Claim { adult, relation: MOTHER };

    case.takes(
        "ana",
        Fact::SeparationReported {
            number: 1,
            adult: Some(adult),
            told_by: "the child's aunt".into(),
            words: "taken at the station".into(),
        },
    );
    case.refuses("ana", Fact::SeparationConfirmed { number: 1, reason: "sure".into() }, "not-now");
    case.takes(
        "ana",
        Fact::SeparationDocumented {
            number: 1,
            ordered_by: None,
            authority: None,
            ground: Some("prosecution".into()),
            evidence: vec!["charge sheet".into()],
            notice: None,
        },
    );
    case.takes("ana", Fact::SeparationConfirmed { number: 1, reason: "two papers agree".into() });
    assert_eq!(lists(&case, case.at + 15 * DAY), ["no-candidate", "unassigned"]);
    case.takes("ana", Fact::Assigned { to: "team north".into(), from: 0, until: None });

    // Two mothers.
    let propose = |adult, new_evidence| Fact::MatchProposed {
        adult,
        relation: MOTHER,
        why: "named".into(),
        new_evidence,
    };
    let review = |adult| Fact::MatchReviewed { adult, relation: MOTHER, note: "looked at".into() };
    let accept = |adult| Fact::MatchAccepted { adult, relation: MOTHER, reason: "same unit number".into() };
    let reject =
        |adult| Fact::MatchRejected { adult, relation: MOTHER, reason: "another child's mother".into() };
    case.takes("ana", propose(adult, None));
    case.takes("ana", review(adult));
    case.takes("ana", accept(adult));
    case.takes("ben", propose(stranger, None));
    assert!(lists(&case, case.at).contains(&"conflict"));
    let start = Fact::VerificationStarted { adult, relation: MOTHER, again_because: None };
    case.refuses("ana", start.clone(), "conflict-open");
    case.takes("ben", review(stranger));
    case.takes("ben", reject(stranger));
    assert!(!lists(&case, case.at).contains(&"conflict"));
    case.refuses("cruz", propose(stranger, None), "rejected-before");

    // Verification, blind.
    case.takes("ana", start);
    case.takes("dora", interview(adult, Side::Child, "dora"));
    case.refuses("dora", interview(adult, Side::Adult, "dora"), "same-interviewer");
    case.refuses("dora", interview(adult, Side::Adult, "emil"), "knows-other-interview");
    let read = |side| Fact::InterviewRead { adult, relation: MOTHER, side };
    case.refuses("emil", read(Side::Child), "interview-sealed");
    assert!(case.state.child().unwrap().interviews(claim, Side::Child, "emil").is_err());
    let sign = |outcome| Fact::VerificationSigned {
        adult,
        relation: MOTHER,
        outcome,
        statement: "she knows the songs".into(),
    };
    case.refuses("dora", sign(Outcome::Passed), "interviews-missing");
    case.takes("emil", interview(adult, Side::Adult, "emil"));
    case.takes("dora", read(Side::Adult));
    assert_eq!(case.state.child().unwrap().interviews(claim, Side::Adult, "dora").unwrap().len(), 1);
    case.takes("dora", sign(Outcome::Passed));
    assert!(lists(&case, case.at).contains(&"needs-signature"));
    case.refuses("Dora ", sign(Outcome::Passed), "signed-already");
    case.refuses("emil", sign(Outcome::Failed), "outcomes-differ");
    assert!(case.state.child().unwrap().verified(claim).is_err());
    case.takes("emil", sign(Outcome::Passed));
    assert_eq!(case.state.child().unwrap().verified(claim).unwrap().adult(), adult);

    // The mother is sent away before anybody asked her.
    case.takes("ana", Fact::AdultRemoved { adult, when: case.at, destination: Some("Guatemala".into()) });
    assert!(lists(&case, case.at).contains(&"removed-without-choice"));
    let clear = |despite_wish| Fact::GateCleared {
        adult,
        relation: MOTHER,
        reason: "all agree".into(),
        despite_wish,
    };
    let wish = |wish| Fact::WishRecorded {
        adult,
        relation: MOTHER,
        wish,
        asked_by: "advocate".into(),
        asked: 0,
        words: "with mamá".into(),
    };
    let choice = |knowingly| Fact::ChoiceRecorded {
        adult,
        relation: MOTHER,
        choice: Choice::Reunify,
        knowingly,
        voluntarily: true,
        language: "K'iche'".into(),
        adviser: "counsel".into(),
        words: "bring her to me".into(),
    };
    case.refuses("ana", clear(None), "wish-missing");
    case.takes("ana", wish(Wish::Wants));
    case.refuses("ana", clear(None), "choice-missing");
    case.takes("ana", choice(false));
    case.refuses("ana", clear(None), "choice-not-free");
    assert!(lists(&case, case.at).contains(&"removed-without-choice"));
    case.takes("ana", choice(true));
    assert!(!lists(&case, case.at).contains(&"removed-without-choice"));
    case.refuses("ana", clear(None), "safety-missing");
    case.takes(
        "ana",
        Fact::SafetyAssessed {
            adult,
            relation: MOTHER,
            safe: true,
            assessor: "social worker".into(),
            findings: "home visit".into(),
        },
    );
    let plan = Fact::ReunificationPlanned {
        adult,
        relation: MOTHER,
        place: "airport".into(),
        when: i64::MAX,
        escort: "escort".into(),
        follow_up_days: vec![30, 7, 90, 7],
        receipt_hours: 24,
    };
    case.refuses("ana", plan.clone(), "not-cleared");
    case.takes("ana", clear(None));
    case.takes("ana", plan);

    // The choice is withdrawn, and made again.
    case.takes("ana", Fact::ChoiceWithdrawn { adult, relation: MOTHER, reason: "afraid".into() });
    assert!(lists(&case, case.at).contains(&"review-due"));
    let sent = |to, at| Fact::HandOverSent {
        to,
        sender: "escort".into(),
        when: at,
        place: "airport".into(),
        statement: "handed over".into(),
    };
    case.refuses("ana", sent(adult, case.at), "not-cleared");
    case.takes("ana", choice(true));
    case.takes("ana", clear(None));

    // The hand-over.
    case.refuses("ana", sent(stranger, case.at), "wrong-adult");
    let left = case.at;
    case.takes("ana", sent(adult, left));
    assert_eq!(lists(&case, case.at)[0], "awaiting-receipt");
    let approve = |despite: Option<&str>| Fact::ClosureApproved { despite: despite.map(Into::into) };
    case.takes("ana", Fact::ClosureProposed { reason: "done".into(), whereabouts: "with her mother".into() });
    case.refuses("ben", approve(None), "obligations-open");
    case.takes("ben", Fact::ClosureDeclined { reason: "no receipt".into() });
    let received = |at| Fact::HandOverReceived {
        to: adult,
        receiver: "consul".into(),
        when: at,
        place: "airport".into(),
        statement: "arrived, and is with her".into(),
    };
    case.refuses("ana", received(left), "same-side");
    case.refuses("ben", received(left - HOUR), "impossible-order");
    case.at = left + 5 * HOUR;
    case.takes("ben", received(left + 5 * HOUR));
    assert_eq!(case.state.child().unwrap().reunification().unwrap().hours_between(), Some(5));

    // Follow-ups.
    let stable = Fact::ReunificationStable { reason: "she is at school".into() };
    case.refuses("ana", stable.clone(), "follow-ups-open");
    assert!(!lists(&case, left + 3 * DAY).contains(&"follow-up-due"));
    assert!(lists(&case, left + 8 * DAY).contains(&"follow-up-due"));
    for day in [7, 30, 90] {
        case.at = left + i64::from(day) * DAY;
        case.takes("ana", Fact::FollowUpDone { day, well: true, words: "well".into() });
    }
    case.takes("ana", stable);

    // Closure.
    case.takes(
        "ana",
        Fact::ClosureProposed { reason: "stable".into(), whereabouts: "with her mother".into() },
    );
    assert!(lists(&case, case.at).contains(&"needs-approval"));
    case.refuses("ana", approve(None), "same-approver");
    case.takes("ben", approve(None));
    assert_eq!(lists(&case, case.at), [""; 0]);
    case.refuses("ana", propose(record(9), None), "case-closed");
    case.takes("cruz", Fact::CaseReopened { reason: "another claimant wrote".into() });
    case.takes("cruz", propose(stranger, Some("a birth certificate".into())));
    assert_eq!(
        case.state
            .child()
            .unwrap()
            .match_of(Claim { adult: stranger, relation: MOTHER })
            .unwrap()
            .rejections()
            .count(),
        1
    );
    assert!(
        case.state.child().unwrap().verified(claim).is_err(),
        "a new claim competes: nothing is disclosed"
    );
    assert_eq!(case.replayed(), case.state);
}

#[test]
fn custody_alone_fills_lists() {
    let fact = CustodyFact { child: record(5), in_care_since: Some(0), sent_without_receipt: Some(DAY) };
    let desk = Desk { children: &[], tracings: &[], custody: &[fact], clocks: &[], with_candidates: &[] };
    let rows = worklist(&desk, 20 * DAY, &Settings::default());
    let found: Vec<List> = rows.iter().map(|row| row.list).collect();
    assert_eq!(found, [List::AwaitingReceipt, List::NoCandidate, List::Unassigned]);
    assert_eq!(rows[0].due_micros, Some(2 * DAY));
    assert!(rows[0].is_late(20 * DAY));
}
