//! One well-formed fact of every kind; after a colon, a variant of it.

use super::record;
use rejoin_casework::word::*;
use rejoin_casework::{Fact, StreamId, TracingId};
use rejoin_model::{RecordId, Relation};

/// The adult whom samples are about.
pub const MOTHER: u8 = 2;
/// The adult who claims the same.
pub const OTHER: u8 = 3;

/// The fact of a kind, about the mother; of `kind:variant`; of `kind@other`, about the other claimant.
pub fn sample(name: &str, at: i64) -> Fact {
    let (name, adult) = match name.strip_suffix("@other") {
        Some(name) => (name, record(OTHER)),
        None => (name, record(MOTHER)),
    };
    let (kind, variant) = name.split_once(':').unwrap_or((name, ""));
    of(kind, variant, adult, at).unwrap_or_else(|| panic!("no sample of {name}"))
}

fn of(kind: &str, variant: &str, adult: RecordId, at: i64) -> Option<Fact> {
    let relation = Relation::Mother;
    let reason = || "a reason".to_owned();
    let side = if variant == "adult" { Side::Adult } else { Side::Child };
    Some(match kind {
        "tracing-received" => Fact::TracingReceived {
            inquirer: Some(adult),
            inquirer_words: "a mother".into(),
            sought: vec![record(1)],
            sought_words: vec!["a girl of six".into(), "her \\ sister\nof nine".into()],
            relation,
            priority: Priority::High,
            organisation: "a society".into(),
            message: Some("I am looking for you".into()),
        },
        "tracing-screened" => Fact::TracingScreened { note: reason() },
        "tracing-opened" => Fact::TracingOpened { note: reason() },
        "tracing-sought-added" => Fact::TracingSoughtAdded { sought: Some(record(7)), words: "a boy".into() },
        "tracing-priority-set" => Fact::TracingPrioritySet { priority: Priority::Urgent, reason: reason() },
        "tracing-dormant" => Fact::TracingDormant { reason: reason() },
        "tracing-closed" => Fact::TracingClosed {
            outcome: TracingOutcome::from_word(if variant.is_empty() { "found" } else { variant })?,
            reason: reason(),
            duplicate_of: (variant == "duplicate").then(|| StreamId::Tracing(TracingId::from_bytes([8; 10]))),
        },
        "tracing-reopened" => Fact::TracingReopened { reason: reason() },
        "assigned" => Fact::Assigned { to: "team north".into(), from: 0, until: Some(i64::MAX) },
        "unassigned" => Fact::Unassigned { to: "team north".into(), reason: reason() },
        "contact-tried" => Fact::ContactTried {
            person: Some(adult),
            when: at,
            channel: "telephone".into(),
            reached: true,
            outcome: "spoke".into(),
        },
        "note-added" => Fact::NoteAdded { about: Some(adult), text: "a note".into() },
        "attached" => Fact::Attached {
            about: Some(adult),
            hash: "0123456789abcdef".repeat(4),
            name: "letter.pdf".into(),
            media_type: "application/pdf".into(),
        },
        "separation-reported" => Fact::SeparationReported {
            number: 1,
            adult: Some(adult),
            told_by: "the child".into(),
            words: "they took her".into(),
        },
        "separation-documented" => Fact::SeparationDocumented {
            number: 1,
            ordered_by: Some("an officer".into()),
            authority: Some("a statute".into()),
            ground: Some("prosecution".into()),
            evidence: if variant == "without-evidence" { Vec::new() } else { vec!["a form".into()] },
            notice: Some("none given".into()),
        },
        "separation-disputed" => {
            Fact::SeparationDisputed { number: 1, told_by: "the agency".into(), reason: reason() }
        }
        "separation-confirmed" => Fact::SeparationConfirmed { number: 1, reason: reason() },
        "match-proposed" => Fact::MatchProposed {
            adult,
            relation: match variant {
                "as-parent" => Relation::Parent,
                "as-father" => Relation::Father,
                _ => relation,
            },
            why: reason(),
            new_evidence: (variant == "new-evidence").then(|| "a letter".into()),
        },
        "match-reviewed" => Fact::MatchReviewed { adult, relation, note: reason() },
        "match-needs-evidence" => {
            Fact::MatchNeedsEvidence { adult, relation, what: "a birth certificate".into() }
        }
        "match-accepted" => Fact::MatchAccepted { adult, relation, reason: reason() },
        "match-rejected" => Fact::MatchRejected { adult, relation, reason: reason() },
        "conflict-raised" => Fact::ConflictRaised {
            adult: record(MOTHER),
            relation,
            other_adult: record(OTHER),
            other_relation: relation,
        },
        "conflict-resolved" => Fact::ConflictResolved {
            adult: record(MOTHER),
            relation,
            other_adult: record(OTHER),
            other_relation: relation,
            resolution: if variant.is_empty() {
                Resolution::BothMayBeTrue
            } else {
                Resolution::from_word(variant)?
            },
            reason: reason(),
        },
        "verification-started" => Fact::VerificationStarted {
            adult,
            relation,
            again_because: (variant == "again").then(|| "an aunt was found".into()),
        },
        "signatures-voided" => Fact::SignaturesVoided { adult, relation },
        "interview-recorded" => Fact::InterviewRecorded {
            adult,
            relation,
            side,
            interviewer: format!("interviewer of the {}", side.word()),
            interpreter: Some(format!("interpreter of the {}", side.word())),
            language: "Mam".into(),
            held: at,
            answers: vec!["a blue door".into(), String::new()],
        },
        "interview-read" => Fact::InterviewRead { adult, relation, side },
        "proof-recorded" => Fact::ProofRecorded {
            adult,
            relation,
            proof: ProofKind::Document,
            words: "a birth certificate".into(),
            attachment: Some("0123456789abcdef".repeat(4)),
        },
        "dna-taken" => Fact::DnaTaken {
            adult,
            relation,
            why_last_resort: "no papers".into(),
            child_consent: "her advocate".into(),
            adult_consent: "in writing".into(),
        },
        "dna-destroyed" => Fact::DnaDestroyed { adult, relation, certificate: "number 5".into() },
        "verification-signed" => Fact::VerificationSigned {
            adult,
            relation,
            outcome: Outcome::from_word(if variant.is_empty() { "passed" } else { variant })?,
            statement: "the accounts agree".into(),
        },
        "signature-withdrawn" => Fact::SignatureWithdrawn { adult, relation, reason: reason() },
        "wish-recorded" => Fact::WishRecorded {
            adult,
            relation,
            wish: Wish::from_word(if variant.is_empty() { "wants" } else { variant })?,
            asked_by: "an advocate".into(),
            asked: at,
            words: "with her".into(),
        },
        "choice-recorded" => Fact::ChoiceRecorded {
            adult,
            relation,
            choice: if variant == "decline" { Choice::Decline } else { Choice::Reunify },
            knowingly: variant != "unknowing",
            voluntarily: variant != "pressed",
            language: "Mam".into(),
            adviser: "counsel".into(),
            words: "bring her".into(),
        },
        "choice-withdrawn" => Fact::ChoiceWithdrawn { adult, relation, reason: reason() },
        "safety-assessed" => Fact::SafetyAssessed {
            adult,
            relation,
            safe: variant != "unsafe",
            assessor: "a social worker".into(),
            findings: "a visit".into(),
        },
        "gate-cleared" => Fact::GateCleared {
            adult,
            relation,
            reason: reason(),
            despite_wish: (variant == "despite").then(|| "she is four and was told lies".into()),
        },
        "gate-blocked" => Fact::GateBlocked { adult, relation, reason: reason(), review: i64::MAX },
        "adult-removed" => Fact::AdultRemoved { adult, when: at, destination: Some("Guatemala".into()) },
        "reunification-planned" => Fact::ReunificationPlanned {
            adult,
            relation,
            place: "an airport".into(),
            when: i64::MAX,
            escort: "an escort".into(),
            follow_up_days: vec![7, 30],
            receipt_hours: 24,
        },
        "reunification-cancelled" => Fact::ReunificationCancelled { reason: reason() },
        "hand-over-sent" => Fact::HandOverSent {
            to: adult,
            sender: "the escort".into(),
            when: if variant == "earlier" { at - 3_600_000_000 } else { at },
            place: "an airport".into(),
            statement: "handed over".into(),
        },
        "hand-over-received" => Fact::HandOverReceived {
            to: adult,
            receiver: "the consul".into(),
            when: at,
            place: "an airport".into(),
            statement: "she is with her mother".into(),
        },
        "follow-up-done" => Fact::FollowUpDone {
            day: if variant.is_empty() { 7 } else { variant.parse().ok()? },
            well: true,
            words: "well".into(),
        },
        "reunification-stable" => Fact::ReunificationStable { reason: reason() },
        "reunification-broken-down" => {
            Fact::ReunificationBrokenDown { reason: reason(), whereabouts: "a shelter".into() }
        }
        "closure-proposed" => {
            Fact::ClosureProposed { reason: reason(), whereabouts: "with her mother".into() }
        }
        "closure-approved" => {
            Fact::ClosureApproved { despite: (variant == "despite").then(|| "nobody can be found".into()) }
        }
        "closure-declined" => Fact::ClosureDeclined { reason: reason() },
        "case-reopened" => Fact::CaseReopened { reason: reason() },
        _ => return None,
    })
}
