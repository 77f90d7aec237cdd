//! A spec from names of columns and what is in them, for a person to review.

use crate::{Input, prepare, spec};
use rejoin_ingest::columns::{NONE, TextColumn};
use rejoin_normalize::text::fold;
use std::collections::BTreeMap;

/// What headers say, folded, whole or by their words: (role, kind, words). The first that fits decides.
const ROLES: &[(&str, &str, &[&str])] = &[
    (
        "ignore",
        "",
        &[
            "cluster",
            "cluster id",
            "truth",
            "ground truth",
            "entity id",
            "true id",
            "match id",
            "label",
            "rowid",
            "row id",
            "index",
        ],
    ),
    (
        "surname_2",
        "surname",
        &[
            "second surname",
            "surname 2",
            "apellido materno",
            "segundo apellido",
            "apellido 2",
            "materno",
            "mothers surname",
            "second last name",
        ],
    ),
    (
        "surname",
        "surname",
        &[
            "surname",
            "last name",
            "lastname",
            "family name",
            "lname",
            "apellido",
            "apellidos",
            "apellido paterno",
            "primer apellido",
            "apellido 1",
            "paterno",
            "surname 1",
            "nachname",
            "cognome",
            "sobrenome",
            "nazwisko",
            "achternaam",
            "nom de famille",
            "nom",
            "efternamn",
            "familienname",
        ],
    ),
    (
        "middle",
        "given",
        &["middle name", "middle", "segundo nombre", "second given name", "middlename", "mname"],
    ),
    (
        "given",
        "given",
        &[
            "given name",
            "first name",
            "firstname",
            "forename",
            "given",
            "fname",
            "nombre",
            "nombres",
            "primer nombre",
            "given names",
            "vorname",
            "prenom",
            "imie",
            "voornaam",
            "fornamn",
            "nome proprio",
        ],
    ),
    (
        "full",
        "full",
        &[
            "full name",
            "fullname",
            "name",
            "nombre completo",
            "person name",
            "nombre y apellidos",
            "nombres y apellidos",
            "apellidos y nombres",
        ],
    ),
    (
        "birth",
        "date",
        &[
            "date of birth",
            "birth date",
            "birthdate",
            "dob",
            "fecha de nacimiento",
            "fecha nacimiento",
            "nacimiento",
            "birthday",
            "geburtsdatum",
            "date de naissance",
            "born",
            "f nac",
            "fec nac",
            "fnac",
        ],
    ),
    ("age", "age", &["age", "edad", "alter"]),
    ("sex", "category", &["sex", "gender", "sexo", "genero", "geschlecht", "sexe"]),
    ("email", "email", &["email", "e mail", "mail", "correo", "correo electronico"]),
    (
        "phone",
        "phone",
        &[
            "phone",
            "telephone",
            "telefono",
            "tel",
            "mobile",
            "cell",
            "celular",
            "movil",
            "phone number",
            "telefon",
        ],
    ),
    (
        "postcode",
        "code",
        &[
            "postcode",
            "post code",
            "zip",
            "zipcode",
            "zip code",
            "postal code",
            "codigo postal",
            "cp",
            "plz",
            "postcode fake",
        ],
    ),
    (
        "number",
        "code",
        &[
            "ssn",
            "soc sec id",
            "social security number",
            "passport",
            "curp",
            "dui",
            "dpi",
            "dni",
            "cedula",
            "alien number",
            "a number",
            "national id",
            "document",
            "documento",
            "numero de documento",
        ],
    ),
    (
        "town",
        "text",
        &[
            "city",
            "town",
            "suburb",
            "municipality",
            "ciudad",
            "municipio",
            "birth place",
            "birthplace",
            "place of birth",
            "lugar de nacimiento",
            "ort",
            "ville",
        ],
    ),
    ("street", "text", &["address", "street", "address 1", "direccion", "calle", "domicilio", "street name"]),
    (
        "state",
        "category",
        &[
            "state",
            "province",
            "country",
            "departamento",
            "estado",
            "pais",
            "nationality",
            "nacionalidad",
            "race",
            "ethnicity",
        ],
    ),
];

fn role(header: &str) -> Option<(&'static str, &'static str)> {
    // Camel case is cut before folding.
    let mut cut = String::new();
    for (at, character) in header.chars().enumerate() {
        if at > 0 && character.is_uppercase() && cut.ends_with(|last: char| last.is_lowercase()) {
            cut.push(' ');
        }
        cut.push(character);
    }
    let folded = fold(&cut);
    let whole = ROLES.iter().find(|(_, _, names)| names.contains(&folded.as_str()));
    let padded = format!(" {folded} ");
    let long =
        |names: &[&str]| names.iter().any(|name| name.len() > 3 && padded.contains(&format!(" {name} ")));
    // `mothers name`, `first and surname`: a header with other people or two things in it is no simple name.
    let mixed = ["mother", "father", "madre", "padre", "spouse", "guardian", " and ", " y ", "employer"]
        .iter()
        .any(|word| padded.contains(word));
    whole
        .or_else(|| ROLES[1..].iter().find(|(_, _, names)| !mixed && long(names)))
        .map(|(role, kind, _)| (*role, *kind))
}

/// What a column without a telling name holds, by a sample of its values.
fn by_content(column: &TextColumn) -> Option<&'static str> {
    let rows = column.codes.iter().filter(|code| **code != NONE).count();
    let distinct = column.values.len();
    if distinct < 2 || rows * 20 < column.codes.len() {
        return None;
    }
    let step = (distinct / 2_000).max(1);
    let sample: Vec<&str> = column.values.iter().step_by(step).collect();
    let share =
        |test: &dyn Fn(&str) -> bool| sample.iter().filter(|value| test(value)).count() * 10 / sample.len();
    if share(&|value| value.contains('@')) >= 6 {
        Some("email")
    } else if prepare::are_dates(&sample) {
        Some("date")
    } else if distinct <= 12 || (distinct <= 60 && rows > distinct * 50) {
        Some("category")
    } else if share(&|value| value.bytes().filter(u8::is_ascii_digit).count() * 2 >= value.len()) >= 7 {
        Some("code")
    } else if share(&|value| value.len() > 80) >= 5 {
        None
    } else {
        Some("text")
    }
}

/// Columns of a name in each file, those that are there.
fn columns<'a>(inputs: &'a [Input], from: &'a [String]) -> impl Iterator<Item = &'a TextColumn> {
    inputs.iter().zip(from).filter_map(|(input, name)| input.column(name))
}

/// Share of the values of which `test` holds, by a sample, in hundredths.
fn share(inputs: &[Input], from: &[String], test: impl Fn(&str) -> bool) -> usize {
    let (mut all, mut held) = (0, 0);
    for column in columns(inputs, from) {
        for value in column.values.iter().step_by(column.values.len() / 2_000 + 1) {
            all += 1;
            held += usize::from(test(value));
        }
    }
    held * 100 / all.max(1)
}

/// What stands between several values in one cell, if cells have several.
fn separator(inputs: &[Input], from: &[String]) -> Option<String> {
    let separators = ["|", ";"];
    let found =
        separators.iter().find(|separator| share(inputs, from, |value| value.contains(**separator)) >= 3);
    found.map(|separator| (*separator).to_owned())
}

/// Whether most values are a place and what it lies in, with commas between.
fn nested(inputs: &[Input], from: &[String]) -> bool {
    let units = |value: &str| value.contains(',') && !value.contains(|c: char| c.is_ascii_digit());
    share(inputs, from, units) >= 50
}

/// Proposes a spec. `id` is left out, as are `ignore` and columns whose names say that they hold the answer.
pub fn propose(inputs: &[Input], id: &str, ignore: &[String]) -> spec::File {
    // Role or header → kind and the column's name in each file.
    let mut found: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    for (at, input) in inputs.iter().enumerate() {
        for column in &input.columns {
            if column.name == id || ignore.contains(&column.name) {
                continue;
            }
            let content = by_content(column);
            let (key, kind) = match (role(&column.name), content) {
                (Some(("ignore", _)), _) | (_, None) => continue,
                // What is called a date and cannot be read as one is compared as text.
                (Some((role, "date")), Some(content)) if content != "date" => (role.to_owned(), content),
                (Some((role, kind)), _) => (role.to_owned(), kind),
                (None, Some(kind)) => (fold(&column.name).replace(' ', "_"), kind),
            };
            let taken = found.get(&key).is_some_and(|(_, from)| !from[at].is_empty());
            let key = if taken { format!("{key}_{}", fold(&column.name).replace(' ', "_")) } else { key };
            let entry =
                found.entry(key).or_insert_with(|| (kind.to_owned(), vec![String::new(); inputs.len()]));
            entry.1[at] = column.name.clone();
        }
    }
    // What only one of several files has cannot be compared across them.
    found.retain(|_, (_, from)| from.iter().all(|name| !name.is_empty()));
    let named = found.contains_key("given") || found.contains_key("surname");
    let full: Vec<String> =
        found.iter().filter(|(_, (kind, _))| kind == "full").map(|(key, _)| key.clone()).collect();
    for (at, key) in full.iter().enumerate() {
        let Some((_, from)) = found.remove(key) else { continue };
        if at == 0 && !named {
            found.insert("given".into(), ("full-name-given".into(), from.clone()));
            found.insert("surname".into(), ("full-name-surname".into(), from));
        }
    }
    // A text that repeats a name (`first and surname`) says nothing new.
    if named {
        let repeats = |key: &str| key.contains("name") || key.contains("nombre") || key.contains("apellido");
        found.retain(|key, (kind, _)| kind != "text" || !repeats(key));
    }
    let mut comparison: Vec<spec::Comparison> = Vec::new();
    let mut add = |names: &[&str]| {
        comparison.push(spec::Comparison { columns: names.iter().map(|name| (*name).to_owned()).collect() });
    };
    let has = |key: &str| found.contains_key(key);
    match (has("surname"), has("surname_2"), has("given")) {
        (true, true, true) => add(&["surname", "surname_2", "given"]),
        (true, true, false) => add(&["surname", "surname_2"]),
        (true, false, true) => add(&["surname", "given"]),
        (true, false, false) => add(&["surname"]),
        _ => {}
    }
    match (has("given"), has("surname")) {
        (true, true) => add(&["given", "surname"]),
        (true, false) => add(&["given"]),
        _ => {}
    }
    let done = ["surname", "given"];
    let mut rest: Vec<&String> = found
        .keys()
        .filter(|key| !done.contains(&key.as_str()))
        .filter(|key| key.as_str() != "surname_2" || !has("surname"))
        .collect();
    let rank = |key: &String| {
        ["birth", "number", "email", "phone"].iter().position(|first| first == key).unwrap_or(9)
    };
    rest.sort_by_key(|key| (rank(key), key.to_string()));
    rest.iter().for_each(|key| add(&[key]));
    comparison.truncate(rejoin_linkage::engine::MOST_COMPARISONS);
    let separator = |kind: &str, from: &[String]| {
        let several = matches!(kind, "given" | "surname" | "code" | "phone" | "email");
        several.then(|| separator(inputs, from)).flatten()
    };
    let shared = |from: Vec<String>| {
        if from.iter().all(|name| *name == from[0]) { vec![from[0].clone()] } else { from }
    };
    let columns = found
        .into_iter()
        .map(|(key, (kind, from))| {
            let kind = if kind == "text" && nested(inputs, &from) { "place".to_owned() } else { kind };
            let separator = separator(&kind, &from);
            (key, spec::Column { kind, from: shared(from), separator, ..spec::Column::default() })
        })
        .collect();
    spec::File { columns, comparison, ..spec::File::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_in_two_languages() {
        for (header, expect) in [
            ("given_name", "given"),
            ("firstName", "given"),
            ("Primer apellido", "surname"),
            ("Apellido Materno", "surname_2"),
            ("Fecha de nacimiento", "birth"),
            ("SEXO", "sex"),
            ("soc_sec_id", "number"),
            ("cluster", "ignore"),
            ("postcode_fake", "postcode"),
            ("Teléfono", "phone"),
        ] {
            assert_eq!(role(header).map(|(role, _)| role), Some(expect), "{header}");
        }
        assert_eq!(role("first_and_surname"), None);
        assert_eq!(role("mother's name"), None);
    }
}
