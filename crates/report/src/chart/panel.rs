//! Panels: a chart with its title, for one or two widths of the window, and the keys of a legend.

use super::Chart;

/// The same marks for one or two widths of the window, of which the style sheet shows one.
pub(crate) struct Panel {
    /// Its name within the page.
    pub(crate) id: String,
    pub(crate) title: String,
    /// For those who cannot see it.
    pub(crate) description: String,
    /// Each with its class.
    pub(crate) charts: Vec<(&'static str, Chart)>,
}

/// How marks look, and what they stand for.
pub(crate) struct Key {
    pub(crate) class: String,
    pub(crate) path: &'static str,
    pub(crate) text: String,
}

impl Key {
    pub(crate) fn dot(class: impl Into<String>, text: impl Into<String>) -> Self {
        Self { class: format!("dots {}", class.into()), path: "M14 6h0", text: text.into() }
    }

    pub(crate) fn line(class: impl Into<String>, text: impl Into<String>) -> Self {
        Self { class: class.into(), path: "M2 6h24", text: text.into() }
    }
}
