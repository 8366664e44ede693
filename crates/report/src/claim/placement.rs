//! Where a reported number stands among runs of ours: in which prediction interval, and nearest to which protocol.

use schemars::JsonSchema;
use serde::Serialize;

use crate::numbers::last_test_accuracy;
use crate::record::{Outcome, Record};
use crate::report::ArmView;
use crate::statistics::Prediction;

/// A reported number among runs of ours.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Placement {
    /// What the paper reports, in percent.
    pub reported_percent: f64,
    /// One a protocol that has at least two seeds.
    pub protocols: Vec<Protocol>,
    /// Name of the protocol with the smallest distance, where it is one of several.
    pub nearest: Option<String>,
}

/// What one new run under a protocol would give.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Protocol {
    /// Its name.
    pub name: String,
    /// Seeds.
    pub seeds: usize,
    /// Mean test accuracy in percent.
    pub mean: f64,
    /// Lower limit of the 95 % prediction interval, in percent.
    pub low: f64,
    /// Upper limit, in percent.
    pub high: f64,
    /// Whether the interval holds the reported number.
    pub holds: bool,
    /// `|reported - mean| / (s · √(1 + 1/n))`; `None` where runs do not differ.
    pub distance: Option<f64>,
}

/// Places what the paper reports of `arm`, whose own records are under `protocol`; `None` if it reports nothing, or
/// no protocol has two seeds.
///
/// Trials that diverged are left out, as from every mean.
pub fn place(arm: &ArmView, protocol: &str) -> Option<Placement> {
    let reported_percent =
        arm.facts.reported.as_ref().map(|reported| reported.percent).filter(|percent| percent.is_finite())?;
    // Other digits say nothing of a number of the paper's.
    if arm.records.iter().chain(&arm.pooled).any(|record| record.results.dataset.stand_in) {
        return None;
    }
    let of = |name: &str, records: &[Record]| {
        let ended =
            records.iter().filter(|record| !matches!(record.results.outcome, Outcome::Diverged { .. }));
        let percent: Vec<f64> = ended.filter_map(last_test_accuracy).map(|share| 100.0 * share).collect();
        let prediction = Prediction::from_values(&percent)?;
        Some(Protocol {
            name: name.into(),
            seeds: prediction.count,
            mean: prediction.mean,
            low: prediction.mean - prediction.half_width,
            high: prediction.mean + prediction.half_width,
            holds: prediction.holds(reported_percent),
            distance: Some(prediction.distance(reported_percent)).filter(|distance| distance.is_finite()),
        })
    };
    let protocols: Vec<Protocol> =
        [of(protocol, &arm.records), of("pooled", &arm.pooled)].into_iter().flatten().collect();
    let distance = |protocol: &Protocol| protocol.distance.unwrap_or(f64::INFINITY);
    let nearest = protocols.iter().min_by(|left, right| distance(left).total_cmp(&distance(right)))?;
    // Trials that are still to come may move it.
    let nearest =
        (protocols.len() > 1 && arm.pooled_waiting + arm.waiting == 0).then(|| nearest.name.clone());
    Some(Placement { reported_percent, protocols, nearest })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::record;
    use crate::report::{ArmFacts, Reported};

    fn arm(official: &[f64], pooled: &[f64]) -> ArmView {
        let records = |accuracies: &[f64]| {
            let of_seed = |(seed, accuracy): (usize, &f64)| {
                let mut record = record("fcn", seed as u64);
                record.results.test = None;
                record.results.history.last_mut().unwrap().test_accuracy = *accuracy;
                record
            };
            accuracies.iter().enumerate().map(of_seed).collect()
        };
        ArmView {
            facts: ArmFacts {
                name: "fcn".into(),
                reported: Some(Reported { percent: 97.3, what: "table 2".into() }),
                ..ArmFacts::default()
            },
            records: records(official),
            pooled: records(pooled),
            ..ArmView::default()
        }
    }

    #[test]
    fn a_reported_number_is_nearest_to_the_protocol_that_would_give_it() {
        let placement = place(&arm(&[0.936, 0.940, 0.944], &[0.971, 0.973, 0.978]), "official").unwrap();
        let [official, pooled] = &placement.protocols[..] else { panic!("expected two protocols") };
        assert_eq!((official.name.as_str(), pooled.name.as_str()), ("official", "pooled"));
        assert_eq!((official.holds, pooled.holds), (false, true));
        assert_eq!(placement.nearest.as_deref(), Some("pooled"));
        // (97.3 - 94.0) / (0.4 √(4/3)), and 4.302653 of these deviations.
        assert!((official.distance.unwrap() - 7.144_709_58).abs() < 1e-6);
        assert!((official.high - 95.987_309).abs() < 1e-5, "{}", official.high);
    }

    #[test]
    fn one_protocol_is_not_the_nearest_of_several() {
        let placement = place(&arm(&[0.936, 0.940], &[0.97]), "official").unwrap();
        assert_eq!((placement.protocols.len(), placement.nearest), (1, None));
    }

    #[test]
    fn there_is_nothing_to_place_without_a_number_or_without_runs() {
        assert_eq!(place(&arm(&[0.94], &[]), "official"), None);
        assert_eq!(
            place(&ArmView { facts: ArmFacts::default(), ..arm(&[0.93, 0.94], &[]) }, "official"),
            None
        );
        let mut lost = arm(&[0.93, 0.94], &[]);
        lost.records[0].results.outcome = Outcome::Diverged { epoch: 1 };
        assert_eq!(place(&lost, "official"), None);
    }
}
