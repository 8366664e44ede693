"""Writes the studies of the two `optuna-5.0.0.sql` with Optuna itself. Usage: make_fixture.py [URL]

Without a URL to a file, as SQL to standard output. After one in PostgreSQL:
pg_dump --inserts --no-owner DATABASE | grep -Ev '^(--|$|\\\\)'
"""

import os
import sqlite3
import sys
import tempfile

import optuna
from optuna.trial import TrialState

optuna.logging.set_verbosity(optuna.logging.WARNING)
path = os.path.join(tempfile.mkdtemp(), "optuna.db")
storage = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{path}"
study = optuna.create_study(study_name="by-optuna", storage=storage, direction="maximize")
study.set_user_attr("paper", [1, "two"])


def suggest(trial):
    trial.suggest_categorical("activation", [None, "relu", 2.5, True])
    trial.suggest_int("units", 1, 9, step=2)
    trial.suggest_float("rate", 1e-4, 1e-1, log=True)


study.enqueue_trial({"activation": "relu", "units": 3, "rate": 0.001})
trial = study.ask()
suggest(trial)
trial.set_user_attr("note", "é")
trial.set_user_attr("loss", float("nan"))
for step, value in enumerate([0.25, float("nan"), float("-inf")]):
    trial.report(value, step)
study.tell(trial, 0.5)
study.tell(study.ask(), state=TrialState.PRUNED)
study.tell(study.ask(), state=TrialState.FAIL)
study.ask()
study.enqueue_trial({"units": 5})
optuna.create_study(study_name="two-objectives", storage=storage, directions=["maximize", "minimize"])

if len(sys.argv) == 1:
    print("\n".join(sqlite3.connect(path).iterdump()))
