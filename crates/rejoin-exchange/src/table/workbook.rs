//! Tables as a workbook: the provenance on the first sheet, then a sheet each. No cell is a formula or a link.

use super::provenance::title;
use super::{Cell, Provenance, Table, TableError};
use crate::Language;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use std::collections::HashSet;

/// UTF-16 units that a cell can hold.
const LONGEST_TEXT: usize = 32_767;
/// The rows of a sheet, the names of the columns among them.
const MOST_ROWS: usize = 1_048_576;
/// The columns of a sheet.
const MOST_COLUMNS: usize = 16_384;
/// Days from the spreadsheet's day 0 to 1970-01-01.
const EPOCH: i32 = 25_569;
/// The first day whose number every spreadsheet agrees on: 1900-03-01.
const FIRST_DAY: i32 = 61 - EPOCH;
/// The last day that a spreadsheet knows: 9999-12-31.
const LAST_DAY: i32 = 2_958_465 - EPOCH;
/// Beyond it a spreadsheet, which computes in binary fractions, would round a whole number.
const LARGEST_EXACT: u64 = 1 << 53;

/// The tables as a workbook.
///
/// Whole numbers that a spreadsheet would round, and days before March 1900, are texts. Signs that a workbook cannot
/// hold become `U+FFFD`.
///
/// # Errors
/// When a row does not fit its columns, or a table is more than a workbook can hold: nothing is ever cut off.
pub fn xlsx(tables: &[Table], provenance: &Provenance, language: Language) -> Result<Vec<u8>, TableError> {
    for table in tables {
        table.check()?;
        fits(table)?;
    }
    let long = |(_, _, value): &(&str, &str, String)| value.encode_utf16().count() > LONGEST_TEXT;
    if let Some((_, word, _)) = provenance.lines(language).iter().find(|line| long(line)) {
        let reason = format!("the text of {word:?}");
        return Err(TableError::TooLarge { table: title(language).to_owned(), reason });
    }
    write(tables, provenance, language)
        .map_err(|error| TableError::Format { format: "XLSX", reason: error.to_string() })
}

fn fits(table: &Table) -> Result<(), TableError> {
    let too_large = |reason: String| Err(TableError::TooLarge { table: table.name.clone(), reason });
    if table.rows.len() + 1 > MOST_ROWS {
        return too_large(format!("{} rows", table.rows.len()));
    }
    if table.columns.len() > MOST_COLUMNS {
        return too_large(format!("{} columns", table.columns.len()));
    }
    for (number, row) in (1..).zip(&table.rows) {
        for (cell, (column, _)) in row.iter().zip(&table.columns) {
            if let Cell::Text(text) = cell
                && text.encode_utf16().count() > LONGEST_TEXT
            {
                return too_large(format!("the text in row {number}, column {column:?}"));
            }
        }
    }
    Ok(())
}

fn write(tables: &[Table], provenance: &Provenance, language: Language) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let seconds = u64::try_from(provenance.made_at_micros.div_euclid(1_000_000)).unwrap_or(0);
    // The first day that a ZIP archive can name, where the given one is none: the hour of writing must not be told.
    let made = ExcelDateTime::from_timestamp(i64::try_from(seconds).unwrap_or(0))
        .or_else(|_| ExcelDateTime::from_ymd(1980, 1, 1))?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let bold = Format::new().set_bold();
    let day = Format::new().set_num_format("yyyy-mm-dd");
    let moment = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
    let mut names = HashSet::new();

    let mut first = Worksheet::new();
    first.set_name(sheet_name(title(language), &mut names))?;
    for (row, (_, word, value)) in (0..).zip(provenance.lines(language)) {
        first.write_string_with_format(row, 0, word, &bold)?;
        first.write_string(row, 1, holdable(&value))?;
    }
    first.set_column_width(0, 20)?;
    first.set_column_width(1, 90)?;
    workbook.push_worksheet(first);

    for table in tables {
        let mut sheet = Worksheet::new();
        sheet.set_name(sheet_name(&table.name, &mut names))?;
        for (column, (name, _)) in (0..).zip(&table.columns) {
            sheet.write_string_with_format(0, column, holdable(name), &bold)?;
        }
        sheet.set_freeze_panes(1, 0)?;
        for (row, cells) in (1..).zip(&table.rows) {
            for (column, cell) in (0..).zip(cells) {
                match cell {
                    Cell::Empty => {}
                    Cell::Integer(number) if number.unsigned_abs() <= LARGEST_EXACT => {
                        sheet.write_number(row, column, *number as f64)?;
                    }
                    Cell::Number(number) if number.is_finite() => {
                        sheet.write_number(row, column, *number)?;
                    }
                    Cell::Date(days) if (FIRST_DAY..=LAST_DAY).contains(days) => {
                        sheet.write_number_with_format(row, column, f64::from(days + EPOCH), &day)?;
                    }
                    Cell::Moment(micros) if on_calendar(*micros) => {
                        let days = *micros as f64 / 86_400_000_000.0 + f64::from(EPOCH);
                        sheet.write_number_with_format(row, column, days, &moment)?;
                    }
                    other => {
                        sheet.write_string(row, column, holdable(&other.plain()))?;
                    }
                }
            }
        }
        workbook.push_worksheet(sheet);
    }
    workbook.save_to_buffer()
}

fn on_calendar(micros: i64) -> bool {
    let day = micros.div_euclid(86_400_000_000);
    i32::try_from(day).is_ok_and(|day| (FIRST_DAY..=LAST_DAY).contains(&day))
}

/// A name that a sheet may have, and that no sheet before it has.
fn sheet_name(name: &str, taken: &mut HashSet<String>) -> String {
    let plain: String = name
        .chars()
        .map(|sign| if sign.is_control() || "[]:*?/\\".contains(sign) { ' ' } else { sign })
        .collect();
    let plain = plain.trim().trim_matches('\'').trim();
    // `History` is a spreadsheet's own.
    let plain = if plain.is_empty() || plain.eq_ignore_ascii_case("history") { "Table" } else { plain };
    for number in 1.. {
        let end = if number == 1 { String::new() } else { format!(" ({number})") };
        // A sign may be two units: half the units are always enough.
        let most = if plain.is_ascii() { 31 - end.len() } else { (31 - end.len()) / 2 };
        let start: String = plain.chars().take(most).collect();
        let candidate = format!("{}{end}", start.trim().trim_end_matches('\''));
        if taken.insert(candidate.to_lowercase()) {
            return candidate;
        }
    }
    plain.to_owned()
}

/// Text that a workbook can hold.
fn holdable(text: &str) -> String {
    let lost =
        |sign: char| (sign.is_control() && !"\t\n\r".contains(sign)) || "\u{fffe}\u{ffff}".contains(sign);
    text.chars().map(|sign| if lost(sign) { '\u{fffd}' } else { sign }).collect()
}
