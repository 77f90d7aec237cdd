//! `rejoin retention`: what has been kept longer than the case's rules allow, and its erasure.

use super::Context;
use super::casework::at;
use crate::Output;
use crate::failure::Failure;
use crate::render::Rows;
use rejoin_registry::Due;
use serde_json::json;

/// Arguments of `rejoin retention`.
#[derive(clap::Args)]
pub struct RetentionArgs {
    #[command(subcommand)]
    command: RetentionCommand,
}

#[derive(clap::Subcommand)]
enum RetentionCommand {
    /// What has fallen due.
    Due {
        #[command(flatten)]
        output: Output,
    },
    /// Erase what has fallen due: only with --erase; without it, what would be erased is listed.
    Apply {
        /// Do it: keys are destroyed, and no backup of the data brings anything back.
        #[arg(long)]
        erase: bool,
        #[command(flatten)]
        output: Output,
    },
}

impl RetentionArgs {
    /// Carries it out.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let case = context.open()?;
        let desk = context.desk(&case)?;
        match &self.command {
            RetentionCommand::Due { output } => list(&desk.retention_due()?, output),
            RetentionCommand::Apply { erase: false, output } => {
                let due: Vec<Due> = desk.retention_due()?.into_iter().filter(|one| !one.held).collect();
                eprintln!("nothing is erased without --erase; it would be {}", due.len());
                list(&due, output)
            }
            RetentionCommand::Apply { erase: true, output } => {
                let done = desk.retention_apply()?;
                let mut rows = Rows::new(&["id", "rule", "tombstone", "keys destroyed"]);
                for (one, erased) in &done {
                    rows.push(vec![json!(one.id), json!(one.rule), json!(erased.event), json!(erased.keys)]);
                }
                rows.print(output.format)
            }
        }
    }
}

fn list(due: &[Due], output: &Output) -> Result<(), Failure> {
    let mut rows = Rows::new(&["id", "rule", "source", "since", "due", "held"]);
    for one in due {
        rows.push(vec![
            json!(one.id),
            json!(one.rule),
            json!(one.source),
            json!(at(one.from)),
            json!(at(one.due)),
            json!(one.held),
        ]);
    }
    rows.print(output.format)
}
