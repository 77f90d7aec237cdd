//! `rejoin report`: referenced reports, and `rejoin report verify`: the independent check of one.
//!
//! A report is made from the case and a [`Request`] alone, and the request travels inside the file. So verifying is making
//! it again: every number is asked again, every quotation looked up again, and the file's text held against the new one.

mod court;
mod monthly;
mod oversight;
mod sheet;
mod verify;

use super::{Context, day, measure};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::{Lang, Output};
use clap::{Subcommand, ValueEnum};
use rejoin_inquiry::Scene;
use rejoin_inquiry::reconcile::Published;
use rejoin_ledger::Hash;
use rejoin_registry::{Case, Evidence, Issued};
use rejoin_report::{Document, Status, html, pdf, xlsx};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sheet::Sheet;
use std::path::{Path, PathBuf};

/// Arguments of `report`.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ReportArgs {
    #[command(subcommand)]
    then: Option<Then>,
    /// What report.
    #[arg(long, default_value = "oversight")]
    template: Template,
    /// Form of the file.
    #[arg(long, default_value = "pdf")]
    format: ReportFormat,
    /// The file to write.
    #[arg(long, value_name = "FILE", required = true)]
    out: Option<PathBuf>,
    /// A draft for this recipient, whose name stands across every page. Without it the report is final.
    #[arg(long, value_name = "NAME")]
    draft_for: Option<String>,
    /// As of which day; by default the last day any record speaks of.
    #[arg(long, value_name = "DATE")]
    on: Option<String>,
    /// Day of issue; by default today.
    #[arg(long, value_name = "DATE")]
    issued: Option<String>,
    /// Published figures to stand beside ours.
    #[arg(long, value_name = "FILE")]
    published: Option<PathBuf>,
    /// Who will read it: sources that only others may see are left out, and what rests on them.
    #[arg(long, value_name = "ROLE", default_value = "public")]
    audience: String,
    /// Counts below this are not shown, nor those by which one of them could be worked out: in tables, charts, sentences and
    /// references.
    #[arg(long, value_name = "N", default_value_t = 0)]
    suppress: u64,
}

#[derive(Subcommand)]
enum Then {
    /// Check a report: compute every number again, look every quotation up again, and list what no longer holds.
    #[command(after_help = "Example:\n  rejoin -C case report verify report.pdf")]
    Verify {
        /// The report: PDF, HTML, XLSX or JSON.
        file: PathBuf,
        /// The published figures again: without it those in the report are taken as they are, and that is said.
        #[arg(long, value_name = "FILE")]
        published: Option<PathBuf>,
        #[command(flatten)]
        output: Output,
    },
}

/// A kind of report.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Template {
    /// The account: how many, when, where, under which policy, with which effect.
    Oversight,
    /// The statutory table: number, age, sector, cause, length and status, by month.
    Monthly,
    /// Each child not reunified in time, with the reason on record.
    CourtList,
}

impl Template {
    fn word(self) -> &'static str {
        match self {
            Template::Oversight => "oversight",
            Template::Monthly => "monthly",
            Template::CourtList => "court-list",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Template::Oversight, Template::Monthly, Template::CourtList]
            .into_iter()
            .find(|one| one.word() == word)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    /// To print and to file: PDF/A with the data inside.
    Pdf,
    /// One page for a browser.
    Html,
    /// A workbook.
    Xlsx,
    /// Only the data.
    Json,
}

/// What was asked for: with the case, all that a report depends on.
#[derive(Clone)]
pub struct Request {
    pub template: Template,
    pub lang: Lang,
    pub on: Option<String>,
    pub issued: String,
    pub draft_for: Option<String>,
    pub audience: String,
    pub suppress: u64,
    pub published: Vec<Published>,
    /// The checkpoint to print: that of the case, or of the report that is verified.
    pub checkpoint: String,
}

impl Request {
    fn json(&self) -> Value {
        let published: Vec<Value> = self
            .published
            .iter()
            .map(|one| {
                json!([one.id, one.body, one.document, one.period, one.metric, one.value, one.note, one.seen])
            })
            .collect();
        json!({
            "template": self.template.word(),
            "language": self.lang.of("en", "es"),
            "on": self.on,
            "issued": self.issued,
            "draft_for": self.draft_for,
            "audience": self.audience,
            "suppress": self.suppress,
            "published": published,
            "checkpoint": self.checkpoint,
        })
    }

    fn read(data: &Value) -> Option<Self> {
        let text = |name: &str| data[name].as_str().map(str::to_owned);
        let published = data["published"].as_array()?.iter().map(|row| {
            let cell = |at: usize| row[at].as_str().unwrap_or_default().to_owned();
            Published {
                id: cell(0),
                body: cell(1),
                document: cell(2),
                period: cell(3),
                metric: cell(4),
                value: cell(5),
                note: cell(6),
                seen: cell(7),
            }
        });
        Some(Self {
            template: Template::from_word(data["template"].as_str()?)?,
            lang: if data["language"] == "es" { Lang::Es } else { Lang::En },
            on: text("on"),
            issued: text("issued")?,
            draft_for: text("draft_for"),
            audience: text("audience")?,
            suppress: data["suppress"].as_u64()?,
            published: published.collect(),
            checkpoint: text("checkpoint")?,
        })
    }
}

/// What a report is made from.
pub struct Material<'a> {
    pub case: &'a Case,
    pub scene: &'a Scene<'a>,
    pub evidence: Evidence,
}

impl ReportArgs {
    /// What cannot be meant.
    fn refused(&self) -> Result<(), Failure> {
        if self.draft_for.as_ref().is_some_and(|name| name.trim().is_empty()) {
            return Err(Failure::usage("a draft is for somebody", "as in --draft-for 'The Department'"));
        }
        if self.template == Template::CourtList && self.audience == "public" {
            return Err(Failure::usage(
                "the court's list says of each child where it is: it is for no public",
                "say for whom, as in --audience court",
            ));
        }
        if self.suppress > 0 && self.template == Template::CourtList {
            return Err(Failure::usage(
                "the court's list names each child: there is nothing to suppress in it",
                "--suppress is for the other templates",
            ));
        }
        if self.on.is_some() && self.template != Template::CourtList {
            return Err(Failure::usage(
                "this template counts whole lists, and is as of their last day",
                "--on is for --template court-list; `rejoin measure` takes --on, --from and --to",
            ));
        }
        Ok(())
    }

    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        if let Some(Then::Verify { file, published, output }) = &self.then {
            return verify::run(context, file, published.as_deref(), output);
        }
        self.refused()?;
        let Some(out) = &self.out else {
            return Err(Failure::usage("--out is missing", "as in --out report.pdf"));
        };
        day(self.on.as_deref())?;
        let issued = match day(self.issued.as_deref())? {
            Some(day) => day.to_string(),
            None => today(context),
        };
        let published = match &self.published {
            Some(file) => measure::published(file)?,
            None => Vec::new(),
        };
        let mut case = context.open()?;
        let progress = Progress::new();
        progress.say("reading the case", 0, 0);
        let request = Request {
            template: self.template,
            lang: context.lang,
            on: self.on.clone(),
            issued,
            draft_for: self.draft_for.clone(),
            audience: self.audience.clone(),
            suppress: self.suppress,
            published,
            checkpoint: case.report_checkpoint()?.to_string(),
        };
        let document = document(&case, context, &request)?;
        progress.say("setting the report", 0, 0);
        let bytes = render(&document, self.format)?;
        write(out, &bytes)?;
        issue(&mut case, &request, &bytes, context)?;
        eprintln!("wrote {} ({} bytes)", out.display(), bytes.len());
        Ok(())
    }
}

/// Writes down which file was issued to whom: a file that was changed, or made out to somebody else, is none of those.
fn issue(case: &mut Case, request: &Request, bytes: &[u8], context: &Context) -> Result<(), Failure> {
    let issued = Issued {
        file: Hash(Sha256::digest(bytes).into()).to_string(),
        template: request.template.word().into(),
        recipient: request.draft_for.clone(),
        audience: request.audience.clone(),
    };
    Ok(case.report_issued(&issued, &context.stamp())?)
}

/// Writes the account of a case as a final PDF.
pub fn final_pdf(case: &mut Case, context: &Context, out: &Path) -> Result<(), Failure> {
    let request = Request {
        template: Template::Oversight,
        lang: context.lang,
        on: None,
        issued: today(context),
        draft_for: None,
        audience: "public".into(),
        suppress: 0,
        published: Vec::new(),
        checkpoint: case.report_checkpoint()?.to_string(),
    };
    let bytes = render(&document(case, context, &request)?, ReportFormat::Pdf)?;
    write(out, &bytes)?;
    issue(case, &request, &bytes, context)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes).map_err(|error| {
        Failure::input(format!("cannot write {}: {error}", path.display()), "choose another --out")
    })
}

fn today(context: &Context) -> String {
    let days = context.stamp().at_micros.div_euclid(86_400_000_000);
    let day = i32::try_from(days).ok().and_then(rejoin_model::Moment::of_day_number);
    day.map(|day| day.to_string()).unwrap_or_default()
}

fn render(document: &Document, format: ReportFormat) -> Result<Vec<u8>, Failure> {
    let failed = |error: rejoin_report::Error| Failure::unexpected(format!("{error}; {}", error.hint()));
    Ok(match format {
        ReportFormat::Pdf => pdf(document).map_err(failed)?,
        ReportFormat::Html => html(document).into_bytes(),
        ReportFormat::Xlsx => xlsx(document).map_err(failed)?,
        ReportFormat::Json => document.data.clone().into_bytes(),
    })
}

/// Makes the document that was asked for.
pub fn document(case: &Case, context: &Context, request: &Request) -> Result<Document, Failure> {
    let view = context.view(case, &format!("report {}", request.template.word()))?;
    let people = view.people();
    let scene = view.scene(&people, day(request.on.as_deref())?);
    let mut evidence = case.evidence()?;
    // What the reader may not see is not there for the report either.
    evidence.sources.retain(|source| source.is_for(&request.audience));
    let shown: Vec<String> = evidence.sources.iter().map(|source| source.id.clone()).collect();
    evidence.statements.retain(|one| shown.contains(&one.source));
    evidence.claims.retain(|one| shown.contains(&one.source));
    evidence.responses.retain(|one| one.source.as_ref().is_none_or(|source| shown.contains(source)));
    let material = Material { case, scene: &scene, evidence };
    let mut sheet = Sheet::new(&material, request);
    let (title, subtitle) = match request.template {
        Template::Oversight => oversight::write(&mut sheet)?,
        Template::Monthly => monthly::write(&mut sheet)?,
        Template::CourtList => court::write(&mut sheet)?,
    };
    let (sections, references, data) = sheet.finish();
    let lang = request.lang;
    let mut facts = vec![
        (lang.of("As of", "A fecha de").to_owned(), scene.as_of.to_string()),
        (
            lang.of("Ledger checkpoint", "Punto de control del registro").to_owned(),
            request.checkpoint.clone(),
        ),
        (
            lang.of("Policies and clocks", "Políticas y plazos").to_owned(),
            format!("SHA-256 {}", case.rules_hash()?),
        ),
        (lang.of("Template", "Plantilla").to_owned(), request.template.word().to_owned()),
        (lang.of("Made with", "Hecho con").to_owned(), format!("Rejoin {}", env!("CARGO_PKG_VERSION"))),
        (
            lang.of("Check it with", "Compruébelo con").to_owned(),
            "rejoin -C CASE report verify FILE".to_owned(),
        ),
    ];
    if view.not_linked > 0 {
        let counts = lang.of(
            "records that no run has linked; each counts as a person of its own",
            "registros que ninguna vinculación ha unido; cada uno cuenta como una persona",
        );
        facts.push((
            lang.of("Not linked", "Sin vincular").to_owned(),
            format!("{} {counts}", view.not_linked),
        ));
    }
    Ok(Document {
        title,
        subtitle,
        language: lang.of_report(),
        status: match &request.draft_for {
            Some(recipient) => Status::Draft { recipient: recipient.clone() },
            None => Status::Final,
        },
        issued: request.issued.clone(),
        facts,
        sections,
        references,
        data: json!({"form": 1, "request": request.json(), "content": data}).to_string(),
    })
}

impl Lang {
    fn of_report(self) -> rejoin_report::Language {
        match self {
            Lang::En => rejoin_report::Language::English,
            Lang::Es => rejoin_report::Language::Spanish,
        }
    }
}
