//! The desk: who sees what, what is on record of it, casework from separation to closure, and erasure.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use rejoin_access::{Actor, Organisation, Purpose, Role};
use rejoin_casework::Fact;
use rejoin_casework::word::{Choice, Outcome, ProofKind, Side, Wish};
use rejoin_ingest::presets;
use rejoin_model::{RecordId, Relation};
use rejoin_registry::{Case, Error, Extent, Given, ImportRequest, Seat, Stamp, Withholding};
use std::collections::BTreeSet;
use std::sync::Arc;

const LIST: &str = "Civ ID,Family Unit Group#,First Name,Last Name,APP AGE,Apprehension Date,Station\n\
    1,FMU1,EVA,PAZ LOPEZ,7,6/1/2018,McAllen\n2,FMU1,ANA,LOPEZ CRUZ,31,6/1/2018,McAllen\n3,,LUIS,SOTO,40,6/4/2018,Yuma\n";

const NOW: i64 = 1_530_100_000_000_000;

struct World {
    _directory: tempfile::TempDir,
    case: Case,
}

fn world() -> World {
    let directory = tempfile::tempdir().unwrap();
    let stamp = Stamp { at_micros: NOW, actor: "clerk".into() };
    let case = Case::init(&directory.path().join("case"), &stamp).unwrap();
    let mapping = presets::named("border-apprehensions");
    let request =
        ImportRequest { name: "border.csv", bytes: LIST.as_bytes(), mapping, extent: Extent::Presumed };
    case.import(&request, &stamp, &|_, _, _| {}).unwrap();
    case.link(&stamp, &|_, _, _| {}).unwrap();
    case.families(&stamp, &|_, _, _| {}).unwrap();
    World { _directory: directory, case }
}

impl World {
    fn role(&self, id: &str) -> Arc<Role> {
        self.case.roles().unwrap().named(id).unwrap()
    }

    fn seat(&self, account: &str, roles: &[&str], purpose: Purpose) -> Seat {
        Seat {
            actor: Actor {
                account: account.into(),
                organisation: Organisation::new(["registry"]).unwrap(),
                teams: BTreeSet::new(),
                roles: roles.iter().map(|role| self.role(role)).collect(),
                subject_of: None,
            },
            purpose,
            at_micros: NOW + 1_000_000,
        }
    }

    fn operator(&self) -> Seat {
        let actor = self.case.operator("operator").unwrap();
        Seat { actor, purpose: Purpose::DataQuality, at_micros: NOW + 1_000_000 }
    }

    /// The child's and the mother's ids: Eva is seven, Ana is her mother.
    fn ids(&self) -> (String, String) {
        let view = self.case.desk(self.operator()).unwrap().view(None).unwrap();
        let of = |name: &str| {
            let record = view
                .records
                .iter()
                .find(|record| record.values.iter().any(|(_, value)| format!("{value:?}").contains(name)));
            view.person_of[&record.unwrap().id].to_string()
        };
        (of("EVA"), of("ANA"))
    }

    fn record(&self, person: &str) -> RecordId {
        RecordId::from_bytes(*person.parse::<rejoin_model::PersonId>().unwrap().as_bytes())
    }
}

fn verify(case: &Case) -> u64 {
    case.verify(None, &|_, _, _| {}).unwrap().size
}

#[test]
fn enforcement_is_refused_and_on_record() {
    let world = world();
    let before = verify(&world.case);
    for roles in [&["custodian"][..], &["case-worker"], &["supervisor", "inspector"]] {
        let refused = world.case.desk(world.seat("anybody", roles, Purpose::Enforcement));
        assert!(matches!(refused, Err(Error::Denied(_))));
    }
    assert_eq!(verify(&world.case), before + 3);
}

#[test]
fn a_rule_over_all_makes_a_person_not_exist_for_its_recipient_only() {
    let world = world();
    let (child, _) = world.ids();
    let supervisor = world.seat("sara", &["supervisor", "inspector"], Purpose::ChildCare);
    let desk = world.case.desk(supervisor).unwrap();
    let asked = Withholding {
        fields: "all".into(),
        recipient: "account:ina".into(),
        reason: "she is related to the accused".into(),
        until: None,
    };
    let rule = desk.withhold(&child, &asked).unwrap();
    let seat = |account: &str| world.seat(account, &["inspector"], Purpose::Oversight);
    let hidden = world.case.desk(seat("ina")).unwrap();
    let shown = world.case.desk(seat("other")).unwrap();
    assert!(hidden.person(&child).unwrap().is_none());
    assert!(shown.person(&child).unwrap().is_some());
    let (fewer, all) = (hidden.view(None).unwrap(), shown.view(None).unwrap());
    assert_eq!(fewer.records.len() + 1, all.records.len());
    assert_eq!(fewer.people().len() + 1, all.people().len());
    assert!(fewer.candidates.len() < all.candidates.len());
    assert!(fewer.person_of.values().all(|person| person.to_string() != child));
    // An unknown id and a hidden one are answered alike.
    assert!(hidden.person("p-zzzzzzzzzzzzzzzz").unwrap().is_none());
    // Lifted, by who may, it is as before.
    let supervisor = world.seat("sara", &["supervisor"], Purpose::ChildCare);
    world.case.desk(supervisor).unwrap().release(&rule, "a mistake").unwrap();
    assert!(world.case.desk(seat("ina")).unwrap().person(&child).unwrap().is_some());
    verify(&world.case);
}

#[test]
fn readers_are_on_record_and_told_to_who_may_know() {
    let world = world();
    let (child, _) = world.ids();
    world.case.desk(world.seat("ina", &["inspector"], Purpose::Oversight)).unwrap().person(&child).unwrap();
    let lawyer = world.seat("leo", &["lawyer"], Purpose::LegalRepresentation);
    // The child is not assigned to the lawyer: to them, there is nobody.
    assert!(world.case.desk(lawyer).unwrap().person(&child).unwrap().is_none());
    let desk = world.case.desk(world.seat("ina", &["inspector"], Purpose::Oversight)).unwrap();
    let readers = desk.readers(&child).unwrap();
    let told: Vec<(&str, &str)> =
        readers.iter().map(|reading| (reading.actor.as_str(), reading.kind.as_str())).collect();
    assert!(told.contains(&("ina", "file-read")) && told.contains(&("leo", "access-refused")), "{told:?}");
    verify(&world.case);
}

#[test]
fn an_emergency_opens_a_file_for_child_care_and_is_reviewed_by_somebody_else() {
    let world = world();
    let (child, _) = world.ids();
    let mut seat = world.seat("wes", &["shelter-staff"], Purpose::ChildCare);
    seat.actor.organisation = Organisation::new(["registry", "elsewhere"]).unwrap();
    let desk = world.case.desk(seat.clone()).unwrap();
    assert!(desk.person(&child).unwrap().is_none());
    assert!(desk.break_glass(&child, " ", 60).is_err(), "an emergency needs a reason");
    let id = desk.break_glass(&child, "taken ill at night", 60).unwrap();
    let desk = world.case.desk(Seat { at_micros: seat.at_micros + 60_000_000, ..seat.clone() }).unwrap();
    let file = desk.person(&child).unwrap().unwrap();
    assert!(file.emergencies.contains(&id));
    let late = Seat { at_micros: seat.at_micros + 2 * 3_600_000_000, ..seat.clone() };
    assert!(world.case.desk(late).unwrap().person(&child).unwrap().is_none());
    assert!(
        desk.review_emergency(&id, "fine", false).is_err(),
        "not by its author, and not without the action"
    );
    let supervisor = world.case.desk(world.seat("sara", &["supervisor"], Purpose::ChildCare)).unwrap();
    assert_eq!(supervisor.emergencies().unwrap().len(), 1);
    supervisor.review_emergency(&id, "justified", false).unwrap();
    assert!(supervisor.emergencies().unwrap().is_empty());
    verify(&world.case);
}

#[test]
fn from_a_match_to_a_closed_case_and_nothing_out_of_turn() {
    let world = world();
    let (child, mother) = world.ids();
    let adult = world.record(&mother);
    let relation = Relation::Mother;
    let given = Given::default;
    // The file is assigned first, by a supervisor.
    let supervisor = world.seat("sara", &["supervisor"], Purpose::ChildCare);
    for to in ["cora", "vera", "vito", "sam"] {
        let assigned = Fact::Assigned { to: to.into(), from: NOW, until: None };
        world.case.desk(supervisor.clone()).unwrap().command(&child, &[assigned], &given()).unwrap();
    }
    let worker = world.seat("cora", &["case-worker"], Purpose::FamilyTracing);
    let proposed =
        Fact::MatchProposed { adult, relation, why: "same family unit".into(), new_evidence: None };
    let reviewed = Fact::MatchReviewed { adult, relation, note: "looked at both files".into() };
    let accepted = Fact::MatchAccepted { adult, relation, reason: "names and journey agree".into() };
    let desk = world.case.desk(worker.clone()).unwrap();
    // Out of turn: accepted before anybody reviewed it.
    let early = desk.command(&child, &[proposed.clone(), accepted.clone()], &given());
    assert!(matches!(early, Err(Error::Casework(_))), "nothing of a command that fails is written");
    let key = Given { key: Some("accept-1".into()), expected: None };
    let all = [proposed, reviewed, accepted];
    let done = desk.command(&child, &all, &key).unwrap();
    let again = desk.command(&child, &all, &key).unwrap();
    assert!(again.before && again.first == done.first, "the same command is carried out once");
    assert!(matches!(desk.command(&child, &all[..1], &key), Err(Error::KeyReused(_))));
    let outdated = Given { expected: Some(1), key: None };
    let note = Fact::NoteAdded { about: None, text: "called the shelter".into() };
    assert!(matches!(desk.command(&child, &[note], &outdated), Err(Error::Outdated { .. })));
    // A case worker may not sign a verification.
    let sign = |statement: &str| Fact::VerificationSigned {
        adult,
        relation,
        outcome: Outcome::Passed,
        statement: statement.into(),
    };
    assert!(matches!(desk.command(&child, &[sign("me")], &given()), Err(Error::Denied(_))));
    // Two verifiers, blind to each other.
    let of = |account: &str| world.seat(account, &["verifier"], Purpose::Verification);
    let interview = |side: Side, by: &str, answer: &str| Fact::InterviewRecorded {
        adult,
        relation,
        side,
        interviewer: by.into(),
        interpreter: None,
        language: "Mam".into(),
        held: NOW,
        answers: vec![answer.into()],
    };
    let vera = world.case.desk(of("vera")).unwrap();
    let started = Fact::VerificationStarted { adult, relation, again_because: None };
    vera.command(&child, &[started, interview(Side::Child, "vera", "she sings about the lake")], &given())
        .unwrap();
    let vito = world.case.desk(of("vito")).unwrap();
    let sealed = vito.person(&child).unwrap().unwrap().casework.unwrap();
    let shown = format!("{:?}", sealed.entries);
    assert!(!shown.contains("lake"), "the other interview is sealed from who is to hold the second");
    assert!(
        vito.interviews(&child, adult, relation, Side::Child).is_err(),
        "sealed while vito is to ask the mother"
    );
    assert!(
        format!("{:?}", vera.person(&child).unwrap().unwrap().casework.unwrap().entries).contains("lake")
    );
    let same = vera.command(&child, &[interview(Side::Adult, "vera", "a lake song")], &given());
    assert!(same.is_err(), "one person cannot hold both");
    vito.command(&child, &[interview(Side::Adult, "vito", "a song of the lake")], &given()).unwrap();
    let proof = Fact::ProofRecorded {
        adult,
        relation,
        proof: ProofKind::Document,
        words: "birth certificate seen".into(),
        attachment: None,
    };
    vito.command(&child, &[proof], &given()).unwrap();
    vera.command(&child, &[sign("accounts agree")], &given()).unwrap();
    assert!(vera.command(&child, &[sign("again")], &given()).is_err(), "nobody signs twice");
    // Before the second signature, the mother's own account learns nothing of the child.
    let own = |world: &World| {
        let mut seat = world.seat("ana", &["person"], Purpose::OwnFile);
        seat.actor.subject_of = Some(mother.parse().unwrap());
        seat
    };
    assert!(world.case.desk(own(&world)).unwrap().person(&child).unwrap().is_none());
    vito.command(&child, &[sign("I agree")], &given()).unwrap();
    let file = world.case.desk(own(&world)).unwrap().person(&child).unwrap().unwrap();
    let told = format!("{:?}", file.records.iter().flat_map(|record| &record.values).collect::<Vec<_>>());
    assert!(told.contains("Mcallen"), "now she learns where: {told}");
    // Consent, plan, hand-over by two, follow-ups, closure by another.
    let gate = world.seat("cora", &["case-worker"], Purpose::Reunification);
    let cora = world.case.desk(gate).unwrap();
    let plan = |now: i64| Fact::ReunificationPlanned {
        adult,
        relation,
        place: "the shelter".into(),
        when: now,
        escort: "cora".into(),
        follow_up_days: vec![7],
        receipt_hours: 24,
    };
    assert!(cora.command(&child, &[plan(NOW)], &given()).is_err(), "not before consent");
    let consent = [
        Fact::WishRecorded {
            adult,
            relation,
            wish: Wish::Wants,
            asked_by: "cora".into(),
            asked: NOW,
            words: "to mama".into(),
        },
        Fact::ChoiceRecorded {
            adult,
            relation,
            choice: Choice::Reunify,
            knowingly: true,
            voluntarily: true,
            language: "Mam".into(),
            adviser: "a lawyer".into(),
            words: "I want her with me".into(),
        },
        Fact::SafetyAssessed {
            adult,
            relation,
            safe: true,
            assessor: "cora".into(),
            findings: "none".into(),
        },
        Fact::GateCleared { adult, relation, reason: "all agree".into(), despite_wish: None },
        plan(NOW),
    ];
    cora.command(&child, &consent, &given()).unwrap();
    let sent = Fact::HandOverSent {
        to: adult,
        sender: "sam".into(),
        when: NOW,
        place: "the shelter".into(),
        statement: "handed over".into(),
    };
    let received = Fact::HandOverReceived {
        to: adult,
        receiver: "cora".into(),
        when: NOW + 3_600_000_000,
        place: "the shelter".into(),
        statement: "with her mother".into(),
    };
    let sam = world.case.desk(world.seat("sam", &["shelter-staff"], Purpose::ChildCare)).unwrap();
    sam.command(&child, &[sent], &given()).unwrap();
    let waiting = world.case.desk(supervisor.clone()).unwrap().worklist(&Default::default()).unwrap();
    assert!(waiting.iter().any(|item| item.list.word() == "awaiting-receipt"), "{waiting:?}");
    cora.command(&child, &[received], &given()).unwrap();
    let follow = Fact::FollowUpDone { day: 7, well: true, words: "goes to school".into() };
    let stable = Fact::ReunificationStable { reason: "a week later all is well".into() };
    let closing = Fact::ClosureProposed { reason: "reunified".into(), whereabouts: "with her mother".into() };
    cora.command(&child, &[follow, stable, closing], &given()).unwrap();
    let approve = Fact::ClosureApproved { despite: None };
    assert!(
        cora.command(&child, std::slice::from_ref(&approve), &given()).is_err(),
        "not by who proposed it"
    );
    world.case.desk(supervisor).unwrap().command(&child, &[approve], &given()).unwrap();
    let file = world.case.desk(world.operator()).unwrap().person(&child).unwrap().unwrap();
    assert_eq!(file.casework.unwrap().status, "closed");
    // The decision reached the model of families, and all of it is derived again alike.
    assert_eq!(world.case.desk(world.operator()).unwrap().decisions().unwrap().len(), 1);
    verify(&world.case);
    world.case.rebuild(&Stamp { at_micros: NOW, actor: "clerk".into() }, &|_, _, _| {}).unwrap();
    verify(&world.case);
    let file = world.case.desk(world.operator()).unwrap().person(&child).unwrap().unwrap();
    assert_eq!(file.casework.unwrap().status, "closed");
}

#[test]
fn an_erased_person_is_gone_everywhere_and_the_chain_stays_whole() {
    let world = world();
    let (child, _) = world.ids();
    let stamp = Stamp { at_micros: NOW, actor: "clerk".into() };
    let operator = world.operator();
    let supervisor = world.seat("sara", &["supervisor"], Purpose::ChildCare);
    let hold = world.case.desk(supervisor.clone()).unwrap().hold(&child, "litigation", None).unwrap();
    let erase =
        |world: &World| world.case.desk(world.operator()).unwrap().erase(&child, "asked for", "the law");
    assert!(matches!(erase(&world), Err(Error::Denied(_))), "a legal hold forbids it");
    world.case.desk(supervisor).unwrap().lift_hold(&hold, "over").unwrap();
    let before = world.case.desk(operator.clone()).unwrap().view(None).unwrap().records.len();
    let erased = erase(&world).unwrap();
    assert_eq!((erased.records, erased.keys), (1, 1));
    let desk = world.case.desk(operator.clone()).unwrap();
    assert!(desk.person(&child).unwrap().is_none());
    assert_eq!(desk.view(None).unwrap().records.len(), before - 1);
    verify(&world.case);
    world.case.rebuild(&stamp, &|_, _, _| {}).unwrap();
    verify(&world.case);
    // Sent again by the agency, the row is not taken in.
    let more = format!("{LIST}4,,ROSA,DIAZ,22,6/5/2018,Yuma\n");
    let mapping = presets::named("border-apprehensions");
    let request = ImportRequest { name: "b.csv", bytes: more.as_bytes(), mapping, extent: Extent::Presumed };
    let report = world.case.import(&request, &stamp, &|_, _, _| {}).unwrap();
    assert_eq!((report.added, report.findings.get("erased-not-taken")), (1, Some(&1)));
    assert!(world.case.desk(operator).unwrap().person(&child).unwrap().is_none());
    verify(&world.case);
}

#[test]
fn a_key_that_is_lost_or_left_is_found() {
    let world = world();
    let (child, _) = world.ids();
    let keys = world._directory.path().join("case.keys/keys.sqlite");
    let saved = std::fs::read(&keys).unwrap();
    world.case.desk(world.operator()).unwrap().erase(&child, "asked for", "the law").unwrap();
    // A backup of the keys comes back: what was erased is erased again before anything is read.
    std::fs::write(&keys, &saved).unwrap();
    assert!(matches!(world.case.verify(None, &|_, _, _| {}), Err(Error::KeyLeft(_))));
    let case = Case::open(&world._directory.path().join("case")).unwrap();
    assert_eq!(case.finish_erasures().unwrap(), 0);
    verify(&case);
    // A key that nobody destroyed is missing.
    let connection = rusqlite::Connection::open(&keys).unwrap();
    connection.execute("DELETE FROM subject_key WHERE subject LIKE 'r-%'", []).unwrap();
    drop(connection);
    let case = Case::open(&world._directory.path().join("case")).unwrap();
    assert!(matches!(case.verify(None, &|_, _, _| {}), Err(Error::KeyLost(_))));
}
