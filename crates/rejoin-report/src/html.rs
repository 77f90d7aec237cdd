//! A document as one HTML file: nothing fetched, no script, readable on a small screen, in the dark, on paper and by a
//! screen reader.
//!
//! The page is written by hand: its few elements stand here in reading order, and every text passes [`escaped`]. A policy
//! in the file itself forbids scripts and any request, and allows no style but the one sheet, by its hash.

use crate::chart::{drawn, told};
use crate::document::{Block, Column, Document, Reference, Side, Status};
use crate::pdf::{Figures, is_hash, name};
use crate::text::{escaped, folded};
use sha2::{Digest, Sha256};
use std::fmt::Write;

const STYLE: &str = include_str!("html/page.css");

/// The id of the element that carries the data.
pub(crate) const DATA_ID: &str = "rejoin-report";

/// Writing to a string cannot fail.
macro_rules! put {
    ($out:expr, $($part:tt)*) => { let _ = write!($out, $($part)*); };
}

/// The document as one self-contained HTML file.
pub fn html(document: &Document) -> String {
    let words = document.language.words();
    let title = if folded(&document.title).is_empty() { words.report } else { &document.title };
    let title = escaped(&folded(title));
    let status = escaped(&document.status_words());
    let mut out = String::new();
    put!(
        out,
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{}'; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>{title} – {status}</title>\n<style>{STYLE}</style>\n</head>\n",
        words.code,
        base64(&Sha256::digest(STYLE.as_bytes())),
    );
    put!(out, "<body>\n<a class=\"skip\" href=\"#report\">{}</a>\n", words.skip);
    if let Status::Draft { .. } = document.status {
        put!(out, "<div class=\"watermark\" aria-hidden=\"true\"><span>{status}</span></div>\n");
    }
    put!(out, "<header>\n<p class=\"status\">{status}</p>\n<h1>{title}</h1>\n");
    if !document.subtitle.is_empty() {
        put!(out, "<p class=\"subtitle\">{}</p>\n", escaped(&document.subtitle));
    }
    if let Status::Draft { .. } = document.status {
        put!(out, "<p class=\"draft-note\"><strong>{status}.</strong> {}</p>\n", words.draft_note);
    }
    let issued = (words.issued.to_owned(), document.language.dated(&document.issued));
    values(&mut out, std::iter::once(&issued).chain(&document.facts));
    out.push_str("</header>\n");
    let sections = document.numbered();
    put!(out, "<nav aria-labelledby=\"contents\">\n<h2 id=\"contents\">{}</h2>\n<ul>\n", words.contents);
    for (level, number, section) in &sections {
        put!(
            out,
            "<li class=\"level-{level}\"><a href=\"#section-{number}\"><span class=\"number\">{number}</span> {}</a></li>\n",
            heading(&section.heading)
        );
    }
    if !document.references.is_empty() {
        put!(out, "<li class=\"level-1\"><a href=\"#references\">{}</a></li>\n", words.references);
    }
    out.push_str("</ul>\n</nav>\n<main id=\"report\">\n");
    let mut page = Page { document, out, block: 0, figures: Figures::default(), cited: Vec::new() };
    page.cited.resize(document.references.len(), Vec::new());
    for (level, number, section) in &sections {
        let rank = level + 1;
        put!(
            page.out,
            "<h{rank} id=\"section-{number}\"><span class=\"number\">{number}</span> {}</h{rank}>\n",
            heading(&section.heading)
        );
        section.blocks.iter().for_each(|block| page.block(block, number));
    }
    page.references();
    let Page { mut out, .. } = page;
    put!(
        out,
        "</main>\n<footer><p>{title} – {status} – {}</p></footer>\n\
         <script type=\"application/json\" id=\"{DATA_ID}\"{}</script>\n</body>\n</html>\n",
        escaped(&issued.1),
        embedded(&document.data)
    );
    out
}

fn heading(text: &str) -> String {
    let text = folded(text);
    if text.is_empty() { "—".to_owned() } else { escaped(&text) }
}

/// Names and values.
fn values<'a>(out: &mut String, lines: impl Iterator<Item = &'a (String, String)>) {
    let mut open = false;
    for (name, value) in lines {
        if !std::mem::replace(&mut open, true) {
            out.push_str("<dl>\n");
        }
        let hash = is_hash(value);
        let (before, after) = if hash { ("<code>", "</code>") } else { ("", "") };
        put!(out, "<dt>{}</dt><dd>{before}{}{after}</dd>\n", escaped(name), escaped(value));
    }
    if open {
        out.push_str("</dl>\n");
    }
}

struct Page<'a> {
    document: &'a Document,
    out: String,
    block: usize,
    figures: Figures,
    /// For each reference, who cites it: a name and the id of a block.
    cited: Vec<Vec<(String, usize)>>,
}

impl Page<'_> {
    fn marks(&self, references: &[usize]) -> String {
        if references.is_empty() {
            return String::new();
        }
        let word = self.document.language.words().reference;
        let marks: Vec<String> = references
            .iter()
            .map(|number| {
                if self.document.has_reference(*number) {
                    format!("<a href=\"#reference-{number}\" aria-label=\"{word} {number}\">{number}</a>")
                } else {
                    format!("{number}?")
                }
            })
            .collect();
        format!("<sup>{}</sup>", marks.join(", "))
    }

    /// Paragraphs, of which the last carries the marks.
    fn paragraphs(&mut self, text: &str, around: (&str, &str), references: &[usize]) {
        let marks = self.marks(references);
        let lines: Vec<&str> =
            text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty()).collect();
        for (at, line) in lines.iter().enumerate() {
            let before = if at == 0 { around.0 } else { "" };
            let (after, marks) = if at + 1 == lines.len() { (around.1, marks.as_str()) } else { ("", "") };
            put!(self.out, "<p dir=\"auto\">{before}{}{after}{marks}</p>\n", escaped(line));
        }
        if lines.is_empty() && !marks.is_empty() {
            put!(self.out, "<p>{marks}</p>\n");
        }
    }

    fn block(&mut self, block: &Block, section: &str) {
        let words = self.document.language.words();
        self.block += 1;
        let number = self.block;
        let name = name(block, section, &mut self.figures, self.document);
        let mut references = block.references();
        references.sort_unstable();
        references.dedup();
        for reference in references.into_iter().filter(|reference| self.document.has_reference(*reference)) {
            self.cited[reference - 1].push((name.clone(), number));
        }
        match block {
            Block::Claim { id, text, references } => {
                put!(self.out, "<div class=\"claim\" id=\"block-{number}\">\n");
                if !id.trim().is_empty() {
                    put!(
                        self.out,
                        "<a class=\"id\" href=\"#block-{number}\" aria-label=\"{} {id}\">{id}</a>\n",
                        words.claim,
                        id = escaped(id)
                    );
                }
                self.paragraphs(text, ("", ""), references);
                self.out.push_str("</div>\n");
            }
            Block::Text(text) => self.paragraphs(text, ("", ""), &[]),
            Block::Table { caption, columns, rows, total, note, references } => {
                let caption = format!("<b>{name}</b> {}{}", escaped(caption), self.marks(references));
                self.table(&format!("block-{number}"), &caption, columns, rows, total.as_ref());
                if let Some(note) = note {
                    put!(self.out, "<p class=\"note\"><em>{}</em>: {}</p>\n", words.note, escaped(note));
                }
            }
            Block::Figure { caption, description, chart, references } => {
                let svg = drawn(chart, self.document.language, &format!("figure-{number}"));
                let described = [description, caption].into_iter().find(|text| !text.trim().is_empty());
                let described = described.map_or(name.as_str(), String::as_str);
                put!(
                    self.out,
                    "<figure id=\"block-{number}\">\n<div class=\"chart\" role=\"img\" aria-label=\"{}\">\n{}</div>\n\
                     <figcaption><b>{name}</b> {}{}</figcaption>\n<details><summary>{}</summary>\n",
                    escaped(described),
                    svg.replacen("<svg ", "<svg focusable=\"false\" ", 1),
                    escaped(caption),
                    self.marks(references),
                    words.figure_data
                );
                for (at, told) in told(chart, self.document.language).iter().enumerate() {
                    let caption = format!("{name}{}", ["", " (2)"].get(at).unwrap_or(&""));
                    self.table(
                        &format!("block-{number}-data-{at}"),
                        &caption,
                        &told.columns,
                        &told.rows,
                        None,
                    );
                }
                self.out.push_str("</details>\n</figure>\n");
            }
            Block::Quotation { words: said, speaker, when, channel, chain, judgement, references } => {
                put!(self.out, "<figure class=\"quotation\" id=\"block-{number}\">\n<blockquote>\n");
                let quotes = match self.document.language {
                    crate::Language::English => ("“", "”"),
                    crate::Language::Spanish => ("«", "»"),
                };
                self.paragraphs(said, quotes, references);
                out_source(&mut self.out, [speaker, when, channel], chain, words.according_to);
                if !judgement.is_empty() {
                    put!(self.out, "<p><em>{}</em>: {}</p>\n", words.judgement, escaped(judgement));
                }
                self.out.push_str("</figcaption>\n</figure>\n");
            }
            Block::Response { party, words: said, when, references } => {
                let when = if when.is_empty() { String::new() } else { format!(", {}", escaped(when)) };
                put!(
                    self.out,
                    "<div class=\"response\" id=\"block-{number}\" role=\"group\" aria-labelledby=\"block-{number}-label\">\n\
                     <p class=\"label\" id=\"block-{number}-label\">{} {}{when}</p>\n",
                    words.response_of,
                    escaped(party)
                );
                self.paragraphs(said, ("", ""), references);
                self.out.push_str("</div>\n");
            }
            Block::Sides { left, right, explanation } => {
                put!(
                    self.out,
                    "<div class=\"sides\" id=\"block-{number}\" role=\"group\" aria-labelledby=\"block-{number}-label\">\n\
                     <p class=\"label\" id=\"block-{number}-label\">{}</p>\n<div class=\"pair\">\n",
                    words.differ
                );
                self.side(left);
                self.side(right);
                self.out.push_str("</div>\n<div class=\"explanation\">\n");
                self.paragraphs(explanation, ("", ""), &[]);
                self.out.push_str("</div>\n</div>\n");
            }
            Block::Items(items) => {
                self.out.push_str("<ul>\n");
                items.iter().for_each(|item| {
                    put!(self.out, "<li>{}</li>\n", escaped(item));
                });
                self.out.push_str("</ul>\n");
            }
        }
    }

    fn side(&mut self, side: &Side) {
        put!(self.out, "<div>\n<p class=\"label\">{}</p>\n", escaped(&side.title));
        self.paragraphs(&side.words, ("", ""), &side.references);
        self.out.push_str("</div>\n");
    }

    /// A table in a box that scrolls by itself, so that the page does not.
    fn table(
        &mut self,
        id: &str,
        caption: &str,
        columns: &[Column],
        rows: &[Vec<String>],
        total: Option<&Vec<String>>,
    ) {
        let count = rows.iter().chain(total).map(Vec::len).chain([columns.len()]).max().unwrap_or(0);
        let class = |at: usize| {
            if columns.get(at).is_some_and(|column| column.numeric) { " class=\"n\"" } else { "" }
        };
        put!(
            self.out,
            "<div class=\"scroll\" id=\"{id}\" role=\"region\" tabindex=\"0\" aria-labelledby=\"{id}-caption\">\n\
             <table>\n<caption id=\"{id}-caption\">{caption}</caption>\n<thead><tr>"
        );
        for at in 0..count {
            let title = columns.get(at).map_or("", |column| column.title.as_str());
            put!(self.out, "<th scope=\"col\"{}>{}</th>", class(at), escaped(title));
        }
        out_rows(&mut self.out, "</tr></thead>\n<tbody>\n", rows, count, class);
        if rows.is_empty() {
            let words = self.document.language.words().no_rows;
            put!(self.out, "<tr><td colspan=\"{}\"><em>{words}</em></td></tr>\n", count.max(1));
        }
        self.out.push_str("</tbody>\n");
        if let Some(total) = total {
            out_rows(&mut self.out, "<tfoot>\n", std::slice::from_ref(total), count, class);
            self.out.push_str("</tfoot>\n");
        }
        self.out.push_str("</table>\n</div>\n");
    }

    fn references(&mut self) {
        let words = self.document.language.words();
        if self.document.references.is_empty() {
            return;
        }
        put!(
            self.out,
            "<h2 id=\"references\">{}</h2>\n<p class=\"note\">{}</p>\n<ol class=\"references\">\n",
            words.references,
            words.references_note
        );
        for (at, Reference { label, lines }) in self.document.references.iter().enumerate() {
            let number = at + 1;
            put!(
                self.out,
                "<li id=\"reference-{number}\"><span class=\"number\">{number}</span><div>\n<p class=\"label\">{}</p>\n",
                escaped(label)
            );
            values(&mut self.out, lines.iter());
            let cited: Vec<String> = self.cited[at]
                .iter()
                .map(|(name, block)| format!("<a href=\"#block-{block}\">{}</a>", escaped(name)))
                .collect();
            if !cited.is_empty() {
                put!(self.out, "<p class=\"cited\">{} {}</p>\n", words.cited_in, cited.join(", "));
            }
            self.out.push_str("</div></li>\n");
        }
        self.out.push_str("</ol>\n");
    }
}

fn out_source(out: &mut String, source: [&String; 3], chain: &[String], according_to: &str) {
    let said: Vec<String> =
        source.into_iter().filter(|part| !part.trim().is_empty()).map(|part| escaped(part)).collect();
    out.push_str("</blockquote>\n<figcaption>\n");
    if !said.is_empty() || !chain.is_empty() {
        put!(out, "<p class=\"source\">— {}", said.join(", "));
        for link in chain {
            put!(out, "; <em>{according_to}</em> {}", escaped(link));
        }
        out.push_str("</p>\n");
    }
}

fn out_rows(
    out: &mut String,
    before: &str,
    rows: &[Vec<String>],
    count: usize,
    class: impl Fn(usize) -> &'static str,
) {
    out.push_str(before);
    for row in rows {
        out.push_str("<tr>");
        for at in 0..count {
            let cell = row.get(at).map_or("", String::as_str);
            // A short cell is a name or a date, and is not broken at its hyphens.
            let class = match class(at) {
                "" if cell.chars().count() <= 16 => " class=\"s\"",
                class => class,
            };
            let (element, scope) = if at == 0 { ("th", " scope=\"row\"") } else { ("td", "") };
            put!(out, "<{element}{scope}{class}>{}</{element}>", escaped(cell));
        }
        out.push_str("</tr>\n");
    }
}

/// How `<` is written within the script element, so that no data can end it. In JSON it stands only within strings,
/// where this means the same.
pub(crate) const LESS_THAN: &str = "\\u003c";

/// The end of the opening tag, and the data. Where the data had the escape already, its position among all is noted, so
/// that reading back gives the very same bytes.
fn embedded(data: &str) -> String {
    let mut own = Vec::new();
    let mut count = 0;
    let mut rest = data;
    while let Some(at) = rest.find(['<', '\\']) {
        if rest[at..].starts_with('<') {
            count += 1;
            rest = &rest[at + 1..];
        } else if rest[at..].starts_with(LESS_THAN) {
            own.push(count.to_string());
            count += 1;
            rest = &rest[at + LESS_THAN.len()..];
        } else {
            rest = &rest[at + 1..];
        }
    }
    let own = if own.is_empty() { String::new() } else { format!(" data-own=\"{}\"", own.join(" ")) };
    format!("{own}>{}", data.replace('<', LESS_THAN))
}

/// Base64, as the content security policy wants hashes.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let group =
            three.iter().fold(0u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for at in 0..4 {
            let letter = LETTERS[(group >> (18 - 6 * at)) as usize & 63];
            out.push(if at <= three.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_the_standard_one() {
        let all = ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map(|text| base64(text.as_bytes()));
        assert_eq!(all, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"]);
    }
}
