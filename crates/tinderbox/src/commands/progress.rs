//! The progress of a run: a bar for the whole, a line for each worker; plain lines where there is no terminal.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::note;
use crate::crew::News;
use crate::worker::Message;

/// What the terminal shows while a crew works.
pub(super) struct Progress {
    bars: Option<Bars>,
    total: usize,
    done: usize,
    /// Which trial each worker is at, and which share of it is done.
    trials: Vec<(String, f64)>,
}

struct Bars {
    all: MultiProgress,
    whole: ProgressBar,
    workers: Vec<ProgressBar>,
}

/// Steps of a bar that stand for one trial.
const TRIAL: u64 = 1000;

impl Progress {
    /// Of `total` trials `done` are done; the others are shared by so many workers.
    pub(super) fn new(total: usize, done: usize, workers: usize) -> Self {
        let bars = std::io::stderr().is_terminal().then(|| Bars::new(total, done, workers));
        Self { bars, total, done, trials: vec![(String::new(), 0.0); workers] }
    }

    /// Shows what happened.
    pub(super) fn show(&mut self, news: &News) {
        match news {
            News::Said(place, message) => self.said(*place, message),
            News::Died(place, how) => {
                let trial = &self.trials[*place].0;
                let at = if trial.is_empty() { String::new() } else { format!(" at {trial}") };
                self.line(&format!("worker {place} {how}{at}; another one takes over"));
                self.worker(*place, String::new(), 0.0, "");
            }
            News::Ended(place) => {
                self.worker(*place, String::new(), 0.0, "");
                if let Some(bars) = &self.bars {
                    bars.workers[*place].finish_and_clear();
                }
            }
        }
    }

    /// Takes the bars away and says how long it took.
    pub(super) fn end(&self, elapsed: Duration) {
        if let Some(bars) = &self.bars {
            _ = bars.all.clear();
        }
        let elapsed = Duration::from_secs(elapsed.as_secs());
        note(format_args!("{} of {} trials done, {} s here", self.done, self.total, elapsed.as_secs()));
    }

    fn said(&mut self, place: usize, message: &Message) {
        match message {
            Message::Claimed { arm, seed, attempt, .. } => {
                let again = if *attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
                self.worker(place, format!("{arm} seed {seed}{again}"), 0.0, "");
            }
            Message::Progress { done, epoch, epochs, accuracy } => {
                let accuracy =
                    accuracy.map_or_else(String::new, |accuracy| format!("  {:.1} %", accuracy * 100.0));
                let trial = self.trials[place].0.clone();
                self.worker(place, trial, *done, &format!("  epoch {epoch}/{epochs}{accuracy}"));
            }
            Message::Told { accuracy, seconds } => {
                self.done += 1;
                let accuracy = accuracy
                    .map_or_else(|| "diverged".to_string(), |accuracy| format!("{:.2} %", accuracy * 100.0));
                self.trial_line(place, &format!("{accuracy} in {seconds:.1} s"));
            }
            Message::Failed { reason } => {
                self.done += 1;
                self.trial_line(place, &format!("failed: {reason}"));
            }
            Message::Refused { reason } => self.trial_line(place, reason),
        }
    }

    fn trial_line(&mut self, place: usize, what: &str) {
        let width = self.total.to_string().len();
        self.line(&format!("[{:>width$}/{}] {}: {what}", self.done, self.total, self.trials[place].0));
        self.worker(place, String::new(), 0.0, "");
    }

    /// The worker in this place is at `trial`, of which this share is done.
    fn worker(&mut self, place: usize, trial: String, done: f64, more: &str) {
        if let Some(bars) = &self.bars {
            bars.workers[place].set_position((done * TRIAL as f64) as u64);
            bars.workers[place].set_message(format!("{trial}{more}"));
        }
        self.trials[place] = (trial, done);
        if let Some(bars) = &self.bars {
            let running: f64 = self.trials.iter().map(|(_, done)| done).sum();
            bars.whole.set_position(((self.done as f64 + running) * TRIAL as f64) as u64);
        }
    }

    fn line(&self, text: &str) {
        match &self.bars {
            Some(bars) => _ = bars.all.println(text),
            None => note(format_args!("{text}")),
        }
    }
}

impl Bars {
    fn new(total: usize, done: usize, workers: usize) -> Self {
        let style = |template: &str| {
            ProgressStyle::with_template(template)
                .unwrap_or_else(|_| ProgressStyle::default_bar())
                .progress_chars("=> ")
        };
        let all = MultiProgress::new();
        let bar = |length: u64, template: &str| all.add(ProgressBar::new(length).with_style(style(template)));
        let whole = bar(
            total as u64 * TRIAL,
            "all trials [{bar:30}] {percent:>3} %  {elapsed} gone, about {eta} left",
        );
        whole.set_position(done as u64 * TRIAL);
        whole.reset_eta();
        whole.enable_steady_tick(Duration::from_millis(500));
        let workers = (0..workers)
            .map(|place| bar(TRIAL, &format!("worker {place:<3} [{{bar:30}}] {{msg}}")))
            .collect();
        Self { all, whole, workers }
    }
}
