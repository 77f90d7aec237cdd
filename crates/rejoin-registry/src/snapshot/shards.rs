//! A map and a row in pieces: a copy of either shares all pieces, and a change copies one.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc;

const SHARDS: usize = 512;
/// Things in a piece of a row.
const PIECE: usize = 1024;

/// A map whose copies share what they have in common.
#[derive(Debug, Clone)]
pub(crate) struct Shards<K, V> {
    hasher: RandomState,
    shards: Vec<Arc<HashMap<K, V>>>,
}

impl<K, V> Default for Shards<K, V> {
    fn default() -> Self {
        let none: Arc<HashMap<K, V>> = Arc::default();
        Self { hasher: RandomState::new(), shards: vec![none; SHARDS] }
    }
}

impl<K: Hash + Eq + Clone, V: Clone> Shards<K, V> {
    fn shard(&self, key: &K) -> usize {
        self.hasher.hash_one(key) as usize % SHARDS
    }

    pub fn get(&self, key: &K) -> Option<&V> {
        self.shards[self.shard(key)].get(key)
    }

    /// Sets what a key has; nothing: takes the key out.
    pub fn set(&mut self, key: K, value: Option<V>) {
        let shard = self.shard(&key);
        let shard = Arc::make_mut(&mut self.shards[shard]);
        match value {
            Some(value) => drop(shard.insert(key, value)),
            None => drop(shard.remove(&key)),
        }
    }

    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.shards.iter().flat_map(|shard| shard.values())
    }
}

/// A row of things by their place, whose copies share what they have in common.
#[derive(Debug, Clone)]
pub(crate) struct Pieces<T>(Vec<Arc<[T]>>);

impl<T: Clone> Pieces<T> {
    pub fn new(all: &[T]) -> Self {
        Self(all.chunks(PIECE).map(Arc::from).collect())
    }

    pub fn get(&self, at: u32) -> &T {
        &self.0[at as usize / PIECE][at as usize % PIECE]
    }

    pub fn set(&mut self, at: u32, value: T) {
        Arc::make_mut(&mut self.0[at as usize / PIECE])[at as usize % PIECE] = value;
    }
}
