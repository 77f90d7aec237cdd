//! The figures and dates of a text against those of the sources: which passage speaks of the same, and by what factor
//! the two differ.

use super::align::align;
use super::check::{QuotationVerdict, paired_numbers};
use super::copy::Copy;
use super::extract::{Figure, Sentence, figures};
use super::judge::Judgement;
use super::lexicon::{Bound, Language, Lexicon};
use super::shelf::{Library, Passage, terms};
use super::words::{Kind, Word, words};
use std::ops::Range;

/// Whether a figure agrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    /// A source says the same, or what it may be rounded to.
    Agrees,
    /// A source speaks of the same and says another number.
    Disagrees,
    /// No source has a comparable figure.
    NotFound,
}

impl Agreement {
    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Agreement::Agrees => "agrees",
            Agreement::Disagrees => "disagrees",
            Agreement::NotFound => "not-found",
        }
    }
}

/// What is said of a figure.
#[derive(Debug, Clone)]
pub struct FigureVerdict {
    /// Bytes of the text: the number and what it counts.
    pub span: Range<usize>,
    /// Its value; of a vague amount its least.
    pub value: f64,
    /// How it compares.
    pub agreement: Agreement,
    /// The source and its words.
    pub found: Option<(usize, String)>,
    /// The source's value.
    pub source_value: Option<f64>,
    /// It is a date: between two dates there is no factor.
    pub date: bool,
}

impl FigureVerdict {
    /// The text's value over the source's.
    pub fn factor(&self) -> Option<f64> {
        self.source_value.filter(|value| *value != 0.0 && !self.date).map(|value| self.value / value)
    }
}

/// Whether a stated figure may stand for another.
pub fn may_be(stated: &Figure, other: &Figure) -> bool {
    if stated.date || other.date {
        let years = stated.year.is_none() || other.year.is_none() || stated.year == other.year;
        return stated.date && other.date && stated.value == other.value && years;
    }
    let span = |figure: &Figure| figure.counted.first().and_then(|unit| days(unit));
    let (value, source) = match (span(stated), span(other)) {
        (Some(mine), Some(theirs)) => (stated.value * mine, other.value * theirs),
        _ => (stated.value, other.value),
    };
    if value == source && stated.vague == other.vague {
        // `more than 3,000` is not `fewer than 3,000`.
        return !matches!(
            (stated.bound, other.bound),
            (Some(Bound::Least), Some(Bound::Most)) | (Some(Bound::Most), Some(Bound::Least))
        );
    }
    if stated.vague && other.vague {
        return false;
    }
    if stated.vague {
        return (value..value * 10.0).contains(&source);
    }
    if other.vague {
        return (source..source * 10.0).contains(&value);
    }
    match stated.bound {
        Some(Bound::About) => (value * 0.92..=value * 1.08).contains(&source),
        Some(Bound::Least) => source >= value && source <= value * 1.2,
        Some(Bound::Most) => source <= value && source >= value * 0.84,
        None => rounded(source, value),
    }
}

/// Days of a unit of time, by its stem.
fn days(unit: &str) -> Option<f64> {
    match unit {
        "minut" => Some(1.0 / 1440.0),
        "hour" | "hor" => Some(1.0 / 24.0),
        "day" | "dias" | "dia" => Some(1.0),
        "week" | "seman" => Some(7.0),
        "month" | "mes" | "meses" => Some(30.0),
        "year" | "ano" | "anos" => Some(365.0),
        _ => None,
    }
}

/// How many digits of a number are not zeros at its end.
fn significant(mut value: f64) -> usize {
    while value >= 10.0 && value % 10.0 == 0.0 {
        value /= 10.0;
    }
    (value.abs().max(1.0).log10().floor() as usize) + 1
}

/// Whether `source` written with as few digits as `value` has is `value`.
fn rounded(source: f64, value: f64) -> bool {
    if value < 100.0 || source == value {
        return false;
    }
    let mut unit = 1.0;
    while value % (unit * 10.0) == 0.0 {
        unit *= 10.0;
    }
    unit > 1.0 && value / unit < 100.0 && (source / unit).round() * unit == value
}

struct Near {
    passage: Passage,
    words: Vec<Word>,
    figures: Vec<Figure>,
    worth: f32,
    by_place: bool,
}

/// Checks every figure of a text.
pub fn check_figures(
    text: &str,
    own: &[Sentence],
    language: Language,
    library: &dyn Library,
    copy: Option<&Copy>,
    quotations: &[QuotationVerdict],
) -> Vec<FigureVerdict> {
    let mut out = Vec::new();
    for (number, sentence) in own.iter().enumerate() {
        let slice = &text[sentence.clone()];
        let list = words(slice, language);
        let stated = figures(&list, language);
        if stated.is_empty() {
            continue;
        }
        let near = near(&list, number, language, library, copy);
        for figure in stated {
            let span = sentence.start + figure.span.start..sentence.start + figure.span.end;
            let within = quotations.iter().find(|quotation| {
                quotation.span.contains(&span.start)
                    && !matches!(quotation.judgement, Judgement::NotFound | Judgement::TooShort)
            });
            let passage = within.and_then(|quotation| {
                let found = quotation.found.as_ref()?;
                let quoted = words(&text[quotation.span.clone()], language);
                let at = quoted.iter().position(|word| {
                    word.number.is_some() && span.contains(&(quotation.span.start + word.span.start))
                })?;
                let source = words(&found.words, language);
                let alignment = align(&quoted, &source, language, &|form| library.knows(form))?;
                let (_, to) =
                    paired_numbers(&alignment, &quoted, &source).into_iter().find(|(from, _)| *from == at)?;
                let theirs = figures(&source, language)
                    .into_iter()
                    .find(|figure| figure.span.contains(&source[to].span.start))?;
                let agrees = may_be(&figure, &theirs);
                Some(FigureVerdict {
                    span: span.clone(),
                    value: figure.value,
                    agreement: if agrees { Agreement::Agrees } else { Agreement::Disagrees },
                    found: Some((found.source, found.words[theirs.span.clone()].to_owned())),
                    source_value: Some(theirs.value),
                    date: figure.date,
                })
            });
            out.push(passage.unwrap_or_else(|| compare(span, &figure, &list, &near, language)));
        }
    }
    out
}

/// The passages that may speak of what a sentence speaks of, with their figures.
fn near(
    list: &[Word],
    number: usize,
    language: Language,
    library: &dyn Library,
    copy: Option<&Copy>,
) -> Vec<Near> {
    let lexicon = Lexicon::of(language);
    let mut out = Vec::new();
    if let Some(copy) = copy
        && let Some(to) = copy.counterpart.get(number).copied().flatten()
    {
        let whole = library.text(copy.source);
        let place = copy.sentences[to].clone();
        let passage = Passage { source: copy.source, start: place.start, text: whole[place].to_owned() };
        let words = words(&passage.text, language);
        out.push(Near { figures: figures(&words, language), words, passage, worth: 1.0, by_place: true });
    }
    let content: Vec<&Word> = list
        .iter()
        .filter(|word| word.kind == Kind::Word && word.number.is_none() && !word.about.stop)
        .collect();
    for passage in library.passages(&terms(list, language), 16) {
        if library.language(passage.source) != language {
            continue;
        }
        // Sentence by sentence, so that a figure is compared with its own sentence and not with its neighbours'.
        for sentence in super::extract::sentences(&passage.text) {
            let part = passage.text[sentence.clone()].to_owned();
            let words = words(&part, language);
            let figures = figures(&words, language);
            if figures.is_empty() || content.is_empty() {
                continue;
            }
            let shared: f32 = content
                .iter()
                .map(|word| {
                    if words.iter().any(|other| other.stem == word.stem) {
                        1.0
                    } else if words.iter().any(|other| lexicon.are_synonyms(&other.stem, &word.stem)) {
                        0.7
                    } else {
                        0.0
                    }
                })
                .sum();
            let worth = shared / content.len() as f32;
            let start = passage.start + sentence.start;
            let same = |near: &Near| near.passage.source == passage.source && near.passage.start == start;
            if worth >= 0.12 && !out.iter().any(same) {
                let passage = Passage { source: passage.source, start, text: part };
                out.push(Near { passage, words, figures, worth, by_place: false });
            }
        }
    }
    out
}

/// The best comparable figure: of the same counted thing, in the sentence that shares most.
fn compare(
    span: Range<usize>,
    figure: &Figure,
    list: &[Word],
    near: &[Near],
    language: Language,
) -> FigureVerdict {
    let lexicon = Lexicon::of(language);
    let alike = |left: &str, right: &str| left == right || lexicon.are_synonyms(left, right);
    let mut best: Option<(f32, &Near, &Figure, bool)> = None;
    for passage in near {
        let alignment = align(list, &passage.words, language, &|_| true);
        let paired =
            alignment.map(|alignment| paired_numbers(&alignment, list, &passage.words)).unwrap_or_default();
        for theirs in &passage.figures {
            let same_thing =
                figure.counted.iter().any(|counted| theirs.counted.iter().any(|other| alike(counted, other)));
            let laid = paired.iter().any(|(mine, other)| {
                figure.span.contains(&list[*mine].span.start)
                    && theirs.span.contains(&passage.words[*other].span.start)
            });
            let equal = may_be(figure, theirs);
            // A share is compared with a share.
            let share = |figure: &Figure| figure.value > 0.0 && figure.value < 1.0;
            if figure.date != theirs.date || share(figure) != share(theirs) {
                continue;
            }
            let unit = figure.counted.is_empty() && theirs.counted.is_empty();
            let spans = |figure: &Figure| figure.counted.first().is_some_and(|unit| days(unit).is_some());
            let same_thing = same_thing || (spans(figure) && spans(theirs));
            // Two things that have nothing to do with each other may be as many by chance.
            let strangers = !figure.counted.is_empty()
                && !theirs.counted.is_empty()
                && !same_thing
                && passage.worth < 0.5;
            let telling = figure.value >= 20.0 && significant(figure.value) >= 2;
            let long = significant(figure.value) >= 3;
            let mut worth = passage.worth;
            if same_thing || unit {
                worth += 0.15;
            }
            if laid {
                worth += 0.15;
            }
            if equal {
                worth += if long { 0.5 } else { 0.25 };
            }
            if passage.by_place {
                worth += 0.3;
            }
            let comparable = passage.by_place && (same_thing || laid || passage.figures.len() == 1)
                || (same_thing && passage.worth >= 0.34)
                || (laid && passage.worth >= 0.5)
                || (equal && same_thing && passage.worth >= 0.2)
                || (equal && (figure.value >= 13.0 || figure.date) && passage.worth >= 0.34)
                || (equal && (long && !strangers || (telling && same_thing)))
                || (equal && telling && passage.worth >= 0.28)
                || (equal && figure.date && passage.worth >= 0.2)
                || (equal && passage.by_place)
                || (share(figure) && passage.worth >= 0.3)
                || (figure.date && laid && passage.worth >= 0.5);
            if comparable && best.is_none_or(|best| worth > best.0) {
                best = Some((worth, passage, theirs, equal));
            }
        }
    }
    match best {
        Some((_, passage, theirs, equal)) => FigureVerdict {
            span,
            value: figure.value,
            agreement: if equal { Agreement::Agrees } else { Agreement::Disagrees },
            found: Some((passage.passage.source, passage.passage.text[theirs.span.clone()].to_owned())),
            source_value: Some(theirs.value),
            date: figure.date,
        },
        None => FigureVerdict {
            span,
            value: figure.value,
            agreement: Agreement::NotFound,
            found: None,
            source_value: None,
            date: figure.date,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(text: &str) -> Figure {
        figures(&words(text, Language::English), Language::English).remove(0)
    }

    #[test]
    fn what_a_figure_may_stand_for() {
        for (stated, source, expected) in [
            ("2,654 children", "2,654 children", true),
            ("2,600 children", "2,614 children", true),
            ("2,645 children", "2,654 children", false),
            ("nearly 3,000 children", "2,814 children", true),
            ("nearly 3,000 children", "2,300 children", false),
            ("more than 2,000 children", "2,300 children", true),
            ("thousands of children", "2,654 children", true),
            ("1,000,000 children", "thousands of children", false),
            ("hundreds of children", "thousands of children", false),
            ("more than 40 parents", "fewer than 40 parents", false),
        ] {
            assert_eq!(may_be(&figure(stated), &figure(source)), expected, "{stated} / {source}");
        }
    }
}
