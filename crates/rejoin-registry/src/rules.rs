//! Rules about single people that stand above roles: what must not be disclosed to whom, and who broke the glass. They
//! are events of one stream, each sealed for the person's record: erased with it.

use crate::keys::{hex, random};
use crate::streams::StreamEvent;
use crate::{Case, Error, Stamp};
use rejoin_access::{DoNotDisclose, Emergency, FieldGroup, Protected, Recipient, Rules, Withheld};
use rejoin_model::{Field, PersonId, RecordId};
use std::collections::BTreeMap;

pub(crate) const STREAM: &str = "rules";
const WITHHELD: &str = "disclosure-withheld";
const RELEASED: &str = "disclosure-released";
const BROKEN: &str = "glass-broken";
const REVIEWED: &str = "emergency-reviewed";

/// Whether events of a kind are about rules and emergencies.
pub(crate) fn is_kind(kind: &str) -> bool {
    [WITHHELD, RELEASED, BROKEN, REVIEWED].contains(&kind)
}

/// A do-not-disclose rule that somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withholding {
    /// What: `all`, or groups and fields by their words, separated by commas.
    pub fields: String,
    /// From whom: `anyone`, `role:ID`, `organisation:ID`, `account:ID` or `person:ID`.
    pub recipient: String,
    /// Why. Never shown to the recipient.
    pub reason: String,
    /// Until when, microseconds since 1970-01-01 UTC; none: until it is released.
    pub until: Option<i64>,
}

fn withheld(said: &str) -> Result<Withheld, Error> {
    if said.trim() == "all" {
        return Ok(Withheld::All);
    }
    let words: Vec<&str> = said.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    let groups: Option<_> = words.iter().map(|word| FieldGroup::from_word(word)).collect();
    let fields: Option<_> = words.iter().map(|word| Field::from_word(word)).collect();
    match (groups, fields) {
        _ if words.is_empty() => Err(Error::Refused("say what is withheld: `all`, groups or fields".into())),
        (Some(groups), _) => Ok(Withheld::Groups(groups)),
        (None, Some(fields)) => Ok(Withheld::Fields(fields)),
        (None, None) => {
            let known: Vec<&str> = FieldGroup::ALL.iter().map(|group| group.word()).collect();
            Err(Error::Refused(format!(
                "{said:?}: neither groups nor fields, or both in one rule; the groups are: {}",
                known.join(", ")
            )))
        }
    }
}

fn recipient(said: &str) -> Result<Recipient, Error> {
    let refuse = || {
        Error::Refused(format!(
            "{said:?} is no recipient: anyone, role:ID, organisation:ID, account:ID or person:ID"
        ))
    };
    if said == "anyone" {
        return Ok(Recipient::Anyone);
    }
    let (kind, id) = said.split_once(':').ok_or_else(refuse)?;
    if id.trim() != id || id.is_empty() {
        return Err(refuse());
    }
    Ok(match kind {
        "role" => Recipient::Role(id.into()),
        "organisation" => Recipient::Organisation(id.into()),
        "account" => Recipient::Account(id.into()),
        "person" => Recipient::Person(id.parse().map_err(|_| refuse())?),
        _ => return Err(refuse()),
    })
}

fn part<'a>(event: &'a StreamEvent, name: &str) -> &'a str {
    event.part(name).unwrap_or_default()
}

impl Case {
    /// What the rules are as of: how far their stream has come, and when people were linked last.
    pub(crate) fn rules_version(&self) -> Result<[u64; 2], Error> {
        Ok([self.store.version(STREAM)?, self.store.derived_at("people")?.unwrap_or(0)])
    }

    /// Every rule, as its events made it.
    pub(crate) fn rules(&self) -> Result<Rules, Error> {
        let mut withholding: BTreeMap<String, DoNotDisclose> = BTreeMap::new();
        let mut emergencies: BTreeMap<String, Emergency> = BTreeMap::new();
        for event in self.store.read_stream(STREAM)? {
            let id = part(&event, "id").to_owned();
            let record: Option<RecordId> = part(&event, "record").parse().ok();
            let until = event.part("until").and_then(|until| until.parse().ok());
            match (event.event.kind.as_str(), record) {
                (WITHHELD, Some(record)) => {
                    let rule = DoNotDisclose {
                        id: id.clone(),
                        // A rule over a record covers whoever the record is linked to, now and later.
                        subject: Protected::Record(record),
                        // What cannot be read any more withholds everything from everybody.
                        fields: withheld(part(&event, "fields")).unwrap_or(Withheld::All),
                        recipient: recipient(part(&event, "recipient")).unwrap_or(Recipient::Anyone),
                        reason: part(&event, "reason").into(),
                        placed_by: event.event.actor.clone(),
                        from: event.event.at_micros,
                        until,
                    };
                    withholding.insert(id, rule);
                }
                (RELEASED, _) => drop(withholding.remove(&id)),
                (BROKEN, Some(record)) => {
                    let emergency = Emergency {
                        id: id.clone(),
                        account: event.event.actor.clone(),
                        subject: self.person_of_record(record)?,
                        reason: part(&event, "reason").into(),
                        from: event.event.at_micros,
                        until: until.unwrap_or(event.event.at_micros),
                        reviewed: None,
                    };
                    emergencies.insert(id, emergency);
                }
                (REVIEWED, _) => {
                    if let Some(emergency) = emergencies.get_mut(&id) {
                        emergency.reviewed = Some(event.event.at_micros);
                        if part(&event, "stopped") == "yes" {
                            emergency.until = emergency.until.min(event.event.at_micros);
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(Rules::new(withholding.into_values(), emergencies.into_values()))
    }

    /// Emergencies and whether somebody reviewed them: (id, who, whose record, reason, until, reviewed).
    pub(crate) fn emergencies(&self) -> Result<Vec<(Emergency, RecordId)>, Error> {
        let mut out: Vec<(Emergency, RecordId)> = Vec::new();
        for event in self.store.read_stream(STREAM)? {
            let id = part(&event, "id");
            if event.event.kind == BROKEN
                && let Ok(record) = part(&event, "record").parse()
            {
                let emergency = Emergency {
                    id: id.to_owned(),
                    account: event.event.actor.clone(),
                    subject: self.person_of_record(record)?,
                    reason: part(&event, "reason").into(),
                    from: event.event.at_micros,
                    until: event.part("until").and_then(|until| until.parse().ok()).unwrap_or(0),
                    reviewed: None,
                };
                out.push((emergency, record));
            } else if event.event.kind == REVIEWED
                && let Some((emergency, _)) = out.iter_mut().find(|(emergency, _)| emergency.id == id)
            {
                emergency.reviewed = Some(event.event.at_micros);
            }
        }
        Ok(out)
    }

    pub(crate) fn withhold(
        &self,
        person: PersonId,
        asked: &Withholding,
        stamp: &Stamp,
    ) -> Result<String, Error> {
        withheld(&asked.fields)?;
        // A rule with a slip in its recipient would protect from nobody.
        match recipient(&asked.recipient)? {
            Recipient::Role(id) => drop(self.roles()?.named(&id)?),
            Recipient::Organisation(id) => drop(self.organisations()?.named(&id)?),
            _ => {}
        }
        let mut parts = vec![
            ("fields".to_owned(), asked.fields.clone()),
            ("recipient".to_owned(), asked.recipient.clone()),
            ("reason".to_owned(), reason(&asked.reason)?),
        ];
        parts.extend(asked.until.map(|until| ("until".to_owned(), until.to_string())));
        self.rule_of_everyone(person, WITHHELD, parts, stamp)
    }

    pub(crate) fn break_glass(
        &self,
        person: PersonId,
        why: &str,
        until: i64,
        stamp: &Stamp,
    ) -> Result<String, Error> {
        let parts = vec![("reason".to_owned(), reason(why)?), ("until".to_owned(), until.to_string())];
        self.rule_of_everyone(person, BROKEN, parts, stamp)
    }

    /// A rule about a person: one event, sealed for the record that names the person and, for a rule over what is
    /// withheld, one for each other record, so that it holds when people are parted.
    fn rule_of_everyone(
        &self,
        person: PersonId,
        kind: &str,
        parts: Vec<(String, String)>,
        stamp: &Stamp,
    ) -> Result<String, Error> {
        let id = hex(&random::<5>()?);
        let change = self.store.begin()?;
        let records = self.record_ids(person)?;
        if records.is_empty() {
            return Err(Error::Denied(rejoin_access::Refusal::NotFound.words().0.into()));
        }
        for (at, record) in records.iter().enumerate() {
            if at > 0 && kind == BROKEN {
                break;
            }
            let record = record.to_string();
            let name = if at == 0 { id.clone() } else { format!("{id}.{at}") };
            let mut parts = parts.clone();
            parts.extend([("id".to_owned(), name), ("record".to_owned(), record.clone())]);
            change.append_stream(stamp, STREAM, kind, &[&record], parts)?;
        }
        change.commit()?;
        Ok(id)
    }

    /// Takes a rule back, with all its parts.
    pub(crate) fn release(&self, id: &str, why: &str, stamp: &Stamp) -> Result<(), Error> {
        let why = reason(why)?;
        let events = self.store.read_stream(STREAM)?;
        let change = self.store.begin()?;
        let mut found = false;
        for event in events.iter().filter(|event| event.event.kind == WITHHELD) {
            let name = part(event, "id");
            if name == id || name.strip_prefix(id).is_some_and(|rest| rest.starts_with('.')) {
                found = true;
                let parts = vec![("id".to_owned(), name.to_owned()), ("reason".to_owned(), why.clone())];
                change.append_stream(stamp, STREAM, RELEASED, &[part(event, "record")], parts)?;
            }
        }
        if !found {
            return Err(Error::Refused(format!("there is no rule {id:?}")));
        }
        change.commit()
    }

    /// Somebody looked at what was done in an emergency; `stop` ends it.
    pub(crate) fn review_emergency(
        &self,
        id: &str,
        finding: &str,
        stop: bool,
        stamp: &Stamp,
    ) -> Result<(), Error> {
        let found = self.emergencies()?.into_iter().find(|(emergency, _)| emergency.id == id);
        let Some((emergency, record)) = found else {
            return Err(Error::Refused(format!("there is no emergency {id:?}")));
        };
        if emergency.account == stamp.actor {
            return Err(Error::Denied("an emergency is reviewed by somebody else than its author".into()));
        }
        let parts = vec![
            ("id".to_owned(), id.to_owned()),
            ("finding".to_owned(), reason(finding)?),
            ("stopped".to_owned(), if stop { "yes" } else { "no" }.to_owned()),
        ];
        let change = self.store.begin()?;
        change.append_stream(stamp, STREAM, REVIEWED, &[&record.to_string()], parts)?;
        change.commit()
    }
}

/// A reason that says something.
pub(crate) fn reason(said: &str) -> Result<String, Error> {
    match said.trim() {
        "" => Err(Error::Refused("say why: this is kept with a reason".into())),
        said => Ok(said.to_owned()),
    }
}
