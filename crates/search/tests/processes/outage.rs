//! A database that crashes and is away for ten seconds in the middle of a run.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::support::server::Server;
use tinderbox_search::{Direction, LeaseTerms, NewTrial, Postgres, State, Storage, Timestamp, TrialResult};

const TERMS: LeaseTerms = LeaseTerms::new(Duration::from_hours(1));

#[test]
fn ten_seconds_without_the_database_are_ridden_out_and_nothing_told_is_lost() {
    let Some(server) = Server::start() else { return };
    let url = server.database();
    let study = Postgres::open(&url).unwrap().open_study("study", &[Direction::Maximize]).unwrap();
    let (over, told) = (AtomicBool::new(false), Mutex::new(BTreeMap::new()));
    thread::scope(|scope| {
        for worker in 0..4 {
            let (url, over, told) = (&url, &over, &told);
            scope.spawn(move || {
                let mut storage = Postgres::open(url).unwrap();
                let mut work = 0_u32;
                while !over.load(Ordering::Relaxed) {
                    let key = format!("{worker}-{work}");
                    storage.enqueue(study, &NewTrial { key, ..NewTrial::default() }).unwrap();
                    // A row that another worker looks at just now is passed over: ask again.
                    let mut lease = || storage.lease(study, &worker.to_string(), at(work), TERMS).unwrap();
                    let lease = std::iter::repeat_with(&mut lease).find_map(|lease| lease);
                    let lease = lease.expect("one for each that was enqueued");
                    storage.report(&lease, 0, 0.5).unwrap();
                    let value = f64::from(4 * work + worker);
                    storage.tell(&lease, &TrialResult::complete(value), at(work)).unwrap();
                    assert!(told.lock().unwrap().insert(lease.number, value).is_none(), "told twice");
                    work += 1;
                }
            });
        }
        thread::sleep(Duration::from_secs(1));
        server.run("pg_ctl", &["stop", "--mode=immediate"]);
        thread::sleep(Duration::from_secs(10));
        let before = told.lock().unwrap().len();
        server.resume();
        while told.lock().unwrap().len() < before + 20 {
            thread::sleep(Duration::from_millis(50));
        }
        over.store(true, Ordering::Relaxed);
    });

    let told = told.into_inner().unwrap();
    let trials = Postgres::open(&url).unwrap().trials(study).unwrap();
    assert_eq!(trials.len(), told.len(), "each was enqueued, leased and told once");
    for (number, trial) in (0..).zip(&trials) {
        assert_eq!((trial.number, trial.state, trial.attempt), (number, State::Complete, 1));
        assert_eq!(trial.value(), told.get(&number).copied(), "trial {number}");
    }
}

fn at(seconds: u32) -> Timestamp {
    Timestamp::from_micros(1_700_000_000_000_000 + i64::from(seconds) * 1_000_000)
}
