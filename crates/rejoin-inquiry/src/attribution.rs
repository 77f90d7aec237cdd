//! Which policy was in force where and when a child was separated, and which one led to it: by the ground on record, by
//! the referral of the parent, or by nothing that is on record.

use rejoin_custody::Person;
use rejoin_model::{
    Act, Ascribed, Attribution, Certainty, Code, Effect, Field, ListKind, Moment, PersonId, Policies, Policy,
    Precision, Record,
};
use std::collections::HashMap;

/// Ascribes every separation. `fold` makes words comparable, as it did for the policies' own.
pub fn attribute(people: &mut [Person<'_>], policies: &Policies, fold: fn(&str) -> String) {
    let referred: HashMap<PersonId, Vec<Option<Moment>>> = people
        .iter()
        .map(|person| (person.id, referrals(person)))
        .filter(|(_, referrals)| !referrals.is_empty())
        .collect();
    for person in people.iter_mut() {
        let Some(separation) = &person.separation else { continue };
        let near = |referral: &Option<Moment>| match (separation.from, referral) {
            (Some(day), Some(referral)) => {
                (referral.day_number() - day.day_number()).abs() <= REFERRED_WITHIN
            }
            _ => true,
        };
        let of_adult =
            |adult: &PersonId| referred.get(adult).is_some_and(|referrals| referrals.iter().any(near));
        let prosecuted = separation.adults.iter().any(of_adult);
        let attribution = of(person, policies, prosecuted, fold);
        if let Some(separation) = &mut person.separation {
            separation.attribution = Some(attribution);
        }
    }
}

/// Days between an apprehension and a referral that belong together: referrals came within days.
const REFERRED_WITHIN: i32 = 30;

/// When a person was referred for prosecution; referrals that were declined or withdrawn led to nothing.
fn referrals(person: &Person<'_>) -> Vec<Option<Moment>> {
    let counts = |record: &&&Record| {
        record.kind == ListKind::ProsecutionReferral
            && !record.withdrawn
            && record.code(Field::Decision) != Some(Code::Declined)
    };
    person.records.iter().filter(counts).map(|record| record.moment(Field::ReferredForProsecution)).collect()
}

fn of(person: &Person<'_>, policies: &Policies, prosecuted: bool, fold: fn(&str) -> String) -> Attribution {
    let separation = person.separation.as_ref();
    let day = separation.and_then(|separation| separation.from);
    let ground = separation.and_then(|separation| separation.ground.as_deref()).map(fold);
    let separating = || policies.policies.iter().filter(|policy| policy.effect == Effect::Separates);
    let standing = |policy: &Policy| in_force(policy, person, day, fold);
    let of_certainty = |certainty| {
        let ids = separating().filter(|policy| standing(policy) == certainty).map(|policy| policy.id.clone());
        ids.collect::<Vec<String>>()
    };
    let in_force_then = of_certainty(Certainty::Yes);
    let perhaps = of_certainty(Certainty::Perhaps);
    let named: Vec<&Policy> = match &ground {
        Some(ground) => separating().filter(|policy| policy.grounds.contains(ground)).collect(),
        None => Vec::new(),
    };
    // The youngest policy is the one that was being applied.
    let youngest = |certainty| {
        separating().filter(|policy| standing(policy) == certainty).max_by_key(|policy| policy.from)
    };
    let (ascribed, policy) = match (&ground, named.as_slice()) {
        (Some(_), [_, ..]) => {
            let best = named.iter().copied().max_by_key(|policy| (standing(policy), policy.from));
            let surely_not = best.is_some_and(|policy| standing(policy) == Certainty::No);
            (if surely_not { Ascribed::NamedNotInForce } else { Ascribed::Recorded }, best)
        }
        (Some(_), []) => (Ascribed::OtherGround, None),
        (None, _) => match youngest(Certainty::Yes).or_else(|| youngest(Certainty::Perhaps)) {
            Some(policy)
                if standing(policy) == Certainty::Yes && (prosecuted || !policy.needs_prosecution) =>
            {
                (Ascribed::Inferred, Some(policy))
            }
            Some(policy) => (Ascribed::Suspected, Some(policy)),
            None => (Ascribed::NoneOnRecord, None),
        },
    };
    let act = policy.and_then(|policy| last_act(policies, policy, day?)).map(|act| act.id.clone());
    Attribution {
        ascribed,
        policy: policy.map(|policy| policy.id.clone()),
        in_force: in_force_then,
        perhaps,
        act,
        prosecuted,
    }
}

/// The last act about a policy that was surely over before the day after `day`.
fn last_act<'a>(policies: &'a Policies, policy: &Policy, day: Moment) -> Option<&'a Act> {
    let before = |act: &&Act| act.policy == policy.id && act.on.latest() <= day.latest();
    policies.acts.iter().filter(before).max_by_key(|act| (act.on.latest(), act.on.precision()))
}

/// Whether a policy was in force for a child on a day. What is not recorded excludes nothing.
pub fn in_force(
    policy: &Policy,
    person: &Person<'_>,
    day: Option<Moment>,
    fold: fn(&str) -> String,
) -> Certainty {
    let time = match day {
        None => Certainty::Perhaps,
        Some(day) if day.surely_before(policy.from) => Certainty::No,
        Some(day) if policy.to.is_some_and(|to| to.surely_before(day)) => Certainty::No,
        Some(day) => {
            // A month may have begun or ended the policy on any of its days.
            let from = policy.from;
            let begun =
                if exact(from) { day.earliest() >= from.earliest() } else { day.earliest() > from.latest() };
            let lasts = policy.to.is_none_or(|to| {
                if exact(to) { day.latest() <= to.latest() } else { day.latest() < to.earliest() }
            });
            if begun && lasts { Certainty::Yes } else { Certainty::Perhaps }
        }
    };
    let place = if policy.area.is_empty() {
        Certainty::Yes
    } else {
        let places =
            [Field::Sector, Field::Office].map(|field| person.first(|record| record.place(field)).map(fold));
        let known: Vec<&String> = places.iter().flatten().collect();
        match (known.iter().any(|place| policy.area.contains(place)), known.is_empty()) {
            (true, _) => Certainty::Yes,
            (false, true) => Certainty::Perhaps,
            (false, false) => Certainty::No,
        }
    };
    let age = day.and_then(|day| person.age_on(day)).or_else(|| person.first(|record| record.age()));
    let covered = match age {
        Some(age) if (policy.ages.0..=policy.ages.1).contains(&age) => Certainty::Yes,
        // A list has it among the children, whatever age it gives: a policy for all of them may have been for it.
        Some(age) if age > 17 && policy.ages.1 >= 17 => Certainty::Perhaps,
        Some(_) => Certainty::No,
        None => Certainty::Perhaps,
    };
    time.min(place).min(covered)
}

fn exact(moment: Moment) -> bool {
    moment.precision() >= Precision::Day
}
