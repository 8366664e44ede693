//! The kernels of one dimension: all that a mixture knows about it.

use std::f64::consts::{PI, SQRT_2};

use rand_chacha::ChaCha12Rng;

use crate::parameter::Distribution;
use crate::sampler::stream::{below, normal, unit};

/// A normal distribution around each number, cut off at 0 and 1.
///
/// Its width is the distance to the farther of the two neighbours, the ends of the range being none where another
/// trial is, and at least `1 / min(100, trials + 2)` of the range: the "magic clip". Where the values can be counted,
/// each has the mass of its cell; that of a cell of width `c` at distance `d`, of a normal distribution of width `σ`,
/// is to some percent `erf(c / √8σ) exp(-d² / 2(σ² + c²/12))`, exact in the middle.
pub(super) struct Numbers {
    middle: Vec<f64>,
    width: Vec<f64>,
    /// `1 / 2(σ² + c²/12)`
    narrowness: Vec<f64>,
    /// The logarithm of the density in the middle.
    height: Vec<f64>,
}

/// One choice a little likelier than the others.
pub(super) struct Choices {
    count: u64,
    /// The choice of each kernel, NaN if it prefers none.
    place: Vec<f64>,
    /// The chance that a kernel gives its choice without looking at the others.
    certainty: f64,
    /// The logarithms of the chances of a kernel's choice and of each other one.
    chances: [f64; 2],
}

impl Numbers {
    /// The kernels around the numbers of `column`, NaN where a trial has none, and around the middle of the range; the
    /// column stands for so many `trials`.
    pub(super) fn new(distribution: &Distribution, column: &[f64], trials: usize) -> Self {
        let mut sorted: Vec<(f64, usize)> =
            column.iter().copied().zip(0..).filter(|(at, _)| !at.is_nan()).collect();
        sorted.sort_unstable_by(|(a, first), (b, second)| a.total_cmp(b).then(first.cmp(second)));
        let with_number = trials as f64 * sorted.len() as f64 / column.len().max(1) as f64;
        let least = 1.0 / (with_number + 2.0).min(100.0);
        let count = column.len() + 1;
        // The prior, and trials without a value here in its place: as wide as the range.
        let (narrowness, height) = shape(distribution, 0.5, 1.0);
        let mut numbers = Self {
            middle: vec![0.5; count],
            width: vec![1.0; count],
            narrowness: vec![narrowness; count],
            height: vec![height; count],
        };
        let mut shaped = [0.5, 1.0, narrowness, height];
        for (turn, &(at, kernel)) in sorted.iter().enumerate() {
            let before = turn.checked_sub(1).map(|turn| at - sorted[turn].0);
            let after = sorted.get(turn + 1).map(|(next, _)| next - at);
            let gap = match (before, after) {
                (None, None) => at.max(1.0 - at),
                (before, after) => before.unwrap_or(0.0).max(after.unwrap_or(0.0)),
            };
            let width = gap.clamp(least, 1.0);
            // Kernels of the same number often have the same shape, and stand side by side.
            if at.to_bits() != shaped[0].to_bits() || width.to_bits() != shaped[1].to_bits() {
                let (narrowness, height) = shape(distribution, at, width);
                shaped = [at, width, narrowness, height];
            }
            [
                numbers.middle[kernel],
                numbers.width[kernel],
                numbers.narrowness[kernel],
                numbers.height[kernel],
            ] = shaped;
        }
        numbers
    }

    /// A number from 0 to 1 from `kernel`.
    pub(super) fn draw(&self, kernel: usize, stream: &mut ChaCha12Rng) -> f64 {
        loop {
            // At least a third are accepted: a middle is never outside, and no kernel is wider than the range.
            let drawn = self.middle[kernel] + self.width[kernel] * normal(stream);
            if (0.0..=1.0).contains(&drawn) {
                return drawn;
            }
        }
    }

    /// Adds the logarithm of the density at `at` to the term of each kernel.
    pub(super) fn add(&self, at: f64, terms: &mut [f64]) {
        let kernels = self.middle.iter().zip(&self.narrowness).zip(&self.height);
        for (term, ((middle, narrowness), height)) in terms.iter_mut().zip(kernels) {
            let distance = at - middle;
            *term += height - distance * distance * narrowness;
        }
    }
}

/// The narrowness of a kernel and the logarithm of its height.
fn shape(distribution: &Distribution, middle: f64, width: f64) -> (f64, f64) {
    let inside = |distance: f64| libm::erf(distance / (SQRT_2 * width));
    let inside = f64::midpoint(inside(1.0 - middle), inside(middle));
    let (spread, peak) = match distribution.cell(middle) {
        None => (width * width, 1.0 / (width * (2.0 * PI).sqrt())),
        Some(cell) => (width * width + cell * cell / 12.0, libm::erf(cell / (2.0 * SQRT_2 * width)) / cell),
    };
    (0.5 / spread, libm::log(peak / inside))
}

impl Choices {
    /// The kernels around the choices of `column`, NaN where a trial has none, and one that prefers none; the column
    /// stands for so many `trials`, and choices that nobody made have the weight of `prior_weight` trials in all
    /// kernels together.
    pub(super) fn new(count: usize, column: &[f64], trials: usize, prior_weight: f64) -> Self {
        let known = column.iter().filter(|place| !place.is_nan()).count();
        let trials = trials as f64 * known as f64 / column.len().max(1) as f64;
        let other = prior_weight / (trials + 1.0);
        let total = 1.0 + count as f64 * other;
        Self {
            count: count as u64,
            place: column.iter().copied().chain([f64::NAN]).collect(),
            certainty: 1.0 / total,
            chances: [(1.0 + other) / total, other / total].map(libm::log),
        }
    }

    /// The place of a choice from `kernel`.
    pub(super) fn draw(&self, kernel: usize, stream: &mut ChaCha12Rng) -> u64 {
        let place = self.place[kernel];
        if !place.is_nan() && unit(stream) < self.certainty {
            place as u64
        } else {
            below(self.count, stream)
        }
    }

    /// Adds the logarithm of the chance of choice `at` to the term of each kernel.
    pub(super) fn add(&self, at: f64, terms: &mut [f64]) {
        let [own, other] = self.chances;
        let any = -libm::log(self.count as f64);
        for (term, &place) in terms.iter_mut().zip(&self.place) {
            let unsure = if place.is_nan() { any } else { other };
            *term += if (place - at).abs() < 0.5 { own } else { unsure };
        }
    }
}
