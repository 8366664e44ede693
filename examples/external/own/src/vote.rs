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
        let mut votes = vec![0.0; members[0].len()];
        for member in members {
            for (image, row) in member.chunks(classes).enumerate() {
                let chosen = (1..row.len()).fold(0, |best, class| if row[class] > row[best] { class } else { best });
                votes[image * classes + chosen] += 1.0 / members.len() as f32;
            }
        }
        votes
    }
}
