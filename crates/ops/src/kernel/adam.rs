//! A step of Adam in one pass over a parameter, its gradient and its two moments.

use super::vectorised::vectorised;
use crate::step::AdamStep;

/// Moves `parameter` and both moments in place; all four have one length.
pub(crate) fn step(
    parameter: &mut [f32],
    gradient: &[f32],
    [first, second]: [&mut [f32]; 2],
    settings: &AdamStep,
) {
    let [keep_first, keep_second] = settings.betas;
    let [take_first, take_second] = settings.betas.map(|beta| 1.0 - beta);
    let [rate, epsilon] = settings.rate_and_epsilon();
    let kept = settings.kept();
    let moments = first.iter_mut().zip(second);
    vectorised(|| {
        for ((parameter, &gradient), (first, second)) in parameter.iter_mut().zip(gradient).zip(moments) {
            // Kept in registers: to read a vector back that was just written takes as long as all else here.
            let mean = *first * keep_first + gradient * take_first;
            let square = *second * keep_second + gradient * gradient * take_second;
            (*first, *second) = (mean, square);
            *parameter = *parameter * kept - mean * rate / (square.sqrt() + epsilon);
        }
    });
}
