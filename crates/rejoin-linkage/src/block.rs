//! Blocking: which pairs are worth comparing. Several rules; a pair that fits two rules is scored once, under the
//! first; a block larger than the limit is left out by its rule and reported, because other rules still reach its
//! likely pairs.

use crate::columns::{NONE, Records};
use crate::compare::Prepared;
use arrow_array::Array;
use std::collections::HashMap;

/// A rule: rows with the same key are compared. [`None`]: the row is not in this rule's blocks.
pub struct Rule {
    /// What the rule's key is made of.
    pub name: &'static str,
    key: fn(&Prepared, &Records, usize) -> Option<u64>,
}

/// Every rule. The first that two rows share scores the pair.
pub const RULES: &[Rule] = &[
    Rule { name: "alien number", key: |prepared, _, row| code(prepared.number.codes[row]) },
    Rule {
        name: "sound of first given name and first surname",
        key: |prepared, _, row| {
            let given = prepared.given_words.sound(prepared.given[0][row]);
            let surname = prepared.surname_words.sound(prepared.surname[0][row]);
            pair(code(given)?, code(surname)?)
        },
    },
    Rule {
        name: "sound of first given name and second surname",
        key: |prepared, _, row| {
            let given = prepared.given_words.sound(prepared.given[0][row]);
            let surname = prepared.surname_words.sound(prepared.surname[1][row]);
            pair(code(given)?, code(surname)?)
        },
    },
    Rule {
        name: "day of birth and sex",
        key: |prepared, _, row| {
            let (birth, span) = prepared.birth[row]?;
            (span == 1).then_some(())?;
            pair(birth as u32 as u64, u64::from(prepared.sex[row]))
        },
    },
    Rule {
        name: "sounds of both surnames and year of birth",
        key: |prepared, _, row| {
            let first = code(prepared.surname_words.sound(prepared.surname[0][row]))?;
            let second = code(prepared.surname_words.sound(prepared.surname[1][row]))?;
            let (birth, span) = prepared.birth[row]?;
            (span <= 366).then_some(())?;
            Some(mix(mix(first, second), (birth / 365) as u32 as u64))
        },
    },
    Rule { name: "telephone", key: |prepared, _, row| code(prepared.phone.codes[row]) },
    Rule {
        name: "the agency's own number",
        key: |_, records, row| {
            let number = &records.own_number;
            (!number.is_null(row)).then(|| {
                let list = u64::from(records.list.value(row));
                number.value(row).bytes().fold(list, |hash, byte| mix(hash, u64::from(byte)))
            })
        },
    },
];

fn code(code: u32) -> Option<u64> {
    (code != NONE).then_some(u64::from(code))
}

fn pair(one: u64, other: u64) -> Option<u64> {
    Some(mix(one, other))
}

/// One round of a 64-bit mixer (splitmix64); a collision of keys costs a comparison, never a wrong link.
fn mix(one: u64, other: u64) -> u64 {
    let mut value = one.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ other.wrapping_add(0x7f4a_7c15_9e37_79b9);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// Keys of all rules for all rows.
pub struct Keys {
    keys: Vec<Vec<Option<u64>>>,
}

/// One block: rows that share a rule's key.
pub struct Block {
    /// Index of the rule.
    pub rule: usize,
    /// The rows, ascending.
    pub rows: Vec<u32>,
}

/// What a rule came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleReport {
    /// The rule's name.
    pub name: &'static str,
    /// Blocks of two rows or more.
    pub blocks: usize,
    /// Pairs within them, counting pairs that an earlier rule has too.
    pub pairs: u64,
    /// Blocks left out because they were larger than the limit.
    pub left_out: usize,
    /// Rows of the largest block left out.
    pub largest_left_out: usize,
}

impl Keys {
    /// Keys of every row under every rule.
    pub fn new(prepared: &Prepared, records: &Records) -> Self {
        let keys = RULES
            .iter()
            .map(|rule| (0..records.len()).map(|row| (rule.key)(prepared, records, row)).collect());
        Self { keys: keys.collect() }
    }

    /// Blocks of every rule, largest first so that threads finish together, and what each rule came to.
    pub fn blocks(&self, largest: usize) -> (Vec<Block>, Vec<RuleReport>) {
        let mut blocks = Vec::new();
        let mut reports = Vec::new();
        for (rule, keys) in self.keys.iter().enumerate() {
            let mut by_key: HashMap<u64, Vec<u32>> = HashMap::new();
            for (row, key) in keys.iter().enumerate() {
                if let Some(key) = key {
                    by_key.entry(*key).or_default().push(row as u32);
                }
            }
            let mut report =
                RuleReport { name: RULES[rule].name, blocks: 0, pairs: 0, left_out: 0, largest_left_out: 0 };
            for rows in by_key.into_values().filter(|rows| rows.len() > 1) {
                if rows.len() > largest {
                    report.left_out += 1;
                    report.largest_left_out = report.largest_left_out.max(rows.len());
                    continue;
                }
                report.blocks += 1;
                report.pairs += (rows.len() * (rows.len() - 1) / 2) as u64;
                blocks.push(Block { rule, rows });
            }
            reports.push(report);
        }
        blocks.sort_by(|one, other| {
            (other.rows.len(), one.rule, &one.rows).cmp(&(one.rows.len(), other.rule, &other.rows))
        });
        (blocks, reports)
    }

    /// Whether a rule before `rule` also compares the pair (then the pair is that rule's).
    pub fn earlier(
        &self,
        rule: usize,
        left: u32,
        right: u32,
        largest: &[std::collections::HashSet<u64>],
    ) -> bool {
        (0..rule).any(|before| {
            let key = self.keys[before][left as usize];
            key.is_some_and(|key| {
                self.keys[before][right as usize] == Some(key) && !largest[before].contains(&key)
            })
        })
    }

    /// Keys whose blocks are larger than the limit, by rule.
    pub fn too_large(&self, largest: usize) -> Vec<std::collections::HashSet<u64>> {
        self.keys
            .iter()
            .map(|keys| {
                let mut counts: HashMap<u64, usize> = HashMap::new();
                for key in keys.iter().flatten() {
                    *counts.entry(*key).or_default() += 1;
                }
                counts.into_iter().filter(|(_, count)| *count > largest).map(|(key, _)| key).collect()
            })
            .collect()
    }
}
