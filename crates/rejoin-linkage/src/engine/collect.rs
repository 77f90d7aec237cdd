//! Clusters, and what they teach about pairs. A pair is not judged alone: if one row of each of two groups agree while
//! all other pairs across the groups disagree, the one is an accident; if all agree but one, the one is a bad copy.
//!
//! Groups are joined strongest link first, and only if the pairs across them agree on average. So a weak bridge does not
//! fuse two people, and twins stay apart, whose rows contradict each other. At the end a pair across two groups is
//! worth what the pairs across them are worth on average, and a pair within a group at least what joined it.

use crate::cluster::{Link, Refused};
use hashbrown::HashMap;

/// Pairs across two groups that are looked at, at most: beyond, evenly spread ones.
const LOOKED_AT: usize = 64;

pub(crate) struct Groups {
    /// Row → smallest row of its group.
    pub of: Vec<u32>,
    /// Smallest row → rows of the group, groups of one left out.
    members: HashMap<u32, Vec<u32>>,
    /// Smallest row → the weight of the weakest join in the group.
    joined_at: HashMap<u32, i64>,
    pub refused: Vec<Refused>,
}

/// Mean weight of the pairs across two groups, and the worst of them.
fn across(one: &[u32], other: &[u32], weigh: &impl Fn(u32, u32) -> i64) -> (i64, Link) {
    let total = one.len() * other.len();
    // A step that shares no factor with the second group's size meets all of its rows.
    let divides = |step: usize| {
        (2..=other.len().min(step)).any(|by| step.is_multiple_of(by) && other.len().is_multiple_of(by))
    };
    let mut step = total.div_ceil(LOOKED_AT);
    while divides(step) {
        step += 1;
    }
    let (mut sum, mut count) = (0i64, 0i64);
    let mut worst: Option<Link> = None;
    for at in (0..total).step_by(step) {
        let (left, right) = (one[at / other.len()], other[at % other.len()]);
        let pair = Link { left: left.min(right), right: left.max(right), weight: weigh(left, right) };
        sum += pair.weight;
        count += 1;
        if worst.is_none_or(|worst| (pair.weight, pair.left) < (worst.weight, worst.left)) {
            worst = Some(pair);
        }
    }
    (sum / count.max(1), worst.unwrap_or(Link { left: 0, right: 0, weight: 0 }))
}

impl Groups {
    /// Joins rows; `links` strongest first are asked one by one. `at_least`: the mean weight across two groups below
    /// which they stay apart.
    pub fn new(rows: usize, mut links: Vec<Link>, at_least: i64, weigh: &impl Fn(u32, u32) -> i64) -> Self {
        links.sort_unstable_by_key(|link| (std::cmp::Reverse(link.weight), link.left, link.right));
        let mut groups = Self {
            of: (0..rows as u32).collect(),
            members: HashMap::new(),
            joined_at: HashMap::new(),
            refused: Vec::new(),
        };
        // Two groups are asked again only when one of them has grown.
        let mut asked: HashMap<(u32, u32), (usize, usize)> = HashMap::new();
        for link in links {
            let (one, other) = (groups.of[link.left as usize], groups.of[link.right as usize]);
            if one == other {
                continue;
            }
            let (keep, gone) = (one.min(other), one.max(other));
            let sizes = (groups.size(keep), groups.size(gone));
            if sizes != (1, 1) {
                if asked.get(&(keep, gone)) == Some(&sizes) {
                    continue;
                }
                let (mean, worst) = across(groups.rows(&keep), groups.rows(&gone), weigh);
                if mean < at_least {
                    asked.insert((keep, gone), sizes);
                    groups.refused.push(Refused { link, against: worst });
                    continue;
                }
            }
            let moved = groups.members.remove(&gone).unwrap_or_else(|| vec![gone]);
            moved.iter().for_each(|row| groups.of[*row as usize] = keep);
            groups.members.entry(keep).or_insert_with(|| vec![keep]).extend(moved);
            let weakest = groups.joined_at.remove(&gone).unwrap_or(i64::MAX).min(link.weight);
            let joined = groups.joined_at.entry(keep).or_insert(i64::MAX);
            *joined = (*joined).min(weakest);
        }
        groups
    }

    fn size(&self, of: u32) -> usize {
        self.members.get(&of).map_or(1, Vec::len)
    }

    fn rows<'a>(&'a self, of: &'a u32) -> &'a [u32] {
        self.members.get(of).map_or(std::slice::from_ref(of), Vec::as_slice)
    }

    /// What each link is worth in the light of its groups, in the order of `links`.
    pub fn believed(&self, links: &[Link], weigh: &impl Fn(u32, u32) -> i64) -> Vec<i64> {
        let mut means: HashMap<(u32, u32), i64> = HashMap::new();
        links
            .iter()
            .map(|link| {
                let (one, other) = (self.of[link.left as usize], self.of[link.right as usize]);
                if one == other {
                    return link.weight.max(self.joined_at.get(&one).copied().unwrap_or(link.weight));
                }
                let (one, other) = (one.min(other), one.max(other));
                if self.size(one) == 1 && self.size(other) == 1 {
                    return link.weight;
                }
                *means
                    .entry((one, other))
                    .or_insert_with(|| across(self.rows(&one), self.rows(&other), weigh).0)
            })
            .collect()
    }

    /// Every pair of rows in one group of at most `largest` rows, with the weight of the group's weakest join.
    pub fn within(&self, largest: usize) -> impl Iterator<Item = (u32, u32, i64)> {
        let groups = self.members.iter().filter(move |(_, rows)| rows.len() <= largest);
        groups.flat_map(|(of, rows)| {
            let joined = self.joined_at.get(of).copied().unwrap_or(0);
            rows.iter().enumerate().flat_map(move |(at, left)| {
                rows[at + 1..].iter().map(move |right| ((*left).min(*right), (*left).max(*right), joined))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Weights of pairs; pairs not named weigh -6.
    fn check(rows: usize, pairs: &[(u32, u32, i64)], expect: &[u32], refusals: usize) {
        let weigh = |left: u32, right: u32| {
            let (left, right) = (left.min(right), left.max(right));
            pairs.iter().find(|pair| (pair.0, pair.1) == (left, right)).map_or(-6, |pair| pair.2)
        };
        let named = pairs.iter().filter(|pair| pair.2 > 3);
        let links = named.map(|pair| Link { left: pair.0, right: pair.1, weight: pair.2 }).collect();
        let groups = Groups::new(rows, links, 0, &weigh);
        assert_eq!((groups.of.as_slice(), groups.refused.len()), (expect, refusals), "{pairs:?}");
    }

    #[test]
    fn a_weak_bridge_does_not_fuse_two_people() {
        check(4, &[(0, 1, 20), (2, 3, 20), (1, 2, 6)], &[0, 0, 2, 2], 1);
        check(4, &[(0, 1, 20), (2, 3, 20), (1, 2, 9), (0, 2, 9), (0, 3, 9)], &[0, 0, 0, 0], 0);
        check(3, &[(0, 1, 20), (0, 2, 10), (1, 2, -30)], &[0, 0, 2], 1);
    }

    #[test]
    fn a_pair_is_worth_what_its_groups_are_worth() {
        let weigh = |_: u32, _: u32| -10;
        let links = vec![Link { left: 0, right: 1, weight: 20 }, Link { left: 1, right: 2, weight: 3 }];
        let groups = Groups::new(3, links[..1].to_vec(), 0, &weigh);
        assert_eq!(groups.believed(&links, &weigh), [20, -10]);
        assert_eq!(groups.within(10).collect::<Vec<_>>(), [(0, 1, 20)]);
    }
}
