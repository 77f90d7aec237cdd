//! What can go wrong, said with a hint.

use rejoin_ingest::ReadError;
use rejoin_ingest::mapping::MappingError;
use rejoin_ledger::Breach;
use std::path::PathBuf;

/// Why a command was not carried out. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The directory cannot be read or written.
    #[error("cannot use the directory {path:?}: {source}")]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A case is made in an empty directory only.
    #[error("{path:?} is not empty")]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// No case there.
    #[error("there is no case in {path:?}")]
    NoCase {
        /// The directory.
        path: PathBuf,
    },
    /// The file was made by another version.
    #[error(
        "the case was made by another version of Rejoin (its form is {found}, this program reads {expected})"
    )]
    OtherVersion {
        /// Form of the file.
        found: i64,
        /// Form read.
        expected: i64,
    },
    /// The database failed.
    #[error("the case's file could not be used: {0}")]
    Store(#[from] rusqlite::Error),
    /// An event is not what was written.
    #[error("the ledger was changed: {0}")]
    Tampered(Breach),
    /// The derived tables are not what the events give.
    #[error("the derived records are not what the ledger's events give")]
    DerivedDiffers,
    /// A payload of a kind or version that this program does not read.
    #[error("event {sequence} ({kind} version {version}) cannot be read: {reason}")]
    Payload {
        /// Its position.
        sequence: u64,
        /// Its kind.
        kind: String,
        /// Its version.
        version: u16,
        /// What the parser said.
        reason: String,
    },
    /// The file is not a table.
    #[error("{name}: {source}")]
    Read {
        /// The file's name.
        name: String,
        /// Why.
        source: ReadError,
    },
    /// The mapping cannot be used.
    #[error("{name}: {source}")]
    Mapping {
        /// The file's or mapping's name.
        name: String,
        /// Why.
        source: MappingError,
    },
    /// A list changed its key between deliveries.
    #[error(
        "the list {list:?} was keyed by {before:?} in its last delivery and is keyed by {now:?} in this one"
    )]
    KeyChanged {
        /// The list.
        list: String,
        /// Earlier key.
        before: String,
        /// This key.
        now: String,
    },
    /// The list's kind changed between deliveries.
    #[error("the list {list:?} held {before} rows in its last delivery, and this mapping reads {now} rows")]
    KindChanged {
        /// The list.
        list: String,
        /// Earlier kind.
        before: String,
        /// This kind.
        now: String,
    },
    /// The file leaves out most of its list.
    #[error("{gone} of the {of} rows of the list {list:?} are not in this file; nothing was changed")]
    MostRowsGone {
        /// The list.
        list: String,
        /// Rows that would be gone.
        gone: u64,
        /// Rows of the list.
        of: u64,
    },
    /// Somebody else wrote to the case between reading and writing.
    #[error("the case was changed by somebody else meanwhile; nothing was changed")]
    ChangedMeanwhile,
    /// The ledger is not the one of which a checkpoint was taken.
    #[error("the ledger does not continue the checkpoint given")]
    CheckpointDiffers,
    /// The triggers that keep the ledger append-only are gone.
    #[error("the ledger's guards against change are gone")]
    Unguarded,
    /// A file of policies cannot be used.
    #[error("the policies cannot be read: {0}")]
    Policies(String),
    /// A clock file cannot be used.
    #[error("the clocks cannot be read: {0}")]
    Clocks(String),
    /// Asked for what cannot be done so.
    #[error("{0}")]
    Refused(String),
    /// A step that needs another step first.
    #[error("{0}")]
    First(&'static str),
}

impl Error {
    /// What the user can do.
    pub fn hint(&self) -> String {
        match self {
            Error::Directory { .. } => "check the path and its permissions".into(),
            Error::NotEmpty { .. } => "choose a new directory, or use the case that is there with -C".into(),
            Error::NoCase { .. } => "make one with `rejoin init DIR`, or name it with -C DIR".into(),
            Error::OtherVersion { .. } => "use the version of Rejoin that made it".into(),
            Error::Store(error)
                if matches!(
                    error.sqlite_error_code(),
                    Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
                ) =>
            {
                "the file is damaged: keep a copy of it, and restore a backup".into()
            }
            Error::Store(_) => "is the disk full, or another program writing to the case? Nothing was changed".into(),
            Error::Tampered(_) => {
                "do not work on this case: keep a copy, and compare with a backup and with published checkpoints".into()
            }
            Error::DerivedDiffers => "`rejoin rebuild` derives them again from the ledger".into(),
            Error::Payload { .. } => "a newer version of Rejoin may have written it".into(),
            Error::Read { source, .. } => source.hint().into(),
            Error::Mapping { source, .. } => source.hint().into(),
            Error::KeyChanged { .. } | Error::KindChanged { .. } => {
                "give this file a list name of its own in its mapping, or keep the list's form".into()
            }
            Error::MostRowsGone { .. } => {
                "if the file only adds to its list, say --partial; if it is another list, name it with --list; if the \
                 rows are really gone, say --complete"
                    .into()
            }
            Error::ChangedMeanwhile => "run the command again".into(),
            Error::CheckpointDiffers | Error::Unguarded => {
                "do not work on this case: keep a copy, and compare with a backup and with published checkpoints".into()
            }
            Error::Policies(_) => "compare with policies/us-zero-tolerance.toml of the source tree".into(),
            Error::Clocks(_) => "compare with clocks/us.toml of the source tree".into(),
            Error::Refused(_) => "`rejoin list children` and `rejoin list links` show ids and proposals".into(),
            Error::First(_) => "run that step, then this one".into(),
        }
    }
}
