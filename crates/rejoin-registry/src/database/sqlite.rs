//! SQLite: one file, write-ahead log, every acknowledged change on disk.

use super::{Begin, Row, Value};
use crate::Error;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};
use std::path::Path;
use std::time::Duration;

/// The guards, as SQLite keeps their text; in the order of their names.
const GUARDS: [&str; 2] = [
    "CREATE TRIGGER event_is_not_changed BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
    "CREATE TRIGGER event_is_not_deleted BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
];

/// A connection to a file.
pub(crate) struct Sqlite {
    connection: Connection,
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Int(Some(it)) => ValueRef::Integer(*it),
            Value::Real(Some(it)) => ValueRef::Real(*it),
            Value::Text(Some(it)) => ValueRef::Text(it.as_bytes()),
            Value::Owned(Some(it)) => ValueRef::Text(it.as_bytes()),
            Value::Bytes(Some(it)) => ValueRef::Blob(it),
            _ => ValueRef::Null,
        }))
    }
}

impl Sqlite {
    pub fn open(file: &Path, many: bool) -> Result<Self, Error> {
        let connection = Connection::open(file)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // What was acknowledged survives a loss of power.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", "ON")?;
        // Of many connections most read a few pages; the system's cache has the rest.
        connection.pragma_update(None, "cache_size", if many { -4_000 } else { -256_000 })?;
        // What is deleted is overwritten: an erased person is not left in free pages.
        connection.pragma_update(None, "secure_delete", "ON")?;
        connection.set_prepared_statement_cache_capacity(128);
        Ok(Self { connection })
    }

    pub fn define(&self, sql: &str) -> Result<(), Error> {
        self.batch(sql)
    }

    pub fn batch(&self, sql: &str) -> Result<(), Error> {
        Ok(self.connection.execute_batch(sql)?)
    }

    pub fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<(), Error> {
        self.connection.prepare_cached(sql)?.execute(params_from_iter(values))?;
        Ok(())
    }

    pub fn each(
        &self,
        sql: &str,
        values: &[Value<'_>],
        visit: &mut dyn FnMut(&Row<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            visit(&Row::Sqlite(row))?;
        }
        Ok(())
    }

    pub fn begin(&self, how: Begin) -> Result<(), Error> {
        self.batch(match how {
            Begin::Change => "BEGIN IMMEDIATE",
            Begin::Reading => "BEGIN DEFERRED",
        })
    }

    pub fn end(&self, keep: bool) -> Result<(), Error> {
        if self.connection.is_autocommit() {
            // A failed statement can have ended the change; then it must not pass for one that was kept.
            return if keep { Err(Error::ChangedMeanwhile) } else { Ok(()) };
        }
        let ended = self.batch(if keep { "COMMIT" } else { "ROLLBACK" });
        if ended.is_err() && keep && !self.connection.is_autocommit() {
            self.batch("ROLLBACK")?;
        }
        ended
    }

    pub fn end_mark(&self, keep: bool) -> Result<(), Error> {
        self.batch(if keep { "RELEASE mark" } else { "ROLLBACK TO mark; RELEASE mark" })
    }

    pub fn has_begun(&self) -> bool {
        !self.connection.is_autocommit()
    }

    pub fn damage(&self) -> Result<Option<String>, Error> {
        let found: String = self.connection.pragma_query_value(None, "integrity_check", |row| row.get(0))?;
        Ok((found != "ok").then_some(found))
    }

    pub fn form(&self) -> Result<Option<i64>, Error> {
        let form: i64 = self.connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        Ok((form != 0).then_some(form))
    }

    pub fn set_form(&self, form: i64) -> Result<(), Error> {
        Ok(self.connection.pragma_update(None, "user_version", form)?)
    }

    pub fn guard(&self) -> Result<(), Error> {
        GUARDS.iter().try_for_each(|guard| self.batch(guard))
    }

    pub fn is_guarded(&self) -> Result<bool, Error> {
        let sql = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'event' ORDER BY name";
        let mut found: Vec<String> = Vec::new();
        self.each(sql, &[], &mut |row| {
            found.push(row.get(0)?);
            Ok(())
        })?;
        Ok(found == GUARDS)
    }
}
