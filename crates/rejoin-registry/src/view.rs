//! Reading a case: records as understood, people, candidates, findings, and the scene that measures look at. What is
//! read whole stays inside; what leaves has been through the access decision (`desk`).

use crate::database::{Value, values};
use crate::project::{Reader, StoredEvent, payload};
use crate::store::{EVENT, anchor};
use crate::wire::{ListReceived, RecordReceived};
use crate::{Case, Error, clocks, policies};
use rayon::prelude::*;
use rejoin_access::Reduced;
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
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, PoisonError};

/// Everything derived, loaded at one moment; never leaves the registry.
pub(crate) struct Whole {
    /// Where the ledger stood, readings left out.
    pub checkpoint: Checkpoint,
    pub records: Vec<Record>,
    /// Record → person; a record that no run has linked is a person of its own.
    pub person_of: HashMap<RecordId, PersonId>,
    pub not_linked: usize,
    pub candidates: Vec<FamilyCandidate>,
    pub findings: Vec<(String, Finding)>,
    pub clocks: Vec<Rule>,
    pub policies: Policies,
    /// Day of the last delivery, from 1970-01-01.
    pub received_on: i32,
    /// Every family-unit number ever on record: record, list and number.
    pub units: Vec<(RecordId, String, String)>,
    /// A list came after people were linked, or families proposed: (people, families).
    pub stale: (bool, bool),
}

/// Everything that an actor may see for a purpose, at one moment: people who are hidden from the actor are not in it.
pub struct View {
    /// Where the ledger stood; readings and issues of reports do not move it.
    pub checkpoint: Checkpoint,
    /// Records, by id; those that their list no longer has are marked as withdrawn.
    pub records: Vec<Reduced<Record>>,
    /// Record → person; a record that no run has linked is a person of its own.
    pub person_of: HashMap<RecordId, PersonId>,
    /// Records that came after the last linking, or all of them when there was none.
    pub not_linked: usize,
    /// Proposed families.
    pub candidates: Vec<Reduced<FamilyCandidate>>,
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
        let mut units = Vec::new();
        self.store.database.each("SELECT record, list, sealed FROM family_unit", &[], |row| {
            let unit: Option<String> = self.store.open_texts("family-unit", &row.get::<Vec<u8>>(2)?)?;
            if let (Ok(record), Some(unit)) = (row.get::<String>(0)?.parse(), unit) {
                units.push((record, row.get(1)?, unit));
            }
            Ok(())
        })?;
        units.sort_unstable();
        Ok(units)
    }

    /// Loads everything, as it is at one moment.
    pub(crate) fn whole(&self) -> Result<Whole, Error> {
        self.store.keys.preload()?;
        let _reading = self.store.reading()?;
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
        Ok(Whole {
            checkpoint: self.report_checkpoint()?,
            person_of: of,
            not_linked,
            candidates: self.candidates(None)?,
            findings: self.findings_of(None)?.into_iter().map(|row| (row.list, row.finding)).collect(),
            clocks: clocks::read(&self.directory)?,
            policies: policies::read(&self.directory)?,
            received_on: self.store.last_delivery()?,
            units: self.units()?,
            stale: (self.is_stale("people")?, self.is_stale("families")?),
            records,
        })
    }

    /// The readers of deliveries: all, or those of some. Deliveries never change: each is read once.
    fn readers(&self, of: Option<BTreeSet<u64>>) -> Result<HashMap<u64, Arc<Reader>>, Error> {
        let database = &self.store.database;
        let needed = match of {
            Some(deliveries) => deliveries.into_iter().collect(),
            None => database.rows("SELECT sequence FROM delivery", &[], |row| row.get::<u64>(0))?,
        };
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let sql = format!(
            "SELECT {EVENT} FROM delivery d JOIN event e ON e.sequence = d.sequence WHERE d.sequence = ?1"
        );
        for sequence in needed {
            if !readers.contains_key(&sequence)
                && let Some(stored) = database.first(&sql, values![sequence], StoredEvent::from_row)?
                && let Some(received) = payload::<ListReceived>(&self.store.keys, &stored)?
            {
                readers.insert(sequence, Arc::new(Reader::new(&received)?));
            }
        }
        Ok(readers.clone())
    }

    /// Rows as received, with whether their list still has them; all, or those of one person.
    fn rows(&self, person: Option<PersonId>) -> Result<Vec<(RecordReceived, bool)>, Error> {
        let of_record = "FROM record r JOIN event e ON e.sequence = r.event";
        let read = |row: &crate::database::Row<'_>| Ok((StoredEvent::from_row(row)?, row.get::<bool>(6)?));
        let stored: Vec<(StoredEvent, bool)> = match person {
            None => {
                let sql = format!("SELECT {EVENT}, r.present {of_record} ORDER BY e.sequence");
                self.store.database.rows(&sql, &[], read)?
            }
            Some(person) => {
                let person = person.to_string();
                let sql = format!(
                    "SELECT {EVENT}, r.present {of_record} JOIN person p ON p.record = r.id WHERE p.person = ?1 ORDER BY e.sequence"
                );
                let linked = self.store.database.rows(&sql, values![&person], read)?;
                if linked.is_empty() {
                    // A record that no run has linked is a person of its own, named after it.
                    let sql = format!(
                        "SELECT {EVENT}, r.present {of_record} WHERE r.id = ?1 AND NOT EXISTS (SELECT 1 FROM person p WHERE p.record = ?1)"
                    );
                    self.store.database.rows(&sql, values![anchor(&person)], read)?
                } else {
                    linked
                }
            }
        };
        let keys = &self.store.keys;
        let read = stored.par_iter().map(|(event, present)| {
            Ok(payload::<RecordReceived>(keys, event)?.map(|received| (received, *present)))
        });
        Ok(read.collect::<Result<Vec<_>, Error>>()?.into_iter().flatten().collect())
    }

    /// Records, understood; all, or those of one person. In the order of ids.
    pub(crate) fn records(&self, person: Option<PersonId>) -> Result<Vec<Record>, Error> {
        let rows = self.rows(person)?;
        // One person's page needs the few deliveries that it was in.
        let of = person.map(|_| rows.iter().map(|(received, _)| received.delivery).collect());
        let readers = self.readers(of)?;
        let read = |(received, present): &(RecordReceived, bool)| {
            let reader = readers.get(&received.delivery)?;
            let (record, _) = reader.read(received.id.parse().ok()?, received.row, &received.cells);
            Some(Record { withdrawn: !present, ..record })
        };
        let mut records: Vec<Record> = rows.par_iter().filter_map(read).collect();
        records.sort_unstable_by_key(|record| record.id);
        Ok(records)
    }

    /// Every spelling of every place among the present rows.
    pub(crate) fn places_whole(&self) -> Result<Vec<PlaceSpelling>, Error> {
        let readers = self.readers(None)?;
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
        let mut of = HashMap::new();
        self.store.database.each("SELECT record, person FROM person", &[], |row| {
            if let (Ok(record), Ok(person)) = (row.get::<String>(0)?.parse(), row.get::<String>(1)?.parse()) {
                of.insert(record, person);
            }
            Ok(())
        })?;
        Ok(of)
    }

    /// Whom a record is linked to; itself when no run has linked it.
    pub(crate) fn person_of_record(&self, record: RecordId) -> Result<PersonId, Error> {
        let sql = "SELECT person FROM person WHERE record = ?1";
        let person =
            self.store.database.first(sql, values![record.to_string()], |row| row.get::<String>(0))?;
        Ok(person.and_then(|person| person.parse().ok()).unwrap_or(PersonId::of_smallest(record)))
    }

    /// Proposed families; all, or those that concern one person.
    pub(crate) fn candidates(&self, person: Option<PersonId>) -> Result<Vec<FamilyCandidate>, Error> {
        let person = person.map(|person| person.to_string());
        let (such, values): (&str, &[Value<'_>]) = match &person {
            None => ("", &[]),
            Some(person) => ("WHERE child = ?1 OR other = ?1", values![person]),
        };
        let sql = format!(
            "SELECT child, other, relation, probability, contested, none, sealed FROM candidate {such} ORDER BY ordinal"
        );
        let mut candidates = Vec::new();
        self.store.database.each(&sql, values, |row| {
            type Texts = (Vec<(String, String, i64)>, Vec<String>);
            let texts: Option<Texts> = self.store.open_texts("candidate", &row.get::<Vec<u8>>(6)?)?;
            let (Ok(child), Ok(other), Some((steps, new))) =
                (row.get::<String>(0)?.parse(), row.get::<String>(1)?.parse(), texts)
            else {
                return Ok(());
            };
            candidates.push(FamilyCandidate {
                child,
                other,
                relation: Relation::from_word(&row.get::<String>(2)?).unwrap_or(Relation::Parent),
                probability: row.get(3)?,
                evidence: steps
                    .into_iter()
                    .map(|(kind, words, weight)| Evidence { kind: kind_of(&kind), weight, words })
                    .collect(),
                contested: row.get(4)?,
                none: row.get(5)?,
                new,
            });
            Ok(())
        })?;
        Ok(candidates)
    }

    /// Findings, in the order of deliveries.
    pub(crate) fn findings_of(&self, record: Option<RecordId>) -> Result<Vec<FindingRow>, Error> {
        let record = record.map(|record| record.to_string());
        let (such, values): (&str, &[Value<'_>]) = match &record {
            None => ("", &[]),
            Some(record) => ("WHERE record = ?1", values![record]),
        };
        let sql = format!(
            "SELECT list, delivery, code, line, col, sealed, record FROM finding {such} \
             ORDER BY delivery, CASE WHEN line IS NULL THEN 0 ELSE 1 END, line, code, col"
        );
        let mut findings = Vec::new();
        self.store.database.each(&sql, values, |row| {
            let Some(code) = FindingCode::from_word(&row.get::<String>(2)?) else { return Ok(()) };
            let texts: Option<(String, String)> =
                self.store.open_texts("finding", &row.get::<Vec<u8>>(5)?)?;
            let Some((said, understood)) = texts else { return Ok(()) };
            let line: Option<i64> = row.get(3)?;
            let record = row.get::<Option<String>>(6)?.and_then(|record| record.parse().ok());
            let finding = Finding {
                code,
                row: line.and_then(|line| u32::try_from(line).ok()),
                column: row.get(4)?,
                said,
                understood,
                record,
            };
            findings.push(FindingRow { list: row.get(0)?, delivery: row.get(1)?, finding });
            Ok(())
        })?;
        Ok(findings)
    }

    /// Findings of one delivery, counted by code.
    pub(crate) fn finding_counts(&self, delivery: u64) -> Result<BTreeMap<&'static str, u64>, Error> {
        let sql = "SELECT code, COUNT(*) FROM finding WHERE delivery = ?1 GROUP BY code";
        let rows = self
            .store
            .database
            .rows(sql, values![delivery], |row| Ok((row.get::<String>(0)?, row.get::<u64>(1)?)))?;
        let known =
            rows.into_iter().filter_map(|(code, count)| Some((FindingCode::from_word(&code)?.word(), count)));
        Ok(known.collect())
    }

    /// Deliveries, oldest first.
    pub(crate) fn deliveries_whole(&self) -> Result<Vec<Delivery>, Error> {
        let sql = format!(
            "SELECT {EVENT} FROM delivery d JOIN event e ON e.sequence = d.sequence ORDER BY e.sequence"
        );
        let mut deliveries = Vec::new();
        for event in self.store.database.rows(&sql, &[], StoredEvent::from_row)? {
            let Some(received) = payload::<ListReceived>(&self.store.keys, &event)? else { continue };
            deliveries.push(Delivery {
                sequence: event.sequence,
                at_micros: event.at_micros,
                actor: event.actor,
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
    pub(crate) fn links_of(&self, person: Option<PersonId>) -> Result<Vec<StoredLink>, Error> {
        let person = person.map(|person| person.to_string());
        let (such, values): (&str, &[Value<'_>]) = match &person {
            None => ("", &[]),
            Some(person) => (
                "WHERE left_record IN (SELECT record FROM person WHERE person = ?1) \
                 OR right_record IN (SELECT record FROM person WHERE person = ?1)",
                values![person],
            ),
        };
        let sql = format!(
            "SELECT left_record, right_record, weight, joined, steps FROM link {such} ORDER BY ordinal"
        );
        let mut links = Vec::new();
        self.store.database.each(&sql, values, |row| {
            if let (Ok(left), Ok(right)) = (row.get::<String>(0)?.parse(), row.get::<String>(1)?.parse()) {
                links.push(StoredLink {
                    left,
                    right,
                    weight: row.get(2)?,
                    joined: row.get(3)?,
                    steps: serde_json::from_str(&row.get::<String>(4)?).unwrap_or_default(),
                });
            }
            Ok(())
        })?;
        Ok(links)
    }

    /// Whether somebody has an id. One statement, whatever the answer.
    pub(crate) fn is_there(&self, person: PersonId) -> Result<bool, Error> {
        let sql = "SELECT (SELECT COUNT(*) FROM person WHERE person = ?1) + (SELECT COUNT(*) FROM record WHERE id = ?2 \
                   AND NOT EXISTS (SELECT 1 FROM person WHERE record = ?2))";
        let person = person.to_string();
        let own = anchor(&person);
        let count =
            self.store.database.first(sql, values![&person, &own], |row| row.get::<Option<i64>>(0))?;
        Ok(count.flatten().unwrap_or(0) > 0)
    }

    /// Somebody whose record's id is next to that of a person who may not be there.
    pub(crate) fn somebody_near(&self, person: PersonId) -> Result<PersonId, Error> {
        let sql = "SELECT COALESCE((SELECT MIN(id) FROM record WHERE id > ?1), (SELECT MIN(id) FROM record))";
        let own = anchor(&person.to_string());
        let near = self.store.database.first(sql, values![&own], |row| row.get::<Option<String>>(0))?;
        let near = near.flatten().and_then(|record| record.parse().ok());
        self.person_of_record(near.unwrap_or(RecordId::from_bytes(*person.as_bytes())))
    }

    /// Who is meant by an id: a person's, or that of one of its records.
    pub(crate) fn person_named(&self, id: &str) -> Result<Option<PersonId>, Error> {
        match (id.parse::<PersonId>(), id.parse::<RecordId>()) {
            (Ok(person), _) => Ok(Some(person)),
            (_, Ok(record)) => Ok(Some(self.person_of_record(record)?)),
            _ => Ok(None),
        }
    }
}

/// Probability from which an unverified candidate counts as a suspicion in measures.
pub const SUSPECTED_AT: f64 = 0.95;

/// Everybody among some records, with custody and separations.
fn people_of<'a>(
    records: impl Iterator<Item = &'a Record>,
    person_of: &HashMap<RecordId, PersonId>,
    candidates: impl Iterator<Item = &'a FamilyCandidate>,
    units: &[(RecordId, String, String)],
    policies: &Policies,
) -> Vec<Person<'a>> {
    let mut by_person: BTreeMap<PersonId, Vec<&Record>> = BTreeMap::new();
    for record in records {
        let person = person_of.get(&record.id).copied().unwrap_or(PersonId::of_smallest(record.id));
        by_person.entry(person).or_default().push(record);
    }
    let grouped: Vec<(PersonId, Vec<&Record>)> = by_person.into_iter().collect();
    let mut people: Vec<Person<'_>> =
        grouped.into_par_iter().map(|(id, records)| Person::new(id, records)).collect();
    let suspected: Vec<(PersonId, PersonId)> = candidates
        .filter(|candidate| candidate.relation.is_parent() && candidate.probability >= SUSPECTED_AT)
        .map(|candidate| (candidate.child, candidate.other))
        .collect();
    let units: Vec<separation::Unit> = units
        .iter()
        .filter_map(|(record, list, unit)| {
            let person = *person_of.get(record)?;
            Some(separation::Unit { number: (list.clone(), unit.clone()), person })
        })
        .collect();
    separation::find(&mut people, &units, &suspected);
    attribute(&mut people, policies, rejoin_normalize::text::fold);
    people
}

/// The last day that any record speaks of and that is not later than a day: a date beyond that is a slip of the pen, or
/// a plan.
fn last_day<'a>(records: impl Iterator<Item = &'a Record>, received_on: i32) -> Option<Moment> {
    let dates = records.flat_map(|record| &record.values).filter_map(|(field, value)| match value {
        rejoin_model::Value::Moment(moment) if !field.word().contains("birth") => Some(moment.to_day()),
        _ => None,
    });
    dates.filter(|day| day.day_number() <= received_on).max()
}

/// What of a view or of the whole measures look at.
macro_rules! looked_at {
    () => {
        /// Everybody, with custody and separations.
        pub fn people(&self) -> Vec<Person<'_>> {
            people_of(self.each_record(), &self.person_of, self.each_candidate(), &self.units, &self.policies)
        }

        /// What measures look at. Unless a day is given, as of the last day that any record speaks of and that is not
        /// later than the last delivery.
        pub fn scene<'a>(&'a self, people: &'a [Person<'a>], as_of: Option<Moment>) -> Scene<'a> {
            let last = || last_day(self.each_record(), self.received_on);
            let as_of = as_of.or_else(last).or(Moment::day(1970, 1, 1));
            Scene {
                people,
                clocks: &self.clocks,
                policies: &self.policies,
                findings: &self.findings,
                as_of: as_of.unwrap_or_else(|| unreachable!("1970-01-01 is a day")),
                fold: rejoin_normalize::text::fold,
            }
        }
    };
}

impl Whole {
    fn each_record(&self) -> impl Iterator<Item = &Record> {
        self.records.iter()
    }

    fn each_candidate(&self) -> impl Iterator<Item = &FamilyCandidate> {
        self.candidates.iter()
    }

    looked_at!();
}

impl View {
    fn each_record(&self) -> impl Iterator<Item = &Record> {
        self.records.iter().map(|record| &**record)
    }

    fn each_candidate(&self) -> impl Iterator<Item = &FamilyCandidate> {
        self.candidates.iter().map(|candidate| &**candidate)
    }

    looked_at!();

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
