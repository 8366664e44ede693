//! The configuration of a learner, and how it is read from a file.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Adam, Defence, Learner, LearnerError, Optimizer, Schedule};
use crate::family::{Choice, KindError, Kinds, SettingError, read_settings};

/// Describes how a classifier is trained.
///
/// ```
/// use tinderbox_training::learner::{LearnerConfig, Sgd};
///
/// let config = LearnerConfig { epochs: 2, optimizer: Sgd { momentum: 0.9 }.into(), ..LearnerConfig::default() };
/// assert_eq!(config.batch_size, 64);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LearnerConfig {
    /// Passes over the training examples.
    pub epochs: usize,
    /// Examples in a step; the last step of an epoch takes what is left.
    pub batch_size: usize,
    /// Step width, above 0.
    pub learning_rate: f64,
    /// How gradients become steps.
    pub optimizer: Choice<dyn Optimizer>,
    /// Stop after so many epochs without a smaller validation loss, and go back to the weights of the best epoch.
    pub patience: Option<usize>,
    /// How a step scores its batch, if not by the loss on its images: learn from images that are made to deceive as well.
    pub adversarial: Option<Choice<dyn Defence>>,
    /// How the learning rate changes. Without a schedule it is the same for all steps.
    pub schedule: Option<Choice<dyn Schedule>>,
    /// Share of each label that is spread evenly over all classes, in `[0, 1)`: Szegedy et al. (2016), §7, arXiv:1512.00567.
    pub label_smoothing: f64,
    /// Largest norm of the gradients of a step, over all parameters together, above 0; none leaves them as they are.
    pub clip_norm: Option<f64>,
    /// Largest size of each number of the gradients, above 0, in place of `clip_norm`.
    pub clip_value: Option<f64>,
    /// Decay of a moving average of the weights, in `(0, 1)`: each step keeps so much of the average before. What is evaluated and
    /// kept is then the average.
    pub weight_average: Option<f64>,
}

impl Default for LearnerConfig {
    fn default() -> Self {
        Self {
            epochs: 20,
            batch_size: 64,
            learning_rate: 0.001,
            optimizer: Adam::default().into(),
            patience: None,
            adversarial: None,
            schedule: None,
            label_smoothing: 0.0,
            clip_norm: None,
            clip_value: None,
            weight_average: None,
        }
    }
}

/// As a file has it.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    epochs: usize,
    batch_size: usize,
    learning_rate: f64,
    optimizer: Option<Value>,
    patience: Option<usize>,
    adversarial: Option<Value>,
    schedule: Option<Value>,
    label_smoothing: f64,
    clip_norm: Option<f64>,
    clip_value: Option<f64>,
    weight_average: Option<f64>,
}

impl Default for Settings {
    fn default() -> Self {
        let LearnerConfig { epochs, batch_size, learning_rate, .. } = LearnerConfig::default();
        Self {
            epochs,
            batch_size,
            learning_rate,
            optimizer: None,
            patience: None,
            adversarial: None,
            schedule: None,
            label_smoothing: 0.0,
            clip_norm: None,
            clip_value: None,
            weight_average: None,
        }
    }
}

impl LearnerConfig {
    /// Reads a table of settings, as it [`Serialize`]s; what is missing has its default.
    ///
    /// # Errors
    /// If a key or a kind is unknown, or a value does not fit.
    pub fn read(value: &Value, kinds: &Kinds) -> Result<Self, KindError> {
        let table = value.as_object().ok_or_else(|| KindError::whole("expected a table of settings"))?;
        let settings: Settings = read_settings(table)?;
        let within = |key: &'static str| move |error: KindError| error.within(key);
        let optimizer = match &settings.optimizer {
            Some(value) => kinds.optimizers.read(value, kinds).map_err(within("optimizer"))?,
            None => Adam::default().into(),
        };
        let adversarial = settings.adversarial.as_ref().map(|value| kinds.defences.read(value, kinds));
        let schedule = settings.schedule.as_ref().map(|value| kinds.schedules.read(value, kinds));
        let config = Self {
            epochs: settings.epochs,
            batch_size: settings.batch_size,
            learning_rate: settings.learning_rate,
            optimizer,
            patience: settings.patience,
            adversarial: adversarial.transpose().map_err(within("adversarial"))?,
            schedule: schedule.transpose().map_err(within("schedule"))?,
            label_smoothing: settings.label_smoothing,
            clip_norm: settings.clip_norm,
            clip_value: settings.clip_value,
            weight_average: settings.weight_average,
        };
        config.check_settings()?;
        Ok(config)
    }

    /// Whether every field is in its range.
    ///
    /// # Errors
    /// [`LearnerError::Config`] names the first that is not.
    pub fn check(&self) -> Result<(), LearnerError> {
        Ok(self.check_settings()?)
    }

    fn check_settings(&self) -> Result<(), SettingError> {
        for (count, setting) in [
            (Some(self.epochs), "epochs"),
            (Some(self.batch_size), "batch_size"),
            (self.patience, "patience"),
        ] {
            if count == Some(0) {
                return Err(SettingError::new(setting, 0, "at least 1"));
            }
        }
        SettingError::unless_positive("learning_rate", self.learning_rate)?;
        SettingError::unless_share("label_smoothing", self.label_smoothing)?;
        for (bound, setting) in [(self.clip_norm, "clip_norm"), (self.clip_value, "clip_value")] {
            bound.map_or(Ok(()), |bound| SettingError::unless_positive(setting, bound))?;
        }
        if let (Some(_), Some(value)) = (self.clip_norm, self.clip_value) {
            return Err(SettingError::new(
                "clip_value",
                value,
                "none beside `clip_norm`; remove one of them",
            ));
        }
        if let Some(decay) = self.weight_average.filter(|decay| !(*decay > 0.0 && *decay < 1.0)) {
            return Err(SettingError::new("weight_average", decay, "a number in (0, 1)"));
        }
        self.optimizer.check().map_err(|error| error.within("optimizer"))?;
        if let Some(defence) = &self.adversarial {
            defence.check().map_err(|error| error.within("adversarial"))?;
        }
        match &self.schedule {
            Some(schedule) => schedule.check().map_err(|error| error.within("schedule")),
            None => Ok(()),
        }
    }

    /// A learner with this configuration.
    ///
    /// # Errors
    /// If a field is outside its range.
    pub fn init(&self, seed: u64) -> Result<Learner, LearnerError> {
        self.check()?;
        Ok(Learner { config: self.clone(), seed, checkpoint: None })
    }

    /// What a checkpoint is compared by. How many epochs there will be changes none of those that are done, unless the schedule
    /// asks for their number: a training with more of them is the same one.
    pub(super) fn identity(&self) -> String {
        let Self { epochs, batch_size, learning_rate, optimizer, patience, adversarial, schedule, .. } = self;
        let Self { label_smoothing, clip_norm, clip_value, weight_average, .. } = self;
        // The words are those of version 0.1, whose checkpoints can be continued.
        let epochs = match schedule {
            Some(schedule) if schedule.depends_on_epochs() => *epochs,
            _ => 0,
        };
        let adversarial = match adversarial {
            None => "None".to_string(),
            Some(defence) => format!("Some({defence:?})"),
        };
        let schedule =
            schedule.as_ref().map_or(String::new(), |schedule| format!(", schedule: {schedule:?}"));
        let smoothing = match label_smoothing {
            0.0 => String::new(),
            share => format!(", label_smoothing: {share:?}"),
        };
        let given = |value: &Option<f64>, name: &str| {
            value.map_or(String::new(), |value| format!(", {name}: {value:?}"))
        };
        let others = given(clip_norm, "clip_norm")
            + &given(clip_value, "clip_value")
            + &given(weight_average, "weight_average");
        format!(
            "LearnerConfig {{ epochs: {epochs}, batch_size: {batch_size}, learning_rate: {learning_rate:?}, \
             optimizer: {optimizer:?}, patience: {patience:?}, adversarial: {adversarial}{schedule}{smoothing}{others} }}"
        )
    }
}
