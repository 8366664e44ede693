//! A checkpoint: all that an epoch hands to the next, in one file that is either whole or absent.
//!
//! The file is a line of JSON (what it is, how far it has come, the length and the SHA-256 of what follows), then the
//! weights, the optimiser's state, with patience the best weights, and the average of the weights if there is one, each in
//! Burn's own pack format.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::optim::OptimizerRecord;
use burn::store::ModuleRecord;
use burn::tensor::Bytes;
use burn_pack::AtomicFile;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::early_stopping::Best;
use super::{Epoch, Observer, State};

/// Why a checkpoint could not be used or written.
#[derive(Debug, thiserror::Error)]
#[error("checkpoint {}: {reason}{}", .path.display(), advice(.reason, *.need))]
pub struct CheckpointError {
    path: PathBuf,
    reason: Reason,
    need: Need,
}

#[derive(Debug, thiserror::Error)]
enum Reason {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Pack(#[from] burn_pack::Error),
    #[error("{0}")]
    Record(#[from] burn::store::RecordError),
    #[error("damaged ({0})")]
    Damaged(&'static str),
    #[error("belongs to another training (its settings, seed, model, examples or device differ)")]
    Foreign,
    #[error("has {done} epochs, more than the {asked} asked for; ask for at least {done}")]
    Longer { done: usize, asked: usize },
}

/// What the owner of the file can do.
fn advice(reason: &Reason, need: Need) -> &'static str {
    match (reason, need) {
        (Reason::Damaged(_) | Reason::Foreign, Need::Required) => "; delete it to start this training anew",
        _ => "",
    }
}

/// The checkpoint file of one training.
pub(super) struct Checkpoint<'a> {
    path: &'a Path,
    /// SHA-256 of what makes a training this one.
    training: String,
    /// It may have so many.
    epochs: usize,
    need: Need,
}

/// What happens to a training whose checkpoint cannot be used or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// It ends: the user named the file.
    Required,
    /// It continues without it: the file only saves time.
    Optional,
}

#[derive(Serialize, Deserialize)]
struct Head {
    training: String,
    history: Vec<Epoch>,
    epoch_seconds: Vec<f64>,
    best: Option<(usize, f64)>,
    /// Whether the last part is an average of the weights.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    average: bool,
    /// Bytes of each part.
    parts: Vec<usize>,
    sha256: String,
}

impl Head {
    /// SHA-256 of all the rest of the head, and of what follows it.
    fn seal(&self, parts: &[u8]) -> String {
        // Whether there is an average is a setting of the training.
        let Self { training, history, epoch_seconds, best, average: _, parts: lengths, sha256: _ } = self;
        let mut hash = Sha256::new();
        hash.update(format!("{training} {history:?} {epoch_seconds:?} {best:?} {lengths:?} "));
        hash.update(parts);
        base16ct::lower::encode_string(&hash.finalize())
    }
}

impl<'a> Checkpoint<'a> {
    pub(super) fn new(path: &'a Path, training: String, epochs: usize, need: Need) -> Self {
        Self { path, training, epochs, need }
    }

    /// The state that was saved, or a fresh one if none was.
    pub(super) fn resume<M: Module>(
        &self,
        fresh: impl Fn() -> State<M>,
        observer: &mut dyn Observer,
    ) -> Result<State<M>, CheckpointError> {
        match self.read(&fresh) {
            Ok(Some(state)) => Ok(state),
            Ok(None) => Ok(fresh()),
            // What cannot be read is written anew after the first epoch.
            Err(reason) => self.tolerate(reason, observer).map(|()| fresh()),
        }
    }

    /// Saves `state`; the file before it stays until the new one is whole and on disk.
    pub(super) fn write<M: Module>(
        &self,
        state: &State<M>,
        observer: &mut dyn Observer,
    ) -> Result<(), CheckpointError> {
        self.save(state).or_else(|reason| self.tolerate(reason, observer))
    }

    /// Ends the training for this reason, or only tells the observer.
    fn tolerate(&self, reason: Reason, observer: &mut dyn Observer) -> Result<(), CheckpointError> {
        let error = CheckpointError { path: self.path.to_path_buf(), reason, need: self.need };
        match self.need {
            Need::Required => Err(error),
            Need::Optional => {
                observer.checkpoint_failed(&error);
                Ok(())
            }
        }
    }

    /// The state that was saved, if one was.
    fn read<M: Module>(&self, fresh: impl Fn() -> State<M>) -> Result<Option<State<M>>, Reason> {
        match disk().and_then(|()| fs::read(self.path)) {
            Ok(bytes) => self.restore(&bytes, fresh()).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn save<M: Module>(&self, state: &State<M>) -> Result<(), Reason> {
        let mut parts =
            vec![state.model.clone().into_record().into_bytes()?, state.optimizer.to_record().into_bytes()?];
        if let Some(best) = &state.best {
            parts.push(best.weights.clone().into_bytes()?);
        }
        if let Some(average) = &state.average {
            parts.push(average.clone().into_record().into_bytes()?);
        }
        let mut head = Head {
            training: self.training.clone(),
            history: state.history.clone(),
            epoch_seconds: state.epoch_seconds.clone(),
            best: state.best.as_ref().map(|best| (best.epoch, best.loss)),
            average: state.average.is_some(),
            parts: parts.iter().map(|part| part[..].len()).collect(),
            sha256: String::new(),
        };
        head.sha256 = head.seal(&parts.iter().map(|part| &part[..]).collect::<Vec<_>>().concat());
        let mut line = serde_json::to_vec(&head).map_err(std::io::Error::from)?;
        line.push(b'\n');
        disk()?;
        let (scratch, mut file) = AtomicFile::create(self.path)?;
        // Scratch files that nobody holds locked count as left over. Where there are no locks, none are looked for.
        _ = file.try_lock();
        for part in [&line[..]].into_iter().chain(parts.iter().map(|part| &part[..])) {
            disk()?;
            file.write_all(part)?;
        }
        disk()?;
        // A write that failed late is told to the handle that wrote.
        file.sync_all()?;
        disk()?;
        let committed = scratch.commit();
        drop(file);
        Ok(committed?)
    }

    fn restore<M: Module>(&self, bytes: &[u8], fresh: State<M>) -> Result<State<M>, Reason> {
        let end = bytes.iter().position(|&byte| byte == b'\n').ok_or(Reason::Damaged("no head"))?;
        let head: Head =
            serde_json::from_slice(&bytes[..end]).map_err(|_| Reason::Damaged("unreadable head"))?;
        let mut rest = &bytes[end + 1..];
        if rest.len() != head.parts.iter().sum::<usize>() {
            return Err(Reason::Damaged("its length is wrong"));
        }
        if head.seal(rest) != head.sha256 {
            return Err(Reason::Damaged("its checksum is wrong"));
        }
        if head.training != self.training {
            return Err(Reason::Foreign);
        }
        if head.history.len() > self.epochs {
            return Err(Reason::Longer { done: head.history.len(), asked: self.epochs });
        }
        let mut parts = head.parts.iter().map(|&length| {
            let (part, after) = rest.split_at(length);
            rest = after;
            Bytes::from_bytes_vec(part.to_vec())
        });
        let mut part = || parts.next().ok_or(Reason::Damaged("a part is missing"));
        let plain = fresh.model.valid();
        let model = fresh.model.try_load_record(ModuleRecord::from_bytes(part()?)?)?;
        let optimizer = fresh.optimizer.load_record(OptimizerRecord::from_bytes(part()?)?);
        let best = match head.best {
            Some((epoch, loss)) => Some(Best { epoch, loss, weights: ModuleRecord::from_bytes(part()?)? }),
            None => None,
        };
        let average = if head.average {
            Some(plain.try_load_record(ModuleRecord::from_bytes(part()?)?)?)
        } else {
            None
        };
        let Head { history, epoch_seconds, .. } = head;
        Ok(State { model, optimizer, average, history, epoch_seconds, best, diverged: None })
    }
}

/// Stands before every call that a disk can fail: tests let one of them fail.
#[expect(clippy::unnecessary_wraps, reason = "it fails in tests")]
#[cfg(not(test))]
fn disk() -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
use super::tests::disk;
