"""Deletes the study that `optuna.rs` made. Usage: delete_study.py URL"""

import sys

import optuna

optuna.delete_study(study_name="by-tinderbox", storage=sys.argv[1])
