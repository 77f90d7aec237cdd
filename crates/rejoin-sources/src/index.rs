//! An index on disk of many documents: the retrieval of passages for texts that are checked against an archive. The texts
//! themselves are kept beside it, by hash; a document that changed is indexed anew, one that is gone is taken out.

use crate::read::{Document, read};
use rayon::prelude::*;
use rejoin_inquiry::text::shelf::{Term, passages};
use rejoin_inquiry::text::words::words;
use rejoin_inquiry::text::{Language, Library, Passage};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, BoostQuery, Occur, Query, TermQuery};
use tantivy::schema::{FAST, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{PreTokenizedString, Token};
use tantivy::{IndexReader, IndexWriter, TantivyDocument, Term as IndexTerm};

/// A document of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    /// Number by which passages name it.
    number: u64,
    /// SHA-256 of the bytes, hexadecimal.
    hash: String,
    /// Bytes and time of change, by which an unchanged file is known without reading it.
    stamp: String,
    language: Language,
}

/// An index of sources.
pub struct Index {
    directory: PathBuf,
    reader: IndexReader,
    stem: Field,
    /// Number → name and entry.
    sources: BTreeMap<u64, (String, Entry)>,
    forms: HashSet<String>,
}

/// Every file below a directory, by its name from there; hidden ones are left out.
///
/// # Errors
/// When a directory cannot be read.
pub fn files_below(directory: &Path, out: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    let mut waiting = vec![directory.to_owned()];
    while let Some(next) = waiting.pop() {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(&next)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
        entries.sort();
        for path in entries {
            let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if hidden {
                continue;
            }
            // Links to directories may lead in circles, and a pipe has no end.
            let about = fs::symlink_metadata(&path)?;
            if about.is_dir() {
                waiting.push(path);
            } else if fs::metadata(&path).is_ok_and(|about| about.is_file()) {
                let name = path.strip_prefix(directory).unwrap_or(&path).to_string_lossy().replace('\\', "/");
                out.push((name, path));
            }
        }
    }
    Ok(())
}

/// How many terms a search looks for.
const TERMS: usize = 28;

const MANIFEST: &str = "sources.tsv";
const FORMS: &str = "words.txt";

fn failed(error: tantivy::TantivyError) -> io::Error {
    io::Error::other(error)
}

impl Index {
    /// Opens an index, made if it is not there, and brings it up to the files below `sources`. Files that cannot be read
    /// are named in `skipped`. `progress` is told how many of how many files are done.
    ///
    /// # Errors
    /// When the index cannot be read or written.
    pub fn open(
        directory: &Path,
        sources: &[PathBuf],
        skipped: &mut Vec<String>,
        progress: &(dyn Fn(u64, u64) + Sync),
    ) -> io::Result<Self> {
        fs::create_dir_all(directory.join("passages"))?;
        fs::create_dir_all(directory.join("texts"))?;
        let mut builder = Schema::builder();
        let stems =
            TextFieldIndexing::default().set_index_option(IndexRecordOption::WithFreqs).set_fieldnorms(true);
        let stem = builder.add_text_field("stem", TextOptions::default().set_indexing_options(stems));
        let source = builder.add_u64_field("source", FAST | INDEXED);
        let start = builder.add_u64_field("start", FAST);
        let end = builder.add_u64_field("end", FAST);
        let place =
            tantivy::directory::MmapDirectory::open(directory.join("passages")).map_err(io::Error::other)?;
        let mut index = tantivy::Index::open_or_create(place, builder.build()).map_err(failed)?;
        // A search goes through the parts of the index on every core.
        index.set_default_multithread_executor().map_err(failed)?;
        let mut entries = manifest(&directory.join(MANIFEST))?;
        let mut forms: HashSet<String> = match fs::read_to_string(directory.join(FORMS)) {
            Ok(text) => text.lines().map(str::to_owned).collect(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => HashSet::new(),
            Err(error) => return Err(error),
        };
        let mut files = Vec::new();
        for directory in sources {
            let before = files.len();
            files_below(directory, &mut files)?;
            // Of several directories, each file's name begins with its directory's.
            if sources.len() > 1 {
                let root = directory.to_string_lossy();
                files[before..].iter_mut().for_each(|(name, _)| *name = format!("{root}/{name}"));
            }
        }
        // The list of documents is lines of columns.
        for (name, _) in &mut files {
            *name = name.replace(['\t', '\n', '\r'], " ");
        }
        files.sort();
        files.dedup_by(|left, right| left.0 == right.0);
        let there: BTreeSet<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        let gone: Vec<String> =
            entries.keys().filter(|name| !there.contains(name.as_str())).cloned().collect();
        let mut wanted: Vec<(&String, &PathBuf, String)> = Vec::new();
        for (name, path) in &files {
            let stamp = stamp(path)?;
            if entries.get(name).is_none_or(|entry| entry.stamp != stamp) {
                wanted.push((name, path, stamp));
            }
        }
        if !gone.is_empty() || !wanted.is_empty() {
            let mut writer: IndexWriter = index.writer_with_num_threads(2, 400_000_000).map_err(failed)?;
            let replaced =
                wanted.iter().filter_map(|(name, ..)| entries.get(*name)).map(|entry| entry.number);
            let removed = gone.iter().filter_map(|name| entries.get(name)).map(|entry| entry.number);
            for number in replaced.chain(removed).collect::<Vec<u64>>() {
                writer.delete_term(IndexTerm::from_field_u64(source, number));
            }
            gone.iter().for_each(|name| drop(entries.remove(name)));
            let first = entries.values().map(|entry| entry.number + 1).max().unwrap_or(0);
            let (done, total) = (AtomicU64::new(0), wanted.len() as u64);
            let complaints: Mutex<Vec<String>> = Mutex::new(Vec::new());
            let seen: Mutex<HashSet<String>> = Mutex::new(std::mem::take(&mut forms));
            let added: Mutex<Vec<(String, Entry)>> = Mutex::new(Vec::new());
            let texts = directory.join("texts");
            wanted.par_iter().enumerate().try_for_each(|(at, (name, path, stamp))| -> io::Result<()> {
                let number = first + at as u64;
                match fs::read(path)
                    .map_err(|error| error.to_string())
                    .and_then(|bytes| read(name, &bytes).map_err(|why| why.to_string()))
                {
                    Ok(document) => {
                        let entry = add(&document, number, stamp, &texts, &seen, &mut |words, from, to| {
                            let tokens = words.iter().enumerate().map(|(position, word)| Token {
                                offset_from: 0,
                                offset_to: 0,
                                position,
                                text: word.to_string(),
                                position_length: 1,
                            });
                            let mut passage = TantivyDocument::default();
                            passage.add_pre_tokenized_text(
                                stem,
                                PreTokenizedString { text: String::new(), tokens: tokens.collect() },
                            );
                            passage.add_u64(source, number);
                            passage.add_u64(start, from as u64);
                            passage.add_u64(end, to as u64);
                            writer.add_document(passage).map(|_| ()).map_err(failed)
                        })?;
                        lock(&added).push(((*name).clone(), entry));
                    }
                    Err(why) => lock(&complaints).push(format!("{name} is left out: {why}")),
                }
                progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
                Ok(())
            })?;
            writer.commit().map_err(failed)?;
            writer.wait_merging_threads().map_err(failed)?;
            entries.extend(added.into_inner().unwrap_or_default());
            forms = seen.into_inner().unwrap_or_default();
            let mut complaints = complaints.into_inner().unwrap_or_default();
            complaints.sort();
            skipped.append(&mut complaints);
            let mut sorted: Vec<&String> = forms.iter().collect();
            sorted.sort_unstable();
            let text: String = sorted.into_iter().flat_map(|form| [form.as_str(), "\n"]).collect();
            write_whole(&directory.join(FORMS), &text)?;
            // The list of documents comes last: what it names is in the index.
            let lines: String = entries
                .iter()
                .map(|(name, entry)| {
                    format!(
                        "{}\t{}\t{}\t{}\t{name}\n",
                        entry.number,
                        entry.hash,
                        entry.stamp,
                        entry.language.code()
                    )
                })
                .collect();
            write_whole(&directory.join(MANIFEST), &lines)?;
        }
        let reader = index.reader().map_err(failed)?;
        let sources = entries.into_iter().map(|(name, entry)| (entry.number, (name, entry))).collect();
        Ok(Self { directory: directory.to_owned(), reader, stem, sources, forms })
    }

    /// How many documents it has.
    pub fn len(&self) -> usize {
        self.sources.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    fn slice(&self, number: u64, range: Option<(u64, u64)>) -> String {
        let Some((_, entry)) = self.sources.get(&number) else { return String::new() };
        let path = self.directory.join("texts").join(&entry.hash);
        let Some((from, to)) = range else { return fs::read_to_string(path).unwrap_or_default() };
        let read = || -> io::Result<String> {
            use std::io::{Read, Seek, SeekFrom};
            let mut file = fs::File::open(&path)?;
            file.seek(SeekFrom::Start(from))?;
            let mut bytes = vec![0; usize::try_from(to - from).unwrap_or(0)];
            file.read_exact(&mut bytes)?;
            String::from_utf8(bytes).map_err(io::Error::other)
        };
        read().unwrap_or_default()
    }

    fn find(&self, terms: &[Term], most: usize) -> tantivy::Result<Vec<Passage>> {
        let searcher = self.reader.searcher();
        // The terms that can add most to a score, by weight and rarity: the time of a search grows faster than their number.
        let total = searcher.num_docs() as f32;
        let mut worth: Vec<(f32, IndexTerm, f32)> = Vec::with_capacity(terms.len());
        for (stem, weight) in terms {
            let term = IndexTerm::from_field_text(self.stem, stem);
            let among = searcher.doc_freq(&term)? as f32;
            if among > 0.0 {
                worth.push((weight * (1.0 + (total - among + 0.5) / (among + 0.5)).ln(), term, *weight));
            }
        }
        worth.sort_by(|left, right| right.0.total_cmp(&left.0));
        worth.truncate(TERMS);
        let clauses: Vec<(Occur, Box<dyn Query>)> = worth
            .into_iter()
            .map(|(_, term, weight)| {
                let term = TermQuery::new(term, IndexRecordOption::WithFreqs);
                let boosted: Box<dyn Query> = Box::new(BoostQuery::new(Box::new(term), weight));
                (Occur::Should, boosted)
            })
            .collect();
        let best = searcher
            .search(&BooleanQuery::new(clauses), &TopDocs::with_limit(most.max(1)).order_by_score())?;
        let mut out = Vec::with_capacity(best.len());
        for (_, address) in best {
            let fields = searcher.segment_reader(address.segment_ord).fast_fields();
            let value = |name: &str| -> tantivy::Result<u64> {
                Ok(fields.u64(name)?.first(address.doc_id).unwrap_or_default())
            };
            let (number, start, end) = (value("source")?, value("start")?, value("end")?);
            let text = self.slice(number, Some((start, end)));
            if !text.is_empty() {
                out.push(Passage { source: number as usize, start: start as usize, text });
            }
        }
        Ok(out)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Takes a passage: its stems, its first and its last byte.
type Taken<'a> = &'a mut dyn FnMut(&[&str], usize, usize) -> io::Result<()>;

/// Keeps a document's text and gives its passages to `passage`: stems, first and last byte.
fn add(
    document: &Document,
    number: u64,
    stamp: &str,
    texts: &Path,
    forms: &Mutex<HashSet<String>>,
    passage: Taken<'_>,
) -> io::Result<Entry> {
    let language = Language::of(&document.text);
    let hash: String = document.hash.iter().map(|byte| format!("{byte:02x}")).collect();
    fs::write(texts.join(&hash), &document.text)?;
    let list = words(&document.text, language);
    for part in passages(&list).filter(|part| !part.is_empty()) {
        let stems: Vec<&str> = part.iter().map(|word| word.stem.as_str()).collect();
        passage(&stems, part[0].span.start, part[part.len() - 1].span.end)?;
    }
    let own: HashSet<String> = list.into_iter().map(|word| word.form).collect();
    lock(forms).extend(own);
    Ok(Entry { number, hash, stamp: stamp.to_owned(), language })
}

fn stamp(path: &Path) -> io::Result<String> {
    let about = fs::metadata(path)?;
    let changed = about.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_micros();
    Ok(format!("{}-{changed}", about.len()))
}

/// Writes a file so that it is there whole or not at all.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let beside = path.with_extension("new");
    fs::write(&beside, text)?;
    fs::rename(&beside, path)
}

fn manifest(path: &Path) -> io::Result<BTreeMap<String, Entry>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    let entry = |line: &str| {
        let mut parts = line.splitn(5, '\t');
        let (number, hash, stamp) = (parts.next()?.parse().ok()?, parts.next()?, parts.next()?);
        let language = if parts.next()? == "es" { Language::Spanish } else { Language::English };
        Some((parts.next()?.to_owned(), Entry { number, hash: hash.into(), stamp: stamp.into(), language }))
    };
    Ok(text.lines().filter_map(entry).collect())
}

impl Library for Index {
    fn passages(&self, terms: &[Term], most: usize) -> Vec<Passage> {
        self.find(terms, most).unwrap_or_default()
    }

    fn knows(&self, form: &str) -> bool {
        self.forms.contains(form)
    }

    fn similar(&self, form: &str) -> Vec<String> {
        rejoin_inquiry::text::shelf::similar(form, self.forms.iter())
    }

    fn name(&self, source: usize) -> String {
        self.sources.get(&(source as u64)).map(|(name, _)| name.clone()).unwrap_or_default()
    }

    fn language(&self, source: usize) -> Language {
        self.sources.get(&(source as u64)).map_or(Language::English, |(_, entry)| entry.language)
    }

    fn text(&self, source: usize) -> String {
        self.slice(source as u64, None)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    use super::*;
    use rejoin_inquiry::text::{Judgement, check};

    #[test]
    fn an_index_follows_its_files_and_judges_as_a_shelf_does() {
        let directory = tempfile::tempdir().unwrap();
        let (sources, index) = (directory.path().join("sources"), directory.path().join("index"));
        fs::create_dir_all(&sources).unwrap();
        fs::write(
            sources.join("a.txt"),
            "The Director said that the office would return every child to its mother.",
        )
        .unwrap();
        fs::write(sources.join("b.bin"), [0u8, 1, 2]).unwrap();
        let text = "She said, \"the office would return every child to its mother\".";
        let judged = |skipped: &mut Vec<String>| {
            let index = Index::open(&index, std::slice::from_ref(&sources), skipped, &|_, _| {}).unwrap();
            (check(text, &index).quotations[0].judgement, index.len())
        };
        let mut skipped = Vec::new();
        assert_eq!(judged(&mut skipped), (Judgement::Verbatim, 1));
        assert!(skipped[0].starts_with("b.bin"), "{skipped:?}");
        fs::write(sources.join("a.txt"), "Nothing of the kind was ever said by anybody at the office.")
            .unwrap();
        assert_eq!(judged(&mut Vec::new()), (Judgement::NotFound, 1));
        fs::remove_file(sources.join("a.txt")).unwrap();
        assert_eq!(judged(&mut Vec::new()).1, 0);
    }
}
