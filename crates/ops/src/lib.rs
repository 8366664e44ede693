//! Tensor operations that Burn lacks.
