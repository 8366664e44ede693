//! Same seed, same results: whatever the number of workers, killed or not.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use tinderbox::catalog::Catalog;

use crate::CPU_BACKENDS;
use crate::desk::Desk;

const RUN: &str = "reproduce small.toml --dataset stand-in";

#[test]
fn one_worker_or_two_give_the_same_hashes() {
    for backend in CPU_BACKENDS {
        let desk = Desk::new();
        desk.run(&format!("{RUN} --backend {backend} --workers 1 --runs one")).done();
        desk.run(&format!("{RUN} --backend {backend} --workers 2 --runs two")).done();
        let hashes = desk.hashes("one");
        assert_eq!(hashes.len(), 4);
        assert_eq!(hashes, desk.hashes("two"), "{backend}");
        let first = hashes.values().next();
        assert!(hashes.values().skip(1).all(|hash| Some(hash) != first), "trials differ from each other");
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let desk = Desk::new();
    for backend in CPU_BACKENDS {
        let dropping = "fcn --set model.dropout=0.5 --set model.activation=\"sigmoid\"";
        let networks = Catalog::default().networks;
        for model in networks.kinds().chain([dropping]) {
            let weights = [1, 2, 5].map(|threads| {
                let path = desk.path().join(format!("{threads}.safetensors"));
                let words =
                    format!("train --model {model} --epochs 1 --dataset stand-in --backend {backend}");
                let mut train = desk.command(&words);
                train.arg("--output").arg(&path).env("RAYON_NUM_THREADS", threads.to_string());
                assert!(train.output().expect("a program").status.success());
                fs::read(path).expect("weights")
            });
            assert!(weights[0] == weights[1] && weights[0] == weights[2], "{model} on {backend}");
        }
    }
}

#[test]
fn a_run_that_is_killed_and_given_again_ends_as_if_it_had_not_been() {
    for backend in CPU_BACKENDS {
        let desk = Desk::new();
        let run = format!("{RUN} --backend {backend} --workers 2 --epochs 40");
        desk.run(&format!("{run} --runs whole")).done();
        let mut interrupted = 0;
        for round in 0..3 {
            let mut child = start(&desk, &format!("{run} --runs killed"));
            let seen = wait_for_checkpoint(&desk.path().join("killed"), &mut child);
            // In the middle of an epoch: they take some ten milliseconds.
            std::thread::sleep(Duration::from_millis(20 + 17 * round));
            if seen && child.try_wait().expect("a child").is_none() {
                interrupted += 1;
            }
            child.kill().expect("killed");
            child.wait().expect("waited for");
        }
        assert!(interrupted > 0, "no kill came in time: this test shows nothing");
        desk.run(&format!("{run} --runs killed")).done();
        assert_eq!(desk.hashes("whole"), desk.hashes("killed"), "{backend}");
        let left = fs::read_dir(desk.run_folder("killed").join("checkpoints")).expect("a folder").count();
        assert_eq!(left, 0, "checkpoints of finished trials are gone");
    }
}

#[test]
fn twenty_kills_at_any_instant_change_no_result() {
    let desk = Desk::new();
    desk.write("paper.toml", crate::experiments::PAPER);
    desk.write("search.toml", crate::experiments::SEARCH);
    // So many epochs that a fast machine, too, is still at work when the last kill comes.
    let run = "reproduce paper.toml search.toml --dataset stand-in --workers 2 --epochs 240";
    desk.run(&format!("{run} --runs whole")).done();
    // Instants from a linear congruence (Knuth's MMIX): they need be no better than irregular.
    let (mut state, mut interrupted) = (2026_u64, 0);
    for _ in 0..20 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut child = start(&desk, &format!("{run} --runs killed"));
        std::thread::sleep(Duration::from_millis(50 + (state >> 33) % 450));
        interrupted += usize::from(child.try_wait().expect("a child").is_none());
        child.kill().expect("killed");
        child.wait().expect("waited for");
    }
    assert!(interrupted >= 15, "only {interrupted} of 20 kills came in time: this test shows too little");
    desk.run(&format!("{run} --runs killed")).done();
    let whole = desk.hashes("whole");
    // Two trained arms and their average, and four points, with two seeds each.
    assert_eq!(whole.len(), 14);
    assert_eq!(whole, desk.hashes("killed"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_worker_that_is_killed_costs_nothing_even_if_its_images_are_damaged_meanwhile() {
    let desk = Desk::new();
    let run = format!("{RUN} --workers 2 --epochs 60");
    desk.run(&format!("{run} --runs whole")).done();
    let mut child = start(&desk, &format!("{run} --runs killed"));
    assert!(wait_for_checkpoint(&desk.path().join("killed"), &mut child));
    let folder = desk.run_folder("killed");
    fs::write(folder.join("images.safetensors"), "damaged").expect("written");
    let parent = child.id();
    let workers = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).expect("children");
    let victim = workers.split_whitespace().next().expect("a worker");
    assert!(Command::new("kill").args(["-KILL", victim]).status().expect("kill").success());
    let output = child.wait_with_output().expect("waited for");
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{err}");
    assert!(err.contains("was killed by signal 9"), "{err}");
    assert_eq!(desk.hashes("whole"), desk.hashes("killed"));
    // The worker that wrote the checkpoint had found them sound; the one that replaced the dead one did not.
    let logs =
        ["worker-0.log", "worker-1.log"].map(|log| fs::read_to_string(folder.join(log)).expect("a log"));
    let notes = logs.concat().matches("reading the dataset's own files instead").count();
    assert!((1..=2).contains(&notes), "{logs:?}");
    assert!(!folder.join("images.safetensors").exists());
}

#[cfg(unix)]
#[test]
fn an_interrupt_saves_says_how_to_go_on_and_exits_with_130() {
    let desk = Desk::new();
    let mut child = start(&desk, &format!("{RUN} --workers 1 --epochs 200"));
    assert!(wait_for_checkpoint(&desk.path().join("runs"), &mut child));
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill").success());
    let output = child.wait_with_output().expect("waited for");
    assert_eq!(output.status.code(), Some(130));
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    assert!(err.contains("run the same command to resume"), "{err}");
    assert!(out.starts_with("report so far: ") && out.lines().count() == 1, "no verdicts yet: {out}");
    assert!(desk.run_folder("runs").join("report.html").is_file());
}

#[test]
fn a_second_run_finds_everything_done() {
    let desk = Desk::new();
    desk.run(&format!("{RUN} --epochs 1")).done();
    let before = desk.hashes("runs");
    let ended = desk.run(&format!("{RUN} --epochs 1")).done();
    assert!(ended.err.contains("everything is done already"), "{}", ended.err);
    assert_eq!(before, desk.hashes("runs"));
}

#[test]
fn two_reproduces_of_one_plan_do_not_meet() {
    let desk = Desk::new();
    let run = format!("{RUN} --workers 1 --epochs 200");
    let mut child = start(&desk, &run);
    assert!(wait_for_checkpoint(&desk.path().join("runs"), &mut child));
    desk.run(&run).refused(&["another reproduce is running this plan"]);
    child.kill().expect("killed");
    child.wait().expect("waited for");
}

fn start(desk: &Desk, words: &str) -> Child {
    desk.command(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
}

/// Whether the program wrote a checkpoint before it ended.
fn wait_for_checkpoint(runs: &Path, child: &mut Child) -> bool {
    let (started, clock) = (SystemTime::now(), Instant::now());
    let fresh = |path: &Path| {
        let written = fs::metadata(path).and_then(|metadata| metadata.modified());
        path.extension() == Some("checkpoint".as_ref()) && written.is_ok_and(|written| written > started)
    };
    while clock.elapsed() < Duration::from_mins(2) && child.try_wait().expect("a child").is_none() {
        let runs = fs::read_dir(runs).into_iter().flatten().flatten();
        let mut files =
            runs.flat_map(|run| fs::read_dir(run.path().join("checkpoints")).into_iter().flatten());
        if files.any(|file| file.is_ok_and(|file| fresh(&file.path()))) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}
