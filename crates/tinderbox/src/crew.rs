//! A crew: the worker processes of a run, started, listened to, and replaced when one dies.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, SystemTime};

use signal_hook::consts::{SIGINT, SIGTERM};
use tinderbox_search::{Storage, StudyId, Timestamp, Told};

use crate::environment::THREADS;
use crate::run::{LEASE, RunError};
use crate::worker::Message;

/// So many workers in a row that die before they have a trial end the run: the cause would kill the next ones too. So many
/// that die at one trial make it fail.
const DEATHS: usize = 3;
/// User attribute of a trial that was given up because its workers died, which says nothing about its point.
pub const LOST: &str = "tinderbox:lost";
/// So many workers in a row that the machine stops end the run.
const MISHAPS: usize = 3;

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
    /// Its own name among all crews: [`crew_name`](crate::state::crew_name) makes one. Its workers are called after it.
    pub name: String,
    /// How many processes.
    pub size: usize,
    /// The program to start.
    pub program: PathBuf,
    /// Arguments of each worker, but for its name.
    pub arguments: Vec<OsString>,
    /// Environment variables of each worker.
    pub variables: Vec<(String, String)>,
}

/// Whether a worker is one of a crew's.
pub fn is_of_crew(worker: &str, crew: &str) -> bool {
    worker.strip_prefix(crew).is_some_and(|rest| rest.starts_with('-'))
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
    #[error("{DEATHS} workers in a row died (the last {how}) before they had a trial: {words}")]
    Deaths {
        /// How the last one died.
        how: String,
        /// The last line that it wrote, and where the others are.
        words: String,
    },
    /// The machine keeps failing, such as a disk that is full. No trial fails for that.
    #[error(
        "{MISHAPS} workers in a row had to stop (the last: {0}); mend that, then resume: no trial was lost"
    )]
    Machine(String),
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
    /// None where it cannot be written: that costs its last words, and no trial.
    log: Option<Log>,
    /// The experiment and the key of its trial, while it has one.
    trial: Option<(String, String)>,
    /// What stopped it, if that was the machine.
    mishap: Option<String>,
}

/// What a worker writes to standard error.
struct Log {
    path: PathBuf,
    /// Its length when the worker was started: earlier lines are of other workers.
    start: u64,
}

impl Crew {
    /// Runs until no trial is left, and tells what happens; `true` unless `stop` was set meanwhile. Workers write their
    /// words to files in the folder `logs`, if there is one.
    ///
    /// # Errors
    /// If workers cannot be started, keep dying, or the machine keeps failing. None is left behind.
    pub fn run(
        &self,
        logs: Option<&Path>,
        storage: &mut dyn Storage,
        studies: &[StudyId],
        stop: &AtomicBool,
        mut tell: impl FnMut(News),
    ) -> Result<bool, CrewError> {
        let (sender, receiver) = channel();
        let mut shift = Shift {
            crew: self,
            logs,
            storage,
            studies,
            sender,
            places: Places(HashMap::new()),
            generation: 0,
            deaths: 0,
            deaths_at: HashMap::new(),
            mishaps: 0,
        };
        let ended = shift.work(&receiver, stop, &mut tell);
        let left = shift.end();
        // Why it broke off matters more than what could not be tidied up.
        let finished = ended?;
        left.map(|()| finished)
    }
}

/// A crew at work.
struct Shift<'a> {
    crew: &'a Crew,
    logs: Option<&'a Path>,
    storage: &'a mut dyn Storage,
    studies: &'a [StudyId],
    sender: Sender<(usize, Heard)>,
    places: Places,
    /// Workers that took the place of others, so far.
    generation: usize,
    /// Workers in a row that died without a trial.
    deaths: usize,
    /// Workers that died at a trial, by experiment and key.
    deaths_at: HashMap<(String, String), usize>,
    /// Workers in a row that the machine stopped.
    mishaps: usize,
}

impl Shift<'_> {
    fn work(
        &mut self,
        receiver: &Receiver<(usize, Heard)>,
        stop: &AtomicBool,
        tell: &mut dyn FnMut(News),
    ) -> Result<bool, CrewError> {
        for place in 0..self.crew.size {
            self.start(place)?;
        }
        while !self.places.0.is_empty() {
            if stop.load(Ordering::Relaxed) {
                return Ok(false);
            }
            // A look at `stop` now and then; the channel cannot close, for `self` holds a sender.
            match receiver.recv_timeout(Duration::from_millis(100)) {
                Ok((place, Heard::Line(line))) => self.hear(place, &line, tell),
                Ok((place, Heard::Silence)) => self.replace(place, tell)?,
                Err(_) => {}
            }
        }
        Ok(true)
    }

    fn hear(&mut self, place: usize, line: &str, tell: &mut dyn FnMut(News)) {
        let Ok(message) = serde_json::from_str::<Message>(line) else { return };
        if let Some(place) = self.places.0.get_mut(&place) {
            place.hear(&message);
        }
        self.deaths = 0;
        if matches!(message, Message::Told { .. } | Message::Failed { .. } | Message::Pruned { .. }) {
            self.mishaps = 0;
        }
        tell(News::Said(place, message));
    }

    /// What is to be done about a worker that says nothing any more.
    fn replace(&mut self, place: usize, tell: &mut dyn FnMut(News)) -> Result<(), CrewError> {
        let Some(mut gone) = self.places.0.remove(&place) else { return Ok(()) };
        let status = gone.child.wait()?;
        if status.success() {
            tell(News::Ended(place));
            return Ok(());
        }
        release(self.storage, self.studies, &gone.name)?;
        let how = match &gone.mishap {
            Some(reason) => self.count_mishap(reason)?,
            None => self.count_death(place, &gone, describe(status), tell)?,
        };
        tell(News::Died(place, how));
        self.generation += 1;
        self.start(place)
    }

    fn count_mishap(&mut self, reason: &str) -> Result<String, CrewError> {
        self.mishaps += 1;
        if self.mishaps >= MISHAPS {
            return Err(CrewError::Machine(reason.to_string()));
        }
        Ok(format!("stopped: {reason}"))
    }

    fn count_death(
        &mut self,
        place: usize,
        gone: &Place,
        how: String,
        tell: &mut dyn FnMut(News),
    ) -> Result<String, CrewError> {
        let Some(trial) = &gone.trial else {
            self.deaths += 1;
            if self.deaths >= DEATHS {
                return Err(CrewError::Deaths { how, words: last_log_line(gone.log.as_ref()) });
            }
            return Ok(how);
        };
        let deaths = self.deaths_at.entry(trial.clone()).or_default();
        *deaths += 1;
        if *deaths >= DEATHS {
            let reason = format!(
                "{DEATHS} workers died at it, the last one {how}: {}",
                last_log_line(gone.log.as_ref())
            );
            if give_up(self.storage, self.studies, &self.crew.name, trial, &reason)? {
                tell(News::Said(place, Message::Failed { reason }));
            }
        }
        Ok(how)
    }

    fn start(&mut self, place: usize) -> Result<(), CrewError> {
        let name = format!("{}-{place}-{}", self.crew.name, self.generation);
        let log = self.logs.and_then(|logs| Log::open(logs.join(format!("worker-{place}.log"))).ok());
        let (log, words) = log.map_or((None, Stdio::null()), |(log, file)| (Some(log), file.into()));
        let mut command = Command::new(&self.crew.program);
        command
            .args(&self.crew.arguments)
            .arg(format!("--name={name}"))
            .env(THREADS, "1")
            .envs(self.crew.variables.iter().cloned())
            // Closed when this process ends, however it ends: the worker's sign to end too.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(words);
        // Ctrl-C is for this process alone, which then ends its workers: none of them looks like one that died.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn()?;
        let out = child.stdout.take().expect("standard output is piped");
        let sender = self.sender.clone();
        thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                _ = sender.send((place, Heard::Line(line)));
            }
            _ = sender.send((place, Heard::Silence));
        });
        let started = Place { child, name, log, trial: None, mishap: None };
        self.places.0.insert(place, started);
        Ok(())
    }

    /// Ends the workers that are left, and puts their trials back in the queue.
    fn end(&mut self) -> Result<(), CrewError> {
        let mut first = Ok(());
        for (_, mut place) in self.places.0.drain() {
            _ = place.child.kill();
            let ended = place.child.wait().map(|_| ()).map_err(CrewError::from);
            let released = release(self.storage, self.studies, &place.name);
            first = first.and(ended).and(released);
        }
        first
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
            Message::Mishap { reason } => self.mishap = Some(reason.clone()),
            Message::Progress { .. } | Message::Warning { .. } => {}
        }
    }
}

/// Running workers; killed on drop.
struct Places(HashMap<usize, Place>);

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

/// Makes a trial fail that waits again because its workers died; `false` if it does not wait any more.
fn give_up(
    storage: &mut dyn Storage,
    studies: &[StudyId],
    crew: &str,
    (experiment, key): &(String, String),
    reason: &str,
) -> Result<bool, CrewError> {
    let name = format!("{crew}-supervisor");
    let now = || Timestamp::from(SystemTime::now());
    let study = match studies {
        [only] => Some(*only),
        _ => storage.studies().map_err(RunError::from)?.get(experiment).copied(),
    };
    let Some(study) = study else { return Ok(false) };
    // A storage hands out the first trial that waits: those before it are held until it comes, and then put back.
    let mut given_up = false;
    while let Some(claim) = storage.claim(study, &name, now(), LEASE).map_err(RunError::from)? {
        if claim.key == *key {
            let attributes = [(LOST.to_string(), true.into())].into();
            let told = Told { attributes, ..Told::fail(reason) };
            storage.tell(&claim, &told, now()).map_err(RunError::from)?;
            given_up = true;
            break;
        }
    }
    storage.release(study, &name, now()).map_err(RunError::from)?;
    Ok(given_up)
}

impl Log {
    /// A log to append to, and its file.
    fn open(path: PathBuf) -> std::io::Result<(Self, File)> {
        let file = File::options().create(true).append(true).open(&path)?;
        let start = file.metadata()?.len();
        Ok((Self { path, start }, file))
    }
}

/// The last line that a worker wrote to its log, and where the others are.
fn last_log_line(log: Option<&Log>) -> String {
    let Some(log) = log else { return "its log could not be written".to_string() };
    let text = std::fs::read(&log.path).unwrap_or_default();
    let own = String::from_utf8_lossy(text.get(log.start as usize..).unwrap_or_default());
    let line = own.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
    format!("{line} (more in {})", log.path.display())
}

fn describe(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        // What Linux sends where memory runs out.
        let guess = if signal == 9 { " (out of memory?)" } else { "" };
        return format!("was killed by signal {signal}{guess}");
    }
    format!("ended with {status}")
}
