//! Nothing. `cargo build --release -p attack -p together` asks for the features of Tinderbox's program for every crate, so that both share
//! one build of Burn; `cargo build --release -p attack` asks for those that `attack` needs, and compiles a smaller Burn of its own.
