//! The functions after a linear layer.

use super::vectorised::vectorised;
use crate::activation::Activation;

impl Activation {
    /// Puts the function's value in the place of each number. NaN passes.
    pub(super) fn apply(self, values: &mut [f32]) {
        match self {
            Self::Relu => vectorised(|| {
                for value in values {
                    *value = if *value <= 0.0 { 0.0 } else { *value };
                }
            }),
            Self::Sigmoid => vectorised(|| {
                for value in values {
                    *value = sigmoid(*value);
                }
            }),
        }
    }

    /// Writes to `scores` `upstream` times the derivative where the function gave `activated`. NaN passes `ReLU`, as in
    /// `PyTorch`.
    pub(super) fn back(self, upstream: &[f32], activated: &[f32], scores: &mut [f32]) {
        let places = scores.iter_mut().zip(upstream.iter().zip(activated));
        match self {
            Self::Relu => vectorised(|| {
                for (score, (&upstream, &value)) in places {
                    *score = if value <= 0.0 { 0.0 } else { upstream };
                }
            }),
            Self::Sigmoid => vectorised(|| {
                for (score, (&upstream, &value)) in places {
                    *score = upstream * (1.0 - value) * value;
                }
            }),
        }
    }
}

/// Exact to 10⁻⁶ of itself, except where it is below the smallest normal number.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it is compiled for an instruction set only inside its caller")]
fn sigmoid(x: f32) -> f32 {
    let small = exp(-x.abs());
    let share = if x < 0.0 { small } else { 1.0 };
    share / (1.0 + small)
}

/// `exp(x)` of an `x` of at most 0, without the call that keeps the standard library's out of vectors.
///
/// Source: Moshier's Cephes, `expf.c`, for the coefficients and for ln 2 in two parts.
#[inline(always)]
fn exp(x: f32) -> f32 {
    // Its sum with a number below 2²² has the nearest whole number in its last bits.
    const SHIFT: f32 = 12_582_912.0;
    // From here on it is 0. NaN stays.
    let x = if x < -104.0 { -104.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + SHIFT;
    let power = shifted - SHIFT;
    let rest = x - power * 0.693_359_4 + power * 2.121_944_4e-4;
    let series = ((((1.987_569_1e-4 * rest + 1.398_2e-3) * rest + 8.333_452e-3) * rest + 4.166_579_6e-2)
        * rest
        + 1.666_666_5e-1)
        * rest
        + 0.5;
    // 2 to the power, as two factors: alone it may be too small for a number with an exponent.
    let power = shifted.to_bits().cast_signed() - SHIFT.to_bits().cast_signed();
    let half = power >> 1;
    let [first, second] =
        [half, power - half].map(|power| f32::from_bits(((power + 127) << 23).cast_unsigned()));
    (series * rest * rest + rest + 1.0) * first * second
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sigmoid_is_that_of_double_precision() {
        let inputs: Vec<f32> = (-120_000..=120_000).map(|step| step as f32 * 1e-3).collect();
        let mut values = inputs.clone();
        Activation::Sigmoid.apply(&mut values);
        for (input, value) in inputs.into_iter().zip(values) {
            let expected = 1.0 / (1.0 + f64::from(-input).exp());
            let difference = (f64::from(value) - expected).abs();
            assert!(
                difference <= 1e-6 * expected + f64::from(f32::from_bits(1)),
                "{input}: {value}, {expected}"
            );
        }
    }

    #[test]
    fn a_sigmoid_reaches_its_limits_and_nan_passes() {
        let mut values = [f32::NEG_INFINITY, -1e30, 0.0, -0.0, 1e30, f32::INFINITY, f32::NAN, -f32::NAN];
        Activation::Sigmoid.apply(&mut values);
        assert_eq!(values[..6], [0.0, 0.0, 0.5, 0.5, 1.0, 1.0]);
        assert!(values[6].is_nan() && values[7].is_nan(), "{values:?}");
        let mut scores = [7.0; 4];
        Activation::Sigmoid.back(&[4.0; 4], &[0.0, 0.5, 1.0, f32::NAN], &mut scores);
        assert!(scores[..3] == [0.0, 1.0, 0.0] && scores[3].is_nan(), "{scores:?}");
    }
}
