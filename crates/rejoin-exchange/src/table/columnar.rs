//! A table as Parquet, its provenance as metadata of the file.

use super::{Cell, Kind, Provenance, Table, TableError};
use crate::Language;
use arrow_array::{
    ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use std::sync::Arc;

/// What every key of the provenance begins with.
const KEY: &str = "rejoin.";

/// The table as Parquet: every column may be null, moments are UTC, and the metadata has `rejoin.case`,
/// `rejoin.as-of` and so on.
///
/// # Errors
/// When a row does not fit the columns, or the writer refuses the table.
pub fn parquet(table: &Table, provenance: &Provenance) -> Result<Vec<u8>, TableError> {
    table.check()?;
    let failed = |reason: String| TableError::Format { format: "Parquet", reason };
    let fields: Vec<Field> = table
        .columns
        .iter()
        .map(|(name, kind)| {
            let data = match kind {
                Kind::Text => DataType::Utf8,
                Kind::Integer => DataType::Int64,
                Kind::Number => DataType::Float64,
                Kind::Date => DataType::Date32,
                Kind::Moment => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            };
            Field::new(name, data, true)
        })
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let mut metadata: Vec<KeyValue> = provenance
        .lines(Language::English)
        .into_iter()
        .map(|(key, _, value)| KeyValue::new(format!("{KEY}{key}"), value))
        .collect();
    metadata.push(KeyValue::new(format!("{KEY}table"), table.name.clone()));
    let properties = WriterProperties::builder()
        .set_created_by("rejoin".to_owned())
        .set_compression(Compression::SNAPPY)
        .set_key_value_metadata(Some(metadata))
        .build();
    let arrays: Vec<ArrayRef> =
        table.columns.iter().enumerate().map(|(at, (_, kind))| array(table, at, *kind)).collect();
    let mut writer = ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties))
        .map_err(|error| failed(error.to_string()))?;
    if !table.rows.is_empty() && !arrays.is_empty() {
        let batch = RecordBatch::try_new(schema, arrays).map_err(|error| failed(error.to_string()))?;
        writer.write(&batch).map_err(|error| failed(error.to_string()))?;
    }
    writer.into_inner().map_err(|error| failed(error.to_string()))
}

fn array(table: &Table, at: usize, kind: Kind) -> ArrayRef {
    let cells = table.rows.iter().map(|row| &row[at]);
    match kind {
        Kind::Text => Arc::new(StringArray::from_iter(cells.map(|cell| match cell {
            Cell::Text(text) => Some(text.as_str()),
            _ => None,
        }))),
        Kind::Integer => Arc::new(Int64Array::from_iter(cells.map(|cell| match cell {
            Cell::Integer(number) => Some(*number),
            _ => None,
        }))),
        Kind::Number => Arc::new(Float64Array::from_iter(cells.map(|cell| match cell {
            Cell::Number(number) => Some(*number),
            Cell::Integer(number) => Some(*number as f64),
            _ => None,
        }))),
        Kind::Date => Arc::new(Date32Array::from_iter(cells.map(|cell| match cell {
            Cell::Date(days) => Some(*days),
            _ => None,
        }))),
        Kind::Moment => {
            let moments = TimestampMicrosecondArray::from_iter(cells.map(|cell| match cell {
                Cell::Moment(micros) => Some(*micros),
                _ => None,
            }));
            Arc::new(moments.with_timezone("UTC"))
        }
    }
}
