//! PostgreSQL: a schema of a database. Statements of a change are sent without waiting for each answer; a lock lets one
//! change at a time append, so that the ledger has one order.

use super::{Begin, Row, Value};
use crate::Error;
use futures_util::future::join_all;
use futures_util::{StreamExt, pin_mut};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::str::FromStr;
use tokio::runtime::Runtime;
use tokio_postgres::config::Host;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Config, NoTls, RowStream, Statement};

/// Statements sent before their answers are awaited.
const AHEAD: usize = 512;

/// What the guard's function does.
const GUARD: &str = " BEGIN RAISE EXCEPTION 'the ledger is append-only'; END ";

/// A connection to a schema.
pub(crate) struct Postgres {
    config: Config,
    schema: String,
    runtime: Runtime,
    client: RefCell<Client>,
    statements: RefCell<HashMap<String, Statement>>,
    /// Statements of the change under way that were not sent yet.
    pending: RefCell<Vec<(Statement, Vec<Bound>)>>,
    /// A change or a reading is under way.
    begun: Cell<bool>,
    /// A statement of it failed. PostgreSQL answers the commit of a spoiled change with a quiet rollback.
    spoiled: Cell<bool>,
}

/// A value that outlives its statement's call.
#[derive(Debug)]
enum Bound {
    Int(Option<i64>),
    Real(Option<f64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

impl From<&Value<'_>> for Bound {
    fn from(value: &Value<'_>) -> Self {
        match value {
            Value::Int(it) => Bound::Int(*it),
            Value::Real(it) => Bound::Real(*it),
            Value::Text(it) => Bound::Text(it.map(str::to_owned)),
            Value::Owned(it) => Bound::Text(it.clone()),
            Value::Bytes(it) => Bound::Bytes(it.map(<[u8]>::to_vec)),
        }
    }
}

impl Bound {
    fn kind(&self) -> Type {
        match self {
            Bound::Int(_) => Type::INT8,
            Bound::Real(_) => Type::FLOAT8,
            Bound::Text(_) => Type::TEXT,
            Bound::Bytes(_) => Type::BYTEA,
        }
    }
}

impl ToSql for Bound {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Bound::Int(it) => it.to_sql(kind, out),
            Bound::Real(it) => it.to_sql(kind, out),
            Bound::Text(it) => it.to_sql(kind, out),
            Bound::Bytes(it) => it.to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        [Type::INT8, Type::FLOAT8, Type::TEXT, Type::BYTEA].contains(kind)
    }

    to_sql_checked!();
}

/// `?1` as PostgreSQL writes it; quoted text is left alone.
fn numbered(sql: &str) -> String {
    let mut quoted = false;
    sql.chars()
        .map(|letter| {
            quoted ^= letter == '\'';
            if letter == '?' && !quoted { '$' } else { letter }
        })
        .collect()
}

impl Postgres {
    pub fn connect(url: &str, schema: &str) -> Result<Self, Error> {
        // The address is not repeated in the message: it may hold a password.
        let mut config = Config::from_str(url)
            .map_err(|_| Error::Refused("the database's address cannot be read".into()))?;
        let near = |host: &Host| match host {
            Host::Unix(_) => true,
            Host::Tcp(name) => ["localhost", "127.0.0.1", "::1"].contains(&name.as_str()),
        };
        if !config.get_hosts().iter().all(near) {
            return Err(Error::Refused(
                "the database is reached by a socket or at this machine only: its connection is not encrypted; use a tunnel"
                    .into(),
            ));
        }
        config.application_name("rejoin");
        let named =
            schema.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !named || schema.is_empty() {
            return Err(Error::Refused(format!(
                "{schema:?} is no name of a schema: small letters, digits and _"
            )));
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::Store(crate::error::StoreError::words(&error.to_string())))?;
        let client = dial(&runtime, &config, schema)?;
        Ok(Self {
            config,
            schema: schema.to_owned(),
            runtime,
            client: RefCell::new(client),
            statements: RefCell::default(),
            pending: RefCell::default(),
            begun: Cell::new(false),
            spoiled: Cell::new(false),
        })
    }

    /// Dials again when the server went away between two calls.
    fn redial_if_gone(&self) -> Result<(), Error> {
        if self.client.borrow().is_closed() && !self.begun.get() {
            let client = dial(&self.runtime, &self.config, &self.schema)?;
            self.statements.borrow_mut().clear();
            *self.client.borrow_mut() = client;
        }
        Ok(())
    }

    fn spoilt(&self, error: tokio_postgres::Error) -> Error {
        self.spoiled.set(true);
        error.into()
    }

    fn prepared(&self, sql: &str, values: &[Bound]) -> Result<Statement, Error> {
        if let Some(statement) = self.statements.borrow().get(sql) {
            return Ok(statement.clone());
        }
        let kinds: Vec<Type> = values.iter().map(Bound::kind).collect();
        let client = self.client.borrow();
        let statement = self
            .runtime
            .block_on(client.prepare_typed(&numbered(sql), &kinds))
            .map_err(|error| self.spoilt(error))?;
        self.statements.borrow_mut().insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    /// Sends what waits, in order, and waits for its answers.
    fn flush(&self) -> Result<(), Error> {
        let pending = std::mem::take(&mut *self.pending.borrow_mut());
        if pending.is_empty() {
            return Ok(());
        }
        let client = self.client.borrow();
        let answers = self.runtime.block_on(join_all(
            pending.iter().map(|(statement, values)| client.execute_raw(statement, values)),
        ));
        // The first is the cause; the others fail because the change is spoiled.
        answers.into_iter().find_map(Result::err).map_or(Ok(()), |error| Err(self.spoilt(error)))
    }

    pub fn define(&self, sql: &str) -> Result<(), Error> {
        let replaced = [
            (") STRICT, WITHOUT ROWID;", ");"),
            (") STRICT;", ");"),
            (" INTEGER", " BIGINT"),
            (" BLOB", " BYTEA"),
            (" REAL", " DOUBLE PRECISION"),
            (" TEXT", " TEXT COLLATE \"C\""),
        ];
        self.batch(&replaced.iter().fold(sql.to_owned(), |sql, (from, to)| sql.replace(from, to)))
    }

    pub fn batch(&self, sql: &str) -> Result<(), Error> {
        self.redial_if_gone()?;
        self.flush()?;
        Ok(self.runtime.block_on(self.client.borrow().batch_execute(sql))?)
    }

    pub fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<(), Error> {
        self.redial_if_gone()?;
        let values: Vec<Bound> = values.iter().map(Bound::from).collect();
        let statement = self.prepared(sql, &values)?;
        self.pending.borrow_mut().push((statement, values));
        if !self.begun.get() || self.pending.borrow().len() >= AHEAD {
            return self.flush();
        }
        Ok(())
    }

    pub fn each(
        &self,
        sql: &str,
        values: &[Value<'_>],
        visit: &mut dyn FnMut(&Row<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.redial_if_gone()?;
        self.flush()?;
        let values: Vec<Bound> = values.iter().map(Bound::from).collect();
        let rows = match self.ask(sql, &values) {
            // That the server went away is told by the first question after it; nothing was begun, so it is asked again.
            Err(_) if self.client.borrow().is_closed() && !self.begun.get() => {
                self.redial_if_gone()?;
                self.ask(sql, &values)?
            }
            asked => asked?,
        };
        let rows = rows.ready_chunks(1024);
        pin_mut!(rows);
        while let Some(chunk) = self.runtime.block_on(rows.next()) {
            for row in chunk {
                let row = row.map_err(|error| self.spoilt(error))?;
                visit(&Row::Postgres(&row))?;
            }
        }
        Ok(())
    }

    fn ask(&self, sql: &str, values: &[Bound]) -> Result<RowStream, Error> {
        let statement = self.prepared(sql, values)?;
        let client = self.client.borrow();
        self.runtime.block_on(client.query_raw(&statement, values)).map_err(|error| self.spoilt(error))
    }

    pub fn has_begun(&self) -> bool {
        self.begun.get()
    }

    pub fn begin(&self, how: Begin) -> Result<(), Error> {
        self.redial_if_gone()?;
        let sql = match how {
            Begin::Change => {
                "BEGIN; SET LOCAL lock_timeout = '30s'; SELECT pg_advisory_xact_lock(hashtext(current_schema()))"
            }
            Begin::Reading => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        let begun = self.runtime.block_on(self.client.borrow().batch_execute(sql));
        match begun {
            Err(_) if self.client.borrow().is_closed() => {
                self.redial_if_gone()?;
                self.runtime.block_on(self.client.borrow().batch_execute(sql))?;
            }
            Err(error) => {
                // Waiting for the lock can fail inside what was begun.
                let _ = self.runtime.block_on(self.client.borrow().batch_execute("ROLLBACK"));
                return Err(error.into());
            }
            Ok(()) => {}
        }
        self.begun.set(true);
        self.spoiled.set(false);
        Ok(())
    }

    pub fn end(&self, keep: bool) -> Result<(), Error> {
        let sent = match keep {
            true if self.spoiled.get() => Err(Error::ChangedMeanwhile),
            true => self.flush(),
            false => Ok(()),
        };
        self.pending.borrow_mut().clear();
        self.begun.set(false);
        let client = self.client.borrow();
        match sent {
            Err(error) => {
                let _ = self.runtime.block_on(client.batch_execute("ROLLBACK"));
                Err(error)
            }
            Ok(()) => {
                Ok(self.runtime.block_on(client.batch_execute(if keep { "COMMIT" } else { "ROLLBACK" }))?)
            }
        }
    }

    pub fn end_mark(&self, keep: bool) -> Result<(), Error> {
        if keep {
            // What is wrong with the last statements is told here, while they can still be taken back.
            self.flush()?;
            return self.batch("RELEASE SAVEPOINT mark");
        }
        self.pending.borrow_mut().clear();
        self.batch("ROLLBACK TO SAVEPOINT mark; RELEASE SAVEPOINT mark")?;
        self.spoiled.set(false);
        Ok(())
    }

    pub fn form(&self) -> Result<Option<i64>, Error> {
        let mut there = false;
        self.each("SELECT 1::bigint WHERE to_regclass('form') IS NOT NULL", &[], &mut |_| {
            there = true;
            Ok(())
        })?;
        let mut form = None;
        if there {
            self.each("SELECT number FROM form", &[], &mut |row| {
                form = Some(row.get(0)?);
                Ok(())
            })?;
        }
        Ok(form)
    }

    pub fn set_form(&self, form: i64) -> Result<(), Error> {
        self.batch(&format!(
            "CREATE TABLE IF NOT EXISTS form (number BIGINT NOT NULL); DELETE FROM form; INSERT INTO form VALUES ({form})"
        ))
    }

    pub fn guard(&self) -> Result<(), Error> {
        self.batch(&format!(
            "CREATE FUNCTION event_is_kept() RETURNS trigger LANGUAGE plpgsql AS $${GUARD}$$;
             CREATE TRIGGER event_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON event
             FOR EACH STATEMENT EXECUTE FUNCTION event_is_kept()"
        ))
    }

    pub fn is_guarded(&self) -> Result<bool, Error> {
        let mut found = Vec::new();
        self.each(
            "SELECT pg_get_triggerdef(t.oid), p.prosrc, t.tgenabled::text FROM pg_trigger t \
             JOIN pg_proc p ON p.oid = t.tgfoid WHERE t.tgrelid = 'event'::regclass AND NOT t.tgisinternal",
            &[],
            &mut |row| {
                found.push([row.get::<String>(0)?, row.get(1)?, row.get(2)?]);
                Ok(())
            },
        )?;
        // The server names the table with its schema, and the function without, when the schema is searched first.
        let schema = &self.schema;
        let definition = format!(
            "CREATE TRIGGER event_is_kept BEFORE DELETE OR UPDATE OR TRUNCATE ON {schema}.event \
             FOR EACH STATEMENT EXECUTE FUNCTION event_is_kept()"
        );
        Ok(found == [[definition, GUARD.to_owned(), "O".to_owned()]])
    }
}

fn dial(runtime: &Runtime, config: &Config, schema: &str) -> Result<Client, Error> {
    let (client, connection) = runtime.block_on(config.connect(NoTls))?;
    // Driven whenever something is awaited; its error is that of the call that waits.
    runtime.spawn(async move {
        let _ = connection.await;
    });
    runtime.block_on(client.batch_execute(&format!(
        "SET client_min_messages = warning; CREATE SCHEMA IF NOT EXISTS {schema}; SET search_path TO {schema}; \
         SET synchronous_commit TO on"
    )))?;
    Ok(client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_renumbered_outside_of_quotes_only() {
        assert_eq!(numbered("a = ?1 AND b = '?2' OR c = ?12"), "a = $1 AND b = '?2' OR c = $12");
    }

    #[test]
    fn another_machine_is_not_reached_in_the_clear() {
        let refused = Postgres::connect("postgres://db.example/rejoin", "case_1").err();
        assert!(matches!(refused, Some(Error::Refused(_))));
    }
}
