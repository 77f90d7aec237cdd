"""The linkage bench: Rejoin and Splink in turn on the same files, whole processes; prints a table in Markdown.

Arguments: the rejoin binary, the kernel example, a folder to work in, the folder of published sets (may be missing),
thousands of rows of the synthetic world (0: none)."""
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import rapidfuzz
import splink
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import cdist

import prepare

binary, kernel, work, sets, thousands = sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]), int(sys.argv[5])
here = Path(__file__).parent
work.mkdir(parents=True, exist_ok=True)

SAME = """
comparison = [{ columns = ["given", "surname"] }, { columns = ["surname", "given"] }, { columns = ["birth"] },
  { columns = ["town"] }, { columns = ["number"] }, { columns = ["sex"] }, { columns = ["country"] }]
block = [{ on = ["given", "surname"] }, { on = ["birth", "surname"] }, { on = ["birth", "given"] },
  { on = ["surname", "town"] }, { on = ["number"] }]
[columns]
given = { kind = "given", from = ["first_name"] }
surname = { kind = "surname", from = ["last_name"] }
birth = { kind = "date", from = ["birth_date"] }
number = { kind = "code", from = ["alien_number"] }
town = { kind = "text", from = ["city"] }
sex = { kind = "category", from = ["sex"] }
country = { kind = "category", from = ["country"] }
"""


# A process counts the memory of the one that started it as its own peak, so a small one starts it.
MEASURE = """
import os, subprocess, sys, time
started = time.perf_counter()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
print(status, time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
"""


def run(command):
    """Wall seconds, CPU seconds and peak MiB of a process."""
    command = [sys.executable, "-S", "-c", MEASURE, *map(str, command)]
    done = subprocess.run(command, capture_output=True, text=True)
    status, *figures = map(float, done.stdout.split())
    if status != 0:
        sys.exit(f"{command[4:]} failed:\n{done.stderr[-2000:]}")
    return figures


def quality(links, truth):
    import json

    out = subprocess.run(
        [binary, "link", "evaluate", "--links", links, "--truth", truth, "--format", "json"], check=True, capture_output=True
    ).stdout
    found = json.loads(out)
    at = next(row for row in found["thresholds"] if row["threshold"] == 0.95)
    return found["best_f1"], at["f1"], at["precision"], at["recall"], found["calibration_error"]


def line(name, engine, figures, judged):
    seconds, cpu, peak = figures
    best, f1, precision, recall, error = judged
    print(
        f"| {name} | {engine} | {seconds:.2f} | {cpu:.2f} | {peak:.0f} | {best:.4f} | {f1:.4f} | {precision:.4f} | {recall:.4f} | {error:.4f} |",
        flush=True,
    )


print(f"Splink {splink.__version__}, DuckDB {duckdb.__version__}, rapidfuzz {rapidfuzz.__version__}, "
      f"Rejoin {subprocess.run([binary, '--version'], capture_output=True, text=True).stdout.strip()}, "
      f"2 threads\n")
print("| set | engine | wall s | CPU s | peak MiB | best F1 | F1 at 0.95 | precision | recall | calibration error |")
print("|---|---|---|---|---|---|---|---|---|---|", flush=True)

if thousands:
    world, rows = work / "world", work / "synth"
    children = thousands * 104
    subprocess.run([binary, "synth", "--seed", "11", "--children", str(children), "--adults", str(children * 333 // 100),
                    "--out", world], check=True, stdout=subprocess.DEVNULL)
    count = prepare.world(world, rows)
    name, source, truth = f"synth {count:,} rows", rows.with_suffix(".parquet"), rows.with_suffix(".truth.parquet")
    (work / "same.toml").write_text(SAME)
    theirs = run([sys.executable, here / "splink_run.py", source, work / "s.parquet", "unique_id"])
    same = run([binary, "link", source, "--id", "unique_id", "--spec", work / "same.toml", "--out", work / "r.parquet",
                "--clusters", work / "c.parquet"])
    judged = quality(work / "r.parquet", truth)
    wide = run([binary, "link", source, "--id", "unique_id", "--out", work / "w.parquet", "--clusters", work / "c.parquet"])
    line(name, "Splink", theirs, quality(work / "s.parquet", truth))
    line(name, "Rejoin, the same blocking rules", same, judged)
    line(name, "Rejoin, automatic", wide, quality(work / "w.parquet", truth))
    print(f"\nratio of wall time, Splink to Rejoin: {theirs[0] / same[0]:.1f} with the same rules, "
          f"{theirs[0] / wide[0]:.1f} automatic; of peak memory: {theirs[2] / same[2]:.1f}, {theirs[2] / wide[2]:.1f}\n")

def published(path):
    """A published set as text, without spaces around it."""
    if path.suffix == ".parquet":
        table = pq.read_table(path)
    else:
        table = pyarrow.csv.read_csv(path, convert_options=pyarrow.csv.ConvertOptions(strings_can_be_null=True))
    table = table.rename_columns([name.strip() for name in table.column_names])
    text = [pa.array([None if v is None else str(v).strip() or None for v in table[c].to_pylist()]) for c in table.column_names]
    return pa.table(dict(zip(table.column_names, text)))


def beside(name, tables, identity, entities, hidden, splink, more=()):
    """Both engines on one or two tables, whose columns of the truth are hidden from them."""
    ids = [value for table in tables for value in table[identity].to_pylist()]
    pq.write_table(pa.table({"id": ids, "entity": entities}), work / "truth.parquet")
    files = [work / f"set{at}.parquet" for at in range(len(tables))]
    for table, file in zip(tables, files):
        pq.write_table(table.drop_columns([column for column in hidden if column in table.column_names]), file)
    if splink:
        theirs = run([sys.executable, here / "splink_run.py", files[0], work / "s.parquet", identity, *files[1:]])
        line(name, "Splink", theirs, quality(work / "s.parquet", work / "truth.parquet"))
    ours = run([binary, "link", *files, "--id", identity, "--out", work / "r.parquet",
                "--clusters", work / "c.parquet", *more])
    line(name, "Rejoin, automatic", ours, quality(work / "r.parquet", work / "truth.parquet"))


if sets.is_dir():
    for number, files in [(1, "1"), (2, "2"), (3, "3"), (4, ("4a", "4b"))]:
        tables = [published(sets / f"dataset{file}.csv") for file in files]
        entities = [value.split("-")[1] for table in tables for value in table["rec_id"].to_pylist()]
        one_to_one = ["--one-to-one"] if len(tables) > 1 else []
        beside(f"FEBRL {number}", tables, "rec_id", entities, [], True, one_to_one)
    for name, file in [("fake_1000", "fake_1000.csv"), ("historical 50k", "historical_figures_with_errors_50k.parquet")]:
        table = published(sets / file)
        beside(name, [table], "unique_id", table["cluster"].to_pylist(), ["cluster"], True)
    family = sets.parent / "family"
    if family.is_dir():
        # Lists without dates of birth, in which members of a household share surname and address.
        tables = [published(family / "census_2020_seed0.csv.gz"), published(family / "tax1040_2020.csv.gz")]
        entities = [value for table in tables for value in table["simulant_id"].to_pylist()]
        tables = [table.append_column("row", pa.array([f"{kind}{at}" for at in range(len(table))]))
                  for kind, table in zip("ct", tables)]
        hidden = ["simulant_id", "household_id", "date_of_birth", "age", "year"]
        beside("census and tax forms", tables, "row", entities, hidden, False)
    words = sorted({w.lower() for w in pq.read_table(sets / "historical_figures_with_errors_50k.parquet")["surname"].to_pylist()
                    if w and w.isascii() and w.isalpha() and len(w) <= 16})[:6000]
    (work / "words").write_text("\n".join(words))
    best = 0
    for _ in range(3):
        started = time.perf_counter()
        found = cdist(words, words, scorer=JaroWinkler.similarity, workers=1, dtype="float32")
        best = max(best, len(words) ** 2 / (time.perf_counter() - started) / 1e6)
    from rapidfuzz.distance import Levenshtein
    fastest = 0
    for _ in range(3):
        started = time.perf_counter()
        distances = cdist(words, words, scorer=Levenshtein.distance, workers=1, dtype="uint8")
        fastest = max(fastest, len(words) ** 2 / (time.perf_counter() - started) / 1e6)
    ours = subprocess.run([kernel, work / "words"], check=True, capture_output=True, text=True).stdout.split()
    print(f"\nJaro–Winkler, one thread, {len(words)} surnames against each other, million pairs a second: rapidfuzz {best:.1f}, "
          f"Rejoin {ours[0]}, one by one {ours[4]}, with a threshold of 0.92 {ours[1]}; mean similarity {found.mean():.6f} and {ours[2]}")
    print(f"Levenshtein: rapidfuzz {fastest:.1f}, Rejoin {ours[3]}; mean distance {distances.mean():.6f} and {ours[5]}")
