//! A row's cells, read by a mapping, to a record and its findings.

mod checks;
pub mod survey;

use crate::mapping::{Mapping, MappingError, Resolved};
use rejoin_model::{
    Code, Field, FieldKind, Finding, FindingCode, ListKind, Origin, Record, RecordId, Subject, Value,
};
use rejoin_normalize::text::{collapse, fold, is_missing};
use rejoin_normalize::{identifier, moment, name, understand};
use sha2::{Digest, Sha256};

/// A mapping bound to the columns of one file.
#[derive(Debug, Clone)]
pub struct Interpreter {
    list: String,
    separations: bool,
    resolved: Resolved,
    columns: Vec<String>,
    /// Field → column positions, in the order of preference.
    bound: Vec<(Field, Vec<usize>)>,
}

impl Interpreter {
    /// Binds a mapping to column names.
    ///
    /// # Errors
    /// When a word of the mapping is unknown, no column is mapped, or a key field has no column.
    pub fn new(mapping: &Mapping, columns: &[String]) -> Result<Self, MappingError> {
        let resolved = mapping.resolve()?;
        let folded: Vec<String> = columns.iter().map(|column| fold(column)).collect();
        let mut bound: Vec<(Field, Vec<usize>)> = Vec::new();
        for (field, names) in &resolved.columns {
            // In the order of the mapping's names: the first filled one speaks.
            let at: Vec<usize> =
                names.iter().filter_map(|name| folded.iter().position(|column| column == name)).collect();
            if !at.is_empty() {
                bound.push((*field, at));
            }
        }
        bound.sort_by_key(|(field, _)| *field);
        if bound.is_empty() {
            return Err(MappingError::NothingMapped {
                columns: columns.len(),
                mapping: mapping.list.clone(),
            });
        }
        if let Some(missing) = resolved.key.iter().find(|key| !bound.iter().any(|(field, _)| field == *key)) {
            return Err(MappingError::KeyNotMapped { field: missing.word().into() });
        }
        Ok(Self {
            list: mapping.list.clone(),
            separations: mapping.separations,
            resolved,
            columns: columns.to_vec(),
            bound,
        })
    }

    /// Columns that no field names.
    pub fn unmapped(&self) -> impl Iterator<Item = &str> {
        let used = |at: usize| self.bound.iter().any(|(_, columns)| columns.contains(&at));
        self.columns.iter().enumerate().filter(move |(at, _)| !used(*at)).map(|(_, name)| name.as_str())
    }

    /// What a row's kind is.
    pub fn kind(&self) -> ListKind {
        self.resolved.kind
    }

    /// The first filled cell of a field, with its column.
    fn said<'a>(&'a self, field: Field, cells: &'a [String]) -> Option<(&'a str, &'a str)> {
        let (_, columns) = self.bound.iter().find(|(of, _)| *of == field)?;
        columns
            .iter()
            .filter_map(|at| Some((cells.get(*at)?.as_str(), self.columns[*at].as_str())))
            .find(|(cell, _)| !is_missing(cell))
    }

    /// What identifies the row across deliveries: its key fields, or `None` when they are not filled or the list
    /// has no key.
    pub fn key(&self, cells: &[String]) -> Option<String> {
        if self.resolved.key.is_empty() {
            return None;
        }
        let parts: Option<Vec<String>> = self
            .resolved
            .key
            .iter()
            .map(|field| {
                let (said, _) = self.said(*field, cells)?;
                match field.kind() {
                    FieldKind::Identifier => identifier::read(said),
                    FieldKind::Moment => {
                        moment::read(said, self.resolved.context.order).value.map(|moment| moment.to_string())
                    }
                    _ => Some(fold(said)),
                }
            })
            .collect();
        parts.map(|parts| parts.join("\u{1f}"))
    }

    /// A row's number of a field, as [`Interpreter::record`] understands it, without reading the rest of the row.
    pub fn identifier(&self, field: Field, cells: &[String]) -> Option<String> {
        if field.kind() != FieldKind::Identifier {
            return None;
        }
        let (_, columns) = self.bound.iter().find(|(of, _)| *of == field)?;
        // Numbers are understood without the row's country, which only telephones need.
        let values = columns.iter().filter_map(|at| cells.get(*at));
        let mut values = values.filter_map(|cell| understand(field, cell, &self.resolved.context).value);
        match values.next()? {
            Value::Identifier(number) => Some(number.0),
            _ => None,
        }
    }

    /// Whether the list has a key at all.
    pub fn has_key(&self) -> bool {
        !self.resolved.key.is_empty()
    }

    /// The record's id: of its key, or of its content and how many equal rows came before it.
    pub fn id(&self, cells: &[String], occurrence: u32) -> RecordId {
        let identity = match self.key(cells) {
            Some(key) => format!("key\u{1e}{key}"),
            None => format!("content\u{1e}{}", self.content(cells)),
        };
        let mut hash = Sha256::new();
        hash.update(b"rejoin record 1\0");
        hash.update(self.list.as_bytes());
        hash.update([0]);
        hash.update(identity.as_bytes());
        hash.update([0]);
        hash.update(occurrence.to_be_bytes());
        let digest = hash.finalize();
        let mut bytes = [0u8; 10];
        bytes.copy_from_slice(&digest[..10]);
        RecordId::from_bytes(bytes)
    }

    /// What a row without a key is known by: its filled cells under the names of their columns, whatever their order.
    fn content(&self, cells: &[String]) -> String {
        let filled = self.columns.iter().zip(cells).map(|(column, cell)| (fold(column), collapse(cell)));
        let mut pairs: Vec<(String, String)> = filled.filter(|(_, cell)| !cell.is_empty()).collect();
        pairs.sort_unstable();
        pairs.iter().map(|(column, cell)| format!("{column}\u{1f}{cell}\u{1f}")).collect()
    }

    /// Reads a row.
    pub fn record(&self, id: RecordId, origin: Origin, cells: &[String]) -> (Record, Vec<Finding>) {
        let mut findings = Vec::new();
        let mut context = std::borrow::Cow::Borrowed(&self.resolved.context);
        let mut values: Vec<(Field, Value)> = Vec::with_capacity(self.bound.len());
        if let Some((said, _)) = self.said(Field::Country, cells)
            && self.bound.iter().any(|(field, _)| *field == Field::Phone)
        {
            context.to_mut().home = rejoin_normalize::country::read(said);
        }
        for (field, columns) in &self.bound {
            if matches!(field.kind(), FieldKind::GivenNames | FieldKind::Surnames | FieldKind::TimeOfDay) {
                continue; // Put together below.
            }
            for at in columns {
                let Some(cell) = cells.get(*at) else { continue };
                let reading = understand(*field, cell, &context);
                findings.extend(reading.doubts.into_iter().map(|(code, understood)| Finding {
                    code,
                    row: Some(origin.row),
                    column: self.columns[*at].clone(),
                    said: collapse(cell),
                    understood,
                    record: Some(id),
                }));
                if let Some(value) = reading.value {
                    values.push((*field, value));
                    if *field != Field::Note {
                        break;
                    }
                }
            }
        }
        self.name_from_parts(cells, &mut values);
        self.join_time(cells, &mut values);
        values.sort_by_key(|(field, _)| *field);
        let mut record = Record {
            id,
            list: self.list.clone(),
            kind: self.resolved.kind,
            subject: Subject::Unknown,
            origin,
            values,
            records_separation: self.separations,
            withdrawn: false,
        };
        record.subject = self.resolved.subject.unwrap_or_else(|| subject(&record));
        for check in checks::CHECKS {
            if let Some(finding) = check(&record) {
                let said = self.said_of(&finding.column, cells);
                let row = record.origin.row;
                findings.push(Finding {
                    said: said.unwrap_or(finding.said),
                    row: Some(row),
                    record: Some(id),
                    ..finding
                });
            }
        }
        (record, findings)
    }

    /// The cell of a field's word, for findings that name a field; with the column's own name.
    fn said_of(&self, field: &str, cells: &[String]) -> Option<String> {
        Field::from_word(field).and_then(|field| self.said(field, cells)).map(|(said, _)| collapse(said))
    }

    fn name_from_parts(&self, cells: &[String], values: &mut Vec<(Field, Value)>) {
        if values.iter().any(|(field, _)| *field == Field::FullName) {
            return;
        }
        // Two columns of one part (a first and a middle name, two surnames under one field) are both of the name.
        let part = |field| -> String {
            let bound = self.bound.iter().find(|(of, _)| *of == field);
            let cells = bound.into_iter().flat_map(|(_, columns)| columns).filter_map(|at| cells.get(*at));
            let mut parts: Vec<&str> = Vec::new();
            for cell in cells.filter(|cell| !is_missing(cell)) {
                // Bilingual forms have the same part twice.
                if parts.iter().all(|part| fold(part) != fold(cell)) {
                    parts.push(cell);
                }
            }
            parts.join(" ")
        };
        let surnames = [part(Field::FirstSurname), part(Field::Surnames), part(Field::SecondSurname)];
        let surnames: Vec<&str> = surnames.iter().map(String::as_str).collect();
        if let Some(name) = name::from_parts(&part(Field::GivenNames), &surnames) {
            values.push((Field::FullName, Value::Name(name)));
        }
    }

    fn join_time(&self, cells: &[String], values: &mut [(Field, Value)]) {
        let Some((said, _)) = self.said(Field::ApprehendedTime, cells) else { return };
        let Some((hour, minute)) = moment::time_of_day(said) else { return };
        for (field, value) in values {
            if let (Field::Apprehended, Value::Moment(moment)) = (*field, value) {
                *moment = moment.at(hour, minute).unwrap_or(*moment);
            }
        }
    }
}

/// The cells as one text, white space collapsed: line breaks that a PDF put in do not make another row.
pub fn content(cells: &[String]) -> String {
    cells.iter().map(|cell| collapse(cell)).collect::<Vec<_>>().join("\u{1f}")
}

/// Child or adult, for lists of both: by what the row says of the family, then by age.
fn subject(record: &Record) -> Subject {
    if record.code(Field::FamilyStatus) == Some(Code::Unaccompanied) {
        return Subject::Child;
    }
    if record.code(Field::FamilyStatus) == Some(Code::SingleAdult) {
        return Subject::Adult;
    }
    match record.age() {
        Some(age) if age < 18 => Subject::Child,
        Some(_) => Subject::Adult,
        None => Subject::Unknown,
    }
}

/// The finding of a row without the number its list is keyed by.
pub fn keyless(row: u32) -> Finding {
    Finding::new(FindingCode::RecordNumberMissing, "", "", "known by its content").at_row(row)
}
