//! What every pruner promises, and what pruning buys.

use proptest::prelude::*;
use rand_chacha::rand_core::Rng;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::*;
use crate::sampler::stream::stream;
use crate::{Hyperband, Median, Patience, Percentile, SuccessiveHalving, Threshold, Wilcoxon};

fn pruners() -> Vec<(&'static str, Box<dyn Pruner>)> {
    vec![
        ("median", Box::new(Median::default())),
        ("percentile", Box::new(Percentile::default())),
        ("successive halving", Box::new(SuccessiveHalving::default())),
        ("hyperband", Box::new(Hyperband::new(7, STEPS))),
        ("patience", Box::new(Patience::new(3))),
        ("patience and median", Box::new(Patience { inner: Some(Median::default()), ..Patience::new(3) })),
        ("threshold", Box::new(Threshold { upper: Some(0.9), warmup_steps: 8, ..Threshold::default() })),
        ("wilcoxon", Box::new(Wilcoxon::default())),
    ]
}

const STEPS: u32 = 60;
const LAG: usize = 8;

/// The learning curves of `trials` trials: each falls towards a loss of its own, with a little noise.
fn learning_curves(trials: u64) -> Vec<Vec<(u32, f64)>> {
    let curve = |number| {
        let mut stream = stream(1, number);
        let mut unit = || f64::from(stream.next_u32()) / 2_f64.powi(32);
        let (end, halves) = (unit(), 2.0 + 8.0 * unit());
        let loss = |step| end + (1.0 - end) * libm::exp2(-f64::from(step) / halves);
        (0..STEPS).map(|step| (step, loss(step) + 0.02 * unit())).collect()
    };
    (0..trials).map(curve).collect()
}

fn observation(number: u64, curve: &[(u32, f64)], pruned: bool) -> Observation {
    let last = curve.last().filter(|_| !pruned).map(|(_, loss)| *loss);
    Observation {
        number,
        losses: last.into_iter().collect(),
        curve: curve.to_vec(),
        pruned,
        ..Observation::default()
    }
}

/// What comes of trials of these curves, where `workers` work side by side, each step by the worker that `turn` names.
///
/// As in a study, trial `number` starts when those below `number - LAG` have finished, and these are what is told.
fn run(
    pruner: &dyn Pruner,
    curves: &[Vec<(u32, f64)>],
    workers: usize,
    mut turn: impl FnMut() -> usize,
) -> Vec<Observation> {
    let mut finished: Vec<Option<Observation>> = vec![None; curves.len()];
    let mut running: Vec<Option<(usize, usize)>> = vec![None; workers];
    let mut next = 0;
    while finished.contains(&None) {
        let worker = turn() % workers;
        let told = |number: usize| {
            finished[..number.saturating_sub(LAG)].iter().cloned().collect::<Option<Vec<_>>>()
        };
        let Some((number, place)) = running[worker] else {
            if next < curves.len() && told(next).is_some() {
                running[worker] = Some((next, 0));
                next += 1;
            }
            continue;
        };
        let curve = &curves[number][..=place];
        let stops = pruner.prune(&told(number).unwrap(), number as u64, curve);
        let ends = stops || place + 1 == curves[number].len();
        running[worker] = Some((number, place + 1)).filter(|_| !ends);
        if ends {
            finished[number] = Some(observation(number as u64, curve, stops));
        }
    }
    finished.into_iter().flatten().collect()
}

#[test]
fn decisions_do_not_depend_on_which_worker_is_faster() {
    let curves = learning_curves(40);
    for (name, pruner) in pruners() {
        let alone = run(&*pruner, &curves, 1, || 0);
        assert!(alone.iter().any(|observation| observation.pruned), "{name} stops none");
        for workers in [2, 8] {
            let mut stream = stream(2, workers as u64);
            let together = run(&*pruner, &curves, workers, || stream.next_u32() as usize);
            assert_eq!(alone, together, "{name}, {workers} workers");
        }
    }
}

#[test]
fn pruning_saves_most_steps_and_keeps_the_best_or_one_near_it() {
    let curves = learning_curves(100);
    let best = |observations: &[Observation]| {
        observations.iter().filter_map(Observation::loss).min_by(f64::total_cmp).unwrap()
    };
    let whole: Vec<_> = (0..).zip(&curves).map(|(number, curve)| observation(number, curve, false)).collect();
    let all = curves.len() * STEPS as usize;
    // The steps saved, in percent of all, and the loss above the best one at most.
    let expected = [
        ("median", 73, 0.02),
        ("percentile", 80, 0.08),
        ("successive halving", 84, 0.0),
        ("hyperband", 71, 0.0),
        ("patience", 40, 0.02),
        ("patience and median", 21, 0.0),
        ("threshold", 12, 0.0),
        ("wilcoxon", 80, 0.0),
    ];
    for ((name, pruner), (of, percent, lost)) in pruners().iter().zip(expected) {
        let observations = run(&**pruner, &curves, 1, || 0);
        let steps: usize = observations.iter().map(|observation| observation.curve.len()).sum();
        assert_eq!((*name, 100 - steps * 100 / all), (of, percent));
        assert!(best(&observations) <= best(&whole) + lost, "{name}: {}", best(&observations) - best(&whole));
    }
}

fn curve() -> impl Strategy<Value = Vec<(u32, f64)>> {
    let loss = prop_oneof![
        8 => -1.0..1.0,
        2 => (-2_i32..2).prop_map(f64::from),
        1 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
        1 => Just(f64::NEG_INFINITY),
    ];
    proptest::collection::btree_map(0..80_u32, loss, 0..20).prop_map(|curve| curve.into_iter().collect())
}

fn told() -> impl Strategy<Value = Vec<Observation>> {
    let loss = prop_oneof![4 => -1.0..1.0, 1 => Just(f64::INFINITY), 1 => Just(f64::NEG_INFINITY)];
    let trial = (curve(), proptest::option::of(loss), any::<bool>(), 0.0..1.0);
    let observation = |(curve, loss, pruned, violation): (_, Option<f64>, bool, f64)| Observation {
        losses: loss.into_iter().filter(|_| !pruned).collect(),
        violation: (violation - 0.5).max(0.0),
        curve,
        pruned,
        ..Observation::default()
    };
    let trials = proptest::collection::vec(trial.prop_map(observation), 0..20);
    trials.prop_map(|mut told| {
        for (number, observation) in (0..).zip(&mut told) {
            observation.number = number;
        }
        told
    })
}

proptest! {
    #[test]
    fn any_history_gets_an_answer_and_always_the_same(told in told(), curve in curve(), ahead in 0..20_u64) {
        let number = told.len() as u64 + ahead;
        for (name, pruner) in pruners() {
            let answer = pruner.prune(&told, number, &curve);
            prop_assert_eq!(answer, pruner.prune(&told, number, &curve), "{}", name);
            prop_assert!(!pruner.prune(&told, number, &[]), "{} stops a trial that reported nothing", name);
        }
        let wild: [Box<dyn Pruner>; 6] = [
            Box::new(Percentile { percentile: f64::NAN, interval_steps: 0, min_trials: 0, ..Percentile::default() }),
            Box::new(Percentile { percentile: 1e300, startup_trials: 0, ..Percentile::default() }),
            Box::new(SuccessiveHalving { min_resource: 0, reduction_factor: 0, min_early_stopping_rate: 99 }),
            Box::new(Hyperband { min_resource: 0, reduction_factor: 0, ..Hyperband::new(7, 0) }),
            Box::new(Patience { min_delta: f64::NAN, ..Patience::new(usize::MAX) }),
            Box::new(Threshold { interval_steps: 0, ..Threshold::default() }),
        ];
        for pruner in wild {
            prop_assert!(pruner.check().is_err());
            pruner.prune(&told, number, &curve);
        }
    }
}

#[test]
fn a_setting_out_of_its_range_is_named() {
    let message = |pruner: &dyn Pruner| pruner.check().unwrap_err().to_string();
    let percentile = Percentile { percentile: 500.0, ..Percentile::default() };
    assert_eq!(message(&percentile), "`percentile` is 500, expected a number from 0 to 100");
    let inner = Median { interval_steps: 0, ..Median::default() };
    assert_eq!(
        message(&Patience { inner: Some(inner), ..Patience::new(3) }),
        "`interval_steps` is 0, expected at least 1"
    );
    assert_eq!(message(&Threshold::default()), "`lower` is missing, expected a number here or for `upper`");
    let crossed = Threshold { lower: Some(0.5), upper: Some(0.25), ..Threshold::default() };
    assert_eq!(message(&crossed), "`lower` is 0.5, expected a number of at most `upper`");
    let short = Hyperband { min_resource: 5, ..Hyperband::new(7, 3) };
    assert_eq!(message(&short), "`max_resource` is 3, expected at least `min_resource`");
    let halving = SuccessiveHalving { reduction_factor: 1, ..SuccessiveHalving::default() };
    assert_eq!(message(&halving), "`reduction_factor` is 1, expected at least 2");
    let wilcoxon = Wilcoxon { p_threshold: -0.5, ..Wilcoxon::default() };
    assert_eq!(message(&wilcoxon), "`p_threshold` is -0.5, expected a number from 0 to 1");
    assert!(pruners().iter().all(|(_, pruner)| pruner.check().is_ok()));
}

#[test]
fn no_trial_is_stopped_before_the_onset_of_its_pruner() {
    let slow =
        SuccessiveHalving { min_resource: 3, min_early_stopping_rate: 1, ..SuccessiveHalving::default() };
    let more: [(&str, Box<dyn Pruner>); 5] = [
        ("late median", Box::new(Median { warmup_steps: 7, startup_trials: 12, ..Median::default() })),
        ("slow halving", Box::new(slow)),
        (
            "endless halving",
            Box::new(SuccessiveHalving { min_early_stopping_rate: 40, ..Default::default() }),
        ),
        ("late hyperband", Box::new(Hyperband { min_resource: 9, ..Hyperband::new(7, 27) })),
        ("late wilcoxon", Box::new(Wilcoxon { p_threshold: 1.0, startup_steps: 6 })),
    ];
    // Each trial worse than all before it.
    let curve =
        |trial: u64| (1..=STEPS).map(move |step| (step, trial as f64 + f64::from(step))).collect::<Vec<_>>();
    let told: Vec<_> = (0..30).map(|number| observation(number, &curve(number), false)).collect();
    for (name, pruner) in pruners().into_iter().chain(more) {
        let Onset { step, trials } = pruner.onset();
        let mut stopped = Vec::new();
        for number in 0..30 {
            for length in 1..=STEPS {
                if pruner.prune(&told[..number as usize], number, &curve(number)[..length as usize]) {
                    stopped.push((u64::from(length), number));
                }
            }
        }
        assert!(
            stopped.iter().all(|(length, told)| *length >= step && *told >= trials),
            "{name}: {stopped:?}"
        );
        let acts = step <= u64::from(STEPS);
        assert_eq!(!stopped.is_empty(), acts, "{name}");
    }
}

#[test]
fn settings_are_read_with_defaults_and_without_typos() {
    #[track_caller]
    fn assert_read<P: Serialize + DeserializeOwned + PartialEq + fmt::Debug>(
        settings: serde_json::Value,
        pruner: &P,
    ) {
        let read = |settings| serde_json::from_value::<P>(settings);
        assert_eq!(read(settings.clone()).unwrap(), *pruner);
        assert_eq!(read(serde_json::to_value(pruner).unwrap()).unwrap(), *pruner);
        let mut typo = settings;
        typo["warm_up"] = json!(3);
        assert!(read(typo).unwrap_err().to_string().contains("unknown field `warm_up`"));
    }
    assert_read(json!({}), &Median::default());
    assert_read(json!({"percentile": 10.0}), &Percentile { percentile: 10.0, ..Percentile::default() });
    assert_read(json!({}), &SuccessiveHalving::default());
    assert_read(json!({"seed": 7, "max_resource": 27}), &Hyperband::new(7, 27));
    assert_read(json!({"patience": 5}), &Patience::new(5));
    let inner = Some(Wilcoxon::default());
    assert_read(json!({"patience": 5, "inner": {}}), &Patience { patience: 5, min_delta: 0.0, inner });
    assert_read(json!({"upper": 2.5}), &Threshold { upper: Some(2.5), ..Threshold::default() });
    assert_read(json!({}), &Wilcoxon::default());
}
