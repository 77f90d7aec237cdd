//! Bytes of any supported format to a table of cells as written.
//!
//! The format is told from the bytes, never from the name: Parquet, Arrow IPC (Feather 2), XLSX/XLS/ODS, JSON
//! lines, delimited text; each may be wrapped in gzip. What surrounds a table in real files (title lines, page
//! headers among the rows, stray text) becomes a finding.

mod columnar;
pub(crate) mod delimited;
mod header;
mod json;
mod workbook;

use rejoin_model::Finding;
use std::io::Read;

/// One row as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number in the file, from 1: the line it began on in text, the row of a sheet, the position of a record.
    pub number: u32,
    /// Its cells, as many as there are columns; empty where nothing was written.
    pub cells: Vec<String>,
}

/// A table as written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// Which format was read, in words.
    pub format: String,
    /// Column names as written; unnamed columns are called `column 3`.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Row>,
    /// What was left out or guessed.
    pub findings: Vec<Finding>,
}

/// A table's format in Spanish; as it is where it is a name.
pub fn in_spanish(format: &str) -> String {
    let (format, packed) = match format.strip_suffix(" in gzip") {
        Some(format) => (format, " en gzip"),
        None => (format, ""),
    };
    let fixed = match format {
        "text, comma-separated" => "texto separado por comas",
        "text, semicolon-separated" => "texto separado por puntos y comas",
        "text, tab-separated" => "texto separado por tabuladores",
        "text, bar-separated" => "texto separado por barras",
        "JSON array" => "lista JSON",
        "JSON lines" => "líneas JSON",
        _ => "",
    };
    match format.strip_prefix("workbook, sheet ") {
        Some(sheet) => format!("libro de cálculo, hoja {sheet}{packed}"),
        None if fixed.is_empty() => format!("{format}{packed}"),
        None => format!("{fixed}{packed}"),
    }
}

/// Why no table could be read at all. Everything less is a finding.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// No bytes, or only white space.
    #[error("the file is empty")]
    Empty,
    /// No row of column names.
    #[error("no row of column names was found in the first {looked} rows")]
    NoHeader {
        /// How many rows were looked at.
        looked: usize,
    },
    /// The container is damaged.
    #[error("not a readable {format} file: {reason}")]
    Damaged {
        /// What the bytes claim to be.
        format: &'static str,
        /// What the parser said.
        reason: String,
    },
    /// More columns than any list has.
    #[error("the table has {columns} columns; no list has more than {MOST_COLUMNS}")]
    TooWide {
        /// How many.
        columns: usize,
    },
    /// Larger than the limit once unpacked.
    #[error("the file unpacks to more than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
}

impl ReadError {
    /// What the user can do.
    pub fn hint(&self) -> &'static str {
        match self {
            ReadError::Empty => "check that the download finished",
            ReadError::NoHeader { .. } => {
                "the first rows must name the columns; add a row of names and try again"
            }
            ReadError::Damaged { .. } => {
                "open it in the program that wrote it and save it again, or export it as CSV"
            }
            ReadError::TooWide { .. } => {
                "is a stray cell far to the right, or the file not a table? Remove it and try again"
            }
            ReadError::TooLarge { .. } => "split the list, or convert it to Parquet",
        }
    }
}

/// Unpacked size above which a file is refused: a few kilobytes of gzip can unpack to terabytes.
pub const UNPACKED_LIMIT: u64 = 2 << 30;

/// Columns above which a file is refused: rows are kept whole, so a stray column costs a cell in each.
pub const MOST_COLUMNS: usize = 4_096;

/// Reads a table. Errors only when there is no table to be had at all.
pub fn read(bytes: &[u8]) -> Result<Table, ReadError> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut unpacked = Vec::new();
        flate2::read::MultiGzDecoder::new(bytes)
            .take(UNPACKED_LIMIT + 1)
            .read_to_end(&mut unpacked)
            .map_err(|error| ReadError::Damaged { format: "gzip", reason: error.to_string() })?;
        if unpacked.len() as u64 > UNPACKED_LIMIT {
            return Err(ReadError::TooLarge { limit: UNPACKED_LIMIT });
        }
        if unpacked.starts_with(&[0x1f, 0x8b]) {
            return Err(ReadError::Damaged {
                format: "gzip",
                reason: "a gzip file inside a gzip file".into(),
            });
        }
        let mut table = read(&unpacked)?;
        table.format.push_str(" in gzip");
        return Ok(table);
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ReadError::Empty);
    }
    if bytes.starts_with(b"PAR1") {
        return columnar::parquet(bytes);
    }
    if bytes.starts_with(b"ARROW1") {
        return columnar::arrow(bytes);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return workbook::read(bytes);
    }
    let (text, guessed) = delimited::decode(bytes);
    let controls =
        text.chars().take(4_096).filter(|letter| letter.is_control() && !letter.is_whitespace()).count();
    if controls > 16 {
        let reason = "neither text nor any form of table that this program knows".into();
        return Err(ReadError::Damaged { format: "table", reason });
    }
    let mut table = match json::read(&text) {
        Some(table) => table?,
        None => delimited::read(&text)?,
    };
    table.findings.extend(guessed);
    Ok(table)
}
