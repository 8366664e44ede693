//! What PostgreSQL adds to the contract: a server, other processes, and Optuna.
