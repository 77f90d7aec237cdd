//! Streams: the files of casework, accounts, rules and holds. Each is a row of events with versions from 1. A command may
//! say which version it was made against, and may carry a key by which it is known when it comes again.

use crate::change::Change;
use crate::database::values;
use crate::project::{StoredEvent, payload};
use crate::store::Store;
use crate::wire::Streamed;
use crate::{Error, Stamp};

/// What a command says of itself, beside what it asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// The version of the file that its author saw: it is refused when the file has changed since.
    pub expected: Option<u64>,
    /// Its key: given again with the same key, the command is carried out once, and answered as the first time.
    pub key: Option<String>,
}

/// What a command came to: the events that it appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// The first event's position in the ledger.
    pub first: u64,
    /// The last one's; before the first when nothing had to be written.
    pub last: u64,
    /// It had been carried out before.
    pub before: bool,
}

/// One event of a stream, read.
pub(crate) struct StreamEvent {
    pub event: StoredEvent,
    pub parts: Vec<(String, String)>,
}

impl StreamEvent {
    /// A field.
    pub fn part(&self, name: &str) -> Option<&str> {
        self.parts.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

impl Store {
    /// The readable events of a stream, in order; those of erased subjects are left out.
    pub fn read_stream(&self, stream: &str) -> Result<Vec<StreamEvent>, Error> {
        let mut out = Vec::new();
        for event in self.stream(stream)? {
            if let Some(streamed) = payload::<Streamed>(&self.keys, &event)? {
                out.push(StreamEvent { parts: streamed.parts, event });
            }
        }
        Ok(out)
    }

    /// The names of streams that begin so.
    pub fn streams(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let sql = "SELECT DISTINCT stream FROM stream WHERE stream >= ?1 AND stream < ?2 ORDER BY stream";
        // `~` sorts behind every letter, digit and sign that a stream's name has.
        self.database.rows(sql, values![prefix, format!("{prefix}~")], |row| row.get(0))
    }
}

impl Change<'_> {
    /// Refuses when a stream is not at the version that a command was made against.
    pub fn expect(&self, stream: &str, given: &Given) -> Result<(), Error> {
        let Some(expected) = given.expected else { return Ok(()) };
        let found = self.store().version(stream)?;
        if found == expected {
            return Ok(());
        }
        Err(Error::Outdated { stream: stream.to_owned(), expected, found })
    }

    /// Appends the next event of a stream, sealed for `subjects`, and projects it.
    pub fn append_stream(
        &self,
        stamp: &Stamp,
        stream: &str,
        kind: &str,
        subjects: &[&str],
        parts: Vec<(String, String)>,
    ) -> Result<u64, Error> {
        let version = self.store().version(stream)? + 1;
        let streamed = Streamed { stream: stream.to_owned(), version, parts };
        let sequence = self.append_sealed(stamp, kind, subjects, &streamed)?;
        self.stream(stream, version, sequence)?;
        for subject in subjects {
            self.activity(subject, sequence)?;
        }
        Ok(sequence)
    }

    /// What a command with this key came to, if it was carried out before.
    ///
    /// # Errors
    /// [`Error::KeyReused`] when the key was another command's.
    pub fn done_before(&self, given: &Given, content: &str) -> Result<Option<Done>, Error> {
        let Some(key) = &given.key else { return Ok(None) };
        let sql = "SELECT digest, first, last FROM command WHERE key = ?1";
        let found = self.store().database.first(sql, values![key], |row| {
            Ok((row.get::<String>(0)?, Done { first: row.get(1)?, last: row.get(2)?, before: true }))
        })?;
        match found {
            Some((digest, _)) if digest != self.keys().token("command", content)? => {
                Err(Error::KeyReused(key.clone()))
            }
            found => Ok(found.map(|(_, done)| done)),
        }
    }

    /// Remembers what a command with a key came to.
    pub fn remember(&self, given: &Given, content: &str, done: Done) -> Result<(), Error> {
        let Some(key) = &given.key else { return Ok(()) };
        self.store().database.execute(
            "INSERT INTO command (key, digest, first, last) VALUES (?1, ?2, ?3, ?4)",
            values![key, self.keys().token("command", content)?, done.first, done.last],
        )
    }
}
