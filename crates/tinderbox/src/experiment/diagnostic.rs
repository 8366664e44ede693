//! Errors of an experiment file with their place: file, line, caret and the nearest allowed word.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// An experiment file that cannot be used. Its message shows each mistake at its place.
#[derive(Debug, thiserror::Error)]
#[error("{rendered}")]
pub struct ExperimentError {
    rendered: String,
}

/// A mistake as a reader sees it.
pub(crate) struct Shown {
    /// The bytes that are wrong.
    pub(crate) span: Range<usize>,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

/// Mistakes that are shown of one file.
const MOST: usize = 20;

impl ExperimentError {
    /// A file that cannot be read.
    pub(crate) fn unreadable(path: &str, reason: &str) -> Self {
        Self { rendered: format!("{path}: {reason}") }
    }

    /// Mistakes in `text`, in its order; not all of them, if there `are_more`.
    pub(crate) fn of(path: &str, text: &str, mut mistakes: Vec<Shown>, are_more: bool) -> Self {
        mistakes.sort_by_key(|mistake| mistake.span.start);
        let blocks = mistakes.iter().take(MOST).map(|mistake| mistake.render(path, text));
        let mut rendered = blocks.collect::<Vec<_>>().join("\n\n");
        // Whoever prints an error says so of the first.
        if let Some(first) = rendered.strip_prefix("error: ") {
            rendered = first.to_string();
        }
        let count = mistakes.len();
        if count > 1 {
            let shown = if count > MOST { format!("; the first {MOST} are shown") } else { String::new() };
            let least = if are_more { "at least " } else { "" };
            rendered = format!("{rendered}\n\n{path}: {least}{count} mistakes{shown}");
        }
        Self { rendered }
    }

    /// All of these, of several files.
    ///
    /// # Errors
    /// If there are any.
    pub fn all(errors: Vec<Self>) -> Result<(), Self> {
        let rendered: Vec<String> = errors.into_iter().map(|error| error.rendered).collect();
        if rendered.is_empty() { Ok(()) } else { Err(Self { rendered: rendered.join("\n\nerror: ") }) }
    }
}

impl Shown {
    fn render(&self, path: &str, text: &str) -> String {
        let snippet =
            Snippet::source(text).path(path).annotation(AnnotationKind::Primary.span(self.span.clone()));
        let mut groups = vec![Level::ERROR.primary_title(&self.message).element(snippet)];
        if let Some(help) = &self.help {
            groups.push(Group::with_title(Level::HELP.secondary_title(help)));
        }
        Renderer::plain().render(&groups)
    }
}
