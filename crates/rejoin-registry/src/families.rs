//! Who may belong with whom: the runs that propose, and what people decide. A run scores again only what is new since the
//! last one, unless all is asked for. Decisions and comparisons of DNA are events; nothing is merged or deleted by them.

use crate::change::{Change, bytes};
use crate::database::values;
use crate::derive::{finish, unchanged};
use crate::orders::Leave;
use crate::project::{StoredEvent, payload};
use crate::store::{EVENT, anchor};
use crate::wire::{self, DnaCompared, DnaDestroyed, MatchDecided, MatchUndone, ModelRun};
use crate::{Case, Error, Progress, Stamp, columns};
use rejoin_linkage::family::{self, Compared, Families, Known, Model, Rejected, Settings, match_families};
use rejoin_linkage::weight;
use rejoin_model::{FamilyCandidate, PersonId, RecordId, Relation, Subject, Verdict};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What family matching came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FamiliesReport {
    /// Children and adults that went in.
    pub children: u64,
    /// Adults.
    pub adults: u64,
    /// Children of whom something was new, and who were scored; all of them in a first or whole run.
    pub scored_children: u64,
    /// Pairs scored.
    pub scored: u64,
    /// Parents proposed with probability of at least 0.1, 0.5 and 0.95.
    pub proposed: [u64; 3],
    /// Children with a candidate of at least even probability.
    pub children_with: u64,
    /// Candidates contested by another.
    pub contested: u64,
    /// Siblings proposed.
    pub siblings: u64,
    /// Candidates proposed again after a rejection, for new evidence.
    pub again: u64,
    /// Milliseconds that matching itself took, reading and writing left out.
    pub took_ms: u64,
}

/// How to propose families.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Proposing {
    /// Score everything again, not only what is new.
    pub whole: bool,
    /// Kinds of evidence that are left out, to see what they add; such a run is not written down.
    pub without: Vec<String>,
    /// Write nothing.
    pub dry: bool,
}

/// A decision of a person on a candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Its position in the ledger, by which it can be taken back.
    pub sequence: u64,
    /// When, microseconds since 1970-01-01 UTC.
    pub at_micros: i64,
    /// By whom.
    pub actor: String,
    /// The child, as people are linked now.
    pub child: PersonId,
    /// The other.
    pub other: PersonId,
    /// What the other would be to the child.
    pub relation: Relation,
    /// What was decided.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
    /// The probability that was proposed then.
    pub probability: f64,
    /// The evidence that was shown then: kind, words, weight.
    pub seen: Vec<(String, String, i64)>,
    /// Where in the ledger it was taken back.
    pub undone: Option<u64>,
}

/// What is decided.
#[derive(Debug, Clone, PartialEq)]
pub struct DecisionRequest {
    /// The child.
    pub child: PersonId,
    /// The other.
    pub other: PersonId,
    /// The relation; by default the one proposed.
    pub relation: Option<Relation>,
    /// The verdict.
    pub verdict: Verdict,
    /// Why: never empty.
    pub reason: String,
}

/// The result of a comparison of DNA, for the ledger. It holds no profile.
#[derive(Debug, Clone, PartialEq)]
pub struct DnaResult {
    /// The child.
    pub child: PersonId,
    /// The adult.
    pub other: PersonId,
    /// The hypothesis in the numerator: that they are parent and child.
    pub first: String,
    /// The hypothesis in the denominator.
    pub second: String,
    /// log10 of the likelihood ratio; none for an exclusion.
    pub log10: Option<f64>,
    /// Loci compared.
    pub loci: u64,
    /// The population whose frequencies were used.
    pub population: String,
    /// Coancestry coefficient.
    pub theta: f64,
    /// Why DNA was used: that other ways were not enough.
    pub reason: String,
    /// Who consented to the comparison, and how.
    pub consent: String,
}

/// A comparison of DNA as the table has it.
struct Comparison {
    sequence: u64,
    child: PersonId,
    other: PersonId,
    words: String,
    /// None: an exclusion.
    log10: Option<f64>,
}

/// Kind, words and weight of each piece of evidence.
type Steps = Vec<(String, String, i64)>;

/// A candidate as the table has it.
#[derive(Debug, Clone, PartialEq)]
struct Row {
    child: PersonId,
    other: PersonId,
    relation: Relation,
    probability: f64,
    none: f64,
    contested: bool,
    evidence: Steps,
    new: Vec<String>,
}

impl From<&FamilyCandidate> for Row {
    fn from(candidate: &FamilyCandidate) -> Self {
        let steps = candidate.evidence.iter();
        Self {
            child: candidate.child,
            other: candidate.other,
            relation: candidate.relation,
            probability: candidate.probability,
            none: candidate.none,
            contested: candidate.contested,
            evidence: steps.map(|step| (step.kind.to_owned(), step.words.clone(), step.weight)).collect(),
            new: candidate.new.clone(),
        }
    }
}

impl Case {
    /// Proposes families; gives the candidates too, which a dry run does not write.
    pub(crate) fn carry_propose(
        &self,
        leave: &Leave,
        how: &Proposing,
        progress: Progress<'_>,
    ) -> Result<(FamiliesReport, Vec<FamilyCandidate>), Error> {
        propose(self, how, &leave.stamp(), progress)
    }

    /// Writes down what a person decided of a candidate, with the evidence that was shown.
    pub(crate) fn carry_decide(&self, leave: &Leave, request: &DecisionRequest) -> Result<u64, Error> {
        let stamp = &leave.stamp();
        if request.reason.trim().is_empty() {
            return Err(Error::Refused("a decision needs a reason".into()));
        }
        let siblings = |candidate: &FamilyCandidate| candidate.relation == Relation::Sibling;
        let proposed = self.candidates(Some(request.child))?.into_iter().find(|candidate| {
            let pair = (candidate.child, candidate.other);
            // Brothers and sisters are a pair without order.
            pair == (request.child, request.other)
                || (siblings(candidate) && pair == (request.other, request.child))
        });
        let relation = request.relation.or(proposed.as_ref().map(|candidate| candidate.relation));
        let Some(relation) = relation else {
            return Err(Error::Refused(
                "the two were not proposed: say what the other would be (--relation)".into(),
            ));
        };
        let [child, other] = self.pair(request.child, request.other, relation == Relation::Sibling)?;
        let row = proposed.as_ref().map(Row::from);
        let decided = MatchDecided {
            child,
            other,
            relation: relation.word().into(),
            verdict: request.verdict.word().into(),
            reason: request.reason.trim().into(),
            probability: row.as_ref().map_or(0.0, |row| row.probability),
            seen: row.map(|row| row.evidence).unwrap_or_default(),
        };
        let change = self.store.begin()?;
        if relation != Relation::Sibling {
            self.tell_casework(&change, request, relation, stamp)?;
        }
        let sequence = self.write_decision(&change, &decided, stamp)?;
        change.commit()?;
        Ok(sequence)
    }

    /// Takes a decision back. Both stay in the ledger.
    pub(crate) fn carry_undo(&self, leave: &Leave, sequence: u64, reason: &str) -> Result<u64, Error> {
        let stamp = &leave.stamp();
        if reason.trim().is_empty() {
            return Err(Error::Refused("taking a decision back needs a reason".into()));
        }
        let decisions = self.decisions_whole()?;
        let taken_back = match decisions.iter().find(|decision| decision.sequence == sequence) {
            None => return Err(Error::Refused(format!("event {sequence} is no decision"))),
            Some(decision) if decision.undone.is_some() => {
                return Err(Error::Refused(format!("the decision {sequence} was taken back already")));
            }
            Some(decision) => decision,
        };
        let undone = MatchUndone { decision: sequence, reason: reason.trim().into() };
        let change = self.store.begin()?;
        // Somebody else may have taken it back since it was looked up.
        let sql = "SELECT undone FROM decision WHERE sequence = ?1";
        let found = self.store.database.first(sql, values![sequence], |row| row.get::<Option<i64>>(0))?;
        if found != Some(None) {
            return Err(Error::ChangedMeanwhile);
        }
        // What a later decision says of the pair stands: only the newest is undone in the child's file.
        let same = |other: &Decision| {
            (other.child, other.other, other.undone) == (taken_back.child, taken_back.other, None)
        };
        let newest = !decisions.iter().any(|other| other.sequence > sequence && same(other));
        if taken_back.relation != Relation::Sibling && newest {
            self.untell_casework(&change, taken_back, reason.trim(), stamp)?;
        }
        // Sealed for whom the decision was sealed, whoever they are linked to now.
        let decided = self.store.events_after(sequence - 1, 1)?.pop();
        let subjects = decided.as_ref().map(StoredEvent::subjects).unwrap_or_default();
        let at = change.append_sealed(stamp, wire::MATCH_UNDONE, &subjects, &undone)?;
        change.undone(at, &undone)?;
        change.commit()?;
        Ok(at)
    }

    /// Writes down the result of a comparison of DNA.
    pub(crate) fn carry_dna(&self, leave: &Leave, result: &DnaResult) -> Result<u64, Error> {
        let stamp = &leave.stamp();
        if result.reason.trim().is_empty() {
            return Err(Error::Refused("DNA is the last resort: say why other ways were not enough".into()));
        }
        if result.consent.trim().is_empty() {
            return Err(Error::Refused(
                "DNA is compared with consent only: say who consented, and how".into(),
            ));
        }
        if result.log10.is_some_and(|log10| !log10.is_finite()) {
            return Err(Error::Refused("a ratio that is no number is no evidence".into()));
        }
        let [child, other] = self.pair(result.child, result.other, false)?;
        let compared = DnaCompared {
            child,
            other,
            first: result.first.clone(),
            second: result.second.clone(),
            log10: result.log10,
            loci: result.loci,
            population: result.population.clone(),
            theta: result.theta,
            reason: result.reason.trim().into(),
            consent: result.consent.trim().into(),
        };
        let subjects = [anchor(&result.child.to_string()), anchor(&result.other.to_string())];
        self.append(stamp, wire::DNA_COMPARED, &subjects, &compared, |change, at| change.dna(at, &compared))
    }

    /// Certifies that the profiles of a comparison were destroyed.
    pub(crate) fn carry_destruction(
        &self,
        leave: &Leave,
        comparison: u64,
        profiles: u64,
        bytes: u64,
    ) -> Result<u64, Error> {
        let stamp = &leave.stamp();
        let destroyed = DnaDestroyed { comparison, profiles, bytes };
        self.append(stamp, wire::DNA_DESTROYED, &[], &destroyed, |change, at| {
            change.dna_destroyed(at, &destroyed)
        })
    }

    /// Appends one event, sealed for its subjects, and projects it, or neither.
    fn append<T: serde::Serialize>(
        &self,
        stamp: &Stamp,
        kind: &str,
        subjects: &[String],
        payload: &T,
        project: impl FnOnce(&Change<'_>, u64) -> Result<(), Error>,
    ) -> Result<u64, Error> {
        let subjects: Vec<&str> = subjects.iter().map(String::as_str).collect();
        let change = self.store.begin()?;
        let sequence = if subjects.is_empty() {
            change.append(stamp, kind, payload)?
        } else {
            change.append_sealed(stamp, kind, &subjects, payload)?
        };
        project(&change, sequence)?;
        change.commit()?;
        Ok(sequence)
    }

    /// Who is meant by the record that a decision names.
    fn anchored(&self) -> Result<impl Fn(&str) -> Option<PersonId> + use<>, Error> {
        let person_of = self.person_of()?;
        Ok(move |record: &str| {
            let record: RecordId = record.parse().ok()?;
            Some(person_of.get(&record).copied().unwrap_or(PersonId::of_smallest(record)))
        })
    }

    /// Records of a child and an adult, or of two children, the smallest first.
    fn pair(&self, child: PersonId, other: PersonId, siblings: bool) -> Result<[Vec<String>; 2], Error> {
        if child == other {
            return Err(Error::Refused("the two are one person".into()));
        }
        let records = |person: PersonId, subject: Subject| {
            let records = self.records(Some(person))?;
            if records.is_empty() {
                return Err(Error::Refused(format!("nobody here has the id {person}")));
            }
            let own = rejoin_custody::Person::new(person, records.iter().collect()).subject;
            if own != subject && own != Subject::Unknown {
                let (own, subject) = (own.word(), subject.word());
                return Err(Error::Refused(format!("{person} is on record as {own}, not as {subject}")));
            }
            Ok(records.iter().map(|record| record.id.to_string()).collect())
        };
        let second = if siblings { Subject::Child } else { Subject::Adult };
        Ok([records(child, Subject::Child)?, records(other, second)?])
    }

    /// Decisions, oldest first, also those that were taken back.
    pub(crate) fn decisions_whole(&self) -> Result<Vec<Decision>, Error> {
        let person = self.anchored()?;
        let sql = format!(
            "SELECT {EVENT}, d.undone FROM decision d JOIN event e ON e.sequence = d.sequence ORDER BY d.sequence"
        );
        let rows = self
            .store
            .database
            .rows(&sql, &[], |row| Ok((StoredEvent::from_row(row)?, row.get::<Option<i64>>(6)?)))?;
        let mut decisions = Vec::new();
        for (event, undone) in rows {
            let Some(decided) = payload::<MatchDecided>(&self.store.keys, &event)? else { continue };
            let first = |records: &[String]| records.first().and_then(|record| person(record));
            let (Some(child), Some(other), Some(relation), Some(verdict)) = (
                first(&decided.child),
                first(&decided.other),
                Relation::from_word(&decided.relation),
                Verdict::from_word(&decided.verdict),
            ) else {
                continue;
            };
            decisions.push(Decision {
                sequence: event.sequence,
                at_micros: event.at_micros,
                actor: event.actor,
                child,
                other,
                relation,
                verdict,
                reason: decided.reason,
                probability: decided.probability,
                seen: decided.seen,
                undone: undone.map(|at| at as u64),
            });
        }
        Ok(decisions)
    }

    /// Comparisons of DNA, oldest first.
    fn comparisons(&self) -> Result<Vec<Comparison>, Error> {
        let person = self.anchored()?;
        let sql =
            format!("SELECT {EVENT} FROM dna d JOIN event e ON e.sequence = d.sequence ORDER BY d.sequence");
        let mut comparisons = Vec::new();
        for event in self.store.database.rows(&sql, &[], StoredEvent::from_row)? {
            let Some(compared) = payload::<DnaCompared>(&self.store.keys, &event)? else { continue };
            let first = |records: &[String]| records.first().and_then(|record| person(record));
            if let (Some(child), Some(other)) = (first(&compared.child), first(&compared.other)) {
                let words = compared.words();
                comparisons.push(Comparison {
                    sequence: event.sequence,
                    child,
                    other,
                    words,
                    log10: compared.log10,
                });
            }
        }
        Ok(comparisons)
    }

    /// Person → what its records are: changes when one comes, changes or goes to another person.
    fn states(&self) -> Result<BTreeMap<PersonId, String>, Error> {
        let sql = "SELECT COALESCE(p.person, 'p' || substr(r.id, 2)), r.id, r.event, r.present FROM record r \
                   LEFT JOIN person p ON p.record = r.id ORDER BY 1, 2";
        let mut hashes: BTreeMap<PersonId, Sha256> = BTreeMap::new();
        self.store.database.each(sql, &[], |row| {
            let (person, record): (String, String) = (row.get(0)?, row.get(1)?);
            let (event, present): (i64, bool) = (row.get(2)?, row.get(3)?);
            if let Ok(person) = person.parse() {
                hashes.entry(person).or_default().update(format!("{record} {event} {present};"));
            }
            Ok(())
        })?;
        let short = |hash: Sha256| hash.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(hashes.into_iter().map(|(person, hash)| (person, short(hash))).collect())
    }

    /// The people of the last run and their states.
    fn scored(&self) -> Result<HashMap<PersonId, String>, Error> {
        let rows = self
            .store
            .database
            .rows("SELECT person, state FROM scored", &[], |row| Ok((row.get::<String>(0)?, row.get(1)?)))?;
        Ok(rows.into_iter().filter_map(|(person, state)| Some((person.parse().ok()?, state))).collect())
    }

    /// The model of the last run, and where in the ledger it ran.
    fn last_model(&self) -> Result<Option<(Model, u64)>, Error> {
        let Some(event) = self.store.newest(wire::FAMILIES_PROPOSED)? else { return Ok(None) };
        let Some(run) = payload::<ModelRun>(&self.store.keys, &event)? else { return Ok(None) };
        let table =
            |name: &str| -> Option<Vec<Vec<f64>>> { serde_json::from_value(run.model[name].clone()).ok() };
        let kinds: Option<Vec<String>> = serde_json::from_value(run.model["kinds"].clone()).ok();
        // A model of other kinds of evidence weighs nothing here.
        if !kinds.is_some_and(|kinds| kinds.iter().map(String::as_str).eq(family::kinds())) {
            return Ok(None);
        }
        let prior = run.model["prior"].as_i64();
        let model = prior.zip(table("m")).zip(table("u")).map(|((prior, m), u)| Model { prior, m, u });
        Ok(model.map(|model| (model, event.sequence)))
    }
}

/// A pair that stands rejected, with all that was seen whenever it was.
struct Rejection {
    child: PersonId,
    other: PersonId,
    relation: Relation,
    seen: Vec<(String, String)>,
}

/// The pairs that stand rejected: the last decision that stands, acceptance or rejection, is a rejection. That more
/// evidence is wanted takes nothing back.
fn standing(decisions: &[Decision]) -> Vec<Rejection> {
    let mut pairs: BTreeMap<(PersonId, PersonId, bool), (bool, Rejection)> = BTreeMap::new();
    for decision in decisions.iter().filter(|decision| decision.undone.is_none()) {
        let siblings = decision.relation == Relation::Sibling;
        let (child, other) = match siblings {
            true => (decision.child.min(decision.other), decision.child.max(decision.other)),
            false => (decision.child, decision.other),
        };
        let (rejected, rejection) = pairs.entry((child, other, siblings)).or_insert_with(|| {
            (false, Rejection { child, other, relation: decision.relation, seen: Vec::new() })
        });
        match decision.verdict {
            Verdict::Accepted => *rejected = false,
            Verdict::Rejected => {
                *rejected = true;
                let seen = decision.seen.iter().map(|(kind, words, _)| (kind.clone(), words.clone()));
                rejection.seen.extend(seen);
            }
            Verdict::NeedsEvidence => {}
        }
    }
    pairs.into_values().filter(|(rejected, _)| *rejected).map(|(_, rejection)| rejection).collect()
}

/// One person's rows among all, by id.
fn rows(people: &[rejoin_custody::Person<'_>]) -> HashMap<PersonId, u32> {
    (0u32..).zip(people).map(|(row, person)| (person.id, row)).collect()
}

#[allow(clippy::disallowed_methods, reason = "how long matching took is reported, and decides nothing")]
fn propose(
    case: &Case,
    how: &Proposing,
    stamp: &Stamp,
    progress: Progress<'_>,
) -> Result<(FamiliesReport, Vec<FamilyCandidate>), Error> {
    if case.store.derived_at("people")?.is_none() {
        return Err(Error::First(
            "families are proposed between people, and records have not been linked yet: `rejoin link`",
        ));
    }
    if let Some(odd) = how.without.iter().find(|name| !family::kinds().any(|kind| kind == name.as_str())) {
        let kinds = family::kinds().collect::<Vec<_>>().join(", ");
        return Err(Error::Refused(format!("there is no evidence {odd:?}; there is: {kinds}")));
    }
    progress("reading people", 0, 0);
    let before = case.checkpoint()?;
    let view = case.whole()?;
    let people = view.people();
    let (columns, named) = columns::of_people(&people, &view.units);
    let row_of = rows(&people);
    let (decisions, comparisons) = (case.decisions_whole()?, case.comparisons()?);
    let standing = standing(&decisions);
    let parents = standing.iter().filter(|rejection| rejection.relation != Relation::Sibling);
    let rejected: Vec<Rejected> = parents
        .filter_map(|rejection| {
            Some(Rejected {
                child: *row_of.get(&rejection.child)?,
                adult: *row_of.get(&rejection.other)?,
                seen: rejection.seen.clone(),
            })
        })
        .collect();
    let siblings_apart = standing.iter().filter(|rejection| rejection.relation == Relation::Sibling);
    let apart: HashSet<(PersonId, PersonId)> =
        siblings_apart.map(|rejection| (rejection.child, rejection.other)).collect();
    let dna: Vec<Compared> = comparisons
        .iter()
        .filter_map(|compared| {
            Some(Compared {
                child: *row_of.get(&compared.child)?,
                adult: *row_of.get(&compared.other)?,
                log10: compared.log10.unwrap_or(f64::NEG_INFINITY),
                words: compared.words.clone(),
            })
        })
        .collect();
    let states = case.states()?;
    let frozen = if how.whole || !how.without.is_empty() { None } else { case.last_model()? };
    let touched = match &frozen {
        None => None,
        Some((_, at)) => {
            let scored = case.scored()?;
            let changed = states.iter().filter(|(person, state)| scored.get(person) != Some(state));
            let mut touched: HashSet<PersonId> = changed.map(|(person, _)| *person).collect();
            let since = |sequence: u64| sequence > *at;
            for decision in &decisions {
                if since(decision.sequence) || decision.undone.is_some_and(since) {
                    touched.extend([decision.child, decision.other]);
                }
            }
            for compared in comparisons.iter().filter(|compared| since(compared.sequence)) {
                touched.extend([compared.child, compared.other]);
            }
            // Whoever was proposed together with somebody who changed.
            let others = view.candidates.iter().filter(|candidate| touched.contains(&candidate.other));
            let children: Vec<PersonId> = others.map(|candidate| candidate.child).collect();
            touched.extend(children);
            let touched: HashSet<u32> =
                touched.iter().filter_map(|person| row_of.get(person)).copied().collect();
            // A model made for other lists is not kept when much is new.
            (touched.len() * 5 <= people.len()).then_some(touched)
        }
    };
    let known = Known {
        rejected,
        dna,
        apart: apart
            .iter()
            .filter_map(|(one, other)| {
                let (one, other) = (*row_of.get(one)?, *row_of.get(other)?);
                Some((one.min(other), one.max(other)))
            })
            .collect(),
        frozen: frozen.as_ref().zip(touched.as_ref()).map(|((model, _), touched)| (model, touched)),
    };
    progress("matching", 0, 0);
    let started = std::time::Instant::now();
    let settings = Settings { without: how.without.clone(), ..Settings::default() };
    let families = match_families(&columns, &named, &settings, &known);
    let took_ms = started.elapsed().as_millis() as u64;
    let mut all: Vec<Row> = families.candidates.iter().map(|candidate| row(candidate, &people)).collect();
    if let Some(scored) = &families.scored_children {
        // The others stand as they were.
        let kept = view.candidates.iter().filter(|candidate| {
            let parent = candidate.relation != Relation::Sibling;
            parent && row_of.get(&candidate.child).is_some_and(|row| !scored.contains(row))
        });
        all.extend(kept.map(Row::from));
        all.sort_by(|one, other| {
            (one.child, other.probability, one.other)
                .partial_cmp(&(other.child, one.probability, other.other))
                .unwrap_or(std::cmp::Ordering::Equal)
        });
    }
    let siblings = siblings(&all, &families, &people, &apart);
    let [children, adults, _] = crate::View::counts(&people);
    let parents = || all.iter().filter(|row| row.relation.is_parent());
    let at_least = |probability: f64| parents().filter(|row| row.probability >= probability).count() as u64;
    let with: BTreeSet<PersonId> =
        parents().filter(|row| row.probability >= 0.5).map(|row| row.child).collect();
    let report = FamiliesReport {
        children: children as u64,
        adults: adults as u64,
        scored_children: families.scored_children.as_ref().map_or(children, HashSet::len) as u64,
        scored: families.scored,
        proposed: [at_least(0.1), at_least(0.5), at_least(0.95)],
        children_with: with.len() as u64,
        contested: all.iter().filter(|row| row.contested).count() as u64,
        siblings: siblings.len() as u64,
        again: all.iter().filter(|row| !row.new.is_empty()).count() as u64,
        took_ms,
    };
    drop(people);
    all.extend(siblings);
    // What leaves is who, what and how likely; the evidence is read at a desk.
    let candidates = all
        .iter()
        .map(|row| candidate(&Row { evidence: Vec::new(), new: Vec::new(), ..row.clone() }))
        .collect();
    if how.dry || !how.without.is_empty() {
        return Ok((report, candidates));
    }
    let change = case.store.begin()?;
    unchanged(&change, before)?;
    let database = &change.store().database;
    database.execute("DELETE FROM candidate", &[])?;
    database.execute("DELETE FROM scored", &[])?;
    for (ordinal, row) in (0u64..).zip(&all) {
        let (child, other) = (row.child.to_string(), row.other.to_string());
        let texts = bytes(&(&row.evidence, &row.new));
        let sealed = change.keys().seal("candidate", &[&anchor(&child), &anchor(&other)], &texts)?;
        database.execute(
            "INSERT INTO candidate (ordinal, child, other, relation, probability, none, contested, sealed) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            values![
                ordinal,
                &child,
                &other,
                row.relation.word(),
                row.probability,
                row.none,
                row.contested,
                &sealed
            ],
        )?;
    }
    for (person, state) in &states {
        let sql = "INSERT INTO scored (person, state) VALUES (?1, ?2)";
        database.execute(sql, values![person.to_string(), state])?;
    }
    let model = &families.model;
    let run = ModelRun {
        rows: states.len() as u64,
        compared: families.scored,
        results: all.len() as u64,
        model: json!({
            "prior": model.prior, "prior_bits": weight::bits(model.prior), "m": model.m, "u": model.u,
            "kinds": family::kinds().collect::<Vec<_>>(), "children_scored": report.scored_children,
        }),
        result: change.families()?,
        families: None,
    };
    change.append(stamp, wire::FAMILIES_PROPOSED, &run)?;
    finish(change, "families")?;
    Ok((report, candidates))
}

fn row(candidate: &family::Candidate, people: &[rejoin_custody::Person<'_>]) -> Row {
    const PLACES: [Relation; 5] =
        [Relation::Mother, Relation::Father, Relation::Parent, Relation::Grandparent, Relation::Guardian];
    Row {
        child: people[candidate.child as usize].id,
        other: people[candidate.adult as usize].id,
        relation: PLACES[candidate.place as usize],
        probability: candidate.probability,
        none: candidate.none,
        contested: candidate.contested,
        evidence: steps(&candidate.steps),
        new: candidate.new.clone(),
    }
}

fn steps(steps: &[family::Step]) -> Steps {
    steps.iter().map(|step| (step.kind.to_owned(), step.level.to_string(), step.weight)).collect()
}

fn candidate(row: &Row) -> FamilyCandidate {
    let evidence = row.evidence.iter().map(|(kind, words, weight)| rejoin_model::Evidence {
        kind: crate::view::kind_of(kind),
        weight: *weight,
        words: words.clone(),
    });
    FamilyCandidate {
        child: row.child,
        other: row.other,
        relation: row.relation,
        probability: row.probability,
        evidence: evidence.collect(),
        contested: row.contested,
        none: row.none,
        new: row.new.clone(),
    }
}

/// Children who are likely siblings by their own records, or who share a likely parent: as likely as the likelier of the
/// two says.
fn siblings(
    parents: &[Row],
    families: &Families,
    people: &[rejoin_custody::Person<'_>],
    apart: &HashSet<(PersonId, PersonId)>,
) -> Vec<Row> {
    let mut out: BTreeMap<(PersonId, PersonId), (f64, Steps)> = BTreeMap::new();
    for pair in &families.siblings {
        let (one, other) = (people[pair.one as usize].id, people[pair.other as usize].id);
        out.insert((one.min(other), one.max(other)), (pair.probability, steps(&pair.steps)));
    }
    let mut by_parent: BTreeMap<PersonId, Vec<(PersonId, f64)>> = BTreeMap::new();
    for row in parents.iter().filter(|row| row.relation.is_parent() && row.probability >= 0.5) {
        by_parent.entry(row.other).or_default().push((row.child, row.probability));
    }
    for children in by_parent.values() {
        for (at, (one, first)) in children.iter().enumerate() {
            for (other, second) in &children[at + 1..] {
                let probability = first.min(*second);
                let pair = (*one.min(other), *one.max(other));
                if apart.contains(&pair) {
                    continue;
                }
                if out.get(&pair).is_none_or(|(known, _)| *known < probability) {
                    let weight = weight::of_probability(probability.clamp(1e-6, 1.0 - 1e-6));
                    let words = "the same adult is the likely parent of both".to_owned();
                    out.insert(pair, (probability, vec![("shared-parent".to_owned(), words, weight)]));
                }
            }
        }
    }
    out.into_iter()
        .map(|((child, other), (probability, evidence))| Row {
            child,
            other,
            relation: Relation::Sibling,
            probability,
            none: 1.0 - probability,
            contested: false,
            evidence,
            new: Vec::new(),
        })
        .collect()
}
