//! A text checked against sources, quotation by quotation.

use super::align::{Alignment, Relation, Step, Table, align};
use super::copy::{self, Copy};
use super::extract::{Sentence, quotations, sentence_of, sentences};
use super::figures::{FigureVerdict, check_figures};
use super::judge::{Difference, Judgement, Matter, differences, judgement, omission};
use super::lexicon::{Language, Lexicon};
use super::names::{NameVerdict, check_names};
use super::shelf::{Library, Passage, terms};
use super::words::{Kind, Word, words};
use std::collections::HashSet;
use std::ops::Range;

/// Where a quotation was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The source.
    pub source: usize,
    /// Bytes of the source's text.
    pub span: Range<usize>,
    /// The source's words.
    pub words: String,
}

/// What is said of a quotation.
#[derive(Debug, Clone)]
pub struct QuotationVerdict {
    /// Bytes of the text, between the marks.
    pub span: Range<usize>,
    /// The judgement.
    pub judgement: Judgement,
    /// On what its sense may turn.
    pub matters: Vec<Matter>,
    /// Every difference, in order.
    pub differences: Vec<Difference>,
    /// Where it was found; for `not-found` the nearest passage, if any comes near.
    pub found: Option<Found>,
    /// Share of its words that have a partner there.
    pub covered: f32,
    /// The judgement is near a border: a person should look.
    pub unsure: bool,
    /// What else a reader should know, as a stable word: `joined`, `denied-before`,
    /// `condition-after`, `by-place`.
    pub notes: Vec<&'static str>,
}

/// A text checked.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The text's language.
    pub language: Language,
    /// The source that it follows sentence by sentence, if it does.
    pub copy: Option<Copy>,
    /// Its quotations.
    pub quotations: Vec<QuotationVerdict>,
    /// Its figures and dates.
    pub figures: Vec<FigureVerdict>,
    /// Its names.
    pub names: Vec<NameVerdict>,
}

/// How many passages are looked at for each quotation.
const LOOKED_AT: usize = 24;
/// And how many of them are aligned word by word.
const ALIGNED: usize = 24;

/// Checks a text.
pub fn check(text: &str, library: &dyn Library) -> Checked {
    let language = Language::of(text);
    let own = sentences(text);
    let copy = copy::find(text, &own, language, library);
    let quotations: Vec<QuotationVerdict> = quotations(text)
        .into_iter()
        .map(|span| {
            let place = copy.as_ref().and_then(|copy| at_place(copy, &own, &span, library));
            let here = quotation(text, span.clone(), language, library, place);
            // An article may quote a source of the other language in that language.
            let words = &text[span.clone()];
            let own = Language::of(words);
            if here.judgement == Judgement::NotFound
                && own != language
                && words.split_whitespace().count() >= 4
            {
                return quotation(text, span, own, library, None);
            }
            here
        })
        .collect();
    let figures = check_figures(text, &own, language, library, copy.as_ref(), &quotations);
    let names = check_names(text, &own, language, library, copy.as_ref());
    Checked { language, copy, quotations, figures, names }
}

/// The passage that stands at a quotation's place in the source which the text follows.
fn at_place(copy: &Copy, own: &[Sentence], span: &Range<usize>, library: &dyn Library) -> Option<Passage> {
    let (first, last) = (sentence_of(own, span.start), sentence_of(own, span.end.saturating_sub(1)));
    let places: Vec<usize> =
        (first..=last).filter_map(|at| copy.counterpart.get(at).copied().flatten()).collect();
    let (low, high) = (*places.iter().min()?, *places.iter().max()?);
    let (from, to) = (copy.sentences[low].start, copy.sentences[high].end);
    let text = library.text(copy.source);
    Some(Passage { source: copy.source, start: from, text: text[from..to].to_owned() })
}

/// Checks one quotation by itself.
pub fn check_quotation(words: &str, language: Language, library: &dyn Library) -> QuotationVerdict {
    quotation(words, 0..words.len(), language, library, None)
}

struct Candidate {
    passage: Passage,
    words: Vec<Word>,
    alignment: Alignment,
    by_place: bool,
}

impl Candidate {
    fn worth(&self) -> f32 {
        self.alignment.score + if self.by_place { 0.25 } else { 0.0 }
    }
}

/// From which share of partners on a quotation counts as found: short ones need more, as they share words by chance. Set
/// between the invented and the reworded quotations of the corpus `dev`.
fn least(count: usize) -> f32 {
    match count {
        0..=4 => 0.64,
        5..=6 => 0.58,
        7..=9 => 0.50,
        10..=15 => 0.40,
        _ => 0.38,
    }
}

fn quotation(
    text: &str,
    span: Range<usize>,
    language: Language,
    library: &dyn Library,
    place: Option<Passage>,
) -> QuotationVerdict {
    let quoted = words(&text[span.clone()], language);
    let count = quoted.iter().filter(|word| word.kind == Kind::Word).count();
    let nothing = |judgement| QuotationVerdict {
        span: span.clone(),
        judgement,
        matters: Vec::new(),
        differences: Vec::new(),
        found: None,
        covered: 0.0,
        unsure: false,
        notes: Vec::new(),
    };
    if count <= 2 {
        return nothing(Judgement::TooShort);
    }
    let lexicon = Lexicon::of(language);
    let knows = |form: &str| library.knows(form);
    // Passages that share most of the words are aligned; the others only shared their rarest. A scan shares letters.
    let content: Vec<&Word> = quoted.iter().filter(|word| !word.about.stop).collect();
    let mut near: Vec<(usize, Passage, Vec<Word>)> = library
        .passages(&terms(&quoted, language), LOOKED_AT)
        .into_iter()
        .filter(|passage| library.language(passage.source) == language)
        .map(|passage| {
            let source = words(&passage.text, language);
            let there: HashSet<&str> =
                source.iter().flat_map(|word| [word.stem.as_str(), word.scanned.as_str()]).collect();
            let shared = content
                .iter()
                .filter(|word| there.contains(word.stem.as_str()) || there.contains(word.scanned.as_str()));
            (shared.count(), passage, source)
        })
        .collect();
    near.sort_by_key(|(shared, ..)| std::cmp::Reverse(*shared));
    near.truncate(ALIGNED);
    let place = place
        .filter(|passage| library.language(passage.source) == language)
        .map(|passage| (words(&passage.text, language), passage, true));
    let mut candidates: Vec<Candidate> = near
        .into_iter()
        .map(|(_, passage, source)| (source, passage, false))
        .chain(place)
        .filter_map(|(source, passage, by_place)| {
            let alignment = align(&quoted, &source, language, &knows)?;
            Some(Candidate { passage, words: source, alignment, by_place })
        })
        .collect();
    candidates.sort_by(|left, right| right.worth().total_cmp(&left.worth()));
    let Some(best) = candidates.first() else { return nothing(Judgement::NotFound) };
    let covered = best.alignment.covered.max(0.92 * best.alignment.covered_unordered);
    let needed = if best.by_place { 0.36 } else { least(count) };
    let found = Found {
        source: best.passage.source,
        span: best.passage.start + best.words[best.alignment.place.0].span.start
            ..best.passage.start + best.words[best.alignment.place.1].span.end,
        words: best.passage.text
            [best.words[best.alignment.place.0].span.start..best.words[best.alignment.place.1].span.end]
            .to_owned(),
    };
    if best.alignment.score < 0.85
        && count >= 8
        && let Some(verdict) = joined(&span, &quoted, count, &candidates, language, &knows)
    {
        return verdict;
    }
    let unsure = (covered - needed).abs() < 0.06;
    if covered < needed {
        let near = (covered > needed - 0.15).then_some(found);
        return QuotationVerdict { found: near, covered, unsure, ..nothing(Judgement::NotFound) };
    }
    let mut differences = differences(&best.alignment, &quoted, &best.words, language);
    cut_off(&mut differences, &quoted, best, lexicon);
    let (judgement, matters) = judgement(&differences, count);
    let mut notes = Vec::new();
    if denied_before(best) && judgement != Judgement::Meaning {
        notes.push("denied-before");
    }
    if condition_after(best, lexicon) && judgement != Judgement::Meaning {
        notes.push("condition-after");
    }
    if best.by_place && covered < least(count) {
        notes.push("by-place");
    }
    QuotationVerdict { span, judgement, matters, differences, found: Some(found), covered, unsure, notes }
}

/// What dots at an end hide, up to the end of the sentence; and a denial right before what is given as a whole sentence.
fn cut_off(differences: &mut Vec<Difference>, quoted: &[Word], best: &Candidate, lexicon: &Lexicon) {
    let (first, last) = best.alignment.place;
    let after: Vec<&Word> = best.words[last + 1..].iter().take_while(|word| !word.opens).collect();
    let start = (0..=first).rev().find(|at| best.words[*at].opens).unwrap_or(0);
    let before: Vec<&Word> = best.words[start..first].iter().collect();
    let ends = [(quoted.last(), after, quoted.len() - 1), (quoted.first(), before.clone(), 0)];
    for (end, hidden, at) in ends {
        if end.is_some_and(|word| word.kind == Kind::Omission) && omission(&hidden, lexicon).is_meaning() {
            differences.retain(|one| !(one.at == at && one.quoted == "..."));
            let source = hidden.iter().map(|word| word.form.replace('_', " ")).collect::<Vec<_>>().join(" ");
            differences.push(Difference { matter: Matter::Polarity, quoted: "...".into(), source, at });
        }
    }
    let whole = quoted.first().is_some_and(|word| word.capital)
        && !best.words[first].opens
        && !best.words[first].capital;
    if let Some(denial) = before.last().filter(|word| whole && word.about.negator) {
        differences.insert(
            0,
            Difference {
                matter: Matter::Negation,
                quoted: String::new(),
                source: denial.form.clone(),
                at: 0,
            },
        );
    }
}

/// The source denies, just before what is quoted, what the quotation affirms.
fn denied_before(best: &Candidate) -> bool {
    let first = best.alignment.place.0;
    if best.words[first].opens {
        return false;
    }
    let before = best.words[first.saturating_sub(3)..first].iter().rev();
    before.take_while(|word| !word.opens).any(|word| word.about.negator)
}

/// The source goes on, right after what is quoted, with what limits it.
fn condition_after(best: &Candidate, lexicon: &Lexicon) -> bool {
    let after = best.words[best.alignment.place.1 + 1..].iter().take_while(|word| !word.opens).take(4);
    after.clone().any(|word| lexicon.is_condition(&word.form) && !word.about.negator)
}

/// A quotation joined from two passages of a source: each half is there, word for word, but not beside the other.
fn joined(
    span: &Range<usize>,
    quoted: &[Word],
    count: usize,
    candidates: &[Candidate],
    language: Language,
    knows: &dyn Fn(&str) -> bool,
) -> Option<QuotationVerdict> {
    let single = candidates.first()?.alignment.score;
    let near = &candidates[..candidates.len().min(6)];
    let tables: Vec<Table<'_>> =
        near.iter().map(|candidate| Table::new(quoted, &candidate.words, language, knows)).collect();
    let mut best: Option<(f32, usize, usize, usize)> = None;
    for at in 4..quoted.len().saturating_sub(3) {
        let half = |part: Range<usize>| {
            let scores = tables
                .iter()
                .enumerate()
                .filter_map(|(number, table)| Some((table.align(part.clone())?.score, number)));
            scores.max_by(|left, right| left.0.total_cmp(&right.0).then(right.1.cmp(&left.1)))
        };
        let (Some(left), Some(right)) = (half(0..at), half(at..quoted.len())) else { continue };
        let worth = left.0.min(right.0);
        if best.is_none_or(|best| worth > best.0) {
            best = Some((worth, at, left.1, right.1));
        }
    }
    let (worth, at, left, right) = best?;
    if worth < 0.88 || worth < single + 0.12 {
        return None;
    }
    let mut out = Vec::new();
    for (part, number) in [(0..at, left), (at..quoted.len(), right)] {
        let alignment = tables[number].align(part.clone())?;
        let offset = part.start;
        let mut part = differences(&alignment, &quoted[part], &near[number].words, language);
        part.iter_mut().for_each(|one| one.at += offset);
        out.append(&mut part);
    }
    let marked = quoted[at.saturating_sub(1)..(at + 1).min(quoted.len())]
        .iter()
        .any(|word| word.kind == Kind::Omission);
    let (mut verdict, matters) = judgement(&out, count);
    if !marked && verdict < Judgement::Altered {
        verdict = Judgement::Altered;
    }
    if marked && verdict == Judgement::Verbatim {
        verdict = Judgement::Trivial;
    }
    let first = &near[left];
    let alignment = tables[left].align(0..at)?;
    let place = first.words[alignment.place.0].span.start..first.words[alignment.place.1].span.end;
    Some(QuotationVerdict {
        span: span.clone(),
        judgement: verdict,
        matters,
        differences: out,
        covered: worth,
        found: Some(Found {
            source: first.passage.source,
            span: first.passage.start + place.start..first.passage.start + place.end,
            words: first.passage.text[place].to_owned(),
        }),
        unsure: false,
        notes: vec!["joined"],
    })
}

/// The number of the source that a number of a quotation was paired with, by their places.
pub(super) fn paired_numbers(alignment: &Alignment, quoted: &[Word], source: &[Word]) -> Vec<(usize, usize)> {
    alignment
        .steps
        .iter()
        .filter_map(|step| match step {
            Step::Pair {
                quoted: (left, 1),
                source: (right, 1),
                relation: Relation::Same | Relation::Written | Relation::Number | Relation::Step(_),
            } if quoted[*left].number.is_some() || source[*right].number.is_some() => Some((*left, *right)),
            _ => None,
        })
        .collect()
}
