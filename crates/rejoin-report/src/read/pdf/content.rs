//! What a page draws: letters, and the marks that say where they belong.

use lopdf::content::{Content, Operation};
use lopdf::{Dictionary, Document, Encoding, Object, ObjectId, Result};
use std::collections::HashMap;

/// Letters drawn together, and the number by which the structure refers to them.
pub(super) struct Piece {
    pub number: Option<i64>,
    pub text: String,
}

/// A mark that is open.
enum Mark {
    Numbered(i64),
    /// Its text is given beside it: what it draws is not read.
    Replaced,
    /// Headers, watermarks: on every page, and not part of what is read.
    Artifact,
    Other,
}

/// Forms within forms within forms.
const DEEPEST: usize = 8;

/// All letters of a page in the order of drawing; `figure` tells the numbers of figures, in which each text is a line.
pub(super) fn pieces(
    document: &Document,
    page: ObjectId,
    figure: impl Fn(i64) -> bool,
) -> Result<Vec<Piece>> {
    let (own, inherited) = document.get_page_resources(page)?;
    let mut resources: Vec<&Dictionary> = own.into_iter().collect();
    resources.extend(inherited.into_iter().filter_map(|id| document.get_dictionary(id).ok()));
    let mut drawing =
        Drawing { document, figure, marks: Vec::new(), pieces: Vec::new(), matrix: IDENTITY, last: None };
    drawing.draw(&document.get_page_content(page)?, &resources, 0);
    Ok(drawing.pieces)
}

/// How places on paper follow from places in content.
type Matrix = [f32; 6];

const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// First one, then the other.
fn chained(one: Matrix, other: Matrix) -> Matrix {
    let [a, b, c, d, e, f] = one;
    let [g, h, i, j, k, l] = other;
    [a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + l]
}

fn matrix(operands: &[Object]) -> Option<Matrix> {
    let numbers: Vec<f32> = operands.iter().filter_map(|number| number.as_float().ok()).collect();
    numbers.try_into().ok()
}

struct Drawing<'a, F> {
    document: &'a Document,
    figure: F,
    marks: Vec<Mark>,
    pieces: Vec<Piece>,
    matrix: Matrix,
    /// Where the last letter of a figure began, and the room it may take.
    last: Option<[f32; 3]>,
}

impl<F: Fn(i64) -> bool> Drawing<'_, F> {
    fn draw(&mut self, content: &[u8], resources: &[&Dictionary], depth: usize) {
        // Content that does not parse draws nothing, as in a viewer.
        let Ok(Content { operations }) = Content::decode(content) else { return };
        let mut fonts: HashMap<Vec<u8>, Option<Encoding<'_>>> = HashMap::new();
        let mut font: Vec<u8> = Vec::new();
        let mut line: Option<f32> = None;
        let mut saved: Vec<Matrix> = Vec::new();
        let (mut text_matrix, mut size) = (IDENTITY, 0.0);
        for Operation { operator, operands } in &operations {
            match (operator.as_str(), operands.as_slice()) {
                ("BMC", [tag]) => self.marks.push(named(tag, None)),
                ("BDC", [tag, properties]) => {
                    let properties = match properties {
                        Object::Name(name) => find(self.document, resources, b"Properties", name),
                        other => other.as_dict().ok(),
                    };
                    let replacement = properties.and_then(|properties| properties.get(b"ActualText").ok());
                    let replacement = replacement.and_then(|text| lopdf::decode_text_string(text).ok());
                    let mark = named(tag, properties);
                    match (replacement, mark) {
                        (Some(text), Mark::Numbered(number)) => {
                            self.marks.push(Mark::Numbered(number));
                            self.show(&text);
                            self.marks.push(Mark::Replaced);
                            // Closed by one end: the two are one mark.
                            self.join();
                        }
                        (Some(text), Mark::Other) => {
                            self.show(&text);
                            self.marks.push(Mark::Replaced);
                        }
                        (_, mark) => self.marks.push(mark),
                    }
                }
                ("EMC", _) => {
                    self.marks.pop();
                }
                ("q", _) => saved.push(self.matrix),
                ("Q", _) => self.matrix = saved.pop().unwrap_or(self.matrix),
                ("cm", operands) => {
                    if let Some(inner) = matrix(operands) {
                        self.matrix = chained(inner, self.matrix);
                    }
                }
                ("BT", _) => {
                    if self.number().is_none() {
                        self.space('\n');
                    }
                    line = None;
                    text_matrix = IDENTITY;
                }
                ("Tf", [Object::Name(name), points]) => {
                    font.clone_from(name);
                    size = points.as_float().unwrap_or_default();
                    if !fonts.contains_key(name) {
                        let found = find(self.document, resources, b"Font", name);
                        let encoding = found.and_then(|font| font.get_font_encoding(self.document).ok());
                        fonts.insert(name.clone(), encoding);
                    }
                }
                ("Tm", operands) => {
                    text_matrix = matrix(operands).unwrap_or(IDENTITY);
                    let y = text_matrix[5];
                    if line.is_some_and(|line| (line - y).abs() > 0.5) {
                        self.space(' ');
                    }
                    line = Some(y);
                }
                ("Td" | "TD", [_, y]) if y.as_float().unwrap_or_default() != 0.0 => self.space(' '),
                ("T*", _) => self.space(' '),
                ("Tj", [Object::String(bytes, _)]) => {
                    self.place(chained(text_matrix, self.matrix), size);
                    self.letters(&fonts, &font, bytes);
                }
                ("'", [Object::String(bytes, _)]) | ("\"", [_, _, Object::String(bytes, _)]) => {
                    self.space(' ');
                    self.letters(&fonts, &font, bytes);
                }
                ("TJ", [Object::Array(parts)]) => {
                    for part in parts {
                        match part {
                            Object::String(bytes, _) => self.letters(&fonts, &font, bytes),
                            // Some writers have no space between words, only a gap; ours has both, and then the gap
                            // adds nothing.
                            gap if gap.as_float().is_ok_and(|gap| gap < -180.0)
                                && self.number().is_none() =>
                            {
                                self.space(' ');
                            }
                            _ => {}
                        }
                    }
                }
                ("Do", [Object::Name(name)]) if depth < DEEPEST => self.form(resources, name, depth),
                _ => {}
            }
        }
    }

    /// Makes the two innermost marks one.
    fn join(&mut self) {
        let inner = self.marks.pop();
        self.marks.pop();
        self.marks.extend(inner);
    }

    fn form(&mut self, resources: &[&Dictionary], name: &[u8], depth: usize) {
        let document = self.document;
        let stream = resources.iter().find_map(|resources| {
            let all = resources.get(b"XObject").and_then(|all| document.dereference(all)).ok()?.1;
            let form =
                all.as_dict().and_then(|all| all.get(name)).and_then(|form| document.dereference(form));
            form.ok()?.1.as_stream().ok()
        });
        let Some(stream) = stream else { return };
        if !stream.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|kind| kind == b"Form") {
            return;
        }
        let Ok(content) = stream.get_plain_content() else { return };
        let own = super::dictionary(document, stream.dict.get(b"Resources").ok());
        let mut inner: Vec<&Dictionary> = own.into_iter().collect();
        inner.extend(resources);
        self.draw(&content, &inner, depth + 1);
    }

    /// Drawings place each letter by itself: what begins further on than a letter is wide is another text.
    fn place(&mut self, matrix: Matrix, size: f32) {
        if !self.number().is_some_and(|number| (self.figure)(number)) {
            return;
        }
        let [x, y, room] = [matrix[4], matrix[5], size * matrix[0].hypot(matrix[1]) * 1.1];
        let goes_on = self.last.is_some_and(|[last_x, last_y, last_room]| {
            (y - last_y).abs() < 0.5 && x >= last_x && x - last_x < last_room.max(room)
        });
        if !goes_on {
            self.space('\n');
        }
        self.last = Some([x, y, room]);
    }

    /// The number under which letters are drawn now.
    fn number(&self) -> Option<i64> {
        self.marks
            .iter()
            .rev()
            .find_map(|mark| if let Mark::Numbered(number) = mark { Some(*number) } else { None })
    }

    fn letters(&mut self, fonts: &HashMap<Vec<u8>, Option<Encoding<'_>>>, font: &[u8], bytes: &[u8]) {
        if let Some(Some(encoding)) = fonts.get(font)
            && let Ok(text) = Document::decode_text(encoding, bytes)
        {
            self.show(&text);
        }
    }

    fn show(&mut self, text: &str) {
        if self.marks.iter().any(|mark| matches!(mark, Mark::Artifact | Mark::Replaced)) {
            return;
        }
        let number = self.number();
        match self.pieces.last_mut() {
            Some(piece) if piece.number == number => piece.text.push_str(text),
            _ => self.pieces.push(Piece { number, text: text.to_owned() }),
        }
    }

    /// White space between letters of one place.
    fn space(&mut self, space: char) {
        let number = self.number();
        if self
            .pieces
            .last()
            .is_some_and(|piece| piece.number == number && !piece.text.ends_with(char::is_whitespace))
        {
            self.show(space.encode_utf8(&mut [0; 4]));
        }
    }
}

fn named(tag: &Object, properties: Option<&Dictionary>) -> Mark {
    let number = properties.and_then(|properties| properties.get(b"MCID").and_then(Object::as_i64).ok());
    match (number, tag.as_name()) {
        (_, Ok(b"Artifact")) => Mark::Artifact,
        (Some(number), _) => Mark::Numbered(number),
        _ => Mark::Other,
    }
}

/// A named resource of a kind.
fn find<'a>(
    document: &'a Document,
    resources: &[&'a Dictionary],
    kind: &[u8],
    name: &[u8],
) -> Option<&'a Dictionary> {
    resources.iter().find_map(|resources| {
        let all = super::dictionary(document, resources.get(kind).ok())?;
        super::dictionary(document, all.get(name).ok())
    })
}
