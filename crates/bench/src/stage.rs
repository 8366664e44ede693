//! The stage: what every benchmark needs around its contestants.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use tinderbox::crew::stop_on_signals;
use tinderbox_report::benchmark::Benchmark;

use crate::commands::{Exit, Refusal, note, say};
use crate::contestant::{Contestant, ContestantError};
use crate::peer::{EnvironmentError, Interpreter, Peer, Ready};
use crate::{publish, table};

/// Arguments that all benchmarks have.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct StageArguments {
    /// Threads of each contestant
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: u16,

    /// Print the results as JSON, and the table on standard error
    #[arg(long)]
    json: bool,

    /// Folder of the results
    #[arg(long, value_name = "DIR", default_value = "runs")]
    runs: PathBuf,

    /// A Python that has a peer's packages, such as `pytorch=/usr/bin/python3`; may be repeated
    #[arg(long = "python", value_name = "PEER=PATH")]
    interpreters: Vec<Interpreter>,
}

/// Folders, the flag that ends it all, and the terminal.
pub(crate) struct Stage {
    pub(crate) arguments: StageArguments,
    /// Set by Ctrl-C.
    pub(crate) stop: Arc<AtomicBool>,
    /// Where environments, scripts, images and logs lie.
    pub(crate) folder: PathBuf,
    bar: ProgressBar,
}

impl Stage {
    /// Opens it.
    ///
    /// # Errors
    /// If its folder cannot be made.
    pub(crate) fn open(arguments: StageArguments) -> Result<Self, Refusal> {
        let stop = stop_on_signals()?;
        let program = std::env::current_exe()?;
        let target = program.ancestors().nth(2).unwrap_or(Path::new("."));
        let folder = target.join("bench");
        std::fs::create_dir_all(folder.join("logs"))
            .map_err(|error| format!("{}: {error}", folder.display()))?;
        let style = ProgressStyle::with_template("[{bar:30}] {percent:>3} %  about {eta} left  {wide_msg}");
        let bar = ProgressBar::new(0)
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
        Ok(Self { arguments, stop, folder, bar })
    }

    /// Threads of each contestant.
    pub(crate) fn threads(&self) -> usize {
        self.arguments.threads.into()
    }

    /// Whether the user stopped it.
    pub(crate) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Starts a contestant and waits until it is ready.
    ///
    /// # Errors
    /// If it cannot take part.
    pub(crate) fn start(&self, name: &str, command: Command) -> Result<Contestant, ContestantError> {
        Contestant::start(name, command, self.threads(), &self.folder.join("logs"), &self.stop)
    }

    /// Makes peers ready; what keeps one away becomes a note.
    ///
    /// # Errors
    /// If the user stopped it.
    pub(crate) fn prepare(
        &self,
        peers: &[Peer],
        notes: &mut Vec<String>,
    ) -> Result<Vec<Ready>, EnvironmentError> {
        let mut ready = Vec::new();
        for peer in peers {
            match peer.prepare(&self.folder, &self.arguments.interpreters, &self.stop, |what| note(what)) {
                Ok(peer) => ready.push(peer),
                Err(EnvironmentError::Interrupted) => return Err(EnvironmentError::Interrupted),
                Err(error) => {
                    note(&error);
                    notes.push(error.to_string());
                }
            }
        }
        Ok(ready)
    }

    /// Begins a bar of so many pieces of work.
    pub(crate) fn expect(&self, pieces: usize) {
        self.bar.set_length(pieces as u64);
    }

    /// A piece of work is done; `what` is said of it.
    pub(crate) fn done(&self, what: &str) {
        self.bar.inc(1);
        self.bar.set_message(what.to_string());
    }

    /// Says a line above the bar, or to a file that standard error goes to.
    pub(crate) fn line(&self, text: &str) {
        self.bar.suspend(|| note(text));
    }

    /// What was not measured is said, and noted; the rest continues.
    pub(crate) fn miss(&self, benchmark: &mut Benchmark, what: &str) {
        self.line(what);
        benchmark.notes.push(what.to_string());
    }

    /// Prints and keeps what was measured.
    ///
    /// # Errors
    /// If it cannot be written, or nothing was measured although nobody stopped it.
    pub(crate) fn close(&self, benchmark: &Benchmark) -> Result<Exit, Refusal> {
        self.bar.finish_and_clear();
        if !benchmark.groups.is_empty() {
            // Stored before it is printed, so that an error of the terminal does not lose the measurements.
            let page = publish::publish(benchmark, &self.arguments.runs.join("bench"))?;
            let text = format!("{}\n{}", table::table(benchmark), table::legend(benchmark));
            if self.arguments.json {
                note(text);
                say(publish::json(benchmark))?;
            } else {
                say(text)?;
            }
            note(format_args!("page: {}", page.display()));
        } else if !self.stopped() {
            return Err(benchmark.notes.join("; ").into());
        }
        Ok(if self.stopped() { Exit::Interrupted } else { Exit::Done })
    }
}

/// This program as a contestant.
///
/// # Errors
/// If the program does not know where it lies.
pub(crate) fn own(words: &[&str]) -> Result<Command, ContestantError> {
    let program = std::env::current_exe()
        .map_err(|source| ContestantError::Start { name: "tinderbox".to_string(), source })?;
    let mut command = Command::new(program);
    command.arg("contestant").args(words);
    Ok(command)
}

/// Whether lines are worth saying that a bar shows already.
pub(crate) fn is_piped() -> bool {
    !std::io::stderr().is_terminal()
}
