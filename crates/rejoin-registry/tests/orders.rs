//! Commands that write, given by accounts at a desk: each through the one access decision, refusals on record; and nobody
//! gives one under another's name.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use rejoin_access::{Actor, Organisation, Purpose};
use rejoin_ingest::{Mapping, presets};
use rejoin_model::{PersonId, Verdict};
use rejoin_registry::{
    Case, Comparison, DecisionRequest, Desk, Error, Evidence, Extent, ImportRequest, Issued, NewAccount,
    Proposing, Seat, Stamp, Withholding,
};
use std::collections::{BTreeMap, BTreeSet};

const LIST: &str = "Civ ID,Family Unit Group#,First Name,Last Name,APP AGE,Apprehension Date,Station\n\
    1,FMU1,EVA,PAZ LOPEZ,7,6/1/2018,McAllen\n2,FMU1,ANA,LOPEZ CRUZ,31,6/1/2018,McAllen\n3,,LUIS,SOTO,40,6/4/2018,Yuma\n";

const NOW: i64 = 1_530_100_000_000_000;

fn stamp(actor: &str) -> Stamp {
    Stamp { at_micros: NOW, actor: actor.into() }
}

fn quiet(_: &str, _: u64, _: u64) {}

fn mapping(list: &str) -> Mapping {
    Mapping { list: list.into(), ..presets::named("border-apprehensions").unwrap() }
}

fn request<'a>(text: &'a str, list: &str) -> ImportRequest<'a> {
    let mapping = Some(mapping(list));
    ImportRequest { name: "list.csv", bytes: text.as_bytes(), mapping, extent: Extent::Presumed }
}

struct Place {
    _directory: tempfile::TempDir,
    case: Case,
}

fn place() -> Place {
    let directory = tempfile::tempdir().unwrap();
    let case = Case::init(&directory.path().join("case"), &stamp("clerk")).unwrap();
    case.import(&request(LIST, "border"), &stamp("clerk"), &quiet).unwrap();
    case.link(&stamp("clerk"), &quiet).unwrap();
    case.families(&stamp("clerk"), &quiet).unwrap();
    Place { _directory: directory, case }
}

impl Place {
    fn desk(&self, account: &str, at: &[&str], roles: &[&str], purpose: Purpose) -> Desk<'_> {
        let known = self.case.roles().unwrap();
        let actor = Actor {
            account: account.into(),
            organisation: Organisation::new(at.iter().copied()).unwrap(),
            teams: BTreeSet::new(),
            roles: roles.iter().map(|role| known.named(role).unwrap()).collect(),
            subject_of: None,
        };
        self.case.desk(Seat { actor, purpose, at_micros: NOW + 1 }).unwrap()
    }

    fn custodian(&self) -> Desk<'_> {
        self.desk("a-custodian", &["registry"], &["custodian"], Purpose::DataQuality)
    }

    /// The child's and the mother's ids.
    fn ids(&self) -> (PersonId, PersonId) {
        let view = self.custodian().view(None).unwrap();
        let of = |name: &str| {
            let said = |record: &rejoin_model::Record| format!("{:?}", record.values).contains(name);
            view.person_of[&view.records.iter().find(|record| said(record)).unwrap().id]
        };
        (of("EVA"), of("ANA"))
    }

    fn size(&self) -> u64 {
        self.case.checkpoint().unwrap().size
    }
}

fn decision(child: PersonId, other: PersonId, reason: &str) -> DecisionRequest {
    DecisionRequest { child, other, relation: None, verdict: Verdict::Accepted, reason: reason.into() }
}

#[test]
fn what_no_role_gives_is_refused_and_on_record() {
    let place = place();
    let (child, mother) = place.ids();
    let desk = place.desk("a-reader", &["registry"], &["journalist", "administrator"], Purpose::Oversight);
    let issued =
        Issued { file: "0".into(), template: "monthly".into(), recipient: None, audience: "public".into() };
    let attempts: Vec<(&str, Result<(), Error>)> = vec![
        ("import", desk.import(&request(LIST, "border"), &quiet).map(drop)),
        ("link", desk.link(&quiet).map(drop)),
        ("families", desk.families(&quiet).map(drop)),
        ("propose", desk.propose(&Proposing { dry: true, ..Proposing::default() }, &quiet).map(drop)),
        ("decide", desk.decide(&decision(child, mother, "they agree")).map(drop)),
        ("evidence", desk.record_evidence(Evidence::default(), &BTreeMap::new()).map(drop)),
        ("report", desk.report_issued(&issued)),
        ("checkpoint", desk.sign_checkpoint().map(drop)),
        ("export", desk.export_ledger(Vec::new()).map(drop)),
        ("rebuild", desk.rebuild(&quiet)),
        ("hold", desk.hold(&child.to_string(), "x", None).map(drop)),
        ("erase", desk.erase(&child.to_string(), "x", "y").map(drop)),
    ];
    let count = attempts.len();
    for (what, attempt) in attempts {
        assert!(matches!(attempt, Err(Error::Denied(_))), "{what}: {attempt:?}");
    }
    let before = place.size();
    let again = desk.link(&quiet);
    assert!(matches!(again, Err(Error::Denied(_))));
    assert_eq!(place.size(), before + 1, "a refusal is one event");
    assert!(place.case.notes().unwrap().is_empty(), "nothing was signed");
    let refused = place.custodian().refusals().unwrap();
    let of_reader = refused.iter().filter(|one| one.actor == "a-reader").count();
    assert_eq!(of_reader, count + 1, "{refused:?}");
    place.case.verify(None, &quiet).unwrap();
}

#[test]
fn an_account_with_the_role_gives_every_command_under_its_own_name() {
    let place = place();
    let (child, mother) = place.ids();
    let desk = place.custodian();
    let more = format!("{LIST}4,,ROSA,DIAZ,22,6/5/2018,Yuma\n");
    assert_eq!(desk.import(&request(&more, "border"), &quiet).unwrap().added, 1);
    assert_eq!(desk.link(&quiet).unwrap().records, 4);
    assert!(desk.families(&quiet).unwrap().children >= 1);
    let decided = desk.decide(&decision(child, mother, "names and journey agree")).unwrap();
    let by = desk.decisions().unwrap().pop().unwrap();
    assert_eq!((by.sequence, by.actor.as_str()), (decided, "a-custodian"));
    desk.undo(decided, "the wrong row").unwrap();
    assert!(desk.decisions().unwrap()[0].undone.is_some());
    let note = desk.sign_checkpoint().unwrap();
    assert_eq!(place.case.notes().unwrap(), [note]);
    let mut file = Vec::new();
    assert!(desk.export_ledger(&mut file).unwrap() > 0 && !file.is_empty());
    desk.rebuild(&quiet).unwrap();
    place.case.verify(None, &quiet).unwrap();
}

#[test]
fn an_agency_delivers_its_own_lists_and_nobody_elses() {
    let place = place();
    let of = |at: &[&str]| place.desk("a-agency", at, &["data-contributor"], Purpose::DataQuality);
    let taken = of(&["registry", "shelters"]).import(&request(LIST, "border"), &quiet);
    assert!(matches!(taken, Err(Error::Denied(_))), "its rows would be gone from another's list");
    let own = of(&["registry", "shelters"]).import(&request(LIST, "shelters"), &quiet).unwrap();
    assert_eq!((own.list.as_str(), own.added), ("shelters", 3));
    let again = of(&["registry", "border"]).import(&request(LIST, "border"), &quiet).unwrap();
    assert!(again.seen_before);
}

#[test]
fn of_somebody_hidden_nothing_is_decided_and_nothing_taken_back() {
    let place = place();
    let (child, mother) = place.ids();
    let decided = place.custodian().decide(&decision(child, mother, "they agree")).unwrap();
    let supervisor = place.desk("a-sara", &["registry"], &["supervisor"], Purpose::ChildCare);
    let asked = Withholding {
        fields: "all".into(),
        recipient: "account:a-tom".into(),
        reason: "a relative of his".into(),
        until: None,
    };
    supervisor.withhold(&mother.to_string(), &asked).unwrap();
    let tom = place.desk("a-tom", &["registry"], &["custodian"], Purpose::DataQuality);
    let denied = |attempt: Result<u64, Error>| match attempt {
        Err(Error::Denied(words) | Error::Refused(words)) => words,
        other => panic!("{other:?}"),
    };
    let nobody: PersonId = "p-zzzzzzzzzzzzzzzz".parse().unwrap();
    assert_eq!(
        denied(tom.decide(&decision(child, mother, "they agree"))),
        denied(tom.decide(&decision(child, nobody, "they agree"))),
    );
    let (hidden, none) = (denied(tom.undo(decided, "no")), denied(tom.undo(decided + 1000, "no")));
    assert_eq!(hidden.replace(&decided.to_string(), "N"), none.replace(&(decided + 1000).to_string(), "N"));
    let (_, candidates) =
        tom.propose(&Proposing { dry: true, whole: true, ..Proposing::default() }, &quiet).unwrap();
    assert!(candidates.iter().all(|one| one.child != mother && one.other != mother), "{candidates:?}");
    assert!(place.custodian().decisions().unwrap()[0].undone.is_none());
}

#[test]
fn nobody_gives_commands_under_the_name_of_an_account() {
    let place = place();
    let operator = place.case.operator("operator").unwrap();
    let new = NewAccount {
        name: "lucia@example.org",
        display_name: "Lucía Paz",
        organisation: "registry",
        language: None,
        roles: &["case-worker".to_owned()],
    };
    let (account, _) = place.case.create_account(&operator, &new, &stamp("operator")).unwrap();
    let before = place.size();
    for name in [account.id.as_str(), "lucia@example.org", "LUCIA@example.org"] {
        let attempt = place.case.link(&stamp(name), &quiet);
        assert!(matches!(attempt, Err(Error::Denied(_))), "{name}: {attempt:?}");
        assert!(matches!(place.case.operator(name), Err(Error::Denied(_))), "{name}");
    }
    assert_eq!(place.size(), before + 3, "each attempt is on record");
    let refused = place.custodian().refusals().unwrap();
    assert!(refused.iter().any(|one| one.actor == "operator" && one.what == "act as"), "{refused:?}");
    for name in ["operator", "Operator", "door"] {
        let new = NewAccount { name, ..new.clone() };
        let taken = place.case.create_account(&operator, &new, &stamp("operator"));
        assert!(matches!(taken, Err(Error::Account(_))), "{name}");
    }
}

fn beside(desk: &Desk<'_>, text: &str, list: &str) -> Result<Comparison, Error> {
    let request = request(text, list);
    let (table, proposal) = Case::preview(&request)?;
    desk.compare(&request, &table, &proposal.mapping)
}

#[test]
fn a_file_is_seen_beside_its_list_before_it_is_imported() {
    let place = place();
    let custodian = place.custodian();
    // One row with another age and without its family unit; one that is gone; one that is new.
    let text = "Civ ID,Family Unit Group#,First Name,Last Name,APP AGE,Apprehension Date,Station\n\
        1,,EVA,PAZ LOPEZ,8,6/1/2018,McAllen\n2,FMU1,ANA,LOPEZ CRUZ,31,6/1/2018,McAllen\n4,,ROSA,PAZ,22,6/4/2018,Yuma\n";
    let before = place.size();
    let compared = beside(&custodian, text, "border").unwrap();
    let report = &compared.report;
    assert_eq!((report.added, report.changed, report.gone, report.unchanged), (1, 1, 1, 1));
    assert!(!compared.first && !compared.most_gone);
    assert_eq!(compared.links_gone, 1);
    let changes: Vec<(&str, &str)> =
        compared.changes.iter().map(|cell| (cell.column.as_str(), cell.now.as_str())).collect();
    assert_eq!(changes, [("APP AGE", "8"), ("Family Unit Group#", "")]);
    // Nothing was imported; that it was looked at is the one event, and what the list said before is in neither.
    assert_eq!(place.size(), before + 1);
    assert!(!format!("{compared:?}").contains("FMU1"));
    let imported = custodian.import(&request(text, "border"), &quiet).unwrap();
    assert_eq!(
        (imported.added, imported.changed, imported.gone, imported.unchanged),
        (report.added, report.changed, report.gone, report.unchanged),
        "it does what was said"
    );
    // Of whom a rule hides no cell is told.
    let asked = Withholding {
        fields: "all".into(),
        recipient: "role:custodian".into(),
        reason: "threats".into(),
        until: None,
    };
    let supervisor = place.desk("a-supervisor", &["registry"], &["supervisor"], Purpose::ChildCare);
    let (child, _) = place.ids();
    let again = text.replace("PAZ LOPEZ,8", "PAZ LOPEZ,9");
    assert_eq!(beside(&custodian, &again, "border").unwrap().changes.len(), 1);
    supervisor.withhold(&child.to_string(), &asked).unwrap();
    assert_eq!(beside(&place.custodian(), &again, "border").unwrap().changes, []);
    let most = beside(&custodian, &text[..text.find("2,FMU1").unwrap()], "border").unwrap();
    assert!(most.most_gone);
    assert!(beside(&custodian, LIST, "elsewhere").unwrap().first);
    // Whoever may not import learns nothing of which rows there are.
    let reader = place.desk("a-reader", &["registry"], &["inspector"], Purpose::Oversight);
    assert!(matches!(beside(&reader, LIST, "border"), Err(Error::Denied(_))));
}
