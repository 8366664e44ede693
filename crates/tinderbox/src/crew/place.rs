//! A worker's process, and what is known of it.

use std::collections::HashMap;
use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, ExitStatus};

use crate::worker::Message;

pub(super) struct Place {
    pub(super) child: Child,
    pub(super) name: String,
    /// None where it cannot be written: that costs the end of its log in messages, and no trial.
    pub(super) log: Option<Log>,
    /// The experiment and the key of its trial, while it has one.
    pub(super) trial: Option<(String, String)>,
    /// What stopped it, if that was the machine.
    pub(super) mishap: Option<String>,
}

/// What a worker writes to standard error.
pub(super) struct Log {
    path: PathBuf,
    /// Its length when the worker was started: earlier lines are of other workers.
    start: u64,
}

impl Place {
    pub(super) fn hear(&mut self, message: &Message) {
        match message {
            Message::Started { experiment, key, .. } => self.trial = Some((experiment.clone(), key.clone())),
            Message::Finished { .. }
            | Message::Failed { .. }
            | Message::Pruned { .. }
            | Message::Refused { .. } => self.trial = None,
            Message::Mishap { reason } => self.mishap = Some(reason.clone()),
            Message::Progress { .. } | Message::Warning { .. } => {}
        }
    }
}

/// Running workers; killed on drop.
pub(super) struct Places(pub(super) HashMap<usize, Place>);

impl Drop for Places {
    fn drop(&mut self) {
        for place in self.0.values_mut() {
            _ = place.child.kill();
            _ = place.child.wait();
        }
    }
}

impl Log {
    /// A log to append to, and its file.
    pub(super) fn open(path: PathBuf) -> std::io::Result<(Self, File)> {
        let file = File::options().create(true).append(true).open(&path)?;
        let start = file.metadata()?.len();
        Ok((Self { path, start }, file))
    }
}

/// The last line that a worker wrote to its log, and where the others are.
pub(super) fn log_summary(log: Option<&Log>) -> String {
    let line = last_log_line(log);
    log.map_or_else(|| line.clone(), |log| format!("{line} (more in {})", log.path.display()))
}

/// The last line that a worker wrote to its log.
pub(super) fn last_log_line(log: Option<&Log>) -> String {
    let Some(log) = log else { return "its log could not be written".to_string() };
    let text = std::fs::read(&log.path).unwrap_or_default();
    let own = String::from_utf8_lossy(text.get(log.start as usize..).unwrap_or_default());
    own.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing").to_string()
}

pub(super) fn describe(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        // What Linux sends where memory runs out.
        let guess = if signal == 9 { " (out of memory?)" } else { "" };
        return format!("was killed by signal {signal}{guess}");
    }
    format!("ended with {status}")
}
