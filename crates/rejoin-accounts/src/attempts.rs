//! Why: guessing has to get slow, and nobody may lock another person out by guessing badly on purpose.
//!
//! A guess is counted before it is judged ([`Attempts::admit`]) and the count taken back when it was right
//! ([`Attempts::settle`]): a hundred guesses at the same time are a hundred. Waiting doubles from five failures on and never
//! passes a quarter of an hour; after each wait one guess is let through. From a place where the account has been signed in
//! before, its owner does not wait for the failures of others, only for those of that place.

use crate::{DAY, MINUTE, Moment, SECOND};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// How an account's or an address's failures turn into waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Schedule {
    free: u32,
    first: Moment,
    longest: Moment,
}

/// Five, then 30 s, 1 min, 2 min … 15 min.
const ACCOUNT: Schedule = Schedule { free: 5, first: 30 * SECOND, longest: 15 * MINUTE };
/// An office shares an address: more is free, and the wait is shorter.
const ADDRESS: Schedule = Schedule { free: 30, first: 5 * SECOND, longest: 5 * MINUTE };
/// Without a failure for this long, the earlier ones are forgotten.
const FORGOTTEN: Moment = DAY;
/// How long a place is known after a sign-in from it.
const FAMILIAR: Moment = 30 * DAY;
const FAMILIAR_PLACES: usize = 4;

impl Schedule {
    /// The wait after so many failures.
    fn wait(self, failures: u32) -> Moment {
        match failures.checked_sub(self.free) {
            None => 0,
            Some(beyond) => self.first.saturating_mul(1 << beyond.min(20)).min(self.longest),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Tally {
    failures: u32,
    last: Moment,
}

impl Tally {
    fn is_forgotten(self, now: Moment) -> bool {
        now >= self.last.saturating_add(FORGOTTEN)
    }
}

/// What is counted apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Counted {
    /// A name, whether or not there is such an account.
    Name(String),
    /// A source address.
    Address(String),
    /// A name from a place where it has been signed in before.
    Familiar(String, String),
}

impl Counted {
    fn schedule(&self) -> Schedule {
        if matches!(self, Self::Address(_)) { ADDRESS } else { ACCOUNT }
    }
}

/// Failures by name and by address; bounded in size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Kept", into = "Kept")]
pub struct Attempts {
    tallies: BTreeMap<Counted, Tally>,
    places: BTreeMap<String, Vec<(String, Moment)>>,
    most: usize,
}

/// The stored form: JSON has no maps with such keys.
#[derive(Serialize, Deserialize)]
struct Kept {
    tallies: Vec<(Counted, Tally)>,
    places: Vec<(String, Vec<(String, Moment)>)>,
    most: usize,
}

impl From<Kept> for Attempts {
    fn from(kept: Kept) -> Self {
        Self {
            tallies: kept.tallies.into_iter().collect(),
            places: kept.places.into_iter().collect(),
            most: kept.most,
        }
    }
}

impl From<Attempts> for Kept {
    fn from(attempts: Attempts) -> Self {
        Self {
            tallies: attempts.tallies.into_iter().collect(),
            places: attempts.places.into_iter().collect(),
            most: attempts.most,
        }
    }
}

/// Too many failures: the moment from which the next attempt is let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many failed attempts")]
pub struct TryLater {
    /// Microseconds since 1970.
    pub from: Moment,
}

/// Leave for one guess, already counted as a failure. [`crate::sign_in`] uses it up.
#[derive(Debug)]
#[must_use = "an admission that is not settled stays a failure"]
pub struct Admission {
    counted: Counted,
    /// When the name had failed last before this.
    before: Option<Moment>,
    name: String,
    address: String,
    now: Moment,
}

impl Admission {
    /// The name that was let through, folded.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The address it came from.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// When it was let through.
    pub fn at(&self) -> Moment {
        self.now
    }
}

/// How a guess ended, as far as counting goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Signed in: the account's failures are forgotten and the place is known.
    Right,
    /// Right so far, more is needed: not a failure, and nothing is forgotten.
    Unfinished,
    /// Wrong.
    Wrong,
}

impl Default for Attempts {
    fn default() -> Self {
        Self::new(100_000)
    }
}

impl Attempts {
    /// Remembers at most `most` names and addresses.
    pub fn new(most: usize) -> Self {
        Self { tallies: BTreeMap::new(), places: BTreeMap::new(), most: most.max(8) }
    }

    /// `address` is that of [`source`]. Lets a guess through, counted as a failure until it is settled, or says from when on.
    pub fn admit(&mut self, name: &str, address: &str, now: Moment) -> Result<Admission, TryLater> {
        let name = fold_name(name);
        let address = clipped(address);
        let keys = [self.by_name(&name, &address, now), Counted::Address(address.clone())];
        let from = keys.iter().filter_map(|key| self.waits_until(key, now)).max();
        if let Some(from) = from {
            return Err(TryLater { from });
        }
        let [counted, by_address] = keys;
        let before = self.tallies.get(&counted).map(|tally| tally.last);
        self.count(counted.clone(), now);
        self.count(by_address, now);
        Ok(Admission { counted, before, name, address, now })
    }

    /// Closes an admission.
    pub fn settle(&mut self, admission: Admission, ended: Ended) {
        if ended == Ended::Wrong {
            return;
        }
        let Admission { counted, before, name, address, now } = admission;
        self.take_back(&Counted::Address(address.clone()));
        if ended == Ended::Unfinished {
            self.take_back(&counted);
            // Whoever is asked for a code does not wait before they can give it.
            if let (Some(tally), Some(before)) = (self.tallies.get_mut(&counted), before)
                && tally.last == now
            {
                tally.last = before;
            }
            return;
        }
        // From a known place, the failures of others stay counted against others.
        self.tallies.remove(&counted);
        self.remember_place(name, address, now);
    }

    /// An administrator's unlock: the name's failures are forgotten, wherever they came from.
    pub fn unlock(&mut self, name: &str) {
        let name = fold_name(name);
        self.tallies.retain(|key, _| match key {
            Counted::Name(counted) | Counted::Familiar(counted, _) => *counted != name,
            Counted::Address(_) => true,
        });
    }

    /// Until when a name waits that is tried from an unknown place; none when it does not. For an administrator's page.
    pub fn locked_until(&self, name: &str, now: Moment) -> Option<Moment> {
        self.waits_until(&Counted::Name(fold_name(name)), now)
    }

    fn by_name(&self, name: &str, address: &str, now: Moment) -> Counted {
        let familiar = self.places.get(name).is_some_and(|places| {
            places.iter().any(|(place, at)| place == address && now < at.saturating_add(FAMILIAR))
        });
        if familiar {
            Counted::Familiar(name.to_owned(), address.to_owned())
        } else {
            Counted::Name(name.to_owned())
        }
    }

    fn waits_until(&self, key: &Counted, now: Moment) -> Option<Moment> {
        let tally = self.tallies.get(key).filter(|tally| !tally.is_forgotten(now))?;
        let until = tally.last.saturating_add(key.schedule().wait(tally.failures));
        (now < until).then_some(until)
    }

    fn count(&mut self, key: Counted, now: Moment) {
        if self.tallies.len() >= self.most && !self.tallies.contains_key(&key) {
            self.make_room(now);
        }
        let tally = self.tallies.entry(key).or_insert(Tally { failures: 0, last: now });
        if tally.is_forgotten(now) {
            tally.failures = 0;
        }
        tally.failures = tally.failures.saturating_add(1);
        tally.last = tally.last.max(now);
    }

    fn take_back(&mut self, key: &Counted) {
        if let Some(tally) = self.tallies.get_mut(key) {
            tally.failures = tally.failures.saturating_sub(1);
            if tally.failures == 0 {
                self.tallies.remove(key);
            }
        }
    }

    /// Drops what is forgotten anyway, else an eighth: those with the fewest failures, the oldest of them first. A flood of
    /// made-up names thus pushes out itself and not the locks.
    fn make_room(&mut self, now: Moment) {
        self.tallies.retain(|_, tally| !tally.is_forgotten(now));
        if self.tallies.len() < self.most {
            return;
        }
        let mut order: Vec<(u32, Moment, Counted)> =
            self.tallies.iter().map(|(key, tally)| (tally.failures, tally.last, key.clone())).collect();
        order.sort();
        for (_, _, key) in order.into_iter().take((self.most / 8).max(1)) {
            self.tallies.remove(&key);
        }
    }

    /// Takes note of a sign-in that was not counted, such as one by passkey: the place is known from now on.
    pub fn know_place(&mut self, name: &str, address: &str, now: Moment) {
        self.remember_place(fold_name(name), clipped(address), now);
    }

    fn remember_place(&mut self, name: String, address: String, now: Moment) {
        if self.places.len() >= self.most && !self.places.contains_key(&name) {
            let oldest = self
                .places
                .iter()
                .min_by_key(|(_, places)| places.iter().map(|(_, at)| *at).max())
                .map(|(name, _)| name.clone());
            oldest.and_then(|oldest| self.places.remove(&oldest));
        }
        let places = self.places.entry(name).or_default();
        places.retain(|(place, at)| *place != address && now < at.saturating_add(FAMILIAR));
        places.insert(0, (address, now));
        places.truncate(FAMILIAR_PLACES);
    }
}

/// A name as it is compared: without case and outer spaces, and not longer than a name is.
pub fn fold_name(name: &str) -> String {
    clipped(&name.trim().to_lowercase())
}

/// A source address as it is counted: of version 6 the network, for one caller has more addresses in it than can be counted.
pub fn source(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

fn clipped(text: &str) -> String {
    text.chars().take(128).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    use super::*;
    use proptest::prelude::*;

    const NOW: Moment = 1_800_000_000_000_000;

    /// Fails, as soon as it is let; gives the moment.
    fn fail(attempts: &mut Attempts, name: &str, address: &str, now: Moment) -> Moment {
        match attempts.admit(name, address, now) {
            Ok(admission) => {
                attempts.settle(admission, Ended::Wrong);
                now
            }
            Err(TryLater { from }) => {
                assert!(from > now);
                let admission = attempts.admit(name, address, from).unwrap();
                attempts.settle(admission, Ended::Wrong);
                from
            }
        }
    }

    #[test]
    fn the_schedule() {
        let mut attempts = Attempts::default();
        let mut now = NOW;
        let mut waits = Vec::new();
        for number in 0..12 {
            // Each from another address: it is the name that waits.
            let at = fail(&mut attempts, "lucia", &format!("192.0.2.{number}"), now);
            waits.push((at - now) / SECOND);
            now = at;
        }
        assert_eq!(waits, [0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900]);
    }

    #[test]
    fn after_the_wait_one_is_let_through_and_one_only() {
        let mut attempts = Attempts::default();
        for _ in 0..5 {
            fail(&mut attempts, "lucia", "192.0.2.1", NOW);
        }
        let wait = 30 * SECOND;
        assert_eq!(
            attempts.admit("lucia", "192.0.2.2", NOW + wait - 1).unwrap_err(),
            TryLater { from: NOW + wait }
        );
        let open = attempts.admit("lucia", "192.0.2.2", NOW + wait).unwrap();
        let second = attempts.admit("lucia", "192.0.2.3", NOW + wait).unwrap_err();
        assert_eq!(second.from, NOW + wait + 60 * SECOND);
        attempts.settle(open, Ended::Right);
        assert_eq!(attempts.locked_until("lucia", NOW + wait), None);
    }

    #[test]
    fn guesses_at_the_same_time_are_counted_before_they_are_judged() {
        let mut attempts = Attempts::default();
        let admitted: Vec<_> =
            (0..100).filter_map(|_| attempts.admit("lucia", "192.0.2.1", NOW).ok()).collect();
        assert_eq!(admitted.len(), 5);
    }

    #[test]
    fn an_attacker_does_not_keep_the_owner_out_of_a_known_place() {
        let mut attempts = Attempts::default();
        let home = attempts.admit("lucia", "198.51.100.7", NOW).unwrap();
        attempts.settle(home, Ended::Right);
        let mut now = NOW;
        for number in 0..50 {
            now = fail(&mut attempts, "lucia", &format!("192.0.2.{number}"), now);
        }
        assert!(attempts.locked_until("lucia", now).is_some());
        assert!(attempts.admit("lucia", "203.0.113.5", now).is_err());
        let home = attempts.admit("Lucia ", "198.51.100.7", now).unwrap();
        attempts.settle(home, Ended::Right);
        assert!(attempts.locked_until("lucia", now).is_some(), "the attacker goes on waiting");
        // A known place is no free ticket either.
        for _ in 0..5 {
            fail(&mut attempts, "lucia", "198.51.100.7", now);
        }
        assert!(attempts.admit("lucia", "198.51.100.7", now).is_err());
        // And it is forgotten after a month.
        let later = now + FAMILIAR;
        assert!(matches!(attempts.by_name("lucia", "198.51.100.7", later), Counted::Name(_)));
    }

    #[test]
    fn an_address_that_tries_many_names_waits() {
        let mut attempts = Attempts::default();
        let admitted = (0..200)
            .filter(|number| {
                attempts
                    .admit(&format!("name{number}"), "192.0.2.1", NOW)
                    .map(|admission| attempts.settle(admission, Ended::Wrong))
                    .is_ok()
            })
            .count();
        assert_eq!(admitted, 30);
    }

    #[test]
    fn an_unfinished_sign_in_neither_counts_nor_clears() {
        let mut attempts = Attempts::default();
        for _ in 0..4 {
            fail(&mut attempts, "lucia", "192.0.2.1", NOW);
        }
        for _ in 0..20 {
            let admission = attempts.admit("lucia", "192.0.2.1", NOW).unwrap();
            attempts.settle(admission, Ended::Unfinished);
        }
        fail(&mut attempts, "lucia", "192.0.2.1", NOW);
        assert!(attempts.admit("lucia", "192.0.2.1", NOW).is_err());
    }

    #[test]
    fn whoever_is_asked_for_a_code_may_give_it_at_once() {
        let mut attempts = Attempts::default();
        for _ in 0..6 {
            fail(&mut attempts, "lucia", "192.0.2.1", NOW);
        }
        let now = NOW + 30 * SECOND + MINUTE;
        for _ in 0..3 {
            let admission = attempts.admit("lucia", "192.0.2.1", now).unwrap();
            attempts.settle(admission, Ended::Unfinished);
        }
        fail(&mut attempts, "lucia", "192.0.2.1", now);
        assert_eq!(
            attempts.locked_until("lucia", now),
            Some(now + 2 * MINUTE),
            "and the seventh failure is the seventh"
        );
    }

    #[test]
    fn a_network_of_version_6_is_one_source() {
        let of = |text: &str| source(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2::9"));
        assert_ne!(of("2001:db8:1:2::9"), of("2001:db8:1:3::9"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }

    #[test]
    fn failures_are_forgotten_after_a_day_and_unlocked_by_an_administrator() {
        let mut attempts = Attempts::default();
        for _ in 0..5 {
            fail(&mut attempts, "lucia", "192.0.2.1", NOW);
        }
        let mut unlocked = attempts.clone();
        unlocked.unlock("LUCIA");
        assert!(unlocked.admit("lucia", "192.0.2.9", NOW).is_ok());
        for _ in 0..5 {
            fail(&mut attempts, "lucia", "192.0.2.1", NOW + DAY);
        }
        assert_eq!(attempts.locked_until("lucia", NOW + DAY), Some(NOW + DAY + 30 * SECOND));
    }

    #[test]
    fn a_flood_of_names_stays_bounded_and_does_not_free_a_lock() {
        let mut attempts = Attempts::new(1000);
        for number in 0..6 {
            fail(&mut attempts, "lucia", &format!("a{number}"), NOW);
        }
        for number in 0..20_000 {
            if let Ok(admission) = attempts.admit(&format!("n{number}"), &format!("b{number}"), NOW + SECOND)
            {
                attempts.settle(admission, Ended::Wrong);
            }
            assert!(attempts.tallies.len() <= 1000);
        }
        assert!(attempts.locked_until("lucia", NOW + SECOND).is_some());
    }

    #[test]
    fn it_is_stored_and_read() {
        let mut attempts = Attempts::default();
        let home = attempts.admit("lucia", "198.51.100.7", NOW).unwrap();
        attempts.settle(home, Ended::Right);
        fail(&mut attempts, "lucia", "198.51.100.7", NOW);
        fail(&mut attempts, "lucia", "192.0.2.1", NOW);
        let written = serde_json::to_string(&attempts).unwrap();
        assert_eq!(serde_json::from_str::<Attempts>(&written).unwrap(), attempts);
    }

    proptest! {
        /// However the attacker spends a day: few guesses, and never a wait of more than a quarter of an hour.
        #[test]
        fn a_day_of_guessing(pauses in prop::collection::vec(0..600_i64, 1..400)) {
            let mut attempts = Attempts::default();
            let (mut now, mut guesses) = (NOW, 0_i64);
            for (number, pause) in pauses.iter().enumerate() {
                now += pause * SECOND;
                if now >= NOW + DAY {
                    break;
                }
                match attempts.admit("lucia", &format!("a{number}"), now) {
                    Ok(admission) => {
                        guesses += 1;
                        attempts.settle(admission, Ended::Wrong);
                    }
                    Err(TryLater { from }) => prop_assert!(from - now <= 15 * MINUTE),
                }
            }
            prop_assert!(guesses <= 5 + 5 + (now - NOW) / (15 * MINUTE) + 1);
        }
    }
}
