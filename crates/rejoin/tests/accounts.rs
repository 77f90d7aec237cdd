//! `rejoin account` as an operator uses it: an account from its making to its end, and a password that is never an argument.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use serde_json::Value;
use std::io::Write;
use std::process::{Command, Output, Stdio};
use support::{Case, rejoin};

/// Runs a command with a line on its standard input.
fn with_line(case: &Case, arguments: &[&str], line: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_rejoin"))
        .args(["-C", case.path().to_str().unwrap()])
        .args(arguments)
        .env_remove("REJOIN_LANG")
        .env_remove("REJOIN_ACTOR")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{line}").unwrap();
    child.wait_with_output().unwrap()
}

const PASSWORD: &str = "the mule crossed four rivers";

#[test]
fn an_account_from_its_making_to_its_end() {
    let case = Case::new();
    let made =
        case.json(&["account", "create", "lucia@example.org", "--called", "Lucía", "--role", "journalist"]);
    let code = made["code"].as_str().unwrap();
    let accept = ["account", "accept", "lucia@example.org", "--code", code, "--password-stdin"];
    let weak = with_line(&case, &accept, "password");
    assert_eq!(weak.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&weak.stderr).contains("12 characters"));
    assert!(with_line(&case, &accept, PASSWORD).status.success());
    assert!(!with_line(&case, &accept, PASSWORD).status.success(), "a code is good once");

    case.ok(&["account", "role", "give", "lucia@example.org", "verifier"]);
    let totp = ["account", "totp", "lucia@example.org", "--password-stdin", "--format", "json"];
    let wrong = with_line(&case, &totp, "not the password");
    assert_eq!(wrong.status.code(), Some(4));
    let said = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(said.contains("The name, the password or the code is not right."), "{said}");
    let shown = with_line(&case, &totp, PASSWORD);
    assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
    let key: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert!(key["uri"].as_str().unwrap().starts_with("otpauth://totp/Rejoin:lucia"));

    case.ok(&["account", "role", "take", "lucia@example.org", "verifier"]);
    let issue =
        ["account", "token", "issue", "lucia@example.org", "--label", "sheet", "--days", "30", "--allow"];
    let beyond = case.run(&[&issue[..], &["export"]].concat());
    assert!(String::from_utf8_lossy(&beyond.stderr).contains("may not export"));
    let token = case.json(&[&issue[..], &["count,statistics"]].concat());
    assert!(token["token"].as_str().unwrap().starts_with("rejoin_"));
    case.ok(&["account", "token", "revoke", "lucia@example.org", token["id"].as_str().unwrap()]);
    case.ok(&["account", "unlock", "lucia@example.org"]);
    case.ok(&["account", "suspend", "lucia@example.org", "--reason", "on leave"]);
    case.ok(&["account", "resume", "lucia@example.org"]);
    let listed = case.json(&["account", "list"]);
    assert_eq!(listed[0]["standing"], "active");
    assert_eq!(listed[0]["roles"], serde_json::json!(["journalist"]));
    assert_eq!(listed[0]["proofs"], serde_json::json!(["password"]));
    let shown = case.ok(&["account", "show", "lucia@example.org"]);
    assert!(shown.contains("sheet, for registry") && shown.contains("revoked"));
    assert!(!shown.contains("argon2") && !shown.contains(token["token"].as_str().unwrap()));
    let ending = ["account", "close", "lucia@example.org", "--reason", "left"];
    case.ok(&ending);
    case.ok(&["account", "erase", "lucia@example.org", "--reason", "left", "--authority", "letter"]);
    assert_eq!(case.json(&["account", "list"]), serde_json::json!([]));
    assert_eq!(case.run(&["account", "show", "lucia@example.org"]).status.code(), Some(6));
    case.ok(&["verify"]);
    assert!(case.ok(&["account", "roles"]).contains("administrator"));
    assert!(case.ok(&["account", "organisations"]).contains("registry"));
}

#[test]
fn every_account_command_says_how_it_is_used() {
    let words = |arguments: &[&str]| String::from_utf8(rejoin(arguments).stdout).unwrap();
    let mut all = words(&["account", "--help"]);
    for command in [
        &["list"][..],
        &["show"],
        &["roles"],
        &["organisations"],
        &["create"],
        &["invite"],
        &["accept"],
        &["role"],
        &["role", "give"],
        &["role", "take"],
        &["suspend"],
        &["resume"],
        &["close"],
        &["erase"],
        &["token"],
        &["token", "issue"],
        &["token", "revoke"],
        &["totp"],
        &["unlock"],
    ] {
        let help = words(&[&["account"], command, &["--help"]].concat());
        assert!(help.contains("Example"), "{command:?} has no example");
        assert!(!help.contains("--password <"), "a password is never an argument");
        all.push_str(&format!("\n---- {}\n{help}", command.join(" ")));
    }
    insta::assert_snapshot!("help-account-commands", all);
}
