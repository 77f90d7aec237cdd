//! From events to derived records and findings. The one way: a live import and a rebuild both go through here.

use crate::change::{Change, PLAIN, ReadyFinding, ReadyUnit, SEALED};
use crate::database::Row;
use crate::keys::{self, Keys, Opened};
use crate::store::Store;
use crate::wire::{self, ListReceived, RecordAbsent, RecordReceived, Seen, Streamed};
use crate::{Error, Progress, evidence, receipts};
use rayon::prelude::*;
use rejoin_ingest::{Interpreter, Mapping};
use rejoin_model::{Field, Finding, Origin, Record, RecordId};
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

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
    /// Of a row with the columns of [`crate::store::EVENT`].
    pub fn from_row(row: &Row<'_>) -> Result<Self, Error> {
        Ok(Self {
            sequence: row.get(0)?,
            kind: row.get(1)?,
            version: u16::try_from(row.get::<i64>(2)?).unwrap_or(u16::MAX),
            payload: row.get(3)?,
            at_micros: row.get(4)?,
            actor: row.get(5)?,
        })
    }

    /// Those for whom the payload is sealed; nobody when it is not.
    pub fn subjects(&self) -> Vec<&str> {
        match self.version {
            SEALED => keys::subjects(&self.payload).map(|(subjects, _)| subjects).unwrap_or_default(),
            _ => Vec::new(),
        }
    }
}

/// Reads a payload; none when its subject was erased.
///
/// # Errors
/// [`Error::Payload`] for a version that this program does not read, or bytes that are none.
pub(crate) fn payload<T: DeserializeOwned>(keys: &Keys, event: &StoredEvent) -> Result<Option<T>, Error> {
    let refuse = |reason: String| Error::Payload {
        sequence: event.sequence,
        kind: event.kind.clone(),
        version: event.version,
        reason,
    };
    let plain = match event.version {
        PLAIN => &event.payload,
        SEALED => match keys.open_sealed(&event.kind, &event.payload)? {
            Opened::Plain(plain) => &plain.clone(),
            Opened::NoKey(_) => return Ok(None),
        },
        _ => return Err(refuse("this program reads versions 1 and 2".into())),
    };
    // The parser's own words can quote a value.
    let place =
        |error: serde_json::Error| format!("it is no payload of its kind, at its letter {}", error.column());
    serde_json::from_slice(plain).map(Some).map_err(|error| refuse(place(error)))
}

/// A delivery, ready to interpret its rows.
pub(crate) struct Reader {
    pub list: String,
    pub file: [u8; 32],
    pub interpreter: Interpreter,
}

impl Reader {
    pub fn new(received: &ListReceived) -> Result<Self, Error> {
        let refuse = |source| Error::Mapping { name: received.name.clone(), source };
        let mapping = Mapping::parse(&received.mapping).map_err(refuse)?;
        let interpreter = Interpreter::new(&mapping, &received.columns).map_err(refuse)?;
        Ok(Self { list: received.list.clone(), file: from_hex(&received.file), interpreter })
    }

    pub fn read(&self, id: RecordId, row: u32, cells: &[String]) -> (Record, Vec<Finding>) {
        self.interpreter.record(id, Origin { file: self.file, row }, cells)
    }
}

fn from_hex(text: &str) -> [u8; 32] {
    let mut bytes = [0u8; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = text.get(at * 2..at * 2 + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()).unwrap_or(0);
    }
    bytes
}

/// A row as it will stand in the tables: worked out apart from them, so that many are worked out at a time.
pub(crate) struct ReadyRow {
    id: String,
    list: String,
    delivery: u64,
    /// Token of a family-unit number that was never one.
    misread: Option<String>,
    unit: Option<ReadyUnit>,
    findings: Vec<ReadyFinding>,
}

/// Readers of deliveries, by the position of each.
pub(crate) type Readers = HashMap<u64, Arc<Reader>>;

impl ReadyRow {
    /// Reads a row. None when its delivery is not there.
    pub fn new(keys: &Keys, readers: &Readers, received: &RecordReceived) -> Result<Option<Self>, Error> {
        let Some(reader) = readers.get(&received.delivery) else { return Ok(None) };
        let Ok(id) = received.id.parse::<RecordId>() else { return Ok(None) };
        let said = received.findings.iter().filter_map(wire::WireFinding::finding);
        let (record, doubts) = reader.read(id, received.row, &received.cells);
        let findings = said.chain(doubts).map(|finding| ReadyFinding::new(keys, &reader.list, &finding));
        let misread = received.misread_unit.as_ref();
        let unit = record.identifier(Field::FamilyUnitNumber);
        Ok(Some(Self {
            misread: misread.map(|unit| keys.token("family-unit", unit)).transpose()?,
            unit: unit.map(|unit| ReadyUnit::new(keys, &received.id, unit)).transpose()?,
            findings: findings.collect::<Result<_, _>>()?,
            id: received.id.clone(),
            list: reader.list.clone(),
            delivery: received.delivery,
        }))
    }

    /// Writes it, as of the event that brought it.
    pub fn write(&self, change: &Change<'_>, sequence: u64) -> Result<(), Error> {
        change.record(&self.id, &self.list, sequence, self.delivery)?;
        change.forget_findings(&self.id)?;
        if let Some(misread) = &self.misread {
            change.not_a_unit(&self.id, misread)?;
        }
        if let Some(unit) = &self.unit {
            change.family_unit(&self.id, &self.list, unit)?;
        }
        self.findings.iter().try_for_each(|finding| change.finding(self.delivery, &self.list, finding))
    }
}

/// Projects events, one after the other.
#[derive(Default)]
pub(crate) struct Projector {
    pub readers: Readers,
}

impl Projector {
    /// A delivery began.
    pub fn list_received(
        &mut self,
        change: &Change<'_>,
        sequence: u64,
        received: &ListReceived,
    ) -> Result<(), Error> {
        self.introduce(sequence, received)?;
        change.delivery(sequence, &received.list, &received.file, &received.mapping)?;
        said(change, sequence, &received.list, &received.findings)
    }

    /// Makes a delivery's rows readable.
    fn introduce(&mut self, sequence: u64, received: &ListReceived) -> Result<(), Error> {
        if let Entry::Vacant(place) = self.readers.entry(sequence) {
            place.insert(Arc::new(Reader::new(received)?));
        }
        Ok(())
    }

    /// A row is gone from its list.
    pub fn record_absent(&self, change: &Change<'_>, absent: &RecordAbsent) -> Result<(), Error> {
        let Some(reader) = self.readers.get(&absent.delivery) else { return Ok(()) };
        change.absent(&absent.id)?;
        said(change, absent.delivery, &reader.list, &absent.findings)
    }

    fn event(&mut self, change: &Change<'_>, event: &StoredEvent) -> Result<(), Error> {
        /// What the payload says, or nothing when its subject was erased.
        macro_rules! read {
            () => {
                match payload(change.keys(), event)? {
                    Some(payload) => payload,
                    None => return Ok(()),
                }
            };
        }
        match event.kind.as_str() {
            wire::LIST_RECEIVED => self.list_received(change, event.sequence, &read!()),
            wire::RECORD_ABSENT => self.record_absent(change, &read!()),
            wire::MATCH_DECIDED => change.decision(event.sequence, &read!()),
            wire::MATCH_UNDONE => change.undone(event.sequence, &read!()),
            wire::DNA_COMPARED => change.dna(event.sequence, &read!()),
            wire::DNA_DESTROYED => change.dna_destroyed(event.sequence, &read!()),
            wire::EVIDENCE_RECORDED => evidence::project(change, event.sequence, &read!()),
            wire::SUBJECT_ERASED => change.erased(event.sequence, &read!()),
            kind if wire::has_stream(kind) => self.streamed(change, event),
            wire::FILE_READ | wire::DATA_EXPORTED | wire::ACCESS_REFUSED => {
                let seen: Seen = read!();
                seen.subjects.iter().try_for_each(|subject| change.activity(subject, event.sequence))
            }
            _ => Ok(()),
        }
    }

    /// An event of a stream. Whom it is sealed for is on record even when it cannot be read any more.
    fn streamed(&self, change: &Change<'_>, event: &StoredEvent) -> Result<(), Error> {
        for subject in event.subjects() {
            change.activity(subject, event.sequence)?;
        }
        match payload::<Streamed>(change.keys(), event)? {
            Some(streamed) => {
                change.stream(&streamed.stream, streamed.version, event.sequence)?;
                if event.kind == wire::RECEIPT_RECORDED {
                    receipts::project(change, event.sequence, &streamed.parts)?;
                }
                Ok(())
            }
            None => Ok(()),
        }
    }
}

/// Findings that a payload has.
fn said(change: &Change<'_>, delivery: u64, list: &str, findings: &[wire::WireFinding]) -> Result<(), Error> {
    findings.iter().filter_map(wire::WireFinding::finding).try_for_each(|finding| {
        change.finding(delivery, list, &ReadyFinding::new(change.keys(), list, &finding)?)
    })
}

/// Derives the tables that events give by themselves again.
pub(crate) fn rebuild(store: &Store, progress: Progress<'_>) -> Result<(), Error> {
    store.keys.preload()?;
    let change = store.begin()?;
    let total = store.checkpoint()?.size;
    change.clear_projected()?;
    let mut projector = Projector::default();
    // In pieces: a ledger of millions is not held in memory, and a database that is asked is not written to meanwhile.
    let mut at = 0;
    while at < total {
        store.go_on()?;
        let events = store.events_after(at, 8192)?;
        for event in events.iter().filter(|event| event.kind == wire::LIST_RECEIVED) {
            if let Some(received) = payload(&store.keys, event)? {
                projector.introduce(event.sequence, &received)?;
            }
        }
        // Reading and sealing rows takes most of the time, and depends on nothing that is written.
        let (keys, readers) = (&store.keys, &projector.readers);
        let rows = events.par_iter().map(|event| match event.kind.as_str() {
            wire::RECORD_RECEIVED => match payload(keys, event)? {
                Some(received) => ReadyRow::new(keys, readers, &received),
                None => Ok(None),
            },
            _ => Ok(None),
        });
        let rows = rows.collect::<Result<Vec<_>, Error>>()?;
        for (event, row) in events.iter().zip(rows) {
            match row {
                Some(row) => row.write(&change, event.sequence)?,
                None if event.kind == wire::RECORD_RECEIVED => {}
                None => projector.event(&change, event)?,
            }
            at = event.sequence;
        }
        progress("reading events", at, total);
    }
    change.regrow()?;
    change.commit()
}

/// Whether the ledger has runs of linking and of family matching.
pub(crate) fn runs(store: &Store) -> Result<[bool; 2], Error> {
    Ok([store.newest(wire::PEOPLE_LINKED)?.is_some(), store.newest(wire::FAMILIES_PROPOSED)?.is_some()])
}
