-- Indices of Tinderbox on tables of Optuna, which has none for these: a study of 100,000 trials is then as quick to lease
-- from as one of ten. They change nothing that Optuna sees.

CREATE INDEX IF NOT EXISTS tinderbox_number ON trials (study_id, number);
CREATE INDEX IF NOT EXISTS tinderbox_open ON trials (study_id, number) WHERE state IN ('WAITING', 'RUNNING');
