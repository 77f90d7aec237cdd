//! A workbook's cells, sheet by sheet.

use crate::Error;
use crate::text::folded;
use crate::xlsx::DATA_SHEET;
use calamine::{Data, Reader, Xlsx, XlsxError};
use std::io::Cursor;

fn damaged(error: &XlsxError) -> Error {
    Error::Damaged { format: "XLSX", reason: error.to_string() }
}

fn open(bytes: &[u8]) -> Result<Xlsx<Cursor<&[u8]>>, Error> {
    Xlsx::new(Cursor::new(bytes)).map_err(|error| damaged(&error))
}

/// Every cell but those of the data sheet. A number is given as its digits, without the marks between thousands.
pub(super) fn text(bytes: &[u8]) -> Result<Vec<String>, Error> {
    let mut workbook = open(bytes)?;
    let mut cells = Vec::new();
    for sheet in workbook.sheet_names() {
        if sheet == DATA_SHEET {
            continue;
        }
        let range = workbook.worksheet_range(&sheet).map_err(|error| damaged(&error))?;
        cells.extend(range.used_cells().map(|(_, _, cell)| match cell {
            Data::String(text) => folded(text),
            other => other.to_string(),
        }));
    }
    cells.retain(|cell| !cell.is_empty());
    Ok(cells)
}

/// The data sheet's cells, one after the other.
pub(super) fn data(bytes: &[u8]) -> Result<String, Error> {
    let mut workbook = open(bytes)?;
    if !workbook.sheet_names().iter().any(|sheet| sheet == DATA_SHEET) {
        return Err(Error::NoData);
    }
    let range = workbook.worksheet_range(DATA_SHEET).map_err(|error| damaged(&error))?;
    Ok(range.used_cells().map(|(_, _, cell)| cell.to_string()).collect())
}
