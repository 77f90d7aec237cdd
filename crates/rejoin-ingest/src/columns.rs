//! Files to dictionary-encoded columns of text, for work on millions of rows that needs no row-by-row findings; and
//! columns to Parquet. Clean text and Parquet are read without ever holding rows; everything else by [`table::read`].

use crate::table::{self, ReadError, delimited};
use arrow_array::{Array, ArrayRef, DictionaryArray, StringArray, types::Int32Type};
use arrow_buffer::ScalarBuffer;
use arrow_schema::{DataType, Field, Schema};
use bytes::{Buf, Bytes};
use hashbrown::DefaultHashBuilder;
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::arrow::arrow_writer::{ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::{Compression, Encoding};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::writer::SerializedFileWriter;
use rayon::prelude::*;
use std::hash::BuildHasher;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// No value in a row.
pub const NONE: u32 = u32::MAX;

/// Many short texts in one piece of memory: a million of them one by one would cost more than the text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Texts {
    text: String,
    ends: Vec<usize>,
}

impl Texts {
    /// Appends one.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The text at an index; empty beyond the last.
    #[inline]
    pub fn get(&self, at: usize) -> &str {
        let (from, to) = self.span(at);
        &self.text[from..to]
    }

    /// Where the text at an index stands.
    #[inline]
    fn span(&self, at: usize) -> (usize, usize) {
        let Some(end) = self.ends.get(at) else { return (0, 0) };
        (at.checked_sub(1).map_or(0, |before| self.ends[before]), *end)
    }

    /// Each, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &str> + ExactSizeIterator + Clone {
        (0..self.len()).map(|at| self.get(at))
    }
}

/// One column: each distinct value once, in the order of first appearance, trimmed of white space.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TextColumn {
    /// Its name as written, trimmed.
    pub name: String,
    /// Row → value, or [`NONE`] where nothing is written.
    pub codes: ScalarBuffer<u32>,
    /// The distinct values; of the column of ids every row's value, repeated or not.
    pub values: Texts,
}

impl TextColumn {
    /// What a row says, if it says something.
    #[inline]
    pub fn said(&self, row: usize) -> Option<&str> {
        match self.codes[row] {
            NONE => None,
            code => Some(self.values.get(code as usize)),
        }
    }
}

#[derive(Default)]
struct Builder {
    /// Open addressing: the hash of a value in the upper half, its code in the lower. Growing it reads no text again.
    index: Vec<u64>,
    hasher: DefaultHashBuilder,
    values: Texts,
    codes: Vec<u32>,
    /// A column of ids: values are not looked up, as no two should be the same.
    ids: bool,
}

/// Without white space around it; most values have none, which their first and last byte tell.
fn trimmed(said: &str) -> &str {
    let ink = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    let bytes = said.as_bytes();
    if ink(bytes.first()) && ink(bytes.last()) { said } else { said.trim() }
}

/// An empty place of an index. Not zero: memory that comes zeroed and is read before it is written to is given twice, and
/// all threads wait for it.
const EMPTY: u64 = u64::MAX;

/// Values that are looked up together.
const BATCH: usize = 256;

impl Builder {
    fn new(ids: bool) -> Self {
        Self { ids, ..Self::default() }
    }

    /// Makes room for a batch in the index.
    fn grow(&mut self) {
        if (self.values.len() + BATCH) * 4 < self.index.len() * 3 {
            return;
        }
        let size = (self.index.len() * 4).max(BATCH * 4);
        let before = std::mem::replace(&mut self.index, vec![EMPTY; size]);
        for entry in before.into_iter().filter(|entry| *entry != EMPTY) {
            let mut at = (entry >> 32) as usize & (size - 1);
            while self.index[at] != EMPTY {
                at = (at + 1) & (size - 1);
            }
            self.index[at] = entry;
        }
    }

    /// The code of a value whose hash is known.
    fn find(&mut self, value: &str, hash: u32) -> u32 {
        let mask = self.index.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let entry = self.index[at];
            if entry == EMPTY {
                let code = self.values.len() as u32;
                self.values.push(value);
                self.index[at] = u64::from(hash) << 32 | u64::from(code);
                return code;
            }
            let code = entry as u32;
            if (entry >> 32) as u32 == hash && self.values.get(code as usize) == value {
                return code;
            }
            at = (at + 1) & mask;
        }
    }

    /// Gives `take` the code of each value in order, and [`NONE`] for those that say nothing. A table of many values does
    /// not fit the cache, so each step of looking up is taken for a whole batch: then no step waits for the one before.
    fn codes<'a>(&mut self, mut said: impl Iterator<Item = &'a str>, mut take: impl FnMut(&mut Self, u32)) {
        let mut batch: Vec<&str> = Vec::with_capacity(BATCH);
        let mut met: Vec<(u32, u64)> = Vec::with_capacity(BATCH);
        let mut spans: Vec<(usize, usize)> = Vec::with_capacity(BATCH);
        loop {
            batch.clear();
            batch.extend(said.by_ref().take(BATCH).map(trimmed));
            if batch.is_empty() {
                return;
            }
            if self.ids {
                for value in &batch {
                    let code = if value.is_empty() { NONE } else { self.values.len() as u32 };
                    if code != NONE {
                        self.values.push(value);
                    }
                    take(self, code);
                }
                continue;
            }
            self.grow();
            let mask = self.index.len() - 1;
            met.clear();
            met.extend(batch.iter().map(|value| {
                let hash = self.hasher.hash_one(value) as u32;
                (hash, self.index[hash as usize & mask])
            }));
            spans.clear();
            spans.extend(met.iter().map(|(_, entry)| self.values.span(*entry as u32 as usize)));
            for ((value, (hash, entry)), (from, to)) in batch.iter().zip(&met).zip(&spans) {
                let code = if value.is_empty() {
                    NONE
                } else if (entry >> 32) as u32 == *hash
                    && *entry != EMPTY
                    && self.values.text[*from..*to] == **value
                {
                    *entry as u32
                } else {
                    self.find(value, *hash)
                };
                take(self, code);
            }
        }
    }

    fn extend<'a>(&mut self, said: impl Iterator<Item = &'a str>) {
        self.codes(said, |own, code| own.codes.push(code));
    }

    fn finish(self, name: &str) -> TextColumn {
        TextColumn { name: name.trim().to_owned(), codes: self.codes.into(), values: self.values }
    }
}

/// What a Parquet file begins with.
const PARQUET: &[u8] = b"PAR1";

/// As [`read`], from what can be sought in, as a file; of Parquet in a file no more is held than
/// the columns that are being decoded.
///
/// # Errors
/// When the bytes cannot be had, or there is no table to be had.
pub fn open(mut from: impl Read + Seek + Send, ids: Option<&str>) -> Result<Vec<TextColumn>, OpenError> {
    let mut bytes = Vec::new();
    Read::by_ref(&mut from).take(PARQUET.len() as u64).read_to_end(&mut bytes)?;
    // A pipe cannot be sought in, and is read to its end.
    if bytes == PARQUET
        && let Ok(len) = from.seek(SeekFrom::End(0))
    {
        return Ok(parquet(&Shared { from: Mutex::new(from), len }, ids)?);
    }
    from.read_to_end(&mut bytes)?;
    Ok(read(bytes, ids)?)
}

/// Why a file gave no columns.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its bytes could not be had.
    #[error(transparent)]
    Bytes(#[from] std::io::Error),
    /// Its bytes are no table.
    #[error(transparent)]
    Table(#[from] ReadError),
}

/// Reads the columns of a file in any format that [`table::read`] knows. `ids`: the column that identifies rows, if there
/// is one.
///
/// # Errors
/// When there is no table to be had.
pub fn read(bytes: Vec<u8>, ids: Option<&str>) -> Result<Vec<TextColumn>, ReadError> {
    if bytes.starts_with(PARQUET) {
        return parquet(&Bytes::from(bytes), ids);
    }
    if let Some(columns) = text(&bytes, ids) {
        return Ok(columns);
    }
    let table = table::read(&bytes)?;
    Ok((0..table.columns.len())
        .into_par_iter()
        .map(|at| {
            let mut builder = Builder::new(ids == Some(table.columns[at].trim()));
            builder.extend(table.rows.iter().map(|row| row.cells[at].as_str()));
            builder.finish(&table.columns[at])
        })
        .collect())
}

/// Delimited text that is clean: UTF-8, a first line of names, every record as wide as that line.
fn text(bytes: &[u8], ids: Option<&str>) -> Option<Vec<TextColumn>> {
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
    let mut builders: Vec<Builder> =
        names.iter().map(|name| Builder::new(ids == Some(name.trim()))).collect();
    loop {
        let mut batch = Vec::with_capacity(65_536);
        while batch.len() < 65_536 && reader.read_record(&mut record).ok()? {
            batch.push(record.clone());
        }
        builders
            .par_iter_mut()
            .enumerate()
            .for_each(|(at, builder)| builder.extend(batch.iter().map(|record| &record[at])));
        if batch.len() < 65_536 {
            break;
        }
    }
    Some(builders.into_iter().zip(&names).map(|(builder, name)| builder.finish(name)).collect())
}

/// Rows that are decoded at a time: few, so that what they take stays in the cache, and is not given back to the system
/// and asked for again each time, for which all threads would wait.
const DECODED: usize = 1 << 13;

/// Whether a column of text is dictionary-encoded in the file throughout. A guess by size: plain text takes four bytes for
/// the length alone. A wrong one costs time only.
fn encoded(metadata: &ParquetMetaData, column: usize) -> bool {
    metadata.row_groups().iter().all(|group| {
        let chunk = group.column(column);
        chunk.dictionary_page_offset().is_some()
            && chunk.uncompressed_size() < chunk.num_values().saturating_mul(4)
    })
}

/// The column chunks of a column in the file, each as a piece of it: so a thread asks for the file once a chunk, and of the
/// others no more is in memory than what is being decoded.
struct Pieces {
    len: u64,
    /// Where each begins.
    pieces: Vec<(u64, Bytes)>,
}

impl Length for Pieces {
    fn len(&self) -> u64 {
        self.len
    }
}

impl ChunkReader for Pieces {
    type T = bytes::buf::Reader<Bytes>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        let inside = |from: u64, piece: &Bytes| start.checked_sub(from).filter(|at| *at < piece.len() as u64);
        let found = self.pieces.iter().find_map(|(from, piece)| inside(*from, piece).map(|at| (at, piece)));
        let outside = || ParquetError::EOF(format!("byte {start} is in no column chunk"));
        found.map(|(at, piece)| piece.slice(at as usize..).reader()).ok_or_else(outside)
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        let rest = self.get_read(start)?.into_inner();
        let short = || ParquetError::EOF(format!("{length} bytes from {start} go beyond the column chunk"));
        if length <= rest.len() { Ok(rest.slice(..length)) } else { Err(short()) }
    }
}

/// What several threads read from.
struct Shared<F> {
    from: Mutex<F>,
    len: u64,
}

impl<F: Send> Length for Shared<F> {
    fn len(&self) -> u64 {
        self.len
    }
}

impl<F: Read + Seek + Send> ChunkReader for Shared<F> {
    type T = bytes::buf::Reader<Bytes>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        self.get_bytes(start, self.len.saturating_sub(start) as usize).map(Bytes::reader)
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        if start.checked_add(length as u64).is_none_or(|end| end > self.len) {
            return Err(ParquetError::EOF(format!("{length} bytes from {start} go beyond the file")));
        }
        let mut bytes = Vec::with_capacity(length);
        let mut from = self.from.lock().unwrap_or_else(PoisonError::into_inner);
        from.seek(SeekFrom::Start(start))?;
        Read::by_ref(&mut *from).take(length as u64).read_to_end(&mut bytes)?;
        match bytes.len() == length {
            true => Ok(bytes.into()),
            false => Err(ParquetError::EOF("the file became shorter while it was read".into())),
        }
    }
}

fn parquet(source: &impl ChunkReader, ids: Option<&str>) -> Result<Vec<TextColumn>, ReadError> {
    let damaged = |reason: String| ReadError::Damaged { format: "Parquet", reason };
    let said = |error: ParquetError| damaged(error.to_string());
    let metadata = Arc::new(ParquetMetaDataReader::new().parse_and_finish(source).map_err(said)?);
    let understood =
        |options: ArrowReaderOptions| ArrowReaderMetadata::try_new(metadata.clone(), options).map_err(said);
    let opened = understood(ArrowReaderOptions::new())?;
    let schema = opened.schema().clone();
    // Columns of text only: leaves and fields are then the same, and the hint below is understood.
    let flat = opened.parquet_schema().num_columns() == schema.fields().len();
    let keep: Vec<bool> = (0..schema.fields().len())
        .map(|at| {
            let text = matches!(schema.field(at).data_type(), DataType::Utf8 | DataType::LargeUtf8);
            flat && text && ids != Some(schema.field(at).name().trim()) && encoded(opened.metadata(), at)
        })
        .collect();
    let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let hinted = schema.fields().iter().zip(&keep).map(|(field, keep)| match keep {
        true => Arc::new(Field::new(field.name(), dictionary.clone(), field.is_nullable())),
        false => field.clone(),
    });
    let hinted = Arc::new(Schema::new(hinted.collect::<Vec<_>>()));
    let hinted = match keep.contains(&true) {
        true => understood(ArrowReaderOptions::new().with_schema(hinted))?,
        false => opened.clone(),
    };
    // Bytes of a column's values, as the file says.
    let size = |at: usize| -> i64 {
        let sizes = metadata.row_groups().iter().map(|group| group.column(at).uncompressed_size().max(0));
        if flat { sizes.fold(0, i64::saturating_add) } else { 0 }
    };
    // A reader a column, so that all threads decode.
    let column = |at: usize| {
        let mut pieces = Vec::new();
        for (leaf, group) in metadata
            .row_groups()
            .iter()
            .flat_map(|group| (0..group.num_columns()).map(move |leaf| (leaf, group)))
        {
            if opened.parquet_schema().get_column_root_idx(leaf) == at {
                let (from, length) = group.column(leaf).byte_range();
                pieces.push((from, source.get_bytes(from, length as usize).map_err(said)?));
            }
        }
        let pieces = Pieces { len: source.len(), pieces };
        let understood = if keep[at] { hinted.clone() } else { opened.clone() };
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(pieces, understood);
        let mask = parquet::arrow::ProjectionMask::roots(builder.parquet_schema(), [at]);
        let reader = builder
            .with_projection(mask)
            .with_batch_size(DECODED)
            .build()
            .map_err(|error| damaged(error.to_string()))?;
        let name = schema.field(at).name();
        let mut own = Builder::new(ids == Some(name.trim()));
        // Room at once: to grow makes all threads wait until memory has moved. What is not written to costs nothing.
        let rows = metadata.file_metadata().num_rows().max(0) as usize;
        // A file that promises more than there can be is found out when it is decoded.
        let _ = own.codes.try_reserve(rows);
        if own.ids {
            let _ = own.values.ends.try_reserve(rows);
            let _ = own.values.text.try_reserve(size(at) as usize);
        }
        // The last dictionary seen, and our codes of its values.
        let mut last: Option<(ArrayRef, Vec<u32>)> = None;
        for batch in reader {
            let batch = batch.map_err(|error| damaged(error.to_string()))?;
            if !own.ids
                && let Some(coded) = batch.column(0).as_any().downcast_ref::<DictionaryArray<Int32Type>>()
                && let Some(values) = coded.values().as_any().downcast_ref::<StringArray>()
            {
                let same =
                    last.as_ref().is_some_and(|(before, _)| before.to_data().ptr_eq(&values.to_data()));
                if !same {
                    let mut codes = Vec::with_capacity(values.len());
                    own.codes(values.iter().map(|value| value.unwrap_or("")), |_, code| codes.push(code));
                    last = Some((coded.values().clone(), codes));
                }
                let codes = last.as_ref().map_or(&[][..], |(_, codes)| codes);
                own.codes.extend(
                    coded
                        .keys()
                        .iter()
                        .map(|key| key.and_then(|key| codes.get(key as usize)).copied().unwrap_or(NONE)),
                );
                continue;
            }
            let text = arrow_cast::cast(batch.column(0), &DataType::Utf8)
                .map_err(|error| damaged(error.to_string()))?;
            let text = text.as_any().downcast_ref::<StringArray>();
            own.extend(text.into_iter().flatten().map(|value| value.unwrap_or("")));
        }
        Ok(own.finish(name))
    };
    let fenced = |at| {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| column(at)))
            .unwrap_or_else(|_| Err(damaged("its parts contradict each other".into())))
    };
    // What takes longest first, each by the next thread that is free, or the last one would be waited for alone: looking
    // values up takes longer than to copy them.
    let mut order: Vec<usize> = (0..schema.fields().len()).collect();
    let effort = |at: usize| size(at) / if ids == Some(schema.field(at).name().trim()) { 3 } else { 1 };
    order.sort_by_key(|at| (keep[*at], std::cmp::Reverse(effort(*at)), *at));
    let mut read: Vec<(usize, TextColumn)> = order
        .into_iter()
        .par_bridge()
        .map(|at| fenced(at).map(|column| (at, column)))
        .collect::<Result<_, _>>()?;
    read.sort_by_key(|(at, _)| *at);
    Ok(read.into_iter().map(|(_, column)| column).collect())
}

/// Rows of a row group.
const ROW_GROUP: usize = 1 << 20;

/// Rows of a column that are made at a time; few, as above.
const MADE: usize = 1 << 13;

/// A column to be written, without nulls. It is made piece by piece: a million texts need never stand side by side.
pub struct Made<'a> {
    kind: DataType,
    rows: usize,
    make: Box<dyn Fn(Range<usize>) -> ArrayRef + Send + Sync + 'a>,
}

impl<'a> Made<'a> {
    /// A column of so many rows; `make` gives those of a range, always of one kind.
    pub fn new(
        kind: DataType,
        rows: usize,
        make: impl Fn(Range<usize>) -> ArrayRef + Send + Sync + 'a,
    ) -> Self {
        Self { kind, rows, make: Box::new(make) }
    }
}

/// Writes columns of one length as Parquet, each made and encoded on a thread of its own.
///
/// # Errors
/// When the columns differ in length, or the bytes cannot be written.
pub fn write_parquet(columns: Vec<(String, Made<'_>)>, to: impl std::io::Write + Send) -> Result<(), String> {
    let said = |error: parquet::errors::ParquetError| error.to_string();
    let rows = columns.first().map_or(0, |(_, made)| made.rows);
    if columns.iter().any(|(_, made)| made.rows != rows) {
        return Err("columns of different lengths".into());
    }
    let mut properties = parquet::file::properties::WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_statistics_enabled(parquet::file::properties::EnabledStatistics::Chunk);
    for (name, made) in &columns {
        // Text that is not already a dictionary is ids, nearly all different, as fractions are: a dictionary of them is
        // work for nothing. Nor does anybody ask for the first and last id of all.
        if matches!(made.kind, DataType::Utf8 | DataType::Float64) {
            properties = properties.set_column_dictionary_enabled(vec![name.clone()].into(), false);
        }
        if made.kind == DataType::Utf8 {
            // Ids begin like those before them: what they share is written once, and compressing the rest would cost more
            // time than room is won.
            let own = Encoding::DELTA_BYTE_ARRAY;
            let none = parquet::file::properties::EnabledStatistics::None;
            properties = properties
                .set_column_encoding(vec![name.clone()].into(), own)
                .set_column_compression(vec![name.clone()].into(), Compression::UNCOMPRESSED)
                .set_column_statistics_enabled(vec![name.clone()].into(), none);
        }
    }
    let properties = Arc::new(properties.build());
    let fields: Vec<Field> =
        columns.iter().map(|(name, made)| Field::new(name, made.kind.clone(), false)).collect();
    let schema = Arc::new(Schema::new(fields));
    let root = ArrowSchemaConverter::new().convert(&schema).map_err(said)?.root_schema_ptr();
    let mut writer = SerializedFileWriter::new(to, root, properties).map_err(said)?;
    let factory = ArrowRowGroupWriterFactory::new(&writer, schema.clone());
    for from in (0..rows.max(1)).step_by(ROW_GROUP) {
        let to = rows.min(from + ROW_GROUP);
        let writers = factory.create_column_writers(from / ROW_GROUP).map_err(said)?;
        let chunks = writers
            .into_par_iter()
            .zip(columns.par_iter().zip(schema.fields().par_iter()))
            .with_max_len(1)
            .map(|(mut writer, ((_, made), field))| {
                for from in (from..to).step_by(MADE) {
                    let array = (made.make)(from..to.min(from + MADE));
                    for leaves in compute_leaves(field, &array)? {
                        writer.write(&leaves)?;
                    }
                }
                writer.close()
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(said)?;
        let mut group = writer.next_row_group().map_err(said)?;
        chunks.into_iter().try_for_each(|chunk| chunk.append_to_row_group(&mut group)).map_err(said)?;
        group.close().map_err(said)?;
    }
    writer.close().map(|_| ()).map_err(said)
}
