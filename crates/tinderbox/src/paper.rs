//! The paper that is reproduced: its title, author and date as they are reported, and what its parts are about.

use tinderbox_report::Paper;

/// The file that says it.
const FILE: &str = include_str!("../paper.toml");

/// The paper, as its file has it.
///
/// # Errors
/// If the file is wrong: the message shows the place.
pub(crate) fn paper() -> Result<Paper, toml::de::Error> {
    toml::from_str(FILE)
}

/// The paper, if one of these parts is one of its own.
///
/// # Errors
/// If its file is wrong.
pub(crate) fn paper_of<'a>(
    parts: impl IntoIterator<Item = &'a str>,
) -> Result<Option<Paper>, toml::de::Error> {
    let paper = paper()?;
    let is_of_it = parts.into_iter().any(|part| paper.parts.contains_key(part));
    Ok(is_of_it.then_some(paper))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::experiments;

    #[test]
    fn every_part_of_the_paper_has_a_heading_and_every_heading_a_part() {
        let paper = paper().expect("a paper");
        let experiments = experiments(&[]);
        let parts: Vec<&str> = experiments.iter().map(|experiment| experiment.facts.part.as_str()).collect();
        for part in &parts {
            assert!(paper.parts.contains_key(*part), "{part} has no heading");
        }
        for name in paper.parts.keys() {
            assert!(parts.contains(&name.as_str()), "no experiment is of part {name}");
        }
        for text in [&paper.title, &paper.author, &paper.date, &paper.kind, &paper.source, &paper.plain] {
            assert!(!text.trim().is_empty());
        }
    }

    #[test]
    fn a_report_without_an_experiment_of_the_paper_names_no_paper() {
        assert_eq!(paper_of(["mine", crate::experiment::BEYOND]).expect("a paper"), None);
        assert!(paper_of(["mine", "task-1"]).expect("a paper").is_some());
    }
}
