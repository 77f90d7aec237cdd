"""Files for the linkage bench: the same for every engine. Synthetic people only, or published sets."""
import csv
import sys
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

FORMS = ("%m/%d/%Y", "%d/%m/%Y", "%Y-%m-%d")


def day(said):
    for form in FORMS:
        try:
            return datetime.strptime(said.strip(), form).date().isoformat()
        except ValueError:
            pass
    return None


def world(folder, out):
    """The agencies' lists that give names in columns, as one table, as written but for dates."""
    wanted = {
        "border-apprehensions": ("First Name", "Last Name", "Gender", "Date of Birth", "CITIZENSHIP", "Birth City", "Subject AFILE#"),
        "adult-detention": ("First Name", "Last Name", "Gender", "Birth Date", "Citizenship Country", None, "Alien File Number"),
        "shelter-portal": ("first_name", "last_name", "gender", "dob", "cob", "City of Birth", "alien_no"),
    }
    truth = {}
    with open(folder / "truth/records.csv", newline="") as file:
        for row in csv.DictReader(file):
            truth[row["list"], int(row["row"])] = row["person"]
    names = ["unique_id", "first_name", "last_name", "sex", "birth_date", "country", "city", "alien_number"]
    columns = {name: [] for name in names}
    entities = []
    for name, headers in wanted.items():
        with open(folder / f"{name}.csv", newline="", encoding="utf-8", errors="replace") as file:
            reader = csv.DictReader(file)
            for row in reader:
                person = truth.get((name, reader.line_num))
                if person is None:
                    continue
                values = [row[header] if header else None for header in headers]
                values = [value.strip().lower() if value and value.strip() else None for value in values]
                values[3] = day(values[3]) if values[3] else None
                values[6] = "".join(c for c in values[6] if c.isdigit()) or None if values[6] else None
                for key, value in zip(names, [f"{name}-{reader.line_num}", *values]):
                    columns[key].append(value)
                entities.append(person)
    pq.write_table(pa.table(columns), out.with_suffix(".parquet"))
    pq.write_table(pa.table({"unique_id": columns["unique_id"], "entity": entities}), out.with_suffix(".truth.parquet"))
    return len(entities)


if __name__ == "__main__":
    print(world(Path(sys.argv[1]), Path(sys.argv[2])), "rows")
