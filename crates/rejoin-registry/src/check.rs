//! Whether the derived tables are what the ledger's events give. Records, findings and streams are derived here a second
//! time, into plain maps instead of tables; people and families are held against the hash that their run wrote to the
//! ledger. What cannot be read must have been erased, and what was erased must not be readable.

use crate::change::LASTING;
use crate::keys::Keys;
use crate::project::{Reader, StoredEvent, payload};
use crate::store::{Store, families_digest, open_texts, people_digest};
use crate::tally::{Digester, Tally};
use crate::wire::{
    self, DnaCompared, DnaDestroyed, ListReceived, MatchDecided, MatchUndone, ModelRun, RecordAbsent,
    RecordReceived, Seen, Streamed, SubjectErased, WireFinding,
};
use crate::{Error, Progress, evidence, receipts};
use rayon::prelude::*;
use rejoin_ledger::Hash;
use rejoin_model::{Field, Finding, RecordId};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Events and rows that are read in one piece, on every core.
const AT_A_TIME: usize = 8192;

/// A record as the tables should have it: event, delivery, presence, findings about it.
struct Expected {
    list: Arc<str>,
    event: u64,
    delivery: u64,
    present: bool,
    /// Findings that stay when the row comes again, and those that do not.
    lasting: Tally,
    passing: Tally,
}

impl Expected {
    fn add(&mut self, code: &str, finding: Tally) {
        match LASTING.contains(&code) {
            true => self.lasting += finding,
            false => self.passing += finding,
        }
    }
}

/// A row of an event, read apart from all others: many at a time.
struct Row {
    id: RecordId,
    list: Arc<str>,
    delivery: u64,
    /// A family-unit number that was none, and the one that it has.
    misread: Option<String>,
    unit: Option<String>,
    /// What is said and found of it, each with its code.
    findings: Vec<(&'static str, Tally)>,
}

/// An event, with what could be read ahead of it.
enum Ahead {
    Row(Row),
    /// A row of no delivery, or of no id: nothing is derived of it.
    Nothing,
    /// A row whose subject has no key any more.
    Unreadable,
    /// An event of another kind.
    Other,
}

/// What the events give.
struct Second {
    digester: Digester,
    readers: HashMap<u64, (Reader, Arc<str>)>,
    records: HashMap<RecordId, Expected>,
    /// Findings of no record.
    findings: Tally,
    deliveries: Vec<String>,
    units: BTreeSet<String>,
    /// Position → child, other, and where it was taken back or certified.
    decisions: BTreeMap<u64, (String, String, Option<u64>)>,
    comparisons: BTreeMap<u64, (String, String, Option<u64>)>,
    entries: BTreeMap<(String, String), u64>,
    streams: BTreeMap<(String, u64), u64>,
    activity: BTreeSet<(String, u64)>,
    /// Token of a card's code → its event, and to whom it leads.
    receipts: BTreeMap<String, (u64, String)>,
    erased: BTreeMap<String, u64>,
    /// Subjects that lack their key.
    unreadable: BTreeSet<String>,
    /// What a run derived → the event of the run, and the digest of its result.
    runs: HashMap<&'static str, (u64, String)>,
}

/// Checks every derived table.
///
/// # Errors
/// [`Error::DerivedDiffers`] when one of them is not what the events give; [`Error::KeyLost`], [`Error::KeyLeft`].
pub(crate) fn derived(store: &Store, progress: Progress<'_>) -> Result<(), Error> {
    store.keys.preload()?;
    let total = store.checkpoint()?.size;
    let mut second = Second::new()?;
    let mut events = Vec::with_capacity(AT_A_TIME);
    store.each_event(|event| {
        events.push(event);
        if events.len() < AT_A_TIME {
            return Ok(());
        }
        progress("checking derived records", events.last().map_or(0, |event| event.sequence), total);
        second.events(store, &std::mem::take(&mut events))
    })?;
    second.events(store, &events)?;
    if let Some(lost) = second.unreadable.iter().find(|subject| !second.erased.contains_key(*subject)) {
        return Err(Error::KeyLost(lost.clone()));
    }
    for subject in second.erased.keys() {
        if store.keys.has(subject)? {
            return Err(Error::KeyLeft(subject.clone()));
        }
    }
    second.compare(store)
}

impl Second {
    fn new() -> Result<Self, Error> {
        Ok(Self {
            digester: Digester::new()?,
            readers: HashMap::new(),
            records: HashMap::new(),
            findings: Tally::default(),
            deliveries: Vec::new(),
            units: BTreeSet::new(),
            decisions: BTreeMap::new(),
            comparisons: BTreeMap::new(),
            entries: BTreeMap::new(),
            streams: BTreeMap::new(),
            activity: BTreeSet::new(),
            receipts: BTreeMap::new(),
            erased: BTreeMap::new(),
            unreadable: BTreeSet::new(),
            runs: HashMap::new(),
        })
    }

    /// Takes events: rows are read on every core, and then all in their order.
    fn events(&mut self, store: &Store, events: &[StoredEvent]) -> Result<(), Error> {
        store.go_on()?;
        for event in events.iter().filter(|event| event.kind == wire::LIST_RECEIVED) {
            if let Some(received) = payload::<ListReceived>(&store.keys, event)? {
                let list = Arc::from(received.list.as_str());
                self.readers.insert(event.sequence, (Reader::new(&received)?, list));
            }
        }
        let (keys, here) = (&store.keys, &*self);
        let ahead = events.par_iter().map(|event| here.ahead(keys, event));
        let ahead = ahead.collect::<Result<Vec<_>, Error>>()?;
        for (event, ahead) in events.iter().zip(ahead) {
            match ahead {
                Ahead::Row(row) => self.row(event.sequence, row),
                Ahead::Nothing => {}
                Ahead::Unreadable => self.lacks_keys(store, event)?,
                Ahead::Other => self.event(store, event)?,
            }
        }
        Ok(())
    }

    fn ahead(&self, keys: &Keys, event: &StoredEvent) -> Result<Ahead, Error> {
        if event.kind != wire::RECORD_RECEIVED {
            return Ok(Ahead::Other);
        }
        let Some(received) = payload::<RecordReceived>(keys, event)? else { return Ok(Ahead::Unreadable) };
        let (Some((reader, list)), Ok(id)) = (self.readers.get(&received.delivery), received.id.parse())
        else {
            return Ok(Ahead::Nothing);
        };
        let (record, doubts) = reader.read(id, received.row, &received.cells);
        let unit = |number: &str| format!("{} {number} {}", received.id, reader.list);
        let said = received.findings.iter().filter_map(WireFinding::finding);
        Ok(Ahead::Row(Row {
            id,
            list: Arc::clone(list),
            delivery: received.delivery,
            misread: received.misread_unit.as_deref().map(unit),
            unit: record.identifier(Field::FamilyUnitNumber).map(unit),
            findings: said
                .chain(doubts)
                .map(|one| (one.code.word(), self.digester.of(&line(received.delivery, list, &one))))
                .collect(),
        }))
    }

    fn row(&mut self, sequence: u64, row: Row) {
        if let Some(misread) = &row.misread {
            self.units.remove(misread);
        }
        self.units.extend(row.unit);
        let before = self.records.get(&row.id).map(|record| record.lasting);
        let mut expected = Expected {
            list: row.list,
            event: sequence,
            delivery: row.delivery,
            present: true,
            lasting: before.unwrap_or_default(),
            passing: Tally::default(),
        };
        row.findings.into_iter().for_each(|(code, finding)| expected.add(code, finding));
        self.records.insert(row.id, expected);
    }

    /// Notes whose key is missing.
    fn lacks_keys(&mut self, store: &Store, event: &StoredEvent) -> Result<(), Error> {
        for subject in event.subjects() {
            if !store.keys.has(subject)? {
                self.unreadable.insert(subject.to_owned());
            }
        }
        Ok(())
    }

    /// Reads a payload, and notes whose key is missing.
    fn read<T: serde::de::DeserializeOwned>(
        &mut self,
        store: &Store,
        event: &StoredEvent,
    ) -> Result<Option<T>, Error> {
        let read = payload(&store.keys, event)?;
        if read.is_none() {
            self.lacks_keys(store, event)?;
        }
        Ok(read)
    }

    fn event(&mut self, store: &Store, event: &StoredEvent) -> Result<(), Error> {
        macro_rules! read {
            ($of:ty) => {
                match self.read::<$of>(store, event)? {
                    Some(read) => read,
                    None => return Ok(()),
                }
            };
        }
        let first = |records: &[String]| records.first().cloned().unwrap_or_default();
        match event.kind.as_str() {
            wire::LIST_RECEIVED => {
                let received = read!(ListReceived);
                for finding in received.findings.iter().filter_map(WireFinding::finding) {
                    let line = self.digester.of(&line(event.sequence, &received.list, &finding));
                    // In version 1 findings about a record were here.
                    match finding.record.and_then(|record| self.records.get_mut(&record)) {
                        Some(record) => record.add(finding.code.word(), line),
                        None => self.findings += line,
                    }
                }
                self.deliveries.push(format!(
                    "{} {} {} {}",
                    event.sequence, received.list, received.file, received.mapping
                ));
            }
            wire::RECORD_ABSENT => {
                let absent = read!(RecordAbsent);
                let list = self.readers.get(&absent.delivery).map(|(_, list)| Arc::clone(list));
                let record = absent.id.parse().ok().and_then(|id: RecordId| self.records.get_mut(&id));
                if let (Some(record), Some(list)) = (record, list) {
                    record.present = false;
                    for finding in absent.findings.iter().filter_map(WireFinding::finding) {
                        let line = self.digester.of(&line(absent.delivery, &list, &finding));
                        record.add(finding.code.word(), line);
                    }
                }
            }
            wire::PEOPLE_LINKED => {
                let run = read!(ModelRun);
                // Linking anew leaves families only between people whom it did not change.
                if let (Some(families), Some(left)) = (self.runs.get_mut("families"), run.families) {
                    families.1 = left;
                }
                self.runs.insert("people", (event.sequence, run.result));
            }
            wire::FAMILIES_PROPOSED => {
                let run = read!(ModelRun);
                self.runs.insert("families", (event.sequence, run.result));
            }
            wire::MATCH_DECIDED => {
                let decided = read!(MatchDecided);
                self.decisions.insert(event.sequence, (first(&decided.child), first(&decided.other), None));
            }
            wire::MATCH_UNDONE => {
                let undone = read!(MatchUndone);
                if let Some(decision) = self.decisions.get_mut(&undone.decision) {
                    decision.2 = Some(event.sequence);
                }
            }
            wire::DNA_COMPARED => {
                let compared = read!(DnaCompared);
                self.comparisons
                    .insert(event.sequence, (first(&compared.child), first(&compared.other), None));
            }
            wire::DNA_DESTROYED => {
                let destroyed = read!(DnaDestroyed);
                if let Some(comparison) = self.comparisons.get_mut(&destroyed.comparison) {
                    comparison.2 = Some(event.sequence);
                }
            }
            wire::EVIDENCE_RECORDED => {
                let entry: evidence::Recorded = read!(evidence::Recorded);
                self.entries.insert((entry.kind, entry.id), event.sequence);
            }
            wire::SUBJECT_ERASED => {
                let tombstone = read!(SubjectErased);
                self.erase(event.sequence, tombstone);
            }
            wire::FILE_READ | wire::DATA_EXPORTED | wire::ACCESS_REFUSED => {
                let seen = read!(Seen);
                self.activity.extend(seen.subjects.into_iter().map(|subject| (subject, event.sequence)));
            }
            kind if wire::has_stream(kind) => {
                let subjects =
                    event.subjects().into_iter().map(|subject| (subject.to_owned(), event.sequence));
                self.activity.extend(subjects);
                let streamed = read!(Streamed);
                if kind == wire::RECEIPT_RECORDED
                    && let Some((code, link)) = receipts::Link::of(&streamed.parts)
                {
                    let token = store.keys.token("receipt", &code)?;
                    self.receipts.insert(token, (event.sequence, link.line()));
                }
                self.streams.insert((streamed.stream, streamed.version), event.sequence);
            }
            _ => {}
        }
        Ok(())
    }

    fn erase(&mut self, sequence: u64, tombstone: SubjectErased) {
        let gone: HashSet<&String> = tombstone.subjects.iter().collect();
        for id in gone.iter().filter_map(|id| id.parse::<RecordId>().ok()) {
            self.records.remove(&id);
        }
        self.units.retain(|line| !gone.iter().any(|id| line.starts_with(&format!("{id} "))));
        for pairs in [&mut self.decisions, &mut self.comparisons] {
            pairs.retain(|_, (child, other, _)| !gone.contains(child) && !gone.contains(other));
        }
        let of_gone: HashSet<u64> = self
            .activity
            .iter()
            .filter(|(subject, _)| gone.contains(subject))
            .map(|(_, event)| *event)
            .collect();
        self.streams.retain(|_, event| !of_gone.contains(event));
        self.receipts.retain(|_, (event, _)| !of_gone.contains(event));
        for (name, left) in [("people", tombstone.people), ("families", tombstone.families)] {
            if let Some(run) = self.runs.get_mut(name) {
                run.1 = left;
            }
        }
        for subject in tombstone.subjects {
            self.erased.entry(subject).or_insert(sequence);
        }
    }

    fn compare(self, store: &Store) -> Result<(), Error> {
        let pairs = |of: BTreeMap<u64, (String, String, Option<u64>)>| -> Vec<String> {
            of.into_iter().map(|(at, (child, other, end))| format!("{at} {child} {other} {end:?}")).collect()
        };
        let of_pairs = |row: &crate::database::Row<'_>| -> Result<String, Error> {
            let end: Option<i64> = row.get(3)?;
            let end = end.map(|at| at as u64);
            Ok(format!("{} {} {} {end:?}", row.get::<i64>(0)?, row.get::<String>(1)?, row.get::<String>(2)?))
        };
        let words = |row: &crate::database::Row<'_>, count: usize| -> Result<String, Error> {
            let mut texts = Vec::new();
            for at in 0..count {
                texts.push(row.get::<String>(at)?);
            }
            Ok(format!("{} {}", texts.join(" "), row.get::<i64>(count)?))
        };
        let digester = &self.digester;
        let records = self.records.par_iter().map(|(id, record)| {
            let Expected { list, event, delivery, present, .. } = record;
            digester.of(&format!("{id} {list} {event} {delivery} {present}"))
        });
        let records: Tally = records.sum();
        let mut findings = self.findings;
        for record in self.records.values() {
            findings += record.lasting;
            findings += record.passing;
        }
        let entries = self.entries.into_iter().map(|((kind, id), event)| format!("{kind} {id} {event}"));
        let streams =
            self.streams.into_iter().map(|((stream, version), event)| format!("{stream} {version} {event}"));
        let activity = self.activity.into_iter().map(|(subject, event)| format!("{subject} {event}"));
        let erased = self.erased.into_iter().map(|(subject, event)| format!("{subject} {event}"));
        let runs = self.runs;
        let run_differs = |name: &str, found: String| -> Result<bool, Error> {
            let expected = runs.get(name).cloned().unwrap_or((0, digest(&[])));
            Ok(store.derived_at(name)?.unwrap_or(0) != expected.0 || found != expected.1)
        };
        let receipts =
            self.receipts.into_iter().map(|(token, (event, link))| format!("{token} {event} {link}"));
        let same = [
            receipts::lines(store)? == receipts.collect::<Vec<_>>(),
            store.lines("SELECT kind, id, event FROM evidence ORDER BY kind, id", |row| words(row, 2))?
                == entries.collect::<Vec<_>>(),
            store.lines("SELECT stream, version, event FROM stream ORDER BY stream, version", |row| {
                Ok(format!("{} {} {}", row.get::<String>(0)?, row.get::<i64>(1)?, row.get::<i64>(2)?))
            })? == streams.collect::<Vec<_>>(),
            store
                .lines("SELECT subject, event FROM activity ORDER BY subject, event", |row| words(row, 1))?
                == activity.collect::<Vec<_>>(),
            store.lines("SELECT subject, event FROM erased ORDER BY subject", |row| words(row, 1))?
                == erased.collect::<Vec<_>>(),
            record_lines(store, digester)? == records,
            finding_lines(store, digester)? == findings,
            store.lines("SELECT sequence, list, file, mapping FROM delivery ORDER BY sequence", |row| {
                let texts: [String; 3] = [row.get(1)?, row.get(2)?, row.get(3)?];
                Ok(format!("{} {}", row.get::<i64>(0)?, texts.join(" ")))
            })? == self.deliveries,
            store.lines("SELECT sequence, child, other, undone FROM decision ORDER BY sequence", of_pairs)?
                == pairs(self.decisions),
            store.lines("SELECT sequence, child, other, destroyed FROM dna ORDER BY sequence", of_pairs)?
                == pairs(self.comparisons),
            unit_lines(store)? == self.units,
            !run_differs("people", people_digest(store)?)?,
            !run_differs("families", families_digest(store)?)?,
        ];
        if same.contains(&false) { Err(Error::DerivedDiffers) } else { Ok(()) }
    }
}

fn record_lines(store: &Store, digester: &Digester) -> Result<Tally, Error> {
    let mut tally = Tally::default();
    let sql = "SELECT id, list, event, delivery, present FROM record";
    store.database.each(sql, &[], |row| {
        let (id, list): (String, String) = (row.get(0)?, row.get(1)?);
        let (event, delivery): (i64, i64) = (row.get(2)?, row.get(3)?);
        tally += digester.of(&format!("{id} {list} {event} {delivery} {}", row.get::<bool>(4)?));
        Ok(())
    })?;
    Ok(tally)
}

/// A finding as the table has it: what stands in the clear before and behind what is sealed.
struct Stored {
    before: String,
    sealed: Vec<u8>,
    record: String,
}

fn finding_lines(store: &Store, digester: &Digester) -> Result<Tally, Error> {
    let mut tally = Tally::default();
    let mut take = |rows: Vec<Stored>| -> Result<(), Error> {
        let keys = &store.keys;
        let lines = rows.par_iter().map(|row| {
            let opened = open_texts::<(String, String)>(keys, "finding", &row.sealed)?;
            let (said, understood) = opened.unwrap_or_default();
            let line = [&row.before, &said, &understood, &row.record].map(String::as_str).join("\u{1f}");
            Ok(digester.of(&line))
        });
        tally += lines.collect::<Result<Vec<_>, Error>>()?.into_iter().sum();
        Ok(())
    };
    let sql = "SELECT delivery, list, code, line, col, sealed, record FROM finding";
    let mut rows = Vec::with_capacity(AT_A_TIME);
    store.database.each(sql, &[], |row| {
        let number: Option<i64> = row.get(3)?;
        let number = number.map(|number| number.to_string()).unwrap_or_default();
        let [list, code, column]: [String; 3] = [row.get(1)?, row.get(2)?, row.get(4)?];
        let delivery = row.get::<i64>(0)?.to_string();
        rows.push(Stored {
            before: [delivery, list, code, number, column].join("\u{1f}"),
            sealed: row.get(5)?,
            record: row.get::<Option<String>>(6)?.unwrap_or_default(),
        });
        if rows.len() == AT_A_TIME { take(std::mem::take(&mut rows)) } else { Ok(()) }
    })?;
    take(rows)?;
    Ok(tally)
}

fn unit_lines(store: &Store) -> Result<BTreeSet<String>, Error> {
    let lines = store.lines("SELECT record, list, token, sealed FROM family_unit", |row| {
        let [record, list, token]: [String; 3] = [row.get(0)?, row.get(1)?, row.get(2)?];
        let unit: String = store.open_texts("family-unit", &row.get::<Vec<u8>>(3)?)?.unwrap_or_default();
        // A number under another's token would not be found again.
        let fits = store.keys.token("family-unit", &unit)? == token;
        Ok(if fits { format!("{record} {unit} {list}") } else { format!("{record} ? {list}") })
    })?;
    Ok(lines.into_iter().collect())
}

/// A finding as one text, the same from an event and from the table.
fn line(delivery: u64, list: &str, finding: &Finding) -> String {
    let record = finding.record.map(|record| record.to_string()).unwrap_or_default();
    let row = finding.row.map(|row| row.to_string()).unwrap_or_default();
    let (code, column) = (finding.code.word(), &finding.column);
    let delivery = delivery.to_string();
    [&delivery, list, code, &row, column, &finding.said, &finding.understood, &record].join("\u{1f}")
}

/// The digest that a run writes to the ledger: of its lines, each with a line feed.
pub(crate) fn digest(lines: &[String]) -> String {
    let mut hash = Sha256::new();
    for line in lines {
        hash.update(line);
        hash.update(b"\n");
    }
    Hash(hash.finalize().into()).to_string()
}
