//! Kinds of people, by what decides whether they are seen: who contributed them, who holds them, to whom they are assigned.
//! There are few, so that whoever looks down a long list asks once for each kind. Everybody of whom more than their kind
//! decides (a rule, an emergency, a verification, an assignment that ends) is asked about alone.

use super::Snapshot;
use rejoin_access::{Asked, Assignee, Decider, Organisation, Protected, Purpose, SubjectFacts};
use rejoin_model::{PersonId, RecordId};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

/// The kind of somebody who is asked about alone.
pub(crate) const ALONE: u32 = u32::MAX;

type Key = (Vec<Organisation>, Vec<Organisation>, bool, BTreeSet<Assignee>);

/// The number of each kind, and what it has in common.
type Kinds = (HashMap<Key, u32>, Vec<Arc<SubjectFacts>>);

/// Kinds, numbered from 0 in the order in which they were met. A kind is never taken away.
#[derive(Default)]
pub(crate) struct Classes {
    known: RwLock<Kinds>,
}

impl Classes {
    /// The kind of somebody with these facts, and of nobody else's rules.
    pub fn of(&self, facts: &SubjectFacts) -> u32 {
        let key =
            (facts.contributed_by.clone(), facts.held_by.clone(), facts.is_child, facts.assigned_to.clone());
        if let Some(class) = self.known.read().unwrap_or_else(PoisonError::into_inner).0.get(&key) {
            return *class;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let (classes, facts_of) = &mut *known;
        *classes.entry(key).or_insert_with(|| {
            // Of no person: none that a rule, an account or a record could be about.
            facts_of.push(Arc::new(SubjectFacts {
                person: PersonId::from_bytes([0; 10]),
                records: BTreeSet::new(),
                hold: false,
                ..facts.clone()
            }));
            facts_of.len() as u32 - 1
        })
    }

    /// How many kinds there are.
    pub fn count(&self) -> usize {
        self.known.read().unwrap_or_else(PoisonError::into_inner).1.len()
    }

    /// The facts that a kind has in common.
    pub fn facts(&self, class: u32) -> Option<Arc<SubjectFacts>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).1.get(class as usize).cloned()
    }
}

/// How somebody with a purpose looks down a list: who is in it, and how much is shown of each group asked for.
pub(crate) struct Eye<'a> {
    pub decider: Decider<'a>,
    pub snapshot: &'a Snapshot,
    asked: &'a [Asked],
    such: &'a dyn Fn(&SubjectFacts) -> bool,
    /// Who is asked about alone, a bit each; empty: nobody but those who have no kind.
    alone: Vec<u64>,
    /// What is seen, by kind.
    kinds: Vec<Cell<u16>>,
    /// Of those who are asked about alone, by place.
    single: RefCell<HashMap<u32, u16>>,
}

/// The bit of those who are such as are looked for.
const SUCH: u16 = 1 << 14;
/// Nobody has looked yet.
const UNSEEN: u16 = u16::MAX;

impl<'a> Eye<'a> {
    /// For at most seven groups or fields. `such`: whom one looks for, by nothing but what a kind has in common.
    pub fn new(
        decider: Decider<'a>,
        snapshot: &'a Snapshot,
        asked: &'a [Asked],
        such: &'a dyn Fn(&SubjectFacts) -> bool,
    ) -> Self {
        let base = &snapshot.base;
        let mut alone: Vec<u32> = Vec::new();
        for protected in decider.rules.concerned() {
            let bytes = match protected {
                Protected::Person(person) => *person.as_bytes(),
                Protected::Record(record) => *record.as_bytes(),
            };
            // A person is named after a record, and a rule about a person holds for whom it is then.
            alone.extend(base.person_of(RecordId::from_bytes(bytes)));
            alone.extend(base.at(PersonId::from_bytes(bytes)));
        }
        alone.extend(decider.actor.subject_of.and_then(|own| base.at(own)));
        let unsettled = snapshot.unsettled(decider.now);
        let bits = match unsettled {
            None => vec![u64::MAX; base.people.len().div_ceil(64)],
            Some(few) => {
                alone.extend(few);
                let count = if alone.is_empty() { 0 } else { base.people.len().div_ceil(64) };
                let mut bits = vec![0u64; count];
                alone.iter().for_each(|person| bits[*person as usize / 64] |= 1 << (person % 64));
                bits
            }
        };
        let kinds = vec![Cell::new(UNSEEN); base.classes.count()];
        Self { decider, snapshot, asked, such, alone: bits, kinds, single: RefCell::default() }
    }

    fn look(&self, facts: &SubjectFacts) -> u16 {
        // Under statistics people are counted, and never shown one by one.
        if self.decider.purpose == Purpose::Statistics || self.decider.refusal(Some(facts)).is_some() {
            return 0;
        }
        let such = if (self.such)(facts) { SUCH } else { 0 };
        self.asked.iter().enumerate().fold(such, |seen, (at, asked)| {
            let extent = self.decider.decide(facts, *asked).decision.extent();
            seen | u16::from(extent) << (2 * at)
        })
    }

    fn of_kind(&self, person: u32, class: u32) -> u16 {
        match self.kinds.get(class as usize).filter(|_| !self.is_alone(person)) {
            Some(seen) if seen.get() != UNSEEN => seen.get(),
            Some(seen) => {
                let facts = self.snapshot.base.classes.facts(class);
                seen.set(facts.map_or(0, |facts| self.look(&facts)));
                seen.get()
            }
            None => self.alone(person),
        }
    }

    fn alone(&self, person: u32) -> u16 {
        let mut single = self.single.borrow_mut();
        *single.entry(person).or_insert_with(|| self.look(&self.snapshot.facts(person, self.decider.now)))
    }

    /// Whether somebody is asked about alone, whatever the kind.
    pub fn is_alone(&self, person: u32) -> bool {
        self.alone.get(person as usize / 64).is_some_and(|bits| bits & 1 << (person % 64) != 0)
    }

    /// The same as [`Eye::glance`] of whoever is of a kind and not asked about alone.
    pub fn glance_at_kind(&self, class: u32) -> (bool, bool) {
        // Nobody has that place: it is not asked about alone.
        self.glance(u32::MAX, class)
    }

    /// How much of the group or field asked for in that place is shown of a person: 0 nothing, 1 reduced, 2 in full.
    pub fn extent(&self, person: u32, asked: usize) -> u8 {
        (self.of_kind(person, self.snapshot.class(person)) >> (2 * asked) & 3) as u8
    }

    /// Of a person whose kind is known, whether anything is shown of the first that was asked for, and whether the person is
    /// such as is looked for.
    pub fn glance(&self, person: u32, class: u32) -> (bool, bool) {
        let seen = self.of_kind(person, class);
        (seen & 3 != 0, seen & SUCH != 0)
    }
}
