"""Writes `optuna.json`: studies, and the importances that Optuna finds in them.

    pip install optuna && python make.py

A trial is its parameters, by name a place in the study's list of distributions and a value, and the values of its
objectives; none if it failed or was stopped.
"""

import json
import math
import warnings
from pathlib import Path

import numpy as np
import optuna
from optuna.distributions import distribution_to_json
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.trial import TrialState

warnings.filterwarnings("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)


def mixed(trial):
    kind = trial.suggest_categorical("kind", ["sgd", "adam", None, 2])
    rate = trial.suggest_float("rate", 1e-5, 1e-1, log=True)
    dropout = trial.suggest_float("dropout", 0.0, 0.95, step=0.1)
    momentum = trial.suggest_float("momentum", -1.0, 1.0)
    units = trial.suggest_int("units", 1, 512, log=True)
    layers = trial.suggest_int("layers", 1, 8, step=2)
    batch = trial.suggest_int("batch", 10, 210)
    trial.suggest_int("fixed", 3, 3)
    loss = (math.log10(rate) + 3) ** 2 + 0.3 * momentum**2 + 0.1 * layers + (kind == "sgd") + dropout / 5
    return loss + abs(math.log2(units / 64)) / 4 + batch / 2000


def conditional(trial):
    layers = trial.suggest_int("layers", 1, 3)
    widths = [trial.suggest_int(f"units {layer}", 8, 128, log=True) for layer in range(layers)]
    loss = sum(abs(width - 40) for width in widths) / 100
    if trial.suggest_categorical("optimiser", ["sgd", "adam"]) == "sgd":
        loss += (trial.suggest_float("momentum", 0.0, 1.0) - 0.9) ** 2
        # The range hangs on the layers.
        loss += trial.suggest_float("decay", 0.0, float(layers)) / 9
    return loss


def coarse(trial):
    """Many equal losses."""
    return round(trial.suggest_float("x", 0.0, 1.0) * 4) + trial.suggest_categorical("y", [True, False])


def study(name, objective, seed, trials, sampler, directions=("minimize",)):
    optuna_study = optuna.create_study(directions=list(directions), sampler=sampler(seed=seed))
    random = np.random.default_rng(seed)
    signs = [1.0 if direction == "minimize" else -1.0 for direction in directions]
    for _ in range(trials):
        trial = optuna_study.ask()
        loss = objective(trial)
        draw = random.random()
        if draw < 0.05 and len(signs) == 1:
            optuna_study.tell(trial, state=TrialState.FAIL if draw < 0.02 else TrialState.PRUNED)
        else:
            loss = math.inf if draw > 0.97 else loss
            optuna_study.tell(trial, [sign * loss / (1 + place) for place, sign in enumerate(signs)])
    target = None if len(signs) == 1 else lambda trial: signs[0] * trial.values[0]
    found = get_param_importances(optuna_study, evaluator=PedAnovaImportanceEvaluator(), target=target)
    distributions = []

    def parameter(trial, key):
        distribution = json.loads(distribution_to_json(trial.distributions[key]))
        if distribution not in distributions:
            distributions.append(distribution)
        return [distributions.index(distribution), trial.params[key]]

    def written(trial):
        values = trial.values if trial.state == TrialState.COMPLETE else []
        values = [value if math.isfinite(value) else str(value) for value in values]
        return {"parameters": {key: parameter(trial, key) for key in trial.params}, "values": values}

    return {
        "name": f"{name} {seed}",
        "maximize": [direction == "maximize" for direction in directions],
        "trials": [written(trial) for trial in optuna_study.trials],
        "distributions": distributions,
        "importances": found,
    }


random, tpe = optuna.samplers.RandomSampler, optuna.samplers.TPESampler
studies = [
    study("mixed", mixed, 1, 60, random),
    study("mixed", mixed, 2, 25, random, ["maximize"]),
    study("mixed, tuned", mixed, 3, 60, tpe),
    study("conditional", conditional, 4, 60, random),
    study("conditional, tuned", conditional, 5, 60, tpe),
    study("coarse", coarse, 6, 40, random),
    study("few", mixed, 7, 3, random),
    study("two objectives", conditional, 8, 40, random, ["maximize", "minimize"]),
]
versions = {module.__name__: module.__version__ for module in (optuna, np)}
path = Path(__file__).with_name("optuna.json")
path.write_text(json.dumps({"versions": versions, "studies": studies}, separators=(",", ":")) + "\n")
