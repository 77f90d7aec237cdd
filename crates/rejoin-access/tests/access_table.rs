//! The access table: every role × purpose × group of fields, for a child near, in the same organisation, elsewhere.
//! `access.txt` is for a person to read; a role that changes changes the table in the same commit.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod situation;

use rejoin_access::{Decision, FieldGroup, Purpose, Role, Rules, SubjectFacts, decide};
use situation::{NOW, actor, child, near, person, roles};
use std::fmt::Write;
use std::sync::Arc;

fn cell(role: &Arc<Role>, purpose: Purpose, group: FieldGroup, facts: &SubjectFacts, nearest: bool) -> char {
    let mut actor = actor([role.clone()]);
    if role.id() == "person" {
        // Nearest to a person in the data is their own file.
        actor.subject_of = Some(if nearest { person(1) } else { person(9) });
    }
    match decide(&actor, purpose, facts, group, &Rules::default(), NOW).decision {
        Decision::Allow => 'A',
        Decision::Reduce(_) => 'r',
        Decision::Deny(_) => '-',
    }
}

fn table() -> String {
    let mut out = String::from(
        "Who sees what. Each cell: of a child assigned to the account and held by its organisation (for `person`: one's\n\
         own file), of one held by its organisation, of one held elsewhere. A in full, r reduced, - not at all.\n",
    );
    let purposes: Vec<Purpose> = Purpose::ALL.to_vec();
    for role in roles() {
        write!(out, "\n{:17}", role.id()).unwrap();
        for purpose in &purposes {
            write!(out, " {:5.5}", purpose.word()).unwrap();
        }
        out = out.trim_end().to_string();
        out.push('\n');
        for group in FieldGroup::ALL {
            write!(out, "{:17}", group.word()).unwrap();
            for purpose in &purposes {
                let three: String =
                    [(near(), true), (child("care/south/house"), false), (child("care/north"), false)]
                        .iter()
                        .map(|(facts, nearest)| cell(&role, *purpose, *group, facts, *nearest))
                        .collect();
                let three = if three == "---" { "." } else { &three };
                write!(out, " {three:5}").unwrap();
            }
            out = out.trim_end().to_string();
            out.push('\n');
        }
    }
    out
}

#[test]
fn every_cell_is_as_reviewed() {
    let reviewed = include_str!("access.txt");
    let table = table();
    let differs: Vec<String> = reviewed
        .lines()
        .zip(table.lines())
        .enumerate()
        .filter(|(_, (reviewed, now))| reviewed != now)
        .map(|(line, (reviewed, now))| format!("line {}\n  reviewed {reviewed}\n  now      {now}", line + 1))
        .collect();
    assert!(reviewed == table, "access changed:\n{}\n\nthe whole table now:\n{table}", differs.join("\n"));
}

#[test]
fn the_table_has_every_role_purpose_and_group() {
    let reviewed = include_str!("access.txt");
    let blocks = reviewed.split("\n\n").skip(1).collect::<Vec<_>>();
    assert_eq!(blocks.len(), 13);
    for (block, role) in blocks.iter().zip(roles()) {
        let lines: Vec<&str> = block.lines().collect();
        assert_eq!(lines[0].split_whitespace().next(), Some(role.id()));
        assert_eq!(lines.len(), 1 + FieldGroup::ALL.len());
        assert!(lines[1..].iter().all(|line| line.split_whitespace().count() == 1 + Purpose::ALL.len()));
    }
}

#[test]
fn the_last_column_is_enforcement_and_empty() {
    let reviewed = include_str!("access.txt");
    assert_eq!(Purpose::ALL.last(), Some(&Purpose::Enforcement));
    for line in reviewed.split("\n\n").skip(1).flat_map(|block| block.lines().skip(1)) {
        assert!(line.ends_with('.'), "{line}");
    }
}
