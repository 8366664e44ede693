//! Two variances: differences that vary with the seed of a training and with the test image.
//!
//! Every seed judges the same images: `d[s, i] = δ + a[s] + b[i] + e[s, i]`, one observation a cell. Repeating
//! the experiment would draw new seeds and new images, so the interval of `δ` has to hold both.
//!
//! Sources: Searle et al., "Variance Components" (1992), §4.4 for the mean squares; Satterthwaite, "An
//! Approximate Distribution of Estimates of Variance Components" (1946); Hillis, "A marginal-mean ANOVA approach for
//! analyzing multireader multicase radiological imaging data" (2014), for readers (here seeds) crossed with cases.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::quantile;

/// Differences of `n` seeds over the same `N` images, reduced to what the tests need.
///
/// Measures that know no images are one "image" wide: then everything here is the ordinary paired t test.
#[derive(Clone, Debug, PartialEq)]
pub struct Crossed {
    means: Vec<f64>,
    images: usize,
    squares: Squares,
}

/// The three variances of one difference, none below 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Components {
    /// Of the seed's effect.
    pub seed: f64,
    /// Of the image's effect.
    pub image: f64,
    /// Of what is left in one cell.
    pub residual: f64,
}

/// An estimated effect and its law: `(effect - δ) / √variance` is Student's t.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Law {
    /// The estimate.
    pub effect: f64,
    /// Of the estimate.
    pub variance: f64,
    /// Degrees of freedom.
    pub freedom: f64,
}

/// Mean squares of the two-way analysis of variance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Squares {
    pub(super) seed: f64,
    pub(super) image: f64,
    pub(super) residual: f64,
}

impl Crossed {
    /// Of one row a seed, one column an image.
    ///
    /// `None` with fewer than two rows, without columns, with rows of different lengths or with a value that is not
    /// finite.
    pub fn from_rows(rows: &[Vec<f64>]) -> Option<Self> {
        let images = rows.first()?.len();
        let whole = |row: &Vec<f64>| row.len() == images && row.iter().all(|value| value.is_finite());
        if rows.len() < 2 || images == 0 || !rows.iter().all(whole) {
            return None;
        }
        let seeds = rows.len() as f64;
        let width = images as f64;
        let means: Vec<f64> = rows.iter().map(|row| row.iter().sum::<f64>() / width).collect();
        let mean = means.iter().sum::<f64>() / seeds;
        let mut columns = vec![0.0; images];
        for row in rows {
            columns.iter_mut().zip(row).for_each(|(column, value)| *column += value / seeds);
        }
        let seed = means.iter().map(|of_seed| (of_seed - mean).powi(2)).sum::<f64>();
        let image = columns.iter().map(|of_image| (of_image - mean).powi(2)).sum::<f64>();
        let residual = rows.iter().zip(&means).map(|(row, of_seed)| {
            let left = |(value, column): (&f64, &f64)| (value - of_seed - column + mean).powi(2);
            row.iter().zip(&columns).map(left).sum::<f64>()
        });
        let largest = rows.iter().flatten().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        // Equal numbers do not quite equal their mean: rounding is not variance.
        let real = |square: f64| if square > (1e-12 * largest).powi(2) { square } else { 0.0 };
        let squares = Squares {
            seed: real(width * seed / (seeds - 1.0)),
            image: if images > 1 { real(seeds * image / (width - 1.0)) } else { 0.0 },
            residual: if images > 1 {
                real(residual.sum::<f64>() / ((seeds - 1.0) * (width - 1.0)))
            } else {
                0.0
            },
        };
        Some(Self { means, images, squares })
    }

    /// Mean difference of each seed.
    pub fn means(&self) -> &[f64] {
        &self.means
    }

    /// Number of seeds, at least 2.
    pub fn seeds(&self) -> usize {
        self.means.len()
    }

    /// Number of images, at least 1.
    pub fn images(&self) -> usize {
        self.images
    }

    /// The mean difference and its law, see [`Law`].
    ///
    /// `variance = (MS(seed) + max(MS(image) - MS(residual), 0)) / (n · N)`, never below the one of seeds alone;
    /// freedom after Satterthwaite.
    pub fn law(&self) -> Law {
        let effect = self.means.iter().sum::<f64>() / self.seeds() as f64;
        self.squares.law(effect, self.seeds(), self.images)
    }

    /// Estimates of the variances, those below 0 put to 0.
    pub fn components(&self) -> Components {
        let Squares { seed, image, residual } = self.squares;
        Components {
            seed: ((seed - residual) / self.images as f64).max(0.0),
            image: ((image - residual) / self.seeds() as f64).max(0.0),
            residual,
        }
    }
}

impl Squares {
    /// The law of a mean over `seeds` seeds and `images` images that has these mean squares.
    pub(super) fn law(&self, effect: f64, seeds: usize, images: usize) -> Law {
        let (seeds, images) = (seeds as f64, images as f64);
        let of_images = (self.image - self.residual).max(0.0);
        let sum = self.seed + of_images;
        let mut terms = self.seed.powi(2) / (seeds - 1.0);
        if of_images > 0.0 {
            terms += self.image.powi(2) / (images - 1.0);
            terms += self.residual.powi(2) / ((seeds - 1.0) * (images - 1.0));
        }
        let freedom = if terms > 0.0 { sum.powi(2) / terms } else { seeds - 1.0 };
        Law { effect, variance: sum / (seeds * images), freedom }
    }
}

impl Law {
    /// Two-sided p of the true effect being `null`.
    ///
    /// Without any variance, 1 where the effect is `null` and 0 elsewhere: a test that counts seeds must bound it.
    pub fn p(&self, null: f64) -> f64 {
        let distance = (self.effect - null).abs();
        if distance == 0.0 {
            return 1.0;
        }
        let Ok(student) = StudentsT::new(0.0, 1.0, self.freedom) else { return 1.0 };
        2.0 * student.cdf(-distance / self.variance.sqrt())
    }

    /// Limits of the 95 % interval of the true effect.
    pub fn interval(&self) -> (f64, f64) {
        let half = quantile(self.freedom).unwrap_or(f64::INFINITY) * self.variance.sqrt();
        (self.effect - half, self.effect + half)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn close(left: f64, right: f64) {
        assert!((left - right).abs() <= 1e-9 * right.abs(), "{left} is not {right}");
    }

    #[track_caller]
    fn agrees(rows: &[Vec<f64>], squares: [f64; 3], law: [f64; 3], p: f64, interval: [f64; 2]) {
        let crossed = Crossed::from_rows(rows).unwrap();
        close(crossed.squares.seed, squares[0]);
        close(crossed.squares.image, squares[1]);
        close(crossed.squares.residual, squares[2]);
        let found = crossed.law();
        close(found.effect, law[0]);
        close(found.variance, law[1]);
        close(found.freedom, law[2]);
        close(found.p(0.0), p);
        close(found.interval().0, interval[0]);
        close(found.interval().1, interval[1]);
    }

    // NumPy for the sums of squares, SciPy 1.17.1 for t: d.mean(1), d.mean(0), and what is left.
    #[test]
    fn two_variances_agree_with_numpy_and_scipy() {
        let image = [3.0, -1.0, 2.0, 2.0, 0.0, 1.0, -2.0];
        let seed = [0.2, -0.1, 0.4, 0.0];
        let row = |s: usize| {
            (0..7).map(|i| image[i] + seed[s] + 0.3 * (((s + 2 * i) % 3) as f64 - 1.0)).collect::<Vec<_>>()
        };
        agrees(
            &[row(0), row(1), row(2), row(3)],
            [0.420_952_380_952_380_6, 12.642_023_809_523_808, 0.086_785_714_285_714_26],
            [0.828_571_428_571_428_5, 0.463_435_374_149_659_8, 6.307_302_776_075_677_5],
            0.267_127_655_541_064_77,
            [-0.817_713_711_915_295_3, 2.474_856_569_058_15],
        );
    }

    #[test]
    fn images_that_do_not_matter_leave_the_variance_of_seeds() {
        let rows = [
            vec![-0.5, 1.0, 0.75, 0.0, -0.5, 1.0, 0.5],
            vec![0.0, 0.0, 0.25, 0.0, 0.0, 0.0, 0.0],
            vec![0.5, 1.0, -0.25, 0.0, 0.5, 1.0, -0.5],
            vec![1.0, 0.0, 1.25, 0.0, 1.0, 0.0, 1.0],
        ];
        agrees(
            &rows,
            [0.380_952_380_952_380_93, 0.142_857_142_857_142_88, 0.325_396_825_396_825_35],
            [0.321_428_571_428_571_45, 0.013_605_442_176_870_748, 3.0],
            0.070_406_653_369_056_02,
            [-0.049_779_503_892_888_766, 0.692_636_646_750_031_7],
        );
    }

    #[test]
    fn without_images_it_is_the_paired_t_test() {
        let rows: Vec<_> = [0.5, 1.2, -0.3, 0.8, 0.9, 0.4, 1.1, 0.7].map(|value| vec![value]).to_vec();
        let law = Crossed::from_rows(&rows).unwrap().law();
        // SciPy 1.17.1: stats.ttest_1samp(x, 0), its confidence_interval(0.95), stats.ttest_1samp(x, 1.5).
        close(law.p(0.0), 0.005_562_616_844_614_527);
        close(law.interval().0, 0.265_468_643_395_702_64);
        close(law.interval().1, 1.059_531_356_604_297_3);
        close(law.p(1.5), 0.001_586_682_861_503_871);
    }

    #[test]
    fn equal_seeds_have_no_variance_even_where_rounding_shows_one() {
        let rows = vec![vec![6.0_f64.log2() - 1.0]; 7];
        let crossed = Crossed::from_rows(&rows).unwrap();
        let law = crossed.law();
        assert_eq!((law.variance, law.p(0.0)), (0.0, 0.0));
        assert_eq!(law.interval(), (law.effect, law.effect));
        assert!(Crossed::from_rows(&vec![vec![0.0]; 7]).unwrap().law().p(0.0) > 0.999);
    }

    #[test]
    fn what_cannot_vary_is_refused() {
        assert_eq!(Crossed::from_rows(&[]), None);
        assert_eq!(Crossed::from_rows(&[vec![1.0]]), None);
        assert_eq!(Crossed::from_rows(&[vec![], vec![]]), None);
        assert_eq!(Crossed::from_rows(&[vec![1.0], vec![1.0, 2.0]]), None);
        assert_eq!(Crossed::from_rows(&[vec![1.0], vec![f64::NAN]]), None);
    }

    proptest! {
        #[test]
        fn images_never_make_an_estimate_surer(
            rows in (2..6_usize, 1..9_usize).prop_flat_map(|(seeds, images)| {
                prop::collection::vec(prop::collection::vec(-1.0..1.0_f64, images), seeds)
            }),
        ) {
            let crossed = Crossed::from_rows(&rows).unwrap();
            let alone: Vec<_> = crossed.means().iter().map(|mean| vec![*mean]).collect();
            let seeds = Crossed::from_rows(&alone).unwrap().law();
            prop_assert!(crossed.law().variance >= seeds.variance * (1.0 - 1e-9));
            prop_assert!((crossed.law().effect - seeds.effect).abs() < 1e-12);
        }
    }
}
