//! Documents attached to files of casework: a birth certificate, a photograph, a court's order. The fact that one was
//! attached is an event of the file and names it by the SHA-256 of its bytes; the bytes are kept beside the ledger, sealed
//! for whom the file is about, under a keyed name, so that neither the database alone nor a copy of it tells what they are.
//! When the person is erased they cannot be opened any more.

use crate::casework::subject_of;
use crate::change::Change;
use crate::database::values;
use crate::desk::{CaseFile, Desk};
use crate::evidence::hash_of;
use crate::keys::Opened;
use crate::project::payload;
use crate::streams::{Done, Given};
use crate::wire::{self, Streamed};
use crate::{Case, Error, Stamp};
use rejoin_access::{FieldGroup, Reduced, Refusal, SubjectFacts};
use rejoin_casework::{Fact, StreamId};
use rejoin_model::RecordId;
use std::sync::Arc;

/// As large as a document may be, in bytes.
pub const LARGEST_ATTACHMENT: usize = 25 * 1024 * 1024;
/// The kind under which they are sealed, and of their keyed names.
const KIND: &str = "attachment";
/// The kind of the fact.
const ATTACHED: &str = "attached";
/// What a document may say. It has no reduced form: whoever sees less of one of these in full does not open it.
const SAYS: [FieldGroup; 6] = [
    FieldGroup::IdentityNumbers,
    FieldGroup::Names,
    FieldGroup::Contact,
    FieldGroup::Family,
    FieldGroup::Whereabouts,
    FieldGroup::Notes,
];

/// A document to attach.
#[derive(Debug, Clone)]
pub struct NewAttachment {
    /// Its name, without a path.
    pub name: String,
    /// What it is, as `application/pdf`.
    pub media_type: String,
    /// Whom it is about, if not the person whose file it is; it is sealed for the latter all the same.
    pub about: Option<RecordId>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl NewAttachment {
    /// A document of a name: what it is, is told by the name's ending.
    pub fn named(name: &str, bytes: Vec<u8>) -> Self {
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
        let known = TYPES.iter().find(|(known, _)| *known == ending);
        let media_type = known.map_or("application/octet-stream", |(_, media_type)| media_type);
        Self { name: name.to_owned(), media_type: media_type.to_owned(), about: None, bytes }
    }
}

/// Endings of names, and what they stand for.
const TYPES: [(&str, &str); 9] = [
    ("pdf", "application/pdf"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("txt", "text/plain"),
    ("csv", "text/csv"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("mp3", "audio/mpeg"),
];

/// A document that was attached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// What it is, as it was said.
    pub media_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Case {
    /// The name under which the bytes of a file's document are kept.
    fn kept_as(&self, stream: &str, hash: &str) -> Result<String, Error> {
        Ok(format!("a-{}", self.store.keys.token(KIND, &format!("{stream} {hash}"))?))
    }

    fn carry_attachment(
        &self,
        stream: StreamId,
        new: NewAttachment,
        given: &Given,
        stamp: &Stamp,
    ) -> Result<Done, Error> {
        let NewAttachment { name, media_type, about, bytes } = new;
        let hash = hash_of(&bytes);
        let fact = Fact::Attached { about, hash: hash.clone(), name, media_type };
        let (bytes, given, stamp) = (Arc::new(bytes), given.clone(), stamp.clone());
        self.together(move |case, change: &Change<'_>| {
            let done = case.carry_out_in(change, stream, std::slice::from_ref(&fact), &given, &stamp)?;
            let sealed = change.keys().seal(KIND, &[&subject_of(stream)], &bytes)?;
            change.store().database.execute(
                "INSERT INTO document (hash, bytes) VALUES (?1, ?2) ON CONFLICT (hash) DO NOTHING",
                values![case.kept_as(&stream.to_string(), &hash)?, &sealed],
            )?;
            Ok(done)
        })
    }

    /// The bytes of a file's document; none when whose file it is was erased.
    ///
    /// # Errors
    /// [`Error::Document`] when they are missing or changed.
    fn attached(&self, stream: &str, hash: &str) -> Result<Option<Vec<u8>>, Error> {
        let sql = "SELECT bytes FROM document WHERE hash = ?1";
        let name = self.kept_as(stream, hash)?;
        let sealed: Option<Vec<u8>> = self.store.database.first(sql, values![name], |row| row.get(0))?;
        let lost = || Error::Document(hash.to_owned());
        let sealed = sealed.ok_or_else(lost)?;
        match self.store.keys.open_sealed(KIND, &sealed) {
            Ok(Opened::Plain(bytes)) if hash_of(&bytes) == hash => Ok(Some(bytes)),
            Ok(Opened::NoKey(_)) => Ok(None),
            // Bytes that were changed do not open.
            Ok(Opened::Plain(_)) | Err(Error::Keys(_)) => Err(lost()),
            Err(error) => Err(error),
        }
    }

    /// Every document that the ledger names is there, and is what it was.
    ///
    /// # Errors
    /// [`Error::Document`].
    pub(crate) fn verify_attachments(&self) -> Result<(), Error> {
        for event in self.store.events_of(ATTACHED)? {
            // Of whom was erased nothing can be opened, and nothing needs to be there.
            let Some(streamed) = payload::<Streamed>(&self.store.keys, &event)? else { continue };
            for (_, hash) in streamed.parts.iter().filter(|(field, _)| field == "hash") {
                self.attached(&streamed.stream, hash)?;
            }
        }
        Ok(())
    }
}

impl Desk<'_> {
    /// Whether documents of somebody's file may be opened.
    pub(crate) fn opens_documents(&self, facts: &SubjectFacts) -> bool {
        let decider = self.decider();
        SAYS.iter().all(|group| decider.decide(facts, *group).decision.extent() == 2)
    }

    /// Attaches a document to a child's file (by the id of the child or of one of its records), for who may write notes in it;
    /// or to a tracing request.
    ///
    /// # Errors
    /// As [`Desk::command`]; [`Error::DocumentSize`] when it is empty or too large.
    pub fn attach(&self, file: &str, new: NewAttachment, given: &Given) -> Result<Done, Error> {
        let size = new.bytes.len();
        if size == 0 || size > LARGEST_ATTACHMENT {
            return Err(Error::DocumentSize(size));
        }
        let fact = Fact::Attached {
            about: new.about,
            hash: hash_of(&new.bytes),
            name: new.name.clone(),
            media_type: new.media_type.clone(),
        };
        let stream = match file.parse() {
            Ok(request @ StreamId::Tracing(_)) => self.may_trace(request, &[fact]).map(|()| request)?,
            _ => self.stream_for(file, &[fact])?,
        };
        self.case.carry_attachment(stream, new, given, &self.seat().stamp())
    }

    /// A document of a child's file, by the hash that the file shows, for who is shown in full whatever it may say; or of a
    /// tracing request, for who may open one. The reading is written down.
    ///
    /// # Errors
    /// [`Error::Denied`] for who may not open the file; [`Error::Document`] when the bytes are not what was attached.
    pub fn attachment(&self, file: &str, hash: &str) -> Result<Option<Attachment>, Error> {
        let (file, subjects) = match file.parse() {
            Ok(request @ StreamId::Tracing(_)) => (self.tracing(request)?, vec![request.to_string()]),
            _ => {
                let Some(person) = self.person(file)? else { return Ok(None) };
                if !person.opens_documents {
                    let facts = self.facts(file)?;
                    return Err(self.refuse_id(
                        Refusal::NotGranted,
                        "document",
                        Some(file),
                        facts.as_ref(),
                    )?);
                }
                let subjects = person.records.iter().map(|record| record.id.to_string()).collect();
                (person.casework.map(Reduced::into_inner), subjects)
            }
        };
        let Some(file) = file else { return Ok(None) };
        let Some((name, media_type)) = named(&file, hash) else { return Ok(None) };
        let bytes = self.case.attached(&file.stream.to_string(), hash)?;
        self.write_seen(wire::FILE_READ, &self.seen(subjects, "document", 1, None))?;
        Ok(bytes.map(|bytes| Attachment { name, media_type, bytes }))
    }
}

/// Refuses the fact that a document was attached without the document.
pub(crate) fn with_its_bytes(facts: &[Fact]) -> Result<(), Error> {
    match facts.iter().any(|fact| matches!(fact, Fact::Attached { .. })) {
        true => Err(Error::DocumentAlone),
        false => Ok(()),
    }
}

/// What a file says of a document: the newest time that these bytes were attached.
fn named(file: &CaseFile, hash: &str) -> Option<(String, String)> {
    let mut entries = file.entries.iter().rev().filter(|entry| entry.kind == ATTACHED);
    entries.find_map(|entry| {
        let part = |name: &str| {
            let (_, value) = entry.fields.iter().find(|(field, _)| field == name)?;
            Some(value.clone())
        };
        (part("hash")? == hash).then_some((part("name")?, part("media_type")?))
    })
}
