//! The judgement of a claim: its verdict, the numbers behind it, and a sentence that says both.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use crate::format::counted;

/// What came of a claim.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Judgement {
    /// Name of the claim within its experiment.
    pub id: String,
    /// What the paper says.
    pub sentence: String,
    /// How it is read here.
    pub reading: Option<String>,
    /// What a reader of the verdict may get wrong.
    pub caution: Option<String>,
    /// Word of its test, such as `best`.
    pub kind: &'static str,
    /// What the test says.
    pub verdict: Verdict,
    /// Why, in one sentence with its numbers, without a full stop.
    pub reason: String,
    /// What was found of each further measure that the claim compares, a sentence each without a full stop: the weakest
    /// comparison of that measure.
    pub also: Vec<String>,
    /// p of the claim: the largest over its contrasts. Counts have none, nor has what was not judged.
    pub p: Option<f64>,
    /// The same after Holm's correction over the family.
    pub corrected_p: Option<f64>,
    /// Corrected p of the claim being true; 1 where nothing speaks against it.
    pub corrected_refuting_p: Option<f64>,
    /// The smallest p, before correction, that the paired seeds can give.
    pub attainable_p: Option<f64>,
    /// The smallest corrected p that the paired seeds can give, the other claims being as they are.
    pub attainable_corrected_p: Option<f64>,
    /// Claims of the experiment that Holm's correction counts.
    pub family: usize,
    /// Seeds of the contrast that has the fewest.
    pub paired: usize,
    /// Seeds that every arm was to be run with.
    pub planned: usize,
    /// Test images that the seeds share; `None` for measures without.
    pub images: Option<usize>,
    /// Chance of "holds" if the effect of the binding contrast is its margin and the others are clear, with these seeds
    /// and images and the estimated variances, at 5 % over the family.
    pub power: Option<f64>,
    /// What would decide it; `None` unless it is undecided.
    pub need: Option<Need>,
    /// One a contrast.
    pub parts: Vec<Part>,
}

/// What is said of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Corrected p under 5 %, and every interval above no effect.
    Holds,
    /// An interval below the margin that does not lie above no effect, with a corrected p under 5 %.
    DoesNotHold,
    /// Neither.
    Undecided,
    /// There is nothing to judge by, for the reason given.
    NotJudged,
}

/// What would decide a claim, were effect and variances as estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// So many seeds in all.
    Seeds(usize),
    /// More seeds than these.
    MoreSeedsThan(usize),
    /// No number of seeds.
    MoreImages,
}

/// One comparison of a claim. Limits are those of a 95 % interval.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Part {
    /// Which comparison, such as `Cnn above LocalNet, test accuracy`.
    pub name: String,
    /// Unit of the effects below.
    pub unit: Unit,
    /// The estimate.
    pub effect: f64,
    /// Lower limit; counts have none.
    pub low: Option<f64>,
    /// Upper limit; counts have none, nor has what nothing bounds.
    pub high: Option<f64>,
    /// Where there is no effect: 0, 1 or 2 times, or a share of one half.
    pub null: f64,
    /// The claim is true from here on.
    pub threshold: f64,
    /// Two-sided p with the images fixed, of seeds whose signs are flipped; binomial for shares.
    pub p_sign_flip: Option<f64>,
    /// Two-sided p of Student's t with the variances of seeds and images; shares have none.
    pub p_two_variance: Option<f64>,
    /// Standard deviation of the seed's effect: in points, or in doublings for ratios.
    pub seed_deviation: Option<f64>,
    /// Of the image's effect, in points; `None` without images.
    pub image_deviation: Option<f64>,
    /// Of what is left in one cell, in points; `None` without images.
    pub residual_deviation: Option<f64>,
    /// Seeds that were paired.
    pub paired: usize,
    /// Test images that they share.
    pub images: Option<usize>,
    /// Whether the verdict rests on this part: the one with the weakest support, or the one that refutes the claim.
    pub binding: bool,
    /// What the reader must know of how trials were counted.
    pub note: Option<String>,
}

/// Unit of an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Percentage points.
    Points,
    /// A ratio.
    Times,
    /// Of seeds, in `[0, 1]`.
    Share,
    /// A difference of numbers.
    Count,
}

impl Judgement {
    /// The corrected p that the verdict rests on: that of the margin where the claim does not hold, else that of no
    /// effect; `None` where chance has no part in it.
    pub fn deciding_p(&self) -> Option<f64> {
        match self.verdict {
            Verdict::DoesNotHold => self.corrected_refuting_p,
            Verdict::Holds | Verdict::Undecided | Verdict::NotJudged => self.corrected_p,
        }
    }

    /// Whether the corrected p that the verdict rests on is as small as the seeds allow: it then says as much of their
    /// number as of the effect.
    pub fn is_at_the_floor(&self) -> bool {
        let floor = self.attainable_corrected_p.filter(|floor| *floor > 0.0);
        let reached = |(p, floor): (f64, f64)| p <= floor * (1.0 + 1e-9) && floor < 1.0;
        self.verdict != Verdict::DoesNotHold && self.corrected_p.zip(floor).is_some_and(reached)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Holds => "holds",
            Self::DoesNotHold => "does not hold",
            Self::Undecided => "undecided",
            Self::NotJudged => "not judged",
        })
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seeds(seeds) => write!(f, "{}", counted(*seeds, "seed", "seeds")),
            Self::MoreSeedsThan(seeds) => write!(f, "more than {}", counted(*seeds, "seed", "seeds")),
            Self::MoreImages => f.write_str("more test images; more seeds cannot decide it"),
        }
    }
}
