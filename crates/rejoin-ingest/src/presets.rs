//! The presets that ship: data, not code. Adding one is adding a file to `presets/` and a line here.

use crate::Mapping;

const FILES: &[&str] = &[
    include_str!("../../../presets/ms-l-list.toml"),
    include_str!("../../../presets/border-apprehensions.toml"),
    include_str!("../../../presets/prosecution-referrals.toml"),
    include_str!("../../../presets/adult-detention.toml"),
    include_str!("../../../presets/shelter-portal.toml"),
    include_str!("../../../presets/tracing-requests.toml"),
    include_str!("../../../presets/separated-children.toml"),
    include_str!("../../../presets/pfif.toml"),
];

/// Every preset. A preset that does not parse is a defect of the build, and a test holds them all.
pub fn all() -> Vec<Mapping> {
    FILES.iter().filter_map(|text| Mapping::parse(text).ok()).collect()
}

/// The preset of a name.
pub fn named(name: &str) -> Option<Mapping> {
    all().into_iter().find(|mapping| mapping.preset.as_deref() == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping;
    use rejoin_normalize::text::fold;
    use std::collections::HashMap;

    #[test]
    fn every_preset_parses_and_names_each_header_once() {
        for text in FILES {
            let mapping = Mapping::parse(text).unwrap();
            let mut seen = HashMap::new();
            for column in &mapping.column {
                for name in &column.names {
                    let earlier = seen.insert(fold(name), column.field.clone());
                    assert!(
                        earlier.is_none_or(|earlier| earlier == column.field),
                        "{name:?} twice in {:?}",
                        mapping.preset
                    );
                }
            }
            let again = Mapping::parse(&mapping.to_toml()).unwrap();
            assert_eq!(again, mapping);
        }
        assert_eq!(all().len(), FILES.len());
    }

    #[test]
    fn the_preset_that_fits_is_proposed() {
        for preset in all() {
            let columns: Vec<String> = preset.column.iter().map(|column| column.names[0].clone()).collect();
            let table = crate::Table { columns, ..Default::default() };
            let proposal = mapping::propose(&table, "list");
            assert_eq!(proposal.mapping.preset, preset.preset);
        }
    }
}
