//! What every case has, a child's and a tracing request's alike: who answers for it, notes, files, attempts to reach
//! people.

use crate::fact::Fact;
use crate::refusal::{Refusal, said};
use crate::stamp::{Context, Stamp};
use rejoin_model::RecordId;

/// Who answers for a case, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Account or team.
    pub to: String,
    /// First moment.
    pub from: i64,
    /// Last moment, if it ends.
    pub until: Option<i64>,
}

/// An attempt to reach a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Whom; nobody named: in a tracing request, the inquirer.
    pub person: Option<RecordId>,
    /// When.
    pub when: i64,
    /// How.
    pub channel: String,
    /// Whether the person was reached.
    pub reached: bool,
    /// What came of it.
    pub outcome: String,
    /// Who recorded it, and when.
    pub recorded: Stamp,
}

/// A note. The registry seals it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// About whom, if not about the case.
    pub about: Option<RecordId>,
    /// What it says.
    pub text: String,
    /// Who wrote it, and when.
    pub recorded: Stamp,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Whom it concerns, if not the case.
    pub about: Option<RecordId>,
    /// SHA-256 of its content, in hexadecimal.
    pub hash: String,
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Who added it, and when.
    pub recorded: Stamp,
}

/// Assignments, notes, files, attempts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dossier {
    /// Every assignment there was.
    pub assignments: Vec<Assignment>,
    /// Every attempt to reach somebody.
    pub contacts: Vec<Contact>,
    /// Notes.
    pub notes: Vec<Note>,
    /// Files.
    pub attachments: Vec<Attachment>,
}

impl Dossier {
    /// Who answers for the case at a moment.
    pub fn assigned_at(&self, at: i64) -> Vec<String> {
        let holds = |one: &&Assignment| one.from <= at && one.until.is_none_or(|until| at < until);
        self.assignments.iter().filter(holds).map(|one| one.to.clone()).collect()
    }

    /// The last time that a person was reached; nobody named: anybody.
    pub fn last_reached(&self, person: Option<RecordId>) -> Option<i64> {
        let of = self.contacts.iter().filter(|one| one.reached && (person.is_none() || one.person == person));
        of.map(|one| one.when).max()
    }

    /// `None`: the fact is none of a dossier's.
    pub(crate) fn check(&self, asked: &Fact, context: &Context) -> Option<Result<Vec<Fact>, Refusal>> {
        let checked = match asked {
            Fact::Assigned { to, from, until } => said("to", to).and_then(|()| {
                if until.is_some_and(|until| until <= *from) { Err(Refusal::PeriodBackwards) } else { Ok(()) }
            }),
            Fact::Unassigned { to, reason } => said("reason", reason).and_then(|()| {
                let there = self
                    .assignments
                    .iter()
                    .any(|one| one.to == *to && one.until.is_none_or(|until| context.at_micros < until));
                if there { Ok(()) } else { Err(Refusal::NotAssigned) }
            }),
            Fact::ContactTried { when, channel, outcome, .. } => said("channel", channel)
                .and_then(|()| said("outcome", outcome))
                .and_then(|()| context.happened(*when)),
            Fact::NoteAdded { text, .. } => said("text", text),
            Fact::Attached { hash, name, media_type, .. } => {
                let digits = hash.len() == 64
                    && hash.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
                said("name", name).and_then(|()| said("media_type", media_type)).and(if digits {
                    Ok(())
                } else {
                    Err(Refusal::NotAHash)
                })
            }
            _ => return None,
        };
        Some(checked.map(|()| vec![asked.clone()]))
    }

    pub(crate) fn apply(&mut self, fact: &Fact, context: &Context) {
        let recorded = context.stamp();
        match fact {
            Fact::Assigned { to, from, until } => {
                self.assignments.push(Assignment { to: to.clone(), from: *from, until: *until });
            }
            Fact::Unassigned { to, .. } => {
                // An assignment that is still to come ends where it would have begun: it never held.
                let ends = |one: &&mut Assignment| {
                    one.to == *to && one.until.is_none_or(|until| context.at_micros < until)
                };
                for one in self.assignments.iter_mut().filter(ends) {
                    one.until = Some(context.at_micros.max(one.from));
                }
            }
            Fact::ContactTried { person, when, channel, reached, outcome } => self.contacts.push(Contact {
                person: *person,
                when: *when,
                channel: channel.clone(),
                reached: *reached,
                outcome: outcome.clone(),
                recorded,
            }),
            Fact::NoteAdded { about, text } => {
                self.notes.push(Note { about: *about, text: text.clone(), recorded });
            }
            Fact::Attached { about, hash, name, media_type } => self.attachments.push(Attachment {
                about: *about,
                hash: hash.clone(),
                name: name.clone(),
                media_type: media_type.clone(),
                recorded,
            }),
            _ => {}
        }
    }
}
