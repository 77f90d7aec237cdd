//! Blocking: which pairs are worth comparing. A rule is a conjunction of atoms, each a key made of one column (or, for
//! names in each other's place, of two); rows with equal keys under a rule are compared, each pair once, under the
//! first rule that has it.

use crate::columns::NONE;
use crate::engine::data::{Data, Kind, Prepared, Word};
use crate::kernel::Packed;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// How a column makes a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Take {
    /// The whole value.
    Exact,
    /// The sound of the first word.
    Sound,
    /// The sound of the second word.
    SecondSound,
    /// The first three letters.
    Head,
    /// The last four characters of a code, the last seven of a telephone number.
    Tail,
    /// The year of a date.
    Year,
    /// The month and day of a date.
    MonthDay,
    /// The sounds of the first words of two columns, in any order.
    Crossed,
}

impl Take {
    /// Every way with its name in a spec.
    pub const ALL: &[(Take, &str)] = &[
        (Take::Exact, "exact"),
        (Take::Sound, "sound"),
        (Take::SecondSound, "second-sound"),
        (Take::Head, "head"),
        (Take::Tail, "tail"),
        (Take::Year, "year"),
        (Take::MonthDay, "month-day"),
        (Take::Crossed, "crossed"),
    ];

    /// Its name in a spec.
    pub fn name(self) -> &'static str {
        Take::ALL.iter().find(|(take, _)| *take == self).map_or("", |(_, name)| name)
    }
}

/// One part of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Atom {
    /// How.
    pub take: Take,
    /// Of which column.
    pub column: usize,
    /// The other column of [`Take::Crossed`].
    pub other: Option<usize>,
}

/// A rule: all its atoms must agree.
pub type Rule = Vec<Atom>;

/// What a rule came to.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleReport {
    /// Its atoms, as in a spec.
    pub name: String,
    /// Pairs in its blocks, counting pairs that an earlier rule has too.
    pub pairs: u64,
    /// Pairs compared under it.
    pub compared: u64,
    /// Matches expected among them: what the rule adds to recall.
    pub matches: f64,
    /// Blocks left out because they were larger than the limit.
    pub left_out: u64,
}

/// One round of a 64-bit mixer (splitmix64); a collision of keys costs a comparison, never a wrong link.
pub(crate) fn mix(one: u64, other: u64) -> u64 {
    let mut value = one.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ other.wrapping_add(0x7f4a_7c15_9e37_79b9);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// The key of a value; 0: none.
fn of_value(take: Take, code: u32, column: &Prepared, words: &[Word]) -> u64 {
    let at = code as usize;
    let sound = |which: usize| match column.words.get(at).and_then(|value| value.ids().get(which)) {
        None => 0,
        // A word without a sound (a house number) stands for itself.
        Some(word) => match words[*word as usize].sounds[0] {
            NONE => mix(u64::from(*word), 5) | 1 << 63,
            sound => u64::from(sound) + 1,
        },
    };
    let bytes = |text: &Packed, from: usize, to: usize| {
        (from..to).fold(1, |key, index| mix(key, u64::from(text.byte(index))))
    };
    let text = column.texts.get(at).filter(|text| !text.is_empty());
    let day = column.days.get(at).filter(|day| day.span > 0);
    match (take, text, day) {
        // Of a cell with several values the first counts, as everywhere in blocking.
        (Take::Exact, Some(_), _) | (Take::Exact, _, Some(_)) => {
            let first = column.lists.get(at).and_then(|list| list.first());
            u64::from(first.copied().unwrap_or(code)) + 1
        }
        (Take::Sound | Take::Crossed, ..) => sound(0),
        (Take::SecondSound, ..) => sound(1),
        (Take::Head, Some(text), _) if text.len() >= 3 => bytes(text, 0, 3),
        (Take::Tail, Some(text), _) if text.len() >= 5 => {
            let most = if column.kind == Kind::Phone { 7 } else { 4 };
            bytes(text, text.len().saturating_sub(most), text.len())
        }
        (Take::Year, _, Some(day)) if day.span <= 366 => (day.civil.0 + 10_000) as u64,
        (Take::MonthDay, _, Some(day)) if day.span == 1 => (day.civil.1 * 32 + day.civil.2) as u64,
        _ => 0,
    }
}

/// Atoms that a kind of column offers.
pub fn offers(kind: Kind) -> &'static [Take] {
    match kind {
        Kind::Given => &[Take::Exact, Take::Sound, Take::Head, Take::SecondSound],
        Kind::Surname => &[Take::Exact, Take::Sound, Take::Head, Take::SecondSound],
        Kind::Date => &[Take::Exact, Take::Year, Take::MonthDay],
        Kind::Category => &[Take::Exact],
        Kind::Code => &[Take::Exact, Take::Head, Take::Tail],
        Kind::Phone => &[Take::Exact, Take::Tail],
        Kind::Email => &[Take::Exact, Take::Sound],
        Kind::Place => &[Take::Exact, Take::Sound],
        Kind::Text => &[Take::Exact, Take::Sound, Take::SecondSound],
    }
}

/// Every atom that the columns offer.
pub fn atoms(data: &Data) -> Vec<Atom> {
    let mut atoms = Vec::new();
    for (column, prepared) in data.columns.iter().enumerate() {
        atoms.extend(offers(prepared.kind).iter().map(|take| Atom { take: *take, column, other: None }));
        if prepared.kind == Kind::Given {
            atoms.extend(
                (0..data.columns.len())
                    .filter(|other| data.columns[*other].kind == Kind::Surname)
                    .map(|other| Atom { take: Take::Crossed, column, other: Some(other) }),
            );
        }
    }
    atoms
}

/// Keys of one atom by value, so that a row's key is a look-up.
struct Keyed {
    atom: Atom,
    /// Empty where the code itself tells values apart: no look-up then.
    keys: Vec<u64>,
    other: Vec<u64>,
}

impl Keyed {
    fn new(data: &Data, atom: Atom) -> Self {
        let of = |column: usize| {
            let values = 0..data.columns[column].adjust.len() as u32;
            values.map(|code| of_value(atom.take, code, &data.columns[column], &data.words)).collect()
        };
        // A row has no code of a blank value, so that each of its codes is a key.
        let plain = atom.take == Take::Exact && data.columns[atom.column].lists.is_empty();
        let keys = if plain { Vec::new() } else { of(atom.column) };
        Self { atom, keys, other: atom.other.map_or_else(Vec::new, of) }
    }

    fn key(&self, row: &[u32]) -> u64 {
        let look = |keys: &[u64], column: usize| match row[column] {
            NONE => 0,
            code => keys.get(code as usize).copied().unwrap_or(u64::from(code) + 1),
        };
        let one = look(&self.keys, self.atom.column);
        match self.atom.other {
            None => one,
            Some(column) => crossed(one, look(&self.other, column)),
        }
    }
}

/// A rule's keys, computed row by row.
pub(crate) struct RuleKeys {
    parts: Vec<Keyed>,
}

impl RuleKeys {
    pub fn new(data: &Data, rule: &Rule) -> Self {
        Self { parts: rule.iter().map(|atom| Keyed::new(data, *atom)).collect() }
    }

    /// 0: the row is in none of the rule's blocks.
    pub fn key(&self, row: &[u32]) -> u64 {
        let mut key = FIRST;
        for part in &self.parts {
            key = joined(key, part.key(row));
            if key == 0 {
                return 0;
            }
        }
        key
    }
}

/// What a rule's key begins with.
const FIRST: u64 = 7;

/// A rule's key with one atom more; 0 as soon as one is.
fn joined(before: u64, own: u64) -> u64 {
    if before == 0 || own == 0 { 0 } else { mix(before, own).max(1) }
}

/// Keys of some rows by atom: rules are many, atoms few.
pub(crate) struct AtomKeys(BTreeMap<Atom, Vec<u64>>);

impl AtomKeys {
    pub fn new(data: &Data, rows: &[u32]) -> Self {
        let keys = |atom: Atom| {
            let of = |column: usize, row: u32| match data.row(row)[column] {
                NONE => 0,
                code => of_value(atom.take, code, &data.columns[column], &data.words),
            };
            let key = |row: &u32| match atom.other {
                None => of(atom.column, *row),
                Some(other) => crossed(of(atom.column, *row), of(other, *row)),
            };
            (atom, rows.iter().map(key).collect())
        };
        Self(atoms(data).into_par_iter().map(keys).collect())
    }

    /// The rule's key of each row; 0: the row is in none of the rule's blocks.
    pub fn of(&self, rule: &Rule) -> Vec<u64> {
        let mut atoms = rule.iter().map(|atom| self.0.get(atom).map_or(&[][..], Vec::as_slice));
        let first = atoms.next().unwrap_or(&[]);
        let mut keys: Vec<u64> = first.iter().map(|own| joined(FIRST, *own)).collect();
        atoms.for_each(|atom| keys.iter_mut().zip(atom).for_each(|(key, own)| *key = joined(*key, *own)));
        keys
    }
}

/// The key of two columns in any order.
fn crossed(one: u64, other: u64) -> u64 {
    match other {
        0 => 0,
        other if one == 0 || one == other => other.min(one),
        other => mix(one.min(other), one.max(other)),
    }
}

/// Rows that share keys, by rule: row-major short keys, which tell whether an earlier rule has a pair.
pub(crate) struct Blocks {
    rules: usize,
    /// Row-major; 0: the row has no partner under the rule. A short key is the number of a
    /// block.
    keys: Vec<u32>,
    /// Rule → its rows, block after block.
    sorted: Vec<Vec<u32>>,
    /// Rule → where each block begins in them, and their end.
    starts: Vec<Vec<u32>>,
    pub reports: Vec<RuleReport>,
}

/// One rule's blocks.
struct Ranked {
    sorted: Vec<u32>,
    starts: Vec<u32>,
    /// Row → its block, from 1; 0: none.
    blocks: Vec<u32>,
    report: RuleReport,
}

/// Some blocks of a rule, one after another.
#[derive(Clone, Copy)]
pub(crate) struct Chunk<'a> {
    /// Which rule.
    pub rule: usize,
    /// Which of all chunks of all rules.
    pub number: usize,
    /// Rows, block after block, ascending in each.
    pub rows: &'a [u32],
    /// Where each block begins among all rows of the rule, and the end of the last.
    starts: &'a [u32],
    /// Places of rows that are left rows; all, unless the chunk is a part of a block.
    lefts: (usize, usize),
}

impl Chunk<'_> {
    /// Every pair of rows of a block whose left row is `wanted`, by their places in `rows`.
    pub fn each_pair(&self, wanted: impl Fn(u32) -> bool, mut visit: impl FnMut(usize, usize)) {
        let first = self.starts[0];
        for bounds in self.starts.windows(2) {
            let (from, to) = ((bounds[0] - first) as usize, (bounds[1] - first) as usize);
            let lefts = from.max(self.lefts.0)..to.min(self.lefts.1);
            for left in lefts.filter(|left| wanted(self.rows[*left])) {
                (left + 1..to).for_each(|right| visit(left, right));
            }
        }
    }
}

/// Pairs of a chunk, at most: larger blocks are visited in parts, some left rows at a time.
const MOST_PAIRS: usize = 4_000_000;

/// Parts by which keys are sorted, as the exponent of two; a part of a million rows fits the cache.
const PART_BITS: u32 = 11;

/// Parts by which keys are sorted.
const PARTS: usize = 1 << PART_BITS;

/// Rows that one thread works on at a time.
const STRIP: usize = 8_192;

fn rank(data: &Data, rule: &Rule, largest: usize, describe: &(dyn Fn(&Rule) -> String + Sync)) -> Ranked {
    let keys = RuleKeys::new(data, rule);
    let rows = (0..data.len() as u32).into_par_iter().with_min_len(STRIP);
    let keyed: Vec<u64> = rows.map(|row| keys.key(data.row(row))).collect();
    // Keys are mixed, so that their highest bits cut the rows in even parts.
    let part = |key: u64| (key >> (u64::BITS - PART_BITS)) as usize;
    let mut ends = [0usize; PARTS + 1];
    keyed.iter().filter(|key| **key != 0).for_each(|key| ends[part(*key) + 1] += 1);
    (0..PARTS).for_each(|at| ends[at + 1] += ends[at]);
    let mut next = ends;
    // What is left of the key, as much as there is room for, and the row in one number: that sorts without branches. Keys
    // that differ only in what there is no room for share a block: that costs comparisons, and at a
    // hundred million rows some blocks grow too large.
    let row_bits = usize::BITS - data.len().leading_zeros();
    let row_of = |keyed: u64| (keyed & ((1 << row_bits) - 1)) as u32;
    let mut parted = vec![0u64; ends[PARTS]];
    for (row, key) in (0u64..).zip(&keyed).filter(|(_, key)| **key != 0) {
        let place = &mut next[part(*key)];
        parted[*place] = key << PART_BITS >> row_bits << row_bits | row;
        *place += 1;
    }
    drop(keyed);
    let mut parts = Vec::with_capacity(PARTS);
    let mut rest = parted.as_mut_slice();
    for at in 0..PARTS {
        let (own, after) = rest.split_at_mut(ends[at + 1] - ends[at]);
        parts.push(own);
        rest = after;
    }
    parts.par_iter_mut().with_min_len(8).for_each(|rows| rows.sort_unstable());
    let mut ranked = Ranked {
        sorted: Vec::with_capacity(ends[PARTS]),
        starts: vec![0],
        blocks: vec![0; data.len()],
        report: RuleReport { name: describe(rule), pairs: 0, compared: 0, matches: 0.0, left_out: 0 },
    };
    let same = |one: &u64, other: &u64| one >> row_bits == other >> row_bits;
    for block in parts.iter().flat_map(|part| part.chunk_by(same)) {
        if block.len() > largest {
            ranked.report.left_out += 1;
        } else if block.len() > 1 {
            ranked.report.pairs += (block.len() * (block.len() - 1) / 2) as u64;
            for keyed in block {
                let row = row_of(*keyed);
                ranked.sorted.push(row);
                ranked.blocks[row as usize] = ranked.starts.len() as u32;
            }
            ranked.starts.push(ranked.sorted.len() as u32);
        }
    }
    ranked.sorted.shrink_to_fit();
    ranked
}

impl Blocks {
    /// Keys of every row under every rule; blocks with more rows than `largest` are left out.
    pub fn new(
        data: &Data,
        rules: &[Rule],
        largest: usize,
        describe: &(dyn Fn(&Rule) -> String + Sync),
    ) -> Self {
        let ranked: Vec<Ranked> =
            rules.par_iter().with_max_len(1).map(|rule| rank(data, rule, largest, describe)).collect();
        let mut keys = vec![0u32; data.len() * rules.len()];
        if !rules.is_empty() {
            keys.par_chunks_mut(STRIP * rules.len()).enumerate().for_each(|(strip, keys)| {
                for (at, ranked) in ranked.iter().enumerate() {
                    let blocks = &ranked.blocks[strip * STRIP..];
                    keys.chunks_mut(rules.len()).zip(blocks).for_each(|(row, block)| row[at] = *block);
                }
            });
        }
        let (mut sorted, mut starts, mut reports) = (Vec::new(), Vec::new(), Vec::new());
        for ranked in ranked {
            sorted.push(ranked.sorted);
            starts.push(ranked.starts);
            reports.push(ranked.report);
        }
        Self { rules: rules.len(), keys, sorted, starts, reports }
    }

    /// The keys of a row under the rules.
    pub fn keys_of(&self, row: u32) -> &[u32] {
        &self.keys[row as usize * self.rules..(row as usize + 1) * self.rules]
    }

    /// Visits every block of every rule, in parallel, chunks of blocks with about as many pairs each; returns what the
    /// chunks gave, in order. The chunks are the same whenever they are visited, and what is held of one is bounded however
    /// large blocks may be.
    pub fn visit<T: Send>(&self, work: impl Fn(Chunk<'_>) -> T + Send + Sync) -> Vec<T> {
        let mut chunks = Vec::new();
        for (rule, (sorted, starts)) in self.sorted.iter().zip(&self.starts).enumerate() {
            let mut push = |from: usize, to: usize| {
                let rows = &sorted[starts[from] as usize..starts[to] as usize];
                let lefts = if to == from + 1 { (MOST_PAIRS / rows.len()).max(1) } else { rows.len().max(1) };
                for left in (0..rows.len().max(1)).step_by(lefts) {
                    let (number, starts) = (chunks.len(), &starts[from..=to]);
                    chunks.push(Chunk { rule, number, rows, starts, lefts: (left, left + lefts) });
                }
            };
            let (mut from, mut pairs) = (0usize, 0usize);
            for (at, bounds) in starts.windows(2).enumerate() {
                let rows = (bounds[1] - bounds[0]) as usize;
                if rows * rows > MOST_PAIRS && from < at {
                    push(from, at);
                    (from, pairs) = (at, 0);
                }
                pairs += rows * rows / 2;
                if pairs > 40_000 {
                    push(from, at + 1);
                    (from, pairs) = (at + 1, 0);
                }
            }
            push(from, starts.len() - 1);
        }
        chunks.into_par_iter().with_max_len(1).map(work).collect()
    }
}
