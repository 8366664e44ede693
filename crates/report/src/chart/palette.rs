//! Which line looks how: a colour of the style sheet each, or grey where there are too many to tell apart.

/// Colours of the style sheet, `c0` and on.
const COLOURS: usize = 8;
/// With more lines, bands would hide each other: only the means are drawn.
pub(crate) const BANDS: usize = 6;
/// Lines in colour where there are more than colours.
const BRIGHT: usize = 5;

/// How a line is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Look {
    /// Classes of the style sheet.
    pub(crate) class: String,
    /// Thin and behind the others, without a label.
    pub(crate) faint: bool,
}

/// A look for each line. With more lines than colours, those of highest merit are in colour and the others grey.
pub(crate) fn looks(merits: &[Option<f64>]) -> Vec<Look> {
    let mut by_merit: Vec<usize> = (0..merits.len()).collect();
    if merits.len() > COLOURS {
        // What has no number comes last; equals keep their order.
        let merit = |line: usize| merits[line].unwrap_or(f64::NEG_INFINITY);
        by_merit.sort_by(|&left, &right| merit(right).total_cmp(&merit(left)));
        by_merit.truncate(BRIGHT);
    }
    let look = |line: usize| by_merit.iter().position(|&bright| bright == line).map_or_else(grey, bright);
    (0..merits.len()).map(look).collect()
}

/// Dashes besides the colour, for those who see or print no colours.
fn bright(number: usize) -> Look {
    let dashes = if number >= COLOURS / 2 { " dashed" } else { "" };
    Look { class: format!("c{number}{dashes}"), faint: false }
}

fn grey() -> Look {
    Look { class: "thin plain".into(), faint: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_lines_have_a_colour_each() {
        let looks = looks(&[None; 8]);
        assert!(looks.iter().all(|look| !look.faint));
        assert_eq!(looks[3].class, "c3");
        assert_eq!(looks[7].class, "c7 dashed");
    }

    #[test]
    fn of_many_lines_the_best_are_in_colour() {
        let merits: Vec<Option<f64>> = (0..18).map(|line| (line != 17).then_some(f64::from(line))).collect();
        let looks = looks(&merits);
        let bright: Vec<usize> = (0..18).filter(|&line| !looks[line].faint).collect();
        assert_eq!(bright, [12, 13, 14, 15, 16]);
        assert_eq!(looks[16].class, "c0", "the best comes first");
    }
}
