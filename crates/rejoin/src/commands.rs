//! The commands, one file each where they are more than a few lines.

pub mod account;
pub mod check;
pub mod decide;
pub mod demo;
pub mod derive;
pub mod dna;
pub mod evidence;
pub mod import;
pub mod ledger;
pub mod link;
pub mod list;
pub mod measure;
pub mod person;
pub mod receipt;
pub mod replay;
pub mod report;
pub mod synth;
pub mod truth;

use crate::failure::Failure;
use crate::progress::Progress;
use crate::render::{print, print_json};
use crate::{Cli, Format, Lang, Output};
use rejoin_model::{Moment, Precision};
use rejoin_normalize::{DateOrder, moment};
use rejoin_registry::{Case, Stamp};
use serde_json::json;
use std::path::{Path, PathBuf};

/// What every command needs.
pub struct Context {
    pub case: PathBuf,
    pub actor: String,
    pub lang: Lang,
}

impl Context {
    pub fn new(cli: &Cli) -> Self {
        Self { case: cli.case.clone(), actor: cli.actor.clone(), lang: cli.lang }
    }

    /// Opens the case.
    pub fn open(&self) -> Result<Case, Failure> {
        Ok(Case::open(&self.case)?)
    }

    /// When and by whom: the one place where the program looks at the clock for the ledger.
    #[allow(clippy::disallowed_methods, reason = "the shell gives commands their time")]
    pub fn stamp(&self) -> Stamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Stamp { at_micros: i64::try_from(since.as_micros()).unwrap_or(0), actor: self.actor.clone() }
    }
}

/// A date on the command line: a day, a month or a year, written one way only, so that none is taken for another.
pub fn date(said: Option<&str>) -> Result<Option<Moment>, Failure> {
    let Some(said) = said else { return Ok(None) };
    let form: String =
        said.chars().map(|letter| if letter.is_ascii_digit() { '9' } else { letter }).collect();
    let read = ["9999", "9999-99", "9999-99-99"]
        .contains(&form.as_str())
        .then(|| moment::read(said, DateOrder::YearMonthDay).value)
        .flatten();
    match read {
        Some(date) => Ok(Some(date)),
        None => {
            Err(Failure::usage(format!("{said:?} is not a date"), "write it as 2018-06-26, 2018-06 or 2018"))
        }
    }
}

/// A day on the command line.
pub fn day(said: Option<&str>) -> Result<Option<Moment>, Failure> {
    match date(said)? {
        Some(date) if date.precision() < Precision::Day => {
            Err(Failure::usage(format!("{date} is not one day"), "write a day, as in 2018-06-26"))
        }
        other => Ok(other),
    }
}

pub fn init(context: &Context, directory: &Path) -> Result<(), Failure> {
    Case::init(directory, &context.stamp())?;
    eprintln!(
        "made a case in {}; next: rejoin -C {} import LIST...",
        directory.display(),
        directory.display()
    );
    Ok(())
}

pub fn verify(context: &Context, checkpoint: Option<&str>, output: &Output) -> Result<(), Failure> {
    let known = checkpoint.map(ledger::known).transpose()?;
    let case = context.open()?;
    let progress = Progress::new();
    let checkpoint =
        case.verify_known(known.as_ref(), &|what, done, total| progress.say(what, done, total))?;
    match output.format {
        Format::Json => print_json(
            &json!({"verified": true, "events": checkpoint.size, "checkpoint": checkpoint.to_string()}),
        ),
        _ => print(&format!(
            "{} events, every one as it was written; what is derived from them is as it should be\ncheckpoint {checkpoint}",
            crate::render::thousands(checkpoint.size)
        )),
    }
}

pub fn rebuild(context: &Context) -> Result<(), Failure> {
    let mut case = context.open()?;
    let progress = Progress::new();
    case.rebuild(&context.stamp(), &|what, done, total| progress.say(what, done, total))?;
    eprintln!("derived again from {} events", case.checkpoint()?.size);
    Ok(())
}
