"""Deletes the study that `optuna.rs` made. Usage: delete_study.py FILE"""

import sys

import optuna

optuna.delete_study(study_name="by-tinderbox", storage=f"sqlite:///{sys.argv[1]}")
