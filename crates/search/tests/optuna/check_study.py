"""Reads what `optuna.rs` added after `optimize.py`. Usage: check_study.py URL"""

import sys

import optuna
from optuna.trial import TrialState

study = optuna.load_study(study_name="by-tinderbox", storage=sys.argv[1])
trials = study.get_trials()
assert [t.number for t in trials] == list(range(18))
assert (trials[16].state, trials[16].value) == (TrialState.COMPLETE, 0.125)
assert trials[16].constraints == {"0": 0.25}
assert (trials[17].state, trials[17].value) == (TrialState.PRUNED, 0.5)
assert set(optuna.importance.get_param_importances(study)) == {"rate", "units", "activation"}
study.optimize(lambda trial: trial.suggest_float("rate", 0.0001, 0.1, log=True), n_trials=1)
assert study.get_trials()[18].state == TrialState.COMPLETE
