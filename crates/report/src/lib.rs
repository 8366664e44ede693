//! Records of trials, and the page made of them.
