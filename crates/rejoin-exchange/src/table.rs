//! Tables that go over to others: as CSV, as a workbook, as Parquet. Equal tables give equal bytes.
//!
//! A recipient opens them in a spreadsheet, and a name may begin with `=`. No format written here has a cell that a
//! spreadsheet evaluates: a workbook's texts are texts, and in CSV, which has no types, a text that a spreadsheet
//! would evaluate gets an apostrophe in front (numbers and dates never do). [`unescape_csv`] takes it away again.

mod columnar;
mod provenance;
mod workbook;

pub use columnar::parquet;
pub use provenance::{Provenance, provenance_text};
pub use workbook::xlsx;

use jiff::civil::Date;
use jiff::tz::TimeZone;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Text.
    Text,
    /// Whole numbers.
    Integer,
    /// Numbers.
    Number,
    /// Days.
    Date,
    /// Moments in UTC.
    Moment,
}

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Text, whatever it begins with.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// A day, counted from 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01 UTC.
    Moment(i64),
    /// Nothing known.
    Empty,
}

impl Cell {
    /// The kind, if the cell has one.
    pub fn kind(&self) -> Option<Kind> {
        match self {
            Cell::Text(_) => Some(Kind::Text),
            Cell::Integer(_) => Some(Kind::Integer),
            Cell::Number(_) => Some(Kind::Number),
            Cell::Date(_) => Some(Kind::Date),
            Cell::Moment(_) => Some(Kind::Moment),
            Cell::Empty => None,
        }
    }

    /// A text, or nothing if it is empty.
    pub fn text(text: impl Into<String>) -> Cell {
        let text = text.into();
        if text.is_empty() { Cell::Empty } else { Cell::Text(text) }
    }

    /// As text: dates as `2018-06-26`, moments as `2018-06-26T12:00:00.000001Z`, numbers as short as they can be read
    /// back.
    pub fn plain(&self) -> String {
        match self {
            Cell::Text(text) => text.clone(),
            Cell::Integer(number) => number.to_string(),
            Cell::Number(number) => number.to_string(),
            Cell::Date(days) => date_text(*days),
            Cell::Moment(micros) => moment_text(*micros),
            Cell::Empty => String::new(),
        }
    }
}

/// A day as text. A day beyond the years that a calendar names is told by its number.
fn date_text(days: i32) -> String {
    let epoch = Date::constant(1970, 1, 1);
    match epoch.checked_add(jiff::Span::new().try_days(i64::from(days)).unwrap_or_default()) {
        Ok(date) if days.unsigned_abs() < 4_000_000 => date.to_string(),
        _ => format!("day {days}"),
    }
}

/// A moment as text, to the microsecond where there is a fraction.
fn moment_text(micros: i64) -> String {
    match jiff::Timestamp::from_microsecond(micros) {
        Ok(moment) => format!("{}Z", TimeZone::UTC.to_datetime(moment)),
        Err(_) => format!("microsecond {micros}"),
    }
}

/// A table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// Its name: that of the sheet.
    pub name: String,
    /// Columns and what they hold.
    pub columns: Vec<(String, Kind)>,
    /// Rows, each with as many cells as there are columns.
    pub rows: Vec<Vec<Cell>>,
}

/// Why a table cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// A row has another number of cells than there are columns.
    #[error("row {row} of {table:?} has {cells} cells for {columns} columns")]
    Ragged {
        /// Which table.
        table: String,
        /// Which row, from 1.
        row: usize,
        /// How many cells it has.
        cells: usize,
        /// How many columns there are.
        columns: usize,
    },
    /// A cell is of another kind than its column.
    #[error("row {row} of {table:?} has another kind of cell in the column {column:?}")]
    Kind {
        /// Which table.
        table: String,
        /// Which row, from 1.
        row: usize,
        /// Which column.
        column: String,
    },
    /// More than a spreadsheet can hold.
    #[error("{table:?} is more than a workbook can hold: {reason}")]
    TooLarge {
        /// Which table.
        table: String,
        /// What is too much.
        reason: String,
    },
    /// What the format's library said.
    #[error("the {format} file could not be written: {reason}")]
    Format {
        /// Which format.
        format: &'static str,
        /// What it said.
        reason: String,
    },
}

impl Table {
    /// Whether every row fits the columns.
    ///
    /// # Errors
    /// The first row or cell that does not.
    pub fn check(&self) -> Result<(), TableError> {
        for (number, row) in (1..).zip(&self.rows) {
            if row.len() != self.columns.len() {
                return Err(TableError::Ragged {
                    table: self.name.clone(),
                    row: number,
                    cells: row.len(),
                    columns: self.columns.len(),
                });
            }
            let odd = row.iter().zip(&self.columns).find(|(cell, (_, kind))| {
                cell.kind().is_some_and(|own| own != *kind && (own, *kind) != (Kind::Integer, Kind::Number))
            });
            if let Some((_, (column, _))) = odd {
                return Err(TableError::Kind {
                    table: self.name.clone(),
                    row: number,
                    column: column.clone(),
                });
            }
        }
        Ok(())
    }
}

/// Signs that begin what a spreadsheet evaluates, and their wide forms, which some spreadsheets fold.
const EVALUATED: &[char] = &['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// Whether a spreadsheet might evaluate a text: it begins with one of the signs, or with a tab or a line's end, which
/// some drop before they look.
fn is_evaluated(text: &str) -> bool {
    text.starts_with(['\t', '\r', '\n'])
        || text
            .trim_start_matches(|sign: char| sign.is_whitespace() || sign.is_control())
            .starts_with(EVALUATED)
}

/// A text as it stands in CSV. A text that already has apostrophes before such a sign gets one more, so that taking
/// one away always gives the text.
fn escape_csv(text: &str) -> String {
    if is_evaluated(text.trim_start_matches('\'')) { format!("'{text}") } else { text.to_owned() }
}

/// The text that [`csv()`] wrote as this cell.
pub fn unescape_csv(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if is_evaluated(text.trim_start_matches('\'')) => text,
        _ => cell,
    }
}

/// The table as CSV: RFC 4180, UTF-8 without a mark. A text or column name that a spreadsheet would evaluate begins
/// with an apostrophe. Provenance does not go into it: see [`provenance_text`].
///
/// # Errors
/// When a row does not fit the columns.
pub fn csv(table: &Table) -> Result<Vec<u8>, TableError> {
    table.check()?;
    let failed = |error: String| TableError::Format { format: "CSV", reason: error };
    let mut writer = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(Vec::new());
    let record = |cells: Vec<String>, writer: &mut ::csv::Writer<Vec<u8>>| {
        writer.write_record(cells).map_err(|error| failed(error.to_string()))
    };
    record(table.columns.iter().map(|(name, _)| escape_csv(name)).collect(), &mut writer)?;
    for row in &table.rows {
        let cells = row.iter().map(|cell| match cell {
            Cell::Text(text) => escape_csv(text),
            other => other.plain(),
        });
        record(cells.collect(), &mut writer)?;
    }
    writer.into_inner().map_err(|error| failed(error.to_string()))
}
