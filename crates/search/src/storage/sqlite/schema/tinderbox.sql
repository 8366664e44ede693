-- What Tinderbox keeps beside Optuna's tables.

CREATE TABLE tinderbox_version (version INTEGER NOT NULL);
INSERT INTO tinderbox_version VALUES (1);

-- The trials that Tinderbox enqueued: only these are leased.
CREATE TABLE tinderbox_trials (
    trial_id INTEGER PRIMARY KEY,
    study_id INTEGER NOT NULL,
    trial_key TEXT NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,  -- the last one; 0 before the first
    forgiven INTEGER NOT NULL DEFAULT 0, -- the last one before the last retry
    UNIQUE (study_id, trial_key)
);

-- A lease, what became of it, and what it said too late.
CREATE TABLE tinderbox_attempts (
    trial_id INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    worker TEXT NOT NULL,
    lease_micros INTEGER NOT NULL,
    lease_attempts INTEGER NOT NULL,
    claimed DATETIME NOT NULL,
    expires DATETIME NOT NULL,           -- the last heartbeat plus the lease
    ended DATETIME,
    outcome TEXT NOT NULL,               -- RUNNING, COMPLETE, PRUNED, FAIL, EXPIRED, RELEASED
    reason TEXT,
    refused TEXT,
    PRIMARY KEY (trial_id, attempt)
);

CREATE TABLE tinderbox_study_attachments (
    study_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (study_id, name)
);

CREATE TABLE tinderbox_trial_attachments (
    trial_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (trial_id, name)
);
