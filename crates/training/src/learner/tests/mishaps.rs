//! A disk that fails under a checkpoint costs time and no bit.

use std::cell::Cell;
use std::io;

use super::*;

thread_local! {
    /// How many more calls the disk takes before one fails; none: it never does.
    static UNTIL_FAILURE: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Stands before every call of a checkpoint that a disk can fail.
pub(in super::super) fn disk() -> io::Result<()> {
    let left = UNTIL_FAILURE.get();
    UNTIL_FAILURE.set(left.and_then(|left| left.checked_sub(1)));
    if left == Some(0) { Err(io::Error::other("no space left on device")) } else { Ok(()) }
}

/// Notes what it is told of checkpoints, and ends the training at its `remaining`th step, if there is one.
#[derive(Default)]
struct Notes {
    failures: Vec<String>,
    steps: usize,
    kill_at: Option<usize>,
}

impl Observer for Notes {
    fn step(&mut self, _: &Step) -> ControlFlow<()> {
        self.steps += 1;
        if Some(self.steps) == self.kill_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn checkpoint_failed(&mut self, error: &CheckpointError) {
        self.failures.push(error.to_string());
    }
}

fn optional(config: &LearnerConfig, path: &Path, notes: &mut Notes) -> Result<Fitted<Small>, LearnerError> {
    let _alone = alone();
    let (training, validation, test) = (Rows::new(100, 1), Rows::new(40, 2), Rows::new(60, 3));
    let splits =
        Splits { training: training.examples(), validation: validation.examples(), test: test.examples() };
    let learner = config.init(5)?.with_optional_checkpoint(path, "small");
    learner.fit(Small::draw, &Device::flex(), &splits, notes)
}

#[test]
fn one_call_that_fails_at_a_time_changes_no_bit_and_is_told() {
    let config = LearnerConfig { patience: Some(2), ..config(3) };
    let whole = fit(&config, 5, &Device::flex(), None, &mut ()).expect("trained");
    let mut failed = 0;
    for call in 0.. {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("training.checkpoint");
        UNTIL_FAILURE.set(Some(call));
        // Killed in its third epoch, seven steps each, and resumed.
        let mut notes = Notes { kill_at: Some(16), ..Notes::default() };
        let killed = optional(&config, &path, &mut notes);
        assert!(matches!(killed, Err(LearnerError::Interrupted { epoch: 3 })), "{killed:?}");
        let mut again = Notes::default();
        let resumed = optional(&config, &path, &mut again).expect("trained");
        assert_eq!(resumed.history, whole.history, "call {call}");
        assert_eq!(bits(&resumed.model), bits(&whole.model), "call {call}");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "no scratch file is left");
        let failures = [notes.failures, again.failures].concat();
        if UNTIL_FAILURE.take().is_some() {
            assert_eq!(failures, Vec::<String>::new());
            break;
        }
        assert_eq!(failures.len(), 1, "call {call}");
        assert!(failures[0].contains("training.checkpoint: no space left"), "{}", failures[0]);
        failed += 1;
    }
    // Two reads; three checkpoints, each of them created, written in four parts, synced and renamed.
    assert_eq!(failed, 2 + 3 * 7);
}

#[test]
fn a_checkpoint_that_is_damaged_or_of_another_training_is_replaced() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("training.checkpoint");
    let expected = fit(&config(2), 5, &Device::flex(), None, &mut ()).expect("trained");
    let run = |words: &str| {
        let mut notes = Notes::default();
        let fitted = optional(&config(2), &path, &mut notes).expect("trained");
        assert_eq!(bits(&fitted.model), bits(&expected.model), "{words}");
        assert_eq!(notes.failures.len(), usize::from(!words.is_empty()), "{words}: {:?}", notes.failures);
        assert!(notes.failures.concat().contains(words), "{:?}", notes.failures);
        assert_eq!(notes.steps, if words.is_empty() { 0 } else { 14 }, "{words}");
    };
    fs::write(&path, "not a checkpoint").expect("written");
    run("damaged (no head)");
    run("");
    let whole = fs::read(&path).expect("a checkpoint");
    fs::write(&path, &whole[..whole.len() - 1]).expect("written");
    run("its length is wrong");
    optional(&LearnerConfig { batch_size: 8, ..config(2) }, &path, &mut Notes::default()).expect("trained");
    run("belongs to another training");
    run("");
}

#[test]
fn a_place_that_cannot_be_written_costs_nothing() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let expected = fit(&config(2), 5, &Device::flex(), None, &mut ()).expect("trained");
    fs::write(folder.path().join("file"), "").expect("written");
    for place in ["missing/training.checkpoint", "file/training.checkpoint", "."] {
        let mut notes = Notes::default();
        let fitted = optional(&config(2), &folder.path().join(place), &mut notes).expect("trained");
        assert_eq!(bits(&fitted.model), bits(&expected.model), "{place}");
        assert!(!notes.failures.is_empty(), "{place}");
    }
}
