//! From events to derived records and findings. The one way: a live import and a rebuild both go through here.

use crate::store::{Change, Store, StoredEvent};
use crate::wire::{self, ListReceived, RecordAbsent, RecordReceived};
use crate::{Error, Progress, Stamp, evidence};
use rejoin_ingest::{Interpreter, Mapping};
use rejoin_model::{Field, Finding, Origin, Record, RecordId};
use serde::de::DeserializeOwned;
use std::collections::HashMap;

/// Reads a payload.
pub(crate) fn payload<T: DeserializeOwned>(event: &StoredEvent) -> Result<T, Error> {
    let refuse = |reason: String| Error::Payload {
        sequence: event.sequence,
        kind: event.kind.clone(),
        version: event.version,
        reason,
    };
    if event.version != 1 {
        return Err(refuse("this program reads version 1".into()));
    }
    serde_json::from_slice(&event.payload).map_err(|error| refuse(error.to_string()))
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
        for finding in received.findings.iter().filter_map(wire::WireFinding::finding) {
            change.finding(sequence, &received.list, &finding)?;
        }
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
        change.record(&received.id, &reader.list, sequence, received.delivery, true)?;
        change.forget_findings(id)?;
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

    fn event(&mut self, change: &Change<'_>, event: &StoredEvent) -> Result<(), Error> {
        match event.kind.as_str() {
            wire::LIST_RECEIVED => self.list_received(change, event.sequence, &payload(event)?),
            wire::RECORD_RECEIVED => self.record_received(change, event.sequence, &payload(event)?),
            wire::RECORD_ABSENT => change.absent(&payload::<RecordAbsent>(event)?.id),
            wire::MATCH_DECIDED => {
                let stamp = Stamp { at_micros: event.at_micros, actor: event.actor.clone() };
                change.decision(event.sequence, &stamp, &payload(event)?)
            }
            wire::MATCH_UNDONE => change.undone(event.sequence, &payload(event)?),
            wire::DNA_COMPARED => change.dna(event.sequence, &payload(event)?),
            wire::EVIDENCE_RECORDED => evidence::project(change, event.sequence, &event.payload),
            wire::DNA_DESTROYED => change.dna_destroyed(event.sequence, &payload(event)?),
            _ => Ok(()),
        }
    }
}

/// Derives the tables that events give by themselves again.
pub(crate) fn rebuild(store: &mut Store, progress: Progress<'_>) -> Result<(), Error> {
    let total = store.checkpoint()?.size;
    let mut events = Vec::with_capacity(total as usize);
    store.each_event(|event| {
        events.push(event);
        Ok(())
    })?;
    let change = store.begin()?;
    change.clear_projected()?;
    let mut projector = Projector::default();
    for event in &events {
        projector.event(&change, event)?;
        if event.sequence.is_multiple_of(4096) {
            progress("reading events", event.sequence, total);
        }
    }
    change.commit()
}

/// Whether the ledger has runs of linking and of family matching.
pub(crate) fn runs(store: &Store) -> Result<[bool; 2], Error> {
    let mut runs = [false; 2];
    store.each_event(|event| {
        runs[0] |= event.kind == wire::PEOPLE_LINKED;
        runs[1] |= event.kind == wire::FAMILIES_PROPOSED;
        Ok(())
    })?;
    Ok(runs)
}
