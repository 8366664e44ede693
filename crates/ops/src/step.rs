//! What an optimiser's step is told.

/// The numbers of one step of Adam.
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

/// The numbers of one step of gradient descent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SgdStep {
    /// Step width, above 0.
    pub learning_rate: f64,
    /// Share of the velocity that is kept, in `[0, 1)`; 0 is plain descent, without a velocity.
    pub momentum: f64,
}
