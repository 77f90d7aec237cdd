//! `rejoin link`, `rejoin families`, `rejoin custody`.

use super::truth::{Judged, Truth};
use super::{Context, account, day};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::render::{Rows, print, print_json, thousands};
use crate::{Format, Output};
use rejoin_registry::{FamiliesReport, LinkReport, Proposing};
use serde_json::{Value, json};
use std::path::PathBuf;

pub fn link(context: &Context, output: &Output) -> Result<(), Failure> {
    let case = context.open()?;
    let progress = Progress::new();
    let report = case.link(&context.stamp(), &|what, done, total| progress.say(what, done, total))?;
    match output.format {
        Format::Json => print_json(&link_json(&report)),
        format => {
            let mut rows = Rows::new(&["blocking rule", "blocks", "pairs", "blocks left out"]);
            for rule in &report.rules {
                rows.push(vec![
                    json!(rule.name),
                    json!(rule.blocks),
                    json!(rule.pairs),
                    json!(rule.left_out),
                ]);
            }
            if format == Format::Csv {
                return rows.csv();
            }
            print(&format!(
                "{} records are {} people; {} pairs compared, {} likely, {} joined, {} joins refused because another pair spoke against them",
                thousands(report.records),
                thousands(report.people),
                thousands(report.compared),
                thousands(report.likely),
                thousands(report.joined),
                thousands(report.refused)
            ))?;
            print(&rows.table())?;
            if !report.converged {
                eprintln!(
                    "warning: estimation did not converge in {} rounds; treat probabilities with care",
                    report.rounds
                );
            }
            Ok(())
        }
    }
}

pub fn link_json(report: &LinkReport) -> Value {
    json!({
        "records": report.records,
        "people": report.people,
        "compared": report.compared,
        "likely": report.likely,
        "joined": report.joined,
        "refused": report.refused,
        "prior": report.prior,
        "rounds": report.rounds,
        "converged": report.converged,
        "unseen": report.unseen,
        "rules": report.rules.iter().map(|rule| json!({
            "name": rule.name, "blocks": rule.blocks, "pairs": rule.pairs, "left_out": rule.left_out,
            "largest_left_out": rule.largest_left_out,
        })).collect::<Vec<_>>(),
    })
}

/// Arguments of `rejoin families`.
#[derive(clap::Args)]
pub struct Families {
    /// Score everything again, not only what is new since the last run.
    #[arg(long)]
    whole: bool,
    /// Leave out a kind of evidence, to see what it adds; nothing is written. May be repeated.
    #[arg(long, value_name = "KIND")]
    without: Vec<String>,
    /// Write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Judge the proposals by a synthetic world's truth: the directory that `rejoin synth` wrote.
    #[arg(long, value_name = "DIR")]
    truth: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

impl Families {
    /// Carries it out.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let case = context.open()?;
        let progress = Progress::new();
        let how = Proposing { whole: self.whole, without: self.without.clone(), dry: self.dry_run };
        let say = |what: &str, done, total| progress.say(what, done, total);
        let (report, candidates) = case.propose(&how, &context.stamp(), &say)?;
        let judged = match &self.truth {
            None => None,
            Some(lists) => Some(Truth::read(lists)?.judge(&context.desk(&case)?.view(None)?, &candidates)),
        };
        if self.output.format == Format::Json {
            let mut value = families_json(&report);
            if let Some(judged) = &judged {
                value["truth"] = judged_json(judged);
            }
            return print_json(&value);
        }
        let mut rows = Rows::new(&["what", "count"]);
        for (what, count) in [
            ("children", report.children),
            ("adults", report.adults),
            ("children scored in this run", report.scored_children),
            ("pairs scored", report.scored),
            ("parents proposed, probability 0.95 and over", report.proposed[2]),
            ("parents proposed, 0.5 and over", report.proposed[1]),
            ("parents proposed, 0.1 and over", report.proposed[0]),
            ("children with a candidate of 0.5 and over", report.children_with),
            ("candidates contested by another", report.contested),
            ("siblings proposed", report.siblings),
            ("proposed again after a rejection, for new evidence", report.again),
            ("milliseconds of matching", report.took_ms),
        ] {
            rows.push(vec![json!(what), json!(count)]);
        }
        rows.print(self.output.format)?;
        if let Some(judged) = &judged {
            let share = |value: f64| json!(format!("{value:.4}"));
            let mut rows = Rows::new(&["against the truth", "all", "separated"]);
            let [all, separated] = judged.recall_at_precision_99;
            rows.push(vec![json!("recall at a precision of 0.99"), share(all), share(separated)]);
            let [all, separated] = judged.recall_95;
            rows.push(vec![json!("recall at a probability of 0.95"), share(all), share(separated)]);
            rows.push(vec![json!("precision there"), share(judged.precision_95), json!("")]);
            rows.push(vec![json!("calibration error"), share(judged.calibration_error), json!("")]);
            rows.print(self.output.format)?;
        }
        if how.dry || !how.without.is_empty() {
            eprintln!("note: nothing was written");
        }
        eprintln!(
            "These are suspicions with evidence (`rejoin person ID`). Whether two people are a family, people decide (`rejoin decide`)."
        );
        Ok(())
    }
}

fn judged_json(judged: &Judged) -> Value {
    json!({
        "recall_at_precision_99": judged.recall_at_precision_99,
        "threshold_99": judged.threshold_99,
        "precision_at_95": judged.precision_95,
        "recall_at_95": judged.recall_95,
        "calibration": judged.calibration.iter().map(|(pairs, said, was)| json!({"pairs": pairs, "said": said, "was": was})).collect::<Vec<_>>(),
        "calibration_error": judged.calibration_error,
    })
}

pub fn families_json(report: &FamiliesReport) -> Value {
    json!({
        "children": report.children,
        "adults": report.adults,
        "scored_children": report.scored_children,
        "scored": report.scored,
        "proposed": {"0.1": report.proposed[0], "0.5": report.proposed[1], "0.95": report.proposed[2]},
        "children_with": report.children_with,
        "contested": report.contested,
        "siblings": report.siblings,
        "again": report.again,
        "matching_ms": report.took_ms,
    })
}

pub fn custody(context: &Context, on: Option<&str>, output: &Output) -> Result<(), Failure> {
    let on = day(on)?;
    let case = context.open()?;
    let progress = Progress::new();
    progress.say("rebuilding custody", 0, 0);
    let view = context.desk(&case)?.view(None)?;
    let people = view.people();
    let scene = view.scene(&people, on);
    let custody = account::custody(&scene, on)?;
    match output.format {
        Format::Json => print_json(&json!({
            "as_of": scene.as_of.to_string(),
            "checkpoint": view.checkpoint.to_string(),
            "lines": custody.json(),
        })),
        Format::Csv => custody.csv(),
        Format::Table => {
            let lang = context.lang;
            print(&format!("{} {}", lang.of("Custody as of", "Custodia al"), scene.as_of))?;
            print(&custody.table())?;
            account::stale(&view, lang);
            Ok(())
        }
    }
}
