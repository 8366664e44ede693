//! `tinderbox search best`: the settings of the best trial, to be read, kept or trained again.

use std::collections::BTreeMap;
use std::fmt::Write;

use clap::Args;
use serde::Serialize;
use serde_json::Value;
use tinderbox_data::Protocol;

use super::StorageArguments;
use crate::commands::{Exit, Refusal, say, say_data};
use tinderbox::backend::Backend;
use tinderbox::catalog::Catalog;
use tinderbox::experiment::Setting;
use tinderbox::tuning::trials::{rounded, values};
use tinderbox::tuning::{Chosen, ChosenSettings, Objective};
use tinderbox::{json, shell};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Best {
    /// Name of the study
    name: String,

    /// A complete trial, in place of the best; required if the study has several objectives
    #[arg(long, value_name = "N")]
    trial: Option<u64>,

    #[command(flatten)]
    storage: StorageArguments,

    #[command(flatten)]
    form: Form,
}

/// How it is printed; all but the text keep every digit.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct Form {
    /// Print it as JSON
    #[arg(long)]
    json: bool,

    /// Print the settings as TOML, to be pasted into an arm of an experiment
    #[arg(long)]
    toml: bool,

    /// Print the settings as flags, to be pasted behind `tinderbox train`
    #[arg(long)]
    flags: bool,
}

const EXAMPLES: &str = "\
Examples:
  tinderbox search best fcn
  tinderbox search best fcn --flags
  tinderbox search best fcn --json --trial 12
  tinderbox train --from-study fcn    # train it again";

/// The trial, for scripts.
#[derive(Serialize)]
struct Shown<'a> {
    study: &'a str,
    trial: u64,
    /// By the name of each objective. Infinite values are written as `"inf"` and `"-inf"`.
    objectives: BTreeMap<String, Value>,
    /// In `[0, 1]`; it chose nothing.
    test_accuracy: Option<f64>,
    /// What the sampler chose.
    point: BTreeMap<String, Value>,
    model: &'a str,
    epochs: usize,
    seed: u64,
    protocol: Protocol,
    backend: Backend,
    dataset_sha256: &'a str,
    /// What is laid over the defaults of the network and the training.
    settings: BTreeMap<&'a str, &'a Value>,
}

impl Best {
    pub(super) fn run(self, catalog: &Catalog) -> Result<Exit, Refusal> {
        let study = self.storage.shown_study(&self.name)?;
        let chosen = Chosen::of(&study, &self.name, self.trial)?;
        let settings = chosen.settings()?;
        if self.form.toml || self.form.flags {
            // What is pasted would be another network.
            chosen.check()?;
        }
        match self.form {
            Form { json: true, .. } => say_data(json::pretty(&shown(&self.name, &chosen, &settings)))?,
            Form { toml: true, .. } => say_data(toml(&self.name, &chosen, &settings)?)?,
            Form { flags: true, .. } => say_data(flags(&chosen, &settings, catalog)?)?,
            Form { .. } => {
                let train = self.storage.train(&self.name, self.trial);
                let then = chosen
                    .check()
                    .map_or_else(|error| error.to_string(), |()| format!("{train} trains it again"));
                say(format_args!("{}\n{then}", text(&self.name, &chosen, &settings)?))?
            }
        };
        Ok(Exit::Done)
    }
}

fn shown<'a>(name: &'a str, chosen: &'a Chosen, settings: &'a ChosenSettings) -> Shown<'a> {
    let tuning = &chosen.record.tuning;
    let objectives = tuning.objectives.iter().zip(&chosen.trial.values);
    Shown {
        study: name,
        trial: chosen.trial.number,
        objectives: objectives
            .map(|(objective, value)| (json::plain(&json::value(objective)), json::number(*value)))
            .collect(),
        test_accuracy: chosen.test_accuracy,
        point: values(&chosen.trial.parameters),
        model: &settings.model,
        epochs: settings.epochs,
        seed: tuning.seed,
        protocol: tuning.protocol,
        backend: chosen.record.backend,
        dataset_sha256: &chosen.record.dataset_sha256,
        settings: settings.others.iter().map(|(key, value)| (&key[..], value)).collect(),
    }
}

/// What it reached: `validation accuracy 97.12 %`.
fn reached(chosen: &Chosen) -> String {
    let objectives = chosen.record.tuning.objectives.iter().zip(&chosen.trial.values);
    let words = objectives.map(|(objective, value): (&Objective, &f64)| objective.written(*value));
    words.collect::<Vec<_>>().join(", ")
}

fn text(name: &str, chosen: &Chosen, settings: &ChosenSettings) -> Result<String, std::fmt::Error> {
    let tuning = &chosen.record.tuning;
    let mut text = format!("study {name}, trial {}: {}\n", chosen.trial.number, reached(chosen));
    if let Some(accuracy) = chosen.test_accuracy {
        writeln!(text, "test accuracy {:.2} %; the search did not use it", accuracy * 100.0)?;
    }
    let point = values(&chosen.trial.parameters);
    let found: Vec<_> = point.iter().map(|(key, value)| (key.clone(), rounded(value))).collect();
    let fixed = [
        ("model", settings.model.clone()),
        ("epochs", settings.epochs.to_string()),
        ("seed", tuning.seed.to_string()),
        ("protocol", tuning.protocol.to_string()),
        ("backend", chosen.record.backend.to_string()),
    ];
    let own = tuning.settings.iter().map(|(key, value)| (key.clone(), rounded(value)));
    let fixed: Vec<_> = fixed.into_iter().map(|(key, value)| (key.to_string(), value)).chain(own).collect();
    let width = found.iter().chain(&fixed).map(|(key, _)| key.chars().count()).max().unwrap_or(0);
    for (title, rows) in [("chosen by the search", found), ("the same in every trial", fixed)] {
        writeln!(text, "\n{title}:")?;
        for (key, value) in rows {
            writeln!(text, "  {key:<width$}  {value}")?;
        }
    }
    Ok(text)
}

/// Lines of an arm. What an arm cannot set stands in comments.
fn toml(name: &str, chosen: &Chosen, settings: &ChosenSettings) -> Result<String, Refusal> {
    let Chosen { trial, record, .. } = chosen;
    let mut text = format!(
        "# Trial {} of study {name:?}: {}; {} {}, seed {}, protocol {}\nmodel.kind = {}",
        trial.number,
        reached(chosen),
        settings.epochs,
        if settings.epochs == 1 { "epoch" } else { "epochs" },
        record.tuning.seed,
        record.tuning.protocol,
        toml::Value::from(&settings.model[..])
    );
    for (key, value) in &settings.others {
        let is_of_arm = ["model.", "training."].iter().any(|table| key.starts_with(table));
        let comment = if is_of_arm { "" } else { "# not a setting of an arm: " };
        let setting = Setting::new(key, value.clone())?.to_string();
        let (key, value) = setting.split_once('=').unwrap_or((&setting, ""));
        write!(text, "\n{comment}{key} = {value}")?;
    }
    Ok(text)
}

/// In one line, each word as a shell reads it.
fn flags(chosen: &Chosen, settings: &ChosenSettings, catalog: &Catalog) -> Result<String, Refusal> {
    let record = &chosen.record;
    let mut words = vec![
        format!("--model {}", shell::shown(&settings.model)),
        format!("--epochs {} --seed {}", settings.epochs, record.tuning.seed),
    ];
    if record.tuning.protocol != Protocol::default() {
        words.push(format!("--protocol {}", record.tuning.protocol));
    }
    if record.backend != Backend::default() {
        words.push(format!("--backend {}", record.backend));
    }
    if let Some(dataset) = catalog.datasets.name_of(&record.dataset_sha256) {
        words.push(format!("--dataset {}", shell::shown(dataset)));
    }
    for (key, value) in &settings.others {
        let setting = Setting::new(key, value.clone())?.to_string();
        words.push(format!("--set {}", shell::shown(&setting)));
    }
    Ok(words.join(" "))
}
