//! Workbooks: XLSX, XLS, XLSB, ODS. The sheet with the most filled rows is the list; the others are findings.

use super::columnar::fenced;
use super::{ReadError, Row, Table, header};
use calamine::{Data, Reader, Sheets, Xlsx, open_workbook_auto_from_rs};
use rejoin_model::{Finding, FindingCode};
use std::io::Cursor;

/// Reads a workbook.
pub(super) fn read(bytes: &[u8]) -> Result<Table, ReadError> {
    fenced("workbook", || parse(bytes))
}

fn parse(bytes: &[u8]) -> Result<Table, ReadError> {
    let damaged = |reason: String| ReadError::Damaged { format: "workbook", reason };
    let mut workbook =
        open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(|error| damaged(error.to_string()))?;
    let mut sheets: Vec<(String, Vec<Row>)> = Vec::new();
    for name in workbook.sheet_names() {
        if let Sheets::Xlsx(book) = &mut workbook {
            extent(book, &name)?;
        }
        let range = workbook.worksheet_range(&name).map_err(|error| damaged(error.to_string()))?;
        let first = range.start().map_or(0, |(row, _)| row);
        let rows: Vec<Row> = range
            .rows()
            .enumerate()
            .map(|(at, cells)| Row { number: first + at as u32 + 1, cells: cells.iter().map(cell).collect() })
            .filter(|row| row.cells.iter().any(|cell| !cell.is_empty()))
            .collect();
        sheets.push((name, rows));
    }
    let chosen = (0..sheets.len()).rev().max_by_key(|at| sheets[*at].1.len()).ok_or(ReadError::Empty)?;
    let (name, rows) = sheets.swap_remove(chosen);
    if rows.is_empty() {
        return Err(ReadError::Empty);
    }
    let mut table = header::table(format!("workbook, sheet {name:?}"), rows)?;
    table.findings.extend(sheets.iter().filter(|(_, rows)| !rows.is_empty()).map(|(other, rows)| {
        let said = format!("sheet {other:?} with {} rows", rows.len());
        Finding::new(FindingCode::SheetNotRead, "", &said, format!("sheet {name:?} was read"))
    }));
    Ok(table)
}

/// Cells, filled or not, between the first and the last of a sheet above which it is refused: the parser lays them all
/// out, so two stray cells in opposite corners would ask for half a terabyte.
const MOST_CELLS: u64 = 100_000_000;

fn extent(book: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<(), ReadError> {
    // A sheet that cannot be walked is reported by whoever reads it.
    let Ok(mut cells) = book.worksheet_cells_reader(name) else { return Ok(()) };
    let (mut rows, mut columns) = (0u64, 0u64);
    while let Ok(Some(cell)) = cells.next_cell() {
        let (row, column) = cell.get_position();
        rows = rows.max(u64::from(row) + 1);
        columns = columns.max(u64::from(column) + 1);
        if rows * columns > MOST_CELLS {
            return Err(ReadError::TooWide { columns: columns as usize });
        }
    }
    Ok(())
}

/// The cell as the sheet shows it; dates as ISO, whole numbers without a fraction.
fn cell(data: &Data) -> String {
    match data {
        Data::Empty => String::new(),
        Data::String(text) => text.trim().to_owned(),
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{}", *number as i64),
        Data::DateTime(moment) if moment.is_datetime() => {
            let (year, month, day, hour, minute, ..) = moment.to_ymd_hms_milli();
            match moment.as_f64().fract() == 0.0 {
                true => format!("{year:04}-{month:02}-{day:02}"),
                false => format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}"),
            }
        }
        Data::DateTime(duration) => duration.as_f64().to_string(),
        Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Error(_) => String::new(),
        other => other.to_string(),
    }
}
