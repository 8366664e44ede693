//! A study that takes a second, and what its database holds.

use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::desk::Desk;

/// Six trials of a network of eight units.
pub(crate) const STUDY: &str = r#"
name = "s"
model = "fcn"
epochs = 2
settings = { "model.hidden" = [8] }

[study]
trials = 6
lag = 3
sampler = { kind = "random", seed = 7 }
space = [{ name = "training.learning_rate", float = [1e-4, 0.03], log = true }]
"#;

/// A desk with the study in `s.toml`, so many epochs and trials long.
pub(crate) fn desk(epochs: usize, trials: usize) -> Desk {
    let desk = Desk::new();
    write(&desk, epochs, trials);
    desk
}

pub(crate) fn write(desk: &Desk, epochs: usize, trials: usize) {
    let text = STUDY.replacen("epochs = 2", &format!("epochs = {epochs}"), 1);
    desk.write("s.toml", text.replacen("trials = 6", &format!("trials = {trials}"), 1));
}

/// Words that run it with one worker.
pub(crate) const RUN: &str = "search run s.toml --dataset stand-in --workers 1";
/// Words that resume it.
pub(crate) const RESUME: &str = "search resume s --dataset stand-in --workers 1";

pub(crate) fn database(desk: &Desk) -> Connection {
    Connection::open(desk.path().join("studies.sqlite")).expect("a database")
}

#[track_caller]
pub(crate) fn count(desk: &Desk, sql: &str) -> u64 {
    database(desk).query_row(sql, [], |row| row.get(0)).expect("a count")
}

pub(crate) fn completed(desk: &Desk) -> u64 {
    count(desk, "SELECT count(*) FROM trials WHERE state = 'COMPLETE'")
}

pub(crate) fn failed(desk: &Desk) -> u64 {
    count(desk, "SELECT count(*) FROM trials WHERE state = 'FAIL'")
}

/// Its trials without times.
pub(crate) fn table(desk: &Desk) -> String {
    desk.run("search export s --format csv --without-times").done().out
}

/// The table of the study when nothing comes in its way.
pub(crate) fn undisturbed(epochs: usize, trials: usize) -> String {
    let desk = desk(epochs, trials);
    desk.run(RUN).done();
    table(&desk)
}

#[track_caller]
pub(crate) fn wait_until(mut ready: impl FnMut() -> bool) {
    let clock = Instant::now();
    while !ready() {
        assert!(clock.elapsed() < Duration::from_mins(2), "waited for two minutes");
        thread::sleep(Duration::from_millis(20));
    }
}
