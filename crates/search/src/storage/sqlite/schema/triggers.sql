-- SQLite gives the number of a deleted row to the next one: without these, a trial created after
-- `optuna.delete_study` would inherit the key, attempts and files of a dead one.
CREATE TRIGGER tinderbox_forget_trial AFTER DELETE ON trials BEGIN
    DELETE FROM tinderbox_trials WHERE trial_id = OLD.trial_id;
    DELETE FROM tinderbox_attempts WHERE trial_id = OLD.trial_id;
    DELETE FROM tinderbox_trial_attachments WHERE trial_id = OLD.trial_id;
END;
CREATE TRIGGER tinderbox_forget_study AFTER DELETE ON studies BEGIN
    DELETE FROM tinderbox_study_attachments WHERE study_id = OLD.study_id;
END;
