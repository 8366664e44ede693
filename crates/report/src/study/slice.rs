//! The objective against each parameter, one small scatter a parameter.

use super::figure::{Drawn, Figure, Table, ruler};
use super::values::{FIFTHS, TrialValue, Values};
use super::{ParameterKind, StudyParameter, StudyView};
use crate::chart::{Chart, Key, Mark, Panel, Ruler, SMALL};
use crate::format::{ABSENT, counted, figures};

/// A panel a parameter; the shade of a dot says when its trial came.
pub(super) fn slice(study: &StudyView, values: &Values) -> Drawn {
    values.none("A slice needs")?;
    if study.parameters.is_empty() {
        return Err("A slice needs a parameter; this study has none.".into());
    }
    let panels: Vec<Panel> = study
        .parameters
        .iter()
        .enumerate()
        .filter_map(|(at, parameter)| panel(format!("{}-slice-{}", values.id, at + 1), parameter, values))
        .collect();
    if panels.is_empty() {
        return Err("A slice needs a parameter with a value; no complete trial has one.".into());
    }
    Ok(Figure {
        legend: vec![Key::dot("q4", "the first trials"), Key::dot("q0", "the last trials")],
        panels,
        caption: format!(
            "One dot per complete trial, fainter for earlier trials; a trial without the parameter has no dot.{}",
            values.note()
        ),
        tables: vec![Table {
            id: format!("{}-slice-table", values.id),
            caption: "Values of each parameter, and that of the best trial".into(),
            head: ["Parameter", "Complete trials", "Tried", "In the best trial"].map(Into::into).into(),
            rows: study.parameters.iter().map(|parameter| row(parameter, values)).collect(),
        }],
    })
}

/// The value of a parameter in words.
pub(super) fn written(parameter: &StudyParameter, place: Option<f64>) -> String {
    match (&parameter.kind, place) {
        (_, None) => ABSENT.into(),
        (ParameterKind::Numeric { .. }, Some(value)) => figures(value),
        (ParameterKind::Categorical { choices }, Some(position)) => {
            choices.get(position as usize).map_or(ABSENT.into(), Clone::clone)
        }
    }
}

/// `None` where there is no dot.
fn panel(id: String, parameter: &StudyParameter, values: &Values) -> Option<Panel> {
    let x = ruler(parameter, values.complete.iter().filter_map(|complete| complete.trial.place(parameter)))?;
    let y = Ruler::values(values.complete.iter().map(|complete| complete.value))?;
    let mut chart = Chart::new(SMALL, (&parameter.name, x), ("", y));
    let title = |complete: &TrialValue, x| format!("{} at {}", complete.title(), written(parameter, Some(x)));
    let mut shades: Vec<Vec<Mark>> = (0..FIFTHS).map(|_| vec![]).collect();
    for (rank, complete) in values.complete.iter().enumerate() {
        if let Some(x) = complete.trial.place(parameter)
            && let Some(place) = chart.at(x, complete.value)
        {
            shades[rank * FIFTHS / values.complete.len()].push(Mark::dot(place, title(complete, x)));
        }
    }
    let drawn: usize = shades.iter().map(Vec::len).sum();
    for (shade, marks) in shades.into_iter().enumerate() {
        chart.add(format!("dots q{}", FIFTHS - 1 - shade), marks);
    }
    Some(Panel {
        id,
        title: format!("{} against {}", values.objective.name, parameter.name),
        description: format!(
            "{} drawn; the best has {} {}",
            counted(drawn, "trial", "trials"),
            parameter.name,
            written(parameter, values.best().and_then(|best| best.trial.place(parameter)))
        ),
        charts: vec![("multiple", chart)],
    })
}

fn row(parameter: &StudyParameter, values: &Values) -> Vec<String> {
    let places: Vec<f64> =
        values.complete.iter().filter_map(|complete| complete.trial.place(parameter)).collect();
    let tried = match &parameter.kind {
        ParameterKind::Categorical { choices } => {
            let count = |at: usize| places.iter().filter(|&&place| place as usize == at).count();
            let choice =
                |(at, choice): (usize, &String)| format!("{choice} {}", counted(count(at), "time", "times"));
            choices.iter().enumerate().map(choice).collect::<Vec<_>>().join(", ")
        }
        ParameterKind::Numeric { .. } => {
            let ends = (places.iter().copied().reduce(f64::min), places.iter().copied().reduce(f64::max));
            let (Some(low), Some(high)) = ends else {
                return [parameter.name.as_str(), "0", ABSENT, ABSENT].map(Into::into).into();
            };
            format!("{} to {}", written(parameter, Some(low)), written(parameter, Some(high)))
        }
    };
    let best = values.best().and_then(|best| best.trial.place(parameter));
    vec![parameter.name.clone(), places.len().to_string(), tried, written(parameter, best)]
}
