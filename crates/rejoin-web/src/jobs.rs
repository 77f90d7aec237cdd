//! Long work in the background: imports, linking, families, verification. Each job has its own handle on the case, tells
//! how far it is, can be stopped, and is forgotten when the program ends: what it did is in the ledger, or was not done.

use crate::answer::Problem;
use rejoin_registry::{Case, Error};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many ended jobs are remembered.
const REMEMBERED: usize = 50;

/// Where a job is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// What it does now.
    pub what: String,
    /// How much of that is done, out of how much; out of nothing when nobody knows.
    pub done: u64,
    /// Out of how much.
    pub total: u64,
    /// How it ended: what came of it, or why not.
    pub ended: Option<Result<Vec<(String, String)>, String>>,
}

/// A job.
pub struct Job {
    /// Its number.
    pub id: u64,
    /// What it is: a key of the catalogue.
    pub title: &'static str,
    /// On what: a file's name.
    pub about: String,
    /// Whose account began it.
    pub owner: String,
    /// When, microseconds since 1970-01-01 UTC.
    pub began: i64,
    state: Mutex<State>,
    stop: Arc<AtomicBool>,
}

impl Job {
    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it is.
    pub fn state(&self) -> State {
        self.locked().clone()
    }

    /// Asks it to stop. It stops at its next step, and nothing of it is kept.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Every job since the program began.
#[derive(Default)]
pub struct Jobs {
    next: AtomicU64,
    jobs: Mutex<BTreeMap<u64, Arc<Job>>>,
}

/// What a job does with its handle, telling how far it is; gives what came of it as names and values.
pub type Work =
    Box<dyn FnOnce(&mut Case, &dyn Fn(&str, u64, u64)) -> Result<Vec<(String, String)>, Problem> + Send>;

impl Jobs {
    /// Begins a job on a handle of its own.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn begin(
        &self,
        mut case: Case,
        (title, about): (&'static str, String),
        (owner, began): (String, i64),
        work: Work,
    ) -> Result<u64, Problem> {
        let id = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        let stop = Arc::new(AtomicBool::new(false));
        case.stop_by(Arc::clone(&stop));
        let job = Arc::new(Job { id, title, about, owner, began, state: Mutex::default(), stop });
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = |job: &Arc<Job>| job.state().ended.is_some();
        let old: Vec<u64> = jobs.iter().filter(|(_, job)| ended(job)).map(|(id, _)| *id).collect();
        for id in old.iter().take(old.len().saturating_sub(REMEMBERED)) {
            jobs.remove(id);
        }
        jobs.insert(id, Arc::clone(&job));
        drop(jobs);
        let run = move || {
            let tell = |what: &str, done: u64, total: u64| {
                let mut state = job.locked();
                (state.what, state.done, state.total) = (what.to_owned(), done, total);
            };
            let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(&mut case, &tell)));
            let ended = match ended {
                Ok(Ok(came)) => Ok(came),
                Ok(Err(Problem::Registry(Error::Stopped))) => Err(String::new()),
                Ok(Err(problem)) => Err(problem.to_string()),
                Err(_) => Err(Problem::Broken.to_string()),
            };
            job.locked().ended = Some(ended);
        };
        std::thread::Builder::new().name(format!("job {id}")).spawn(run).map_err(|_| Problem::Broken)?;
        Ok(id)
    }

    /// A job of an account.
    pub fn of(&self, id: u64, owner: &str) -> Option<Arc<Job>> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.get(&id).filter(|job| job.owner == owner).cloned()
    }

    /// The jobs of an account, newest first.
    pub fn all_of(&self, owner: &str) -> Vec<Arc<Job>> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.values().rev().filter(|job| job.owner == owner).cloned().collect()
    }
}
