//! Documents attached to files of children and to tracing requests: a section of their pages, sending one, taking one along.

use crate::answer::{Answer, Problem, file, onward};
use crate::app::App;
use crate::door::Here;
use crate::fields::Sent;
use crate::pages::escaped;
use crate::pages::facts::Names;
use crate::shown;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Multipart, Path, State};
use axum::routing::{get, post};
use rejoin_access::Action;
use rejoin_casework::StreamId;
use rejoin_registry::{CaseFile, Given, LARGEST_ATTACHMENT, NewAttachment};
use std::sync::Arc;

/// Its addresses.
pub fn routes() -> Router<Arc<App>> {
    let most = || DefaultBodyLimit::max(LARGEST_ATTACHMENT + 64 * 1024);
    Router::new()
        .route("/person/{id}/documents", post(attach).layer(most()))
        .route("/requests/{id}/documents", post(attach).layer(most()))
        .route("/person/{id}/documents/{hash}", get(document))
        .route("/requests/{id}/documents/{hash}", get(document))
}

/// The section of a page.
pub struct Documents {
    /// The address under which they are.
    pub at: String,
    /// The documents, the newest first.
    pub rows: Vec<Row>,
    /// As large as one may be, in megabytes; none for who may attach none here.
    pub most: Option<usize>,
}

/// A document.
pub struct Row {
    /// Its address; none for who may not open it.
    pub href: Option<String>,
    /// Its name; empty for who may not see that.
    pub name: String,
    /// When it was attached.
    pub at: String,
    /// By whom.
    pub by: String,
}

impl Documents {
    /// Of a file, with the names in it, that is shown at an address: whether its documents may be opened, and what lets somebody attach one.
    pub fn of(
        here: &Here,
        file: Option<(&CaseFile, &Names)>,
        page: &str,
        opens: bool,
        attaches: Action,
    ) -> Self {
        let at = format!("{page}/documents");
        let entries =
            file.into_iter().flat_map(|(file, names)| file.entries.iter().rev().map(move |one| (one, names)));
        let rows = entries.filter(|(entry, _)| entry.kind == "attached").map(|(entry, names)| {
            let part =
                |name: &str| entry.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value);
            // Whoever is shown less than everything has a sign of it only.
            let hash = part("hash").filter(|hash| hash.len() == 64);
            Row {
                href: hash.filter(|_| opens).map(|hash| format!("{at}/{hash}")),
                name: hash.and(part("name")).cloned().unwrap_or_default(),
                at: shown::at(entry.at_micros),
                by: names.of(&entry.actor),
            }
        });
        let most = here.may(attaches).then_some(LARGEST_ATTACHMENT / 1024 / 1024);
        Self { rows: rows.collect(), at, most }
    }
}

/// The page of a file.
fn page_of(id: &str) -> String {
    let way = if is_request(id) { "requests" } else { "person" };
    format!("/{way}/{}", escaped(id))
}

fn is_request(id: &str) -> bool {
    matches!(id.parse(), Ok(StreamId::Tracing(_)))
}

async fn attach(State(app): State<Arc<App>>, here: Here, Path(id): Path<String>, parts: Multipart) -> Answer {
    let sent = Sent::read(here, parts).await?;
    let to = format!("{}?done=done-recorded#documents", page_of(&id));
    let (new, given) = (
        NewAttachment::named(&sent.name, sent.bytes),
        Given { expected: None, key: sent.key.map(|key| format!("{}:{key}", sent.here.entered.account.id)) },
    );
    app.desk(&sent.here, move |desk| Ok(desk.attach(&id, new, &given)?)).await?;
    onward(&to)
}

/// A document, to be kept: it is never shown as a page of ours.
async fn document(
    State(app): State<Arc<App>>,
    here: Here,
    Path((id, hash)): Path<(String, String)>,
) -> Answer {
    let found = app.desk(&here, move |desk| Ok(desk.attachment(&id, &hash)?)).await?;
    let found = found.ok_or(Problem::NotFound)?;
    file("application/octet-stream", &found.name, found.bytes)
}
