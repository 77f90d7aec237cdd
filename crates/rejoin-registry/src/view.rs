//! Reading a case: records as understood, people, candidates, findings, and the scene that measures look at.

use crate::project::{Reader, payload};
use crate::store::StoredEvent;
use crate::wire::{ListReceived, RecordReceived};
use crate::{Case, Error, clocks, policies};
use rayon::prelude::*;
use rejoin_custody::clock::Rule;
use rejoin_custody::{Person, separation};
use rejoin_ingest::Row;
use rejoin_inquiry::Scene;
use rejoin_inquiry::attribution::attribute;
use rejoin_ledger::Checkpoint;
use rejoin_model::{
    Evidence, FamilyCandidate, Field, Finding, FindingCode, Moment, PersonId, Policies, Record, RecordId,
    Relation, Subject,
};
use std::collections::{BTreeMap, HashMap};

/// Everything derived, loaded at one checkpoint.
pub struct View {
    /// Where the ledger stood.
    pub checkpoint: Checkpoint,
    /// Records, by id; those that their list no longer has are marked as withdrawn.
    pub records: Vec<Record>,
    /// Record → person; a record that no run has linked is a person of its own.
    pub person_of: HashMap<RecordId, PersonId>,
    /// Records that came after the last linking, or all of them when there was none.
    pub not_linked: usize,
    /// Proposed families.
    pub candidates: Vec<FamilyCandidate>,
    /// Findings, by list.
    pub findings: Vec<(String, Finding)>,
    /// Clocks.
    pub clocks: Vec<Rule>,
    /// Policies, directives, decisions.
    pub policies: Policies,
    /// Day of the last delivery, from 1970-01-01.
    pub received_on: i32,
    /// Every family-unit number ever on record: record, list and number.
    pub units: Vec<(RecordId, String, String)>,
    /// A list came after people were linked, or families proposed: (people, families).
    pub stale: (bool, bool),
}

/// One spelling of a place, as a list has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceSpelling {
    /// The list.
    pub list: String,
    /// Which field.
    pub field: Field,
    /// What it was folded into.
    pub place: String,
    /// As written.
    pub said: String,
    /// Present rows that have it.
    pub rows: u32,
}

/// A delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its position in the ledger.
    pub sequence: u64,
    /// When it was imported, microseconds since 1970-01-01 UTC.
    pub at_micros: i64,
    /// By whom.
    pub actor: String,
    /// Its list.
    pub list: String,
    /// The file's name.
    pub name: String,
    /// SHA-256 of the file.
    pub file: String,
    /// Rows in the file, and of them added and changed; rows gone.
    pub rows: u64,
    /// Rows added.
    pub added: u64,
    /// Rows changed.
    pub changed: u64,
    /// Rows gone.
    pub gone: u64,
}

/// A finding with its delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingRow {
    /// The list.
    pub list: String,
    /// The delivery.
    pub delivery: u64,
    /// The finding.
    pub finding: Finding,
}

/// A link between two records, as the last run left it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredLink {
    /// One record.
    pub left: RecordId,
    /// The other.
    pub right: RecordId,
    /// Weight, prior included, in units of 2⁻²⁰ bits.
    pub weight: i64,
    /// They are one person.
    pub joined: bool,
    /// Why: (comparison, level, weight).
    pub steps: Vec<(String, String, i64)>,
}

impl Case {
    /// Whether a list came after a derived thing was made; `false` when it was never made.
    fn is_stale(&self, name: &str) -> Result<bool, Error> {
        let newest = self.store.last_delivery_event()?;
        Ok(self.store.derived_at(name)?.is_some_and(|size| size < newest))
    }

    fn units(&self) -> Result<Vec<(RecordId, String, String)>, Error> {
        let mut statement = self
            .store
            .connection()
            .prepare("SELECT record, list, unit FROM family_unit ORDER BY record, unit")?;
        let rows = statement.query_map([], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
        })?;
        let mut units = Vec::new();
        for row in rows {
            let (record, list, unit) = row?;
            if let Ok(record) = record.parse() {
                units.push((record, list, unit));
            }
        }
        Ok(units)
    }

    /// Loads everything.
    pub fn view(&self) -> Result<View, Error> {
        let records = self.records(None)?;
        let person_of = self.person_of()?;
        let not_linked = records.iter().filter(|record| !person_of.contains_key(&record.id)).count();
        let mut of: HashMap<RecordId, PersonId> = HashMap::with_capacity(records.len());
        for record in &records {
            of.insert(
                record.id,
                person_of.get(&record.id).copied().unwrap_or(PersonId::of_smallest(record.id)),
            );
        }
        Ok(View {
            checkpoint: self.checkpoint()?,
            person_of: of,
            not_linked,
            candidates: self.candidates(None)?,
            findings: self.findings()?.into_iter().map(|row| (row.list, row.finding)).collect(),
            clocks: clocks::read(&self.directory)?,
            policies: policies::read(&self.directory)?,
            received_on: self.store.last_delivery()?,
            units: self.units()?,
            stale: (self.is_stale("people")?, self.is_stale("families")?),
            records,
        })
    }

    /// The reader of every delivery.
    fn readers(&self) -> Result<HashMap<u64, Reader>, Error> {
        let mut statement = self.store.connection().prepare(
            "SELECT e.sequence, e.kind, e.version, e.payload FROM delivery d JOIN event e ON e.sequence = d.sequence",
        )?;
        let mut readers = HashMap::new();
        for stored in statement.query_map([], StoredEvent::from_row)? {
            let stored = stored?;
            readers.insert(stored.sequence, Reader::new(&payload::<ListReceived>(&stored)?)?);
        }
        Ok(readers)
    }

    /// Rows as received, with whether their list still has them; all, or those of one person.
    fn rows(&self, person: Option<PersonId>) -> Result<Vec<(RecordReceived, bool)>, Error> {
        let sql = match person {
            None => {
                "SELECT e.sequence, e.kind, e.version, e.payload, r.present FROM record r \
                 JOIN event e ON e.sequence = r.event WHERE ?1 IS NULL ORDER BY e.sequence"
            }
            // A record that no run has linked is a person of its own, named after it.
            Some(_) => {
                "SELECT e.sequence, e.kind, e.version, e.payload, r.present FROM record r \
                 JOIN event e ON e.sequence = r.event WHERE (r.id IN (SELECT record FROM person WHERE person = ?1) \
                 OR (r.id = 'r' || substr(?1, 2) AND r.id NOT IN (SELECT record FROM person))) ORDER BY e.sequence"
            }
        };
        let mut statement = self.store.connection().prepare(sql)?;
        let person = person.map(|person| person.to_string());
        let stored: Vec<(StoredEvent, bool)> = statement
            .query_map([person], |row| Ok((StoredEvent::from_row(row)?, row.get::<_, bool>(4)?)))?
            .collect::<Result<_, _>>()?;
        stored.par_iter().map(|(event, present)| Ok((payload(event)?, *present))).collect()
    }

    /// Records, understood; all, or those of one person. In the order of ids.
    pub(crate) fn records(&self, person: Option<PersonId>) -> Result<Vec<Record>, Error> {
        let readers = self.readers()?;
        let read = |(received, present): &(RecordReceived, bool)| {
            let reader = readers.get(&received.delivery)?;
            let (record, _) = reader.read(received.id.parse().ok()?, received.row, &received.cells);
            Some(Record { withdrawn: !present, ..record })
        };
        let mut records: Vec<Record> = self.rows(person)?.par_iter().filter_map(read).collect();
        records.sort_unstable_by_key(|record| record.id);
        Ok(records)
    }

    /// Every spelling of every place among the present rows.
    pub fn places(&self) -> Result<Vec<PlaceSpelling>, Error> {
        let readers = self.readers()?;
        let mut by_delivery: BTreeMap<u64, Vec<Row>> = BTreeMap::new();
        for (received, _) in self.rows(None)?.into_iter().filter(|(_, present)| *present) {
            by_delivery
                .entry(received.delivery)
                .or_default()
                .push(Row { number: received.row, cells: received.cells });
        }
        let mut places = Vec::new();
        for (delivery, rows) in by_delivery {
            let Some(reader) = readers.get(&delivery) else { continue };
            places.extend(reader.interpreter.spellings(&rows).into_iter().map(|spelling| PlaceSpelling {
                list: reader.list.clone(),
                field: spelling.field,
                place: spelling.place,
                said: spelling.said,
                rows: spelling.rows,
            }));
        }
        Ok(places)
    }

    pub(crate) fn person_of(&self) -> Result<HashMap<RecordId, PersonId>, Error> {
        let mut statement = self.store.connection().prepare("SELECT record, person FROM person")?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
        let mut of = HashMap::new();
        for row in rows {
            let (record, person) = row?;
            if let (Ok(record), Ok(person)) = (record.parse(), person.parse()) {
                of.insert(record, person);
            }
        }
        Ok(of)
    }

    /// Proposed families; all, or those that concern one person.
    pub(crate) fn candidates(&self, person: Option<PersonId>) -> Result<Vec<FamilyCandidate>, Error> {
        let mut statement = self.store.connection().prepare(
            "SELECT child, other, relation, probability, contested, evidence, none, new FROM candidate \
             WHERE ?1 IS NULL OR child = ?1 OR other = ?1 ORDER BY rowid",
        )?;
        let rows = statement.query_map([person.map(|person| person.to_string())], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, f64>(3)?,
                row.get::<_, bool>(4)?,
                row.get::<_, String>(5)?,
                row.get::<_, f64>(6)?,
                row.get::<_, String>(7)?,
            ))
        })?;
        let mut candidates = Vec::new();
        for row in rows {
            let (child, other, relation, probability, contested, evidence, none, new) = row?;
            let (Ok(child), Ok(other)) = (child.parse(), other.parse()) else { continue };
            let steps: Vec<(String, String, i64)> = serde_json::from_str(&evidence).unwrap_or_default();
            candidates.push(FamilyCandidate {
                child,
                other,
                relation: Relation::from_word(&relation).unwrap_or(Relation::Parent),
                probability,
                evidence: steps
                    .into_iter()
                    .map(|(kind, words, weight)| Evidence { kind: kind_of(&kind), weight, words })
                    .collect(),
                contested,
                none,
                new: serde_json::from_str(&new).unwrap_or_default(),
            });
        }
        Ok(candidates)
    }

    /// Findings, in the order of deliveries.
    pub fn findings(&self) -> Result<Vec<FindingRow>, Error> {
        let mut statement = self.store.connection().prepare(
            "SELECT list, delivery, code, row, col, said, understood, record FROM finding ORDER BY delivery, rowid",
        )?;
        let rows = statement.query_map([], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, Option<u32>>(3)?,
                [row.get::<_, String>(4)?, row.get(5)?, row.get(6)?],
                row.get::<_, Option<String>>(7)?,
            ))
        })?;
        let mut findings = Vec::new();
        for row in rows {
            let (list, delivery, code, row, [column, said, understood], record) = row?;
            let Some(code) = FindingCode::from_word(&code) else { continue };
            let record = record.and_then(|record| record.parse().ok());
            let finding = Finding { code, row, column, said, understood, record };
            findings.push(FindingRow { list, delivery: delivery as u64, finding });
        }
        Ok(findings)
    }

    /// Findings of one delivery, counted by code.
    pub(crate) fn finding_counts(&self, delivery: u64) -> Result<BTreeMap<&'static str, u64>, Error> {
        let mut statement = self
            .store
            .connection()
            .prepare("SELECT code, COUNT(*) FROM finding WHERE delivery = ?1 GROUP BY code")?;
        let rows = statement.query_map([delivery as i64], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)? as u64))
        })?;
        let mut counts = BTreeMap::new();
        for row in rows {
            let (code, count) = row?;
            if let Some(code) = FindingCode::from_word(&code) {
                counts.insert(code.word(), count);
            }
        }
        Ok(counts)
    }

    /// Deliveries, oldest first.
    pub fn deliveries(&self) -> Result<Vec<Delivery>, Error> {
        let mut statement = self.store.connection().prepare(
            "SELECT e.sequence, e.kind, e.version, e.payload, e.at_micros, e.actor \
             FROM delivery d JOIN event e ON e.sequence = d.sequence ORDER BY e.sequence",
        )?;
        let rows = statement.query_map([], |row| {
            Ok((StoredEvent::from_row(row)?, row.get::<_, i64>(4)?, row.get::<_, String>(5)?))
        })?;
        let mut deliveries = Vec::new();
        for row in rows {
            let (event, at_micros, actor) = row?;
            let received: ListReceived = payload(&event)?;
            deliveries.push(Delivery {
                sequence: event.sequence,
                at_micros,
                actor,
                list: received.list,
                name: received.name,
                file: received.file,
                rows: received.rows,
                added: received.added,
                changed: received.changed,
                gone: received.gone,
            });
        }
        Ok(deliveries)
    }

    /// Links of the last run; all, or those that concern the records of one person.
    pub fn links(&self, person: Option<PersonId>) -> Result<Vec<StoredLink>, Error> {
        let mut statement = self.store.connection().prepare(
            "SELECT left_record, right_record, weight, joined, steps FROM link \
             WHERE ?1 IS NULL OR left_record IN (SELECT record FROM person WHERE person = ?1) \
             OR right_record IN (SELECT record FROM person WHERE person = ?1) ORDER BY rowid",
        )?;
        let rows = statement.query_map([person.map(|person| person.to_string())], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, i64>(2)?,
                row.get::<_, bool>(3)?,
                row.get::<_, String>(4)?,
            ))
        })?;
        let mut links = Vec::new();
        for row in rows {
            let (left, right, weight, joined, steps) = row?;
            if let (Ok(left), Ok(right)) = (left.parse(), right.parse()) {
                links.push(StoredLink {
                    left,
                    right,
                    weight,
                    joined,
                    steps: serde_json::from_str(&steps).unwrap_or_default(),
                });
            }
        }
        Ok(links)
    }

    /// One person: its records, its findings and the candidates that concern it; `None` when nobody has the id. A
    /// record's id finds the person it is linked to.
    pub fn person(&self, id: &str) -> Result<Option<PersonFile>, Error> {
        let person = match (id.parse::<PersonId>(), id.parse::<RecordId>()) {
            (Ok(person), _) => person,
            (_, Ok(record)) => {
                self.person_of()?.get(&record).copied().unwrap_or(PersonId::of_smallest(record))
            }
            _ => return Ok(None),
        };
        let records = self.records(Some(person))?;
        if records.is_empty() {
            return Ok(None);
        }
        let mut findings = self.findings()?;
        findings
            .retain(|row| row.finding.record.is_some_and(|of| records.iter().any(|record| record.id == of)));
        Ok(Some(PersonFile {
            person,
            candidates: self.candidates(Some(person))?,
            links: self.links(Some(person))?,
            records,
            findings,
        }))
    }
}

/// What is on file of one person.
pub struct PersonFile {
    /// The person.
    pub person: PersonId,
    /// Its records.
    pub records: Vec<Record>,
    /// Findings about them.
    pub findings: Vec<FindingRow>,
    /// Candidates in which it is the child or the other.
    pub candidates: Vec<FamilyCandidate>,
    /// Links among its records and to others.
    pub links: Vec<StoredLink>,
}

/// Probability from which an unverified candidate counts as a suspicion in measures.
pub const SUSPECTED_AT: f64 = 0.95;

impl View {
    /// Everybody, with custody and separations.
    pub fn people(&self) -> Vec<Person<'_>> {
        let mut by_person: BTreeMap<PersonId, Vec<&Record>> = BTreeMap::new();
        for record in &self.records {
            by_person.entry(self.person_of[&record.id]).or_default().push(record);
        }
        let grouped: Vec<(PersonId, Vec<&Record>)> = by_person.into_iter().collect();
        let mut people: Vec<Person<'_>> =
            grouped.into_par_iter().map(|(id, records)| Person::new(id, records)).collect();
        let suspected: Vec<(PersonId, PersonId)> = self
            .candidates
            .iter()
            .filter(|candidate| candidate.relation.is_parent() && candidate.probability >= SUSPECTED_AT)
            .map(|candidate| (candidate.child, candidate.other))
            .collect();
        let units: Vec<separation::Unit> = self
            .units
            .iter()
            .filter_map(|(record, list, unit)| {
                let person = *self.person_of.get(record)?;
                Some(separation::Unit { number: (list.clone(), unit.clone()), person })
            })
            .collect();
        separation::find(&mut people, &units, &suspected);
        attribute(&mut people, &self.policies, rejoin_normalize::text::fold);
        people
    }

    /// What measures look at. Unless a day is given, as of the last day that any record speaks of and that is not
    /// later than the last delivery: a date beyond that is a slip of the pen, or a plan.
    pub fn scene<'a>(&'a self, people: &'a [Person<'a>], as_of: Option<Moment>) -> Scene<'a> {
        let dates =
            self.records.iter().flat_map(|record| &record.values).filter_map(|(field, value)| match value {
                rejoin_model::Value::Moment(moment) if !field.word().contains("birth") => {
                    Some(moment.to_day())
                }
                _ => None,
            });
        let last = dates.filter(|day| day.day_number() <= self.received_on).max();
        let as_of = as_of.or(last).or(Moment::day(1970, 1, 1));
        Scene {
            people,
            clocks: &self.clocks,
            policies: &self.policies,
            findings: &self.findings,
            as_of: as_of.unwrap_or_else(|| unreachable!("1970-01-01 is a day")),
            fold: rejoin_normalize::text::fold,
        }
    }

    /// How many people are children, adults, and neither by the records.
    pub fn counts(people: &[Person<'_>]) -> [usize; 3] {
        let count = |subject| people.iter().filter(|person| person.subject == subject).count();
        [count(Subject::Child), count(Subject::Adult), count(Subject::Unknown)]
    }
}

/// Kinds of evidence are static words; one that this program does not know is shown as `other`.
pub(crate) fn kind_of(word: &str) -> &'static str {
    let known = ["prior", "shared-parent", "dna"].into_iter().chain(rejoin_linkage::family::kinds());
    known.into_iter().find(|kind| *kind == word).unwrap_or("other")
}
