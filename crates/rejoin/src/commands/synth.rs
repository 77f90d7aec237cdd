//! `rejoin synth`: a synthetic world on disk.

use crate::failure::Failure;
use rejoin_synth::{Settings, files, world};
use std::path::{Path, PathBuf};

/// Arguments of `synth`.
#[derive(clap::Args)]
pub struct Synth {
    #[command(flatten)]
    pub world: WorldArgs,
    /// The directory to write to; made if it is not there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// What world to make.
#[derive(clap::Args)]
pub struct WorldArgs {
    /// The seed: the same seed and sizes give the same bytes.
    #[arg(long, default_value_t = Settings::default().seed)]
    pub seed: u64,
    /// Children in shelters.
    #[arg(long, default_value_t = Settings::default().children)]
    pub children: usize,
    /// Adults in the border's list.
    #[arg(long, default_value_t = Settings::default().adults)]
    pub adults: usize,
    /// Tracing requests.
    #[arg(long, default_value_t = Settings::default().tracing)]
    pub tracing: usize,
    /// How dirty the lists are: 0 clean, 1 as real ones, 2 twice that.
    #[arg(long, default_value_t = Settings::default().dirt)]
    pub dirt: f64,
    /// Share of separated families whose family-unit number the border has lost, 0 to 1.
    #[arg(long, default_value_t = Settings::default().units_deleted)]
    pub units_deleted: f64,
    /// Of separated children, the share whose shelter wrote the ground down, 0 to 1.
    #[arg(long, default_value_t = Settings::default().grounds)]
    pub grounds: f64,
    /// Shares of separated children on further lists of lawyers, a hotline and a consulate, as 0.5,0.4,0.3.
    #[arg(long, value_name = "SHARE,...", value_delimiter = ',')]
    pub intakes: Vec<f64>,
}

impl WorldArgs {
    /// The settings, checked.
    pub fn settings(&self) -> Result<Settings, Failure> {
        let share = 0.0..=1.0;
        if self.intakes.len() > 3
            || self.intakes.iter().chain([&self.grounds]).any(|one| !share.contains(one))
        {
            return Err(Failure::usage(
                "--grounds and up to three --intakes lie in 0..1",
                "as in --intakes 0.5,0.4,0.3",
            ));
        }
        if !share.contains(&self.units_deleted) || !(0.0..=2.0).contains(&self.dirt) {
            return Err(Failure::usage(
                "--units-deleted lies in 0..1 and --dirt in 0..2",
                "try the defaults",
            ));
        }
        let settings = Settings::default();
        let parents = (self.children as f64 * settings.separated) as usize;
        if self.adults < parents || self.children == 0 {
            return Err(Failure::usage(
                format!(
                    "{} adults are too few to hold the parents of {} children",
                    self.adults, self.children
                ),
                format!("at least {} adults, and one child", parents.max(1)),
            ));
        }
        Ok(Settings {
            seed: self.seed,
            children: self.children,
            adults: self.adults,
            tracing: self.tracing,
            dirt: self.dirt,
            units_deleted: self.units_deleted,
            grounds: self.grounds,
            intakes: std::array::from_fn(|at| self.intakes.get(at).copied().unwrap_or(0.0)),
            ..settings
        })
    }
}

impl Synth {
    pub fn run(&self) -> Result<(), Failure> {
        let lists = write(&self.world.settings()?, &self.out)?;
        for list in &lists {
            eprintln!("wrote {}", list.display());
        }
        eprintln!("and the truth under {}", self.out.join("truth").display());
        Ok(())
    }
}

/// Makes a world and writes it; gives the paths of the lists.
pub fn write(settings: &Settings, out: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut lists = Vec::new();
    for file in files(&world(settings)) {
        let path = out.join(&file.name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|error| cannot(parent, &error))?;
        }
        std::fs::write(&path, &file.bytes).map_err(|error| cannot(&path, &error))?;
        if !file.name.contains('/') {
            lists.push(path);
        }
    }
    Ok(lists)
}

fn cannot(path: &Path, error: &std::io::Error) -> Failure {
    Failure::input(format!("cannot write {}: {error}", path.display()), "choose another directory with --out")
}
