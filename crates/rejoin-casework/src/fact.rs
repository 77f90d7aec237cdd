//! Facts: what happened to a case, and what a command asks to have recorded. A command *is* the fact that somebody
//! wants on record; the machine refuses it, or answers with it and with what follows from it. Kinds and fields are
//! kept for ever: they are added to, never renamed (`tests/wire.rs`).

use crate::cell::Cell;
use crate::stream::StreamId;
use crate::word::*;
use rejoin_model::{RecordId, Relation};

macro_rules! facts {
    ($($(#[doc = $about:literal])+ $variant:ident = $kind:literal { $($field:ident: $type:ty),* $(,)? })*) => {
        /// Something that happened to a case. Moments are microseconds since 1970-01-01 UTC.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the names of the fields are the words that the ledger keeps")]
        pub enum Fact {
            $($(#[doc = $about])+ $variant { $($field: $type),* },)*
        }

        /// Every kind with its fields, in order.
        pub const KINDS: &[(&str, &[&str])] = &[$(($kind, &[$(stringify!($field)),*])),*];

        impl Fact {
            /// The stable kind.
            pub fn kind(&self) -> &'static str {
                match self {
                    $(Fact::$variant { .. } => $kind,)*
                }
            }

            /// Kind and fields as text. A field that has no value is left out.
            pub fn parts(&self) -> (&'static str, Vec<(&'static str, String)>) {
                match self {
                    $(Fact::$variant { $($field),* } => {
                        #[allow(unused_mut, reason = "a fact may have no field")]
                        let mut fields = Vec::new();
                        $(if let Some(text) = $field.write() {
                            fields.push((stringify!($field), text));
                        })*
                        ($kind, fields)
                    })*
                }
            }

            /// The fact of a kind and its fields; `None` when a field is missing or says nothing that it may say.
            pub fn from_parts(kind: &str, field: &dyn Fn(&str) -> Option<String>) -> Option<Fact> {
                Some(match kind {
                    $($kind => Fact::$variant { $($field: Cell::read(field(stringify!($field)))?),* },)*
                    _ => return None,
                })
            }
        }
    };
}

facts! {
    /// Somebody looks for somebody.
    TracingReceived = "tracing-received" {
        inquirer: Option<RecordId>, inquirer_words: String, sought: Vec<RecordId>, sought_words: Vec<String>,
        relation: Relation, priority: Priority, organisation: String, message: Option<String>,
    }
    /// The request was read and can be worked on.
    TracingScreened = "tracing-screened" { note: String }
    /// Work began, or contact was found again.
    TracingOpened = "tracing-opened" { note: String }
    /// Somebody else is sought, too.
    TracingSoughtAdded = "tracing-sought-added" { sought: Option<RecordId>, words: String }
    /// The priority changed.
    TracingPrioritySet = "tracing-priority-set" { priority: Priority, reason: String }
    /// Contact with the inquirer is lost.
    TracingDormant = "tracing-dormant" { reason: String }
    /// The request ended.
    TracingClosed = "tracing-closed" { outcome: TracingOutcome, reason: String, duplicate_of: Option<StreamId> }
    /// It did not end after all.
    TracingReopened = "tracing-reopened" { reason: String }

    /// An account or team answers for the case from one moment, until another or further notice.
    Assigned = "assigned" { to: String, from: i64, until: Option<i64> }
    /// It no longer does.
    Unassigned = "unassigned" { to: String, reason: String }
    /// Somebody tried to reach a person.
    ContactTried = "contact-tried" {
        person: Option<RecordId>, when: i64, channel: String, reached: bool, outcome: String,
    }
    /// A note; the registry seals it.
    NoteAdded = "note-added" { about: Option<RecordId>, text: String }
    /// A file, by the SHA-256 of its content in hexadecimal.
    Attached = "attached" { about: Option<RecordId>, hash: String, name: String, media_type: String }

    /// Somebody told of a separation. `number` counts the case's reports from 1.
    SeparationReported = "separation-reported" {
        number: u32, adult: Option<RecordId>, told_by: String, words: String,
    }
    /// Who ordered it and on what. What is left out is not documented.
    SeparationDocumented = "separation-documented" {
        number: u32, ordered_by: Option<String>, authority: Option<String>, ground: Option<String>,
        evidence: Vec<String>, notice: Option<String>,
    }
    /// Somebody says that it was otherwise.
    SeparationDisputed = "separation-disputed" { number: u32, told_by: String, reason: String }
    /// It stands.
    SeparationConfirmed = "separation-confirmed" { number: u32, reason: String }

    /// Somebody suspects that the adult is that to the child. `new_evidence`: what was not there when it was rejected.
    MatchProposed = "match-proposed" {
        adult: RecordId, relation: Relation, why: String, new_evidence: Option<String>,
    }
    /// A person looks at it, for the first time or again.
    MatchReviewed = "match-reviewed" { adult: RecordId, relation: Relation, note: String }
    /// The reviewer wants more.
    MatchNeedsEvidence = "match-needs-evidence" { adult: RecordId, relation: Relation, what: String }
    /// It goes to verification.
    MatchAccepted = "match-accepted" { adult: RecordId, relation: Relation, reason: String }
    /// It is not so.
    MatchRejected = "match-rejected" { adult: RecordId, relation: Relation, reason: String }
    /// Two live matches compete. Only the machine says so.
    ConflictRaised = "conflict-raised" {
        adult: RecordId, relation: Relation, other_adult: RecordId, other_relation: Relation,
    }
    /// They no longer do. `one-rejected` is the machine's word.
    ConflictResolved = "conflict-resolved" {
        adult: RecordId, relation: Relation, other_adult: RecordId, other_relation: Relation,
        resolution: Resolution, reason: String,
    }

    /// People begin to check a match; `again_because`, where it was checked before.
    VerificationStarted = "verification-started" {
        adult: RecordId, relation: Relation, again_because: Option<String>,
    }
    /// Child or adult was asked. `interviewer` and `interpreter` are accounts, or names where there is no account.
    InterviewRecorded = "interview-recorded" {
        adult: RecordId, relation: Relation, side: Side, interviewer: String, interpreter: Option<String>,
        language: String, held: i64, answers: Vec<String>,
    }
    /// The actor read an interview.
    InterviewRead = "interview-read" { adult: RecordId, relation: Relation, side: Side }
    /// A document, or what somebody who knows them says.
    ProofRecorded = "proof-recorded" {
        adult: RecordId, relation: Relation, proof: ProofKind, words: String, attachment: Option<String>,
    }
    /// A sample was taken, as a last resort; who consented, for whom.
    DnaTaken = "dna-taken" {
        adult: RecordId, relation: Relation, why_last_resort: String, child_consent: String, adult_consent: String,
    }
    /// Sample and profile were destroyed.
    DnaDestroyed = "dna-destroyed" { adult: RecordId, relation: Relation, certificate: String }
    /// The actor signs an outcome.
    VerificationSigned = "verification-signed" {
        adult: RecordId, relation: Relation, outcome: Outcome, statement: String,
    }
    /// The actor takes the signature back before a second one is there.
    SignatureWithdrawn = "signature-withdrawn" { adult: RecordId, relation: Relation, reason: String }

    /// What was signed was signed without what has come since: sign again. Only the machine says so.
    SignaturesVoided = "signatures-voided" { adult: RecordId, relation: Relation }

    /// What the child wishes, and who asked.
    WishRecorded = "wish-recorded" {
        adult: RecordId, relation: Relation, wish: Wish, asked_by: String, asked: i64, words: String,
    }
    /// What the adult chooses.
    ChoiceRecorded = "choice-recorded" {
        adult: RecordId, relation: Relation, choice: Choice, knowingly: bool, voluntarily: bool,
        language: String, adviser: String, words: String,
    }
    /// The adult takes the choice back.
    ChoiceWithdrawn = "choice-withdrawn" { adult: RecordId, relation: Relation, reason: String }
    /// Whether the child would be safe.
    SafetyAssessed = "safety-assessed" {
        adult: RecordId, relation: Relation, safe: bool, assessor: String, findings: String,
    }
    /// The way is free.
    GateCleared = "gate-cleared" {
        adult: RecordId, relation: Relation, reason: String, despite_wish: Option<String>,
    }
    /// It is not; to be looked at again at `review`.
    GateBlocked = "gate-blocked" { adult: RecordId, relation: Relation, reason: String, review: i64 }
    /// An adult was sent out of the country.
    AdultRemoved = "adult-removed" { adult: RecordId, when: i64, destination: Option<String> }

    /// Where, when, who escorts; when to follow up; hours after which a missing receipt is an alarm.
    ReunificationPlanned = "reunification-planned" {
        adult: RecordId, relation: Relation, place: String, when: i64, escort: String,
        follow_up_days: Vec<u32>, receipt_hours: u32,
    }
    /// It was called off.
    ReunificationCancelled = "reunification-cancelled" { reason: String }
    /// Whoever had the child says: handed to this adult.
    HandOverSent = "hand-over-sent" { to: RecordId, sender: String, when: i64, place: String, statement: String }
    /// Whoever took the child in says: received, and it is with this adult.
    HandOverReceived = "hand-over-received" {
        to: RecordId, receiver: String, when: i64, place: String, statement: String,
    }
    /// Somebody looked how the child is, for the follow-up of that day.
    FollowUpDone = "follow-up-done" { day: u32, well: bool, words: String }
    /// It holds.
    ReunificationStable = "reunification-stable" { reason: String }
    /// It did not hold.
    ReunificationBrokenDown = "reunification-broken-down" { reason: String, whereabouts: String }

    /// Somebody wants to close the case.
    ClosureProposed = "closure-proposed" { reason: String, whereabouts: String }
    /// Somebody else agrees, and says why if something is still open.
    ClosureApproved = "closure-approved" { despite: Option<String> }
    /// Somebody does not.
    ClosureDeclined = "closure-declined" { reason: String }
    /// The case is open again.
    CaseReopened = "case-reopened" { reason: String }
}

/// A fact and the case that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The case.
    pub stream: StreamId,
    /// What happened to it.
    pub fact: Fact,
}

impl Event {
    /// The case.
    pub fn stream(&self) -> StreamId {
        self.stream
    }

    /// Kind and fields as text, the stream first.
    pub fn parts(&self) -> (&'static str, Vec<(&'static str, String)>) {
        let (kind, mut fields) = self.fact.parts();
        fields.insert(0, ("stream", self.stream.to_string()));
        (kind, fields)
    }

    /// The event of a kind and its fields.
    pub fn from_parts(kind: &str, field: &dyn Fn(&str) -> Option<String>) -> Option<Event> {
        Some(Event { stream: field("stream")?.parse().ok()?, fact: Fact::from_parts(kind, field)? })
    }
}
