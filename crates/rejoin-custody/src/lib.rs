//! Custody chains, the custody invariant, separations and clocks: records of one person to an account of who had
//! that person, where, and what is missing from the account.
//!
//! Pure: the day on which one asks is a parameter. Nothing is repaired: a hole stays a hole and is reported.

pub mod chain;
pub mod clock;
pub mod separation;
#[cfg(test)]
mod tests_support;

use rejoin_model::{Chain, Field, ListKind, Moment, PersonId, Record, Separation, Subject};

/// A person with everything the records say of it.
#[derive(Debug, Clone)]
pub struct Person<'a> {
    /// The person.
    pub id: PersonId,
    /// Child or adult, by the records.
    pub subject: Subject,
    /// The records, in the order of their ids.
    pub records: Vec<&'a Record>,
    /// Custody.
    pub chain: Chain,
    /// The separation, if the person is a separated child.
    pub separation: Option<Separation>,
}

impl<'a> Person<'a> {
    /// Gathers a person's records and rebuilds its custody. Separations are found by [`separation::find`].
    pub fn new(id: PersonId, mut records: Vec<&'a Record>) -> Self {
        records.sort_by_key(|record| record.id);
        let chain = chain::build(id, &records);
        Self { id, subject: subject(&records), records, chain, separation: None }
    }

    /// Whether a shelter's list has the person now.
    pub fn is_listed_child(&self) -> bool {
        self.records.iter().any(|record| record.kind == ListKind::ShelterStay && !record.withdrawn)
    }

    /// The first value that a record has, in the order of records. A record that its list withdrew speaks only where no
    /// other does.
    pub fn first<T>(&self, read: impl Fn(&'a Record) -> Option<T>) -> Option<T> {
        let of = |withdrawn| self.records.iter().filter(move |record| record.withdrawn == withdrawn);
        of(false).chain(of(true)).find_map(|record| read(record))
    }

    /// The earliest recorded apprehension; records that their list withdrew speak only where no other does.
    pub fn apprehended(&self) -> Option<Moment> {
        let of = |withdrawn| {
            let records = self.records.iter().filter(move |record| record.withdrawn == withdrawn);
            records.filter_map(|record| record.moment(Field::Apprehended)).min_by_key(|at| at.earliest())
        };
        of(false).or_else(|| of(true))
    }

    /// Age on a day, by birth date if any record has one, else the first stated age.
    pub fn age_on(&self, day: Moment) -> Option<u8> {
        let by_birth = |record: &'a Record| record.moment(Field::BirthDate).and_then(|_| record.age_on(day));
        self.first(by_birth).or_else(|| self.first(|record| record.age_of(Field::Age)))
    }
}

/// Being in a shelter's list makes a child; else the records' own word, children first.
fn subject(records: &[&Record]) -> Subject {
    let said = |subject| records.iter().any(|record| record.subject == subject);
    if records.iter().any(|record| record.kind == ListKind::ShelterStay) || said(Subject::Child) {
        return Subject::Child;
    }
    if said(Subject::Adult) { Subject::Adult } else { Subject::Unknown }
}
