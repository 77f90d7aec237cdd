"""The families bench: proposed parents against planted truth, over synthetic worlds, with Primero's rule beside ours on the
same lists, what each kind of evidence adds, and the published synthetic population of pseudopeople. Prints Markdown.

Arguments: the rejoin binary, a folder to work in, the folder of the published population (may be missing), what to run:
`worlds`, `large`, `primero`, `ablation`, `population`, or nothing for all."""
import csv
import gzip
import json
import shutil
import subprocess
import sys
import time
import zlib
from collections import Counter, defaultdict
from pathlib import Path

binary, work, population, *wanted = sys.argv[1:]
work, population, here = Path(work), Path(population), Path(__file__).parent
work.mkdir(parents=True, exist_ok=True)
KINDS = ["family-unit-number", "apprehended-together", "neighbouring-numbers", "parent-named-by-child", "child-named-by-adult", "surnames",
         "ages", "stated-relation", "shared-contact", "origin", "stays", "brothers-and-sisters"]


def rejoin(*arguments, case=None):
    command = [binary, *(["-C", str(case)] if case else []), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{command}: {done.stderr}")
    return done.stdout


def world(seed, children, adults, dirt=1.0, deleted=False):
    """Lists and a case with people linked."""
    folder = work / f"world-{seed}-{children}-{dirt}-{'deleted' if deleted else 'kept'}"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        lists, case = folder / "lists", folder / "case"
        rejoin("synth", "--seed", seed, "--children", children, "--adults", adults, "--tracing", children // 8, "--dirt", dirt, "--out", lists)
        if deleted:
            path = lists / "border-apprehensions.csv"
            rows = list(csv.reader(open(path, newline="", encoding="utf-8", errors="replace")))
            head = next(row for row in rows if "Family Unit Group#" in row)
            at = head.index("Family Unit Group#")
            for row in rows[rows.index(head) + 1:]:
                if len(row) > at:
                    row[at] = ""
            with open(path, "w", newline="", encoding="utf-8") as file:
                csv.writer(file, lineterminator="\n").writerows(rows)
        rejoin("init", case)
        rejoin("import", *sorted(lists.glob("*.csv")), case=case)
        rejoin("link", case=case)
        (folder / "done").touch()
    return folder


def judged(folder, *extra):
    return json.loads(rejoin("families", "--dry-run", "--whole", "--truth", folder / "lists", "--format", "json", *extra, case=folder / "case"))


def worlds():
    print("| world | children | adults | recall at precision 0.99: all | separated | precision at 0.95 | recall at 0.95: all | separated | calibration error | matching, ms |")
    print("|---|---|---|---|---|---|---|---|---|---|", flush=True)
    for seed, dirt, deleted in [(1, 1.0, False), (7, 1.0, False), (1, 0.5, False), (1, 2.0, False), (1, 1.0, True), (7, 1.0, True), (1, 2.0, True)]:
        found = judged(world(seed, 12_000, 40_000, dirt, deleted))
        line(f"seed {seed}, dirt {dirt}{', every family-unit number deleted' if deleted else ''}", found)
    found = judged(world(1, 12_000, 40_000, 1.0, True))
    print("\nCalibration, seed 1, every number deleted: probability said, share true, pairs")
    for row in found["truth"]["calibration"]:
        print(f"| {row['said']:.3f} | {row['was']:.3f} | {row['pairs']} |")


def line(name, found):
    truth = found["truth"]
    (all_99, separated_99), (all_95, separated_95) = truth["recall_at_precision_99"], truth["recall_at_95"]
    print(f"| {name} | {found['children']:,} | {found['adults']:,} | {all_99:.4f} | {separated_99:.4f} | {truth['precision_at_95']:.4f} | "
          f"{all_95:.4f} | {separated_95:.4f} | {truth['calibration_error']:.4f} | {found['matching_ms']} |", flush=True)


def large():
    line("ten times the size, seed 1", judged(world(1, 120_000, 400_000)))


def ablation():
    folder = world(1, 12_000, 40_000, 1.0, True)
    print("\nWhat each kind of evidence adds (seed 1, every family-unit number deleted): without it\n")
    print("| without | recall at precision 0.99: all | separated | precision at 0.95 | recall at 0.95, separated | calibration error |")
    print("|---|---|---|---|---|---|")
    for kind in ["", *KINDS[1:]]:
        truth = judged(folder, *(["--without", kind] if kind else []))["truth"]
        print(f"| {kind or '(nothing)'} | {truth['recall_at_precision_99'][0]:.4f} | {truth['recall_at_precision_99'][1]:.4f} | "
              f"{truth['precision_at_95']:.4f} | {truth['recall_at_95'][1]:.4f} | {truth['calibration_error']:.4f} |", flush=True)


def table(path):
    said = path.read_bytes()
    text = said.decode("cp1252") if said.startswith(b"Folio") else said.decode("utf-8", errors="replace")
    delimiter = ";" if text.startswith("Folio") else ","
    rows = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
    head = None
    for row in rows:
        if head is None and sum(bool(cell.strip()) for cell in row) > 5:
            head = row
        elif head and len(row) == len(head) and row != head:
            yield rows.line_num, dict(zip(head, row))


def primero():
    """Primero's rule gets what its forms hold: the shelter's children with the parents they name, and the adults of the border's
    list with the children that tracing requests seek. Both are asked the same: which adult is a separated child's parent?"""
    folder = world(3, 1_200, 4_000, 1.0, True)
    lists = folder / "lists"
    person = {(row["list"], int(row["row"])): row["person"] for row in csv.DictReader(open(lists / "truth/records.csv"))}
    parents = defaultdict(set)
    for row in csv.DictReader(open(lists / "truth/families.csv")):
        if row["separated"] == "true":
            parents[row["child"]].add(row["adult"])
    sought = defaultdict(list)
    for number, row in table(lists / "tracing-requests.csv"):
        who = person.get(("tracing-requests", number))
        if who and row.get("Nombre del menor", "").strip():
            sought[who].append((row["Nombre del menor"], "female" if row["Sexo del menor"].startswith("Ni\u00f1a") else "male", row["Edad del menor"], row["Parentesco con el menor"]))
    head = ["id", "name", "sex", "age", "birth_date", "nationality", "language", "relatives_names", "relatives_relations"]
    children = set()
    with open(work / "children.csv", "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(head)
        for number, row in table(lists / "shelter-portal.csv"):
            who = person.get(("shelter-portal", number))
            if who is None or who in children:
                continue
            children.add(who)
            named = [(row["Mother Name"], "mother"), (row["Father Name"], "father")]
            named = [(name, relation) for name, relation in named if name.strip()]
            out.writerow([who, f"{row['first_name']} {row['last_name']}", {"F": "female", "M": "male"}.get(row["gender"][:1].upper(), ""), "", row["dob"], row["cob"],
                          row["uac_primary_language"], "|".join(name for name, _ in named), "|".join(relation for _, relation in named)])
    adults = set()
    with open(work / "adults.csv", "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["id", "name", "sex", "age", "birth_date", "nationality", "language", "sought_names", "sought_sex", "sought_age", "sought_birth_date", "relation"])
        rows = [("border-apprehensions", "First Name", "Last Name", "Gender", "CITIZENSHIP")]
        for name, first, last, sex, country in rows:
            for number, row in table(lists / f"{name}.csv"):
                who = person.get((name, number))
                if who is None or who in adults or (row.get("APP AGE", "").strip().isdigit() and int(row["APP AGE"]) < 18):
                    continue
                adults.add(who)
                seeks = sought.get(who, [])
                out.writerow([who, f"{row[first]} {row[last]}", {"F": "female", "M": "male"}.get(row[sex][:1].upper(), ""), row.get("APP AGE", ""), row["Date of Birth"], row[country], "",
                              "|".join(seek[0] for seek in seeks), "|".join(seek[1] for seek in seeks), "|".join(seek[2] for seek in seeks), "", "|".join(seek[3] for seek in seeks)])
    asked = [child for child in children if parents[child] & adults]
    print(f"\nPrimero's rule beside ours: {len(children):,} children of shelters, {len(adults):,} adults, every family-unit number deleted; "
          f"{len(asked):,} separated children have a parent among the adults\n")
    print("| rule | right first | right among ten | called likely | of them right | separated children covered by a right 'likely' |")
    print("|---|---|---|---|---|---|")
    for name, option in [("Primero, words", []), ("Primero, whole phrases", ["--whole-phrase"])]:
        subprocess.run([sys.executable, here / "primero.py", work / "children.csv", work / "adults.csv", work / "primero.csv", *option], check=True, capture_output=True)
        ranked = defaultdict(list)
        for row in csv.DictReader(open(work / "primero.csv")):
            ranked[row["child_id"]].append((float(row["score"]), row["adult_id"], row["label"] == "likely"))
        report(name, ranked, parents, asked)
    # Ours, by the truth of the records that make a person.
    case = folder / "case"
    rejoin("families", "--whole", case=case)
    identity = identities(case, person)
    ranked = defaultdict(list)
    for row in json.loads(rejoin("list", "links", "--format", "json", case=case)):
        if row["relation"] in ("mother", "father", "parent"):
            child, adult = identity.get(row["child"]), identity.get(row["other"])
            ranked[child].append((row["probability"], adult, row["probability"] >= 0.95))
    for rows in ranked.values():
        rows.sort(key=lambda row: -row[0])
    report("Rejoin (likely: 0.95)", ranked, parents, asked)


def report(name, ranked, parents, asked):
    # A child may have two parents in the lists: 'first' is right if it is one of them.
    first = sum(bool(ranked[child]) and ranked[child][0][1] in parents[child] for child in asked)
    ten = sum(any(row[1] in parents[child] for row in ranked[child][:10]) for child in asked)
    likely = [(child, row) for child, rows in ranked.items() for row in rows if row[2] and parents.get(child)]
    right = sum(row[1] in parents[child] for child, row in likely)
    covered = len({child for child, row in likely if row[1] in parents[child]} & set(asked))
    share = lambda part, whole: f"{part / whole:.3f}" if whole else "none"
    print(f"| {name} | {share(first, len(asked))} | {share(ten, len(asked))} | {len(likely)} | {share(right, len(likely))} | {share(covered, len(asked))} |", flush=True)


def identities(case, person):
    """Rejoin's person -> the planted person whom most of its records are about."""
    votes = defaultdict(Counter)
    for kind in ("children", "adults"):
        for row in json.loads(rejoin("list", kind, "--rows", "--format", "json", case=case)):
            for record in row["rows"]:
                name, number = record.rsplit(":", 1)
                if (name, int(number)) in person:
                    votes[row["person"]][person[name, int(number)]] += 1
    return {who: votes[who].most_common(1)[0][0] for who in votes}


CHILD = """
kind = "shelter-stay"
subject = "child"
agency = "census"
list = "children"
date_order = "mdy"
key = ["record-number"]
column = [{ field = "record-number", names = ["id"] }, { field = "given-names", names = ["first_name"] }, { field = "surnames", names = ["last_name"] },
  { field = "sex", names = ["sex"] }, { field = "birth-date", names = ["date_of_birth"] }, { field = "language", names = ["race_ethnicity"] }]
"""
ADULT = CHILD.replace("shelter-stay", "detention-stint").replace('subject = "child"', 'subject = "adult"').replace('"children"', '"adults"').replace(
    "column = [", 'column = [{ field = "alien-number", names = ["number"] }, ')
FORM = """
kind = "tracing-request"
subject = "adult"
agency = "tax"
list = "forms"
date_order = "mdy"
key = ["record-number", "child-name"]
column = [{ field = "record-number", names = ["id"] }, { field = "alien-number", names = ["number"] }, { field = "given-names", names = ["first_name"] },
  { field = "surnames", names = ["last_name"] }, { field = "child-name", names = ["child"] }]
"""


def population_cut():
    """The 'cut' of the published population: each child under 18 of the noised census loses household, address and relation, and
    is sought among all adults of the census and, for the second figures, with what tax forms say of dependants. A form is joined to an
    adult by `rejoin link` on name and address. Nothing is learned from the truth; households are cut in two halves by a hash (components of
    households and guardians): thresholds of a wanted precision are read off the first half, and what stands here is the second."""
    read = lambda name: list(csv.DictReader(gzip.open(population / name, "rt", newline="")))
    truth = {row["simulant_id"]: row for row in read("truth_census_unnoised.csv.gz") if row["year"] == "2020"}
    census, forms = read("census_2020_seed0.csv.gz"), read("tax1040_2020.csv.gz")
    folder = work / "population"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    # Which form is which adult's: by name and address, as anybody could.
    columns = ["id", "first_name", "middle_initial", "last_name", "street_number", "street_name"]
    grown, minors, seen = [], [], set()
    for at, row in enumerate(census):
        age = row["age"].strip()
        born = row["date_of_birth"][-4:]
        years = int(age) if age.isdigit() else 2020 - int(born) if born.isdigit() else None
        (minors if years is not None and years < 18 else grown).append((f"c{at}", row))
    write(folder / "a.csv", columns, [[at, *(row[name] for name in columns[1:])] for at, row in grown])
    write(folder / "b.csv", columns, [[f"t{at}", row["first_name"], row["middle_initial"], row["last_name"], row["mailing_address_street_number"], row["mailing_address_street_name"]]
                                      for at, row in enumerate(forms)])
    rejoin("link", folder / "a.csv", folder / "b.csv", "--id", "id", "--one-to-one", "--out", folder / "l.parquet", "--clusters", folder / "c.csv.parquet")
    clusters = parquet(folder / "c.csv.parquet")
    number = {}
    for row in clusters:
        number[row["id"]] = 100_000_000 + zlib.crc32(row["cluster"].encode()) % 800_000_000
    head = ["id", "number", "first_name", "last_name", "sex", "date_of_birth", "race_ethnicity"]
    line_of = lambda at, row: [at, number.get(at, ""), *(row[name] for name in head[2:])]
    write(folder / "children.csv", head, [line_of(at, row) for at, row in minors])
    write(folder / "adults.csv", head, [line_of(at, row) for at, row in grown])
    rows = []
    for at, row in enumerate(forms):
        for which in range(1, 5):
            child = f"{row[f'dependent_{which}_first_name']} {row[f'dependent_{which}_last_name']}".strip()
            if child:
                rows.append([f"t{at}", number.get(f"t{at}", ""), row["first_name"], row["last_name"], child])
    write(folder / "forms.csv", ["id", "number", "first_name", "last_name", "child"], rows)
    simulant = {at: row["simulant_id"] for at, row in [*minors, *grown]}
    half = halves(truth, forms)
    parents = {at: {truth[who][key] for key in ("guardian_1", "guardian_2")} - {""} for at, who in ((at, simulant[at]) for at, _ in minors) if who in truth}
    everybody = {simulant[at] for at, _ in grown}
    print(f"\npseudopeople, children cut off from their households: {len(minors):,} children, {len(grown):,} adults of the noised census, "
          f"{sum(len(found & everybody) for found in parents.values()):,} pairs to find\n")
    print("| lists | recall at precision 0.99 | 0.95 | 0.90 | precision at 0.95 said | recall there | best candidate is a parent | unanswerable children answered at 0.95 |")
    print("|---|---|---|---|---|---|---|---|")
    for name, files in [("census alone", ["children", "adults"]), ("with what tax forms say of dependants", ["children", "adults", "forms"])]:
        case = folder / name.split()[0]
        rejoin("init", case)
        for file in files:
            (folder / f"{file}.toml").write_text({"children": CHILD, "adults": ADULT, "forms": FORM}[file])
            rejoin("import", folder / f"{file}.csv", "--mapping", folder / f"{file}.toml", case=case)
        rejoin("link", case=case)
        rejoin("families", case=case)
        of = {}
        for kind in ("children", "adults"):
            for row in json.loads(rejoin("list", kind, "--rows", "--format", "json", case=case)):
                for record in row["rows"]:
                    listed, at = record.rsplit(":", 1)
                    of.setdefault(row["person"], {})[listed] = int(at)
        rows_of = {"children": [at for at, _ in minors], "adults": [at for at, _ in grown]}
        found = []
        for row in json.loads(rejoin("list", "links", "--format", "json", case=case)):
            if row["relation"] in ("mother", "father", "parent"):
                child, adult = of[row["child"]].get("children"), of[row["other"]].get("adults")
                if child is not None and adult is not None:
                    child, adult = rows_of["children"][child - 2], rows_of["adults"][adult - 2]
                    found.append((row["probability"], child, simulant[adult]))
        judge(name, found, parents, everybody, half, simulant)


def judge(name, found, parents, everybody, half, simulant):
    side = lambda child: half.get(simulant[child], 0)
    wanted = [sum(len(parents[child] & everybody) for child in parents if side(child) == of) for of in (0, 1)]
    figures = []
    for precision in (0.99, 0.95, 0.9):
        first = sorted((row for row in found if side(row[1]) == 0), reverse=True)
        right, threshold = 0, 2.0
        for at, (probability, child, adult) in enumerate(first):
            right += adult in parents.get(child, ())
            if right >= precision * (at + 1):
                threshold = probability
        kept = [row for row in found if side(row[1]) == 1 and row[0] >= threshold]
        right = sum(adult in parents.get(child, ()) for _, child, adult in kept)
        figures.append(f"{right / wanted[1]:.3f} (precision {right / max(1, len(kept)):.3f})")
    second = [row for row in found if side(row[1]) == 1]
    sure = [row for row in second if row[0] >= 0.95]
    right = sum(adult in parents.get(child, ()) for _, child, adult in sure)
    best = {}
    for probability, child, adult in sorted(second):
        best[child] = adult
    answerable = [child for child in parents if side(child) == 1 and parents[child] & everybody]
    first = sum(best.get(child) in parents[child] for child in answerable)
    alone = {child for child in parents if side(child) == 1 and not parents[child] & everybody}
    answered = len({child for _, child, _ in sure} & alone)
    print(f"| {name} | {' | '.join(figures)} | {right / max(1, len(sure)):.3f} | {right / wanted[1]:.3f} | {first / len(answerable):.3f} | {answered} of {len(alone)} |", flush=True)


def halves(truth, forms):
    """Person -> half: components of households that are none of an institution, and of guardians, by a hash of their smallest id."""
    parent = {}

    def root(at):
        while parent.setdefault(at, at) != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    institutions = {row["household_id"] for row in truth.values() if row["housing_type"] != "Household"}
    for who, row in truth.items():
        if row["household_id"] not in institutions:
            parent[root("p" + who)] = root("h" + row["household_id"])
        for guardian in (row["guardian_1"], row["guardian_2"]):
            if guardian:
                parent[root("p" + who)] = root("p" + guardian)
    for row in forms:
        if row["household_id"] not in institutions:
            parent[root("p" + row["simulant_id"])] = root("h" + row["household_id"])
    smallest = {}
    for who in truth:
        key = root("p" + who)
        smallest[key] = min(smallest.get(key, who), who)
    return {who: zlib.crc32(smallest[root("p" + who)].encode()) % 2 for who in truth}


def write(path, head, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(head)
        out.writerows(rows)


def parquet(path):
    import pyarrow.parquet

    return pyarrow.parquet.read_table(path).to_pylist()


parts = {"worlds": worlds, "large": large, "ablation": ablation, "primero": primero, "population": population_cut}
for name, part in parts.items():
    if (not wanted or name in wanted) and (name != "population" or population.is_dir()):
        started = time.perf_counter()
        part()
        print(f"\n({name}: {time.perf_counter() - started:.0f} s)\n", flush=True)
