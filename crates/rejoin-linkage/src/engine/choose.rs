//! Choosing blocking rules from the data, under a budget of pairs that is estimated before anything runs.
//!
//! Rules of one, two or three atoms are costed on their histograms. Which of them reach matches is learned without
//! labels: tight rules give a first batch of near-certain pairs, and a rule is worth what it covers of them. A pair
//! covered already still counts a third for being covered again, because pairs that a rule reaches twice are like the
//! pairs that the batch did not contain.

use crate::engine::block::{Atom, AtomKeys, Rule, Take, atoms};
use crate::engine::data::{Data, Kind};
use rayon::prelude::*;
use std::collections::HashMap;

/// A rule and the pairs it would compare.
#[derive(Debug, Clone)]
pub(crate) struct Costed {
    pub rule: Rule,
    pub pairs: f64,
}

/// Pairs of a rule, estimated on at most so many rows.
const SAMPLE: usize = 20_000;

/// The pairs of a rule among `rows` rows, by the keys of some of them.
fn cost(keys: &AtomKeys, rule: &Rule, rows: usize, largest: usize) -> f64 {
    let mut own = keys.of(rule);
    let sample = own.len();
    own.retain(|key| *key != 0);
    if own.len() * 20 < sample {
        return f64::INFINITY;
    }
    own.sort_unstable();
    let scale = rows as f64 / sample as f64;
    let (mut pairs, mut left_out) = (0.0, 0);
    for block in own.chunk_by(|one, other| one == other) {
        let size = block.len() as f64;
        if size * scale <= largest as f64 {
            pairs += size * (size - 1.0) / 2.0 * scale * scale;
        } else {
            left_out += block.len();
        }
    }
    // A rule most of whose rows stand in giant blocks reaches less than it seems to.
    if left_out * 5 > own.len() { f64::INFINITY } else { pairs }
}

/// Candidate rules that the budget allows.
pub(crate) fn candidates(data: &Data, budget: f64, largest: usize) -> Vec<Costed> {
    let step = (data.len() / SAMPLE).max(1);
    let rows: Vec<u32> = (0..data.len()).step_by(step).map(|row| row as u32).collect();
    let keys = AtomKeys::new(data, &rows);
    let atoms = atoms(data);
    // A category alone makes no block; it refines others.
    let strong = |atom: &Atom| data.columns[atom.column].kind != Kind::Category;
    let distinct = |rule: &[Atom]| {
        (1..rule.len()).all(|at| {
            rule[..at].iter().all(|before| {
                before.column != rule[at].column
                    && before.other != Some(rule[at].column)
                    && rule[at].other != Some(before.column)
            })
        })
    };
    let affordable = |rules: Vec<Rule>| -> Vec<Costed> {
        let costed =
            rules.into_par_iter().map(|rule| Costed { pairs: cost(&keys, &rule, data.len(), largest), rule });
        costed.filter(|costed| costed.pairs <= budget).collect()
    };
    let singles = affordable(atoms.iter().filter(|atom| strong(atom)).map(|atom| vec![*atom]).collect());
    let mut pairs = Vec::new();
    for (at, one) in atoms.iter().enumerate() {
        for other in &atoms[at + 1..] {
            if (strong(one) || strong(other)) && distinct(&[*one, *other]) {
                pairs.push(vec![*one, *other]);
            }
        }
    }
    let pairs = affordable(pairs);
    // Triples only of what no affordable pair covers, or they would add nothing to it.
    let cheap: std::collections::HashSet<(Atom, Atom)> = pairs
        .iter()
        .filter(|costed| costed.pairs <= budget / 8.0)
        .map(|costed| (costed.rule[0], costed.rule[1]))
        .collect();
    let mut triples = Vec::new();
    for (a, one) in atoms.iter().enumerate() {
        for (b, other) in atoms.iter().enumerate().skip(a + 1) {
            for third in &atoms[b + 1..] {
                let new = !cheap.contains(&(*one, *other))
                    && !cheap.contains(&(*one, *third))
                    && !cheap.contains(&(*other, *third));
                if new && distinct(&[*one, *other, *third]) {
                    triples.push(vec![*one, *other, *third]);
                }
            }
        }
    }
    // More than these take longer to cost than they are worth; every so-many-th keeps all columns among them.
    let every = triples.len() / 500 + 1;
    let triples = triples.into_iter().step_by(every).collect();
    singles.into_iter().chain(pairs).chain(affordable(triples)).collect()
}

/// Tight rules to begin with: the widest of those that cost a few pairs a row, no column in more than four of them.
pub(crate) fn tight(candidates: &[Costed], rows: usize) -> Vec<Rule> {
    let mut sorted: Vec<&Costed> =
        candidates.iter().filter(|costed| costed.pairs <= rows as f64 * 4.0).collect();
    sorted.sort_by(|one, other| {
        one.pairs.total_cmp(&other.pairs).reverse().then_with(|| one.rule.cmp(&other.rule))
    });
    let mut used: HashMap<usize, usize> = HashMap::new();
    let mut rules = Vec::new();
    for costed in sorted {
        if rules.len() < 10 && costed.rule.iter().all(|atom| used.get(&atom.column).copied().unwrap_or(0) < 4)
        {
            costed.rule.iter().for_each(|atom| *used.entry(atom.column).or_default() += 1);
            rules.push(costed.rule.clone());
        }
    }
    rules
}

/// Whether all pairs of a rule are pairs of one that was chosen before: each of its atoms follows from one of the rule's.
fn redundant(rule: &Rule, chosen: &[Rule]) -> bool {
    let follows = |wanted: &Atom| {
        rule.iter().any(|atom| {
            atom == wanted
                || (atom.take == Take::Exact && wanted.take == Take::Sound && atom.column == wanted.column)
        })
    };
    chosen.iter().any(|before| before.iter().all(follows))
}

/// Chooses rules by what they cover of near-certain pairs, for their cost.
pub(crate) fn choose(
    data: &Data,
    candidates: &[Costed],
    certain: &[(u32, u32)],
    budget: f64,
    most: usize,
) -> Vec<Rule> {
    let (left, right): (Vec<u32>, Vec<u32>) = certain.iter().copied().unzip();
    let (left, right) = (AtomKeys::new(data, &left), AtomKeys::new(data, &right));
    let covers: Vec<Vec<bool>> = candidates
        .par_iter()
        .map(|costed| {
            let pairs = left.of(&costed.rule).into_iter().zip(right.of(&costed.rule));
            pairs.map(|(left, right)| left != 0 && left == right).collect()
        })
        .collect();
    let mut worth = vec![1.0f64; certain.len()];
    let mut left = budget;
    let mut taken = vec![false; candidates.len()];
    let mut rules = Vec::new();
    let floor = budget / 10.0;
    while rules.len() < most {
        let gain = |at: usize| -> f64 {
            covers[at].iter().zip(&worth).filter(|(covered, _)| **covered).map(|(_, worth)| worth).sum()
        };
        let best = (0..candidates.len())
            .into_par_iter()
            .filter(|at| {
                !taken[*at] && !redundant(&candidates[*at].rule, &rules) && candidates[*at].pairs <= left
            })
            .map(|at| (gain(at) / (candidates[at].pairs + floor), at))
            .reduce_with(|one, other| {
                if (other.0, std::cmp::Reverse(other.1)) > (one.0, std::cmp::Reverse(one.1)) {
                    other
                } else {
                    one
                }
            });
        let Some((value, at)) = best else { break };
        if value <= 0.0 {
            break;
        }
        taken[at] = true;
        left -= candidates[at].pairs;
        covers[at]
            .iter()
            .zip(&mut worth)
            .filter(|(covered, _)| **covered)
            .for_each(|(_, worth)| *worth /= 3.0);
        rules.push(candidates[at].rule.clone());
    }
    rules
}
