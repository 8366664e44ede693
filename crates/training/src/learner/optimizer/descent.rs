//! A small descent, to compare optimisers by.

use burn::module::Param;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::prelude::*;

#[derive(Module, Debug)]
struct Point {
    place: Param<Tensor<1>>,
}

pub(super) struct Descent {
    point: Point,
    pub(super) optimizer: ModuleOptimizer,
    /// After each step.
    pub(super) places: Vec<TensorData>,
}

impl Descent {
    /// One that continues from the same place with another optimiser.
    pub(super) fn with(&self, optimizer: ModuleOptimizer) -> Self {
        Self { point: self.point.clone(), optimizer, places: Vec::new() }
    }

    /// A step down `sum(x⁴)`, and where it leads.
    pub(super) fn step(&mut self, learning_rate: f64) -> TensorData {
        let gradients = self.point.place.val().powi_scalar(4).sum().backward();
        let gradients = GradientsParams::from_grads(gradients, &self.point);
        self.point = self.optimizer.step(learning_rate, self.point.clone(), gradients);
        self.point.place.val().into_data()
    }
}

/// Ten steps, from places that many steps of equal width would leave apart.
pub(super) fn descend(optimizer: ModuleOptimizer, learning_rate: f64, device: &Device) -> Descent {
    let start = Tensor::from_data([3.0, -0.5, 1e-3, 20.0, -7.0, 0.0, 0.25, 1.5, 2.5], device);
    let point = Point { place: Param::from_tensor(start) };
    let mut descent = Descent { point, optimizer, places: Vec::new() };
    for _ in 0..10 {
        let place = descent.step(learning_rate);
        descent.places.push(place);
    }
    descent
}

/// The backends with kernels that this build has.
pub(super) fn devices() -> Vec<Device> {
    vec![
        Device::flex().autodiff(),
        #[cfg(feature = "ndarray")]
        #[expect(deprecated, reason = "ndarray is one of the two backends with kernels")]
        Device::ndarray().autodiff(),
    ]
}
