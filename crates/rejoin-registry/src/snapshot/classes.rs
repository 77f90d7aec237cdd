//! Kinds of people, by what decides whether they are seen: who contributed them, who holds them, to whom they are assigned.
//! There are few, so that whoever looks down a long list asks once for each kind. Everybody of whom more than their kind
//! decides (a rule, an emergency, a verification, an assignment that ends) is asked about alone.

use super::Snapshot;
use rejoin_access::{Asked, Assignee, Decider, Organisation, Protected, Purpose, SubjectFacts};
use rejoin_model::{PersonId, RecordId};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

/// The kind of somebody who is asked about alone.
pub(crate) const ALONE: u32 = u32::MAX;

type Key = (Vec<Organisation>, Vec<Organisation>, bool, BTreeSet<Assignee>);

/// Kinds, numbered from 0 in the order in which they were met. A kind is never taken away.
#[derive(Default)]
pub(crate) struct Classes {
    known: RwLock<(HashMap<Key, u32>, Vec<Arc<SubjectFacts>>)>,
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
    /// By kind; of who is asked about alone, by place.
    seen: RefCell<(Vec<Option<u16>>, HashMap<u32, u16>)>,
    everybody_alone: bool,
}

/// The bit of those who are such as are looked for.
const SUCH: u16 = 1 << 15;

impl<'a> Eye<'a> {
    /// For at most seven groups or fields. `such`: whom one looks for, by nothing but what a kind has in common.
    pub fn new(
        decider: Decider<'a>,
        snapshot: &'a Snapshot,
        asked: &'a [Asked],
        such: &'a dyn Fn(&SubjectFacts) -> bool,
    ) -> Self {
        let base = &snapshot.base;
        let mut alone: HashSet<u32> = HashSet::new();
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
        let everybody_alone = unsettled.is_none();
        alone.extend(unsettled.into_iter().flatten());
        let mut bits = if alone.is_empty() { Vec::new() } else { vec![0u64; base.people.len().div_ceil(64)] };
        alone.iter().for_each(|person| bits[*person as usize / 64] |= 1 << (person % 64));
        let seen = RefCell::default();
        Self { decider, snapshot, asked, such, alone: bits, seen, everybody_alone }
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

    fn of(&self, person: u32) -> u16 {
        self.of_kind(person, self.snapshot.class(person))
    }

    fn of_kind(&self, person: u32, class: u32) -> u16 {
        let mut seen = self.seen.borrow_mut();
        let alone = self.alone.get(person as usize / 64).is_some_and(|bits| bits & 1 << (person % 64) != 0);
        if class == ALONE || self.everybody_alone || alone {
            if let Some(known) = seen.1.get(&person) {
                return *known;
            }
            let found = self.snapshot.facts(person, self.decider.now);
            let looked = self.look(&found);
            seen.1.insert(person, looked);
            return looked;
        }
        let class = class as usize;
        if class >= seen.0.len() {
            seen.0.resize(class + 1, None);
        }
        if let Some(known) = seen.0[class] {
            return known;
        }
        let facts = self.snapshot.base.classes.facts(class as u32);
        let looked = facts.map_or(0, |facts| self.look(&facts));
        seen.0[class] = Some(looked);
        looked
    }

    /// How much of the group or field asked for in that place is shown of a person: 0 nothing, 1 reduced, 2 in full.
    pub fn extent(&self, person: u32, asked: usize) -> u8 {
        (self.of(person) >> (2 * asked) & 3) as u8
    }

    /// The same of a person whose kind is known, of the first that was asked for: whether anything is shown, and whether
    /// the person is such as is looked for.
    pub fn glance(&self, person: u32, class: u32) -> (bool, bool) {
        let seen = self.of_kind(person, class);
        (seen & 3 != 0, seen & SUCH != 0)
    }
}
