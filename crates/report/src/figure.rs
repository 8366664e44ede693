//! Curves of arms by epoch, as SVG that takes its colours and fonts from the page around it.
//!
//! Drawn with `kuva`, which passes CSS variables through as colours and so follows a dark page; `plotters`, drawn
//! beside it on trial, knows only fixed colours and one fixed font size for its ticks and labels.

mod axis;
mod labels;

use std::sync::Arc;

use kuva::backend::svg::SvgBackend;
use kuva::plot::{LinePlot, LineStyle, ScatterPlot};
use kuva::render::layout::{Layout, TickFormat};
use kuva::render::plots::Plot;
use kuva::render::render::{Primitive, Scene, render_multiple};
use kuva::render::theme::Theme;

use crate::numbers::Point;
use axis::Axis;

/// Colours of the style sheet, `--line-0` and on; further lines repeat them with other dashes.
pub(crate) const COLOURS: usize = 8;
/// With more lines, bands would hide each other: only the means are drawn.
pub(crate) const BANDS: usize = 6;

/// One arm.
pub(crate) struct Line<'a> {
    pub(crate) name: &'a str,
    pub(crate) points: &'a [Point],
}

/// What a figure measures.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Measure {
    /// Given in `[0, 1]`, drawn in percent.
    Accuracy(&'static str),
    /// On a logarithmic axis.
    Loss(&'static str),
}

/// How much room there is.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Size {
    /// Lines are labelled at their right ends.
    Wide,
    /// Lines are told apart by a legend outside.
    Narrow,
}

/// The inside of an `<svg>` element, text escaped.
pub(crate) struct Drawing {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) body: String,
}

/// Draws `lines`; `None` where there is nothing to draw. `id` keeps the names within the SVG apart on one page.
pub(crate) fn draw(lines: &[Line], measure: Measure, size: Size, id: &str) -> Option<Drawing> {
    let lines: Vec<Curve> =
        lines.iter().enumerate().map(|(number, line)| Curve::of(number, line, measure)).collect();
    let frame = Frame::of(&lines, measure, size)?;
    let bands = lines.len() <= BANDS;
    let plots: Vec<Plot> = lines.iter().filter_map(|line| line.plot(bands)).collect();
    let mut scene = render_multiple(plots, frame.layout(measure));
    if size == Size::Wide {
        labels::label(&mut scene, &lines, &frame);
    }
    rename_clips(&mut scene, id);
    let svg = SvgBackend::new().render_scene(&scene);
    // The page writes the opening tag itself: with a `viewBox`, a title and a description.
    let (_, rest) = svg.split_once('>')?;
    let body = rest.strip_suffix("</svg>")?.to_owned();
    Some(Drawing { width: frame.width as u32, height: frame.height as u32, body })
}

/// CSS colour of line `number`.
pub(crate) fn colour(number: usize) -> String {
    format!("var(--line-{})", number % COLOURS)
}

/// Dashes of line `number`, as SVG writes them; a solid line has none.
pub(crate) fn dashes(number: usize) -> Option<&'static str> {
    [None, Some("7 3"), Some("2 3"), Some("8 3 2 3")][number / COLOURS % 4]
}

/// `kuva` counts its clip paths over the life of the process: with names of our own, equal figures are equal bytes.
fn rename_clips(scene: &mut Scene, id: &str) {
    for element in &mut scene.elements {
        if let Primitive::ClipStart { id: counted, .. } = element {
            let ours = format!("{id}-clip");
            scene.defs.iter_mut().for_each(|definition| *definition = definition.replace(&*counted, &ours));
            *counted = ours;
        }
    }
}

/// A line in the units of the axis.
struct Curve<'a> {
    name: &'a str,
    colour: String,
    dashes: Option<&'static str>,
    /// Epoch, mean, lowest, highest.
    points: Vec<(f64, f64, f64, f64)>,
}

impl<'a> Curve<'a> {
    fn of(number: usize, line: &Line<'a>, measure: Measure) -> Self {
        let unit = if matches!(measure, Measure::Accuracy(_)) { 100.0 } else { 1.0 };
        // A logarithmic axis has no place for 0.
        let drawable = |point: &&Point| matches!(measure, Measure::Accuracy(_)) || point.low > 0.0;
        let points = line.points.iter().filter(drawable);
        let points = points.map(|p| (p.epoch as f64, unit * p.mean, unit * p.low, unit * p.high)).collect();
        Self { name: line.name, colour: colour(number), dashes: dashes(number), points }
    }

    fn plot(&self, band: bool) -> Option<Plot> {
        let means = self.points.iter().map(|point| (point.0, point.1));
        if self.points.len() < 2 {
            let dot = ScatterPlot::new().with_data(means).with_color(self.colour.clone()).with_size(4.0);
            return (!self.points.is_empty()).then(|| dot.into());
        }
        let style = self.dashes.map_or(LineStyle::Solid, |dashes| LineStyle::Custom(dashes.into()));
        let line = LinePlot::new().with_data(means).with_color(self.colour.clone());
        let line = line.with_stroke_width(2.0).with_line_style(style);
        let edge = |of: fn(&(f64, f64, f64, f64)) -> f64| self.points.iter().map(of).collect::<Vec<f64>>();
        Some(if band {
            line.with_band(edge(|point| point.2), edge(|point| point.3)).into()
        } else {
            line.into()
        })
    }
}

/// Where the axes lie, in pixels and in units.
struct Frame {
    width: f64,
    height: f64,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    epochs: Axis,
    values: Axis,
}

impl Frame {
    /// `None` where no line has a point.
    fn of(lines: &[Curve], measure: Measure, size: Size) -> Option<Self> {
        let points = || lines.iter().flat_map(|line| line.points.iter());
        let last = points().map(|point| point.0).reduce(f64::max)?;
        let (low, high) = (points().map(|p| p.2).reduce(f64::min)?, points().map(|p| p.3).reduce(f64::max)?);
        let values = match measure {
            Measure::Accuracy(_) => Axis::percent(low, high),
            Measure::Loss(_) => Axis::logarithmic(low, high),
        };
        let (width, mut height, right) = match size {
            Size::Wide => (760.0, 340.0_f64, labels::room(lines)),
            Size::Narrow => (370.0, 270.0, 14.0),
        };
        if size == Size::Wide {
            height = height.max(lines.len() as f64 * labels::GAP + 70.0);
        }
        Some(Self {
            width,
            height,
            left: 56.0,
            right,
            top: 12.0,
            bottom: 48.0,
            epochs: Axis::epochs(last),
            values,
        })
    }

    fn layout(&self, measure: Measure) -> Layout {
        let theme = Theme {
            background: "none".into(),
            axis_color: "var(--axis)".into(),
            grid_color: "var(--grid)".into(),
            tick_color: "var(--axis)".into(),
            text_color: "var(--quiet)".into(),
            font_family: Some("inherit".into()),
            ..Theme::light()
        };
        let layout = Layout::new((self.epochs.low, self.epochs.high), (self.values.low, self.values.high))
            .with_theme(theme)
            .with_width(self.width)
            .with_height(self.height)
            .with_force_margins(self.left, self.right)
            .with_force_margins_y(self.top, self.bottom)
            .with_x_axis_min(self.epochs.low)
            .with_x_axis_max(self.epochs.high)
            .with_x_tick_step(self.epochs.step)
            .with_y_axis_min(self.values.low)
            .with_y_axis_max(self.values.high)
            .with_tick_size(12)
            .with_label_size(13)
            .with_x_label("Epoch");
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

    /// Horizontal place of an epoch, in pixels.
    fn x(&self, epoch: f64) -> f64 {
        let share = (epoch - self.epochs.low) / (self.epochs.high - self.epochs.low);
        self.left + share * (self.width - self.left - self.right)
    }

    /// Vertical place of a value in percent, in pixels.
    fn y(&self, value: f64) -> f64 {
        let share = (value - self.values.low) / (self.values.high - self.values.low);
        self.height - self.bottom - share * (self.height - self.bottom - self.top)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(means: &[f64]) -> Vec<Point> {
        let point = |(at, &mean): (usize, &f64)| Point {
            epoch: at + 1,
            trials: 2,
            mean,
            low: mean - 0.01,
            high: mean + 0.01,
        };
        means.iter().enumerate().map(point).collect()
    }

    fn accuracy(names: &[&str], size: Size) -> String {
        let points = points(&[0.8, 0.9, 0.95]);
        let lines: Vec<Line> = names.iter().map(|name| Line { name, points: &points }).collect();
        draw(&lines, Measure::Accuracy("Test accuracy, %"), size, "f1").unwrap().body
    }

    #[test]
    fn colours_are_left_to_the_page() {
        let body = accuracy(&["fcn", "cnn"], Size::Wide);
        assert!(body.contains("stroke=\"var(--line-0)\"") && body.contains("stroke=\"var(--line-1)\""));
        for fixed in ["#", "white", "black", "rgb("] {
            assert!(!body.replace("url(#", "").contains(fixed), "{fixed} in {body}");
        }
    }

    #[test]
    fn a_wide_figure_names_its_lines_as_text() {
        let body = accuracy(&["<img onerror=alert(1)>", "costs $x^2$"], Size::Wide);
        assert!(body.contains("&lt;img onerror=alert(1)&gt;") && !body.contains("<img"), "{body}");
        assert!(body.contains(">costs $x^2$<"), "{body}");
        assert!(!accuracy(&["fcn"], Size::Narrow).contains("fcn"));
    }

    #[test]
    fn names_within_the_drawing_are_its_own_and_equal_figures_are_equal() {
        let body = accuracy(&["fcn"], Size::Wide);
        assert!(
            body.contains("id=\"f1-clip\"") && body.contains("url(#f1-clip)") && !body.contains("kuva-clip"),
            "{body}"
        );
        assert_eq!(body, accuracy(&["fcn"], Size::Wide));
    }

    #[test]
    fn many_lines_have_no_bands_and_other_dashes() {
        let names: Vec<String> = (0..10).map(|number| format!("arm {number}")).collect();
        let body = accuracy(&names.iter().map(String::as_str).collect::<Vec<_>>(), Size::Wide);
        assert!(!body.contains("fill-opacity") && body.contains("stroke-dasharray=\"7 3\""), "{body}");
        assert!(accuracy(&["fcn"], Size::Wide).contains("fill=\"var(--line-0)\""));
    }

    #[test]
    fn what_cannot_be_drawn_is_left_out() {
        assert!(draw(&[], Measure::Accuracy(""), Size::Wide, "f").is_none());
        assert!(draw(&[Line { name: "fcn", points: &[] }], Measure::Loss(""), Size::Wide, "f").is_none());
        let zero = [Point { epoch: 1, trials: 1, mean: 0.0, low: 0.0, high: 0.0 }];
        assert!(draw(&[Line { name: "fcn", points: &zero }], Measure::Loss(""), Size::Wide, "f").is_none());
        let one = draw(&[Line { name: "fcn", points: &zero }], Measure::Accuracy(""), Size::Narrow, "f");
        assert!(one.unwrap().body.contains("<circle"));
    }
}
