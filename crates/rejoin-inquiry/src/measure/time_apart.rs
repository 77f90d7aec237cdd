//! How long children were apart from their parents.

use super::{How, Measure, Unit};
use rejoin_custody::separation::{Apart, apart};

pub(super) const MEASURE: Measure = Measure {
    name: "time-apart",
    version: 1,
    definition: (
        "Days from apprehension to the hand-over to the separated parent, for separated children of the period; the \
         value is the median over children reunited with a date. Children who left care in another way, who are still \
         apart, or of whom no dates are recorded are counted in parts of their own and are in no average.",
        "Días desde la aprehensión hasta la entrega al progenitor del que fue separado, para los menores separados en \
         el período; el valor es la mediana de los reunificados con fecha. Quienes salieron de otro modo, siguen \
         separados o no tienen fechas se cuentan en partes propias y no entran en ningún promedio.",
    ),
    takes: &["on", "from", "to", "by", "where"],
    needs: &[],
    unit: Unit::MedianDays,
    value: &[How::Known],
    count: |scene, parameters| {
        let mut counted = super::separated::separated(scene, parameters);
        let as_of = parameters.on.unwrap_or(scene.as_of);
        for one in &mut counted {
            let lasted = one.person.and_then(|at| apart(&scene.people[at], as_of));
            let (part, days, documented) = match lasted {
                Some(Apart::Reunited(days)) => ("reunited", Some(days), true),
                Some(Apart::LeftCare(_)) => ("left care otherwise", None, true),
                Some(Apart::StillApart(_)) => ("still apart on the day", None, true),
                Some(Apart::NotRecorded) | None => ("dates not recorded", None, false),
            };
            one.part = Some(part.into());
            one.days = days;
            if !documented {
                one.how = How::Undocumented;
            }
        }
        Ok(counted)
    },
};
