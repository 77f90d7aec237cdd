//! One story, told on SQLite and on PostgreSQL: the same commands give the same answers, ids and hashes; nobody sees half
//! of a change; and nothing personal lies in either database in the clear.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use rejoin_casework::Fact;
use rejoin_model::Verdict;
use rejoin_registry::{
    Case, DecisionRequest, DnaResult, Error, Evidence, Extent, Given, ImportRequest, Proposing, Settings,
};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;
use support::{PERSONAL, answers, assert_same, database_url, desk, import, lists, pages, settings, stamp};

/// A finished case: where it is, and what it answered after each step.
struct Told {
    directory: tempfile::TempDir,
    settings: Settings,
    steps: Vec<(&'static str, String)>,
}

impl Told {
    fn open(&self) -> Case {
        Case::open_with(&self.directory.path().join("case"), &self.settings).unwrap()
    }
}

fn quiet(_: &str, _: u64, _: u64) {}

const EVIDENCE: &str = r#"
[[source]]
id = "memo"
file = "memo.txt"
title = "A memorandum"
by = "an office"
status = "leaked"

[[statement]]
id = "said"
speaker = "an officer"
words = "Take them apart, and QUETZALTZIN first."
source = "memo"
"#;

fn tell(settings: Settings) -> Told {
    let lists = lists(36, 7);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("case");
    let mut steps = Vec::new();
    let mut case = Case::init_with(&path, &settings, &stamp(0)).unwrap();
    let mut step = |case: &Case, what: &'static str| {
        let checkpoint = case.verify(None, &quiet).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(checkpoint, case.checkpoint().unwrap());
        steps.push((what, answers(case)));
    };
    step(&case, "made");

    assert_eq!(import(&mut case, "border-apprehensions", "border.csv", &lists.border, 1).unwrap().added, 72);
    let shelter = import(&mut case, "shelter-portal", "shelter.csv", &lists.shelter, 1).unwrap();
    assert_eq!(shelter.added, 27);
    step(&case, "two lists");
    assert!(import(&mut case, "shelter-portal", "shelter.csv", &lists.shelter, 2).unwrap().seen_before);

    case.link(&stamp(2), &quiet).unwrap();
    let report = case.families(&stamp(2), &quiet).unwrap();
    assert!(report.scored > 0);
    step(&case, "linked and proposed");

    let later = import(&mut case, "border-apprehensions", "later.csv", &lists.border_later, 3).unwrap();
    assert_eq!((later.added, later.gone), (1, 5));
    assert!(later.changed >= 3, "{later:?}");
    assert!(later.findings["family-link-vanished"] > 0);
    step(&case, "a second delivery");
    case.link(&stamp(4), &quiet).unwrap();
    case.families(&stamp(4), &quiet).unwrap();
    step(&case, "linked again");

    let parents: Vec<_> = desk(&case)
        .view(None)
        .unwrap()
        .candidates
        .into_iter()
        .filter(|one| one.relation.is_parent())
        .collect();
    let request = |at: usize, verdict, reason: &str| DecisionRequest {
        child: parents[at].child,
        other: parents[at].other,
        relation: None,
        verdict,
        reason: reason.into(),
    };
    let accepted = request(0, Verdict::Accepted, "XIOMARA named her mother OROPEZA");
    let accepted = case.decide(&accepted, &stamp(5)).unwrap();
    case.decide(&request(1, Verdict::Rejected, "she says she is no kin"), &stamp(5)).unwrap();
    assert!(matches!(case.decide(&request(2, Verdict::Accepted, " "), &stamp(5)), Err(Error::Refused(_))));
    step(&case, "decided");
    case.undo(accepted, "it was another XIOMARA", &stamp(6)).unwrap();
    assert!(matches!(case.undo(accepted, "again", &stamp(6)), Err(Error::Refused(_))));
    let dna = DnaResult {
        child: parents[2].child,
        other: parents[2].other,
        first: "parent and child".into(),
        second: "unrelated".into(),
        log10: Some(6.125),
        loci: 21,
        population: "all".into(),
        theta: 0.01,
        reason: "no papers of OROPEZA were found".into(),
        consent: "the mother, in writing".into(),
    };
    let compared = case.dna_compared(&dna, &stamp(6)).unwrap();
    case.dna_destroyed(compared, 2, 4096, &stamp(6)).unwrap();
    case.families(&stamp(6), &quiet).unwrap();
    step(&case, "undone, and DNA compared");

    let evidence = Evidence::parse(EVIDENCE).unwrap();
    let memo = BTreeMap::from([("memo".to_owned(), b"QUETZALTZIN, call 512-555-0199".to_vec())]);
    assert_eq!(case.record_evidence(evidence, &memo, &stamp(7)).unwrap().added, 2);
    step(&case, "evidence");

    // What is new was scored last; a rebuild scores everything.
    case.propose(&Proposing { whole: true, ..Proposing::default() }, &stamp(8), &quiet).unwrap();
    drop(case);
    let case = Case::open_with(&path, &settings).unwrap();
    step(&case, "opened again");
    case.rebuild(&stamp(8), &quiet).unwrap();
    step(&case, "rebuilt");
    let before = &steps[steps.len() - 2].1;
    let after = &steps[steps.len() - 1].1;
    // The runs of a rebuild are events; nothing else differs.
    assert_same(before.split_once('\n').unwrap().1, after.split_once('\n').unwrap().1, "a rebuild");
    steps.push(("pages", pages(&case)));

    // Casework, a hold that keeps, and an erasure that does not.
    let person = desk(&case).view(None).unwrap().person_of.values().min().unwrap().to_string();
    let request = "t-144gj289144gj289".parse().unwrap();
    let received = Fact::TracingReceived {
        inquirer: None,
        inquirer_words: "a mother".into(),
        sought: Vec::new(),
        sought_words: vec!["a girl of six".into()],
        relation: rejoin_model::Relation::Mother,
        priority: rejoin_casework::word::Priority::High,
        organisation: "a society".into(),
        message: None,
    };
    let key = Given { key: Some("request-1".into()), expected: Some(0) };
    let first = desk(&case).trace(request, std::slice::from_ref(&received), &key).unwrap();
    let again = desk(&case).trace(request, &[received], &key).unwrap();
    assert_eq!((first.first, first.last, again.before), (again.first, again.last, true));
    let hold = desk(&case).hold(&person, "an order", None).unwrap();
    assert!(matches!(desk(&case).erase(&person, "asked for", "the law"), Err(Error::Denied(_))));
    desk(&case).lift_hold(&hold, "it ended").unwrap();
    let erased = desk(&case).erase(&person, "asked for", "the law").unwrap();
    assert_eq!(erased.records, erased.keys);
    case.verify(None, &quiet).unwrap();
    assert!(desk(&case).person(&person).unwrap().is_none());
    case.rebuild(&stamp(8), &quiet).unwrap();
    case.verify(None, &quiet).unwrap();
    assert_eq!(desk(&case).tracing(request).unwrap().unwrap().status, "received");
    steps.push(("erased", answers(&case)));
    Told { directory, settings, steps }
}

/// The payloads of runs of linking and matching, with the hashes of what came out: they hold nothing personal.
fn runs(told: &Told) -> Vec<String> {
    let sql = "SELECT kind, payload FROM event WHERE kind IN ('people-linked', 'families-proposed') ORDER BY sequence";
    match &told.settings.database_url {
        None => {
            let file = told.directory.path().join("case/rejoin.sqlite");
            let connection = rusqlite::Connection::open(file).unwrap();
            let mut statement = connection.prepare(sql).unwrap();
            let rows =
                statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?)));
            rows.unwrap().map(Result::unwrap).map(|(kind, payload)| line(&kind, &payload)).collect()
        }
        Some(url) => {
            let schema = schema(told.directory.path());
            let sql = sql.replace("FROM event", &format!("FROM {schema}.event"));
            ask(url, &sql).iter().map(|row| line(row.get(0), row.get(1))).collect()
        }
    }
}

fn line(kind: &str, payload: &[u8]) -> String {
    format!("{kind} {}", String::from_utf8_lossy(payload))
}

/// The schema of a case that PostgreSQL keeps.
fn schema(directory: &Path) -> String {
    let text = std::fs::read_to_string(directory.join("case/case.toml")).unwrap();
    text.split('"').nth(1).unwrap().to_owned()
}

fn ask(url: &str, sql: &str) -> Vec<tokio_postgres::Row> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client.query(sql, &[]).await.unwrap()
    })
}

#[test]
fn the_same_story_gives_the_same_answers_on_both_databases() {
    let sqlite = tell(settings(None));
    assert_eq!(sqlite.open().kept_by(), "SQLite");
    assert!(sqlite.steps.iter().all(|(_, answers)| answers.len() > 100));
    let words = &sqlite.steps.last().unwrap().1;
    for word in ["XIOMARA", "QUETZALTZIN", "OROPEZA"] {
        assert!(words.contains(word), "whoever has the keys reads {word}");
    }
    let Some(url) = database_url("story") else { return };
    let postgres = tell(settings(Some(&url)));
    assert_eq!(postgres.open().kept_by(), "PostgreSQL");
    assert_eq!(sqlite.steps.len(), postgres.steps.len());
    for ((what, one), (_, other)) in sqlite.steps.iter().zip(&postgres.steps) {
        assert_same(one, other, what);
    }
    let (one, other) = (runs(&sqlite), runs(&postgres));
    assert!(one.len() >= 7);
    assert_eq!(one, other, "the hashes of what was derived");
    assert!(nothing_personal_in_columns(&url, &schema(postgres.directory.path())) > 1000);
    nothing_personal_in_files(sqlite.directory.path());
}

/// Looks for what is personal in every column of every table, and gives how many values it read.
fn nothing_personal_in_columns(url: &str, schema: &str) -> usize {
    let sql = format!(
        "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns WHERE table_schema = '{schema}'"
    );
    let mut read = 0;
    for column in ask(url, &sql) {
        let (table, name, kind): (String, String, String) = (column.get(0), column.get(1), column.get(2));
        let value = match kind.as_str() {
            "bytea" => format!("encode({name}, 'escape')"),
            _ => format!("{name}::text"),
        };
        for row in ask(url, &format!("SELECT {value} FROM {schema}.{table} WHERE {name} IS NOT NULL")) {
            let text: String = row.get(0);
            read += 1;
            for word in PERSONAL {
                assert!(!text.contains(word), "{word} in {table}.{name}");
            }
        }
    }
    read
}

fn nothing_personal_in_files(directory: &Path) {
    for part in ["case", "case.keys"] {
        for entry in std::fs::read_dir(directory.join(part)).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            for word in PERSONAL {
                let found = bytes.windows(word.len()).any(|part| part == word.as_bytes());
                assert!(!found, "{word} in {}", path.display());
            }
        }
    }
}

/// One imports, slowly; others read meanwhile, and one writes.
fn two_at_once(settings: &Settings) {
    let lists = lists(12, 3);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("case");
    let mut case = Case::init_with(&path, settings, &stamp(0)).unwrap();
    import(&mut case, "shelter-portal", "shelter.csv", &lists.shelter, 1).unwrap();
    let before = answers(&case);
    let (begun, wait) = mpsc::channel();
    let (path, lists) = (&path, &lists);
    std::thread::scope(|scope| {
        let second = scope.spawn(move || {
            let mut case = Case::open_with(path, settings).unwrap();
            wait.recv().unwrap();
            // The first change is under way: this one waits for it, and then finds its rows there.
            let report =
                import(&mut case, "border-apprehensions", "later.csv", &lists.border_later, 3).unwrap();
            assert_eq!(report.added, 1, "it was compared with what the first had kept");
            case.checkpoint().unwrap().size
        });
        let reader = Case::open_with(path, settings).unwrap();
        let request = ImportRequest {
            name: "border.csv",
            bytes: lists.border.as_bytes(),
            mapping: rejoin_ingest::presets::named("border-apprehensions"),
            extent: Extent::Presumed,
        };
        let slowly = |_: &str, _: u64, _: u64| {
            if begun.send(()).is_ok() {
                std::thread::sleep(Duration::from_millis(300));
            }
            assert_same(&before, &answers(&reader), "half of an import was seen");
            reader.verify(None, &quiet).unwrap();
        };
        case.import(&request, &stamp(2), &slowly).unwrap();
        let events = second.join().unwrap();
        let deliveries = desk(&case).deliveries().unwrap();
        let order: Vec<&str> = deliveries.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(order, ["shelter.csv", "border.csv", "later.csv"]);
        assert_eq!(case.verify(None, &quiet).unwrap().size, events);
    });
}

#[test]
fn a_change_waits_for_the_one_under_way_and_nobody_sees_half_of_it() {
    two_at_once(&settings(None));
    if let Some(url) = database_url("two at once") {
        two_at_once(&settings(Some(&url)));
    }
}

/// Reads over and over while lists come in: each reading is of one moment.
fn readings_of_one_moment(settings: &Settings) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("case");
    let case = Case::init_with(&path, settings, &stamp(0)).unwrap();
    let path = &path;
    let (done, is_done) = mpsc::channel();
    std::thread::scope(|scope| {
        let reading = scope.spawn(move || {
            let case = Case::open_with(path, settings).unwrap();
            let mut sizes = Vec::new();
            while is_done.try_recv() == Err(mpsc::TryRecvError::Empty) {
                let view = desk(&case).view(None).unwrap();
                // An event for the case, one for each delivery of 24 rows, one for each row.
                let rows = view.records.len() as u64;
                assert_eq!(view.checkpoint.size, 1 + rows + rows / 24, "rows and ledger of two moments");
                assert_eq!(rows % 24, 0, "half of a delivery was seen");
                assert_eq!(view.units.len() as u64, rows / 24 * 16, "numbers of another moment");
                case.verify(None, &quiet).unwrap();
                sizes.push(view.checkpoint.size);
            }
            sizes
        });
        for part in 0..10 {
            let text = lists(12, part).border;
            let mut mapping = rejoin_ingest::presets::named("border-apprehensions").unwrap();
            mapping.list = format!("sector-{part}");
            let request = ImportRequest {
                name: "sector.csv",
                bytes: text.as_bytes(),
                mapping: Some(mapping),
                extent: Extent::Presumed,
            };
            case.import(&request, &stamp(1), &quiet).unwrap();
        }
        done.send(()).unwrap();
        let sizes = reading.join().unwrap();
        assert!(sizes.is_sorted() && !sizes.is_empty(), "{sizes:?}");
    });
    assert_eq!(desk(&case).view(None).unwrap().records.len(), 240);
}

#[test]
fn a_reading_does_not_see_what_comes_later() {
    readings_of_one_moment(&settings(None));
    if let Some(url) = database_url("readings") {
        readings_of_one_moment(&settings(Some(&url)));
    }
}

/// The guards of the ledger hold against whoever has the database's address.
#[test]
fn postgres_refuses_to_change_the_ledger_and_verify_finds_it_when_made_to() {
    let Some(url) = database_url("tampering") else { return };
    let settings = settings(Some(&url));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("case");
    let mut case = Case::init_with(&path, &settings, &stamp(0)).unwrap();
    import(&mut case, "border-apprehensions", "border.csv", &lists(4, 1).border, 1).unwrap();
    let schema = schema(directory.path());
    let run = |sql: &str| -> Result<(), String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let sql = sql.replace("event", &format!("{schema}.event"));
        runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            let refused = |error: tokio_postgres::Error| error.as_db_error().unwrap().message().to_owned();
            client.batch_execute(&sql).await.map_err(refused)
        })
    };
    for sql in ["UPDATE event SET actor = 'nobody'", "DELETE FROM event", "TRUNCATE event"] {
        assert!(run(sql).unwrap_err().contains("append-only"), "{sql}");
    }
    case.verify(None, &quiet).unwrap();
    run("ALTER TABLE event DISABLE TRIGGER ALL").unwrap();
    assert!(matches!(case.verify(None, &quiet), Err(Error::Unguarded)));
    run("UPDATE event SET actor = 'nobody' WHERE sequence = 4").unwrap();
    let found = case.verify(None, &quiet).unwrap_err().to_string();
    assert!(found.contains("event 4 "), "{found}");
}
