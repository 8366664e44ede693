//! A program of somebody else's: its own kinds, its own `main`, and all that Tinderbox does around them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{build, cargo, external, output, target};

static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    build(&["attack", "own"]);
    target().join("release/own")
});

/// The images are in the package's own format, and every kind of its `main` is in an arm, a claim or a perturbation. The epochs are many
/// enough for the kills to come in time.
#[test]
fn an_experiment_runs_killed_or_not_with_equal_hashes() {
    let desk = tempfile::tempdir().expect("temporary folder");
    let [experiment, data] =
        ["own/experiments/own.toml", "own/datasets"].map(|path| external().join(path).display().to_string());
    let words = |runs: &str| {
        format!(
            "reproduce {experiment} --dataset bars --data-dir {data} --epochs 200 --workers 2 --runs {runs}"
        )
    };
    let whole = run(desk.path(), &words("whole"));
    assert!(whole.status.success(), "{}", text(&whole));
    let expected = hashes(&desk.path().join("whole"));
    assert_eq!(expected.len(), 8, "{expected:?}");

    // Its workers are this very program, started again. Kill one in the middle of a trial, then the run itself, then resume.
    let killed = desk.path().join("killed");
    let mut child = start(desk.path(), &words("killed"));
    wait_for_checkpoint(&killed, &mut child);
    // The worker that replaces it reads the files in the package's own format.
    fs::write(only_folder(&killed).join("images.safetensors"), "damaged").expect("written");
    kill_worker(&child);
    let log = |name: &str| fs::read_to_string(only_folder(&killed).join(name)).unwrap_or_default();
    let read_again = || {
        ["worker-0.log", "worker-1.log"].map(log).concat().contains("reading the dataset's own files instead")
    };
    wait_until(&mut child, "a second worker that reads the files", read_again);
    child.kill().expect("killed");
    child.wait().expect("waited");
    let resumed = run(desk.path(), &words("killed"));
    assert!(resumed.status.success(), "{}", text(&resumed));
    assert_eq!(hashes(&killed), expected);

    let run_folder = only_folder(&desk.path().join("whole"));
    let report = run(desk.path(), &format!("report {}", run_folder.display()));
    assert!(text(&report).contains("own"), "{}", text(&report));
    every_kind_is_measured(&numbers(&desk.path().join("whole"))["experiments"][0]);
}

/// Each arm, that of the rule among them, under the rotation and under the attack.
fn every_kind_is_measured(experiment: &Value) {
    for arm in experiment["arms"].as_array().expect("arms") {
        assert!(arm["test_accuracy"]["mean"].as_f64().expect("accuracy") > 0.6, "{arm}");
        let perturbed = arm["perturbed"].as_array().expect("perturbed images");
        assert_eq!(perturbed.len(), 2, "{arm}");
        assert!(perturbed.iter().all(|change| change["test_accuracy"]["mean"].is_number()), "{arm}");
    }
    for claim in experiment["claims"].as_array().expect("claims") {
        assert!(claim["parts"][0]["effect"].is_number(), "{claim}");
    }
}

#[test]
fn a_network_is_trained_measured_attacked_asked_and_tuned() {
    let desk = tempfile::tempdir().expect("temporary folder");
    let done = |words: &str| {
        let output = run(desk.path(), words);
        assert!(output.status.success(), "{words}: {}", text(&output));
        text(&output)
    };
    done(
        "train --model normed --epochs 2 --dataset stand-in --set training.optimizer.kind=rms-prop \
         --set training.schedule.kind=linear-decay --output normed.safetensors",
    );
    assert!(done("evaluate normed.safetensors --dataset stand-in").contains("accuracy"));
    let attacked = done("attack normed.safetensors --dataset stand-in --with rotation=10 --with mi-fgsm=0.1");
    assert!(attacked.contains("under rotation, angle = 10"), "{attacked}");
    assert!(attacked.contains("under MI-FGSM, ε = 0.1"), "{attacked}");
    fs::write(desk.path().join("row"), "0 ".repeat(256)).expect("written");
    assert!(done("predict normed.safetensors row").contains('%'));
    fs::write(
        desk.path().join("search.toml"),
        "name = \"own\"\nmodel = \"normed\"\nepochs = 1\n[study]\ntrials = 2\nsampler = { kind = \"random\", seed = 7 }\n\
         space = [{ name = \"model.filters\", choices = [2, 4] }]\n",
    )
    .expect("written");
    done("search run search.toml --dataset stand-in --workers 1 --storage sqlite:s.sqlite");
}

#[test]
fn a_dataset_in_a_format_of_its_own_is_trained_on() {
    let desk = tempfile::tempdir().expect("temporary folder");
    let data = external().join("own/datasets").display().to_string();
    let trained = run(
        desk.path(),
        &format!(
            "train --model normed --epochs 20 --set training.learning_rate=0.01 --dataset bars --data-dir {data} --output bars.safetensors"
        ),
    );
    assert!(trained.status.success(), "{}", text(&trained));
    let measured =
        run(desk.path(), &format!("evaluate bars.safetensors --dataset bars --data-dir {data} --json"));
    let measured: Value = serde_json::from_slice(&measured.stdout).expect("JSON");
    assert!(measured["accuracy"].as_f64().expect("accuracy") > 0.6, "{measured}");
    let refused = run(desk.path(), "train --model cnn --dataset bras --epochs 1");
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused).contains("did you mean `bars`?"), "{}", text(&refused));
}

#[test]
fn an_unknown_kind_is_refused_with_the_names_of_all() {
    let desk = tempfile::tempdir().expect("temporary folder");
    let refused = run(desk.path(), "train --model normd --epochs 1 --dataset stand-in");
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused).contains("did you mean `normed`?"), "{}", text(&refused));
}

#[test]
fn its_network_keeps_the_promises_of_networks() {
    let mut tests = cargo(&external());
    // Both packages, for the features that the build has.
    tests.args(["test", "--release", "--quiet", "--locked", "--package", "attack", "--package", "own"]);
    let printed = output(tests.arg("--target-dir").arg(target()));
    assert!(printed.contains("test result: ok. 1 passed"), "{printed}");
}

fn command(folder: &Path, words: &str) -> Command {
    let mut command = Command::new(&*PROGRAM);
    command.args(words.split_whitespace()).current_dir(folder);
    command.env_remove("TINDERBOX_DATA_DIR").env_remove("TINDERBOX_STORAGE");
    command.env("XDG_CACHE_HOME", folder.join("cache")).env("XDG_STATE_HOME", folder.join("state"));
    command
}

fn run(folder: &Path, words: &str) -> Output {
    command(folder, words).output().expect("the program starts")
}

fn start(folder: &Path, words: &str) -> Child {
    command(folder, words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts")
}

fn text(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}

/// Kills one worker of a run.
fn kill_worker(run: &Child) {
    let found = Command::new("pgrep").args(["-P", &run.id().to_string()]).output().expect("pgrep");
    let found = String::from_utf8_lossy(&found.stdout);
    let worker = found.lines().next().expect("a worker");
    assert!(Command::new("kill").args(["-KILL", worker]).status().expect("kill").success());
}

/// Waits until the run is in the middle of a trial.
fn wait_for_checkpoint(runs: &Path, run: &mut Child) {
    wait_until(run, "a checkpoint", || {
        let runs = fs::read_dir(runs).into_iter().flatten().flatten();
        runs.flat_map(|run| fs::read_dir(run.path().join("checkpoints")).into_iter().flatten())
            .next()
            .is_some()
    });
}

/// Waits for what a run that is not over will show.
#[track_caller]
fn wait_until(run: &mut Child, what: &str, shown: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(2);
    while !shown() {
        assert!(run.try_wait().expect("a child").is_none(), "the run ended before {what}");
        assert!(Instant::now() < deadline, "no {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

fn only_folder(runs: &Path) -> PathBuf {
    let mut folders = fs::read_dir(runs).expect("runs").map(|entry| entry.expect("an entry").path());
    folders.next().expect("a run")
}

fn numbers(runs: &Path) -> Value {
    let text = fs::read_to_string(only_folder(runs).join("report.json")).expect("report.json");
    serde_json::from_str(&text).expect("JSON")
}

/// The result hash of each trained trial, by arm and seed.
fn hashes(runs: &Path) -> BTreeMap<(String, u64), String> {
    let numbers = numbers(runs);
    let trials = numbers["experiments"][0]["trials"].as_array().cloned().unwrap_or_default();
    let key = |trial: &Value| {
        (trial["arm"].as_str().expect("arm").to_string(), trial["seed"].as_u64().expect("seed"))
    };
    trials
        .iter()
        .filter(|trial| trial["arm"] != "Vote")
        .map(|trial| (key(trial), trial["result_sha256"].as_str().expect("a hash").to_string()))
        .collect()
}
