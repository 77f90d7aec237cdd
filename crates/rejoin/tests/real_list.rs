//! The real list, as it was released. What the program says is held against figures derived here from the raw file by
//! a few lines of other code, and against the figures that inspectors can recompute.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use serde_json::Value;
use std::collections::HashMap;
use support::{Case, data};

/// A date `m/d/yyyy` as a number that sorts.
fn date(text: &str) -> Option<u32> {
    let parts: Vec<u32> = text.split('/').filter_map(|part| part.parse().ok()).collect();
    match parts.as_slice() {
        [month, day, year] => Some(year * 10_000 + month * 100 + day),
        _ => None,
    }
}

/// The raw rows by another reader: every row whose first cell is a number.
fn raw() -> Option<Vec<Vec<String>>> {
    let path = data("separations/ms-l-list-raw.csv")?;
    let mut reader = csv::Reader::from_path(path).unwrap();
    let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>());
    Some(rows.filter(|row| row[0].parse::<u8>().is_ok()).collect())
}

fn case() -> Option<Case> {
    let path = data("separations/ms-l-list-raw.csv")?;
    let case = Case::new();
    case.ok(&["import", path.to_str().unwrap()]);
    Some(case)
}

fn lines(answer: &Value, key: &str) -> HashMap<String, u64> {
    let lines = answer["breakdown"].as_array().unwrap().iter();
    lines.map(|line| (line[key].as_str().unwrap().to_owned(), line["value"].as_u64().unwrap())).collect()
}

#[test]
fn measures_equal_a_count_by_other_code() {
    let (Some(raw), Some(case)) = (raw(), case()) else { return };
    let value = |arguments: &[&str]| case.json(arguments)["value"].as_u64().unwrap();
    assert_eq!(value(&["measure", "children-listed"]), raw.len() as u64);
    assert_eq!(raw.len(), 3_108);

    // Another way: a child is out if a discharge date lies before the day.
    for (on, number, expect) in [
        ("2018-06-26", 20_180_626, Some(2_628)),
        ("2018-05-01", 20_180_501, None),
        ("2018-12-31", 20_181_231, None),
    ] {
        let counted = raw
            .iter()
            .filter(|row| {
                date(&row[5]).unwrap() <= number && date(&row[10]).is_none_or(|left| left >= number)
            })
            .count() as u64;
        assert_eq!(value(&["measure", "in-shelter-care", "--on", on]), counted, "{on}");
        assert!(expect.is_none_or(|expect| expect == counted), "{on}");
    }
    let reunited = raw.iter().filter(|row| row[8].starts_with("Reunited")).count() as u64;
    assert_eq!((value(&["measure", "reunited"]), reunited), (2_192, 2_192));
    let admitted = raw.iter().filter(|row| row[9] == "ADMITTED").count() as u64;
    assert_eq!((value(&["measure", "still-in-care"]), admitted), (193, 193));

    let by_country = case.json(&["measure", "children-listed", "--by", "country"]);
    let countries = lines(&by_country, "country");
    assert_eq!([countries["GT"], countries["HN"], countries["SV"]], [1_657, 1_043, 273]);
    let by_reason = case.json(&["measure", "children-listed", "--by", "reason"]);
    assert_eq!(lines(&by_reason, "reason")["Zero Tolerance Policy"], 2_723);

    let period = |row: &&Vec<String>| (20_180_505..=20_180_620).contains(&date(&row[3]).unwrap());
    let separated = raw.iter().filter(period).count() as u64;
    assert_eq!(value(&["measure", "separated", "--from", "2018-05-05", "--to", "2018-06-20"]), separated);
}

#[test]
fn the_two_clocks_equal_a_count_by_other_code() {
    let (Some(raw), Some(case)) = (raw(), case()) else { return };
    for (id, ages, due) in [("ms-l-under-5", 0..=4u8, 20_180_710), ("ms-l-5-plus", 5..=120, 20_180_726)] {
        let subject: Vec<_> = raw
            .iter()
            .filter(|row| {
                let in_care = date(&row[5]).unwrap() <= 20_180_626
                    && date(&row[10]).is_none_or(|left| left >= 20_180_626);
                in_care && ages.contains(&row[0].parse().unwrap())
            })
            .collect();
        let in_time = |row: &&&Vec<String>| date(&row[10]).is_some_and(|left| left <= due);
        let met = subject.iter().filter(in_time).count() as u64;
        let reunited =
            subject.iter().filter(in_time).filter(|row| row[8].starts_with("Reunited")).count() as u64;
        let answer = case.json(&["measure", "clock", "--id", id]);
        let parts = lines(&answer, "part");
        assert_eq!(answer["value"].as_u64().unwrap(), subject.len() as u64, "{id}");
        assert_eq!(parts["met by reunification"], reunited, "{id}");
        assert_eq!(parts["met by reunification"] + parts["met otherwise"], met, "{id}");
        let missed: u64 =
            parts.iter().filter(|(part, _)| part.starts_with("missed")).map(|(_, count)| count).sum();
        assert_eq!(missed, subject.len() as u64 - met, "{id}");
    }
}

/// What `custody --on` prints is as of that day, and the same as the measures say.
#[test]
fn custody_is_as_of_the_day_asked() {
    let Some(case) = case() else { return };
    let custody = case.json(&["custody", "--on", "2018-06-26"]);
    let line = |what: &str| {
        let lines = custody["lines"].as_array().unwrap();
        let line = lines.iter().find(|line| line["what"] == what && line["part"] == "all").unwrap();
        ["known", "undocumented"].map(|how| line[how].as_u64().unwrap())
    };
    assert_eq!(line("in shelter care on the day"), [2_626, 2]);
    let reunited = case.json(&["measure", "reunited", "--on", "2018-06-26"]);
    assert_eq!(line("reunited")[0], reunited["value"].as_u64().unwrap());
    assert!(line("reunited")[0] < 2_190);
}

#[test]
fn what_is_odd_is_found_and_nothing_is_merged() {
    let Some(case) = case() else { return };
    let findings = case.json(&["list", "findings"]);
    let count =
        |code: &str| findings.as_array().unwrap().iter().filter(|finding| finding["code"] == code).count();
    assert_eq!(count("page-header-row"), 62);
    assert_eq!(count("placed-before-referred"), 15);
    assert_eq!(count("discharged-without-date"), 2);
    assert_eq!(count("exact-copy"), 24);
    assert_eq!(count("office-code-shared"), 1, "Harlingen and San Antonio share a code");
    assert_eq!(
        case.json(&["link"])["people"],
        3_108,
        "no name, no number: nobody is linked, copies are not merged"
    );
    assert_eq!(case.json(&["measure", "children-listed"])["value"], 3_108);
}

#[test]
fn published_figures_stand_beside_ours() {
    let (Some(case), Some(published)) = (case(), data("separations/published_numbers.csv")) else { return };
    let rows = case.json(&["measure", "reconcile", "--published", published.to_str().unwrap()]);
    let rows = rows["reconciliation"].as_array().unwrap();
    let row = |id: &str| rows.iter().find(|row| row["id"] == id).unwrap();
    assert_eq!(
        (row("P001")["ours"].as_u64(), row("P001")["difference"].as_f64()),
        (Some(2_628), Some(-26.0))
    );
    assert_eq!(row("P006")["ours"], 116);
    assert!(row("P007")["not_compared"].is_string(), "a period that the list does not cover is not compared");
    assert!(rows.iter().all(|row| row["ours"].is_number() != row["not_compared"].is_string()));
}
