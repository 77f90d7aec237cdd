//! The linkage engine for people who have files and no case: files and a spec to links, clusters and a report.
//!
//! [`Input`] holds the columns of a file; [`auto::propose`] suggests a [`spec::File`] from names and contents,
//! which a person may review as TOML; [`prepare::resolve`] normalises each distinct value once; the engine itself is
//! [`rejoin_linkage::engine`]. This room opens no file: bytes in, columns and bytes out.

pub mod auto;
pub mod evaluate;
pub mod kinship;
pub mod output;
pub mod prepare;
pub mod report;
pub mod spec;

use rayon::prelude::*;
use rejoin_ingest::columns::{NONE, TextColumn};
use std::hash::BuildHasher;

/// Why files could not be linked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file lacks a column that the spec names.
    #[error("{file} has no column {column:?}; it has: {present}")]
    NoColumn {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// What it has.
        present: String,
    },
    /// The spec cannot be read.
    #[error("the spec cannot be read: {0}")]
    Spec(String),
    /// Nothing to compare.
    #[error("no column was found that could be compared")]
    NothingToCompare,
    /// Two rows of a file have one id, or a row has none.
    #[error("{file}: the id {id:?} is not unique (row {row})")]
    NotUnique {
        /// The file.
        file: String,
        /// The id, empty if missing.
        id: String,
        /// Its second row, from 1, the header not counted.
        row: usize,
    },
}

impl Error {
    /// What the user can do.
    pub fn hint(&self) -> &'static str {
        match self {
            Error::NoColumn { .. } => "column names must be written as in the file",
            Error::Spec(_) => "`rejoin link FILE --auto --id COLUMN --print-spec` shows a spec that works",
            Error::NothingToCompare => "write a spec, and name the columns in it (`--spec`)",
            Error::NotUnique { .. } => "name a column whose values are all present and different (`--id`)",
        }
    }
}

/// A file's columns.
pub struct Input {
    /// The file's name, for messages.
    pub name: String,
    /// Its columns.
    pub columns: Vec<TextColumn>,
}

impl Input {
    /// A column by name.
    pub fn column(&self, name: &str) -> Option<&TextColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.codes.len())
    }

    /// The ids of the rows.
    ///
    /// # Errors
    /// When there is no such column, a row has no id, or two rows have one.
    pub fn ids(&self, name: &str) -> Result<Vec<&str>, Error> {
        let column = self.column(name).ok_or_else(|| self.lacks(name))?;
        let wrong = |row: usize| {
            let id = column.said(row).unwrap_or_default().to_owned();
            Error::NotUnique { file: self.name.clone(), id, row: row + 1 }
        };
        if let Some(row) = column.codes.iter().position(|code| *code == NONE) {
            return Err(wrong(row));
        }
        let ids: Vec<&str> = column.codes.par_iter().map(|code| column.values.get(*code as usize)).collect();
        // Equal ids have equal hashes: sorting these by all threads is faster than one table of a million texts.
        let hasher = hashbrown::DefaultHashBuilder::default();
        let mut hashes: Vec<(u64, u32)> =
            ids.par_iter().enumerate().map(|(row, id)| (hasher.hash_one(id), row as u32)).collect();
        hashes.par_sort_unstable();
        let twice = hashes
            .par_chunk_by(|one, other| one.0 == other.0)
            .filter(|rows| rows.len() > 1)
            .filter_map(|rows| {
                let mut seen = hashbrown::HashSet::new();
                rows.iter().find(|(_, row)| !seen.insert(ids[*row as usize])).map(|(_, row)| *row)
            })
            .min();
        match twice {
            Some(row) => Err(wrong(row as usize)),
            None => Ok(ids),
        }
    }

    fn lacks(&self, column: &str) -> Error {
        let present: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        Error::NoColumn { file: self.name.clone(), column: column.to_owned(), present: present.join(", ") }
    }
}
