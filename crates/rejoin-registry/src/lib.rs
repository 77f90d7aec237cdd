//! The service. Commands append events to the ledger; everything else is derived from them and can be rebuilt.
//!
//! A [`Case`] is a directory with one SQLite file, which no other room sees. What agencies sent enters as events, cell
//! by cell as written; records, people, families and custody are derived. An import is one transaction: killed at any
//! moment it leaves the case as it was, or complete.

mod accounts;
mod assignees;
mod attachments;
mod casework;
mod change;
mod check;
mod clocks;
mod columns;
mod database;
mod derive;
mod desk;
mod door;
mod erasure;
mod error;
mod evidence;
mod facts;
mod families;
mod figures;
mod glance;
mod handles;
mod import;
mod keys;
mod ledger;
mod limits;
mod line;
mod messages;
mod orders;
mod organisations;
mod policies;
mod project;
mod protection;
mod queue;
mod readings;
mod receipts;
mod register;
mod requests;
mod retention;
mod roles;
mod rules;
mod schema;
mod search;
mod snapshot;
mod store;
mod streams;
mod tally;
mod tokens;
mod tree;
mod verified;
mod view;
mod wire;
mod work;

pub use accounts::NewAccount;
pub use assignees::Assignee;
pub use attachments::{Attachment, LARGEST_ATTACHMENT, NewAttachment};
pub use derive::LinkReport;
pub use desk::{CaseEntry, CaseFile, Desk, PersonFile, Seat};
pub use door::{Entered, SignIn};
pub use erasure::{Erased, Hold};
pub use error::Error;
pub use evidence::{Claim, Evidence, EvidenceReport, Issued, Response, STATUSES, Source, Statement};
pub use families::{Decision, DecisionRequest, DnaResult, FamiliesReport, Proposing};
pub use figures::{Reconciled, Told, ToldLine, published};
pub use import::{ChangedCell, Comparison, Extent, ImportReport, ImportRequest};
pub use ledger::Known;
pub use line::{Page, PersonLine};
pub use messages::{CardStanding, Message};
pub use organisations::Organisations;
pub use queue::{DecidedAs, QueueFilter, QueuePage, QueueRow};
pub use readings::Reading;
pub use receipts::{Contact, FoundReceipt, IssuedReceipt, ProvenReceipt, ReceiptRequest, Standing};
pub use register::Registration;
pub use retention::Due;
pub use roles::{Roles, SHIPPED as ROLES};
pub use rules::Withholding;
pub use search::{Found, Hit, Query, Reason};
pub use streams::{Done, Given};
pub use tokens::{TokenDenied, TokenRequest};
pub use verified::VerifiedLink;
pub use view::{Delivery, FindingRow, PlaceSpelling, StoredLink, View};
pub use work::{Whose, WorkFilter, WorkItem, WorkPage};

use accounts::Keeper;
use handles::Location;
use orders::Leave;
use rejoin_accounts::password::Cost;
use rejoin_ledger::note::SigningKey;
use rejoin_ledger::{Checkpoint, Hash};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use store::Store;

/// When and by whom a command is given.
#[derive(Debug, Clone)]
pub struct Stamp {
    /// Microseconds since 1970-01-01 UTC.
    pub at_micros: i64,
    /// Who.
    pub actor: String,
}

/// Tells how far a long command is: what it does, how much is done, out of how much.
pub type Progress<'a> = &'a dyn Fn(&str, u64, u64);

/// Where a case's data and keys are kept, when not where they are by default.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The address of a PostgreSQL database; without it a file of SQLite.
    pub database_url: Option<String>,
    /// The directory of keys; without it the case's with `.keys` behind its name.
    pub keys: Option<PathBuf>,
    /// What a guess at a password costs; without it what is recommended.
    pub password_cost: Option<Cost>,
}

/// A case: one registry on disk.
pub struct Case {
    store: Store,
    directory: PathBuf,
    location: Location,
    /// Readers of deliveries, which never change.
    readers: Arc<Mutex<HashMap<u64, Arc<project::Reader>>>>,
    keeper: Arc<Keeper>,
    /// What is kept in memory for every handle.
    shared: Arc<snapshot::Shared>,
}

const FILE: &str = "rejoin.sqlite";
/// Names the schema of a case that PostgreSQL keeps.
const PLACE: &str = "case.toml";

impl Case {
    /// Makes a case in a new or empty directory.
    ///
    /// # Errors
    /// When the directory already holds something, or cannot be written.
    pub fn init(directory: &Path, stamp: &Stamp) -> Result<Self, Error> {
        Self::init_with(directory, &Settings::default(), stamp)
    }

    /// The same, with data or keys elsewhere.
    ///
    /// # Errors
    /// As [`Case::init`]; and when the database cannot be reached.
    pub fn init_with(directory: &Path, settings: &Settings, stamp: &Stamp) -> Result<Self, Error> {
        let refuse = |source| Error::Directory { path: directory.into(), source };
        std::fs::create_dir_all(directory).map_err(refuse)?;
        if std::fs::read_dir(directory).map_err(refuse)?.next().is_some() {
            return Err(Error::NotEmpty { path: directory.into() });
        }
        let keys = keys_of(directory, settings)?;
        let (location, database) = match &settings.database_url {
            None => {
                let location = Location::File(directory.join(FILE));
                let database = location.connect(false)?;
                (location, database)
            }
            Some(url) => {
                let schema = format!("case_{}", keys::hex(&keys::random::<8>()?));
                let text = format!(
                    "# The case's tables are in this schema of a PostgreSQL database.\nschema = \"{schema}\"\n"
                );
                let location = Location::Postgres(url.clone(), schema);
                let database = location.connect(false)?;
                std::fs::write(directory.join(PLACE), text).map_err(refuse)?;
                (location, database)
            }
        };
        let store = Store::create(database, &keys)?;
        let opening = store.begin()?;
        schema::create(&store.database)?;
        // The key of look-ups is made now: later it is needed where nothing is written.
        store.keys.token("case", "opened")?;
        let case = keys::hex(&keys::random::<8>()?);
        let key = SigningKey::from_seed(&ledger::origin(&case), &store.keys.signing_seed()?)
            .map_err(|error| Error::Keys(error.to_string()))?;
        let opened = wire::CaseOpened { case: Some(case), vkey: Some(key.vkey()) };
        opening.append(stamp, wire::CASE_OPENED, &opened)?;
        opening.commit()?;
        Ok(Self::of(store, directory, location, settings))
    }

    /// Opens a case.
    ///
    /// # Errors
    /// When there is none in the directory, its form is of another version, or its keys are not there.
    pub fn open(directory: &Path) -> Result<Self, Error> {
        Self::open_with(directory, &Settings::default())
    }

    /// The same, with data or keys elsewhere.
    ///
    /// # Errors
    /// As [`Case::open`]; and when the database cannot be reached.
    pub fn open_with(directory: &Path, settings: &Settings) -> Result<Self, Error> {
        let file = directory.join(FILE);
        let location = if file.is_file() {
            Location::File(file)
        } else if let Ok(place) = std::fs::read_to_string(directory.join(PLACE)) {
            let schema = toml::from_str::<toml::Table>(&place).ok();
            let schema = schema.as_ref().and_then(|place| place.get("schema")?.as_str());
            let schema = schema.ok_or_else(|| Error::NoCase { path: directory.into() })?;
            let Some(url) = &settings.database_url else {
                return Err(Error::First(
                    "the case is kept by PostgreSQL: say where, by $REJOIN_DATABASE_URL",
                ));
            };
            Location::Postgres(url.clone(), schema.to_owned())
        } else {
            return Err(Error::NoCase { path: directory.into() });
        };
        let store = Store::open(location.connect(false)?, &keys_of(directory, settings)?)?;
        // An erasure that died between its tombstone and its keys is finished before anything is read.
        store.finish_erasures()?;
        Ok(Self::of(store, directory, location, settings))
    }

    fn of(store: Store, directory: &Path, location: Location, settings: &Settings) -> Self {
        let cost = settings.password_cost.unwrap_or(Cost::RECOMMENDED);
        Self {
            store,
            directory: directory.into(),
            location,
            readers: Arc::default(),
            keeper: Arc::new(Keeper::new(cost)),
            shared: Arc::default(),
        }
    }

    /// Whether there is a case in a directory.
    pub fn is_at(directory: &Path) -> bool {
        directory.join(FILE).is_file() || directory.join(PLACE).is_file()
    }

    /// By what long commands (import, link, families, verify, rebuild) are stopped: when it is set they end at their next
    /// step with [`Error::Stopped`], and nothing of them is kept.
    pub fn stop_by(&mut self, stop: Arc<AtomicBool>) {
        self.store.stop = Some(stop);
    }

    /// How much the database was asked since the case was opened: statements, and rows that they gave.
    pub fn work(&self) -> [u64; 2] {
        self.store.database.work()
    }

    /// What keeps the data: `SQLite` or `PostgreSQL`.
    pub fn kept_by(&self) -> &'static str {
        self.store.database.kind()
    }

    /// SHA-256 of the policies and clocks in use: those of the case's directory, or those shipped.
    pub fn rules_hash(&self) -> Result<String, Error> {
        let mut hash = Sha256::new();
        hash.update(policies::text(&self.directory)?);
        hash.update([0]);
        hash.update(clocks::text(&self.directory)?);
        Ok(Hash(hash.finalize().into()).to_string())
    }

    /// Where the ledger stands.
    pub fn checkpoint(&self) -> Result<Checkpoint, Error> {
        self.store.checkpoint()
    }

    /// Checks every event against the chain, and every derived table against the events.
    ///
    /// # Errors
    /// [`Error::Tampered`] at the first event that is not what was written; [`Error::CheckpointDiffers`] when the ledger
    /// does not continue `known`, a checkpoint taken earlier; [`Error::Note`] when a checkpoint that the case signed is not
    /// of this ledger; [`Error::Unguarded`]; [`Error::Damaged`]; [`Error::DerivedDiffers`].
    pub fn verify(&self, known: Option<Checkpoint>, progress: Progress<'_>) -> Result<Checkpoint, Error> {
        self.verify_known(known.map(Known::Checkpoint).as_ref(), progress)
    }

    /// The same, against what somebody kept from earlier in whatever form.
    ///
    /// # Errors
    /// As [`Case::verify`]; and [`Error::UnknownNote`] when a note is not signed by the case's key.
    pub fn verify_known(&self, known: Option<&Known>, progress: Progress<'_>) -> Result<Checkpoint, Error> {
        // What somebody else writes meanwhile is not taken for a difference.
        let _reading = self.store.reading()?;
        let (checkpoint, mut tree) = self.store.verify(known, progress)?;
        progress("checking the database", 0, 0);
        if let Some(damage) = self.store.database.damage()? {
            return Err(Error::Damaged(damage));
        }
        if tree.lines() != tree::lines(&self.store.database)? {
            return Err(Error::DerivedDiffers);
        }
        check::derived(&self.store, progress)?;
        for source in &self.evidence()?.sources {
            if self.document(&source.hash)?.is_none() {
                return Err(Error::Document(source.hash.clone()));
            }
        }
        self.verify_attachments()?;
        Ok(checkpoint)
    }

    /// Throws every derived table away and derives it again from the ledger.
    pub(crate) fn carry_rebuild(&self, leave: &Leave, progress: Progress<'_>) -> Result<(), Error> {
        self.store.verify(None, progress)?;
        let [linked, proposed] = project::runs(&self.store)?;
        project::rebuild(&self.store, progress)?;
        if linked {
            self.carry_link(leave, progress)?;
        }
        if proposed {
            let whole = Proposing { whole: true, ..Proposing::default() };
            self.carry_propose(leave, &whole, progress)?;
        }
        Ok(())
    }
}

/// The directory of a case's keys: apart from its data.
fn keys_of(directory: &Path, settings: &Settings) -> Result<PathBuf, Error> {
    if let Some(keys) = &settings.keys {
        return Ok(keys.clone());
    }
    let whole =
        directory.canonicalize().map_err(|source| Error::Directory { path: directory.into(), source })?;
    let mut name = whole.file_name().unwrap_or_default().to_owned();
    name.push(".keys");
    Ok(whole.with_file_name(name))
}
