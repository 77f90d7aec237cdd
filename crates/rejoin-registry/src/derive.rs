//! The commands that derive: records to people, people to families. Their results can be thrown away and made again;
//! what is written to the ledger is that they ran, with which model, and the hash of what came out.

use crate::check::digest;
use crate::store::{candidate_line, link_line};
use crate::wire::{self, ModelRun};
use crate::{Case, Error, Progress, Stamp, columns};
use rejoin_ledger::Checkpoint;
use rejoin_linkage::block::RuleReport;
use rejoin_linkage::compare::COMPARISONS;
use rejoin_linkage::family::{self, match_families};
use rejoin_linkage::{Settings, link, weight};
use rejoin_model::{PersonId, Relation};
use rusqlite::params;
use std::collections::{BTreeMap, BTreeSet};

/// What linking came to.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkReport {
    /// Records that went in.
    pub records: u64,
    /// People that came out.
    pub people: u64,
    /// Pairs compared.
    pub compared: u64,
    /// Pairs likelier than not, and of them those joined.
    pub likely: u64,
    /// Joined pairs.
    pub joined: u64,
    /// Joins refused because another pair spoke against them.
    pub refused: u64,
    /// Share of the compared pairs that are matches, estimated.
    pub prior: f64,
    /// Rounds of estimation, and whether it converged.
    pub rounds: usize,
    /// Whether it converged.
    pub converged: bool,
    /// Levels that no compared pair had: (comparison, level).
    pub unseen: Vec<(&'static str, &'static str)>,
    /// Blocking rules: name, pairs, blocks left out.
    pub rules: Vec<RuleReport>,
}

/// What family matching came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FamiliesReport {
    /// Children and adults that went in.
    pub children: u64,
    /// Adults.
    pub adults: u64,
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
}

impl Case {
    /// Links records to people.
    pub fn link(&mut self, stamp: &Stamp, progress: Progress<'_>) -> Result<LinkReport, Error> {
        people(self, stamp, progress)
    }

    /// Proposes families.
    ///
    /// # Errors
    /// [`Error::First`] when records have not been linked.
    pub fn families(&mut self, stamp: &Stamp, progress: Progress<'_>) -> Result<FamiliesReport, Error> {
        families(self, stamp, progress)
    }
}

fn people(case: &mut Case, stamp: &Stamp, progress: Progress<'_>) -> Result<LinkReport, Error> {
    progress("reading records", 0, 0);
    let before = case.checkpoint()?;
    let records = case.records(None)?;
    progress("comparing", 0, 0);
    let linkage = link(&columns::of_records(&records), &Settings::default());
    let person: Vec<PersonId> =
        linkage.person.iter().map(|row| PersonId::of_smallest(records[*row as usize].id)).collect();
    let mut lines: Vec<String> =
        records.iter().zip(&person).map(|(record, person)| format!("{} {person}", record.id)).collect();
    // Of each pair: the two records, the weight, whether it joined, and why.
    let links: Vec<(String, String, i64, bool, String)> = linkage
        .links
        .iter()
        .map(|link| {
            let (left, right) = (link.left as usize, link.right as usize);
            let explained = linkage.explain(link.left, link.right).into_iter();
            let steps: Vec<(&str, &str, i64)> =
                explained.map(|step| (step.comparison, step.level, step.weight)).collect();
            let steps = serde_json::to_string(&steps).unwrap_or_default();
            let (one, other) = (records[left].id.to_string(), records[right].id.to_string());
            (one, other, link.weight, person[left] == person[right], steps)
        })
        .collect();
    lines.extend(
        links
            .iter()
            .map(|(left, right, weight, joined, steps)| link_line(left, right, *weight, *joined, steps)),
    );
    let model = &linkage.model;
    let described: BTreeMap<&str, serde_json::Value> = COMPARISONS
        .iter()
        .enumerate()
        .map(|(at, comparison)| (comparison.name, serde_json::json!({"m": model.m[at], "u": model.u[at]})))
        .collect();
    let joined =
        linkage.links.iter().filter(|link| person[link.left as usize] == person[link.right as usize]).count();
    let report = LinkReport {
        records: records.len() as u64,
        people: person.iter().collect::<BTreeSet<_>>().len() as u64,
        compared: linkage.compared,
        likely: linkage.links.len() as u64,
        joined: joined as u64,
        refused: linkage.refused.len() as u64,
        prior: model.prior,
        rounds: model.rounds,
        converged: model.converged,
        unseen: model
            .unseen
            .iter()
            .map(|(at, level)| (COMPARISONS[*at].name, COMPARISONS[*at].levels[*level as usize]))
            .collect(),
        rules: linkage.rules.clone(),
    };
    let run = ModelRun {
        rows: report.records,
        compared: report.compared,
        results: report.people,
        model: serde_json::json!({"prior": model.prior, "rounds": model.rounds, "converged": model.converged, "comparisons": described}),
        result: digest(&lines),
    };
    progress("writing people", 0, 0);
    let change = case.store.begin()?;
    unchanged(&change, before)?;
    // Families were proposed between the people of the last run, some of whom may be gone.
    change.connection().execute_batch(
        "DELETE FROM person; DELETE FROM link; DELETE FROM candidate; UPDATE derived SET size = 0 WHERE name = 'families';",
    )?;
    {
        let mut insert =
            change.connection().prepare("INSERT INTO person (record, person) VALUES (?1, ?2)")?;
        for (record, person) in records.iter().zip(&person) {
            insert.execute(params![record.id.to_string(), person.to_string()])?;
        }
        let mut insert = change.connection().prepare(
            "INSERT INTO link (left_record, right_record, weight, joined, steps) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        for (left, right, weight, joined, steps) in &links {
            insert.execute(params![left, right, weight, joined, steps])?;
        }
    }
    change.append(stamp, wire::PEOPLE_LINKED, 1, &serde_json::to_vec(&run).unwrap_or_default())?;
    finish(change, "people")?;
    Ok(report)
}

fn families(case: &mut Case, stamp: &Stamp, progress: Progress<'_>) -> Result<FamiliesReport, Error> {
    if case.store.derived_at("people")?.is_none() {
        return Err(Error::First(
            "families are proposed between people, and records have not been linked yet: `rejoin link`",
        ));
    }
    progress("reading people", 0, 0);
    let before = case.checkpoint()?;
    let view = case.view()?;
    let people = view.people();
    let (columns, named) = columns::of_people(&people, &view.units);
    progress("matching", 0, 0);
    let families = match_families(&columns, &named, &family::Settings::default());
    let mut rows = Vec::new();
    for candidate in &families.candidates {
        let relation = [Relation::Mother, Relation::Father, Relation::Parent][candidate.place as usize];
        let (child, adult) = (people[candidate.child as usize].id, people[candidate.adult as usize].id);
        let steps: Vec<(&str, &str, i64)> =
            candidate.steps.iter().map(|step| (step.kind, step.level, step.weight)).collect();
        let evidence = serde_json::to_string(&steps).unwrap_or_default();
        rows.push((child, adult, relation, candidate.probability, candidate.contested, evidence));
    }
    let siblings = siblings(&rows);
    let at_least = |probability: f64| rows.iter().filter(|row| row.3 >= probability).count() as u64;
    let [children, adults, _] = crate::View::counts(&people);
    let report = FamiliesReport {
        children: children as u64,
        adults: adults as u64,
        scored: families.scored,
        proposed: [at_least(0.1), at_least(0.5), at_least(0.95)],
        children_with: rows.iter().filter(|row| row.3 >= 0.5).map(|row| row.0).collect::<BTreeSet<_>>().len()
            as u64,
        contested: rows.iter().filter(|row| row.4).count() as u64,
        siblings: siblings.len() as u64,
    };
    let line = |(child, other, relation, probability, contested, evidence): &Row| {
        let (child, other) = (child.to_string(), other.to_string());
        candidate_line(&child, &other, relation.word(), *probability, *contested, evidence)
    };
    let lines: Vec<String> = rows.iter().chain(&siblings).map(line).collect();
    let run = ModelRun {
        rows: people.len() as u64,
        compared: families.scored,
        results: families.candidates.len() as u64,
        model: serde_json::json!({"prior_bits": weight::bits(families.prior), "m": families.m}),
        result: digest(&lines),
    };
    drop(people);
    let change = case.store.begin()?;
    unchanged(&change, before)?;
    change.connection().execute_batch("DELETE FROM candidate;")?;
    {
        let mut insert = change.connection().prepare(
            "INSERT INTO candidate (child, other, relation, probability, contested, evidence) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        for (child, other, relation, probability, contested, evidence) in rows.iter().chain(&siblings) {
            insert.execute(params![
                child.to_string(),
                other.to_string(),
                relation.word(),
                probability,
                contested,
                evidence
            ])?;
        }
    }
    change.append(stamp, wire::FAMILIES_PROPOSED, 1, &serde_json::to_vec(&run).unwrap_or_default())?;
    finish(change, "families")?;
    Ok(report)
}

/// What was read is what will be written to.
fn unchanged(change: &crate::store::Change<'_>, before: Checkpoint) -> Result<(), Error> {
    if change.checkpoint()? == before { Ok(()) } else { Err(Error::ChangedMeanwhile) }
}

fn finish(change: crate::store::Change<'_>, name: &str) -> Result<(), Error> {
    let size: i64 = change.connection().query_row("SELECT COUNT(*) FROM event", [], |row| row.get(0))?;
    change.derived(name, size as u64)?;
    change.commit()
}

type Row = (PersonId, PersonId, Relation, f64, bool, String);

/// Children who share a likely parent are proposed as siblings, as likely as the less likely of the two.
fn siblings(rows: &[Row]) -> Vec<Row> {
    let mut by_parent: BTreeMap<PersonId, Vec<(PersonId, f64)>> = BTreeMap::new();
    for (child, adult, _, probability, ..) in rows.iter().filter(|row| row.3 >= 0.5) {
        by_parent.entry(*adult).or_default().push((*child, *probability));
    }
    let mut out: BTreeMap<(PersonId, PersonId), f64> = BTreeMap::new();
    for children in by_parent.values() {
        for (at, (one, first)) in children.iter().enumerate() {
            for (other, second) in &children[at + 1..] {
                let pair = (*one.min(other), *one.max(other));
                let probability = out.entry(pair).or_default();
                *probability = probability.max(first.min(*second));
            }
        }
    }
    let evidence = |probability: f64| {
        let weight = weight::of_probability(probability.clamp(1e-6, 1.0 - 1e-6));
        serde_json::to_string(&[("shared-parent", "the same adult is the likely parent of both", weight)])
            .unwrap_or_default()
    };
    out.into_iter()
        .map(|((one, other), probability)| {
            (one, other, Relation::Sibling, probability, false, evidence(probability))
        })
        .collect()
}
