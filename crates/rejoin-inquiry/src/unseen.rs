//! How many separated children no list has: multiple-systems estimation (capture–recapture) over the lists.
//!
//! Two lists: Chapman (1951) with Chao's log-normal interval. Three and more: Poisson log-linear models with every
//! choice of dependence between pairs of lists (Fienberg 1972; Bishop, Fienberg & Holland 1975), averaged by the
//! Bayesian information criterion as in the work on casualties of Manrique-Vallier, Ball & Sadinle; the interval is
//! taken from the mixture. What is estimated is kept apart from what is known, always.

use rejoin_custody::Person;
use rejoin_custody::separation::says_separated;
use std::collections::BTreeMap;

/// How often each combination of lists was seen: bit `i` of the key is list `i`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Histories {
    /// The lists, by position.
    pub lists: Vec<String>,
    /// Combination of lists → children. The combination 0 is what nobody saw.
    pub counts: BTreeMap<u32, u64>,
}

/// An estimate.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// Children on at least one list.
    pub seen: u64,
    /// Children in all, estimated.
    pub total: f64,
    /// Interval of 95 %.
    pub interval: (f64, f64),
    /// Models with their share: which pairs of lists depend on each other, and the share.
    pub models: Vec<(Vec<(usize, usize)>, f64)>,
}

/// Why there is no estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoEstimate {
    /// Fewer than two lists.
    OneList,
    /// More than six lists.
    TooManyLists,
    /// No child is on two lists.
    NoOverlap,
    /// The lists contain each other: no model of their dependence can be fitted.
    NoModel,
}

impl NoEstimate {
    /// Why, in English and Spanish.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            NoEstimate::OneList => ("two lists at least are needed", "se necesitan al menos dos listas"),
            NoEstimate::TooManyLists => ("six lists are the most", "seis listas son el máximo"),
            NoEstimate::NoModel => (
                "the lists repeat each other so far that nothing can be said of what they miss",
                "las listas se repiten hasta tal punto que nada puede decirse de lo que falta",
            ),
            NoEstimate::NoOverlap => (
                "no child is on two lists, so nothing is known of what they miss",
                "ningún menor está en dos listas: nada se sabe de lo que falta",
            ),
        }
    }
}

/// What the estimate assumes, in English and Spanish.
pub const ASSUMPTIONS: [(&str, &str); 5] = [
    (
        "The lists speak of the same children in the same period, and nobody enters or leaves it between them.",
        "Las listas hablan de los mismos menores en el mismo período, y nadie entra ni sale entre una y otra.",
    ),
    (
        "Records were linked rightly: a link that was missed raises the estimate, a false one lowers it (see the sensitivity).",
        "Los registros se vincularon bien: un vínculo omitido eleva la estimación y uno falso la reduce (véase la sensibilidad).",
    ),
    (
        "Of three lists or more, pairs may depend on each other; of two, they are taken as independent.",
        "Con tres listas o más, los pares pueden depender entre sí; con dos, se suponen independientes.",
    ),
    (
        "On one list every child has the same chance of being. Where some children are harder to see for all lists at once, the estimate is too low and the interval does not cover the truth.",
        "En una misma lista todo menor tiene la misma probabilidad de figurar. Si algunos son más difíciles de ver para todas a la vez, la estimación queda corta y el intervalo no cubre la verdad.",
    ),
    (
        "A record counts as a list's sighting when it says that the child was separated.",
        "Un registro cuenta como observación de una lista si dice que el menor fue separado.",
    ),
];

/// The histories of the children whom lists record as separated.
pub fn histories(people: &[Person<'_>], only: &[String]) -> Histories {
    let mut lists: Vec<String> = people
        .iter()
        .flat_map(|person| {
            person.records.iter().filter(|record| says_separated(record)).map(|record| record.list.clone())
        })
        .collect();
    lists.sort_unstable();
    lists.dedup();
    if !only.is_empty() {
        lists.retain(|list| only.contains(list));
    }
    let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
    for person in people {
        let seen =
            person.records.iter().filter(|record| says_separated(record)).fold(0u32, |seen, record| {
                lists.iter().position(|list| *list == record.list).map_or(seen, |at| seen | 1 << at.min(31))
            });
        if seen != 0 {
            *counts.entry(seen).or_default() += 1;
        }
    }
    Histories { lists, counts }
}

/// Estimates the total.
///
/// # Errors
/// [`NoEstimate`].
pub fn estimate(histories: &Histories) -> Result<Estimate, NoEstimate> {
    let lists = histories.lists.len();
    if lists < 2 {
        return Err(NoEstimate::OneList);
    }
    if lists > 6 {
        return Err(NoEstimate::TooManyLists);
    }
    if histories.counts.iter().all(|(key, count)| key.count_ones() < 2 || *count == 0) {
        return Err(NoEstimate::NoOverlap);
    }
    let seen: u64 = histories.counts.values().sum();
    if lists == 2 {
        Ok(chapman(histories, seen))
    } else {
        averaged(histories, seen).ok_or(NoEstimate::NoModel)
    }
}

fn chapman(histories: &Histories, seen: u64) -> Estimate {
    let count = |key: u32| histories.counts.get(&key).copied().unwrap_or(0) as f64;
    let (first, second, both) = (count(1) + count(3), count(2) + count(3), count(3));
    let total = (first + 1.0) * (second + 1.0) / (both + 1.0) - 1.0;
    let variance = (first + 1.0) * (second + 1.0) * (first - both) * (second - both)
        / ((both + 1.0).powi(2) * (both + 2.0));
    let found = (total - seen as f64).max(0.0);
    let unseen = found.max(0.5);
    let spread = (1.96 * (1.0 + variance / unseen.powi(2)).ln().sqrt()).exp();
    Estimate {
        seen,
        total,
        interval: (seen as f64 + found / spread, seen as f64 + unseen * spread),
        models: vec![(Vec::new(), 1.0)],
    }
}

/// One model fitted: the unseen, the variance of its logarithm, and its criterion.
struct Fit {
    pairs: Vec<(usize, usize)>,
    log_unseen: f64,
    variance: f64,
    criterion: f64,
}

fn averaged(histories: &Histories, seen: u64) -> Option<Estimate> {
    let lists = histories.lists.len();
    let all: Vec<(usize, usize)> =
        (0..lists).flat_map(|left| (left + 1..lists).map(move |right| (left, right))).collect();
    // Of many lists, models with up to three dependent pairs: 2^15 would be fitted for six otherwise.
    let most = if lists <= 4 { all.len() } else { 3 };
    let mut fits: Vec<Fit> = Vec::new();
    for choice in 0u32..1 << all.len() {
        if choice.count_ones() as usize > most {
            continue;
        }
        let pairs: Vec<(usize, usize)> =
            all.iter().enumerate().filter(|(at, _)| choice & (1 << at) != 0).map(|(_, pair)| *pair).collect();
        // A pair that nobody was seen with has no finite estimate.
        let empty = pairs.iter().any(|(left, right)| {
            histories
                .counts
                .iter()
                .all(|(key, count)| *count == 0 || key & (1 << left) == 0 || key & (1 << right) == 0)
        });
        if !empty && let Some(fit) = fit(histories, pairs) {
            fits.push(fit);
        }
    }
    if fits.is_empty() {
        return None;
    }
    let best = fits.iter().map(|fit| fit.criterion).fold(f64::INFINITY, f64::min);
    let mut shares: Vec<f64> = fits.iter().map(|fit| (-(fit.criterion - best) / 2.0).exp()).collect();
    let sum: f64 = shares.iter().sum();
    shares.iter_mut().for_each(|share| *share /= sum);
    // The distribution function of the unseen: a mixture of log-normals.
    let below = |log: f64| -> f64 {
        fits.iter()
            .zip(&shares)
            .map(|(fit, share)| share * normal((log - fit.log_unseen) / fit.variance.sqrt()))
            .sum()
    };
    let quantile = |share: f64| {
        let (mut low, mut high) = (-10.0f64, 40.0f64);
        for _ in 0..200 {
            let middle = (low + high) / 2.0;
            if below(middle) < share { low = middle } else { high = middle }
        }
        f64::midpoint(low, high).exp()
    };
    let mut models: Vec<(Vec<(usize, usize)>, f64)> =
        fits.iter().zip(&shares).map(|(fit, share)| (fit.pairs.clone(), *share)).collect();
    models.sort_by(|left, right| right.1.total_cmp(&left.1));
    models.retain(|(_, share)| *share >= 0.01);
    let seen_in_all = seen as f64;
    Some(Estimate {
        seen,
        total: seen_in_all + quantile(0.5),
        interval: (seen_in_all + quantile(0.025), seen_in_all + quantile(0.975)),
        models,
    })
}

/// Fits a Poisson log-linear model by Newton's method; the intercept is the logarithm of the unseen.
fn fit(histories: &Histories, pairs: Vec<(usize, usize)>) -> Option<Fit> {
    let lists = histories.lists.len();
    let width = 1 + lists + pairs.len();
    let cells: Vec<(Vec<f64>, f64)> = (1u32..1 << lists)
        .map(|key| {
            let mut row = vec![1.0];
            row.extend((0..lists).map(|list| f64::from(key >> list & 1)));
            row.extend(pairs.iter().map(|(left, right)| f64::from((key >> left & 1) & (key >> right & 1))));
            (row, histories.counts.get(&key).copied().unwrap_or(0) as f64)
        })
        .collect();
    let seen: f64 = cells.iter().map(|(_, count)| count).sum();
    // Begin at the fit of logarithms, which is near.
    let mut beta = vec![0.0; width];
    beta[0] = (seen / cells.len() as f64).max(1.0).ln();
    let mut information = vec![0.0; width * width];
    let mut likelihood = f64::NEG_INFINITY;
    let mut converged = false;
    for _ in 0..100 {
        let mut gradient = vec![0.0; width];
        information.iter_mut().for_each(|value| *value = 0.0);
        let mut now = 0.0;
        for (row, count) in &cells {
            let linear: f64 = row.iter().zip(&beta).map(|(x, b)| x * b).sum();
            let mean = linear.clamp(-30.0, 30.0).exp();
            now += count * linear - mean;
            for (at, x) in row.iter().enumerate().filter(|(_, x)| **x != 0.0) {
                gradient[at] += x * (count - mean);
                for (to, y) in row.iter().enumerate() {
                    information[at * width + to] += x * y * mean;
                }
            }
        }
        let step = solve(&information, &gradient)?;
        let largest = step.iter().fold(0.0f64, |most, value| most.max(value.abs()));
        // Steps of more than two are halved, so that Newton's method does not run away from a far beginning.
        let scale = if largest > 2.0 { 2.0 / largest } else { 1.0 };
        beta.iter_mut().zip(&step).for_each(|(value, step)| *value += scale * step);
        if largest < 1e-9 && (now - likelihood).abs() < 1e-9 {
            converged = true;
            break;
        }
        likelihood = now;
    }
    if !converged {
        return None;
    }
    let mut unit = vec![0.0; width];
    unit[0] = 1.0;
    let variance = solve(&information, &unit)?[0];
    let unseen = beta[0].exp();
    if !(variance.is_finite() && variance > 0.0 && variance < 9.0 && unseen.is_finite()) {
        return None;
    }
    // The unseen are a draw as well as a parameter: 1/m of the variance of the logarithm is theirs.
    Some(Fit {
        log_unseen: beta[0],
        variance: variance + 1.0 / unseen.max(1.0),
        criterion: -2.0 * likelihood + width as f64 * seen.ln(),
        pairs,
    })
}

/// Solves a symmetric system by Gaussian elimination with pivots; `None` when it is singular.
fn solve(matrix: &[f64], right: &[f64]) -> Option<Vec<f64>> {
    let width = right.len();
    let mut rows: Vec<Vec<f64>> = (0..width)
        .map(|row| matrix[row * width..(row + 1) * width].iter().copied().chain([right[row]]).collect())
        .collect();
    for at in 0..width {
        let pivot =
            (at..width).max_by(|left, right| rows[*left][at].abs().total_cmp(&rows[*right][at].abs()))?;
        if rows[pivot][at].abs() < 1e-12 {
            return None;
        }
        rows.swap(at, pivot);
        for row in 0..width {
            if row != at {
                let factor = rows[row][at] / rows[at][at];
                let pivot = rows[at].clone();
                rows[row].iter_mut().zip(&pivot).skip(at).for_each(|(value, of)| *value -= factor * of);
            }
        }
    }
    Some((0..width).map(|at| rows[at][width] / rows[at][at]).collect())
}

/// The standard normal distribution function, by Abramowitz & Stegun 7.1.26 (error below 1.5e-7).
fn normal(z: f64) -> f64 {
    let x = z.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let series = t
        * (0.254_829_592
            + t * (-0.284_496_736 + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
    let error = 1.0 - series * (-x * x).exp();
    if z >= 0.0 { f64::midpoint(1.0, error) } else { (1.0 - error) / 2.0 }
}

/// The histories as they would be had a share of links been missed (each such pair is one child in truth), or been false
/// (each such child is two). Expected counts, so that the same question has the same answer.
pub fn with_link_error(histories: &Histories, missed: f64, false_links: f64) -> Histories {
    let lists = histories.lists.len();
    let mut counts: BTreeMap<u32, f64> =
        histories.counts.iter().map(|(key, count)| (*key, *count as f64)).collect();
    let originals: Vec<(u32, f64)> = counts.iter().map(|(key, count)| (*key, *count)).collect();
    for (key, count) in originals.iter().filter(|(key, _)| key.count_ones() > 1) {
        let members: Vec<u32> =
            (0..lists as u32).map(|list| 1 << list).filter(|bit| key & bit != 0).collect();
        // Of the links that exist, `missed / (1 - missed)` more should: the child's records stand apart, one of them by
        // itself and the others together.
        let joined = count * missed / (1.0 - missed);
        let split = count * false_links;
        let share = 1.0 / members.len() as f64;
        for bit in &members {
            let (alone, rest) = (*bit, key & !bit);
            let mut add = |key: u32, by: f64| *counts.entry(key).or_default() += by;
            add(*key, (joined - split) * share);
            add(alone, (split - joined) * share);
            add(rest, (split - joined) * share);
        }
    }
    let counts = counts.into_iter().map(|(key, count)| (key, count.max(0.0).round() as u64)).collect();
    Histories { lists: histories.lists.clone(), counts }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    use super::*;

    /// A small generator, so that the test draws the same on every machine.
    struct Draw(u64);

    impl Draw {
        fn next(&mut self) -> f64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
        }
    }

    /// Histories of `total` children; `after` is the chance of list 1 for those on list 0.
    fn planted(seed: u64, total: usize, chances: &[f64], after: f64) -> Histories {
        let mut draw = Draw(seed);
        let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
        for _ in 0..total {
            let mut key = 0;
            for (at, chance) in chances.iter().enumerate() {
                let chance = if at == 1 && key & 1 == 1 { after } else { *chance };
                key |= u32::from(draw.next() < chance) << at;
            }
            if key != 0 {
                *counts.entry(key).or_default() += 1;
            }
        }
        Histories { lists: (0..chances.len()).map(|at| at.to_string()).collect(), counts }
    }

    /// Of how many worlds the interval covers the planted total.
    fn covered(chances: &[f64], after: f64, total: usize) -> f64 {
        const WORLDS: u64 = 400;
        let covers = |seed| {
            let estimate = estimate(&planted(seed, total, chances, after)).unwrap();
            estimate.interval.0 <= total as f64 && total as f64 <= estimate.interval.1
        };
        (0..WORLDS).filter(|seed| covers(*seed * 7919 + 1)).count() as f64 / WORLDS as f64
    }

    #[test]
    fn the_interval_covers_the_planted_total_at_its_rate() {
        // 400 worlds: 0.95 is seen as 0.95 +- 0.022 (two standard errors); averaging over models is conservative.
        for (name, rate) in [
            ("two independent lists", covered(&[0.3, 0.4], 0.4, 2700)),
            ("three independent lists", covered(&[0.3, 0.4, 0.5], 0.4, 2700)),
            ("three lists, two of which share", covered(&[0.4, 0.3, 0.4], 0.6, 2700)),
            ("three lists, two of which avoid each other", covered(&[0.4, 0.5, 0.4], 0.25, 2700)),
            ("four lists, two of which share", covered(&[0.3, 0.25, 0.35, 0.2], 0.5, 2700)),
            ("a small world", covered(&[0.4, 0.5, 0.4], 0.5, 300)),
        ] {
            println!("{name}: {rate:.3}");
            assert!(rate >= 0.92, "{name}: {rate}");
        }
        // The same question without the dependence gives the wrong answer: the check can fail.
        let naive = |seed| {
            let histories = planted(seed, 2700, &[0.4, 0.3], 0.6);
            let estimate = estimate(&histories).unwrap();
            estimate.interval.0 <= 2700.0 && 2700.0 <= estimate.interval.1
        };
        assert!((0..100).filter(|seed| naive(*seed)).count() < 20);
    }

    #[test]
    fn two_lists_are_chapman_by_hand() {
        let histories = Histories {
            lists: vec!["a".into(), "b".into()],
            counts: BTreeMap::from([(1, 60), (2, 40), (3, 20)]),
        };
        let estimate = estimate(&histories).unwrap();
        assert!((estimate.total - (81.0 * 61.0 / 21.0 - 1.0)).abs() < 1e-9);
        assert_eq!(estimate.seen, 120);
    }

    #[test]
    fn link_errors_move_the_estimate_the_way_they_should() {
        let histories = planted(5, 2700, &[0.3, 0.4, 0.5], 0.4);
        let total =
            |missed, false_links| estimate(&with_link_error(&histories, missed, false_links)).unwrap().total;
        assert!(total(0.05, 0.0) < total(0.0, 0.0) && total(0.0, 0.0) < total(0.0, 0.05));
        assert_eq!(with_link_error(&histories, 0.0, 0.0), histories);
    }

    #[test]
    fn lists_that_repeat_each_other_give_no_estimate() {
        for counts in [BTreeMap::from([(1, 1000), (3, 500), (7, 200)]), BTreeMap::from([(7, 100)])] {
            let histories = Histories { lists: vec!["a".into(), "b".into(), "c".into()], counts };
            let found = estimate(&histories);
            assert!(found.is_err() || found.is_ok_and(|estimate| estimate.interval.1 < 100_000.0));
        }
        let same = Histories { lists: vec!["a".into(), "b".into()], counts: BTreeMap::from([(3, 100)]) };
        let estimate = estimate(&same).unwrap();
        assert!(estimate.interval.0 <= estimate.total && estimate.total <= estimate.interval.1);
    }

    #[test]
    fn unequal_chances_break_the_interval_as_the_assumption_says() {
        // Two kinds of children, one four times as visible to every list: the stated assumption fails, and so does the rate.
        let covers = |seed: u64| {
            let (hidden, seen) = (
                planted(seed, 1350, &[0.16, 0.16, 0.16], 0.16),
                planted(seed + 9, 1350, &[0.64, 0.64, 0.64], 0.64),
            );
            let mut both = hidden;
            seen.counts.iter().for_each(|(key, count)| *both.counts.entry(*key).or_default() += count);
            let estimate = estimate(&both).unwrap();
            estimate.interval.0 <= 2700.0 && 2700.0 <= estimate.interval.1
        };
        assert!((0..60).filter(|seed| covers(seed * 31 + 3)).count() < 30);
    }

    #[test]
    fn without_overlap_there_is_no_estimate() {
        let histories =
            Histories { lists: vec!["a".into(), "b".into()], counts: BTreeMap::from([(1, 60), (2, 40)]) };
        assert_eq!(estimate(&histories), Err(NoEstimate::NoOverlap));
    }
}
