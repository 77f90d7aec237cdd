//! The wire forms of event payloads. A form that was ever written is read for ever: change one by adding a version.

use rejoin_model::{Finding, FindingCode};
use serde::{Deserialize, Serialize};

pub(crate) const CASE_OPENED: &str = "case-opened";
pub(crate) const LIST_RECEIVED: &str = "list-received";
pub(crate) const RECORD_RECEIVED: &str = "record-received";
pub(crate) const RECORD_ABSENT: &str = "record-absent";
pub(crate) const PEOPLE_LINKED: &str = "people-linked";
pub(crate) const FAMILIES_PROPOSED: &str = "families-proposed";
pub(crate) const MATCH_DECIDED: &str = "match-decided";
pub(crate) const MATCH_UNDONE: &str = "match-undone";
pub(crate) const DNA_COMPARED: &str = "dna-compared";
pub(crate) const REPORT_ISSUED: &str = "report-issued";
pub(crate) const EVIDENCE_RECORDED: &str = "evidence-recorded";
pub(crate) const DNA_DESTROYED: &str = "dna-profiles-destroyed";
pub(crate) const SUBJECT_ERASED: &str = "subject-erased";
pub(crate) const FILE_READ: &str = "file-read";
pub(crate) const DATA_EXPORTED: &str = "data-exported";
pub(crate) const ACCESS_REFUSED: &str = "access-refused";
pub(crate) const RECEIPT_ISSUED: &str = "receipt-issued";
/// Of the stream of an account; its one part `event` is in the form of `rejoin_accounts::stored`.
pub(crate) const ACCOUNT_CHANGED: &str = "account-changed";
pub(crate) const RECEIPT_RECORDED: &str = "receipt-recorded";

/// Kinds of events that tell of reading, refusing, issuing and who may sign in: they add nothing to what a case says, and a report is the
/// same before and after them.
pub(crate) const OBSERVING: [&str; 7] = [
    REPORT_ISSUED,
    FILE_READ,
    DATA_EXPORTED,
    ACCESS_REFUSED,
    RECEIPT_ISSUED,
    RECEIPT_RECORDED,
    ACCOUNT_CHANGED,
];

/// Kinds whose events belong to no stream.
const WITHOUT_STREAM: [&str; 17] = [
    CASE_OPENED,
    LIST_RECEIVED,
    RECORD_RECEIVED,
    RECORD_ABSENT,
    PEOPLE_LINKED,
    FAMILIES_PROPOSED,
    MATCH_DECIDED,
    MATCH_UNDONE,
    DNA_COMPARED,
    REPORT_ISSUED,
    EVIDENCE_RECORDED,
    DNA_DESTROYED,
    SUBJECT_ERASED,
    FILE_READ,
    DATA_EXPORTED,
    ACCESS_REFUSED,
    RECEIPT_ISSUED,
];

/// Whether events of a kind belong to a stream: a casework file, an account, the rules of disclosure …
pub(crate) fn has_stream(kind: &str) -> bool {
    !WITHOUT_STREAM.contains(&kind)
}

/// A case was made: the name of its ledger, and the public key of its checkpoints. Cases of an earlier form have neither.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct CaseOpened {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vkey: Option<String>,
}

/// An event of a stream.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Streamed {
    /// The stream.
    pub stream: String,
    /// Its place in it, from 1.
    pub version: u64,
    /// What happened, field by field.
    pub parts: Vec<(String, String)>,
}

/// A subject's keys were destroyed: the tombstone. It says nothing about the person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SubjectErased {
    /// Records and streams.
    pub subjects: Vec<String>,
    /// Why, and on whose authority.
    pub reason: String,
    pub authority: String,
    /// Digests of the people and families that were left.
    pub people: String,
    pub families: String,
}

/// Somebody saw files, or took them along, or was refused.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// Records or streams; empty when the number says enough.
    pub subjects: Vec<String>,
    /// For what purpose.
    pub purpose: String,
    /// What was seen or asked for: `person`, `list children`, `export links` …
    pub what: String,
    /// How many people.
    pub count: u64,
    /// What was refused, and by which rule; or that an emergency was claimed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

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
    /// Findings about the delivery as a whole. Those about a record are in its event; in version 1 they were here.
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
    /// What is found when it is held against the last delivery.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<WireFinding>,
}

/// A row that the newest delivery of its list does not have.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RecordAbsent {
    /// The record.
    pub id: String,
    /// Sequence number of the delivery's event.
    pub delivery: u64,
    /// What is lost with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<WireFinding>,
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
    /// Of linking: the hash of the proposed families that it left, between people whom it did not change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub families: Option<String>,
}

/// A person decided of a candidate.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MatchDecided {
    /// Records of the child and of the other, as people were linked then; the first names each.
    pub child: Vec<String>,
    pub other: Vec<String>,
    pub relation: String,
    pub verdict: String,
    pub reason: String,
    /// What was proposed when it was decided: probability and evidence (kind, words, weight).
    pub probability: f64,
    pub seen: Vec<(String, String, i64)>,
}

/// A decision taken back. Both stay on record.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MatchUndone {
    /// Position of the decision.
    pub decision: u64,
    pub reason: String,
}

/// A comparison of DNA: its result, never a profile.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DnaCompared {
    pub child: Vec<String>,
    pub other: Vec<String>,
    /// The hypotheses compared.
    pub first: String,
    pub second: String,
    /// log10 of the likelihood ratio; absent for an exclusion.
    pub log10: Option<f64>,
    pub loci: u64,
    pub population: String,
    pub theta: f64,
    /// Why DNA was used, when other ways were not enough.
    pub reason: String,
    /// Who consented, and how.
    pub consent: String,
}

impl DnaCompared {
    /// The comparison in words: hypotheses and figures.
    pub fn words(&self) -> String {
        let ratio = match self.log10 {
            Some(log10) => format!("log10 LR {log10:.3}"),
            None => "excluded".to_owned(),
        };
        format!(
            "DNA: {} against {}, {} loci, {}, theta {}: {ratio}",
            self.first, self.second, self.loci, self.population, self.theta
        )
    }
}

/// Profiles deleted after use: the certificate. It holds no hash of a profile, which could serve to recognise one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DnaDestroyed {
    /// Position of the comparison.
    pub comparison: u64,
    /// Profiles in the file that was overwritten and removed, and its bytes.
    pub profiles: u64,
    pub bytes: u64,
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
