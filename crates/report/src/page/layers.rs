//! The size of each model, layer by layer.

use crate::format::count;
use crate::numbers::ArmNumbers;
use crate::record::LayerSummary;

pub(super) struct Layers<'a> {
    /// Every arm that has these layers.
    pub(super) arms: Vec<&'a str>,
    pub(super) total: [String; 2],
    pub(super) rows: Vec<[String; 4]>,
}

/// One entry for all arms that have equal layers.
pub(super) fn layers(arms: &[ArmNumbers]) -> Vec<Layers<'_>> {
    let mut different: Vec<(&ArmNumbers, Vec<&str>)> = Vec::new();
    for arm in arms.iter().filter(|arm| !arm.layers.is_empty()) {
        match different.iter_mut().find(|(first, _)| first.layers == arm.layers) {
            Some((_, arms)) => arms.push(&arm.facts.name),
            None => different.push((arm, vec![&arm.facts.name])),
        }
    }
    different.into_iter().map(|(arm, arms)| table(arm, arms)).collect()
}

fn table<'a>(arm: &ArmNumbers, arms: Vec<&'a str>) -> Layers<'a> {
    let row = |layer: &LayerSummary| {
        let output = layer.output.iter().map(usize::to_string).collect::<Vec<_>>().join(" × ");
        [layer.name.clone(), output, count(layer.parameters), count(layer.multiply_adds)]
    };
    let sum = |of: fn(&LayerSummary) -> u64| count(arm.layers.iter().map(of).sum());
    Layers {
        arms,
        total: [sum(|layer| layer.parameters), sum(|layer| layer.multiply_adds)],
        rows: arm.layers.iter().map(row).collect(),
    }
}
