//! Matches and conflicts: an adult who may be that to the child, until people say so or say not so; and claims that
//! cannot both be true, or of which nobody has said that they can.

use crate::child::ChildCase;
use crate::fact::Fact;
use crate::gate::Gate;
use crate::refusal::{Refusal, said};
use crate::stamp::{Context, Stamp};
use crate::verification::Verification;
use crate::word::{GateStatus, MatchStatus, Resolution, Side};
use rejoin_model::{RecordId, Relation};

/// That the adult is that to the child of the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Claim {
    /// The adult; for a sibling, the other child.
    pub adult: RecordId,
    /// What the adult would be.
    pub relation: Relation,
}

impl Claim {
    /// Whether both say the same: "parent" says no other thing than "mother" of the same person.
    pub fn says_the_same(self, other: Claim) -> bool {
        self.adult == other.adult
            && (self.relation == other.relation || self.relation.is_parent() && other.relation.is_parent())
    }

    /// Whether nobody may take both for true without saying why. A mother and a father do not compete, nor does a
    /// brother or sister with anybody; every other two people do.
    pub fn competes_with(self, other: Claim) -> bool {
        use Relation::{Father, Mother, Sibling};
        self.adult != other.adult
            && !matches!(
                (self.relation, other.relation),
                (Mother, Father) | (Father, Mother) | (Sibling, _) | (_, Sibling)
            )
    }
}

/// What a person decided of a match, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What it became.
    pub status: MatchStatus,
    /// Why, in the person's words.
    pub reason: String,
    /// The evidence that was new, where a rejected match was proposed again.
    pub new_evidence: Option<String>,
    /// Who, and when.
    pub decided: Stamp,
}

/// A match: a claim and all that people did with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    pub(crate) claim: Claim,
    pub(crate) status: MatchStatus,
    pub(crate) decisions: Vec<Decision>,
    pub(crate) verification: Option<Verification>,
    pub(crate) earlier: Vec<Verification>,
    pub(crate) gate: Gate,
    /// Who knows which side's interview.
    pub(crate) knows: Vec<(Side, String)>,
}

impl Match {
    /// What it claims.
    pub fn claim(&self) -> Claim {
        self.claim
    }

    /// Where it stands.
    pub fn status(&self) -> MatchStatus {
        self.status
    }

    /// Whether it is not rejected.
    pub fn is_live(&self) -> bool {
        self.status != MatchStatus::Rejected
    }

    /// Every decision, from the proposal on.
    pub fn decisions(&self) -> &[Decision] {
        &self.decisions
    }

    /// Every rejection there ever was.
    pub fn rejections(&self) -> impl Iterator<Item = &Decision> {
        self.decisions.iter().filter(|one| one.status == MatchStatus::Rejected)
    }

    /// The verification that counts.
    pub fn verification(&self) -> Option<&Verification> {
        self.verification.as_ref()
    }

    /// Verifications that were repeated or that a new review took back.
    pub fn earlier_verifications(&self) -> &[Verification] {
        &self.earlier
    }

    /// Consent and best interests.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    pub(crate) fn verifications(&self) -> impl Iterator<Item = &Verification> {
        self.earlier.iter().chain(&self.verification)
    }

    pub(crate) fn dna_outstanding(&self) -> bool {
        self.verifications().any(Verification::dna_outstanding)
    }

    /// What rested on the acceptance no longer counts; what people said of themselves stays.
    fn set_back(&mut self) {
        self.earlier.extend(self.verification.take());
        self.gate.status = GateStatus::Undecided;
        self.gate.decided = None;
    }
}

/// Two live matches that compete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The later claim, and the one that was there.
    pub claims: (Claim, Claim),
    /// Who proposed the later claim, and when.
    pub raised: Stamp,
    /// Why they no longer compete, in whose words.
    pub resolved: Option<(Resolution, String, Stamp)>,
}

impl Conflict {
    /// Whether nobody has resolved it.
    pub fn is_open(&self) -> bool {
        self.resolved.is_none()
    }

    /// Whether it is about this claim.
    pub fn concerns(&self, claim: Claim) -> bool {
        self.claims.0 == claim || self.claims.1 == claim
    }

    fn between(&self, one: Claim, other: Claim) -> bool {
        self.claims == (one, other) || self.claims == (other, one)
    }
}

impl ChildCase {
    pub(crate) fn check_match(&self, asked: &Fact) -> Result<Vec<Fact>, Refusal> {
        use MatchStatus::{Accepted, NeedsEvidence, Proposed, Rejected, UnderReview};
        let not_now = |status: MatchStatus| {
            let what = ("the match", "la coincidencia");
            Refusal::NotNow { what, status: (status.word(), status.spanish()), asked: asked.kind() }
        };
        let from = |adult: &RecordId, relation: &Relation, allowed: &[MatchStatus]| {
            let claim = Claim { adult: *adult, relation: *relation };
            let of = self.match_of(claim).ok_or(Refusal::NoSuchMatch)?;
            if !allowed.contains(&of.status) {
                return Err(not_now(of.status));
            }
            let under_way = self.reunification_under_way().is_some_and(|one| one.claim() == claim);
            if of.status == Accepted && under_way {
                return Err(Refusal::ReunificationUnderWay);
            }
            Ok(claim)
        };
        let mut facts = vec![asked.clone()];
        match asked {
            Fact::MatchProposed { adult, relation, why, new_evidence } => {
                said("why", why)?;
                let claim = Claim { adult: *adult, relation: *relation };
                if claim.adult == self.child {
                    return Err(Refusal::OwnRelative);
                }
                let mut before = self.matches.iter().filter(|one| one.claim.says_the_same(claim));
                if before.clone().any(Match::is_live) {
                    return Err(Refusal::AlreadyLive);
                }
                let again = before.any(|one| one.status == Rejected);
                if again && new_evidence.as_ref().is_none_or(|what| what.trim().is_empty()) {
                    return Err(Refusal::RejectedBefore);
                }
                let live = self.matches.iter().filter(|one| one.is_live());
                facts.extend(live.filter(|one| one.claim.competes_with(claim)).map(|one| {
                    Fact::ConflictRaised {
                        adult: *adult,
                        relation: *relation,
                        other_adult: one.claim.adult,
                        other_relation: one.claim.relation,
                    }
                }));
            }
            Fact::MatchReviewed { adult, relation, note } => {
                from(adult, relation, &[Proposed, NeedsEvidence, Accepted])?;
                said("note", note)?;
            }
            Fact::MatchNeedsEvidence { adult, relation, what } => {
                from(adult, relation, &[UnderReview])?;
                said("what", what)?;
            }
            Fact::MatchAccepted { adult, relation, reason } => {
                from(adult, relation, &[UnderReview])?;
                said("reason", reason)?;
            }
            Fact::MatchRejected { adult, relation, reason } => {
                let claim = from(adult, relation, &[UnderReview, NeedsEvidence, Accepted])?;
                said("reason", reason)?;
                let open = self.conflicts.iter().filter(|one| one.is_open() && one.concerns(claim));
                facts.extend(open.map(|one| Fact::ConflictResolved {
                    adult: one.claims.0.adult,
                    relation: one.claims.0.relation,
                    other_adult: one.claims.1.adult,
                    other_relation: one.claims.1.relation,
                    resolution: Resolution::OneRejected,
                    reason: reason.clone(),
                }));
            }
            Fact::ConflictRaised { .. }
            | Fact::ConflictResolved { resolution: Resolution::OneRejected, .. } => {
                return Err(Refusal::NotACommand);
            }
            Fact::ConflictResolved { adult, relation, other_adult, other_relation, reason, .. } => {
                let one = Claim { adult: *adult, relation: *relation };
                let other = Claim { adult: *other_adult, relation: *other_relation };
                if !self.conflicts.iter().any(|conflict| conflict.is_open() && conflict.between(one, other)) {
                    return Err(Refusal::NoSuchConflict);
                }
                said("reason", reason)?;
            }
            _ => return Err(Refusal::WrongCase),
        }
        Ok(facts)
    }

    pub(crate) fn apply_match(&mut self, fact: &Fact, context: &Context) {
        let mut decide = |adult: &RecordId, relation: &Relation, status, reason: &str| {
            if let Some(of) = self.match_mut(Claim { adult: *adult, relation: *relation }) {
                if of.status == MatchStatus::Accepted {
                    of.set_back();
                }
                of.status = status;
                of.decisions.push(Decision {
                    status,
                    reason: reason.to_owned(),
                    new_evidence: None,
                    decided: context.stamp(),
                });
            }
        };
        match fact {
            Fact::MatchProposed { adult, relation, why, new_evidence } => {
                let claim = Claim { adult: *adult, relation: *relation };
                let decision = Decision {
                    status: MatchStatus::Proposed,
                    reason: why.clone(),
                    new_evidence: new_evidence.clone(),
                    decided: context.stamp(),
                };
                match self.match_mut(claim) {
                    Some(of) => {
                        of.status = MatchStatus::Proposed;
                        of.decisions.push(decision);
                    }
                    None => self.matches.push(Match {
                        claim,
                        status: MatchStatus::Proposed,
                        decisions: vec![decision],
                        verification: None,
                        earlier: Vec::new(),
                        gate: Gate::default(),
                        knows: Vec::new(),
                    }),
                }
            }
            Fact::MatchReviewed { adult, relation, note } => {
                decide(adult, relation, MatchStatus::UnderReview, note);
            }
            Fact::MatchNeedsEvidence { adult, relation, what } => {
                decide(adult, relation, MatchStatus::NeedsEvidence, what);
            }
            Fact::MatchAccepted { adult, relation, reason } => {
                decide(adult, relation, MatchStatus::Accepted, reason);
            }
            Fact::MatchRejected { adult, relation, reason } => {
                decide(adult, relation, MatchStatus::Rejected, reason);
            }
            Fact::ConflictRaised { adult, relation, other_adult, other_relation } => {
                let later = Claim { adult: *adult, relation: *relation };
                let earlier = Claim { adult: *other_adult, relation: *other_relation };
                self.conflicts.push(Conflict {
                    claims: (later, earlier),
                    raised: context.stamp(),
                    resolved: None,
                });
            }
            Fact::ConflictResolved { adult, relation, other_adult, other_relation, resolution, reason } => {
                let one = Claim { adult: *adult, relation: *relation };
                let other = Claim { adult: *other_adult, relation: *other_relation };
                let open = self.conflicts.iter_mut().filter(|of| of.is_open() && of.between(one, other));
                for conflict in open {
                    conflict.resolved = Some((*resolution, reason.clone(), context.stamp()));
                }
            }
            _ => {}
        }
    }
}
