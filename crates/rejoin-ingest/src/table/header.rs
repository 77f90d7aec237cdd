//! Which row names the columns, and which rows between are not data: titles, page headers, stray text.

use super::{ReadError, Row, Table};
use rejoin_model::{Finding, FindingCode};
use rejoin_normalize::text::{collapse, fold};
use rejoin_normalize::{DateOrder, moment};
use std::collections::HashMap;

/// How many rows are looked at for the column names.
const LOOK: usize = 40;

/// Makes a table of raw rows: finds the header, keeps data rows, turns the rest into findings.
pub(super) fn table(format: String, raw: Vec<Row>) -> Result<Table, ReadError> {
    let widest = raw.iter().map(|row| row.cells.len()).max().unwrap_or(0);
    if widest > super::MOST_COLUMNS {
        return Err(ReadError::TooWide { columns: widest });
    }
    let at = find(&raw).ok_or(ReadError::NoHeader { looked: raw.len().min(LOOK) })?;
    let mut findings: Vec<Finding> = raw[..at]
        .iter()
        .filter(|row| filled(row) > 0)
        .map(|row| Finding::new(FindingCode::TitleLine, "", &joined(row), "left out").at_row(row.number))
        .collect();
    let columns = name_columns(&raw[at].cells);
    let folded: Vec<String> = raw[at].cells.iter().map(|cell| fold(cell)).collect();
    let width = columns.len();
    let mut rows = Vec::with_capacity(raw.len() - at);
    for mut row in raw.into_iter().skip(at + 1) {
        let filled_cells = filled(&row);
        if filled_cells == 0 {
            continue;
        }
        if is_page_header(&row, &folded) {
            findings.push(
                Finding::new(FindingCode::PageHeaderRow, "", &joined(&row), "left out").at_row(row.number),
            );
            continue;
        }
        // A row with nothing but a number is still somebody: only words are stray.
        if filled_cells == 1 && width >= 4 && !has_number(&row) {
            findings.push(
                Finding::new(FindingCode::StrayTextRow, "", &joined(&row), "left out").at_row(row.number),
            );
            continue;
        }
        if row.cells.len() > width {
            if row.cells[width..].iter().any(|cell| !cell.trim().is_empty()) {
                let extra = row.cells[width..].join(" | ");
                findings.push(
                    Finding::new(FindingCode::RaggedRow, "", &extra, "kept here, in no column")
                        .at_row(row.number),
                );
            }
            row.cells.truncate(width);
        }
        row.cells.resize(width, String::new());
        rows.push(row);
    }
    Ok(Table { format, columns, rows, findings })
}

/// Whether a cell holds a number long enough to be somebody's.
fn has_number(row: &Row) -> bool {
    let number = |cell: &str| {
        let one_word = !cell.contains([' ', '/', ':', ',']);
        let date = cell.contains('-') && moment::read(cell, DateOrder::YearMonthDay).value.is_some();
        one_word && !date && cell.bytes().filter(u8::is_ascii_digit).count() >= 5
    };
    row.cells.iter().any(|cell| number(cell.trim()))
}

fn filled(row: &Row) -> usize {
    row.cells.iter().filter(|cell| !cell.trim().is_empty()).count()
}

fn joined(row: &Row) -> String {
    let cells: Vec<String> = row.cells.iter().map(|cell| collapse(cell)).collect();
    cells.join(" | ")
}

/// The first row that is as wide as the table, has distinct entries and none that looks like data.
fn find(rows: &[Row]) -> Option<usize> {
    let mut widths: HashMap<usize, usize> = HashMap::new();
    for row in rows.iter().take(400) {
        *widths.entry(filled(row)).or_default() += 1;
    }
    widths.remove(&0);
    // The usual width; a list mostly of half-filled rows still has its names over all columns.
    let usual =
        widths.into_iter().max_by_key(|(width, count)| (*count * *width, *width)).map(|(width, _)| width)?;
    let looks_like_names = |row: &Row| {
        let cells: Vec<String> =
            row.cells.iter().filter(|cell| !cell.trim().is_empty()).map(|cell| fold(cell)).collect();
        let mut distinct = cells.clone();
        distinct.sort_unstable();
        distinct.dedup();
        cells.len() * 10 >= usual * 6
            && distinct.len() * 10 >= cells.len() * 9
            && !is_sequence(&cells)
            && cells.iter().all(|cell| {
                !cell.is_empty()
                    && cell.len() <= 80
                    && cell.bytes().filter(u8::is_ascii_digit).count() * 2 < cell.len().max(2)
            })
    };
    rows.iter().take(LOOK).position(looks_like_names)
}

/// Spreadsheet column letters or column numbers in order, as page headers of a printed sheet have. A short run of
/// numbers may be data.
fn is_sequence(cells: &[String]) -> bool {
    let letters = || cells.iter().enumerate().all(|(at, cell)| *cell == column_letters(at));
    let numbers = || cells.iter().enumerate().all(|(at, cell)| *cell == (at + 1).to_string());
    (cells.len() >= 3 && letters()) || (cells.len() >= 6 && numbers())
}

fn column_letters(mut at: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(b'a' + (at % 26) as u8);
        at /= 26;
        if at == 0 {
            break;
        }
        at -= 1;
    }
    letters.reverse();
    String::from_utf8_lossy(&letters).into_owned()
}

fn is_page_header(row: &Row, header: &[String]) -> bool {
    let cells: Vec<String> = row.cells.iter().map(|cell| fold(cell)).collect();
    if is_sequence(&cells) {
        return true;
    }
    let named = header.iter().filter(|name| !name.is_empty()).count();
    let repeated = cells.iter().zip(header).filter(|(cell, name)| !name.is_empty() && cell == name).count();
    named >= 2 && repeated * 10 >= named * 8
}

fn name_columns(cells: &[String]) -> Vec<String> {
    let last = cells.iter().rposition(|cell| !cell.trim().is_empty()).map_or(0, |at| at + 1);
    let mut seen: HashMap<String, usize> = HashMap::new();
    cells[..last]
        .iter()
        .enumerate()
        .map(|(at, cell)| {
            let name = collapse(cell);
            let name = if name.is_empty() { format!("column {}", at + 1) } else { name };
            let count = seen.entry(name.clone()).or_default();
            *count += 1;
            if *count == 1 { name } else { format!("{name} ({count})") }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn column_letters_count_as_a_spreadsheet_does() {
        assert_eq!(["a", "z", "aa", "az", "ba"], [0, 25, 26, 51, 52].map(column_letters)[..]);
    }
}
