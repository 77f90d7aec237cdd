//! Registering one person by hand: a row of a list that the organisation keeps here. It enters as a delivery of one row,
//! so that it is linked, matched, corrected and erased like any other. And drafts: what somebody is still typing.

use crate::database::values;
use crate::desk::Desk;
use crate::import::{Extent, ImportRequest};
use crate::{Case, Error, keys};
use rejoin_access::{Action, Refusal};
use rejoin_casework::{StreamId, TracingId};
use rejoin_ingest::Mapping;
use rejoin_ingest::mapping::Column;
use rejoin_model::{Field, ListKind, RecordId, Subject};

/// How long a draft is kept, in microseconds: thirty days.
const KEPT: i64 = 30 * rejoin_accounts::DAY;
/// As long as a draft may be, in bytes.
const LONGEST: usize = 64 * 1024;
/// Under which key drafts are sealed; they are no part of the ledger.
const DRAFTS: &str = "drafts";

/// Somebody to be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// A child that is looked after ([`ListKind::ShelterStay`]), or somebody who looks for a child
    /// ([`ListKind::TracingRequest`]).
    pub kind: ListKind,
    /// What was said, field by field, as it was said.
    pub values: Vec<(Field, String)>,
    /// What no field is for: what it is about, and the words.
    pub words: Vec<(String, String)>,
    /// The form's own key: sent again with it, nobody is registered twice. May be empty.
    pub key: String,
}

impl Desk<'_> {
    /// Registers somebody in the list that the actor's organisation keeps by hand; gives the record.
    ///
    /// # Errors
    /// [`Error::Denied`] for who may neither open requests nor deliver lists; [`Error::Refused`] when nothing is said.
    pub fn register(&self, who: &Registration) -> Result<RecordId, Error> {
        let actor = &self.seat().actor;
        if !actor.has(Action::OpenRequest) && !actor.has(Action::Import) {
            return Err(self.refuse(Refusal::NotGranted, "register", None)?);
        }
        if who.values.is_empty() && who.words.is_empty() {
            return Err(Error::Refused("there is nothing to register".into()));
        }
        // The number is the form's key, so that a form that comes twice is one row.
        let number = match who.key.is_empty() {
            true => keys::hex(&keys::random::<8>()?),
            false => self.case.store.keys.token("registration", &format!("{} {}", actor.account, who.key))?,
        };
        let words: Vec<String> = who.words.iter().map(|(about, said)| format!("{about}: {said}")).collect();
        let mut cells: Vec<(Field, String)> = vec![(Field::RecordNumber, number)];
        cells.extend(who.values.iter().cloned());
        if !words.is_empty() {
            cells.push((Field::Note, words.join("; ")));
        }
        let line = |cells: Vec<String>| {
            let quoted = cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\"")));
            quoted.collect::<Vec<_>>().join(",")
        };
        let heads = line(cells.iter().map(|(field, _)| field.word().to_owned()).collect());
        let row = line(cells.iter().map(|(_, said)| said.clone()).collect());
        let bytes = format!("{heads}\r\n{row}\r\n").into_bytes();
        let subject = match who.kind {
            ListKind::ShelterStay => Subject::Child,
            _ => Subject::Adult,
        };
        let organisation = actor.organisation.id();
        let list = format!("registered-{}-{organisation}", who.kind.word());
        let mapping = Mapping {
            preset: None,
            title: String::new(),
            title_es: String::new(),
            kind: who.kind.word().into(),
            subject: subject.word().into(),
            agency: organisation.into(),
            list,
            date_order: "ymd".into(),
            key: vec![Field::RecordNumber.word().into()],
            separations: false,
            source: String::new(),
            column: cells
                .iter()
                .map(|(field, _)| Column { field: field.word().into(), names: vec![field.word().into()] })
                .collect(),
            code: Vec::new(),
            places: rejoin_ingest::mapping::Places::default(),
        };
        let request = ImportRequest {
            name: "registered here",
            bytes: &bytes,
            mapping: Some(mapping.clone()),
            extent: Extent::Part,
        };
        // Its own list, of its own organisation: that it is one row and adds only is seen to above.
        let action = if actor.has(Action::OpenRequest) { Action::OpenRequest } else { Action::Import };
        let leave = self.leave(action, None)?;
        let preview = Case::preview(&request)?;
        self.case.carry_import(&leave, &request, preview, &|_, _, _| {})?;
        let refuse = |source| Error::Mapping { name: "registered here".into(), source };
        let columns: Vec<String> = cells.iter().map(|(field, _)| field.word().to_owned()).collect();
        let interpreter = rejoin_ingest::Interpreter::new(&mapping, &columns).map_err(refuse)?;
        Ok(interpreter.id(&cells.into_iter().map(|(_, said)| said).collect::<Vec<_>>(), 0))
    }

    /// A new tracing request's own id.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn new_request(&self) -> Result<StreamId, Error> {
        Ok(StreamId::Tracing(TracingId::from_bytes(keys::random::<10>()?)))
    }

    /// Keeps what the actor is typing into a form, for thirty days, sealed; without fields it is forgotten.
    ///
    /// # Errors
    /// [`Error::Refused`] when it is too long.
    pub fn keep_draft(&self, form: &str, typed: &[(String, String)]) -> Result<(), Error> {
        let id = self.draft_id(form);
        let now = self.seat().at_micros;
        let database = &self.case.store.database;
        let text = serde_json::to_string(typed).map_err(|error| Error::Refused(error.to_string()))?;
        if text.len() > LONGEST {
            return Err(Error::Refused("that is too long for a draft".into()));
        }
        let change = self.case.store.begin()?;
        database.execute("DELETE FROM ceremony WHERE id = ?1 OR until <= ?2", values![&id, now])?;
        if typed.iter().any(|(_, said)| !said.is_empty()) {
            let sealed = self.case.store.keys.seal("draft", &[DRAFTS], text.as_bytes())?;
            let sql = "INSERT INTO ceremony (id, until, sealed) VALUES (?1, ?2, ?3)";
            database.execute(sql, values![&id, now.saturating_add(KEPT), &sealed])?;
        }
        change.commit()
    }

    /// What the actor was typing into a form.
    ///
    /// # Errors
    /// When the case cannot be read.
    pub fn draft(&self, form: &str) -> Result<Option<Vec<(String, String)>>, Error> {
        let sql = "SELECT sealed FROM ceremony WHERE id = ?1 AND until > ?2";
        let values = values![self.draft_id(form), self.seat().at_micros];
        let sealed: Option<Vec<u8>> = self.case.store.database.first(sql, values, |row| row.get(0))?;
        let Some(sealed) = sealed else { return Ok(None) };
        match self.case.store.keys.open_sealed("draft", &sealed)? {
            keys::Opened::Plain(plain) => Ok(serde_json::from_slice(&plain).ok()),
            keys::Opened::NoKey(_) => Ok(None),
        }
    }

    fn draft_id(&self, form: &str) -> String {
        format!("draft:{}:{form}", self.seat().actor.account)
    }
}
