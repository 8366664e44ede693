//! How long the next build will take: first judged by what lies in the target folder, then by how fast its first crates were.

use std::path::Path;
use std::time::Duration;

/// What the program is built for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Backend {
    /// Burn's flex, which every build has.
    Flex,
    /// The `ndarray` crate beside it.
    Ndarray,
    /// GPUs beside it.
    Wgpu,
}

impl Backend {
    /// The feature of the program that builds it in.
    pub(crate) fn feature(self) -> Option<&'static str> {
        match self {
            Self::Flex => None,
            Self::Ndarray => Some("ndarray"),
            Self::Wgpu => Some("wgpu"),
        }
    }
}

/// Whether Burn itself still has to be compiled for `backend`, which takes minutes.
pub(crate) fn is_cold(target: &Path, backend: Backend) -> bool {
    let compiled = std::fs::read_dir(target.join("release").join("deps"));
    let names = compiled.into_iter().flatten().flatten().map(|entry| entry.file_name());
    !names.filter_map(|name| name.into_string().ok()).any(|name| proves_burn(&name, backend))
}

/// How long a cold build takes.
pub(crate) fn forecast(backend: Backend) -> &'static str {
    match backend {
        Backend::Flex | Backend::Ndarray => "3 to 7 minutes on two cores",
        Backend::Wgpu => "10 to 25 minutes on two cores",
    }
}

/// What to tell the user before a cold build.
pub(crate) fn notice(backend: Backend) -> String {
    let what = match backend {
        Backend::Flex => "Tinderbox",
        Backend::Ndarray => "Tinderbox with its backend ndarray",
        Backend::Wgpu => "Tinderbox with its GPU backend",
    };
    format!(
        "Building {what} for the first time: {}, most of it for Burn. Later runs start at once.",
        forecast(backend)
    )
}

/// Crates that every build for the CPU compiles, each with the share of the whole time that is over when it begins.
///
/// Shares of the processor time of a build, which two cores share well. A machine twice as fast reaches each of them in half the time, and the end too.
const MILESTONES: [(&str, f64); 4] =
    [("burn-std", 0.15), ("burn-core", 0.45), ("tinderbox-ops", 0.72), ("tinderbox-training", 0.86)];

/// Guesses the end of a build from the times at which Cargo begins its crates.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    line: Vec<u8>,
    told: usize,
}

impl Progress {
    /// Reads what Cargo prints; answers with the time that is left when a milestone is reached.
    pub(crate) fn read(&mut self, printed: &[u8], elapsed: Duration) -> Option<Duration> {
        let mut left = None;
        for &byte in printed {
            if byte != b'\n' && byte != b'\r' {
                self.line.push(byte);
                continue;
            }
            let line = String::from_utf8_lossy(&std::mem::take(&mut self.line)).into_owned();
            let reached =
                compiling(&line).and_then(|name| MILESTONES.iter().position(|(crate_, _)| *crate_ == name));
            if let Some(reached) = reached.filter(|&reached| reached >= self.told) {
                self.told = reached + 1;
                left = Some(elapsed.mul_f64(1.0 / MILESTONES[reached].1 - 1.0));
            }
        }
        left
    }
}

/// How a person says the time that is left.
pub(crate) fn left(duration: Duration) -> String {
    match (duration.as_secs() + 30) / 60 {
        0 => "less than a minute to go".to_string(),
        1 => "about a minute to go".to_string(),
        minutes => format!("about {minutes} minutes to go"),
    }
}

/// The crate that a line of Cargo's says it begins to compile.
fn compiling(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("Compiling")?;
    // In a terminal, the word is followed by an escape sequence that ends its colour.
    let rest = rest
        .split_once('m')
        .filter(|(escape, _)| escape.starts_with('\u{1b}'))
        .map_or(rest, |(_, rest)| rest);
    rest.split_whitespace().next()
}

/// `burn` is compiled after every crate below it; `burn_ndarray` and `burn_wgpu` only for their backends.
fn proves_burn(file: &str, backend: Backend) -> bool {
    let library = match backend {
        Backend::Flex => "libburn-",
        Backend::Ndarray => "libburn_ndarray-",
        Backend::Wgpu => "libburn_wgpu-",
    };
    file.starts_with(library) && Path::new(file).extension().is_some_and(|kind| kind == "rlib")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_target_folder_is_cold() {
        assert!(is_cold(Path::new("no/such/folder"), Backend::Flex));
    }

    #[test]
    fn a_checked_burn_is_not_a_built_one() {
        assert!(proves_burn("libburn-0f3a.rlib", Backend::Flex));
        assert!(!proves_burn("libburn-0f3a.rmeta", Backend::Flex));
        assert!(!proves_burn("libburn_core-0f3a.rlib", Backend::Flex));
    }

    #[test]
    fn a_build_for_flex_does_not_warm_the_other_backends() {
        for backend in [Backend::Ndarray, Backend::Wgpu] {
            assert!(!proves_burn("libburn-0f3a.rlib", backend));
        }
        assert!(proves_burn("libburn_ndarray-0f3a.rlib", Backend::Ndarray));
        assert!(proves_burn("libburn_wgpu-0f3a.rlib", Backend::Wgpu));
    }

    #[test]
    fn what_the_first_crates_took_says_what_the_rest_will_take() {
        let mut progress = Progress::default();
        let minute = Duration::from_mins(1);
        assert_eq!(progress.read(b"   Compiling syn v2.0.1\n   Compiling burn-s", minute), None);
        let (_, share) = MILESTONES[0];
        let expected = minute.mul_f64(1.0 / share - 1.0);
        assert_eq!(progress.read(b"td v0.22.1\n", minute), Some(expected));
        assert_eq!(progress.read(b"   Compiling burn-std v0.22.1\n", minute), None, "it was said already");
    }

    #[test]
    fn a_crate_is_read_in_colour_and_without() {
        assert_eq!(compiling("   Compiling burn-flex v0.22.1"), Some("burn-flex"));
        let coloured = "\u{1b}[1m\u{1b}[92m   Compiling\u{1b}[0m burn-flex v0.22.1";
        assert_eq!(compiling(coloured), Some("burn-flex"));
        assert_eq!(compiling("    Building [====>   ] 12/290: burn-flex"), None);
    }

    #[test]
    fn milestones_are_crates_of_the_build_in_their_order() {
        let lock = std::fs::read_to_string(crate::cargo::root().join("Cargo.lock")).expect("a lock file");
        for (name, share) in MILESTONES {
            assert!(lock.contains(&format!("name = \"{name}\"\n")), "{name} is no dependency any more");
            assert!((0.0..1.0).contains(&share));
        }
        assert!(MILESTONES.is_sorted_by(|one, next| one.1 < next.1));
    }

    #[test]
    fn the_rest_is_said_in_minutes() {
        let said = [20, 70, 200].map(|seconds| left(Duration::from_secs(seconds)));
        assert_eq!(said, ["less than a minute to go", "about a minute to go", "about 3 minutes to go"]);
    }
}
