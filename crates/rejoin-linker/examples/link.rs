//! What `rejoin link FILE` does, without the rest of the command line, and how long each step took.
//!
//! `cargo run --release -p rejoin-linker --example link -- FILE ID LINKS CLUSTERS [SPEC]`

use rejoin_ingest::columns;
use rejoin_linkage::engine;
use rejoin_linker::{Input, auto, output, prepare, spec};
use std::cell::RefCell;
use std::time::Instant;

/// Says how long the step before took, and the processors' time, in milliseconds; and the most memory that was ever
/// held, in MiB.
struct Steps {
    started: Instant,
    last: RefCell<(Instant, u64, String)>,
}

impl Steps {
    fn new() -> Self {
        Self { started: Instant::now(), last: RefCell::new((Instant::now(), worked(), "start".into())) }
    }

    fn say(what: &str, since: Instant, worked: u64) {
        let passed = since.elapsed().as_secs_f64() * 1e3;
        eprintln!("{what:<24} {passed:>8.1} {:>8.1} {:>6}", worked as f64 / 1e6, peak());
    }

    fn begin(&self, next: &str) {
        let mut last = self.last.borrow_mut();
        let now = worked();
        Self::say(&last.2, last.0, now - last.1);
        *last = (Instant::now(), now, next.to_owned());
    }

    fn end(&self) {
        self.begin("");
        Self::say("all", self.started, worked());
    }
}

/// Nanoseconds that the threads have worked, where the system says it.
fn worked() -> u64 {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let said = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("schedstat")).ok());
    said.filter_map(|said| said.split(' ').next().and_then(|worked| worked.parse::<u64>().ok())).sum()
}

/// The most memory held, where the system says it.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kibibytes.unwrap_or(0) / 1024
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, id, out, clusters, rest @ ..] = arguments.as_slice() else {
        return Err("arguments: FILE ID LINKS CLUSTERS [SPEC]".into());
    };
    let steps = Steps::new();
    steps.begin("reading");
    let columns = columns::read(std::fs::read(file)?, Some(id))?;
    let inputs = [Input { name: file.clone(), columns }];
    steps.begin("spec");
    let file = match rest.first() {
        Some(path) => spec::File::parse(&std::fs::read_to_string(path)?)?,
        None => auto::propose(&inputs, id, &[]),
    };
    steps.begin("ids");
    let ids = output::ids(&inputs, id)?;
    steps.begin("understanding");
    let (spec, data) = prepare::resolve(&file, &inputs)?;
    let linked = engine::link(&data, &spec, &|what| steps.begin(what));
    steps.begin("links");
    let links = output::links(&linked);
    steps.begin("writing");
    let write = |path: &str, columns| -> Result<(), String> {
        let file = std::fs::File::create(path).map_err(|error| error.to_string())?;
        columns::write_parquet(columns, file)
    };
    let (pairs, groups) = rayon::join(
        || write(out, output::link_columns(&inputs, &linked, &links, &ids)),
        || write(clusters, output::cluster_columns(&inputs, &linked, &ids)),
    );
    pairs.and(groups)?;
    steps.end();
    for rule in &linked.rules {
        println!("{} {} {} {:.1} {}", rule.name, rule.pairs, rule.compared, rule.matches, rule.left_out);
    }
    println!("{} links, {} compared, {} rounds", links.len(), linked.compared, linked.model.rounds);
    std::mem::forget((data, linked, links));
    Ok(())
}
