//! Clocks: legal and procedural deadlines, as data. A rule says what starts it, for whom, how long it runs and what
//! stops it; this file says, child by child, whether it was met, and if not, what reason is on record.

use crate::Person;
use crate::chain::in_shelter;
use rejoin_model::{Bound, Custodian, Field, Moment};

/// What starts a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Starts {
    /// A day by order, for separated children in shelter care on that day.
    OnDayForSeparatedInCare(Moment),
    /// A field's date, for every child that has it.
    At(Field),
}

/// What stops a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stops {
    /// The child leaves shelter care; by reunification or otherwise is told apart.
    LeavingCare,
    /// A field's date.
    At(Field),
    /// Something no list records.
    NotInAnyList,
}

/// A clock's rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Stable id, as in `ms-l-under-5`.
    pub id: String,
    /// What it is, in English and Spanish.
    pub title: (String, String),
    /// The order or statute.
    pub source: String,
    /// What about the rule was not read in the primary text.
    pub doubt: Option<String>,
    /// What starts it.
    pub starts: Starts,
    /// What stops it.
    pub stops: Stops,
    /// How long it runs, in minutes.
    pub minutes: i64,
    /// Ages it covers, in years, both inclusive.
    pub ages: (u8, u8),
    /// Grounds of separation that are no reason to miss it (folded): the policy itself is not a finding about a
    /// parent.
    pub no_reason: Vec<String>,
}

/// How a clock stands for one child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Stopped in time by reunification with the separated parent.
    MetByReunification,
    /// Stopped in time in another way.
    Met,
    /// Not stopped in time; the reason on record, or `None`: not documented.
    Missed(Option<String>),
    /// Still running on the day asked.
    Running,
    /// The records are not exact enough to tell.
    CannotTell,
    /// No list records what stops it: whether it was kept, nobody can say from lists.
    NotInAnyList,
}

impl Rule {
    /// When it starts for a person, if it does.
    fn start(&self, person: &Person<'_>) -> Option<Moment> {
        match self.starts {
            Starts::OnDayForSeparatedInCare(day) => {
                person.separation.as_ref()?;
                in_shelter(&person.chain, day)?;
                Some(day)
            }
            Starts::At(field) => dates(person, field).min_by_key(|date| date.earliest()),
        }
    }

    /// When it runs out for a person, in minutes from 1970-01-01 00:00: the first moment at which it may have. Nobody
    /// should wait for a deadline that perhaps is over. A clock that an order starts has the whole of its last day.
    pub fn runs_out(&self, person: &Person<'_>) -> Option<i64> {
        let start = self.start(person)?;
        match self.starts {
            Starts::OnDayForSeparatedInCare(_) => Some(self.due(start)?.latest() + 1),
            Starts::At(_) => Some(start.earliest() + self.minutes),
        }
    }

    /// Whether the rule covers a person, and if so how it stands on a day. `fold` makes grounds comparable.
    pub fn standing(
        &self,
        person: &Person<'_>,
        as_of: Moment,
        fold: impl Fn(&str) -> String,
    ) -> Option<Standing> {
        let start = self.start(person)?;
        if !person.is_listed_child() || start.earliest() > as_of.latest() {
            return None;
        }
        let Some(age) = person.age_on(start) else { return Some(Standing::CannotTell) };
        if age < self.ages.0 || age > self.ages.1 {
            return None;
        }
        Some(match self.stops {
            Stops::LeavingCare => self.left_care(person, start, as_of, fold),
            Stops::At(field) => {
                // The first stop that does not lie before the start; failing that, one that does.
                let stop =
                    dates(person, field).min_by_key(|date| (date.surely_before(start), date.earliest()));
                match stop {
                    Some(stop) => self.within(start, stop, as_of),
                    None if start.elapsed_until(as_of).least <= self.minutes => Standing::Running,
                    None => Standing::CannotTell,
                }
            }
            Stops::NotInAnyList => Standing::NotInAnyList,
        })
    }

    fn within(&self, start: Moment, stop: Moment, as_of: Moment) -> Standing {
        // On the day asked, a stop that lies ahead has not happened.
        let ahead = stop.earliest() > as_of.latest();
        match start.elapsed_until(if ahead { as_of } else { stop }).within(self.minutes) {
            _ if stop.surely_before(start) => Standing::CannotTell,
            Some(true) | None if ahead => Standing::Running,
            Some(true) => Standing::Met,
            // A ground for separating is a reason not to reunite in time; it is none for a late notice or transfer.
            Some(false) => Standing::Missed(None),
            None => Standing::CannotTell,
        }
    }

    /// The last day of a clock that counts in days from the day of an order.
    fn due(&self, start: Moment) -> Option<Moment> {
        Moment::of_day_number(start.day_number() + i32::try_from(self.minutes / (24 * 60)).ok()?)
    }

    fn left_care(
        &self,
        person: &Person<'_>,
        start: Moment,
        as_of: Moment,
        fold: impl Fn(&str) -> String,
    ) -> Standing {
        let Some(due) = self.due(start) else { return Standing::CannotTell };
        let reunited = person.separation.as_ref().map_or(Bound::Open, |separation| separation.reunited);
        let counts = |day: Moment| start.earliest() <= day.latest() && day.earliest() <= as_of.latest();
        if let Bound::At(day) = reunited
            && counts(day)
            && day.latest() <= due.latest()
        {
            return Standing::MetByReunification;
        }
        let last = person.chain.intervals.iter().rfind(|interval| interval.custodian == Custodian::Shelter);
        match last.map(|interval| interval.to) {
            Some(Bound::At(left)) if counts(left) && left.latest() <= due.latest() => Standing::Met,
            _ if as_of.latest() <= due.latest() => Standing::Running,
            Some(Bound::At(left)) if counts(left) && left.earliest() <= due.latest() => Standing::CannotTell,
            _ => Standing::Missed(self.reason(person, &fold)),
        }
    }

    fn reason(&self, person: &Person<'_>, fold: &impl Fn(&str) -> String) -> Option<String> {
        let ground = person.first(|record| record.text(Field::SeparationReason))?;
        (!self.no_reason.contains(&fold(ground))).then(|| ground.to_owned())
    }
}

/// Every date of a field that present records have.
fn dates<'a>(person: &'a Person<'_>, field: Field) -> impl Iterator<Item = Moment> + 'a {
    person.records.iter().filter(|record| !record.withdrawn).filter_map(move |record| record.moment(field))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests_support::drawn;
    use crate::{Person, separation};
    use rejoin_model::{Code, PersonId, Value};

    fn ms_l() -> Rule {
        Rule {
            id: "ms-l-under-5".into(),
            title: (String::new(), String::new()),
            source: String::new(),
            doubt: None,
            starts: Starts::OnDayForSeparatedInCare(Moment::day(2018, 6, 10).unwrap()),
            stops: Stops::LeavingCare,
            minutes: 5 * 24 * 60,
            ages: (0, 4),
            no_reason: vec!["policy".into()],
        }
    }

    /// A shelter stay of a separated child of `age`, drawn as in the tests of `chain`.
    fn check(timeline: &str, age: u8, outcome: Code, ground: &str, expect: Option<Standing>) {
        check_on(Moment::day(2019, 1, 1).unwrap(), timeline, age, outcome, ground, expect);
    }

    fn check_on(
        as_of: Moment,
        timeline: &str,
        age: u8,
        outcome: Code,
        ground: &str,
        expect: Option<Standing>,
    ) {
        let mut records = drawn(timeline);
        for record in &mut records {
            record.records_separation = true;
            record.values.retain(|(field, _)| *field != Field::Outcome);
            record.values.push((Field::Age, Value::Age(age)));
            record.values.push((Field::Outcome, Value::Code(outcome)));
            record.values.push((Field::SeparationReason, Value::Text(ground.into())));
        }
        let mut people = [Person::new(PersonId::from_bytes([1; 10]), records.iter().collect())];
        separation::find(&mut people, &[], &[]);
        assert_eq!(ms_l().standing(&people[0], as_of, str::to_lowercase), expect, "{timeline}");
    }

    #[test]
    fn a_clock_runs_out_at_the_first_moment_at_which_it_may_have() {
        let mut records = drawn("SSSSSSSSSSSS>");
        records[0].records_separation = true;
        let mut people = [Person::new(PersonId::from_bytes([1; 10]), records.iter().collect())];
        separation::find(&mut people, &[], &[]);
        let first = |day| Moment::day(2018, 6, day).unwrap().earliest();
        assert_eq!(ms_l().runs_out(&people[0]), Some(first(16)), "the fifteenth is its last day");
        let hours = Rule { starts: Starts::At(Field::Placed), minutes: 48 * 60, ..ms_l() };
        assert_eq!(hours.runs_out(&people[0]), Some(first(3)), "from the first minute of the first");
        let nothing = Rule { starts: Starts::At(Field::Referred), ..ms_l() };
        assert_eq!(nothing.runs_out(&people[0]), None);
    }

    #[test]
    fn each_child_is_met_missed_or_not_covered() {
        use Standing::*;
        let reunited = Code::ReunitedWithParent;
        let left = Code::LeftOtherwise;
        check("SSSSSSSSSSSSSSS", 4, reunited, "policy", Some(MetByReunification));
        check("SSSSSSSSSSSSSSS", 4, left, "policy", Some(Met));
        check("SSSSSSSSSSSSSSSS", 4, reunited, "Policy", Some(Missed(None)));
        check(
            "SSSSSSSSSSSSSSSS",
            4,
            left,
            "parent in hospital",
            Some(Missed(Some("parent in hospital".into()))),
        );
        check("SSSSSSSSSSSS>", 4, Code::StillInCare, "policy", Some(Missed(None)));
        check("SSSSSSSSSSSSSSS", 5, reunited, "policy", None);
        check("SSSSSSSSS", 4, reunited, "policy", None);
        let early = Moment::day(2018, 6, 12).unwrap();
        check_on(early, "SSSSSSSSSSSSSSS", 4, reunited, "policy", Some(Running));
    }
}
