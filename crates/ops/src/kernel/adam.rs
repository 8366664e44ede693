//! A step of Adam in one pass over a parameter, its gradient and its two moments.

use crate::AdamStep;

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
    let moments = first.iter_mut().zip(second);
    for ((parameter, &gradient), (first, second)) in parameter.iter_mut().zip(gradient).zip(moments) {
        *first = *first * keep_first + gradient * take_first;
        *second = *second * keep_second + gradient * gradient * take_second;
        *parameter -= *first * rate / (second.sqrt() + epsilon);
    }
}
