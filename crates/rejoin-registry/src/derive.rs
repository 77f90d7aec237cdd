//! The commands that derive: records to people, people to families. Their results can be thrown away and made again;
//! what is written to the ledger is that they ran, with which model, and the hash of what came out.

use crate::check::digest;
use crate::database::values;
use crate::orders::Leave;
use crate::store::link_line;
use crate::wire::{self, ModelRun};
use crate::{Case, Error, Progress, Stamp, columns};
use rejoin_ledger::Checkpoint;
use rejoin_linkage::block::RuleReport;
use rejoin_linkage::compare::COMPARISONS;
use rejoin_linkage::{Settings, link};
use rejoin_model::PersonId;
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

impl Case {
    /// Links records to people.
    pub(crate) fn carry_link(&self, leave: &Leave, progress: Progress<'_>) -> Result<LinkReport, Error> {
        people(self, &leave.stamp(), progress)
    }
}

fn people(case: &Case, stamp: &Stamp, progress: Progress<'_>) -> Result<LinkReport, Error> {
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
        families: None,
    };
    progress("writing people", 0, 0);
    let change = case.store.begin()?;
    unchanged(&change, before)?;
    let database = &change.store().database;
    database.execute("DELETE FROM person", &[])?;
    database.execute("DELETE FROM link", &[])?;
    for (record, person) in records.iter().zip(&person) {
        let sql = "INSERT INTO person (record, person) VALUES (?1, ?2)";
        database.execute(sql, values![record.id.to_string(), person.to_string()])?;
    }
    for (ordinal, (left, right, weight, joined, steps)) in (0u64..).zip(&links) {
        database.execute(
            "INSERT INTO link (ordinal, left_record, right_record, weight, joined, steps) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            values![ordinal, left, right, *weight, *joined, steps],
        )?;
    }
    // Families were proposed between the people of the last run: those of people who are no more are gone.
    for sql in [
        "DELETE FROM scored WHERE person IN (SELECT child FROM candidate WHERE other NOT IN (SELECT person FROM person))",
        "DELETE FROM candidate WHERE child NOT IN (SELECT person FROM person) OR other NOT IN (SELECT person FROM person)",
        "DELETE FROM scored WHERE person NOT IN (SELECT person FROM person)",
    ] {
        database.execute(sql, &[])?;
    }
    let run = ModelRun { families: Some(change.families()?), ..run };
    change.append(stamp, wire::PEOPLE_LINKED, &run)?;
    finish(change, "people")?;
    Ok(report)
}

/// What was read is what will be written to.
pub(crate) fn unchanged(change: &crate::change::Change<'_>, before: Checkpoint) -> Result<(), Error> {
    if change.checkpoint()? == before { Ok(()) } else { Err(Error::ChangedMeanwhile) }
}

pub(crate) fn finish(change: crate::change::Change<'_>, name: &str) -> Result<(), Error> {
    change.derived(name, change.checkpoint()?.size)?;
    change.commit()
}
