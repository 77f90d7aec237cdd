//! `rejoin import`.

use super::{Context, pfif};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::render::{Rows, print, print_json};
use crate::{Format, Lang, Output};
use rejoin_ingest::{Interpreter, Mapping, presets};
use rejoin_model::{FindingCode, Origin, Severity, Value as Cell};
use rejoin_registry::{Case, Extent, ImportReport, ImportRequest};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Arguments of `import`.
#[derive(clap::Args)]
pub struct Import {
    /// The lists.
    #[arg(required = true, value_name = "LIST")]
    files: Vec<PathBuf>,
    /// Read them by a preset; see `rejoin list presets`. Without it the preset that fits best is taken.
    #[arg(long = "as", value_name = "PRESET", conflicts_with = "mapping")]
    preset: Option<String>,
    /// Read them by a mapping, a TOML file that a person reviewed.
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Import into a list of this name; deliveries of one name are compared with each other.
    #[arg(long, value_name = "NAME")]
    list: Option<String>,
    /// The file adds to its list: rows it does not have are not gone.
    #[arg(long, conflicts_with = "complete")]
    partial: bool,
    /// The file is the whole list, even if most of the rows of the last delivery are not in it.
    #[arg(long)]
    complete: bool,
    /// Change nothing: show the mapping that would be used and how the first rows were understood.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    output: Output,
}

impl Import {
    fn extent(&self) -> Extent {
        match (self.partial, self.complete) {
            (true, _) => Extent::Part,
            (_, true) => Extent::Whole,
            _ => Extent::Presumed,
        }
    }

    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let mapping = self.mapping()?;
        if self.dry_run {
            return self.files.iter().try_for_each(|file| self.preview(file, mapping.clone(), context));
        }
        let mut case = context.open()?;
        let mut reports = Vec::new();
        for file in &self.files {
            reports.push(import_file(
                &mut case,
                context,
                file,
                mapping.clone(),
                self.list.as_deref(),
                self.extent(),
            )?);
        }
        match self.output.format {
            Format::Json => print_json(&Value::Array(reports.iter().map(json_of).collect())),
            format => {
                let mut rows = Rows::new(&[
                    "file",
                    "list",
                    "preset",
                    "format",
                    "rows",
                    "added",
                    "changed",
                    "gone",
                    "unchanged",
                ]);
                for report in &reports {
                    rows.push(vec![
                        json!(report.name),
                        json!(report.list),
                        json!(report.preset),
                        json!(report.format),
                        json!(report.rows),
                        json!(report.added),
                        json!(report.changed),
                        json!(report.gone),
                        json!(report.unchanged),
                    ]);
                }
                rows.print(format)?;
                reports.iter().for_each(|report| remark(report, context.lang));
                Ok(())
            }
        }
    }

    fn mapping(&self) -> Result<Option<Mapping>, Failure> {
        let mut mapping = match (&self.preset, &self.mapping) {
            (Some(name), _) => Some(presets::named(name).ok_or_else(|| {
                let known: Vec<String> =
                    presets::all().into_iter().filter_map(|preset| preset.preset).collect();
                Failure::missing(
                    format!("there is no preset {name:?}"),
                    format!("there are: {}", known.join(", ")),
                )
            })?),
            (None, Some(path)) => {
                let text = std::fs::read_to_string(path).map_err(|error| {
                    Failure::input(format!("cannot read {}: {error}", path.display()), "check the path")
                })?;
                let refuse = |error: rejoin_ingest::mapping::MappingError| {
                    Failure::input(format!("{}: {error}", path.display()), error.hint())
                };
                Some(Mapping::parse(&text).map_err(refuse)?)
            }
            (None, None) => None,
        };
        if let (Some(mapping), Some(list)) = (&mut mapping, &self.list) {
            mapping.list = list.clone();
        }
        Ok(mapping)
    }

    fn preview(&self, file: &Path, mapping: Option<Mapping>, context: &Context) -> Result<(), Failure> {
        let (name, bytes) = read(file)?;
        let (bytes, mapping) = understood(&name, bytes, mapping, self.list.as_deref(), context)?;
        let request = ImportRequest { name: &name, bytes: &bytes, mapping, extent: self.extent() };
        let (table, proposal) = Case::preview(&request)?;
        let narrowed = proposal.narrowed();
        eprintln!(
            "{name}: {}, {} columns, {} rows; nothing was imported",
            table.format,
            table.columns.len(),
            table.rows.len()
        );
        print("# A mapping to review: save it, correct it, then `rejoin import FILE --mapping THIS`.")?;
        for guess in &proposal.guesses {
            let field = guess.field.map_or("-", |field| field.word());
            print(&format!("#   {:<32} {:<24} {}", guess.column, field, guess.because))?;
        }
        print(&narrowed.to_toml())?;
        let interpreter = match Interpreter::new(&narrowed, &table.columns) {
            Ok(interpreter) => interpreter,
            Err(error) if self.mapping.is_none() && self.preset.is_none() => {
                return print(&format!("# Not usable yet: {error}. Say which column is which field."));
            }
            Err(error) => return Err(Failure::input(format!("{name}: {error}"), error.hint())),
        };
        print("# How the first rows were understood:")?;
        for row in table.rows.iter().take(3) {
            let id = interpreter.id(&row.cells, 0);
            let (record, findings) =
                interpreter.record(id, Origin { file: [0; 32], row: row.number }, &row.cells);
            print(&format!("# row {} ({}):", row.number, record.subject.word()))?;
            for (field, value) in &record.values {
                print(&format!("#   {:<24} {}", field.word(), shown(value)))?;
            }
            for finding in findings {
                print(&format!(
                    "#   finding {}: {:?} {}",
                    finding.code.word(),
                    finding.said,
                    finding.understood
                ))?;
            }
        }
        Ok(())
    }
}

/// Imports one file.
pub fn import_file(
    case: &mut Case,
    context: &Context,
    file: &Path,
    mapping: Option<Mapping>,
    list: Option<&str>,
    extent: Extent,
) -> Result<ImportReport, Failure> {
    let (name, bytes) = read(file)?;
    let (bytes, mapping) = understood(&name, bytes, mapping, list, context)?;
    let mut request = ImportRequest { name: &name, bytes: &bytes, mapping, extent };
    if let (None, Some(list)) = (&request.mapping, list) {
        let (_, proposal) = Case::preview(&request)?;
        request.mapping = Some(Mapping { list: list.into(), ..proposal.mapping });
    }
    let progress = Progress::new();
    Ok(case.import(&request, &context.stamp(), &|what, done, total| progress.say(what, done, total))?)
}

/// A feed of PFIF as the table that it is imported as, by its preset; anything else as it is.
fn understood(
    name: &str,
    bytes: Vec<u8>,
    mapping: Option<Mapping>,
    list: Option<&str>,
    context: &Context,
) -> Result<(Vec<u8>, Option<Mapping>), Failure> {
    if !pfif::is_feed(&bytes) {
        return Ok((bytes, mapping));
    }
    let table = pfif::as_table(name, &bytes, context)?;
    let mapping = mapping.or_else(|| {
        let preset = presets::named("pfif")?;
        Some(Mapping { list: list.map_or(preset.list.clone(), str::to_owned), ..preset })
    });
    Ok((table, mapping))
}

fn read(file: &Path) -> Result<(String, Vec<u8>), Failure> {
    let bytes = std::fs::read(file).map_err(|error| {
        Failure::input(format!("cannot read {}: {error}", file.display()), "check the path")
    })?;
    let name = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Ok((name, bytes))
}

fn json_of(report: &ImportReport) -> Value {
    json!({
        "file": report.name,
        "list": report.list,
        "preset": report.preset,
        "format": report.format,
        "seen_before": report.seen_before,
        "rows": report.rows,
        "added": report.added,
        "changed": report.changed,
        "gone": report.gone,
        "unchanged": report.unchanged,
        "reread": report.reread,
        "alarms": report.findings.get("family-link-vanished").copied().unwrap_or(0)
            + report.findings.get("row-vanished").copied().unwrap_or(0),
        "findings": report.findings,
    })
}

fn remark(report: &ImportReport, lang: Lang) {
    if report.seen_before {
        eprintln!("{}: imported before, nothing changed", report.name);
    }
    if report.reread > 0 {
        eprintln!("{}: {} rows are now read by another mapping", report.name, report.reread);
    }
    let alarm = |code: &FindingCode| code.severity() == Severity::Alarm;
    for code in FindingCode::ALL.iter().copied().filter(alarm) {
        if let Some(count) = report.findings.get(code.word()) {
            let (english, spanish) = code.meaning();
            let list = lang.of("see `rejoin list findings --code", "vea `rejoin list findings --code");
            let word = lang.of("ALARM", "ALARMA");
            eprintln!(
                "{word}: {}: {count} × {} ({list} {}`)",
                report.list,
                lang.of(english, spanish),
                code.word()
            );
        }
    }
    let total: u64 = report.findings.values().sum();
    if total > 0 {
        let counts: Vec<String> =
            report.findings.iter().map(|(code, count)| format!("{count} {code}")).collect();
        eprintln!("{}: findings: {} (`rejoin list findings`)", report.list, counts.join(", "));
    }
}

/// A value as understood, for people.
pub fn shown(value: &Cell) -> String {
    match value {
        Cell::Name(name) => {
            format!("{} [{} | {}]", name.said, name.given.join(" "), name.surnames.join(" + "))
        }
        Cell::Moment(moment) => moment.to_string(),
        Cell::Sex(sex) => sex.letter().into(),
        Cell::Age(age) => age.to_string(),
        Cell::Country(country) => country.to_string(),
        Cell::Identifier(identifier) => identifier.0.clone(),
        Cell::Phone(text) | Cell::Place(text) | Cell::Text(text) => text.clone(),
        Cell::Code(code) => code.word().into(),
    }
}
