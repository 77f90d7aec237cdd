//! A document as a workbook: for those who go on computing. One sheet says what the report says, one holds each table and
//! each chart's numbers, one the references, the last one the data.
//!
//! A text is written as a text, whatever it begins with: no cell is ever a formula. What stands in a column of numbers
//! and is one is written as a number.

use crate::chart::told;
use crate::document::{Block, Column, Document};
use crate::pdf::{Figures, name};
use crate::text::{folded, printable};
use crate::words::day;
use crate::{Error, Language};
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Url, Workbook, Worksheet, XlsxError,
};

/// The name of the sheet that carries the data.
pub(crate) const DATA_SHEET: &str = "data";

/// How many UTF-16 units of data a cell takes: a spreadsheet allows 32,767.
const CELL: usize = 30_000;

fn failed(error: XlsxError) -> Error {
    Error::Workbook(error.to_string())
}

struct Formats {
    title: Format,
    head: Format,
    head_number: Format,
    wrapped: Format,
    plain: Format,
    bold: Format,
    quiet: Format,
}

impl Formats {
    fn new() -> Formats {
        let top = || Format::new().set_align(FormatAlign::Top);
        let head = || Format::new().set_bold().set_text_wrap().set_border_bottom(FormatBorder::Thin);
        Formats {
            title: Format::new().set_bold().set_font_size(18),
            head: head(),
            head_number: head().set_align(FormatAlign::Right),
            wrapped: top().set_text_wrap(),
            plain: top(),
            bold: top().set_bold(),
            quiet: top().set_italic(),
        }
    }
}

/// The document as a workbook: equal documents give equal bytes.
///
/// # Errors
/// When a table has more rows, or a cell more text, than a spreadsheet can hold.
pub fn xlsx(document: &Document) -> Result<Vec<u8>, Error> {
    write(document).map_err(failed)
}

fn write(document: &Document) -> Result<Vec<u8>, XlsxError> {
    let words = document.language.words();
    let formats = Formats::new();
    let mut workbook = Workbook::new();
    // Without a day of issue, the first one that a ZIP archive can name: the hour of writing must not be told.
    let issued = day(&document.issued)
        .and_then(|date| {
            let year = u16::try_from(date.year()).ok()?;
            ExcelDateTime::from_ymd(year, date.month().unsigned_abs(), date.day().unsigned_abs()).ok()
        })
        .map_or_else(|| ExcelDateTime::from_ymd(1980, 1, 1), Ok)?;
    let properties = DocProperties::new().set_title(line(&document.title)).set_creation_datetime(&issued);
    workbook.set_properties(&properties);
    let mut summary = Worksheet::new();
    summary.set_name(words.summary)?;
    let mut sheets = Vec::new();
    let mut row = title_page(&mut summary, document, &formats)?;
    summary.write_string_with_format(row, 0, words.claims, &formats.bold)?;
    row += 1;
    let heads = [words.claim, words.section, words.kind, words.text, words.references];
    for (column, head) in (0..).zip(heads) {
        summary.write_string_with_format(row, column, head, &formats.head)?;
    }
    let mut figures = Figures::default();
    for (_, number, section) in document.numbered() {
        row += 1;
        summary.write_string_with_format(row, 1, &number, &formats.bold)?;
        summary.write_string_with_format(row, 3, line(&section.heading), &formats.bold)?;
        for block in &section.blocks {
            let name = name(block, &number, &mut figures, document);
            for (kind, words) in said(block, document) {
                row += 1;
                if let Block::Table { .. } | Block::Figure { .. } = block {
                    let link = Url::new(format!("internal:'{name}'!A1")).set_text(&name);
                    summary.write_url(row, 0, link)?;
                } else if let Block::Claim { id, .. } = block {
                    summary.write_string_with_format(row, 0, line(id), &formats.plain)?;
                }
                summary.write_string_with_format(row, 1, &number, &formats.plain)?;
                summary.write_string_with_format(row, 2, kind, &formats.plain)?;
                summary.write_string_with_format(row, 3, line(&words.0), &formats.wrapped)?;
                summary.write_string_with_format(row, 4, listed(&words.1), &formats.plain)?;
            }
            sheets.extend(sheet(block, &name, document, &formats)?);
        }
    }
    for (column, width) in [(0, 16), (1, 26), (2, 16), (3, 90), (4, 14)] {
        summary.set_column_width(column, width)?;
    }
    workbook.push_worksheet(summary);
    sheets.into_iter().for_each(|sheet| {
        workbook.push_worksheet(sheet);
    });
    workbook.push_worksheet(references(document, &formats)?);
    workbook.push_worksheet(data(&document.data)?);
    workbook.save_to_buffer()
}

fn line(text: &str) -> String {
    folded(&printable(text))
}

fn listed(references: &[usize]) -> String {
    references.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
}

fn title_page(sheet: &mut Worksheet, document: &Document, formats: &Formats) -> Result<u32, XlsxError> {
    let words = document.language.words();
    sheet.write_string_with_format(0, 0, line(&document.title), &formats.title)?;
    sheet.write_string_with_format(1, 0, line(&document.subtitle), &formats.plain)?;
    sheet.write_string_with_format(2, 0, line(&document.status_words()), &formats.bold)?;
    let mut row = 3;
    if let crate::Status::Draft { .. } = document.status {
        sheet.write_string_with_format(row, 0, words.draft_note, &formats.quiet)?;
        row += 1;
    }
    row += 1;
    let issued = (words.issued.to_owned(), document.language.dated(&document.issued));
    for (name, value) in std::iter::once(&issued).chain(&document.facts) {
        sheet.write_string_with_format(row, 0, line(name), &formats.plain)?;
        sheet.write_string_with_format(row, 1, line(value), &formats.plain)?;
        row += 1;
    }
    Ok(row + 1)
}

/// What a block says, as rows of the first sheet: its kind, its words, its references.
fn said(block: &Block, document: &Document) -> Vec<(&'static str, (String, Vec<usize>))> {
    let words = document.language.words();
    match block {
        Block::Claim { text, references, .. } => vec![(words.claim, (text.clone(), references.clone()))],
        Block::Text(text) => vec![(words.text, (text.clone(), Vec::new()))],
        Block::Table { caption, references, .. } => {
            vec![(words.table, (caption.clone(), references.clone()))]
        }
        Block::Figure { caption, references, .. } => {
            vec![(words.figure, (caption.clone(), references.clone()))]
        }
        Block::Quotation { words: said, speaker, when, channel, chain, judgement, references } => {
            let mut source: Vec<String> =
                [speaker, when, channel].into_iter().filter(|part| !part.is_empty()).cloned().collect();
            source.extend(chain.iter().map(|link| format!("{} {link}", words.according_to)));
            let mut rows = vec![
                (words.quotation, (said.clone(), references.clone())),
                (words.quotation, (format!("— {}", source.join(", ")), Vec::new())),
            ];
            if !judgement.is_empty() {
                rows.push((words.judgement, (judgement.clone(), Vec::new())));
            }
            rows
        }
        Block::Response { party, words: said, when, references } => {
            let by = [party, when].map(String::as_str).join(", ");
            let by = format!("{} {}", words.response_of, by.trim_end_matches(", "));
            vec![(words.response, (by, Vec::new())), (words.response, (said.clone(), references.clone()))]
        }
        Block::Sides { left, right, explanation } => {
            let mut rows: Vec<_> = [left, right]
                .map(|side| {
                    (words.account, (format!("{}: {}", side.title, side.words), side.references.clone()))
                })
                .into();
            rows.push((words.text, (explanation.clone(), Vec::new())));
            rows
        }
        Block::Items(items) => items.iter().map(|item| (words.text, (item.clone(), Vec::new()))).collect(),
    }
}

/// The sheet of a table or a chart.
fn sheet(
    block: &Block,
    name: &str,
    document: &Document,
    formats: &Formats,
) -> Result<Option<Worksheet>, XlsxError> {
    let words = document.language.words();
    let mut sheet = Worksheet::new();
    let head = |sheet: &mut Worksheet, caption: &str, references: &[usize]| -> Result<(), XlsxError> {
        sheet.set_name(name)?;
        sheet.write_string_with_format(0, 0, line(caption), &formats.bold)?;
        if !references.is_empty() {
            let references = format!("{}: {}", words.references, listed(references));
            sheet.write_string_with_format(1, 0, references, &formats.quiet)?;
        }
        Ok(())
    };
    match block {
        Block::Table { caption, columns, rows, total, note, references } => {
            head(&mut sheet, caption, references)?;
            let mut row = table(&mut sheet, 3, columns, rows, total.as_ref(), document.language, formats)?;
            if let Some(note) = note {
                row += 1;
                sheet.write_string_with_format(
                    row,
                    0,
                    format!("{}: {}", words.note, line(note)),
                    &formats.quiet,
                )?;
            }
            sheet.set_freeze_panes(4, 0)?.set_repeat_rows(3, 3)?;
        }
        Block::Figure { caption, description, chart, references } => {
            head(&mut sheet, caption, references)?;
            sheet.write_string_with_format(2, 0, line(description), &formats.quiet)?;
            let mut row = 4;
            for told in told(chart, document.language) {
                row =
                    table(&mut sheet, row, &told.columns, &told.rows, None, document.language, formats)? + 1;
            }
        }
        _ => return Ok(None),
    }
    sheet.set_landscape().set_print_fit_to_pages(1, 0);
    Ok(Some(sheet))
}

/// A table from a row on; gives the row after it.
fn table(
    sheet: &mut Worksheet,
    top: u32,
    columns: &[Column],
    rows: &[Vec<String>],
    total: Option<&Vec<String>>,
    language: Language,
    formats: &Formats,
) -> Result<u32, XlsxError> {
    let numeric = |at: usize| columns.get(at).is_some_and(|column| column.numeric);
    for (at, column) in columns.iter().enumerate() {
        let format = if column.numeric { &formats.head_number } else { &formats.head };
        sheet.write_string_with_format(top, place(at)?, line(&column.title), format)?;
    }
    let mut row = top;
    for (cells, last) in rows.iter().map(|cells| (cells, false)).chain(total.map(|cells| (cells, true))) {
        row = row.checked_add(1).ok_or(XlsxError::RowColumnLimitError)?;
        for (at, cell) in cells.iter().enumerate() {
            let text = line(cell);
            let format = if last { &formats.bold } else { &formats.plain };
            match number(&text, language).filter(|_| numeric(at)) {
                Some((value, written)) => sheet.write_number_with_format(
                    row,
                    place(at)?,
                    value,
                    &format.clone().set_num_format(written),
                )?,
                None if numeric(at) => sheet.write_string_with_format(
                    row,
                    place(at)?,
                    text,
                    &format.clone().set_align(FormatAlign::Right),
                )?,
                None => sheet.write_string_with_format(row, place(at)?, text, format)?,
            };
        }
    }
    // Widths by what the columns hold, within reason.
    for at in 0..rows.iter().chain(total).map(Vec::len).chain([columns.len()]).max().unwrap_or(0) {
        let cells = rows.iter().chain(total).filter_map(|row| row.get(at)).map(|cell| cell.chars().count());
        let title = columns.get(at).map_or(0, |column| column.title.chars().count().min(18));
        let width = cells.chain([title]).max().unwrap_or(0).clamp(8, 60) as f64 + 2.0;
        let column = place(at)?;
        sheet.set_column_width(column, width)?;
    }
    Ok(row + 1)
}

fn place(column: usize) -> Result<u16, XlsxError> {
    u16::try_from(column).map_err(|_| XlsxError::RowColumnLimitError)
}

/// The number that a text is, as its language writes it, and the format that shows it so. What a spreadsheet could not
/// give back digit for digit is none: long numbers, and those with leading zeros.
fn number(text: &str, language: Language) -> Option<(f64, String)> {
    let (negative, digits) = match text.strip_prefix(['-', '−']) {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    // A workbook's own numbers have a point; Spanish texts may have either.
    let (group, point): (&[char], char) = match language {
        Language::English => (&[','], '.'),
        Language::Spanish if digits.contains(',') => (&['.', ' ', '\u{a0}', '\u{202f}'], ','),
        Language::Spanish => (&[' ', '\u{a0}', '\u{202f}'], '.'),
    };
    let (whole, fraction) = match digits.split_once(point) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let groups: Vec<&str> = whole.split(group).collect();
    let grouped = groups.len() > 1;
    let right = match groups.split_first()? {
        (first, rest) if grouped => {
            (1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3 && all_digits(group))
        }
        _ => true,
    };
    let whole = groups.concat();
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    if !right || !all_digits(&whole) || leading_zero || fraction.is_some_and(|fraction| !all_digits(fraction))
    {
        return None;
    }
    let fraction = fraction.unwrap_or_default();
    if whole.len() + fraction.len() > 15 {
        return None;
    }
    let value: f64 = format!("{}{whole}.{fraction}0", if negative { "-" } else { "" }).parse().ok()?;
    let mut format = if grouped { "#,##0".to_owned() } else { "0".to_owned() };
    if !fraction.is_empty() {
        format.push('.');
        format.push_str(&"0".repeat(fraction.len()));
    }
    Some((value, format))
}

fn references(document: &Document, formats: &Formats) -> Result<Worksheet, XlsxError> {
    let words = document.language.words();
    let mut sheet = Worksheet::new();
    sheet.set_name(words.references)?;
    for (column, head) in (0..).zip([words.number, words.reference, words.field, words.value]) {
        sheet.write_string_with_format(0, column, head, &formats.head)?;
    }
    let mut row = 0;
    for (number, reference) in (1u32..).zip(&document.references) {
        let none = [(String::new(), String::new())];
        let lines = if reference.lines.is_empty() { &none[..] } else { &reference.lines };
        for (name, value) in lines {
            row += 1;
            sheet.write_number_with_format(row, 0, number, &formats.plain)?;
            sheet.write_string_with_format(row, 1, line(&reference.label), &formats.wrapped)?;
            sheet.write_string_with_format(row, 2, line(name), &formats.plain)?;
            sheet.write_string_with_format(row, 3, line(value), &formats.wrapped)?;
        }
    }
    for (column, width) in [(0, 10), (1, 44), (2, 22), (3, 80)] {
        sheet.set_column_width(column, width)?;
    }
    sheet.set_freeze_panes(1, 0)?.set_landscape().set_print_fit_to_pages(1, 0);
    Ok(sheet)
}

fn data(data: &str) -> Result<Worksheet, XlsxError> {
    let mut sheet = Worksheet::new();
    sheet.set_name(DATA_SHEET)?;
    let mut row = 0;
    let mut rest = data;
    while !rest.is_empty() {
        let mut units = 0;
        let end = rest
            .char_indices()
            .find(|(_, letter)| {
                units += letter.len_utf16();
                units > CELL
            })
            .map_or(rest.len(), |(at, _)| at);
        sheet.write_string(row, 0, &rest[..end])?;
        row += 1;
        rest = &rest[end..];
    }
    Ok(sheet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_numbers_only_when_nothing_is_lost() {
        let english = |text: &str| number(text, Language::English);
        assert_eq!(english("1,234"), Some((1234.0, "#,##0".into())));
        assert_eq!(english("-12.50"), Some((-12.5, "0.00".into())));
        assert_eq!(english("0"), Some((0.0, "0".into())));
        for kept in
            ["007", "1,23", "12,3456", "1e5", "", "-", ".5", "5.", "12 %", "1234567890123456", "=1", "١٢"]
        {
            assert_eq!(english(kept), None, "{kept}");
        }
        let spanish = |text: &str| number(text, Language::Spanish).map(|(value, _)| value);
        assert_eq!(spanish("12\u{a0}345"), Some(12345.0));
        assert_eq!(spanish("1.234,5"), Some(1234.5));
        assert_eq!(spanish("2737"), Some(2737.0));
    }
}
