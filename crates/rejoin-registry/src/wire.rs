//! The wire forms of event payloads. A form that was ever written is read for ever: change one by adding a version.

use rejoin_model::{Finding, FindingCode};
use serde::{Deserialize, Serialize};

pub(crate) const CASE_OPENED: &str = "case-opened";
pub(crate) const LIST_RECEIVED: &str = "list-received";
pub(crate) const RECORD_RECEIVED: &str = "record-received";
pub(crate) const RECORD_ABSENT: &str = "record-absent";
pub(crate) const PEOPLE_LINKED: &str = "people-linked";
pub(crate) const FAMILIES_PROPOSED: &str = "families-proposed";

/// A delivery of a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ListReceived {
    /// SHA-256 of the file, hexadecimal.
    pub file: String,
    /// The file's name, without its path.
    pub name: String,
    /// What format was read.
    pub format: String,
    /// The list's name.
    pub list: String,
    /// The mapping, as TOML.
    pub mapping: String,
    /// The file's columns.
    pub columns: Vec<String>,
    /// Rows read, added, changed and gone.
    pub rows: u64,
    pub added: u64,
    pub changed: u64,
    pub gone: u64,
    /// Rows equal to the last delivery that another mapping reads anew.
    pub reread: u64,
    /// Findings about the delivery as a whole and its comparison with the last one.
    pub findings: Vec<WireFinding>,
}

/// A row, new or changed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RecordReceived {
    /// The record.
    pub id: String,
    /// Sequence number of the delivery's event.
    pub delivery: u64,
    /// Row in the file.
    pub row: u32,
    /// Cells as written.
    pub cells: Vec<String>,
    /// The family-unit number that an earlier mapping took from the same cells by mistake.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub misread_unit: Option<String>,
}

/// A row that the newest delivery of its list does not have.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RecordAbsent {
    /// The record.
    pub id: String,
    /// Sequence number of the delivery's event.
    pub delivery: u64,
}

/// A run of linking or of family matching.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ModelRun {
    /// Records or people that went in.
    pub rows: u64,
    /// Pairs compared.
    pub compared: u64,
    /// What came out: people, or candidates.
    pub results: u64,
    /// Prior and m, u by comparison and level.
    pub model: serde_json::Value,
    /// SHA-256 of the result, so that a later run can be compared with this one.
    pub result: String,
}

/// A finding.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct WireFinding {
    pub code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<u32>,
    pub column: String,
    pub said: String,
    pub understood: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
}

impl From<&Finding> for WireFinding {
    fn from(finding: &Finding) -> Self {
        Self {
            code: finding.code.word().into(),
            row: finding.row,
            column: finding.column.clone(),
            said: finding.said.clone(),
            understood: finding.understood.clone(),
            record: finding.record.map(|record| record.to_string()),
        }
    }
}

impl WireFinding {
    /// The finding; `None` for a code this program does not know.
    pub fn finding(&self) -> Option<Finding> {
        Some(Finding {
            code: FindingCode::from_word(&self.code)?,
            row: self.row,
            column: self.column.clone(),
            said: self.said.clone(),
            understood: self.understood.clone(),
            record: self.record.as_ref().and_then(|record| record.parse().ok()),
        })
    }
}
