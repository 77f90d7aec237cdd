//! The tables of a case, and its form. Written in SQLite's types; `Database::define` has PostgreSQL's.
//!
//! Only `event` is the truth. `document`, `note` and `command` are kept beside it: bytes that events name by their hash,
//! signed checkpoints, and what commands were answered. So are `session`, `attempt` and `ceremony`, of which nothing needs
//! to be known tomorrow: who is signed in, who guesses, and passkeys in the making. Everything else is derived and can be
//! thrown away.

use crate::Error;
use crate::database::Database;

/// Form of the tables.
pub(crate) const FORM: i64 = 4;

const KEPT: &str = "
CREATE TABLE event (
    sequence INTEGER PRIMARY KEY,
    at_micros INTEGER NOT NULL,
    actor TEXT NOT NULL,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    payload BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE TABLE document (hash TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE note (size INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
CREATE TABLE command (
    key TEXT PRIMARY KEY, digest TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE session (
    token TEXT PRIMARY KEY, account TEXT NOT NULL, until INTEGER NOT NULL, form TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_account ON session (account);
CREATE TABLE attempt (id INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
CREATE TABLE ceremony (id TEXT PRIMARY KEY, until INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
";

/// Tables that are derived from events, and can be thrown away. Texts about people are sealed under their keys.
const DERIVED: &str = "
CREATE TABLE tree (level INTEGER NOT NULL, place INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (level, place)) STRICT, WITHOUT ROWID;
CREATE TABLE delivery (
    sequence INTEGER PRIMARY KEY, list TEXT NOT NULL, file TEXT NOT NULL, mapping TEXT NOT NULL
) STRICT;
CREATE TABLE record (
    id TEXT PRIMARY KEY, list TEXT NOT NULL, event INTEGER NOT NULL, delivery INTEGER NOT NULL, present INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX record_by_list ON record (list, present);
CREATE TABLE finding (
    delivery INTEGER NOT NULL, list TEXT NOT NULL, code TEXT NOT NULL, line INTEGER, col TEXT NOT NULL,
    sealed BLOB NOT NULL, record TEXT
) STRICT;
CREATE INDEX finding_by_record ON finding (record);
CREATE INDEX finding_by_delivery ON finding (delivery);
CREATE TABLE person (record TEXT PRIMARY KEY, person TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX person_by_person ON person (person);
CREATE TABLE link (
    ordinal INTEGER PRIMARY KEY, left_record TEXT NOT NULL, right_record TEXT NOT NULL, weight INTEGER NOT NULL,
    joined INTEGER NOT NULL, steps TEXT NOT NULL
) STRICT;
CREATE INDEX link_by_left ON link (left_record);
CREATE INDEX link_by_right ON link (right_record);
CREATE TABLE candidate (
    ordinal INTEGER PRIMARY KEY, child TEXT NOT NULL, other TEXT NOT NULL, relation TEXT NOT NULL, probability REAL NOT NULL,
    none REAL NOT NULL, contested INTEGER NOT NULL, sealed BLOB NOT NULL
) STRICT;
CREATE INDEX candidate_by_child ON candidate (child);
CREATE INDEX candidate_by_other ON candidate (other);
CREATE TABLE family_unit (
    record TEXT NOT NULL, list TEXT NOT NULL, token TEXT NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (record, token)
) STRICT, WITHOUT ROWID;
CREATE TABLE scored (person TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE decision (
    sequence INTEGER PRIMARY KEY, child TEXT NOT NULL, other TEXT NOT NULL, undone INTEGER
) STRICT;
CREATE TABLE dna (
    sequence INTEGER PRIMARY KEY, child TEXT NOT NULL, other TEXT NOT NULL, destroyed INTEGER
) STRICT;
CREATE TABLE evidence (
    kind TEXT NOT NULL, id TEXT NOT NULL, event INTEGER NOT NULL, PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE stream (
    stream TEXT NOT NULL, version INTEGER NOT NULL, event INTEGER NOT NULL, PRIMARY KEY (stream, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE activity (subject TEXT NOT NULL, event INTEGER NOT NULL, PRIMARY KEY (subject, event)) STRICT, WITHOUT ROWID;
CREATE TABLE receipt (token TEXT PRIMARY KEY, event INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE erased (subject TEXT PRIMARY KEY, event INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE derived (name TEXT PRIMARY KEY, size INTEGER NOT NULL) STRICT;
";

/// Tables that events give by themselves; the others are made by runs of linking and matching.
pub(crate) const PROJECTED: [&str; 12] = [
    "tree",
    "delivery",
    "record",
    "finding",
    "family_unit",
    "decision",
    "dna",
    "evidence",
    "stream",
    "activity",
    "receipt",
    "erased",
];

/// Makes the tables of a new case.
pub(crate) fn create(database: &Database) -> Result<(), Error> {
    database.define(KEPT)?;
    database.guard()?;
    database.define(DERIVED)?;
    database.set_form(FORM)
}
