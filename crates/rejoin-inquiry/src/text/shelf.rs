//! Sources, and the passages of them that may be what a text speaks of.

use super::extract::{Name, names};
use super::lexicon::{Language, Lexicon};
use super::words::{Kind, Word, words};
use std::collections::{HashMap, HashSet};

/// A passage of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// Which source.
    pub source: usize,
    /// Where it begins, in bytes of the source's text.
    pub start: usize,
    /// Its words.
    pub text: String,
}

/// A word looked for: its stem, and how much it counts.
pub type Term = (String, f32);

/// Where passages are found. A shelf in memory, or an index on disk: the judgements are the same.
pub trait Library {
    /// The passages that share most with the terms, best first.
    fn passages(&self, terms: &[Term], most: usize) -> Vec<Passage>;
    /// Whether a folded word occurs in a source.
    fn knows(&self, form: &str) -> bool;
    /// Folded words of the sources within two edits of one.
    fn similar(&self, form: &str) -> Vec<String>;
    /// A source's name.
    fn name(&self, source: usize) -> String;
    /// A source's language.
    fn language(&self, source: usize) -> Language;
    /// A source's whole text.
    fn text(&self, source: usize) -> String;
}

/// Words of a passage, and how many words on the next one begins.
pub const PASSAGE: usize = 160;
/// Passages overlap, so that no sentence is cut in all of them.
pub const STRIDE: usize = 80;

/// Cuts a text into passages: bytes of it, with their words.
pub fn passages(list: &[Word]) -> impl Iterator<Item = &[Word]> {
    let starts = (0..list.len().max(1)).step_by(STRIDE);
    starts
        .filter(move |start| *start == 0 || start + (PASSAGE - STRIDE) < list.len())
        .map(move |start| &list[start..(start + PASSAGE).min(list.len())])
}

/// The terms of a quotation: its words by weight, and for less what may stand for them.
pub fn terms(list: &[Word], language: Language) -> Vec<Term> {
    let lexicon = Lexicon::of(language);
    let mut out: HashMap<&str, f32> = HashMap::new();
    for word in list.iter().filter(|word| word.kind == Kind::Word && !word.bracket) {
        let weight = if word.about.stop { 0.15 } else { 1.0 };
        let entry = out.entry(&word.stem).or_default();
        *entry = entry.max(weight);
        if weight == 1.0 {
            for other in lexicon.synonyms(&word.stem).take(24) {
                let entry = out.entry(other).or_default();
                *entry = entry.max(0.35);
            }
        }
    }
    let mut terms: Vec<Term> = out.into_iter().map(|(stem, weight)| (stem.to_owned(), weight)).collect();
    terms.sort_unstable_by(|left, right| left.0.cmp(&right.0));
    terms
}

struct Source {
    name: String,
    text: String,
    language: Language,
}

/// Sources in memory.
#[derive(Default)]
pub struct Shelf {
    sources: Vec<Source>,
    /// Source, first byte, last byte, words.
    passages: Vec<(usize, usize, usize, u32)>,
    /// Stem → passages with how often.
    postings: HashMap<String, Vec<(u32, u16)>>,
    forms: HashSet<String>,
    words: u64,
}

impl Shelf {
    /// Puts a source on the shelf.
    pub fn add(&mut self, name: &str, text: String) {
        let language = Language::of(&text);
        let source = self.sources.len();
        let list = words(&text, language);
        for passage in passages(&list).filter(|passage| !passage.is_empty()) {
            let number = self.passages.len() as u32;
            let mut counts: HashMap<&str, u16> = HashMap::new();
            for word in passage {
                *counts.entry(&word.stem).or_default() += 1;
            }
            for (stem, count) in counts {
                self.postings.entry(stem.to_owned()).or_default().push((number, count));
            }
            let (first, last) = (passage[0].span.start, passage[passage.len() - 1].span.end);
            self.passages.push((source, first, last, passage.len() as u32));
            self.words += passage.len() as u64;
        }
        self.forms.extend(list.into_iter().map(|word| word.form));
        self.sources.push(Source { name: name.to_owned(), text, language });
    }

    /// How many sources.
    pub fn len(&self) -> usize {
        self.sources.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }
}

impl Library for Shelf {
    fn passages(&self, terms: &[Term], most: usize) -> Vec<Passage> {
        // Okapi BM25 (Robertson & Zaragoza 2009), k1 = 1.2, b = 0.75.
        let total = self.passages.len() as f32;
        let mean = self.words as f32 / total.max(1.0);
        let mut scores: HashMap<u32, f32> = HashMap::new();
        for (stem, weight) in terms {
            let Some(postings) = self.postings.get(stem) else { continue };
            let among = postings.len() as f32;
            let rarity = (1.0 + (total - among + 0.5) / (among + 0.5)).ln();
            for (passage, count) in postings {
                let length = self.passages[*passage as usize].3 as f32;
                let count = f32::from(*count);
                let part = count * 2.2 / (count + 1.2 * (0.25 + 0.75 * length / mean));
                *scores.entry(*passage).or_default() += weight * rarity * part;
            }
        }
        let mut ranked: Vec<(u32, f32)> = scores.into_iter().collect();
        ranked.sort_unstable_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0)));
        ranked.truncate(most);
        ranked
            .into_iter()
            .map(|(passage, _)| {
                let (source, first, last, _) = self.passages[passage as usize];
                Passage { source, start: first, text: self.sources[source].text[first..last].to_owned() }
            })
            .collect()
    }

    fn knows(&self, form: &str) -> bool {
        self.forms.contains(form)
    }

    fn similar(&self, form: &str) -> Vec<String> {
        similar(form, self.forms.iter())
    }

    fn name(&self, source: usize) -> String {
        self.sources[source].name.clone()
    }

    fn language(&self, source: usize) -> Language {
        self.sources[source].language
    }

    fn text(&self, source: usize) -> String {
        self.sources[source].text.clone()
    }
}

/// Of many words those within two edits of one, itself left out, sorted.
pub fn similar<'a>(form: &str, among: impl Iterator<Item = &'a String>) -> Vec<String> {
    let letters: Vec<char> = form.chars().collect();
    // Words that share too few letters are passed over without counting edits.
    let mask = |word: &str| {
        word.bytes().filter(u8::is_ascii_lowercase).fold(0u32, |mask, letter| mask | 1 << (letter - b'a'))
    };
    let own = mask(form);
    let close = |other: &&String| {
        other.len().abs_diff(form.len()) <= 2 && (own ^ mask(other)).count_ones() <= 4 && **other != form && {
            let other: Vec<char> = other.chars().collect();
            super::align::edits(&letters, &other) <= 2
        }
    };
    let mut out: Vec<String> = among.filter(close).cloned().collect();
    out.sort_unstable();
    out
}

/// The names in a passage.
pub fn names_of(passage: &Passage, language: Language) -> Vec<(Name, String)> {
    names(&passage.text, language)
        .into_iter()
        .map(|name| (name.clone(), passage.text[name.span].to_owned()))
        .collect()
}
