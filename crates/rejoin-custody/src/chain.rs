//! Records of one person to a chain of stays, and what breaks the custody invariant.

use rejoin_model::{
    Bound, Chain, Code, Custodian, Field, Interval, ListKind, Moment, PersonId, Problem, ProblemKind, Record,
};

/// Within how many minutes a receiver must confirm a hand-over; also the longest gap between two stays that is
/// travel and not a hole.
pub const HAND_OVER_MINUTES: i64 = 24 * 60;

/// Builds the chain of a person.
pub fn build(person: PersonId, records: &[&Record]) -> Chain {
    let border_list = records.iter().any(|record| record.kind == ListKind::Apprehension);
    let mut stays: Vec<Stay> = records
        .iter()
        .filter(|record| !record.withdrawn)
        .flat_map(|record| stays_of(record, border_list))
        .collect();
    // By day, then in the order in which custodians follow each other: a stay with a time of day and one without are
    // not in the order of their first possible minutes.
    stays.sort_by_key(|stay| {
        let began = stay.interval.from.moment();
        let day = began.map(Moment::day_number);
        (began.is_none(), day, stay.interval.custodian, began.map(Moment::earliest), stay.interval.record)
    });
    // Each of a child's shelter records repeats the one stay at the border before them.
    stays.dedup_by(|later, earlier| {
        let (one, other) = (&earlier.interval, &later.interval);
        !border_list
            && one.custodian == Custodian::Border
            && one.custodian == other.custodian
            && one.from == other.from
    });
    infer_ends(&mut stays);
    let problems = problems(&stays);
    Chain { person, intervals: stays.into_iter().map(|stay| stay.interval).collect(), problems }
}

struct Stay {
    interval: Interval,
    /// The custodian says it handed the person to another.
    handed_over: bool,
}

fn bound(moment: Option<Moment>, otherwise: Bound) -> Bound {
    moment.map_or(otherwise, Bound::At)
}

/// The stays that a record speaks of.
fn stays_of(record: &Record, border_list: bool) -> Vec<Stay> {
    let stay = |custodian, place: Option<&str>, from, to, handed_over| Stay {
        interval: Interval {
            custodian,
            place: place.map(str::to_owned),
            accountable: None,
            from,
            to,
            end_inferred: false,
            record: record.id,
        },
        handed_over,
    };
    match record.kind {
        ListKind::Apprehension => {
            let place = record.place(Field::Station).or_else(|| record.place(Field::Sector));
            let left = record.moment(Field::Transferred);
            let from = bound(record.moment(Field::Apprehended), Bound::Unknown);
            vec![stay(Custodian::Border, place, from, bound(left, Bound::Unknown), left.is_some())]
        }
        ListKind::ProsecutionReferral => {
            if record.code(Field::Decision) == Some(Code::Declined) {
                return Vec::new();
            }
            let from = bound(record.moment(Field::ReferredForProsecution), Bound::Unknown);
            let to = bound(record.moment(Field::Released), Bound::Unknown);
            vec![stay(Custodian::Marshals, record.place(Field::District), from, to, false)]
        }
        ListKind::DetentionStint => {
            let from = bound(record.moment(Field::BookIn), Bound::Unknown);
            let reason = record.code(Field::ReleaseReason);
            let otherwise = if reason.is_some() { Bound::Unknown } else { Bound::Open };
            let to = bound(record.moment(Field::BookOut), otherwise);
            let handed_over = reason == Some(Code::Transferred);
            vec![stay(Custodian::Detention, record.place(Field::Facility), from, to, handed_over)]
        }
        ListKind::ShelterStay => {
            let placed = record.moment(Field::Placed);
            let mut stays = Vec::new();
            // The border's own list speaks for the border; without it the shelter's list is all there is.
            if let (Some(apprehended), false) = (record.moment(Field::Apprehended), border_list) {
                let place = [Field::Station, Field::Sector, Field::Office]
                    .into_iter()
                    .find_map(|field| record.place(field));
                stays.push(stay(Custodian::Border, place, Bound::At(apprehended), Bound::Unknown, false));
            }
            let (status, outcome) = (record.code(Field::Status), record.code(Field::Outcome));
            let open = match outcome {
                None => status != Some(Code::Released),
                Some(Code::StillInCare) => status != Some(Code::Released),
                // An outcome in words nobody explained is still an outcome, unless the status says otherwise.
                Some(_) => status == Some(Code::StillInCare),
            };
            let otherwise = if open { Bound::Open } else { Bound::Unknown };
            let to = bound(record.moment(Field::Discharged), otherwise);
            let handed_over = outcome == Some(Code::Transferred);
            let from = bound(placed, Bound::Unknown);
            stays.push(stay(Custodian::Shelter, record.place(Field::Facility), from, to, handed_over));
            stays
        }
        ListKind::TracingRequest => Vec::new(),
    }
}

/// A stay whose end no record has ends, as far as anybody knows, where the next one begins.
fn infer_ends(stays: &mut [Stay]) {
    for at in 0..stays.len() {
        if stays[at].interval.to != Bound::Unknown {
            continue;
        }
        let Some(began) = stays[at].interval.from.moment() else { continue };
        let next = stays[at + 1..].iter().find_map(|later| {
            let from = later.interval.from.moment()?;
            (from.latest() >= began.earliest()).then_some(from)
        });
        if let Some(next) = next {
            stays[at].interval.to = Bound::At(next);
            stays[at].interval.end_inferred = true;
        }
    }
}

/// Whether the next stay begins so soon that the end between them is a hand-over and needs no record of its own:
/// unless it is certainly later than the 72 hours that the law gives the border.
fn soon(from: Moment, next: Moment) -> bool {
    from.elapsed_until(next).within(72 * 60) != Some(false)
}

fn problems(stays: &[Stay]) -> Vec<Problem> {
    let mut out = Vec::new();
    let mut report = |kind, from, to, records: &[&Interval], words: String| {
        let mut ids: Vec<_> = records.iter().map(|interval| interval.record).collect();
        ids.dedup();
        out.push(Problem { kind, from, to, records: ids, words });
    };
    for stay in stays {
        let interval = &stay.interval;
        let who = describe(interval);
        match (interval.from, interval.to) {
            (Bound::At(from), Bound::At(to)) if to.surely_before(from) => {
                let words = format!("{who}: ends {to}, before it begins {from}");
                report(ProblemKind::ImpossibleOrder, Some(from), Some(to), &[interval], words);
            }
            (Bound::At(from), Bound::At(to)) if interval.end_inferred && !soon(from, to) => {
                let words =
                    format!("{who}: began {from}, no record says when it ended; the next stay began {to}");
                report(ProblemKind::EndNotRecorded, Some(from), Some(to), &[interval], words);
            }
            (_, Bound::Unknown) => {
                let words = format!("{who}: ended, but no record says when or to whom");
                report(ProblemKind::EndNotRecorded, interval.from.moment(), None, &[interval], words);
            }
            _ => {}
        }
        if interval.from.moment().is_none() {
            let words = format!("{who}: no record says when it began");
            report(ProblemKind::BeginningNotRecorded, None, interval.to.moment(), &[interval], words);
        }
        if interval.place.is_none() {
            let words = format!("{who}: no place on record");
            report(ProblemKind::NoPlace, interval.from.moment(), interval.to.moment(), &[interval], words);
        }
    }
    // Beginnings are in order, so each stay is held against the stay that reaches furthest before it.
    let dated: Vec<&Stay> = stays.iter().filter(|stay| stay.interval.from.moment().is_some()).collect();
    let mut reach: Option<&Stay> = None;
    for (at, stay) in dated.iter().copied().enumerate() {
        let Some(from) = stay.interval.from.moment() else { continue };
        if let Some(before) = reach {
            compare(before, stay, from, &mut report);
        }
        if reach.is_none_or(|before| end_key(stay) >= end_key(before)) {
            reach = Some(stay);
        }
        let last = at + 1 == dated.len();
        if last && stay.handed_over {
            let words = format!("{}: handed over, and no receiver confirmed it", describe(&stay.interval));
            report(
                ProblemKind::HandOverUnconfirmed,
                stay.interval.to.moment(),
                None,
                &[&stay.interval],
                words,
            );
        }
    }
    out
}

fn end_key(stay: &Stay) -> i64 {
    match stay.interval.to {
        Bound::At(to) => to.latest(),
        Bound::Open => i64::MAX,
        Bound::Unknown => stay.interval.from.moment().map_or(i64::MIN, Moment::latest),
    }
}

fn compare(
    before: &Stay,
    stay: &Stay,
    from: Moment,
    report: &mut impl FnMut(ProblemKind, Option<Moment>, Option<Moment>, &[&Interval], String),
) {
    let (earlier, later) = (&before.interval, &stay.interval);
    let both = [earlier, later];
    let pair = format!("{} and {}", describe(earlier), describe(later));
    if earlier.custodian == later.custodian && earlier.from == later.from && earlier.record != later.record {
        report(
            ProblemKind::DoubleListing,
            Some(from),
            later.to.moment(),
            &both,
            format!("{pair}: listed twice"),
        );
        return;
    }
    match earlier.to {
        Bound::Open => {
            let words = format!("{pair}: the first is said to go on when the second begins on {from}");
            report(ProblemKind::Overlap, Some(from), None, &both, words);
        }
        Bound::At(to) if from.surely_before(to) && !earlier.end_inferred => {
            let words = format!("{pair}: both from {from} to {to}");
            report(ProblemKind::Overlap, Some(from), Some(to), &both, words);
        }
        Bound::At(to) if to.elapsed_until(from).least > HAND_OVER_MINUTES => {
            let kind = if before.handed_over { ProblemKind::HandOverUnconfirmed } else { ProblemKind::Hole };
            let words = format!("{pair}: nobody answers for the person from {to} to {from}");
            report(kind, Some(to), Some(from), &both, words);
        }
        _ => {}
    }
}

fn describe(interval: &Interval) -> String {
    match &interval.place {
        Some(place) => format!("{} at {place}", interval.custodian.word()),
        None => interval.custodian.word().to_owned(),
    }
}

/// What is said of a problem after whom it is of, with a hole for each date, in English and Spanish.
const SAID: [(&str, &str); 10] = [
    ("ends {}, before it begins {}", "termina {}, antes de comenzar {}"),
    (
        "began {}, no record says when it ended; the next stay began {}",
        "comenzó {}, ningún registro dice cuándo terminó; la estancia siguiente comenzó {}",
    ),
    (
        "ended, but no record says when or to whom",
        "terminó, pero ningún registro dice cuándo ni a quién se entregó",
    ),
    ("no record says when it began", "ningún registro dice cuándo comenzó"),
    ("no place on record", "no consta ningún lugar"),
    ("handed over, and no receiver confirmed it", "se entregó, y ningún receptor lo confirmó"),
    ("listed twice", "consta dos veces"),
    (
        "the first is said to go on when the second begins on {}",
        "se dice que la primera estancia sigue cuando comienza la segunda, {}",
    ),
    ("both from {} to {}", "ambas desde {} hasta {}"),
    ("nobody answers for the person from {} to {}", "nadie responde de la persona desde {} hasta {}"),
];

const IN_SPANISH: [(Custodian, &str); 4] = [
    (Custodian::Border, "frontera"),
    (Custodian::Marshals, "alguaciles"),
    (Custodian::Detention, "detención de adultos"),
    (Custodian::Shelter, "albergue"),
];

/// The words of a problem in Spanish; none when they are not words of this file.
pub fn in_spanish(english: &str) -> Option<String> {
    // A place may have a colon in its name; what is said after the last one has none.
    let (who, said) = english.rsplit_once(": ")?;
    let said = SAID.iter().find_map(|(english, spanish)| {
        let dates = holes(said, english)?;
        Some(dates.iter().fold((*spanish).to_owned(), |words, date| words.replacen("{}", date, 1)))
    })?;
    let second = |at: &usize| custodian(&who[at + " and ".len()..]).is_some();
    let and = who.match_indices(" and ").map(|(at, _)| at).find(second);
    let who = match and {
        Some(at) => format!("{} y {}", custodian(&who[..at])?, custodian(&who[at + " and ".len()..])?),
        None => custodian(who)?,
    };
    Some(format!("{who}: {said}"))
}

/// What stands in the holes of a pattern.
fn holes<'a>(said: &'a str, pattern: &str) -> Option<Vec<&'a str>> {
    let mut parts = pattern.split("{}");
    let mut rest = said.strip_prefix(parts.next()?)?;
    let mut found = Vec::new();
    for part in parts {
        let at = if part.is_empty() { rest.len() } else { rest.find(part)? };
        found.push(&rest[..at]);
        rest = &rest[at + part.len()..];
    }
    rest.is_empty().then_some(found)
}

/// A custodian as [`describe`] says it, in Spanish.
fn custodian(said: &str) -> Option<String> {
    IN_SPANISH.iter().find_map(|(custodian, spanish)| {
        let rest = said.strip_prefix(custodian.word())?;
        match rest.strip_prefix(" at ") {
            Some(place) => Some(format!("{spanish} en {place}")),
            None => rest.is_empty().then(|| (*spanish).to_owned()),
        }
    })
}

/// Where a person was on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whereabouts<'a> {
    /// A record has the person there on that day (a stay that ends on the day counts).
    Held(&'a Interval),
    /// A stay began before, and no record says whether it had ended by that day.
    PerhapsHeld(&'a Interval),
    /// The last stay ended before, and a record says how or when.
    Left(&'a Interval),
    /// No record places the person anywhere by that day.
    NotOnRecord,
}

/// Where the chain has the person on a day. A stay that ends on the day still counts: the lists have no hours.
pub fn whereabouts(chain: &Chain, day: Moment) -> Whereabouts<'_> {
    let mut perhaps = None;
    let mut left = None;
    for interval in chain.intervals.iter().rev() {
        let Some(from) = interval.from.moment() else { continue };
        if from.earliest() > day.latest() {
            continue;
        }
        match interval.to {
            Bound::Open => return Whereabouts::Held(interval),
            Bound::At(to) if to.latest() >= day.earliest() => {
                if interval.end_inferred && !soon(from, to) {
                    perhaps = perhaps.or(Some(interval));
                } else {
                    return Whereabouts::Held(interval);
                }
            }
            Bound::At(_) => left = left.or(Some(interval)),
            Bound::Unknown => perhaps = perhaps.or(Some(interval)),
        }
    }
    match (perhaps, left) {
        (Some(interval), _) => Whereabouts::PerhapsHeld(interval),
        (None, Some(interval)) => Whereabouts::Left(interval),
        (None, None) => Whereabouts::NotOnRecord,
    }
}

/// The stay in a shelter that covers a day, and whether a record says so (`true`) or only does not exclude it.
pub fn in_shelter(chain: &Chain, day: Moment) -> Option<(&Interval, bool)> {
    // A stay whose beginning nobody recorded is no earlier than the first that is known of the person.
    let known =
        chain.intervals.iter().filter_map(|interval| interval.from.moment()).map(Moment::earliest).min();
    let covers = |interval: &&Interval| {
        let from = interval.from.moment().map(Moment::earliest).or(known);
        interval.custodian == Custodian::Shelter && from.is_some_and(|from| from <= day.latest())
    };
    let mut uncertain = None;
    for interval in chain.intervals.iter().filter(covers) {
        match interval.to {
            // A stay whose beginning nobody recorded may have begun after the day.
            Bound::Open | Bound::At(_) if interval.from == Bound::Unknown => {
                let over = interval.to.moment().is_some_and(|to| to.latest() < day.earliest());
                uncertain = if over { uncertain } else { Some((interval, false)) };
            }
            Bound::Open => return Some((interval, true)),
            Bound::At(to) if to.latest() >= day.earliest() && !interval.end_inferred => {
                return Some((interval, true));
            }
            Bound::At(to) if to.latest() >= day.earliest() => uncertain = Some((interval, false)),
            Bound::Unknown => uncertain = Some((interval, false)),
            Bound::At(_) => {}
        }
    }
    uncertain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests_support::{drawn, person};

    /// One letter a day from 2018-06-01: B border, M marshals, D detention, S shelter; `>` the stay goes on, `?` it
    /// ended without a date, `x` it was handed over at its end (the border dates only hand-overs). A line a record.
    fn check(timeline: &str, expect: &str) {
        let records = drawn(timeline);
        let chain = build(person(), &records.iter().collect::<Vec<_>>());
        let found: Vec<&str> = chain.problems.iter().map(|problem| problem.kind.word()).collect();
        assert_eq!(found.join(" "), expect, "{timeline}\n{:#?}", chain.problems);
        for problem in &chain.problems {
            assert!(in_spanish(&problem.words).is_some(), "{} in Spanish", problem.words);
        }
    }

    #[test]
    fn problems_are_said_in_spanish() {
        let said = |english| in_spanish(english).unwrap_or_default();
        assert_eq!(
            said(
                "border at Salt and Sand: North and shelter at Casa: both from 2018-06-01 to 2018-06-03 10:30"
            ),
            "frontera en Salt and Sand: North y albergue en Casa: ambas desde 2018-06-01 hasta 2018-06-03 10:30"
        );
        assert_eq!(
            said("adult-detention: no place on record"),
            "detención de adultos: no consta ningún lugar"
        );
        assert_eq!(in_spanish("border: something else"), None);
    }

    #[test]
    fn the_invariant_holds() {
        check("BBB\n   SSSSSS>", "");
        check("BB?\n   SSS\n      SSS>", "");
        check("BBB\n   MMM\n      DDDD>", "");
    }

    #[test]
    fn breaches_are_reported() {
        check("DD\n      DDD>", "hole");
        check("BBB", "hand-over-unconfirmed");
        check("BB\n       SSS>", "hand-over-unconfirmed");
        check("SSx\n       SSS>", "hand-over-unconfirmed");
        check("BBB\n  SSSSS\n    SSS>", "overlap");
        check("SSS>\n    SSS", "overlap");
        check("SSS?", "end-not-recorded");
        check("SSS\nSSS", "double-listing");
        check("SSS?\n          SSS>", "end-not-recorded");
    }

    #[test]
    fn a_day_of_leaving_counts_as_in_care() {
        let records = drawn("SSS");
        let chain = build(person(), &records.iter().collect::<Vec<_>>());
        let on = |day| in_shelter(&chain, Moment::day(2018, 6, day).unwrap()).is_some();
        assert_eq!([on(1), on(3), on(4)], [true, true, false]);
        assert!(matches!(whereabouts(&chain, Moment::day(2018, 6, 9).unwrap()), Whereabouts::Left(_)));
        assert!(matches!(whereabouts(&chain, Moment::day(2018, 5, 9).unwrap()), Whereabouts::NotOnRecord));
    }

    proptest::proptest! {
        /// Two ways to the same answer: day by day, a day held by nobody between the first and the last day of a
        /// closed chain is inside a reported hole, and the other way round.
        #[test]
        fn holes_are_where_no_day_is_covered(stays in proptest::collection::vec((0usize..40, 1usize..8), 1..6)) {
            let lines: Vec<String> =
                stays.iter().map(|(start, length)| format!("{}{}", " ".repeat(*start), "S".repeat(*length))).collect();
            let records = drawn(&lines.join("\n"));
            let chain = build(person(), &records.iter().collect::<Vec<_>>());
            let first = stays.iter().map(|(start, _)| *start).min().unwrap();
            let last = stays.iter().map(|(start, length)| start + length - 1).max().unwrap();
            let covered = |day: usize| stays.iter().any(|(start, length)| (*start..start + length).contains(&day));
            let mut expected = 0;
            let mut run = 0;
            for day in first..=last {
                run = if covered(day) { 0 } else { run + 1 };
                expected += usize::from(run == 1);
            }
            let found = chain.problems.iter().filter(|problem| problem.kind == ProblemKind::Hole).count();
            proptest::prop_assert_eq!(found, expected, "{}", lines.join("\n"));
        }
    }
}
