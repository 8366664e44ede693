//! Places that cannot be written are named before anything is trained, and what is there stays.

use std::fs;
use std::path::Path;

use crate::desk::Desk;

const TRAIN: &str = "train --model fcn --epochs 1 --set model.hidden=[8] --dataset stand-in";

/// Refused before an epoch was trained.
#[track_caller]
fn refused(desk: &Desk, more: &str, words: &[&str]) {
    let ended = desk.run(&format!("{TRAIN} {more}")).refused(words);
    assert!(!ended.err.contains("epoch 1/1:"), "an epoch was trained first: {}", ended.err);
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().to_string_lossy().into()).collect();
    names.sort();
    names
}

#[test]
fn a_place_without_its_folder_is_refused_before_the_training() {
    let desk = Desk::new();
    desk.write("file", "");
    refused(&desk, "--checkpoint no/such/c", &["--checkpoint: there is no folder no/such"]);
    refused(&desk, "--output no/such/w", &["--output: there is no folder no/such"]);
    refused(&desk, "--checkpoint file/c", &["--checkpoint: file is not a folder"]);
    refused(&desk, "--output .", &["--output: . is a folder, expected a file"]);
    refused(&desk, "--checkpoint c/", &["--checkpoint: c/ is a folder, expected a file"]);
    assert_eq!(names(desk.path()), ["file", "small.toml"]);
}

/// Even root makes no file there.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_takes_no_files_is_refused_before_the_training() {
    let desk = Desk::new();
    refused(&desk, "--output /proc/w", &["--output: cannot write /proc/w: "]);
    refused(&desk, "--checkpoint /proc/c", &["--checkpoint: cannot write /proc/c: "]);
    desk.run("reproduce small.toml --dataset stand-in --runs /proc/runs").refused(&["/proc/runs"]);
}

#[test]
fn one_file_for_two_things_is_refused_by_whatever_name() {
    let desk = Desk::new();
    fs::create_dir(desk.path().join("in")).expect("made");
    let words = ["--checkpoint and --output name the same file", "choose another file"];
    refused(&desk, "--checkpoint m --output m", &words);
    refused(&desk, "--checkpoint in/../m --output ./m", &words);
    desk.write("m", "");
    fs::hard_link(desk.path().join("m"), desk.path().join("n")).expect("linked");
    refused(&desk, "--checkpoint m --output n", &words);
    // The default of --output counts as well.
    refused(&desk, "--checkpoint model.safetensors", &words);
}

#[test]
fn only_safetensors_are_written_and_no_other_ending_is_promised() {
    let desk = Desk::new();
    for ending in ["xyz", "onnx", "pt"] {
        refused(&desk, &format!("--output w.{ending}"), &[&format!("w.{ending}"), "safetensors only"]);
    }
    refused(&desk, "--checkpoint c.safetensors", &["c.safetensors", "not a safetensors file"]);
    desk.run(&format!("{TRAIN} --output w.SafeTensors")).done();
    desk.run(&format!("{TRAIN} --output plain")).done();
    assert_eq!(names(desk.path()), ["plain", "small.toml", "w.SafeTensors"]);
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_refused_and_stays() {
    use std::os::unix::fs::FileTypeExt;
    let desk = Desk::new();
    let pipe = desk.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let _listener = std::os::unix::net::UnixListener::bind(desk.path().join("socket")).expect("a socket");
    for wish in ["--output", "--checkpoint"] {
        refused(
            &desk,
            &format!("{wish} pipe"),
            &[&format!("{wish}: pipe is a pipe, expected a regular file")],
        );
        refused(&desk, &format!("{wish} socket"), &["socket is a socket"]);
        refused(&desk, &format!("{wish} /dev/null"), &["/dev/null is a device"]);
        // The tests' output is a pipe, which has no name of its own.
        #[cfg(target_os = "linux")]
        refused(&desk, &format!("{wish} /dev/stdout"), &["/dev/stdout is a pipe"]);
        refused(&desk, &format!("{wish} -"), &[&format!("{wish}: `-` is not a file")]);
    }
    assert!(fs::metadata(&pipe).expect("still there").file_type().is_fifo());
    assert!(fs::metadata("/dev/null").expect("still there").file_type().is_char_device());
}

#[cfg(unix)]
#[test]
fn a_symlink_stays_and_its_file_gets_the_weights() {
    let desk = Desk::new();
    std::os::unix::fs::symlink("weights", desk.path().join("link")).expect("a link");
    refused(&desk, "--output link", &["--output: link is a symlink to something that does not exist"]);
    desk.write("weights", "");
    refused(&desk, "--output link --checkpoint weights", &["name the same file"]);
    desk.run(&format!("{TRAIN} --output link")).done();
    assert!(fs::symlink_metadata(desk.path().join("link")).expect("a link").is_symlink());
    desk.run("evaluate weights --dataset stand-in").done();
}

#[cfg(unix)]
#[test]
fn files_have_the_mode_that_the_umask_leaves() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    desk.write("usual", "");
    desk.run(&format!("{TRAIN} --output w.safetensors --checkpoint c")).done();
    desk.run("reproduce small.toml --dataset stand-in --epochs 1 --seeds 1").done();
    let mode = |path: &Path| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    let run = desk.run_folder("runs");
    let of_run = ["report.html", "report.json", "report.schema.json", "study.sqlite"];
    let of_run = of_run.map(|name| run.join(name));
    for path in of_run.into_iter().chain(["w.safetensors", "c"].map(|name| desk.path().join(name))) {
        assert_eq!(mode(&path), mode(&desk.path().join("usual")), "{}", path.display());
    }
}

#[test]
fn a_run_whose_report_cannot_be_written_is_refused_before_it_begins() {
    let desk = Desk::new();
    let run = "reproduce small.toml --dataset stand-in --epochs 1 --seeds 1";
    desk.write("file", "");
    desk.run(&format!("{run} --runs file")).refused(&["file"]);
    desk.run(run).done();
    let folder = desk.run_folder("runs");
    fs::remove_dir_all(&folder).expect("removed");
    fs::create_dir_all(folder.join("report.json")).expect("made");
    let ended = desk.run(run).refused(&["report.json is a folder, expected a file"]);
    assert!(!ended.err.contains("trials done"), "workers were started: {}", ended.err);
}

#[test]
fn what_a_killed_report_left_goes_with_the_next_one() {
    let desk = Desk::new();
    desk.run("reproduce small.toml --dataset stand-in --epochs 1 --seeds 1").done();
    let folder = desk.run_folder("runs");
    let before = names(&folder);
    for name in ["report.html.4711-0.tmp", "report.json.4711-12.tmp"] {
        fs::write(folder.join(name), "half a pa").expect("written");
    }
    desk.run(&format!("report {}", folder.display())).done();
    assert_eq!(names(&folder), before);
}

#[test]
fn a_report_goes_where_it_is_wished() {
    let desk = Desk::new();
    desk.run("reproduce small.toml --dataset stand-in --epochs 1 --seeds 1").done();
    let folder = desk.run_folder("runs");
    let page = fs::read(folder.join("report.html")).expect("a page");
    // A page that cannot be written is not needed to print.
    fs::remove_file(folder.join("report.html")).expect("removed");
    fs::create_dir(folder.join("report.html")).expect("made");
    let report = format!("report {}", folder.display());
    desk.run(&report).refused(&["report.html is a folder", "--output DIR", "--format md"]);
    let printed = desk.run(&format!("{report} --format md")).done();
    assert!(printed.err.contains("note: the page is not written"), "{}", printed.err);
    assert!(printed.out.contains("Fcn"), "{}", printed.out);
    desk.run(&format!("{report} --output no/such")).refused(&["--output: there is no folder no/such"]);
    fs::create_dir(desk.path().join("elsewhere")).expect("made");
    desk.run(&format!("{report} --output elsewhere")).done();
    assert_eq!(fs::read(desk.path().join("elsewhere/report.html")).expect("a page"), page);
}

#[cfg(unix)]
#[test]
fn a_lock_that_is_a_symlink_is_refused_and_its_target_stays() {
    let desk = Desk::new();
    let run = "reproduce small.toml --dataset stand-in --epochs 1 --seeds 1";
    desk.run(run).done();
    let lock = desk.run_folder("runs").join("lock");
    let diary = desk.write("diary", "dear diary");
    fs::remove_file(&lock).expect("a lock");
    std::os::unix::fs::symlink(&diary, &lock).expect("a link");
    desk.run(run).refused(&["lock is not a regular file"]);
    assert_eq!(fs::read(&diary).expect("read"), b"dear diary");
}

#[test]
fn more_epochs_continue_a_finished_checkpoint_with_the_same_bits() {
    let desk = Desk::new();
    let train = |epochs: u32, more: &str| {
        let model = "train --model fcn --set model.hidden=[16] --set model.dropout=0.5 --dataset stand-in";
        desk.run(&format!("{model} --epochs {epochs} {more}"))
    };
    train(2, "--checkpoint c").done();
    train(4, "--checkpoint c --output a.safetensors").done();
    train(4, "--output b.safetensors").done();
    let weights = |name: &str| fs::read(desk.path().join(name)).expect("weights");
    assert!(weights("a.safetensors") == weights("b.safetensors"), "other bits than an uninterrupted run's");
    train(3, "--checkpoint c").refused(&["has 4 epochs, more than the 3 asked for", "ask for at least 4"]);
}

#[test]
fn two_wishes_for_one_setting_are_refused() {
    let desk = Desk::new();
    refused(&desk, "--set training.epochs=3", &["epochs are set by --epochs"]);
    let twice = "--set training.batch_size=32 --set training.batch_size=64";
    refused(&desk, twice, &["training.batch_size", "is set twice"]);
    desk.run(&format!("reproduce small.toml --dataset stand-in {twice}")).refused(&["is set twice"]);
    assert!(!desk.path().join("runs").exists());
}
