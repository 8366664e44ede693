//! Runs whose trials and results lie in a storage that others share.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::desk::Desk;

#[cfg(target_os = "linux")]
#[path = "../../../search/tests/support/authority.rs"]
mod authority;
#[cfg(target_os = "linux")]
#[path = "../../../search/tests/support/server.rs"]
mod server;

const RUN: &str = "reproduce small.toml --dataset stand-in";

#[test]
fn two_reproduces_share_a_storage_and_anyone_makes_the_report() {
    let desk = Desk::new();
    desk.run(&format!("{RUN} --runs alone")).done();
    let run = format!("{RUN} --storage sqlite:shared.sqlite --workers 1");
    let first = start(&desk, &format!("{run} --runs one"));
    let second = desk.run(&format!("{run} --runs two")).done();
    done(first);
    assert!(second.err.contains("`tinderbox worker --storage sqlite:shared.sqlite --run "), "{}", second.err);
    let hashes = desk.hashes("alone");
    assert_eq!((&desk.hashes("one"), &desk.hashes("two")), (&hashes, &hashes));
    assert!(!desk.run_folder("one").join("study.sqlite").exists());

    // Another plan in the same storage.
    desk.run(&format!("{run} --runs other --seeds 1 --epochs 1")).done();
    let hash = |runs: &str| desk.run_folder(runs).file_name().unwrap().to_str().unwrap().to_string();
    let anyone = "--storage sqlite:shared.sqlite --run";
    fs::create_dir_all(desk.path().join("report")).unwrap();
    desk.run(&format!("report {anyone} {} --output report", hash("one"))).done();
    let report = fs::read_to_string(desk.path().join("report/report.json")).unwrap();
    assert_eq!(report, fs::read_to_string(desk.run_folder("one").join("report.json")).unwrap());

    let there = format!("it has {}", [hash("one"), hash("other")].iter().min().unwrap());
    desk.run(&format!("report {anyone} 0123456789ab")).refused(&["no run 0123456789ab", &there]);
    desk.run(&format!("worker {anyone} {} --dataset stand-in", hash("other"))).done();
}

#[test]
fn an_edit_of_a_shared_run_is_refused_by_its_name() {
    let desk = Desk::new();
    let run = format!("{RUN} --seeds 1 --epochs 1 --storage sqlite:shared.sqlite");
    desk.run(&run).done();
    let hash = desk.run_folder("runs").file_name().unwrap().to_str().unwrap().to_string();
    let storage = rusqlite::Connection::open(desk.path().join("shared.sqlite")).unwrap();
    let edit =
        "UPDATE study_user_attributes SET value_json = replace(value_json, 'The smaller', 'The larger')";
    storage.execute(edit, []).unwrap();
    let words = format!("run {hash}: study `small`: its heading changed");
    desk.run(&run).refused(&[&words]);
    desk.run(&format!("report --storage sqlite:shared.sqlite --run {hash}")).refused(&[&words]);
}

#[cfg(target_os = "linux")]
#[test]
fn three_workers_on_postgres_one_killed_again_and_again_give_the_hashes_of_sqlite() {
    let Some(url) = server::database() else { return };
    let authority = authority::Authority::new();
    authority.encrypt(&url, "localhost", "");
    let desk = Desk::new();
    // Short trials: one at which three workers died would fail.
    let run = format!("{RUN} --seeds 8 --epochs 30");
    desk.run(&format!("{run} --runs alone")).done();
    for (runs, options) in [
        ("plain", "?sslmode=disable".to_string()),
        ("tls", format!("?sslmode=verify-full&sslrootcert={}", authority.root().display())),
    ] {
        let url = server::database().expect("the server").replace("127.0.0.1", "localhost") + &options;
        let words = format!("{run} --workers 3 --runs {runs}");
        let child = {
            let mut command = desk.command(&words);
            // Not on the command line: it holds a password.
            command.env("TINDERBOX_STORAGE", &url).stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().expect("the program starts")
        };
        let kills = kill_workers(child.id());
        let output = child.wait_with_output().expect("waited for");
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{text}");
        assert!(kills > 0 && text.contains("was killed by signal 9"), "{kills} kills\n{text}");
        assert!(!text.contains("secret") && !logs(&desk, runs).contains("secret"), "{text}");
        assert_eq!(desk.hashes("alone"), desk.hashes(runs), "{runs}");
    }
}

/// Kills a worker of this program every two seconds until it ends; returns how many.
#[cfg(target_os = "linux")]
fn kill_workers(parent: u32) -> usize {
    let mut kills = 0;
    for round in 0.. {
        thread::sleep(Duration::from_secs(2));
        let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"));
        let Some(workers) = children.ok().filter(|workers| !workers.is_empty() || round < 2) else { break };
        let workers: Vec<_> = workers.split_whitespace().collect();
        if let Some(victim) = workers.get(round % workers.len().max(1)) {
            let killed = Command::new("kill").args(["-KILL", victim]).status().expect("kill");
            kills += usize::from(killed.success());
        }
    }
    kills
}

fn logs(desk: &Desk, runs: &str) -> String {
    let files =
        fs::read_dir(desk.run_folder(runs)).expect("a folder").map(|file| file.expect("a file").path());
    let logs = files.filter(|path| path.extension().is_some_and(|extension| extension == "log"));
    logs.map(|log| fs::read_to_string(log).expect("a log")).collect()
}

fn start(desk: &Desk, words: &str) -> Child {
    desk.command(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
}

#[track_caller]
fn done(child: Child) {
    let output = child.wait_with_output().expect("waited for");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
