//! What is on record of reading: who read a file, who was refused what.

use crate::database::values;
use crate::desk::Desk;
use crate::project::{StoredEvent, payload};
use crate::store::EVENT;
use crate::wire::{self, Seen};
use crate::{Case, Delivery, Error};
use rejoin_access::{Action, FieldGroup, Lens, Refusal};
use rejoin_model::RecordId;

/// Somebody read or was refused a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Position in the ledger.
    pub sequence: u64,
    /// When, microseconds since 1970-01-01 UTC.
    pub at_micros: i64,
    /// Who.
    pub actor: String,
    /// `file-read`, `data-exported`, `access-refused`, or the kind of a file's event.
    pub kind: String,
    /// For what.
    pub purpose: String,
    /// What.
    pub what: String,
}

fn cut_reading(lens: &Lens<'_>, reading: &Reading) -> Option<Reading> {
    lens.whole(FieldGroup::Readers, reading.clone())
}

impl Desk<'_> {
    /// Who read, exported, was refused or worked on a person's file, oldest first.
    pub fn readers(&self, id: &str) -> Result<Vec<Reading>, Error> {
        let facts = self.facts(id)?;
        let decider = self.decider();
        if let Some(refusal) = decider.refusal(facts.as_ref()) {
            return Err(self.refuse_id(refusal, "readers", Some(id), facts.as_ref())?);
        }
        let Some(facts) = facts else { return Ok(Vec::new()) };
        let subjects = facts.records.iter().map(RecordId::to_string).collect();
        self.write_seen(wire::FILE_READ, &self.seen(subjects, "readers", 1, None))?;
        let mut readings = Vec::new();
        for record in &facts.records {
            for event in self.case.events_about(&record.to_string())? {
                let seen = payload::<Seen>(&self.case.store.keys, &event).ok().flatten();
                readings.push(reading(event, seen));
            }
        }
        readings.sort_by_key(|reading| reading.sequence);
        readings.dedup();
        Ok(readings
            .iter()
            .filter_map(|reading| decider.view(&facts, reading, cut_reading)?.into_inner())
            .collect())
    }

    /// Deliveries, oldest first. They say nothing of anybody.
    pub fn deliveries(&self) -> Result<Vec<Delivery>, Error> {
        // How many rows a list has says how many are hidden.
        if !self.seat().actor.has(Action::ReadAudit) {
            return Err(self.refuse(Refusal::NotGranted, "deliveries", None)?);
        }
        self.case.deliveries_whole()
    }

    /// Everything that was refused, oldest first: by whom, for which purpose, what. Of whom is told to nobody here; a
    /// person's own readers are in [`Desk::readers`].
    ///
    /// # Errors
    /// [`Error::Denied`] for who may not read the log.
    pub fn refusals(&self) -> Result<Vec<Reading>, Error> {
        self.may(Action::ReadAudit, None)?;
        let mut refusals = Vec::new();
        for event in self.case.store.events_of(wire::ACCESS_REFUSED)? {
            let seen = payload::<Seen>(&self.case.store.keys, &event)?;
            refusals.push(reading(event, seen));
        }
        Ok(refusals)
    }
}

fn reading(event: StoredEvent, seen: Option<Seen>) -> Reading {
    let (purpose, what) = match seen {
        Some(seen) => (seen.purpose, seen.what),
        None => (String::new(), event.kind.clone()),
    };
    Reading {
        sequence: event.sequence,
        at_micros: event.at_micros,
        actor: event.actor,
        kind: event.kind,
        purpose,
        what,
    }
}

impl Case {
    /// Events that concern a subject, oldest first.
    fn events_about(&self, subject: &str) -> Result<Vec<StoredEvent>, Error> {
        let sql = format!(
            "SELECT {} FROM activity a JOIN event e ON e.sequence = a.event WHERE a.subject = ?1 ORDER BY e.sequence",
            EVENT
        );
        self.store.database.rows(&sql, values![subject], StoredEvent::from_row)
    }
}
