"""Splink's side of the linkage bench: settings as in its tutorials, for whichever of the usual columns a file has."""
import sys

import duckdb
import pyarrow.parquet as pq
import splink
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

source, out, id_column, *second = sys.argv[1:]
table = pq.read_table(source)
have = set(table.column_names)
first = next((c for c in ("first_name", "given_name") if c in have), None)
birth = next((c for c in ("birth_date", "dob", "date_of_birth") if c in have), None)
comparisons = [cl.ForenameSurnameComparison(first, "surname" if "surname" in have else "last_name")]
last = "surname" if "surname" in have else "last_name"
rules = [block_on(first, last)]
if birth:
    comparisons.append(cl.DateOfBirthComparison(birth, input_is_string=True))
    rules += [block_on(birth, last), block_on(birth, first)]
for column in ("city", "birth_place", "postcode_fake", "suburb", "postcode"):
    if column in have:
        comparisons.append(cl.JaroWinklerAtThresholds(column, [0.9]).configure(term_frequency_adjustments=True))
        rules.append(block_on(last, column))
for column in ("email",):
    if column in have:
        comparisons.append(cl.EmailComparison(column))
        rules.append(block_on(column))
for column in ("alien_number", "soc_sec_id"):
    if column in have:
        comparisons.append(cl.LevenshteinAtThresholds(column, [1]))
        rules.append(block_on(column))
for column in ("sex", "gender", "country", "occupation"):
    if column in have:
        comparisons.append(cl.ExactMatch(column).configure(term_frequency_adjustments=column == "occupation"))
settings = SettingsCreator(
    link_type="link_only" if second else "dedupe_only", comparisons=comparisons, blocking_rules_to_generate_predictions=rules,
    unique_id_column_name=id_column, retain_matching_columns=False,
)
database = DuckDBAPI(duckdb.connect(config={"threads": 2}))
tables = [database.register(table), *(database.register(pq.read_table(path)) for path in second)]
linker = Linker(tables if second else tables[0], settings)
linker.training.estimate_probability_two_random_records_match(rules[1:3], recall=0.7)
linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
for rule in rules[:3]:
    try:
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    except Exception as error:  # a rule on which nothing can be trained is left out, as a user would
        print("EM skipped:", str(error).splitlines()[0], file=sys.stderr)
found = linker.inference.predict(threshold_match_probability=0.01)
clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(found, 0.95)
# What Rejoin writes, too, but for its level columns.
for columns, rows, to in [
    (f"{id_column}_l AS left_id, {id_column}_r AS right_id, match_probability AS probability, match_weight", found, out),
    (f"{id_column} AS id, cluster_id AS cluster", clusters, f"{out}.clusters"),
]:
    database.duckdb_con.sql(f"COPY (SELECT {columns} FROM {rows.physical_name}) TO '{to}' (FORMAT parquet)")
print(splink.__version__, duckdb.__version__)
