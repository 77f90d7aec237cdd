//! The import command: a file to a delivery, compared with the list's last delivery.

use crate::change::{Change, bytes, list_subject};
use crate::database::values;
use crate::keys::Keys;
use crate::orders::Leave;
use crate::project::{Projector, Reader, Readers, ReadyRow, StoredEvent, payload};
use crate::store::{EVENT, Store};
use crate::wire::{self, ListReceived, RecordAbsent, RecordReceived, WireFinding};
use crate::{Case, Error, Progress, Stamp};
use rayon::prelude::*;
use rejoin_ingest::interpret::{content, keyless};
use rejoin_ingest::{Interpreter, Mapping, Row, Table, mapping, presets, table};
use rejoin_ledger::Hash;
use rejoin_model::{Field, Finding, FindingCode, RecordId};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::mpsc::sync_channel;

/// What to import, and how.
pub struct ImportRequest<'a> {
    /// The file's name, for messages and the ledger; without its path.
    pub name: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// The mapping; `None`: the preset that fits best.
    pub mapping: Option<Mapping>,
    /// Whether the file is the whole list.
    pub extent: Extent,
}

/// How much of its list a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extent {
    /// The whole list, presumably: rows it does not have are gone, unless most are, which is refused as a mistake.
    #[default]
    Presumed,
    /// A part: rows it does not have are not gone.
    Part,
    /// The whole list, whatever it leaves out.
    Whole,
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
    /// Of these, rows that another mapping now reads anew.
    pub reread: u64,
    /// Findings by code.
    pub findings: BTreeMap<&'static str, u64>,
}

/// A file beside the last delivery of its list. What the list said before is not in it: whoever imports need not see that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// Nothing of this list has come before.
    pub first: bool,
    /// What importing it would come to, without findings.
    pub report: ImportReport,
    /// Rows that had the number of a family unit, and have another or none now.
    pub links_gone: u64,
    /// Most rows are gone: it is refused as the whole list unless that is said.
    pub most_gone: bool,
    /// Cells that differ.
    pub changes: Vec<ChangedCell>,
    /// How many more there are.
    pub more: usize,
}

/// A cell that differs from the last delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedCell {
    /// Whose row.
    pub record: RecordId,
    /// The row of the file.
    pub row: u32,
    /// The column.
    pub column: String,
    /// What it says now.
    pub now: String,
}

/// A row as the deliveries so far left it.
struct Known {
    cells: Vec<String>,
    delivery: u64,
    row: u32,
    present: bool,
}

/// A row to be written.
struct Received<'a> {
    id: RecordId,
    row: &'a Row,
    before: Option<&'a Known>,
    /// Its cells are those of before; another mapping reads them.
    reread: bool,
    /// The family-unit number that the other mapping took from these cells, and this one does not.
    misread: Option<String>,
}

/// What a file would change.
struct Plan<'a> {
    report: ImportReport,
    received: Vec<Received<'a>>,
    gone: Vec<RecordId>,
    findings: Vec<Finding>,
    /// By the row's number.
    of_row: HashMap<u32, RecordId>,
    /// The hash of the file.
    file: String,
    mapping_text: String,
    /// How many rows the list has.
    present: u64,
    /// These bytes came before, and were read by the same mapping.
    seen_before: bool,
}

/// A list as its deliveries so far left it.
struct LastDelivery {
    known: HashMap<RecordId, Known>,
    /// By the event of the delivery.
    deliveries: HashMap<u64, Delivered>,
}

/// A delivery that came before.
struct Delivered {
    reader: Reader,
    received: ListReceived,
    /// No two of its columns have one name: then cells are compared column by column.
    plain: bool,
}

impl Case {
    /// Reads a file without importing it: the table, and the mapping that would be used.
    pub fn preview(request: &ImportRequest<'_>) -> Result<(Table, mapping::Proposal), Error> {
        let table =
            table::read(request.bytes).map_err(|source| Error::Read { name: request.name.into(), source })?;
        let proposal = match &request.mapping {
            Some(mapping) => mapping::propose_by(&table, mapping),
            None => {
                let stem = request.name.split('.').next().unwrap_or("list");
                let proposal =
                    mapping::propose(&table, &rejoin_normalize::text::fold(stem).replace(' ', "-"));
                // A preset is used as it is, so that the next delivery's other headers are read, too; a key of which the
                // file has no column is left out.
                match proposal.mapping.preset.as_deref().and_then(presets::named) {
                    Some(preset) => mapping::Proposal {
                        mapping: Mapping { key: proposal.mapping.key.clone(), ..preset },
                        ..proposal
                    },
                    None => proposal,
                }
            }
        };
        Ok((table, proposal))
    }

    /// Imports a file that was read.
    pub(crate) fn carry_import(
        &self,
        leave: &Leave,
        request: &ImportRequest<'_>,
        (table, proposal): (Table, mapping::Proposal),
        progress: Progress<'_>,
    ) -> Result<ImportReport, Error> {
        let stamp = &leave.stamp();
        let mapping = proposal.mapping;
        // From here on nobody else writes: what is compared is what will be changed.
        let change = self.store.begin()?;
        let last = last_delivery(change.store(), &mapping.list)?;
        let plan = self.plan(change.store(), request, &table, &mapping, &last)?;
        let (present, seen_before) = (plan.present, plan.seen_before);
        let Plan { mut report, received, gone, mut findings, of_row, file, mapping_text, .. } = plan;
        if request.extent == Extent::Presumed && report.gone * 2 > present {
            return Err(Error::MostRowsGone { list: mapping.list.clone(), gone: report.gone, of: present });
        }
        if seen_before && report.added + report.changed + report.gone + report.reread == 0 {
            report.seen_before = true;
            return Ok(report);
        }
        // What is about a row is about its record. Of a row that is not written again nothing is quoted: its own event
        // has the cells, sealed for the record.
        for finding in findings.iter_mut().filter(|finding| finding.record.is_none()) {
            finding.record = finding.row.and_then(|row| of_row.get(&row).copied());
        }
        // What is about a record goes with its event, sealed for it.
        let mut of_records: HashMap<RecordId, Vec<WireFinding>> = HashMap::new();
        let written: HashSet<RecordId> =
            received.iter().map(|row| row.id).chain(gone.iter().copied()).collect();
        findings.retain(|finding| match finding.record.filter(|record| written.contains(record)) {
            Some(record) => {
                of_records.entry(record).or_default().push(WireFinding::from(finding));
                false
            }
            None => true,
        });
        for finding in findings.iter_mut().filter(|finding| finding.record.is_some()) {
            (finding.record, finding.said, finding.understood) = (None, String::new(), "as before".into());
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
            reread: report.reread,
            findings: findings.iter().map(WireFinding::from).collect(),
        };
        let delivery = write(&change, stamp, &event, &received, &gone, of_records, progress)?;
        change.commit()?;
        report.findings = self.finding_counts(delivery)?;
        Ok(report)
    }

    /// What a file would change in its list. Nothing is written.
    fn plan<'a>(
        &self,
        store: &Store,
        request: &ImportRequest<'_>,
        table: &'a Table,
        mapping: &Mapping,
        last: &'a LastDelivery,
    ) -> Result<Plan<'a>, Error> {
        let refuse = |source| Error::Mapping { name: request.name.into(), source };
        let interpreter = Interpreter::new(mapping, &table.columns).map_err(refuse)?;
        let file_bytes: [u8; 32] = Sha256::digest(request.bytes).into();
        let file = Hash(file_bytes).to_string();
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
            reread: 0,
            findings: BTreeMap::new(),
        };
        let seen_before = delivered(store, &mapping.list, &file, &mapping_text)?;
        check_form(store, mapping)?;
        let mut findings = table.findings.clone();
        findings.extend(interpreter.survey(&table.rows));
        let (identified, seen) = identify(&interpreter, &table.rows, &mut findings);
        let of_row: HashMap<u32, RecordId> = identified.iter().map(|(id, row)| (row.number, *id)).collect();
        let mut received = Vec::new();
        // Who was erased stays erased, whoever sends the row again. What it says is not repeated in the finding.
        let erased = self.store.erased()?;
        for (id, row) in identified {
            if !erased.is_empty() && erased.contains(&id.to_string()) {
                let words = "its record was erased; see the tombstone in the ledger";
                findings.push(Finding::new(FindingCode::ErasedNotTaken, "", "", words).at_row(row.number));
                continue;
            }
            let before = last.known.get(&id);
            let differs = before.map(|before| last.differences(before, &table.columns, &row.cells));
            let mut reread = false;
            match (before, &differs) {
                (Some(before), Some(differs)) if before.present && differs.is_empty() => {
                    report.unchanged += 1;
                    if last.mapping_of(before) == Some(mapping_text.as_str()) {
                        continue;
                    }
                    report.reread += 1;
                    reread = true;
                }
                // A row that had gone and comes back is new to the list, and still compared.
                (Some(before), _) if !before.present => report.added += 1,
                (Some(_), _) => report.changed += 1,
                (None, _) => report.added += 1,
            }
            findings.extend(differs.into_iter().flatten().map(|(column, then, now)| {
                Finding {
                    record: Some(id),
                    ..Finding::new(FindingCode::RowChanged, &column, &now, format!("was {then:?}"))
                        .at_row(row.number)
                }
            }));
            received.push(Received { id, row, before, reread, misread: None });
        }
        let present = last.known.values().filter(|known| known.present).count() as u64;
        let mut gone: Vec<RecordId> = match request.extent {
            Extent::Part => Vec::new(),
            _ => {
                let gone = last.known.iter().filter(|(id, known)| known.present && !seen.contains(id));
                gone.map(|(id, _)| *id).collect()
            }
        };
        gone.sort_unstable();
        // In the order of ids, as the tables are: each of their pages is then written once, however long the list is.
        received.sort_unstable_by_key(|row| row.id);
        report.gone = gone.len() as u64;
        // What a row says of a family unit, now and then.
        let unit = |interpreter: &Interpreter, cells: &[String]| {
            interpreter.identifier(Field::FamilyUnitNumber, cells)
        };
        for Received { id, row, before, reread, misread } in &mut received {
            let Some(before) = *before else { continue };
            let now = unit(&interpreter, &row.cells);
            let then = last.delivered(before).and_then(|of| unit(&of.reader.interpreter, &before.cells));
            if *reread {
                // The same cells, read otherwise: no link vanished, the last reading was wrong.
                *misread = then.filter(|then| now.as_ref() != Some(then));
            } else {
                findings.extend(link_gone(*id, then, Some(now), row.number));
            }
        }
        for id in &gone {
            let before = &last.known[id];
            let said = content(&before.cells).replace('\u{1f}', " | ");
            findings.push(Finding {
                record: Some(*id),
                ..Finding::new(FindingCode::RowVanished, "", &said, "kept, marked as absent")
                    .at_row(before.row)
            });
            let then = last.delivered(before).and_then(|of| unit(&of.reader.interpreter, &before.cells));
            findings.extend(link_gone(*id, then, None, before.row));
        }
        Ok(Plan { report, received, gone, findings, of_row, file, mapping_text, present, seen_before })
    }

    /// What a file would change in its list, for people to look at before they import it.
    pub(crate) fn carry_compare(
        &self,
        request: &ImportRequest<'_>,
        table: &Table,
        mapping: &Mapping,
    ) -> Result<Comparison, Error> {
        let last = last_delivery(&self.store, &mapping.list)?;
        let plan = self.plan(&self.store, request, table, mapping, &last)?;
        let changes = plan.findings.iter().filter(|finding| finding.code == FindingCode::RowChanged);
        let changes = changes.filter_map(|finding| {
            let (column, now) = (finding.column.clone(), finding.said.clone());
            Some(ChangedCell { record: finding.record?, row: finding.row?, column, now })
        });
        let count = |code| plan.findings.iter().filter(|finding| finding.code == code).count() as u64;
        Ok(Comparison {
            first: last.deliveries.is_empty(),
            links_gone: count(FindingCode::FamilyLinkVanished),
            most_gone: plan.report.gone * 2 > plan.present,
            changes: changes.collect(),
            more: 0,
            report: plan.report,
        })
    }
}

/// Rows that are read and sealed in one piece, and how many pieces may wait to be written.
const AT_A_TIME: usize = 1024;
const AHEAD: usize = 4;

/// A row ready to be written: the payload of its event, and what the tables get.
struct Sealed {
    id: String,
    payload: Vec<u8>,
    row: Option<ReadyRow>,
}

impl Sealed {
    fn new(keys: &Keys, readers: &Readers, received: &RecordReceived) -> Result<Self, Error> {
        let payload = keys.seal(wire::RECORD_RECEIVED, &[&received.id], &bytes(received))?;
        Ok(Self { id: received.id.clone(), payload, row: ReadyRow::new(keys, readers, received)? })
    }
}

fn write(
    change: &Change<'_>,
    stamp: &Stamp,
    event: &ListReceived,
    received: &[Received<'_>],
    gone: &[RecordId],
    mut findings: HashMap<RecordId, Vec<WireFinding>>,
    progress: Progress<'_>,
) -> Result<u64, Error> {
    let mut projector = Projector::default();
    let delivery = change.append_sealed(stamp, wire::LIST_RECEIVED, &[&list_subject(&event.list)], event)?;
    projector.list_received(change, delivery, event)?;
    let total = received.len() as u64;
    let rows: Vec<RecordReceived> = received
        .iter()
        .map(|Received { id, row, misread, .. }| RecordReceived {
            id: id.to_string(),
            delivery,
            row: row.number,
            cells: row.cells.clone(),
            misread_unit: misread.clone(),
            findings: findings.remove(id).unwrap_or_default(),
        })
        .collect();
    // Rows are read and sealed on every core while those before them are written.
    let (keys, readers) = (change.keys(), &projector.readers);
    std::thread::scope(|scope| {
        let (send, ready) = sync_channel::<Result<Vec<Sealed>, Error>>(AHEAD);
        scope.spawn(move || {
            for rows in rows.chunks(AT_A_TIME) {
                let sealed = rows.par_iter().map(|row| Sealed::new(keys, readers, row)).collect();
                // Nobody listens any more: what is written failed.
                if send.send(sealed).is_err() {
                    return;
                }
            }
        });
        let mut at = 0;
        for rows in ready {
            change.store().go_on()?;
            for Sealed { id, payload, row } in rows? {
                let sequence = change.append_ready(stamp, wire::RECORD_RECEIVED, &[&id], &payload)?;
                row.map_or(Ok(()), |row| row.write(change, sequence))?;
                at += 1;
            }
            progress(&event.list, at, total);
        }
        Ok::<(), Error>(())
    })?;
    for id in gone {
        let findings = findings.remove(id).unwrap_or_default();
        let absent = RecordAbsent { id: id.to_string(), delivery, findings };
        change.append_sealed(stamp, wire::RECORD_ABSENT, &[&absent.id], &absent)?;
        projector.record_absent(change, &absent)?;
    }
    Ok(delivery)
}

/// Whether a file was delivered before, by the same mapping.
fn delivered(store: &Store, list: &str, file: &str, mapping: &str) -> Result<bool, Error> {
    let sql = "SELECT sequence FROM delivery WHERE list = ?1 AND file = ?2 AND mapping = ?3";
    Ok(store.database.first(sql, values![list, file, mapping], |row| row.get::<i64>(0))?.is_some())
}

/// A list keeps its key and kind: otherwise nothing could be compared.
fn check_form(store: &Store, mapping: &Mapping) -> Result<(), Error> {
    let sql = "SELECT mapping FROM delivery WHERE list = ?1 ORDER BY sequence DESC LIMIT 1";
    let before = store.database.first(sql, values![&mapping.list], |row| row.get::<String>(0))?;
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

/// The list's rows as the deliveries so far left them.
fn last_delivery(store: &Store, list: &str) -> Result<LastDelivery, Error> {
    let sql =
        format!("SELECT {EVENT} FROM delivery d JOIN event e ON e.sequence = d.sequence WHERE d.list = ?1");
    let mut deliveries = HashMap::new();
    for stored in store.database.rows(&sql, values![list], StoredEvent::from_row)? {
        if let Some(received) = payload::<ListReceived>(&store.keys, &stored)? {
            let names: HashSet<&String> = received.columns.iter().collect();
            let plain = names.len() == received.columns.len();
            let delivered = Delivered { reader: Reader::new(&received)?, received, plain };
            deliveries.insert(stored.sequence, delivered);
        }
    }
    let mut known = HashMap::new();
    let keys = &store.keys;
    let mut take = |stored: Vec<(StoredEvent, bool)>| -> Result<(), Error> {
        let rows = stored.par_iter().map(|(event, present)| {
            let received = payload::<RecordReceived>(keys, event)?;
            Ok(received.and_then(|RecordReceived { id, cells, delivery, row, .. }| {
                Some((id.parse().ok()?, Known { cells, delivery, row, present: *present }))
            }))
        });
        known.extend(rows.collect::<Result<Vec<_>, Error>>()?.into_iter().flatten());
        Ok(())
    };
    let sql = format!(
        "SELECT {EVENT}, r.present FROM record r JOIN event e ON e.sequence = r.event WHERE r.list = ?1"
    );
    let mut stored = Vec::with_capacity(AT_A_TIME);
    store.database.each(&sql, values![list], |row| {
        stored.push((StoredEvent::from_row(row)?, row.get::<bool>(6)?));
        if stored.len() == AT_A_TIME { take(std::mem::take(&mut stored)) } else { Ok(()) }
    })?;
    take(stored)?;
    Ok(LastDelivery { known, deliveries })
}

impl LastDelivery {
    fn delivered(&self, known: &Known) -> Option<&Delivered> {
        self.deliveries.get(&known.delivery)
    }

    fn mapping_of(&self, known: &Known) -> Option<&str> {
        self.delivered(known).map(|of| of.received.mapping.as_str())
    }

    /// Columns whose cells differ, whatever their order, white space collapsed: (column, then, now).
    fn differences(
        &self,
        before: &Known,
        columns: &[String],
        cells: &[String],
    ) -> Vec<(String, String, String)> {
        let collapse = rejoin_normalize::text::collapse;
        let delivered = self.delivered(before);
        let then_columns = delivered.map_or(&[][..], |of| &of.received.columns);
        if then_columns == columns {
            if before.cells == cells {
                return Vec::new();
            }
            if delivered.is_some_and(|of| of.plain) && before.cells.len() == cells.len() {
                let pairs = columns.iter().zip(before.cells.iter().zip(cells));
                let pairs = pairs.filter(|(_, (then, now))| then != now);
                let mut differ: Vec<(String, String, String)> = pairs
                    .map(|(name, (then, now))| (name.clone(), collapse(then), collapse(now)))
                    .filter(|(_, then, now)| then != now)
                    .collect();
                differ.sort_unstable();
                return differ;
            }
        }
        let cell = |names: &[String], cells: &[String], column: &str| {
            let at = names.iter().position(|name| name == column);
            at.and_then(|at| cells.get(at)).map_or(String::new(), |cell| collapse(cell))
        };
        let mut names: Vec<&String> = then_columns.iter().chain(columns).collect();
        names.sort_unstable();
        names.dedup();
        names
            .into_iter()
            .map(|name| (name.clone(), cell(then_columns, &before.cells, name), cell(columns, cells, name)))
            .filter(|(_, then, now)| then != now)
            .collect()
    }
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

/// The alarm that matters most: a family-unit number that was on record, and is not any more, or is another one. `now`
/// is none when the whole row is gone.
fn link_gone(
    record: RecordId,
    then: Option<String>,
    now: Option<Option<String>>,
    row: u32,
) -> Option<Finding> {
    let then = then?;
    let understood = match now {
        None => "the whole row is gone; the link is kept in the ledger".to_owned(),
        Some(None) => "the number is gone; the link is kept in the ledger".to_owned(),
        Some(Some(other)) if other == then => return None,
        Some(Some(other)) => format!("re-keyed as {other}; the earlier link is kept in the ledger"),
    };
    let column = Field::FamilyUnitNumber.word();
    Some(Finding {
        record: Some(record),
        ..Finding::new(FindingCode::FamilyLinkVanished, column, &then, understood).at_row(row)
    })
}
