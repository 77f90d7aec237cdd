//! Estimation: u by sampling random pairs, m and the prior by expectation–maximisation over counts of agreement
//! patterns (Winkler 1988). The prior is over *all* pairs, compared or not: blocking selects by what pairs agree on, and
//! only over all pairs do prior and u go together.
//!
//! There is a third class beside matches and random pairs: *relatives*, two people of one family or household. They share
//! surname and address, and blocking brings them together; taken for random pairs, what they share would count as often
//! as it is rare, and siblings would be one person. Their given names agree by chance only, which tells the class apart;
//! the rest of it is estimated like m.

use crate::engine::Pattern;
use crate::engine::compare::Comparator;
use crate::engine::data::Kind;
use crate::weight;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Counts of agreement patterns.
pub type Counts = BTreeMap<Pattern, f64>;

/// Level of a comparison in a pattern.
pub fn level(pattern: Pattern, comparison: usize) -> usize {
    (pattern >> (4 * comparison) & 15) as usize
}

/// A frozen model: what a pair's levels weigh.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// Comparison → level (from 1) → probability among matches.
    pub m: Vec<Vec<f64>>,
    /// The same among pairs that are none.
    pub u: Vec<Vec<f64>>,
    /// Comparison → level → probability among relatives.
    pub r: Vec<Vec<f64>>,
    /// Share of all pairs that are relatives; 0 where nothing tells relatives apart.
    pub relatives: f64,
    /// Share of all pairs that are matches.
    pub prior: f64,
    /// Rounds of expectation–maximisation.
    pub rounds: usize,
    /// Whether the last round changed nothing by more than 10⁻⁴.
    pub converged: bool,
    /// Levels that no compared pair had: (comparison, level). Their m is the starting value.
    pub unseen: Vec<(usize, usize)>,
}

impl Model {
    /// The weight of one level; 0 for "missing".
    pub fn level_weight(&self, comparison: usize, level: usize) -> i64 {
        match level {
            0 => 0,
            level => weight::of_ratio(self.m[comparison][level - 1], self.u[comparison][level - 1]),
        }
    }

    /// The weight of the prior.
    pub fn prior_weight(&self) -> i64 {
        weight::of_probability(self.prior)
    }

    /// What one level weighs for relatives rather than a random pair.
    pub fn related_weight(&self, comparison: usize, level: usize) -> i64 {
        match level {
            0 => 0,
            level => weight::of_ratio(self.r[comparison][level - 1], self.u[comparison][level - 1]),
        }
    }

    /// What the prior weighs for relatives rather than a random pair; `None` where nothing tells them apart.
    pub fn related_prior(&self) -> Option<i64> {
        (self.relatives > 0.0).then(|| weight::of_ratio(self.relatives, 1.0))
    }

    /// What a pair loses because its two rows may be relatives, who are likelier than random pairs to agree as they do.
    /// `related`: the sum of what its levels weigh for relatives.
    pub fn correction(related: Option<i64>) -> i64 {
        related.map_or(0, |related| {
            let bits = weight::bits(related);
            // log2(1 + 2^x) is x itself for large x.
            weight::of_bits(if bits > 60.0 { -bits } else { -(1.0 + bits.exp2()).log2() })
        })
    }

    /// What levels weigh, in tables.
    pub(crate) fn table(&self) -> Table {
        let levels = |weigh: &dyn Fn(usize, usize) -> i64| -> Vec<[i64; 16]> {
            let each = self.m.iter().enumerate();
            each.map(|(at, m)| {
                std::array::from_fn(|level| if level <= m.len() { weigh(at, level) } else { 0 })
            })
            .collect()
        };
        Table {
            prior: self.prior_weight(),
            levels: levels(&|at, level| self.level_weight(at, level)),
            related_prior: self.related_prior(),
            related: levels(&|at, level| self.related_weight(at, level)),
        }
    }
}

/// What the levels of a model weigh: a weight is a logarithm, and a pattern would ask for one a comparison.
pub(crate) struct Table {
    pub prior: i64,
    /// Comparison → level → weight.
    pub levels: Vec<[i64; 16]>,
    pub related_prior: Option<i64>,
    /// The same for relatives rather than a random pair.
    pub related: Vec<[i64; 16]>,
}

impl Table {
    /// Sum of what a pattern weighs for relatives, their prior included.
    fn related(&self, pattern: Pattern) -> Option<i64> {
        self.related_prior.map(|prior| prior + sum(&self.related, pattern))
    }

    /// The weight of a pattern, prior included, frequency adjustment not.
    pub fn weight(&self, pattern: Pattern) -> i64 {
        self.prior + sum(&self.levels, pattern) + Model::correction(self.related(pattern))
    }
}

/// Sum of what the levels of a pattern have in a table.
pub(crate) fn sum(table: &[[i64; 16]], pattern: Pattern) -> i64 {
    table.iter().enumerate().map(|(at, levels)| levels[level(pattern, at)]).sum()
}

/// Shares of levels among random pairs, beside imagined pairs at the argued values.
pub fn shares(counts: &Counts, argued: &[Vec<f64>], imagined: f64) -> Vec<Vec<f64>> {
    let mut shares: Vec<Vec<f64>> =
        argued.iter().map(|levels| levels.iter().map(|share| share * imagined).collect()).collect();
    for (pattern, count) in counts {
        for (at, levels) in shares.iter_mut().enumerate() {
            if let Some(level) = level(*pattern, at).checked_sub(1) {
                levels[level] += count;
            }
        }
    }
    for levels in &mut shares {
        let total: f64 = levels.iter().sum();
        levels.iter_mut().for_each(|count| *count /= total);
    }
    shares
}

/// Patterns of pairs that people decided.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decisions {
    /// Of one person.
    pub same: Counts,
    /// Of two people.
    pub different: Counts,
}

/// What one decided pair counts beside the pairs that nobody looked at: a person knows, the model only believes.
const DECIDED_COUNTS: f64 = 5.0;

/// Fits m and the prior. Pairs that people `decided` teach m what matches look like, and the class of relatives what
/// pairs look like that a person had to look at and told apart. `random` are shares of levels among random pairs of all rows, matches among them included:
/// u is what is left of them when matches and relatives are taken out. `pairs`: how many pairs there are in all.
pub fn fit(
    counts: &Counts,
    comparators: &[&Comparator],
    random: &[Vec<f64>],
    pairs: f64,
    decided: &Decisions,
) -> Model {
    let start: Vec<Vec<f64>> = comparators
        .iter()
        .zip(random)
        .map(|(comparator, random)| {
            // Matches begin by agreeing in each way at least as often as random pairs do: in a list of one town the town
            // says nothing, and must not speak against everybody. The first two levels are no agreements.
            let shares = comparator.start.iter().zip(random).enumerate();
            let raised: Vec<f64> = shares
                .map(|(at, (start, random))| if at < 2 { *start } else { start.max(*random) })
                .collect();
            let sum: f64 = raised.iter().sum();
            raised.into_iter().map(|share| share / sum).collect()
        })
        .collect();
    let unseen = (0..start.len())
        .flat_map(|at| (1..=start[at].len()).map(move |level| (at, level)))
        .filter(|(at, wanted)| !counts.keys().any(|pattern| level(*pattern, *at) == *wanted))
        .collect();
    let anchored = comparators.iter().any(|comparator| comparator.kind == Kind::Given) && start.len() > 1;
    // Relatives begin half-way between random pairs and matches in what families share, near random pairs in the rest.
    let r = comparators
        .iter()
        .enumerate()
        .map(|(at, comparator)| {
            let share = match comparator.kind {
                Kind::Given => 0.0,
                Kind::Surname | Kind::Text => 0.5,
                _ => 0.1,
            };
            start[at].iter().zip(&random[at]).map(|(m, u)| m * share + u * (1.0 - share)).collect()
        })
        .collect();
    let mut model = Model {
        m: start.clone(),
        u: random.to_vec(),
        r,
        relatives: if anchored { 1e-4 } else { 0.0 },
        // In small files one row in five having a partner is far more than one pair in ten thousand, and a start too low
        // finds that nobody has one.
        prior: (0.2 * (2.0 * pairs).sqrt() / pairs.max(1.0)).clamp(1e-4, 0.1),
        rounds: 0,
        converged: counts.is_empty(),
        unseen,
    };
    let patterns: Vec<(Pattern, f64)> = counts.iter().map(|(pattern, count)| (*pattern, *count)).collect();
    while !model.converged && model.rounds < 200 {
        model.rounds += 1;
        // Imagined matches at the starting values keep a level that was hardly seen from running away.
        let imagined = 20.0;
        let begin = |of: &[Vec<f64>]| -> Vec<Vec<f64>> {
            of.iter().map(|levels| levels.iter().map(|share| share * imagined).collect()).collect()
        };
        let (mut seen, mut seen_related) = (begin(&start), begin(random));
        let (mut matches, mut relatives) = (0.0, 0.0);
        // All threads judge the patterns; the sums are taken in one order, or their last bits would depend on threads.
        let table = model.table();
        let judge = |(pattern, count): &(Pattern, f64)| {
            let related = table.related(*pattern);
            let weight = table.prior + sum(&table.levels, *pattern) + Model::correction(related);
            let probability = weight::probability(weight);
            let related = related.map_or(0.0, |related| (1.0 - probability) * weight::probability(related));
            (probability * count, related * count)
        };
        let judged: Vec<(f64, f64)> = patterns.par_iter().with_min_len(512).map(judge).collect();
        for ((pattern, _), (own, related)) in patterns.iter().zip(judged) {
            matches += own;
            relatives += related;
            for at in 0..start.len() {
                if let Some(level) = level(*pattern, at).checked_sub(1) {
                    seen[at][level] += own;
                    seen_related[at][level] += related;
                }
            }
        }
        for (side, counts) in [(&mut seen, &decided.same), (&mut seen_related, &decided.different)] {
            for (pattern, count) in counts {
                for (at, levels) in side.iter_mut().enumerate() {
                    if let Some(level) = level(*pattern, at).checked_sub(1) {
                        levels[level] += count * DECIDED_COUNTS;
                    }
                }
            }
        }
        let mut change = 0f64;
        for (at, levels) in seen.iter().enumerate() {
            let sum: f64 = levels.iter().sum();
            let related: f64 = seen_related[at].iter().sum();
            for (level, share) in levels.iter().enumerate() {
                change = change.max((share / sum - model.m[at][level]).abs());
                model.m[at][level] = share / sum;
                if comparators[at].kind != Kind::Given {
                    model.r[at][level] = seen_related[at][level] / related;
                }
            }
        }
        if anchored {
            model.relatives = (relatives / pairs.max(1.0)).clamp(1e-12, 0.5);
        }
        let prior = (matches / pairs.max(1.0)).clamp(1e-12, 0.5);
        change = change.max((prior / model.prior - 1.0).abs());
        model.prior = prior;
        for (at, levels) in model.u.iter_mut().enumerate() {
            for (level, value) in levels.iter_mut().enumerate() {
                let all = random[at][level];
                let others = prior * model.m[at][level] + model.relatives * model.r[at][level];
                *value = ((all - others) / (1.0 - prior - model.relatives)).max(all * 0.1);
            }
            let sum: f64 = levels.iter().sum();
            levels.iter_mut().for_each(|value| *value /= sum);
            if comparators[at].kind == Kind::Given {
                model.r[at].clone_from(levels);
            }
        }
        model.converged = change < 1e-4;
    }
    model
}
