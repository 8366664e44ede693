//! The evidence on one contrast, and what it shows: effect, interval, p, and the p of the claim being true.

use crate::statistics::{Components, Crossed, Design, Law, Share, attainable, sign_flip};

/// What was measured of one contrast.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Evidence {
    /// Paired differences.
    Paired(Crossed),
    /// Seeds that say yes.
    Share(Share),
    /// A difference of two counts.
    Exact(f64),
}

/// What evidence shows of an effect, in the contrast's own scale; no effect is 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Finding {
    /// The claim is true where the effect is at least this.
    pub(super) margin: f64,
    /// The estimate.
    pub(super) effect: f64,
    /// Limits of its 95 % interval.
    pub(super) low: f64,
    pub(super) high: f64,
    /// Two-sided p of no effect, seeds exchanged and images fixed.
    pub(super) sign_flip: f64,
    /// Two-sided p of no effect, seeds and images drawn anew; a share has none.
    pub(super) two_variance: Option<f64>,
    /// Two-sided p of the effect being `margin`; 1 unless the estimate is below that.
    pub(super) refuting: f64,
    /// The smallest p that so many seeds can give.
    pub(super) attainable: f64,
}

impl Evidence {
    /// Seeds that it rests on.
    pub(super) fn seeds(&self) -> Option<usize> {
        match self {
            Self::Paired(crossed) => Some(crossed.seeds()),
            Self::Share(share) => Some(share.of),
            Self::Exact(_) => None,
        }
    }

    /// Test images that it rests on, if more than one.
    pub(super) fn images(&self) -> Option<usize> {
        match self {
            Self::Paired(crossed) => Some(crossed.images()).filter(|images| *images > 1),
            Self::Share(_) | Self::Exact(_) => None,
        }
    }

    /// The variances of one difference.
    pub(super) fn components(&self) -> Option<Components> {
        match self {
            Self::Paired(crossed) => Some(crossed.components()),
            Self::Share(_) | Self::Exact(_) => None,
        }
    }

    /// What it shows.
    pub(super) fn finding(&self, margin: f64) -> Finding {
        match self {
            Self::Paired(crossed) => {
                of_law(crossed.law(), sign_flip(crossed.means()), attainable(crossed.seeds()), margin)
            }
            Self::Share(share) => of_share(*share, margin),
            Self::Exact(effect) => exact(*effect, margin),
        }
    }

    /// What it would show with `seeds` seeds, were effect and variances those that it shows now.
    pub(super) fn expected(&self, margin: f64, seeds: usize) -> Finding {
        match self {
            Self::Paired(crossed) => {
                let design = Design { seeds, ..design(crossed) };
                // Of many seeds the sign-flip agrees with the t test; of few it cannot go below its bound.
                of_law(design.law(crossed.law().effect), 0.0, attainable(seeds), margin)
            }
            Self::Share(share) => {
                let yes = (share.value() * seeds as f64).round() as usize;
                of_share(Share { yes, of: seeds }, margin)
            }
            Self::Exact(effect) => exact(*effect, margin),
        }
    }

    /// The same with seeds without end: what the images alone leave open.
    pub(super) fn limit(&self, margin: f64) -> Finding {
        match self {
            Self::Paired(crossed) => of_law(design(crossed).limit(crossed.law().effect), 0.0, 0.0, margin),
            Self::Share(_) => self.expected(margin, 1_000_000),
            Self::Exact(effect) => exact(*effect, margin),
        }
    }

    /// Chance that it would show an effect above 0 at the level `alpha`, were the effect `margin`.
    ///
    /// `ceiling`: and below that.
    pub(super) fn power(&self, margin: f64, alpha: f64, ceiling: Option<f64>) -> Option<f64> {
        match self {
            Self::Paired(crossed) => {
                let effect = ceiling.map_or(margin, |ceiling| ceiling / 2.0);
                Some(design(crossed).power(effect, alpha, ceiling))
            }
            Self::Share(Share { of, .. }) => {
                let shows = |yes: &usize| {
                    let finding = of_share(Share { yes: *yes, of: *of }, margin);
                    finding.low > 0.0 && finding.sign_flip < alpha
                };
                let fewer = (0..=*of).find(shows).map_or(1.0, |least| match least.checked_sub(1) {
                    Some(yes) => Share { yes, of: *of }.at_most(0.5 + margin),
                    None => 0.0,
                });
                Some(1.0 - fewer)
            }
            Self::Exact(_) => None,
        }
    }
}

impl Finding {
    /// The larger of the two p.
    pub(super) fn p(&self) -> f64 {
        self.two_variance.map_or(self.sign_flip, |p| p.max(self.sign_flip))
    }
}

fn design(crossed: &Crossed) -> Design {
    Design { components: crossed.components(), seeds: crossed.seeds(), images: crossed.images() }
}

fn of_law(law: Law, sign_flip: f64, attainable: f64, margin: f64) -> Finding {
    let (low, high) = law.interval();
    let refuting = if law.effect >= margin {
        1.0
    } else if law.variance > 0.0 {
        law.p(margin)
    } else {
        // Seeds that all agree would give 0; they say no more than that all signs are the same.
        attainable
    };
    let sign_flip = sign_flip.max(attainable);
    let two_variance = Some(law.p(0.0));
    Finding { margin, effect: law.effect, low, high, sign_flip, two_variance, refuting, attainable }
}

fn of_share(share: Share, margin: f64) -> Finding {
    let (low, high) = share.interval();
    let refuting =
        if share.value() - 0.5 < margin { (2.0 * share.at_most(0.5 + margin)).min(1.0) } else { 1.0 };
    Finding {
        margin,
        effect: share.value() - 0.5,
        low: low - 0.5,
        high: high - 0.5,
        sign_flip: share.p_of_half(),
        two_variance: None,
        refuting,
        attainable: attainable(share.of),
    }
}

fn exact(effect: f64, margin: f64) -> Finding {
    let refuting = if effect < margin { 0.0 } else { 1.0 };
    let (sign_flip, attainable) = (0.0, 0.0);
    Finding { margin, effect, low: effect, high: effect, sign_flip, two_variance: None, refuting, attainable }
}
