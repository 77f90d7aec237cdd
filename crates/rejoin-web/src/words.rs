//! Words: every text of the application, in the catalogues of `locale/`. A key that a catalogue lacks does not compile
//! away silently: a test reads both against each other and against what pages use.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use rejoin_accounts::Language;
use std::sync::OnceLock;

/// The catalogues, as they are written.
pub const CATALOGUES: [(&str, &str); 2] =
    [("en", include_str!("../locale/en.ftl")), ("es", include_str!("../locale/es.ftl"))];

/// A language that somebody reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    /// English.
    En,
    /// Spanish.
    Es,
}

impl Lang {
    /// The code: in the page's `lang` attribute, in cookies.
    pub fn code(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Es => "es",
        }
    }

    /// The language of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        match code.get(..2)? {
            "en" => Some(Lang::En),
            "es" => Some(Lang::Es),
            _ => None,
        }
    }

    /// The first language of a browser's wishes that there is; English when there is none.
    pub fn wished(accept: &str) -> Self {
        accept.split(',').find_map(|wish| Self::of_code(wish.trim())).unwrap_or(Lang::En)
    }

    /// As accounts know it.
    pub fn account(self) -> Language {
        match self {
            Lang::En => Language::English,
            Lang::Es => Language::Spanish,
        }
    }

    /// Of two texts, English and Spanish, that of the language.
    pub fn pick<'a>(self, texts: (&'a str, &'a str)) -> &'a str {
        match self {
            Lang::En => texts.0,
            Lang::Es => texts.1,
        }
    }

    fn bundle(self) -> &'static FluentBundle<FluentResource> {
        static BUNDLES: OnceLock<[FluentBundle<FluentResource>; 2]> = OnceLock::new();
        &BUNDLES.get_or_init(|| CATALOGUES.map(|(code, text)| read(code, text)))[self as usize]
    }

    /// The text of a key.
    pub fn of(self, key: &str) -> String {
        self.text(key, None)
    }

    /// The text of a key, with a value in it.
    pub fn with(self, key: &str, name: &str, value: impl Told) -> String {
        let mut values = FluentArgs::new();
        values.set(name.to_owned(), value.told());
        self.text(key, Some(&values))
    }

    /// The text of a key, with two values in it.
    pub fn with2(self, key: &str, first: (&str, &String), second: (&str, &String)) -> String {
        let mut values = FluentArgs::new();
        for (name, value) in [first, second] {
            values.set(name.to_owned(), value.told());
        }
        self.text(key, Some(&values))
    }

    fn text(self, key: &str, values: Option<&FluentArgs<'_>>) -> String {
        let bundle = self.bundle();
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        bundle.format_pattern(pattern, values, &mut Vec::new()).into_owned()
    }
}

/// What can stand in a text.
pub trait Told {
    /// As the catalogue takes it: numbers as numbers, or plurals could not be told.
    fn told(&self) -> FluentValue<'static>;
}

impl Told for &str {
    fn told(&self) -> FluentValue<'static> {
        FluentValue::from((*self).to_owned())
    }
}

impl Told for String {
    fn told(&self) -> FluentValue<'static> {
        FluentValue::from(self.clone())
    }
}

impl<T: Told + ?Sized> Told for &T {
    fn told(&self) -> FluentValue<'static> {
        (**self).told()
    }
}

macro_rules! numbers {
    ($($of:ty),*) => {$(
        impl Told for $of {
            fn told(&self) -> FluentValue<'static> {
                FluentValue::from(*self as f64)
            }
        }
    )*};
}

numbers!(u64, usize, u32, i64, i32);

fn read(code: &str, text: &str) -> FluentBundle<FluentResource> {
    let language = code.parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // Marks of direction around values are for texts that mix directions; ours would only break copied words.
    bundle.set_use_isolating(false);
    // What cannot be read is left out, and the test that reads the catalogues says which line it is.
    let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(read, _)| read);
    let _ = bundle.add_resource(resource);
    bundle
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn keys(text: &str) -> BTreeSet<&str> {
        let lines = text.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()));
        lines.filter_map(|line| line.split_once(" =")).map(|(key, _)| key).collect()
    }

    #[test]
    fn catalogues_are_complete_and_can_be_read() {
        let [(_, english), (_, spanish)] = CATALOGUES;
        assert_eq!(keys(english), keys(spanish));
        for (code, text) in CATALOGUES {
            let resource = FluentResource::try_new(text.to_owned());
            assert!(resource.is_ok(), "{code}: {:?}", resource.err().map(|(_, errors)| errors));
            let entries = text.lines().filter(|line| line.contains(" =") && !line.starts_with([' ', '#']));
            assert_eq!(entries.count(), keys(text).len(), "{code} has a key twice");
        }
    }

    /// Words that the code has and a catalogue lacks would be shown in English, to whoever reads Spanish.
    #[test]
    fn every_coded_word_is_in_the_catalogues() {
        let known = keys(CATALOGUES[0].1);
        let mut needed: Vec<String> = Vec::new();
        needed.extend(rejoin_model::Field::ALL.iter().map(|field| format!("field-{}", field.word())));
        needed.extend(rejoin_model::Relation::ALL.iter().map(|one| format!("relation-{}", one.word())));
        needed.extend(rejoin_casework::KINDS.iter().map(|(kind, _)| format!("fact-{kind}")));
        let parts = rejoin_casework::KINDS.iter().flat_map(|(_, fields)| fields.iter());
        needed.extend(parts.map(|part| format!("part-{part}")));
        needed.extend(rejoin_model::ProblemKind::ALL.iter().map(|one| format!("problem-{}", one.word())));
        needed.extend(rejoin_inquiry::MEASURES.iter().map(|one| format!("measure-{}", one.name)));
        needed.extend(rejoin_inquiry::group::GROUPS.iter().map(|one| format!("by-{}", one.name)));
        let missing: Vec<&String> = needed.iter().filter(|key| !known.contains(key.as_str())).collect();
        assert!(missing.is_empty(), "no catalogue has {missing:?}");
    }

    #[test]
    fn every_key_that_pages_use_is_there_and_every_key_is_used() {
        let known = keys(CATALOGUES[0].1);
        let mut sources = String::new();
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut folders = vec![root.join("templates"), root.join("src")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => sources += &std::fs::read_to_string(path).unwrap(),
                }
            }
        }
        for call in [".of(\"", ".with(\"", ".with2(\""] {
            for rest in sources.split(call).skip(1) {
                let key = rest.split('"').next().unwrap_or_default();
                assert!(known.contains(key) || key.is_empty(), "no catalogue has {key:?}");
            }
        }
        // Of a family of coded words every one is said whose family is.
        let families = sources.split("coded(\"").skip(1).filter_map(|rest| rest.split('"').next());
        let families: BTreeSet<String> = families.map(|family| format!("{family}-")).collect();
        let is_coded = |key: &str| families.iter().any(|family| key.starts_with(family.as_str()));
        let said = |key: &str| is_coded(key) || sources.contains(&format!("\"{key}\""));
        let unused: Vec<&&str> = known.iter().filter(|key| !said(key)).collect();
        assert!(unused.is_empty(), "nobody says {unused:?}");
    }
}
