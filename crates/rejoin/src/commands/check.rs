//! `rejoin check`: every quotation, figure and name of a text against sources, and against a case if there is one.

mod page;

use super::Context;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::render::{Rows, decimal, print, print_json};
use clap::ValueEnum;
use rejoin_inquiry::text::figures::Agreement;
use rejoin_inquiry::text::{Checked, Judgement, Library, Shelf, check};
use rejoin_inquiry::{Parameters, ask, named};
use rejoin_registry::{Case, Evidence};
use rejoin_sources::Document;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Arguments of `check`.
#[derive(clap::Args)]
pub struct Check {
    /// The text: plain text, HTML, e-mail or PDF.
    text: PathBuf,
    /// A directory of sources, searched with everything below it; may be repeated. Without it the sources of the case's
    /// evidence file are used.
    #[arg(long, value_name = "DIR")]
    sources: Vec<PathBuf>,
    /// Keep an index of the sources in this directory, and use it again: for thousands of documents.
    #[arg(long, value_name = "DIR")]
    index: Option<PathBuf>,
    /// Who will read the result: of a case's sources those that only others may see are left out.
    #[arg(long, value_name = "ROLE", default_value = "public")]
    audience: String,
    /// Also show quotations that are verbatim, figures that agree and names that are known.
    #[arg(long)]
    all: bool,
    /// Form of the output.
    #[arg(long, default_value = "table")]
    format: CheckFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CheckFormat {
    /// For people, in the terminal.
    Table,
    /// One page, with the text and everything marked in it.
    Html,
    /// For machines.
    Json,
}

/// A text with what was found, ready to be shown.
pub struct Findings<'a> {
    pub name: String,
    pub text: &'a Document,
    pub checked: &'a Checked,
    pub library: &'a dyn Library,
    /// For each figure: our measures and published claims near it.
    pub ours: Vec<Vec<Near>>,
}

/// A figure of a case near one of the text.
pub struct Near {
    /// What it is: a measure as asked, or a claim.
    pub what: String,
    /// Its value.
    pub value: f64,
    /// The text's value over it.
    pub factor: f64,
}

impl Check {
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let text = read(&self.text)?;
        let case = self.case(context)?;
        let progress = Progress::new();
        let library: Box<dyn Library> = match &self.index {
            Some(index) => {
                if self.sources.is_empty() {
                    return Err(Failure::usage("--index needs --sources DIR", "see `rejoin check --help`"));
                }
                let mut skipped = Vec::new();
                let library =
                    rejoin_sources::Index::open(index, &self.sources, &mut skipped, &|done, total| {
                        progress.say("indexing sources", done, total);
                    })
                    .map_err(|error| {
                        Failure::input(error.to_string(), "choose another directory for --index")
                    })?;
                skipped.iter().for_each(|line| eprintln!("note: {line}"));
                Box::new(library)
            }
            None => Box::new(self.shelf(case.as_ref(), &progress)?),
        };
        progress.say("checking the text", 0, 0);
        let checked = check(&text.text, library.as_ref());
        let known = case.as_ref().map(|case| figures_of(case, context)).transpose()?.unwrap_or_default();
        let ours = checked.figures.iter().map(|figure| near(figure.value, &known)).collect();
        let name = self.text.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let result = Findings { name, text: &text, checked: &checked, library: library.as_ref(), ours };
        match self.format {
            CheckFormat::Json => print_json(&result.json()),
            CheckFormat::Html => print(&page::page(&result, context.lang)),
            CheckFormat::Table => self.table(&result, context),
        }
    }

    /// The case, if one is there: checking a text needs none.
    fn case(&self, context: &Context) -> Result<Option<Case>, Failure> {
        let there = Case::is_at(&context.case);
        if !there && context.case != Path::new(".") {
            return Err(context.open().err().unwrap_or_else(|| Failure::unexpected("no case")));
        }
        Ok(if there { Some(context.open()?) } else { None })
    }

    fn shelf(&self, case: Option<&Case>, progress: &Progress) -> Result<Shelf, Failure> {
        let mut shelf = Shelf::default();
        if self.sources.is_empty() {
            let Some(case) = case else {
                return Err(Failure::usage(
                    "there is nothing to check the text against",
                    "give --sources DIR, or -C CASE with an evidence file",
                ));
            };
            let mut evidence = case.evidence()?;
            evidence.sources.retain(|source| source.is_for(&self.audience));
            shelf_of(case, &evidence, &mut shelf)?;
        }
        let mut files = Vec::new();
        for directory in &self.sources {
            rejoin_sources::files_below(directory, &mut files).map_err(|error| {
                Failure::input(format!("{}: {error}", directory.display()), "is it a directory?")
            })?;
        }
        let total = files.len() as u64;
        for (at, (name, path)) in files.iter().enumerate() {
            progress.say("reading sources", at as u64, total);
            match read(path) {
                Ok(document) => shelf.add(name, document.text),
                Err(failure) => eprintln!("note: {} is left out: {}", name, failure.message()),
            }
        }
        if shelf.is_empty() {
            return Err(Failure::input(
                "no source could be read",
                "text, HTML, e-mail and PDF with text are read",
            ));
        }
        Ok(shelf)
    }

    fn table(&self, result: &Findings<'_>, context: &Context) -> Result<(), Failure> {
        let lang = context.lang;
        let checked = result.checked;
        if let Some(copy) = &checked.copy {
            let long = copy.counterpart.len();
            print(&format!(
                "{} {}: {} / {long}",
                lang.of("This text follows, sentence by sentence,", "Este texto sigue, frase por frase, a"),
                result.library.name(copy.source),
                copy.followed,
            ))?;
        }
        let mut quotations = Rows::new(&["judgement", "about", "quotation", "source says", "source"]);
        for quotation in &checked.quotations {
            if !self.all && matches!(quotation.judgement, Judgement::Verbatim | Judgement::TooShort) {
                continue;
            }
            let title = quotation.judgement.title();
            let mut judgement = lang.of(title.0, title.1).to_owned();
            if quotation.unsure {
                judgement.push_str(" (?)");
            }
            let about: Vec<&str> =
                quotation.matters.iter().map(|matter| lang.of(matter.title().0, matter.title().1)).collect();
            let found = quotation.found.as_ref();
            quotations.push(vec![
                json!(judgement),
                json!(about.join(", ")),
                json!(one_line(&result.text.text[quotation.span.clone()])),
                json!(found.map(|found| one_line(&found.words))),
                json!(found.map(|found| result.library.name(found.source))),
            ]);
        }
        let mut figures =
            Rows::new(&["figure", "judgement", "source says", "factor", "source", "in the case"]);
        for (figure, ours) in checked.figures.iter().zip(&result.ours) {
            if !self.all && figure.agreement == Agreement::Agrees {
                continue;
            }
            figures.push(vec![
                json!(one_line(&result.text.text[figure.span.clone()])),
                json!(figure.agreement.word()),
                json!(figure.found.as_ref().map(|(_, words)| one_line(words))),
                json!(figure.factor().map(factor)),
                json!(figure.found.as_ref().map(|(source, _)| result.library.name(*source))),
                json!(
                    ours.iter()
                        .map(|near| format!("{} = {}", near.what, decimal(near.value)))
                        .collect::<Vec<_>>()
                        .join("; ")
                ),
            ]);
        }
        let mut names = Rows::new(&["name", "judgement", "in the sources", "source"]);
        for name in &checked.names {
            if !self.all && name.judgement == rejoin_inquiry::text::names::NameJudgement::Known {
                continue;
            }
            names.push(vec![
                json!(one_line(&result.text.text[name.span.clone()])),
                json!(name.judgement.word()),
                json!(name.found.as_ref().map(|(_, words)| words)),
                json!(name.found.as_ref().map(|(source, _)| result.library.name(*source))),
            ]);
        }
        print(&result.summary(lang))?;
        for rows in [quotations, figures, names] {
            if !rows.rows.is_empty() {
                print(&rows.table())?;
            }
        }
        Ok(())
    }
}

/// Puts the sources of an evidence file on a shelf.
pub fn shelf_of(case: &Case, evidence: &Evidence, shelf: &mut Shelf) -> Result<(), Failure> {
    for source in &evidence.sources {
        let Some(bytes) = case.document(&source.hash)? else { continue };
        match rejoin_sources::read(&source.file, &bytes) {
            Ok(document) => shelf.add(&source.id, document.text),
            Err(why) => eprintln!("note: the source {} is left out: {why}", source.id),
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Document, Failure> {
    let bytes = std::fs::read(path)
        .map_err(|error| Failure::input(format!("{}: {error}", path.display()), "check the path"))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    rejoin_sources::read(&name, &bytes).map_err(|why| {
        Failure::input(format!("{}: {why}", path.display()), "text, HTML, e-mail and PDF with text are read")
    })
}

pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub fn factor(value: f64) -> String {
    if value >= 10.0 { format!("x{value:.0}") } else { format!("x{value:.2}") }
}

/// What a case says of numbers: every measure that needs no parameter, in care on the day of each clock, and claims.
fn figures_of(case: &Case, context: &Context) -> Result<Vec<(String, f64)>, Failure> {
    let view = context.view(case, "check")?;
    let people = view.people();
    let scene = view.scene(&people, None);
    let mut out = Vec::new();
    for name in ["children-listed", "separated", "reunited", "still-in-care", "prosecutions"] {
        if let Some(answer) =
            named(name).and_then(|measure| ask(measure, &scene, &Parameters::default()).ok())
        {
            out.push((name.to_owned(), answer.value));
        }
    }
    for clock in scene.clocks {
        let parameters = Parameters { id: Some(clock.id.clone()), ..Parameters::default() };
        if let Some(answer) = named("clock").and_then(|measure| ask(measure, &scene, &parameters).ok()) {
            out.push((format!("clock {}", clock.id), answer.value));
        }
        if let rejoin_custody::clock::Starts::OnDayForSeparatedInCare(day) = clock.starts {
            let parameters = Parameters { on: Some(day), ..Parameters::default() };
            if let Some(answer) =
                named("in-shelter-care").and_then(|measure| ask(measure, &scene, &parameters).ok())
            {
                out.push((format!("in-shelter-care on {day}"), answer.value));
            }
        }
    }
    for claim in case.evidence()?.claims {
        if let Some(figure) = claim.figure {
            out.push((format!("claim {}", claim.id), figure));
        }
    }
    out.dedup();
    out.retain(|(_, value)| value.is_finite() && *value > 0.0);
    Ok(out)
}

/// The figures of a case that may be what one of a text is about: equal, or within a half and twice.
fn near(value: f64, known: &[(String, f64)]) -> Vec<Near> {
    let mut near: Vec<Near> = known
        .iter()
        .map(|(what, ours)| Near { what: what.clone(), value: *ours, factor: value / ours })
        .filter(|near| value >= 30.0 && (0.5..=2.0).contains(&near.factor))
        .collect();
    near.sort_by(|left, right| left.factor.ln().abs().total_cmp(&right.factor.ln().abs()));
    near.truncate(3);
    near
}

impl Findings<'_> {
    /// How many of each.
    pub fn summary(&self, lang: crate::Lang) -> String {
        let all = [
            Judgement::Verbatim,
            Judgement::Trivial,
            Judgement::Altered,
            Judgement::Meaning,
            Judgement::NotFound,
            Judgement::TooShort,
        ];
        let counts: Vec<String> = all
            .into_iter()
            .map(|judgement| {
                let count = self.checked.quotations.iter().filter(|one| one.judgement == judgement).count();
                (judgement, count)
            })
            .filter(|(_, count)| *count > 0)
            .map(|(judgement, count)| {
                format!("{count} {}", lang.of(judgement.title().0, judgement.title().1))
            })
            .collect();
        let figures =
            |agreement| self.checked.figures.iter().filter(|one| one.agreement == agreement).count();
        format!(
            "{} {}: {}\n{} {}: {} {}, {} {}, {} {}",
            self.checked.quotations.len(),
            lang.of("quotations", "citas"),
            counts.join(", "),
            self.checked.figures.len(),
            lang.of("figures", "cifras"),
            figures(Agreement::Agrees),
            lang.of("agree", "coinciden"),
            figures(Agreement::Disagrees),
            lang.of("disagree", "discrepan"),
            figures(Agreement::NotFound),
            lang.of("not found", "no halladas"),
        )
    }

    /// Everything, for machines.
    pub fn json(&self) -> Value {
        let text = &self.text.text;
        let source = |source: usize| self.library.name(source);
        let quotations: Vec<Value> = self
            .checked
            .quotations
            .iter()
            .map(|one| {
                let differences: Vec<Value> = one
                    .differences
                    .iter()
                    .map(|difference| {
                        json!({"about": difference.matter.word(), "text": difference.quoted, "source": difference.source})
                    })
                    .collect();
                json!({
                    "quotation": &text[one.span.clone()],
                    "start": one.span.start,
                    "end": one.span.end,
                    "judgement": one.judgement.word(),
                    "about": one.matters.iter().map(|matter| matter.word()).collect::<Vec<_>>(),
                    "differences": differences,
                    "source": one.found.as_ref().map(|found| json!({
                        "name": source(found.source),
                        "start": found.span.start,
                        "end": found.span.end,
                        "words": found.words,
                    })),
                    "covered": (f64::from(one.covered) * 1000.0).round() / 1000.0,
                    "unsure": one.unsure,
                    "notes": one.notes,
                })
            })
            .collect();
        let figures: Vec<Value> = self
            .checked
            .figures
            .iter()
            .zip(&self.ours)
            .map(|(one, ours)| {
                let near: Vec<Value> = ours
                    .iter()
                    .map(|near| json!({"what": near.what, "value": near.value, "factor": near.factor}))
                    .collect();
                json!({
                    "figure": &text[one.span.clone()],
                    "start": one.span.start,
                    "value": one.value,
                    "judgement": one.agreement.word(),
                    "source": one.found.as_ref().map(|(at, words)| json!({"name": source(*at), "words": words})),
                    "source_value": one.source_value,
                    "factor": one.factor(),
                    "in_case": near,
                })
            })
            .collect();
        let names: Vec<Value> = self
            .checked
            .names
            .iter()
            .map(|one| {
                json!({
                    "name": &text[one.span.clone()],
                    "start": one.span.start,
                    "judgement": one.judgement.word(),
                    "source": one.found.as_ref().map(|(at, words)| json!({"name": source(*at), "words": words})),
                })
            })
            .collect();
        json!({
            "text": self.name,
            "language": self.checked.language.code(),
            "follows": self.checked.copy.as_ref().map(|copy| json!({
                "source": source(copy.source),
                "sentences": copy.counterpart.len(),
                "followed": copy.followed,
                "same": copy.same,
            })),
            "quotations": quotations,
            "figures": figures,
            "names": names,
        })
    }
}
