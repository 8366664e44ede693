//! How good samplers are, on functions and on tables of trained networks, beside Optuna's on the same.
//!
//! `cargo test --release --test quality -- --nocapture` prints the tables. What Optuna found is stored beside this file
//! with the script that ran it; both programs read the same tables.

mod compare;
mod problem;
mod table;

mod cma_es;
mod fronts;
mod gaussian_process;
mod lag;
mod random;
mod tpe;
