//! A case on a desk: facts go in by an actor, one minute apart, and what was recorded is kept for replaying.

#![allow(dead_code, reason = "each test file uses its part")]

pub mod samples;

use rejoin_casework::{Context, Event, Fact, Refusal, State, apply, handle, replay};
use rejoin_model::RecordId;

/// A case and all that was recorded of it.
pub struct Desk {
    /// The state.
    pub state: State,
    /// Now.
    pub at: i64,
    /// Every event with who and when.
    pub log: Vec<(Event, Context)>,
}

/// A record's id.
pub fn record(number: u8) -> RecordId {
    RecordId::from_bytes([number; 10])
}

impl Desk {
    /// A case at a made-up moment.
    pub fn new(state: State) -> Self {
        Self { state, at: 1_500_000_000_000_000, log: Vec::new() }
    }

    /// Asks, and records what the machine answers.
    pub fn ask(&mut self, actor: &str, fact: &Fact) -> Result<Vec<Event>, Refusal> {
        self.at += 60_000_000;
        let context = Context { actor: actor.into(), at_micros: self.at };
        let events = handle(&self.state, fact, &context)?;
        for event in &events {
            apply(&mut self.state, event, &context);
            self.log.push((event.clone(), context.clone()));
        }
        Ok(events)
    }

    /// Must be taken.
    #[track_caller]
    pub fn takes(&mut self, actor: &str, fact: Fact) {
        let events = self.ask(actor, &fact).unwrap_or_else(|refusal| panic!("{}: {refusal}", fact.kind()));
        assert_eq!(
            events[0].fact,
            match fact {
                // A plan's days are put in order.
                Fact::ReunificationPlanned { .. } => events[0].fact.clone(),
                fact => fact,
            }
        );
    }

    /// Must be refused, with this code; and nothing changes.
    #[track_caller]
    pub fn refuses(&mut self, actor: &str, fact: Fact, code: &str) {
        let before = self.state.clone();
        match self.ask(actor, &fact) {
            Err(refusal) => assert_eq!(refusal.code(), code, "{}", fact.kind()),
            Ok(_) => panic!("{} was taken, not refused as {code}", fact.kind()),
        }
        assert_eq!(self.state, before);
    }

    /// The state made anew from what a ledger would hold: kinds and texts.
    pub fn replayed(&self) -> State {
        let read: Vec<(Event, Context)> = self
            .log
            .iter()
            .map(|(event, context)| {
                let (kind, fields) = event.parts();
                let field = |name: &str| {
                    fields.iter().find(|(field, _)| *field == name).map(|(_, text)| text.clone())
                };
                let back =
                    Event::from_parts(kind, &field).unwrap_or_else(|| panic!("{kind} is not read back"));
                assert_eq!(back, *event);
                (back, context.clone())
            })
            .collect();
        replay(self.state.stream(), read.iter().map(|(event, context)| (event, context)))
    }
}
