//! What was fixed before the trials cannot be changed in the storage without `report` naming it.

use std::path::PathBuf;

use rusqlite::Connection;

use crate::desk::{Desk, Ended};
use crate::experiments::PAPER;

const RUN: &str = "reproduce paper.toml --dataset stand-in --epochs 1 --seeds 2";

/// A finished run of `PAPER`, to be edited.
struct Run {
    desk: Desk,
    folder: PathBuf,
}

impl Run {
    fn new() -> Self {
        let desk = Desk::new();
        desk.write("paper.toml", PAPER);
        desk.run(RUN).done();
        let folder = desk.run_folder("runs");
        Self { desk, folder }
    }

    fn storage(&self) -> Connection {
        Connection::open(self.folder.join("study.sqlite")).expect("a storage")
    }

    /// Changes so many rows; `report` afterwards.
    #[track_caller]
    fn edited(&self, rows: usize, change: &str) -> Ended {
        assert_eq!(self.storage().execute(change, []).expect("changed"), rows, "{change}");
        self.report()
    }

    /// `report` after a change of the heading; the change is taken back.
    #[track_caller]
    fn heading(&self, from: &str, to: &str) -> Ended {
        let replace = |from: &str, to: &str| {
            let change = "UPDATE study_user_attributes SET value_json = replace(value_json, ?1, ?2)
                          WHERE key = 'tinderbox:heading' AND value_json LIKE '%' || ?1 || '%'";
            self.storage().execute(change, [from, to]).expect("changed")
        };
        assert_eq!(replace(from, to), 1, "the heading has no {from}");
        let ended = self.report();
        assert_eq!(replace(to, from), 1);
        ended
    }

    fn report(&self) -> Ended {
        self.desk.run(&format!("report {}", self.folder.display()))
    }
}

#[test]
fn an_edited_heading_is_refused_and_named() {
    let run = Run::new();
    run.report().done();
    for (from, to, what) in [
        ("\"margin\":5.0", "\"margin\":0.5", "its claims changed"),
        ("Adversarial training helps", "Adversarial training hurts", "its claims changed"),
        ("\"percent\":95.5", "\"percent\":90.5", "its arms changed"),
        ("\"seeds\":[1,2]", "\"seeds\":[1]", "its heading changed"),
        ("\"claims_changed\":false", "\"claims_changed\":true", "its heading changed"),
        ("Together they are better", "Apart they are better", "its heading changed"),
        ("\"seal\":", "\"sael\":", "no readable heading"),
    ] {
        run.heading(from, to).refused(&["study.sqlite: study `paper`", what]);
    }
    run.report().done();
}

#[test]
fn a_seal_cannot_be_left_out() {
    let run = Run::new();
    let change = "UPDATE study_user_attributes SET value_json = json_remove(value_json, '$.seal')
                  WHERE key = 'tinderbox:heading'";
    run.edited(1, change).refused(&["its seal was removed", "the same `reproduce` command seals it"]);
    let again = run.desk.run(RUN).done();
    assert!(again.err.contains("everything is done already"), "{}", again.err);
    run.report().done();
}

/// A heading as an earlier version stored it.
#[test]
fn a_run_of_an_earlier_version_is_refused_in_one_line() {
    let run = Run::new();
    let change = "UPDATE study_user_attributes
                  SET value_json = json_remove(value_json, '$.layout')
                  WHERE key = 'tinderbox:heading'";
    let ended =
        run.edited(1, change).refused(&["another version of the program made this run", "run the plan anew"]);
    assert_eq!(ended.err.trim().lines().count(), 1, "{}", ended.err);
}

#[test]
fn a_missing_an_added_and_a_changed_trial_are_named() {
    let run = Run::new();
    let task = "SELECT value_json FROM trial_user_attributes WHERE key = 'tinderbox:task'
                AND trial_id = (SELECT trial_id FROM trials WHERE number = 0)";
    let task: String = run.storage().query_row(task, [], |row| row.get(0)).expect("a task");
    let other = "UPDATE trial_user_attributes SET value_json = replace(value_json, '\"batch_size\":64', '\"batch_size\":65')
                 WHERE key = 'tinderbox:task' AND trial_id = (SELECT trial_id FROM trials WHERE number = 0)";
    run.edited(1, other).refused(&["trial `narrow/1` is not as it was planned"]);
    let restore = "UPDATE trial_user_attributes SET value_json = ?1 WHERE key = 'tinderbox:task'
                   AND trial_id = (SELECT trial_id FROM trials WHERE number = 0)";
    run.storage().execute(restore, [&task]).expect("restored");
    run.report().done();

    // The same trial a second time, as if its seed counted twice.
    run.storage()
        .execute_batch(
            "INSERT INTO trials (trial_id, number, study_id, state) VALUES (1000, 4, 1, 'WAITING');
             INSERT INTO trial_user_attributes (trial_id, key, value_json)
             SELECT 1000, key, value_json FROM trial_user_attributes WHERE key = 'tinderbox:task'
             AND trial_id = (SELECT trial_id FROM trials WHERE number = 0)",
        )
        .expect("added");
    run.report().refused(&["trial `narrow/1` is not as it was planned"]);
    run.storage()
        .execute_batch(
            "DELETE FROM trial_user_attributes WHERE trial_id = 1000; DELETE FROM trials WHERE trial_id = 1000",
        )
        .expect("removed");
    run.report().done();

    let remove = "DELETE FROM trial_user_attributes WHERE key = 'tinderbox:task'
                  AND trial_id = (SELECT trial_id FROM trials WHERE number = 3)";
    run.edited(1, remove).refused(&["1 of its 4 trials are missing"]);
}

#[test]
fn a_trial_whose_state_or_record_is_another_ones_is_named() {
    let run = Run::new();
    let fail = "UPDATE trials SET state = 'FAIL' WHERE number = 1";
    run.edited(1, fail).refused(&["trial 1: it has a record but is not complete"]);
    let complete = "UPDATE trials SET state = 'COMPLETE' WHERE number = 1";
    run.edited(1, complete).done();
    // The record of trial 0 under trial 1: its own hashes are right.
    let swap =
        "UPDATE tinderbox_trial_attachments SET content = (SELECT content FROM tinderbox_trial_attachments
                WHERE name = 'record.json' AND trial_id = (SELECT trial_id FROM trials WHERE number = 0))
                WHERE name = 'record.json' AND trial_id = (SELECT trial_id FROM trials WHERE number = 1)";
    run.edited(1, swap).refused(&["trial 1: its record is another trial's"]);
}

#[test]
fn an_experiment_that_was_removed_from_a_run_is_named() {
    let desk = Desk::new();
    desk.write("paper.toml", PAPER);
    desk.run("reproduce paper.toml small.toml --dataset stand-in --epochs 1 --seeds 1").done();
    let folder = desk.run_folder("runs");
    let storage = Connection::open(folder.join("study.sqlite")).expect("a storage");
    storage
        .execute_batch("PRAGMA foreign_keys = OFF; DELETE FROM studies WHERE study_name = 'small'")
        .expect("removed");
    drop(storage);
    desk.run(&format!("report {}", folder.display())).refused(&["study `small` is missing"]);
}

#[test]
fn an_edited_heading_is_not_sealed_anew_by_the_next_run() {
    let run = Run::new();
    let change = "UPDATE study_user_attributes SET value_json = replace(value_json, '\"margin\":5.0', '\"margin\":0.5')
                  WHERE key = 'tinderbox:heading'";
    run.edited(1, change).refused(&["its claims changed"]);
    run.desk.run(RUN).refused(&["its claims changed", "with another folder for --runs"]);
}

#[test]
fn a_reported_number_that_changes_in_its_file_is_told() {
    let run = Run::new();
    run.desk.write("paper.toml", PAPER.replace("percent = 95.5", "percent = 91.5"));
    let again = run.desk.run(RUN).done();
    assert!(
        again.out.contains("reported numbers were changed after the first trials of paper"),
        "{}",
        again.out
    );
    assert!(!again.out.contains("claims were changed"), "{}", again.out);
}
