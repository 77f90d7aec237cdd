//! Blocking: which pairs are worth comparing. A rule is a conjunction of atoms, each a key made of one column (or, for
//! names in each other's place, of two); rows with equal keys under a rule are compared, each pair once, under the
//! first rule that has it.

use crate::columns::NONE;
use crate::engine::data::{Cell, Data, Kind, Word};
use rayon::prelude::*;

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
    /// The last four characters of a code.
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

fn of_cell(take: Take, code: u32, cell: &Cell, words: &[Word]) -> u64 {
    let sound = |at: usize| match cell
        .words()
        .get(at)
        .filter(|word| **word != NONE)
        .map(|word| words[*word as usize].sound)
    {
        None | Some(NONE) => 0,
        Some(sound) => u64::from(sound) + 1,
    };
    let bytes =
        |from: usize, to: usize| (from..to).fold(1, |key, at| mix(key, u64::from(cell.whole.byte(at))));
    let day = cell.span == 1;
    match take {
        Take::Exact if cell.count > 0 || cell.span > 0 => u64::from(code) + 1,
        Take::Sound | Take::Crossed => sound(0),
        Take::SecondSound => sound(1),
        Take::Head if cell.whole.len() >= 3 => bytes(0, 3),
        Take::Tail if cell.whole.len() >= 5 => bytes(cell.whole.len() - 4, cell.whole.len()),
        Take::Year if cell.span > 0 && cell.span <= 366 => (cell.civil.0 + 10_000) as u64,
        Take::MonthDay if day => (cell.civil.1 * 32 + cell.civil.2) as u64,
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
        Kind::Email => &[Take::Exact, Take::Sound],
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

/// Keys of one atom by cell, so that a row's key is a look-up.
struct Keyed {
    atom: Atom,
    keys: Vec<u64>,
    other: Vec<u64>,
}

impl Keyed {
    fn new(data: &Data, atom: Atom) -> Self {
        let of = |column: usize| {
            let cells = data.columns[column].cells.iter().enumerate();
            cells.map(|(code, cell)| of_cell(atom.take, code as u32, cell, &data.words)).collect()
        };
        Self { atom, keys: of(atom.column), other: atom.other.map_or_else(Vec::new, of) }
    }

    fn key(&self, row: &[u32]) -> u64 {
        let look = |keys: &[u64], column: usize| match row[column] {
            NONE => 0,
            code => keys[code as usize],
        };
        let one = look(&self.keys, self.atom.column);
        match self.atom.other {
            None => one,
            Some(column) => match look(&self.other, column) {
                0 => 0,
                other if one == 0 || one == other => other.min(one),
                other => mix(one.min(other), one.max(other)),
            },
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
        let mut key = 7;
        for part in &self.parts {
            match part.key(row) {
                0 => return 0,
                own => key = mix(key, own),
            }
        }
        key.max(1)
    }
}

/// Rows that share keys, by rule: row-major short keys, which tell whether an earlier rule has a pair.
pub(crate) struct Blocks {
    rules: usize,
    /// Row-major; 0: the row has no partner under the rule. A short key is a rank, equal exactly when the keys are.
    keys: Vec<u32>,
    pub reports: Vec<RuleReport>,
}

impl Blocks {
    /// Keys of every row under every rule; blocks with more rows than `largest` are left out.
    pub fn new(data: &Data, rules: &[Rule], largest: usize, describe: &dyn Fn(&Rule) -> String) -> Self {
        let rows = data.len();
        let ranked: Vec<(Vec<(u64, u32)>, RuleReport)> = rules
            .par_iter()
            .map(|rule| {
                let keys = RuleKeys::new(data, rule);
                let mut sorted: Vec<(u64, u32)> = (0..rows as u32)
                    .filter_map(|row| match keys.key(data.row(row)) {
                        0 => None,
                        key => Some((key, row)),
                    })
                    .collect();
                sorted.sort_unstable();
                let mut report =
                    RuleReport { name: String::new(), pairs: 0, compared: 0, matches: 0.0, left_out: 0 };
                let mut next = 0u64;
                let mut kept = Vec::with_capacity(sorted.len());
                for block in sorted.chunk_by(|one, other| one.0 == other.0) {
                    if block.len() > largest {
                        report.left_out += 1;
                    } else if block.len() > 1 {
                        next += 1;
                        report.pairs += (block.len() * (block.len() - 1) / 2) as u64;
                        kept.extend(block.iter().map(|(_, row)| (next, *row)));
                    }
                }
                (kept, report)
            })
            .collect();
        let mut keys = vec![0u32; rows * rules.len()];
        let mut reports = Vec::new();
        for (at, ((kept, mut report), rule)) in ranked.into_iter().zip(rules).enumerate() {
            for (rank, row) in kept {
                keys[row as usize * rules.len() + at] = rank as u32;
            }
            report.name = describe(rule);
            reports.push(report);
        }
        Self { rules: rules.len(), keys, reports }
    }

    fn keys_of(&self, row: u32) -> &[u32] {
        &self.keys[row as usize * self.rules..(row as usize + 1) * self.rules]
    }

    /// Whether a rule before `rule` has the pair too.
    pub fn earlier(&self, rule: usize, left: u32, right: u32) -> bool {
        self.keys_of(left)[..rule]
            .iter()
            .zip(&self.keys_of(right)[..rule])
            .any(|(one, other)| *one != 0 && one == other)
    }

    /// Visits every block of one rule, in parallel, chunks of blocks with about as many pairs each; returns what the
    /// chunks gave, in order.
    pub fn visit<T: Send>(
        &self,
        rule: usize,
        work: impl Fn(&mut dyn Iterator<Item = &[u32]>) -> T + Sync,
    ) -> Vec<T> {
        let rows = self.keys.len() / self.rules.max(1);
        let keys: Vec<u32> = (0..rows).map(|row| self.keys[row * self.rules + rule]).collect();
        let blocks = keys.iter().copied().max().unwrap_or(0) as usize;
        // Counting sort of rows by rank.
        let mut starts = vec![0u32; blocks + 2];
        keys.iter().filter(|key| **key != 0).for_each(|key| starts[*key as usize + 1] += 1);
        (1..starts.len()).for_each(|at| starts[at] += starts[at - 1]);
        let mut sorted = vec![0u32; starts[blocks + 1] as usize];
        let mut next = starts.clone();
        for (row, key) in keys.iter().enumerate().filter(|(_, key)| **key != 0) {
            sorted[next[*key as usize] as usize] = row as u32;
            next[*key as usize] += 1;
        }
        drop((next, keys));
        let block = |at: usize| &sorted[starts[at] as usize..starts[at + 1] as usize];
        let mut chunks = Vec::new();
        let (mut from, mut pairs) = (1usize, 0usize);
        for at in 1..=blocks {
            pairs += block(at).len() * block(at).len() / 2;
            if pairs > 40_000 {
                chunks.push((from, at + 1));
                (from, pairs) = (at + 1, 0);
            }
        }
        chunks.push((from, blocks + 1));
        chunks.into_par_iter().map(|(from, to)| work(&mut (from..to).map(block))).collect()
    }
}
