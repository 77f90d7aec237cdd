//! The Merkle tree over the ledger (RFC 6962; leaves are the chain's hashes), kept as the roots of full subtrees of 256,
//! 65,536, … leaves, so that a proof reads a few hundred hashes, however long the ledger is.

use crate::Error;
use crate::database::{Database, values};
use crate::store::hash_of;
use rejoin_ledger::Hash;
use rejoin_ledger::merkle::{event_leaf, node_hash};

/// Levels between kept nodes: 2⁸ children each.
const STEP: u32 = 8;
const WIDTH: usize = 1 << STEP;

/// Folds a full row of nodes to their root.
fn fold(mut row: Vec<Hash>) -> Hash {
    while row.len() > 1 {
        row = row.chunks(2).map(|pair| node_hash(pair[0], pair[pair.len() - 1])).collect();
    }
    row.pop().unwrap_or_default()
}

/// Builds the kept nodes as leaves come.
#[derive(Clone, Default)]
pub(crate) struct Builder {
    /// Nodes of each kept level, from the leaves, that have no full parent yet.
    open: Vec<Vec<Hash>>,
    /// How many nodes each level has, from the first kept one.
    made: Vec<u64>,
    nodes: Vec<(u32, u64, Hash)>,
}

impl Builder {
    /// Goes on behind a ledger of a size.
    pub fn after(database: &Database, size: u64) -> Result<Self, Error> {
        let mut builder = Self::default();
        let mut count = size;
        let mut level = 0;
        while count > 0 {
            let below = count % WIDTH as u64;
            let first = count - below;
            let open = if level == 0 {
                let sql = "SELECT hash FROM event WHERE sequence > ?1 AND sequence <= ?2 ORDER BY sequence";
                database.rows(sql, values![first, size], |row| Ok(event_leaf(hash_of(row.get(0)?))))?
            } else {
                kept(database, level, first, count)?
            };
            builder.open.push(open);
            count /= WIDTH as u64;
            builder.made.push(count);
            level += STEP;
        }
        Ok(builder)
    }

    /// Takes the chain's hash after the next event.
    pub fn push(&mut self, head: Hash) {
        let mut node = event_leaf(head);
        for level in 0.. {
            if self.open.len() == level {
                self.open.push(Vec::with_capacity(WIDTH));
                self.made.push(0);
            }
            self.open[level].push(node);
            if self.open[level].len() < WIDTH {
                return;
            }
            node = fold(std::mem::take(&mut self.open[level]));
            self.nodes.push(((level as u32 + 1) * STEP, self.made[level], node));
            self.made[level] += 1;
        }
    }

    /// Nodes that were completed and not yet taken.
    pub fn take(&mut self) -> Vec<(u32, u64, Hash)> {
        std::mem::take(&mut self.nodes)
    }

    /// All nodes as lines, in order.
    pub fn lines(&mut self) -> Vec<String> {
        let mut nodes = self.take();
        nodes.sort_unstable_by_key(|(level, place, _)| (*level, *place));
        nodes.into_iter().map(|(level, place, hash)| format!("{level} {place} {hash}")).collect()
    }
}

/// The kept nodes as lines, in order.
pub(crate) fn lines(database: &Database) -> Result<Vec<String>, Error> {
    database.rows("SELECT level, place, hash FROM tree ORDER BY level, place", &[], |row| {
        Ok(format!("{} {} {}", row.get::<i64>(0)?, row.get::<i64>(1)?, hash_of(row.get(2)?)))
    })
}

fn kept(database: &Database, level: u32, from: u64, to: u64) -> Result<Vec<Hash>, Error> {
    let sql = "SELECT hash FROM tree WHERE level = ?1 AND place >= ?2 AND place < ?3 ORDER BY place";
    database.rows(sql, values![level, from, to], |row| Ok(hash_of(row.get(0)?)))
}

/// The root of the full subtree at a level and place.
///
/// # Errors
/// [`Error::DerivedDiffers`] when the tables lack what it is made of.
pub(crate) fn node(database: &Database, level: u32, place: u64) -> Result<Hash, Error> {
    let base = level / STEP * STEP;
    let count = 1u64 << (level - base);
    let (from, to) = (place * count, (place + 1) * count);
    let row = if base == 0 {
        let sql = "SELECT hash FROM event WHERE sequence > ?1 AND sequence <= ?2 ORDER BY sequence";
        database.rows(sql, values![from, to], |row| Ok(event_leaf(hash_of(row.get(0)?))))?
    } else {
        kept(database, base, from, to)?
    };
    if row.len() as u64 != count {
        return Err(Error::DerivedDiffers);
    }
    Ok(fold(row))
}
