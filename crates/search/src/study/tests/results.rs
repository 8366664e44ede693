//! Results that are not valid: a trial fails and says why, and the study continues.

use super::*;

fn failures(study: &Study) -> Vec<(State, Option<String>)> {
    study.trials().unwrap().into_iter().map(|trial| (trial.state, trial.failure)).collect()
}

fn fail(reason: &str) -> (State, Option<String>) {
    (State::Fail, Some(reason.to_owned()))
}

#[test]
fn a_result_that_no_storage_holds_fails_its_trial_at_once() {
    let directions = vec![Direction::Minimize, Direction::Maximize];
    let settings = Settings { directions, trials: Some(6), ..settings(Random { seed: 7 }, mixed()) };
    let mut study = Study::open(memory(), "study", settings).unwrap();
    let told = |trial: &mut Running<'_>| {
        Ok(match trial.number() {
            0 => TrialResult::complete(1.0),
            1 => TrialResult::complete_all([1.0, 2.0, 3.0]),
            2 => TrialResult::complete_all([1.0, f64::NAN]),
            3 => TrialResult { constraints: vec![0.0, f64::NAN], ..TrialResult::complete_all([1.0, 2.0]) },
            4 => TrialResult {
                attributes: [("a\0b".to_owned(), json!(1))].into(),
                ..TrialResult::complete_all([1.0, 2.0])
            },
            _ => TrialResult::complete_all([1.0, f64::INFINITY]),
        })
    };
    study.run(SystemTime::now, told).unwrap();
    let expected = [
        fail("trial 0: 1 values, expected 2: one for each objective of the study"),
        fail("trial 1: 3 values, expected 2: one for each objective of the study"),
        fail("trial 2: the objective is NaN; report the trial as failed, with a reason"),
        fail("trial 3: a constraint is NaN; report the trial as failed, with a reason"),
        fail("attribute `a\\0b` contains a NUL character; leave it out"),
        (State::Complete, None),
    ];
    assert_eq!(failures(&study), expected);
}

#[test]
fn a_panic_is_a_failed_trial_and_its_thread_goes_on() {
    for workers in [1, 3] {
        let mut study = Study::open(memory(), "study", settings(Random { seed: 7 }, mixed())).unwrap();
        let panics = |trial: &mut Running<'_>| {
            match trial.number() {
                3 => panic!("no memory for {} layers", 9),
                4 => panic!("static"),
                5 => std::panic::panic_any(7),
                _ => {}
            }
            objective(trial)
        };
        if workers == 1 {
            study.run(SystemTime::now, panics).unwrap();
        } else {
            study.run_on(workers, SystemTime::now, panics).unwrap();
        }
        let failures = failures(&study);
        assert_eq!(failures.len(), 50);
        let panicked = ["no memory for 9 layers", "static", "without a message"];
        assert_eq!(failures[3..6], panicked.map(|words| fail(&format!("panicked: {words}"))));
    }
}

#[test]
fn a_point_of_any_size_is_enqueued_once() {
    let names = (0..60).map(|place| format!("training.schedule.learning_rate.{place}"));
    let space = Space::new(names.map(|name| (name, Distribution::uniform(0.0, 1.0)))).unwrap();
    let mut study = Study::open(memory(), "study", Settings::new(space.clone(), Random { seed: 7 })).unwrap();
    let (low, high) = (space.point_at(&[0.25; 60]), space.point_at(&[0.75; 60]));
    assert_eq!([&low, &high, &low].map(|point| study.enqueue(point).unwrap()), [0, 1, 0]);
    assert_eq!(study.trials().unwrap()[0].key.as_ref().map(String::len), Some("point ".len() + 32));
}
