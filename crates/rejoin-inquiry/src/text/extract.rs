//! What is to be checked in a text: its sentences, its quotations, its figures, its names.

use super::lexicon::{Language, Lexicon};
use super::words::{Word, words};
use std::ops::Range;

/// A sentence: bytes of the text.
pub type Sentence = Range<usize>;

const TITLES: &[&str] = &[
    "mr", "mrs", "ms", "dr", "sr", "sra", "dra", "gen", "gov", "sen", "rep", "lt", "col", "st", "no", "vs",
    "u.s", "ee.uu", "art", "núm", "jr", "inc", "doc", "sec", "p", "pp", "vol", "etc",
];

/// The sentences of a text. A line break of its own ends one only when it is a paragraph's.
pub fn sentences(text: &str) -> Vec<Sentence> {
    let characters: Vec<(usize, char)> = text.char_indices().collect();
    let mut out = Vec::new();
    let mut start = 0;
    let mut push = |from: usize, to: usize| {
        let slice = &text[from..to];
        let trimmed = slice.trim();
        if trimmed.chars().any(char::is_alphanumeric) {
            let begin = from + (slice.len() - slice.trim_start().len());
            out.push(begin..begin + trimmed.len());
        }
    };
    let mut at = 0;
    while at < characters.len() {
        let (byte, character) = characters[at];
        let next = |ahead: usize| characters.get(at + ahead).map(|(_, character)| *character);
        let paragraph = character == '\n'
            && characters[at + 1..]
                .iter()
                .take_while(|(_, next)| next.is_whitespace())
                .any(|(_, next)| *next == '\n');
        if paragraph {
            push(start, byte);
            start = byte;
        } else if matches!(character, '.' | '!' | '?') {
            let before =
                text[start..byte].rsplit(|letter: char| letter.is_whitespace() || letter == '(').next();
            let word = before.unwrap_or_default().to_lowercase();
            let initial = word.chars().count() == 1 && word.chars().all(char::is_alphabetic);
            let abbreviation = character == '.' && (TITLES.contains(&word.as_str()) || initial);
            let mut ahead = 1;
            while next(ahead).is_some_and(|next| {
                matches!(next, '"' | '\u{201d}' | '\u{2019}' | '\'' | '\u{bb}' | ')' | ']' | '.' | '!' | '?')
            }) {
                ahead += 1;
            }
            let space = next(ahead).is_none_or(char::is_whitespace);
            let follows = characters[(at + ahead).min(characters.len())..]
                .iter()
                .find(|(_, next)| !next.is_whitespace());
            let capital = follows.is_none_or(|(_, next)| !next.is_lowercase());
            if space && capital && !abbreviation {
                let end = characters.get(at + ahead).map_or(text.len(), |(byte, _)| *byte);
                push(start, end);
                start = end;
                at += ahead - 1;
            }
        }
        at += 1;
    }
    push(start, text.len());
    out
}

/// The sentence that a place lies in, or the last before it.
pub fn sentence_of(sentences: &[Sentence], at: usize) -> usize {
    sentences.partition_point(|sentence| sentence.start <= at).saturating_sub(1)
}

/// The quotations of a text: bytes between its marks, outermost first. Straight, curly and angle marks; a quotation may
/// go on over a paragraph when the next begins with the mark again.
pub fn quotations(text: &str) -> Vec<Range<usize>> {
    let characters: Vec<(usize, char)> = text.char_indices().collect();
    let mut out: Vec<Range<usize>> = Vec::new();
    let mut open: Option<(char, usize, usize)> = None; // the mark that ends it, where it begins, depth of the same kind
    for (at, (byte, character)) in characters.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| characters[before].1);
        let after = characters.get(at + 1).map(|(_, after)| *after);
        match open {
            None => {
                let opens = match character {
                    '\u{201c}' => Some('\u{201d}'),
                    '\u{ab}' => Some('\u{bb}'),
                    '\u{201e}' => Some('\u{201c}'),
                    '"' if after.is_some_and(|after| !after.is_whitespace())
                        && before.is_none_or(|before| !before.is_alphanumeric()) =>
                    {
                        Some('"')
                    }
                    '\u{2018}' if before.is_none_or(|before| before.is_whitespace() || before == '(') => {
                        Some('\u{2019}')
                    }
                    '\'' if before.is_none_or(char::is_whitespace)
                        && after.is_some_and(char::is_alphabetic) =>
                    {
                        single_ends(&characters[at + 1..]).then_some('\'')
                    }
                    _ => None,
                };
                if let Some(closing) = opens {
                    open = Some((closing, byte + character.len_utf8(), 0));
                }
            }
            Some((closing, start, depth)) => {
                let apostrophe = matches!(character, '\u{2019}' | '\'')
                    && before.is_some_and(char::is_alphanumeric)
                    && after.is_some_and(char::is_alphanumeric);
                if *character == '\u{ab}' && closing == '\u{bb}' {
                    open = Some((closing, start, depth + 1));
                } else if *character == '\u{201c}' && closing == '\u{201d}' {
                    // A paragraph inside a quotation begins with the mark again.
                    let line_start = before.is_none_or(|before| before == '\n');
                    if !line_start {
                        open = Some((closing, start, depth + 1));
                    }
                } else if *character == closing && !apostrophe {
                    if depth > 0 {
                        open = Some((closing, start, depth - 1));
                    } else {
                        out.push(start..*byte);
                        open = None;
                    }
                } else if *character == '\n' && after == Some('\n') {
                    // A paragraph ends and no mark opens the next: the closing mark was forgotten.
                    let rest = text[*byte..].trim_start();
                    if !rest.starts_with(['\u{201c}', '"', '\u{ab}', '\u{2018}']) {
                        open = None;
                    }
                }
            }
        }
    }
    out
}

fn single_ends(rest: &[(usize, char)]) -> bool {
    rest.windows(2)
        .take(400)
        .any(|pair| pair[0].1 == '\'' && (pair[1].1.is_whitespace() || matches!(pair[1].1, ',' | '.' | ';')))
}

/// A figure of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Bytes of the text: the number and the word counted.
    pub span: Range<usize>,
    /// Its value.
    pub value: f64,
    /// A vague amount, as `thousands`: at least this and less than ten times it.
    pub vague: bool,
    /// How the text bounds it.
    pub bound: Option<super::lexicon::Bound>,
    /// A day of a month rather than an amount: the value is 100 × month + day.
    pub date: bool,
    /// The year of a date, where it is given.
    pub year: Option<i32>,
    /// What is counted: stems of the words after it, nearest first.
    pub counted: Vec<String>,
}

/// Days of the week, Monday first, English before Spanish; folded, as the months are.
pub(super) const WEEK: [&str; 14] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "lunes",
    "martes",
    "miercoles",
    "jueves",
    "viernes",
    "sabado",
    "domingo",
];

pub(super) const MONTHS: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
];

/// The figures among words: numbers that count or measure something. Years and days of months are dates.
pub fn figures(list: &[Word], language: Language) -> Vec<Figure> {
    let lexicon = Lexicon::of(language);
    let mut out = Vec::new();
    for (at, word) in list.iter().enumerate() {
        let near = |offset: isize| {
            at.checked_add_signed(offset)
                .and_then(|near| list.get(near))
                .map_or("", |word| word.form.as_str())
        };
        let vague = match word.form.as_str() {
            "dozens" | "dozens_of" | "decenas" | "decenas_de" => Some(24.0),
            "hundreds" | "hundreds_of" | "cientos" | "cientos_de" | "centenares" | "centenares_de" => {
                Some(100.0)
            }
            "thousands" | "thousands_of" | "miles" | "miles_de" => Some(1000.0),
            "tens_of_thousands" => Some(10_000.0),
            "hundreds_of_thousands" => Some(100_000.0),
            "millions" | "millones_de" => Some(1e6),
            _ => None,
        };
        // `a quarter`, `two thirds`.
        let share = match word.form.as_str() {
            "half" | "mitad" => Some(2.0),
            "third" | "thirds" | "tercio" | "tercios" => Some(3.0),
            "quarter" | "quarters" | "cuarto" | "cuartos" => Some(4.0),
            _ => None,
        };
        let share = share.and_then(|parts| {
            let counts = at.checked_sub(1).and_then(|before| list[before].number);
            let article = matches!(near(-1), "a" | "the" | "un" | "la" | "one") || parts == 2.0;
            counts
                .filter(|count| *count < parts)
                .or_else(|| article.then_some(1.0))
                .map(|count| count / parts)
        });
        let followed_by_share = list.get(at + 1).is_some_and(|next| {
            matches!(next.form.as_str(), "third" | "thirds" | "quarters" | "tercios" | "cuartos")
        });
        let Some(value) = share.or(word.number).or(vague) else { continue };
        if followed_by_share && share.is_none() {
            continue;
        }
        let year = (1900.0..2100.0).contains(&value) && value.fract() == 0.0 && word.form.len() == 4;
        let month = |form: &str| MONTHS.iter().position(|month| *month == form).map(|month| month % 12 + 1);
        let after = if near(1) == "de" { month(near(2)) } else { month(near(1)) };
        let date = month(near(-1)).or(after).filter(|_| (1.0..=31.0).contains(&value) && share.is_none());
        if let Some(month) = date {
            let end = if month_follows(list, at) {
                list[at + 1 + usize::from(near(1) == "de")].span.end
            } else {
                word.span.end
            };
            let start = if month_follows(list, at) { word.span.start } else { list[at - 1].span.start };
            out.push(Figure {
                span: start..end,
                value: month as f64 * 100.0 + value,
                vague: false,
                bound: None,
                date: true,
                year: year_near(list, at),
                counted: Vec::new(),
            });
            continue;
        }
        if year || (word.form == "one" || word.form == "once" && language == Language::English) {
            continue;
        }
        // The words that bound it, and the `three` of `three quarters`, belong to a figure.
        let mut first = at - usize::from(share.is_some() && at > 0 && list[at - 1].number.is_some());
        let bounding = (1..=2).find(|back| {
            first.checked_sub(*back).is_some_and(|before| lexicon.bound(&list[before].form).is_some())
        });
        let bound = bounding.and_then(|back| lexicon.bound(&list[first - back].form));
        first -= bounding.unwrap_or(0);
        let mut counted = Vec::new();
        let mut end = word.span.end;
        for next in list.iter().skip(at + 1).take(5) {
            if next.number.is_some() || next.kind == super::words::Kind::Omission {
                break;
            }
            if next.about.stop {
                if matches!(next.form.as_str(), "of" | "de" | "the" | "los" | "las") && counted.is_empty() {
                    continue;
                }
                break;
            }
            counted.push(next.stem.clone());
            end = next.span.end;
            if counted.len() == 2 {
                break;
            }
        }
        out.push(Figure {
            span: list[first].span.start..end,
            value,
            vague: vague.is_some(),
            bound,
            date: false,
            year: None,
            counted,
        });
    }
    out
}

/// The year that belongs to a date: within three words of its day, `de` and commas aside.
fn year_near(list: &[Word], at: usize) -> Option<i32> {
    list.iter().skip(at + 1).take(4).find_map(|word| {
        let value = word.number.filter(|value| (1900.0..2100.0).contains(value) && value.fract() == 0.0)?;
        (word.form.len() == 4).then_some(value as i32)
    })
}

fn month_follows(list: &[Word], at: usize) -> bool {
    let form = |index: usize| list.get(index).map_or("", |word| word.form.as_str());
    MONTHS.contains(&form(at + 1)) || (form(at + 1) == "de" && MONTHS.contains(&form(at + 2)))
}

/// A name in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// Bytes of the text.
    pub span: Range<usize>,
    /// Its words, folded, without particles.
    pub words: Vec<String>,
    /// A title stands before it, or it has two words or more: surely a name.
    pub sure: bool,
}

const HONORIFICS: &[&str] = &[
    "secretary",
    "minister",
    "judge",
    "senator",
    "governor",
    "prosecutor",
    "director",
    "commissioner",
    "inspector",
    "attorney",
    "general",
    "president",
    "chief",
    "mr",
    "mrs",
    "ms",
    "dr",
    "sheriff",
    "agent",
    "officer",
    "mayor",
    "justice",
    "representative",
    "undersecretary",
    "captain",
    "sergeant",
    "counsel",
    "deputy",
    "assistant",
    "colonel",
    "professor",
    "secretaria",
    "secretario",
    "ministra",
    "ministro",
    "jueza",
    "juez",
    "senadora",
    "senador",
    "gobernadora",
    "gobernador",
    "fiscal",
    "directora",
    "comisionada",
    "comisionado",
    "inspectora",
    "presidenta",
    "presidente",
    "jefa",
    "jefe",
    "sr",
    "sra",
    "don",
    "dona",
    "doctora",
    "doctor",
    "alcaldesa",
    "alcalde",
    "agente",
    "licenciada",
    "licenciado",
    "subsecretaria",
    "subsecretario",
    "magistrada",
    "magistrado",
    "abogada",
    "abogado",
    "defensora",
    "portavoz",
    "spokesman",
    "spokeswoman",
];

const NO_NAMES: &[&str] = &[
    "department",
    "office",
    "ministry",
    "agency",
    "border",
    "patrol",
    "court",
    "congress",
    "senate",
    "house",
    "committee",
    "bureau",
    "service",
    "services",
    "report",
    "center",
    "centre",
    "county",
    "district",
    "north",
    "south",
    "east",
    "west",
    "departamento",
    "oficina",
    "ministerio",
    "agencia",
    "frontera",
    "patrulla",
    "tribunal",
    "congreso",
    "senado",
    "comite",
    "servicio",
    "informe",
    "centro",
    "distrito",
    "norte",
    "sur",
    "este",
    "oeste",
    "comision",
    "commission",
    "council",
    "consejo",
    "instituto",
    "institute",
    "university",
    "universidad",
    "authority",
    "autoridad",
    "division",
    "unit",
    "unidad",
    "section",
    "chapter",
    "page",
    "inspectorate",
    "inspectoria",
    "times",
    "herald",
    "tribune",
    "gazette",
    "post",
    "daily",
    "news",
    "diario",
    "gaceta",
    "heraldo",
    "valley",
    "valle",
    "river",
    "rio",
    "sector",
    "station",
    "estacion",
    "shelter",
    "albergue",
    "state",
    "states",
    "estado",
    "estados",
    "united",
    "unidos",
    "city",
    "ciudad",
    "street",
    "calle",
    "act",
    "ley",
    "program",
    "programa",
    "the",
    "el",
    "la",
    "los",
    "las",
];

/// The names of people among words: two or more capital words in a row, or one after a title or that was named before.
pub fn names(text: &str, language: Language) -> Vec<Name> {
    let list = words(text, language);
    let mut out: Vec<Name> = Vec::new();
    let mut at = 0;
    let particle =
        |form: &str| matches!(form, "de" | "del" | "la" | "las" | "los" | "y" | "van" | "von" | "da" | "dos");
    let gap = |left: &Word, right: &Word| {
        let between = &text[left.span.end..right.span.start.max(left.span.end)];
        // A point between two names stands after an initial, or ends a sentence.
        let point = between.contains('.') && left.form.chars().count() > 1;
        between.chars().all(|character| matches!(character, ' ' | '\n' | '-' | '.'))
            && !point
            && between.matches('\n').count() < 2
    };
    let fits = |word: &Word| {
        word.capital
            && word.number.is_none()
            && !NO_NAMES.contains(&word.form.as_str())
            && !MONTHS.contains(&word.form.as_str())
            && !WEEK.contains(&word.form.as_str())
            && text[word.span.clone()].chars().skip(1).any(|letter| letter.is_lowercase() || letter == '\'')
    };
    while at < list.len() {
        let word = &list[at];
        if !fits(word) || HONORIFICS.contains(&word.form.as_str()) {
            at += 1;
            continue;
        }
        let mut end = at + 1;
        let mut parts = vec![at];
        while let Some(next) = list.get(end) {
            if !gap(&list[end - 1], next) || HONORIFICS.contains(&next.form.as_str()) {
                break;
            }
            if fits(next) {
                parts.push(end);
                end += 1;
            } else if particle(&next.form)
                && list
                    .get(end + 1)
                    .is_some_and(|after| gap(next, after) && (fits(after) || particle(&after.form)))
            {
                end += 1;
            } else {
                break;
            }
        }
        // An initial between two names belongs to them; a common word at the beginning of a sentence does not.
        let lexicon = Lexicon::of(language);
        let titled = at > 0 && HONORIFICS.contains(&list[at - 1].form.as_str());
        let small =
            word.about.stop || word.about.negator || word.about.light || lexicon.is_condition(&word.form);
        if parts.len() > 1 && word.opens && small && !titled {
            parts.remove(0);
        }
        let folded: Vec<String> = parts.iter().map(|part| list[*part].form.clone()).collect();
        let known = folded.len() == 1 && out.iter().any(|name| name.sure && name.words.contains(&folded[0]));
        let surely = folded.len() > 1 || titled;
        if surely || known || !lexicon.has(&folded[0]) {
            let span = list[parts[0]].span.start..list[*parts.last().unwrap_or(&at)].span.end;
            out.push(Name { span, words: folded, sure: surely || known });
        }
        at = end;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(text: &str) -> Vec<&str> {
        quotations(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn quotations_of_every_kind_of_marks() {
        assert_eq!(quoted("He said, \"We will act,\" and \"soon.\""), ["We will act,", "soon."]);
        assert_eq!(
            quoted("\u{201c}They called it \u{2018}a plan\u{2019},\u{201d} she said."),
            ["They called it \u{2018}a plan\u{2019},"]
        );
        assert_eq!(
            quoted("\u{ab}No sabemos \u{ab}nada\u{bb} de ellos\u{bb}, dijo."),
            ["No sabemos \u{ab}nada\u{bb} de ellos"]
        );
        assert_eq!(quoted("It\u{2019}s the parents\u{2019} list."), Vec::<&str>::new());
        assert_eq!(quoted("The 6\" pipe and 'The plan is dead', he said."), ["The plan is dead"]);
    }

    #[test]
    fn sentences_end_where_they_should() {
        let text = "Mr. Dunn spoke. \u{201c}We waited.\u{201d} Then 2.5 hours passed! J. Roe left.\n\nA title\n\nMore.";
        let got: Vec<&str> = sentences(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(got.len(), 6, "{got:?}");
        assert_eq!(got[1], "\u{201c}We waited.\u{201d}");
    }

    #[test]
    fn figures_are_numbers_that_count() {
        let text = "On 6 April 2018 nearly 3,000 children and thousands of parents waited 26 days.";
        let list = words(text, Language::English);
        let got = figures(&list, Language::English);
        let values: Vec<f64> = got.iter().map(|figure| figure.value).collect();
        assert_eq!(values, [406.0, 3000.0, 1000.0, 26.0]);
        assert!(got[2].vague && got[1].bound == Some(super::super::lexicon::Bound::About));
    }

    #[test]
    fn names_are_capital_words_in_a_row_or_after_a_title() {
        let text = "Yesterday Secretary Ilsa Marrow met Dunn Hartley. Marrow said the Border Patrol agreed. Judge Pell did not.";
        let got: Vec<&str> = names(text, Language::English)
            .into_iter()
            .filter(|name| name.sure)
            .map(|name| &text[name.span])
            .collect();
        assert_eq!(got, ["Ilsa Marrow", "Dunn Hartley", "Marrow", "Pell"]);
    }
}
