//! Reunification: planned for a verified adult whose gate is cleared, handed over by two statements of two people,
//! followed up. One statement alone is not a hand-over: it is a child for whom nobody has said that it arrived.

use crate::child::ChildCase;
use crate::fact::Fact;
use crate::gate::Cleared;
use crate::matching::Claim;
use crate::refusal::{Refusal, said};
use crate::stamp::{Context, DAY, HOUR, Stamp, same};
use crate::verification::Verified;
use crate::word::ReunificationStatus;
use rejoin_model::{RecordId, Relation};

/// One side's statement of a hand-over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Who states it: the sender or the receiver.
    pub who: String,
    /// When the child left, or arrived.
    pub when: i64,
    /// Where.
    pub place: String,
    /// In whose words.
    pub statement: String,
    /// Which account recorded it, and when.
    pub recorded: Stamp,
}

/// A look at how the child is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowUp {
    /// Days after the hand-over.
    pub day: u32,
    /// When it is due.
    pub due: i64,
    /// Whether the child was well, in whose words.
    pub done: Option<(bool, String, Stamp)>,
}

/// A reunification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reunification {
    pub(crate) claim: Claim,
    pub(crate) status: ReunificationStatus,
    /// Where.
    pub place: String,
    /// When.
    pub when: i64,
    /// Who escorts the child.
    pub escort: String,
    /// Days after the hand-over on which to follow up.
    pub follow_up_days: Vec<u32>,
    /// Hours after which a missing statement is an alarm.
    pub receipt_hours: u32,
    /// Who planned it, and when.
    pub planned: Stamp,
    /// The sender's statement.
    pub sent: Option<Statement>,
    /// The receiver's statement.
    pub received: Option<Statement>,
    /// Follow-ups, from the hand-over on.
    pub follow_ups: Vec<FollowUp>,
    /// How it ended: why, for a breakdown where the child is, who recorded it.
    pub ended: Option<(String, Option<String>, Stamp)>,
}

impl Reunification {
    /// With whom.
    pub fn claim(&self) -> Claim {
        self.claim
    }

    /// Where it stands.
    pub fn status(&self) -> ReunificationStatus {
        self.status
    }

    /// Hours between leaving and arriving, once both are stated.
    pub fn hours_between(&self) -> Option<i64> {
        let (sent, received) = (self.sent.as_ref()?, self.received.as_ref()?);
        Some(received.when.saturating_sub(sent.when) / HOUR)
    }

    /// While one side has not spoken: when its silence becomes an alarm.
    pub fn receipt_due(&self) -> Option<i64> {
        let spoken = match (&self.sent, &self.received) {
            (Some(one), None) | (None, Some(one)) => one,
            _ => return None,
        };
        Some(spoken.when.saturating_add(i64::from(self.receipt_hours).saturating_mul(HOUR)))
    }

    /// Whether a follow-up should have been done.
    pub fn follow_ups_overdue(&self, at: i64) -> bool {
        self.follow_ups.iter().any(|one| one.done.is_none() && one.due < at)
    }
}

/// The plan of a reunification. It takes the two proofs, so that no code can plan without them.
#[allow(clippy::too_many_arguments, reason = "a plan says all of this, and each is another thing")]
pub fn plan(
    verified: &Verified<'_>,
    cleared: &Cleared<'_>,
    place: String,
    when: i64,
    escort: String,
    follow_up_days: Vec<u32>,
    receipt_hours: u32,
) -> Result<Fact, Refusal> {
    if verified.child() != cleared.child() || verified.claim() != cleared.claim() {
        return Err(Refusal::NotCleared);
    }
    let (adult, relation): (RecordId, Relation) = (verified.adult(), verified.relation());
    Ok(Fact::ReunificationPlanned { adult, relation, place, when, escort, follow_up_days, receipt_hours })
}

impl ChildCase {
    /// Both proofs, or what is missing.
    fn may_be_handed_to(&self, claim: Claim) -> Result<(Verified<'_>, Cleared<'_>), Refusal> {
        let verified = self.verified(claim)?;
        let cleared = self.cleared(&verified)?;
        Ok((verified, cleared))
    }

    pub(crate) fn check_reunification(&self, asked: &Fact, context: &Context) -> Result<Vec<Fact>, Refusal> {
        use ReunificationStatus::{AwaitingReceipt, BrokenDown, Cancelled, HandedOver, Planned, Stable};
        if let Fact::ReunificationPlanned {
            adult,
            relation,
            place,
            when,
            escort,
            follow_up_days,
            receipt_hours,
        } = asked
        {
            let claim = Claim { adult: *adult, relation: *relation };
            let (verified, cleared) = self.may_be_handed_to(claim)?;
            if self.reunification_under_way().is_some() {
                return Err(Refusal::ReunificationUnderWay);
            }
            said("place", place)?;
            said("escort", escort)?;
            if follow_up_days.is_empty() {
                return Err(Refusal::Missing("follow_up_days"));
            }
            if *receipt_hours == 0 {
                return Err(Refusal::Missing("receipt_hours"));
            }
            if *when < context.at_micros.saturating_sub(HOUR) {
                return Err(Refusal::NotInTheFuture);
            }
            let mut days = follow_up_days.clone();
            days.sort_unstable();
            days.dedup();
            let (place, escort) = (place.clone(), escort.clone());
            return Ok(vec![plan(&verified, &cleared, place, *when, escort, days, *receipt_hours)?]);
        }
        let of = self.reunification().ok_or(Refusal::NoReunification)?;
        let mut facts = vec![asked.clone()];
        match (asked, of.status) {
            (Fact::ReunificationCancelled { reason }, Planned) => said("reason", reason)?,
            (Fact::HandOverSent { to, sender, when, place, statement }, Planned | AwaitingReceipt) => {
                said("sender", sender)?;
                let said_by = (sender.as_str(), *when, place.as_str(), statement.as_str());
                self.check_statement(of, *to, said_by, (&of.sent, &of.received), context)?;
                if of.received.as_ref().is_some_and(|received| received.when < *when) {
                    return Err(Refusal::ImpossibleOrder);
                }
            }
            (Fact::HandOverReceived { to, receiver, when, place, statement }, Planned | AwaitingReceipt) => {
                said("receiver", receiver)?;
                let said_by = (receiver.as_str(), *when, place.as_str(), statement.as_str());
                self.check_statement(of, *to, said_by, (&of.received, &of.sent), context)?;
                if of.sent.as_ref().is_some_and(|sent| sent.when > *when) {
                    return Err(Refusal::ImpossibleOrder);
                }
            }
            (Fact::FollowUpDone { day, words, .. }, HandedOver) => {
                said("words", words)?;
                if !of.follow_ups.iter().any(|one| one.day == *day && one.done.is_none()) {
                    return Err(Refusal::NoSuchFollowUp);
                }
            }
            (Fact::ReunificationStable { reason }, HandedOver) => {
                said("reason", reason)?;
                if of.follow_ups.iter().any(|one| one.done.is_none()) {
                    return Err(Refusal::FollowUpsOpen);
                }
            }
            (
                Fact::ReunificationBrokenDown { reason, whereabouts },
                AwaitingReceipt | HandedOver | Stable,
            ) => {
                said("reason", reason)?;
                said("whereabouts", whereabouts)?;
                facts.push(Fact::GateBlocked {
                    adult: of.claim.adult,
                    relation: of.claim.relation,
                    reason: "broken-down".to_owned(),
                    review: context.at_micros,
                });
            }
            (_, Planned | AwaitingReceipt | HandedOver | Stable | BrokenDown | Cancelled) => {
                let what = ("the reunification", "la reunificación");
                let status = (of.status.word(), of.status.spanish());
                return Err(Refusal::NotNow { what, status, asked: asked.kind() });
            }
        }
        Ok(facts)
    }

    fn check_statement(
        &self,
        of: &Reunification,
        to: RecordId,
        (who, when, place, statement): (&str, i64, &str, &str),
        (own, other): (&Option<Statement>, &Option<Statement>),
        context: &Context,
    ) -> Result<(), Refusal> {
        if own.is_some() {
            return Err(Refusal::SpokeAlready);
        }
        if to != of.claim.adult {
            return Err(Refusal::WrongAdult);
        }
        said("place", place)?;
        said("statement", statement)?;
        context.happened(when)?;
        match other {
            // The child is under way: what the other side says is heard whatever was withdrawn meanwhile.
            Some(other) if same(&other.who, who) || same(&other.recorded.by, &context.actor) => {
                Err(Refusal::SameSide)
            }
            Some(_) => Ok(()),
            None => self.may_be_handed_to(of.claim).map(|_| ()),
        }
    }

    pub(crate) fn apply_reunification(&mut self, fact: &Fact, context: &Context) {
        let stamp = context.stamp();
        if let Fact::ReunificationPlanned {
            adult,
            relation,
            place,
            when,
            escort,
            follow_up_days,
            receipt_hours,
        } = fact
        {
            self.reunifications.push(Reunification {
                claim: Claim { adult: *adult, relation: *relation },
                status: ReunificationStatus::Planned,
                place: place.clone(),
                when: *when,
                escort: escort.clone(),
                follow_up_days: follow_up_days.clone(),
                receipt_hours: *receipt_hours,
                planned: stamp,
                sent: None,
                received: None,
                follow_ups: Vec::new(),
                ended: None,
            });
            return;
        }
        let Some(of) = self.reunifications.last_mut() else { return };
        match fact {
            Fact::ReunificationCancelled { reason } => {
                of.status = ReunificationStatus::Cancelled;
                of.ended = Some((reason.clone(), None, stamp));
            }
            Fact::HandOverSent { sender: who, when, place, statement, .. }
            | Fact::HandOverReceived { receiver: who, when, place, statement, .. } => {
                let side = match fact {
                    Fact::HandOverSent { .. } => &mut of.sent,
                    _ => &mut of.received,
                };
                *side = Some(Statement {
                    who: who.clone(),
                    when: *when,
                    place: place.clone(),
                    statement: statement.clone(),
                    recorded: stamp,
                });
                of.status = ReunificationStatus::AwaitingReceipt;
                if let (Some(_), Some(received)) = (&of.sent, &of.received) {
                    of.status = ReunificationStatus::HandedOver;
                    let from = received.when;
                    let due = |day: &u32| from.saturating_add(i64::from(*day).saturating_mul(DAY));
                    let follow_up = |day: &u32| FollowUp { day: *day, due: due(day), done: None };
                    of.follow_ups = of.follow_up_days.iter().map(follow_up).collect();
                }
            }
            Fact::FollowUpDone { day, well, words } => {
                if let Some(one) = of.follow_ups.iter_mut().find(|one| one.day == *day && one.done.is_none())
                {
                    one.done = Some((*well, words.clone(), stamp));
                }
            }
            Fact::ReunificationStable { reason } => {
                of.status = ReunificationStatus::Stable;
                of.ended = Some((reason.clone(), None, stamp));
            }
            Fact::ReunificationBrokenDown { reason, whereabouts } => {
                of.status = ReunificationStatus::BrokenDown;
                of.ended = Some((reason.clone(), Some(whereabouts.clone()), stamp));
            }
            _ => {}
        }
    }
}
