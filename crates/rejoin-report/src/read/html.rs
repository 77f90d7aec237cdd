//! An HTML file's visible text and data, by a scan over its tags: enough for pages that this crate wrote, and for pages
//! that somebody saved or changed afterwards.

use crate::Error;
use crate::html::{DATA_ID, LESS_THAN};
use crate::text::folded;

/// Elements whose content nobody sees.
const UNSEEN: [&str; 5] = ["head", "script", "style", "template", "noscript"];

/// Elements that stand within a line: all others begin a new one.
const INLINE: [&str; 24] = [
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "em", "i", "kbd", "mark", "q", "s", "samp", "small",
    "span", "strong", "sub", "sup", "time", "tspan", "u", "var", "wbr",
];

/// Elements that have no end.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
];

struct Tag<'a> {
    name: String,
    closing: bool,
    own_end: bool,
    attributes: &'a str,
}

impl Tag<'_> {
    fn unseen(&self) -> bool {
        // Words within quotes are values: a description may speak of something hidden.
        let mut names = self.attributes.split('"').step_by(2).flat_map(str::split_whitespace);
        UNSEEN.contains(&self.name.as_str())
            || names.any(|name| name == "hidden" || name == "hidden=")
            || self.attributes.contains("aria-hidden=\"true\"")
    }
}

/// The tag at the start of the text, and what follows it.
fn tag(text: &str) -> Option<(Tag<'_>, &str)> {
    let inner = text.strip_prefix('<')?;
    let closing = inner.starts_with('/');
    let start = if closing { &inner[1..] } else { inner };
    if !start.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
        return None;
    }
    let mut quote = None;
    let end = start.char_indices().find(|(_, letter)| match (quote, letter) {
        (None, '>') => true,
        (None, '"' | '\'') => {
            quote = Some(*letter);
            false
        }
        (Some(open), letter) if open == *letter => {
            quote = None;
            false
        }
        _ => false,
    });
    let end = end.map_or(start.len(), |(at, _)| at);
    let inside = &start[..end];
    let name_end =
        inside.find(|letter: char| letter.is_whitespace() || letter == '/').unwrap_or(inside.len());
    let name = inside[..name_end].to_ascii_lowercase();
    let own_end = inside.ends_with('/') || VOID.contains(&name.as_str());
    let tag = Tag { name, closing, own_end, attributes: &inside[name_end..] };
    Some((tag, start.get(end + 1..).unwrap_or("")))
}

/// What is left after a comment or a declaration.
fn past_declaration(text: &str) -> Option<&str> {
    if let Some(comment) = text.strip_prefix("<!--") {
        return Some(comment.split_once("-->").map_or("", |(_, rest)| rest));
    }
    if text.starts_with("<!") || text.starts_with("<?") {
        return Some(text.split_once('>').map_or("", |(_, rest)| rest));
    }
    None
}

/// The end of an element whose content is no markup.
fn past_raw<'a>(text: &'a str, name: &str) -> (&'a str, &'a str) {
    let at = text
        .match_indices("</")
        .map(|(at, _)| at)
        .find(|at| {
            let tag = text.as_bytes()[at + 2..].get(..name.len());
            tag.is_some_and(|tag| tag.eq_ignore_ascii_case(name.as_bytes()))
        })
        .unwrap_or(text.len());
    let rest = &text[at..];
    (&text[..at], rest.split_once('>').map_or("", |(_, rest)| rest))
}

/// The visible text, line by line.
pub(super) fn text(page: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    // The unseen elements that are open, with how many of their name are open in them.
    let mut unseen: Option<(String, usize)> = None;
    let mut rest = page;
    while !rest.is_empty() {
        if let Some(after) = past_declaration(rest) {
            rest = after;
        } else if let Some((tag, after)) = tag(rest) {
            rest = after;
            if !INLINE.contains(&tag.name.as_str()) {
                lines.push(std::mem::take(&mut line));
            } else if tag.name == "sup" {
                // A raised number must not be taken for the last digit of the number before it.
                line.push(' ');
            }
            if !tag.closing && !tag.own_end && matches!(tag.name.as_str(), "script" | "style") {
                rest = past_raw(rest, &tag.name).1;
                continue;
            }
            unseen = match unseen {
                Some((name, depth)) if name == tag.name && tag.closing => {
                    (depth > 0).then(|| (name, depth - 1))
                }
                Some((name, depth)) if name == tag.name && !tag.own_end => Some((name, depth + 1)),
                None if !tag.closing && !tag.own_end && tag.unseen() => Some((tag.name, 0)),
                other => other,
            };
        } else {
            // A `<` that begins no tag is a letter.
            let skipped = usize::from(rest.starts_with('<'));
            let end = rest.as_bytes()[skipped..]
                .iter()
                .position(|byte| *byte == b'<')
                .map_or(rest.len(), |at| at + skipped);
            if unseen.is_none() {
                line.push_str(&decoded(&rest[..end]));
            }
            rest = &rest[end..];
        }
    }
    lines.push(line);
    lines.iter().map(|line| folded(line)).filter(|line| !line.is_empty()).collect()
}

/// The text with its character references replaced: the five that every XML has, a few more, and all numbers.
fn decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(12).position(|byte| byte == b';');
        let letter = end.and_then(|end| {
            let name = &rest[1..end];
            match name {
                "amp" => Some('&'),
                "lt" => Some('<'),
                "gt" => Some('>'),
                "quot" => Some('"'),
                "apos" => Some('\''),
                "nbsp" => Some('\u{a0}'),
                "ndash" => Some('–'),
                "mdash" => Some('—'),
                "hellip" => Some('…'),
                _ => {
                    let number = name.strip_prefix('#')?;
                    let code = match number.strip_prefix(['x', 'X']) {
                        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                        None => number.parse().ok()?,
                    };
                    char::from_u32(code)
                }
            }
        });
        match (letter, end) {
            (Some(letter), Some(end)) => {
                out.push(letter);
                rest = &rest[end + 1..];
            }
            _ => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// The data of the script element made for it.
pub(super) fn data(page: &str) -> Result<String, Error> {
    let marker = format!("id=\"{DATA_ID}\"");
    let mut rest = page;
    while let Some(at) = rest.find("<script") {
        let Some((tag, after)) = tag(&rest[at..]) else { break };
        let (raw, past) = past_raw(after, "script");
        if tag.attributes.contains(&marker) {
            return Ok(restored(raw, tag.attributes));
        }
        rest = past;
    }
    Err(Error::NoData)
}

/// The data with `<` where it was, and its own escapes left as they were.
fn restored(raw: &str, attributes: &str) -> String {
    let own: Vec<usize> = attributes
        .split_once("data-own=\"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(own, _)| own.split(' ').filter_map(|number| number.parse().ok()).collect())
        .unwrap_or_default();
    let mut out = String::with_capacity(raw.len());
    for (at, part) in raw.split(LESS_THAN).enumerate() {
        if at > 0 {
            out.push_str(if own.contains(&(at - 1)) { LESS_THAN } else { "<" });
        }
        out.push_str(part);
    }
    out
}
