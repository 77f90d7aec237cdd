//! Erasure and retention. A person's data is erased by destroying the keys that it was sealed under: every copy of the
//! sealed bytes becomes unreadable, and the ledger keeps its chain and a tombstone. A legal hold forbids it.

use crate::keys::{hex, random};
use crate::rules::reason;
use crate::store::{families_digest, people_digest};
use crate::wire::{self, SubjectErased};
use crate::{Case, Error, Stamp};
use rejoin_casework::StreamId;
use rejoin_model::{PersonId, RecordId};

pub(crate) const HOLDS: &str = "holds";
pub(crate) const HOLD_PLACED: &str = "hold-placed";
pub(crate) const HOLD_LIFTED: &str = "hold-lifted";

/// What an erasure came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erased {
    /// The tombstone's position in the ledger.
    pub event: u64,
    /// Records that were erased.
    pub records: u64,
    /// Keys that were destroyed.
    pub keys: u64,
}

/// A legal hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Its id.
    pub id: String,
    /// Records that it keeps.
    pub records: Vec<RecordId>,
    /// Why.
    pub reason: String,
    /// By whom.
    pub placed_by: String,
    /// Since when, microseconds since 1970-01-01 UTC.
    pub from: i64,
    /// Until when.
    pub until: Option<i64>,
}

impl Case {
    /// Erases a person: the tombstone is written, then the keys are destroyed. What dies between the two is finished by
    /// [`Case::finish_erasures`].
    pub(crate) fn erase(
        &self,
        person: PersonId,
        why: &str,
        authority: &str,
        stamp: &Stamp,
    ) -> Result<Erased, Error> {
        let (why, authority) = (reason(why)?, reason(authority)?);
        let change = self.store.begin()?;
        let records = self.record_ids(person)?;
        if records.is_empty() {
            return Err(Error::Refused(format!("nobody here has the id {person}")));
        }
        let subjects: Vec<String> = records.iter().map(RecordId::to_string).collect();
        // A hold keeps what is kept of two people, too: a decision, a comparison.
        let mut concerned = subjects.clone();
        for table in ["decision", "dna"] {
            let sql = format!("SELECT child, other FROM {table}");
            let pairs =
                self.store.database.rows(&sql, &[], |row| Ok([row.get::<String>(0)?, row.get(1)?]))?;
            let shared = pairs.into_iter().filter(|pair| pair.iter().any(|one| subjects.contains(one)));
            concerned.extend(shared.flatten());
        }
        let held = self.held(stamp.at_micros)?;
        if concerned.iter().any(|record| held.contains(record)) {
            return Err(Error::Denied(rejoin_access::Refusal::Held.words().0.into()));
        }
        let tombstone = SubjectErased {
            subjects: subjects.clone(),
            reason: why,
            authority,
            people: String::new(),
            families: String::new(),
        };
        // What is left is known when the derived rows are gone; the position of the event, before it is written.
        let position = change.checkpoint()?.size + 1;
        change.erased(position, &tombstone)?;
        let tombstone = SubjectErased {
            people: people_digest(&self.store)?,
            families: families_digest(&self.store)?,
            ..tombstone
        };
        let event = change.append(stamp, wire::SUBJECT_ERASED, &tombstone)?;
        change.commit()?;
        // From the tombstone on nobody is shown what was read before it.
        self.shared.forget();
        let keys = self.store.keys.destroy(&subjects)?;
        Ok(Erased { event, records: subjects.len() as u64, keys })
    }

    /// Erases a tracing request, whose events are sealed for it alone.
    pub(crate) fn erase_request(
        &self,
        request: &str,
        why: &str,
        authority: &str,
        stamp: &Stamp,
    ) -> Result<Erased, Error> {
        let (reason, authority) = (reason(why)?, reason(authority)?);
        let change = self.store.begin()?;
        let named = matches!(request.parse(), Ok(StreamId::Tracing(_)));
        if !named || self.store.version(request)? == 0 {
            return Err(Error::Refused(format!("there is no tracing request {request:?}")));
        }
        let tombstone = SubjectErased {
            subjects: vec![request.to_owned()],
            reason,
            authority,
            people: people_digest(&self.store)?,
            families: families_digest(&self.store)?,
        };
        let event = change.append(stamp, wire::SUBJECT_ERASED, &tombstone)?;
        change.erased(event, &tombstone)?;
        change.commit()?;
        let keys = self.store.keys.destroy(&tombstone.subjects)?;
        Ok(Erased { event, records: 0, keys })
    }

    /// Destroys keys whose tombstone is written and that are still there: after a crash, or a restored backup of keys.
    ///
    /// # Errors
    /// When the keys cannot be written.
    pub fn finish_erasures(&self) -> Result<u64, Error> {
        self.store.finish_erasures()
    }

    pub(crate) fn place_hold(
        &self,
        person: PersonId,
        why: &str,
        until: Option<i64>,
        stamp: &Stamp,
    ) -> Result<String, Error> {
        let records = self.record_ids(person)?;
        if records.is_empty() {
            return Err(Error::Refused(format!("nobody here has the id {person}")));
        }
        let subjects: Vec<String> = records.iter().map(RecordId::to_string).collect();
        let id = hex(&random::<5>()?);
        let mut parts = vec![
            ("id".to_owned(), id.clone()),
            ("subjects".to_owned(), subjects.join("\n")),
            ("reason".to_owned(), reason(why)?),
        ];
        parts.extend(until.map(|until| ("until".to_owned(), until.to_string())));
        let change = self.store.begin()?;
        change.append_stream(stamp, HOLDS, HOLD_PLACED, &[&subjects[0]], parts)?;
        change.commit()?;
        Ok(id)
    }

    pub(crate) fn lift_hold(&self, id: &str, why: &str, stamp: &Stamp) -> Result<(), Error> {
        let hold = self.holds()?.into_iter().find(|hold| hold.id == id);
        let hold = hold.ok_or_else(|| Error::Refused(format!("there is no hold {id:?}")))?;
        let parts = vec![("id".to_owned(), id.to_owned()), ("reason".to_owned(), reason(why)?)];
        let change = self.store.begin()?;
        let subject = hold.records.first().map(RecordId::to_string).unwrap_or_default();
        change.append_stream(stamp, HOLDS, HOLD_LIFTED, &[&subject], parts)?;
        change.commit()
    }

    /// Holds that were not lifted, oldest first.
    pub(crate) fn holds(&self) -> Result<Vec<Hold>, Error> {
        let mut holds: Vec<Hold> = Vec::new();
        for event in self.store.read_stream(HOLDS)? {
            let id = event.part("id").unwrap_or_default();
            if event.event.kind == HOLD_LIFTED {
                holds.retain(|hold| hold.id != id);
                continue;
            }
            let subjects = event.part("subjects").unwrap_or_default();
            holds.push(Hold {
                id: id.to_owned(),
                records: subjects.lines().filter_map(|record| record.parse().ok()).collect(),
                reason: event.part("reason").unwrap_or_default().to_owned(),
                placed_by: event.event.actor.clone(),
                from: event.event.at_micros,
                until: event.part("until").and_then(|until| until.parse().ok()),
            });
        }
        Ok(holds)
    }
}
