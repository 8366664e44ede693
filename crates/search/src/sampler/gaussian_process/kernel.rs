//! The kernel: how alike the losses of two points are.

/// Matérn 5/2 with a length of its own for each axis: `s (1 + r + r²/3) exp(-r)`, where `r² = 5 Σₖ wₖ δₖ²`.
///
/// `δₖ` is the difference of the rows on axis `k`, or for a choice whether they differ, as in Optuna's `GPSampler`;
/// `wₖ = 1/ℓₖ²`.
///
/// Source: Rasmussen and Williams, "Gaussian Processes for Machine Learning" (2006), eq. 4.17.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kernel {
    /// `wₖ`, the inverse square of each axis' length.
    pub(super) weights: Vec<f64>,
    /// Which axes are choices.
    pub(super) choices: Vec<bool>,
    /// `s`, the variance of what is modelled.
    pub(super) scale: f64,
    /// The variance of the noise on top of it.
    pub(super) noise: f64,
}

impl Kernel {
    /// `δₖ²`.
    pub(super) fn gap(&self, axis: usize, a: &[f64], b: &[f64]) -> f64 {
        let difference = a[axis] - b[axis];
        if self.choices[axis] { f64::from(u8::from(difference != 0.0)) } else { difference * difference }
    }

    /// The covariance of the points at two rows.
    pub(super) fn between(&self, a: &[f64], b: &[f64]) -> f64 {
        self.with_slope(a, b).0
    }

    /// The covariance, and its slope over `Σₖ wₖ δₖ²`.
    pub(super) fn with_slope(&self, a: &[f64], b: &[f64]) -> (f64, f64) {
        let gaps = self.weights.iter().enumerate().map(|(axis, weight)| weight * self.gap(axis, a, b));
        let square = 5.0 * gaps.sum::<f64>();
        let distance = square.sqrt();
        let decay = self.scale * libm::exp(-distance);
        (decay * (1.0 + distance + square / 3.0), -5.0 / 6.0 * decay * (1.0 + distance))
    }
}
