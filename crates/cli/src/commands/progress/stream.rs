//! What a crew tells, as events.

use tinderbox::crew::News;
use tinderbox::json;
use tinderbox::worker::Message;

use super::state::{At, Heard};
use crate::commands::events::{Event, Trial};

/// The event of what was heard; `None` if it is none of its own.
pub(super) fn event<'a>(news: &'a News, heard: &'a Heard) -> Option<Event<'a>> {
    let (worker, trial) = (heard.place, trial(&heard.at));
    let (done, trials) = heard.counts;
    // The test images choose nothing, so a search does not show them.
    let on_test = |accuracy: &Option<f64>| accuracy.filter(|_| heard.at.number.is_none());
    let message = match news {
        News::Died(worker, reason) => return Some(Event::WorkerDied { worker: *worker, reason }),
        News::Ended(worker) => return Some(Event::WorkerEnded { worker: *worker }),
        News::Said(_, message) => message,
    };
    Some(match message {
        Message::Started { .. } => Event::TrialStarted { worker, trial },
        Message::Progress { done: share, epoch, epochs, accuracy, validation_accuracy } => {
            Event::TrialProgress {
                worker,
                trial,
                share: *share,
                epoch: *epoch,
                epochs: *epochs,
                test_accuracy: on_test(accuracy),
                validation_accuracy: *validation_accuracy,
            }
        }
        Message::Finished { accuracy, objectives, seconds } => Event::TrialFinished {
            worker,
            trial,
            test_accuracy: on_test(accuracy),
            objectives: objectives
                .iter()
                .map(|(objective, value)| (json::plain(&json::value(objective)), json::number(*value)))
                .collect(),
            seconds: *seconds,
            done,
            trials,
        },
        Message::Failed { reason } => Event::TrialFailed { worker, trial, reason, done, trials },
        Message::Pruned { epoch } => Event::TrialPruned { worker, trial, epoch: *epoch, done, trials },
        Message::Refused { reason } => Event::TrialLost { worker, trial, reason },
        Message::Warning { text } => Event::Warning { text },
        // Its worker ends, and the crew says what it does about that.
        Message::Mishap { .. } => return None,
    })
}

fn trial(at: &At) -> Trial<'_> {
    let searched = at.number.is_some();
    Trial {
        experiment: &at.experiment,
        arm: (!searched).then_some(&at.arm),
        number: at.number,
        settings: searched.then_some(&at.arm),
        seed: at.seed,
        attempt: at.attempt,
    }
}
