//! What must be right about claims before anything runs.

mod error;

use std::fmt;

use super::test::{Side, Test, same};
use super::{Claim, FAMILY, Measure};
use crate::record::Perturbation;
use crate::report::ArmFacts;

pub use error::{ClaimError, Reason};

/// Checks the claims of one experiment against its arms (of a search: all that it might draw) and the changes that its
/// test images undergo.
///
/// # Errors
/// At the first place that is wrong.
pub fn check(claims: &[Claim], arms: &[ArmFacts], perturbations: &[Perturbation]) -> Result<(), ClaimError> {
    mistakes(claims, arms, perturbations).into_iter().next().map_or(Ok(()), Err)
}

/// As [`check`], with every place that is wrong.
pub fn mistakes(claims: &[Claim], arms: &[ArmFacts], perturbations: &[Perturbation]) -> Vec<ClaimError> {
    let known = Known { arms, perturbations };
    let mut found = Vec::new();
    let mut family = 0;
    for (place, claim) in claims.iter().enumerate() {
        let mut faults = Vec::new();
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if claim.id.is_empty() || !claim.id.chars().all(plain) {
            faults.push(Fault::new(Reason::Id(claim.id.clone())).under(&"id"));
        } else if claims[..place].iter().any(|other| other.id == claim.id) {
            faults.push(Fault::new(Reason::Duplicate(claim.id.clone())).under(&"id"));
        }
        if claim.sentence.trim().is_empty() {
            faults.push(Fault::new(Reason::NoSentence).under(&"sentence"));
        }
        faults.extend(known.test(&claim.test).into_iter().map(|fault| fault.under(&"test")));
        family += usize::from(claim.test.has_p());
        if claim.test.has_p() && family > FAMILY {
            let all = claims.iter().filter(|claim| claim.test.has_p()).count();
            faults.push(Fault::new(Reason::TooManyClaims(all)).under(&"test"));
        }
        found.extend(faults.into_iter().map(|fault| ClaimError {
            claim: place,
            keys: fault.keys,
            word: fault.word,
            allowed: fault.allowed,
            reason: fault.reason,
        }));
    }
    found
}

/// What is wrong, and the keys on the way there, so far.
struct Fault {
    keys: Vec<String>,
    word: Option<String>,
    allowed: Vec<String>,
    reason: Box<Reason>,
}

impl Fault {
    fn new(reason: Reason) -> Self {
        Self { keys: Vec::new(), word: None, allowed: Vec::new(), reason: Box::new(reason) }
    }

    fn unknown(word: &str, allowed: Vec<String>, reason: Reason) -> Self {
        Self { word: Some(word.into()), allowed, ..Self::new(reason) }
    }

    fn under(mut self, key: &dyn fmt::Display) -> Self {
        self.keys.insert(0, key.to_string());
        self
    }
}

/// What claims may speak of.
struct Known<'a> {
    arms: &'a [ArmFacts],
    perturbations: &'a [Perturbation],
}

impl Known<'_> {
    fn test(&self, test: &Test) -> Vec<Fault> {
        self.content(test).into_iter().map(|fault| fault.under(&test.word())).collect()
    }

    fn content(&self, test: &Test) -> Vec<Fault> {
        let parts = match test {
            Test::Best(best) => vec![
                self.side(&best.arm)
                    .and_then(|arms| match arms.len() {
                        all if all == self.arms.len() => Err(Fault::new(Reason::TooFewArms(all))),
                        _ => Ok(()),
                    })
                    .map_err(|fault| fault.under(&"arm")),
                self.measure(&best.measure),
                Self::margin(&best.measure, best.margin),
            ],
            Test::Order(order) => {
                let measured = [self.measure(&order.measure), Self::margin(&order.measure, order.margin)];
                return self.row(&order.arms).into_iter().chain(faults(measured)).collect();
            }
            Test::Trend(trend) => {
                let measured = [self.measure(&trend.measure), Self::margin(&trend.measure, trend.margin)];
                return self.row(&trend.arms).into_iter().chain(faults(measured)).collect();
            }
            Test::Value(value) => {
                let share = (0.0..=100.0).contains(&value.percent);
                vec![
                    self.side(&value.arm).map(drop).map_err(|fault| fault.under(&"arm")),
                    number(share, value.percent, "0 to 100").map_err(|fault| fault.under(&"percent")),
                    positive(value.within).map_err(|fault| fault.under(&"within")),
                ]
            }
            Test::Diverges(diverges) => {
                let between = diverges.margin > 0.0 && diverges.margin < 0.5;
                vec![
                    self.one(&diverges.arm).map(drop).map_err(|fault| fault.under(&"arm")),
                    number(between, diverges.margin, "a share above 0 and below 0.5")
                        .map_err(|fault| fault.under(&"margin")),
                ]
            }
            Test::Slow(slow) => {
                let sides = self.two([("arm", &slow.arm), ("reference", &slow.reference)]);
                let margin = ratio(slow.margin).map_err(|fault| fault.under(&"margin"));
                return sides.into_iter().chain(margin.err()).collect();
            }
            Test::Count(count) => return self.two([("fewer", &count.fewer), ("more", &count.more)]),
            Test::All(parts) if parts.is_empty() => vec![Err(Fault::new(Reason::NoParts))],
            Test::All(parts) => {
                let checked = parts.iter().enumerate().flat_map(|(place, part)| {
                    let faults = match part {
                        Test::All(_) => vec![Fault::new(Reason::NestedAll)],
                        part => self.test(part),
                    };
                    faults.into_iter().map(move |fault| fault.under(&place))
                });
                return checked.collect();
            }
        };
        faults(parts).collect()
    }

    /// Sides of which each is compared with others.
    fn row(&self, sides: &[Side]) -> Vec<Fault> {
        if sides.len() < 2 {
            return vec![Fault::new(Reason::TooFewArms(sides.len())).under(&"arms")];
        }
        let mut taken: Vec<&str> = Vec::new();
        let mut found = Vec::new();
        for (place, side) in sides.iter().enumerate() {
            let new = self.side(side).and_then(|arms| match arms.iter().find(|arm| taken.contains(arm)) {
                Some(arm) => Err(Fault::new(Reason::Repeated((*arm).into()))),
                None => Ok(arms),
            });
            match new {
                Ok(arms) => taken.extend(arms),
                Err(fault) => found.push(fault.under(&place).under(&"arms")),
            }
        }
        found
    }

    /// Two different arms, under their keys.
    fn two(&self, sides: [(&str, &Side); 2]) -> Vec<Fault> {
        match sides.map(|(key, side)| self.one(side).map_err(|fault| fault.under(&key))) {
            [Ok(first), Ok(second)] if first == second => {
                vec![Fault::new(Reason::Repeated(first.into())).under(&sides[1].0)]
            }
            both => faults(both).collect(),
        }
    }

    /// The one arm of a side.
    fn one(&self, side: &Side) -> Result<&str, Fault> {
        match self.side(side)?[..] {
            [arm] => Ok(arm),
            ref arms => Err(Fault::new(Reason::SeveralArms(side.to_string(), arms.len()))),
        }
    }

    /// Names of the arms of a side, at least one.
    fn side(&self, side: &Side) -> Result<Vec<&str>, Fault> {
        let arms: Vec<&str> =
            self.arms.iter().filter(|arm| side.takes(arm)).map(|arm| arm.name.as_str()).collect();
        if let (Side::Selected(values), Some(arm)) = (side, self.arms.first()) {
            if values.is_empty() {
                return Err(Fault::new(Reason::EmptySelection));
            }
            let dimensions: Vec<String> = arm.point.keys().cloned().collect();
            for (key, value) in values {
                if !dimensions.contains(key) {
                    let expected = listed(&dimensions);
                    let fault = Fault::unknown(key, dimensions, Reason::Dimension(key.clone(), expected));
                    return Err(fault.under(key));
                }
                if !self.arms.iter().any(|arm| arm.point.get(key).is_some_and(|known| same(value, known))) {
                    let alone = Side::Selected([(key.clone(), value.clone())].into());
                    return Err(Fault::new(Reason::NoArm(alone.to_string())).under(key));
                }
            }
        }
        if !arms.is_empty() {
            return Ok(arms);
        }
        match side {
            Side::Named(name) => {
                let names: Vec<String> = self.arms.iter().map(|arm| arm.name.clone()).collect();
                let expected = listed(&names);
                Err(Fault::unknown(name, names, Reason::Arm(name.clone(), expected)))
            }
            Side::Selected(_) => Err(Fault::new(Reason::NoArm(side.to_string()))),
        }
    }

    fn measure(&self, measure: &Measure) -> Result<(), Fault> {
        let (key, fault) = match measure {
            Measure::Under(perturbation) => ("under", self.perturbation(perturbation)),
            Measure::LostUnder(perturbation) => ("lost-under", self.perturbation(perturbation)),
            Measure::ValidationAfter(0) => ("validation-after", Err(Fault::new(Reason::Epoch))),
            _ => ("", Ok(())),
        };
        fault.map_err(|fault| fault.under(&key).under(&"measure"))
    }

    fn margin(measure: &Measure, margin: f64) -> Result<(), Fault> {
        let margin = if *measure == Measure::EpochSeconds { ratio(margin) } else { positive(margin) };
        margin.map_err(|fault| fault.under(&"margin"))
    }

    fn perturbation(&self, perturbation: &Perturbation) -> Result<(), Fault> {
        if self.perturbations.contains(perturbation) {
            return Ok(());
        }
        let known: Vec<String> = self.perturbations.iter().map(|known| format!("`{known}`")).collect();
        let expected = if known.is_empty() { "none".into() } else { format!("one of {}", known.join(", ")) };
        Err(Fault::new(Reason::Perturbation(perturbation.clone(), expected)))
    }
}

fn faults<T>(checked: impl IntoIterator<Item = Result<T, Fault>>) -> impl Iterator<Item = Fault> {
    checked.into_iter().filter_map(Result::err)
}

fn positive(margin: f64) -> Result<(), Fault> {
    number(margin > 0.0 && margin.is_finite(), margin, "a number above 0")
}

fn ratio(margin: f64) -> Result<(), Fault> {
    number(margin > 1.0 && margin.is_finite(), margin, "a ratio above 1")
}

fn number(right: bool, found: f64, expected: &'static str) -> Result<(), Fault> {
    if right { Ok(()) } else { Err(Fault::new(Reason::Margin(found, expected))) }
}

/// Words for a sentence.
fn listed(words: &[String]) -> String {
    if words.is_empty() { "none".into() } else { words.join(", ") }
}

#[cfg(test)]
mod tests;
