"""Optuna as a contestant: for each line a new study of so many trials, asked and told, that try nothing."""

import argparse
import json
import os
import random

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from conducted import converse, timed

parser = argparse.ArgumentParser()
parser.add_argument("--storage", choices=["memory", "sqlite", "postgres"], required=True)
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


def storage():
    if arguments.storage == "memory":
        return None
    if arguments.storage == "postgres":
        # In the environment, for others can read a command line.
        return os.environ["TINDERBOX_BENCH_DATABASE"].replace("postgresql:", "postgresql+psycopg:")
    path = os.path.join(arguments.folder, "optuna.db")
    if os.path.exists(path):
        os.remove(path)
    return f"sqlite:///{path}"


def value(number):
    return float(number * 7919 % 1000)


def told(number):
    draw = random.Random(number)
    params = {
        "learning_rate": 10 ** draw.uniform(-5, -1),
        "dropout": draw.uniform(0.0, 0.9),
        "units": draw.randint(16, 512),
        "activation": draw.choice(["relu", "sigmoid"]),
        "momentum": draw.uniform(0.0, 0.99),
    }
    return optuna.create_trial(params=params, distributions=SPACE, value=value(number))


def try_points(study, count):
    for _ in range(count):
        trial = study.ask(SPACE)
        study.tell(trial, value(trial.number))


def answer(line):
    question = json.loads(line)
    study = optuna.create_study(storage=storage(), sampler=SAMPLERS[question["sampler"]](seed=7))
    if question["told"] > 0:
        study.add_trials([told(number) for number in range(question["told"])])
        # It reads them all, once.
        try_points(study, 1)
    _, times = timed(lambda: try_points(study, question["trials"]))
    return times


converse({"optuna": optuna.__version__}, answer)
