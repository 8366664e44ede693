//! What curves show: a line an arm, what it measures, and against what.

use super::{Axis, Look, Ruler};
use crate::format::percent;

/// One arm.
pub(crate) struct Line<'a> {
    pub(crate) name: &'a str,
    pub(crate) look: Look,
    pub(crate) points: Vec<At>,
}

/// A place on a line: the mean over seeds, and the band around it.
#[derive(Clone, Copy)]
pub(crate) struct At {
    pub(crate) x: f64,
    pub(crate) mean: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// What curves measure, by its name.
#[derive(Clone, Copy)]
pub(crate) enum Measure {
    /// In `[0, 1]`, drawn in percent.
    Accuracy(&'static str),
    /// On a logarithmic axis.
    Loss(&'static str),
}

/// What curves measure it against.
#[derive(Clone, Copy)]
pub(crate) enum Against<'a> {
    /// Epochs, from 1.
    Epochs,
    /// The strength of an attack, from 0.
    Strength {
        /// Which attack.
        title: &'a str,
        /// Symbol of its strength.
        symbol: &'a str,
    },
}

impl Measure {
    /// Its name at the axis.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Accuracy(label) | Self::Loss(label) => label,
        }
    }

    /// A value as the axis has it.
    pub(super) fn drawn(self, value: f64) -> f64 {
        match self {
            Self::Accuracy(_) => 100.0 * value,
            Self::Loss(_) => value,
        }
    }

    pub(super) fn ruler(self, values: impl Iterator<Item = f64>) -> Option<Ruler> {
        let drawn = values.map(|value| self.drawn(value));
        match self {
            Self::Accuracy(_) => Ruler::percent(drawn),
            Self::Loss(_) => Ruler::numbers(drawn, true),
        }
    }

    /// A value in words; the unit of an accuracy is left to the caller.
    pub(crate) fn written(self, value: f64) -> String {
        match self {
            Self::Accuracy(_) => percent(value),
            Self::Loss(_) => format!("{value:.4}"),
        }
    }
}

impl Against<'_> {
    pub(super) fn label(self) -> String {
        match self {
            Self::Epochs => "Epoch".into(),
            Self::Strength { title, symbol } => format!("Strength of {title}, {symbol}"),
        }
    }

    pub(super) fn ruler(self, places: impl Iterator<Item = f64>) -> Option<Ruler> {
        let last = places.reduce(f64::max)?;
        Some(match self {
            Self::Epochs => Ruler::Even(Axis::whole(1.0, last)),
            Self::Strength { .. } => Ruler::Even(Axis::around(0.0, last)),
        })
    }

    /// A place in words.
    pub(super) fn written(self, place: f64) -> String {
        match self {
            Self::Epochs => format!("Epoch {place}"),
            Self::Strength { symbol, .. } => format!("{symbol} = {place}"),
        }
    }
}
