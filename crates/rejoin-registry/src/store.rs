//! SQLite, private to the registry. Events are append-only, by trigger and by hash chain; every other table is derived.

use crate::wire::{DnaCompared, DnaDestroyed, MatchDecided, MatchUndone};
use crate::{Error, Progress, Stamp, evidence};
use rejoin_ledger::{Checkpoint, Envelope, Hash, Verifier};
use rejoin_model::{Finding, RecordId};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use std::path::Path;
use std::time::Duration;

/// Form of the file. A file of form 2 is brought to 3 by making the tables that were added.
const FORM: i64 = 3;

const SCHEMA: &str = "
CREATE TABLE event (
    sequence INTEGER PRIMARY KEY,
    at_micros INTEGER NOT NULL,
    actor TEXT NOT NULL,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    payload BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT;
";

/// The guards that keep the ledger append-only, as SQLite keeps their text; in the order of their names.
const GUARDS: [&str; 2] = [
    "CREATE TRIGGER event_is_not_changed BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
    "CREATE TRIGGER event_is_not_deleted BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
];

/// Tables that are derived from events, and can be thrown away.
const DERIVED: &str = "
CREATE TABLE delivery (
    sequence INTEGER PRIMARY KEY, list TEXT NOT NULL, file TEXT NOT NULL, mapping TEXT NOT NULL
) STRICT;
CREATE TABLE record (
    id TEXT PRIMARY KEY, list TEXT NOT NULL, event INTEGER NOT NULL, delivery INTEGER NOT NULL, present INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX record_by_list ON record (list, present);
CREATE TABLE finding (
    delivery INTEGER NOT NULL, list TEXT NOT NULL, code TEXT NOT NULL, row INTEGER, col TEXT NOT NULL,
    said TEXT NOT NULL, understood TEXT NOT NULL, record TEXT
) STRICT;
CREATE INDEX finding_by_record ON finding (record);
CREATE TABLE person (record TEXT PRIMARY KEY, person TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX person_by_person ON person (person);
CREATE TABLE link (
    left_record TEXT NOT NULL, right_record TEXT NOT NULL, weight INTEGER NOT NULL, joined INTEGER NOT NULL, steps TEXT NOT NULL
) STRICT;
CREATE TABLE candidate (
    child TEXT NOT NULL, other TEXT NOT NULL, relation TEXT NOT NULL, probability REAL NOT NULL, none REAL NOT NULL,
    contested INTEGER NOT NULL, evidence TEXT NOT NULL, new TEXT NOT NULL
) STRICT;
CREATE INDEX candidate_by_child ON candidate (child);
CREATE INDEX candidate_by_other ON candidate (other);
CREATE TABLE family_unit (record TEXT NOT NULL, list TEXT NOT NULL, unit TEXT NOT NULL, PRIMARY KEY (record, unit)) STRICT, WITHOUT ROWID;
CREATE TABLE scored (person TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE decision (
    sequence INTEGER PRIMARY KEY, at_micros INTEGER NOT NULL, actor TEXT NOT NULL, child TEXT NOT NULL, other TEXT NOT NULL,
    relation TEXT NOT NULL, verdict TEXT NOT NULL, reason TEXT NOT NULL, probability REAL NOT NULL, seen TEXT NOT NULL,
    undone INTEGER
) STRICT;
CREATE TABLE dna (
    sequence INTEGER PRIMARY KEY, child TEXT NOT NULL, other TEXT NOT NULL, words TEXT NOT NULL, log10 REAL, destroyed INTEGER
) STRICT;
CREATE TABLE derived (name TEXT PRIMARY KEY, size INTEGER NOT NULL) STRICT;
";

/// Those that events give by themselves; the others are made by runs of linking and matching.
const PROJECTED: [&str; 7] = ["delivery", "record", "finding", "family_unit", "decision", "dna", "evidence"];

/// The database of a case.
pub(crate) struct Store {
    connection: Connection,
}

/// An event as stored.
pub(crate) struct StoredEvent {
    pub sequence: u64,
    pub at_micros: i64,
    pub actor: String,
    pub kind: String,
    pub version: u16,
    pub payload: Vec<u8>,
}

impl StoredEvent {
    /// Of a row whose first columns are sequence, kind, version and payload; time and actor are left out.
    pub fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            at_micros: 0,
            actor: String::new(),
            sequence: row.get::<_, i64>(0)? as u64,
            kind: row.get(1)?,
            version: u16::try_from(row.get::<_, i64>(2)?).unwrap_or(u16::MAX),
            payload: row.get(3)?,
        })
    }
}

impl Store {
    pub fn create(file: &Path) -> Result<Self, Error> {
        let store = Self { connection: connect(file)? };
        store.connection.execute_batch(SCHEMA)?;
        for guard in GUARDS {
            store.connection.execute_batch(guard)?;
        }
        store.connection.execute_batch(DERIVED)?;
        store.connection.execute_batch(evidence::TABLES)?;
        store.connection.pragma_update(None, "user_version", FORM)?;
        Ok(store)
    }

    pub fn open(file: &Path) -> Result<Self, Error> {
        let store = Self { connection: connect(file)? };
        let found: i64 = store.connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if found == 2 {
            store.connection.execute_batch(evidence::TABLES)?;
            store.connection.pragma_update(None, "user_version", FORM)?;
        } else if found != FORM {
            return Err(Error::OtherVersion { found, expected: FORM });
        }
        Ok(store)
    }

    /// Begins a change: all of it happens, or none.
    pub fn begin(&mut self) -> Result<Change<'_>, Error> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        Ok(Change { transaction })
    }

    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    pub fn checkpoint(&self) -> Result<Checkpoint, Error> {
        checkpoint(&self.connection, "")
    }

    /// Where the ledger stood at its last event of another kind.
    pub fn checkpoint_without(&self, kind: &str) -> Result<Checkpoint, Error> {
        checkpoint(&self.connection, kind)
    }

    /// Recomputes the chain from the stored bytes.
    pub fn verify(&self, known: Option<Checkpoint>, progress: Progress<'_>) -> Result<Checkpoint, Error> {
        let total = self.checkpoint()?.size;
        if known.is_some_and(|known| known.size > total) {
            return Err(Error::CheckpointDiffers);
        }
        let mut verifier = Verifier::default();
        let mut statement = self.connection.prepare(
            "SELECT sequence, at_micros, actor, kind, version, payload, hash FROM event ORDER BY sequence",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let stored: Vec<u8> = row.get(6)?;
            let envelope = Envelope {
                sequence: row.get::<_, i64>(0)? as u64,
                at_micros: row.get(1)?,
                actor: row.get_ref(2)?.as_str().unwrap_or_default(),
                kind: row.get_ref(3)?.as_str().unwrap_or_default(),
                // A version beyond any is not the one that was hashed.
                version: u16::try_from(row.get::<_, i64>(4)?).unwrap_or(u16::MAX),
                payload: row.get_ref(5)?.as_blob().unwrap_or_default(),
            };
            // A hash of another length is as good as a wrong one.
            let stored = stored.try_into().map(Hash).unwrap_or_default();
            verifier.take(&envelope, stored).map_err(Error::Tampered)?;
            if known.is_some_and(|known| known.size == envelope.sequence && known != verifier.checkpoint()) {
                return Err(Error::CheckpointDiffers);
            }
            if envelope.sequence.is_multiple_of(4096) {
                progress("checking events", envelope.sequence, total);
            }
        }
        let guards = self.lines(
            "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'event' ORDER BY name",
            |row| row.get(0),
        )?;
        if guards != GUARDS {
            return Err(Error::Unguarded);
        }
        Ok(verifier.checkpoint())
    }

    /// Every event, in order.
    pub fn each_event(&self, mut visit: impl FnMut(StoredEvent) -> Result<(), Error>) -> Result<(), Error> {
        let mut statement = self.connection.prepare(
            "SELECT sequence, kind, version, payload, at_micros, actor FROM event ORDER BY sequence",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            visit(StoredEvent { at_micros: row.get(4)?, actor: row.get(5)?, ..StoredEvent::from_row(row)? })?;
        }
        Ok(())
    }

    /// The newest event of a kind.
    pub fn newest(&self, kind: &str) -> Result<Option<StoredEvent>, Error> {
        let sql = "SELECT sequence, kind, version, payload FROM event WHERE kind = ?1 ORDER BY sequence DESC LIMIT 1";
        Ok(self.connection.query_row(sql, [kind], StoredEvent::from_row).optional()?)
    }

    /// The record table as lines, in the order of ids.
    pub fn record_lines(&self) -> Result<Vec<String>, Error> {
        self.lines("SELECT id, event, delivery, present, list FROM record ORDER BY id", |row| {
            let (id, present): (String, bool) = (row.get(0)?, row.get(3)?);
            let list: String = row.get(4)?;
            Ok(format!("{id} {list} {} {} {present}", row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
        })
    }

    /// The finding table as lines, sorted.
    pub fn finding_lines(&self) -> Result<Vec<String>, Error> {
        let mut lines = self.lines(
            "SELECT delivery, code, row, col, said, understood, record, list FROM finding",
            |row| {
                let number: Option<i64> = row.get(2)?;
                let texts: [String; 4] = [row.get(1)?, row.get(3)?, row.get(4)?, row.get(5)?];
                let record: Option<String> = row.get(6)?;
                let [code, column, said, understood] = &texts;
                let number = number.map(|number| number.to_string()).unwrap_or_default();
                let (delivery, list): (i64, String) = (row.get(0)?, row.get(7)?);
                let (delivery, record) = (delivery.to_string(), record.unwrap_or_default());
                Ok(finding_line([&delivery, &list, code, &number, column, said, understood, &record]))
            },
        )?;
        lines.sort_unstable();
        Ok(lines)
    }

    /// The person table as lines, in the order of records.
    pub fn person_lines(&self) -> Result<Vec<String>, Error> {
        self.lines("SELECT record, person FROM person ORDER BY record", |row| {
            Ok(format!("{} {}", row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })
    }

    /// The digest of the proposed families, and of the people between whom they were proposed.
    pub fn families(&self) -> Result<String, Error> {
        families(&self.connection)
    }

    /// The decisions and comparisons of DNA as lines, in order.
    pub fn decision_lines(&self) -> Result<Vec<String>, Error> {
        let mut lines = self.lines(
            "SELECT sequence, child, other, relation, verdict, reason, probability, seen, undone, actor, at_micros FROM decision ORDER BY sequence",
            |row| {
                let texts: [String; 7] = [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(7)?, row.get(9)?];
                let (sequence, at): (i64, i64) = (row.get(0)?, row.get(10)?);
                let (probability, undone): (f64, Option<i64>) = (row.get(6)?, row.get(8)?);
                Ok(format!("{sequence} {at} {probability} {undone:?} {}", texts.join("\u{1f}")))
            },
        )?;
        lines.extend(self.lines(
            "SELECT sequence, child, other, words, log10, destroyed FROM dna ORDER BY sequence",
            |row| {
                let texts: [String; 3] = [row.get(1)?, row.get(2)?, row.get(3)?];
                let (sequence, log10): (i64, Option<f64>) = (row.get(0)?, row.get(4)?);
                let destroyed: Option<i64> = row.get(5)?;
                Ok(format!("{sequence} {log10:?} {destroyed:?} {}", texts.join("\u{1f}")))
            },
        )?);
        Ok(lines)
    }

    /// The evidence table as lines, in order.
    pub fn evidence_lines(&self) -> Result<Vec<String>, Error> {
        self.lines("SELECT kind, id, event FROM evidence ORDER BY kind, id", |row| {
            let (kind, id): (String, String) = (row.get(0)?, row.get(1)?);
            Ok(format!("{kind} {id} {}", row.get::<_, i64>(2)?))
        })
    }

    /// The links as lines, in the order of their run.
    pub fn link_lines(&self) -> Result<Vec<String>, Error> {
        self.lines(
            "SELECT left_record, right_record, weight, joined, steps FROM link ORDER BY rowid",
            |row| {
                let (left, right): (String, String) = (row.get(0)?, row.get(1)?);
                let (weight, joined): (i64, bool) = (row.get(2)?, row.get(3)?);
                Ok(link_line(&left, &right, weight, joined, &row.get::<_, String>(4)?))
            },
        )
    }

    fn lines(
        &self,
        sql: &str,
        line: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<String>,
    ) -> Result<Vec<String>, Error> {
        lines(&self.connection, sql, line)
    }

    /// The delivery table as lines, in order.
    pub fn delivery_lines(&self) -> Result<Vec<String>, Error> {
        self.lines("SELECT sequence, list, file, mapping FROM delivery ORDER BY sequence", |row| {
            let texts: [String; 3] = [row.get(1)?, row.get(2)?, row.get(3)?];
            Ok(format!("{} {}", row.get::<_, i64>(0)?, texts.join(" ")))
        })
    }

    /// The family-unit table as lines, in order.
    pub fn family_unit_lines(&self) -> Result<Vec<String>, Error> {
        self.lines("SELECT record, unit, list FROM family_unit ORDER BY record, unit", |row| {
            let texts: [String; 3] = [row.get(0)?, row.get(1)?, row.get(2)?];
            Ok(texts.join(" "))
        })
    }

    /// The event of the newest delivery.
    pub fn last_delivery_event(&self) -> Result<u64, Error> {
        let last: Option<i64> =
            self.connection.query_row("SELECT MAX(sequence) FROM delivery", [], |row| row.get(0))?;
        Ok(last.unwrap_or(0) as u64)
    }

    /// Day of the last delivery, from 1970-01-01; one day is added, because lists have no time zone.
    pub fn last_delivery(&self) -> Result<i32, Error> {
        let at: Option<i64> = self.connection.query_row(
            "SELECT MAX(e.at_micros) FROM delivery d JOIN event e ON e.sequence = d.sequence",
            [],
            |row| row.get(0),
        )?;
        Ok(at.map_or(0, |at| i32::try_from(at.div_euclid(86_400_000_000)).unwrap_or(i32::MAX - 1) + 1))
    }

    /// The ledger's size when a derived thing was made.
    pub fn derived_at(&self, name: &str) -> Result<Option<u64>, Error> {
        let size: Option<i64> = self
            .connection
            .query_row("SELECT size FROM derived WHERE name = ?1", [name], |row| row.get(0))
            .optional()?;
        Ok(size.map(|size| size as u64))
    }
}

/// The proposed families and the people between whom they were proposed, as one hash: in an order that does not depend on
/// how the rows came to the table.
fn families(connection: &Connection) -> Result<String, Error> {
    let candidates = lines(
        connection,
        "SELECT child, other, relation, probability, contested, evidence, none, new FROM candidate ORDER BY child, other, relation",
        |row| {
            let texts: [String; 5] = [row.get(0)?, row.get(1)?, row.get(2)?, row.get(5)?, row.get(7)?];
            let (probability, none, contested): (f64, f64, bool) = (row.get(3)?, row.get(6)?, row.get(4)?);
            Ok(format!("{} {probability} {contested} {none}", texts.join(" ")))
        },
    )?;
    let scored = lines(connection, "SELECT person, state FROM scored ORDER BY person", |row| {
        Ok(format!("{} {}", row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    })?;
    Ok(crate::check::digest(&[candidates, scored].concat()))
}

fn lines(
    connection: &Connection,
    sql: &str,
    line: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<String>,
) -> Result<Vec<String>, Error> {
    let mut statement = connection.prepare(sql)?;
    let lines = statement.query_map([], line)?.collect::<Result<_, _>>()?;
    Ok(lines)
}

/// A link as one text, the same from a run and from the table.
pub(crate) fn link_line(left: &str, right: &str, weight: i64, joined: bool, steps: &str) -> String {
    format!("{left} {right} {weight} {joined} {steps}")
}

/// A finding as one text, the same from an event and from the table.
///
/// The parts: delivery, list, code, row, column, said, understood, record.
pub(crate) fn finding_line(parts: [&str; 8]) -> String {
    parts.join("\u{1f}")
}

fn connect(file: &Path) -> Result<Connection, Error> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // What was acknowledged survives a loss of power.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "cache_size", -64_000)?;
    Ok(connection)
}

fn checkpoint(connection: &Connection, without: &str) -> Result<Checkpoint, Error> {
    let sql = "SELECT sequence, hash FROM event WHERE kind <> ?1 ORDER BY sequence DESC LIMIT 1";
    let last = connection
        .query_row(sql, [without], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))
        .optional()?;
    Ok(match last {
        Some((size, hash)) => {
            Checkpoint { size: size as u64, head: hash.try_into().map(Hash).unwrap_or_default() }
        }
        None => Checkpoint::default(),
    })
}

/// A change under way.
pub(crate) struct Change<'a> {
    transaction: Transaction<'a>,
}

impl Change<'_> {
    /// Appends an event, and gives its position.
    pub fn append(&self, stamp: &Stamp, kind: &str, version: u16, payload: &[u8]) -> Result<u64, Error> {
        let before = checkpoint(&self.transaction, "")?;
        let envelope = Envelope {
            sequence: before.size + 1,
            at_micros: stamp.at_micros,
            actor: &stamp.actor,
            kind,
            version,
            payload,
        };
        let hash = envelope.chain(before.head);
        self.transaction
            .prepare_cached(
                "INSERT INTO event (sequence, at_micros, actor, kind, version, payload, hash) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                envelope.sequence as i64,
                envelope.at_micros,
                envelope.actor,
                envelope.kind,
                i64::from(envelope.version),
                envelope.payload,
                hash.0.as_slice()
            ])?;
        Ok(envelope.sequence)
    }

    pub fn connection(&self) -> &Connection {
        &self.transaction
    }

    pub fn checkpoint(&self) -> Result<Checkpoint, Error> {
        checkpoint(&self.transaction, "")
    }

    /// The digest of the proposed families as they stand.
    pub fn families(&self) -> Result<String, Error> {
        families(&self.transaction)
    }

    pub fn delivery(&self, sequence: u64, list: &str, file: &str, mapping: &str) -> Result<(), Error> {
        self.transaction
            .prepare_cached("INSERT INTO delivery (sequence, list, file, mapping) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![sequence as i64, list, file, mapping])?;
        Ok(())
    }

    pub fn record(
        &self,
        id: &str,
        list: &str,
        event: u64,
        delivery: u64,
        present: bool,
    ) -> Result<(), Error> {
        self.transaction
            .prepare_cached(
                "INSERT INTO record (id, list, event, delivery, present) VALUES (?1, ?2, ?3, ?4, ?5) \
                 ON CONFLICT (id) DO UPDATE SET event = ?3, delivery = ?4, present = ?5",
            )?
            .execute(params![id, list, event as i64, delivery as i64, present])?;
        Ok(())
    }

    /// A family-unit number that the border gave a record: kept whatever a later delivery says.
    pub fn family_unit(&self, record: &str, list: &str, unit: &str) -> Result<(), Error> {
        self.transaction
            .prepare_cached(
                "INSERT INTO family_unit (record, list, unit) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            )?
            .execute([record, list, unit])?;
        Ok(())
    }

    /// Takes back a number that was never one: an earlier mapping had read it from the same cells.
    pub fn not_a_unit(&self, record: &str, unit: &str) -> Result<(), Error> {
        self.transaction
            .prepare_cached("DELETE FROM family_unit WHERE record = ?1 AND unit = ?2")?
            .execute([record, unit])?;
        Ok(())
    }

    pub fn absent(&self, id: &str) -> Result<(), Error> {
        self.transaction.prepare_cached("UPDATE record SET present = 0 WHERE id = ?1")?.execute([id])?;
        Ok(())
    }

    /// A decision; `stamp` as in its event.
    pub fn decision(&self, sequence: u64, stamp: &Stamp, decided: &MatchDecided) -> Result<(), Error> {
        let first = |records: &[String]| records.first().cloned().unwrap_or_default();
        self.transaction
            .prepare_cached(
                "INSERT INTO decision (sequence, at_micros, actor, child, other, relation, verdict, reason, probability, seen) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                sequence as i64,
                stamp.at_micros,
                stamp.actor,
                first(&decided.child),
                first(&decided.other),
                decided.relation,
                decided.verdict,
                decided.reason,
                decided.probability,
                serde_json::to_string(&decided.seen).unwrap_or_default()
            ])?;
        Ok(())
    }

    /// A decision was taken back.
    pub fn undone(&self, sequence: u64, undone: &MatchUndone) -> Result<(), Error> {
        self.transaction
            .prepare_cached("UPDATE decision SET undone = ?1 WHERE sequence = ?2")?
            .execute([sequence as i64, undone.decision as i64])?;
        Ok(())
    }

    /// A comparison of DNA.
    pub fn dna(&self, sequence: u64, compared: &DnaCompared) -> Result<(), Error> {
        let first = |records: &[String]| records.first().cloned().unwrap_or_default();
        self.transaction
            .prepare_cached(
                "INSERT INTO dna (sequence, child, other, words, log10) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                sequence as i64,
                first(&compared.child),
                first(&compared.other),
                compared.words(),
                compared.log10
            ])?;
        Ok(())
    }

    /// The profiles of a comparison were destroyed.
    pub fn dna_destroyed(&self, sequence: u64, destroyed: &DnaDestroyed) -> Result<(), Error> {
        self.transaction
            .prepare_cached("UPDATE dna SET destroyed = ?1 WHERE sequence = ?2")?
            .execute([sequence as i64, destroyed.comparison as i64])?;
        Ok(())
    }

    pub fn finding(&self, delivery: u64, list: &str, finding: &Finding) -> Result<(), Error> {
        self.transaction
            .prepare_cached(
                "INSERT INTO finding (delivery, list, code, row, col, said, understood, record) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                delivery as i64,
                list,
                finding.code.word(),
                finding.row,
                finding.column,
                finding.said,
                finding.understood,
                finding.record.map(|record| record.to_string())
            ])?;
        Ok(())
    }

    /// Findings about a record's cells are those of its newest row.
    pub fn forget_findings(&self, record: RecordId) -> Result<(), Error> {
        self.transaction
            .prepare_cached("DELETE FROM finding WHERE record = ?1 AND code NOT IN ('row-changed', 'row-vanished', 'family-link-vanished')")?
            .execute([record.to_string()])?;
        Ok(())
    }

    pub fn derived(&self, name: &str, size: u64) -> Result<(), Error> {
        self.transaction.execute(
            "INSERT INTO derived (name, size) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET size = ?2",
            params![name, size as i64],
        )?;
        Ok(())
    }

    pub fn clear_projected(&self) -> Result<(), Error> {
        for table in PROJECTED {
            self.transaction.execute_batch(&format!("DELETE FROM {table}"))?;
        }
        Ok(())
    }

    pub fn commit(self) -> Result<(), Error> {
        self.transaction.commit()?;
        Ok(())
    }
}
