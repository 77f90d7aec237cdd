//! Rows to a table, JSON or CSV. A result is rows first; the three forms are renderings of it.

use crate::Format;
use crate::failure::Failure;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde_json::Value;
use std::io::{IsTerminal, Write};

/// A result in rows.
pub struct Rows {
    /// Column names, stable: they are the keys in JSON.
    pub columns: Vec<String>,
    /// Rows.
    pub rows: Vec<Vec<Value>>,
}

impl Rows {
    /// No rows yet.
    pub fn new(columns: &[&str]) -> Self {
        Self { columns: columns.iter().map(|column| (*column).to_owned()).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn push(&mut self, row: Vec<Value>) {
        self.rows.push(row);
    }

    /// The rows as JSON objects.
    pub fn json(&self) -> Value {
        let object =
            |row: &Vec<Value>| Value::Object(self.columns.iter().cloned().zip(row.iter().cloned()).collect());
        Value::Array(self.rows.iter().map(object).collect())
    }

    /// The rows as an aligned table.
    pub fn table(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::ASCII_BORDERS_ONLY_CONDENSED);
        if std::io::stdout().is_terminal() {
            table.set_content_arrangement(ContentArrangement::Dynamic);
        }
        table.set_header(&self.columns);
        for row in &self.rows {
            table.add_row(row.iter().map(shown));
        }
        for at in 0..self.columns.len() {
            let numbers = self.rows.iter().all(|row| row[at].is_number() || row[at].is_null());
            if let (true, Some(column)) = (numbers, table.column_mut(at)) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table.to_string()
    }

    /// Writes the rows in the form asked.
    pub fn print(&self, format: Format) -> Result<(), Failure> {
        match format {
            Format::Table => print(&self.table()),
            Format::Json => print_json(&self.json()),
            Format::Csv => self.csv(),
        }
    }

    /// Writes the rows as CSV.
    pub fn csv(&self) -> Result<(), Failure> {
        let broken = |error: csv::Error| Failure::unexpected(error.to_string());
        let mut writer = csv::Writer::from_writer(std::io::stdout().lock());
        writer.write_record(&self.columns).map_err(broken)?;
        for row in &self.rows {
            writer.write_record(row.iter().map(cell)).map_err(broken)?;
        }
        writer.flush()?;
        Ok(())
    }
}

/// A value as a person reads it: numbers with separators, lists joined.
fn shown(value: &Value) -> String {
    match value {
        Value::Number(number) => match (number.as_u64(), number.as_f64()) {
            (Some(whole), _) => thousands(whole),
            (_, Some(float)) => decimal(float),
            _ => number.to_string(),
        },
        other => plain(other),
    }
}

/// A value as plain text.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join("; "),
        other => other.to_string(),
    }
}

/// A value as a cell of CSV. A text that a spreadsheet would run as a formula is made harmless.
fn cell(value: &Value) -> String {
    let text = plain(value);
    let formula = value.is_string()
        && text.starts_with(['=', '+', '-', '@', '\t', '\r'])
        && !text[1..].starts_with(|letter: char| letter.is_ascii_digit());
    if formula && text.len() > 1 { format!("'{text}") } else { text }
}

/// A whole number with separators.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number with one decimal, or none when it is whole.
pub fn decimal(number: f64) -> String {
    match number {
        number if !number.is_finite() => "-".into(),
        number if number.fract() == 0.0 && number >= 0.0 => thousands(number as u64),
        number => format!("{number:.1}"),
    }
}

/// Writes a line to stdout.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(())
}

/// Writes a JSON value to stdout.
pub fn print_json(value: &Value) -> Result<(), Failure> {
    print(&serde_json::to_string_pretty(value).map_err(|error| Failure::unexpected(error.to_string()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_cells() {
        assert_eq!([thousands(7), thousands(1_234_567), thousands(100)], ["7", "1,234,567", "100"]);
        assert_eq!([decimal(57.0), decimal(63.14), decimal(f64::NAN)], ["57", "63.1", "-"]);
        assert_eq!(cell(&"=HYPERLINK(1)".into()), "'=HYPERLINK(1)");
        assert_eq!(cell(&"-3 days".into()), "-3 days");
    }
}
