//! All that the typesetter may see: one template, the embedded fonts, the values of one document. No file, no package,
//! no network, no clock: whatever asks for one is refused.

use std::sync::LazyLock;
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Dict, Duration, Value};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Feature, Library, LibraryExt};

/// The template of reports, and that of cards.
pub(super) const REPORT: &str = include_str!("report.typ");
pub(super) const CARD: &str = include_str!("card.typ");

/// The face of the text. The others stand in for letters it lacks, and set hashes.
const BOOK_FACE: &str = "Libertinus Serif";

struct Fonts {
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
}

static FONTS: LazyLock<Fonts> = LazyLock::new(|| {
    let fonts: Vec<Font> = typst_assets::fonts().flat_map(|data| Font::iter(Bytes::new(data))).collect();
    Fonts { book: LazyHash::new(FontBook::from_fonts(&fonts)), fonts }
});

pub(super) struct World {
    library: LazyHash<Library>,
    main: Source,
}

impl World {
    pub fn new(template: &str, values: String) -> World {
        let mut inputs = Dict::new();
        inputs.insert("report".into(), Value::Str(values.into()));
        // The feature by which the first cell of a row can be tagged as its header.
        let features = [Feature::A11yExtras].into_iter().collect();
        let library = Library::builder().with_inputs(inputs).with_features(features).build();
        // A name that parses; the same for every run, as names are kept for ever.
        #[allow(clippy::unwrap_used, reason = "a constant that parses")]
        let path = VirtualPath::new("report.typ").unwrap();
        let id = RootedPath::new(VirtualRoot::Project, path).intern();
        World { library: LazyHash::new(library), main: Source::new(id, template.to_owned()) }
    }
}

impl typst::World for World {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &FONTS.book
    }

    fn main(&self) -> FileId {
        self.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main.id() { Ok(self.main.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, _: FileId) -> FileResult<Bytes> {
        Err(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.fonts.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

/// Which letters are printed as they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Coverage {
    /// Those of any embedded font.
    Any,
    /// Those of the face of the text.
    BookFace,
}

impl Coverage {
    fn holds(self, letter: char) -> bool {
        FONTS.fonts.iter().any(|font| {
            let info = font.info();
            (self == Coverage::Any || info.family == BOOK_FACE) && info.coverage.contains(letter as u32)
        })
    }

    /// The text with each letter that cannot be printed as its code point.
    pub fn replaced(self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for letter in text.chars() {
            let private = matches!(letter, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..);
            if letter.is_ascii() || (!private && self.holds(letter)) {
                out.push(letter);
            } else if letter.is_whitespace() {
                out.push(' ');
            } else if !joins(letter) {
                out.push_str(&format!("[U+{:04X}]", letter as u32));
            }
        }
        out
    }
}

/// Letters that show nothing and only join or vary their neighbours.
fn joins(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{fe00}'..='\u{fe0f}' | '\u{ad}' | '\u{e0000}'..='\u{e0fff}')
}
