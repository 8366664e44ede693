"""Runs Optuna's samplers with nine trials running at a time, as a study with a lag of 8 has them, and writes what they
found to `optuna-lag-5.0.0.json`.

Nine trials are asked for; then the oldest is told and another is asked for, again and again, so that trial `k` is
chosen when the results of the trials below `k - 8` are known. Needs what `optuna_reference.py` needs, whose problems
these are: `OMP_NUM_THREADS=1 python optuna_lag.py TPESampler GPSampler`. A sampler runs with its defaults, and the seeds
are 0, 1, 2 and so on. Names of samplers and problems run these alone.
"""

import json
import pathlib
import platform
import sys
import time
import warnings
from collections import deque
from importlib.metadata import version

import optuna
from optuna_reference import CHECKPOINTS, GP_TRIALS, PROBLEMS, SAMPLERS, SEEDS

FOUND = pathlib.Path(__file__).parent / "optuna-lag-5.0.0.json"
RUNNING = 9
NAMES = ["TPESampler", "GPSampler"]
TABLES = ["Branin", "Hartmann-6", "HPOLib protein"]


def bests(sampler, objective, trials):
    """The least loss so far at each checkpoint, to 10 digits."""
    study = optuna.create_study(sampler=sampler)
    running, losses = deque(), []
    for number in range(trials + RUNNING):
        if number >= RUNNING:
            trial, loss = running.popleft()
            study.tell(trial, loss)
            losses.append(loss)
        if number < trials:
            trial = study.ask()
            # Values are drawn when the objective suggests them: now, while the others run.
            running.append((trial, objective(trial)))
    return [float(f"{min(losses[:end]):.10g}") for end in CHECKPOINTS if end <= trials]


def write(found):
    packages = ["optuna", "numpy", "scipy", "torch"]
    about = {"python": platform.python_version(), **{package: version(package) for package in packages}}
    lines = []
    for problem, samplers in found.items():
        rows = [f"      {json.dumps(name)}: {json.dumps(columns)}" for name, columns in samplers.items()]
        lines.append(f"    {json.dumps(problem)}: {{\n" + ",\n".join(rows) + "\n    }")
    FOUND.write_text(
        "{\n"
        f'  "versions": {json.dumps(about)},\n'
        f'  "running": {RUNNING},\n'
        f'  "trials": {json.dumps(CHECKPOINTS)},\n'
        '  "bests": {\n' + ",\n".join(lines) + "\n  }\n}\n"
    )


def main():
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    asked = set(sys.argv[1:])
    if unknown := asked - set(NAMES) - set(TABLES):
        sys.exit(f"no sampler or problem is called {', '.join(sorted(unknown))}")
    for name in [name for name in NAMES if name in asked] or NAMES:
        for problem in [problem for problem in TABLES if problem in asked] or TABLES:
            trials = GP_TRIALS if name == "GPSampler" else CHECKPOINTS[-1]
            start = time.process_time()
            runs = [bests(SAMPLERS[name](seed), PROBLEMS[problem], trials) for seed in range(SEEDS)]
            seconds = (time.process_time() - start) / SEEDS / trials
            print(f"{name}, {problem}: {seconds * 1000:.1f} ms a trial", file=sys.stderr, flush=True)
            # Another run of this script may have written in the meantime.
            found = json.loads(FOUND.read_text())["bests"] if FOUND.exists() else {}
            found.setdefault(problem, {})[name] = [list(column) for column in zip(*runs)]
            write(found)


if __name__ == "__main__":
    main()
