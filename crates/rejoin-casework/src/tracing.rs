//! A tracing request: somebody looks for somebody. It is a case of its own, for it begins before anybody knows
//! which child is meant, and one request may seek several.

use crate::StreamId;
use crate::dossier::Dossier;
use crate::fact::Fact;
use crate::refusal::{Refusal, said};
use crate::stamp::{Context, Stamp};
use crate::stream::TracingId;
use crate::word::{Priority, TracingOutcome, TracingStatus};
use rejoin_model::{RecordId, Relation};

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Who asks, if a record is that person's.
    pub inquirer: Option<RecordId>,
    /// Who asks, in words.
    pub inquirer_words: String,
    /// The sought who have a record.
    pub sought: Vec<RecordId>,
    /// The sought in words.
    pub sought_words: Vec<String>,
    /// What the inquirer is to the sought.
    pub relation: Relation,
    /// How soon.
    pub priority: Priority,
    /// The organisation that took the request.
    pub organisation: String,
    /// A message for the sought.
    pub message: Option<String>,
    /// Who took it, and when.
    pub received: Stamp,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// The outcome.
    pub outcome: TracingOutcome,
    /// Why.
    pub reason: String,
    /// The request that it repeats.
    pub duplicate_of: Option<StreamId>,
    /// Who closed it, and when.
    pub closed: Stamp,
}

/// A tracing request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TracingCase {
    id: TracingId,
    version: u64,
    status: Option<TracingStatus>,
    request: Option<Request>,
    ending: Option<Ending>,
    opened_at: Option<i64>,
    dossier: Dossier,
}

impl TracingCase {
    /// Before anything is known.
    pub fn new(id: TracingId) -> Self {
        Self {
            id,
            version: 0,
            status: None,
            request: None,
            ending: None,
            opened_at: None,
            dossier: Dossier::default(),
        }
    }

    /// Its name.
    pub fn id(&self) -> TracingId {
        self.id
    }

    /// How many facts it is made of.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Where it stands; `None`: nothing was received.
    pub fn status(&self) -> Option<TracingStatus> {
        self.status
    }

    /// What was asked.
    pub fn request(&self) -> Option<&Request> {
        self.request.as_ref()
    }

    /// How it ended; kept when it is reopened, until it ends again.
    pub fn ending(&self) -> Option<&Ending> {
        self.ending.as_ref()
    }

    /// When work on it last began.
    pub fn opened_at(&self) -> Option<i64> {
        self.opened_at
    }

    /// Assignments, notes, files, attempts.
    pub fn dossier(&self) -> &Dossier {
        &self.dossier
    }

    pub(crate) fn check(&self, asked: &Fact, context: &Context) -> Result<Vec<Fact>, Refusal> {
        use TracingStatus::{Closed, Dormant, Open, Received, Screened};
        let not_now = || {
            let status = self.status.map_or(("not received", "no recibida"), |at| (at.word(), at.spanish()));
            let what = ("the tracing request", "la solicitud de búsqueda");
            Err(Refusal::NotNow { what, status, asked: asked.kind() })
        };
        if self.status.is_some()
            && let Some(checked) = self.dossier.check(asked, context)
        {
            return checked;
        }
        match (asked, self.status) {
            (
                Fact::TracingReceived {
                    inquirer_words, sought, sought_words, organisation, inquirer, ..
                },
                None,
            ) => {
                if inquirer.is_none() {
                    said("inquirer", inquirer_words)?;
                }
                if sought.is_empty() && sought_words.iter().all(|words| words.trim().is_empty()) {
                    return Err(Refusal::Missing("sought"));
                }
                said("organisation", organisation)?;
            }
            (Fact::TracingScreened { note }, Some(Received)) => said("note", note)?,
            (Fact::TracingOpened { note }, Some(Screened | Dormant)) => said("note", note)?,
            (Fact::TracingSoughtAdded { sought, words }, Some(Received | Screened | Open | Dormant)) => {
                if sought.is_none() {
                    said("words", words)?;
                }
            }
            (Fact::TracingPrioritySet { reason, .. }, Some(Received | Screened | Open | Dormant)) => {
                said("reason", reason)?;
            }
            (Fact::TracingDormant { reason }, Some(Open)) => {
                said("reason", reason)?;
                let tried = |since| self.dossier.contacts.iter().any(|one| one.recorded.at >= since);
                if !self.opened_at.is_some_and(tried) {
                    return Err(Refusal::NoContactTried);
                }
            }
            (Fact::TracingClosed { outcome, reason, duplicate_of }, Some(at)) if at != Closed => {
                // Nothing is found before anybody looked.
                if *outcome == TracingOutcome::Found && !matches!(at, Open | Dormant) {
                    return not_now();
                }
                said("reason", reason)?;
                if *outcome == TracingOutcome::Duplicate
                    && !matches!(duplicate_of, Some(StreamId::Tracing(other)) if *other != self.id)
                {
                    return Err(Refusal::NoOriginal);
                }
            }
            (Fact::TracingReopened { reason }, Some(Closed)) => said("reason", reason)?,
            _ => return not_now(),
        }
        Ok(vec![asked.clone()])
    }

    pub(crate) fn apply(&mut self, fact: &Fact, context: &Context) {
        self.version += 1;
        self.dossier.apply(fact, context);
        match fact {
            Fact::TracingReceived {
                inquirer,
                inquirer_words,
                sought,
                sought_words,
                relation,
                priority,
                organisation,
                message,
            } => {
                self.status = Some(TracingStatus::Received);
                self.request = Some(Request {
                    inquirer: *inquirer,
                    inquirer_words: inquirer_words.clone(),
                    sought: sought.clone(),
                    sought_words: sought_words.clone(),
                    relation: *relation,
                    priority: *priority,
                    organisation: organisation.clone(),
                    message: message.clone(),
                    received: context.stamp(),
                });
            }
            Fact::TracingScreened { .. } => self.status = Some(TracingStatus::Screened),
            Fact::TracingOpened { .. } | Fact::TracingReopened { .. } => {
                self.status = Some(TracingStatus::Open);
                self.opened_at = Some(context.at_micros);
            }
            Fact::TracingSoughtAdded { sought, words } => {
                if let Some(request) = &mut self.request {
                    request.sought.extend(*sought);
                    if !words.trim().is_empty() {
                        request.sought_words.push(words.clone());
                    }
                }
            }
            Fact::TracingPrioritySet { priority, .. } => {
                if let Some(request) = &mut self.request {
                    request.priority = *priority;
                }
            }
            Fact::TracingDormant { .. } => self.status = Some(TracingStatus::Dormant),
            Fact::TracingClosed { outcome, reason, duplicate_of } => {
                self.status = Some(TracingStatus::Closed);
                self.ending = Some(Ending {
                    outcome: *outcome,
                    reason: reason.clone(),
                    duplicate_of: *duplicate_of,
                    closed: context.stamp(),
                });
            }
            _ => {}
        }
    }
}
