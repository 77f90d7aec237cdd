//! `rejoin person`: what is on file of one person, every value with where it was read.

use super::import::shown;
use super::{Context, account};
use crate::failure::Failure;
use crate::render::{Rows, print, print_json};
use crate::{Format, Output};
use rejoin_custody::Person;
use rejoin_ledger::Hash;
use rejoin_linkage::weight;
use rejoin_model::{Bound, FamilyCandidate};
use serde_json::{Value, json};

pub fn run(context: &Context, id: &str, output: &Output) -> Result<(), Failure> {
    let case = context.open()?;
    let file = case.person(id)?.ok_or_else(|| {
        Failure::missing(
            format!("nobody here has the id {id:?}"),
            "`rejoin list children` and `rejoin list adults` show ids",
        )
    })?;
    let person = Person::new(file.person, file.records.iter().collect());
    let custody = custody(&person);
    let lang = context.lang;
    match output.format {
        Format::Json => print_json(&json!({
            "person": file.person.to_string(),
            "subject": person.subject.word(),
            "records": file.records.iter().map(|record| json!({
                "record": record.id.to_string(),
                "list": record.list,
                "file": Hash(record.origin.file).to_string(),
                "row": record.origin.row,
                "withdrawn": record.withdrawn,
                "values": record.values.iter().map(|(field, value)| json!({"field": field.word(), "value": shown(value)})).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
            "custody": custody.json(),
            "problems": person.chain.problems.iter().map(|problem| json!({"kind": problem.kind.word(), "words": problem.words})).collect::<Vec<_>>(),
            "candidates": file.candidates.iter().map(candidate_json).collect::<Vec<_>>(),
            "findings": file.findings.iter().map(|row| json!({"code": row.finding.code.word(), "column": row.finding.column, "said": row.finding.said, "understood": row.finding.understood})).collect::<Vec<_>>(),
        })),
        Format::Csv => values(&person).csv(),
        Format::Table => {
            print(&format!("{} ({})", file.person, person.subject.word()))?;
            print(&values(&person).table())?;
            print(lang.of("Custody", "Custodia"))?;
            print(&custody.table())?;
            for problem in &person.chain.problems {
                print(&format!("  ! {}: {}", problem.kind.word(), problem.words))?;
            }
            if !file.candidates.is_empty() {
                print(lang.of(
                    "Possible family (suspicions; people decide)",
                    "Posible familia (sospechas; deciden las personas)",
                ))?;
                for candidate in &file.candidates {
                    explain(candidate, file.person)?;
                }
            }
            for row in &file.findings {
                let finding = &row.finding;
                print(&format!(
                    "  ? {} {}: {:?} {}",
                    finding.code.word(),
                    finding.column,
                    finding.said,
                    finding.understood
                ))?;
            }
            account::waiting_pairs(file.links.iter().filter(|link| !link.joined).count(), lang);
            Ok(())
        }
    }
}

fn values(person: &Person<'_>) -> Rows {
    let mut rows = Rows::new(&["field", "value", "list", "row"]);
    let mut all: Vec<(rejoin_model::Field, String, &str, u32)> = Vec::new();
    for record in &person.records {
        all.extend(
            record
                .values
                .iter()
                .map(|(field, value)| (*field, shown(value), record.list.as_str(), record.origin.row)),
        );
    }
    all.sort();
    for (field, value, list, row) in all {
        rows.push(vec![json!(field.word()), json!(value), json!(list), json!(row)]);
    }
    rows
}

fn custody(person: &Person<'_>) -> Rows {
    let bound = |bound: Bound| match bound {
        Bound::At(moment) => moment.to_string(),
        Bound::Unknown => "not recorded".into(),
        Bound::Open => "open".into(),
    };
    let mut rows = Rows::new(&["custodian", "place", "from", "to", "accountable", "record"]);
    for interval in &person.chain.intervals {
        let to = if interval.end_inferred {
            format!("{} (inferred)", bound(interval.to))
        } else {
            bound(interval.to)
        };
        rows.push(vec![
            json!(interval.custodian.word()),
            json!(interval.place),
            json!(bound(interval.from)),
            json!(to),
            json!(interval.accountable.as_deref().unwrap_or("nobody on record")),
            json!(interval.record.to_string()),
        ]);
    }
    rows
}

fn candidate_json(candidate: &FamilyCandidate) -> Value {
    json!({
        "child": candidate.child.to_string(),
        "other": candidate.other.to_string(),
        "relation": candidate.relation.word(),
        "probability": candidate.probability,
        "contested": candidate.contested,
        "evidence": candidate.evidence.iter().map(|step| json!({
            "kind": step.kind, "words": step.words, "bits": weight::bits(step.weight),
        })).collect::<Vec<_>>(),
    })
}

fn explain(candidate: &FamilyCandidate, whose: rejoin_model::PersonId) -> Result<(), Failure> {
    let contested = if candidate.contested { ", contested by another" } else { "" };
    let said = if whose == candidate.child {
        format!("{} {}", candidate.relation.word(), candidate.other)
    } else {
        format!("{} of {}", candidate.relation.word(), candidate.child)
    };
    let probability = (candidate.probability * 1000.0).floor() / 1000.0;
    print(&format!("  {said}: probability {probability:.3}{contested}"))?;
    for step in &candidate.evidence {
        print(&format!("    {:>+7.1} bits  {}", weight::bits(step.weight), step.words))?;
    }
    Ok(())
}
