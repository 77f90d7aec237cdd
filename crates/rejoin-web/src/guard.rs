//! What is done around every answer: requests that no page of ours sends are refused, problems are told, and browsers are
//! told to run and load nothing but what is ours.

use crate::answer::{Problem, Untold};
use crate::app::App;
use crate::door::{self, Here};
use crate::pages::{Layout, ProblemPage};
use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde_json::json;
use std::sync::Arc;

/// No scripts, styles, frames, fonts or connections but our own; no script or style within a page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      font-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The guard at every request.
pub async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let lang = door::language(request.headers());
    let path = request.uri().path().to_owned();
    let program = path.starts_with("/api/");
    let asked = request.headers().clone();
    let seen = match refusal(&app, request.method(), request.uri(), request.headers()) {
        None => next.run(request).await,
        Some(problem) => problem.into_response(),
    };
    let untold = seen.extensions().get::<Untold>().map(|Untold(problem)| Arc::clone(problem));
    let mut response = match untold.or_else(|| bare(&seen)) {
        None => seen,
        Some(problem) => {
            // Whoever is signed in is told so within their pages, and can go on or choose another purpose there.
            let here = match *problem {
                Problem::Foreign | Problem::SignIn | Problem::Enrol => None,
                _ if program => None,
                _ => Here::by(&asked, &app, false).await.ok(),
            };
            let back = way_back(&app, &asked, &path);
            let mut response = told(&app, &problem, (lang, here, back), program, &path);
            if let Some(allowed) = seen.headers().get(header::ALLOW) {
                response.headers_mut().insert(header::ALLOW, allowed.clone());
            }
            response
        }
    };
    let headers = response.headers_mut();
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let others = [
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), microphone=(), geolocation=(), interest-cohort=()"),
        ("x-robots-tag", "noindex, nofollow"),
    ];
    for (name, value) in others {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if app.secure {
        let always = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, always);
    }
    // What people's files say stays in no cache.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// What the framework refused by itself, before a handler saw it: told as by us, in one form.
fn bare(response: &Response) -> Option<Arc<Problem>> {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let ours = kind.is_some_and(|kind| !kind.starts_with("text/plain"));
    let problem = match response.status() {
        status if ours || status.is_success() || status.is_redirection() => return None,
        StatusCode::NOT_FOUND => Problem::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Problem::Method,
        StatusCode::PAYLOAD_TOO_LARGE => Problem::TooLarge,
        status if status.is_client_error() => Problem::Form("address or type"),
        _ => Problem::Broken,
    };
    Some(Arc::new(problem))
}

fn refusal(app: &App, method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<Problem> {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    // A name that is not ours was made to lead here by somebody else. Of two names, in two headers or in the address and a
    // header, a proxy may have looked at the other one: each must be ours.
    let said = headers.get_all(header::HOST).iter().map(|host| host.to_str().ok());
    let mut hosts = said.chain(uri.authority().map(|authority| Some(authority.as_str()))).peekable();
    if hosts.peek().is_none() || !hosts.all(|host| host.is_some_and(|host| app.is_host(host))) {
        return Some(Problem::Foreign);
    }
    if matches!(*method, Method::GET | Method::HEAD) {
        return None;
    }
    // Programs have tokens and no cookies: nobody can send them on their behalf.
    if uri.path().starts_with("/api/") {
        return None;
    }
    let from = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    let ours = match (from, text(header::ORIGIN)) {
        (Some(from), None) => from == "same-origin",
        (from, Some(origin)) => {
            let host = origin.strip_prefix("https://").or(origin.strip_prefix("http://"));
            from.is_none_or(|from| from == "same-origin") && host.is_some_and(|host| app.is_host(host))
        }
        (None, None) => false,
    };
    (!ours).then_some(Problem::Foreign)
}

/// The page of ours from which a request came, if it was another than this.
fn way_back(app: &App, headers: &HeaderMap, path: &str) -> Option<String> {
    let from = headers.get(header::REFERER)?.to_str().ok()?;
    let (_, rest) = from.split_once("://")?;
    let (host, way) = rest.split_once('/')?;
    let plain = way.bytes().all(|byte| byte.is_ascii_graphic()) && !way.starts_with(['/', '\\']);
    let way = format!("/{way}");
    (plain && app.is_host(host) && way != path).then_some(way)
}

fn told(
    app: &App,
    problem: &Problem,
    (lang, here, back): (crate::words::Lang, Option<Here>, Option<String>),
    program: bool,
    path: &str,
) -> Response {
    let lang = here.as_ref().map_or(lang, |here| here.lang);
    if problem.status().is_server_error() {
        // Words of the registry name no person.
        eprintln!("rejoin: {}: {problem}", problem.word());
    }
    let (words, hint) = problem.told(lang);
    if program {
        let body = axum::Json(json!({"error": problem.word(), "words": words, "hint": hint}));
        return (problem.status(), body).into_response();
    }
    match problem {
        Problem::SignIn if path != "/sign-in" => return Redirect::to("/sign-in").into_response(),
        Problem::Enrol => return Redirect::to("/account/second-proof").into_response(),
        _ => {}
    }
    let title = lang.of("problem-title");
    let l = match &here {
        Some(here) => Layout::of(app, here, title, ""),
        None => Layout::of_visitor(app, lang, title),
    };
    let page = ProblemPage { l, words: sentence(&words), hint: sentence(&hint), back };
    (problem.status(), Html(page.render().unwrap_or_default())).into_response()
}

/// With a capital at the beginning and a stop at the end.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let mut out: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    out.extend(letters);
    if out.ends_with(|letter: char| letter.is_alphanumeric() || letter == ')') {
        out.push('.');
    }
    out
}
