//! The engine as a whole: two ways to the same answer, and planted truth.

use super::*;
use crate::engine::block::{Atom, Take};
use crate::engine::data::Reading;
use crate::engine::estimate::Counts;
use arrow_array::{Int32Array, StringArray, UInt32Array};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;

fn column(name: &str, kind: Kind, values: &[String]) -> Column {
    let mut distinct: Vec<&String> = values.iter().filter(|value| !value.is_empty()).collect();
    distinct.sort();
    distinct.dedup();
    let day = |value: &&String| (kind == Kind::Date).then(|| value.parse::<i32>().unwrap());
    Column {
        name: name.into(),
        kind,
        codes: UInt32Array::from_iter(
            values.iter().map(|value| distinct.binary_search(&value).ok().map(|code| code as u32)),
        ),
        words: StringArray::from_iter_values(&distinct),
        day: Int32Array::from_iter(distinct.iter().map(day)),
        span: Int32Array::from_iter(distinct.iter().map(|value| day(value).map(|_| 1))),
        lists: Vec::new(),
    }
}

/// Consonants as a sound.
fn read(word: &str) -> Reading {
    Reading { sounds: [word.replace(['a', 'e', 'i', 'o', 'u'], ""), String::new()], ..Reading::default() }
}

/// Households of four who share surname and street; each person stands on two rows, the second with a slip. Gives the
/// data and each row's person.
fn households(count: usize, seed: u64) -> (Data, Vec<u32>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let word = |rng: &mut ChaCha8Rng| -> String {
        (0..7).map(|at| if at % 2 == 0 { b"bdfglmnprst"[rng.random_range(0..11)] } else { b"aeiou"[rng.random_range(0..5)] } as char).collect()
    };
    let given: Vec<String> = (0..150).map(|_| word(&mut rng)).collect();
    let surnames: Vec<String> = (0..400).map(|_| word(&mut rng)).collect();
    let (mut rows, mut person) = (Vec::new(), Vec::new());
    for household in 0..count {
        let surname = &surnames[rng.random_range(0..surnames.len())];
        let street = format!("{} {}", word(&mut rng), household % 90);
        for member in 0..4 {
            let name = &given[rng.random_range(0..given.len())];
            let birth = 3_000 + rng.random_range(0..15_000);
            for copy in 0..2 {
                let mut own = [name.clone(), surname.clone(), birth.to_string(), street.clone()];
                if copy == 1 {
                    let slip: usize = rng.random_range(0..6);
                    if slip < 2 {
                        let at = rng.random_range(1..6);
                        own[slip].replace_range(at..at + 1, "x");
                    } else if slip < 4 {
                        own[slip].clear();
                    }
                }
                rows.push(own);
                person.push((household * 4 + member) as u32);
            }
        }
    }
    let at = |which: usize| rows.iter().map(|row| row[which].clone()).collect::<Vec<_>>();
    let columns = [
        column("given", Kind::Given, &at(0)),
        column("surname", Kind::Surname, &at(1)),
        column("birth", Kind::Date, &at(2)),
        column("street", Kind::Text, &at(3)),
    ];
    let data = Data::new(&columns, vec![0; rows.len()], &read);
    (data, person)
}

fn spec() -> Spec {
    let comparison = |name: &str, kind, columns: &[usize]| Comparison {
        name: name.into(),
        kind,
        columns: columns.to_vec(),
    };
    Spec {
        comparisons: vec![
            comparison("given", Kind::Given, &[0, 1]),
            comparison("surname", Kind::Surname, &[1, 0]),
            comparison("birth", Kind::Date, &[2]),
            comparison("street", Kind::Text, &[3]),
        ],
        ..Spec::default()
    }
}

#[test]
fn people_are_found_and_households_are_not_fused() {
    let (data, person) = households(500, 1);
    let linked = link(&data, &spec(), &|_| ());
    assert!(linked.model.converged);
    let quality = crate::evaluate::pairwise(&linked.cluster, &person);
    assert!(
        quality.precision() > 0.99 && quality.recall() > 0.94,
        "{} {}",
        quality.precision(),
        quality.recall()
    );
    // Without the class of relatives a sibling whose birth date is missing would be taken for the same person.
    assert!(linked.model.relatives > linked.model.prior, "six pairs of relatives a household, four matches");
}

#[test]
fn explanations_add_up_to_the_score() {
    let (data, _) = households(120, 2);
    let linked = link(&data, &spec(), &|_| ());
    assert!(linked.links.len() > 100);
    for link in &linked.links {
        let steps = linked.explain(&data, link.left, link.right);
        let sum: i64 = steps.iter().map(|step| step.weight + step.frequency).sum();
        assert_eq!(sum, link.weight);
    }
}

/// Two ways to the same answer: by blocks, and by looking at every pair of rows.
#[test]
fn each_pair_of_the_blocks_is_compared_once() {
    let (data, _) = households(60, 3);
    let atom = |take, column| Atom { take, column, other: None };
    let rules: Vec<Rule> = vec![
        vec![atom(Take::Sound, 0), atom(Take::Exact, 1)],
        vec![Atom { take: Take::Crossed, column: 0, other: Some(1) }],
        vec![atom(Take::Exact, 2)],
        vec![atom(Take::Sound, 3)],
    ];
    let linked = link(&data, &Spec { rules: rules.clone(), ..spec() }, &|_| ());
    let keys: Vec<_> = rules.iter().map(|rule| block::RuleKeys::new(&data, rule)).collect();
    let mut expected = BTreeSet::new();
    for left in 0..data.len() as u32 {
        for right in left + 1..data.len() as u32 {
            let same = |keys: &block::RuleKeys| {
                let key = keys.key(data.row(left));
                key != 0 && key == keys.key(data.row(right))
            };
            if keys.iter().any(same) {
                expected.insert((left, right));
            }
        }
    }
    assert_eq!(linked.compared, expected.len() as u64);
    assert_eq!(linked.rules.iter().map(|rule| rule.compared).sum::<u64>(), linked.compared);
}

/// Rows in every way of writing: missing, partial dates, two surname columns, several values in a cell. What is compared in
/// batches, which look at equal values only once, has the levels of pairs compared one by one.
#[test]
fn batches_compare_as_single_pairs_do() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut values = |some: &[&str]| -> Vec<String> {
        (0..60).map(|_| some[rng.random_range(0..some.len())].to_owned()).collect()
    };
    let names = values(&["", "ana", "ana maria", "anna", "rosa"]);
    let (first, second) = (values(&["", "lopez", "lopes", "cruz"]), values(&["", "", "lopez", "cruz"]));
    let (dates, days) = (values(&["", "100", "400", "9000"]), values(&["", "100", "101"]));
    let phones = values(&["", "5550100", "5550101", "5550199"]);
    let mut columns = [
        column("given", Kind::Given, &names),
        column("first", Kind::Surname, &first),
        column("second", Kind::Surname, &second),
        column("birth", Kind::Date, &dates),
        column("seen", Kind::Date, &days),
        column("phone", Kind::Phone, &phones),
    ];
    columns[3].span = Int32Array::from(vec![1, 365, 31]);
    columns[5].lists = vec![vec![0], vec![1, 2], vec![2]];
    let data = Data::new(&columns, vec![0; 60], &read);
    let comparisons: Comparisons = [vec![0, 1], vec![1, 2, 0], vec![3], vec![4], vec![5]]
        .map(|columns| (of(data.columns[columns[0]].kind), columns))
        .into();
    let pairs: Vec<(u32, u32)> =
        (0..60).flat_map(|left| (left + 1..60).map(move |right| (left, right))).collect();
    let batch = pairs::patterns(&data, &comparisons, (0..60).collect(), pairs.clone());
    for ((left, right), levels) in pairs.into_iter().zip(batch) {
        assert_eq!(levels, pattern(&comparisons, &data, left, right), "{left} {right}");
    }
}

/// Two ways to the same blocks: sorted by what is left of the keys, and grouped by whole keys.
#[test]
fn blocks_are_the_rows_with_equal_keys() {
    for count in [0, 1, 300] {
        let (data, _) = households(count, 9);
        let rule = vec![
            Atom { take: Take::Exact, column: 1, other: None },
            Atom { take: Take::Head, column: 0, other: None },
        ];
        let keys = block::RuleKeys::new(&data, &rule);
        let mut grouped: HashMap<u64, Vec<u32>> = HashMap::new();
        for row in 0..data.len() as u32 {
            grouped.entry(keys.key(data.row(row))).or_default().push(row);
        }
        grouped.remove(&0);
        let expect: BTreeSet<Vec<u32>> = grouped.into_values().filter(|rows| rows.len() > 1).collect();
        let blocks = Blocks::new(&data, &[rule], 2_000, &|_| String::new());
        let found = blocks.visit(|chunk| {
            let mut pairs = Vec::new();
            chunk.each_pair(|_| true, |left, right| pairs.push((chunk.rows[left], chunk.rows[right])));
            pairs
        });
        let found: BTreeSet<(u32, u32)> = found.into_iter().flatten().collect();
        let pairs = |rows: &Vec<u32>| -> Vec<(u32, u32)> {
            rows.iter()
                .enumerate()
                .flat_map(|(at, left)| rows[at + 1..].iter().map(move |right| (*left, *right)))
                .collect()
        };
        assert_eq!(found, expect.iter().flat_map(pairs).collect(), "{count}");
    }
}

/// A short list beside a long one is drawn from as often as the long one; of three, every pair is drawn equally often.
#[test]
fn random_pairs_of_files_of_any_size() {
    let of_sizes = |sizes: &[usize]| {
        let source: Vec<u32> = (0u32..).zip(sizes).flat_map(|(at, size)| vec![at; *size]).collect();
        let names: Vec<String> = (0..source.len()).map(|row| format!("n{row}")).collect();
        Data::new(&[column("given", Kind::Given, &names)], source, &read)
    };
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut draw = |below: usize| rng.random_range(0..below) as u32;
    let two = Sources::new(&of_sizes(&[20, 4_980]), true);
    let drawn: Vec<u32> = (0..100_000).map(|_| two.draw(&mut draw)).collect();
    let small = drawn.iter().filter(|row| **row < 20).count();
    assert!((49_000..51_000).contains(&small), "{small}");
    assert!(drawn.iter().collect::<BTreeSet<_>>().len() > 4_900);
    assert!((0..1_000).all(|_| two.takes(0, 1, &mut draw)) && !two.takes(1, 1, &mut draw));
    let data = of_sizes(&[200, 30, 30]);
    let three = Sources::new(&data, true);
    let mut taken = [0f64; 2];
    for _ in 0..400_000 {
        let (left, right) = (three.draw(&mut draw), three.draw(&mut draw));
        let (left, right) = (data.source[left as usize], data.source[right as usize]);
        if three.takes(left, right, &mut draw) {
            taken[usize::from(left > 0 && right > 0)] += 1.0;
        }
    }
    // 200·30·2 pairs with the large file, 30·30 of the small ones.
    let share = taken[1] / (taken[0] + taken[1]);
    assert!((share - 900.0 / 12_900.0).abs() < 0.005 && taken[0] > 50_000.0, "{share} {taken:?}");
}

#[test]
fn a_giant_block_is_visited_in_parts() {
    let sexes: Vec<String> = (0..3_010).map(|row| if row < 3_000 { "f" } else { "m" }.to_owned()).collect();
    let data = Data::new(&[column("sex", Kind::Category, &sexes)], vec![0; sexes.len()], &read);
    let rule = vec![Atom { take: Take::Exact, column: 0, other: None }];
    let blocks = Blocks::new(&data, &[rule], 5_000, &|_| String::new());
    let visited = blocks.visit(|chunk| {
        let (mut pairs, mut sum) = (0u64, 0u64);
        chunk.each_pair(
            |_| true,
            |left, right| {
                pairs += 1;
                sum += u64::from(chunk.rows[left]) * u64::from(chunk.rows[right]);
            },
        );
        (pairs, sum)
    });
    assert!(visited.iter().all(|(pairs, _)| *pairs <= 4_000_000), "{visited:?}");
    let products = |rows: std::ops::Range<u64>| {
        let (sum, squares): (u64, u64) =
            rows.fold((0, 0), |(sum, squares), row| (sum + row, squares + row * row));
        (sum * sum - squares) / 2
    };
    let (pairs, sum) = visited.into_iter().fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
    assert_eq!((pairs, sum), (3_000 * 2_999 / 2 + 45, products(0..3_000) + products(3_000..3_010)));
}

#[test]
fn the_same_score_on_one_thread_and_on_many() {
    let (data, _) = households(200, 4);
    let many = link(&data, &spec(), &|_| ());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let one = pool.install(|| link(&data, &spec(), &|_| ()));
    assert_eq!((one.links, one.believed, one.cluster), (many.links, many.believed, many.cluster));
    assert_eq!(one.model, many.model);
}

#[test]
fn one_partner_only_in_each_other_file() {
    let values = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let columns = [
        column("given", Kind::Given, &values(&["bafoma", "bafoma", "bafoma"])),
        column("surname", Kind::Surname, &values(&["tirupe", "tirupe", "tirupo"])),
        column("birth", Kind::Date, &values(&["9000", "9000", "9000"])),
        column("street", Kind::Text, &values(&["gade 1", "gade 1", "gade 1"])),
    ];
    let data = Data::new(&columns, vec![0, 1, 1], &read);
    let rules = vec![vec![Atom { take: Take::Exact, column: 2, other: None }]];
    let linked = link(&data, &Spec { rules, ..spec() }, &|_| ());
    assert_eq!(linked.compared, 2, "rows of one file are not compared with each other");
    let pair = |right, weight| Pair { left: 0, right, weight, pattern: 0 };
    let mut links = vec![pair(1, 5), pair(2, 9)];
    one_to_one(&data, &mut links, &HashMap::new());
    assert_eq!(links, [pair(2, 9)]);
    // A person said that the weaker one is right, or that the stronger one is wrong.
    for decided in [((0, 1), true), ((0, 2), false)] {
        let mut links = vec![pair(1, 5), pair(2, 9)];
        one_to_one(&data, &mut links, &[decided].into());
        assert_eq!(links, [pair(1, 5)], "{decided:?}");
    }
}

/// Estimation recovers planted m, r and both priors, given u.
#[test]
fn planted_probabilities_are_recovered() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let comparators: Vec<&Comparator> = [Kind::Given, Kind::Surname, Kind::Date, Kind::Text].map(of).to_vec();
    let skewed = |comparator: &Comparator, by: f64| -> Vec<f64> {
        let shares: Vec<f64> =
            comparator.start.iter().enumerate().map(|(at, share)| share + by * at as f64).collect();
        let sum: f64 = shares.iter().sum();
        shares.iter().map(|share| share / sum).collect()
    };
    let m: Vec<Vec<f64>> = comparators.iter().map(|comparator| skewed(comparator, 0.01)).collect();
    let u: Vec<Vec<f64>> = comparators.iter().map(|comparator| comparator.chance.to_vec()).collect();
    // Relatives share surname and street, and nothing else.
    let r: Vec<Vec<f64>> =
        (0..4).map(|at| if at % 2 == 1 { skewed(comparators[at], 0.05) } else { u[at].clone() }).collect();
    let draw = |shares: &[f64], rng: &mut ChaCha8Rng| {
        let mut left: f64 = rng.random();
        let found = shares.iter().position(|share| {
            left -= share;
            left < 0.0
        });
        found.unwrap_or(shares.len() - 1) as u64 + 1
    };
    let mut counts = Counts::new();
    let pairs = 400_000;
    for _ in 0..pairs {
        let class: f64 = rng.random();
        let of = if class < 0.05 {
            &m
        } else if class < 0.15 {
            &r
        } else {
            &u
        };
        let pattern = (0..4).fold(0, |pattern, at| pattern | draw(&of[at], &mut rng) << (4 * at));
        *counts.entry(pattern).or_default() += 1.0;
    }
    let random = shares(&counts, &u, 1.0);
    let model = fit(&counts, &comparators, &random, f64::from(pairs), &Decisions::default());
    assert!(model.converged, "{} rounds", model.rounds);
    assert!((model.prior - 0.05).abs() < 0.005, "{}", model.prior);
    assert!((model.relatives - 0.10).abs() < 0.02, "{}", model.relatives);
    for (estimated, planted) in model.m.iter().flatten().zip(m.iter().flatten()) {
        assert!((estimated - planted).abs() < 0.03, "{estimated} {planted}");
    }
}

/// What people decided is kept whatever the weights say, on either side, and is explained by nothing else.
#[test]
fn decisions_are_kept() {
    let (data, person) = households(200, 6);
    let free = link(&data, &spec(), &|_| ());
    let strongest = free.links.iter().max_by_key(|link| (link.weight, link.left)).unwrap();
    let stranger = (0..data.len() as u32)
        .find(|row| *row > strongest.right && person[*row as usize] != person[strongest.left as usize])
        .unwrap();
    let decided = vec![
        Decided { left: strongest.left, right: strongest.right, same: false },
        Decided { left: strongest.left, right: stranger, same: true },
    ];
    let taught = link(&data, &Spec { decided: decided.clone(), ..spec() }, &|_| ());
    for decided in decided {
        let (one, other) = (taught.cluster[decided.left as usize], taught.cluster[decided.right as usize]);
        assert_eq!(one == other, decided.same);
        let at =
            taught.links.iter().position(|link| (link.left, link.right) == (decided.left, decided.right));
        let believed = weight::probability(taught.believed[at.unwrap()]);
        assert!(if decided.same { believed > 0.999_999 } else { believed < 0.000_001 }, "{believed}");
    }
}

#[test]
fn a_limit_on_memory_keeps_the_likeliest_pairs() {
    let (data, _) = households(200, 7);
    let free = link(&data, &spec(), &|_| ());
    let most = free.links.len() as u64 / 2;
    let limited = link(&data, &Spec { memory: most * BYTES_A_PAIR, ..spec() }, &|_| ());
    assert!(limited.kept_from > spec().keep_at, "and it says so");
    let kept = limited.links.iter().filter(|link| weight::probability(link.weight) >= limited.kept_from);
    assert!(kept.count() as u64 <= most);
    assert!(limited.links.iter().all(|link| free.links.iter().any(|other| other == link)), "the same scores");
}

/// A cell with several values agrees if any of them does.
#[test]
fn lists_agree_if_any_of_their_values_does() {
    let mut phones =
        column("phone", Kind::Phone, &["55512345", "55598765", "55500000", ""].map(str::to_owned));
    let mut words: Vec<String> = phones.words.iter().flatten().map(str::to_owned).collect();
    // A further value: a cell that holds the second and the third.
    let cell = words.len() as u32;
    words.push(words[1].clone());
    phones.words = StringArray::from_iter_values(&words);
    phones.day = Int32Array::from_iter(words.iter().map(|_| None::<i32>));
    phones.span = phones.day.clone();
    phones.lists = (0..cell).map(|value| vec![value]).chain([vec![1, 2]]).collect();
    let known: Vec<u32> = phones.codes.iter().flatten().collect();
    phones.codes = UInt32Array::from(vec![Some(known[0]), Some(known[1]), Some(known[2]), Some(cell)]);
    let data = Data::new(&[phones], vec![0; 4], &read);
    let level = |left, right| compare::level(of(Kind::Phone), &data, &[0], data.row(left), data.row(right));
    let agree: Vec<bool> = (0..3).map(|row| level(row, 3) == 4 && level(3, row) == 4).collect();
    assert_eq!(agree.iter().filter(|agree| **agree).count(), 2, "{agree:?}");
    assert_eq!(level(0, 1), 1);
    // And it stands in the block of its first value.
    let keys = block::RuleKeys::new(&data, &vec![Atom { take: Take::Exact, column: 0, other: None }]);
    let together = (0..3).filter(|row| keys.key(data.row(*row)) == keys.key(data.row(3))).count();
    assert_eq!(together, 1);
}
