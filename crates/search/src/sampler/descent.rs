//! Descent: the least value of a smooth function in a box, from a start.

use std::collections::VecDeque;

use super::linear::dot;

/// Steps whose curvature is remembered.
const MEMORY: usize = 10;
/// Share of the decrease that the slope promises which a step must reach (Nocedal and Wright, §3.1).
const ENOUGH: f64 = 1e-4;
/// Halvings of a step before it is given up.
const HALVINGS: usize = 20;
/// A step that gains less, relative to the value, is the last: about the tolerance of `SciPy`'s L-BFGS-B.
const GAIN: f64 = 2e-9;

/// A box and when to stop in it.
pub(super) struct Descent<'a> {
    /// The least value of each variable.
    pub(super) lower: &'a [f64],
    /// The greatest value of each.
    pub(super) upper: &'a [f64],
    /// The largest slope, of those that do not lead out of the box, at which to stop.
    pub(super) flat: f64,
    /// The most steps to take.
    pub(super) steps: usize,
}

impl Descent<'_> {
    /// Descends from `start` along `function`, which returns its value and writes its slopes; returns where it ended.
    ///
    /// Limited-memory BFGS with projected backtracking: variables at a bound whose slope leads out of the box rest.
    /// Source: Nocedal and Wright, "Numerical Optimization" (2006), algorithms 7.4 and 3.1; for the projection
    /// Bertsekas, "Projected Newton Methods for Optimization Problems with Simple Constraints" (1982).
    pub(super) fn run(
        &self,
        start: &[f64],
        mut function: impl FnMut(&[f64], &mut [f64]) -> f64,
    ) -> (Vec<f64>, f64) {
        let mut x = self.project(start.to_vec());
        let mut slopes = vec![0.0; x.len()];
        let mut value = function(&x, &mut slopes);
        let mut memory = Memory::default();
        let mut new_slopes = slopes.clone();
        for _ in 0..self.steps {
            let free: Vec<f64> = (0..x.len()).map(|place| self.free(place, &x, &slopes)).collect();
            let steepest: Vec<f64> = slopes.iter().zip(&free).map(|(slope, free)| -slope * free).collect();
            if steepest.iter().all(|slope| slope.abs() <= self.flat) {
                break;
            }
            let mut direction = memory.direction(&steepest, &free);
            if dot(&direction, &slopes) >= 0.0 {
                memory = Memory::default();
                direction.clone_from(&steepest);
            }
            // Without any curvature known, a step as long as the slope may be far too long.
            let mut length =
                if memory.steps.is_empty() { 1.0 / dot(&steepest, &steepest).sqrt().max(1.0) } else { 1.0 };
            let mut next = None;
            for _ in 0..HALVINGS {
                let moved = x.iter().zip(&direction).map(|(x, direction)| x + length * direction).collect();
                let moved = self.project(moved);
                let step: Vec<f64> = moved.iter().zip(&x).map(|(to, from)| to - from).collect();
                let new = function(&moved, &mut new_slopes);
                if new <= value + ENOUGH * dot(&slopes, &step) {
                    next = Some((moved, step, new));
                    break;
                }
                length *= 0.5;
            }
            let Some((moved, step, new)) = next else {
                if memory.steps.is_empty() {
                    break;
                }
                memory = Memory::default();
                continue;
            };
            let turn: Vec<f64> = new_slopes.iter().zip(&slopes).map(|(new, old)| new - old).collect();
            memory.remember(step, turn);
            let gain = value - new;
            (x, value) = (moved, new);
            slopes.copy_from_slice(&new_slopes);
            if gain <= GAIN * value.abs().max(1.0) {
                break;
            }
        }
        (x, value)
    }

    fn project(&self, mut x: Vec<f64>) -> Vec<f64> {
        for ((x, lower), upper) in x.iter_mut().zip(self.lower).zip(self.upper) {
            *x = x.clamp(*lower, *upper);
        }
        x
    }

    /// 1, or 0 for a variable that rests at its bound.
    fn free(&self, place: usize, x: &[f64], slopes: &[f64]) -> f64 {
        let rests = (x[place] <= self.lower[place] && slopes[place] >= 0.0)
            || (x[place] >= self.upper[place] && slopes[place] <= 0.0);
        if rests { 0.0 } else { 1.0 }
    }
}

/// The last steps, each with what the slopes turned by, oldest first.
#[derive(Default)]
struct Memory {
    steps: VecDeque<(Vec<f64>, Vec<f64>)>,
}

impl Memory {
    fn remember(&mut self, step: Vec<f64>, turn: Vec<f64>) {
        // Only where the function curves upwards is its inverse curvature positive.
        if dot(&step, &turn) > 1e-10 * dot(&turn, &turn).sqrt() * dot(&step, &step).sqrt() {
            self.steps.push_back((step, turn));
            if self.steps.len() > MEMORY {
                self.steps.pop_front();
            }
        }
    }

    /// The inverse curvature times `steepest`, in the `free` variables.
    fn direction(&self, steepest: &[f64], free: &[f64]) -> Vec<f64> {
        let among_free =
            |vector: &[f64]| vector.iter().zip(free).map(|(x, free)| x * free).collect::<Vec<_>>();
        let steps = self.steps.iter().map(|(step, turn)| (among_free(step), among_free(turn)));
        let steps: Vec<_> = steps.filter(|(step, turn)| dot(step, turn) > 0.0).collect();
        let mut direction = steepest.to_vec();
        let mut shares = Vec::with_capacity(steps.len());
        for (step, turn) in steps.iter().rev() {
            let share = dot(step, &direction) / dot(step, turn);
            add(&mut direction, -share, turn);
            shares.push(share);
        }
        if let Some((step, turn)) = steps.last() {
            let scale = dot(step, turn) / dot(turn, turn);
            for x in &mut direction {
                *x *= scale;
            }
        }
        for ((step, turn), share) in steps.iter().zip(shares.iter().rev()) {
            let back = dot(turn, &direction) / dot(step, turn);
            add(&mut direction, share - back, step);
        }
        direction
    }
}

fn add(sum: &mut [f64], factor: f64, vector: &[f64]) {
    for (sum, x) in sum.iter_mut().zip(vector) {
        *sum += factor * x;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `100 (y - x²)² + (1 - x)²`, least at `(1, 1)`.
    fn rosenbrock(x: &[f64], slopes: &mut [f64]) -> f64 {
        let (valley, rest) = (x[1] - x[0] * x[0], 1.0 - x[0]);
        slopes[0] = -400.0 * x[0] * valley - 2.0 * rest;
        slopes[1] = 200.0 * valley;
        100.0 * valley * valley + rest * rest
    }

    #[test]
    fn a_curved_valley_is_followed_to_its_end() {
        let descent = Descent { lower: &[-5.0; 2], upper: &[5.0; 2], flat: 1e-8, steps: 200 };
        let mut calls = 0;
        let (x, value) = descent.run(&[-1.2, 1.0], |x, slopes| {
            calls += 1;
            rosenbrock(x, slopes)
        });
        assert!(value < 1e-12 && (x[0] - 1.0).abs() < 1e-5 && (x[1] - 1.0).abs() < 1e-5, "{x:?}: {value}");
        assert!(calls < 80, "{calls} calls; SciPy's L-BFGS-B needs 45");
    }

    #[test]
    fn a_least_value_at_the_edge_of_the_box_is_found() {
        let descent = Descent { lower: &[-5.0, -5.0], upper: &[0.5, 5.0], flat: 1e-8, steps: 200 };
        let (x, value) = descent.run(&[-1.2, 1.0], rosenbrock);
        // With x = 1/2, the best y is 1/4.
        assert!((x[0] - 0.5).abs() < 1e-9 && (x[1] - 0.25).abs() < 1e-6, "{x:?}");
        assert!((value - 0.25).abs() < 1e-9, "{value}");
    }

    #[test]
    fn a_function_that_is_nowhere_a_number_moves_nothing() {
        let descent = Descent { lower: &[0.0], upper: &[1.0], flat: 1e-8, steps: 9 };
        let (x, _) = descent.run(&[0.5], |_, slopes| {
            slopes[0] = f64::NAN;
            f64::NAN
        });
        assert!(x == [0.5], "{x:?}");
    }
}
