//! Counterfactual replay: the same records under a changed policy. What would not have happened is counted one by one, so
//! that every child of it can be looked at; nothing is modelled that the records do not say.

use crate::measure::{Counted, How, Refused, Scene, counted};
use rejoin_custody::Person;
use rejoin_custody::separation::{Apart, apart};
use rejoin_model::{Ascribed, Bound, Moment, Precision, SeparationBasis};

/// A changed policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scenario {
    /// Only separations ascribed to this policy change; without it, to any policy.
    pub policy: Option<String>,
    /// Children younger than this are not separated.
    pub minimum_age: Option<u8>,
    /// Adults of family units are not referred: nobody is separated under the policy.
    pub no_referral: bool,
    /// The order that ended the policy comes on this day.
    pub ended_on: Option<Moment>,
}

impl Scenario {
    /// Reads `minimum-age=5`, `no-family-referral`, `ended-on=2018-06-06`, `policy=zero-tolerance`; several are joined by
    /// a comma. `date` reads a day.
    ///
    /// # Errors
    /// [`Refused::Unknown`] for a word that is none of these.
    pub fn read(text: &str) -> Result<Self, Refused> {
        let mut scenario = Self::default();
        let unknown = |word: &str| Refused::Unknown {
            what: "scenario",
            word: word.to_owned(),
            known:
                "minimum-age=YEARS, no-family-referral, ended-on=DATE, policy=ID; several joined by a comma"
                    .into(),
        };
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            let before = scenario.clone();
            match word.split_once('=') {
                Some(("minimum-age", age)) => {
                    scenario.minimum_age = Some(age.parse().map_err(|_| unknown(word))?);
                }
                Some(("ended-on", day)) => {
                    scenario.ended_on = Some(read_day(day).ok_or_else(|| unknown(word))?)
                }
                Some(("policy", id)) => scenario.policy = Some(id.to_owned()),
                None if word == "no-family-referral" => scenario.no_referral = true,
                _ => return Err(unknown(word)),
            }
            // The same word twice says two things.
            if before == scenario {
                return Err(unknown(word));
            }
        }
        if scenario.minimum_age.is_none() && !scenario.no_referral && scenario.ended_on.is_none() {
            return Err(unknown(text));
        }
        Ok(scenario)
    }

    /// What is assumed, in English and Spanish, to be printed with every figure.
    pub fn assumptions(&self) -> Vec<(String, String)> {
        let mut out = vec![(
            "Everything else stays as it was: the same people come on the same days, and other grounds of separation \
             stay. Only separations that the records ascribe to the policy change: known where the list names it, \
             inferred where no ground is on record but the policy was in force and the parent was referred, suspected \
             where only the policy's being in force speaks for it."
                .to_owned(),
            "Todo lo demás queda igual: las mismas personas llegan los mismos días y los otros motivos de separación \
             permanecen. Solo cambian las separaciones que los registros atribuyen a la política: conocidas si la lista \
             la nombra, inferidas si no consta motivo pero la política regía y el progenitor fue remitido, sospechadas \
             si solo consta que la política regía."
                .to_owned(),
        )];
        if let Some(age) = self.minimum_age {
            out.push((
                format!(
                    "Children listed with an age under {age} are not separated; brothers and sisters of that age \
                     or over still are. A child whose age is not recorded counts as undocumented."
                ),
                format!(
                    "Quienes figuran con menos de {age} años no son separados; sus hermanos de esa edad o más sí. \
                     Quien no tiene edad registrada cuenta como sin documentar."
                ),
            ));
        }
        if self.no_referral {
            out.push((
                "No adult apprehended with a child is referred for prosecution; nobody is separated under the policy."
                    .to_owned(),
                "Ningún adulto aprehendido con un menor es remitido a la fiscalía; nadie es separado bajo la política."
                    .to_owned(),
            ));
        }
        if let Some(day) = self.ended_on {
            out.push((
                format!(
                    "The policy ends on {day}: who was apprehended later is not separated. Who was separated before is handed \
                     back as many days earlier as the order comes earlier, but not before {day}."
                ),
                format!(
                    "La política termina el {day}: quien fue aprehendido después no es separado. Quien fue separado antes es \
                     devuelto tantos días antes como se adelanta la orden, pero no antes del {day}."
                ),
            ));
        }
        out
    }
}

fn read_day(text: &str) -> Option<Moment> {
    let mut parts = text.split('-');
    let (year, month, day) =
        (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    parts.next().is_none().then(|| Moment::day(year, month, day)).flatten()
}

/// What the change does to one child.
struct Change {
    how: How,
    separated: bool,
    days: Option<i32>,
}

fn change(person: &Person<'_>, scenario: &Scenario, scene: &Scene<'_>, as_of: Moment) -> Option<Change> {
    let separation = person.separation.as_ref()?;
    // What had not happened yet on the day asked is not there to be changed.
    if separation.from.is_some_and(|from| as_of.surely_before(from)) {
        return None;
    }
    let attribution = separation.attribution.as_ref()?;
    let policy = attribution.policy.as_deref()?;
    if scenario.policy.as_deref().is_some_and(|id| id != policy) {
        return None;
    }
    let how = match (separation.basis, attribution.ascribed) {
        (_, Ascribed::NamedNotInForce | Ascribed::OtherGround | Ascribed::NoneOnRecord) => return None,
        (SeparationBasis::Suspected, _) | (_, Ascribed::Suspected) => How::Suspected,
        (SeparationBasis::Inferred, _) | (_, Ascribed::Inferred) => How::Inferred,
        (SeparationBasis::Recorded, Ascribed::Recorded) => How::Known,
    };
    let lasted = match apart(person, as_of) {
        Some(Apart::Reunited(days) | Apart::LeftCare(days) | Apart::StillApart(days)) => Some(days),
        _ => None,
    };
    if scenario.no_referral {
        return Some(Change { how, separated: false, days: lasted });
    }
    if let Some(least) = scenario.minimum_age {
        // As listed, as in the group `age-group`; a birth date where no list gives an age.
        let age = person
            .first(|record| record.age())
            .or_else(|| separation.from.and_then(|day| person.age_on(day)));
        match age {
            Some(age) if age < least => return Some(Change { how, separated: false, days: lasted }),
            None => return Some(Change { how: How::Undocumented, separated: false, days: lasted }),
            Some(_) => {}
        }
    }
    let day = scenario.ended_on?;
    // A policy without an end lasted to the day asked; one that ended in a month, to the last day of it.
    let end = scene.policies.policies.iter().find(|one| one.id == policy)?.to.unwrap_or(as_of);
    let actual = Moment::of_day_number(i32::try_from(end.latest().div_euclid(24 * 60)).ok()?)?;
    if actual.day_number() <= day.day_number() {
        return None;
    }
    let Some(from) = separation.from else {
        return Some(Change { how: How::Undocumented, separated: false, days: None });
    };
    if from.earliest() > day.latest() {
        let how = if from.precision() >= Precision::Day { how } else { How::Undocumented };
        return Some(Change { how, separated: false, days: lasted });
    }
    // Separated before: handed back earlier, by as much as the order came earlier.
    let shift = actual.day_number() - day.day_number();
    let spared = match separation.reunited {
        Bound::At(reunited)
            if reunited.earliest() <= as_of.latest() && reunited.day_number() >= actual.day_number() =>
        {
            let earliest = day.day_number().max(from.day_number());
            shift.min(reunited.day_number() - earliest)
        }
        _ => 0,
    };
    (spared > 0).then_some(Change { how, separated: true, days: Some(spared) })
}

/// Reads a scenario; a policy that it names must be there.
fn known(scene: &Scene<'_>, id: &str) -> Result<Scenario, Refused> {
    let scenario = Scenario::read(id)?;
    let policies = &scene.policies.policies;
    match &scenario.policy {
        Some(policy) if !policies.iter().any(|one| one.id == *policy) => Err(Refused::Unknown {
            what: "policy",
            word: policy.clone(),
            known: policies.iter().map(|policy| policy.id.as_str()).collect::<Vec<_>>().join(", "),
        }),
        _ => Ok(scenario),
    }
}

/// Children who would not have been separated.
pub(crate) fn not_separated(scene: &Scene<'_>, id: &str, as_of: Moment) -> Result<Vec<Counted>, Refused> {
    let scenario = known(scene, id)?;
    let one = |(at, person): (usize, &Person<'_>)| {
        let change = change(person, &scenario, scene, as_of)?;
        (!change.separated).then(|| counted(at, person, change.how))
    };
    Ok(scene.people.iter().enumerate().filter_map(one).collect())
}

/// Days that children would not have been apart.
pub(crate) fn days_not_apart(scene: &Scene<'_>, id: &str, as_of: Moment) -> Result<Vec<Counted>, Refused> {
    let scenario = known(scene, id)?;
    let one = |(at, person): (usize, &Person<'_>)| {
        let change = change(person, &scenario, scene, as_of)?;
        let mut one = counted(at, person, change.how);
        one.part = Some(if change.separated { "handed back earlier" } else { "not separated" }.into());
        match change.days {
            Some(days) => one.count = u64::try_from(days).unwrap_or(0),
            None => {
                one.count = 0;
                one.how = How::Undocumented;
            }
        }
        Some(one)
    };
    Ok(scene.people.iter().enumerate().filter_map(one).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    use super::*;

    #[test]
    fn scenarios_are_read_and_a_wrong_word_is_named() {
        let scenario = Scenario::read("minimum-age=5,policy=zero-tolerance").unwrap();
        assert_eq!((scenario.minimum_age, scenario.policy.as_deref()), (Some(5), Some("zero-tolerance")));
        assert_eq!(Scenario::read("ended-on=2018-06-06").unwrap().ended_on, Moment::day(2018, 6, 6));
        assert!(Scenario::read("minimum-age=five").is_err() && Scenario::read("policy=x").is_err());
        assert!(Scenario::read("").is_err());
    }
}
