//! The tree against the published vectors, against its definition written down naively, against another crate.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use super::*;
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use std::convert::Infallible;

/// The leaves and roots of the reference implementation of Certificate Transparency.
const LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|at| leaf_hash(&at.to_be_bytes())).collect()
}

/// RFC 9162, 2.1.1, word for word.
fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves.len() {
        0 => empty_root(),
        1 => leaves[0],
        n => {
            let k = naive_split(n);
            node_hash(naive_root(&leaves[..k]), naive_root(&leaves[k..]))
        }
    }
}

fn naive_split(n: usize) -> usize {
    let mut k = 1;
    while k * 2 < n {
        k *= 2;
    }
    k
}

/// RFC 9162, 2.1.3.1.
fn naive_path(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    let n = leaves.len();
    if n == 1 {
        return Vec::new();
    }
    let k = naive_split(n);
    let (mut path, other) = if m < k {
        (naive_path(m, &leaves[..k]), naive_root(&leaves[k..]))
    } else {
        (naive_path(m - k, &leaves[k..]), naive_root(&leaves[..k]))
    };
    path.push(other);
    path
}

/// RFC 9162, 2.1.4.1.
fn naive_subproof(m: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    let n = leaves.len();
    if m == n {
        return if whole { Vec::new() } else { vec![naive_root(leaves)] };
    }
    let k = naive_split(n);
    let (mut path, other) = if m <= k {
        (naive_subproof(m, &leaves[..k], whole), naive_root(&leaves[k..]))
    } else {
        (naive_subproof(m - k, &leaves[k..], false), naive_root(&leaves[..k]))
    };
    path.push(other);
    path
}

/// Full subtrees only, within `size`; anything else that is asked for fails the test.
fn stored(leaves: &[Hash], size: u64) -> impl FnMut(u32, u64) -> Result<Hash, Infallible> + '_ {
    move |level, index| {
        let (low, high) = (index << level, (index + 1) << level);
        assert!(high <= size, "asked for the subtree {level}/{index}, which is not full at {size}");
        Ok(naive_root(&leaves[low as usize..high as usize]))
    }
}

#[test]
fn the_published_roots() {
    let mut frontier = Frontier::new();
    for (size, expected) in ROOTS.iter().enumerate() {
        assert_eq!(frontier.root().to_string(), *expected, "size {size}");
        if let Some(leaf) = LEAVES.get(size) {
            frontier.push(leaf_hash(leaf));
        }
    }
    let hashes: Vec<Hash> = LEAVES.iter().map(|leaf| leaf_hash(leaf)).collect();
    // The reference implementation's proofs: leaf 5 of 8, and 6 to 8.
    let path = inclusion(5, 8, &mut stored(&hashes, 8)).unwrap();
    let text: Vec<String> = path.iter().map(ToString::to_string).collect();
    assert_eq!(
        text,
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
    let path = consistency(6, 8, &mut stored(&hashes, 8)).unwrap();
    let text: Vec<String> = path.iter().map(ToString::to_string).collect();
    assert_eq!(
        text,
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
}

#[test]
fn every_proof_up_to_seventy_leaves_is_the_definitions_and_verifies() {
    let all = leaves(70);
    let roots: Vec<Hash> = (0..=70).map(|size| naive_root(&all[..size])).collect();
    for size in 0..=70u64 {
        let now = &all[..size as usize];
        assert_eq!(root(size, &mut stored(&all, size)).unwrap(), roots[size as usize]);
        for index in 0..size {
            let path = inclusion(index, size, &mut stored(&all, size)).unwrap();
            assert_eq!(path, naive_path(index as usize, now), "leaf {index} of {size}");
            let (leaf, top) = (all[index as usize], roots[size as usize]);
            assert!(verify_inclusion(leaf, index, size, &path, top));
            assert!(!verify_inclusion(leaf, index, size, &path, roots[size as usize - 1]));
            for other in (0..=size).filter(|other| *other != index) {
                assert!(!verify_inclusion(leaf, other, size, &path, top), "leaf {index} passes for {other}");
            }
            for at in 0..path.len() {
                let mut shorter = path.clone();
                shorter.remove(at);
                assert!(!verify_inclusion(leaf, index, size, &shorter, top));
                let mut changed = path.clone();
                changed[at].0[7] ^= 4;
                assert!(!verify_inclusion(leaf, index, size, &changed, top));
            }
            let mut longer = path.clone();
            longer.push(Hash::default());
            assert!(!verify_inclusion(leaf, index, size, &longer, top));
        }
        for old in 0..=size {
            let path = consistency(old, size, &mut stored(&all, size)).unwrap();
            let (before, top) = (roots[old as usize], roots[size as usize]);
            if old > 0 {
                assert_eq!(path, naive_subproof(old as usize, now, true), "{old} to {size}");
            }
            assert!(verify_consistency(old, size, before, top, &path), "{old} to {size}");
            let mut wrong = before;
            wrong.0[0] ^= 1;
            assert!(!verify_consistency(old, size, wrong, top, &path));
            wrong = top;
            wrong.0[0] ^= 1;
            assert!(old == 0 || !verify_consistency(old, size, before, wrong, &path));
            for at in 0..path.len() {
                let mut changed = path.clone();
                changed[at].0[31] ^= 1;
                assert!(!verify_consistency(old, size, before, top, &changed));
                changed.remove(at);
                assert!(!verify_consistency(old, size, before, top, &changed));
            }
            let mut longer = path.clone();
            longer.push(Hash::default());
            assert!(!verify_consistency(old, size, before, top, &longer));
            assert!(old == size || !verify_consistency(size, old, top, before, &path));
        }
    }
    assert!(inclusion(5, 5, &mut stored(&all, 5)).unwrap().is_empty());
    assert!(consistency(6, 5, &mut stored(&all, 5)).unwrap().is_empty());
}

#[test]
fn the_frontier_names_every_full_subtree_once_and_is_read_back() {
    let all = leaves(70);
    let mut frontier = Frontier::new();
    let mut named = std::collections::BTreeMap::new();
    for (at, leaf) in all.iter().enumerate() {
        frontier.push_noting(*leaf, |level, index, hash| {
            assert_eq!(named.insert((level, index), hash), None);
        });
        let size = at as u64 + 1;
        assert_eq!((frontier.size(), frontier.root()), (size, naive_root(&all[..=at])));
        let bytes = frontier.to_bytes();
        assert_eq!(Frontier::from_bytes(&bytes), Ok(frontier.clone()));
        assert_eq!(Frontier::from_bytes(&bytes[..bytes.len() - 1]), Err(NotAFrontier));
        assert_eq!(Frontier::from_bytes(&bytes[..bytes.len() - 32]), Err(NotAFrontier));
        let from_named = root(size, &mut |level, index| named.get(&(level, index)).copied().ok_or(()));
        assert_eq!(from_named, Ok(frontier.root()));
    }
    for ((level, index), hash) in named {
        assert_eq!(hash, naive_root(&all[(index << level) as usize..((index + 1) << level) as usize]));
    }
    assert_eq!(Frontier::from_bytes(&[0; 8]), Ok(Frontier::new()));
    assert_eq!(Frontier::from_bytes(&[]), Err(NotAFrontier));
}

#[test]
fn another_implementation_agrees() {
    let mut theirs = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    let mut ours = Vec::new();
    for at in 0..40u64 {
        let data = at.to_be_bytes().to_vec();
        ours.push(leaf_hash(&data));
        theirs.push(data);
        let size = at + 1;
        let their_root = theirs.root();
        assert_eq!(their_root.as_bytes()[..], root(size, &mut stored(&ours, size)).unwrap().0[..]);
        for index in 0..size {
            let path = inclusion(index, size, &mut stored(&ours, size)).unwrap();
            let bytes: Vec<u8> = path.iter().flat_map(|hash| hash.0).collect();
            assert_eq!(theirs.prove_inclusion(index as usize).as_bytes(), bytes);
        }
        for old in 1..size {
            let path = consistency(old, size, &mut stored(&ours, size)).unwrap();
            let bytes: Vec<u8> = path.iter().flat_map(|hash| hash.0).collect();
            assert_eq!(theirs.prove_consistency((size - old) as usize).as_bytes(), bytes, "{old} to {size}");
        }
    }
}

#[test]
fn an_error_of_the_store_is_handed_on() {
    assert_eq!(inclusion(3, 9, &mut |_, _| Err("lost")), Err("lost"));
    assert_eq!(consistency(3, 9, &mut |_, _| Err("lost")), Err("lost"));
    assert_eq!(root(9, &mut |_, _| Err("lost")), Err("lost"));
}

proptest::proptest! {
    #[test]
    fn huge_trees_of_one_leaf_repeated(index in 0u64.., size in 1u64..) {
        // All leaves alike: the hash of a full subtree depends on its level alone.
        let leaf = leaf_hash(b"x");
        let levels: Vec<Hash> =
            std::iter::successors(Some(leaf), |hash| Some(node_hash(*hash, *hash))).take(64).collect();
        let mut node = |level: u32, _| Ok::<_, Infallible>(levels[level as usize]);
        let index = index % size;
        let top = root(size, &mut node).unwrap();
        let path = inclusion(index, size, &mut node).unwrap();
        proptest::prop_assert!(path.len() <= 64);
        proptest::prop_assert!(verify_inclusion(leaf, index, size, &path, top));
        let old = index + 1;
        let before = root(old, &mut node).unwrap();
        let path = consistency(old, size, &mut node).unwrap();
        proptest::prop_assert!(verify_consistency(old, size, before, top, &path));
    }

    #[test]
    fn no_bytes_make_a_verifier_panic(
        old in 0u64.., new in 0u64..,
        steps in proptest::collection::vec(proptest::array::uniform32(0u8..), 0..70),
    ) {
        let steps: Vec<Hash> = steps.into_iter().map(Hash).collect();
        proptest::prop_assert!(!verify_inclusion(Hash::default(), old, new, &steps, Hash::default()));
        proptest::prop_assert!(!verify_consistency(old, new, Hash::default(), Hash([1; 32]), &steps));
        let bytes: Vec<u8> = steps.iter().flat_map(|step| step.0).collect();
        let _ = Frontier::from_bytes(&bytes);
    }
}
