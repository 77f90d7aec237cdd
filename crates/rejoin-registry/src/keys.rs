//! Keys, apart from the data. What is personal in the ledger and in derived tables is sealed under a key of its subject
//! (a record, a list, an account …). Destroying the key erases every copy of the sealed bytes, backups of the data
//! included, and leaves the ledger's chain whole.
//!
//! The keys are in a directory beside the case's, in a small SQLite file, each wrapped under a master key that is in a
//! file of its own, so that it can be kept elsewhere (a token, another volume). The same directory holds the seed of the
//! key that signs checkpoints. A backup of the data is worth nothing without this directory; keep the two apart, and let
//! backups of it be short-lived: an erased key must not come back.
//!
//! Sealed form: `RJS1`, number of subjects (1 byte), each subject as its length (1 byte) and its text, nonce (24 bytes),
//! XChaCha20-Poly1305 ciphertext and tag. The associated data are the kind and everything before the nonce. The key is
//! that of the subject; of several subjects, SHA-256("rejoin seal 1\0" ‖ their keys in order): erasing one of them
//! erases what was sealed for all.

use crate::Error;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, RwLock};

const MAGIC: &[u8; 4] = b"RJS1";
const NONCE: usize = 24;

/// A key of 256 bits.
#[derive(Clone, Copy)]
pub(crate) struct Key([u8; 32]);

/// The keys of a case.
pub(crate) struct Keys {
    connection: Mutex<Connection>,
    master: XChaCha20Poly1305,
    /// Keys in use, so that a list of a million is not unwrapped twice.
    known: RwLock<HashMap<String, Key>>,
    /// Made in the change under way, and not yet on disk.
    made: Mutex<Vec<(String, Key)>>,
    directory: PathBuf,
}

/// Random bytes of the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0u8; N];
    getrandom::fill(&mut bytes).map_err(|error| Error::Keys(format!("no randomness: {error}")))?;
    Ok(bytes)
}

thread_local! {
    /// Random bytes for nonces, drawn by the page: a call to the system for each would cost more than sealing.
    static POOL: RefCell<(Vec<u8>, usize)> = const { RefCell::new((Vec::new(), 0)) };
}

fn nonce() -> Result<[u8; NONCE], Error> {
    POOL.with_borrow_mut(|(pool, used)| {
        if *used + NONCE > pool.len() {
            pool.resize(4096, 0);
            getrandom::fill(pool).map_err(|error| Error::Keys(format!("no randomness: {error}")))?;
            *used = 0;
        }
        let mut bytes = [0u8; NONCE];
        bytes.copy_from_slice(&pool[*used..*used + NONCE]);
        *used += NONCE;
        Ok(bytes)
    })
}

fn locked<T>(lock: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Keys {
    /// Makes the directory, the master key, the seed for signing, and the empty store of keys.
    pub fn create(directory: &Path) -> Result<Self, Error> {
        let refuse = |source| Error::Directory { path: directory.into(), source };
        std::fs::create_dir_all(directory).map_err(refuse)?;
        if directory.join("keys.sqlite").exists() || directory.join("master.key").exists() {
            return Err(Error::Keys(format!("there are keys in {} already", directory.display())));
        }
        private(directory, 0o700)?;
        secret(&directory.join("master.key"), &hex(&random::<32>()?))?;
        secret(&directory.join("signing.seed"), &hex(&random::<32>()?))?;
        let keys = Self::open(directory)?;
        locked(&keys.connection).execute_batch(
            "CREATE TABLE subject_key (subject TEXT PRIMARY KEY, wrapped BLOB NOT NULL) STRICT, WITHOUT ROWID;",
        )?;
        private(&directory.join("keys.sqlite"), 0o600)?;
        Ok(keys)
    }

    /// Opens the keys.
    ///
    /// # Errors
    /// [`Error::Keys`] when they are not there: without them the case's data cannot be read.
    pub fn open(directory: &Path) -> Result<Self, Error> {
        let master = read_key(&directory.join("master.key"))?;
        let connection = Connection::open(directory.join("keys.sqlite"))?;
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        // No write-ahead log, and deleted bytes are overwritten: a destroyed key is nowhere.
        connection.pragma_update(None, "journal_mode", "TRUNCATE")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "secure_delete", "ON")?;
        // A list of a hundred thousand people makes as many keys in one change.
        connection.pragma_update(None, "cache_size", -32_000)?;
        Ok(Self {
            connection: Mutex::new(connection),
            master: XChaCha20Poly1305::new(&master.into()),
            known: RwLock::default(),
            made: Mutex::default(),
            directory: directory.into(),
        })
    }

    /// The seed of the key that signs checkpoints.
    pub fn signing_seed(&self) -> Result<[u8; 32], Error> {
        read_key(&self.directory.join("signing.seed"))
    }

    fn get(&self, subject: &str) -> Result<Option<Key>, Error> {
        if let Ok(known) = self.known.read()
            && let Some(key) = known.get(subject)
        {
            return Ok(Some(*key));
        }
        // The connection is held until the key is known: a key that is destroyed meanwhile must not be remembered.
        let connection = locked(&self.connection);
        let wrapped: Option<Vec<u8>> = connection
            .prepare_cached("SELECT wrapped FROM subject_key WHERE subject = ?1")?
            .query_row([subject], |row| row.get(0))
            .optional()?;
        let Some(wrapped) = wrapped else { return Ok(None) };
        let key = self.unwrap(subject, &wrapped)?;
        self.remember(subject, key);
        Ok(Some(key))
    }

    fn remember(&self, subject: &str, key: Key) {
        self.known.write().unwrap_or_else(std::sync::PoisonError::into_inner).insert(subject.to_owned(), key);
    }

    fn unwrap(&self, subject: &str, wrapped: &[u8]) -> Result<Key, Error> {
        let broken = || Error::Keys(format!("the key of {subject} does not fit the master key"));
        let (nonce, sealed) = wrapped.split_at_checked(NONCE).ok_or_else(broken)?;
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| broken())?;
        let payload = Payload { msg: sealed, aad: subject.as_bytes() };
        let key = self.master.decrypt(&XNonce::from(nonce), payload).map_err(|_| broken())?;
        key.try_into().map(Key).map_err(|_| broken())
    }

    /// Reads every key ahead, for work that needs most of them.
    pub fn preload(&self) -> Result<(), Error> {
        let connection = locked(&self.connection);
        let count: i64 = connection.query_row("SELECT COUNT(*) FROM subject_key", [], |row| row.get(0))?;
        let mut known = self.known.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if known.len() as i64 >= count {
            return Ok(());
        }
        let mut statement = connection.prepare("SELECT subject, wrapped FROM subject_key")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let subject: String = row.get(0)?;
            if let Entry::Vacant(place) = known.entry(subject) {
                let key = self.unwrap(place.key(), row.get_ref(1)?.as_blob().unwrap_or_default())?;
                place.insert(key);
            }
        }
        Ok(())
    }

    /// The key of a subject, made when it has none. It is on disk after [`Keys::keep`].
    fn get_or_make(&self, subject: &str) -> Result<Key, Error> {
        if let Some(key) = self.get(subject)? {
            return Ok(key);
        }
        let mut made = locked(&self.made);
        // Another thread may have made it between the look and the lock; a subject has one key.
        if let Some(key) = self.get(subject)? {
            return Ok(key);
        }
        let key = Key(random()?);
        made.push((subject.to_owned(), key));
        self.remember(subject, key);
        Ok(key)
    }

    /// Writes down what was made. Called before the change that needs it is kept: a key too many harms nobody, a sealed
    /// event without its key is lost.
    pub fn keep(&self) -> Result<(), Error> {
        let mut made = std::mem::take(&mut *locked(&self.made));
        // In the order of the table, so that each of its pages is written once.
        made.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let kept = self.write(&made);
        if kept.is_err() {
            // A key that is not on disk must not seal anything later either.
            self.forget(&made);
        }
        kept
    }

    fn write(&self, made: &[(String, Key)]) -> Result<(), Error> {
        if made.is_empty() {
            return Ok(());
        }
        let mut connection = locked(&self.connection);
        let transaction = connection.transaction()?;
        {
            let mut insert =
                transaction.prepare("INSERT INTO subject_key (subject, wrapped) VALUES (?1, ?2)")?;
            for (subject, key) in made {
                let nonce = nonce()?;
                let payload = Payload { msg: &key.0, aad: subject.as_bytes() };
                let sealed = self
                    .master
                    .encrypt(&XNonce::from(nonce), payload)
                    .map_err(|_| Error::Keys(format!("the key of {subject} cannot be wrapped")))?;
                insert.execute(params![subject, [&nonce[..], &sealed].concat()])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Forgets what was made for a change that was not kept.
    pub fn drop_made(&self) {
        let made = std::mem::take(&mut *locked(&self.made));
        self.forget(&made);
    }

    fn forget(&self, keys: &[(String, Key)]) {
        let mut known = self.known.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        for (subject, _) in keys {
            known.remove(subject);
        }
    }

    /// Destroys keys, and with them everything that was sealed under them. Gives how many there were.
    pub fn destroy(&self, subjects: &[String]) -> Result<u64, Error> {
        let mut connection = locked(&self.connection);
        let transaction = connection.transaction()?;
        let mut gone = 0;
        for subject in subjects {
            gone += transaction.execute("DELETE FROM subject_key WHERE subject = ?1", [subject])? as u64;
        }
        transaction.commit()?;
        let mut known = self.known.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        for subject in subjects {
            known.remove(subject);
        }
        Ok(gone)
    }

    /// Which of these still have a key.
    pub fn has(&self, subject: &str) -> Result<bool, Error> {
        let connection = locked(&self.connection);
        let count: i64 = connection
            .prepare_cached("SELECT COUNT(*) FROM subject_key WHERE subject = ?1")?
            .query_row([subject], |row| row.get(0))?;
        Ok(count > 0)
    }

    /// Seals bytes for one or more subjects.
    pub fn seal(&self, kind: &str, subjects: &[&str], plain: &[u8]) -> Result<Vec<u8>, Error> {
        // Sealed for nobody would be sealed under a key that everybody can compute.
        if subjects.is_empty() {
            return Err(Error::Keys(format!("{kind} is sealed for nobody")));
        }
        let mut keys = Vec::with_capacity(subjects.len());
        for subject in subjects {
            keys.push(self.get_or_make(subject)?);
        }
        let mut out = Vec::with_capacity(plain.len() + 96);
        out.extend_from_slice(MAGIC);
        out.push(u8::try_from(subjects.len()).unwrap_or(u8::MAX));
        for subject in subjects {
            let length = u8::try_from(subject.len())
                .map_err(|_| Error::Keys(format!("{subject:?} is too long a name for a subject")))?;
            out.push(length);
            out.extend_from_slice(subject.as_bytes());
        }
        let associated = [kind.as_bytes(), &out].concat();
        let nonce = nonce()?;
        let sealed = XChaCha20Poly1305::new(&joined(&keys).0.into())
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: &associated })
            .map_err(|_| Error::Keys("bytes could not be sealed".into()))?;
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    /// Opens sealed bytes.
    ///
    /// # Errors
    /// [`Error::Keys`] when they are not what was sealed. A key that is not there gives the subject that lacks it.
    pub fn open_sealed(&self, kind: &str, sealed: &[u8]) -> Result<Opened, Error> {
        let broken = || Error::Keys(format!("a sealed text of {kind} is not what was written"));
        let (subjects, rest) = subjects(sealed).ok_or_else(broken)?;
        let mut keys = Vec::with_capacity(subjects.len());
        for subject in &subjects {
            match self.get(subject)? {
                Some(key) => keys.push(key),
                None => return Ok(Opened::NoKey((*subject).to_owned())),
            }
        }
        let head = sealed.len() - rest.len();
        let associated = [kind.as_bytes(), &sealed[..head]].concat();
        let (nonce, body) = rest.split_at_checked(NONCE).ok_or_else(broken)?;
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| broken())?;
        XChaCha20Poly1305::new(&joined(&keys).0.into())
            .decrypt(&XNonce::from(nonce), Payload { msg: body, aad: &associated })
            .map(Opened::Plain)
            .map_err(|_| broken())
    }

    /// A keyed digest of a value that is looked up by equality and must not be guessable from the database alone.
    pub fn token(&self, kind: &str, value: &str) -> Result<String, Error> {
        let key = self.get_or_make("index")?;
        let mut hash = Sha256::new();
        hash.update(b"rejoin token 1\0");
        hash.update(key.0);
        hash.update((kind.len() as u64).to_be_bytes());
        hash.update(kind);
        hash.update(value);
        Ok(hex(&hash.finalize()[..12]))
    }
}

/// What opening sealed bytes gives.
pub(crate) enum Opened {
    /// The bytes.
    Plain(Vec<u8>),
    /// The subject whose key is not there.
    NoKey(String),
}

/// The subjects that sealed bytes name, and what follows them; none when the bytes are not sealed.
pub(crate) fn subjects(sealed: &[u8]) -> Option<(Vec<&str>, &[u8])> {
    let rest = sealed.strip_prefix(MAGIC)?;
    let (count, mut rest) = rest.split_first()?;
    let mut subjects = Vec::with_capacity(usize::from(*count));
    for _ in 0..*count {
        let (length, after) = rest.split_first()?;
        let (subject, after) = after.split_at_checked(usize::from(*length))?;
        subjects.push(std::str::from_utf8(subject).ok()?);
        rest = after;
    }
    Some((subjects, rest))
}

fn joined(keys: &[Key]) -> Key {
    if let [key] = keys {
        return *key;
    }
    let mut hash = Sha256::new();
    hash.update(b"rejoin seal 1\0");
    keys.iter().for_each(|key| hash.update(key.0));
    Key(hash.finalize().into())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read_key(file: &Path) -> Result<[u8; 32], Error> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Error::Keys(format!("{} cannot be read: {error}", file.display())))?;
    let text = text.trim();
    let mut key = [0u8; 32];
    let pairs = text.len() == 64 && text.is_ascii();
    let whole = pairs
        && key.iter_mut().enumerate().all(|(at, byte)| {
            u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).map(|read| *byte = read).is_ok()
        });
    if whole {
        Ok(key)
    } else {
        Err(Error::Keys(format!("{} holds no key of 64 hexadecimal digits", file.display())))
    }
}

/// Writes a secret into a new file that only its owner reads, and waits until it is on disk.
fn secret(file: &Path, text: &str) -> Result<(), Error> {
    use std::io::Write;
    let refuse = |source| Error::Directory { path: file.into(), source };
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(file).map_err(refuse)?;
    writeln!(out, "{text}").and_then(|()| out.sync_all()).map_err(refuse)
}

fn private(path: &Path, mode: u32) -> Result<(), Error> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
            .map_err(|source| Error::Directory { path: path.into(), source })?;
    }
    #[cfg(not(unix))]
    let _ = (path, mode);
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    use super::*;

    #[test]
    fn sealed_bytes_open_with_their_key_and_never_after_it_is_destroyed() {
        let directory = tempfile::tempdir().unwrap();
        let keys = Keys::create(&directory.path().join("k")).unwrap();
        let sealed = keys.seal("record-received", &["r1"], b"EVA PAZ").unwrap();
        let both = keys.seal("match-decided", &["r1", "r2"], b"because").unwrap();
        keys.keep().unwrap();
        assert!(!sealed.windows(3).any(|part| part == b"EVA"));
        assert!(keys.seal("note", &[], b"x").is_err());
        let keys = Keys::open(&directory.path().join("k")).unwrap();
        assert!(
            matches!(keys.open_sealed("record-received", &sealed).unwrap(), Opened::Plain(plain) if plain == b"EVA PAZ")
        );
        assert!(keys.open_sealed("another-kind", &sealed).is_err());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(
                !matches!(keys.open_sealed("record-received", &changed), Ok(Opened::Plain(_))),
                "byte {at}"
            );
        }
        assert_eq!(keys.destroy(&["r1".to_owned()]).unwrap(), 1);
        for (kind, sealed) in [("record-received", &sealed), ("match-decided", &both)] {
            assert!(matches!(keys.open_sealed(kind, sealed).unwrap(), Opened::NoKey(who) if who == "r1"));
        }
        let file = std::fs::read(directory.path().join("k/keys.sqlite")).unwrap();
        assert!(!file.windows(2).any(|part| part == b"r1"), "nothing of a destroyed key stays in the file");
    }

    #[test]
    fn keys_that_could_not_be_written_down_are_forgotten() {
        let directory = tempfile::tempdir().unwrap();
        let keys = Keys::create(&directory.path().join("k")).unwrap();
        let sealed = keys.seal("note", &["r1"], b"x").unwrap();
        // Another program's key of the same subject came first.
        let other = Keys::open(&directory.path().join("k")).unwrap();
        other.seal("note", &["r1"], b"y").unwrap();
        other.keep().unwrap();
        assert!(keys.keep().is_err());
        assert!(keys.open_sealed("note", &sealed).is_err(), "the key in use is the one on disk");
        let sealed = keys.seal("note", &["r1"], b"z").unwrap();
        keys.keep().unwrap();
        assert!(matches!(other.open_sealed("note", &sealed).unwrap(), Opened::Plain(plain) if plain == b"z"));
    }

    #[test]
    fn keys_of_a_change_that_was_not_kept_are_forgotten() {
        let directory = tempfile::tempdir().unwrap();
        let keys = Keys::create(&directory.path().join("k")).unwrap();
        let sealed = keys.seal("note", &["r1"], b"x").unwrap();
        keys.drop_made();
        assert!(matches!(keys.open_sealed("note", &sealed).unwrap(), Opened::NoKey(_)));
        assert!(Keys::create(&directory.path().join("k")).is_err());
    }
}
