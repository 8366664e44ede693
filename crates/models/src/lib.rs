//! Small image classifiers on Burn.
