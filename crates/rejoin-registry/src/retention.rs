//! Retention by date. Rules are data: what is kept, from which event on, for how long. What has fallen due is erased like
//! anything else, by somebody who may, with a tombstone that names the rule; a legal hold wins.

use crate::desk::Desk;
use crate::erasure::Erased;
use crate::store::EVENT;
use crate::{Case, Error};
use rejoin_access::Action;
use rejoin_casework::{State, StreamId};
use rejoin_custody::Person;
use rejoin_model::{PersonId, Record, RecordId, Subject};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

const DAY: i64 = 86_400_000_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    rule: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    what: What,
    from: From,
    days: u32,
    source: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum What {
    Child,
    Adult,
    Anybody,
    TracingRequest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum From {
    Closed,
    LastReceived,
    Gone,
}

/// Something that is kept longer than a rule allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The rule's id.
    pub rule: String,
    /// By which law or decision.
    pub source: String,
    /// A person, or a tracing request.
    pub id: String,
    /// From when the rule counts: microseconds since 1970-01-01 UTC.
    pub from: i64,
    /// Since when it is due.
    pub due: i64,
    /// A legal hold keeps it all the same.
    pub held: bool,
}

/// The rules of a case: its own `retention.toml`, or none.
fn rules(directory: &Path) -> Result<Vec<Row>, Error> {
    let own = directory.join("retention.toml");
    match own.is_file() {
        false => Ok(Vec::new()),
        true => {
            let text =
                std::fs::read_to_string(&own).map_err(|source| Error::Directory { path: own, source })?;
            read(&text).map_err(Error::Retention)
        }
    }
}

fn read(text: &str) -> Result<Vec<Row>, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let mut ids = BTreeSet::new();
    for rule in &file.rule {
        if rule.id.trim().is_empty() || rule.source.trim().is_empty() {
            return Err("a rule has an id, and says by which law or decision".into());
        }
        if !ids.insert(&rule.id) {
            return Err(format!("the rule {} is there twice", rule.id));
        }
        if rule.what == What::TracingRequest && rule.from != From::Closed {
            return Err(format!("{}: of a request is only known when it was closed", rule.id));
        }
    }
    Ok(file.rule)
}

/// What is known of when somebody's data came, went and was closed.
#[derive(Default)]
struct Moments {
    closed: Option<i64>,
    received: Option<i64>,
    gone: Option<i64>,
}

impl Moments {
    fn of(&self, from: From) -> Option<i64> {
        match from {
            From::Closed => self.closed,
            From::LastReceived => self.received,
            From::Gone => self.gone,
        }
    }
}

impl Case {
    /// When a file was closed, if it is.
    fn closed_at(&self, stream: StreamId) -> Result<Option<i64>, Error> {
        let status = match self.state(stream)? {
            State::Child(case) => case.status().word(),
            State::Tracing(case) => case.status().map_or("none", |status| status.word()),
        };
        if status != "closed" {
            return Ok(None);
        }
        let events = self.store.read_stream(&stream.to_string())?;
        let closing = |kind: &str| ["closure-approved", "tracing-closed"].contains(&kind);
        let closed = events.iter().rev().find(|event| closing(&event.event.kind));
        Ok(closed.map(|event| event.event.at_micros))
    }

    /// When records came last, and whether their lists still have them: by record.
    fn received_at(&self) -> Result<HashMap<RecordId, (i64, bool)>, Error> {
        let sql =
            format!("SELECT {EVENT}, r.id, r.present FROM record r JOIN event e ON e.sequence = r.event");
        let rows = self
            .store
            .database
            .rows(&sql, &[], |row| Ok((row.get::<String>(6)?, row.get::<i64>(4)?, row.get::<bool>(7)?)))?;
        Ok(rows.into_iter().filter_map(|(id, at, present)| Some((id.parse().ok()?, (at, present)))).collect())
    }

    /// When rows went: by record.
    fn absent_at(&self) -> Result<HashMap<RecordId, i64>, Error> {
        let mut gone = HashMap::new();
        for event in self.store.events_of(crate::wire::RECORD_ABSENT)? {
            for subject in event.subjects() {
                if let Ok(record) = subject.parse() {
                    gone.insert(record, event.at_micros);
                }
            }
        }
        Ok(gone)
    }
}

impl Desk<'_> {
    /// What has fallen due by the case's rules, the longest overdue first, among whom may be seen and erased from here.
    ///
    /// # Errors
    /// [`Error::Denied`] for who may not erase; [`Error::Retention`] when the rules cannot be read.
    pub fn retention_due(&self) -> Result<Vec<Due>, Error> {
        if !self.seat().actor.has(Action::Erase) {
            return Err(self.refuse(rejoin_access::Refusal::NotGranted, "retention", None)?);
        }
        let rules = rules(&self.case.directory)?;
        let mut due = Vec::new();
        if rules.iter().any(|rule| rule.what != What::TracingRequest) {
            self.people_due(&rules, &mut due)?;
        }
        if rules.iter().any(|rule| rule.what == What::TracingRequest) {
            for name in self.case.store.streams("t-")? {
                let Ok(stream) = name.parse::<StreamId>() else { continue };
                if let Some(from) = self.case.closed_at(stream)? {
                    let such = rules.iter().filter(|rule| rule.what == What::TracingRequest);
                    due.extend(self.first_due(such, &name, &|_| Some(from), false));
                }
            }
        }
        due.sort_by(|one: &Due, other| (one.due, &one.id).cmp(&(other.due, &other.id)));
        self.read("retention", due.len() as u64)?;
        Ok(due)
    }

    /// Erases what has fallen due and no hold keeps; gives what was erased.
    ///
    /// # Errors
    /// As [`Desk::retention_due`]; what was erased before an error stays erased.
    pub fn retention_apply(&self) -> Result<Vec<(Due, Erased)>, Error> {
        let mut done = Vec::new();
        for one in self.retention_due()?.into_iter().filter(|one| !one.held) {
            let why = format!("retention rule {}", one.rule);
            let erased = match one.id.parse::<PersonId>() {
                Ok(_) => self.erase(&one.id, &why, &one.source)?,
                Err(_) => self.erase_request(&one.id, &why, &one.source)?,
            };
            done.push((one, erased));
        }
        Ok(done)
    }

    fn people_due(&self, rules: &[Row], due: &mut Vec<Due>) -> Result<(), Error> {
        let whole = self.case.whole()?;
        let facts = self.facts_of_all(&whole)?;
        let (received, absent) = (self.case.received_at()?, self.case.absent_at()?);
        let mut people: BTreeMap<PersonId, Vec<&Record>> = BTreeMap::new();
        for record in &whole.records {
            people.entry(whole.person_of[&record.id]).or_default().push(record);
        }
        for (person, records) in people {
            let Some(facts) = facts.get(&person).filter(|facts| self.decider().sees(facts)) else { continue };
            let subject = Person::new(person, records.clone()).subject;
            let of = records.iter().filter_map(|record| received.get(&record.id));
            let still = of.clone().any(|(_, present)| *present);
            let moments = Moments {
                closed: self.case.closed_at(self.case.stream_of(person)?)?,
                received: of.map(|(at, _)| *at).max(),
                gone: match still {
                    true => None,
                    false => records.iter().filter_map(|record| absent.get(&record.id)).max().copied(),
                },
            };
            let such = rules.iter().filter(|rule| match rule.what {
                What::Child => subject == Subject::Child,
                What::Adult => subject == Subject::Adult,
                What::Anybody => true,
                What::TracingRequest => false,
            });
            due.extend(self.first_due(such, &person.to_string(), &|from| moments.of(from), facts.hold));
        }
        Ok(())
    }

    /// The rule by which something fell due first, if one has.
    fn first_due<'r>(
        &self,
        rules: impl Iterator<Item = &'r Row>,
        id: &str,
        from: &dyn Fn(From) -> Option<i64>,
        held: bool,
    ) -> Option<Due> {
        let due = rules.filter_map(|rule| {
            let from = from(rule.from)?;
            let due = from.saturating_add(i64::from(rule.days) * DAY);
            let (rule, source) = (rule.id.clone(), rule.source.clone());
            Some(Due { rule, source, id: id.to_owned(), from, due, held })
        });
        due.filter(|one| one.due <= self.seat().at_micros).min_by_key(|one| one.due)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    use super::*;

    #[test]
    fn rules_are_read_and_their_faults_named() {
        let example = read(include_str!("../../../retention/example.toml")).unwrap();
        assert_eq!(example.len(), 2);
        assert_eq!((example[1].what, example[1].from), (What::TracingRequest, From::Closed));
        let rule = |what: &str, from: &str| {
            format!(
                "[[rule]]\nid = \"a\"\nwhat = \"{what}\"\nfrom = \"{from}\"\ndays = 1\nsource = \"law\"\n"
            )
        };
        assert!(read(&rule("anybody", "gone")).is_ok());
        for wrong in [
            rule("everybody", "gone"),
            rule("child", "birth"),
            rule("tracing-request", "gone"),
            rule("child", "closed") + &rule("adult", "closed"),
            rule("child", "closed").replace("law", " "),
        ] {
            assert!(read(&wrong).is_err(), "{wrong}");
        }
        assert!(read("").unwrap().is_empty(), "without rules nothing falls due");
    }
}
