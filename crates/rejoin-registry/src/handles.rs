//! Several handles on one case: a server has one for each of its threads. Each has a connection of its own; keys, accounts,
//! rate limits, readers of deliveries and the snapshot are one for all of them.
//!
//! The handles of one program take turns to write. A database that is written to lets others wait by sleeping, longer and
//! longer; here whoever waits is woken. Readings and commands that wait for their turn together are written in one change,
//! one after the other: each waits until its own is on disk, for nothing is shown or answered before that.

use crate::change::Change;
use crate::database::Database;
use crate::store::Store;
use crate::wire::Seen;
use crate::{Case, Error, Stamp};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// After so long a wait the database is asked itself, which says what is wrong.
const PATIENCE: Duration = Duration::from_secs(60);
/// Readings and commands that are written in one change, at most.
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

/// What becomes of something that is written together with others.
enum Fate<T> {
    Waits,
    Done(Result<T, Error>),
    /// Nobody wrote it; that need not keep it from being written alone.
    Left,
}

struct Slot<T> {
    fate: Mutex<Fate<T>>,
    told: Condvar,
}

impl<T> Slot<T> {
    fn tell(&self, fate: Fate<T>) {
        let mut known = locked(&self.fate);
        if let Fate::Waits = *known {
            *known = fate;
            self.told.notify_one();
        }
    }
}

/// Something to be written in a change that may be another's.
trait Waiting: Send {
    /// Writes it; whether that went well.
    fn write(&mut self, case: &Case, change: &Change<'_>) -> Result<(), ()>;
    /// Tells whoever waits: the change was kept.
    fn kept(&mut self);
}

type Work<T> = dyn Fn(&Case, &Change<'_>) -> Result<T, Error> + Send + Sync;

struct One<T> {
    work: Arc<Work<T>>,
    written: Option<T>,
    slot: Arc<Slot<T>>,
}

impl<T: Send> Waiting for One<T> {
    fn write(&mut self, case: &Case, change: &Change<'_>) -> Result<(), ()> {
        match (self.work)(case, change) {
            Ok(written) => {
                self.written = Some(written);
                Ok(())
            }
            Err(error) => {
                self.slot.tell(Fate::Done(Err(error)));
                Err(())
            }
        }
    }

    fn kept(&mut self) {
        if let Some(written) = self.written.take() {
            self.slot.tell(Fate::Done(Ok(written)));
        }
    }
}

impl<T> Drop for One<T> {
    fn drop(&mut self) {
        // Whoever was to write it gave up: nobody is left waiting.
        self.slot.tell(Fate::Left);
    }
}

/// What waits to be written, and whether somebody is about to.
#[derive(Default)]
pub(crate) struct Queue {
    waiting: Mutex<(Vec<Box<dyn Waiting>>, bool)>,
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
        self.together(move |_, change| {
            let sequence = change.append(&stamp, kind, &seen)?;
            for subject in &seen.subjects {
                change.activity(subject, sequence)?;
            }
            Ok(sequence)
        })
    }

    /// Writes something, in one change with what other handles write at the same moment; returns when it is on disk. What is
    /// refused leaves no trace in the change.
    pub(crate) fn together<T: Send + 'static>(
        &self,
        work: impl Fn(&Case, &Change<'_>) -> Result<T, Error> + Send + Sync + 'static,
    ) -> Result<T, Error> {
        let work: Arc<Work<T>> = Arc::new(work);
        let slot = Arc::new(Slot { fate: Mutex::new(Fate::Waits), told: Condvar::new() });
        let leads = {
            let mut queue = locked(&self.shared.queue.waiting);
            let one = One { work: Arc::clone(&work), written: None, slot: Arc::clone(&slot) };
            queue.0.push(Box::new(one));
            !std::mem::replace(&mut queue.1, true)
        };
        if leads {
            while self.write_waiting() {}
        }
        let waits = |fate: &mut Fate<T>| matches!(fate, Fate::Waits);
        let mut known =
            slot.told.wait_while(locked(&slot.fate), waits).unwrap_or_else(PoisonError::into_inner);
        let fate = std::mem::replace(&mut *known, Fate::Left);
        drop(known);
        match fate {
            Fate::Done(result) => result,
            Fate::Waits | Fate::Left => {
                let change = self.store.begin()?;
                let written = work(self, &change)?;
                change.commit()?;
                Ok(written)
            }
        }
    }

    /// Writes what waits when the turn has come; whether more waits. Who comes later waits for the next turn.
    fn write_waiting(&self) -> bool {
        let begun = self.store.begin();
        let (mut together, more) = {
            let mut queue = locked(&self.shared.queue.waiting);
            let count = queue.0.len().min(TOGETHER);
            let together: Vec<Box<dyn Waiting>> = queue.0.drain(..count).collect();
            queue.1 = !queue.0.is_empty();
            (together, queue.1)
        };
        let Ok(change) = begun else { return more };
        let mut kept = Vec::with_capacity(together.len());
        for mut one in together.drain(..) {
            // What fails while the database stands is told; when the database fails, everybody is left.
            match change.attempt(|| one.write(self, &change)) {
                Ok(Ok(())) => kept.push(one),
                Ok(Err(())) => {}
                Err(_) => return more,
            }
        }
        if kept.is_empty() || change.commit().is_ok() {
            kept.iter_mut().for_each(|one| one.kept());
        }
        more
    }
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
    fn what_waits_together_is_written_together_and_what_fails_leaves_no_trace() {
        let directory = tempfile::tempdir().unwrap();
        let stamp = |at_micros| Stamp { at_micros, actor: "clerk".into() };
        let case = Case::init(&directory.path().join("case"), &stamp(0)).unwrap();
        let before = case.checkpoint().unwrap().size;
        let seen = Seen {
            subjects: vec!["r-0000000000000001".into()],
            purpose: "oversight".into(),
            what: "person".into(),
            count: 1,
            note: None,
        };
        let handles: Vec<Case> = (0..9).map(|_| case.another().unwrap()).collect();
        let turn = case.store.gate.turn().unwrap();
        let done: Vec<Result<u64, Error>> = std::thread::scope(|scope| {
            let running: Vec<_> = (1i64..)
                .zip(handles)
                .map(|(at, handle)| {
                    let (seen, stamp) = (seen.clone(), stamp(at));
                    scope.spawn(move || match at % 3 {
                        // It has written already when it fails.
                        0 => handle.together(move |_, change| {
                            change.append(&stamp, crate::wire::FILE_READ, &seen)?;
                            Err(Error::Refused("no".into()))
                        }),
                        _ => handle.write_down(stamp, crate::wire::FILE_READ, seen),
                    })
                })
                .collect();
            // All of them wait for the one turn.
            while locked(&case.shared.queue.waiting).0.len() < 9 {
                std::thread::yield_now();
            }
            drop(turn);
            running.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let mut written: Vec<u64> = done.iter().filter_map(|one| one.as_ref().ok().copied()).collect();
        written.sort_unstable();
        assert_eq!(written, (before + 1..=before + 6).collect::<Vec<_>>());
        assert!(done.iter().filter(|one| matches!(one, Err(Error::Refused(_)))).count() == 3);
        assert_eq!(case.verify(None, &|_, _, _| {}).unwrap().size, before + 6);
        for (at, one) in (1i64..).zip(&done) {
            let Ok(sequence) = one else { continue };
            let event = case.store.events_after(sequence - 1, 1).unwrap().pop().unwrap();
            assert_eq!(event.at_micros, at, "each is told of its own");
        }
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
