//! The program from outside: command lines, exit codes, what it prints and leaves.

mod desk;

mod bad_input;
mod commands;
mod determinism;
mod experiments;
mod identity;
mod mishaps;
mod names;
mod search;
mod small_study;
