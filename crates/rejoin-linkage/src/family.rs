//! Families: which adult may be a child's mother, father or other carer, and which children may be brothers and sisters.
//! A model of relations, not of identity: each kind of evidence has levels, each level a probability among true pairs
//! (m, argued and then estimated from the data) and among chance pairs (u, counted over all child × adult pairs).
//!
//! Pairs are not judged alone. The candidates for one place in a child's family (mother, father) compete with each other
//! and with "none of these"; being its parent competes with being another carer; the likely parent of a likely brother or
//! sister gains by it, and two children born within eight months of each other speak against one mother. What people
//! rejected stays rejected, unless there is new evidence, and then it says what is new. What comes out is a suspicion with
//! its evidence. People decide.

mod candidates;
mod evidence;
mod siblings;

use crate::columns::{Named, People};
use crate::weight;
use arrow_array::Array;
use evidence::{Context, EVIDENCE, KINDS, SIBLINGS};
use rayon::prelude::*;
pub use siblings::Siblings;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A proposed parent or carer of a child; rows are those of [`People`].
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Row of the child.
    pub child: u32,
    /// Row of the adult.
    pub adult: u32,
    /// The place in the family that it competes for: 0 mother, 1 father, 2 a parent whose sex is not known, 3 grandparent,
    /// 4 another carer.
    pub place: u32,
    /// Probability, competing with the other candidates for the place and with "none of these".
    pub probability: f64,
    /// Probability that none of the candidates for the place is right.
    pub none: f64,
    /// Its evidence: kind, level in words, weight. With the prior the weights give the odds before competition.
    pub steps: Vec<Step>,
    /// Another candidate for the place would, taken alone, be at least as likely as not.
    pub contested: bool,
    /// It had been rejected: what is new since.
    pub new: Vec<String>,
}

/// One piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Kind of evidence.
    pub kind: &'static str,
    /// Level, in words.
    pub level: Cow<'static, str>,
    /// Weight.
    pub weight: i64,
}

/// How to propose.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Probability from which a candidate is kept.
    pub keep_at: f64,
    /// Share of children expected to have a parent in the lists, before looking.
    pub expected: f64,
    /// Kinds of evidence that are left out, to see what they add.
    pub without: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { keep_at: 0.1, expected: 0.3, without: Vec::new() }
    }
}

/// A pair that a person rejected.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejected {
    /// Row of the child.
    pub child: u32,
    /// Row of the adult.
    pub adult: u32,
    /// What the person had seen: kind and level.
    pub seen: Vec<(String, String)>,
}

/// A DNA comparison of a pair, for parent and child against unrelated.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// Row of the child.
    pub child: u32,
    /// Row of the adult.
    pub adult: u32,
    /// log10 of the likelihood ratio; minus infinity for an exclusion.
    pub log10: f64,
    /// Its hypotheses, in words.
    pub words: String,
}

/// What is known beside the columns.
#[derive(Debug, Clone, Default)]
pub struct Known<'a> {
    /// Pairs that people rejected.
    pub rejected: Vec<Rejected>,
    /// DNA comparisons.
    pub dna: Vec<Compared>,
    /// Two children, the smaller row first, whom people said to be no brothers or sisters.
    pub apart: HashSet<(u32, u32)>,
    /// A model of an earlier run, kept as it is, and the rows of people of whom something is new: only children whom they
    /// concern are scored.
    pub frozen: Option<(&'a Model, &'a HashSet<u32>)>,
}

/// The probabilities by which pairs are weighed.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// Weight of the prior of one pair.
    pub prior: i64,
    /// m by kind and level (from 1), as estimated.
    pub m: Vec<Vec<f64>>,
    /// u.
    pub u: Vec<Vec<f64>>,
}

/// What matching came to.
#[derive(Debug, Clone)]
pub struct Families {
    /// Candidates, by child and falling probability.
    pub candidates: Vec<Candidate>,
    /// Children who may be brothers and sisters, by their own records.
    pub siblings: Vec<Siblings>,
    /// Rows of the children that were scored, if not all were.
    pub scored_children: Option<HashSet<u32>>,
    /// Child × adult pairs that were scored.
    pub scored: u64,
    /// The model.
    pub model: Model,
}

/// The place of a grandparent, and of another carer.
const GRANDPARENT: u32 = 3;
const CARER: u32 = 4;
/// For one parent in the lists, so many other carers are expected. Argued, not estimated: where nobody says what an adult is,
/// little tells the two apart, and an estimate would follow whatever it began with.
const CARERS_EXPECTED: f64 = 0.02;
/// A DNA comparison is not believed beyond so many bits: samples are exchanged and laboratories err.
const MOST_DNA_BITS: f64 = 30.0;

struct Scored {
    child: u32,
    adult: u32,
    levels: [u8; KINDS],
    /// What the frequency of the very names adds to the weight of a level.
    frequency: [i64; KINDS],
    /// Row of [`Known::dna`].
    dna: Option<u32>,
    /// Index of what is new since the pair was rejected.
    again: Option<u32>,
}

/// Kinds of evidence by name.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    EVIDENCE.iter().map(|kind| kind.name)
}

/// The Spanish words of evidence, from its English ones.
pub fn in_spanish(english: &str) -> Option<&'static str> {
    let fixed = match english {
        "any adult in the lists" => Some("cualquier persona adulta de las listas"),
        "any two children in the lists" => Some("dos niños cualesquiera de las listas"),
        "the same adult is the likely parent of both" => {
            Some("la misma persona adulta es el probable padre o madre de ambos")
        }
        _ => None,
    };
    fixed.or_else(|| evidence::in_spanish(english)).or_else(|| siblings::in_spanish(english))
}

/// Matches children and adults.
pub fn match_families(people: &People, named: &Named, settings: &Settings, known: &Known<'_>) -> Families {
    let context = Context::new(people, named);
    let mut pairs = candidates::pairs(&context);
    let is =
        |row: u32, kind: u32| people.grown.is_valid(row as usize) && people.grown.value(row as usize) == kind;
    let compared = known.dna.iter().filter(|compared| is(compared.child, 0) && is(compared.adult, 1));
    pairs.extend(compared.map(|compared| (compared.child, compared.adult)));
    pairs.par_sort_unstable();
    pairs.dedup();
    let touched = known.frozen.map(|(_, touched)| concerned(&pairs, touched));
    if let Some(children) = &touched {
        pairs.retain(|(child, _)| children.contains(child));
    }
    let left_out: [bool; KINDS] =
        std::array::from_fn(|at| settings.without.iter().any(|name| name == EVIDENCE[at].name));
    let mut scored: Vec<Scored> = pairs
        .par_iter()
        .map(|(child, adult)| {
            let mut levels = [0; KINDS];
            let mut frequency = [0; KINDS];
            for (at, kind) in EVIDENCE.iter().enumerate().filter(|(at, _)| !left_out[*at]) {
                (levels[at], frequency[at]) = (kind.level)(&context, *child, *adult);
            }
            evidence::not_twice(&mut levels);
            Scored { child: *child, adult: *adult, levels, frequency, dna: None, again: None }
        })
        .collect();
    let find = |scored: &[Scored], child: u32, adult: u32| {
        scored.binary_search_by_key(&(child, adult), |pair| (pair.child, pair.adult)).ok()
    };
    for (row, compared) in (0u32..).zip(&known.dna) {
        if let Some(at) = find(&scored, compared.child, compared.adult) {
            scored[at].dna = Some(row);
        }
    }
    let news = reject(&mut scored, known);
    let mut siblings = siblings::find(&context);
    siblings.retain(|pair| !known.apart.contains(&(pair.one, pair.other)));
    let mut model = match known.frozen {
        Some((model, _)) => model.clone(),
        // Each child has two places to fill, and any adult may fill one of them.
        None => Model {
            prior: weight::of_bits((settings.expected / context.adults.len().max(2) as f64).log2()),
            m: EVIDENCE.iter().map(|kind| kind.m.to_vec()).collect(),
            u: evidence::chance(&context),
        },
    };
    let groups = by_place(&context, &scored);
    let mut believed = Believed { parent: vec![0.0; scored.len()], carer: vec![0.0; scored.len()] };
    let rounds = if known.frozen.is_some() { 4 } else { 12 };
    for round in 0..rounds {
        compete(&groups, &scored, &model, known, &mut believed);
        if round + 1 == rounds {
            break;
        }
        if known.frozen.is_none() {
            let pairs = scored.iter().map(|pair| pair.levels).zip(believed.parent.iter().copied());
            let argued = model.m[SIBLINGS].clone();
            model.m = evidence::refit(pairs);
            // How often brothers and sisters agree is argued: their levels come from what is believed already.
            model.m[SIBLINGS] = argued;
            // How many have a parent in the lists is seen as the matching goes; what was expected stands for ten children.
            let (children, adults) = (context.children.len() as f64, context.adults.len().max(2) as f64);
            // Never less than half of it: where evidence is weak throughout, to believe less at each round would end in
            // believing nothing.
            let found = believed.parent.iter().sum::<f64>() / 2.0 + settings.expected * 10.0;
            let found = found.max(settings.expected * children / 2.0);
            model.prior = weight::of_bits((found / (children + 10.0) / (adults / 2.0)).log2());
        }
        let joint = !left_out[SIBLINGS] && (known.frozen.is_some() || round == 3 || round == 7);
        if joint {
            agree(&context, &mut scored, &siblings, &believed.parent);
        }
    }
    let candidates = keep(&context, &scored, &groups, &believed, &model, settings, known, &news);
    Families { candidates, siblings, scored_children: touched, scored: scored.len() as u64, model }
}

/// Children whose scores depend on people of whom something is new: they themselves, those paired with them, and those who
/// share an adult with them.
fn concerned(pairs: &[(u32, u32)], touched: &HashSet<u32>) -> HashSet<u32> {
    let near: HashSet<u32> = pairs
        .iter()
        .filter(|(child, adult)| touched.contains(child) || touched.contains(adult))
        .map(|(child, _)| *child)
        .collect();
    let adults: HashSet<u32> =
        pairs.iter().filter(|(child, _)| near.contains(child)).map(|(_, adult)| *adult).collect();
    pairs.iter().filter(|(_, adult)| adults.contains(adult)).map(|(child, _)| *child).chain(near).collect()
}

/// Takes out the pairs that people rejected and of which nothing new is known; gives what is new of the others.
fn reject(scored: &mut Vec<Scored>, known: &Known<'_>) -> Vec<Vec<String>> {
    let mut news: Vec<Vec<String>> = Vec::new();
    let mut out: HashSet<(u32, u32)> = HashSet::new();
    for rejected in &known.rejected {
        let key = (rejected.child, rejected.adult);
        let Ok(at) = scored.binary_search_by_key(&key, |pair| (pair.child, pair.adult)) else { continue };
        let seen: HashSet<(&str, &str)> =
            rejected.seen.iter().map(|(kind, level)| (kind.as_str(), level.as_str())).collect();
        // Rejected without having been proposed: what was known then cannot be told from what is new.
        if seen.is_empty() {
            out.insert(key);
            continue;
        }
        let pair = &scored[at];
        let speaks = |kind: usize, level: usize| EVIDENCE[kind].m[level] / EVIDENCE[kind].chance[level];
        let strongest_seen = |kind: usize| -> f64 {
            let levels = EVIDENCE[kind].levels.iter().enumerate();
            levels
                .filter(|(_, (words, _))| seen.contains(&(EVIDENCE[kind].name, *words)))
                .map(|(level, _)| speaks(kind, level))
                .fold(1.0, f64::max)
        };
        let mut new: Vec<String> = (0..KINDS)
            .filter(|kind| *kind != SIBLINGS && pair.levels[*kind] > 0)
            // New evidence speaks for the pair more than what was seen of its kind, and more than chance.
            .filter(|kind| speaks(*kind, pair.levels[*kind] as usize - 1) > strongest_seen(*kind) + 1e-9)
            .map(|kind| EVIDENCE[kind].levels[pair.levels[kind] as usize - 1].0.to_owned())
            .collect();
        if let Some(compared) = pair.dna.map(|row| &known.dna[row as usize])
            && compared.log10 > 1.0
            && !seen.contains(&("dna", compared.words.as_str()))
        {
            new.push(compared.words.clone());
        }
        if new.is_empty() {
            out.insert(key);
        } else {
            scored[at].again = Some(news.len() as u32);
            news.push(new);
        }
    }
    scored.retain(|pair| !out.contains(&(pair.child, pair.adult)));
    news
}

type Groups = BTreeMap<(u32, u32), Vec<usize>>;

fn by_place(context: &Context<'_>, scored: &[Scored]) -> Groups {
    let mut groups: Groups = BTreeMap::new();
    for (at, pair) in scored.iter().enumerate() {
        let place = context.sex[pair.adult as usize].min(2);
        groups.entry((pair.child, place)).or_default().push(at);
    }
    groups
}

/// The model's weights by kind and level, computed once and not once a pair.
struct Weights {
    prior: i64,
    parent: Vec<Vec<i64>>,
    carer: Vec<Vec<i64>>,
}

impl Weights {
    fn new(model: &Model) -> Self {
        let table = |carer: bool| -> Vec<Vec<i64>> {
            let each = EVIDENCE.iter().zip(&model.m).zip(&model.u);
            each.map(|((kind, m), u)| {
                let own = if carer && !kind.carer.is_empty() { kind.carer } else { m };
                own.iter().zip(u).map(|(m, u)| weight::of_ratio(*m, *u)).collect()
            })
            .collect()
        };
        Self { prior: model.prior, parent: table(false), carer: table(true) }
    }

    fn step(&self, pair: &Scored, at: usize, carer: bool) -> i64 {
        let level = match pair.levels[at] {
            0 => return 0,
            level => level as usize - 1,
        };
        // Where carers have their own m, the frequency of a parent's name or surname says nothing of them.
        match (carer, EVIDENCE[at].carer.is_empty()) {
            (true, false) => self.carer[at][level],
            _ => self.parent[at][level] + pair.frequency[at],
        }
    }
}

/// The weight of a DNA comparison: it speaks of parents only, as many carers are none.
fn dna_weight(pair: &Scored, known: &Known<'_>) -> i64 {
    let Some(row) = pair.dna else { return 0 };
    let bits = known.dna[row as usize].log10 * std::f64::consts::LOG2_10;
    weight::of_bits(bits.clamp(-MOST_DNA_BITS, MOST_DNA_BITS))
}

/// Weights of being a parent and of being another carer.
fn totals(pair: &Scored, weights: &Weights, known: &Known<'_>) -> [i64; 2] {
    let sum = |carer: bool| (0..KINDS).map(|at| weights.step(pair, at, carer)).sum::<i64>();
    let carers = weight::of_bits(CARERS_EXPECTED.log2());
    [weights.prior + sum(false) + dna_weight(pair, known), weights.prior + carers + sum(true)]
}

struct Believed {
    parent: Vec<f64>,
    carer: Vec<f64>,
}

/// Candidates for one place compete: odds over the sum of all odds and 1 for "none of these". For one adult, parent and
/// carer compete too.
fn compete(groups: &Groups, scored: &[Scored], model: &Model, known: &Known<'_>, believed: &mut Believed) {
    let table = Weights::new(model);
    let weights: Vec<[f64; 2]> = scored
        .par_iter()
        .map(|pair| totals(pair, &table, known).map(|weight| weight::bits(weight).clamp(-60.0, 60.0).exp2()))
        .collect();
    for members in groups.values() {
        let sum = 1.0 + members.iter().map(|at| weights[*at][0]).sum::<f64>();
        for at in members.iter().copied() {
            let [parent, carer] = weights[at];
            believed.parent[at] = parent / (sum + carer);
            believed.carer[at] = carer / (1.0 + parent + carer);
        }
    }
}

/// Probability from which a sibling is likely, and a parent.
const LIKELY_SIBLING: f64 = 0.8;
const LIKELY_PARENT: f64 = 0.5;

/// Sets the level of what brothers and sisters say, by what is believed so far.
fn agree(context: &Context<'_>, scored: &mut [Scored], siblings: &[Siblings], parent: &[f64]) {
    let mut of: HashMap<u32, Vec<u32>> = HashMap::new();
    for pair in siblings.iter().filter(|pair| pair.probability >= LIKELY_SIBLING) {
        of.entry(pair.one).or_default().push(pair.other);
        of.entry(pair.other).or_default().push(pair.one);
    }
    let sex = |adult: u32| context.sex[adult as usize].min(2);
    let (mut parents, mut children): (HashMap<u32, Vec<u32>>, HashMap<u32, Vec<u32>>) = Default::default();
    for (pair, probability) in scored.iter().zip(parent) {
        if *probability >= LIKELY_PARENT {
            parents.entry(pair.child).or_default().push(pair.adult);
            children.entry(pair.adult).or_default().push(pair.child);
        }
    }
    let (birth, span) = (&context.people.birth, &context.people.birth_span);
    let born = |row: u32| {
        let row = row as usize;
        (birth.is_valid(row) && span.is_valid(row) && span.value(row) == 1).then(|| birth.value(row))
    };
    scored.par_iter_mut().for_each(|pair| {
        let brothers = of.get(&pair.child).into_iter().flatten();
        let theirs: Vec<u32> =
            brothers.filter_map(|brother| parents.get(brother)).flatten().copied().collect();
        let own = children.get(&pair.adult).into_iter().flatten().filter(|child| **child != pair.child);
        // Only days of birth that are known: ages say nothing about months. Twins may be a day or two apart.
        let too_near = sex(pair.adult) == 0
            && own.copied().any(|other| {
                born(pair.child)
                    .zip(born(other))
                    .is_some_and(|(one, other)| (3..240).contains(&(one - other).abs()))
            });
        pair.levels[SIBLINGS] = if theirs.contains(&pair.adult) {
            3
        } else if too_near {
            2
        } else {
            u8::from(theirs.iter().any(|adult| sex(*adult) == sex(pair.adult)))
        };
    });
}

#[allow(clippy::too_many_arguments, reason = "everything that a run came to, once")]
fn keep(
    context: &Context<'_>,
    scored: &[Scored],
    groups: &Groups,
    believed: &Believed,
    model: &Model,
    settings: &Settings,
    known: &Known<'_>,
    news: &[Vec<String>],
) -> Vec<Candidate> {
    let weights = Weights::new(model);
    let mut candidates = Vec::new();
    for ((child, place), members) in groups {
        let alone: Vec<bool> =
            members.iter().map(|at| totals(&scored[*at], &weights, known)[0] >= 0).collect();
        let likely = alone.iter().filter(|alone| **alone).count();
        let none = (1.0 - members.iter().map(|at| believed.parent[*at]).sum::<f64>()).max(0.0);
        for (at, alone) in members.iter().copied().zip(alone) {
            let pair = &scored[at];
            let candidate = |place: u32, probability: f64, none: f64, carer: bool| Candidate {
                child: *child,
                adult: pair.adult,
                place,
                probability,
                none,
                steps: steps(pair, &weights, known, carer),
                contested: !carer && likely > usize::from(alone),
                new: pair.again.map(|at| news[at as usize].clone()).unwrap_or_default(),
            };
            // A comparison of DNA stays visible whatever it says: an exclusion never deletes a family.
            if believed.parent[at] >= settings.keep_at || pair.dna.is_some() {
                candidates.push(candidate(*place, believed.parent[at], none, false));
            }
            if believed.carer[at] >= settings.keep_at {
                let place = if grandparent(context, pair) { GRANDPARENT } else { CARER };
                candidates.push(candidate(place, believed.carer[at], 1.0 - believed.carer[at], true));
            }
        }
    }
    candidates.sort_by(|one, other| {
        (one.child, other.probability, one.adult)
            .partial_cmp(&(other.child, one.probability, other.adult))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    candidates
}

/// Whether a carer is likelier a grandparent than an aunt or a guardian: by age, as carers seldom say which.
fn grandparent(context: &Context<'_>, pair: &Scored) -> bool {
    let birth = &context.people.birth;
    let (child, adult) = (pair.child as usize, pair.adult as usize);
    !birth.is_null(child) && !birth.is_null(adult) && (birth.value(child) - birth.value(adult)) / 365 >= 35
}

fn steps(pair: &Scored, weights: &Weights, known: &Known<'_>, carer: bool) -> Vec<Step> {
    let carers = if carer { weight::of_bits(CARERS_EXPECTED.log2()) } else { 0 };
    let first =
        Step { kind: "prior", level: "any adult in the lists".into(), weight: weights.prior + carers };
    let rest = EVIDENCE.iter().enumerate().filter(|(at, _)| pair.levels[*at] > 0).map(|(at, kind)| Step {
        kind: kind.name,
        level: kind.levels[pair.levels[at] as usize - 1].0.into(),
        weight: weights.step(pair, at, carer),
    });
    let dna = pair.dna.map(|row| Step {
        kind: "dna",
        level: known.dna[row as usize].words.clone().into(),
        weight: if carer { 0 } else { dna_weight(pair, known) },
    });
    std::iter::once(first).chain(rest).chain(dna).collect()
}

#[cfg(test)]
mod tests;
