//! Handles on the case: each page is made by one thread that has a handle of its own, so that reading does not wait for
//! reading. How many there are bounds how much is done at a time; whoever comes then waits for the next free one.

use rejoin_registry::{Case, Error};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Handles that nobody uses now.
pub struct Pool {
    free: Arc<Mutex<Vec<Case>>>,
    seats: Arc<Semaphore>,
}

/// What gives a handle back, also when the page panicked.
struct Lent {
    case: Option<Case>,
    to: Arc<Mutex<Vec<Case>>>,
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(case) = self.case.take() {
            self.to.lock().unwrap_or_else(PoisonError::into_inner).push(case);
        }
    }
}

impl Pool {
    /// So many handles on a case.
    pub fn new(case: Case, handles: usize) -> Result<Self, Error> {
        let mut free = Vec::with_capacity(handles);
        for _ in 1..handles.max(1) {
            free.push(case.another()?);
        }
        free.push(case);
        Ok(Self { seats: Arc::new(Semaphore::new(free.len())), free: Arc::new(Mutex::new(free)) })
    }

    /// Does something with a handle, away from the threads that answer. `None` when it panicked: that is a mistake of
    /// ours, and no reason to stop.
    pub async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Case) -> T + Send + 'static,
    ) -> Option<T> {
        let seat = Arc::clone(&self.seats).acquire_owned().await.ok()?;
        let free = Arc::clone(&self.free);
        let done = tokio::task::spawn_blocking(move || {
            let _seat = seat;
            let case = free.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut lent = Lent { case, to: free };
            lent.case.as_mut().map(work)
        });
        done.await.ok().flatten()
    }
}
