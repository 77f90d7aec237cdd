//! The linkage engine over any columns: Spec → Model → Evidence.
//!
//! A [`Spec`] says which columns are compared how and blocked on what; estimation resolves it into a frozen [`Model`];
//! [`Linked::explain`] gives the evidence of a pair, whose weights add up to its score. Two passes over the blocks, so
//! that no table of pairs is ever held: the first counts patterns (on a sample of blocks when there are many pairs),
//! the second scores and keeps what is worth keeping.

pub mod block;
mod choose;
mod collect;
mod compare;
pub mod data;
pub mod estimate;

use crate::weight;
use block::{Blocks, Rule, RuleReport};
use collect::Groups;
pub use collect::Refused;
pub use compare::{COMPARATORS, Comparator, Frequency, of};
use data::Data;
pub use data::{Column, Kind};
use estimate::{Counts, Decisions, Model, fit, level, shares};
use hashbrown::HashMap;
use rayon::prelude::*;

/// Levels of a pair, four bits a comparison, the first in the lowest bits.
pub type Pattern = u64;

/// Comparisons that fit a pattern.
pub const MOST_COMPARISONS: usize = 16;

/// One comparison of a spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// Its name: that of its first column.
    pub name: String,
    /// How; the kind of the comparator.
    pub kind: Kind,
    /// Columns, by index.
    pub columns: Vec<usize>,
}

/// A scored pair of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// Row.
    pub left: u32,
    /// Row, greater than `left`.
    pub right: u32,
    /// Total weight, prior included.
    pub weight: i64,
    /// Levels.
    pub pattern: Pattern,
}

/// What a person decided of a pair of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Decided {
    /// Row.
    pub left: u32,
    /// Row, greater than `left`.
    pub right: u32,
    /// Whether they are one person.
    pub same: bool,
}

/// The weight of a pair that a person decided: beyond what any comparison says.
const DECIDED: f64 = 40.0;

/// What is compared and blocked on, and how far.
#[derive(Debug, Clone)]
pub struct Spec {
    /// Comparisons, at most [`MOST_COMPARISONS`].
    pub comparisons: Vec<Comparison>,
    /// Blocking rules; empty: chosen from the data under the budget.
    pub rules: Vec<Rule>,
    /// Pairs that chosen rules may cost; 0: by the number of rows.
    pub budget: u64,
    /// Rows of the largest block that is compared.
    pub largest_block: usize,
    /// Probability from which rows are joined.
    pub link_at: f64,
    /// Probability from which a pair is kept.
    pub keep_at: f64,
    /// Bits that the pairs across two groups must weigh on average for the groups to be joined.
    pub join_at: f64,
    /// Whether rows of one file are compared with each other too, when there are several files.
    pub within: bool,
    /// Whether a row may have one partner only in each other file, and a cluster one row of each.
    pub one_to_one: bool,
    /// What people decided, each pair once: taught to the model, and kept whatever it says.
    pub decided: Vec<Decided>,
    /// Bytes that pairs may take; where they would take more, the least likely are not kept.
    pub memory: u64,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            comparisons: Vec::new(),
            rules: Vec::new(),
            budget: 0,
            largest_block: 2_000,
            link_at: 0.95,
            keep_at: 0.01,
            join_at: 3.0,
            within: false,
            one_to_one: false,
            decided: Vec::new(),
            memory: 2 << 30,
        }
    }
}

impl Spec {
    /// Whether only rows of different files are compared.
    fn across(&self, data: &Data) -> bool {
        !self.within && data.several
    }
}

/// One reason in a score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The comparison; `prior` for the prior.
    pub comparison: String,
    /// The level, in words.
    pub level: &'static str,
    /// The weight of the level.
    pub weight: i64,
    /// What the frequency of the value adds.
    pub frequency: i64,
}

/// What linking came to.
pub struct Linked {
    /// The spec, its rules chosen.
    pub spec: Spec,
    /// The model.
    pub model: Model,
    /// Kept pairs by row, then pairs that only their cluster makes links.
    pub links: Vec<Pair>,
    /// What each link is worth in the light of the clusters; the link's own weight if it says nothing new.
    pub believed: Vec<i64>,
    /// Row → smallest row of its cluster.
    pub cluster: Vec<u32>,
    /// Joins that were refused.
    pub refused: Vec<Refused>,
    /// Pairs compared.
    pub compared: u64,
    /// Probability from which pairs were kept: that of the spec, or more where they would not have fitted its memory.
    pub kept_from: f64,
    /// What each rule came to.
    pub rules: Vec<RuleReport>,
    scorer: Scorer,
}

type Comparisons = Vec<(&'static Comparator, Vec<usize>)>;

/// Weights by level, in the order of evaluation that gives up soonest.
struct Scorer {
    comparisons: Comparisons,
    weights: Vec<Vec<i64>>,
    /// The same for relatives rather than a random pair.
    related: Vec<Vec<i64>>,
    prior: i64,
    related_prior: Option<i64>,
    /// Comparison → the most that it and all after it can add.
    most: Vec<i64>,
}

fn pattern(comparisons: &Comparisons, data: &Data, left: u32, right: u32) -> Pattern {
    let (left, right) = (data.row(left), data.row(right));
    comparisons.iter().enumerate().fold(0, |pattern, (at, (comparator, columns))| {
        pattern | u64::from(compare::level(comparator, data, columns, left, right)) << (4 * at)
    })
}

impl Scorer {
    fn new(comparisons: Comparisons, model: &Model, data: &Data) -> Self {
        let table = |weigh: &dyn Fn(usize, usize) -> i64| -> Vec<Vec<i64>> {
            let each = comparisons.iter().enumerate();
            each.map(|(at, (comparator, _))| {
                (0..comparator.levels.len()).map(|level| weigh(at, level)).collect()
            })
            .collect()
        };
        let weights = table(&|at, level| model.level_weight(at, level));
        let related = table(&|at, level| model.related_weight(at, level));
        let mut most: Vec<i64> = comparisons
            .iter()
            .zip(&weights)
            .map(|((comparator, columns), weights)| {
                let column = &data.columns[columns[0]];
                (0..comparator.levels.len())
                    .map(|level| {
                        let adjust = comparator.exact.iter().find(|(exact, _)| usize::from(*exact) == level);
                        let adjust = adjust.map_or(0, |(_, frequency)| {
                            adjustments(column, *frequency).iter().copied().max().unwrap_or(0)
                        });
                        weights[level] + adjust
                    })
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        (0..most.len().saturating_sub(1)).rev().for_each(|at| most[at] += most[at + 1]);
        most.push(0);
        Self {
            comparisons,
            weights,
            related,
            prior: model.prior_weight(),
            related_prior: model.related_prior(),
            most,
        }
    }

    /// What the frequency of the values adds at an exact level: that of the commoner, where two values are as good as one.
    fn adjust(&self, data: &Data, at: usize, level: u8, left: &[u32], right: &[u32]) -> i64 {
        let (comparator, columns) = &self.comparisons[at];
        let Some((_, frequency)) = comparator.exact.iter().find(|(exact, _)| *exact == level) else {
            return 0;
        };
        // Of several columns (two surnames), the first speaks for all.
        let adjustments = adjustments(&data.columns[columns[0]], *frequency);
        let of = |row: &[u32]| adjustments.get(row[columns[0]] as usize).copied().unwrap_or(0);
        of(left).min(of(right))
    }

    /// What a level weighs for relatives. What relatives share they do not share by chance, however rare it is; only
    /// their given names agree as random people's do.
    fn related_step(&self, at: usize, level: u8, frequency: i64) -> i64 {
        let by_chance = self.comparisons[at].0.kind == Kind::Given;
        self.related[at][level as usize] + if by_chance { 0 } else { frequency }
    }

    /// The weight of a pair and its pattern; `None` as soon as it cannot reach `keep`. `level` gives the level of each
    /// comparison in turn.
    fn weigh_by(
        &self,
        data: &Data,
        left: &[u32],
        right: &[u32],
        keep: i64,
        mut level: impl FnMut(usize) -> u8,
    ) -> Option<(i64, Pattern)> {
        let (mut weight, mut related, mut pattern) = (self.prior, 0, 0);
        for at in 0..self.comparisons.len() {
            if weight + self.most[at] < keep {
                return None;
            }
            let level = level(at);
            let frequency = self.adjust(data, at, level, left, right);
            weight += self.weights[at][level as usize] + frequency;
            related += self.related_step(at, level, frequency);
            pattern |= u64::from(level) << (4 * at);
        }
        if weight < keep {
            return None;
        }
        weight += Model::correction(self.related_prior.map(|prior| prior + related));
        (weight >= keep).then_some((weight, pattern))
    }

    fn weigh(&self, data: &Data, left: u32, right: u32, keep: i64) -> Option<(i64, Pattern)> {
        let (left, right) = (data.row(left), data.row(right));
        self.weigh_by(data, left, right, keep, |at| {
            let (comparator, columns) = &self.comparisons[at];
            compare::level(comparator, data, columns, left, right)
        })
    }

    /// The same from a pattern that is known already.
    fn weigh_pattern(&self, data: &Data, left: u32, right: u32, pattern: Pattern, keep: i64) -> Option<i64> {
        let by = |at| level(pattern, at) as u8;
        self.weigh_by(data, data.row(left), data.row(right), keep, by).map(|(weight, _)| weight)
    }
}

fn adjustments(column: &data::Prepared, frequency: Frequency) -> &[i64] {
    match frequency {
        Frequency::Value => &column.adjust,
        Frequency::First => &column.adjust_first,
    }
}

/// Random pairs for u.
const RANDOM_PAIRS: usize = 400_000;
/// Pairs that are counted for estimation; beyond, a sample of blocks is.
const COUNTED_PAIRS: u64 = 4_000_000;
/// Pairs at the argued values of u, beside the random ones.
const IMAGINED: f64 = 300.0;
/// Bytes that a kept pair takes until it is written: itself, what is believed of it, and its part of the output.
const BYTES_A_PAIR: u64 = 120;

/// Patterns of counted pairs, rule by rule and chunk by chunk, in the order in which they are visited; empty when only a
/// sample was counted.
type Seen = Vec<Vec<Vec<Pattern>>>;

/// Links rows. Deterministic: no draw depends on the machine, threads or time.
pub fn link(data: &Data, spec: &Spec, progress: &dyn Fn(&str)) -> Linked {
    let mut spec = spec.clone();
    spec.comparisons.truncate(MOST_COMPARISONS);
    let comparisons: Comparisons =
        spec.comparisons.iter().map(|comparison| (of(comparison.kind), comparison.columns.clone())).collect();
    progress("random pairs");
    let random = random_shares(data, &spec, &comparisons);
    let all = all_pairs(data, &spec);
    let comparators: Vec<&Comparator> = comparisons.iter().map(|(comparator, _)| *comparator).collect();
    let decisions = decisions(data, &spec, &comparisons);
    if spec.rules.is_empty() {
        progress("choosing blocking rules");
        spec.rules = chosen(data, &spec, &comparisons, &random, all);
    }
    progress("blocks");
    let describe = |rule: &Rule| name(data, rule);
    let mut blocks = Blocks::new(data, &spec.rules, spec.largest_block, &describe);
    progress("estimating");
    let (counts, seen) = count(data, &blocks, &spec, &comparisons, COUNTED_PAIRS);
    let model = fit(&counts, &comparators, &random, all, &decisions);
    progress("scoring");
    let scorer = Scorer::new(comparisons, &model, data);
    let keep = weight::of_probability(spec.keep_at).max(fitting(&counts, &model, spec.memory / BYTES_A_PAIR));
    let (mut links, mut compared) = (Vec::new(), 0);
    for rule in 0..spec.rules.len() {
        let found = blocks.visit(rule, |number, chunk| {
            let (mut kept, mut compared) = (Vec::new(), 0u64);
            let mut patterns = seen.get(rule).map(|chunks| chunks[number].iter());
            each_pair(data, &blocks, &spec, rule, chunk, &mut |left, right| {
                compared += 1;
                let weighed = match &mut patterns {
                    Some(patterns) => patterns.next().and_then(|pattern| {
                        Some((scorer.weigh_pattern(data, left, right, *pattern, keep)?, *pattern))
                    }),
                    None => scorer.weigh(data, left, right, keep),
                };
                if let Some((weight, pattern)) = weighed {
                    kept.push(Pair { left, right, weight, pattern });
                }
            });
            let matches: f64 = kept.iter().map(|pair| weight::probability(pair.weight)).sum();
            (kept, compared, matches)
        });
        for (kept, pairs, matches) in found {
            compared += pairs;
            blocks.reports[rule].compared += pairs;
            blocks.reports[rule].matches += matches;
            links.extend(kept);
        }
    }
    let rules = std::mem::take(&mut blocks.reports);
    drop((blocks, seen));
    progress("clusters");
    links.par_sort_unstable_by_key(|link| (link.left, link.right));
    let weigh = |left: u32, right: u32| {
        scorer.weigh(data, left, right, i64::MIN / 2).map_or((0, 0), |weighed| weighed)
    };
    decide(&mut links, &spec.decided, &weigh);
    let by_people: HashMap<(u32, u32), bool> =
        spec.decided.iter().map(|decided| ((decided.left, decided.right), decided.same)).collect();
    if spec.one_to_one {
        one_to_one(data, &mut links, &by_people);
        links.par_sort_unstable_by_key(|link| (link.left, link.right));
    }
    let groups = Groups::new(data, &spec, &links, &|left, right| weigh(left, right).0);
    let mut believed = groups.believed(&links, &|left, right| weigh(left, right).0);
    if !spec.one_to_one {
        // What two rows of one group are, they are even if no rule compared them, or they scored low.
        let across = spec.across(data);
        let more: Vec<(Pair, i64)> = groups.within(LARGEST_GROUP, |left, right, joined| {
            let known = links.binary_search_by_key(&(left, right), |link| (link.left, link.right)).is_ok();
            let same_file = across && data.source[left as usize] == data.source[right as usize];
            (!known && !same_file).then(|| {
                let (weight, pattern) = weigh(left, right);
                (Pair { left, right, weight, pattern }, joined)
            })
        });
        links.extend(more.iter().map(|(pair, _)| *pair));
        believed.extend(more.iter().map(|(_, joined)| *joined));
    }
    if !by_people.is_empty() {
        for (link, believed) in links.iter().zip(&mut believed) {
            if let Some(same) = by_people.get(&(link.left, link.right)) {
                *believed = weight::of_bits(if *same { DECIDED } else { -DECIDED });
            }
        }
    }
    Linked {
        model,
        links,
        believed,
        cluster: groups.of,
        refused: groups.refused,
        spec,
        compared,
        kept_from: weight::probability(keep),
        rules,
        scorer,
    }
}

/// Rows of the largest group all of whose pairs are links.
const LARGEST_GROUP: usize = 200;

/// Adds the pairs that people joined and no rule compared, in order.
fn decide(links: &mut Vec<Pair>, decided: &[Decided], weigh: &impl Fn(u32, u32) -> (i64, Pattern)) {
    let missing: Vec<Pair> = decided
        .iter()
        .filter(|decided| {
            decided.same
                && links
                    .binary_search_by_key(&(decided.left, decided.right), |link| (link.left, link.right))
                    .is_err()
        })
        .map(|decided| {
            let (weight, pattern) = weigh(decided.left, decided.right);
            Pair { left: decided.left, right: decided.right, weight, pattern }
        })
        .collect();
    if !missing.is_empty() {
        links.extend(missing);
        links.sort_unstable_by_key(|link| (link.left, link.right));
    }
}

/// The patterns of the pairs that people decided.
fn decisions(data: &Data, spec: &Spec, comparisons: &Comparisons) -> Decisions {
    let mut decisions = Decisions::default();
    for decided in &spec.decided {
        let pattern = pattern(comparisons, data, decided.left, decided.right);
        let side = if decided.same { &mut decisions.same } else { &mut decisions.different };
        *side.entry(pattern).or_default() += 1.0;
    }
    decisions
}

/// The weight from which about so many pairs are kept, by the counted patterns; the least there is when all fit.
fn fitting(counts: &Counts, model: &Model, most: u64) -> i64 {
    let mut weights: Vec<(i64, f64)> =
        counts.iter().map(|(pattern, count)| (model.weight(*pattern), *count)).collect();
    weights.sort_unstable_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    let mut sum = 0.0;
    let over = weights.iter().find(|(_, count)| {
        sum += count;
        sum > most as f64
    });
    over.map_or(i64::MIN, |(weight, _)| weight + 1)
}

/// Keeps of each row the best link to each other file, if it is the other's best too: strongest first.
/// What people joined goes first, and what they told apart takes nobody's place.
fn one_to_one(data: &Data, links: &mut Vec<Pair>, by_people: &HashMap<(u32, u32), bool>) {
    let decided = |link: &Pair| by_people.get(&(link.left, link.right)).copied();
    links.retain(|link| decided(link) != Some(false));
    links.par_sort_unstable_by_key(|link| {
        (decided(link) != Some(true), std::cmp::Reverse(link.weight), link.left, link.right)
    });
    let mut taken = hashbrown::HashSet::new();
    links.retain(|link| {
        let (one, other) = (data.source[link.left as usize], data.source[link.right as usize]);
        if one == other {
            return true;
        }
        if taken.contains(&(link.left, other)) || taken.contains(&(link.right, one)) {
            return false;
        }
        taken.insert((link.left, other)) && taken.insert((link.right, one))
    });
}

/// A rule in words, as in a spec.
pub fn name(data: &Data, rule: &Rule) -> String {
    let column = |at: usize| data.columns[at].name.as_str();
    let parts: Vec<String> = rule
        .iter()
        .map(|atom| match atom.other {
            Some(other) => format!("{}({}, {})", atom.take.name(), column(atom.column), column(other)),
            None => format!("{}({})", atom.take.name(), column(atom.column)),
        })
        .collect();
    parts.join(" & ")
}

fn all_pairs(data: &Data, spec: &Spec) -> f64 {
    let pairs = |rows: f64| rows * (rows - 1.0) / 2.0;
    let mut all = pairs(data.len() as f64);
    if spec.across(data) {
        let mut sizes: HashMap<u32, f64> = HashMap::new();
        data.source.iter().for_each(|source| *sizes.entry(*source).or_default() += 1.0);
        let mut sizes: Vec<f64> = sizes.into_values().collect();
        sizes.sort_by(f64::total_cmp);
        all -= sizes.into_iter().map(pairs).sum::<f64>();
    }
    all.max(1.0)
}

fn each_pair(
    data: &Data,
    blocks: &Blocks,
    spec: &Spec,
    rule: usize,
    chunk: &mut dyn Iterator<Item = &[u32]>,
    visit: &mut dyn FnMut(u32, u32),
) {
    each_pair_of(data, blocks, spec, rule, chunk, &|_| true, visit);
}

/// Every pair of a chunk whose left row is wanted.
fn each_pair_of(
    data: &Data,
    blocks: &Blocks,
    spec: &Spec,
    rule: usize,
    chunk: &mut dyn Iterator<Item = &[u32]>,
    wanted: &dyn Fn(u32) -> bool,
    visit: &mut dyn FnMut(u32, u32),
) {
    let across = spec.across(data);
    for rows in chunk {
        for (at, left) in rows.iter().enumerate() {
            if !wanted(*left) {
                continue;
            }
            for right in &rows[at + 1..] {
                let same_file = across && data.source[*left as usize] == data.source[*right as usize];
                if !same_file && !blocks.earlier(rule, *left, *right) {
                    visit(*left, *right);
                }
            }
        }
    }
}

/// Whether a row is in a sample of one in so many: by a hash, so that no order of the rows is favoured.
fn sampled(row: u32, every: u32) -> bool {
    ((block::mix(u64::from(row), 11) >> 32) as u32).is_multiple_of(every)
}

fn random_shares(data: &Data, spec: &Spec, comparisons: &Comparisons) -> Vec<Vec<f64>> {
    let rows = data.len();
    let across = spec.across(data);
    let chunks = 64;
    let counts = (0..chunks)
        .into_par_iter()
        .map(|chunk| {
            let mut counts: hashbrown::HashMap<Pattern, u64> = hashbrown::HashMap::new();
            let mut state = 0x2545_f491_4f6c_dd1du64.wrapping_mul(chunk as u64 * 2 + 1);
            let mut draw = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (((state >> 33) as usize * rows) >> 31) as u32
            };
            for _ in 0..if rows > 1 { RANDOM_PAIRS / chunks } else { 0 } {
                let (left, right) = (draw(), draw());
                let same_file = across && data.source[left as usize] == data.source[right as usize];
                if left != right && !same_file {
                    *counts.entry(pattern(comparisons, data, left, right)).or_default() += 1;
                }
            }
            counts
        })
        .collect::<Vec<_>>();
    let mut merged = Counts::new();
    for (pattern, count) in counts.into_iter().flatten() {
        *merged.entry(pattern).or_default() += count as f64;
    }
    let argued: Vec<Vec<f64>> = comparisons
        .iter()
        .map(|(comparator, columns)| {
            // How often a value recurs in this column is a better argument than any made beforehand.
            let mut argued = comparator.chance.to_vec();
            if let Some((level, _)) =
                comparator.exact.iter().find(|(_, frequency)| *frequency == Frequency::Value)
            {
                argued[*level as usize - 1] = data.columns[columns[0]].collision;
            }
            argued
        })
        .collect();
    shares(&merged, &argued, IMAGINED)
}

fn count(data: &Data, blocks: &Blocks, spec: &Spec, comparisons: &Comparisons, most: u64) -> (Counts, Seen) {
    let total: u64 = blocks.reports.iter().map(|report| report.pairs).sum();
    // Left rows are sampled, evenly over all blocks, so that giant and small blocks keep their shares.
    let every = (total / most.max(1) + 1) as u32;
    let (mut merged, mut seen): (HashMap<Pattern, u64>, Seen) = (HashMap::new(), Vec::new());
    for rule in 0..spec.rules.len() {
        let found = blocks.visit(rule, |_, chunk| {
            let (mut counts, mut patterns): (HashMap<Pattern, u64>, Vec<Pattern>) = Default::default();
            let mut sample = chunk;
            each_pair_of(
                data,
                blocks,
                spec,
                rule,
                &mut sample,
                &|left| sampled(left, every),
                &mut |left, right| {
                    let pattern = pattern(comparisons, data, left, right);
                    *counts.entry(pattern).or_default() += 1;
                    if every == 1 {
                        patterns.push(pattern);
                    }
                },
            );
            (counts, patterns)
        });
        let mut chunks = Vec::new();
        for (counts, patterns) in found {
            counts.into_iter().for_each(|(pattern, count)| *merged.entry(pattern).or_default() += count);
            chunks.push(patterns);
        }
        if every == 1 {
            seen.push(chunks);
        }
    }
    let counts = merged.into_iter().map(|(pattern, count)| (pattern, (count * u64::from(every)) as f64));
    (counts.collect(), seen)
}

fn chosen(data: &Data, spec: &Spec, comparisons: &Comparisons, random: &[Vec<f64>], all: f64) -> Vec<Rule> {
    let rows = data.len() as f64;
    let budget = if spec.budget > 0 {
        spec.budget as f64
    } else {
        (rows * 300.0).min(20e6 + rows * 8.0).min(all.max(1e4))
    };
    let candidates = choose::candidates(data, budget, spec.largest_block);
    let tight = choose::tight(&candidates, data.len());
    let blocks = Blocks::new(data, &tight, 200, &|_| String::new());
    let first = Spec { rules: tight.clone(), ..spec.clone() };
    let (counts, _) = count(data, &blocks, &first, comparisons, 500_000);
    let comparators: Vec<&Comparator> = comparisons.iter().map(|(comparator, _)| *comparator).collect();
    let model = fit(&counts, &comparators, random, all, &Decisions::default());
    let scorer = Scorer::new(comparisons.clone(), &model, data);
    let keep = weight::of_probability(0.8);
    let mut certain: Vec<(u32, u32)> = Vec::new();
    let every = (blocks.reports.iter().map(|report| report.pairs).sum::<u64>() / 500_000 + 1) as u32;
    for rule in 0..tight.len() {
        let found = blocks.visit(rule, |_, chunk| {
            let mut certain = Vec::new();
            each_pair(data, &blocks, &first, rule, chunk, &mut |left, right| {
                if sampled(left, every) && scorer.weigh(data, left, right, keep).is_some() {
                    certain.push((left, right));
                }
            });
            certain
        });
        certain.extend(found.into_iter().flatten());
    }
    let thin = certain.len() / 10_000 + 1;
    let certain: Vec<(u32, u32)> = certain.into_iter().step_by(thin).collect();
    let rules = choose::choose(data, &candidates, &certain, budget, 20);
    if rules.is_empty() { tight } else { rules }
}

impl Linked {
    /// The levels of a pair.
    pub fn pattern(&self, data: &Data, left: u32, right: u32) -> Pattern {
        pattern(&self.scorer.comparisons, data, left, right)
    }

    /// Why a pair scores what it scores; the weights add up to the pair's.
    pub fn explain(&self, data: &Data, left: u32, right: u32) -> Vec<Step> {
        let pattern = self.pattern(data, left, right);
        let prior = Step {
            comparison: "prior".into(),
            level: "before looking",
            weight: self.scorer.prior,
            frequency: 0,
        };
        let mut steps = vec![prior];
        let mut related = 0;
        for (at, (comparator, _)) in self.scorer.comparisons.iter().enumerate() {
            let level = level(pattern, at);
            let frequency = self.scorer.adjust(data, at, level as u8, data.row(left), data.row(right));
            related += self.scorer.related_step(at, level as u8, frequency);
            steps.push(Step {
                comparison: self.spec.comparisons[at].name.clone(),
                level: comparator.levels[level],
                weight: self.scorer.weights[at][level],
                frequency,
            });
        }
        if let Some(prior) = self.scorer.related_prior {
            let weight = Model::correction(Some(prior + related));
            let level = "they may be two people of one family or household";
            steps.push(Step { comparison: "relatives".into(), level, weight, frequency: 0 });
        }
        steps
    }

    /// The weight of any pair.
    pub fn weigh(&self, data: &Data, left: u32, right: u32) -> i64 {
        self.scorer.weigh(data, left, right, i64::MIN / 2).map_or(0, |(weight, _)| weight)
    }
}

#[cfg(test)]
mod tests;
