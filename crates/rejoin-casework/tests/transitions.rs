//! Every transition of every machine, as a table that a person can review: `tests/transitions.txt`. A state is reached
//! by a script (who records what); then each command of the machine is tried there, by somebody who has done nothing
//! yet, and the table says which state it leads to, or the code of the refusal.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use rejoin_casework::{Claim, Event, State, StreamId, TracingId};
use rejoin_model::Relation;
use std::collections::{BTreeMap, BTreeSet};
use support::samples::{MOTHER, OTHER, sample};
use support::{Desk, record};

/// A machine's state in a case, in one word.
fn status(machine: &str, state: &State) -> String {
    let claim = |adult| Claim { adult: record(adult), relation: Relation::Mother };
    let text = match (machine, state) {
        ("tracing", State::Tracing(case)) => case.status().map_or("nothing", |status| status.word()),
        ("separation", State::Child(case)) => {
            case.separations().first().map_or("nothing", |one| one.status.word())
        }
        ("match", State::Child(case)) => {
            case.match_of(claim(MOTHER)).map_or("nothing", |one| one.status().word())
        }
        ("conflict", State::Child(case)) => match case.conflicts() {
            [] => "nothing",
            _ if case.in_conflict(claim(MOTHER)) && case.in_conflict(claim(OTHER)) => "open",
            _ => "resolved",
        },
        ("verification", State::Child(case)) => {
            let of = case.match_of(claim(MOTHER)).and_then(|one| one.verification());
            match of.map(|one| (one.outcome, one.signatures.len())) {
                None => "nothing",
                Some((None, 0)) => "running",
                Some((None, _)) => "signed-once",
                Some((Some((outcome, _)), _)) => outcome.word(),
            }
        }
        ("gate", State::Child(case)) => {
            case.match_of(claim(MOTHER)).map_or("nothing", |one| one.gate().status().word())
        }
        ("reunification", State::Child(case)) => {
            case.reunification().map_or("nothing", |one| one.status().word())
        }
        ("closure", State::Child(case)) => case.status().word(),
        _ => panic!("no machine {machine}"),
    };
    text.to_owned()
}

fn play(desk: &mut Desk, script: &str) {
    for step in script.split(',').map(str::trim).filter(|step| !step.is_empty()) {
        let (actor, name) = step.split_once(' ').unwrap();
        let fact = sample(name, desk.at);
        desk.ask(actor, &fact).unwrap_or_else(|refusal| panic!("{step}: {refusal}"));
    }
}

fn begun(machine: &str) -> Desk {
    let stream = match machine {
        "tracing" => StreamId::Tracing(TracingId::from_bytes([9; 10])),
        _ => StreamId::Child(record(1)),
    };
    Desk::new(State::of(stream))
}

#[test]
fn every_transition_is_as_the_table_says() {
    let table = include_str!("transitions.txt");
    let mut scripts: BTreeMap<&str, String> = BTreeMap::new();
    let mut tried: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    let (mut machine, mut state, mut wrong) = ("", "", Vec::new());
    for line in table.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        if let Some(rest) = line.strip_prefix("script ") {
            let (name, script) = rest.split_once(':').unwrap();
            scripts.insert(name, expanded(script, &scripts));
            continue;
        }
        if let Some(name) = line.strip_prefix("machine ") {
            machine = name;
            continue;
        }
        if let Some(rest) = line.strip_prefix("state ") {
            let (name, script) = rest.split_once(':').unwrap();
            state = name;
            let script = expanded(script, &scripts);
            let mut desk = begun(machine);
            play(&mut desk, &script);
            let reached = status(machine, &desk.state);
            assert_eq!(name.split(' ').next(), Some(reached.as_str()), "{machine}: {name}");
            scripts.insert("here", script);
            continue;
        }
        let (expected, commands) = line.trim().split_once(": ").unwrap();
        for command in commands.split(", ") {
            assert!(
                tried.entry((machine, state)).or_default().insert(command),
                "{machine} {state}: {command} twice"
            );
            let found = tried_in(machine, &scripts["here"], command);
            if found != expected {
                wrong.push(format!("{machine} {state}: {command} leads to {found}, not {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Within a machine, every state is asked the same commands: no cell of the table is empty.
    for ((machine, state), commands) in &tried {
        let all: BTreeSet<&str> = tried
            .iter()
            .filter(|((of, _), _)| of == machine)
            .flat_map(|(_, commands)| commands.iter().copied())
            .collect();
        let missing: Vec<_> = all.difference(commands).collect();
        assert!(missing.is_empty(), "{machine} {state} lacks {missing:?}");
    }
    assert!(tried.len() > 40, "the table was read: {}", tried.len());
}

/// Where a command leads, after a script.
fn tried_in(machine: &str, script: &str, command: &str) -> String {
    let mut desk = begun(machine);
    play(&mut desk, script);
    let before = desk.state.clone();
    let (actor, name) = command.split_once(' ').unwrap_or(("nobody-yet", command));
    let fact = sample(name, desk.at);
    match desk.ask(actor, &fact) {
        Ok(events) => {
            assert_eq!(desk.replayed(), desk.state);
            let follows = events[1..].iter().map(|event: &Event| format!(" + {}", event.fact.kind()));
            status(machine, &desk.state) + &follows.collect::<String>()
        }
        Err(refusal) => {
            assert_eq!(desk.state, before);
            format!("refused {}", refusal.code())
        }
    }
}

/// A script with the scripts that it names (`+name`) written out.
fn expanded(script: &str, scripts: &BTreeMap<&str, String>) -> String {
    let steps = script.split(',').map(str::trim).map(|step| match step.strip_prefix('+') {
        Some(name) => scripts[name].clone(),
        None => step.to_owned(),
    });
    steps.collect::<Vec<_>>().join(",")
}
