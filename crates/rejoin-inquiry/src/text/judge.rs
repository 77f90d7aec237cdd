//! From an alignment to a judgement that gives its reasons.

use super::align::{Alignment, Relation, Step};
use super::lexicon::{Language, Lexicon, Scale};
use super::words::{Kind, Word};

/// What a quotation is against its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Judgement {
    /// The same words.
    Verbatim,
    /// The same but for what changes nothing: an omission that is marked, a spelling, a number in words.
    Trivial,
    /// Other words; who did what, how many and whether it is denied stay the same.
    Altered,
    /// The sense may have changed: see the kinds.
    Meaning,
    /// No source has it.
    NotFound,
    /// Too short to be judged.
    TooShort,
}

impl Judgement {
    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Judgement::Verbatim => "verbatim",
            Judgement::Trivial => "trivial",
            Judgement::Altered => "altered",
            Judgement::Meaning => "meaning",
            Judgement::NotFound => "not-found",
            Judgement::TooShort => "too-short",
        }
    }

    /// For people, in English and Spanish.
    pub fn title(self) -> (&'static str, &'static str) {
        match self {
            Judgement::Verbatim => ("verbatim", "literal"),
            Judgement::Trivial => ("trivially different", "diferencia trivial"),
            Judgement::Altered => ("altered", "alterada"),
            Judgement::Meaning => ("meaning possibly changed", "sentido posiblemente cambiado"),
            Judgement::NotFound => ("not found", "no encontrada"),
            Judgement::TooShort => ("too short to judge", "demasiado corta para juzgar"),
        }
    }
}

/// What a difference is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matter {
    /// Changes nothing.
    Trivial,
    /// Other words.
    Words,
    /// A word that denies was added or lost.
    Negation,
    /// The opposite, or another certainty or condition.
    Polarity,
    /// Another number or amount.
    Quantity,
    /// Another person or body does or suffers it.
    Actor,
}

impl Matter {
    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Matter::Trivial => "trivial",
            Matter::Words => "words",
            Matter::Negation => "negation",
            Matter::Polarity => "polarity",
            Matter::Quantity => "quantity",
            Matter::Actor => "actor",
        }
    }

    /// For people, in English and Spanish.
    pub fn title(self) -> (&'static str, &'static str) {
        match self {
            Matter::Trivial => ("nothing in substance", "nada de fondo"),
            Matter::Words => ("wording", "palabras"),
            Matter::Negation => ("negation", "negación"),
            Matter::Polarity => ("opposite or certainty", "sentido opuesto o certeza"),
            Matter::Quantity => ("quantity", "cantidad"),
            Matter::Actor => ("who", "quién"),
        }
    }

    /// Whether the sense may turn on it.
    pub fn is_meaning(self) -> bool {
        self >= Matter::Negation
    }
}

/// One difference between a quotation and its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What it is about.
    pub matter: Matter,
    /// What the quotation has; empty when it has nothing there.
    pub quoted: String,
    /// What the source has; empty when it has nothing there.
    pub source: String,
    /// Position of the word in the quotation, for order and display.
    pub at: usize,
}

/// The differences of a quotation from the passage it is aligned with.
pub fn differences(
    alignment: &Alignment,
    quoted: &[Word],
    source: &[Word],
    language: Language,
) -> Vec<Difference> {
    let lexicon = Lexicon::of(language);
    let mut out: Vec<Difference> = Vec::new();
    let steps = &alignment.steps;
    let added: Vec<usize> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Added(at) => Some(*at),
            _ => None,
        })
        .collect();
    let skipped: Vec<usize> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Skipped(at) => Some(*at),
            _ => None,
        })
        .collect();
    let moved = |stem: &str, among: &[usize], words: &[Word]| {
        among.iter().any(|at| words[*at].stem == stem && !words[*at].about.stop)
    };
    let crossed = crossed_actors(steps, quoted, source);
    let (low, high) = alignment.place;
    let turned = crossed && passive(quoted) != passive(&source[low..(high + 6).min(source.len())]);
    let mut at = 0;
    let mut index = 0;
    while index < steps.len() {
        match &steps[index] {
            Step::Pair { quoted: (first, count), source: (from, length), relation } => {
                at = *first;
                let words = |words: &[Word], first: usize, count: usize| {
                    words[first..first + count]
                        .iter()
                        .map(|word| word.form.replace('_', " "))
                        .collect::<Vec<_>>()
                };
                let matter = match relation {
                    Relation::Same | Relation::Scanned => None,
                    Relation::Written if *count + *length > 2 => None,
                    Relation::Written | Relation::Spelling | Relation::Plural | Relation::Light => {
                        Some(Matter::Trivial)
                    }
                    Relation::Form | Relation::Synonym | Relation::Negator => Some(Matter::Words),
                    Relation::Opposite | Relation::Step(Scale::Certainty) => Some(Matter::Polarity),
                    Relation::Number | Relation::Bound | Relation::Step(Scale::Amount) => {
                        Some(Matter::Quantity)
                    }
                    // `the sheriff was asked by the prosecutors` for `the prosecutors asked the sheriff`.
                    Relation::Actor if turned => Some(Matter::Words),
                    Relation::Actor => Some(actor(&quoted[*first], &source[*from], crossed)),
                    Relation::Other => {
                        Some(other(&quoted[*first], &source[*from], lexicon, alignment.covered))
                    }
                };
                let bracketed = quoted[*first].bracket;
                if let Some(matter) = matter {
                    out.push(Difference {
                        matter: if bracketed { Matter::Trivial } else { matter },
                        quoted: words(quoted, *first, *count).join(" "),
                        source: words(source, *from, *length).join(" "),
                        at,
                    });
                }
            }
            Step::Added(position) => {
                at = *position;
                let word = &quoted[*position];
                if word.kind == Kind::Omission {
                    let skipped: Vec<&Word> = steps[index + 1..]
                        .iter()
                        .map_while(|step| match step {
                            Step::Skipped(at) => Some(&source[*at]),
                            _ => None,
                        })
                        .collect();
                    index += skipped.len();
                    out.push(Difference {
                        matter: omission(&skipped, lexicon),
                        quoted: "...".into(),
                        source: skipped
                            .iter()
                            .map(|word| word.form.replace('_', " "))
                            .collect::<Vec<_>>()
                            .join(" "),
                        at,
                    });
                } else {
                    let matter = if word.bracket {
                        Matter::Trivial
                    } else if moved(&word.stem, &skipped, source) {
                        moved_matter(word, *position, &skipped, quoted, source)
                    } else {
                        lone(word, lexicon, true)
                    };
                    out.push(Difference {
                        matter,
                        quoted: word.form.replace('_', " "),
                        source: String::new(),
                        at,
                    });
                }
            }
            Step::Skipped(position) => {
                let word = &source[*position];
                let beside_bracket =
                    [at, at + 1].iter().any(|near| quoted.get(*near).is_some_and(|word| word.bracket));
                let matter = if beside_bracket {
                    Matter::Trivial
                } else if moved(&word.stem, &added, quoted) {
                    Matter::Words
                } else {
                    lone(word, lexicon, false)
                };
                out.push(Difference {
                    matter,
                    quoted: String::new(),
                    source: word.form.replace('_', " "),
                    at,
                });
            }
        }
        index += 1;
    }
    unscoped(&mut out, alignment, quoted, source, lexicon);
    cancel(&mut out, quoted, source, language);
    reversed(&mut out, alignment, quoted, source);
    out
}

/// In words that are mostly others', a denial counts only where both sides have what is denied.
fn unscoped(
    differences: &mut [Difference],
    alignment: &Alignment,
    quoted: &[Word],
    source: &[Word],
    lexicon: &Lexicon,
) {
    if alignment.covered >= 0.8 {
        return;
    }
    let paired = |quoted_side: bool, at: usize| {
        alignment.steps.iter().any(|step| match step {
            Step::Pair { quoted: (first, count), source: (from, length), relation } => {
                let within = if quoted_side {
                    (*first..first + count).contains(&at)
                } else {
                    (*from..from + length).contains(&at)
                };
                within && !matches!(relation, Relation::Other | Relation::Light | Relation::Actor)
            }
            _ => false,
        })
    };
    let denied =
        |words: &[Word], at: usize| (at + 1..(at + 5).min(words.len())).find(|next| !words[*next].about.stop);
    let (low, high) = alignment.place;
    for one in differences.iter_mut().filter(|one| one.matter == Matter::Negation) {
        let in_quoted = lexicon.is_negator(&one.quoted.replace(' ', "_"));
        let (words, form, range) = match in_quoted {
            true => (quoted, one.quoted.replace(' ', "_"), 0..quoted.len()),
            false => (source, one.source.replace(' ', "_"), low..high + 1),
        };
        let scoped = range
            .filter(|at| words[*at].form == form)
            .any(|at| denied(words, at).is_some_and(|next| paired(in_quoted, next)));
        if !scoped {
            one.matter = Matter::Words;
        }
    }
}

/// How many agents of passives there are.
fn passive(words: &[Word]) -> usize {
    words.iter().filter(|word| matches!(word.form.as_str(), "by" | "por")).count()
}

/// Whether the one who acts is named after a passive: `by the sheriff`.
fn suffers(words: &[Word], stem: &str) -> bool {
    words
        .iter()
        .position(|word| word.stem == stem)
        .is_some_and(|at| passive(&words[at.saturating_sub(2)..at]) > 0)
}

/// Two who act have changed places, without the passive that would keep the sense: `we cried more than the guard`.
fn reversed(differences: &mut Vec<Difference>, alignment: &Alignment, quoted: &[Word], source: &[Word]) {
    if differences.is_empty() || alignment.covered_unordered < 0.6 {
        return;
    }
    let (low, high) = alignment.place;
    let start = (0..=low).rev().find(|at| source[*at].opens).unwrap_or(0).max(low.saturating_sub(8));
    let end = (high + 1..source.len()).find(|at| source[*at].opens).unwrap_or(source.len()).min(high + 8);
    let around = &source[start..end];
    let who = |words: &[Word]| -> Vec<String> {
        let acts = |word: &&Word| word.about.actor && points_at(&word.form) != Some(3) && !word.bracket;
        words.iter().filter(acts).map(|word| word.stem.clone()).collect()
    };
    let (mine, theirs) = (who(quoted), who(around));
    let once = |list: &[String], stem: &String| list.iter().filter(|other| *other == stem).count() == 1;
    let shared: Vec<&String> = mine.iter().filter(|stem| once(&mine, stem) && once(&theirs, stem)).collect();
    let place = |stem: &String| theirs.iter().position(|other| other == stem);
    let crossed = shared.windows(2).any(|pair| place(pair[0]) > place(pair[1]));
    // Who stood first still does, but suffers now what he did: `the prosecutors were asked by the sheriff`.
    let inverted = !crossed && shared.len() >= 2 && suffers(quoted, shared[1]) != suffers(around, shared[1]);
    if (crossed && passive(quoted) == passive(around)) || inverted {
        let (left, right) = (shared[0].clone(), shared[shared.len() - 1].clone());
        differences.push(Difference {
            matter: Matter::Actor,
            quoted: format!("{left}, {right}"),
            source: format!("{right}, {left}"),
            at: 0,
        });
    }
}

/// A word that stands elsewhere: who is denied something on one side only is another.
fn moved_matter(word: &Word, at: usize, skipped: &[usize], quoted: &[Word], source: &[Word]) -> Matter {
    let denied =
        |words: &[Word], at: usize| words[at.saturating_sub(5)..at].iter().any(|before| before.about.negator);
    let there = skipped.iter().find(|there| source[**there].stem == word.stem);
    let other = there.is_some_and(|there| denied(source, *there) != denied(quoted, at));
    if other && word.about.actor { Matter::Actor } else { Matter::Words }
}

/// A word that only one side has.
fn lone(word: &Word, lexicon: &Lexicon, added: bool) -> Matter {
    if word.about.light {
        return Matter::Trivial;
    }
    if word.about.negator {
        return Matter::Negation;
    }
    if lexicon.is_condition(&word.form) {
        return Matter::Polarity;
    }
    if lexicon.bound(&word.form).is_some_and(|bound| bound != super::lexicon::Bound::About)
        && word.form.contains('_')
    {
        return Matter::Quantity;
    }
    match lexicon.scale(&word.form) {
        Some(Scale::Amount) if !word.about.light => Matter::Quantity,
        Some(Scale::Certainty) if added => Matter::Polarity,
        Some(Scale::Certainty) if !word.about.stop => Matter::Polarity,
        _ => Matter::Words,
    }
}

/// Two words without anything in common.
fn other(quoted: &Word, source: &Word, lexicon: &Lexicon, covered: f32) -> Matter {
    // In words that are otherwise the same, a number stands for something else.
    if covered >= 0.8 && quoted.number.is_some() != source.number.is_some() {
        return Matter::Quantity;
    }
    // Steps of a scale that stand against an unrelated word say little: `in some cases` is `there were times`.
    let turns = |word: &Word, added| match lone(word, lexicon, added) {
        matter if matter.is_meaning() && (word.about.negator || lexicon.scale(&word.form).is_none()) => {
            Some(matter)
        }
        _ => None,
    };
    turns(quoted, true).max(turns(source, false)).unwrap_or(Matter::Words)
}

/// What three dots hide: a condition, or a denial beside what is kept.
pub(super) fn omission(skipped: &[&Word], lexicon: &Lexicon) -> Matter {
    let count = skipped.len();
    let turns = skipped.iter().enumerate().any(|(at, word)| {
        let at_edge = at < 3 || at + 3 >= count || count <= 10;
        let joins = matches!(word.form.as_str(), "ni" | "nor" | "neither");
        (word.about.negator && at_edge && !joins) || (lexicon.is_condition(&word.form) && count <= 25)
    });
    if turns { Matter::Polarity } else { Matter::Trivial }
}

/// Words by which a text points at somebody named before.
fn points_at(form: &str) -> Option<u8> {
    match form {
        "i" | "we" | "us" | "me" | "my" | "our" | "yo" | "nosotros" | "nos" | "mi" | "nuestro"
        | "nuestra" => Some(1),
        "you" | "your" | "usted" | "ustedes" | "tu" => Some(2),
        "he" | "she" | "they" | "them" | "him" | "her" | "their" | "his" | "it" | "its" | "el" | "ella"
        | "ellos" | "ellas" | "su" | "sus" | "les" | "le" | "lo" | "los" | "las" => Some(3),
        _ => None,
    }
}

fn actor(quoted: &Word, source: &Word, crossed: bool) -> Matter {
    if crossed {
        return Matter::Actor;
    }
    match (points_at(&quoted.form), points_at(&source.form)) {
        // `they` for a noun, or a noun for `they`: the same people, by another word.
        (Some(3), None) | (None, Some(3)) => Matter::Words,
        (Some(left), Some(right)) if left == right => Matter::Words,
        _ => Matter::Actor,
    }
}

/// Two people or bodies have changed places.
fn crossed_actors(steps: &[Step], quoted: &[Word], source: &[Word]) -> bool {
    let pairs: Vec<(&str, &str)> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Pair {
                quoted: (left, 1),
                source: (right, 1),
                relation: Relation::Actor | Relation::Other,
            } => Some((quoted[*left].stem.as_str(), source[*right].stem.as_str())),
            _ => None,
        })
        .collect();
    pairs.iter().any(|(left, right)| pairs.contains(&(*right, *left)))
}

/// A denial and an opposite beside each other give the same sense again: `did not accept` is `rejected`. A denial that
/// only moved before the same word denies the same. In Spanish a second denial beside a first denies nothing more.
fn cancel(differences: &mut [Difference], quoted: &[Word], source: &[Word], language: Language) {
    let lexicon = Lexicon::of(language);
    let flips: Vec<usize> = (0..differences.len())
        .filter(|at| {
            let one = &differences[*at];
            let opposite = !one.quoted.is_empty() && !one.source.is_empty() && one.quoted != "...";
            one.matter == Matter::Negation || (one.matter == Matter::Polarity && opposite)
        })
        .collect();
    let mut at = 0;
    while at + 1 < flips.len() {
        let (first, second) = (flips[at], flips[at + 1]);
        let negations =
            [first, second].iter().filter(|at| differences[**at].matter == Matter::Negation).count();
        let near = differences[second].at.abs_diff(differences[first].at) <= 5;
        let moved = negations == 2 && {
            let denied = |words: &[Word], form: &str| {
                let at = words.iter().position(|word| word.form == form)?;
                words[at + 1..].iter().find(|word| !word.about.stop).map(|word| word.stem.clone())
            };
            let (one, other) = (&differences[first], &differences[second]);
            let added = if one.source.is_empty() || lexicon.is_negator(&one.quoted) {
                &one.quoted
            } else {
                &other.quoted
            };
            let lost = if one.quoted.is_empty() || lexicon.is_negator(&one.source) {
                &one.source
            } else {
                &other.source
            };
            !added.is_empty()
                && !lost.is_empty()
                && denied(quoted, added).is_some_and(|word| Some(word) == denied(source, lost))
        };
        if (near && negations == 1) || moved {
            differences[first].matter = Matter::Words;
            differences[second].matter = Matter::Words;
            at += 2;
        } else {
            at += 1;
        }
    }
    if language == Language::Spanish {
        let denied = |words: &[Word]| words.iter().filter(|word| word.about.negator).count();
        let (mine, theirs) = (denied(quoted), denied(source));
        for one in differences.iter_mut().filter(|one| one.matter == Matter::Negation) {
            let second =
                !matches!(one.quoted.as_str(), "no" | "sin") && !matches!(one.source.as_str(), "no" | "sin");
            if second && mine > 0 && theirs > 0 {
                one.matter = Matter::Words;
            }
        }
    }
}

/// The judgement of a quotation that was found, and the matters on which its sense may turn.
pub fn judgement(differences: &[Difference], words: usize) -> (Judgement, Vec<Matter>) {
    let mut matters: Vec<Matter> =
        differences.iter().map(|one| one.matter).filter(|matter| matter.is_meaning()).collect();
    matters.sort_unstable();
    matters.dedup();
    let trivial =
        differences.iter().filter(|one| one.matter == Matter::Trivial && one.quoted != "...").count();
    let altered = differences.iter().any(|one| one.matter == Matter::Words);
    let judgement = match (matters.is_empty(), altered, differences.is_empty()) {
        (false, ..) => Judgement::Meaning,
        (true, true, _) => Judgement::Altered,
        (true, false, false) if trivial > 2 + words / 8 => Judgement::Altered,
        (true, false, false) => Judgement::Trivial,
        (true, false, true) => Judgement::Verbatim,
    };
    (judgement, matters)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    use super::super::align::align;
    use super::super::words::words;
    use super::*;

    fn judged(quoted: &str, source: &str, language: Language) -> (Judgement, Vec<Matter>) {
        let (quoted, source) = (words(quoted, language), words(source, language));
        let alignment = align(&quoted, &source, language, &|_| true).unwrap();
        judgement(&differences(&alignment, &quoted, &source, language), quoted.len())
    }

    #[test]
    fn what_turns_the_sense_and_what_does_not() {
        use Judgement::{Altered, Meaning, Trivial, Verbatim};
        let source =
            "On Monday the prosecutors asked the sheriff to return all the children within thirty days.";
        for (quoted, expected, matter) in [
            ("the prosecutors asked the sheriff to return all the children", Verbatim, None),
            ("The prosecutors asked the sheriff to return all the children within 30 days", Trivial, None),
            ("the prosecutors requested the sheriff to return all the kids", Altered, None),
            (
                "the prosecutors did not ask the sheriff to return all the children",
                Meaning,
                Some(Matter::Negation),
            ),
            (
                "the prosecutors asked the sheriff to return some of the children",
                Meaning,
                Some(Matter::Quantity),
            ),
            ("the sheriff asked the prosecutors to return all the children", Meaning, Some(Matter::Actor)),
            (
                "the prosecutors were asked by the sheriff to return all the children",
                Meaning,
                Some(Matter::Actor),
            ),
            ("the sheriff was asked by the prosecutors to return all the children", Altered, None),
            (
                "On Tuesday the prosecutors asked the sheriff to return all the children",
                Meaning,
                Some(Matter::Quantity),
            ),
            ("the prosecutors asked the sheriff to keep all the children", Meaning, Some(Matter::Polarity)),
            ("the prosecutors asked the sheriff ... within thirty days", Trivial, None),
        ] {
            let (judgement, matters) = judged(quoted, source, Language::English);
            assert_eq!(judgement, expected, "{quoted}: {matters:?}");
            assert!(matter.is_none_or(|matter| matters.contains(&matter)), "{quoted}: {matters:?}");
        }
        let source = "El gobierno no devolvi\u{f3} a los menores, salvo a dos, antes de julio.";
        for (quoted, expected) in [
            ("El gobierno no devolvi\u{f3} a los menores", Verbatim),
            ("El gobierno devolvi\u{f3} a los menores", Meaning),
            ("El gobierno no devolvi\u{f3} a los ni\u{f1}os", Altered),
            ("El gobierno no devolvi\u{f3} a los menores ... antes de julio", Meaning),
            ("antes de junio", Meaning),
        ] {
            assert_eq!(judged(quoted, source, Language::Spanish).0, expected, "{quoted}");
        }
    }
}
