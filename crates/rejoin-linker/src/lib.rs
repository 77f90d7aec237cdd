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

    /// Forgets all columns but one, once nobody asks for the others.
    pub fn keep(&mut self, name: &str) {
        self.columns.retain(|column| column.name == name);
    }

    /// Holds that each row has an id of its own.
    ///
    /// # Errors
    /// When there is no such column, a row has no id, or two rows have one.
    pub fn identified(&self, name: &str) -> Result<(), Error> {
        let column = self.column(name).ok_or_else(|| self.lacks(name))?;
        let wrong = |row: usize| {
            let id = column.said(row).unwrap_or_default().to_owned();
            Error::NotUnique { file: self.name.clone(), id, row: row + 1 }
        };
        if let Some(row) = column.codes.iter().position(|code| *code == NONE) {
            return Err(wrong(row));
        }
        twice(column).map_or(Ok(()), |row| Err(wrong(row)))
    }

    fn lacks(&self, column: &str) -> Error {
        let present: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        Error::NoColumn { file: self.name.clone(), column: column.to_owned(), present: present.join(", ") }
    }
}

/// The first row whose id an earlier row has. Each id marks a place by its hash, and only ids of places that were marked
/// before are compared: a table of a million texts would cost more than reading them. With 32 places an id
/// or more, one of thirty-two is compared for nothing at most.
fn twice(column: &TextColumn) -> Option<usize> {
    let rows = column.codes.len();
    let id = |row: usize| column.said(row).unwrap_or_default();
    let bits = (rows as u64 * 32).next_power_of_two().clamp(64, 1 << 32);
    let mut marks = vec![0u64; bits as usize / 64];
    let hasher = hashbrown::DefaultHashBuilder::default();
    let places: Vec<u32> = (0..rows).map(|row| (hasher.hash_one(id(row)) & (bits - 1)) as u32).collect();
    let again: hashbrown::HashSet<u32> = places
        .iter()
        .filter(|place| {
            let (word, mark) = (&mut marks[**place as usize / 64], 1 << (*place % 64));
            std::mem::replace(word, *word | mark) & mark != 0
        })
        .copied()
        .collect();
    let mut seen = hashbrown::HashSet::new();
    let suspects = places.iter().enumerate().filter(|(_, place)| again.contains(*place));
    suspects.map(|(row, _)| row).find(|row| !seen.insert(id(*row)))
}

/// The ids of the rows of all files, one file after another.
pub struct Ids<'a> {
    files: Vec<FileIds<'a>>,
}

struct FileIds<'a> {
    column: &'a TextColumn,
    /// The first row after the file.
    end: usize,
    /// Whether values are in the order of the rows, so that codes need not be looked up.
    in_order: bool,
}

impl<'a> Ids<'a> {
    /// Finds them in the column of a name.
    ///
    /// # Errors
    /// When a file lacks the column. Whether each row has its own says [`Input::identified`].
    pub fn new(inputs: &'a [Input], name: &str) -> Result<Self, Error> {
        let mut end = 0;
        let files = inputs.iter().map(|input| {
            end += input.rows();
            let column = input.column(name).ok_or_else(|| input.lacks(name))?;
            let in_order = column.codes.iter().zip(0..).all(|(code, row)| *code == row);
            Ok(FileIds { column, end, in_order })
        });
        Ok(Self { files: files.collect::<Result<_, _>>()? })
    }

    /// Rows of all files.
    pub fn len(&self) -> usize {
        self.files.last().map_or(0, |file| file.end)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The id of a row; empty beyond the last.
    pub fn get(&self, row: usize) -> &'a str {
        let at = self.files.partition_point(|file| file.end <= row);
        let first = at.checked_sub(1).map_or(0, |before| self.files[before].end);
        match self.files.get(at) {
            None => "",
            Some(file) if file.in_order => file.column.values.get(row - first),
            Some(file) => file.column.said(row - first).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(ids: &str) -> Input {
        let columns = rejoin_ingest::columns::read(ids.as_bytes().to_vec(), Some("id")).unwrap();
        Input { name: "file".into(), columns }
    }

    #[test]
    fn ids_of_several_files_one_after_another() {
        let inputs = ["id,x\na,1\nb,1\n", "id,x\n", "id,x\nc,1\na,2\n"].map(input);
        let ids = Ids::new(&inputs, "id").unwrap();
        let all: Vec<&str> = (0..ids.len()).map(|row| ids.get(row)).collect();
        assert_eq!((all, ids.get(9)), (vec!["a", "b", "c", "a"], ""));
        assert!(inputs.iter().all(|input| input.identified("id").is_ok()));
        // Columns of values, where a code may stand for several rows.
        let repeated = rejoin_ingest::columns::read(b"id,x\nb,1\na,2\nb,3\n".to_vec(), None).unwrap();
        let repeated = [Input { name: "file".into(), columns: repeated }];
        let ids = Ids::new(&repeated, "id").unwrap();
        assert_eq!([0, 1, 2].map(|row| ids.get(row)), ["b", "a", "b"]);
    }

    #[test]
    fn an_id_is_missing_or_stands_twice() {
        let many: String = (0..5_000).fold("id,x\n".into(), |text, row| text + &format!("r{row},1\n"));
        assert!(input(&many).identified("id").is_ok());
        for (file, id, row) in [
            ("id,x\na,1\n,2\nb,3\n".to_owned(), "", 2),
            (many + "r0,2\n", "r0", 5_001),
            ("id,x\na,1\nb,1\nb,1\na,1\n".to_owned(), "b", 3),
        ] {
            match input(&file).identified("id") {
                Err(Error::NotUnique { id: said, row: at, .. }) => assert_eq!((said.as_str(), at), (id, row)),
                other => panic!("{other:?}"),
            }
        }
    }
}
