//! Writing: events appended, and rows of derived tables, in one change that happens whole or not at all.

use crate::database::values;
use crate::handles::Turn;
use crate::keys::Keys;
use crate::store::{Store, families_digest, hash_of};
use crate::wire::{DnaCompared, DnaDestroyed, MatchDecided, MatchUndone, SubjectErased};
use crate::{Error, Stamp, schema, tree};
use rejoin_ledger::{Checkpoint, Envelope, Hash};
use rejoin_model::Finding;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;

/// Codes of findings about what happened to a row: they stay when the row comes again.
pub(crate) const LASTING: [&str; 3] = ["row-changed", "row-vanished", "family-link-vanished"];

/// Version of a payload as it is, and of one that is sealed.
pub(crate) const PLAIN: u16 = 1;
pub(crate) const SEALED: u16 = 2;

/// A finding, ready to be written: what it says is sealed for its record, or for its list when it has none.
pub(crate) struct ReadyFinding {
    code: &'static str,
    line: Option<u32>,
    column: String,
    sealed: Vec<u8>,
    record: Option<String>,
}

impl ReadyFinding {
    pub fn new(keys: &Keys, list: &str, finding: &Finding) -> Result<Self, Error> {
        let record = finding.record.map(|record| record.to_string());
        let subject = record.clone().unwrap_or_else(|| list_subject(list));
        let sealed = keys.seal("finding", &[&subject], &bytes(&(&finding.said, &finding.understood)))?;
        Ok(Self {
            code: finding.code.word(),
            line: finding.row,
            column: finding.column.clone(),
            sealed,
            record,
        })
    }
}

/// A family-unit number, ready to be written: under a token, and sealed for its record.
pub(crate) struct ReadyUnit {
    token: String,
    sealed: Vec<u8>,
}

impl ReadyUnit {
    pub fn new(keys: &Keys, record: &str, unit: &str) -> Result<Self, Error> {
        let token = keys.token("family-unit", unit)?;
        Ok(Self { token, sealed: keys.seal("family-unit", &[record], &bytes(&unit))? })
    }
}

/// A change under way.
pub(crate) struct Change<'a> {
    store: &'a Store,
    /// Where the ledger stands with what was appended, and its tree; read at the first append.
    head: RefCell<Option<(Checkpoint, tree::Builder)>>,
    kept: Cell<bool>,
    /// Subjects that were erased; read when something is first sealed.
    erased: RefCell<Option<HashSet<String>>>,
    /// The turn to write; it ends after the change.
    _turn: Option<Turn>,
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        if !self.kept.get() {
            // While nobody else can make keys: the next change's are not to be dropped with these.
            self.store.keys.drop_made();
            // A connection that is gone has taken its change with it.
            let _ = self.store.database.end(false);
        }
    }
}

impl<'a> Change<'a> {
    pub fn new(store: &'a Store, turn: Option<Turn>) -> Self {
        Self {
            store,
            head: RefCell::new(None),
            kept: Cell::new(false),
            erased: RefCell::new(None),
            _turn: turn,
        }
    }

    pub fn store(&self) -> &Store {
        self.store
    }

    pub fn keys(&self) -> &Keys {
        &self.store.keys
    }

    fn execute(&self, sql: &str, values: &[crate::database::Value<'_>]) -> Result<(), Error> {
        self.store.database.execute(sql, values)
    }

    /// Appends an event whose payload is nobody's, and gives its position.
    pub fn append(&self, stamp: &Stamp, kind: &str, payload: &impl serde::Serialize) -> Result<u64, Error> {
        self.append_bytes(stamp, kind, PLAIN, &bytes(payload))
    }

    /// Appends an event whose payload is sealed for its subjects.
    pub fn append_sealed(
        &self,
        stamp: &Stamp,
        kind: &str,
        subjects: &[&str],
        payload: &impl serde::Serialize,
    ) -> Result<u64, Error> {
        self.refuse_erased(subjects)?;
        let sealed = self.keys().seal(kind, subjects, &bytes(payload))?;
        self.append_bytes(stamp, kind, SEALED, &sealed)
    }

    /// Appends an event whose payload was sealed for its subjects before: many are sealed at a time, written one by one.
    pub fn append_ready(
        &self,
        stamp: &Stamp,
        kind: &str,
        subjects: &[&str],
        sealed: &[u8],
    ) -> Result<u64, Error> {
        self.refuse_erased(subjects)?;
        self.append_bytes(stamp, kind, SEALED, sealed)
    }

    /// Sealing for somebody who was erased would give them a key again.
    fn refuse_erased(&self, subjects: &[&str]) -> Result<(), Error> {
        let mut erased = self.erased.borrow_mut();
        let erased = match &mut *erased {
            Some(erased) => erased,
            none => none.insert(self.store.erased()?),
        };
        match subjects.iter().any(|subject| erased.contains(*subject)) {
            true => Err(Error::Denied(rejoin_access::Refusal::NotFound.words().0.into())),
            false => Ok(()),
        }
    }

    fn append_bytes(&self, stamp: &Stamp, kind: &str, version: u16, payload: &[u8]) -> Result<u64, Error> {
        let mut head = self.head.borrow_mut();
        let (before, tree) = match &mut *head {
            Some(head) => head,
            none => {
                let before = self.store.checkpoint()?;
                none.insert((before, tree::Builder::after(&self.store.database, before.size)?))
            }
        };
        let envelope = Envelope {
            sequence: before.size + 1,
            at_micros: stamp.at_micros,
            actor: &stamp.actor,
            kind,
            version,
            payload,
        };
        let hash = envelope.chain(before.head);
        self.execute(
            "INSERT INTO event (sequence, at_micros, actor, kind, version, payload, hash) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            values![
                envelope.sequence,
                envelope.at_micros,
                envelope.actor,
                envelope.kind,
                i64::from(version),
                payload,
                hash.0.as_slice()
            ],
        )?;
        *before = Checkpoint { size: envelope.sequence, head: hash };
        tree.push(hash);
        for node in tree.take() {
            self.node(node)?;
        }
        Ok(envelope.sequence)
    }

    fn node(&self, (level, place, hash): (u32, u64, Hash)) -> Result<(), Error> {
        self.execute(
            "INSERT INTO tree (level, place, hash) VALUES (?1, ?2, ?3)",
            values![level, place, hash.0.as_slice()],
        )
    }

    /// The tree again, from the chain's hashes: after its table was cleared.
    pub fn regrow(&self) -> Result<(), Error> {
        let mut tree = tree::Builder::default();
        let mut nodes = Vec::new();
        self.store.database.each("SELECT hash FROM event ORDER BY sequence", &[], |row| {
            tree.push(hash_of(row.get(0)?));
            nodes.extend(tree.take());
            Ok(())
        })?;
        nodes.into_iter().try_for_each(|node| self.node(node))
    }

    /// Does a part of the change that may fail by itself: then nothing of it stays, and the change goes on.
    ///
    /// # Errors
    /// The outer one is the database's: the change cannot go on.
    pub fn attempt<T, E>(&self, part: impl FnOnce() -> Result<T, E>) -> Result<Result<T, E>, Error> {
        let before = self.head.borrow().clone();
        self.store.database.mark()?;
        let done = part();
        self.store.database.end_mark(done.is_ok())?;
        if done.is_err() {
            *self.head.borrow_mut() = before;
        }
        Ok(done)
    }

    pub fn checkpoint(&self) -> Result<Checkpoint, Error> {
        match &*self.head.borrow() {
            Some((head, _)) => Ok(*head),
            None => self.store.checkpoint(),
        }
    }

    /// The digest of the proposed families as they stand.
    pub fn families(&self) -> Result<String, Error> {
        families_digest(self.store)
    }

    pub fn delivery(&self, sequence: u64, list: &str, file: &str, mapping: &str) -> Result<(), Error> {
        self.execute(
            "INSERT INTO delivery (sequence, list, file, mapping) VALUES (?1, ?2, ?3, ?4)",
            values![sequence, list, file, mapping],
        )
    }

    pub fn record(&self, id: &str, list: &str, event: u64, delivery: u64) -> Result<(), Error> {
        self.execute(
            "INSERT INTO record (id, list, event, delivery, present) VALUES (?1, ?2, ?3, ?4, 1) \
             ON CONFLICT (id) DO UPDATE SET event = excluded.event, delivery = excluded.delivery",
            values![id, list, event, delivery],
        )?;
        // By itself: most rows are present already, and the index over it is then left alone.
        self.execute("UPDATE record SET present = 1 WHERE id = ?1 AND present = 0", values![id])
    }

    pub fn absent(&self, id: &str) -> Result<(), Error> {
        self.execute("UPDATE record SET present = 0 WHERE id = ?1", values![id])
    }

    /// A family-unit number that the border gave a record: kept whatever a later delivery says.
    pub fn family_unit(&self, record: &str, list: &str, unit: &ReadyUnit) -> Result<(), Error> {
        self.execute(
            "INSERT INTO family_unit (record, list, token, sealed) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            values![record, list, &unit.token, &unit.sealed],
        )
    }

    /// Takes back a number that was never one, by its token: an earlier mapping had read it from the same cells.
    pub fn not_a_unit(&self, record: &str, token: &str) -> Result<(), Error> {
        self.execute("DELETE FROM family_unit WHERE record = ?1 AND token = ?2", values![record, token])
    }

    /// A decision; its words stay in its event.
    pub fn decision(&self, sequence: u64, decided: &MatchDecided) -> Result<(), Error> {
        let first = |records: &[String]| records.first().cloned().unwrap_or_default();
        self.execute(
            "INSERT INTO decision (sequence, child, other) VALUES (?1, ?2, ?3)",
            values![sequence, first(&decided.child), first(&decided.other)],
        )
    }

    /// A decision was taken back.
    pub fn undone(&self, sequence: u64, undone: &MatchUndone) -> Result<(), Error> {
        self.execute(
            "UPDATE decision SET undone = ?1 WHERE sequence = ?2",
            values![sequence, undone.decision],
        )
    }

    /// A comparison of DNA.
    pub fn dna(&self, sequence: u64, compared: &DnaCompared) -> Result<(), Error> {
        let first = |records: &[String]| records.first().cloned().unwrap_or_default();
        self.execute(
            "INSERT INTO dna (sequence, child, other) VALUES (?1, ?2, ?3)",
            values![sequence, first(&compared.child), first(&compared.other)],
        )
    }

    /// The profiles of a comparison were destroyed.
    pub fn dna_destroyed(&self, sequence: u64, destroyed: &DnaDestroyed) -> Result<(), Error> {
        self.execute(
            "UPDATE dna SET destroyed = ?1 WHERE sequence = ?2",
            values![sequence, destroyed.comparison],
        )
    }

    /// A finding.
    pub fn finding(&self, delivery: u64, list: &str, finding: &ReadyFinding) -> Result<(), Error> {
        self.execute(
            "INSERT INTO finding (delivery, list, code, line, col, sealed, record) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            values![
                delivery,
                list,
                finding.code,
                finding.line,
                &finding.column,
                &finding.sealed,
                finding.record.as_deref()
            ],
        )
    }

    /// Findings about a record's cells are those of its newest row.
    pub fn forget_findings(&self, record: &str) -> Result<(), Error> {
        let [one, two, three] = LASTING;
        self.execute(
            "DELETE FROM finding WHERE record = ?1 AND code NOT IN (?2, ?3, ?4)",
            values![record, one, two, three],
        )
    }

    pub fn evidence(&self, kind: &str, id: &str, event: u64) -> Result<(), Error> {
        self.execute(
            "INSERT INTO evidence (kind, id, event) VALUES (?1, ?2, ?3) ON CONFLICT (kind, id) DO UPDATE SET event = excluded.event",
            values![kind, id, event],
        )
    }

    /// The next event of a stream.
    ///
    /// # Errors
    /// The database's, when the stream has that version already: somebody else was first.
    pub fn stream(&self, stream: &str, version: u64, event: u64) -> Result<(), Error> {
        self.execute(
            "INSERT INTO stream (stream, version, event) VALUES (?1, ?2, ?3)",
            values![stream, version, event],
        )
    }

    /// An event concerns somebody's file: it was read, exported, decided upon.
    pub fn activity(&self, subject: &str, event: u64) -> Result<(), Error> {
        self.execute(
            "INSERT INTO activity (subject, event) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            values![subject, event],
        )
    }

    /// Subjects were erased: nothing that was derived of them stays.
    pub fn erased(&self, event: u64, erased: &SubjectErased) -> Result<(), Error> {
        for subject in &erased.subjects {
            self.execute(
                "INSERT INTO erased (subject, event) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                values![subject, event],
            )?;
            for sql in [
                "DELETE FROM candidate WHERE child IN (SELECT person FROM person WHERE record = ?1) OR other IN (SELECT person FROM person WHERE record = ?1)",
                "DELETE FROM scored WHERE person IN (SELECT person FROM person WHERE record = ?1)",
                "DELETE FROM person WHERE record = ?1",
                "DELETE FROM link WHERE left_record = ?1 OR right_record = ?1",
                "DELETE FROM record WHERE id = ?1",
                "DELETE FROM finding WHERE record = ?1",
                "DELETE FROM family_unit WHERE record = ?1",
                "DELETE FROM decision WHERE child = ?1 OR other = ?1",
                "DELETE FROM dna WHERE child = ?1 OR other = ?1",
                "DELETE FROM receipt WHERE event IN (SELECT event FROM activity WHERE subject = ?1)",
                "DELETE FROM stream WHERE event IN (SELECT event FROM activity WHERE subject = ?1)",
            ] {
                self.execute(sql, values![subject])?;
            }
        }
        Ok(())
    }

    pub fn derived(&self, name: &str, size: u64) -> Result<(), Error> {
        self.execute(
            "INSERT INTO derived (name, size) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET size = excluded.size",
            values![name, size],
        )
    }

    pub fn clear_projected(&self) -> Result<(), Error> {
        schema::PROJECTED.iter().try_for_each(|table| self.execute(&format!("DELETE FROM {table}"), &[]))
    }

    /// Keeps the change. The keys that it made are on disk before it is.
    pub fn commit(self) -> Result<(), Error> {
        self.store.keys.keep()?;
        self.store.database.end(true)?;
        self.kept.set(true);
        Ok(())
    }
}

/// The subject under which what is about a whole list is sealed.
pub(crate) fn list_subject(list: &str) -> String {
    // A name longer than a subject's is cut at a letter; lists that differ only behind it share a key.
    let mut end = list.len().min(200);
    while !list.is_char_boundary(end) {
        end -= 1;
    }
    format!("list:{}", &list[..end])
}

pub(crate) fn bytes(payload: &impl serde::Serialize) -> Vec<u8> {
    // Structs of strings and numbers always serialise.
    serde_json::to_vec(payload).unwrap_or_default()
}
