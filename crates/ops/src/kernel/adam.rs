//! A step of Adam in one pass over a parameter, its gradient and its two moments.

use super::vectorised::vectorised;

/// The numbers of one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamStep {
    /// Number of the step, from 1.
    pub time: usize,
    /// Step width, above 0.
    pub learning_rate: f64,
    /// Decay of the mean of gradients and of the mean of their squares, in `[0, 1)`.
    pub betas: [f32; 2],
    /// Added to the denominator, above 0.
    pub epsilon: f32,
    /// Share of a parameter that a step of width 1 takes away from it, at least 0; 0 is Adam, anything above is `AdamW`.
    pub weight_decay: f64,
}

impl AdamStep {
    /// Share of a parameter that its decay leaves.
    pub(crate) fn kept(&self) -> f32 {
        (1.0 - self.learning_rate * self.weight_decay) as f32
    }

    /// Both with the corrections of the two means in them, so that no pass is spent on these.
    pub(crate) fn rate_and_epsilon(&self) -> [f32; 2] {
        let time = i32::try_from(self.time).unwrap_or(i32::MAX);
        let [first, second] = self.betas.map(|beta| 1.0 - f64::from(beta).powi(time));
        let rate = self.learning_rate * second.sqrt() / first;
        [rate as f32, (f64::from(self.epsilon) * second.sqrt()) as f32]
    }
}

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
