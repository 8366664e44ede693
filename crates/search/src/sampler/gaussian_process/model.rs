//! The model: what is expected of a point, and how surely, after some were tried.

use super::super::linear::{Matrix, dot};
use super::kernel::Kernel;

/// A Gaussian process of mean zero, given what was seen of it.
///
/// With `K` the covariances among the rows and `k` those with another point: its mean there is `kᵀ (K + noise I)⁻¹ y`
/// and its variance `s - kᵀ (K + noise I)⁻¹ k`.
///
/// Source: Rasmussen and Williams, "Gaussian Processes for Machine Learning" (2006), algorithm 2.1.
pub(super) struct Model {
    kernel: Kernel,
    rows: Vec<Vec<f64>>,
    /// `L⁻¹`, where `L Lᵀ = K + noise I`.
    inverse: Matrix,
    /// `(K + noise I)⁻¹ y`.
    pulls: Vec<f64>,
}

/// What is expected of a point.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Belief {
    pub(super) mean: f64,
    pub(super) variance: f64,
}

impl Model {
    /// The model of `values` at `rows`; `None` if the covariances are too alike to be told apart.
    pub(super) fn new(kernel: Kernel, rows: Vec<Vec<f64>>, values: &[f64]) -> Option<Self> {
        let inverse = covariance(&kernel, &rows).cholesky()?.lower_inverse();
        let pulls = inverse.upper_times(&inverse.lower_times(values));
        Some(Self { kernel, rows, inverse, pulls })
    }

    /// This model after it has also seen `rows`, just where it expects them: only its variance changes.
    ///
    /// Source: Ginsbourger, Le Riche, Carraro, "Kriging Is Well-Suited to Parallelize Optimization" (2010), §3.2 (the
    /// kriging believer).
    pub(super) fn believing(self, rows: &[Vec<f64>]) -> Option<Self> {
        if rows.is_empty() {
            return Some(self);
        }
        let all: Vec<_> = self.rows.iter().chain(rows).cloned().collect();
        let inverse = covariance(&self.kernel, &all).cholesky()?.lower_inverse();
        // Values at their means pull at nothing.
        let mut pulls = self.pulls;
        pulls.resize(all.len(), 0.0);
        Some(Self { kernel: self.kernel, rows: all, inverse, pulls })
    }

    /// The weights of the axes.
    pub(super) fn weights(&self) -> &[f64] {
        &self.kernel.weights
    }

    /// What is expected at `row`.
    pub(super) fn at(&self, row: &[f64]) -> Belief {
        let alike: Vec<_> = self.rows.iter().map(|other| self.kernel.between(row, other)).collect();
        self.belief(&alike, &self.inverse.lower_times(&alike))
    }

    /// What is expected at `row`, and how mean and variance change along each axis; along a choice not at all.
    pub(super) fn with_slopes(&self, row: &[f64]) -> (Belief, Vec<f64>, Vec<f64>) {
        let alike: Vec<_> = self.rows.iter().map(|other| self.kernel.with_slope(row, other)).collect();
        let values: Vec<_> = alike.iter().map(|(value, _)| *value).collect();
        let half = self.inverse.lower_times(&values);
        let shares = self.inverse.upper_times(&half);
        let (mut means, mut variances) = (vec![0.0; row.len()], vec![0.0; row.len()]);
        for ((other, (_, slope)), (pull, share)) in
            self.rows.iter().zip(&alike).zip(self.pulls.iter().zip(&shares))
        {
            for axis in (0..row.len()).filter(|axis| !self.kernel.choices[*axis]) {
                let slope = slope * 2.0 * self.kernel.weights[axis] * (row[axis] - other[axis]);
                means[axis] += pull * slope;
                variances[axis] -= 2.0 * share * slope;
            }
        }
        (self.belief(&values, &half), means, variances)
    }

    fn belief(&self, alike: &[f64], half: &[f64]) -> Belief {
        let variance = (self.kernel.scale - dot(half, half)).max(0.0);
        Belief { mean: dot(alike, &self.pulls), variance }
    }
}

/// `K + noise I`, the lower triangle.
pub(super) fn covariance(kernel: &Kernel, rows: &[Vec<f64>]) -> Matrix {
    Matrix::new(rows.len(), |i, j| match i.cmp(&j) {
        std::cmp::Ordering::Less => 0.0,
        std::cmp::Ordering::Equal => kernel.scale + kernel.noise,
        std::cmp::Ordering::Greater => kernel.between(&rows[i], &rows[j]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> Model {
        let kernel = Kernel { weights: vec![4.0, 16.0], choices: vec![false; 2], scale: 1.5, noise: 0.01 };
        let rows = vec![vec![0.1, 0.2], vec![0.4, 0.9], vec![0.75, 0.5], vec![0.9, 0.1]];
        Model::new(kernel, rows, &[0.5, -1.0, 0.25, 1.5]).unwrap()
    }

    #[test]
    fn beliefs_are_those_of_scikit_learn() {
        // From scikit-learn 1.9.1: `GaussianProcessRegressor(ConstantKernel(1.5) * Matern([0.5, 0.25], nu=2.5),
        // alpha=0.01, optimizer=None)`.
        let known = [
            ([0.5, 0.5], 0.143_422_049_555_406_27, 0.432_975_562_697_422_1),
            ([0.1, 0.2], 0.498_757_613_274_362_85, 0.009_928_551_979_826_006),
            ([0.95, 0.95], -0.439_225_959_160_804_15, 1.175_563_154_828_248_1),
        ];
        for (row, mean, variance) in known {
            let Belief { mean: found_mean, variance: found } = model().at(&row);
            assert!(
                (found_mean - mean).abs() < 1e-12 && (found - variance).abs() < 1e-12,
                "{found_mean}, {found}"
            );
        }
    }

    #[test]
    fn slopes_are_those_of_finite_differences() {
        let (model, row) = (model(), [0.3, 0.45]);
        let (belief, means, variances) = model.with_slopes(&row);
        assert_eq!(belief, model.at(&row));
        for axis in 0..2 {
            let at = |by: f64| {
                let mut row = row;
                row[axis] += by;
                model.at(&row)
            };
            let (up, down) = (at(1e-6), at(-1e-6));
            assert!(((up.mean - down.mean) / 2e-6 - means[axis]).abs() < 1e-7);
            assert!(((up.variance - down.variance) / 2e-6 - variances[axis]).abs() < 1e-7);
        }
    }

    #[test]
    fn a_believed_point_changes_no_mean_and_is_known() {
        let (row, elsewhere) = ([0.3, 0.45], [0.6, 0.3]);
        let before = [model().at(&row), model().at(&elsewhere)];
        let after = model().believing(&[row.to_vec()]).unwrap();
        for (before, place) in before.iter().zip([row, elsewhere]) {
            assert!((after.at(&place).mean - before.mean).abs() < 1e-12);
        }
        assert!(before[0].variance > 0.1 && after.at(&row).variance < 0.01);
        assert!(after.at(&elsewhere).variance < before[1].variance);
    }

    #[test]
    fn choices_are_alike_or_not() {
        let kernel = Kernel { weights: vec![1.0], choices: vec![true], scale: 2.0, noise: 0.0 };
        assert!((kernel.between(&[0.1], &[0.9]) - kernel.between(&[0.1], &[0.3])).abs() < 1e-15);
        assert!((kernel.between(&[0.1], &[0.1]) - 2.0).abs() < 1e-15);
    }
}
