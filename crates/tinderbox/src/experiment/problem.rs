//! A mistake in a file, and its place.

/// A mistake in a file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Problem {
    /// Keys on the way to it, as the file has them; it may lack the last.
    pub(super) keys: Vec<String>,
    /// What the caret stands under.
    pub(super) on: On,
    pub(super) message: String,
    /// What was probably meant.
    pub(super) nearest: Option<String>,
    /// What to do.
    pub(super) help: Option<String>,
    /// Whether what was probably meant was read in its place, so that nothing below follows from it.
    pub(super) repaired: bool,
}

/// What the caret of a mistake stands under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    Key,
    Value,
}

impl Problem {
    pub(super) fn new(keys: &[String], on: On, message: String, nearest: Option<String>) -> Self {
        Self { keys: keys.to_vec(), on, message, repaired: nearest.is_some(), nearest, help: None }
    }

    /// The help that goes with it.
    pub(super) fn help(&self) -> Option<String> {
        let nearest = self.nearest.as_ref().map(|word| format!("did you mean `{word}`?"));
        self.help.clone().or(nearest)
    }
}
