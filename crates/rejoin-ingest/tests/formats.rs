//! Two ways to the same answer: one list in every format gives the same cells.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use rejoin_ingest::table::read;
use std::io::Write;
use std::sync::Arc;

const COLUMNS: [&str; 3] = ["First Name", "Age", "Date of Birth"];
const ROWS: [[&str; 3]; 3] = [["José", "7", "2011-03-04"], ["María", "", "2012-12-31"], ["Ñ \"Q\"", "3", ""]];

fn batch() -> RecordBatch {
    let text = |at: usize| -> ArrayRef {
        Arc::new(
            ROWS.iter().map(|row| Some(row[at]).filter(|cell| !cell.is_empty())).collect::<StringArray>(),
        )
    };
    let ages: ArrayRef = Arc::new(ROWS.iter().map(|row| row[1].parse::<i64>().ok()).collect::<Int64Array>());
    RecordBatch::try_from_iter(COLUMNS.into_iter().zip([text(0), ages, text(2)])).unwrap()
}

fn comma_separated() -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).unwrap();
    ROWS.iter().for_each(|row| writer.write_record(row).unwrap());
    writer.into_inner().unwrap()
}

fn json_lines() -> Vec<u8> {
    let line = |row: &[&str; 3]| {
        let age = row[1].parse::<i64>().ok();
        format!("{}\n", serde_json::json!({COLUMNS[0]: row[0], COLUMNS[1]: age, COLUMNS[2]: row[2]}))
    };
    ROWS.iter().map(line).collect::<String>().into_bytes()
}

fn workbook() -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let notes = book.add_worksheet();
    notes.set_name("Notes").unwrap();
    notes.write_string(0, 0, "prepared by a clerk").unwrap();
    let sheet = book.add_worksheet();
    sheet.set_name("Children").unwrap();
    sheet.write_string(0, 0, "Children in shelters").unwrap();
    for (at, column) in COLUMNS.iter().enumerate() {
        sheet.write_string(2, at as u16, *column).unwrap();
    }
    let date = rust_xlsxwriter::Format::new().set_num_format("m/d/yyyy");
    for (at, row) in ROWS.iter().enumerate() {
        let line = at as u32 + 3;
        sheet.write_string(line, 0, row[0]).unwrap();
        if let Ok(age) = row[1].parse::<f64>() {
            sheet.write_number(line, 1, age).unwrap();
        }
        if !row[2].is_empty() {
            let day = rust_xlsxwriter::ExcelDateTime::parse_from_str(row[2]).unwrap();
            sheet.write_datetime_with_format(line, 2, &day, &date).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

fn parquet() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut bytes, batch().schema(), None).unwrap();
    writer.write(&batch()).unwrap();
    writer.close().unwrap();
    bytes
}

fn feather() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = arrow_ipc::writer::FileWriter::try_new(&mut bytes, &batch().schema()).unwrap();
    writer.write(&batch()).unwrap();
    writer.finish().unwrap();
    drop(writer);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn every_format_gives_the_same_cells() {
    let files = [comma_separated(), json_lines(), workbook(), parquet(), feather()];
    for bytes in files.iter().cloned().chain(files.iter().map(|bytes| gzip(bytes))) {
        let table = read(&bytes).unwrap();
        assert_eq!(table.columns, COLUMNS, "{}", table.format);
        let cells: Vec<&[String]> = table.rows.iter().map(|row| row.cells.as_slice()).collect();
        assert_eq!(cells, ROWS, "{}", table.format);
    }
}

#[test]
fn a_workbook_says_which_sheet_was_not_read_and_keeps_row_numbers() {
    let table = read(&workbook()).unwrap();
    assert_eq!(table.rows[0].number, 4);
    let codes: Vec<&str> = table.findings.iter().map(|finding| finding.code.word()).collect();
    assert_eq!(codes, ["title-line", "sheet-not-read"]);
}

#[test]
fn what_is_no_table_is_refused_with_a_reason() {
    let truncated = |bytes: Vec<u8>| bytes[..bytes.len() / 2].to_vec();
    for bytes in
        [truncated(workbook()), truncated(parquet()), truncated(feather()), truncated(gzip(&parquet()))]
    {
        let error = read(&bytes).unwrap_err();
        assert!(error.to_string().contains("not a readable"), "{error}");
        assert!(!error.hint().is_empty());
    }
    assert_eq!(read(b" \n ").unwrap_err().to_string(), "the file is empty");
    assert_eq!(
        read(&gzip(&gzip(b"a,b\n1,2\n"))).unwrap_err().to_string(),
        "not a readable gzip file: a gzip file inside a gzip file"
    );
}
