//! A child's case. Matches, conflicts, verifications, gates, hand-over and closure are one state and one stream: every
//! promise of the life cycle ("nobody is handed over while another claim competes", "nothing is closed over an open
//! hand-over") spans several of them, and a promise can only be kept where everything that it speaks of is seen at
//! one version.

use crate::dossier::Dossier;
use crate::fact::Fact;
use crate::matching::{Claim, Conflict, Match};
use crate::refusal::{Obligation, Refusal, said};
use crate::reunification::Reunification;
use crate::separation::Separation;
use crate::stamp::{Context, Stamp};
use crate::stream::StreamId;
use crate::word::{ClosureStatus, ReunificationStatus};
use rejoin_model::RecordId;

/// An adult who was sent out of the country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// The adult.
    pub adult: RecordId,
    /// When.
    pub when: i64,
    /// Where to.
    pub destination: Option<String>,
    /// Who recorded it, and when.
    pub recorded: Stamp,
}

/// A closure that was proposed, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closure {
    /// Why.
    pub reason: String,
    /// Where the child is.
    pub whereabouts: String,
    /// Who proposed it, and when.
    pub proposed: Stamp,
    /// Who approved it, and when.
    pub approved: Option<Stamp>,
    /// Why it was closed although something was open.
    pub despite: Option<String>,
    /// Who declined it, and why.
    pub declined: Option<(String, Stamp)>,
    /// Who opened the case again, and why.
    pub reopened: Option<(String, Stamp)>,
}

/// A child's case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildCase {
    pub(crate) child: RecordId,
    pub(crate) version: u64,
    pub(crate) opened_at: Option<i64>,
    pub(crate) separations: Vec<Separation>,
    pub(crate) matches: Vec<Match>,
    pub(crate) conflicts: Vec<Conflict>,
    pub(crate) removals: Vec<Removal>,
    pub(crate) reunifications: Vec<Reunification>,
    pub(crate) status: ClosureStatus,
    pub(crate) closures: Vec<Closure>,
    pub(crate) dossier: Dossier,
}

impl ChildCase {
    /// Before anything is known.
    pub fn new(child: RecordId) -> Self {
        Self {
            child,
            version: 0,
            opened_at: None,
            separations: Vec::new(),
            matches: Vec::new(),
            conflicts: Vec::new(),
            removals: Vec::new(),
            reunifications: Vec::new(),
            status: ClosureStatus::Open,
            closures: Vec::new(),
            dossier: Dossier::default(),
        }
    }

    /// The child.
    pub fn child(&self) -> RecordId {
        self.child
    }

    /// Its stream.
    pub fn stream(&self) -> StreamId {
        StreamId::Child(self.child)
    }

    /// How many facts it is made of.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// When its first fact was recorded.
    pub fn opened_at(&self) -> Option<i64> {
        self.opened_at
    }

    /// Reports of separations.
    pub fn separations(&self) -> &[Separation] {
        &self.separations
    }

    /// Every match that was ever proposed, rejected ones too.
    pub fn matches(&self) -> &[Match] {
        &self.matches
    }

    /// The match of a claim.
    pub fn match_of(&self, claim: Claim) -> Option<&Match> {
        self.matches.iter().find(|one| one.claim() == claim)
    }

    pub(crate) fn match_mut(&mut self, claim: Claim) -> Option<&mut Match> {
        self.matches.iter_mut().find(|one| one.claim() == claim)
    }

    /// Every conflict, resolved ones too.
    pub fn conflicts(&self) -> &[Conflict] {
        &self.conflicts
    }

    /// Whether another claim competes with this one.
    pub fn in_conflict(&self, claim: Claim) -> bool {
        self.conflicts.iter().any(|one| one.is_open() && one.concerns(claim))
    }

    /// Adults who were sent out of the country.
    pub fn removals(&self) -> &[Removal] {
        &self.removals
    }

    /// Every reunification, in order; the last is the one that counts.
    pub fn reunifications(&self) -> &[Reunification] {
        &self.reunifications
    }

    /// The last reunification.
    pub fn reunification(&self) -> Option<&Reunification> {
        self.reunifications.last()
    }

    /// Whether a reunification is planned, under way, or holds.
    pub(crate) fn reunification_under_way(&self) -> Option<&Reunification> {
        use ReunificationStatus::{BrokenDown, Cancelled};
        self.reunification().filter(|one| !matches!(one.status(), BrokenDown | Cancelled))
    }

    /// Where the case stands. Reunified is not closed, closed is not reunified.
    pub fn status(&self) -> ClosureStatus {
        self.status
    }

    /// Every closure that was proposed.
    pub fn closures(&self) -> &[Closure] {
        &self.closures
    }

    /// Assignments, notes, files, attempts.
    pub fn dossier(&self) -> &Dossier {
        &self.dossier
    }

    /// What is open at a moment and must be seen to, or explained, before the case is closed.
    pub fn obligations(&self, at: i64) -> Vec<Obligation> {
        let mut open = Vec::new();
        if self.conflicts.iter().any(Conflict::is_open) {
            open.push(Obligation::Conflict);
        }
        match self.reunification().map(Reunification::status) {
            Some(ReunificationStatus::AwaitingReceipt) => open.push(Obligation::AwaitingReceipt),
            Some(ReunificationStatus::Planned) => open.push(Obligation::Planned),
            Some(ReunificationStatus::HandedOver)
                if self.reunification().is_some_and(|one| one.follow_ups_overdue(at)) =>
            {
                open.push(Obligation::FollowUpOverdue);
            }
            _ => {}
        }
        if self.matches.iter().any(Match::dna_outstanding) {
            open.push(Obligation::DnaNotDestroyed);
        }
        open
    }

    pub(crate) fn check(&self, asked: &Fact, context: &Context) -> Result<Vec<Fact>, Refusal> {
        // What happened all the same is noted, read, and destroyed in a closed case, too.
        let always = matches!(
            asked,
            Fact::CaseReopened { .. }
                | Fact::NoteAdded { .. }
                | Fact::InterviewRead { .. }
                | Fact::DnaDestroyed { .. }
        );
        if self.status == ClosureStatus::Closed && !always {
            return Err(Refusal::CaseClosed);
        }
        if let Some(checked) = self.dossier.check(asked, context) {
            return checked;
        }
        match asked {
            Fact::SeparationReported { .. }
            | Fact::SeparationDocumented { .. }
            | Fact::SeparationDisputed { .. }
            | Fact::SeparationConfirmed { .. } => self.check_separation(asked),
            Fact::MatchProposed { .. }
            | Fact::MatchReviewed { .. }
            | Fact::MatchNeedsEvidence { .. }
            | Fact::MatchAccepted { .. }
            | Fact::MatchRejected { .. }
            | Fact::ConflictRaised { .. }
            | Fact::ConflictResolved { .. } => self.check_match(asked),
            Fact::VerificationStarted { .. }
            | Fact::InterviewRecorded { .. }
            | Fact::InterviewRead { .. }
            | Fact::ProofRecorded { .. }
            | Fact::DnaTaken { .. }
            | Fact::DnaDestroyed { .. }
            | Fact::VerificationSigned { .. }
            | Fact::SignatureWithdrawn { .. }
            | Fact::SignaturesVoided { .. } => self.check_verification(asked, context),
            Fact::WishRecorded { .. }
            | Fact::ChoiceRecorded { .. }
            | Fact::ChoiceWithdrawn { .. }
            | Fact::SafetyAssessed { .. }
            | Fact::GateCleared { .. }
            | Fact::GateBlocked { .. } => self.check_gate(asked, context),
            Fact::AdultRemoved { when, adult, .. } => {
                context.happened(*when)?;
                if *adult == self.child {
                    return Err(Refusal::OwnRelative);
                }
                Ok(vec![asked.clone()])
            }
            Fact::ReunificationPlanned { .. }
            | Fact::ReunificationCancelled { .. }
            | Fact::HandOverSent { .. }
            | Fact::HandOverReceived { .. }
            | Fact::FollowUpDone { .. }
            | Fact::ReunificationStable { .. }
            | Fact::ReunificationBrokenDown { .. } => self.check_reunification(asked, context),
            Fact::ClosureProposed { .. }
            | Fact::ClosureApproved { .. }
            | Fact::ClosureDeclined { .. }
            | Fact::CaseReopened { .. } => self.check_closure(asked, context),
            _ => Err(Refusal::WrongCase),
        }
    }

    fn check_closure(&self, asked: &Fact, context: &Context) -> Result<Vec<Fact>, Refusal> {
        match (asked, self.status) {
            (Fact::ClosureProposed { reason, whereabouts }, ClosureStatus::Open) => {
                said("reason", reason)?;
                said("whereabouts", whereabouts)?;
            }
            (Fact::ClosureApproved { despite }, ClosureStatus::Proposed) => {
                let own = |closure: &Closure| crate::stamp::same(&closure.proposed.by, &context.actor);
                if self.closures.last().is_some_and(own) {
                    return Err(Refusal::SameApprover);
                }
                let open = self.obligations(context.at_micros);
                if !open.is_empty() && despite.as_ref().is_none_or(|why| why.trim().is_empty()) {
                    return Err(Refusal::ObligationsOpen(open));
                }
            }
            (Fact::ClosureDeclined { reason }, ClosureStatus::Proposed)
            | (Fact::CaseReopened { reason }, ClosureStatus::Closed) => said("reason", reason)?,
            _ => {
                let status = match self.status {
                    ClosureStatus::Open => ("open", "abierto"),
                    other => (other.word(), other.spanish()),
                };
                return Err(Refusal::NotNow { what: ("the case", "el caso"), status, asked: asked.kind() });
            }
        }
        Ok(vec![asked.clone()])
    }

    pub(crate) fn apply(&mut self, fact: &Fact, context: &Context) {
        self.version += 1;
        self.opened_at.get_or_insert(context.at_micros);
        self.dossier.apply(fact, context);
        self.apply_separation(fact, context);
        self.apply_match(fact, context);
        self.apply_verification(fact, context);
        self.apply_gate(fact, context);
        self.apply_reunification(fact, context);
        match fact {
            Fact::AdultRemoved { adult, when, destination } => self.removals.push(Removal {
                adult: *adult,
                when: *when,
                destination: destination.clone(),
                recorded: context.stamp(),
            }),
            Fact::ClosureProposed { reason, whereabouts } => {
                self.status = ClosureStatus::Proposed;
                self.closures.push(Closure {
                    reason: reason.clone(),
                    whereabouts: whereabouts.clone(),
                    proposed: context.stamp(),
                    approved: None,
                    despite: None,
                    declined: None,
                    reopened: None,
                });
            }
            Fact::ClosureApproved { despite } => {
                self.status = ClosureStatus::Closed;
                if let Some(closure) = self.closures.last_mut() {
                    closure.approved = Some(context.stamp());
                    closure.despite.clone_from(despite);
                }
            }
            Fact::ClosureDeclined { reason } => {
                self.status = ClosureStatus::Open;
                if let Some(closure) = self.closures.last_mut() {
                    closure.declined = Some((reason.clone(), context.stamp()));
                }
            }
            Fact::CaseReopened { reason } => {
                self.status = ClosureStatus::Open;
                if let Some(closure) = self.closures.last_mut() {
                    closure.reopened = Some((reason.clone(), context.stamp()));
                }
            }
            _ => {}
        }
    }
}
