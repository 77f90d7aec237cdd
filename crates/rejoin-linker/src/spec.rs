//! The spec as a file: TOML that a person reviews.
//!
//! ```toml
//! [columns.surname]          # a name of your choice
//! kind = "surname"           # given, surname, date, age, category, code, phone, email, place, text
//! from = ["last_name", "apellido"]   # its name in each file; one name if it is the same in all
//!
//! [[comparison]]
//! columns = ["surname", "given"]
//!
//! [[block]]                  # none: chosen from the data
//! on = ["sound(surname)", "year(birth)"]
//! ```

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A spec.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Probability from which rows are joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_at: Option<f64>,
    /// Probability from which a pair is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_at: Option<f64>,
    /// Pairs that automatic blocking may cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<u64>,
    /// Rows of the largest block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub largest_block: Option<usize>,
    /// MiB that pairs may take in memory; where they would take more, the least likely are not written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<u64>,
    /// A column that says which source a row is from, where one file holds several; otherwise each file is a source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Columns, by a name of the author's choice.
    #[serde(default)]
    pub columns: BTreeMap<String, Column>,
    /// Comparisons.
    #[serde(default)]
    pub comparison: Vec<Comparison>,
    /// Blocking rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub block: Vec<Block>,
}

/// A column.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// What it holds: `given`, `surname`, `full-name-given`, `full-name-surname`, `date`, `age`, `category`, `code`,
    /// `phone`, `email`, `place`, `text`.
    pub kind: String,
    /// Its name in each file; one if it is the same in all, empty where a file has none.
    pub from: Vec<String>,
    /// What stands between several values of one cell (several telephones, other names): rows agree if any of theirs do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub separator: Option<String>,
    /// The day, year first, on which an `age` was true; then ages are compared with dates of birth of a `date` column in
    /// another file. Without it, with ages only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// Where one file has a date and another an age: the kind in each file, in the order of `from`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
}

/// A comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// Names of columns; the kind of the first decides how they are compared.
    pub columns: Vec<String>,
}

/// A blocking rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// What must agree: `exact(column)`, `sound(column)`, `second-sound`, `head`, `tail`, `year`, `month-day`, or
    /// `crossed(given, surname)`. Of a cell with several values the first counts.
    pub on: Vec<String>,
}

impl File {
    /// Reads a spec.
    ///
    /// # Errors
    /// With the line, when the text is not a spec.
    pub fn parse(text: &str) -> Result<Self, crate::Error> {
        toml::from_str(text).map_err(|error| crate::Error::Spec(error.to_string()))
    }

    /// The spec as text.
    pub fn text(&self) -> String {
        toml::to_string(self).unwrap_or_default()
    }
}
