//! What a demonstration needs beside a world: organisations, accounts whose passwords are printed, cases that are
//! assigned, and one child whose case waits for a second signature. Everything goes through the same desk as real work.

use crate::failure::Failure;
use rejoin_access::Purpose;
use rejoin_accounts::Password;
use rejoin_casework::Fact;
use rejoin_casework::word::{Choice, Outcome, ProofKind, Side, Wish};
use rejoin_casework::worklist::List;
use rejoin_model::{PersonId, RecordId, Relation, Verdict};
use rejoin_registry::{
    Case, Contact, DecidedAs, DecisionRequest, Given, NewAccount, Page, QueueFilter, ReceiptRequest, Seat,
    Stamp, WorkFilter,
};
use std::collections::BTreeSet;
use std::path::Path;

/// The password of every account of a demonstration.
pub const PASSWORD: &str = "every child belongs somewhere";

/// Somebody with an account: name, what others see, organisation, role, and what they do (English, Spanish).
type Somebody = (&'static str, &'static str, &'static str, &'static str, (&'static str, &'static str));

/// Who is who.
pub const PEOPLE: [Somebody; 9] = [
    ("lucia", "Lucía Paz", "children-services", "case-worker", ("case worker", "responsable de casos")),
    ("marta", "Marta Gil", "children-services", "verifier", ("verifier", "verificadora")),
    ("noe", "Noé Ríos", "children-services", "verifier", ("second verifier", "segundo verificador")),
    ("diego", "Diego Sol", "children-services", "shelter-staff", ("shelter staff", "personal del albergue")),
    ("sofia", "Sofía Mar", "registry", "supervisor", ("supervisor", "supervisora")),
    ("ana", "Ana Luz", "registry", "custodian", ("data manager", "gestora de datos")),
    ("ines", "Inés Roa", "registry", "inspector", ("inspector", "inspectora")),
    ("omar", "Omar Paz", "registry", "journalist", ("journalist", "periodista")),
    ("admin", "Ada Minas", "registry", "administrator", ("administrator", "administradora")),
];

const ORGANISATIONS: &str = r#"# Organisations of the demonstration.
[[organisation]]
id = "children-services"
name = "Children's services"
lists = ["shelter-portal"]

[[organisation]]
id = "border"
name = "Border agency"
lists = ["border-apprehensions"]

[[organisation]]
id = "prosecutors"
name = "Prosecutors"
lists = ["prosecution-referrals"]

[[organisation]]
id = "adult-custody"
name = "Adult custody"
lists = ["adult-detention"]

[[organisation]]
id = "hotline"
name = "Hotline"
lists = ["tracing-requests"]
"#;

const RECEIPT: &str =
    "organisation = \"Rejoin demonstration\"\nphone = \"+1 555 0100\"\nemail = \"family@example.org\"\n";

/// The team whose members have the same organisation.
const TEAM: &str = "team:children-services";
/// How many children's cases are assigned.
const ASSIGNED: usize = 40;

/// What was set up.
pub struct Stage {
    /// The child whose case waits for a second signature, and the adult.
    pub waiting: Option<(PersonId, PersonId)>,
    /// A card's code.
    pub code: Option<String>,
}

/// Writes what the case's directory says of organisations, roles and whom to call. Before anything is imported.
pub fn files(directory: &Path, roles: &str) -> Result<(), Failure> {
    std::fs::write(directory.join("organisations.toml"), ORGANISATIONS)?;
    std::fs::write(directory.join("receipt.toml"), RECEIPT)?;
    // In a demonstration nobody has a second proof at hand.
    let mut open = String::new();
    for line in roles.lines().filter(|line| !line.starts_with("sign_in")) {
        open += line;
        open.push('\n');
        if line.starts_with("id = ") {
            open += "sign_in = \"password\"\n";
        }
    }
    std::fs::write(directory.join("roles.toml"), open)?;
    Ok(())
}

fn seat(case: &Case, name: &str, purpose: Purpose, at_micros: i64) -> Result<Seat, Failure> {
    let account = case.account(name)?.ok_or_else(|| Failure::unexpected(format!("no account {name}")))?;
    let teams = BTreeSet::from([account.organisation.clone()]);
    Ok(Seat { actor: case.actor_of(&account, teams)?, purpose, at_micros })
}

/// Makes accounts and cases.
pub fn set(case: &mut Case, stamp: &Stamp) -> Result<Stage, Failure> {
    let now = stamp.at_micros;
    let operator = case.operator(&stamp.actor)?;
    for (name, called, organisation, role, _) in PEOPLE {
        let roles = [role.to_owned()];
        let new = NewAccount { name, display_name: called, organisation, language: None, roles: &roles };
        let (_, code) = case.create_account(&operator, &new, stamp)?;
        case.accept_invitation(name, code.reveal(), &Password::new(PASSWORD), "demo", now)?;
    }
    // The youngest children with somebody to look at.
    let seat_of = |case: &Case, name: &str, purpose| seat(case, name, purpose, now);
    let everything = Seat { actor: operator, purpose: Purpose::DataQuality, at_micros: now };
    let filter = QueueFilter {
        decided: DecidedAs::Open,
        least: 0.9,
        parents_only: true,
        page: Page { first: 0, rows: 200 },
    };
    let queue = case.desk(everything.clone())?.candidate_queue(&filter)?;
    let mut pairs: Vec<(PersonId, PersonId, Relation)> = Vec::new();
    for row in &queue.rows {
        let candidate = &*row.candidate;
        if !candidate.contested && !pairs.iter().any(|(child, _, _)| *child == candidate.child) {
            pairs.push((candidate.child, candidate.other, candidate.relation));
        }
    }
    let supervisor = seat_of(case, "sofia", Purpose::ChildCare)?;
    // Before the others those whose deadline was missed: the one that waits for a signature is to show how its clock stops.
    let missed = WorkFilter {
        lists: vec![List::MissedNoReason],
        page: Page { first: 0, rows: 1000 },
        ..WorkFilter::default()
    };
    let missed = case.desk(supervisor.clone())?.work(&missed)?;
    let missed: BTreeSet<PersonId> = missed.rows.iter().filter_map(|row| row.child).collect();
    pairs.sort_by_key(|(child, _, _)| !missed.contains(child));
    pairs.truncate(ASSIGNED);
    for (child, _, _) in &pairs {
        let assigned = Fact::Assigned { to: TEAM.into(), from: now, until: None };
        case.desk(supervisor.clone())?.command(&child.to_string(), &[assigned], &Given::default())?;
    }
    let waiting = pairs.first().copied();
    if let Some((child, other, relation)) = waiting {
        prepare(case, (child, other, relation), now)?;
    }
    let mut code = None;
    if let Some((child, _, _)) = pairs.get(1) {
        let request = ReceiptRequest { id: child.to_string(), contact: contact(case)?, initials: false };
        code = Some(case.issue_receipt(&request, stamp)?.code);
    }
    Ok(Stage { waiting: waiting.map(|(child, other, _)| (child, other)), code })
}

fn contact(case: &Case) -> Result<Contact, Failure> {
    Ok(case.receipt_contact()?)
}

/// Brings one case as far as one person can: accepted, both sides asked, what child and adult want, one signature.
fn prepare(
    case: &Case,
    (child, other, relation): (PersonId, PersonId, Relation),
    now: i64,
) -> Result<(), Failure> {
    let id = child.to_string();
    let worker = seat(case, "lucia", Purpose::FamilyTracing, now)?;
    let request = DecisionRequest {
        child,
        other,
        relation: Some(relation),
        verdict: Verdict::Accepted,
        reason: "names, ages and the place of apprehension agree".into(),
    };
    case.desk(worker.clone())?.decide(&request)?;
    let file = case.desk(worker)?.person(&other.to_string())?;
    let adult = file.and_then(|file| file.records.iter().map(|record| record.id).min());
    let adult: RecordId = adult.ok_or_else(|| Failure::unexpected("the adult is not there"))?;
    let record = |name: &str, purpose: Purpose, fact: Fact| -> Result<(), Failure> {
        case.desk(seat(case, name, purpose, now)?)?.command(&id, &[fact], &Given::default())?;
        Ok(())
    };
    let verification = Purpose::Verification;
    let account = |name: &str| -> Result<String, Failure> {
        Ok(case.account(name)?.map(|account| account.id).unwrap_or_default())
    };
    record("marta", verification, Fact::VerificationStarted { adult, relation, again_because: None })?;
    for (name, side, answers) in [
        (
            "marta",
            Side::Child,
            ["looks at the photograph and says a name", "calms down at the voice on the telephone"],
        ),
        (
            "noe",
            Side::Adult,
            ["names the child's two surnames and birthday", "describes the scar on the left knee"],
        ),
    ] {
        let fact = Fact::InterviewRecorded {
            adult,
            relation,
            side,
            interviewer: account(name)?,
            interpreter: None,
            language: "es".into(),
            held: now,
            answers: answers.map(str::to_owned).to_vec(),
        };
        record(name, verification, fact)?;
    }
    let proof = Fact::ProofRecorded {
        adult,
        relation,
        proof: ProofKind::Document,
        words: "birth certificate, checked with the civil registry".into(),
        attachment: None,
    };
    record("marta", verification, proof)?;
    let care = Purpose::Reunification;
    let wish = Fact::WishRecorded {
        adult,
        relation,
        wish: Wish::CannotSay,
        asked_by: account("lucia")?,
        asked: now,
        words: "too young to say; reaches for the photograph".into(),
    };
    record("lucia", care, wish)?;
    let choice = Fact::ChoiceRecorded {
        adult,
        relation,
        choice: Choice::Reunify,
        knowingly: true,
        voluntarily: true,
        language: "es".into(),
        adviser: "the adult's lawyer".into(),
        words: "wants the child back".into(),
    };
    record("lucia", care, choice)?;
    let safety = Fact::SafetyAssessed {
        adult,
        relation,
        safe: true,
        assessor: account("lucia")?,
        findings: "no concern".into(),
    };
    record("lucia", care, safety)?;
    let signed = Fact::VerificationSigned {
        adult,
        relation,
        outcome: Outcome::Passed,
        statement: "both accounts agree, the document is genuine".into(),
    };
    record("marta", verification, signed)
}
