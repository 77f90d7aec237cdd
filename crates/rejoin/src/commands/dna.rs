//! `rejoin dna`: likelihood ratios from DNA profiles, as a last resort. Profiles stay in the file they came in: the ledger
//! gets the result and its hypotheses, and a certificate that the file was destroyed.

use super::Context;
use crate::failure::Failure;
use crate::render::{Rows, print, print_json};
use crate::{Format, Output};
use rejoin_linker::kinship::{self, Case as DnaCase, Comparison};
use rejoin_model::PersonId;
use rejoin_registry::{Case, DnaResult};
use serde_json::json;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};

/// Arguments of `rejoin dna`.
#[derive(clap::Args)]
pub struct Dna {
    #[command(subcommand)]
    command: DnaCommand,
}

#[derive(clap::Subcommand)]
enum DnaCommand {
    /// The likelihood ratio of two pedigrees, locus by locus. Nothing is written anywhere.
    Lr {
        /// The case file (JSON; docs/formats/dna-case.md).
        file: PathBuf,
        #[command(flatten)]
        output: Output,
    },
    /// Take the result of a comparison into a case as evidence, and destroy the profiles.
    Record {
        /// The case file.
        file: PathBuf,
        /// The child's id.
        child: String,
        /// The adult's id.
        other: String,
        /// Why other ways were not enough.
        #[arg(long, value_name = "WORDS")]
        reason: String,
        /// Who consented to the comparison, and how; for a child, who speaks for it.
        #[arg(long, value_name = "WORDS")]
        consent: String,
        /// The child's name in the file.
        #[arg(long, value_name = "NAME", default_value = "child")]
        child_profile: String,
        /// The adult's name in the file.
        #[arg(long, value_name = "NAME", default_value = "adult")]
        adult_profile: String,
        /// Keep the file with the profiles; without it, it is overwritten and removed, and that is certified.
        #[arg(long)]
        keep_profiles: bool,
        #[command(flatten)]
        output: Output,
    },
}

fn read(path: &Path) -> Result<(DnaCase, Vec<Comparison>), Failure> {
    let text = |path: &Path| {
        std::fs::read_to_string(path).map_err(|error| {
            Failure::input(format!("{}: {error}", path.display()), "check the path of the file")
        })
    };
    let refuse = |error: kinship::Error| Failure::input(format!("{}: {error}", path.display()), error.hint());
    let case = DnaCase::parse(&text(path)?).map_err(refuse)?;
    let table = text(&path.parent().unwrap_or(Path::new("")).join(&case.frequencies.file))?;
    let found = case.compare(&table).map_err(refuse)?;
    Ok((case, found))
}

/// A ratio as people read it.
fn ratio(value: f64) -> String {
    match value {
        0.0 => "0 (excluded)".into(),
        value if (0.001..1e6).contains(&value) => format!("{value:.4}"),
        value => format!("{value:.4e}"),
    }
}

impl Dna {
    /// Carries it out.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        match &self.command {
            DnaCommand::Lr { file, output } => lr(&read(file)?.1, output),
            DnaCommand::Record {
                file,
                child,
                other,
                reason,
                consent,
                child_profile,
                adult_profile,
                keep_profiles,
                output,
            } => {
                let profiles = [child_profile, adult_profile];
                record(context, file, [child, other], profiles, [reason, consent], *keep_profiles, output)
            }
        }
    }
}

fn lr(found: &[Comparison], output: &Output) -> Result<(), Failure> {
    if output.format == Format::Json {
        // An exclusion is no number in JSON: its log10 is null.
        let finite = |value: f64| value.is_finite().then_some(value);
        return print_json(&json!(
            found
                .iter()
                .map(|comparison| json!({
                    "first": comparison.first,
                    "second": comparison.second,
                    "log10": finite(comparison.ratio.log10),
                    "likelihood_ratio": finite(comparison.ratio.total()),
                    "loci": comparison.ratio.per_marker.iter().map(|marker| json!({
                        "locus": marker.locus, "first": marker.numerator, "second": marker.denominator,
                        "likelihood_ratio": finite(marker.likelihood_ratio),
                    })).collect::<Vec<_>>(),
                }))
                .collect::<Vec<_>>()
        ));
    }
    for comparison in found {
        let mut rows = Rows::new(&["locus", "first", "second", "likelihood ratio"]);
        for marker in &comparison.ratio.per_marker {
            rows.push(vec![
                json!(marker.locus),
                json!(format!("{:.4e}", marker.numerator)),
                json!(format!("{:.4e}", marker.denominator)),
                json!(ratio(marker.likelihood_ratio)),
            ]);
        }
        if output.format == Format::Csv {
            rows.csv()?;
            continue;
        }
        print(&format!("first: {}; second: {}", comparison.first, comparison.second))?;
        print(&rows.table())?;
        print(&format!(
            "likelihood ratio {}, log10 {:.4}",
            ratio(comparison.ratio.total()),
            comparison.ratio.log10
        ))?;
    }
    eprintln!(
        "A likelihood ratio is no probability of kinship: that needs the other evidence too, and people decide."
    );
    Ok(())
}

fn record(
    context: &Context,
    file: &Path,
    ids: [&String; 2],
    [child, adult]: [&String; 2],
    [reason, consent]: [&String; 2],
    keep: bool,
    output: &Output,
) -> Result<(), Failure> {
    let (dna, found) = read(file)?;
    let ([comparison], true) = (&found[..], dna.asks_parentage(child, adult)) else {
        return Err(Failure::usage(
            format!("the file does not ask whether {adult} is the parent of {child}"),
            "evidence is pairwise parent-child (older: the adult), or two pedigrees in only the first of which the adult is the parent; \
             --child-profile and --adult-profile name the two",
        ));
    };
    let log10 = comparison.ratio.log10;
    if log10.is_nan() || log10 == f64::INFINITY {
        return Err(Failure::input(
            "the second hypothesis cannot give these profiles, so there is no ratio",
            "give a mutation model",
        ));
    }
    let loci = dna.typed(child, adult) as u64;
    if loci == 0 {
        return Err(Failure::input(
            "no locus has a result for both",
            "without one there is nothing to compare",
        ));
    }
    if !keep {
        // Before anything is recorded: what cannot be destroyed afterwards must not be promised to be.
        let link = std::fs::symlink_metadata(file).is_ok_and(|metadata| metadata.file_type().is_symlink());
        let writable = std::fs::OpenOptions::new().write(true).open(file);
        if link || writable.is_err() {
            return Err(Failure::input(
                format!(
                    "{}: a link, or not to be written: the profiles could not be destroyed",
                    file.display()
                ),
                "name the file itself, and make it writable; or say --keep-profiles",
            ));
        }
    }
    let case = context.open()?;
    let person = |case: &Case, id: &str| -> Result<PersonId, Failure> {
        let found = context.desk(case)?.person(id)?;
        let missing =
            || Failure::missing(format!("nobody here has the id {id:?}"), "`rejoin list children` shows ids");
        Ok(found.ok_or_else(missing)?.person)
    };
    let result = DnaResult {
        child: person(&case, ids[0])?,
        other: person(&case, ids[1])?,
        first: comparison.first.clone(),
        second: comparison.second.clone(),
        log10: (log10 != f64::NEG_INFINITY).then_some(log10),
        loci,
        population: dna.frequencies.population.clone(),
        theta: dna.theta,
        reason: reason.clone(),
        consent: consent.clone(),
    };
    let sequence = case.dna_compared(&result, &context.stamp())?;
    let certificate = match keep {
        true => None,
        false => {
            let bytes = destroy(file).map_err(|error| {
                Failure::input(
                    format!(
                        "recorded as event {sequence}, but {} was not destroyed: {error}",
                        file.display()
                    ),
                    "destroy the file by hand, and do not record it again",
                )
            })?;
            Some(case.dna_destroyed(sequence, dna.people() as u64, bytes, &context.stamp())?)
        }
    };
    if output.format == Format::Json {
        return print_json(&json!({"comparison": sequence, "certificate": certificate}));
    }
    print(&format!("recorded as event {sequence}; `rejoin families` weighs it"))?;
    match certificate {
        Some(event) => {
            print(&format!("the profiles were overwritten and removed; certified by event {event}"))
        }
        None => print("the profiles were kept: destroy them when they have served"),
    }
}

/// Overwrites a file and removes it; gives its size. A copy that somebody made elsewhere is beyond a program's reach, and
/// so is what a journalling disk keeps: that is why the certificate says what was done, and not more.
fn destroy(path: &Path) -> std::io::Result<u64> {
    let mut file = std::fs::OpenOptions::new().write(true).open(path)?;
    let size = file.metadata()?.len();
    file.rewind()?;
    file.write_all(&vec![0; usize::try_from(size).unwrap_or(0)])?;
    file.sync_all()?;
    drop(file);
    std::fs::remove_file(path)?;
    Ok(size)
}
