//! `rejoin decide`: what people decide of a proposed family. Every decision is an event with its reason, and with the
//! evidence that was shown; it can be taken back, and both stay on record.

use super::Context;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::render::{Rows, print, print_json};
use crate::{Format, Output};
use rejoin_access::Action;
use rejoin_model::{PersonId, Relation, Verdict};
use rejoin_registry::{Case, DecisionRequest, Desk};
use serde_json::json;

/// Arguments of `rejoin decide`.
#[derive(clap::Args)]
pub struct Decide {
    #[command(subcommand)]
    command: DecideCommand,
}

#[derive(clap::Args)]
struct Pair {
    /// The child's id.
    child: String,
    /// The other's id.
    other: String,
    /// Why; it is kept with the decision.
    #[arg(long, value_name = "WORDS")]
    reason: String,
    /// What the other would be to the child, if not as proposed: mother, father, parent, grandparent, guardian, sibling.
    #[arg(long, value_name = "RELATION")]
    relation: Option<String>,
    #[command(flatten)]
    output: Output,
}

#[derive(clap::Subcommand)]
enum DecideCommand {
    /// Accept a candidate for verification. It is no family yet: child and adult are to be asked, separately.
    Accept(Pair),
    /// Reject a candidate: it is not proposed again unless there is new evidence.
    Reject(Pair),
    /// Somebody is to look for more evidence.
    NeedsEvidence(Pair),
    /// Take a decision back; both stay on record.
    Undo {
        /// The decision's number, as `rejoin list decisions` shows it.
        decision: u64,
        /// Why.
        #[arg(long, value_name = "WORDS")]
        reason: String,
        #[command(flatten)]
        output: Output,
    },
}

/// Who is meant by an id, with leave to decide on them.
fn person(case: &Case, context: &Context, id: &str) -> Result<PersonId, Failure> {
    let missing = || {
        Failure::missing(
            format!("nobody here has the id {id:?}"),
            "`rejoin list children` and `rejoin list adults` show ids",
        )
    };
    let permit = context.desk(case)?.may(Action::DecideMatch, Some(id)).map_err(|_| missing())?;
    permit.subject().ok_or_else(missing)
}

impl Decide {
    /// Carries it out.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let mut case = context.open()?;
        match &self.command {
            DecideCommand::Accept(pair) => decide(&mut case, context, pair, Verdict::Accepted),
            DecideCommand::Reject(pair) => decide(&mut case, context, pair, Verdict::Rejected),
            DecideCommand::NeedsEvidence(pair) => decide(&mut case, context, pair, Verdict::NeedsEvidence),
            DecideCommand::Undo { decision, reason, output } => {
                let sequence = case.undo(*decision, reason, &context.stamp())?;
                let rescored = again(&mut case, context)?;
                said(output, sequence, &format!("the decision {decision} is taken back"), rescored)
            }
        }
    }
}

fn decide(case: &mut Case, context: &Context, pair: &Pair, verdict: Verdict) -> Result<(), Failure> {
    let relation = match &pair.relation {
        None => None,
        Some(word) => Some(Relation::from_word(word).ok_or_else(|| {
            let words = Relation::ALL.map(Relation::word).join(", ");
            Failure::usage(format!("{word:?} is no relation"), format!("one of {words}"))
        })?),
    };
    let (child, other) = (person(case, context, &pair.child)?, person(case, context, &pair.other)?);
    let request = DecisionRequest { child, other, relation, verdict, reason: pair.reason.clone() };
    let sequence = case.decide(&request, &context.stamp())?;
    // A rejection, and an acceptance that takes one back, change what the others are worth; the rest stands.
    let rejected = context.desk(case)?.decisions()?.iter().any(|decision| {
        decision.verdict == Verdict::Rejected
            && decision.undone.is_none()
            && [(child, other), (other, child)].contains(&(decision.child, decision.other))
    });
    let rescored = if rejected { again(case, context)? } else { None };
    let what = match verdict {
        Verdict::Accepted => {
            "accepted for verification: ask child and adult separately; until then nobody learns where the child is"
        }
        Verdict::Rejected => "rejected: not proposed again unless there is new evidence",
        Verdict::NeedsEvidence => "needs evidence",
    };
    said(&pair.output, sequence, &format!("{} and {}: {what}", child, other), rescored)
}

/// Scores what a decision touches again, if families were proposed.
fn again(case: &mut Case, context: &Context) -> Result<Option<u64>, Failure> {
    let progress = Progress::new();
    match case.families(&context.stamp(), &|what, done, total| progress.say(what, done, total)) {
        Ok(report) => Ok(Some(report.scored_children)),
        Err(rejoin_registry::Error::First(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn said(output: &Output, sequence: u64, what: &str, rescored: Option<u64>) -> Result<(), Failure> {
    if output.format == Format::Json {
        return print_json(&json!({"decision": sequence, "children_scored_again": rescored}));
    }
    print(what)?;
    if let Some(children) = rescored {
        print(&format!("children scored again: {children}"))?;
    }
    print(&format!("decision {sequence}; `rejoin decide undo {sequence} --reason WORDS` takes it back"))
}

/// Decisions as rows, newest first.
pub fn rows(desk: &Desk<'_>) -> Result<Rows, Failure> {
    let mut rows = Rows::new(&[
        "decision",
        "child",
        "other",
        "relation",
        "verdict",
        "reason",
        "by",
        "probability then",
        "taken back in",
    ]);
    for decision in desk.decisions()?.iter().rev() {
        rows.push(vec![
            json!(decision.sequence),
            json!(decision.child.to_string()),
            json!(decision.other.to_string()),
            json!(decision.relation.word()),
            json!(decision.verdict.word()),
            json!(decision.reason),
            json!(decision.actor),
            json!(format!("{:.3}", decision.probability)),
            json!(decision.undone),
        ]);
    }
    Ok(rows)
}
