//! Mutation models: the chance that a parent's allele arrives as another allele in the child.
//!
//! Without a model one mutation in twenty markers turns a true parent into an exclusion, so the choice of
//! model decides real cases; the four standard ones of Familias are here, and a fixed matrix for any other.

/// `transitions[i][j]`: the chance that a parent's allele i is transmitted as allele j. Rows sum to 1.
pub(super) type Transitions = Vec<Vec<f64>>;

/// How alleles mutate in one transmission. Rates are probabilities per transmission (Egeland et al. 2000;
/// Kling et al. 2014, Familias 3; Vigeland 2021, Pedigree analysis in R, chapter 5).
#[derive(Debug, Clone, PartialEq)]
pub enum Mutation {
    /// Alleles are transmitted unchanged; one incompatibility excludes.
    None,
    /// Every allele mutates with the same rate, to every other allele with the same chance rate / (n − 1).
    Equal {
        /// Chance of a mutation per transmission.
        rate: f64,
    },
    /// i → j with chance α p(j), α = rate / Σ p(1 − p), so that the mean rate is `rate` and the population's
    /// frequencies stay as they are.
    Proportional {
        /// Mean chance of a mutation per transmission.
        rate: f64,
    },
    /// Alleles must be named by their repeat numbers. Within alleles of the same partial repeat (9.3, 10.3,
    /// …) the rate is shared out in proportion to range^|steps|; `rate2` is shared out evenly among alleles
    /// of another partial repeat. An allele alone with its partial repeat has no mutation of the first kind.
    Stepwise {
        /// Chance of a mutation by whole repeats.
        rate: f64,
        /// Chance of a mutation to another partial repeat (microvariant).
        rate2: f64,
        /// Ratio of the chance of n + 1 steps to that of n steps.
        range: f64,
    },
    /// Row i holds the chances of allele i's transmission as each allele, in the order of the locus.
    Matrix(Vec<Vec<f64>>),
}

impl Mutation {
    /// The transition matrix at a locus, or why there is none.
    pub(super) fn transitions(&self, alleles: &[(String, f64)]) -> Result<Transitions, &'static str> {
        let n = alleles.len();
        let identity = || (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
        let transitions: Transitions = match self {
            Self::None => identity(),
            Self::Equal { .. } | Self::Proportional { .. } | Self::Stepwise { .. } if n == 1 => identity(),
            Self::Equal { rate } => {
                let other = rate / (n - 1) as f64;
                from_changes(n, |i, j| if i == j { 0.0 } else { other })
            }
            Self::Proportional { rate } => {
                let heterozygosity: f64 = alleles.iter().map(|(_, p)| p * (1.0 - p)).sum();
                let alpha = rate / heterozygosity;
                from_changes(n, |i, j| if i == j { 0.0 } else { alpha * alleles[j].1 })
            }
            Self::Stepwise { rate, rate2, range } => stepwise(alleles, *rate, *rate2, *range)?,
            Self::Matrix(rows) => rows.clone(),
        };
        let square = transitions.len() == n && transitions.iter().all(|row| row.len() == n);
        let sums_to_one = |row: &Vec<f64>| (row.iter().sum::<f64>() - 1.0).abs() < 1e-9;
        if !square || !transitions.iter().all(sums_to_one) {
            return Err("the matrix is not square over the alleles with rows that sum to 1");
        }
        if transitions.iter().flatten().any(|chance| !(-1e-15..=1.0 + 1e-9).contains(chance)) {
            return Err("the rates give a chance outside 0 to 1");
        }
        // What rounding leaves below zero, at rates near 1, is no chance at all.
        Ok(transitions
            .into_iter()
            .map(|row| row.into_iter().map(|chance| chance.max(0.0)).collect())
            .collect())
    }
}

/// A matrix from the chances of change, what is left of each row being the chance of no mutation.
fn from_changes(n: usize, change: impl Fn(usize, usize) -> f64) -> Transitions {
    let row = |i: usize| {
        let mut row: Vec<f64> = (0..n).map(|j| change(i, j)).collect();
        row[i] = 1.0 - row.iter().sum::<f64>();
        row
    };
    (0..n).map(row).collect()
}

fn stepwise(
    alleles: &[(String, f64)],
    rate: f64,
    rate2: f64,
    range: f64,
) -> Result<Transitions, &'static str> {
    if !(range > 0.0 && range.is_finite()) {
        return Err("the range is not positive");
    }
    // Whole and partial repeats are kept as integers: as floating numbers 17.3 − 17 and 9.3 − 9 differ.
    let repeats: Option<Vec<(i32, i32)>> = alleles.iter().map(|(name, _)| repeat_number(name)).collect();
    let repeats = repeats.ok_or("the stepwise model needs alleles named by repeat numbers such as 9.3")?;
    let weight = |i: usize, j: usize| {
        let (from, to) = (repeats[i], repeats[j]);
        if i == j || from.1 != to.1 { 0.0 } else { range.powi((from.0 - to.0).abs()) }
    };
    let n = alleles.len();
    let weights: Vec<f64> = (0..n).map(|i| (0..n).map(|j| weight(i, j)).sum()).collect();
    let others: Vec<usize> =
        repeats.iter().map(|from| repeats.iter().filter(|to| to.1 != from.1).count()).collect();
    Ok(from_changes(n, |i, j| {
        if repeats[i].1 != repeats[j].1 {
            rate2 / others[i] as f64
        } else if i == j {
            0.0
        } else {
            rate * weight(i, j) / weights[i]
        }
    }))
}

/// Whole repeats and bases of the partial repeat in an allele's name: "9.3" is (9, 3), "12" is (12, 0).
fn repeat_number(name: &str) -> Option<(i32, i32)> {
    let (whole, partial) = name.split_once('.').unwrap_or((name, "0"));
    let digits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if digits(whole, 4) && digits(partial, 1) {
        Some((whole.parse().ok()?, partial.parse().ok()?))
    } else {
        None
    }
}

/// The matrix with the alleles of each class taken as one, or `None` where that would not be exact: every
/// allele of a class must have the same chance to reach each class (strong lumpability, Kemeny & Snell 1976,
/// theorem 6.3.2). `class[i]` is the class of allele i.
pub(super) fn lump(transitions: &Transitions, class: &[usize], classes: usize) -> Option<Transitions> {
    let mut lumped: Vec<Option<Vec<f64>>> = vec![None; classes];
    for (row, &from) in transitions.iter().zip(class) {
        let mut sums = vec![0.0; classes];
        row.iter().zip(class).for_each(|(chance, &to)| sums[to] += chance);
        match &lumped[from] {
            None => lumped[from] = Some(sums),
            Some(known) => {
                // Relative, because a stepwise model tells alleles apart by chances of 1e-10 and less.
                let same = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-12 * a.max(*b);
                if !known.iter().zip(&sums).all(same) {
                    return None;
                }
            }
        }
    }
    lumped.into_iter().collect()
}
