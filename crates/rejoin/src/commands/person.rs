//! `rejoin person`: what is on file of one person, every value with where it was read.

use super::import::shown;
use super::{Context, account};
use crate::failure::Failure;
use crate::render::{Rows, print, print_json};
use crate::{Format, Lang, Output};
use rejoin_custody::Person;
use rejoin_ledger::Hash;
use rejoin_linkage::weight;
use rejoin_model::{Bound, FamilyCandidate, Relation, Verdict};
use rejoin_registry::Decision;
use serde_json::{Value, json};

pub fn run(context: &Context, id: &str, output: &Output) -> Result<(), Failure> {
    let case = context.open()?;
    let desk = context.desk(&case)?;
    let file = desk.person(id)?.ok_or_else(|| {
        Failure::missing(
            format!("nobody here has the id {id:?}"),
            "`rejoin list children` and `rejoin list adults` show ids",
        )
    })?;
    let person = Person::new(file.person, file.records.iter().map(|record| &**record).collect());
    let custody = custody(&person);
    let lang = context.lang;
    let decisions = desk.decisions()?;
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
            "candidates": file.candidates.iter().map(|candidate| candidate_json(candidate, &decisions)).collect::<Vec<_>>(),
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
                    explain(candidate, file.person, &decisions, lang)?;
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

/// One end of an interval in words.
pub fn bound(bound: Bound) -> String {
    match bound {
        Bound::At(moment) => moment.to_string(),
        Bound::Unknown => "not recorded".into(),
        Bound::Open => "open".into(),
    }
}

fn custody(person: &Person<'_>) -> Rows {
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

/// The last decision on a candidate that stands.
fn verdict<'a>(decisions: &'a [Decision], candidate: &FamilyCandidate) -> Option<&'a Decision> {
    decisions.iter().rev().find(|decision| {
        decision.undone.is_none() && (decision.child, decision.other) == (candidate.child, candidate.other)
    })
}

/// Words of evidence in the language asked for; what has no Spanish (a comparison of DNA) is shown as it is.
pub fn words(english: &str, lang: Lang) -> &str {
    match lang {
        Lang::En => english,
        Lang::Es => rejoin_linkage::family::in_spanish(english).unwrap_or(english),
    }
}

fn relation(relation: Relation, lang: Lang) -> &'static str {
    match relation {
        Relation::Mother => lang.of("mother", "madre"),
        Relation::Father => lang.of("father", "padre"),
        Relation::Parent => lang.of("parent", "padre o madre"),
        Relation::Grandparent => lang.of("grandparent", "abuela o abuelo"),
        Relation::Guardian => lang.of("guardian or other carer", "tutor u otra persona cuidadora"),
        Relation::Sibling => lang.of("sibling", "hermana o hermano"),
    }
}

fn candidate_json(candidate: &FamilyCandidate, decisions: &[Decision]) -> Value {
    let decision = verdict(decisions, candidate);
    json!({
        "child": candidate.child.to_string(),
        "other": candidate.other.to_string(),
        "relation": candidate.relation.word(),
        "probability": candidate.probability,
        "none_of_these": candidate.none,
        "contested": candidate.contested,
        "new_since_rejection": candidate.new,
        "decision": decision.map(|decision| json!({
            "number": decision.sequence, "verdict": decision.verdict.word(), "reason": decision.reason, "by": decision.actor,
        })),
        "evidence": candidate.evidence.iter().map(|step| json!({
            "kind": step.kind, "words": step.words, "bits": weight::bits(step.weight),
        })).collect::<Vec<_>>(),
    })
}

fn explain(
    candidate: &FamilyCandidate,
    whose: rejoin_model::PersonId,
    decisions: &[Decision],
    lang: Lang,
) -> Result<(), Failure> {
    let contested = if candidate.contested {
        lang.of(", contested by another", ", otra persona también lo es")
    } else {
        ""
    };
    let of = relation(candidate.relation, lang);
    let said = if whose == candidate.child {
        format!("{of} {}", candidate.other)
    } else {
        format!("{of} {} {}", lang.of("of", "de"), candidate.child)
    };
    let floor = |probability: f64| (probability * 1000.0).floor() / 1000.0;
    print(&format!(
        "  {said}: {} {:.3}{contested}; {} {:.3}",
        lang.of("probability", "probabilidad"),
        floor(candidate.probability),
        lang.of("none of the candidates", "ninguna de las candidatas"),
        floor(candidate.none)
    ))?;
    if let Some(decision) = verdict(decisions, candidate) {
        let verdict = match decision.verdict {
            Verdict::Accepted => lang.of("accepted for verification", "aceptada para verificar"),
            Verdict::Rejected => lang.of("rejected", "rechazada"),
            Verdict::NeedsEvidence => lang.of("needs evidence", "faltan pruebas"),
        };
        let by = lang.of("by", "por");
        print(&format!(
            "    {verdict} {by} {}: {} ({})",
            decision.actor, decision.reason, decision.sequence
        ))?;
    }
    if !candidate.new.is_empty() {
        let new: Vec<&str> = candidate.new.iter().map(|new| words(new, lang)).collect();
        let since = lang.of("new since it was rejected", "nuevo desde que se rechazó");
        print(&format!("    {since}: {}", new.join("; ")))?;
    }
    for step in &candidate.evidence {
        print(&format!("    {:>+7.1} bits  {}", weight::bits(step.weight), words(&step.words, lang)))?;
    }
    Ok(())
}
