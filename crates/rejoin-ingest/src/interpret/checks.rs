//! What a row says against itself. One function a check; each reads a record and speaks of one field.

use rejoin_model::{Code, Field, Finding, FindingCode, ListKind, Moment, Record};

/// Every check, in the order of reports.
pub(super) const CHECKS: &[fn(&Record) -> Option<Finding>] = &[
    placed_before_referred,
    events_out_of_order,
    discharged_without_date,
    date_without_discharge,
    status_contradicts_outcome,
    age_not_a_child,
    age_contradicts_birth_date,
];

fn says(code: FindingCode, field: Field, understood: String) -> Option<Finding> {
    Some(Finding::new(code, field.word(), "", understood))
}

fn placed_before_referred(record: &Record) -> Option<Finding> {
    let (referred, placed) = (record.moment(Field::Referred)?, record.moment(Field::Placed)?);
    if !placed.surely_before(referred) {
        return None;
    }
    says(
        FindingCode::PlacedBeforeReferred,
        Field::Placed,
        format!("placed {placed}, referred {referred}; both kept"),
    )
}

fn events_out_of_order(record: &Record) -> Option<Finding> {
    const ORDER: &[(Field, Field)] = &[
        (Field::BirthDate, Field::Apprehended),
        (Field::Apprehended, Field::Referred),
        (Field::Apprehended, Field::Placed),
        (Field::Apprehended, Field::Transferred),
        (Field::Placed, Field::Discharged),
        (Field::BookIn, Field::BookOut),
        (Field::ReferredForProsecution, Field::CourtDate),
        (Field::ReferredForProsecution, Field::Released),
    ];
    let backwards = |(first, then): &(Field, Field)| -> Option<(Moment, Field, Moment, Field)> {
        let (one, other) = (record.moment(*first)?, record.moment(*then)?);
        other.surely_before(one).then_some((one, *first, other, *then))
    };
    let (one, first, other, then) = ORDER.iter().find_map(backwards)?;
    says(
        FindingCode::EventsOutOfOrder,
        then,
        format!("{} {other} lies before {} {one}; both kept", then.word(), first.word()),
    )
}

fn discharged_without_date(record: &Record) -> Option<Finding> {
    let left = record.code(Field::Status) == Some(Code::Released)
        || matches!(record.code(Field::Outcome), Some(Code::ReunitedWithParent | Code::LeftOtherwise));
    if record.kind != ListKind::ShelterStay || !left || record.moment(Field::Discharged).is_some() {
        return None;
    }
    says(FindingCode::DischargedWithoutDate, Field::Discharged, "left, date not recorded".into())
}

fn date_without_discharge(record: &Record) -> Option<Finding> {
    let discharged = record.moment(Field::Discharged)?;
    if record.code(Field::Outcome) != Some(Code::StillInCare) {
        return None;
    }
    says(FindingCode::DateWithoutDischarge, Field::Outcome, format!("left {discharged}, by the date"))
}

fn status_contradicts_outcome(record: &Record) -> Option<Finding> {
    let (status, outcome) = (record.code(Field::Status)?, record.code(Field::Outcome)?);
    let in_care = |code| code == Code::StillInCare;
    let known = status != Code::Other && outcome != Code::Other && outcome != Code::Transferred;
    if !known || in_care(status) == in_care(outcome) {
        return None;
    }
    says(
        FindingCode::StatusContradictsOutcome,
        Field::Status,
        format!("status {}, outcome {}; both kept", status.word(), outcome.word()),
    )
}

fn age_not_a_child(record: &Record) -> Option<Finding> {
    let age = record.age()?;
    if record.kind != ListKind::ShelterStay || age < 18 {
        return None;
    }
    says(FindingCode::AgeNotAChild, Field::Age, format!("{age} years; counted as listed"))
}

fn age_contradicts_birth_date(record: &Record) -> Option<Finding> {
    let birth = record.moment(Field::BirthDate)?;
    let stated = record.age_of(Field::Age)?;
    let counted = record.happened().and_then(|day| record.age_on(day))?;
    if stated.abs_diff(counted) < 2 {
        return None;
    }
    says(
        FindingCode::AgeContradictsBirthDate,
        Field::Age,
        format!("{stated} stated, {counted} by birth date {birth}"),
    )
}
