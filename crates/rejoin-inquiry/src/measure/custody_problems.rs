//! How often the custody invariant is broken, and how.

use super::{Counted, How, Measure, Unit};
use rejoin_model::Subject;

pub(super) const MEASURE: Measure = Measure {
    name: "custody-problems",
    version: 1,
    definition: (
        "Breaches of the custody invariant for children: holes, overlaps, impossible orders, stays without a place or \
         an end, hand-overs never confirmed, double listings. One child may have several. That no list names an \
         accountable officer is true of every stay and is not counted here.",
        "Quebrantos del invariante de custodia de menores: vacíos, solapamientos, órdenes imposibles, estancias sin \
         lugar o sin fin, entregas nunca confirmadas, registros dobles. Un menor puede tener varios. Que ninguna lista \
         nombre a un funcionario responsable vale para toda estancia y no se cuenta aquí.",
    ),
    takes: &["by", "where"],
    needs: &[],
    unit: Unit::Findings,
    value: &[How::Known],
    count: |scene, _| {
        let children = scene.people.iter().enumerate().filter(|(_, person)| person.subject == Subject::Child);
        Ok(children
            .flat_map(|(at, person)| {
                person.chain.problems.iter().map(move |problem| Counted {
                    person: Some(at),
                    how: How::Known,
                    part: Some(problem.kind.word().into()),
                    days: None,
                    count: 1,
                    records: problem.records.clone(),
                })
            })
            .collect())
    },
};
