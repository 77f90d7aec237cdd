//! What makes a case answerable to others: checkpoints signed with the case's key, proofs against them, and the export
//! that an inspector checks offline. Whoever keeps one checkpoint can tell a rewritten ledger from the one that was
//! signed, and so can the case itself: it signs nothing that does not continue what it signed before.

use crate::change::Change;
use crate::database::{Database, values};
use crate::orders::Leave;
use crate::project::payload;
use crate::store::{Store, hash_of};
use crate::wire::{self, CaseOpened, Seen};
use crate::{Case, Error, tree};
use rejoin_ledger::export::{WriteError, Writer};
use rejoin_ledger::merkle::{self, Frontier, event_leaf};
use rejoin_ledger::note::{NoteError, SigningKey, TreeHead, VerifyingKey};
use rejoin_ledger::{Checkpoint, Envelope, Hash};
use std::collections::BTreeMap;
use std::io::Write;

/// The origin of cases that were made before they had one of their own.
const NAMELESS: &str = "rejoin/case";

/// The name of a case's ledger and of its key.
pub(crate) fn origin(case: &str) -> String {
    format!("rejoin/{case}")
}

/// What somebody kept of a ledger from earlier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// Size and head, as answers print them.
    Checkpoint(Checkpoint),
    /// A signed checkpoint: the text of its note.
    Note(String),
}

/// Heads that a ledger must turn out to have.
#[derive(Default)]
pub(crate) struct Held {
    /// Size → head, and whether it was kept elsewhere.
    heads: BTreeMap<u64, Vec<(TreeHead, bool)>>,
    frontier: Frontier,
}

impl Held {
    fn hold(&mut self, head: TreeHead, elsewhere: bool) {
        self.heads.entry(head.size).or_default().push((head, elsewhere));
    }

    /// The largest size that was kept elsewhere.
    fn largest(&self) -> u64 {
        self.heads.keys().next_back().copied().unwrap_or(0)
    }

    /// Takes the chain's hash after the next event, recomputed.
    ///
    /// # Errors
    /// When a head of this size is another.
    pub fn pass(&mut self, chain: Hash) -> Result<(), Error> {
        // Without heads to compare nothing needs the tree.
        if self.frontier.size() >= self.largest() {
            return Ok(());
        }
        self.frontier.push(event_leaf(chain));
        let size = self.frontier.size();
        for (head, elsewhere) in self.heads.get(&size).into_iter().flatten() {
            if head.head != chain || head.root != self.frontier.root() {
                return Err(if *elsewhere { Error::CheckpointDiffers } else { other(size) });
            }
        }
        Ok(())
    }

    /// Whether the ledger went as far as every head.
    ///
    /// # Errors
    /// When it is shorter than what was signed.
    pub fn finish(&self) -> Result<(), Error> {
        match self.heads.range(self.frontier.size() + 1..).next() {
            Some((_, heads)) if heads.iter().any(|(_, elsewhere)| *elsewhere) => {
                Err(Error::CheckpointDiffers)
            }
            Some((size, _)) => Err(other(*size)),
            None => Ok(()),
        }
    }
}

fn other(size: u64) -> Error {
    Error::Note { size, reason: "the ledger is not the one that it signs".into() }
}

/// The chain's hash after an event; of none, zeros.
pub(crate) fn chain_at(database: &Database, size: u64) -> Result<Hash, Error> {
    if size == 0 {
        return Ok(Hash::default());
    }
    let sql = "SELECT hash FROM event WHERE sequence = ?1";
    let hash = database.first(sql, values![size], |row| row.get(0))?;
    hash.map(hash_of).ok_or_else(|| Error::Refused(format!("the ledger has no event {size}")))
}

/// The root over so many events, from the kept nodes.
fn root_at(database: &Database, size: u64) -> Result<Hash, Error> {
    merkle::root(size, &mut |level, place| tree::node(database, level, place))
}

/// The head of the ledger as it was over so many events.
pub(crate) fn head_at(store: &Store, size: u64) -> Result<TreeHead, Error> {
    Ok(TreeHead {
        origin: store.verifying_key()?.name().to_owned(),
        size,
        root: root_at(&store.database, size)?,
        head: chain_at(&store.database, size)?,
    })
}

/// The root over so many events from the chain's hashes alone, whatever the kept nodes say.
pub(crate) fn root_of_events(database: &Database, size: u64) -> Result<Hash, Error> {
    let mut frontier = Frontier::new();
    let sql = "SELECT hash FROM event WHERE sequence <= ?1 ORDER BY sequence";
    database.each(sql, values![size], |row| {
        frontier.push(event_leaf(hash_of(row.get(0)?)));
        Ok(())
    })?;
    Ok(frontier.root())
}

impl Store {
    /// What the first event says of the case: its name and its public key; nothing in a case of an earlier form.
    fn opened(&self) -> Result<CaseOpened, Error> {
        let first = self.events_after(0, 1)?.into_iter().next();
        let first = first.filter(|event| event.kind == wire::CASE_OPENED);
        let opened = first.map(|event| payload::<CaseOpened>(&self.keys, &event)).transpose()?;
        Ok(opened.flatten().unwrap_or_default())
    }

    /// The key that signs checkpoints.
    ///
    /// # Errors
    /// [`Error::OtherKey`] when it is not the one whose public half the first event names.
    fn signing_key(&self) -> Result<SigningKey, Error> {
        let opened = self.opened()?;
        let name = opened.case.as_deref().map_or_else(|| NAMELESS.to_owned(), origin);
        let key = SigningKey::from_seed(&name, &self.keys.signing_seed()?)
            .map_err(|error| Error::Keys(format!("{name:?} cannot sign: {error}")))?;
        match opened.vkey {
            Some(vkey) if vkey != key.vkey() => Err(Error::OtherKey),
            _ => Ok(key),
        }
    }

    /// The case's key under the name that a note claims, so that even of a case whose first event was replaced what was
    /// signed can be told from what was not.
    pub fn key_named_in(&self, note: &str) -> Result<VerifyingKey, NoteError> {
        let name = note.lines().next().unwrap_or_default();
        let seed = self.keys.signing_seed().map_err(|_| NoteError::NoKnownKey)?;
        let key = SigningKey::from_seed(name, &seed).map_err(|_| NoteError::NoKnownKey)?;
        Ok(key.verifying_key())
    }

    /// The key that checkpoints are verified with.
    pub fn verifying_key(&self) -> Result<VerifyingKey, Error> {
        Ok(self.signing_key()?.verifying_key())
    }

    /// Every signed checkpoint, by size.
    pub fn notes(&self) -> Result<Vec<(u64, String)>, Error> {
        let sql = "SELECT size, text FROM note ORDER BY size";
        self.database.rows(sql, &[], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// The heads that the kept notes sign, and the one that somebody knows from earlier.
    ///
    /// # Errors
    /// When a note is not by the case's key, or not over as many events as it is kept under.
    pub fn held(&self, known: Option<&Known>) -> Result<Held, Error> {
        let key = self.verifying_key()?;
        let mut held = Held::default();
        for (size, text) in self.notes()? {
            let refuse = |reason: String| Error::Note { size, reason };
            let head = TreeHead::open(&text, std::slice::from_ref(&key))
                .map_err(|error| refuse(error.to_string()))?;
            if head.size != size {
                return Err(refuse(format!("it is of {} events", head.size)));
            }
            held.hold(head, false);
        }
        if let Some(Known::Note(text)) = known {
            let own = self.key_named_in(text).map_err(Error::UnknownNote)?;
            let head = TreeHead::open(text, &[own]).map_err(Error::UnknownNote)?;
            if head.origin != key.name() {
                return Err(Error::CheckpointDiffers);
            }
            held.hold(head, true);
        }
        Ok(held)
    }
}

/// Signs what the change has come to, and keeps the note.
///
/// # Errors
/// [`Error::Note`] when the ledger does not continue what was signed last: nothing is signed then.
pub(crate) fn sign(change: &Change<'_>) -> Result<String, Error> {
    let store = change.store();
    let key = store.signing_key()?;
    let head = head_at(store, change.checkpoint()?.size)?;
    let sql = "SELECT size, text FROM note ORDER BY size DESC LIMIT 1";
    let last: Option<(u64, String)> = store.database.first(sql, &[], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if let Some((size, text)) = last {
        let last = TreeHead::open(&text, &[key.verifying_key()])
            .map_err(|error| Error::Note { size, reason: error.to_string() })?;
        let proof = match last.size <= head.size {
            true => consistency(&store.database, last.size, head.size)?,
            false => return Err(other(size)),
        };
        let continued = merkle::verify_consistency(last.size, head.size, last.root, head.root, &proof)
            && last.head == chain_at(&store.database, last.size)?;
        if !continued {
            return Err(other(size));
        }
        if last.size == head.size {
            return Ok(text);
        }
    }
    let note = head.sign(&key).map_err(|error| Error::Keys(error.to_string()))?;
    store.database.execute("INSERT INTO note (size, text) VALUES (?1, ?2)", values![head.size, &note])?;
    Ok(note)
}

pub(crate) fn inclusion(database: &Database, sequence: u64, size: u64) -> Result<Vec<Hash>, Error> {
    merkle::inclusion(sequence - 1, size, &mut |level, place| tree::node(database, level, place))
}

fn consistency(database: &Database, old: u64, new: u64) -> Result<Vec<Hash>, Error> {
    merkle::consistency(old, new, &mut |level, place| tree::node(database, level, place))
}

impl Case {
    /// The public key of the case's ledger, as text: whoever has it can check checkpoints, exports and receipts.
    pub fn vkey(&self) -> Result<String, Error> {
        Ok(self.store.verifying_key()?.to_string())
    }

    /// Signs the ledger as it stands.
    pub(crate) fn carry_signature(&self) -> Result<String, Error> {
        let change = self.store.begin()?;
        let note = sign(&change)?;
        change.commit()?;
        Ok(note)
    }

    /// Every checkpoint signed so far, the oldest first.
    pub fn notes(&self) -> Result<Vec<String>, Error> {
        Ok(self.store.notes()?.into_iter().map(|(_, text)| text).collect())
    }

    /// The head of the ledger over its first `size` events, not signed.
    ///
    /// # Errors
    /// When it has fewer.
    pub fn tree_head(&self, size: u64) -> Result<TreeHead, Error> {
        self.within(size)?;
        head_at(&self.store, size)
    }

    fn within(&self, size: u64) -> Result<(), Error> {
        let found = self.store.checkpoint()?.size;
        if size <= found {
            return Ok(());
        }
        Err(Error::Refused(format!("the ledger has {found} events, not {size}")))
    }

    /// The proof that an event is in the tree of the first `size` events.
    ///
    /// # Errors
    /// When it is not, or the ledger has fewer.
    pub fn inclusion(&self, sequence: u64, size: u64) -> Result<Vec<Hash>, Error> {
        self.within(size)?;
        if sequence == 0 || sequence > size {
            return Err(Error::Refused(format!("event {sequence} is not among the first {size}")));
        }
        inclusion(&self.store.database, sequence, size)
    }

    /// The proof that the ledger of `new` events begins with the ledger of `old`.
    ///
    /// # Errors
    /// When `old` is the larger, or the ledger has fewer events than `new`.
    pub fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, Error> {
        self.within(new)?;
        if old > new {
            return Err(Error::Refused(format!("{old} events are more than {new}")));
        }
        consistency(&self.store.database, old, new)
    }

    /// The chain's hash after an event.
    ///
    /// # Errors
    /// When the ledger has no such event.
    pub fn chain_after(&self, sequence: u64) -> Result<Hash, Error> {
        chain_at(&self.store.database, sequence)
    }

    /// Writes the file that an inspector checks offline.
    pub(crate) fn carry_export<W: Write>(&self, leave: &Leave, out: W) -> Result<u64, Error> {
        let stamp = &leave.stamp();
        let change = self.store.begin()?;
        let seen = Seen {
            subjects: Vec::new(),
            purpose: "inspection".into(),
            what: "export ledger".into(),
            count: change.checkpoint()?.size,
            note: None,
        };
        let size = change.append(stamp, wire::DATA_EXPORTED, &seen)?;
        sign(&change)?;
        change.commit()?;
        // Others may go on writing: what is exported is what was signed, as of one moment.
        let key = self.store.verifying_key()?;
        let _reading = self.store.reading()?;
        let notes = self.store.notes()?;
        let notes: Vec<&str> =
            notes.iter().filter(|(of, _)| *of <= size).map(|(_, text)| text.as_str()).collect();
        let mut writer = Writer::begin(out, &[key], &notes).map_err(written)?;
        let sql = "SELECT sequence, at_micros, actor, kind, version, payload, hash FROM event \
                   WHERE sequence <= ?1 ORDER BY sequence";
        self.store.database.each(sql, values![size], |row| {
            let (actor, kind): (String, String) = (row.get(2)?, row.get(3)?);
            let payload: Vec<u8> = row.get(5)?;
            let envelope = Envelope {
                sequence: row.get(0)?,
                at_micros: row.get(1)?,
                actor: &actor,
                kind: &kind,
                version: u16::try_from(row.get::<i64>(4)?).unwrap_or(u16::MAX),
                payload: &payload,
            };
            writer.event(&envelope, hash_of(row.get(6)?)).map_err(written)
        })?;
        writer.finish().map_err(written)?;
        Ok(size)
    }
}

fn written(error: WriteError) -> Error {
    Error::Export(error.to_string())
}
