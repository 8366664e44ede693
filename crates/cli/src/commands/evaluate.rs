//! `tinderbox evaluate`: saved weights against the test images.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use tinderbox_data::{Dataset, Protocol};
use tinderbox_models::weights;
use tinderbox_training::{Evaluation, evaluate};

use super::{Exit, Refusal, note, say, say_data};
use crate::choice::choice;
use crate::dataset::DatasetArguments;
use tinderbox::backend::Backend;
use tinderbox::catalog::Catalog;
use tinderbox::experiment::check_fit;
use tinderbox::json;
use tinderbox::origin::Provenance;
use tinderbox::trial::examples;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tinderbox evaluate cnn.safetensors --json")]
pub(super) struct Evaluate {
    /// Weights file saved by `train`
    weights: PathBuf,

    /// Compute backend
    #[arg(long, value_parser = choice(Backend::ALL), default_value_t)]
    backend: Backend,

    /// Print JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    dataset: DatasetArguments,
}

#[derive(Serialize)]
struct Measured {
    dataset: String,
    /// The protocol that drew the test images: that of the training, if the weights file says it.
    protocol: Protocol,
    /// Whether the weights file says it.
    split_known: bool,
    /// The dataset that the weights were trained on, if the weights file says it and the program knows it.
    trained_on: Option<String>,
    images: usize,
    accuracy: f64,
    loss: f64,
    /// For each class, in order: the number of images, and the share classified correctly.
    classes: Vec<Class>,
}

#[derive(Serialize)]
struct Class {
    images: usize,
    accuracy: Option<f64>,
}

impl Evaluate {
    pub(super) fn run(self, catalog: &Catalog) -> Result<Exit, Refusal> {
        let device = self.backend.open()?;
        let (network, trained) = catalog.networks.load(&self.weights, &device)?;
        let dataset = self.dataset.load(&catalog.datasets)?;
        check_fit(&*network, &dataset.test)?;
        let provenance = Provenance::of_note(weights::note(&self.weights)?);
        let trained_on = provenance
            .as_ref()
            .ok()
            .and_then(|provenance| provenance.as_ref()?.dataset_name(&catalog.datasets));
        let warning = warning(&provenance, trained_on.as_deref(), &dataset);
        // On the images of their training the weights know the answers: the test images of that very split are theirs.
        let provenance =
            provenance.ok().flatten().filter(|provenance| provenance.dataset_sha256 == dataset.sha256);
        let (protocol, test) = match &provenance {
            Some(provenance) => (provenance.protocol, provenance.split(&dataset)?.test),
            None => (Protocol::Official, dataset.test.clone()),
        };
        let evaluation = evaluate(&trained.victim(), &examples("test", &test)?, &device);
        let Evaluation { unanswered, loss, .. } = evaluation;
        if unanswered > 0 || !loss.is_finite() {
            let (path, images) = (self.weights.display(), test.len());
            return Err(format!(
                "{path}: the network's scores of {unanswered} of {images} test images are not finite (NaN or infinite), \
                 and its loss is {loss}: its weights are so large that sums overflow"
            )
            .into());
        }
        let labels = test.labels();
        let classes = (0..test.classes()).map(|class| {
            let of_class =
                || labels.iter().zip(evaluation.answers()).filter(|(label, _)| usize::from(**label) == class);
            let (images, right) =
                (of_class().count(), of_class().filter(|(_, answer)| *answer == Some(class)).count());
            Class { images, accuracy: (images > 0).then(|| right as f64 / images as f64) }
        });
        let measured = Measured {
            dataset: dataset.name.clone(),
            protocol,
            split_known: provenance.is_some(),
            trained_on,
            images: test.len(),
            accuracy: evaluation.accuracy,
            loss,
            classes: classes.collect(),
        };
        if let Some(warning) = warning {
            note(format_args!("note: {warning}"));
        }
        if self.json {
            say_data(json::pretty(&measured))?;
            return Ok(Exit::Done);
        }
        say(format_args!("{} test images of {}, {protocol} split", measured.images, dataset.title))?;

        say(format_args!("accuracy {:.2} %, loss {:.4}", measured.accuracy * 100.0, measured.loss))?;
        for (digit, class) in measured.classes.iter().enumerate() {
            if let Some(accuracy) = class.accuracy {
                say(format_args!("  {digit}: {:>6.2} % of {}", accuracy * 100.0, class.images))?;
            }
        }
        Ok(Exit::Done)
    }
}

/// A warning if the weights were not trained on these images.
fn warning(
    provenance: &Result<Option<Provenance>, serde_json::Error>,
    trained_on: Option<&str>,
    dataset: &Dataset,
) -> Option<String> {
    let name = &dataset.name;
    Some(match (provenance, trained_on) {
        (Ok(Some(provenance)), _) if provenance.dataset_sha256 == dataset.sha256 => return None,
        (Ok(Some(_)), Some("stand-in")) => {
            format!("the weights were trained on the stand-in digits, not on {name}")
        }
        (Ok(Some(_)), Some(other)) => format!("the weights were trained on {other}, not on {name}"),
        (Ok(Some(provenance)), None) => format!(
            "the weights were trained on images with the fingerprint {}, not on {name}",
            provenance.dataset_sha256.escape_debug()
        ),
        (Ok(None), _) => {
            "the weights file does not say which images it was trained on; some of these test images may be among them"
                .to_string()
        }
        (Err(error), _) => format!("the description of the training in the weights file cannot be read: {error}"),
    })
}
