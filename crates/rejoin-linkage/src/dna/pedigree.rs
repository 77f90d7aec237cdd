//! Pedigrees: who is whose mother and father under a hypothesis.
//!
//! A hypothesis is a pedigree and nothing else: the same profiles are laid on two pedigrees and the better
//! explanation wins. Persons who link others but were never typed must be present, so a child with one known
//! parent has an untyped second one.

use super::KinshipError;

/// Founders and their descendants, every child with both parents named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pedigree {
    names: Vec<String>,
    /// Indexes of mother and father; `None` for a founder. Parents may stand after their children.
    pub(super) parents: Vec<Option<[usize; 2]>>,
}

impl Pedigree {
    /// A pedigree from its founders (persons whose parents are not in it, assumed unrelated to each other
    /// except through theta) and from (child, mother, father) triples in any order.
    ///
    /// # Errors
    /// [`KinshipError::Pedigree`] when a name is given twice, a parent is not listed, somebody is both a
    /// mother and a father, or somebody is their own ancestor.
    pub fn new(founders: &[&str], trios: &[(&str, &str, &str)]) -> Result<Self, KinshipError> {
        let refuse = |person: &str, reason| Err(KinshipError::Pedigree { person: person.to_owned(), reason });
        let names: Vec<&str> = founders.iter().copied().chain(trios.iter().map(|trio| trio.0)).collect();
        if let Some((_, name)) = names.iter().enumerate().find(|(i, name)| names[..*i].contains(name)) {
            return refuse(name, "listed twice");
        }
        let find = |name: &str| names.iter().position(|known| *known == name);
        let mut parents = vec![None; founders.len()];
        for &(_, mother, father) in trios {
            match (find(mother), find(father)) {
                (Some(mother), Some(father)) => parents.push(Some([mother, father])),
                (None, _) => return refuse(mother, "a mother who is neither a founder nor a child"),
                _ => return refuse(father, "a father who is neither a founder nor a child"),
            }
        }
        for &[mother, _] in parents.iter().flatten() {
            if parents.iter().flatten().any(|pair| pair[1] == mother) {
                return refuse(names[mother], "both a mother and a father");
            }
        }
        // Generations settle within as many rounds as there are persons, unless somebody is their own
        // ancestor.
        let mut settled: Vec<bool> = parents.iter().map(Option::is_none).collect();
        for _ in &names {
            for child in 0..names.len() {
                settled[child] |=
                    parents[child].is_some_and(|pair| pair.iter().all(|&parent| settled[parent]));
            }
        }
        if let Some(child) = settled.iter().position(|settled| !settled) {
            return refuse(names[child], "descends from a person who is their own ancestor");
        }
        Ok(Self { names: names.into_iter().map(str::to_owned).collect(), parents })
    }

    /// The persons, founders first.
    pub fn people(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    pub(super) fn index(&self, person: &str) -> Result<usize, KinshipError> {
        let found = self.names.iter().position(|name| name == person);
        found.ok_or_else(|| KinshipError::UnknownPerson(person.to_owned()))
    }

    /// The two hypotheses of an identification (Brenner & Weir 2003; Prinz et al. 2007): the unidentified
    /// `sample` comes from the `missing` person of this pedigree; or from somebody unrelated, the missing
    /// person staying untyped. Profiles of the family keep their names under both.
    ///
    /// # Errors
    /// [`KinshipError::UnknownPerson`] when the missing person is not in the pedigree;
    /// [`KinshipError::Pedigree`] when the sample's name is taken.
    pub fn identification(&self, missing: &str, sample: &str) -> Result<(Self, Self), KinshipError> {
        let position = self.index(missing)?;
        if self.index(sample).is_ok() {
            let reason = "listed twice: the sample needs a name of its own";
            return Err(KinshipError::Pedigree { person: sample.to_owned(), reason });
        }
        let mut identified = self.clone();
        identified.names[position] = sample.to_owned();
        let mut unrelated = self.clone();
        unrelated.names.push(sample.to_owned());
        unrelated.parents.push(None);
        Ok((identified, unrelated))
    }
}

/// The usual hypotheses about two persons. In the asymmetric ones the first is the older.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relationship {
    /// The first is a parent of the second.
    ParentChild,
    /// Both parents in common.
    FullSiblings,
    /// One parent in common.
    HalfSiblings,
    /// The first is a grandparent of the second.
    Grandparent,
    /// The first is an aunt or uncle of the second.
    Avuncular,
    /// A parent of the first and a parent of the second are full siblings.
    FirstCousins,
    /// No common ancestor.
    Unrelated,
}

impl Relationship {
    /// All of them, from close to distant.
    pub const ALL: [Self; 7] = [
        Self::ParentChild,
        Self::FullSiblings,
        Self::HalfSiblings,
        Self::Grandparent,
        Self::Avuncular,
        Self::FirstCousins,
        Self::Unrelated,
    ];

    /// The chances that the pair shares 0, 1 and 2 alleles identical by descent (Thompson 1975).
    pub fn kappa(self) -> [f64; 3] {
        match self {
            Self::ParentChild => [0.0, 1.0, 0.0],
            Self::FullSiblings => [0.25, 0.5, 0.25],
            Self::HalfSiblings | Self::Grandparent | Self::Avuncular => [0.5, 0.5, 0.0],
            Self::FirstCousins => [0.75, 0.25, 0.0],
            Self::Unrelated => [1.0, 0.0, 0.0],
        }
    }

    /// The pedigree that holds the pair and the untyped persons who link them. The pair's sexes are unknown,
    /// so the first person, where a parent, is entered as a father; with different maternal and paternal
    /// mutation models a pedigree of one's own says which.
    ///
    /// # Errors
    /// [`KinshipError::Pedigree`] when the two names are the same or one of those of the linking persons
    /// ("grandmother", "grandfather", "mother", "father", "other mother", "other father").
    pub fn pedigree(self, first: &str, second: &str) -> Result<Pedigree, KinshipError> {
        let (mother, father, other) = ("mother", "father", "other mother");
        let (grandmother, grandfather) = ("grandmother", "grandfather");
        match self {
            Self::ParentChild => Pedigree::new(&[first, mother], &[(second, mother, first)]),
            Self::FullSiblings => {
                Pedigree::new(&[mother, father], &[(first, mother, father), (second, mother, father)])
            }
            Self::HalfSiblings => {
                Pedigree::new(&[mother, father, other], &[(first, mother, father), (second, other, father)])
            }
            Self::Grandparent => Pedigree::new(
                &[first, grandmother, mother],
                &[(father, grandmother, first), (second, mother, father)],
            ),
            Self::Avuncular => Pedigree::new(
                &[grandmother, grandfather, mother],
                &[
                    (first, grandmother, grandfather),
                    (father, grandmother, grandfather),
                    (second, mother, father),
                ],
            ),
            Self::FirstCousins => Pedigree::new(
                &[grandmother, grandfather, mother, other],
                &[
                    (father, grandmother, grandfather),
                    ("other father", grandmother, grandfather),
                    (first, mother, father),
                    (second, other, "other father"),
                ],
            ),
            Self::Unrelated => Pedigree::new(&[first, second], &[]),
        }
    }
}
