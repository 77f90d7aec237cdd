#!/usr/bin/env python3
"""Primero's published matching rule, re-implemented as a baseline (Python 3, standard library only).

    primero.py CHILDREN.csv ADULTS.csv OUT.csv [options]        primero.py --self-test

Source read: github.com/primeroIMS/primero, commit 4b95bf947480 (2026-08-19); the rule with file
names is in rule.md beside this file.  Written anew from the described behaviour; nothing is copied.

FOLLOWED (see rule.md for the places)
 * Direction: a child case is the query, the traces are the documents.  A trace is (one adult, ONE child sought),
   so an adult with three sought children is three documents; the adult's score is the best of its traces.
 * Every non-empty field of the child is its own sub-query; sub-queries are OR-ed (scores add up, nothing is required):
     name -> {name, other name, nickname} x15      sex x10   age x10   date of birth x5
     relatives' names (all relatives in ONE bag) -> the adult's own name x10      relations x5
     nationality -> {nationality, adult's nationality} x3      language -> {language, adult's language} x3
   Inside a sub-query the words are OR-ed (minimum match 1); over several fields a word counts its best field (dismax, tie 0).
 * Name fields are lower-cased, split into words, and each word also yields its primary DoubleMetaphone code (4 letters) at
   the same position: "synonym" scoring, i.e. one pseudo-term whose document frequency is the larger of the two and whose
   term frequency is the sum (2 = same spelling, 1 = same sound).  A common code therefore lowers the weight of a rare name.
   Name fields have no length norm.  Other fields are exact lower-cased words (age "9" is not "10"; a date is one phrase).
 * Lucene BM25 (k1 1.2, b 0.75) as in Solr 8, times the boost.  The statistics are those of the whole index: Primero
   keeps cases and traces in one Solr core under the same field names, so both sides are counted.  (--stats traces: only traces.)
 * No filter on sex, age or anything else; a wrong or missing value adds 0 and never subtracts.  (Primero's only filter, consent
   for tracing, applies when cases are the documents, i.e. in the other direction.)
 * The best 20 hits are kept (--page); scores are divided by the best; hits with normalised score <= 0.1 are dropped;
   "likely" if exactly one hit is left, or if score - mean(all normalised scores of the page) > 0.7; otherwise "possible".

INTERPRETED
 * 20 hits are 20 traces.  As the output lists adults, the page is filled until it has 20 distinct adults unless --strict-page
   (then exactly 20 traces, possibly fewer adults).  Mean and labels are computed per adult.  --top (10) cuts after labelling.
 * The adult's own age, sex and birth date are read and not used: in the default forms Primero does not make them matchable
   (relation_age, relation_date_of_birth have boosts but no query; relation_sex has neither).
 * sought_sex / sought_age / sought_birth_date: "|"-lists run parallel to sought_names; one single value is applied to all
   traces of that adult.  An adult without sought names is one trace without a name (Primero allows that).
 * The child's "relations" query the trace's relation.  In the code read, the trace's relation is declared twice for the
   index and the second declaration reads it from the tracing request, where it is normally empty, so it probably never
   scores.  It is kept here (kinder to Primero); --no-relation drops it.
 * WORDS OR PHRASE.  The schema has version 1.0, so Solr makes phrases automatically.  Up to Solr 6 that touched only one
   white-space chunk (a hyphenated name, a date); from Solr 7 on (sow=false; Primero ships Solr 8.11.3) a literal reading of the
   parser turns a whole multi-word value into ONE phrase: a full name then matches only as a whole and in order, and two relatives
   in the bag match nothing.  This was not run against a live Solr.  The default here is the kinder and evidently intended reading
   (OR of words); --whole-phrase gives the literal one.  A phrase scores the sum of the idf of its terms with the phrase frequency.
 * Relatives' names are joined without de-duplicating words (Primero de-duplicates whole names only; so do we).
 * Ties are broken by adult id (Lucene: by internal document order).
"""
import argparse, csv, heapq, math, re, sys, time
from array import array
from collections import defaultdict

K1, B = 1.2, 0.75
NAME, SEX, AGE, DOB, RELNAME, RELATION, NAT, RELNAT, LANG, RELLANG = range(10)
FIELD_NAMES = ["name", "sex", "age", "date_of_birth", "relation_name", "relation",
               "nationality", "relation_nationality", "language", "relation_language"]
PHONETIC = {NAME, RELNAME}
# (child's field, fields searched, boost)
QUERIES = [(NAME, (NAME,), 15.0), (SEX, (SEX,), 10.0), (AGE, (AGE,), 10.0), (DOB, (DOB,), 5.0),
           (RELNAME, (RELNAME,), 10.0), (RELATION, (RELATION,), 5.0),
           (NAT, (NAT, RELNAT), 3.0), (LANG, (LANG, RELLANG), 3.0)]
THRESHOLD, LIKELY_GAP = 0.1, 0.7


# ---------------------------------------------------------------- Double Metaphone (primary code, 4 letters)
def double_metaphone(word, maxlen=4):
    """Primary code of L. Philips' Double Metaphone, with the choices of Apache Commons Codec."""
    w = word.strip().upper()
    n = len(w)
    if not n:
        return ""
    at = lambda i: w[i] if 0 <= i < n else "\0"
    vowel = lambda i: 0 <= i < n and w[i] in "AEIOUY"

    def has(i, *opts):
        return i >= 0 and any(w.startswith(o, i) for o in opts)
    slavo = "W" in w or "K" in w or "CZ" in w
    i = 1 if w[:2] in ("GN", "KN", "PN", "WR", "PS") else 0
    pri, alt = "", ""

    def add(p, a=None):
        nonlocal pri, alt
        pri = (pri + p)[:maxlen]
        alt = (alt + (p if a is None else a))[:maxlen]
    while i < n and not (len(pri) >= maxlen and len(alt) >= maxlen):
        c = w[i]
        nx = at(i + 1)
        if c in "AEIOUY":
            if i == 0:
                add("A")
            i += 1
        elif c == "B":
            add("P"); i += 2 if nx == "B" else 1
        elif c == "\u00c7":
            add("S"); i += 1
        elif c == "C":
            c0 = has(i, "CHIA") or (i > 1 and not vowel(i - 2) and has(i - 1, "ACH") and
                                    (at(i + 2) not in "IE" or has(i - 2, "BACHER", "MACHER")))
            if c0:
                add("K"); i += 2
            elif i == 0 and has(0, "CAESAR"):
                add("S"); i += 2
            elif nx == "H":
                if i > 0 and has(i, "CHAE"):
                    add("K", "X")
                elif i == 0 and has(1, "HARAC", "HARIS", "HOR", "HYM", "HIA", "HEM") and not has(0, "CHORE"):
                    add("K")
                elif (has(0, "VAN ", "VON ", "SCH") or has(i - 2, "ORCHES", "ARCHIT", "ORCHID") or at(i + 2) in "TS" or
                      ((i == 0 or at(i - 1) in "AOUE") and (at(i + 2) in "LRNMBHFVW " or i + 1 == n - 1))):
                    add("K")
                elif i > 0:
                    add("K") if has(0, "MC") else add("X", "K")
                else:
                    add("X")
                i += 2
            elif nx == "Z" and not has(i - 2, "WICZ"):
                add("S", "X"); i += 2
            elif has(i + 1, "CIA"):
                add("X"); i += 3
            elif nx == "C" and not (i == 1 and at(0) == "M"):
                if at(i + 2) in "IEH" and not has(i + 2, "HU"):
                    if (i == 1 and at(0) == "A") or has(i - 1, "UCCEE", "UCCES"):
                        add("KS")
                    else:
                        add("X")
                    i += 3
                else:
                    add("K"); i += 2
            elif nx in "KGQ":
                add("K"); i += 2
            elif nx in "IEY":
                add("S", "X") if has(i, "CIO", "CIE", "CIA") else add("S")
                i += 2
            else:
                add("K")
                if has(i + 1, " C", " Q", " G"):
                    i += 3
                elif nx in "CKQ" and not has(i + 1, "CE", "CI"):
                    i += 2
                else:
                    i += 1
        elif c == "D":
            if nx == "G":
                if at(i + 2) in "IEY":
                    add("J"); i += 3
                else:
                    add("TK"); i += 2
            else:
                add("T"); i += 2 if nx in "TD" else 1
        elif c == "F":
            add("F"); i += 2 if nx == "F" else 1
        elif c == "G":
            if nx == "H":
                if i > 0 and not vowel(i - 1):
                    add("K"); i += 2
                elif i == 0:
                    add("J" if at(2) == "I" else "K"); i += 2
                elif (i > 1 and at(i - 2) in "BHD") or (i > 2 and at(i - 3) in "BHD") or (i > 3 and at(i - 4) in "BH"):
                    i += 2
                else:
                    if i > 2 and at(i - 1) == "U" and at(i - 3) in "CGLRT":
                        add("F")
                    elif at(i - 1) != "I":
                        add("K")
                    i += 2
            elif nx == "N":
                if i == 1 and vowel(0) and not slavo:
                    add("KN", "N")
                elif not has(i + 2, "EY") and not slavo:
                    add("N", "KN")
                else:
                    add("KN")
                i += 2
            elif has(i + 1, "LI") and not slavo:
                add("KL", "L"); i += 2
            elif i == 0 and (nx == "Y" or has(1, "ES", "EP", "EB", "EL", "EY", "IB", "IL", "IN", "IE", "EI", "ER")):
                add("K", "J"); i += 2
            elif ((has(i + 1, "ER") or nx == "Y") and not has(0, "DANGER", "RANGER", "MANGER") and
                  at(i - 1) not in "EI" and not has(i - 1, "RGY", "OGY")):
                add("K", "J"); i += 2
            elif nx in "EIY" or has(i - 1, "AGGI", "OGGI"):
                if has(0, "VAN ", "VON ", "SCH") or has(i + 1, "ET"):
                    add("K")
                elif has(i + 1, "IER"):
                    add("J")
                else:
                    add("J", "K")
                i += 2
            else:
                add("K"); i += 2 if nx == "G" else 1
        elif c == "H":
            if (i == 0 or vowel(i - 1)) and vowel(i + 1):
                add("H"); i += 2
            else:
                i += 1
        elif c == "J":
            if has(i, "JOSE") or has(0, "SAN "):
                add("H") if (i == 0 and at(4) == " ") or n == 4 or has(0, "SAN ") else add("J", "H")
                i += 1
            else:
                if i == 0:
                    add("J", "A")
                elif vowel(i - 1) and not slavo and nx in "AO":
                    add("J", "H")
                elif i == n - 1:
                    add("J", " ")
                elif nx not in "LTKSNMBZ" and at(i - 1) not in "SKL":
                    add("J")
                i += 2 if nx == "J" else 1
        elif c == "K":
            add("K"); i += 2 if nx == "K" else 1
        elif c == "L":
            if nx == "L":
                spanish = (i == n - 3 and has(i - 1, "ILLO", "ILLA", "ALLE")) or \
                          ((w[-2:] in ("AS", "OS") or w[-1] in "AO") and has(i - 1, "ALLE"))
                add("L", "" if spanish else "L"); i += 2
            else:
                add("L"); i += 1
        elif c == "M":
            add("M")
            i += 2 if nx == "M" or (has(i - 1, "UMB") and (i + 1 == n - 1 or has(i + 2, "ER"))) else 1
        elif c == "N":
            add("N"); i += 2 if nx == "N" else 1
        elif c == "\u00d1":
            add("N"); i += 1
        elif c == "P":
            if nx == "H":
                add("F"); i += 2
            else:
                add("P"); i += 2 if nx in "PB" else 1
        elif c == "Q":
            add("K"); i += 2 if nx == "Q" else 1
        elif c == "R":
            french = i == n - 1 and not slavo and has(i - 2, "IE") and not has(i - 4, "ME", "MA")
            add("", "R") if french else add("R")
            i += 2 if nx == "R" else 1
        elif c == "S":
            if has(i - 1, "ISL", "YSL"):
                i += 1
            elif i == 0 and has(0, "SUGAR"):
                add("X", "S"); i += 1
            elif nx == "H":
                add("S") if has(i + 1, "HEIM", "HOEK", "HOLM", "HOLZ") else add("X")
                i += 2
            elif has(i, "SIO", "SIA"):
                add("S") if slavo else add("S", "X")
                i += 3
            elif (i == 0 and nx in "MNLW") or nx == "Z":
                add("S", "X"); i += 2 if nx == "Z" else 1
            elif nx == "C":
                if at(i + 2) == "H":
                    if has(i + 3, "OO", "ER", "EN", "UY", "ED", "EM"):
                        add("X", "SK") if has(i + 3, "ER", "EN") else add("SK")
                    elif i == 0 and not vowel(3) and at(3) != "W":
                        add("X", "S")
                    else:
                        add("X")
                elif at(i + 2) in "IEY":
                    add("S")
                else:
                    add("SK")
                i += 3
            else:
                add("", "S") if i == n - 1 and has(i - 2, "AI", "OI") else add("S")
                i += 2 if nx in "SZ" else 1
        elif c == "T":
            if has(i, "TION", "TIA", "TCH"):
                add("X"); i += 3
            elif nx == "H" or has(i, "TTH"):
                add("T") if has(i + 2, "OM", "AM") or has(0, "VAN ", "VON ", "SCH") else add("0", "T")
                i += 2
            else:
                add("T"); i += 2 if nx in "TD" else 1
        elif c == "V":
            add("F"); i += 2 if nx == "V" else 1
        elif c == "W":
            if nx == "R":
                add("R"); i += 2
            elif i == 0 and (vowel(1) or nx == "H"):
                add("A", "F") if vowel(1) else add("A")
                i += 1
            elif (i == n - 1 and vowel(i - 1)) or has(i - 1, "EWSKI", "EWSKY", "OWSKI", "OWSKY") or has(0, "SCH"):
                add("", "F"); i += 1
            elif has(i, "WICZ", "WITZ"):
                add("TS", "FX"); i += 4
            else:
                i += 1
        elif c == "X":
            if i == 0:
                add("S"); i += 1
            else:
                if not (i == n - 1 and (has(i - 3, "IAU", "EAU") or has(i - 2, "AU", "OU"))):
                    add("KS")
                i += 2 if nx in "CX" else 1
        elif c == "Z":
            if nx == "H":
                add("J"); i += 2
            else:
                if has(i + 1, "ZO", "ZI", "ZA") or (slavo and i > 0 and at(i - 1) != "T"):
                    add("S", "TS")
                else:
                    add("S")
                i += 2 if nx == "Z" else 1
        else:
            i += 1
    return pri


# ---------------------------------------------------------------- analysis
WORD = re.compile(r"[^\W_]+(?:['\u2019.][^\W_]+)*")     # near to Unicode word breaks: O'Neil and 3.5 stay whole, hyphens split
_codes = {}


def code(word):
    c = _codes.get(word)
    if c is None:
        c = _codes[word] = double_metaphone(word)
    return c


def analyse(text, whole=False):
    """-> list of chunks (split at white space, or the whole value as one); a chunk is a list of words."""
    return [c for c in ([w.lower() for w in WORD.findall(x)] for x in ([text] if whole else text.split())) if c]


def split_list(value):
    return [v.strip() for v in (value or "").split("|")]


def cell(row, key):
    return (row.get(key) or "").strip()


def joined(row, key):
    """A list cell as one bag of words; equal values once, as Primero does with relatives."""
    seen = dict.fromkeys(v for v in split_list(row.get(key)) if v)
    return " ".join(seen)


# ---------------------------------------------------------------- the index
class Index:
    """Postings (document, term frequency) per field and term, Lucene BM25 statistics."""

    def __init__(self):
        self.postings = [defaultdict(lambda: (array("i"), array("i"))) for _ in FIELD_NAMES]
        self.df = [defaultdict(int) for _ in FIELD_NAMES]
        self.doc_count = [0] * len(FIELD_NAMES)
        self.total = [0] * len(FIELD_NAMES)
        self.length = [defaultdict(int) for _ in FIELD_NAMES]     # only for fields with norms
        self.text = [dict() for _ in FIELD_NAMES]                 # word list, for phrases
        self.cache = {}

    def add(self, doc, field, text, searchable=True):
        words = [w for c in analyse(text) for w in c]
        if not words:
            return
        terms = defaultdict(int)
        for w in words:
            terms[w] += 1
            if field in PHONETIC:
                c = code(w)
                if c and c != w:
                    terms[c] += 1          # codes are upper case, words lower case: they cannot collide
        n = sum(terms.values())
        self.doc_count[field] += 1
        self.total[field] += n
        for t, f in terms.items():
            self.df[field][t] += 1
            if searchable:
                docs, freqs = self.postings[field][t]
                docs.append(doc)
                freqs.append(f)
        if searchable:
            if field not in PHONETIC:
                self.length[field][doc] = n
            if len(words) > 1:
                self.text[field][doc] = words

    def idf(self, field, df):
        n = self.doc_count[field]
        return math.log(1.0 + (n - df + 0.5) / (df + 0.5))

    def tf_part(self, field, doc, freq):
        avg = self.total[field] / self.doc_count[field]
        dl = 1 if field in PHONETIC else self.length[field][doc]
        return freq / (freq + K1 * (1 - B + B * dl / avg))

    def variants(self, field, word):
        if field in PHONETIC:
            c = code(word)
            if c and c != word:
                return (word, c)
        return (word,)

    def chunk_scores(self, field, chunk):
        """{doc: BM25 score} (boost 1) of one chunk (a word with its sound, or a phrase) in one field."""
        key = (field, tuple(chunk))
        got = self.cache.get(key)
        if got is not None:
            return got
        if not self.doc_count[field]:
            return {}
        if len(chunk) == 1:
            variants = self.variants(field, chunk[0])
            df = max(self.df[field].get(t, 0) for t in variants)
            freqs = defaultdict(int)
            for t in variants:
                p = self.postings[field].get(t)
                if p:
                    for d, f in zip(*p):
                        freqs[d] += f
            weight = self.idf(field, df) if df else 0.0
        else:
            freqs = self.phrase_freqs(field, chunk)
            weight = sum(self.idf(field, self.df[field][t]) for w in chunk for t in self.variants(field, w)
                         if self.df[field].get(t))
        if field in PHONETIC:
            part = {f: weight * self.tf_part(field, 0, f) for f in set(freqs.values())}
            out = {d: part[f] for d, f in freqs.items()}
        else:
            out = {d: weight * self.tf_part(field, d, f) for d, f in freqs.items()}
        self.cache[key] = out
        return out

    def phrase_freqs(self, field, chunk):
        cand = None
        for w in chunk:
            s = set()
            for t in self.variants(field, w):
                p = self.postings[field].get(t)
                if p:
                    s.update(p[0])
            cand = s if cand is None else cand & s
            if not cand:
                return {}
        same = (lambda a, b: a == b or (code(a) and code(a) == code(b))) if field in PHONETIC else (lambda a, b: a == b)
        out = {}
        for d in cand:
            words = self.text[field].get(d, ())
            k = sum(all(same(words[i + j], chunk[j]) for j in range(len(chunk))) for i in range(len(words) - len(chunk) + 1))
            if k:
                out[d] = k
        return out


# ---------------------------------------------------------------- records
def child_fields(row, relation=True):
    f = {NAME: cell(row, "name"), SEX: cell(row, "sex"), AGE: cell(row, "age"), DOB: cell(row, "birth_date"),
         RELNAME: joined(row, "relatives_names"), NAT: joined(row, "nationality"), LANG: joined(row, "language")}
    if relation:
        f[RELATION] = joined(row, "relatives_relations")
    return {k: v for k, v in f.items() if v}


def traces_of(row, relation=True):
    """One field dictionary per child sought."""
    lists = {NAME: split_list(row.get("sought_names")), SEX: split_list(row.get("sought_sex")),
             AGE: split_list(row.get("sought_age")), DOB: split_list(row.get("sought_birth_date"))}
    n = max(1, max(len(v) for v in lists.values()))
    rel = split_list(row.get("relation"))
    out = []
    for i in range(n):
        f = {RELNAME: cell(row, "name").replace("|", " "), RELNAT: joined(row, "nationality"), RELLANG: joined(row, "language")}
        for k, v in lists.items():
            f[k] = v[i] if i < len(v) else (v[0] if len(v) == 1 and k != NAME else "")
        if relation:
            f[RELATION] = rel[i] if i < len(rel) else (rel[0] if len(rel) == 1 else "")
        out.append({k: v for k, v in f.items() if v})
    return out


class Primero:
    def __init__(self, adults, children=(), stats="all", relation=True, whole=False):
        """adults, children: lists of dictionaries as read from the CSVs.  children only count for the statistics."""
        self.relation, self.whole = relation, whole
        self.ids = [a["id"] for a in adults]
        self.adult_of = array("i")
        self.index = Index()
        for k, a in enumerate(adults):
            for f in traces_of(a, relation):
                d = len(self.adult_of)
                self.adult_of.append(k)
                for field, text in f.items():
                    self.index.add(d, field, text)
        if stats == "all":
            for c in children:
                for field, text in child_fields(c, relation).items():
                    self.index.add(-1, field, text, searchable=False)

    def score_traces(self, child):
        """{trace: raw score}"""
        total = defaultdict(float)
        fields = child_fields(child, self.relation)
        for key, targets, boost in QUERIES:
            if key not in fields:
                continue
            for chunk in analyse(fields[key], self.whole):
                best = self.index.chunk_scores(targets[0], chunk)
                for t in targets[1:]:
                    other = self.index.chunk_scores(t, chunk)
                    if other:
                        if not best:
                            best = other
                        else:
                            best = dict(best)
                            for d, s in other.items():
                                if s > best.get(d, 0.0):
                                    best[d] = s
                for d, s in best.items():
                    total[d] += boost * s
        return total

    def rank(self, child, page=20, top=10, strict_page=False):
        """[(adult id, normalised score, label)], best first."""
        total = self.score_traces(child)
        if not total:
            return []
        adult_of = self.adult_of
        if strict_page:
            keep = heapq.nsmallest(page, total.items(), key=lambda x: (-x[1], x[0]))
        else:
            keep = total.items()
        per = {}
        for d, s in keep:
            a = adult_of[d]
            if s > per.get(a, -1.0):
                per[a] = s
        hits = heapq.nsmallest(page, per.items(), key=lambda x: (-x[1], self.ids[x[0]]))
        return [(self.ids[a], s, lab) for a, s, lab in label(hits)][:top]


def label(hits):
    """Primero's normalisation, threshold and likelihood; hits are (key, raw score), best first."""
    best = max(s for _, s in hits)
    if best <= 0:
        return []
    norm = [(k, s / best) for k, s in hits]
    mean = sum(s for _, s in norm) / len(norm)
    kept = [(k, s) for k, s in norm if s > THRESHOLD]
    return [(k, s, "likely" if len(kept) == 1 or s - mean > LIKELY_GAP else "possible") for k, s in kept]


# ---------------------------------------------------------------- fast scoring: split cheap dense fields from selective ones
class FastPrimero(Primero):
    """Same results as Primero.rank.  Dense sub-queries (sex, age, nationality ...) depend only on the tuple of those values in the
    trace, so traces are grouped by that tuple, and only traces hit by a name or date, plus the best groups, are looked at."""
    DENSE = (SEX, AGE, RELATION, NAT, RELNAT, LANG, RELLANG)

    def __init__(self, adults, children=(), stats="all", relation=True, whole=False):
        super().__init__(adults, children, stats, relation, whole)
        groups, self.group_of = {}, array("i")
        self.members = []
        d = 0
        for a in adults:
            for f in traces_of(a, relation):
                key = tuple(f.get(k, "").lower() for k in self.DENSE)
                g = groups.setdefault(key, len(groups))
                if g == len(self.members):
                    self.members.append(array("i"))
                self.members[g].append(d)
                self.group_of.append(g)
                d += 1
        self.rep = [m[0] for m in self.members]
        self.reps = set(self.rep)
        self.group_cache = {}
        self.rep_cache = {}

    def _group_scores(self, fields):
        key = tuple(fields.get(k, "") for k in (SEX, AGE, RELATION, NAT, LANG))
        got = self.group_cache.get(key)
        if got is None:
            got = [0.0] * len(self.rep)
            for k, targets, boost in QUERIES:
                if k in (NAME, DOB, RELNAME) or k not in fields:
                    continue
                for chunk in analyse(fields[k], self.whole):
                    best = {}
                    for t in targets:
                        ck = (t, tuple(chunk))
                        rs = self.rep_cache.get(ck)
                        if rs is None:
                            sc = self.index.chunk_scores(t, chunk)
                            rs = self.rep_cache[ck] = {self.group_of[d]: sc[d] for d in self.reps if d in sc}
                        for g, s in rs.items():
                            if s > best.get(g, 0.0):
                                best[g] = s
                    for g, s in best.items():
                        got[g] += boost * s
            order = sorted((g for g in range(len(got)) if got[g] > 0), key=lambda g: -got[g])
            got = self.group_cache[key] = (got, order)
        return got

    def score_traces_top(self, child, want):
        fields = child_fields(child, self.relation)
        total = defaultdict(float)
        for key, targets, boost in QUERIES:
            if key not in (NAME, DOB, RELNAME) or key not in fields:
                continue
            for chunk in analyse(fields[key], self.whole):
                for d, s in self.index.chunk_scores(targets[0], chunk).items():
                    total[d] += boost * s
        dense, order = self._group_scores(fields)
        g_of = self.group_of
        for d in total:
            total[d] += dense[g_of[d]]
        # traces with no name or date hit: best groups, whole groups at a time (ties are decided by id), until enough adults
        per = {}
        for d, s in total.items():
            a = self.adult_of[d]
            if s > per.get(a, -1.0):
                per[a] = s
        floor = heapq.nlargest(want, per.values())
        floor = floor[-1] if len(floor) == want else 0.0
        got, last = 0, None
        for g in order:
            s = dense[g]
            if s < floor or (got >= want and s < last):
                break
            for d in self.members[g]:
                if d not in total:
                    total[d] = s
                    a = self.adult_of[d]
                    if a not in per:
                        per[a] = s
                        got += 1
            last = s
        return total

    def rank(self, child, page=20, top=10, strict_page=False):
        self_total = self.score_traces_top(child, page)
        saved, self.score_traces = self.score_traces, lambda _c: self_total
        try:
            return super().rank(child, page, top, strict_page)
        finally:
            self.score_traces = saved


# ---------------------------------------------------------------- command line
def read(path):
    with open(path, newline="", encoding="utf-8-sig") as f:
        return list(csv.DictReader(f))


def main(argv=None):
    ap = argparse.ArgumentParser(description="Primero's matching rule as a baseline")
    ap.add_argument("children", nargs="?"); ap.add_argument("adults", nargs="?"); ap.add_argument("out", nargs="?")
    ap.add_argument("--top", type=int, default=10)
    ap.add_argument("--page", type=int, default=20)
    ap.add_argument("--strict-page", action="store_true")
    ap.add_argument("--stats", choices=("all", "traces"), default="all")
    ap.add_argument("--no-relation", action="store_true")
    ap.add_argument("--whole-phrase", action="store_true", help="every multi-word value is one phrase (literal reading of Solr 8)")
    ap.add_argument("--slow", action="store_true", help="plain scoring of every trace (to check the fast one)")
    ap.add_argument("--self-test", action="store_true")
    a = ap.parse_args(argv)
    if a.self_test:
        return self_test()
    if not a.out:
        ap.error("CHILDREN.csv ADULTS.csv OUT.csv are needed")
    t0 = time.time()
    children, adults = read(a.children), read(a.adults)
    engine = (Primero if a.slow else FastPrimero)(adults, children, a.stats, not a.no_relation, a.whole_phrase)
    print(f"indexed {len(adults)} adults, {len(engine.adult_of)} traces in {time.time() - t0:.1f} s", file=sys.stderr)
    with open(a.out, "w", newline="", encoding="utf-8") as f:
        w = csv.writer(f)
        w.writerow(["child_id", "adult_id", "score", "label"])
        for n, c in enumerate(children, 1):
            for adult, score, lab in engine.rank(c, a.page, a.top, a.strict_page):
                w.writerow([c["id"], adult, f"{score:.6f}", lab])
            if n % 2000 == 0:
                print(f"{n} children, {time.time() - t0:.1f} s", file=sys.stderr)
    print(f"done in {time.time() - t0:.1f} s", file=sys.stderr)


def self_test():
    import random
    for w, c in {"smith": "SM0", "schmidt": "XMT", "rashid": "RXT", "yazen": "ASN", "yazan": "ASN", "jose": "HS", "xavier": "SF",
                 "thomas": "TMS", "michael": "MKL", "guillermo": "KLRM", "walter": "ALTR", "cesar": "SSR",
                 "hugh": "H", "catherine": "K0RN", "peña": "PN", "2007": ""}.items():
        got = double_metaphone(w)
        assert got == c, (w, got, c)
    # the example of Primero's own spec: the Al-Rashid trace is found, the Allen trace is not
    child = dict(id="c1", name="Usama Yazan Al-Rashid", sex="male", age="13", birth_date="2006-10-19", nationality="syria",
                 language="arabic", relatives_names="Yazan Al-Rashid|Hadeel Al-Rashid", relatives_relations="father|mother")
    adults = [dict(id="a1", name="Yazen Al-Rashid", sought_names="Ausama Al Rashid", sought_sex="male", sought_age="13",
                   sought_birth_date="2007-01-16", relation="father"),
              dict(id="a2", name="Benjamin Allen", sought_names="Arabella Allen", sought_sex="female", sought_age="17",
                   sought_birth_date="2003-01-16", relation="brother")]
    r = FastPrimero(adults, [child]).rank(child)
    assert [(x[0], x[2]) for x in r] == [("a1", "likely")], r
    # normalisation, as in Primero's spec: 2.5 and 0.025 -> only the first, 1.0, likely
    assert label([("a", 2.5), ("b", 0.025)]) == [("a", 1.0, "likely")]
    assert label([("a", 1.0)] + [(i, 0.12) for i in range(9)])[0][2] == "likely"
    assert label([("a", 1.0), ("b", 0.9)])[0][2] == "possible"
    # a wrong sex never lowers a score; another spelling scores less than the same, more than none
    mk = lambda **k: dict(id=k.pop("id"), **k)
    ad = [mk(id="same", sought_names="Maria Lopez"), mk(id="wrong", sought_names="Maria Lopez", sought_sex="male"),
          mk(id="sound", sought_names="Marya Lopes"), mk(id="none", sought_names="Ana Diaz")] + \
         [mk(id=f"z{i}", sought_names="Zoe Quark") for i in range(20)]
    p = Primero(ad, [])
    t = p.score_traces(dict(id="c", name="Maria Lopez", sex="female"))
    assert t[0] == t[1] > t[2] > 0 and 3 not in t, dict(t)
    # an exact age is a token: 9 is not 10
    t = Primero([mk(id="x", sought_age="9"), mk(id="y", sought_age="10")]).score_traces(dict(id="c", age="9"))
    assert list(t) == [0]
    # hand-computed BM25: one word, 4 traces, df 1 for the word and 2 for its code -> df 2; tf 2; avg length 2; no norm (dl 1)
    ad = [mk(id="1", sought_names="Smith"), mk(id="2", sought_names="Smyth"), mk(id="3", sought_names="Jones"), mk(id="4", sought_names="Brown")]
    t = Primero(ad).score_traces(dict(id="c", name="Smith"))
    idf = math.log(1 + (4 - 2 + .5) / (2 + .5)); norm = K1 * (1 - B + B * 1 / 2)
    assert abs(t[0] - 15 * idf * 2 / (2 + norm)) < 1e-9 and abs(t[1] - 15 * idf * 1 / (1 + norm)) < 1e-9, dict(t)
    # the fast engine equals the plain one on random data
    rnd = random.Random(7)
    first = "Ana Maria Jose Luis Juan Carlos Rosa Elena Pedro Marta Jorge Lucia Maria-Jose Ruth Ivan".split()
    last = "Lopez Lopes Perez Garcia Chavez Chaves Diaz Mendez Mendes Gomez De-Leon Xol Tzoc Caal".split()
    nm = lambda: f"{rnd.choice(first)} {rnd.choice(last)} {rnd.choice(last)}"
    opt = lambda v, q=.8: v if rnd.random() < q else ""
    some = lambda k, g: [g() for _ in range(rnd.randint(0, k))]
    ch = [dict(id=f"c{i}", name=opt(nm(), .95), sex=opt(rnd.choice(["male", "female"])), age=opt(str(rnd.randint(0, 17))),
               birth_date=opt(f"20{rnd.randint(0, 18):02}-0{rnd.randint(1, 9)}-1{rnd.randint(0, 9)}", .4), nationality=opt(rnd.choice(["guatemala", "honduras"])),
               language=opt(rnd.choice(["spanish", "kiche", "spanish|kiche"])), relatives_names="|".join(some(3, nm)), relatives_relations="|".join(some(2, lambda: rnd.choice(["father", "mother"])))) for i in range(60)]
    ad = []
    for i in range(400):
        s = some(3, nm)
        ad.append(dict(id=f"a{i}", name=nm(), sex="", age="", birth_date="", nationality=opt(rnd.choice(["guatemala", "honduras"])), language=opt(rnd.choice(["spanish", "kiche"])),
                       sought_names="|".join(s), sought_sex="|".join(opt(rnd.choice(["male", "female"])) for _ in s), sought_age="|".join(opt(str(rnd.randint(0, 17))) for _ in s),
                       sought_birth_date="", relation=opt(rnd.choice(["father", "mother"]))))
    for c, slow, fast in ((c, slow, fast) for whole in (False, True)
                          for slow, fast in [(Primero(ad, ch, whole=whole), FastPrimero(ad, ch, whole=whole))] for c in ch):
        a, b = slow.rank(c), fast.rank(c)
        assert [(x[0], round(x[1], 9), x[2]) for x in a] == [(x[0], round(x[1], 9), x[2]) for x in b], (c, a, b)
    print("self-test passed")


if __name__ == "__main__":
    main()
