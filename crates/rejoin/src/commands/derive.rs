//! `rejoin link`, `rejoin families`, `rejoin custody`.

use super::{Context, account, day};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::render::{Rows, print, print_json, thousands};
use crate::{Format, Output};
use rejoin_registry::{FamiliesReport, LinkReport};
use serde_json::{Value, json};

pub fn link(context: &Context, output: &Output) -> Result<(), Failure> {
    let mut case = context.open()?;
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

pub fn families(context: &Context, output: &Output) -> Result<(), Failure> {
    let mut case = context.open()?;
    let progress = Progress::new();
    let report = case.families(&context.stamp(), &|what, done, total| progress.say(what, done, total))?;
    match output.format {
        Format::Json => print_json(&families_json(&report)),
        format => {
            let mut rows = Rows::new(&["what", "count"]);
            for (what, count) in [
                ("children", report.children),
                ("adults", report.adults),
                ("pairs scored", report.scored),
                ("parents proposed, probability 0.95 and over", report.proposed[2]),
                ("parents proposed, 0.5 and over", report.proposed[1]),
                ("parents proposed, 0.1 and over", report.proposed[0]),
                ("children with a candidate of 0.5 and over", report.children_with),
                ("candidates contested by another", report.contested),
                ("siblings proposed", report.siblings),
            ] {
                rows.push(vec![json!(what), json!(count)]);
            }
            rows.print(format)?;
            eprintln!(
                "These are suspicions with evidence (`rejoin person ID`). Whether two people are a family, people decide."
            );
            Ok(())
        }
    }
}

pub fn families_json(report: &FamiliesReport) -> Value {
    json!({
        "children": report.children,
        "adults": report.adults,
        "scored": report.scored,
        "proposed": {"0.1": report.proposed[0], "0.5": report.proposed[1], "0.95": report.proposed[2]},
        "children_with": report.children_with,
        "contested": report.contested,
        "siblings": report.siblings,
    })
}

pub fn custody(context: &Context, on: Option<&str>, output: &Output) -> Result<(), Failure> {
    let on = day(on)?;
    let case = context.open()?;
    let progress = Progress::new();
    progress.say("rebuilding custody", 0, 0);
    let view = case.view()?;
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
