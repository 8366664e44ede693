//! What every figure of a study is made of: panels, a legend, a caption and tables of its numbers.

use super::values::{FIFTHS, Values};
use super::{ParameterKind, StudyParameter};
use crate::chart::{Key, Panel, Ruler};
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

/// For the values of a parameter; `None` where there is none to draw.
pub(super) fn ruler(parameter: &StudyParameter, values: impl IntoIterator<Item = f64>) -> Option<Ruler> {
    match &parameter.kind {
        ParameterKind::Numeric { log: false, whole: true } => Ruler::integers(values),
        ParameterKind::Numeric { log, .. } => Ruler::numbers(values, *log),
        ParameterKind::Categorical { choices } => {
            values.into_iter().next().map(|_| Ruler::Places(choices.clone()))
        }
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
