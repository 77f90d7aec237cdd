//! Whether the derived tables are what the ledger's events give. Records and findings are derived here a second time,
//! into plain maps instead of tables; people and families are held against the hash that their run wrote to the ledger.

use crate::project::{Reader, payload};
use crate::store::{Store, finding_line};
use crate::wire::{
    self, DnaCompared, DnaDestroyed, ListReceived, MatchDecided, MatchUndone, ModelRun, RecordAbsent,
    RecordReceived, WireFinding,
};
use crate::{Error, Progress, evidence};
use rejoin_ledger::Hash;
use rejoin_model::{Field, Finding};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A record as the tables should have it: event, delivery, presence, findings about its newest row.
struct Expected {
    list: String,
    event: u64,
    delivery: u64,
    present: bool,
    findings: Vec<String>,
}

/// Checks every derived table.
///
/// # Errors
/// [`Error::DerivedDiffers`] when one of them is not what the events give.
pub(crate) fn derived(store: &Store, progress: Progress<'_>) -> Result<(), Error> {
    let total = store.checkpoint()?.size;
    let mut readers: HashMap<u64, Reader> = HashMap::new();
    let mut records: BTreeMap<String, Expected> = BTreeMap::new();
    let mut findings: Vec<String> = Vec::new();
    let mut deliveries: Vec<String> = Vec::new();
    let mut units: BTreeSet<String> = BTreeSet::new();
    // Position → time, probability and texts, and where it was taken back.
    type Decided = (i64, (f64, String), Option<i64>);
    let mut decisions: BTreeMap<u64, Decided> = BTreeMap::new();
    let mut comparisons: BTreeMap<u64, (Option<f64>, Option<i64>, String)> = BTreeMap::new();
    let mut entries: BTreeMap<(String, String), u64> = BTreeMap::new();
    // What a run derived → the event of the run, and the digest of its result.
    let mut runs: HashMap<&str, (u64, String)> = HashMap::new();
    store.each_event(|event| {
        if event.sequence.is_multiple_of(4096) {
            progress("checking derived records", event.sequence, total);
        }
        match event.kind.as_str() {
            wire::LIST_RECEIVED => {
                let received: ListReceived = payload(&event)?;
                let known = received.findings.iter().filter_map(WireFinding::finding);
                findings.extend(known.map(|finding| line(event.sequence, &received.list, &finding)));
                deliveries.push(format!(
                    "{} {} {} {}",
                    event.sequence, received.list, received.file, received.mapping
                ));
                readers.insert(event.sequence, Reader::new(&received)?);
            }
            wire::RECORD_RECEIVED => {
                let received: RecordReceived = payload(&event)?;
                let (Some(reader), Ok(id)) = (readers.get(&received.delivery), received.id.parse()) else {
                    return Ok(());
                };
                let (record, doubts) = reader.read(id, received.row, &received.cells);
                if let Some(misread) = &received.misread_unit {
                    units.remove(&format!("{} {misread} {}", received.id, reader.list));
                }
                if let Some(unit) = record.identifier(Field::FamilyUnitNumber) {
                    units.insert(format!("{} {unit} {}", received.id, reader.list));
                }
                let findings =
                    doubts.iter().map(|finding| line(received.delivery, &reader.list, finding)).collect();
                let expected = Expected {
                    list: reader.list.clone(),
                    event: event.sequence,
                    delivery: received.delivery,
                    present: true,
                    findings,
                };
                records.insert(received.id, expected);
            }
            wire::RECORD_ABSENT => {
                let absent: RecordAbsent = payload(&event)?;
                if let Some(record) = records.get_mut(&absent.id) {
                    record.present = false;
                }
            }
            wire::PEOPLE_LINKED | wire::FAMILIES_PROPOSED => {
                let run: ModelRun = payload(&event)?;
                // Linking anew leaves families only between people whom it did not change.
                if let (wire::PEOPLE_LINKED, Some((at, _)), Some(left)) =
                    (event.kind.as_str(), runs.get("families").cloned(), &run.families)
                {
                    runs.insert("families", (at, left.clone()));
                }
                let name = if event.kind == wire::PEOPLE_LINKED { "people" } else { "families" };
                runs.insert(name, (event.sequence, run.result));
            }
            wire::MATCH_DECIDED => {
                let decided: MatchDecided = payload(&event)?;
                let seen = serde_json::to_string(&decided.seen).unwrap_or_default();
                let first = |records: &[String]| records.first().cloned().unwrap_or_default();
                let texts = [
                    first(&decided.child),
                    first(&decided.other),
                    decided.relation.clone(),
                    decided.verdict.clone(),
                    decided.reason.clone(),
                    seen,
                    event.actor.clone(),
                ];
                let line = (decided.probability, texts.join("\u{1f}"));
                decisions.insert(event.sequence, (event.at_micros, line, None));
            }
            wire::MATCH_UNDONE => {
                let undone: MatchUndone = payload(&event)?;
                if let Some(decision) = decisions.get_mut(&undone.decision) {
                    decision.2 = Some(event.sequence as i64);
                }
            }
            wire::DNA_COMPARED => {
                let compared: DnaCompared = payload(&event)?;
                let first = |records: &[String]| records.first().cloned().unwrap_or_default();
                let texts = [first(&compared.child), first(&compared.other), compared.words()].join("\u{1f}");
                comparisons.insert(event.sequence, (compared.log10, None, texts));
            }
            wire::EVIDENCE_RECORDED => {
                if let Some(entry) = evidence::expected(&event.payload) {
                    entries.insert(entry, event.sequence);
                }
            }
            wire::DNA_DESTROYED => {
                let destroyed: DnaDestroyed = payload(&event)?;
                if let Some(comparison) = comparisons.get_mut(&destroyed.comparison) {
                    comparison.1 = Some(event.sequence as i64);
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    let mut decided: Vec<String> = decisions
        .into_iter()
        .map(|(sequence, (at, (probability, texts), undone))| {
            format!("{sequence} {at} {probability} {undone:?} {texts}")
        })
        .collect();
    decided.extend(
        comparisons.into_iter().map(|(sequence, (log10, destroyed, texts))| {
            format!("{sequence} {log10:?} {destroyed:?} {texts}")
        }),
    );
    let of_records: Vec<String> = records
        .iter()
        .map(|(id, record)| {
            format!("{id} {} {} {} {}", record.list, record.event, record.delivery, record.present)
        })
        .collect();
    findings.extend(records.into_values().flat_map(|record| record.findings));
    findings.sort_unstable();
    let mut people = store.person_lines()?;
    people.extend(store.link_lines()?);
    let people = digest(&people);
    let families = store.families()?;
    let run_differs = |name: &str, found: String| -> Result<bool, Error> {
        let expected = runs.get(name).cloned().unwrap_or((0, digest(&[])));
        Ok(store.derived_at(name)?.unwrap_or(0) != expected.0 || found != expected.1)
    };
    let entries: Vec<String> =
        entries.into_iter().map(|((kind, id), event)| format!("{kind} {id} {event}")).collect();
    if entries != store.evidence_lines()?
        || of_records != store.record_lines()?
        || findings != store.finding_lines()?
        || deliveries != store.delivery_lines()?
        || decided != store.decision_lines()?
        || units != store.family_unit_lines()?.into_iter().collect()
        || run_differs("people", people)?
        || run_differs("families", families)?
    {
        return Err(Error::DerivedDiffers);
    }
    Ok(())
}

fn line(delivery: u64, list: &str, finding: &Finding) -> String {
    let record = finding.record.map(|record| record.to_string()).unwrap_or_default();
    let row = finding.row.map(|row| row.to_string()).unwrap_or_default();
    let (code, column) = (finding.code.word(), &finding.column);
    let delivery = delivery.to_string();
    finding_line([&delivery, list, code, &row, column, &finding.said, &finding.understood, &record])
}

/// The digest that a run writes to the ledger: of its lines, each with a line feed.
pub(crate) fn digest(lines: &[String]) -> String {
    let mut hash = Sha256::new();
    for line in lines {
        hash.update(line);
        hash.update(b"\n");
    }
    Hash(hash.finalize().into()).to_string()
}
