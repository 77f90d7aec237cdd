//! Estimation of a Fellegi–Sunter model: u by sampling random pairs, m and the prior by expectation–maximisation over
//! the counts of agreement patterns (Winkler 1988, with conditional independence). Deterministic: the sample walks the
//! pairs by a fixed stride, and the counts are integers.

use crate::compare::{COMPARISONS, COUNT, Comparison, Pattern, Prepared};
use crate::weight;
use std::collections::BTreeMap;

/// Estimated probabilities of levels and the prior.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// Comparison → level (from 1) → probability among matches.
    pub m: Vec<Vec<f64>>,
    /// The same among non-matches.
    pub u: Vec<Vec<f64>>,
    /// Share of all pairs of records, compared or not, that are matches.
    pub prior: f64,
    /// Rounds of expectation–maximisation.
    pub rounds: usize,
    /// Whether the last round changed no m, and the prior's share of itself, by more than 10⁻⁴.
    pub converged: bool,
    /// Levels never seen among compared pairs: (comparison, level); their m is the starting value.
    pub unseen: Vec<(usize, u8)>,
}

/// Counts of agreement patterns among compared pairs.
pub type Counts = BTreeMap<Pattern, u64>;

/// Imagined pairs at the argued values of u, beside those that are sampled.
const IMAGINED_CHANCE: f64 = 1_000.0;

/// u of every level, by all pairs of records if there are no more than `sample` of them, else by so many random ones;
/// beside a thousand imagined pairs at the argued values, so that no level is impossible, and a handful of records,
/// most pairs of which may be matches, does not teach that agreement is common.
pub fn sample_u(prepared: &Prepared, rows: usize, sample: usize) -> Vec<Vec<f64>> {
    let argued =
        |comparison: &Comparison| comparison.chance.iter().map(|share| share * IMAGINED_CHANCE).collect();
    let mut counts: Vec<Vec<f64>> = COMPARISONS.iter().map(argued).collect();
    let mut count = |left: usize, right: usize| {
        for (at, level) in prepared.pattern(left, right).into_iter().enumerate() {
            if level > 0 {
                counts[at][level as usize - 1] += 1.0;
            }
        }
    };
    if rows.saturating_mul(rows.saturating_sub(1)) / 2 <= sample {
        (0..rows).for_each(|left| (left + 1..rows).for_each(|right| count(left, right)));
    } else {
        let mut state = 0x2545_f491_4f6c_dd1du64;
        let mut draw = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 33) % rows as u64) as usize
        };
        for _ in 0..sample {
            let (left, right) = (draw(), draw());
            if left != right {
                count(left, right);
            }
        }
    }
    for levels in &mut counts {
        let total: f64 = levels.iter().sum();
        levels.iter_mut().for_each(|count| *count /= total);
    }
    counts
}

/// m and the prior by expectation–maximisation, u held fixed. `pairs` is the number of all pairs of records, compared or
/// not: blocking selects by what the pairs agree on, so the non-matches among the compared pairs are not like those
/// that u describes; over all pairs prior and u go together, and the odds of a compared pair are right (its being
/// compared is a function of its pattern, and cancels).
pub fn fit(counts: &Counts, u: Vec<Vec<f64>>, pairs: f64) -> Model {
    let start: Vec<Vec<f64>> = COMPARISONS.iter().map(|comparison| comparison.start.to_vec()).collect();
    let mut unseen = Vec::new();
    for (at, comparison) in COMPARISONS.iter().enumerate() {
        for level in 1..comparison.levels.len() as u8 {
            if !counts.keys().any(|pattern| pattern[at] == level) {
                unseen.push((at, level));
            }
        }
    }
    let mut model =
        Model { m: start.clone(), u, prior: 0.1, rounds: 0, converged: counts.is_empty(), unseen };
    while !model.converged && model.rounds < 100 {
        model.rounds += 1;
        // A few imagined pairs at the starting values keep a level that was hardly seen from running away.
        let imagined = 20.0;
        let mut seen: Vec<Vec<f64>> =
            start.iter().map(|levels| levels.iter().map(|share| share * imagined).collect()).collect();
        let mut matches = 0.0;
        for (pattern, count) in counts {
            let probability = weight::probability(model.weight(pattern));
            let expected = probability * *count as f64;
            matches += expected;
            for (at, level) in pattern.iter().enumerate() {
                if *level > 0 {
                    seen[at][*level as usize - 1] += expected;
                }
            }
        }
        let mut change = 0f64;
        for (at, levels) in seen.iter().enumerate() {
            let sum: f64 = levels.iter().sum();
            for (level, share) in levels.iter().enumerate() {
                let value = share / sum;
                change = change.max((value - model.m[at][level]).abs());
                model.m[at][level] = value;
            }
        }
        let prior = (matches / pairs.max(1.0)).clamp(1e-12, 0.999);
        change = change.max((prior / model.prior - 1.0).abs());
        model.prior = prior;
        model.converged = change < 1e-4;
    }
    model
}

impl Model {
    /// The weight of the prior.
    pub fn prior_weight(&self) -> i64 {
        weight::of_probability(self.prior)
    }

    /// The weight of one level of a comparison; 0 for "missing".
    pub fn level_weight(&self, comparison: usize, level: u8) -> i64 {
        match level {
            0 => 0,
            level => {
                let at = level as usize - 1;
                weight::of_ratio(self.m[comparison][at], self.u[comparison][at])
            }
        }
    }

    /// The weight of a pattern, prior included, without frequency adjustment.
    pub fn weight(&self, pattern: &Pattern) -> i64 {
        self.prior_weight() + (0..COUNT).map(|at| self.level_weight(at, pattern[at])).sum::<i64>()
    }

    /// How much the weight of a level changes because the value agreed on is frequent or rare: u of an exact
    /// agreement is the value's own frequency instead of the average one. Half of the change is taken, because names
    /// within a family or a town are not independent.
    pub fn frequency_weight(&self, prepared: &Prepared, comparison: usize, level: u8, row: usize) -> i64 {
        match COMPARISONS[comparison].frequent {
            Some(from) if level >= from => {
                let frequency = (COMPARISONS[comparison].frequency)(prepared, row).max(1e-6);
                let average: f64 = self.u[comparison][from as usize - 1..].iter().sum();
                weight::of_bits((average / frequency).log2().clamp(-6.0, 6.0) * 0.5)
            }
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};

    /// Estimation recovers planted m, given the planted u: patterns are drawn from known probabilities.
    #[test]
    fn planted_m_is_recovered() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(5);
        let m: Vec<Vec<f64>> = COMPARISONS
            .iter()
            .map(|comparison| {
                let shares: Vec<f64> = comparison
                    .start
                    .iter()
                    .rev()
                    .enumerate()
                    .map(|(at, share)| share + 0.05 * at as f64)
                    .collect();
                let sum: f64 = shares.iter().sum();
                shares.iter().rev().map(|share| share / sum).collect()
            })
            .collect();
        let u: Vec<Vec<f64>> = COMPARISONS
            .iter()
            .map(|comparison| {
                let count = comparison.start.len();
                (0..count).map(|at| if at == 0 { 1.0 - 0.04 * (count - 1) as f64 } else { 0.04 }).collect()
            })
            .collect();
        let draw = |shares: &[f64], rng: &mut rand_chacha::ChaCha8Rng| {
            let mut left: f64 = rng.random();
            shares
                .iter()
                .position(|share| {
                    left -= share;
                    left < 0.0
                })
                .unwrap_or(shares.len() - 1) as u8
                + 1
        };
        let mut counts = Counts::new();
        for _ in 0..200_000 {
            let of = if rng.random_bool(0.2) { &m } else { &u };
            let mut pattern = Pattern::default();
            for at in 0..COUNT {
                pattern[at] = if rng.random_bool(0.1) { 0 } else { draw(&of[at], &mut rng) };
            }
            *counts.entry(pattern).or_default() += 1;
        }
        let model = fit(&counts, u, 200_000.0);
        assert!(model.converged, "{} rounds", model.rounds);
        assert!((model.prior - 0.2).abs() < 0.01, "{}", model.prior);
        for (estimated, planted) in model.m.iter().flatten().zip(m.iter().flatten()) {
            assert!((estimated - planted).abs() < 0.02, "{estimated} {planted}");
        }
    }
}
