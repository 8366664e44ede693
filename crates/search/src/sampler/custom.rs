//! A sampler of a program's own, in the settings of a study.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{History, SampleError, Sampler};
use crate::space::{Point, Space};

/// A [`Sampler`] that this crate does not know, under a name that stays with the study.
///
/// A study stores the name alone, and refuses a sampler of another name. So the name should say what the points depend
/// on: `"corners, seed 7"`. A program that reads the settings back, as [`Study::resume`](crate::Study::resume) does,
/// has the name and not the sampler; it can look at the trials, and gets [`SampleError::Custom`] when it asks for one.
/// Every worker therefore opens the study with the sampler.
///
/// ```
/// # use tinderbox_search::{Custom, Distribution, History, Point, SampleError, Sampler, Settings, Space};
/// /// All values at their lower ends.
/// struct Corner;
///
/// impl Sampler for Corner {
///     fn sample(&self, space: &Space, _: &History<'_>, _: u64) -> Result<Option<Point>, SampleError> {
///         Ok(Some(space.point_at(&vec![0.0; space.dimensions().len()])))
///     }
/// }
///
/// let space = Space::new([("rate", Distribution::uniform(0.0, 1.0))]).unwrap();
/// let settings = Settings { trials: Some(1), ..Settings::new(space, Custom::new("corner", Corner)) };
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Custom {
    name: String,
    #[serde(skip)]
    sampler: Option<Arc<dyn Sampler + Send + Sync>>,
}

impl Custom {
    /// `sampler`, stored as `name`.
    pub fn new(name: impl Into<String>, sampler: impl Sampler + Sync + 'static) -> Self {
        Self { name: name.into(), sampler: Some(Arc::new(sampler)) }
    }

    /// What a study stores.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Sampler for Custom {
    fn sample(
        &self,
        space: &Space,
        history: &History<'_>,
        number: u64,
    ) -> Result<Option<Point>, SampleError> {
        match &self.sampler {
            Some(sampler) => {
                let point = sampler.sample(space, history, number)?;
                point.as_ref().map_or(Ok(()), |point| space.check(point))?;
                Ok(point)
            }
            None => Err(SampleError::Custom { name: self.name.clone() }),
        }
    }
}

/// Equal as a study has it: by name.
impl PartialEq for Custom {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for Custom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Custom").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::parameter::Distribution;
    use crate::sampler::random::Random;
    use crate::storage::memory::Memory;
    use crate::study::{Settings, Study};

    /// Steps up from the lower end, and stays at the best that is known.
    struct Stairs;

    impl Sampler for Stairs {
        fn sample(
            &self,
            space: &Space,
            history: &History<'_>,
            number: u64,
        ) -> Result<Option<Point>, SampleError> {
            let known = history.finished.iter().filter_map(|told| Some((told.loss()?, &told.parameters)));
            let best = known.min_by(|(a, _), (b, _)| a.total_cmp(b)).filter(|(loss, _)| *loss <= 0.0);
            let step = space.point(number)?;
            Ok(best.map(|(_, point)| point.clone()).or(step))
        }
    }

    fn settings(name: &str) -> Settings {
        let space = Space::new([("x", Distribution::int(0, 99))]).unwrap();
        Settings { trials: Some(30), lag: Some(8), ..Settings::new(space, Custom::new(name, Stairs)) }
    }

    fn tried(storage: &Memory, workers: usize) -> Vec<f64> {
        let mut study = Study::open(Box::new(storage.clone()), "study", settings("stairs")).unwrap();
        study.run_on(workers, SystemTime::now, |trial| Ok(4.0 - trial.float("x")?)).unwrap();
        study.trials().unwrap().iter().map(|trial| trial.parameters["x"].stored()).collect()
    }

    #[test]
    fn a_study_of_any_number_of_workers_has_its_points() {
        // Number 4 has no loss left, and number 13 is the first to know it. Of the stairs number 12 is the last.
        let expected =
            (0..30_i32).map(|number| f64::from(if number < 13 { number } else { (number - 9).min(12) }));
        let alone = tried(&Memory::new(), 1);
        assert_eq!(alone, expected.collect::<Vec<_>>());
        assert_eq!(alone, tried(&Memory::new(), 4));
    }

    #[test]
    fn its_name_stays_with_the_study_and_another_is_refused() {
        let storage = Memory::new();
        tried(&storage, 1);
        let error =
            Study::open(Box::new(storage.clone()), "study", settings("lifts")).unwrap_err().to_string();
        let sentence =
            r#"with sampler {"kind":"custom","name":"stairs"}, not {"kind":"custom","name":"lifts"}"#;
        assert!(error.contains(sentence), "{error}");
        let random = Settings { sampler: Random { seed: 7 }.into(), ..settings("stairs") };
        assert!(Study::open(Box::new(storage), "study", random).is_err());
    }

    #[test]
    fn a_point_of_another_space_is_refused() {
        struct Elsewhere;
        impl Sampler for Elsewhere {
            fn sample(&self, _: &Space, _: &History<'_>, _: u64) -> Result<Option<Point>, SampleError> {
                Ok(Some(Point::default()))
            }
        }
        let settings = Settings { sampler: Custom::new("elsewhere", Elsewhere).into(), ..settings("stairs") };
        let mut study = Study::open(Box::new(Memory::new()), "study", settings).unwrap();
        assert_eq!(study.ask(crate::Timestamp::MIN).unwrap_err().to_string(), "`x` is missing");
    }

    #[test]
    fn a_program_without_it_reads_the_study_and_asks_for_nothing() {
        let storage = Memory::new();
        Study::open(Box::new(storage.clone()), "study", settings("stairs")).unwrap();
        let mut study = Study::resume(Box::new(storage), "study").unwrap();
        assert!(study.trials().unwrap().is_empty());
        let error = study.ask(crate::Timestamp::MIN).unwrap_err().to_string();
        let expected = "sampler `stairs` is defined by a program; open the study with that sampler";
        assert_eq!(error, expected);
    }
}
