//! Where robustness may be an artefact, in words.

use crate::format::estimate;
use crate::numbers::{ArmNumbers, Attacked, Sign, Suspicion};

const OVERFITTING: &str = "Where a network was trained on the first of two attacks of the same strength, that is the mark of \
                           catastrophic overfitting (Wong, Rice and Kolter, 2020).";

/// What is suspicious, and what it may be the mark of.
pub(super) struct Suspicions {
    pub(super) found: Vec<String>,
    pub(super) mark: Option<&'static str>,
}

/// `None` where nothing is suspicious.
pub(super) fn in_words(arms: &[&ArmNumbers]) -> Option<Suspicions> {
    let of_sign = |sign: Sign| -> Vec<String> {
        let found = |arm: &&ArmNumbers| {
            let suspicion = arm.suspicions.iter().find(|suspicion| suspicion.sign == sign)?;
            Some(said(&arm.facts.name, suspicion))
        };
        arms.iter().filter_map(found).collect()
    };
    let (stronger, halved) = (of_sign(Sign::BetterUnderStronger), of_sign(Sign::OtherAttackHalves));
    if stronger.is_empty() && halved.is_empty() {
        return None;
    }
    let mark = (!halved.is_empty()).then_some(OVERFITTING);
    Some(Suspicions { found: stronger.into_iter().chain(halved).collect(), mark })
}

/// `ε 0.3 keeps 65.40 ± 1.20 % under FGSM, ε = 0.3, but only 52.80 ± 2.10 % under the weaker FGSM, ε = 0.1`
fn said(arm: &str, Suspicion { sign, better, worse }: &Suspicion) -> String {
    let percent = |of: &Attacked| estimate(Some(of.test_accuracy));
    let weaker = match sign {
        Sign::BetterUnderStronger => "the weaker ",
        Sign::OtherAttackHalves => "",
    };
    let (kept, left) = (percent(better), percent(worse));
    format!("{arm} keeps {kept} % under {}, but only {left} % under {weaker}{}", better.attack, worse.attack)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::numbers::numbers;
    use crate::record::Perturbation;
    use crate::statistics::Estimate;

    fn suspicion(sign: Sign, [better, worse]: [(&str, f64); 2]) -> Suspicion {
        let attacked = |(attack, accuracy): (&str, f64)| Attacked {
            attack: attack.into(),
            perturbation: Perturbation::new("a", 0.3),
            test_accuracy: Estimate::from_values(&[accuracy]).unwrap(),
        };
        Suspicion { sign, better: attacked(better), worse: attacked(worse) }
    }

    #[test]
    fn every_suspicious_arm_is_named_with_its_two_accuracies() {
        let mut arms = numbers(&fixture::report()).experiments.remove(0).arms;
        let said = |arms: &[ArmNumbers]| in_words(&arms.iter().collect::<Vec<_>>());
        assert!(said(&arms).is_none());
        arms[0].suspicions =
            vec![suspicion(Sign::BetterUnderStronger, [("A, ε = 0.3", 0.65), ("A, ε = 0.1", 0.5)])];
        let weaker = "fcn keeps 65.00 % under A, ε = 0.3, but only 50.00 % under the weaker A, ε = 0.1";
        let one = said(&arms).unwrap();
        assert_eq!((one.found, one.mark), (vec![weaker.to_string()], None));
        for arm in &mut arms[1..] {
            arm.suspicions =
                vec![suspicion(Sign::OtherAttackHalves, [("A, ε = 0.3", 0.65), ("B, ε = 0.3", 0.01)])];
        }
        let both = said(&arms).unwrap();
        let other = "cnn keeps 65.00 % under A, ε = 0.3, but only 1.00 % under B, ε = 0.3";
        assert_eq!(both.found.len(), arms.len());
        assert!(both.found[0] == weaker && both.found.iter().any(|found| found == other), "{:?}", both.found);
        assert_eq!(both.mark, Some(OVERFITTING));
    }
}
