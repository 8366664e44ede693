//! What is wrong with an experiment file, and where: file, line, caret and the nearest allowed word.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// An experiment file that cannot be used. Its message shows the place.
#[derive(Debug, thiserror::Error)]
#[error("{rendered}")]
pub struct ExperimentError {
    rendered: String,
}

impl ExperimentError {
    pub(super) fn unreadable(path: &str, reason: &str) -> Self {
        Self { rendered: format!("{path}: {reason}") }
    }

    /// `message` about the bytes `span` of `text`.
    pub(super) fn at(path: &str, text: &str, span: Range<usize>, message: &str, help: Option<&str>) -> Self {
        let snippet =
            Snippet::source(text).path(path).annotation(AnnotationKind::Primary.span(span).label(message));
        let mut groups = vec![Level::ERROR.primary_title("this experiment cannot be used").element(snippet)];
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
