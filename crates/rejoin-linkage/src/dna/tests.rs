//! The engine against hand-computed cases, against closed formulas, and against plain enumeration.

use super::*;

fn locus(frequencies: &[f64]) -> Locus {
    let alleles = frequencies.iter().enumerate().map(|(i, p)| ((i + 10).to_string(), *p)).collect();
    Locus::new("TEST", alleles).unwrap()
}

fn abc() -> Locus {
    locus(&[0.1, 0.2, 0.7])
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-12 * a.abs().max(b.abs()), "{a} is not {b}");
}

fn g(a: usize, b: usize) -> Genotype {
    Genotype::new(a, b)
}

fn person(name: &str, genotype: Genotype) -> Profile {
    Profile { person: name.to_owned(), genotypes: vec![Some(genotype)] }
}

/// Mother, child and alleged father; under the second pedigree the father is somebody else.
fn paternity() -> (Pedigree, Pedigree) {
    let first = Pedigree::new(&["mother", "man"], &[("child", "mother", "man")]).unwrap();
    (first, Pedigree::new(&["mother", "man", "other"], &[("child", "mother", "other")]).unwrap())
}

fn paternity_ratio(locus: Locus, mother: Genotype, child: Genotype, man: Genotype, theta: f64) -> f64 {
    let profiles = [person("mother", mother), person("child", child), person("man", man)];
    let (first, second) = paternity();
    likelihood_ratio(&[locus], &profiles, &first, &second, theta).unwrap().total()
}

#[test]
fn paternity_index_of_a_trio() {
    // Mother AA, child AB, man BC: he gives B in 1/2, the population in p(B) = 0.2 (Essen-Möller 1938).
    close(paternity_ratio(abc(), g(0, 0), g(0, 1), g(1, 2), 0.0), 0.5 / 0.2);
    // Mother and child AB, man AC: the child's paternal allele is A or B, 0.25 / (0.5 (0.1 + 0.2)).
    close(paternity_ratio(abc(), g(0, 1), g(0, 1), g(0, 2), 0.0), 0.25 / 0.15);
}

#[test]
fn paternity_with_theta() {
    // Mother AA, child AB, man BB: (1 + 3 theta) / (2 theta + (1 - theta) p) (Ayres 2000).
    close(paternity_ratio(abc(), g(0, 0), g(0, 1), g(1, 1), 0.03), 1.09 / (0.06 + 0.97 * 0.2));
}

#[test]
fn match_probability_with_theta() {
    // Two unrelated persons of the same genotype (National Research Council 1996, equations 4.10).
    let (locus, unrelated) = (abc(), Relationship::Unrelated.pedigree("A", "B").unwrap());
    let theta = 0.03;
    let matching = |genotype| {
        likelihood(&locus, &unrelated, &[("A", genotype), ("B", genotype)], theta).unwrap()
            / likelihood(&locus, &unrelated, &[("A", genotype)], theta).unwrap()
    };
    let term = |copies: f64, p: f64| copies * theta + (1.0 - theta) * p;
    let below = (1.0 + theta) * (1.0 + 2.0 * theta);
    close(matching(g(0, 0)), term(2.0, 0.1) * term(3.0, 0.1) / below);
    close(matching(g(0, 1)), 2.0 * term(1.0, 0.1) * term(1.0, 0.2) / below);
}

#[test]
fn mutation_models_by_hand() {
    // Homozygous father and son of different alleles, four alleles of 1/4, rate 0.1: 0.0005208333 (README of
    // the R package pedmut) = 1/16 × alpha/4 × 1/4 with alpha = 0.1 / 0.75.
    let proportional = Mutation::Proportional { rate: 0.1 };
    let quarters = locus(&[0.25; 4]).with_mutation(proportional.clone(), proportional).unwrap();
    let pair = Relationship::ParentChild.pedigree("man", "child").unwrap();
    let typed = [("man", g(0, 0)), ("child", g(1, 1))];
    close(likelihood(&quarters, &pair, &typed, 0.0).unwrap(), 0.1 / 0.75 / 4.0 / 64.0);
    // The equal model is not stationary: the untyped mother's allele B arrives with 0.2 (1 - r) + 0.8 r / 2.
    let equal = Mutation::Equal { rate: 0.002 };
    let abc = abc().with_mutation(equal.clone(), equal).unwrap();
    let by_hand = 0.01 * 0.001 * (0.2 * 0.998 + 0.8 * 0.001);
    close(likelihood(&abc, &pair, &typed, 0.0).unwrap(), by_hand);
}

#[test]
fn stepwise_matrix_by_hand() {
    // Familias 3: within the whole repeats 0.1 : 0.01 from 8 to 9 and 10; 9.3 is alone with its partial
    // repeat.
    let alleles = ["8", "9", "9.3", "10"].map(|name| (name.to_owned(), 0.25));
    let stepwise = Mutation::Stepwise { rate: 0.002, rate2: 1e-6, range: 0.1 };
    let rows = stepwise.transitions(&alleles).unwrap();
    close(rows[0][1], 0.002 * 0.1 / 0.11);
    close(rows[0][3], 0.002 * 0.01 / 0.11);
    close(rows[0][2], 1e-6);
    close(rows[0][0], 1.0 - 0.002 - 1e-6);
    close(rows[1][0], 0.001);
    close(rows[2][1], 1e-6 / 3.0);
    close(rows[2][2], 1.0 - 1e-6);
    assert!(stepwise.transitions(&[("X".to_owned(), 0.5), ("9".to_owned(), 0.5)]).is_err());
    let twice = Mutation::Proportional { rate: 2.0 };
    assert!(matches!(abc().with_mutation(twice.clone(), twice), Err(KinshipError::Mutation { .. })));
    assert!(abc().with_mutation(Mutation::Matrix(vec![vec![1.0]]), Mutation::None).is_err());
}

#[test]
fn closed_formula_and_engine_agree_on_every_pair() {
    let locus = locus(&[0.1, 0.2, 0.3, 0.4]);
    let genotypes: Vec<Genotype> = (0..4).flat_map(|a| (a..4).map(move |b| g(a, b))).collect();
    for relationship in Relationship::ALL {
        for (&a, &b) in genotypes.iter().flat_map(|a| genotypes.iter().map(move |b| (a, b))) {
            let engine = pairwise_likelihood_ratio(
                std::slice::from_ref(&locus),
                &[Some(a)],
                &[Some(b)],
                relationship,
                0.0,
            );
            let closed = ibd_likelihood_ratio(&locus, relationship.kappa(), a, b).unwrap();
            close(engine.unwrap().per_marker[0].likelihood_ratio, closed);
        }
    }
}

/// Plain enumeration of every allele of every person, in the pedigree's order (parents first).
struct Enumeration<'a> {
    locus: &'a Locus,
    pedigree: &'a Pedigree,
    typed: Vec<Option<Genotype>>,
    theta: f64,
}

impl Enumeration<'_> {
    fn sum(&self, drawn: &[usize], people: &[[usize; 2]]) -> f64 {
        if people.len() == self.typed.len() {
            return 1.0;
        }
        let n = self.locus.alleles().len();
        let mut sum = 0.0;
        for (a, b) in (0..n).flat_map(|a| (0..n).map(move |b| (a, b))) {
            if self.typed[people.len()].is_some_and(|genotype| genotype != g(a, b)) {
                continue;
            }
            let (mut chance, mut drawn) = (1.0, drawn.to_vec());
            match self.pedigree.parents[people.len()] {
                None => {
                    for allele in [a, b] {
                        let copies = drawn.iter().filter(|&&d| d == allele).count() as f64;
                        let (p, theta) = (self.locus.alleles()[allele].1, self.theta);
                        chance *=
                            (copies * theta + (1.0 - theta) * p) / (1.0 + (drawn.len() as f64 - 1.0) * theta);
                        drawn.push(allele);
                    }
                }
                Some(parents) => {
                    for ((parent, rows), allele) in
                        parents.into_iter().zip(&self.locus.transitions).zip([a, b])
                    {
                        chance *= people[parent].iter().map(|&from| rows[from][allele]).sum::<f64>() / 2.0;
                    }
                }
            }
            if chance > 0.0 {
                sum += chance * self.sum(&drawn, &[people, &[[a, b]]].concat());
            }
        }
        sum
    }
}

#[test]
fn engine_agrees_with_enumeration() {
    let siblings = Pedigree::new(&["m", "f"], &[("a", "m", "f"), ("b", "m", "f"), ("c", "m", "f")]).unwrap();
    let half = Pedigree::new(&["m", "n", "f", "x"], &[("a", "m", "f"), ("b", "n", "f")]).unwrap();
    let nephew =
        Pedigree::new(&["m", "f", "n"], &[("a", "m", "f"), ("b", "m", "f"), ("c", "n", "b")]).unwrap();
    // A child of half siblings: a loop.
    let loops =
        Pedigree::new(&["m", "f", "x"], &[("a", "m", "f"), ("b", "x", "f"), ("c", "a", "b")]).unwrap();
    let pedigrees = [siblings, half, nephew, loops];
    let stepwise = |rate| Mutation::Stepwise { rate, rate2: 0.01, range: 0.3 };
    let models = [
        (Mutation::None, Mutation::None),
        (Mutation::Equal { rate: 0.01 }, Mutation::Proportional { rate: 0.05 }),
        (stepwise(0.02), stepwise(0.1)),
    ];
    // A fixed walk through the genotypes, so that each case has others.
    let mut walk = 7usize;
    for (pedigree, (maternal, paternal)) in pedigrees.iter().flat_map(|p| models.iter().map(move |m| (p, m)))
    {
        let names = ["8", "9", "9.3", "10"].into_iter().zip([0.1, 0.2, 0.3, 0.4]);
        let locus = Locus::new("TEST", names.map(|(name, p)| (name.to_owned(), p)).collect()).unwrap();
        let locus = locus.with_mutation(maternal.clone(), paternal.clone()).unwrap();
        for theta in [0.0, 0.05] {
            let typed: Vec<Option<Genotype>> = pedigree
                .people()
                .enumerate()
                .map(|(i, _)| {
                    walk = walk * 1_103_515_245 % 2_147_483_647 + 12_345;
                    // The last two always, the others now and then; few alleles, so that lumping happens.
                    (i + 2 >= pedigree.parents.len() || walk.is_multiple_of(2))
                        .then(|| g(walk / 8 % 2, walk / 32 % 3))
                })
                .collect();
            let named: Vec<(&str, Genotype)> = pedigree
                .people()
                .zip(&typed)
                .filter_map(|(name, genotype)| Some((name, (*genotype)?)))
                .collect();
            let engine = likelihood(&locus, pedigree, &named, theta).unwrap();
            close(engine, Enumeration { locus: &locus, pedigree, typed, theta }.sum(&[], &[]));
        }
    }
}

#[test]
fn exclusion_is_zero_and_double_exclusion_an_error() {
    let (first, second) = paternity();
    let profiles = [person("mother", g(0, 0)), person("child", g(0, 1)), person("man", g(2, 2))];
    let excluded = likelihood_ratio(&[abc()], &profiles, &first, &second, 0.0).unwrap();
    assert_eq!((excluded.log10, excluded.total()), (f64::NEG_INFINITY, 0.0));
    let reverse = likelihood_ratio(&[abc()], &profiles, &second, &first, 0.0).unwrap();
    assert_eq!((reverse.log10, reverse.total()), (f64::INFINITY, f64::INFINITY));
    let impossible = [person("mother", g(0, 0)), person("child", g(1, 1)), person("man", g(2, 2))];
    let error = likelihood_ratio(&[abc()], &impossible, &first, &second, 0.0).unwrap_err();
    assert!(matches!(error, KinshipError::BothExcluded { .. }), "{error}");
}

#[test]
fn identification_of_a_missing_person() {
    // One typed parent and one typed full sibling of the missing person, all AA with p(A) = 0.1. Given them,
    // the untyped parent gives A as often as one of whom one transmitted A is known: (1 + p) / 2. The typed
    // parent always gives A, so LR = 0.55 / 0.01.
    let family = Pedigree::new(&["m", "f"], &[("missing", "m", "f"), ("sister", "m", "f")]).unwrap();
    let (identified, unrelated) = family.identification("missing", "remains").unwrap();
    let profiles = [person("m", g(0, 0)), person("sister", g(0, 0)), person("remains", g(0, 0))];
    close(likelihood_ratio(&[abc()], &profiles, &identified, &unrelated, 0.0).unwrap().total(), 55.0);
    assert!(family.identification("nobody", "remains").is_err());
    assert!(family.identification("missing", "sister").is_err());
}

#[test]
fn bad_input_is_refused() {
    let reason = |founders: &[&str], trios: &[(&str, &str, &str)]| match Pedigree::new(founders, trios) {
        Err(KinshipError::Pedigree { reason, .. }) => reason,
        other => panic!("{other:?}"),
    };
    assert!(reason(&["m", "f", "m"], &[]).contains("twice"));
    assert!(reason(&["m"], &[("c", "m", "f")]).contains("neither"));
    assert!(reason(&["m"], &[("c", "m", "m")]).contains("both"));
    assert!(reason(&["m"], &[("a", "m", "b"), ("b", "m", "a")]).contains("ancestor"));
    let table = |p: &[f64]| Locus::new("TEST", p.iter().map(|p| (p.to_string(), *p)).collect());
    for bad in [&[][..], &[0.5, 0.5], &[0.4, 0.3], &[1.2, -0.2], &[f64::NAN, 1.0]] {
        assert!(matches!(table(bad), Err(KinshipError::Frequencies { .. })), "{bad:?}");
    }
    let (pedigree, _) = paternity();
    assert!(abc().genotype("10", "99").is_err());
    assert!(likelihood(&abc(), &pedigree, &[("man", g(0, 3))], 0.0).is_err());
    assert!(likelihood(&abc(), &pedigree, &[("man", g(0, 0)), ("man", g(0, 0))], 0.0).is_err());
    assert!(likelihood(&abc(), &pedigree, &[("nobody", g(0, 0))], 0.0).is_err());
    assert_eq!(likelihood(&abc(), &pedigree, &[], 1.0), Err(KinshipError::Theta(1.0)));
    // Twenty untyped founders of six typed children each, with theta: refused, not tried.
    let names: Vec<String> = (0..20).map(|i| format!("founder {i}")).collect();
    let founders: Vec<&str> = names.iter().map(String::as_str).collect();
    let children: Vec<String> = (0..60).map(|i| format!("child {i}")).collect();
    let trios: Vec<(&str, &str, &str)> =
        (0..60).map(|i| (children[i].as_str(), founders[i % 10], founders[10 + i % 10])).collect();
    let large = Pedigree::new(&founders, &trios).unwrap();
    let typed: Vec<(&str, Genotype)> = children.iter().map(|child| (child.as_str(), g(0, 1))).collect();
    assert!(matches!(likelihood(&abc(), &large, &typed, 0.01), Err(KinshipError::TooManyStates { .. })));
    assert!(likelihood(&abc(), &large, &typed, 0.0).unwrap() > 0.0);
}

#[test]
fn a_rare_allele_takes_its_share() {
    let mut locus = abc();
    locus.admit_allele("17.3", 0.01).unwrap();
    locus.admit_allele("17.3", 0.5).unwrap();
    close(locus.alleles()[0].1, 0.099);
    close(locus.alleles()[3].1, 0.01);
    assert!(locus.admit_allele("18", 0.0).is_err());
}
