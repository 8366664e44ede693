//! The page of a study: the figures of each objective, those of all trials, and the table that they are drawn from.

use askama::Template;

use super::figure::{Drawn, Table};
use super::values::Values;
use super::{Direction, StudyError, StudyView, TrialState, best, contour, distribution, history, importance};
use super::{intermediate, notes, parallel, pareto, slice, timeline, trials};
use crate::format::{count, counted, number};
use crate::page::policy::{STYLE, policy};

/// What every page's script does, and what that of a study adds: a filter of its trials.
const STUDY_SCRIPT: &str =
    concat!(include_str!("../../templates/page.js"), include_str!("../../templates/study.js"));

/// Writes the page of `study`: no network, no other file, and no script but the small one that sorts and filters tables.
///
/// Every string of the study is in it as text, with any content. A figure that does not apply is replaced by a
/// sentence that says why.
///
/// # Errors
/// If the parts of the study do not belong together, see [`StudyView::check`].
pub fn page(study: &StudyView) -> Result<String, StudyPageError> {
    study.check()?;
    let objectives: Vec<Values> =
        (0..study.objectives.len()).map(|place| Values::new(study, place)).collect();
    let page = Page {
        policy: policy(Some(STUDY_SCRIPT)),
        style: STYLE,
        script: STUDY_SCRIPT,
        name: &study.name,
        progress: progress(study),
        facts: facts(study, &objectives),
        best_title: if objectives.len() > 1 { "The best trials" } else { "The best trial" },
        best: best::best(study, &objectives),
        notes: notes::notes(study),
        sections: objectives
            .iter()
            .map(|values| of_objective(study, values))
            .chain([of_all(study)])
            .collect(),
        trials: trials::trials(study),
    };
    Ok(page.render()?)
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum StudyPageError {
    /// The parts of the study do not belong together.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// The template could not be filled in.
    #[error("page: {0}")]
    Template(#[from] askama::Error),
}

#[derive(Template)]
#[template(path = "study.html")]
struct Page<'a> {
    policy: String,
    style: &'static str,
    script: &'static str,
    name: &'a str,
    progress: String,
    /// Name and text of each.
    facts: Vec<(String, String)>,
    best_title: &'static str,
    /// The best trial of each objective.
    best: Vec<Table>,
    /// What could not be read.
    notes: Vec<String>,
    sections: Vec<Section>,
    trials: Table,
}

/// Figures under one heading.
struct Section {
    id: String,
    title: String,
    figures: Vec<Titled>,
}

struct Titled {
    title: &'static str,
    drawn: Drawn,
}

impl Direction {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Minimize => "minimize",
            Self::Maximize => "maximize",
        }
    }
}

fn of_objective(study: &StudyView, values: &Values) -> Section {
    Section {
        id: values.id.clone(),
        title: format!("{}, to {}", values.objective.name, values.objective.direction.word()),
        figures: vec![
            Titled { title: "History", drawn: history::history(values) },
            Titled { title: "Importance", drawn: importance::importance(values) },
            Titled { title: "Slices", drawn: slice::slice(study, values) },
            Titled { title: "Contours", drawn: contour::contour(study, values) },
            Titled { title: "Parallel coordinates", drawn: parallel::parallel(study, values) },
            Titled { title: "Distribution", drawn: distribution::distribution(values) },
        ],
    }
}

fn of_all(study: &StudyView) -> Section {
    Section {
        id: "study".into(),
        title: "The whole study".into(),
        figures: vec![
            Titled { title: "Pareto front", drawn: pareto::pareto(study) },
            Titled { title: "Intermediate values", drawn: intermediate::intermediate(study) },
            Titled { title: "Timeline", drawn: timeline::timeline(study) },
        ],
    }
}

/// `42 trials: 30 complete, 8 pruned, 4 running`.
fn progress(study: &StudyView) -> String {
    let states = [
        TrialState::Complete,
        TrialState::Pruned,
        TrialState::Fail,
        TrialState::Running,
        TrialState::Waiting,
    ];
    let of = |state| study.trials.iter().filter(|trial| trial.state == state).count();
    let parts: Vec<String> = states
        .into_iter()
        .filter(|&state| of(state) > 0)
        .map(|state| format!("{} {}", count(of(state) as u64), timeline::word(state)))
        .collect();
    let trials = counted(study.trials.len(), "trial", "trials");
    if parts.is_empty() { trials } else { format!("{trials}: {}", parts.join(", ")) }
}

fn facts(study: &StudyView, objectives: &[Values]) -> Vec<(String, String)> {
    let best = |values: &Values| {
        let best = values.best()?;
        let text = format!("{} in trial {}", number(best.value), best.trial.number);
        Some((format!("Best {}", values.objective.name), text))
    };
    let said = [("Sampler", &study.sampler), ("Pruner", &study.pruner), ("Lag", &study.lag)];
    let said = said.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text.clone()?)));
    objectives.iter().filter_map(best).chain(said).collect()
}
