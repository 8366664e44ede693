//! The frame of a figure: where its axes lie, in pixels and in units.

use std::sync::Arc;

use kuva::render::layout::{Layout, TickFormat};
use kuva::render::theme::Theme;

use super::axis::Axis;
use super::{Against, At, Curve, Measure, Size, labels};

/// Where the axes lie, in pixels and in units.
pub(super) struct Frame {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
    across: Axis,
    values: Axis,
}

impl Frame {
    /// `None` where no line has a point.
    pub(super) fn of(lines: &[Curve], against: Against, measure: Measure, size: Size) -> Option<Self> {
        let points = || lines.iter().flat_map(|line| line.points.iter());
        let last = points().map(|at| at.x).reduce(f64::max)?;
        let extreme = |of: fn(&At) -> f64, reduce: fn(f64, f64) -> f64| points().map(of).reduce(reduce);
        let (low, high) = (extreme(|at| at.low, f64::min)?, extreme(|at| at.high, f64::max)?);
        let values = match measure {
            Measure::Accuracy(_) => Axis::percent(low, high),
            Measure::Loss(_) => Axis::logarithmic(low, high),
        };
        let across = match against {
            Against::Epochs => Axis::epochs(last),
            Against::Strength { .. } => Axis::strengths(last),
        };
        let labelled: Vec<&Curve> = lines.iter().filter(|line| !line.look.faint).collect();
        let (width, mut height, right) = match size {
            Size::Wide => (760.0, 340.0_f64, labels::room(&labelled)),
            Size::Narrow => (370.0, 270.0, 14.0),
        };
        if size == Size::Wide {
            height = height.max(labelled.len() as f64 * labels::GAP + 70.0);
        }
        Some(Self { width, height, left: 56.0, right, top: 12.0, bottom: 48.0, across, values })
    }

    pub(super) fn layout(&self, against: Against, measure: Measure) -> Layout {
        let theme = Theme {
            background: "none".into(),
            axis_color: "var(--axis)".into(),
            grid_color: "var(--grid)".into(),
            tick_color: "var(--axis)".into(),
            text_color: "var(--quiet)".into(),
            font_family: Some("inherit".into()),
            ..Theme::light()
        };
        let layout = Layout::new((self.across.low, self.across.high), (self.values.low, self.values.high))
            .with_theme(theme)
            .with_width(self.width)
            .with_height(self.height)
            .with_force_margins(self.left, self.right)
            .with_force_margins_y(self.top, self.bottom)
            .with_x_axis_min(self.across.low)
            .with_x_axis_max(self.across.high)
            .with_x_tick_step(self.across.step)
            .with_y_axis_min(self.values.low)
            .with_y_axis_max(self.values.high)
            .with_tick_size(12)
            .with_label_size(13)
            .with_x_label(match against {
                Against::Epochs => "Epoch".into(),
                Against::Strength { title, symbol } => format!("Strength of {title}, {symbol}"),
            });
        match measure {
            Measure::Accuracy(label) => layout.with_y_label(label).with_y_tick_step(self.values.step),
            Measure::Loss(label) => {
                // Else `kuva` would mix `0.50` with `1e-1`.
                let plain =
                    |value: f64| format!("{value:.6}").trim_end_matches('0').trim_end_matches('.').to_owned();
                layout
                    .with_y_label(label)
                    .with_log_y()
                    .with_y_tick_format(TickFormat::Custom(Arc::new(plain)))
            }
        }
    }

    /// Horizontal place of an epoch or a strength, in pixels.
    pub(super) fn x(&self, across: f64) -> f64 {
        let share = (across - self.across.low) / (self.across.high - self.across.low);
        self.left + share * (self.width - self.left - self.right)
    }

    /// Vertical place of a value in percent, in pixels.
    pub(super) fn y(&self, value: f64) -> f64 {
        let share = (value - self.values.low) / (self.values.high - self.values.low);
        self.height - self.bottom - share * (self.height - self.bottom - self.top)
    }
}
