//! Learners for Burn classifiers.
