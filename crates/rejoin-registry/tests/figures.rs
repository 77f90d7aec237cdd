//! Figures at the desk: what is suppressed, that nothing gives it away, and that asking is on record.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use rejoin_access::{Actor, Organisation, Purpose};
use rejoin_inquiry::{Parameters, named};
use rejoin_registry::{Case, Desk, Error, Seat, Told, Withholding};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use support::{import, stamp};

const HEAD: &str = "uac_program_id,A Number,first_name,last_name,gender,dob,COO,Date Apprehended,Admission Date,program_name\n";

/// So many children of each country; one of Honduras may be left out.
fn shelters(without: bool) -> String {
    let countries = [("Honduras", 12), ("Guatemala", 7), ("El Salvador", 2), ("Nicaragua", 1)];
    let mut text = HEAD.to_owned();
    let all = countries.iter().flat_map(|(country, count)| (0..*count).map(move |_| country));
    for (at, country) in all.enumerate() {
        if at > 0 || !without {
            let number = 214_550_000 + at;
            text += &format!(
                "S{at},{number},EVA,PAZ,Female,3/{}/2011,{country},5/9/2018,6/1/2018,Casa\n",
                at + 1
            );
        }
    }
    text
}

fn case(text: &str) -> (tempfile::TempDir, Case) {
    let directory = tempfile::tempdir().unwrap();
    let mut case = Case::init(&directory.path().join("case"), &stamp(0)).unwrap();
    let report = import(&mut case, "shelter-portal", "shelters.csv", text, 1).unwrap();
    assert!(report.added >= 21, "{report:?}");
    case.link(&stamp(2), &|_, _, _| {}).unwrap();
    (directory, case)
}

fn desk<'a>(case: &'a Case, role: &str, purpose: Purpose) -> Desk<'a> {
    let actor = Actor {
        account: format!("a-{role}"),
        organisation: Organisation::new(["registry"]).unwrap(),
        teams: BTreeSet::new(),
        roles: vec![case.roles().unwrap().named(role).unwrap()],
        subject_of: None,
    };
    case.desk(Seat { actor, purpose, at_micros: stamp(9).at_micros }).unwrap()
}

fn journalist(case: &Case) -> Desk<'_> {
    desk(case, "journalist", Purpose::Statistics)
}

fn by(groups: &[&str]) -> Parameters {
    Parameters { by: groups.iter().map(|group| (*group).to_owned()).collect(), ..Parameters::default() }
}

fn told(desk: &Desk<'_>, measure: &str, parameters: &Parameters) -> Told {
    desk.ask(named(measure).unwrap(), parameters).unwrap()
}

#[test]
fn small_cells_are_suppressed_and_cannot_be_worked_out() {
    let (_directory, case) = case(&shelters(false));
    let by_country = told(&journalist(&case), "children-listed", &by(&["country"]));
    assert_eq!((by_country.value, by_country.columns[0]), (Some(22.0), Some(22)));
    // Honduras alone is shown: that the others are three, and which, would say that somebody of each is here; of two
    // hidden cells the total would give the second.
    let shown: Vec<(&str, Option<u64>)> =
        by_country.lines.iter().map(|line| (line.key[0].1.as_str(), line.columns[0])).collect();
    assert_eq!(shown, [("HN", Some(12))]);
    let all = format!("{by_country:?}");
    for hidden in ["GT", "SV", "NI"] {
        assert!(!all.contains(&format!("{hidden:?}")), "{hidden} in {all}");
    }
    assert!(by_country.suppressed && by_country.records.is_none());
    assert!(by_country.answer.records.is_empty() && by_country.answer.records_hash == [0; 32]);
    // Nothing large enough to hide among: not even the total.
    let days = told(&journalist(&case), "children-listed", &by(&["age"]));
    assert!(days.lines.len() <= 1, "{:?}", days.lines);
    // For who sees each of them, nothing is hidden.
    let inspector = desk(&case, "inspector", Purpose::Oversight);
    let whole = told(&inspector, "children-listed", &by(&["country"]));
    assert_eq!((whole.lines.len(), whole.records, whole.suppressed), (4, Some(22), false));
}

#[test]
fn a_hidden_record_changes_a_figure_as_if_it_were_not_there() {
    let (_one, with) = case(&shelters(false));
    let (_other, without) = case(&shelters(true));
    let view = desk(&with, "custodian", Purpose::DataQuality).view(None).unwrap();
    let first = view.records.iter().find(|record| format!("{:?}", record.values).contains("214550000"));
    let child = view.person_of[&first.unwrap().id].to_string();
    let asked = Withholding {
        fields: "all".into(),
        recipient: "role:journalist".into(),
        reason: "known to the press".into(),
        until: None,
    };
    desk(&with, "supervisor", Purpose::ChildCare).withhold(&child, &asked).unwrap();
    for (measure, groups) in [
        ("children-listed", &["country"][..]),
        ("in-shelter-care", &["sex"]),
        ("custody-problems", &[]),
        ("data-quality", &[]),
    ] {
        let mut parameters = by(groups);
        parameters.on =
            (measure == "in-shelter-care").then(|| rejoin_model::Moment::day(2018, 6, 20)).flatten();
        let (hidden, none) = (
            told(&journalist(&with), measure, &parameters),
            told(&journalist(&without), measure, &parameters),
        );
        assert_eq!((hidden.value, hidden.columns), (none.value, none.columns), "{measure}");
        assert_eq!(hidden.lines, none.lines, "{measure}");
    }
    let listed = told(&journalist(&with), "children-listed", &by(&["country"]));
    assert_eq!(listed.lines[0].columns[0], Some(11));
}

#[test]
fn of_one_and_of_nobody_is_one_answer() {
    let (_directory, case) = case(&shelters(false));
    let of = |country: &str| {
        let only = vec![("country".to_owned(), country.to_owned())];
        let told = told(&journalist(&case), "children-listed", &Parameters { only, ..Parameters::default() });
        (told.value, told.columns, told.lines, told.records)
    };
    assert_eq!(of("NI"), of("SV"));
    assert_eq!(of("NI"), of("FR"), "nobody is of France, and that is not told either");
    assert_eq!(of("NI").0, None);
    assert_eq!(of("GT").0, Some(7.0));
}

#[test]
fn counting_needs_leave_by_every_group_and_is_on_record() {
    let (_directory, case) = case(&shelters(false));
    let size = || case.checkpoint().unwrap().size;
    let before = size();
    let refused = journalist(&case).ask(named("prosecutions").unwrap(), &Parameters::default());
    assert!(matches!(refused, Err(Error::Denied(_))), "the role counts by no prosecution");
    let refused = journalist(&case).ask(named("children-listed").unwrap(), &by(&["charge"]));
    assert!(matches!(refused, Err(Error::Denied(_))));
    let staff = desk(&case, "shelter-staff", Purpose::Statistics);
    assert!(matches!(
        staff.ask(named("children-listed").unwrap(), &Parameters::default()),
        Err(Error::Denied(_))
    ));
    assert_eq!(size(), before + 3);
    told(&journalist(&case), "children-listed", &Parameters::default());
    told(&desk(&case, "inspector", Purpose::Oversight), "children-listed", &Parameters::default());
    assert_eq!(size(), before + 5, "one reading each");
    let inspector = desk(&case, "inspector", Purpose::Oversight);
    for read in [
        inspector.decisions().map(drop),
        inspector.links().map(drop),
        inspector.findings().map(drop),
        inspector.verified().map(drop),
        inspector.view(Some("children")).map(drop),
    ] {
        read.unwrap();
    }
    assert_eq!(size(), before + 10);
    assert!(journalist(&case).view(None).unwrap().records.is_empty(), "nobody is shown under statistics");
    let odd = journalist(&case).ask(named("children-listed").unwrap(), &by(&["shoe-size"]));
    assert!(matches!(odd, Err(Error::Refused(_))));
    case.verify(None, &|_, _, _| {}).unwrap();
}

#[test]
fn a_long_command_stops_when_it_is_told_to_and_leaves_nothing() {
    let (_directory, mut case) = case(&shelters(false));
    let stop = Arc::new(AtomicBool::new(true));
    case.stop_by(Arc::clone(&stop));
    let before = case.checkpoint().unwrap();
    let more = shelters(false) + "S90,214559990,ANA,SOTO,Female,3/1/2012,Honduras,5/9/2018,6/1/2018,Casa\n";
    let attempts = [
        import(&mut case, "shelter-portal", "b.csv", &more, 3).map(drop),
        case.link(&stamp(3), &|_, _, _| {}).map(drop),
        case.families(&stamp(3), &|_, _, _| {}).map(drop),
        case.rebuild(&stamp(3), &|_, _, _| {}),
        case.verify(None, &|_, _, _| {}).map(drop),
    ];
    for (at, attempt) in attempts.into_iter().enumerate() {
        assert!(matches!(attempt, Err(Error::Stopped)), "{at}: {attempt:?}");
    }
    assert_eq!(case.checkpoint().unwrap(), before);
    stop.store(false, Ordering::Relaxed);
    assert_eq!(import(&mut case, "shelter-portal", "b.csv", &more, 3).unwrap().added, 1);
    case.verify(None, &|_, _, _| {}).unwrap();
}

#[test]
fn published_figures_stand_beside_what_may_be_told() {
    let (_directory, case) = case(&shelters(false));
    let file = b"id,metric,value,period\na,children certified,20,2018-06-20\nb,families moved,5,2018\nc,children separated,9,2018\n";
    let published = rejoin_registry::published("figures.csv", file).unwrap();
    assert_eq!(published.len(), 3);
    let inspector = desk(&case, "inspector", Purpose::Oversight);
    let (all, _) = inspector.reconcile(published.clone(), None).unwrap();
    // No separation is on record in these lists: nothing of ours covers a period.
    assert!(all.iter().all(|one| one.ours.is_err()), "{all:?}");
    assert_eq!(all[0].number, Some(20.0));
    // Where figures are suppressed, that lists do not reach a day and that a count is too small are one answer.
    let told = journalist(&case).reconcile(published, None).unwrap().0;
    let why: Vec<&str> = told.iter().filter_map(|one| one.ours.as_ref().err().copied()).collect();
    let hidden = rejoin_inquiry::reconcile::NOT_TOLD;
    assert_eq!(why, [hidden; 3]);
    let error = rejoin_registry::published("figures.csv", b"id,name\n1,x\n").unwrap_err();
    assert!(error.to_string().contains("metric"), "{error}");
    let long = "metric,value\n".to_owned() + &"children separated,1\n".repeat(501);
    assert!(matches!(rejoin_registry::published("long.csv", long.as_bytes()), Err(Error::Published(_))));
}
