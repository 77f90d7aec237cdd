//! Files to dictionary-encoded columns of text, for work on millions of rows that needs no row-by-row findings; and
//! columns to Parquet. Clean text and Parquet are read without ever holding rows; everything else by [`table::read`].

use crate::table::{self, ReadError, delimited};
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use bytes::Bytes;
use hashbrown::{DefaultHashBuilder, HashTable};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rayon::prelude::*;
use std::hash::BuildHasher;

/// No value in a row.
pub const NONE: u32 = u32::MAX;

/// One column: each distinct value once, in the order of first appearance, trimmed of white space.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TextColumn {
    /// Its name as written, trimmed.
    pub name: String,
    /// Row → value, or [`NONE`] where nothing is written.
    pub codes: Vec<u32>,
    /// The distinct values.
    pub values: Vec<String>,
}

#[derive(Default)]
struct Builder {
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
    values: Vec<String>,
    codes: Vec<u32>,
}

impl Builder {
    fn push(&mut self, value: &str) {
        let value = value.trim();
        let code = match value {
            "" => NONE,
            value => {
                let (values, hasher) = (&self.values, &self.hasher);
                let found = self.index.entry(
                    hasher.hash_one(value),
                    |code| values[*code as usize] == value,
                    |code| hasher.hash_one(values[*code as usize].as_str()),
                );
                let next = self.values.len() as u32;
                let code = *found.or_insert(next).get();
                if code == next {
                    self.values.push(value.to_owned());
                }
                code
            }
        };
        self.codes.push(code);
    }

    fn finish(self, name: &str) -> TextColumn {
        TextColumn { name: name.trim().to_owned(), codes: self.codes, values: self.values }
    }
}

/// Reads the columns of a file in any format that [`table::read`] knows.
///
/// # Errors
/// When there is no table to be had.
pub fn read(bytes: Vec<u8>) -> Result<Vec<TextColumn>, ReadError> {
    if bytes.starts_with(b"PAR1") {
        return parquet(bytes);
    }
    if let Some(columns) = text(&bytes) {
        return Ok(columns);
    }
    let table = table::read(&bytes)?;
    Ok((0..table.columns.len())
        .into_par_iter()
        .map(|at| {
            let mut builder = Builder::default();
            table.rows.iter().for_each(|row| builder.push(&row.cells[at]));
            builder.finish(&table.columns[at])
        })
        .collect())
}

/// Delimited text that is clean: UTF-8, a first line of names, every record as wide as that line.
fn text(bytes: &[u8]) -> Option<Vec<TextColumn>> {
    let binary = bytes.starts_with(&[0x1f, 0x8b]) || bytes.starts_with(b"PK") || bytes.starts_with(b"ARROW");
    if binary || bytes.first().is_none_or(|first| matches!(first, b'{' | b'[')) || bytes.contains(&0) {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimited::sniff(text))
        .has_headers(false)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    if !reader.read_record(&mut record).ok()? {
        return None;
    }
    let names: Vec<String> = record.iter().map(str::to_owned).collect();
    let named = names.iter().all(|name| !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()));
    let mut distinct = names.clone();
    distinct.sort();
    distinct.dedup();
    if names.len() < 2 || !named || distinct.len() < names.len() {
        return None;
    }
    // Records are cut by one thread in batches, and encoded by all, a column each.
    let mut builders: Vec<Builder> = names.iter().map(|_| Builder::default()).collect();
    loop {
        let mut batch = Vec::with_capacity(65_536);
        while batch.len() < 65_536 && reader.read_record(&mut record).ok()? {
            batch.push(record.clone());
        }
        builders
            .par_iter_mut()
            .enumerate()
            .for_each(|(at, builder)| batch.iter().for_each(|record| builder.push(&record[at])));
        if batch.len() < 65_536 {
            break;
        }
    }
    Some(builders.into_iter().zip(&names).map(|(builder, name)| builder.finish(name)).collect())
}

fn parquet(bytes: Vec<u8>) -> Result<Vec<TextColumn>, ReadError> {
    let damaged = |reason: String| ReadError::Damaged { format: "Parquet", reason };
    let bytes = Bytes::from(bytes);
    let open = || {
        ParquetRecordBatchReaderBuilder::try_new(bytes.clone()).map_err(|error| damaged(error.to_string()))
    };
    let names: Vec<String> = open()?.schema().fields().iter().map(|field| field.name().clone()).collect();
    // A reader a column, so that all threads decode.
    let column = |at: usize| {
        let builder = open()?;
        let mask = parquet::arrow::ProjectionMask::roots(builder.parquet_schema(), [at]);
        let reader = builder
            .with_projection(mask)
            .with_batch_size(65_536)
            .build()
            .map_err(|error| damaged(error.to_string()))?;
        let mut own = Builder::default();
        for batch in reader {
            let batch = batch.map_err(|error| damaged(error.to_string()))?;
            let text = arrow_cast::cast(batch.column(0), &arrow_schema::DataType::Utf8)
                .map_err(|error| damaged(error.to_string()))?;
            let text = text.as_any().downcast_ref::<StringArray>();
            for value in text.into_iter().flatten() {
                own.push(value.unwrap_or(""));
            }
        }
        Ok(own.finish(&names[at]))
    };
    let fenced = |at| {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| column(at)))
            .unwrap_or_else(|_| Err(damaged("its parts contradict each other".into())))
    };
    (0..names.len()).into_par_iter().map(fenced).collect()
}

/// Writes columns of one length as Parquet.
///
/// # Errors
/// When the columns differ in length, or the bytes cannot be written.
pub fn write_parquet(columns: Vec<(String, ArrayRef)>, to: impl std::io::Write + Send) -> Result<(), String> {
    let batch = RecordBatch::try_from_iter(columns).map_err(|error| error.to_string())?;
    let properties = parquet::file::properties::WriterProperties::builder()
        .set_compression(parquet::basic::Compression::SNAPPY)
        .build();
    let mut writer =
        ArrowWriter::try_new(to, batch.schema(), Some(properties)).map_err(|error| error.to_string())?;
    writer.write(&batch).map_err(|error| error.to_string())?;
    writer.close().map(|_| ()).map_err(|error| error.to_string())
}
