//! A contestant: a process that does a piece of work whenever it is asked for, and says how long that took.
//!
//! It says one line of JSON when it is ready ([`Hello`]), answers each line with one line of JSON, and ends when its
//! standard input is closed. A process of its own gives everybody threads, an allocator and a warm state of their own.

mod protocol;

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use serde::de::DeserializeOwned;
use tinderbox::environment::THREADS;

pub(crate) use protocol::{Clock, Hello, Refused, Told, say};

/// A running process.
pub(crate) struct Contestant {
    name: String,
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    log: PathBuf,
    /// What it said when it was ready.
    pub(crate) hello: Hello,
}

/// Why a contestant cannot be measured.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ContestantError {
    /// Its process could not be started.
    #[error("{name} cannot be started: {source}")]
    Start {
        /// Who.
        name: String,
        /// Why.
        source: std::io::Error,
    },
    /// It said why it cannot continue.
    #[error("{name}: {reason}")]
    Refused {
        /// Who.
        name: String,
        /// In its words.
        reason: String,
    },
    /// It ended without a word.
    #[error("{name} ended: {words} (more in {})", .log.display())]
    Died {
        /// Who.
        name: String,
        /// The last line that it wrote.
        words: String,
        /// What it wrote.
        log: PathBuf,
    },
    /// It said something else than what was asked.
    #[error("{name} answered `{line}`: {reason}")]
    Answer {
        /// Who.
        name: String,
        /// The answer.
        line: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The user stopped the bench.
    #[error("interrupted")]
    Interrupted,
}

impl Contestant {
    /// Starts `command` with so many threads and waits until it is ready. What it says beside its answers goes to a file in
    /// `logs`.
    ///
    /// # Errors
    /// If it cannot be started, or says why it cannot take part.
    pub(crate) fn start(
        name: impl Into<String>,
        mut command: Command,
        threads: usize,
        logs: &Path,
        stop: &AtomicBool,
    ) -> Result<Self, ContestantError> {
        let name = name.into();
        let file: String =
            name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
        let log = logs.join(format!("{file}.log"));
        let failed = |source| ContestantError::Start { name: name.clone(), source };
        command
            .envs(limits(threads))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).map_err(failed)?);
        // Ctrl-C is for the conductor alone, which then ends everybody.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(failed)?;
        let output = child.stdout.take().expect("standard output is piped");
        let input = child.stdin.take();
        let (sender, lines) = channel();
        thread::spawn(move || {
            let lines = BufReader::new(output).lines().map_while(Result::ok);
            lines.take_while(|line| sender.send(line.clone()).is_ok()).for_each(drop);
        });
        let mut contestant = Self { name, child, input, lines, log, hello: Hello::default() };
        contestant.hello = contestant.hear(stop)?;
        Ok(contestant)
    }

    /// What it is called.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Asks one question and waits for the answer, or for `stop`.
    ///
    /// # Errors
    /// If it refuses, ends, or says something else.
    pub(crate) fn ask<T: DeserializeOwned>(
        &mut self,
        question: &str,
        stop: &AtomicBool,
    ) -> Result<T, ContestantError> {
        // A contestant that ended cannot be written to; why it ended is found while listening.
        if let Some(input) = &mut self.input {
            _ = writeln!(input, "{question}").and_then(|()| input.flush());
        }
        self.hear(stop)
    }

    fn hear<T: DeserializeOwned>(&mut self, stop: &AtomicBool) -> Result<T, ContestantError> {
        let line = loop {
            if stop.load(Ordering::Relaxed) {
                return Err(ContestantError::Interrupted);
            }
            match self.lines.recv_timeout(Duration::from_millis(100)) {
                Ok(line) => break line,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(self.died()),
            }
        };
        if let Ok(Refused { error: reason }) = serde_json::from_str(&line) {
            return Err(ContestantError::Refused { name: self.name.clone(), reason });
        }
        serde_json::from_str(&line).map_err(|error| {
            let reason = error.to_string();
            ContestantError::Answer { name: self.name.clone(), line, reason }
        })
    }

    fn died(&mut self) -> ContestantError {
        _ = self.child.wait();
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let words = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
        ContestantError::Died { name: self.name.clone(), words: words.to_string(), log: self.log.clone() }
    }
}

/// Nobody is left behind.
impl Drop for Contestant {
    fn drop(&mut self) {
        drop(self.input.take());
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Environment variables that limit a process to so many threads, for each library that it may use.
pub(crate) fn limits(threads: usize) -> Vec<(&'static str, String)> {
    let pools = [
        THREADS,
        "OMP_NUM_THREADS",
        "MKL_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        // The pool of XLA's client.
        "NPROC",
    ];
    let eigen = threads > 1;
    let xla = format!("--xla_cpu_multi_thread_eigen={eigen} intra_op_parallelism_threads={threads}");
    let pools = pools.into_iter().map(|name| (name, threads.to_string()));
    pools.chain([("XLA_FLAGS", xla)]).collect()
}

#[cfg(test)]
mod tests;
