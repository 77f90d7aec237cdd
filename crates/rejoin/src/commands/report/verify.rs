//! `rejoin report verify`: the report made again from the case, and everything that differs.

use super::{Request, document};
use crate::commands::{Context, measure};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::render::{Rows, print};
use crate::{Format, Output};
use rejoin_ledger::{Checkpoint, Hash};
use rejoin_report::{data_of, html, pdf, text_of, xlsx};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::Path;

/// Something that no longer holds.
struct Difference {
    what: &'static str,
    place: String,
    report: String,
    case: String,
}

pub fn run(context: &Context, file: &Path, published: Option<&Path>, output: &Output) -> Result<(), Failure> {
    let bytes = std::fs::read(file)
        .map_err(|error| Failure::input(format!("{}: {error}", file.display()), "check the path"))?;
    let unreadable =
        |error: rejoin_report::Error| Failure::input(format!("{}: {error}", file.display()), error.hint());
    let only_data = bytes.first() == Some(&b'{');
    let text = if only_data {
        String::from_utf8(bytes.clone()).unwrap_or_default()
    } else {
        data_of(&bytes).map_err(unreadable)?
    };
    let damaged = || {
        Failure::input(
            format!("{}: its data is no report's", file.display()),
            "was it made by `rejoin report`?",
        )
    };
    let data: Value = serde_json::from_str(&text).map_err(|_| damaged())?;
    let request = Request::read(&data["request"]).ok_or_else(damaged)?;
    let case = context.open()?;
    let progress = Progress::new();
    let mut differences: Vec<Difference> = Vec::new();
    // The ledger must go on from where the report was made.
    let known: Option<Checkpoint> = request.checkpoint.parse().ok();
    progress.say("checking the ledger", 0, 0);
    match known {
        Some(known) => match case.verify(Some(known), &|what, done, total| progress.say(what, done, total)) {
            Ok(_) => {}
            Err(error) => differences.push(Difference {
                what: "ledger",
                place: "checkpoint".into(),
                report: request.checkpoint.clone(),
                case: error.to_string(),
            }),
        },
        None => return Err(damaged()),
    }
    // Whose file it is: one that was never issued may say anything about recipient, day and checkpoint.
    let hash = Hash(Sha256::digest(&bytes).into()).to_string();
    if !case.reports_issued()?.iter().any(|issued| issued.file == hash) {
        differences.push(Difference {
            what: "issue",
            place: "file".into(),
            report: format!("SHA-256 {hash}"),
            case: "no report of this case was issued with these bytes".into(),
        });
    }
    let mut request = request;
    match published {
        Some(file) => request.published = measure::published(file)?,
        None if !request.published.is_empty() => {
            eprintln!(
                "note: the published figures were taken from the report itself; give --published FILE to check them"
            );
        }
        None => {}
    }
    progress.say("making the report again", 0, 0);
    let again = document(&case, context, &request)?;
    let new: Value = serde_json::from_str(&again.data).unwrap_or_default();
    numbers(&data["content"], &new["content"], &mut differences);
    quotations(&data["content"], &new["content"], &mut differences);
    for (list, key) in [("measures", "query"), ("quotations", "id"), ("claims", "id")] {
        missing(&data["content"], &new["content"], list, key, &mut differences);
    }
    if text != again.data {
        differences.push(Difference {
            what: "data",
            place: "file".into(),
            report: "the data inside is not what the case gives".into(),
            case: String::new(),
        });
    }
    if !only_data {
        let rendered = match bytes.get(..4) {
            Some(b"%PDF") => pdf(&again).map_err(|error| Failure::unexpected(error.to_string()))?,
            Some(b"PK\x03\x04") => xlsx(&again).map_err(|error| Failure::unexpected(error.to_string()))?,
            _ => html(&again).into_bytes(),
        };
        if rendered != bytes {
            let (old, fresh) =
                (text_of(&bytes).map_err(unreadable)?, text_of(&rendered).map_err(unreadable)?);
            let before = differences.len();
            lines(&old, &fresh, &mut differences);
            if differences.len() == before {
                differences.push(Difference {
                    what: "form",
                    place: "file".into(),
                    report:
                        "the words are the same, the bytes are not: a chart, a style or a cover over the page"
                            .into(),
                    case: String::new(),
                });
            }
        }
    }
    let counts = (
        data["content"]["measures"].as_array().map_or(0, Vec::len),
        data["content"]["quotations"].as_array().map_or(0, Vec::len),
        data["content"]["claims"].as_array().map_or(0, Vec::len),
    );
    report(&differences, counts, &case.report_checkpoint()?.to_string(), &request.checkpoint, output)
}

fn report(
    differences: &[Difference],
    (measures, quotations, claims): (usize, usize, usize),
    now: &str,
    then: &str,
    output: &Output,
) -> Result<(), Failure> {
    let mut rows = Rows::new(&["what", "where", "the report says", "the case says"]);
    for one in differences {
        rows.push(vec![json!(one.what), json!(one.place), json!(one.report), json!(one.case)]);
    }
    match output.format {
        Format::Json => crate::render::print_json(&json!({
            "holds": differences.is_empty(),
            "measures": measures,
            "quotations": quotations,
            "claims": claims,
            "differences": rows.json(),
            "checkpoint": now,
        }))?,
        Format::Csv => rows.csv()?,
        Format::Table => {
            if now != then && !differences.is_empty() {
                eprintln!(
                    "note: the ledger has grown since the report was made, and numbers are those of today"
                );
            }
            if differences.is_empty() {
                print(&format!(
                    "{claims} findings, {measures} measures and {quotations} quotations hold; every word is as computed"
                ))?;
            } else {
                print(&rows.table())?;
            }
        }
    }
    match differences.len() {
        0 => Ok(()),
        count => Err(Failure::verification(format!("{count} things in the report do not hold"))),
    }
}

/// Every number asked again.
fn numbers(old: &Value, new: &Value, out: &mut Vec<Difference>) {
    let empty = Vec::new();
    let fresh = new["measures"].as_array().unwrap_or(&empty);
    for measure in old["measures"].as_array().unwrap_or(&empty) {
        let query = measure["query"].as_str().unwrap_or_default();
        let show = |one: &Value| {
            format!(
                "{} {} ({} records, {})",
                one["value"], one["columns"], one["records"], one["records_hash"]
            )
        };
        match fresh.iter().find(|one| one["query"] == measure["query"]) {
            Some(one) if one == measure => {}
            Some(one) => out.push(Difference {
                what: "number",
                place: query.into(),
                report: show(measure),
                case: show(one),
            }),
            None => out.push(Difference {
                what: "number",
                place: query.into(),
                report: show(measure),
                case: "not asked".into(),
            }),
        }
    }
}

/// What only the report made again has, by a key.
fn missing(old: &Value, new: &Value, list: &str, key: &str, out: &mut Vec<Difference>) {
    let empty = Vec::new();
    let there = old[list].as_array().unwrap_or(&empty);
    for one in new[list]
        .as_array()
        .unwrap_or(&empty)
        .iter()
        .filter(|one| !there.iter().any(|old| old[key] == one[key]))
    {
        out.push(Difference {
            what: "missing",
            place: format!("{list} {}", one[key].as_str().unwrap_or_default()),
            report: "not in the report".into(),
            case: one["value"].to_string(),
        });
    }
}

/// Every quotation looked up again.
fn quotations(old: &Value, new: &Value, out: &mut Vec<Difference>) {
    let empty = Vec::new();
    let fresh = new["quotations"].as_array().unwrap_or(&empty);
    for quotation in old["quotations"].as_array().unwrap_or(&empty) {
        let id = quotation["id"].as_str().unwrap_or_default();
        let show = |one: &Value| {
            format!(
                "{} [{}]",
                one["words"].as_str().unwrap_or_default(),
                one["judgement"].as_str().unwrap_or_default()
            )
        };
        match fresh.iter().find(|one| one["id"] == quotation["id"]) {
            Some(one) if one == quotation => {}
            Some(one) => out.push(Difference {
                what: "quotation",
                place: id.into(),
                report: show(quotation),
                case: show(one),
            }),
            None => out.push(Difference {
                what: "quotation",
                place: id.into(),
                report: show(quotation),
                case: "no longer on record".into(),
            }),
        }
    }
}

/// The words of the file against those of the report made again: what is only in one of them, in order.
fn lines(old: &[String], fresh: &[String], out: &mut Vec<Difference>) {
    let start = old.iter().zip(fresh).take_while(|(left, right)| left == right).count();
    let end = old[start..]
        .iter()
        .rev()
        .zip(fresh[start..].iter().rev())
        .take_while(|(left, right)| left == right)
        .count();
    let (left, right) = (&old[start..old.len() - end], &fresh[start..fresh.len() - end]);
    // A table of all pairs of lines would need more memory than it is worth.
    if left.len().saturating_mul(right.len()) > 25_000_000 {
        out.push(Difference {
            what: "words",
            place: format!("line {}", start + 1),
            report: format!("{} lines", left.len()),
            case: format!("{} other lines", right.len()),
        });
        return;
    }
    // Longest common subsequence over what is left.
    let width = right.len() + 1;
    let mut best = vec![0u32; (left.len() + 1) * width];
    for (row, one) in left.iter().enumerate().rev() {
        for (column, other) in right.iter().enumerate().rev() {
            best[row * width + column] = if one == other {
                best[(row + 1) * width + column + 1] + 1
            } else {
                best[(row + 1) * width + column].max(best[row * width + column + 1])
            };
        }
    }
    let (mut row, mut column) = (0, 0);
    while row < left.len() || column < right.len() {
        if row < left.len() && column < right.len() && left[row] == right[column] {
            row += 1;
            column += 1;
            continue;
        }
        let (mut said, mut computed) = (Vec::new(), Vec::new());
        let place = format!("line {}", start + row + 1);
        while (row < left.len() || column < right.len())
            && !(row < left.len() && column < right.len() && left[row] == right[column])
        {
            let down = row < left.len()
                && (column == right.len()
                    || best[(row + 1) * width + column] >= best[row * width + column + 1]);
            if down {
                said.push(left[row].as_str());
                row += 1;
            } else {
                computed.push(right[column].as_str());
                column += 1;
            }
        }
        out.push(Difference { what: "words", place, report: said.join(" / "), case: computed.join(" / ") });
    }
}
