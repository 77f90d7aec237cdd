//! The people, organisations and roles that the tests of access share: the shipped roles, and one subject near, one
//! in the same organisation, one elsewhere.
#![allow(dead_code, clippy::unwrap_used, reason = "each test uses a part; a test that cannot go on fails")]

use rejoin_access::{
    Action, Actor, Assignee, DoNotDisclose, Emergency, FieldGroup, Grant, Level, Organisation, Protected,
    Purpose, Recipient, Role, Scope, SubjectFacts, Withheld,
};
use rejoin_model::{PersonId, RecordId};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The time of every test.
pub const NOW: i64 = 1_530_000_000_000_000;
/// An hour.
pub const HOUR: i64 = 3_600_000_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleFile {
    role: Vec<WireRole>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireRole {
    id: String,
    name: String,
    name_es: String,
    #[serde(default)]
    actions: Vec<String>,
    #[serde(default)]
    grant: Vec<WireGrant>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireGrant {
    purpose: String,
    scope: String,
    #[serde(default)]
    allow: Vec<String>,
    #[serde(default)]
    reduce: Vec<String>,
}

/// The shipped roles.
pub fn roles() -> Vec<Arc<Role>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../roles/default.toml");
    let file: RoleFile = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    file.role
        .into_iter()
        .map(|role| {
            let grants = role.grant.iter().map(|grant| {
                let groups = |words: &[String], level| {
                    words
                        .iter()
                        .map(|word| (FieldGroup::from_word(word).expect(word), level))
                        .collect::<Vec<_>>()
                };
                Grant {
                    purpose: Purpose::from_word(&grant.purpose).expect(&grant.purpose),
                    scope: Scope::from_word(&grant.scope).expect(&grant.scope),
                    groups: [groups(&grant.allow, Level::Allow), groups(&grant.reduce, Level::Reduce)]
                        .concat(),
                }
            });
            let actions = role.actions.iter().map(|word| Action::from_word(word).expect(word));
            Arc::new(
                Role::new(role.id.clone(), (role.name, role.name_es), grants.collect(), actions)
                    .expect(&role.id),
            )
        })
        .collect()
}

/// The shipped role of an id.
pub fn role(id: &str) -> Arc<Role> {
    roles().into_iter().find(|role| role.id() == id).expect(id)
}

/// An organisation, by its path.
pub fn organisation(path: &str) -> Organisation {
    Organisation::new(path.split('/')).unwrap()
}

/// A person.
pub fn person(number: u8) -> PersonId {
    PersonId::of_smallest(record(number))
}

/// A record.
pub fn record(number: u8) -> RecordId {
    RecordId::from_bytes([number; 10])
}

/// An actor of `care/south` with roles.
pub fn actor(roles: impl IntoIterator<Item = Arc<Role>>) -> Actor {
    Actor {
        account: "ana".into(),
        organisation: organisation("care/south"),
        teams: BTreeSet::new(),
        roles: roles.into_iter().collect(),
        subject_of: None,
    }
}

/// A child held by an organisation, with two records.
pub fn child(holder: &str) -> SubjectFacts {
    SubjectFacts {
        records: BTreeSet::from([record(1), record(2)]),
        contributed_by: vec![organisation("border")],
        held_by: vec![organisation(holder)],
        ..SubjectFacts::of(person(1))
    }
}

/// The child in the actor's organisation, and assigned to the actor.
pub fn near() -> SubjectFacts {
    let mut facts = child("care/south/house");
    facts.assigned_to.insert(Assignee::Account("ana".into()));
    facts
}

/// A rule over everything of the child, for anyone.
pub fn hide(fields: Withheld, recipient: Recipient) -> DoNotDisclose {
    DoNotDisclose {
        id: "rule-1".into(),
        subject: Protected::Person(person(1)),
        fields,
        recipient,
        reason: "a threat".into(),
        placed_by: "sofia".into(),
        from: NOW - HOUR,
        until: None,
    }
}

/// Emergency access of the actor to the child.
pub fn emergency() -> Emergency {
    Emergency {
        id: "emergency-1".into(),
        account: "ana".into(),
        subject: person(1),
        reason: "the child is in hospital".into(),
        from: NOW - HOUR,
        until: NOW + HOUR,
        reviewed: None,
    }
}
