//! How long children waited at the border before a shelter took them.

use super::{How, Measure, Unit, counted};
use rejoin_model::Field;

/// Seventy-two hours, in minutes: TVPRA s. 235(b)(3).
const LIMIT: i64 = 72 * 60;

pub(super) const MEASURE: Measure = Measure {
    name: "time-to-placement",
    version: 1,
    definition: (
        "Days from apprehension to placement in the first shelter; the value is the median. The parts say whether \
         72 hours (TVPRA s. 235(b)(3), counted here from apprehension) were kept: dates without hours often cannot \
         tell, and then it is said so instead of rounding.",
        "Días desde la aprehensión hasta el ingreso en el primer albergue; el valor es la mediana. Las partes dicen si \
         se respetaron las 72 horas (TVPRA, art. 235(b)(3), contadas aquí desde la aprehensión): las fechas sin horas \
         a menudo no permiten saberlo, y entonces se dice en lugar de redondear.",
    ),
    takes: &["from", "to", "by", "where"],
    needs: &[],
    unit: Unit::MedianDays,
    value: &[How::Known],
    count: |scene, parameters| {
        let mut out = Vec::new();
        for (at, person) in scene.listed() {
            let placed = person.records.iter().filter_map(|record| record.moment(Field::Placed));
            let placed = placed.min_by_key(|placed| placed.earliest());
            let apprehended = person.apprehended();
            if apprehended.is_some_and(|day| !super::separated::within(parameters, day)) {
                continue;
            }
            let (part, how, days) = match (apprehended, placed) {
                (Some(from), Some(to)) if to.surely_before(from) => {
                    ("placed before apprehended", How::Undocumented, None)
                }
                (Some(from), Some(to)) => {
                    let part = match from.elapsed_until(to).within(LIMIT) {
                        Some(true) => "within 72 hours",
                        Some(false) => "longer than 72 hours",
                        None => "the dates cannot tell",
                    };
                    (part, How::Known, from.days_until(to))
                }
                _ => ("dates not recorded", How::Undocumented, None),
            };
            let mut one = counted(at, person, how);
            one.part = Some(part.into());
            one.days = days;
            out.push(one);
        }
        Ok(out)
    },
};
