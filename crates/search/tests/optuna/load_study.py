"""Loads the study that `optuna.rs` made, and checks every part of it. Usage: load_study.py URL"""

import math
import sys

import optuna
from optuna.trial import TrialState

storage = sys.argv[1]
study = optuna.load_study(study_name="by-tinderbox", storage=storage)
assert study.direction == optuna.study.StudyDirection.MAXIMIZE
assert study.user_attrs == {"paper": {"title": "é"}}, study.user_attrs

trials = study.get_trials()
assert [t.number for t in trials] == [0, 1, 2, 3]
assert [t.state for t in trials] == [
    TrialState.COMPLETE,
    TrialState.FAIL,
    TrialState.COMPLETE,
    TrialState.RUNNING,
]
first = trials[0]
assert first.value == 0.9375
assert first.params == {"rate": 0.0001, "units": 128, "activation": "sigmoid"}, first.params
assert first.distributions == {
    "rate": optuna.distributions.FloatDistribution(0.0001, 0.1, log=True),
    "units": optuna.distributions.IntDistribution(1, 512),
    "activation": optuna.distributions.CategoricalDistribution(["relu", "sigmoid"]),
}
assert first.user_attrs == {"config": {"learning_rate": 0.0001}, "seconds": 1.5}
steps = first.intermediate_values
assert steps[0] == 0.25 and math.isnan(steps[1]) and steps[2] == math.inf, steps
assert str(first.datetime_start) == "2023-11-14 22:13:20", first.datetime_start
assert first.duration.total_seconds() == 2
assert trials[2].value == math.inf
assert study.best_trial.number == 2

table = study.trials_dataframe()
assert list(table["state"]) == ["COMPLETE", "FAIL", "COMPLETE", "RUNNING"]
assert list(table["params_rate"]) == [0.0001, 0.001, 0.1, 0.01]
assert table["value"][0] == 0.9375
