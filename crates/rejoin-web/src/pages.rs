//! The pages, one file each. A handler is one screen: who is here, what they ask, the registry's answer, a template.

mod accounts;
mod counted;
mod documents;
mod facts;
mod figures;
mod home;
mod lists;
mod matches;
mod person;
mod receipt;
mod requests;
mod search;
mod sign_in;
mod supervise;
mod work;

pub use figures::told_json;
pub use search::escaped;

use crate::answer::{Answer, Problem};
use crate::app::App;
use crate::door::{Here, purposes};
use crate::fields::Fields;
use crate::guard;
use crate::words::Lang;
use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, RawQuery};
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use rejoin_access::Action;
use std::sync::Arc;

/// What every page has around it.
pub struct Layout {
    /// The language.
    pub t: Lang,
    /// The page's title.
    pub title: String,
    /// Who is signed in.
    pub who: Option<Who>,
    /// What was done just before.
    pub done: Option<String>,
    /// The data is of nobody.
    pub demo: bool,
}

/// Whoever is signed in, for the top of pages.
pub struct Who {
    /// Their name.
    pub name: String,
    /// Where they can go: address, words, whether they are there.
    pub ways: Vec<(&'static str, String, bool)>,
    /// Purposes: word, words, whether it is the one.
    pub purposes: Vec<(&'static str, &'static str, bool)>,
    /// What a printed page says: who opened it, when, for which purpose.
    pub printed: String,
    /// The token of forms.
    pub csrf: String,
}

/// Pages and what an account must be able to do for one of them to be of use.
const WAYS: [(&str, &str, &[Action]); 12] = [
    ("/work", "way-work", WORKS),
    ("/search", "way-search", WORKS),
    ("/matches", "way-matches", &[Action::DecideMatch, Action::Assign]),
    ("/requests", "way-requests", &[Action::OpenRequest]),
    ("/emergency", "way-emergency", &[Action::BreakGlass]),
    ("/supervise", "way-supervise", &[Action::Assign, Action::ApproveClosure, Action::ReviewEmergency]),
    ("/lists", "way-lists", &[Action::Import]),
    ("/figures", "way-figures", &[Action::Count]),
    ("/ledger", "way-ledger", &[Action::ReadAudit]),
    ("/accounts", "way-accounts", &[Action::ManageAccounts]),
    ("/receipt", "way-receipt", &[Action::OpenRequest, Action::IssueReceipt]),
    ("/account", "way-account", &[]),
];

/// What people's files are opened for.
pub const WORKS: &[Action] = &[
    Action::Note,
    Action::OpenRequest,
    Action::Assign,
    Action::Verify,
    Action::HandOver,
    Action::DecideMatch,
];

impl Layout {
    /// Of a page for somebody who is here. `way` is the address of the way it belongs to.
    pub fn of(app: &App, here: &Here, title: String, way: &str) -> Self {
        let lang = here.lang;
        let ways =
            WAYS.into_iter().filter(|(_, _, any)| any.is_empty() || any.iter().any(|one| here.may(*one)));
        let purposes = purposes(&here.seat.actor);
        let (name, opened) = (&here.entered.account.display_name, crate::shown::at(here.seat.at_micros));
        let printed = lang.with2("printed", ("who", name), ("when", &opened));
        let purpose = lang.pick(here.seat.purpose.label());
        Self {
            t: lang,
            title,
            who: Some(Who {
                name: here.entered.account.display_name.clone(),
                ways: ways.map(|(to, key, _)| (to, lang.of(key), to == way)).collect(),
                purposes: purposes
                    .into_iter()
                    .map(|purpose| (purpose.word(), lang.pick(purpose.label()), purpose == here.seat.purpose))
                    .collect(),
                printed: format!("{printed} · {}: {purpose}", lang.of("purpose")),
                csrf: here.csrf.clone(),
            }),
            done: None,
            demo: app.demo,
        }
    }

    /// Of a page for anybody.
    pub fn of_visitor(app: &App, lang: Lang, title: String) -> Self {
        Self { t: lang, title, who: None, done: None, demo: app.demo }
    }

    /// Tells what was done just before, when the address says so. Only the words of a catalogue are said.
    pub fn after(mut self, query: &Fields) -> Self {
        let known = DONE.iter().find(|key| **key == query.get("done"));
        self.done = known.map(|key| self.t.of(key));
        self
    }
}

/// What can have been done just before.
const DONE: [&str; 11] = [
    "done-recorded",
    "done-emergency",
    "done-decided",
    "done-undone",
    "done-purpose",
    "done-password",
    "done-signed-out",
    "done-message",
    "done-enrolled",
    "done-signed",
    "done-account",
];

/// Something did not work.
#[derive(Template)]
#[template(path = "problem.html")]
pub struct ProblemPage {
    /// Around it.
    pub l: Layout,
    /// What.
    pub words: String,
    /// What can be done.
    pub hint: String,
    /// The page from which the reader came.
    pub back: Option<String>,
}

/// The query of an address.
pub struct Query(pub Fields);

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Query {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, state: &S) -> Result<Self, Problem> {
        let RawQuery(query) =
            RawQuery::from_request_parts(parts, state).await.map_err(|_| Problem::Form("query"))?;
        Ok(Self(Fields::read(query.unwrap_or_default().as_bytes())))
    }
}

/// Every page.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .merge(home::routes())
        .merge(sign_in::routes())
        .merge(work::routes())
        .merge(search::routes())
        .merge(person::routes())
        .merge(documents::routes())
        .merge(matches::routes())
        .merge(receipt::routes())
        .merge(requests::routes())
        .merge(supervise::routes())
        .merge(lists::routes())
        .merge(figures::routes())
        .merge(counted::routes())
        .merge(accounts::routes())
        .merge(crate::api::routes())
        .route(
            "/static/style.css",
            get(|| ready("text/css; charset=utf-8", include_str!("../static/style.css"))),
        )
        .route(
            "/static/app.js",
            get(|| ready("text/javascript; charset=utf-8", include_str!("../static/app.js"))),
        )
        .route("/static/mark.svg", get(|| ready("image/svg+xml", include_str!("../static/mark.svg"))))
        .route("/robots.txt", get(|| ready("text/plain", "User-agent: *\nDisallow: /\n")))
        .route("/healthz", get(|| async { "ok" }))
        .fallback(|| async { Problem::NotFound })
        .layer(DefaultBodyLimit::max(crate::fields::MOST))
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&app), guard::guard))
        .with_state(app)
}

async fn ready(kind: &'static str, text: &'static str) -> Answer {
    // The program brings them: a newer program brings newer ones within the hour.
    Ok(([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=3600")], text)
        .into_response())
}
