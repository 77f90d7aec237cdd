//! `rejoin evidence`: sources, statements, claims, responses; what contradicts what, and in which order it happened.

use super::check::{one_line, shelf_of};
use super::{Context, date};
use crate::failure::Failure;
use crate::render::{Rows, decimal, print};
use crate::{Lang, Output};
use clap::{Subcommand, ValueEnum};
use rejoin_inquiry::text::check::check_quotation;
use rejoin_inquiry::text::{Language, Shelf};
use rejoin_inquiry::{Parameters, Scene, ask, named};
use rejoin_registry::{Claim, Evidence};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Arguments of `evidence`.
#[derive(clap::Args)]
pub struct EvidenceArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Take in a file of evidence (TOML) with the sources that it names.
    Add {
        /// The file; its sources are found from its directory.
        file: PathBuf,
    },
    /// List entries, newest version of each.
    List {
        /// Which.
        kind: Kind,
        #[command(flatten)]
        output: Output,
    },
    /// Everything dated, in order: policies, directives, decisions, statements, publications, responses.
    Timeline {
        #[command(flatten)]
        output: Output,
    },
    /// What disagrees, side by side: statements, published figures, and published figures with ours.
    Contradictions {
        #[command(flatten)]
        output: Output,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// Documents.
    Sources,
    /// What somebody said.
    Statements,
    /// Published sentences and figures.
    Claims,
    /// Answers of the parties concerned.
    Responses,
}

impl EvidenceArgs {
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        match &self.what {
            What::Add { file } => add(context, file),
            What::List { kind, output } => list(&context.open()?.evidence()?, *kind).print(output.format),
            What::Timeline { output } => {
                let case = context.open()?;
                let view = context.desk(&case)?.view(None)?;
                let people = view.people();
                let scene = view.scene(&people, None);
                let mut rows = Rows::new(&["on", "kind", "who", "what", "according to", "source"]);
                for line in timeline(&scene, &case.evidence()?, context.lang) {
                    rows.push(line.into_iter().map(|cell| json!(cell)).collect());
                }
                rows.print(output.format)
            }
            What::Contradictions { output } => {
                let case = context.open()?;
                let view = context.desk(&case)?.view(None)?;
                let people = view.people();
                let scene = view.scene(&people, None);
                let mut rows = Rows::new(&["one", "says", "other", "says otherwise", "explanation"]);
                for side in contradictions(&scene, &case.evidence()?, context.lang)? {
                    rows.push(side.into_iter().map(|cell| json!(cell)).collect());
                }
                rows.print(output.format)
            }
        }
    }
}

/// Bytes of a source at most.
const LARGEST_SOURCE: u64 = 200 << 20;

fn add(context: &Context, file: &std::path::Path) -> Result<(), Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::input(format!("{}: {error}", file.display()), "check the path"))?;
    let evidence = Evidence::parse(&text).map_err(|error| {
        Failure::input(format!("{}: {error}", file.display()), "docs/formats/evidence.md has an example")
    })?;
    for when in evidence
        .sources
        .iter()
        .filter_map(|source| source.published.as_deref())
        .chain(evidence.statements.iter().filter_map(|statement| statement.on.as_deref()))
        .chain(evidence.responses.iter().filter_map(|response| response.on.as_deref()))
    {
        date(Some(when))?;
    }
    for claim in &evidence.claims {
        let parameters = parameters_of(claim)?;
        let Some(name) = &claim.measure else { continue };
        let measure = named(name).ok_or_else(|| {
            Failure::missing(
                format!("the claim {}: there is no measure {name:?}", claim.id),
                "see `rejoin list measures`",
            )
        })?;
        let lacks = measure.needs.iter().find(|need| !(**need == "on" && parameters.on.is_some()));
        if let Some(need) = lacks {
            return Err(Failure::usage(
                format!("the claim {}: the measure {name} needs {need}, which a claim cannot give", claim.id),
                "name a measure that takes on, from or to",
            ));
        }
    }
    let directory = file.parent().unwrap_or_else(|| std::path::Path::new("."));
    let mut documents = BTreeMap::new();
    for source in &evidence.sources {
        // Evidence files are handed from one to another: they name what lies beside them, and nothing else.
        let within = std::path::Path::new(&source.file)
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_) | std::path::Component::CurDir));
        let path = directory.join(&source.file);
        let plain = std::fs::symlink_metadata(&path)
            .is_ok_and(|about| about.is_file() && about.len() <= LARGEST_SOURCE);
        if !within || (path.exists() && !plain) {
            return Err(Failure::input(
                format!(
                    "the source {}: {:?} is no file beside the evidence file, or larger than 200 MB",
                    source.id, source.file
                ),
                "put the file beside it; links and paths that lead elsewhere are not followed",
            ));
        }
        let bytes = std::fs::read(&path).map_err(|error| {
            Failure::input(
                format!("the source {}: {}: {error}", source.id, path.display()),
                "paths are from the file's own directory",
            )
        })?;
        documents.insert(source.id.clone(), bytes);
    }
    let case = context.open()?;
    let statements = evidence.statements.clone();
    let report = case.record_evidence(evidence, &documents, &context.stamp())?;
    eprintln!("{} added, {} changed, {} as they were", report.added, report.changed, report.unchanged);
    // Words that are given as a quotation are looked for in the source at once.
    let all = case.evidence()?;
    let mut rows = Rows::new(&["statement", "judgement", "words", "source says"]);
    for statement in statements.iter().filter(|statement| !statement.paraphrase) {
        let one = Evidence {
            sources: all.source(&statement.source).cloned().into_iter().collect(),
            ..Evidence::default()
        };
        let mut shelf = Shelf::default();
        shelf_of(&case, &one, &mut shelf)?;
        let verdict = check_quotation(&statement.words, Language::of(&statement.words), &shelf);
        let title = verdict.judgement.title();
        rows.push(vec![
            json!(statement.id),
            json!(context.lang.of(title.0, title.1)),
            json!(one_line(&statement.words)),
            json!(verdict.found.map(|found| one_line(&found.words))),
        ]);
    }
    if rows.rows.is_empty() { Ok(()) } else { print(&rows.table()) }
}

fn list(evidence: &Evidence, kind: Kind) -> Rows {
    match kind {
        Kind::Sources => {
            let mut rows =
                Rows::new(&["source", "title", "by", "published", "status", "may see", "file", "hash"]);
            for source in &evidence.sources {
                rows.push(vec![
                    json!(source.id),
                    json!(source.title),
                    json!(source.by),
                    json!(source.published),
                    json!(source.status),
                    json!(source.may_see.join(", ")),
                    json!(source.file),
                    json!(source.hash),
                ]);
            }
            rows
        }
        Kind::Statements => {
            let mut rows =
                Rows::new(&["statement", "on", "speaker", "words", "channel", "according to", "source"]);
            for one in &evidence.statements {
                rows.push(vec![
                    json!(one.id),
                    json!(one.on),
                    json!(one.speaker),
                    json!(one.words),
                    json!(one.channel),
                    json!(one.according_to.join(" < ")),
                    json!(one.source),
                ]);
            }
            rows
        }
        Kind::Claims => {
            let mut rows = Rows::new(&["claim", "source", "words", "about", "figure", "measure"]);
            for one in &evidence.claims {
                rows.push(vec![
                    json!(one.id),
                    json!(one.source),
                    json!(one.words),
                    json!(one.about),
                    json!(one.figure),
                    json!(one.measure),
                ]);
            }
            rows
        }
        Kind::Responses => {
            let mut rows = Rows::new(&["response", "party", "to", "words", "on", "source"]);
            for one in &evidence.responses {
                rows.push(vec![
                    json!(one.id),
                    json!(one.party),
                    json!(one.to),
                    json!(one.words),
                    json!(one.on),
                    json!(one.source),
                ]);
            }
            rows
        }
    }
}

/// Everything dated: when, kind, who, what, according to whom, source.
pub fn timeline(scene: &Scene<'_>, evidence: &Evidence, lang: Lang) -> Vec<[String; 6]> {
    let mut lines: Vec<[String; 6]> = Vec::new();
    for policy in &scene.policies.policies {
        let title = lang.of(&policy.title.0, &policy.title.1).to_owned();
        let begins = lang.of("policy begins", "empieza la política").to_owned();
        let sources = policy.sources.join("; ");
        lines.push([
            policy.from.to_string(),
            begins,
            String::new(),
            title.clone(),
            String::new(),
            sources.clone(),
        ]);
        if let Some(to) = policy.to {
            let ends = lang.of("policy ends", "termina la política").to_owned();
            lines.push([to.to_string(), ends, String::new(), title, String::new(), sources]);
        }
    }
    for act in &scene.policies.acts {
        let kind = match act.kind {
            rejoin_model::ActKind::Directive => lang.of("directive", "directiva"),
            rejoin_model::ActKind::Decision => lang.of("decision", "decisión"),
        };
        let who = match &act.to {
            Some(to) => format!("{} -> {to}", act.by),
            None => act.by.clone(),
        };
        let words = lang.of(&act.words.0, &act.words.1).to_owned();
        let doubt = act.doubt.clone().unwrap_or_default();
        lines.push([act.on.to_string(), kind.into(), who, words, doubt, act.sources.join("; ")]);
    }
    for one in &evidence.statements {
        lines.push([
            one.on.clone().unwrap_or_default(),
            lang.of("statement", "declaración").into(),
            one.speaker.clone(),
            one_line(&one.words),
            one.according_to.join(" < "),
            one.source.clone(),
        ]);
    }
    for source in &evidence.sources {
        let published = source.published.clone().unwrap_or_default();
        let kind = lang.of("document", "documento").to_owned();
        lines.push([
            published,
            kind,
            source.by.clone(),
            source.title.clone(),
            source.status.clone(),
            source.id.clone(),
        ]);
    }
    for one in &evidence.responses {
        lines.push([
            one.on.clone().unwrap_or_default(),
            lang.of("response", "respuesta").into(),
            one.party.clone(),
            one_line(&one.words),
            format!("-> {}", one.to),
            one.source.clone().unwrap_or_default(),
        ]);
    }
    lines.sort_by(|left, right| (left[0].is_empty(), &left[0]).cmp(&(right[0].is_empty(), &right[0])));
    lines
}

/// A claim's measure, asked as the claim says.
pub fn parameters_of(claim: &Claim) -> Result<Parameters, Failure> {
    Ok(Parameters {
        on: date(claim.on.as_deref())?,
        from: date(claim.from.as_deref())?,
        to: date(claim.to.as_deref())?,
        ..Parameters::default()
    })
}

/// What disagrees: one, what it says, the other, what that says, and what may explain it.
pub fn contradictions(
    scene: &Scene<'_>,
    evidence: &Evidence,
    lang: Lang,
) -> Result<Vec<[String; 5]>, Failure> {
    let mut out = Vec::new();
    for one in &evidence.statements {
        for other in
            one.contradicts.iter().filter_map(|id| evidence.statements.iter().find(|other| other.id == *id))
        {
            out.push([
                format!("{} ({})", one.speaker, one.id),
                one_line(&one.words),
                format!("{} ({})", other.speaker, other.id),
                one_line(&other.words),
                String::new(),
            ]);
        }
    }
    for (at, one) in evidence.claims.iter().enumerate() {
        let Some(figure) = one.figure else { continue };
        for other in evidence.claims.iter().skip(at + 1) {
            let (Some(theirs), true) = (other.figure, one.about.is_some() && one.about == other.about) else {
                continue;
            };
            if figure != theirs {
                let by = format!("{} {}", lang.of("difference", "diferencia"), decimal(theirs - figure));
                out.push([
                    one.source.clone(),
                    one_line(&one.words),
                    other.source.clone(),
                    one_line(&other.words),
                    by,
                ]);
            }
        }
        let Some(measure) = one.measure.as_deref().and_then(named) else { continue };
        let answer = match ask(measure, scene, &parameters_of(one)?) {
            Ok(answer) => answer,
            Err(refused) => {
                let case = lang.of("the case", "el caso").to_owned();
                out.push([
                    one.source.clone(),
                    one_line(&one.words),
                    case,
                    refused.to_string(),
                    String::new(),
                ]);
                continue;
            }
        };
        if answer.value != figure {
            let asked: Vec<String> =
                answer.parameters.iter().map(|(name, value)| format!("{name} {value}")).collect();
            out.push([
                one.source.clone(),
                one_line(&one.words),
                lang.of("the case", "el caso").into(),
                format!("{} ({}) = {}", answer.measure, asked.join(", "), decimal(answer.value)),
                format!("{} {}", lang.of("difference", "diferencia"), decimal(answer.value - figure)),
            ]);
        }
    }
    Ok(out)
}
