//! The room of a chart: how large it is, and how much of it lies around the plot.

/// Pixels of a letter, more or less.
pub(crate) const LETTER: f64 = 6.6;

/// Room for a chart, in pixels.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) top: f64,
    pub(crate) bottom: f64,
}

/// For a panel of its own.
pub(crate) const WIDE: Frame =
    Frame { width: 760.0, height: 300.0, left: 62.0, right: 16.0, top: 26.0, bottom: 42.0 };
/// For a panel beside another, or a narrow window.
pub(crate) const SMALL: Frame = Frame { width: 370.0, height: 260.0, right: 14.0, ..WIDE };

impl Frame {
    /// With room for texts of `letters` letters on its left, within reason.
    pub(crate) fn with_names(self, letters: usize) -> Self {
        let left = (LETTER * letters as f64 + 16.0).clamp(self.left, 0.36 * self.width);
        Self { left, ..self }
    }

    pub(crate) fn with_rows(self, rows: usize, row: f64) -> Self {
        Self { height: self.top + self.bottom + row * rows as f64, ..self }
    }

    pub(crate) fn x(&self, share: f64) -> f64 {
        round(self.left + share * (self.width - self.left - self.right))
    }

    pub(crate) fn y(&self, share: f64) -> f64 {
        round(self.height - self.bottom - share * (self.height - self.bottom - self.top))
    }

    /// The place nearest to `x` where the middle of a text leaves it within the chart.
    pub(super) fn inside(&self, x: f64, text: &str) -> f64 {
        x.min(round(self.width - LETTER * text.chars().count() as f64 / 2.0))
    }

    /// Where the horizontal axis lies.
    pub(crate) fn base(&self) -> f64 {
        self.height - self.bottom
    }

    /// Where the plot ends on its right.
    pub(crate) fn edge(&self) -> f64 {
        self.width - self.right
    }
}

/// To tenths of a pixel.
pub(crate) fn round(pixels: f64) -> f64 {
    (10.0 * pixels).round() / 10.0
}
