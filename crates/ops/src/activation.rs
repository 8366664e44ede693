//! What may follow a linear layer in the same pass.

/// A function of each unit, whose derivative follows from its value alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activation {
    /// `max(0, x)`
    Relu,
    /// `1 / (1 + exp(-x))`
    Sigmoid,
}
