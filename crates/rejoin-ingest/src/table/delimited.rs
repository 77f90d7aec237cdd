//! Delimited text: any delimiter, any of the encodings that spreadsheets write, line breaks within cells.

use super::{ReadError, Row, Table, header};
use rejoin_model::{Finding, FindingCode};

/// Text of bytes: a byte-order mark decides, then UTF-8 if it is valid. Else line by line: a line that is UTF-8 is read
/// as such, the others as Windows-1252, with a finding.
pub(super) fn decode(bytes: &[u8]) -> (String, Option<Finding>) {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        let (text, broken) = encoding.decode_without_bom_handling(&bytes[mark..]);
        let finding = broken.then(|| {
            let understood =
                format!("read as {}, as its first bytes say; what is not was replaced", encoding.name());
            Finding::new(FindingCode::EncodingGuessed, "", "", understood)
        });
        return (text.into_owned(), finding);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (text.to_owned(), None);
    }
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 8);
    let mut first = None;
    let mut lines = 0u64;
    for (at, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        match std::str::from_utf8(line) {
            Ok(line) => text.push_str(line),
            Err(_) => {
                let (line, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(line);
                first.get_or_insert_with(|| (at as u32 + 1, line.trim_end().to_owned()));
                lines += 1;
                text.push_str(&line);
            }
        }
    }
    let finding = first.map(|(row, said)| {
        Finding::new(FindingCode::EncodingGuessed, "", &said, format!("Windows-1252, {lines} lines"))
            .at_row(row)
    });
    (text, finding)
}

const DELIMITERS: [u8; 4] = *b",;\t|";

/// The delimiter that cuts the first lines into the most even rows of two cells or more.
pub(crate) fn sniff(text: &str) -> u8 {
    let mut end = text.len().min(64 << 10);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let score = |delimiter: u8| {
        let mut counts = std::collections::HashMap::<usize, usize>::new();
        for row in reader(&text[..end], delimiter, true).records().flatten().take(200) {
            if row.len() > 1 {
                *counts.entry(row.len()).or_default() += 1;
            }
        }
        counts.into_iter().map(|(width, rows)| (rows * (width - 1).min(8), rows)).max().unwrap_or_default()
    };
    DELIMITERS.into_iter().rev().max_by_key(|delimiter| score(*delimiter)).unwrap_or(b',')
}

fn reader(text: &str, delimiter: u8, quoting: bool) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .quoting(quoting)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes())
}

/// Lines that one cell may span; a quotation mark that is never closed spans the rest of the file.
const LONGEST_CELL: u32 = 40;

/// Reads delimited text. Where a quotation mark swallows lines, all is read again without quoting.
pub(super) fn read(text: &str) -> Result<Table, ReadError> {
    let delimiter = sniff(text);
    let mut raw = rows(text, delimiter, true)?;
    let last = text.lines().count() as u32 + 1;
    let ends = raw.iter().skip(1).map(|row| row.number).chain([last]);
    let odd = !text.bytes().filter(|byte| *byte == b'"').count().is_multiple_of(2);
    let swallowed = raw.iter().zip(ends).find(|(row, end)| {
        let longest = row.cells.iter().map(|cell| cell.lines().count() as u32).max().unwrap_or(0);
        end.saturating_sub(row.number) > LONGEST_CELL && longest > LONGEST_CELL
            || odd && longest > 1 && *end == last
    });
    let finding = swallowed.map(|(row, _)| {
        let said: String = row.cells.join(" | ").chars().take(80).collect();
        Finding::new(FindingCode::QuoteNotClosed, "", &said, "read without quoting").at_row(row.number)
    });
    if finding.is_some() {
        raw = rows(text, delimiter, false)?;
    }
    let name = match delimiter {
        b',' => "comma",
        b';' => "semicolon",
        b'\t' => "tab",
        _ => "bar",
    };
    let mut table = header::table(format!("text, {name}-separated"), raw)?;
    table.findings.extend(finding);
    Ok(table)
}

fn rows(text: &str, delimiter: u8, quoting: bool) -> Result<Vec<Row>, ReadError> {
    let mut raw = Vec::new();
    for row in reader(text, delimiter, quoting).records() {
        let row =
            row.map_err(|error| ReadError::Damaged { format: "delimited text", reason: error.to_string() })?;
        // Where lines end as on Windows, the reader takes a record to begin with the line feed of the line before it. Blank
        // lines before it are the record's too.
        let number = row.position().map_or(0, |position| {
            let from = usize::try_from(position.byte()).unwrap_or(usize::MAX);
            let ends = text.as_bytes().get(from..).unwrap_or_default();
            let breaks = ends.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
            position.line() as u32 + breaks.filter(|byte| **byte == b'\n').count() as u32
        });
        raw.push(Row { number, cells: row.iter().map(|cell| cell.trim().to_owned()).collect() });
    }
    Ok(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_numbered_as_an_editor_numbers_their_lines() {
        for end in ["\n", "\r\n"] {
            let text = ["Name,Age,Sex", "Ana,3,F", "", "\"Luis\nJ\",4,M", "Eva,5,F", ""].join(end);
            let table = read(&text).unwrap();
            let numbers: Vec<u32> = table.rows.iter().map(|row| row.number).collect();
            assert_eq!(numbers, [2, 4, 6], "{end:?}");
        }
    }

    #[test]
    fn titles_page_headers_and_line_breaks() {
        let text = "Shelter list,,,\nPrinted 2018-07-01,,,\n\nName,Age,Sex,Facility\nA B,3,F,\"Casa\nPadre\"\nA,B,C,D\nNAME,AGE,SEX,FACILITY\nC D,4,M,Sol\nPage 1 of 2,,,\nE F,5,F,Sol,x\n";
        let table = read(text).unwrap();
        assert_eq!(table.columns, ["Name", "Age", "Sex", "Facility"]);
        assert_eq!(table.rows.iter().map(|row| row.number).collect::<Vec<_>>(), [5, 9, 11]);
        assert_eq!(table.rows[0].cells[3], "Casa\nPadre");
        let codes: Vec<_> = table.findings.iter().map(|finding| (finding.code.word(), finding.row)).collect();
        assert_eq!(
            codes,
            [
                ("title-line", Some(1)),
                ("title-line", Some(2)),
                ("page-header-row", Some(7)),
                ("page-header-row", Some(8)),
                ("stray-text-row", Some(10)),
                ("ragged-row", Some(11)),
            ]
        );
    }

    #[test]
    fn delimiters_and_encodings_are_told_from_the_text() {
        for delimiter in [";", "\t", "|"] {
            let text = format!("Name{delimiter}Born\nLópez, Ana{delimiter}2012\nPaz, Eva{delimiter}2013\n");
            assert_eq!(read(&text).unwrap().columns, ["Name", "Born"], "{delimiter:?}");
        }
        let (text, finding) = decode(b"Name,Age\nL\xf3pez,3\n");
        assert!(text.contains("López"));
        assert_eq!(finding.unwrap().row, Some(2));
        let (mixed, finding) = decode("José\n".bytes().chain(*b"L\xf3pez\n").collect::<Vec<u8>>().as_slice());
        assert!(mixed.starts_with("José\nLópez\n"), "{mixed}");
        assert_eq!(finding.unwrap().row, Some(2));
        let utf16: Vec<u8> =
            [0xff, 0xfe].into_iter().chain("Ñ,b".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(decode(&utf16).0, "Ñ,b");
    }

    #[test]
    fn a_quotation_mark_that_is_not_closed_swallows_nothing() {
        let lines: String =
            (0..100).map(|at| format!("{}Ana {at},{at}\n", if at == 7 { "\"" } else { "" })).collect();
        let table = read(&format!("Name,Age\n{lines}")).unwrap();
        assert_eq!(table.rows.len(), 100);
        assert_eq!(table.findings[0].code, FindingCode::QuoteNotClosed);
        let short = read("Name,Age\nEva,1\n\"Ana,2\nLuz,3\nSol,4\n").unwrap();
        assert_eq!((short.rows.len(), short.findings.len()), (4, 1));
    }

    #[test]
    fn a_row_with_nothing_but_a_number_is_kept() {
        let text = "Name,Age,Sex,A-Number\nAna,3,F,201234567\n,,,201234568\nData as of 06/26/2018,,,\n2018-06-26,,,\n";
        assert_eq!(read(text).unwrap().rows.len(), 2);
    }
}
