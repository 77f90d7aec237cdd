//! What prosecutors decided of the adults referred to them.

use super::{Counted, How, Measure, Unit};
use rejoin_model::{Code, Field, ListKind};

pub(super) const MEASURE: Measure = Measure {
    name: "prosecutions",
    version: 1,
    definition: (
        "Referrals of adults for prosecution, one a row of the prosecutors' lists, dated by the referral, within the \
         period (both days included). Parts: accepted, declined with the reason on record, other, no decision on \
         record. Undocumented: a referral without a date.",
        "Remisiones de adultos a la fiscalía, una por fila de las listas de los fiscales, fechadas por la remisión, \
         dentro del período (ambos días incluidos). Partes: aceptada, rechazada con el motivo que consta, otra, sin \
         decisión registrada. Sin documentar: remisión sin fecha.",
    ),
    takes: &["from", "to", "by", "where"],
    needs: &[],
    unit: Unit::Referrals,
    value: &[How::Known, How::Undocumented],
    count: |scene, parameters| {
        let mut out = Vec::new();
        for (at, person) in scene.people.iter().enumerate() {
            let referrals = person.records.iter();
            for record in
                referrals.filter(|record| record.kind == ListKind::ProsecutionReferral && !record.withdrawn)
            {
                let day = record.moment(Field::ReferredForProsecution);
                if !day.is_none_or(|day| super::separated::within(parameters, day)) {
                    continue;
                }
                let reason = record.text(Field::DecisionReason).unwrap_or("no reason on record");
                let part = match record.code(Field::Decision) {
                    Some(Code::Accepted) => "accepted".to_owned(),
                    Some(Code::Declined) => format!("declined: {reason}"),
                    Some(_) => "other".to_owned(),
                    None => "no decision on record".to_owned(),
                };
                out.push(Counted {
                    person: Some(at),
                    how: if day.is_some() { How::Known } else { How::Undocumented },
                    part: Some(part),
                    days: None,
                    count: 1,
                    records: vec![record.id],
                });
            }
        }
        Ok(out)
    },
};
