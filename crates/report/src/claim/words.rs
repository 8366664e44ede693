//! Sentences about contrasts: their names, what was found of them, and why a verdict is what it is.

use std::fmt;

use super::Measure;
use super::contrast::{Contrast, Phrase, Scale};
use super::decide::ALPHA;
use super::evidence::Finding;
use super::judgement::{Need, Verdict};
use super::settled::Drift;
use super::test::Direction;
use crate::format::{count, counted};

/// Name of the comparison: what the claim says of it.
impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Above { first, second, of, .. } => write!(f, "{first} above {second}, {}", of.words),
            Self::Trend { first, last, of, direction } => {
                let way = match direction {
                    Direction::Rises => "rises",
                    Direction::Falls => "falls",
                };
                write!(f, "{} {way} from {first} to {last}", of.words)
            }
            Self::Within { arm, percent, within, above } => {
                let (side, sign) = if *above { ("above", '−') } else { ("below", '+') };
                let bound = bound(*percent, *within, *above);
                write!(f, "{arm} {side} {bound:.2} % ({percent} {sign} {within}), test accuracy")
            }
            Self::Diverges { arm } => write!(f, "{arm} diverges"),
            Self::Slow { arm, reference } => {
                write!(f, "{arm} against {reference}, epochs to 90 % validation accuracy")
            }
            Self::Fewer { fewer, more, of } => write!(f, "{fewer} has fewer {of} than {more}"),
        }
    }
}

/// Why the verdict is what it is.
pub(super) struct Why<'a> {
    pub(super) verdict: Verdict,
    /// The contrast that the sentence is about: the binding or the refuting one.
    pub(super) contrast: &'a Contrast,
    pub(super) finding: &'a Finding,
    /// Seeds of that contrast.
    pub(super) seeds: usize,
    /// Whether no other has a smaller effect.
    pub(super) closest: bool,
    /// Points drawn and points in all, if that is why the claim is not decided.
    pub(super) partial: Option<[usize; 2]>,
    /// How the effect would move in a run of so many epochs, if that is why the claim is not decided.
    pub(super) undone: Option<(Drift, usize)>,
    /// Epochs trained and those of a long run, if the verdict rests on a measure of which epochs show nothing.
    pub(super) short: Option<[usize; 2]>,
    /// Corrected p and refuting p.
    pub(super) corrected: [f64; 2],
    pub(super) family: usize,
    /// Seeds of the contrast that has the fewest, and those planned.
    pub(super) paired: usize,
    pub(super) planned: usize,
    pub(super) attainable: f64,
    pub(super) need: Option<Need>,
}

impl fmt::Display for Why<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { contrast, finding, .. } = self;
        f.write_str(&found(contrast, finding, self.closest, self.seeds))?;
        if contrast.is_exact() {
            return Ok(());
        }
        let [holding, refuting] = self.corrected;
        let threshold = amount(contrast.scale, contrast.scale.shown(finding.margin));
        match self.verdict {
            Verdict::DoesNotHold if finding.margin > 0.0 => {
                write!(f, ", below the margin of {threshold}; corrected p of that margin {}", p(refuting))?;
            }
            Verdict::DoesNotHold => write!(f, "; corrected p of the range {}", p(refuting))?,
            Verdict::Holds if finding.high < finding.margin => write!(
                f,
                ", above no effect but below the margin of {threshold}; corrected p {}",
                p(holding)
            )?,
            _ => write!(f, "; corrected p {}", p(holding))?,
        }
        if self.paired < self.planned {
            write!(f, "; {} of {}", self.paired, counted(self.planned, "seed", "seeds"))?;
        }
        if self.verdict != Verdict::Undecided {
            return match self.short {
                Some([trained, full]) => {
                    write!(
                        f,
                        "; of networks trained for {trained} of {full} epochs, which do not show how this moves"
                    )
                }
                None => Ok(()),
            };
        }
        if let Some([drawn, points]) = self.partial {
            return write!(f, "; but only {drawn} of {points} points were drawn");
        }
        match self.undone {
            Some((Drift::Of(by), epochs)) => {
                let [now, then] =
                    [finding.effect, finding.effect + by].map(|effect| contrast.scale.shown(effect));
                return write!(
                    f,
                    "; but the networks still learn: by epoch {epochs} the effect would move by {} if it went on as it \
                     does; more epochs decide it",
                    amount(contrast.scale, then - now).replace('-', "−")
                );
            }
            Some(_) => {
                return f.write_str(
                    "; but the epochs so far do not show how the effect moves; more epochs decide it",
                );
            }
            None => {}
        }
        let seeds = counted(self.paired, "seed", "seeds");
        let attainable = self.attainable;
        let least = attainable * self.family as f64;
        if attainable >= ALPHA {
            write!(f, "; {seeds} cannot give a p below {attainable}")?;
        } else if least >= ALPHA {
            write!(
                f,
                "; {seeds} may not be able to give a corrected p below {least:.3} among {} claims",
                self.family
            )?;
        }
        match self.need {
            Some(Need::MoreImages) => {
                f.write_str("; more seeds cannot decide this: it needs more test images")
            }
            Some(need @ Need::Seeds(_)) => {
                write!(f, "; about {need} would be enough if these estimates hold")
            }
            Some(need) => write!(f, "; {need} would be needed if these estimates hold"),
            None => Ok(()),
        }
    }
}

impl Phrase {
    /// What it compares, in words: phrases of one measure say the same.
    pub(super) fn measure(&self) -> String {
        match self {
            Self::Above { of, .. } | Self::Trend { of, .. } => of.words.clone(),
            Self::Within { .. } => "accuracy against a number".into(),
            Self::Diverges { .. } => "divergence".into(),
            Self::Slow { .. } => "epochs to learn".into(),
            Self::Fewer { of, .. } => of.to_string(),
        }
    }
}

/// An end of `percent ± within`.
fn bound(percent: f64, within: f64, above: bool) -> f64 {
    if above { percent - within } else { percent + within }
}

/// What was found of a contrast, with its interval in brackets.
pub(super) fn found(contrast: &Contrast, finding: &Finding, closest: bool, seeds: usize) -> String {
    let scale = contrast.scale;
    let shown = scale.shown(finding.effect);
    let high = if finding.high.is_finite() { number(scale.shown(finding.high)) } else { "∞".into() };
    let interval = format!("[{}, {high}]", number(scale.shown(finding.low)));
    match &contrast.phrase {
        Phrase::Above { first, second, of, rival } => {
            let rival = if *rival && closest && finding.effect >= 0.0 { ", the closest rival" } else { "" };
            if of.measure == Measure::EpochSeconds {
                return format!(
                    "{first} takes {shown:.2} times the seconds per epoch of {second}{rival} {interval}"
                );
            }
            let of =
                if of.measure == Measure::Accuracy { String::new() } else { format!(" in {}", of.words) };
            format!("{first} is {} {second}{of}{rival} {interval}", away(shown))
        }
        Phrase::Trend { first, last, of, direction } => {
            let along = format!("from {first} to {last}");
            let (way, claimed, other) = match direction {
                Direction::Rises => ("rises", "rise", "falls"),
                Direction::Falls => ("falls", "fall", "rises"),
            };
            let by = match scale {
                Scale::Times { .. } => format!("the factor {:.2}", shown.max(1.0 / shown)),
                _ => amount(scale, shown.abs()),
            };
            if finding.effect >= 0.0 {
                format!("{} {way} by {by} {along} {interval}", of.words)
            } else {
                format!("{} does not {claimed} but {other} by {by} {along} {interval}", of.words)
            }
        }
        Phrase::Within { arm, percent, within, above } => {
            let bound = bound(*percent, *within, *above);
            let end = if *above { "lower" } else { "upper" };
            let shown = if *above { shown } else { -shown };
            let ends = [finding.low, finding.high]
                .map(|end| if *above { end } else { -end })
                .map(|end| scale.shown(end));
            let (low, high) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
            let mean = bound + shown;
            format!(
                "{arm} measures {mean:.2} %, {} {bound:.2} % [{}, {}], the {end} end of {percent} ± {within} %",
                away(shown),
                number(low),
                number(high)
            )
        }
        Phrase::Diverges { arm } => {
            let yes = (shown * seeds as f64).round();
            format!("{arm} diverges with {yes} of {} {interval}", counted(seeds, "seed", "seeds"))
        }
        Phrase::Slow { arm, reference } => {
            format!(
                "{arm} takes {shown:.2} times the epochs of {reference} to 90 % validation accuracy {interval}"
            )
        }
        Phrase::Fewer { fewer, more, of } => {
            let number = count(shown.abs().round() as u64);
            match finding.effect {
                0.0 => format!("{fewer} has as many {of} as {more}"),
                _ if finding.effect > 0.0 => format!("{fewer} has {number} fewer {of} than {more}"),
                _ => format!("{fewer} has {number} more {of} than {more}"),
            }
        }
    }
}

/// `1.42 points above` or `0.30 points below`.
fn away(points: f64) -> String {
    let way = if points < 0.0 { "below" } else { "above" };
    format!("{} {way}", amount(Scale::Points, points.abs()))
}

fn amount(scale: Scale, shown: f64) -> String {
    match scale {
        Scale::Points => format!("{shown:.2} points"),
        Scale::Times { .. } => format!("{shown:.2} times"),
        Scale::Share => format!("{shown:.2} of the seeds"),
        Scale::Count(size) => format!("{} {size}", count(shown.abs().round() as u64)),
    }
}

fn number(shown: f64) -> String {
    let text = format!("{shown:.2}");
    // A rounded zero has no sign; a minus is a minus, not a hyphen.
    if text == "-0.00" { "0.00".into() } else { text.replace('-', "−") }
}

fn p(p: f64) -> String {
    if p < 0.001 { "below 0.001".into() } else { format!("{p:.3}") }
}
