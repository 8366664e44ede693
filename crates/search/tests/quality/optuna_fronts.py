"""Runs Optuna's samplers on problems of two losses and writes to `optuna-fronts-5.0.0.json` the area that each run's
trials dominate.

Needs `optuna==5.0.0` and takes minutes: `OMP_NUM_THREADS=1 python optuna_fronts.py`. A sampler runs with its defaults,
and the seeds are 0, 1, 2 and so on.
"""

import json
import math
import pathlib
import platform
import sys
import time
import warnings
from importlib.metadata import version

import numpy as np
import optuna
from optuna._hypervolume.wfg import compute_hypervolume
from optuna.samplers import NSGAIISampler, RandomSampler, TPESampler

FOUND = pathlib.Path(__file__).parent / "optuna-fronts-5.0.0.json"
SEEDS = 10
TRIALS = 200
CORNER = [1.1, 7.7]


def zdt(shape):
    """Zitzler, Deb, Thiele (2000), in ten dimensions; `shape` bends the front."""

    def objective(trial):
        x = [trial.suggest_float(f"x{place}", 0, 1) for place in range(10)]
        g = 1 + sum(x[1:])
        return x[0], g * (1 - shape(x[0] / g))

    return objective


PROBLEMS = {"ZDT1": zdt(math.sqrt), "ZDT2": zdt(lambda x: x * x)}

SAMPLERS = {
    "RandomSampler": lambda seed: RandomSampler(seed=seed),
    "NSGAIISampler": lambda seed: NSGAIISampler(seed=seed),
    "TPESampler": lambda seed: TPESampler(seed=seed),
    "TPESampler(multivariate=True)": lambda seed: TPESampler(seed=seed, multivariate=True),
}


def volume(sampler, objective):
    study = optuna.create_study(sampler=sampler, directions=["minimize", "minimize"])
    study.optimize(objective, n_trials=TRIALS)
    losses = np.array([trial.values for trial in study.trials])
    losses = losses[(losses < CORNER).all(axis=1)]
    return float(f"{compute_hypervolume(losses, np.array(CORNER)):.10g}")


def main():
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    about = {"python": platform.python_version(), "optuna": version("optuna"), "numpy": version("numpy")}
    found = {"versions": about, "trials": TRIALS, "corner": CORNER, "volumes": {}}
    for problem, objective in PROBLEMS.items():
        for name, sampler in SAMPLERS.items():
            start = time.process_time()
            volumes = [volume(sampler(seed), objective) for seed in range(SEEDS)]
            seconds = (time.process_time() - start) / SEEDS / TRIALS
            print(f"{name}, {problem}: {seconds * 1000:.1f} ms a trial", file=sys.stderr, flush=True)
            found["volumes"].setdefault(problem, {})[name] = volumes
    FOUND.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
