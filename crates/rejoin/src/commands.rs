//! The commands, one file each where they are more than a few lines.

pub mod account;
pub mod accounts;
pub mod casework;
pub mod check;
pub mod decide;
pub mod demo;
pub mod derive;
pub mod dna;
pub mod evidence;
pub mod export;
pub mod import;
pub mod ledger;
pub mod link;
pub mod list;
pub mod measure;
pub mod person;
pub mod pfif;
pub mod protect;
pub mod receipt;
pub mod replay;
pub mod report;
pub mod serve;
pub mod synth;
pub mod truth;

use crate::failure::Failure;
use crate::progress::Progress;
use crate::render::{print, print_json};
use crate::{Cli, Format, Lang, Output};
use rejoin_access::Purpose;
use rejoin_model::{Moment, Precision};
use rejoin_normalize::{DateOrder, moment};
use rejoin_registry::{Case, Desk, Seat, Settings, Stamp};
use serde_json::json;
use std::path::{Path, PathBuf};

/// What every command needs.
pub struct Context {
    pub case: PathBuf,
    pub actor: String,
    pub purpose: String,
    pub settings: Settings,
    pub lang: Lang,
}

impl Context {
    pub fn new(cli: &Cli) -> Self {
        Self {
            case: cli.case.clone(),
            actor: cli.actor.clone(),
            purpose: cli.purpose.clone(),
            settings: Settings {
                database_url: cli.database_url.clone(),
                keys: cli.keys.clone(),
                ..Settings::default()
            },
            lang: cli.lang,
        }
    }

    /// The local operator's seat at a case: the custodian's role, for the purpose that was said.
    pub fn seat(&self, case: &Case) -> Result<Seat, Failure> {
        let purpose = Purpose::from_word(&self.purpose).ok_or_else(|| {
            let words: Vec<&str> = Purpose::ALL.iter().map(|purpose| purpose.word()).collect();
            Failure::usage(
                format!("{:?} is no purpose", self.purpose),
                format!("one of {}", words.join(", ")),
            )
        })?;
        Ok(case.local(&self.stamp(), purpose)?)
    }

    /// Sits down at the case.
    pub fn desk<'a>(&self, case: &'a Case) -> Result<Desk<'a>, Failure> {
        Ok(case.desk(self.seat(case)?)?)
    }

    /// Opens the case.
    pub fn open(&self) -> Result<Case, Failure> {
        let case = Case::open_with(&self.case, &self.settings)?;
        // Whatever the command: for arrest or removal nothing is done here, and it is on record that it was asked.
        if self.purpose == Purpose::Enforcement.word() {
            self.desk(&case)?;
        }
        Ok(case)
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
    Case::init_with(directory, &context.settings, &context.stamp())?;
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
    let case = context.open()?;
    let progress = Progress::new();
    case.rebuild(&context.stamp(), &|what, done, total| progress.say(what, done, total))?;
    eprintln!("derived again from {} events", case.checkpoint()?.size);
    Ok(())
}
