//! Many processes on one storage: each trial goes to one of them, and what the killed ones held comes back.
#![cfg(all(unix, any(feature = "postgres", feature = "sqlite")))]

use std::collections::BTreeSet;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use tinderbox_search::{
    AttemptOutcome, Direction, LeaseTerms, NewTrial, State, Storage, StudyId, Timestamp, TrialResult, open,
};

use support::{Place, in_each_place};

#[cfg(feature = "postgres")]
#[path = "processes/outage.rs"]
mod outage;
mod support;

const URL: &str = "TINDERBOX_SEARCH_TEST_URL";
const WORKER: &str = "TINDERBOX_SEARCH_TEST_WORKER";
const TERMS: LeaseTerms = LeaseTerms::new(Duration::from_mins(1));
const SHORT_LEASE: LeaseTerms = LeaseTerms::new(Duration::from_secs(1));

in_each_place! {
    many_processes_and_threads_lease_each_trial_once
    processes_that_enqueue_the_same_keys_at_once_share_the_numbers
    processes_that_start_the_next_number_at_once_agree
    the_trial_of_a_killed_process_is_taken_over_and_nothing_told_is_lost
    a_storage_survives_writers_that_are_killed_at_any_moment
    a_process_that_slept_past_its_lease_has_its_result_refused
}

fn many_processes_and_threads_lease_each_trial_once(place: &Place) {
    let (mut storage, study) = queue(place, 120);
    let workers: Vec<Child> =
        (0..4).map(|i| start("work_to_the_end", place, &format!("process-{i}"))).collect();
    std::thread::scope(|scope| {
        for i in 0..4 {
            scope.spawn(move || work(&mut *open(&place.url).unwrap(), &format!("thread-{i}"), u64::MAX));
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
    assert!(storage.lease(study, "late", at(0), TERMS).unwrap().is_none());
}

fn processes_that_enqueue_the_same_keys_at_once_share_the_numbers(place: &Place) {
    let (storage, study) = queue(place, 0);
    let processes: Vec<Child> = (0..4).map(|i| start("enqueue_forty", place, &i.to_string())).collect();
    for mut process in processes {
        assert!(process.wait().unwrap().success());
    }
    let trials = storage.trials(study).unwrap();
    assert_eq!(trials.iter().map(|trial| trial.number).collect::<Vec<_>>(), (0..40).collect::<Vec<_>>());
    let keys: BTreeSet<_> = trials.iter().map(|trial| trial.key.clone()).collect();
    assert_eq!(keys.len(), 40);
}

fn the_trial_of_a_killed_process_is_taken_over_and_nothing_told_is_lost(place: &Place) {
    let (mut storage, study) = queue(place, 3);
    let mut worker = start("tell_one_and_hold_one", place, "killed");
    wait_for_line(&mut worker, "holding");
    worker.kill().unwrap(); // SIGKILL where there are signals
    worker.wait().unwrap();
    drop(storage);

    storage = open(&place.url).unwrap();
    let trials = storage.trials(study).unwrap();
    assert_eq!((trials[0].state, trials[0].value()), (State::Complete, Some(0.0)));
    assert_eq!(storage.attachment(study, 0, "owner").unwrap().as_deref(), Some(b"killed".as_slice()));
    assert_eq!((trials[1].state, trials[1].worker.as_deref()), (State::Running, Some("killed")));
    assert_eq!(trials[1].intermediate_values, [(0, 0.25)].into());

    assert_eq!(storage.lease(study, "next", at(60), TERMS).unwrap().unwrap().number, 2, "its lease holds");
    let lease = storage.lease(study, "next", at(61), TERMS).unwrap().unwrap();
    assert_eq!((lease.number, lease.attempt), (1, 2));
    storage.tell(&lease, &TrialResult::complete(1.0), at(62)).unwrap();
    let attempts = storage.attempts(study, 1).unwrap();
    assert_eq!(
        attempts.iter().map(|attempt| attempt.outcome).collect::<Vec<_>>(),
        [AttemptOutcome::Expired, AttemptOutcome::Complete]
    );
}

fn a_storage_survives_writers_that_are_killed_at_any_moment(place: &Place) {
    let (_, study) = queue(place, 400);
    for round in 0..6 {
        let name = format!("victim-{round}");
        let mut worker = start("work_aloud", place, &name);
        let mut lines = BufReader::new(worker.stdout.take().unwrap()).lines();
        let told =
            |line: String| line.rsplit_once("told ").and_then(|(_, number)| number.parse::<u64>().ok());
        let mut heard: Vec<u64> =
            lines.by_ref().map_while(Result::ok).filter_map(told).take(2 + round).collect();
        worker.kill().unwrap();
        worker.wait().unwrap();
        heard.extend(lines.map_while(Result::ok).filter_map(told));

        let mut storage = open(&place.url).unwrap();
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
    #[cfg(feature = "sqlite")]
    if let Some(file) = place.url.strip_prefix("sqlite:///") {
        let file = rusqlite::Connection::open(file).unwrap();
        let check = "SELECT * FROM pragma_integrity_check";
        let sound: String = file.query_row(check, [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok");
    }
}

fn processes_that_start_the_next_number_at_once_agree(place: &Place) {
    let (storage, study) = queue(place, 0);
    let processes: Vec<Child> = (0..4).map(|i| start("start_up_to_forty", place, &i.to_string())).collect();
    for mut process in processes {
        assert!(process.wait().unwrap().success());
    }
    let trials = storage.trials(study).unwrap();
    assert_eq!(trials.iter().map(|trial| trial.number).collect::<Vec<_>>(), (0..40).collect::<Vec<_>>());
    assert!(trials.iter().all(|trial| trial.value() == Some(trial.number as f64) && trial.attempt == 1));
}

fn a_process_that_slept_past_its_lease_has_its_result_refused(place: &Place) {
    let (mut storage, study) = queue(place, 1);
    let mut slow = start("tell_late", place, "slow");
    wait_for_line(&mut slow, "holding");
    signal(&slow, "-STOP");
    std::thread::sleep(SHORT_LEASE.length + Duration::from_millis(50));
    let quick = storage.lease(study, "quick", now(), TERMS).unwrap().expect("its lease ran out");
    assert_eq!((quick.number, quick.attempt), (0, 2));
    signal(&slow, "-CONT");
    slow.stdin.take().unwrap().write_all(b"go on\n").unwrap();
    wait_for_line(
        &mut slow,
        "attempt 1 of worker `slow` no longer holds it; drop its result and lease again",
    );
    assert!(slow.wait().unwrap().success());
    storage.tell(&quick, &TrialResult::complete(1.0), now()).unwrap();
    assert_eq!(storage.trials(study).unwrap()[0].value(), Some(1.0));
    let attempts = storage.attempts(study, 0).unwrap();
    assert_eq!(attempts[0].refused.as_deref(), Some("complete, with -1"));
}

// The processes that the tests above start: this very executable, with one of these to run.

#[test]
#[ignore = "a process that the other tests start"]
fn work_to_the_end() {
    let Some((mut storage, worker)) = process() else { return };
    work(&mut *storage, &worker, u64::MAX);
}

#[test]
#[ignore = "a process that the other tests start"]
fn work_aloud() {
    let Some((mut storage, worker)) = process() else { return };
    loop {
        let number = work(&mut *storage, &worker, 1).expect("more trials than the test lets it finish");
        say(&format!("told {number}"));
    }
}

#[test]
#[ignore = "a process that the other tests start"]
fn tell_one_and_hold_one() {
    let Some((mut storage, worker)) = process() else { return };
    work(&mut *storage, &worker, 1);
    let study = storage.studies().unwrap()["study"];
    let lease = storage.lease(study, &worker, at(0), TERMS).unwrap().unwrap();
    storage.report(&lease, 0, 0.25).unwrap();
    say("holding");
    std::thread::sleep(Duration::from_mins(10));
}

#[test]
#[ignore = "a process that the other tests start"]
fn enqueue_forty() {
    let Some((mut storage, _)) = process() else { return };
    let study = storage.open_study("study", &[Direction::Maximize]).unwrap();
    enqueue(&mut *storage, study, 40);
}

#[test]
#[ignore = "a process that the other tests start"]
fn start_up_to_forty() {
    let Some((mut storage, worker)) = process() else { return };
    let study = storage.studies().unwrap()["study"];
    for number in 0..40 {
        let trial = NewTrial { key: number.to_string(), ..NewTrial::default() };
        if let Some(lease) = storage.start(study, number, &trial, &worker, at(0), TERMS).unwrap() {
            storage.tell(&lease, &TrialResult::complete(number as f64), at(1)).unwrap();
        }
    }
}

#[test]
#[ignore = "a process that the other tests start"]
fn tell_late() {
    let Some((mut storage, worker)) = process() else { return };
    let study = storage.studies().unwrap()["study"];
    let lease = storage.lease(study, &worker, now(), SHORT_LEASE).unwrap().unwrap();
    say("holding");
    std::io::stdin().read_line(&mut String::new()).unwrap();
    let refused = storage.tell(&lease, &TrialResult::complete(-1.0), now()).unwrap_err();
    say(&refused.to_string());
}

/// The place with so many trials that wait.
fn queue(place: &Place, trials: u64) -> (Box<dyn Storage>, StudyId) {
    let mut storage = open(&place.url).unwrap();
    let study = storage.open_study("study", &[Direction::Maximize]).unwrap();
    enqueue(&mut *storage, study, trials);
    (storage, study)
}

fn enqueue(storage: &mut dyn Storage, study: StudyId, trials: u64) {
    for key in 0..trials {
        storage.enqueue(study, &NewTrial { key: key.to_string(), ..NewTrial::default() }).unwrap();
    }
}

/// Claims and tells up to `limit` trials; returns the number of the last.
fn work(storage: &mut dyn Storage, worker: &str, limit: u64) -> Option<u64> {
    let study = storage.studies().unwrap()["study"];
    let mut last = None;
    for _ in 0..limit {
        let Some(lease) = storage.lease(study, worker, at(0), TERMS).unwrap() else { break };
        storage.report(&lease, 0, 0.5).unwrap();
        storage.heartbeat(&lease, at(0)).unwrap();
        let attachments = [("owner".to_owned(), worker.as_bytes().to_vec())].into();
        let told = TrialResult { attachments, ..TrialResult::complete(lease.number as f64) };
        storage.tell(&lease, &told, at(0)).unwrap();
        last = Some(lease.number);
    }
    last
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_700_000_000_000_000 + seconds * 1_000_000)
}

fn now() -> Timestamp {
    SystemTime::now().into()
}

/// Starts this executable again to run `role`.
fn start(role: &str, place: &Place, worker: &str) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", role, "--ignored", "--nocapture"])
        .env(URL, &place.url)
        .env(WORKER, worker)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What a started process works with; nothing if it was not one of the tests that started it.
fn process() -> Option<(Box<dyn Storage>, String)> {
    let (url, worker) = (env::var(URL).ok()?, env::var(WORKER).ok()?);
    Some((open(&url).unwrap(), worker))
}

fn signal(child: &Child, signal: &str) {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
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
