//! A document as PDF: values for the template, one run of the typesetter, bytes.
//!
//! The file is tagged (PDF/UA-1), archival (PDF/A-3a, when the day of issue is known: the standard wants one) and carries
//! the document's data as an associated file. Nothing in it depends on the machine, the hour or the order of threads.

mod card;
mod world;

pub use card::{Card, Sheet, cards, modules};

use crate::chart::drawn;
use crate::document::{Block, Column, Document, Side, Status};
use crate::text::{cut, folded, printable};
use crate::words::day;
use crate::{ATTACHMENT, Error};
use serde_json::{Value, json};
use typst::foundations::Smart;
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};
use world::{Coverage, World};

/// The document as PDF: equal documents give equal bytes.
///
/// A letter that no embedded font has is printed as its code point (`[U+1F600]`), as the standards forbid a box.
///
/// # Errors
/// When the typesetter refuses, which no text should make it do.
pub fn pdf(document: &Document) -> Result<Vec<u8>, Error> {
    // Some letters that a font has can still not be set by it (marks without their base, scripts that need shaping). Then
    // everything that is not in the book face is printed by its code point.
    let set = attempt(document, Coverage::Any).or_else(|_| attempt(document, Coverage::BookFace));
    // The typesetter remembers what it has set, for its next run. That would be people's words in memory for ever.
    typst::comemo::evict(0);
    set
}

fn attempt(document: &Document, coverage: Coverage) -> Result<Vec<u8>, Error> {
    let world = World::new(world::REPORT, values(document, coverage).to_string());
    set(&world, identity(document), day(&document.issued).is_some())
}

/// One run of the typesetter. Without a day of issue the file is not archival.
fn set(world: &World, identity: String, dated: bool) -> Result<Vec<u8>, Error> {
    let failed = |diagnostics: typst::ecow::EcoVec<typst::diag::SourceDiagnostic>| {
        let messages: Vec<&str> = diagnostics.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
        Error::Typesetting(messages.join("; "))
    };
    let paged: PagedDocument = typst::compile(world).output.map_err(failed)?;
    let standards: &[PdfStandard] =
        if dated { &[PdfStandard::A_3a, PdfStandard::Ua_1] } else { &[PdfStandard::Ua_1] };
    let options = PdfOptions {
        ident: Smart::Custom(identity),
        creator: Smart::Custom(Some("Rejoin".to_owned())),
        timestamp: None,
        page_ranges: None,
        standards: PdfStandards::new(standards)
            .map_err(|error| Error::Typesetting(error.message().to_string()))?,
        tagged: true,
        pretty: false,
    };
    typst_pdf::pdf(&paged, &options).map_err(failed)
}

/// What the file's identifier is made of: the same for the same document, another for another one.
fn identity(document: &Document) -> String {
    let Document { title, issued, data, .. } = document;
    format!("{title}\n{issued}\n{}\n{data}", document.status_words())
}

/// The document as the template wants it.
fn values(document: &Document, coverage: Coverage) -> Value {
    let setter = Setter { document, coverage };
    let words = document.language.words();
    let title = setter.line(&document.title);
    let title = if title.is_empty() { words.report.to_owned() } else { title };
    let date = day(&document.issued).map(|date| json!([date.year(), date.month(), date.day()]));
    let watermark = match &document.status {
        Status::Final => Value::Null,
        Status::Draft { .. } => json!(cut(&setter.line(&document.status_words()), 90)),
    };
    let mut number = 0;
    let mut figures = Figures::default();
    let mut cited: Vec<Vec<Value>> = vec![Vec::new(); document.references.len()];
    let mut sections = Vec::new();
    for (level, section_number, section) in document.numbered() {
        let mut blocks = Vec::new();
        for (at, block) in section.blocks.iter().enumerate() {
            number += 1;
            // An answer stands directly under what it answers, on the same page.
            let answered = matches!(section.blocks.get(at + 1), Some(Block::Response { .. }));
            let name = name(block, &section_number, &mut figures, document);
            let mut references = block.references();
            references.sort_unstable();
            references.dedup();
            for reference in references.into_iter().filter(|reference| document.has_reference(*reference)) {
                cited[reference - 1]
                    .push(json!({ "name": setter.line(&name), "target": format!("block-{number}") }));
            }
            let target = format!("block-{number}");
            blocks.push(json!({ "target": target, "answered": answered, "block": setter.block(block) }));
        }
        sections
            .push(json!({ "level": level, "heading": setter.heading(&section.heading), "blocks": blocks }));
    }
    let references: Vec<Value> = document
        .references
        .iter()
        .zip(cited)
        .map(|(reference, cited)| {
            let lines: Vec<Value> = reference
                .lines
                .iter()
                .map(|(name, value)| {
                    let value = setter.line(value);
                    json!({ "name": setter.line(name), "hash": is_hash(&value), "value": value })
                })
                .collect();
            let values: Vec<&String> = reference.lines.iter().map(|(_, value)| value).collect();
            json!({ "label": setter.line(&reference.label), "lines": lines, "cited": cited, "short": short(&values) })
        })
        .collect();
    let facts = document.facts.iter().map(|(name, value)| {
        let value = setter.line(value);
        json!({ "name": setter.line(name), "hash": is_hash(&value), "value": value })
    });
    json!({
        "lang": words.code,
        "title": title,
        "short": cut(&title, 70),
        "subtitle": setter.line(&document.subtitle),
        "status": cut(&setter.line(&document.status_words()), 60),
        "whole_status": setter.line(&document.status_words()),
        "watermark": watermark,
        "issued": setter.line(&document.language.dated(&document.issued)),
        "day": cut(&setter.line(&document.language.dated(&document.issued)), 60),
        "date": date,
        "facts": facts.collect::<Vec<_>>(),
        "sections": sections,
        "references": references,
        "data": document.data,
        "attachment": ATTACHMENT,
        "quotes": match document.language {
            crate::Language::English => ["“", "”"],
            crate::Language::Spanish => ["«", "»"],
        },
        "words": {
            "contents": words.contents,
            "draft_note": words.draft_note,
            "issued": words.issued,
            "references": words.references,
            "references_note": words.references_note,
            "cited_in": words.cited_in,
            "figure": words.figure,
            "table": words.table,
            "note": words.note,
            "response_of": words.response_of,
            "according_to": words.according_to,
            "judgement": words.judgement,
            "differ": words.differ,
            "page": words.page,
            "of": words.of,
            "no_rows": words.no_rows,
            "attachment": words.attachment,
        },
    })
}

/// How many figures and tables there were so far.
#[derive(Default)]
pub(crate) struct Figures {
    figures: usize,
    tables: usize,
}

/// What a block is called where an entry of the appendix says who cites it.
pub(crate) fn name(block: &Block, section: &str, counts: &mut Figures, document: &Document) -> String {
    let words = document.language.words();
    match block {
        Block::Table { .. } => {
            counts.tables += 1;
            format!("{} {}", words.table, counts.tables)
        }
        Block::Figure { .. } => {
            counts.figures += 1;
            format!("{} {}", words.figure, counts.figures)
        }
        Block::Claim { id, .. } if !id.trim().is_empty() => id.clone(),
        _ => format!("§ {section}"),
    }
}

/// Whether a value is set in a face whose letters are equally wide, to be compared letter by letter.
pub(crate) fn is_hash(value: &str) -> bool {
    let letters = || value.chars().filter(|letter| *letter != BREAK);
    letters().count() >= 32 && letters().all(|letter| letter.is_ascii_hexdigit())
}

/// Where a long word may be broken without a sign.
const BREAK: char = '\u{200b}';

struct Setter<'a> {
    document: &'a Document,
    coverage: Coverage,
}

impl Setter<'_> {
    /// A text in one line of thought: no breaks of its own.
    fn line(&self, text: &str) -> String {
        let text = self.coverage.replaced(&folded(&printable(text)));
        text.split(' ').map(breakable).collect::<Vec<_>>().join(" ")
    }

    /// A heading, which must say something for the tags.
    fn heading(&self, text: &str) -> String {
        let line = self.line(text);
        if line.is_empty() { "—".to_owned() } else { line }
    }

    /// A text in paragraphs.
    fn paragraphs(&self, text: &str) -> Vec<String> {
        text.split(['\n', '\r']).map(|line| self.line(line)).filter(|line| !line.is_empty()).collect()
    }

    fn marks(&self, references: &[usize]) -> Vec<Value> {
        references
            .iter()
            .map(|number| json!({ "number": number, "known": self.document.has_reference(*number) }))
            .collect()
    }

    fn side(&self, side: &Side) -> Value {
        json!({
            "title": self.line(&side.title),
            "words": self.paragraphs(&side.words),
            "marks": self.marks(&side.references),
        })
    }

    fn block(&self, block: &Block) -> Value {
        match block {
            Block::Claim { id, text, references } => json!({
                "kind": "claim",
                "id": self.line(id),
                "text": self.paragraphs(text),
                "marks": self.marks(references),
            }),
            Block::Text(text) => json!({ "kind": "text", "text": self.paragraphs(text) }),
            Block::Table { .. } => self.table(block),
            Block::Figure { caption, description, chart, references } => {
                // Before it is drawn, as what is printed for a letter takes its room.
                let chart = chart.renamed(&|name| self.coverage.replaced(&printable(name)));
                let svg = drawn(&chart, self.document.language, "chart");
                let description = [description, caption].into_iter().map(|text| self.line(text));
                json!({
                    "kind": "figure",
                    "caption": self.line(caption),
                    "description": description.into_iter().find(|text| !text.is_empty()).unwrap_or("—".into()),
                    "tall": tallness(&svg),
                    "svg": svg,
                    "marks": self.marks(references),
                })
            }
            Block::Quotation { words, speaker, when, channel, chain, judgement, references } => json!({
                "kind": "quotation",
                "short": short(&[words]),
                "words": self.paragraphs(words),
                "source": ([speaker, when, channel].map(|part| self.line(part))),
                "chain": chain.iter().map(|link| self.line(link)).collect::<Vec<_>>(),
                "judgement": self.line(judgement),
                "marks": self.marks(references),
            }),
            Block::Response { party, words, when, references } => json!({
                "kind": "response",
                "short": short(&[words]),
                "party": self.line(party),
                "words": self.paragraphs(words),
                "when": self.line(when),
                "marks": self.marks(references),
            }),
            Block::Sides { left, right, explanation } => json!({
                "kind": "sides",
                "short": short(&[&left.words, &right.words, explanation]),
                "left": self.side(left),
                "right": self.side(right),
                "explanation": self.paragraphs(explanation),
            }),
            Block::Items(items) => json!({
                "kind": "items",
                "items": items.iter().map(|item| self.line(item)).collect::<Vec<_>>(),
            }),
        }
    }

    fn table(&self, block: &Block) -> Value {
        let Block::Table { caption, columns, rows, total, note, references } = block else {
            return Value::Null;
        };
        let all = || rows.iter().chain(total);
        let count = all().map(Vec::len).chain([columns.len()]).max().unwrap_or(0);
        let cells = |row: &Vec<String>| -> Vec<String> {
            (0..count).map(|at| row.get(at).map_or_else(String::new, |cell| self.line(cell))).collect()
        };
        let needs = needs(columns, &all().collect::<Vec<_>>(), count);
        json!({
            "kind": "table",
            "caption": self.line(caption),
            "titles": (0..count)
                .map(|at| columns.get(at).map_or_else(String::new, |column| self.line(&column.title)))
                .collect::<Vec<_>>(),
            "numeric": (0..count)
                .map(|at| columns.get(at).is_some_and(|column| column.numeric))
                .collect::<Vec<_>>(),
            "needs": needs,
            "repeat": columns.iter().all(|column| column.title.chars().count() < 120),
            "rows": rows.iter().map(cells).collect::<Vec<_>>(),
            "total": total.as_ref().map(cells),
            "note": note.as_deref().map(|note| self.line(note)),
            "marks": self.marks(references),
        })
    }
}

/// How much room each column of a table needs, in letters. Where all cells fit in a line, each gets its longest one; where
/// they do not, a number must still not be broken, and a sentence may.
fn needs(columns: &[Column], rows: &[&Vec<String>], count: usize) -> Vec<usize> {
    const PAGE: usize = 93;
    let longest_word =
        |text: &str| text.split(' ').map(|word| word.chars().count()).max().unwrap_or(0).min(24);
    let length = |text: &str| text.chars().count();
    let cells = |at: usize| rows.iter().filter_map(move |row| row.get(at).map(String::as_str));
    let whole: Vec<usize> = (0..count)
        .map(|at| {
            let title = columns.get(at).map_or("", |column| column.title.as_str());
            let titled = longest_word(title).max(length(title).div_ceil(2)).min(24);
            cells(at).map(length).max().unwrap_or(0).max(titled).max(3) + 3
        })
        .collect();
    if whole.iter().sum::<usize>() <= PAGE {
        return whole;
    }
    let mut needs: Vec<usize> = (0..count)
        .map(|at| {
            let column = columns.get(at);
            let titled = longest_word(column.map_or("", |column| column.title.as_str()));
            let words = cells(at).map(longest_word).max().unwrap_or(0);
            let mean = cells(at).map(length).sum::<usize>() / rows.len().max(1);
            let held = if column.is_some_and(|column| column.numeric) {
                cells(at).map(length).max().unwrap_or(0).min(24)
            } else if whole[at] <= 16 {
                whole[at] - 3
            } else {
                words.max(mean.min(50))
            };
            titled.max(held).max(3) + 3
        })
        .collect();
    // What is left of the page goes to those who would have wanted more.
    let wanted: usize = (0..count).map(|at| whole[at].saturating_sub(needs[at])).sum();
    let left = PAGE.saturating_sub(needs.iter().sum());
    for at in 0..count {
        needs[at] += left * whole[at].saturating_sub(needs[at]) / wanted.max(1);
    }
    needs
}

/// A word with places to break it, when it is longer than any that a language has: a hash, a path, an address.
fn breakable(word: &str) -> String {
    let length = word.chars().count();
    if length <= 30 || word.contains(BREAK) {
        return word.to_owned();
    }
    let mut out = String::with_capacity(word.len() + length / 5);
    for (at, letter) in word.chars().enumerate() {
        if at > 0 && at.is_multiple_of(8) {
            out.push(BREAK);
        }
        out.push(letter);
    }
    out
}

/// Whether a block is kept on one page; a longer one would leave too much of a page white, or not fit on any.
fn short(texts: &[&String]) -> bool {
    texts.iter().map(|text| text.chars().count()).sum::<usize>() < 1200
}

/// The height of a chart by its width.
fn tallness(svg: &str) -> f64 {
    let size = svg.split("viewBox=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
    let numbers: Vec<f64> = size.split(' ').filter_map(|number| number.parse().ok()).collect();
    match numbers[..] {
        [_, _, width, height] if width > 0.0 => height / width,
        _ => 1.0,
    }
}
