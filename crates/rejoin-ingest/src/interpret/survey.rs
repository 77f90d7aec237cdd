//! What only shows when the rows of a delivery are seen together: spellings, shared codes, copies.

use super::{Interpreter, content};
use crate::Row;
use rejoin_model::family::LARGEST_UNIT;
use rejoin_model::{Field, FieldKind, Finding, FindingCode};
use rejoin_normalize::place::split_code;
use rejoin_normalize::text::{collapse, fold, is_missing};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// One spelling of a place, as a list has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spelling {
    /// Which field.
    pub field: Field,
    /// The place it was folded into.
    pub place: String,
    /// As written.
    pub said: String,
    /// How many rows.
    pub rows: u32,
}

impl Interpreter {
    /// Every spelling of every place, by field, place and spelling.
    pub fn spellings(&self, rows: &[Row]) -> Vec<Spelling> {
        let mut counted: BTreeMap<(Field, String, String), u32> = BTreeMap::new();
        for (field, columns) in self.bound.iter().filter(|(field, _)| field.kind() == FieldKind::Place) {
            for row in rows {
                for at in columns {
                    let said = row.cells.get(*at).map_or("", String::as_str);
                    if is_missing(said) {
                        continue;
                    }
                    if let Some(place) = self.resolved.context.folding.fold(said) {
                        *counted.entry((*field, place, collapse(said))).or_default() += 1;
                        break;
                    }
                }
            }
        }
        counted
            .into_iter()
            .map(|((field, place, said), rows)| Spelling { field, place, said, rows })
            .collect()
    }

    /// Findings about the delivery as a whole.
    pub fn survey(&self, rows: &[Row]) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self
            .unmapped()
            .map(|column| Finding::new(FindingCode::ColumnNotMapped, column, "", "kept as sent"))
            .collect();
        let spellings = self.spellings(rows);
        self.folded(&spellings, &mut findings);
        self.shared_codes(&spellings, &mut findings);
        self.copies(rows, &mut findings);
        self.large_units(rows, &mut findings);
        findings
    }

    /// A place that was written in two ways or more.
    fn folded(&self, spellings: &[Spelling], findings: &mut Vec<Finding>) {
        for group in spellings.chunk_by(|one, other| (one.field, &one.place) == (other.field, &other.place)) {
            let distinct: BTreeSet<&str> = group.iter().map(|spelling| spelling.said.as_str()).collect();
            // A spelling that only the case and punctuation of which were changed is no news.
            let renamed =
                group.iter().any(|spelling| fold(split_code(&spelling.said).0) != fold(&spelling.place));
            if distinct.len() > 1 || renamed {
                findings.extend(group.iter().map(|spelling| {
                    let understood = format!("{} ({} rows)", spelling.place, spelling.rows);
                    Finding::new(FindingCode::PlaceFolded, spelling.field.word(), &spelling.said, understood)
                }));
            }
        }
    }

    /// Two places that carry the same code in brackets: `Harlingen (SNA)` and `San Antonio (SNA)`.
    fn shared_codes(&self, spellings: &[Spelling], findings: &mut Vec<Finding>) {
        let mut places: BTreeMap<(Field, &str), BTreeSet<&str>> = BTreeMap::new();
        for spelling in spellings {
            if let (_, Some(code)) = split_code(&spelling.said) {
                places.entry((spelling.field, code)).or_default().insert(&spelling.place);
            }
        }
        for ((field, code), places) in places.into_iter().filter(|(_, places)| places.len() > 1) {
            let names: Vec<&str> = places.into_iter().collect();
            let understood = format!("kept apart: {}", names.join(", "));
            findings.push(Finding::new(FindingCode::OfficeCodeShared, field.word(), code, understood));
        }
    }

    /// Family-unit numbers that too many rows share.
    fn large_units(&self, rows: &[Row], findings: &mut Vec<Finding>) {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for row in rows {
            if let Some((said, _)) = self.said(Field::FamilyUnitNumber, &row.cells) {
                *counts.entry(said).or_default() += 1;
            }
        }
        for (said, count) in counts.into_iter().filter(|(_, count)| *count > LARGEST_UNIT) {
            let understood = format!("{count} rows; joins nobody");
            let column = Field::FamilyUnitNumber.word();
            findings.push(Finding::new(FindingCode::FamilyUnitImplausible, column, said, understood));
        }
    }

    /// Rows equal in every cell: flagged, never merged.
    fn copies(&self, rows: &[Row], findings: &mut Vec<Finding>) {
        let mut first: HashMap<String, u32> = HashMap::with_capacity(rows.len());
        for row in rows {
            let text = content(&row.cells);
            match first.get(&text) {
                Some(earlier) => findings.push(
                    Finding::new(
                        FindingCode::ExactCopy,
                        "",
                        &text.replace('\u{1f}', " | "),
                        format!("as row {earlier}"),
                    )
                    .at_row(row.number),
                ),
                None => {
                    first.insert(text, row.number);
                }
            }
        }
    }
}
