//! A plan as text: what will run, and an estimate of its time.

use std::fmt::Write;
use std::time::Duration;

use serde::Serialize;
use tinderbox_data::Dataset;

use tinderbox::estimate::Estimator;
use tinderbox::plan::{Plan, Planned};

use super::duration::about;

/// A plan, as the terminal and scripts see it.
#[derive(Debug, Serialize)]
pub(super) struct Outline {
    plan: String,
    dataset: String,
    backend: String,
    workers: usize,
    trials: usize,
    claims: usize,
    /// Estimated time with these workers; none on wgpu before anything has been measured.
    estimated_seconds: Option<u64>,
    /// Trials on this machine and backend that the estimate has learnt from. With 0 it is that of another machine.
    measured_trials: u64,
    experiments: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Entry {
    name: String,
    part: String,
    title: String,
    protocol: String,
    seeds: usize,
    epochs: usize,
    trials: usize,
    claims: usize,
    estimated_seconds: Option<u64>,
    arms: Vec<ArmEntry>,
}

#[derive(Debug, Serialize)]
struct ArmEntry {
    name: String,
    description: String,
    /// The arm or experiment that its trials are shared with, if any.
    from: Option<String>,
}

/// Room for the numbers of a row of the list, and for its time.
const NUMBERS: usize = 43;

impl Outline {
    pub(super) fn new(plan: &Plan, estimator: &Estimator, dataset: &Dataset, workers: usize) -> Self {
        let seconds = |guess: Duration| guess.as_secs_f64().ceil() as u64;
        let entry = |planned: &Planned| Entry {
            estimated_seconds: estimator.time([planned], workers).map(seconds),
            ..Entry::new(planned)
        };
        let experiments: Vec<Entry> = plan.experiments.iter().map(entry).collect();
        Self {
            plan: plan.hash(),
            dataset: dataset.title.clone(),
            backend: plan.backend.to_string(),
            workers,
            trials: plan.tasks().count(),
            claims: experiments.iter().map(|entry| entry.claims).sum(),
            estimated_seconds: estimator.time(&plan.experiments, workers).map(seconds),
            measured_trials: estimator.pace.trials(plan.backend),
            experiments,
        }
    }

    /// A line for each experiment; on a terminal that is narrow without the part of the paper.
    pub(super) fn list(&self, terminal: Option<usize>) -> String {
        let width = self.experiments.iter().map(|entry| entry.name.len()).max().unwrap_or(0).max(10);
        let parts = self.experiments.iter().map(|entry| entry.part.len()).max().unwrap_or(0).max(4);
        let shows_part = terminal.is_none_or(|terminal| terminal >= width + parts + NUMBERS);
        let row = |name: &str, part: &str, counts: [&str; 5], about: &str| {
            let [arms, seeds, epochs, trials, claims] = counts;
            let part = if shows_part { format!("  {part:<parts$}") } else { String::new() };
            format!("{name:<width$}{part}{arms:>6}{seeds:>6}{epochs:>7}{trials:>7}{claims:>7}  {about}\n")
        };
        let head = row("experiment", "part", ["arms", "seeds", "epochs", "trials", "claims"], "about");
        let line = |entry: &Entry| {
            let counts = [entry.arms.len(), entry.seeds, entry.epochs, entry.trials, entry.claims];
            let counts = counts.map(|count| count.to_string());
            let counts = counts.each_ref().map(String::as_str);
            row(&entry.name, &entry.part, counts, &guess(entry.estimated_seconds))
        };
        let lines: String = self.experiments.iter().map(line).collect();
        let counts = [self.trials, self.claims].map(|count| count.to_string());
        let all = row("all", "", ["", "", "", &counts[0], &counts[1]], &guess(self.estimated_seconds));
        let times = match (self.estimated_seconds, self.measured_trials) {
            (None, _) => "Times depend on the GPU.".to_string(),
            (_, 0) => "Times are estimates from another machine.".to_string(),
            (_, 1) => "Times are estimates from 1 trial on this machine.".to_string(),
            (_, trials) => format!("Times are estimates from {trials} trials on this machine."),
        };
        format!(
            "{head}{lines}{all}{}\nTrials shared with an earlier experiment are counted there. {times}",
            self.workers()
        )
    }

    /// Every arm of every experiment.
    pub(super) fn arms(&self) -> String {
        let mut text = format!("plan {}: {} on {}\n", self.plan, counted(self.trials, "trial"), self.dataset);
        for entry in &self.experiments {
            let Entry { name, part, protocol, title, .. } = entry;
            // Writing to a `String` does not fail.
            let _ = writeln!(text, "  {name} ({part}, {protocol} split): {title}");
            let width = entry.arms.iter().map(|arm| arm.name.chars().count()).max().unwrap_or(0);
            for arm in &entry.arms {
                let from = arm.from.clone().unwrap_or_else(|| {
                    format!("{} x {}", counted(entry.seeds, "seed"), counted(entry.epochs, "epoch"))
                });
                let _ = writeln!(text, "    {:<width$}  {from}   {}", arm.name, arm.description);
            }
        }
        let guess = match self.estimated_seconds {
            Some(seconds) => format!(", about {}", about(seconds)),
            None => "; the time depends on the GPU".to_string(),
        };
        format!("{text}{}{guess}", self.workers())
    }

    fn workers(&self) -> String {
        let (workers, backend) = (self.workers, &self.backend);
        let processes =
            if workers == 1 { "1 worker process" } else { &format!("{workers} worker processes") };
        format!("{processes} on {backend}, one thread each")
    }
}

impl Entry {
    fn new(planned: &Planned) -> Self {
        let experiment = &planned.experiment;
        let configurations = experiment.arms.iter().filter_map(|arm| arm.configuration());
        let arms = experiment.arms.iter().map(|arm| ArmEntry {
            name: arm.facts.name.clone(),
            description: arm.facts.description.clone(),
            from: match (&arm.facts.ensemble, &arm.facts.same_as) {
                (Some(ensemble), _) => Some(format!("{} of {}", ensemble.title, ensemble.members.join(", "))),
                (None, Some(source)) => Some(format!("{} of {}", source.arm, source.experiment)),
                (None, None) => None,
            },
        });
        let facts = &experiment.facts;
        Self {
            name: facts.name.clone(),
            part: facts.part.clone(),
            title: facts.title.clone(),
            protocol: facts.protocol.clone(),
            seeds: facts.seeds.len(),
            epochs: configurations.map(|configuration| configuration.training.epochs).max().unwrap_or(0),
            trials: planned.tasks.len(),
            claims: facts.claims.len(),
            estimated_seconds: None,
            arms: arms.collect(),
        }
    }
}

/// [`about`], or `?` without an estimate.
/// `1 trial` or `2 trials`.
pub(super) fn counted(number: usize, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}

fn guess(seconds: Option<u64>) -> String {
    seconds.map_or_else(|| "?".to_string(), about)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinderbox::backend::Backend;
    use tinderbox::catalog::Catalog;
    use tinderbox::experiment::{Defaults, Experiment};
    use tinderbox::pace::Pace;
    use tinderbox::plan::Overrides;

    #[test]
    fn nobody_guesses_how_fast_a_gpu_is() {
        let digits = tinderbox_data::stand_in("a test");
        let outline = |backend, pace: &Pace| {
            let overrides = Overrides { backend, ..Overrides::default() };
            let catalog = Catalog::default();
            let defaults = Defaults { catalog: &catalog, images: digits.test.spec() };
            let paper = Experiment::built_in(defaults).unwrap_or_else(|error| panic!("{error}"));
            let plan = Plan::new(paper, &overrides, &catalog, &digits).expect("a plan");
            let images = [digits.training.len(), digits.test.len()];
            Outline::new(&plan, &Estimator { catalog: &catalog, images, pace }, &digits, 2)
        };
        let nothing = Pace::default();
        let (cpu, gpu) = (outline(Backend::Ndarray, &nothing), outline(Backend::Wgpu, &nothing));
        assert!(cpu.estimated_seconds.is_some_and(|seconds| seconds > 0));
        assert!(cpu.list(None).ends_with("Times are estimates from another machine."), "{}", cpu.list(None));
        let all = gpu.list(None).lines().find(|line| line.starts_with("all ")).map(str::to_string);
        assert!(all.is_some_and(|line| line.ends_with(" ?")), "{}", gpu.list(None));
        assert!(gpu.arms().ends_with("; the time depends on the GPU"), "{}", gpu.arms());
        assert!(serde_json::to_value(&gpu).expect("plain data")["estimated_seconds"].is_null());
        // Unless it has been measured.
        let mut pace = Pace::default();
        pace.learn(Backend::Wgpu, "fcn", 10.0, 5.0);
        pace.learn(Backend::Ndarray, "fcn", 10.0, 50.0);
        pace.learn(Backend::Ndarray, "cnn", 10.0, 50.0);
        let (measured, gpu) = (outline(Backend::Ndarray, &pace), outline(Backend::Wgpu, &pace));
        assert!(
            gpu.list(None).ends_with("Times are estimates from 1 trial on this machine."),
            "{}",
            gpu.list(None)
        );
        assert!(measured.list(None).ends_with("from 2 trials on this machine."), "{}", measured.list(None));
        let ratio = |slow: &Outline, fast: &Outline| {
            slow.estimated_seconds.expect("known") as f64 / fast.estimated_seconds.expect("known") as f64
        };
        assert!((ratio(&measured, &cpu) - 5.0).abs() < 0.1, "{}", ratio(&measured, &cpu));
    }
}
