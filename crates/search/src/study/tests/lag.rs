//! The lag of a study that leaves it open: who works on it first decides.

use super::*;

fn open(storage: &Memory, lag: Option<u64>) -> Result<Study, StudyError> {
    let settings = Settings { lag, ..settings(Tpe::new(7), mixed()) };
    Study::open(Box::new(storage.clone()), "study", settings)
}

#[test]
fn a_lag_is_one_less_than_the_workers_that_came_first() {
    let decided = |workers: usize| {
        let storage = Memory::new();
        let mut study = open(&storage, None).unwrap();
        assert_eq!(study.lag(), None);
        study.run_on(workers, SystemTime::now, |trial| objective(trial)).unwrap();
        (study.lag(), rows(&study))
    };
    let told = |lag| {
        let mut study = open(&Memory::new(), Some(lag)).unwrap();
        study.run(SystemTime::now, |trial| objective(trial)).unwrap();
        (Some(lag), rows(&study))
    };
    assert_eq!(decided(1), told(0));
    assert_eq!(decided(3), told(2));
    assert_ne!(told(0).1, told(2).1);

    let storage = Memory::new();
    let mut study = open(&storage, None).unwrap();
    study.run(SystemTime::now, |trial| objective(trial)).unwrap();
    assert_eq!((study.lag(), rows(&study)), told(0), "one that runs alone");
}

#[test]
fn a_lag_stays_for_later_workers() {
    let storage = Memory::new();
    let (mut first, mut second) = (open(&storage, None).unwrap(), open(&storage, None).unwrap());
    assert_eq!(first.settle_lag(4).unwrap(), 3);
    assert_eq!(second.settle_lag(9).unwrap(), 3, "both decide at once, and the first decision stays");
    assert_eq!(first.settle_lag(1).unwrap(), 3);
    assert_eq!(open(&storage, None).unwrap().lag(), Some(3));
    assert_eq!(open(&storage, Some(3)).unwrap().lag(), Some(3));
    assert_eq!(Study::resume(Box::new(storage.clone()), "study").unwrap().lag(), Some(3));
    let error = open(&storage, Some(8)).unwrap_err().to_string();
    assert_eq!(error, "study `study` already exists with lag 3, not 8; choose another name");
}

#[test]
fn a_study_of_an_earlier_version_keeps_its_lag() {
    let mut storage = Memory::new();
    let old = settings(Tpe::new(7), mixed());
    let study = storage.open_study("study", &old.directions).unwrap();
    storage.set_study_attribute(study, "tinderbox:settings", &json!(old)).unwrap();
    let mut resumed = open(&storage, None).unwrap();
    assert_eq!((resumed.lag(), resumed.settle_lag(1).unwrap()), (Some(8), 8));
    let error = open(&storage, Some(0)).unwrap_err().to_string();
    assert!(error.contains("already exists with lag 8, not 0"), "{error}");
}

#[test]
fn a_lag_without_end_lets_all_begin() {
    let storage = Memory::new();
    let mut study = open(&storage, Some(u64::MAX)).unwrap();
    for number in 0..50 {
        let Asked::Trial(lease) = study.ask(Timestamp::MIN).unwrap() else { panic!("trial {number}") };
        assert_eq!(lease.number, number);
    }
    assert_eq!(study.ask(Timestamp::MIN).unwrap(), Asked::Wait);
}
