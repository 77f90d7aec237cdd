//! Reading a report back: its visible text, and the data it carries. Files may come from strangers, so parsers of others
//! are fenced and damage is an error.

mod html;
mod pdf;
mod xlsx;

use crate::Error;

enum Format {
    Pdf,
    Html,
    Xlsx,
}

fn format(bytes: &[u8]) -> Result<Format, Error> {
    let start = &bytes[..bytes.len().min(1024)];
    let text = String::from_utf8_lossy(start);
    let text = text.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']).to_ascii_lowercase();
    if start.starts_with(b"%PDF-") {
        Ok(Format::Pdf)
    } else if start.starts_with(b"PK\x03\x04") {
        Ok(Format::Xlsx)
    } else if ["<!doctype html", "<html", "<!--", "<head", "<?xml"]
        .iter()
        .any(|begin| text.starts_with(begin))
    {
        Ok(Format::Html)
    } else if start.windows(5).any(|window| window == b"%PDF-") {
        // A PDF may have anything before its first line. Asked last: a page may speak of PDF in its title.
        Ok(Format::Pdf)
    } else {
        Err(Error::UnknownFormat)
    }
}

/// The visible text of a PDF, HTML or XLSX file in reading order: paragraphs, lines or cells, white space folded, empty
/// ones left out. What repeats on every page (headers, watermarks) and what only machines see is not in it.
///
/// For a PDF this is the text that a screen reader reads and a copy gives. A forger can draw other letters over it: whoever
/// must be sure sets the document again from its data, and compares the bytes.
///
/// # Errors
/// When the bytes are none of the three formats, or damaged.
pub fn text_of(bytes: &[u8]) -> Result<Vec<String>, Error> {
    match format(bytes)? {
        Format::Pdf => fenced("PDF", || pdf::text(bytes)),
        Format::Html => Ok(html::text(&String::from_utf8_lossy(bytes))),
        Format::Xlsx => fenced("XLSX", || xlsx::text(bytes)),
    }
}

/// The JSON that a report carries, exactly as [`crate::Document::data`] was.
///
/// # Errors
/// When the bytes are none of the three formats, damaged, or carry no data.
pub fn data_of(bytes: &[u8]) -> Result<String, Error> {
    match format(bytes)? {
        Format::Pdf => fenced("PDF", || pdf::data(bytes)),
        Format::Html => html::data(&String::from_utf8_lossy(bytes)),
        Format::Xlsx => fenced("XLSX", || xlsx::data(bytes)),
    }
}

/// Runs a parser of foreign bytes so that its panic becomes an error.
fn fenced<T>(format: &'static str, parse: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(parse))
        .unwrap_or_else(|_| Err(Error::Damaged { format, reason: "its parts contradict each other".into() }))
}
