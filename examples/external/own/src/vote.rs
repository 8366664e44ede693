//! An ensemble rule: the share of the members that choose a class.

use serde::{Deserialize, Serialize};
use tinderbox_training::Kind;
use tinderbox_training::ensemble::Rule;

/// Each member has one vote, for its most probable class; among equals the first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vote;

impl Kind for Vote {
    const NAME: &'static str = "vote";
}

impl Rule for Vote {
    fn combine(&self, members: &[&[f32]], classes: usize) -> Vec<f32> {
        let combined = |image: usize| {
            let mut votes = vec![0.0; classes];
            for member in members {
                let row = &member[image..image + classes];
                // A network that has diverged has no answer: there is none of the ensemble, either.
                if row.iter().any(|probability| probability.is_nan()) {
                    return vec![f32::NAN; classes];
                }
                let chosen =
                    (1..classes).fold(0, |best, class| if row[class] > row[best] { class } else { best });
                votes[chosen] += 1.0 / members.len() as f32;
            }
            votes
        };
        (0..members[0].len()).step_by(classes).flat_map(combined).collect()
    }
}
