//! Blocking: which pairs are worth comparing. A rule is a conjunction of atoms, each a key made of one column (or, for
//! names in each other's place, of two); rows with equal keys under a rule are compared, each pair once, under the
//! first rule that has it.

use crate::columns::NONE;
use crate::engine::data::{Data, Kind, Prepared, Word};
use crate::kernel::Packed;
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
    keys: Vec<u64>,
    other: Vec<u64>,
}

impl Keyed {
    fn new(data: &Data, atom: Atom) -> Self {
        let of = |column: usize| {
            let values = 0..data.columns[column].adjust.len() as u32;
            values.map(|code| of_value(atom.take, code, &data.columns[column], &data.words)).collect()
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
    report: RuleReport,
}

/// Parts by which keys are sorted; a part of a million rows fits the cache.
const PARTS: usize = 512;

fn rank(data: &Data, rule: &Rule, largest: usize, describe: &(dyn Fn(&Rule) -> String + Sync)) -> Ranked {
    let keys = RuleKeys::new(data, rule);
    // Keys are mixed, so that their highest bits cut the rows in even parts.
    let part = |key: u64| (key >> 55) as usize;
    let rows = 0..data.len() as u32;
    let keyed: Vec<(u64, u32)> = rows
        .filter_map(|row| match keys.key(data.row(row)) {
            0 => None,
            key => Some((key, row)),
        })
        .collect();
    let mut ends = [0usize; PARTS + 1];
    keyed.iter().for_each(|(key, _)| ends[part(*key) + 1] += 1);
    (0..PARTS).for_each(|at| ends[at + 1] += ends[at]);
    let mut next = ends;
    let mut parted = vec![(0u64, 0u32); keyed.len()];
    for (key, row) in keyed {
        let place = &mut next[part(key)];
        parted[*place] = (key, row);
        *place += 1;
    }
    let mut ranked = Ranked {
        sorted: Vec::new(),
        starts: vec![0],
        report: RuleReport { name: describe(rule), pairs: 0, compared: 0, matches: 0.0, left_out: 0 },
    };
    for at in 0..PARTS {
        let rows = &mut parted[ends[at]..ends[at + 1]];
        rows.sort_unstable();
        for block in rows.chunk_by(|one, other| one.0 == other.0) {
            if block.len() > largest {
                ranked.report.left_out += 1;
            } else if block.len() > 1 {
                ranked.report.pairs += (block.len() * (block.len() - 1) / 2) as u64;
                ranked.sorted.extend(block.iter().map(|(_, row)| *row));
                ranked.starts.push(ranked.sorted.len() as u32);
            }
        }
    }
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
        let (mut sorted, mut starts, mut reports) = (Vec::new(), Vec::new(), Vec::new());
        for (at, ranked) in ranked.into_iter().enumerate() {
            for (block, bounds) in ranked.starts.windows(2).enumerate() {
                for row in &ranked.sorted[bounds[0] as usize..bounds[1] as usize] {
                    keys[*row as usize * rules.len() + at] = block as u32 + 1;
                }
            }
            sorted.push(ranked.sorted);
            starts.push(ranked.starts);
            reports.push(ranked.report);
        }
        Self { rules: rules.len(), keys, sorted, starts, reports }
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
    /// chunks gave, in order. `work` gets the number of the chunk, the same whenever the blocks are visited.
    pub fn visit<T: Send>(
        &self,
        rule: usize,
        work: impl Fn(usize, &mut dyn Iterator<Item = &[u32]>) -> T + Sync,
    ) -> Vec<T> {
        let (sorted, starts) = (&self.sorted[rule], &self.starts[rule]);
        let block = |at: usize| &sorted[starts[at] as usize..starts[at + 1] as usize];
        let blocks = starts.len() - 1;
        let mut chunks = Vec::new();
        let (mut from, mut pairs) = (0usize, 0usize);
        for at in 0..blocks {
            pairs += block(at).len() * block(at).len() / 2;
            if pairs > 40_000 {
                chunks.push((from, at + 1));
                (from, pairs) = (at + 1, 0);
            }
        }
        chunks.push((from, blocks));
        let numbered = chunks.into_par_iter().enumerate().with_max_len(1);
        numbered.map(|(number, (from, to))| work(number, &mut (from..to).map(block))).collect()
    }
}
