//! Answers: pages, and what is said when there is none. A problem is told in the reader's language by one page (for
//! programs: by one form of JSON), with what can be done about it, and never with what somebody else's file says.

use crate::words::Lang;
use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use rejoin_registry::Error;
use std::sync::Arc;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The registry did not carry it out.
    #[error(transparent)]
    Registry(#[from] Error),
    /// Nobody is signed in.
    #[error("sign in first")]
    SignIn,
    /// A second proof is to be enrolled first.
    #[error("enrol a second proof first")]
    Enrol,
    /// There is nothing there, or nothing that the reader may know of.
    #[error("there is nothing here")]
    NotFound,
    /// The request did not come from one of our pages.
    #[error("the request did not come from a page of this application")]
    Foreign,
    /// Something that cannot be done with an address.
    #[error("that cannot be done with this address")]
    Method,
    /// A form that no page of ours has.
    #[error("the form is not one of this application: {0}")]
    Form(&'static str),
    /// What was typed cannot be taken; the words say why.
    #[error("{0}")]
    Typed(String),
    /// Too much was sent.
    #[error("too much was sent")]
    TooLarge,
    /// Too often.
    #[error("too many requests")]
    TooOften,
    /// A mistake of ours.
    #[error("something went wrong that should not")]
    Broken,
}

impl Problem {
    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Problem::Registry(error) => match error {
                Error::Denied(_) => StatusCode::FORBIDDEN,
                Error::Outdated { .. }
                | Error::KeyReused(_)
                | Error::Casework(_)
                | Error::ChangedMeanwhile
                | Error::First(_) => StatusCode::CONFLICT,
                Error::TryLater(_) => StatusCode::TOO_MANY_REQUESTS,
                Error::NoAccount(_) => StatusCode::NOT_FOUND,
                Error::Refused(_)
                | Error::Read { .. }
                | Error::Mapping { .. }
                | Error::KeyChanged { .. }
                | Error::KindChanged { .. }
                | Error::MostRowsGone { .. }
                | Error::Code(_)
                | Error::Assignee(_)
                | Error::DocumentSize(_)
                | Error::DocumentAlone
                | Error::Published(_)
                | Error::Contact(_)
                | Error::Account(_)
                | Error::Invitation
                | Error::Weak(_)
                | Error::Receipt(_)
                | Error::Roles(_)
                | Error::Organisations(_) => StatusCode::UNPROCESSABLE_ENTITY,
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            },
            Problem::SignIn => StatusCode::UNAUTHORIZED,
            Problem::Enrol | Problem::Foreign => StatusCode::FORBIDDEN,
            Problem::NotFound => StatusCode::NOT_FOUND,
            Problem::Method => StatusCode::METHOD_NOT_ALLOWED,
            Problem::Form(_) => StatusCode::BAD_REQUEST,
            Problem::Typed(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Problem::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Problem::TooOften => StatusCode::TOO_MANY_REQUESTS,
            Problem::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A stable word for programs and for the log.
    pub fn word(&self) -> &'static str {
        match self.status() {
            StatusCode::UNAUTHORIZED => "sign-in",
            StatusCode::FORBIDDEN => "refused",
            StatusCode::NOT_FOUND => "not-found",
            StatusCode::CONFLICT => "conflict",
            StatusCode::BAD_REQUEST | StatusCode::METHOD_NOT_ALLOWED => "bad-form",
            StatusCode::UNPROCESSABLE_ENTITY => "not-taken",
            StatusCode::PAYLOAD_TOO_LARGE => "too-large",
            StatusCode::TOO_MANY_REQUESTS => "too-often",
            _ => "failed",
        }
    }

    /// What the reader is told: what happened, and what can be done.
    pub fn told(&self, lang: Lang) -> (String, String) {
        let hint = match self.status() {
            StatusCode::UNAUTHORIZED => lang.of("problem-sign-in-hint"),
            StatusCode::FORBIDDEN => lang.of("problem-refused-hint"),
            StatusCode::NOT_FOUND => lang.of("problem-not-found-hint"),
            StatusCode::CONFLICT => lang.of("problem-conflict-hint"),
            StatusCode::TOO_MANY_REQUESTS => lang.of("problem-too-often-hint"),
            StatusCode::PAYLOAD_TOO_LARGE => lang.of("problem-too-large-hint"),
            StatusCode::BAD_REQUEST | StatusCode::METHOD_NOT_ALLOWED | StatusCode::UNPROCESSABLE_ENTITY => {
                lang.of("problem-not-taken-hint")
            }
            _ => lang.of("problem-failed-hint"),
        };
        let words = match self {
            Problem::Registry(Error::Casework(refusal)) => {
                lang.pick((&refusal.english(), &refusal.spanish())).to_owned()
            }
            Problem::Registry(Error::Weak(weakness)) => weakness.words(lang.account()).to_owned(),
            Problem::Registry(error) if self.status() != StatusCode::INTERNAL_SERVER_ERROR => {
                match (error, lang) {
                    (Error::Denied(_), _) => lang.of("problem-refused"),
                    _ => error.to_string(),
                }
            }
            Problem::Typed(words) => words.clone(),
            Problem::SignIn => lang.of("problem-sign-in"),
            Problem::Enrol => lang.of("problem-enrol"),
            Problem::NotFound => lang.of("problem-not-found"),
            Problem::Foreign => lang.of("problem-foreign"),
            Problem::Form(_) | Problem::Method => lang.of("problem-form"),
            Problem::TooLarge => lang.of("problem-too-large"),
            Problem::TooOften => lang.of("problem-too-often"),
            Problem::Registry(_) | Problem::Broken => lang.of("problem-failed"),
        };
        (words, hint)
    }
}

/// A problem that waits to be told in the language of who asked.
#[derive(Clone)]
pub struct Untold(pub Arc<Problem>);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(Untold(Arc::new(self)));
        response
    }
}

/// What a handler gives.
pub type Answer = Result<Response, Problem>;

/// A page.
pub fn page(template: &impl Template) -> Answer {
    match template.render() {
        Ok(text) => Ok(Html(text).into_response()),
        Err(_) => Err(Problem::Broken),
    }
}

/// A page with another status than "here it is".
pub fn page_as(status: StatusCode, template: &impl Template) -> Answer {
    page(template).map(|page| (status, page).into_response())
}

/// On to another page.
pub fn onward(path: &str) -> Answer {
    Ok(Redirect::to(path).into_response())
}

/// A file to take along. Its name is somebody's words: what is no letter, digit, dot, hyphen or blank becomes `_`.
pub fn file(kind: &'static str, name: &str, bytes: Vec<u8>) -> Answer {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || ['.', '-', ' '].contains(&letter);
    let ascii: String = name.chars().map(|letter| if plain(letter) { letter } else { '_' }).collect();
    // The name as it is, for browsers that read it so (RFC 6266).
    let whole = super::pages::escaped(name);
    let disposition = format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{whole}");
    Ok(([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], bytes)
        .into_response())
}
