//! `rejoin protect`, `rejoin hold`, `rejoin erase`, `rejoin readers`: what keeps the data from becoming a weapon.

use super::Context;
use super::casework::at;
use crate::failure::Failure;
use crate::render::{Rows, print, print_json};
use crate::{Format, Output};
use rejoin_registry::Withholding;
use serde_json::json;

/// Arguments of `rejoin protect`.
#[derive(clap::Args)]
pub struct Protect {
    #[command(subcommand)]
    command: ProtectCommand,
}

#[derive(clap::Subcommand)]
enum ProtectCommand {
    /// Withhold something about a person from somebody: it wins over every role and every emergency.
    Withhold {
        /// The person's id.
        person: String,
        /// What: `all` (then the person does not exist for the recipient), groups or fields, comma-separated.
        #[arg(long, value_name = "WHAT")]
        fields: String,
        /// From whom: anyone, role:ID, organisation:ID, account:ID or person:ID.
        #[arg(long, value_name = "WHOM")]
        from: String,
        /// Why; never shown to the recipient.
        #[arg(long, value_name = "WORDS")]
        reason: String,
        /// Until which day; without it until it is released.
        #[arg(long, value_name = "DATE")]
        until: Option<String>,
        #[command(flatten)]
        output: Output,
    },
    /// Release what was withheld.
    Release {
        /// The rule's id.
        rule: String,
        /// Why.
        #[arg(long, value_name = "WORDS")]
        reason: String,
    },
    /// Claim emergency access to a child's file, for its care; somebody else reviews it.
    Emergency {
        /// The person's id.
        person: String,
        /// Why: typed, and read by a reviewer.
        #[arg(long, value_name = "WORDS")]
        reason: String,
        /// For how many minutes; a day at most.
        #[arg(long, value_name = "MINUTES", default_value_t = 60)]
        minutes: u32,
        #[command(flatten)]
        output: Output,
    },
    /// Emergencies that nobody reviewed yet.
    Emergencies {
        #[command(flatten)]
        output: Output,
    },
    /// Review an emergency.
    Review {
        /// The emergency's id.
        emergency: String,
        /// What was found.
        #[arg(long, value_name = "WORDS")]
        finding: String,
        /// End it now.
        #[arg(long)]
        stop: bool,
    },
}

/// Arguments of `rejoin hold`.
#[derive(clap::Args)]
pub struct HoldArgs {
    #[command(subcommand)]
    command: HoldCommand,
}

#[derive(clap::Subcommand)]
enum HoldCommand {
    /// Keep a person's data from being erased.
    Place {
        /// The person's id.
        person: String,
        /// Why: the case, the order.
        #[arg(long, value_name = "WORDS")]
        reason: String,
        /// Until which day.
        #[arg(long, value_name = "DATE")]
        until: Option<String>,
        #[command(flatten)]
        output: Output,
    },
    /// Lift a hold.
    Lift {
        /// Its id.
        hold: String,
        /// Why.
        #[arg(long, value_name = "WORDS")]
        reason: String,
    },
    /// Holds that stand.
    List {
        #[command(flatten)]
        output: Output,
    },
}

/// The first microsecond of a day on the command line.
fn day_micros(said: Option<&str>) -> Result<Option<i64>, Failure> {
    Ok(super::day(said)?.map(|day| day.earliest() * 60_000_000))
}

impl Protect {
    /// Carries it out.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let case = context.open()?;
        let desk = context.desk(&case)?;
        match &self.command {
            ProtectCommand::Withhold { person, fields, from, reason, until, output } => {
                let asked = Withholding {
                    fields: fields.clone(),
                    recipient: from.clone(),
                    reason: reason.clone(),
                    until: day_micros(until.as_deref())?,
                };
                let rule = desk.withhold(person, &asked)?;
                said(output, "rule", &rule, "is in force; `rejoin protect release` takes it back")
            }
            ProtectCommand::Release { rule, reason } => Ok(desk.release(rule, reason)?),
            ProtectCommand::Emergency { person, reason, minutes, output } => {
                let id = desk.break_glass(person, reason, *minutes)?;
                said(output, "emergency", &id, "is open and on record; somebody else will review it")
            }
            ProtectCommand::Emergencies { output } => {
                let mut rows = Rows::new(&["emergency", "who", "person", "reason", "from", "until"]);
                for one in desk.emergencies()? {
                    rows.push(vec![
                        json!(one.id),
                        json!(one.account),
                        json!(one.subject.to_string()),
                        json!(one.reason),
                        json!(at(one.from)),
                        json!(at(one.until)),
                    ]);
                }
                rows.print(output.format)
            }
            ProtectCommand::Review { emergency, finding, stop } => {
                Ok(desk.review_emergency(emergency, finding, *stop)?)
            }
        }
    }
}

fn said(output: &Output, what: &str, id: &str, words: &str) -> Result<(), Failure> {
    match output.format {
        Format::Json => print_json(&json!({what: id})),
        _ => print(&format!("{what} {id} {words}")),
    }
}

impl HoldArgs {
    /// Carries it out.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let case = context.open()?;
        let desk = context.desk(&case)?;
        match &self.command {
            HoldCommand::Place { person, reason, until, output } => {
                let hold = desk.hold(person, reason, day_micros(until.as_deref())?)?;
                said(output, "hold", &hold, "stands: nothing of the person is erased")
            }
            HoldCommand::Lift { hold, reason } => Ok(desk.lift_hold(hold, reason)?),
            HoldCommand::List { output } => {
                let mut rows = Rows::new(&["hold", "records", "reason", "by", "from", "until"]);
                for hold in desk.holds()? {
                    rows.push(vec![
                        json!(hold.id),
                        json!(hold.records.len()),
                        json!(hold.reason),
                        json!(hold.placed_by),
                        json!(at(hold.from)),
                        json!(hold.until.map(at)),
                    ]);
                }
                rows.print(output.format)
            }
        }
    }
}

/// Arguments of `rejoin erase`.
#[derive(clap::Args)]
pub struct Erase {
    /// The person's id.
    #[arg(required_unless_present = "again")]
    person: Option<String>,
    /// Why. It stays in the ledger: name nobody.
    #[arg(long, value_name = "WORDS", required_unless_present = "again")]
    reason: Option<String>,
    /// On whose authority, or by which law. It stays in the ledger: name nobody.
    #[arg(long, value_name = "WORDS", required_unless_present = "again")]
    authority: Option<String>,
    /// Finish erasures whose keys are still there: after a crash, or after keys were restored from a backup.
    #[arg(long, conflicts_with = "person")]
    again: bool,
    #[command(flatten)]
    output: Output,
}

impl Erase {
    /// Carries it out.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let case = context.open()?;
        let (Some(person), Some(reason), Some(authority)) = (&self.person, &self.reason, &self.authority)
        else {
            let keys = case.finish_erasures()?;
            return print(&format!("{keys} keys that were to be destroyed are destroyed now"));
        };
        let erased = context.desk(&case)?.erase(person, reason, authority)?;
        match self.output.format {
            Format::Json => {
                print_json(&json!({"event": erased.event, "records": erased.records, "keys": erased.keys}))
            }
            _ => print(&format!(
                "{} records erased, {} keys destroyed; the tombstone is event {}. Backups of the keys must forget them, too",
                erased.records, erased.keys, erased.event
            )),
        }
    }
}

/// Who read, exported, was refused or worked on a person's file.
pub fn readers(context: &Context, person: &str, output: &Output) -> Result<(), Failure> {
    let case = context.open()?;
    let mut rows = Rows::new(&["event", "at", "who", "kind", "purpose", "what"]);
    for reading in context.desk(&case)?.readers(person)? {
        rows.push(vec![
            json!(reading.sequence),
            json!(at(reading.at_micros)),
            json!(reading.actor),
            json!(reading.kind),
            json!(reading.purpose),
            json!(reading.what),
        ]);
    }
    rows.print(output.format)
}
