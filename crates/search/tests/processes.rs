//! Many processes on one file: each trial goes to one of them, and what the killed ones held comes back.
#![cfg(feature = "sqlite")]

use std::collections::BTreeSet;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tinderbox_search::{
    Direction, Lease, NewTrial, Outcome, Sqlite, State, Storage, StudyId, Timestamp, Told,
};

const FILE: &str = "TINDERBOX_SEARCH_TEST_FILE";
const WORKER: &str = "TINDERBOX_SEARCH_TEST_WORKER";
const LEASE: Lease = Lease::new(Duration::from_mins(1));

#[test]
fn many_processes_and_threads_claim_each_trial_once() {
    let (folder, mut storage, study) = queue(120);
    let file = folder.path().join("studies.db");
    let workers: Vec<Child> =
        (0..4).map(|i| start("work_to_the_end", &file, &format!("process-{i}"))).collect();
    std::thread::scope(|scope| {
        for i in 0..4 {
            let file = &file;
            scope.spawn(move || work(&mut Sqlite::open(file).unwrap(), &format!("thread-{i}"), u64::MAX));
        }
    });
    for mut worker in workers {
        assert!(worker.wait().unwrap().success());
    }

    let trials = storage.trials(study).unwrap();
    assert_eq!(trials.len(), 120);
    for trial in &trials {
        assert_eq!((trial.state, trial.attempt), (State::Complete, 1), "trial {}", trial.number);
        assert_eq!(trial.value(), Some(trial.number as f64));
        let owner = storage.attachment(study, trial.number, "owner").unwrap();
        assert_eq!(owner.as_deref(), trial.worker.as_deref().map(str::as_bytes));
    }
    assert!(storage.claim(study, "late", at(0), LEASE).unwrap().is_none());
}

#[test]
fn processes_that_enqueue_the_same_keys_at_once_share_the_numbers() {
    let (folder, storage, study) = queue(0);
    let file = folder.path().join("studies.db");
    let processes: Vec<Child> = (0..4).map(|i| start("enqueue_forty", &file, &i.to_string())).collect();
    for mut process in processes {
        assert!(process.wait().unwrap().success());
    }
    let trials = storage.trials(study).unwrap();
    assert_eq!(trials.iter().map(|trial| trial.number).collect::<Vec<_>>(), (0..40).collect::<Vec<_>>());
    let keys: BTreeSet<_> = trials.iter().map(|trial| trial.key.clone()).collect();
    assert_eq!(keys.len(), 40);
}

#[test]
fn the_trial_of_a_killed_process_is_taken_over_and_nothing_told_is_lost() {
    let (folder, mut storage, study) = queue(3);
    let file = folder.path().join("studies.db");
    let mut worker = start("tell_one_and_hold_one", &file, "killed");
    wait_for_line(&mut worker, "holding");
    worker.kill().unwrap(); // SIGKILL where there are signals
    worker.wait().unwrap();
    drop(storage);

    storage = Sqlite::open(&file).unwrap();
    let trials = storage.trials(study).unwrap();
    assert_eq!((trials[0].state, trials[0].value()), (State::Complete, Some(0.0)));
    assert_eq!(storage.attachment(study, 0, "owner").unwrap().as_deref(), Some(b"killed".as_slice()));
    assert_eq!((trials[1].state, trials[1].worker.as_deref()), (State::Running, Some("killed")));
    assert_eq!(trials[1].intermediate_values, [(0, 0.25)].into());

    assert_eq!(storage.claim(study, "next", at(60), LEASE).unwrap().unwrap().number, 2, "its lease holds");
    let claim = storage.claim(study, "next", at(61), LEASE).unwrap().unwrap();
    assert_eq!((claim.number, claim.attempt), (1, 2));
    storage.tell(&claim, &Told::complete(1.0), at(62)).unwrap();
    let attempts = storage.attempts(study, 1).unwrap();
    assert_eq!(
        attempts.iter().map(|attempt| attempt.outcome).collect::<Vec<_>>(),
        [Outcome::Expired, Outcome::Complete]
    );
}

#[test]
fn a_file_survives_writers_that_are_killed_at_any_moment() {
    let (folder, _, study) = queue(400);
    let file = folder.path().join("studies.db");
    for round in 0..6 {
        let name = format!("victim-{round}");
        let mut worker = start("work_aloud", &file, &name);
        let mut lines = BufReader::new(worker.stdout.take().unwrap()).lines();
        let told =
            |line: String| line.rsplit_once("told ").and_then(|(_, number)| number.parse::<u64>().ok());
        let mut heard: Vec<u64> =
            lines.by_ref().map_while(Result::ok).filter_map(told).take(2 + round).collect();
        worker.kill().unwrap();
        worker.wait().unwrap();
        heard.extend(lines.map_while(Result::ok).filter_map(told));

        let mut storage = Sqlite::open(&file).unwrap();
        let trials = storage.trials(study).unwrap();
        assert!(heard.len() >= 2 + round);
        for number in heard {
            let trial = &trials[number as usize];
            assert_eq!((trial.state, trial.value()), (State::Complete, Some(number as f64)), "round {round}");
            assert!(storage.attachment(study, number, "owner").unwrap().is_some());
        }
        assert!(storage.release(study, &name, at(1)).unwrap() <= 1, "it held one trial at most");
        assert_eq!(storage.counts(study).unwrap().running, 0);
    }
    let sound: String = rusqlite::Connection::open(&file)
        .unwrap()
        .query_row("SELECT * FROM pragma_integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sound, "ok");
}

// The processes that the tests above start: this very executable, with one of these to run.

#[test]
#[ignore = "a process that the other tests start"]
fn work_to_the_end() {
    let Some((mut storage, worker)) = process() else { return };
    work(&mut storage, &worker, u64::MAX);
}

#[test]
#[ignore = "a process that the other tests start"]
fn work_aloud() {
    let Some((mut storage, worker)) = process() else { return };
    loop {
        let number = work(&mut storage, &worker, 1).expect("more trials than the test lets it finish");
        say(&format!("told {number}"));
    }
}

#[test]
#[ignore = "a process that the other tests start"]
fn tell_one_and_hold_one() {
    let Some((mut storage, worker)) = process() else { return };
    work(&mut storage, &worker, 1);
    let study = storage.studies().unwrap()["study"];
    let claim = storage.claim(study, &worker, at(0), LEASE).unwrap().unwrap();
    storage.report(&claim, 0, 0.25).unwrap();
    say("holding");
    std::thread::sleep(Duration::from_mins(10));
}

#[test]
#[ignore = "a process that the other tests start"]
fn enqueue_forty() {
    let Some((mut storage, _)) = process() else { return };
    let study = storage.open_study("study", &[Direction::Maximize]).unwrap();
    enqueue(&mut storage, study, 40);
}

/// A file in which so many trials wait.
fn queue(trials: u64) -> (TempDir, Sqlite, StudyId) {
    let folder = tempfile::tempdir().unwrap();
    let mut storage = Sqlite::open(folder.path().join("studies.db")).unwrap();
    let study = storage.open_study("study", &[Direction::Maximize]).unwrap();
    enqueue(&mut storage, study, trials);
    (folder, storage, study)
}

fn enqueue(storage: &mut Sqlite, study: StudyId, trials: u64) {
    for key in 0..trials {
        storage.enqueue(study, &NewTrial { key: key.to_string(), ..NewTrial::default() }).unwrap();
    }
}

/// Claims and tells up to `limit` trials; returns the number of the last.
fn work(storage: &mut Sqlite, worker: &str, limit: u64) -> Option<u64> {
    let study = storage.studies().unwrap()["study"];
    let mut last = None;
    for _ in 0..limit {
        let Some(claim) = storage.claim(study, worker, at(0), LEASE).unwrap() else { break };
        storage.report(&claim, 0, 0.5).unwrap();
        storage.heartbeat(&claim, at(0)).unwrap();
        let attachments = [("owner".to_owned(), worker.as_bytes().to_vec())].into();
        let told = Told { attachments, ..Told::complete(claim.number as f64) };
        storage.tell(&claim, &told, at(0)).unwrap();
        last = Some(claim.number);
    }
    last
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_700_000_000_000_000 + seconds * 1_000_000)
}

/// Starts this executable again to run `role`.
fn start(role: &str, file: &Path, worker: &str) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", role, "--ignored", "--nocapture"])
        .env(FILE, file)
        .env(WORKER, worker)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What a started process works with; nothing if it was not one of the tests that started it.
fn process() -> Option<(Sqlite, String)> {
    let (file, worker) = (env::var(FILE).ok()?, env::var(WORKER).ok()?);
    Some((Sqlite::open(file).unwrap(), worker))
}

fn say(line: &str) {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{line}").unwrap();
    output.flush().unwrap();
}

fn wait_for_line(child: &mut Child, expected: &str) {
    let output = BufReader::new(child.stdout.as_mut().unwrap());
    assert!(
        output.lines().map_while(Result::ok).any(|line| line.ends_with(expected)),
        "it ended without a word"
    );
}
