//! The peers: who they are, which versions are measured, and how one is started.

mod environment;
mod program;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;
use std::sync::atomic::AtomicBool;

use tinderbox::catalog::AnyNetwork;

pub(crate) use environment::EnvironmentError;

/// The scripts of all peers.
const SCRIPTS: [(&str, &str); 6] = [
    ("conducted.py", include_str!("../../peers/conducted.py")),
    ("pytorch_networks.py", include_str!("../../peers/pytorch_networks.py")),
    ("pytorch_epochs.py", include_str!("../../peers/pytorch_epochs.py")),
    ("pytorch_trials.py", include_str!("../../peers/pytorch_trials.py")),
    ("jax_epochs.py", include_str!("../../peers/jax_epochs.py")),
    ("optuna_trials.py", include_str!("../../peers/optuna_trials.py")),
];

/// Another program that does the same work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, clap::ValueEnum)]
pub(crate) enum Peer {
    /// `PyTorch` on its own kernels (oneDNN, MKL).
    #[value(help = "PyTorch on its own kernels (oneDNN, MKL)")]
    Pytorch,
    /// JAX, compiled by XLA.
    Jax,
    /// Burn's own `Learner` around the same networks and kernels.
    #[value(help = "Burn's own Learner around the same networks and kernels; compiles Burn anew, once")]
    BurnTrain,
    /// Optuna, which searches and trains nothing.
    #[value(skip)]
    Optuna,
}

/// An interpreter that was named in place of an environment made here: `pytorch=/usr/bin/python3`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Interpreter {
    peer: Peer,
    python: PathBuf,
}

/// A peer that can be started.
#[derive(Debug, Clone)]
pub(crate) struct Ready {
    pub(crate) peer: Peer,
    /// The Python that has its packages, or its own program.
    program: PathBuf,
    scripts: PathBuf,
}

impl Peer {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pytorch => "pytorch",
            Self::Jax => "jax",
            Self::BurnTrain => "burn-train",
            Self::Optuna => "optuna",
        }
    }

    /// What pip installs: the versions that are measured.
    fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Pytorch => &["torch==2.15.0", "numpy==2.4.6"],
            Self::Jax => &["jax==0.10.2", "numpy==2.4.6"],
            Self::Optuna => &["optuna==5.0.0", "psycopg[binary]==3.3.9", "numpy==2.4.6"],
            Self::BurnTrain => &[],
        }
    }

    /// An index to ask first: `PyTorch`'s packages for the CPU alone bring no CUDA, which is gigabytes.
    fn index(self) -> Option<&'static str> {
        match self {
            Self::Pytorch => Some("https://download.pytorch.org/whl/cpu"),
            Self::Jax | Self::Optuna | Self::BurnTrain => None,
        }
    }

    /// The ways to write a network that users choose among, `fused` with the Adam that is not the default of `PyTorch`; the
    /// fastest one counts. A single one has no name.
    pub(crate) fn formulations(self, kind: &str) -> &'static [&'static str] {
        match (self, kind) {
            (Self::Optuna, _) => &[],
            (Self::Pytorch, "local-net") => &["bmm", "einsum", "bmm fused"],
            (Self::Pytorch, _) => &["", "fused"],
            (Self::Jax, "local-net") => &["einsum", "local"],
            (Self::BurnTrain | Self::Jax, _) => &[""],
        }
    }

    /// Whether it can be asked for forward passes alone.
    pub(crate) fn scores(self) -> bool {
        matches!(self, Self::Pytorch | Self::Jax)
    }

    /// Makes it ready: scripts, and an environment unless one of `interpreters` is for it. `tell` hears of long work.
    ///
    /// # Errors
    /// If Python or the network is missing.
    pub(crate) fn prepare(
        self,
        folder: &Path,
        interpreters: &[Interpreter],
        stop: &AtomicBool,
        tell: impl FnOnce(&str),
    ) -> Result<Ready, EnvironmentError> {
        let scripts = folder.join("peers");
        environment::write_scripts(&scripts, &SCRIPTS)?;
        let program = match interpreters.iter().find(|given| given.peer == self) {
            Some(given) => given.python.clone(),
            None if self == Self::BurnTrain => program::build(folder, stop, tell)?,
            None => environment::make(folder, self.name(), self.packages(), self.index(), stop, tell)?,
        };
        Ok(Ready { peer: self, program, scripts })
    }
}

impl Ready {
    /// The command of a contestant that trains `network` on the images in a file, or only scores them.
    pub(crate) fn epochs(
        &self,
        images: &Path,
        network: &dyn AnyNetwork,
        batch: usize,
        threads: usize,
        formulation: &str,
        forward: bool,
    ) -> Command {
        let network = network.settings().to_string();
        if self.peer == Peer::BurnTrain {
            let mut command = Command::new(&self.program);
            command.arg(images).args([network, batch.to_string()]);
            return command;
        }
        let script = if self.peer == Peer::Jax { "jax_epochs.py" } else { "pytorch_epochs.py" };
        let mut command = self.script(script);
        command.arg("--images").arg(images);
        command.args(["--network", &network]);
        command.args(["--batch", &batch.to_string(), "--threads", &threads.to_string()]);
        if !formulation.is_empty() {
            command.args(["--formulation", formulation]);
        }
        command.args(forward.then_some("--forward"));
        command
    }

    /// The command of `PyTorch`'s worker, which runs whole trials on the images in two files, with its default Adam or
    /// with the fused one.
    pub(crate) fn trials(&self, training: &Path, test: &Path, threads: usize, fused: bool) -> Command {
        let mut command = self.script("pytorch_trials.py");
        command.arg("--training").arg(training).arg("--test").arg(test);
        command.args(["--threads", &threads.to_string()]);
        command.args(fused.then_some("--fused"));
        command
    }

    /// The command of Optuna, which asks and tells, with its file in `folder` if `storage` needs one.
    pub(crate) fn search(&self, storage: &str, folder: &Path) -> Command {
        let mut command = self.script("optuna_trials.py");
        command.args(["--storage", storage, "--folder"]).arg(folder);
        command
    }

    fn script(&self, name: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("-u").arg(self.scripts.join(name)).env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }
}

impl FromStr for Interpreter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || "expected PEER=PYTHON, such as pytorch=/usr/bin/python3".to_string();
        let (peer, python) = text.split_once('=').ok_or_else(expected)?;
        let known = [Peer::Pytorch, Peer::Jax, Peer::Optuna];
        let peer = known.into_iter().find(|known| known.name() == peer).ok_or_else(expected)?;
        if python.is_empty() { Err(expected()) } else { Ok(Self { peer, python: python.into() }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interpreter_is_for_a_known_peer() {
        let given: Interpreter = "jax=/opt/python".parse().expect("read");
        assert_eq!(given, Interpreter { peer: Peer::Jax, python: "/opt/python".into() });
        for wrong in ["jax", "jax=", "keras=/opt/python"] {
            let message = wrong.parse::<Interpreter>().expect_err(wrong);
            assert_eq!(message, "expected PEER=PYTHON, such as pytorch=/usr/bin/python3");
        }
    }

    #[test]
    fn every_version_is_pinned() {
        for package in [Peer::Pytorch, Peer::Jax, Peer::Optuna].into_iter().flat_map(Peer::packages) {
            assert!(package.contains("=="), "{package}");
        }
    }
}
