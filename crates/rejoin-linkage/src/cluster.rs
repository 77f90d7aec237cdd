//! Clusters: which records are one person. Not connected components: two groups are joined only if no pair across them
//! speaks clearly against it, so a weak bridge does not fuse two people and twins stay apart.

/// A scored pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Row.
    pub left: u32,
    /// Row, greater than `left`.
    pub right: u32,
    /// Total weight, prior included.
    pub weight: i64,
}

/// A merge that was refused, and the pair that spoke against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// The link that asked for it.
    pub link: Link,
    /// The pair across the two groups that spoke most against it.
    pub against: Link,
}

/// Joins rows, strongest link first. `weigh` gives the weight of any pair; a join is refused when a pair across the
/// two groups weighs less than `against`. Returns row → representative (the smallest row of its cluster), and the
/// refusals.
pub fn cluster(
    rows: usize,
    mut links: Vec<Link>,
    against: i64,
    weigh: impl Fn(u32, u32) -> i64,
) -> (Vec<u32>, Vec<Refused>) {
    links.sort_unstable_by_key(|link| (std::cmp::Reverse(link.weight), link.left, link.right));
    let mut of: Vec<u32> = (0..rows as u32).collect();
    let mut members: Vec<Vec<u32>> = (0..rows as u32).map(|row| vec![row]).collect();
    let mut refused = Vec::new();
    for link in links {
        let (one, other) = (of[link.left as usize], of[link.right as usize]);
        if one == other {
            continue;
        }
        let worst = members[one as usize]
            .iter()
            .flat_map(|left| members[other as usize].iter().map(move |right| (*left, *right)))
            .map(|(left, right)| Link {
                left: left.min(right),
                right: left.max(right),
                weight: weigh(left, right),
            })
            .min_by_key(|pair| (pair.weight, pair.left, pair.right));
        if let Some(worst) = worst.filter(|worst| worst.weight < against) {
            refused.push(Refused { link, against: worst });
            continue;
        }
        let (keep, gone) = (one.min(other), one.max(other));
        let moved = std::mem::take(&mut members[gone as usize]);
        for row in &moved {
            of[*row as usize] = keep;
        }
        members[keep as usize].extend(moved);
    }
    (of, refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Weights of pairs in bits; pairs not named weigh 0.
    fn check(rows: usize, pairs: &[(u32, u32, i64)], expect: &[u32], refusals: usize) {
        let weigh = |left: u32, right: u32| {
            let (left, right) = (left.min(right), left.max(right));
            pairs.iter().find(|pair| (pair.0, pair.1) == (left, right)).map_or(0, |pair| pair.2)
        };
        let links = pairs
            .iter()
            .filter(|pair| pair.2 > 3)
            .map(|pair| Link { left: pair.0, right: pair.1, weight: pair.2 })
            .collect();
        let (of, refused) = cluster(rows, links, -5, weigh);
        assert_eq!((of.as_slice(), refused.len()), (expect, refusals), "{pairs:?}");
    }

    #[test]
    fn a_weak_bridge_does_not_fuse_two_people() {
        check(4, &[(0, 1, 20), (2, 3, 20), (1, 2, 6)], &[0, 0, 0, 0], 0);
        check(4, &[(0, 1, 20), (2, 3, 20), (1, 2, 6), (0, 3, -9)], &[0, 0, 2, 2], 1);
        check(3, &[(0, 1, 20), (0, 2, 10), (1, 2, -30)], &[0, 0, 2], 1);
    }
}
