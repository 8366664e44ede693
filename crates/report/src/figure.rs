//! Curves of arms, as SVG that takes its colours and fonts from the page around it.
//!
//! Drawn with `kuva`, which passes CSS variables through as colours and so follows a dark page; `plotters`, drawn
//! beside it on trial, knows only fixed colours and one fixed font size for its ticks and labels.

pub(crate) mod axis;
mod columns;
mod frame;
mod interval;
pub(crate) mod labels;
mod palette;
mod scatter;

use kuva::backend::svg::SvgBackend;
use kuva::plot::{LinePlot, LineStyle, ScatterPlot};
use kuva::render::plots::Plot;
use kuva::render::render::{Primitive, Scene, render_multiple};

use crate::numbers::Point;
use frame::Frame;

pub(crate) use columns::Column;
pub(crate) use interval::{Interval, Scale};
pub(crate) use palette::{BANDS, Look, looks};
pub(crate) use scatter::{Dot, Scatter};

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

/// What a figure measures.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Measure {
    /// Given in `[0, 1]`, drawn in percent.
    Accuracy(&'static str),
    /// On a logarithmic axis.
    Loss(&'static str),
}

/// What a figure measures it against.
#[derive(Clone, Copy, PartialEq)]
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

/// How much room there is.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Size {
    /// Lines are labelled at their right ends.
    Wide,
    /// Lines are told apart by a legend outside.
    Narrow,
}

/// The inside of an `<svg>` element, text escaped, and what stands where in it.
pub(crate) struct Drawing {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) body: String,
    /// Vertical range of the columns.
    pub(crate) top: f64,
    pub(crate) depth: f64,
    pub(crate) columns: Vec<Column>,
}

impl From<&Point> for At {
    fn from(point: &Point) -> Self {
        Self { x: point.epoch as f64, mean: point.mean, low: point.low, high: point.high }
    }
}

/// Draws `lines`; `None` where there is nothing to draw. `id` keeps the names within the SVG apart on one page.
pub(crate) fn draw(
    lines: &[Line],
    against: Against<'_>,
    measure: Measure,
    size: Size,
    id: &str,
) -> Option<Drawing> {
    let curves: Vec<Curve> = lines.iter().map(|line| Curve::of(line, measure)).collect();
    let frame = Frame::of(&curves, against, measure, size)?;
    let bands = curves.len() <= BANDS;
    // Grey lines lie behind the others.
    let (behind, before): (Vec<&Curve>, Vec<&Curve>) = curves.iter().partition(|curve| curve.look.faint);
    let plots: Vec<Plot> = behind.iter().chain(&before).filter_map(|curve| curve.plot(bands)).collect();
    let mut scene = render_multiple(plots, frame.layout(against, measure));
    if size == Size::Wide {
        labels::label(&mut scene, &before, &frame);
    }
    rename_clips(&mut scene, id);
    let svg = SvgBackend::new().render_scene(&scene);
    // The page writes the opening tag itself: with a `viewBox`, a title and a description.
    let (_, rest) = svg.split_once('>')?;
    let body = rest.strip_suffix("</svg>")?.to_owned();
    Some(Drawing {
        width: frame.width as u32,
        height: frame.height as u32,
        body,
        top: frame.top,
        depth: frame.height - frame.bottom - frame.top,
        columns: columns::columns(lines, against, measure, &frame),
    })
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
    look: &'a Look,
    points: Vec<At>,
}

impl<'a> Curve<'a> {
    fn of(line: &'a Line<'a>, measure: Measure) -> Self {
        let unit = if matches!(measure, Measure::Accuracy(_)) { 100.0 } else { 1.0 };
        // A logarithmic axis has no place for 0.
        let drawable = |at: &&At| matches!(measure, Measure::Accuracy(_)) || at.low > 0.0;
        let scaled = |at: &At| At { x: at.x, mean: unit * at.mean, low: unit * at.low, high: unit * at.high };
        let points = line.points.iter().filter(drawable).map(scaled).collect();
        Self { name: line.name, look: &line.look, points }
    }

    fn plot(&self, band: bool) -> Option<Plot> {
        let means = self.points.iter().map(|at| (at.x, at.mean));
        let colour = self.look.colour.clone();
        if self.points.len() < 2 {
            let dot = ScatterPlot::new().with_data(means).with_color(colour).with_size(4.0);
            return (!self.points.is_empty()).then(|| dot.into());
        }
        let style = self.look.dashes.map_or(LineStyle::Solid, |dashes| LineStyle::Custom(dashes.into()));
        let line = LinePlot::new().with_data(means).with_color(colour);
        let line = line.with_stroke_width(if self.look.faint { 1.0 } else { 2.0 }).with_line_style(style);
        let edge = |of: fn(&At) -> f64| self.points.iter().map(of).collect::<Vec<f64>>();
        Some(if band { line.with_band(edge(|at| at.low), edge(|at| at.high)).into() } else { line.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCURACY: Measure = Measure::Accuracy("Test accuracy, %");

    fn points(means: &[f64]) -> Vec<At> {
        let point =
            |(at, &mean): (usize, &f64)| At { x: (at + 1) as f64, mean, low: mean - 0.01, high: mean + 0.01 };
        means.iter().enumerate().map(point).collect()
    }

    fn lines<'a>(names: &[&'a str], points: &[At]) -> Vec<Line<'a>> {
        let merits: Vec<_> = (0..names.len()).map(|merit| Some(merit as f64)).collect();
        let line = |(name, look): (&&'a str, Look)| Line { name, look, points: points.to_vec() };
        names.iter().zip(looks(&merits)).map(line).collect()
    }

    fn accuracy(names: &[&str], size: Size) -> Drawing {
        draw(&lines(names, &points(&[0.8, 0.9, 0.95])), Against::Epochs, ACCURACY, size, "f1").unwrap()
    }

    #[test]
    fn colours_are_left_to_the_page() {
        let body = accuracy(&["fcn", "cnn"], Size::Wide).body;
        assert!(body.contains("stroke=\"var(--line-0)\"") && body.contains("stroke=\"var(--line-1)\""));
        for fixed in ["#", "white", "black", "rgb(", "style="] {
            assert!(!body.replace("url(#", "").contains(fixed), "{fixed} in {body}");
        }
    }

    #[test]
    fn a_wide_figure_names_its_lines_as_text() {
        let body = accuracy(&["<img onerror=alert(1)>", "costs $x^2$"], Size::Wide).body;
        assert!(body.contains("&lt;img onerror=alert(1)&gt;") && !body.contains("<img"), "{body}");
        assert!(body.contains(">costs $x^2$<"), "{body}");
        assert!(!accuracy(&["fcn"], Size::Narrow).body.contains("fcn"));
    }

    #[test]
    fn names_within_the_drawing_are_its_own_and_equal_figures_are_equal() {
        let body = accuracy(&["fcn"], Size::Wide).body;
        assert!(
            body.contains("id=\"f1-clip\"") && body.contains("url(#f1-clip)") && !body.contains("kuva-clip"),
            "{body}"
        );
        assert_eq!(body, accuracy(&["fcn"], Size::Wide).body);
    }

    #[test]
    fn many_lines_have_no_bands_and_the_others_no_names() {
        let names: Vec<String> = (0..10).map(|number| format!("arm {number}")).collect();
        let drawing = accuracy(&names.iter().map(String::as_str).collect::<Vec<_>>(), Size::Wide);
        assert!(!drawing.body.contains("fill-opacity") && drawing.body.contains("stroke-dasharray=\"7 3\""));
        assert!(drawing.body.contains(">arm 9<") && !drawing.body.contains(">arm 0<"));
        assert!(
            drawing.columns[2].text.ends_with("\n5 others 95.00 to 95.00"),
            "{}",
            drawing.columns[2].text
        );
        assert!(accuracy(&["fcn"], Size::Wide).body.contains("fill=\"var(--line-0)\""));
    }

    #[test]
    fn a_column_an_epoch_covers_the_figure_and_says_its_values() {
        let drawing = accuracy(&["fcn"], Size::Narrow);
        let texts: Vec<&str> = drawing.columns.iter().map(|column| column.text.as_str()).collect();
        assert_eq!(texts, ["Epoch 1\nfcn 80.00", "Epoch 2\nfcn 90.00", "Epoch 3\nfcn 95.00"]);
        let width: f64 = drawing.columns.iter().map(|column| column.width).sum();
        assert!((width - (370.0 - 56.0 - 14.0)).abs() < 0.2, "{width}");
    }

    #[test]
    fn what_cannot_be_drawn_is_left_out() {
        let drawn = |lines: &[Line], measure| draw(lines, Against::Epochs, measure, Size::Narrow, "f");
        assert!(drawn(&[], ACCURACY).is_none());
        assert!(drawn(&lines(&["fcn"], &[]), Measure::Loss("")).is_none());
        let zero = lines(&["fcn"], &[At { x: 1.0, mean: 0.0, low: 0.0, high: 0.0 }]);
        assert!(drawn(&zero, Measure::Loss("")).is_none());
        assert!(drawn(&zero, ACCURACY).unwrap().body.contains("<circle"));
    }
}
