//! What a snapshot has of lists, links and proposed families: everything that only a delivery, a run or an erasure
//! changes. People and records are found by their places in sorted rows.

use crate::view::Whole;
use crate::{Case, Error};
use rejoin_access::Organisation;
use rejoin_casework::worklist::ClockOutcome;
use rejoin_custody::clock::Standing;
use rejoin_model::{Bound, Custodian, FamilyCandidate, Moment, PersonId, Record, RecordId, Subject};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::classes::Classes;
use super::index::Index;

/// The age below which a child is of tender age: that of the order of 26 June 2018.
const TENDER: u8 = 5;

/// Everything that casework does not change.
pub(crate) struct Base {
    /// What was read.
    pub whole: Whole,
    /// Everybody, ascending. A person's place here is how it is known below.
    pub people: Vec<PersonId>,
    /// Of each record of `whole`, its person.
    pub person_at: Vec<u32>,
    records: Groups,
    candidates: Groups,
    /// Of each person, the children whose family it may be; and of each child, those who may be its family.
    children: Groups,
    others: Groups,
    /// What records say, by person.
    pub said: Vec<Said>,
    clocks: Vec<(u32, Running)>,
    /// Who contributes each list.
    pub organisations: HashMap<String, Organisation>,
    /// The day as of which ages and clocks are.
    pub as_of: Moment,
    /// Kinds of people, by what decides whether they are seen.
    pub classes: Classes,
    /// How people are found by name and number; made when it is first needed.
    index: OnceLock<Index>,
    /// Candidates by urgency; made when first needed.
    queue: OnceLock<Vec<Place>>,
}

/// What records say of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub subject: Subject,
    pub age: Option<u8>,
    /// Who has the person now, and where.
    pub held: Option<(Custodian, Option<Arc<str>>)>,
    /// Micros since when a child in a shelter's list is in care.
    pub in_care_since: Option<i64>,
    /// A shelter's list has the child.
    pub listed: bool,
    /// Somebody of some likelihood is proposed as a parent.
    pub proposed: bool,
}

/// A clock that may give a row of a work-list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Running {
    /// Its place among the clocks.
    pub clock: u16,
    pub standing: Stands,
    pub due_micros: Option<i64>,
}

/// How it stands; one that was met, or missed for a reason, gives no row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stands {
    MissedNoReason,
    Running,
    CannotTell,
    NotInAnyList,
}

/// A candidate, and the places of its people.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Place {
    pub candidate: u32,
    pub child: u32,
    pub other: u32,
    pub probability: f32,
    pub is_parent: bool,
}

/// Things by the person that they belong to.
struct Groups {
    starts: Vec<u32>,
    of: Vec<u32>,
}

impl Groups {
    /// Of pairs of a person and a thing; those of a person keep their order.
    fn new(people: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut starts = vec![0u32; people + 1];
        pairs.clone().for_each(|(person, _)| starts[person as usize + 1] += 1);
        for at in 0..people {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let mut of = vec![0u32; starts[people] as usize];
        for (person, thing) in pairs {
            of[next[person as usize] as usize] = thing;
            next[person as usize] += 1;
        }
        Self { starts, of }
    }

    fn of(&self, person: u32) -> &[u32] {
        &self.of[self.starts[person as usize] as usize..self.starts[person as usize + 1] as usize]
    }
}

impl Base {
    pub fn new(case: &Case, whole: Whole) -> Result<Self, Error> {
        let mut people: Vec<PersonId> = whole.person_of.values().copied().collect();
        people.sort_unstable();
        people.dedup();
        let at = |person: &PersonId| people.binary_search(person).ok().map(|at| at as u32);
        let person_at: Vec<u32> =
            whole.records.iter().map(|record| at(&whole.person_of[&record.id]).unwrap_or(u32::MAX)).collect();
        let records =
            Groups::new(people.len(), (0u32..).zip(&person_at).map(|(record, person)| (*person, record)));
        let candidates: Vec<(u32, u32)> = (0u32..)
            .zip(&whole.candidates)
            .flat_map(|(candidate, of)| {
                let both = [at(&of.child), at(&of.other)];
                both.into_iter().flatten().map(move |person| (person, candidate))
            })
            .collect();
        let candidates = Groups::new(people.len(), candidates.iter().copied());
        let pairs: Vec<(u32, u32)> =
            whole.candidates.iter().filter_map(|of| Some((at(&of.child)?, at(&of.other)?))).collect();
        let others = Groups::new(people.len(), pairs.iter().copied());
        let children = Groups::new(people.len(), pairs.iter().map(|(child, other)| (*other, *child)));
        let mut organisations = HashMap::new();
        for record in &whole.records {
            if !organisations.contains_key(&record.list) {
                organisations.insert(record.list.clone(), case.organisation_of_list(&record.list)?);
            }
        }
        let (said, clocks, as_of) = Self::read(&whole, &people);
        let classes = Classes::default();
        let (index, queue) = (OnceLock::new(), OnceLock::new());
        Ok(Self {
            whole,
            people,
            person_at,
            records,
            candidates,
            children,
            others,
            said,
            clocks,
            organisations,
            as_of,
            classes,
            index,
            queue,
        })
    }

    /// What custody and clocks say of everybody.
    fn read(whole: &Whole, ids: &[PersonId]) -> (Vec<Said>, Vec<(u32, Running)>, Moment) {
        let people = whole.people();
        let scene = whole.scene(&people, None);
        let mut places: HashMap<String, Arc<str>> = HashMap::new();
        let mut said = Vec::with_capacity(people.len());
        let mut clocks = Vec::new();
        // People come in the order of their ids, as `ids` are.
        for (at, person) in (0u32..).zip(&people) {
            debug_assert_eq!(ids.get(at as usize), Some(&person.id));
            let open = person.chain.intervals.last().filter(|interval| interval.to == Bound::Open);
            let listed = person.is_listed_child();
            let held = open.map(|interval| {
                let place = interval.place.as_deref().map(|place| match places.get(place) {
                    Some(known) => Arc::clone(known),
                    None => {
                        let new: Arc<str> = place.into();
                        places.insert(place.to_owned(), Arc::clone(&new));
                        new
                    }
                });
                (interval.custodian, place)
            });
            let since = open.filter(|_| listed).and_then(|interval| interval.from.moment());
            said.push(Said {
                subject: person.subject,
                age: person.age_on(scene.as_of),
                held,
                in_care_since: since.map(crate::casework::micros),
                listed,
                proposed: false,
            });
            for (clock, rule) in (0u16..).zip(&whole.clocks).filter(|_| listed) {
                let standing = match rule.standing(person, scene.as_of, scene.fold) {
                    Some(Standing::Missed(None)) => Stands::MissedNoReason,
                    Some(Standing::Running) => Stands::Running,
                    Some(Standing::CannotTell) => Stands::CannotTell,
                    Some(Standing::NotInAnyList) => Stands::NotInAnyList,
                    Some(Standing::Met | Standing::MetByReunification | Standing::Missed(Some(_))) | None => {
                        continue;
                    }
                };
                let due_micros = rule.runs_out(person).map(|minutes| minutes * 60_000_000);
                clocks.push((at, Running { clock, standing, due_micros }));
            }
        }
        for candidate in whole.candidates.iter().filter(|candidate| crate::casework::is_proposed(candidate)) {
            if let Ok(at) = ids.binary_search(&candidate.child) {
                said[at].proposed = true;
            }
        }
        (said, clocks, scene.as_of)
    }

    /// Where a person is.
    pub fn at(&self, person: PersonId) -> Option<u32> {
        self.people.binary_search(&person).ok().map(|at| at as u32)
    }

    /// Where a record is.
    pub fn record_at(&self, record: RecordId) -> Option<usize> {
        self.whole.records.binary_search_by_key(&record, |one| one.id).ok()
    }

    /// The person of a record.
    pub fn person_of(&self, record: RecordId) -> Option<u32> {
        Some(self.person_at[self.record_at(record)?])
    }

    /// Places of a person's records, in the order of their ids.
    pub fn record_places(&self, person: u32) -> &[u32] {
        self.records.of(person)
    }

    /// A person's records, in the order of their ids.
    pub fn records(&self, person: u32) -> impl DoubleEndedIterator<Item = &Record> + Clone {
        self.records.of(person).iter().map(|at| &self.whole.records[*at as usize])
    }

    /// Places of the candidates in which a person is the child or the other.
    pub fn candidates(&self, person: u32) -> &[u32] {
        self.candidates.of(person)
    }

    /// Children whose family a person may be, by what is proposed; one perhaps more than once.
    pub fn children(&self, person: u32) -> &[u32] {
        self.children.of(person)
    }

    /// Those who may be a child's family.
    pub fn others(&self, child: u32) -> &[u32] {
        self.others.of(child)
    }

    /// Under five, by the records.
    pub fn is_tender(&self, person: u32) -> bool {
        let said = &self.said[person as usize];
        said.subject != Subject::Adult && said.age.is_some_and(|age| age < TENDER)
    }

    /// A child's clocks, as a work-list takes them.
    pub fn outcomes(&self, person: u32, child: RecordId) -> Vec<ClockOutcome> {
        let from = self.clocks.partition_point(|(at, _)| *at < person);
        let own = self.clocks[from..].iter().take_while(|(at, _)| *at == person);
        own.map(|(_, running)| {
            let rule = &self.whole.clocks[usize::from(running.clock)];
            ClockOutcome {
                child,
                clock: rule.id.clone(),
                title: rule.title.clone(),
                standing: match running.standing {
                    Stands::MissedNoReason => Standing::Missed(None),
                    Stands::Running => Standing::Running,
                    Stands::CannotTell => Standing::CannotTell,
                    Stands::NotInAnyList => Standing::NotInAnyList,
                },
                due_micros: running.due_micros,
            }
        })
        .collect()
    }

    /// How people are found by name and number.
    pub fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::new(&self.whole.records))
    }

    /// Candidates in the order in which they are looked at: those of children under five first, then the likeliest.
    pub fn queue(&self) -> &[Place] {
        self.queue.get_or_init(|| {
            let place = |(candidate, of): (u32, &FamilyCandidate)| {
                Some(Place {
                    candidate,
                    child: self.at(of.child)?,
                    other: self.at(of.other)?,
                    probability: of.probability as f32,
                    is_parent: of.relation.is_parent(),
                })
            };
            let mut queue: Vec<Place> = (0u32..).zip(&self.whole.candidates).filter_map(place).collect();
            queue.sort_by_cached_key(|place| {
                let candidate = &self.whole.candidates[place.candidate as usize];
                // Probabilities are not negative, and their bits sort as they do.
                let likely = std::cmp::Reverse(candidate.probability.to_bits());
                (!self.is_tender(place.child), likely, candidate.child, candidate.other, candidate.relation)
            });
            queue
        })
    }

    /// The place of a clock among the clocks.
    pub fn clock(&self, id: &str) -> Option<u16> {
        let at = self.whole.clocks.iter().position(|rule| rule.id == id)?;
        u16::try_from(at).ok()
    }
}
