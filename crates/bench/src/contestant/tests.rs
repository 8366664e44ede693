//! Contestants that are shell scripts, for what a real one never says.

use super::*;

fn start(script: &str) -> Result<Contestant, ContestantError> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(script);
    Contestant::start("made up", shell, 1, folder.path(), &AtomicBool::new(false))
}

const READY: &str = r#"echo '{"ready":true,"versions":{"sh":"1"}}'"#;

#[test]
fn a_contestant_is_asked_and_answers() {
    let script =
        format!(r#"{READY}; read question; echo "{{\"seconds\":1.5,\"cpu_seconds\":1,\"loss\":$question}}""#);
    let mut contestant = start(&script).expect("ready");
    assert_eq!(contestant.hello.versions["sh"], "1");
    let told: Told = contestant.ask("0.25", &AtomicBool::new(false)).expect("an answer");
    assert_eq!(told, Told { seconds: 1.5, cpu_seconds: 1.0, loss: Some(0.25), accuracy: None });
}

#[test]
fn it_is_kept_to_its_threads() {
    let script =
        format!(r#"{READY}; read question; echo "{{\"seconds\":$OMP_NUM_THREADS,\"cpu_seconds\":$NPROC}}""#);
    let told: Told = start(&script).expect("ready").ask("", &AtomicBool::new(false)).expect("an answer");
    assert!((told.seconds - 1.0).abs() < 1e-12 && (told.cpu_seconds - 1.0).abs() < 1e-12, "{told:?}");
}

#[test]
fn what_keeps_it_away_is_told_in_its_words() {
    let refused = start(r#"echo '{"error":"no such module"}'"#).err().expect("refused");
    assert_eq!(refused.to_string(), "made up: no such module");
    let died = start("echo first >&2; echo it hurts >&2; exit 3").err().expect("died").to_string();
    assert!(died.starts_with("made up ended: it hurts (more in "), "{died}");
}

#[test]
fn an_answer_that_is_none_is_shown() {
    let mut contestant = start(&format!("{READY}; read question; echo yes")).expect("ready");
    let error = contestant.ask::<Told>("epoch", &AtomicBool::new(false)).expect_err("no answer").to_string();
    assert!(error.starts_with("made up answered `yes`: "), "{error}");
}

#[test]
fn a_stop_does_not_wait_for_the_answer() {
    let mut contestant = start(&format!("{READY}; sleep 60")).expect("ready");
    let stopped = contestant.ask::<Told>("epoch", &AtomicBool::new(true));
    assert!(matches!(stopped, Err(ContestantError::Interrupted)), "{:?}", stopped.map_err(|e| e.to_string()));
}
