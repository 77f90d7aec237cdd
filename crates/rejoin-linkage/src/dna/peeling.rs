//! The likelihood of genotypes on a pedigree at one locus, by summing out unobserved alleles one at a time.
//!
//! This is peeling (Elston & Stewart 1971; Cannings et al. 1978) in its general form of variable elimination
//! on the network of alleles and transmissions (Lauritzen & Sheehan 2003), so loops, half siblings and
//! several typed generations need no special cases. Only three things keep it small: untyped persons without
//! descendants are dropped, alleles nobody shows are taken as one where the mutation model allows it, and an
//! untyped founder with one child counts as the one allele transmitted.

use super::mutation::{Transitions, lump};
use super::{Genotype, KinshipError, Locus, Pedigree};

/// Entries of the largest table held at a time (8 bytes each).
const TABLE_LIMIT: u128 = 1 << 23;
/// Products in one elimination step, and joint states of untyped founders with theta > 0: about a second of
/// work.
const STATE_LIMIT: u128 = 1 << 28;

/// P(genotypes | pedigree) at one locus. `genotypes` names the typed persons; the others are summed over.
/// Theta is the coancestry coefficient: every founder allele, of related and unrelated persons alike, is
/// drawn given those before it, the next being `a` with chance (m θ + (1 − θ) p) / (1 + (n − 1) θ) after m
/// copies of `a` among n (Balding & Nichols 1994). 0 when the genotypes are impossible without a mutation.
///
/// # Errors
/// [`KinshipError::Theta`]; [`KinshipError::UnknownPerson`]; [`KinshipError::Profile`] for a person named
/// twice or an allele index beyond the table; [`KinshipError::TooManyStates`] for a pedigree with too many
/// untyped persons.
pub fn likelihood(
    locus: &Locus,
    pedigree: &Pedigree,
    genotypes: &[(&str, Genotype)],
    theta: f64,
) -> Result<f64, KinshipError> {
    if !(0.0..1.0).contains(&theta) {
        return Err(KinshipError::Theta(theta));
    }
    let mut typed: Vec<Option<[usize; 2]>> = vec![None; pedigree.parents.len()];
    for &(person, genotype) in genotypes {
        let refuse = |reason| Err(KinshipError::Profile { person: person.to_owned(), reason });
        if genotype.alleles()[1] >= locus.alleles().len() {
            return refuse("an allele index is beyond the frequency table");
        }
        if typed[pedigree.index(person)?].replace(genotype.alleles()).is_some() {
            return refuse("two genotypes at one locus");
        }
    }
    let too_many = |states| KinshipError::TooManyStates { locus: locus.name().to_owned(), states };
    let reduced = Reduced::new(locus, &mut typed);
    // The table of one transmission from an untyped person.
    let transmission = product([reduced.frequencies.len(); 3]);
    if transmission > TABLE_LIMIT {
        return Err(too_many(transmission));
    }
    let (founders, network) = reduced.network(pedigree, &typed);
    let states = product(founders.iter().map(|founder| founder.states.len()));
    if theta > 0.0 && states > STATE_LIMIT {
        return Err(too_many(states));
    }
    reduced.sum_over_founders(founders, &network, theta, TABLE_LIMIT).map_err(too_many)
}

/// The locus as far as the observed alleles need it.
struct Reduced {
    frequencies: Vec<f64>,
    /// Maternal and paternal.
    transitions: [Transitions; 2],
}

/// A founder's possible states: a genotype, or the one allele transmitted (then written twice).
#[derive(Clone)]
struct Founder {
    variable: usize,
    states: Vec<[usize; 2]>,
    /// Whether the state stands for both alleles.
    genotype: bool,
}

impl Reduced {
    /// Lumps the alleles nobody shows, where that is exact, and renumbers the typed alleles accordingly.
    /// Lumping is exact for theta > 0 too: classes of a Dirichlet distribution are Dirichlet again.
    fn new(locus: &Locus, typed: &mut [Option<[usize; 2]>]) -> Self {
        let n = locus.alleles().len();
        let mut observed: Vec<usize> = typed.iter().flatten().flatten().copied().collect();
        observed.sort_unstable();
        observed.dedup();
        let class: Vec<usize> =
            (0..n).map(|allele| observed.binary_search(&allele).unwrap_or(observed.len())).collect();
        let classes = observed.len() + usize::from(observed.len() < n);
        let [maternal, paternal] = &locus.transitions;
        let lumped = lump(maternal, &class, classes).zip(lump(paternal, &class, classes));
        let Some((maternal, paternal)) = lumped else {
            let frequencies = locus.alleles().iter().map(|allele| allele.1).collect();
            return Self { frequencies, transitions: locus.transitions.clone() };
        };
        typed.iter_mut().flatten().flatten().for_each(|allele| *allele = class[*allele]);
        let mut frequencies = vec![0.0; classes];
        locus.alleles().iter().zip(&class).for_each(|(allele, &class)| frequencies[class] += allele.1);
        Self { frequencies, transitions: [maternal, paternal] }
    }

    /// The founders, and the network of all transmissions without the founders' prior.
    fn network(&self, pedigree: &Pedigree, typed: &[Option<[usize; 2]>]) -> (Vec<Founder>, Network) {
        let n = self.frequencies.len();
        let parents = &pedigree.parents;
        let mut kept = vec![true; parents.len()];
        let children = |kept: &[bool], person: usize| {
            let pairs = parents.iter().zip(kept).filter(|(_, kept)| **kept).filter_map(|(pair, _)| *pair);
            pairs.filter(|pair| pair.contains(&person)).count()
        };
        // Each round can uncover new leaves, a generation at a time.
        while let Some(leaf) =
            (0..kept.len()).find(|&i| kept[i] && typed[i].is_none() && children(&kept, i) == 0)
        {
            kept[leaf] = false;
        }
        let mut founders = Vec::new();
        let mut network = Network::default();
        // What a person can transmit: variables, and the allele pair of each joint state of theirs.
        let mut sources: Vec<(Vec<usize>, Vec<[usize; 2]>)> = Vec::with_capacity(kept.len());
        for person in 0..kept.len() {
            let alleles = typed[person].map_or_else(|| (0..n).collect(), |[a, b]| distinct(a, b));
            if !kept[person] {
                sources.push((Vec::new(), Vec::new()));
            } else if parents[person].is_some() {
                let scope = vec![network.variable(alleles.len()), network.variable(alleles.len())];
                let states: Vec<[usize; 2]> =
                    alleles.iter().flat_map(|&a| alleles.iter().map(move |&b| [a, b])).collect();
                if let [_, _] = alleles[..]
                    && typed[person].is_some()
                {
                    // A heterozygote has one of each, in either order.
                    network.factors.push(Factor { scope: scope.clone(), table: vec![0.0, 1.0, 1.0, 0.0] });
                }
                sources.push((scope, states));
            } else {
                let genotype = typed[person].is_some() || children(&kept, person) > 1;
                let states: Vec<[usize; 2]> = match typed[person] {
                    Some(pair) => vec![pair],
                    None if genotype => (0..n).flat_map(|a| (a..n).map(move |b| [a, b])).collect(),
                    None => (0..n).map(|a| [a, a]).collect(),
                };
                let variable = network.variable(states.len());
                sources.push((vec![variable], states.clone()));
                founders.push(Founder { variable, states, genotype });
            }
        }
        for child in (0..kept.len()).filter(|&child| kept[child]) {
            let Some(pair) = parents[child] else { continue };
            let alleles = typed[child].map_or_else(|| (0..n).collect(), |[a, b]| distinct(a, b));
            for (side, parent) in pair.into_iter().enumerate() {
                let (from, states) = &sources[parent];
                let scope = from.iter().copied().chain([sources[child].0[side]]).collect();
                let transitions = &self.transitions[side];
                let meiosis = |&[a, b]: &[usize; 2]| {
                    let (a, b) = (&transitions[a], &transitions[b]);
                    alleles.iter().map(move |&allele| (a[allele] + b[allele]) / 2.0)
                };
                network.factors.push(Factor { scope, table: states.iter().flat_map(meiosis).collect() });
            }
        }
        (founders, network)
    }

    /// Sums over the founders' states. With theta > 0 their prior does not factor; where its table would be
    /// larger than `table_limit`, one founder's states are gone through one by one instead. `Err` is the size
    /// of a refused step.
    fn sum_over_founders(
        &self,
        mut founders: Vec<Founder>,
        network: &Network,
        theta: f64,
        table_limit: u128,
    ) -> Result<f64, u128> {
        let states = product(founders.iter().map(|founder| founder.states.len()));
        if theta > 0.0 && states > table_limit {
            let widest = (0..founders.len()).max_by_key(|&i| founders[i].states.len()).unwrap_or(0);
            let all = std::mem::take(&mut founders[widest].states);
            let variable = founders[widest].variable;
            let mut sum = 0.0;
            for (index, state) in all.into_iter().enumerate() {
                let mut given = founders.clone();
                given[widest].states = vec![state];
                sum += self.sum_over_founders(given, &network.given(variable, index), theta, table_limit)?;
            }
            return Ok(sum);
        }
        let mut network = network.clone();
        for group in founders.chunks(if theta > 0.0 { founders.len().max(1) } else { 1 }) {
            let mut table = Vec::new();
            self.prior(group, theta, &mut vec![0.0; self.frequencies.len()], 1.0, &mut table);
            network
                .factors
                .push(Factor { scope: group.iter().map(|founder| founder.variable).collect(), table });
        }
        network.sum()
    }

    /// Appends the prior of every joint state of the founders, the last founder's varying fastest. `copies`
    /// counts the alleles drawn so far and `drawn` is their probability.
    fn prior(&self, founders: &[Founder], theta: f64, copies: &mut [f64], drawn: f64, table: &mut Vec<f64>) {
        let Some((founder, rest)) = founders.split_first() else { return table.push(drawn) };
        let total: f64 = copies.iter().sum();
        let next = |allele: usize, copies: &[f64], total: f64| {
            (copies[allele] * theta + (1.0 - theta) * self.frequencies[allele])
                / (1.0 + (total - 1.0) * theta)
        };
        for &[a, b] in &founder.states {
            let mut chance = drawn * next(a, copies, total);
            copies[a] += 1.0;
            if founder.genotype {
                chance *= next(b, copies, total + 1.0) * if a == b { 1.0 } else { 2.0 };
                copies[b] += 1.0;
            }
            self.prior(rest, theta, copies, chance, table);
            copies[a] -= 1.0;
            if founder.genotype {
                copies[b] -= 1.0;
            }
        }
    }
}

/// A number of states, as large as may be: it is computed to be refused.
fn product(sizes: impl IntoIterator<Item = usize>) -> u128 {
    sizes.into_iter().fold(1, |product: u128, size| product.saturating_mul(size as u128))
}

/// The alleles of a genotype without repetition.
fn distinct(a: usize, b: usize) -> Vec<usize> {
    if a == b { vec![a] } else { vec![a, b] }
}

/// A function of some variables; the last of the scope varies fastest in the table.
#[derive(Clone)]
struct Factor {
    scope: Vec<usize>,
    table: Vec<f64>,
}

/// A product of factors over variables with finitely many states.
#[derive(Clone, Default)]
struct Network {
    sizes: Vec<usize>,
    factors: Vec<Factor>,
}

impl Network {
    fn variable(&mut self, size: usize) -> usize {
        self.sizes.push(size);
        self.sizes.len() - 1
    }

    /// The network with one variable held at a state; the variable keeps that state only.
    fn given(&self, variable: usize, state: usize) -> Self {
        let restrict = |factor: &Factor| {
            let Some(place) = factor.scope.iter().position(|v| *v == variable) else { return factor.clone() };
            let inner: usize = factor.scope[place + 1..].iter().map(|&v| self.sizes[v]).product();
            let size = self.sizes[variable];
            let rows = factor.table.chunks(inner * size);
            let table =
                rows.flat_map(|row| row[state * inner..(state + 1) * inner].iter().copied()).collect();
            Factor { scope: factor.scope.clone(), table }
        };
        let factors = self.factors.iter().map(restrict).collect();
        let mut sizes = self.sizes.clone();
        sizes[variable] = 1;
        Self { sizes, factors }
    }

    /// The sum of the product over all variables, always eliminating the variable that is cheapest next.
    /// `Err` is the size of a step beyond the limits.
    fn sum(mut self) -> Result<f64, u128> {
        let mut left: Vec<usize> = (0..self.sizes.len()).collect();
        while !left.is_empty() {
            let step = |place: usize| {
                let mut scope = Vec::new();
                for factor in self.factors.iter().filter(|factor| factor.scope.contains(&left[place])) {
                    scope.extend(factor.scope.iter().filter(|&&v| v != left[place]));
                }
                scope.sort_unstable();
                scope.dedup();
                let entries = product(scope.iter().map(|&v| self.sizes[v]));
                (entries.saturating_mul(self.sizes[left[place]] as u128), entries, place, scope)
            };
            let Some((products, entries, place, scope)) = (0..left.len()).map(step).min() else { break };
            if products > STATE_LIMIT || entries > TABLE_LIMIT {
                return Err(products);
            }
            self.eliminate(left.swap_remove(place), scope);
        }
        Ok(self.factors.iter().flat_map(|factor| &factor.table).product())
    }

    /// Replaces all factors of a variable by their product summed over it, a factor of `scope`.
    fn eliminate(&mut self, variable: usize, scope: Vec<usize>) {
        let (taken, kept): (Vec<Factor>, Vec<Factor>) =
            std::mem::take(&mut self.factors).into_iter().partition(|f| f.scope.contains(&variable));
        self.factors = kept;
        let stride = |factor: &Factor, v: usize| {
            let place = factor.scope.iter().position(|known| *known == v);
            place.map_or(0, |place| {
                factor.scope[place + 1..].iter().map(|&v| self.sizes[v]).product::<usize>()
            })
        };
        let inner: Vec<usize> = taken.iter().map(|factor| stride(factor, variable)).collect();
        let outer: Vec<Vec<usize>> =
            scope.iter().map(|&v| taken.iter().map(|factor| stride(factor, v)).collect()).collect();
        let entries = scope.iter().map(|&v| self.sizes[v]).product();
        let mut table = Vec::with_capacity(entries);
        let mut digits = vec![0; scope.len()];
        let mut offsets = vec![0; taken.len()];
        for _ in 0..entries {
            let mut sum = 0.0;
            for state in 0..self.sizes[variable] {
                let values = taken.iter().zip(&offsets).zip(&inner);
                sum += values.map(|((factor, at), step)| factor.table[at + state * step]).product::<f64>();
            }
            table.push(sum);
            // Counts the next state of the scope up, the last variable fastest, and moves the offsets along.
            for place in (0..scope.len()).rev() {
                digits[place] += 1;
                let wrapped = digits[place] == self.sizes[scope[place]];
                for (offset, step) in offsets.iter_mut().zip(&outer[place]) {
                    if wrapped {
                        *offset -= step * (digits[place] - 1);
                    } else {
                        *offset += step;
                    }
                }
                if !wrapped {
                    break;
                }
                digits[place] = 0;
            }
        }
        self.factors.push(Factor { scope, table });
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Mutation, Relationship};
    use super::*;

    #[test]
    fn founders_one_by_one_give_the_same_sum() {
        let alleles = [0.1, 0.2, 0.3, 0.4].iter().enumerate().map(|(i, p)| (i.to_string(), *p)).collect();
        let stepwise = Mutation::Stepwise { rate: 0.01, rate2: 0.0, range: 0.1 };
        let locus = Locus::new("TEST", alleles).unwrap().with_mutation(stepwise.clone(), stepwise).unwrap();
        let cousins = Relationship::FirstCousins.pedigree("A", "B").unwrap();
        let mut typed = vec![None; cousins.parents.len()];
        typed[cousins.index("A").unwrap()] = Some([0, 2]);
        typed[cousins.index("B").unwrap()] = Some([0, 3]);
        let reduced = Reduced::new(&locus, &mut typed);
        let (founders, network) = reduced.network(&cousins, &typed);
        let sum = |limit| reduced.sum_over_founders(founders.clone(), &network, 0.03, limit).unwrap();
        for limit in [1, 20, 200] {
            assert!((sum(limit) / sum(TABLE_LIMIT) - 1.0).abs() < 1e-12);
        }
    }
}
