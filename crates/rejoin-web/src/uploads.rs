//! Files that were sent and wait to be looked at and imported. In memory, for an hour, few at a time: what is not
//! imported is nowhere.

use crate::answer::Problem;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// As large as a file may be, in bytes.
pub const LARGEST: usize = 64 * 1024 * 1024;
/// How long one waits, in microseconds.
const WAITS: i64 = 60 * 60 * 1_000_000;
/// How many wait at a time, of everybody.
const MOST: usize = 16;

/// A file that was sent.
pub struct Upload {
    /// Its name, without a path.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    owner: String,
    at: i64,
}

/// Files that wait.
#[derive(Default)]
pub struct Uploads(Mutex<(u64, BTreeMap<u64, Arc<Upload>>)>);

impl Uploads {
    /// Keeps a file; gives its number.
    ///
    /// # Errors
    /// When too many wait.
    pub fn keep(&self, owner: &str, name: &str, bytes: Vec<u8>, now: i64) -> Result<u64, Problem> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.1.retain(|_, upload| upload.at + WAITS > now);
        if kept.1.len() >= MOST {
            return Err(Problem::TooOften);
        }
        kept.0 += 1;
        let number = kept.0;
        let upload = Upload { name: name.to_owned(), bytes, owner: owner.to_owned(), at: now };
        kept.1.insert(number, Arc::new(upload));
        Ok(number)
    }

    /// A file of an account.
    pub fn of(&self, number: u64, owner: &str) -> Option<Arc<Upload>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.1.get(&number).filter(|upload| upload.owner == owner).cloned()
    }

    /// Forgets a file.
    pub fn forget(&self, number: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.remove(&number);
    }
}
