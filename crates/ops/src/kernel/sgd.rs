//! A step of gradient descent in one pass over a parameter, its gradient and its velocity.

use super::vectorised::vectorised;

/// The numbers of one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SgdStep {
    /// Step width, above 0.
    pub learning_rate: f64,
    /// Share of the velocity that is kept, in `[0, 1)`; 0 is plain descent, without a velocity.
    pub momentum: f64,
}

/// Moves `parameter` and `velocity` in place; all three have one length.
pub(crate) fn step(parameter: &mut [f32], gradient: &[f32], velocity: &mut [f32], settings: SgdStep) {
    let [rate, momentum] = [settings.learning_rate as f32, settings.momentum as f32];
    vectorised(|| {
        for ((parameter, &gradient), velocity) in parameter.iter_mut().zip(gradient).zip(velocity) {
            // Kept in a register, as the moments of Adam are.
            let speed = *velocity * momentum + gradient;
            *velocity = speed;
            *parameter -= speed * rate;
        }
    });
}

/// Moves `parameter` by `rate` against `direction`, of the same length.
pub(crate) fn descend(parameter: &mut [f32], direction: &[f32], rate: f32) {
    vectorised(|| {
        for (parameter, &direction) in parameter.iter_mut().zip(direction) {
            *parameter -= direction * rate;
        }
    });
}
