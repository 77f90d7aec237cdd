//! Clusters, and what they teach about pairs. A pair is not judged alone: if one row of each of two groups agree while
//! all other pairs across the groups disagree, the one is an accident; if all agree but one, the one is a bad copy.
//!
//! Groups are joined strongest link first, and only if the pairs across them agree on average. So a weak bridge does not
//! fuse two people, and twins stay apart, whose rows contradict each other. At the end a pair across two groups is
//! worth what the pairs across them are worth on average, and a pair within a group at least what joined it.

use crate::columns::NONE;
use crate::engine::{DECIDED, Pair, Spec, data::Data};
use crate::weight;
use hashbrown::{HashMap, HashSet};
use rayon::prelude::*;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// A join that was refused, and the pair that spoke most against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// The pair that asked for it.
    pub link: (u32, u32),
    /// The pair across the two groups that spoke most against it.
    pub against: (u32, u32),
    /// Why.
    pub why: Against,
}

/// What spoke against a join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// The pairs across the two groups, on average.
    OtherPairs,
    /// Both have a row of one file that knows each person once.
    SameSource,
    /// A person decided that they are two.
    Decision,
}

/// Bits of a pair that a person joined, while groups are made: before all others, whatever they weigh.
const CERTAIN: f64 = 1e6;

/// Pairs across two groups that are looked at, at most: beyond, evenly spread ones.
const LOOKED_AT: usize = 64;

/// What may not be joined, whatever it weighs.
struct Limits<'a> {
    /// Row → its file, when a group may have one row of each.
    source: Option<&'a [u32]>,
    /// Pairs that people told apart.
    apart: HashSet<(u32, u32)>,
    at_least: i64,
}

/// Rows of one person, smallest first, and the weight of their weakest join.
struct Group {
    rows: Vec<u32>,
    joined_at: i64,
}

pub(crate) struct Groups {
    /// Row → smallest row of its group.
    pub of: Vec<u32>,
    /// Groups of more than one row.
    groups: Vec<Group>,
    /// Smallest row → its group in `groups`; [`NONE`] for a row alone.
    at: Vec<u32>,
    pub refused: Vec<Refused>,
}

/// Mean weight of the pairs across two groups, and the worst of them.
fn across(one: &[u32], other: &[u32], weigh: &(impl Fn(u32, u32) -> i64 + Sync)) -> (i64, (u32, u32)) {
    let total = one.len() * other.len();
    // A step that shares no factor with the second group's size meets all of its rows.
    let divides = |step: usize| {
        (2..=other.len().min(step)).any(|by| step.is_multiple_of(by) && other.len().is_multiple_of(by))
    };
    let mut step = total.div_ceil(LOOKED_AT).max(1);
    while divides(step) {
        step += 1;
    }
    let (mut sum, mut count) = (0i64, 0i64);
    let mut worst = (i64::MAX, (0, 0));
    for at in (0..total).step_by(step) {
        let (left, right) = (one[at / other.len()], other[at % other.len()]);
        let pair = (left.min(right), left.max(right));
        let own = (weigh(pair.0, pair.1), pair);
        sum += own.0;
        count += 1;
        worst = worst.min(own);
    }
    (sum / count.max(1), worst.1)
}

impl Limits<'_> {
    /// Why two groups may not be joined, and the pair that forbids it.
    fn forbid(&self, one: &[u32], other: &[u32]) -> Option<((u32, u32), Against)> {
        if self.source.is_none() && self.apart.is_empty() {
            return None;
        }
        let mut pairs = one.iter().flat_map(|left| other.iter().map(move |right| (*left, *right)));
        pairs.find_map(|(left, right)| {
            let pair = (left.min(right), left.max(right));
            if self.apart.contains(&pair) {
                return Some((pair, Against::Decision));
            }
            let same = self.source.is_some_and(|source| source[left as usize] == source[right as usize]);
            same.then_some((pair, Against::SameSource))
        })
    }

    /// Joins the rows of one component, its links strongest first.
    fn join(
        &self,
        links: &[Pair],
        weigh: &(impl Fn(u32, u32) -> i64 + Sync),
        (joined, refused): &mut (Vec<Group>, Vec<Refused>),
    ) {
        if let [link] = links {
            // Most people have two rows.
            match self.forbid(&[link.left], &[link.right]) {
                Some((against, why)) => refused.push(Refused { link: (link.left, link.right), against, why }),
                None => joined.push(Group { rows: vec![link.left, link.right], joined_at: joined_at(link) }),
            }
            return;
        }
        let mut rows: Vec<u32> = links.iter().flat_map(|link| [link.left, link.right]).collect();
        rows.sort_unstable();
        rows.dedup();
        let local = |row: u32| rows.binary_search(&row).unwrap_or(0);
        let mut of: Vec<usize> = (0..rows.len()).collect();
        let mut groups: Vec<Group> =
            rows.iter().map(|row| Group { rows: vec![*row], joined_at: i64::MAX }).collect();
        // Two groups are asked again only when one of them has grown.
        let mut asked: HashMap<(usize, usize), (usize, usize)> = HashMap::new();
        for link in links {
            let (one, other) = (of[local(link.left)], of[local(link.right)]);
            if one == other {
                continue;
            }
            let (keep, gone) = (one.min(other), one.max(other));
            let sizes = (groups[keep].rows.len(), groups[gone].rows.len());
            if asked.get(&(keep, gone)) == Some(&sizes) {
                continue;
            }
            let (here, there) = (&groups[keep].rows, &groups[gone].rows);
            // A lone pair has asked for itself; the mean over groups is asked once somebody else could speak.
            let against = self.forbid(here, there).or_else(|| {
                // What a person joined no mean keeps apart.
                let sure = sizes == (1, 1) || link.weight >= weight::of_bits(CERTAIN);
                let (mean, worst) = if sure { (i64::MAX, (0, 0)) } else { across(here, there, weigh) };
                (mean < self.at_least).then_some((worst, Against::OtherPairs))
            });
            if let Some((against, why)) = against {
                asked.insert((keep, gone), sizes);
                refused.push(Refused { link: (link.left, link.right), against, why });
                continue;
            }
            let moved = std::mem::replace(&mut groups[gone], Group { rows: Vec::new(), joined_at: i64::MAX });
            moved.rows.iter().for_each(|row| of[local(*row)] = keep);
            groups[keep].rows.extend(moved.rows);
            groups[keep].joined_at = groups[keep].joined_at.min(moved.joined_at).min(joined_at(link));
        }
        groups.retain(|group| group.rows.len() > 1);
        groups.iter_mut().for_each(|group| group.rows.sort_unstable());
        joined.extend(groups);
    }
}

/// The weight of a join: a person's is no more than any decision weighs.
fn joined_at(link: &Pair) -> i64 {
    link.weight.min(weight::of_bits(DECIDED))
}

/// Rows of components that one thread joins at a time.
const STRIP: usize = 8_192;

/// Where what belongs to each row begins, and the end of all, once everything is in the order of these rows.
pub(crate) fn starts(rows: usize, of: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut starts = vec![0u32; rows + 1];
    of.for_each(|row| starts[row as usize + 1] += 1);
    (0..rows).for_each(|row| starts[row + 1] += starts[row]);
    starts
}

/// The first row of a component so far; on the way each row is put nearer to it.
fn root(parent: &[AtomicU32], mut at: u32) -> u32 {
    loop {
        let over = parent[at as usize].load(Relaxed);
        if over == at {
            return at;
        }
        let next = parent[over as usize].load(Relaxed);
        if next != over {
            // Somebody else may have put it nearer still, and need not be asked.
            let _ = parent[at as usize].compare_exchange(over, next, Relaxed, Relaxed);
        }
        at = next;
    }
}

/// Makes one component of those of two rows. Threads may do so at the same time: only a row that is still the first of its
/// component is put under another, a smaller one, so that in the end every component is led by its smallest row.
fn unite(parent: &[AtomicU32], one: u32, other: u32) {
    loop {
        let (one, other) = (root(parent, one), root(parent, other));
        let (first, second) = (one.min(other), one.max(other));
        if first == second
            || parent[second as usize].compare_exchange(second, first, Relaxed, Relaxed).is_ok()
        {
            return;
        }
    }
}

impl Groups {
    /// Joins rows by their links of at least the spec's probability, component by component on all threads. Two groups
    /// stay apart when the mean weight across them is below the spec's, when a person told rows of them apart, or, one to
    /// one, when both have a row of one file.
    pub fn new(data: &Data, spec: &Spec, links: &[Pair], weigh: &(impl Fn(u32, u32) -> i64 + Sync)) -> Self {
        let pairs = |same: bool| -> HashSet<(u32, u32)> {
            let of = spec.decided.iter().filter(|decided| decided.same == same);
            of.map(|decided| (decided.left, decided.right)).collect()
        };
        let together = pairs(true);
        let limits = Limits {
            source: spec.one_to_one.then_some(&data.source[..]),
            apart: pairs(false),
            at_least: weight::of_bits(spec.join_at),
        };
        let strong = weight::of_probability(spec.link_at);
        let decided = |link: &Pair| !together.is_empty() && together.contains(&(link.left, link.right));
        let joining: Vec<u32> = (0..links.len() as u32)
            .into_par_iter()
            .filter(|at| links[*at as usize].weight >= strong || decided(&links[*at as usize]))
            .collect();
        let asking = |at: u32| {
            let link = links[at as usize];
            Pair { weight: if decided(&link) { weight::of_bits(CERTAIN) } else { link.weight }, ..link }
        };
        Self::join(data.len(), joining, asking, &limits, weigh)
    }

    fn join(
        rows: usize,
        joining: Vec<u32>,
        asking: impl Fn(u32) -> Pair + Sync,
        limits: &Limits<'_>,
        weigh: &(impl Fn(u32, u32) -> i64 + Sync),
    ) -> Self {
        let parent: Vec<AtomicU32> = (0..rows as u32).into_par_iter().map(AtomicU32::new).collect();
        joining.par_iter().for_each(|at| {
            let link = asking(*at);
            unite(&parent, link.left, link.right);
        });
        // Links by the first row of their component: counted, then put in their places.
        let roots: Vec<u32> = joining.par_iter().map(|at| root(&parent, asking(*at).left)).collect();
        let starts = starts(rows, roots.iter().copied());
        let (mut next, mut order) = (starts.clone(), vec![0u32; joining.len()]);
        for (at, root) in joining.iter().zip(&roots) {
            let place = &mut next[*root as usize];
            order[*place as usize] = *at;
            *place += 1;
        }
        drop((joining, roots, next));
        let joined: Vec<(Vec<Group>, Vec<Refused>)> = starts[..rows]
            .par_chunks(STRIP)
            .enumerate()
            .map(|(strip, own)| {
                let (mut links, mut out) = (Vec::new(), (Vec::new(), Vec::new()));
                for (at, from) in own.iter().enumerate() {
                    let component = &order[*from as usize..starts[strip * STRIP + at + 1] as usize];
                    if component.is_empty() {
                        continue;
                    }
                    links.clear();
                    links.extend(component.iter().map(|at| asking(*at)));
                    links
                        .sort_unstable_by_key(|link| (std::cmp::Reverse(link.weight), link.left, link.right));
                    let before = out.0.len();
                    limits.join(&links, weigh, &mut out);
                    // Of the component nothing is left but its groups.
                    let rows = links.iter().flat_map(|link| [link.left, link.right]);
                    rows.for_each(|row| parent[row as usize].store(row, Relaxed));
                    for group in &out.0[before..] {
                        let put = |row: &u32| parent[*row as usize].store(group.rows[0], Relaxed);
                        group.rows.iter().for_each(put);
                    }
                }
                out
            })
            .collect();
        let of = parent.into_iter().map(AtomicU32::into_inner).collect();
        let mut groups = Self { of, groups: Vec::new(), at: vec![NONE; rows], refused: Vec::new() };
        groups.groups.reserve_exact(joined.iter().map(|(own, _)| own.len()).sum());
        for (own, refused) in joined {
            groups.groups.extend(own);
            groups.refused.extend(refused);
        }
        for (at, group) in groups.groups.iter().enumerate() {
            groups.at[group.rows[0] as usize] = at as u32;
        }
        groups
    }

    fn group(&self, of: u32) -> Option<&Group> {
        self.groups.get(self.at[of as usize] as usize)
    }

    fn rows<'a>(&'a self, of: &'a u32) -> &'a [u32] {
        self.group(*of).map_or(std::slice::from_ref(of), |group| &group.rows)
    }

    /// What each link is worth in the light of its groups, in the order of `links`.
    pub fn believed(&self, links: &[Pair], weigh: &(impl Fn(u32, u32) -> i64 + Sync)) -> Vec<i64> {
        let key = |link: &Pair| {
            let (one, other) = (self.of[link.left as usize], self.of[link.right as usize]);
            (one.min(other), one.max(other))
        };
        let alone = |of: u32| self.at[of as usize] == NONE;
        let mut across_groups: Vec<(u32, u32)> = links
            .par_iter()
            .map(key)
            .filter(|(one, other)| one != other && !(alone(*one) && alone(*other)))
            .collect();
        across_groups.par_sort_unstable();
        across_groups.dedup();
        let means: Vec<i64> = across_groups
            .par_iter()
            .map(|(one, other)| across(self.rows(one), self.rows(other), weigh).0)
            .collect();
        links
            .par_iter()
            .map(|link| {
                let (one, other) = key(link);
                if one == other {
                    return link.weight.max(self.group(one).map_or(link.weight, |group| group.joined_at));
                }
                across_groups.binary_search(&(one, other)).map_or(link.weight, |at| means[at])
            })
            .collect()
    }

    /// Of every pair of rows in one group of at most `largest` rows, with the weight of the group's weakest join, what
    /// `take` makes of it, in order.
    pub fn within<T: Send>(
        &self,
        largest: usize,
        take: impl Fn(u32, u32, i64) -> Option<T> + Sync,
    ) -> Vec<T> {
        let groups = self.groups.par_iter().filter(|group| group.rows.len() <= largest);
        groups
            .flat_map_iter(|group| {
                let take = &take;
                group.rows.iter().enumerate().flat_map(move |(at, left)| {
                    group.rows[at + 1..].iter().filter_map(move |right| take(*left, *right, group.joined_at))
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(at_least: i64) -> Limits<'static> {
        Limits { source: None, apart: HashSet::new(), at_least }
    }

    fn link(left: u32, right: u32, weight: i64) -> Pair {
        Pair { left, right, weight, pattern: 0 }
    }

    fn join(
        rows: usize,
        links: &[Pair],
        limits: &Limits<'_>,
        weigh: &(impl Fn(u32, u32) -> i64 + Sync),
    ) -> Groups {
        let all = (0..links.len() as u32).collect();
        Groups::join(rows, all, |at| links[at as usize], limits, weigh)
    }

    /// Weights of pairs; pairs not named weigh -6.
    fn joined(rows: usize, pairs: &[(u32, u32, i64)], limits: &Limits<'_>) -> Groups {
        let weigh = |left: u32, right: u32| {
            let (left, right) = (left.min(right), left.max(right));
            pairs.iter().find(|pair| (pair.0, pair.1) == (left, right)).map_or(-6, |pair| pair.2)
        };
        let named = pairs.iter().filter(|pair| pair.2 > 3);
        let links: Vec<Pair> = named.map(|pair| link(pair.0, pair.1, pair.2)).collect();
        join(rows, &links, limits, &weigh)
    }

    fn check(rows: usize, pairs: &[(u32, u32, i64)], expect: &[u32], refusals: usize) {
        let groups = joined(rows, pairs, &limits(0));
        assert_eq!((groups.of.as_slice(), groups.refused.len()), (expect, refusals), "{pairs:?}");
    }

    /// Two ways to the same components: many threads at once, and one link after another.
    #[test]
    fn threads_unite_rows_as_one_does() {
        let rows = 3_000u32;
        let mut state = 7u64;
        let mut draw = || {
            state = crate::engine::block::mix(state, 3);
            (state >> 33) as u32 % rows
        };
        let links: Vec<(u32, u32)> = (0..2_500).map(|_| (draw(), draw())).collect();
        let parent: Vec<AtomicU32> = (0..rows).map(AtomicU32::new).collect();
        links.par_iter().with_max_len(1).for_each(|(one, other)| unite(&parent, *one, *other));
        let mut of: Vec<u32> = (0..rows).collect();
        for (one, other) in links {
            let (one, other) = (of[one as usize], of[other as usize]);
            of.iter_mut().filter(|of| **of == one || **of == other).for_each(|of| *of = one.min(other));
        }
        assert_eq!((0..rows).map(|row| root(&parent, row)).collect::<Vec<_>>(), of);
    }

    #[test]
    fn a_weak_bridge_does_not_fuse_two_people() {
        check(4, &[(0, 1, 20), (2, 3, 20), (1, 2, 6)], &[0, 0, 2, 2], 1);
        check(4, &[(0, 1, 20), (2, 3, 20), (1, 2, 9), (0, 2, 9), (0, 3, 9)], &[0, 0, 0, 0], 0);
        check(3, &[(0, 1, 20), (0, 2, 10), (1, 2, -30)], &[0, 0, 2], 1);
    }

    #[test]
    fn decisions_and_files_that_know_each_person_once_forbid_joins() {
        let pairs = [(0, 1, 20), (1, 2, 18), (0, 2, 15)];
        let apart = Limits { apart: [(0, 2)].into(), ..limits(0) };
        let groups = joined(3, &pairs, &apart);
        assert_eq!((groups.of.as_slice(), groups.refused[0].why), (&[0, 0, 2][..], Against::Decision));
        let source = Limits { source: Some(&[0, 1, 0]), ..limits(0) };
        let groups = joined(3, &pairs, &source);
        assert_eq!((groups.of.as_slice(), groups.refused[0].why), (&[0, 0, 2][..], Against::SameSource));
    }

    /// The mean across would keep the third row apart; a person said that it is the same.
    #[test]
    fn what_a_person_joined_no_mean_keeps_apart() {
        let weigh = |_: u32, _: u32| -20;
        let certain = weight::of_bits(CERTAIN);
        for (weight, expect) in [(6, [0, 0, 2]), (certain, [0, 0, 0])] {
            let links = [link(0, 1, certain), link(1, 2, weight)];
            let groups = join(3, &links, &limits(0), &weigh);
            assert_eq!(groups.of, expect, "{weight}");
        }
    }

    #[test]
    fn a_pair_is_worth_what_its_groups_are_worth() {
        let weigh = |_: u32, _: u32| -10;
        let links = vec![link(0, 1, 20), link(1, 2, 3)];
        let groups = join(3, &links[..1], &limits(0), &weigh);
        assert_eq!(groups.believed(&links, &weigh), [20, -10]);
        let within = groups.within(10, |left, right, joined| Some((left, right, joined)));
        assert_eq!(within, [(0, 1, 20)]);
    }
}
