//! What every figure of a study is made of: panels, a legend, a caption and tables of the numbers.

use super::chart::Chart;
use super::values::{FIFTHS, Values};
use crate::format::number;

/// A figure, or the sentence why there is none.
pub(super) type Drawn = Result<Figure, String>;

/// Charts, and their numbers as text.
pub(super) struct Figure {
    pub(super) legend: Vec<Key>,
    pub(super) panels: Vec<Panel>,
    pub(super) caption: String,
    pub(super) tables: Vec<Table>,
}

/// The same marks for one or two widths of the window, of which the style sheet shows one.
pub(super) struct Panel {
    /// Its name within the page.
    pub(super) id: String,
    pub(super) title: String,
    /// For those who cannot see it.
    pub(super) description: String,
    /// Each with its class.
    pub(super) charts: Vec<(&'static str, Chart)>,
}

/// How marks look, and what they stand for.
pub(super) struct Key {
    pub(super) class: String,
    pub(super) path: &'static str,
    pub(super) text: String,
}

/// Numbers in rows, the first of each being its head.
pub(super) struct Table {
    /// Its name within the page.
    pub(super) id: String,
    pub(super) caption: String,
    pub(super) head: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Figure {
    /// Whether its table has room beside its only panel.
    pub(super) fn beside(&self) -> bool {
        matches!(&self.panels[..], [panel] if panel.charts.len() == 1)
    }
}

impl Key {
    pub(super) fn dot(class: impl Into<String>, text: impl Into<String>) -> Self {
        Self { class: format!("dots {}", class.into()), path: "M14 6h0", text: text.into() }
    }

    pub(super) fn line(class: impl Into<String>, text: impl Into<String>) -> Self {
        Self { class: class.into(), path: "M2 6h24", text: text.into() }
    }
}

/// What the shades of [`Values::fifth`] mean, each key made with `key`.
pub(super) fn shades(values: &Values, key: impl Fn(String, String) -> Key) -> Vec<Key> {
    let names = ["best fifth", "second", "third", "fourth", "worst fifth"];
    let shade = |fifth: usize| {
        let (best, worst) = values.ends(fifth)?;
        let range = if best.total_cmp(&worst).is_eq() {
            number(best)
        } else {
            format!("{} to {}", number(best), number(worst))
        };
        Some(key(format!("q{fifth}"), format!("{}: {range}", names[fifth])))
    };
    (0..FIFTHS).filter_map(shade).collect()
}
