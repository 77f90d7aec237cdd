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
mod pairs;

use crate::weight;
use block::{Blocks, Chunk, Rule, RuleReport};
pub use collect::Refused;
use collect::{Groups, starts};
pub use compare::{COMPARATORS, Comparator, Frequency, of};
use data::Data;
pub use data::{Column, Kind};
use estimate::{Counts, Decisions, Model, Table, fit, level, shares, sum};
use hashbrown::HashMap;
use pairs::{BEYOND, Ground, Looked};
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

/// What pairs weigh.
struct Scorer {
    comparisons: Comparisons,
    table: Table,
    /// Comparison → level → the most that the frequency of a value adds.
    most: Vec<[i64; 16]>,
}

fn pattern(comparisons: &Comparisons, data: &Data, left: u32, right: u32) -> Pattern {
    let (left, right) = (data.row(left), data.row(right));
    comparisons.iter().enumerate().fold(0, |pattern, (at, (comparator, columns))| {
        pattern | u64::from(compare::level(comparator, data, columns, left, right)) << (4 * at)
    })
}

impl Scorer {
    fn new(comparisons: Comparisons, model: &Model, data: &Data) -> Self {
        let most = comparisons.iter().map(|(comparator, columns)| {
            let mut most = [0; 16];
            for (level, frequency) in comparator.exact {
                let adjustments = adjustments(&data.columns[columns[0]], *frequency);
                most[usize::from(*level)] = adjustments.iter().copied().max().unwrap_or(0).into();
            }
            most
        });
        Self { most: most.collect(), table: model.table(), comparisons }
    }

    /// The most that a pair with a pattern can weigh.
    fn most(&self, pattern: Pattern) -> i64 {
        self.table.prior + sum(&self.table.levels, pattern) + sum(&self.most, pattern)
    }

    /// What the frequency of the values adds at an exact level: that of the commoner, where two values are as good as one.
    fn adjust(&self, data: &Data, at: usize, level: u8, left: &[u32], right: &[u32]) -> i64 {
        let (comparator, columns) = &self.comparisons[at];
        let Some((_, frequency)) = comparator.exact.iter().find(|(exact, _)| *exact == level) else {
            return 0;
        };
        // Of several columns (two surnames), the first speaks for all.
        let adjustments = adjustments(&data.columns[columns[0]], *frequency);
        let of = |code: u32| adjustments.get(code as usize).copied().unwrap_or(0).into();
        let (one, other) = (left[columns[0]], right[columns[0]]);
        if one == other { of(one) } else { of(one).min(of(other)) }
    }

    /// What a level weighs for relatives. What relatives share they do not share by chance, however rare it is; only
    /// their given names agree as random people's do.
    fn related_step(&self, at: usize, level: u8, frequency: i64) -> i64 {
        let by_chance = self.comparisons[at].0.kind == Kind::Given;
        self.table.related[at][level as usize] + if by_chance { 0 } else { frequency }
    }

    /// Weights of pairs; `of` gives each pair's pattern and the codes of its rows. Comparison by comparison, so that the
    /// look-ups of one pair do not wait for those of another.
    fn weigh_all<'a>(
        &self,
        data: &Data,
        weights: &mut [i64],
        of: impl Fn(usize) -> (Pattern, &'a [u32], &'a [u32]),
    ) {
        let mut related = vec![0; weights.len()];
        weights.fill(self.table.prior);
        for at in 0..self.comparisons.len() {
            for (pair, (weight, related)) in weights.iter_mut().zip(&mut related).enumerate() {
                let (pattern, left, right) = of(pair);
                let level = level(pattern, at) as u8;
                let frequency = self.adjust(data, at, level, left, right);
                *weight += self.table.levels[at][level as usize] + frequency;
                *related += self.related_step(at, level, frequency);
            }
        }
        for (weight, related) in weights.iter_mut().zip(related) {
            *weight += Model::correction(self.table.related_prior.map(|prior| prior + related));
        }
    }

    /// The weight of a pair and its pattern.
    fn weigh(&self, data: &Data, left: u32, right: u32) -> (i64, Pattern) {
        let pattern = pattern(&self.comparisons, data, left, right);
        let mut weight = [0];
        self.weigh_all(data, &mut weight, |_| (pattern, data.row(left), data.row(right)));
        (weight[0], pattern)
    }

    /// The pairs of a chunk whose left row is `wanted` and that weigh at least `keep`, and how many were compared.
    fn score(
        &self,
        data: &Data,
        chunk: Chunk<'_>,
        looked: &Looked,
        keep: i64,
        wanted: impl Fn(u32) -> bool,
    ) -> (Vec<Pair>, u64) {
        let able: Vec<bool> = looked.table.iter().map(|pattern| self.most(*pattern) >= keep).collect();
        let stride = data.columns.len();
        let (mut kept, mut waiting, mut compared) = (Vec::new(), Vec::with_capacity(WEIGHED), 0);
        let mut flush = |waiting: &mut Vec<Pair>| {
            let rows = waiting.iter().flat_map(|pair| [pair.left, pair.right]);
            let codes = pairs::gather(rows, 2 * waiting.len(), stride, |row| data.row(row));
            let row = |at: usize| &codes[at * stride..(at + 1) * stride];
            let mut weights = vec![0; waiting.len()];
            self.weigh_all(data, &mut weights, |at| (waiting[at].pattern, row(2 * at), row(2 * at + 1)));
            let weighed = waiting.drain(..).zip(weights).map(|(pair, weight)| Pair { weight, ..pair });
            kept.extend(weighed.filter(|pair| pair.weight >= keep));
        };
        let mut ids = looked.ids.iter();
        chunk.each_pair(wanted, |left, right| {
            let id = ids.next().copied().unwrap_or(0);
            if id == 0 {
                return;
            }
            compared += 1;
            let (left, right) = (chunk.rows[left], chunk.rows[right]);
            let pattern = match id {
                BEYOND => pattern(&self.comparisons, data, left, right),
                id if !able[usize::from(id) - 1] => return,
                id => looked.table[usize::from(id) - 1],
            };
            waiting.push(Pair { left, right, weight: 0, pattern });
            if waiting.len() == WEIGHED {
                flush(&mut waiting);
            }
        });
        flush(&mut waiting);
        (kept, compared)
    }
}

/// Pairs that are weighed together.
const WEIGHED: usize = 4_096;

fn adjustments(column: &data::Prepared, frequency: Frequency) -> &[i32] {
    match frequency {
        Frequency::Value => &column.adjust,
        Frequency::First => &column.adjust_first,
    }
}

/// Random pairs for u.
const RANDOM_PAIRS: usize = 128_000;
/// Random rows that a sixty-fourth of them is drawn from: few enough to be looked at in the cache, and in large files so many
/// in all that it matters little how often one row is drawn.
const RANDOM_ROWS: usize = 1_024;
/// Pairs that are counted for estimation; beyond, a sample of blocks is.
const COUNTED_PAIRS: u64 = 4_000_000;
/// Pairs at the argued values of u, beside the random ones.
const IMAGINED: f64 = 300.0;
/// Bytes that a kept pair takes until it is written: itself, what is believed of it, and its part of the output.
const BYTES_A_PAIR: u64 = 120;

/// Pairs whose patterns are remembered from counting to scoring, two bytes each. Of more, a sample is counted first, and
/// all are compared when they are scored.
const REMEMBERED: u64 = 32_000_000;

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
    let ground = Ground { data, blocks: &blocks, comparisons: &comparisons, across: spec.across(data) };
    let total = total(&blocks);
    let remembered = total <= REMEMBERED;
    let every = every(total, COUNTED_PAIRS);
    let (counts, seen) = count(&ground, every, |row| remembered || sampled(row, every));
    let model = fit(&counts, &comparators, &random, all, &decisions);
    progress("scoring");
    let scorer = Scorer::new(comparisons.clone(), &model, data);
    let keep = weight::of_probability(spec.keep_at).max(fitting(&counts, &model, spec.memory / BYTES_A_PAIR));
    let found = blocks.visit(|chunk| {
        let everyone = |_| true;
        let (kept, compared) = match remembered {
            true => scorer.score(data, chunk, &seen[chunk.number], keep, everyone),
            false => {
                let looked = ground.look(chunk, everyone, |_| false);
                scorer.score(data, chunk, &looked, keep, everyone)
            }
        };
        let matches: f64 = kept.iter().map(|pair| weight::probability(pair.weight)).sum();
        (chunk.rule, kept, compared, matches)
    });
    drop(seen);
    let mut compared = 0;
    for (rule, _, pairs, matches) in &found {
        compared += pairs;
        blocks.reports[*rule].compared += pairs;
        blocks.reports[*rule].matches += matches;
    }
    let rules = std::mem::take(&mut blocks.reports);
    drop(blocks);
    progress("clusters");
    let found: Vec<Vec<Pair>> = found.into_iter().map(|(_, kept, ..)| kept).collect();
    let mut links = in_order(data.len(), &found);
    drop(found);
    let weigh = |left: u32, right: u32| scorer.weigh(data, left, right);
    decide(&mut links, &spec.decided, &weigh);
    let by_people: HashMap<(u32, u32), bool> =
        spec.decided.iter().map(|decided| ((decided.left, decided.right), decided.same)).collect();
    if spec.one_to_one {
        one_to_one(data, &mut links, &by_people);
        links.par_sort_unstable_by_key(|link| (link.left, link.right));
    }
    let starts = starts(data.len(), links.iter().map(|link| link.left));
    let known = |left: u32, right: u32| {
        let own = starts[left as usize] as usize..starts[left as usize + 1] as usize;
        links[own].iter().find(|link| link.right == right)
    };
    // Most pairs that clusters ask for were compared, and their weights are at hand.
    let weight =
        |left: u32, right: u32| known(left, right).map_or_else(|| weigh(left, right).0, |link| link.weight);
    let groups = Groups::new(data, &spec, &links, &weight);
    let mut believed = groups.believed(&links, &weight);
    if !spec.one_to_one {
        // What two rows of one group are, they are even if no rule compared them, or they scored low.
        let across = spec.across(data);
        let more: Vec<(Pair, i64)> = groups.within(LARGEST_GROUP, |left, right, joined| {
            let known = known(left, right).is_some();
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

/// Pairs by their rows. Counted and put in their places: that is less work than sorting them. Each thread does so for some
/// rows.
fn in_order(rows: usize, found: &[Vec<Pair>]) -> Vec<Pair> {
    let strip = rows.div_ceil(4).max(1);
    let strips: Vec<u32> = (0..rows).step_by(strip).map(|from| from as u32).collect();
    let of = |from: u32| {
        let rows = from..from.saturating_add(strip as u32);
        found.iter().flatten().filter(move |pair| rows.contains(&pair.left))
    };
    let counted: Vec<Vec<u32>> =
        strips.par_iter().map(|from| starts(strip, of(*from).map(|pair| pair.left - from))).collect();
    let all = counted.iter().map(|starts| starts[strip] as usize).sum();
    // Some room for what clusters add, or all would have to be moved for it.
    let mut links = Vec::with_capacity(all + all / 16);
    links.resize(all, Pair { left: 0, right: 0, weight: 0, pattern: 0 });
    let mut parts = Vec::new();
    let mut rest = links.as_mut_slice();
    for (from, starts) in strips.into_iter().zip(counted) {
        let (own, after) = rest.split_at_mut(starts[strip] as usize);
        parts.push((from, starts, own));
        rest = after;
    }
    parts.into_par_iter().for_each(|(from, mut next, links)| {
        for pair in of(from) {
            let place = &mut next[(pair.left - from) as usize];
            links[*place as usize] = *pair;
            *place += 1;
        }
        let same = |one: &Pair, other: &Pair| one.left == other.left;
        links.chunk_by_mut(same).for_each(|links| links.sort_unstable_by_key(|link| link.right));
    });
    links
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
    let table = model.table();
    let mut weights: Vec<(i64, f64)> =
        counts.iter().map(|(pattern, count)| (table.weight(*pattern), *count)).collect();
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

/// Pairs of all blocks, those that several rules have counted for each.
fn total(blocks: &Blocks) -> u64 {
    blocks.reports.iter().map(|report| report.pairs).sum()
}

/// One in how many left rows is counted, so that about so many pairs are.
fn every(total: u64, most: u64) -> u32 {
    (total / most.max(1) + 1) as u32
}

/// Whether a row is in a sample of one in so many: by a hash, so that no order of the rows is favoured.
fn sampled(row: u32, every: u32) -> bool {
    every == 1 || ((block::mix(u64::from(row), 11) >> 32) as u32).is_multiple_of(every)
}

/// Rows to draw random pairs from. Where only rows of different files are compared, each file is drawn from as often as rows
/// of others could be its partners: a list of fifty people beside one of a million would hardly be drawn at all otherwise.
struct Sources {
    /// Rows, file after file.
    rows: Vec<u32>,
    /// File → where its rows end, and the sum of what it and those before it weigh.
    files: Vec<(usize, f64)>,
    /// Number of a file → rows of all others.
    others: Vec<f64>,
    /// The least that the `others` of two files multiply to.
    least: f64,
}

/// A number from 0 to 1, which is not reached; `draw` gives a number below another.
fn fraction(draw: &mut impl FnMut(usize) -> u32) -> f64 {
    f64::from(draw(1 << 30)) / f64::from(1 << 30)
}

impl Sources {
    fn new(data: &Data, across: bool) -> Self {
        let all = data.len();
        if !across {
            return Self { rows: Vec::new(), files: vec![(all, 1.0)], others: Vec::new(), least: 1.0 };
        }
        let source = |row: &u32| data.source[*row as usize];
        let mut rows: Vec<u32> = (0..all as u32).collect();
        rows.sort_by_key(source);
        let mut others = vec![0.0; rows.last().map_or(0, |row| source(row) as usize + 1)];
        let (mut end, mut sum, mut files) = (0, 0.0, Vec::new());
        for file in rows.chunk_by(|one, other| source(one) == source(other)) {
            let rest = (all - file.len()) as f64;
            others[source(&file[0]) as usize] = rest;
            (end, sum) = (end + file.len(), sum + file.len() as f64 * rest);
            files.push((end, sum));
        }
        let mut least: Vec<f64> = others.iter().copied().filter(|rest| *rest > 0.0).collect();
        least.sort_by(f64::total_cmp);
        Self { least: least.iter().take(2).product(), rows, files, others }
    }

    /// A row.
    fn draw(&self, draw: &mut impl FnMut(usize) -> u32) -> u32 {
        let of_file = |at: usize| self.files[at].0;
        let [.., (rows, sum)] = self.files[..] else { return 0 };
        if self.rows.is_empty() {
            return draw(rows);
        }
        let drawn = fraction(draw) * sum;
        let file = self.files.partition_point(|(_, sum)| *sum <= drawn).min(self.files.len() - 1);
        let from = file.checked_sub(1).map_or(0, of_file);
        self.rows[from + draw(of_file(file) - from) as usize]
    }

    /// Whether a pair of rows of two files is taken. Of three files and more, small ones meet each other too often; what is
    /// left after this is any pair equally often. Of two files all are taken, of more at least a quarter.
    fn takes(&self, left: u32, right: u32, draw: &mut impl FnMut(usize) -> u32) -> bool {
        left != right
            && fraction(draw) * self.others[left as usize] * self.others[right as usize] < self.least
    }
}

fn random_shares(data: &Data, spec: &Spec, comparisons: &Comparisons) -> Vec<Vec<f64>> {
    let rows = data.len();
    let across = spec.across(data);
    let sources = Sources::new(data, across);
    let chunks = 64;
    let counts = (0..chunks)
        .into_par_iter()
        .map(|chunk| {
            let mut counts: hashbrown::HashMap<Pattern, u64> = hashbrown::HashMap::new();
            let mut state = 0x2545_f491_4f6c_dd1du64.wrapping_mul(chunk as u64 * 2 + 1);
            let mut draw = |of: usize| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (((state >> 33) as usize * of) >> 31) as u32
            };
            let drawn: Vec<u32> =
                (0..if rows > 1 { RANDOM_ROWS } else { 0 }).map(|_| sources.draw(&mut draw)).collect();
            let mut pairs = Vec::new();
            for _ in 0..if rows > 1 { RANDOM_PAIRS / chunks } else { 0 } {
                let pair = (draw(drawn.len()), draw(drawn.len()));
                let (left, right) = (drawn[pair.0 as usize], drawn[pair.1 as usize]);
                let source = |row: u32| data.source[row as usize];
                if left != right && (!across || sources.takes(source(left), source(right), &mut draw)) {
                    pairs.push(pair);
                }
            }
            for pattern in pairs::patterns(data, comparisons, drawn, pairs) {
                *counts.entry(pattern).or_default() += 1;
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

/// Counts patterns of one in so many left rows, evenly over all blocks, so that giant and small blocks keep their shares;
/// and what was seen of each chunk's `wanted` rows, who are those at least.
fn count(ground: &Ground<'_>, every: u32, wanted: impl Fn(u32) -> bool + Sync) -> (Counts, Vec<Looked>) {
    let mut seen = ground.blocks.visit(|chunk| ground.look(chunk, &wanted, |left| sampled(left, every)));
    let mut counts: HashMap<Pattern, u64> = HashMap::new();
    for (pattern, count) in seen.iter_mut().flat_map(|looked| std::mem::take(&mut looked.counts)) {
        *counts.entry(pattern).or_default() += count;
    }
    let scaled = counts.into_iter().map(|(pattern, count)| (pattern, (count * u64::from(every)) as f64));
    (scaled.collect(), seen)
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
    let ground = Ground { data, blocks: &blocks, comparisons, across: spec.across(data) };
    let every = every(total(&blocks), 500_000);
    let wanted = |row| sampled(row, every);
    let (counts, seen) = count(&ground, every, wanted);
    let comparators: Vec<&Comparator> = comparisons.iter().map(|(comparator, _)| *comparator).collect();
    let model = fit(&counts, &comparators, random, all, &Decisions::default());
    let scorer = Scorer::new(comparisons.clone(), &model, data);
    let keep = weight::of_probability(0.8);
    let found = blocks.visit(|chunk| {
        let (kept, _) = scorer.score(data, chunk, &seen[chunk.number], keep, wanted);
        kept.into_iter().map(|pair| (pair.left, pair.right)).collect::<Vec<_>>()
    });
    let certain: Vec<(u32, u32)> = found.into_iter().flatten().collect();
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
            weight: self.scorer.table.prior,
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
                weight: self.scorer.table.levels[at][level],
                frequency,
            });
        }
        if let Some(prior) = self.scorer.table.related_prior {
            let weight = Model::correction(Some(prior + related));
            let level = "they may be two people of one family or household";
            steps.push(Step { comparison: "relatives".into(), level, weight, frequency: 0 });
        }
        steps
    }

    /// The weight of any pair.
    pub fn weigh(&self, data: &Data, left: u32, right: u32) -> i64 {
        self.scorer.weigh(data, left, right).0
    }
}

#[cfg(test)]
mod tests;
