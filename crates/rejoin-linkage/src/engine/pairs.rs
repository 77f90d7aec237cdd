//! Patterns of pairs, a chunk of blocks at a time. Rows of a block lie far apart in memory, so what a chunk needs of them
//! is copied together first: copies do not wait for each other, as look-ups in the midst of comparing would. Then pairs
//! are compared in batches, comparison by comparison, so that what one comparison looks at stays in the cache.

use crate::columns::NONE;
use crate::engine::block::{Blocks, Chunk};
use crate::engine::data::Data;
use crate::engine::{Comparisons, Pattern, compare};
use hashbrown::HashMap;

/// Pairs that are compared together.
const BATCH: usize = 2_048;

/// What pairs are made of.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'a> {
    pub data: &'a Data,
    pub blocks: &'a Blocks,
    pub comparisons: &'a Comparisons,
    /// Whether only rows of different files are compared.
    pub across: bool,
}

/// Patterns of the pairs of a chunk.
#[derive(Default)]
pub(crate) struct Looked {
    /// Of each wanted pair in order the place of its pattern in `table`, from 1. 0: it is not compared under this rule.
    pub ids: Vec<u16>,
    pub table: Vec<Pattern>,
    /// Patterns that were counted, and how often.
    pub counts: Vec<(Pattern, u64)>,
}

/// The place of a pattern that came when the table was full.
pub(crate) const BEYOND: u16 = u16::MAX;

/// Pairs waiting to be compared.
struct Batch<'a> {
    data: &'a Data,
    comparisons: &'a Comparisons,
    /// Comparison → its level of two rows with the same value.
    same: Vec<Option<u8>>,
    /// Rows that pairs are made of.
    rows: Vec<u32>,
    /// Their codes, row after row.
    codes: Vec<u32>,
    /// Places of rows.
    pairs: Vec<(u32, u32)>,
    patterns: Vec<Pattern>,
}

/// Of each of `count` rows so many numbers, one row after another.
pub(crate) fn gather<'a>(
    rows: impl Iterator<Item = u32>,
    count: usize,
    width: usize,
    of: impl Fn(u32) -> &'a [u32],
) -> Vec<u32> {
    let mut out = vec![0; count * width];
    match width {
        0 => (),
        1 => fixed::<1>(&mut out, rows, of),
        2 => fixed::<2>(&mut out, rows, of),
        3 => fixed::<3>(&mut out, rows, of),
        4 => fixed::<4>(&mut out, rows, of),
        5 => fixed::<5>(&mut out, rows, of),
        6 => fixed::<6>(&mut out, rows, of),
        7 => fixed::<7>(&mut out, rows, of),
        8 => fixed::<8>(&mut out, rows, of),
        _ => out.chunks_exact_mut(width).zip(rows).for_each(|(out, row)| out.copy_from_slice(of(row))),
    }
    out
}

/// So few numbers that to call for a copy takes longer than to copy them: the compiler writes it out where it knows how many.
fn fixed<'a, const WIDTH: usize>(
    out: &mut [u32],
    rows: impl Iterator<Item = u32>,
    of: impl Fn(u32) -> &'a [u32],
) {
    for (out, row) in out.as_chunks_mut::<WIDTH>().0.iter_mut().zip(rows) {
        if let Some(numbers) = of(row).first_chunk() {
            *out = *numbers;
        }
    }
}

impl<'a> Batch<'a> {
    fn new(data: &'a Data, comparisons: &'a Comparisons) -> Self {
        let same = comparisons.iter().map(|(comparator, columns)| compare::same(comparator, data, columns));
        Self {
            same: same.collect(),
            data,
            comparisons,
            rows: Vec::new(),
            codes: Vec::new(),
            pairs: Vec::with_capacity(BATCH),
            patterns: Vec::new(),
        }
    }

    /// Takes a row in: its place.
    fn take(&mut self, row: u32) -> u32 {
        self.rows.push(row);
        self.rows.len() as u32 - 1
    }

    /// Fills `patterns`, one for each of `pairs`.
    fn compare(&mut self) {
        let stride = self.data.columns.len();
        let new = &self.rows[self.codes.len() / stride.max(1)..];
        self.codes.extend(gather(new.iter().copied(), new.len(), stride, |row| self.data.row(row)));
        let row = |at: u32| &self.codes[at as usize * stride..(at as usize + 1) * stride];
        self.patterns.clear();
        self.patterns.resize(self.pairs.len(), 0);
        for (at, (comparator, columns)) in self.comparisons.iter().enumerate() {
            let same = self.same[at];
            for ((left, right), pattern) in self.pairs.iter().zip(&mut self.patterns) {
                let (left, right) = (row(*left), row(*right));
                let (one, other) = (left[columns[0]], right[columns[0]]);
                let level = match same {
                    Some(_) if one == NONE || other == NONE => 0,
                    Some(level) if one == other => level,
                    _ => compare::level(comparator, self.data, columns, left, right),
                };
                *pattern |= u64::from(level) << (4 * at);
            }
        }
    }
}

/// The patterns of pairs of some rows, by their places among them.
pub(crate) fn patterns(
    data: &Data,
    comparisons: &Comparisons,
    rows: Vec<u32>,
    pairs: Vec<(u32, u32)>,
) -> Vec<Pattern> {
    let mut batch = Batch { rows, pairs, ..Batch::new(data, comparisons) };
    batch.compare();
    batch.patterns
}

impl Ground<'_> {
    /// Compares the pairs of a chunk whose left row is `wanted`, those that no earlier rule has, and counts the patterns
    /// of those whose left row is `counted`.
    pub fn look(
        &self,
        chunk: Chunk<'_>,
        wanted: impl Fn(u32) -> bool,
        counted: impl Fn(u32) -> bool,
    ) -> Looked {
        let rule = chunk.rule;
        let rows = chunk.rows;
        let keys = gather(rows.iter().copied(), rows.len(), rule, |row| &self.blocks.keys_of(row)[..rule]);
        let source = |place: usize| self.data.source[rows[place] as usize];
        let earlier = |left: usize, right: usize| {
            let (left, right) =
                (&keys[left * rule..(left + 1) * rule], &keys[right * rule..(right + 1) * rule]);
            left.iter().zip(right).any(|(one, other)| *one != 0 && one == other)
        };
        let mut batch = Batch::new(self.data, self.comparisons);
        // Row of the chunk → its place in the batch, once a pair of it is compared: of many no pair is.
        let mut taken = vec![NONE; rows.len()];
        // Of each pair of the batch, where it stands among the ids, and its left row.
        let mut waiting: Vec<(usize, u32)> = Vec::with_capacity(BATCH);
        let mut looked = Looked::default();
        let mut known: HashMap<Pattern, (u16, u64)> = HashMap::new();
        let mut flush = |batch: &mut Batch<'_>, waiting: &mut Vec<(usize, u32)>, ids: &mut [u16]| {
            batch.compare();
            for (pattern, (at, left)) in batch.patterns.iter().zip(waiting.iter()) {
                let (id, count) = known.entry(*pattern).or_insert_with(|| {
                    if looked.table.len() + 1 < usize::from(BEYOND) {
                        looked.table.push(*pattern);
                        (looked.table.len() as u16, 0)
                    } else {
                        (BEYOND, 0)
                    }
                });
                ids[*at] = *id;
                *count += u64::from(counted(*left));
            }
            batch.pairs.clear();
            waiting.clear();
        };
        let mut ids = Vec::new();
        chunk.each_pair(wanted, |left, right| {
            let same_file = self.across && source(left) == source(right);
            if !same_file && !earlier(left, right) {
                let mut place = |row: usize| {
                    if taken[row] == NONE {
                        taken[row] = batch.take(rows[row]);
                    }
                    taken[row]
                };
                let pair = (place(left), place(right));
                batch.pairs.push(pair);
                waiting.push((ids.len(), rows[left]));
            }
            ids.push(0);
            if batch.pairs.len() == BATCH {
                flush(&mut batch, &mut waiting, &mut ids);
            }
        });
        flush(&mut batch, &mut waiting, &mut ids);
        looked.ids = ids;
        looked.counts = known
            .into_iter()
            .filter(|(_, (_, count))| *count > 0)
            .map(|(pattern, (_, count))| (pattern, count))
            .collect();
        looked
    }
}
