//! Columns made ready: each distinct cell is prepared once, rows are codes into cells.

use crate::columns::NONE;
use crate::kernel::Packed;
use crate::weight;
use arrow_array::{Array, Int32Array, StringArray, UInt32Array};
use hashbrown::HashMap;

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
    /// A number or code that somebody issued: document, post code, telephone.
    Code,
    /// An e-mail address; its words are what stands before and after the `@`.
    Email,
    /// Anything in words: town, street, occupation.
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
        (Kind::Email, "email"),
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
    /// Row → distinct value; null: nothing there.
    pub codes: UInt32Array,
    /// Distinct value → folded words, separated by one space.
    pub words: StringArray,
    /// Distinct value → first day of a date, days from 1970-01-01; null for other kinds and unreadable dates.
    pub day: Int32Array,
    /// Distinct value → days in the span of the date.
    pub span: Int32Array,
}

/// Words of a cell that are compared; later ones are not looked at.
pub(crate) const WORDS: usize = 6;

/// A distinct value, ready for comparison.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell {
    /// Ids of words, [`NONE`] after the last.
    pub words: [u32; WORDS],
    /// How many words.
    pub count: u8,
    /// The whole text without spaces.
    pub whole: Packed,
    pub day: i32,
    pub span: i32,
    /// Year, month and day of the month.
    pub civil: (i32, i32, i32),
}

impl Cell {
    pub fn words(&self) -> &[u32] {
        &self.words[..self.count as usize]
    }
}

/// A word of the dictionary that all columns share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Word {
    pub packed: Packed,
    pub sound: u32,
}

pub(crate) struct Prepared {
    pub name: String,
    pub kind: Kind,
    pub cells: Vec<Cell>,
    /// Cell → what its frequency adds to the weight of agreeing on it exactly, fixed point.
    pub adjust: Vec<i64>,
    /// Cell → the same for its first word.
    pub adjust_first: Vec<i64>,
    /// Probability that two random filled rows share a value.
    pub collision: f64,
}

/// All columns.
pub struct Data {
    pub(crate) rows: usize,
    pub(crate) columns: Vec<Prepared>,
    /// Row-major cells.
    cells: Vec<u32>,
    pub(crate) words: Vec<Word>,
    /// Row → file.
    pub(crate) source: Vec<u16>,
}

/// How much the frequency of a value may add or take, in bits.
const MOST_ADJUST: f64 = 10.0;

impl Data {
    /// Prepares columns of one length; `source` is the file of each row. `sound` gives the phonetic key of a word, and is
    /// asked once a word.
    pub fn new(columns: &[Column], source: Vec<u16>, sound: &dyn Fn(&str) -> String) -> Self {
        let rows = source.len();
        let mut dictionary: HashMap<String, u32> = HashMap::new();
        let mut sounds: HashMap<String, u32> = HashMap::new();
        let mut words: Vec<Word> = Vec::new();
        let stride = columns.len();
        let mut cells = vec![NONE; rows * stride];
        let mut prepared = Vec::new();
        for (at, column) in columns.iter().enumerate() {
            let mut counts = vec![0u32; column.words.len()];
            for row in 0..rows {
                if !column.codes.is_null(row) {
                    let code = column.codes.value(row);
                    cells[row * stride + at] = code;
                    counts[code as usize] += 1;
                }
            }
            let mut own: Vec<Cell> = Vec::with_capacity(column.words.len());
            for value in 0..column.words.len() {
                let text = if column.words.is_null(value) { "" } else { column.words.value(value) };
                let mut cell = Cell {
                    words: [NONE; WORDS],
                    count: 0,
                    whole: if text.contains(' ') {
                        Packed::new(&text.replace(' ', ""))
                    } else {
                        Packed::new(text)
                    },
                    day: 0,
                    span: 0,
                    civil: (0, 0, 0),
                };
                if column.kind == Kind::Date {
                    if !column.day.is_null(value) {
                        cell.day = column.day.value(value);
                        cell.span = column.span.value(value);
                        cell.civil = civil(cell.day);
                    }
                } else if column.kind == Kind::Code {
                    // Codes are compared as a whole; most are unique, and would only swell the dictionary.
                    cell.count = u8::from(!text.is_empty());
                } else {
                    for word in text.split(' ').filter(|word| !word.is_empty()).take(WORDS) {
                        let id = match dictionary.get(word) {
                            Some(id) => *id,
                            None => {
                                let next = sounds.len() as u32;
                                let sound = *sounds.entry(sound(word)).or_insert(next);
                                dictionary.insert(word.to_owned(), words.len() as u32);
                                words.push(Word { packed: Packed::new(word), sound });
                                words.len() as u32 - 1
                            }
                        };
                        cell.words[cell.count as usize] = id;
                        cell.count += 1;
                    }
                }
                own.push(cell);
            }
            // A cell in which nothing could be read is as good as none.
            let blank =
                |cell: &Cell| if column.kind == Kind::Date { cell.span == 0 } else { cell.count == 0 };
            if own.iter().any(blank) {
                for row in 0..rows {
                    let code = &mut cells[row * stride + at];
                    if *code != NONE && blank(&own[*code as usize]) {
                        *code = NONE;
                    }
                }
                own.iter().zip(&mut counts).filter(|(cell, _)| blank(cell)).for_each(|(_, count)| *count = 0);
            }
            let filled: u64 = counts.iter().map(|count| u64::from(*count)).sum();
            // The last place is that of cells without words.
            let mut of_first = vec![0u64; words.len() + 1];
            let first = |cell: &Cell| (cell.words[0] as usize).min(words.len());
            for (cell, count) in own.iter().zip(&counts) {
                of_first[first(cell)] += u64::from(*count);
            }
            let total = filled.max(1) as f64;
            let square = |count: f64| (count / total) * (count / total);
            let collision: f64 = counts.iter().map(|count| square(f64::from(*count))).sum();
            let first_squares: u128 =
                of_first.iter().map(|count| u128::from(*count) * u128::from(*count)).sum();
            let first_collision = first_squares as f64 / (total * total);
            let adjust = |average: f64, count: f64| {
                if count == 0.0 {
                    0
                } else {
                    weight::of_bits((average / (count / total)).log2().clamp(-MOST_ADJUST, MOST_ADJUST))
                }
            };
            prepared.push(Prepared {
                name: column.name.clone(),
                kind: column.kind,
                adjust: counts.iter().map(|count| adjust(collision, f64::from(*count))).collect(),
                adjust_first: own
                    .iter()
                    .map(|cell| adjust(first_collision, of_first[first(cell)] as f64))
                    .collect(),
                cells: own,
                collision: collision.max(1e-12),
            });
        }
        Self { rows, columns: prepared, cells, words, source }
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
        &self.cells[row as usize * stride..(row as usize + 1) * stride]
    }

    /// How alike two words are: 3 the same, 2 one word written differently (the same sound, or Jaro–Winkler of at least
    /// 0.92), 1 similar (at least 0.84), 0 another word.
    pub(crate) fn likeness(&self, left: u32, right: u32) -> u8 {
        if left == right {
            return 3;
        }
        let (one, other) = (&self.words[left as usize], &self.words[right as usize]);
        if one.sound != NONE && one.sound == other.sound {
            return 2;
        }
        if !one.packed.jaro_winkler_at_least(&other.packed, 0.84) {
            return 0;
        }
        1 + u8::from(one.packed.jaro_winkler_at_least(&other.packed, 0.92))
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
