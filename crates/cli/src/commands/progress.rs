//! The progress of a run: a bar for the whole, a line for each worker; plain lines where there is no terminal.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::note;
use super::terminal::{visible, visible_line};
use tinderbox::crew::News;
use tinderbox::worker::Message;

/// Progress on the terminal while a crew works.
pub(super) struct Progress {
    bars: Option<Bars>,
    total: usize,
    done: usize,
    /// What each worker is doing.
    workers: Vec<At>,
    /// Whether a warning was shown.
    warned: bool,
}

/// What a worker is doing.
#[derive(Clone, Default)]
struct At {
    experiment: String,
    trial: String,
    /// The point of a search's trial, in words; `None` for an arm of an experiment, whose name says it all.
    point: Option<String>,
    /// Share of the trial that is done.
    done: f64,
}

struct Bars {
    all: MultiProgress,
    whole: ProgressBar,
    experiments: HashMap<String, ProgressBar>,
    workers: Vec<ProgressBar>,
}

/// Steps of a bar that stand for one trial.
const TRIAL: usize = 1000;

impl Progress {
    /// `experiments` holds the name of each experiment, its finished trials and all its trials; `workers` run the
    /// others.
    pub(super) fn new(experiments: &[(String, usize, usize)], workers: usize) -> Self {
        let bars = std::io::stderr().is_terminal().then(|| Bars::new(experiments, workers));
        let (done, total) =
            experiments.iter().fold((0, 0), |(done, total), entry| (done + entry.1, total + entry.2));
        Self { bars, total, done, workers: vec![At::default(); workers], warned: false }
    }

    /// Shows what happened.
    pub(super) fn show(&mut self, news: &News) {
        match news {
            News::Said(place, message) => self.said(*place, message),
            News::Died(place, how) => {
                let At { experiment, trial, .. } = &self.workers[*place];
                let at = if trial.is_empty() { String::new() } else { format!(" at {experiment}, {trial}") };
                self.line(&format!("worker {place} {how}{at}; starting another worker"));
                self.worker(*place, At::default(), "");
            }
            News::Ended(place) => {
                self.worker(*place, At::default(), "");
                if let Some(bars) = &self.bars {
                    bars.workers[*place].finish_and_clear();
                }
            }
        }
    }

    /// Removes the bars and prints the elapsed time.
    pub(super) fn end(&self, elapsed: Duration) {
        if let Some(bars) = &self.bars {
            _ = bars.all.clear();
        }
        let elapsed = Duration::from_secs(elapsed.as_secs());
        note(format_args!("{} of {} trials done in {} s", self.done, self.total, elapsed.as_secs()));
    }

    fn said(&mut self, place: usize, message: &Message) {
        match message {
            Message::Started { experiment, arm, seed, attempt, number, .. } => {
                let again = if *attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
                let (trial, point) = match number {
                    Some(number) => (format!("trial {number}{again}"), Some(arm.clone())),
                    None => (format!("{arm} seed {seed}{again}"), None),
                };
                self.worker(place, At { experiment: experiment.clone(), trial, point, done: 0.0 }, "");
            }
            Message::Progress { done, epoch, epochs, accuracy, validation_accuracy } => {
                let at = At { done: *done, ..self.workers[place].clone() };
                // The test images choose nothing, so a search does not show them.
                let shown = match at.point {
                    Some(_) => validation_accuracy.map(|accuracy| ("validation", accuracy)),
                    None => accuracy.map(|accuracy| ("test", accuracy)),
                };
                let shown = shown.map_or_else(String::new, |(images, accuracy)| {
                    format!("  {images} accuracy {:.1} %", accuracy * 100.0)
                });
                self.worker(place, at, &format!("  epoch {epoch}/{epochs}{shown}"));
            }
            Message::Finished { accuracy, objectives, seconds } => {
                self.ended(place);
                let reached = match (&objectives[..], accuracy) {
                    ([], None) => "diverged".to_string(),
                    ([], Some(accuracy)) => format!("test accuracy {:.2} %", accuracy * 100.0),
                    (objectives, _) => objectives
                        .iter()
                        .map(|(objective, value)| objective.written(*value))
                        .collect::<Vec<_>>()
                        .join(", "),
                };
                self.trial_line(place, &format!("{reached} in {seconds:.1} s"));
            }
            Message::Failed { reason } => {
                self.ended(place);
                self.trial_line(place, &format!("failed: {reason}"));
            }
            Message::Pruned { epoch } => {
                self.ended(place);
                self.trial_line(place, &format!("pruned after epoch {epoch}"));
            }
            Message::Refused { reason } => self.trial_line(place, reason),
            Message::Warning { text } => self.warn(text),
            // Its worker ends, and the crew says what it does about that.
            Message::Mishap { .. } => {}
        }
    }

    /// Shows a warning once: the cause usually affects the next trial, too.
    fn warn(&mut self, text: &str) {
        if !self.warned {
            self.warned = true;
            self.line(&format!("warning: {text}"));
        }
    }

    fn trial_line(&mut self, place: usize, what: &str) {
        let width = self.total.to_string().len();
        let At { experiment, trial, point, .. } = &self.workers[place];
        let line = match point {
            Some(point) => format!("{trial}: {what} ({point})"),
            None => format!("{experiment}, {trial}: {what}"),
        };
        self.line(&format!("[{:>width$}/{}] {line}", self.done, self.total));
        self.worker(place, At::default(), "");
    }

    /// A trial of the worker's experiment has ended.
    fn ended(&mut self, place: usize) {
        self.done += 1;
        if let Some(bars) = &self.bars
            && let Some(bar) = bars.experiments.get(&self.workers[place].experiment)
        {
            bar.inc(1);
        }
    }

    fn worker(&mut self, place: usize, at: At, more: &str) {
        if let Some(bars) = &self.bars {
            bars.workers[place].set_position((at.done * TRIAL as f64) as u64);
            bars.workers[place].set_message(visible_line(&format!("{}{more}", at.trial)));
        }
        self.workers[place] = at;
        if let Some(bars) = &self.bars {
            let running: f64 = self.workers.iter().map(|at| at.done).sum();
            bars.whole.set_position(((self.done as f64 + running) * TRIAL as f64) as u64);
        }
    }

    fn line(&self, text: &str) {
        match &self.bars {
            Some(bars) => _ = bars.all.println(visible(text)),
            None => note(format_args!("{text}")),
        }
    }
}

impl Bars {
    fn new(experiments: &[(String, usize, usize)], workers: usize) -> Self {
        let style = |template: &str| {
            ProgressStyle::with_template(template)
                .unwrap_or_else(|_| ProgressStyle::default_bar())
                .progress_chars("=> ")
        };
        let all = MultiProgress::new();
        let bar = |length: usize, template: &str| {
            all.add(ProgressBar::new(length as u64).with_style(style(template)))
        };
        let (done, total) =
            experiments.iter().fold((0, 0), |(done, total), entry| (done + entry.1, total + entry.2));
        let whole = bar(
            total * TRIAL,
            "all trials          [{bar:30}] {percent:>3} %  {elapsed} elapsed, about {eta} left",
        );
        whole.set_position((done * TRIAL) as u64);
        whole.reset_eta();
        whole.enable_steady_tick(Duration::from_millis(500));
        // Those that borrow all their trials have nothing to wait for.
        let experiments = experiments.iter().filter(|(_, _, trials)| *trials > 0);
        let experiments = experiments.map(|(name, done, trials)| {
            let one = bar(*trials, "  {prefix:<17} [{bar:30}] {pos}/{len}").with_prefix(visible_line(name));
            one.set_position(*done as u64);
            (name.clone(), one)
        });
        let experiments = experiments.collect();
        let workers = (0..workers)
            .map(|place| bar(TRIAL, &format!("worker {place:<12} [{{bar:30}}] {{msg}}")))
            .collect();
        Self { all, whole, experiments, workers }
    }
}
