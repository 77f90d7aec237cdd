//! The one door: a field, what its cell says and the mapping's conventions, to a value and its doubts.

use crate::moment::DateOrder;
use crate::place::Folding;
use crate::text::{collapse, fold, is_missing};
use crate::{Reading, code, country, identifier, moment, name, phone};
use rejoin_model::{Code, Country, Field, FieldKind, FindingCode, Identifier, Sex, Value};
use std::collections::HashMap;

/// The conventions of one list.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// How ambiguous dates are read.
    pub order: DateOrder,
    /// Spellings of places.
    pub folding: Folding,
    /// Words of coded fields (folded) that the mapping explains itself.
    pub codes: HashMap<(Field, String), Code>,
    /// The country whose numbering plan local telephone numbers follow, when the row says.
    pub home: Option<Country>,
}

/// Reads one cell. Names split over columns and times of day are put together by the caller (see `rejoin-ingest`).
pub fn understand(field: Field, said: &str, context: &Context) -> Reading<Value> {
    if is_missing(said) {
        return Reading::empty();
    }
    match field.kind() {
        FieldKind::Name => optional(name::full(said).map(Value::Name)),
        FieldKind::GivenNames => optional(name::from_parts(said, &[]).map(Value::Name)),
        FieldKind::Surnames => optional(name::from_parts("", &[said]).map(Value::Name)),
        FieldKind::Moment => moment::read(said, context.order).map(Value::Moment),
        FieldKind::TimeOfDay | FieldKind::Text => Reading::of(Value::Text(collapse(said))),
        FieldKind::Sex => match sex(said) {
            Some(sex) => Reading::of(Value::Sex(sex)),
            None => Reading::not_understood(FindingCode::SexNotUnderstood),
        },
        FieldKind::Age => match age(said) {
            Some(years) => Reading::of(Value::Age(years)),
            None => Reading::not_understood(FindingCode::AgeNotUnderstood),
        },
        FieldKind::Country => match country::read(said) {
            Some(country) => Reading::of(Value::Country(country)),
            None => Reading::not_understood(FindingCode::CountryNotUnderstood),
        },
        FieldKind::Identifier => {
            let number = match field {
                Field::AlienNumber | Field::ChildAlienNumber => identifier::alien_number(said),
                _ => identifier::read(said),
            };
            match number {
                Some(number) => Reading::of(Value::Identifier(Identifier(number))),
                None => Reading::not_understood(FindingCode::NumberNotUnderstood),
            }
        }
        FieldKind::Phone => match phone::e164(said, context.home) {
            Some(number) => Reading::of(Value::Phone(number)),
            None => {
                let digits = phone::digits(said);
                Reading::doubted(Value::Phone(digits.clone()), FindingCode::PhoneNotUnderstood, digits)
            }
        },
        FieldKind::Place => optional(context.folding.fold(said).map(Value::Place)),
        FieldKind::Code => {
            let known = context.codes.get(&(field, fold(said))).copied().or_else(|| code::read(field, said));
            match known {
                Some(code) => Reading::of(Value::Code(code)),
                None => Reading::doubted(
                    Value::Code(Code::Other),
                    FindingCode::CodeNotUnderstood,
                    Code::Other.word(),
                ),
            }
        }
    }
}

fn optional(value: Option<Value>) -> Reading<Value> {
    Reading { value, doubts: Vec::new() }
}

fn sex(said: &str) -> Option<Sex> {
    match fold(said).as_str() {
        "f" | "female" | "woman" | "girl" | "femenino" | "mujer" | "nina" | "hembra" | "femenina" => {
            Some(Sex::Female)
        }
        "m" | "male" | "man" | "boy" | "masculino" | "hombre" | "nino" | "varon" | "h" => Some(Sex::Male),
        _ => None,
    }
}

/// Years; "8 months" is 0, "2 yrs" is 2.
fn age(said: &str) -> Option<u8> {
    let folded = fold(said);
    let mut words = folded.split(' ');
    let first = words.next()?;
    let digits_end = first.find(|character: char| !character.is_ascii_digit()).unwrap_or(first.len());
    let (digits, attached) = first.split_at(digits_end);
    let count: u16 = digits.parse().ok()?;
    let unit = if attached.is_empty() { words.next().unwrap_or("") } else { attached };
    let years = match unit {
        unit if unit.starts_with('m') => count / 12,
        unit if unit.starts_with("day") || unit.starts_with("dia") || unit.starts_with('w') => 0,
        unit if unit.is_empty() || unit.starts_with('y') || unit.starts_with('a') || unit == "0" => count,
        _ => return None,
    };
    u8::try_from(years).ok().filter(|years| *years <= 120)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(field: Field, said: &str) -> Option<Value> {
        understand(field, said, &Context::default()).value
    }

    #[test]
    fn ages_in_years_months_and_days() {
        assert_eq!(value(Field::Age, "8"), Some(Value::Age(8)));
        assert_eq!(value(Field::Age, "8.0"), Some(Value::Age(8)));
        assert_eq!(value(Field::Age, "18 months"), Some(Value::Age(1)));
        assert_eq!(value(Field::Age, "5 años"), Some(Value::Age(5)));
        assert_eq!(value(Field::Age, "4m"), Some(Value::Age(0)));
        assert_eq!(value(Field::Age, "eight"), None);
        assert_eq!(value(Field::Age, "999"), None);
    }

    #[test]
    fn a_mapping_explains_its_own_codes() {
        let mut context = Context::default();
        context.codes.insert((Field::Outcome, "rwp".into()), Code::ReunitedWithParent);
        assert_eq!(
            understand(Field::Outcome, "RWP", &context).value,
            Some(Value::Code(Code::ReunitedWithParent))
        );
        let unexplained = understand(Field::Outcome, "XYZ", &context);
        assert_eq!(unexplained.doubts[0].0, FindingCode::CodeNotUnderstood);
    }

    #[test]
    fn missing_is_no_value_and_no_doubt() {
        for field in Field::ALL {
            assert_eq!(understand(*field, " N/A ", &Context::default()), Reading::empty());
        }
    }

    proptest::proptest! {
        #[test]
        fn no_cell_makes_any_field_panic(said in "\\PC{0,50}") {
            for field in Field::ALL {
                let _ = understand(*field, &said, &Context::default());
            }
        }
    }
}
