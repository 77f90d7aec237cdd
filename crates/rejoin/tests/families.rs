//! Families as case workers meet them: proposals, decisions that are remembered, new evidence, DNA as a last resort.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use serde_json::Value;
use support::{Case, data, file, rejoin, world};

/// Imports a world's lists but for the tracing requests, links, and proposes.
fn before_requests() -> (Case, tempfile::TempDir) {
    let lists = world(300, 900);
    let case = Case::new();
    let names = ["border-apprehensions", "prosecution-referrals", "adult-detention", "shelter-portal"];
    let files: Vec<String> = names.iter().map(|name| file(&lists, &format!("{name}.csv"))).collect();
    case.ok(&[&["import"][..], &files.iter().map(String::as_str).collect::<Vec<_>>()].concat());
    case.ok(&["link"]);
    case.ok(&["families"]);
    (case, lists)
}

fn links(case: &Case) -> Vec<Value> {
    case.json(&["list", "links"]).as_array().unwrap().clone()
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap()
}

/// The proposal for a pair.
fn find<'a>(links: &'a [Value], child: &str, other: &str) -> Option<&'a Value> {
    links.iter().find(|row| row["child"] == child && row["other"] == other && row["relation"] != "sibling")
}

fn likely(links: &[Value]) -> (String, String) {
    let row = links
        .iter()
        .find(|row| row["relation"] == "mother" && row["probability"].as_f64().unwrap() > 0.9)
        .unwrap();
    (text(row, "child").to_owned(), text(row, "other").to_owned())
}

#[test]
fn a_rejection_is_remembered_and_can_be_taken_back() {
    let (case, _lists) = before_requests();
    let before = links(&case);
    let (child, other) = likely(&before);
    let refused = case.run(&["decide", "reject", &child, &other, "--reason", " "]);
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("needs a reason"));

    let said = case.json(&["decide", "reject", &child, &other, "--reason", "she has no daughter"]);
    assert!(said["children_scored_again"].as_u64().unwrap() < 100, "only what it touches: {said}");
    assert!(find(&links(&case), &child, &other).is_none());
    case.ok(&["families", "--whole"]);
    assert!(find(&links(&case), &child, &other).is_none(), "remembered when everything is scored again");
    // Rejected again while it is not proposed, or more evidence wanted: neither takes the rejection back.
    case.ok(&["decide", "reject", &child, &other, "--relation", "mother", "--reason", "again"]);
    assert!(find(&links(&case), &child, &other).is_none());
    let second = case.json(&["list", "decisions"])[0]["decision"].to_string();
    case.ok(&["decide", "undo", &second, "--reason", "once is enough"]);
    case.ok(&[
        "decide",
        "needs-evidence",
        &child,
        &other,
        "--relation",
        "mother",
        "--reason",
        "ask the consulate",
    ]);
    case.ok(&["families", "--whole"]);
    assert!(find(&links(&case), &child, &other).is_none());
    let refused =
        case.run(&["decide", "accept", &other, &child, "--relation", "mother", "--reason", "turned round"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("on record as adult, not as child"));
    assert!(
        !case
            .run(&["decide", "accept", &child, &child, "--relation", "mother", "--reason", "self"])
            .status
            .success()
    );
    case.ok(&["link"]);
    case.ok(&["families"]);
    assert!(find(&links(&case), &child, &other).is_none(), "and when people are linked again");
    case.ok(&["verify"]);
    case.ok(&["rebuild"]);
    assert!(find(&links(&case), &child, &other).is_none(), "and when all is derived again");

    let decision = said["decision"].to_string();
    case.ok(&["decide", "undo", &decision, "--reason", "wrong row"]);
    let again = case.run(&["decide", "undo", &decision, "--reason", "twice"]);
    assert!(!again.status.success());
    let after = links(&case);
    let (one, other_row) = (find(&before, &child, &other).unwrap(), find(&after, &child, &other).unwrap());
    let probability = |row: &Value| row["probability"].as_f64().unwrap();
    assert!((probability(one) - probability(other_row)).abs() < 0.01);
    let decisions = case.json(&["list", "decisions"]);
    let first =
        decisions.as_array().unwrap().iter().find(|row| row["reason"] == "she has no daughter").unwrap();
    assert!(first["taken back in"].is_u64(), "both stay on record: {decisions}");
    case.ok(&["verify"]);
}

#[test]
fn a_rejected_pair_comes_back_for_new_evidence_and_says_what_is_new() {
    let (case, lists) = before_requests();
    // Whom will a tracing request name? The same world with the requests says so.
    let (whole, _same) = Case::of_world(300, 900);
    whole.ok(&["link"]);
    whole.ok(&["families"]);
    let named = "the adult names this child";
    let candidates = links(&whole);
    let before = links(&case);
    let wanted = candidates.iter().find(|row| {
        let evidence = row["evidence"].as_array().unwrap();
        let known = find(&before, text(row, "child"), text(row, "other"));
        evidence.iter().any(|words| words == named)
            && known.is_some_and(|known| {
                !known["evidence"].as_array().unwrap().iter().any(|words| words == named)
            })
    });
    let wanted = wanted.unwrap();
    let (child, other) = (text(wanted, "child").to_owned(), text(wanted, "other").to_owned());
    case.ok(&["decide", "reject", &child, &other, "--reason", "not convinced"]);
    case.ok(&["import", &file(&lists, "tracing-requests.csv")]);
    case.ok(&["link"]);
    let report = case.json(&["families"]);
    assert!(
        report["scored_children"].as_u64().unwrap() < report["children"].as_u64().unwrap(),
        "only those whom a request may be about: {report}"
    );
    let after = links(&case);
    let back = find(&after, &child, &other).unwrap();
    let new: Vec<&str> =
        back["new since rejected"].as_array().unwrap().iter().map(|new| new.as_str().unwrap()).collect();
    assert!(new.contains(&named), "{back}");
    assert_eq!(back["decision"], "rejected", "it stays a rejected one until somebody decides anew");
    case.ok(&["verify"]);
}

#[test]
fn brothers_and_sisters_are_told_apart_by_people_too() {
    let (case, _lists) = before_requests();
    let sibling = |links: &[Value], one: &str, other: &str| {
        links.iter().any(|row| row["relation"] == "sibling" && row["child"] == one && row["other"] == other)
    };
    let before = links(&case);
    let row = before.iter().find(|row| row["relation"] == "sibling").unwrap();
    let (one, other) = (text(row, "child"), text(row, "other"));
    // Without order: the other way round is the same pair.
    case.ok(&["decide", "reject", other, one, "--reason", "cousins"]);
    assert!(!sibling(&links(&case), one, other));
    case.ok(&["families", "--whole"]);
    assert!(!sibling(&links(&case), one, other));
    case.ok(&["verify"]);
}

#[test]
fn an_explanation_is_read_aloud_in_two_languages() {
    let (case, _lists) = before_requests();
    let (child, other) = likely(&links(&case));
    case.ok(&["decide", "accept", &child, &other, "--reason", "names and village agree"]);
    let english = case.ok(&["person", &child]);
    assert!(
        english.contains("accepted for verification") && english.contains("none of the candidates"),
        "{english}"
    );
    let spanish = case.ok(&["--lang", "es", "person", &child]);
    assert!(spanish.contains("aceptada para verificar") && spanish.contains("probabilidad"), "{spanish}");
    let family = &spanish[spanish.find("Posible familia").unwrap()..];
    assert!(!family.contains("apprehended") && !family.contains(" older than"), "{family}");
}

#[test]
fn what_evidence_adds_is_asked_without_writing() {
    let (case, lists) = before_requests();
    let before = case.json(&["verify"]);
    let truth = lists.path().display().to_string();
    let report = case.json(&["families", "--whole", "--dry-run", "--truth", &truth]);
    let without = case.json(&["families", "--without", "surnames", "--without", "origin", "--truth", &truth]);
    let recall = |report: &Value| report["truth"]["recall_at_95"][1].as_f64().unwrap();
    assert!(recall(&report) > 0.8, "{report}");
    assert!(recall(&without) < recall(&report), "{without}");
    // To hold them against the truth everybody was read, once for each run: that is on record, and nothing else.
    let events = |verified: &Value| verified["events"].as_u64().unwrap();
    assert_eq!(events(&case.json(&["verify"])), events(&before) + 2, "nothing was written but two readings");
    assert!(!case.run(&["families", "--without", "horoscopes"]).status.success());
}

const TABLE: &str = "source,population,marker,allele,frequency,n\nX,P,A,8,0.1,100\nX,P,A,9,0.4,100\nX,P,A,10,0.5,100\nX,P,B,11,0.2,100\nX,P,B,12,0.8,100\n";

fn dna_case(adult: [&str; 2]) -> String {
    format!(
        r#"{{"format": "rejoin-dna-case/1", "frequencies": {{"file": "f.csv", "source": "X", "population": "P"}},
        "profiles": {{"adult": {{"A": "{}", "B": "{}"}}, "child": {{"A": "8/9", "B": "11/12"}}}},
        "pairwise": {{"older": "adult", "younger": "child", "relationships": ["parent-child"]}}}}"#,
        adult[0], adult[1]
    )
}

#[test]
fn dna_is_weighed_profiles_are_destroyed_and_an_exclusion_deletes_no_family() {
    let (case, lists) = before_requests();
    let (child, other) = likely(&links(&case));
    std::fs::write(lists.path().join("f.csv"), TABLE).unwrap();
    let profiles = lists.path().join("dna.json");
    let record = |adult: [&str; 2]| {
        std::fs::write(&profiles, dna_case(adult)).unwrap();
        let path = profiles.display().to_string();
        let said = case.json(&[
            "dna",
            "record",
            &path,
            &child,
            &other,
            "--reason",
            "the papers burnt",
            "--consent",
            "in writing",
        ]);
        assert!(said["certificate"].is_u64() && !profiles.exists(), "{said}");
        case.ok(&["families"]);
        case.json(&["person", &child])
    };
    let steps = |person: &Value| -> Vec<f64> {
        let candidates = person["candidates"].as_array().unwrap();
        let pair =
            candidates.iter().find(|row| row["other"] == other && row["relation"] == "mother").unwrap();
        let dna = pair["evidence"].as_array().unwrap().iter().filter(|step| step["kind"] == "dna");
        dna.map(|step| step["bits"].as_f64().unwrap()).collect()
    };
    // By hand: half of P(the other allele) over P(child), at each locus.
    let person = record(["8/8", "11/12"]);
    let by_hand = (0.4 / (2.0 * 0.1 * 0.4)) * ((0.5 * 0.8 + 0.5 * 0.2) / (2.0 * 0.2 * 0.8));
    assert!((steps(&person)[0] - f64::log2(by_hand)).abs() < 1e-3, "{person}");
    let person = record(["10/10", "11/12"]);
    assert_eq!(steps(&person), [-30.0], "the newest comparison counts, and the candidate is still there");
    // What does not ask for a parent, or has no ratio, is no evidence; nothing is destroyed for it.
    let wrong = [
        dna_case(["8/8", "11/12"]).replace("parent-child", "full-siblings"),
        dna_case(["8/8", "11/12"])
            .replace(r#""older": "adult", "younger": "child""#, r#""older": "child", "younger": "adult""#),
        dna_case(["8-8", "11/12"]),
        // Two other people as parents, neither of whom has the child's alleles: the second hypothesis is impossible.
        dna_case(["8/9", "11/12"])
            .replace(r#""profiles": {"#, r#""profiles": {"m": {"A": "10/10"}, "f": {"A": "10/10"}, "#)
            .split(r#""pairwise""#)
            .next()
            .unwrap()
            .to_owned()
            + r#""hypotheses": [
                {"name": "parent", "founders": ["adult", "x", "m", "f"], "children": [{"child": "child", "mother": "x", "father": "adult"}]},
                {"name": "others", "founders": ["adult", "m", "f"], "children": [{"child": "child", "mother": "m", "father": "f"}]}]}"#,
    ];
    for text in wrong {
        std::fs::write(&profiles, &text).unwrap();
        let path = profiles.display().to_string();
        let refused = case.run(&["dna", "record", &path, &child, &other, "--reason", "r", "--consent", "c"]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && profiles.exists() && !said.contains("8-8"), "{said}");
    }
    let ledger = std::fs::read(case.path().join("rejoin.sqlite")).unwrap();
    assert!(!ledger.windows(7).any(|bytes| bytes == b"\"11/12\""), "no profile is in the case");
    case.ok(&["verify"]);
}

/// Every likelihood ratio of the reference, per locus and in total.
#[test]
fn likelihood_ratios_equal_the_reference() {
    let Some(path) = data("dna/pairwise_lr_oracle.json") else { return };
    let oracle: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let table: String = oracle["allele_frequencies"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(locus, alleles)| {
            let alleles = alleles.as_object().unwrap().iter();
            alleles.map(move |(allele, frequency)| format!("X,P,{locus},{allele},{frequency}\n"))
        })
        .collect();
    std::fs::write(
        directory.path().join("f.csv"),
        format!("source,population,marker,allele,frequency\n{table}"),
    )
    .unwrap();
    let words = [
        ("parent_child", "parent-child"),
        ("full_sib", "full-siblings"),
        ("half_sib", "half-siblings"),
        ("grandparent", "grandparent"),
        ("avuncular", "avuncular"),
        ("first_cousin", "first-cousins"),
        ("unrelated", "unrelated"),
    ];
    let (mut compared, mut excluded) = (0, 0);
    for case in oracle["cases"].as_array().unwrap() {
        for (model, expected) in case["LR_vs_unrelated"].as_object().unwrap() {
            let mutation = match model.as_str() {
                "none" => r#"{"model": "none"}"#,
                "equal" => r#"{"model": "equal", "rate": 0.002}"#,
                "proportional" => r#"{"model": "proportional", "rate": 0.002}"#,
                _ => r#"{"model": "stepwise", "rate": 0.002, "rate2": 1e-6, "range": 0.1}"#,
            };
            let text = format!(
                r#"{{"format": "rejoin-dna-case/1", "frequencies": {{"file": "f.csv", "source": "X", "population": "P"}},
                "mutation": {{"maternal": {mutation}, "paternal": {mutation}}},
                "profiles": {{"A": {}, "B": {}}}, "pairwise": {{"older": "A", "younger": "B"}}}}"#,
                case["genotypes"]["A"], case["genotypes"]["B"]
            );
            let file = directory.path().join("case.json");
            std::fs::write(&file, text).unwrap();
            let output = rejoin(&["dna", "lr", file.to_str().unwrap(), "--format", "json"]);
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let found: Value = serde_json::from_slice(&output.stdout).unwrap();
            for (theirs, ours) in words {
                let found = found.as_array().unwrap().iter().find(|found| found["first"] == ours).unwrap();
                let near = |ours: &Value, wanted: f64| match ours.as_f64() {
                    Some(ours) if wanted == 0.0 => ours == 0.0,
                    Some(ours) => (ours / wanted - 1.0).abs() < 1e-6,
                    None => wanted == 0.0,
                };
                for locus in found["loci"].as_array().unwrap() {
                    let wanted = expected["per_marker"][text_of(locus)][theirs].as_f64().unwrap();
                    assert!(near(&locus["likelihood_ratio"], wanted), "{model} {theirs} {locus} {wanted}");
                    compared += 1;
                }
                let total = expected["total"][theirs].as_f64().unwrap();
                assert!(near(&found["likelihood_ratio"], total), "{model} {theirs} {total}");
                excluded += usize::from(total == 0.0);
            }
        }
    }
    assert!(compared > 10_000 && excluded > 0, "{compared} {excluded}");
}

fn text_of(locus: &Value) -> &str {
    locus["locus"].as_str().unwrap()
}
