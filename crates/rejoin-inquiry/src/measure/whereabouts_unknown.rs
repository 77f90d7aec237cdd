//! How many children nobody answers for on a day.

use super::{How, Measure, Unit, counted};
use rejoin_custody::Person;
use rejoin_custody::chain::{Whereabouts, whereabouts};
use rejoin_model::{Moment, ProblemKind, Subject};

pub(super) const MEASURE: Measure = Measure {
    name: "whereabouts-unknown",
    version: 1,
    definition: (
        "Children of whom no record says where they were on the day. Parts: in a hole between two stays; the last stay \
         ended without a date or a receiver; no place recorded by that day though other records name the child; and, \
         as undocumented and not in the value, children whom only the border's lists name and who may have left it \
         with a parent. A child who left \
         care with a date is not counted: where it went is for follow-up, not for custody.",
        "Menores de quienes ningún registro dice dónde estaban ese día. Partes: en un vacío entre dos estancias; la \
         última estancia terminó sin fecha o sin receptor; sin lugar registrado hasta ese día aunque otros registros \
         nombran al menor; y, sin documentar y fuera del valor, menores a quienes solo nombran las listas de la \
         frontera y que pudieron salir de ella con un progenitor. Quien salió con fecha no se cuenta: adónde fue es asunto de seguimiento, no de custodia.",
    ),
    takes: &["on", "by", "where"],
    needs: &[],
    unit: Unit::Children,
    value: &[How::Known],
    count: |scene, parameters| {
        let day = parameters.on.unwrap_or(scene.as_of);
        let mut out = Vec::new();
        for (at, person) in
            scene.people.iter().enumerate().filter(|(_, person)| person.subject == Subject::Child)
        {
            let in_hole = person.chain.problems.iter().any(|problem| {
                matches!(problem.kind, ProblemKind::Hole | ProblemKind::HandOverUnconfirmed)
                    && problem.from.is_some_and(|from| from.latest() < day.earliest())
                    && problem.to.is_none_or(|to| to.earliest() > day.latest())
            });
            let found = whereabouts(&person.chain, day);
            let part = match found {
                Whereabouts::PerhapsHeld(_) | Whereabouts::Left(_) if !person.is_listed_child() => {
                    "left the border, and no other list names the child"
                }
                _ if in_hole => "in a hole between two custodians",
                Whereabouts::PerhapsHeld(_) => "the last stay ended without a date or a receiver",
                Whereabouts::NotOnRecord if happened_by(person, day) => "no place recorded",
                _ => continue,
            };
            let mut one =
                counted(at, person, if person.is_listed_child() { How::Known } else { How::Undocumented });
            one.part = Some(part.into());
            out.push(one);
        }
        Ok(out)
    },
};

/// Whether any record of the person is dated on or before the day.
fn happened_by(person: &Person<'_>, day: Moment) -> bool {
    person.records.iter().filter_map(|record| record.happened()).any(|when| when.earliest() <= day.latest())
}
