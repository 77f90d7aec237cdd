//! Whatever people ask in whatever order: what the life cycle promises holds. The promises are checked on the recorded
//! events alone, by a reading of them that shares no code with the machines.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use proptest::prelude::*;
use rejoin_casework::word::*;
use rejoin_casework::worklist::{Desk as Work, worklist};
use rejoin_casework::{Context, DAY, Event, Fact, KINDS, Settings, State, StreamId, TracingId, handle};
use rejoin_model::{RecordId, Relation};
use std::collections::{BTreeMap, BTreeSet};
use support::samples::sample;
use support::{Desk, record};

type Claim = (RecordId, Relation);

/// What an inspector who reads only the events keeps in mind.
#[derive(Default)]
struct Inspector {
    live: BTreeSet<Claim>,
    rejected: BTreeSet<Claim>,
    accepted: BTreeSet<Claim>,
    conflicts: BTreeSet<(Claim, Claim)>,
    signed: BTreeMap<Claim, Vec<(String, Outcome)>>,
    /// What came after the first signature.
    news: BTreeSet<Claim>,
    knows_child: BTreeSet<String>,
    knows_adult: BTreeSet<(RecordId, String)>,
    heard: BTreeSet<(Claim, Side)>,
    cleared: BTreeSet<Claim>,
    plan: Option<Claim>,
    statements: Vec<(bool, String, String)>,
    proposed_closure: Option<String>,
    closed: bool,
    handed_over: usize,
    closures: usize,
}

impl Inspector {
    fn in_conflict(&self, claim: Claim) -> bool {
        self.conflicts.iter().any(|(one, other)| *one == claim || *other == claim)
    }

    fn verified(&self, claim: Claim) -> bool {
        let signed = self.signed.get(&claim);
        self.accepted.contains(&claim)
            && signed.is_some_and(|all| {
                all.len() == 2 && all.iter().all(|(_, outcome)| *outcome == Outcome::Passed)
            })
    }

    fn reads(&mut self, event: &Event, context: &Context) {
        let actor = context.actor.clone();
        let in_closed = ["case-reopened", "note-added", "interview-read", "dna-destroyed"];
        assert!(
            !self.closed || in_closed.contains(&event.fact.kind()),
            "{} in a closed case",
            event.fact.kind()
        );
        match &event.fact {
            Fact::MatchProposed { adult, relation, new_evidence, .. } => {
                let claim = (*adult, *relation);
                if self.rejected.contains(&claim) {
                    assert!(new_evidence.is_some(), "a rejection was forgotten");
                }
                assert!(self.live.insert(claim), "proposed twice");
            }
            Fact::MatchAccepted { adult, relation, .. } => {
                self.accepted.insert((*adult, *relation));
            }
            Fact::MatchReviewed { adult, relation, .. } => {
                let claim = (*adult, *relation);
                self.accepted.remove(&claim);
                self.cleared.remove(&claim);
                self.signed.remove(&claim);
            }
            Fact::MatchRejected { adult, relation, .. } => {
                let claim = (*adult, *relation);
                self.live.remove(&claim);
                self.rejected.insert(claim);
                self.accepted.remove(&claim);
                self.cleared.remove(&claim);
                self.signed.remove(&claim);
            }
            Fact::ConflictRaised { adult, relation, other_adult, other_relation } => {
                self.conflicts.insert(((*adult, *relation), (*other_adult, *other_relation)));
            }
            Fact::ConflictResolved { adult, relation, other_adult, other_relation, .. } => {
                let (one, other) = ((*adult, *relation), (*other_adult, *other_relation));
                let before = self.conflicts.len();
                self.conflicts.remove(&(one, other));
                self.conflicts.remove(&(other, one));
                assert!(self.conflicts.len() < before, "a conflict was resolved that was none");
            }
            Fact::VerificationStarted { adult, relation, .. } => {
                let claim = (*adult, *relation);
                assert!(self.accepted.contains(&claim) && !self.in_conflict(claim));
                self.signed.remove(&claim);
                self.heard.remove(&(claim, Side::Child));
                self.heard.remove(&(claim, Side::Adult));
            }
            Fact::InterviewRecorded { adult, relation, side, interviewer, interpreter, .. } => {
                for who in [Some(interviewer), interpreter.as_ref(), Some(&actor)].into_iter().flatten() {
                    match side {
                        Side::Child => {
                            assert!(!self.knows_adult.contains(&(*adult, who.clone())), "{who} is not blind");
                        }
                        Side::Adult => assert!(!self.knows_child.contains(who), "{who} is not blind"),
                    }
                }
                for who in [Some(interviewer), interpreter.as_ref(), Some(&actor)].into_iter().flatten() {
                    self.learns(*side, *adult, who);
                }
                self.heard.insert(((*adult, *relation), *side));
                self.news.insert((*adult, *relation));
            }
            Fact::InterviewRead { adult, side, .. } => self.learns(*side, *adult, &actor),
            Fact::VerificationSigned { adult, relation, outcome, .. } => {
                let claim = (*adult, *relation);
                let signed = self.signed.entry(claim).or_default();
                assert!(signed.iter().all(|(who, _)| *who != actor), "{actor} signs twice");
                assert!(signed.len() < 2, "a third signature");
                if signed.is_empty() {
                    self.news.remove(&claim);
                }
                assert!(!self.news.contains(&claim), "the first signer did not know all that the second did");
                signed.push((actor, *outcome));
                if *outcome != Outcome::Inconclusive {
                    assert!(
                        self.heard.contains(&(claim, Side::Child))
                            && self.heard.contains(&(claim, Side::Adult))
                    );
                }
                assert!(*outcome != Outcome::Passed || !self.in_conflict(claim), "signed in a conflict");
            }
            Fact::SignaturesVoided { adult, relation } => {
                self.signed.remove(&(*adult, *relation));
                self.news.remove(&(*adult, *relation));
            }
            Fact::ProofRecorded { adult, relation, .. } | Fact::DnaTaken { adult, relation, .. } => {
                self.news.insert((*adult, *relation));
            }
            Fact::SignatureWithdrawn { adult, relation, .. } => {
                let signed = self.signed.entry((*adult, *relation)).or_default();
                signed.retain(|(who, _)| *who != actor);
            }
            Fact::GateCleared { adult, relation, .. } => {
                let claim = (*adult, *relation);
                assert!(self.verified(claim) && !self.in_conflict(claim));
                self.cleared.insert(claim);
            }
            Fact::GateBlocked { adult, relation, .. } => {
                self.cleared.remove(&(*adult, *relation));
            }
            Fact::ReunificationPlanned { adult, relation, .. } => {
                let claim = (*adult, *relation);
                assert!(self.verified(claim) && self.cleared.contains(&claim) && !self.in_conflict(claim));
                self.plan = Some(claim);
                self.statements.clear();
            }
            Fact::HandOverSent { to, sender: who, .. } | Fact::HandOverReceived { to, receiver: who, .. } => {
                let claim = self.plan.unwrap();
                assert_eq!(*to, claim.0, "handed to another");
                let sent = matches!(event.fact, Fact::HandOverSent { .. });
                match self.statements.as_slice() {
                    [] => assert!(
                        self.verified(claim) && self.cleared.contains(&claim) && !self.in_conflict(claim),
                        "handed over without proof"
                    ),
                    [(side, name, account)] => {
                        assert!(
                            *side != sent && name != who && *account != actor,
                            "one side speaks for both"
                        );
                        self.handed_over += 1;
                    }
                    _ => panic!("a third statement"),
                }
                self.statements.push((sent, who.clone(), actor));
            }
            Fact::ClosureProposed { .. } => self.proposed_closure = Some(actor),
            Fact::ClosureApproved { .. } => {
                assert!(
                    self.proposed_closure.take().is_some_and(|proposer| proposer != actor),
                    "own approval"
                );
                self.closed = true;
                self.closures += 1;
            }
            Fact::CaseReopened { .. } => self.closed = false,
            _ => {}
        }
    }

    fn learns(&mut self, side: Side, adult: RecordId, who: &str) {
        match side {
            Side::Child => self.knows_child.insert(who.to_owned()),
            Side::Adult => self.knows_adult.insert((adult, who.to_owned())),
        };
    }
}

/// The way from a proposal to a closed case, as people should go it.
const WAY: &[(&str, &str)] = &[
    ("ana", "match-proposed"),
    ("ana", "match-reviewed"),
    ("ana", "match-accepted"),
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
    ("ben", "hand-over-received"),
    ("ana", "follow-up-done:7"),
    ("ben", "follow-up-done:30"),
    ("ana", "reunification-stable"),
    ("ana", "closure-proposed"),
    ("ben", "closure-approved"),
];

/// Variants that random steps try besides the plain samples.
const VARIANTS: &[&str] = &[
    "match-proposed:new-evidence",
    "match-proposed:as-father",
    "match-proposed:as-parent",
    "match-rejected",
    "match-rejected",
    "match-proposed",
    "verification-started:again",
    "interview-recorded:adult",
    "interview-recorded:adult",
    "interview-read:adult",
    "verification-signed:failed",
    "verification-signed:inconclusive",
    "wish-recorded:does-not-want",
    "choice-recorded:decline",
    "safety-assessed:unsafe",
    "gate-cleared:despite",
    "hand-over-sent:earlier",
    "follow-up-done:30",
    "closure-approved:despite",
];

const ACTORS: [&str; 6] = ["ana", "ben", "cruz", "dora", "emil", "interviewer of the child"];

#[derive(Debug, Clone)]
enum Step {
    /// The next step of the way.
    Onward,
    /// Somebody asks something.
    Asked { actor: usize, name: usize, other: bool },
    /// Time passes.
    Wait(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let names = KINDS.len() + VARIANTS.len();
    let step = prop_oneof![
        6 => Just(Step::Onward),
        5 => (0..ACTORS.len(), 0..names, prop::bool::weighted(0.3))
            .prop_map(|(actor, name, other)| Step::Asked { actor, name, other }),
        1 => (0..40i64).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..90)
}

/// Plays the steps, under an inspector's eyes.
fn play(steps: &[Step]) -> (Desk, Inspector) {
    let mut desk = Desk::new(State::of(StreamId::Child(record(1))));
    let mut inspector = Inspector::default();
    let mut onward = 0;
    for step in steps {
        let (actor, name) = match step {
            Step::Wait(days) => {
                desk.at += days * DAY;
                continue;
            }
            Step::Onward => {
                let (actor, name) = WAY[onward % WAY.len()];
                onward += 1;
                (actor, name.to_owned())
            }
            Step::Asked { actor, name, other } => {
                let name = KINDS.get(*name).map_or_else(|| VARIANTS[*name - KINDS.len()], |(kind, _)| *kind);
                (ACTORS[*actor], if *other { format!("{name}@other") } else { name.to_owned() })
            }
        };
        let before = desk.state.clone();
        match desk.ask(actor, &sample(&name, desk.at)) {
            Ok(events) => {
                let context = Context { actor: actor.to_owned(), at_micros: desk.at };
                assert_eq!(desk.state.version(), before.version() + events.len() as u64);
                for event in &events {
                    assert_eq!(event.stream(), desk.state.stream());
                    inspector.reads(event, &context);
                }
            }
            Err(refusal) => {
                assert_eq!(desk.state, before);
                assert!(!refusal.english().is_empty() && !refusal.spanish().is_empty());
            }
        }
    }
    (desk, inspector)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn promises_hold_whatever_is_asked(steps in steps()) {
        let (desk, inspector) = play(&steps);
        prop_assert_eq!(desk.replayed(), desk.state.clone());
        let case = desk.state.child().unwrap();
        // A proof is given exactly where the inspector says that people verified, and nothing competes.
        for of in case.matches() {
            let claim = (of.claim().adult, of.claim().relation);
            let expected = inspector.verified(claim) && !inspector.in_conflict(claim);
            prop_assert_eq!(case.verified(of.claim()).is_ok(), expected);
            if let Ok(verified) = case.verified(of.claim()) {
                prop_assert_eq!(case.cleared(&verified).is_ok(), inspector.cleared.contains(&claim));
            }
            prop_assert_eq!(of.rejections().count() > 0, inspector.rejected.contains(&claim));
            // Sealed while one side alone has spoken, for everybody who does not know it.
            let one_side = |side: Side, other: Side| {
                of.verification().is_some_and(|it| it.outcome.is_none() && it.interviewed(side) && !it.interviewed(other))
            };
            if one_side(Side::Child, Side::Adult) {
                prop_assert!(!case.may_read_interview(of.claim(), Side::Child, "a stranger"));
            }
            if one_side(Side::Adult, Side::Child) {
                prop_assert!(!case.may_read_interview(of.claim(), Side::Adult, "a stranger"));
            }
        }
        prop_assert_eq!(case.status() == ClosureStatus::Closed, inspector.closed);
        let children = [case];
        let work = Work { children: &children, tracings: &[], custody: &[], clocks: &[], with_candidates: &[] };
        let rows = worklist(&work, desk.at, &Settings::default());
        let keys: Vec<_> = rows.iter().map(|row| row.list).collect();
        prop_assert!(keys.is_sorted());
        let conflicts = rows.iter().filter(|row| row.list.word() == "conflict").count();
        prop_assert!(inspector.closed || conflicts > 0 || inspector.conflicts.is_empty());
    }

    #[test]
    fn no_moment_and_no_text_makes_it_panic(
        kinds in prop::collection::vec((0..KINDS.len(), any::<i64>(), ".{0,6}"), 1..40),
        at in any::<i64>(),
    ) {
        for stream in [StreamId::Child(record(1)), StreamId::Tracing(TracingId::from_bytes([1; 10]))] {
            let mut desk = Desk::new(State::of(stream));
            desk.at = at / 2;
            for (_, (actor, name)) in WAY.iter().enumerate().take(15) {
                let _ = desk.ask(actor, &sample(name, desk.at));
            }
            for (kind, moment, text) in &kinds {
                let (kind, fields) = sample(KINDS[*kind].0, *moment).parts();
                // Every text field gets the arbitrary text where it can be read so.
                let field = |name: &str| {
                    let own = fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value.clone());
                    match name {
                        "day" | "receipt_hours" => Some(u32::MAX.to_string()),
                        "follow_up_days" => Some(format!("{}\n0", u32::MAX)),
                        "reason" | "words" | "hash" | "to" if kind != "hand-over-sent" => Some(text.clone()),
                        _ => own,
                    }
                };
                let Some(fact) = Fact::from_parts(kind, &field) else { continue };
                let _ = desk.ask(text, &fact);
                let context = Context { actor: "ana".into(), at_micros: *moment };
                let _ = handle(&desk.state, &fact, &context);
                if let Some(case) = desk.state.child() {
                    let children = [case];
                    let work = Work { children: &children, tracings: &[], custody: &[], clocks: &[], with_candidates: &[] };
                    worklist(&work, *moment, &Settings::default());
                }
            }
            prop_assert_eq!(desk.replayed(), desk.state);
        }
    }

    /// A ledger that somebody wrote nonsense into is read without panic, too: events are applied unchecked.
    #[test]
    fn any_order_of_events_can_be_applied(names in prop::collection::vec(0..KINDS.len() + VARIANTS.len(), 0..60)) {
        let mut state = State::of(StreamId::Child(record(1)));
        for (at, name) in names.iter().enumerate() {
            let name = KINDS.get(*name).map_or_else(|| VARIANTS[*name - KINDS.len()], |(kind, _)| *kind);
            let event = Event { stream: state.stream(), fact: sample(name, at as i64) };
            rejoin_casework::apply(&mut state, &event, &Context { actor: "ana".into(), at_micros: at as i64 });
        }
        prop_assert_eq!(state.version(), names.len() as u64);
    }
}

/// The random steps go far enough for the promises to be tried.
#[test]
fn random_steps_reach_hand_overs_and_closures() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut handed_over, mut closures, mut rejected, mut conflicts) = (0, 0, 0, 0);
    for _ in 0..400 {
        let steps = steps().new_tree(&mut runner).unwrap().current();
        let (desk, inspector) = play(&steps);
        handed_over += inspector.handed_over;
        closures += inspector.closures;
        rejected += inspector.rejected.len();
        conflicts += desk.state.child().unwrap().conflicts().len();
    }
    println!(
        "{handed_over} hand-overs, {closures} closures, {rejected} rejections, {conflicts} conflicts in 400 runs"
    );
    assert!(handed_over >= 20 && closures >= 50 && rejected >= 25 && conflicts >= 50);
}
