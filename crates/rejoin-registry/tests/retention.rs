//! Retention: what falls due by the case's rules, that a hold wins, and that what was erased is gone.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use rejoin_access::Purpose;
use rejoin_casework::word::Priority;
use rejoin_casework::{Fact, StreamId};
use rejoin_ingest::presets;
use rejoin_model::Relation;
use rejoin_registry::{Case, Desk, Error, Extent, Given, ImportRequest, Seat, Stamp};

const HEAD: &str = "Civ ID,Family Unit Group#,First Name,Last Name,APP AGE,Apprehension Date,Station\n";
const NOW: i64 = 1_530_100_000_000_000;
const DAY: i64 = 86_400_000_000;

fn desk(case: &Case, days: i64) -> Desk<'_> {
    let actor = case.operator("operator").unwrap();
    case.desk(Seat { actor, purpose: Purpose::DataQuality, at_micros: NOW + days * DAY }).unwrap()
}

fn import(case: &Case, text: &str, days: i64) {
    let mapping = presets::named("border-apprehensions");
    let request = ImportRequest { name: "b.csv", bytes: text.as_bytes(), mapping, extent: Extent::Whole };
    let stamp = Stamp { at_micros: NOW + days * DAY, actor: "clerk".into() };
    case.import(&request, &stamp, &|_, _, _| {}).unwrap();
    case.link(&stamp, &|_, _, _| {}).unwrap();
}

#[test]
fn what_falls_due_is_erased_unless_a_hold_keeps_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("case");
    let case = Case::init(&path, &Stamp { at_micros: NOW, actor: "clerk".into() }).unwrap();
    let (eva, ana, luis) = (
        "1,FMU1,EVA,PAZ LOPEZ,7,6/1/2018,McAllen\n",
        "2,FMU1,ANA,LOPEZ CRUZ,31,6/1/2018,McAllen\n",
        "3,,LUIS,SOTO,40,6/4/2018,Yuma\n",
    );
    import(&case, &format!("{HEAD}{eva}{ana}{luis}"), 0);
    // Ana and Luis are gone from the list; Eva stays.
    import(&case, &format!("{HEAD}{eva}"), 10);
    let request: StreamId = "t-144gj289144gj289".parse().unwrap();
    let received = Fact::from_parts("tracing-received", &|field| {
        let said = match field {
            "inquirer_words" => "an aunt in Tegucigalpa",
            "sought_words" => "a girl of six",
            "relation" => Relation::Mother.word(),
            "priority" => Priority::ALL[0].word(),
            "organisation" => "hotline",
            _ => return None,
        };
        Some(said.to_owned())
    });
    let closed = Fact::from_parts("tracing-closed", &|field| {
        let said =
            [("outcome", "withdrawn"), ("reason", "she asked")].into_iter().find(|(name, _)| *name == field);
        said.map(|(_, said)| said.to_owned())
    });
    let facts: Vec<Fact> = received.into_iter().chain(closed).collect();
    assert_eq!(facts.len(), 2, "both facts are understood");
    desk(&case, 11).trace(request, &facts, &Given::default()).unwrap();
    assert!(desk(&case, 9999).retention_due().unwrap().is_empty(), "without rules nothing falls due");
    let rules = "[[rule]]\nid = \"gone\"\nwhat = \"adult\"\nfrom = \"gone\"\ndays = 100\nsource = \"the law\"\n\
                 [[rule]]\nid = \"requests\"\nwhat = \"tracing-request\"\nfrom = \"closed\"\ndays = 200\nsource = \"the law\"\n";
    std::fs::write(path.join("retention.toml"), rules).unwrap();
    assert!(desk(&case, 109).retention_due().unwrap().is_empty(), "a day too early");
    let due = desk(&case, 110).retention_due().unwrap();
    assert_eq!(due.len(), 2, "the two adults: {due:?}");
    assert!(due.iter().all(|one| one.rule == "gone" && one.due == NOW + 110 * DAY && !one.held));
    desk(&case, 110).hold(&due[0].id, "litigation", None).unwrap();
    let later = desk(&case, 211).retention_due().unwrap();
    assert_eq!((later.len(), later.iter().filter(|one| one.held).count()), (3, 1));
    let size = case.checkpoint().unwrap().size;
    assert_eq!(desk(&case, 211).retention_due().unwrap(), later, "looking changes nothing");
    assert_eq!(case.checkpoint().unwrap().size, size + 1);
    let done = desk(&case, 211).retention_apply().unwrap();
    let rules: Vec<&str> = done.iter().map(|(one, _)| one.rule.as_str()).collect();
    assert_eq!(rules, ["gone", "requests"]);
    assert!(done.iter().all(|(_, erased)| erased.keys == 1));
    assert!(desk(&case, 211).person(&due[1].id).unwrap().is_none());
    assert!(desk(&case, 211).person(&due[0].id).unwrap().is_some(), "a hold wins");
    assert!(desk(&case, 211).tracing(request).unwrap().is_none());
    let left = desk(&case, 211).retention_due().unwrap();
    assert_eq!((left.len(), left[0].held), (1, true));
    case.verify(None, &|_, _, _| {}).unwrap();
    case.rebuild(&Stamp { at_micros: NOW, actor: "clerk".into() }, &|_, _, _| {}).unwrap();
    case.verify(None, &|_, _, _| {}).unwrap();
    std::fs::write(path.join("retention.toml"), "[[rule]]\nid = 1\n").unwrap();
    assert!(matches!(desk(&case, 1).retention_due(), Err(Error::Retention(_))));
}
