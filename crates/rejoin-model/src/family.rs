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
    /// A grandparent.
    Grandparent,
    /// Another carer: an aunt, an uncle, a legal guardian.
    Guardian,
    /// Another child of the same parents.
    Sibling,
}

impl Relation {
    /// Every relation.
    pub const ALL: [Relation; 6] = [
        Relation::Mother,
        Relation::Father,
        Relation::Parent,
        Relation::Grandparent,
        Relation::Guardian,
        Relation::Sibling,
    ];

    /// Whether it is that of a mother or father.
    pub fn is_parent(self) -> bool {
        matches!(self, Relation::Mother | Relation::Father | Relation::Parent)
    }

    /// The relation of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|relation| relation.word() == word)
    }

    /// The stable word used in output and truth files.
    pub fn word(self) -> &'static str {
        match self {
            Relation::Mother => "mother",
            Relation::Father => "father",
            Relation::Parent => "parent",
            Relation::Grandparent => "grandparent",
            Relation::Guardian => "guardian",
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
    /// Probability that none of the candidates for the place is right.
    pub none: f64,
    /// It had been rejected, and is proposed again for what is new since then.
    pub new: Vec<String>,
}

/// What a person decided of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// To be verified: child and adult are asked. Nothing is decided of the family yet.
    Accepted,
    /// Not proposed again unless there is new evidence.
    Rejected,
    /// Somebody is to look for more.
    NeedsEvidence,
}

impl Verdict {
    /// Every verdict with its stable word.
    pub const ALL: [(Verdict, &str); 3] = [
        (Verdict::Accepted, "accepted"),
        (Verdict::Rejected, "rejected"),
        (Verdict::NeedsEvidence, "needs-evidence"),
    ];

    /// The stable word.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(verdict, _)| *verdict == self).map_or("", |(_, word)| word)
    }

    /// The verdict of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(verdict, _)| *verdict)
    }
}
