//! Several handles on one case: a server has one for each of its threads. Each has a connection of its own; keys, accounts,
//! rate limits, readers of deliveries and the snapshot are one for all of them.
//!
//! The handles of one program take turns to write. A database that is written to lets others wait by sleeping, longer and
//! longer; here whoever waits is woken. Readings that wait for their turn together are written down together: each waits
//! until its own is on disk, for nothing is shown before that.

use crate::database::Database;
use crate::store::Store;
use crate::wire::Seen;
use crate::{Case, Error, Stamp};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// After so long a wait the database is asked itself, which says what is wrong.
const PATIENCE: Duration = Duration::from_secs(60);
/// Readings that are written in one change, at most.
const TOGETHER: usize = 64;

pub(crate) fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where a case's database is.
#[derive(Clone)]
pub(crate) enum Location {
    /// A file.
    File(PathBuf),
    /// The address of a PostgreSQL database, and a schema in it.
    Postgres(String, String),
}

impl Location {
    /// A connection; `many`: one of many in this program, which keeps less in memory.
    pub fn connect(&self, many: bool) -> Result<Database, Error> {
        match self {
            Location::File(file) => Database::file(file, many),
            Location::Postgres(url, schema) => Database::postgres(url, schema),
        }
    }
}

/// Who may write: one handle of this program at a time.
#[derive(Default)]
pub(crate) struct Gate {
    taken: Mutex<bool>,
    free: Condvar,
}

/// A turn to write; it ends when it is dropped.
pub(crate) struct Turn(Arc<Gate>);

impl Gate {
    /// Waits for a turn; none after a minute.
    pub fn turn(self: &Arc<Self>) -> Option<Turn> {
        let (mut taken, waited) = self
            .free
            .wait_timeout_while(locked(&self.taken), PATIENCE, |taken| *taken)
            .unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() && *taken {
            return None;
        }
        *taken = true;
        Some(Turn(Arc::clone(self)))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *locked(&self.0.taken) = false;
        self.0.free.notify_one();
    }
}

/// What became of a reading that was to be written down.
#[derive(Default)]
struct Slot {
    /// Its position in the ledger; or none: it could not be written with the others.
    done: Mutex<Option<Option<u64>>>,
    told: Condvar,
}

impl Slot {
    fn tell(&self, sequence: u64) {
        *locked(&self.done) = Some(Some(sequence));
        self.told.notify_one();
    }
}

struct Waiting {
    stamp: Stamp,
    kind: &'static str,
    seen: Seen,
    slot: Arc<Slot>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // Whoever was to write it gave up: nobody is left waiting.
        let mut done = locked(&self.slot.done);
        if done.is_none() {
            *done = Some(None);
            self.slot.told.notify_one();
        }
    }
}

/// Readings that wait to be written down.
#[derive(Default)]
pub(crate) struct Log {
    waiting: Mutex<(Vec<Waiting>, bool)>,
}

impl Case {
    /// Another handle on the same case, for another thread: with its own connection; keys, accounts, rate limits and the
    /// snapshot are the same.
    ///
    /// # Errors
    /// When the database cannot be reached, or its form is of another version.
    pub fn another(&self) -> Result<Case, Error> {
        let database = self.location.connect(true)?;
        Ok(Case {
            store: self.store.beside(database)?,
            directory: self.directory.clone(),
            location: self.location.clone(),
            readers: Arc::clone(&self.readers),
            keeper: Arc::clone(&self.keeper),
            shared: Arc::clone(&self.shared),
        })
    }

    /// Writes down that something was read, exported or refused; returns when it is on disk.
    pub(crate) fn write_down(&self, stamp: Stamp, kind: &'static str, seen: Seen) -> Result<u64, Error> {
        let slot = Arc::new(Slot::default());
        let leads = {
            let mut waiting = locked(&self.shared.log.waiting);
            let one = Waiting { stamp: stamp.clone(), kind, seen: seen.clone(), slot: Arc::clone(&slot) };
            waiting.0.push(one);
            !std::mem::replace(&mut waiting.1, true)
        };
        if leads {
            self.write_waiting();
        }
        let done = slot
            .told
            .wait_while(locked(&slot.done), |done| done.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        match done.flatten() {
            Some(sequence) => Ok(sequence),
            // What kept the others from being written need not keep this one.
            None => {
                drop(done);
                let change = self.store.begin()?;
                let sequence = append(&change, &stamp, kind, &seen)?;
                change.commit()?;
                Ok(sequence)
            }
        }
    }

    /// Writes what waits when the turn has come. Who comes later waits for the next.
    fn write_waiting(&self) {
        let begun = self.store.begin();
        let (together, more) = {
            let mut waiting = locked(&self.shared.log.waiting);
            let count = waiting.0.len().min(TOGETHER);
            let together: Vec<Waiting> = waiting.0.drain(..count).collect();
            waiting.1 = !waiting.0.is_empty();
            (together, waiting.1)
        };
        let written: Result<Vec<u64>, Error> = begun.and_then(|change| {
            let mut at = Vec::with_capacity(together.len());
            for one in &together {
                at.push(append(&change, &one.stamp, one.kind, &one.seen)?);
            }
            change.commit()?;
            Ok(at)
        });
        for (one, at) in together.iter().zip(written.unwrap_or_default()) {
            one.slot.tell(at);
        }
        drop(together);
        if more {
            self.write_waiting();
        }
    }
}

fn append(change: &crate::change::Change<'_>, stamp: &Stamp, kind: &str, seen: &Seen) -> Result<u64, Error> {
    let sequence = change.append(stamp, kind, seen)?;
    for subject in &seen.subjects {
        change.activity(subject, sequence)?;
    }
    Ok(sequence)
}

impl Store {
    /// The same store over another connection.
    pub(crate) fn beside(&self, database: Database) -> Result<Store, Error> {
        Store::of(database, Arc::clone(&self.keys), Arc::clone(&self.gate))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    use super::*;

    #[test]
    fn a_case_can_be_sent_to_another_thread() {
        fn send<T: Send>() {}
        send::<Case>();
    }

    #[test]
    fn one_writes_at_a_time_and_whoever_waits_is_woken() {
        let gate = Arc::new(Gate::default());
        let count = Mutex::new((0u32, 0u32));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let turn = gate.turn().unwrap();
                        let mut inside = locked(&count);
                        inside.0 += 1;
                        inside.1 = inside.1.max(inside.0);
                        drop(inside);
                        std::thread::yield_now();
                        locked(&count).0 -= 1;
                        drop(turn);
                    }
                });
            }
        });
        assert_eq!(*locked(&count), (0, 1));
    }
}
