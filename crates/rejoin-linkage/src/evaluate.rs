//! How good links are, against a planted truth.

use std::collections::HashMap;

/// Precision and recall over pairs.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Quality {
    /// Pairs found that are true.
    pub right: u64,
    /// Pairs found.
    pub found: u64,
    /// True pairs.
    pub wanted: u64,
}

impl Quality {
    /// Share of the found pairs that are true; 1 when nothing was found.
    pub fn precision(&self) -> f64 {
        if self.found == 0 { 1.0 } else { self.right as f64 / self.found as f64 }
    }

    /// Share of the true pairs that were found; 1 when there are none.
    pub fn recall(&self) -> f64 {
        if self.wanted == 0 { 1.0 } else { self.right as f64 / self.wanted as f64 }
    }

    /// Harmonic mean of the two.
    pub fn f1(&self) -> f64 {
        let (precision, recall) = (self.precision(), self.recall());
        if precision + recall == 0.0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) }
    }
}

/// Pairwise quality of a clustering: `found[i]` and `truth[i]` are the clusters of row i.
pub fn pairwise<A: std::hash::Hash + Eq + Copy, B: std::hash::Hash + Eq + Copy>(
    found: &[A],
    truth: &[B],
) -> Quality {
    let pairs = |count: u64| count * count.saturating_sub(1) / 2;
    let mut by_found: HashMap<A, u64> = HashMap::new();
    let mut by_truth: HashMap<B, u64> = HashMap::new();
    let mut by_both: HashMap<(A, B), u64> = HashMap::new();
    for (one, other) in found.iter().zip(truth) {
        *by_found.entry(*one).or_default() += 1;
        *by_truth.entry(*other).or_default() += 1;
        *by_both.entry((*one, *other)).or_default() += 1;
    }
    Quality {
        right: by_both.into_values().map(pairs).sum(),
        found: by_found.into_values().map(pairs).sum(),
        wanted: by_truth.into_values().map(pairs).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// Two ways to the same answer: counting clusters, and looking at every pair.
        #[test]
        fn counting_clusters_is_counting_pairs(rows in proptest::collection::vec((0u8..4, 0u8..4), 0..20)) {
            let (found, truth): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
            let mut naive = Quality::default();
            for left in 0..found.len() {
                for right in left + 1..found.len() {
                    let (one, other) = (found[left] == found[right], truth[left] == truth[right]);
                    naive.found += u64::from(one);
                    naive.wanted += u64::from(other);
                    naive.right += u64::from(one && other);
                }
            }
            proptest::prop_assert_eq!(pairwise(&found, &truth), naive);
        }
    }
}
