"""Optuna as a contestant: for each line a new study of so many trials, asked and told, that try nothing."""

import argparse
import json
import os

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from conducted import converse, timed

parser = argparse.ArgumentParser()
parser.add_argument("--storage", choices=["memory", "sqlite"], required=True)
parser.add_argument("--folder", required=True)
arguments = parser.parse_args()

optuna.logging.set_verbosity(optuna.logging.ERROR)
SPACE = {
    "learning_rate": FloatDistribution(1e-5, 1e-1, log=True),
    "dropout": FloatDistribution(0.0, 0.9),
    "units": IntDistribution(16, 512),
    "activation": CategoricalDistribution(["relu", "sigmoid"]),
    "momentum": FloatDistribution(0.0, 0.99),
}
SAMPLERS = {"random": optuna.samplers.RandomSampler, "tpe": optuna.samplers.TPESampler}


def study(count, sampler):
    storage = None
    if arguments.storage == "sqlite":
        path = os.path.join(arguments.folder, "optuna.db")
        if os.path.exists(path):
            os.remove(path)
        storage = f"sqlite:///{path}"
    one = optuna.create_study(storage=storage, sampler=SAMPLERS[sampler](seed=7))
    for number in range(count):
        trial = one.ask(SPACE)
        one.tell(trial, float(number * 7919 % 1000))


def answer(line):
    question = json.loads(line)
    _, times = timed(lambda: study(question["trials"], question["sampler"]))
    return times


converse({"optuna": optuna.__version__}, answer)
