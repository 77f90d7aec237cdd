//! The application against whoever wishes it ill: forged requests, stolen and planted sessions, scripts in every field,
//! other people's files, forms and bodies that no browser sends. A case of a few people is served over a socket, as it is
//! in use, and what comes back is read byte by byte.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod described;
mod forgery;
mod http;
mod malformed;
mod others;
mod place;
mod receipt;
mod scripts;
mod sessions;
mod walk;
