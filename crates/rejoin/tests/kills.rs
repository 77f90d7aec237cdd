//! Every command that writes, killed at seeded moments; given to two programs at once; given on a full disk. The case is as
//! it was, or as the command leaves it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::disallowed_methods, reason = "kills are spread over as long as a command takes")]

mod support;

use serde_json::Value;
use std::process::{Command, Stdio};
use std::time::Instant;
use support::{Case, file, world};

/// The program on a case, not yet started.
fn command(case: &Case, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rejoin"));
    command.arg("-C").arg(case.path()).args(arguments).stdin(Stdio::null());
    command
}

/// How many events the case's ledger has, all of it verified.
fn events(case: &Case) -> u64 {
    case.json(&["verify"])["events"].as_u64().unwrap()
}

/// What a case says of people and families.
fn answers(case: &Case) -> [Value; 4] {
    [
        case.json(&["list", "children"]),
        case.json(&["list", "links"]),
        case.json(&["list", "findings"]),
        case.json(&["list", "decisions"]).as_array().unwrap().iter().map(without_time).collect(),
    ]
}

fn without_time(decision: &Value) -> Value {
    let mut decision = decision.clone();
    if let Some(fields) = decision.as_object_mut() {
        fields.retain(|name, _| !["at", "decided", "when"].contains(&name.as_str()));
    }
    decision
}

/// Kills a command so many times, from its start to a little after its end.
fn killed(before: &Case, arguments: &[&str], times: u64, seed: u64) {
    let there = events(before);
    let whole = before.copy();
    let started = Instant::now();
    whole.ok(arguments);
    let takes = started.elapsed();
    // What is asked is on record, too: the events are counted first.
    let last = events(&whole);
    let then = answers(&whole);
    assert!(last > there, "{arguments:?} writes");
    let mut outcomes = [0u64; 2];
    for at in 0..times {
        let case = before.copy();
        let mut child =
            command(&case, arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Spread over the whole of it, each a little off.
        let jitter = (seed.wrapping_mul(at + 1).wrapping_mul(0x9e37_79b9) >> 7) % 100;
        std::thread::sleep(takes.mul_f64((at as f64 + jitter as f64 / 100.0) / times as f64 * 1.1));
        let _ = child.kill();
        let _ = child.wait();
        let found = events(&case);
        // After it has decided, `decide` reads the decisions: that reading is an event, and a change, of its own.
        let unread = arguments[0] == "decide" && found + 1 == last;
        assert!(found == there || found == last || unread, "{arguments:?}: {there}, {found}, {last}");
        outcomes[usize::from(found != there)] += 1;
        if found == there {
            // What was not done is done again, with the same result.
            case.ok(arguments);
            assert_eq!(events(&case), last);
        }
        if at % 3 == 0 {
            assert_eq!(answers(&case), then, "{arguments:?}");
        }
    }
    assert!(outcomes[0] > 0, "no kill fell into {arguments:?}: {outcomes:?}");
}

#[test]
fn a_killed_command_leaves_the_case_as_it_was_or_complete() {
    let lists = world(40, 260);
    let case = Case::new();
    case.ok(&["import", &file(&lists, "shelter-portal.csv"), &file(&lists, "adult-detention.csv")]);
    let border = file(&lists, "border-apprehensions.csv");
    killed(&case, &["import", &border], 10, 1);
    case.ok(&["import", &border]);
    killed(&case, &["link"], 8, 2);
    case.ok(&["link"]);
    killed(&case, &["families"], 8, 3);
    case.ok(&["families"]);
    let links = case.json(&["list", "links"]);
    let of = |name: &str| links[0][name].as_str().unwrap().to_owned();
    let (child, other) = (of("child"), of("other"));
    killed(&case, &["decide", "accept", &child, &other, "--reason", "both named the other"], 8, 4);
}

#[test]
fn a_list_given_twice_at_once_is_taken_in_once() {
    let lists = world(40, 260);
    let list = file(&lists, "border-apprehensions.csv");
    let arguments = ["import", list.as_str(), "--format", "json"];
    for _ in 0..4 {
        let case = Case::new();
        let start =
            || command(&case, &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let both = [start(), start(), start()].map(|child| child.wait_with_output().unwrap());
        let mut added = Vec::new();
        for output in &both {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let said: Value = serde_json::from_slice(&output.stdout).unwrap();
            added.push((said[0]["added"].as_u64().unwrap(), said[0]["seen_before"].as_bool().unwrap()));
        }
        added.sort_unstable();
        let rows = added[2].0;
        assert_eq!(added, [(0, true), (0, true), (rows, false)]);
        assert_eq!(events(&case), 2 + rows);
        assert_eq!(case.json(&["list", "deliveries"]).as_array().unwrap().len(), 1);
    }
}

/// A limit on the size of files stands for a full disk: writing fails in the middle of a file.
#[cfg(unix)]
#[test]
fn a_full_disk_is_told_and_changes_nothing() {
    let lists = world(40, 260);
    let before = Case::new();
    before.ok(&["import", &file(&lists, "shelter-portal.csv")]);
    let there = events(&before);
    let list = file(&lists, "border-apprehensions.csv");
    let mut failed = 0;
    // In blocks of 512 bytes; the shell lets the signal of the limit pass, so that writing is answered with an error.
    for blocks in [70, 90, 120, 160, 240, 400, 700, 1_200, 2_000, 4_000] {
        let case = before.copy();
        let output = Command::new("sh")
            .arg("-c")
            .arg(format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\""))
            .arg(env!("CARGO_BIN_EXE_rejoin"))
            .arg("-C")
            .arg(case.path())
            .args(["import", &list])
            .output()
            .unwrap();
        if output.status.success() {
            assert!(events(&case) > there);
            continue;
        }
        failed += 1;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("disk") && !said.contains("panicked"), "{blocks}: {said}");
        assert_eq!(events(&case), there, "{blocks}: {said}");
        // With room again, it goes on.
        case.ok(&["import", &list]);
        assert!(events(&case) > there);
    }
    assert!(failed >= 4, "{failed} of the limits were met");
}
