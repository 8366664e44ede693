//! A rate that rises in a straight line before another schedule begins.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Schedule, Step};
use crate::family::{Choice, Kind, KindError, Kinds, SettingError, read_settings};

/// `learning_rate · (start + (1 − start) · t / W)` in the first `W` steps, with `t` the steps that are done; then the rates of
/// another schedule, or the learning rate.
///
/// `W` is `epochs` in steps, rounded to a whole number, at least 1. The other schedule begins anew where the warm-up ends and has
/// the epochs that are left, rounded up: a cosine ends on time if `epochs` is a whole number. A training that is no longer
/// than the warm-up never gets to it.
///
/// In a file it is a table, `schedule = { kind = "warm-up", epochs = 2, then = { kind = "cosine" } }`.
///
/// Source: Goyal et al., "Accurate, Large Minibatch SGD: Training `ImageNet` in 1 Hour" (2017), §2.2, arXiv:1706.02677, a
/// gradual warm-up over 5 epochs; as `torch.optim.lr_scheduler.LinearLR` with `end_factor=1`, whose `start_factor` is
/// the default here too, and `SequentialLR`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Settings")]
pub struct WarmUp {
    /// Rate of the first step, as a share of the learning rate, in `(0, 1]`.
    pub start: f64,
    /// How long the rate rises, in epochs or a fraction of one; above 0.
    pub epochs: f64,
    /// The schedule that follows. Without one the learning rate stays.
    pub then: Option<Choice<dyn Schedule>>,
}

/// As a file has them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    start: f64,
    epochs: f64,
    then: Option<Value>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { start: 1.0 / 3.0, epochs: 5.0, then: None }
    }
}

impl Default for WarmUp {
    fn default() -> Self {
        let Settings { start, epochs, .. } = Settings::default();
        Self { start, epochs, then: None }
    }
}

impl WarmUp {
    fn from_settings(settings: &Settings, kinds: &Kinds) -> Result<Self, KindError> {
        let then = settings.then.as_ref().map(|value| kinds.schedules.read(value, kinds));
        let then = then.transpose().map_err(|error| error.within("then"))?;
        Ok(Self { start: settings.start, epochs: settings.epochs, then })
    }
}

/// With the built-in schedules. [`Kind::read`] knows others.
impl TryFrom<Settings> for WarmUp {
    type Error = KindError;

    fn try_from(settings: Settings) -> Result<Self, KindError> {
        Self::from_settings(&settings, &Kinds::default())
    }
}

impl Kind for WarmUp {
    const NAME: &'static str = "warm-up";

    fn check(&self) -> Result<(), SettingError> {
        if !(self.start > 0.0 && self.start <= 1.0) {
            return Err(SettingError::new("start", self.start, "in (0, 1]"));
        }
        SettingError::unless_positive("epochs", self.epochs)?;
        match &self.then {
            Some(then) => then.check().map_err(|error| error.within("then")),
            None => Ok(()),
        }
    }

    fn read(settings: &Map<String, Value>, kinds: &Kinds) -> Result<Self, KindError> {
        Self::from_settings(&read_settings(settings)?, kinds)
    }
}

impl Schedule for WarmUp {
    fn rate(&self, learning_rate: f64, step: &Step) -> f64 {
        let done = (step.epoch - 1) * step.steps + step.step;
        let rise = (self.epochs * step.steps as f64).round().max(1.0);
        if (done as f64) < rise {
            return learning_rate * (self.start + (1.0 - self.start) * (done as f64 / rise));
        }
        let Some(then) = &self.then else { return learning_rate };
        let rise = rise as usize;
        let done = done - rise;
        let epochs = (step.epochs * step.steps - rise).div_ceil(step.steps);
        then.rate(
            learning_rate,
            &Step { epoch: done / step.steps + 1, epochs, step: done % step.steps, ..*step },
        )
    }

    fn depends_on_epochs(&self) -> bool {
        self.then.as_ref().is_some_and(|then| then.depends_on_epochs())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::assert_rates;
    use super::super::{Cosine, OneCycle, StepDecay};
    use super::*;

    // PyTorch 2.5.1, lr = 0.8, stepped after each step: LinearLR, and SequentialLR with what follows.

    #[test]
    fn the_rise_is_that_of_pytorch_and_the_learning_rate_stays() {
        // LinearLR(total_iters=5), the defaults of PyTorch; then start_factor=0.25, total_iters=4.
        let expected = [
            0.266_666_666_666_666_66,
            0.373_333_333_333_333_35,
            0.48,
            0.586_666_666_666_666_8,
            0.693_333_333_333_333_5,
            0.8,
            0.8,
        ];
        assert_rates(&WarmUp::default(), 7, 1, &expected);
        let expected = [0.2, 0.35, 0.5, 0.65, 0.8, 0.8];
        assert_rates(&WarmUp { start: 0.25, epochs: 2.0, then: None }, 3, 2, &expected);
    }

    #[test]
    fn a_cosine_that_follows_is_that_of_pytorch() {
        // LinearLR(start_factor=0.25, total_iters=4), CosineAnnealingLR(T_max=8), milestones=[4].
        let expected = [
            0.2,
            0.35,
            0.5,
            0.65,
            0.8,
            0.769_551_813_004_514_7,
            0.682_842_712_474_619,
            0.553_073_372_946_036,
            0.4,
            0.246_926_627_053_964_12,
            0.117_157_287_525_381_02,
            0.030_448_186_995_485_307,
        ];
        let then = Some(Cosine::default().into());
        assert_rates(&WarmUp { start: 0.25, epochs: 1.0, then }, 3, 4, &expected);
    }

    #[test]
    fn after_a_fraction_of_an_epoch_the_other_schedule_begins_anew() {
        // LinearLR(start_factor=0.25, total_iters=3), StepLR(step_size=4, gamma=0.5), milestones=[3].
        let expected = [0.2, 0.4, 0.6, 0.8, 0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.4, 0.2];
        let then = Some(StepDecay { every: 1, gamma: 0.5 }.into());
        assert_rates(&WarmUp { start: 0.25, epochs: 0.75, then }, 3, 4, &expected);
    }

    #[test]
    fn any_length_gives_rates_up_to_the_learning_rate() {
        for epochs in [1e-9, 0.1, 0.5, 1.7, 3.0, 4.0, 1e300] {
            for then in [None, Some(Cosine::default().into()), Some(OneCycle::default().into())] {
                let schedule = WarmUp { start: 0.1, epochs, then };
                for (epoch, step) in (1..=3).flat_map(|epoch| (0..7).map(move |step| (epoch, step))) {
                    let rate = schedule.rate(0.8, &Step { epoch, epochs: 3, step, steps: 7 });
                    assert!((0.0..=0.8).contains(&rate), "{schedule:?}: {rate} in {epoch} at {step}");
                }
            }
        }
    }

    #[test]
    fn the_epochs_matter_if_they_do_to_what_follows() {
        let depends = |then| WarmUp { then, ..WarmUp::default() }.depends_on_epochs();
        assert!(!depends(None) && !depends(Some(StepDecay::default().into())));
        assert!(depends(Some(Cosine::default().into())));
    }

    #[test]
    fn it_reads_what_follows_and_names_what_is_wrong_there() {
        let kinds = Kinds::default();
        let table = json!({ "start": 0.5, "epochs": 2.0, "then": { "kind": "cosine", "floor": 0.1 } });
        let read = |table: &Value| WarmUp::read(table.as_object().expect("a table"), &kinds);
        let schedule = WarmUp { start: 0.5, epochs: 2.0, then: Some(Cosine { floor: 0.1 }.into()) };
        assert_eq!(read(&table).as_ref(), Ok(&schedule));
        assert_eq!(serde_json::to_value(&schedule).expect("written"), table);
        assert_eq!(serde_json::from_value::<WarmUp>(table).expect("read"), schedule);

        let message = |settings: Value| {
            let mut settings = settings;
            settings["kind"] = json!("warm-up");
            kinds.schedules.read(&settings, &kinds).expect_err("refused").to_string()
        };
        for (settings, expected) in [
            (json!({ "start": 0 }), "`start`: is 0, expected in (0, 1]"),
            (json!({ "epochs": 0 }), "`epochs`: is 0, expected a finite number above 0"),
            (json!({ "then": "cosine" }), "`then`: expected a table with a `kind`"),
            (json!({ "then": { "kind": "cosine", "floor": 1 } }), "`then.floor`: is 1, expected in [0, 1)"),
            (json!({ "then": { "kind": "cosine", "flor": 1 } }), "`then.flor`: unknown key; expected floor"),
        ] {
            assert_eq!(message(settings), expected);
        }
        let unknown = message(json!({ "then": { "kind": "cosin" } }));
        assert!(unknown.starts_with("`then.kind`: unknown schedule `cosin`; expected one of "), "{unknown}");
        let then = Some(StepDecay { every: 0, gamma: 0.5 }.into());
        let error = WarmUp { then, ..WarmUp::default() }.check().expect_err("refused");
        assert_eq!(error.to_string(), "then.every is 0, expected at least 1");
    }
}
