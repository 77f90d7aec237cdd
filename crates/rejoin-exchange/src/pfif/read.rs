//! A tree to persons and notes in the words of 1.4.

use super::finding::{Code, PfifFinding};
use super::schema::{Form, Of, PLACEHOLDER, field, field_of_any};
use super::xml::{Element, parse};
use super::{Extra, Feed, NAMESPACE, Note, Person, Tombstone, Version, form};

/// Reads a feed of 1.1 to 1.4, also one inside another document. Nothing stops it but what is no XML, and then what
/// came before is kept; everything odd is a finding.
pub fn read(bytes: &[u8]) -> (Feed, Vec<PfifFinding>) {
    let tree = parse(bytes);
    let mut reading = Reading { feed: Feed::default(), findings: tree.findings };
    if let Some(root) = &tree.root {
        reading.root(root);
    } else if reading.findings.is_empty() {
        reading.findings.push(PfifFinding::new(Code::RootEmpty, 1));
    }
    (reading.feed, reading.findings)
}

struct Reading {
    feed: Feed,
    findings: Vec<PfifFinding>,
}

/// The version of an element's namespace, or what is odd about it.
pub(crate) fn version(element: &Element) -> Result<Version, Code> {
    if let Some(version) = Version::of_namespace(&element.namespace) {
        return Ok(version);
    }
    Err(if element.namespace.is_empty() { Code::NamespaceMissing } else { Code::NamespaceUnknown })
}

/// The first record in a tree: its namespace is the feed's.
fn first_record(element: &Element) -> Option<&Element> {
    if matches!(element.name.as_str(), "person" | "note") {
        return Some(element);
    }
    element.children.iter().find_map(first_record)
}

impl Reading {
    fn root(&mut self, root: &Element) {
        if root.name != "pfif" {
            self.findings.push(PfifFinding::new(Code::RootNotPfif, root.line).field(&root.name));
        }
        let witness = if root.name == "pfif" { root } else { first_record(root).unwrap_or(root) };
        self.feed.version = version(witness).unwrap_or_else(|code| {
            let finding = PfifFinding::new(code, witness.line).field(&witness.name).said(&witness.namespace);
            self.findings.push(finding.understood("1.4"));
            Version::V1_4
        });
        if root.children.is_empty() {
            self.findings.push(PfifFinding::new(Code::RootEmpty, root.line));
        }
        if matches!(root.name.as_str(), "person" | "note") {
            self.record(root);
        } else {
            self.records(root, "");
        }
    }

    fn record(&mut self, element: &Element) {
        if element.name == "person" {
            self.person(element);
        } else {
            let note = self.note(element, None);
            self.feed.notes.push(note);
        }
    }

    /// The records below an element; what is none is kept.
    fn records(&mut self, element: &Element, path: &str) {
        if !element.text.trim().is_empty() {
            let value = element.text.trim().to_owned();
            self.findings.push(PfifFinding::new(Code::TextOutside, element.line).said(&value));
            self.feed.extra.push(Extra { line: element.line, name: path.to_owned(), value });
        }
        for child in &element.children {
            // An Atom entry has elements of its own: only where nothing says otherwise are its names the format's.
            let ours = child.namespace.is_empty()
                || child.namespace.starts_with(NAMESPACE)
                || child.namespace == element.namespace;
            if ours && matches!(child.name.as_str(), "person" | "note") {
                self.record(child);
            } else if first_record(child).is_some() {
                self.records(child, &format!("{path}{}/", child.name));
            } else {
                self.findings.push(
                    PfifFinding::new(Code::FieldUnknown, child.line)
                        .field(&child.name)
                        .said(child.text.trim()),
                );
                keep(child, path, &mut self.feed.extra);
            }
        }
    }

    fn person(&mut self, element: &Element) {
        let mut person = Person::default();
        let id = element.said("person_record_id").unwrap_or_default().trim().to_owned();
        self.fields(element, Of::Person, (&id, ""), &mut person);
        if person.person_record_id.is_empty() {
            self.findings.push(PfifFinding::new(Code::IdMissing, element.line).field("person_record_id"));
        }
        for child in element.children.iter().filter(|child| child.name == "note") {
            let note = self.note(child, Some(&person.person_record_id));
            person.notes.push(note);
        }
        let joined = joined_name(&person);
        if person.full_name.is_empty() && !joined.is_empty() {
            // Before 1.3 there was no such field, so nothing is odd about that.
            if self.feed.version >= Version::V1_3 {
                let finding = PfifFinding::new(Code::NameJoined, element.line).of(&id, "");
                self.findings.push(finding.field("full_name").understood(&joined));
            }
            person.full_name = joined;
        }
        match tombstone(&person) {
            Some(tombstone) => self.feed.tombstones.push(tombstone),
            None => self.feed.persons.push(person),
        }
    }

    /// A note; inside a person it is about that person where it does not say.
    fn note(&mut self, element: &Element, inside: Option<&str>) -> Note {
        let mut note = Note::default();
        let id = element.said("note_record_id").unwrap_or_default().trim().to_owned();
        let about = element.said("person_record_id").map(str::trim).or(inside).unwrap_or_default().to_owned();
        self.fields(element, Of::Note, (&about, &id), &mut note);
        let finding = |code| PfifFinding::new(code, element.line).of(&about, &id);
        if note.note_record_id.is_empty() {
            self.findings.push(finding(Code::IdMissing).field("note_record_id"));
        }
        match inside {
            None if note.person_record_id.is_empty() => {
                self.findings.push(finding(Code::NoteWithoutPerson).field("person_record_id"));
            }
            Some(person) if note.person_record_id.is_empty() => person.clone_into(&mut note.person_record_id),
            Some(person) if note.person_record_id != person => {
                let said = note.person_record_id.clone();
                self.findings.push(finding(Code::NoteOfOtherPerson).field("person_record_id").said(&said));
            }
            _ => {}
        }
        note
    }

    /// A record's fields by their names of today; what is none, or stands there again, is kept beside them.
    fn fields(&mut self, element: &Element, of: Of, ids: (&str, &str), record: &mut impl Holds) {
        let version = self.feed.version;
        if !element.text.trim().is_empty() {
            let value = element.text.trim().to_owned();
            let finding =
                PfifFinding::new(Code::TextOutside, element.line).of(ids.0, ids.1).field(&element.name);
            self.findings.push(finding.said(&value));
            record.extra().push(Extra { line: element.line, name: String::new(), value });
        }
        let mut seen: Vec<&str> = Vec::new();
        for child in &element.children {
            if of == Of::Person && child.name == "note" {
                continue;
            }
            let text = child.text.trim();
            let finding =
                |code| PfifFinding::new(code, child.line).of(ids.0, ids.1).field(&child.name).said(text);
            let here = field(of, version, &child.name).map(|(_, known)| known);
            let Some(known) = here.or_else(|| field_of_any(of, &child.name)) else {
                self.findings.push(finding(Code::FieldUnknown));
                keep(child, "", record.extra());
                continue;
            };
            if here.is_none() {
                self.findings.push(finding(Code::FieldOfOtherVersion).understood(known.now));
            }
            if !child.children.is_empty() {
                self.findings.push(finding(Code::FieldNested));
                for inner in &child.children {
                    keep(inner, &format!("{}/", child.name), record.extra());
                }
            }
            if seen.contains(&known.now) {
                self.findings.push(finding(Code::FieldRepeated));
                record.extra().push(Extra {
                    line: child.line,
                    name: child.name.clone(),
                    value: text.to_owned(),
                });
                continue;
            }
            seen.push(known.now);
            let (value, code) = understood(known.name, known.form, text);
            if let Some(code) = code {
                let finding = finding(code);
                let changed = value != text;
                self.findings.push(if changed { finding.understood(&value) } else { finding });
            }
            if let Some(slot) = record.slot(known.now) {
                *slot = value;
            }
        }
    }
}

/// A record that fields are put into.
trait Holds {
    fn slot(&mut self, name: &str) -> Option<&mut String>;
    fn extra(&mut self) -> &mut Vec<Extra>;
}

impl Holds for Person {
    fn slot(&mut self, name: &str) -> Option<&mut String> {
        self.get_mut(name)
    }

    fn extra(&mut self) -> &mut Vec<Extra> {
        &mut self.extra
    }
}

impl Holds for Note {
    fn slot(&mut self, name: &str) -> Option<&mut String> {
        self.get_mut(name)
    }

    fn extra(&mut self) -> &mut Vec<Extra> {
        &mut self.extra
    }
}

/// A value as it is kept, and what was odd about the text.
fn understood(name: &str, form: Form, text: &str) -> (String, Option<Code>) {
    if text.is_empty() {
        return (String::new(), None);
    }
    let fault = form.fault(text);
    match form {
        Form::Date => {
            let value = match (fault, form::understood(text)) {
                (Some(_), Some(moment)) => form::written(moment),
                _ => text.to_owned(),
            };
            (value, fault.or_else(|| form::instant(text).is_none().then_some(Code::DateImpossible)))
        }
        Form::Sex | Form::Status | Form::Boolean if fault.is_some() => {
            let lower = text.to_ascii_lowercase().replace(' ', "_");
            (if form.fault(&lower).is_none() { lower } else { text.to_owned() }, fault)
        }
        Form::Age => (text.to_owned(), fault.or_else(|| reversed(text).then_some(Code::AgeReversed))),
        _ if name == "other" => match description(text) {
            Some(description) => (description, Some(Code::DescriptionFromOther)),
            None => (text.to_owned(), None),
        },
        _ => (text.to_owned(), fault),
    }
}

/// Whether a range of ages begins with the higher.
pub(crate) fn reversed(text: &str) -> bool {
    text.split_once('-').is_some_and(
        |(low, high)| matches!((low.parse::<u32>(), high.parse::<u32>()), (Ok(low), Ok(high)) if low > high),
    )
}

/// What stands under the label `description:` in an `other` that has no other label; such was the custom before 1.4.
fn description(other: &str) -> Option<String> {
    let mut lines = Vec::new();
    let mut labelled = false;
    for line in other.lines() {
        let said = match line.strip_prefix("description:") {
            Some(said) => {
                labelled = true;
                if said.trim().is_empty() {
                    continue;
                }
                said
            }
            None => {
                let first = line.split(char::is_whitespace).next().unwrap_or_default();
                if first.find(':').is_some_and(|at| at > 0) {
                    return None;
                }
                line
            }
        };
        lines.push(said.trim());
    }
    labelled.then(|| lines.join("\n").trim().to_owned())
}

/// The whole name of its parts.
pub(crate) fn joined_name(person: &Person) -> String {
    let parts = [person.given_name.trim(), person.family_name.trim()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The placeholder that a record is: a date of expiry, and nothing that a placeholder may not hold.
fn tombstone(person: &Person) -> Option<Tombstone> {
    let empty = |field: &&&str| person.get(field).is_some_and(str::is_empty);
    let bare = Person::FIELDS.iter().filter(|field| !PLACEHOLDER.contains(field)).all(|field| empty(&field));
    let without_notes = person.notes.iter().all(|note| {
        note.extra.is_empty()
            && Note::FIELDS
                .iter()
                .filter(|field| **field != "person_record_id")
                .all(|field| note.get(field).is_some_and(str::is_empty))
    });
    let is_one = bare
        && without_notes
        && person.extra.is_empty()
        && !person.expiry_date.is_empty()
        && !person.person_record_id.is_empty();
    is_one.then(|| Tombstone {
        person_record_id: person.person_record_id.clone(),
        source_date: person.source_date.clone(),
        entry_date: person.entry_date.clone(),
        expiry_date: person.expiry_date.clone(),
    })
}

/// Keeps an element and all within it.
fn keep(element: &Element, path: &str, extra: &mut Vec<Extra>) {
    let name = format!("{path}{}", element.name);
    let value = element.text.trim();
    if !value.is_empty() || element.children.is_empty() {
        extra.push(Extra { line: element.line, name: name.clone(), value: value.to_owned() });
    }
    for child in &element.children {
        keep(child, &format!("{name}/"), extra);
    }
}
