//! Custody: who had a person, where, from when to when; and what is wrong with the account of it.
//!
//! The custody invariant: from first contact to closure a child has, at every instant, exactly one open custody
//! interval with a place, a custodian and an accountable person. What breaks it is reported, never repaired.

use crate::id::{PersonId, RecordId};
use crate::moment::Moment;

/// The organisation that holds a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Custodian {
    /// Customs and Border Protection: the border.
    Border,
    /// US Marshals: adults in criminal proceedings.
    Marshals,
    /// Immigration and Customs Enforcement: adult detention.
    Detention,
    /// Office of Refugee Resettlement: children's shelters.
    Shelter,
}

impl Custodian {
    /// The stable word used in output.
    pub fn word(self) -> &'static str {
        match self {
            Custodian::Border => "border",
            Custodian::Marshals => "marshals",
            Custodian::Detention => "adult-detention",
            Custodian::Shelter => "shelter",
        }
    }
}

/// One end of an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// At a recorded moment.
    At(Moment),
    /// It happened, but no record says when.
    Unknown,
    /// It has not happened, by the latest word.
    Open,
}

impl Bound {
    /// The recorded moment, if there is one.
    pub fn moment(self) -> Option<Moment> {
        match self {
            Bound::At(moment) => Some(moment),
            Bound::Unknown | Bound::Open => None,
        }
    }
}

/// One stay: person × place × custodian × accountable person × from × to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interval {
    /// Who had the person.
    pub custodian: Custodian,
    /// Where, as folded; `None` when no record says.
    pub place: Option<String>,
    /// The officer who answered for the person; agencies' lists seldom say.
    pub accountable: Option<String>,
    /// Beginning.
    pub from: Bound,
    /// End.
    pub to: Bound,
    /// The end is not in the record itself but inferred from the next custodian's beginning.
    pub end_inferred: bool,
    /// The record that says so.
    pub record: RecordId,
}

/// What is wrong with a chain. The words are stable and public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemKind {
    /// Nobody answers for the person between two stays.
    Hole,
    /// Two custodians at once.
    Overlap,
    /// A stay that ends before it begins, or an event before the one it follows.
    ImpossibleOrder,
    /// A stay ended, but no record says when.
    EndNotRecorded,
    /// A stay began, but no record says when.
    BeginningNotRecorded,
    /// A stay without a place.
    NoPlace,
    /// A custodian says it handed the person over, and no receiver confirmed it in time.
    HandOverUnconfirmed,
    /// The same person twice in the same list at the same time.
    DoubleListing,
}

impl ProblemKind {
    /// All kinds, in the order of reports.
    pub const ALL: [ProblemKind; 8] = [
        ProblemKind::Hole,
        ProblemKind::Overlap,
        ProblemKind::ImpossibleOrder,
        ProblemKind::EndNotRecorded,
        ProblemKind::BeginningNotRecorded,
        ProblemKind::NoPlace,
        ProblemKind::HandOverUnconfirmed,
        ProblemKind::DoubleListing,
    ];

    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            ProblemKind::Hole => "hole",
            ProblemKind::Overlap => "overlap",
            ProblemKind::ImpossibleOrder => "impossible-order",
            ProblemKind::EndNotRecorded => "end-not-recorded",
            ProblemKind::BeginningNotRecorded => "beginning-not-recorded",
            ProblemKind::NoPlace => "no-place",
            ProblemKind::HandOverUnconfirmed => "hand-over-unconfirmed",
            ProblemKind::DoubleListing => "double-listing",
        }
    }
}

/// One breach of the custody invariant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What kind.
    pub kind: ProblemKind,
    /// Since when, if known.
    pub from: Option<Moment>,
    /// Until when, if known.
    pub to: Option<Moment>,
    /// The records that disagree.
    pub records: Vec<RecordId>,
    /// What was seen, in words.
    pub words: String,
}

/// A person's custody, in order of beginning, with what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Whose.
    pub person: PersonId,
    /// The stays.
    pub intervals: Vec<Interval>,
    /// The breaches.
    pub problems: Vec<Problem>,
}

/// How it is known that a child was separated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SeparationBasis {
    /// An agency's list says so.
    Recorded,
    /// A family unit on record, then different custody.
    Inferred,
    /// A proposed match that no person has verified, and different custody.
    Suspected,
}

impl SeparationBasis {
    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            SeparationBasis::Recorded => "recorded",
            SeparationBasis::Inferred => "inferred",
            SeparationBasis::Suspected => "suspected",
        }
    }
}

/// A child and its parent who were together and are then in different custody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Separation {
    /// The child.
    pub child: PersonId,
    /// The adults it was separated from, where records name them.
    pub adults: Vec<PersonId>,
    /// How it is known.
    pub basis: SeparationBasis,
    /// When they were last known together (apprehension), if recorded.
    pub from: Option<Moment>,
    /// The ground given, if any.
    pub ground: Option<String>,
    /// Which policy led to it; found by the account, after separations are.
    pub attribution: Option<crate::policy::Attribution>,
    /// When the child was handed to the separated parent: [`Bound::Open`] when no record says that it was,
    /// [`Bound::Unknown`] when one says so without a date.
    pub reunited: Bound,
    /// The records it rests on.
    pub records: Vec<RecordId>,
}
