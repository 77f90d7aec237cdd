//! What can be put on record in a child's file, as forms: one table of kinds, fields and how each is typed. Whether it may
//! be recorded now is for the rules of casework to say, which name what is missing.

use crate::answer::Problem;
use crate::door::Here;
use crate::fields::Fields;
use crate::shown;
use crate::words::Lang;
use rejoin_access::Action;
use rejoin_casework::Fact;
use rejoin_casework::word::{Choice, Outcome, ProofKind, Side, Wish};
use rejoin_model::{PersonId, RecordId, Relation};
use rejoin_registry::{Assignee, CaseFile, Desk, PersonFile};
use std::collections::{BTreeMap, BTreeSet};

/// How a field is typed.
#[derive(Clone, Copy)]
enum Input {
    /// One of the child's matches: adult and relation.
    Match,
    /// An adult of one of its matches.
    Adult,
    /// An account, or the team of an organisation.
    Assignee,
    /// A line.
    Line,
    /// Several lines of words.
    Words,
    /// One item a line.
    Items,
    /// A moment.
    When,
    /// Yes or no.
    YesNo,
    /// A whole number, with one to begin with.
    Number(&'static str),
    /// Whole numbers, parted by commas.
    Numbers(&'static str),
    /// One of a few words: stable word and Spanish.
    OneOf(fn() -> Vec<(&'static str, &'static str)>),
}

struct Kind {
    group: &'static str,
    action: Action,
    kind: &'static str,
    fields: &'static [(&'static str, Input, bool)],
}

macro_rules! one_of {
    ($of:ty) => {
        Input::OneOf(|| <$of>::ALL.iter().map(|one| (one.word(), one.spanish())).collect())
    };
}

const MATCH: (&str, Input, bool) = ("match", Input::Match, true);

/// Every kind that has a form, in the order of the life cycle.
const KINDS: &[Kind] = &[
    Kind {
        group: "daily",
        action: Action::RecordContact,
        kind: "contact-tried",
        fields: &[
            ("when", Input::When, true),
            ("channel", Input::Line, true),
            ("reached", Input::YesNo, true),
            ("outcome", Input::Words, true),
        ],
    },
    Kind {
        group: "daily",
        action: Action::Note,
        kind: "note-added",
        fields: &[("text", Input::Words, true)],
    },
    Kind {
        group: "daily",
        action: Action::Assign,
        kind: "assigned",
        fields: &[("to", Input::Assignee, true), ("from", Input::When, true), ("until", Input::When, false)],
    },
    Kind {
        group: "daily",
        action: Action::Assign,
        kind: "unassigned",
        fields: &[("to", Input::Assignee, true), ("reason", Input::Line, true)],
    },
    Kind {
        group: "separation",
        action: Action::Note,
        kind: "separation-reported",
        fields: &[
            ("number", Input::Number("1"), true),
            ("told_by", Input::Line, true),
            ("words", Input::Words, true),
        ],
    },
    Kind {
        group: "separation",
        action: Action::Note,
        kind: "separation-documented",
        fields: &[
            ("number", Input::Number("1"), true),
            ("ordered_by", Input::Line, false),
            ("authority", Input::Line, false),
            ("ground", Input::Line, false),
            ("evidence", Input::Items, false),
            ("notice", Input::Line, false),
        ],
    },
    Kind {
        group: "verification",
        action: Action::Verify,
        kind: "verification-started",
        fields: &[MATCH, ("again_because", Input::Line, false)],
    },
    Kind {
        group: "verification",
        action: Action::Verify,
        kind: "interview-recorded",
        fields: &[
            MATCH,
            ("side", one_of!(Side), true),
            ("interviewer", Input::Line, true),
            ("interpreter", Input::Line, false),
            ("language", Input::Line, true),
            ("held", Input::When, true),
            ("answers", Input::Items, true),
        ],
    },
    Kind {
        group: "verification",
        action: Action::Verify,
        kind: "proof-recorded",
        fields: &[MATCH, ("proof", one_of!(ProofKind), true), ("words", Input::Words, true)],
    },
    Kind {
        group: "verification",
        action: Action::Sign,
        kind: "verification-signed",
        fields: &[MATCH, ("outcome", one_of!(Outcome), true), ("statement", Input::Words, true)],
    },
    Kind {
        group: "verification",
        action: Action::Sign,
        kind: "signature-withdrawn",
        fields: &[MATCH, ("reason", Input::Words, true)],
    },
    Kind {
        group: "consent",
        action: Action::ClearConsent,
        kind: "wish-recorded",
        fields: &[
            MATCH,
            ("wish", one_of!(Wish), true),
            ("asked_by", Input::Line, true),
            ("asked", Input::When, true),
            ("words", Input::Words, true),
        ],
    },
    Kind {
        group: "consent",
        action: Action::ClearConsent,
        kind: "choice-recorded",
        fields: &[
            MATCH,
            ("choice", one_of!(Choice), true),
            ("knowingly", Input::YesNo, true),
            ("voluntarily", Input::YesNo, true),
            ("language", Input::Line, true),
            ("adviser", Input::Line, true),
            ("words", Input::Words, true),
        ],
    },
    Kind {
        group: "consent",
        action: Action::ClearConsent,
        kind: "safety-assessed",
        fields: &[
            MATCH,
            ("safe", Input::YesNo, true),
            ("assessor", Input::Line, true),
            ("findings", Input::Words, true),
        ],
    },
    Kind {
        group: "consent",
        action: Action::ClearConsent,
        kind: "gate-cleared",
        fields: &[MATCH, ("reason", Input::Words, true), ("despite_wish", Input::Line, false)],
    },
    Kind {
        group: "consent",
        action: Action::ClearConsent,
        kind: "gate-blocked",
        fields: &[MATCH, ("reason", Input::Words, true), ("review", Input::When, true)],
    },
    Kind {
        group: "reunification",
        action: Action::PlanReunification,
        kind: "reunification-planned",
        fields: &[
            MATCH,
            ("place", Input::Line, true),
            ("when", Input::When, true),
            ("escort", Input::Line, true),
            ("follow_up_days", Input::Numbers("7, 30, 90"), true),
            ("receipt_hours", Input::Number("24"), true),
        ],
    },
    Kind {
        group: "reunification",
        action: Action::HandOver,
        kind: "hand-over-sent",
        fields: &[
            ("to", Input::Adult, true),
            ("sender", Input::Line, true),
            ("when", Input::When, true),
            ("place", Input::Line, true),
            ("statement", Input::Words, true),
        ],
    },
    Kind {
        group: "reunification",
        action: Action::HandOver,
        kind: "hand-over-received",
        fields: &[
            ("to", Input::Adult, true),
            ("receiver", Input::Line, true),
            ("when", Input::When, true),
            ("place", Input::Line, true),
            ("statement", Input::Words, true),
        ],
    },
    Kind {
        group: "reunification",
        action: Action::FollowUp,
        kind: "follow-up-done",
        fields: &[
            ("day", Input::Number("7"), true),
            ("well", Input::YesNo, true),
            ("words", Input::Words, true),
        ],
    },
    Kind {
        group: "reunification",
        action: Action::FollowUp,
        kind: "reunification-stable",
        fields: &[("reason", Input::Words, true)],
    },
    Kind {
        group: "closure",
        action: Action::Close,
        kind: "closure-proposed",
        fields: &[("reason", Input::Words, true), ("whereabouts", Input::Line, true)],
    },
    Kind {
        group: "closure",
        action: Action::ApproveClosure,
        kind: "closure-approved",
        fields: &[("despite", Input::Words, false)],
    },
    Kind {
        group: "closure",
        action: Action::ApproveClosure,
        kind: "closure-declined",
        fields: &[("reason", Input::Words, true)],
    },
    Kind {
        group: "closure",
        action: Action::Reopen,
        kind: "case-reopened",
        fields: &[("reason", Input::Words, true)],
    },
];

/// A form.
pub struct Form {
    /// The kind of what it records.
    pub kind: &'static str,
    /// What it records.
    pub title: String,
    /// Its fields.
    pub fields: Vec<Field>,
}

/// A field of a form.
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its id on the page.
    pub id: String,
    /// What is to be typed.
    pub label: String,
    /// How: `line`, `words`, `when`, `number`, `choice`.
    pub how: &'static str,
    /// With what it begins.
    pub value: String,
    /// What can be chosen: value and words.
    pub choices: Vec<(String, String)>,
    /// It must be typed.
    pub required: bool,
}

/// The forms that an account can use for a child, by groups.
pub fn forms(here: &Here, file: &PersonFile, assignees: &[Assignee]) -> Vec<(String, Vec<Form>)> {
    let lang = here.lang;
    let matches = matches(file, lang);
    let mut groups: Vec<(String, Vec<Form>)> = Vec::new();
    let mut last = "";
    for kind in KINDS.iter().filter(|kind| here.may(kind.action)) {
        let needs_match = kind.fields.iter().any(|(_, input, _)| matches!(input, Input::Match));
        if needs_match && matches.is_empty() {
            continue;
        }
        if kind.group != last {
            groups.push((shown::coded("group", kind.group, lang), Vec::new()));
            last = kind.group;
        }
        let fields = kind.fields.iter().map(|(name, input, required)| {
            let (how, choices) = offered(*input, &matches, assignees, lang);
            Field {
                name,
                id: format!("{}-{name}", kind.kind),
                label: shown::coded("part", name, lang),
                how,
                value: begins(name, *input, here),
                choices,
                required: *required,
            }
        });
        let form =
            Form { kind: kind.kind, title: shown::coded("do", kind.kind, lang), fields: fields.collect() };
        if let Some((_, forms)) = groups.last_mut() {
            forms.push(form);
        }
    }
    groups
}

fn begins(name: &str, input: Input, here: &Here) -> String {
    match (name, input) {
        (_, Input::Number(first) | Input::Numbers(first)) => first.to_owned(),
        ("until" | "review", _) => String::new(),
        (_, Input::When) => shown::field_moment(here.seat.at_micros),
        ("interviewer" | "asked_by" | "assessor" | "sender" | "receiver", _) => {
            here.entered.account.id.clone()
        }
        _ => String::new(),
    }
}

fn offered(
    input: Input,
    matches: &[(String, Relation, String)],
    assignees: &[Assignee],
    lang: Lang,
) -> (&'static str, Vec<(String, String)>) {
    match input {
        Input::Match => (
            "choice",
            matches
                .iter()
                .map(|(adult, relation, words)| (format!("{adult} {}", relation.word()), words.clone()))
                .collect(),
        ),
        // Who hands a child over may not be shown the match: the adult's record is then typed from the plan on paper.
        Input::Adult if matches.is_empty() => ("line", Vec::new()),
        Input::Adult => {
            ("choice", matches.iter().map(|(adult, _, words)| (adult.clone(), words.clone())).collect())
        }
        Input::Assignee => {
            ("choice", assignees.iter().map(|one| (one.id.clone(), one.name.clone())).collect())
        }
        Input::YesNo => ("choice", vec![("yes".into(), lang.of("yes")), ("no".into(), lang.of("no"))]),
        Input::OneOf(words) => {
            let of = |(word, spanish): (&'static str, &'static str)| {
                let english = word.replace('-', " ");
                (word.to_owned(), lang.pick((&english, spanish)).to_owned())
            };
            ("choice", words().into_iter().map(of).collect())
        }
        Input::Line => ("line", Vec::new()),
        Input::Words | Input::Items => ("words", Vec::new()),
        Input::When => ("when", Vec::new()),
        Input::Number(_) => ("number", Vec::new()),
        Input::Numbers(_) => ("line", Vec::new()),
    }
}

/// The matches of a file: the adult's record, the relation, and words to choose by.
fn matches(file: &PersonFile, lang: Lang) -> Vec<(String, Relation, String)> {
    let Some(casework) = &file.casework else { return Vec::new() };
    let mut seen = BTreeSet::new();
    let mut matches = Vec::new();
    let names_one = |kind: &str| kind.starts_with("match-") || kind == "reunification-planned";
    for entry in casework.entries.iter().filter(|entry| names_one(&entry.kind)) {
        let part = |name: &str| entry.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        let (Some(adult), Some(relation)) = (part("adult"), part("relation")) else { continue };
        let Some(relation) = Relation::from_word(relation) else { continue };
        if seen.insert((adult.clone(), relation)) {
            let words = format!("{} {adult}", shown::relation(relation, lang));
            matches.push((adult.clone(), relation, words));
        }
    }
    matches
}

/// The fact that a form says.
pub fn read(fields: &Fields, lang: Lang) -> Result<Fact, Problem> {
    let kind = KINDS.iter().find(|kind| kind.kind == fields.get("kind")).ok_or(Problem::Form("kind"))?;
    let mut parts: Vec<(&str, String)> = Vec::new();
    for (name, input, required) in kind.fields {
        let said = fields.get(name);
        let label = || shown::coded("part", name, lang);
        if said.is_empty() {
            match required {
                true => return Err(Problem::Typed(lang.with("form-missing", "field", label()))),
                false => continue,
            }
        }
        let not_so = || Problem::Typed(lang.with("form-not-so", "field", label()));
        match input {
            Input::Match => {
                let (adult, relation) = said.split_once(' ').ok_or(Problem::Form("match"))?;
                parts.push(("adult", adult.to_owned()));
                parts.push(("relation", relation.to_owned()));
            }
            Input::When => {
                parts.push((name, shown::typed_moment(said).ok_or_else(not_so)?.to_string()));
            }
            Input::Number(_) => parts.push((name, said.parse::<u32>().map_err(|_| not_so())?.to_string())),
            Input::Numbers(_) => {
                let numbers: Result<Vec<String>, _> =
                    said.split(',').map(|one| one.trim().parse::<u32>().map(|one| one.to_string())).collect();
                parts.push((name, numbers.map_err(|_| not_so())?.join("\n")));
            }
            Input::Items => {
                let lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
                let lines: Vec<String> = lines.map(|line| line.replace('\\', "\\\\")).collect();
                parts.push((name, lines.join("\n")));
            }
            Input::Adult => {
                // A person is named after one of its records.
                let person = said.parse::<PersonId>().map(|person| RecordId::from_bytes(*person.as_bytes()));
                let record = person.ok().or(said.parse::<RecordId>().ok()).ok_or_else(not_so)?;
                parts.push((name, record.to_string()));
            }
            Input::Line | Input::Words | Input::YesNo | Input::OneOf(_) | Input::Assignee => {
                parts.push((name, said.to_owned()));
            }
        }
    }
    let of = |name: &str| parts.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    Fact::from_parts(kind.kind, &of).ok_or(Problem::Form("fields"))
}

/// A field of an event, as people read it: moments as moments, stable words in the reader's language.
pub fn told(name: &str, value: &str, lang: Lang) -> String {
    let moments = ["when", "from", "until", "held", "asked", "review"];
    if let Some(relation) = Relation::from_word(value).filter(|_| name == "relation") {
        return shown::relation(relation, lang);
    }
    let mut inputs = KINDS.iter().flat_map(|kind| kind.fields).filter(|(known, _, _)| *known == name);
    let chosen = inputs.find_map(|(_, input, _)| {
        let (_, choices) = offered(*input, &[], &[], lang);
        choices.into_iter().find(|(word, _)| word == value)
    });
    if let Some((_, words)) = chosen {
        return words;
    }
    match value.parse::<i64>() {
        Ok(micros) if moments.contains(&name) => shown::at(micros),
        _ => value.to_owned(),
    }
}

/// What people call the accounts that a page names.
#[derive(Default)]
pub struct Names(BTreeMap<String, String>);

impl Names {
    /// Of these accounts and teams.
    pub fn of_accounts<'a>(desk: &Desk<'_>, ids: impl Iterator<Item = &'a str>) -> Result<Self, Problem> {
        let mut names = BTreeMap::new();
        for id in ids {
            if !names.contains_key(id) {
                names.insert(id.to_owned(), desk.called(id)?);
            }
        }
        Ok(Self(names))
    }

    /// The name of an account; what is none stays as it is.
    pub fn of(&self, id: &str) -> String {
        self.0.get(id).map_or(id, String::as_str).to_owned()
    }

    /// The name with the id behind it, where two of one name must be told apart.
    pub fn with_id(&self, id: &str) -> String {
        match self.0.get(id) {
            Some(name) if name != id => format!("{name} · {id}"),
            _ => id.to_owned(),
        }
    }
}

/// The names of who wrote in a file, and of whom its facts name.
pub fn names(desk: &Desk<'_>, file: Option<&CaseFile>) -> Result<Names, Problem> {
    const NAME: [&str; 6] = ["to", "interviewer", "asked_by", "assessor", "sender", "receiver"];
    let entries = file.into_iter().flat_map(|file| &file.entries);
    let ids = entries.flat_map(|entry| {
        let named = entry.fields.iter().filter(|(name, _)| NAME.contains(&name.as_str()));
        std::iter::once(entry.actor.as_str()).chain(named.map(|(_, value)| value.as_str()))
    });
    Names::of_accounts(desk, ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every form gives a fact: its fields are those of its kind.
    #[test]
    fn every_form_can_be_sent() {
        let record = "r-00000000000000000000000000000001";
        let record: rejoin_model::RecordId =
            record.parse().unwrap_or(rejoin_model::RecordId::from_bytes([1; 10]));
        for kind in KINDS {
            let mut fields = vec![("kind".to_owned(), kind.kind.to_owned())];
            for (name, input, _) in kind.fields {
                let value = match input {
                    Input::Match => format!("{record} mother"),
                    Input::Adult => record.to_string(),
                    Input::Line | Input::Words | Input::Items | Input::Assignee => "words".into(),
                    Input::When => "2018-06-26T14:30".into(),
                    Input::YesNo => "yes".into(),
                    Input::Number(first) | Input::Numbers(first) => (*first).to_owned(),
                    Input::OneOf(words) => words()[0].0.to_owned(),
                };
                fields.push(((*name).to_owned(), value));
            }
            let fact = read(&Fields(fields), Lang::En);
            assert_eq!(fact.map(|fact| fact.kind()).ok(), Some(kind.kind));
        }
    }
}
