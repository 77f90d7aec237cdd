//! The service. Commands append events to the ledger; everything else is derived from them and can be rebuilt.
//!
//! A [`Case`] is a directory with one SQLite file, which no other room sees. What agencies sent enters as events, cell
//! by cell as written; records, people, families and custody are derived. An import is one transaction: killed at any
//! moment it leaves the case as it was, or complete.

mod check;
mod clocks;
mod columns;
mod derive;
mod error;
mod evidence;
mod families;
mod import;
mod policies;
mod project;
mod store;
mod view;
mod wire;

pub use derive::LinkReport;
pub use error::Error;
pub use evidence::{Claim, Evidence, EvidenceReport, Issued, Response, STATUSES, Source, Statement};
pub use families::{Decision, DecisionRequest, DnaResult, FamiliesReport, Proposing};
pub use import::{Extent, ImportReport, ImportRequest};
pub use view::{Delivery, FindingRow, PersonFile, PlaceSpelling, StoredLink, View};

use rejoin_ledger::{Checkpoint, Hash};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
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

/// A case: one registry on disk.
pub struct Case {
    store: Store,
    directory: PathBuf,
}

const FILE: &str = "rejoin.sqlite";

impl Case {
    /// Makes a case in a new or empty directory.
    ///
    /// # Errors
    /// When the directory already holds something, or cannot be written.
    pub fn init(directory: &Path, stamp: &Stamp) -> Result<Self, Error> {
        std::fs::create_dir_all(directory)
            .map_err(|source| Error::Directory { path: directory.into(), source })?;
        let mut entries = std::fs::read_dir(directory)
            .map_err(|source| Error::Directory { path: directory.into(), source })?;
        if entries.next().is_some() {
            return Err(Error::NotEmpty { path: directory.into() });
        }
        let mut store = Store::create(&directory.join(FILE))?;
        let opening = store.begin()?;
        opening.append(stamp, wire::CASE_OPENED, 1, b"{}")?;
        opening.commit()?;
        Ok(Self { store, directory: directory.into() })
    }

    /// Opens a case.
    ///
    /// # Errors
    /// When there is none in the directory, or its file is of another version.
    pub fn open(directory: &Path) -> Result<Self, Error> {
        let file = directory.join(FILE);
        if !file.is_file() {
            return Err(Error::NoCase { path: directory.into() });
        }
        Ok(Self { store: Store::open(&file)?, directory: directory.into() })
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
    /// does not continue `known`, a checkpoint taken earlier; [`Error::Unguarded`]; [`Error::DerivedDiffers`].
    pub fn verify(&self, known: Option<Checkpoint>, progress: Progress<'_>) -> Result<Checkpoint, Error> {
        let checkpoint = self.store.verify(known, progress)?;
        check::derived(&self.store, progress)?;
        for source in &self.evidence()?.sources {
            if self.document(&source.hash)?.is_none() {
                return Err(Error::DerivedDiffers);
            }
        }
        Ok(checkpoint)
    }

    /// Throws every derived table away and derives it again from the ledger. Where people and families had been
    /// derived, linking and matching run again, over all records, and are written down as runs.
    pub fn rebuild(&mut self, stamp: &Stamp, progress: Progress<'_>) -> Result<(), Error> {
        self.store.verify(None, progress)?;
        let [linked, proposed] = project::runs(&self.store)?;
        project::rebuild(&mut self.store, progress)?;
        if linked {
            self.link(stamp, progress)?;
        }
        if proposed {
            let whole = Proposing { whole: true, ..Proposing::default() };
            self.propose(&whole, stamp, progress)?;
        }
        Ok(())
    }
}
