//! How good links are, against a truth: precision, recall and F1 over thresholds, B-cubed, calibration.

use std::collections::{HashMap, HashSet};

/// What is true.
pub enum Truth {
    /// Row's id → its entity.
    Entities(HashMap<String, String>),
    /// Pairs of ids, the smaller first.
    Pairs(HashSet<(String, String)>),
}

/// Quality at one threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct At {
    /// Pairs of at least this probability count as found.
    pub threshold: f64,
    /// Pairs found, and of them true.
    pub found: u64,
    /// Of them true.
    pub right: u64,
    /// True pairs in all.
    pub wanted: u64,
}

impl At {
    fn share(part: u64, whole: u64) -> f64 {
        if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
    }

    /// Share of the found pairs that are true.
    pub fn precision(&self) -> f64 {
        Self::share(self.right, self.found)
    }

    /// Share of the true pairs that are found.
    pub fn recall(&self) -> f64 {
        Self::share(self.right, self.wanted)
    }

    /// Harmonic mean of the two.
    pub fn f1(&self) -> f64 {
        2.0 * self.right as f64 / (self.found + self.wanted).max(1) as f64
    }
}

/// A bin of the reliability table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// Its lowest probability.
    pub from: f64,
    /// Pairs in it.
    pub pairs: u64,
    /// Mean probability that the engine gave.
    pub said: f64,
    /// Share that is true.
    pub was: f64,
}

/// The whole evaluation.
pub struct Evaluation {
    /// Over thresholds.
    pub thresholds: Vec<At>,
    /// The best threshold, in hindsight.
    pub best: At,
    /// Reliability.
    pub bins: Vec<Bin>,
    /// Expected calibration error over the links given (Naeini et al. 2015).
    pub calibration_error: f64,
    /// B-cubed precision and recall (Bagga and Baldwin 1998) of components at 0.95; entities only.
    pub b_cubed: Option<(f64, f64)>,
}

/// Evaluates links (left id, right id, probability).
pub fn evaluate(links: &[(&str, &str, f64)], truth: &Truth) -> Evaluation {
    let is_true = |left: &str, right: &str| match truth {
        Truth::Entities(of) => of.get(left).is_some_and(|entity| of.get(right) == Some(entity)),
        Truth::Pairs(pairs) => {
            let key = if left <= right { (left, right) } else { (right, left) };
            pairs.contains(&(key.0.to_owned(), key.1.to_owned()))
        }
    };
    let wanted = match truth {
        Truth::Pairs(pairs) => pairs.len() as u64,
        Truth::Entities(of) => {
            let mut sizes: HashMap<&str, u64> = HashMap::new();
            of.values().for_each(|entity| *sizes.entry(entity).or_default() += 1);
            sizes.values().map(|size| size * (size - 1) / 2).sum()
        }
    };
    let mut judged: Vec<(f64, bool)> =
        links.iter().map(|(left, right, probability)| (*probability, is_true(left, right))).collect();
    judged.sort_by(|one, other| other.0.total_cmp(&one.0));
    let at = |threshold: f64| {
        let found = judged.partition_point(|(probability, _)| *probability >= threshold);
        let right = judged[..found].iter().filter(|(_, right)| *right).count() as u64;
        At { threshold, found: found as u64, right, wanted }
    };
    let mut best = at(2.0);
    let mut right = 0;
    for (index, (probability, truly)) in judged.iter().enumerate() {
        right += u64::from(*truly);
        let here = At { threshold: *probability, found: index as u64 + 1, right, wanted };
        let last = judged.get(index + 1).is_none_or(|next| next.0 < *probability);
        if last && here.f1() > best.f1() {
            best = here;
        }
    }
    let mut bins: Vec<(u64, f64, u64)> = vec![(0, 0.0, 0); 10];
    for (probability, truly) in &judged {
        let bin = &mut bins[((probability * 10.0) as usize).min(9)];
        *bin = (bin.0 + 1, bin.1 + probability, bin.2 + u64::from(*truly));
    }
    let total = judged.len().max(1) as f64;
    let calibration_error = bins.iter().map(|(_, said, was)| (said - *was as f64).abs() / total).sum();
    let bins = bins
        .iter()
        .enumerate()
        .filter(|(_, bin)| bin.0 > 0)
        .map(|(index, (pairs, said, was))| Bin {
            from: index as f64 / 10.0,
            pairs: *pairs,
            said: said / *pairs as f64,
            was: *was as f64 / *pairs as f64,
        })
        .collect();
    let b_cubed = match truth {
        Truth::Entities(of) => Some(b_cubed(links, of)),
        Truth::Pairs(_) => None,
    };
    let thresholds = [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999].map(at).to_vec();
    Evaluation { thresholds, best, bins, calibration_error, b_cubed }
}

fn b_cubed(links: &[(&str, &str, f64)], of: &HashMap<String, String>) -> (f64, f64) {
    let ids: Vec<&str> = of.keys().map(String::as_str).collect();
    let index: HashMap<&str, usize> = ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    let mut parent: Vec<usize> = (0..ids.len()).collect();
    fn root(parent: &mut [usize], mut at: usize) -> usize {
        while parent[at] != at {
            parent[at] = parent[parent[at]];
            at = parent[at];
        }
        at
    }
    for (left, right, probability) in links {
        if let (true, Some(one), Some(other)) = (*probability >= 0.95, index.get(left), index.get(right)) {
            let (one, other) = (root(&mut parent, *one), root(&mut parent, *other));
            parent[one.max(other)] = one.min(other);
        }
    }
    let mut both: HashMap<(usize, &str), f64> = HashMap::new();
    let mut found: HashMap<usize, f64> = HashMap::new();
    let mut wanted: HashMap<&str, f64> = HashMap::new();
    for (at, id) in ids.iter().enumerate() {
        let (cluster, entity) = (root(&mut parent, at), of[*id].as_str());
        *both.entry((cluster, entity)).or_default() += 1.0;
        *found.entry(cluster).or_default() += 1.0;
        *wanted.entry(entity).or_default() += 1.0;
    }
    let rows = ids.len().max(1) as f64;
    let precision =
        both.iter().map(|((cluster, _), count)| count * count / found[cluster]).sum::<f64>() / rows;
    let recall = both.iter().map(|((_, entity), count)| count * count / wanted[entity]).sum::<f64>() / rows;
    (precision, recall)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_links_of_which_one_is_wrong() {
        let of = [("a", "1"), ("b", "1"), ("c", "1"), ("d", "2")];
        let truth =
            Truth::Entities(of.iter().map(|(id, entity)| ((*id).to_owned(), (*entity).to_owned())).collect());
        let evaluation = evaluate(&[("a", "b", 0.99), ("b", "c", 0.97), ("c", "d", 0.6)], &truth);
        let best = evaluation.best;
        assert_eq!((best.found, best.right, best.wanted), (2, 2, 3));
        assert!((best.f1() - 0.8).abs() < 1e-9);
        assert_eq!(evaluation.b_cubed, Some((1.0, 1.0)));
        // (0.99 + 0.97 - 2) and 0.6 for nothing.
        assert!((evaluation.calibration_error - (0.04 + 0.6) / 3.0).abs() < 1e-9);
    }
}
