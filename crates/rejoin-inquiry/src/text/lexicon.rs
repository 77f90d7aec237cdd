//! What words have to do with each other: forms of one word, synonyms, opposites, steps of a scale, who can act. Data in
//! `lexicon/`; nothing here is learnt from texts, so that every judgement can be explained by a line of a file.

use frostem::{Algorithm, Stemmer};
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// The language of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    English,
    /// Spanish.
    Spanish,
}

impl Language {
    /// The language of a text, by its small words.
    pub fn of(text: &str) -> Self {
        let mut balance = 0i64;
        for word in text.split(|character: char| !character.is_alphabetic()).take(3000) {
            match word.to_lowercase().as_str() {
                "the" | "and" | "of" | "to" | "that" | "was" | "were" | "is" | "not" | "with" | "they"
                | "we" => {
                    balance += 1;
                }
                "el" | "la" | "de" | "que" | "los" | "las" | "y" | "en" | "del" | "por" | "una" | "se" => {
                    balance -= 1;
                }
                _ => {}
            }
        }
        if balance < 0 { Language::Spanish } else { Language::English }
    }

    /// Its two letters.
    pub fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Spanish => "es",
        }
    }
}

/// What the steps of a scale are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// How many, how much, how long.
    Amount,
    /// How often, how surely.
    Certainty,
}

/// Which side of a number a bounding word stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// At least.
    Least,
    /// About.
    About,
    /// At most.
    Most,
}

/// A scale, a step of it, and what its steps are of.
pub type ScaleStep = (u32, u32, Scale);

/// What the lexicon knows of a word.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct About {
    /// It carries little.
    pub stop: bool,
    /// Its absence changes nothing.
    pub light: bool,
    /// It denies.
    pub negator: bool,
    /// It can do or suffer something.
    pub actor: bool,
    /// How it bounds a number.
    pub bound: Option<Bound>,
    /// Steps of scales that it is.
    pub steps: &'static [ScaleStep],
    /// Groups of synonyms it is in.
    pub groups: &'static [u32],
    /// Its number among words that have opposites; 0: it has none.
    pub number: u32,
    /// The numbers of its opposites, sorted.
    pub opposites: &'static [u32],
}

impl About {
    /// Whether the two may stand for each other.
    pub fn is_synonym(&self, other: &About) -> bool {
        self.groups.iter().any(|group| other.groups.contains(group))
    }

    /// Whether the two turn the sense around, by the lists.
    pub fn is_opposite(&self, other: &About) -> bool {
        other.number != 0 && self.opposites.binary_search(&other.number).is_ok()
    }

    /// Whether they stand on one scale: which, and whether on different steps of it.
    pub fn steps_with(&self, other: &About) -> Option<(Scale, bool)> {
        self.steps.iter().find_map(|(scale, step, of)| {
            other.steps.iter().find(|(their, ..)| their == scale).map(|(_, their, _)| (*of, step != their))
        })
    }
}

/// The words of one language.
pub struct Lexicon {
    stemmer: Stemmer,
    irregular: HashMap<&'static str, &'static str>,
    stop: HashSet<String>,
    light: HashSet<String>,
    negators: HashSet<String>,
    conditions: HashSet<String>,
    phrases: HashSet<String>,
    /// First words of phrases.
    begins: HashSet<String>,
    synonyms: HashMap<String, Vec<u32>>,
    members: Vec<Vec<String>>,
    /// Stem → its number, and the numbers of its opposites, sorted.
    opposites: HashMap<String, (u32, Vec<u32>)>,
    scales: HashMap<String, Vec<ScaleStep>>,
    bounds: HashMap<String, Bound>,
    actors: HashSet<String>,
}

static ENGLISH: LazyLock<Lexicon> = LazyLock::new(|| {
    let mut lexicon = Lexicon::new(Algorithm::English, IRREGULAR_ENGLISH);
    lexicon.read(include_str!("../../lexicon/en.txt"));
    for line in include_str!("../../lexicon/wordnet-antonyms.txt").lines() {
        if let Some((left, right)) = line.split_once(' ') {
            lexicon.opposite(left, right);
        }
    }
    for line in include_str!("../../lexicon/wordnet-synonyms.txt").lines() {
        lexicon.synonym(line);
    }
    for word in include_str!("../../lexicon/wordnet-people.txt").lines() {
        if !lexicon.stop.contains(word) {
            lexicon.actors.insert(word.to_owned());
        }
    }
    lexicon
});

static SPANISH: LazyLock<Lexicon> = LazyLock::new(|| {
    let mut lexicon = Lexicon::new(Algorithm::Spanish, IRREGULAR_SPANISH);
    lexicon.read(include_str!("../../lexicon/es.txt"));
    lexicon
});

impl Lexicon {
    /// The lexicon of a language.
    pub fn of(language: Language) -> &'static Lexicon {
        match language {
            Language::English => &ENGLISH,
            Language::Spanish => &SPANISH,
        }
    }

    fn new(algorithm: Algorithm, irregular: &'static [(&'static str, &'static str)]) -> Self {
        let mut table = HashMap::new();
        for (lemma, forms) in irregular {
            for form in forms.split(' ') {
                table.insert(form, *lemma);
            }
        }
        Self {
            stemmer: Stemmer::new(algorithm),
            irregular: table,
            stop: HashSet::new(),
            light: HashSet::new(),
            negators: HashSet::new(),
            conditions: HashSet::new(),
            phrases: HashSet::new(),
            begins: HashSet::new(),
            synonyms: HashMap::new(),
            members: Vec::new(),
            opposites: HashMap::new(),
            scales: HashMap::new(),
            bounds: HashMap::new(),
            actors: HashSet::new(),
        }
    }

    fn read(&mut self, text: &str) {
        let lines = || text.lines().filter_map(|line| line.split_once(": "));
        let mut scale = 0;
        for (kind, words) in lines() {
            match kind {
                "stop" => self.stop.extend(words.split_whitespace().map(str::to_owned)),
                "light" => self.light.extend(words.split_whitespace().map(str::to_owned)),
                "negator" => self.negators.extend(words.split_whitespace().map(str::to_owned)),
                "condition" => self.conditions.extend(words.split_whitespace().map(str::to_owned)),
                "phrase" => {
                    let first = |phrase: &str| phrase.split('_').next().unwrap_or_default().to_owned();
                    self.begins.extend(words.split_whitespace().map(first));
                    self.phrases.extend(words.split_whitespace().map(str::to_owned));
                }
                "synonym" => self.synonym(words),
                "actor" => self.actors.extend(words.split_whitespace().map(str::to_owned)),
                "opposite" => {
                    if let Some((left, right)) = words.split_once('|') {
                        for one in left.split_whitespace() {
                            for other in right.split_whitespace() {
                                self.opposite(one, other);
                            }
                        }
                    }
                }
                "scale" | "certainty" => {
                    let of = if kind == "scale" { Scale::Amount } else { Scale::Certainty };
                    for (step, words) in words.split('|').enumerate() {
                        for word in words.split_whitespace() {
                            self.scales.entry(word.to_owned()).or_default().push((scale, step as u32, of));
                        }
                    }
                    scale += 1;
                }
                "bound" => {
                    for (words, bound) in words.split('|').zip([Bound::Least, Bound::About, Bound::Most]) {
                        for word in words.split_whitespace() {
                            self.bounds.insert(word.to_owned(), bound);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn synonym(&mut self, words: &str) {
        let group = self.members.len() as u32;
        let stems: Vec<String> = words.split_whitespace().map(|word| self.stem(word)).collect();
        for stem in &stems {
            self.synonyms.entry(stem.clone()).or_default().push(group);
        }
        self.members.push(stems);
    }

    fn opposite(&mut self, left: &str, right: &str) {
        let (left, right) = (self.stem(left), self.stem(right));
        if left != right {
            let (one, other) = (self.number(left.clone()), self.number(right.clone()));
            for (stem, opposite) in [(left, other), (right, one)] {
                if let Some((_, opposites)) = self.opposites.get_mut(&stem)
                    && let Err(at) = opposites.binary_search(&opposite)
                {
                    opposites.insert(at, opposite);
                }
            }
        }
    }

    /// The number of a stem that has opposites; from 1.
    fn number(&mut self, stem: String) -> u32 {
        let next = self.opposites.len() as u32 + 1;
        self.opposites.entry(stem).or_insert_with(|| (next, Vec::new())).0
    }

    /// What is known of a folded word and its stem, looked up once.
    pub fn about(&'static self, form: &str, stem: &str) -> About {
        let (number, opposites) =
            self.opposites.get(stem).map_or((0, &[][..]), |(number, list)| (*number, list.as_slice()));
        About {
            stop: self.stop.contains(form),
            light: self.light.contains(form),
            negator: self.negators.contains(form),
            actor: self.is_actor(form),
            bound: self.bounds.get(form).copied(),
            steps: self.scales.get(form).map_or(&[][..], Vec::as_slice),
            groups: self.synonyms.get(stem).map_or(&[][..], Vec::as_slice),
            number,
            opposites,
        }
    }

    /// The stem of the dictionary form of a folded word.
    pub fn stem(&self, form: &str) -> String {
        let lemma = self.irregular.get(form).copied().unwrap_or(form);
        self.stemmer.stem(lemma).into_owned()
    }

    /// Whether it joins words that are one to us.
    pub fn is_phrase(&self, joined: &str) -> bool {
        self.phrases.contains(joined)
    }

    /// Whether a phrase may begin with a word.
    pub fn begins_phrase(&self, form: &str) -> bool {
        self.begins.contains(form)
    }

    /// Whether it denies.
    pub fn is_negator(&self, form: &str) -> bool {
        self.negators.contains(form)
    }

    /// Whether it limits what is said.
    pub fn is_condition(&self, form: &str) -> bool {
        self.conditions.contains(form)
    }

    /// Whether two stems may stand for each other.
    pub fn are_synonyms(&self, left: &str, right: &str) -> bool {
        match (self.synonyms.get(left), self.synonyms.get(right)) {
            (Some(left), Some(right)) => left.iter().any(|group| right.contains(group)),
            _ => false,
        }
    }

    /// The stems that may stand for a stem, itself left out.
    pub fn synonyms<'a>(&'a self, stem: &'a str) -> impl Iterator<Item = &'a str> {
        let groups = self.synonyms.get(stem).map_or(&[][..], Vec::as_slice);
        let members = groups.iter().flat_map(|group| &self.members[*group as usize]);
        members.map(String::as_str).filter(move |other| *other != stem)
    }

    /// Whether two words turn the sense around: listed, or one is the other with a prefix that denies.
    pub fn are_opposites(&self, left: &str, right: &str) -> bool {
        let number = |stem: &str| self.opposites.get(stem).map(|(number, _)| *number);
        let listed = self.opposites.get(left).is_some_and(|(_, opposites)| {
            number(right).is_some_and(|right| opposites.binary_search(&right).is_ok())
        });
        listed || denies(left, right) || denies(right, left)
    }

    /// The scale that a folded word is a step of.
    pub fn scale(&self, form: &str) -> Option<Scale> {
        self.scales.get(form)?.first().map(|(.., of)| *of)
    }

    /// Whether it is a word that the lexicon has: one that differs from another by a letter is then no slip.
    pub fn has(&self, form: &str) -> bool {
        let stem = self.stem(form);
        self.stop.contains(form)
            || self.negators.contains(form)
            || self.synonyms.contains_key(&stem)
            || self.is_actor(form)
            || self.scales.contains_key(form)
    }

    /// How it bounds a number.
    pub fn bound(&self, form: &str) -> Option<Bound> {
        self.bounds.get(form).copied()
    }

    /// Whether a folded word names somebody who can do or suffer something.
    pub fn is_actor(&self, form: &str) -> bool {
        self.actors.contains(form)
            || self.irregular.get(form).is_some_and(|lemma| self.actors.contains(*lemma))
            || form.strip_suffix('s').is_some_and(|one| self.actors.contains(one))
            || form.strip_suffix("es").is_some_and(|one| self.actors.contains(one))
            || form.strip_suffix("ies").is_some_and(|one| self.actors.contains(format!("{one}y").as_str()))
    }
}

/// `unlawful` denies `lawful`.
pub(super) fn denies(longer: &str, shorter: &str) -> bool {
    shorter.len() >= 4
        && longer.ends_with(shorter)
        && matches!(
            &longer[..longer.len() - shorter.len()],
            "un" | "in" | "im" | "il" | "ir" | "dis" | "non" | "des"
        )
}

const IRREGULAR_ENGLISH: &[(&str, &str)] = &[
    ("be", "is are was were been being am"),
    ("have", "has had having"),
    ("do", "does did done doing"),
    ("take", "took taken taking"),
    ("say", "said says"),
    ("child", "children"),
    ("man", "men"),
    ("woman", "women"),
    ("person", "people persons"),
    ("go", "went gone goes"),
    ("hold", "held"),
    ("keep", "kept"),
    ("tell", "told"),
    ("find", "found"),
    ("lose", "lost losing"),
    ("give", "gave given"),
    ("send", "sent"),
    ("know", "knew known"),
    ("make", "made making"),
    ("bring", "brought"),
    ("write", "wrote written"),
    ("begin", "began begun beginning"),
    ("come", "came coming"),
    ("see", "saw seen"),
    ("meet", "met"),
    ("pay", "paid"),
    ("run", "ran"),
    ("rise", "rose risen"),
    ("fall", "fell fallen"),
    ("speak", "spoke spoken"),
    ("stand", "stood"),
    ("think", "thought"),
    ("understand", "understood"),
    ("feel", "felt"),
    ("lead", "led"),
    ("mean", "meant"),
    ("build", "built"),
    ("get", "got gotten"),
    ("forget", "forgot forgotten"),
    ("hide", "hid hidden"),
    ("break", "broke broken"),
    ("choose", "chose chosen"),
    ("draw", "drew drawn"),
    ("grow", "grew grown"),
    ("sit", "sat"),
    ("sleep", "slept"),
    ("spend", "spent"),
    ("throw", "threw thrown"),
    ("win", "won"),
    ("buy", "bought"),
    ("leave", "left leaving"),
    ("hear", "heard"),
    ("seek", "sought"),
    ("tear", "tore torn"),
    ("forbid", "forbade forbidden"),
    ("eat", "ate eaten"),
    ("sing", "sang sung"),
    ("swear", "swore sworn"),
    ("steal", "stole stolen"),
    ("drive", "drove driven"),
    ("fly", "flew flown"),
    ("wear", "wore worn"),
    ("teach", "taught"),
    ("catch", "caught"),
    ("fight", "fought"),
    ("shoot", "shot"),
    ("lie", "lay lain"),
    ("wake", "woke woken"),
    ("hit", "hitting"),
    ("put", "putting"),
    ("let", "letting"),
    ("good", "better best"),
    ("bad", "worse worst"),
    ("more", "most"),
    ("less", "least"),
    ("few", "fewer"),
    ("foot", "feet"),
    ("wife", "wives"),
    ("life", "lives"),
    ("prosecutor", "prosecutors"),
    ("prosecute", "prosecuted prosecuting prosecutes prosecution prosecutions"),
    ("a", "an"),
];

const IRREGULAR_SPANISH: &[(&str, &str)] = &[
    ("ser", "es son era eran fue fueron sido siendo sera seran seria soy somos"),
    ("estar", "esta estan estaba estaban estuvo estuvieron estado"),
    ("haber", "ha han habia habian he hemos hay hubo haya hayan"),
    ("tener", "tiene tienen tenia tenian tuvo tuvieron tengo tenemos tendra"),
    ("decir", "dijo dice dicen dijeron dicho decia digo dicha diciendo"),
    ("hacer", "hizo hace hacen hicieron hecho hacia hacemos hare"),
    ("poder", "puede pueden pudo pudieron podia podian podra podran podria podrian podemos"),
    ("querer", "quiere quieren quiso queria quisieron"),
    ("saber", "sabe saben supo sabia sabian sabemos supieron"),
    ("pedir", "pidio pide piden pidieron pedia"),
    ("ir", "va van iba iban vamos"),
    ("ver", "vio ve ven vieron visto veia"),
    ("dar", "dio da dan dieron dado daba"),
    ("venir", "viene vienen vino vinieron"),
    ("poner", "pone puso pusieron puesto"),
    ("encontrar", "encuentra encuentran encontro encontraron encontrado"),
    ("perder", "pierde pierden perdio perdieron perdido"),
    ("negar", "niega niegan nego negaron negado"),
    ("empezar", "empieza empiezan empezo empezaron"),
    ("comenzar", "comienza comienzan comenzo comenzaron"),
    ("entender", "entiende entienden entendio"),
    ("volver", "vuelve vuelven volvio volvieron vuelto"),
    ("devolver", "devuelve devuelven devolvio devolvieron devuelto devuelta devueltos devueltas"),
    ("abrir", "abierto abierta abrio abre"),
    ("escribir", "escrito escrita escribio escribe"),
    ("detener", "detuvo detuvieron detiene detienen detenido detenidos detenida"),
    ("mantener", "mantuvo mantuvieron mantiene mantienen"),
    ("recordar", "recuerda recuerdo recordo recuerdan"),
    ("cerrar", "cierra cierran cerro cerraron cerrado"),
    ("morir", "murio murieron muere muerto muerta"),
    ("deber", "debe deben debia debian debera deberan debemos"),
    ("exigir", "exige exigio exigieron"),
    ("reunir", "reune reunio reunieron reunido reunidos"),
    ("incluir", "incluye incluyen incluyo incluyeron"),
    ("oir", "oyo oye oyeron oido"),
    ("traer", "trajo trae trajeron traido"),
    ("pais", "paises"),
    ("juez", "jueces"),
    ("un", "una"),
    ("el", "la los las"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_synonyms_opposites_and_scales() {
        let english = Lexicon::of(Language::English);
        let stem = |word: &str| english.stem(word);
        assert_eq!(stem("children"), stem("child"));
        assert!(english.are_synonyms(&stem("kids"), &stem("children")));
        assert!(english.are_opposites(&stem("accepted"), &stem("declined")));
        assert!(english.are_opposites(&stem("lawful"), &stem("unlawful")));
        let about = |form: &str| english.about(form, &english.stem(form));
        assert_eq!(about("some").steps_with(&about("all")), Some((Scale::Amount, true)));
        assert_eq!(about("some").steps_with(&about("several")), Some((Scale::Amount, false)));
        assert!(
            about("accepted").is_opposite(&about("declined")) && about("kids").is_synonym(&about("children"))
        );
        assert!(
            english.is_actor("prosecutors") && !english.is_actor("informed") && !english.is_actor("have")
        );
        let spanish = Lexicon::of(Language::Spanish);
        assert!(spanish.are_opposites(&spanish.stem("aceptaron"), &spanish.stem("rechazaron")));
        assert!(spanish.are_synonyms(&spanish.stem("menores"), &spanish.stem("ninos")));
        assert_eq!(Language::of("El fiscal dijo que los menores no estaban en la lista"), Language::Spanish);
    }
}
