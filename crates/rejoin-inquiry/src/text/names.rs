//! The names of a text against those of the sources: known, likely misspelt, or unknown.

use super::align::edits;
use super::copy::Copy;
use super::extract::{Name, Sentence, names, sentence_of};
use super::lexicon::Language;
use super::shelf::{Library, names_of};
use super::words::{scanned, words};
use std::ops::Range;

/// What a name is against the sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameJudgement {
    /// A source has it.
    Known,
    /// A source has one that it is likely meant for.
    Misspelt,
    /// No source has it or one like it.
    Unknown,
}

impl NameJudgement {
    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            NameJudgement::Known => "known",
            NameJudgement::Misspelt => "misspelt",
            NameJudgement::Unknown => "unknown",
        }
    }
}

/// What is said of a name.
#[derive(Debug, Clone)]
pub struct NameVerdict {
    /// Bytes of the text where it stands first.
    pub span: Range<usize>,
    /// The judgement.
    pub judgement: NameJudgement,
    /// The source and the name as it stands there.
    pub found: Option<(usize, String)>,
}

/// Checks every name of a text, once.
pub fn check_names(
    text: &str,
    own: &[Sentence],
    language: Language,
    library: &dyn Library,
    copy: Option<&Copy>,
) -> Vec<NameVerdict> {
    let mut seen: Vec<Vec<String>> = Vec::new();
    let mut out = Vec::new();
    let all = names(text, language);
    for name in &all {
        if seen.contains(&name.words) {
            continue;
        }
        seen.push(name.words.clone());
        let verdict = check_name(name, text[name.span.clone()].to_owned(), language, library);
        let verdict = match (verdict, copy) {
            ((NameJudgement::Unknown, _), Some(copy)) => {
                by_place(name, &all, own, copy, language, library).unwrap_or((NameJudgement::Unknown, None))
            }
            (verdict, _) => verdict,
        };
        let (judgement, found) = verdict;
        // One capital word may be anything: it is a name when a source has it as one, or one that it is a slip of.
        let anything =
            judgement == NameJudgement::Misspelt && name.words.iter().any(|word| library.knows(word));
        if !name.sure && (judgement == NameJudgement::Unknown || anything) {
            continue;
        }
        out.push(NameVerdict { span: name.span.clone(), judgement, found });
    }
    out
}

type Verdict = (NameJudgement, Option<(usize, String)>);

fn check_name(name: &Name, stated: String, language: Language, library: &dyn Library) -> Verdict {
    let mut terms: Vec<(String, f32)> = Vec::new();
    let lexicon = super::lexicon::Lexicon::of(language);
    for word in &name.words {
        terms.push((lexicon.stem(word), 1.0));
        for other in library.similar(word).into_iter().take(12) {
            terms.push((lexicon.stem(&other), 0.6));
        }
    }
    let mut best: Option<(usize, Verdict)> = None;
    for passage in library.passages(&terms, 12) {
        for (theirs, written) in names_of(&passage, library.language(passage.source)) {
            let rank = match likeness(&name.words, &theirs.words) {
                Likeness::Same => 0,
                // A surname alone, or the full name of a surname.
                Likeness::Part => 1,
                Likeness::Near(edits) => 1 + edits,
                Likeness::None => continue,
            };
            // `n` for `ñ` is another letter, and another name.
            let tilde = |text: &str| text.chars().filter(|letter| matches!(letter, 'ñ' | 'Ñ')).count();
            let other_letter = rank == 0 && tilde(written.as_str()) > tilde(&stated);
            let rank = if other_letter { 2 } else { rank };
            let judgement = if rank <= 1 { NameJudgement::Known } else { NameJudgement::Misspelt };
            if best.as_ref().is_none_or(|(best, _)| rank < *best) {
                best = Some((rank, (judgement, Some((passage.source, written)))));
            }
        }
        // A transcript has its speakers in capitals: the words themselves, one after the other.
        let list = words(&passage.text, library.language(passage.source));
        let whole = list.windows(name.words.len()).find(|words| {
            words.iter().zip(&name.words).all(|(word, part)| word.form == *part && word.capital)
        });
        if let Some(whole) = whole.filter(|_| best.as_ref().is_none_or(|(best, _)| *best > 1)) {
            let written = &passage.text[whole[0].span.start..whole[whole.len() - 1].span.end];
            if !written.chars().any(char::is_lowercase) {
                best = Some((1, (NameJudgement::Known, Some((passage.source, written.to_owned())))));
            }
        }
    }
    best.map_or((NameJudgement::Unknown, None), |(_, verdict)| verdict)
}

#[derive(Debug, PartialEq, Eq)]
enum Likeness {
    Same,
    Part,
    Near(usize),
    None,
}

/// How like two names are, word by word.
fn likeness(stated: &[String], source: &[String]) -> Likeness {
    let alike = |left: &String, right: &String| left == right || scanned(left) == scanned(right);
    if stated.len() == source.len() && stated.iter().zip(source).all(|(left, right)| alike(left, right)) {
        return Likeness::Same;
    }
    let letters = |word: &str| word.chars().collect::<Vec<char>>();
    let distance = |left: &str, right: &str| edits(&letters(left), &letters(right));
    let allowed = |word: &str| match word.chars().count() {
        0..=3 => 0,
        4..=5 => 1,
        _ => 2,
    };
    if stated.iter().all(|word| source.contains(word)) && is_in_order(stated, source) {
        return Likeness::Part;
    }
    if source.iter().all(|word| stated.contains(word)) {
        // The source has fewer words: a surname alone is the same person; of two names, something was put between.
        return if source.len() == 1 { Likeness::None } else { Likeness::Near(stated.len() - source.len()) };
    }
    if stated.len() == source.len() {
        let each: Vec<usize> = stated.iter().zip(source).map(|(left, right)| distance(left, right)).collect();
        let one_same = each.iter().filter(|edits| **edits == 0).count();
        // Beside a name that is the same, a short one may differ by a letter.
        let near = each.iter().zip(stated).all(|(edits, word)| {
            *edits <= allowed(word) || (one_same > 0 && *edits == 1 && word.chars().count() == 3)
        });
        let total: usize = each.iter().sum();
        if near {
            return Likeness::Near(total);
        }
        // One of two names is the same and the other sounds or looks partly like it.
        if stated.len() >= 2 && one_same + 1 == stated.len() {
            let (left, right) = stated
                .iter()
                .zip(source)
                .find(|(left, right)| left != right)
                .unwrap_or((&stated[0], &source[0]));
            let longest = left.chars().count().max(right.chars().count());
            let same_start = left.chars().next() == right.chars().next();
            if distance(left, right) * 2 <= longest || (same_start && distance(left, right) <= 3) {
                return Likeness::Near(distance(left, right) + 1);
            }
        }
        return Likeness::None;
    }
    // A surname alone, misspelt; or a name with a part lost and another misspelt.
    let (short, long) = if stated.len() < source.len() { (stated, source) } else { (source, stated) };
    let mut total = 0;
    for word in short {
        let Some(edits) = long.iter().map(|other| distance(word, other)).min() else { return Likeness::None };
        if edits > allowed(word) {
            return Likeness::None;
        }
        total += edits;
    }
    if total == 0 && short.len() < 2 { Likeness::None } else { Likeness::Near(total + 1) }
}

fn is_in_order(short: &[String], long: &[String]) -> bool {
    let mut rest = long.iter();
    short.iter().all(|word| rest.any(|other| other == word))
}

/// In a text that follows a source: the name at the same place there, if that one is not otherwise in the sentence.
fn by_place(
    name: &Name,
    all: &[Name],
    own: &[Sentence],
    copy: &Copy,
    language: Language,
    library: &dyn Library,
) -> Option<Verdict> {
    let sentence = sentence_of(own, name.span.start);
    let to = copy.counterpart.get(sentence).copied().flatten()?;
    let whole = library.text(copy.source);
    // Names of the whole, so that one at the beginning of this sentence is known from another.
    let theirs: Vec<(Name, String)> = names(&whole, language)
        .into_iter()
        .filter(|name| copy.sentences[to].contains(&name.span.start))
        .map(|name| (name.clone(), whole[name.span].to_owned()))
        .collect();
    let within = |other: &&Name| own[sentence].contains(&other.span.start);
    let mine: Vec<&Name> = all.iter().filter(within).collect();
    let missing: Vec<&(Name, String)> = theirs
        .iter()
        .filter(|(theirs, _)| mine.iter().all(|own| likeness(&own.words, &theirs.words) == Likeness::None))
        .collect();
    let unmatched: Vec<&&Name> = mine
        .iter()
        .filter(|own| theirs.iter().all(|(other, _)| likeness(&own.words, &other.words) == Likeness::None))
        .collect();
    let position = unmatched.iter().position(|own| own.words == name.words)?;
    let (_, written) = missing.get(position).copied()?;
    Some((NameJudgement::Misspelt, Some((copy.source, written.clone()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_meant_for_others() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let like = |left: &str, right: &str| likeness(&words(left), &words(right));
        assert_eq!(like("ilsa marrow", "ilsa marrow"), Likeness::Same);
        assert_eq!(like("marrow", "ilsa marrow"), Likeness::Part);
        assert!(matches!(like("ilsa bone marrow", "ilsa marrow"), Likeness::Near(_)));
        assert!(matches!(like("dunn hartly", "dunn hartley"), Likeness::Near(_)));
        assert_eq!(like("john pell", "dunn hartley"), Likeness::None);
        assert_eq!(like("ilsa vance", "ilsa marrow"), Likeness::None);
    }
}
