//! Parquet and Arrow IPC (Feather 2): each value as its text.

use super::{ReadError, Row, Table};
use arrow_array::RecordBatch;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::ArrowError;
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::io::Cursor;

/// Reads a Parquet file.
pub(super) fn parquet(bytes: &[u8]) -> Result<Table, ReadError> {
    let damaged = |reason: String| ReadError::Damaged { format: "Parquet", reason };
    // Readers of foreign bytes are fenced: a panic in a library must not take the case down.
    fenced("Parquet", || {
        let builder = ParquetRecordBatchReaderBuilder::try_new(Bytes::copy_from_slice(bytes))
            .map_err(|error| damaged(error.to_string()))?;
        let batches = builder.build().map_err(|error| damaged(error.to_string()))?;
        table("Parquet", batches)
    })
}

/// Reads an Arrow IPC file.
pub(super) fn arrow(bytes: &[u8]) -> Result<Table, ReadError> {
    fenced("Arrow", || {
        let reader = arrow_ipc::reader::FileReader::try_new(Cursor::new(bytes), None)
            .map_err(|error| ReadError::Damaged { format: "Arrow", reason: error.to_string() })?;
        table("Arrow", reader)
    })
}

/// Runs a parser of foreign bytes so that its panic becomes a [`ReadError::Damaged`].
pub(super) fn fenced(
    format: &'static str,
    parse: impl FnOnce() -> Result<Table, ReadError>,
) -> Result<Table, ReadError> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(parse)).unwrap_or_else(|_| {
        Err(ReadError::Damaged { format, reason: "its parts contradict each other".into() })
    })
}

fn table(
    format: &'static str,
    batches: impl Iterator<Item = Result<RecordBatch, ArrowError>>,
) -> Result<Table, ReadError> {
    let damaged = |error: ArrowError| ReadError::Damaged { format, reason: error.to_string() };
    let mut table = Table { format: format.into(), ..Table::default() };
    let options = FormatOptions::default().with_null("");
    for batch in batches {
        let batch = batch.map_err(damaged)?;
        if table.columns.is_empty() {
            table.columns = batch.schema().fields().iter().map(|field| field.name().clone()).collect();
        }
        let formatters: Vec<ArrayFormatter> = batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column.as_ref(), &options))
            .collect::<Result<_, _>>()
            .map_err(damaged)?;
        for at in 0..batch.num_rows() {
            let mut cells = Vec::with_capacity(formatters.len());
            for formatter in &formatters {
                cells.push(formatter.value(at).try_to_string().map_err(damaged)?);
            }
            table.rows.push(Row { number: table.rows.len() as u32 + 1, cells });
        }
    }
    match table.columns.is_empty() {
        true => Err(ReadError::Empty),
        false => Ok(table),
    }
}
