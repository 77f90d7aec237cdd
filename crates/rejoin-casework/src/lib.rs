//! The life cycle of a child's case and of a tracing request, as state machines over facts: what somebody wants on
//! record is checked against the state and refused, or gives events; events give the state. Nothing here decides that
//! two people are a family: people do, and it is recorded who, when and why.
//!
//! Pure: who asks and when are parameters ([`Context`]), whether the account may is the registry's to decide.
//!
//! A case is one stream. [`State::of`] starts one, [`handle`] checks a fact against it, [`apply`] takes an event in,
//! [`replay`] makes a state of all its events. [`State::version`] is the number of events, so that a command made
//! against an older version can be refused ([`State::at_version`]).

mod cell;
pub mod child;
pub mod dossier;
pub mod fact;
pub mod gate;
pub mod matching;
pub mod refusal;
pub mod reunification;
pub mod separation;
pub mod stamp;
pub mod stream;
pub mod tracing;
pub mod verification;
pub mod word;
pub mod worklist;

pub use child::{ChildCase, Closure, Removal};
/// A command is the fact that somebody wants on record.
pub use fact::Fact as Command;
pub use fact::{Event, Fact, KINDS};
pub use gate::{Cleared, Gate};
pub use matching::{Claim, Conflict, Match};
pub use refusal::{Obligation, Refusal};
pub use reunification::{Reunification, plan};
pub use stamp::{Context, DAY, HOUR, Stamp};
pub use stream::{StreamId, TracingId};
pub use tracing::TracingCase;
pub use verification::{Interview, Verification, Verified};
pub use worklist::{Item, Settings, worklist};

/// The state of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// A child's.
    Child(Box<ChildCase>),
    /// A tracing request.
    Tracing(Box<TracingCase>),
}

impl State {
    /// A case of which nothing is known yet.
    pub fn of(stream: StreamId) -> Self {
        match stream {
            StreamId::Child(child) => State::Child(Box::new(ChildCase::new(child))),
            StreamId::Tracing(id) => State::Tracing(Box::new(TracingCase::new(id))),
        }
    }

    /// Its stream.
    pub fn stream(&self) -> StreamId {
        match self {
            State::Child(case) => case.stream(),
            State::Tracing(case) => StreamId::Tracing(case.id()),
        }
    }

    /// How many events it is made of.
    pub fn version(&self) -> u64 {
        match self {
            State::Child(case) => case.version(),
            State::Tracing(case) => case.version(),
        }
    }

    /// Refuses a command that was made against another version.
    pub fn at_version(&self, expected: u64) -> Result<(), Refusal> {
        let actual = self.version();
        if actual == expected { Ok(()) } else { Err(Refusal::StaleVersion { expected, actual }) }
    }

    /// The child's case, if it is one.
    pub fn child(&self) -> Option<&ChildCase> {
        match self {
            State::Child(case) => Some(case),
            State::Tracing(_) => None,
        }
    }

    /// The tracing request, if it is one.
    pub fn tracing(&self) -> Option<&TracingCase> {
        match self {
            State::Tracing(case) => Some(case),
            State::Child(_) => None,
        }
    }
}

/// Checks what somebody wants on record: the events that then hold, it first and what follows from it after; or why
/// not. Nothing is changed.
pub fn handle(state: &State, asked: &Command, context: &Context) -> Result<Vec<Event>, Refusal> {
    context.checked()?;
    let facts = match state {
        State::Child(case) => case.check(asked, context),
        State::Tracing(case) if is_of_tracing(asked) => case.check(asked, context),
        State::Tracing(_) => Err(Refusal::WrongCase),
    }?;
    let stream = state.stream();
    Ok(facts.into_iter().map(|fact| Event { stream, fact }).collect())
}

/// Takes an event in. An event of another stream changes nothing.
pub fn apply(state: &mut State, event: &Event, context: &Context) {
    if event.stream != state.stream() {
        return;
    }
    match state {
        State::Child(case) => case.apply(&event.fact, context),
        State::Tracing(case) => case.apply(&event.fact, context),
    }
}

/// The state of a stream's events, in order.
pub fn replay<'a>(stream: StreamId, events: impl IntoIterator<Item = (&'a Event, &'a Context)>) -> State {
    let mut state = State::of(stream);
    for (event, context) in events {
        apply(&mut state, event, context);
    }
    state
}

/// Whether a fact may be one of a tracing request's.
fn is_of_tracing(fact: &Fact) -> bool {
    let shared = ["assigned", "unassigned", "contact-tried", "note-added", "attached"];
    fact.kind().starts_with("tracing-") || shared.contains(&fact.kind())
}
