//! What `rejoin link FILE` does, without the rest of the command line, and how long each step took.
//!
//! `cargo run --release -p rejoin-linker --example link -- FILE ID LINKS CLUSTERS [SPEC]`

use rejoin_ingest::columns;
use rejoin_linkage::engine;
use rejoin_linker::{Ids, Input, auto, output, prepare, spec};
use std::cell::RefCell;
use std::time::Instant;

#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Says how long the step before took; how long the processors worked, and of that the first thread, while all others
/// waited for it: in milliseconds; and the most memory that was ever held, in MiB.
struct Steps {
    started: Instant,
    last: RefCell<(Instant, [u64; 2], String)>,
}

#[allow(clippy::disallowed_methods, reason = "a bench measures time")]
impl Steps {
    fn new() -> Self {
        Self { started: Instant::now(), last: RefCell::new((Instant::now(), worked(), "start".into())) }
    }

    fn say(what: &str, since: Instant, before: [u64; 2]) {
        let [all, first] = worked().map(|worked| worked as f64 / 1e6);
        let [all, first] = [all - before[0] as f64 / 1e6, first - before[1] as f64 / 1e6];
        let passed = since.elapsed().as_secs_f64() * 1e3;
        eprintln!("{what:<24} {passed:>8.1} {all:>8.1} {first:>8.1} {:>6}", peak());
    }

    fn begin(&self, next: &str) {
        let mut last = self.last.borrow_mut();
        Self::say(&last.2, last.0, last.1);
        *last = (Instant::now(), worked(), next.to_owned());
    }

    fn end(&self) {
        self.begin("");
        Self::say("all", self.started, [0, 0]);
    }
}

/// Nanoseconds that all threads have worked, and the first, where the system says it.
fn worked() -> [u64; 2] {
    let of = |folder: &std::path::Path| {
        let said = std::fs::read_to_string(folder.join("schedstat")).unwrap_or_default();
        said.split(' ').next().and_then(|worked| worked.parse::<u64>().ok()).unwrap_or(0)
    };
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let first = format!("/proc/self/task/{}", std::process::id());
    [threads.map(|thread| of(&thread.path())).sum(), of(first.as_ref())]
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
    let columns = columns::open(std::fs::File::open(file)?, Some(id))?;
    let mut inputs = [Input { name: file.clone(), columns }];
    steps.begin("spec");
    let file = match rest.first() {
        Some(path) => spec::File::parse(&std::fs::read_to_string(path)?)?,
        None => auto::propose(&inputs, id, &[]),
    };
    steps.begin("understanding");
    let (identified, resolved) =
        rayon::join(|| inputs[0].identified(id), || prepare::resolve(&file, &inputs));
    let (spec, data) = identified.and(resolved)?;
    inputs[0].keep(id);
    let ids = Ids::new(&inputs, id)?;
    let linked = engine::link(&data, &spec, &|what| steps.begin(what));
    steps.begin("writing");
    let write = |path: &str, columns| -> Result<(), String> {
        let file = std::fs::File::create(path).map_err(|error| error.to_string())?;
        columns::write_parquet(columns, file)
    };
    let (pairs, groups) = rayon::join(
        || write(out, output::link_columns(&inputs, &linked, &ids)),
        || write(clusters, output::cluster_columns(&inputs, &linked, &ids)),
    );
    pairs.and(groups)?;
    steps.end();
    for rule in &linked.rules {
        println!("{} {} {} {:.1} {}", rule.name, rule.pairs, rule.compared, rule.matches, rule.left_out);
    }
    println!("{} links, {} compared, {} rounds", linked.links.len(), linked.compared, linked.model.rounds);
    std::mem::forget((data, linked));
    Ok(())
}
