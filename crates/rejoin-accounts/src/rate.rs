//! Why: how many calls of a kind one caller may make; a token bucket that keeps one number a caller.
//!
//! The number is the moment at which the bucket would be full again (the "generic cell rate algorithm"): it needs no
//! refilling, and a caller whose moment has passed need not be remembered.

use crate::Moment;
use crate::attempts::TryLater;
use std::collections::HashMap;
use std::hash::Hash;

/// One call every `per`, and `burst` at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Microseconds from one call to the next in the long run.
    pub per: Moment,
    /// How many may come at once.
    pub burst: u32,
}

/// The buckets of one rate, by caller (an account or an address, with the kind of call); bounded in size.
#[derive(Clone, Debug)]
pub struct Buckets<K> {
    rate: Rate,
    most: usize,
    full_at: HashMap<K, Moment>,
}

impl<K: Clone + Eq + Hash + Ord> Buckets<K> {
    /// Remembers at most `most` callers at a time.
    pub fn new(rate: Rate, most: usize) -> Self {
        let rate = Rate { per: rate.per.max(1), burst: rate.burst.max(1) };
        Self { rate, most: most.max(8), full_at: HashMap::new() }
    }

    /// Takes one call out of the caller's bucket, or says from when on there is one.
    pub fn take(&mut self, caller: &K, now: Moment) -> Result<(), TryLater> {
        let full_at = self.full_at.get(caller).copied().unwrap_or(now).max(now);
        let next = full_at.saturating_add(self.rate.per);
        let from = next.saturating_sub(self.rate.per.saturating_mul(i64::from(self.rate.burst)));
        if now < from {
            return Err(TryLater { from });
        }
        if self.full_at.len() >= self.most && !self.full_at.contains_key(caller) {
            self.make_room(now);
        }
        self.full_at.insert(caller.clone(), next);
        Ok(())
    }

    /// Whether the caller's bucket has a call left, without taking it; or from when on it has.
    pub fn has(&self, caller: &K, now: Moment) -> Result<(), TryLater> {
        let full_at = self.full_at.get(caller).copied().unwrap_or(now).max(now);
        let next = full_at.saturating_add(self.rate.per);
        let from = next.saturating_sub(self.rate.per.saturating_mul(i64::from(self.rate.burst)));
        if now < from { Err(TryLater { from }) } else { Ok(()) }
    }

    /// How many callers are remembered.
    pub fn remembered(&self) -> usize {
        self.full_at.len()
    }

    /// Full buckets need not be remembered; if none is full, the fullest eighth is forgotten, which gives away least.
    fn make_room(&mut self, now: Moment) {
        self.full_at.retain(|_, full_at| *full_at > now);
        if self.full_at.len() < self.most {
            return;
        }
        let mut order: Vec<(Moment, K)> = self.full_at.iter().map(|(key, at)| (*at, key.clone())).collect();
        order.sort();
        for (_, key) in order.into_iter().take((self.most / 8).max(1)) {
            self.full_at.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    use super::*;
    use crate::SECOND;
    use proptest::prelude::*;

    const RATE: Rate = Rate { per: 10 * SECOND, burst: 3 };

    #[test]
    fn a_burst_then_one_at_a_time() {
        let mut buckets = Buckets::new(RATE, 100);
        for _ in 0..3 {
            assert!(buckets.take(&"lucia", 0).is_ok());
        }
        assert_eq!(buckets.has(&"lucia", 0), Err(TryLater { from: 10 * SECOND }));
        assert_eq!(buckets.take(&"lucia", 0), Err(TryLater { from: 10 * SECOND }));
        assert!(buckets.has(&"lucia", 10 * SECOND).is_ok() && buckets.has(&"mateo", 0).is_ok());
        assert!(buckets.take(&"mateo", 0).is_ok(), "another's bucket");
        assert_eq!(buckets.take(&"lucia", 10 * SECOND - 1), Err(TryLater { from: 10 * SECOND }));
        assert!(buckets.take(&"lucia", 10 * SECOND).is_ok());
        assert!(buckets.take(&"lucia", 10 * SECOND).is_err());
        for _ in 0..3 {
            assert!(buckets.take(&"lucia", 1000 * SECOND).is_ok());
        }
        assert!(buckets.take(&"lucia", 1000 * SECOND).is_err(), "it does not fill beyond the burst");
    }

    #[test]
    fn memory_is_bounded_and_the_emptiest_buckets_are_kept() {
        let mut buckets = Buckets::new(RATE, 64);
        for _ in 0..3 {
            buckets.take(&0, 0).unwrap();
        }
        for caller in 1..10_000 {
            let _ = buckets.take(&caller, 0);
            assert!(buckets.remembered() <= 64);
        }
        assert!(buckets.take(&0, 0).is_err());
        buckets.take(&10_001, 1000 * SECOND).unwrap();
        for caller in 1..64 {
            let _ = buckets.take(&caller, 1000 * SECOND);
        }
        assert!(buckets.remembered() <= 64);
    }

    proptest! {
        /// Two ways to the same answer: a bucket that is refilled step by step.
        #[test]
        fn as_a_bucket_that_is_refilled(
            per in 1..20_i64, burst in 1..6_u32, pauses in prop::collection::vec(0..30_i64, 0..200),
        ) {
            let mut buckets = Buckets::new(Rate { per, burst }, 8);
            // In units of 1/per of a call.
            let (mut held, mut now) = (i64::from(burst) * per, 0);
            for pause in pauses {
                now += pause;
                held = (held + pause).min(i64::from(burst) * per);
                let expected = held >= per;
                if expected {
                    held -= per;
                }
                let taken = buckets.take(&"a", now);
                prop_assert_eq!(taken.is_ok(), expected);
                if let Err(TryLater { from }) = taken {
                    prop_assert_eq!(from - now, per - held);
                }
            }
        }
    }
}
