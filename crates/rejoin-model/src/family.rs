//! Who may belong with whom: a suspicion with a probability and its evidence. Only people turn it into a family.

use crate::id::PersonId;

/// Members above which a "family unit" is a placeholder or a group, and joins nobody.
pub const LARGEST_UNIT: usize = 20;

/// What the adult (or the other child) would be to the child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// The child's mother.
    Mother,
    /// The child's father.
    Father,
    /// A parent whose sex is not on record.
    Parent,
    /// Another child of the same parents.
    Sibling,
}

impl Relation {
    /// The stable word used in output and truth files.
    pub fn word(self) -> &'static str {
        match self {
            Relation::Mother => "mother",
            Relation::Father => "father",
            Relation::Parent => "parent",
            Relation::Sibling => "sibling",
        }
    }
}

/// One reason for or against a candidate, with its share of the score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Stable name of the kind of evidence, as in `family-unit-number`.
    pub kind: &'static str,
    /// Match weight in units of 2⁻²⁰ bits: log2 of how much likelier this is for a family than by chance.
    pub weight: i64,
    /// What was seen, in words a case worker can read aloud.
    pub words: String,
}

/// A proposed relation between two people.
#[derive(Debug, Clone, PartialEq)]
pub struct FamilyCandidate {
    /// The child.
    pub child: PersonId,
    /// The adult, or for [`Relation::Sibling`] the other child.
    pub other: PersonId,
    /// What `other` would be to `child`.
    pub relation: Relation,
    /// Probability of the relation given the evidence, in 0..=1.
    pub probability: f64,
    /// The evidence; weights add up, with the prior, to the probability.
    pub evidence: Vec<Evidence>,
    /// Another candidate of at least even probability claims the same place in the child's family.
    pub contested: bool,
}
