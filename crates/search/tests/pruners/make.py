"""Writes `optuna.json`: what Optuna's pruners decide on random curves, one trial after the other.

    pip install optuna scipy && python make.py

A trial is a curve of [step, value] pairs and how it ends where it is not stopped: a value, or null if it fails. For
each pruner the fixture holds the place in the curve at which each trial was stopped, or null. NaN and infinities are
written as strings.
"""

import json
import math
import warnings
from pathlib import Path

import numpy as np
import optuna
import scipy
from optuna.trial import TrialState

warnings.filterwarnings("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)
MASK = 2**32 - 1
SEED = 7


def chacha12(seed, stream):
    """The first 8 bytes of `stream`, least significant first, keyed with the bytes of the seed and zeros."""

    def rotate(word, bits):
        return (word << bits | word >> 32 - bits) & MASK

    def quarter(a, b, c, d):
        for first, second, third, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            state[first] = state[first] + state[second] & MASK
            state[third] = rotate(state[third] ^ state[first], bits)

    start = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574, seed & MASK, seed >> 32, *[0] * 8]
    start += [stream & MASK, stream >> 32]
    state = list(start)
    for _ in range(6):
        for column in range(4):
            quarter(column, 4 + column, 8 + column, 12 + column)
        for row in range(4):
            quarter(row, 4 + (row + 1) % 4, 8 + (row + 2) % 4, 12 + (row + 3) % 4)
    words = [word + first & MASK for word, first in zip(state, start)]
    return words[0] | words[1] << 32


class Hyperband(optuna.pruners.HyperbandPruner):
    """With brackets drawn as Tinderbox draws them, instead of from a checksum of the study's name."""

    def _get_bracket_id(self, study, trial):
        shares = self._trial_allocation_budgets
        if not shares:
            return 0  # Asked before the first report; no decision hangs on it.
        drawn = chacha12(SEED, trial.number) * sum(shares) >> 64
        return next(bracket for bracket in range(len(shares)) if drawn < sum(shares[: bracket + 1]))


def curves(seed, trials, steps, digits, holes=0.0, strange=0.0):
    """Noisy curves that fall towards a value of their own."""
    random = np.random.default_rng(seed)

    def report(value):
        return random.choice([math.nan, math.inf, -math.inf], p=[0.6, 0.3, 0.1]) if random.random() < strange else value

    def trial():
        end, rate, noise = random.random(), random.uniform(0.05, 0.6), random.uniform(0.0, 0.2)
        kept = [step for step in steps if random.random() >= holes]
        values = [end + (1 - end) * math.exp(-rate * step) + noise * random.normal() for step in kept]
        curve = [(step, report(round(value, digits))) for step, value in zip(kept, values)]
        return {"curve": curve, "value": None if random.random() < 0.1 else round(end, digits)}

    return [trial() for _ in range(trials)]


CURVES = {
    "dense": curves(1, 40, range(24), 3),
    "ties": curves(2, 40, range(20), 1),
    "holes": curves(3, 40, range(30), 3, holes=0.4),
    "sparse": curves(4, 60, range(0, 70, 10), 2, holes=0.1),
    "strange": curves(5, 60, range(14), 2, holes=0.1, strange=0.08),
    "long": curves(6, 12, range(70), 3),
}


def pruners():
    p = optuna.pruners
    yield {"kind": "median"}, p.MedianPruner()
    yield {"kind": "median", "startup_trials": 2, "warmup_steps": 4, "interval_steps": 5, "min_trials": 4}, (
        p.MedianPruner(n_startup_trials=2, n_warmup_steps=4, interval_steps=5, n_min_trials=4)
    )
    for percentile in (10.0, 25.0, 90.0):
        settings = {"kind": "percentile", "percentile": percentile, "startup_trials": 0, "interval_steps": 2}
        yield settings, p.PercentilePruner(percentile, n_startup_trials=0, interval_steps=2)
    for least, factor, rate in ((1, 4, 0), (1, 2, 0), (2, 3, 1)):
        settings = {"min_resource": least, "reduction_factor": factor, "min_early_stopping_rate": rate}
        yield {"kind": "successive_halving", **settings}, p.SuccessiveHalvingPruner(**settings)
    for most, factor in ((27, 3), (60, 2)):
        settings = {"max_resource": most, "reduction_factor": factor}
        yield {"kind": "hyperband", "seed": SEED, **settings}, Hyperband(**settings)
    yield {"kind": "patience", "patience": 3}, p.PatientPruner(None, patience=3)
    yield {"kind": "patience", "patience": 0, "min_delta": 0.1}, p.PatientPruner(None, patience=0, min_delta=0.1)
    yield {"kind": "patience", "patience": 1, "inner": {"kind": "median"}}, (
        p.PatientPruner(p.MedianPruner(), patience=1)
    )
    yield {"kind": "threshold", "lower": 0.1, "upper": 0.9}, p.ThresholdPruner(lower=0.1, upper=0.9)
    yield {"kind": "threshold", "upper": 0.8, "warmup_steps": 3, "interval_steps": 4}, (
        p.ThresholdPruner(upper=0.8, n_warmup_steps=3, interval_steps=4)
    )
    yield {"kind": "wilcoxon"}, p.WilcoxonPruner()
    yield {"kind": "wilcoxon", "p_threshold": 0.3, "startup_steps": 6}, (
        p.WilcoxonPruner(p_threshold=0.3, n_startup_steps=6)
    )


def stops(pruner, trials, maximize):
    """Where each trial is stopped. A study that maximises sees the negatives, except under fixed bounds."""
    sign = -1.0 if maximize else 1.0
    study = optuna.create_study(direction="maximize" if maximize else "minimize", pruner=pruner)

    def run(trial):
        running = study.ask()
        for place, (step, value) in enumerate(trial["curve"]):
            running.report(sign * value, step)
            if running.should_prune():
                study.tell(running, state=TrialState.PRUNED)
                return place
        if trial["value"] is None:
            study.tell(running, state=TrialState.FAIL)
        else:
            study.tell(running, sign * trial["value"])
        return None

    return [run(trial) for trial in trials]


def written(curve):
    return [[step, float(value) if math.isfinite(value) else str(value)] for step, value in curve]


cases = []
for name, trials in CURVES.items():
    for settings, pruner in pruners():
        stopped = stops(pruner, trials, maximize=False)
        cases.append({"pruner": settings, "curves": name, "stopped": stopped})
        if settings["kind"] != "threshold":
            again = next(pruner for other, pruner in pruners() if other == settings)
            assert stops(again, trials, maximize=True) == stopped, "Optuna decides alike for negatives"
fixture = {
    "versions": {module.__name__: module.__version__ for module in (optuna, np, scipy)},
    "curves": {
        name: [{"curve": written(trial["curve"]), "value": trial["value"]} for trial in trials]
        for name, trials in CURVES.items()
    },
    "cases": cases,
}
path = Path(__file__).with_name("optuna.json")
path.write_text(json.dumps(fixture, separators=(",", ":")) + "\n")
