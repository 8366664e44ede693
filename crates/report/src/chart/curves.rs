//! Curves: a line an arm with a band around it, its name at its right end, and its values under the pointer.

use super::columns::columns;
use super::frame::{Frame, SMALL, WIDE};
use super::line::{Against, At, Line, Measure};
use super::names::{self, place_names};
use super::palette::BANDS;
use super::{Chart, Mark};

/// The curves for a window of either width, or for a panel beside another; none where there is nothing to draw.
pub(crate) fn curves(
    lines: &[Line],
    against: Against<'_>,
    measure: Measure,
    whole: bool,
) -> Vec<(&'static str, Chart)> {
    let frames: &[_] = if whole { &[("wide", WIDE), ("narrow", SMALL)] } else { &[("multiple", SMALL)] };
    let chart = |&(class, frame): &(_, Frame)| {
        let named = class == "wide";
        Some((class, chart(lines, against, measure, if named { room(lines, frame) } else { frame }, named)?))
    };
    frames.iter().filter_map(chart).collect()
}

/// Room for the names beside the plot.
fn room(lines: &[Line], frame: Frame) -> Frame {
    let named = lines.iter().filter(|line| !line.look.faint);
    let height = f64::max(340.0, named.clone().count() as f64 * names::GAP + 70.0);
    Frame { right: names::room(named.map(|line| line.name)), height, ..frame }
}

/// `None` where no line has a point.
fn chart(lines: &[Line], against: Against<'_>, measure: Measure, frame: Frame, named: bool) -> Option<Chart> {
    let points = || lines.iter().flat_map(|line| &line.points);
    let x = against.ruler(points().map(|at| at.x))?;
    let y = measure.ruler(points().flat_map(|at| [at.low, at.high]))?;
    let mut chart = Chart::new(frame, (&against.label(), x), (measure.label(), y));
    let (faint, bright): (Vec<&Line>, Vec<&Line>) = lines.iter().partition(|line| line.look.faint);
    for line in faint {
        chart.line(line, measure);
    }
    if lines.len() <= BANDS {
        for line in &bright {
            let edge = |of: fn(&At) -> f64| -> Vec<(f64, f64)> {
                line.points.iter().filter_map(|at| chart.at(at.x, measure.drawn(of(at)))).collect()
            };
            let band = Mark::area(&edge(|at| at.low), &edge(|at| at.high));
            chart.add(format!("band {}", line.look.class), band.into_iter().collect());
        }
    }
    for line in &bright {
        chart.line(line, measure);
    }
    if named {
        let end = |line: &&Line| {
            let last = line.points.last()?;
            let place = chart.at(last.x, measure.drawn(last.mean))?;
            Some((line.name.to_owned(), line.look.class.clone(), place))
        };
        let ends = bright.iter().filter_map(end).collect();
        place_names(&mut chart, ends);
    }
    chart.columns = columns(lines, against, measure, &chart);
    Some(chart)
}

impl Chart {
    fn line(&mut self, line: &Line, measure: Measure) {
        let places = line.points.iter().map(|at| self.at(at.x, measure.drawn(at.mean)));
        let mark = Mark::line(places, None);
        let kind = if line.points.len() == 1 { "dots" } else { "line" };
        if !line.points.is_empty() {
            self.add(format!("{kind} {}", line.look.class), vec![mark]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{Look, looks};

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

    fn accuracy(names: &[&str], whole: bool) -> Chart {
        let lines = lines(names, &points(&[0.8, 0.9, 0.95]));
        curves(&lines, Against::Epochs, ACCURACY, whole).remove(0).1
    }

    fn classes(chart: &Chart) -> Vec<&str> {
        chart.layers.iter().map(|layer| layer.class.as_str()).collect()
    }

    #[test]
    fn bands_lie_behind_lines_and_every_line_has_its_class() {
        assert_eq!(
            classes(&accuracy(&["fcn", "cnn"], false)),
            ["grid", "axis", "band c0", "band c1", "line c0", "line c1"]
        );
    }

    #[test]
    fn a_line_goes_through_its_means_and_a_band_around_them() {
        let chart = accuracy(&["fcn"], false);
        let at = |x, y| chart.at(x, y).map(|(x, y)| format!("{x} {y}")).unwrap();
        let (line, band) = (&chart.layers[3].marks[0].path, &chart.layers[2].marks[0].path);
        assert_eq!(*line, format!("M{}L{}L{}", at(1.0, 80.0), at(2.0, 90.0), at(3.0, 95.0)));
        assert!(band.starts_with(&format!("M{}", at(1.0, 79.0))) && band.ends_with('Z'), "{band}");
        assert!(band.contains(&at(3.0, 96.0)));
    }

    #[test]
    fn a_wide_chart_names_its_lines() {
        let named =
            |chart: &Chart| chart.texts.iter().any(|text| text.text == "fcn" && text.class == "name c0");
        assert!(named(&accuracy(&["fcn"], true)) && !named(&accuracy(&["fcn"], false)));
    }

    #[test]
    fn many_lines_have_no_bands_and_the_others_no_names() {
        let names: Vec<String> = (0..10).map(|number| format!("arm {number}")).collect();
        let chart = accuracy(&names.iter().map(String::as_str).collect::<Vec<_>>(), true);
        let classes = classes(&chart);
        assert!(
            classes.contains(&"line c4 dashed") && !classes.iter().any(|class| class.starts_with("band"))
        );
        assert_eq!(classes.iter().filter(|class| **class == "line thin plain").count(), 5);
        let is_named = |name: &str| chart.texts.iter().any(|text| text.text == name);
        assert!(is_named("arm 9") && !is_named("arm 0"));
        let text = &chart.columns[2].text;
        assert!(text.ends_with("\n5 others 95.00 to 95.00"), "{text}");
    }

    #[test]
    fn a_column_an_epoch_covers_the_chart_and_says_its_values() {
        let chart = accuracy(&["fcn"], false);
        let texts: Vec<&str> = chart.columns.iter().map(|column| column.text.as_str()).collect();
        assert_eq!(texts, ["Epoch 1\nfcn 80.00", "Epoch 2\nfcn 90.00", "Epoch 3\nfcn 95.00"]);
        let width: f64 = chart.columns.iter().map(|column| column.width).sum();
        assert!((width - (chart.frame.edge() - chart.frame.left)).abs() < 0.2, "{width}");
    }

    #[test]
    fn what_cannot_be_drawn_is_left_out() {
        let drawn = |lines: &[Line], measure| curves(lines, Against::Epochs, measure, false);
        assert!(drawn(&[], ACCURACY).is_empty());
        assert!(drawn(&lines(&["fcn"], &[]), Measure::Loss("")).is_empty());
        let zero = lines(&["fcn"], &[At { x: 1.0, mean: 0.0, low: 0.0, high: 0.0 }]);
        assert!(drawn(&zero, Measure::Loss("")).is_empty());
        assert_eq!(classes(&drawn(&zero, ACCURACY)[0].1).last(), Some(&"dots c0"));
    }
}
