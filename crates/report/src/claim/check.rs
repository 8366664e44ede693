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
    let known = Known { arms, perturbations };
    let mut family = 0;
    for (place, claim) in claims.iter().enumerate() {
        let at = |fault: Fault| ClaimError {
            claim: place,
            keys: fault.keys,
            word: fault.word,
            allowed: fault.allowed,
            reason: fault.reason,
        };
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if claim.id.is_empty() || !claim.id.chars().all(plain) {
            return Err(at(Fault::new(Reason::Id(claim.id.clone())).under(&"id")));
        }
        if claims[..place].iter().any(|other| other.id == claim.id) {
            return Err(at(Fault::new(Reason::Duplicate(claim.id.clone())).under(&"id")));
        }
        if claim.sentence.trim().is_empty() {
            return Err(at(Fault::new(Reason::NoSentence).under(&"sentence")));
        }
        known.test(&claim.test).map_err(|fault| at(fault.under(&"test")))?;
        family += usize::from(claim.test.has_p());
        if claim.test.has_p() && family > FAMILY {
            let all = claims.iter().filter(|claim| claim.test.has_p()).count();
            return Err(at(Fault::new(Reason::TooManyClaims(all)).under(&"test")));
        }
    }
    Ok(())
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
    fn test(&self, test: &Test) -> Result<(), Fault> {
        self.content(test).map_err(|fault| fault.under(&test.word()))
    }

    fn content(&self, test: &Test) -> Result<(), Fault> {
        match test {
            Test::Best(best) => {
                let arm = self.side(&best.arm).map_err(|fault| fault.under(&"arm"))?;
                self.measured(&best.measure, best.margin)?;
                if arm.len() == self.arms.len() {
                    return Err(Fault::new(Reason::TooFewArms(arm.len())).under(&"arm"));
                }
            }
            Test::Order(order) => {
                self.row(&order.arms)?;
                self.measured(&order.measure, order.margin)?;
            }
            Test::Trend(trend) => {
                self.row(&trend.arms)?;
                self.measured(&trend.measure, trend.margin)?;
            }
            Test::Value(value) => {
                self.side(&value.arm).map_err(|fault| fault.under(&"arm"))?;
                let share = (0.0..=100.0).contains(&value.percent);
                number(share, value.percent, "0 to 100").map_err(|fault| fault.under(&"percent"))?;
                positive(value.within).map_err(|fault| fault.under(&"within"))?;
            }
            Test::Diverges(diverges) => {
                self.one(&diverges.arm).map_err(|fault| fault.under(&"arm"))?;
                let between = diverges.margin > 0.0 && diverges.margin < 0.5;
                number(between, diverges.margin, "a share above 0 and below 0.5")
                    .map_err(|fault| fault.under(&"margin"))?;
            }
            Test::Slow(slow) => {
                self.two([("arm", &slow.arm), ("reference", &slow.reference)])?;
                ratio(slow.margin).map_err(|fault| fault.under(&"margin"))?;
            }
            Test::Count(count) => self.two([("fewer", &count.fewer), ("more", &count.more)])?,
            Test::All(parts) => {
                if parts.is_empty() {
                    return Err(Fault::new(Reason::NoParts));
                }
                for (place, part) in parts.iter().enumerate() {
                    let checked = match part {
                        Test::All(_) => Err(Fault::new(Reason::NestedAll)),
                        part => self.test(part),
                    };
                    checked.map_err(|fault| fault.under(&place))?;
                }
            }
        }
        Ok(())
    }

    /// Sides of which each is compared with others.
    fn row(&self, sides: &[Side]) -> Result<(), Fault> {
        if sides.len() < 2 {
            return Err(Fault::new(Reason::TooFewArms(sides.len())).under(&"arms"));
        }
        let mut taken: Vec<&str> = Vec::new();
        for (place, side) in sides.iter().enumerate() {
            let new = self.side(side).and_then(|arms| match arms.iter().find(|arm| taken.contains(arm)) {
                Some(arm) => Err(Fault::new(Reason::Repeated((*arm).into()))),
                None => Ok(arms),
            });
            taken.extend(new.map_err(|fault| fault.under(&place).under(&"arms"))?);
        }
        Ok(())
    }

    /// Two different arms, under their keys.
    fn two(&self, sides: [(&str, &Side); 2]) -> Result<(), Fault> {
        let [first, second] = sides.map(|(key, side)| self.one(side).map_err(|fault| fault.under(&key)));
        let (first, second) = (first?, second?);
        if first == second {
            return Err(Fault::new(Reason::Repeated(first.into())).under(&sides[1].0));
        }
        Ok(())
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

    fn measured(&self, measure: &Measure, margin: f64) -> Result<(), Fault> {
        let (key, fault) = match measure {
            Measure::Under(perturbation) => ("under", self.perturbation(perturbation)),
            Measure::LostUnder(perturbation) => ("lost-under", self.perturbation(perturbation)),
            Measure::ValidationAfter(0) => ("validation-after", Err(Fault::new(Reason::Epoch))),
            _ => ("", Ok(())),
        };
        fault.map_err(|fault| fault.under(&key).under(&"measure"))?;
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
