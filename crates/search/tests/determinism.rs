//! Every sampler and every pruner, by worker processes on one file: the table does not say how many there were, nor
//! whether the study was ended halfway and gone on with.
#![cfg(feature = "sqlite")]

#[path = "support/comparable.rs"]
mod comparable;

use std::collections::BTreeSet;
use std::env;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tinderbox_search::{Grid, Settings, State, Study, Tpe, Trial, open};

use comparable::{finite, learning, mixed, objective, pruners, samplers, table};

const URL: &str = "TINDERBOX_SEARCH_TEST_URL";
const TRIALS: u64 = 50;

#[test]
fn no_sampler_knows_how_many_processes_work() {
    let samplers = samplers();
    names_every_kind(&samplers);
    each_in_a_thread(samplers, |sampler| {
        let space = if sampler == Grid.into() { finite() } else { mixed() };
        let settings = Settings { trials: Some(TRIALS), lag: Some(8), ..Settings::new(space, sampler) };
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
        let settings =
            Settings { pruner, trials: Some(TRIALS), lag: Some(8), ..Settings::new(mixed(), Tpe::new(7)) };
        let trials = is_the_same_for_any_processes(&settings);
        let stopped = trials.iter().filter(|trial| trial.state == State::Pruned).count();
        assert!((1..45).contains(&stopped), "{:?} stopped {stopped}", settings.pruner);
    });
}

#[test]
fn four_processes_try_the_48_points_of_a_grid_once_each_with_five_enqueued_twice() {
    let folder = tempfile::tempdir().unwrap();
    begin(folder.path(), &Settings { lag: Some(8), ..Settings::new(finite(), Grid) });
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
