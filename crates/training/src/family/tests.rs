use serde::Deserialize;
use serde_json::json;

use super::*;
use crate::ensemble::{Mean, Rule};
use crate::perturbation::{Fgsm, Perturbation, Pgd};

#[cfg(feature = "learner")]
contract::contract!(optimizers);
#[cfg(feature = "learner")]
contract::contract!(schedules);
#[cfg(feature = "learner")]
contract::contract!(defences);
contract::contract!(perturbations);
contract::contract!(rules);

/// A kind of a program that uses this crate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Loudest {
    #[serde(default)]
    member: usize,
}

impl Kind for Loudest {
    const NAME: &'static str = "loudest";

    fn check(&self) -> Result<(), SettingError> {
        if self.member < 3 { Ok(()) } else { Err(SettingError::new("member", self.member, "below 3")) }
    }
}

impl Rule for Loudest {
    fn combine(&self, members: &[&[f32]], _classes: usize) -> Vec<f32> {
        members[self.member.min(members.len() - 1)].to_vec()
    }
}

fn with_loudest() -> Kinds {
    let mut kinds = Kinds::default();
    kinds.rules.add::<Loudest>().expect("added");
    kinds
}

fn perturbation(value: &Value) -> Result<Choice<dyn Perturbation>, KindError> {
    let kinds = Kinds::default();
    kinds.perturbations.read(value, &kinds)
}

#[test]
fn a_kind_of_ones_own_is_read_as_the_built_in_ones_are() {
    let kinds = with_loudest();
    assert_eq!(kinds.rules.names().last(), Some("loudest"));
    let read = |value: Value| kinds.rules.read(&value, &kinds);
    assert_eq!(read(json!("mean")).expect("read"), Mean.into());
    let rule = read(json!({ "kind": "loudest", "member": 1 })).expect("read");
    assert_eq!(rule, Loudest { member: 1 }.into());
    assert_eq!(rule.combine(&[&[0.1], &[0.2]], 1), [0.2]);
    // It does not deny unknown fields itself.
    let error = read(json!({ "kind": "loudest", "members": 1 })).expect_err("refused");
    assert_eq!(error.to_string(), "`members`: unknown key; expected member");
    let error = read(json!({ "kind": "mean", "weights": 1 })).expect_err("refused");
    assert_eq!(error.to_string(), "`weights`: unknown key; there are no settings here");
    let error = read(json!({ "kind": "loudest", "member": 3 })).expect_err("refused");
    assert_eq!(error.to_string(), "`member`: is 3, expected below 3");
}

#[test]
fn a_name_is_taken_once() {
    let mut kinds = with_loudest();
    let error = kinds.rules.add::<Loudest>().expect_err("refused").to_string();
    assert_eq!(error, "rule `loudest` already exists; choose another name");
    assert_eq!(kinds.rules.names().filter(|name| *name == "loudest").count(), 1);
}

#[test]
fn a_name_that_no_file_could_hold_is_refused() {
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Shouted;
    impl Kind for Shouted {
        const NAME: &'static str = "Shouted rule";
    }
    impl Rule for Shouted {
        fn combine(&self, members: &[&[f32]], _classes: usize) -> Vec<f32> {
            members[0].to_vec()
        }
    }
    let error = Kinds::default().rules.add::<Shouted>().expect_err("refused").to_string();
    assert_eq!(
        error,
        "rule \"Shouted rule\": a name has 1 to 64 lower-case letters, digits and -; choose another name"
    );
    let longest = "a".repeat(64);
    assert!(is_name("adam-w") && is_name(&longest) && !is_name(&(longest + "a")) && !is_name(""));
}

#[test]
fn a_strength_alone_is_the_short_form_and_is_written_where_it_says_all() {
    assert_eq!(perturbation(&json!({ "fgsm": 0.1 })).expect("read"), Fgsm::new(0.1).into());
    let written = |choice: Choice<dyn Perturbation>| serde_json::to_value(choice).expect("written");
    assert_eq!(written(Fgsm::new(0.1).into()), json!({ "fgsm": 0.1 }));
    assert_eq!(written(Pgd::new(0.3, 0.3 / 30.0).into()), json!({ "pgd": 0.3 }));
    let other = json!({ "pgd": { "epsilon": 0.3, "step_size": 0.05, "steps": 40 } });
    assert_eq!(written(Pgd::new(0.3, 0.05).into()), other);
}

#[test]
fn readers_see_what_is_not_as_usual() {
    let display = |value: Value| perturbation(&value).expect("read").to_string();
    assert_eq!(display(json!({ "fgsm": 0.1 })), "FGSM, ε = 0.1");
    assert_eq!(display(json!({ "noise": 0.2 })), "noise, σ = 0.2");
    assert_eq!(display(json!({ "pgd": { "epsilon": 0.1, "steps": 7 } })), "PGD, ε = 0.1, steps = 7");
}

#[test]
fn what_is_wrong_is_blamed_on_its_key() {
    let message = |value: Value| perturbation(&value).expect_err("refused").to_string();
    assert_eq!(message(json!({ "fgsm": 2 })), "`fgsm`: epsilon is 2, expected in [0, 1]");
    assert_eq!(message(json!({ "noise": 0 })), "`noise`: deviation is 0, expected in (0, 1]");
    assert_eq!(message(json!({ "pgd": { "epsilon": 2 } })), "`pgd.epsilon`: is 2, expected in [0, 1]");
    assert_eq!(message(json!({ "pgd": { "steps": 2 } })), "`pgd`: missing field `epsilon`");
    assert_eq!(message(json!({ "pgd": "0.1" })), "`pgd`: expected its epsilon or a table of settings");
    assert_eq!(
        message(json!({ "pgd": { "epsilon": 0.1, "steps": -1 } })),
        "`pgd.steps`: invalid value: integer `-1`, expected a whole number, at least 0"
    );
    assert_eq!(
        message(json!({ "pgd": { "epsilon": 0.1, "stepsize": 1 } })),
        "`pgd.stepsize`: unknown key; expected one of epsilon, step_size, steps"
    );
    let unknown = message(json!({ "fgms": 0.1 }));
    assert!(unknown.starts_with("`fgms`: unknown perturbation `fgms`; expected one of fgsm, "), "{unknown}");
    for value in [json!(0.1), json!({}), json!({ "fgsm": 0.1, "pgd": 0.1 })] {
        assert_eq!(message(value), "expected a table with one entry: the name of a perturbation");
    }
}

#[test]
fn a_choice_shows_its_kind_and_equals_by_name_and_settings() {
    let choice: Choice<dyn Perturbation> = Fgsm::new(0.1).into();
    assert_eq!(format!("{choice:?}"), "Fgsm { epsilon: 0.1 }");
    assert_eq!(choice, choice.clone());
    assert_ne!(choice, Fgsm::new(0.2).into());
    assert_ne!(choice, Pgd::new(0.1, 0.1).into());
    let wrong: Choice<dyn Perturbation> = Fgsm::new(2.0).into();
    assert_eq!(wrong.check().expect_err("refused").to_string(), "epsilon is 2, expected in [0, 1]");
}
