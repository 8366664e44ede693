//! The evolution: a normal distribution that follows the best points of each generation.

use rand_chacha::ChaCha12Rng;

use super::super::linear::{Matrix, dot};
use super::super::stream::normal;
use super::constants::Constants;

/// The least eigenvalue of the covariance, as a share of the largest.
const LEAST_SHARE: f64 = 1e-14;
/// A step so short, as a share of the first, has arrived: the default of Hansen's own programs.
const ARRIVED: f64 = 1e-11;

/// The distribution `N(m, σ² C)` and its paths, in the names of the tutorial.
#[derive(Clone, Debug)]
pub(super) struct Evolution {
    constants: Constants,
    /// `m`.
    pub(super) mean: Vec<f64>,
    /// `σ`.
    pub(super) step: f64,
    first_step: f64,
    /// `C`.
    covariance: Matrix,
    /// The eigenvectors of `C` as rows, and the roots of its eigenvalues.
    eigen: (Vec<f64>, Matrix),
    /// `p_σ`.
    step_path: Vec<f64>,
    /// `p_c`.
    covariance_path: Vec<f64>,
    /// `(1 - c_σ)^(2 g)` after `g` generations.
    decay: f64,
}

impl Evolution {
    /// A distribution around `mean` with the standard deviation `step` along each axis.
    pub(super) fn new(mean: Vec<f64>, step: f64, population: usize) -> Self {
        let axes = mean.len();
        let identity = Matrix::new(axes, |row, column| f64::from(u8::from(row == column)));
        Self {
            constants: Constants::new(axes, population),
            mean,
            step,
            first_step: step,
            eigen: (vec![1.0; axes], identity.clone()),
            covariance: identity,
            step_path: vec![0.0; axes],
            covariance_path: vec![0.0; axes],
            decay: 1.0,
        }
    }

    /// How many points make a generation.
    pub(super) fn population(&self) -> usize {
        self.constants.weights.len()
    }

    /// Draws a point.
    pub(super) fn draw(&self, stream: &mut ChaCha12Rng) -> Vec<f64> {
        let (deviations, vectors) = &self.eigen;
        let along: Vec<_> =
            deviations.iter().map(|deviation| self.step * deviation * normal(stream)).collect();
        let mut point = self.mean.clone();
        for (place, length) in along.iter().enumerate() {
            add(&mut point, *length, vectors.row(place));
        }
        point
    }

    /// Moves on to the next generation, by the points of this one from the best to the worst; a coordinate that is
    /// missing says nothing.
    ///
    /// Points that another distribution drew count as injected ones: none is farther than `√n + 2n / (n + 2)` standard
    /// deviations from the mean, or is moved to there.
    ///
    /// Source: Hansen, "The CMA Evolution Strategy: A Tutorial" (2016), eqs. 41 to 47; "Injecting External Solutions
    /// Into CMA-ES" (2011), eq. 4, arXiv:1110.4181.
    pub(super) fn learn(&mut self, points: &[Vec<Option<f64>>]) {
        let c = self.constants.clone();
        let n = self.mean.len() as f64;
        let farthest = n.sqrt() + 2.0 * n / (n + 2.0);
        let steps = points.iter().map(|point| {
            let coordinates = point.iter().zip(&self.mean);
            let mut y: Vec<_> =
                coordinates.map(|(x, mean)| x.map_or(0.0, |x| (x - mean) / self.step)).collect();
            let mut length = length_of(&self.whiten(&y));
            if length > farthest {
                scale(&mut y, farthest / length);
                length = farthest;
            }
            (y, length)
        });
        let steps: Vec<_> = steps.collect();

        let mut recombined = vec![0.0; self.mean.len()];
        for ((y, _), weight) in steps.iter().zip(&c.weights[..c.parents]) {
            add(&mut recombined, *weight, y);
        }
        add(&mut self.mean, self.step, &recombined);

        let fresh = (c.step_path * (2.0 - c.step_path) * c.effective).sqrt();
        let whitened = self.whiten(&recombined);
        scale(&mut self.step_path, 1.0 - c.step_path);
        add(&mut self.step_path, fresh, &whitened);
        let length = length_of(&self.step_path);
        self.step *= libm::exp(c.step_path / c.damping * (length / c.normal_length - 1.0));

        // While the step grows fast, its path says nothing about the covariance.
        self.decay *= (1.0 - c.step_path) * (1.0 - c.step_path);
        let limit = (1.4 + 2.0 / (n + 1.0)) * c.normal_length * (1.0 - self.decay).sqrt();
        let (stalled, follows) = if length < limit { (0.0, 1.0) } else { (1.0, 0.0) };
        let fresh = (c.covariance_path * (2.0 - c.covariance_path) * c.effective).sqrt();
        scale(&mut self.covariance_path, 1.0 - c.covariance_path);
        add(&mut self.covariance_path, follows * fresh, &recombined);

        let sum: f64 = c.weights.iter().sum();
        let lost = stalled * c.covariance_path * (2.0 - c.covariance_path);
        let kept = 1.0 + c.rank_one * lost - c.rank_one - c.rank_many * sum;
        let mut covariance = Matrix::new(self.mean.len(), |row, column| {
            kept * self.covariance.row(row)[column]
                + c.rank_one * self.covariance_path[row] * self.covariance_path[column]
        });
        for ((y, length), weight) in steps.iter().zip(&c.weights) {
            // A bad step is unlearnt by its direction alone, not by its length.
            let weight = if *weight >= 0.0 { *weight } else { weight * n / (length * length + 1e-8) };
            for (row, x) in y.iter().enumerate() {
                add(covariance.row_mut(row), c.rank_many * weight * x, y);
            }
        }
        self.eigen = deviations(&covariance);
        self.covariance = covariance;
    }

    /// Whether the distribution is so narrow that its points are all the same.
    pub(super) fn has_arrived(&self) -> bool {
        let widest = self.eigen.0.iter().fold(0.0, |widest: f64, deviation| widest.max(*deviation));
        let arrived = self.step * widest < ARRIVED * self.first_step;
        arrived || !self.step.is_finite()
    }

    /// `C^(-1/2) y`.
    fn whiten(&self, y: &[f64]) -> Vec<f64> {
        let (deviations, vectors) = &self.eigen;
        let mut whitened = vec![0.0; y.len()];
        for (place, deviation) in deviations.iter().enumerate() {
            add(&mut whitened, dot(vectors.row(place), y) / deviation, vectors.row(place));
        }
        whitened
    }
}

/// The roots of the eigenvalues, and the eigenvectors as rows.
fn deviations(covariance: &Matrix) -> (Vec<f64>, Matrix) {
    let (mut values, vectors) = covariance.clone().eigen();
    let largest = values.iter().fold(f64::MIN_POSITIVE, |largest, value| largest.max(*value));
    for value in &mut values {
        *value = value.max(LEAST_SHARE * largest).sqrt();
    }
    (values, vectors)
}

fn length_of(vector: &[f64]) -> f64 {
    dot(vector, vector).sqrt()
}

fn add(sum: &mut [f64], factor: f64, vector: &[f64]) {
    for (sum, x) in sum.iter_mut().zip(vector) {
        *sum += factor * x;
    }
}

fn scale(vector: &mut [f64], factor: f64) {
    for x in vector {
        *x *= factor;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn near(found: &[f64], expected: &[f64]) {
        let near = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-8);
        assert!(near && found.len() == expected.len(), "{found:?}, expected {expected:?}");
    }

    fn known(points: &[[f64; 2]]) -> Vec<Vec<Option<f64>>> {
        points.iter().map(|point| point.map(Some).to_vec()).collect()
    }

    #[test]
    fn two_generations_are_those_of_the_cmaes_package() {
        // From `cmaes.CMA(mean=[0.5, 0.5], sigma=0.2, population_size=4)` 0.13.1, told the same points.
        let mut evolution = Evolution::new(vec![0.5; 2], 0.2, 4);
        evolution.learn(&known(&[[0.5, 0.6], [0.7, 0.4], [0.3, 0.5], [0.25, 0.75]]));
        near(&evolution.mean, &[0.539_167_428_013, 0.560_832_571_987]);
        near(&[evolution.step], &[0.162_332_585_666]);
        near(evolution.covariance.row(0), &[0.823_442_022_049, 0.034_092_865_481]);
        near(evolution.covariance.row(1), &[0.034_092_865_481, 0.853_678_678_588]);

        evolution.learn(&known(&[[0.6, 0.5], [0.55, 0.45], [0.4, 0.7], [0.75, 0.4]]));
        near(&evolution.mean, &[0.590_208_142_997, 0.490_208_142_997]);
        near(&[evolution.step], &[0.137_737_987_472]);
        near(evolution.covariance.row(0), &[0.704_541_982_092, 0.027_027_929_420]);
        near(evolution.covariance.row(1), &[0.027_027_929_420, 0.732_773_983_988]);
        near(&evolution.step_path, &[0.460_136_54, -0.290_803_62]);
        near(&evolution.covariance_path, &[0.434_119_91, -0.364_030_34]);
    }

    #[test]
    fn a_missing_coordinate_moves_nothing() {
        let mut evolution = Evolution::new(vec![0.5; 2], 0.2, 4);
        evolution.learn(&[0.6, 0.7, 0.3, 0.2].map(|x| vec![Some(x), None]));
        assert!(evolution.mean[0] > 0.5 && (evolution.mean[1] - 0.5).abs() < 1e-15, "{:?}", evolution.mean);
    }

    #[test]
    fn an_injected_point_moves_the_mean_no_farther_than_the_distribution_reaches() {
        let mut evolution = Evolution::new(vec![0.0; 2], 1.0, 4);
        evolution.learn(&known(&[[1e6, 0.0]; 4]));
        // √2 + 2 · 2 / (2 + 2)
        near(&evolution.mean, &[2.0_f64.sqrt() + 1.0, 0.0]);
    }
}
