"""A text checked against an archive: how long indexing takes, and how long a check, when everything is planted.

Documents are invented: words drawn unevenly from the lexicon's word list, in sentences, with planted passages here and
there; half of the article's quotations are those passages as they are, half with a denial put in or a number changed.
"""
import os, random, resource, shutil, subprocess, sys, time, json

program, place, lexicon, documents, kilobytes = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
rng = random.Random(20180626)
words = sorted({word for line in open(lexicon, encoding="utf-8") for word in line.split()})
rng.shuffle(words)
weights = [1 / (rank + 8) for rank in range(len(words))]
small = "the of and to in a that was for on with as by at from were had which not been".split()
archive = os.path.join(place, "archive")
shutil.rmtree(place, ignore_errors=True)
os.makedirs(archive)

planted = []
subjects = ["The inspectors", "Two clerks", "The agents of the northern station", "A nurse", "The lawyers", "The court"]
verbs = ["counted", "moved", "registered", "released", "interviewed", "transferred"]
for at in range(60):
    extra = " ".join(rng.choices(words, weights, k=9))
    number = rng.randrange(100, 9999)
    planted.append(f"{rng.choice(subjects)} {rng.choice(verbs)} {number} children before {extra} was written down")

home = {}
for at in range(60):
    home.setdefault(rng.randrange(documents), []).append(at)
start = time.time()
for number in range(documents):
    size, lines = 0, []
    while size < kilobytes * 1000:
        body = rng.choices(words, weights, k=600)
        glue = rng.choices(small, k=600)
        sentence, out = 0, []
        for word, link in zip(body, glue):
            out.append(f"{link} {word}" if sentence % 2 else word)
            sentence += 1
            if sentence >= 11:
                out[-1] += "."
                sentence = 0
        lines.append(" ".join(out) + ".")
        size += len(lines[-1])
    for at in home.get(number, []):
        lines.insert(rng.randrange(len(lines)), planted[at] + ".")
    with open(os.path.join(archive, f"{number:05}.txt"), "w", encoding="utf-8") as file:
        file.write("\n\n".join(lines))
print(f"made {documents} documents in {time.time() - start:.0f} s", file=sys.stderr)

article, expected = [], []
for at, passage in enumerate(planted):
    filler = " ".join(rng.choices(words, weights, k=60))
    if at % 2:
        said, judgement = passage.replace("children before", "children not before"), "meaning"
    else:
        said, judgement = passage, "verbatim"
    expected.append(judgement)
    article.append(f'In the {filler}. "{said}," said the report.')
text = os.path.join(place, "article.txt")
open(text, "w", encoding="utf-8").write("\n\n".join(article))
length = sum(len(part.split()) for part in article)


def run(what):
    begin = time.time()
    command = [program, "check", text, "--sources", archive, "--index", os.path.join(place, "index"), "--format", "json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.time() - begin
    assert os.waitstatus_to_exitcode(status) == 0
    judged = [one["judgement"] for one in json.loads(out)["quotations"]]
    right = sum(a == b for a, b in zip(judged, expected))
    print(f"| {what} | {wall:.1f} s | {usage.ru_utime + usage.ru_stime:.1f} s | {usage.ru_maxrss / 2**20:.2f} GiB | {right} of {len(expected)} |")


size = sum(entry.stat().st_size for entry in os.scandir(archive)) / 1e9
print(f"{documents} documents, {size:.2f} GB; an article of {length} words with {len(expected)} quotations\n")
print("| step | wall | CPU | most memory | quotations judged rightly |\n|---|---|---|---|---|")
run("indexing, then the check")
run("the check alone, index kept")
run("the check alone, again")
