//! Countries by name in English and Spanish, by ISO 3166-1 code, and by the codes of United States agencies.

use crate::text::fold;
use rejoin_model::Country;

/// Code, and the folded names, codes and agency codes that stand for it.
const COUNTRIES: &[(&[u8; 2], &[&str])] = &[
    (b"GT", &["guatemala", "gtm", "guatm", "guate"]),
    (b"HN", &["honduras", "hnd", "hondu", "ho"]),
    (b"SV", &["el salvador", "salvador", "slv", "elsal", "es"]),
    (b"MX", &["mexico", "mex", "mexic", "estados unidos mexicanos"]),
    (b"NI", &["nicaragua", "nic", "nicar"]),
    (b"CR", &["costa rica", "cri"]),
    (b"PA", &["panama", "pan"]),
    (b"BZ", &["belize", "belice", "blz"]),
    (b"CO", &["colombia", "col"]),
    (b"VE", &["venezuela", "ven", "venezuela bolivarian republic of"]),
    (b"EC", &["ecuador", "ecu", "ecuad"]),
    (b"PE", &["peru", "per"]),
    (b"BO", &["bolivia", "bol"]),
    (b"CL", &["chile", "chl"]),
    (b"AR", &["argentina", "arg"]),
    (b"UY", &["uruguay", "ury"]),
    (b"PY", &["paraguay", "pry"]),
    (b"BR", &["brazil", "brasil", "bra", "brazi"]),
    (b"CU", &["cuba", "cub"]),
    (b"DO", &["dominican republic", "republica dominicana", "dom"]),
    (b"HT", &["haiti", "hti"]),
    (b"JM", &["jamaica", "jam"]),
    (b"US", &["united states", "united states of america", "usa", "estados unidos", "eeuu", "ee uu"]),
    (b"CA", &["canada", "can"]),
    (b"ES", &["spain", "espana", "esp"]),
    (b"PT", &["portugal", "prt"]),
    (b"GB", &["united kingdom", "great britain", "reino unido", "gbr", "uk"]),
    (b"FR", &["france", "francia", "fra"]),
    (b"DE", &["germany", "alemania", "deu"]),
    (b"IT", &["italy", "italia", "ita"]),
    (b"RO", &["romania", "rumania", "rou"]),
    (b"UA", &["ukraine", "ucrania", "ukr"]),
    (b"RU", &["russia", "russian federation", "rusia", "rus"]),
    (b"TR", &["turkey", "turkiye", "turquia", "tur"]),
    (b"AM", &["armenia", "arm"]),
    (b"AL", &["albania", "alb"]),
    (b"IN", &["india", "ind"]),
    (b"PK", &["pakistan", "pak"]),
    (b"BD", &["bangladesh", "bgd"]),
    (b"NP", &["nepal", "npl"]),
    (b"LK", &["sri lanka", "lka"]),
    (b"CN", &["china", "chn", "peoples republic of china", "china peoples republic of"]),
    (b"VN", &["vietnam", "viet nam", "vnm"]),
    (b"PH", &["philippines", "filipinas", "phl"]),
    (b"AF", &["afghanistan", "afganistan", "afg"]),
    (b"IR", &["iran", "irn"]),
    (b"IQ", &["iraq", "irak", "irq"]),
    (b"SY", &["syria", "siria", "syr"]),
    (b"EG", &["egypt", "egipto", "egy"]),
    (b"ER", &["eritrea", "eri"]),
    (b"ET", &["ethiopia", "etiopia", "eth"]),
    (b"SO", &["somalia", "som"]),
    (b"SD", &["sudan", "sdn"]),
    (b"NG", &["nigeria", "nga"]),
    (b"GH", &["ghana", "gha"]),
    (b"CM", &["cameroon", "camerun", "cmr"]),
    (
        b"CD",
        &[
            "congo",
            "democratic republic of the congo",
            "dr congo",
            "drc",
            "zaire",
            "cod",
            "republica democratica del congo",
        ],
    ),
    (b"CG", &["republic of the congo", "congo brazzaville", "cog"]),
    (b"AO", &["angola", "ago"]),
    (b"SN", &["senegal", "sen"]),
    (b"GN", &["guinea", "gin"]),
    (b"ML", &["mali", "mli"]),
    (b"TG", &["togo", "tgo"]),
];

/// The country of a cell. A bare "Congo" is read as the Democratic Republic, the more frequent of the two.
pub fn read(said: &str) -> Option<Country> {
    let folded = fold(said);
    // Agencies' two-letter codes come after the names: "ES" is El Salvador in a United States list, never Spain.
    if let Some((code, _)) = COUNTRIES.iter().find(|(_, names)| names.contains(&folded.as_str())) {
        return Some(Country(**code));
    }
    COUNTRIES
        .iter()
        .find(|(code, _)| folded.len() == 2 && code.eq_ignore_ascii_case(folded.as_bytes()))
        .map(|(code, _)| Country(**code))
}

/// The English name of a country's code, for output.
pub fn name(country: Country) -> String {
    COUNTRIES
        .iter()
        .find(|(code, _)| **code == country.0)
        .map(|(_, names)| crate::text::title_case(names[0]))
        .unwrap_or_else(|| country.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes() {
        for (said, code) in
            [("GUATEMALA", "GT"), ("Méxic\u{6f}", "MX"), ("hn", "HN"), ("El  Salvador", "SV"), ("BRA", "BR")]
        {
            assert_eq!(read(said).map(|country| country.to_string()).as_deref(), Some(code), "{said}");
        }
        assert_eq!(read("Atlantis"), None);
        assert_eq!(read(""), None);
    }
}
