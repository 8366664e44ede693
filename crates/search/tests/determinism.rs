//! Every sampler and every pruner, by worker processes on one file: the table does not say how many there were, nor
//! whether the study was ended halfway and gone on with.
#![cfg(feature = "sqlite")]

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::error::Error;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tinderbox_search::{
    AnyPruner, AnySampler, CmaEs, Condition, Distribution, GaussianProcess, Grid, Hyperband, Median, NsgaII,
    Parameter, Patience, Percentile, Random, RegularizedEvolution, Reinforce, Running, Settings, Sobol,
    Space, State, Study, SuccessiveHalving, Threshold, Tpe, Trial, Wilcoxon, open,
};

const URL: &str = "TINDERBOX_SEARCH_TEST_URL";
const TRIALS: u64 = 50;

/// A kind of each dimension, one of which is not always there.
fn mixed() -> Space {
    Space::new([
        ("layers", Distribution::int(1, 3)),
        ("rate", Distribution::log_uniform(1e-4, 0.1)),
        ("activation", Distribution::choice(["relu", "sigmoid"])),
        ("dropout", Distribution::Float { low: 0.0, high: 0.5, log: false, step: Some(0.125) }),
    ])
    .and_then(|space| space.when("dropout", Condition::at_least("layers", 2)))
    .unwrap()
}

/// 48 points.
fn finite() -> Space {
    Space::new([
        ("layers", Distribution::int(1, 3)),
        ("units", Distribution::choice([64, 128, 256, 512])),
        ("rate", Distribution::choice([1e-4, 1e-3, 1e-2, 1e-1])),
    ])
    .unwrap()
}

/// Every sampler, with generations that fit into a short study.
fn samplers() -> Vec<AnySampler> {
    vec![
        Grid.into(),
        Random { seed: 7 }.into(),
        Sobol { seed: 7 }.into(),
        Tpe::new(7).into(),
        GaussianProcess::new(7).into(),
        CmaEs::new(7).into(),
        RegularizedEvolution { population: 10, tournament: 3, ..RegularizedEvolution::new(7) }.into(),
        Reinforce::new(7).into(),
        NsgaII { population: 10, ..NsgaII::new(7) }.into(),
    ]
}

/// Every pruner, so set that it stops some trials.
fn pruners() -> Vec<AnyPruner> {
    let halving = SuccessiveHalving { reduction_factor: 2, ..SuccessiveHalving::default() };
    vec![
        Median::default().into(),
        Percentile { percentile: 25.0, ..Percentile::default() }.into(),
        halving.into(),
        Hyperband { reduction_factor: 2, ..Hyperband::new(7, 9) }.into(),
        Patience { patience: 3, min_delta: 0.0, inner: Some(Box::new(Median::default().into())) }.into(),
        Threshold { upper: Some(8.0), ..Threshold::default() }.into(),
        Wilcoxon::default().into(),
    ]
}

#[test]
fn no_sampler_knows_how_many_processes_work() {
    let samplers = samplers();
    names_every_kind(&samplers);
    each_in_a_thread(samplers, |sampler| {
        let space = if sampler == Grid.into() { finite() } else { mixed() };
        let settings = Settings { trials: Some(TRIALS), ..Settings::new(space, sampler) };
        let trials = is_the_same_for_any_processes(&settings);
        assert!(trials.len() >= 48, "{:?}: {} trials", settings.sampler, trials.len());
    });
}

#[test]
fn no_pruner_knows_how_many_processes_work() {
    let pruners = pruners();
    names_every_kind(&pruners);
    each_in_a_thread(pruners, |pruner| {
        let pruner = Some(pruner);
        let settings = Settings { pruner, trials: Some(TRIALS), ..Settings::new(mixed(), Tpe::new(7)) };
        let trials = is_the_same_for_any_processes(&settings);
        let stopped = trials.iter().filter(|trial| trial.state == State::Pruned).count();
        assert!((1..45).contains(&stopped), "{:?} stopped {stopped}", settings.pruner);
    });
}

#[test]
fn four_processes_try_the_48_points_of_a_grid_once_each_with_five_enqueued_twice() {
    let folder = tempfile::tempdir().unwrap();
    begin(folder.path(), &Settings::new(finite(), Grid));
    let enqueue = (0..2).map(|_| start("enqueue_five", folder.path())).collect();
    assert_eq!(said(enqueue, "tried "), 0);
    let evaluations = said((0..4).map(|_| start("work", folder.path())).collect(), "tried ");
    assert_eq!(evaluations, 48);

    let trials = Study::resume(open(&url(folder.path())).unwrap(), "study").unwrap().trials().unwrap();
    let points = trials.iter().map(|trial| finite().place(&trial.parameters).unwrap().unwrap());
    let points: Vec<_> = points.collect();
    assert_eq!(
        points[..5].iter().collect::<BTreeSet<_>>(),
        FIVE.iter().collect(),
        "what was enqueued comes first"
    );
    assert_eq!(points.len(), 48);
    assert_eq!(points.into_iter().collect::<BTreeSet<_>>(), (0..48).collect());
}

/// Places in [`finite`] that are enqueued.
const FIVE: [u64; 5] = [40, 3, 17, 47, 0];

/// Runs a study with one, two and four processes, and by halves; returns its trials.
#[track_caller]
fn is_the_same_for_any_processes(settings: &Settings) -> Vec<Trial> {
    let (alone, trials) = made(&[settings], 1);
    for processes in [2, 4] {
        assert_eq!(made(&[settings], processes).0, alone, "{processes} processes, {settings:?}");
    }
    let half = Settings { trials: Some(TRIALS / 2), ..settings.clone() };
    assert_eq!(made(&[&half, settings], 2).0, alone, "by halves, {settings:?}");
    trials
}

/// The table of a study that was run to one end after the other by so many processes, and its trials.
fn made(ends: &[&Settings], processes: usize) -> (Vec<String>, Vec<Trial>) {
    let folder = tempfile::tempdir().unwrap();
    let mut trials = Vec::new();
    for settings in ends {
        let study = begin(folder.path(), settings);
        let evaluations = said((0..processes).map(|_| start("work", folder.path())).collect(), "tried ");
        let before = trials.len();
        trials = study.trials().unwrap();
        assert_eq!(evaluations, trials.len() - before, "each trial was tried once");
        assert!(settings.trials.is_some_and(|end| trials.len() as u64 <= end), "no more than were asked for");
    }
    (table(&trials), trials)
}

/// The trials without times, workers and attempts.
fn table(trials: &[Trial]) -> Vec<String> {
    let row = |trial: &Trial| {
        let point: BTreeMap<_, _> =
            trial.parameters.iter().map(|(name, parameter)| (name, parameter.value())).collect();
        let Trial { number, state, values, intermediate_values, failure, .. } = trial;
        format!("{number} {state:?} {point:?} {values:?} {intermediate_values:?} {failure:?}")
    };
    trials.iter().map(row).collect()
}

/// Most of the time goes into waiting for the disk.
fn each_in_a_thread<T: Send>(list: Vec<T>, test: impl Fn(T) + Sync) {
    std::thread::scope(|scope| list.into_iter().for_each(|one| drop(scope.spawn(|| test(one)))));
}

/// Holds a list to have one of each kind that a file can name.
#[track_caller]
fn names_every_kind<T: Serialize + DeserializeOwned + std::fmt::Debug>(list: &[T]) {
    let error = serde_json::from_str::<T>(r#"{"kind": "none of them"}"#).unwrap_err().to_string();
    let (_, kinds) = error.split_once("expected one of ").expect(&error);
    let mut kinds: BTreeSet<_> = kinds.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    kinds.remove("custom"); // A worker's own.
    let kind = |one: &T| serde_json::to_value(one).unwrap()["kind"].as_str().unwrap().to_owned();
    assert_eq!(list.iter().map(kind).collect::<BTreeSet<_>>(), kinds);
}

/// A function of the point alone; now and then it fails.
fn objective(trial: &Running<'_>) -> Result<f64, Box<dyn Error>> {
    let unit = |it: &Parameter| it.distribution().to_unit(it.value());
    let numbers = trial.point().values().map(|it| it.value().as_f64().unwrap_or_else(|| unit(it)));
    let sum: f64 = numbers.enumerate().map(|(place, number)| (number - place as f64).powi(2)).sum();
    if (sum * 1e6) as u64 % 11 == 3 { Err("diverged".into()) } else { Ok(sum) }
}

/// A loss that falls, by steps, to the objective of the point; some rise at the end.
fn learning(trial: &mut Running<'_>) -> Result<f64, Box<dyn Error>> {
    let end = objective(trial)?.min(50.0);
    for step in 0..9 {
        let rise = if end > 5.0 { f64::from(step) * 0.1 } else { 0.0 };
        trial.report(step, end + 2.0 / f64::from(step + 1) + rise)?;
    }
    Ok(end)
}

// The processes that the tests above start: this very executable, with one of these to run.

#[test]
#[ignore = "a process that the other tests start"]
fn work() {
    let Ok(url) = env::var(URL) else { return };
    let mut study = Study::resume(open(&url).unwrap(), "study").unwrap();
    let learns = study.settings().pruner.is_some();
    let process = u64::from(std::process::id());
    study
        .run(SystemTime::now, |trial| {
            println!("tried {}", trial.number());
            // Who is slow differs from run to run: up to two milliseconds.
            let turn = (process << 32 | trial.number()).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 53;
            std::thread::sleep(Duration::from_micros(turn));
            if learns { learning(trial) } else { objective(trial) }
        })
        .unwrap();
}

#[test]
#[ignore = "a process that the other tests start"]
fn enqueue_five() {
    let Ok(url) = env::var(URL) else { return };
    let mut study = Study::resume(open(&url).unwrap(), "study").unwrap();
    for place in FIVE {
        study.enqueue(&finite().point(place).unwrap().unwrap()).unwrap();
    }
}

/// Begins the study in the file of `folder`, or moves its end.
fn begin(folder: &Path, settings: &Settings) -> Study {
    Study::open(open(&url(folder)).unwrap(), "study", settings.clone()).unwrap()
}

fn url(folder: &Path) -> String {
    format!("sqlite:///{}", folder.join("studies.db").display())
}

/// Starts this executable again to run `role` on the file of `folder`.
fn start(role: &str, folder: &Path) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", role, "--ignored", "--nocapture"]).env(URL, url(folder)).stdout(Stdio::piped());
    command.spawn().unwrap()
}

/// How often all of `processes` said `word` until their end, which is to be a good one.
#[track_caller]
fn said(processes: Vec<Child>, word: &str) -> usize {
    let count = |process: Child| {
        let output = process.wait_with_output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap().matches(word).count()
    };
    processes.into_iter().map(count).sum()
}
