//! `dropout`: when it drops, what seeds it, and that the backward pass uses the mask of the forward pass.

mod devices;

use std::sync::{Mutex, MutexGuard, PoisonError};

use burn::module::Module;
use burn::nn::{Dropout, DropoutConfig};
use burn::prelude::*;
use devices::{devices, some_numbers};
use proptest::prelude::*;
use tinderbox_ops::dropout;

const HALF: DropoutConfig = DropoutConfig { prob: 0.5 };

/// Holds the random state: there is one for the process, and so one test at a time may draw.
fn alone() -> MutexGuard<'static, ()> {
    static RANDOM_STATE: Mutex<()> = Mutex::new(());
    RANDOM_STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What ones become under a seed.
fn factors(layer: &Dropout, seed: u64, calls: usize, device: &Device) -> Vec<f32> {
    let _alone = alone();
    device.seed(seed);
    let call =
        |_| dropout(layer, Tensor::<2>::ones([40, 50], device)).into_data().try_to_vec::<f32>().unwrap();
    (0..calls).flat_map(call).collect()
}

#[test]
fn a_seed_drops_the_same_units_on_each_backend_and_each_call_others() {
    let flex = Device::flex().autodiff();
    let layer = HALF.init();
    let drawn = factors(&layer, 7, 2, &flex);
    for device in devices() {
        assert_eq!(drawn, factors(&layer, 7, 2, &device.autodiff()));
    }
    assert_eq!(drawn, factors(&layer, 7, 2, &flex));
    assert_ne!(drawn, factors(&layer, 8, 2, &flex));
    assert_ne!(drawn[..2000], drawn[2000..]);
}

#[test]
fn nothing_is_dropped_outside_training() {
    for device in devices() {
        let ones = vec![1.0; 2000];
        assert_eq!(factors(&HALF.init(), 7, 1, &device), ones, "on a device without gradients");
        let device = device.autodiff();
        assert_eq!(factors(&HALF.init().freeze(), 7, 1, &device), ones, "by a frozen layer");
        assert_eq!(factors(&DropoutConfig::new(0.0).init(), 7, 1, &device), ones, "at rate 0");
        assert_ne!(factors(&HALF.init(), 7, 1, &device), ones);
    }
}

#[test]
fn a_value_that_is_not_finite_stays_so() {
    let _alone = alone();
    for device in devices() {
        let device = device.autodiff();
        for value in [f32::NAN, f32::INFINITY] {
            let units = Tensor::<1>::full([100], value, &device);
            let units: Vec<f32> = dropout(&HALF.init(), units).into_data().try_to_vec().unwrap();
            assert!(units.iter().all(|unit| !unit.is_finite()), "{units:?}");
        }
    }
}

proptest! {
    #[test]
    fn the_gradient_has_the_mask_of_the_output(
        size in [1..20_usize, 1..40],
        rate in 0.05..0.95_f64,
        seed in 0..1000_u32,
    ) {
        let _alone = alone();
        for device in devices() {
            let device = device.autodiff();
            let units = some_numbers(size, seed, &device).require_grad();
            let upstream = some_numbers(size, seed + 1, &device);
            let output = dropout(&DropoutConfig::new(rate).init(), units.clone());
            let gradients = (output.clone() * upstream.clone()).sum().backward();
            let gradient = units.grad(&gradients).unwrap().into_data();
            let kept = (1.0 / (1.0 - rate)) as f32;
            let values = [units.into_data(), upstream.into_data(), output.into_data(), gradient];
            let [units, upstream, output, gradient] = values.map(|data| data.try_to_vec::<f32>().unwrap());
            let masked = |values: &[f32]| -> Vec<f32> {
                let pairs = values.iter().zip(&output);
                pairs.map(|(value, output)| if *output == 0.0 { 0.0 } else { value * kept }).collect()
            };
            prop_assert_eq!(masked(&units), output.clone());
            prop_assert_eq!(masked(&upstream), gradient);
        }
    }
}
