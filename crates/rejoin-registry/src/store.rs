//! What a case keeps: events, appended and never changed, and the tables derived from them. Reading is here, writing in
//! `change`.

use crate::change::Change;
use crate::database::{Begin, Database, Row, Value, values};
use crate::handles::Gate;
use crate::keys::{Keys, Opened};
use crate::ledger::Known;
use crate::project::StoredEvent;
use crate::{Error, Progress, schema, tree};
use rejoin_ledger::{Checkpoint, Envelope, Hash, Verifier};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The database of a case, and its keys.
pub(crate) struct Store {
    pub database: Database,
    pub keys: Arc<Keys>,
    /// Whose turn it is to write, among the handles of this program.
    pub gate: Arc<Gate>,
    /// When set, long commands end at their next step.
    pub stop: Option<Arc<AtomicBool>>,
}

/// Columns of an event, in the order in which [`StoredEvent::from_row`] reads them.
pub(crate) const EVENT: &str = "e.sequence, e.kind, e.version, e.payload, e.at_micros, e.actor";

/// A reading of one moment; ends when it is dropped.
pub(crate) struct Reading<'a> {
    /// None: it is a part of one that was begun already.
    database: Option<&'a Database>,
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        // Nothing was changed: there is nothing to lose when ending fails.
        let _ = self.database.map(|database| database.end(false));
    }
}

impl Store {
    /// Makes the keys of a new case. Its tables come with its first event, in one change.
    pub fn create(database: Database, keys: &Path) -> Result<Self, Error> {
        if database.form()?.is_some() {
            return Err(Error::Refused("there is a case in this schema of the database already".into()));
        }
        Ok(Self { database, keys: Arc::new(Keys::create(keys)?), gate: Arc::default(), stop: None })
    }

    /// Opens those of a case.
    pub fn open(database: Database, keys: &Path) -> Result<Self, Error> {
        Self::of(database, Arc::new(Keys::open(keys)?), Arc::default())
    }

    /// Of a connection, with keys that are open.
    pub fn of(database: Database, keys: Arc<Keys>, gate: Arc<Gate>) -> Result<Self, Error> {
        match database.form()? {
            Some(schema::FORM) => Ok(Self { database, keys, gate, stop: None }),
            found => Err(Error::OtherVersion { found: found.unwrap_or(0), expected: schema::FORM }),
        }
    }

    /// A step of a long command.
    ///
    /// # Errors
    /// [`Error::Stopped`] when it is to end here.
    pub fn go_on(&self) -> Result<(), Error> {
        match &self.stop {
            Some(stop) if stop.load(Ordering::Relaxed) => Err(Error::Stopped),
            _ => Ok(()),
        }
    }

    /// Begins a change: all of it happens, or none.
    pub fn begin(&self) -> Result<Change<'_>, Error> {
        // Within another change the database refuses; waiting for one's own turn to end would never end.
        let turn = if self.database.has_begun() { None } else { self.gate.turn() };
        self.database.begin(Begin::Change)?;
        Ok(Change::new(self, turn))
    }

    /// Begins to read of one moment, whatever others write meanwhile. Within a change or another reading it is a part of that.
    pub fn reading(&self) -> Result<Reading<'_>, Error> {
        if self.database.has_begun() {
            return Ok(Reading { database: None });
        }
        self.database.begin(Begin::Reading)?;
        Ok(Reading { database: Some(&self.database) })
    }

    /// Where the ledger stands.
    pub fn checkpoint(&self) -> Result<Checkpoint, Error> {
        self.checkpoint_without(&[])
    }

    /// Where the ledger stood at its last event of another kind.
    pub fn checkpoint_without(&self, kinds: &[&str]) -> Result<Checkpoint, Error> {
        let places: Vec<String> = (1..=kinds.len()).map(|at| format!("?{at}")).collect();
        let kinds: Vec<Value<'_>> = kinds.iter().map(|kind| Value::from(*kind)).collect();
        let such = if places.is_empty() {
            String::new()
        } else {
            format!("WHERE kind NOT IN ({})", places.join(", "))
        };
        let sql = format!("SELECT sequence, hash FROM event {such} ORDER BY sequence DESC LIMIT 1");
        let last =
            self.database.first(&sql, &kinds, |row| Ok((row.get::<u64>(0)?, row.get::<Vec<u8>>(1)?)))?;
        Ok(last.map_or_else(Checkpoint::default, |(size, hash)| Checkpoint { size, head: hash_of(hash) }))
    }

    /// Recomputes the chain from the stored bytes, and the tree over it, which is not held against the kept one here: that
    /// is derived. The checkpoints that were signed, and what is known from earlier, are.
    pub fn verify(
        &self,
        known: Option<&Known>,
        progress: Progress<'_>,
    ) -> Result<(Checkpoint, tree::Builder), Error> {
        self.go_on()?;
        let total = self.checkpoint()?.size;
        // What is wrong with notes is told after what is wrong with events.
        let mut held = self.held(known);
        let known = match known {
            Some(Known::Checkpoint(known)) => Some(*known),
            _ => None,
        };
        if known.is_some_and(|known| known.size > total) {
            return Err(Error::CheckpointDiffers);
        }
        let mut verifier = Verifier::default();
        let mut nodes = tree::Builder::default();
        let sql =
            "SELECT sequence, at_micros, actor, kind, version, payload, hash FROM event ORDER BY sequence";
        self.database.each(sql, &[], |row| {
            let (actor, kind): (String, String) = (row.get(2)?, row.get(3)?);
            let payload: Vec<u8> = row.get(5)?;
            let envelope = Envelope {
                sequence: row.get(0)?,
                at_micros: row.get(1)?,
                actor: &actor,
                kind: &kind,
                // A version beyond any is not the one that was hashed.
                version: u16::try_from(row.get::<i64>(4)?).unwrap_or(u16::MAX),
                payload: &payload,
            };
            // A hash of another length is as good as a wrong one.
            verifier.take(&envelope, hash_of(row.get(6)?)).map_err(Error::Tampered)?;
            nodes.push(verifier.checkpoint().head);
            if let Ok(held) = &mut held {
                held.pass(verifier.checkpoint().head)?;
            }
            if known.is_some_and(|known| known.size == envelope.sequence && known != verifier.checkpoint()) {
                return Err(Error::CheckpointDiffers);
            }
            if envelope.sequence.is_multiple_of(4096) {
                progress("checking events", envelope.sequence, total);
                self.go_on()?;
            }
            Ok(())
        })?;
        held?.finish()?;
        if !self.database.is_guarded()? {
            return Err(Error::Unguarded);
        }
        Ok((verifier.checkpoint(), nodes))
    }

    /// Every event, in order.
    pub fn each_event(&self, mut visit: impl FnMut(StoredEvent) -> Result<(), Error>) -> Result<(), Error> {
        let sql = format!("SELECT {EVENT} FROM event e ORDER BY e.sequence");
        self.database.each(&sql, &[], |row| visit(StoredEvent::from_row(row)?))
    }

    /// The next events behind a position, at most so many.
    pub fn events_after(&self, after: u64, count: u64) -> Result<Vec<StoredEvent>, Error> {
        let sql = format!(
            "SELECT {EVENT} FROM event e WHERE e.sequence > ?1 AND e.sequence <= ?2 ORDER BY e.sequence"
        );
        self.database.rows(&sql, values![after, after + count], StoredEvent::from_row)
    }

    /// The events of a kind, in order. The payloads of the others are not read.
    pub fn events_of(&self, kind: &str) -> Result<Vec<StoredEvent>, Error> {
        let sql = format!("SELECT {EVENT} FROM event e WHERE e.kind = ?1 ORDER BY e.sequence");
        self.database.rows(&sql, values![kind], StoredEvent::from_row)
    }

    /// The newest event of a kind.
    pub fn newest(&self, kind: &str) -> Result<Option<StoredEvent>, Error> {
        let sql = format!("SELECT {EVENT} FROM event e WHERE e.kind = ?1 ORDER BY e.sequence DESC LIMIT 1");
        self.database.first(&sql, values![kind], StoredEvent::from_row)
    }

    /// Texts of a derived table, opened; none when their subject was erased.
    pub fn open_texts<T: serde::de::DeserializeOwned>(
        &self,
        kind: &str,
        sealed: &[u8],
    ) -> Result<Option<T>, Error> {
        open_texts(&self.keys, kind, sealed)
    }

    /// Lines of a question, one text a row.
    pub fn lines(
        &self,
        sql: &str,
        line: impl FnMut(&Row<'_>) -> Result<String, Error>,
    ) -> Result<Vec<String>, Error> {
        self.database.rows(sql, &[], line)
    }

    /// The event of the newest delivery.
    pub fn last_delivery_event(&self) -> Result<u64, Error> {
        let sql = "SELECT COALESCE(MAX(sequence), 0) FROM delivery";
        Ok(self.database.first(sql, &[], |row| row.get(0))?.unwrap_or(0))
    }

    /// Day of the last delivery, from 1970-01-01; one day is added, because lists have no time zone.
    pub fn last_delivery(&self) -> Result<i32, Error> {
        let sql = "SELECT MAX(e.at_micros) FROM delivery d JOIN event e ON e.sequence = d.sequence";
        let at: Option<i64> = self.database.first(sql, &[], |row| row.get(0))?.flatten();
        Ok(at.map_or(0, |at| i32::try_from(at.div_euclid(86_400_000_000)).unwrap_or(i32::MAX - 1) + 1))
    }

    /// The ledger's size when a derived thing was made.
    pub fn derived_at(&self, name: &str) -> Result<Option<u64>, Error> {
        self.database.first("SELECT size FROM derived WHERE name = ?1", values![name], |row| row.get(0))
    }

    /// Subjects that were erased.
    pub fn erased(&self) -> Result<std::collections::HashSet<String>, Error> {
        Ok(self.database.rows("SELECT subject FROM erased", &[], |row| row.get(0))?.into_iter().collect())
    }

    /// Destroys keys that are still there although their tombstone is written; gives how many.
    pub fn finish_erasures(&self) -> Result<u64, Error> {
        let mut left = Vec::new();
        for subject in self.erased()? {
            if self.keys.has(&subject)? {
                left.push(subject);
            }
        }
        if left.is_empty() { Ok(0) } else { self.keys.destroy(&left) }
    }

    /// Where a stream of events stands: how many it has.
    pub fn version(&self, stream: &str) -> Result<u64, Error> {
        let sql = "SELECT COALESCE(MAX(version), 0) FROM stream WHERE stream = ?1";
        Ok(self.database.first(sql, values![stream], |row| row.get(0))?.unwrap_or(0))
    }

    /// The events of a stream, in order.
    pub fn stream(&self, stream: &str) -> Result<Vec<StoredEvent>, Error> {
        let sql = format!(
            "SELECT {EVENT} FROM stream s JOIN event e ON e.sequence = s.event WHERE s.stream = ?1 ORDER BY s.version"
        );
        self.database.rows(&sql, values![stream], StoredEvent::from_row)
    }
}

/// Texts of a derived table, opened by the keys alone; none when their subject was erased.
pub(crate) fn open_texts<T: serde::de::DeserializeOwned>(
    keys: &Keys,
    kind: &str,
    sealed: &[u8],
) -> Result<Option<T>, Error> {
    Ok(match keys.open_sealed(kind, sealed)? {
        Opened::Plain(plain) => serde_json::from_slice(&plain).ok(),
        Opened::NoKey(_) => None,
    })
}

/// The subject of a person's own texts: the record that it is named after.
pub(crate) fn anchor(person: &str) -> String {
    format!("r{}", person.get(1..).unwrap_or_default())
}

/// The proposed families and the people between whom they were proposed, as one hash: in an order that does not depend on
/// how the rows came to the table.
pub(crate) fn families_digest(store: &Store) -> Result<String, Error> {
    let sql = "SELECT child, other, relation, probability, contested, none, sealed FROM candidate \
               ORDER BY child, other, relation";
    let mut lines = store.lines(sql, |row| {
        let texts: [String; 3] = [row.get(0)?, row.get(1)?, row.get(2)?];
        let (probability, contested, none): (f64, bool, f64) = (row.get(3)?, row.get(4)?, row.get(5)?);
        let opened = store.open_texts::<serde_json::Value>("candidate", &row.get::<Vec<u8>>(6)?)?;
        Ok(format!("{} {probability} {contested} {none} {}", texts.join(" "), opened.unwrap_or_default()))
    })?;
    lines.extend(store.lines("SELECT person, state FROM scored ORDER BY person", |row| {
        Ok(format!("{} {}", row.get::<String>(0)?, row.get::<String>(1)?))
    })?);
    Ok(crate::check::digest(&lines))
}

/// The people and the links between their records, as one hash.
pub(crate) fn people_digest(store: &Store) -> Result<String, Error> {
    let mut lines = store.lines("SELECT record, person FROM person ORDER BY record", |row| {
        Ok(format!("{} {}", row.get::<String>(0)?, row.get::<String>(1)?))
    })?;
    let sql = "SELECT left_record, right_record, weight, joined, steps FROM link ORDER BY ordinal";
    lines.extend(store.lines(sql, |row| {
        let (left, right): (String, String) = (row.get(0)?, row.get(1)?);
        let (weight, joined): (i64, bool) = (row.get(2)?, row.get(3)?);
        Ok(link_line(&left, &right, weight, joined, &row.get::<String>(4)?))
    })?);
    Ok(crate::check::digest(&lines))
}

/// A link as one text, the same from a run and from the table.
pub(crate) fn link_line(left: &str, right: &str, weight: i64, joined: bool, steps: &str) -> String {
    format!("{left} {right} {weight} {joined} {steps}")
}

/// A stored hash; one of another length is as good as a wrong one.
pub(crate) fn hash_of(bytes: Vec<u8>) -> Hash {
    bytes.try_into().map(Hash).unwrap_or_default()
}
