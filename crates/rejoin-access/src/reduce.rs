//! What a reduction leaves of a value. Nothing here decides; a reduced value is never of a form that matching or
//! searching would take for the whole.

use crate::decide::Reduction;
use crate::words::PlaceKind;
use rejoin_model::{Field, ListKind, Moment, PersonName, Value};

/// What stands where words are withheld.
pub const WITHHELD: &str = "…";

/// The year of a date.
pub fn year(moment: Moment) -> Option<Moment> {
    Moment::year(moment.date().year())
}

/// The band of an age. The bands of children are those of care: under five, primary school, early and late teens.
pub fn band(age: u8) -> &'static str {
    match age {
        0..=4 => "0–4",
        5..=9 => "5–9",
        10..=13 => "10–13",
        14..=17 => "14–17",
        18..=29 => "18–29",
        30..=44 => "30–44",
        45..=59 => "45–59",
        60.. => "60+",
    }
}

fn initial(token: &str) -> Option<char> {
    token.chars().find(|character| character.is_alphanumeric())
}

/// The initials of a name as written: "Ana María López" gives "A. M. L.".
pub fn initials(name: &str) -> String {
    let letters = name.split_whitespace().filter_map(initial);
    letters.map(|letter| format!("{}.", letter.to_uppercase())).collect::<Vec<_>>().join(" ")
}

/// The initials of a name that was split.
pub(crate) fn person_name(name: &PersonName) -> PersonName {
    let tokens = |of: &[String]| of.iter().filter_map(|token| initial(token)).map(String::from).collect();
    PersonName { said: initials(&name.said), given: tokens(&name.given), surnames: tokens(&name.surnames) }
}

/// The last characters of a number after an ellipsis: `count`, and never more than half of it.
pub fn tail(number: &str, count: usize) -> String {
    let characters: Vec<char> = number.chars().filter(|character| character.is_alphanumeric()).collect();
    let kept = count.min(characters.len() / 2);
    let end: String = characters[characters.len() - kept..].iter().collect();
    format!("{WITHHELD}{end}")
}

impl PlaceKind {
    /// The kind of place that a field of a list names.
    pub fn of(field: Field, list: ListKind) -> Self {
        match (field, list) {
            (Field::District, _) => PlaceKind::Court,
            (Field::Station | Field::Sector | Field::Office | Field::SeparatedPlace, _) => PlaceKind::Border,
            (Field::Facility, ListKind::ShelterStay) => PlaceKind::Shelter,
            (Field::Facility, ListKind::DetentionStint) => PlaceKind::Detention,
            (Field::Facility, ListKind::Apprehension) => PlaceKind::Border,
            _ => PlaceKind::Elsewhere,
        }
    }
}

/// A value of a list, reduced. `None` where nothing is left.
pub(crate) fn value(field: Field, list: ListKind, value: &Value) -> Option<Value> {
    let reduction = Reduction::of_field(field);
    if reduction == Reduction::Withheld {
        return Some(Value::Text(WITHHELD.into()));
    }
    Some(match value {
        Value::Name(said) => Value::Name(person_name(said)),
        Value::Moment(moment) => Value::Moment(year(*moment)?),
        Value::Age(age) => Value::Text(band(*age).into()),
        Value::Identifier(number) => Value::Text(tail(&number.0, 4)),
        Value::Phone(number) => Value::Text(tail(number, 2)),
        Value::Place(_) => Value::Place(PlaceKind::of(field, list).word().into()),
        Value::Sex(_) | Value::Country(_) | Value::Code(_) => value.clone(),
        Value::Text(_) => Value::Text(WITHHELD.into()),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    use super::*;
    use rejoin_model::{Code, Country, Identifier, Sex};

    #[test]
    fn each_kind_keeps_only_what_its_reduction_names() {
        let name = PersonName {
            said: "María  José López García".into(),
            given: vec!["maria".into(), "jose".into()],
            surnames: vec!["lopez".into(), "de garcia".into()],
        };
        let day = Moment::day(2012, 3, 9).unwrap();
        let cases = [
            (Field::BirthDate, Value::Moment(day), Value::Moment(Moment::year(2012).unwrap())),
            (Field::Age, Value::Age(6), Value::Text("5–9".into())),
            (
                Field::AlienNumber,
                Value::Identifier(Identifier("A200123456".into())),
                Value::Text("…3456".into()),
            ),
            (Field::AlienNumber, Value::Identifier(Identifier("1234".into())), Value::Text("…34".into())),
            (Field::Phone, Value::Phone("+50255512345".into()), Value::Text("…45".into())),
            (Field::Facility, Value::Place("casa azul".into()), Value::Place("shelter".into())),
            (Field::Birthplace, Value::Place("nebaj".into()), Value::Text("…".into())),
            (Field::Note, Value::Text("the uncle lives at …".into()), Value::Text("…".into())),
            (Field::Sex, Value::Sex(Sex::Female), Value::Sex(Sex::Female)),
            (Field::Country, Value::Country(Country(*b"GT")), Value::Country(Country(*b"GT"))),
            (Field::Outcome, Value::Code(Code::StillInCare), Value::Code(Code::StillInCare)),
        ];
        for (field, whole, reduced) in cases {
            assert_eq!(value(field, ListKind::ShelterStay, &whole), Some(reduced), "{field:?}");
        }
        let Some(Value::Name(reduced)) = value(Field::FullName, ListKind::ShelterStay, &Value::Name(name))
        else {
            panic!("a name is reduced to a name");
        };
        assert_eq!(reduced.said, "M. J. L. G.");
        assert_eq!((reduced.given.join(""), reduced.surnames.join("")), ("mj".into(), "ld".into()));
    }

    #[test]
    fn a_cell_of_the_wrong_kind_is_still_reduced() {
        // A list may have words where a date is expected; the words are not shown for being in a date's column.
        let words = Value::Text("around Easter, at the uncle's".into());
        assert_eq!(value(Field::Placed, ListKind::ShelterStay, &words), Some(Value::Text("…".into())));
        let place = Value::Place("casa azul".into());
        assert_eq!(value(Field::Note, ListKind::ShelterStay, &place), Some(Value::Text("…".into())));
    }
}
