//! Crashes: a killed import leaves the case as it was, or complete.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::process::Command;
use std::time::Duration;
use support::{Case, file, world};

#[test]
fn a_killed_import_leaves_the_case_as_it_was_or_complete() {
    let lists = world(150, 900);
    let list = file(&lists, "border-apprehensions.csv");
    let rows = {
        let case = Case::new();
        case.json(&["import", &list])[0]["rows"].as_u64().unwrap()
    };
    let mut outcomes = [0, 0];
    // From before the first event to after the last: the kill falls anywhere.
    for attempt in 0..24u64 {
        let case = Case::new();
        let mut child = Command::new(env!("CARGO_BIN_EXE_rejoin"))
            .args(["-C", case.path().to_str().unwrap(), "import", &list])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(attempt * attempt * 2));
        let _ = child.kill();
        let _ = child.wait();
        let events = case.json(&["verify"])["events"].as_u64();
        let deliveries = case.json(&["list", "deliveries"]);
        let people = case.json(&["list", "children"]).as_array().unwrap().len()
            + case.json(&["list", "adults"]).as_array().unwrap().len();
        match deliveries.as_array().unwrap().len() {
            0 => assert_eq!((people, events), (0, Some(1))),
            _ => assert!(people as u64 > rows * 9 / 10),
        }
        outcomes[deliveries.as_array().unwrap().len()] += 1;
        let again = case.json(&["import", &list]);
        assert_eq!(again[0]["added"].as_u64().unwrap() + again[0]["unchanged"].as_u64().unwrap(), rows);
        case.ok(&["verify"]);
    }
    assert!(outcomes[0] > 0, "no kill fell into an import: {outcomes:?}");
}
