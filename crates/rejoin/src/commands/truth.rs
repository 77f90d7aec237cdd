//! A synthetic world's planted truth, and how well the lists were understood against it.

use crate::failure::Failure;
use crate::render::Rows;
use rejoin_linkage::evaluate::{Quality, pairwise};
use rejoin_model::{FamilyCandidate, PersonId};
use rejoin_registry::View;
use serde_json::json;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

/// The planted truth.
pub struct Truth {
    /// (list, row) → person.
    person: HashMap<(String, u32), u32>,
    /// (child, adult) → whether they were separated.
    families: HashMap<(u32, u32), bool>,
}

impl Truth {
    /// Reads the truth that `rejoin synth` wrote beside its lists.
    pub fn read(lists: &Path) -> Result<Self, Failure> {
        let rows = |name: &str| -> Result<Vec<csv::StringRecord>, Failure> {
            let path = lists.join("truth").join(name);
            let reader = csv::Reader::from_path(&path).and_then(|reader| reader.into_records().collect());
            reader.map_err(|error| Failure::unexpected(format!("{}: {error}", path.display())))
        };
        let number = |text: &str| text.parse::<u32>().unwrap_or(u32::MAX);
        let records = rows("records.csv")?;
        let person =
            records.iter().map(|row| ((row[0].to_owned(), number(&row[1])), number(&row[2]))).collect();
        let families = rows("families.csv")?;
        let families =
            families.iter().map(|row| ((number(&row[0]), number(&row[1])), &row[3] == "true")).collect();
        Ok(Self { person, families })
    }

    /// Quality of linking, over pairs of records.
    pub fn people(&self, view: &View) -> Quality {
        let (found, truth): (Vec<PersonId>, Vec<u32>) = view
            .records
            .iter()
            .filter_map(|record| {
                let truth = self.person.get(&(record.list.clone(), record.origin.row))?;
                Some((view.person_of[&record.id], *truth))
            })
            .unzip();
        pairwise(&found, &truth)
    }

    /// Who a found person really is: the one whom most of its records are about.
    fn identities(&self, view: &View) -> HashMap<PersonId, u32> {
        let mut votes: HashMap<PersonId, BTreeMap<u32, u32>> = HashMap::new();
        for record in &view.records {
            if let Some(truth) = self.person.get(&(record.list.clone(), record.origin.row)) {
                *votes.entry(view.person_of[&record.id]).or_default().entry(*truth).or_default() += 1;
            }
        }
        let winner = |votes: BTreeMap<u32, u32>| {
            votes.into_iter().max_by_key(|(_, count)| *count).map(|(truth, _)| truth)
        };
        votes.into_iter().filter_map(|(person, votes)| Some((person, winner(votes)?))).collect()
    }

    /// Quality of the proposed parents, by thresholds.
    pub fn families(&self, view: &View) -> Rows {
        let identities = self.identities(view);
        let mut rows = Rows::new(&[
            "parents proposed at",
            "proposed",
            "right",
            "precision",
            "recall, all",
            "recall, separated",
        ]);
        let separated = self.families.values().filter(|separated| **separated).count() as u64;
        for threshold in [0.5, 0.9, 0.95, 0.99] {
            let mut found: HashSet<(u32, u32)> = HashSet::new();
            let mut proposed = 0;
            let mut right = 0;
            for candidate in view
                .candidates
                .iter()
                .filter(|candidate| candidate.relation.is_parent() && candidate.probability >= threshold)
            {
                proposed += 1;
                if let (Some(child), Some(adult)) =
                    (identities.get(&candidate.child), identities.get(&candidate.other))
                    && self.families.contains_key(&(*child, *adult))
                {
                    right += 1;
                    found.insert((*child, *adult));
                }
            }
            let of_separated = found.iter().filter(|pair| self.families[pair]).count() as u64;
            let share = |part: u64, whole: u64| json!(format!("{:.4}", part as f64 / whole.max(1) as f64));
            rows.push(vec![
                json!(format!("{threshold}")),
                json!(proposed),
                json!(right),
                share(right, proposed),
                share(found.len() as u64, self.families.len() as u64),
                share(of_separated, separated),
            ]);
        }
        rows
    }

    /// How the proposed parents stand against the truth: what a bench needs.
    pub fn judge(&self, view: &View, candidates: &[FamilyCandidate]) -> Judged {
        let identities = self.identities(view);
        let mut judged: Vec<(f64, Option<(u32, u32)>)> = candidates
            .iter()
            .filter(|candidate| candidate.relation.is_parent())
            .map(|candidate| {
                let pair =
                    identities.get(&candidate.child).copied().zip(identities.get(&candidate.other).copied());
                (candidate.probability, pair.filter(|pair| self.families.contains_key(pair)))
            })
            .collect();
        judged.sort_by(|one, other| other.0.total_cmp(&one.0));
        let separated = self.families.values().filter(|separated| **separated).count();
        let share = |found: &HashSet<(u32, u32)>, whole: usize, only: bool| {
            let count = found.iter().filter(|pair| !only || self.families[*pair]).count();
            count as f64 / whole.max(1) as f64
        };
        // The lowest threshold at which what is proposed is still right 99 times in 100.
        let (mut right, mut best) = (0, None);
        for (at, (probability, pair)) in judged.iter().enumerate() {
            right += usize::from(pair.is_some());
            let last = judged.get(at + 1).is_none_or(|next| next.0 < *probability);
            if last && right * 100 >= (at + 1) * 99 {
                best = Some((at + 1, *probability));
            }
        }
        let found = |take: usize| -> HashSet<(u32, u32)> {
            judged[..take].iter().filter_map(|(_, pair)| *pair).collect()
        };
        let at_099 = found(best.map_or(0, |(take, _)| take));
        let take = judged.partition_point(|(probability, _)| *probability >= 0.95);
        let at_095 = found(take);
        let mut bins = vec![(0u64, 0.0, 0u64); 10];
        for (probability, pair) in &judged {
            let bin = &mut bins[((probability * 10.0) as usize).min(9)];
            *bin = (bin.0 + 1, bin.1 + probability, bin.2 + u64::from(pair.is_some()));
        }
        let error = bins.iter().map(|(_, said, was)| (said - *was as f64).abs()).sum::<f64>();
        Judged {
            recall_at_precision_99: [
                share(&at_099, self.families.len(), false),
                share(&at_099, separated, true),
            ],
            threshold_99: best.map(|(_, probability)| probability),
            precision_95: judged[..take].iter().filter(|(_, pair)| pair.is_some()).count() as f64
                / take.max(1) as f64,
            recall_95: [share(&at_095, self.families.len(), false), share(&at_095, separated, true)],
            calibration: bins
                .iter()
                .filter(|bin| bin.0 > 0)
                .map(|(pairs, said, was)| (*pairs, said / *pairs as f64, *was as f64 / *pairs as f64))
                .collect(),
            calibration_error: error / judged.len().max(1) as f64,
        }
    }
}

/// How proposed parents stand against the truth. Pairs of figures are of all families, and of the separated.
pub struct Judged {
    /// Recall at the lowest threshold with a precision of at least 0.99.
    pub recall_at_precision_99: [f64; 2],
    /// That threshold.
    pub threshold_99: Option<f64>,
    /// Precision at a probability of 0.95.
    pub precision_95: f64,
    /// Recall there.
    pub recall_95: [f64; 2],
    /// Pairs, mean probability said, share that was true: by tenths.
    pub calibration: Vec<(u64, f64, f64)>,
    /// Expected calibration error over what was proposed.
    pub calibration_error: f64,
}
