//! The first page: to wherever the account works. The language and the purpose are chosen here, too.

use crate::answer::{Answer, Problem, onward};
use crate::app::App;
use crate::door::{Here, cookie, purposes};
use crate::fields::{Form, Posted};
use crate::words::Lang;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use rejoin_access::Action;
use std::sync::Arc;

/// Its addresses.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/", get(home)).route("/language", post(language)).route("/purpose", post(purpose))
}

async fn home(here: Here) -> Answer {
    let to: [(&[Action], &str); 4] = [
        (super::WORKS, "/work"),
        (&[Action::Import], "/lists"),
        (&[Action::Count], "/figures"),
        (&[Action::ManageAccounts], "/accounts"),
    ];
    let to = to.into_iter().find(|(any, _)| any.iter().any(|one| here.may(*one)));
    onward(to.map_or("/account", |(_, to)| to))
}

/// The page that a form was sent from, when it is one of ours.
fn back(headers: &HeaderMap, app: &App) -> String {
    let from = headers.get(header::REFERER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let path = from.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| rest.split_at(at)));
    match path {
        // Two slashes begin another site's address, and browsers take a backslash for a slash.
        Some((host, path)) if app.is_host(host) && !path[1..].starts_with(['/', '\\']) => path.to_owned(),
        _ => "/".to_owned(),
    }
}

async fn language(State(app): State<Arc<App>>, headers: HeaderMap, Form(fields): Form) -> Answer {
    let lang = Lang::of_code(fields.get("language")).ok_or(Problem::Form("language"))?;
    let cookie = cookie(&app, "language", Some(lang.code()), 365);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&back(&headers, &app))).into_response())
}

async fn purpose(State(app): State<Arc<App>>, headers: HeaderMap, Posted { here, fields }: Posted) -> Answer {
    let granted = purposes(&here.seat.actor);
    let chosen = granted.iter().find(|purpose| purpose.word() == fields.get("purpose"));
    let chosen = chosen.ok_or(Problem::Form("purpose"))?;
    let cookie = cookie(&app, "purpose", Some(chosen.word()), 1);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&back(&headers, &app))).into_response())
}
