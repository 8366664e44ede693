-- What Optuna deletes (`optuna.delete_study`) is gone here too.
CREATE FUNCTION tinderbox_forget_trial() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM tinderbox_trials WHERE trial_id = OLD.trial_id;
    DELETE FROM tinderbox_attempts WHERE trial_id = OLD.trial_id;
    DELETE FROM tinderbox_trial_attachments WHERE trial_id = OLD.trial_id;
    RETURN NULL;
END $$;
CREATE TRIGGER tinderbox_forget_trial AFTER DELETE ON trials
    FOR EACH ROW EXECUTE FUNCTION tinderbox_forget_trial();

CREATE FUNCTION tinderbox_forget_study() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM tinderbox_study_attachments WHERE study_id = OLD.study_id;
    RETURN NULL;
END $$;
CREATE TRIGGER tinderbox_forget_study AFTER DELETE ON studies
    FOR EACH ROW EXECUTE FUNCTION tinderbox_forget_study();

-- Optuna has no index for these: a study of 100,000 trials is then as quick to lease from as one of ten.
CREATE INDEX tinderbox_number ON trials (study_id, number);
CREATE INDEX tinderbox_open ON trials (study_id, number) WHERE state IN ('WAITING', 'RUNNING');
