//! How a value of a fact is written as text, and read back: the form that a ledger keeps for ever, so it is stated
//! here and belongs to no serialisation library.

use crate::stream::StreamId;
use rejoin_model::{RecordId, Relation};

/// A value that has a text. `None` is written by leaving the field out.
pub(crate) trait Cell: Sized {
    /// The text, unless there is nothing to write.
    fn write(&self) -> Option<String>;
    /// The value of a text; `None` when it is none.
    fn read(text: Option<String>) -> Option<Self>;
}

impl Cell for String {
    fn write(&self) -> Option<String> {
        Some(self.clone())
    }
    fn read(text: Option<String>) -> Option<Self> {
        text
    }
}

impl<T: Cell> Cell for Option<T> {
    fn write(&self) -> Option<String> {
        self.as_ref().and_then(Cell::write)
    }
    fn read(text: Option<String>) -> Option<Self> {
        match text {
            None => Some(None),
            some => T::read(some).map(Some),
        }
    }
}

/// One item a line; a line's own backslashes and line ends are written `\\`, `\n`. No item: no field.
impl<T: Cell> Cell for Vec<T> {
    fn write(&self) -> Option<String> {
        if self.is_empty() {
            return None;
        }
        let lines = self.iter().filter_map(Cell::write);
        Some(lines.map(|line| line.replace('\\', "\\\\").replace('\n', "\\n")).collect::<Vec<_>>().join("\n"))
    }
    fn read(text: Option<String>) -> Option<Self> {
        let Some(text) = text else { return Some(Vec::new()) };
        text.split('\n').map(|line| T::read(Some(unescaped(line)?))).collect()
    }
}

fn unescaped(line: &str) -> Option<String> {
    let mut text = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next()? {
                'n' => text.push('\n'),
                '\\' => text.push('\\'),
                _ => return None,
            },
            other => text.push(other),
        }
    }
    Some(text)
}

macro_rules! cell_by_text {
    ($($kind:ty),*) => {$(
        impl Cell for $kind {
            fn write(&self) -> Option<String> {
                Some(self.to_string())
            }
            fn read(text: Option<String>) -> Option<Self> {
                text?.parse().ok()
            }
        }
    )*};
}

cell_by_text!(RecordId, StreamId, u32, i64);

impl Cell for bool {
    fn write(&self) -> Option<String> {
        Some(if *self { "yes" } else { "no" }.to_owned())
    }
    fn read(text: Option<String>) -> Option<Self> {
        match text?.as_str() {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        }
    }
}

impl Cell for Relation {
    fn write(&self) -> Option<String> {
        Some(self.word().to_owned())
    }
    fn read(text: Option<String>) -> Option<Self> {
        Relation::from_word(&text?)
    }
}
