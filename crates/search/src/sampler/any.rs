//! Every sampler by its name, as a file names it.

use serde::{Deserialize, Serialize};

use super::cma_es::CmaEs;
use super::custom::Custom;
use super::gaussian_process::GaussianProcess;
use super::grid::Grid;
use super::nsga2::NsgaII;
use super::random::Random;
use super::regularized_evolution::RegularizedEvolution;
use super::reinforce::Reinforce;
use super::sobol::Sobol;
use super::tpe::Tpe;
use super::{History, SampleError, Sampler};
use crate::space::{Point, Space};

/// The samplers that have settings, all of which are values of [`AnySampler`].
macro_rules! samplers {
    ($($kind:literal: $name:ident),+) => {
        /// A sampler and its settings: `{ kind = "tpe", seed = 7 }`.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
        pub enum AnySampler {
            #[doc = "[`Grid`]"]
            Grid {},
            $(#[doc = concat!("[`", stringify!($name), "`]")] #[serde(rename = $kind)] $name($name),)+
        }

        impl AnySampler {
            fn sampler(&self) -> &dyn Sampler {
                match self {
                    Self::Grid {} => &Grid,
                    $(Self::$name(sampler) => sampler,)+
                }
            }
        }

        $(impl From<$name> for AnySampler {
            fn from(sampler: $name) -> Self {
                Self::$name(sampler)
            }
        })+
    };
}

samplers!(
    "random": Random,
    "sobol": Sobol,
    "tpe": Tpe,
    "gaussian-process": GaussianProcess,
    "cma-es": CmaEs,
    "regularized-evolution": RegularizedEvolution,
    "reinforce": Reinforce,
    "nsga-ii": NsgaII,
    "custom": Custom
);

impl From<Grid> for AnySampler {
    fn from(_: Grid) -> Self {
        Self::Grid {}
    }
}

impl Sampler for AnySampler {
    fn sample(
        &self,
        space: &Space,
        history: &History<'_>,
        number: u64,
    ) -> Result<Option<Point>, SampleError> {
        self.sampler().sample(space, history, number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_names_samplers_as_the_field_does() {
        let read = |text: &str| serde_json::from_str::<AnySampler>(text);
        assert_eq!(read(r#"{"kind": "grid"}"#).unwrap(), Grid.into());
        assert_eq!(read(r#"{"kind": "tpe", "seed": 7}"#).unwrap(), Tpe::new(7).into());
        assert_eq!(read(r#"{"kind": "nsga-ii", "seed": 7}"#).unwrap(), NsgaII::new(7).into());
        let error = read(r#"{"kind": "tpe", "seed": 7, "start": 1}"#).unwrap_err().to_string();
        let seeded = read(r#"{"kind": "grid", "seed": 7}"#).unwrap_err().to_string();
        assert!(seeded.starts_with("unknown field `seed`"), "{seeded}");
        assert_eq!(serde_json::to_string(&AnySampler::from(Grid)).unwrap(), r#"{"kind":"grid"}"#);
        assert!(error.starts_with("unknown field `start`, expected one of `seed`, `startup`"), "{error}");
    }
}
