//! How people are found by name, number and birth date: every different word of a name once, with the records that have it.
//! A case of a hundred thousand people has some ten thousand different words, and a word that was asked for is held against
//! all of them. Particles are left out on both sides: who asks for León finds de León.

use crate::handles::locked;
use rejoin_linkage::kernel::{Packed, Threshold};
use rejoin_model::{Country, Field, Moment, Precision, Record, Sex, Value};
use rejoin_normalize::{nickname, phonetic};
use std::collections::HashMap;
use std::sync::Mutex;

/// Similarity (Jaro–Winkler) from which two words are spelled alike.
static ALIKE: Threshold = Threshold::new(0.9);
/// Letters from which one slip leaves a word recognisable.
const LONG: usize = 4;
/// Fields whose numbers find a record.
const NUMBERS: [Field; 4] =
    [Field::AlienNumber, Field::AgencyPersonNumber, Field::RecordNumber, Field::CaseNumber];
/// Fields that name somebody else.
const RELATIVES: [Field; 3] = [Field::MotherName, Field::FatherName, Field::ChildName];

/// Where in a record a word stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Slot {
    Given,
    Surname,
    /// In the name of somebody whom the record names.
    Relative,
}

impl Slot {
    fn of(bits: u32) -> Self {
        match bits & 3 {
            0 => Slot::Given,
            1 => Slot::Surname,
            _ => Slot::Relative,
        }
    }
}

/// How a word in a record is like one that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Likeness {
    Same,
    SoundsAlike,
    OneSlip,
    Nickname,
    Alike,
}

impl Likeness {
    /// How much it says, of a hundred.
    pub fn quality(self) -> u8 {
        match self {
            Likeness::Same => 100,
            Likeness::SoundsAlike => 90,
            Likeness::OneSlip => 88,
            Likeness::Nickname => 84,
            Likeness::Alike => 74,
        }
    }
}

/// What of a record is compared beside its names; packed, as thousands of records are looked at for one question.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Traits {
    pub birth: Option<Moment>,
    pub age: Option<u8>,
    pub sex: Option<Sex>,
    pub country: Option<Country>,
}

/// The words, numbers and birth dates of a case.
pub(crate) struct Index {
    words: Vec<(Box<str>, Packed)>,
    /// Of each word, where its places begin.
    starts: Vec<u32>,
    /// Place of a record, times four, and the slot.
    places: Vec<u32>,
    sounds: HashMap<Box<str>, Vec<u32>>,
    nicknames: HashMap<u16, Vec<u32>>,
    numbers: HashMap<Box<str>, Vec<u32>>,
    births: HashMap<i32, Vec<u32>>,
    pub traits: Vec<Traits>,
    /// Of each record, how many words its own names have, and those of relatives.
    pub lengths: Vec<[u8; 2]>,
    /// Room to count in, empty; kept, as making it for each question would cost as much as the question.
    rooms: Mutex<Vec<Vec<Counted>>>,
}

/// What is counted of a record for one question: of its own names, and of those of relatives.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Counted {
    /// How much of what was asked for it has.
    pub reached: [f32; 2],
    /// How many words.
    pub matched: [u8; 2],
    /// How well it has the word in question.
    pub best: [u8; 2],
}

/// The words of a record's own names, each with where it stands, in order.
pub(crate) fn own_words(record: &Record) -> Vec<(&str, Slot)> {
    let names = record.values.iter().filter(|(field, _)| !RELATIVES.contains(field));
    let names = names.filter_map(|(_, value)| match value {
        Value::Name(name) => Some(name),
        _ => None,
    });
    names
        .flat_map(|name| {
            let given = name.given.iter().map(|token| (bare(token), Slot::Given));
            given.chain(name.surnames.iter().map(|token| (bare(token), Slot::Surname)))
        })
        .collect()
}

/// The words of the names of relatives whom a record names.
pub(crate) fn relatives_words(record: &Record) -> Vec<&str> {
    let of = |field: &Field| record.name_of(*field);
    RELATIVES.iter().filter_map(of).flat_map(|name| name.tokens().map(bare)).collect()
}

/// A word without its particles.
pub(crate) fn bare(token: &str) -> &str {
    token.rsplit(' ').next().unwrap_or(token)
}

/// What a word sounds like in Spanish and in English, told apart by a letter in front.
fn sounds(word: &str) -> [Option<String>; 2] {
    let of = |language: char, key: String| (key.len() > 1).then(|| format!("{language}{key}"));
    [of('s', phonetic::key(word)), of('e', phonetic::english(word))]
}

impl Index {
    pub fn new(records: &[Record]) -> Self {
        let mut known: HashMap<&str, u32> = HashMap::new();
        let mut words: Vec<(Box<str>, Packed)> = Vec::new();
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        let mut numbers: HashMap<Box<str>, Vec<u32>> = HashMap::new();
        let mut births: HashMap<i32, Vec<u32>> = HashMap::new();
        let mut traits = Vec::with_capacity(records.len());
        let mut lengths = Vec::with_capacity(records.len());
        for (at, record) in (0u32..).zip(records) {
            for (field, value) in &record.values {
                match value {
                    Value::Name(name) => {
                        let own = !RELATIVES.contains(field);
                        for (tokens, slot) in [(&name.given, Slot::Given), (&name.surnames, Slot::Surname)] {
                            let slot = if own { slot } else { Slot::Relative };
                            for token in
                                tokens.iter().map(|token| bare(token)).filter(|token| token.len() > 1)
                            {
                                let word = *known.entry(token).or_insert_with(|| {
                                    words.push((token.into(), Packed::new(token)));
                                    words.len() as u32 - 1
                                });
                                pairs.push((word, at << 2 | slot as u32));
                            }
                        }
                    }
                    Value::Identifier(number) if NUMBERS.contains(field) => {
                        push(&mut numbers, &number.0, at);
                    }
                    Value::Moment(birth)
                        if *field == Field::BirthDate && birth.precision() >= Precision::Day =>
                    {
                        births.entry(birth.day_number()).or_default().push(at);
                    }
                    _ => {}
                }
            }
            let full = record.name_of(Field::FullName).map_or(0, |name| name.tokens().count());
            let relatives = relatives_words(record).len();
            lengths.push([full, relatives].map(|count| u8::try_from(count).unwrap_or(u8::MAX)));
            traits.push(Traits {
                birth: record.moment(Field::BirthDate),
                age: record.age(),
                sex: record.sex(),
                country: record.country(),
            });
        }
        pairs.sort_unstable();
        pairs.dedup();
        let mut starts = vec![0u32; words.len() + 1];
        pairs.iter().for_each(|(word, _)| starts[*word as usize + 1] += 1);
        for at in 0..words.len() {
            starts[at + 1] += starts[at];
        }
        let mut sounds_of: HashMap<Box<str>, Vec<u32>> = HashMap::new();
        let mut nicknames: HashMap<u16, Vec<u32>> = HashMap::new();
        for (at, (word, _)) in (0u32..).zip(&words) {
            sounds(word).iter().flatten().for_each(|sound| push(&mut sounds_of, sound, at));
            for line in nickname::lines(word).into_iter().filter(|line| *line > 0) {
                nicknames.entry(line).or_default().push(at);
            }
        }
        let places = pairs.into_iter().map(|(_, place)| place).collect();
        let rooms = Mutex::default();
        Self { words, starts, places, sounds: sounds_of, nicknames, numbers, births, traits, lengths, rooms }
    }

    /// The words that are like one that was asked for, each with how.
    pub fn like(&self, asked: &str) -> Vec<(u32, Likeness)> {
        let packed = Packed::new(asked);
        let mut found: HashMap<u32, Likeness> = HashMap::new();
        let mut take = |word: u32, likeness: Likeness| {
            found.entry(word).and_modify(|known| *known = (*known).min(likeness)).or_insert(likeness);
        };
        for (at, (word, other)) in (0u32..).zip(&self.words) {
            if **word == *asked {
                take(at, Likeness::Same);
            } else if asked.len() >= LONG && packed.one_slip(other) {
                take(at, Likeness::OneSlip);
            } else if packed.jaro_winkler_at_least(other, &ALIKE) {
                take(at, Likeness::Alike);
            }
        }
        for sound in sounds(asked).iter().flatten() {
            let alike = self.sounds.get(sound.as_str()).into_iter().flatten();
            alike.for_each(|word| take(*word, Likeness::SoundsAlike));
        }
        for line in nickname::lines(asked).into_iter().filter(|line| *line > 0) {
            self.nicknames.get(&line).into_iter().flatten().for_each(|word| take(*word, Likeness::Nickname));
        }
        found.into_iter().collect()
    }

    /// The records that have a word, and where.
    pub fn places(&self, word: u32) -> impl Iterator<Item = (u32, Slot)> + '_ {
        let (from, to) = (self.starts[word as usize], self.starts[word as usize + 1]);
        self.places[from as usize..to as usize].iter().map(|place| (place >> 2, Slot::of(*place)))
    }

    /// A word.
    pub fn word(&self, word: u32) -> &str {
        &self.words[word as usize].0
    }

    /// Room to count in: of each record, nothing yet.
    pub fn room(&self) -> Vec<Counted> {
        locked(&self.rooms).pop().unwrap_or_else(|| vec![Counted::default(); self.traits.len()])
    }

    /// Gives room back, as empty as it was.
    pub fn give_back(&self, room: Vec<Counted>) {
        debug_assert!(room.iter().all(|counted| *counted == Counted::default()));
        locked(&self.rooms).push(room);
    }

    /// In how many places a word stands.
    pub fn frequency(&self, word: u32) -> u32 {
        self.starts[word as usize + 1] - self.starts[word as usize]
    }

    /// Records with a number, as it is, and with two neighbouring characters of it exchanged.
    pub fn numbered(&self, number: &str) -> Vec<(u32, bool)> {
        let of = |number: &str| self.numbers.get(number).cloned().unwrap_or_default();
        let mut found: Vec<(u32, bool)> = of(number).into_iter().map(|record| (record, true)).collect();
        let mut characters: Vec<char> = number.chars().collect();
        for at in 1..characters.len() {
            if characters[at - 1] != characters[at] {
                characters.swap(at - 1, at);
                found.extend(of(&characters.iter().collect::<String>()).into_iter().map(|one| (one, false)));
                characters.swap(at - 1, at);
            }
        }
        found
    }

    /// Records with a birth date, to the day.
    pub fn born(&self, day: i32) -> &[u32] {
        self.births.get(&day).map_or(&[], Vec::as_slice)
    }
}

fn push(map: &mut HashMap<Box<str>, Vec<u32>>, key: &str, value: u32) {
    match map.get_mut(key) {
        Some(values) => values.push(value),
        None => drop(map.insert(key.into(), vec![value])),
    }
}
