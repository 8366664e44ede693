//! A step of gradient descent in one pass over a parameter, its gradient and its velocity.

use super::vectorised::vectorised;
use crate::step::SgdStep;

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
