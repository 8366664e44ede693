use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use burn::nn::{Dropout, DropoutConfig, Linear, LinearConfig};
use burn::prelude::*;
use burn::tensor::activation::relu;
use proptest::prelude::*;
use rand::Rng;
use tinderbox_ops::Classifier;

use super::*;
use crate::alone::alone;
use crate::examples::Examples;
use crate::stream::stream;

mod adversarial;
mod configuration;
mod mishaps;
mod recipe;
mod schedules;

pub(super) use mishaps::disk;

/// Small, and with dropout: each epoch needs its own random state.
#[derive(Module, Debug)]
struct Small {
    hidden: Linear,
    dropout: Dropout,
    output: Linear,
}

impl Small {
    fn draw(device: &Device) -> Self {
        Self {
            hidden: LinearConfig::new(4, 16).init(device),
            dropout: DropoutConfig::new(0.3).init(),
            output: LinearConfig::new(16, 2).init(device),
        }
    }
}

impl Classifier for Small {
    fn logits(&self, images: Tensor<4>) -> Tensor<2> {
        let hidden = relu(self.hidden.forward(images.flatten::<2>(1, 3)));
        self.output.forward(self.dropout.forward(hidden))
    }
}

/// Images of 2x2 pixels; the label says whether the upper row is brighter.
struct Rows {
    pixels: Vec<f32>,
    labels: Vec<u8>,
}

impl Rows {
    fn new(count: usize, seed: u64) -> Self {
        let mut rng = stream(seed, "rows", 0);
        let pixels: Vec<f32> = (0..count * 4).map(|_| rng.next_u32() as f32 / u32::MAX as f32).collect();
        let labels =
            pixels.chunks(4).map(|image| u8::from(image[0] + image[1] > image[2] + image[3])).collect();
        Self { pixels, labels }
    }

    fn examples(&self) -> Examples<'_> {
        Examples::new(&self.pixels, &self.labels, [1, 2, 2], 2).expect("rows are examples")
    }
}

fn config(epochs: usize) -> LearnerConfig {
    LearnerConfig { epochs, batch_size: 16, learning_rate: 0.01, ..LearnerConfig::default() }
}

/// Burn's CPU backends that this build has.
#[cfg(not(feature = "ndarray"))]
fn devices() -> [Device; 1] {
    [Device::flex()]
}

/// Burn's CPU backends.
#[cfg(feature = "ndarray")]
#[expect(deprecated, reason = "upstream prefers flex; here ndarray stays a choice of the user's")]
fn devices() -> [Device; 2] {
    [Device::flex(), Device::ndarray()]
}

/// Trains on 100 rows.
fn fit(
    config: &LearnerConfig,
    seed: u64,
    device: &Device,
    checkpoint: Option<&Path>,
    observer: &mut dyn Observer,
) -> Result<Fitted<Small>, LearnerError> {
    let _alone = alone();
    let (training, validation, test) = (Rows::new(100, 1), Rows::new(40, 2), Rows::new(60, 3));
    let splits =
        Splits { training: training.examples(), validation: validation.examples(), test: test.examples() };
    let mut learner = config.init(seed)?;
    if let Some(path) = checkpoint {
        learner = learner.with_checkpoint(path, "small");
    }
    learner.fit(Small::draw, device, &splits, observer)
}

fn weights(model: &Small) -> Vec<u8> {
    model.clone().into_record().into_bytes().expect("packed").to_vec()
}

/// Weights without the identifiers that Burn draws anew for each module.
fn bits(model: &Small) -> Vec<u32> {
    let linear = |linear: &Linear| {
        let bias = linear.bias.as_ref().expect("a bias").val().into_data();
        let weight = linear.weight.val().into_data();
        weight.iter::<f32>().chain(bias.iter::<f32>()).map(f32::to_bits).collect::<Vec<_>>()
    };
    [linear(&model.hidden), linear(&model.output)].concat()
}

/// Ends the training at its `remaining`th step from now.
struct Killer {
    remaining: usize,
}

impl Observer for Killer {
    fn step(&mut self, _: &Step) -> ControlFlow<()> {
        self.remaining -= 1;
        if self.remaining == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// Notes the epoch of the first step that it sees.
struct FirstEpoch(Option<usize>);

impl Observer for FirstEpoch {
    fn step(&mut self, step: &Step) -> ControlFlow<()> {
        self.0.get_or_insert(step.epoch);
        ControlFlow::Continue(())
    }
}

#[test]
fn it_learns() {
    for device in devices() {
        let fitted = fit(&config(60), 1, &device, None, &mut ()).expect("trained");
        assert_eq!(fitted.ending, Ending::Finished);
        assert_eq!(fitted.history.len(), 60);
        let (first, last) = (&fitted.history[0], &fitted.history[59]);
        assert!(last.training_loss < first.training_loss / 2.0, "{first:?} {last:?}");
        assert!(last.test_accuracy > 0.85, "{last:?}");
    }
}

#[test]
fn the_seed_determines_every_bit_and_another_seed_others() {
    for device in devices() {
        let [once, again, other] =
            [1, 1, 2].map(|seed| fit(&config(3), seed, &device, None, &mut ()).expect("trained"));
        assert_eq!(once.history, again.history);
        assert_eq!(bits(&once.model), bits(&again.model));
        assert_ne!(bits(&once.model), bits(&other.model));
    }
}

#[test]
fn a_training_that_is_killed_at_any_step_goes_on_bit_for_bit() {
    let folder = tempfile::tempdir().expect("temporary folder");
    for device in devices() {
        let adam_w = AdamW { weight_decay: 0.1, ..AdamW::default() };
        let optimizers = [Adam::default().into(), adam_w.into(), Sgd { momentum: 0.9 }.into()];
        for (optimizer, schedule) in optimizers.into_iter().zip([None, Some(Cosine::default().into()), None])
        {
            let config = LearnerConfig { optimizer, schedule, patience: Some(3), ..config(4) };
            let whole = fit(&config, 5, &device, None, &mut ()).expect("trained");
            // Seven steps an epoch: in the first epoch, at an epoch's first step, in the middle, near the end.
            for remaining in [3, 8, 18, 27] {
                let path = folder.path().join("training.checkpoint");
                let killed = fit(&config, 5, &device, Some(&path), &mut Killer { remaining });
                assert!(matches!(killed, Err(LearnerError::Interrupted { .. })));
                let mut first = FirstEpoch(None);
                let resumed = fit(&config, 5, &device, Some(&path), &mut first).expect("trained");
                assert_eq!(first.0, Some((remaining - 1) / 7 + 1), "it resumed, it did not start anew");
                assert_eq!(resumed.history, whole.history, "killed at step {remaining}");
                assert_eq!(bits(&resumed.model), bits(&whole.model), "killed at step {remaining}");
                assert_eq!(resumed.ending, whole.ending);
                fs::remove_file(&path).expect("a checkpoint");
            }
        }
    }
}

#[test]
fn a_finished_training_is_not_repeated() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("training.checkpoint");
    let device = Device::flex();
    let first = fit(&config(2), 1, &device, Some(&path), &mut ()).expect("trained");
    // Not one step is asked for: the killer would end it.
    let second = fit(&config(2), 1, &device, Some(&path), &mut Killer { remaining: 1 }).expect("loaded");
    assert_eq!(bits(&first.model), bits(&second.model));
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "no scratch file is left");
}

#[test]
fn more_epochs_continue_a_finished_training_bit_for_bit() {
    let folder = tempfile::tempdir().expect("temporary folder");
    // Patience runs out between the sixth epoch and the last at this rate, or never.
    for (rate, patience) in [(0.01, None), (0.01, Some(3)), (0.3, Some(2)), (0.3, Some(4))] {
        let config = |epochs| LearnerConfig { learning_rate: rate, patience, ..config(epochs) };
        let whole = fit(&config(40), 3, &Device::flex(), None, &mut ()).expect("trained");
        let path = folder.path().join(format!("{rate}-{patience:?}.checkpoint"));
        for epochs in [1, 2, 6] {
            fit(&config(epochs), 3, &Device::flex(), Some(&path), &mut ()).expect("trained");
        }
        let longer = fit(&config(40), 3, &Device::flex(), Some(&path), &mut ()).expect("trained");
        assert_eq!(longer.history, whole.history, "{rate} {patience:?}");
        assert_eq!(longer.ending, whole.ending, "{rate} {patience:?}");
        assert_eq!(bits(&longer.model), bits(&whole.model), "{rate} {patience:?}");
    }
}

#[test]
fn divergence_is_an_answer() {
    let config = LearnerConfig { learning_rate: 1e30, optimizer: Sgd::default().into(), ..config(5) };
    let fitted = fit(&config, 1, &Device::flex(), None, &mut ()).expect("an answer");
    assert_eq!(fitted.ending, Ending::Diverged { epoch: 1 });
    assert_eq!(fitted.history, []);
}

#[test]
fn patience_keeps_the_weights_of_the_best_epoch() {
    // Steps this large make the validation loss jump about.
    let config = LearnerConfig { learning_rate: 0.3, patience: Some(4), ..config(200) };
    let fitted = fit(&config, 3, &Device::flex(), None, &mut ()).expect("trained");
    let Ending::StoppedEarly { epoch, best } = fitted.ending else { panic!("{:?}", fitted.ending) };
    assert_eq!(epoch, best + 4);
    let losses: Vec<f64> = fitted.history.iter().map(|epoch| epoch.validation_loss).collect();
    assert!(losses.iter().all(|loss| *loss >= losses[best - 1]));

    // Trained no further than the best epoch, the weights are the same.
    let config = LearnerConfig { epochs: best, patience: None, ..config };
    let short = fit(&config, 3, &Device::flex(), None, &mut ()).expect("trained");
    assert_eq!(bits(&fitted.model), bits(&short.model));
}

#[test]
fn a_damaged_or_foreign_checkpoint_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("training.checkpoint");
    let device = Device::flex();
    fit(&config(2), 1, &device, Some(&path), &mut ()).expect("trained");
    let whole = fs::read(&path).expect("a checkpoint");
    let message = |config: &LearnerConfig, seed| {
        fit(config, seed, &device, Some(&path), &mut ()).expect_err("refused").to_string()
    };
    assert!(message(&config(2), 2).contains("belongs to another training"));
    assert!(
        message(&LearnerConfig { batch_size: 17, ..config(2) }, 1).contains("belongs to another training")
    );
    assert!(
        message(&LearnerConfig { patience: Some(1), ..config(3) }, 1).contains("belongs to another training")
    );
    assert!(message(&config(1), 1).contains("has 2 epochs, more than the 1 asked for"));

    for (bytes, part) in [
        (whole[..whole.len() - 1].to_vec(), "its length is wrong"),
        (whole[..10].to_vec(), "no head"),
        ([b"{}\n".as_slice(), &whole].concat(), "unreadable head"),
    ] {
        fs::write(&path, bytes).expect("written");
        let message = message(&config(2), 1);
        assert!(message.contains("training.checkpoint: damaged") && message.contains(part), "{message}");
    }
    let end = whole.iter().position(|&byte| byte == b'\n').expect("a head");
    let head = String::from_utf8(whole[..end].to_vec()).expect("text");
    let changed = head.replacen("\"training_accuracy\":0.", "\"training_accuracy\":0.1", 1);
    assert_ne!(head, changed);
    fs::write(&path, [changed.as_bytes(), &whole[end..]].concat()).expect("written");
    assert!(message(&config(2), 1).contains("its checksum is wrong"));
    let mut flipped = whole.clone();
    *flipped.last_mut().expect("bytes") ^= 1;
    fs::write(&path, flipped).expect("written");
    assert!(message(&config(2), 1).contains("its checksum is wrong"));
}

#[test]
fn a_checkpoint_of_other_examples_or_another_model_is_refused() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("training.checkpoint");
    let rows = [1, 2].map(|seed| Rows::new(20, seed));
    let [one, other] = [rows[0].examples(), rows[1].examples()];
    let run = |training, validation, model: &str| {
        let splits = Splits { training, validation, test: one };
        let learner = config(1).init(1).expect("a learner").with_checkpoint(&path, model);
        learner.fit(Small::draw, &Device::flex(), &splits, &mut ()).map(|_| ())
    };
    run(one, one, "a").expect("trained");
    run(one, one, "a").expect("loaded");
    for refused in [run(other, one, "a"), run(one, other, "a"), run(one, one, "b")] {
        let message = refused.expect_err("refused").to_string();
        assert!(message.contains("belongs to another training"), "{message}");
    }
}

#[test]
fn a_checkpoint_that_cannot_be_written_ends_the_training_with_its_path() {
    let message =
        fit(&config(1), 1, &Device::flex(), Some(Path::new("/nowhere/training.checkpoint")), &mut ());
    let message = message.expect_err("refused").to_string();
    assert!(message.starts_with("checkpoint /nowhere/training.checkpoint: "), "{message}");
}

#[test]
fn settings_outside_their_range_are_named() {
    let refused = |config: LearnerConfig| config.init(1).expect_err("refused").to_string();
    assert_eq!(refused(config(0)), "epochs is 0, expected at least 1");
    assert_eq!(refused(LearnerConfig { batch_size: 0, ..config(1) }), "batch_size is 0, expected at least 1");
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let message = refused(LearnerConfig { learning_rate: rate, ..config(1) });
        assert_eq!(message, format!("learning_rate is {rate}, expected a finite number above 0"));
    }
    assert_eq!(
        refused(LearnerConfig { patience: Some(0), ..config(1) }),
        "patience is 0, expected at least 1"
    );
    let with = |optimizer| refused(LearnerConfig { optimizer, ..config(1) });
    assert_eq!(with(Sgd { momentum: 1.0 }.into()), "optimizer.momentum is 1, expected in [0, 1)");
    let adam = Adam { epsilon: 0.0, ..Adam::default() };
    assert_eq!(with(adam.into()), "optimizer.epsilon is 0, expected a finite number above 0");
    let adam_w = AdamW { weight_decay: -0.1, ..AdamW::default() };
    assert_eq!(with(adam_w.into()), "optimizer.weight_decay is -0.1, expected a finite number, at least 0");
    let schedule = Some(StepDecay { every: 0, gamma: 0.1 }.into());
    let message = refused(LearnerConfig { schedule, ..config(1) });
    assert_eq!(message, "schedule.every is 0, expected at least 1");
}

#[test]
fn missing_examples_are_named() {
    // Before any learner sees them.
    let error = Examples::new(&[], &[], [1, 2, 2], 2).expect_err("refused").to_string();
    assert!(error.starts_with("no images"), "{error}");
}

#[test]
fn momentum_is_not_dampened() {
    let device = Device::flex().autodiff();
    let value = |model: &Linear| model.weight.val().into_scalar::<f32>();
    let ones = burn::nn::Initializer::Ones;
    let mut model = LinearConfig::new(1, 1).with_bias(false).with_initializer(ones).init(&device);
    let mut optimizer = Sgd { momentum: 0.5 }.init();
    let start = value(&model);
    for _ in 0..2 {
        // The gradient of the sum is 1.
        let loss = model.forward(Tensor::<2>::ones([1, 1], &device)).sum();
        let gradients = burn::optim::GradientsParams::from_grads(loss.backward(), &model);
        model = optimizer.step(0.1, model, gradients);
    }
    // v₁ = 1, v₂ = 0.5 + 1: 0.1 · (1 + 1.5) in all.
    assert!((start - value(&model) - 0.25).abs() < 1e-6);
}

#[test]
fn weights_of_a_fitted_model_are_constants_and_dropout_is_off() {
    let fitted = fit(&config(1), 1, &Device::flex(), None, &mut ()).expect("trained");
    let before = weights(&fitted.model);
    let images = Tensor::<4>::ones([3, 1, 2, 2], &Device::flex());
    let [once, again] = [(); 2].map(|()| fitted.model.logits(images.clone()).into_data());
    once.assert_eq(&again, true);
    assert_eq!(before, weights(&fitted.model));
    assert!(!fitted.model.hidden.weight.val().is_require_grad());
}

proptest! {
    #[test]
    fn a_shuffle_loses_nothing_and_follows_its_stream(count in 0usize..300, seed: u64) {
        let order = shuffled(count, &mut stream(seed, "shuffle", 1));
        prop_assert_eq!(&order, &shuffled(count, &mut stream(seed, "shuffle", 1)));
        let mut sorted = order;
        sorted.sort_unstable();
        prop_assert_eq!(sorted, (0..count).collect::<Vec<_>>());
    }
}

#[test]
fn every_order_of_three_is_as_likely() {
    let mut counts = std::collections::BTreeMap::new();
    let mut rng = stream(1, "orders", 0);
    for _ in 0..6000 {
        *counts.entry(shuffled(3, &mut rng)).or_insert(0) += 1;
    }
    assert_eq!(counts.len(), 6);
    // Six standard deviations of a binomial with n = 6000, p = 1/6.
    assert!(counts.values().all(|count| (1000 - 174..=1000 + 174).contains(count)), "{counts:?}");
}
