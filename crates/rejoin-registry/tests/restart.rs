//! PostgreSQL, ended as by a loss of power while several programs write: what was acknowledged is there once, nothing is
//! there by half, and every program goes on by itself.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use rejoin_registry::{Case, Extent, ImportRequest, Issued, Settings};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use support::{Cluster, desk, import, lists, settings, stamp};

fn quiet(_: &str, _: u64, _: u64) {}

/// What a program was told of each of its commands: done, or not known.
type Told = Vec<(String, bool)>;

/// Writes one event after the other, through one open case, whatever happens to the server.
fn append(path: &Path, settings: &Settings, writer: u64, done: &AtomicU64, stop: &AtomicBool) -> Told {
    let case = Case::open_with(path, settings).unwrap();
    let mut told = Told::new();
    while !stop.load(Ordering::Relaxed) {
        let file = format!("{writer}-{}", told.len());
        let issued = Issued {
            file: file.clone(),
            template: "monthly".into(),
            recipient: None,
            audience: "public".into(),
        };
        let answer = case.report_issued(&issued, &stamp(1));
        match &answer {
            Ok(()) => {
                done.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => {
                assert!(!error.to_string().is_empty() && !error.hint().is_empty());
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        told.push((file, answer.is_ok()));
    }
    told
}

/// Imports one list after the other.
fn imports(path: &Path, settings: &Settings, stop: &AtomicBool) -> Told {
    let case = Case::open_with(path, settings).unwrap();
    let mut told = Told::new();
    while !stop.load(Ordering::Relaxed) {
        let list = format!("sector-{}", told.len());
        let text = lists(6, told.len() as u64).border;
        let mut mapping = rejoin_ingest::presets::named("border-apprehensions").unwrap();
        mapping.list = list.clone();
        let request = ImportRequest {
            name: "sector.csv",
            bytes: text.as_bytes(),
            mapping: Some(mapping),
            extent: Extent::Presumed,
        };
        let answer = case.import(&request, &stamp(1), &quiet);
        if answer.is_err() {
            std::thread::sleep(Duration::from_millis(20));
        }
        told.push((list, answer.is_ok()));
    }
    told
}

#[test]
fn what_was_acknowledged_outlives_the_server() {
    let Some(cluster) = Cluster::start("restart") else { return };
    let settings = settings(Some(&cluster.url));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("case");
    let mut case = Case::init_with(&path, &settings, &stamp(0)).unwrap();
    import(&mut case, "shelter-portal", "shelter.csv", &lists(6, 99).shelter, 1).unwrap();
    let (done, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let (path, settings, done, stop) = (&path, &settings, &done, &stop);
    let (told, imported) = std::thread::scope(|scope| {
        let writers: Vec<_> =
            (0..3).map(|writer| scope.spawn(move || append(path, settings, writer, done, stop))).collect();
        let importer = scope.spawn(move || imports(path, settings, stop));
        for _ in 0..3 {
            std::thread::sleep(Duration::from_millis(700));
            let before = done.load(Ordering::Relaxed);
            cluster.restart();
            // Each program reconnects: commands are acknowledged again.
            for _ in 0..200 {
                std::thread::sleep(Duration::from_millis(25));
                if done.load(Ordering::Relaxed) > before + 3 {
                    break;
                }
            }
            assert!(done.load(Ordering::Relaxed) > before, "nobody reconnected");
        }
        stop.store(true, Ordering::Relaxed);
        let told: Told = writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect();
        (told, importer.join().unwrap())
    });
    assert!(told.iter().any(|(_, known)| !known), "no restart fell into a command");
    // This connection was open all the while, and idle.
    let mut there: BTreeMap<String, u64> = BTreeMap::new();
    for issued in case.reports_issued().unwrap() {
        *there.entry(issued.file).or_default() += 1;
    }
    for (file, known) in &told {
        let count = there.remove(file).unwrap_or(0);
        assert!(count == 1 || (!known && count == 0), "{file}: acknowledged {known}, there {count} times");
    }
    assert!(there.is_empty(), "nobody wrote {there:?}");
    let view = desk(&case).view(None).unwrap();
    let deliveries: Vec<String> =
        desk(&case).deliveries().unwrap().into_iter().map(|delivery| delivery.list).collect();
    for (list, known) in &imported {
        let count = deliveries.iter().filter(|one| *one == list).count();
        assert!(count == 1 || (!known && count == 0), "{list}: acknowledged {known}, there {count} times");
    }
    assert_eq!(view.records.len() - 5, (deliveries.len() - 1) * 12, "half of a list is there");
    case.verify(None, &quiet).unwrap();
    println!("{} commands, {} not acknowledged", told.len(), told.iter().filter(|(_, known)| !known).count());
}
