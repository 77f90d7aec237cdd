//! Aligning a quotation with a passage: every word of the quotation is paired with a word of the passage, or added; what
//! the passage has in between is skipped. Needleman–Wunsch with affine gaps (Gotoh 1982), free at both ends of the
//! passage, over words that may be the same, forms of one word, synonyms, opposites or steps of a scale.

use super::extract::{MONTHS, WEEK};
use super::lexicon::{Language, Lexicon, Scale, denies};
use super::words::{Kind, Word};
use std::ops::Range;

/// What two words have to do with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// The same word.
    Same,
    /// The same but for letters that a scanner confuses.
    Scanned,
    /// The same number written otherwise, or a contraction opened.
    Written,
    /// A slip of the pen, or another spelling.
    Spelling,
    /// Singular and plural.
    Plural,
    /// Forms of one word.
    Form,
    /// Synonyms.
    Synonym,
    /// The sense turned around.
    Opposite,
    /// Another step of a scale.
    Step(Scale),
    /// Two numbers that differ.
    Number,
    /// Two bounds of a number that differ.
    Bound,
    /// Two people or bodies.
    Actor,
    /// Two words that deny.
    Negator,
    /// Two light words, as `a` and `the`.
    Light,
    /// Nothing in common.
    Other,
}

impl Relation {
    /// What a pair adds to the score, as a share of its weight.
    fn gain(self) -> f32 {
        match self {
            Relation::Same => 1.0,
            Relation::Scanned => 0.97,
            Relation::Written => 0.95,
            Relation::Spelling | Relation::Plural => 0.9,
            Relation::Form => 0.85,
            Relation::Negator => 0.8,
            Relation::Synonym => 0.75,
            Relation::Opposite => 0.55,
            Relation::Step(_) | Relation::Bound => 0.5,
            Relation::Number => 0.45,
            Relation::Light => 0.4,
            Relation::Actor => 0.2,
            Relation::Other => -0.2,
        }
    }
}

/// One step of an alignment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Step {
    /// A word of the quotation stands for a word of the passage; or two for one, one for two.
    Pair {
        /// First word of the quotation, and how many.
        quoted: (usize, usize),
        /// First word of the passage, and how many.
        source: (usize, usize),
        /// What they have to do with each other.
        relation: Relation,
    },
    /// The quotation has a word that the passage has not.
    Added(usize),
    /// The passage has a word in between that the quotation has not.
    Skipped(usize),
}

/// A quotation laid beside a passage.
#[derive(Debug, Clone)]
pub struct Alignment {
    /// The steps, in order; words of the passage before the first and after the last pair are not in it.
    pub steps: Vec<Step>,
    /// Sum of gains and costs over the weight of the quotation: 1 is the same words.
    pub score: f32,
    /// Share of the quotation's weight that has a partner.
    pub covered: f32,
    /// Share of the quotation's weight that has a partner anywhere near, whatever the order.
    pub covered_unordered: f32,
    /// First and last word of the passage that has a partner.
    pub place: (usize, usize),
}

/// How much a word weighs.
pub fn weight(word: &Word) -> f32 {
    match word {
        Word { kind: Kind::Omission, .. } => 0.0,
        Word { bracket: true, .. } => 0.2,
        Word { number: Some(_), .. } => 1.1,
        _ if word.about.negator => 0.7,
        _ if word.about.stop => 0.35,
        _ => 1.0,
    }
}

/// What two words have to do with each other. `known` says whether a word is a word of the sources.
pub fn relation(quoted: &Word, source: &Word, lexicon: &Lexicon, known: &dyn Fn(&str) -> bool) -> Relation {
    if let (Some(left), Some(right)) = (quoted.number, source.number) {
        return match (left == right, quoted.form == source.form) {
            (true, true) => Relation::Same,
            (true, false) => Relation::Written,
            _ => Relation::Number,
        };
    }
    if quoted.form == source.form {
        let written = quoted.opened != source.opened || quoted.accents != source.accents;
        return if written { Relation::Written } else { Relation::Same };
    }
    if quoted.scanned == source.scanned {
        return Relation::Scanned;
    }
    if let Some(left) = calendar(&quoted.form)
        && let Some(right) = calendar(&source.form)
    {
        return if left == right { Relation::Written } else { Relation::Number };
    }
    if quoted.number.is_some() || source.number.is_some() {
        // A number against a word of amount.
        let word = if quoted.number.is_some() { source } else { quoted };
        return match word.about.steps.first().map(|(.., of)| *of) {
            Some(Scale::Amount) => Relation::Step(Scale::Amount),
            _ => Relation::Other,
        };
    }
    if quoted.spelled == source.spelled {
        return Relation::Spelling;
    }
    if quoted.about.light && source.about.light {
        return Relation::Light;
    }
    if quoted.stem == source.stem {
        return if plural(&quoted.form, &source.form) { Relation::Plural } else { Relation::Form };
    }
    let (mine, theirs) = (&quoted.about, &source.about);
    if mine.negator && theirs.negator {
        return Relation::Negator;
    }
    if let (Some(left), Some(right)) = (mine.bound, theirs.bound) {
        return if left == right { Relation::Synonym } else { Relation::Bound };
    }
    if let Some((scale, differs)) = mine.steps_with(theirs) {
        return if differs { Relation::Step(scale) } else { Relation::Synonym };
    }
    if mine.is_opposite(theirs) || denies(&quoted.stem, &source.stem) || denies(&source.stem, &quoted.stem) {
        return Relation::Opposite;
    }
    if mine.is_synonym(theirs) {
        return Relation::Synonym;
    }
    // An edit takes a letter away, or brings one, or both: words that share too few are no slip of each other.
    let like = (quoted.letters ^ source.letters).count_ones() <= 4;
    if like && slip(&quoted.form, &source.form) && !known(&quoted.form) && !lexicon.has(&quoted.form) {
        return Relation::Spelling;
    }
    let acts = |word: &Word| word.about.actor || (word.capital && !word.opens);
    if acts(quoted) && acts(source) && !mine.negator && !theirs.negator {
        return Relation::Actor;
    }
    Relation::Other
}

/// The place of a month or a day of the week among its like; months from 1, days of the week from 21.
fn calendar(form: &str) -> Option<usize> {
    // `may` is a verb far more often than a month.
    let month = MONTHS.iter().position(|month| *month == form && form != "may").map(|at| at % 12 + 1);
    month.or_else(|| WEEK.iter().position(|day| *day == form).map(|at| at % 7 + 21))
}

/// Singular and plural of one word.
fn plural(left: &str, right: &str) -> bool {
    let (short, long) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    long.strip_prefix(short).is_some_and(|rest| matches!(rest, "s" | "es" | "n"))
        || [("o", "aron"), ("io", "ieron")].iter().any(|(one, many)| {
            matches!((short.strip_suffix(one), long.strip_suffix(many)), (Some(left), Some(right)) if left == right)
        })
        || matches!((short, long), ("child", "children") | ("man", "men") | ("woman", "women"))
        || (short.ends_with('y') && long.strip_suffix("ies") == short.strip_suffix('y'))
        || (short.ends_with('z') && long.strip_suffix("ces") == short.strip_suffix('z'))
}

/// One edit (or a swap of neighbours), two in long words: optimal string alignment.
pub fn slip(left: &str, right: &str) -> bool {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let longer = left.len().max(right.len());
    let allowed = match longer {
        0..=3 => return false,
        4..=8 => 1,
        _ => 2,
    };
    left.len().abs_diff(right.len()) <= allowed && edits(&left, &right) <= allowed
}

/// Edits between two words, a swap of neighbours counting as one.
pub fn edits(left: &[char], right: &[char]) -> usize {
    let mut rows: Vec<Vec<usize>> = vec![(0..=right.len()).collect()];
    for (at, letter) in left.iter().enumerate() {
        let mut row = vec![at + 1];
        for (to, other) in right.iter().enumerate() {
            let mut cost =
                (rows[at][to] + usize::from(letter != other)).min(rows[at][to + 1] + 1).min(row[to] + 1);
            if at > 0 && to > 0 && *letter == right[to - 1] && left[at - 1] == *other {
                cost = cost.min(rows[at - 1][to - 1] + 1);
            }
            row.push(cost);
        }
        rows.push(row);
    }
    rows[left.len()][right.len()]
}

const ADDED: f32 = 0.35;
const OPEN: f32 = 0.3;
const SKIPPED: f32 = 0.1;
const LEAP: f32 = 0.3;

/// What the table remembers of how a cell was reached.
#[derive(Clone, Copy, PartialEq)]
enum From {
    Start,
    Pair(usize, usize),
    Added,
    Skip,
    Opened,
}

/// What every word of a quotation has to do with every word of a passage: the table that alignments are made from.
pub struct Table<'a> {
    quoted: &'a [Word],
    source: &'a [Word],
    relations: Vec<Relation>,
    weights: Vec<f32>,
    source_weights: Vec<f32>,
}

impl<'a> Table<'a> {
    /// Compares every word with every word.
    pub fn new(
        quoted: &'a [Word],
        source: &'a [Word],
        language: Language,
        known: &dyn Fn(&str) -> bool,
    ) -> Self {
        let lexicon = Lexicon::of(language);
        let pairs = quoted.iter().flat_map(|one| source.iter().map(move |other| (one, other)));
        Self {
            relations: pairs.map(|(one, other)| relation(one, other, lexicon, known)).collect(),
            weights: quoted.iter().map(weight).collect(),
            source_weights: source.iter().map(weight).collect(),
            quoted,
            source,
        }
    }
}

/// Lays a quotation beside a passage. `None` when one of them has no words.
pub fn align(
    quoted: &[Word],
    source: &[Word],
    language: Language,
    known: &dyn Fn(&str) -> bool,
) -> Option<Alignment> {
    Table::new(quoted, source, language, known).align(0..quoted.len())
}

impl Table<'_> {
    /// Lays a part of the quotation beside the passage. Steps name words of the part. `None` when one has no words.
    pub fn align(&self, part: Range<usize>) -> Option<Alignment> {
        let (quoted, source) = (&self.quoted[part.clone()], self.source);
        let (rows, columns) = (quoted.len(), source.len());
        let relations = &self.relations[part.start * columns..part.end * columns];
        let (weights, source_weights) = (&self.weights[part], &self.source_weights);
        let total: f32 = weights.iter().sum();
        if rows == 0 || columns == 0 || total == 0.0 {
            return None;
        }
        let width = columns + 1;
        // `best`: any end; `gap`: the passage is being skipped.
        let mut best = vec![f32::NEG_INFINITY; (rows + 1) * width];
        let mut gap = vec![f32::NEG_INFINITY; (rows + 1) * width];
        let mut came = vec![From::Start; (rows + 1) * width];
        let mut came_gap = vec![From::Opened; (rows + 1) * width];
        best[..width].fill(0.0);
        for row in 1..=rows {
            let word = &quoted[row - 1];
            let omission = word.kind == Kind::Omission;
            for column in 0..=columns {
                let here = row * width + column;
                // A word of the quotation that the passage has not.
                let cost = if omission { 0.0 } else { ADDED * weights[row - 1] };
                let mut value = best[here - width] - cost;
                let mut from = From::Added;
                if column > 0 && !omission {
                    let relation = relations[(row - 1) * columns + column - 1];
                    let share = (weights[row - 1] + source_weights[column - 1]) / 2.0;
                    let paired = best[here - width - 1] + relation.gain() * share;
                    if paired > value {
                        (value, from) = (paired, From::Pair(1, 1));
                    }
                    if row > 1 && joins(&quoted[row - 2], word, &source[column - 1]) {
                        let paired =
                            best[here - 2 * width - 1] + 0.95 * (weights[row - 1] + weights[row - 2]);
                        if paired > value {
                            (value, from) = (paired, From::Pair(2, 1));
                        }
                    }
                    if column > 1 && joins(&source[column - 2], &source[column - 1], word) {
                        let paired = best[here - width - 2] + 0.95 * weights[row - 1];
                        if paired > value {
                            (value, from) = (paired, From::Pair(1, 2));
                        }
                    }
                }
                if column > 0 {
                    // After three dots the passage may go on far away.
                    let (open, skip) = match (omission, row) {
                        (_, last) if last == rows => (f32::INFINITY, f32::INFINITY),
                        (true, _) => (0.05, 0.0),
                        // A quotation seldom leaps over the end of a sentence without saying so.
                        _ if source[column - 1].opens => (OPEN, SKIPPED * source_weights[column - 1] + LEAP),
                        _ => (OPEN, SKIPPED * source_weights[column - 1]),
                    };
                    let opened = best[here - 1] - open - skip;
                    let extended = gap[here - 1] - skip;
                    (gap[here], came_gap[here]) =
                        if opened >= extended { (opened, From::Opened) } else { (extended, From::Skip) };
                    if gap[here] > value {
                        (value, from) = (gap[here], From::Skip);
                    }
                }
                best[here] = value;
                came[here] = from;
            }
        }
        let end = (0..=columns).max_by(|left, right| {
            best[rows * width + left].total_cmp(&best[rows * width + right]).then(right.cmp(left))
        })?;
        let score = best[rows * width + end] / total;
        let mut steps = Vec::new();
        let (mut row, mut column, mut in_gap) = (rows, end, false);
        while row > 0 {
            let here = row * width + column;
            if in_gap {
                steps.push(Step::Skipped(column - 1));
                in_gap = came_gap[here] == From::Skip;
                column -= 1;
                continue;
            }
            match came[here] {
                From::Pair(quoted, source) => {
                    let relation = match (quoted, source) {
                        (1, 1) => relations[(row - 1) * columns + column - 1],
                        _ => Relation::Written,
                    };
                    let pair = Step::Pair {
                        quoted: (row - quoted, quoted),
                        source: (column - source, source),
                        relation,
                    };
                    steps.push(pair);
                    row -= quoted;
                    column -= source;
                }
                From::Added => {
                    steps.push(Step::Added(row - 1));
                    row -= 1;
                }
                From::Skip => in_gap = true,
                From::Start | From::Opened => break,
            }
        }
        steps.reverse();
        trim(&mut steps);
        let paired = |step: &Step| match step {
            Step::Pair { quoted, relation, .. } if relation.gain() >= 0.4 => {
                weights[quoted.0..quoted.0 + quoted.1].iter().sum::<f32>() * relation.gain().min(1.0)
            }
            _ => 0.0,
        };
        let covered = steps.iter().map(paired).sum::<f32>() / total;
        let places = steps.iter().filter_map(|step| match step {
            Step::Pair { source, .. } => Some(source.0),
            _ => None,
        });
        let place = (places.clone().min()?, places.max()?);
        let near = place.0.saturating_sub(4)..(place.1 + 5).min(columns);
        let unordered = |row: usize| {
            let best =
                near.clone().map(|column| relations[row * columns + column].gain()).fold(0.0, f32::max);
            if best >= 0.7 { weights[row] * best } else { 0.0 }
        };
        let covered_unordered = (0..rows).map(unordered).sum::<f32>() / total;
        Some(Alignment { steps, score, covered, covered_unordered, place })
    }
}

/// What is skipped before the first and after the last pair is no part of the passage.
fn trim(steps: &mut Vec<Step>) {
    let pair = |step: &Step| matches!(step, Step::Pair { .. });
    let (first, last) = (steps.iter().position(pair), steps.iter().rposition(pair));
    let (Some(first), Some(last)) = (first, last) else { return };
    let mut at = 0;
    steps.retain(|step| {
        let keep = !matches!(step, Step::Skipped(_)) || (first..=last).contains(&at);
        at += 1;
        keep
    });
}

fn joins(first: &Word, second: &Word, whole: &Word) -> bool {
    whole.form.len() == first.form.len() + second.form.len()
        && whole.form.len() > 3
        && whole.form.starts_with(&first.form)
        && whole.form.ends_with(&second.form)
}

#[cfg(test)]
mod tests {
    use super::super::words::words;
    use super::*;

    fn laid(quoted: &str, source: &str) -> Alignment {
        let (quoted, source) = (words(quoted, Language::English), words(source, Language::English));
        align(&quoted, &source, Language::English, &|_| true).unwrap()
    }

    #[test]
    fn the_same_words_are_found_inside_a_longer_passage() {
        let found = laid(
            "we need to take away children",
            "He said it twice: We need to take away children, he said.",
        );
        assert_eq!(found.score, 1.0);
        assert!(found.steps.iter().all(|step| matches!(step, Step::Pair { relation: Relation::Same, .. })));
    }

    #[test]
    fn three_dots_let_the_passage_go_on_elsewhere_and_nothing_else_does() {
        let source =
            "The agents were told on Monday by the chief of the sector to stop the practice at once.";
        let marked = laid("The agents were told ... to stop the practice", source);
        let silent = laid("The agents were told to stop the practice", source);
        assert!(marked.score > 0.98, "{}", marked.score);
        assert!(silent.score < marked.score - 0.05);
    }

    #[test]
    fn an_opposite_is_paired_with_its_word() {
        let found =
            laid("the court rejected the plan", "On Friday the court accepted the plan of the agency.");
        let relations: Vec<Relation> = found
            .steps
            .iter()
            .filter_map(|step| match step {
                Step::Pair { relation, .. } => Some(*relation),
                _ => None,
            })
            .collect();
        assert_eq!(relations[2], Relation::Opposite);
    }
}
