//! `rejoin demo`: the whole walk on a synthetic world, with an account of it against the planted truth.

use super::import::import_file;
use super::synth::{WorldArgs, write};
use super::{Context, account};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::render::{Rows, print, thousands};
use rejoin_inquiry::{Parameters, ask, named};
use rejoin_linkage::evaluate::{Quality, pairwise};
use rejoin_model::{PersonId, Relation};
use rejoin_registry::{Case, Extent, ImportReport, View};
use serde_json::json;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Arguments of `demo`.
#[derive(clap::Args)]
pub struct Demo {
    #[command(flatten)]
    world: WorldArgs,
    /// Keep the lists and the case in this new directory.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Only print the account. (There is no web page yet: this is what happens in any case.)
    #[arg(long)]
    no_serve: bool,
}

/// How long each step took.
struct Steps(Vec<(&'static str, Duration)>);

impl Steps {
    #[allow(clippy::disallowed_methods, reason = "the demo tells how long each step took")]
    fn time<T>(&mut self, name: &'static str, step: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let result = step();
        self.0.push((name, started.elapsed()));
        result
    }
}

impl Demo {
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let settings = self.world.settings()?;
        if !self.no_serve {
            eprintln!("note: there is no web page to open yet; this prints the account");
        }
        let kept = self.dir.clone();
        let temporary = tempfile::tempdir()?;
        let directory = kept.as_deref().unwrap_or(temporary.path());
        let (lists, place) = (directory.join("lists"), directory.join("case"));
        let whole = Progress::new();
        let say = |what: &str, done: u64, total: u64| whole.say(what, done, total);
        let mut steps = Steps(Vec::new());
        let files = steps.time("make the world", || write(&settings, &lists))?;
        let mut case = Case::init(&place, &context.stamp())?;
        let mut imports = Vec::new();
        steps.time("import", || -> Result<(), Failure> {
            for file in &files {
                imports.push(import_file(&mut case, context, file, None, None, Extent::Presumed)?);
            }
            Ok(())
        })?;
        let linked = steps.time("link", || case.link(&context.stamp(), &say))?;
        let families = steps.time("families", || case.families(&context.stamp(), &say))?;
        let (view, custody) = steps.time("custody and measures", || -> Result<_, Failure> {
            let view = case.view()?;
            let people = view.people();
            let custody = account::custody(&view.scene(&people, None), None)?;
            drop(people);
            Ok((view, custody))
        })?;
        let checkpoint = steps.time("verify the ledger", || case.verify(None, &say))?;
        let truth = Truth::read(&lists)?;

        let lang = context.lang;
        let title = |english: &str, spanish: &str| print(&format!("\n== {} ==", lang.of(english, spanish)));
        print(lang.of(
            "A synthetic world; nobody in it exists. What follows is what Rejoin made of the agencies' lists.",
            "Un mundo sintético; nadie en él existe. Lo que sigue es lo que Rejoin entendió de las listas.",
        ))?;
        title("What came in", "Lo que llegó")?;
        print(&came_in(&imports).table())?;
        title("Findings per list", "Hallazgos por lista")?;
        print(&findings(&imports).table())?;
        title("People", "Personas")?;
        let quality = truth.people(&view);
        print(&format!(
            "{} records are {} people; {} pairs compared, {} joins refused because another pair spoke against them.",
            thousands(linked.records),
            thousands(linked.people),
            thousands(linked.compared),
            thousands(linked.refused)
        ))?;
        print(&format!(
            "Against the truth: precision {:.4}, recall {:.4}, F1 {:.4} over pairs of records.",
            quality.precision(),
            quality.recall(),
            quality.f1()
        ))?;
        title("Families", "Familias")?;
        print(&format!(
            "{} children, {} adults, {} pairs scored; {} candidates contested by another; {} pairs of siblings.",
            thousands(families.children),
            thousands(families.adults),
            thousands(families.scored),
            thousands(families.contested),
            thousands(families.siblings)
        ))?;
        print(&truth.families(&view).table())?;
        title("Custody, separations, clocks", "Custodia, separaciones, plazos")?;
        print(&custody.table())?;
        title("Time apart", "Tiempo de separación")?;
        print(&time_apart(&view)?)?;
        title("Time taken", "Tiempo empleado")?;
        let mut rows = Rows::new(&["step", "seconds"]);
        for (name, took) in &steps.0 {
            rows.push(vec![json!(name), json!(format!("{:.2}", took.as_secs_f64()))]);
        }
        let total: Duration = steps.0.iter().map(|(_, took)| *took).sum();
        rows.push(vec![json!("all"), json!(format!("{:.2}", total.as_secs_f64()))]);
        print(&rows.table())?;
        print(&format!(
            "\n{} events in the ledger, verified; checkpoint {checkpoint}",
            thousands(checkpoint.size)
        ))?;
        match kept {
            Some(_) => print(&format!(
                "The case is in {}: try `rejoin -C {} list children --most 20`.",
                place.display(),
                place.display()
            )),
            None => print("Keep the next one with `rejoin demo --dir DIR`, to look around in it."),
        }
    }
}

fn came_in(imports: &[ImportReport]) -> Rows {
    let mut rows = Rows::new(&["list", "read as", "format", "rows", "findings"]);
    for report in imports {
        rows.push(vec![
            json!(report.list),
            json!(report.preset.as_deref().unwrap_or("(no preset)")),
            json!(report.format),
            json!(report.rows),
            json!(report.findings.values().sum::<u64>()),
        ]);
    }
    rows
}

fn findings(imports: &[ImportReport]) -> Rows {
    let mut rows = Rows::new(&["list", "finding", "count"]);
    for report in imports {
        for (code, count) in &report.findings {
            rows.push(vec![json!(report.list), json!(code), json!(count)]);
        }
    }
    rows
}

fn time_apart(view: &View) -> Result<String, Failure> {
    let people = view.people();
    let Some(measure) = named("time-apart") else { return Ok(String::new()) };
    let answer = ask(measure, &view.scene(&people, None), &Parameters::default())?;
    Ok(match answer.days {
        Some(days) => format!(
            "median {} days, mean {:.1}, most {}, of {} children reunited with a date on record",
            days.median,
            days.mean,
            days.max,
            thousands(days.count)
        ),
        None => "no reunification is on record".into(),
    })
}

/// The planted truth.
struct Truth {
    /// (list, row) → person.
    person: HashMap<(String, u32), u32>,
    /// (child, adult) → whether they were separated.
    families: HashMap<(u32, u32), bool>,
}

impl Truth {
    fn read(lists: &Path) -> Result<Self, Failure> {
        let rows = |name: &str| -> Result<Vec<csv::StringRecord>, Failure> {
            let path = lists.join("truth").join(name);
            let reader = csv::Reader::from_path(&path).and_then(|reader| reader.into_records().collect());
            reader.map_err(|error| Failure::unexpected(format!("{}: {error}", path.display())))
        };
        let number = |text: &str| text.parse::<u32>().unwrap_or(u32::MAX);
        let records = rows("records.csv")?;
        let person =
            records.iter().map(|row| ((row[0].to_owned(), number(&row[1])), number(&row[2]))).collect();
        let families = rows("families.csv")?;
        let families =
            families.iter().map(|row| ((number(&row[0]), number(&row[1])), &row[3] == "true")).collect();
        Ok(Self { person, families })
    }

    fn people(&self, view: &View) -> Quality {
        let (found, truth): (Vec<PersonId>, Vec<u32>) = view
            .records
            .iter()
            .filter_map(|record| {
                let truth = self.person.get(&(record.list.clone(), record.origin.row))?;
                Some((view.person_of[&record.id], *truth))
            })
            .unzip();
        pairwise(&found, &truth)
    }

    /// Who a found person really is: the one whom most of its records are about.
    fn identities(&self, view: &View) -> HashMap<PersonId, u32> {
        let mut votes: HashMap<PersonId, BTreeMap<u32, u32>> = HashMap::new();
        for record in &view.records {
            if let Some(truth) = self.person.get(&(record.list.clone(), record.origin.row)) {
                *votes.entry(view.person_of[&record.id]).or_default().entry(*truth).or_default() += 1;
            }
        }
        let winner = |votes: BTreeMap<u32, u32>| {
            votes.into_iter().max_by_key(|(_, count)| *count).map(|(truth, _)| truth)
        };
        votes.into_iter().filter_map(|(person, votes)| Some((person, winner(votes)?))).collect()
    }

    fn families(&self, view: &View) -> Rows {
        let identities = self.identities(view);
        let mut rows = Rows::new(&[
            "parents proposed at",
            "proposed",
            "right",
            "precision",
            "recall, all",
            "recall, separated",
        ]);
        let separated = self.families.values().filter(|separated| **separated).count() as u64;
        for threshold in [0.5, 0.9, 0.95, 0.99] {
            let mut found: HashSet<(u32, u32)> = HashSet::new();
            let mut proposed = 0;
            let mut right = 0;
            for candidate in view.candidates.iter().filter(|candidate| {
                candidate.relation != Relation::Sibling && candidate.probability >= threshold
            }) {
                proposed += 1;
                if let (Some(child), Some(adult)) =
                    (identities.get(&candidate.child), identities.get(&candidate.other))
                    && self.families.contains_key(&(*child, *adult))
                {
                    right += 1;
                    found.insert((*child, *adult));
                }
            }
            let of_separated = found.iter().filter(|pair| self.families[pair]).count() as u64;
            let share = |part: u64, whole: u64| json!(format!("{:.4}", part as f64 / whole.max(1) as f64));
            rows.push(vec![
                json!(format!("{threshold}")),
                json!(proposed),
                json!(right),
                share(right, proposed),
                share(found.len() as u64, self.families.len() as u64),
                share(of_separated, separated),
            ]);
        }
        rows
    }
}
