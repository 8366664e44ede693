//! `tinderbox predict`: a row of numbers in, a digit and probabilities out.

mod rows;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;
use tinderbox_training::{Examples, evaluate};

use self::rows::Rows;
use super::{Exit, Refusal, say_data};
use crate::choice::choice;
use tinderbox::backend::Backend;
use tinderbox::catalog::Catalog;
use tinderbox::json;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Predict {
    /// Weights file saved by `train`
    weights: PathBuf,

    /// File with one row of numbers per image; `-` or no file reads standard input
    rows: Option<PathBuf>,

    /// Range of the pixel values
    #[arg(long, value_enum, default_value_t)]
    values: Values,

    /// Print each answer as a line of JSON
    #[arg(long)]
    json: bool,

    /// Compute backend
    #[arg(long, value_parser = choice(Backend::ALL), default_value_t)]
    backend: Backend,
}

const EXAMPLES: &str = "\
Examples:
  tinderbox predict cnn.safetensors digits.txt
  zcat zip.test.gz | cut -d' ' -f2- | tinderbox predict cnn.safetensors --values usps --json

A line holds the pixels of one image, row by row from the top, separated by spaces or commas.";

const NOT_FINITE: &str =
    "the network's scores are not finite (NaN or infinite): its weights are so large that sums overflow";

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Values {
    /// 0 (background) to 1 (ink)
    #[default]
    Unit,
    /// -1 (background) to 1 (ink), as the USPS files have it
    Usps,
    /// 0 (background) to 255 (ink)
    Bytes,
}

#[derive(Serialize)]
struct Answer<'a> {
    digit: usize,
    probabilities: &'a [f32],
}

impl Predict {
    pub(super) fn run(self, catalog: &Catalog) -> Result<Exit, Refusal> {
        let device = self.backend.open()?;
        let (network, trained) = catalog.networks.load(&self.weights, &device)?;
        let shape = network.input().shape();
        let victim = trained.victim();
        let expected = shape.iter().product();
        let mut rows = Rows::open(self.rows.as_deref(), expected)?;
        let mut nothing = true;
        while let Some(row) = rows.next_row()? {
            nothing = false;
            let pixels = self.values.pixels(&row, expected).map_err(|reason| rows.refuse(reason))?;
            let evaluation = evaluate(&victim, &Examples::new(&pixels, &[0], shape, 1)?, &device);
            let Some(digit) = evaluation.answers().next().flatten() else {
                return Err(rows.refuse(NOT_FINITE).into());
            };
            let probabilities = &evaluation.probabilities;
            let answer = if self.json {
                json::text(&Answer { digit, probabilities })
            } else {
                let percents: Vec<_> = probabilities
                    .iter()
                    .enumerate()
                    .map(|(d, p)| format!("{d}: {:.1} %", p * 100.0))
                    .collect();
                format!("{digit}   {}", percents.join("  "))
            };
            if !say_data(answer)? {
                break;
            }
        }
        if nothing { Err(rows.nothing().into()) } else { Ok(Exit::Done) }
    }
}

impl Values {
    /// The pixels of a row in `[0, 1]`, or what is wrong with it.
    fn pixels(self, line: &str, expected: usize) -> Result<Vec<f32>, String> {
        let (low, high) = match self {
            Self::Unit => (0.0, 1.0),
            Self::Usps => (-1.0, 1.0),
            Self::Bytes => (0.0, 255.0),
        };
        // Between commas an empty field is a missing value; a byte order mark is not part of a number.
        let line = line.trim_start_matches('\u{feff}').trim();
        let words = || -> Box<dyn Iterator<Item = &str> + '_> {
            if line.contains(',') {
                Box::new(line.split(',').map(str::trim))
            } else {
                Box::new(line.split_whitespace())
            }
        };
        let found = words().count();
        if found != expected {
            return Err(format!("{found} values, expected {expected}"));
        }
        words()
            .enumerate()
            .map(|(position, word)| {
                let value: f32 = word
                    .parse()
                    .map_err(|_| format!("value {}: `{}`, expected a number", position + 1, shown(word)))?;
                if !(low..=high).contains(&value) {
                    return Err(format!(
                        "value {}: {value}, expected {low} to {high}; --values says what the numbers are",
                        position + 1
                    ));
                }
                Ok((value - low) / (high - low))
            })
            .collect()
    }
}

/// The first characters of a word, on one line.
fn shown(word: &str) -> String {
    word.escape_debug().take(30).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_pixels_between_0_and_1() {
        assert_eq!(Values::Unit.pixels("\u{feff}0 0.5 1", 3), Ok(vec![0.0, 0.5, 1.0]));
        assert_eq!(Values::Usps.pixels("-1  0 1 ", 3), Ok(vec![0.0, 0.5, 1.0]));
        assert_eq!(Values::Bytes.pixels("0,255", 2), Ok(vec![0.0, 1.0]));
    }

    #[test]
    fn a_bad_row_is_named_by_its_value() {
        let bad = |values: Values, line: &str| values.pixels(line, 2).unwrap_err();
        assert_eq!(bad(Values::Unit, "0"), "1 values, expected 2");
        assert_eq!(bad(Values::Unit, "0.5,"), "value 2: ``, expected a number");
        assert_eq!(bad(Values::Unit, "0 x"), "value 2: `x`, expected a number");
        assert_eq!(bad(Values::Unit, "0 \u{1b}[2J"), "value 2: `\\u{1b}[2J`, expected a number");
        assert!(bad(Values::Unit, &format!("0 {}", "x".repeat(90))).len() < 80);
        assert!(bad(Values::Unit, "0 1e400").starts_with("value 2: inf, expected 0 to 1"));
        assert_eq!(
            bad(Values::Unit, "-1 0"),
            "value 1: -1, expected 0 to 1; --values says what the numbers are"
        );
        assert!(bad(Values::Usps, "NaN 0").starts_with("value 1: NaN, expected -1 to 1"));
    }
}
