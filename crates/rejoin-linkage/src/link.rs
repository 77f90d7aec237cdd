//! Records to people: block, compare, estimate, score, cluster. Two passes over the blocks, so that no table of pairs
//! is ever held: the first counts patterns, the second scores and keeps what is worth keeping.

use crate::block::{Block, Keys, RuleReport};
use crate::cluster::{Link, Refused, cluster};
use crate::columns::Records;
use crate::compare::{COMPARISONS, COUNT, Pattern, Prepared};
use crate::estimate::{Counts, Model, fit, sample_u};
use crate::weight;
use rayon::prelude::*;

/// How to link.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Probability from which two records are linked.
    pub link_at: f64,
    /// Probability from which a pair is kept for a person to look at.
    pub keep_at: f64,
    /// Rows of the largest block that is compared.
    pub largest_block: usize,
    /// Random pairs for u.
    pub sample: usize,
    /// Bits against which two groups are not joined.
    pub against: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { link_at: 0.95, keep_at: 0.5, largest_block: 2_000, sample: 400_000, against: -8.0 }
    }
}

/// One reason in a score: a comparison, its level and its weight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The comparison's name; `prior` for the prior.
    pub comparison: &'static str,
    /// The level, in words.
    pub level: &'static str,
    /// Its weight, frequency adjustment included.
    pub weight: i64,
}

/// What linking came to.
pub struct Linkage {
    /// The model.
    pub model: Model,
    /// Row → the smallest row of its person.
    pub person: Vec<u32>,
    /// Pairs of at least the probability to keep, by row.
    pub links: Vec<Link>,
    /// Joins that were refused.
    pub refused: Vec<Refused>,
    /// Pairs compared.
    pub compared: u64,
    /// Blocking rules.
    pub rules: Vec<RuleReport>,
    prepared: Prepared,
}

/// Links records to people.
pub fn link(records: &Records, settings: &Settings) -> Linkage {
    let prepared = Prepared::new(records);
    let keys = Keys::new(&prepared, records);
    let (blocks, rules) = keys.blocks(settings.largest_block);
    let too_large = keys.too_large(settings.largest_block);
    let each_pair = |block: &Block, visit: &mut dyn FnMut(u32, u32)| {
        for (at, left) in block.rows.iter().enumerate() {
            for right in &block.rows[at + 1..] {
                if !keys.earlier(block.rule, *left, *right, &too_large) {
                    visit(*left, *right);
                }
            }
        }
    };
    let counts: Counts = blocks
        .par_iter()
        .fold(Counts::new, |mut counts, block| {
            each_pair(block, &mut |left, right| {
                *counts.entry(prepared.pattern(left as usize, right as usize)).or_default() += 1;
            });
            counts
        })
        .reduce(Counts::new, |mut one, other| {
            for (pattern, count) in other {
                *one.entry(pattern).or_default() += count;
            }
            one
        });
    let compared = counts.values().sum();
    let pairs = records.len() as f64 * (records.len() as f64 - 1.0) / 2.0;
    let model = fit(&counts, sample_u(&prepared, records.len(), settings.sample), pairs);
    let keep = weight::of_probability(settings.keep_at);
    let mut links: Vec<Link> = blocks
        .par_iter()
        .map(|block| {
            let mut kept = Vec::new();
            each_pair(block, &mut |left, right| {
                let weight = weigh(&model, &prepared, left, right);
                if weight >= keep {
                    kept.push(Link { left, right, weight });
                }
            });
            kept
        })
        .flatten()
        .collect();
    links.sort_unstable_by_key(|link| (link.left, link.right));
    let strong = weight::of_probability(settings.link_at);
    let joining = links.iter().filter(|link| link.weight >= strong).copied().collect();
    let (person, refused) =
        cluster(records.len(), joining, weight::of_bits(settings.against), |left, right| {
            weigh(&model, &prepared, left, right)
        });
    Linkage { model, person, links, refused, compared, rules, prepared }
}

fn weigh(model: &Model, prepared: &Prepared, left: u32, right: u32) -> i64 {
    let (left, right) = (left as usize, right as usize);
    let pattern: Pattern = prepared.pattern(left, right);
    let frequency: i64 =
        (0..COUNT).map(|at| model.frequency_weight(prepared, at, pattern[at], left.min(right))).sum();
    model.weight(&pattern) + frequency
}

impl Linkage {
    /// Why two rows score what they score; the weights add up to the pair's.
    pub fn explain(&self, left: u32, right: u32) -> Vec<Step> {
        let pattern = self.prepared.pattern(left as usize, right as usize);
        let prior = Step { comparison: "prior", level: "before looking", weight: self.model.prior_weight() };
        let row = left.min(right) as usize;
        let steps = COMPARISONS.iter().enumerate().map(|(at, comparison)| Step {
            comparison: comparison.name,
            level: comparison.levels[pattern[at] as usize],
            weight: self.model.level_weight(at, pattern[at])
                + self.model.frequency_weight(&self.prepared, at, pattern[at], row),
        });
        std::iter::once(prior).chain(steps).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::tests::drawn;
    use std::collections::BTreeSet;

    fn people() -> Records {
        let mut lines = Vec::new();
        for at in 0..60 {
            let given = ["ana", "juan", "pedro", "eva", "luis"][at % 5];
            let surname = ["lopez", "garcia", "mejia", "batz", "choc", "paz"][at % 6];
            let line = format!(
                "{given} x{at}|{surname} {}|{}|{}|20{:07}",
                ["cruz", "diaz"][at % 2],
                10_000 + at * 37,
                ["F", "M"][at % 2],
                at * 7919 + 1000
            );
            lines.push(line.clone());
            // The second list drops the number and misspells every third surname.
            let second = line.replace("20", "").replace("lopez", "lopes");
            lines.push(second.rsplit_once('|').map(|(rest, _)| format!("{rest}|")).unwrap());
        }
        drawn(&lines.iter().map(String::as_str).collect::<Vec<_>>())
    }

    #[test]
    fn explanations_add_up_to_the_score() {
        let linkage = link(&people(), &Settings { keep_at: 0.01, ..Settings::default() });
        assert!(!linkage.links.is_empty());
        for link in &linkage.links {
            let sum: i64 = linkage.explain(link.left, link.right).iter().map(|step| step.weight).sum();
            assert_eq!(sum, link.weight);
        }
    }

    /// Two ways to the same answer: the pairs of all rules by blocks, and by comparing every pair of rows.
    #[test]
    fn each_pair_of_the_blocks_is_compared_once() {
        let records = people();
        let linkage = link(&records, &Settings::default());
        let prepared = Prepared::new(&records);
        let keys = Keys::new(&prepared, &records);
        let none = keys.too_large(usize::MAX);
        let mut expected = BTreeSet::new();
        for left in 0..records.len() as u32 {
            for right in left + 1..records.len() as u32 {
                // A rule after the last is earlier than nothing: asks whether any rule has the pair.
                if keys.earlier(crate::block::RULES.len(), left, right, &none) {
                    expected.insert((left, right));
                }
            }
        }
        assert_eq!(linkage.compared, expected.len() as u64);
    }

    #[test]
    fn the_same_score_on_one_thread_and_on_many() {
        let records = people();
        let many = link(&records, &Settings::default());
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let one = pool.install(|| link(&records, &Settings::default()));
        assert_eq!((one.links, one.person), (many.links, many.person));
    }
}
