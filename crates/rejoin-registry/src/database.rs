//! One small door to two databases. The registry's SQL is written once, in what SQLite and PostgreSQL share; this
//! module holds what they do not: how a connection is made, how values are bound, and how changes are begun.
//!
//! Parameters are written `?1`, `?2`. Every whole number is 64 bits wide, truth is 0 or 1, text sorts by its bytes.

mod postgres;
mod sqlite;

use crate::Error;
use postgres::Postgres;
use sqlite::Sqlite;
use std::cell::Cell;
use std::path::Path;

/// A value bound to a statement, with its type even when it is absent.
#[derive(Debug, Clone)]
pub(crate) enum Value<'a> {
    Int(Option<i64>),
    Real(Option<f64>),
    Text(Option<&'a str>),
    Owned(Option<String>),
    Bytes(Option<&'a [u8]>),
}

macro_rules! value_from {
    ($($of:ty => |$it:ident| $value:expr;)*) => {$(
        impl<'a> From<$of> for Value<'a> {
            fn from($it: $of) -> Self { $value }
        }
    )*};
}

value_from! {
    i64 => |it| Value::Int(Some(it));
    u64 => |it| Value::Int(Some(it as i64));
    u32 => |it| Value::Int(Some(i64::from(it)));
    bool => |it| Value::Int(Some(i64::from(it)));
    Option<i64> => |it| Value::Int(it);
    Option<u64> => |it| Value::Int(it.map(|it| it as i64));
    Option<u32> => |it| Value::Int(it.map(i64::from));
    f64 => |it| Value::Real(Some(it));
    Option<f64> => |it| Value::Real(it);
    &'a str => |it| Value::Text(Some(it));
    &'a String => |it| Value::Text(Some(it));
    Option<&'a str> => |it| Value::Text(it);
    String => |it| Value::Owned(Some(it));
    Option<String> => |it| Value::Owned(it);
    &'a [u8] => |it| Value::Bytes(Some(it));
    &'a Vec<u8> => |it| Value::Bytes(Some(it));
}

/// The values of a statement, in the order of its parameters.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::database::Value::from($value)),*] };
}
pub(crate) use values;

/// A row of an answer.
pub(crate) enum Row<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

/// What a column can be read as.
pub(crate) trait Column: Sized {
    fn of_sqlite(row: &rusqlite::Row<'_>, at: usize) -> rusqlite::Result<Self>;
    fn of_postgres(row: &tokio_postgres::Row, at: usize) -> Result<Self, tokio_postgres::Error>;
}

macro_rules! column {
    ($($of:ty),*) => {$(
        impl Column for $of {
            fn of_sqlite(row: &rusqlite::Row<'_>, at: usize) -> rusqlite::Result<Self> { row.get(at) }
            fn of_postgres(row: &tokio_postgres::Row, at: usize) -> Result<Self, tokio_postgres::Error> {
                row.try_get(at)
            }
        }
    )*};
}

column!(i64, f64, String, Vec<u8>, Option<i64>, Option<f64>, Option<String>, Option<Vec<u8>>);

/// A type that is kept as a whole number.
macro_rules! counted {
    ($($of:ty => |$it:ident| $read:expr;)*) => {$(
        impl Column for $of {
            fn of_sqlite(row: &rusqlite::Row<'_>, at: usize) -> rusqlite::Result<Self> {
                let $it = i64::of_sqlite(row, at)?;
                Ok($read)
            }
            fn of_postgres(row: &tokio_postgres::Row, at: usize) -> Result<Self, tokio_postgres::Error> {
                let $it = i64::of_postgres(row, at)?;
                Ok($read)
            }
        }
    )*};
}

counted! {
    u64 => |it| it as u64;
    bool => |it| it != 0;
}

impl Row<'_> {
    /// The column at a position, from 0.
    ///
    /// # Errors
    /// When it is of another type: the file was made by another hand.
    pub fn get<T: Column>(&self, at: usize) -> Result<T, Error> {
        match self {
            Row::Sqlite(row) => T::of_sqlite(row, at).map_err(Error::from),
            Row::Postgres(row) => T::of_postgres(row, at).map_err(Error::from),
        }
    }
}

/// How a change or a reading begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begin {
    /// Alone: nobody else changes anything until it ends.
    Change,
    /// Everything read until it ends is of one moment.
    Reading,
}

/// A connection to a case's database.
pub(crate) struct Database {
    engine: Engine,
    /// Statements, and rows that they gave: what can be told of an answer from how long it took.
    work: Cell<[u64; 2]>,
}

enum Engine {
    Sqlite(Sqlite),
    Postgres(Box<Postgres>),
}

/// Carries a call to whichever database it is.
macro_rules! either {
    ($self:expr, $one:ident => $call:expr) => {
        match &$self.engine {
            Engine::Sqlite($one) => $call,
            Engine::Postgres($one) => $call,
        }
    };
}

impl Database {
    /// A file; `many`: by one of many connections, which share what memory there is.
    pub fn file(path: &Path, many: bool) -> Result<Self, Error> {
        Ok(Self { engine: Engine::Sqlite(Sqlite::open(path, many)?), work: Cell::default() })
    }

    /// A schema of a PostgreSQL database; it need not exist yet.
    pub fn postgres(url: &str, schema: &str) -> Result<Self, Error> {
        let engine = Engine::Postgres(Box::new(Postgres::connect(url, schema)?));
        Ok(Self { engine, work: Cell::default() })
    }

    fn count(&self, more: [u64; 2]) {
        let [statements, rows] = self.work.get();
        self.work.set([statements + more[0], rows + more[1]]);
    }

    /// Statements so far, and rows that they gave.
    pub fn work(&self) -> [u64; 2] {
        self.work.get()
    }

    /// Makes tables. They are written in SQLite's types, which PostgreSQL's are named after here.
    pub fn define(&self, sql: &str) -> Result<(), Error> {
        either!(self, one => one.define(sql))
    }

    /// One statement that changes something. PostgreSQL may answer later: at the next question or at the end of the change
    /// an error is told, and the change is not made.
    pub fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<(), Error> {
        self.count([1, 0]);
        either!(self, one => one.execute(sql, values))
    }

    /// Asks, and gives each row to `visit`, which must not ask anything itself.
    pub fn each(
        &self,
        sql: &str,
        values: &[Value<'_>],
        mut visit: impl FnMut(&Row<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.count([1, 0]);
        let mut counted = |row: &Row<'_>| {
            self.count([0, 1]);
            visit(row)
        };
        either!(self, one => one.each(sql, values, &mut counted))
    }

    /// Asks, and collects what `read` makes of each row.
    pub fn rows<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut out = Vec::new();
        self.each(sql, values, |row| {
            out.push(read(row)?);
            Ok(())
        })?;
        Ok(out)
    }

    /// The first row of an answer, if there is one.
    pub fn first<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        Ok(self.rows(sql, values, read)?.into_iter().next())
    }

    /// Begins; [`Database::end`] ends.
    pub fn begin(&self, how: Begin) -> Result<(), Error> {
        either!(self, one => one.begin(how))
    }

    /// Ends what was begun: keeps it, or takes it back.
    pub fn end(&self, keep: bool) -> Result<(), Error> {
        either!(self, one => one.end(keep))
    }

    /// Marks a place in a change, to which [`Database::end_mark`] can go back.
    pub fn mark(&self) -> Result<(), Error> {
        either!(self, one => one.batch("SAVEPOINT mark"))
    }

    /// Ends a mark: keeps what was done since, or takes it back and goes on.
    pub fn end_mark(&self, keep: bool) -> Result<(), Error> {
        either!(self, one => one.end_mark(keep))
    }

    /// Whether something was begun that has not ended.
    pub fn has_begun(&self) -> bool {
        either!(self, one => one.has_begun())
    }

    /// What is wrong with the pages and indexes by which rows are found; PostgreSQL looks after its own.
    pub fn damage(&self) -> Result<Option<String>, Error> {
        match &self.engine {
            Engine::Sqlite(one) => one.damage(),
            Engine::Postgres(_) => Ok(None),
        }
    }

    /// The form of the tables; none when there are no tables.
    pub fn form(&self) -> Result<Option<i64>, Error> {
        either!(self, one => one.form())
    }

    /// Writes the form of the tables.
    pub fn set_form(&self, form: i64) -> Result<(), Error> {
        either!(self, one => one.set_form(form))
    }

    /// Makes the guards that keep the ledger append-only.
    pub fn guard(&self) -> Result<(), Error> {
        either!(self, one => one.guard())
    }

    /// Whether the guards are what they were when made.
    pub fn is_guarded(&self) -> Result<bool, Error> {
        either!(self, one => one.is_guarded())
    }

    /// What keeps the data, for people.
    pub fn kind(&self) -> &'static str {
        match &self.engine {
            Engine::Sqlite(_) => "SQLite",
            Engine::Postgres(_) => "PostgreSQL",
        }
    }
}
