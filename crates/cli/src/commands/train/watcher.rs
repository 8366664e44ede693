//! What `train` shows of a training: a row that follows it on a terminal, and a line for each epoch.

use std::io;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tinderbox_training::learner::{Epoch, Observer, Step};

use crate::commands::duration::{about, exactly};
use crate::commands::events::Event;
use crate::commands::progress::Clock;
use crate::commands::say_data;
use crate::commands::terminal::{Live, Row, emit, note_with_details, streams_events};
use tinderbox::json;

/// Watches a training, and ends it where the user asks for it.
pub(super) struct Watcher {
    /// Whether epochs are lines of JSON on standard output.
    json: bool,
    epochs: usize,
    /// Set by Ctrl-C.
    stop: Arc<AtomicBool>,
    reached: Arc<Mutex<Option<Reached>>>,
    live: Option<Live>,
    /// When the last event of a step was.
    told: Option<Instant>,
    /// Why epochs are missing in the output.
    pub(super) lost: Option<io::Error>,
}

/// How often a step is an event.
const EVENTS: Duration = Duration::from_millis(200);

/// How far it is.
#[derive(Clone, Copy)]
struct Reached {
    step: Step,
    clock: Clock,
}

impl Watcher {
    /// Of a training of so many epochs.
    pub(super) fn new(json: bool, epochs: usize, stop: Arc<AtomicBool>) -> Self {
        let reached = Arc::new(Mutex::new(None::<Reached>));
        let shown = Arc::clone(&reached);
        let live = Live::start(move || lock(&shown).iter().map(Reached::row).collect());
        Self { json, epochs, stop, reached, live, told: None, lost: None }
    }

    /// Removes the row.
    pub(super) fn end(&mut self) {
        self.live = None;
    }
}

impl Observer for Watcher {
    fn step(&mut self, step: &Step) -> ControlFlow<()> {
        if self.stop.load(Ordering::Relaxed) {
            return ControlFlow::Break(());
        }
        if streams_events() && self.told.is_none_or(|told| told.elapsed() > EVENTS) {
            self.told = Some(Instant::now());
            let Step { epoch, epochs, steps, .. } = *step;
            emit(&Event::Progress { share: work(step) / (epochs * steps) as f64, epoch, epochs });
        }
        let mut reached = lock(&self.reached);
        // What a checkpoint has brought took no time.
        let clock = reached.map_or_else(|| Clock::start(work(step), None), |reached| reached.clock);
        *reached = Some(Reached { step: *step, clock });
        ControlFlow::Continue(())
    }

    fn epoch(&mut self, epoch: &Epoch) {
        if self.json {
            // An output that takes no more must not end the training; that it was full is said at its end.
            if let Err(error) = say_data(json::text(epoch)) {
                self.lost.get_or_insert(error);
            }
        }
        if streams_events() {
            emit(&Event::Epoch { epochs: self.epochs, results: json::value(epoch) });
        }
        if self.json || streams_events() {
            return;
        }
        let width = self.epochs.to_string().len();
        let percent = |images: &str, accuracy: f64| format!("{images} {:.2} %", accuracy * 100.0);
        let first = format!(
            "epoch {:>width$}/{}: {}",
            epoch.epoch,
            self.epochs,
            percent("test accuracy", epoch.test_accuracy)
        );
        note_with_details(
            &first,
            &[
                percent("validation", epoch.validation_accuracy),
                percent("training", epoch.training_accuracy),
                format!("training loss {:.4}", epoch.training_loss),
            ],
        );
    }
}

impl Reached {
    fn row(&self) -> Row {
        let Step { epoch, epochs, steps, .. } = self.step;
        let (done, all) = (work(&self.step), (epochs * steps) as f64);
        let left = self.clock.left(done, all).map(|left| format!("about {} left", about(left.as_secs())));
        let pieces = std::iter::once(format!("{:.0} %", done / all * 100.0))
            .chain(left)
            .chain([format!("{} elapsed", exactly(self.clock.elapsed()))]);
        Row { label: format!("epoch {epoch}/{epochs}"), share: done / all, pieces: pieces.collect() }
    }
}

/// Steps done since the first epoch began.
fn work(step: &Step) -> f64 {
    ((step.epoch - 1) * step.steps + step.step) as f64
}

fn lock(reached: &Mutex<Option<Reached>>) -> MutexGuard<'_, Option<Reached>> {
    reached.lock().unwrap_or_else(PoisonError::into_inner)
}
