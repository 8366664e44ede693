"""Takes a trial that `optuna.rs` enqueued, and adds two more. Usage: share_study.py URL"""

import sys

import optuna
from optuna.trial import TrialState

# With heartbeats on, Optuna fails the running trials that have not shown signs of life; ours has.
storage = optuna.storages.RDBStorage(sys.argv[1], heartbeat_interval=60)
study = optuna.load_study(study_name="by-tinderbox", storage=storage)
optuna.storages.fail_stale_trials(study)
assert study.get_trials()[0].state == TrialState.RUNNING

trial = study.ask()
assert trial.number == 1
# Optuna takes the parameters from the trial and chooses none.
assert trial.suggest_float("rate", 0.0001, 0.1, log=True) == 0.001
assert trial.suggest_categorical("activation", ["relu", "sigmoid"]) == "sigmoid"
study.tell(trial, 0.25)

distributions = {"rate": optuna.distributions.FloatDistribution(0.0001, 0.1, log=True)}
study.add_trial(
    optuna.create_trial(params={"rate": 0.01}, distributions=distributions, value=0.75)
)
study.enqueue_trial({"rate": 0.02})
