//! What goes out and comes in: lists for a recipient, under ids that lead back only here; feeds of PFIF both ways.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use rejoin_access::{Action, FieldGroup, Grant, Level, Purpose, Role, Scope};
use rejoin_casework::Fact;
use rejoin_casework::word::{Outcome, Side};
use rejoin_model::{RecordId, Relation};
use rejoin_registry::{Given, Seat, Withholding};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use support::{Case, data, file, rejoin, world};

const ON: &str = "2018-07-31";
const INJECTED: &str = "=HYPERLINK(\"http://x.example\")";

/// A small world with a child whose name a spreadsheet would run, linked and matched; and a row that asks for a child
/// by its number.
fn scene() -> Case {
    let lists = world(40, 100);
    let shelter = file(&lists, "shelter-portal.csv");
    let text = std::fs::read_to_string(&shelter).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let columns = reader.headers().unwrap().clone();
    let first: Vec<String> = reader.records().next().unwrap().unwrap().iter().map(str::to_owned).collect();
    let at = |name: &str| columns.iter().position(|column| column == name).unwrap();
    let mut odd = first.clone();
    odd[at("uac_program_id")] = "990001".into();
    odd[at("uac_id")] = "990001".into();
    odd[at("alien_no")] = "A299990001".into();
    odd[at("first_name")] = INJECTED.into();
    odd[at("last_name")] = "Zzyzx Quetzal".into();
    odd[at("dob")] = "2011-02-03".into();
    for empty in ["Mother Name", "Father Name"] {
        odd[at(empty)] = String::new();
    }
    let mut writer = csv::Writer::from_writer(text.into_bytes());
    writer.write_record(&odd).unwrap();
    std::fs::write(&shelter, writer.into_inner().unwrap()).unwrap();
    let case = Case::new();
    let asked = case.write(
        "asked.csv",
        "Folio;Nombre del solicitante;Edad del solicitante;Child A-Number;Parentesco con el menor;Fecha de solicitud\n\
         F-90001;Perla Quetzal Zzyzx;34;A299990001;Madre;22/06/2018\n",
    );
    for name in [
        "border-apprehensions",
        "prosecution-referrals",
        "adult-detention",
        "shelter-portal",
        "tracing-requests",
    ] {
        case.ok(&["import", &file(&lists, &format!("{name}.csv"))]);
    }
    case.ok(&["import", &asked, "--as", "tracing-requests", "--list", "asked"]);
    case.ok(&["link"]);
    case.ok(&["families"]);
    case
}

fn out(case: &Case, name: &str) -> String {
    case.path().parent().unwrap().join(name).to_str().unwrap().to_owned()
}

fn export(case: &Case, what: &str, name: &str, more: &[&str]) -> String {
    let path = out(case, name);
    let mut all = vec!["export", what, "--on", ON, "--recipient", "The court", "--out", &path];
    all.extend(more);
    case.ok(&all);
    path
}

fn table(path: &str) -> Vec<HashMap<String, String>> {
    csv::Reader::from_path(path).unwrap().deserialize().map(|row| row.unwrap()).collect()
}

/// Somebody who may do everything, and sees everything.
#[allow(
    clippy::disallowed_methods,
    reason = "casework happens now: the program that is tested looks at the clock"
)]
fn seat(account: &str) -> Seat {
    let groups = FieldGroup::ALL.iter().map(|group| (*group, Level::Allow)).collect();
    let grant = Grant { purpose: Purpose::DataQuality, groups, scope: Scope::All };
    let role =
        Role::new("everything", ("Everything", "Todo"), vec![grant], Action::ALL.iter().copied()).unwrap();
    let lists = tempfile::tempdir().unwrap();
    let at = lists.path().join("case");
    let stamp = rejoin_registry::Stamp { at_micros: 0, actor: "x".into() };
    let mut actor = rejoin_registry::Case::init(&at, &stamp).unwrap().operator(account).unwrap();
    actor.roles = vec![Arc::new(role)];
    let now = jiff::Timestamp::now().as_microsecond();
    Seat { actor, purpose: Purpose::DataQuality, at_micros: now }
}

#[test]
fn lists_add_up_and_lead_back_only_here() {
    let case = scene();
    let folder = export(&case, "court", "court", &["--format", "csv"]);
    let (children, adults) =
        (table(&format!("{folder}/children.csv")), table(&format!("{folder}/adults.csv")));
    let links = table(&format!("{folder}/links.csv"));
    let unlinked = table(&format!("{folder}/unlinked.csv"));

    // Against what `list` shows of the same day: the counts, and the names one by one.
    let listed = |what: &str| case.json(&["list", what, "--on", ON]).as_array().unwrap().clone();
    for (out, own) in [(&children, listed("children")), (&adults, listed("adults"))] {
        assert_eq!(out.len(), own.len());
        let mut said: Vec<&str> = out.iter().map(|row| row["name"].trim_start_matches('\'')).collect();
        let mut known: Vec<&str> = own.iter().map(|row| row["name"].as_str().unwrap_or_default()).collect();
        said.sort_unstable();
        known.sort_unstable();
        assert_eq!(said, known);
        let held = |place: &str| own.iter().filter(|row| row["custodian"] == place).count();
        for custodian in ["shelter", "adult-detention", "not on record", "left"] {
            assert_eq!(
                out.iter().filter(|row| row["custodian"] == custodian).count(),
                held(custodian),
                "{custodian}"
            );
        }
        // Nothing of ours: neither the person's id nor a part of it.
        for row in &own {
            let id = row["person"].as_str().unwrap();
            assert!(out.iter().all(|row| row["id"] != id && !row["id"].contains(&id[2..])), "{id}");
        }
    }
    // Those without a link are those whom no row of the links names.
    let linked: HashSet<&str> =
        links.iter().flat_map(|row| [row["child"].as_str(), row["adult"].as_str()]).collect();
    let without: HashSet<&str> = children
        .iter()
        .chain(&adults)
        .map(|row| row["id"].as_str())
        .filter(|id| !linked.contains(id))
        .collect();
    assert_eq!(unlinked.iter().map(|row| row["id"].as_str()).collect::<HashSet<_>>(), without);
    assert!(!without.is_empty() && !linked.is_empty());
    // Every likely candidate and every family unit is there.
    let likely = case.json(&["list", "links"]);
    let likely = likely.as_array().unwrap().iter();
    let likely =
        likely.filter(|row| row["relation"] != "sibling" && row["probability"].as_f64().unwrap() >= 0.5);
    assert_eq!(links.iter().filter(|row| row["basis"] == "proposed").count(), likely.count());
    assert!(links.iter().any(|row| row["basis"] == "recorded" && row["relation"] == "family unit"));
    let asked: Vec<_> = links.iter().filter(|row| row["recorded in"] == "asked").collect();
    assert_eq!(asked.len(), 1);
    assert_eq!((asked[0]["basis"].as_str(), asked[0]["since"].as_str()), ("recorded", "2018-06-22"));

    // The name that a spreadsheet would run stands there as a text, and is read back as it was.
    let odd: Vec<_> = children.iter().filter(|row| row["name"].contains("HYPERLINK")).collect();
    assert_eq!(odd.len(), 1);
    assert!(odd[0]["name"].starts_with("'="), "{}", odd[0]["name"]);
    assert!(rejoin_exchange::table::unescape_csv(&odd[0]["name"]).starts_with("=HYPERLINK"));

    // What it is, beside it.
    let about = std::fs::read_to_string(format!("{folder}/provenance.txt")).unwrap();
    for said in
        ["Case: case", "As of: 2018-07-31", "Purpose: data-quality", "Recipient: The court", "children.csv"]
    {
        assert!(about.contains(said), "{said}: {about}");
    }
    assert!(about.contains(&format!("Children {}:", children.len())), "{about}");

    // The same person has the same id in the next export, and the case knows whose it is.
    let again = table(&export(&case, "children", "children.csv", &[]));
    assert_eq!(
        again.iter().map(|row| &row["id"]).collect::<Vec<_>>(),
        children.iter().map(|row| &row["id"]).collect::<Vec<_>>()
    );
    let person = case.ok(&["export", "who", &odd[0]["id"]]);
    let named = case.json(&["person", person.trim()]);
    assert!(named.to_string().contains("HYPERLINK"));
    assert_eq!(case.run(&["export", "who", "x-000000000000000000000000"]).status.code(), Some(6));
    case.ok(&["verify"]);
}

#[test]
fn every_form_is_what_it_says_and_nothing_is_written_over() {
    let case = scene();
    let book = std::fs::read(export(&case, "court", "court.xlsx", &[])).unwrap();
    assert!(book.starts_with(b"PK"));
    let parquet = std::fs::read(export(&case, "adults", "adults.parquet", &[])).unwrap();
    assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
    let text = String::from_utf8_lossy(&parquet);
    assert!(text.contains("rejoin.recipient") && text.contains("The court"));
    let links = export(&case, "links", "links.csv", &["--least", "0.99"]);
    let sure = table(&links).iter().filter(|row| row["basis"] == "proposed").count();
    assert!(sure > 0);
    assert!(
        table(&links)
            .iter()
            .filter(|row| row["basis"] == "proposed")
            .all(|row| { row["probability"].parse::<f64>().unwrap() >= 0.99 })
    );
    assert!(std::fs::metadata(format!("{links}.provenance.txt")).is_ok());
    let spanish = out(&case, "ninos.csv");
    case.ok(&["--lang", "es", "export", "children", "--recipient", "El juzgado", "--out", &spanish]);
    assert!(std::fs::read_to_string(&spanish).unwrap().starts_with("id,nombre,"));

    let before = std::fs::read(&spanish).unwrap();
    let refused = case.run(&["export", "children", "--recipient", "x", "--out", &spanish]);
    assert_eq!(refused.status.code(), Some(3));
    assert_eq!(std::fs::read(&spanish).unwrap(), before);
    assert_eq!(case.run(&["export", "adults", "--recipient", " ", "--out", "a.csv"]).status.code(), Some(2));
    let two_forms = out(&case, "a.csv");
    let refused =
        case.run(&["export", "adults", "--recipient", "x", "--format", "xlsx", "--out", &two_forms]);
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
fn an_export_is_on_record_and_enforcement_is_refused() {
    let case = scene();
    let rows = table(&export(&case, "children", "children.csv", &["--purpose", "data-quality"]));
    let person = case.ok(&["export", "who", &rows[0]["id"]]);
    let refused = out(&case, "refused.csv");
    let output = case.run(&[
        "export",
        "children",
        "--recipient",
        "ICE",
        "--purpose",
        "enforcement",
        "--out",
        &refused,
    ]);
    assert_eq!(output.status.code(), Some(4));
    assert!(!std::path::Path::new(&refused).exists());
    let seat = seat("auditor");
    let registry = rejoin_registry::Case::open(&case.path()).unwrap();
    let desk = registry.desk(seat).unwrap();
    let readings = desk.readers(person.trim()).unwrap();
    let exported: Vec<_> = readings.iter().filter(|reading| reading.kind == "data-exported").collect();
    assert_eq!(exported.len(), 1, "{readings:?}");
    assert_eq!(
        (exported[0].what.as_str(), exported[0].purpose.as_str()),
        ("export children", "data-quality")
    );
    let said = |kind: &str| {
        let database = std::fs::read(case.path().join("rejoin.sqlite")).unwrap();
        let mut all = String::from_utf8_lossy(&database).into_owned();
        if let Ok(log) = std::fs::read(case.path().join("rejoin.sqlite-wal")) {
            all.push_str(&String::from_utf8_lossy(&log));
        }
        all.contains(kind)
    };
    assert!(said("to The court"));
    assert!(said(&format!("\"count\":{}", rows.len())));
    assert!(said("enforcement-refused"));
    assert!(!said("to ICE"), "what was refused did not go out");
}

#[test]
fn who_must_not_be_told_of_is_not_and_what_people_verified_is() {
    let case = scene();
    let folder = export(&case, "court", "before", &["--format", "csv"]);
    let links = table(&format!("{folder}/links.csv"));
    let mut people: HashMap<&str, usize> = HashMap::new();
    for link in &links {
        *people.entry(&link["child"]).or_default() += 1;
    }
    // A child with one proposed mother or father, and nobody besides.
    let link =
        links.iter().find(|link| link["basis"] == "proposed" && people[link["child"].as_str()] == 1).unwrap();
    let own = |id: &str| case.ok(&["export", "who", id]).trim().to_owned();
    let (child, adult) = (own(&link["child"]), own(&link["adult"]));
    let hidden =
        table(&format!("{folder}/unlinked.csv")).into_iter().find(|row| row["who"] == "child").unwrap();
    let hidden_person = own(&hidden["id"]);
    {
        let registry = rejoin_registry::Case::open(&case.path()).unwrap();
        let given = Given { expected: None, key: None };
        let record = |person: &str| format!("r{}", &person[1..]).parse::<RecordId>().unwrap();
        let relation = Relation::from_word(&link["relation"]).unwrap();
        let adult = record(&adult);
        let tell = |who: &str, facts: &[Fact]| {
            registry.desk(seat(who)).unwrap().command(&child, facts, &given).unwrap();
        };
        let interview = |side, interviewer: &str| Fact::InterviewRecorded {
            adult,
            relation,
            side,
            interviewer: interviewer.into(),
            interpreter: None,
            language: "es".into(),
            held: 0,
            answers: vec!["the same song".into()],
        };
        let signed = || Fact::VerificationSigned {
            adult,
            relation,
            outcome: Outcome::Passed,
            statement: "both know each other".into(),
        };
        tell(
            "ana",
            &[
                Fact::MatchProposed { adult, relation, why: "names".into(), new_evidence: None },
                Fact::MatchReviewed { adult, relation, note: "read".into() },
                Fact::MatchAccepted { adult, relation, reason: "agrees".into() },
                Fact::VerificationStarted { adult, relation, again_because: None },
            ],
        );
        tell("bea", &[interview(Side::Child, "bea")]);
        tell("carla", &[interview(Side::Adult, "carla")]);
        tell("dora", &[signed()]);
        tell("elsa", &[signed()]);
        let asked = Withholding {
            fields: "all".into(),
            recipient: "anyone".into(),
            reason: "threatened".into(),
            until: None,
        };
        registry.desk(seat("ana")).unwrap().withhold(&hidden_person, &asked).unwrap();
    }
    let path = out(&case, "after");
    // As of today: what was verified today is not so on an earlier day.
    case.ok(&[
        "export",
        "court",
        "--on",
        "2100-01-01",
        "--recipient",
        "The court",
        "--format",
        "csv",
        "--out",
        &path,
    ]);
    let after = table(&format!("{path}/links.csv"));
    let verified: Vec<_> = after.iter().filter(|row| row["basis"] == "verified").collect();
    assert_eq!(verified.len(), 1);
    assert_eq!((&verified[0]["child"], &verified[0]["adult"]), (&link["child"], &link["adult"]));
    assert_eq!(verified[0]["verified by"], "dora; elsa");
    let children = |folder: &str| table(&format!("{folder}/children.csv"));
    assert_eq!(children(&path).len() + 1, children(&folder).len());
    let earlier = export(&case, "links", "earlier.csv", &[]);
    assert!(table(&earlier).iter().all(|row| row["basis"] != "verified"));
    for name in ["children.csv", "adults.csv", "links.csv", "unlinked.csv"] {
        let text = std::fs::read_to_string(format!("{path}/{name}")).unwrap();
        assert!(!text.contains(&hidden["id"]), "{name}");
    }
    assert_eq!(case.run(&["export", "who", &hidden["id"]]).status.code(), Some(6));
    case.ok(&["verify"]);
}

#[test]
fn a_feed_goes_out_and_comes_in_and_tells_of_the_erased() {
    let case = scene();
    let count = |what: &str| case.json(&["list", what]).as_array().unwrap().len();
    let all = count("children") + count("adults");
    let consents = case.write("consents.csv", "id,date_of_birth\n");
    let feed = |name: &str, more: &[&str]| {
        let path = out(&case, name);
        let mut arguments = vec![
            "pfif",
            "export",
            "--domain",
            "reunite.example.org",
            "--recipient",
            "Tracing service",
            "--out",
            &path,
        ];
        arguments.extend(more);
        case.ok(&arguments);
        path
    };
    let first = feed("first.xml", &["--consents", &consents]);
    let text = std::fs::read_to_string(&first).unwrap();
    assert_eq!(text.matches("<pfif:full_name>").count(), all);
    // Neither where anybody is, nor a belief that nobody holds, nor what nobody consented to.
    for absent in ["last_known_location", "believed", "date_of_birth", "home_street", "<pfif:author_phone>"] {
        assert!(!text.contains(absent), "{absent}");
    }
    assert_eq!(text.matches("information_sought").count(), 1);
    // Nothing in XML evaluates it: the name goes as it is.
    assert!(text.contains("=HYPERLINK("));
    assert!(rejoin(&["pfif", "check", &first]).status.success());

    // Who is in both exports has one id, and who consents is told of more.
    let children = table(&export(&case, "children", "children.csv", &[]));
    let born = children.iter().find(|row| row["born"].len() == 10).unwrap();
    let own = case.ok(&["export", "who", &format!("reunite.example.org/{}", born["id"])]).trim().to_owned();
    let consents = case.write("yes.csv", &format!("id,date_of_birth\n{own},yes\n"));
    let second = std::fs::read_to_string(feed("second.xml", &["--consents", &consents])).unwrap();
    assert_eq!(second.matches("date_of_birth>").count(), 2);
    assert!(second.contains(&format!("<pfif:date_of_birth>{}<", born["born"])));
    let wrong = case.write("wrong.csv", &format!("id,date_of_birth\n{own},perhaps\n"));
    let path = out(&case, "wrong.xml");
    let refused = case.run(&[
        "pfif",
        "export",
        "--domain",
        "reunite.example.org",
        "--recipient",
        "x",
        "--out",
        &path,
        "--consents",
        &wrong,
    ]);
    assert_eq!(refused.status.code(), Some(3));
    assert!(!std::path::Path::new(&path).exists());

    // Into another case.
    let other = Case::new();
    let report = other.json(&["import", &first]);
    assert_eq!((report[0]["list"].as_str(), report[0]["rows"].as_u64()), (Some("pfif"), Some(all as u64)));
    assert_eq!(report[0]["preset"], "pfif");
    let names = |case: &Case| {
        let mut names: Vec<String> = ["children", "adults"]
            .iter()
            .flat_map(|what| case.json(&["list", what]).as_array().unwrap().clone())
            .filter_map(|row| Some(row["name"].as_str()?.to_uppercase()))
            .collect();
        names.sort_unstable();
        names
    };
    let (known, read): (HashSet<_>, HashSet<_>) =
        (names(&case).into_iter().collect(), names(&other).into_iter().collect());
    assert!(read.is_subset(&known), "{:?}", read.difference(&known).collect::<Vec<_>>());
    assert!(!read.is_empty());
    assert!(other.run(&["import", &first, "--dry-run"]).status.success());

    // Who is erased is told to those who had been told, and only under that domain.
    {
        let registry = rejoin_registry::Case::open(&case.path()).unwrap();
        registry.desk(seat("ana")).unwrap().erase(&own, "asked for it", "the parent").unwrap();
    }
    let third = std::fs::read_to_string(feed("third.xml", &[])).unwrap();
    let at = third.find(&born["id"]).unwrap();
    let placeholder = &third[at..at + third[at..].find("</pfif:person>").unwrap()];
    assert!(placeholder.contains("expiry_date") && !placeholder.contains("full_name"), "{placeholder}");
    assert_eq!(third.matches("<pfif:full_name>").count(), all - 1);
    assert!(rejoin(&["pfif", "check", &out(&case, "third.xml")]).status.success());
    let elsewhere = out(&case, "elsewhere.xml");
    case.ok(&["pfif", "export", "--domain", "other.example.org", "--recipient", "x", "--out", &elsewhere]);
    assert!(!std::fs::read_to_string(&elsewhere).unwrap().contains(&born["id"]));
    case.ok(&["verify"]);
}

#[test]
fn a_feed_that_is_not_as_it_should_be_is_told_of() {
    let case = Case::new();
    let bad = case.write(
        "bad.xml",
        "<pfif:pfif xmlns:pfif=\"http://zesty.ca/pfif/1.4\"><pfif:person>\
         <pfif:person_record_id>example.org/1</pfif:person_record_id><pfif:full_name>Eva Paz</pfif:full_name>\
         <pfif:favourite_colour>blue</pfif:favourite_colour></pfif:person></pfif:pfif>",
    );
    let output = case.run(&["pfif", "check", &bad, "--format", "csv"]);
    assert_eq!(output.status.code(), Some(5));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("field-unknown") && said.contains("field-missing"), "{said}");
    let output = case.run(&["import", &bad]);
    assert!(output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("blue") && said.contains("1 field-unknown"), "{said}");
}

#[test]
fn feeds_of_others_are_imported() {
    for name in ["test.pfif-1.1.xml", "test.pfif-1.2.xml", "test.pfif-1.4.xml"] {
        let Some(path) = data(&format!("pfif/{name}")) else { return };
        let case = Case::new();
        let report = case.json(&["import", path.to_str().unwrap()]);
        assert_eq!(report[0]["preset"], "pfif", "{name}");
        assert!(report[0]["rows"].as_u64().unwrap() > 0, "{name}");
        case.ok(&["verify"]);
    }
}
