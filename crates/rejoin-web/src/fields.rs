//! Forms: what was sent, field by field, and that it was sent by one of our pages.

use crate::answer::Problem;
use crate::app::App;
use crate::door::Here;
use axum::body::to_bytes;
use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{StatusCode, header};
use std::sync::Arc;

/// As much as a form may hold: the longest is a statement of several pages.
pub const MOST: usize = 256 * 1024;

/// The fields of a form, in the order of the page.
#[derive(Debug, Default)]
pub struct Fields(pub Vec<(String, String)>);

impl Fields {
    /// What was typed in a field, without blanks around it; empty when there is none.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim())
    }

    /// The same, when there is something.
    pub fn some(&self, name: &str) -> Option<&str> {
        Some(self.get(name)).filter(|value| !value.is_empty())
    }

    /// Every value of a field.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.trim())
    }

    /// Whether a box was ticked.
    pub fn has(&self, name: &str) -> bool {
        self.some(name).is_some()
    }

    /// Of a query or a form.
    pub fn read(text: &[u8]) -> Self {
        Self(decoded(text))
    }
}

/// `a=1&b=2`, decoded. What is no text becomes what can be read of it.
fn decoded(text: &[u8]) -> Vec<(String, String)> {
    text.split(|byte| *byte == b'&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let mut halves = part.splitn(2, |byte| *byte == b'=');
            let mut next = || unescaped(halves.next().unwrap_or_default());
            (next(), next())
        })
        .collect()
}

fn unescaped(text: &[u8]) -> String {
    let digit = |at: usize| text.get(at).and_then(|byte| (*byte as char).to_digit(16));
    let mut bytes = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                at += 3;
                continue;
            }
            (b'+', _, _) => bytes.push(b' '),
            _ => bytes.push(*byte),
        }
        at += 1;
    }
    // A zero byte ends texts elsewhere, and no field of ours has one.
    String::from_utf8_lossy(&bytes).replace('\0', "").replace("\r\n", "\n")
}

/// A form without a session: sign-in, an invitation, a family's message. That it comes from one of our pages is seen by
/// the guard.
pub struct Form(pub Fields);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if !kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
            return Err(Problem::Form("its type"));
        }
        let body = to_bytes(request.into_body(), MOST).await.map_err(|_| Problem::TooLarge)?;
        Ok(Self(Fields::read(&body)))
    }
}

/// A form of somebody who is here.
pub struct Posted {
    /// Who.
    pub here: Here,
    /// What.
    pub fields: Fields,
}

impl FromRequest<Arc<App>> for Posted {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let here = Here::of(&mut parts, app, false).await?;
        let Form(fields) = Form::from_request(Request::from_parts(parts, body), app).await?;
        here.confirm(fields.get("csrf"))?;
        Ok(Self { here, fields })
    }
}

/// A file that somebody who is here sends: its name and its bytes.
pub struct Sent {
    /// Who.
    pub here: Here,
    /// Its name, without a path.
    pub name: String,
    /// Its bytes; at least one.
    pub bytes: Vec<u8>,
    /// By which the form is known when it is sent again.
    pub key: Option<String>,
}

/// Why a form with a file cannot be read: too long, or no such form.
fn unread(error: &MultipartError) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::TooLarge,
        _ => Problem::Form("file"),
    }
}

impl Sent {
    /// Reads the form of a page that takes a file. The token of the form comes before the file.
    pub async fn read(here: Here, mut parts: Multipart) -> Result<Self, Problem> {
        let (mut confirmed, mut key) = (false, None);
        while let Some(part) = parts.next_field().await.map_err(|error| unread(&error))? {
            match part.name() {
                Some("csrf") => {
                    here.confirm(&part.text().await.map_err(|error| unread(&error))?)?;
                    confirmed = true;
                }
                Some("key") => key = Some(part.text().await.map_err(|error| unread(&error))?),
                Some("file") if confirmed => {
                    let name = part.file_name().unwrap_or("list").to_owned();
                    let bytes = part.bytes().await.map_err(|error| unread(&error))?.to_vec();
                    if bytes.is_empty() {
                        break;
                    }
                    // A name is for people: nothing is ever opened by it.
                    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
                    let name = name.chars().filter(|letter| !letter.is_control()).take(120).collect();
                    return Ok(Self { here, name, bytes, key });
                }
                _ => {}
            }
        }
        Err(if confirmed { Problem::Typed(here.lang.of("lists-empty")) } else { Problem::Foreign })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_decoded_as_browsers_encode_them() {
        let fields =
            Fields::read("a=Jos%C3%A9+L%c3%b3pez&b=&a=2&c=100%25&d=%zz&e=x%00y&f=1%0D%0A2".as_bytes());
        assert_eq!(fields.get("a"), "José López");
        assert_eq!(fields.all("a").collect::<Vec<_>>(), ["José López", "2"]);
        assert_eq!((fields.get("b"), fields.some("b"), fields.some("nothing")), ("", None, None));
        assert_eq!((fields.get("c"), fields.get("d"), fields.get("e")), ("100%", "%zz", "xy"));
        assert_eq!(fields.get("f"), "1\n2");
    }
}
