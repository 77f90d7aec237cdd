//! How many children the lists have still in care.

use super::{How, Measure, Unit, counted};
use rejoin_model::{Bound, Custodian};

pub(super) const MEASURE: Measure = Measure {
    name: "still-in-care",
    version: 1,
    definition: (
        "Children whose last stay in a shelter is open: the latest word of the lists is that they are still in care.",
        "Menores cuya última estancia en un albergue sigue abierta: lo último que dicen las listas es que siguen bajo \
         cuidado.",
    ),
    takes: &["by", "where"],
    needs: &[],
    unit: Unit::Children,
    value: &[How::Known],
    count: |scene, _| {
        let open = |person: &rejoin_custody::Person<'_>| {
            let last =
                person.chain.intervals.iter().rfind(|interval| interval.custodian == Custodian::Shelter);
            last.is_some_and(|interval| interval.to == Bound::Open)
        };
        Ok(scene
            .listed()
            .filter(|(_, person)| open(person))
            .map(|(at, person)| counted(at, person, How::Known))
            .collect())
    },
};
