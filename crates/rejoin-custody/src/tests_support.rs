//! Custody timelines drawn as text, for tests.

use rejoin_model::{Code, Field, ListKind, Moment, Origin, PersonId, Record, RecordId, Subject, Value};

pub(crate) fn person() -> PersonId {
    PersonId::from_bytes([1; 10])
}

/// One record a line, one letter a day from 2018-06-01 (see the tests of `chain`).
pub(crate) fn drawn(timeline: &str) -> Vec<Record> {
    timeline.lines().enumerate().map(|(row, line)| record(row as u8, line)).collect()
}

fn record(row: u8, line: &str) -> Record {
    let start = line.len() - line.trim_start().len();
    let letters = line.trim();
    let end = letters.chars().last().unwrap_or(' ');
    let days = letters.trim_end_matches(['>', '?', 'x']).len();
    let day = |at: usize| Moment::of_day_number(17_683 + at as i32).map(Value::Moment).unwrap();
    let last = day(start + days.max(1) - 1);
    let dated = end != '>' && end != '?';
    let mut values = Vec::new();
    let (kind, fields) = match letters.chars().next() {
        Some('B') => (ListKind::Apprehension, (Field::Apprehended, Field::Transferred, Field::Station)),
        Some('M') => {
            (ListKind::ProsecutionReferral, (Field::ReferredForProsecution, Field::Released, Field::District))
        }
        Some('D') => (ListKind::DetentionStint, (Field::BookIn, Field::BookOut, Field::Facility)),
        _ => (ListKind::ShelterStay, (Field::Placed, Field::Discharged, Field::Facility)),
    };
    values.push((fields.0, day(start)));
    if dated {
        values.push((fields.1, last));
    }
    values.push((fields.2, Value::Place("Somewhere".into())));
    if kind == ListKind::ShelterStay && end != '>' {
        let code = if end == 'x' { Code::Transferred } else { Code::LeftOtherwise };
        values.push((Field::Outcome, Value::Code(code)));
    }
    if kind == ListKind::DetentionStint && end == 'x' {
        values.push((Field::ReleaseReason, Value::Code(Code::Transferred)));
    }
    Record {
        id: RecordId::from_bytes([row + 1; 10]),
        list: "drawn".into(),
        kind,
        subject: Subject::Unknown,
        origin: Origin { file: [0; 32], row: u32::from(row) + 1 },
        values,
        records_separation: false,
        withdrawn: false,
    }
}
