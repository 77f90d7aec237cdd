//! The import command: a file to a delivery, compared with the list's last delivery.

use crate::project::{Projector, Reader, hex, payload};
use crate::store::{Store, StoredEvent};
use crate::wire::{self, ListReceived, RecordAbsent, RecordReceived, WireFinding};
use crate::{Case, Error, Progress, Stamp};
use rejoin_ingest::interpret::{content, keyless};
use rejoin_ingest::{Interpreter, Mapping, Row, Table, mapping, presets, table};
use rejoin_model::{Field, Finding, FindingCode, Record, RecordId};
use rusqlite::OptionalExtension;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What to import, and how.
pub struct ImportRequest<'a> {
    /// The file's name, for messages and the ledger; without its path.
    pub name: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// The mapping; `None`: the preset that fits best.
    pub mapping: Option<Mapping>,
    /// The file adds to its list: rows that it does not have are not gone.
    pub partial: bool,
}

/// What an import came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportReport {
    /// The file.
    pub name: String,
    /// What format was read.
    pub format: String,
    /// The list it was imported into.
    pub list: String,
    /// The preset or mapping used.
    pub preset: Option<String>,
    /// The file had been imported before: nothing was changed.
    pub seen_before: bool,
    /// Data rows in the file.
    pub rows: u64,
    /// Rows that are new to the case.
    pub added: u64,
    /// Rows that differ from the last delivery.
    pub changed: u64,
    /// Rows of the last delivery that are gone.
    pub gone: u64,
    /// Rows equal to the last delivery.
    pub unchanged: u64,
    /// Findings by code.
    pub findings: BTreeMap<&'static str, u64>,
}

/// A row as the last delivery had it.
struct Known {
    cells: Vec<String>,
    columns: Vec<String>,
    delivery: u64,
    row: u32,
}

/// A list as its last delivery left it.
struct LastDelivery {
    known: HashMap<RecordId, Known>,
    /// By the event of the delivery.
    readers: HashMap<u64, Reader>,
}

impl Case {
    /// Reads a file without importing it: the table, and the mapping that would be used.
    pub fn preview(request: &ImportRequest<'_>) -> Result<(Table, mapping::Proposal), Error> {
        preview(request)
    }

    /// Imports a file. Importing the same bytes twice changes nothing.
    pub fn import(
        &mut self,
        request: &ImportRequest<'_>,
        stamp: &Stamp,
        progress: Progress<'_>,
    ) -> Result<ImportReport, Error> {
        let (table, proposal) = preview(request)?;
        let mapping = proposal.mapping;
        let refuse = |source| Error::Mapping { name: request.name.into(), source };
        let interpreter = Interpreter::new(&mapping, &table.columns).map_err(refuse)?;
        let file = hex(&Sha256::digest(request.bytes));
        let mapping_text = mapping.to_toml();
        let mut report = ImportReport {
            name: request.name.into(),
            format: table.format.clone(),
            list: mapping.list.clone(),
            preset: mapping.preset.clone(),
            seen_before: false,
            rows: table.rows.len() as u64,
            added: 0,
            changed: 0,
            gone: 0,
            unchanged: 0,
            findings: BTreeMap::new(),
        };
        if delivered(&self.store, &mapping.list, &file, &mapping_text)? {
            report.seen_before = true;
            report.unchanged = report.rows;
            return Ok(report);
        }
        check_form(&self.store, &mapping)?;
        let LastDelivery { known, readers } = known(&self.store, &mapping.list)?;
        let mut findings = table.findings.clone();
        findings.extend(interpreter.survey(&table.rows));
        let (identified, seen) = identify(&interpreter, &table.rows, &mut findings);
        let mut received = Vec::new();
        for (id, row) in identified {
            match known.get(&id) {
                Some(before) if same(before, &table.columns, &row.cells) => report.unchanged += 1,
                before => {
                    match before {
                        Some(before) => {
                            report.changed += 1;
                            findings.extend(changes(id, before, &table.columns, row));
                        }
                        None => report.added += 1,
                    }
                    received.push((id, row, before));
                }
            }
        }
        let mut gone: Vec<RecordId> = match request.partial {
            true => Vec::new(),
            false => known.keys().filter(|id| !seen.contains(id)).copied().collect(),
        };
        gone.sort_unstable();
        report.gone = gone.len() as u64;
        let file_bytes: [u8; 32] = Sha256::digest(request.bytes).into();
        for (id, row, before) in &received {
            let Some(before) = before else { continue };
            let origin = rejoin_model::Origin { file: file_bytes, row: row.number };
            let (now, _) = interpreter.record(*id, origin, &row.cells);
            let then = read_known(&readers, *id, before);
            findings.extend(link_gone(then.as_ref(), Some(&now), row.number));
        }
        for id in &gone {
            let before = &known[id];
            let said = content(&before.cells).replace('\u{1f}', " | ");
            findings.push(Finding {
                record: Some(*id),
                ..Finding::new(FindingCode::RowVanished, "", &said, "kept, marked as absent")
                    .at_row(before.row)
            });
            findings.extend(link_gone(read_known(&readers, *id, before).as_ref(), None, before.row));
        }
        let event = ListReceived {
            file,
            name: request.name.into(),
            format: table.format.clone(),
            list: mapping.list.clone(),
            mapping: mapping_text,
            columns: table.columns.clone(),
            rows: report.rows,
            added: report.added,
            changed: report.changed,
            gone: report.gone,
            findings: findings.iter().map(WireFinding::from).collect(),
        };
        let delivery = self.write(stamp, &event, &received, &gone, progress)?;
        report.findings = self.finding_counts(delivery)?;
        Ok(report)
    }

    fn write(
        &mut self,
        stamp: &Stamp,
        event: &ListReceived,
        received: &[(RecordId, &Row, Option<&Known>)],
        gone: &[RecordId],
        progress: Progress<'_>,
    ) -> Result<u64, Error> {
        let change = self.store.begin()?;
        let mut projector = Projector::default();
        let delivery = change.append(stamp, wire::LIST_RECEIVED, 1, &bytes(event))?;
        projector.list_received(&change, delivery, event)?;
        let total = received.len() as u64;
        for (at, (id, row, _)) in received.iter().enumerate() {
            let record =
                RecordReceived { id: id.to_string(), delivery, row: row.number, cells: row.cells.clone() };
            let sequence = change.append(stamp, wire::RECORD_RECEIVED, 1, &bytes(&record))?;
            projector.record_received(&change, sequence, &record)?;
            if at % 2048 == 0 {
                progress(&event.list, at as u64, total);
            }
        }
        for id in gone {
            let absent = RecordAbsent { id: id.to_string(), delivery };
            change.append(stamp, wire::RECORD_ABSENT, 1, &bytes(&absent))?;
            change.absent(&absent.id)?;
        }
        change.commit()?;
        Ok(delivery)
    }
}

fn bytes(payload: &impl serde::Serialize) -> Vec<u8> {
    // Structs of strings and numbers always serialise.
    serde_json::to_vec(payload).unwrap_or_default()
}

fn preview(request: &ImportRequest<'_>) -> Result<(Table, mapping::Proposal), Error> {
    let table =
        table::read(request.bytes).map_err(|source| Error::Read { name: request.name.into(), source })?;
    let proposal = match &request.mapping {
        Some(mapping) => mapping::Proposal { mapping: mapping.clone(), guesses: Vec::new() },
        None => {
            let stem = request.name.split('.').next().unwrap_or("list");
            let proposal = mapping::propose(&table, &rejoin_normalize::text::fold(stem).replace(' ', "-"));
            // A preset keeps its own codes and spellings; only the headers are narrowed to the file's.
            let preset = proposal.mapping.preset.as_deref().and_then(presets::named);
            match preset {
                Some(preset) => mapping::Proposal { mapping: preset, ..proposal },
                None => proposal,
            }
        }
    };
    Ok((table, proposal))
}

fn delivered(store: &Store, list: &str, file: &str, mapping: &str) -> Result<bool, Error> {
    // Only the newest delivery counts: going back to an older file is a change, and is compared.
    let newest: Option<(String, String)> = store
        .connection()
        .query_row(
            "SELECT file, mapping FROM delivery WHERE list = ?1 ORDER BY sequence DESC LIMIT 1",
            [list],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    Ok(newest.is_some_and(|newest| newest == (file.to_owned(), mapping.to_owned())))
}

/// A list keeps its key and kind: otherwise nothing could be compared.
fn check_form(store: &Store, mapping: &Mapping) -> Result<(), Error> {
    let before: Option<String> = store
        .connection()
        .query_row(
            "SELECT mapping FROM delivery WHERE list = ?1 ORDER BY sequence DESC LIMIT 1",
            [&mapping.list],
            |row| row.get(0),
        )
        .optional()?;
    let Some(before) = before.and_then(|text| Mapping::parse(&text).ok()) else { return Ok(()) };
    let list = mapping.list.clone();
    if before.kind != mapping.kind {
        return Err(Error::KindChanged { list, before: before.kind, now: mapping.kind.clone() });
    }
    if before.key != mapping.key {
        return Err(Error::KeyChanged { list, before: before.key.join(", "), now: mapping.key.join(", ") });
    }
    Ok(())
}

/// The list's present rows, with the readers of the deliveries they came in.
fn known(store: &Store, list: &str) -> Result<LastDelivery, Error> {
    let mut columns: HashMap<u64, Vec<String>> = HashMap::new();
    let mut readers = HashMap::new();
    let mut statement = store.connection().prepare(
        "SELECT e.sequence, e.kind, e.version, e.payload FROM delivery d JOIN event e ON e.sequence = d.sequence \
         WHERE d.list = ?1",
    )?;
    for stored in statement.query_map([list], StoredEvent::from_row)? {
        let stored = stored?;
        let received: ListReceived = payload(&stored)?;
        readers.insert(stored.sequence, Reader::new(&received)?);
        columns.insert(stored.sequence, received.columns);
    }
    let mut known = HashMap::new();
    let mut statement = store.connection().prepare(
        "SELECT e.sequence, e.kind, e.version, e.payload FROM record r JOIN event e ON e.sequence = r.event \
         WHERE r.list = ?1 AND r.present = 1",
    )?;
    for stored in statement.query_map([list], StoredEvent::from_row)? {
        let received: RecordReceived = payload(&stored?)?;
        if let Ok(id) = received.id.parse() {
            let columns = columns.get(&received.delivery).cloned().unwrap_or_default();
            known.insert(
                id,
                Known { cells: received.cells, columns, delivery: received.delivery, row: received.row },
            );
        }
    }
    Ok(LastDelivery { known, readers })
}

fn read_known(readers: &HashMap<u64, Reader>, id: RecordId, known: &Known) -> Option<Record> {
    readers.get(&known.delivery).map(|reader| reader.read(id, known.row, &known.cells).0)
}

/// Gives every row its id. Rows that share a key, or a whole content, are told apart by their order.
fn identify<'a>(
    interpreter: &Interpreter,
    rows: &'a [Row],
    findings: &mut Vec<Finding>,
) -> (Vec<(RecordId, &'a Row)>, HashSet<RecordId>) {
    let mut occurrences: HashMap<String, (u32, String, u32)> = HashMap::new();
    let mut out = Vec::with_capacity(rows.len());
    let mut seen = HashSet::with_capacity(rows.len());
    for row in rows {
        let text = content(&row.cells);
        let key = interpreter.key(&row.cells);
        let by = key.clone().map_or_else(|| format!("content {text}"), |key| format!("key {key}"));
        let entry = occurrences.entry(by).or_insert_with(|| (0, text.clone(), row.number));
        if entry.0 > 0 && key.is_some() && entry.1 != text {
            let understood = format!("also row {}", entry.2);
            let said = key.clone().unwrap_or_default().replace('\u{1f}', " | ");
            findings.push(
                Finding::new(FindingCode::RecordNumberRepeated, "", &said, understood).at_row(row.number),
            );
        }
        if key.is_none() && interpreter.has_key() {
            findings.push(keyless(row.number));
        }
        let id = interpreter.id(&row.cells, entry.0);
        entry.0 += 1;
        seen.insert(id);
        out.push((id, row));
    }
    (out, seen)
}

/// Whether a row says the same as before: column by column, whatever their order, white space collapsed.
fn same(before: &Known, columns: &[String], cells: &[String]) -> bool {
    (before.columns == columns && before.cells == cells) || differences(before, columns, cells).is_empty()
}

/// Columns whose cells differ: (column, then, now).
fn differences(before: &Known, columns: &[String], cells: &[String]) -> Vec<(String, String, String)> {
    let collapse = rejoin_normalize::text::collapse;
    let cell = |names: &[String], cells: &[String], column: &str| {
        names
            .iter()
            .position(|name| name == column)
            .and_then(|at| cells.get(at))
            .map_or(String::new(), |cell| collapse(cell))
    };
    let mut names: Vec<&String> = before.columns.iter().chain(columns).collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .map(|name| (name.clone(), cell(&before.columns, &before.cells, name), cell(columns, cells, name)))
        .filter(|(_, then, now)| then != now)
        .collect()
}

fn changes(id: RecordId, before: &Known, columns: &[String], row: &Row) -> Vec<Finding> {
    let finding = |(column, then, now): (String, String, String)| Finding {
        record: Some(id),
        ..Finding::new(FindingCode::RowChanged, &column, &now, format!("was {then:?}")).at_row(row.number)
    };
    differences(before, columns, &row.cells).into_iter().map(finding).collect()
}

/// The alarm that matters most: a family-unit number that was on record, and is not any more, or is another one.
fn link_gone(before: Option<&Record>, now: Option<&Record>, row: u32) -> Option<Finding> {
    let unit = |record: &Record| record.identifier(Field::FamilyUnitNumber).map(str::to_owned);
    let then = before.and_then(unit)?;
    let now_unit = now.and_then(unit);
    if now_unit.as_ref() == Some(&then) {
        return None;
    }
    let understood = match (&now, &now_unit) {
        (None, _) => "the whole row is gone; the link is kept in the ledger".to_owned(),
        (_, None) => "the number is gone; the link is kept in the ledger".to_owned(),
        (_, Some(other)) => format!("re-keyed as {other}; the earlier link is kept in the ledger"),
    };
    let column = Field::FamilyUnitNumber.word();
    Some(Finding {
        record: before.map(|record| record.id),
        ..Finding::new(FindingCode::FamilyLinkVanished, column, &then, understood).at_row(row)
    })
}
