//! Families: which adult may be a child's mother or father. A model of relations, not of identity: each kind of
//! evidence has levels, each level a probability among true parent–child pairs (m, argued here and then estimated
//! from the data) and among chance pairs (u, counted over all child × adult pairs of the data, never guessed).
//!
//! For each child the candidates for one place (mother, father) compete with each other and with "none of these";
//! what comes out is a suspicion with its evidence. People decide.

mod candidates;
mod evidence;

use crate::columns::{Named, People};
use crate::weight;
use evidence::{Context, EVIDENCE, KINDS};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// A proposed parent of a child; rows are those of [`People`].
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Row of the child.
    pub child: u32,
    /// Row of the adult.
    pub adult: u32,
    /// The place in the family that it competes for: 0 mother, 1 father, 2 not known.
    pub place: u32,
    /// Probability, competing with the other candidates for the place and with "none of these".
    pub probability: f64,
    /// Its evidence: kind, level in words, weight. With the prior the weights give the odds before competition.
    pub steps: Vec<Step>,
    /// Another candidate for the place would, taken alone, be at least as likely as not.
    pub contested: bool,
}

/// One piece of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Kind of evidence.
    pub kind: &'static str,
    /// Level, in words.
    pub level: &'static str,
    /// Weight.
    pub weight: i64,
}

/// How to propose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Probability from which a candidate is kept.
    pub keep_at: f64,
    /// Share of children expected to have a parent in the lists, before looking.
    pub expected: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { keep_at: 0.1, expected: 0.3 }
    }
}

/// What matching came to.
#[derive(Debug, Clone)]
pub struct Families {
    /// Candidates, by child and falling probability.
    pub candidates: Vec<Candidate>,
    /// Child × adult pairs that were scored.
    pub scored: u64,
    /// Weight of the prior of one pair.
    pub prior: i64,
    /// m by kind and level (from 1), as estimated.
    pub m: Vec<Vec<f64>>,
}

struct Scored {
    child: u32,
    adult: u32,
    levels: [u8; KINDS],
    /// What the frequency of the very names adds to the weight of a level.
    frequency: [i64; KINDS],
}

/// Matches children and adults.
pub fn match_families(people: &People, named: &Named, settings: &Settings) -> Families {
    let context = Context::new(people, named);
    let pairs = candidates::pairs(&context);
    let scored: Vec<Scored> = pairs
        .par_iter()
        .map(|(child, adult)| {
            let mut levels = [0; KINDS];
            let mut frequency = [0; KINDS];
            for (at, kind) in EVIDENCE.iter().enumerate() {
                (levels[at], frequency[at]) = (kind.level)(&context, *child, *adult);
            }
            evidence::not_twice(&mut levels);
            Scored { child: *child, adult: *adult, levels, frequency }
        })
        .collect();
    let u = evidence::chance(&context);
    let mut m: Vec<Vec<f64>> = EVIDENCE.iter().map(|kind| kind.m.to_vec()).collect();
    // Each child has two places to fill, and any adult may fill one of them.
    let adults = context.adults.len().max(2) as f64;
    let prior = weight::of_bits((settings.expected / adults).log2());
    let groups = by_place(&context, &scored);
    let mut probabilities = vec![0.0; scored.len()];
    for round in 0..12 {
        compete(&groups, &scored, &m, &u, prior, &mut probabilities);
        if round < 11 {
            m = evidence::refit(scored.iter().map(|pair| pair.levels).zip(probabilities.iter().copied()));
        }
    }
    let mut candidates = Vec::new();
    for ((child, place), members) in &groups {
        let alone_likely = members.iter().filter(|at| total(&scored[**at], &m, &u, prior) >= 0).count();
        for at in members.iter().copied().filter(|at| probabilities[*at] >= settings.keep_at) {
            let alone = total(&scored[at], &m, &u, prior) >= 0;
            candidates.push(Candidate {
                child: *child,
                adult: scored[at].adult,
                place: *place,
                probability: probabilities[at],
                steps: steps(&scored[at], &m, &u, prior),
                contested: alone_likely > usize::from(alone),
            });
        }
    }
    candidates.sort_by(|one, other| {
        (one.child, other.probability, one.adult)
            .partial_cmp(&(other.child, one.probability, other.adult))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    Families { candidates, scored: scored.len() as u64, prior, m }
}

fn by_place(context: &Context<'_>, scored: &[Scored]) -> BTreeMap<(u32, u32), Vec<usize>> {
    let mut groups: BTreeMap<(u32, u32), Vec<usize>> = BTreeMap::new();
    for (at, pair) in scored.iter().enumerate() {
        let place = context.sex[pair.adult as usize].min(2);
        groups.entry((pair.child, place)).or_default().push(at);
    }
    groups
}

fn step_weight(pair: &Scored, at: usize, m: &[Vec<f64>], u: &[Vec<f64>]) -> i64 {
    match pair.levels[at] {
        0 => 0,
        level => weight::of_ratio(m[at][level as usize - 1], u[at][level as usize - 1]) + pair.frequency[at],
    }
}

fn total(pair: &Scored, m: &[Vec<f64>], u: &[Vec<f64>], prior: i64) -> i64 {
    prior + (0..KINDS).map(|at| step_weight(pair, at, m, u)).sum::<i64>()
}

/// Candidates for one place compete: odds over the sum of all odds and 1 for "none of these".
fn compete(
    groups: &BTreeMap<(u32, u32), Vec<usize>>,
    scored: &[Scored],
    m: &[Vec<f64>],
    u: &[Vec<f64>],
    prior: i64,
    probabilities: &mut [f64],
) {
    for members in groups.values() {
        let odds: Vec<f64> = members
            .iter()
            .map(|at| weight::bits(total(&scored[*at], m, u, prior)).clamp(-60.0, 60.0).exp2())
            .collect();
        let sum = 1.0 + odds.iter().sum::<f64>();
        for (at, odds) in members.iter().zip(odds) {
            probabilities[*at] = odds / sum;
        }
    }
}

fn steps(pair: &Scored, m: &[Vec<f64>], u: &[Vec<f64>], prior: i64) -> Vec<Step> {
    let first = Step { kind: "prior", level: "any adult in the lists", weight: prior };
    let rest = EVIDENCE.iter().enumerate().filter(|(at, _)| pair.levels[*at] > 0).map(|(at, kind)| Step {
        kind: kind.name,
        level: kind.levels[pair.levels[at] as usize - 1],
        weight: step_weight(pair, at, m, u),
    });
    std::iter::once(first).chain(rest).collect()
}
