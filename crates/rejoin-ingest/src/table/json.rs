//! JSON lines, and a JSON array of objects. Keys become columns in the order of their first appearance.

use super::{MOST_COLUMNS, ReadError, Row, Table};
use rejoin_model::{Finding, FindingCode};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Reads JSON lines or an array of objects; `None` when the text is neither.
pub(super) fn read(text: &str) -> Option<Result<Table, ReadError>> {
    let start = text.trim_start();
    if start.starts_with('[') {
        let items: Vec<Map<String, Value>> = serde_json::from_str(start).ok()?;
        let objects = items.into_iter().enumerate().map(|(at, object)| (at as u32 + 1, object)).collect();
        return Some(table("JSON array", objects, Vec::new()));
    }
    if !start.starts_with('{') {
        return None;
    }
    let mut objects = Vec::new();
    let mut findings = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str::<Map<String, Value>>(line) {
            Ok(object) => objects.push((at as u32 + 1, object)),
            // A broken line among good ones is kept as a finding; with no good line it is not JSON at all.
            Err(error) => findings.push(
                Finding::new(FindingCode::StrayTextRow, "", line, format!("not JSON ({error}); left out"))
                    .at_row(at as u32 + 1),
            ),
        }
    }
    (!objects.is_empty()).then(|| table("JSON lines", objects, findings))
}

fn table(
    format: &str,
    objects: Vec<(u32, Map<String, Value>)>,
    findings: Vec<Finding>,
) -> Result<Table, ReadError> {
    let mut columns: Vec<String> = Vec::new();
    let mut index: HashMap<String, usize> = HashMap::new();
    let mut rows = Vec::with_capacity(objects.len());
    for (number, object) in objects {
        let mut cells = vec![String::new(); columns.len()];
        for (key, value) in object {
            let at = *index.entry(key).or_insert_with_key(|key| {
                columns.push(key.clone());
                columns.len() - 1
            });
            if at >= cells.len() {
                cells.resize(at + 1, String::new());
            }
            cells[at] = cell(value);
        }
        if columns.len() > MOST_COLUMNS {
            return Err(ReadError::TooWide { columns: columns.len() });
        }
        rows.push(Row { number, cells });
    }
    for row in &mut rows {
        row.cells.resize(columns.len(), String::new());
    }
    Ok(Table { format: format.into(), columns, rows, findings })
}

fn cell(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_arrays_give_the_same_rows() {
        let lines = read("{\"a\":1,\"b\":null}\nnonsense\n{\"c\":\"x\",\"a\":2.5}\n").unwrap().unwrap();
        assert_eq!(lines.columns, ["a", "b", "c"]);
        assert_eq!(lines.rows[1].cells, ["2.5", "", "x"]);
        assert_eq!((lines.rows[1].number, lines.findings[0].row), (3, Some(2)));
        let array = read("[{\"a\":1,\"b\":null},{\"c\":\"x\",\"a\":2.5}]").unwrap().unwrap();
        assert_eq!(array.rows[1].cells, lines.rows[1].cells);
        assert!(read("{nonsense").is_none());
    }
}
