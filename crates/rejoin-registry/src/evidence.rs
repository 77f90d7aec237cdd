//! The evidence file: sources kept by their hash, and what was said, claimed and answered in them. Each entry is an event;
//! one that is written again in other words is a new version, and the old one stays in the ledger.

use crate::change::Change;
use crate::database::values;
use crate::keys::Opened;
use crate::orders::Leave;
use crate::project::{StoredEvent, payload};
use crate::store::EVENT;
use crate::{Case, Error, wire};
use rejoin_ledger::{Checkpoint, Hash};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The subject for which the evidence file is sealed.
const SUBJECT: &str = "evidence";

/// How far a source has come.
pub const STATUSES: [&str; 4] = ["draft", "final", "leaked", "public"];

/// A document: where something is known from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its stable id.
    pub id: String,
    /// Its file; in the ledger only the name.
    pub file: String,
    /// SHA-256 of its bytes, set when it is taken in.
    #[serde(default)]
    pub hash: String,
    /// Its title.
    pub title: String,
    /// Who wrote or published it.
    pub by: String,
    /// When, as a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
    /// draft, final, leaked or public.
    pub status: String,
    /// Who may see it; nobody named: everybody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub may_see: Vec<String>,
    /// Anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What somebody said, and according to whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Its stable id.
    pub id: String,
    /// Who said it.
    pub speaker: String,
    /// The words, or a paraphrase of them.
    pub words: String,
    /// They are a paraphrase.
    #[serde(default)]
    pub paraphrase: bool,
    /// When, as a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    /// By which channel: a call, a memorandum, a hearing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// According to whom, from the one nearest the speaker to the one we have it from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub according_to: Vec<String>,
    /// The source that has it.
    pub source: String,
    /// Statements that it contradicts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contradicts: Vec<String>,
}

/// A published sentence or figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Its stable id.
    pub id: String,
    /// The source that has it.
    pub source: String,
    /// The sentence.
    pub words: String,
    /// What it is about: claims about the same can be held against each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Its figure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figure: Option<f64>,
    /// The measure of ours that counts the same, and how it is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    /// Day asked.
    pub on: Option<String>,
    /// First day of the period asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Last day of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// What the party concerned answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// Its stable id.
    pub id: String,
    /// Who answers.
    pub party: String,
    /// The finding, claim or statement that it answers.
    pub to: String,
    /// The answer.
    pub words: String,
    /// When, as a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    /// The source that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// Everything in an evidence file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Sources.
    #[serde(default, rename = "source")]
    pub sources: Vec<Source>,
    /// Statements.
    #[serde(default, rename = "statement")]
    pub statements: Vec<Statement>,
    /// Claims.
    #[serde(default, rename = "claim")]
    pub claims: Vec<Claim>,
    /// Responses.
    #[serde(default, rename = "response")]
    pub responses: Vec<Response>,
}

/// One entry as an event.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Recorded {
    pub kind: String,
    pub id: String,
    pub body: serde_json::Value,
}

/// A report that was issued: which file, to whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// SHA-256 of the file.
    pub file: String,
    /// Which template, in which form.
    pub template: String,
    /// Whom a draft was made for; none for a final report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
    /// For which readers it was made.
    pub audience: String,
}

/// What taking evidence in did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EvidenceReport {
    /// Entries that are new.
    pub added: usize,
    /// Entries that replace an older version.
    pub changed: usize,
    /// Entries that were there.
    pub unchanged: usize,
}

impl Source {
    /// Whether these readers may see it.
    pub fn is_for(&self, audience: &str) -> bool {
        self.may_see.is_empty() || self.may_see.iter().any(|reader| reader == audience)
    }
}

impl Evidence {
    /// Reads an evidence file.
    ///
    /// # Errors
    /// What is wrong, with its line.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// The source of an id.
    pub fn source(&self, id: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.id == id)
    }

    fn entries(&self) -> Vec<Recorded> {
        let one = |kind: &str, id: &str, body: serde_json::Result<serde_json::Value>| Recorded {
            kind: kind.into(),
            id: id.into(),
            body: body.unwrap_or_default(),
        };
        let mut out = Vec::new();
        out.extend(self.sources.iter().map(|source| one("source", &source.id, serde_json::to_value(source))));
        out.extend(
            self.statements
                .iter()
                .map(|statement| one("statement", &statement.id, serde_json::to_value(statement))),
        );
        out.extend(self.claims.iter().map(|claim| one("claim", &claim.id, serde_json::to_value(claim))));
        out.extend(
            self.responses
                .iter()
                .map(|response| one("response", &response.id, serde_json::to_value(response))),
        );
        out
    }
}

/// The SHA-256 of a document, by which it is named.
pub(crate) fn hash_of(bytes: &[u8]) -> String {
    Hash(Sha256::digest(bytes).into()).to_string()
}

impl Case {
    /// Takes evidence in: all of it, or none.
    pub(crate) fn carry_evidence(
        &self,
        leave: &Leave,
        mut evidence: Evidence,
        documents: &BTreeMap<String, Vec<u8>>,
    ) -> Result<EvidenceReport, Error> {
        let stamp = &leave.stamp();
        for source in &mut evidence.sources {
            let bytes = documents
                .get(&source.id)
                .ok_or_else(|| Error::Refused(format!("the source {} has no file", source.id)))?;
            source.hash = hash_of(bytes);
            source.file = source.file.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
            if !STATUSES.contains(&source.status.as_str()) {
                return Err(Error::Refused(format!(
                    "the source {}: {:?} is no status; there are: {}",
                    source.id,
                    source.status,
                    STATUSES.join(", ")
                )));
            }
        }
        // From here on nobody else writes: what is compared is what will be changed.
        let change = self.store.begin()?;
        let known = self.evidence()?;
        let has = |id: &str| evidence.source(id).or(known.source(id)).is_some();
        let named = (evidence.statements.iter().map(|statement| (&statement.id, Some(&statement.source))))
            .chain(evidence.claims.iter().map(|claim| (&claim.id, Some(&claim.source))))
            .chain(evidence.responses.iter().map(|response| (&response.id, response.source.as_ref())));
        for (id, source) in named {
            if let Some(source) = source.filter(|source| !has(source)) {
                return Err(Error::Refused(format!("{id} names the source {source:?}, which is not there")));
            }
        }
        let statement = |id: &str| {
            evidence.statements.iter().chain(&known.statements).any(|statement| statement.id == id)
        };
        for (id, other) in evidence
            .statements
            .iter()
            .flat_map(|one| one.contradicts.iter().map(move |other| (&one.id, other)))
        {
            if !statement(other) {
                return Err(Error::Refused(format!(
                    "{id} contradicts the statement {other:?}, which is not there"
                )));
            }
        }
        if let Some(claim) =
            evidence.claims.iter().find(|claim| claim.figure.is_some_and(|figure| !figure.is_finite()))
        {
            return Err(Error::Refused(format!("the figure of {} is no number", claim.id)));
        }
        let mut entries = evidence.entries();
        let mut ids: Vec<(&str, &str)> =
            entries.iter().map(|entry| (entry.kind.as_str(), entry.id.as_str())).collect();
        ids.sort_unstable();
        if let Some(twice) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::Refused(format!("the {} {} is there twice", twice[0].0, twice[0].1)));
        }
        let before: BTreeMap<(String, String), serde_json::Value> =
            known.entries().into_iter().map(|entry| ((entry.kind, entry.id), entry.body)).collect();
        let mut report = EvidenceReport::default();
        entries.retain(|entry| match before.get(&(entry.kind.clone(), entry.id.clone())) {
            Some(body) if *body == entry.body => {
                report.unchanged += 1;
                false
            }
            Some(_) => {
                report.changed += 1;
                true
            }
            None => {
                report.added += 1;
                true
            }
        });
        for bytes in documents.values() {
            let hash = hash_of(bytes);
            let sealed = change.keys().seal("document", &[SUBJECT], bytes)?;
            change.store().database.execute(
                "INSERT INTO document (hash, bytes) VALUES (?1, ?2) ON CONFLICT (hash) DO NOTHING",
                values![&hash, &sealed],
            )?;
        }
        for entry in entries {
            let sequence = change.append_sealed(stamp, wire::EVIDENCE_RECORDED, &[SUBJECT], &entry)?;
            project(&change, sequence, &entry)?;
        }
        change.commit()?;
        Ok(report)
    }

    /// Writes down that a report was issued.
    pub(crate) fn carry_issued(&self, leave: &Leave, issued: &Issued) -> Result<(), Error> {
        let change = self.store.begin()?;
        change.append(&leave.stamp(), wire::REPORT_ISSUED, issued)?;
        change.commit()
    }

    /// Where the ledger stands for a report: at its last event that is not itself the issue of one, or a reading, so that the
    /// same case gives the same report again.
    pub fn report_checkpoint(&self) -> Result<Checkpoint, Error> {
        self.store.checkpoint_without(&wire::OBSERVING)
    }

    /// Every report that was issued.
    pub fn reports_issued(&self) -> Result<Vec<Issued>, Error> {
        let mut issued = Vec::new();
        for event in self.store.events_of(wire::REPORT_ISSUED)? {
            issued.extend(payload::<Issued>(&self.store.keys, &event)?);
        }
        Ok(issued)
    }

    /// The evidence file as it stands.
    pub fn evidence(&self) -> Result<Evidence, Error> {
        let sql = format!(
            "SELECT {EVENT} FROM evidence v JOIN event e ON e.sequence = v.event ORDER BY v.kind, v.id"
        );
        let mut evidence = Evidence::default();
        for stored in self.store.database.rows(&sql, &[], StoredEvent::from_row)? {
            let Some(recorded) = payload::<Recorded>(&self.store.keys, &stored)? else { continue };
            let refuse = |error: serde_json::Error| Error::Payload {
                sequence: stored.sequence,
                kind: stored.kind.clone(),
                version: stored.version,
                reason: error.to_string(),
            };
            match recorded.kind.as_str() {
                "source" => evidence.sources.push(serde_json::from_value(recorded.body).map_err(refuse)?),
                "statement" => {
                    evidence.statements.push(serde_json::from_value(recorded.body).map_err(refuse)?)
                }
                "claim" => evidence.claims.push(serde_json::from_value(recorded.body).map_err(refuse)?),
                "response" => evidence.responses.push(serde_json::from_value(recorded.body).map_err(refuse)?),
                _ => {}
            }
        }
        Ok(evidence)
    }

    /// The bytes of a source, by its hash.
    ///
    /// # Errors
    /// [`Error::Document`] when the bytes kept are not those of the hash.
    pub fn document(&self, hash: &str) -> Result<Option<Vec<u8>>, Error> {
        let sql = "SELECT bytes FROM document WHERE hash = ?1";
        let sealed: Option<Vec<u8>> = self.store.database.first(sql, values![hash], |row| row.get(0))?;
        let bytes = match sealed {
            None => None,
            Some(sealed) => match self.store.keys.open_sealed("document", &sealed) {
                Ok(Opened::Plain(bytes)) => Some(bytes),
                Ok(Opened::NoKey(_)) => None,
                Err(Error::Keys(_)) => return Err(Error::Document(hash.to_owned())),
                Err(error) => return Err(error),
            },
        };
        match bytes {
            Some(bytes) if hash_of(&bytes) != hash => Err(Error::Document(hash.to_owned())),
            other => Ok(other),
        }
    }
}

/// Derives the newest event of an entry.
pub(crate) fn project(change: &Change<'_>, sequence: u64, recorded: &Recorded) -> Result<(), Error> {
    change.evidence(&recorded.kind, &recorded.id, sequence)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    use super::*;
    use crate::Stamp;

    const FILE: &str = r#"
        [[source]]
        id = "memo"
        file = "papers/memo.txt"
        title = "Memorandum"
        by = "The Office"
        status = "leaked"
        may_see = ["court"]
        [[statement]]
        id = "s1"
        speaker = "The Director"
        words = "we will act"
        on = "2018-05"
        according_to = ["a participant's notes"]
        source = "memo"
    "#;

    fn case() -> (tempfile::TempDir, Case, Stamp) {
        let directory = tempfile::tempdir().unwrap();
        let stamp = Stamp { at_micros: 1, actor: "test".into() };
        let case = Case::init(&directory.path().join("case"), &stamp).unwrap();
        (directory, case, stamp)
    }

    #[test]
    fn evidence_is_taken_in_once_and_changed_entries_are_new_versions() {
        let (_directory, case, stamp) = case();
        let documents = BTreeMap::from([("memo".to_owned(), b"we will act".to_vec())]);
        let evidence = Evidence::parse(FILE).unwrap();
        let report = case.record_evidence(evidence.clone(), &documents, &stamp).unwrap();
        assert_eq!(report, EvidenceReport { added: 2, changed: 0, unchanged: 0 });
        let again = case.record_evidence(evidence.clone(), &documents, &stamp).unwrap();
        assert_eq!(again, EvidenceReport { added: 0, changed: 0, unchanged: 2 });
        let mut changed = evidence;
        changed.statements[0].words = "we may act".into();
        assert_eq!(case.record_evidence(changed, &documents, &stamp).unwrap().changed, 1);
        let kept = case.evidence().unwrap();
        assert_eq!(kept.statements[0].words, "we may act");
        assert_eq!(kept.sources[0].file, "memo.txt");
        assert_eq!(case.document(&kept.sources[0].hash).unwrap().unwrap(), b"we will act");
        case.verify(None, &|_, _, _| {}).unwrap();
        case.rebuild(&stamp, &|_, _, _| {}).unwrap();
        assert_eq!(case.evidence().unwrap(), kept);
    }

    #[test]
    fn what_names_no_source_is_refused_and_changed_bytes_are_found() {
        let (_directory, case, stamp) = case();
        let documents = BTreeMap::from([("memo".to_owned(), b"we will act".to_vec())]);
        let wrong = Evidence::parse(&FILE.replace("source = \"memo\"", "source = \"none\"")).unwrap();
        assert!(matches!(case.record_evidence(wrong, &documents, &stamp), Err(Error::Refused(_))));
        assert!(case.evidence().unwrap().sources.is_empty());
        case.record_evidence(Evidence::parse(FILE).unwrap(), &documents, &stamp).unwrap();
        case.store.database.execute("UPDATE document SET bytes = x'00'", &[]).unwrap();
        assert!(matches!(case.verify(None, &|_, _, _| {}), Err(Error::Document(_))));
    }
}
