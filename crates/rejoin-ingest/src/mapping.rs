//! Column mappings: which column is which field, as a TOML file that a person reviews.
//!
//! A preset is a mapping with several possible headers for each field; a reviewed mapping usually has one.

use crate::{Table, presets};
use rejoin_model::{Code, Field, FieldKind, FindingCode, ListKind, Subject};
use rejoin_normalize::text::{collapse, fold, is_missing};
use rejoin_normalize::{Context, DateOrder, Folding, understand};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A mapping, as in its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The preset it is, or was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// What the list is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// The same in Spanish.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title_es: String,
    /// What a row stands for (see [`ListKind`]).
    pub kind: String,
    /// Whom rows are about: `child`, `adult` or `any`.
    pub subject: String,
    /// The agency that keeps the list.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub agency: String,
    /// The list's name in the case; deliveries of one name are compared with each other.
    pub list: String,
    /// How `5/6/2018` is read: `mdy`, `dmy` or `ymd`.
    #[serde(default = "month_first")]
    pub date_order: String,
    /// The fields that identify a row across deliveries; none: a row is known by its content.
    #[serde(default)]
    pub key: Vec<String>,
    /// Each row records a separation.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub separations: bool,
    /// Where the conventions come from.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// Which header is which field.
    #[serde(default)]
    pub column: Vec<Column>,
    /// Words of coded fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub code: Vec<CodeWords>,
    /// Spellings of places.
    #[serde(default, skip_serializing_if = "Places::is_empty")]
    pub places: Places,
}

/// One field and the headers that may stand for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// The field's word.
    pub field: String,
    /// Headers; compared folded.
    pub names: Vec<String>,
}

/// What words of a coded field mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeWords {
    /// The coded field.
    pub field: String,
    /// The code's word (see [`Code`]).
    pub means: String,
    /// What the cell says; compared folded.
    pub says: Vec<String>,
}

/// Spellings of places.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Places {
    /// Abbreviations of words.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub words: BTreeMap<String, String>,
    /// Whole spellings.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub spellings: BTreeMap<String, String>,
}

impl Places {
    fn is_empty(&self) -> bool {
        self.words.is_empty() && self.spellings.is_empty()
    }
}

fn month_first() -> String {
    "mdy".into()
}

/// Why a mapping cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// Not TOML, or a key that no mapping has.
    #[error("the mapping is not readable: {0}")]
    Syntax(String),
    /// A word that is none of the known ones.
    #[error("the mapping says {what} = {word:?}, which is none of: {known}")]
    UnknownWord {
        /// Which key.
        what: &'static str,
        /// What it says.
        word: String,
        /// What it may say.
        known: String,
    },
    /// No column of the file is in the mapping.
    #[error("none of the file's {columns} columns is named in the mapping {mapping:?}")]
    NothingMapped {
        /// How many columns the file has.
        columns: usize,
        /// The mapping's list name.
        mapping: String,
    },
    /// The list's key is not among the columns.
    #[error("the list is keyed by {field:?}, and no column of the file is mapped to it")]
    KeyNotMapped {
        /// The missing key field.
        field: String,
    },
}

impl MappingError {
    /// What the user can do.
    pub fn hint(&self) -> &'static str {
        match self {
            MappingError::Syntax(_) | MappingError::UnknownWord { .. } => {
                "`rejoin import FILE --dry-run` prints a mapping to start from, and `rejoin list fields` the fields"
            }
            MappingError::NothingMapped { .. } => {
                "try `rejoin import FILE --dry-run` without --as, and review the mapping it proposes"
            }
            MappingError::KeyNotMapped { .. } => {
                "map the column, or write key = [] so that rows are known by their content"
            }
        }
    }
}

/// A mapping's words turned into types.
#[derive(Debug, Clone)]
pub(crate) struct Resolved {
    pub kind: ListKind,
    pub subject: Option<Subject>,
    pub key: Vec<Field>,
    pub columns: Vec<(Field, Vec<String>)>,
    pub context: Context,
}

impl Mapping {
    /// Reads and checks a mapping.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let mapping: Self = toml::from_str(text).map_err(|error| MappingError::Syntax(error.to_string()))?;
        mapping.resolve()?;
        Ok(mapping)
    }

    /// The file's text.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).unwrap_or_default()
    }

    /// Every word as its type.
    pub(crate) fn resolve(&self) -> Result<Resolved, MappingError> {
        let field = |what: &'static str, word: &str| {
            Field::from_word(word).ok_or_else(|| MappingError::UnknownWord {
                what,
                word: word.into(),
                known: Field::ALL.iter().map(|field| field.word()).collect::<Vec<_>>().join(", "),
            })
        };
        let unknown = |what, word: &str, known: &str| MappingError::UnknownWord {
            what,
            word: word.into(),
            known: known.into(),
        };
        let kinds: Vec<&str> = ListKind::ALL.iter().map(|kind| kind.word()).collect();
        let kind =
            ListKind::from_word(&self.kind).ok_or_else(|| unknown("kind", &self.kind, &kinds.join(", ")))?;
        let subject = match self.subject.as_str() {
            "child" => Some(Subject::Child),
            "adult" => Some(Subject::Adult),
            "any" => None,
            other => return Err(unknown("subject", other, "child, adult, any")),
        };
        let order = DateOrder::from_word(&self.date_order)
            .ok_or_else(|| unknown("date_order", &self.date_order, "mdy, dmy, ymd"))?;
        let mut columns = Vec::new();
        for column in &self.column {
            columns.push((
                field("column.field", &column.field)?,
                column.names.iter().map(|name| fold(name)).collect(),
            ));
        }
        let mut context = Context { order, ..Context::default() };
        for words in &self.code {
            let of = field("code.field", &words.field)?;
            let code = CODES
                .into_iter()
                .find(|code| code.word() == words.means)
                .ok_or_else(|| unknown("code.means", &words.means, &CODES.map(Code::word).join(", ")))?;
            for said in &words.says {
                context.codes.insert((of, fold(said)), code);
            }
        }
        let pairs = |map: &'_ BTreeMap<String, String>| -> Vec<(String, String)> {
            map.iter().map(|(from, to)| (from.clone(), to.clone())).collect()
        };
        let (words, spellings) = (pairs(&self.places.words), pairs(&self.places.spellings));
        context.folding = Folding::new(
            words.iter().map(|(from, to)| (from.as_str(), to.as_str())),
            spellings.iter().map(|(from, to)| (from.as_str(), to.as_str())),
        );
        let key = self.key.iter().map(|word| field("key", word)).collect::<Result<_, _>>()?;
        Ok(Resolved { kind, subject, key, columns, context })
    }
}

const CODES: [Code; 12] = [
    Code::ReunitedWithParent,
    Code::LeftOtherwise,
    Code::StillInCare,
    Code::FamilyUnit,
    Code::Unaccompanied,
    Code::SingleAdult,
    Code::Removed,
    Code::Released,
    Code::Transferred,
    Code::Accepted,
    Code::Declined,
    Code::Other,
];

/// What a column was taken for, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guess {
    /// The column's header.
    pub column: String,
    /// The field it was mapped to.
    pub field: Option<Field>,
    /// Why, in words.
    pub because: String,
}

/// What is said of a column whose contents speak for it, but not for one field only.
const PERSON_MUST_SAY: (&str, &str) =
    ("; which field, a person must say", "; qué campo es, debe decirlo una persona");

/// Why a column was taken for a field, in Spanish; none when the words are not of this file.
pub fn in_spanish(because: &str) -> Option<String> {
    let fixed = match because {
        "its name" => "su nombre",
        "the mapping" => "la correspondencia",
        "not in the mapping; kept as sent" => "no está en la correspondencia; se guarda como llegó",
        "not recognised; kept as sent" => "no se reconoce; se guarda como llegó",
        _ => {
            let (what, example) = because.strip_prefix("its contents look like ")?.split_once(", as ")?;
            let (_, what) = CONTENTS.iter().map(|(_, words)| words).find(|(english, _)| *english == what)?;
            let (example, then) = match example.strip_suffix(PERSON_MUST_SAY.0) {
                Some(example) => (example, PERSON_MUST_SAY.1),
                None => (example, ""),
            };
            return Some(format!("su contenido parece ser de {what}, como {example}{then}"));
        }
    };
    Some(fixed.to_owned())
}

/// A mapping proposed for a table.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// The mapping, with the table's own headers.
    pub mapping: Mapping,
    /// Column by column.
    pub guesses: Vec<Guess>,
}

impl Proposal {
    /// The mapping with the file's own headers only, as a person should review it.
    pub fn narrowed(&self) -> Mapping {
        if self.guesses.is_empty() {
            return self.mapping.clone();
        }
        let mut column: Vec<Column> = Vec::new();
        for guess in &self.guesses {
            let Some(field) = guess.field else { continue };
            match column.iter_mut().find(|entry| entry.field == field.word()) {
                Some(entry) => entry.names.push(guess.column.clone()),
                None => column.push(Column { field: field.word().into(), names: vec![guess.column.clone()] }),
            }
        }
        Mapping { column, ..self.mapping.clone() }
    }
}

/// A mapping that was given, with what each column is by it. A preset given by name drops a key of which the file has no
/// column; a mapping that a person reviewed is taken at its word.
pub fn propose_by(table: &Table, mapping: &Mapping) -> Proposal {
    let guess = |column: &String| {
        let named = |entry: &&Column| entry.names.iter().any(|name| fold(name) == fold(column));
        let field = mapping.column.iter().find(named).and_then(|entry| Field::from_word(&entry.field));
        let because = if field.is_some() { "the mapping" } else { "not in the mapping; kept as sent" };
        Guess { column: column.clone(), field, because: because.into() }
    };
    let guesses: Vec<Guess> = table.columns.iter().map(guess).collect();
    let mut mapping = mapping.clone();
    let shipped = mapping.preset.as_deref().and_then(presets::named);
    if shipped.is_some_and(|preset| preset.column == mapping.column) {
        let mapped =
            |key: &String| guesses.iter().any(|guess| guess.field.is_some_and(|field| field.word() == key));
        mapping.key.retain(mapped);
    }
    Proposal { mapping, guesses }
}

/// Proposes a mapping from the column names, and for columns of no known name from their contents. The preset that
/// names most of the columns gives the kind of list; `list` names it when no preset fits well.
pub fn propose(table: &Table, list: &str) -> Proposal {
    let folded: Vec<String> = table.columns.iter().map(|column| fold(column)).collect();
    let mut best: Option<(usize, usize, Mapping)> = None;
    let all = presets::all();
    for preset in all.iter().cloned() {
        let named = |column: &Column| column.names.iter().any(|name| folded.contains(&fold(name)));
        let matched = preset.column.iter().filter(|column| named(column)).count();
        // Of two presets that name as many columns, the one that expects fewer others.
        let spare = usize::MAX - preset.column.len();
        if best.as_ref().is_none_or(|(most, least_spare, _)| (matched, spare) > (*most, *least_spare)) {
            best = Some((matched, spare, preset));
        }
    }
    let (matched, _, preset) = best.unwrap_or_else(|| unreachable!("presets ship with the program"));
    let fits = matched * 2 >= table.columns.len().min(8) && matched >= 2;
    let mut mapping = Mapping { column: Vec::new(), ..preset.clone() };
    if !fits {
        mapping.preset = None;
        mapping.title = String::new();
        mapping.title_es = String::new();
        mapping.source = String::new();
        mapping.agency = String::new();
        mapping.list = list.to_owned();
        mapping.separations = false;
        mapping.code = Vec::new();
        mapping.places = Places::default();
        mapping.subject = "any".into();
        mapping.date_order = order(table).into();
    }
    let mut guesses = Vec::new();
    for (at, column) in table.columns.iter().enumerate() {
        // Where no preset fits, what a header means in any of them is still the best word for it.
        let by_name = std::iter::once(&preset)
            .chain(all.iter().filter(|_| !fits))
            .flat_map(|preset| &preset.column)
            .find(|entry| entry.names.iter().any(|name| fold(name) == folded[at]))
            .and_then(|entry| Field::from_word(&entry.field));
        let taken = |field: Field| guesses.iter().any(|guess: &Guess| guess.field == Some(field));
        let guess = match by_name {
            Some(field) => Guess { column: column.clone(), field: Some(field), because: "its name".into() },
            None => match by_contents(table, at) {
                Some((field, because)) if !taken(field) && field.kind() != FieldKind::Moment => {
                    Guess { column: column.clone(), field: Some(field), because }
                }
                Some((_, because)) => Guess {
                    column: column.clone(),
                    field: None,
                    because: format!("{because}{}", PERSON_MUST_SAY.0),
                },
                None => Guess {
                    column: column.clone(),
                    field: None,
                    because: "not recognised; kept as sent".into(),
                },
            },
        };
        guesses.push(guess);
    }
    mapping.column = Proposal { mapping: mapping.clone(), guesses: guesses.clone() }.narrowed().column;
    mapping.key.retain(|key| mapping.column.iter().any(|column| column.field == *key));
    Proposal { mapping, guesses }
}

/// Day or month first, as the cells speak for: the order that fewer of them contradict; month first when none does.
fn order(table: &Table) -> &'static str {
    let contradicted = |order: DateOrder| {
        let cells = table.rows.iter().take(500).flat_map(|row| &row.cells);
        let readings = cells.map(|cell| rejoin_normalize::moment::read(cell, order));
        readings
            .filter(|reading| {
                reading.doubts.iter().any(|(code, _)| *code == FindingCode::DateOrderContradicted)
            })
            .count()
    };
    if contradicted(DateOrder::DayMonthYear) < contradicted(DateOrder::MonthDayYear) { "dmy" } else { "mdy" }
}

/// The field that a column's contents speak for, when nine in ten of its first cells do.
fn by_contents(table: &Table, at: usize) -> Option<(Field, String)> {
    let cells: Vec<&str> = table
        .rows
        .iter()
        .filter_map(|row| row.cells.get(at))
        .map(String::as_str)
        .filter(|cell| !is_missing(cell))
        .take(200)
        .collect();
    if cells.len() < 3 {
        return None;
    }
    let context = Context::default();
    let share = |field: Field| {
        let read = |cell: &&&str| {
            let reading = understand(field, cell, &context);
            let orderly = |(code, _): &(FindingCode, String)| *code == FindingCode::DateOrderContradicted;
            reading.value.is_some() && reading.doubts.iter().all(orderly)
        };
        cells.iter().filter(read).count() * 10 >= cells.len() * 9
    };
    let example = collapse(cells[0]);
    let (field, (what, _)) = CONTENTS.into_iter().find(|(field, _)| share(*field))?;
    Some((field, format!("its contents look like {what}, as {example:?}")))
}

/// Fields that a column's contents can speak for, and what such contents are called, in English and Spanish.
const CONTENTS: [(Field, (&str, &str)); 5] = [
    (Field::Sex, ("sexes", "sexos")),
    (Field::Country, ("countries", "países")),
    (Field::Apprehended, ("dates", "fechas")),
    (Field::Phone, ("telephone numbers", "números de teléfono")),
    (Field::Age, ("ages", "edades")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_said_in_spanish() {
        let text = "Mystery,When,Edad\nx,3/4/2018,7\ny,3/5/2018,8\nz,3/6/2018,9\n";
        let table = crate::table::read(text.as_bytes()).unwrap();
        for guess in propose(&table, "").guesses {
            assert!(in_spanish(&guess.because).is_some(), "{} in Spanish", guess.because);
        }
        let said =
            in_spanish("its contents look like dates, as \"3/4/2018\"; which field, a person must say");
        assert_eq!(
            said.unwrap(),
            "su contenido parece ser de fechas, como \"3/4/2018\"; qué campo es, debe decirlo una persona"
        );
    }
}
