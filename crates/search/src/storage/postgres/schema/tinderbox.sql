-- What Tinderbox keeps beside Optuna's tables: the tables of the SQLite files.

CREATE TABLE tinderbox_version (version BIGINT NOT NULL);
INSERT INTO tinderbox_version VALUES (1);

-- The trials that Tinderbox enqueued: only these are leased.
CREATE TABLE tinderbox_trials (
    trial_id INTEGER PRIMARY KEY,
    study_id INTEGER NOT NULL,
    trial_key TEXT NOT NULL,
    attempt BIGINT NOT NULL DEFAULT 0,  -- the last one; 0 before the first
    forgiven BIGINT NOT NULL DEFAULT 0, -- the last one before the last retry
    UNIQUE (study_id, trial_key)
);

-- A lease, what became of it, and what it said too late.
CREATE TABLE tinderbox_attempts (
    trial_id INTEGER NOT NULL,
    attempt BIGINT NOT NULL,
    worker TEXT NOT NULL,
    lease_micros BIGINT NOT NULL,
    lease_attempts BIGINT NOT NULL,
    claimed TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    expires TIMESTAMP WITHOUT TIME ZONE NOT NULL, -- the last heartbeat plus the lease
    ended TIMESTAMP WITHOUT TIME ZONE,
    outcome TEXT NOT NULL,                        -- RUNNING, COMPLETE, PRUNED, FAIL, EXPIRED, RELEASED
    reason TEXT,
    refused TEXT,
    PRIMARY KEY (trial_id, attempt)
);

CREATE TABLE tinderbox_study_attachments (
    study_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    content BYTEA NOT NULL,
    PRIMARY KEY (study_id, name)
);

CREATE TABLE tinderbox_trial_attachments (
    trial_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    content BYTEA NOT NULL,
    PRIMARY KEY (trial_id, name)
);
