//! The best trial of each objective: what it tried, setting by setting.

use super::StudyView;
use super::figure::Table;
use super::slice::written;
use super::values::Values;
use crate::format::number;

/// What stands for a parameter that the trial does not have.
const NOT_USED: &str = "not used";

/// A table for each objective that has a best trial.
pub(super) fn best(study: &StudyView, objectives: &[Values]) -> Vec<Table> {
    let of = |values: &Values| {
        let best = values.best()?.trial;
        let reached = study.objectives.iter().zip(&best.values);
        let reached = reached.map(|(objective, value)| vec![objective.name.clone(), number(*value)]);
        let tried = study.parameters.iter().map(|parameter| {
            let place = best.place(parameter);
            let value = place.map_or_else(|| NOT_USED.into(), |place| written(parameter, Some(place)));
            vec![parameter.name.clone(), value]
        });
        let by = match objectives.len() {
            1 => String::new(),
            _ => format!(" by {}", values.objective.name),
        };
        Some(Table {
            id: format!("{}-best-table", values.id),
            caption: format!("Trial {}, the best{by} ({})", best.number, values.objective.direction.word()),
            head: ["Setting", "Value"].map(Into::into).into(),
            rows: reached.chain(tried).collect(),
        })
    };
    objectives.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::tests::mixed;

    #[test]
    fn every_setting_of_the_best_trial_has_a_row_and_one_that_it_lacks_is_not_used() {
        let study = mixed();
        let objectives: Vec<Values> = (0..2).map(|place| Values::new(&study, place)).collect();
        let tables = best(&study, &objectives);
        assert_eq!(tables[0].caption, "Trial 1, the best by loss (minimize)");
        let rows = |place: usize| tables[place].rows.iter().map(|row| row.join(" ")).collect::<Vec<_>>();
        assert_eq!(rows(0), ["loss 0.25", "seconds 20", "rate 0.01", "optimiser sgd", "momentum 0.9"]);
        assert_eq!(tables[1].caption, "Trial 0, the best by seconds (minimize)");
        assert_eq!(rows(1).last().unwrap(), "momentum not used");
    }
}
