//! Comparison levels: how alike two records are in one respect. One file a comparator; each is an entry of
//! [`COMPARISONS`]. Level 0 is always "nothing to compare": missing is not different.

mod birth;
mod names;
mod numbers;
mod place;

use crate::columns::{Encoded, Encoder, NONE, Records, Words};
pub(crate) use numbers::same as same_code;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A comparison: its levels from "missing" and "different" upwards, and the function that finds the level.
pub struct Comparison {
    /// Stable name.
    pub name: &'static str,
    /// Level → what it means, in words.
    pub levels: &'static [&'static str],
    /// Starting values of m, by level from 1, before estimation.
    pub start: &'static [f64],
    /// Values of u argued for, by level from 1: what counts where there are too few records to sample from.
    pub chance: &'static [f64],
    /// The level from which agreement is on exact values, whose weight is adjusted by how frequent the value is
    /// (term-frequency adjustment); `None`: no adjustment.
    pub frequent: Option<u8>,
    /// Level of a pair of rows.
    pub level: fn(&Prepared, usize, usize) -> u8,
    /// Probability that two random records share the value of this row, for the adjustment.
    pub frequency: fn(&Prepared, usize) -> f64,
}

/// Every comparison, in order: given names, surnames, birth, sex, origin, numbers.
pub const COMPARISONS: &[Comparison] = &[
    names::GIVEN,
    names::SURNAMES,
    birth::BIRTH,
    numbers::SEX,
    place::ORIGIN,
    numbers::NUMBER,
    numbers::PHONE,
];

/// How many comparisons.
pub const COUNT: usize = 7;

/// A pattern of levels, one for each comparison.
pub type Pattern = [u8; COUNT];

/// Records made ready for comparison: one dictionary for all given names, one for all surnames.
pub struct Prepared {
    pub(crate) given: Vec<Vec<u32>>,
    pub(crate) given_words: Dictionary,
    pub(crate) surname: Vec<Vec<u32>>,
    pub(crate) surname_words: Dictionary,
    pub(crate) birth: Vec<Option<(i32, i32)>>,
    pub(crate) sex: Vec<u32>,
    pub(crate) country: Encoded,
    pub(crate) town: Encoded,
    pub(crate) number: Encoded,
    pub(crate) numeric: Vec<Option<i64>>,
    pub(crate) phone: Encoded,
}

/// Distinct words with their sounds and frequencies.
pub struct Dictionary {
    /// Tells dictionaries apart in the threads' memories of compared words.
    serial: usize,
    words: Vec<String>,
    /// Word code → sound code.
    sounds: Vec<u32>,
    /// Word code → share of the filled cells that have it.
    share: Vec<f64>,
    /// Word code → filled cells that have a word of its sound.
    sounding: Vec<u64>,
    /// Filled cells.
    filled: u64,
    /// Probability that two random cells sound alike.
    collision: f64,
}

impl Dictionary {
    /// One dictionary for several columns, and the codes of each.
    pub fn new(columns: &[&Words]) -> (Vec<Vec<u32>>, Self) {
        let mut words = Encoder::default();
        let codes: Vec<Vec<u32>> = columns.iter().map(|column| words.encode(&column.text)).collect();
        let words = words.finish(Vec::new());
        let mut by_word: Vec<u32> = vec![NONE; words.values.len()];
        let mut sound_codes: HashMap<&str, u32> = HashMap::new();
        for (column, codes) in columns.iter().zip(&codes) {
            for (sound, code) in column.sound.iter().zip(codes) {
                if let (Some(sound), true) = (sound.filter(|sound| !sound.is_empty()), *code != NONE) {
                    let next = sound_codes.len() as u32;
                    by_word[*code as usize] = *sound_codes.entry(sound).or_insert(next);
                }
            }
        }
        let filled: u64 = words.counts.iter().map(|count| u64::from(*count)).sum();
        let share = words.counts.iter().map(|count| f64::from(*count) / filled.max(1) as f64).collect();
        let mut of_sound: HashMap<u32, u64> = HashMap::new();
        for (sound, count) in by_word.iter().zip(&words.counts).filter(|(sound, _)| **sound != NONE) {
            *of_sound.entry(*sound).or_default() += u64::from(*count);
        }
        // A word without a sound stands for itself.
        let sounding: Vec<u64> = by_word
            .iter()
            .zip(&words.counts)
            .map(|(sound, count)| of_sound.get(sound).copied().unwrap_or(u64::from(*count)))
            .collect();
        let total = filled.max(1) as f64;
        let collision = words
            .counts
            .iter()
            .zip(&sounding)
            .map(|(count, all)| f64::from(*count) / total * *all as f64 / total)
            .sum();
        static SERIAL: AtomicUsize = AtomicUsize::new(0);
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        (codes, Self { serial, words: words.values, sounds: by_word, share, sounding, filled, collision })
    }

    /// Whether two words are one word written differently: the same sound, or Jaro–Winkler at least 0.92.
    pub fn alike(&self, left: u32, right: u32) -> bool {
        if left == right {
            return true;
        }
        let (one, other) = (self.sounds[left as usize], self.sounds[right as usize]);
        if one != NONE && one == other {
            return true;
        }
        thread_local! {
            static KNOWN: RefCell<HashMap<(usize, u32, u32), bool>> = RefCell::new(HashMap::new());
        }
        let key = (self.serial, left.min(right), left.max(right));
        KNOWN.with_borrow_mut(|known| {
            if known.len() > 4_000_000 {
                known.clear();
            }
            *known.entry(key).or_insert_with(|| {
                let (one, other) = (&self.words[left as usize], &self.words[right as usize]);
                let (short, long) = (one.len().min(other.len()), one.len().max(other.len()));
                // Jaro–Winkler of words of such different lengths stays below the threshold.
                long <= short * 2
                    && rapidfuzz::distance::jaro_winkler::similarity(one.bytes(), other.bytes()) >= 0.92
            })
        })
    }

    /// Share of the words that are this one.
    pub fn frequency(&self, code: u32) -> f64 {
        self.share[code as usize]
    }

    /// How much rarer a word's sound is than two cells that sound alike are on average, in bits; `own` cells are those of the
    /// very people compared, who do not make it commoner than it is.
    pub fn rarity(&self, code: u32, own: u64) -> f64 {
        let others = self.sounding[code as usize].saturating_sub(own) as f64;
        (self.collision * self.filled.max(1) as f64 / others.max(0.5)).log2()
    }

    /// Sound code of a word; [`NONE`] when it has none.
    pub fn sound(&self, code: u32) -> u32 {
        if code == NONE { NONE } else { self.sounds[code as usize] }
    }
}

impl Prepared {
    /// Encodes the columns.
    pub fn new(records: &Records) -> Self {
        let (given, given_words) = Dictionary::new(&[&records.names.given_1, &records.names.given_2]);
        let (surname, surname_words) = Dictionary::new(&[&records.names.surname_1, &records.names.surname_2]);
        let number = Encoded::new(&records.number);
        Self {
            given,
            given_words,
            surname,
            surname_words,
            birth: records
                .birth
                .iter()
                .zip(&records.birth_span)
                .map(|(birth, span)| birth.zip(span))
                .collect(),
            sex: records.sex.iter().map(|sex| sex.unwrap_or(NONE)).collect(),
            country: Encoded::new(&records.country),
            town: Encoded::new(&records.town),
            numeric: number.values.iter().map(|value| value.parse().ok()).collect(),
            number,
            phone: Encoded::new(&records.phone),
        }
    }

    /// The pattern of a pair.
    pub fn pattern(&self, left: usize, right: usize) -> Pattern {
        let mut pattern = Pattern::default();
        for (at, comparison) in COMPARISONS.iter().enumerate() {
            pattern[at] = (comparison.level)(self, left, right);
        }
        pattern
    }
}

pub(crate) fn never(_: &Prepared, _: usize) -> f64 {
    1.0
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::columns::Names;
    use arrow_array::{Int32Array, StringArray, UInt32Array};

    /// A record for tests: `given given|surname surname|birth day|sex|number`; empty parts are missing.
    pub(crate) fn drawn(lines: &[&str]) -> Records {
        let cell = |line: &str, at: usize| line.split('|').nth(at).unwrap_or("").trim().to_owned();
        let word = |line: &str, at: usize, which: usize| {
            cell(line, at).split(' ').nth(which).filter(|word| !word.is_empty()).map(str::to_owned)
        };
        let words = |at: usize, which: usize| Words {
            text: lines.iter().map(|line| word(line, at, which)).collect(),
            sound: lines
                .iter()
                .map(|line| word(line, at, which).map(|word| word.replace('z', "s")))
                .collect(),
        };
        let filled = |at: usize| -> StringArray {
            lines.iter().map(|line| Some(cell(line, at)).filter(|cell| !cell.is_empty())).collect()
        };
        let none: StringArray = lines.iter().map(|_| None::<&str>).collect();
        let births: Vec<Option<i32>> = lines.iter().map(|line| cell(line, 2).parse().ok()).collect();
        Records {
            list: UInt32Array::from_iter_values(lines.iter().map(|_| 0)),
            names: Names {
                given_1: words(0, 0),
                given_2: words(0, 1),
                surname_1: words(1, 0),
                surname_2: words(1, 1),
            },
            sex: lines
                .iter()
                .map(|line| ["F", "M"].iter().position(|sex| *sex == cell(line, 3)).map(|at| at as u32))
                .collect(),
            birth_span: births.iter().map(|birth| birth.map(|_| 1)).collect(),
            birth: Int32Array::from(births),
            country: none.clone(),
            town: none.clone(),
            number: filled(4),
            own_number: none.clone(),
            phone: none,
        }
    }

    /// The words of the levels of one comparison for a pair.
    pub(crate) fn check(name: &str, left: &str, right: &str, expect: &str) {
        let prepared = Prepared::new(&drawn(&[left, right]));
        let comparison = COMPARISONS.iter().find(|comparison| comparison.name == name).unwrap();
        let there = comparison.levels[(comparison.level)(&prepared, 0, 1) as usize];
        let back = comparison.levels[(comparison.level)(&prepared, 1, 0) as usize];
        assert_eq!((there, back), (expect, expect), "{left} ~ {right}");
    }

    #[test]
    fn every_comparison_has_a_starting_value_for_every_level() {
        assert_eq!(COMPARISONS.len(), COUNT);
        for comparison in COMPARISONS {
            assert_eq!(comparison.levels.len(), comparison.start.len() + 1, "{}", comparison.name);
            assert_eq!(comparison.start.len(), comparison.chance.len(), "{}", comparison.name);
            for argued in [comparison.start, comparison.chance] {
                assert!((argued.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{}", comparison.name);
            }
        }
    }
}
