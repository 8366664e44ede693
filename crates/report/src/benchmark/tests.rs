//! Groups, their JSON form and their page.

use super::*;

fn benchmark() -> Benchmark {
    let entries = vec![
        Entry::new("ours <b>", vec![1.0, 2.0, 1.0]),
        Entry { cores: Some(1.0), ..Entry::new("peer slow", vec![4.0, 4.0, 4.0]) },
        Entry::new("peer fast", vec![2.0, 2.0, 2.0]),
    ];
    let limit = "a product of 512x512 matrices".to_string();
    let work = Work { amount: 30.0, unit: "GFLOP/s".into(), ceiling: 60.0, limit, seconds: 1.0 };
    let group = Group::new("cnn, batch 32", "seconds an epoch", Some(work), entries, |entry| {
        entry.name.starts_with("peer")
    });
    Benchmark {
        name: "models".into(),
        title: "Epochs".into(),
        command: "cargo xtask bench models".into(),
        started: "2026-01-01T00:00:00Z".into(),
        machine: Machine { cpu: "a processor".into(), cores: 2, os: "linux x86_64".into() },
        versions: BTreeMap::from([("peer".into(), "1.0".into())]),
        threads: 1,
        rounds: 3,
        notes: vec!["a note".into()],
        groups: vec![group],
    }
}

#[test]
fn everybody_is_compared_with_the_fastest_reference() {
    let entries = &benchmark().groups[0].entries;
    let ratio = |place: usize| entries[place].ratio.clone();
    assert_eq!(ratio(0), Some(Ratio { reference: "peer fast".into(), median: 0.5, low: 0.5, high: 1.0 }));
    assert_eq!(ratio(1), Some(Ratio { reference: "peer fast".into(), median: 2.0, low: 2.0, high: 2.0 }));
    assert_eq!(ratio(2), None);
}

#[test]
fn a_rate_is_work_by_time_and_the_ceiling_its_whole() {
    let group = &benchmark().groups[0];
    let rates: Vec<_> = group.entries.iter().map(|entry| entry.rate).collect();
    assert_eq!(rates, [Some(30.0), Some(7.5), Some(15.0)]);
    assert!((group.work.as_ref().expect("work").share(30.0) - 0.5).abs() < 1e-12);
}

#[test]
fn its_json_has_these_keys_and_comes_back() {
    let written = serde_json::to_value(benchmark()).expect("written");
    let keys = |value: &serde_json::Value| {
        value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(keys(&written), "command groups machine name notes rounds started threads title versions");
    assert_eq!(keys(&written["machine"]), "cores cpu os");
    assert_eq!(keys(&written["groups"][0]), "entries name unit work");
    assert_eq!(keys(&written["groups"][0]["entries"][0]), "cores loss median name rate ratio samples");
    assert_eq!(serde_json::from_value::<Benchmark>(written).expect("read"), benchmark());
}

#[test]
fn the_page_shows_every_contestant_as_text_and_draws_its_ratio() {
    let page = page(&[benchmark()]).expect("a page");
    assert!(page.contains("ours &#60;b&#62;") && !page.contains("ours <b>"), "{page}");
    assert!(page.contains("<td>0.50 [0.50, 1.00]</td>"), "{page}");
    assert_eq!(page.matches("<svg class=\"interval\"").count(), 2);
    assert!(page.contains("a product of 512x512 matrices: 60.0 GFLOP/s"));
    assert!(!page.contains("<script"));
}

#[test]
fn no_benchmarks_are_a_page_too() {
    assert!(page(&[]).expect("a page").contains("<h1>Benchmarks</h1>"));
}
