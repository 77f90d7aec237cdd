//! `rejoin demo`: the whole walk on a synthetic world, with an account of it against the planted truth; then the web
//! application over it, with accounts to sign in with.

mod stage;

use super::import::import_file;
use super::serve::serve;
use super::synth::{WorldArgs, write};
use super::truth::Truth;
use super::{Context, account};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::render::{Rows, print, thousands};
use rejoin_inquiry::{Parameters, ask, named};
use rejoin_registry::{Case, Extent, ImportReport, View};
use serde_json::json;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Arguments of `demo`.
#[derive(clap::Args)]
pub struct Demo {
    #[command(flatten)]
    world: WorldArgs,
    /// Keep the lists and the case in this new directory.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Only print the account; open no web page.
    #[arg(long)]
    no_serve: bool,
    /// Where the web application listens, on this machine.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:7878")]
    at: std::net::SocketAddr,
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
        let kept = self.dir.clone();
        let temporary = tempfile::tempdir()?;
        let directory = kept.as_deref().unwrap_or(temporary.path());
        let (lists, place) = (directory.join("lists"), directory.join("case"));
        let whole = Progress::new();
        let say = |what: &str, done: u64, total: u64| whole.say(what, done, total);
        let mut steps = Steps(Vec::new());
        let files = steps.time("make the world", || write(&settings, &lists))?;
        let mut case = Case::init_with(&place, &context.settings, &context.stamp())?;
        stage::files(&place, rejoin_registry::ROLES)?;
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
            let view = context.view(&case, "demo")?;
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
        title("Policies, and had they been others", "Políticas, y si hubieran sido otras")?;
        print(&steps.time("policies and replay", || policies(&view, context))?)?;
        if kept.is_some() {
            let report = directory.join("report.pdf");
            steps.time("report", || super::report::final_pdf(&mut case, context, &report))?;
            print(&format!("The referenced report is in {}.", report.display()))?;
        }
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
            ))?,
            None => print("Keep the next one with `rejoin demo --dir DIR`, to look around in it.")?,
        }
        if self.no_serve {
            return Ok(());
        }
        drop(view);
        let set = stage::set(&mut case, &context.stamp())?;
        title("Who can sign in", "Quién puede entrar")?;
        let mut rows = Rows::new(&["name", "password", "what they do"]);
        for (name, _, _, _, (english, spanish)) in stage::PEOPLE {
            rows.push(vec![json!(name), json!(stage::PASSWORD), json!(lang.of(english, spanish))]);
        }
        print(&rows.table())?;
        if let Some((child, adult)) = set.waiting {
            print(&format!(
                "{}: /person/{child} ({} {adult})",
                lang.of(
                    "A case that waits for a second signature (noe)",
                    "Un caso que espera una segunda firma (noe)"
                ),
                lang.of("adult", "persona adulta")
            ))?;
        }
        if let Some(code) = set.code {
            print(&format!(
                "{}: {code}",
                lang.of("A family card's code (/receipt)", "Código de una tarjeta familiar (/receipt)")
            ))?;
        }
        serve(case, rejoin_web::Options { at: self.at, demo: true, ..rejoin_web::Options::default() })
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

/// Separations by the policy they are ascribed to, and what a minimum age of five would have spared.
fn policies(view: &View, context: &Context) -> Result<String, Failure> {
    let people = view.people();
    let scene = view.scene(&people, None);
    let of = |name: &str, parameters: &Parameters| -> Result<_, Failure> {
        let measure = named(name).ok_or_else(|| Failure::unexpected(format!("no measure {name}")))?;
        Ok(ask(measure, &scene, parameters)?)
    };
    let groups = Parameters { by: vec!["policy".into(), "attribution".into()], ..Parameters::default() };
    let ascribed = super::measure::lines(&of("separated", &groups)?).table();
    let young = Parameters { id: Some("minimum-age=5".into()), ..Parameters::default() };
    let (children, days) = (of("not-separated", &young)?, of("days-not-apart", &young)?);
    let most = |answer: &rejoin_inquiry::Answer| answer.columns.iter().sum::<u64>();
    let words = context.lang.of(
        "Had no child under five been separated: children (days) not apart, known, and at most",
        "Si no se hubiera separado a menores de cinco años: menores (días) no apartados, conocidos, y como máximo",
    );
    Ok(format!(
        "{ascribed}\n{words}: {} ({}), {} ({})",
        thousands(children.value as u64),
        thousands(days.value as u64),
        thousands(most(&children)),
        thousands(most(&days))
    ))
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
