//! Columns made ready: each distinct value is prepared once, rows are codes of values.

use crate::columns::NONE;
use crate::kernel::{Packed, Threshold};
use crate::weight;
use arrow_array::{Array, Int32Array, StringArray, UInt32Array};
use hashbrown::HashMap;
use rayon::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What a column holds, which decides how it may be compared and blocked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Given names.
    Given,
    /// Surnames.
    Surname,
    /// A date or a year.
    Date,
    /// One of a few values: sex, country, state.
    Category,
    /// A number or code that somebody issued: document, post code.
    Code,
    /// A telephone number, its digits.
    Phone,
    /// An e-mail address; its words are what stands before and after the `@`.
    Email,
    /// A place, from the smallest unit to the largest, a word a unit.
    Place,
    /// Anything in words: street, occupation.
    Text,
}

impl Kind {
    /// Every kind with its name in a spec.
    pub const ALL: &[(Kind, &str)] = &[
        (Kind::Given, "given"),
        (Kind::Surname, "surname"),
        (Kind::Date, "date"),
        (Kind::Category, "category"),
        (Kind::Code, "code"),
        (Kind::Phone, "phone"),
        (Kind::Email, "email"),
        (Kind::Place, "place"),
        (Kind::Text, "text"),
    ];

    /// Its name in a spec.
    pub fn name(self) -> &'static str {
        Kind::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }
}

/// A dictionary-encoded column, distinct values already normalised by another room.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// Row → distinct value; null or [`NONE`]: nothing there.
    pub codes: UInt32Array,
    /// Distinct value → folded words, separated by one space.
    pub words: StringArray,
    /// Distinct value → first day of a date, days from 1970-01-01; null for other kinds and unreadable dates.
    pub day: Int32Array,
    /// Distinct value → days in the span of the date.
    pub span: Int32Array,
    /// Distinct value → the distinct values it is made of, where a cell holds several; empty where none does.
    pub lists: Vec<Vec<u32>>,
}

impl Column {
    /// Codes of the rows from one on; [`NONE`] where there is nothing.
    fn filled(&self, from: usize) -> impl Iterator<Item = u32> {
        let nulls = self.codes.nulls();
        let codes = self.codes.values()[from.min(self.codes.len())..].iter().zip(from..);
        codes.map(move |(code, row)| if nulls.is_some_and(|nulls| nulls.is_null(row)) { NONE } else { *code })
    }
}

/// Words of a cell that are compared; later ones are not looked at.
pub(crate) const WORDS: usize = 6;

/// The words of a distinct value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    /// Ids of words, [`NONE`] after the last.
    pub ids: [u32; WORDS],
    pub count: u8,
}

impl Words {
    pub fn ids(&self) -> &[u32] {
        &self.ids[..self.count as usize]
    }

    /// The first word; [`NONE`] if there is none.
    pub fn first(&self) -> u32 {
        self.ids[0]
    }
}

/// A distinct date.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Day {
    /// The first day, from 1970-01-01.
    pub first: i32,
    /// Days that it may be.
    pub span: i32,
    /// Year, month and day of the month of the first.
    pub civil: (i32, i32, i32),
}

/// What another room knows of a word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// Phonetic keys in two languages; equal keys of one language are one sound. Blocking goes by the first.
    pub sounds: [String; 2],
    /// Names that it is a form of, by number; 0 fills up.
    pub names: [u16; 4],
}

/// A word of the dictionary that all columns share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Word {
    pub packed: Packed,
    pub sounds: [u32; 2],
    names: [u16; 4],
}

impl Word {
    /// Whether both are forms of one name.
    fn nickname(&self, other: &Self) -> bool {
        self.names[0] != 0 && self.names.iter().any(|name| *name != 0 && other.names.contains(name))
    }
}

/// A column made ready. Which of the vectors are filled depends on its kind: codes have texts only, dates days only, so
/// that what is looked at lies close together.
pub(crate) struct Prepared {
    pub name: String,
    pub kind: Kind,
    /// Value → its whole text without spaces.
    pub texts: Vec<Packed>,
    /// Value → its words.
    pub words: Vec<Words>,
    /// Value → its date.
    pub days: Vec<Day>,
    /// Whether a date may be any of several days.
    pub vague: bool,
    /// Value → what its frequency adds to the weight of agreeing on it exactly, fixed point.
    pub adjust: Vec<i32>,
    /// Value → the same for its first word.
    pub adjust_first: Vec<i32>,
    /// Probability that two random filled rows share a value.
    pub collision: f64,
    /// Value → the values it is made of, where a cell may hold several; empty where none does.
    pub lists: Vec<Vec<u32>>,
}

/// How alike pairs of words are that were met lately: the same names meet again and again. Each thread has slots of its own,
/// or they would take them from each other's caches. A slot holds a pair and its likeness in one number, so that it does no
/// harm if two threads share them nevertheless.
struct Met {
    slots: Vec<Vec<AtomicU64>>,
}

/// Slots for pairs of words, as the exponent of two: they fit the cache of a core.
const MET: u32 = 16;

/// Bits of a word's id in a slot.
const ID: u32 = 30;

impl Met {
    /// No room is taken before there are words.
    fn new(words: usize) -> Self {
        let slots = if words > 0 && words < 1 << ID { 1 << MET } else { 0 };
        let of_thread = |_| (0..slots).map(|_| AtomicU64::new(u64::MAX)).collect();
        Self { slots: (0..=rayon::current_num_threads()).map(of_thread).collect() }
    }

    fn likeness(&self, left: u32, right: u32, judge: impl Fn() -> u8) -> u8 {
        let pair = u64::from(left) << ID | u64::from(right);
        // The last are of who is no thread of the pool.
        let own = rayon::current_thread_index().unwrap_or(usize::MAX).min(self.slots.len() - 1);
        let at = (pair.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - MET)) as usize;
        let Some(slot) = self.slots[own].get(at) else {
            return judge();
        };
        let met = slot.load(Relaxed);
        if met >> 4 == pair {
            return (met & 15) as u8;
        }
        let likeness = judge();
        slot.store(pair << 4 | u64::from(likeness), Relaxed);
        likeness
    }
}

/// All columns.
pub struct Data {
    pub(crate) rows: usize,
    pub(crate) columns: Vec<Prepared>,
    /// Row-major codes of values.
    codes: Vec<u32>,
    pub(crate) words: Vec<Word>,
    met: Met,
    /// Row → file, or another source that knows each person once.
    pub(crate) source: Vec<u32>,
    /// Whether there is more than one.
    pub(crate) several: bool,
}

/// How much the frequency of a value may add or take, in bits.
const MOST_ADJUST: f64 = 10.0;

/// Likeness from which two words are similar.
static SIMILAR: Threshold = Threshold::new(0.84);

/// Rows that one thread copies at a time.
const STRIP: usize = 8_192;

/// Words by their ids, in the order of first appearance.
#[derive(Default)]
struct Dictionary {
    ids: HashMap<String, u32>,
    words: Vec<String>,
}

impl Dictionary {
    fn id(&mut self, word: &str) -> u32 {
        if let Some(id) = self.ids.get(word) {
            return *id;
        }
        let id = self.words.len() as u32;
        self.ids.insert(word.to_owned(), id);
        self.words.push(word.to_owned());
        id
    }

    fn cut(&mut self, text: &str) -> Words {
        let mut words = Words { ids: [NONE; WORDS], count: 0 };
        for word in text.split(' ').filter(|word| !word.is_empty()).take(WORDS) {
            words.ids[words.count as usize] = self.id(word);
            words.count += 1;
        }
        words
    }

    /// The words made ready. Reading them costs most, and is done by all threads.
    fn ready(self, read: &(dyn Fn(&str) -> Reading + Sync)) -> Vec<Word> {
        let readings: Vec<Reading> = self.words.par_iter().map(|word| read(word)).collect();
        let mut known: [HashMap<String, u32>; 2] = Default::default();
        let words = self.words.iter().zip(readings);
        words
            .map(|(word, Reading { sounds, names })| {
                let mut numbered = [NONE; 2];
                for ((sound, known), number) in sounds.into_iter().zip(&mut known).zip(&mut numbered) {
                    if !sound.is_empty() {
                        let next = known.len() as u32;
                        *number = *known.entry(sound).or_insert(next);
                    }
                }
                Word { packed: Packed::new(word), sounds: numbered, names }
            })
            .collect()
    }
}

/// A column made ready, and how many rows have each of its values; none has a value in which nothing could be read.
fn counted(own: Prepared, column: &Column) -> (Prepared, Vec<u32>) {
    let values = column.words.len();
    let mut counts = vec![0u32; values];
    column.filled(0).for_each(|code| {
        if code != NONE {
            counts[code as usize] += 1;
        }
    });
    (0..values).filter(|value| own.blank(*value)).for_each(|value| counts[value] = 0);
    (own, counts)
}

/// The codes of the columns, row after row.
fn by_rows(columns: &[Column], made: &[(Prepared, Vec<u32>)], rows: usize) -> Vec<u32> {
    let stride = columns.len();
    let mut codes = vec![NONE; rows * stride];
    // Most columns have no blank values, and to look at the value of each row would cost more than all the rest.
    let blanks: Vec<bool> = made
        .par_iter()
        .zip(columns)
        .map(|((own, _), column)| (0..column.words.len()).any(|value| own.blank(value)))
        .collect();
    if stride > 0 {
        codes.par_chunks_mut(STRIP * stride).enumerate().for_each(|(strip, codes)| {
            for (at, (column, (own, _))) in columns.iter().zip(made).enumerate() {
                for (row, code) in codes.chunks_exact_mut(stride).zip(column.filled(strip * STRIP)) {
                    if code != NONE && !(blanks[at] && own.blank(code as usize)) {
                        row[at] = code;
                    }
                }
            }
        });
    }
    codes
}

impl Prepared {
    /// A column without its words.
    fn new(column: &Column) -> Self {
        let values = column.words.len();
        let mut own = Self {
            name: column.name.clone(),
            kind: column.kind,
            texts: Vec::new(),
            words: Vec::new(),
            days: Vec::new(),
            vague: false,
            adjust: Vec::new(),
            adjust_first: Vec::new(),
            collision: 0.0,
            lists: column.lists.clone(),
        };
        if column.kind == Kind::Date {
            let day = |value: usize| match column.day.is_null(value) {
                true => Day { first: 0, span: 0, civil: (0, 0, 0) },
                false => {
                    let first = column.day.value(value);
                    Day { first, span: column.span.value(value), civil: civil(first) }
                }
            };
            own.days = (0..values).map(day).collect();
            own.vague = own.days.iter().any(|day| day.span > 1);
        } else {
            let packed = |value: usize| {
                let text = if column.words.is_null(value) { "" } else { column.words.value(value) };
                if text.contains(' ') { Packed::new(&text.replace(' ', "")) } else { Packed::new(text) }
            };
            own.texts = (0..values).into_par_iter().with_min_len(STRIP).map(packed).collect();
        }
        own
    }

    /// Whether nothing could be read in a value: as good as no value.
    fn blank(&self, value: usize) -> bool {
        match self.kind {
            Kind::Date => self.days[value].span == 0,
            _ => self.texts[value].is_empty(),
        }
    }

    /// Frequencies, from how many rows have each value.
    fn weigh(&mut self, counts: &[u32], words: usize) {
        let total = counts.iter().map(|count| u64::from(*count)).sum::<u64>().max(1) as f64;
        let squares = |counts: &[u32]| -> f64 {
            counts.iter().map(|count| u128::from(*count) * u128::from(*count)).sum::<u128>() as f64
        };
        // A logarithm a count, not one a value: most values of a column are equally rare.
        let adjust = |average: f64, counts: &[u32]| -> Vec<i32> {
            let weigh = |count: u32| match count {
                0 => 0,
                count => weight::of_bits(
                    (average / (f64::from(count) / total)).log2().clamp(-MOST_ADJUST, MOST_ADJUST),
                ) as i32,
            };
            let small: Vec<i32> = (0..256).map(weigh).collect();
            counts
                .iter()
                .map(|count| small.get(*count as usize).copied().unwrap_or_else(|| weigh(*count)))
                .collect()
        };
        let collision = squares(counts) / (total * total);
        self.adjust = adjust(collision, counts);
        self.collision = collision.max(1e-12);
        if !self.words.is_empty() {
            // The last place is that of values without words.
            let mut of_first = vec![0u32; words + 1];
            let first = |value: &Words| (value.first() as usize).min(words);
            self.words.iter().zip(counts).for_each(|(value, count)| of_first[first(value)] += count);
            let by_word = adjust(squares(&of_first) / (total * total), &of_first);
            self.adjust_first = self.words.iter().map(|value| by_word[first(value)]).collect();
        }
    }
}

impl Data {
    /// Prepares columns of one length; `source` is the file of each row. `read` is asked once a word.
    pub fn new(columns: &[Column], source: Vec<u32>, read: &(dyn Fn(&str) -> Reading + Sync)) -> Self {
        let rows = source.len();
        // One thread finds words while the others make everything else ready.
        let ((words, dictionary), (made, codes)) = rayon::join(
            || {
                let mut dictionary = Dictionary::default();
                let words = columns.iter().map(|column| match column.kind {
                    // These are compared as a whole; most codes are unique, and would only swell the dictionary.
                    Kind::Code | Kind::Phone | Kind::Date => Vec::new(),
                    _ => column.words.iter().map(|text| dictionary.cut(text.unwrap_or(""))).collect(),
                });
                let words: Vec<Vec<Words>> = words.collect();
                (words, dictionary.ready(read))
            },
            || {
                let made: Vec<(Prepared, Vec<u32>)> =
                    columns.par_iter().map(|column| counted(Prepared::new(column), column)).collect();
                let codes = by_rows(columns, &made, rows);
                (made, codes)
            },
        );
        let known = dictionary.len();
        let weighed = made.into_par_iter().zip(words).map(|((own, counts), words)| {
            let mut own = Prepared { words, ..own };
            own.weigh(&counts, known);
            own
        });
        let mut prepared: Vec<Prepared> = weighed.collect();
        for own in &mut prepared {
            let lists = std::mem::take(&mut own.lists);
            let blank = |value: &u32| own.blank(*value as usize);
            own.lists = lists
                .into_iter()
                .map(|list| list.into_iter().filter(|value| !blank(value)).collect())
                .collect();
        }
        let several = source.iter().any(|file| Some(file) != source.first());
        let met = Met::new(known);
        Self { rows, columns: prepared, codes, words: dictionary, met, source, several }
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The name of a column.
    pub fn name(&self, column: usize) -> &str {
        &self.columns[column].name
    }

    /// Codes of a row, one a column.
    pub(crate) fn row(&self, row: u32) -> &[u32] {
        let stride = self.columns.len();
        &self.codes[row as usize * stride..(row as usize + 1) * stride]
    }

    /// How alike two words are: 4 the same, 3 one word written differently (the same sound, or Jaro–Winkler of at least
    /// 0.92), 2 two forms of one name, 1 similar (at least 0.84), 0 another word.
    pub(crate) fn likeness(&self, left: u32, right: u32) -> u8 {
        if left == right {
            return 4;
        }
        let (one, other) = (&self.words[left as usize], &self.words[right as usize]);
        if (0..2).any(|at| one.sounds[at] != NONE && one.sounds[at] == other.sounds[at]) {
            return 3;
        }
        // Most words share too few letters to be similar, which is told sooner than it is remembered.
        if !one.packed.may_reach(&other.packed, &SIMILAR) {
            return if one.nickname(other) { 2 } else { 0 };
        }
        self.met.likeness(left, right, || {
            let similarity = one.packed.similarity_from(&other.packed, &SIMILAR);
            if similarity >= 0.92 {
                3
            } else if one.nickname(other) {
                2
            } else {
                u8::from(similarity > 0.0)
            }
        })
    }
}

/// Year, month and day of a day number, by Howard Hinnant's `civil_from_days`.
pub(crate) fn civil(day: i32) -> (i32, i32, i32) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day_of_month = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i32::from(month <= 2), month, day_of_month)
}
