//! How many children were in shelter care on a day.

use super::{How, Measure, Unit, counted};
use rejoin_custody::chain::in_shelter;

pub(super) const MEASURE: Measure = Measure {
    name: "in-shelter-care",
    version: 1,
    definition: (
        "Children placed in a shelter on or before the day and not recorded as having left before it. A child who \
         left on that day counts as in care. Known: a record has the child there on the day. Undocumented: placed \
         before, and the record says that the child left but not when; or apprehended before, and no record says when \
         it was placed; counted, and shown apart.",
        "Menores ingresados en un albergue ese día o antes y de quienes no consta que hubieran salido antes. Quien \
         salió ese mismo día cuenta como bajo cuidado. Conocido: un registro sitúa al menor allí ese día. Sin \
         documentar: ingresó antes y consta que salió, pero no cuándo; o fue aprehendido antes y no consta cuándo \
         ingresó; se cuenta y se muestra aparte.",
    ),
    takes: &["on", "by", "where"],
    needs: &["on"],
    unit: Unit::Children,
    value: &[How::Known, How::Undocumented],
    count: |scene, parameters| {
        let day = parameters.on.unwrap_or(scene.as_of);
        let held = |(at, person)| {
            let person: &rejoin_custody::Person<'_> = person;
            in_shelter(&person.chain, day)
                .map(|(_, known)| counted(at, person, if known { How::Known } else { How::Undocumented }))
        };
        Ok(scene.listed().filter_map(held).collect())
    },
};
