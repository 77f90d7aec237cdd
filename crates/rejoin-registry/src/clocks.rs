//! The clocks' wire form: TOML, in the case's directory or as shipped.

use crate::Error;
use rejoin_custody::clock::{Rule, Starts, Stops};
use rejoin_model::{Field, Moment};
use rejoin_normalize::text::fold;
use rejoin_normalize::{DateOrder, moment};
use serde::Deserialize;
use std::path::Path;

const SHIPPED: &str = include_str!("../../../clocks/us.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    no_reason: Vec<String>,
    clock: Vec<Clock>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clock {
    id: String,
    title: String,
    title_es: String,
    source: String,
    doubt: Option<String>,
    on: Option<String>,
    who: Option<String>,
    field: Option<String>,
    stops: StopsAt,
    days: Option<i64>,
    hours: Option<i64>,
    ages: (u8, u8),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum StopsAt {
    Word(String),
    Field { field: String },
}

/// The clocks of a case: its own `clocks.toml` if it has one, else those shipped.
pub(crate) fn read(directory: &Path) -> Result<Vec<Rule>, Error> {
    parse(&text(directory)?).map_err(Error::Clocks)
}

/// The text in use.
pub(crate) fn text(directory: &Path) -> Result<String, Error> {
    let own = directory.join("clocks.toml");
    Ok(match own.is_file() {
        true => std::fs::read_to_string(&own).map_err(|source| Error::Directory { path: own, source })?,
        false => SHIPPED.to_owned(),
    })
}

fn parse(text: &str) -> Result<Vec<Rule>, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let no_reason: Vec<String> = file.no_reason.iter().map(|ground| fold(ground)).collect();
    file.clock.into_iter().map(|clock| rule(clock, &no_reason)).collect()
}

fn rule(clock: Clock, no_reason: &[String]) -> Result<Rule, String> {
    let id = clock.id;
    let field = |word: &str| Field::from_word(word).ok_or(format!("clock {id}: there is no field {word:?}"));
    let day = |said: &str| -> Result<Moment, String> {
        moment::read(said, DateOrder::YearMonthDay).value.ok_or(format!("clock {id}: {said:?} is not a day"))
    };
    let starts = match (&clock.on, clock.who.as_deref(), &clock.field) {
        (Some(on), Some("separated-in-shelter-care"), None) => Starts::OnDayForSeparatedInCare(day(on)?),
        (None, None, Some(word)) => Starts::At(field(word)?),
        _ => return Err(format!("clock {id}: starts either on a day for somebody, or at a field")),
    };
    let stops = match &clock.stops {
        StopsAt::Word(word) if word == "leaving-care" => Stops::LeavingCare,
        StopsAt::Word(word) if word == "not-in-any-list" => Stops::NotInAnyList,
        StopsAt::Word(word) => return Err(format!("clock {id}: nothing stops at {word:?}")),
        StopsAt::Field { field: word } => Stops::At(field(word)?),
    };
    let minutes = match (clock.days, clock.hours) {
        (Some(days), None) => days * 24 * 60,
        (None, Some(hours)) => hours * 60,
        _ => return Err(format!("clock {id}: runs either days or hours")),
    };
    let no_reason = no_reason.to_vec();
    let title = (clock.title, clock.title_es);
    Ok(Rule {
        title,
        source: clock.source,
        doubt: clock.doubt,
        starts,
        stops,
        minutes,
        ages: clock.ages,
        no_reason,
        id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_clocks_parse_and_a_wrong_word_is_named() {
        let rules = parse(SHIPPED).unwrap();
        assert_eq!(rules[0].id, "ms-l-under-5");
        assert_eq!(rules[0].minutes, 14 * 24 * 60);
        let wrong = SHIPPED.replace("\"leaving-care\"", "\"departure\"");
        assert!(parse(&wrong).unwrap_err().contains("departure"));
    }
}
