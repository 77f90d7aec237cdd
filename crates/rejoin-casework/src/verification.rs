//! Verification: people check a match. Child and adult are asked separately and blind, by people who do not know what
//! the other said; two people sign. Only a passed verification gives a [`Verified`], and only that opens where the
//! child is.

use crate::child::ChildCase;
use crate::fact::Fact;
use crate::matching::{Claim, Match};
use crate::refusal::{Refusal, said};
use crate::stamp::{Context, Stamp, same};
use crate::word::{MatchStatus, Outcome, ProofKind, Side};
use rejoin_model::{RecordId, Relation};

/// An interview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interview {
    /// Who was asked.
    pub side: Side,
    /// Who asked.
    pub interviewer: String,
    /// Who interpreted.
    pub interpreter: Option<String>,
    /// In which language.
    pub language: String,
    /// When.
    pub held: i64,
    /// What was said.
    pub answers: Vec<String>,
    /// Who recorded it, and when.
    pub recorded: Stamp,
}

/// A document, or what a third party says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Which of the two.
    pub kind: ProofKind,
    /// What it is, or what was said.
    pub words: String,
    /// The hash of the file, if there is one.
    pub attachment: Option<String>,
    /// Who recorded it, and when.
    pub recorded: Stamp,
}

/// A sample that was taken. The profile is never here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dna {
    /// Why nothing else would do.
    pub why_last_resort: String,
    /// Who consented for the child.
    pub child_consent: String,
    /// How the adult consented.
    pub adult_consent: String,
    /// Who recorded it, and when.
    pub taken: Stamp,
    /// The certificate of destruction, and who recorded it.
    pub destroyed: Option<(String, Stamp)>,
}

/// A signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// What is signed.
    pub outcome: Outcome,
    /// Whether the child knows the adult, wants it, and both accounts agree, in the signer's words.
    pub statement: String,
    /// Who, and when.
    pub signed: Stamp,
}

/// A verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Who started it, and when.
    pub started: Stamp,
    pub(crate) interviews: Vec<Interview>,
    /// Documents and third parties.
    pub proofs: Vec<Proof>,
    /// Samples.
    pub dna: Vec<Dna>,
    /// Signatures that count.
    pub signatures: Vec<Signature>,
    /// What two people signed, and when the second did.
    pub outcome: Option<(Outcome, i64)>,
}

impl Verification {
    /// Whether a side was interviewed; the interview itself is read through [`ChildCase::interviews`].
    pub fn interviewed(&self, side: Side) -> bool {
        self.interviews.iter().any(|one| one.side == side)
    }

    /// Whether both sides were.
    pub fn both_interviewed(&self) -> bool {
        self.interviewed(Side::Child) && self.interviewed(Side::Adult)
    }

    pub(crate) fn dna_outstanding(&self) -> bool {
        self.dna.iter().any(|one| one.destroyed.is_none())
    }
}

/// That a relationship was checked by people: what disclosing a child's whereabouts demands. It cannot be made
/// anywhere but in [`ChildCase::verified`], and does not outlive the state that it was read from.
///
/// ```compile_fail
/// use rejoin_casework::{Match, Verified};
/// fn forged(child: rejoin_model::RecordId, of: &Match) -> Verified<'_> {
///     Verified { child, of, at: 0 }
/// }
/// ```
#[derive(Debug)]
pub struct Verified<'a> {
    child: RecordId,
    of: &'a Match,
    at: i64,
}

impl Verified<'_> {
    /// The child.
    pub fn child(&self) -> RecordId {
        self.child
    }

    /// The adult.
    pub fn adult(&self) -> RecordId {
        self.of.claim.adult
    }

    /// What the adult is to the child.
    pub fn relation(&self) -> Relation {
        self.of.claim.relation
    }

    /// When the second person signed.
    pub fn at_micros(&self) -> i64 {
        self.at
    }

    pub(crate) fn claim(&self) -> Claim {
        self.of.claim
    }
}

impl ChildCase {
    /// The proof that people verified a claim, while the match is accepted and nothing competes with it.
    pub fn verified(&self, claim: Claim) -> Result<Verified<'_>, Refusal> {
        let of = self.match_of(claim).ok_or(Refusal::NoSuchMatch)?;
        let at = match of.verification.as_ref().and_then(|one| one.outcome) {
            Some((Outcome::Passed, at)) if of.status == MatchStatus::Accepted => at,
            _ => return Err(Refusal::NotVerified),
        };
        if self.in_conflict(claim) {
            return Err(Refusal::ConflictOpen);
        }
        Ok(Verified { child: self.child, of, at })
    }

    /// Whether an account may read a side's interviews: its own before the other side has spoken, all afterwards. (The
    /// registry asks its own access decision besides.)
    pub fn may_read_interview(&self, claim: Claim, side: Side, account: &str) -> bool {
        self.match_of(claim).is_some_and(|of| {
            let own = of.knows.iter().any(|(known, who)| *known == side && same(who, account));
            let at = of.verifications().filter(|one| one.interviewed(side));
            let mut open = at.map(|one| one.both_interviewed() || one.outcome.is_some() || own);
            open.next().is_some_and(|first| first && open.all(|other| other))
        })
    }

    /// A side's interviews, for an account that may read them. Record the reading ([`Fact::InterviewRead`]) first: it
    /// decides who may still interview the other side.
    pub fn interviews(&self, claim: Claim, side: Side, account: &str) -> Result<Vec<&Interview>, Refusal> {
        if !self.may_read_interview(claim, side, account) {
            return Err(Refusal::InterviewSealed);
        }
        let of = self.match_of(claim).ok_or(Refusal::NoSuchMatch)?;
        Ok(of
            .verifications()
            .flat_map(|one| &one.interviews)
            .filter(|interview| interview.side == side)
            .collect())
    }

    /// Whether somebody knows what a side said. What the child said for one match is known for every other.
    pub fn knows(&self, claim: Claim, side: Side, who: &str) -> bool {
        let of = self.matches.iter().filter(|one| side == Side::Child || one.claim.adult == claim.adult);
        of.flat_map(|one| &one.knows).any(|(known, name)| *known == side && same(name, who))
    }

    fn interviewed_by(&self, claim: Claim, side: Side, who: &str) -> bool {
        let of = self.matches.iter().filter(|one| side == Side::Child || one.claim.adult == claim.adult);
        of.flat_map(Match::verifications)
            .flat_map(|one| &one.interviews)
            .any(|one| one.side == side && same(&one.interviewer, who))
    }

    pub(crate) fn check_verification(&self, asked: &Fact, context: &Context) -> Result<Vec<Fact>, Refusal> {
        let find = |adult: &RecordId, relation: &Relation| {
            let claim = Claim { adult: *adult, relation: *relation };
            self.match_of(claim).ok_or(Refusal::NoSuchMatch)
        };
        let running = |adult: &RecordId, relation: &Relation| {
            let of = find(adult, relation)?;
            let verification = of.verification.as_ref().filter(|one| one.outcome.is_none());
            verification.map(|one| (of.claim, one)).ok_or(Refusal::NoVerification)
        };
        match asked {
            Fact::VerificationStarted { adult, relation, again_because } => {
                let of = find(adult, relation)?;
                let not_now = |what, word, spanish| {
                    Err(Refusal::NotNow { what, status: (word, spanish), asked: asked.kind() })
                };
                if of.status != MatchStatus::Accepted {
                    let what = ("the match", "la coincidencia");
                    return not_now(what, of.status.word(), of.status.spanish());
                }
                let what = ("the verification", "la verificación");
                match of.verification.as_ref().map(|one| one.outcome) {
                    Some(None) => return not_now(what, "under way", "en curso"),
                    Some(Some((Outcome::Passed, _))) => {
                        return not_now(what, Outcome::Passed.word(), Outcome::Passed.spanish());
                    }
                    _ => {}
                }
                // Nobody asks again and again, until the answer pleases, without saying why.
                let before = of.verifications().any(|one| one.outcome.is_some());
                if before && again_because.as_ref().is_none_or(|why| why.trim().is_empty()) {
                    return Err(Refusal::CheckedBefore);
                }
                if self.in_conflict(of.claim) {
                    return Err(Refusal::ConflictOpen);
                }
            }
            Fact::InterviewRecorded {
                adult,
                relation,
                side,
                interviewer,
                interpreter,
                language,
                held,
                answers,
            } => {
                let (claim, _) = running(adult, relation)?;
                said("interviewer", interviewer)?;
                said("language", language)?;
                context.happened(*held)?;
                if answers.iter().all(|answer| answer.trim().is_empty()) {
                    return Err(Refusal::Missing("answers"));
                }
                let other = if *side == Side::Child { Side::Adult } else { Side::Child };
                if self.interviewed_by(claim, other, interviewer) {
                    return Err(Refusal::SameInterviewer);
                }
                let people = [Some(interviewer), interpreter.as_ref(), Some(&context.actor)];
                if people.into_iter().flatten().any(|who| self.knows(claim, other, who)) {
                    return Err(Refusal::KnowsOtherInterview);
                }
            }
            Fact::InterviewRead { adult, relation, side } => {
                let of = find(adult, relation)?;
                if !of.verifications().any(|one| one.interviewed(*side)) {
                    return Err(Refusal::NoSuchInterview);
                }
                if !self.may_read_interview(of.claim, *side, &context.actor) {
                    return Err(Refusal::InterviewSealed);
                }
            }
            Fact::ProofRecorded { adult, relation, words, .. } => {
                running(adult, relation)?;
                said("words", words)?;
            }
            Fact::DnaTaken { adult, relation, why_last_resort, child_consent, adult_consent } => {
                let (_, verification) = running(adult, relation)?;
                if *relation == Relation::Guardian {
                    return Err(Refusal::DnaNoUse);
                }
                said("why_last_resort", why_last_resort)?;
                said("child_consent", child_consent)?;
                said("adult_consent", adult_consent)?;
                if !verification.both_interviewed() || verification.proofs.is_empty() {
                    return Err(Refusal::DnaNotLast);
                }
                if verification.dna_outstanding() {
                    return Err(Refusal::DnaNotDestroyed);
                }
            }
            Fact::DnaDestroyed { adult, relation, certificate } => {
                if !find(adult, relation)?.dna_outstanding() {
                    return Err(Refusal::NoDna);
                }
                said("certificate", certificate)?;
            }
            Fact::VerificationSigned { adult, relation, outcome, statement } => {
                let (claim, verification) = running(adult, relation)?;
                said("statement", statement)?;
                if verification.signatures.iter().any(|one| same(&one.signed.by, &context.actor)) {
                    return Err(Refusal::SignedAlready);
                }
                // Nobody is said to belong or not to belong to a child unheard.
                if *outcome != Outcome::Inconclusive && !verification.both_interviewed() {
                    return Err(Refusal::InterviewsMissing);
                }
                if verification.dna_outstanding() {
                    return Err(Refusal::DnaNotDestroyed);
                }
                if *outcome == Outcome::Passed && self.in_conflict(claim) {
                    return Err(Refusal::ConflictOpen);
                }
                if verification.signatures.iter().any(|one| one.outcome != *outcome) {
                    return Err(Refusal::OutcomesDiffer);
                }
            }
            Fact::SignatureWithdrawn { adult, relation, reason } => {
                let (_, verification) = running(adult, relation)?;
                if !verification.signatures.iter().any(|one| same(&one.signed.by, &context.actor)) {
                    return Err(Refusal::NotSigned);
                }
                said("reason", reason)?;
            }
            Fact::SignaturesVoided { .. } => return Err(Refusal::NotACommand),
            _ => return Err(Refusal::WrongCase),
        }
        let mut facts = vec![asked.clone()];
        if let Fact::InterviewRecorded { adult, relation, .. }
        | Fact::ProofRecorded { adult, relation, .. }
        | Fact::DnaTaken { adult, relation, .. } = asked
            && !running(adult, relation)?.1.signatures.is_empty()
        {
            facts.push(Fact::SignaturesVoided { adult: *adult, relation: *relation });
        }
        Ok(facts)
    }

    fn running_mut(&mut self, adult: &RecordId, relation: &Relation) -> Option<&mut Verification> {
        self.match_mut(Claim { adult: *adult, relation: *relation })?.verification.as_mut()
    }

    pub(crate) fn apply_verification(&mut self, fact: &Fact, context: &Context) {
        let stamp = context.stamp();
        match fact {
            Fact::VerificationStarted { adult, relation, .. } => {
                if let Some(of) = self.match_mut(Claim { adult: *adult, relation: *relation }) {
                    of.earlier.extend(of.verification.take());
                    of.verification = Some(Verification {
                        started: stamp,
                        interviews: Vec::new(),
                        proofs: Vec::new(),
                        dna: Vec::new(),
                        signatures: Vec::new(),
                        outcome: None,
                    });
                }
            }
            Fact::InterviewRead { adult, relation, side } => {
                if let Some(of) = self.match_mut(Claim { adult: *adult, relation: *relation }) {
                    learn(of, *side, &context.actor);
                }
            }
            Fact::InterviewRecorded {
                adult,
                relation,
                side,
                interviewer,
                interpreter,
                language,
                held,
                answers,
            } => {
                let Some(of) = self.match_mut(Claim { adult: *adult, relation: *relation }) else { return };
                for who in
                    [Some(interviewer), interpreter.as_ref(), Some(&context.actor)].into_iter().flatten()
                {
                    learn(of, *side, who);
                }
                if let Some(verification) = &mut of.verification {
                    verification.interviews.push(Interview {
                        side: *side,
                        interviewer: interviewer.clone(),
                        interpreter: interpreter.clone(),
                        language: language.clone(),
                        held: *held,
                        answers: answers.clone(),
                        recorded: stamp,
                    });
                }
            }
            Fact::ProofRecorded { adult, relation, proof, words, attachment } => {
                if let Some(verification) = self.running_mut(adult, relation) {
                    verification.proofs.push(Proof {
                        kind: *proof,
                        words: words.clone(),
                        attachment: attachment.clone(),
                        recorded: stamp,
                    });
                }
            }
            Fact::DnaTaken { adult, relation, why_last_resort, child_consent, adult_consent } => {
                if let Some(verification) = self.running_mut(adult, relation) {
                    verification.dna.push(Dna {
                        why_last_resort: why_last_resort.clone(),
                        child_consent: child_consent.clone(),
                        adult_consent: adult_consent.clone(),
                        taken: stamp,
                        destroyed: None,
                    });
                }
            }
            Fact::DnaDestroyed { adult, relation, certificate } => {
                if let Some(of) = self.match_mut(Claim { adult: *adult, relation: *relation }) {
                    let all = of.earlier.iter_mut().chain(of.verification.as_mut());
                    // The oldest sample first: a certificate is for one.
                    let mut samples = all.flat_map(|one| &mut one.dna);
                    if let Some(sample) = samples.find(|one| one.destroyed.is_none()) {
                        sample.destroyed = Some((certificate.clone(), stamp));
                    }
                }
            }
            Fact::VerificationSigned { adult, relation, outcome, statement } => {
                if let Some(verification) = self.running_mut(adult, relation) {
                    verification.signatures.push(Signature {
                        outcome: *outcome,
                        statement: statement.clone(),
                        signed: stamp,
                    });
                    if verification.signatures.len() == 2 {
                        verification.outcome = Some((*outcome, context.at_micros));
                    }
                }
            }
            Fact::SignaturesVoided { adult, relation } => {
                if let Some(verification) = self.running_mut(adult, relation) {
                    verification.signatures.clear();
                }
            }
            Fact::SignatureWithdrawn { adult, relation, .. } => {
                if let Some(verification) = self.running_mut(adult, relation) {
                    verification.signatures.retain(|one| !same(&one.signed.by, &context.actor));
                }
            }
            _ => {}
        }
    }
}

fn learn(of: &mut Match, side: Side, who: &str) {
    if !of.knows.iter().any(|(known, name)| *known == side && same(name, who)) {
        of.knows.push((side, who.to_owned()));
    }
}
