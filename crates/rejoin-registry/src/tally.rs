//! Lines held against lines without keeping either: millions of them, in whatever order they come.

use crate::Error;
use crate::keys::random;
use sha2::{Digest, Sha256};

/// Digests lines under a key that is drawn anew each time: whoever prepared the lines could not know it, so that no set
/// of lines can be made up whose digests add up to those of another.
pub(crate) struct Digester([u8; 32]);

impl Digester {
    pub fn new() -> Result<Self, Error> {
        Ok(Self(random()?))
    }

    /// One line.
    pub fn of(&self, line: &str) -> Tally {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(line);
        let digest: [u8; 32] = hash.finalize().into();
        let (one, other) = digest.split_at(16);
        let half = |bytes: &[u8]| bytes.iter().fold(0u128, |sum, byte| sum << 8 | u128::from(*byte));
        Tally { count: 1, sums: [half(one), half(other)] }
    }
}

/// How many lines, and the sums of their digests: equal when the lines are, each as often.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    count: u64,
    sums: [u128; 2],
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.count += other.count;
        for (sum, more) in self.sums.iter_mut().zip(other.sums) {
            *sum = sum.wrapping_add(more);
        }
    }
}

impl std::iter::Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), |mut sum, one| {
            sum += one;
            sum
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    use super::*;

    #[test]
    fn the_same_lines_are_equal_in_any_order_and_others_are_not() {
        let digester = Digester::new().unwrap();
        let of = |lines: &[&str]| lines.iter().map(|line| digester.of(line)).sum::<Tally>();
        assert_eq!(of(&["a", "b", "b"]), of(&["b", "a", "b"]));
        for other in [&["a", "b"][..], &["a", "a", "b"], &["a", "b", "c"], &["ab", "b", ""], &[]] {
            assert_ne!(of(&["a", "b", "b"]), of(other), "{other:?}");
        }
        assert_ne!(of(&["a"]), Digester::new().unwrap().of("a"), "the key is drawn anew");
    }
}
