//! What a server keeps in memory of a case, one for all of its threads: everything that was read and understood, who is in it
//! and how they are found, files of casework, and the rows of work-lists. It never leaves; what leaves has been through the
//! access decision.
//!
//! A snapshot is of a position of the ledger. Whoever uses it looks first what came since. Readings change nothing. What was
//! done to a file, decided or held makes a new snapshot that shares all but what it changes with the old one, which others go
//! on reading. A delivery, a run, a list of organisations that was edited: the whole is read again, by one, while others who
//! come take the old one with what was done since. After an erasure there is no old one: everybody waits.

mod base;
mod classes;
mod index;
mod rows;
mod shards;

pub(crate) use base::{Base, Place};
pub(crate) use classes::{ALONE, Eye};
pub(crate) use index::{Counted, Index, Likeness, Slot, bare, own_words, relatives_words};
pub(crate) use rows::{Glance, Row, Rows};

use crate::casework::assignee;
use crate::facts::{Sources, facts_from};
use crate::handles::{Queue, locked};
use crate::project::{StoredEvent, payload};
use crate::store::EVENT;
use crate::wire::{self, MatchDecided, MatchUndone};
use crate::{Case, Error, erasure, messages, rules};
use rejoin_access::{Rules, SubjectFacts};
use rejoin_casework::{ChildCase, State, StreamId};
use rejoin_ledger::Checkpoint;
use rejoin_model::{FamilyCandidate, PersonId, Record, RecordId, Relation, Verdict};
use shards::{Pieces, Shards};
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::SystemTime;

/// For so long rows of a work-list that were made are good enough, in microseconds: they speak of hours and days.
const ROWS_LAST: i64 = 120_000_000;
/// Assignments that are remembered by when they began; at most twice as many.
const RECENT: usize = 256;
/// Files of a case that are read beside the ledger.
const BESIDE: [&str; 3] = ["organisations.toml", "clocks.toml", "policies.toml"];

/// What all handles of a program share.
#[derive(Default)]
pub(crate) struct Shared {
    /// What waits to be written.
    pub queue: Queue,
    /// A snapshot is kept.
    kept: AtomicBool,
    current: RwLock<Option<Arc<Snapshot>>>,
    /// Held by who makes the next snapshot of the last one.
    turning: Mutex<()>,
    /// Held by who reads the whole.
    building: Mutex<()>,
    rules: Mutex<Option<([u64; 3], Arc<Rules>)>>,
}

/// When each of the files beside the ledger was written last, and how long it is.
type Beside = [Option<(SystemTime, u64)>; BESIDE.len()];

fn beside(directory: &Path) -> Beside {
    BESIDE.map(|name| {
        let found = std::fs::metadata(directory.join(name)).ok()?;
        Some((found.modified().ok()?, found.len()))
    })
}

/// A decision that stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Decided {
    pub sequence: u64,
    pub child: PersonId,
    pub other: PersonId,
    pub relation: Relation,
    pub verdict: Verdict,
}

/// A legal hold: whom it keeps, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    records: BTreeSet<RecordId>,
    until: Option<i64>,
}

/// A case as it is at a position of the ledger.
pub(crate) struct Snapshot {
    pub base: Arc<Base>,
    /// Where the ledger stood, readings left out.
    pub checkpoint: Checkpoint,
    /// The position that the base is of.
    based: u64,
    /// Everything up to here was looked at.
    examined: AtomicU64,
    /// Something came that the base does not have yet.
    behind: bool,
    beside: Beside,
    pub files: Shards<StreamId, Arc<State>>,
    decided: Shards<PersonId, Arc<Vec<Decided>>>,
    holds: Arc<Vec<Held>>,
    /// Kinds of people.
    classes: Pieces<u32>,
    /// Whether something stands decided of a person.
    marked: Pieces<bool>,
    /// From this moment on the kinds hold, microseconds since 1970-01-01 UTC; but for the people of
    settled: i64,
    /// assignments that began last: since when, and whose.
    recent: Arc<Vec<(i64, u32)>>,
    /// When the newest event was written.
    latest: i64,
    pub rows: Option<Arc<Rows>>,
}

/// What came since a snapshot.
#[derive(Default)]
struct News {
    any: bool,
    latest: i64,
    streams: BTreeSet<StreamId>,
    decisions: Vec<StoredEvent>,
    holds: bool,
    base: bool,
    erased: bool,
}

impl News {
    fn take(&mut self, event: StoredEvent) {
        self.any = true;
        self.latest = self.latest.max(event.at_micros);
        let kind = event.kind.as_str();
        match kind {
            wire::MATCH_DECIDED | wire::MATCH_UNDONE => self.decisions.push(event),
            wire::SUBJECT_ERASED => self.erased = true,
            wire::EVIDENCE_RECORDED | wire::DNA_COMPARED | wire::DNA_DESTROYED | messages::LEFT => {}
            _ if rules::is_kind(kind) => {}
            erasure::HOLD_PLACED | erasure::HOLD_LIFTED => self.holds = true,
            _ if rejoin_casework::KINDS.iter().any(|(known, _)| *known == kind) => {
                for subject in event.subjects() {
                    // A child's file is sealed for the child's record, a request for itself.
                    let stream = subject.parse().ok().or(subject.parse().ok().map(StreamId::Child));
                    self.streams.extend(stream);
                }
            }
            _ => self.base = true,
        }
    }
}

impl Snapshot {
    /// Reads a case as it is at one moment.
    pub fn load(case: &Case) -> Result<Self, Error> {
        let beside = beside(&case.directory);
        case.store.keys.preload()?;
        let _reading = case.store.reading()?;
        let size = case.store.size()?;
        let whole = case.whole()?;
        let checkpoint = whole.checkpoint;
        let base = Base::new(case, whole)?;
        let mut files = Shards::default();
        for name in case.store.streams("c-")?.iter().chain(&case.store.streams("t-")?) {
            if let Ok(stream) = name.parse() {
                let state = case.state(stream)?;
                if state.version() > 0 {
                    files.set(stream, Some(Arc::new(state)));
                }
            }
        }
        let mut decided: HashMap<PersonId, Vec<Decided>> = HashMap::new();
        for one in case.decisions_whole()?.into_iter().filter(|one| one.undone.is_none()) {
            let decision = Decided {
                sequence: one.sequence,
                child: one.child,
                other: one.other,
                relation: one.relation,
                verdict: one.verdict,
            };
            decided.entry(one.child).or_default().push(decision);
        }
        let mut kept = Shards::default();
        decided.into_iter().for_each(|(child, of)| kept.set(child, Some(Arc::new(of))));
        let mut snapshot = Self {
            base: Arc::new(base),
            checkpoint,
            based: size,
            examined: AtomicU64::new(size),
            behind: false,
            beside,
            files,
            decided: kept,
            holds: Arc::new(case.held_now()?),
            classes: Pieces::new(&[]),
            marked: Pieces::new(&[]),
            settled: i64::MIN,
            recent: Arc::default(),
            latest: case
                .store
                .events_after(size.saturating_sub(1), 1)?
                .first()
                .map_or(0, |last| last.at_micros),
            rows: None,
        };
        snapshot.classify();
        Ok(snapshot)
    }

    /// Works out everybody's kind.
    fn classify(&mut self) {
        let people = self.base.people.len() as u32;
        let mut classes = Vec::with_capacity(people as usize);
        let mut began = Vec::new();
        for person in 0..people {
            let (class, from) = self.kind_of(person);
            classes.push(class);
            began.extend((from > i64::MIN).then_some((from, person)));
        }
        self.classes = Pieces::new(&classes);
        self.begin(began);
        let mut marked = vec![false; people as usize];
        for one in self.decided.values().flat_map(|of| of.iter()) {
            let both = [one.child, one.other].map(|person| self.base.at(person));
            both.into_iter().flatten().for_each(|at| marked[at as usize] = true);
        }
        self.marked = Pieces::new(&marked);
    }

    /// Assignments began. Whoever asks as of a moment before the last few of them asks about their people alone.
    fn begin(&mut self, began: impl IntoIterator<Item = (i64, u32)>) {
        let recent = Arc::make_mut(&mut self.recent);
        recent.extend(began);
        if recent.len() > 2 * RECENT {
            recent.sort_unstable();
            let settled = recent.drain(..recent.len() - RECENT).map(|(from, _)| from).max();
            self.settled = self.settled.max(settled.unwrap_or(i64::MIN));
        }
    }

    /// People whose kind does not hold yet at a moment; none: that of many does not.
    fn unsettled(&self, now: i64) -> Option<impl Iterator<Item = u32>> {
        let began = self.recent.iter().filter(move |(from, _)| *from > now).map(|(_, person)| *person);
        (now >= self.settled).then_some(began)
    }

    /// A person's kind, and from when on it is.
    fn kind_of(&self, person: u32) -> (u32, i64) {
        let mut settled = i64::MIN;
        // Who is proposed for a child is assigned with the child.
        let children = self.base.children(person).iter().copied();
        for file in children.chain([person]).flat_map(|person| self.files_of(person)) {
            for assignment in &file.dossier().assignments {
                // One that ends, or is to begin.
                if assignment.until.is_some() || assignment.from > self.latest {
                    return (ALONE, i64::MIN);
                }
                settled = settled.max(assignment.from);
            }
        }
        // As of when every assignment that there is has begun.
        let facts = self.facts(person, settled);
        match facts.verified_counterparts.is_empty() {
            true => (self.base.classes.of(&facts), settled),
            false => (ALONE, settled),
        }
    }

    /// A person's kind.
    pub fn class(&self, person: u32) -> u32 {
        *self.classes.get(person)
    }

    fn file(&self, record: RecordId) -> Option<&ChildCase> {
        self.files.get(&StreamId::Child(record))?.child()
    }

    /// The files of a person's records, in the order of their records.
    pub fn files_of(&self, person: u32) -> impl Iterator<Item = &ChildCase> {
        self.base.records(person).filter_map(|record| self.file(record.id))
    }

    /// The record under which a person is listed: the one that its file is named after, or else the smallest.
    pub fn named_by(&self, person: u32) -> Option<RecordId> {
        let named = self.files_of(person).last().map(ChildCase::child);
        named.or_else(|| self.base.records(person).map(|record| record.id).next())
    }

    /// What the access decision must know of a person, at a moment.
    pub fn facts(&self, person: u32, now: i64) -> SubjectFacts {
        let base = &self.base;
        let records: Vec<&Record> = base.records(person).collect();
        let sources = Sources {
            organisation: &|list| base.organisations.get(list).cloned(),
            file: &|record| self.file(record),
            held: &|record| {
                let stands = |held: &&Held| held.until.is_none_or(|until| now < until);
                self.holds.iter().filter(stands).any(|held| held.records.contains(&record))
            },
            proposed: &|_| {
                let files = base.children(person).iter().flat_map(|child| self.files_of(*child));
                files.flat_map(|file| file.dossier().assigned_at(now)).map(|name| assignee(&name)).collect()
            },
            person_of: &|record| Ok(self.person_of(record)),
        };
        let id = base.people[person as usize];
        // Nothing here can fail: everything that is asked for is in memory.
        facts_from(id, &records, &sources, now).unwrap_or_else(|_| SubjectFacts::of(id))
    }

    /// Whom a record is linked to; itself when nobody is.
    pub fn person_of(&self, record: RecordId) -> PersonId {
        match self.base.person_of(record) {
            Some(at) => self.base.people[at as usize],
            None => PersonId::of_smallest(record),
        }
    }

    /// Who is meant by an id: a person's, or that of one of its records.
    pub fn named(&self, id: &str) -> Option<u32> {
        match (id.parse::<PersonId>(), id.parse::<RecordId>()) {
            (Ok(person), _) => self.base.at(person),
            (_, Ok(record)) => self.base.person_of(record),
            _ => None,
        }
    }

    /// The newest decision that stands between two people; of brothers and sisters, whichever is named first.
    pub fn decision(&self, candidate: u32, child_at: u32) -> Option<&Decided> {
        // A mark that was once made may be of a decision that was taken back.
        if !*self.marked.get(child_at) {
            return None;
        }
        let FamilyCandidate { child, other, relation, .. } = self.base.whole.candidates[candidate as usize];
        let of = |child: &PersonId, other: PersonId| {
            let all = self.decided.get(child)?.iter();
            all.filter(move |one| one.other == other).max_by_key(|one| one.sequence)
        };
        let back = if relation == Relation::Sibling { of(&other, child) } else { None };
        of(&child, other).into_iter().chain(back).max_by_key(|one| one.sequence)
    }

    fn clone_of(&self) -> Self {
        Self {
            base: Arc::clone(&self.base),
            checkpoint: self.checkpoint,
            based: self.based,
            examined: AtomicU64::new(self.examined.load(Ordering::Acquire)),
            behind: self.behind,
            beside: self.beside,
            files: self.files.clone(),
            decided: self.decided.clone(),
            holds: Arc::clone(&self.holds),
            classes: self.classes.clone(),
            marked: self.marked.clone(),
            settled: self.settled,
            recent: Arc::clone(&self.recent),
            latest: self.latest,
            rows: self.rows.clone(),
        }
    }

    /// The next snapshot: with what came up to a position.
    fn next(&self, case: &Case, news: &News, size: u64) -> Result<Self, Error> {
        let mut next = self.clone_of();
        next.examined = AtomicU64::new(size);
        next.behind |= news.base;
        next.latest = next.latest.max(news.latest);
        next.checkpoint = case.report_checkpoint()?;
        for event in &news.decisions {
            next.decide(case, event)?;
        }
        if news.holds {
            next.holds = Arc::new(case.held_now()?);
        }
        let mut children = BTreeSet::new();
        let mut requests = Vec::new();
        for stream in &news.streams {
            let state = case.state(*stream)?;
            let state = (state.version() > 0).then(|| Arc::new(state));
            match stream {
                StreamId::Child(record) => children.extend(self.base.person_of(*record)),
                StreamId::Tracing(_) => requests.push((self.files.get(stream).cloned(), state.clone())),
            }
            next.files.set(*stream, state);
        }
        // Who is proposed for a child is assigned with the child.
        let others = children.iter().flat_map(|child| self.base.others(*child));
        let touched: BTreeSet<u32> = children.iter().chain(others).copied().collect();
        for person in &touched {
            let (class, settled) = next.kind_of(*person);
            next.classes.set(*person, class);
            next.begin((settled > i64::MIN).then_some((settled, *person)));
        }
        if let Some(kept) = next.rows.take() {
            let now = kept.now;
            let (mut old, mut new) = (Vec::new(), Vec::new());
            for person in touched {
                old.extend(rows::of_person(self, person, now));
                new.extend(rows::of_person(&next, person, now));
            }
            for (before, after) in requests {
                old.extend(before.iter().flat_map(|state| rows::of_request(self, state, now)));
                new.extend(after.iter().flat_map(|state| rows::of_request(&next, state, now)));
            }
            let new: Vec<_> = new.into_iter().map(|row| (row, rows::glance(&next, &row))).collect();
            let mut rows = (*kept).clone();
            rows.replace(&old, &new);
            next.rows = Some(Arc::new(rows));
        }
        Ok(next)
    }

    /// Takes in a decision, or that one was taken back.
    fn decide(&mut self, case: &Case, event: &StoredEvent) -> Result<(), Error> {
        let keys = &case.store.keys;
        if event.kind == wire::MATCH_UNDONE {
            let Some(undone) = payload::<MatchUndone>(keys, event)? else { return Ok(()) };
            // It is sealed for whom the decision was sealed, the child first.
            let child = event.subjects().first().and_then(|record| record.parse().ok());
            let Some(child) = child.map(|record| self.person_of(record)) else { return Ok(()) };
            let mut left = self.decided.get(&child).map(|of| (**of).clone()).unwrap_or_default();
            left.retain(|one| one.sequence != undone.decision);
            self.decided.set(child, (!left.is_empty()).then(|| Arc::new(left)));
            return Ok(());
        }
        let Some(decided) = payload::<MatchDecided>(keys, event)? else { return Ok(()) };
        let first = |records: &[String]| records.first().and_then(|record| record.parse().ok());
        let (Some(child), Some(other), Some(relation), Some(verdict)) = (
            first(&decided.child),
            first(&decided.other),
            Relation::from_word(&decided.relation),
            Verdict::from_word(&decided.verdict),
        ) else {
            return Ok(());
        };
        let (child, other) = (self.person_of(child), self.person_of(other));
        let mut of = self.decided.get(&child).map(|of| (**of).clone()).unwrap_or_default();
        of.push(Decided { sequence: event.sequence, child, other, relation, verdict });
        self.decided.set(child, Some(Arc::new(of)));
        for at in [child, other].map(|person| self.base.at(person)).into_iter().flatten() {
            self.marked.set(at, true);
        }
        Ok(())
    }
}

impl Shared {
    fn current(&self) -> Option<Arc<Snapshot>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, snapshot: Option<Arc<Snapshot>>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
    }

    /// Somebody was erased: nothing that was read before is used again.
    pub fn forget(&self) {
        let _turning = locked(&self.turning);
        self.set(None);
    }
}

impl Case {
    /// Reads the case into memory, and keeps it there for every handle from now on. A server does so once when it starts,
    /// and again after each import and run: when nothing came since, nothing is done.
    ///
    /// # Errors
    /// When the case cannot be read.
    pub fn warm(&self) -> Result<(), Error> {
        self.shared.kept.store(true, Ordering::Release);
        let snapshot = self.snapshot()?;
        snapshot.base.index();
        snapshot.base.queue();
        Ok(())
    }

    pub(crate) fn is_warm(&self) -> bool {
        self.shared.kept.load(Ordering::Acquire)
    }

    /// The case as it is now: from memory if it is kept there.
    pub(crate) fn snapshot(&self) -> Result<Arc<Snapshot>, Error> {
        // In a change under way there may be what others must not see.
        if !self.is_warm() || self.store.database.has_begun() {
            return Ok(Arc::new(Snapshot::load(self)?));
        }
        loop {
            let Some(current) = self.shared.current() else {
                let _building = locked(&self.shared.building);
                if self.shared.current().is_none() {
                    self.build()?;
                }
                continue;
            };
            let size = self.store.size()?;
            let is_whole = !current.behind && current.beside == beside(&self.directory);
            if is_whole && current.examined.load(Ordering::Acquire) >= size {
                return Ok(current);
            }
            if let Some(snapshot) = self.advance()? {
                return Ok(snapshot);
            }
        }
    }

    /// The case as it is now, if it is kept in memory.
    pub(crate) fn snapshot_if_kept(&self) -> Result<Option<Arc<Snapshot>>, Error> {
        let kept = self.is_warm() && !self.store.database.has_begun();
        kept.then(|| self.snapshot()).transpose()
    }

    /// Reads the whole. The caller holds `building`.
    fn build(&self) -> Result<(), Error> {
        let snapshot = Snapshot::load(self)?;
        let _turning = locked(&self.shared.turning);
        if self.shared.current().is_none_or(|current| current.based <= snapshot.based) {
            self.shared.set(Some(Arc::new(snapshot)));
        }
        Ok(())
    }

    /// Takes in what came since; none when there is nothing to go on from.
    fn advance(&self) -> Result<Option<Arc<Snapshot>>, Error> {
        let turning = locked(&self.shared.turning);
        let Some(current) = self.shared.current() else { return Ok(None) };
        let reading = self.store.reading()?;
        let size = self.store.size()?;
        let examined = current.examined.load(Ordering::Acquire);
        // Read from here on: what comes later is for the next.
        let mut news = News::default();
        for event in self.store.events_that_tell(examined, size)? {
            news.take(event);
        }
        if news.erased {
            self.shared.set(None);
            return Ok(None);
        }
        if current.behind || news.base || current.beside != beside(&self.directory) {
            news.base = true;
            if let Ok(_building) = self.shared.building.try_lock() {
                drop(reading);
                drop(turning);
                self.build()?;
                return Ok(self.shared.current());
            }
        }
        if !news.any && news.base == current.behind {
            current.examined.fetch_max(size, Ordering::AcqRel);
            return Ok(Some(current));
        }
        let next = Arc::new(current.next(self, &news, size)?);
        self.shared.set(Some(Arc::clone(&next)));
        Ok(Some(next))
    }

    /// The snapshot, and the rows of its work-lists as of about now.
    pub(crate) fn snapshot_with_rows(&self, now: i64) -> Result<(Arc<Snapshot>, Arc<Rows>), Error> {
        let good = |snapshot: &Snapshot| {
            let rows = snapshot.rows.as_ref()?;
            ((now - rows.now).abs() <= ROWS_LAST).then(|| Arc::clone(rows))
        };
        let snapshot = self.snapshot()?;
        if let Some(rows) = good(&snapshot) {
            return Ok((snapshot, rows));
        }
        let _turning = locked(&self.shared.turning);
        let current = self.shared.current().filter(|_| !self.store.database.has_begun());
        let Some(current) = current else {
            let rows = Arc::new(Rows::new(&snapshot, now));
            return Ok((snapshot, rows));
        };
        if let Some(rows) = good(&current) {
            return Ok((current, rows));
        }
        let rows = Arc::new(Rows::new(&current, now));
        let mut next = current.clone_of();
        next.rows = Some(Arc::clone(&rows));
        let next = Arc::new(next);
        self.shared.set(Some(Arc::clone(&next)));
        Ok((next, rows))
    }

    /// The rules, read again when one came, or people were linked anew.
    pub(crate) fn rules_now(&self) -> Result<Arc<Rules>, Error> {
        if !self.is_warm() || self.store.database.has_begun() {
            return Ok(Arc::new(self.rules()?));
        }
        let reading = self.store.reading()?;
        let sql = "SELECT COALESCE(MAX(event), 0), COUNT(*) FROM stream WHERE stream = ?1";
        let of = |row: &crate::database::Row<'_>| Ok([row.get::<u64>(0)?, row.get::<u64>(1)?]);
        let found = self.store.database.first(sql, crate::database::values![rules::STREAM], of)?;
        let [newest, count] = found.unwrap_or_default();
        let key = [newest, count, self.store.derived_at("people")?.unwrap_or(0)];
        let mut kept = locked(&self.shared.rules);
        if let Some((of, rules)) = &*kept
            && *of == key
        {
            return Ok(Arc::clone(rules));
        }
        let rules = Arc::new(self.rules()?);
        drop(reading);
        *kept = Some((key, Arc::clone(&rules)));
        Ok(rules)
    }

    /// Holds that were not lifted.
    fn held_now(&self) -> Result<Vec<Held>, Error> {
        let of =
            |hold: erasure::Hold| Held { records: hold.records.into_iter().collect(), until: hold.until };
        Ok(self.holds()?.into_iter().map(of).collect())
    }
}

impl crate::store::Store {
    /// The ledger's size.
    pub(crate) fn size(&self) -> Result<u64, Error> {
        let sql = "SELECT COALESCE(MAX(sequence), 0) FROM event";
        Ok(self.database.first(sql, &[], |row| row.get(0))?.unwrap_or(0))
    }

    /// The events behind a position, up to another, that add something to what a case says.
    fn events_that_tell(&self, after: u64, to: u64) -> Result<Vec<StoredEvent>, Error> {
        let places: Vec<String> = (3..3 + wire::OBSERVING.len()).map(|at| format!("?{at}")).collect();
        let sql = format!(
            "SELECT {EVENT} FROM event e WHERE e.sequence > ?1 AND e.sequence <= ?2 AND e.kind NOT IN ({}) \
             ORDER BY e.sequence",
            places.join(", ")
        );
        let mut values = vec![crate::database::Value::from(after), crate::database::Value::from(to)];
        values.extend(wire::OBSERVING.iter().map(|kind| crate::database::Value::from(*kind)));
        self.database.rows(&sql, &values, StoredEvent::from_row)
    }
}

#[cfg(test)]
mod tests;
