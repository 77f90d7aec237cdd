//! Bytes to a shallow tree: no document type, no entity but the five and characters by number, bounded depth, count
//! and size. What cannot be read ends the reading; what came before is kept.

use super::NAMESPACE;
use super::finding::{Code, PfifFinding};
use quick_xml::NsReader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

/// Bytes of the largest feed that is read.
const MOST_BYTES: usize = 256 << 20;
/// The deepest nesting that is read; the format has three, a feed around it a few more.
const DEEPEST: usize = 24;
/// The longest text of one field that is kept whole.
const LONGEST: usize = 1 << 20;
/// The most elements that are read.
const MOST_ELEMENTS: usize = 20_000_000;

/// The longest list of attributes: the format has none, and every declaration of a namespace is looked through for
/// each element within.
const LONGEST_TAG: usize = 4096;

/// An element.
#[derive(Debug, Default)]
pub(crate) struct Element {
    pub namespace: String,
    pub name: String,
    pub line: u32,
    /// Its own text, as it stands.
    pub text: String,
    pub children: Vec<Element>,
}

impl Element {
    /// The first child of a name.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child of a name; `None` if it is not there or empty.
    pub fn said(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str()).filter(|text| !text.is_empty())
    }
}

/// What the bytes hold.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub root: Option<Element>,
    pub findings: Vec<PfifFinding>,
}

/// Text of bytes: UTF-8, UTF-16 with its mark, or what the declaration says of Latin-1.
fn decode(bytes: &[u8], findings: &mut Vec<PfifFinding>) -> String {
    let pairs = |bytes: &[u8], number: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| number([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => return pairs(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => return pairs(rest, u16::from_be_bytes),
        _ => {}
    }
    let bytes = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(error) => {
            let head = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).to_ascii_lowercase();
            let latin = ["iso-8859-1", "latin1", "windows-1252"].iter().any(|name| head.contains(name));
            if latin {
                return bytes.iter().map(|byte| char::from(*byte)).collect();
            }
            let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
            findings.push(PfifFinding::new(Code::NotUtf8, u32::try_from(line).unwrap_or(u32::MAX)));
            String::from_utf8_lossy(bytes).into_owned()
        }
    }
}

/// Counts lines as the reader goes on.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: u32,
}

impl Lines<'_> {
    fn at(&mut self, position: u64) -> u32 {
        let position = usize::try_from(position).unwrap_or(usize::MAX).min(self.text.len());
        if position > self.at {
            let passed =
                self.text.as_bytes()[self.at..position].iter().filter(|byte| **byte == b'\n').count();
            self.line = self.line.saturating_add(u32::try_from(passed).unwrap_or(u32::MAX));
            self.at = position;
        }
        self.line
    }
}

struct Builder {
    open: Vec<Element>,
    tree: Tree,
    elements: usize,
}

impl Builder {
    fn close(&mut self) {
        let Some(mut done) = self.open.pop() else { return };
        if done.text.len() > LONGEST {
            let mut end = LONGEST;
            while !done.text.is_char_boundary(end) {
                end -= 1;
            }
            done.text.truncate(end);
            self.tree.findings.push(PfifFinding::new(Code::TextTooLong, done.line).field(&done.name));
        }
        match self.open.last_mut() {
            Some(parent) => parent.children.push(done),
            None if self.tree.root.is_none() => self.tree.root = Some(done),
            None => {}
        }
    }

    fn open(&mut self, namespace: &ResolveResult, start: &BytesStart, line: u32) -> Result<(), Code> {
        self.elements += 1;
        if self.open.len() >= DEEPEST {
            return Err(Code::TooDeep);
        }
        if self.elements > MOST_ELEMENTS || start.attributes_raw().len() > LONGEST_TAG {
            return Err(Code::TooLarge);
        }
        if self.open.is_empty() && self.tree.root.is_some() {
            return Err(Code::NotWellFormed);
        }
        let namespace = match namespace {
            ResolveResult::Bound(namespace) => namespace.0.to_owned(),
            _ => String::new(),
        };
        // An element of a foreign namespace inside one of ours is none of the format's fields, whatever it is called.
        let local = start.local_name();
        let foreign = self.open.last().is_some_and(|parent| parent.namespace != namespace)
            && !namespace.is_empty()
            && !namespace.starts_with(NAMESPACE);
        let name =
            if foreign { format!("{{{namespace}}}{}", local.as_ref()) } else { local.as_ref().to_owned() };
        self.open.push(Element { namespace, name, line, ..Element::default() });
        Ok(())
    }

    fn say(&mut self, text: &str, line: u32) {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => self.tree.findings.push(PfifFinding::new(Code::NotWellFormed, line).said(text)),
        }
    }
}

/// Reads bytes.
pub(crate) fn parse(bytes: &[u8]) -> Tree {
    let mut builder = Builder { open: Vec::new(), tree: Tree::default(), elements: 0 };
    if bytes.len() > MOST_BYTES {
        builder.tree.findings.push(PfifFinding::new(Code::TooLarge, 1));
        return builder.tree;
    }
    let text = decode(bytes, &mut builder.tree.findings);
    let mut lines = Lines { text: &text, at: 0, line: 1 };
    let mut reader = NsReader::from_str(&text);
    loop {
        let line = lines.at(reader.buffer_position());
        let (namespace, event) = match reader.read_resolved_event() {
            Ok(event) => event,
            Err(error) => {
                builder
                    .tree
                    .findings
                    .push(PfifFinding::new(Code::NotWellFormed, line).said(&error.to_string()));
                break;
            }
        };
        let done = match event {
            Event::Start(start) => builder.open(&namespace, &start, line),
            Event::Empty(start) => {
                let opened = builder.open(&namespace, &start, line);
                if opened.is_ok() {
                    builder.close();
                }
                opened
            }
            Event::End(_) => {
                builder.close();
                Ok(())
            }
            Event::Text(said) => {
                builder.say(&said.xml10_content(), line);
                Ok(())
            }
            Event::CData(said) => {
                builder.say(&said.xml10_content(), line);
                Ok(())
            }
            Event::GeneralRef(reference) => {
                let name = reference.xml10_content();
                let sign = match reference.resolve_char_ref() {
                    Ok(Some(sign)) => Some(sign.to_string()),
                    Ok(None) => resolve_xml_entity(&name).map(str::to_owned),
                    Err(_) => None,
                };
                if sign.is_none() {
                    let field = builder.open.last().map(|element| element.name.clone()).unwrap_or_default();
                    let finding = PfifFinding::new(Code::EntityUnknown, line);
                    builder.tree.findings.push(finding.field(&field).said(&format!("&{name};")));
                }
                // An entity of somebody's own is not looked up: it stays as it was written.
                builder.say(&sign.unwrap_or_else(|| format!("&{name};")), line);
                Ok(())
            }
            Event::DocType(_) => Err(Code::DoctypeRefused),
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => Ok(()),
        };
        if let Err(code) = done {
            builder.tree.findings.push(PfifFinding::new(code, line));
            break;
        }
    }
    let line = lines.line;
    if !builder.open.is_empty() && builder.tree.findings.iter().all(|finding| !finding.code.ends_reading()) {
        builder.tree.findings.push(PfifFinding::new(Code::NotWellFormed, line));
    }
    while !builder.open.is_empty() {
        builder.close();
    }
    builder.tree
}
