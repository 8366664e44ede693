//! The records of an ensemble: what its members say together, computed from theirs.

use serde_json::json;
use tinderbox_report::{
    ArmView, Changed, Ensemble, Failure, ModelSummary, Outcome, Perturbed, Predictions, Record, Results,
    Timing,
};
use tinderbox_training::ensemble::{Mean, Rule, combine};
use tinderbox_training::{Choice, Kind, KindError, Kinds};

use crate::run::Heading;

/// An ensemble with its rule and its members.
pub(super) struct Together<'a> {
    ensemble: &'a Ensemble,
    rule: Choice<dyn Rule>,
    members: Vec<&'a ArmView>,
}

impl<'a> Together<'a> {
    /// Finds the members among `arms`.
    ///
    /// # Errors
    /// If `kinds` lack the rule.
    pub(super) fn new(ensemble: &'a Ensemble, arms: &'a [ArmView], kinds: &Kinds) -> Result<Self, KindError> {
        let is_member = |arm: &&ArmView| ensemble.members.contains(&arm.facts.name);
        Ok(Self {
            ensemble,
            rule: kinds.rules.read(&ensemble.rule, kinds)?,
            members: arms.iter().filter(is_member).collect(),
        })
    }

    /// Fills `view` with a record for each seed of which every member has answers, and with the reason for each other.
    pub(super) fn fill(&self, view: &mut ArmView, heading: &Heading) {
        view.records = self.records(heading, &view.facts.name, |member| &member.records);
        view.pooled = self.records(heading, &view.facts.name, |member| &member.pooled);
        let most =
            |of: fn(&ArmView) -> usize| self.members.iter().map(|member| of(member)).max().unwrap_or(0);
        view.waiting = most(|member| member.waiting);
        view.pooled_waiting = most(|member| member.pooled_waiting);
        if view.waiting > 0 {
            return;
        }
        for &seed in &heading.facts.seeds {
            if view.records.iter().all(|record| record.seed != seed) {
                view.failures.push(Failure { seed, reason: self.silence(seed) });
            }
        }
    }

    /// Why there is no answer with this seed.
    fn silence(&self, seed: u64) -> String {
        let has_answers = |member: &&&ArmView| {
            member.records.iter().any(|record| record.seed == seed && record.results.test.is_some())
        };
        let silent = self.members.iter().filter(|member| !has_answers(member));
        let names: Vec<&str> = silent.map(|member| member.facts.name.as_str()).collect();
        let reason = if names.is_empty() {
            let answers = self.members.iter().filter_map(|member| {
                member.records.iter().find(|record| record.seed == seed)?.results.test.as_ref()
            });
            self.combined(&answers.collect::<Vec<_>>()).err().unwrap_or_default()
        } else {
            format!("no predictions of {}", names.join(", "))
        };
        format!("no {}: {reason}", self.ensemble.title)
    }

    fn records(&self, heading: &Heading, arm: &str, of: fn(&ArmView) -> &[Record]) -> Vec<Record> {
        let Some((first, others)) = self.members.split_first() else { return Vec::new() };
        let of_seed = |record: &Record| {
            let mut members = vec![record];
            for other in others {
                members.push(of(other).iter().find(|other| other.seed == record.seed)?);
            }
            self.record(heading, arm, &members)
        };
        of(first).iter().filter_map(of_seed).collect()
    }

    /// `None` if a member has no predictions, or has those of other images.
    fn record(&self, heading: &Heading, arm: &str, members: &[&Record]) -> Option<Record> {
        let first = members.first()?;
        let sum = |of: fn(&ModelSummary) -> u64| members.iter().map(|member| of(&member.results.model)).sum();
        let natural: Vec<_> = members.iter().map(|member| member.results.test.as_ref()).collect();
        let perturbed = first.results.perturbed.iter().filter_map(|Perturbed { perturbation, .. }| {
            let answers: Vec<_> = members.iter().map(|member| member.results.under(perturbation)).collect();
            Some(Perturbed { perturbation: perturbation.clone(), test: Some(self.predictions(&answers)?) })
        });
        Some(Record {
            experiment: heading.facts.name.clone(),
            arm: arm.to_string(),
            seed: first.seed,
            results: Results {
                configuration: self.configuration(),
                outcome: Outcome::Finished,
                history: Vec::new(),
                model: ModelSummary {
                    parameters: sum(|model| model.parameters),
                    multiply_adds: sum(|model| model.multiply_adds),
                    layers: Vec::new(),
                },
                final_training_accuracy: None,
                test: Some(self.predictions(&natural)?),
                perturbed: perturbed.collect(),
                ..first.results.clone()
            },
            timing: Timing {
                epoch_seconds: Vec::new(),
                wall_seconds: members.iter().map(|member| member.timing.wall_seconds).sum(),
                cpu_seconds: members.iter().map(|member| member.timing.cpu_seconds).sum(),
                started: first.timing.started.clone(),
            },
            environment: first.environment.clone(),
            changed: seen_by_all(members),
        })
    }

    /// As a file has it: `average` is the mean's own word.
    fn configuration(&self) -> serde_json::Value {
        let Ensemble { rule, members, .. } = self.ensemble;
        if *rule == Mean::NAME {
            json!({ "average": members })
        } else {
            json!({ "ensemble": { "rule": rule, "members": members } })
        }
    }

    fn predictions(&self, members: &[Option<&Predictions>]) -> Option<Predictions> {
        let members: Vec<&Predictions> = members.iter().copied().collect::<Option<_>>()?;
        self.combined(&members).ok()
    }

    /// What the rule makes of these predictions, or why it makes nothing of them.
    fn combined(&self, members: &[&Predictions]) -> Result<Predictions, String> {
        let first = *members.first().ok_or("it has no members")?;
        if members.iter().any(|other| other.indices != first.indices || other.classes != first.classes) {
            return Err("its members were asked about different images".to_string());
        }
        let probabilities: Vec<&[f32]> = members.iter().map(|member| &member.probabilities[..]).collect();
        let combined = combine(&*self.rule, &probabilities, first.classes);
        let probabilities = combined.map_err(|error| error.to_string())?;
        Ok(Predictions { probabilities, ..first.clone() })
    }
}

/// The changed images that every member saw alike: an attack shows each network its own.
fn seen_by_all(members: &[&Record]) -> Vec<Changed> {
    let Some((first, others)) = members.split_first() else { return Vec::new() };
    let is_common = |changed: &&Changed| others.iter().all(|other| other.changed.contains(changed));
    first.changed.iter().filter(is_common).cloned().collect()
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    /// A rule that forgets a class.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Forgetful;

    impl Kind for Forgetful {
        const NAME: &'static str = "forgetful";
    }

    impl Rule for Forgetful {
        fn combine(&self, members: &[&[f32]], _classes: usize) -> Vec<f32> {
            members[0][1..].to_vec()
        }
    }

    #[test]
    fn why_a_rule_has_no_answer_is_told() {
        let of = |index| Predictions {
            classes: 2,
            indices: vec![index],
            labels: vec![1],
            probabilities: vec![0.25, 0.75],
        };
        let ensemble = Ensemble { rule: json!("any"), title: "any".to_string(), members: Vec::new() };
        let reason = |rule: Choice<dyn Rule>, members: [&Predictions; 2]| {
            Together { ensemble: &ensemble, rule, members: Vec::new() }
                .combined(&members)
                .expect_err("no answer")
        };
        let (one, other) = (of(3), of(4));
        assert_eq!(reason(Mean.into(), [&one, &other]), "its members were asked about different images");
        assert_eq!(reason(Forgetful.into(), [&one, &one]), "the rule gave 1 probabilities, expected 2");
    }
}
