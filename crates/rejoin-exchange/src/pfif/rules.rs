//! What the specification asks of a feed, rule by rule, as findings.
//!
//! The rules are those that validators of the format check, for 1.1 to 1.4, and on the text as it stands: blanks
//! around a value count: errors and warnings are theirs. What goes beyond (impossible dates, HTML in a text) is advice.

use super::finding::{Code, PfifFinding};
use super::read::{reversed, version};
use super::schema::{Form, Of, PLACEHOLDER, field, mandatory, place};
use super::xml::{Element, parse};
use super::{Version, form};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Placeholders may come a day after the expiry.
const DAY: i64 = 86_400_000_000;

/// Checks a feed against the specification, as of a moment (microseconds since 1970): whether a record has expired
/// depends on it.
pub fn validate(bytes: &[u8], now: i64) -> Vec<PfifFinding> {
    let tree = parse(bytes);
    let mut findings = tree.findings;
    let Some(root) = tree.root else {
        if findings.is_empty() {
            findings.push(PfifFinding::new(Code::RootEmpty, 1));
        }
        return findings;
    };
    match version(&root) {
        Err(code) => {
            findings.push(PfifFinding::new(code, root.line).field(&root.name).said(&root.namespace));
        }
        Ok(_) if root.name != "pfif" => {
            findings.push(PfifFinding::new(Code::RootNotPfif, root.line).field(&root.name));
        }
        Ok(version) => Rules { root: &root, version, now, findings: &mut findings }.all(),
    }
    findings.sort_by_key(|finding| finding.line);
    findings
}

/// A record and, for a note, the person it stands in.
#[derive(Clone, Copy)]
struct Record<'t> {
    of: Of,
    element: &'t Element,
    inside: Option<&'t Element>,
}

impl Record<'_> {
    /// A finding about it.
    fn finding(&self, code: Code, at: Option<&Element>) -> PfifFinding {
        let person = self
            .element
            .said("person_record_id")
            .or_else(|| self.inside.and_then(|person| person.said("person_record_id")));
        let note = self.element.said("note_record_id").filter(|_| self.of == Of::Note);
        let finding = PfifFinding::new(code, at.unwrap_or(self.element).line)
            .of(person.unwrap_or_default(), note.unwrap_or_default());
        match at {
            Some(at) => finding.field(&at.name).said(&at.text),
            None => finding,
        }
    }
}

struct Rules<'t, 'f> {
    root: &'t Element,
    version: Version,
    now: i64,
    findings: &'f mut Vec<PfifFinding>,
}

impl<'t> Rules<'t, '_> {
    fn all(mut self) {
        let records = self.records();
        self.root_has_records();
        let mut ids = [HashSet::new(), HashSet::new()];
        for record in &records {
            self.has_mandatory(record);
            self.has_forms(record);
            self.is_in_order(record);
            self.knows_its_fields(record);
            self.says_plainly(record);
            let (name, ids) = match record.of {
                Of::Person => ("person_record_id", &mut ids[0]),
                Of::Note => ("note_record_id", &mut ids[1]),
            };
            if let Some(id) = record.element.said(name)
                && !ids.insert(id)
            {
                self.findings.push(record.finding(Code::IdRepeated, record.element.child(name)));
            }
            self.belongs(record);
        }
        self.links_back(&records);
        if self.version >= Version::V1_3 {
            self.expired_is_empty(&records);
        }
    }

    fn records(&self) -> Vec<Record<'t>> {
        let mut records = Vec::new();
        for element in &self.root.children {
            match element.name.as_str() {
                "person" => {
                    records.push(Record { of: Of::Person, element, inside: None });
                    records.extend(
                        element.children.iter().filter(|child| child.name == "note").map(|note| Record {
                            of: Of::Note,
                            element: note,
                            inside: Some(element),
                        }),
                    );
                }
                "note" => records.push(Record { of: Of::Note, element, inside: None }),
                _ => {}
            }
        }
        records
    }

    fn root_has_records(&mut self) {
        let root = self.root;
        if root.children.is_empty() {
            self.findings.push(PfifFinding::new(Code::RootEmpty, root.line));
        }
        let notes_may_stand_alone = self.version >= Version::V1_2;
        let may = |name: &str| name == "person" || (notes_may_stand_alone && name == "note");
        if !root.children.iter().any(|child| may(&child.name)) {
            self.findings.push(PfifFinding::new(Code::NoRecord, root.line));
        }
        for child in root.children.iter().filter(|child| !may(&child.name)) {
            let finding = PfifFinding::new(Code::FieldUnknown, child.line).field(&child.name);
            self.findings.push(finding.said(child.text.trim()));
        }
    }

    fn has_mandatory(&mut self, record: &Record) {
        let top_note = record.of == Of::Note && record.inside.is_none();
        // A placeholder holds four fields and no name.
        let placeholder = record.of == Of::Person && self.is_placeholder(record.element);
        let names = mandatory(record.of, self.version).iter().copied();
        for name in names.chain(top_note.then_some("person_record_id")) {
            let excused = placeholder && !PLACEHOLDER.contains(&name);
            if record.element.child(name).is_none() && !excused {
                let code = Code::FieldMissing;
                self.findings.push(record.finding(code, None).field(name));
            }
        }
    }

    fn is_placeholder(&self, person: &Element) -> bool {
        self.version >= Version::V1_3
            && person.said("expiry_date").is_some()
            && person.children.iter().all(|child| {
                PLACEHOLDER.contains(&child.name.as_str())
                    || (child.text.trim().is_empty()
                        && child.children.iter().all(|inner| inner.text.is_empty()))
            })
    }

    fn has_forms(&mut self, record: &Record) {
        for child in &record.element.children {
            let Some((_, known)) = field(record.of, self.version, &child.name) else { continue };
            if child.text.is_empty() {
                self.findings.push(record.finding(Code::FieldEmpty, Some(child)));
            } else if let Some(code) = known.form.fault(&child.text) {
                self.findings.push(record.finding(code, Some(child)));
            } else if (known.form == Form::Date && form::instant(&child.text).is_none())
                || (known.form == Form::Birth && form::latest_birth(&child.text).is_none())
            {
                self.findings.push(record.finding(Code::DateImpossible, Some(child)));
            } else if known.form == Form::Age && reversed(&child.text) {
                self.findings.push(record.finding(Code::AgeReversed, Some(child)));
            }
        }
    }

    fn is_in_order(&mut self, record: &Record) {
        let mut reached = 0;
        for child in &record.element.children {
            let Some(place) = place(record.of, self.version, &child.name) else { continue };
            if place < reached {
                // One finding a record: after the first, everything would be out of order.
                self.findings.push(record.finding(Code::FieldOrder, Some(child)));
                return;
            }
            reached = place;
        }
    }

    fn knows_its_fields(&mut self, record: &Record) {
        let mut seen = HashSet::new();
        for child in &record.element.children {
            if record.of == Of::Person && child.name == "note" {
                continue;
            }
            if field(record.of, self.version, &child.name).is_none() {
                self.findings.push(record.finding(Code::FieldUnknown, Some(child)));
            } else if !seen.insert(child.name.as_str()) {
                self.findings.push(record.finding(Code::FieldRepeated, Some(child)));
            } else if !child.children.is_empty() {
                self.findings.push(record.finding(Code::FieldNested, Some(child)));
            }
        }
    }

    /// What the specification is silent about.
    fn says_plainly(&mut self, record: &Record) {
        for child in &record.element.children {
            if field(record.of, self.version, &child.name).is_some() && form::markup(&child.text) {
                self.findings.push(record.finding(Code::MarkupInText, Some(child)));
            }
        }
        let moment = |name: &str| record.element.said(name).and_then(form::instant);
        if let (Some(source), Some(entry)) = (moment("source_date"), moment("entry_date"))
            && entry < source
        {
            let at = record.element.child("entry_date");
            self.findings.push(record.finding(Code::EntryBeforeSource, at));
        }
    }

    fn belongs(&mut self, record: &Record) {
        if record.of == Of::Person {
            return;
        }
        let said = record.element.child("person_record_id");
        match (record.inside, said) {
            (None, None) => self.findings.push(record.finding(Code::NoteWithoutPerson, None)),
            (Some(person), Some(said)) => {
                let inside = person.child("person_record_id");
                if inside.is_some_and(|inside| inside.text != said.text) {
                    self.findings.push(record.finding(Code::NoteOfOtherPerson, Some(said)));
                }
            }
            _ => {}
        }
    }

    fn links_back(&mut self, records: &[Record]) {
        let mut links: BTreeMap<(&str, &str), &Record> = BTreeMap::new();
        for record in records.iter().filter(|record| record.of == Of::Note) {
            let about = record.inside.unwrap_or(record.element).said("person_record_id");
            if let (Some(about), Some(linked)) = (about, record.element.said("linked_person_record_id")) {
                links.insert((about, linked), record);
            }
        }
        for ((about, linked), record) in &links {
            if !links.contains_key(&(*linked, *about)) {
                let at = record.element.child("linked_person_record_id");
                self.findings.push(record.finding(Code::LinkOneSided, at));
            }
        }
    }

    fn expired_is_empty(&mut self, records: &[Record]) {
        let mut expired = BTreeSet::new();
        for record in records.iter().filter(|record| record.of == Of::Person) {
            let Some(expiry) = record.element.said("expiry_date").and_then(form::instant) else { continue };
            let last = expiry.saturating_add(DAY);
            if last >= self.now {
                continue;
            }
            if let Some(id) = record.element.said("person_record_id") {
                expired.insert(id);
            }
            self.holds_no_data(record);
            let source = record.element.child("source_date").filter(|child| !child.text.is_empty());
            if source.is_none_or(|source| record.element.said("entry_date") != Some(&source.text)) {
                self.findings.push(record.finding(Code::ExpiredDatesDiffer, None));
            }
            if source.and_then(|source| form::instant(&source.text)).is_some_and(|source| source > last) {
                self.findings.push(record.finding(Code::ExpiredLate, source));
            }
        }
        for record in records.iter().filter(|record| record.of == Of::Note) {
            let about = record.inside.unwrap_or(record.element).said("person_record_id");
            if about.is_some_and(|about| expired.contains(about)) {
                self.holds_no_data(record);
            }
        }
    }

    fn holds_no_data(&mut self, record: &Record) {
        for child in &record.element.children {
            let may = PLACEHOLDER.contains(&child.name.as_str())
                || (record.of == Of::Person && child.name == "note")
                || child.text.is_empty();
            if !may {
                self.findings.push(record.finding(Code::ExpiredWithData, Some(child)));
            }
        }
    }
}
