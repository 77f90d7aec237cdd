//! The gate of consent and best interests: what the child wishes, what the adult freely chooses, whether it is safe.
//! Whatever takes one of the three away blocks again at once.

use crate::child::ChildCase;
use crate::fact::Fact;
use crate::matching::{Claim, Match};
use crate::refusal::{Refusal, said};
use crate::stamp::{Context, Stamp};
use crate::verification::Verified;
use crate::word::{Choice, GateStatus, MatchStatus, Wish};
use rejoin_model::{RecordId, Relation};

/// What the child wishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildWish {
    /// The wish.
    pub wish: Wish,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked: i64,
    /// In the child's words.
    pub words: String,
    /// Who recorded it, and when.
    pub recorded: Stamp,
}

/// What the adult chooses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdultChoice {
    /// The choice.
    pub choice: Choice,
    /// Whether the adult knew what it means.
    pub knowingly: bool,
    /// Whether nobody pressed.
    pub voluntarily: bool,
    /// In which language it was explained.
    pub language: String,
    /// Who advised the adult.
    pub adviser: String,
    /// In the adult's words.
    pub words: String,
    /// Who recorded it, and when.
    pub recorded: Stamp,
    /// Why it was withdrawn, and who recorded that.
    pub withdrawn: Option<(String, Stamp)>,
}

impl AdultChoice {
    /// Whether it stands, and was made knowingly and voluntarily.
    pub fn is_informed(&self) -> bool {
        self.withdrawn.is_none() && self.knowingly && self.voluntarily
    }
}

/// Whether the child would be safe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Safety {
    /// The judgement.
    pub safe: bool,
    /// Who judged.
    pub assessor: String,
    /// On what.
    pub findings: String,
    /// Who recorded it, and when.
    pub recorded: Stamp,
}

/// How the gate was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateDecision {
    /// Why: a person's words, or for a block that follows from another fact one of [`AUTOMATIC`].
    pub reason: String,
    /// For a block: when to look again.
    pub review: Option<i64>,
    /// Why it was cleared against the child's wish.
    pub despite_wish: Option<String>,
    /// Who, and when.
    pub decided: Stamp,
}

/// Reasons of blocks that follow from another fact: the stable word, English, Spanish.
pub const AUTOMATIC: &[(&str, &str, &str)] = &[
    ("choice-withdrawn", "the adult withdrew the choice", "la persona adulta retiró su decisión"),
    ("choice-changed", "the adult's choice is no longer a free yes", "la decisión ya no es un sí libre"),
    ("child-does-not-want", "the child does not want it", "la niña o el niño no quiere"),
    ("unsafe", "the assessment says that it is not safe", "la evaluación dice que no es seguro"),
    ("broken-down", "the reunification broke down", "la reunificación se interrumpió"),
];

/// The gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// The child's wish.
    pub wish: Option<ChildWish>,
    /// The adult's choice.
    pub choice: Option<AdultChoice>,
    /// Safety.
    pub safety: Option<Safety>,
    pub(crate) status: GateStatus,
    pub(crate) decided: Option<GateDecision>,
}

impl Default for Gate {
    fn default() -> Self {
        Self { wish: None, choice: None, safety: None, status: GateStatus::Undecided, decided: None }
    }
}

impl Gate {
    /// Where it stands.
    pub fn status(&self) -> GateStatus {
        self.status
    }

    /// How it was decided last.
    pub fn decided(&self) -> Option<&GateDecision> {
        self.decided.as_ref()
    }

    /// What is still missing for clearing it.
    fn missing(&self, despite_wish: Option<&str>) -> Result<(), Refusal> {
        let wish = self.wish.as_ref().ok_or(Refusal::WishMissing)?;
        if wish.wish == Wish::DoesNotWant && despite_wish.is_none_or(|why| why.trim().is_empty()) {
            return Err(Refusal::WishAgainst);
        }
        let choice = self.choice.as_ref().filter(|one| one.withdrawn.is_none());
        let choice = choice.ok_or(Refusal::ChoiceMissing)?;
        if choice.choice == Choice::Decline {
            return Err(Refusal::ChoiceDeclined);
        }
        if !choice.is_informed() {
            return Err(Refusal::ChoiceNotFree);
        }
        match &self.safety {
            None => Err(Refusal::SafetyMissing),
            Some(safety) if !safety.safe => Err(Refusal::Unsafe),
            Some(_) => Ok(()),
        }
    }
}

/// That consent and best interests are cleared for a verified adult. Like [`Verified`], it is made in one place only.
#[derive(Debug)]
pub struct Cleared<'a> {
    child: RecordId,
    of: &'a Match,
}

impl Cleared<'_> {
    /// The child.
    pub fn child(&self) -> RecordId {
        self.child
    }

    /// The adult.
    pub fn adult(&self) -> RecordId {
        self.of.claim.adult
    }

    pub(crate) fn claim(&self) -> Claim {
        self.of.claim
    }
}

impl ChildCase {
    /// The proof that the gate is cleared for somebody who is verified.
    pub fn cleared<'a>(&'a self, verified: &Verified<'_>) -> Result<Cleared<'a>, Refusal> {
        let of = self.match_of(verified.claim()).ok_or(Refusal::NoSuchMatch)?;
        if verified.child() != self.child || of.gate.status != GateStatus::Cleared {
            return Err(Refusal::NotCleared);
        }
        Ok(Cleared { child: self.child, of })
    }

    pub(crate) fn check_gate(&self, asked: &Fact, context: &Context) -> Result<Vec<Fact>, Refusal> {
        // What people say of themselves is recorded from the day that somebody proposes them: an adult may be sent
        // away before anybody has verified anything.
        let live = |adult: &RecordId, relation: &Relation| {
            let claim = Claim { adult: *adult, relation: *relation };
            let of = self.match_of(claim).ok_or(Refusal::NoSuchMatch)?;
            if of.is_live() {
                return Ok(of);
            }
            let what = ("the match", "la coincidencia");
            let status = (MatchStatus::Rejected.word(), MatchStatus::Rejected.spanish());
            Err(Refusal::NotNow { what, status, asked: asked.kind() })
        };
        let block = |adult: &RecordId, relation: &Relation, reason: &str| Fact::GateBlocked {
            adult: *adult,
            relation: *relation,
            reason: reason.to_owned(),
            review: context.at_micros,
        };
        let mut facts = vec![asked.clone()];
        match asked {
            Fact::WishRecorded { adult, relation, wish, asked_by, asked, words } => {
                let of = live(adult, relation)?;
                said("asked_by", asked_by)?;
                said("words", words)?;
                context.happened(*asked)?;
                if *wish == Wish::DoesNotWant && of.gate.status == GateStatus::Cleared {
                    facts.push(block(adult, relation, "child-does-not-want"));
                }
            }
            Fact::ChoiceRecorded {
                adult,
                relation,
                choice,
                knowingly,
                voluntarily,
                language,
                adviser,
                words,
            } => {
                let of = live(adult, relation)?;
                said("language", language)?;
                said("adviser", adviser)?;
                said("words", words)?;
                let free_yes = *choice == Choice::Reunify && *knowingly && *voluntarily;
                if !free_yes && of.gate.status == GateStatus::Cleared {
                    facts.push(block(adult, relation, "choice-changed"));
                }
            }
            Fact::ChoiceWithdrawn { adult, relation, reason } => {
                let of = live(adult, relation)?;
                if of.gate.choice.as_ref().is_none_or(|choice| choice.withdrawn.is_some()) {
                    return Err(Refusal::NoChoice);
                }
                said("reason", reason)?;
                facts.push(block(adult, relation, "choice-withdrawn"));
            }
            Fact::SafetyAssessed { adult, relation, safe, assessor, findings } => {
                let of = live(adult, relation)?;
                said("assessor", assessor)?;
                said("findings", findings)?;
                if !safe && of.gate.status == GateStatus::Cleared {
                    facts.push(block(adult, relation, "unsafe"));
                }
            }
            Fact::GateCleared { adult, relation, reason, despite_wish } => {
                let of = live(adult, relation)?;
                self.verified(of.claim)?;
                if of.gate.status == GateStatus::Cleared {
                    let status = (GateStatus::Cleared.word(), GateStatus::Cleared.spanish());
                    let what = ("the gate", "la autorización");
                    return Err(Refusal::NotNow { what, status, asked: asked.kind() });
                }
                said("reason", reason)?;
                of.gate.missing(despite_wish.as_deref())?;
            }
            Fact::GateBlocked { adult, relation, reason, review } => {
                live(adult, relation)?;
                said("reason", reason)?;
                if *review <= context.at_micros {
                    return Err(Refusal::NotInTheFuture);
                }
            }
            _ => return Err(Refusal::WrongCase),
        }
        Ok(facts)
    }

    fn gate_mut(&mut self, adult: &RecordId, relation: &Relation) -> Option<&mut Gate> {
        self.match_mut(Claim { adult: *adult, relation: *relation }).map(|of| &mut of.gate)
    }

    pub(crate) fn apply_gate(&mut self, fact: &Fact, context: &Context) {
        let stamp = context.stamp();
        match fact {
            Fact::WishRecorded { adult, relation, wish, asked_by, asked, words } => {
                if let Some(gate) = self.gate_mut(adult, relation) {
                    gate.wish = Some(ChildWish {
                        wish: *wish,
                        asked_by: asked_by.clone(),
                        asked: *asked,
                        words: words.clone(),
                        recorded: stamp,
                    });
                }
            }
            Fact::ChoiceRecorded {
                adult,
                relation,
                choice,
                knowingly,
                voluntarily,
                language,
                adviser,
                words,
            } => {
                if let Some(gate) = self.gate_mut(adult, relation) {
                    gate.choice = Some(AdultChoice {
                        choice: *choice,
                        knowingly: *knowingly,
                        voluntarily: *voluntarily,
                        language: language.clone(),
                        adviser: adviser.clone(),
                        words: words.clone(),
                        recorded: stamp,
                        withdrawn: None,
                    });
                }
            }
            Fact::ChoiceWithdrawn { adult, relation, reason } => {
                if let Some(choice) = self.gate_mut(adult, relation).and_then(|gate| gate.choice.as_mut()) {
                    choice.withdrawn = Some((reason.clone(), stamp));
                }
            }
            Fact::SafetyAssessed { adult, relation, safe, assessor, findings } => {
                if let Some(gate) = self.gate_mut(adult, relation) {
                    gate.safety = Some(Safety {
                        safe: *safe,
                        assessor: assessor.clone(),
                        findings: findings.clone(),
                        recorded: stamp,
                    });
                }
            }
            Fact::GateCleared { adult, relation, reason, despite_wish } => {
                if let Some(gate) = self.gate_mut(adult, relation) {
                    gate.status = GateStatus::Cleared;
                    gate.decided = Some(GateDecision {
                        reason: reason.clone(),
                        review: None,
                        despite_wish: despite_wish.clone(),
                        decided: stamp,
                    });
                }
            }
            Fact::GateBlocked { adult, relation, reason, review } => {
                if let Some(gate) = self.gate_mut(adult, relation) {
                    gate.status = GateStatus::Blocked;
                    gate.decided = Some(GateDecision {
                        reason: reason.clone(),
                        review: Some(*review),
                        despite_wish: None,
                        decided: stamp,
                    });
                    // After a breakdown, child and safety are asked anew.
                    if reason == "broken-down" {
                        gate.wish = None;
                        gate.safety = None;
                    }
                }
            }
            _ => {}
        }
    }
}
