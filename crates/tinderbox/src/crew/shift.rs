//! A crew at work: each worker started, heard, and replaced when it dies.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::thread;
use std::time::Duration;

use tinderbox_search::Storage;

use super::lost::{give_up, release, release_patiently};
use super::place::{Log, Place, Places, describe, last_log_line, log_summary};
use super::{Crew, CrewError, DEATHS, MISHAPS, News, Studies};
use crate::environment::THREADS;
use crate::worker::Message;

pub(super) enum Event {
    Line(String),
    Closed,
}

/// A crew at work.
pub(super) struct Shift<'a> {
    crew: &'a Crew,
    logs: Option<&'a Path>,
    storage: &'a mut dyn Storage,
    studies: Studies<'a>,
    sender: Sender<(usize, Event)>,
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

impl<'a> Shift<'a> {
    pub(super) fn new(
        crew: &'a Crew,
        logs: Option<&'a Path>,
        storage: &'a mut dyn Storage,
        studies: Studies<'a>,
        sender: Sender<(usize, Event)>,
    ) -> Self {
        Self {
            crew,
            logs,
            storage,
            studies,
            sender,
            places: Places(HashMap::new()),
            generation: 0,
            deaths: 0,
            deaths_at: HashMap::new(),
            mishaps: 0,
        }
    }

    pub(super) fn work(
        &mut self,
        receiver: &Receiver<(usize, Event)>,
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
                Ok((place, Event::Line(line))) => self.hear(place, &line, tell),
                Ok((place, Event::Closed)) => self.replace(place, tell)?,
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
        if matches!(message, Message::Finished { .. } | Message::Failed { .. } | Message::Pruned { .. }) {
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
        // Where the storage refuses, the lease of its trial runs out; the next worker says what is wrong.
        _ = release_patiently(self.storage, self.studies, &gone.name);
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
        // One fault may stop all workers at once.
        if self.mishaps >= MISHAPS + self.crew.size - 1 {
            return Err(CrewError::Machine { count: self.mishaps, reason: reason.to_string() });
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
                return Err(CrewError::Deaths { how, words: log_summary(gone.log.as_ref()) });
            }
            return Ok(how);
        };
        let deaths = self.deaths_at.entry(trial.clone()).or_default();
        *deaths += 1;
        if *deaths >= DEATHS {
            // This is stored, and goes wherever the study goes: the log's path is not for there.
            let line = last_log_line(gone.log.as_ref());
            let reason = format!("{DEATHS} workers died at it, the last one {how}: {line}");
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
                _ = sender.send((place, Event::Line(line)));
            }
            _ = sender.send((place, Event::Closed));
        });
        let started = Place { child, name, log, trial: None, mishap: None };
        self.places.0.insert(place, started);
        Ok(())
    }

    /// Ends the workers that are left, and puts their trials back in the queue.
    pub(super) fn end(&mut self) -> Result<(), CrewError> {
        let mut first = Ok(());
        for (_, mut place) in self.places.0.drain() {
            _ = place.child.kill();
            let ended = place.child.wait().map(|_| ()).map_err(CrewError::from);
            let released = release(self.storage, self.studies, &place.name).map_err(CrewError::from);
            first = first.and(ended).and(released);
        }
        first
    }
}
