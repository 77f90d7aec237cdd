//! A PDF's text by its tags, and its attachment.
//!
//! A tagged file says which letters make a paragraph or a cell and in which order they are read, and which repeat on every
//! page and are not read. So nothing has to be guessed from places on the page, and a sentence that runs over a page is
//! whole. What somebody drew on a page without tags is not passed over: it follows the page's tagged text. A file
//! without tags is read in the order in which it draws.

mod content;

use crate::text::folded;
use crate::{ATTACHMENT, Error};
use content::Piece;
use lopdf::{Dictionary, Document, Object, ObjectId};
use std::collections::{HashMap, HashSet};

fn damaged(error: &lopdf::Error) -> Error {
    Error::Damaged { format: "PDF", reason: error.to_string() }
}

fn open(bytes: &[u8]) -> Result<Document, Error> {
    Document::load_mem(bytes).map_err(|error| damaged(&error))
}

/// Where letters belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    page: ObjectId,
    number: i64,
}

/// A step through the structure.
enum Step {
    /// Letters; of an item's label, when that is set.
    Letters(Place, bool),
    /// The end of a line.
    Line,
}

/// What the elements around an element say about it.
#[derive(Clone, Copy, Default)]
struct Around {
    page: Option<ObjectId>,
    figure: bool,
    item: bool,
    label: bool,
}

/// The text, paragraph by paragraph and cell by cell.
pub(super) fn text(bytes: &[u8]) -> Result<Vec<String>, Error> {
    let document = open(bytes)?;
    let mut walk =
        Walk { document: &document, steps: Vec::new(), figures: HashSet::new(), seen: HashSet::new() };
    if let Some(root) =
        dictionary(&document, document.catalog().ok().and_then(|it| it.get(b"StructTreeRoot").ok()))
        && let Ok(kids) = root.get(b"K")
    {
        walk.kids(kids, Around::default(), 0);
    }
    let Walk { steps, figures, .. } = walk;
    let mut letters: HashMap<Place, String> = HashMap::new();
    let mut untagged: HashMap<ObjectId, String> = HashMap::new();
    let pages: Vec<ObjectId> = document.page_iter().collect();
    let place = |step: &Step| if let Step::Letters(place, _) = step { Some(*place) } else { None };
    let tagged: HashSet<Place> = steps.iter().filter_map(place).collect();
    for page in &pages {
        let figures = |number| figures.contains(&Place { page: *page, number });
        for Piece { number, text } in
            content::pieces(&document, *page, figures).map_err(|error| damaged(&error))?
        {
            match number.map(|number| Place { page: *page, number }).filter(|place| tagged.contains(place)) {
                Some(place) => letters.entry(place).or_default().push_str(&text),
                None => untagged.entry(*page).or_default().push_str(&text),
            }
        }
    }
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut untagged_lines = |lines: &mut Vec<String>, page: &ObjectId| {
        if let Some(text) = untagged.remove(page) {
            lines.extend(text.lines().map(read));
        }
    };
    // Pages whose tagged text has been read are done with when the text goes on to a later one.
    let order: HashMap<ObjectId, usize> = pages.iter().enumerate().map(|(at, page)| (*page, at)).collect();
    let mut reached = 0;
    for step in &steps {
        match step {
            Step::Letters(place, label) => {
                let at = order.get(&place.page).copied().unwrap_or(reached);
                if at > reached && line.is_empty() {
                    pages[reached..at].iter().for_each(|page| untagged_lines(&mut lines, page));
                    reached = at;
                }
                let letters = letters.get(place).map_or("", String::as_str);
                // A bullet says nothing; a number belongs to its item.
                if !label || letters.contains(char::is_alphanumeric) {
                    line.push_str(letters);
                }
            }
            Step::Line => lines.extend(std::mem::take(&mut line).lines().map(read)),
        }
    }
    lines.extend(line.lines().map(read));
    pages.iter().for_each(|page| untagged_lines(&mut lines, page));
    lines.retain(|line| !line.is_empty());
    Ok(lines)
}

/// A line as it reads: a soft hyphen says that a word goes on, a word joiner stands before a raised number, which must not
/// be taken for the last digit of the number before it.
fn read(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for letter in line.chars() {
        match letter {
            '\u{ad}' | '\u{200b}' => {}
            '\u{2060}' => out.push(' '),
            _ => out.push(letter),
        }
    }
    folded(&out)
}

/// A dictionary, or the one that is referred to.
fn dictionary<'a>(document: &'a Document, object: Option<&'a Object>) -> Option<&'a Dictionary> {
    document.dereference(object?).ok()?.1.as_dict().ok()
}

/// Elements that stand within a line.
const INLINE: [&[u8]; 14] = [
    b"Span",
    b"Link",
    b"Reference",
    b"Em",
    b"Strong",
    b"Sub",
    b"Quote",
    b"Code",
    b"Annot",
    b"Lbl",
    b"Ruby",
    b"RB",
    b"RT",
    b"RP",
];

/// Nesting that no honest document has.
const DEEPEST: usize = 200;

struct Walk<'a> {
    document: &'a Document,
    steps: Vec<Step>,
    /// Letters within figures, where each text stands for itself.
    figures: HashSet<Place>,
    /// Elements visited: a damaged tree may lead back to itself.
    seen: HashSet<ObjectId>,
}

impl Walk<'_> {
    fn kids(&mut self, kids: &Object, around: Around, depth: usize) {
        match kids {
            Object::Array(kids) => kids.iter().for_each(|kid| self.kid(kid, around, depth)),
            kid => self.kid(kid, around, depth),
        }
    }

    fn kid(&mut self, kid: &Object, around: Around, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        if let Object::Reference(id) = kid
            && !self.seen.insert(*id)
        {
            return;
        }
        let document = self.document;
        match document.dereference(kid).map(|(_, object)| object) {
            Ok(Object::Integer(number)) => self.letters(*number, around),
            Ok(Object::Array(kids)) => kids.iter().for_each(|kid| self.kid(kid, around, depth + 1)),
            Ok(Object::Dictionary(element)) => {
                let page = element.get(b"Pg").and_then(Object::as_reference).ok().or(around.page);
                if let Ok(number) = element.get(b"MCID").and_then(Object::as_i64) {
                    return self.letters(number, Around { page, ..around });
                }
                let name = element.get(b"S").and_then(Object::as_name).unwrap_or_default();
                let around = Around {
                    page,
                    figure: name == b"Figure" || (around.figure && name != b"Caption"),
                    item: name == b"LI",
                    label: (around.item && name == b"Lbl") || around.label,
                };
                let Ok(kids) = element.get(b"K") else { return };
                let inline = around.label || (INLINE.contains(&name) && !self.placed_as_block(element));
                if !inline {
                    self.steps.push(Step::Line);
                }
                self.kids(kids, around, depth + 1);
                if !inline {
                    self.steps.push(Step::Line);
                }
            }
            _ => {}
        }
    }

    fn letters(&mut self, number: i64, around: Around) {
        let Some(page) = around.page else { return };
        let place = Place { page, number };
        if around.figure {
            self.figures.insert(place);
        }
        self.steps.push(Step::Letters(place, around.label));
    }

    /// Whether the element's attributes make it a block.
    fn placed_as_block(&self, element: &Dictionary) -> bool {
        let block = |attributes: &Object| {
            dictionary(self.document, Some(attributes))
                .and_then(|attributes| attributes.get(b"Placement").ok()?.as_name().ok())
                .is_some_and(|placement| placement == b"Block")
        };
        match element.get(b"A") {
            Ok(Object::Array(all)) => all.iter().any(block),
            Ok(one) => block(one),
            Err(_) => false,
        }
    }
}

/// The attached data, whoever attached it: the file with the name that ours has.
pub(super) fn data(bytes: &[u8]) -> Result<String, Error> {
    let document = open(bytes)?;
    for object in document.objects.values() {
        let Ok(specification) = object.as_dict() else { continue };
        let named = [b"UF".as_slice(), b"F"].iter().any(|key| {
            specification.get(key).and_then(lopdf::decode_text_string).is_ok_and(|name| name == ATTACHMENT)
        });
        let Some(embedded) = dictionary(&document, specification.get(b"EF").ok()).filter(|_| named) else {
            continue;
        };
        let stream = embedded.get(b"F").or_else(|_| embedded.get(b"UF"));
        let stream =
            stream.and_then(|stream| document.dereference(stream)).and_then(|(_, stream)| stream.as_stream());
        let content = stream.and_then(lopdf::Stream::get_plain_content).map_err(|error| damaged(&error))?;
        return String::from_utf8(content)
            .map_err(|_| Error::Damaged { format: "PDF", reason: "its data is not text".into() });
    }
    Err(Error::NoData)
}
