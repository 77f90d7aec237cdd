//! What the access decision must know of a person: whose records they are, who holds the person, to whom the case is
//! assigned, who was verified.

use crate::casework::assignee;
use crate::database::values;
use crate::{Case, Error};
use rejoin_access::{Assignee, Counterpart, Organisation, SubjectFacts};
use rejoin_casework::{ChildCase, State, StreamId};
use rejoin_model::{Field, ListKind, PersonId, Record, RecordId, Subject};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What facts are gathered from, read once for however many people.
pub(crate) struct Gathering<'a> {
    case: &'a Case,
    organisations: HashMap<String, Organisation>,
    /// Children's cases, by the child's record.
    cases: BTreeMap<RecordId, ChildCase>,
    /// Of who is proposed as a child's family, the people or teams that the child's case is assigned to.
    proposed: HashMap<PersonId, BTreeSet<Assignee>>,
    held: BTreeSet<String>,
    now: i64,
}

impl Case {
    /// Reads what facts of anybody are gathered from: every child's case, or those of some records.
    pub(crate) fn gathering(&self, records: Option<&[RecordId]>, now: i64) -> Result<Gathering<'_>, Error> {
        let streams: Vec<StreamId> = match records {
            Some(records) => records.iter().map(|record| StreamId::Child(*record)).collect(),
            None => self.store.streams("c-")?.iter().filter_map(|name| name.parse().ok()).collect(),
        };
        let mut cases = BTreeMap::new();
        for stream in streams {
            if let State::Child(child) = self.state(stream)?
                && child.version() > 0
            {
                cases.insert(child.child(), *child);
            }
        }
        let proposed = self.assigned_with_the_child(records, &cases, now)?;
        Ok(Gathering {
            case: self,
            organisations: HashMap::new(),
            cases,
            proposed,
            held: self.held(now)?,
            now,
        })
    }

    /// Whoever is to look at a child's possible family has to see them too: who is proposed for a child is assigned to
    /// whom the child's case is assigned to. All, or as far as some people's records (of one person) are concerned.
    fn assigned_with_the_child(
        &self,
        records: Option<&[RecordId]>,
        cases: &BTreeMap<RecordId, ChildCase>,
        now: i64,
    ) -> Result<HashMap<PersonId, BTreeSet<Assignee>>, Error> {
        let assigned = |case: &ChildCase| -> BTreeSet<Assignee> {
            case.dossier().assigned_at(now).iter().map(|name| assignee(name)).collect()
        };
        let mut proposed: HashMap<PersonId, BTreeSet<Assignee>> = HashMap::new();
        let (of, candidates) = match records {
            None => {
                let mut of: HashMap<PersonId, BTreeSet<Assignee>> = HashMap::new();
                for case in cases.values() {
                    let names = assigned(case);
                    if !names.is_empty() {
                        of.entry(self.person_of_record(case.child())?).or_default().extend(names);
                    }
                }
                // Where nobody is assigned there is nothing to hand on.
                let candidates = if of.is_empty() { Vec::new() } else { self.candidate_pairs(None)? };
                (of, candidates)
            }
            Some(records) => {
                let Some(first) = records.first() else { return Ok(proposed) };
                let candidates = self.candidate_pairs(Some(self.person_of_record(*first)?))?;
                let mut of = HashMap::new();
                for (child, _) in &candidates {
                    if let State::Child(case) = self.state(self.stream_of(*child)?)? {
                        of.insert(*child, assigned(&case));
                    }
                }
                (of, candidates)
            }
        };
        for (child, other) in candidates {
            if let Some(names) = of.get(&child) {
                proposed.entry(other).or_default().extend(names.iter().cloned());
            }
        }
        Ok(proposed)
    }

    /// Child and other of proposed families: all, or those in which a person is the other.
    fn candidate_pairs(&self, other: Option<PersonId>) -> Result<Vec<(PersonId, PersonId)>, Error> {
        let other = other.map(|person| person.to_string());
        let (such, values): (&str, &[crate::database::Value<'_>]) = match &other {
            None => ("", &[]),
            Some(other) => ("WHERE other = ?1", values![other]),
        };
        let sql = format!("SELECT child, other FROM candidate {such}");
        let pairs = self.store.database.rows(&sql, values, |row| {
            Ok((row.get::<String>(0)?.parse().ok(), row.get::<String>(1)?.parse().ok()))
        })?;
        Ok(pairs.into_iter().filter_map(|(child, other)| Some((child?, other?))).collect())
    }
}

impl Gathering<'_> {
    fn organisation(&mut self, list: &str) -> Result<Organisation, Error> {
        if let Some(known) = self.organisations.get(list) {
            return Ok(known.clone());
        }
        let organisation = self.case.organisation_of_list(list)?;
        self.organisations.insert(list.to_owned(), organisation.clone());
        Ok(organisation)
    }

    /// The facts of a person with these records. `person_of` says who an adult's record is linked to.
    pub fn of(
        &mut self,
        person: PersonId,
        records: &[&Record],
        person_of: &dyn Fn(RecordId) -> Result<PersonId, Error>,
    ) -> Result<SubjectFacts, Error> {
        let mut organisations = BTreeMap::new();
        for record in records {
            organisations.insert(record.list.as_str(), self.organisation(&record.list)?);
        }
        let sources = Sources {
            organisation: &|list| organisations.get(list).cloned(),
            file: &|record| self.cases.get(&record),
            held: &|record| self.held.contains(&record.to_string()),
            proposed: &|person| self.proposed.get(&person).cloned().unwrap_or_default(),
            person_of,
        };
        facts_from(person, records, &sources, self.now)
    }
}

/// Where facts come from.
pub(crate) struct Sources<'a> {
    /// Who contributes a list.
    pub organisation: &'a dyn Fn(&str) -> Option<Organisation>,
    /// The child's case that is named after a record.
    pub file: &'a dyn Fn(RecordId) -> Option<&'a ChildCase>,
    /// Whether a record is under a legal hold.
    pub held: &'a dyn Fn(RecordId) -> bool,
    /// To whom the cases of those are assigned whose family a person may be.
    pub proposed: &'a dyn Fn(PersonId) -> BTreeSet<Assignee>,
    /// Whom a record is linked to.
    pub person_of: &'a dyn Fn(RecordId) -> Result<PersonId, Error>,
}

/// The facts of a person with these records, at a moment.
pub(crate) fn facts_from(
    person: PersonId,
    records: &[&Record],
    sources: &Sources<'_>,
    now: i64,
) -> Result<SubjectFacts, Error> {
    let mut facts = SubjectFacts::of(person);
    let mut contributed = BTreeSet::new();
    let mut held = BTreeSet::new();
    let mut subjects = BTreeSet::new();
    let mut files = 0;
    for record in records {
        facts.records.insert(record.id);
        facts.hold |= (sources.held)(record.id);
        if let Some(organisation) = (sources.organisation)(&record.list) {
            if holds(record) {
                held.insert(organisation.clone());
            }
            contributed.insert(organisation);
        }
        subjects.insert(record.subject);
        let Some(case) = (sources.file)(record.id) else { continue };
        files += 1;
        for name in case.dossier().assigned_at(now) {
            facts.assigned_to.insert(assignee(&name));
        }
        for found in case.matches() {
            if case.verified(found.claim()).is_ok() {
                let adult = (sources.person_of)(found.claim().adult)?;
                facts.verified_counterparts.insert(Counterpart::Person(adult));
            }
        }
    }
    facts.assigned_to.extend((sources.proposed)(person));
    // Two files of one child were not held against each other: until they agree, nobody is told where it is.
    if files > 1 && facts.verified_counterparts.len() > 1 {
        facts.verified_counterparts.clear();
    }
    // Who is not known to be an adult is protected as a child.
    facts.is_child = subjects.contains(&Subject::Child) || !subjects.contains(&Subject::Adult);
    // Nobody says that they hold the person: then it is whoever last wrote of the person.
    facts.held_by =
        if held.is_empty() { contributed.iter().cloned().collect() } else { held.into_iter().collect() };
    facts.contributed_by = contributed.into_iter().collect();
    Ok(facts)
}

/// Whether a row says that its list's keeper holds the person now.
fn holds(record: &Record) -> bool {
    let left = match record.kind {
        ListKind::ShelterStay => Field::Discharged,
        ListKind::DetentionStint => Field::BookOut,
        _ => return false,
    };
    !record.withdrawn && record.moment(left).is_none()
}

impl Case {
    /// Records under a legal hold at a moment; `*` when the whole case is.
    pub(crate) fn held(&self, now: i64) -> Result<BTreeSet<String>, Error> {
        let mut held: BTreeMap<String, (BTreeSet<String>, Option<i64>)> = BTreeMap::new();
        for event in self.store.read_stream(crate::erasure::HOLDS)? {
            let id = event.part("id").unwrap_or_default().to_owned();
            if event.event.kind == crate::erasure::HOLD_LIFTED {
                held.remove(&id);
                continue;
            }
            let subjects = event.part("subjects").unwrap_or_default().lines().map(str::to_owned).collect();
            let until = event.part("until").and_then(|until| until.parse().ok());
            held.insert(id, (subjects, until));
        }
        let standing = held.into_values().filter(|(_, until)| until.is_none_or(|until| now < until));
        Ok(standing.flat_map(|(subjects, _)| subjects).collect())
    }

    /// Records of a person, in the order of ids.
    pub(crate) fn record_ids(&self, person: PersonId) -> Result<Vec<RecordId>, Error> {
        let sql = "SELECT record FROM person WHERE person = ?1 ORDER BY record";
        let linked =
            self.store.database.rows(sql, values![person.to_string()], |row| row.get::<String>(0))?;
        let mut records: Vec<RecordId> = linked.iter().filter_map(|record| record.parse().ok()).collect();
        if records.is_empty() {
            let own = RecordId::from_bytes(*person.as_bytes());
            let sql =
                "SELECT id FROM record WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM person WHERE record = ?1)";
            if self.store.database.first(sql, values![own.to_string()], |row| row.get::<String>(0))?.is_some()
            {
                records.push(own);
            }
        }
        Ok(records)
    }
}
