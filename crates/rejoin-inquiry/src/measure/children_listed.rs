//! How many children the shelters' lists name.

use super::{How, Measure, Unit, counted};

pub(super) const MEASURE: Measure = Measure {
    name: "children-listed",
    version: 1,
    definition: (
        "Children named by at least one record of a shelter list. Records linked to one person count once; a record \
         that is linked to no other counts as one child. Exact copies are flagged, not merged, and count.",
        "Menores que figuran en al menos un registro de una lista de albergues. Los registros vinculados a una misma \
         persona cuentan una vez; un registro sin vínculos cuenta como un menor. Las copias exactas se señalan, no se \
         fusionan, y cuentan.",
    ),
    takes: &["by", "where"],
    needs: &[],
    unit: Unit::Children,
    value: &[How::Known],
    count: |scene, _| Ok(scene.listed().map(|(at, person)| counted(at, person, How::Known)).collect()),
};
