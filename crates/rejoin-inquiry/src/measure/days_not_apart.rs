//! How many days children would not have been apart under a changed policy.

use super::{How, Measure, Unit};
use crate::replay;

pub(super) const MEASURE: Measure = Measure {
    name: "days-not-apart",
    version: 1,
    definition: (
        "Days that children would not have been apart from their parents under the scenario --id (see not-separated), as \
         of the day --on: of those not separated, all the days from apprehension to the hand-over, or to leaving care, \
         or to the day asked; of those handed back earlier, the days by which the hand-over comes earlier. Who has no \
         dates counts for no day and stands as undocumented.",
        "Días que los menores no habrían estado apartados de sus padres según el supuesto --id (véase not-separated), al \
         día --on: de quienes no habrían sido separados, todos los días desde la aprehensión hasta la entrega, la salida \
         o el día preguntado; de quienes habrían sido devueltos antes, los días que se adelanta la entrega. Quien no \
         tiene fechas no suma días y figura como sin documentar.",
    ),
    takes: &["on", "id", "by", "where"],
    needs: &["id"],
    unit: Unit::Days,
    value: &[How::Known],
    count: |scene, parameters| {
        let id = parameters.id.as_deref().unwrap_or_default();
        replay::days_not_apart(scene, id, parameters.on.unwrap_or(scene.as_of))
    },
};
