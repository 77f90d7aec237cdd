//! `rejoin link`: the records of a case, or the rows of any files; `link evaluate`; `link explain`.

use super::{Context, derive};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::render::{Rows, print, print_json, thousands};
use crate::{Format, Output};
use rayon::prelude::*;
use rejoin_ingest::columns::{self, NONE, OpenError};
use rejoin_linkage::engine::{self, Decided, Linked, data::Data};
use rejoin_linkage::weight;
use rejoin_linker::evaluate::{self, Truth};
use rejoin_linker::{Error, Ids, Input, auto, output, prepare, report, spec};
use serde_json::json;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

/// Arguments of `rejoin link`.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct LinkArgs {
    #[command(subcommand)]
    command: Option<LinkCommand>,
    /// Files to link; one file is searched for duplicates. None: the records of the case.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    model: ModelArgs,
    /// Where the links go (Parquet).
    #[arg(long, value_name = "FILE", requires = "files")]
    out: Option<PathBuf>,
    /// Where the clusters go (Parquet): each row's file, id and cluster.
    #[arg(long, value_name = "FILE", requires = "files")]
    clusters: Option<PathBuf>,
    /// Where a report for people goes (HTML).
    #[arg(long, value_name = "FILE", requires = "files")]
    report: Option<PathBuf>,
    /// Print the spec, with the blocking rules only if it has some, and do nothing else.
    #[arg(long, requires = "files")]
    print_spec: bool,
    /// MiB that pairs may take in memory; where they would take more, the least likely are not written.
    #[arg(long, value_name = "MIB", requires = "files")]
    memory: Option<u64>,
    /// A row has at most one partner in each other file, and a cluster one row of each.
    #[arg(long, requires = "files")]
    one_to_one: bool,
    /// Compare the rows of one file with each other, too, when there are several.
    #[arg(long, requires = "files")]
    within: bool,
    #[command(flatten)]
    output: Output,
}

/// Which model.
#[derive(clap::Args)]
struct ModelArgs {
    /// The spec (TOML). Without it, one is proposed from column names and contents.
    #[arg(long, value_name = "FILE", conflicts_with = "auto")]
    spec: Option<PathBuf>,
    /// Propose the spec from column names and contents (the default without --spec).
    #[arg(long)]
    auto: bool,
    /// The column that identifies a row, in every file.
    #[arg(long, value_name = "COLUMN")]
    id: Option<String>,
    /// A column that the proposal must not use; may be repeated.
    #[arg(long, value_name = "COLUMN")]
    ignore: Vec<String>,
    /// A column that names the source of a row, where one file holds several: only rows of different sources are
    /// compared, unless --within is given.
    #[arg(long, value_name = "COLUMN")]
    source: Option<String>,
    /// What people decided: a file with left_id, right_id and match (yes or no). It teaches the model, and is kept.
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
}

#[derive(clap::Subcommand)]
enum LinkCommand {
    /// Precision, recall and F1 over thresholds, B-cubed and calibration of links against a truth.
    Evaluate {
        /// The links, as `rejoin link --out` wrote them.
        #[arg(long, value_name = "FILE")]
        links: PathBuf,
        /// Two columns: a row's id and its entity; or pairs, in columns `left_id` and `right_id`.
        #[arg(long, value_name = "FILE")]
        truth: PathBuf,
        /// The truth's column of ids; by default its first.
        #[arg(long, value_name = "COLUMN")]
        id: Option<String>,
        /// The truth's column of entities; by default its last.
        #[arg(long, value_name = "COLUMN")]
        entity: Option<String>,
        #[command(flatten)]
        output: Output,
    },
    /// The waterfall of match weights of one pair. The same files give the same model, and the same weights.
    Explain {
        #[command(flatten)]
        model: ModelArgs,
        /// The file of the left row.
        a: PathBuf,
        /// The file of the right row; the same as the first for a pair within a file.
        b: PathBuf,
        /// Compare the rows of one file with each other, too, as the run to be explained did.
        #[arg(long)]
        within: bool,
        /// The left row's id.
        left: String,
        /// The right row's id.
        right: String,
        #[command(flatten)]
        output: Output,
    },
}

fn refused(error: Error) -> Failure {
    Failure::input(error.to_string(), error.hint())
}

fn read(path: &Path, ids: Option<&str>) -> Result<Input, Failure> {
    let name = path.display().to_string();
    let opened = std::fs::File::open(path).map_err(OpenError::Bytes);
    let columns = opened.and_then(|file| columns::open(file, ids)).map_err(|error| {
        let hint = match &error {
            OpenError::Bytes(_) => "check the path of the file",
            OpenError::Table(error) => error.hint(),
        };
        Failure::input(format!("{name}: {error}"), hint)
    })?;
    Ok(Input { name, columns })
}

impl ModelArgs {
    fn given(&self) -> bool {
        self.spec.is_some()
            || self.auto
            || self.id.is_some()
            || self.source.is_some()
            || self.labels.is_some()
            || !self.ignore.is_empty()
    }

    fn id(&self) -> Result<&str, Failure> {
        self.id.as_deref().ok_or_else(|| {
            Failure::usage(
                "which column identifies a row?",
                "add --id COLUMN, a column whose values are all different",
            )
        })
    }

    fn spec(&self, inputs: &[Input]) -> Result<spec::File, Failure> {
        match &self.spec {
            None => {
                let mut ignore = self.ignore.clone();
                ignore.extend(self.source.clone());
                let mut file = auto::propose(inputs, self.id()?, &ignore);
                file.source.clone_from(&self.source);
                Ok(file)
            }
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|error| {
                    Failure::input(format!("{}: {error}", path.display()), "check the path of the spec")
                })?;
                let mut file = spec::File::parse(&text).map_err(refused)?;
                if self.source.is_some() {
                    file.source.clone_from(&self.source);
                }
                Ok(file)
            }
        }
    }

    /// What people decided, by rows.
    fn decided(&self, ids: &Ids<'_>) -> Result<Vec<Decided>, Failure> {
        let Some(path) = &self.labels else { return Ok(Vec::new()) };
        let labels = read(path, None)?;
        let column = |name: &str| {
            labels.column(name).ok_or_else(|| {
                Failure::input(
                    format!("{} has no column {name:?}", labels.name),
                    "decisions have the columns left_id, right_id and match (yes or no)",
                )
            })
        };
        let (left, right, same) = (column("left_id")?, column("right_id")?, column("match")?);
        let mut rows: HashMap<&str, Option<u32>> = HashMap::with_capacity(ids.len());
        for row in 0..ids.len() as u32 {
            rows.entry(ids.get(row as usize)).and_modify(|known| *known = None).or_insert(Some(row));
        }
        let mut decided: HashMap<(u32, u32), bool> = HashMap::new();
        for at in 0..labels.rows() {
            let wrong = |why: String| {
                Failure::input(
                    format!("{}, row {}: {why}", labels.name, at + 1),
                    "correct the row, or leave it out",
                )
            };
            let row = |column: &columns::TextColumn| {
                let id = column.said(at).unwrap_or_default();
                match rows.get(id) {
                    Some(Some(row)) => Ok(*row),
                    Some(None) => Err(wrong(format!("two files have a row {id:?}"))),
                    None => Err(wrong(format!("no row has the id {id:?}"))),
                }
            };
            let (one, other) = (row(left)?, row(right)?);
            let said = same.said(at).unwrap_or_default().to_lowercase();
            let same = match said.as_str() {
                "yes" | "y" | "true" | "1" | "match" | "si" | "sí" => true,
                "no" | "n" | "false" | "0" | "non-match" | "different" => false,
                _ => return Err(wrong(format!("{said:?} is neither yes nor no"))),
            };
            if one == other {
                return Err(wrong("a row is no pair with itself".into()));
            }
            if decided.insert((one.min(other), one.max(other)), same).is_some_and(|before| before != same) {
                return Err(wrong("the pair is decided both ways".into()));
            }
        }
        let mut decided: Vec<Decided> =
            decided.into_iter().map(|((left, right), same)| Decided { left, right, same }).collect();
        decided.sort_unstable();
        Ok(decided)
    }
}

impl LinkArgs {
    /// Carries it out.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        match &self.command {
            Some(LinkCommand::Evaluate { links, truth, id, entity, output }) => {
                evaluate(links, truth, id.as_deref(), entity.as_deref(), output)
            }
            Some(LinkCommand::Explain { model, a, b, within, left, right, output }) => {
                explain(model, *within, [a.as_path(), b.as_path()], [left.as_str(), right.as_str()], output)
            }
            None if self.files.is_empty() && self.model.given() => Err(Failure::usage(
                "which files are to be linked?",
                "name them: `rejoin link FILE... --id COLUMN`; without files and without options, the case's records are linked",
            )),
            None if self.files.is_empty() => derive::link(context, &self.output),
            None => self.files(),
        }
    }

    fn files(&self) -> Result<(), Failure> {
        let progress = Progress::new();
        progress.say("reading", 0, 0);
        let mut inputs: Vec<Input> =
            self.files.iter().map(|path| read(path, self.model.id.as_deref())).collect::<Result<_, _>>()?;
        let file = self.model.spec(&inputs)?;
        if self.print_spec {
            return print(&file.text());
        }
        let id = self.model.id()?;
        if self.one_to_one && inputs.len() == 1 && file.source.is_none() {
            return Err(Failure::usage(
                "one to one of what? all rows are of one file",
                "name another file, or the column that names each row's source (--source)",
            ));
        }
        progress.say("understanding", 0, 0);
        let (identified, resolved) = rayon::join(
            || inputs.iter().try_for_each(|input| input.identified(id)),
            || prepare::resolve(&file, &inputs),
        );
        let (mut spec, data) = identified.and(resolved).map_err(refused)?;
        // What was understood is in the engine's columns now.
        inputs.iter_mut().for_each(|input| input.keep(id));
        let ids = Ids::new(&inputs, id).map_err(refused)?;
        spec.within = self.within;
        spec.one_to_one = self.one_to_one;
        spec.decided = self.model.decided(&ids)?;
        if let Some(mib) = self.memory {
            spec.memory = mib.saturating_mul(1 << 20);
        }
        let linked = engine::link(&data, &spec, &|what| progress.say(what, 0, 0));
        progress.say("writing", 0, 0);
        let (pairs, clusters) = rayon::join(
            || match &self.out {
                Some(path) => write(path, output::link_columns(&inputs, &linked, &ids)),
                None => Ok(()),
            },
            || match &self.clusters {
                Some(path) => write(path, output::cluster_columns(&inputs, &linked, &ids)),
                None => Ok(()),
            },
        );
        pairs.and(clusters)?;
        if let Some(path) = &self.report {
            let page = report::html(&inputs, &data, &linked);
            std::fs::write(path, page).map_err(|error| unwritten(path, &error.to_string()))?;
        }
        let links = (0..linked.links.len()).into_par_iter();
        let certain = links.filter(|link| output::probability(&linked, *link) >= 0.95).count();
        self.say(&inputs, &linked, certain, &data)?;
        // The process ends here: to give a million texts back one by one would only keep the user waiting.
        std::mem::forget((data, linked));
        Ok(())
    }

    fn say(&self, inputs: &[Input], linked: &Linked, certain: usize, data: &Data) -> Result<(), Failure> {
        let people =
            linked.cluster.iter().enumerate().filter(|(row, first)| *row == **first as usize).count();
        let unseen: Vec<String> = linked
            .model
            .unseen
            .iter()
            .map(|(at, level)| {
                let comparison = &linked.spec.comparisons[*at];
                format!("{}: {}", comparison.name, engine::of(comparison.kind).levels[*level])
            })
            .collect();
        let mut rows = Rows::new(&[
            "blocking rule",
            "pairs",
            "compared first here",
            "matches expected",
            "blocks left out",
        ]);
        for rule in &linked.rules {
            rows.push(vec![
                json!(rule.name),
                json!(rule.pairs),
                json!(rule.compared),
                json!((rule.matches * 10.0).round() / 10.0),
                json!(rule.left_out),
            ]);
        }
        match self.output.format {
            Format::Csv => rows.csv()?,
            Format::Json => print_json(&json!({
                "rows": data.len(),
                "files": inputs.iter().map(|input| input.name.clone()).collect::<Vec<_>>(),
                "compared": linked.compared,
                "links_at_0.95": certain,
                "clusters": people,
                "joins_refused": linked.refused.len(),
                "prior": linked.model.prior,
                "rounds": linked.model.rounds,
                "converged": linked.model.converged,
                "unseen": unseen,
                "rules": rows.json(),
            }))?,
            Format::Table => {
                print(&format!(
                    "{} rows are {} clusters; {} pairs compared, {} links of 0.95 and over, {} joins refused because other pairs, one to one or a decision spoke against them",
                    thousands(data.len() as u64),
                    thousands(people as u64),
                    thousands(linked.compared),
                    thousands(certain as u64),
                    thousands(linked.refused.len() as u64)
                ))?;
                print(&rows.table())?;
                if !unseen.is_empty() {
                    eprintln!(
                        "note: no compared pair had these levels, so their m is the starting value: {}",
                        unseen.join("; ")
                    );
                }
            }
        }
        if linked.kept_from > linked.spec.keep_at + 1e-4 {
            eprintln!(
                "note: only pairs of a probability from {:.4} are written, as more would not fit the memory allowed (--memory)",
                linked.kept_from
            );
        }
        if !linked.model.converged {
            eprintln!(
                "warning: estimation did not converge in {} rounds; treat probabilities with care",
                linked.model.rounds
            );
        }
        Ok(())
    }
}

fn unwritten(path: &Path, why: &str) -> Failure {
    Failure::input(format!("{}: {why}", path.display()), "choose a place that can be written to")
}

fn write(path: &Path, columns: Vec<(String, output::Made<'_>)>) -> Result<(), Failure> {
    let file = std::fs::File::create(path).map_err(|error| unwritten(path, &error.to_string()))?;
    columns::write_parquet(columns, file).map_err(|error| unwritten(path, &error))
}

fn explain(
    model: &ModelArgs,
    within: bool,
    paths: [&Path; 2],
    ids: [&str; 2],
    output: &Output,
) -> Result<(), Failure> {
    let ids_in = model.id.as_deref();
    let mut inputs = vec![read(paths[0], ids_in)?];
    if paths[0] != paths[1] {
        inputs.push(read(paths[1], ids_in)?);
    }
    let file = model.spec(&inputs)?;
    let id = model.id()?;
    inputs.iter().try_for_each(|input| input.identified(id)).map_err(refused)?;
    let of = Ids::new(&inputs, id).map_err(refused)?;
    let first = inputs[0].rows();
    let find = |id: &str, rows: std::ops::Range<usize>| {
        rows.clone().find(|row| of.get(*row) == id).map(|row| row as u32).ok_or_else(|| {
            Failure::missing(format!("no row has the id {id:?}"), "ids must be written as in the file")
        })
    };
    let left = find(ids[0], 0..first)?;
    let right = find(ids[1], if inputs.len() > 1 { first..of.len() } else { 0..first })?;
    let (mut spec, data) = prepare::resolve(&file, &inputs).map_err(refused)?;
    spec.within = within;
    spec.decided = model.decided(&of)?;
    let linked = engine::link(&data, &spec, &|_| ());
    let mut rows = Rows::new(&["comparison", "left", "right", "level", "weight", "frequency", "sum"]);
    let bits = |weight: i64| json!((weight::bits(weight) * 1000.0).round() / 1000.0);
    let mut sum = 0;
    for (at, step) in linked.explain(&data, left, right).iter().enumerate() {
        sum += step.weight + step.frequency;
        let said = |row: u32| match at.checked_sub(1) {
            None => String::new(),
            Some(at) => match linked.spec.comparisons.get(at) {
                Some(comparison) => output::said(&inputs, &file, comparison, &data, row),
                None => String::new(),
            },
        };
        rows.push(vec![
            json!(step.comparison),
            json!(said(left)),
            json!(said(right)),
            json!(step.level),
            bits(step.weight),
            bits(step.frequency),
            bits(sum),
        ]);
    }
    rows.print(output.format)?;
    if output.format == Format::Table {
        print(&format!(
            "match weight {:.3} bits: a probability of {:.6} for the pair taken alone",
            weight::bits(sum),
            weight::probability(sum)
        ))?;
    }
    Ok(())
}

fn evaluate(
    links: &Path,
    truth: &Path,
    id: Option<&str>,
    entity: Option<&str>,
    output: &Output,
) -> Result<(), Failure> {
    let (links, truth) = (read(links, None)?, read(truth, None)?);
    let column = |input: &Input, name: &str| {
        input.column(name).cloned().ok_or_else(|| {
            Failure::input(
                format!("{} has no column {name:?}", input.name),
                "links are written by `rejoin link --out`",
            )
        })
    };
    let (left, right) = (column(&links, "left_id")?, column(&links, "right_id")?);
    let probability = column(&links, "probability")?;
    let values: Vec<f64> = probability.values.iter().map(|value| value.parse().unwrap_or(0.0)).collect();
    let text = |column: &columns::TextColumn, row: usize| column.said(row).unwrap_or_default().to_owned();
    let truth = if truth.column("left_id").is_some() && truth.column("right_id").is_some() {
        let (one, other) = (column(&truth, "left_id")?, column(&truth, "right_id")?);
        let pair = |row| {
            let (one, other) = (text(&one, row), text(&other, row));
            if one <= other { (one, other) } else { (other, one) }
        };
        Truth::Pairs((0..truth.rows()).map(pair).collect::<HashSet<_>>())
    } else {
        let names: Vec<&str> = truth.columns.iter().map(|column| column.name.as_str()).collect();
        let (first, last) = (names.first().copied().unwrap_or(""), names.last().copied().unwrap_or(""));
        let (ids, entities) = (column(&truth, id.unwrap_or(first))?, column(&truth, entity.unwrap_or(last))?);
        let mut of = HashMap::new();
        for row in (0..truth.rows()).filter(|row| entities.codes[*row] != NONE) {
            if of.insert(text(&ids, row), text(&entities, row)).is_some() {
                return Err(Failure::input(
                    format!("{}: the id {:?} is not unique", truth.name, text(&ids, row)),
                    "when two files number their rows alike, give the truth as pairs: left_id,right_id",
                ));
            }
        }
        Truth::Entities(of)
    };
    let pairs: Vec<(&str, &str, f64)> = (0..links.rows())
        .filter(|row| {
            left.codes[*row] != NONE && right.codes[*row] != NONE && probability.codes[*row] != NONE
        })
        .map(|row| {
            let (one, other) = (left.said(row).unwrap_or_default(), right.said(row).unwrap_or_default());
            (one, other, values[probability.codes[row] as usize])
        })
        .collect();
    let found = evaluate::evaluate(&pairs, &truth);
    // As text in a table: four places tell an F1 of 0.9996 from one of 1.
    let round = |value: f64| match output.format {
        Format::Table => json!(format!("{value:.4}")),
        _ => json!((value * 10_000.0).round() / 10_000.0),
    };
    let mut rows = Rows::new(&["threshold", "found", "right", "wanted", "precision", "recall", "f1"]);
    for at in found.thresholds.iter().chain([&found.best]) {
        rows.push(vec![
            round(at.threshold),
            json!(at.found),
            json!(at.right),
            json!(at.wanted),
            round(at.precision()),
            round(at.recall()),
            round(at.f1()),
        ]);
    }
    let mut bins = Rows::new(&["probability from", "pairs", "said", "was"]);
    for bin in &found.bins {
        bins.push(vec![round(bin.from), json!(bin.pairs), round(bin.said), round(bin.was)]);
    }
    match output.format {
        Format::Csv => rows.csv(),
        Format::Json => print_json(&json!({
            "thresholds": rows.json(),
            "best_f1": found.best.f1(),
            "best_threshold": found.best.threshold,
            "calibration": bins.json(),
            "calibration_error": found.calibration_error,
            "b_cubed": found.b_cubed.map(|(precision, recall)| json!({"precision": precision, "recall": recall})),
        })),
        Format::Table => {
            print(&rows.table())?;
            print(&format!(
                "(the last line is the best threshold in hindsight)\n\nReliability; expected calibration error {:.4}",
                found.calibration_error
            ))?;
            print(&bins.table())?;
            if let Some((precision, recall)) = found.b_cubed {
                let f1 = 2.0 * precision * recall / (precision + recall);
                print(&format!(
                    "B-cubed of components at 0.95: precision {precision:.4}, recall {recall:.4}, F1 {f1:.4}"
                ))?;
            }
            Ok(())
        }
    }
}
