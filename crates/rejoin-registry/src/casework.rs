//! Casework: the files of children and of tracing requests, as events of their streams. The rules are those of
//! `rejoin-casework`; here a command is checked against the file as it is, carried out once, and written down.

use crate::change::Change;
use crate::database::values;
use crate::families::{Decision, DecisionRequest};
use crate::streams::{Done, Given};
use crate::view::Whole;
use crate::wire::{self, MatchDecided};
use crate::{Case, Error, Stamp};
use rejoin_access::{Action, Assignee};
use rejoin_casework::worklist::{ClockOutcome, CustodyFact, Desk, Item, Settings, worklist};
use rejoin_casework::{Claim, Context, Event, Fact, State, StreamId, apply, handle};
use rejoin_model::{Bound, FamilyCandidate, Moment, PersonId, RecordId, Relation};
use std::collections::HashMap;

impl Case {
    /// A file as its events made it.
    pub(crate) fn state(&self, stream: StreamId) -> Result<State, Error> {
        let mut state = State::of(stream);
        for event in self.store.read_stream(&stream.to_string())? {
            let fact = Fact::from_parts(&event.event.kind, &|field| event.part(field).map(str::to_owned));
            let Some(fact) = fact else {
                return Err(Error::Payload {
                    sequence: event.event.sequence,
                    kind: event.event.kind.clone(),
                    version: event.event.version,
                    reason: "its fields are not those of its kind".into(),
                });
            };
            let context = Context { actor: event.event.actor.clone(), at_micros: event.event.at_micros };
            apply(&mut state, &Event { stream, fact }, &context);
        }
        Ok(state)
    }

    /// Carries out a command on a file: all of what follows from it is written, or nothing.
    pub(crate) fn carry_out(
        &self,
        stream: StreamId,
        asked: &[Fact],
        given: &Given,
        stamp: &Stamp,
    ) -> Result<Done, Error> {
        let (asked, given, stamp) = (self.with_assignees(asked)?, given.clone(), stamp.clone());
        self.together(move |case, change| case.carry_out_in(change, stream, &asked, &given, &stamp))
    }

    pub(crate) fn carry_out_in(
        &self,
        change: &Change<'_>,
        stream: StreamId,
        asked: &[Fact],
        given: &Given,
        stamp: &Stamp,
    ) -> Result<Done, Error> {
        let content =
            format!("{} {stream} {:?}", stamp.actor, asked.iter().map(Fact::parts).collect::<Vec<_>>());
        if let Some(done) = change.done_before(given, &content)? {
            return Ok(done);
        }
        let name = stream.to_string();
        change.expect(&name, given)?;
        let mut done =
            Done { first: change.checkpoint()?.size + 1, last: change.checkpoint()?.size, before: false };
        let mut state = self.state(stream)?;
        for fact in asked {
            self.everybody_is_there(fact)?;
            done.last = self.write(change, &mut state, fact, stamp)?;
            // What a person decides of a match speaks to the model of families, too.
            if let StreamId::Child(child) = stream
                && let Some(decided) = decided(child, fact)
            {
                done.last = self.write_decision(change, &decided, stamp)?;
            }
        }
        change.remember(given, &content, done)?;
        Ok(done)
    }

    /// Whoever a fact names is on record: somebody who is not, or not any more, is nobody.
    fn everybody_is_there(&self, fact: &Fact) -> Result<(), Error> {
        for (_, value) in fact.parts().1 {
            for record in value.lines().filter(|line| line.parse::<RecordId>().is_ok()) {
                let sql = "SELECT id FROM record WHERE id = ?1";
                if self.store.database.first(sql, values![record], |row| row.get::<String>(0))?.is_none() {
                    return Err(Error::Denied(rejoin_access::Refusal::NotFound.words().0.into()));
                }
            }
        }
        Ok(())
    }

    /// Checks a fact, and writes it with what follows from it.
    pub(crate) fn write(
        &self,
        change: &Change<'_>,
        state: &mut State,
        asked: &Fact,
        stamp: &Stamp,
    ) -> Result<u64, Error> {
        let context = Context { actor: stamp.actor.clone(), at_micros: stamp.at_micros };
        let mut last = 0;
        for event in handle(state, asked, &context).map_err(Error::Casework)? {
            let (kind, fields) = event.fact.parts();
            let parts = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            let subject = subject_of(event.stream);
            last = change.append_stream(stamp, &event.stream.to_string(), kind, &[&subject], parts)?;
            apply(state, &event, &context);
        }
        Ok(last)
    }

    /// Writes a decision of a match where the model of families reads it.
    pub(crate) fn write_decision(
        &self,
        change: &Change<'_>,
        decided: &MatchDecided,
        stamp: &Stamp,
    ) -> Result<u64, Error> {
        let first = |records: &[String]| records.first().cloned().unwrap_or_default();
        let (child, other) = (first(&decided.child), first(&decided.other));
        let sequence = change.append_sealed(stamp, wire::MATCH_DECIDED, &[&child, &other], decided)?;
        change.decision(sequence, decided)?;
        Ok(sequence)
    }

    /// What a decision of `decide` asks of the child's file, from where the match stands in it.
    pub(crate) fn path_to(&self, state: &State, claim: Claim, verdict: &str, reason: &str) -> Vec<Fact> {
        use rejoin_casework::word::MatchStatus;
        let Claim { adult, relation } = claim;
        let proposed = |new_evidence: Option<String>| Fact::MatchProposed {
            adult,
            relation,
            why: "proposed by the engine, or found by a person".into(),
            new_evidence,
        };
        let reviewed = Fact::MatchReviewed { adult, relation, note: reason.to_owned() };
        let found = state.child().and_then(|case| case.match_of(claim));
        let status = found.map(|found| found.status());
        // Decided so already: said again, it must not set anything back.
        let stands = match status {
            Some(MatchStatus::Accepted) => "accepted",
            Some(MatchStatus::Rejected) => "rejected",
            Some(MatchStatus::NeedsEvidence) => "needs-evidence",
            _ => "-",
        };
        if verdict == stands {
            return Vec::new();
        }
        let mut path = match status {
            None => vec![proposed(None), reviewed],
            Some(MatchStatus::Rejected) => vec![proposed(Some(reason.to_owned())), reviewed],
            Some(MatchStatus::UnderReview) => Vec::new(),
            Some(_) => vec![reviewed],
        };
        let reason = reason.to_owned();
        path.push(match verdict {
            "accepted" => Fact::MatchAccepted { adult, relation, reason },
            "rejected" => Fact::MatchRejected { adult, relation, reason },
            _ => Fact::MatchNeedsEvidence { adult, relation, what: reason },
        });
        path
    }

    /// What is decided of a candidate is decided in the child's file, by the rules of casework.
    pub(crate) fn tell_casework(
        &self,
        change: &Change<'_>,
        request: &DecisionRequest,
        relation: Relation,
        stamp: &Stamp,
    ) -> Result<(), Error> {
        let mut state = self.state(self.stream_of(request.child)?)?;
        let claim = self.claim_in(&state, request.other, relation)?;
        for fact in self.path_to(&state, claim, request.verdict.word(), request.reason.trim()) {
            self.write(change, &mut state, &fact, stamp)?;
        }
        Ok(())
    }

    /// A decision was taken back: the match is under review again.
    pub(crate) fn untell_casework(
        &self,
        change: &Change<'_>,
        taken_back: &Decision,
        reason: &str,
        stamp: &Stamp,
    ) -> Result<(), Error> {
        let mut state = self.state(self.stream_of(taken_back.child)?)?;
        let claim = self.claim_in(&state, taken_back.other, taken_back.relation)?;
        let mut path = self.path_to(&state, claim, "", reason);
        // The last step of the way is a decision.
        path.pop();
        for fact in path {
            self.write(change, &mut state, &fact, stamp)?;
        }
        Ok(())
    }

    /// The stream of a child's casework: that of one of its records which has one, or else of the smallest.
    pub(crate) fn stream_of(&self, child: PersonId) -> Result<StreamId, Error> {
        let records = self.record_ids(child)?;
        for record in &records {
            let stream = StreamId::Child(*record);
            if self.store.version(&stream.to_string())? > 0 {
                return Ok(stream);
            }
        }
        let smallest = records.first().copied();
        Ok(StreamId::Child(smallest.unwrap_or(RecordId::from_bytes(*child.as_bytes()))))
    }

    /// The claim by which a file knows an adult, whichever of the adult's records it names.
    fn claim_in(&self, state: &State, adult: PersonId, relation: Relation) -> Result<Claim, Error> {
        let records = self.record_ids(adult)?;
        let own = records.first().copied().unwrap_or(RecordId::from_bytes(*adult.as_bytes()));
        let new = Claim { adult: own, relation };
        let known = state.child().into_iter().flat_map(|case| case.matches()).map(|found| found.claim());
        let mut known = known.filter(|claim| records.contains(&claim.adult));
        Ok(known.find(|claim| Claim { adult: own, ..*claim }.says_the_same(new)).unwrap_or(new))
    }

    /// What is to be done: from the files, custody and clocks.
    pub(crate) fn worklist_of(
        &self,
        whole: &Whole,
        now: i64,
        settings: &Settings,
    ) -> Result<Vec<Item>, Error> {
        let mut states = Vec::new();
        for name in self.store.streams("c-")?.iter().chain(&self.store.streams("t-")?) {
            if let Ok(stream) = name.parse() {
                states.push(self.state(stream)?);
            }
        }
        let children: Vec<_> = states.iter().filter_map(State::child).collect();
        let tracings: Vec<_> = states.iter().filter_map(State::tracing).collect();
        // A child whose file is named after one of its records is listed under that file.
        let person_of: HashMap<RecordId, _> = whole.person_of.clone();
        let mut file_of = HashMap::new();
        for case in &children {
            if let Some(person) = person_of.get(&case.child()) {
                file_of.insert(*person, case.child());
            }
        }
        let people = whole.people();
        let scene = whole.scene(&people, None);
        let (mut custody, mut clocks) = (Vec::new(), Vec::new());
        for person in people.iter().filter(|person| person.is_listed_child()) {
            let child = file_of.get(&person.id).copied();
            let child = child.or_else(|| person.records.iter().map(|record| record.id).min());
            let Some(child) = child else { continue };
            let open = person.chain.intervals.last().filter(|interval| interval.to == Bound::Open);
            let since = open.and_then(|interval| interval.from.moment()).map(micros);
            custody.push(CustodyFact { child, in_care_since: since, sent_without_receipt: None });
            for rule in &whole.clocks {
                if let Some(standing) = rule.standing(person, scene.as_of, scene.fold) {
                    clocks.push(ClockOutcome {
                        child,
                        clock: rule.id.clone(),
                        title: rule.title.clone(),
                        standing,
                        due_micros: rule.runs_out(person).map(|minutes| minutes * 60_000_000),
                    });
                }
            }
        }
        let with_candidates: Vec<RecordId> = whole
            .candidates
            .iter()
            .filter(|candidate| is_proposed(candidate))
            .map(|candidate| {
                let own = RecordId::from_bytes(*candidate.child.as_bytes());
                file_of.get(&candidate.child).copied().unwrap_or(own)
            })
            .collect();
        let desk = Desk {
            children: &children,
            tracings: &tracings,
            custody: &custody,
            clocks: &clocks,
            with_candidates: &with_candidates,
        };
        Ok(worklist(&desk, now, settings))
    }
}

/// For whom what belongs to a file is sealed.
pub(crate) fn subject_of(stream: StreamId) -> String {
    match stream {
        StreamId::Child(child) => child.to_string(),
        StreamId::Tracing(_) => stream.to_string(),
    }
}

/// Whether somebody is proposed as a child's parent with some likelihood.
pub(crate) fn is_proposed(candidate: &FamilyCandidate) -> bool {
    candidate.relation.is_parent() && candidate.probability >= 0.1
}

/// Microseconds of the first minute that a moment may mean.
pub(crate) fn micros(moment: Moment) -> i64 {
    moment.earliest() * 60_000_000
}

/// The decision that a fact of a child's file makes.
fn decided(child: RecordId, fact: &Fact) -> Option<MatchDecided> {
    let (adult, relation, verdict, reason) = match fact {
        Fact::MatchAccepted { adult, relation, reason } => (adult, relation, "accepted", reason),
        Fact::MatchRejected { adult, relation, reason } => (adult, relation, "rejected", reason),
        Fact::MatchNeedsEvidence { adult, relation, what } => (adult, relation, "needs-evidence", what),
        _ => return None,
    };
    Some(MatchDecided {
        child: vec![child.to_string()],
        other: vec![adult.to_string()],
        relation: Relation::word(*relation).into(),
        verdict: verdict.into(),
        reason: reason.clone(),
        probability: 0.0,
        seen: Vec::new(),
    })
}

/// Whom an assignment names: `team:north`, or an account.
pub(crate) fn assignee(name: &str) -> Assignee {
    match name.strip_prefix("team:") {
        Some(team) => Assignee::Team(team.to_owned()),
        None => Assignee::Account(name.to_owned()),
    }
}

/// What somebody must be allowed to do in order to have a fact recorded.
pub(crate) fn action_of(fact: &Fact) -> Action {
    match fact {
        Fact::TracingReceived { .. } => Action::OpenRequest,
        Fact::TracingScreened { .. }
        | Fact::TracingOpened { .. }
        | Fact::TracingSoughtAdded { .. }
        | Fact::TracingPrioritySet { .. }
        | Fact::TracingDormant { .. }
        | Fact::TracingClosed { .. }
        | Fact::TracingReopened { .. } => Action::OpenRequest,
        Fact::Assigned { .. } | Fact::Unassigned { .. } => Action::Assign,
        Fact::ContactTried { .. } => Action::RecordContact,
        Fact::NoteAdded { .. }
        | Fact::Attached { .. }
        | Fact::SeparationReported { .. }
        | Fact::SeparationDocumented { .. }
        | Fact::SeparationConfirmed { .. }
        | Fact::AdultRemoved { .. } => Action::Note,
        Fact::SeparationDisputed { .. } => Action::Dispute,
        Fact::MatchProposed { .. }
        | Fact::MatchReviewed { .. }
        | Fact::MatchNeedsEvidence { .. }
        | Fact::MatchAccepted { .. }
        | Fact::MatchRejected { .. }
        | Fact::ConflictRaised { .. }
        | Fact::ConflictResolved { .. } => Action::DecideMatch,
        Fact::VerificationStarted { .. }
        | Fact::InterviewRecorded { .. }
        | Fact::InterviewRead { .. }
        | Fact::ProofRecorded { .. }
        | Fact::DnaTaken { .. }
        | Fact::DnaDestroyed { .. } => Action::Verify,
        Fact::VerificationSigned { .. } | Fact::SignatureWithdrawn { .. } | Fact::SignaturesVoided { .. } => {
            Action::Sign
        }
        Fact::WishRecorded { .. }
        | Fact::ChoiceRecorded { .. }
        | Fact::ChoiceWithdrawn { .. }
        | Fact::SafetyAssessed { .. }
        | Fact::GateCleared { .. }
        | Fact::GateBlocked { .. } => Action::ClearConsent,
        Fact::ReunificationPlanned { .. } | Fact::ReunificationCancelled { .. } => Action::PlanReunification,
        Fact::HandOverSent { .. } | Fact::HandOverReceived { .. } => Action::HandOver,
        Fact::FollowUpDone { .. }
        | Fact::ReunificationStable { .. }
        | Fact::ReunificationBrokenDown { .. } => Action::FollowUp,
        Fact::ClosureProposed { .. } => Action::Close,
        Fact::ClosureApproved { .. } | Fact::ClosureDeclined { .. } => Action::ApproveClosure,
        Fact::CaseReopened { .. } => Action::Reopen,
    }
}
