use std::collections::BTreeSet;

use super::*;
use crate::fixture::{CATALOG, experiments};

fn paper(overrides: &Overrides, only: &[&str]) -> Plan {
    plan(overrides, only).expect("a plan")
}

fn plan(overrides: &Overrides, only: &[&str]) -> Result<Plan, PlanError> {
    Plan::new(experiments(only), overrides, &CATALOG, &tinderbox_data::stand_in("a test"))
}

fn full() -> Overrides {
    Overrides { profile: ProfileName::Full, ..Overrides::default() }
}

fn planned<'a>(plan: &'a Plan, name: &str) -> &'a Planned {
    plan.experiments.iter().find(|planned| planned.experiment.name() == name).expect("an experiment")
}

fn same_as<'a>(planned: &'a Planned, arm: &str) -> Option<&'a Source> {
    let arm = planned.experiment.arms.iter().find(|other| other.name() == arm).expect("an arm");
    arm.facts.same_as.as_ref()
}

#[test]
fn nothing_is_trained_twice() {
    let plan = paper(&Overrides::default(), &[]);
    let mut seen = BTreeSet::new();
    for task in plan.tasks() {
        let settings = json::text(&(&task.configuration, task.seed, task.protocol));
        assert!(seen.insert(settings), "{} of {}, seed {}", task.arm, task.experiment, task.seed);
    }
    let fcn = Some(Source { experiment: "architectures".into(), arm: "Fcn".into() });
    for (experiment, arm) in
        [("initialisation", "He"), ("learning-rate", "0.001"), ("dropout", "0.0"), ("adversarial", "natural")]
    {
        assert_eq!(same_as(planned(&plan, experiment), arm), fcn.as_ref(), "{experiment}");
    }
    assert!(planned(&plan, "ensemble").tasks.is_empty());
}

#[test]
fn a_shared_trial_is_asked_what_every_experiment_wants_to_know() {
    let plan = paper(&Overrides::default(), &["architectures", "ensemble", "adversarial"]);
    let fcn = plan.tasks().find(|task| task.arm == "Fcn").expect("a task");
    let noise = [0.1, 0.2].map(|deviation| Perturbation::new("noise", deviation));
    assert!(noise.iter().all(|noise| fcn.perturbations.contains(noise)));
    assert!(fcn.perturbations.contains(&Perturbation::new("fgsm", 0.3)));
    assert_eq!(fcn.perturbations.iter().filter(|perturbation| perturbation.name == "pgd").count(), 3);
    let cnn = plan.tasks().find(|task| task.arm == "Cnn").expect("a task");
    assert_eq!(cnn.perturbations, noise);
}

#[test]
fn an_experiment_alone_trains_all_its_arms() {
    let plan = paper(&Overrides::default(), &["dropout"]);
    let arms: BTreeSet<&str> = plan.tasks().map(|task| task.arm.as_str()).collect();
    assert_eq!(arms, BTreeSet::from(["0.0", "0.5", "0.9"]));
    assert!(planned(&plan, "dropout").experiment.arms.iter().all(|arm| arm.facts.same_as.is_none()));
}

#[test]
fn a_random_search_draws_some_of_its_points_and_in_full_all() {
    let names = |plan: &Plan| -> BTreeSet<String> {
        planned(plan, "random-search").experiment.arms.iter().map(|arm| arm.facts.name.clone()).collect()
    };
    let (quick, all) = (names(&paper(&Overrides::default(), &[])), names(&paper(&full(), &[])));
    assert_eq!((quick.len(), all.len()), (10, 27));
    assert!(quick.is_subset(&all));
    assert!(all.contains("0.001 / 32 / 0.2"));
}

#[test]
fn a_grid_is_evaluated_point_by_point() {
    let plan = paper(&Overrides::default(), &["architecture-grid"]);
    let grid = planned(&plan, "architecture-grid");
    assert_eq!((grid.experiment.arms.len(), grid.tasks.len()), (18, 18 * 8));
    let arm = &grid.experiment.arms[9];
    assert_eq!(arm.name(), "3 x 256, sigmoid");
    let configuration = arm.configuration().expect("trained");
    assert_eq!(configuration.model.settings()["hidden"], serde_json::json!([256, 256, 256]));
    assert_eq!(configuration.model.settings()["activation"], "sigmoid");
}

#[test]
fn only_arms_that_place_a_reported_number_are_pooled_too() {
    let plan = paper(&full(), &[]);
    let pooled = |experiment: &str| -> BTreeSet<String> {
        let tasks = planned(&plan, experiment).tasks.iter();
        tasks.filter(|task| task.protocol == Protocol::Pooled).map(|task| task.arm.clone()).collect()
    };
    // The three members of the ensemble, one of which is dropout's 0.0 and He's too.
    assert_eq!(pooled("architectures"), BTreeSet::from(["Cnn", "Fcn", "LocalNet"].map(String::from)));
    assert_eq!(pooled("initialisation"), BTreeSet::from(["Xavier", "random 0.1"].map(String::from)));
    assert_eq!(pooled("dropout"), BTreeSet::from(["0.5", "0.9"].map(String::from)));
    assert_eq!(pooled("learning-rate"), BTreeSet::new());
    assert_eq!(pooled("architecture-grid").len(), 3);
    let quick = paper(&Overrides::default(), &[]);
    assert!(quick.tasks().all(|task| task.protocol == Protocol::Official));
}

#[test]
fn keys_name_trials_within_their_experiment() {
    let plan = paper(&full(), &[]);
    for planned in &plan.experiments {
        let keys: BTreeSet<String> = planned.tasks.iter().map(Task::key).collect();
        assert_eq!(keys.len(), planned.tasks.len(), "{}", planned.experiment.name());
    }
}

#[test]
fn settings_that_make_two_arms_one_are_refused() {
    let overrides =
        Overrides { settings: vec!["model.dropout=0.3".parse().expect("a setting")], ..Overrides::default() };
    let error = plan(&overrides, &["dropout"]).expect_err("refused");
    assert!(
        error
            .to_string()
            .starts_with("arm 0.5 of dropout: these settings make this arm identical to arm `0.0`")
    );
}

/// The three arms of one experiment, at the most trials and past them.
#[test]
fn an_experiment_has_bounded_trials() {
    let plan = |seeds| {
        let overrides = Overrides { seeds: Some(seeds), ..Overrides::default() };
        super::tests::plan(&overrides, &["dropout"])
    };
    assert_eq!(plan(33_333).expect("a plan").tasks().count(), 99_999);
    let error = plan(33_334).expect_err("refused").to_string();
    assert_eq!(
        error,
        "arm 0.9 of dropout: more than 100000 trials, with 33334 seeds of each arm; use fewer seeds or points"
    );
}

#[test]
fn the_hash_changes_with_what_is_run_and_with_nothing_else() {
    let hash = |overrides: &Overrides| paper(overrides, &["dropout"]).hash();
    let quick = hash(&Overrides::default());
    assert_eq!(quick, hash(&Overrides::default()));
    assert_ne!(quick, hash(&full()));
    assert_ne!(quick, hash(&Overrides { seeds: Some(3), ..Overrides::default() }));
    assert_ne!(quick, paper(&Overrides::default(), &["dropout", "architectures"]).hash());
}
