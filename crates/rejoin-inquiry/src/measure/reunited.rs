//! How many separated children were handed back to the parent.

use super::{How, Measure, Unit};
use rejoin_model::Bound;

pub(super) const MEASURE: Measure = Measure {
    name: "reunited",
    version: 1,
    definition: (
        "Separated children whom a list says to have been handed to the parent they were separated from; --from and \
         --to restrict to children separated in the period, --on to those handed over by that day. Known: said so, \
         with a date. Undocumented: said so without a date; counted unless --on asks by when.",
        "Menores separados de quienes una lista dice que fueron entregados al progenitor del que fueron separados; \
         --from y --to restringen a los separados en el período, --on a los entregados hasta ese día. Conocido: así \
         consta, con fecha. Sin documentar: así consta, sin fecha; se cuenta salvo que --on pregunte hasta cuándo.",
    ),
    takes: &["on", "from", "to", "by", "where"],
    needs: &[],
    unit: Unit::Children,
    value: &[How::Known, How::Undocumented],
    count: |scene, parameters| {
        let mut counted = super::separated::separated(scene, parameters);
        counted.retain_mut(|one| {
            let person = one.person.map(|at| &scene.people[at]);
            let reunited =
                person.and_then(|person| person.separation.as_ref()).map(|separation| separation.reunited);
            // Whoever is not known to be of the period stays so.
            let dated = matches!(reunited, Some(Bound::At(_))) && one.how != How::Undocumented;
            one.how = if dated { How::Known } else { How::Undocumented };
            match (reunited, parameters.on) {
                (Some(Bound::At(day)), Some(on)) => day.earliest() <= on.latest(),
                (Some(Bound::At(_)), None) | (Some(Bound::Unknown), None) => true,
                _ => false,
            }
        });
        Ok(counted)
    },
};
