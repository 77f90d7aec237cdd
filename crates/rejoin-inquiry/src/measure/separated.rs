//! How many children were separated in a period.

use super::{Counted, How, Measure, Parameters, Scene, Unit, counted};
use rejoin_model::{Moment, SeparationBasis};

pub(super) const MEASURE: Measure = Measure {
    name: "separated",
    version: 1,
    definition: (
        "Children separated from a parent, dated by their apprehension, within the period (both days included). Known: \
         an agency's list records the separation. Inferred: the border's own family-unit number joined child and \
         parent, and the child was then sent to a shelter. Suspected: a proposed match that nobody has verified. \
         Undocumented: recorded as separated, without a date. The value is the known alone.",
        "Menores separados de un progenitor, según la fecha de su aprehensión, dentro del período (ambos días \
         incluidos). Conocido: la lista de una agencia registra la separación. Inferido: el número de unidad familiar \
         de la frontera unía al menor con el progenitor y después el menor fue enviado a un albergue. Sospechado: una \
         coincidencia propuesta que nadie ha verificado. Sin documentar: consta la separación, sin fecha. El valor es \
         solo lo conocido.",
    ),
    takes: &["from", "to", "by", "where"],
    needs: &[],
    unit: Unit::Children,
    value: &[How::Known],
    count: |scene, parameters| Ok(separated(scene, parameters)),
};

/// Whether a day lies in the period asked; an open side excludes nothing.
pub(super) fn within(parameters: &Parameters, day: Moment) -> bool {
    parameters.from.is_none_or(|from| day.latest() >= from.earliest())
        && parameters.to.is_none_or(|to| day.earliest() <= to.latest())
}

/// Whether all of a day, or of a month known only as such, lies in the period.
fn surely_within(parameters: &Parameters, day: Moment) -> bool {
    parameters.from.is_none_or(|from| day.earliest() >= from.earliest())
        && parameters.to.is_none_or(|to| day.latest() <= to.latest())
}

pub(super) fn separated(scene: &Scene<'_>, parameters: &Parameters) -> Vec<Counted> {
    let one = |(at, person): (usize, &rejoin_custody::Person<'_>)| {
        let separation = person.separation.as_ref()?;
        let how = match (separation.basis, separation.from) {
            (SeparationBasis::Recorded, None) => How::Undocumented,
            (SeparationBasis::Recorded, _) => How::Known,
            (SeparationBasis::Inferred, _) => How::Inferred,
            (SeparationBasis::Suspected, _) => How::Suspected,
        };
        let how = match separation.from {
            // A month that straddles the end of the period may lie on either side of it.
            Some(day) if !surely_within(parameters, day) => How::Undocumented,
            _ => how,
        };
        separation.from.is_none_or(|day| within(parameters, day)).then(|| counted(at, person, how))
    };
    scene.people.iter().enumerate().filter_map(one).collect()
}
