//! What can go wrong, said with a hint.

use rejoin_ingest::ReadError;
use rejoin_ingest::mapping::MappingError;
use rejoin_ledger::Breach;
use rejoin_ledger::note::NoteError;
use rejoin_ledger::receipt::ReceiptError;
use std::path::PathBuf;

/// What a database said.
#[derive(Debug)]
pub struct StoreError {
    words: String,
    hint: &'static str,
}

impl std::fmt::Display for StoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.words)
    }
}

impl StoreError {
    /// Of words alone.
    pub(crate) fn words(words: &str) -> Self {
        Self { words: words.into(), hint: "nothing was changed" }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseCorrupt, DiskFull, NotADatabase};
        let hint = match error.sqlite_error_code() {
            Some(DatabaseCorrupt | NotADatabase) => {
                "the file is damaged: keep a copy of it, and restore a backup"
            }
            Some(DiskFull) => "the disk is full; nothing was changed",
            Some(DatabaseBusy) => "another program is writing to the case; nothing was changed, try again",
            _ => "is the disk full, or another program writing to the case? Nothing was changed",
        };
        Error::Store(StoreError { words: error.to_string(), hint })
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        // The driver's own words name only where it failed; the server's message says why. Its detail is left out: it can
        // quote a row.
        let words = match error.as_db_error() {
            Some(said) => format!("{} ({})", said.message(), said.code().code()),
            None => match std::error::Error::source(&error) {
                Some(source) => format!("{error}: {source}"),
                None => error.to_string(),
            },
        };
        let hint = if error.is_closed() || error.as_db_error().is_none() {
            "is the server running, and its address right? What was not acknowledged may be given again"
        } else {
            "nothing was changed"
        };
        Error::Store(StoreError { words, hint })
    }
}

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
    #[error("the case's database could not be used: {0}")]
    Store(StoreError),
    /// The keys beside the case cannot be used.
    #[error("the case's keys cannot be used: {0}")]
    Keys(String),
    /// A key is missing that nobody destroyed.
    #[error("the key of {0} is not there, and the ledger has no word of its erasure")]
    KeyLost(String),
    /// A key is there that was to be destroyed.
    #[error("{0} was erased, and its key is still there")]
    KeyLeft(String),
    /// Somebody changed the same file first.
    #[error("{stream} has changed: it is at version {found}, and this was decided on version {expected}")]
    Outdated {
        /// The stream.
        stream: String,
        /// The version the command was made against.
        expected: u64,
        /// The version it has.
        found: u64,
    },
    /// A key of an earlier command, with other content.
    #[error("the command key {0:?} was used before, for another command")]
    KeyReused(String),
    /// The rules of casework do not allow it yet; the words say what is missing and who can do it.
    #[error("{}", .0.english())]
    Casework(rejoin_casework::Refusal),
    /// Not allowed.
    #[error("{0}")]
    Denied(String),
    /// An event is not what was written.
    #[error("the ledger was changed: {0}")]
    Tampered(Breach),
    /// The database is not sound: an index or a page is not what it has to be.
    #[error("the case's database is damaged: {0}")]
    Damaged(String),
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
    /// A long command was stopped.
    #[error("stopped; nothing was changed")]
    Stopped,
    /// Somebody else wrote to the case between reading and writing.
    #[error("the case was changed by somebody else meanwhile; nothing was changed")]
    ChangedMeanwhile,
    /// The ledger is not the one of which a checkpoint was taken.
    #[error("the ledger does not continue the checkpoint given")]
    CheckpointDiffers,
    /// A checkpoint that the case signed is not of its ledger, or not by its key.
    #[error("the checkpoint over {size} events that was signed earlier does not hold: {reason}")]
    Note {
        /// How many events it vouches for.
        size: u64,
        /// What is wrong.
        reason: String,
    },
    /// A checkpoint given is not believed.
    #[error("the checkpoint given is not this case's: {0}")]
    UnknownNote(NoteError),
    /// A receipt proves nothing here.
    #[error("the receipt is not true: {0}")]
    Receipt(ReceiptError),
    /// The case's first event names another public key than that of its seed for signing.
    #[error("the ledger names another public key than that of the case's own signing key")]
    OtherKey,
    /// A case code that is none.
    #[error("{0}")]
    Code(String),
    /// Whom a family is to call is not said, or cannot be printed.
    #[error("{0}")]
    Contact(String),
    /// The ledger could not be exported.
    #[error("the ledger could not be exported: {0}")]
    Export(String),
    /// The triggers that keep the ledger append-only are gone.
    #[error("the ledger's guards against change are gone")]
    Unguarded,
    /// A file of policies cannot be used.
    #[error("the policies cannot be read: {0}")]
    Policies(String),
    /// The limits cannot be used.
    #[error("the limits: {0}")]
    Limits(String),
    /// The rules of retention cannot be used.
    #[error("the rules of retention: {0}")]
    Retention(String),
    /// A clock file cannot be used.
    #[error("the clocks cannot be read: {0}")]
    Clocks(String),
    /// The roles cannot be used, or there is no such role.
    #[error("the roles: {0}")]
    Roles(String),
    /// The tree of organisations cannot be used, or there is no such organisation.
    #[error("the organisations: {0}")]
    Organisations(String),
    /// No such account, or none for this actor.
    #[error("there is no account {0:?}")]
    NoAccount(String),
    /// Something that does not go with an account as it is.
    #[error("{0}")]
    Account(String),
    /// An invitation's code that is not good, whatever the reason.
    #[error("the invitation is not valid")]
    Invitation,
    /// A password that is not taken.
    #[error("{}", .0.words(rejoin_accounts::Language::English))]
    Weak(rejoin_accounts::password::Weakness),
    /// Too many failures: from this moment on (microseconds since 1970) it may be tried again.
    #[error("too many failed attempts")]
    TryLater(i64),
    /// Asked for what cannot be done so.
    #[error("{0}")]
    Refused(String),
    /// A document that the ledger names is not there, or is not what it was: by its SHA-256, or that of its source.
    #[error("the document {0} is missing or was changed")]
    Document(String),
    /// Somebody to whom nothing can be given.
    #[error("nobody is called {0:?}, and no team")]
    Assignee(String),
    /// A document of a size that is not taken, in bytes.
    #[error("a document has 1 to {most} bytes; this has {0}", most = crate::LARGEST_ATTACHMENT)]
    DocumentSize(usize),
    /// The fact that a document was attached, without the document.
    #[error("a document is attached with its bytes")]
    DocumentAlone,
    /// A table of published figures that cannot be compared.
    #[error("{0}")]
    Published(String),
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
            Error::OtherVersion { .. } => "import its lists into a new case, or use the version of Rejoin that made it".into(),
            Error::Store(error) => error.hint.into(),
            Error::Keys(_) => {
                "they are in the directory named like the case with `.keys` behind it, or in $REJOIN_KEYS; without them the data cannot be read".into()
            }
            Error::KeyLost(_) => "restore the keys from their backup".into(),
            Error::KeyLeft(_) => "a backup of the keys was restored? `rejoin erase --again` destroys it".into(),
            Error::Outdated { .. } => "look at what changed, then decide again".into(),
            Error::KeyReused(_) => "give every command a key of its own".into(),
            Error::Casework(refusal) => format!("the rule is {}; docs/casework.md has them all", refusal.code()),
            Error::Denied(_) => "who may see what stands in docs/security.md; refusals are on record".into(),
            Error::Tampered(_) => {
                "do not work on this case: keep a copy, and compare with a backup and with published checkpoints".into()
            }
            Error::Damaged(_) => "keep a copy of it, and restore a backup".into(),
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
            Error::ChangedMeanwhile | Error::Stopped => "run the command again".into(),
            Error::Receipt(_) | Error::UnknownNote(_) => {
                "look whether it is of another case: the key of this one is shown by `rejoin ledger key`".into()
            }
            Error::OtherKey => {
                "either these are the keys of another case, or somebody replaced the ledger: compare with a public key that was handed out"
                    .into()
            }
            Error::Code(_) => "read it again from the card: letters and digits of 346789 CDFGHJKMNPQRTVWXY".into(),
            Error::Contact(_) => {
                "say it with --phone, --email, --organisation, or in receipt.toml of the case's directory".into()
            }
            Error::Export(_) => "look at the room on the disk, and whether `rejoin verify` holds".into(),
            Error::CheckpointDiffers | Error::Unguarded | Error::Note { .. } => {
                "do not work on this case: keep a copy, and compare with a backup and with published checkpoints".into()
            }
            Error::Policies(_) => "compare with policies/us-zero-tolerance.toml of the source tree".into(),
            Error::Limits(_) => "compare with limits/default.toml of the source tree".into(),
            Error::Retention(_) => "compare with retention/example.toml of the source tree".into(),
            Error::Clocks(_) => "compare with clocks/us.toml of the source tree".into(),
            Error::Roles(_) => "roles are in the case's roles.toml, or as shipped in roles/default.toml".into(),
            Error::Organisations(_) => {
                "the tree is in the case's organisations.toml; without it every list is an organisation, and `registry` the root".into()
            }
            Error::NoAccount(_) => "`rejoin account list` shows names and ids".into(),
            Error::Account(_) => "`rejoin account list` shows where each account stands".into(),
            Error::Invitation => "codes are good once, for three days; `rejoin account invite` gives a new one".into(),
            Error::Weak(_) => "a sentence of your own is easy to remember and hard to guess".into(),
            Error::TryLater(_) => "wait a few minutes".into(),
            Error::Refused(_) => "`rejoin list children` and `rejoin list links` show ids and proposals".into(),
            Error::Document(_) => "restore it from a backup of the case".into(),
            Error::Assignee(_) => "`rejoin account list` shows names and ids; a team is `team:` and an organisation's id".into(),
            Error::DocumentSize(_) => "attach it in parts, or in a smaller form".into(),
            Error::DocumentAlone => "`rejoin casework attach`, or the section *Documents* of the page".into(),
            Error::Published(_) => {
                "its columns are metric, value, period, and as far as there are any id, body, document, definition_or_note, how_seen".into()
            }
            Error::First(_) => "run that step, then this one".into(),
        }
    }
}
