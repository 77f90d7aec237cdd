//! Hostile bytes: whatever is read, no reader panics and the numbers of rows stay honest. Seeded, so that a failure can
//! be had again; `cargo xtask fuzz N` runs more rounds.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use rejoin_ingest::table::{ReadError, read};
use rejoin_ingest::{Interpreter, mapping};
use rejoin_model::Origin;

/// A small generator (xorshift64*), so that rounds depend on nothing but their number.
struct Draw(u64);

impl Draw {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % below.max(1)
    }
}

fn rounds() -> u64 {
    std::env::var("REJOIN_FUZZ_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(3_000)
}

fn seeds() -> Vec<Vec<u8>> {
    let csv = "Shelter list\nfirst_name,last_name,dob,gender,date_admitted,date_of_discharge,program_name,alien_no,discharge_type\n\
        Ana,López García,2012-02-30,F,6/31/2018,,Casa \"Sol\",A201-234-567,Reunited\nA,B,C,D,E,F,G,H,I\n\"x\ny\",,,,,,,,\n";
    let json =
        "{\"AGE\":3,\"COO\":\"HN\",\"Date Discharged\":\"7/8/18\"}\n{\"AGE\":[1,{}],\"GENDER\":null}\n";
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (at, cell) in
        ["AGE", "GENDER", "COO", "Date Discharged", "7", "F", "HN", "2018-07-08"].into_iter().enumerate()
    {
        sheet.write_string(at as u32 / 4, at as u16 % 4, cell).unwrap();
    }
    let xlsx = book.save_to_buffer().unwrap();
    let ages: arrow_array::ArrayRef = std::sync::Arc::new(arrow_array::StringArray::from(vec!["7", "x", ""]));
    let batch = arrow_array::RecordBatch::try_from_iter([("AGE", ages)]).unwrap();
    let mut parquet = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut parquet, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    vec![
        csv.into(),
        json.into(),
        xlsx,
        parquet,
        Vec::new(),
        b"PK\x03\x04".to_vec(),
        b"PAR1".to_vec(),
        b"ARROW1\0\0".to_vec(),
    ]
}

fn mutate(seed: &[u8], draw: &mut Draw) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=draw.next(8) {
        let at = draw.next(bytes.len() + 1);
        match draw.next(6) {
            0 if at < bytes.len() => bytes[at] = draw.next(256) as u8,
            1 => bytes.insert(at, draw.next(256) as u8),
            2 => bytes.truncate(at),
            3 => bytes.extend(std::iter::repeat_n(b",;\"\n\t{"[draw.next(6)], draw.next(40))),
            4 => {
                let piece = bytes[at..].iter().take(draw.next(60)).copied().collect::<Vec<u8>>();
                bytes.splice(at..at, piece);
            }
            _ => bytes.extend((0..draw.next(30)).map(|_| draw.next(256) as u8).collect::<Vec<_>>()),
        }
    }
    bytes
}

/// Reads as an import does: table, proposal, every row.
fn walk(bytes: &[u8]) -> Result<usize, ReadError> {
    let table = read(bytes)?;
    let proposal = mapping::propose(&table, "fuzz");
    let Ok(interpreter) = Interpreter::new(&proposal.mapping, &table.columns) else { return Ok(0) };
    for row in &table.rows {
        assert_eq!(row.cells.len(), table.columns.len());
        let id = interpreter.id(&row.cells, 0);
        let (record, findings) =
            interpreter.record(id, Origin { file: [0; 32], row: row.number }, &row.cells);
        assert!(findings.iter().all(|finding| finding.record == Some(record.id)));
    }
    interpreter.survey(&table.rows);
    Ok(table.rows.len())
}

#[test]
fn no_bytes_make_a_reader_panic() {
    let seeds = seeds();
    // Panics of foreign parsers are caught where they are called; they must not flood the test's output.
    std::panic::set_hook(Box::new(|_| {}));
    let mut failed = Vec::new();
    let mut read_rows = 0;
    for round in 0..rounds() {
        let mut draw = Draw(round.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let seed = &seeds[draw.next(seeds.len())];
        let bytes = mutate(seed, &mut draw);
        match std::panic::catch_unwind(|| walk(&bytes)) {
            Ok(Ok(rows)) => read_rows += rows,
            Ok(Err(_)) => {}
            Err(_) => failed.push(round),
        }
    }
    let _ = std::panic::take_hook();
    assert!(failed.is_empty(), "rounds {failed:?}");
    assert!(read_rows > 100, "the mutants are still lists often enough to test anything: {read_rows}");
}
