//! How a legal clock stands: who is subject to it, who met it, who missed it and for what recorded reason.

use super::{How, Measure, Refused, Unit, counted};
use rejoin_custody::clock::{Standing, Stops};
use rejoin_model::{Bound, Custodian};

pub(super) const MEASURE: Measure = Measure {
    name: "clock",
    version: 1,
    definition: (
        "Children subject to the clock --id, as of the day --on. Parts: met by reunification with the separated parent; \
         met otherwise (left care in time in another way), or for other clocks met; missed, by the ground on record \
         for keeping the child from its parent; missed, reason not documented (the policy under which a child was \
         taken is not a reason); still running; the records cannot tell (no age, or dates not exact enough); no list \
         records it. Children whose leaving is recorded without a date are missed unless a record shows otherwise, \
         and shown as undocumented.",
        "Menores sujetos al plazo --id, al día --on. Partes: cumplido por reunificación con el progenitor; cumplido de \
         otro modo (salió a tiempo por otra vía), o en otros plazos cumplido; incumplido, según el motivo que consta \
         para no entregar al menor a su progenitor; incumplido, sin razón documentada (la política por la que se tomó \
         al menor no es una razón); en curso; los registros no permiten saberlo (sin edad, o fechas poco exactas); \
         ninguna lista lo registra. Aquellos cuya salida consta sin fecha figuran como incumplidos salvo prueba en \
         contrario, y como sin documentar.",
    ),
    takes: &["on", "id", "by", "where"],
    needs: &["id"],
    unit: Unit::Children,
    value: &[How::Known, How::Inferred, How::Suspected, How::Undocumented],
    count: |scene, parameters| {
        let id = parameters.id.as_deref().unwrap_or_default();
        let rule = scene.clocks.iter().find(|rule| rule.id == id).ok_or_else(|| Refused::Unknown {
            what: "clock",
            word: id.into(),
            known: scene.clocks.iter().map(|rule| rule.id.as_str()).collect::<Vec<_>>().join(", "),
        })?;
        let as_of = parameters.on.unwrap_or(scene.as_of);
        let mut out = Vec::new();
        for (at, person) in scene.listed() {
            let Some(standing) = rule.standing(person, as_of, scene.fold) else { continue };
            // What no list records is not known to be missed.
            let silent = matches!(standing, Standing::NotInAnyList | Standing::CannotTell);
            let part = match standing {
                Standing::MetByReunification => "met by reunification".to_owned(),
                Standing::Met if rule.stops == Stops::LeavingCare => "met otherwise".to_owned(),
                Standing::Met => "met".to_owned(),
                Standing::NotInAnyList => "no list records it".to_owned(),
                Standing::Missed(Some(reason)) => format!("missed: {reason}"),
                Standing::Missed(None) => "missed: reason not documented".to_owned(),
                Standing::Running => "still running".to_owned(),
                Standing::CannotTell => "the records cannot tell".to_owned(),
            };
            let last =
                person.chain.intervals.iter().rfind(|interval| interval.custodian == Custodian::Shelter);
            let undated =
                rule.stops == Stops::LeavingCare && last.is_some_and(|last| last.to == Bound::Unknown);
            let mut one = counted(at, person, if undated || silent { How::Undocumented } else { How::Known });
            one.part = Some(part);
            out.push(one);
        }
        Ok(out)
    },
};
