//! Text to words that can be compared: case, accents, ligatures, quotation marks and line ends put aside, contractions
//! opened, numbers read in figures and in words, the headers of pages between two halves of a sentence left out.

use super::lexicon::{About, Language, Lexicon};
use deunicode::deunicode_char;
use std::collections::HashMap;
use std::ops::Range;

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A word or a number.
    Word,
    /// Three dots: something is left out here.
    Omission,
}

/// A word of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// Bytes of the text that it stands for.
    pub span: Range<usize>,
    /// Folded: lower case, no accents; a phrase is joined by `_`.
    pub form: String,
    /// Stem of its dictionary form; two words with one stem are forms of one word.
    pub stem: String,
    /// Its value, when it is a number, in figures or words.
    pub number: Option<f64>,
    /// What it is.
    pub kind: Kind,
    /// It stands in square brackets: an insertion of who quotes.
    pub bracket: bool,
    /// It begins with a capital letter.
    pub capital: bool,
    /// It is the first of its sentence.
    pub opens: bool,
    /// The form with the letters that scanners confuse made one.
    pub scanned: String,
    /// The form with British and American spelling made one.
    pub spelled: String,
    /// The letters it has, a bit each.
    pub letters: u32,
    /// What the lexicon knows of it.
    pub about: About,
    /// How many of its letters bear an accent.
    pub accents: u8,
    /// It came from opening a contraction, or from a number in words: written otherwise than it reads.
    pub opened: bool,
}

/// One run of letters or digits, before contractions and numbers are read.
#[derive(Clone)]
struct Raw {
    span: Range<usize>,
    form: String,
    capital: bool,
    opens: bool,
    bracket: bool,
    omission: bool,
}

/// The words of a text.
pub fn words(text: &str, language: Language) -> Vec<Word> {
    let lexicon = Lexicon::of(language);
    let raw = phrases(contractions(runs(text, language), language), lexicon);
    // A text says the same words again and again: what belongs to a form is found once.
    let mut known: HashMap<String, (String, String, String, u32, About)> = HashMap::new();
    numbers(raw, language)
        .into_iter()
        .map(|(raw, number, opened)| {
            let (stem, scanned, spelled, letters, about) = match known.get(&raw.form) {
                Some(found) => found.clone(),
                None => {
                    let stem = lexicon.stem(&raw.form);
                    let about = lexicon.about(&raw.form, &stem);
                    let found = (stem, scanned(&raw.form), spelling(&raw.form), letters(&raw.form), about);
                    known.insert(raw.form.clone(), found.clone());
                    found
                }
            };
            Word {
                letters,
                about,
                scanned,
                spelled,
                accents: accents(&text[raw.span.clone()]),
                span: raw.span,
                stem: number.map_or(stem, |value| format!("#{value}")),
                number,
                kind: if raw.omission { Kind::Omission } else { Kind::Word },
                bracket: raw.bracket,
                capital: raw.capital,
                opens: raw.opens,
                opened,
                form: raw.form,
            }
        })
        .collect()
}

/// A space between groups of three figures: `1 250`. A plain space is one in Spanish only.
fn groups_go_on(characters: &[(usize, char)], start: usize, at: usize, language: Language) -> bool {
    let space = match characters[at].1 {
        '\u{a0}' | '\u{202f}' | '\u{2009}' => true,
        ' ' => language == Language::Spanish,
        _ => false,
    };
    let digit = |index: usize| characters.get(index).is_some_and(|(_, next)| next.is_ascii_digit());
    let first =
        characters[start..at].iter().all(|(_, before)| before.is_ascii_digit() || before.is_whitespace());
    let lead = characters[start..at].iter().take_while(|(_, before)| before.is_ascii_digit()).count();
    space && first && lead <= 3 && (1..=3).all(|ahead| digit(at + ahead)) && !digit(at + 4)
}

/// A figure, or a letter that a scanner made of one.
fn is_figure(character: char) -> bool {
    character.is_ascii_digit() || matches!(character, 'O' | 'o' | 'l' | 'I' | '.' | ',')
}

/// A word in which a scanner took letters for figures: `cann0t`.
fn unscanned(form: &str) -> Option<String> {
    let letters = form.chars().filter(char::is_ascii_alphabetic).count();
    let figures = form.chars().filter(char::is_ascii_digit).count();
    let confused =
        form.chars().all(|letter| letter.is_ascii_alphabetic() || matches!(letter, '0' | '1' | '\''));
    (figures > 0 && letters > figures && letters >= 2 && confused).then(|| {
        form.chars()
            .map(|letter| match letter {
                '0' => 'o',
                '1' => 'l',
                other => other,
            })
            .collect()
    })
}

fn is_apostrophe(character: char) -> bool {
    matches!(character, '\'' | '\u{2019}' | '\u{2018}' | '\u{02bc}' | '`' | '\u{b4}')
}

/// The letters of a word, a bit each.
pub fn letters(form: &str) -> u32 {
    form.bytes().filter(u8::is_ascii_lowercase).fold(0, |letters, letter| letters | 1 << (letter - b'a'))
}

/// Letters that scanners confuse, made one.
pub fn scanned(form: &str) -> String {
    let one: String = form
        .chars()
        .map(|letter| match letter {
            '0' => 'o',
            '1' | 'i' | '|' => 'l',
            '5' => 's',
            '8' => 'b',
            other => other,
        })
        .collect();
    one.replace("rn", "m").replace("vv", "w").replace("cl", "d")
}

/// British and American spelling made one.
fn spelling(form: &str) -> String {
    let mut text = form.replace("isation", "ization").replace("programme", "program").replace("ogue", "og");
    for (from, to) in [("ise", "ize"), ("ised", "ized"), ("ising", "izing"), ("yse", "yze")] {
        if let Some(stem) = text.strip_suffix(from).filter(|stem| stem.len() > 3) {
            text = format!("{stem}{to}");
        }
    }
    if text.len() > 5 {
        text = text.replace("our", "or").replace("tre", "ter").replace("ence", "ense").replace("ll", "l");
    }
    text
}

fn accents(written: &str) -> u8 {
    let bears = |character: &char| {
        ('\u{c0}'..='\u{17f}').contains(character) || ('\u{300}'..='\u{36f}').contains(character)
    };
    written.chars().filter(bears).count().min(255) as u8
}

fn fold_into(out: &mut String, character: char) {
    if character.is_ascii() {
        out.push(character.to_ascii_lowercase());
    } else if ('\u{300}'..='\u{36f}').contains(&character) || character == '\u{ad}' {
        // A combining accent belongs to the letter before it; a soft hyphen is no letter.
    } else if let Some(ascii) = deunicode_char(character) {
        out.extend(
            ascii.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()),
        );
    }
}

fn runs(text: &str, language: Language) -> Vec<Raw> {
    let skipped = furniture(text);
    let characters: Vec<(usize, char)> = text.char_indices().collect();
    let at = |index: usize| characters.get(index).map(|(_, character)| *character);
    let mut out: Vec<Raw> = Vec::new();
    let mut bracket = false;
    let mut opens = true;
    let mut index = 0;
    let mut skip = skipped.iter().peekable();
    while let Some((start, character)) = characters.get(index).copied() {
        while skip.peek().is_some_and(|range| range.end <= start) {
            skip.next();
        }
        if skip.peek().is_some_and(|range| range.contains(&start)) {
            index += 1;
            continue;
        }
        if character.is_alphanumeric() {
            let mut form = String::new();
            let mut end = index;
            while let Some(next) = at(end) {
                if next.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(&next) || next == '\u{ad}' {
                    fold_into(&mut form, next);
                    end += 1;
                } else if groups_go_on(&characters, index, end, language) {
                    end += 1;
                } else if is_apostrophe(next) && at(end + 1).is_some_and(char::is_alphabetic) {
                    form.push('\'');
                    end += 1;
                } else if matches!(next, '.' | ',')
                    && form.chars().all(is_figure)
                    && at(end - 1).is_some_and(is_figure)
                    && at(end + 1).is_some_and(is_figure)
                {
                    form.push(next);
                    end += 1;
                } else if let Some(length) = line_end_hyphen(&characters, end) {
                    end += length;
                } else {
                    break;
                }
            }
            let stop = characters.get(end).map_or(text.len(), |(byte, _)| *byte);
            if let Some(read) = unscanned(&form) {
                form = read;
            }
            if !form.is_empty() {
                out.push(Raw {
                    span: start..stop,
                    form,
                    capital: character.is_uppercase(),
                    opens,
                    bracket,
                    omission: false,
                });
                opens = false;
            }
            index = end;
            continue;
        }
        // Many dots in a row lead the eye in a table.
        let leader = (0..).take_while(|ahead| at(index + ahead) == Some('.')).count();
        if leader >= 5 {
            index += leader;
            continue;
        }
        let dots = (0..).take_while(|ahead| at(index + ahead) == Some('.')).count();
        let spaced = character == '.' && at(index + 1) == Some(' ') && at(index + 2) == Some('.');
        if character == '\u{2026}' || dots >= 3 || spaced {
            let mut end = index + 1;
            while at(end).is_some_and(|next| next == '.' || (next == ' ' && at(end + 1) == Some('.'))) {
                end += 1;
            }
            let stop = characters.get(end).map_or(text.len(), |(byte, _)| *byte);
            out.push(Raw {
                span: start..stop,
                form: "...".into(),
                capital: false,
                opens: false,
                bracket,
                omission: true,
            });
            index = end;
            continue;
        }
        match character {
            '[' => bracket = true,
            ']' => bracket = false,
            '.' | '!' | '?' | '\u{bf}' | '\u{a1}' => opens = true,
            '&' => out.push(Raw {
                span: start..start + 1,
                form: "and".into(),
                capital: false,
                opens: false,
                bracket,
                omission: false,
            }),
            '%' => out.push(Raw {
                span: start..start + 1,
                form: "percent".into(),
                capital: false,
                opens: false,
                bracket,
                omission: false,
            }),
            _ => {}
        }
        index += 1;
    }
    out
}

/// A hyphen that only breaks a line: how many characters from it to the next letter.
fn line_end_hyphen(characters: &[(usize, char)], at: usize) -> Option<usize> {
    if !matches!(characters.get(at)?.1, '-' | '\u{2010}' | '\u{ac}') {
        return None;
    }
    let rest = &characters[at + 1..];
    let spaces = rest.iter().take_while(|(_, character)| character.is_whitespace()).count();
    let breaks = rest[..spaces].iter().any(|(_, character)| *character == '\n');
    (breaks && rest.get(spaces)?.1.is_lowercase()).then_some(spaces + 1)
}

/// Lines between two halves of a sentence that belong to the page and not to the text: in capitals, or with the
/// number of a page, after a line that does not end a sentence and before one that goes on in lower case.
fn furniture(text: &str) -> Vec<Range<usize>> {
    let mut lines: Vec<(Range<usize>, &str)> = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim();
        if !content.is_empty() {
            lines.push((start..start + line.len(), content));
        }
        start += line.len();
    }
    let looks = |line: &str| {
        let letters = line.chars().filter(|character| character.is_alphabetic()).count();
        let capitals = line.chars().filter(|character| character.is_uppercase()).count();
        let digits = line.chars().filter(char::is_ascii_digit).count();
        let folded = line.to_lowercase();
        let page =
            ["page ", "página ", "pagina ", "pág", "pag.", "p. "].iter().any(|word| folded.contains(word));
        line.len() <= 100
            && (letters == 0
                || capitals * 10 >= letters * 7
                || (page && digits > 0)
                || line.starts_with('\u{c}'))
    };
    let mut out = Vec::new();
    let mut at = 1;
    while at + 1 < lines.len() {
        let many = lines[at..].iter().take(4).take_while(|(_, line)| looks(line)).count();
        let before = lines[at - 1].1;
        let unfinished = !before.ends_with(['.', '!', '?', ':', ';', '"', '\u{201d}', '»']) && !looks(before);
        let goes_on = lines
            .get(at + many)
            .is_some_and(|(_, line)| line.chars().next().is_some_and(|first| first.is_lowercase()));
        if many > 0 && unfinished && goes_on {
            out.extend(lines[at..at + many].iter().map(|(range, _)| range.clone()));
        }
        at += many.max(1);
    }
    out
}

/// `don't` is `do not`, `they're` is `they are`; a possessive is the word itself.
fn contractions(raw: Vec<Raw>, language: Language) -> Vec<(Raw, bool)> {
    let mut out = Vec::with_capacity(raw.len());
    for one in raw {
        let Some((head, tail)) = one.form.split_once('\'') else {
            if language == Language::English && one.form == "cannot" {
                out.extend(split(one, "can", "not"));
            } else {
                out.push((one, false));
            }
            continue;
        };
        let (head, tail) = (head.to_owned(), tail.to_owned());
        if language == Language::Spanish {
            out.push((Raw { form: head + &tail, ..one }, false));
            continue;
        }
        match (head.as_str(), tail.as_str()) {
            ("can", "t") => out.extend(split(one, "can", "not")),
            ("won", "t") => out.extend(split(one, "will", "not")),
            ("shan", "t") => out.extend(split(one, "shall", "not")),
            (verb, "t") if verb.ends_with('n') && verb.len() > 2 => {
                let verb = verb[..verb.len() - 1].to_owned();
                out.extend(split(one, &verb, "not"));
            }
            (who, "re") => out.extend(split(one, who, "are")),
            (who, "ll") => out.extend(split(one, who, "will")),
            (who, "ve") => out.extend(split(one, who, "have")),
            (who, "m") => out.extend(split(one, who, "am")),
            (who, "d") => out.extend(split(one, who, "would")),
            ("it" | "that" | "he" | "she" | "there" | "what" | "who" | "here", "s") => {
                out.extend(split(one, &head, "is"));
            }
            ("let", "s") => out.extend(split(one, "let", "us")),
            (_, "s") => out.push((Raw { form: head, ..one }, false)),
            _ => out.push((Raw { form: head + &tail, ..one }, false)),
        }
    }
    out
}

fn split(one: Raw, first: &str, second: &str) -> [(Raw, bool); 2] {
    let part = |form: &str, opens: bool| Raw {
        span: one.span.clone(),
        form: form.to_owned(),
        capital: one.capital && opens,
        opens: one.opens && opens,
        bracket: one.bracket,
        omission: false,
    };
    [(part(first, true), true), (part(second, false), true)]
}

/// Joins the phrases of the lexicon: `at least` is one word.
fn phrases(raw: Vec<(Raw, bool)>, lexicon: &Lexicon) -> Vec<(Raw, bool)> {
    let mut out: Vec<(Raw, bool)> = Vec::with_capacity(raw.len());
    let mut at = 0;
    while at < raw.len() {
        let longest = if lexicon.begins_phrase(&raw[at].0.form) { 3 } else { 0 };
        let found = (2..=longest).rev().find_map(|length: usize| {
            let words = raw.get(at..at + length)?;
            let phrase = words.iter().map(|(word, _)| word.form.as_str()).collect::<Vec<_>>().join("_");
            lexicon.is_phrase(&phrase).then_some((length, phrase))
        });
        match found {
            Some((length, phrase)) => {
                let words = &raw[at..at + length];
                out.push((
                    Raw {
                        span: words[0].0.span.start..words[length - 1].0.span.end,
                        form: phrase,
                        capital: words[0].0.capital,
                        opens: words[0].0.opens,
                        bracket: words[0].0.bracket,
                        omission: false,
                    },
                    words.iter().any(|(_, opened)| *opened),
                ));
                at += length;
            }
            None => {
                out.push(raw[at].clone());
                at += 1;
            }
        }
    }
    out
}

/// The value of figures: `2,654`, `2.654` in Spanish, `26th`, `3.5`.
pub fn figures(form: &str, language: Language) -> Option<f64> {
    let scanned = form.contains(|letter: char| letter.is_ascii_digit())
        && form.contains(['o', 'l', 'i'])
        && form
            .chars()
            .all(|letter| letter.is_ascii_digit() || matches!(letter, 'o' | 'l' | 'i' | ',' | '.'))
        && !matches!(form.trim_start_matches(|letter: char| letter.is_ascii_digit()), "o");
    if scanned {
        return figures(&form.replace('o', "0").replace(['l', 'i'], "1"), language);
    }
    let digits_end =
        form.find(|character: char| !(character.is_ascii_digit() || matches!(character, '.' | ',')));
    let (figures, rest) = form.split_at(digits_end.unwrap_or(form.len()));
    if figures.is_empty() || !matches!(rest, "" | "st" | "nd" | "rd" | "th" | "o" | "a") {
        return None;
    }
    let (thousands, decimal) = if language == Language::Spanish { ('.', ',') } else { (',', '.') };
    let grouped = |separator: char| {
        let mut parts = figures.split(separator);
        let first = parts.next().unwrap_or_default();
        let others: Vec<&str> = parts.collect();
        !others.is_empty() && (1..=3).contains(&first.len()) && others.iter().all(|part| part.len() == 3)
    };
    let text = if grouped(thousands) && !figures.contains(decimal) {
        figures.replace(thousands, "")
    } else if grouped(decimal) && !figures.contains(thousands) && figures.matches(decimal).count() > 1 {
        figures.replace(decimal, "")
    } else if language == Language::Spanish && grouped(',') && !figures.contains('.') {
        // A Spanish text that writes thousands as English does.
        figures.replace(',', "")
    } else {
        figures.replace(thousands, "").replace(decimal, ".")
    };
    text.parse().ok()
}

fn small(form: &str) -> Option<f64> {
    const SMALL: &[(&str, f64)] = &[
        ("two", 2.),
        ("three", 3.),
        ("four", 4.),
        ("five", 5.),
        ("six", 6.),
        ("seven", 7.),
        ("eight", 8.),
        ("nine", 9.),
        ("ten", 10.),
        ("eleven", 11.),
        ("twelve", 12.),
        ("thirteen", 13.),
        ("fourteen", 14.),
        ("fifteen", 15.),
        ("sixteen", 16.),
        ("seventeen", 17.),
        ("eighteen", 18.),
        ("nineteen", 19.),
        ("twenty", 20.),
        ("thirty", 30.),
        ("forty", 40.),
        ("fifty", 50.),
        ("sixty", 60.),
        ("seventy", 70.),
        ("eighty", 80.),
        ("ninety", 90.),
        ("one", 1.),
        ("zero", 0.),
        ("dos", 2.),
        ("tres", 3.),
        ("cuatro", 4.),
        ("cinco", 5.),
        ("seis", 6.),
        ("siete", 7.),
        ("ocho", 8.),
        ("nueve", 9.),
        ("diez", 10.),
        ("once", 11.),
        ("doce", 12.),
        ("trece", 13.),
        ("catorce", 14.),
        ("quince", 15.),
        ("dieciseis", 16.),
        ("diecisiete", 17.),
        ("dieciocho", 18.),
        ("diecinueve", 19.),
        ("veinte", 20.),
        ("veintiun", 21.),
        ("veintiuno", 21.),
        ("veintiuna", 21.),
        ("veintidos", 22.),
        ("veintitres", 23.),
        ("veinticuatro", 24.),
        ("veinticinco", 25.),
        ("veintiseis", 26.),
        ("veintisiete", 27.),
        ("veintiocho", 28.),
        ("veintinueve", 29.),
        ("treinta", 30.),
        ("cuarenta", 40.),
        ("cincuenta", 50.),
        ("sesenta", 60.),
        ("setenta", 70.),
        ("ochenta", 80.),
        ("noventa", 90.),
        ("cien", 100.),
        ("ciento", 100.),
        ("doscientos", 200.),
        ("doscientas", 200.),
        ("trescientos", 300.),
        ("trescientas", 300.),
        ("cuatrocientos", 400.),
        ("cuatrocientas", 400.),
        ("quinientos", 500.),
        ("quinientas", 500.),
        ("seiscientos", 600.),
        ("seiscientas", 600.),
        ("setecientos", 700.),
        ("setecientas", 700.),
        ("ochocientos", 800.),
        ("ochocientas", 800.),
        ("novecientos", 900.),
        ("novecientas", 900.),
    ];
    SMALL.iter().find(|(word, _)| *word == form).map(|(_, value)| *value)
}

fn scale(form: &str, language: Language) -> Option<f64> {
    match (form, language) {
        ("hundred", Language::English) => Some(100.),
        ("thousand", Language::English) | ("mil", Language::Spanish) => Some(1000.),
        ("million", Language::English) | ("millon" | "millones", Language::Spanish) => Some(1e6),
        ("billion", Language::English) => Some(1e9),
        ("dozen", Language::English) | ("docena", Language::Spanish) => Some(12.),
        _ => None,
    }
}

/// Joins numbers in words and scales after figures: `two thousand six hundred`, `3 million`, `treinta y cinco`.
fn numbers(raw: Vec<(Raw, bool)>, language: Language) -> Vec<(Raw, Option<f64>, bool)> {
    let in_words = |form: &str| match (small(form), language, form) {
        // Words of the other language: `once` is eleven in Spanish only.
        (
            Some(_),
            Language::English,
            "once" | "dos" | "tres" | "seis" | "siete" | "doce" | "quince" | "trece",
        ) => None,
        (Some(_), Language::Spanish, "ten" | "one" | "two" | "six") => None,
        (value, ..) => value,
    };
    let mut out = Vec::with_capacity(raw.len());
    let mut at = 0;
    while at < raw.len() {
        let form = |index: usize| raw.get(index).map(|(word, _)| word.form.as_str());
        let first = &raw[at].0;
        let head = figures(&first.form, language);
        let article = matches!(first.form.as_str(), "a" | "un" | "una")
            && form(at + 1).and_then(|next| scale(next, language)).is_some_and(|scale| scale < 1e9);
        let bare_thousand = language == Language::Spanish && first.form == "mil";
        let start = head.or_else(|| in_words(&first.form));
        let starts = start.is_some() || article || bare_thousand;
        if !starts || first.omission {
            let (word, opened) = raw[at].clone();
            out.push((word, None, opened));
            at += 1;
            continue;
        }
        let mut total = 0.0;
        let mut current = if article {
            1.0
        } else if bare_thousand {
            0.0
        } else {
            start.unwrap_or(0.0)
        };
        let mut end = at + usize::from(!bare_thousand);
        while let Some(next) = form(end) {
            if let Some(by) = scale(next, language) {
                if by == 100.0 || by == 12.0 {
                    current = if current == 0.0 { by } else { current * by };
                } else {
                    total += if current == 0.0 { by } else { current * by };
                    current = 0.0;
                }
                end += 1;
            } else if let Some(more) = in_words(next).filter(|more| head.is_none() && fits(current, *more)) {
                current += more;
                end += 1;
            } else if matches!(next, "and" | "y")
                && head.is_none()
                && form(end + 1).and_then(in_words).is_some_and(|more| fits(current, more) && current >= 20.0)
            {
                end += 1;
            } else {
                break;
            }
        }
        let end = end.max(at + 1);
        let value = total + current;
        let words: Vec<&str> = raw[at..end].iter().map(|(word, _)| word.form.as_str()).collect();
        let in_figures = end == at + 1 && head.is_some();
        let merged = Raw {
            span: first.span.start..raw[end - 1].0.span.end,
            form: words.join("_"),
            capital: false,
            opens: first.opens,
            bracket: first.bracket,
            omission: false,
        };
        out.push((merged, Some(value), !in_figures));
        at = end;
    }
    out
}

/// Whether `more` can follow in one number: `sixty five`, `two hundred thirty`; not `six seven`.
fn fits(current: f64, more: f64) -> bool {
    current == 0.0
        || (more < 10.0 && current >= 20.0 && current % 10.0 == 0.0)
        || (more < 100.0 && current >= 100.0 && current % 100.0 == 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(text: &str, language: Language) -> Vec<String> {
        words(text, language).into_iter().map(|word| word.form).collect()
    }

    #[test]
    fn contractions_line_ends_ligatures_and_page_headers_are_put_aside() {
        let text = "We don\u{2019}t sepa-\n rate \u{fb01}ve; they're\n\nREVIEW OF CASES   Page 12\n\nwaiting";
        let got = forms(text, Language::English);
        assert_eq!(got, ["we", "do", "not", "separate", "five", "they", "are", "waiting"]);
        assert!(forms("It ended.\n\nTHE NEXT PART\n\nwas", Language::English).contains(&"part".to_owned()));
    }

    #[test]
    fn numbers_are_read_in_figures_and_words_of_both_languages() {
        let value = |text: &str, language| words(text, language).into_iter().find_map(|word| word.number);
        for (text, expected) in [
            ("2,654", 2654.0),
            ("two thousand six hundred and fifty-four", 2654.0),
            ("3 million", 3e6),
            ("a hundred", 100.0),
            ("twenty-five", 25.0),
            ("26th", 26.0),
            ("2.5", 2.5),
        ] {
            assert_eq!(value(text, Language::English), Some(expected), "{text}");
        }
        assert_eq!(value("1 250 menores", Language::Spanish), Some(1250.0));
        assert_eq!(value("1\u{a0}250 children", Language::English), Some(1250.0));
        assert_eq!(value("en 2018 150 menores", Language::Spanish), Some(2018.0));
        for (text, expected) in [
            ("2.654", 2654.0),
            ("dos mil seiscientos cincuenta y cuatro", 2654.0),
            ("mil doscientos", 1200.0),
            ("treinta y cinco", 35.0),
            ("tres millones", 3e6),
            ("2,5", 2.5),
        ] {
            assert_eq!(value(text, Language::Spanish), Some(expected), "{text}");
        }
        assert_eq!(value("seven or eight", Language::English), Some(7.0));
    }

    #[test]
    fn spans_give_the_text_back() {
        let text = "More than 3 million \u{2014} \u{ab}seg\u{fa}n ella\u{bb} ... said";
        for word in words(text, Language::English) {
            assert!(!text[word.span.clone()].trim().is_empty(), "{word:?}");
        }
    }
}
