//! The experiments of the paper.

/// In the paper's order: path and text.
pub(crate) const PAPER: [(&str, &str); 8] = [
    ("experiments/architectures.toml", include_str!("../../experiments/architectures.toml")),
    ("experiments/initialisation.toml", include_str!("../../experiments/initialisation.toml")),
    ("experiments/learning-rate.toml", include_str!("../../experiments/learning-rate.toml")),
    ("experiments/ensemble.toml", include_str!("../../experiments/ensemble.toml")),
    ("experiments/dropout.toml", include_str!("../../experiments/dropout.toml")),
    ("experiments/adversarial.toml", include_str!("../../experiments/adversarial.toml")),
    ("experiments/random-search.toml", include_str!("../../experiments/random-search.toml")),
    ("experiments/architecture-grid.toml", include_str!("../../experiments/architecture-grid.toml")),
];
