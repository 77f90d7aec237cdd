//! Names, in the customs of Central America and of English forms.
//!
//! Two surnames (father's first, mother's first); particles belong to the surname after them; `SURNAME, GIVEN`
//! and `GIVEN SURNAME` both occur, and English forms turn a first surname into a middle name. Where the boundary
//! between given names and surnames cannot be told, the most likely one is taken and linkage, which compares
//! tokens across the boundary, is not misled by it.

use crate::text::{collapse, fold, is_missing};
use rejoin_model::PersonName;

const PARTICLES: &[&str] =
    &["de", "del", "la", "las", "los", "da", "das", "do", "dos", "di", "van", "von", "san", "santa", "y"];

const NOISE: &[&str] =
    &["mr", "mrs", "ms", "sr", "sra", "srta", "don", "dona", "jr", "ii", "iii", "lnu", "fnu", "nmn"];

/// Given names frequent where these lists come from; used only to find the boundary in names without a comma.
const GIVEN: &[&str] = &[
    "abel",
    "abigail",
    "adan",
    "adriana",
    "alan",
    "alba",
    "alberto",
    "alejandra",
    "alejandro",
    "alex",
    "alexander",
    "alexis",
    "alfredo",
    "alicia",
    "alma",
    "alvaro",
    "amalia",
    "amanda",
    "ana",
    "anderson",
    "andrea",
    "andres",
    "angel",
    "angela",
    "angelica",
    "anthony",
    "antonia",
    "antonio",
    "armando",
    "arturo",
    "ashley",
    "aurelio",
    "axel",
    "beatriz",
    "benjamin",
    "bernardo",
    "blanca",
    "brandon",
    "brayan",
    "brenda",
    "bryan",
    "byron",
    "camila",
    "candelaria",
    "carla",
    "carlos",
    "carmen",
    "carolina",
    "catalina",
    "catarina",
    "cecilia",
    "cesar",
    "christian",
    "christopher",
    "claudia",
    "cristian",
    "cristina",
    "cristobal",
    "damaris",
    "daniel",
    "daniela",
    "danny",
    "darwin",
    "david",
    "debora",
    "delmi",
    "denis",
    "diana",
    "diego",
    "dilcia",
    "dina",
    "dolores",
    "domingo",
    "doris",
    "dulce",
    "edgar",
    "edwin",
    "elena",
    "elias",
    "elmer",
    "elsa",
    "elvira",
    "emilio",
    "emily",
    "emma",
    "enrique",
    "eric",
    "erick",
    "erika",
    "ernesto",
    "esperanza",
    "esteban",
    "estela",
    "ester",
    "eva",
    "evelin",
    "evelyn",
    "fabiola",
    "fatima",
    "felipe",
    "fernanda",
    "fernando",
    "flor",
    "francisca",
    "francisco",
    "franklin",
    "freddy",
    "gabriel",
    "gabriela",
    "gaspar",
    "genesis",
    "gerardo",
    "gerson",
    "gladis",
    "gloria",
    "gregorio",
    "guadalupe",
    "guillermo",
    "gustavo",
    "hector",
    "heidi",
    "henry",
    "hilda",
    "hugo",
    "ignacio",
    "ingrid",
    "irene",
    "iris",
    "irma",
    "isaac",
    "isabel",
    "isaias",
    "ismael",
    "ivan",
    "jacinto",
    "jacob",
    "jaime",
    "javier",
    "jefferson",
    "jennifer",
    "jeremias",
    "jesica",
    "jessica",
    "jesus",
    "jimena",
    "joaquin",
    "joel",
    "john",
    "jonathan",
    "jorge",
    "jose",
    "josefa",
    "joselyn",
    "josue",
    "juan",
    "juana",
    "julia",
    "julian",
    "juliana",
    "julio",
    "karen",
    "karina",
    "karla",
    "katherine",
    "kenia",
    "kevin",
    "keyla",
    "laura",
    "leonardo",
    "leonel",
    "leonor",
    "lesbia",
    "lesly",
    "leticia",
    "lidia",
    "lilian",
    "liliana",
    "linda",
    "lorena",
    "lorenzo",
    "lucas",
    "lucia",
    "lucrecia",
    "luis",
    "luisa",
    "luz",
    "magdalena",
    "manuel",
    "marcela",
    "marco",
    "marcos",
    "margarita",
    "maria",
    "mariana",
    "maribel",
    "maricela",
    "mario",
    "marisol",
    "marlon",
    "marta",
    "martha",
    "martin",
    "marvin",
    "mateo",
    "mauricio",
    "maximo",
    "maynor",
    "melissa",
    "melvin",
    "mercedes",
    "micaela",
    "michael",
    "miguel",
    "milton",
    "miriam",
    "mirna",
    "moises",
    "monica",
    "nancy",
    "natalia",
    "nelson",
    "nery",
    "nicolas",
    "noe",
    "noemi",
    "nohemi",
    "norma",
    "olga",
    "oliver",
    "omar",
    "oscar",
    "pablo",
    "patricia",
    "paula",
    "pedro",
    "petrona",
    "rafael",
    "ramiro",
    "ramon",
    "raquel",
    "raul",
    "rebeca",
    "reina",
    "rene",
    "ricardo",
    "rigoberto",
    "rita",
    "robert",
    "roberto",
    "rocio",
    "rodolfo",
    "rodrigo",
    "roger",
    "rolando",
    "romeo",
    "rosa",
    "rosario",
    "roxana",
    "ruben",
    "rudy",
    "ruth",
    "samuel",
    "sandra",
    "santiago",
    "santos",
    "sara",
    "sebastian",
    "selvin",
    "sergio",
    "silvia",
    "sofia",
    "sonia",
    "susana",
    "tatiana",
    "teresa",
    "tomas",
    "valentina",
    "valeria",
    "vanessa",
    "veronica",
    "vicente",
    "victor",
    "victoria",
    "vilma",
    "virginia",
    "walter",
    "wendy",
    "wilfredo",
    "william",
    "wilmer",
    "wilson",
    "ximena",
    "yadira",
    "yanira",
    "yeimi",
    "yenifer",
    "yesenia",
    "yolanda",
    "zoila",
];

/// What follows a particle in a devotional given name: María de los Ángeles, Rosa del Carmen, Manuel de Jesús.
const DEVOTIONS: &[&str] = &[
    "angeles",
    "carmen",
    "concepcion",
    "dolores",
    "fatima",
    "jesus",
    "lourdes",
    "luz",
    "mar",
    "milagro",
    "pilar",
    "rocio",
    "rosario",
    "socorro",
];

fn is_given(token: &str) -> bool {
    match token.rsplit_once(' ') {
        Some((_, last)) => DEVOTIONS.contains(&last),
        None => GIVEN.binary_search(&token).is_ok(),
    }
}

/// Folded tokens with particles joined to the surname after them and titles dropped.
fn tokens(folded: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut pending = String::new();
    for word in folded.split(' ').filter(|word| !word.is_empty()) {
        if NOISE.contains(&word) {
            continue;
        }
        if PARTICLES.contains(&word) {
            pending.push_str(word);
            pending.push(' ');
        } else {
            out.push(format!("{pending}{word}"));
            pending.clear();
        }
    }
    match (pending.trim_end(), out.last_mut()) {
        ("", _) => {}
        (rest, Some(last)) => {
            last.push(' ');
            last.push_str(rest);
        }
        (rest, None) => out.push(rest.to_owned()),
    }
    out
}

/// A whole name in one cell. `None` when nothing usable was written.
pub fn full(said: &str) -> Option<PersonName> {
    if is_missing(said) {
        return None;
    }
    let collapsed = collapse(said);
    let name = match collapsed.split_once(',') {
        Some((surnames, given)) => PersonName {
            given: tokens(&fold(given)),
            surnames: tokens(&fold(surnames)),
            said: collapsed.clone(),
        },
        None => {
            let all = tokens(&fold(&collapsed));
            let given = boundary(&all);
            let surnames = all[given..].to_vec();
            PersonName { given: all[..given].to_vec(), surnames, said: collapsed.clone() }
        }
    };
    (!name.is_empty()).then_some(name)
}

/// How many leading tokens are given names.
fn boundary(all: &[String]) -> usize {
    match all.len() {
        0 | 1 => all.len(),
        2 => 1,
        3 if is_given(&all[1]) => 2,
        3 => 1,
        4 => 2,
        count => {
            let leading = all.iter().take_while(|token| is_given(token)).count();
            leading.clamp(2, count - 2)
        }
    }
}

/// Given names and surnames from their own columns; any may be empty.
pub fn from_parts(given: &str, surnames: &[&str]) -> Option<PersonName> {
    let usable = |said: &str| if is_missing(said) { String::new() } else { collapse(said) };
    let given = usable(given);
    let surnames: Vec<String> =
        surnames.iter().map(|said| usable(said)).filter(|said| !said.is_empty()).collect();
    let name = PersonName {
        given: tokens(&fold(&given)),
        surnames: surnames.iter().flat_map(|said| tokens(&fold(said))).collect(),
        said: collapse(&format!("{given} {}", surnames.join(" "))),
    };
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(said: &str, expect: &str) {
        let name = full(said).unwrap_or_default();
        assert_eq!(format!("{} | {}", name.given.join("+"), name.surnames.join("+")), expect, "{said:?}");
    }

    #[test]
    fn the_dictionary_is_sorted_for_binary_search() {
        let unsorted: Vec<_> = GIVEN.windows(2).filter(|pair| pair[0] >= pair[1]).collect();
        assert!(unsorted.is_empty(), "{unsorted:?}");
    }

    #[test]
    fn boundaries_between_given_names_and_surnames() {
        check("Juan López García", "juan | lopez+garcia");
        check("Juan Carlos López García", "juan+carlos | lopez+garcia");
        check("Juan Carlos López", "juan+carlos | lopez");
        check("LOPEZ GARCIA, JUAN CARLOS", "juan+carlos | lopez+garcia");
        check("María de los Ángeles Pérez", "maria+de los angeles | perez");
        check("Ana de León", "ana | de leon");
        check("Juan de la Cruz Hernández", "juan | de la cruz+hernandez");
        check("Sr. Pedro Pablo Juan Gómez Xol", "pedro+pablo+juan | gomez+xol");
        check("Xóchitl", "xochitl | ");
        check("  ", " | ");
    }

    #[test]
    fn parts_from_their_own_columns() {
        let name = from_parts("Ana  María", &["de León", "Unknown"]).unwrap();
        assert_eq!((name.given.join(" "), name.surnames.join("+")), ("ana maria".into(), "de leon".into()));
        assert_eq!(from_parts("", &["n/a"]), None);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_panic_and_without_losing_tokens(said in "\\PC{0,60}") {
            if let Some(name) = full(&said) {
                proptest::prop_assert!(name.tokens().all(|token| !token.is_empty()));
            }
        }
    }
}
