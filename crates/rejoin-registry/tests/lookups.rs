//! Looking somebody up by an id: nobody and somebody hidden are as much work, whoever guesses runs into a limit, and a rule
//! holds from when it is placed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use rejoin_access::{Actor, Organisation, Purpose};
use rejoin_casework::Fact;
use rejoin_model::{PersonId, RecordId};
use rejoin_registry::{Case, Contact, Desk, Error, Given, ReceiptRequest, Seat, Withholding};
use std::collections::BTreeSet;
use support::{import, lists, stamp};

fn case() -> (tempfile::TempDir, Case) {
    let directory = tempfile::tempdir().unwrap();
    let mut case = Case::init(&directory.path().join("case"), &stamp(0)).unwrap();
    import(&mut case, "border-apprehensions", "border.csv", &lists(12, 5).border, 1).unwrap();
    case.link(&stamp(2), &|_, _, _| {}).unwrap();
    (directory, case)
}

fn desk<'a>(case: &'a Case, account: &str, role: &str, purpose: Purpose, seconds: i64) -> Desk<'a> {
    let actor = Actor {
        account: account.into(),
        organisation: Organisation::new(["registry"]).unwrap(),
        teams: BTreeSet::new(),
        roles: vec![case.roles().unwrap().named(role).unwrap()],
        subject_of: None,
    };
    case.desk(Seat { actor, purpose, at_micros: stamp(9).at_micros + seconds * 1_000_000 }).unwrap()
}

fn inspector<'a>(case: &'a Case, account: &str, seconds: i64) -> Desk<'a> {
    desk(case, account, "inspector", Purpose::Oversight, seconds)
}

fn people(case: &Case) -> Vec<PersonId> {
    let view = support::desk(case).view(None).unwrap();
    view.person_of.values().copied().collect::<BTreeSet<_>>().into_iter().collect()
}

fn hide(case: &Case, person: PersonId, account: &str) {
    let asked = Withholding {
        fields: "all".into(),
        recipient: format!("account:{account}"),
        reason: "a threat".into(),
        until: None,
    };
    let supervisor = desk(case, "a-sara", "supervisor", Purpose::ChildCare, 0);
    supervisor.withhold(&person.to_string(), &asked).unwrap();
}

/// An id of nobody, whose neighbour is somebody with one record like everybody in these lists.
fn nobody(person: PersonId) -> String {
    let mut bytes = *person.as_bytes();
    bytes[9] ^= 1;
    PersonId::from_bytes(bytes).to_string()
}

#[test]
fn nobody_and_somebody_hidden_are_as_much_work_in_every_way_to_ask() {
    let (_directory, case) = case();
    let all = people(&case);
    hide(&case, all[3], "a-ina");
    let (hidden, none) = (all[3].to_string(), nobody(all[3]));
    let work = |ask: &dyn Fn(&Desk<'_>, &str) -> bool, id: &str| {
        let desk = inspector(&case, "a-ina", 0);
        let before = case.work();
        assert!(ask(&desk, id), "{id} is not to be found");
        let after = case.work();
        [after[0] - before[0], after[1] - before[1]]
    };
    let not_found = |error: Error| matches!(error, Error::Denied(words) if words == "not found");
    type Way<'a> = (&'a str, &'a dyn Fn(&Desk<'_>, &str) -> bool);
    let ways: [Way<'_>; 3] = [
        ("person", &|desk, id| desk.person(id).unwrap().is_none()),
        ("readers", &|desk, id| desk.readers(id).is_err_and(not_found)),
        ("messages", &|desk, id| desk.messages(id).unwrap().is_empty()),
    ];
    for (way, ask) in ways {
        let (of_hidden, of_none, again) = (work(ask, &hidden), work(ask, &none), work(ask, &hidden));
        // Each refusal is an event, and the next one reads a hash more of the tree that it grows on: whoever asks later
        // makes more work, by as much whomever it is about.
        for at in [0, 1] {
            assert_eq!(
                of_hidden[at] + again[at],
                2 * of_none[at],
                "{way}: {of_hidden:?} {of_none:?} {again:?}"
            );
        }
        assert!(of_hidden[0] > 4, "{way}: something was asked: {of_hidden:?}");
    }
    case.verify(None, &|_, _, _| {}).unwrap();
}

#[test]
fn for_statistics_an_id_leads_to_nobody_whoever_it_is_of() {
    let (_directory, case) = case();
    let somebody = people(&case)[3];
    let (there, none) = (somebody.to_string(), nobody(somebody));
    let journalist = |account: &str| desk(&case, account, "journalist", Purpose::Statistics, 0);
    let told = |account: &str, id: &str| {
        let desk = journalist(account);
        let note = Fact::NoteAdded { about: None, text: "x".into() };
        let said = |error: Error| error.to_string();
        (
            desk.person(id).map(|found| found.is_some()).map_err(said),
            desk.readers(id).map(|readings| readings.len()).map_err(said),
            desk.messages(id).map(|messages| messages.len()).map_err(said),
            desk.command(id, &[note], &Given::default()).map(|done| done.first).map_err(said),
        )
    };
    assert_eq!(told("a-jo", &there), told("a-jo", &none));
    // Neither is found by asking until it is too often: somebody who is there is missed like nobody.
    let until = |account: &str, id: &str| (0..60).position(|_| told(account, id).0.is_err());
    let tries = until("a-jan", &there);
    assert!(tries.is_some());
    assert_eq!(tries, until("a-joe", &none));
}

#[test]
fn whoever_guesses_ids_is_stopped_and_on_record_and_others_are_not() {
    let (_directory, case) = case();
    let all = people(&case);
    let guess = |account: &str, at: u8, seconds: i64| {
        let id = RecordId::from_bytes([at; 10]).to_string();
        inspector(&case, account, seconds).person(&id)
    };
    // A few slips cost nothing.
    for at in 0..20 {
        assert!(guess("a-ina", at, 0).unwrap().is_none(), "{at}");
    }
    let before = case.checkpoint().unwrap().size;
    for at in 20..60 {
        assert!(matches!(guess("a-ina", at, 0), Err(Error::TryLater(_))), "{at}");
    }
    assert_eq!(case.checkpoint().unwrap().size, before + 1, "said once, and not forty times");
    let ina = inspector(&case, "a-ina", 0);
    assert!(matches!(ina.person(&all[0].to_string()), Err(Error::TryLater(_))), "nothing is looked at");
    assert!(inspector(&case, "a-other", 0).person(&all[0].to_string()).unwrap().is_some());
    let later = inspector(&case, "a-ina", 31).person(&all[0].to_string()).unwrap();
    assert!(later.is_some(), "one more after half a minute, and who hits may go on");
    assert!(inspector(&case, "a-ina", 31).person(&all[1].to_string()).unwrap().is_some());
    let refused = support::desk(&case).refusals().unwrap();
    assert!(refused.iter().any(|one| one.actor == "a-ina" && one.what == "misses"), "{refused:?}");
}

#[test]
fn codes_of_cards_are_not_tried_one_by_one() {
    let (directory, case) = case();
    std::fs::write(
        directory.path().join("case/limits.toml"),
        "[misses]\nseconds = 30\nburst = 50\n[codes]\nseconds = 10\nburst = 3\n",
    )
    .unwrap();
    let child = people(&case)[0].to_string();
    let contact = Contact { phone: Some("+1 956 555 0100".into()), ..Contact::default() };
    let request = ReceiptRequest { id: child, contact, initials: false };
    let code = case.issue_receipt(&request, &stamp(3)).unwrap().code;
    let officer = |seconds| inspector(&case, "a-tom", seconds);
    assert!(officer(0).find_receipt(&code).unwrap().is_some());
    // A code that no card has: of the letters of codes, with the check character that belongs to them.
    assert!(officer(0).find_receipt("333-3333-333").unwrap().is_none());
    assert!(officer(0).find_receipt(&code).unwrap().is_some());
    assert!(matches!(officer(0).find_receipt(&code), Err(Error::TryLater(_))), "right ones count, too");
    assert!(officer(11).find_receipt(&code).unwrap().is_some());
}

#[test]
fn a_rule_holds_for_who_sits_at_the_desk_already() {
    let (_directory, case) = case();
    let all = people(&case);
    let desk = inspector(&case, "a-ina", 60);
    let id = all[5].to_string();
    assert!(desk.person(&id).unwrap().is_some());
    let before = desk.view(None).unwrap().records.len();
    hide(&case, all[5], "a-ina");
    assert!(desk.person(&id).unwrap().is_none(), "placed while she sat there");
    assert_eq!(desk.view(None).unwrap().records.len(), before - 1);
}
