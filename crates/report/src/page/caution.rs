//! Claims that rest on robustness which may be an artefact of the attack: their cards say so.

use std::collections::BTreeMap;

use crate::claim::{Measure, Side, Test};
use crate::format::list;
use crate::numbers::ArmNumbers;
use crate::report::ExperimentView;

/// By the id of a claim, the arms whose accuracy under its attack is suspicious, in words.
pub(super) fn cautions<'a>(view: &'a ExperimentView, arms: &[ArmNumbers]) -> BTreeMap<&'a str, String> {
    let of_claim = |test: &Test| -> Vec<String> {
        let suspicious = arms.iter().filter(|arm| rests_on(test, arm));
        suspicious.map(|arm| arm.facts.name.clone()).collect()
    };
    let claims = view.facts.claims.iter().map(|claim| (claim.id.as_str(), of_claim(&claim.test)));
    claims.filter(|(_, names)| !names.is_empty()).map(|(id, names)| (id, list(&names))).collect()
}

/// Whether a test compares `arm` under an attack of the kind under which it is suspiciously good.
fn rests_on(test: &Test, arm: &ArmNumbers) -> bool {
    let on_one_of = |measure: &Measure, sides: &[Side]| {
        is_suspicious(measure, arm) && sides.iter().any(|side| side.takes(&arm.facts))
    };
    match test {
        // Every arm is compared.
        Test::Best(best) => is_suspicious(&best.measure, arm),
        Test::Order(order) => on_one_of(&order.measure, &order.arms),
        Test::Trend(trend) => on_one_of(&trend.measure, &trend.arms),
        Test::All(parts) => parts.iter().any(|part| rests_on(part, arm)),
        Test::Value(_) | Test::Diverges(_) | Test::Slow(_) | Test::Count(_) => false,
    }
}

fn is_suspicious(measure: &Measure, arm: &ArmNumbers) -> bool {
    let (Measure::Under(asked) | Measure::LostUnder(asked)) = measure else { return false };
    arm.suspicions.iter().any(|suspicion| suspicion.better.perturbation.name == asked.name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fixture;
    use crate::numbers::{Attacked, Sign, Suspicion, numbers};
    use crate::record::Perturbation;
    use crate::statistics::Estimate;

    #[test]
    fn a_claim_is_cautioned_where_it_compares_a_suspicious_arm_under_that_attack() {
        let mut report = fixture::report();
        let claim = |id: &str, test: serde_json::Value| json!({"id": id, "sentence": "s", "test": test});
        let order = |arms: [&str; 2], measure: serde_json::Value| json!({"order": {"arms": arms, "measure": measure, "margin": 1.0}});
        let under = |kind: &str| json!({"under": {kind: 0.1}});
        report.experiments[0].facts.claims = serde_json::from_value(json!([
            claim("attacked", order(["cnn", "fcn"], under("fgsm"))),
            claim("noisy", order(["cnn", "fcn"], under("noise"))),
            claim("others", order(["local_net", "fcn"], under("fgsm"))),
            claim("natural", order(["cnn", "fcn"], json!("accuracy"))),
            claim(
                "part",
                json!({"all": [order(["fcn", "cnn"], json!("accuracy")),
                {"best": {"arm": "fcn", "measure": {"lost-under": {"fgsm": 0.3}}, "margin": 1.0}}]})
            ),
        ]))
        .unwrap();
        let mut arms = numbers(&report).experiments.remove(0).arms;
        let attacked = Attacked {
            attack: "FGSM, ε = 0.3".into(),
            perturbation: Perturbation::new("fgsm", 0.3),
            test_accuracy: Estimate::from_values(&[0.5]).unwrap(),
        };
        assert!(cautions(&report.experiments[0], &arms).is_empty());
        arms[2].suspicions =
            vec![Suspicion { sign: Sign::OtherAttackHalves, better: attacked.clone(), worse: attacked }];
        let cautioned = cautions(&report.experiments[0], &arms);
        assert_eq!(cautioned, BTreeMap::from([("attacked", "cnn".into()), ("part", "cnn".into())]));
    }
}
