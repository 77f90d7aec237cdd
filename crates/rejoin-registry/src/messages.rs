//! What a family says with its card, without an account: how it can be reached. Whoever has a code learns that the
//! registry has the record and whom to call, and nothing that the card does not say; who has none learns nothing.

use crate::desk::Desk;
use crate::receipts::Contact;
use crate::{Case, Error, Stamp};
use rejoin_access::{Decider, FieldGroup, Lens, Reduced};

/// What a stream of messages is called before the record's id.
const STREAM: &str = "message:";
/// The kind of a message's event.
pub(crate) const LEFT: &str = "contact-left";
/// Who leaves a message: whoever has the card.
const BEARER: &str = "card";
/// As much as somebody may say at a time, in letters.
const LONGEST: usize = 1000;
/// Messages of one record that nobody could have meant to leave.
const MOST: u64 = 50;

/// What a card's bearer is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardStanding {
    /// When the card was made: microseconds since 1970-01-01 UTC.
    pub at_micros: i64,
    /// Whom to call.
    pub contact: Contact,
    /// How many messages were left with this card's record.
    pub messages: u64,
}

/// A message that somebody left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Position in the ledger.
    pub sequence: u64,
    /// When: microseconds since 1970-01-01 UTC.
    pub at_micros: i64,
    /// How to reach them.
    pub reach: String,
    /// What they say.
    pub words: String,
}

impl Case {
    /// What a card's bearer is told; nothing when the code is none of this case, or the person was erased: the two are one.
    /// `address` is that of [`rejoin_accounts::attempts::source`], by which guesses are counted.
    ///
    /// # Errors
    /// [`Error::TryLater`] for one who asks too often; [`Error::Code`] when a character is missing or was misread.
    pub fn card_standing(&self, typed: &str, address: &str, now: i64) -> Result<Option<CardStanding>, Error> {
        // A right code counts like a wrong one, or the count itself would tell.
        self.keeper.calls.stranger(address, now)?;
        let Some(found) = self.find_receipt(typed)? else { return Ok(None) };
        let messages = self.store.version(&format!("{STREAM}{}", found.record))?;
        Ok(Some(CardStanding { at_micros: found.at_micros, contact: self.receipt_contact()?, messages }))
    }

    /// Leaves a message with a card's record: an event, sealed for the record. `false` when the code is none.
    ///
    /// # Errors
    /// As [`Case::card_standing`]; [`Error::Refused`] for a message that says nothing, or too much.
    pub fn leave_message(
        &self,
        typed: &str,
        address: &str,
        reach: &str,
        words: &str,
        now: i64,
    ) -> Result<bool, Error> {
        self.keeper.calls.stranger(address, now)?;
        let (reach, words) = (reach.trim(), words.trim());
        if reach.is_empty() || reach.chars().count() + words.chars().count() > LONGEST {
            return Err(Error::Refused(format!("say how you can be reached, in at most {LONGEST} letters")));
        }
        let Some(found) = self.find_receipt(typed)? else { return Ok(false) };
        let stream = format!("{STREAM}{}", found.record);
        let change = self.store.begin()?;
        if self.store.version(&stream)? >= MOST {
            return Err(Error::Refused("there are many messages already: please call".into()));
        }
        let parts = vec![("reach".to_owned(), reach.to_owned()), ("words".to_owned(), words.to_owned())];
        let stamp = Stamp { at_micros: now, actor: BEARER.into() };
        change.append_stream(&stamp, &stream, LEFT, &[&found.record.to_string()], parts)?;
        change.commit()?;
        Ok(true)
    }
}

fn cut(lens: &Lens<'_>, message: &Message) -> Message {
    let show = |words: &str| lens.whole(FieldGroup::Contact, words.to_owned()).unwrap_or_default();
    Message { reach: show(&message.reach), words: show(&message.words), ..message.clone() }
}

impl Desk<'_> {
    /// Messages that a person's family left with its cards, newest first, for who sees how the person can be reached.
    ///
    /// # Errors
    /// When the case cannot be read.
    pub fn messages(&self, id: &str) -> Result<Vec<Reduced<Message>>, Error> {
        let found = self.facts(id)?;
        let decider: Decider<'_> = self.decider();
        // Of somebody hidden no more is read than of nobody.
        let Some(facts) = found.filter(|facts| decider.sees(facts)) else { return Ok(Vec::new()) };
        let mut messages = Vec::new();
        for record in &facts.records {
            for event in self.case.store.read_stream(&format!("{STREAM}{record}"))? {
                let message = Message {
                    sequence: event.event.sequence,
                    at_micros: event.event.at_micros,
                    reach: event.part("reach").unwrap_or_default().to_owned(),
                    words: event.part("words").unwrap_or_default().to_owned(),
                };
                if decider.decide(&facts, FieldGroup::Contact).decision.extent() == 2 {
                    messages.extend(decider.view(&facts, &message, cut));
                }
            }
        }
        messages.sort_by_key(|message| std::cmp::Reverse(message.sequence));
        Ok(messages)
    }
}
