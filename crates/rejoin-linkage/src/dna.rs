//! Kinship from DNA: how much better one pedigree explains a set of STR profiles than another.
//!
//! When papers are lost, or a family and a register disagree, a DNA comparison is often the only evidence
//! left that a child belongs to a claimant, or that an unidentified person is the one a family is missing.
//! That evidence is a likelihood ratio (LR): P(profiles | pedigree 1) / P(profiles | pedigree 2). It is not
//! the probability of the relationship; that also needs the other evidence (Gjertson et al. 2007, ISFG
//! paternity recommendations; Prinz et al. 2007, ISFG disaster victim identification recommendations).
//!
//! Conventions, those of Familias 3 (Kling et al. 2014) and the R pedsuite (Vigeland 2021): autosomal markers
//! in linkage equilibrium, founder alleles drawn from the frequency table (with the Balding–Nichols
//! correction when theta > 0), mutation on every transmission, no silent alleles, no drop-out and no
//! genotyping error. Markers are multiplied as if unlinked, which is exact for parent and child and
//! approximate for other relatives at linked pairs such as vWA and D12S391.

mod mutation;
mod pedigree;
mod peeling;
#[cfg(test)]
mod tests;

pub use mutation::Mutation;
pub use pedigree::{Pedigree, Relationship};
pub use peeling::likelihood;

use std::fmt;

/// Why a kinship computation was refused.
#[derive(Debug, Clone, PartialEq)]
pub enum KinshipError {
    /// The frequency table of a locus is unusable.
    Frequencies {
        /// The locus.
        locus: String,
        /// What is wrong with the table.
        reason: &'static str,
    },
    /// An allele is not in the frequency table (see [`Locus::admit_allele`]).
    UnknownAllele {
        /// The locus.
        locus: String,
        /// The allele as it was written.
        allele: String,
    },
    /// The mutation model cannot be applied to the locus.
    Mutation {
        /// The locus.
        locus: String,
        /// What is wrong with the parameters.
        reason: &'static str,
    },
    /// Theta is outside 0 (inclusive) to 1 (exclusive).
    Theta(f64),
    /// The persons and parents do not form a pedigree.
    Pedigree {
        /// The person at whom it fails.
        person: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A profile names a person whom the pedigree does not hold.
    UnknownPerson(String),
    /// A profile does not fit the panel: the wrong number of loci, an allele index beyond the table, or two
    /// profiles for one person.
    Profile {
        /// The person.
        person: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// The exact computation would need more states than the engine allows.
    TooManyStates {
        /// The locus.
        locus: String,
        /// How many table entries the refused step needed.
        states: u128,
    },
    /// Neither pedigree can produce the profiles, so their ratio is undefined; a mutation model is missing.
    BothExcluded {
        /// A locus impossible under the first pedigree.
        numerator: String,
        /// A locus impossible under the second pedigree.
        denominator: String,
    },
}

impl fmt::Display for KinshipError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frequencies { locus, reason } => write!(f, "allele frequencies of {locus}: {reason}"),
            // The allele itself is part of a profile, and stays out of messages.
            Self::UnknownAllele { locus, .. } => {
                write!(f, "an allele of {locus} is not in its frequency table")
            }
            Self::Mutation { locus, reason } => write!(f, "mutation model of {locus}: {reason}"),
            Self::Theta(theta) => write!(f, "theta {theta} is not in the range 0 <= theta < 1"),
            Self::Pedigree { person, reason } => write!(f, "pedigree, {person}: {reason}"),
            Self::UnknownPerson(person) => write!(f, "{person} has a profile and is not in the pedigree"),
            Self::Profile { person, reason } => write!(f, "profile of {person}: {reason}"),
            Self::TooManyStates { locus, states } => {
                write!(f, "{locus} needs {states} states in one step: leave out untyped persons")
            }
            Self::BothExcluded { numerator, denominator } => write!(
                f,
                "{numerator} excludes the first pedigree, {denominator} the second: use a mutation model"
            ),
        }
    }
}

impl std::error::Error for KinshipError {}

/// One STR marker: its name, its alleles with population frequencies, and how it mutates.
#[derive(Debug, Clone, PartialEq)]
pub struct Locus {
    name: String,
    alleles: Vec<(String, f64)>,
    models: [Mutation; 2],
    /// Transition matrices of a maternal and of a paternal transmission, row = parent's allele.
    transitions: [mutation::Transitions; 2],
}

impl Locus {
    /// A locus without mutation. Frequencies are proportions of allele copies and are rescaled to sum to 1,
    /// because published tables are rounded.
    ///
    /// # Errors
    /// [`KinshipError::Frequencies`] when the table is empty, an allele is repeated, a frequency is not a
    /// positive number, or the sum is further than 0.02 from 1 (percentages, or a cut-off table).
    pub fn new(name: &str, alleles: Vec<(String, f64)>) -> Result<Self, KinshipError> {
        let refuse = |reason| Err(KinshipError::Frequencies { locus: name.to_owned(), reason });
        if alleles.is_empty() {
            return refuse("no alleles");
        }
        if alleles.iter().any(|(_, frequency)| !(frequency.is_finite() && *frequency > 0.0)) {
            return refuse("a frequency is not a positive number");
        }
        if alleles.iter().enumerate().any(|(i, a)| alleles[..i].iter().any(|b| a.0 == b.0)) {
            return refuse("an allele is listed twice");
        }
        let sum: f64 = alleles.iter().map(|(_, frequency)| frequency).sum();
        if (sum - 1.0).abs() > 0.02 {
            return refuse("the frequencies do not sum to 1");
        }
        let alleles = alleles.into_iter().map(|(allele, frequency)| (allele, frequency / sum)).collect();
        let mut locus = Self {
            name: name.to_owned(),
            alleles,
            models: [Mutation::None, Mutation::None],
            transitions: [Vec::new(), Vec::new()],
        };
        locus.rebuild()?;
        Ok(locus)
    }

    /// The same locus with a mutation model for maternal and one for paternal transmissions.
    ///
    /// # Errors
    /// [`KinshipError::Mutation`] when the model does not give a transition matrix at this locus.
    pub fn with_mutation(mut self, maternal: Mutation, paternal: Mutation) -> Result<Self, KinshipError> {
        self.models = [maternal, paternal];
        self.rebuild()?;
        Ok(self)
    }

    /// Enters an allele seen in a profile and absent from the table at the given frequency, the others being
    /// scaled down to make room; does nothing when the allele is known. The frequency is the caller's choice:
    /// 5 / (2 × persons sampled) is the usual floor (Budowle et al. 1996; National Research Council 1996).
    ///
    /// # Errors
    /// [`KinshipError::Frequencies`] unless 0 < frequency < 1; [`KinshipError::Mutation`] when the mutation
    /// model does not extend to the allele (a stepwise model and a name that is no repeat number, a fixed
    /// matrix).
    pub fn admit_allele(&mut self, allele: &str, frequency: f64) -> Result<(), KinshipError> {
        if self.allele(allele).is_some() {
            return Ok(());
        }
        if !(frequency > 0.0 && frequency < 1.0) {
            let reason = "the frequency of a new allele is not between 0 and 1";
            return Err(KinshipError::Frequencies { locus: self.name.clone(), reason });
        }
        let mut extended = self.clone();
        extended.alleles.iter_mut().for_each(|known| known.1 *= 1.0 - frequency);
        extended.alleles.push((allele.to_owned(), frequency));
        extended.rebuild()?;
        *self = extended;
        Ok(())
    }

    fn rebuild(&mut self) -> Result<(), KinshipError> {
        for (model, transitions) in self.models.iter().zip(&mut self.transitions) {
            *transitions = model
                .transitions(&self.alleles)
                .map_err(|reason| KinshipError::Mutation { locus: self.name.clone(), reason })?;
        }
        Ok(())
    }

    /// The name of the locus.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The alleles with their rescaled frequencies, in the order of [`Genotype`]'s indexes.
    pub fn alleles(&self) -> &[(String, f64)] {
        &self.alleles
    }

    fn allele(&self, name: &str) -> Option<usize> {
        self.alleles.iter().position(|(allele, _)| allele == name)
    }

    /// The genotype with the two named alleles, in either order.
    ///
    /// # Errors
    /// [`KinshipError::UnknownAllele`].
    pub fn genotype(&self, first: &str, second: &str) -> Result<Genotype, KinshipError> {
        let index = |allele: &str| {
            self.allele(allele).ok_or_else(|| KinshipError::UnknownAllele {
                locus: self.name.clone(),
                allele: allele.to_owned(),
            })
        };
        Ok(Genotype::new(index(first)?, index(second)?))
    }
}

/// An unordered pair of alleles, as indexes into [`Locus::alleles`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Genotype {
    low: usize,
    high: usize,
}

impl Genotype {
    /// The genotype with these two allele indexes, in either order.
    pub fn new(first: usize, second: usize) -> Self {
        Self { low: first.min(second), high: first.max(second) }
    }

    /// The two allele indexes, the lower one first.
    pub fn alleles(self) -> [usize; 2] {
        [self.low, self.high]
    }
}

/// What was typed of one person: one genotype per locus of the panel, `None` where there is no result.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// The person's name in the pedigrees.
    pub person: String,
    /// The genotypes, in the order of the panel.
    pub genotypes: Vec<Option<Genotype>>,
}

/// The evidence of one locus.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkerLikelihoodRatio {
    /// The locus.
    pub locus: String,
    /// P(genotypes | first pedigree).
    pub numerator: f64,
    /// P(genotypes | second pedigree).
    pub denominator: f64,
    /// Numerator / denominator: 0 when the first pedigree is excluded, infinite when the second is.
    pub likelihood_ratio: f64,
}

/// The evidence of a panel of loci for a first pedigree against a second.
#[derive(Debug, Clone, PartialEq)]
pub struct LikelihoodRatio {
    /// One entry per locus of the panel, in its order.
    pub per_marker: Vec<MarkerLikelihoodRatio>,
    /// Sum of the markers' log10 LR: minus infinity when the first pedigree is excluded.
    pub log10: f64,
}

impl LikelihoodRatio {
    /// The total LR, 0 or infinite where [`Self::log10`] is beyond what a double holds.
    pub fn total(&self) -> f64 {
        10f64.powf(self.log10)
    }
}

/// The LR of `first` against `second` given all profiles, with theta the coancestry coefficient (F_ST) of the
/// population from which all founders come.
///
/// # Errors
/// Those of [`likelihood`]; [`KinshipError::Profile`] when a profile has not one entry per locus;
/// [`KinshipError::BothExcluded`] when each pedigree is impossible at some locus.
pub fn likelihood_ratio(
    panel: &[Locus],
    profiles: &[Profile],
    first: &Pedigree,
    second: &Pedigree,
    theta: f64,
) -> Result<LikelihoodRatio, KinshipError> {
    if let Some(profile) = profiles.iter().find(|profile| profile.genotypes.len() != panel.len()) {
        let reason = "the number of genotypes is not the number of loci";
        return Err(KinshipError::Profile { person: profile.person.clone(), reason });
    }
    // Checked here because a person typed nowhere would otherwise pass unnoticed under the wrong name.
    for profile in profiles {
        first.index(&profile.person)?;
        second.index(&profile.person)?;
    }
    let mut per_marker = Vec::with_capacity(panel.len());
    for (column, locus) in panel.iter().enumerate() {
        let typed: Vec<(&str, Genotype)> = profiles
            .iter()
            .filter_map(|profile| Some((profile.person.as_str(), profile.genotypes[column]?)))
            .collect();
        let numerator = likelihood(locus, first, &typed, theta)?;
        let denominator = likelihood(locus, second, &typed, theta)?;
        let likelihood_ratio = numerator / denominator;
        per_marker.push(MarkerLikelihoodRatio {
            locus: locus.name.clone(),
            numerator,
            denominator,
            likelihood_ratio,
        });
    }
    let excluded_first = per_marker.iter().find(|marker| marker.numerator == 0.0);
    let excluded_second = per_marker.iter().find(|marker| marker.denominator == 0.0);
    if let (Some(first), Some(second)) = (excluded_first, excluded_second) {
        let (numerator, denominator) = (first.locus.clone(), second.locus.clone());
        return Err(KinshipError::BothExcluded { numerator, denominator });
    }
    let log10 = per_marker.iter().map(|marker| marker.numerator.log10() - marker.denominator.log10()).sum();
    Ok(LikelihoodRatio { per_marker, log10 })
}

/// The LR of a pairwise relationship against unrelated, the first profile being the parent, grandparent, aunt
/// or uncle. The names in the profiles are ignored.
///
/// # Errors
/// Those of [`likelihood_ratio`].
pub fn pairwise_likelihood_ratio(
    panel: &[Locus],
    older: &[Option<Genotype>],
    younger: &[Option<Genotype>],
    relationship: Relationship,
    theta: f64,
) -> Result<LikelihoodRatio, KinshipError> {
    let profiles = [("A", older), ("B", younger)]
        .map(|(person, genotypes)| Profile { person: person.to_owned(), genotypes: genotypes.to_vec() });
    let first = relationship.pedigree("A", "B")?;
    likelihood_ratio(panel, &profiles, &first, &Relationship::Unrelated.pedigree("A", "B")?, theta)
}

/// The LR of a pair of non-inbred relatives against unrelated in closed form, without mutation and with theta
/// 0: κ0 + κ1 P(b | a, one allele IBD) / P(b) + κ2 [a = b] / P(b) (Thompson 1975). It needs no pedigree and
/// costs a few operations, for screening many pairs; it does not depend on which of the two is the older.
/// `None` when an allele index is beyond the table.
pub fn ibd_likelihood_ratio(locus: &Locus, kappa: [f64; 3], a: Genotype, b: Genotype) -> Option<f64> {
    let frequency = |allele: usize| locus.alleles.get(allele).map(|(_, frequency)| *frequency);
    let [a_low, a_high] = a.alleles();
    let [b_low, b_high] = b.alleles();
    let (p, q) = (frequency(b_low)?, frequency(b_high)?);
    frequency(a_high)?;
    // Chance that an allele drawn from a is the given one.
    let drawn =
        |allele: usize| (f64::from(u8::from(a_low == allele)) + f64::from(u8::from(a_high == allele))) / 2.0;
    let (unrelated, one_shared) = if b_low == b_high {
        (p * p, drawn(b_low) * p)
    } else {
        (2.0 * p * q, drawn(b_low) * q + drawn(b_high) * p)
    };
    let identical = f64::from(u8::from(a == b));
    Some(kappa[0] + (kappa[1] * one_shared + kappa[2] * identical) / unrelated)
}
