//! DNA cases as files: everything that changes the number stands in one JSON text, so that a second laboratory can compute
//! it again. Unknown keys are refused: a misspelt `theta` must not silently be 0.

use rejoin_linkage::dna::{
    KinshipError, LikelihoodRatio, Locus, Mutation, Pedigree, Profile, Relationship, likelihood_ratio,
    pairwise_likelihood_ratio,
};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Why a case gives no likelihood ratio.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is no case.
    #[error("the case cannot be read: {0}")]
    Case(String),
    /// The frequency table is not what the case needs.
    #[error("the frequency table: {0}")]
    Frequencies(String),
    /// The computation was refused.
    #[error(transparent)]
    Kinship(#[from] KinshipError),
}

impl Error {
    /// What the user can do.
    pub fn hint(&self) -> &'static str {
        match self {
            Error::Case(_) => "docs/formats/dna-case.md has the form, with examples",
            Error::Frequencies(_) => "columns: source, population, marker, allele, frequency",
            Error::Kinship(KinshipError::UnknownAllele { .. }) => {
                "give frequencies.rare_allele_frequency, usually 5 / (2 x persons sampled)"
            }
            Error::Kinship(KinshipError::BothExcluded { .. }) => "give a mutation model",
            Error::Kinship(KinshipError::TooManyStates { .. }) => "leave the locus out, or take theta 0",
            Error::Kinship(_) => "correct the case file",
        }
    }
}

/// A case, as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// `rejoin-dna-case/1`.
    format: String,
    /// Which frequencies.
    pub frequencies: Frequencies,
    #[serde(default)]
    loci: Vec<String>,
    /// Coancestry coefficient, 0 ≤ theta < 1.
    #[serde(default)]
    pub theta: f64,
    #[serde(default)]
    mutation: Option<Mutations>,
    profiles: BTreeMap<String, BTreeMap<String, Option<String>>>,
    #[serde(default)]
    hypotheses: Vec<Hypothesis>,
    #[serde(default)]
    identification: Option<Identification>,
    #[serde(default)]
    pairwise: Option<Pairwise>,
}

/// Which frequency table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frequencies {
    /// The file, relative to the case's.
    pub file: String,
    source: String,
    /// The population whose frequencies are used.
    pub population: String,
    #[serde(default)]
    rare_allele_frequency: Option<f64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutations {
    #[serde(default)]
    maternal: Option<Model>,
    #[serde(default)]
    paternal: Option<Model>,
    #[serde(default)]
    loci: BTreeMap<String, Sexes>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sexes {
    #[serde(default)]
    maternal: Option<Model>,
    #[serde(default)]
    paternal: Option<Model>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "model", rename_all = "lowercase", deny_unknown_fields)]
enum Model {
    None {},
    Equal { rate: f64 },
    Proportional { rate: f64 },
    Stepwise { rate: f64, rate2: f64, range: f64 },
    Matrix { rows: Vec<Vec<f64>> },
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hypothesis {
    name: String,
    founders: Vec<String>,
    children: Vec<Child>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Child {
    child: String,
    mother: String,
    father: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Identification {
    founders: Vec<String>,
    children: Vec<Child>,
    missing: String,
    sample: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pairwise {
    older: String,
    younger: String,
    #[serde(default)]
    relationships: Vec<String>,
}

/// One comparison of two hypotheses.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The hypothesis in the numerator.
    pub first: String,
    /// The hypothesis in the denominator.
    pub second: String,
    /// The ratio, locus by locus and in total.
    pub ratio: LikelihoodRatio,
}

/// Names of pairwise relationships, as in a case.
pub const RELATIONSHIPS: [(&str, Relationship); 7] = [
    ("parent-child", Relationship::ParentChild),
    ("full-siblings", Relationship::FullSiblings),
    ("half-siblings", Relationship::HalfSiblings),
    ("grandparent", Relationship::Grandparent),
    ("avuncular", Relationship::Avuncular),
    ("first-cousins", Relationship::FirstCousins),
    ("unrelated", Relationship::Unrelated),
];

impl Case {
    /// Reads a case.
    ///
    /// # Errors
    /// With the line, when the text is no case.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let case: Self = serde_json::from_str(text).map_err(|error| Error::Case(error.to_string()))?;
        if case.format != "rejoin-dna-case/1" {
            return Err(Error::Case(format!("format {:?} is not rejoin-dna-case/1", case.format)));
        }
        let ways = usize::from(!case.hypotheses.is_empty())
            + usize::from(case.identification.is_some())
            + usize::from(case.pairwise.is_some());
        if ways != 1 {
            return Err(Error::Case("give one of hypotheses, identification and pairwise".into()));
        }
        if !case.hypotheses.is_empty() && case.hypotheses.len() != 2 {
            return Err(Error::Case("there must be exactly two hypotheses".into()));
        }
        Ok(case)
    }

    /// Whether the case asks if `adult` is the parent of `child`, against another answer: the only question whose ratio
    /// is evidence of parents.
    pub fn asks_parentage(&self, child: &str, adult: &str) -> bool {
        if let Some(pair) = &self.pairwise {
            let only = pair.relationships.iter().map(String::as_str).eq(["parent-child"]);
            return only && pair.older == adult && pair.younger == child;
        }
        let parent = |hypothesis: &Hypothesis| {
            let mut own = hypothesis.children.iter().filter(|entry| entry.child == child);
            own.any(|entry| entry.mother == adult || entry.father == adult)
        };
        match &self.hypotheses[..] {
            [first, second] => parent(first) && !parent(second),
            _ => false,
        }
    }

    /// Loci that both people have a result for.
    pub fn typed(&self, one: &str, other: &str) -> usize {
        let of = |name: &str| self.profiles.get(name);
        let Some((one, other)) = of(one).zip(of(other)) else { return 0 };
        let both = |locus: &&String| {
            let has =
                |profile: &BTreeMap<String, Option<String>>| profile.get(*locus).is_some_and(Option::is_some);
            has(one) && has(other)
        };
        one.keys().filter(both).filter(|locus| self.loci.is_empty() || self.loci.contains(locus)).count()
    }

    /// How many people have a profile.
    pub fn people(&self) -> usize {
        self.profiles.len()
    }

    /// Alleles by locus, from a table with the columns source, population, marker, allele and frequency.
    fn table(&self, text: &str) -> Result<BTreeMap<String, Vec<(String, f64)>>, Error> {
        let mut lines = text.lines();
        let header: Vec<&str> = lines.next().unwrap_or_default().split(',').map(str::trim).collect();
        let column = |name: &str| {
            header
                .iter()
                .position(|column| *column == name)
                .ok_or_else(|| Error::Frequencies(format!("there is no column {name:?}")))
        };
        let (source, population) = (column("source")?, column("population")?);
        let (marker, allele, frequency) = (column("marker")?, column("allele")?, column("frequency")?);
        let mut table: BTreeMap<String, Vec<(String, f64)>> = BTreeMap::new();
        for (number, line) in lines.enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let cells: Vec<&str> = line.split(',').map(str::trim).collect();
            let cell = |at: usize| cells.get(at).copied().unwrap_or_default();
            if cell(source) != self.frequencies.source || cell(population) != self.frequencies.population {
                continue;
            }
            let value: f64 = cell(frequency).parse().map_err(|_| {
                Error::Frequencies(format!("line {}: {:?} is no frequency", number + 2, cell(frequency)))
            })?;
            // Tables list alleles that other populations have.
            if value > 0.0 {
                table.entry(cell(marker).to_owned()).or_default().push((cell(allele).to_owned(), value));
            }
        }
        if table.is_empty() {
            let Frequencies { source, population, .. } = &self.frequencies;
            return Err(Error::Frequencies(format!(
                "no rows of source {source:?}, population {population:?}"
            )));
        }
        Ok(table)
    }

    fn mutation(&self, locus: &str) -> [Mutation; 2] {
        let model = |model: Option<&Model>| match model {
            None | Some(Model::None {}) => Mutation::None,
            Some(Model::Equal { rate }) => Mutation::Equal { rate: *rate },
            Some(Model::Proportional { rate }) => Mutation::Proportional { rate: *rate },
            Some(Model::Stepwise { rate, rate2, range }) => {
                Mutation::Stepwise { rate: *rate, rate2: *rate2, range: *range }
            }
            Some(Model::Matrix { rows }) => Mutation::Matrix(rows.clone()),
        };
        let Some(mutation) = &self.mutation else { return [Mutation::None, Mutation::None] };
        let own = mutation.loci.get(locus);
        let maternal = own.and_then(|own| own.maternal.as_ref()).or(mutation.maternal.as_ref());
        let paternal = own.and_then(|own| own.paternal.as_ref()).or(mutation.paternal.as_ref());
        [model(maternal), model(paternal)]
    }

    /// The loci in order, rare alleles of the profiles admitted, and the profiles.
    fn panel(&self, frequencies: &str) -> Result<(Vec<Locus>, Vec<Profile>), Error> {
        let mut table = self.table(frequencies)?;
        let typed: BTreeSet<&String> = self.profiles.values().flat_map(BTreeMap::keys).collect();
        let loci: Vec<String> = if self.loci.is_empty() {
            table.keys().filter(|locus| typed.contains(locus)).cloned().collect()
        } else {
            self.loci.clone()
        };
        if let Some(odd) = typed.iter().find(|locus| self.loci.is_empty() && !table.contains_key(**locus)) {
            return Err(Error::Frequencies(format!(
                "a profile has the locus {odd}, which the table has not"
            )));
        }
        let split = |said: &str| -> Option<(String, String)> {
            let (one, other) = said.split_once('/')?;
            Some((one.trim().to_owned(), other.trim().to_owned()))
        };
        let mut panel = Vec::new();
        for name in &loci {
            let alleles =
                table.remove(name).ok_or_else(|| Error::Frequencies(format!("there is no locus {name}")))?;
            let [maternal, paternal] = self.mutation(name);
            let mut locus = Locus::new(name, alleles)?.with_mutation(maternal, paternal)?;
            if let Some(frequency) = self.frequencies.rare_allele_frequency {
                let said = self.profiles.values().filter_map(|profile| profile.get(name)?.as_deref());
                for (one, other) in said.filter_map(split) {
                    locus.admit_allele(&one, frequency)?;
                    locus.admit_allele(&other, frequency)?;
                }
            }
            panel.push(locus);
        }
        let mut profiles = Vec::new();
        for (person, said) in &self.profiles {
            let mut genotypes = Vec::new();
            for locus in &panel {
                genotypes.push(match said.get(locus.name()).and_then(Option::as_deref) {
                    None => None,
                    Some(text) => {
                        let (one, other) = split(text).ok_or_else(|| {
                            // What was written is part of a profile, and stays out of messages.
                            Error::Case(format!("{person}, {}: not of the form 12/13", locus.name()))
                        })?;
                        Some(locus.genotype(&one, &other)?)
                    }
                });
            }
            profiles.push(Profile { person: person.clone(), genotypes });
        }
        Ok((panel, profiles))
    }

    /// The likelihood ratios of the case: one, or one a relationship.
    ///
    /// # Errors
    /// When the table lacks a locus, a profile cannot be read, or the hypotheses are no pedigrees.
    pub fn compare(&self, frequencies: &str) -> Result<Vec<Comparison>, Error> {
        let (panel, profiles) = self.panel(frequencies)?;
        if let Some(pair) = &self.pairwise {
            let of = |name: &str| {
                profiles
                    .iter()
                    .find(|profile| profile.person == name)
                    .ok_or_else(|| Error::Case(format!("{name} has no profile")))
            };
            let (older, younger) = (of(&pair.older)?, of(&pair.younger)?);
            let wanted: Vec<(&str, Relationship)> = if pair.relationships.is_empty() {
                RELATIONSHIPS.to_vec()
            } else {
                let known = |name: &String| {
                    RELATIONSHIPS.iter().find(|(word, _)| word == name).copied().ok_or_else(|| {
                        let words = RELATIONSHIPS.map(|(word, _)| word).join(", ");
                        Error::Case(format!("{name:?} is none of {words}"))
                    })
                };
                pair.relationships.iter().map(known).collect::<Result<_, _>>()?
            };
            return wanted
                .into_iter()
                .map(|(name, relationship)| {
                    let (older, younger) = (&older.genotypes, &younger.genotypes);
                    let ratio = pairwise_likelihood_ratio(&panel, older, younger, relationship, self.theta)?;
                    Ok(Comparison { first: name.to_owned(), second: "unrelated".to_owned(), ratio })
                })
                .collect();
        }
        let (names, first, second) = self.pedigrees()?;
        let ratio = likelihood_ratio(&panel, &profiles, &first, &second, self.theta)?;
        let [one, other] = names;
        Ok(vec![Comparison { first: one, second: other, ratio }])
    }

    fn pedigrees(&self) -> Result<([String; 2], Pedigree, Pedigree), Error> {
        fn pedigree(founders: &[String], children: &[Child]) -> Result<Pedigree, KinshipError> {
            let founders: Vec<&str> = founders.iter().map(String::as_str).collect();
            let children: Vec<(&str, &str, &str)> = children
                .iter()
                .map(|child| (child.child.as_str(), child.mother.as_str(), child.father.as_str()))
                .collect();
            Pedigree::new(&founders, &children)
        }
        if let Some(sought) = &self.identification {
            let family = pedigree(&sought.founders, &sought.children)?;
            let (first, second) = family.identification(&sought.missing, &sought.sample)?;
            let names = [
                format!("{} is {}", sought.sample, sought.missing),
                format!("{} is unrelated", sought.sample),
            ];
            return Ok((names, first, second));
        }
        let [first, second] = &self.hypotheses[..] else {
            return Err(Error::Case("there must be exactly two hypotheses".into()));
        };
        Ok((
            [first.name.clone(), second.name.clone()],
            pedigree(&first.founders, &first.children)?,
            pedigree(&second.founders, &second.children)?,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str =
        "source,population,marker,allele,frequency,n\nX,P,A,8,0.25,100\nX,P,A,9,0.75,100\nX,Q,A,8,1,1\n";

    fn case(rest: &str) -> Result<Vec<Comparison>, Error> {
        let text = format!(
            r#"{{"format": "rejoin-dna-case/1", "frequencies": {{"file": "f.csv", "source": "X", "population": "P"}},
            "profiles": {{"man": {{"A": "8/8"}}, "child": {{"A": "8/9"}}}}, {rest}}}"#
        );
        Case::parse(&text)?.compare(TABLE)
    }

    #[test]
    fn a_pair_and_a_trio_by_hand() {
        let found =
            case(r#""pairwise": {"older": "man", "younger": "child", "relationships": ["parent-child"]}"#)
                .unwrap();
        // P(child | father 8/8) = P(the mother gave 9) = 0.75; P(child) = 2 * 0.25 * 0.75.
        assert!((found[0].ratio.total() - 0.75 / 0.375).abs() < 1e-12);
        let pedigrees = r#""hypotheses": [
            {"name": "father", "founders": ["man", "m"], "children": [{"child": "child", "mother": "m", "father": "man"}]},
            {"name": "not", "founders": ["man", "m", "f"], "children": [{"child": "child", "mother": "m", "father": "f"}]}]"#;
        assert!((case(pedigrees).unwrap()[0].ratio.total() - 2.0).abs() < 1e-12);
    }

    #[test]
    fn what_is_misspelt_is_refused() {
        assert!(matches!(case(r#""theeta": 0.01"#), Err(Error::Case(_))));
        assert!(matches!(case(r#""theta": 0.01"#), Err(Error::Case(_))), "no hypotheses");
        let odd = r#""pairwise": {"older": "man", "younger": "child", "relationships": ["uncle"]}"#;
        assert!(case(odd).unwrap_err().to_string().contains("avuncular"));
    }
}
