//! The report as one HTML file: no network, no other file, and no script but a small one that it can do without.

mod arms;
mod attacked;
mod caution;
mod claim;
mod confusion;
mod cost;
mod curves;
mod experiment;
mod gallery;
mod head;
mod layers;
mod ledger;
mod perturbed;
pub(crate) mod policy;
mod search;
mod settings;
mod sprite;
mod suspicion;
mod trials;
mod verdict;

use askama::Template;

use crate::numbers::numbers;
use crate::report::{Report, ReportError};
use experiment::ExperimentPage;
use head::Fact;
use ledger::Ledger;
use sprite::{SheetPicture, Sprite};

/// Writes the page.
///
/// Every string of the report is in it as text, with any content, and the page's policy forbids any script or style but
/// Tinderbox's.
///
/// # Errors
/// If the parts of the report do not belong together, see [`Report::check`].
pub fn render(report: &Report) -> Result<String, PageError> {
    report.check()?;
    let numbers = numbers(report);
    let notice = report.notice();
    let mut sprite = Sprite::default();
    let experiments = report.experiments.iter().zip(&numbers.experiments).enumerate();
    let experiments: Vec<_> = experiments
        .map(|(number, (view, numbers))| ExperimentPage::new(number + 1, view, numbers, &mut sprite))
        .collect::<Result<_, _>>()?;
    let page = Page {
        policy: policy::policy(Some(policy::SCRIPT)),
        style: policy::STYLE,
        script: policy::SCRIPT,
        report,
        notice,
        progress: head::progress(report),
        effort: head::effort(&numbers.effort),
        facts: head::facts(report),
        ledger: Ledger::new(&numbers),
        experiments,
        sheets: sprite.pictures().map_err(PageError::Sprite)?,
    };
    Ok(page.render()?)
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The parts of the report do not belong together.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// A test image could not be drawn.
    #[error("test image {index}: {source}")]
    Picture {
        /// Position among the test images.
        index: u32,
        /// Why.
        source: png::EncodingError,
    },
    /// The test images could not be drawn together.
    #[error("test images: {0}")]
    Sprite(png::EncodingError),
    /// The template could not be filled in.
    #[error("page: {0}")]
    Template(#[from] askama::Error),
}

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    policy: String,
    style: &'static str,
    script: &'static str,
    report: &'a Report,
    notice: Option<&'a str>,
    progress: String,
    effort: Option<String>,
    facts: Vec<Fact>,
    ledger: Option<Ledger<'a>>,
    experiments: Vec<ExperimentPage<'a>>,
    sheets: Vec<SheetPicture>,
}

#[cfg(test)]
mod tests;
