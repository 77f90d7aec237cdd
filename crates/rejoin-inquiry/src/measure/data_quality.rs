//! What was odd in the lists.

use super::{Counted, How, Measure, Unit};

pub(super) const MEASURE: Measure = Measure {
    name: "data-quality",
    version: 1,
    definition: (
        "Findings made when the lists were read and compared with earlier deliveries, by list and kind. A finding is \
         not an error of the child's record: it says what a cell said and how it was understood.",
        "Hallazgos hechos al leer las listas y compararlas con entregas anteriores, por lista y clase. Un hallazgo no \
         es un error del expediente del menor: dice qué decía una celda y cómo se entendió.",
    ),
    takes: &[],
    needs: &[],
    unit: Unit::Findings,
    value: &[How::Known],
    count: |scene, _| {
        let mut counts = std::collections::BTreeMap::<(String, &str), (u64, Vec<_>)>::new();
        for (list, finding) in scene.findings {
            let entry = counts.entry((list.clone(), finding.code.word())).or_default();
            entry.0 += 1;
            entry.1.extend(finding.record);
        }
        Ok(counts
            .into_iter()
            .map(|((list, code), (count, records))| Counted {
                person: None,
                how: How::Known,
                part: Some(format!("{list}: {code}")),
                days: None,
                count,
                records,
            })
            .collect())
    },
};
