//! What an export needs of the registry: links that people verified, and ids that are not the registry's own. Whoever
//! receives two exports can tell that a person is in both, and nothing else; only the case's keys lead back.

use crate::database::values;
use crate::project::{StoredEvent, payload};
use crate::store::EVENT;
use crate::wire::{self, Seen};
use crate::{Case, Desk, Error, View};
use rejoin_access::{Action, FieldGroup};
use rejoin_casework::State;
use rejoin_model::{PersonId, RecordId, Relation};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A link that people verified, and nothing competes with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedLink {
    /// The child.
    pub child: PersonId,
    /// The adult.
    pub adult: PersonId,
    /// What the adult is to the child.
    pub relation: Relation,
    /// Who signed, in the order of signing.
    pub by: Vec<String>,
    /// When the last of them did, microseconds since 1970-01-01 UTC.
    pub on: i64,
}

impl Case {
    /// The id under which a person goes out: the same in every export of this case, and without the case's keys nobody
    /// can tell whose it is.
    ///
    /// # Errors
    /// When the keys cannot be read.
    pub fn outward(&self, person: PersonId) -> Result<String, Error> {
        Ok(format!("x-{}", self.store.keys.token("outward", &person.to_string())?))
    }
}

impl View {
    /// Every family-unit number ever on record and not hidden: record, list and number.
    pub fn units(&self) -> &[(RecordId, String, String)] {
        &self.units
    }
}

impl Desk<'_> {
    /// Verified links between people whose files of casework may be seen.
    ///
    /// # Errors
    /// When the case cannot be read.
    pub fn verified(&self) -> Result<Vec<VerifiedLink>, Error> {
        let mut links = Vec::new();
        for name in self.case.store.streams("c-")? {
            let Ok(stream) = name.parse() else { continue };
            let State::Child(file) = self.case.state(stream)? else { continue };
            for found in file.matches() {
                let Ok(verified) = file.verified(found.claim()) else { continue };
                let signatures = found.verification().map_or(&[][..], |one| &one.signatures);
                links.push(VerifiedLink {
                    child: self.case.person_of_record(verified.child())?,
                    adult: self.case.person_of_record(verified.adult())?,
                    relation: verified.relation(),
                    by: signatures.iter().map(|one| one.signed.by.clone()).collect(),
                    on: verified.at_micros(),
                });
            }
        }
        let decider = self.decider();
        let mut shown: HashMap<PersonId, bool> = HashMap::new();
        for person in links.iter().flat_map(|link| [link.child, link.adult]).collect::<BTreeSet<_>>() {
            let facts = self.facts_of(person)?;
            let whole = facts
                .is_some_and(|facts| decider.decide(&facts, FieldGroup::Casework).decision.extent() == 2);
            shown.insert(person, whole);
        }
        links.retain(|link| shown[&link.child] && shown[&link.adult]);
        self.read("verified links", links.len() as u64)?;
        Ok(links)
    }

    /// Whom an outward id means, also one that was given out before further records were linked to the person. It is
    /// written down as a reading; none when nobody has it, or the reader may not know of the person.
    ///
    /// # Errors
    /// [`Error::Denied`] for who may not export.
    pub fn who(&self, outward: &str) -> Result<Option<PersonId>, Error> {
        self.may(Action::Export, None)?;
        self.may_look_up()?;
        let records =
            self.case.store.database.rows("SELECT id FROM record", &[], |row| row.get::<String>(0))?;
        let mut found = None;
        for record in records.iter().filter_map(|record| record.parse::<RecordId>().ok()) {
            // A person is named after one of its records.
            if self.case.outward(PersonId::of_smallest(record))? == outward {
                found = Some(record);
            }
        }
        let facts = match found {
            Some(record) => self.facts_of(self.case.person_of_record(record)?)?,
            None => None,
        };
        if let Some(refusal) = self.decider().refusal(facts.as_ref()) {
            self.missed()?;
            self.refuse(refusal, "export who", facts.as_ref())?;
            return Ok(None);
        }
        let Some(facts) = facts else { return Ok(None) };
        let subjects = facts.records.iter().map(RecordId::to_string).collect();
        self.write_seen(wire::FILE_READ, &self.seen(subjects, "export who", 1, None))?;
        Ok(Some(facts.person))
    }

    /// Outward ids of people who went out in exports of this name and were erased since, with the hour of the erasure
    /// (microseconds since 1970-01-01 UTC): who was told of them is to be told that they are not there any more.
    ///
    /// # Errors
    /// [`Error::Denied`] for who may not export.
    pub fn erased_since(&self, what: &str) -> Result<Vec<(String, i64)>, Error> {
        self.may(Action::Export, None)?;
        let erased: BTreeMap<String, i64> = self
            .case
            .store
            .database
            .rows(
                "SELECT x.subject, e.at_micros FROM erased x JOIN event e ON e.sequence = x.event",
                &[],
                |row| Ok((row.get::<String>(0)?, row.get::<i64>(1)?)),
            )?
            .into_iter()
            .collect();
        if erased.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!("SELECT {EVENT} FROM event e WHERE e.kind = ?1 ORDER BY e.sequence");
        let exports =
            self.case.store.database.rows(&sql, values![wire::DATA_EXPORTED], StoredEvent::from_row)?;
        let mut gone = BTreeMap::new();
        for event in exports {
            let Some(seen) = payload::<Seen>(&self.case.store.keys, &event)? else { continue };
            for subject in seen.subjects.iter().filter(|_| seen.what == what) {
                if let (Some(at), Ok(record)) = (erased.get(subject), subject.parse()) {
                    gone.insert(self.case.outward(PersonId::of_smallest(record))?, *at);
                }
            }
        }
        Ok(gone.into_iter().collect())
    }
}
