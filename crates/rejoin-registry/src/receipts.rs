//! Receipts: what a family takes along. Each is an event that says nothing by itself (a commitment), and a card whose code
//! leads to the record and whose text proves it. The way from code to record is derived, kept under a keyed digest of the
//! code and sealed for the record: whoever has the database alone can neither list codes nor follow one, and erasing the
//! person erases the way. The proof needs none of it: the card has everything but the public key.

use crate::change::{Change, bytes};
use crate::database::values;
use crate::keys;
use crate::ledger::{chain_at, head_at, inclusion, root_of_events, sign};
use crate::orders::Leave;
use crate::project::{StoredEvent, payload};
use crate::store::{EVENT, Store};
use crate::wire::{self, Streamed};
use crate::{Case, Error};
use rejoin_ledger::Envelope;
use rejoin_ledger::note::TreeHead;
use rejoin_ledger::receipt::{self, Proven, Receipt, ReceiptError};
use rejoin_model::{Field, ListKind, PersonId, Precision, Record, RecordId, Subject};
use std::collections::BTreeSet;

/// The file of the case's directory that says whom families are to call.
const CONTACT: &str = "receipt.toml";
/// As much as a line of a card holds.
const LINE: usize = 48;

/// Letters and digits of codes: none is taken for another, and without vowels no code is a word. Their number is prime,
/// so that the check character finds every misread character and every two that changed places.
const ALPHABET: &[u8; 23] = b"346789CDFGHJKMNPQRTVWXY";
/// Characters of a code; the last checks the others.
const LENGTH: usize = 10;
/// Where a code is parted to be read aloud.
const GROUPS: [usize; 2] = [3, 7];

/// Whom a family is to call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contact {
    /// Who answers.
    pub organisation: Option<String>,
    /// At which number.
    pub phone: Option<String>,
    /// At which address.
    pub email: Option<String>,
}

/// For whom a receipt is asked.
#[derive(Debug, Clone)]
pub struct ReceiptRequest {
    /// A record or a person.
    pub id: String,
    /// Whom to call.
    pub contact: Contact,
    /// The family chose to have the initials on the card.
    pub initials: bool,
}

/// A receipt, to be printed. Its random number is nowhere else: a lost card is replaced by a new receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedReceipt {
    /// For whom.
    pub person: PersonId,
    /// The record that the card speaks of, and is erased with.
    pub record: RecordId,
    /// The case code.
    pub code: String,
    /// The text printed on the card, to the letter; lines are parted by line feeds.
    pub statement: String,
    /// The event's position.
    pub sequence: u64,
    /// What the QR code holds.
    pub text: String,
}

/// Where a code leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundReceipt {
    /// The code, as it is printed.
    pub code: String,
    /// The record, and whom it is linked to now.
    pub record: RecordId,
    /// The person.
    pub person: PersonId,
    /// The position of the event that a card proves.
    pub sequence: u64,
    /// When it was issued: microseconds since 1970-01-01 UTC.
    pub at_micros: i64,
    /// By whom.
    pub actor: String,
    /// The text that was printed.
    pub statement: String,
}

/// Whether a ledger still has what a receipt proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It has the event, and continues the checkpoint that the receipt carries.
    Stands,
    /// It has fewer events than were signed.
    CutShort,
    /// It has other events than were signed.
    Rewritten,
}

/// What a receipt proves, and what the case says to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenReceipt {
    /// What is proven, by the case's key alone.
    pub proven: Proven,
    /// The code on the card.
    pub code: String,
    /// Whether the ledger still has it.
    pub standing: Standing,
    /// Where the code leads; nowhere when the person was erased or the table is not what it was.
    pub found: Option<FoundReceipt>,
}

/// The way from a code to a record.
pub(crate) struct Link {
    pub record: String,
    /// The position of the event with the commitment.
    pub event: u64,
}

impl Link {
    /// The code and the way, as the parts of an event say them.
    pub fn of(parts: &[(String, String)]) -> Option<(String, Self)> {
        let part = |name: &str| parts.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone());
        Some((part("code")?, Self { record: part("record")?, event: part("event")?.parse().ok()? }))
    }

    /// As one text, the same from an event and from the table.
    pub fn line(&self) -> String {
        format!("{} {}", self.record, self.event)
    }
}

/// Derives the way from a code to its record.
pub(crate) fn project(change: &Change<'_>, sequence: u64, parts: &[(String, String)]) -> Result<(), Error> {
    let Some((code, link)) = Link::of(parts) else { return Ok(()) };
    let token = change.keys().token("receipt", &code)?;
    let sealed = change.keys().seal("receipt", &[&link.record], &bytes(&(&link.record, link.event)))?;
    change.store().database.execute(
        "INSERT INTO receipt (token, event, sealed) VALUES (?1, ?2, ?3)",
        values![token, sequence, &sealed],
    )
}

/// The ways as the table has them, in order.
pub(crate) fn lines(store: &Store) -> Result<Vec<String>, Error> {
    store.lines("SELECT token, event, sealed FROM receipt ORDER BY token", |row| {
        let link: Option<(String, u64)> = store.open_texts("receipt", &row.get::<Vec<u8>>(2)?)?;
        let link = link.map(|(record, event)| Link { record, event }.line()).unwrap_or_default();
        Ok(format!("{} {} {link}", row.get::<String>(0)?, row.get::<i64>(1)?))
    })
}

/// What the check character is: the weighted sum of all is a multiple of the alphabet's size.
fn check_character(digits: &[usize]) -> usize {
    let size = ALPHABET.len();
    let sum: usize = digits.iter().enumerate().map(|(at, digit)| (at + 2) * digit).sum();
    // Its own weight is 1.
    (size - sum % size) % size
}

fn shown(digits: &[usize]) -> String {
    let mut code = String::with_capacity(LENGTH + GROUPS.len());
    for (at, digit) in digits.iter().enumerate() {
        if GROUPS.contains(&at) {
            code.push('-');
        }
        code.push(char::from(ALPHABET[*digit]));
    }
    code
}

/// A code that nobody can guess: 9 of 23 characters are 40 bits, and only who may ask the case can try one.
fn new_code() -> Result<String, Error> {
    let mut digits = Vec::with_capacity(LENGTH);
    while digits.len() < LENGTH - 1 {
        // Ten times the alphabet: what is above would make some characters likelier.
        let drawn = keys::random::<16>()?.into_iter().map(usize::from).filter(|byte| *byte < 230);
        digits.extend(drawn.map(|byte| byte % ALPHABET.len()).take(LENGTH - 1 - digits.len()));
    }
    digits.push(check_character(&digits));
    Ok(shown(&digits))
}

/// A code as it is printed, from how somebody typed it.
///
/// # Errors
/// When characters are missing, or one was misread.
fn code(typed: &str) -> Result<String, Error> {
    let refuse = |what: &str| Err(Error::Code(format!("{typed:?} {what}")));
    let mut digits = Vec::new();
    for letter in typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '-') {
        let letter = letter.to_ascii_uppercase();
        match ALPHABET.iter().position(|symbol| char::from(*symbol) == letter) {
            Some(digit) => digits.push(digit),
            None => return refuse(&format!("has {letter:?}, which no code has")),
        }
    }
    match digits.split_last() {
        Some((last, others)) if digits.len() == LENGTH => {
            if *last == check_character(others) {
                Ok(shown(&digits))
            } else {
                refuse("has a character that was misread: the last one does not fit the others")
            }
        }
        _ => refuse("is no case code: it has ten letters and digits"),
    }
}

impl Contact {
    /// What is given here, and where nothing is, what the other says.
    pub fn or(self, other: Self) -> Self {
        Self {
            organisation: self.organisation.or(other.organisation),
            phone: self.phone.or(other.phone),
            email: self.email.or(other.email),
        }
    }

    fn check(&self) -> Result<(), Error> {
        let lines = [&self.organisation, &self.phone, &self.email];
        for line in lines.into_iter().flatten() {
            let length = line.chars().count();
            if line.trim() != line || length == 0 || length > LINE || line.contains(char::is_control) {
                return Err(Error::Contact(format!("{line:?} does not fit on a line of {LINE} characters")));
            }
        }
        if self.phone.is_none() && self.email.is_none() {
            return Err(Error::Contact(
                "a card says whom to call: there is neither a number nor an address".into(),
            ));
        }
        Ok(())
    }
}

/// What a card says: what was recorded, in both languages, and nothing that tells who it is but what the family chose.
fn statement(record: &Record, family: usize, contact: &Contact, initials: bool) -> String {
    let day = match record.happened() {
        None => "not recorded / no consta".to_owned(),
        Some(moment) if moment.precision() < Precision::Day => moment.to_string(),
        Some(moment) => moment.date().to_string(),
    };
    let place = match record.kind {
        ListKind::Apprehension => "border station / puesto fronterizo",
        ListKind::ProsecutionReferral => "referral to a court / remisión a un tribunal",
        ListKind::DetentionStint => "detention / detención",
        ListKind::ShelterStay => "children's shelter / albergue de menores",
        ListKind::TracingRequest => "request to find family / solicitud de búsqueda",
    };
    let who = match record.subject {
        Subject::Child => "child / niña o niño",
        Subject::Adult => "adult / persona adulta",
        Subject::Unknown => "age not recorded / edad no registrada",
    };
    let mut lines = vec![
        format!("Recorded / Registrado: {day}"),
        format!("Where / Dónde: {place}"),
        format!("Who / Quién: {who}"),
    ];
    if initials && let Some(initials) = initials_of(record) {
        lines.push(format!("Initials / Iniciales: {initials}"));
    }
    lines.push(format!("Family together / Familia junta: {family}"));
    let called = [
        ("Ask for / Pregunte por", &contact.organisation),
        ("Call / Llame", &contact.phone),
        ("Write / Escriba", &contact.email),
    ];
    lines.extend(called.iter().filter_map(|(name, value)| Some(format!("{name}: {}", value.as_ref()?))));
    lines.join("\n")
}

fn initials_of(record: &Record) -> Option<String> {
    let parts =
        [Field::FullName, Field::GivenNames, Field::Surnames, Field::FirstSurname, Field::SecondSurname];
    let letters: Vec<String> = parts
        .into_iter()
        .filter_map(|field| record.name_of(field))
        .flat_map(|name| name.given.iter().chain(&name.surnames))
        .filter_map(|word| word.chars().find(|letter| letter.is_alphabetic()))
        .map(|letter| format!("{}.", letter.to_uppercase()))
        .take(6)
        .collect();
    (!letters.is_empty()).then(|| letters.join(" "))
}

/// The record of which a card speaks: the earliest of those that know the family unit, else of the border's, else of all.
fn spoken_of(records: &[Record]) -> Option<&Record> {
    records.iter().min_by_key(|record| {
        let happened = record.happened();
        (
            record.identifier(Field::FamilyUnitNumber).is_none(),
            record.kind != ListKind::Apprehension,
            happened.is_none(),
            happened.map(|moment| moment.to_string()),
            record.id,
        )
    })
}

impl Case {
    /// Whom families are to call, as `receipt.toml` of the case's directory says: `organisation`, `phone`, `email`.
    ///
    /// # Errors
    /// [`Error::Contact`] when the file is there and cannot be read.
    pub fn receipt_contact(&self) -> Result<Contact, Error> {
        let text = match std::fs::read_to_string(self.directory.join(CONTACT)) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Contact::default()),
            Err(error) => return Err(Error::Contact(format!("{CONTACT}: {error}"))),
        };
        let mut table: toml::Table = toml::from_str(&text)
            .map_err(|error| Error::Contact(format!("{CONTACT}: {}", error.message())))?;
        let mut take = |name: &str| match table.remove(name) {
            None => Ok(None),
            Some(toml::Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Error::Contact(format!("{CONTACT}: {name} is no text"))),
        };
        let contact =
            Contact { organisation: take("organisation")?, phone: take("phone")?, email: take("email")? };
        match table.keys().next() {
            Some(unknown) => Err(Error::Contact(format!("{CONTACT}: {unknown} means nothing here"))),
            None => Ok(contact),
        }
    }

    /// Everybody who was ever recorded under a family-unit number of a person, the person too.
    pub fn family_of(&self, person: PersonId) -> Result<Vec<PersonId>, Error> {
        let mut tokens: BTreeSet<String> = BTreeSet::new();
        let sql = "SELECT token FROM family_unit WHERE record = ?1";
        for record in self.records(Some(person))? {
            tokens.extend(self.store.database.rows(sql, values![record.id.to_string()], |row| row.get(0))?);
        }
        let mut family = BTreeSet::from([person]);
        let sql = "SELECT record FROM family_unit WHERE token = ?1";
        for token in tokens {
            for record in self.store.database.rows(sql, values![token], |row| row.get::<String>(0))? {
                if let Ok(record) = record.parse() {
                    family.insert(self.person_of_record(record)?);
                }
            }
        }
        Ok(family.into_iter().collect())
    }

    /// Issues receipts, all of them or none, and signs the ledger over them.
    pub(crate) fn carry_receipts(
        &self,
        leave: &Leave,
        requests: &[ReceiptRequest],
    ) -> Result<Vec<IssuedReceipt>, Error> {
        let stamp = &leave.stamp();
        let before = self.store.checkpoint()?;
        let mut wanted = Vec::with_capacity(requests.len());
        for request in requests {
            request.contact.check()?;
            let nobody = || Error::Refused(format!("nobody here has the id {:?}", request.id));
            let named: Option<RecordId> = request.id.parse().ok();
            let person = match (named, request.id.parse()) {
                (Some(record), _) => self.person_of_record(record)?,
                (_, Ok(person)) => person,
                _ => return Err(nobody()),
            };
            let records = self.records(Some(person))?;
            let record = match named {
                Some(id) => records.iter().find(|record| record.id == id),
                None => spoken_of(&records),
            };
            let record = record.ok_or_else(nobody)?;
            let family = self.family_of(person)?.len();
            wanted.push((person, record.id, statement(record, family, &request.contact, request.initials)));
        }
        let change = self.store.begin()?;
        // What was read is what is said of it.
        crate::derive::unchanged(&change, before)?;
        let mut issued = Vec::with_capacity(wanted.len());
        for (person, record, statement) in wanted {
            let code = unused_code(&change)?;
            let mut receipt = Receipt {
                nonce: keys::random::<16>()?,
                statement: receipt::statement(&statement),
                sequence: change.checkpoint()?.size + 1,
                at_micros: stamp.at_micros,
                actor: stamp.actor.clone(),
                previous: change.checkpoint()?.head,
                path: Vec::new(),
                note: String::new(),
                code,
            };
            let commitment = receipt::commitment(&receipt.code, &receipt.nonce, receipt.statement);
            let said = serde_json::json!({ "commitment": commitment.to_string() });
            receipt.sequence = change.append(stamp, wire::RECEIPT_ISSUED, &said)?;
            let parts = vec![
                ("code".to_owned(), receipt.code.clone()),
                ("record".to_owned(), record.to_string()),
                ("event".to_owned(), receipt.sequence.to_string()),
                ("statement".to_owned(), statement.clone()),
            ];
            let stream = format!("receipt:{}", receipt.sequence);
            let recorded = change.append_stream(
                stamp,
                &stream,
                wire::RECEIPT_RECORDED,
                &[&record.to_string()],
                parts.clone(),
            )?;
            project(&change, recorded, &parts)?;
            issued.push((person, record, statement, receipt));
        }
        let note = sign(&change)?;
        let size = change.checkpoint()?.size;
        let key = self.store.verifying_key()?;
        let mut out = Vec::with_capacity(issued.len());
        for (person, record, statement, mut receipt) in issued {
            receipt.path = inclusion(&self.store.database, receipt.sequence, size)?;
            receipt.note.clone_from(&note);
            // A card that proves nothing must not be printed.
            receipt.prove(std::slice::from_ref(&key)).map_err(Error::Receipt)?;
            out.push(IssuedReceipt {
                person,
                record,
                statement,
                sequence: receipt.sequence,
                text: receipt.encode(),
                code: receipt.code,
            });
        }
        change.commit()?;
        Ok(out)
    }

    /// Where a card's code leads; nowhere when it is not one of this case, or the person was erased.
    ///
    /// # Errors
    /// [`Error::Code`] when a character is missing or was misread.
    pub fn find_receipt(&self, typed: &str) -> Result<Option<FoundReceipt>, Error> {
        let code = code(typed)?;
        let token = self.store.keys.token("receipt", &code)?;
        let sql = "SELECT event, sealed FROM receipt WHERE token = ?1";
        let found = self
            .store
            .database
            .first(sql, values![token], |row| Ok((row.get::<u64>(0)?, row.get::<Vec<u8>>(1)?)))?;
        let Some((event, sealed)) = found else { return Ok(None) };
        let link: Option<(String, u64)> = self.store.open_texts("receipt", &sealed)?;
        let Some((record, sequence)) = link else { return Ok(None) };
        let Ok(record) = record.parse::<RecordId>() else { return Ok(None) };
        let Some(event) = event_at(&self.store, event)? else { return Ok(None) };
        let Some(said) = payload::<Streamed>(&self.store.keys, &event)? else { return Ok(None) };
        let statement = said.parts.into_iter().find(|(name, _)| name == "statement");
        Ok(Some(FoundReceipt {
            person: self.person_of_record(record)?,
            record,
            sequence,
            at_micros: event.at_micros,
            actor: event.actor,
            statement: statement.map(|(_, text)| text).unwrap_or_default(),
            code,
        }))
    }

    /// Proves the text of a card's QR code by the case's key, and says whether the ledger still has what it proves: held
    /// against the events' bytes and the chain, whatever the derived tables say.
    ///
    /// # Errors
    /// [`Error::Receipt`] when it is no receipt, or not one that this case signed.
    pub fn prove_receipt(&self, text: &str) -> Result<ProvenReceipt, Error> {
        let receipt = Receipt::decode(text).map_err(Error::Receipt)?;
        let key =
            self.store.key_named_in(&receipt.note).map_err(ReceiptError::Note).map_err(Error::Receipt)?;
        let keys = std::slice::from_ref(&key);
        let proven = receipt.prove(keys).map_err(Error::Receipt)?;
        let signed =
            TreeHead::open(&receipt.note, keys).map_err(ReceiptError::Note).map_err(Error::Receipt)?;
        let standing = self.standing(&receipt, &proven, &signed)?;
        // A code that is none of ours is still proven: somebody else may have issued the card with our key.
        let found = match self.find_receipt(&receipt.code) {
            Err(Error::Code(_)) => None,
            found => found?.filter(|found| found.sequence == proven.sequence),
        };
        Ok(ProvenReceipt { proven, code: receipt.code, standing, found })
    }

    fn standing(&self, receipt: &Receipt, proven: &Proven, signed: &TreeHead) -> Result<Standing, Error> {
        let database = &self.store.database;
        if self.store.checkpoint()?.size < signed.size {
            return Ok(Standing::CutShort);
        }
        let Some(event) = event_at(&self.store, proven.sequence)? else { return Ok(Standing::Rewritten) };
        let envelope = Envelope {
            sequence: event.sequence,
            at_micros: event.at_micros,
            actor: &event.actor,
            kind: &event.kind,
            version: event.version,
            payload: &event.payload,
        };
        let chain = envelope.chain(receipt.previous);
        if chain != proven.chain || chain_at(database, proven.sequence)? != chain {
            return Ok(Standing::Rewritten);
        }
        // The kept nodes are quick and can be wrong; the chain's hashes decide then.
        let same = match head_at(&self.store, signed.size) {
            Ok(head) => head.root == signed.root,
            Err(_) => false,
        };
        let same = same || root_of_events(database, signed.size)? == signed.root;
        let same = same && chain_at(database, signed.size)? == signed.head;
        Ok(if same { Standing::Stands } else { Standing::Rewritten })
    }
}

fn event_at(store: &Store, sequence: u64) -> Result<Option<StoredEvent>, Error> {
    let sql = format!("SELECT {EVENT} FROM event e WHERE e.sequence = ?1");
    store.database.first(&sql, values![sequence], StoredEvent::from_row)
}

fn unused_code(change: &Change<'_>) -> Result<String, Error> {
    loop {
        let code = new_code()?;
        let token = change.keys().token("receipt", &code)?;
        let sql = "SELECT event FROM receipt WHERE token = ?1";
        if change.store().database.first(sql, values![token], |row| row.get::<i64>(0))?.is_none() {
            return Ok(code);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    use super::*;

    #[test]
    fn a_code_is_read_as_it_is_typed_and_no_slip_passes() {
        for _ in 0..50 {
            let whole = new_code().unwrap();
            assert_eq!(whole.len(), LENGTH + GROUPS.len());
            assert_eq!(code(&whole.to_ascii_lowercase().replace('-', " ")).unwrap(), whole);
            let bare: Vec<char> = whole.chars().filter(|letter| *letter != '-').collect();
            for at in 0..LENGTH {
                for other in ALPHABET.iter().map(|symbol| char::from(*symbol)) {
                    let mut slipped = bare.clone();
                    slipped[at] = other;
                    let read = code(&slipped.iter().collect::<String>());
                    assert_eq!(read.is_ok(), slipped == bare, "{slipped:?} for {bare:?}");
                }
                for with in 0..LENGTH {
                    let mut swapped = bare.clone();
                    swapped.swap(at, with);
                    let read = code(&swapped.iter().collect::<String>());
                    assert_eq!(read.is_ok(), swapped == bare, "{swapped:?} for {bare:?}");
                }
            }
        }
        assert!(code("").is_err() && code("346789CDF").is_err() && code("O46789CDFG").is_err());
    }

    #[test]
    fn codes_are_drawn_evenly() {
        let mut counts = [0u32; ALPHABET.len()];
        for _ in 0..4600 {
            for letter in new_code().unwrap().bytes().take(3) {
                counts[ALPHABET.iter().position(|symbol| *symbol == letter).unwrap()] += 1;
            }
        }
        // 600 expected of each; 6 standard deviations are 144.
        assert!(counts.iter().all(|count| (456..744).contains(count)), "{counts:?}");
    }
}
