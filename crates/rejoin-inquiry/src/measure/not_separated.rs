//! How many children a changed policy would not have separated.

use super::{How, Measure, Unit};
use crate::replay;

pub(super) const MEASURE: Measure = Measure {
    name: "not-separated",
    version: 1,
    definition: (
        "Children who would not have been separated had the policy been another: the scenario --id is minimum-age=YEARS, \
         no-family-referral or ended-on=DATE, for one policy=ID or for all. Counted are separations that the records \
         ascribe to the policy. Known: the list names it as the ground and it was in force. Inferred: no ground is on \
         record, it was in force and the parent was referred. Suspected: it was in force, or the separation itself is \
         suspected. Undocumented: the age or the day is not recorded. The value is the known alone; all four \
         together are the most that the records allow.",
        "Menores que no habrían sido separados con otra política: el supuesto --id es minimum-age=AÑOS, \
         no-family-referral o ended-on=FECHA, para una policy=ID o para todas. Se cuentan las separaciones que los \
         registros atribuyen a la política. Conocido: la lista la nombra como motivo y regía. Inferido: no consta \
         motivo, regía y el progenitor fue remitido. Sospechado: regía, o la separación misma es sospechada. Sin \
         documentar: no consta la edad o el día. El valor es solo lo conocido; los cuatro \
         juntos son lo más que permiten los registros.",
    ),
    takes: &["on", "id", "by", "where"],
    needs: &["id"],
    unit: Unit::Children,
    value: &[How::Known],
    count: |scene, parameters| {
        let id = parameters.id.as_deref().unwrap_or_default();
        replay::not_separated(scene, id, parameters.on.unwrap_or(scene.as_of))
    },
};
