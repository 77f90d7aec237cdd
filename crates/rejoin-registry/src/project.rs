//! From events to derived records and findings. The one way: a live import and a rebuild both go through here.

use crate::change::{Change, PLAIN, SEALED};
use crate::database::Row;
use crate::keys::{self, Keys, Opened};
use crate::store::Store;
use crate::wire::{self, ListReceived, RecordAbsent, RecordReceived, Seen, Streamed};
use crate::{Error, Progress, evidence, receipts};
use rejoin_ingest::{Interpreter, Mapping};
use rejoin_model::{Field, Finding, Origin, Record, RecordId};
use serde::de::DeserializeOwned;
use std::collections::HashMap;

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

/// Projects events, one after the other.
#[derive(Default)]
pub(crate) struct Projector {
    readers: HashMap<u64, Reader>,
}

impl Projector {
    /// A delivery began.
    pub fn list_received(
        &mut self,
        change: &Change<'_>,
        sequence: u64,
        received: &ListReceived,
    ) -> Result<(), Error> {
        let reader = Reader::new(received)?;
        change.delivery(sequence, &received.list, &received.file, &received.mapping)?;
        said(change, sequence, &received.list, &received.findings)?;
        self.readers.insert(sequence, reader);
        Ok(())
    }

    /// A row came, new or changed.
    pub fn record_received(
        &self,
        change: &Change<'_>,
        sequence: u64,
        received: &RecordReceived,
    ) -> Result<(), Error> {
        let Some(reader) = self.readers.get(&received.delivery) else { return Ok(()) };
        let Ok(id) = received.id.parse::<RecordId>() else { return Ok(()) };
        change.record(&received.id, &reader.list, sequence, received.delivery)?;
        change.forget_findings(id)?;
        said(change, received.delivery, &reader.list, &received.findings)?;
        let (record, findings) = reader.read(id, received.row, &received.cells);
        if let Some(misread) = &received.misread_unit {
            change.not_a_unit(&received.id, misread)?;
        }
        if let Some(unit) = record.identifier(Field::FamilyUnitNumber) {
            change.family_unit(&received.id, &reader.list, unit)?;
        }
        for finding in findings {
            change.finding(received.delivery, &reader.list, &finding)?;
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
            wire::RECORD_RECEIVED => self.record_received(change, event.sequence, &read!()),
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
    findings
        .iter()
        .filter_map(wire::WireFinding::finding)
        .try_for_each(|finding| change.finding(delivery, list, &finding))
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
        for event in &store.events_after(at, 8192)? {
            projector.event(&change, event)?;
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
