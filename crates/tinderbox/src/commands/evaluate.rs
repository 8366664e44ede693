//! `tinderbox evaluate`: saved weights against the test images.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use tinderbox_data::Protocol;
use tinderbox_models::weights;
use tinderbox_training::evaluate;

use super::{Exit, Refusal, note, say, say_data};
use crate::backend::Backend;
use crate::dataset::DatasetArguments;
use crate::json;
use crate::origin::Origin;
use crate::trial::{check_fit, examples};

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tinderbox evaluate cnn.safetensors --json")]
pub(super) struct Evaluate {
    /// Weights that `train` has saved
    weights: PathBuf,

    /// Where tensors live
    #[arg(long, value_enum, default_value_t)]
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
    /// How the test images were drawn: as when the weights were trained, if they say so.
    protocol: Protocol,
    /// Whether they say so.
    split_known: bool,
    images: usize,
    accuracy: f64,
    loss: f64,
    /// Of each class, in its order: images, and the share of them that is right.
    classes: Vec<Class>,
}

#[derive(Serialize)]
struct Class {
    images: usize,
    accuracy: Option<f64>,
}

impl Evaluate {
    pub(super) fn run(self) -> Result<Exit, Refusal> {
        let device = self.backend.open()?;
        let (config, network) = weights::load(&self.weights, &device)?;
        let dataset = self.dataset.load()?;
        check_fit(&config, &dataset.test)?;
        let origin: Option<Origin> = serde_json::from_value(weights::note(&self.weights)?).ok();
        // On the images of their training the weights know the answers: the test images of that very split are theirs.
        let origin = origin.filter(|origin| origin.dataset_sha256 == dataset.sha256);
        let (protocol, test) = match &origin {
            Some(origin) => (origin.protocol, origin.split(&dataset)?.test),
            None => (Protocol::Official, dataset.test.clone()),
        };
        let evaluation = evaluate(&network, &examples("test", &test)?, &device);
        let labels = test.labels();
        let classes = (0..test.classes()).map(|class| {
            let of_class =
                || labels.iter().zip(evaluation.answers()).filter(|(label, _)| usize::from(**label) == class);
            let (images, right) =
                (of_class().count(), of_class().filter(|(_, answer)| *answer == class).count());
            Class { images, accuracy: (images > 0).then(|| right as f64 / images as f64) }
        });
        let measured = Measured {
            dataset: dataset.name.clone(),
            protocol,
            split_known: origin.is_some(),
            images: test.len(),
            accuracy: evaluation.accuracy,
            loss: evaluation.loss,
            classes: classes.collect(),
        };
        if !measured.split_known {
            note(
                "note: the weights do not say on which images they were trained; some of these may be among them",
            );
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
