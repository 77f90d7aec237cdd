//! The desk: where somebody with a purpose reads and works. Everything that leaves the registry about people goes over
//! it, reduced by the one access decision; reading a file, being refused and claiming an emergency are written down.

use crate::attachments::with_its_bytes;
use crate::casework::action_of;
use crate::facts::Gathering;
use crate::families::Decision;
use crate::snapshot::Snapshot;
use crate::streams::{Done, Given};
use crate::view::{FindingRow, PlaceSpelling, StoredLink, View, Whole};
use crate::wire::{self, Seen};
use crate::{Case, Error, Stamp};
use rayon::prelude::*;
use rejoin_access::{
    Action, Actor, Decider, FieldGroup, Lens, Permit, Purpose, Reduced, Refusal, Rules, SubjectFacts, Why,
};
use rejoin_casework::word::Side;
use rejoin_casework::worklist::{Item, Settings};
use rejoin_casework::{Fact, State, StreamId};
use rejoin_ledger::Checkpoint;
use rejoin_model::{FamilyCandidate, Field, Finding, PersonId, Record, RecordId, Relation};
use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Who asks, for what, and when.
#[derive(Debug, Clone)]
pub struct Seat {
    /// Who.
    pub actor: Actor,
    /// For what.
    pub purpose: Purpose,
    /// When: microseconds since 1970-01-01 UTC.
    pub at_micros: i64,
}

impl Seat {
    pub(crate) fn stamp(&self) -> Stamp {
        Stamp { at_micros: self.at_micros, actor: self.actor.account.clone() }
    }
}

/// Somebody at work on a case.
pub struct Desk<'a> {
    pub(crate) case: &'a Case,
    seat: Seat,
    rules: Followed,
}

/// The rules as of one moment, and those that came after while somebody sat here.
struct Followed {
    /// How far the rules' stream had come, and when people were linked last.
    of: [u64; 2],
    rules: Arc<Rules>,
    next: OnceCell<Box<Followed>>,
}

impl Followed {
    fn of(case: &Case) -> Result<Self, Error> {
        Ok(Self { of: case.rules_version()?, rules: case.rules_now()?, next: OnceCell::new() })
    }

    fn newest(&self) -> &Self {
        let mut newest = self;
        while let Some(next) = newest.next.get() {
            newest = next;
        }
        newest
    }
}

/// What is on file of one person, as the reader may see it.
pub struct PersonFile {
    /// The person.
    pub person: PersonId,
    /// Its records.
    pub records: Vec<Reduced<Record>>,
    /// Findings about them.
    pub findings: Vec<Reduced<FindingRow>>,
    /// Candidates in which it is the child or the other.
    pub candidates: Vec<Reduced<FamilyCandidate>>,
    /// Links among its records and to others.
    pub links: Vec<Reduced<StoredLink>>,
    /// The file of casework, if there is one.
    pub casework: Option<Reduced<CaseFile>>,
    /// Documents of the file may be opened.
    pub opens_documents: bool,
    /// Emergencies without which less would have been shown.
    pub emergencies: BTreeSet<String>,
}

/// A file of casework.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFile {
    /// Its stream.
    pub stream: StreamId,
    /// Its version, for a command that is made against it.
    pub version: u64,
    /// Where it stands, in stable words.
    pub status: String,
    /// What happened, oldest first.
    pub entries: Vec<CaseEntry>,
}

/// Something that happened to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseEntry {
    /// Position in the ledger.
    pub sequence: u64,
    /// When, microseconds since 1970-01-01 UTC.
    pub at_micros: i64,
    /// By whom.
    pub actor: String,
    /// What: the kind of event.
    pub kind: String,
    /// Its fields, as far as they are shown.
    pub fields: Vec<(String, String)>,
}

/// Everything, read for one question or kept for many.
enum Everything {
    Read(Box<Whole>),
    Kept(Arc<Snapshot>),
}

impl Everything {
    /// Where the ledger stood, readings left out.
    fn at(&self) -> Checkpoint {
        match self {
            Everything::Read(whole) => whole.checkpoint,
            Everything::Kept(snapshot) => snapshot.checkpoint,
        }
    }
}

impl std::ops::Deref for Everything {
    type Target = Whole;

    fn deref(&self) -> &Whole {
        match self {
            Everything::Read(whole) => whole,
            Everything::Kept(snapshot) => &snapshot.base.whole,
        }
    }
}

impl Case {
    /// Sits down to work.
    ///
    /// # Errors
    /// [`Error::Denied`] for the purpose of enforcement; it is written down.
    pub fn desk(&self, seat: Seat) -> Result<Desk<'_>, Error> {
        let desk = Desk { case: self, rules: Followed::of(self)?, seat };
        if desk.seat.purpose == Purpose::Enforcement {
            return Err(desk.refuse(Refusal::Enforcement, "case", None)?);
        }
        Ok(desk)
    }
}

fn cut_finding(lens: &Lens<'_>, row: &(Option<Field>, FindingRow)) -> FindingRow {
    let (field, row) = row;
    // What a finding quotes is a cell: shown as its field is; of a column without a field, as evidence.
    let show = |words: &str| match field {
        Some(field) => lens.text(*field, words),
        None => lens.text(FieldGroup::Evidence, words),
    };
    let finding = Finding {
        said: show(&row.finding.said).unwrap_or_default(),
        understood: show(&row.finding.understood).unwrap_or_default(),
        ..row.finding.clone()
    };
    FindingRow { list: row.list.clone(), delivery: row.delivery, finding }
}

pub(crate) fn cut_candidate(lens: &Lens<'_>, candidate: &FamilyCandidate) -> FamilyCandidate {
    // Evidence quotes both people's files, and has no reduced form.
    let evidence = lens.whole(FieldGroup::Evidence, candidate.evidence.clone()).unwrap_or_default();
    let new = lens.whole(FieldGroup::Evidence, candidate.new.clone()).unwrap_or_default();
    FamilyCandidate { evidence, new, ..candidate.clone() }
}

/// A file's events, whose account looks, and which interviews are sealed from it.
pub(crate) struct RawFile {
    pub file: CaseFile,
    sealed: BTreeSet<u64>,
}

fn cut_file(lens: &Lens<'_>, raw: &RawFile) -> CaseFile {
    let group = |kind: &str, field: &str| match (kind, field) {
        ("contact-tried", "channel" | "outcome") => FieldGroup::Contact,
        (
            "note-added" | "attached" | "interview-recorded" | "proof-recorded" | "wish-recorded"
            | "safety-assessed",
            _,
        ) => FieldGroup::Notes,
        ("dna-taken" | "dna-destroyed", _) => FieldGroup::Dna,
        // When, where and to whom a child will be handed over is known to who holds the child, and to who may know where it is.
        ("reunification-planned" | "hand-over-sent" | "hand-over-received", _) => FieldGroup::Whereabouts,
        (_, "place" | "whereabouts" | "destination") => FieldGroup::Whereabouts,
        (kind, _) if kind.starts_with("separation-") => FieldGroup::Separation,
        _ => FieldGroup::Casework,
    };
    let entries =
        raw.file.entries.iter().filter(|_| lens.shows(FieldGroup::Casework)).map(|entry| CaseEntry {
            fields: entry
                .fields
                .iter()
                .filter(|(name, _)| !(raw.sealed.contains(&entry.sequence) && name == "answers"))
                .filter_map(|(name, value)| Some((name.clone(), lens.text(group(&entry.kind, name), value)?)))
                .collect(),
            ..entry.clone()
        });
    CaseFile { entries: entries.collect(), ..raw.file.clone() }
}

fn cut_item(lens: &Lens<'_>, item: &Item) -> Option<Item> {
    lens.coded(FieldGroup::Casework, item.clone())
}

impl<'a> Desk<'a> {
    /// Who sits here.
    pub fn seat(&self) -> &Seat {
        &self.seat
    }

    pub(crate) fn decider(&self) -> Decider<'_> {
        Decider {
            actor: &self.seat.actor,
            purpose: self.seat.purpose,
            rules: &self.rules.newest().rules,
            now: self.seat.at_micros,
        }
    }

    /// Writes down that something was refused, and gives the error to return.
    pub(crate) fn refuse(
        &self,
        refusal: Refusal,
        what: &str,
        subject: Option<&SubjectFacts>,
    ) -> Result<Error, Error> {
        let subjects = subject.map(|facts| facts.records.iter().map(RecordId::to_string).collect());
        let seen = Seen {
            subjects: subjects.unwrap_or_default(),
            purpose: self.seat.purpose.word().into(),
            what: what.into(),
            count: 0,
            note: Some(refusal.word().into()),
        };
        self.write_seen(wire::ACCESS_REFUSED, &seen)?;
        Ok(Error::Denied(refusal.words().0.into()))
    }

    pub(crate) fn write_seen(&self, kind: &'static str, seen: &Seen) -> Result<u64, Error> {
        self.case.write_down(self.seat.stamp(), kind, seen.clone())
    }

    /// Everything that may be seen from here. That it was read is written down: `what` says for which list or question. None is
    /// for what shows nobody; every command that shows somebody, or counts, says what it reads for.
    pub fn view(&self, what: Option<&str>) -> Result<View, Error> {
        let (whole, facts) = self.everything()?;
        let decider = self.decider();
        let of = |record: RecordId| facts.get(whole.person_of.get(&record)?);
        let records: Vec<Reduced<Record>> =
            whole.records.par_iter().filter_map(|record| decider.record(of(record.id)?, record)).collect();
        let candidates = whole.candidates.iter().filter_map(|candidate| {
            let both = [facts.get(&candidate.child)?, facts.get(&candidate.other)?];
            let shown =
                |facts: &&SubjectFacts| decider.decide(facts, FieldGroup::Evidence).decision.extent() > 0;
            both.iter().all(shown).then(|| decider.view_of_all(&both, candidate, cut_candidate)).flatten()
        });
        let candidates: Vec<_> = candidates.collect();
        let all = whole.records.len();
        let mut findings = Vec::new();
        for (list, finding) in &whole.findings {
            match finding.record {
                None => findings.push((list.clone(), self.of_no_record(finding.clone()))),
                Some(record) => {
                    let Some(facts) = of(record) else { continue };
                    let field = Field::from_word(&finding.column);
                    let row = FindingRow { list: list.clone(), delivery: 0, finding: finding.clone() };
                    if let Some(shown) = decider.view(facts, &(field, row), cut_finding) {
                        let FindingRow { list, finding, .. } = shown.into_inner();
                        findings.push((list, finding));
                    }
                }
            }
        }
        let units = whole.units.iter().filter(|(record, _, _)| {
            facts
                .get(whole.person_of.get(record).unwrap_or(&PersonId::of_smallest(*record)))
                .is_some_and(|facts| decider.decide(facts, Field::FamilyUnitNumber).decision.extent() == 2)
        });
        let view = View {
            checkpoint: whole.at(),
            not_linked: if records.len() == all { whole.not_linked } else { 0 },
            candidates,
            findings,
            clocks: whole.clocks.clone(),
            policies: whole.policies.clone(),
            received_on: whole.received_on,
            units: units.cloned().collect(),
            stale: whole.stale,
            person_of: records.iter().map(|record| (record.id, whole.person_of[&record.id])).collect(),
            records,
        };
        let count = view.person_of.values().collect::<BTreeSet<_>>().len() as u64;
        if let Some(what) = what {
            self.read(what, count)?;
        }
        Ok(view)
    }

    /// Writes down that something about so many people was read.
    pub(crate) fn read(&self, what: &str, count: u64) -> Result<(), Error> {
        self.write_seen(wire::FILE_READ, &self.seen(Vec::new(), what, count, None)).map(drop)
    }

    pub(crate) fn seen(&self, subjects: Vec<String>, what: &str, count: u64, note: Option<String>) -> Seen {
        Seen { subjects, purpose: self.seat.purpose.word().into(), what: what.into(), count, note }
    }

    /// A finding about a list as a whole may quote a row that nobody's rules cover: only who operates the registry reads it.
    fn of_no_record(&self, finding: Finding) -> Finding {
        match self.seat.actor.has(Action::Operate) {
            true => finding,
            false => Finding { said: String::new(), understood: String::new(), ..finding },
        }
    }

    /// Takes in the rules that were placed or lifted since: a rule holds from when it is placed, also for who sits here.
    fn keep_up(&self) -> Result<(), Error> {
        let newest = self.rules.newest();
        if self.case.rules_version()? != newest.of {
            let _ = newest.next.set(Box::new(Followed::of(self.case)?));
        }
        Ok(())
    }

    /// Everything, from memory if it is kept there; and the facts of everybody.
    fn everything(&self) -> Result<(Everything, HashMap<PersonId, SubjectFacts>), Error> {
        self.keep_up()?;
        if !self.case.is_warm() {
            let whole = self.case.whole()?;
            let facts = self.facts_of_all(&whole)?;
            return Ok((Everything::Read(Box::new(whole)), facts));
        }
        let snapshot = self.case.snapshot()?;
        let people = snapshot.base.people.par_iter().enumerate();
        let now = self.seat.at_micros;
        let of = |(at, person): (usize, &PersonId)| (*person, snapshot.facts(at as u32, now));
        let facts = people.map(of).collect();
        Ok((Everything::Kept(snapshot), facts))
    }

    pub(crate) fn facts_of_all(&self, whole: &Whole) -> Result<HashMap<PersonId, SubjectFacts>, Error> {
        self.keep_up()?;
        let mut gathering = self.case.gathering(None, self.seat.at_micros)?;
        let mut records: HashMap<PersonId, Vec<&Record>> = HashMap::new();
        for record in &whole.records {
            records.entry(whole.person_of[&record.id]).or_default().push(record);
        }
        let person_of = |record: RecordId| {
            Ok(whole.person_of.get(&record).copied().unwrap_or(PersonId::of_smallest(record)))
        };
        let mut facts = HashMap::with_capacity(records.len());
        for (person, records) in records {
            facts.insert(person, gathering.of(person, &records, &person_of)?);
        }
        Ok(facts)
    }

    /// A person's records and facts; none when there is nobody.
    fn raw(&self, person: PersonId) -> Result<Option<(Vec<Record>, SubjectFacts)>, Error> {
        self.keep_up()?;
        if let Some(snapshot) = self.case.snapshot_if_kept()? {
            let found = snapshot.base.at(person);
            return Ok(found.map(|at| {
                let records = snapshot.base.records(at).cloned().collect();
                (records, snapshot.facts(at, self.seat.at_micros))
            }));
        }
        let records = self.case.records(Some(person))?;
        if records.is_empty() {
            return Ok(None);
        }
        let ids: Vec<RecordId> = records.iter().map(|record| record.id).collect();
        let mut gathering: Gathering<'_> = self.case.gathering(Some(&ids), self.seat.at_micros)?;
        let of: Vec<&Record> = records.iter().collect();
        let facts = gathering.of(person, &of, &|record| self.case.person_of_record(record))?;
        Ok(Some((records, facts)))
    }

    /// Whoever an id leads to that somebody gave. Of an id that is nobody's somebody else is read and put away, so that
    /// whether somebody is hidden or is not there does not show in how much there was to do.
    ///
    /// # Errors
    /// [`Error::TryLater`] for who missed too often.
    fn look_up(&self, id: &str) -> Result<Option<(Vec<Record>, SubjectFacts)>, Error> {
        self.may_look_up()?;
        let named = self.case.person_named(id)?.unwrap_or(PersonId::from_bytes([0; 10]));
        let there = self.case.is_there(named)?;
        let other = self.case.somebody_near(named)?;
        let found = self.raw(if there { named } else { other })?;
        // For statistics people are counted and never shown, not even that they are there: an id is nobody's then.
        Ok(found.filter(|_| there && self.seat.purpose != Purpose::Statistics))
    }

    pub(crate) fn facts(&self, id: &str) -> Result<Option<SubjectFacts>, Error> {
        Ok(self.look_up(id)?.map(|(_, facts)| facts))
    }

    /// The facts of somebody to whom the registry itself came, and no reader by an id.
    pub(crate) fn facts_of(&self, person: PersonId) -> Result<Option<SubjectFacts>, Error> {
        Ok(self.raw(person)?.map(|(_, facts)| facts))
    }

    /// Writes down that what an id leads to was refused, and gives the error to return. Of somebody hidden and of nobody
    /// the same is written: the id that was asked for.
    pub(crate) fn refuse_id(
        &self,
        refusal: Refusal,
        what: &str,
        id: Option<&str>,
        facts: Option<&SubjectFacts>,
    ) -> Result<Error, Error> {
        let Some(id) = id.filter(|_| refusal == Refusal::NotFound) else {
            return self.refuse(refusal, what, facts);
        };
        self.missed()?;
        let named = match (id.parse::<RecordId>(), id.parse::<PersonId>()) {
            (Ok(record), _) => Some(record),
            (_, Ok(person)) => Some(RecordId::from_bytes(*person.as_bytes())),
            _ => None,
        };
        let subjects = named.iter().map(RecordId::to_string).collect();
        let seen = self.seen(subjects, what, 0, Some(refusal.word().into()));
        self.write_seen(wire::ACCESS_REFUSED, &seen)?;
        Ok(Error::Denied(refusal.words().0.into()))
    }

    /// One person's file; none when nobody has the id, or the reader may not know of the person: the two are one.
    pub fn person(&self, id: &str) -> Result<Option<PersonFile>, Error> {
        let found = self.look_up(id)?;
        let decider = self.decider();
        if let Some(refusal) = decider.refusal(found.as_ref().map(|(_, facts)| facts)) {
            self.refuse_id(refusal, "person", Some(id), found.as_ref().map(|(_, facts)| facts))?;
            return Ok(None);
        }
        let Some((raw, facts)) = found else { return Ok(None) };
        let person = facts.person;
        let records: Vec<Reduced<Record>> =
            raw.iter().filter_map(|record| decider.record(&facts, record)).collect();
        let mut rows = Vec::new();
        for record in &raw {
            rows.extend(self.case.findings_of(Some(record.id))?);
        }
        rows.sort_by_key(|row| (row.delivery, row.finding.row));
        let rows: Vec<_> = rows.into_iter().map(|row| (Field::from_word(&row.finding.column), row)).collect();
        let findings = rows.iter().filter_map(|row| decider.view(&facts, row, cut_finding)).collect();
        let mut candidates = Vec::new();
        let proposed = self.case.candidates(Some(person))?;
        // What competes with somebody hidden must not say so.
        let mut hidden = false;
        for candidate in &proposed {
            let other = if candidate.child == person { candidate.other } else { candidate.child };
            hidden |= !self.sees(Some(&RecordId::from_bytes(*other.as_bytes())))?;
        }
        for candidate in proposed {
            let candidate = match hidden {
                true => FamilyCandidate { contested: false, none: f64::NAN, ..candidate },
                false => candidate,
            };
            let other = if candidate.child == person { candidate.other } else { candidate.child };
            let Some((_, others)) = self.raw(other)? else { continue };
            let both = [&facts, &others];
            if both.iter().all(|facts| decider.decide(facts, FieldGroup::Evidence).decision.extent() > 0) {
                candidates.extend(decider.view_of_all(&both, &candidate, cut_candidate));
            }
        }
        let links = self.case.links_of(Some(person))?;
        let mut ends = HashMap::new();
        for record in links.iter().flat_map(|link| [link.left, link.right]) {
            if let std::collections::hash_map::Entry::Vacant(end) = ends.entry(record) {
                end.insert(self.sees(Some(&record))?);
            }
        }
        let links = links
            .iter()
            .filter(|link| ends[&link.left] && ends[&link.right])
            .filter(|_| decider.decide(&facts, FieldGroup::Evidence).decision.extent() == 2)
            .filter_map(|link| decider.view(&facts, link, |_, link: &StoredLink| link.clone()))
            .collect();
        let casework = match self.child_file(&facts)? {
            Some(raw) => decider.view(&facts, &raw, cut_file),
            None => None,
        };
        let mut emergencies: BTreeSet<String> = BTreeSet::new();
        for record in &records {
            emergencies.extend(record.disclosure().emergencies.iter().cloned());
        }
        let subjects = raw.iter().map(|record| record.id.to_string()).collect();
        let note = (!emergencies.is_empty())
            .then(|| format!("emergency {}", emergencies.iter().cloned().collect::<Vec<_>>().join(", ")));
        self.write_seen(wire::FILE_READ, &self.seen(subjects, "person", 1, note))?;
        let opens_documents = self.opens_documents(&facts);
        Ok(Some(PersonFile {
            person,
            records,
            findings,
            candidates,
            links,
            casework,
            opens_documents,
            emergencies,
        }))
    }

    fn child_file(&self, facts: &SubjectFacts) -> Result<Option<RawFile>, Error> {
        self.file(self.case.stream_of(facts.person)?)
    }

    pub(crate) fn file(&self, stream: StreamId) -> Result<Option<RawFile>, Error> {
        let events = self.case.store.read_stream(&stream.to_string())?;
        if events.is_empty() {
            return Ok(None);
        }
        let state = self.case.state(stream)?;
        let account = &self.seat.actor.account;
        let mut sealed = BTreeSet::new();
        let mut entries = Vec::new();
        let mut others: HashMap<RecordId, bool> = HashMap::new();
        for event in events {
            let fact = Fact::from_parts(&event.event.kind, &|field| event.part(field).map(str::to_owned));
            if let (Some(Fact::InterviewRecorded { adult, relation, side, .. }), Some(case)) =
                (&fact, state.child())
            {
                let claim = rejoin_casework::Claim { adult: *adult, relation: *relation };
                // Who knows the answers sees them; everybody else asks for them (`Desk::interviews`), which is on record.
                if !case.knows(claim, *side, account) {
                    sealed.insert(event.event.sequence);
                }
            }
            // What speaks of somebody who is withheld from the reader is withheld with them; that a file names somebody who
            // is merely not the reader's own to open is no secret in it.
            let mut hidden = false;
            for record in event.parts.iter().flat_map(|(_, value)| value.lines()) {
                if let Ok(record) = record.parse::<RecordId>() {
                    let withheld = match others.get(&record) {
                        Some(withheld) => *withheld,
                        None => self.is_withheld(record)?,
                    };
                    others.insert(record, withheld);
                    hidden |= withheld;
                }
            }
            if hidden {
                continue;
            }
            entries.push(CaseEntry {
                sequence: event.event.sequence,
                at_micros: event.event.at_micros,
                actor: event.event.actor,
                kind: event.event.kind,
                fields: event.parts,
            });
        }
        let status = match &state {
            State::Child(case) => case.status().word(),
            State::Tracing(case) => case.status().map_or("none", |status| status.word()),
        };
        let version = self.case.store.version(&stream.to_string())?;
        Ok(Some(RawFile { file: CaseFile { stream, version, status: status.into(), entries }, sealed }))
    }

    /// Leave to do something, for the person of an id where it concerns one.
    ///
    /// # Errors
    /// [`Error::Denied`]; it is written down.
    pub fn may(&self, action: Action, id: Option<&str>) -> Result<Permit, Error> {
        let facts = match id {
            Some(id) => self.facts(id)?,
            None => None,
        };
        match self.decider().may(action, facts.as_ref()) {
            Ok(permit) => Ok(permit),
            Err(refusal) => Err(self.refuse_id(refusal, action.word(), id, facts.as_ref())?),
        }
    }

    /// Carries out commands on the file of a child (by the id of the child or of one of its records): all, or none.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::Casework`] with what is missing, [`Error::Outdated`], [`Error::KeyReused`].
    pub fn command(&self, child: &str, facts: &[Fact], given: &Given) -> Result<Done, Error> {
        with_its_bytes(facts)?;
        let stream = self.stream_for(child, facts)?;
        self.case.carry_out(stream, facts, given, &self.seat.stamp())
    }

    /// The file of a child, for who may put these facts on record in it.
    pub(crate) fn stream_for(&self, child: &str, facts: &[Fact]) -> Result<StreamId, Error> {
        let subject = self.facts(child)?;
        self.permitted(facts, child, subject.as_ref())?;
        let Some(subject) = subject else {
            return Err(Error::Denied(Refusal::NotFound.words().0.into()));
        };
        self.case.stream_of(subject.person)
    }

    /// What was answered in the interviews of one side. The reading is an event of the file: it decides who may still ask
    /// the other side.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::Casework`] while the side is sealed.
    pub fn interviews(
        &self,
        child: &str,
        adult: RecordId,
        relation: Relation,
        side: Side,
    ) -> Result<Vec<Vec<String>>, Error> {
        self.command(child, &[Fact::InterviewRead { adult, relation, side }], &Given::default())?;
        let state = self.case.state(self.case.stream_of(self.named(child)?)?)?;
        let account = &self.seat.actor.account;
        let claim = rejoin_casework::Claim { adult, relation };
        let found = state.child().map(|case| case.interviews(claim, side, account)).transpose();
        let found = found.map_err(Error::Casework)?.unwrap_or_default();
        Ok(found.into_iter().map(|interview| interview.answers.clone()).collect())
    }

    fn permitted(&self, facts: &[Fact], id: &str, subject: Option<&SubjectFacts>) -> Result<(), Error> {
        for fact in facts {
            let action = action_of(fact);
            if let Err(refusal) = self.decider().may(action, subject) {
                return Err(self.refuse_id(refusal, action.word(), Some(id), subject)?);
            }
        }
        Ok(())
    }

    /// What is to be done, among what the reader may see.
    pub fn worklist(&self, settings: &Settings) -> Result<Vec<Item>, Error> {
        let whole = self.case.whole()?;
        let facts = self.facts_of_all(&whole)?;
        let decider = self.decider();
        let items = self.case.worklist_of(&whole, self.seat.at_micros, settings)?;
        let may_trace = decider.may(Action::OpenRequest, None).is_ok();
        self.write_seen(wire::FILE_READ, &self.seen(Vec::new(), "work-list", items.len() as u64, None))?;
        Ok(items
            .into_iter()
            .filter_map(|item| match item.subject {
                Some(record) => {
                    let facts = facts.get(whole.person_of.get(&record)?)?;
                    decider.view(facts, &item, cut_item)?.into_inner()
                }
                None => may_trace.then_some(item),
            })
            .collect())
    }

    /// Decisions on candidates, as far as both people may be seen.
    pub fn decisions(&self) -> Result<Vec<Decision>, Error> {
        let mut seen: HashMap<PersonId, bool> = HashMap::new();
        let mut out = Vec::new();
        for decision in self.case.decisions_whole()? {
            let mut both = true;
            for person in [decision.child, decision.other] {
                let shown = match seen.get(&person) {
                    Some(shown) => *shown,
                    None => {
                        let shown = self.raw(person)?.is_some_and(|(_, facts)| {
                            self.decider().decide(&facts, FieldGroup::Evidence).decision.extent() == 2
                        });
                        seen.insert(person, shown);
                        shown
                    }
                };
                both &= shown;
            }
            if both {
                out.push(decision);
            }
        }
        self.read("decisions", out.len() as u64)?;
        Ok(out)
    }

    /// Links of the last run between records that may be seen with their evidence.
    pub fn links(&self) -> Result<Vec<StoredLink>, Error> {
        let (whole, facts) = self.everything()?;
        let decider = self.decider();
        let shown = |record: &RecordId| {
            let facts = whole.person_of.get(record).and_then(|person| facts.get(person));
            facts.is_some_and(|facts| decider.decide(facts, FieldGroup::Evidence).decision.extent() == 2)
        };
        let mut links = self.case.links_of(None)?;
        links.retain(|link| shown(&link.left) && shown(&link.right));
        self.read("links", links.len() as u64)?;
        Ok(links)
    }

    /// Findings with their deliveries, as far as their records may be seen.
    pub fn findings(&self) -> Result<Vec<FindingRow>, Error> {
        let (whole, facts) = self.everything()?;
        let decider = self.decider();
        let mut out = Vec::new();
        for row in self.case.findings_of(None)? {
            let Some(record) = row.finding.record else {
                out.push(FindingRow { finding: self.of_no_record(row.finding), ..row });
                continue;
            };
            let row = (Field::from_word(&row.finding.column), row);
            if let Some(facts) = whole.person_of.get(&record).and_then(|person| facts.get(person))
                && let Some(shown) = decider.view(facts, &row, cut_finding)
            {
                out.push(shown.into_inner());
            }
        }
        self.read("findings", out.len() as u64)?;
        Ok(out)
    }

    /// Spellings of places, and what they were folded into: for who may see where everybody is.
    pub fn places(&self) -> Result<Vec<PlaceSpelling>, Error> {
        self.may(Action::Operate, None)?;
        self.read("places", 0)?;
        self.case.places_whole()
    }

    /// Writes down that data was taken along: what, of how many people, for whom.
    pub fn exported(
        &self,
        what: &str,
        recipient: &str,
        records: Vec<RecordId>,
        people: u64,
    ) -> Result<u64, Error> {
        self.may(Action::Export, None)?;
        let subjects = records.iter().map(RecordId::to_string).collect();
        self.write_seen(
            wire::DATA_EXPORTED,
            &self.seen(subjects, what, people, Some(format!("to {recipient}"))),
        )
    }

    /// Whether the person of a record may be seen from here.
    pub(crate) fn sees(&self, record: Option<&RecordId>) -> Result<bool, Error> {
        let Some(record) = record else { return Ok(false) };
        let facts = self.facts_of(self.case.person_of_record(*record)?)?;
        Ok(facts.is_some_and(|facts| self.decider().sees(&facts)))
    }

    /// Whether a rule keeps the person of a record from the reader.
    fn is_withheld(&self, record: RecordId) -> Result<bool, Error> {
        let facts = self.facts_of(self.case.person_of_record(record)?)?;
        Ok(facts.is_some_and(|facts| {
            let decided = self.decider().decide(&facts, FieldGroup::Casework);
            decided.decision.extent() == 0 && matches!(decided.why(), Why::DoNotDisclose(_))
        }))
    }

    pub(crate) fn named(&self, id: &str) -> Result<PersonId, Error> {
        let person = self.case.person_named(id)?;
        person.ok_or_else(|| Error::Denied(Refusal::NotFound.words().0.into()))
    }
}
