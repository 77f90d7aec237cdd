//! `rejoin link` over files, as people who have files and no case use it; and the published sets with their truths.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use serde_json::Value;
use std::fmt::Write;
use std::path::Path;
use support::{data, rejoin};

fn ok(arguments: &[&str]) -> String {
    let output = rejoin(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn fails(arguments: &[&str], code: i32) -> String {
    let output = rejoin(arguments);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// Best F1, F1 at 0.95, calibration error.
fn quality(links: &str, truth: &str) -> (f64, f64, f64) {
    let found: Value = serde_json::from_str(&ok(&[
        "link", "evaluate", "--links", links, "--truth", truth, "--format", "json",
    ]))
    .unwrap();
    let rows = found["thresholds"].as_array().unwrap();
    let at = rows.iter().find(|row| row["threshold"] == 0.95).unwrap()["f1"].as_f64().unwrap();
    (found["best_f1"].as_f64().unwrap(), at, found["calibration_error"].as_f64().unwrap())
}

/// Two files about the same forty people, headers in two languages, dates in two orders, accents and slips.
fn two_files(directory: &Path) -> (String, String) {
    let given = ["María", "José", "Ana", "Luis", "Rosa", "Pedro", "Elena", "Mario"];
    let surnames = ["García", "López", "Méndez", "Xicará", "Tzoc", "Paz", "Núñez"];
    let mut a = String::from("case,First Name,Last Name,Date of Birth,Sex\n");
    let mut b = String::from("case;Apellido paterno;Nombres;Fecha de nacimiento;Sexo\n");
    let plain = |name: &str| name.replace(['á', 'é', 'í'], "e").replace('ú', "u");
    for at in 0..40usize {
        let (name, surname) = (given[at % 8], surnames[at % 7]);
        let (year, month, day) = (1980 + at % 30, at % 12 + 1, 13 + at % 15);
        let sex = if at % 2 == 0 { "F" } else { "M" };
        writeln!(a, "A{at},{name},{surname},{year}-{month:02}-{day:02},{sex}").unwrap();
        let surname = if at % 3 == 0 { plain(surname) } else { surname.to_uppercase() };
        writeln!(b, "B{at};{surname};{name};{day:02}/{month:02}/{year};{sex}").unwrap();
    }
    let paths = [directory.join("a.csv"), directory.join("b.csv")];
    std::fs::write(&paths[0], a).unwrap();
    std::fs::write(&paths[1], b).unwrap();
    (paths[0].display().to_string(), paths[1].display().to_string())
}

#[test]
fn two_files_with_different_headers_are_linked_reviewed_and_explained() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name).display().to_string();
    let (a, b) = two_files(directory.path());
    let spec = ok(&["link", &a, &b, "--id", "case", "--print-spec"]);
    assert!(spec.contains("[\"Last Name\", \"Apellido paterno\"]"), "{spec}");
    std::fs::write(at("model.toml"), &spec).unwrap();

    let (links, again, clusters, page) = (at("l.parquet"), at("m.parquet"), at("c.parquet"), at("r.html"));
    let common = ["link", &a, &b, "--id", "case", "--one-to-one"];
    ok(&[&common[..], &["--auto", "--out", &links, "--clusters", &clusters, "--report", &page]].concat());
    ok(&[&common[..], &["--spec", &at("model.toml"), "--out", &again]].concat());
    assert_eq!(
        std::fs::read(&links).unwrap(),
        std::fs::read(&again).unwrap(),
        "the spec says all that was proposed"
    );
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("Linkage report") && !page.contains("Xicar"), "a report names no person");

    let truth: String = (0..40).map(|at| format!("A{at},B{at}\n")).collect();
    std::fs::write(at("truth.csv"), format!("left_id,right_id\n{truth}")).unwrap();
    let (best, at_095, _) = quality(&links, &at("truth.csv"));
    assert!(best > 0.98 && at_095 > 0.9, "{best} {at_095}");

    let table = ok(&[
        "link",
        "explain",
        "--id",
        "case",
        "--spec",
        &at("model.toml"),
        &a,
        &b,
        "A1",
        "B1",
        "--format",
        "json",
    ]);
    let steps: Value = serde_json::from_str(&table).unwrap();
    let steps = steps.as_array().unwrap();
    let sum: f64 =
        steps.iter().map(|step| step["weight"].as_f64().unwrap() + step["frequency"].as_f64().unwrap()).sum();
    assert!((sum - steps.last().unwrap()["sum"].as_f64().unwrap()).abs() < 0.01);
    assert!(table.contains("LÓPEZ") && table.contains("the same day"), "{table}");
}

#[test]
fn what_cannot_be_done_is_said_with_a_hint() {
    let directory = tempfile::tempdir().unwrap();
    let (a, b) = two_files(directory.path());
    assert!(fails(&["link", &a], 2).contains("--id COLUMN"));
    let missing = fails(&["link", &a, "--id", "nowhere"], 3);
    assert!(missing.contains("no column \"nowhere\"") && missing.contains("Last Name"), "{missing}");
    assert!(fails(&["link", &a, "--id", "Sex"], 3).contains("is not unique (row 3)"));
    let spec = directory.path().join("bad.toml");
    std::fs::write(
        &spec,
        "[columns.x]\nkind = \"surname\"\nfrom = [\"Last Name\"]\n[[comparison]]\ncolumns = [\"y\"]\n",
    )
    .unwrap();
    let spec = spec.display().to_string();
    assert!(fails(&["link", &a, "--id", "case", "--spec", &spec], 3).contains("no column \"y\""));
    let unknown = fails(&["link", "explain", "--id", "case", &a, &b, "A1", "B99"], 6);
    assert!(unknown.contains("B99"), "{unknown}");
}

fn truth_of_febrl(paths: &[&str], to: &str) {
    let mut truth = String::from("id,entity\n");
    for path in paths {
        for line in std::fs::read_to_string(path).unwrap().lines().skip(1) {
            let id = line.split(',').next().unwrap().trim();
            writeln!(truth, "{id},{}", id.split('-').nth(1).unwrap()).unwrap();
        }
    }
    std::fs::write(to, truth).unwrap();
}

#[test]
fn febrl_without_a_word_about_its_columns() {
    let Some(a) = data("linkage/dataset4a.csv") else { return };
    let (Some(b), Some(three)) = (data("linkage/dataset4b.csv"), data("linkage/dataset3.csv")) else {
        return;
    };
    let (a, b, three) = (a.display().to_string(), b.display().to_string(), three.display().to_string());
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name).display().to_string();
    truth_of_febrl(&[&a, &b], &at("truth.csv"));
    ok(&["link", &a, &b, "--id", "rec_id", "--one-to-one", "--out", &at("links.parquet")]);
    let (best, f1, _) = quality(&at("links.parquet"), &at("truth.csv"));
    assert!(best >= 0.9998 && f1 >= 0.9996, "{best} {f1}");
    truth_of_febrl(&[&three], &at("truth.csv"));
    ok(&["link", &three, "--id", "rec_id", "--out", &at("links.parquet")]);
    let (best, f1, error) = quality(&at("links.parquet"), &at("truth.csv"));
    assert!(best >= 0.9959 && f1 >= 0.9959 && error <= 0.03, "{best} {f1} {error}");
}

#[test]
fn splinks_small_set_without_its_truth() {
    let Some(path) = data("linkage/fake_1000.csv") else { return };
    let path = path.display().to_string();
    let directory = tempfile::tempdir().unwrap();
    let links = directory.path().join("links.parquet").display().to_string();
    let spec = ok(&["link", &path, "--id", "unique_id", "--print-spec"]);
    assert!(!spec.contains("cluster"), "the column that holds the answer is left out: {spec}");
    ok(&["link", &path, "--id", "unique_id", "--out", &links]);
    let found = ok(&[
        "link",
        "evaluate",
        "--links",
        &links,
        "--truth",
        &path,
        "--id",
        "unique_id",
        "--entity",
        "cluster",
        "--format",
        "json",
    ]);
    let found: Value = serde_json::from_str(&found).unwrap();
    let at = found["thresholds"].as_array().unwrap().iter().find(|row| row["threshold"] == 0.95).unwrap();
    let (best, f1, error) = (&found["best_f1"], &at["f1"], &found["calibration_error"]);
    assert!(
        best.as_f64() >= Some(0.88) && f1.as_f64() >= Some(0.85) && error.as_f64() <= Some(0.03),
        "{best} {f1} {error}"
    );
}

#[test]
fn historical_figures_with_errors() {
    let Some(path) = data("linkage/historical_figures_with_errors_50k.parquet") else { return };
    let path = path.display().to_string();
    let directory = tempfile::tempdir().unwrap();
    let links = directory.path().join("links.parquet").display().to_string();
    ok(&["link", &path, "--id", "unique_id", "--out", &links]);
    let found = ok(&[
        "link",
        "evaluate",
        "--links",
        &links,
        "--truth",
        &path,
        "--id",
        "unique_id",
        "--entity",
        "cluster",
        "--format",
        "json",
    ]);
    let found: Value = serde_json::from_str(&found).unwrap();
    let at = found["thresholds"].as_array().unwrap().iter().find(|row| row["threshold"] == 0.95).unwrap();
    let (best, f1, error) = (&found["best_f1"], &at["f1"], &found["calibration_error"]);
    assert!(
        best.as_f64() >= Some(0.85) && f1.as_f64() >= Some(0.82) && error.as_f64() <= Some(0.03),
        "{best} {f1} {error}"
    );
}

/// Short forms, several telephones in a cell, ages beside dates of birth, places with and without their province.
#[test]
fn what_lists_say_in_their_own_ways_is_compared() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name).display().to_string();
    let (mut a, mut b) = (
        String::from("id,given,surname,birth,phones,town\n"),
        String::from("id,given,surname,age,phones,town\n"),
    );
    let surnames = ["Xicara", "Tzoc", "Paz", "Nunez", "Mendez", "Lopez", "Garcia"];
    for row in 0..60usize {
        let (full, short) = [("Jose", "Pepe"), ("Guadalupe", "Lupita"), ("Francisco", "Paco")][row % 3];
        let surname = surnames[row % 7];
        let (born, age) = (1960 + row % 50, 2018 - (1960 + row % 50));
        writeln!(
            a,
            "A{row},{full},{surname},{born}-03-0{},5550{row:04}|7770{row:04},\"Nebaj, Quiche\"",
            1 + row % 9
        )
        .unwrap();
        writeln!(b, "B{row},{short},{surname},{age},9990{row:04}|5550{row:04},Nebaj").unwrap();
    }
    std::fs::write(at("a.csv"), a).unwrap();
    std::fs::write(at("b.csv"), b).unwrap();
    let spec = r#"
        comparison = [{ columns = ["given"] }, { columns = ["surname"] }, { columns = ["birth"] },
          { columns = ["phones"] }, { columns = ["town"] }]
        block = [{ on = ["surname"] }]
        [columns]
        given = { kind = "given", from = ["given"] }
        surname = { kind = "surname", from = ["surname"] }
        birth = { kind = "date", from = ["birth", "age"], kinds = ["date", "age"], as_of = "2018-06-26" }
        phones = { kind = "phone", from = ["phones"], separator = "|" }
        town = { kind = "place", from = ["town"] }
    "#;
    std::fs::write(at("spec.toml"), spec).unwrap();
    let common = ["link", "explain", "--id", "id", "--spec", &at("spec.toml"), &at("a.csv"), &at("b.csv")];
    let said = ok(&[&common[..], &["A7", "B7", "--format", "json"]].concat());
    for level in ["a short or tender form", "a partial date that agrees", "the smallest unit the same"] {
        assert!(said.contains(level), "{level} in {said}");
    }
    assert!(said.contains("\"comparison\": \"phones\",\n    \"left\": \"55500007|77700007\",\n    \"right\": \"99900007|55500007\",\n    \"level\": \"the same\""), "{said}");

    // A person says that two rows which look like one are two.
    std::fs::write(at("labels.csv"), "left_id,right_id,match\nA7,B7,no\n").unwrap();
    let (links, labels) = (at("l.parquet"), at("labels.csv"));
    let run = ["link", &at("a.csv"), &at("b.csv"), "--id", "id", "--spec", &at("spec.toml"), "--out", &links];
    ok(&[&run[..], &["--labels", &labels]].concat());
    let truth: String = (0..60).map(|row| format!("A{row},B{row}\n")).collect();
    std::fs::write(at("truth.csv"), format!("left_id,right_id\n{truth}")).unwrap();
    let (best, _, _) = quality(&links, &at("truth.csv"));
    assert!(best > 0.97, "{best}");
    std::fs::write(at("labels.csv"), "left_id,right_id,match\nA7,B7,perhaps\n").unwrap();
    assert!(fails(&[&run[..], &["--labels", &labels]].concat(), 3).contains("neither yes nor no"));
}
