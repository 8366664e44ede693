"""Runs Optuna's samplers on the problems of `problem.rs` and `table.rs`, and writes what they found to
`optuna-5.0.0.json`.

Needs `optuna==5.0.0`, `cmaes`, `scipy` and `torch` (for Gaussian processes). Takes hours on one core:
`OMP_NUM_THREADS=1 python optuna_reference.py`. Names of samplers or problems run these alone, and what the file has of
others stays. A sampler runs with its defaults, and the seeds are 0, 1, 2 and so on.
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
from optuna.samplers import CmaEsSampler, GPSampler, RandomSampler, TPESampler

HERE = pathlib.Path(__file__).parent
FOUND = HERE / "optuna-5.0.0.json"
SEEDS = 30
CHECKPOINTS = [30, 60, 100, 200]
GP_TRIALS = 60

ALPHA = [1.0, 1.2, 3.0, 3.2]
A = [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
P = [
    [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
    [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
    [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
    [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
]


def branin(trial):
    x, y = trial.suggest_float("x1", -5, 10), trial.suggest_float("x2", 0, 15)
    valley = y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6
    return valley**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


def hartmann6(trial):
    x = [trial.suggest_float(f"x{place}", 0, 1) for place in range(1, 7)]
    exponents = [sum(a * (u - p) ** 2 for a, u, p in zip(*row)) for row in zip(A, [x] * 4, P)]
    return -sum(alpha * math.exp(-exponent) for alpha, exponent in zip(ALPHA, exponents))


def table(name, sign, scale, dimensions):
    """Choices are given by their number; others are whole numbers that count up."""
    values = np.fromfile(HERE / "tables" / f"{name}.u16", "<u2").astype(float)
    assert len(values) == math.prod(count for _, count, _ in dimensions)

    def objective(trial):
        place = 0
        for dimension, count, is_choice in dimensions:
            if is_choice:
                chosen = trial.suggest_categorical(dimension, range(count))
            else:
                chosen = trial.suggest_int(dimension, 0, count - 1)
            place = place * count + chosen
        return sign * values[place] / scale

    return objective


PROBLEMS = {
    "Branin": branin,
    "Hartmann-6": hartmann6,
    "NAS-Bench-201 CIFAR-100": table(
        "nasbench201-cifar100", -1, 300, [(f"edge {place}", 5, True) for place in range(6)]
    ),
    "HPOBench vehicle": table(
        "hpobench-vehicle",
        -1,
        60_000,
        [
            ("alpha", 10, False),
            ("batch_size", 10, False),
            ("depth", 3, False),
            ("learning_rate", 10, False),
            ("width", 10, False),
        ],
    ),
    "HPOLib protein": table(
        "hpolib-protein",
        1,
        50_000,
        [
            ("activation_1", 2, True),
            ("activation_2", 2, True),
            ("batch_size", 4, False),
            ("dropout_1", 3, False),
            ("dropout_2", 3, False),
            ("learning_rate", 6, False),
            ("schedule", 2, True),
            ("units_1", 6, False),
            ("units_2", 6, False),
        ],
    ),
}

SAMPLERS = {
    "RandomSampler": lambda seed: RandomSampler(seed=seed),
    "TPESampler": lambda seed: TPESampler(seed=seed),
    "TPESampler(multivariate=False)": lambda seed: TPESampler(seed=seed, multivariate=False),
    "CmaEsSampler": lambda seed: CmaEsSampler(seed=seed),
    "GPSampler": lambda seed: GPSampler(seed=seed),
}


def bests(sampler, objective, trials):
    """The least loss so far at each checkpoint, to 10 digits."""
    study = optuna.create_study(sampler=sampler)
    study.optimize(objective, n_trials=trials)
    losses = [trial.value for trial in study.trials]
    return [float(f"{min(losses[:end]):.10g}") for end in CHECKPOINTS if end <= trials]


def write(found):
    packages = ["optuna", "numpy", "scipy", "cmaes", "torch"]
    about = {"python": platform.python_version(), **{package: version(package) for package in packages}}
    lines = []
    for problem, samplers in found.items():
        rows = [f"      {json.dumps(name)}: {json.dumps(columns)}" for name, columns in samplers.items()]
        lines.append(f"    {json.dumps(problem)}: {{\n" + ",\n".join(rows) + "\n    }")
    FOUND.write_text(
        "{\n"
        f'  "versions": {json.dumps(about)},\n'
        f'  "trials": {json.dumps(CHECKPOINTS)},\n'
        '  "bests": {\n' + ",\n".join(lines) + "\n  }\n}\n"
    )


def main():
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    asked = set(sys.argv[1:])
    if unknown := asked - SAMPLERS.keys() - PROBLEMS.keys():
        sys.exit(f"no sampler or problem is called {', '.join(sorted(unknown))}")
    found = json.loads(FOUND.read_text())["bests"] if asked else {}
    samplers = [name for name in SAMPLERS if name in asked] or list(SAMPLERS)
    problems = [problem for problem in PROBLEMS if problem in asked] or list(PROBLEMS)
    for name in samplers:
        for problem in problems:
            sampler, objective = SAMPLERS[name], PROBLEMS[problem]
            if name == "CmaEsSampler" and problem.startswith("NAS"):
                continue  # It knows no choices.
            trials = GP_TRIALS if name == "GPSampler" else CHECKPOINTS[-1]
            start = time.process_time()
            runs = [bests(sampler(seed), objective, trials) for seed in range(SEEDS)]
            seconds = (time.process_time() - start) / SEEDS / trials
            print(f"{name}, {problem}: {seconds * 1000:.1f} ms a trial", file=sys.stderr, flush=True)
            found.setdefault(problem, {})[name] = [list(column) for column in zip(*runs)]
            write(found)


if __name__ == "__main__":
    main()
