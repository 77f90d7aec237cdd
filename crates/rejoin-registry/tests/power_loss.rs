//! Losses of power, on the bytes that a disk would have kept: the write-ahead log torn at every frame and at random places,
//! a checkpoint half written, keys ahead of the data. What was acknowledged is there, and nothing of what was not.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use rejoin_ledger::Checkpoint;
use rejoin_model::Verdict;
use rejoin_registry::{Case, DecisionRequest, Error, Issued};
use std::path::Path;
use support::{Dice, answers, assert_same, desk, import, lists, stamp};

fn quiet(_: &str, _: u64, _: u64) {}

/// Bytes of the log's head, of a frame's head, and of a page.
const HEAD: usize = 32;
const FRAME_HEAD: usize = 24;
const PAGE: usize = 4096;
const FRAME: usize = FRAME_HEAD + PAGE;
/// What a disk writes whole.
const SECTOR: usize = 512;

/// A moment at which a command had been acknowledged.
struct Acknowledged {
    /// Where the log ended.
    end: usize,
    checkpoint: Checkpoint,
    answers: String,
}

/// What was on disk, and what had been acknowledged.
struct Disk {
    database: Vec<u8>,
    log: Vec<u8>,
    /// Names and bytes of the files of keys.
    keys: Vec<(String, Vec<u8>)>,
    moments: Vec<Acknowledged>,
}

/// Where the valid frames of a log end: they carry the salts of its head.
fn end_of(log: &[u8]) -> usize {
    let mut end = HEAD;
    while log.len() >= end + FRAME && log[end + 8..end + 16] == log[16..24] {
        end += FRAME;
    }
    end
}

fn files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(directory).unwrap().map(Result::unwrap);
    entries
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect()
}

impl Disk {
    /// As it is now, under a case that is open.
    fn of(directory: &Path, moments: Vec<Acknowledged>) -> Self {
        let read = |name: &str| std::fs::read(directory.join("case").join(name)).unwrap();
        let keys = files(&directory.join("case.keys"));
        Self { database: read("rejoin.sqlite"), log: read("rejoin.sqlite-wal"), keys, moments }
    }

    /// Opens what is left when the disk holds these bytes instead.
    fn open(&self, database: &[u8], log: &[u8]) -> (tempfile::TempDir, Result<Case, Error>) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        for (part, name, bytes) in self
            .keys
            .iter()
            .map(|(name, bytes)| ("case.keys", name.as_str(), bytes.as_slice()))
            .chain([("case", "rejoin.sqlite", database), ("case", "rejoin.sqlite-wal", log)])
        {
            std::fs::create_dir_all(path.join(part)).unwrap();
            std::fs::write(path.join(part).join(name), bytes).unwrap();
        }
        let case = Case::open(&path.join("case"));
        (directory, case)
    }

    /// The newest moment of which everything is within the first so many bytes of the log.
    fn kept(&self, whole: usize) -> &Acknowledged {
        self.moments.iter().rfind(|moment| moment.end <= whole).unwrap()
    }

    /// Tears the log, and holds what is left against what had been acknowledged. Gives which moment it was.
    fn torn(&self, log: &[u8], what: &str, thorough: bool) -> u64 {
        let same = log.iter().zip(&self.log).take_while(|(one, other)| one == other).count();
        let whole = HEAD + (same.max(HEAD) - HEAD) / FRAME * FRAME;
        self.is_as_at(self.kept(whole), &self.database, log, what, thorough)
    }

    fn is_as_at(
        &self,
        moment: &Acknowledged,
        database: &[u8],
        log: &[u8],
        what: &str,
        thorough: bool,
    ) -> u64 {
        let (directory, case) = self.open(database, log);
        let case = case.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(case.checkpoint().unwrap(), moment.checkpoint, "{what}");
        let verified = case.verify(None, &quiet).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(verified, moment.checkpoint, "{what}");
        if thorough {
            assert_same(&moment.answers, &answers(&case), what);
            // The case goes on from there.
            case.report_issued(&issued("after"), &stamp(9)).unwrap();
            drop(case);
            let case = Case::open(&directory.path().join("case")).unwrap();
            assert_eq!(case.verify(None, &quiet).unwrap().size, moment.checkpoint.size + 1, "{what}");
        }
        moment.checkpoint.size
    }
}

fn issued(file: &str) -> Issued {
    Issued { file: file.into(), template: "monthly".into(), recipient: None, audience: "public".into() }
}

fn acknowledged(case: &Case, directory: &Path) -> Acknowledged {
    let log = std::fs::read(directory.join("case/rejoin.sqlite-wal")).unwrap();
    Acknowledged { end: end_of(&log), checkpoint: case.checkpoint().unwrap(), answers: answers(case) }
}

/// A case at work: an import, a second one, linking, families, a decision, a report.
fn work(case: &mut Case, directory: &Path, seed: u64) -> Vec<Acknowledged> {
    let lists = lists(10, seed);
    let mut moments = vec![acknowledged(case, directory)];
    let mut mark = |case: &Case| moments.push(acknowledged(case, directory));
    import(case, "border-apprehensions", &format!("border-{seed}.csv"), &lists.border, 1).unwrap();
    mark(case);
    case.report_issued(&issued("one"), &stamp(1)).unwrap();
    mark(case);
    import(case, "shelter-portal", "shelter.csv", &lists.shelter, 2).unwrap();
    mark(case);
    case.link(&stamp(3), &quiet).unwrap();
    mark(case);
    case.families(&stamp(3), &quiet).unwrap();
    mark(case);
    let found =
        desk(case).view(None).unwrap().candidates.into_iter().find(|one| one.relation.is_parent()).unwrap();
    let request = DecisionRequest {
        child: found.child,
        other: found.other,
        relation: None,
        verdict: Verdict::Accepted,
        reason: "both said so".into(),
    };
    case.decide(&request, &stamp(4)).unwrap();
    mark(case);
    import(case, "border-apprehensions", "later.csv", &lists.border_later, 5).unwrap();
    mark(case);
    moments
}

/// Tears the log in every way at every frame's end, and at random places.
fn tear(disk: &Disk, seed: u64) -> usize {
    let mut dice = Dice(seed);
    let first = disk.moments[0].end;
    let end = end_of(&disk.log);
    assert_eq!(end, disk.moments.last().unwrap().end);
    let frames = (first..=end).step_by(FRAME);
    let mut points: Vec<usize> = frames.clone().collect();
    points.extend((0..3 * frames.count()).map(|_| first + dice.below((end - first) as u64) as usize));
    let mut seen = std::collections::BTreeSet::new();
    for (count, at) in points.iter().copied().enumerate() {
        let mut log = disk.log.clone();
        let way = match if at == end { 0 } else { dice.below(4) } {
            0 => {
                log.truncate(at);
                "cut off"
            }
            1 => {
                log[at..].fill(0);
                "zeros"
            }
            2 => {
                log[at..].iter_mut().for_each(|byte| *byte = dice.below(256) as u8);
                "garbage"
            }
            _ => {
                // One sector was not written, and everything behind it was.
                let sector = at / SECTOR * SECTOR;
                let sector = sector.max(first)..(sector + SECTOR).max(first).min(log.len());
                log[sector].fill(0xa5);
                "a hole"
            }
        };
        seen.insert(disk.torn(&log, &format!("{way} at {at} of {end}"), count % 23 == 0));
    }
    // Each command's end was hit: the points fall into all of them.
    assert_eq!(seen.len(), disk.moments.len(), "{seen:?}");
    points.len()
}

#[test]
fn a_torn_log_keeps_what_was_acknowledged_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let mut case = Case::init(&path.join("case"), &stamp(0)).unwrap();
    let moments = work(&mut case, path, 1);
    let disk = Disk::of(path, moments);
    let points = tear(&disk, 11);
    assert!(points > 200, "{points}");

    // A checkpoint copies the log into the file. Torn at any sector, the log still has all of it.
    let whole = {
        let file = path.join("case/rejoin.sqlite");
        let other = rusqlite::Connection::open(&file).unwrap();
        other.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).unwrap();
        std::fs::read(file).unwrap()
    };
    assert!(whole.len() > disk.database.len());
    let mut dice = Dice(12);
    let last = disk.moments.last().unwrap();
    for round in 0..40 {
        let mut database = whole.clone();
        for (at, sector) in database.chunks_mut(SECTOR).enumerate() {
            // Of the first sector the head says what the file is; it is written whole, or not at all.
            if dice.below(40) < round && at > 0 {
                let old = disk.database.get(at * SECTOR..(at + 1) * SECTOR);
                match old {
                    Some(old) if dice.below(2) == 0 => sector.copy_from_slice(old),
                    _ => sector.fill(dice.below(256) as u8),
                }
            }
        }
        disk.is_as_at(last, &database, &disk.log, &format!("checkpoint {round}"), round % 8 == 0);
    }

    // The log begins again from its start, over the frames of before: they must not come back.
    let mut later = vec![];
    for round in 0..6 {
        case.report_issued(&issued(&round.to_string()), &stamp(6)).unwrap();
        later.push(acknowledged(&case, path));
    }
    let disk = Disk::of(path, later);
    assert!(end_of(&disk.log) < disk.log.len(), "old frames are behind the new ones");
    let mut dice = Dice(13);
    for at in (disk.moments[0].end..=end_of(&disk.log)).step_by(SECTOR) {
        let mut log = disk.log.clone();
        log[at..(at + SECTOR).min(disk.log.len())].fill(dice.below(256) as u8);
        disk.torn(&log, &format!("second round, {at}"), at % 7 == 0);
    }
}

#[test]
fn keys_are_on_disk_before_what_is_sealed_under_them() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let mut case = Case::init(&path.join("case"), &stamp(0)).unwrap();
    let lists = lists(6, 4);
    let before = Disk::of(path, vec![acknowledged(&case, path)]);
    import(&mut case, "border-apprehensions", "border.csv", &lists.border, 1).unwrap();
    let after = Disk::of(path, vec![acknowledged(&case, path)]);
    // The power went between the two files: the keys of an import that was not kept harm nobody.
    let ahead = Disk { keys: after.keys.clone(), ..before };
    ahead.torn(&ahead.log, "keys ahead of the data", true);
    drop(case);

    // The file of keys itself, torn while it is written: its journal has what was there.
    let keys = path.join("case.keys/keys.sqlite");
    let journal = path.join("case.keys/keys.sqlite-journal");
    let old = std::fs::read(&keys).unwrap();
    let writer = rusqlite::Connection::open(&keys).unwrap();
    writer.pragma_update(None, "journal_mode", "TRUNCATE").unwrap();
    writer.pragma_update(None, "synchronous", "FULL").unwrap();
    writer.execute_batch("BEGIN").unwrap();
    for subject in 0..400 {
        let sql = "INSERT INTO subject_key (subject, wrapped) VALUES (?1, randomblob(72))";
        writer.execute(sql, [format!("r-{subject}")]).unwrap();
    }
    writer.cache_flush().unwrap();
    let (half, undo) = (std::fs::read(&keys).unwrap(), std::fs::read(&journal).unwrap());
    assert!(half != old && undo.len() > SECTOR);
    drop(writer);
    let mut dice = Dice(21);
    for round in 0..20 {
        let mut bytes = half.clone();
        for (at, sector) in bytes.chunks_mut(SECTOR).enumerate() {
            if dice.below(3) == 0 {
                match old.get(at * SECTOR..(at + 1) * SECTOR) {
                    Some(old) => sector.copy_from_slice(old),
                    None => sector.fill(0),
                }
            }
        }
        let mut torn: Vec<(String, Vec<u8>)> =
            after.keys.iter().filter(|(name, _)| !name.starts_with("keys.sqlite")).cloned().collect();
        torn.push(("keys.sqlite".into(), bytes));
        torn.push(("keys.sqlite-journal".into(), undo.clone()));
        let moments = vec![Acknowledged { answers: after.moments[0].answers.clone(), ..after.moments[0] }];
        let disk = Disk { keys: torn, database: after.database.clone(), log: after.log.clone(), moments };
        disk.torn(&disk.log, &format!("keys torn, {round}"), round % 5 == 0);
    }
}

#[test]
fn data_without_the_keys_of_their_change_is_found_out() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let mut case = Case::init(&path.join("case"), &stamp(0)).unwrap();
    let keys = files(&path.join("case.keys"));
    import(&mut case, "border-apprehensions", "border.csv", &lists(6, 4).border, 1).unwrap();
    let disk = Disk { keys, ..Disk::of(path, vec![]) };
    let (_directory, case) = disk.open(&disk.database, &disk.log);
    let found = case.unwrap().verify(None, &quiet);
    assert!(matches!(found, Err(Error::KeyLost(_))), "{found:?}");
}
