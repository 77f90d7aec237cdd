//! How often somebody may miss. Guessing ids or codes one by one must not be worth trying, and must show. The numbers are
//! data; what is counted is in memory, by account, and a restart forgives.

use crate::accounts::locked;
use crate::desk::Desk;
use crate::wire::{self, Seen};
use crate::{Case, Error};
use rejoin_accounts::SECOND;
use rejoin_accounts::rate::{Buckets, Rate};
use serde::Deserialize;
use std::path::Path;
use std::sync::Mutex;

const SHIPPED: &str = include_str!("../../../limits/default.toml");
const MOST_CALLERS: usize = 100_000;
/// A limit that is reached again and again is written down once a minute.
const SAID: Rate = Rate { per: 60 * SECOND, burst: 1 };

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    misses: Row,
    codes: Row,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    seconds: u32,
    burst: u32,
}

impl Row {
    fn buckets(&self) -> Mutex<Buckets<String>> {
        let per = i64::from(self.seconds.max(1)) * SECOND;
        Mutex::new(Buckets::new(Rate { per, burst: self.burst.max(1) }, MOST_CALLERS))
    }
}

/// What is counted.
pub(crate) struct Limits {
    misses: Mutex<Buckets<String>>,
    codes: Mutex<Buckets<String>>,
    said: Mutex<Buckets<String>>,
}

fn read(text: &str) -> Result<Limits, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let said = Mutex::new(Buckets::new(SAID, MOST_CALLERS));
    Ok(Limits { misses: file.misses.buckets(), codes: file.codes.buckets(), said })
}

impl Limits {
    /// Of a case: its own `limits.toml` if it has one, else those shipped.
    fn of(directory: &Path) -> Result<Self, Error> {
        let own = directory.join("limits.toml");
        let text = match own.is_file() {
            true => std::fs::read_to_string(&own).map_err(|source| Error::Directory { path: own, source })?,
            false => SHIPPED.to_owned(),
        };
        read(&text).map_err(Error::Limits)
    }
}

impl Case {
    fn limits(&self) -> Result<&Limits, Error> {
        if self.keeper.limits.get().is_none() {
            let _ = self.keeper.limits.set(Limits::of(&self.directory)?);
        }
        self.keeper.limits.get().ok_or(Error::ChangedMeanwhile)
    }
}

impl Desk<'_> {
    /// Before something is looked up by an id or a code that somebody gave.
    ///
    /// # Errors
    /// [`Error::TryLater`] for who missed too often.
    pub(crate) fn may_look_up(&self) -> Result<(), Error> {
        let (account, now) = (&self.seat().actor.account, self.seat().at_micros);
        let free = locked(&self.case.limits()?.misses).has(account, now);
        free.or_else(|later| Err(self.too_often("misses", later.from)?))
    }

    /// Somebody asked for what is not there, or not for them.
    pub(crate) fn missed(&self) -> Result<(), Error> {
        let (account, now) = (&self.seat().actor.account, self.seat().at_micros);
        // What is over the limit was let through because it was looked up before: it counts no further.
        let _ = locked(&self.case.limits()?.misses).take(account, now);
        Ok(())
    }

    /// A code is to be tried; right ones count like wrong ones, or the count would tell them apart.
    ///
    /// # Errors
    /// [`Error::TryLater`] for who tried too often.
    pub(crate) fn tries_code(&self) -> Result<(), Error> {
        let (account, now) = (&self.seat().actor.account, self.seat().at_micros);
        let taken = locked(&self.case.limits()?.codes).take(account, now);
        taken.or_else(|later| Err(self.too_often("codes", later.from)?))
    }

    fn too_often(&self, what: &str, from: i64) -> Result<Error, Error> {
        let who = format!("{what} {}", self.seat().actor.account);
        if locked(&self.case.limits()?.said).take(&who, self.seat().at_micros).is_ok() {
            let seen: Seen = self.seen(Vec::new(), what, 0, Some("too many".into()));
            self.write_seen(wire::ACCESS_REFUSED, &seen)?;
        }
        Ok(Error::TryLater(from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_and_their_faults_named() {
        assert!(read(SHIPPED).is_ok());
        for wrong in ["", "[misses]\nseconds = 1\nburst = 1\n", "[misses]\nper = 1\n"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
