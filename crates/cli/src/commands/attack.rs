//! `tinderbox attack`: saved weights against perturbed test images.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use serde_json::Value;
use tinderbox_data::Protocol;
use tinderbox_models::weights;
use tinderbox_training::perturbation::{Context, Perturbation, evaluate_perturbed};
use tinderbox_training::{Choice, evaluate};

use super::{Exit, Refusal, note, say, say_data};
use crate::choice::choice;
use crate::dataset::DatasetArguments;
use tinderbox::backend::Backend;
use tinderbox::catalog::Catalog;
use tinderbox::experiment::check_fit;
use tinderbox::json;
use tinderbox::nearest::nearest_of_kind;
use tinderbox::origin::Provenance;
use tinderbox::trial::examples;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Attack {
    /// Weights file saved by `train`
    weights: PathBuf,

    /// Perturbation: KIND=STRENGTH, or KIND={ SETTINGS }; may be repeated
    #[arg(long = "with", value_name = "KIND=SETTINGS", required = true)]
    with: Vec<String>,

    /// Seed of noise and of random starts
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Compute backend
    #[arg(long, value_parser = choice(Backend::ALL), default_value_t)]
    backend: Backend,

    /// Print JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    dataset: DatasetArguments,
}

const EXAMPLES: &str = "\
Examples:
  tinderbox attack cnn.safetensors --with fgsm=0.1 --with noise=0.2
  tinderbox attack cnn.safetensors --with 'pgd={ epsilon = 0.1, steps = 40 }' --json";

#[derive(Serialize)]
struct Measured {
    dataset: String,
    images: usize,
    /// On the images as they are.
    accuracy: f64,
    changed: Vec<Changed>,
}

#[derive(Serialize)]
struct Changed {
    perturbation: Value,
    #[serde(skip)]
    title: String,
    /// On the changed images.
    accuracy: f64,
}

impl Attack {
    pub(super) fn run(self, catalog: &Catalog) -> Result<Exit, Refusal> {
        let perturbations: Vec<Choice<dyn Perturbation>> =
            self.with.iter().map(|text| read(text, catalog)).collect::<Result<_, _>>()?;
        let device = self.backend.open()?;
        let (network, trained) = catalog.networks.load(&self.weights, &device)?;
        let dataset = self.dataset.load(&catalog.datasets)?;
        check_fit(&*network, &dataset.test)?;
        let provenance = Provenance::of_note(weights::note(&self.weights)?).ok().flatten();
        // Under `pooled` the test images of the training are drawn again: the others are known to the weights.
        let same = provenance.filter(|provenance| provenance.dataset_sha256 == dataset.sha256);
        let (protocol, test) = if let Some(provenance) = same {
            (provenance.protocol, provenance.split(&dataset)?.test)
        } else {
            note("note: the weights do not say that they were trained on this dataset");
            (Protocol::Official, dataset.test.clone())
        };
        let test = examples("test", &test)?;
        let victim = trained.victim();
        let context = Context { victim: &victim, seed: self.seed, device: &device };
        let natural = evaluate(&victim, &test, &device).accuracy;
        let mut measured = Measured {
            dataset: dataset.name.clone(),
            images: test.len(),
            accuracy: natural,
            changed: Vec::new(),
        };
        if !self.json {
            say(format_args!("{} test images of {}, {protocol} split", test.len(), dataset.title))?;
            say(format_args!("accuracy {:.2} %", natural * 100.0))?;
        }
        for perturbation in &perturbations {
            let evaluation = evaluate_perturbed(&**perturbation, &test, &context)
                .map_err(|error| format!("{perturbation}: {error}"))?;
            let changed = Changed {
                perturbation: json::value(perturbation),
                title: perturbation.to_string(),
                accuracy: evaluation.accuracy,
            };
            if !self.json {
                say(format_args!("accuracy {:.2} % under {}", changed.accuracy * 100.0, changed.title))?;
            }
            measured.changed.push(changed);
        }
        if self.json {
            say_data(json::pretty(&measured))?;
        }
        Ok(Exit::Done)
    }
}

/// A perturbation as typed on the command line: `fgsm=0.1`, `pgd={ epsilon = 0.1 }`.
fn read(text: &str, catalog: &Catalog) -> Result<Choice<dyn Perturbation>, Refusal> {
    let table: toml::Table = toml::from_str(text).map_err(|error| {
        format!("--with {text}: {}; expected KIND=SETTINGS, such as fgsm=0.1", error.message())
    })?;
    let value =
        json::from_toml(&toml::Value::Table(table)).map_err(|error| format!("--with {text}: {error}"))?;
    let kinds = &catalog.kinds;
    let read = kinds.perturbations.read(&value, kinds).map_err(|error| {
        let near = nearest_of_kind(&error).map(|word| format!("; did you mean `{word}`?"));
        format!("--with {text}: {error}{}", near.unwrap_or_default())
    });
    Ok(read?)
}
