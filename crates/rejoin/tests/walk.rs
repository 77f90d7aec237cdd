//! The walk, end to end, as a user walks it, on a synthetic world whose truth is known.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use serde_json::Value;
use support::{Case, file, rejoin};

#[test]
fn from_lists_to_an_account() {
    let output = rejoin(&[
        "demo",
        "--no-serve",
        "--children",
        "400",
        "--adults",
        "1200",
        "--tracing",
        "60",
        "--seed",
        "3",
    ]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let account = String::from_utf8(output.stdout).unwrap();
    let after = |text: &str| -> f64 {
        let start = account.find(text).unwrap_or_else(|| panic!("no {text:?} in {account}")) + text.len();
        account[start..].split([',', ' ', '\n']).find(|word| !word.is_empty()).unwrap().parse().unwrap()
    };
    assert!(after("Against the truth: precision") > 0.99, "{account}");
    assert!(after(", recall") > 0.95, "{account}");
    let row: Vec<&str> =
        account.lines().find(|line| line.starts_with("| 0.95 ")).unwrap().split_whitespace().collect();
    let share = |at: usize| row[at].parse::<f64>().unwrap();
    assert!(share(4) > 0.97, "precision of proposed parents: {row:?}");
    assert!(share(5) > 0.90, "recall of proposed parents: {row:?}");
    for heading in ["What came in", "Findings per list", "Custody, separations, clocks", "Time taken"] {
        assert!(account.contains(heading), "{heading}");
    }
}

#[test]
fn an_answer_carries_what_one_needs_to_check_it() {
    let (case, _lists) = Case::of_world(120, 400);
    let answer = case.json(&[
        "measure",
        "in-shelter-care",
        "--on",
        "2018-06-26",
        "--by",
        "sex,age-group",
        "--records",
    ]);
    for key in
        ["measure", "value", "definition", "parameters", "as_of", "breakdown", "records_hash", "checkpoint"]
    {
        assert!(!answer[key].is_null(), "{key}");
    }
    let sum: u64 =
        answer["breakdown"].as_array().unwrap().iter().map(|line| line["value"].as_u64().unwrap()).sum();
    assert_eq!(sum, answer["value"].as_u64().unwrap());
    assert_eq!(
        answer["records"].as_array().unwrap().len() as u64,
        answer["records_counted"].as_u64().unwrap()
    );
    // The hash is that of the ids listed, by other code: `sha256sum` of the ids, a line each.
    let ids: String = answer["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| format!("{}\n", id.as_str().unwrap()))
        .collect();
    let path = case.write("ids.txt", &ids);
    let sum = std::process::Command::new("sha256sum").arg(path).output().unwrap();
    assert!(String::from_utf8(sum.stdout).unwrap().starts_with(answer["records_hash"].as_str().unwrap()));
    // Asking is on record, and moves no answer: the ledger goes on from the answer's checkpoint.
    let checkpoint = answer["checkpoint"].as_str().unwrap();
    let verified = case.json(&["verify", "--checkpoint", checkpoint]);
    assert_ne!(verified["checkpoint"], answer["checkpoint"]);
    let again = case.json(&["measure", "in-shelter-care", "--on", "2018-06-26"]);
    assert_eq!(again["checkpoint"], answer["checkpoint"]);
}

#[test]
fn small_counts_are_kept_from_statistics_in_every_format() {
    let (case, _lists) = Case::of_world(120, 400);
    case.ok(&["link"]);
    let ask = ["--purpose", "statistics", "measure", "children-listed", "--by", "country,sex"];
    let small = |value: &Value| value.as_f64().is_some_and(|value| value < 5.0);
    let whole = case.json(&ask[2..]);
    assert!(whole["breakdown"].as_array().unwrap().iter().any(|line| small(&line["value"])), "{whole}");
    let told = case.json(&ask);
    assert_eq!((&told["suppressed"], &told["records_hash"]), (&Value::Bool(true), &Value::Null));
    for line in told["breakdown"].as_array().unwrap() {
        for name in ["value", "known", "inferred", "suspected", "undocumented"] {
            assert!(!small(&line[name]), "{line}");
        }
    }
    let csv = case.ok(&[&ask[..], &["--format", "csv"]].concat());
    for cell in csv.lines().skip(1).flat_map(|line| line.split(',').skip(2)) {
        assert!(cell == "*" || cell.parse::<u64>().is_ok_and(|count| count >= 5), "{csv}");
    }
    let table = case.ok(&ask);
    assert!(table.contains("* not shown"), "{table}");
    // What looks at people one by one is not for statistics.
    let replay = case.run(&["--purpose", "statistics", "replay", "--minimum-age", "5"]);
    assert_eq!(replay.status.code(), Some(2));
    // A report: nowhere in its data, and it is verified as it was made.
    let out = case.write("report.json", "");
    case.ok(&["report", "--format", "json", "--suppress", "5", "--out", &out]);
    let data: Value = serde_json::from_str(&std::fs::read_to_string(&out).unwrap()).unwrap();
    let measures = data["content"]["measures"].as_array().unwrap();
    assert!(!measures.is_empty());
    for measure in measures {
        assert!(measure["columns"].as_array().unwrap().iter().all(|count| !small(count)), "{measure}");
        assert!(measure["records_hash"].is_null(), "{measure}");
    }
    let claims = data["content"]["claims"].to_string();
    assert!(claims.contains("(a number not shown)"), "{claims}");
    case.ok(&["report", "verify", &out]);
}

#[test]
fn importing_twice_changes_nothing_and_records_do_not_depend_on_the_case() {
    let (case, lists) = Case::of_world(60, 200);
    let before = case.json(&["verify"]);
    let again = case.json(&["import", &file(&lists, "shelter-portal.csv")]);
    assert_eq!((again[0]["seen_before"].as_bool(), again[0]["added"].as_u64()), (Some(true), Some(0)));
    assert_eq!(case.json(&["verify"]), before);
    let (other, _) = Case::of_world(60, 200);
    let ask = ["measure", "children-listed"];
    assert_eq!(case.json(&ask)["records_hash"], other.json(&ask)["records_hash"]);
}

#[test]
fn a_second_delivery_is_compared_and_a_vanished_family_link_raises_the_alarm() {
    let (case, lists) = Case::of_world(60, 200);
    let name = file(&lists, "border-apprehensions.csv");
    let text = std::fs::read_to_string(&name).unwrap();
    let mut rows: Vec<String> = text.lines().map(str::to_owned).collect();
    let with_unit: Vec<usize> = (1..rows.len()).filter(|at| rows[*at].contains(",FMU")).take(2).collect();
    // One family link is wiped, one row with a link is dropped, one row is added.
    let start = rows[with_unit[0]].find(",FMU").unwrap() + 1;
    let end = start + rows[with_unit[0]][start..].find(',').unwrap();
    rows[with_unit[0]].replace_range(start..end, "");
    rows.push(
        "CIV99999999,A209-999-999,,UAC,EVA,PAZ,F,1/2/2010,8,HONDURAS,,6/1/2018,,McAllen,Rio Grande Valley,"
            .into(),
    );
    rows.remove(with_unit[1]);
    let second = case.write("border-apprehensions.csv", &format!("{}\n", rows.join("\n")));
    let report = &case.json(&["import", &second])[0];
    let count = |key: &str| report[key].as_u64().unwrap();
    assert_eq!((count("added"), count("changed"), count("gone")), (1, 1, 1), "{report}");
    assert_eq!(report["findings"]["family-link-vanished"], 2, "{report}");
    let alarms = case.json(&["list", "findings", "--code", "family-link-vanished"]);
    assert!(
        alarms
            .as_array()
            .unwrap()
            .iter()
            .all(|alarm| alarm["severity"] == "alarm" && alarm["said"].as_str().unwrap().starts_with("FMU"))
    );
    // The ledger has lost nothing: the derived records can be made again, and verify.
    let records = case.json(&["list", "children"]);
    case.ok(&["rebuild"]);
    case.ok(&["verify"]);
    assert_eq!(case.json(&["list", "children"]), records);
    // A partial delivery takes nothing away.
    let header = text.lines().next().unwrap();
    let more = case.write("more.csv", &format!("{header}\n{}\n", rows[5]));
    let report = &case.json(&["import", &more, "--partial"])[0];
    assert_eq!((report["gone"].as_u64(), report["unchanged"].as_u64()), (Some(0), Some(1)));
}

#[test]
fn linking_and_families_are_reproducible_and_explained() {
    let (case, _lists) = Case::of_world(120, 400);
    let output = case.run(&["families"]);
    assert_eq!(output.status.code(), Some(4), "families come after linking");
    case.ok(&["link"]);
    case.ok(&["families"]);
    let links = case.json(&["list", "links"]);
    case.ok(&["link"]);
    case.ok(&["families"]);
    assert_eq!(case.json(&["list", "links"]), links);
    let best =
        links.as_array().unwrap().iter().find(|link| link["probability"].as_f64().unwrap() > 0.99).unwrap();
    let person = case.json(&["person", best["child"].as_str().unwrap()]);
    let candidate =
        person["candidates"].as_array().unwrap().iter().find(|one| one["other"] == best["other"]).unwrap();
    let bits: f64 =
        candidate["evidence"].as_array().unwrap().iter().map(|step| step["bits"].as_f64().unwrap()).sum();
    assert!(bits > 5.0, "the evidence adds up to long odds: {bits}");
    let linked = case.json(&["list", "children"]).as_array().unwrap().len();
    let unlinked = case.json(&["list", "children", "--unlinked"]);
    assert!(unlinked.as_array().unwrap().len() < linked);
    assert!(unlinked.as_array().unwrap().iter().all(|child| child["candidate"].is_null()));
}

#[test]
fn a_reviewed_mapping_reads_a_list_that_no_preset_fits() {
    let case = Case::new();
    let list = case.write("hotline.csv", "Casa Hogar;;;\nNiña o niño;Cumple;Vino de;Salió\nEva Paz López;3/4/2010;Honduras;\nJuan Paz López;31/12/2012;Honduras;1/7/2018\nAna Soto;1/1/2011;Guatemala;\n");
    let proposal = case.ok(&["import", &list, "--dry-run"]);
    for expected in ["countries", "a person must say", "date_order = \"dmy\""] {
        assert!(proposal.contains(expected), "{expected}: {proposal}");
    }
    let mapping = case.write("hotline.toml", "kind = \"shelter-stay\"\nsubject = \"child\"\nlist = \"hotline\"\ndate_order = \"dmy\"\n\
        [[column]]\nfield = \"full-name\"\nnames = [\"Niña o niño\"]\n[[column]]\nfield = \"birth-date\"\nnames = [\"Cumple\"]\n\
        [[column]]\nfield = \"country\"\nnames = [\"Vino de\"]\n[[column]]\nfield = \"discharged\"\nnames = [\"Salió\"]\n");
    case.ok(&["import", &list, "--mapping", &mapping]);
    let children = case.json(&["list", "children"]);
    assert_eq!(children.as_array().unwrap().len(), 3);
    let eva = children.as_array().unwrap().iter().find(|child| child["name"] == "Eva Paz López").unwrap();
    let values = case.json(&["person", eva["person"].as_str().unwrap()]);
    let values = values["records"][0]["values"].as_array().unwrap().clone();
    assert!(
        values.contains(&serde_json::json!({"field": "birth-date", "value": "2010-04-03"})),
        "{values:?}"
    );
}

const BORDER: &str = "Civ ID,Subject AFILE#,Family Unit Group#,First Name,Last Name,Gender,APP AGE,CITIZENSHIP,Apprehension Date,Apprehension Time,Station\n";
const SHELTER: &str = "uac_program_id,alien_no,first_name,last_name,gender,dob,cob,date_of_apprehension,date_admitted,program_name\n";

/// A mother and her child in the border's list, the child in a shelter's.
fn small() -> Case {
    let case = Case::new();
    let border = format!(
        "{BORDER}1,A209-000-001,FMU77,ANA,LOPEZ CRUZ,F,31,HONDURAS,6/1/2018,10:00,McAllen\n\
         2,A209-000-002,FMU77,EVA,PAZ LOPEZ,F,7,HONDURAS,6/1/2018,10:02,McAllen\n\
         3,A209-000-900,,LUIS,SOTO DIAZ,M,40,GUATEMALA,6/3/2018,11:00,Yuma\n"
    );
    let shelter = format!(
        "{SHELTER}700,209000002,Eva,Paz López,F,2011-02-03,Honduras,2018-06-01,2018-06-03,Casa Girasol\n"
    );
    let (border, shelter) = (case.write("border.csv", &border), case.write("shelter.csv", &shelter));
    case.ok(&["import", &border, &shelter]);
    case.ok(&["link"]);
    case.ok(&["families"]);
    case
}

/// The case of the inspectors' report OIG-20-06: the family-unit number is deleted when the family is split.
#[test]
fn a_deleted_family_link_still_counts() {
    let case = small();
    let inferred = |case: &Case| case.json(&["measure", "separated"])["inferred"].as_u64().unwrap();
    assert_eq!((inferred(&case), case.json(&["measure", "children-listed"])["value"].as_u64()), (1, Some(1)));
    let parents = case.json(&["list", "links"]);
    assert_eq!(parents[0]["relation"], "mother", "{parents}");
    let wiped = format!(
        "{BORDER}1,A209-000-001,,ANA,LOPEZ CRUZ,F,31,HONDURAS,6/1/2018,10:00,McAllen\n\
         2,A209-000-002,,EVA,PAZ LOPEZ,F,7,HONDURAS,6/1/2018,10:02,McAllen\n\
         3,A209-000-900,,LUIS,SOTO DIAZ,M,40,GUATEMALA,6/3/2018,11:00,Yuma\n"
    );
    let wiped = case.write("border.csv", &wiped);
    let output = case.run(&["import", &wiped]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("ALARM: border-apprehensions: 2"), "{said}");
    case.ok(&["link"]);
    case.ok(&["families"]);
    assert_eq!(inferred(&case), 1);
    assert_eq!(case.json(&["list", "links"])[0]["relation"], "mother");
    // The parent's row is dropped altogether: the parent is still somebody, and still the child's.
    let dropped: String = std::fs::read_to_string(&wiped)
        .unwrap()
        .lines()
        .filter(|line| !line.starts_with("1,"))
        .map(|line| format!("{line}\n"))
        .collect();
    let dropped = case.write("border.csv", &dropped);
    case.ok(&["import", &dropped]);
    case.ok(&["link"]);
    case.ok(&["families"]);
    let link = case.json(&["list", "links"])[0].clone();
    let parent = case.json(&["person", link["other"].as_str().unwrap()]);
    assert_eq!(
        (link["relation"].as_str(), parent["records"][0]["withdrawn"].as_bool()),
        (Some("mother"), Some(true))
    );
    assert_eq!(inferred(&case), 1);
    case.ok(&["verify"]);
}

#[test]
fn a_corrected_mapping_reads_the_rows_anew() {
    let case = Case::new();
    let list = case.write("list.csv", "Nombre,Nació,Sexo\nEva Paz,5/6/2013,F\nAna Soto,7/8/2014,F\n");
    let mapping = |order: &str| {
        case.write(&format!("{order}.toml"), &format!("kind = \"shelter-stay\"\nsubject = \"child\"\nlist = \"l\"\ndate_order = \"{order}\"\n\
            [[column]]\nfield = \"full-name\"\nnames = [\"Nombre\"]\n[[column]]\nfield = \"birth-date\"\nnames = [\"Nació\"]\n"))
    };
    case.ok(&["import", &list, "--mapping", &mapping("mdy")]);
    let report = &case.json(&["import", &list, "--mapping", &mapping("dmy")])[0];
    assert_eq!((report["reread"].as_u64(), report["changed"].as_u64()), (Some(2), Some(0)));
    let person = case.json(&["list", "children"])[0]["person"].as_str().unwrap().to_owned();
    let births = case.ok(&["person", &person]);
    assert!(births.contains("2013-06-05") || births.contains("2014-08-07"), "{births}");
}

#[test]
fn another_list_under_the_same_name_is_refused_before_it_takes_anything_away() {
    let case = small();
    let other = case.write(
        "other.csv",
        &format!("{BORDER}9,A209-000-555,,JUAN,PEREZ,M,20,HONDURAS,6/1/2018,10:00,Yuma\n"),
    );
    let before = case.json(&["verify"]);
    let output = case.run(&["import", &other]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8(output.stderr).unwrap().contains("--partial"));
    assert_eq!(case.json(&["verify"]), before);
    case.ok(&["import", &other, "--partial"]);
    // A ledger that goes on from a checkpoint verifies against it; another one does not.
    let checkpoint = before["checkpoint"].as_str().unwrap();
    case.ok(&["verify", "--checkpoint", checkpoint]);
    let (size, hash) = checkpoint.split_once(':').unwrap();
    let forged = format!("{size}:{}", hash.chars().rev().collect::<String>());
    assert_eq!(case.run(&["verify", "--checkpoint", &forged]).status.code(), Some(5));
    assert_eq!(case.run(&["verify", "--checkpoint", &format!("9999:{hash}")]).status.code(), Some(5));
}

/// What fails says so, with a hint and the documented exit code.
#[test]
fn failures_have_hints_and_exit_codes() {
    let case = Case::new();
    let empty = case.write("empty.csv", "");
    let garbage = case.write("garbage.xlsx", "PK\u{3}\u{4}nothing");
    let check = |arguments: &[&str], code: i32, says: &str| {
        let output = case.run(arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(says) && (code == 2 || said.contains("hint:")), "{arguments:?}: {said}");
    };
    check(&["import", &empty], 3, "empty");
    check(&["import", &garbage], 3, "not a readable workbook");
    check(&["import", "nowhere.csv"], 3, "cannot read");
    check(&["import", &empty, "--as", "nothing"], 6, "no preset");
    check(&["measure", "happiness"], 6, "no measure");
    check(&["measure", "in-shelter-care"], 2, "needs --on");
    check(&["measure", "in-shelter-care", "--on", "tomorrow"], 2, "not a date");
    check(&["measure", "still-in-care", "--on", "2018-06-26"], 2, "does not take --on");
    check(&["measure", "in-shelter-care", "--on", "2018-06"], 2, "not one day");
    check(&["measure", "children-listed", "--where", "country=Atlantis"], 6, "no value");
    check(&["measure", "clock", "--id", "none"], 6, "ms-l-under-5");
    check(&["measure", "children-listed", "--by", "shoe"], 6, "no group");
    check(&["person", "p-nobody"], 6, "nobody");
    check(&["init", case.path().to_str().unwrap()], 4, "not empty");
    let output = rejoin(&["-C", "nowhere", "verify"]);
    assert_eq!(output.status.code(), Some(4));
    // Of this, the reading that was refused reached the ledger, and the five questions for which the case was read.
    assert_eq!(case.json(&["verify"])["events"], 7);
}

#[test]
fn both_languages_have_every_definition() {
    let words = |arguments: &[&str]| String::from_utf8(rejoin(arguments).stdout).unwrap();
    let english: Value = serde_json::from_str(&words(&["list", "measures", "--format", "json"])).unwrap();
    let spanish: Value =
        serde_json::from_str(&words(&["list", "measures", "--format", "json", "--lang", "es"])).unwrap();
    for (one, other) in english.as_array().unwrap().iter().zip(spanish.as_array().unwrap()) {
        assert_eq!(one["measure"], other["measure"]);
        assert_ne!(one["definition"], other["definition"]);
    }
}

/// The surface that people and scripts rely on: help of every command, and the lists of what can be asked.
#[test]
fn the_surface_is_as_documented() {
    let words = |arguments: &[&str]| String::from_utf8(rejoin(arguments).stdout).unwrap();
    insta::assert_snapshot!("help", words(&["--help"]));
    for command in [
        "init", "import", "check", "evidence", "replay", "estimate", "report", "link", "families", "custody",
        "measure", "person", "casework", "protect", "hold", "erase", "readers", "list", "verify", "account",
        "ledger", "receipt", "rebuild", "synth", "demo", "export", "pfif",
    ] {
        let help = words(&[command, "--help"]);
        assert!(help.contains("Example"), "{command} --help has no example");
        insta::assert_snapshot!(format!("help-{command}"), help);
    }
    for (group, command) in [
        ("export", "children"),
        ("export", "adults"),
        ("export", "links"),
        ("export", "unlinked"),
        ("export", "court"),
        ("export", "who"),
        ("pfif", "check"),
        ("pfif", "export"),
    ] {
        let help = words(&[group, command, "--help"]);
        assert!(help.contains("Example"), "{group} {command} --help has no example");
        insta::assert_snapshot!(format!("help-{group}-{command}"), help);
    }
    insta::assert_snapshot!("codes", words(&["list", "codes", "--format", "csv"]));
    insta::assert_snapshot!("measures", words(&["list", "measures", "--format", "csv"]));
    insta::assert_snapshot!("presets", words(&["list", "presets", "--format", "csv"]));
}
