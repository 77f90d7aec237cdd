//! Tracing requests, and what is registered here: guided forms for somebody who is looked for and for a child that came
//! alone or was separated, under five included. What is typed is kept as it is typed.

use super::{Layout, Query};
use crate::answer::{Answer, Problem, onward, page, page_as};
use crate::app::App;
use crate::door::Here;
use crate::fields::{Fields, Posted};
use crate::pages::documents::Documents;
use crate::pages::facts;
use crate::shown;
use crate::words::Lang;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use rejoin_access::Action;
use rejoin_casework::word::{Priority, TracingOutcome};
use rejoin_casework::{Fact, StreamId};
use rejoin_model::{Field, ListKind, Relation};
use rejoin_registry::{Given, Registration};
use std::sync::Arc;

/// Its addresses.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/requests", get(requests))
        .route("/requests/{id}", get(request).post(record))
        .route("/register/{kind}", get(form).post(register))
        .route("/register/{kind}/draft", post(draft))
}

struct Row {
    id: String,
    status: String,
    opened: String,
    who: String,
    sought: String,
}

#[derive(Template)]
#[template(path = "requests.html")]
struct RequestsPage {
    l: Layout,
    rows: Vec<Row>,
    child: bool,
}

async fn requests(State(app): State<Arc<App>>, here: Here, Query(query): Query) -> Answer {
    let files = app.desk(&here, |desk| Ok(desk.tracings()?)).await?;
    let lang = here.lang;
    let rows = files.iter().rev().take(200).map(|file| {
        let first = file.entries.first();
        let part = |name: &str| {
            let fields = first.map(|entry| entry.fields.as_slice()).unwrap_or_default();
            fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap_or_default()
        };
        Row {
            id: file.stream.to_string(),
            status: shown::coded("tracing", &file.status, lang),
            opened: first.map(|entry| shown::day(entry.at_micros)).unwrap_or_default(),
            who: part("inquirer_words"),
            sought: part("sought_words"),
        }
    });
    page(&RequestsPage {
        l: Layout::of(&app, &here, lang.of("requests-title"), "/requests").after(&query),
        rows: rows.collect(),
        child: here.may(Action::Import) || here.may(Action::OpenRequest),
    })
}

fn stream(id: &str) -> Result<StreamId, Problem> {
    match id.parse() {
        Ok(stream @ StreamId::Tracing(_)) => Ok(stream),
        _ => Err(Problem::NotFound),
    }
}

/// Something that happened to a request: what, when, by whom, and its fields.
type Happened = (String, String, String, Vec<(String, String)>);

#[derive(Template)]
#[template(path = "request.html")]
struct RequestPage {
    l: Layout,
    id: String,
    status: String,
    version: u64,
    steps: Vec<(&'static str, String, bool)>,
    outcomes: Vec<(&'static str, String)>,
    documents: Documents,
    entries: Vec<Happened>,
}

/// What can be done with a request, and whether it needs an outcome: kind, key of its words.
const STEPS: [(&str, &str, bool); 5] = [
    ("tracing-screened", "request-screen", false),
    ("tracing-opened", "request-open", false),
    ("tracing-dormant", "request-dormant", false),
    ("tracing-closed", "request-close", true),
    ("tracing-reopened", "request-reopen", false),
];

async fn request(
    State(app): State<Arc<App>>,
    here: Here,
    Path(id): Path<String>,
    Query(query): Query,
) -> Answer {
    let stream = stream(&id)?;
    let (file, names) = app
        .desk(&here, move |desk| {
            let file = desk.tracing(stream)?.ok_or(Problem::NotFound)?;
            let names = facts::names(desk, Some(&file))?;
            Ok((file, names))
        })
        .await?;
    let lang = here.lang;
    page(&RequestPage {
        l: Layout::of(&app, &here, lang.of("request-title"), "/requests").after(&query),
        documents: Documents::of(
            &here,
            Some((&file, &names)),
            &format!("/requests/{stream}"),
            true,
            Action::OpenRequest,
        ),
        id,
        status: shown::coded("tracing", &file.status, lang),
        version: file.version,
        steps: STEPS.iter().map(|(kind, key, outcome)| (*kind, lang.of(key), *outcome)).collect(),
        outcomes: TracingOutcome::ALL
            .iter()
            .map(|one| (one.word(), lang.pick((&one.word().replace('-', " "), one.spanish())).to_owned()))
            .collect(),
        entries: file
            .entries
            .iter()
            .rev()
            .map(|entry| {
                let fields = entry.fields.iter();
                let fields = fields
                    .map(|(name, value)| (shown::coded("part", name, lang), facts::told(name, value, lang)))
                    .collect();
                (
                    shown::coded("fact", &entry.kind, lang),
                    shown::at(entry.at_micros),
                    names.of(&entry.actor),
                    fields,
                )
            })
            .collect(),
    })
}

async fn record(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Posted { here, fields }: Posted,
) -> Answer {
    let stream = stream(&id)?;
    let words = fields.get("words").to_owned();
    if words.is_empty() {
        return Err(Problem::Typed(here.lang.of("review-reason-missing")));
    }
    let outcome = || TracingOutcome::from_word(fields.get("outcome")).ok_or(Problem::Form("outcome"));
    let fact = match fields.get("kind") {
        "tracing-screened" => Fact::TracingScreened { note: words },
        "tracing-opened" => Fact::TracingOpened { note: words },
        "tracing-dormant" => Fact::TracingDormant { reason: words },
        "tracing-closed" => Fact::TracingClosed { outcome: outcome()?, reason: words, duplicate_of: None },
        "tracing-reopened" => Fact::TracingReopened { reason: words },
        _ => return Err(Problem::Form("kind")),
    };
    let given = Given {
        expected: fields.get("expected").parse().ok(),
        key: fields.some("key").map(|key| format!("{}:{key}", here.entered.account.id)),
    };
    app.desk(&here, move |desk| Ok(desk.trace(stream, &[fact], &given)?)).await?;
    onward(&format!("/requests/{id}?done=done-recorded"))
}

/// How a field of a guided form is typed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Line,
    Words,
    Date,
    Number,
    Sex,
    Relation,
}

/// One field: its name, the column it becomes (or words only), how it is typed, whether it must be.
struct Asked {
    name: &'static str,
    field: Option<Field>,
    how: How,
    required: bool,
}

const fn asked(name: &'static str, field: Option<Field>, how: How) -> Asked {
    Asked { name, field, how, required: false }
}

struct Part {
    title: &'static str,
    fields: &'static [Asked],
}

/// A child: who it is, its family as it tells it, how it was found; for one under five, what it says and wears.
const CHILD: &[Part] = &[
    Part {
        title: "register-who",
        fields: &[
            asked("given", Some(Field::GivenNames), How::Line),
            asked("first-surname", Some(Field::FirstSurname), How::Line),
            asked("second-surname", Some(Field::SecondSurname), How::Line),
            asked("also-known-as", Some(Field::AlsoKnownAs), How::Line),
            asked("sex", Some(Field::Sex), How::Sex),
            asked("birth", Some(Field::BirthDate), How::Date),
            asked("age", Some(Field::Age), How::Number),
            asked("country", Some(Field::Country), How::Line),
            asked("birthplace", Some(Field::Birthplace), How::Line),
            asked("language", Some(Field::Language), How::Line),
            asked("alien-number", Some(Field::AlienNumber), How::Line),
        ],
    },
    Part {
        title: "register-family",
        fields: &[
            asked("mother", Some(Field::MotherName), How::Line),
            asked("father", Some(Field::FatherName), How::Line),
            asked("phone", Some(Field::Phone), How::Line),
            asked("address", Some(Field::Address), How::Line),
        ],
    },
    Part {
        title: "register-separation",
        fields: &[
            asked("separated-on", Some(Field::SeparatedOn), How::Date),
            asked("separated-place", Some(Field::SeparatedPlace), How::Line),
            asked("separation-reason", Some(Field::SeparationReason), How::Line),
            asked("placed", Some(Field::Placed), How::Date),
            asked("facility", Some(Field::Facility), How::Line),
        ],
    },
    Part {
        title: "register-under-five",
        fields: &[
            asked("found-where", None, How::Line),
            asked("found-by", None, How::Line),
            asked("clothes", None, How::Words),
            asked("songs", None, How::Words),
            asked("accent", None, How::Line),
            asked("marks", None, How::Words),
        ],
    },
    Part {
        title: "register-more",
        fields: &[asked("wishes", None, How::Words), asked("withhold", None, How::Words)],
    },
];

/// A request: who looks, for whom, and how they were separated.
const REQUEST: &[Part] = &[
    Part {
        title: "register-inquirer",
        fields: &[
            asked("given", Some(Field::GivenNames), How::Line),
            asked("first-surname", Some(Field::FirstSurname), How::Line),
            asked("second-surname", Some(Field::SecondSurname), How::Line),
            asked("birth", Some(Field::BirthDate), How::Date),
            asked("sex", Some(Field::Sex), How::Sex),
            asked("country", Some(Field::Country), How::Line),
            asked("birthplace", Some(Field::Birthplace), How::Line),
            asked("phone", Some(Field::Phone), How::Line),
            asked("address", Some(Field::Address), How::Line),
            asked("alien-number", Some(Field::AlienNumber), How::Line),
        ],
    },
    Part {
        title: "register-sought",
        fields: &[
            Asked { name: "child-name", field: Some(Field::ChildName), how: How::Line, required: true },
            asked("child-birth", Some(Field::ChildBirthDate), How::Date),
            asked("child-age", Some(Field::ChildAge), How::Number),
            asked("child-sex", Some(Field::ChildSex), How::Sex),
            Asked { name: "relation", field: Some(Field::Relation), how: How::Relation, required: true },
        ],
    },
    Part {
        title: "register-separation",
        fields: &[
            asked("separated-on", Some(Field::SeparatedOn), How::Date),
            asked("separated-place", Some(Field::SeparatedPlace), How::Line),
            asked("news", None, How::Words),
            asked("message", None, How::Words),
        ],
    },
];

struct Shown {
    name: &'static str,
    label: String,
    how: &'static str,
    value: String,
    choices: Vec<(String, String)>,
    required: bool,
}

#[derive(Template)]
#[template(path = "register.html")]
struct RegisterPage {
    l: Layout,
    kind: String,
    lead: String,
    parts: Vec<(String, Vec<Shown>)>,
    problem: Option<String>,
}

fn parts_of(kind: &str) -> Result<&'static [Part], Problem> {
    match kind {
        "child" => Ok(CHILD),
        "request" => Ok(REQUEST),
        _ => Err(Problem::NotFound),
    }
}

fn shown_parts(parts: &[Part], typed: &Fields, lang: Lang) -> Vec<(String, Vec<Shown>)> {
    let choices = |how: How| match how {
        How::Sex => vec![
            (String::new(), "—".to_owned()),
            ("F".to_owned(), lang.of("sex-F")),
            ("M".to_owned(), lang.of("sex-M")),
        ],
        How::Relation => Relation::ALL
            .iter()
            .map(|relation| (relation.word().to_owned(), shown::relation(*relation, lang)))
            .collect(),
        _ => Vec::new(),
    };
    let field = |one: &Asked| Shown {
        name: one.name,
        label: shown::coded("ask", one.name, lang),
        how: match one.how {
            How::Words => "words",
            How::Date => "date",
            How::Number => "number",
            How::Sex | How::Relation => "choice",
            How::Line => "line",
        },
        value: typed.get(one.name).to_owned(),
        choices: choices(one.how),
        required: one.required,
    };
    parts.iter().map(|part| (lang.of(part.title), part.fields.iter().map(field).collect())).collect()
}

async fn form(State(app): State<Arc<App>>, here: Here, Path(kind): Path<String>) -> Answer {
    let parts = parts_of(&kind)?;
    let asked = kind.clone();
    let kept = app.desk(&here, move |desk| Ok(desk.draft(&asked)?)).await?;
    let typed = Fields(kept.unwrap_or_default());
    let lang = here.lang;
    page(&RegisterPage {
        l: Layout::of(&app, &here, shown::coded("register-title", &kind, lang), "/requests"),
        lead: shown::coded("register-lead", &kind, lang),
        parts: shown_parts(parts, &typed, lang),
        kind,
        problem: None,
    })
}

async fn draft(
    State(app): State<Arc<App>>,
    Path(kind): Path<String>,
    Posted { here, fields }: Posted,
) -> Answer {
    parts_of(&kind)?;
    let typed: Vec<(String, String)> = fields.0.into_iter().filter(|(name, _)| name != "csrf").collect();
    app.desk(&here, move |desk| Ok(desk.keep_draft(&kind, &typed)?)).await?;
    Ok(axum::response::IntoResponse::into_response(StatusCode::NO_CONTENT))
}

async fn register(
    State(app): State<Arc<App>>,
    Path(kind): Path<String>,
    Posted { here, fields }: Posted,
) -> Answer {
    let parts = parts_of(&kind)?;
    let lang = here.lang;
    let again = |words: String| {
        page_as(
            StatusCode::UNPROCESSABLE_ENTITY,
            &RegisterPage {
                l: Layout::of(&app, &here, shown::coded("register-title", &kind, lang), "/requests"),
                kind: kind.clone(),
                lead: shown::coded("register-lead", &kind, lang),
                parts: shown_parts(parts, &fields, lang),
                problem: Some(words),
            },
        )
    };
    let all = || parts.iter().flat_map(|part| part.fields);
    if let Some(missing) = all().find(|one| one.required && fields.get(one.name).is_empty()) {
        return again(lang.with("form-missing", "field", shown::coded("ask", missing.name, lang)));
    }
    let name = ["given", "first-surname", "also-known-as"].iter().any(|name| fields.has(name));
    if !name && !all().any(|one| one.field.is_none() && fields.has(one.name)) {
        return again(lang.of("register-too-little"));
    }
    let values: Vec<(Field, String)> =
        all().filter_map(|one| Some((one.field?, fields.some(one.name)?.to_owned()))).collect();
    let words: Vec<(String, String)> = all()
        .filter(|one| one.field.is_none())
        .filter_map(|one| Some((one.name.to_owned(), fields.some(one.name)?.to_owned())))
        .collect();
    let registration = Registration {
        kind: if kind == "child" { ListKind::ShelterStay } else { ListKind::TracingRequest },
        values,
        words,
        key: fields.get("key").to_owned(),
    };
    let opened = (kind == "request").then(|| {
        let line = |names: &[&str]| {
            let said: Vec<&str> = names.iter().filter_map(|name| fields.some(name)).collect();
            said.join(" ")
        };
        let relation = Relation::from_word(fields.get("relation")).unwrap_or(Relation::Parent);
        (
            line(&["given", "first-surname", "second-surname"]),
            line(&["child-name", "child-age"]),
            relation,
            fields.some("message").map(str::to_owned),
        )
    });
    let organisation = here.entered.account.organisation.clone();
    let registered_kind = kind.clone();
    let to = app
        .desk(&here, move |desk| {
            let record = desk.register(&registration)?;
            let to = match opened {
                None => format!("/person/{record}?done=done-recorded"),
                Some((inquirer_words, sought, relation, message)) => {
                    let fact = Fact::TracingReceived {
                        inquirer: Some(record),
                        inquirer_words,
                        sought: Vec::new(),
                        sought_words: vec![sought],
                        relation,
                        priority: Priority::Normal,
                        organisation,
                        message,
                    };
                    let request = desk.new_request()?;
                    desk.trace(request, &[fact], &Given::default())?;
                    format!("/requests/{request}?done=done-recorded")
                }
            };
            desk.keep_draft(&registered_kind, &[])?;
            Ok(to)
        })
        .await?;
    onward(&to)
}
