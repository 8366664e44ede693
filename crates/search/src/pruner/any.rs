//! Every pruner by its name, as a file names it.

use serde::{Deserialize, Serialize};

use super::hyperband::Hyperband;
use super::median::Median;
use super::patience::Patience;
use super::percentile::Percentile;
use super::successive_halving::SuccessiveHalving;
use super::threshold::Threshold;
use super::wilcoxon::Wilcoxon;
use super::{Onset, Pruner, PrunerError};
use crate::observation::Observation;

/// All of them are values of [`AnyPruner`].
macro_rules! pruners {
    ($($name:ident($pruner:ty)),+) => {
        /// A pruner and its settings: `{ kind = "median", startup_trials = 3 }`.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "kind", rename_all = "kebab-case")]
        pub enum AnyPruner {
            $(#[doc = concat!("[`", stringify!($name), "`]")] $name($pruner),)+
        }

        impl AnyPruner {
            fn pruner(&self) -> &dyn Pruner {
                match self {
                    $(Self::$name(pruner) => pruner,)+
                }
            }
        }

        $(impl From<$pruner> for AnyPruner {
            fn from(pruner: $pruner) -> Self {
                Self::$name(pruner)
            }
        })+
    };
}

pruners!(
    Median(Median),
    Percentile(Percentile),
    SuccessiveHalving(SuccessiveHalving),
    Hyperband(Hyperband),
    Patience(Patience<Box<AnyPruner>>),
    Threshold(Threshold),
    Wilcoxon(Wilcoxon)
);

impl Pruner for AnyPruner {
    fn prune(&self, told: &[Observation], number: u64, curve: &[(u32, f64)]) -> bool {
        self.pruner().prune(told, number, curve)
    }

    fn onset(&self) -> Onset {
        self.pruner().onset()
    }

    fn check(&self) -> Result<(), PrunerError> {
        self.pruner().check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_names_pruners_as_the_field_does() {
        let read = |text: &str| serde_json::from_str::<AnyPruner>(text).unwrap();
        assert_eq!(read(r#"{"kind": "median"}"#), Median::default().into());
        let patient = read(r#"{"kind": "patience", "patience": 3, "inner": {"kind": "median"}}"#);
        let inner = Some(Box::new(Median::default().into()));
        assert_eq!(patient, Patience { patience: 3, min_delta: 0.0, inner }.into());
        let error = read(r#"{"kind": "percentile", "percentile": 150.0}"#).check().unwrap_err().to_string();
        assert!(error.starts_with("`percentile` is 150, expected"), "{error}");
    }
}
