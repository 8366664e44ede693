//! Trials that other programs deleted, renumbered or enqueued: a study is resumed with any numbers that it finds.

use crate::desk::{Desk, Ended};
use crate::small_study::{RESUME, RUN, completed, count, database, desk};

/// A desk with a study of six trials of which these statements changed some.
fn changed(statements: &str) -> Desk {
    let desk = desk(1, 6);
    desk.run(RUN).done();
    database(&desk).execute_batch(&format!("PRAGMA foreign_keys = OFF; {statements}")).expect("statements");
    desk
}

fn resumed(desk: &Desk, trials: u32) -> Ended {
    desk.run(&format!("{RESUME} --trials {trials}"))
}

/// The numbers of all trials, in order.
fn numbers(desk: &Desk) -> Vec<i64> {
    let database = database(desk);
    let mut numbers = database.prepare("SELECT number FROM trials ORDER BY number").expect("trials");
    let numbers = numbers.query_map([], |row| row.get(0)).expect("rows");
    numbers.collect::<Result<_, _>>().expect("numbers")
}

#[track_caller]
fn comes_to(statements: &str, trials: u32, expected: &[i64]) {
    let desk = changed(statements);
    resumed(&desk, trials).done();
    assert_eq!(numbers(&desk), expected);
    let looked = desk.run("search show s").done();
    assert!(!looked.err.contains("panicked"), "{}", looked.err);
}

#[test]
fn a_study_of_which_a_trial_was_deleted_is_resumed() {
    comes_to("DELETE FROM trials WHERE number = 0", 8, &[1, 2, 3, 4, 5, 6, 7, 8]);
    comes_to("DELETE FROM trials WHERE number IN (2, 5)", 8, &[0, 1, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn a_study_with_one_number_twice_is_resumed() {
    let statements =
        "UPDATE trials SET number = 3 WHERE number = 4; UPDATE trials SET number = 4 WHERE number = 5";
    comes_to(statements, 8, &[0, 1, 2, 3, 3, 4, 5, 6]);
}

#[test]
fn a_study_with_a_far_or_a_negative_number_is_resumed() {
    comes_to("UPDATE trials SET number = 900 WHERE number = 5", 8, &[0, 1, 2, 3, 4, 900, 901, 902]);
    let desk = changed("UPDATE trials SET number = -1 WHERE number = 2");
    resumed(&desk, 8).done();
    let numbers = numbers(&desk);
    assert_eq!(numbers[0], -1);
    assert!(numbers.windows(2).all(|two| two[0] < two[1]), "{numbers:?}");
    assert_eq!(count(&desk, "SELECT count(*) FROM trials WHERE state IN ('RUNNING', 'WAITING')"), 0);
}

/// As Optuna's `enqueue_trial` writes it.
fn enqueued(point: &str) -> Desk {
    changed(&format!(
        "INSERT INTO trials (trial_id, number, study_id, state)
         SELECT 1000, 6, study_id, 'WAITING' FROM studies;
         INSERT INTO trial_system_attributes (trial_id, key, value_json) VALUES (1000, 'fixed_params', '{point}')"
    ))
}

#[test]
fn a_point_that_another_program_enqueued_is_tried() {
    let desk = enqueued(r#"{"training.learning_rate": 0.0123}"#);
    resumed(&desk, 8).done();
    assert_eq!((completed(&desk), numbers(&desk).len()), (8, 8));
    let tried = "SELECT param_value FROM trial_params WHERE trial_id = 1000";
    let tried: f64 = database(&desk).query_row(tried, [], |row| row.get(0)).expect("a parameter");
    assert!((tried - 0.0123).abs() < 1e-12, "{tried}");
}

#[test]
fn a_point_that_another_program_enqueued_for_another_space_fails_and_says_why() {
    for (point, reason) in [
        (r#"{"training.learning_rate": 7.5}"#, "enqueued point: `training.learning_rate`: 7.5"),
        (r#"{"rate": 0.01}"#, "enqueued point: `rate` is not a parameter of the space"),
    ] {
        let desk = enqueued(point);
        let ended = resumed(&desk, 8);
        assert_eq!(ended.code, Some(1), "{}\n{}", ended.out, ended.err);
        assert_eq!(count(&desk, "SELECT count(*) FROM trials WHERE state = 'FAIL' AND trial_id = 1000"), 1);
        assert_eq!((completed(&desk), numbers(&desk).len()), (7, 8));
        let csv = desk.run("search export s --format csv").done().out;
        assert!(csv.contains(&reason.replace('"', "\"\"")), "{csv}");
    }
}
