"""Goes on with the study that `optuna.rs` began: ten trials more, four of them pruned. Usage: optimize.py URL"""

import sys

import optuna
from optuna.trial import TrialState

study = optuna.load_study(
    study_name="by-tinderbox",
    storage=sys.argv[1],
    sampler=optuna.samplers.TPESampler(seed=1, n_startup_trials=2),
)
told = study.get_trials()
assert [t.number for t in told] == [0, 1, 2, 3, 4, 5]
assert [t.state for t in told] == [TrialState.COMPLETE] * 5 + [TrialState.PRUNED]
assert told[0].constraints == {"0": -0.5, "1": 1.5}, told[0].constraints
assert told[1].constraints == {}
assert told[5].intermediate_values == {0: 0.75, 1: 0.25} and told[5].value == 0.25


def objective(trial):
    rate = trial.suggest_float("rate", 0.0001, 0.1, log=True)
    units = trial.suggest_int("units", 1, 512)
    activation = trial.suggest_categorical("activation", ["relu", "sigmoid"])
    if trial.number % 3 == 0:
        trial.report(rate, 0)
        trial.report(2 * rate, 1)
        raise optuna.TrialPruned()
    trial.set_constraint("size", units - 256)
    trial.set_constraint("activation", -1.0 if activation == "relu" else 1.0)
    return rate + units / 512


study.optimize(objective, n_trials=10)
assert [t.number for t in study.get_trials()] == list(range(16))

table = study.trials_dataframe()
assert len(table) == 16 and table["state"].value_counts()["PRUNED"] == 1 + 4
importances = optuna.importance.get_param_importances(study)
assert set(importances) == {"rate", "units", "activation"}, importances
