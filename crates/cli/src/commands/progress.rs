//! The progress of a crew: rows that follow it on a terminal, plain lines elsewhere.

mod left;
mod state;
mod stream;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::duration::exactly;
use super::events::{Event, Experiment};
use super::lessons::TrialKey;
use super::note;
use super::terminal::{Live, Tone, emit, note_in, note_with_details, streams_events};
use state::{Heard, State};
use tinderbox::crew::News;
use tinderbox::worker::Message;

pub(super) use left::Clock;

/// Progress on standard error while a crew works.
pub(super) struct Progress {
    state: Arc<Mutex<State>>,
    /// On a terminal.
    live: Option<Live>,
    /// Whether a warning was shown.
    warned: bool,
}

impl Progress {
    /// `experiments` holds the name of each experiment, its finished trials and all its trials; `workers` run the
    /// others. The seconds of a trial in `work` are what it takes one worker, if that is known of all trials; `expected`
    /// is the work that all workers do in a second.
    pub(super) fn new(
        experiments: &[(String, usize, usize)],
        workers: usize,
        work: HashMap<TrialKey, f64>,
        expected: Option<f64>,
    ) -> Self {
        let state = State::new(experiments, workers, work, expected);
        if streams_events() {
            let (done, trials) = state.counts();
            let experiments = experiments.iter().map(|(name, done, trials)| Experiment {
                name,
                done: *done,
                trials: *trials,
            });
            emit(&Event::Started { experiments: experiments.collect(), done, trials, workers });
        }
        let state = Arc::new(Mutex::new(state));
        let shown = Arc::clone(&state);
        let live = Live::start(move || lock(&shown).rows());
        Self { state, live, warned: false }
    }

    /// Shows what happened.
    pub(super) fn show(&mut self, news: &News) {
        // The lock is not held while something is printed: the rows that are drawn again then need it.
        let heard = lock(&self.state).hear(news);
        if streams_events() {
            if let Some(event) = stream::event(news, &heard) {
                emit(&event);
            }
            return;
        }
        match news {
            News::Said(_, message) => self.said(&heard, message),
            News::Died(place, how) => {
                let trial = heard.at.trial();
                let trial =
                    if trial.is_empty() { trial } else { format!(" at {}, {trial}", heard.at.experiment) };
                note_in(Tone::Bad, format_args!("worker {place} {how}{trial}; starting another worker"));
            }
            News::Ended(_) => {}
        }
    }

    /// Removes the rows and prints the elapsed time.
    pub(super) fn end(&mut self) {
        self.live = None;
        let (counts, elapsed) = {
            let state = lock(&self.state);
            (state.counts(), state.clock.elapsed())
        };
        let (done, trials) = counts;
        if streams_events() {
            emit(&Event::Ended { done, trials, seconds: elapsed.as_secs_f64() });
        } else {
            note(format_args!("{done} of {trials} trials done in {}", exactly(elapsed)));
        }
    }

    fn said(&mut self, heard: &Heard, message: &Message) {
        match message {
            Message::Finished { accuracy, objectives, seconds } => {
                let reached = match (&objectives[..], accuracy) {
                    ([], None) => "diverged".to_string(),
                    ([], Some(accuracy)) => format!("test accuracy {:.2} %", accuracy * 100.0),
                    (objectives, _) => objectives
                        .iter()
                        .map(|(objective, value)| objective.written(*value))
                        .collect::<Vec<_>>()
                        .join(", "),
                };
                ended(heard, &reached, Some(*seconds));
            }
            Message::Pruned { epoch } => ended(heard, &format!("pruned after epoch {epoch}"), None),
            Message::Failed { reason } => failed(heard, &format!("failed: {reason}")),
            Message::Refused { reason } => failed(heard, reason),
            // Once: the cause usually affects the next trial, too.
            Message::Warning { text } if !std::mem::replace(&mut self.warned, true) => {
                note(format_args!("warning: {text}"));
            }
            // After a mishap the worker ends, and the crew says what it does about that.
            Message::Started { .. }
            | Message::Progress { .. }
            | Message::Warning { .. }
            | Message::Mishap { .. } => {}
        }
    }
}

/// Prints what a trial reached, and the time it took.
fn ended(heard: &Heard, reached: &str, seconds: Option<f64>) {
    let (at, count, trial) = (&heard.at, count(heard), heard.at.trial());
    let seconds = seconds.map(|seconds| format!("{seconds:.1} s"));
    if at.number.is_some() {
        let seconds = seconds.map_or_else(String::new, |seconds| format!(" in {seconds}"));
        note(format_args!("{count} {trial}: {reached}{seconds} ({})", at.arm));
    } else {
        let details: Vec<String> = std::iter::once(at.experiment.clone()).chain(seconds).collect();
        note_with_details(&format!("{count} {trial}: {reached}"), &details);
    }
}

/// Prints why a trial came to nothing here.
fn failed(heard: &Heard, why: &str) {
    let (at, count, trial) = (&heard.at, count(heard), heard.at.trial());
    match at.number {
        Some(_) => note_in(Tone::Bad, format_args!("{count} {trial}: {why} ({})", at.arm)),
        None => note_in(Tone::Bad, format_args!("{count} {}, {trial}: {why}", at.experiment)),
    }
}

/// How many trials are done: `[ 3/24]`.
fn count(heard: &Heard) -> String {
    let (done, all) = heard.counts;
    format!("[{done:>width$}/{all}]", width = all.to_string().len())
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
