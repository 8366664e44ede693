//! Studies whose workers are killed or held up: every trial is told once, and the table is that of a quiet study.
#![cfg(all(unix, any(feature = "postgres", feature = "sqlite")))]

mod support;

use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, SystemTime};

use tinderbox_search::{Distribution, LeaseTerms, Memory, Running, Settings, Space, State, Study, Tpe, open};

use support::{Place, in_each_place};

const URL: &str = "TINDERBOX_SEARCH_TEST_URL";
const WORKER: &str = "TINDERBOX_SEARCH_TEST_WORKER";

in_each_place!(
    killed_workers_leave_the_table_of_a_quiet_study
    a_worker_that_was_held_up_past_its_lease_has_its_result_refused
);

const TRIALS: u64 = 200;
/// Short, so that the trial of a dead worker does not hold up the others for long.
const TERMS: LeaseTerms = LeaseTerms { length: Duration::from_millis(500), attempts: 1000 };

fn settings() -> Settings {
    let space = Space::new([
        ("rate", Distribution::log_uniform(1e-4, 0.1)),
        ("layers", Distribution::int(1, 4)),
        ("activation", Distribution::choice(["relu", "sigmoid"])),
    ]);
    Settings { trials: Some(TRIALS), lag: Some(8), ..Settings::new(space.unwrap(), Tpe::new(7)) }
}

fn objective(trial: &Running<'_>) -> Result<f64, Box<dyn std::error::Error>> {
    Ok((trial.float("rate")?.log10() + 2.0).powi(2) + trial.float("layers")?)
}

/// The trials without times, workers and attempts.
fn table(study: &Study) -> Vec<String> {
    let trials = study.trials().unwrap();
    let row = trials.iter().map(|trial| {
        let point: Vec<_> =
            trial.parameters.iter().map(|(name, it)| format!("{name} {}", it.value())).collect();
        format!("{} {:?} {point:?} {:?}", trial.number, trial.state, trial.values)
    });
    row.collect()
}

fn quiet() -> Vec<String> {
    let mut study = Study::open(Box::new(Memory::new()), "study", settings()).unwrap();
    study.run(SystemTime::now, |trial| objective(trial)).unwrap();
    table(&study)
}

fn begun(place: &Place) -> Study {
    Study::open(open(&place.url).unwrap(), "study", settings()).unwrap()
}

fn start(place: &Place, name: &str) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "work_on_the_study", "--ignored", "--nocapture"]);
    command.env(URL, &place.url).env(WORKER, name).stdout(Stdio::piped());
    command.spawn().unwrap()
}

fn signal(signal: &str, worker: &Child) {
    assert!(Command::new("kill").args([signal, &worker.id().to_string()]).status().unwrap().success());
}

#[test]
#[ignore = "a process that the other tests start"]
fn work_on_the_study() {
    let study = Study::resume(open(&env::var(URL).unwrap()).unwrap(), "study").unwrap();
    let mut study = study.worker(env::var(WORKER).unwrap()).lease_terms(TERMS);
    study
        .run(SystemTime::now, |trial| {
            println!("at {}", trial.number());
            thread::sleep(Duration::from_millis(15));
            objective(trial)
        })
        .unwrap();
}

fn killed_workers_leave_the_table_of_a_quiet_study(place: &Place) {
    let study = begun(place);
    let mut workers: Vec<Child> = (0..3).map(|worker| start(place, &format!("first-{worker}"))).collect();
    let mut kills = 0;
    while workers.iter_mut().any(|worker| worker.try_wait().unwrap().is_none()) {
        thread::sleep(Duration::from_millis(400));
        let victim = &mut workers[kills % 3];
        if victim.try_wait().unwrap().is_none() {
            victim.kill().unwrap(); // SIGKILL
            victim.wait().unwrap();
            *victim = start(place, &format!("next-{kills}"));
            kills += 1;
        }
        assert!(kills < 500, "the study does not end");
    }
    assert!(kills >= 3, "{kills} workers were killed");
    for worker in &mut workers {
        assert!(worker.wait().unwrap().success());
    }
    let trials = study.trials().unwrap();
    assert!(trials.iter().map(|trial| trial.number).eq(0..TRIALS), "each number once");
    assert!(trials.iter().all(|trial| trial.state == State::Complete));
    assert!(trials.iter().any(|trial| trial.attempt > 1), "some worker was killed at its trial");
    assert_eq!(table(&study), quiet());
}

fn a_worker_that_was_held_up_past_its_lease_has_its_result_refused(place: &Place) {
    let mut study = begun(place);
    let mut slow = start(place, "slow");
    let mut lines = BufReader::new(slow.stdout.take().unwrap()).lines().map_while(Result::ok);
    let at = |line: String| line.rsplit_once("at ").and_then(|(_, number)| number.parse::<u64>().ok());
    let number = lines.by_ref().find_map(at).unwrap();
    signal("-STOP", &slow);
    let drain = thread::spawn(move || lines.for_each(drop));
    thread::sleep(TERMS.length * 2);

    let mut quick = start(place, "quick");
    let taken = |study: &Study| study.trials().unwrap()[number as usize].attempt == 2;
    while !taken(&study) {
        thread::sleep(Duration::from_millis(20));
    }
    signal("-CONT", &slow);
    assert!(slow.wait().unwrap().success(), "a refused result does not end the worker");
    let mut out = quick.stdout.take().unwrap();
    thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
    assert!(quick.wait().unwrap().success());
    drain.join().unwrap();

    let id = study.id();
    let attempts = study.storage_mut().attempts(id, number).unwrap();
    assert_eq!(attempts[0].worker, "slow");
    assert!(attempts[0].refused.as_deref().is_some_and(|told| told.starts_with("complete, with ")));
    assert_eq!((attempts.len(), attempts[1].worker.as_str(), &attempts[1].refused), (2, "quick", &None));
    assert_eq!(table(&study), quiet());
}
