//! A crew: the worker processes of a run, started, listened to, and replaced when one dies.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, SystemTime};

use signal_hook::consts::{SIGINT, SIGTERM};
use tinderbox_search::{Storage, StudyId, Timestamp, Told};

use crate::environment::THREADS;
use crate::run::{LEASE, RunError};
use crate::worker::Message;

/// So many workers in a row that die before they have a trial end the run: whatever kills them would go on. So many
/// that die at one trial make it fail.
const DEATHS: usize = 3;

/// A flag that Ctrl-C and `kill` set: workers are then let finish their step, and what is done stays.
///
/// # Errors
/// If the system takes no handler for them.
pub fn stop_on_signals() -> std::io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}

/// How a crew is made up.
#[derive(Debug, Clone)]
pub struct Crew {
    /// How many processes.
    pub size: usize,
    /// The program to start.
    pub program: PathBuf,
    /// Arguments of each worker, but for its name.
    pub arguments: Vec<String>,
    /// Environment variables of each worker.
    pub variables: Vec<(String, String)>,
}

/// What happened in the crew.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// The worker in this place said something.
    Said(usize, Message),
    /// The worker in this place died, and how.
    Died(usize, String),
    /// The worker in this place found nothing left to do.
    Ended(usize),
}

/// Why a crew stopped before its work was done.
#[derive(Debug, thiserror::Error)]
pub enum CrewError {
    /// A process could not be started or listened to.
    #[error("cannot start a worker: {0}")]
    Start(#[from] std::io::Error),
    /// Processes keep dying.
    #[error("{DEATHS} workers in a row died (the last {how}) before they had a trial: {words} (more in {})", .log.display())]
    Deaths {
        /// How the last one died.
        how: String,
        /// The last line that it wrote.
        words: String,
        /// What it wrote.
        log: PathBuf,
    },
    /// The storage refused.
    #[error(transparent)]
    Run(#[from] RunError),
}

enum Heard {
    Line(String),
    Silence,
}

struct Place {
    child: Child,
    name: String,
    log: PathBuf,
    /// Length of the log when it was started: what stands before is of others.
    log_start: u64,
    /// The experiment and the key of its trial, while it has one.
    trial: Option<(String, String)>,
}

impl Crew {
    /// Runs until no trial is left, and tells what happens; `true` unless `stop` was set meanwhile. Workers write their
    /// words to files in the folder `logs`.
    ///
    /// # Errors
    /// If workers cannot be started or keep dying. None is left behind.
    pub fn run(
        &self,
        logs: &Path,
        storage: &mut dyn Storage,
        studies: &[StudyId],
        stop: &AtomicBool,
        mut tell: impl FnMut(News),
    ) -> Result<bool, CrewError> {
        let (sender, receiver) = channel();
        let mut places = Places(HashMap::new());
        for place in 0..self.size {
            let started = self.start(logs, place, 0, &sender)?;
            places.0.insert(place, started);
        }
        let (mut deaths, mut generation) = (0, 0);
        let mut deaths_at: HashMap<(String, String), usize> = HashMap::new();
        while !places.0.is_empty() {
            if stop.load(Ordering::Relaxed) {
                places.end(storage, studies)?;
                return Ok(false);
            }
            // A look at `stop` now and then; the channel cannot close, for this function holds a sender.
            let Ok((place, heard)) = receiver.recv_timeout(Duration::from_millis(100)) else { continue };
            match heard {
                Heard::Line(line) => {
                    if let Ok(message) = serde_json::from_str::<Message>(&line) {
                        if let Some(place) = places.0.get_mut(&place) {
                            place.hear(&message);
                            deaths = 0;
                        }
                        tell(News::Said(place, message));
                    }
                }
                Heard::Silence => {
                    let Some(mut gone) = places.0.remove(&place) else { continue };
                    let status = gone.child.wait()?;
                    if status.success() {
                        tell(News::Ended(place));
                        continue;
                    }
                    release(storage, studies, &gone.name)?;
                    let how = describe(status);
                    match gone.trial.take() {
                        Some(trial) => {
                            let count = deaths_at.entry(trial.clone()).or_default();
                            *count += 1;
                            if *count >= DEATHS {
                                let reason = format!(
                                    "{DEATHS} workers died at it, the last one {how}: {}",
                                    last_words(&gone)
                                );
                                give_up(storage, &trial, &reason)?;
                            }
                        }
                        None => deaths += 1,
                    }
                    if deaths >= DEATHS {
                        places.end(storage, studies)?;
                        return Err(CrewError::Deaths { how, words: last_words(&gone), log: gone.log });
                    }
                    tell(News::Died(place, how));
                    generation += 1;
                    let started = self.start(logs, place, generation, &sender)?;
                    places.0.insert(place, started);
                }
            }
        }
        Ok(true)
    }

    fn start(
        &self,
        logs: &Path,
        place: usize,
        generation: usize,
        sender: &Sender<(usize, Heard)>,
    ) -> Result<Place, CrewError> {
        let name = format!("{}-{place}-{generation}", std::process::id());
        let log = logs.join(format!("worker-{place}.log"));
        let log_start = std::fs::metadata(&log).map_or(0, |log| log.len());
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .args(["--name", &name])
            .env(THREADS, "1")
            .envs(self.variables.iter().cloned())
            // Closed when this process ends, however it ends: the worker's sign to end too.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::options().create(true).append(true).open(&log)?);
        // Ctrl-C is for this process alone, which then ends its workers: none of them looks like one that died.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn()?;
        let out = child.stdout.take().expect("standard output is piped");
        let sender = sender.clone();
        thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                _ = sender.send((place, Heard::Line(line)));
            }
            _ = sender.send((place, Heard::Silence));
        });
        Ok(Place { child, name, log, log_start, trial: None })
    }
}

impl Place {
    fn hear(&mut self, message: &Message) {
        match message {
            Message::Claimed { experiment, key, .. } => self.trial = Some((experiment.clone(), key.clone())),
            Message::Told { .. }
            | Message::Failed { .. }
            | Message::Pruned { .. }
            | Message::Refused { .. } => self.trial = None,
            Message::Progress { .. } => {}
        }
    }
}

/// The living; those still alive at the end of the run die with it.
struct Places(HashMap<usize, Place>);

impl Places {
    fn end(&mut self, storage: &mut dyn Storage, studies: &[StudyId]) -> Result<(), CrewError> {
        for (_, mut place) in self.0.drain() {
            _ = place.child.kill();
            place.child.wait()?;
            release(storage, studies, &place.name)?;
        }
        Ok(())
    }
}

impl Drop for Places {
    fn drop(&mut self) {
        for place in self.0.values_mut() {
            _ = place.child.kill();
            _ = place.child.wait();
        }
    }
}

/// Puts the dead worker's trial back in the queue.
fn release(storage: &mut dyn Storage, studies: &[StudyId], name: &str) -> Result<(), CrewError> {
    let now = Timestamp::from(SystemTime::now());
    for &study in studies {
        storage.release(study, name, now).map_err(RunError::from)?;
    }
    Ok(())
}

/// Makes a trial fail that waits again because its workers died.
fn give_up(
    storage: &mut dyn Storage,
    (experiment, key): &(String, String),
    reason: &str,
) -> Result<(), CrewError> {
    let name = format!("{}-crew", std::process::id());
    if let Some(&study) = storage.studies().map_err(RunError::from)?.get(experiment) {
        // Of the trials that wait it is the first, unless another was put back just now: then it fails the next time.
        let now = || Timestamp::from(SystemTime::now());
        let Some(claim) = storage.claim(study, &name, now(), LEASE).map_err(RunError::from)? else {
            return Ok(());
        };
        if claim.key == *key {
            storage.tell(&claim, &Told::fail(reason), now()).map_err(RunError::from)?;
        } else {
            storage.release(study, &name, now()).map_err(RunError::from)?;
        }
    }
    Ok(())
}

/// The last line that a worker wrote to its log.
fn last_words(place: &Place) -> String {
    let text = std::fs::read(&place.log).unwrap_or_default();
    let own = text.get(place.log_start as usize..).unwrap_or_default();
    let own = String::from_utf8_lossy(own);
    own.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing").to_string()
}

fn describe(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("was killed by signal {signal}");
    }
    format!("ended with {status}")
}
