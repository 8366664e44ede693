//! Where a crew stands: what is done, and what each worker is doing.

use std::collections::HashMap;

use tinderbox::crew::News;
use tinderbox::worker::Message;

use super::left::Clock;
use crate::commands::duration::{about, exactly};
use crate::commands::lessons::TrialKey;
use crate::commands::terminal::Row;

/// Where a crew stands.
pub(super) struct State {
    experiments: Vec<Entry>,
    /// The work of each trial that is known; one that is not has that of a usual trial of its experiment.
    work: HashMap<TrialKey, f64>,
    /// What each worker is doing; `None` once it has ended.
    pub(super) workers: Vec<Option<At>>,
    pub(super) clock: Clock,
}

/// How far an experiment is.
struct Entry {
    name: String,
    /// Finished trials, and all.
    done: usize,
    all: usize,
    /// The work of a usual trial, and of those that are finished.
    usual: f64,
    work_done: f64,
}

/// What a worker is doing.
#[derive(Clone, Default)]
pub(super) struct At {
    pub(super) experiment: String,
    pub(super) key: String,
    pub(super) arm: String,
    pub(super) seed: u64,
    /// Of a search's trial, whose `arm` is its point in words; `None` for an arm of an experiment.
    pub(super) number: Option<u64>,
    pub(super) attempt: u64,
    /// The share of the trial that is done.
    pub(super) share: f64,
    /// What was said last of its epochs.
    pub(super) said: Vec<String>,
}

/// What is known when something was heard.
pub(super) struct Heard {
    /// The worker.
    pub(super) place: usize,
    /// Its trial, which it may just have left.
    pub(super) at: At,
    /// Trials that are done, and all.
    pub(super) counts: (usize, usize),
}

impl At {
    /// The trial in words; empty before there is one.
    pub(super) fn trial(&self) -> String {
        let again = if self.attempt > 1 { format!(", attempt {}", self.attempt) } else { String::new() };
        match self.number {
            _ if self.attempt == 0 => String::new(),
            Some(number) => format!("trial {number}{again}"),
            None => format!("{} seed {}{again}", self.arm, self.seed),
        }
    }
}

impl State {
    /// `experiments` holds the name of each, its finished trials and all its trials; `expected` is the work that the
    /// workers do in a second, as far as it is known.
    pub(super) fn new(
        experiments: &[(String, usize, usize)],
        workers: usize,
        work: HashMap<TrialKey, f64>,
        expected: Option<f64>,
    ) -> Self {
        let entry = |(name, done, all): &(String, usize, usize)| {
            let known = work.iter().filter(|((experiment, _), _)| experiment == name);
            let (sum, count) = known.fold((0.0, 0), |(sum, count), (_, work)| (sum + work, count + 1));
            let usual = if count == 0 { 1.0 } else { sum / f64::from(count) };
            Entry { name: name.clone(), done: *done, all: *all, usual, work_done: *done as f64 * usual }
        };
        let experiments: Vec<Entry> = experiments.iter().map(entry).collect();
        let before = experiments.iter().map(|entry| entry.work_done).sum();
        let clock = Clock::start(before, expected);
        Self { experiments, work, workers: vec![Some(At::default()); workers], clock }
    }

    /// Trials that are done, and all.
    pub(super) fn counts(&self) -> (usize, usize) {
        self.experiments.iter().fold((0, 0), |(done, all), entry| (done + entry.done, all + entry.all))
    }

    /// Takes in what happened.
    pub(super) fn hear(&mut self, news: &News) -> Heard {
        let (place, at) = match news {
            News::Said(place, message) => (*place, self.take_in(*place, message)),
            News::Died(place, _) => (*place, self.workers[*place].replace(At::default()).unwrap_or_default()),
            News::Ended(place) => (*place, self.workers[*place].take().unwrap_or_default()),
        };
        Heard { place, at, counts: self.counts() }
    }

    fn take_in(&mut self, place: usize, message: &Message) -> At {
        let at = self.workers[place].get_or_insert_default();
        match message {
            Message::Started { experiment, arm, seed, key, attempt, number } => {
                *at = At {
                    experiment: experiment.clone(),
                    key: key.clone(),
                    arm: arm.clone(),
                    seed: *seed,
                    number: *number,
                    attempt: *attempt,
                    ..At::default()
                };
            }
            Message::Progress { done, epoch, epochs, accuracy, validation_accuracy } => {
                // The test images choose nothing, so a search does not show them.
                let shown = match at.number {
                    Some(_) => validation_accuracy.map(|accuracy| ("validation", accuracy)),
                    None => accuracy.map(|accuracy| ("test", accuracy)),
                };
                let shown =
                    shown.map(|(images, accuracy)| format!("{images} accuracy {:.1} %", accuracy * 100.0));
                at.share = *done;
                at.said = std::iter::once(format!("epoch {epoch}/{epochs}")).chain(shown).collect();
            }
            Message::Finished { .. } | Message::Failed { .. } | Message::Pruned { .. } => {
                let left = std::mem::take(at);
                let work = self.work_of(&left);
                if let Some(entry) = self.experiments.iter_mut().find(|entry| entry.name == left.experiment) {
                    entry.done += 1;
                    entry.work_done += work;
                }
                return left;
            }
            Message::Refused { .. } => return std::mem::take(at),
            Message::Warning { .. } | Message::Mishap { .. } => {}
        }
        at.clone()
    }

    /// The work of the trial.
    fn work_of(&self, at: &At) -> f64 {
        let known = self.work.get(&(at.experiment.clone(), at.key.clone())).copied();
        let usual = || self.experiments.iter().find(|entry| entry.name == at.experiment);
        known.or_else(|| Some(usual()?.usual)).unwrap_or(0.0)
    }

    /// The work that is done, running trials in part, and all of it.
    fn work(&self) -> (f64, f64) {
        let running = self.workers.iter().flatten().map(|at| at.share * self.work_of(at));
        let all = |entry: &Entry| entry.all as f64 * entry.usual;
        // What is done may have been guessed too high.
        let done = self.experiments.iter().map(|entry| entry.work_done.min(all(entry)));
        let all: f64 = self.experiments.iter().map(all).sum();
        ((done.sum::<f64>() + running.sum::<f64>()).min(all), all)
    }

    /// A row for the whole, one for each experiment, one for each worker.
    pub(super) fn rows(&self) -> Vec<Row> {
        let (done, all) = self.work();
        let share = if all > 0.0 { done / all } else { 0.0 };
        let left = self.clock.left(done, all).map(|left| format!("about {} left", about(left.as_secs())));
        let pieces = std::iter::once(format!("{:.0} %", share * 100.0))
            .chain(left)
            .chain([format!("{} elapsed", exactly(self.clock.elapsed()))]);
        let whole = Row { label: "all trials".to_string(), share, pieces: pieces.collect() };
        // Those that borrow all their trials have nothing to wait for.
        let experiments = self.experiments.iter().filter(|entry| entry.all > 0);
        let experiments = experiments.map(|entry| Row {
            label: format!("  {}", entry.name),
            share: entry.done as f64 / entry.all as f64,
            pieces: vec![format!("{}/{}", entry.done, entry.all)],
        });
        let busy = self.workers.iter().enumerate().filter_map(|(place, at)| Some((place, at.as_ref()?)));
        let workers = busy.map(|(place, at)| Row {
            label: format!("worker {place}"),
            share: at.share,
            pieces: std::iter::once(at.trial()).chain(at.said.iter().cloned()).collect(),
        });
        std::iter::once(whole).chain(experiments).chain(workers).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(message: Message) -> News {
        News::Said(0, message)
    }

    fn started(key: &str) -> News {
        let (experiment, arm) = ("e".to_string(), "a".to_string());
        said(Message::Started { experiment, arm, seed: 1, key: key.to_string(), attempt: 1, number: None })
    }

    fn finished() -> News {
        said(Message::Finished { accuracy: Some(0.9), objectives: Vec::new(), seconds: 1.0 })
    }

    #[test]
    fn a_long_trial_is_more_of_the_whole_than_a_short_one() {
        let key = |key: &str| ("e".to_string(), key.to_string());
        let work = HashMap::from([(key("short"), 1.0), (key("long"), 9.0)]);
        let mut state = State::new(&[("e".to_string(), 0, 2)], 1, work, Some(1.0));
        let share = |state: &State| (state.rows()[0].share * 100.0).round() as u32;
        for (news, percent) in
            [(started("short"), 0), (finished(), 10), (started("long"), 10), (finished(), 100)]
        {
            state.hear(&news);
            assert_eq!(share(&state), percent, "{news:?}");
        }
    }

    #[test]
    fn what_is_known_of_no_trial_counts_trials() {
        let mut state = State::new(&[("e".to_string(), 1, 4)], 1, HashMap::new(), None);
        state.hear(&started("x"));
        state.hear(&finished());
        let rows = state.rows();
        assert_eq!((rows[0].pieces[0].as_str(), rows[1].pieces[0].as_str()), ("50 %", "2/4"));
        assert_eq!(rows[2].pieces[0], "", "the worker waits");
        state.hear(&News::Ended(0));
        assert_eq!(state.rows().len(), 2);
    }
}
