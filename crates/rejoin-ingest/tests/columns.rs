//! Columns of whole files: the same whichever way they come in, and back again after they were written.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use arrow_array::{ArrayRef, DictionaryArray, Int32Array, RecordBatch, StringArray, types::Int32Type};
use arrow_schema::DataType;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use rejoin_ingest::columns::{self, Made, TextColumn};
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;

fn parquet(columns: &[(&str, ArrayRef)], rows_of_group: usize) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns.iter().cloned()).unwrap();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(rows_of_group)).build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn texts<'a>(values: impl IntoIterator<Item = &'a str>) -> ArrayRef {
    Arc::new(StringArray::from_iter(values.into_iter().map(|value| (!value.is_empty()).then_some(value))))
}

fn said(column: &TextColumn) -> Vec<&str> {
    (0..column.codes.len()).map(|row| column.said(row).unwrap_or("")).collect()
}

const IDS: [&str; 7] = ["c-1", "a-2", "b-3", "é-4", "c-15", "z", "a-22"];
const TOWNS: [&str; 7] = ["nebaj", "", "huehuetenango", "nebaj", "", "nebaj", "cobán"];

#[test]
fn one_table_in_every_form_and_in_row_groups() {
    let csv: String =
        IDS.iter().zip(TOWNS).fold("id,town\n".into(), |text, (id, town)| text + &format!("{id},{town}\n"));
    let mut forms = vec![csv.into_bytes()];
    forms.extend([1, 2, 3, 100].map(|rows| parquet(&[("id", texts(IDS)), ("town", texts(TOWNS))], rows)));
    for (at, bytes) in forms.into_iter().enumerate() {
        let opened = columns::open(Cursor::new(&bytes), Some("id")).unwrap();
        assert_eq!(opened, columns::read(bytes, Some("id")).unwrap(), "{at}");
        assert_eq!((said(&opened[0]), said(&opened[1])), (IDS.to_vec(), TOWNS.to_vec()), "{at}");
        assert_eq!(opened[1].values.len(), 3, "{at}: each town once");
    }
}

/// Chunks of one column lie beside each other in the file.
#[test]
fn a_single_column_in_row_groups() {
    let bytes = parquet(&[("id", texts(IDS))], 2);
    for ids in [None, Some("id")] {
        assert_eq!(said(&columns::open(Cursor::new(&bytes), ids).unwrap()[0]), IDS);
    }
}

/// A file may keep ids as a dictionary in an order of its own; each row's value is its own nevertheless.
#[test]
fn ids_that_are_a_dictionary_in_another_order() {
    let keys = Int32Array::from(vec![2, 0, 1, 0]);
    let coded = DictionaryArray::<Int32Type>::new(keys, Arc::new(StringArray::from(vec!["a", "b", "c"])));
    let bytes = parquet(&[("id", Arc::new(coded))], 100);
    let column = &columns::open(Cursor::new(&bytes), Some("id")).unwrap()[0];
    assert_eq!((said(column), column.values.len()), (vec!["c", "a", "b", "a"], 4));
    assert!(column.codes.iter().zip(0..).all(|(code, row)| *code == row));
}

/// A pipe gives its bytes once, in order.
struct Pipe(Cursor<Vec<u8>>);

impl Read for Pipe {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(to)
    }
}

impl Seek for Pipe {
    fn seek(&mut self, _: SeekFrom) -> std::io::Result<u64> {
        Err(std::io::ErrorKind::NotSeekable.into())
    }
}

#[test]
fn parquet_through_a_pipe() {
    let bytes = parquet(&[("id", texts(IDS)), ("town", texts(TOWNS))], 3);
    assert_eq!(said(&columns::open(Pipe(Cursor::new(bytes)), Some("id")).unwrap()[1]), TOWNS);
}

/// Whatever a byte of a file is changed to, it is read or refused.
#[test]
fn damaged_parquet_is_refused_and_nothing_else_happens() {
    let whole = parquet(&[("id", texts(IDS)), ("town", texts(TOWNS))], 3);
    let mut refused = 0;
    for at in (4..whole.len()).step_by(3) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        refused += usize::from(columns::open(Cursor::new(&bytes), Some("id")).is_err());
        assert!(columns::open(Cursor::new(&whole[..at]), Some("id")).is_err(), "cut at {at}");
    }
    assert!(refused > 50, "{refused}");
}

#[test]
fn what_is_written_is_read_again() {
    for rows in [0, 1, 8_193] {
        let ids: Vec<String> = (0..rows).map(|row| format!("ñ-{}{}", row % 3, "0".repeat(row % 5))).collect();
        let column = Made::new(DataType::Utf8, rows, |range| {
            Arc::new(StringArray::from_iter_values(ids[range].iter())) as ArrayRef
        });
        let mut bytes = Vec::new();
        columns::write_parquet(vec![("id".into(), column)], &mut bytes).unwrap();
        assert_eq!(said(&columns::read(bytes, None).unwrap()[0]), ids);
    }
}
