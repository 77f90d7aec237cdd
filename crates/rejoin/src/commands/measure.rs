//! `rejoin measure`.

use super::{Context, account, date, day};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::render::{Rows, decimal, print, print_json, thousands};
use crate::{Format, Lang, Output};
use rejoin_inquiry::measure::{Days, How};
use rejoin_inquiry::reconcile::Published;
use rejoin_inquiry::{Answer, MEASURES, Parameters, ask, named};
use rejoin_ledger::{Checkpoint, Hash};
use rejoin_normalize::country;
use rejoin_registry::{Reconciled, Told};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// Arguments of `measure`.
#[derive(clap::Args)]
pub struct MeasureArgs {
    /// The measure (`rejoin list measures`), or `reconcile`.
    name: String,
    /// The day as of which is asked, for measures that take it.
    #[arg(long, value_name = "DATE")]
    on: Option<String>,
    /// First day of a period.
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// Last day of a period.
    #[arg(long, value_name = "DATE")]
    to: Option<String>,
    /// Which clock.
    #[arg(long, value_name = "CLOCK")]
    id: Option<String>,
    /// Break down by these groups (`rejoin list groups`).
    #[arg(long, value_name = "GROUP,...", value_delimiter = ',')]
    by: Vec<String>,
    /// Restrict to a group's value, as in country=GT; may be repeated.
    #[arg(long = "where", value_name = "GROUP=VALUE")]
    only: Vec<String>,
    /// Also list the ids of the records counted (JSON).
    #[arg(long)]
    records: bool,
    /// For `reconcile`: the file of published figures.
    #[arg(long, value_name = "FILE", required_if_eq("name", "reconcile"))]
    published: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

impl MeasureArgs {
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let measure = match self.name.as_str() {
            "reconcile" => None,
            name => Some(named(name).ok_or_else(|| {
                let known: Vec<&str> = MEASURES.iter().map(|measure| measure.name).collect();
                Failure::missing(
                    format!("there is no measure {name:?}"),
                    format!("there are: {}, reconcile", known.join(", ")),
                )
            })?),
        };
        let parameters = self.parameters()?;
        let case = context.open()?;
        let progress = Progress::new();
        progress.say("reading the case", 0, 0);
        let desk = context.desk(&case)?;
        let Some(measure) = measure else {
            let file = self.published.as_ref().ok_or_else(|| {
                Failure::usage("reconcile needs --published FILE", "see `rejoin measure --help`")
            })?;
            let (comparisons, checkpoint) = desk.reconcile(published(file)?, parameters.on)?;
            return print_comparisons(&comparisons, checkpoint, self.output.format);
        };
        if desk.suppresses() {
            return self.print_told(&desk.ask(measure, &parameters)?, context.lang);
        }
        let view = context.view(&case, &format!("measure {}", self.name))?;
        let people = view.people();
        let answer = ask(measure, &view.scene(&people, parameters.on), &parameters)?;
        self.print(&answer, view.checkpoint, context.lang)?;
        account::stale(&view, context.lang);
        Ok(())
    }

    fn parameters(&self) -> Result<Parameters, Failure> {
        let mut only = Vec::new();
        for restriction in &self.only {
            let (group, value) = restriction.split_once('=').ok_or_else(|| {
                Failure::usage(format!("{restriction:?} is not GROUP=VALUE"), "as in --where country=GT")
            })?;
            // A country may be named as people name it.
            let country = (group == "country").then(|| country::read(value)).flatten();
            let value = country.map_or_else(|| value.to_owned(), |country| country.to_string());
            only.push((group.to_owned(), value));
        }
        Ok(Parameters {
            on: day(self.on.as_deref())?,
            from: date(self.from.as_deref())?,
            to: date(self.to.as_deref())?,
            id: self.id.clone(),
            by: self.by.clone(),
            only,
        })
    }

    fn print(&self, answer: &Answer, checkpoint: Checkpoint, lang: Lang) -> Result<(), Failure> {
        match self.output.format {
            Format::Json => print_json(&answer_json(answer, checkpoint, lang, self.records)),
            Format::Csv => lines(answer).csv(),
            Format::Table => {
                print(&format!("{} = {} {}", answer.measure, decimal(answer.value), answer.unit))?;
                let columns: Vec<String> = How::ALL
                    .into_iter()
                    .filter(|how| answer.columns[*how as usize] > 0)
                    .map(|how| format!("{} {}", how.word(), thousands(answer.columns[how as usize])))
                    .collect();
                print(&columns.join(" · "))?;
                if let Some(days) = &answer.days {
                    print(&format!(
                        "days: median {}, mean {}, least {}, most {}, of {} children",
                        decimal(days.median),
                        decimal(days.mean),
                        days.min,
                        days.max,
                        thousands(days.count)
                    ))?;
                    print(&histogram(days).table())?;
                }
                if !answer.breakdown.is_empty() {
                    print(&lines(answer).table())?;
                }
                print(&format!(
                    "{}: {}",
                    lang.of("Definition", "Definición"),
                    lang.of(answer.definition.0, answer.definition.1)
                ))?;
                print(&format!(
                    "version {} · as of {} · {} records, hash {} · checkpoint {checkpoint}",
                    answer.version,
                    answer.as_of,
                    thousands(answer.records.len() as u64),
                    Hash(answer.records_hash)
                ))
            }
        }
    }
}

impl MeasureArgs {
    /// What somebody is told from whom small cells are kept.
    fn print_told(&self, told: &Told, lang: Lang) -> Result<(), Failure> {
        let answer = &told.answer;
        let mut rows = Rows::new(&titles(answer));
        for line in &told.lines {
            let mut row: Vec<Value> = line.key.iter().map(|(_, value)| json!(value)).collect();
            row.push(cell(line.value));
            row.extend(line.columns.map(|count| cell(count.map(|count| count as f64))));
            rows.push(row);
        }
        if told.lines.is_empty() {
            let mut row = vec![json!(answer.measure), cell(told.value)];
            row.extend(told.columns.map(|count| cell(count.map(|count| count as f64))));
            rows.push(row);
        }
        let shown = |value: Option<f64>| value.map_or_else(|| SUPPRESSED.to_owned(), decimal);
        match self.output.format {
            Format::Csv => rows.csv(),
            Format::Json => {
                let mut object = answer_json(answer, told.checkpoint, lang, false);
                if let Value::Object(object) = &mut object {
                    object.insert("value".into(), told.value.map_or(Value::Null, number));
                    for how in How::ALL {
                        object.insert(how.word().into(), json!(told.columns[how as usize]));
                    }
                    let lines = told.lines.iter().map(|line| {
                        let mut line_object: Map<String, Value> =
                            line.key.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
                        line_object.insert("value".into(), line.value.map_or(Value::Null, number));
                        for how in How::ALL {
                            line_object.insert(how.word().into(), json!(line.columns[how as usize]));
                        }
                        Value::Object(line_object)
                    });
                    object.insert("breakdown".into(), Value::Array(lines.collect()));
                    object.insert("suppressed".into(), json!(true));
                    object.insert("records_counted".into(), Value::Null);
                    object.insert("records_hash".into(), Value::Null);
                }
                print_json(&object)
            }
            Format::Table => {
                print(&format!("{} = {} {}", answer.measure, shown(told.value), answer.unit))?;
                print(&rows.table())?;
                print(lang.of(
                    "* not shown: fewer than five, or another could be worked out from it; lines without any other are left out",
                    "* no se muestra: menos de cinco, o podría deducirse otro; se omiten las líneas sin otros",
                ))?;
                print(&format!(
                    "{}: {}",
                    lang.of("Definition", "Definición"),
                    lang.of(answer.definition.0, answer.definition.1)
                ))?;
                print(&format!(
                    "version {} · as of {} · checkpoint {}",
                    answer.version, answer.as_of, told.checkpoint
                ))
            }
        }
    }
}

/// What stands where a count is not shown.
const SUPPRESSED: &str = "*";

fn cell(value: Option<f64>) -> Value {
    value.map_or_else(|| json!(SUPPRESSED), number)
}

/// Titles of the columns of a breakdown.
fn titles(answer: &Answer) -> Vec<&str> {
    let mut columns: Vec<&str> = answer
        .breakdown
        .first()
        .map(|line| line.key.iter().map(|(name, _)| name.as_str()).collect())
        .unwrap_or_default();
    if answer.breakdown.is_empty() {
        columns.push("measure");
    }
    columns.push("value");
    columns.extend(How::ALL.map(How::word));
    columns
}

pub fn lines(answer: &Answer) -> Rows {
    let mut rows = Rows::new(&titles(answer));
    for line in &answer.breakdown {
        let mut row: Vec<Value> = line.key.iter().map(|(_, value)| json!(value)).collect();
        row.push(number(line.value));
        row.extend(line.columns.map(|count| json!(count)));
        rows.push(row);
    }
    if answer.breakdown.is_empty() {
        let mut row = vec![json!(answer.measure), number(answer.value)];
        row.extend(answer.columns.map(|count| json!(count)));
        rows.push(row);
    }
    rows
}

fn histogram(days: &Days) -> Rows {
    let mut rows = Rows::new(&["days", "children"]);
    for (from, to, count) in &days.histogram {
        let span = if *to == i32::MAX - 1 { format!("{from} and over") } else { format!("{from}-{to}") };
        rows.push(vec![json!(span), json!(count)]);
    }
    rows
}

/// Whole numbers as whole numbers; nothing as null.
fn number(value: f64) -> Value {
    match value {
        value if !value.is_finite() => Value::Null,
        value if value.fract() == 0.0 => json!(value as i64),
        value => json!(value),
    }
}

pub fn answer_json(answer: &Answer, checkpoint: Checkpoint, lang: Lang, with_records: bool) -> Value {
    let columns =
        |columns: &[u64; 4]| How::ALL.map(|how| (how.word().to_owned(), json!(columns[how as usize])));
    let parameters: Map<String, Value> =
        answer.parameters.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let breakdown: Vec<Value> = answer
        .breakdown
        .iter()
        .map(|line| {
            let mut object: Map<String, Value> =
                line.key.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
            object.insert("value".into(), number(line.value));
            object.extend(columns(&line.columns));
            Value::Object(object)
        })
        .collect();
    let mut object = Map::new();
    object.insert("measure".into(), json!(answer.measure));
    object.insert("version".into(), json!(answer.version));
    object.insert("value".into(), number(answer.value));
    object.insert("unit".into(), json!(answer.unit));
    object.extend(columns(&answer.columns));
    object.insert("definition".into(), json!(lang.of(answer.definition.0, answer.definition.1)));
    object.insert("parameters".into(), Value::Object(parameters));
    object.insert("as_of".into(), json!(answer.as_of.to_string()));
    object.insert("breakdown".into(), Value::Array(breakdown));
    if let Some(days) = &answer.days {
        let histogram: Vec<Value> = days
            .histogram
            .iter()
            .map(|(from, to, count)| json!({"from": from, "to": (*to != i32::MAX - 1).then_some(to), "count": count}))
            .collect();
        object.insert(
            "days".into(),
            json!({"count": days.count, "median": days.median, "mean": days.mean, "min": days.min, "max": days.max, "histogram": histogram}),
        );
    }
    object.insert("records_counted".into(), json!(answer.records.len()));
    object.insert("records_hash".into(), json!(Hash(answer.records_hash).to_string()));
    if with_records {
        let ids: Vec<String> = answer.records.iter().map(ToString::to_string).collect();
        object.insert("records".into(), json!(ids));
    }
    object.insert("checkpoint".into(), json!(checkpoint.to_string()));
    Value::Object(object)
}

pub fn published(file: &Path) -> Result<Vec<Published>, Failure> {
    let bytes = std::fs::read(file).map_err(|error| {
        Failure::input(
            format!("cannot read {}: {error}", file.display()),
            "a table with the columns id, body, document, period, metric, value, definition_or_note, how_seen",
        )
    })?;
    Ok(rejoin_registry::published(&file.display().to_string(), &bytes)?)
}

fn print_comparisons(
    comparisons: &[Reconciled],
    checkpoint: Checkpoint,
    format: Format,
) -> Result<(), Failure> {
    if format == Format::Json {
        let all: Vec<Value> = comparisons
            .iter()
            .map(|one| {
                let theirs = &one.published;
                json!({
                    "id": theirs.id, "body": theirs.body, "document": theirs.document, "period": theirs.period,
                    "metric": theirs.metric, "published": theirs.value, "published_number": one.number,
                    "published_definition": theirs.note, "how_seen": theirs.seen,
                    "ours": one.ours.as_ref().ok().map(|told| told.value.map_or(Value::Null, number)),
                    "measure": one.ours.as_ref().ok().map(|told| told.answer.measure),
                    "parameters": one.ours.as_ref().ok().map(|told| told.answer.parameters.clone()),
                    "definition": one.ours.as_ref().ok().map(|told| told.answer.definition.0),
                    "records_hash": one.ours.as_ref().ok().filter(|told| !told.suppressed).map(|told| Hash(told.answer.records_hash).to_string()),
                    "difference": one.difference(),
                    "not_compared": one.ours.as_ref().err(),
                })
            })
            .collect();
        return print_json(&json!({"reconciliation": all, "checkpoint": checkpoint.to_string()}));
    }
    let mut rows = Rows::new(&[
        "id",
        "published by",
        "what",
        "period",
        "published",
        "ours",
        "difference",
        "our measure",
    ]);
    for one in comparisons {
        let theirs = &one.published;
        let (ours, measure) = match &one.ours {
            Ok(Told { answer, value, .. }) => {
                let asked: Vec<String> =
                    answer.parameters.iter().map(|(name, value)| format!("--{name} {value}")).collect();
                (value.map_or(Value::Null, number), format!("{} {}", answer.measure, asked.join(" ")))
            }
            Err(why) => (Value::Null, format!("not compared: {why}")),
        };
        let difference = one.difference().map_or(Value::Null, |difference| json!(format!("{difference:+}")));
        rows.push(vec![
            json!(theirs.id),
            json!(theirs.body),
            json!(if theirs.note.is_empty() {
                theirs.metric.clone()
            } else {
                format!("{} ({})", theirs.metric, theirs.note)
            }),
            json!(theirs.period),
            json!(theirs.value),
            ours,
            difference,
            json!(measure),
        ]);
    }
    if format == Format::Csv {
        return rows.csv();
    }
    print(&rows.table())?;
    let told = comparisons.iter().filter_map(|one| one.ours.as_ref().ok());
    let mut defined: Vec<&Answer> = told.map(|told| &told.answer).collect();
    defined.sort_by_key(|answer| answer.measure);
    defined.dedup_by_key(|answer| answer.measure);
    for answer in defined {
        print(&format!("{} (version {}): {}", answer.measure, answer.version, answer.definition.0))?;
    }
    print(&format!("checkpoint {checkpoint}"))
}
