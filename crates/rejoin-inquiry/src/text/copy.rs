//! A text that is another one in other words: every sentence has its counterpart, in order. A story that was sent
//! through two translations keeps its order when it keeps nothing else, so what stands at a place can be compared.

use super::extract::{Sentence, sentences};
use super::lexicon::{Language, Lexicon};
use super::shelf::{Library, terms};
use super::words::{Kind, Word, words};
use std::collections::{HashMap, HashSet};

/// A text that follows a source sentence by sentence.
#[derive(Debug, Clone)]
pub struct Copy {
    /// The source.
    pub source: usize,
    /// Sentences of the source's text.
    pub sentences: Vec<Sentence>,
    /// For each sentence of the text, its counterpart.
    pub counterpart: Vec<Option<usize>>,
    /// Sentences with a counterpart, and how many of them are the same words.
    pub followed: usize,
    /// Sentences whose words are the same.
    pub same: usize,
}

/// How many sentences are looked for, to find the source that a text may follow.
const SAMPLED: usize = 30;

struct Bag {
    stems: Vec<String>,
    weight: f32,
}

fn bag(text: &str, language: Language) -> Bag {
    let keep = |word: &Word| word.kind == Kind::Word && !word.about.stop;
    let stems: Vec<String> = words(text, language).into_iter().filter(keep).map(|word| word.stem).collect();
    let weight = stems.len() as f32;
    Bag { stems, weight }
}

/// Dice's coefficient over words, their synonyms counting for less.
fn likeness(left: &Bag, right: &Bag, lexicon: &Lexicon) -> f32 {
    if left.weight == 0.0 || right.weight == 0.0 {
        return 0.0;
    }
    let set: HashSet<&str> = right.stems.iter().map(String::as_str).collect();
    let shared: f32 = left
        .stems
        .iter()
        .map(|stem| {
            if set.contains(stem.as_str()) {
                1.0
            } else if right.stems.iter().any(|other| lexicon.are_synonyms(stem, other)) {
                0.7
            } else if right.stems.iter().any(|other| lexicon.are_opposites(stem, other)) {
                0.4
            } else {
                0.0
            }
        })
        .sum();
    2.0 * shared / (left.weight + right.weight)
}

/// Finds the source that a text follows, if it follows one.
pub fn find(text: &str, own: &[Sentence], language: Language, library: &dyn Library) -> Option<Copy> {
    let lexicon = Lexicon::of(language);
    let bags: Vec<Bag> = own.iter().map(|sentence| bag(&text[sentence.clone()], language)).collect();
    let long: Vec<usize> = (0..own.len()).filter(|at| bags[*at].weight >= 4.0).collect();
    if long.len() < 4 {
        return None;
    }
    let mut votes: HashMap<usize, usize> = HashMap::new();
    // Of a long text, sentences all over it say enough of what it follows.
    let asked: Vec<usize> = long.iter().copied().step_by(long.len().div_ceil(SAMPLED)).collect();
    for at in &asked {
        let list = words(&text[own[*at].clone()], language);
        let mut seen = HashSet::new();
        for passage in library.passages(&terms(&list, language), 3) {
            if seen.insert(passage.source) {
                *votes.entry(passage.source).or_default() += 1;
            }
        }
    }
    let mut candidates: Vec<(usize, usize)> = votes.into_iter().collect();
    candidates.sort_unstable_by_key(|(source, votes)| (std::cmp::Reverse(*votes), *source));
    candidates
        .into_iter()
        .take(3)
        .filter(|(source, votes)| *votes * 3 >= asked.len() && library.language(*source) == language)
        .filter_map(|(source, _)| {
            let other = library.text(source);
            // A source many times as long is quoted or summed up, not copied.
            (other.len() < text.len() * 3).then_some(())?;
            let sentences = sentences(&other);
            let theirs: Vec<Bag> =
                sentences.iter().map(|sentence| bag(&other[sentence.clone()], language)).collect();
            let counterpart = in_order(&bags, &theirs, lexicon);
            let followed = long.iter().filter(|at| counterpart[**at].is_some()).count();
            let same = counterpart
                .iter()
                .enumerate()
                .filter(|(at, other)| {
                    other.is_some_and(|to| likeness(&bags[*at], &theirs[to], lexicon) > 0.97)
                })
                .count();
            (followed * 4 >= long.len() * 3).then_some(Copy {
                source,
                sentences,
                counterpart,
                followed,
                same,
            })
        })
        .max_by_key(|copy| copy.followed)
}

/// The pairs of sentences, in order on both sides, that share most: dynamic programming over the table of likeness.
fn in_order(own: &[Bag], theirs: &[Bag], lexicon: &Lexicon) -> Vec<Option<usize>> {
    // Below this two sentences have only their topic in common.
    const LEAST: f32 = 0.18;
    let width = theirs.len() + 1;
    let mut best = vec![0.0f32; (own.len() + 1) * width];
    let mut pairs = vec![false; (own.len() + 1) * width];
    for (row, mine) in own.iter().enumerate() {
        for (column, other) in theirs.iter().enumerate() {
            let here = (row + 1) * width + column + 1;
            let like = likeness(mine, other, lexicon);
            let paired = best[here - width - 1] + if like >= LEAST { like } else { -1.0 };
            let skipped = best[here - 1].max(best[here - width]);
            pairs[here] = paired > skipped;
            best[here] = paired.max(skipped);
        }
    }
    let mut out = vec![None; own.len()];
    let (mut row, mut column) = (own.len(), theirs.len());
    while row > 0 && column > 0 {
        let here = row * width + column;
        if pairs[here] {
            out[row - 1] = Some(column - 1);
            row -= 1;
            column -= 1;
        } else if best[here - 1] >= best[here - width] {
            column -= 1;
        } else {
            row -= 1;
        }
    }
    out
}
