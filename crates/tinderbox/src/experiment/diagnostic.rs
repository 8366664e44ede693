//! Errors of an experiment file with their place: file, line, caret and the nearest allowed word.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// An experiment file that cannot be used. Its message shows the place.
#[derive(Debug, thiserror::Error)]
#[error("{rendered}")]
pub struct ExperimentError {
    rendered: String,
}

impl ExperimentError {
    /// A file that cannot be read.
    pub(crate) fn unreadable(path: &str, reason: &str) -> Self {
        Self { rendered: format!("{path}: {reason}") }
    }

    /// The TOML parser's error, at its place. It lists the allowed words in backticks after the one it found.
    pub(crate) fn toml(path: &str, text: &str, error: &toml::de::Error) -> Self {
        let message = error.message().trim().replace('\n', "; ");
        let mut words = message.split('`').skip(1).step_by(2);
        let help = words
            .next()
            .filter(|_| message.starts_with("unknown"))
            .and_then(|word| nearest(word, words))
            .map(|word| format!("did you mean `{word}`?"));
        let span = error.span().unwrap_or(0..text.len().min(1));
        Self::at(path, text, span, &message, help.as_deref())
    }

    /// `message` about the bytes `span` of `text`.
    pub(crate) fn at(path: &str, text: &str, span: Range<usize>, message: &str, help: Option<&str>) -> Self {
        let snippet =
            Snippet::source(text).path(path).annotation(AnnotationKind::Primary.span(span).label(message));
        let mut groups = vec![Level::ERROR.primary_title("this file cannot be used").element(snippet)];
        if let Some(help) = help {
            groups.push(Group::with_title(Level::HELP.secondary_title(help)));
        }
        Self { rendered: Renderer::plain().render(&groups) }
    }
}

/// The allowed word that `word` was probably meant to be.
pub(super) fn nearest<'a>(word: &str, allowed: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    allowed
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(word.len()) / 2)
        .min()
        .map(|(_, candidate)| candidate)
}
