//! A mishap of the machine is not a result: it costs time, and the table is the undisturbed one.

use std::fs;
use std::process::{Command, Stdio};

use crate::desk::{Desk, Ended};
use crate::small_study::{
    RESUME, RUN, completed, count, database, desk, failed, table, undisturbed, wait_until,
};

/// Runs with these places for all that is temporary or the user's own.
fn run_with_places(desk: &Desk, words: &str, place: &str) -> Ended {
    let mut command = desk.command(words);
    for variable in ["TMPDIR", "HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "XDG_DATA_HOME"]
    {
        command.env(variable, desk.path().join(place));
    }
    Ended::from(command.output().expect("the program starts"))
}

#[test]
fn a_study_needs_no_place_for_checkpoints_and_logs() {
    let expected = undisturbed(2, 6);
    for place in ["missing/folder", "file", "file/below"] {
        let desk = desk(2, 6);
        fs::write(desk.path().join("file"), "").expect("written");
        let ended = run_with_places(&desk, RUN, place);
        assert_eq!(ended.code, Some(0), "{place}: {}", ended.err);
        assert_eq!(table(&desk), expected, "{place}");
    }
}

/// A small file system of its own; only root can mount one.
#[cfg(target_os = "linux")]
struct Mounted(std::path::PathBuf);

#[cfg(target_os = "linux")]
impl Mounted {
    fn new(path: std::path::PathBuf, size: &str) -> Option<Self> {
        fs::create_dir(&path).expect("a folder");
        let options = format!("size={size}");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "none"]).arg(&path).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(path))
    }
}

#[cfg(target_os = "linux")]
impl Drop for Mounted {
    fn drop(&mut self) {
        _ = Command::new("umount").arg(&self.0).status();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_under_the_checkpoints_costs_no_trial() {
    let expected = undisturbed(2, 6);
    // From no room at all to room for a part of a checkpoint, which takes some 60 kB.
    for size in ["4k", "16k", "40k"] {
        let desk = desk(2, 6);
        let Some(mounted) = Mounted::new(desk.path().join("small"), size) else {
            eprintln!("skipped: only root can mount a small file system");
            return;
        };
        let ended = run_with_places(&desk, RUN, "small");
        assert_eq!(ended.code, Some(0), "{size}: {}", ended.err);
        let warnings = ended.err.matches("the training continues without it").count();
        assert!(warnings <= 1, "{size}: {}", ended.err);
        drop(mounted);
        desk.run(RESUME).done();
        assert_eq!((completed(&desk), failed(&desk)), (6, 0), "{size}");
        assert_eq!(table(&desk), expected, "{size}");
    }
}

#[test]
fn a_storage_that_fails_fails_no_trial() {
    let expected = undisturbed(2, 6);
    // What a disk that is full or broken does to a worker: at the end of a trial, in it, and at its beginning.
    for (what, on) in [
        ("told", "BEFORE UPDATE ON trials WHEN NEW.state = 'COMPLETE' AND NEW.number = 2"),
        ("told at all", "BEFORE UPDATE ON trials WHEN NEW.state IN ('COMPLETE', 'FAIL') AND NEW.number = 0"),
        ("reported", "BEFORE INSERT ON trial_intermediate_values WHEN NEW.step = 2"),
        ("begun", "BEFORE INSERT ON trials WHEN NEW.number = 3"),
    ] {
        let desk = desk(2, 6);
        desk.run("search create s.toml --dataset stand-in").done();
        let trigger = format!("CREATE TRIGGER mishap {on} BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END");
        database(&desk).execute(&trigger, []).expect("a trigger");
        let ended = desk.run(RUN).refused(&["3 workers in a row had to stop", "disk I/O error"]);
        assert!(!ended.err.contains("failed:"), "{what}: {}", ended.err);
        assert_eq!(failed(&desk), 0, "{what}");
        database(&desk).execute("DROP TRIGGER mishap", []).expect("mended");
        desk.run(RESUME).done();
        assert_eq!((completed(&desk), failed(&desk)), (6, 0), "{what}");
        assert_eq!(table(&desk), expected, "{what}");
    }
}

#[test]
fn one_fault_that_stops_all_workers_ends_no_run() {
    let desk = desk(2, 6);
    desk.run("search create s.toml --dataset stand-in").done();
    // Until each of four workers has given a trial back.
    let trigger = "CREATE TRIGGER mishap BEFORE UPDATE ON trials WHEN NEW.state = 'COMPLETE'
                   AND (SELECT count(*) FROM tinderbox_attempts WHERE outcome = 'RELEASED') < 4
                   BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END";
    database(&desk).execute(trigger, []).expect("a trigger");
    let ended = desk.run("search run s.toml --dataset stand-in --workers 4").done();
    assert!(ended.err.contains("stopped: "), "{}", ended.err);
    assert_eq!((completed(&desk), failed(&desk)), (6, 0));
    assert_eq!(table(&desk), undisturbed(2, 6));
}

#[cfg(target_os = "linux")]
#[test]
fn a_trial_that_cannot_be_given_back_comes_back_when_its_lease_runs_out() {
    let desk = desk(400, 1);
    desk.run("search create s.toml --dataset stand-in").done();
    let trigger = "CREATE TRIGGER mishap BEFORE UPDATE ON tinderbox_attempts WHEN NEW.outcome = 'RELEASED'
                   BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END";
    database(&desk).execute(trigger, []).expect("a trigger");
    let mut command = desk.command(RUN);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    wait_until(|| count(&desk, "SELECT count(*) FROM trial_intermediate_values") > 0);
    kill_worker(child.id());
    let ended = Ended::from(child.wait_with_output().expect("waited for")).done();
    assert!(ended.err.contains("starting another worker"), "{}", ended.err);
    assert_eq!((completed(&desk), failed(&desk)), (1, 0));
    assert_eq!(table(&desk), undisturbed(400, 1));
}

/// A desk with a study whose every trial fails by itself: its steps are too long for any loss to stay finite.
fn diverging_desk(trials: usize) -> Desk {
    let desk = desk(2, trials);
    let study = fs::read_to_string(desk.path().join("s.toml")).expect("written");
    let sgd = study.replace("[8] }", "[8], \"training.optimizer.kind\" = \"sgd\" }");
    desk.write("s.toml", sgd.replace("float = [1e-4, 0.03]", "float = [1e29, 1e30]"));
    desk
}

#[test]
fn a_trial_that_was_lost_once_and_fails_by_itself_is_not_tried_again() {
    let desk = diverging_desk(1);
    desk.run("search create s.toml --dataset stand-in").done();
    assert_eq!(desk.run(RESUME).code, Some(1));
    let again = "trials retried because their workers died";
    for (attempt, tried) in [("0", false), ("1", true), ("1", false), ("2", true)] {
        let lost =
            "INSERT INTO trial_user_attributes (trial_id, key, value_json) VALUES (1, 'tinderbox:lost', ?1)
                    ON CONFLICT (trial_id, key) DO UPDATE SET value_json = excluded.value_json";
        database(&desk).execute(lost, [attempt]).expect("marked");
        let ended = desk.run(RESUME);
        assert_eq!((ended.code, ended.err.contains(again)), (Some(1), tried), "{attempt}: {}", ended.err);
    }
}

#[test]
fn a_worker_on_its_own_gives_its_trial_back_when_the_machine_fails() {
    let desk = desk(2, 2);
    desk.run("search create s.toml --dataset stand-in").done();
    let trigger = "CREATE TRIGGER mishap BEFORE UPDATE ON trials WHEN NEW.state = 'COMPLETE'
                   BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END";
    database(&desk).execute(trigger, []).expect("a trigger");
    let worker = "worker --study s --dataset stand-in";
    let ended = desk.run(worker).refused(&["disk I/O error"]);
    assert!(ended.out.contains(r#"{"event":"mishap","reason":"#), "{}", ended.out);
    let waiting = count(&desk, "SELECT count(*) FROM trials WHERE state = 'WAITING'");
    assert_eq!((waiting, failed(&desk)), (1, 0));
    database(&desk).execute("DROP TRIGGER mishap", []).expect("mended");
    desk.run(worker).done();
    assert_eq!(table(&desk), undisturbed(2, 2));
}

#[test]
fn a_trial_that_fails_by_itself_still_fails() {
    let desk = diverging_desk(3);
    desk.run("search create s.toml --dataset stand-in").done();
    let ended = desk.run(RESUME);
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert_eq!(failed(&desk), 3);
}

#[cfg(target_os = "linux")]
#[test]
fn a_trial_whose_workers_were_killed_is_tried_again() {
    let desk = desk(800, 1);
    desk.run("search create s.toml --dataset stand-in").done();
    let mut command = desk.command(RUN);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let parent = child.id();
    for attempt in 1..=3 {
        // Until the attempt has begun and told of an epoch, so that the crew knows which trial its worker is at.
        wait_until(|| {
            count(&desk, "SELECT count(*) FROM tinderbox_attempts") == attempt
                && count(&desk, "SELECT count(*) FROM trial_intermediate_values") > 0
        });
        kill_worker(parent);
    }
    let ended = Ended::from(child.wait_with_output().expect("waited for"));
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    let given_up = "failed: 3 workers died at it, the last one was killed by signal 9 (out of memory?): ";
    assert!(ended.err.contains(given_up), "{}", ended.err);
    assert!(!ended.err.contains(".log"), "the log is gone with its folder: {}", ended.err);
    assert_eq!(failed(&desk), 1);

    let again = desk.run(RESUME).done();
    assert!(again.err.contains("trials retried because their workers died: 1"), "{}", again.err);
    assert_eq!((completed(&desk), failed(&desk)), (1, 0));
    assert_eq!(table(&desk), undisturbed(800, 1));
}

/// Kills a worker of this crew.
#[cfg(target_os = "linux")]
fn kill_worker(crew: u32) {
    let workers = fs::read_to_string(format!("/proc/{crew}/task/{crew}/children")).expect("children");
    let worker = workers.split_whitespace().next().expect("a worker");
    assert!(Command::new("kill").args(["-KILL", worker]).status().expect("kill").success());
}
