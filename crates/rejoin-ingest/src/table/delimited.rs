//! Delimited text: any delimiter, any of the encodings that spreadsheets write, line breaks within cells.

use super::{ReadError, Row, Table, header};
use rejoin_model::{Finding, FindingCode};

/// Text of bytes: a byte-order mark decides, then UTF-8 if it is valid, else Windows-1252 with a finding.
pub(super) fn decode(bytes: &[u8]) -> (String, Option<Finding>) {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        let (text, _) = encoding.decode_without_bom_handling(&bytes[mark..]);
        return (text.into_owned(), None);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), None),
        Err(error) => {
            let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes);
            let start = error.valid_up_to();
            let row = 1 + bytes[..start].iter().filter(|byte| **byte == b'\n').count() as u32;
            let said: String =
                String::from_utf8_lossy(&bytes[start..(start + 12).min(bytes.len())]).into_owned();
            let finding = Finding::new(FindingCode::EncodingGuessed, "", &said, "Windows-1252").at_row(row);
            (text.into_owned(), Some(finding))
        }
    }
}

const DELIMITERS: [u8; 4] = *b",;\t|";

/// The delimiter that cuts the first lines into the most even rows of two cells or more.
fn sniff(text: &str) -> u8 {
    let mut end = text.len().min(64 << 10);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let score = |delimiter: u8| {
        let mut counts = std::collections::HashMap::<usize, usize>::new();
        for row in reader(&text[..end], delimiter).records().flatten().take(200) {
            if row.len() > 1 {
                *counts.entry(row.len()).or_default() += 1;
            }
        }
        counts.into_iter().map(|(width, rows)| (rows * (width - 1).min(8), rows)).max().unwrap_or_default()
    };
    DELIMITERS.into_iter().rev().max_by_key(|delimiter| score(*delimiter)).unwrap_or(b',')
}

fn reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes())
}

/// Reads delimited text.
pub(super) fn read(text: &str) -> Result<Table, ReadError> {
    let delimiter = sniff(text);
    let mut raw = Vec::new();
    for row in reader(text, delimiter).records() {
        let row =
            row.map_err(|error| ReadError::Damaged { format: "delimited text", reason: error.to_string() })?;
        let number = row.position().map_or(0, |position| position.line() as u32);
        raw.push(Row { number, cells: row.iter().map(|cell| cell.trim().to_owned()).collect() });
    }
    let name = match delimiter {
        b',' => "comma",
        b';' => "semicolon",
        b'\t' => "tab",
        _ => "bar",
    };
    header::table(format!("text, {name}-separated"), raw)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let utf16: Vec<u8> =
            [0xff, 0xfe].into_iter().chain("Ñ,b".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(decode(&utf16).0, "Ñ,b");
    }
}
