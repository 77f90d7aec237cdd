//! The columns that linkage works on, and their dictionary encoding.

use arrow_array::{Int32Array, Int64Array, StringArray, UInt32Array};
use std::collections::HashMap;

/// A column of words: the word and its phonetic key, row by row.
#[derive(Debug, Clone)]
pub struct Words {
    /// The folded word.
    pub text: StringArray,
    /// Its phonetic key.
    pub sound: StringArray,
}

/// Columns of records, one row a record. All of one length.
#[derive(Debug, Clone)]
pub struct Records {
    /// Which list a record is from (an index); records of one list may still be one person.
    pub list: UInt32Array,
    /// Names.
    pub names: Names,
    /// 0 female, 1 male.
    pub sex: UInt32Array,
    /// Day of birth, days from 1970-01-01; for partial dates the first day of the span.
    pub birth: Int32Array,
    /// Days in the span of the birth date: 1, or a month, or a year; for ages two years.
    pub birth_span: Int32Array,
    /// Country code.
    pub country: StringArray,
    /// Town of origin, folded.
    pub town: StringArray,
    /// Number of the person that several agencies use (the alien number).
    pub number: StringArray,
    /// Number of the person that one agency uses; the list is part of it.
    pub own_number: StringArray,
    /// Telephone number.
    pub phone: StringArray,
}

impl Records {
    /// How many records.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

/// Names of people or of people that somebody names: two given names, two surnames.
#[derive(Debug, Clone)]
pub struct Names {
    /// First given name.
    pub given_1: Words,
    /// Second given name.
    pub given_2: Words,
    /// First surname.
    pub surname_1: Words,
    /// Second surname.
    pub surname_2: Words,
}

/// Columns of people, one row a person. All of one length.
#[derive(Debug, Clone)]
pub struct People {
    /// 0 child, 1 adult; missing: not known.
    pub grown: UInt32Array,
    /// Names.
    pub names: Names,
    /// 0 female, 1 male.
    pub sex: UInt32Array,
    /// Day of birth, days from 1970-01-01 (for ages, the middle of what the age allows).
    pub birth: Int32Array,
    /// Days that the day of birth may be: 1 where it is known.
    pub birth_span: Int32Array,
    /// Country code.
    pub country: StringArray,
    /// Town of origin, folded.
    pub town: StringArray,
    /// Alien number.
    pub number: Int64Array,
    /// Number of the family unit, with the list that gave it.
    pub unit: StringArray,
    /// Place of apprehension.
    pub station: StringArray,
    /// Day of apprehension.
    pub day: Int32Array,
    /// Minute of apprehension, from 1970-01-01 00:00, where the minute is recorded.
    pub minute: Int64Array,
    /// Language or people, folded.
    pub language: StringArray,
    /// Telephones and addresses.
    pub contacts: Contacts,
    /// Where they were held.
    pub stays: Stays,
}

/// Telephones and addresses by which people, or those who ask for them, can be reached: one row each.
#[derive(Debug, Clone)]
pub struct Contacts {
    /// Row of the person.
    pub by: UInt32Array,
    /// The number or the folded address; an address begins with `@`.
    pub value: StringArray,
}

/// Stays in a named place, one row a stay.
#[derive(Debug, Clone)]
pub struct Stays {
    /// Row of the person.
    pub by: UInt32Array,
    /// The place, folded.
    pub place: StringArray,
    /// First day, from 1970-01-01.
    pub from: Int32Array,
    /// Last day.
    pub to: Int32Array,
}

/// Relatives that people name, one row a name.
#[derive(Debug, Clone)]
pub struct Named {
    /// Row of the person who names.
    pub by: UInt32Array,
    /// Whom: 0 the mother, 1 the father, 2 a child.
    pub whom: UInt32Array,
    /// The name.
    pub names: Names,
    /// What an adult who names a child says to be to it: 0 a parent, 1 a grandparent, 2 another carer; null: not said.
    pub relation: UInt32Array,
}

/// No value.
pub const NONE: u32 = u32::MAX;

/// A text column as codes into its distinct values.
#[derive(Debug, Clone, Default)]
pub struct Encoded {
    /// Row → code, or [`NONE`].
    pub codes: Vec<u32>,
    /// Code → value.
    pub values: Vec<String>,
    /// Code → rows that have it.
    pub counts: Vec<u32>,
}

impl Encoded {
    /// Encodes a column; codes are in the order of first appearance.
    pub fn new(column: &StringArray) -> Self {
        let mut encoder = Encoder::default();
        let codes = encoder.encode(column);
        encoder.finish(codes)
    }
}

/// Gives several columns one dictionary, so that a value has the same code in all.
#[derive(Debug, Default)]
pub struct Encoder {
    index: HashMap<String, u32>,
    values: Vec<String>,
    counts: Vec<u32>,
}

impl Encoder {
    /// Codes of a column.
    pub fn encode(&mut self, column: &StringArray) -> Vec<u32> {
        column
            .iter()
            .map(|value| match value {
                None | Some("") => NONE,
                Some(value) => {
                    let code = match self.index.get(value) {
                        Some(code) => *code,
                        None => {
                            let code = self.values.len() as u32;
                            self.index.insert(value.to_owned(), code);
                            self.values.push(value.to_owned());
                            self.counts.push(0);
                            code
                        }
                    };
                    self.counts[code as usize] += 1;
                    code
                }
            })
            .collect()
    }

    /// The dictionary with one column's codes.
    pub fn finish(self, codes: Vec<u32>) -> Encoded {
        Encoded { codes, values: self.values, counts: self.counts }
    }
}
