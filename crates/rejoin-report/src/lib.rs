//! The typesetter of referenced reports: a [`Document`] in, PDF, HTML and XLSX out, and the visible text back.
//!
//! The words, numbers and references are somebody else's; this room only sets them. It knows no case, no ledger and no
//! clock: equal documents give equal bytes, so that a report can be made again and compared. A file carries the JSON
//! behind it ([`Document::data`]) and can be read back ([`text_of`], [`data_of`]), so that a stranger can check that
//! what is printed is what was computed.
//!
//! No text of a document is ever pasted into a template: it reaches the page as a value ([`pdf()`]), escaped ([`html()`]),
//! or as a string cell ([`xlsx()`]).

mod chart;
mod document;
mod html;
mod pdf;
mod read;
mod text;
mod words;
mod xlsx;

pub use chart::{Band, Bar, Chart, FlowNode, Mark, Spot, svg};
pub use document::{Block, Column, Document, Fault, Language, Reference, Section, Side, Status};
pub use html::html;
pub use pdf::{Card, Sheet, cards, modules, pdf};
pub use read::{data_of, text_of};
pub use xlsx::xlsx;

/// The name under which a PDF carries [`Document::data`].
pub const ATTACHMENT: &str = "rejoin-report.json";

/// Why a report could not be set, or a file not read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The typesetter refused: a fault of this crate, whatever the document says.
    #[error("the PDF could not be set: {0}")]
    Typesetting(String),
    /// A QR code cannot hold so much.
    #[error("a QR code cannot hold {letters} characters")]
    QrCode {
        /// How many there are.
        letters: usize,
    },
    /// The workbook could not be written: a table is larger than a sheet.
    #[error("the workbook could not be written: {0}")]
    Workbook(String),
    /// The bytes are none of the three formats.
    #[error("the file is neither a PDF, nor HTML, nor a workbook")]
    UnknownFormat,
    /// The bytes begin like a format and do not go on like it.
    #[error("the {format} file cannot be read: {reason}")]
    Damaged {
        /// PDF, HTML or XLSX.
        format: &'static str,
        /// What the reader said.
        reason: String,
    },
    /// The file was not made here, or its data was taken out.
    #[error("the file carries no report data")]
    NoData,
}

impl Error {
    /// What the user can do.
    pub fn hint(&self) -> &'static str {
        match self {
            Error::Typesetting(_) => {
                "report this with an invented document that shows it; HTML and XLSX can still be made"
            }
            Error::QrCode { .. } => "shorten what the code holds: names of people and keys are part of it",
            Error::Workbook(_) => "split the table",
            Error::UnknownFormat => "give a report as it was written: PDF, HTML or XLSX",
            Error::Damaged { .. } => "fetch the file again; a copy may have been cut short",
            Error::NoData => "only the text of this file can be checked, not the data behind it",
        }
    }
}
